/**
 * What arrives while an event is being processed waits here, and nowhere else.
 *
 *   own orders and accounts  ──►  first, never dropped
 *   commands                 ──►  second, never dropped
 *   market data              ──►  last, bounded: beyond the bound the instrument is interrupted
 *
 * 1. Fills and answers are never dropped, merged or reordered among themselves.
 * 2. Market events are scratch objects of their decoder, so the inbox keeps copies.
 * 3. When market data overflows, the book is told that it missed something; it never quotes on.
 * @module
 */
import type { InstrumentIndex } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterrupted } from "@/engine/messages/mod.ts";
import { copyOfMarketEvent, isMarketEvent } from "./conflation.ts";

const MARKET_EVENTS_MAX = 10_000;

/** Bounded queues by priority. */
export class Inbox {
  readonly #own: EngineEvent[] = [];
  readonly #commands: EngineEvent[] = [];
  readonly #market: EngineEvent[] = [];
  readonly #marketMax: number;
  /** Market events that did not fit, since start. */
  dropped = 0;

  constructor(marketMax = MARKET_EVENTS_MAX) {
    this.#marketMax = marketMax;
  }

  /** Events that wait. */
  get length(): number {
    return this.#own.length + this.#commands.length + this.#market.length;
  }

  /** Takes an event; a market event is copied. */
  offer(event: EngineEvent): void {
    if (event.kind === "command") {
      this.#commands.push(event);
    } else if (!isMarketEvent(event)) {
      this.#own.push(event);
    } else if (this.#market.length < this.#marketMax) {
      this.#market.push(copyOfMarketEvent(event));
    } else {
      this.#interrupt(event.instrument, event);
    }
  }

  /** The next event by priority; undefined when empty. */
  next(): EngineEvent | undefined {
    return this.#own.shift() ?? this.#commands.shift() ?? this.#market.shift();
  }

  #interrupt(instrument: InstrumentIndex, event: EngineEvent): void {
    this.dropped++;
    const waiting = this.#own.some((one) =>
      one.kind === "feed_interrupted" && one.instrument === instrument
    );
    if (waiting) return;
    const interrupted: FeedInterrupted = {
      kind: "feed_interrupted",
      instrument,
      at: event.at,
      reason: "refused_frame",
    };
    this.#own.push(interrupted);
  }
}
