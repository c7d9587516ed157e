/**
 * BACK 2: bytes of own channels to `OrderEvent`s and `AccountEvent`s.
 *
 * 1. A frame is understood as a whole or not at all.
 * 2. Whole lists say by absence: a position that was there and is not in the next list is flat.
 * 3. Sizes in order updates are what remains; fees above zero are paid, as the venue writes them.
 * 4. `isSnapshot` of the last frame tells fills of the past (sent after each subscription) from
 *    new ones; whoever keeps a portfolio asks for those by question instead.
 *
 * Source: venue documentation "Subscriptions", read 2026-09.
 * @module
 */
import {
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  moneyFromText,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, OrderUpdate } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  decimalField,
  instantField,
  isGreeting,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import {
  balanceOf,
  fillOf,
  flatPosition,
  InstrumentLookup,
  orderIdOf,
  orderUpdateOf,
  positionOf,
  statusOf,
} from "./_order_objects.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

const MARGIN_ASSET = "USDC";

/** Decodes own events. One per connector: it remembers names and positions. */
export class HyperliquidAccountDecoder implements WireDecoder {
  reason = "";
  /** Channel of the last frame. */
  lastChannel = "";
  /** Whether the last frame told of the past. */
  isSnapshot = false;
  /** Whether spot balances tell all of the collateral; else USDC is told by question only. */
  isUnified = true;
  readonly lookup: InstrumentLookup;
  /** Instruments whose last position was not flat. */
  readonly #held = new Set<InstrumentIndex>();

  constructor(lookup: InstrumentLookup | readonly Instrument[]) {
    this.lookup = lookup instanceof InstrumentLookup ? lookup : new InstrumentLookup(lookup);
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    const text = textOf(bytes, start, end);
    if (isGreeting(text)) return this.#end("ignored", "greeting");
    return this.decodeTree(parseJson(text), at, receiver);
  }

  /** Decodes a frame that is parsed already. */
  decodeTree(tree: unknown, at: Micros, receiver: EventReceiver): DecodeOutcome {
    this.reason = "";
    this.lastChannel = "";
    this.isSnapshot = false;
    const outer = objectOf(tree);
    if (outer === undefined) return this.#end("refused", "not a JSON object");
    const decoded = this.#decodeChannel(outer, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeChannel(outer: JsonObject, at: Micros): Decoded {
    const channel = textField(outer, "channel");
    this.lastChannel = channel;
    const data = objectOf(outer["data"]);
    switch (channel) {
      case "orderUpdates":
        return this.#orders(outer["data"], at);
      case "userFills":
        this.isSnapshot = data?.["isSnapshot"] === true;
        return this.#fills(data?.["fills"], at);
      case "user":
      case "userEvents":
        return data === undefined ? { refused: "own event without data" } : this.#event(data, at);
      case "clearinghouseState":
        return this.#positions(data, at);
      case "spotState":
        return this.#balances(data, at);
      case "subscriptionResponse":
        return { ignored: "acknowledgement" };
      case "error":
        return { ignored: "subscription refused" };
      case "pong":
        return { ignored: "heartbeat" };
      case "post":
        return { ignored: "answer" };
      case "":
        return "status" in outer ? { ignored: "answer" } : { refused: "no channel" };
      default:
        return { ignored: "other channel" };
    }
  }

