/**
 * One line of a recorded tick file, `<local receive ns> <raw JSON>`, read into plain columns: depth
 * deltas, best bid and ask, trades, and the REST snapshot (the line without "stream").
 *
 * 1. What does not read exactly (JSON, grid of prices and sizes, numbers beyond 2^53) is refused
 *    with its reason; nothing of it is delivered.
 * 2. Trades without price or size, or not from the market's own matching, are not trades.
 * @module
 */
import { err, type Instrument, ok, type Result, type Side } from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";

/** A line split at its first space. */
export interface RecordedLine {
  /** Local receive time in microseconds. */
  readonly receivedAt: number;
  readonly json: string;
}

/** Splits a line; the receive time keeps its microseconds (nanoseconds exceed 2^53). */
export function splitLine(line: string): Result<RecordedLine> {
  const space = line.indexOf(" ");
  const digits = space > 3 ? line.slice(0, space) : "";
  if (!/^\d{13,19}$/.test(digits)) {
    return err(`Cannot read recorded line: wanted "<ns> <JSON>", found "${line.slice(0, 40)}"`);
  }
  return ok({ receivedAt: Number(digits.slice(0, -3)), json: line.slice(space + 1) });
}

/** A depth delta as recorded. */
export interface RawDepth {
  readonly kind: "depth";
  readonly symbol: string;
  readonly matchedMs: number;
  readonly firstSequence: number;
  readonly sequence: number;
  /** -1 where the stream has none (spot). */
  readonly previousSequence: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

/** A snapshot as answered by REST: it names no symbol. */
export interface RawSnapshot {
  readonly kind: "snapshot";
  readonly matchedMs: number;
  readonly sequence: number;
  readonly bids: unknown;
  readonly asks: unknown;
}

/** A public trade as recorded. */
export interface RawTrade {
  readonly kind: "trade";
  readonly symbol: string;
  readonly matchedMs: number;
  readonly price: string;
  readonly size: string;
  readonly aggressor: Side;
  readonly tradeId: number;
}

/** The touch as recorded. */
export interface RawTouch {
  readonly kind: "touch";
  readonly symbol: string;
  readonly matchedMs: number;
  readonly sequence: number;
  readonly bid: string;
  readonly bidSize: string;
  readonly ask: string;
  readonly askSize: string;
}

/** What a line may hold; `other` is a stream or a trade that is not of the market. */
export type RawRecord =
  | RawDepth
  | RawSnapshot
  | RawTrade
  | RawTouch
  | { readonly kind: "other"; readonly symbol: string | undefined };

type Fields = Readonly<Record<string, unknown>>;

/** Reads the JSON of a line. */
export function readRecord(json: string): Result<RawRecord> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return err(`Cannot read recorded line: wanted JSON, found "${json.slice(0, 40)}"`);
  }
  if (!isFields(parsed)) return err(`Cannot read recorded line: wanted an object`);
  if ("lastUpdateId" in parsed) return readSnapshot(parsed);
  const data = "stream" in parsed ? parsed["data"] : parsed;
  if (!isFields(data)) return err(`Cannot read recorded line: wanted an object in "data"`);
  switch (data["e"]) {
    case "depthUpdate":
      return readDepth(data);
    case "trade":
      return readTrade(data);
    case "bookTicker":
      return readTouch(data);
    default:
      return ok({ kind: "other", symbol: textOf(data, "s") });
  }
}

/** Appends recorded levels to a buffer, exactly on the instrument's grids. */
export function readLevels(
  rows: unknown,
  instrument: Instrument,
  into: LevelBuffer,
): Result<number> {
  into.clear();
  if (!Array.isArray(rows)) return err(`Cannot read recorded levels: wanted a list`);
  for (const row of rows as readonly unknown[]) {
    if (!Array.isArray(row)) return err(`Cannot read recorded level: wanted a pair`);
    const price = stepsOf(row[0], instrument.priceGrid);
    const size = stepsOf(row[1], instrument.sizeGrid);
    if (price <= 0 || size < 0) {
      return err(`Cannot read recorded level: wanted price and size, found "${String(row)}"`);
    }
    into.push(price, size);
  }
  return ok(into.count);
}

