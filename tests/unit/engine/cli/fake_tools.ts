/**
 * A venue whose wire protocol is plain JSON, for tests of the wire tools.
 *
 *   {"k":"delta","s":"BTCUSDT","u":2,"b":[["100.0","1"]],"a":[]}    k: snap, delta, trade, touch, …
 *
 * Its books count by one: a delta is next when its `u` is one above the last.
 * @module
 */
import {
  accountKey,
  createInstrument,
  err,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  type Micros,
  micros,
  ok,
  type Price,
  type Size,
  symbolOf,
  symbolParts,
  tradeId,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { type BookDelta, type EngineEvent, LevelBuffer } from "@/engine/messages/mod.ts";
import type {
  DecodeOutcome,
  EventReceiver,
  MarketDecoder,
  SequenceRule,
  VenueTools,
  WireDecoder,
} from "@/engine/ports/mod.ts";

type Frame = Record<string, unknown> & { k: string; s?: string };

/** The terms of one instrument, or of the grid that was asked for. */
export function fakeTerms(symbol: string, tick = "0.1", lot = "0.001", contract = "1") {
  const parts = symbolParts(symbol)!;
  const terms: InstrumentTerms = {
    venue: "binance",
    symbol: symbolOf(symbol),
    venueSymbol: venueSymbolOf(`${parts.base}${parts.quote}`),
    product: parts.product,
    account: accountKey("binance", parts.product),
    base: parts.base,
    quote: parts.quote,
    settle: parts.quote,
    tick,
    lot,
    contractSize: contract,
    maxSize: "1000",
  };
  return terms;
}

/** An instrument with its index. */
export function fakeInstrument(symbol = "BTC-USDT-PERP", index = 0): Instrument {
  return unwrap(createInstrument(instrumentIndex(index), fakeTerms(symbol)));
}

/** What the account decoder delivers for frames of kind `account`; set by a test. */
export class FakeTools implements VenueTools {
  readonly venue = "binance";
  accountEvents: readonly EngineEvent[] = [];

  parseInstruments(text: string) {
    if (!text.startsWith("[")) return err(`wanted a list, found "${text.slice(0, 20)}"`);
    const symbols = JSON.parse(text) as string[];
    return ok(
      symbols.map((symbol) => symbol === "BAD-USDT" ? fakeTerms(symbol, "0") : fakeTerms(symbol)),
    );
  }

  termsFrom(symbol: string, tick: string, lot: string, contractSize: string) {
    if (symbolParts(symbol) === undefined) return err(`wanted BASE-QUOTE, found "${symbol}"`);
    return ok(fakeTerms(symbol, tick, lot, contractSize));
  }

  createMarketDecoder(instruments: readonly Instrument[]): MarketDecoder {
    return new FakeMarketDecoder(instruments);
  }

  createAccountDecoder(): WireDecoder {
    const events = this.accountEvents;
    return {
      reason: "not an account message",
      decode(bytes, start, end, _at, receiver): DecodeOutcome {
        const text = new TextDecoder().decode(bytes.subarray(start, end));
        if (text.includes('"account"')) {
          for (const event of events) receiver.deliver(event);
          return "decoded";
        }
        return text.startsWith("{") && !text.includes("odd") ? "ignored" : "refused";
      },
    };
  }

  sequenceRule(): SequenceRule {
    return new CountingRule();
  }

  sign(input: Readonly<Record<string, unknown>>) {
    if (input["kind"] !== "rest") return err('"kind": wanted rest, found something else');
    return ok({ payload: JSON.stringify(input), signature: "abc" });
  }

  encode: VenueTools["encode"] = (request, instrument) => {
    if (request.kind === "cancel_all") return err("this venue has no cancel_all");
    const rest = { ...request } as Record<string, unknown>;
    delete rest["instrument"];
    delete rest["strategy"];
    // Like some venues, it names no side when it amends; when it replaces, it does.
    if (request.kind === "amend_order") delete rest["side"];
    return ok({
      channel: "ws",
      method: request.kind,
      message: { symbol: instrument.terms.venueSymbol, ...rest },
    });
  };
}

/** Numbers by one; snapshots come from outside. */
class CountingRule implements SequenceRule {
  readonly snapshotFrom = "rest";
  #last = -1;
  reset(): void {
    this.#last = -1;
  }
  isSnapshotRecent(snapshot: { sequence: number }, first: number): boolean {
    return first < 0 || snapshot.sequence + 1 >= first;
  }
  onSnapshot(snapshot: { sequence: number }): void {
    this.#last = snapshot.sequence;
  }
  judge(delta: BookDelta) {
    if (this.#last < 0) return "gap";
    if (delta.sequence <= this.#last) return "stale";
    if (delta.sequence > this.#last + 1) return "gap";
    this.#last = delta.sequence;
    return "next";
  }
}

class FakeMarketDecoder implements MarketDecoder {
  reason = "";
  readonly #instruments: readonly Instrument[];

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    const frame = this.#parse(bytes, start, end);
    if (frame === undefined) return "refused";
    const instrument = this.#instruments.find((one) => one.terms.venueSymbol === frame.s);
    if (instrument === undefined) {
      this.reason = "instrument not known";
      return "ignored";
    }
    const event = eventOf(frame, instrument, at);
    if (event === undefined) {
      this.reason = "unknown channel";
      return frame.k === "odd" ? "refused" : "ignored";
    }
    receiver.deliver(event);
    return "decoded";
  }

  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    index: Instrument["index"],
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    const frame = this.#parse(bytes, start, end);
    if (frame === undefined) return "refused";
    if (frame["u"] === undefined) {
      this.reason = "not a snapshot";
      return "ignored";
    }
    const instrument = this.#instruments.find((one) => one.index === index)!;
    receiver.deliver(eventOf({ ...frame, k: "snap" }, instrument, at)!);
    return "decoded";
  }

  #parse(bytes: Uint8Array, start: number, end: number): Frame | undefined {
    try {
      return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end))) as Frame;
    } catch {
      this.reason = "not JSON";
      return undefined;
    }
  }
}

