/**
 * JSON as Binance writes it: the common readers, and its instants in milli- or microseconds.
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
  parseJson,
  textField,
  textOf,
} from "@/exchanges/kit/mod.ts";

/** Times above this are microseconds (asked for with `timeUnit=MICROSECOND`). */
const MILLIS_MAX = 1e14;

/** Milliseconds or microseconds of the venue to `Micros`; 0 stays "not said". */
export function instantOf(venueTime: number): Micros {
  return micros(venueTime < MILLIS_MAX ? venueTime * 1_000 : venueTime);
}

/** The instant in a field; 0 when absent. */
export function instantField(object: JsonObject, key: string): Micros {
  const value = integerField(object, key);
  return instantOf(value === undefined || value < 0 ? 0 : value);
}
