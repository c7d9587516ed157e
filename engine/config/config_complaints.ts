/**
 * Complaints about a configuration: `key.path: wanted …, found …`, every one of them, in the
 * order of the file's schema.
 *
 * 1. What was found is never shown among secrets, nor where the key looks like a secret's.
 * @module
 */
import * as v from "valibot";
import { isSecretName } from "./secret_names.ts";

const SHOWN_LENGTH_MAX = 40;
const PASSES_MAX = 100;

/** Checks a plain value; the typed value, or all complaints. */
export function checkAll<S extends v.GenericSchema>(
  schema: S,
  found: unknown,
  options: { readonly hidesValues: boolean },
): { value: v.InferOutput<S> | undefined; complaints: string[] } {
  const complaints: string[] = [];
  let rest = found;
  // A strict block reports its first unknown key only: take it out and look again.
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const result = v.safeParse(schema, rest);
    if (result.success && complaints.length === 0) return { value: result.output, complaints };
    const issues = result.issues ?? [];
    const unknown = issues.filter(isUnknownKey);
    for (const issue of unknown) {
      complaints.push(unknownKeyText(schema, issue));
      rest = without(rest, keysOf(issue));
    }
    if (unknown.length === 0) {
      complaints.push(...issues.map((issue) => issueText(issue, options.hidesValues)));
      break;
    }
  }
  return { value: undefined, complaints: [...new Set(complaints)] };
}

/** A found value for people: short, and never the inside of a block. */
export function showFound(found: unknown): string {
  if (found === undefined || found === null) return "nothing";
  if (Array.isArray(found)) return found.length === 0 ? "an empty list" : "a list";
  if (typeof found === "object") return "a block of keys";
  const text = typeof found === "string" ? JSON.stringify(found) : String(found);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** The nearest of the known words, when it is near enough to have been meant. */
export function nearestWord(found: string, known: readonly string[]): string | undefined {
  if (found.length >= 3) {
    const longer = known.find((word) => word.startsWith(found));
    if (longer !== undefined) return longer;
  }
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(Math.min(found.length, 12) / 3)) + 1;
  for (const word of known) {
    const distance = editDistance(found, word);
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

function isUnknownKey(issue: v.BaseIssue<unknown>): boolean {
  return issue.type === "strict_object" && issue.expected === "never";
}

function unknownKeyText(schema: v.GenericSchema, issue: v.BaseIssue<unknown>): string {
  const keys = keysOf(issue);
  const unknown = keys.at(-1)!;
  const known = knownKeys(schema, keys.slice(0, -1));
  const near = nearestWord(unknown, known);
  const wanted = near === undefined ? `one of ${known.join(", ")}` : `"${near}"`;
  return `${pathText(keys)}: unknown key; wanted ${wanted}, found "${unknown}"`;
}

function issueText(issue: v.BaseIssue<unknown>, hidesValues: boolean): string {
  const keys = keysOf(issue);
  const path = pathText(keys);
  const isMissingKey = issue.type === "strict_object" && issue.input === undefined;
  if (isMissingKey && keys.length > 0) {
    return `${path}: is missing; wanted ${missingText(issue)}, found nothing`;
  }
  const last = keys.at(-1) ?? "";
  const hidden = (hidesValues || isSecretName(last)) && issue.input !== undefined;
  return `${path}: wanted ${issue.message}, found ${
    hidden ? "something else (not shown)" : showFound(issue.input)
  }`;
}

/** What a missing key should hold. */
function missingText(issue: v.BaseIssue<unknown>): string {
  const key = keysOf(issue).at(-1)!;
  const wanted: Readonly<Record<string, string>> = {
    venues: "a block of VENUE: {instruments: […]}",
    strategies: "a list of strategies",
    instruments: "a list of instruments",
    id: "a name of 1 to 32 of a-z, 0-9 and _",
    kind: "the strategy's kind",
  };
  return wanted[key] ?? "this key";
}

function keysOf(issue: v.BaseIssue<unknown>): string[] {
  return (issue.path ?? []).map((part) => String(part.key));
}

function pathText(keys: readonly string[]): string {
  const path = keys.reduce(
    (text, key) => /^\d+$/.test(key) ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`,
    "",
  );
  return path === "" ? "config" : path;
}

/** A copy without the value at `keys`. */
function without(from: unknown, keys: readonly string[]): unknown {
  const [key, ...rest] = keys;
  if (key === undefined || typeof from !== "object" || from === null) return from;
  if (Array.isArray(from)) {
    return from.map((item, index) => String(index) === key ? without(item, rest) : item);
  }
  const copy: Record<string, unknown> = { ...from };
  if (rest.length === 0) delete copy[key];
  else copy[key] = without(copy[key], rest);
  return copy;
}

/** The keys a block of the schema knows. */
function knownKeys(schema: v.GenericSchema, path: readonly string[]): string[] {
  let at: unknown = schema;
  for (const key of path) at = inside(unwrapped(at), key);
  const block = unwrapped(at);
  return isBlock(block) ? Object.keys(block.entries) : [];
}

function inside(schema: unknown, key: string): unknown {
  if (isBlock(schema)) return schema.entries[key];
  const holder = schema as { item?: unknown; value?: unknown } | undefined;
  return holder?.item ?? holder?.value;
}

/** The schema behind `optional` and the first of a pipe. */
function unwrapped(schema: unknown): unknown {
  const holder = schema as { wrapped?: unknown; pipe?: readonly unknown[] } | undefined;
  if (holder?.wrapped !== undefined) return unwrapped(holder.wrapped);
  if (holder?.pipe !== undefined && holder.pipe[0] !== schema) return unwrapped(holder.pipe[0]);
  return schema;
}

function isBlock(schema: unknown): schema is { entries: Readonly<Record<string, unknown>> } {
  return typeof schema === "object" && schema !== null && "entries" in schema;
}

/** Levenshtein's distance: edits that turn one word into the other. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      current.push(
        Math.min(previous[column]! + 1, current[column - 1]! + 1, previous[column - 1]! + cost),
      );
    }
    previous = current;
  }
  return previous[b.length]!;
}