/** Whole steps of a grid, or -1. Floats are exact enough to find the step and to see one missed. */
export function stepsOf(
  text: unknown,
  grid: { readonly mantissa: number; readonly scale: number },
): number {
  if (typeof text !== "string" || text === "") return -1;
  const steps = Number(text) * 10 ** grid.scale / grid.mantissa;
  const whole = Math.round(steps);
  if (!(whole >= 0 && whole < 2 ** 52)) return -1;
  return Math.abs(steps - whole) > 1e-6 * Math.max(1, whole * 1e-8) ? -1 : whole;
}

function readSnapshot(data: Fields): Result<RawSnapshot | RawRecord> {
  const sequence = wholeOf(data, "lastUpdateId");
  if (sequence < 0) return err(`Cannot read recorded snapshot: wanted a whole "lastUpdateId"`);
  return ok({
    kind: "snapshot",
    matchedMs: Math.max(0, wholeOf(data, "T")),
    sequence,
    bids: data["bids"],
    asks: data["asks"],
  });
}

function readDepth(data: Fields): Result<RawRecord> {
  const symbol = textOf(data, "s");
  const firstSequence = wholeOf(data, "U");
  const sequence = wholeOf(data, "u");
  if (symbol === undefined || firstSequence < 0 || sequence < firstSequence) {
    return err(`Cannot read recorded depth: wanted "s", "U" and "u"`);
  }
  const matchedMs = Math.max(0, wholeOf(data, "T"));
  const previousSequence = wholeOf(data, "pu");
  const { b: bids, a: asks } = data;
  return ok({
    kind: "depth",
    symbol,
    matchedMs,
    firstSequence,
    sequence,
    previousSequence,
    bids,
    asks,
  });
}

function readTrade(data: Fields): Result<RawRecord> {
  const symbol = textOf(data, "s");
  const price = textOf(data, "p");
  const size = textOf(data, "q");
  const tradeId = wholeOf(data, "t");
  const sellerTakes = data["m"];
  if (symbol === undefined || price === undefined || size === undefined || tradeId < 0) {
    return err(`Cannot read recorded trade: wanted "s", "p", "q" and "t"`);
  }
  if (typeof sellerTakes !== "boolean") return err(`Cannot read recorded trade: wanted "m"`);
  const origin = data["X"] ?? "MARKET";
  if (origin !== "MARKET" || Number(price) === 0 || Number(size) === 0) {
    return ok({ kind: "other", symbol });
  }
  const matchedMs = Math.max(0, wholeOf(data, "T"));
  const aggressor: Side = sellerTakes ? "sell" : "buy";
  return ok({ kind: "trade", symbol, matchedMs, price, size, aggressor, tradeId });
}

function readTouch(data: Fields): Result<RawRecord> {
  const symbol = textOf(data, "s");
  const sequence = wholeOf(data, "u");
  const [bid, bidSize] = [textOf(data, "b"), textOf(data, "B")];
  const [ask, askSize] = [textOf(data, "a"), textOf(data, "A")];
  if (symbol === undefined || sequence < 0) {
    return err(`Cannot read recorded touch: wanted "s" and "u"`);
  }
  if (
    bid === undefined || bidSize === undefined || ask === undefined || askSize === undefined
  ) {
    return err(`Cannot read recorded touch: wanted "b", "B", "a" and "A"`);
  }
  const matchedMs = Math.max(0, wholeOf(data, "T"));
  return ok({ kind: "touch", symbol, matchedMs, sequence, bid, bidSize, ask, askSize });
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(data: Fields, key: string): string | undefined {
  const value = data[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A whole number of a field, -1 when it is none. */
function wholeOf(data: Fields, key: string): number {
  const value = data[key];
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : -1;
}
