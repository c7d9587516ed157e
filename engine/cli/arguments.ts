/**
 * The command line to a checked command: verb, options and words, or what is wrong with them.
 *
 * 1. Everything is checked before anything starts; a wrong argument is exit code 2.
 * 2. An unknown option names the nearest known one.
 * 3. Each value has its option's kind: the accessors of `Arguments` cannot fail.
 * @module
 */
import { parseArgs } from "node:util";
import { assert, err, ok, parseDecimal, type Result } from "@/engine/domain/mod.ts";
import { durationMs } from "./durations.ts";
import { nearest } from "./nearest.ts";
import { COMMON_OPTIONS, type OptionKind, type OptionTable } from "./verb_options.ts";
import { impossibleOptions } from "./option_checks.ts";
import { type Verb, VERB_NAMES, VERBS } from "./verbs.ts";

/** What the command line asks for. */
export type Command =
  | { readonly kind: "help"; readonly verb: Verb | undefined }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly verb: Verb; readonly arguments: Arguments };

/** The checked options and words of one verb. */
export class Arguments {
  readonly verb: Verb;
  /** What stands beside the options, as KEY=VALUE of `set` or the journal of `replay`. */
  readonly words: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(verb: Verb, words: readonly string[], values: Map<string, readonly string[]>) {
    this.verb = verb;
    this.words = words;
    this.#values = values;
  }

  /** Whether the option was given. */
  has(name: string): boolean {
    assert(name in optionsOf(this.verb), "Asked for an option that the verb does not have");
    return this.#values.has(name);
  }

  /** The option as it was written. */
  text(name: string): string | undefined {
    return this.has(name) ? this.#values.get(name)!.at(-1) : undefined;
  }

  /** The option as a number. */
  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }

  /** A length of time, in milliseconds. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const duration = durationMs(text);
    return duration.ok ? duration.value : undefined;
  }

  /** Every value of the option; `a,b` of a list of choices is two. */
  list(name: string): readonly string[] {
    return this.has(name) ? this.#values.get(name)! : [];
  }
}

/** Reads the arguments after the program's name. */
export function parseArguments(given: readonly string[]): Result<Command> {
  const [first, ...rest] = given;
  if (first === undefined || first === "--help" || first === "-h") {
    return ok({ kind: "help", verb: undefined });
  }
  if (first === "--version" || first === "-V") return ok({ kind: "version" });
  if (first === "help") return helpCommand(rest);
  if (!isVerb(first)) return err(unknownText("verb", first, VERB_NAMES));
  if (rest.includes("--help") || rest.includes("-h")) return ok({ kind: "help", verb: first });
  const read = readOptions(first, rest);
  if (!read.ok) return err(`touchline ${first}: ${read.error}`);
  return ok({ kind: "run", verb: first, arguments: read.value });
}

/** Whether a word names a verb. */
export function isVerb(word: string): word is Verb {
  return Object.hasOwn(VERBS, word);
}

/** The options a verb takes, common ones included. */
export function optionsOf(verb: Verb): OptionTable {
  return { ...VERBS[verb].options, ...COMMON_OPTIONS };
}

function helpCommand(rest: readonly string[]): Result<Command> {
  const [verb, more] = rest;
  if (verb === undefined) return ok({ kind: "help", verb: undefined });
  if (more !== undefined) return err(`touchline help: wanted one verb, found "${more}" too`);
  return isVerb(verb) ? ok({ kind: "help", verb }) : err(unknownText("verb", verb, VERB_NAMES));
}

function readOptions(verb: Verb, given: readonly string[]): Result<Arguments> {
  const table = optionsOf(verb);
  const values = new Map<string, string[]>();
  const words: string[] = [];
  let openList: string | undefined;
  for (const token of tokensOf(table, given)) {
    if (token.kind === "option-terminator") {
      openList = undefined;
    } else if (token.kind === "positional") {
      if (openList !== undefined) values.get(openList)!.push(token.value);
      else words.push(token.value);
    } else {
      const spec = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
      if (spec === undefined) {
        const known = Object.keys(table).map((name) => `--${name}`);
        return err(unknownText("option", token.rawName, known, verb));
      }
      const read = readValue(token.name, spec.kind, token.value, token.inlineValue === true);
      if (!read.ok) return err(`--${token.name}: ${read.error}`);
      const isList = spec.kind.is === "list";
      if (values.has(token.name) && !isList) {
        return err(`--${token.name}: wanted once, found twice`);
      }
      values.set(token.name, [...(values.get(token.name) ?? []), ...read.value]);
      openList = isList ? token.name : undefined;
    }
  }
  const complaint = missingOption(table, values) ?? wrongWords(verb, words) ??
    impossibleOptions(verb, values, words);
  return complaint === undefined ? ok(new Arguments(verb, words, values)) : err(complaint);
}

