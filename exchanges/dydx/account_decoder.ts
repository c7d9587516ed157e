/**
 * BACK 2: the indexer's subaccount channels and block heights to order and account events.
 *
 * 1. Only `fills` are executions, and they are final; they are delivered before the state of their
 *    orders, so that nobody sees a filled order without its fills.
 * 2. BEST_EFFORT_CANCELED is one node's opinion: the order stays open until its last block has
 *    passed, or the chain says CANCELED. `totalOptimisticFilled` is left out for the same reason.
 * 3. A short-term order that the indexer never ends is ended by the block height.
 * 4. The envelope's number is counted: `isLoss` says that a message before this one is missing.
 *
 * Source: venue sheet section 5; indexer `ender` and `vulcan` services, read 2026-09.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  type Instrument,
  type Micros,
  type Money,
  moneyFromText,
  type Size,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, OrderUpdate } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  decimalField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "@/exchanges/kit/mod.ts";
import { FundingWatch } from "./_funding_watch.ts";
import { MessageCounter } from "./_message_counter.ts";
import {
  balanceOf,
  fillOf,
  InstrumentLookup,
  judgeOrder,
  orderUpdateOf,
  positionOf,
  type VenueOrder,
  venueOrderOf,
} from "./_order_objects.ts";
import { FLAG_SHORT_TERM } from "./_order_ids.ts";
import { OrderTracker, type TrackedOrder } from "./_order_tracker.ts";
import { removalOf } from "./reject_codes.ts";

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

/** Decodes own events; keeps the tracker up to date. */
export class DydxAccountDecoder implements WireDecoder {
  reason = "";
  /** Type of the last frame, and whether one before it is missing; the stream acts on both. */
  lastType = "";
  lastChannel = "";
  isLoss = false;
  errorText = "";
  readonly lookup: InstrumentLookup;
  readonly tracker: OrderTracker;
  readonly #funding = new FundingWatch();
  #counter = new MessageCounter();
  #connection = "";
  #freeCollateral: Money | undefined = undefined;

  constructor(
    lookup: InstrumentLookup | readonly Instrument[],
    tracker: OrderTracker = new OrderTracker(),
  ) {
    this.lookup = lookup instanceof InstrumentLookup ? lookup : new InstrumentLookup(lookup);
    this.tracker = tracker;
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    return this.decodeTree(parseJson(textOf(bytes, start, end)), at, receiver);
  }

