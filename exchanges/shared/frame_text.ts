/**
 * Frames written exactly as last time: their fixed text is compared four bytes at a time, and only
 * digits are read.
 *
 *   {"e":"aggTrade","E": 1672515782136 ,"s":" BTCUSDT ","a": 5933014 ,"p":" 0.001 ", ...
 *   '------ literal ---' '-- digits -' 'lit.' symbol  'lit.' digits  'lit.' steps
 *
 * 1. A reader answers where it stopped, or -1: then another, slower reader takes the whole frame.
 * 2. Reading may run up to `FRAME_PADDING` bytes behind the frame; `FrameText` sees to it that
 *    there are so many. A reader must at last be exactly at the frame's end.
 * 3. How many digits a number has is guessed from the number before; a wrong guess costs time only.
 *
 * A literal of 78 bytes in nine parts takes 30 ns, byte by byte in a loop 125.
 * @module
 */
import type { Grid } from "@/engine/domain/mod.ts";
import { REFUSED, SCALE_MAX, scanDecimal, wholeSteps } from "./decimal_scanner.ts";

/** Bytes that must be readable behind a frame. */
export const FRAME_PADDING = 64;

const QUOTE = 0x22;
const POINT = 0x2e;
const ZERO = 0x30;
const SHORT_DIGITS = 9;
const LONG_DIGITS = 15;
const DIGITS = 0x30303030;
const ABOVE_NINE = 0x76767676;
const HIGH_BITS = 0x80808080 | 0;
const SHORT_POWERS = Int32Array.from({ length: SHORT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);
const encoder = new TextEncoder();

/** Where a text ends that should stand at `at`; -1 when it does not stand there. */
export type Literal = (view: DataView, at: number) => number;

/** Makes a literal; once, at start. ASCII only. */
export function literal(text: string): Literal {
  const size = text.length;
  if (size > 24) {
    const head = literal(text.slice(0, 24));
    const tail = literal(text.slice(24));
    return (view, at) => {
      const middle = head(view, at);
      return middle < 0 ? -1 : tail(view, middle);
    };
  }
  const bytes = new Uint8Array(Math.max(4, size));
  encoder.encodeInto(text, bytes);
  const words = new DataView(bytes.buffer);
  const last = Math.max(0, size - 4);
  const word = (index: number) => words.getInt32(Math.min(index * 4, last), true);
  const [a, b, c, d, e, f] = [word(0), word(1), word(2), word(3), word(4), word(5)] as const;
  if (size < 4) {
    const mask = (1 << (size * 8)) - 1;
    return (view, at) => (view.getInt32(at, true) & mask) === a ? (at + size) | 0 : -1;
  }
  if (size <= 8) {
    return (view, at) =>
      view.getInt32(at, true) === a && view.getInt32((at + last) | 0, true) === b
        ? (at + size) | 0
        : -1;
  }
  if (size <= 12) {
    return (view, at) =>
      view.getInt32(at, true) === a && view.getInt32((at + 4) | 0, true) === b &&
        view.getInt32((at + last) | 0, true) === c
        ? (at + size) | 0
        : -1;
  }
  if (size <= 16) {
    return (view, at) =>
      view.getInt32(at, true) === a && view.getInt32((at + 4) | 0, true) === b &&
        view.getInt32((at + 8) | 0, true) === c && view.getInt32((at + last) | 0, true) === d
        ? (at + size) | 0
        : -1;
  }
  return (view, at) =>
    view.getInt32(at, true) === a && view.getInt32((at + 4) | 0, true) === b &&
      view.getInt32((at + 8) | 0, true) === c && view.getInt32((at + 12) | 0, true) === d &&
      view.getInt32((at + Math.min(16, last)) | 0, true) === e &&
      view.getInt32((at + last) | 0, true) === f
      ? (at + size) | 0
      : -1;
}

/** One frame, with a view of the same bytes and readable bytes behind it. */
export class FrameText {
  bytes: Uint8Array = new Uint8Array(4_096);
  view: DataView = new DataView(this.bytes.buffer);
  start = 0;
  end = 0;
  /** The buffers handed in last and before it, and memory for frames that end with theirs. */
  #given: Uint8Array = this.bytes;
  #own: Uint8Array = this.bytes;
  #ownView: DataView = this.view;
  #givenView: DataView = this.view;
  #before: Uint8Array = this.bytes;
  #beforeView: DataView = this.view;

  /** Takes `bytes[start..end)`, where it lies or, too near the buffer's end, as a copy. */
  take(bytes: Uint8Array, start: number, end: number): this {
    if (bytes.length - end < FRAME_PADDING) return this.#copy(bytes, start, end);
    if (bytes !== this.#given) this.#change(bytes);
    this.bytes = bytes;
    this.view = this.#givenView;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Another buffer: of two connections in turn each keeps its view. */
  #change(bytes: Uint8Array): void {
    const [before, beforeView] = [this.#before, this.#beforeView];
    this.#before = this.#given;
    this.#beforeView = this.#givenView;
    this.#given = bytes;
    this.#givenView = bytes === before
      ? beforeView
      : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  #copy(bytes: Uint8Array, start: number, end: number): this {
    const size = end - start;
    if (this.#own.length < size + FRAME_PADDING) {
      this.#own = new Uint8Array(2 * size + FRAME_PADDING);
      this.#ownView = new DataView(this.#own.buffer);
    }
    this.#own.set(size === bytes.length ? bytes : bytes.subarray(start, end));
    this.#own.fill(0, size, size + FRAME_PADDING);
    this.bytes = this.#own;
    this.view = this.#ownView;
    this.start = 0;
    this.end = size;
    return this;
  }
}

/** How many digits stand at `at`, first looked for where the guess says. */
export function digitCount(bytes: Uint8Array, at: number, guess: number): number {
  if ((bytes[(at + guess) | 0]! ^ ZERO) > 9 && (bytes[(at + guess - 1) | 0]! ^ ZERO) <= 9) {
    return guess;
  }
  let count = 0;
  while ((bytes[(at + count) | 0]! ^ ZERO) <= 9) count = (count + 1) | 0;
  return count;
}

/** The value of `count` digits at `at`; -1 when they are none, too many, or begin with a zero. */
export function digitsAt(view: DataView, at: number, count: number): number {
  if (count <= 0 || count > LONG_DIGITS) return -1;
  if (count > 1 && view.getUint8(at) === ZERO) return -1;
  const end = (at + count) | 0;
  let value = 0;
  let place = at | 0;
  for (; ((place + 4) | 0) <= end; place = (place + 4) | 0) {
    const four = view.getInt32(place, true) ^ DIGITS;
    if (((four | ((four + ABOVE_NINE) | 0)) & HIGH_BITS) !== 0) return -1;
    value = value * 10_000 + fourDigits(four);
  }
  const left = (end - place) | 0;
  if (left === 0) return value;
  // The first digits of a word stand in its low bytes: up, and zeros come before them.
  const few = (view.getInt32(place, true) ^ DIGITS) << ((4 - left) << 3);
  if (((few | ((few + ABOVE_NINE) | 0)) & HIGH_BITS) !== 0) return -1;
  return value * SHORT_POWERS[left]! + fourDigits(few);
}

/** Four digits of a byte each, the first one lowest, as a number. */
function fourDigits(digits: number): number {
  const pairs = (Math.imul(digits, 2_561) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 6_553_601) >>> 16;
}

/** Where the amount read last by `stepsAt` ended. */
export const stepsEnd = new Int32Array(1);

/**
 * The amount at `at`, digits with or without decimals, as whole steps of a grid; -1 when there is
 * none or it lies off the grid. `stepsEnd[0]` is then behind it.
 */
export function stepsAt(bytes: Uint8Array, from: number, grid: Grid): number {
  const { scale, mantissa } = grid;
  let at = from | 0;
  let digit = 0, value = 0;
  for (; (digit = bytes[at]! ^ ZERO) <= 9; at = (at + 1) | 0) {
    value = (Math.imul(value, 10) + digit) | 0;
  }
  if (at === from) return REFUSED;
  if (at - from + scale > SHORT_DIGITS) return longStepsAt(bytes, from, grid);
  let missing = scale;
  if (digit === (POINT ^ ZERO)) {
    if ((digit = bytes[at = (at + 1) | 0]! ^ ZERO) > 9) return REFUSED;
    for (; missing > 0 && digit <= 9; missing = (missing - 1) | 0) {
      value = (Math.imul(value, 10) + digit) | 0;
      digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    }
    while (digit === 0) digit = bytes[at = (at + 1) | 0]! ^ ZERO;
    if (digit <= 9) return REFUSED;
  }
  stepsEnd[0] = at;
  if (missing > 0) value = Math.imul(value, SHORT_POWERS[missing]!);
  return mantissa === 1 ? value : wholeSteps(value, mantissa);
}

function longStepsAt(bytes: Uint8Array, from: number, grid: Grid): number {
  if (grid.scale > SCALE_MAX) return REFUSED;
  let at = from | 0;
  while ((bytes[at]! ^ ZERO) <= 9 || bytes[at] === POINT) at = (at + 1) | 0;
  stepsEnd[0] = at;
  return wholeSteps(scanDecimal(bytes, from, at, grid.scale), grid.mantissa);
}

/** Where the text `wanted` ends that should stand at `at`; -1 when it does not stand there. */
export function textAt(bytes: Uint8Array, at: number, wanted: Uint8Array): number {
  const size = wanted.length;
  for (let i = 0; i < size; i = (i + 1) | 0) if (bytes[(at + i) | 0] !== wanted[i]) return -1;
  return (at + size) | 0;
}

/** The closing quote of a plain text that begins at `at`; -1 when there is none before `end`. */
export function quoteAt(bytes: Uint8Array, at: number, end: number): number {
  let place = at | 0;
  for (; place < end; place = (place + 1) | 0) {
    const byte = bytes[place]!;
    if (byte === QUOTE) return place;
    if (byte === 0x5c || byte < 0x20) return -1;
  }
  return -1;
}
