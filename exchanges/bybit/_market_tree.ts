/**
 * The slow way of the market decoder: a parsed tree to the same scratch events, or a reason why
 * not.
 *
 * Takes what the scanner refused (other spacing, other order of keys) and what is not hot: tickers,
 * system status, acknowledgements. Nothing is delivered before all is understood.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  moneyFromText,
  type Price,
  type Side,
  type Size,
} from "@/engine/domain/mod.ts";
import { type EngineEvent, type LevelBuffer, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import {
  decimalField,
  idField,
  instantField,
  instantOf,
  integerField,
  isOdd,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
} from "./_json.ts";
import type { MaintenanceWatch } from "./_maintenance.ts";
import type { MarketScratch } from "./_market_scratch.ts";
import { type InstrumentMemory, takeTouch, type Topic, type TopicTable } from "./_topics.ts";

/** Where a tree came from and where its events go. */
export interface TreeFrame {
  readonly topics: TopicTable;
  readonly scratch: MarketScratch;
  readonly instruments: readonly Instrument[];
  readonly maintenance: MaintenanceWatch;
  readonly touchHasSequence: boolean;
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

/** Decodes one tree of a public stream. */
export function decodeTree(tree: unknown, frame: TreeFrame): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) return refused("not a JSON object");
  if (!("topic" in outer)) return withoutTopic(outer);
  const name = textField(outer, "topic");
  if (name === "") return refused("topic is not a text");
  const topic = frame.topics.ofText(name);
  if (topic.kind === "status") return statusOf(outer, frame);
  if (topic.kind === "other") return ignored("other channel");
  if (topic.memory === undefined) return ignored("instrument not known");
  switch (topic.kind) {
    case "depth":
    case "touch":
      return depthOf(outer, topic, topic.memory, frame);
    case "trade":
      return tradesOf(outer, topic, topic.memory, frame);
    case "ticker":
      return tickerOf(outer, topic.memory, frame);
  }
}

/** Decodes the answer of `/v5/market/orderbook`. */
export function decodeSnapshotTree(
  tree: unknown,
  instrument: Instrument,
  frame: TreeFrame,
): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) return refused("not a JSON object", instrument);
  const data = objectOf(outer["result"]) ?? outer;
  const sequence = integerField(data, "u");
  if (sequence === undefined || sequence < 1) return refused("not a depth snapshot", instrument);
  if ("s" in data && data["s"] !== instrument.terms.venueSymbol) {
    return ignored("instrument not known");
  }
  const { scratch } = frame;
  scratch.clearLevels();
  const isRead = readLevels(data["b"], instrument, scratch.bids) &&
    readLevels(data["a"], instrument, scratch.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  const venueAt = firstInstant(data, "cts", "ts");
  frame.receiver.deliver(scratch.asSnapshot(instrument.index, frame.at, venueAt, sequence));
  return decoded(instrument, false);
}

