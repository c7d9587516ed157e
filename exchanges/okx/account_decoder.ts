/**
 * BACK 2: own channels of OKX to `OrderEvent`s and `AccountEvent`s.
 *
 * 1. A fill is delivered before the order's new state, so that nobody sees a filled order without
 *    its fills. Rows repeat their latest fill: it is told apart by its trade id.
 * 2. An amend that failed (`amendResult` -1) is a refusal of the amend; the order stands.
 * 3. A conditional order that triggered is told by the order it released, which carries its name.
 * 4. `balance_and_position` says cash but not what is free, so of it only positions are taken.
 * 5. An answer (`op`) is an acknowledgement and moves nothing; the gateway pairs its own.
 *
 * Source: venue documentation "Private channel", read 2026-09.
 * @module
 */
import type { Instrument, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, RequestRefused } from "@/engine/messages/mod.ts";
import type { DecodeOutcome, EventReceiver, WireDecoder } from "@/engine/ports/mod.ts";
import {
  idField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import {
  algoStatusOf,
  algoUpdateOf,
  balanceOf,
  clientIdIn,
  fillInOrder,
  InstrumentLookup,
  isReleased,
  orderUpdateOf,
  positionOf,
} from "./_order_objects.ts";
import { rejectReasonOf } from "./reject_codes.ts";

/** What one frame became: events, or why there are none. */
type Decoded = readonly EngineEvent[] | { readonly ignored: string } | { readonly refused: string };

const NOTHING_OURS: Decoded = { ignored: "no instrument or balance of ours" };

/** Decodes own events. */
export class OkxAccountDecoder implements WireDecoder {
  reason = "";
  /** The last frame when it was no data: an acknowledgement, an error, a notice. */
  lastControl: JsonObject | undefined = undefined;
  /** What `balance_and_position` said of its cause, as `funding_fee`. */
  lastCause = "";
  readonly lookup: InstrumentLookup;

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
    this.reason = "";
    this.lastControl = undefined;
    this.lastCause = "";
    const text = textOf(bytes, start, end);
    const decoded = text === "pong" ? { ignored: "pong" } : this.#decodeTree(parseJson(text), at);
    if ("ignored" in decoded) return this.#end("ignored", decoded.ignored);
    if ("refused" in decoded) return this.#end("refused", decoded.refused);
    for (const one of decoded) receiver.deliver(one);
    return "decoded";
  }

  #end(outcome: "ignored" | "refused", reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #decodeTree(tree: unknown, at: Micros): Decoded {
    const root = objectOf(tree);
    if (root === undefined) return { refused: "not a JSON object" };
    if ("event" in root) return this.#control(root);
    const arg = objectOf(root["arg"]);
    if (arg === undefined) {
      return "op" in root || "code" in root ? { ignored: "answer" } : { refused: "no channel" };
    }
    const channel = textField(arg, "channel");
    const read = this.#readerOf(channel);
    if (read === undefined) {
      return channel === "" ? { refused: "no channel" } : { ignored: "other channel" };
    }
    const rows = objectsOf(root["data"]);
    if (rows === undefined) return { refused: "channel without data" };
    const events: EngineEvent[] = [];
    for (const row of rows) {
      const failure = read(row, at, events);
      if (failure !== undefined) return { refused: failure };
    }
    return events.length === 0 ? NOTHING_OURS : events;
  }

  #control(root: JsonObject): Decoded {
    this.lastControl = root;
    switch (textField(root, "event")) {
      case "login":
      case "subscribe":
      case "unsubscribe":
      case "channel-conn-count":
        return { ignored: "acknowledgement" };
      case "error":
      case "channel-conn-count-error":
        return { ignored: "refused by the venue" };
      case "notice":
        return { ignored: "server notice" };
      default:
        return { refused: "unknown event" };
    }
  }

  #readerOf(channel: string): RowReader | undefined {
    switch (channel) {
      case "orders":
        return (row, at, out) => this.#order(row, at, out);
      case "orders-algo":
        return (row, at, out) => this.#algoOrder(row, at, out);
      case "account":
        return balances;
      case "positions":
        return (row, at, out) => this.#position(row, at, out);
      case "balance_and_position":
        return (row, at, out) => this.#balanceAndPosition(row, at, out);
      default:
        return undefined;
    }
  }

  #order(row: JsonObject, at: Micros, out: EngineEvent[]): string | undefined {
    const instrument = this.lookup.of(row);
    if (instrument === undefined) return unknownIn(row);
    const update = orderUpdateOf(row, instrument, at, "stream");
    if (update === undefined) return "order is not readable";
    const fill = fillInOrder(row, instrument, at);
    if (fill === "bad") return "fill is not readable";
    if (update.venueOrderId !== undefined) {
      this.lookup.remember(update.venueOrderId, update.clientOrderId);
    }
    if (fill !== undefined) out.push(fill);
    const refusal = amendRefusal(row, instrument, at);
    if (refusal !== undefined) out.push(refusal);
    out.push(update);
    return undefined;
  }

  #algoOrder(row: JsonObject, at: Micros, out: EngineEvent[]): string | undefined {
    const instrument = this.lookup.of(row);
    if (instrument === undefined) return unknownIn(row);
    const state = textField(row, "state");
    if (isReleased(state)) return undefined;
    if (algoStatusOf(state) === undefined) return "state of a conditional order is not known";
    const update = algoUpdateOf(row, instrument, at, "stream");
    if (update === undefined) return "conditional order is not readable";
    this.lookup.rememberAlgo(update.clientOrderId, textField(row, "algoId"));
    out.push(update);
    return undefined;
  }

  #position(row: JsonObject, at: Micros, out: EngineEvent[]): string | undefined {
    const instrument = this.lookup.of(row);
    // A margin position in a spot pair is a loan, not a position of ours.
    if (instrument === undefined) return unknownIn(row);
    if (instrument.terms.product !== "perpetual") return undefined;
    const position = positionOf(row, instrument, at);
    if (position === undefined) return "position is not readable";
    out.push(position);
    return undefined;
  }

  #balanceAndPosition(row: JsonObject, at: Micros, out: EngineEvent[]): string | undefined {
    this.lastCause = textField(row, "eventType");
    const positions = objectsOf(row["posData"] ?? []);
    if (positions === undefined) return "positions are not readable";
    for (const position of positions) {
      const failure = this.#position(position, at, out);
      if (failure !== undefined) return failure;
    }
    return undefined;
  }
}

/** Reads one row onto `out`; the answer is why it cannot be read. */
type RowReader = (row: JsonObject, at: Micros, out: EngineEvent[]) => string | undefined;

/** Another's instrument is none of our business; no name at all is a row that cannot be read. */
function unknownIn(row: JsonObject): string | undefined {
  return textField(row, "instId") === "" ? "row without its instrument" : undefined;
}

function balances(row: JsonObject, at: Micros, out: EngineEvent[]): string | undefined {
  const details = objectsOf(row["details"]);
  if (details === undefined) return "account event without balances";
  for (const detail of details) {
    const balance = balanceOf(detail, at);
    if (balance === undefined) return "balance is not readable";
    out.push(balance);
  }
  return undefined;
}

function amendRefusal(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
): RequestRefused | undefined {
  if (idField(row, "amendResult") !== "-1") return undefined;
  const code = textField(row, "code");
  const reason = rejectReasonOf(code);
  return {
    kind: "request_refused",
    instrument: instrument.index,
    at,
    clientOrderId: clientIdIn(row),
    request: "amend",
    reason: reason === "other" ? "amend_refused" : reason,
    text: `${code} ${textField(row, "msg")}`.slice(0, 200),
  };
}
