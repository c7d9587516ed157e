/**
 * `StreamWatch`: when one instrument's side streams were heard last, and which of them are stale.
 *
 *   mark_price   stale: no order is judged by it, `markValueOf` falls back on the mid
 *   funding      stale: told, but the last rate stands: a guard on an old rate beats none
 *   trades       stale where the owner gave it a threshold: told
 *
 * 1. A stream that never spoke is not stale: there is nothing to disbelieve.
 * 2. Hearing is one store; staleness is worked out when somebody asks, and told on timers.
 * 3. Book and best bid/ask are watched by the feed handler, which owns the book.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { StreamThresholds } from "@/engine/ports/mod.ts";

/** The streams that are watched here. */
export const SIDE_STREAMS = ["mark_price", "funding", "trades"] as const;
export type SideStream = (typeof SIDE_STREAMS)[number];

/** What became of a stream since it was looked at last. */
export type StreamTurn = "same" | "went_stale" | "came_back";

/** Side streams of one instrument. */
export class StreamWatch {
  readonly thresholds: StreamThresholds;
  /** When each spoke last; 0: never. */
  markAt = 0;
  fundingAt = 0;
  tradeAt = 0;
  /** Times each went stale, since start. */
  readonly turnedStale: Record<SideStream, number> = { mark_price: 0, funding: 0, trades: 0 };
  readonly #told: Record<SideStream, boolean> = {
    mark_price: false,
    funding: false,
    trades: false,
  };

  constructor(thresholds: StreamThresholds) {
    this.thresholds = thresholds;
  }

  /** Whether what a stream said last is too old to be believed. */
  isStale(stream: SideStream, now: Micros): boolean {
    const at = this.#heardAt(stream);
    return at > 0 && now - at > this.thresholds[stream] * 1_000;
  }

  /** Time passed: whether a stream went stale or came back since this was asked last. */
  turnOf(stream: SideStream, now: Micros): StreamTurn {
    const isStale = this.isStale(stream, now);
    if (isStale === this.#told[stream]) return "same";
    this.#told[stream] = isStale;
    if (!isStale) return "came_back";
    this.turnedStale[stream]++;
    return "went_stale";
  }

  #heardAt(stream: SideStream): number {
    if (stream === "mark_price") return this.markAt;
    return stream === "funding" ? this.fundingAt : this.tradeAt;
  }
}
