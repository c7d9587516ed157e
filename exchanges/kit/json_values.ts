/**
 * JSON trees for what is not hot: own events, answers, instruments, and frames a scanner refused.
 *
 * 1. Whole numbers of sixteen digits and more stay text: order ids exceed 2^53 and `JSON.parse`
 *    alone would silently change them.
 * 2. Nothing throws: what is not JSON, or not of the wanted type, is `undefined` or "".
 * 3. An absent amount is "", never zero.
 * @module
 */

/** A JSON object. */
export type JsonObject = { readonly [key: string]: unknown };

const decoder = new TextDecoder("utf-8", { fatal: false });
/** Where JSON may begin a long whole number: found in a text of quotes too, and then looked at. */
const LONG_INTEGER = /(?:^|[:,[\s])-?\d{16}/;
const QUOTE = 34;
const BACKSLASH = 92;

/** The text of a frame. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** Parses JSON, keeping long whole numbers as text; undefined when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(LONG_INTEGER.test(text) ? quoteLongIntegers(text) : text);
  } catch {
    return undefined;
  }
}

/** Puts whole numbers of sixteen digits and more that stand outside quotes into quotes. */
function quoteLongIntegers(text: string): string {
  let out = "";
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfQuoted(text, at);
    } else if (isNumberPart(code)) {
      const start = at;
      while (at < text.length && isNumberPart(text.charCodeAt(at))) at++;
      const token = text.slice(start, at);
      if (/^-?\d{16,}$/.test(token)) {
        out += `${text.slice(copied, start)}"${token}"`;
        copied = at;
      }
    } else {
      at++;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/** Behind the quote that closes a text: one with an even number of backslashes before it. */
function endOfQuoted(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at >= 0) {
    let before = at;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((at - before) % 2 === 0) return at + 1;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

/** Digits, sign, point and exponent. */
function isNumberPart(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 45 || code === 43 || code === 46 ||
    code === 101 || code === 69;
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

/** A whole-number field, also where it was kept as text; undefined when absent or not safe. */
export function integerField(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** An id field as text, whether the venue sends a number or a text; "" when absent. */
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