  /** Decodes a frame that is parsed already. */
  decodeTree(tree: unknown, at: Micros, receiver: EventReceiver): DecodeOutcome {
    this.reason = "";
    this.lastType = "";
    this.lastChannel = "";
    this.isLoss = false;
    const frame = objectOf(tree);
    if (frame === undefined) return this.#end("refused", "not a JSON object");
    const decoded = this.#decodeFrame(frame, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  /** We sent a request on the current connection. */
  noteRequest(): void {
    this.#counter.noteRequest();
  }

  /** A new connection begins: its numbers start anew. */
  beginConnection(): void {
    this.#counter = new MessageCounter();
    this.#connection = "";
    this.tracker.noteInterruption();
  }

  /** Events that a block height brings, from whichever source it came. */
  heightEvents(height: number, at: Micros): readonly EngineEvent[] {
    return this.tracker.noteHeight(height).map((order) => endedByHeight(order, at));
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeFrame(frame: JsonObject, at: Micros): Decoded {
    const type = textField(frame, "type");
    const channel = textField(frame, "channel");
    this.lastType = type;
    this.lastChannel = channel;
    const isRepeated = this.#count(frame, type);
    switch (type) {
      case "connected":
      case "unsubscribed":
        return { ignored: type };
      case "error":
        this.errorText = textField(frame, "message").slice(0, 200);
        return { ignored: "subscription refused" };
      case "subscribed":
        break;
      case "channel_data":
      case "channel_batch_data":
        if (isRepeated) return { ignored: "repeated message" };
        break;
      default:
        return { ignored: "other message" };
    }
    const contents = type === "channel_batch_data"
      ? objectsOf(frame["contents"])
      : present(objectOf(frame["contents"]));
    switch (channel) {
      case "v4_block_height":
        return contents === undefined
          ? { refused: "block height is not readable" }
          : this.#heights(contents, at);
      case "v4_subaccounts":
      case "v4_parent_subaccounts":
        if (contents === undefined) return { refused: "own events without contents" };
        return this.#subaccount(contents, frame, type === "subscribed", at);
      default:
        return { ignored: "other channel" };
    }
  }

  /** Counts the message; whether it was heard before. */
  #count(frame: JsonObject, type: string): boolean {
    const name = textField(frame, "connection_id");
    const id = integerField(frame, "message_id");
    if (name === "" || id === undefined || id < 0) return false;
    if (name !== this.#connection) {
      if (this.#connection !== "") this.#counter = new MessageCounter();
      this.#connection = name;
    }
    const verdict = type === "subscribed" || type === "unsubscribed"
      ? this.#counter.noteAnswer(id)
      : type === "error"
      ? this.#counter.noteError(id)
      : this.#counter.noteData(id);
    if (verdict === "gap") {
      this.isLoss = true;
      this.tracker.noteInterruption();
    }
    return verdict === "repeated";
  }

  #heights(contents: readonly JsonObject[], at: Micros): Decoded {
    const events: EngineEvent[] = [];
    for (const part of contents) {
      const height = integerField(part, "blockHeight") ?? integerField(part, "height");
      if (height === undefined || height < 0) return { refused: "block height is not readable" };
      events.push(...this.heightEvents(height, at));
    }
    return events.length === 0 ? { ignored: "block height" } : events;
  }

  #subaccount(
    contents: readonly JsonObject[],
    frame: JsonObject,
    isSnapshot: boolean,
    at: Micros,
  ): Decoded {
    const number = Number(textField(frame, "id").split("/")[1] ?? "0");
    const events: EngineEvent[] = [];
    for (const part of contents) {
      const orders = objectsOf(part["orders"] ?? []);
      const fills = objectsOf(part["fills"] ?? []);
      if (orders === undefined || fills === undefined) {
        return { refused: "orders or fills are not a list" };
      }
      const readOrders = this.#readOrders(orders, isSnapshot);
      const readFills = this.#readFills(fills, at);
      if (readOrders === undefined) return { refused: "order is not readable" };
      if (readFills === undefined) return { refused: "fill is not readable" };
      const funds = isSnapshot
        ? this.#snapshotFunds(part, number, at)
        : this.#changedFunds(part, number, at);
      if (funds === undefined) return { refused: "balance or position is not readable" };
      events.push(...readFills);
      for (const [order, instrument] of readOrders) {
        const event = this.#takeOrder(order, instrument, at);
        if (event !== undefined) events.push(event);
      }
      events.push(...funds);
    }
    return events.length === 0 ? { ignored: "no order, fill or balance of ours" } : events;
  }

