/**
 * Audit log: every input and output of the core, in order, so that a session can be replayed.
 *
 * 1. The same events and outputs give the same bytes, whenever they are flushed.
 * 2. Appending costs the hot path a copy; checksums, hashes and writing come after the orders have
 *    left.
 * 3. A torn tail is told from damage; neither is ever read past.
 * @module
 */
export { type JournalHeader, type JournalInstrument, messageText } from "./journal_format.ts";
export { type JournalDamage, JournalReader, type JournalRecord } from "./journal_reader.ts";
export {
  type ByteSink,
  MemoryTarget,
  NoTarget,
  openJournalTarget,
  QueueTarget,
} from "./journal_targets.ts";
export {
  JOURNAL_LIMITS_DEFAULT,
  type JournalCounters,
  type JournalLimits,
  type JournalTarget,
  JournalWriter,
} from "./journal_writer.ts";
export { OutputHasher, outputText } from "./output_hasher.ts";
export {
  type ReplayDifference,
  type ReplayedCore,
  replayJournal,
  type ReplayOutcome,
} from "./replay.ts";
