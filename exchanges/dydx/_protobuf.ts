/**
 * A protobuf writer as small as the venue's messages need.
 *
 * 1. proto3: a zero, an empty text and a false are left out, except where the caller says `always`.
 * 2. A number is written exactly or the writer throws `RangeError`; callers check before.
 *
 * Source: protocol buffers "Encoding", read 2026-09.
 * @module
 */

const VARINT = 0;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;
const UINT32_MAX = 0xffff_ffff;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
const encoder = new TextEncoder();

/** Writes one message into its own growing bytes. */
export class ProtoWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  /** A varint field; zero is left out. */
  uint(field: number, value: number | bigint): this {
    if (value === 0 || value === 0n) return this;
    this.#tag(field, VARINT);
    return this.varint(value);
  }

  /** Four bytes, little-endian; zero is left out. */
  fixed32(field: number, value: number): this {
    if (!Number.isInteger(value) || value < 0 || value > UINT32_MAX) {
      throw new RangeError("a fixed32 must be a whole number below 2^32");
    }
    if (value === 0) return this;
    this.#tag(field, FIXED32);
    for (let shift = 0; shift < 32; shift += 8) this.#byte((value >>> shift) & 0xff);
    return this;
  }

  bool(field: number, value: boolean): this {
    return value ? this.uint(field, 1) : this;
  }

  text(field: number, value: string): this {
    return value === "" ? this : this.bytes(field, encoder.encode(value));
  }

  /** Length-delimited bytes; none are left out. */
  bytes(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.message(field, value);
  }

  /** A sub-message: written also when it is empty. */
  message(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED);
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** Repeated varints in one field; written also when there are none and `always` says so. */
  packed(field: number, values: readonly (number | bigint)[], always = false): this {
    if (values.length === 0 && !always) return this;
    const inner = new ProtoWriter();
    for (const value of values) inner.varint(value);
    return this.message(field, inner.finish());
  }

  /** A bare varint. */
  varint(value: number | bigint): this {
    if (typeof value === "bigint") return this.#bigVarint(value);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError("a varint must be a whole number of at least 0");
    }
    let rest = value;
    while (rest > 0x7f) {
      this.#byte((rest % 128) | 0x80);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
    return this;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #bigVarint(value: bigint): this {
    if (value < 0n || value > UINT64_MAX) throw new RangeError("a varint must be below 2^64");
    let rest = value;
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#byte(Number(rest));
    return this;
  }

  #tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
