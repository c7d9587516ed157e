/**
 * A small protobuf reader: fields by number, each with the wire type it must have.
 *
 * Source: the encoding specification of protocol buffers, version 3.
 * @module
 */

interface Field {
  readonly wire: number;
  readonly number: bigint;
  readonly bytes: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);
const VARINT_MAX = 10;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What is not protobuf, or not of the expected types. */
export class WireError extends Error {}

/** The fields of one message. Later ones of a single field win, as the specification says. */
export class Message {
  readonly #fields = new Map<number, Field[]>();

  constructor(bytes: Uint8Array) {
    const reader = new Reader(bytes);
    while (!reader.done) {
      const key = Number(reader.varint());
      const field = reader.field(key & 7);
      const number = key >>> 3;
      if (number === 0) throw new WireError("field number 0");
      const list = this.#fields.get(number);
      if (list === undefined) this.#fields.set(number, [field]);
      else list.push(field);
    }
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  /** An unsigned varint; 0 when it is not there. */
  uint(field: number): bigint {
    return this.#last(field, 0)?.number ?? 0n;
  }

  /** A varint of at most 32 bits, as a number. */
  uint32(field: number): number {
    return Number(BigInt.asUintN(32, this.uint(field)));
  }

  /** Four bytes, least first; 0 when they are not there. */
  fixed32(field: number): number {
    return Number(this.#last(field, 5)?.number ?? 0n);
  }

  bytes(field: number): Uint8Array {
    return this.#last(field, 2)?.bytes ?? NO_BYTES;
  }

  text(field: number): string {
    return textOf(this.bytes(field));
  }

  message(field: number): Message {
    return new Message(this.bytes(field));
  }

  /** All values of a repeated field of bytes or messages. */
  list(field: number): Uint8Array[] {
    return (this.#fields.get(field) ?? []).map((each) => {
      if (each.wire !== 2) throw new WireError(`field ${field} has wire type ${each.wire}`);
      return each.bytes;
    });
  }

  /** All values of a repeated varint, packed or not. */
  uints(field: number): bigint[] {
    return (this.#fields.get(field) ?? []).flatMap((each) => {
      if (each.wire === 0) return [each.number];
      if (each.wire !== 2) throw new WireError(`field ${field} has wire type ${each.wire}`);
      const reader = new Reader(each.bytes);
      const values: bigint[] = [];
      while (!reader.done) values.push(reader.varint());
      return values;
    });
  }

  #last(field: number, wire: number): Field | undefined {
    const found = this.#fields.get(field)?.at(-1);
    if (found !== undefined && found.wire !== wire) {
      throw new WireError(`field ${field} has wire type ${found.wire}, wanted ${wire}`);
    }
    return found;
  }
}

/** Bytes of a varint. */
export function varintOf(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 0x7fn; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
  bytes.push(Number(value));
  return bytes;
}

/** Text of bytes that must be UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new WireError("text is not UTF-8");
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let i = 0; i < VARINT_MAX; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError("varint ends early");
      value |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError("varint is too long");
  }

  field(wire: number): Field {
    if (wire === 0) return { wire, number: this.varint(), bytes: NO_BYTES };
    if (wire === 1 || wire === 5) {
      let number = 0n;
      const bytes = this.#take(wire === 1 ? 8 : 4);
      bytes.forEach((byte, i) => number |= BigInt(byte) << BigInt(8 * i));
      return { wire, number, bytes };
    }
    if (wire !== 2) throw new WireError(`wire type ${wire}`);
    return { wire, number: 0n, bytes: this.#take(Number(this.varint())) };
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new WireError("field ends early");
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
