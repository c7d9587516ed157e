/**
 * What a market event does: the book is kept true, then the strategies that read it are asked.
 *
 * 1. A book that became unusable pulls its quotes in the same turn, before any strategy is asked.
 * 2. A snapshot is asked for only inside the venue's rate budget; the feed handler asks again
 *    later.
 * @module
 */
import { assert, moneyToNumber, type Price } from "@/engine/domain/mod.ts";
import type {
  BestBidAsk,
  BookCheck,
  BookDelta,
  BookSnapshot,
  FeedInterrupted,
  Funding,
  InstrumentStatus,
  MarkPrice,
  Trade,
} from "@/engine/messages/mod.ts";
import type { MarketCause, MarketView, OutputSink } from "@/engine/ports/mod.ts";
import { BookAudits } from "./book_audits.ts";
import type { EngineState, InstrumentSlot } from "./engine_state.ts";
import type { Quoting } from "./quoting.ts";
import { SIDE_STREAMS } from "./stream_watch.ts";

/** Market events to books and strategies. */
export class MarketSteps {
  readonly #state: EngineState;
  readonly #view: MarketView;
  readonly #quoting: Quoting;
  readonly #audits: BookAudits;
  /** Events of instruments that are not defined: counted, never guessed at. */
  strayEvents = 0;

  constructor(state: EngineState, view: MarketView, quoting: Quoting, auditEveryMs: number) {
    this.#audits = new BookAudits(state, auditEveryMs);
    this.#state = state;
    this.#view = view;
    this.#quoting = quoting;
  }

