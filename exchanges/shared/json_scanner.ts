/**
 * Finds fields in JSON bytes without building a tree.
 *
 * A pull scanner: the decoder asks for the next key or element and says how to read its value.
 *
 *   enterObject -> nextKey -> (readX | skipValue | enterX ... ) -> nextKey -> ... -> false at the
 *   brace
 *
 * 1. Every value that `nextKey` or `nextElement` announces is read or skipped exactly once.
 * 2. Anything unexpected moves the scanner to `failed`, where every answer is no: the decoder
 *    checks once at the end (`finish`) and falls back to `JSON.parse`, counted. Never a silent
 *    skip.
 * 3. A key with a backslash fails too: by its bytes it could pass for an unknown one.
 * 4. Spans point into the given bytes; nothing is copied, no object is made.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import { REFUSED, scanDecimal, scanSignedDecimal, scanTicks } from "./decimal_scanner.ts";
import { scanLevels } from "./level_scanner.ts";

/** Where the scanner stands. Numbers, because they are stored with every step. */
const BEFORE_FIRST_MEMBER = 0;
const BEFORE_VALUE = 1;
const BEHIND_VALUE = 2;
const FAILED = 3;

/** What kind of value comes next. */
export type JsonKind =
  | "object"
  | "array"
  | "string"
  | "number"
  | "true"
  | "false"
  | "null"
  | "none";

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
const BRACKET_OPEN = 0x5b;
const BRACKET_CLOSE = 0x5d;
const MINUS = 0x2d;
const SPACE = 0x20;
const ZERO = 0x30;
const COMMA_DIGIT = COMMA ^ ZERO;
const BRACE_DIGIT = BRACE_CLOSE ^ ZERO;
const DEPTH_MAX = 64;
const KEY_CODE_LENGTH_MAX = 6;

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A key as bytes, for `JsonScanner.keyIs`. Made once, at start. */
export function keyBytes(key: string): Uint8Array {
  return encoder.encode(key);
}

/** A key of at most six ASCII characters as one number, for a `switch` over
 * `JsonScanner.keyCode`. */
export function keyCodeOf(key: string): number {
  let code = 0;
  for (let at = 0; at < key.length; at++) code = code * 256 + key.charCodeAt(at);
  return key.length <= KEY_CODE_LENGTH_MAX ? code : 0;
}

/** Reads one JSON text where it lies. Reused for every message. */
export class JsonScanner {
  bytes: Uint8Array = new Uint8Array(0);
  /** Next byte to read. */
  position = 0;
  end = 0;
  #state = FAILED;
  /** Span of the key `nextKey` found, without its quotes. */
  keyStart = 0;
  keyEnd = 0;
  /** The key as `keyCodeOf` makes it; 0 when longer than six bytes. */
  keyCode = 0;
  /** Span of the string, number or text that was read last, without quotes. */
  valueStart = 0;
  valueEnd = 0;
  /** Whether the string read last holds a backslash, so that its bytes are not its text. */
  escaped = false;

