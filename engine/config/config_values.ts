/**
 * The kinds of value that stand in `config.yaml`. Each names in its message what is wanted; what
 * was found and at which key is added by `config_complaints.ts`.
 * @module
 */
import * as v from "valibot";
import { decimalToText, type ExactDecimal, parseDecimal } from "@/engine/domain/mod.ts";

/** Digits a YAML number is sure to keep; longer amounts must be written as text. */
const NUMBER_DIGITS_MAX = 15;

/** Reads one plain value; `read` answers undefined where it is not what `wanted` says. */
function reader<T>(wanted: string, read: (found: unknown) => T | undefined) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const value = read(dataset.value);
      if (value !== undefined) return value;
      addIssue({ message: wanted });
      return NEVER;
    }),
  );
}

/** Bounds of an amount; all may be left out. */
export interface AmountBounds {
  readonly min?: string;
  readonly max?: string;
  /** The amount must be greater than this. */
  readonly above?: string;
}

/** A decimal amount as text or number, stored as plain text; or a word that may stand for it. */
export function amount(unit: string, bounds: AmountBounds = {}, word?: string) {
  const orWord = word === undefined ? "" : ` or ${word}`;
  return reader(`a decimal number${ofUnit(unit)}${boundsText(bounds)}${orWord}`, (found) => {
    if (word !== undefined && found === word) return word;
    const read = readAmount(found);
    if (read === undefined || !isWithin(read, bounds)) return undefined;
    return decimalToText(read.digits, read.scale);
  });
}

/** A whole number from `min` to `max`. */
export function count(unit: string, min: number, max: number) {
  const wanted = `a whole number${ofUnit(unit)} from ${min} to ${max}`;
  return reader(wanted, (found) => {
    if (typeof found !== "number" || !Number.isInteger(found)) return undefined;
    return found >= min && found <= max ? found : undefined;
  });
}

/** A number from `min` to `max`, fractions allowed. */
export function measure(unit: string, min: number, max: number) {
  return reader(`a number${ofUnit(unit)} from ${min} to ${max}`, (found) => {
    if (typeof found !== "number") return undefined;
    return found >= min && found <= max ? found : undefined;
  });
}

/** A whole number kept as text, written as a number or as its digits. */
export function countText(unit: string, min: number, max: number) {
  return reader(`a whole number${ofUnit(unit)} from ${min} to ${max}`, (found) => {
    const written = typeof found === "string" && /^\d{1,15}$/.test(found) ? Number(found) : found;
    if (typeof written !== "number" || !Number.isInteger(written)) return undefined;
    return written >= min && written <= max ? String(written) : undefined;
  });
}

/** `true` or `false`. */
export function flag() {
  return reader("true or false", (found) => typeof found === "boolean" ? found : undefined);
}

/** One of a closed list of words. */
export function choice<const T extends readonly string[]>(words: T) {
  return reader<T[number]>(`one of ${words.join(", ")}`, (found) => {
    return typeof found === "string" && words.includes(found) ? found : undefined;
  });
}

/** A text of a certain shape. YAML reads `1234` as a number: it is taken by its digits. */
export function text(wanted: string, shape: RegExp) {
  return reader(wanted, (found) => {
    const written = Number.isSafeInteger(found) ? String(found) : found;
    return typeof written === "string" && shape.test(written) ? written : undefined;
  });
}

/** A plain value of a flat map: text, number or boolean, stored as text. */
export function plainValue() {
  return reader("text, a number, true or false", (found) => {
    if (typeof found === "boolean") return String(found);
    if (typeof found === "number") {
      const read = readAmount(found);
      return read === undefined ? undefined : decimalToText(read.digits, read.scale);
    }
    return typeof found === "string" && found.length <= 1_000 ? found : undefined;
  });
}

/** A decimal written as text or number; undefined when it is neither or was not kept exactly. */
export function readAmount(found: unknown): ExactDecimal | undefined {
  if (typeof found !== "string" && typeof found !== "number") return undefined;
  const parsed = parseDecimal(String(found));
  if (!parsed.ok) return undefined;
  const digits = String(parsed.value.digits).replace("-", "").length;
  if (typeof found === "number" && digits > NUMBER_DIGITS_MAX) return undefined;
  return parsed.value;
}

/** Which of two decimals is greater: below 0, 0 or above 0, exactly. */
export function compareAmounts(a: ExactDecimal, b: ExactDecimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = a.digits * 10n ** BigInt(scale - a.scale);
  const right = b.digits * 10n ** BigInt(scale - b.scale);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The same for decimal texts that were read before. */
export function compareTexts(a: string, b: string): number {
  return compareAmounts(exact(a), exact(b));
}

function exact(textOfAmount: string): ExactDecimal {
  const parsed = parseDecimal(textOfAmount);
  return parsed.ok ? parsed.value : { digits: 0n, scale: 0 };
}

/** Whether a decimal keeps its bounds. */
export function isWithin(value: ExactDecimal, bounds: AmountBounds): boolean {
  if (bounds.min !== undefined && compareAmounts(value, exact(bounds.min)) < 0) return false;
  if (bounds.max !== undefined && compareAmounts(value, exact(bounds.max)) > 0) return false;
  return bounds.above === undefined || compareAmounts(value, exact(bounds.above)) > 0;
}

/** Bounds for people, with a space before; nothing where there are none. */
export function boundsText(bounds: AmountBounds): string {
  const parts = [
    ...(bounds.above === undefined ? [] : [`above ${bounds.above}`]),
    ...(bounds.min === undefined ? [] : [`at least ${bounds.min}`]),
    ...(bounds.max === undefined ? [] : [`at most ${bounds.max}`]),
  ];
  return parts.length === 0 ? "" : ` ${parts.join(" and ")}`;
}

function ofUnit(unit: string): string {
  return unit === "" ? "" : ` (${unit})`;
}
