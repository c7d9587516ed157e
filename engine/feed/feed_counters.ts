/**
 * What a feed handler counts.
 * @module
 */

/** What happened so far. All only grow. */
export interface FeedCounters {
  /** Snapshots and deltas seen. */
  messages: number;
  /** Of these, how many changed the state. */
  applied: number;
  /** Older than the book, or not wanted in this state. */
  ignored: number;
  gaps: number;
  /** Times the book became true again; the first time is not counted. */
  resyncs: number;
  crossed: number;
  checksumFailures: number;
  interruptions: number;
  silences: number;
  /** Times the book did not come up to the venue's own touch in time. */
  behindTouch: number;
  bufferOverflows: number;
  snapshotRequests: number;
  /** Same sequence, other touch than the venue's own best-bid-ask stream. */
  touchDisagreements: number;
}

/** Nothing happened yet. */
export function feedCounters(): FeedCounters {
  return {
    messages: 0,
    applied: 0,
    ignored: 0,
    gaps: 0,
    resyncs: 0,
    crossed: 0,
    checksumFailures: 0,
    interruptions: 0,
    silences: 0,
    behindTouch: 0,
    bufferOverflows: 0,
    snapshotRequests: 0,
    touchDisagreements: 0,
  };
}
