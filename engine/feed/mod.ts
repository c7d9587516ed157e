/**
 * Keeps each book true: snapshots, gaps, silence.
 *
 * 1. A delta reaches a book only in sequence; whatever breaks a book makes it unusable at once.
 * 2. Buffers are bounded, snapshot requests back off, silence has a limit.
 * 3. Time comes as an argument; the venue's rule comes through the port `SequenceRule`.
 * @module
 */
export {
  FEED_LIMITS_DEFAULT,
  FeedHandler,
  type FeedLimits,
  type FeedOptions,
} from "./feed_handler.ts";
export { type AuditVerdict, FeedAudit, type FeedAuditOptions } from "./feed_audit.ts";
export { type CheckVerdict, LevelCheck } from "./level_check.ts";
export { type ChecksumPolicy, ChecksumSampler } from "./checksum_sampler.ts";
export type { FeedCounters } from "./feed_counters.ts";
export type { FeedState } from "./feed_state.ts";