  #orders(data: unknown, at: Micros): Decoded {
    const entries = objectsOf(data);
    if (entries === undefined) return { refused: "order updates without a list" };
    const events: OrderUpdate[] = [];
    for (const entry of entries) {
      const order = objectOf(entry["order"]);
      if (order === undefined) return { refused: "order update without its order" };
      const instrument = this.lookup.byCoin(textField(order, "coin"));
      if (instrument === undefined) {
        if (textField(order, "coin") === "") return { refused: "order without its coin" };
        continue;
      }
      const status = textField(entry, "status");
      if (statusOf(status) === undefined) return { refused: "order status is not known" };
      const venueAt = instantField(entry, "statusTimestamp");
      const update = orderUpdateOf(order, instrument, { status, at, venueAt, source: "stream" });
      if (update === undefined) return { refused: "order is not readable" };
      if (update.venueOrderId !== undefined) {
        this.lookup.remember(update.venueOrderId, update.clientOrderId);
      }
      events.push(update);
    }
    return events.length === 0 ? { ignored: "no instrument of ours" } : events;
  }

  #fills(list: unknown, at: Micros): Decoded {
    const entries = objectsOf(list);
    if (entries === undefined) return { refused: "fills without a list" };
    const events: EngineEvent[] = [];
    for (const entry of entries) {
      const instrument = this.lookup.byCoin(textField(entry, "coin"));
      if (instrument === undefined) {
        if (textField(entry, "coin") === "") return { refused: "no coin" };
        continue;
      }
      const fill = fillOf(entry, instrument, at, this.lookup);
      if (fill === undefined) return { refused: "fill is not readable" };
      events.push(fill);
    }
    return events.length === 0 ? { ignored: "no instrument of ours" } : events;
  }

  #event(data: JsonObject, at: Micros): Decoded {
    if ("fills" in data) return this.#fills(data["fills"], at);
    if ("nonUserCancel" in data) return this.#venueCancels(data["nonUserCancel"], at);
    if ("funding" in data) return this.#funding(objectOf(data["funding"]), at);
    if ("liquidation" in data) return { ignored: "liquidation" };
    return { ignored: "other event" };
  }

  /** Orders the venue itself ended, named by its own ids alone. */
  #venueCancels(list: unknown, at: Micros): Decoded {
    const entries = objectsOf(list);
    if (entries === undefined) return { refused: "cancels without a list" };
    const events: OrderUpdate[] = [];
    for (const entry of entries) {
      const instrument = this.lookup.byCoin(textField(entry, "coin"));
      if (instrument === undefined) {
        if (textField(entry, "coin") === "") return { refused: "no coin" };
        continue;
      }
      const id = orderIdOf(entry);
      if (id === undefined) return { refused: "cancel without an order id" };
      events.push({
        kind: "order",
        instrument: instrument.index,
        at,
        venueAt: MICROS_UNKNOWN,
        source: "stream",
        clientOrderId: this.lookup.clientIdOf(id),
        venueOrderId: id,
        status: "cancelled",
        side: undefined,
        type: undefined,
        timeInForce: undefined,
        price: undefined,
        size: undefined,
        filledSize: undefined,
        averagePrice: undefined,
        reason: "other",
        text: "nonUserCancel",
      });
    }
    return events.length === 0 ? { ignored: "no instrument of ours" } : events;
  }

  #funding(funding: JsonObject | undefined, at: Micros): Decoded {
    if (funding === undefined) return { refused: "funding without its object" };
    const coin = textField(funding, "coin");
    const amount = moneyFromText(decimalField(funding, "usdc"));
    const venueAt = instantField(funding, "time");
    if (coin === "" || !amount.ok || venueAt === 0) {
      return { refused: "funding payment is not readable" };
    }
    return [{
      kind: "funding_payment",
      account: UNIFIED_ACCOUNT,
      instrument: this.lookup.byCoin(coin)?.index,
      at,
      venueAt,
      asset: MARGIN_ASSET,
      amount: amount.value,
      paymentId: fillId(`${coin}:${venueAt / 1_000}`),
    }];
  }

  #positions(data: JsonObject | undefined, at: Micros): Decoded {
    if (data !== undefined && textField(data, "dex") !== "") return { ignored: "other exchange" };
    const state = objectOf(data?.["clearinghouseState"]) ?? data;
    const entries = objectsOf(state?.["assetPositions"]);
    if (state === undefined || entries === undefined) return { refused: "state without positions" };
    const venueAt = instantField(state, "time");
    const events: EngineEvent[] = [];
    const held = new Set<InstrumentIndex>();
    for (const entry of entries) {
      const position = objectOf(entry["position"]);
      if (position === undefined) return { refused: "position is not readable" };
      const instrument = this.lookup.byCoin(textField(position, "coin"));
      if (instrument === undefined) {
        if (textField(position, "coin") === "") return { refused: "position without its coin" };
        continue;
      }
      const update = positionOf(position, instrument, at, venueAt);
      if (update === undefined) return { refused: "position is not readable" };
      if (update.size !== 0) held.add(instrument.index);
      events.push(update);
    }
    for (const index of this.#held) {
      if (!held.has(index)) events.push(flatPosition(index, at, venueAt));
    }
    this.#held.clear();
    for (const index of held) this.#held.add(index);
    return events.length === 0 ? { ignored: "no positions of ours" } : events;
  }

  #balances(data: JsonObject | undefined, at: Micros): Decoded {
    const state = objectOf(data?.["spotState"]) ?? data;
    const entries = objectsOf(state?.["balances"]);
    if (entries === undefined) return { refused: "state without balances" };
    const events: EngineEvent[] = [];
    for (const entry of entries) {
      const balance = balanceOf(entry, at, MICROS_UNKNOWN);
      if (balance === undefined) return { refused: "balance is not readable" };
      if (this.isUnified || balance.asset !== MARGIN_ASSET) events.push(balance);
    }
    return events.length === 0 ? { ignored: "no balances" } : events;
  }
}