  onBookSnapshot(event: BookSnapshot, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.feed.onSnapshot(event, this.#state.now);
    this.#afterBook(slot, out);
  }

  onBookDelta(event: BookDelta, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.feed.onDelta(event, this.#state.now);
    if (this.#audits.onDelta(slot, event)) this.#failAudit(slot, out);
    this.#afterBook(slot, out);
  }

  /** The venue's book as it answered: the one in use is compared with it. */
  onBookCheck(event: BookCheck, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    const verdict = this.#audits.onAnswer(slot, event);
    if (verdict === "nothing") return;
    if (verdict === "different") this.#failAudit(slot, out);
    this.#afterBook(slot, out);
  }

  onFeedInterrupted(event: FeedInterrupted, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.feed.onInterrupted(event, this.#state.now);
    this.#afterBook(slot, out);
  }

  /** Time passed: silence makes a book unusable, a missing snapshot is asked for again. */
  onTimer(slot: InstrumentSlot, out: OutputSink): void {
    slot.feed.onTimer(this.#state.now);
    this.#afterBook(slot, out);
    if (slot.feed.usableChanged && slot.feed.state === "silent") tellSilent(slot, out);
    this.#watchStreams(slot, out);
    this.#audits.onTimer(slot, out);
  }

  onBestBidAsk(event: BestBidAsk, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.feed.onBestBidAsk(event, this.#state.now);
    this.#afterBook(slot, out);
    if (slot.feed.isUsable) this.#ask(slot, "best_bid_ask", undefined, out);
  }

  onTrade(event: Trade, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.streams.tradeAt = this.#state.now;
    slot.lastTrade = event.price as Price;
    if (slot.feed.isUsable) this.#ask(slot, "trade", event, out);
  }

  onMarkPrice(event: MarkPrice, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.streams.markAt = this.#state.now;
    slot.mark = event.mark;
    slot.markValue = moneyToNumber(event.mark);
    if (slot.feed.isUsable) this.#ask(slot, "mark", undefined, out);
  }

  onFunding(event: Funding): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined) return;
    slot.streams.fundingAt = this.#state.now;
    slot.fundingRate = moneyToNumber(event.rate);
    slot.fundingAt = event.nextAt;
  }

  onStatus(event: InstrumentStatus, out: OutputSink): void {
    const slot = this.#slot(event.instrument);
    if (slot === undefined || slot.status === event.status) return;
    const { venue, symbol } = slot.instrument.terms;
    out.emit({
      kind: "alert",
      severity: event.status === "trading" ? "info" : "warning",
      code: "instrument_status",
      text: `${venue}:${symbol} is ${event.status}, was ${slot.status}`,
    });
    slot.status = event.status;
    this.#quoting.syncInstrument(slot, out);
    this.#ask(slot, "status", undefined, out);
  }

  /**
   * An instrument has other terms. Wishes made for the old ones are void: the strategies are asked
   * again in this turn. On other grids the book, kept in ticks and lots, starts anew before that.
   */
  onTermsChanged(slot: InstrumentSlot, isRegridded: boolean, out: OutputSink): void {
    this.#quoting.onTermsChanged(slot);
    for (const { board } of slot.strategies) board.begin(slot.index);
    if (isRegridded) {
      slot.audit?.abandon();
      slot.check.abandon();
      slot.lastTrade = 0 as Price;
      this.#giveUp(slot);
      if (slot.feed.needsSnapshot) this.#requestSnapshot(slot, slot.feed.reason, out);
    }
    this.#ask(slot, slot.feed.isUsable ? "status" : "unusable", undefined, out);
    this.#quoting.syncInstrument(slot, out);
  }

  #slot(index: number): InstrumentSlot | undefined {
    const slot = this.#state.instruments[index];
    if (slot === undefined) this.strayEvents++;
    return slot;
  }

  #afterBook(slot: InstrumentSlot, out: OutputSink): void {
    const feed = slot.feed;
    const changed = feed.changed;
    if (feed.needsSnapshot) this.#requestSnapshot(slot, feed.reason, out);
    if (feed.usableChanged && !feed.isUsable) {
      this.#quoting.syncInstrument(slot, out);
      this.#ask(slot, "unusable", undefined, out);
    } else if (feed.isUsable && (changed || feed.usableChanged)) {
      this.#ask(slot, "book", undefined, out);
    }
  }

  /** Side streams that went stale or came back are told; nobody is asked to act on them. */
  #watchStreams(slot: InstrumentSlot, out: OutputSink): void {
    for (const stream of SIDE_STREAMS) {
      const turn = slot.streams.turnOf(stream, this.#state.now);
      if (turn === "same") continue;
      const isStale = turn === "went_stale";
      out.emit({
        kind: "alert",
        severity: isStale ? "warning" : "info",
        code: "stream_stale",
        text: isStale
          ? `${slot.instrument.key}: ${stream} said nothing for more than ` +
            `${slot.streams.thresholds[stream]} ms`
          : `${slot.instrument.key}: ${stream} speaks again`,
      });
    }
  }

  /** A book that differs from the venue's is given up in this turn. */
  #failAudit(slot: InstrumentSlot, out: OutputSink): void {
    out.emit({
      kind: "alert",
      severity: "critical",
      code: "book_audit",
      text: `${slot.instrument.key}: the book differs from the venue's answer at ` +
        `${slot.book.sequence}; it is built anew`,
    });
    this.#giveUp(slot);
  }

  /** The book is not believed from here on, and built anew. */
  #giveUp(slot: InstrumentSlot): void {
    const { index, book } = slot;
    slot.feed.onInterrupted(
      { kind: "feed_interrupted", instrument: index, at: book.updatedAt, reason: "venue_reset" },
      this.#state.now,
    );
    assert(!slot.feed.isUsable, "A book that is given up is of no use");
  }

  #requestSnapshot(slot: InstrumentSlot, reason: string, out: OutputSink): void {
    if (!slot.venue.budget.tryTake("request_snapshot", undefined, this.#state.now)) return;
    out.emit({ kind: "request_snapshot", instrument: slot.index, reason });
  }

  #ask(
    slot: InstrumentSlot,
    cause: MarketCause,
    trade: Trade | undefined,
    out: OutputSink,
  ): void {
    for (let index = 0; index < slot.strategies.length; index++) {
      const one = slot.strategies[index]!;
      one.strategy.onMarket(slot.index, cause, trade, this.#view, one.board);
      this.#quoting.syncStrategy(one, out);
    }
  }
}

/** Its quotes are on their way out already. */
function tellSilent({ instrument, streams, feed }: InstrumentSlot, out: OutputSink): void {
  const { book, best_bid_ask } = streams.thresholds;
  const text = feed.isBehindTouch
    ? `the book is behind the venue's own touch for more than ${best_bid_ask} ms`
    : `nothing confirmed the book for more than ${book} ms`;
  out.emit({
    kind: "alert",
    severity: "warning",
    code: "book_stale",
    text: `${instrument.key}: ${text}`,
  });
}
