/**
 * `Fields`: one JSON object of Aster, read field by field, for all that is not hot.
 *
 * 1. Nothing throws: what is absent, null or of another type reads as "" or `undefined`.
 * 2. Whole numbers beyond 2^53 keep all their digits: order and trade ids are texts here.
 * 3. An amount is text whether the venue quotes it or not; an absent one is "", never zero.
 * @module
 */
import {
  type Instrument,
  type Micros,
  micros,
  type Money,
  moneyFromText,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";

/** What could not be read although it was there. */
export const BAD = "bad";
export type Bad = typeof BAD;

const decoder = new TextDecoder();

/** The text of a frame. */
export function frameText(bytes: Uint8Array, start: number, end: number): string {
  return decoder.decode(bytes.subarray(start, end));
}

/** JSON without losing digits; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text, /\d{16}/.test(text) ? exactIntegers : undefined);
  } catch {
    return undefined;
  }
}

/** Keeps a whole number that is not exact as the text it was. */
function exactIntegers(_key: string, value: unknown, ...rest: unknown[]): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const { source } = (rest[0] ?? {}) as { readonly source?: string };
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}

/** One object. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;

  private constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  /** The value as an object; undefined when it is a list or no object at all. */
  static of(value: unknown): Fields | undefined {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? new Fields(value as Record<string, unknown>) : undefined;
  }

  /** A list of objects; undefined when it or one of its elements is anything else. */
  static listOf(value: unknown): readonly Fields[] | undefined {
    if (!Array.isArray(value)) return undefined;
    const list = value.map((element) => Fields.of(element));
    return list.every((fields) => fields !== undefined) ? list as Fields[] : undefined;
  }

  /** The text of one JSON object. */
  static parse(text: string): Fields | undefined {
    return Fields.of(jsonOf(text));
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined;
  }

  raw(key: string): unknown {
    return this.#values[key];
  }

  object(key: string): Fields | undefined {
    return Fields.of(this.#values[key]);
  }

  list(key: string): readonly Fields[] | undefined {
    return Fields.listOf(this.#values[key]);
  }

  /** A quoted text; "" when there is none. */
  text(key: string): string {
    const value = this.#values[key];
    return typeof value === "string" ? value : "";
  }

  /** An id or amount as text, quoted or not; "" when there is none. */
  scalar(key: string): string {
    const value = this.#values[key];
    return typeof value === "number" && Number.isFinite(value) ? String(value) : this.text(key);
  }

  flag(key: string): boolean | undefined {
    const value = this.#values[key];
    return typeof value === "boolean" ? value : undefined;
  }

  /** A whole number, quoted or not. */
  whole(key: string): number | undefined {
    const text = this.scalar(key);
    const value = /^-?\d{1,16}$/.test(text) ? Number(text) : NaN;
    return Number.isSafeInteger(value) ? value : undefined;
  }

  /** The first of these milliseconds that is said; 0 when none is. */
  instant(...keys: readonly string[]): Micros {
    for (const key of keys) {
      const value = this.whole(key) ?? 0;
      if (value > 0 && value < 9e12) return micros(value * 1_000);
    }
    return micros(0);
  }

  /** An amount of money; undefined when nothing is said. */
  money(key: string): Money | undefined | Bad {
    const text = this.scalar(key);
    if (text === "") return this.has(key) && this.#values[key] !== "" ? BAD : undefined;
    const read = moneyFromText(text);
    return read.ok ? read.value : BAD;
  }

  /** A price above zero; the venue writes 0 where there is none. */
  price(key: string, instrument: Instrument): Price | undefined | Bad {
    const text = this.scalar(key);
    if (text === "" || Number(text) === 0) return undefined;
    const read = instrument.priceFromText(text);
    return read.ok && read.value > 0 ? read.value : BAD;
  }

  /** A size; undefined when nothing is said. */
  size(key: string, instrument: Instrument): Size | undefined | Bad {
    const text = this.scalar(key);
    if (text === "") return undefined;
    const read = instrument.sizeFromText(text);
    return read.ok ? read.value : BAD;
  }
}

/** Money above zero, or nothing. */
export function positive(amount: Money | undefined | Bad): Money | undefined {
  return amount === undefined || amount === BAD || amount <= 0n ? undefined : amount;
}
