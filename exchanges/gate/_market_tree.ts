/**
 * The slow way: a public frame as a tree. For what the scanner could not read and for messages that
 * come rarely: tickers (mark price and funding), periodic books, acknowledgements, announcements.
 *
 * 1. It reads the same as the scanner, by `JSON.parse` and exact text conversions.
 * 2. Nothing is delivered before the whole frame is understood.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  micros,
  type Money,
  moneyFromText,
  type Product,
  type Side,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, LevelBuffer } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import type {
  BestBidAskScratch,
  DeltaScratch,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import type { Slot, SymbolTable } from "./_frame_scanner.ts";
import {
  decimalField,
  idField,
  instantIn,
  integerField,
  type JsonObject,
  millisField,
  objectOf,
  objectsOf,
  secondsField,
  textField,
} from "./_json.ts";

/** Scratch events that the decoder owns. */
export interface MarketScratch {
  readonly delta: DeltaScratch;
  readonly snapshot: SnapshotScratch;
  readonly touch: BestBidAskScratch;
  readonly trade: TradeScratch;
}

/** What a tree is decoded with. */
export interface TreeFrame {
  readonly tables: Readonly<Record<Product, SymbolTable>>;
  readonly scratch: MarketScratch;
  readonly at: Micros;
  readonly receiver: EventReceiver;
  /** Hands on what was read into `scratch.delta`. */
  deliverDepth(
    slot: Slot,
    isFull: boolean,
  ): { readonly outcome: DecodeOutcome; readonly reason: string };
}

/** What became of a tree. */
export interface TreeResult {
  readonly outcome: DecodeOutcome;
  readonly reason: string;
  readonly instrument: InstrumentIndex | undefined;
  /** The scanner should have read it. */
  readonly isFastKind: boolean;
}

const encoder = new TextEncoder();
const PRIVATE_CHANNEL =
  /^\w+\.((orders|usertrades)(_v2)?|balances|positions|priceorders|autoorders)$/;

/** Decodes one public frame. */
export function decodeTree(tree: unknown, frame: TreeFrame): TreeResult {
  const data = objectOf(tree);
  if (data === undefined) return refused("not a JSON object");
  if ("request_id" in data || objectOf(data["header"]) !== undefined) return ignored("answer");
  const channel = textField(data, "channel");
  const event = textField(data, "event");
  if (channel === "") return refused("no channel");
  if (channel.endsWith(".pong")) return ignored("pong");
  if (event === "subscribe" || event === "unsubscribe") {
    const error = data["error"];
    return ignored(
      error === null || error === undefined ? "acknowledgement" : "subscription refused",
    );
  }
  const point = channel.indexOf(".");
  const product = productOf(channel.slice(0, Math.max(0, point)));
  if (product === undefined) return ignored("other channel");
  if (PRIVATE_CHANNEL.test(channel)) return ignored("private channel");
  if (event !== "update" && event !== "all") return ignored("other event");
  return decodeUpdate(channel.slice(point + 1), product, data, frame);
}

function productOf(prefix: string): Product | undefined {
  return prefix === "spot" ? "spot" : prefix === "futures" ? "perpetual" : undefined;
}

function decodeUpdate(
  name: string,
  product: Product,
  data: JsonObject,
  frame: TreeFrame,
): TreeResult {
  const result = objectOf(data["result"]);
  switch (name) {
    case "order_book_update":
    case "obu":
      return result === undefined ? noResult() : depthOf(result, product, frame, name === "obu");
    case "book_ticker":
      return result === undefined ? noResult() : touchOf(result, product, frame);
    case "trades":
      return tradesOf(data["result"], product, frame);
    case "tickers":
      if (product === "spot") return ignored("ticker");
      return tickersOf(data, frame);
    case "order_book":
      return result === undefined ? noResult() : periodicOf(result, product, frame);
    case "system":
      return ignored(
        textField(result ?? {}, "type") === "upgrade" ? "connection will close" : "announcement",
      );
    default:
      return ignored("other channel");
  }
}

function noResult(): TreeResult {
  return refused("no result");
}

