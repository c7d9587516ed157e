/**
 * `MarketLines`: one plan of market streams on one connection or on two that say the same (A and
 * B), each kept alive by itself, merged by a `LineMerge`.
 *
 *   line A: down -> subscribing -> flowing --+
 *             ^         | a stream is silent  +--> merge --> events, each once
 *             +---------+ connect anew        |
 *   line B: the same ------------------------+
 *
 * 1. Each line subscribes everything on each connection that opens. A venue acknowledges a stream
 *    on a wrong route too, and it stays silent: what must be heard has a timer, with more patience
 *    each time. Where another instrument is heard whole, the new connection comes before the old
 *    one goes, because what is silent may just be quiet.
 * 2. Losing a line is told to the feeds only where no other line stands in (see `LineMerge`).
 * 3. Lines rotate (make-before-break) in turns: B's first rotation comes half a period after A's,
 *    and none begins within ten minutes of the other's.
 * 4. `deliver` is for the decoder while it reads a frame of `onText`: it knows which connection
 *    spoke.
 *
 * A venue's stream gives the plan, subscribes in `onUp`, decodes in `onText`, and sends what the
 * decoder says through `deliver`.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { BookSnapshot, EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { Clock, Log, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import type { SessionHandler, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import type { Session } from "./client_context.ts";
import { type BookNumbering, LineMerge, type Standby } from "./line_merge.ts";

/** How many connections carry each stream. */
export type LineCount = 1 | 2;

/** What a session of a line is asked for; the venue adds address and heartbeat. */
export interface LinePlan {
  readonly name: string;
  readonly handler: SessionHandler;
  readonly rotateAfterMs?: number;
  readonly rotateFirstAfterMs?: number;
  readonly mayRotate: () => boolean;
}

/** What lines are made of. */
export interface MarketLinesOptions {
  /** For logs; lines of a pair are called `… a` and `… b`. */
  readonly name: string;
  readonly count: LineCount;
  readonly instruments: readonly Instrument[];
  /** Which kinds must be heard of an instrument after subscribing; trades may be rare. */
  readonly awaited: (instrument: Instrument) => readonly EngineEvent["kind"][];
  /** The kind without which a book is silent; undefined: no book hangs on these lines. */
  readonly bookKind: "book_delta" | "book_snapshot" | undefined;
  readonly numbering: BookNumbering;
  /** As `LineMerge` has it. */
  readonly takesSnapshots: boolean;
  /** The whole book that a line keeps though another is followed; absent: none keeps one. */
  readonly standby?: (line: MarketLine, index: InstrumentIndex) => BookSnapshot | undefined;
  /** When the venue (or caution) wants a new connection; undefined: never by itself. */
  readonly rotateAfterMs?: number;
  /** How long awaited kinds may stay away at first; default 30 s. */
  readonly patienceMs?: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  readonly openSession: (plan: LinePlan) => Session;
  /** Where events go. */
  readonly deliver: (event: EngineEvent) => void;
  readonly handler: LinesHandler;
}

/** The venue's part. */
export interface LinesHandler {
  /** A connection is open: subscribe everything on it. `rotated`: it takes over from one that still
   * delivers for a while. */
  onUp(line: MarketLine, connection: WebSocketConnection, rotated: boolean): void;
  /** A frame: decode it, and give its events to `MarketLines.deliver`. */
  onText(line: MarketLine, bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** A line is lost; it connects anew by itself. Feeds have been told where needed. */
  onDown(line: MarketLine, reason: string): void;
}

const PATIENCE_MS_MIN = 30_000;
const PATIENCE_MS_MAX = 600_000;
/** No line rotates so soon after the other. */
const ROTATIONS_APART_MICROS = 600_000_000;
const NO_SOURCE = -1;
const KINDS_MAX = 16;

/** One connection of the plan, kept alive. */
export interface MarketLine {
  /** 0 is A, 1 is B. */
  readonly number: number;
  readonly up: boolean;
  /** The newest connection; undefined while the line is down. */
  readonly connection: WebSocketConnection | undefined;
  /** A small number for the newest connection, and for the one whose frame is being read: what is
   * kept for a connection (a decoder with a memory) is kept by it. Given anew to later ones. */
  readonly source: number;
  readonly speaker: number;
  /** Whether the frame being read came on the newest connection, not on one being replaced. */
  readonly isCurrent: boolean;
  send(text: string): boolean;
  /** Drops the connection and connects anew. */
  restart(reason: string): void;
  /** Opens another connection, which takes over: for announced shutdowns. */
  renew(): void;
}

/** The lines of one plan. */
export class MarketLines {
  readonly merge: LineMerge;
  readonly instruments: readonly Instrument[];
  readonly #lines: readonly Line[];
  readonly #options: MarketLinesOptions;
  #speaking: Line | undefined = undefined;
  #turn = 0;

