/**
 * JSON as OKX writes it: the common readers, and its instants in milliseconds.
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

/** Milliseconds of the venue to `Micros`. */
export function instantOf(venueMs: number): Micros {
  return micros(venueMs * 1_000);
}

/** The instant in a field of milliseconds; 0 when absent or empty. */
export function instantField(object: JsonObject, key: string): Micros {
  const value = integerField(object, key);
  return instantOf(value === undefined || value < 0 || value > 9e12 ? 0 : value);
}