function tokensOf(table: OptionTable, given: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { kind }]) => [
      name,
      { type: kind.is === "flag" ? "boolean" as const : "string" as const, multiple: true },
    ]),
  );
  return parseArgs({
    args: [...given],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
    .tokens;
}

function readValue(
  name: string,
  kind: OptionKind,
  value: string | undefined,
  isInline: boolean,
): Result<string[]> {
  if (kind.is === "flag") {
    return value === undefined ? ok(["true"]) : err(`wanted no value, found "${value}"`);
  }
  const looksLikeOption = value !== undefined && !isInline && /^--?[A-Za-z]/.test(value);
  if (value === undefined || value === "" || looksLikeOption) {
    const found = looksLikeOption ? `"${value}"` : "nothing";
    return err(`wanted ${wantedText(kind)}, found ${found}`);
  }
  const parts = kind.is === "choices" ? value.split(",") : [value];
  const wrong = parts.find((part) => !fits(kind, part));
  if (wrong === undefined) return ok(parts);
  const near = kind.is === "choice" || kind.is === "choices"
    ? nearest(wrong, kind.words)
    : undefined;
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  const shown = /token|secret/.test(name) ? "something else" : `"${wrong.slice(0, 80)}"`;
  return err(`wanted ${wantedText(kind)}, found ${shown}${hint}`);
}

function fits(kind: OptionKind, text: string): boolean {
  switch (kind.is) {
    case "choice":
    case "choices":
      return kind.words.includes(text);
    case "count":
      return /^\d{1,16}$/.test(text) && Number(text) >= kind.min && Number(text) <= kind.max;
    case "number":
      return text === kind.word || /^\d{1,9}(\.\d{1,9})?$/.test(text) && Number(text) > kind.above;
    case "duration":
      return durationMs(text).ok;
    case "decimal": {
      const parsed = parseDecimal(text);
      return parsed.ok && parsed.value.digits > 0n;
    }
    case "text":
      return kind.pattern === undefined || kind.pattern.test(text);
    default:
      return true;
  }
}

/** What a value of this kind looks like, for complaints. */
export function wantedText(kind: OptionKind): string {
  switch (kind.is) {
    case "choice":
      return `one of ${kind.words.join(", ")}`;
    case "choices":
      return `some of ${kind.words.join(", ")}, separated by commas`;
    case "count":
      return kind.max === Number.MAX_SAFE_INTEGER
        ? `a whole number of at least ${kind.min}`
        : `a whole number from ${kind.min} to ${kind.max}`;
    case "number":
      return `a number above ${kind.above}${kind.word === undefined ? "" : ` or ${kind.word}`}`;
    case "duration":
      return "a length of time like 60s, 5m or 1h";
    case "decimal":
      return "a decimal number above 0";
    case "flag":
      return "no value";
    default:
      return kind.shape;
  }
}

function missingOption(table: OptionTable, values: Map<string, string[]>): string | undefined {
  const missing = Object.entries(table)
    .find(([name, spec]) => spec.required === true && !values.has(name));
  if (missing === undefined) return undefined;
  return `--${missing[0]}: wanted ${wantedText(missing[1].kind)}, found nothing`;
}

function wrongWords(verb: Verb, words: readonly string[]): string | undefined {
  const { name, min, max } = VERBS[verb].words;
  if (words.length < min) return `wanted ${name}, found nothing`;
  if (words.length <= max) return undefined;
  const wanted = max === 0 ? "options only" : `at most ${max} of ${name}`;
  return `wanted ${wanted}, found "${words[max]}"`;
}

function unknownText(
  what: string,
  found: string,
  known: readonly string[],
  verb = "",
): string {
  const near = nearest(found, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `unknown ${what} "${found.slice(0, 80)}"${hint} (touchline help${
    verb === "" ? "" : ` ${verb}`
  } lists them)`;
}
