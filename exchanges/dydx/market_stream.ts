/**
 * IN 1: the market sockets of all instruments, on one line or two, and the audit of books by REST.
 *
 *   line A: socket -> frames -> whole books --+--> followed ---------------> events
 *   line B: the same, where wanted -----------+--> stands by with its books
 *
 * 1. A connection carries at most 32 books.
 * 2. Messages are numbered by the connection, so deltas of two lines cannot be mixed: one is
 *    followed, the other keeps its books and takes over with them when the first is lost. Trades
 *    are told once, from whichever line says them first.
 * 3. Sockets are renewed after 23 hours; the newer one's snapshots take the books over.
 * 4. Books are compared with REST soon after they begin and again and again, those that stand by
 *    too; one after the other, as books that begin together are due together.
 *
 * Source: venue sheet section 2.
 * @module
 */
import type { Instrument, InstrumentIndex } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { type LineCount, type MarketLine, MarketLines } from "@/exchanges/kit/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import { type DydxContext, HEARTBEAT, OnceLog } from "./_context.ts";
import { type Indexer, type Outcome, wordsOf } from "./_indexer.ts";
import { LineFeed } from "./_line_feed.ts";

const BOOKS_PER_CONNECTION_MAX = 32;
const ROTATE_AFTER_MS = 23 * 3_600_000;
const ROTATE_OVERLAP_MS = 10_000;
const AUDIT_FIRST_MS = 5_000;
const AUDIT_AGAIN_MS = 3_000;
const AUDIT_EVERY_MS = 45_000;
/** Between two audits' questions: 20 in 10 s, which the rate limit rules leave to them. */
const AUDIT_PACE_MS = 500;

/** A share of the instruments on its lines. */
interface Share {
  readonly instruments: readonly Instrument[];
  readonly lines: MarketLines;
  readonly feeds: readonly LineFeed[];
}

/** What the stream tells beside events. */
export interface StreamEars {
  onLink(): void;
  onHeight(height: number): void;
}

/** Market data of all instruments. */
export class MarketStream {
  /** Levels that an audit corrected. */
  corrections = 0;
  readonly #context: DydxContext;
  readonly #indexer: Indexer;
  readonly #ears: StreamEars;
  readonly #once: OnceLog;
  readonly #lineCount: LineCount;
  readonly #shares: readonly Share[];
  #isStopped = false;
  readonly #auditTimers = new Map<InstrumentIndex, number>();
  /** Books whose audit is due, and when the next may be asked for. */
  readonly #dueAudits = new Set<InstrumentIndex>();
  #paceTimer: number | undefined;

