/**
 * The slow way of the market decoder: a parsed tree to the same scratch events, or a reason why
 * not.
 *
 * Takes what the scanner refused (other order of keys, escapes) and what is not hot: oracle prices,
 * funding, status, block heights, answers, errors. Nothing is delivered before all is understood.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type MICROS_UNKNOWN,
  type Money,
  moneyFromText,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, LevelBuffer } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import { DeltaScratch, type SnapshotScratch, type TradeScratch } from "@/exchanges/shared/mod.ts";
import {
  type BookSlot,
  type BookSlots,
  type KnownConnection,
  noteDropped,
  takeDelta,
  takeRestSnapshot,
  takeSnapshot,
} from "./_book_slot.ts";
import { isoInstant } from "./_iso_time.ts";
import {
  decimalField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
} from "@/exchanges/kit/mod.ts";
import type { CountVerdict } from "./_message_counter.ts";
import { keepLast } from "./_uncrosser.ts";
import { tradingStatusOf } from "./instruments.ts";

/** Where a tree came from and where its events go. */
export interface TreeContext {
  readonly slots: BookSlots;
  readonly delta: DeltaScratch;
  readonly snapshot: SnapshotScratch;
  readonly trade: TradeScratch;
  readonly at: Micros;
  readonly receiver: EventReceiver;
}

/** What became of a tree. */
export interface TreeResult {
  readonly outcome: DecodeOutcome;
  readonly reason: string;
  readonly instrument?: InstrumentIndex;
  /** The scanner should have managed it. */
  readonly isFastKind?: boolean;
  /** A message before this one is missing. */
  readonly isLoss?: boolean;
  readonly blockHeight?: number;
  readonly errorText?: string;
  /** What an error is about: channel and market. */
  readonly refusedTopic?: string;
  /** Channel of the subscription that this message answers. */
  readonly answered?: string;
  /** Whose message it was, where it said so. */
  readonly connection?: KnownConnection;
}

/** The envelope every message has. */
interface Envelope {
  readonly frame: JsonObject;
  readonly type: string;
  readonly channel: string;
  readonly connection: KnownConnection;
  readonly id: number;
  readonly verdict: CountVerdict;
}

const encoder = new TextEncoder();

/** Decodes one message of a public channel. */
export function decodeTree(tree: unknown, context: TreeContext): TreeResult {
  const frame = objectOf(tree);
  if (frame === undefined) return refused("not a JSON object");
  const type = textField(frame, "type");
  switch (type) {
    case "connected":
      return counted(frame, type, context, () => ignored("connected"));
    case "unsubscribed":
      return counted(frame, type, context, () => ignored("unsubscribed"));
    case "error": {
      const errorText = textField(frame, "message").slice(0, 200);
      return counted(frame, type, context, () => ({
        ...ignored("subscription refused"),
        errorText,
        refusedTopic: `${textField(frame, "channel")} ${textField(frame, "id")}`.trim(),
      }));
    }
    case "subscribed":
      return counted(frame, type, context, (envelope) => {
        const result = channelTree(envelope, context);
        return result.outcome === "refused" ? result : { ...result, answered: envelope.channel };
      });
    case "channel_data":
    case "channel_batch_data":
      return counted(frame, type, context, (envelope) => channelTree(envelope, context));
    case "pong":
      return ignored("pong");
    default:
      return refused("message type is not known");
  }
}

/** Decodes a REST book, bare or wrapped in `result`. */
export function decodeRestTree(
  tree: unknown,
  slot: BookSlot,
  context: TreeContext,
): TreeResult {
  const outer = objectOf(tree);
  const body = objectOf(outer?.["result"]) ?? outer;
  const { instrument } = slot;
  if (body === undefined) return refused("not a JSON object", instrument);
  const snapshot = context.snapshot.begin(instrument.index, context.at);
  if (!readBook(body, instrument, snapshot)) return refused("not a book snapshot", instrument);
  takeRestSnapshot(slot, snapshot);
  context.receiver.deliver(snapshot);
  return { ...decoded(instrument), isFastKind: true };
}

