/**
 * JSON as Hyperliquid writes it: the common readers, its block times and its greeting.
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

/** Milliseconds of a block time are below this until the year 2255. */
export const MILLIS_MAX = 9e12;

/** Milliseconds of the venue to `Micros`; 0 stays "not said", and so does what is no time. */
export function instantOf(venueTime: number): Micros {
  return micros(venueTime > 0 && venueTime < MILLIS_MAX ? venueTime * 1_000 : 0);
}

/** The instant in a field; 0 when absent. */
export function instantField(object: JsonObject, key: string): Micros {
  const value = integerField(object, key);
  return instantOf(value === undefined || value < 0 ? 0 : value);
}

/** The venue may greet in plain words: the one frame that is no JSON and no fault. */
export function isGreeting(text: string): boolean {
  return text.trimStart().startsWith("Websocket connection established");
}