  constructor(
    context: DydxContext,
    indexer: Indexer,
    instruments: readonly Instrument[],
    ears: StreamEars,
    lineCount: LineCount = 1,
  ) {
    this.#context = context;
    this.#indexer = indexer;
    this.#ears = ears;
    this.#once = new OnceLog(context.log);
    this.#lineCount = lineCount;
    const shares: Share[] = [];
    for (let from = 0; from < instruments.length; from += BOOKS_PER_CONNECTION_MAX) {
      shares.push(this.#open(instruments.slice(from, from + BOOKS_PER_CONNECTION_MAX)));
    }
    this.#shares = shares;
  }

  /** Every share of the instruments has an open socket. */
  get up(): boolean {
    return this.#shares.every(({ lines }) => lines.up);
  }

  /** Frames that the decoders' scanners could not read. */
  get fallbacks(): number {
    return this.#feeds().reduce((sum, { decoder }) => sum + decoder.fallbacks, 0);
  }

  start(): void {
    for (const { lines } of this.#shares) lines.start();
  }

  stop(): void {
    this.#isStopped = true;
    for (const { lines } of this.#shares) lines.stop();
    for (const feed of this.#feeds()) feed.stop();
    for (const timer of this.#auditTimers.values()) this.#context.scheduler.cancel(timer);
    this.#auditTimers.clear();
    if (this.#paceTimer !== undefined) this.#context.scheduler.cancel(this.#paceTimer);
    this.#paceTimer = undefined;
  }

  /** An instrument counts on other grids; the core asks for its book. */
  redefine(instrument: Instrument): void {
    const share = this.#shares.find(({ lines }) => lines.has(instrument.index));
    for (const { decoder } of share?.feeds ?? []) decoder.slots.redefine(instrument);
    share?.lines.merge.regrid(instrument.index);
  }

  /** Subscribes one book anew; while its snapshot is awaited, a second request joins the first. */
  requestSnapshot(index: InstrumentIndex): void {
    const share = this.#shares.find(({ lines }) => lines.has(index));
    // While no socket is up every book comes anew with the next one.
    const feed = share?.feeds.find(({ line }) => line.up);
    if (share === undefined || feed === undefined) return;
    share.lines.merge.expectSnapshot(index);
    feed.renewBook(index);
  }

  #feeds(): LineFeed[] {
    return this.#shares.flatMap(({ feeds }) => feeds);
  }

  #open(instruments: readonly Instrument[]): Share {
    const { clock, scheduler, log, addresses } = this.#context;
    const feedOf = (line: MarketLine): LineFeed => feeds[line.number]!;
    const lines = new MarketLines({
      name: "dydx market",
      count: this.#lineCount,
      instruments,
      // Answers are waited for by the line's feed.
      awaited: () => [],
      bookKind: "book_delta",
      numbering: "connection",
      takesSnapshots: true,
      rotateAfterMs: ROTATE_AFTER_MS,
      standby: (line, index) => feedOf(line).bookOf(index),
      clock,
      scheduler,
      log,
      openSession: (plan) =>
        this.#context.openSession({
          ...plan,
          urlFor: fixedUrl(addresses.publicSocket),
          heartbeat: HEARTBEAT,
          rotateOverlapMs: ROTATE_OVERLAP_MS,
        }),
      deliver: (event: EngineEvent) => this.#context.deliver(event),
      handler: {
        onUp: (line) => {
          feedOf(line).onUp();
          this.#ears.onLink();
        },
        onText: (line, bytes, start, end, at) => feedOf(line).onText(bytes, start, end, at),
        onDown: (line, reason) => {
          feedOf(line).onDown();
          this.#once.warn("market socket lost", { reason });
          this.#ears.onLink();
        },
      },
    });
    const feeds = lines.lines.map((line) =>
      new LineFeed({
        context: this.#context,
        line,
        lines,
        instruments,
        once: this.#once,
        onBook: (index) => this.#auditLater(index, AUDIT_FIRST_MS),
        onHeight: (height) => this.#ears.onHeight(height),
      })
    );
    return { instruments, lines, feeds };
  }

  #auditLater(index: InstrumentIndex, delayMs: number): void {
    const { scheduler } = this.#context;
    const waiting = this.#auditTimers.get(index);
    if (waiting !== undefined) scheduler.cancel(waiting);
    this.#dueAudits.delete(index);
    this.#auditTimers.set(
      index,
      scheduler.after(delayMs, () => {
        this.#auditTimers.delete(index);
        this.#dueAudits.add(index);
        if (this.#paceTimer === undefined) this.#auditNext();
      }),
    );
  }

  #auditNext(): void {
    const [index] = this.#dueAudits;
    if (index === undefined) return;
    this.#dueAudits.delete(index);
    this.#paceTimer = this.#context.scheduler.after(AUDIT_PACE_MS, () => {
      this.#paceTimer = undefined;
      this.#auditNext();
    });
    this.#audit(index);
  }

  #audit(index: InstrumentIndex): void {
    const share = this.#shares.find(({ lines }) => lines.has(index));
    const instrument = share?.instruments.find((one) => one.index === index);
    // A book that is lost begins anew, and its audit with it.
    if (!share?.feeds.some((feed) => feed.isTrue(index)) || instrument === undefined) return;
    const path = `/orderbooks/perpetualMarket/${instrument.terms.venueSymbol}`;
    this.#indexer.get(path, (outcome) => {
      // What waits already is of a newer snapshot: this answer is of the book before.
      const isNewer = this.#auditTimers.has(index) || this.#dueAudits.has(index);
      if (this.#isStopped || isNewer) return;
      const isSoon = this.#compare(share, index, outcome);
      this.#auditLater(index, isSoon ? AUDIT_AGAIN_MS : AUDIT_EVERY_MS);
    });
  }

  /** Compares every line's book and corrects it; true where a second look is wanted soon. */
  #compare(share: Share, index: InstrumentIndex, outcome: Outcome): boolean {
    if (outcome.kind !== "ok") {
      this.#once.warn("book audit not answered", { found: wordsOf(outcome) });
      return false;
    }
    let isSoon = false;
    for (const feed of share.feeds) {
      if (!feed.isTrue(index)) continue;
      const found = feed.audit(index, outcome.bytes, outcome.at);
      if (found === undefined) {
        this.#once.warn("book audit not readable");
        continue;
      }
      this.corrections += found.corrected;
      if (found.corrected > 0) {
        this.#once.warn("book levels corrected by REST", { levels: found.corrected });
      }
      isSoon ||= found.hasSuspects;
    }
    return isSoon;
  }
}