function depthOf(
  result: JsonObject,
  product: Product,
  frame: TreeFrame,
  isObu: boolean,
): TreeResult {
  const name = textField(result, "s");
  const symbol = isObu ? /^ob\.(.+?)(?:\.\d+)?$/.exec(name)?.[1] ?? "" : name;
  const slot = slotOf(symbol, product, frame);
  if (slot === undefined) return missing(name);
  const { instrument } = slot;
  const first = integerField(result, "U");
  const last = integerField(result, "u");
  const isFull = result["full"] === true;
  if ("full" in result && typeof result["full"] !== "boolean") {
    return refused("depth is whole or it is not", instrument);
  }
  if (isFull && (!("b" in result) || !("a" in result))) {
    return refused("whole book without both sides", instrument);
  }
  if (last === undefined || last < 0) return refused("depth without ids", instrument);
  if (!isFull && (first === undefined || first < 0 || first > last)) {
    return refused("depth without ids", instrument);
  }
  const delta = frame.scratch.delta.begin(instrument.index, frame.at);
  const isRead = readLevels(result["b"], instrument, delta.bids) &&
    readLevels(result["a"], instrument, delta.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  delta.firstSequence = first ?? -1;
  delta.sequence = last;
  delta.venueAt = millisField(result, "t");
  const outcome = frame.deliverDepth(slot, isFull);
  return {
    outcome: outcome.outcome,
    reason: outcome.reason,
    instrument: instrument.index,
    isFastKind: true,
  };
}

function touchOf(result: JsonObject, product: Product, frame: TreeFrame): TreeResult {
  const symbol = textField(result, "s");
  const slot = slotOf(symbol, product, frame);
  if (slot === undefined) return missing(symbol);
  const { instrument } = slot;
  const sequence = integerField(result, "u");
  const [bid, bidSize] = touchSide(result, "b", "B", instrument);
  const [ask, askSize] = touchSide(result, "a", "A", instrument);
  if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) {
    return refused("best bid and ask are not on the instrument's grids", instrument);
  }
  if (sequence === undefined || sequence < 0) {
    return refused("best bid and ask without sequence", instrument);
  }
  const touch = frame.scratch.touch.begin(instrument.index, frame.at);
  touch.venueAt = millisField(result, "t");
  touch.sequence = sequence;
  touch.bid = bid as typeof touch.bid;
  touch.bidSize = bidSize as typeof touch.bidSize;
  touch.ask = ask as typeof touch.ask;
  touch.askSize = askSize as typeof touch.askSize;
  frame.receiver.deliver(touch);
  return decoded(instrument, true);
}

/** Price and size; both 0 where the side is empty, -1 where one cannot be read. */
function touchSide(
  result: JsonObject,
  priceKey: string,
  sizeKey: string,
  instrument: Instrument,
): readonly [price: number, size: number] {
  const text = decimalField(result, priceKey);
  const sizeText = decimalField(result, sizeKey);
  if (result[priceKey] === "" || Number(text || "x") === 0) {
    return Number(sizeText) === 0 ? [0, 0] : [-1, -1];
  }
  const price = instrument.priceFromText(text);
  const size = instrument.sizeFromText(sizeText);
  return [price.ok ? price.value : -1, size.ok ? size.value : -1];
}

interface ReadTrade {
  readonly instrument: Instrument;
  readonly price: number;
  readonly size: number;
  readonly side: Side;
  readonly id: string;
  readonly venueAt: Micros;
}

function tradesOf(result: unknown, product: Product, frame: TreeFrame): TreeResult {
  const single = objectOf(result);
  const entries = single === undefined ? objectsOf(result) : [single];
  if (entries === undefined) return noResult();
  const trades: ReadTrade[] = [];
  let internal = 0;
  for (const entry of entries) {
    const symbol = textField(entry, product === "spot" ? "currency_pair" : "contract");
    if (symbol === "") return refused("trade without a symbol");
    const slot = slotOf(symbol, product, frame);
    if (slot === undefined) continue;
    const trade = tradeOf(entry, product, slot.instrument);
    if (trade === undefined) return refused("trade is not readable", slot.instrument);
    if (entry["is_internal"] === true) internal++;
    else trades.push(trade);
  }
  const [first] = trades;
  if (first === undefined) {
    return ignored(internal > 0 ? "not a market trade" : "instrument not known");
  }
  for (const one of trades) {
    const trade = frame.scratch.trade.begin(one.instrument.index, frame.at);
    trade.venueAt = one.venueAt;
    trade.price = one.price as typeof trade.price;
    trade.size = one.size as typeof trade.size;
    trade.aggressor = one.side;
    trade.setTradeIdText(one.id);
    frame.receiver.deliver(trade);
  }
  return decoded(first.instrument, true);
}

function tradeOf(
  entry: JsonObject,
  product: Product,
  instrument: Instrument,
): ReadTrade | undefined {
  const amount = decimalField(entry, product === "spot" ? "amount" : "size");
  const isNegative = amount.startsWith("-");
  const word = textField(entry, "side");
  const side = product === "spot"
    ? (word === "buy" || word === "sell" ? word : undefined)
    : isNegative
    ? "sell"
    : "buy";
  if (product === "spot" && isNegative) return undefined;
  const price = instrument.priceFromText(decimalField(entry, "price"));
  const size = instrument.sizeFromText(isNegative ? amount.slice(1) : amount);
  const id = idField(entry, "id");
  if (!price.ok || !size.ok || price.value <= 0 || size.value <= 0) return undefined;
  if (side === undefined || id === "") return undefined;
  const venueAt = instantIn(entry, ["create_time_ms"], "create_time");
  return { instrument, price: price.value, size: size.value, side, id, venueAt };
}