  /** Orders of known instruments, entered into the tracker so that fills find their names. */
  #readOrders(
    orders: readonly JsonObject[],
    isSnapshot: boolean,
  ): readonly (readonly [VenueOrder, Instrument])[] | undefined {
    const read: (readonly [VenueOrder, Instrument])[] = [];
    for (const order of orders) {
      const id = textField(order, "id");
      const named = this.lookup.of(order);
      const instrument = named === "unsaid" ? this.tracker.byId(id)?.instrument : named;
      if (instrument === undefined) continue;
      const venueOrder = venueOrderOf(order, instrument);
      if (venueOrder === undefined || judgeOrder(venueOrder, undefined).kind === "unknown") {
        return undefined;
      }
      if (id !== "") enter(this.tracker, venueOrder, instrument, !isSnapshot);
      read.push([venueOrder, instrument]);
    }
    return read;
  }

  #readFills(fills: readonly JsonObject[], at: Micros): readonly EngineEvent[] | undefined {
    const events: EngineEvent[] = [];
    for (const object of fills) {
      const orderId = textField(object, "orderId");
      const tracked = this.tracker.byId(orderId);
      const named = this.lookup.of(object);
      const instrument = named === "unsaid" ? tracked?.instrument : named;
      if (instrument === undefined) continue;
      const fill = fillOf(object, instrument, at, tracked?.clientOrderId ?? clientOrderId(""));
      if (fill === undefined) return undefined;
      this.tracker.noteFill(orderId, fill.fillId, fill.size);
      events.push(fill);
    }
    return events;
  }

  /** Takes an order's word into the tracker; undefined where it says nothing of its state. */
  #takeOrder(order: VenueOrder, instrument: Instrument, at: Micros): OrderUpdate | undefined {
    const tracked = this.tracker.byId(order.id);
    const known = tracked?.isContinuous === true || (tracked?.filled ?? 0) > 0
      ? tracked?.filled as Size
      : undefined;
    const judged = judgeOrder(order, known);
    if (judged.kind === "replaced") return undefined;
    if (tracked !== undefined) {
      // What was ended for good does not come back by a late opinion of a node.
      if (tracked.isOver && judged.kind !== "over") return undefined;
      if (judged.kind === "over") this.tracker.end(tracked);
      tracked.endingFor = judged.kind === "pending_end" ? order.removalReason : undefined;
    }
    return orderUpdateOf(order, judged, instrument, {
      clientOrderId: clientOrderId(order.clientId || (tracked?.clientOrderId ?? "")),
      at,
      source: "stream",
      filled: known,
    });
  }

  /** The whole subaccount, or a parent with its children. */
  #snapshotFunds(
    contents: JsonObject,
    number: number,
    at: Micros,
  ): readonly EngineEvent[] | undefined {
    const subaccount = objectOf(contents["subaccount"]);
    // An account that was never funded is an empty object.
    if (subaccount === undefined) return contents["subaccount"] === undefined ? [] : undefined;
    const isParent = "childSubaccounts" in subaccount;
    const parts = isParent ? objectsOf(subaccount["childSubaccounts"]) : [subaccount];
    if (parts === undefined) return undefined;
    const events: EngineEvent[] = [];
    for (const part of parts) {
      const read = subaccountEvents(part, number, this.lookup, at);
      if (read === undefined) return undefined;
      if (read.free !== undefined) this.#freeCollateral = read.free;
      events.push(...read.events);
      this.#funding.noteOpen(read.openTickers);
    }
    return events;
  }

  #changedFunds(
    contents: JsonObject,
    number: number,
    at: Micros,
  ): readonly EngineEvent[] | undefined {
    const positions = objectsOf(contents["perpetualPositions"] ?? []);
    const assets = objectsOf(contents["assetPositions"] ?? []);
    if (positions === undefined || assets === undefined) return undefined;
    const events: EngineEvent[] = [];
    for (const object of positions) {
      const named = this.lookup.of(object);
      if (named === "unsaid") return undefined;
      if (named === undefined) continue;
      const position = positionOf(object, named, at);
      if (position === undefined) return undefined;
      events.push(position);
      const payment = this.#funding.paymentIn(object, named, at);
      if (payment !== undefined) events.push(payment);
    }
    for (const object of assets) {
      const isOwn = isOfSubaccount(object, number);
      if (isOwn === undefined) return undefined;
      if (!isOwn) continue;
      const balance = balanceOf(object, this.#freeCollateral, at);
      if (balance === undefined) return undefined;
      events.push(balance);
    }
    return events;
  }
}

