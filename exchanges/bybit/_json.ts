/**
 * JSON trees for what is not hot: own events, answers, instruments, and frames the scanner refused.
 *
 * 1. Nothing throws: what is not JSON, or not of the wanted type, is `undefined` or "".
 * 2. The venue writes amounts and ids as texts and `""` for "absent"; an absent amount is never
 *    zero. A number where a text was is taken when it is exact.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";

/** A JSON object. */
export type JsonObject = { readonly [key: string]: unknown };

const decoder = new TextDecoder("utf-8", { fatal: false });
const MILLIS_MAX = 1e14;

/** The text of a frame. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Parses JSON; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The value as an object (not a list). */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as JsonObject
    : undefined;
}

/** The value as a list of objects; undefined when it or one of its elements is anything else. */
export function objectsOf(value: unknown): readonly JsonObject[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const objects: JsonObject[] = [];
  for (const element of value) {
    const object = objectOf(element);
    if (object === undefined) return undefined;
    objects.push(object);
  }
  return objects;
}

/** A text field; "" when absent or of another type. */
export function textField(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

/** A whole-number field, also as text; undefined when absent or not safe. */
export function integerField(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  const isText = typeof value === "string" && /^-?\d{1,16}$/.test(value);
  const number = isText ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** An id field as text; "" when absent, or a number too long to be exact. */
export function idField(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isSafeInteger(value) ? String(value) : "";
}

/** A decimal field as text, whether the venue sends a number or a text; "" when absent. */
export function decimalField(object: JsonObject, key: string): string {
  const value = object[key];
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : "";
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
