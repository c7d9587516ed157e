/**
 * JSON as Gate writes it: the common readers, and instants in whichever unit it chose, as numbers
 * or texts. Nothing is rounded.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { decimalField, type JsonObject } from "@/exchanges/kit/mod.ts";

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

/**
 * The instant in a field of milliseconds: a number or a text, with or without decimals, which are
 * cut off behind the microsecond; 0 when absent or unreadable.
 */
export function millisField(object: JsonObject, key: string): Micros {
  return scaledInstant(decimalField(object, key), 3);
}

/** The same in a field of seconds. */
export function secondsField(object: JsonObject, key: string): Micros {
  return scaledInstant(decimalField(object, key), 6);
}

function scaledInstant(text: string, decimals: number): Micros {
  const match = /^(\d{1,16})(?:\.(\d+))?$/.exec(text);
  if (match === null) return micros(0);
  const fraction = (match[2] ?? "").slice(0, decimals).padEnd(decimals, "0");
  const value = Number(`${match[1]}${fraction}`);
  return micros(Number.isSafeInteger(value) ? value : 0);
}

/** The first of several fields in milliseconds that says something, else one in seconds. */
export function instantIn(
  object: JsonObject,
  millisKeys: readonly string[],
  secondsKey: string,
): Micros {
  for (const key of millisKeys) {
    const instant = millisField(object, key);
    if (instant > 0) return instant;
  }
  return secondsField(object, secondsKey);
}

/**
 * The first instant said in these fields, in seconds, milliseconds or microseconds: own events
 * write one and the same field in different units, so the number of its digits decides.
 */
export function anyInstant(object: JsonObject, keys: readonly string[]): Micros {
  for (const key of keys) {
    const text = decimalField(object, key);
    const whole = text.split(".", 1)[0]!.length;
    const instant = scaledInstant(text, whole >= 16 ? 0 : whole >= 12 ? 3 : 6);
    if (instant > 0) return instant;
  }
  return micros(0);
}
