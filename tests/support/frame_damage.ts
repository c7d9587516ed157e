/**
 * Damage to the JSON of a frame, field by field: what a venue may do to us without a warning.
 *
 *   lack     the field is gone, null, empty, or of a kind that says nothing
 *   wrong    another kind of value: it says something that it cannot mean
 *   same     the same said in another type (`"5"` for `5`)
 *   unknown  a field that nobody knows
 *
 * @module
 */

/** How a frame was damaged. */
export type DamageKind = "lack" | "wrong" | "same" | "unknown";

/** One damaged frame. */
export interface Damage {
  readonly kind: DamageKind;
  /** Where, with `*` for the places of lists. */
  readonly path: string;
  /** What was done there. */
  readonly what: string;
  readonly text: string;
}

type Path = readonly (string | number)[];

const DIGITS = "9".repeat(40);
const DEEP = "\u0001deep\u0001";
const DEEP_TEXT = `${"[".repeat(2_000)}${"]".repeat(2_000)}`;
/** Strangers at the head and at the tail of an object. */
const STRANGERS: readonly unknown[] = [1, "1.5", null, { zz: [{ zz: 1 }] }, [["1", "2"]]];

/** A whole number too long for a float, kept as its digits. */
const LONG = "\u0002";
const LONG_NUMBER = /(?<=[:,[]\s*)-?\d{16,}(?=\s*[,\]}])/g;
const LONG_TEXT = new RegExp(`"\\\\u0002(-?\\d+)"`, "g");

/** Every damage at every path; of a long list, at its first place and its last. */
export function* damagesOf(text: string): Generator<Damage> {
  const tree = JSON.parse(text.replaceAll(LONG_NUMBER, `"\\u0002$&"`)) as unknown;
  for (const path of pathsOf(tree)) {
    yield* damagesAt(tree, path);
  }
  yield* strangersIn(tree, []);
}

function* damagesAt(tree: unknown, path: Path): Generator<Damage> {
  const value = valueAt(tree, path);
  const about = path.map((key) => typeof key === "number" ? "*" : key).join(".");
  const make = (kind: DamageKind, what: string, changed: unknown): Damage => ({
    kind,
    path: about,
    what,
    text: written(changed),
  });
  const put = (kind: DamageKind, changed: unknown) =>
    make(kind, textOf(changed), changedAt(tree, path, changed));
  const without = removedAt(tree, path);
  if (without !== undefined) yield make("lack", "removed", without);
  yield put("lack", null);
  yield put("wrong", DEEP);
  if (!Array.isArray(value)) yield put("lack", []);
  if (typeof value !== "object" || value === null) yield put("lack", {});
  if (typeof value !== "boolean") yield put("wrong", true);
  else yield put("same", String(value));
  if (value !== "") yield put("lack", "");
  if (value !== "x") yield put("wrong", "x");
  if (String(value) !== "-1") {
    yield put("wrong", -1);
    yield put("wrong", "-1");
  }
  yield put("wrong", 1e300);
  yield put("wrong", DIGITS);
  yield put("wrong", 1.5e-9);
  const other = otherType(value);
  if (other !== undefined) yield put("same", other);
}

function* strangersIn(tree: unknown, path: Path): Generator<Damage> {
  const value = valueAt(tree, path);
  if (Array.isArray(value)) {
    for (const index of placesOf(value)) yield* strangersIn(tree, [...path, index]);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const about = path.map((key) => typeof key === "number" ? "*" : key).join(".");
  for (const stranger of STRANGERS) {
    for (const object of [{ zz: stranger, ...value }, { ...value, zz: stranger }]) {
      yield {
        kind: "unknown",
        path: about,
        what: `zz: ${textOf(stranger)}`,
        text: written(changedAt(tree, path, object)),
      };
    }
  }
  for (const key of Object.keys(value)) yield* strangersIn(tree, [...path, key]);
}

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return path.length === 0 ? [] : [path];
  const keys = Array.isArray(value) ? placesOf(value) : Object.keys(value);
  const below = keys.flatMap((key) =>
    pathsOf((value as Record<string | number, unknown>)[key], [...path, key])
  );
  return path.length === 0 ? below : [path, ...below];
}

function written(tree: unknown): string {
  return JSON.stringify(tree).replaceAll(JSON.stringify(DEEP), DEEP_TEXT)
    .replaceAll(LONG_TEXT, "$1");
}

/** Lists of values have a meaning by place; of lists of things the first and the last will do. */
function placesOf(list: readonly unknown[]): number[] {
  const isTuple = list.every((one) => typeof one !== "object" || one === null);
  if (isTuple || list.length <= 2) return list.map((_, index) => index);
  return [0, list.length - 1];
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree;
  for (const key of path) value = (value as Record<string | number, unknown>)[key];
  return value;
}

function changedAt(tree: unknown, path: Path, value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const below = changedAt((tree as Record<string | number, unknown>)[key], rest, value);
  if (Array.isArray(tree)) return tree.with(key as number, below);
  return { ...(tree as object), [key]: below };
}

/** Without a field; a tuple ends before the place; a thing taken out of a list is another list. */
function removedAt(tree: unknown, path: Path): unknown {
  const key = path.at(-1)!;
  const parent = valueAt(tree, path.slice(0, -1)) as Record<string | number, unknown>;
  if (Array.isArray(parent)) {
    if (typeof parent[key as number] === "object") return undefined;
    return changedAt(tree, path.slice(0, -1), parent.slice(0, key as number));
  }
  const { [key]: _, ...others } = parent;
  return changedAt(tree, path.slice(0, -1), others);
}

/** The same in another type, where there is one. */
function otherType(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string" || value === "") return undefined;
  if (value.startsWith(LONG)) return value.slice(1);
  const number = Number(value);
  return Number.isFinite(number) && String(number) === value ? number : undefined;
}

function textOf(value: unknown): string {
  return value === DEEP ? "nested deep" : JSON.stringify(value).slice(0, 20);
}
