/**
 * The slow way of the market decoder: a parsed tree to the same scratch events, or a reason why
 * not.
 *
 * Takes what the scanner refused (other spacing, other order of keys) and what is not hot: mark
 * price and funding, acknowledgements, errors. Nothing is delivered before all is understood.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type Money,
  moneyFromText,
  type Price,
  price,
  type Size,
  SIZE_ZERO,
} from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import type { BestBidAskScratch, SnapshotScratch, TradeScratch } from "@/exchanges/shared/mod.ts";
import type { CoinTable, Slot } from "./_frame_scanner.ts";
import {
  idField,
  instantOf,
  integerField,
  isGreeting,
  type JsonObject,
  MILLIS_MAX,
  objectOf,
  objectsOf,
  textField,
} from "./_json.ts";

/** The decoder's reused events. */
export interface MarketScratch {
  readonly snapshot: SnapshotScratch;
  readonly touch: BestBidAskScratch;
  readonly trade: TradeScratch;
}

/** Where a tree came from and where its events go. */
export interface TreeFrame {
  readonly table: CoinTable;
  readonly scratch: MarketScratch;
  readonly at: Micros;
  readonly receiver: EventReceiver;
}

/** What became of a tree. */
export interface TreeResult {
  readonly outcome: DecodeOutcome;
  readonly reason: string;
  readonly instrument: InstrumentIndex | undefined;
  /** The scanner should have managed it. */
  readonly isFastKind: boolean;
}

const ACCOUNT_CHANNELS: readonly string[] = [
  "orderUpdates",
  "userFills",
  "user",
  "openOrders",
  "clearinghouseState",
  "spotState",
  "userFundings",
  "userNonFundingLedgerUpdates",
  "webData3",
  "activeAssetData",
];

/** Whether a message is of an older block; else its block is the newest from now on. */
export function isStale(slot: Slot, channel: "bookTime" | "touchTime", time: number): boolean {
  if (time < slot[channel]) return true;
  slot[channel] = time;
  return false;
}

/** Decodes one tree of a public channel; `text` is what it was parsed from. */
export function decodeTree(tree: unknown, text: string, frame: TreeFrame): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) {
    return isGreeting(text) ? ignored("greeting") : refused("not a JSON object");
  }
  const channel = textField(outer, "channel");
  const data = objectOf(outer["data"]);
  switch (channel) {
    case "l2Book":
      return data === undefined ? refused("book without data") : bookOf(data, undefined, frame);
    case "bbo":
      return data === undefined ? refused("touch without data") : touchOf(data, frame);
    case "trades":
      return tradesOf(outer["data"], frame);
    case "activeAssetCtx":
    case "activeSpotAssetCtx":
      return data === undefined ? refused("context without data") : contextOf(data, frame);
    case "post":
      return answerOf(data, frame);
    case "subscriptionResponse":
      return ignored("acknowledgement");
    case "error":
      return ignored("subscription refused");
    case "pong":
      return ignored("heartbeat");
    case "":
      return refused("no channel");
    default:
      return ignored(ACCOUNT_CHANNELS.includes(channel) ? "own events" : "other channel");
  }
}

/** Decodes the answer to an `l2Book` question, bare or as it comes over the socket. */
export function decodeBookAnswer(
  tree: unknown,
  wanted: InstrumentIndex,
  frame: TreeFrame,
): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) return refused("not a JSON object", wanted);
  const data = "channel" in outer
    ? answeredBook(objectOf(outer["data"])) ?? objectOf(outer["data"])
    : outer;
  return data === undefined ? refused("not a book", wanted) : bookOf(data, wanted, frame);
}

/** The book in a socket's answer to a question. */
function answeredBook(data: JsonObject | undefined): JsonObject | undefined {
  const payload = objectOf(objectOf(data?.["response"])?.["payload"]);
  return payload?.["type"] === "l2Book" ? objectOf(payload["data"]) : undefined;
}

function answerOf(data: JsonObject | undefined, frame: TreeFrame): TreeResult {
  const book = answeredBook(data);
  return book === undefined ? ignored("answer") : bookOf(book, undefined, frame);
}

function bookOf(
  data: JsonObject,
  wanted: InstrumentIndex | undefined,
  frame: TreeFrame,
): TreeResult {
  const coin = textField(data, "coin");
  if (coin === "") return refused("book without a coin", wanted);
  const slot = frame.table.byName(coin);
  if (wanted !== undefined && slot?.instrument.index !== wanted) {
    return refused("book of another coin", wanted);
  }
  if (slot === undefined) return ignored("instrument not known");
  const { instrument } = slot;
  const time = timeIn(data);
  const levels = data["levels"];
  if (time === undefined) return refused("book without its time", instrument.index);
  if (!Array.isArray(levels) || levels.length !== 2) {
    return refused("book without two sides", instrument.index);
  }
  const snapshot = frame.scratch.snapshot.begin(instrument.index, frame.at);
  const isRead = readLevels(levels[0], instrument, snapshot.bids) &&
    readLevels(levels[1], instrument, snapshot.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument.index);
  if (isStale(slot, "bookTime", time)) return ignored("older than the newest", instrument.index);
  snapshot.venueAt = instantOf(time);
  frame.receiver.deliver(snapshot);
  return decoded(instrument.index, true);
}

function touchOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const coin = textField(data, "coin");
  if (coin === "") return refused("touch without a coin");
  const slot = frame.table.byName(coin);
  if (slot === undefined) return ignored("instrument not known");
  const { instrument } = slot;
  const time = timeIn(data);
  const sides = data["bbo"];
  if (time === undefined || !Array.isArray(sides) || sides.length !== 2) {
    return refused("touch without its time or sides", instrument.index);
  }
  const bid = sideOf(sides[0], instrument);
  const ask = sideOf(sides[1], instrument);
  if (bid === undefined || ask === undefined) {
    return refused("touch is not on the instrument's grids", instrument.index);
  }
  if (isStale(slot, "touchTime", time)) return ignored("older than the newest", instrument.index);
  const touch = frame.scratch.touch.begin(instrument.index, frame.at);
  touch.venueAt = instantOf(time);
  touch.bid = bid.price;
  touch.bidSize = bid.size;
  touch.ask = ask.price;
  touch.askSize = ask.size;
  frame.receiver.deliver(touch);
  return decoded(instrument.index, true);
}

interface Level {
  readonly price: Price;
  readonly size: Size;
}

const EMPTY: Level = { price: price(0), size: SIZE_ZERO };

function sideOf(value: unknown, instrument: Instrument): Level | undefined {
  return value === null ? EMPTY : levelOf(value, instrument);
}

function levelOf(value: unknown, instrument: Instrument): Level | undefined {
  const level = objectOf(value);
  if (level === undefined) return undefined;
  const ticks = instrument.priceFromText(textField(level, "px"));
  const lots = instrument.sizeFromText(textField(level, "sz"));
  if (!ticks.ok || !lots.ok || ticks.value <= 0) return undefined;
  return { price: ticks.value, size: lots.value };
}

function readLevels(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (!Array.isArray(value)) return false;
  for (const element of value as readonly unknown[]) {
    const level = levelOf(element, instrument);
    if (level === undefined) return false;
    out.push(level.price, level.size);
  }
  return true;
}

interface ReadTrade extends Level {
  readonly instrument: Instrument;
  readonly venueAt: Micros;
  readonly isBuy: boolean;
  readonly id: string;
}

function tradesOf(data: unknown, frame: TreeFrame): TreeResult {
  const entries = objectsOf(data);
  if (entries === undefined) return refused("trades without a list");
  const read: ReadTrade[] = [];
  for (const entry of entries) {
    const coin = textField(entry, "coin");
    const time = timeIn(entry);
    const side = textField(entry, "side");
    const id = idField(entry, "tid");
    if (coin === "" || time === undefined || !/^\d+$/.test(id)) {
      return refused("trade without coin, time or id");
    }
    if (side !== "A" && side !== "B") return refused("trade without an aggressor");
    const instrument = frame.table.byName(coin)?.instrument;
    if (instrument === undefined) continue;
    const level = levelOf(entry, instrument);
    if (level === undefined || level.size === 0) {
      return refused("trade is not on the instrument's grids", instrument.index);
    }
    read.push({ ...level, instrument, venueAt: instantOf(time), isBuy: side === "B", id });
  }
  if (entries.length === 0) return ignored("no trades");
  if (read.length === 0) return ignored("instrument not known");
  for (const one of read) {
    const trade = frame.scratch.trade.begin(one.instrument.index, frame.at);
    trade.venueAt = one.venueAt;
    trade.price = one.price;
    trade.size = one.size;
    trade.aggressor = one.isBuy ? "buy" : "sell";
    trade.setTradeIdText(one.id);
    frame.receiver.deliver(trade);
  }
  return decoded(read[0]!.instrument.index, true);
}

/** Mark, oracle and funding. The venue says neither its time nor when funding is next. */
function contextOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const coin = textField(data, "coin");
  if (coin === "") return refused("context without a coin");
  const slot = frame.table.byName(coin);
  if (slot === undefined) return ignored("instrument not known");
  const { index } = slot.instrument;
  const context = objectOf(data["ctx"]);
  const mark = context === undefined ? "bad" : amountOf(context, "markPx");
  if (context === undefined || mark === "bad" || mark === undefined || mark <= 0n) {
    return refused("mark price is not a price", index);
  }
  const oracle = amountOf(context, "oraclePx");
  const rate = amountOf(context, "funding");
  if (oracle === "bad" || rate === "bad") {
    return refused("oracle price or funding rate is not a decimal", index);
  }
  if ((oracle ?? 1n) <= 0n) return refused("oracle price is not a price", index);
  const base = { instrument: index, at: frame.at, venueAt: MICROS_UNKNOWN };
  frame.receiver.deliver({ kind: "mark_price", ...base, mark, index: oracle });
  if (rate !== undefined) {
    frame.receiver.deliver({ kind: "funding", ...base, rate, nextAt: MICROS_UNKNOWN });
  }
  return decoded(index, false);
}

/** A block time; undefined where there is none, or none that may be. */
function timeIn(object: JsonObject): number | undefined {
  const time = integerField(object, "time");
  return time !== undefined && time > 0 && time < MILLIS_MAX ? time : undefined;
}

function amountOf(object: JsonObject, key: string): Money | undefined | "bad" {
  const value = object[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") return "bad";
  const read = moneyFromText(value);
  return read.ok ? read.value : "bad";
}

function decoded(instrument: InstrumentIndex, isFastKind: boolean): TreeResult {
  return { outcome: "decoded", reason: "", instrument, isFastKind };
}

function ignored(reason: string, instrument?: InstrumentIndex): TreeResult {
  return { outcome: "ignored", reason, instrument, isFastKind: false };
}

function refused(reason: string, instrument?: InstrumentIndex): TreeResult {
  return { outcome: "refused", reason, instrument, isFastKind: false };
}