function eventOf(frame: Frame, instrument: Instrument, at: Micros): EngineEvent | undefined {
  const head = { instrument: instrument.index, at, venueAt: micros(Number(frame["t"] ?? 0)) };
  const sequence = Number(frame["u"] ?? -1);
  const priceOf = (name: string): Price =>
    unwrap(instrument.priceFromText(String(frame[name] ?? "0")));
  const sizeOf = (name: string): Size =>
    unwrap(instrument.sizeFromText(String(frame[name] ?? "0")));
  switch (frame.k) {
    case "snap":
    case "delta": {
      const levels = {
        sequence,
        bids: levelsOf(frame["b"], instrument),
        asks: levelsOf(frame["a"], instrument),
        checksum: undefined,
      };
      return frame.k === "snap" ? { kind: "book_snapshot", ...head, ...levels } : {
        kind: "book_delta",
        ...head,
        ...levels,
        firstSequence: sequence,
        previousSequence: sequence - 1,
      };
    }
    case "trade":
      return {
        kind: "trade",
        ...head,
        price: priceOf("p"),
        size: sizeOf("q"),
        aggressor: "buy",
        tradeId: tradeId("77"),
      };
    case "touch":
      return {
        kind: "best_bid_ask",
        ...head,
        sequence,
        bid: priceOf("bp"),
        bidSize: sizeOf("bq"),
        ask: priceOf("ap"),
        askSize: sizeOf("aq"),
      };
    case "cut":
      return { kind: "feed_interrupted", ...head, reason: "venue_reset" };
    default:
      return undefined;
  }
}

function levelsOf(found: unknown, instrument: Instrument): LevelBuffer {
  const levels = new LevelBuffer();
  for (const [price, size] of (found ?? []) as [string, string][]) {
    levels.push(unwrap(instrument.priceFromText(price)), unwrap(instrument.sizeFromText(size)));
  }
  return levels;
}

/** Lines as a stream. */
export async function* linesOf(...lines: unknown[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(textOf(line));
}

/** One input line of `book` and `events`. */
export function wire(frame: unknown, source: "ws" | "rest" = "ws", at?: number): string {
  return JSON.stringify({
    source,
    text: typeof frame === "string" ? frame : JSON.stringify(frame),
    ...(at === undefined ? {} : { at_us: at }),
  });
}

function textOf(line: unknown): string {
  return typeof line === "string" ? line : JSON.stringify(line);
}

/** Runs with a `write` that keeps every line as a value. */
export function collector(): { write: (line: string) => void; values: Record<string, unknown>[] } {
  const values: Record<string, unknown>[] = [];
  return { write: (line) => values.push(JSON.parse(line) as Record<string, unknown>), values };
}
