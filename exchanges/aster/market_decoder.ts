/**
 * IN 2: bytes of Aster's public streams and depth snapshots to `MarketEvent`s.
 *
 *   bytes -> fields in place -> event by its name -> scratch event -> receiver
 *              | anything unexpected: JSON.parse, put in order, read once more, counted
 *
 * 1. Depth, best bid and ask, and trades become ticks and lots without an object per message.
 * 2. Nothing of a frame is delivered before all of it is read.
 * 3. Keys may come in any order and unknown ones are stepped over; only levels that stand before
 *    their symbol go the second way.
 * 4. Spot and futures frames look alike. Where one decoder knows both products of a symbol, a frame
 *    is of futures unless it is one that only spot sends: a trade with `M`, a raw trade without
 *    `X`, a best bid and ask that begins with `u`.
 * 5. A partial book (`@depth5|10|20`, or one with `bids`) is no delta, and is never read as one.
 *
 * Source: venue documentation "WebSocket market streams", futures and spot v3, read 2026-06-30.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  micros,
  moneyFromText,
  type Price,
  type Size,
} from "@/engine/domain/mod.ts";
import type { DecodeOutcome, EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import {
  BestBidAskScratch,
  DeltaScratch,
  LetterFrames,
  scanTicks,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { frameText } from "./_fields.ts";
import { FrameFields, type FrameKind, inReadingOrder, type Span } from "./_frame_fields.ts";
import { type Listed, SymbolIndex } from "./_symbol_index.ts";

const encoder = new TextEncoder();

/** Decodes public frames. One per connection; owns its scratch events. */
export class AsterMarketDecoder implements MarketDecoder {
  reason = "";
  /** Frames that `JSON.parse` had to put in order. */
  fallbacks = 0;
  /** Instrument of the last frame, where it could be told. */
  lastInstrument: InstrumentIndex | undefined = undefined;
  readonly #instruments: readonly Instrument[];
  readonly #fields: FrameFields;
  readonly #delta = new DeltaScratch();
  readonly #snapshot = new SnapshotScratch();
  readonly #touch = new BestBidAskScratch();
  readonly #trade = new TradeScratch();
  /** The same memory, by what `#letters` reads into it. */
  readonly #usual = { delta: this.#delta, touch: this.#touch, trade: this.#trade };
  readonly #letters: LetterFrames;

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    const symbols = new SymbolIndex(instruments);
    this.#fields = new FrameFields(symbols, this.#delta, this.#snapshot);
    const { delta, touch, trade } = this.#usual;
    this.#letters = new LetterFrames(
      (bytes, start, end) => symbols.find(bytes, start, end)?.perpetual,
      delta,
      touch,
      trade,
    );
  }

  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.lastInstrument = undefined;
    const usual = this.#letters.read(bytes, start, end, at);
    if (usual !== "unread") {
      const event = this.#usual[usual];
      this.lastInstrument = event.instrument;
      receiver.deliver(event);
      return this.#end("decoded", "");
    }
    if (this.#fields.readFrame(bytes, start, end)) return this.#finish(at, receiver);
    const ordered = this.#ordered(bytes, start, end);
    if (ordered === undefined) return this.#end("refused", "not a JSON object");
    if (this.#fields.readFrame(ordered, 0, ordered.length)) return this.#finish(at, receiver);
    return this.#end("refused", "frame is not readable");
  }

  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    instrument: InstrumentIndex,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    this.lastInstrument = instrument;
    const found = this.#instruments.find((one) => one.index === instrument);
    if (found === undefined) return this.#end("ignored", "instrument not known");
    if (!this.#fields.readSnapshot(bytes, start, end, found)) {
      const ordered = this.#ordered(bytes, start, end);
      if (ordered === undefined) return this.#end("refused", "not a JSON object");
      if (!this.#fields.readSnapshot(ordered, 0, ordered.length, found)) {
        return this.#end("refused", "snapshot is not readable");
      }
    }
    const { sequence, transactedMs, eventMs } = this.#fields;
    const snapshot = this.#snapshot;
    snapshot.instrument = instrument;
    snapshot.at = at;
    snapshot.venueAt = venueInstant(transactedMs, eventMs);
    snapshot.sequence = sequence;
    receiver.deliver(snapshot);
    return this.#end("decoded", "");
  }

  #end(outcome: DecodeOutcome, reason: string): DecodeOutcome {
    this.reason = reason;
    return outcome;
  }

  #ordered(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    this.fallbacks++;
    const text = inReadingOrder(frameText(bytes, start, end));
    return text === undefined ? undefined : encoder.encode(text);
  }

  /** All fields are read: what event are they? */
  #finish(at: Micros, receiver: EventReceiver): DecodeOutcome {
    const fields = this.#fields;
    if (fields.ignoredFor !== "") return this.#end("ignored", fields.ignoredFor);
    const listed = fields.listed;
    if (fields.kind === "none" || listed === undefined) {
      return this.#end("refused", "no event name or symbol");
    }
    const instrument = productOf(listed, fields);
    this.lastInstrument = instrument.index;
    const reason = this.#deliver(fields.kind, instrument, at, receiver);
    if (reason === "") return this.#end("decoded", "");
    return this.#end(reason.startsWith("not wanted") ? "ignored" : "refused", reason);
  }

  /** Delivers, or says why not. */
  #deliver(
    kind: Exclude<FrameKind, "none">,
    instrument: Instrument,
    at: Micros,
    receiver: EventReceiver,
  ): string {
    switch (kind) {
      case "depthUpdate":
        return this.#deliverDelta(instrument, at, receiver);
      case "bookTicker":
        return this.#deliverTouch(instrument, at, receiver);
      case "aggTrade":
      case "trade":
        return this.#deliverTrade(kind, instrument, at, receiver);
      case "markPriceUpdate":
        return this.#deliverMark(instrument, at, receiver);
    }
  }

  #deliverDelta(instrument: Instrument, at: Micros, receiver: EventReceiver): string {
    const { first, sequence, previous, sides, transactedMs, eventMs } = this.#fields;
    if (this.#fields.isPartialBook) return "not wanted: a partial book";
    if (sides !== 3) return "depth without both sides";
    if (first < 0 || sequence < first) return "depth without its sequence";
    if (previous < 0 && instrument.terms.product === "perpetual") {
      return "depth without its sequence";
    }
    const delta = this.#delta;
    delta.instrument = instrument.index;
    delta.at = at;
    delta.venueAt = venueInstant(transactedMs, eventMs);
    delta.firstSequence = first;
    delta.sequence = sequence;
    delta.previousSequence = previous;
    receiver.deliver(delta);
    return "";
  }

  #deliverTouch(instrument: Instrument, at: Micros, receiver: EventReceiver): string {
    const fields = this.#fields;
    const bid = this.#steps(fields.bid, instrument, true);
    const bidSize = this.#steps(fields.bidSize, instrument, false);
    const ask = this.#steps(fields.ask, instrument, true);
    const askSize = this.#steps(fields.askSize, instrument, false);
    if (bid < 0 || bidSize < 0 || ask < 0 || askSize < 0) {
      return "best bid and ask are not on the instrument's grids";
    }
    if (fields.sequence < 0) return "best bid and ask without sequence";
    const touch = this.#touch.begin(instrument.index, at);
    touch.venueAt = venueInstant(fields.transactedMs, fields.eventMs);
    touch.sequence = fields.sequence;
    touch.bid = bid as Price;
    touch.bidSize = bidSize as Size;
    touch.ask = ask as Price;
    touch.askSize = askSize as Size;
    receiver.deliver(touch);
    return "";
  }

  #deliverTrade(
    kind: "aggTrade" | "trade",
    instrument: Instrument,
    at: Micros,
    receiver: EventReceiver,
  ): string {
    const fields = this.#fields;
    if (fields.isSpecial) return "not wanted: a trade that is not of the market";
    const price = this.#steps(fields.price, instrument, true);
    const size = this.#steps(fields.size, instrument, false);
    const id = kind === "trade" ? fields.tradeId : fields.ask;
    if (price < 0 || size < 0) return "trade is not on the instrument's grids";
    if (fields.buyerIsMaker < 0 || id.start === id.end) return "trade without id or aggressor";
    if (price === 0 || size === 0) return "not wanted: a trade without price or size";
    const trade = this.#trade.begin(instrument.index, at);
    trade.venueAt = venueInstant(fields.transactedMs, fields.eventMs);
    trade.price = price as Price;
    trade.size = size as Size;
    trade.aggressor = fields.buyerIsMaker === 1 ? "sell" : "buy";
    trade.setTradeIdSpan(fields.bytes, id.start, id.end);
    receiver.deliver(trade);
    return "";
  }

  /** `p` mark, `i` index, `r` funding rate, `T` when it is paid next. */
  #deliverMark(instrument: Instrument, at: Micros, receiver: EventReceiver): string {
    const { price, index, rate, transactedMs, eventMs } = this.#fields;
    const mark = moneyFromText(this.#text(price));
    const indexText = this.#text(index);
    const rateText = this.#text(rate);
    const indexPrice = indexText === "" ? undefined : moneyFromText(indexText);
    const funding = rateText === "" ? undefined : moneyFromText(rateText);
    if (!mark.ok || mark.value <= 0n) return "mark price is not a price";
    if (indexPrice?.ok === true && indexPrice.value <= 0n) return "index price is not a price";
    if (indexPrice?.ok === false || funding?.ok === false) {
      return "index price or funding rate is not a decimal";
    }
    const base = { instrument: instrument.index, at, venueAt: micros(eventMs * 1_000) };
    receiver.deliver({ kind: "mark_price", ...base, mark: mark.value, index: indexPrice?.value });
    if (funding !== undefined) {
      const nextAt = micros(transactedMs * 1_000);
      receiver.deliver({ kind: "funding", ...base, rate: funding.value, nextAt });
    }
    return "";
  }

  #text({ start, end }: Span): string {
    return frameText(this.#fields.bytes, start, end);
  }

  #steps({ start, end }: Span, instrument: Instrument, isPrice: boolean): number {
    const grid = isPrice ? instrument.priceGrid : instrument.sizeGrid;
    return scanTicks(this.#fields.bytes, start, end, grid);
  }
}

/** Invariant 4. One of the two is always there. */
function productOf(listed: Listed, fields: FrameFields): Instrument {
  const { spot, perpetual } = listed;
  // Levels were read on the grid of this one.
  if (fields.kind === "depthUpdate") return (perpetual ?? spot)!;
  return (fields.isOfSpot ? spot ?? perpetual : perpetual ?? spot)!;
}

function venueInstant(transactedMs: number, eventMs: number): Micros {
  return micros((transactedMs > 0 ? transactedMs : eventMs) * 1_000);
}