/** Counts the message before it is read, so that a refused one is not missed as well. */
function counted(
  frame: JsonObject,
  type: string,
  context: TreeContext,
  read: (envelope: Envelope) => TreeResult,
): TreeResult {
  const name = textField(frame, "connection_id");
  const id = integerField(frame, "message_id");
  if (name === "" || id === undefined || id < 0) return refused("message without its number");
  const bytes = encoder.encode(name);
  const connection = context.slots.connection(bytes, 0, bytes.length);
  const { counter } = connection;
  const verdict = type === "error"
    ? counter.noteError(id)
    : type === "subscribed" || type === "unsubscribed"
    ? counter.noteAnswer(id)
    : counter.noteData(id);
  const channel = textField(frame, "channel");
  const isLoss = verdict === "gap";
  if (isLoss) {
    // The frame's own book tells its gap by its own delta.
    const own = type !== "subscribed" && channel === "v4_orderbook"
      ? slotOf(textField(frame, "id"), context)
      : undefined;
    const { at, receiver } = context;
    context.slots.breakAll(connection, own, { delta: new DeltaScratch(), at, receiver });
  }
  const result = read({ frame, type, channel, connection, id, verdict });
  const told = isLoss && result.outcome === "ignored"
    ? { outcome: "decoded", reason: "" } as const
    : {};
  return { ...result, ...told, isLoss, connection };
}

function channelTree(envelope: Envelope, context: TreeContext): TreeResult {
  switch (envelope.channel) {
    case "v4_orderbook":
      return bookTree(envelope, context);
    case "v4_trades":
      return tradesTree(envelope, context);
    case "v4_markets":
      return marketsTree(envelope, context);
    case "v4_block_height":
      return heightTree(envelope);
    case "v4_subaccounts":
    case "v4_parent_subaccounts":
      return ignored("own events");
    case "":
      return refused("message without a channel");
    default:
      return ignored("other channel");
  }
}

function bookTree(envelope: Envelope, context: TreeContext): TreeResult {
  const { frame, type, connection, id, verdict } = envelope;
  const slot = slotOf(textField(frame, "id"), context);
  if (slot === undefined) return ignored("instrument not known");
  const { instrument } = slot;
  if (type === "subscribed") {
    const contents = objectOf(frame["contents"]);
    const snapshot = context.snapshot.begin(instrument.index, context.at);
    if (contents === undefined || !readBook(contents, instrument, snapshot)) {
      return refusedBook(slot, "not a book snapshot");
    }
    if (!takeSnapshot(slot, connection, id, snapshot)) return ignored("repeated snapshot");
    context.receiver.deliver(snapshot);
    return { ...decoded(instrument), isFastKind: true };
  }
  const parts = contentsOf(envelope);
  const delta = context.delta.begin(instrument.index, context.at);
  if (parts === undefined) return refusedBook(slot, "depth without contents");
  for (const part of parts) {
    const isRead = readChanges(part["bids"], instrument, delta.bids) &&
      readChanges(part["asks"], instrument, delta.asks);
    if (!isRead) return refusedBook(slot, "levels are not on the instrument's grids");
  }
  keepLast(delta.bids);
  keepLast(delta.asks);
  if (slot.owner !== undefined && slot.owner !== connection) {
    noteDropped(slot, connection, id);
    return ignored("book of another connection");
  }
  takeDelta(slot, connection, id, verdict, delta);
  context.receiver.deliver(delta);
  return { ...decoded(instrument), isFastKind: true };
}

/** The message was counted and cannot be used: its book is wrong from here. */
function refusedBook(slot: BookSlot, reason: string): TreeResult {
  slot.isTrue = false;
  return refused(reason, slot.instrument);
}

