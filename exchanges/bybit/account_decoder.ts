/**
 * BACK 2: own events of the private socket to order, fill, balance, position and funding events.
 *
 * 1. One frame may hold several objects; all of them are understood or none is delivered. Objects
 *    of other categories and instruments are stepped over.
 * 2. Only `execution` moves a position: trades, and what the venue trades for us. Settlement and
 *    delivery do not concern perpetuals.
 * 3. An answer (`retCode`) is an acknowledgement and moves nothing.
 * 4. A position with an older `seq` than the last is not delivered.
 *
 * Source: venue documentation "Order", "Execution", "Position" and "Wallet" (private stream), read
 * 2026-07.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  decimalField,
  idField,
  instantField,
  integerField,
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
  fundingOf,
  InstrumentLookup,
  isHedged,
  isPositionChange,
  isWaitingSpotStop,
  orderUpdateOf,
  positionOf,
} from "./_order_objects.ts";

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

/** Decodes frames of the private socket and, for tools, answers of the order socket. */
export class BybitAccountDecoder implements WireDecoder {
  reason = "";
  readonly lookup: InstrumentLookup;
  readonly #positionSequences = new Map<InstrumentIndex, number>();

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
    return this.decodeTree(parseJson(textOf(bytes, start, end)), at, receiver);
  }

  /** Decodes a frame that is parsed already. */
  decodeTree(tree: unknown, at: Micros, receiver: EventReceiver): DecodeOutcome {
    this.reason = "";
    const outer = objectOf(tree);
    if (outer === undefined) return this.#end("refused", "not a JSON object");
    const decoded = this.#decodeFrame(outer, at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeFrame(outer: JsonObject, at: Micros): Decoded {
    if (!("topic" in outer)) return withoutTopic(outer);
    const topic = textField(outer, "topic");
    if (topic === "") return { refused: "topic is not a text" };
    const [name, part] = topic.split(".");
    const isOwn = ["order", "execution", "position", "wallet"].includes(name!);
    if (!isOwn) return { ignored: name === "dcp" ? "dead-man switch" : "other channel" };
    const items = objectsOf(outer["data"]);
    if (items === undefined) return { refused: "own event without data" };
    const category = part === "spot" || part === "linear" ? part : "";
    switch (name) {
      case "order":
        return this.#orders(items, category, at);
      case "execution":
        return this.#executions(items, category, at, part === "fast");
      case "position":
        return this.#positions(items, category, at);
      default:
        return wallet(items, instantField(outer, "creationTime"), at);
    }
  }

  #instrumentOf(item: JsonObject, category: string): Instrument | undefined {
    return this.lookup.ofObject(item, textField(item, "category") || category);
  }

  #orders(items: readonly JsonObject[], category: string, at: Micros): Decoded {
    const events: EngineEvent[] = [];
    const known: (readonly [JsonObject, Instrument])[] = [];
    for (const item of items) {
      const instrument = this.#instrumentOf(item, category);
      if (instrument === undefined) continue;
      const update = orderUpdateOf(item, instrument, at, "stream");
      if (update === undefined) return { refused: "order is not readable" };
      known.push([item, instrument]);
      events.push(update);
    }
    for (const [item, instrument] of known) this.#remember(item, instrument);
    return events.length === 0 ? { ignored: "instrument not known" } : events;
  }

  #remember(order: JsonObject, instrument: Instrument): void {
    const clientId = textField(order, "orderLinkId");
    this.lookup.remember(instrument, idField(order, "orderId"), clientId);
    const isWaiting = isWaitingSpotStop(order, instrument);
    if (isWaiting !== undefined) this.lookup.markStop(clientId, isWaiting);
  }

  #executions(
    items: readonly JsonObject[],
    category: string,
    at: Micros,
    isFast: boolean,
  ): Decoded {
    const events: EngineEvent[] = [];
    let skipped = "";
    for (const item of items) {
      const instrument = this.#instrumentOf(item, category);
      const type = isFast ? "Trade" : textField(item, "execType");
      if (instrument === undefined) continue;
      if (type === "Funding") {
        const payment = fundingOf(item, instrument, at);
        if (payment === undefined) return { refused: "funding payment is not readable" };
        events.push(payment);
      } else if (isPositionChange(type)) {
        const fill = fillOf(item, instrument, at, this.lookup, isFast);
        if (fill === undefined) return { refused: "fill is not readable" };
        events.push(fill);
      } else if (type === "") {
        return { refused: "execution without its type" };
      } else {
        skipped = "execution that is neither trade nor funding";
      }
    }
    return events.length === 0 ? { ignored: skipped || "instrument not known" } : events;
  }

  #positions(items: readonly JsonObject[], category: string, at: Micros): Decoded {
    const events: EngineEvent[] = [];
    const sequences: (readonly [InstrumentIndex, number])[] = [];
    let skipped = "instrument not known";
    for (const item of items) {
      const instrument = this.#instrumentOf(item, category);
      if (instrument === undefined) continue;
      if (isHedged(item)) {
        skipped = "two-sided position";
        continue;
      }
      const position = positionOf(item, instrument, at);
      if (position === undefined) return { refused: "position is not readable" };
      const sequence = integerField(item, "seq");
      const last = this.#positionSequences.get(instrument.index) ?? -1;
      if (sequence !== undefined && sequence >= 0 && sequence < last) {
        skipped = "position is older than the last";
        continue;
      }
      if (sequence !== undefined) sequences.push([instrument.index, sequence]);
      events.push(position);
    }
    for (const [index, sequence] of sequences) this.#positionSequences.set(index, sequence);
    return events.length === 0 ? { ignored: skipped } : events;
  }
}

function wallet(items: readonly JsonObject[], venueAt: Micros, at: Micros): Decoded {
  const events: EngineEvent[] = [];
  for (const item of items) {
    const type = decimalField(item, "accountType");
    if (type !== "" && type !== "UNIFIED") continue;
    const coins = objectsOf(item["coin"]);
    if (coins === undefined) return { refused: "wallet without coins" };
    for (const coin of coins) {
      const balance = balanceOf(coin, at, venueAt);
      if (balance === undefined) return { refused: "balance is not readable" };
      events.push(balance);
    }
  }
  return events.length === 0 ? { ignored: "no balance of ours" } : events;
}

function withoutTopic(outer: JsonObject): Decoded {
  const op = textField(outer, "op");
  if (op === "pong" || op === "ping") return { ignored: "heartbeat" };
  const isRefused = outer["success"] === false || (integerField(outer, "retCode") ?? 0) !== 0;
  if (op === "auth") return { ignored: isRefused ? "login refused" : "login confirmed" };
  if (op === "subscribe" || op === "unsubscribe") {
    return { ignored: isRefused ? "subscription refused" : "acknowledgement" };
  }
  if (op !== "" || "retCode" in outer || outer["type"] === "COMMAND_RESP") {
    return { ignored: isRefused ? "request refused" : "acknowledgement" };
  }
  return { refused: "no topic" };
}
