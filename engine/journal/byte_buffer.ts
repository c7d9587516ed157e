/**
 * `ByteBuffer`: a growing, reusable run of bytes that records are written into without garbage.
 *
 * Numbers are little-endian. Whole numbers that are usually small are varints: seven bits a byte,
 * lowest first; signed ones keep their sign in the second highest bit of the first byte.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Varints of safe integers and of their differences take at most this many bytes. */
export const VARINT_BYTES_MAX = 8;

const INT_MAX = 0x7fff_ffff;
const INT_MIN = -0x8000_0000;
/** A price difference and a size. */
const LEVEL_BYTES_MAX = 2 * VARINT_BYTES_MAX + 1;

const encoder = new TextEncoder();

/** Bytes `0..length` are written; the owner clears it. */
export class ByteBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;
  #view: DataView;

  constructor(capacity = 4_096) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.#view = new DataView(larger.buffer);
  }

  clear(): void {
    this.length = 0;
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** A signed whole number of at most 127 bits. */
  i128(value: bigint): void {
    assert(value === BigInt.asIntN(127, value), "A journalled amount must fit 127 bits");
    this.reserve(16);
    this.#view.setBigInt64(this.length, BigInt.asIntN(64, value), true);
    this.#view.setBigInt64(this.length + 8, value >> 64n, true);
    this.length += 16;
  }

  /** A whole number from 0 to 2^55. */
  varint(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    this.length = writeVarint(this.bytes, this.length, value);
  }

  /** A safe integer of either sign. */
  signed(value: number): void {
    this.reserve(VARINT_BYTES_MAX + 1);
    this.length = writeSigned(this.bytes, this.length, value);
  }

  /** Pairs of signed differences and plain values, as levels of a book are. */
  levels(count: number, prices: Float64Array, sizes: Float64Array): void {
    this.varint(count);
    this.reserve(count * LEVEL_BYTES_MAX);
    const bytes = this.bytes;
    let at = this.length;
    let before = 0;
    for (let i = 0; i < count; i++) {
      const difference = prices[i]! - before;
      before = prices[i]!;
      const lots = sizes[i]!;
      const step = difference | 0;
      const small = lots | 0;
      // Nearly always both fit 31 bits: then nothing here is a float or a call.
      if (step !== difference || small !== lots || small < 0 || step === INT_MIN) {
        at = writeSigned(bytes, at, difference);
        at = writeVarint(bytes, at, lots);
        continue;
      }
      const sign = step < 0 ? 0x40 : 0;
      let rest = step < 0 ? -step : step;
      if (rest < 0x40) {
        bytes[at++] = sign | rest;
      } else {
        bytes[at++] = 0x80 | sign | (rest & 0x3f);
        for (rest >>>= 6; rest > 0x7f; rest >>>= 7) bytes[at++] = rest | 0x80;
        bytes[at++] = rest;
      }
      for (rest = small; rest > 0x7f; rest >>>= 7) bytes[at++] = rest | 0x80;
      bytes[at++] = rest;
    }
    this.length = at;
  }

  /** UTF-8, after its length in bytes as u32. */
  text(value: string): void {
    const at = this.length;
    this.reserve(4 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.bytes.subarray(at + 4));
    this.#view.setUint32(at, written, true);
    this.length = at + 4 + written;
  }

  /** Overwrites four bytes that are already written. */
  patchU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  u32At(at: number): number {
    return this.#view.getUint32(at, true);
  }
}

/** Writes a signed number and answers where it ends. Room must be there. */
function writeSigned(bytes: Uint8Array, at: number, value: number): number {
  const sign = value < 0 ? 0x40 : 0;
  const absolute = value < 0 ? -value : value;
  if (absolute <= INT_MAX) {
    const small = absolute | 0;
    if (small < 0x40) {
      bytes[at] = sign | small;
      return at + 1;
    }
    bytes[at] = 0x80 | sign | (small & 0x3f);
    return writeInt(bytes, at + 1, small >>> 6);
  }
  bytes[at] = 0x80 | sign | (absolute % 0x40);
  return writeVarint(bytes, at + 1, Math.floor(absolute / 0x40));
}

/** Writes a number from 0 on and answers where it ends. Room must be there. */
function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  // Beyond 31 bits the bit operators do not reach; the bound ends even what is no number.
  const last = at + VARINT_BYTES_MAX - 1;
  while (rest > INT_MAX && end < last) {
    bytes[end++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  if (end === last) {
    bytes[end] = rest & 0x7f;
    return end + 1;
  }
  return writeInt(bytes, end, rest | 0);
}

/** Writes a whole number from 0 to 2^31 - 1: float arithmetic would cost three times as much. */
function writeInt(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest > 0x7f) {
    bytes[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[end] = rest;
  return end + 1;
}

/** Reads what `ByteBuffer` wrote. Reading beyond the end is an error the caller catches once. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
  }

  /** Bytes not read yet. */
  get left(): number {
    return this.#end - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  i128(): bigint {
    const at = this.#take(16);
    const low = this.#view.getBigUint64(at, true);
    return (this.#view.getBigInt64(at + 8, true) << 64n) | low;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError("Cannot read a varint: wanted at most 8 bytes, found more");
  }

  signed(): number {
    const first = this.u8();
    const low = first & 0x3f;
    const absolute = first < 0x80 ? low : low + this.varint() * 0x40;
    return (first & 0x40) === 0 || absolute === 0 ? absolute : -absolute;
  }

  text(): string {
    const length = this.u32();
    const at = this.#take(length);
    return decoder.decode(this.#bytes.subarray(at, at + length));
  }

  #take(count: number): number {
    const at = this.#at;
    if (at + count > this.#end) {
      throw new RangeError(`Cannot read a record: wanted ${count} more bytes, found ${this.left}`);
    }
    this.#at = at + count;
    return at;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });
