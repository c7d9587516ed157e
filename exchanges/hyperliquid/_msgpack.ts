/**
 * MessagePack of an action, exactly as the venue writes it before it hashes: the signature is over
 * these bytes.
 *
 * 1. Keys stay in the order of the object; nothing is sorted, added or left out.
 * 2. A whole number takes its smallest form and never becomes a float; a fraction is refused,
 *    because the venue writes decimals as text.
 * 3. The bytes handed out are valid until the next `write`: one buffer is reused.
 *
 * Source: MessagePack specification, read 2026-09; venue documentation "Signing".
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";

/** What an action may be made of. `null` never appears in our own actions. */
export type WireValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly WireValue[]
  | { readonly [key: string]: WireValue };

const DEPTH_MAX = 16;
const encoder = new TextEncoder();

/** Writes one value at a time into a buffer of its own, with room for a tail. */
export class MsgpackWriter {
  #bytes = new Uint8Array(1_024);
  #length = 0;
  #failure = "";

  /** The value's bytes, or what could not be written. */
  write(value: WireValue): Result<Uint8Array> {
    this.#length = 0;
    this.#failure = "";
    this.#value(value, DEPTH_MAX);
    if (this.#failure !== "") return err(`Cannot write an action: ${this.#failure}`);
    return ok(this.#bytes.subarray(0, this.#length));
  }

  /** Appends one byte to what was written. */
  appendByte(byte: number): void {
    this.#byte(byte);
  }

  /** Appends bytes to what was written. */
  appendBytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends a whole number from 0 to 2^53 - 1 as eight bytes, most significant first. */
  appendUint64(value: number): void {
    this.#uint32(Math.floor(value / 2 ** 32));
    this.#uint32(value % 2 ** 32);
  }

  /** All that was written since `write`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #value(value: WireValue, depth: number): void {
    if (depth === 0) return this.#fail(`wanted at most ${DEPTH_MAX} levels, found more`);
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "bigint":
        return this.#integer(value);
      case "boolean":
        return this.#byte(value ? 0xc3 : 0xc2);
      default:
        if (value === null) return this.#byte(0xc0);
        if (typeof value !== "object") return this.#fail(`found a value of type ${typeof value}`);
        if (Array.isArray(value)) return this.#list(value, depth);
        return this.#map(value as { readonly [key: string]: WireValue }, depth);
    }
  }

  #list(list: readonly WireValue[], depth: number): void {
    this.#head(list.length, 0x90, 0xdc);
    for (const element of list) this.#value(element, depth - 1);
  }

  #map(map: { readonly [key: string]: WireValue }, depth: number): void {
    let count = 0;
    for (const key in map) if (map[key] !== undefined) count++;
    this.#head(count, 0x80, 0xde);
    for (const key in map) {
      const value = map[key];
      if (value === undefined) continue;
      this.#text(key);
      this.#value(value, depth - 1);
    }
  }

  #head(count: number, short: number, long: number): void {
    if (count < 16) return this.#byte(short | count);
    if (count < 2 ** 16) {
      this.#byte(long);
      return this.#uint16(count);
    }
    this.#byte(long + 1);
    this.#uint32(count);
  }

  #text(text: string): void {
    const length = text.length;
    this.#room(length + 5);
    if (length < 32) {
      // Almost every text is short and ASCII: written without an encoder.
      const bytes = this.#bytes;
      const start = this.#length;
      let at = 0;
      for (; at < length; at++) {
        const code = text.charCodeAt(at);
        if (code > 0x7f) break;
        bytes[start + 1 + at] = code;
      }
      if (at === length) {
        bytes[start] = 0xa0 | length;
        this.#length = start + 1 + length;
        return;
      }
    }
    const bytes = encoder.encode(text);
    if (bytes.length < 32) this.#byte(0xa0 | bytes.length);
    else if (bytes.length < 2 ** 8) {
      this.#byte(0xd9);
      this.#byte(bytes.length);
    } else if (bytes.length < 2 ** 16) {
      this.#byte(0xda);
      this.#uint16(bytes.length);
    } else {
      this.#byte(0xdb);
      this.#uint32(bytes.length);
    }
    this.appendBytes(bytes);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value)) {
      return this.#fail(`wanted a whole number below 2^53, found ${value}`);
    }
    if (value >= 0) {
      if (value < 0x80) return this.#byte(value);
      if (value < 2 ** 8) {
        this.#byte(0xcc);
        return this.#byte(value);
      }
      if (value < 2 ** 16) {
        this.#byte(0xcd);
        return this.#uint16(value);
      }
      if (value < 2 ** 32) {
        this.#byte(0xce);
        return this.#uint32(value);
      }
      this.#byte(0xcf);
      return this.appendUint64(value);
    }
    this.#integer(BigInt(value));
  }

  #integer(value: bigint): void {
    if (value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) {
      return this.#number(Number(value));
    }
    if (value >= 2n ** 64n || value < -(2n ** 63n)) {
      return this.#fail(`wanted a whole number of 64 bits, found ${value}`);
    }
    if (value >= 0n) return this.#wide(0xcf, value);
    if (value >= -32n) return this.#byte(Number(value & 0xffn));
    if (value >= -(2n ** 7n)) {
      this.#byte(0xd0);
      return this.#byte(Number(value & 0xffn));
    }
    if (value >= -(2n ** 15n)) {
      this.#byte(0xd1);
      return this.#uint16(Number(value & 0xffffn));
    }
    if (value >= -(2n ** 31n)) {
      this.#byte(0xd2);
      return this.#uint32(Number(value & 0xffffffffn));
    }
    this.#wide(0xd3, value & (2n ** 64n - 1n));
  }

  #wide(head: number, value: bigint): void {
    this.#byte(head);
    this.#uint32(Number(value >> 32n));
    this.#uint32(Number(value & 0xffffffffn));
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = byte;
  }

  #uint16(value: number): void {
    this.#byte(value >>> 8);
    this.#byte(value & 0xff);
  }

  #uint32(value: number): void {
    this.#room(4);
    const at = this.#length;
    this.#bytes[at] = value >>> 24;
    this.#bytes[at + 1] = value >>> 16;
    this.#bytes[at + 2] = value >>> 8;
    this.#bytes[at + 3] = value;
    this.#length = at + 4;
  }

  #room(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #fail(found: string): void {
    if (this.#failure === "") this.#failure = found;
  }
}
