/**
 * JSON as Bybit writes it: the common readers, a plain parser, its instants in milliseconds.
 *
 * The venue writes amounts and ids as texts and `""` for "absent"; an absent amount is never zero.
 * A number where a text was is taken when it is exact.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { integerField, type JsonObject } from "@/exchanges/kit/mod.ts";

export {
  decimalField,
  idField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
  textOf,
} from "@/exchanges/kit/mod.ts";

const MILLIS_MAX = 1e14;

/**
 * Parses JSON; undefined when it is not JSON. The venue writes ids as texts, so that no long number
 * needs to be kept as one.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a field holds something that is neither absent, null, a text nor a number. */
export function isOdd(object: JsonObject, key: string): boolean {
  const value = object[key];
  if (value === undefined || value === null || typeof value === "string") return false;
  return typeof value !== "number" || !Number.isFinite(value);
}

/** Milliseconds of the venue to `Micros`; what cannot be an instant is 0, "not said". */
export function instantOf(milliseconds: number): Micros {
  const isInstant = milliseconds > 0 && milliseconds < MILLIS_MAX;
  return micros(isInstant ? milliseconds * 1_000 : 0);
}

/** The instant in a field of milliseconds; 0 when absent. */
export function instantField(object: JsonObject, key: string): Micros {
  return instantOf(integerField(object, key) ?? 0);
}