  /** Starts on `bytes[start..end)`. */
  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.#state = BEFORE_VALUE;
  }

  /** Whether something unexpected was met. */
  get failed(): boolean {
    return this.#state === FAILED;
  }

  /** Gives up: what was read does not make sense to the caller. Always false. */
  fail(): false {
    this.#state = FAILED;
    return false;
  }

  /** What kind of value comes next, without reading it. */
  peekKind(): JsonKind {
    if (this.#state !== BEFORE_VALUE) return "none";
    switch (this.#peek()) {
      case BRACE_OPEN:
        return "object";
      case BRACKET_OPEN:
        return "array";
      case QUOTE:
        return "string";
      case 0x74:
        return "true";
      case 0x66:
        return "false";
      case 0x6e:
        return "null";
      default:
        return this.position < this.end ? "number" : "none";
    }
  }

  /** Reads `{`. */
  enterObject(): boolean {
    return this.#enter(BRACE_OPEN);
  }

  /** Reads `[`. */
  enterArray(): boolean {
    return this.#enter(BRACKET_OPEN);
  }

  /** Moves to the next member: true with its key span set, false when the object ended (or
   * failed). */
  nextKey(): boolean {
    if (!this.#nextMember(BRACE_CLOSE)) return false;
    if (this.#peek() !== QUOTE) return this.fail();
    const bytes = this.bytes;
    const end = this.end;
    const start = this.position + 1;
    let at = start;
    let code = 0;
    let byte = 0;
    while (at < end && (byte = bytes[at]!) !== QUOTE) {
      if (byte === BACKSLASH || byte < SPACE) return this.fail();
      // Four bytes fit an int32; the rare fifth and sixth are added below.
      code = (code << 8) | byte;
      at++;
    }
    this.keyStart = start;
    this.keyEnd = at;
    const length = at - start;
    if (length > 4) code = length <= KEY_CODE_LENGTH_MAX ? longKeyCode(bytes, start, at) : 0;
    this.keyCode = code;
    this.position = at + 1;
    if (this.#peek() !== COLON) return this.fail();
    this.position++;
    this.#state = BEFORE_VALUE;
    return true;
  }

  /** Moves to the next element: true when there is one, false when the array ended (or failed). */
  nextElement(): boolean {
    if (!this.#nextMember(BRACKET_CLOSE)) return false;
    this.#state = BEFORE_VALUE;
    return true;
  }

  /** Whether the current key is exactly these bytes. */
  keyIs(key: Uint8Array): boolean {
    return spanIs(this.bytes, this.keyStart, this.keyEnd, key);
  }

  /** Whether the string read last is exactly these bytes. */
  valueIs(text: Uint8Array): boolean {
    return spanIs(this.bytes, this.valueStart, this.valueEnd, text);
  }

  /** Reads a string; its span is then in `valueStart..valueEnd`. */
  readString(): boolean {
    if (this.#state !== BEFORE_VALUE || this.#peek() !== QUOTE) return this.fail();
    const bytes = this.bytes;
    const end = this.end;
    let at = this.position + 1;
    this.valueStart = at;
    this.escaped = false;
    let byte = 0;
    while (at < end && (byte = bytes[at]!) !== QUOTE) {
      if (byte === BACKSLASH) {
        this.escaped = true;
        at++;
      } else if (byte < SPACE) return this.fail();
      at++;
    }
    if (at >= end) return this.fail();
    this.valueEnd = at;
    return this.#valueRead(at + 1);
  }

  /** Reads a string as text, escapes resolved; undefined when it is none. */
  readText(): string | undefined {
    if (!this.readString()) return undefined;
    const raw = decoder.decode(this.bytes.subarray(this.valueStart, this.valueEnd));
    if (!this.escaped) return raw;
    try {
      return JSON.parse(`"${raw}"`) as string;
    } catch {
      this.fail();
      return undefined;
    }
  }

  /** Reads the span of a string or a bare number: venues write amounts both ways. */
  readScalar(): boolean {
    if (this.#state !== BEFORE_VALUE) return this.fail();
    if (this.#peek() !== QUOTE) return this.#readNumber();
    return this.readString() && (!this.escaped || this.fail());
  }

  /** Reads a whole number (bare or quoted), below 2^53, of either sign; NaN when it is none. */
  readInteger(): number {
    if (this.#state !== BEFORE_VALUE) return this.readSignedDecimal(0);
    const bytes = this.bytes;
    const start = this.position;
    const end = this.end;
    let at = start;
    let value = 0;
    let digit = 0;
    while (at < end && (digit = bytes[at]! ^ ZERO) <= 9) {
      value = value * 10 + digit;
      at++;
    }
    // The usual number: some digits, no leading zero, and then a comma or brace.
    const usual = at > start && at < end && bytes[start] !== ZERO &&
      value <= Number.MAX_SAFE_INTEGER && (digit === COMMA_DIGIT || digit === BRACE_DIGIT);
    if (!usual) return this.readSignedDecimal(0);
    this.valueStart = start;
    this.valueEnd = at;
    this.#valueRead(at);
    return value;
  }

  /** Reads an amount that is not negative as a whole number of 10^-scale; -1 when refused. */
  readDecimal(scale: number): number {
    if (!this.readScalar()) return REFUSED;
    const value = scanDecimal(this.bytes, this.valueStart, this.valueEnd, scale);
    if (value === REFUSED) this.fail();
    return value;
  }

  /** The same with a sign; NaN when refused. */
  readSignedDecimal(scale: number): number {
    if (!this.readScalar()) return NaN;
    const value = scanSignedDecimal(this.bytes, this.valueStart, this.valueEnd, scale);
    if (value !== value) this.fail();
    return value;
  }

  /** Reads ticks or lots of a grid; -1 when refused. */
  readTicks(grid: Grid): number {
    if (!this.readScalar()) return REFUSED;
    const value = scanTicks(this.bytes, this.valueStart, this.valueEnd, grid);
    if (value === REFUSED) this.fail();
    return value;
  }

  /** Reads `true` or `false`; anything else fails and is false. */
  readBoolean(): boolean {
    if (this.peekKind() === "true") return this.#literal("true");
    this.#literal("false");
    return false;
  }

  /** Reads `[["price","size", ...], ...]` onto `out`: ticks and lots; further elements are
   * skipped. */
  readLevels(priceGrid: Grid, sizeGrid: Grid, out: LevelBuffer): boolean {
    if (this.#state !== BEFORE_VALUE || this.#peek() !== BRACKET_OPEN) return this.fail();
    const next = scanLevels(this.bytes, this.position, this.end, priceGrid, sizeGrid, out);
    return next < 0 ? this.fail() : this.#valueRead(next);
  }

  /** Skips the value whatever it is, checking its form. */
  skipValue(): boolean {
    if (this.#state === BEFORE_VALUE && this.#peek() === QUOTE) return this.readString();
    return this.#skip(DEPTH_MAX);
  }

  /** Whether the whole text was read, nothing but space is left, and nothing failed. */
  finish(): boolean {
    if (this.#state !== BEHIND_VALUE) return false;
    return this.#peek() === -1;
  }

  #skip(depth: number): boolean {
    if (depth === 0) return this.fail();
    switch (this.peekKind()) {
      case "string":
        return this.readString();
      case "number":
        return this.#readNumber();
      case "true":
        return this.#literal("true");
      case "false":
        return this.#literal("false");
      case "null":
        return this.#literal("null");
      case "object":
        this.enterObject();
        while (this.nextKey()) this.#skip(depth - 1);
        return !this.failed;
      case "array":
        this.enterArray();
        while (this.nextElement()) this.#skip(depth - 1);
        return !this.failed;
      default:
        return this.fail();
    }
  }

  #enter(opening: number): boolean {
    if (this.#state !== BEFORE_VALUE || this.#peek() !== opening) return this.fail();
    this.position++;
    this.#state = BEFORE_FIRST_MEMBER;
    return true;
  }

  /** At the start of a member; false when the container ended or something is wrong. */
  #nextMember(closing: number): boolean {
    const next = this.#peek();
    if (this.#state === BEFORE_FIRST_MEMBER) {
      if (next !== closing) return true;
      return this.#leave();
    }
    if (this.#state !== BEHIND_VALUE) return this.fail();
    if (next === closing) return this.#leave();
    if (next !== COMMA) return this.fail();
    this.position++;
    return true;
  }

  #leave(): false {
    this.position++;
    this.#state = BEHIND_VALUE;
    return false;
  }

  #literal(text: string): boolean {
    const start = this.position;
    if (start + text.length > this.end) return this.fail();
    for (let at = 0; at < text.length; at++) {
      if (this.bytes[start + at] !== text.charCodeAt(at)) return this.fail();
    }
    return this.#valueRead(start + text.length);
  }

  #readNumber(): boolean {
    const end = endOfNumber(this.bytes, this.position, this.end);
    if (end < 0) return this.fail();
    this.valueStart = this.position;
    this.valueEnd = end;
    this.escaped = false;
    return this.#valueRead(end);
  }

  #valueRead(next: number): true {
    this.position = next;
    this.#state = BEHIND_VALUE;
    return true;
  }

  /** The next byte that is not space; -1 at the end. */
  #peek(): number {
    const bytes = this.bytes;
    const end = this.end;
    while (this.position < end) {
      const byte = bytes[this.position]!;
      if (byte > SPACE) return byte;
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return byte;
      this.position++;
    }
    return -1;
  }
}

function longKeyCode(bytes: Uint8Array, start: number, end: number): number {
  let code = 0;
  for (let at = start; at < end; at++) code = code * 256 + bytes[at]!;
  return code;
}

/** Whether `bytes[start..end)` is exactly `wanted`. */
export function spanIs(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Uint8Array,
): boolean {
  if (end - start !== wanted.length) return false;
  for (let at = 0; at < wanted.length; at++) {
    if (bytes[start + at] !== wanted[at]) return false;
  }
  return true;
}

/** Where the JSON number that starts at `start` ends; -1 when there is none. */
function endOfNumber(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (at < end && bytes[at] === MINUS) at++;
  const whole = endOfDigits(bytes, at, end);
  if (whole === at || (bytes[at] === 0x30 && whole > at + 1)) return -1;
  at = whole;
  if (at < end && bytes[at] === 0x2e) {
    const fraction = endOfDigits(bytes, at + 1, end);
    if (fraction === at + 1) return -1;
    at = fraction;
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === MINUS)) at++;
    const exponent = endOfDigits(bytes, at, end);
    if (exponent === at) return -1;
    at = exponent;
  }
  return at;
}

function endOfDigits(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  return at;
}
