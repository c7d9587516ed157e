/**
 * Frames and requests written into one reused buffer: ASCII, digits of scaled integers, hex.
 *
 * The owner calls `reset` before each message; `view()` is valid until the next write.
 * @module
 */
import { assert, type Grid } from "@/engine/domain/mod.ts";

const ZERO = 48;
const POINT = 46;
const MINUS = 45;
const HEX = "0123456789abcdef";
const encoder = new TextEncoder();

/** A growing, reusable buffer of bytes. */
export class ByteWriter {
  /** The memory; valid up to `length`. Replaced when it grows. */
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1_024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Forgets all bytes, keeps the memory. */
  reset(): this {
    this.length = 0;
    return this;
  }

  /** One byte. */
  byte(value: number): this {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
    return this;
  }

  /** Text known to be ASCII. */
  ascii(text: string): this {
    const size = text.length;
    if (this.length + size > this.bytes.length) this.#grow(size);
    const bytes = this.bytes;
    let at = this.length;
    for (let index = 0; index < size; index++) {
      const code = text.charCodeAt(index);
      assert(code < 128, "Text for the wire must be ASCII here");
      bytes[at++] = code;
    }
    this.length = at;
    return this;
  }

  /** Any text, as UTF-8. */
  utf8(text: string): this {
    const most = text.length * 3;
    if (this.length + most > this.bytes.length) this.#grow(most);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
    return this;
  }

  /** A copy of `source[start..end)`. */
  raw(source: Uint8Array, start = 0, end = source.length): this {
    const size = end - start;
    if (this.length + size > this.bytes.length) this.#grow(size);
    if (size <= 32) {
      for (let index = 0; index < size; index++) {
        this.bytes[this.length + index] = source[start + index]!;
      }
    } else {
      this.bytes.set(source.subarray(start, end), this.length);
    }
    this.length += size;
    return this;
  }

  /** A safe integer in decimal. */
  integer(value: number): this {
    assert(Number.isSafeInteger(value), "Number for the wire must be a safe integer");
    if (value < 0) this.byte(MINUS);
    return this.#digits(value < 0 ? -value : value, 1);
  }

  /** `value * 10^-scale` in plain decimal with exactly `scale` decimals. */
  fixed(value: number, scale: number): this {
    assert(Number.isSafeInteger(value), "Number for the wire must be a safe integer");
    if (value < 0) this.byte(MINUS);
    const first = this.length;
    this.#digits(value < 0 ? -value : value, scale + 1);
    if (scale === 0) return this;
    const point = this.length - scale;
    assert(point > first, "A decimal must have a digit before its point");
    if (this.length === this.bytes.length) this.#grow(1);
    for (let at = this.length; at > point; at--) this.bytes[at] = this.bytes[at - 1]!;
    this.bytes[point] = POINT;
    this.length++;
    return this;
  }

  /** `value * 10^-scale` in plain decimal without trailing zeros. */
  decimal(value: number, scale: number): this {
    let digits = value;
    let places = scale;
    while (places > 0 && digits % 10 === 0) {
      digits /= 10;
      places--;
    }
    return this.fixed(digits, places);
  }

  /** Whole steps of a grid (ticks or lots) in plain decimal without trailing zeros. */
  steps(count: number, grid: Grid): this {
    return this.decimal(count * grid.mantissa, grid.scale);
  }

  /** Lower-case hexadecimal of bytes. */
  hex(source: Uint8Array): this {
    for (const value of source) {
      this.byte(HEX.charCodeAt(value >> 4)).byte(HEX.charCodeAt(value & 15));
    }
    return this;
  }

  /** The bytes written so far; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** The bytes written so far as text. */
  text(): string {
    return new TextDecoder().decode(this.view());
  }

  /** At least `least` digits of a whole number, not negative. */
  #digits(value: number, least: number): this {
    let count = least;
    for (let limit = 10 ** least; value >= limit; limit *= 10) count++;
    if (this.length + count > this.bytes.length) this.#grow(count);
    const bytes = this.bytes;
    let rest = value;
    for (let at = this.length + count - 1; at >= this.length; at--) {
      const next = rest < 0x7fff_ffff ? ((rest | 0) / 10) | 0 : Math.floor(rest / 10);
      bytes[at] = ZERO + (rest - next * 10);
      rest = next;
    }
    this.length += count;
    return this;
  }

  #grow(more: number): void {
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}