  constructor(options: MarketLinesOptions) {
    const { numbering, takesSnapshots, scheduler, deliver, count } = options;
    this.#options = options;
    this.instruments = options.instruments;
    const standby = (source: number, index: InstrumentIndex) => this.#standbyFor(source, index);
    this.merge = new LineMerge({ numbering, takesSnapshots, scheduler, standby, deliver });
    const lines: Line[] = [];
    for (let number = 0; number < count; number++) {
      lines.push(
        new Line(options, this.merge, number, {
          hasRotated: (at) => lines.some((one) => at - one.rotatedAt < ROTATIONS_APART_MICROS),
          onText: (line, bytes, start, end, at) => {
            this.#speaking = line;
            options.handler.onText(line, bytes, start, end, at);
            this.#speaking = undefined;
          },
          interrupt: (line, reason, silent) => this.#interruptAll(line, reason, silent),
        }),
      );
    }
    this.#lines = lines;
  }

  /** Whether any line is open. */
  get up(): boolean {
    return this.#lines.some((line) => line.up);
  }

  /** All lines, A first. */
  get lines(): readonly MarketLine[] {
    return this.#lines;
  }

  start(): void {
    for (const line of this.#lines) line.start();
  }

  stop(): void {
    for (const line of this.#lines) line.stop();
    this.merge.stop();
  }

  /** Whether an instrument is on these lines. */
  has(index: InstrumentIndex): boolean {
    return this.instruments.some((instrument) => instrument.index === index);
  }

  /** Takes what the decoder understood of the frame being read. */
  deliver(event: EngineEvent): void {
    const line = this.#speaking;
    if (line === undefined) return this.#options.deliver(event);
    line.hear(event);
    this.merge.take(line.speaker, event);
  }

  /** The frame being read spoils an instrument's feed, or those of all instruments. */
  interrupt(reason: FeedInterruption, instrument?: InstrumentIndex): void {
    const source = this.#speaking?.speaker ?? NO_SOURCE;
    const at = this.#options.clock.now();
    if (instrument !== undefined) return this.merge.interrupt(source, instrument, reason, at);
    for (const { index } of this.instruments) this.merge.interrupt(source, index, reason, at);
  }

  /** Takes what is worked out of a line apart from its frames. */
  deliverAs(line: MarketLine, event: EngineEvent): void {
    const { source } = line;
    if (source !== NO_SOURCE) this.merge.take(source, event);
  }

  /** The frame being read shows that a book is lost on its line: whether another is followed. */
  handOver(index: InstrumentIndex): boolean {
    const line = this.#speaking;
    return line !== undefined && this.merge.handOver(line.speaker, index);
  }

  /** A line can no longer be believed of an instrument. */
  interruptOf(line: MarketLine, reason: FeedInterruption, index: InstrumentIndex): void {
    this.merge.interrupt(line.source, index, reason, this.#options.clock.now());
  }

  /** An open line, for what only one of them need be asked: each in turn, so that what one cannot
   * do the other may. */
  next(): MarketLine | undefined {
    for (let tried = 0; tried < this.#lines.length; tried++) {
      const line = this.#lines[this.#turn++ % this.#lines.length]!;
      if (line.up) return line;
    }
    return undefined;
  }

  #standbyFor(source: number, index: InstrumentIndex): Standby | undefined {
    for (const line of this.#lines) {
      if (line.source === source || line.source === NO_SOURCE) continue;
      const snapshot = this.#options.standby?.(line, index);
      if (snapshot !== undefined) return { source: line.source, snapshot };
    }
    return undefined;
  }

  #interruptAll(line: Line, reason: FeedInterruption, silent?: ReadonlySet<number>): void {
    const { bookKind } = this.#options;
    if (bookKind === undefined) return;
    const at = this.#options.clock.now();
    for (const { index } of this.instruments) {
      if (silent !== undefined && !silent.has(keyOf(bookKind, index))) continue;
      this.merge.interrupt(line.source, index, reason, at);
    }
  }
}

/** What a line needs of its group. */
interface Group {
  /** Whether any line rotated shortly before. */
  hasRotated(at: Micros): boolean;
  onText(line: Line, bytes: Uint8Array, start: number, end: number, at: Micros): void;
  interrupt(line: Line, reason: FeedInterruption, silent?: ReadonlySet<number>): void;
}

class Line implements MarketLine {
  readonly number: number;
  rotatedAt = -Infinity;
  connection: WebSocketConnection | undefined = undefined;
  /** The merge's number of the newest connection, and of the one being replaced. */
  source = NO_SOURCE;
  /** The merge's number of the connection whose frame is being read. */
  speaker = NO_SOURCE;
  #retired = NO_SOURCE;
  readonly #options: MarketLinesOptions;
  readonly #merge: LineMerge;
  readonly #group: Group;
  readonly #session: Session;
  readonly #awaited = new Set<number>();
  #patienceMs: number;
  #timer: TimerId | undefined = undefined;