function tradesTree(envelope: Envelope, context: TreeContext): TreeResult {
  const { frame, type, verdict } = envelope;
  const instrument = slotOf(textField(frame, "id"), context)?.instrument;
  if (instrument === undefined) return ignored("instrument not known");
  if (type === "subscribed") {
    return { ...ignored("trade history"), instrument: instrument.index };
  }
  if (verdict === "repeated") return ignored("repeated message");
  const trades = contentsOf(envelope)?.map((part) => objectsOf(part["trades"]));
  if (trades === undefined || trades.includes(undefined)) {
    return refused("trades without a list", instrument);
  }
  const read: Parameters<typeof deliverTrade>[0][] = [];
  for (const trade of trades.flatMap((list) => list!)) {
    const price = instrument.priceFromText(textField(trade, "price"));
    const size = instrument.sizeFromText(textField(trade, "size"));
    const side = textField(trade, "side");
    const id = textField(trade, "id");
    if (!price.ok || !size.ok || price.value <= 0 || size.value <= 0) {
      return refused("trade is not on the instrument's grids", instrument);
    }
    if (id === "" || (side !== "BUY" && side !== "SELL")) {
      return refused("trade without id or aggressor", instrument);
    }
    const venueAt = isoInstant(textField(trade, "createdAt"));
    read.push({ price: price.value, size: size.value, side, id, venueAt });
  }
  if (read.length === 0) return ignored("no trade in the message");
  for (const trade of read) deliverTrade(trade, instrument, context);
  return { ...decoded(instrument), isFastKind: true };
}

function deliverTrade(
  trade: {
    readonly price: TradeScratch["price"];
    readonly size: TradeScratch["size"];
    readonly side: "BUY" | "SELL";
    readonly id: string;
    readonly venueAt: Micros;
  },
  instrument: Instrument,
  context: TreeContext,
): void {
  const scratch = context.trade.begin(instrument.index, context.at);
  scratch.price = trade.price;
  scratch.size = trade.size;
  scratch.aggressor = trade.side === "BUY" ? "buy" : "sell";
  scratch.venueAt = trade.venueAt;
  scratch.setTradeIdText(trade.id);
  context.receiver.deliver(scratch);
}

/** Oracle prices are the venue's mark; the funding rate is the coming hour's. */
function marketsTree(envelope: Envelope, context: TreeContext): TreeResult {
  if (envelope.verdict === "repeated" && envelope.type !== "subscribed") {
    return ignored("repeated message");
  }
  const parts = envelope.type === "subscribed"
    ? present(objectOf(envelope.frame["contents"]))
    : contentsOf(envelope);
  if (parts === undefined) return refused("markets without contents");
  const events: EngineEvent[] = [];
  let reason = "";
  for (const part of parts) {
    for (const key of ["markets", "trading", "oraclePrices"]) {
      const markets = part[key] === undefined ? {} : objectOf(part[key]);
      if (markets === undefined) return refused("markets are not readable");
      for (const [ticker, value] of Object.entries(markets)) {
        const instrument = slotOf(ticker, context)?.instrument;
        if (instrument === undefined) continue;
        const found = marketEvents(objectOf(value), instrument, context.at);
        if (found === undefined) return refused("market is not readable", instrument);
        events.push(...found.events);
        if (found.oddStatus !== "") reason = `market status is not known: ${found.oddStatus}`;
      }
    }
  }
  if (events.length === 0) return ignored("no price, funding or status of ours");
  for (const event of events) context.receiver.deliver(event);
  return { outcome: "decoded", reason };
}

