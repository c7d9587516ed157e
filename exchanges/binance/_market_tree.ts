/**
 * The slow way of the market decoder: a parsed tree to the same scratch events, or a reason why
 * not.
 *
 * Takes what the scanner refused (other spacing, other order of keys) and what is not hot: mark
 * price
 * and funding, instrument status, acknowledgements. Nothing is delivered before all is understood.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  moneyFromText,
  type Product,
} from "@/engine/domain/mod.ts";
import type { LevelBuffer } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import type {
  BestBidAskScratch,
  DeltaScratch,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import type { SymbolTable } from "./_frame_scanner.ts";
import {
  idField,
  instantField,
  integerField,
  type JsonObject,
  objectOf,
  textField,
} from "./_json.ts";
import { tradingStatusOf } from "./instruments.ts";

/** The decoder's reused events. */
export interface MarketScratch {
  readonly delta: DeltaScratch;
  readonly snapshot: SnapshotScratch;
  readonly touch: BestBidAskScratch;
  readonly trade: TradeScratch;
}

/** Where a tree came from and where its events go. */
export interface TreeFrame {
  readonly table: SymbolTable;
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

const encoder = new TextEncoder();

/** Levels of the top alone, in the shape of a delta (USD-M) or without a symbol (spot). */
const PARTIAL_STREAM = /@depth\d/;

/** Decodes one tree of a public stream, wrapped or not. */
export function decodeTree(tree: unknown, frame: TreeFrame): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) return refused("not a JSON object");
  const data = outer["stream"] === undefined ? outer : objectOf(outer["data"]);
  if (data === undefined) return refused("combined stream without data");
  const kind = textField(data, "e");
  if (PARTIAL_STREAM.test(textField(outer, "stream"))) return ignored("partial depth");
  const isSpotTouch = kind === "" && "u" in data && "s" in data && !hasTime(data);
  if (isSpotTouch) return touchOf(data, frame, "spot");
  switch (kind) {
    case "depthUpdate":
      return deltaOf(data, frame);
    case "bookTicker":
      return touchOf(data, frame, "perpetual");
    case "trade":
    case "aggTrade":
      return tradeOf(data, frame, kind === "trade" ? "t" : "a");
    case "markPriceUpdate":
      return markOf(data, frame);
    case "contractInfo":
      return statusOf(data, frame);
    case "serverShutdown":
      return ignored("server shutdown");
    case "":
      return withoutKind(data);
    default:
      return ignored("other channel");
  }
}

/** Decodes a depth snapshot, bare or as the `result` of an order-socket answer. */
export function decodeSnapshotTree(
  tree: unknown,
  instrument: Instrument,
  frame: TreeFrame,
): TreeResult {
  const outer = objectOf(tree);
  if (outer === undefined) return refused("not a JSON object", instrument);
  const data = objectOf(outer["result"]) ?? outer;
  const sequence = integerField(data, "lastUpdateId");
  if (sequence === undefined || sequence < 0) return refused("not a depth snapshot", instrument);
  const snapshot = frame.scratch.snapshot.begin(instrument.index, frame.at);
  const isRead = readLevels(data["bids"], instrument, snapshot.bids) &&
    readLevels(data["asks"], instrument, snapshot.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  snapshot.sequence = sequence;
  snapshot.venueAt = venueInstant(data);
  frame.receiver.deliver(snapshot);
  return decoded(instrument, true);
}

function deltaOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const isPerpetual = "pu" in data || "T" in data;
  const instrument = instrumentOf(data, frame, isPerpetual ? "perpetual" : "spot");
  if (instrument === undefined) return ignored("instrument not known");
  const first = integerField(data, "U");
  const last = integerField(data, "u");
  const previous = integerField(data, "pu");
  if (first === undefined || last === undefined || first < 0 || last < first) {
    return refused("depth without its sequence", instrument);
  }
  if (isPerpetual && (previous === undefined || previous < 0)) {
    return refused("depth without its sequence", instrument);
  }
  const delta = frame.scratch.delta.begin(instrument.index, frame.at);
  const isRead = readLevels(data["b"], instrument, delta.bids) &&
    readLevels(data["a"], instrument, delta.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  delta.firstSequence = first;
  delta.sequence = last;
  if (previous !== undefined) delta.previousSequence = previous;
  delta.venueAt = venueInstant(data);
  frame.receiver.deliver(delta);
  return decoded(instrument, true);
}

function touchOf(data: JsonObject, frame: TreeFrame, product: Product): TreeResult {
  const instrument = instrumentOf(data, frame, product);
  if (instrument === undefined) return ignored("instrument not known");
  const bid = instrument.priceFromText(textField(data, "b"));
  const bidSize = instrument.sizeFromText(textField(data, "B"));
  const ask = instrument.priceFromText(textField(data, "a"));
  const askSize = instrument.sizeFromText(textField(data, "A"));
  const sequence = integerField(data, "u");
  if (!bid.ok || !bidSize.ok || !ask.ok || !askSize.ok || bid.value < 0 || ask.value < 0) {
    return refused("best bid and ask are not on the instrument's grids", instrument);
  }
  if (sequence === undefined || sequence < 0) {
    return refused("best bid and ask without sequence", instrument);
  }
  const touch = frame.scratch.touch.begin(instrument.index, frame.at);
  touch.venueAt = venueInstant(data);
  touch.sequence = sequence;
  touch.bid = bid.value;
  touch.bidSize = bidSize.value;
  touch.ask = ask.value;
  touch.askSize = askSize.value;
  frame.receiver.deliver(touch);
  return decoded(instrument, true);
}

function tradeOf(data: JsonObject, frame: TreeFrame, idKey: string): TreeResult {
  const entry = entryOf(data, frame);
  const slot = "M" in data ? entry?.spot : entry?.perpetual;
  if (slot === undefined) return ignored("instrument not known");
  // A raw trade has the mark of either product.
  const isMarked = "M" in data || "X" in data || idKey === "a";
  if (!isMarked) return refused("trade of neither product", slot.instrument);
  const instrument = slot.instrument;
  if ("X" in data && data["X"] !== "MARKET") return ignored("not a market trade");
  const price = instrument.priceFromText(textField(data, "p"));
  const size = instrument.sizeFromText(textField(data, "q"));
  const id = idField(data, idKey);
  const buyerIsMaker = data["m"];
  if (!price.ok || !size.ok || price.value < 0) {
    return refused("trade is not on the instrument's grids", instrument);
  }
  if (id === "" || typeof buyerIsMaker !== "boolean") {
    return refused("trade without id or aggressor", instrument);
  }
  if (price.value === 0 || size.value === 0) return ignored("trade without price or size");
  const trade = frame.scratch.trade.begin(instrument.index, frame.at);
  trade.venueAt = venueInstant(data);
  trade.price = price.value;
  trade.size = size.value;
  trade.aggressor = buyerIsMaker ? "sell" : "buy";
  trade.setTradeIdText(id);
  frame.receiver.deliver(trade);
  return decoded(instrument, true);
}

function markOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const instrument = instrumentOf(data, frame, "perpetual");
  if (instrument === undefined) return ignored("instrument not known");
  const mark = moneyFromText(textField(data, "p"));
  if (!mark.ok || mark.value <= 0n) return refused("mark price is not a price", instrument);
  const indexPrice = optionalMoney(data, "i");
  const rate = optionalMoney(data, "r");
  if (indexPrice === "bad" || rate === "bad") {
    return refused("index price or funding rate is not a decimal", instrument);
  }
  if ((indexPrice ?? 1n) <= 0n) return refused("index price is not a price", instrument);
  const base = { instrument: instrument.index, at: frame.at, venueAt: instantField(data, "E") };
  frame.receiver.deliver({ kind: "mark_price", ...base, mark: mark.value, index: indexPrice });
  if (rate !== undefined) {
    frame.receiver.deliver({
      kind: "funding",
      ...base,
      rate,
      nextAt: instantField(data, "T"),
    });
  }
  return decoded(instrument, false);
}

function statusOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const instrument = instrumentOf(data, frame, "perpetual");
  if (instrument === undefined) return ignored("instrument not known");
  const word = textField(data, "cs");
  if (word === "") return refused("instrument status is not readable", instrument);
  // A status that is not known is not trading.
  const status = tradingStatusOf(word);
  frame.receiver.deliver({
    kind: "instrument_status",
    instrument: instrument.index,
    at: frame.at,
    venueAt: instantField(data, "E"),
    status: status ?? "halted",
  });
  const reason = status === undefined ? `instrument status is not known: ${word.slice(0, 40)}` : "";
  return { ...decoded(instrument, false), reason };
}

function withoutKind(data: JsonObject): TreeResult {
  if ("result" in data) return ignored("acknowledgement");
  if ("error" in data || "code" in data) return ignored("subscription refused");
  if ("lastUpdateId" in data) return ignored("partial depth without a symbol");
  const event = objectOf(data["event"]);
  if (event !== undefined && textField(event, "e") !== "") return ignored("other channel");
  return refused("no event name");
}

/** Spot touches name neither event nor time; what has a time is a perpetual's. */
function hasTime(data: JsonObject): boolean {
  return "E" in data || "T" in data;
}

function entryOf(data: JsonObject, frame: TreeFrame): ReturnType<SymbolTable["find"]> {
  const name = encoder.encode(textField(data, "s"));
  return frame.table.find(name, 0, name.length);
}

function instrumentOf(
  data: JsonObject,
  frame: TreeFrame,
  product: Product,
): Instrument | undefined {
  return entryOf(data, frame)?.[product]?.instrument;
}

function readLevels(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (!Array.isArray(value)) return false;
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level)) return false;
    const [priceText, sizeText] = level as readonly unknown[];
    if (typeof priceText !== "string" || typeof sizeText !== "string") return false;
    const price = instrument.priceFromText(priceText);
    const size = instrument.sizeFromText(sizeText);
    if (!price.ok || !size.ok || price.value < 0) return false;
    out.push(price.value, size.value);
  }
  return true;
}

function optionalMoney(data: JsonObject, key: string): Money | undefined | "bad" {
  const text = textField(data, key);
  if (text === "") return data[key] === undefined || data[key] === "" ? undefined : "bad";
  const read = moneyFromText(text);
  return read.ok ? read.value : "bad";
}

function venueInstant(data: JsonObject): Micros {
  const transactedAt = instantField(data, "T");
  return transactedAt > 0 ? transactedAt : instantField(data, "E");
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
