/**
 * The venue's ISO 8601 instants (`2024-01-01T00:00:01.250Z`) to `Micros`, without a clock.
 *
 * Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
 * @module
 */
import { type Micros, micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";

const ZERO = 48;
const POINT = 46;
const LETTER_Z = 90;
const encoder = new TextEncoder();

/** The instant in a text; 0 when it is none. */
export function isoInstant(text: string): Micros {
  const bytes = encoder.encode(text);
  return isoInstantIn(bytes, 0, bytes.length);
}

/** The instant in `bytes[start..end)`; 0 when it is none. Only UTC is understood. */
export function isoInstantIn(bytes: Uint8Array, start: number, end: number): Micros {
  if (end - start < 20 || end - start > 30 || bytes[end - 1] !== LETTER_Z) return MICROS_UNKNOWN;
  const year = digits(bytes, start, 4);
  const month = digits(bytes, start + 5, 2);
  const day = digits(bytes, start + 8, 2);
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) return MICROS_UNKNOWN;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return MICROS_UNKNOWN;
  }
  const seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
  return micros(seconds * 1_000_000 + fraction(bytes, start + 19, end - 1));
}

/** Behind the point, in microseconds; finer digits are cut. */
function fraction(bytes: Uint8Array, start: number, end: number): number {
  if (start >= end || bytes[start] !== POINT) return 0;
  let value = 0;
  let weight = 100_000;
  for (let at = start + 1; at < end && weight >= 1; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    value += digit * weight;
    weight /= 10;
  }
  return value;
}

function digits(bytes: Uint8Array, start: number, count: number): number {
  let value = 0;
  for (let at = start; at < start + count; at++) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const monthFromMarch = (month + 9) % 12;
  const dayOfYear = Math.floor((153 * monthFromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) +
    dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