/** A status that is not known is not trading. */
function marketEvents(
  market: JsonObject | undefined,
  instrument: Instrument,
  at: Micros,
): { readonly events: readonly EngineEvent[]; readonly oddStatus: string } | undefined {
  if (market === undefined) return undefined;
  const venueAt = isoInstant(textField(market, "effectiveAt"));
  const base = { instrument: instrument.index, at, venueAt };
  const mark = amountOf(market, "oraclePrice", "price");
  const rate = amountOf(market, "nextFundingRate", "nextFundingRate");
  const venueStatus = textField(market, "status");
  const known = tradingStatusOf(venueStatus);
  const status = known ?? (venueStatus === "" ? undefined : "halted");
  if (mark === "bad" || rate === "bad") return undefined;
  if (market["status"] !== undefined && status === undefined) return undefined;
  const events: EngineEvent[] = [];
  // A market that is being set up has no oracle price yet, which is written as 0.
  if (mark !== undefined && mark > 0n) {
    events.push({ kind: "mark_price", ...base, mark, index: undefined });
  }
  if (rate !== undefined) {
    events.push({ kind: "funding", ...base, rate, nextAt: 0 as typeof MICROS_UNKNOWN });
  }
  if (status !== undefined) events.push({ kind: "instrument_status", ...base, status });
  return { events, oddStatus: known === undefined ? venueStatus.slice(0, 40) : "" };
}

/** An amount under either name; undefined where it is not said. Rates may be finer than money. */
function amountOf(market: JsonObject, name: string, other: string): Money | undefined | "bad" {
  const key = market[name] === undefined ? other : name;
  const value = market[key];
  if (value === undefined || value === null) return undefined;
  const text = decimalField(market, key);
  const read = moneyFromText(cutDecimals(text));
  return text === "" || !read.ok ? "bad" : read.value;
}

/** At most eighteen decimal places: funding rates come with twenty. */
function cutDecimals(text: string): string {
  const point = text.indexOf(".");
  if (point < 0 || !/^-?\d+\.\d+$/.test(text)) return text;
  return text.slice(0, point + 19);
}

function heightTree(envelope: Envelope): TreeResult {
  const parts = envelope.type === "subscribed"
    ? present(objectOf(envelope.frame["contents"]))
    : contentsOf(envelope);
  const last = parts?.at(-1);
  const height = last === undefined
    ? undefined
    : integerField(last, "blockHeight") ?? integerField(last, "height");
  if (height === undefined || height < 0) return refused("block height is not readable");
  return { ...ignored("block height"), blockHeight: height };
}

/** The objects of an update: one, or those of a batch. */
function contentsOf({ frame, type }: Envelope): readonly JsonObject[] | undefined {
  const contents = frame["contents"];
  return type === "channel_batch_data" ? objectsOf(contents) : present(objectOf(contents));
}

function present(object: JsonObject | undefined): readonly JsonObject[] | undefined {
  return object === undefined ? undefined : [object];
}

function slotOf(ticker: string, context: TreeContext): BookSlot | undefined {
  const name = encoder.encode(ticker);
  return context.slots.find(name, 0, name.length);
}

function readBook(contents: JsonObject, instrument: Instrument, out: SnapshotScratch): boolean {
  return readSide(contents["bids"], instrument, out.bids) &&
    readSide(contents["asks"], instrument, out.asks);
}

function readSide(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  const levels = objectsOf(value);
  if (levels === undefined) return false;
  for (const level of levels) {
    const price = instrument.priceFromText(decimalField(level, "price"));
    const size = instrument.sizeFromText(decimalField(level, "size"));
    if (!price.ok || !size.ok || price.value <= 0) return false;
    if (size.value > 0) out.push(price.value, size.value);
  }
  return true;
}

function readChanges(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (value === undefined) return true;
  if (!Array.isArray(value)) return false;
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level)) return false;
    const [priceText, sizeText] = (level as readonly unknown[]).map(scalarText);
    if (priceText === undefined || sizeText === undefined) return false;
    const price = instrument.priceFromText(priceText);
    const size = instrument.sizeFromText(sizeText);
    if (!price.ok || !size.ok || price.value <= 0) return false;
    out.push(price.value, size.value);
  }
  return true;
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value) : undefined;
}

function decoded(instrument: Instrument): TreeResult {
  return { outcome: "decoded", reason: "", instrument: instrument.index };
}

function ignored(reason: string): TreeResult {
  return { outcome: "ignored", reason };
}

function refused(reason: string, instrument?: Instrument): TreeResult {
  return {
    outcome: "refused",
    reason,
    ...(instrument === undefined ? {} : { instrument: instrument.index }),
  };
}