/** Balances, positions and what is free, of one subaccount object as snapshot and REST give it. */
export function subaccountEvents(
  subaccount: JsonObject,
  number: number,
  lookup: InstrumentLookup,
  at: Micros,
):
  | {
    readonly events: readonly EngineEvent[];
    readonly free: Money | undefined;
    readonly openTickers: readonly string[];
  }
  | undefined {
  const open = objectOf(subaccount["openPerpetualPositions"] ?? {});
  const assets = objectOf(subaccount["assetPositions"] ?? {});
  if (open === undefined || assets === undefined) return undefined;
  const isOwn = isOfSubaccount(subaccount, number);
  if (isOwn === undefined) return undefined;
  const freeText = decimalField(subaccount, "freeCollateral");
  const read = moneyFromText(freeText);
  const free = isOwn && freeText !== "" && read.ok ? read.value : undefined;
  // Collateral that is not said to be free may not be called so.
  if (isOwn && free === undefined && Object.keys(assets).length > 0) return undefined;
  const events: EngineEvent[] = [];
  for (const [ticker, value] of Object.entries(open)) {
    const instrument = lookup.byTicker(ticker);
    if (instrument === undefined) continue;
    const object = objectOf(value);
    const position = object === undefined ? undefined : positionOf(object, instrument, at);
    if (position === undefined) return undefined;
    events.push(position);
  }
  for (const value of isOwn ? Object.values(assets) : []) {
    const object = objectOf(value);
    const balance = object === undefined ? undefined : balanceOf(object, free, at);
    if (balance === undefined) return undefined;
    events.push(balance);
  }
  return { events, free, openTickers: Object.keys(open) };
}

/** Whose it is; undefined for a number that is none. Without a number it is the channel's own. */
function isOfSubaccount(object: JsonObject, number: number): boolean | undefined {
  if (object["subaccountNumber"] === undefined) return true;
  const found = integerField(object, "subaccountNumber");
  return found === undefined || found < 0 ? undefined : found === number;
}

/** Puts what an order object says into the tracker. */
export function enter(
  tracker: OrderTracker,
  order: VenueOrder,
  instrument: Instrument,
  isFromStart: boolean,
): TrackedOrder {
  const flags = order.flags ?? (order.goodTilBlock === undefined ? -1 : FLAG_SHORT_TERM);
  const isContinuous = isFromStart && order.status === "BEST_EFFORT_OPENED";
  const name: ClientOrderId = clientOrderId(order.clientId);
  const tracked = tracker.open(order.id, instrument, name, flags, isContinuous);
  tracked.isSeen = true;
  if (order.goodTilBlock !== undefined) {
    tracked.goodTilBlock = Math.max(tracked.goodTilBlock, order.goodTilBlock);
    tracked.sureBlock = Math.max(tracked.sureBlock, order.goodTilBlock);
  }
  if (order.side !== undefined) tracked.side = order.side;
  if (order.size !== undefined) tracked.size = order.size;
  return tracked;
}

/** The end of an order whose last block has passed. */
function endedByHeight(order: TrackedOrder, at: Micros): OrderUpdate {
  const filled = order.isContinuous || order.filled > 0 ? order.filled as Size : undefined;
  const isFull = order.size !== undefined && order.filled >= order.size;
  const { endingFor } = order;
  const removal = endingFor === undefined
    ? { status: "expired", reason: undefined } as const
    : removalOf(endingFor, order.isContinuous ? order.filled > 0 : undefined);
  const status = isFull ? "filled" : removal.status === "alive" ? "expired" : removal.status;
  return {
    kind: "order",
    instrument: order.instrument.index,
    at,
    venueAt: 0 as Micros,
    source: "stream",
    clientOrderId: order.clientOrderId,
    venueOrderId: venueOrderId(order.id),
    status: status === "filled" && !isFull ? "cancelled" : status,
    side: order.side,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: order.isContinuous ? filled : undefined,
    averagePrice: undefined,
    reason: isFull ? undefined : removal.reason,
    text: endingFor === undefined ? "last block passed" : `${endingFor}, last block passed`,
  };
}

function present(object: JsonObject | undefined): readonly JsonObject[] | undefined {
  return object === undefined ? undefined : [object];
}
