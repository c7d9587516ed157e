/**
 * The slow way of the market decoder: a parsed tree to the same scratch events, or a reason why
 * not.
 *
 * Takes what the scanner refused (other spacing, other order of keys) and what is not hot: mark
 * price and funding, instrument and system status, acknowledgements. Nothing is delivered before
 * all is understood.
 * @module
 */
import type {
  Instrument,
  InstrumentIndex,
  InstrumentTerms,
  InstrumentTradingStatus,
  Micros,
  Money,
} from "@/engine/domain/mod.ts";
import {
  areSameTerms,
  changedTerms,
  moneyFromText,
  price,
  SIZE_ZERO,
} from "@/engine/domain/mod.ts";
import { type EngineEvent, type LevelBuffer, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver } from "@/engine/ports/mod.ts";
import {
  type BestBidAskScratch,
  type DeltaScratch,
  type SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import {
  decimalField,
  idField,
  instantField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
} from "./_json.ts";
import type { SymbolTable } from "./_symbol_table.ts";
import { instrumentOfRow, tradingStatusOf } from "./instruments.ts";

/** Trades of one message; more of them are refused. */
export const TRADES_MAX = 1_000;

/** The decoder's reused events. */
export interface MarketScratch {
  readonly delta: DeltaScratch;
  readonly snapshot: SnapshotScratch;
  readonly touch: BestBidAskScratch;
  /** Grows to the largest message seen. */
  readonly trades: TradeScratch[];
}

/** Where a tree came from and where its events go. */
export interface TreeFrame {
  readonly instruments: readonly Instrument[];
  readonly table: SymbolTable;
  readonly scratch: MarketScratch;
  readonly isInMaintenance: boolean;
  /** What each instrument's own state was said to be last, maintenance apart. */
  readonly states: Map<InstrumentIndex, InstrumentTradingStatus>;
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
  readonly control?: JsonObject;
  readonly hasOtherTerms?: boolean;
  /** Whether maintenance goes on, where the frame says it. */
  readonly maintenance?: boolean;
}

/** Services whose maintenance stops trading: WebSocket, trading, trading in batches. */
const TRADING_SERVICES = new Set(["0", "5", "8"]);

/** Decodes one tree of a public channel. */
export function decodeTree(tree: unknown, frame: TreeFrame): TreeResult {
  const root = objectOf(tree);
  if (root === undefined) return refused("not a JSON object");
  if ("event" in root) return controlOf(root);
  const arg = objectOf(root["arg"]);
  if (arg === undefined) {
    return "op" in root || "code" in root ? ignored("answer") : refused("no channel");
  }
  const channel = textField(arg, "channel");
  const isKnown = DECODED_CHANNELS.has(channel);
  if (!isKnown) return channel === "" ? refused("no channel") : ignored("other channel");
  const rows = objectsOf(root["data"]);
  if (rows === undefined) return refused("channel without data");
  if (rows.length === 0) return ignored("no row in the message");
  switch (channel) {
    case "trades":
    case "trades-all":
      return tradesOf(arg, rows, frame);
    case "mark-price":
      return perRow(rows, frame, markOf);
    case "funding-rate":
      return perRow(rows, frame, fundingOf);
    case "instruments":
      return instrumentsOf(rows, frame);
    case "status":
      return statusOf(rows, frame);
    default:
      return bookFrame(channel, arg, root, rows, frame);
  }
}

const DECODED_CHANNELS = new Set([
  ..."books books-l2-tbt books50-l2-tbt bbo-tbt trades trades-all".split(" "),
  ..."mark-price funding-rate instruments status".split(" "),
]);

/** Decodes the answer of `/api/v5/market/books`. */
export function decodeSnapshotTree(
  tree: unknown,
  instrument: Instrument,
  frame: TreeFrame,
): TreeResult {
  const root = objectOf(tree);
  const rows = objectsOf(root?.["data"]);
  const row = rows?.[0];
  if (root === undefined) return refused("not a JSON object", instrument);
  if (rows?.length !== 1 || row === undefined) return refused("not a book", instrument);
  return snapshotOf(row, instrument, frame, false);
}

function controlOf(root: JsonObject): TreeResult {
  const base = { outcome: "ignored", control: root } as const;
  switch (textField(root, "event")) {
    case "subscribe":
    case "unsubscribe":
    case "login":
    case "channel-conn-count":
      return { ...base, reason: "acknowledgement" };
    case "error":
    case "channel-conn-count-error":
      return { ...base, reason: "subscription refused" };
    case "notice":
      return { ...base, reason: "server notice" };
    default:
      return refused("unknown event");
  }
}

function bookFrame(
  channel: string,
  arg: JsonObject,
  root: JsonObject,
  rows: readonly JsonObject[],
  frame: TreeFrame,
): TreeResult {
  const instrument = frame.table.byName(textField(arg, "instId"));
  if (instrument === undefined) return ignored("instrument not known");
  const row = rows[0]!;
  if (rows.length !== 1) return refused("more than one book in a message", instrument);
  if (channel === "bbo-tbt") return touchOf(row, instrument, frame);
  // The oldest form of the channel says only by its `prevSeqId` that it is a snapshot.
  const action = textField(root, "action") || (row["prevSeqId"] === -1 ? "snapshot" : "");
  if (action === "snapshot") return snapshotOf(row, instrument, frame, true);
  if (action === "update") return deltaOf(row, instrument, frame);
  return refused("book without its action", instrument);
}

function snapshotOf(
  row: JsonObject,
  instrument: Instrument,
  frame: TreeFrame,
  isFastKind: boolean,
): TreeResult {
  const sequence = sequenceIn(row, "seqId");
  const time = integerField(row, "ts");
  if (sequence === undefined || time === undefined || time < 0) {
    return refused("book without its sequence or time", instrument);
  }
  const snapshot = frame.scratch.snapshot.begin(instrument.index, frame.at);
  const isRead = readLevels(row["bids"], instrument, snapshot.bids) &&
    readLevels(row["asks"], instrument, snapshot.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  snapshot.sequence = sequence;
  snapshot.venueAt = instantField(row, "ts");
  snapshot.checksum = checksumIn(row);
  frame.receiver.deliver(snapshot);
  return decoded(instrument, isFastKind);
}

function deltaOf(row: JsonObject, instrument: Instrument, frame: TreeFrame): TreeResult {
  const sequence = sequenceIn(row, "seqId");
  const previous = "prevSeqId" in row ? integerField(row, "prevSeqId") : SEQUENCE_NONE;
  const isChained = "prevSeqId" in row;
  const time = integerField(row, "ts");
  const isSaid = sequence !== undefined && previous !== undefined && previous >= SEQUENCE_NONE &&
    isChained === (sequence !== SEQUENCE_NONE) && time !== undefined && time >= 0;
  if (!isSaid) return refused("book without its sequence or time", instrument);
  const delta = frame.scratch.delta.begin(instrument.index, frame.at);
  const isRead = readLevels(row["bids"], instrument, delta.bids) &&
    readLevels(row["asks"], instrument, delta.asks);
  if (!isRead) return refused("levels are not on the instrument's grids", instrument);
  delta.firstSequence = sequence;
  delta.sequence = sequence;
  delta.previousSequence = previous;
  delta.venueAt = instantField(row, "ts");
  delta.checksum = checksumIn(row);
  frame.receiver.deliver(delta);
  return decoded(instrument, true);
}

function touchOf(row: JsonObject, instrument: Instrument, frame: TreeFrame): TreeResult {
  const sequence = sequenceIn(row, "seqId");
  const time = integerField(row, "ts");
  if (sequence === undefined || time === undefined || time < 0) {
    return refused("best bid and ask without sequence or time", instrument);
  }
  // The levels are read through the snapshot's memory, which holds nothing between messages.
  const { bids, asks } = frame.scratch.snapshot.begin(instrument.index, frame.at);
  if (!readLevels(row["bids"], instrument, bids) || !readLevels(row["asks"], instrument, asks)) {
    return refused("best bid and ask are not on the instrument's grids", instrument);
  }
  const touch = frame.scratch.touch.begin(instrument.index, frame.at);
  touch.sequence = sequence;
  touch.venueAt = instantField(row, "ts");
  touch.bid = price(bids.count > 0 ? bids.prices[0]! : 0);
  touch.bidSize = bids.count > 0 ? sizeOfLevel(bids) : SIZE_ZERO;
  touch.ask = price(asks.count > 0 ? asks.prices[0]! : 0);
  touch.askSize = asks.count > 0 ? sizeOfLevel(asks) : SIZE_ZERO;
  frame.receiver.deliver(touch);
  return decoded(instrument, true);
}

function sizeOfLevel(levels: LevelBuffer): typeof SIZE_ZERO {
  return levels.sizes[0]! as typeof SIZE_ZERO;
}

function tradesOf(arg: JsonObject, rows: readonly JsonObject[], frame: TreeFrame): TreeResult {
  if (rows.length > TRADES_MAX) return refused("too many trades in a message");
  const { trades } = frame.scratch;
  let last: Instrument | undefined;
  let count = 0;
  for (const row of rows) {
    const instrument = frame.table.byName(textField(row, "instId") || textField(arg, "instId"));
    if (instrument === undefined) continue;
    last = instrument;
    const ticks = instrument.priceFromText(decimalField(row, "px"));
    const lots = instrument.sizeFromText(decimalField(row, "sz"));
    const side = textField(row, "side");
    const id = idField(row, "tradeId");
    const time = integerField(row, "ts");
    if (!ticks.ok || !lots.ok || ticks.value <= 0 || lots.value <= 0) {
      return refused("trade is not on the instrument's grids", instrument);
    }
    if (id === "" || (side !== "buy" && side !== "sell") || time === undefined || time < 0) {
      return refused("trade without id, side or time", instrument);
    }
    if (count === trades.length) trades.push(new TradeScratch());
    const trade = trades[count++]!.begin(instrument.index, frame.at);
    trade.venueAt = instantField(row, "ts");
    trade.price = ticks.value;
    trade.size = lots.value;
    trade.aggressor = side;
    trade.setTradeIdText(id);
  }
  if (last === undefined) return ignored("instrument not known");
  for (let at = 0; at < count; at++) frame.receiver.deliver(trades[at]!);
  return decoded(last, textField(arg, "channel") === "trades");
}

type RowReader = (row: JsonObject, instrument: Instrument, at: Micros) => EngineEvent | undefined;

/** One event per row of our instruments; none at all when one of them cannot be read. */
function perRow(rows: readonly JsonObject[], frame: TreeFrame, read: RowReader): TreeResult {
  const events: EngineEvent[] = [];
  let last: Instrument | undefined;
  for (const row of rows) {
    const instrument = frame.table.byName(textField(row, "instId"));
    if (instrument === undefined) continue;
    last = instrument;
    const event = read(row, instrument, frame.at);
    if (event === undefined) return refused("row is not readable", instrument);
    events.push(event);
  }
  if (last === undefined) return ignored("instrument not known");
  for (const event of events) frame.receiver.deliver(event);
  return decoded(last, false);
}

function markOf(row: JsonObject, instrument: Instrument, at: Micros): EngineEvent | undefined {
  const mark = positiveMoney(row, "markPx");
  if (mark === undefined) return undefined;
  const venueAt = instantField(row, "ts");
  const index = instrument.index;
  return { kind: "mark_price", instrument: index, at, venueAt, mark, index: undefined };
}

/** `fundingRate` is what is paid at `fundingTime`. */
function fundingOf(row: JsonObject, instrument: Instrument, at: Micros): EngineEvent | undefined {
  const rate = moneyFromText(decimalField(row, "fundingRate"));
  if (!rate.ok) return undefined;
  return {
    kind: "funding",
    instrument: instrument.index,
    at,
    venueAt: instantField(row, "ts"),
    rate: rate.value,
    nextAt: instantField(row, "fundingTime"),
  };
}

function instrumentsOf(rows: readonly JsonObject[], frame: TreeFrame): TreeResult {
  const said: (readonly [InstrumentIndex, InstrumentTradingStatus])[] = [];
  let isOther = false;
  let reason = "";
  const result = perRow(rows, frame, (row, instrument, at) => {
    const state = textField(row, "state");
    if (state === "") return undefined;
    const known = tradingStatusOf(state);
    if (known === undefined) reason = `instrument state is not known: ${state.slice(0, 40)}`;
    // A state that is not known is not trading.
    const own = known ?? "halted";
    said.push([instrument.index, own]);
    const status = own === "trading" && frame.isInMaintenance ? "maintenance" : own;
    const read = instrumentOfRow(row);
    if (read.ok && haveChanged(instrument.terms, read.value.terms)) {
      isOther = true;
    }
    const venueAt = instantField(row, "uTime");
    return { kind: "instrument_status", instrument: instrument.index, at, venueAt, status };
  });
  if (result.outcome !== "decoded") return result;
  for (const [index, own] of said) frame.states.set(index, own);
  return { ...result, reason, hasOtherTerms: isOther };
}

function haveChanged(before: InstrumentTerms, now: InstrumentTerms): boolean {
  const changed = changedTerms(before, now);
  return !changed.ok || !areSameTerms(before, changed.value);
}

/** System maintenance halts every instrument until its end is said; then each is as it was said to
 * be by itself. */
function statusOf(rows: readonly JsonObject[], frame: TreeFrame): TreeResult {
  const row = rows.find((one) => TRADING_SERVICES.has(textField(one, "serviceType")));
  if (row === undefined) return ignored("maintenance of other services");
  const state = textField(row, "state");
  const isOngoing = state === "ongoing";
  const isOver = state === "completed" || state === "canceled";
  if (!isOngoing && !isOver) return ignored("maintenance is not under way");
  if (isOver && !frame.isInMaintenance) return ignored("maintenance is not under way");
  for (const { index } of frame.instruments) {
    frame.receiver.deliver({
      kind: "instrument_status",
      instrument: index,
      at: frame.at,
      venueAt: instantField(row, "ts"),
      status: isOngoing ? "maintenance" : frame.states.get(index) ?? "trading",
    });
  }
  return { outcome: "decoded", reason: "", maintenance: isOngoing };
}

/** A sequence, `SEQUENCE_NONE` where the key is absent; undefined when it is not one. */
function sequenceIn(row: JsonObject, key: string): number | undefined {
  if (!(key in row)) return SEQUENCE_NONE;
  const value = integerField(row, key);
  return value === undefined || value < 0 ? undefined : value;
}

function checksumIn(row: JsonObject): number | undefined {
  const value = integerField(row, "checksum");
  return value === 0 ? undefined : value;
}

function readLevels(value: unknown, instrument: Instrument, out: LevelBuffer): boolean {
  if (!Array.isArray(value)) return false;
  for (const level of value as readonly unknown[]) {
    if (!Array.isArray(level)) return false;
    const [priceText, sizeText] = level as readonly unknown[];
    if (typeof priceText !== "string" || typeof sizeText !== "string") return false;
    const ticks = instrument.priceFromText(priceText);
    const lots = instrument.sizeFromText(sizeText);
    if (!ticks.ok || !lots.ok || ticks.value < 0) return false;
    out.push(ticks.value, lots.value);
  }
  return true;
}

function positiveMoney(row: JsonObject, key: string): Money | undefined {
  const read = moneyFromText(decimalField(row, key));
  return read.ok && read.value > 0n ? read.value : undefined;
}

function decoded(instrument: Instrument, isFastKind: boolean): TreeResult {
  return { outcome: "decoded", reason: "", instrument: instrument.index, isFastKind };
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