  constructor(options: MarketLinesOptions, merge: LineMerge, number: number, group: Group) {
    this.#options = options;
    this.#merge = merge;
    this.#group = group;
    this.number = number;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS_MIN;
    const { rotateAfterMs, count, clock } = options;
    const rotation = rotateAfterMs === undefined ? {} : { rotateAfterMs };
    // Lines take turns from the start.
    const shift = rotateAfterMs === undefined || number === 0
      ? {}
      : { rotateFirstAfterMs: rotateAfterMs / 2 };
    this.#session = options.openSession({
      ...rotation,
      ...shift,
      name: count === 1 ? options.name : `${options.name} ${"ab"[number]}`,
      mayRotate: () => !group.hasRotated(clock.now()),
      handler: {
        onUp: (connection, rotated) => this.#onUp(connection, rotated),
        onText: (bytes, start, end, at, connection) => {
          this.speaker = connection === this.connection ? this.source : this.#retired;
          if (this.speaker !== NO_SOURCE) group.onText(this, bytes, start, end, at);
        },
        onDown: (reason) => this.#onDown(reason),
        onEnd: () => this.#endRetired(),
      },
    });
  }

  get up(): boolean {
    return this.#session.up;
  }

  get isCurrent(): boolean {
    return this.speaker === this.source;
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#unwatch();
    this.#session.stop();
  }

  send(text: string): boolean {
    return this.connection?.sendText(text) ?? false;
  }

  restart(reason: string): void {
    this.#session.restart(reason);
  }

  renew(): void {
    this.#session.renew();
  }

  /** Something came of what was subscribed. */
  hear(event: EngineEvent): void {
    if (this.#awaited.size === 0 || !this.isCurrent || !("instrument" in event)) return;
    if (event.instrument !== undefined) this.#awaited.delete(keyOf(event.kind, event.instrument));
  }

  #onUp(connection: WebSocketConnection, rotated: boolean): void {
    if (rotated) {
      this.#endRetired();
      this.#retired = this.source;
      if (this.#retired !== NO_SOURCE) this.#merge.retire(this.#retired);
      this.rotatedAt = this.#options.clock.now();
    }
    this.connection = connection;
    this.source = this.#merge.open();
    this.#watch();
    this.#options.handler.onUp(this, connection, rotated);
  }

  #onDown(reason: string): void {
    this.#unwatch();
    this.#group.interrupt(this, "disconnected");
    this.#merge.close(this.source);
    this.#endRetired();
    this.source = NO_SOURCE;
    this.connection = undefined;
    this.#options.handler.onDown(this, reason);
  }

  #endRetired(): void {
    if (this.#retired !== NO_SOURCE) this.#merge.close(this.#retired);
    this.#retired = NO_SOURCE;
  }

  #watch(): void {
    this.#unwatch();
    for (const instrument of this.#options.instruments) {
      for (const kind of this.#options.awaited(instrument)) {
        this.#awaited.add(keyOf(kind, instrument.index));
      }
    }
    this.#timer = this.#options.scheduler.after(this.#patienceMs, () => this.#look());
  }

  #unwatch(): void {
    if (this.#timer !== undefined) this.#options.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#awaited.clear();
  }

  /** A stream may be acknowledged and stay silent all the same. */
  #look(): void {
    this.#timer = undefined;
    if (this.#awaited.size === 0) {
      this.#patienceMs = this.#options.patienceMs ?? PATIENCE_MS_MIN;
      return;
    }
    this.#options.log.log("warn", "streams stay silent after subscribing", {
      streams: [...this.#awaited].slice(0, 8).map(nameOf).join(" "),
      count: this.#awaited.size,
    });
    this.#patienceMs = Math.min(PATIENCE_MS_MAX, this.#patienceMs * 2);
    const hasWhole = this.#hasWholeInstrument();
    this.#group.interrupt(this, "silent", this.#awaited);
    // Others flow on this connection: it is not broken for one that may just be quiet.
    if (hasWhole) this.#session.renew();
    else this.#session.restart("streams stay silent");
  }

  /** Whether all that is awaited of some instrument was heard. */
  #hasWholeInstrument(): boolean {
    const { instruments, awaited } = this.#options;
    return instruments.some((instrument) =>
      awaited(instrument).every((kind) => !this.#awaited.has(keyOf(kind, instrument.index)))
    );
  }
}

const KINDS: readonly EngineEvent["kind"][] = [
  "book_delta",
  "book_snapshot",
  "best_bid_ask",
  "mark_price",
  "funding",
  "trade",
];

/** A number for a kind of an instrument: no text is made while a stream is awaited. */
function keyOf(kind: EngineEvent["kind"], instrument: InstrumentIndex): number {
  return instrument * KINDS_MAX + KINDS.indexOf(kind) + 1;
}

function nameOf(key: number): string {
  return `${KINDS[key % KINDS_MAX - 1] ?? "other"}:${Math.floor(key / KINDS_MAX)}`;
}