function depthOf(
  outer: JsonObject,
  topic: Topic,
  memory: InstrumentMemory,
  frame: TreeFrame,
): TreeResult {
  const { instrument } = memory;
  const { scratch, at } = frame;
  const data = objectOf(outer["data"]);
  const type = textField(outer, "type");
  if (data === undefined || (type !== "snapshot" && type !== "delta")) {
    return refused("depth without type or data", instrument);
  }
  if ("s" in data && data["s"] !== instrument.terms.venueSymbol) {
    return refused("topic and data name different symbols", instrument);
  }
  const sequence = integerField(data, "u");
  if (sequence === undefined || sequence < 1) {
    return refused("depth without its sequence", instrument);
  }
  scratch.clearLevels();
  const isRead = readLevels(data["b"], instrument, scratch.bids) &&
    readLevels(data["a"], instrument, scratch.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  const isWhole = type === "snapshot" || sequence === 1;
  const venueAt = firstInstant(outer, "cts", "ts");
  if (topic.kind === "touch") {
    takeTouch(memory, scratch.bids, scratch.asks, isWhole);
    const touch = scratch.touch.begin(instrument.index, at);
    touch.venueAt = venueAt;
    touch.sequence = frame.touchHasSequence ? sequence : SEQUENCE_NONE;
    touch.bid = memory.bid as Price;
    touch.bidSize = memory.bidSize as Size;
    touch.ask = memory.ask as Price;
    touch.askSize = memory.askSize as Size;
    frame.receiver.deliver(touch);
  } else if (isWhole) {
    memory.depth = topic.depth;
    frame.receiver.deliver(scratch.asSnapshot(instrument.index, at, venueAt, sequence));
  } else if (memory.depth !== 0 && memory.depth !== topic.depth) {
    return ignored("delta of another depth than the book's");
  } else {
    frame.receiver.deliver(scratch.asDelta(instrument.index, at, venueAt, sequence));
  }
  return decoded(instrument, true);
}

/** A trade of the tree before it is delivered. */
interface ReadTrade {
  readonly price: Price;
  readonly size: Size;
  readonly side: Side;
  readonly id: string;
  readonly millis: number;
}

function tradesOf(
  outer: JsonObject,
  topic: Topic,
  memory: InstrumentMemory,
  frame: TreeFrame,
): TreeResult {
  const { instrument } = memory;
  const entries = objectsOf(outer["data"]);
  if (entries === undefined) return refused("trades without data", instrument);
  const trades: ReadTrade[] = [];
  for (const entry of entries) {
    if ("s" in entry && entry["s"] !== instrument.terms.venueSymbol) {
      return refused("topic and data name different symbols", instrument);
    }
    const trade = tradeOf(entry, instrument);
    if (typeof trade === "string") return refused(trade, instrument);
    const isBlock = entry["BT"];
    if (isBlock !== undefined && typeof isBlock !== "boolean") {
      return refused("trade without id, side or time", instrument);
    }
    if (isBlock !== true && trade.price > 0 && trade.size > 0) trades.push(trade);
  }
  if (trades.length === 0) {
    return ignored(entries.length > 0 ? "not a market trade" : "no trade in the message");
  }
  for (const one of trades) {
    const trade = frame.scratch.trade.begin(instrument.index, frame.at);
    trade.venueAt = instantOf(one.millis);
    trade.price = one.price;
    trade.size = one.size;
    trade.aggressor = one.side;
    trade.setTradeIdText(one.id);
    frame.receiver.deliver(trade);
  }
  return decoded(instrument, topic.kind === "trade");
}

function tradeOf(entry: JsonObject, instrument: Instrument): ReadTrade | string {
  const price = instrument.priceFromText(decimalField(entry, "p"));
  const size = instrument.sizeFromText(decimalField(entry, "v"));
  const side = entry["S"] === "Buy" ? "buy" : entry["S"] === "Sell" ? "sell" : undefined;
  const id = idField(entry, "i");
  const millis = integerField(entry, "T");
  if (!price.ok || !size.ok || price.value < 0) return "trade is not on the instrument's grids";
  if (side === undefined || id === "" || millis === undefined || millis < 0) {
    return "trade without id, side or time";
  }
  return { price: price.value, size: size.value, side, id, millis };
}

/** Changed fields only: what is absent stays as it was. */
function tickerOf(outer: JsonObject, memory: InstrumentMemory, frame: TreeFrame): TreeResult {
  const { instrument } = memory;
  const data = objectOf(outer["data"]);
  const type = textField(outer, "type");
  if (data === undefined || (type !== "snapshot" && type !== "delta")) {
    return refused("ticker without type or data", instrument);
  }
  if ("symbol" in data && data["symbol"] !== instrument.terms.venueSymbol) {
    return refused("topic and data name different symbols", instrument);
  }
  if (instrument.terms.product === "spot" || "usdIndexPrice" in data) {
    return ignored("spot has no mark price");
  }
  const mark = changedMoney(data, "markPrice");
  const index = changedMoney(data, "indexPrice");
  const rate = changedMoney(data, "fundingRate");
  const nextMs = integerField(data, "nextFundingTime");
  if (mark === "bad" || index === "bad" || rate === "bad" || isOdd(data, "nextFundingTime")) {
    return refused("mark, index or funding is not a decimal", instrument);
  }
  if ((mark ?? 1n) <= 0n || (index ?? 1n) <= 0n) {
    return refused("mark or index price is not a price", instrument);
  }
  const isSnapshot = type === "snapshot";
  memory.mark = mark ?? (isSnapshot ? undefined : memory.mark);
  memory.index = index ?? (isSnapshot ? undefined : memory.index);
  memory.rate = rate ?? (isSnapshot ? undefined : memory.rate);
  memory.nextFundingMs = nextMs ?? (isSnapshot ? 0 : memory.nextFundingMs);
  const isMarkNew = mark !== undefined || index !== undefined;
  const isFundingNew = rate !== undefined || nextMs !== undefined;
  return deliverTicker(outer, memory, frame, isMarkNew, isFundingNew);
}

function deliverTicker(
  outer: JsonObject,
  memory: InstrumentMemory,
  frame: TreeFrame,
  isMarkNew: boolean,
  isFundingNew: boolean,
): TreeResult {
  const { mark, index, rate, instrument } = memory;
  const base = {
    instrument: instrument.index,
    at: frame.at,
    venueAt: instantField(outer, "ts"),
  };
  const events: EngineEvent[] = [];
  if (isMarkNew && mark !== undefined) events.push({ kind: "mark_price", ...base, mark, index });
  if (isFundingNew && rate !== undefined) {
    events.push({ kind: "funding", ...base, rate, nextAt: instantOf(memory.nextFundingMs) });
  }
  if (events.length === 0) return ignored("neither mark price nor funding changed");
  for (const event of events) frame.receiver.deliver(event);
  return decoded(instrument, false);
}

function statusOf(outer: JsonObject, frame: TreeFrame): TreeResult {
  const items = objectsOf(outer["data"]);
  if (items === undefined) return refused("system status without data");
  const changes = frame.maintenance.take(items);
  const venueAt = instantField(outer, "ts");
  let delivered = 0;
  for (const { product, status } of changes) {
    for (const { index, terms } of frame.instruments) {
      if (terms.product !== product) continue;
      delivered++;
      frame.receiver.deliver({
        kind: "instrument_status",
        instrument: index,
        at: frame.at,
        venueAt,
        status,
      });
    }
  }
  if (delivered === 0) return ignored("system status changes nothing here");
  return { outcome: "decoded", reason: "", instrument: undefined, isFastKind: false };
}

function withoutTopic(outer: JsonObject): TreeResult {
  const op = textField(outer, "op");
  const isPong = op === "pong" || outer["ret_msg"] === "pong";
  if (isPong || op === "ping") return ignored("heartbeat");
  if (op === "auth") return ignored("login");
  if (outer["success"] === false) return ignored("subscription refused");
  if (outer["success"] === true || op !== "" || outer["type"] === "COMMAND_RESP") {
    return ignored("acknowledgement");
  }
  if ("retCode" in outer) return ignored("answer");
  return refused("no topic");
}

function readLevels(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (!Array.isArray(value)) return false;
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level)) return false;
    const price = instrument.priceFromText(amountText(level[0]));
    const size = instrument.sizeFromText(amountText(level[1]));
    if (!price.ok || !size.ok || price.value < 0) return false;
    out.push(price.value, size.value);
  }
  return true;
}

function amountText(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : "";
}

/** A decimal that may be absent; `""` is absent too. */
function changedMoney(data: JsonObject, key: string): Money | undefined | "bad" {
  if (isOdd(data, key)) return "bad";
  const text = decimalField(data, key);
  if (text === "") return undefined;
  const read = moneyFromText(text);
  return read.ok ? read.value : "bad";
}

function firstInstant(object: JsonObject, first: string, second: string): Micros {
  const instant = instantField(object, first);
  return instant > 0 ? instant : instantField(object, second);
}

function decoded(instrument: Instrument, isFastKind: boolean): TreeResult {
  return { outcome: "decoded", reason: "", instrument: instrument.index, isFastKind };
}

function ignored(reason: string): TreeResult {
  return { outcome: "ignored", reason, instrument: undefined, isFastKind: false };
}

function refused(reason: string, instrument?: Instrument): TreeResult {
  return { outcome: "refused", reason, instrument: instrument?.index, isFastKind: false };
}