function tickersOf(data: JsonObject, frame: TreeFrame): TreeResult {
  const single = objectOf(data["result"]);
  const entries = single === undefined ? objectsOf(data["result"]) : [single];
  if (entries === undefined) return noResult();
  const events: EngineEvent[] = [];
  let known: Instrument | undefined;
  for (const entry of entries) {
    const symbol = textField(entry, "contract");
    if (symbol === "") return refused("ticker without a symbol");
    const slot = slotOf(symbol, "perpetual", frame);
    if (slot === undefined) continue;
    known = slot.instrument;
    const instrument = known.index;
    const venueAt = instantIn(data, ["time_ms"], "time");
    const mark = optionalMoney(entry, "mark_price");
    const index = optionalMoney(entry, "index_price");
    const rate = optionalMoney(entry, "funding_rate");
    if (mark === "bad" || index === "bad" || rate === "bad") {
      return refused("mark, index or funding rate is not readable", known);
    }
    if ((mark ?? 1n) <= 0n || (index ?? 1n) <= 0n) {
      return refused("mark, index or funding rate is not readable", known);
    }
    const base = { instrument, at: frame.at, venueAt };
    if (mark !== undefined) events.push({ kind: "mark_price", ...base, mark, index });
    if (rate === undefined) continue;
    // What was to be paid is past: until REST says the next instant it is not known.
    const nextAt = micros(slot.fundingAt > frame.at ? slot.fundingAt : 0);
    events.push({ kind: "funding", ...base, rate, nextAt });
  }
  if (known === undefined) return ignored("instrument not known");
  if (events.length === 0) return ignored("ticker without mark price and funding");
  for (const event of events) frame.receiver.deliver(event);
  return decoded(known, false);
}

/** `order_book`: the whole of a shallow book, again and again. */
function periodicOf(result: JsonObject, product: Product, frame: TreeFrame): TreeResult {
  const symbol = textField(result, "s") || textField(result, "contract");
  const slot = slotOf(symbol, product, frame);
  if (slot === undefined) return missing(symbol);
  const { instrument } = slot;
  const sequence = integerField(result, "lastUpdateId") ?? integerField(result, "id");
  if (sequence === undefined || sequence < 0) return refused("book without id", instrument);
  const snapshot = frame.scratch.snapshot.begin(instrument.index, frame.at);
  const isRead = "bids" in result && "asks" in result &&
    readLevels(result["bids"], instrument, snapshot.bids) &&
    readLevels(result["asks"], instrument, snapshot.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  snapshot.sequence = sequence;
  snapshot.venueAt = millisField(result, "t");
  frame.receiver.deliver(snapshot);
  return decoded(instrument, false);
}

/** Decodes the answer to a depth snapshot request. */
export function decodeSnapshotTree(
  tree: unknown,
  instrument: Instrument,
  snapshot: SnapshotScratch,
  at: Micros,
  receiver: EventReceiver,
): TreeResult {
  const data = objectOf(tree);
  if (data === undefined) return refused("not a JSON object", instrument);
  const sequence = integerField(data, "id");
  if (sequence === undefined || sequence < 0) return refused("not a depth snapshot", instrument);
  snapshot.begin(instrument.index, at);
  const isRead = Array.isArray(data["bids"]) && Array.isArray(data["asks"]) &&
    readLevels(data["bids"], instrument, snapshot.bids) &&
    readLevels(data["asks"], instrument, snapshot.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  snapshot.sequence = sequence;
  snapshot.venueAt = snapshotInstant(data, instrument.terms.product);
  receiver.deliver(snapshot);
  return decoded(instrument, true);
}

/** Spot writes milliseconds, futures seconds with decimals. */
function snapshotInstant(data: JsonObject, product: Product): Micros {
  const read = product === "spot" ? millisField : secondsField;
  const updated = read(data, "update");
  return updated > 0 ? updated : read(data, "current");
}

/** Levels of either shape; an absent side has none. */
function readLevels(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const level of value as readonly unknown[]) {
    const object = objectOf(level);
    const [price, size] = Array.isArray(level)
      ? level as unknown[]
      : [object?.["p"], object?.["s"]];
    const priceText = amountText(price);
    const sizeText = amountText(size);
    if (priceText === undefined || sizeText === undefined) return false;
    const ticks = instrument.priceFromText(priceText);
    const lots = instrument.sizeFromText(sizeText);
    if (!ticks.ok || !lots.ok || ticks.value < 0) return false;
    out.push(ticks.value, lots.value);
  }
  return true;
}

function amountText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}

function optionalMoney(data: JsonObject, key: string): Money | undefined | "bad" {
  const text = decimalField(data, key);
  if (text === "") return data[key] === undefined || data[key] === "" ? undefined : "bad";
  const read = moneyFromText(text);
  return read.ok ? read.value : "bad";
}

function slotOf(symbol: string, product: Product, frame: TreeFrame): Slot | undefined {
  const name = encoder.encode(symbol);
  return frame.tables[product].find(name, 0, name.length);
}

function missing(symbol: string): TreeResult {
  return symbol === "" ? refused("no symbol") : ignored("instrument not known");
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
