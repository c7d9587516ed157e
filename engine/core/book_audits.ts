/**
 * Books against the venue's answers to a question: every so often, and when a book is quiet.
 *
 *   every N s, where answers can be spliced  -> FeedAudit: top compared at the very same sequence
 *   every N s, elsewhere                     -> LevelCheck: levels that stay wrong, three answers
 *   nothing heard for half the threshold     -> LevelCheck: the same top confirms a quiet book
 *
 * 1. Every question costs the venue's rate budget; one that it cannot carry is asked later.
 * 2. A break is the caller's to act on: alert, and the book is built anew.
 * 3. Only a top that is the venue's, level by level, confirms a book; all else lets silence grow.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { BookCheck, BookDelta, RequestBookCheck } from "@/engine/messages/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import type { EngineState, InstrumentSlot } from "./engine_state.ts";

/** A quiet book that was not confirmed is asked about again after a quarter of its silence. */
const QUIET_PAUSE_MICROS_MIN = 1_000_000;
const QUIET_PAUSE_MICROS_MAX = 30_000_000;

/** Asks and judges; for all instruments. */
export class BookAudits {
  readonly #state: EngineState;
  /** 0: never. */
  readonly #everyMicros: number;

  constructor(state: EngineState, everyMs: number) {
    this.#state = state;
    this.#everyMicros = everyMs * 1_000;
  }

  /** Time passed: whatever is due is asked for. */
  onTimer(slot: InstrumentSlot, out: OutputSink): void {
    const { check, feed } = slot;
    const { now } = this.#state;
    const isTrue = feed.state === "synchronised" || feed.state === "silent";
    if (!isTrue) {
      slot.audit?.abandon();
      return check.abandon();
    }
    if (check.isDue(now) && this.#ask(slot, "suspicion", out)) check.askAgain(now);
    if (check.isActive) return;
    if (this.#isQuiet(slot)) {
      if (this.#ask(slot, "quiet", out)) check.start(now);
    } else {
      this.#startAudit(slot, out);
    }
  }

  /** The book took a delta; true: the audit under way finds it wrong. */
  onDelta(slot: InstrumentSlot, event: BookDelta): boolean {
    const { audit, feed } = slot;
    if (audit === undefined || !audit.isActive) return false;
    if (feed.state !== "synchronised") {
      audit.abandon();
      return false;
    }
    return audit.onDelta(event, this.#state.now) === "different";
  }

  /** An answer came; `confirmed`: silence counts from now; `different`: the book is wrong. */
  onAnswer(slot: InstrumentSlot, event: BookCheck): "nothing" | "confirmed" | "different" {
    const { audit, check, feed } = slot;
    const { now } = this.#state;
    if (audit?.isActive === true) {
      audit.onSnapshot({ ...event, kind: "book_snapshot", checksum: undefined }, now);
    }
    const verdict = check.onAnswer(event);
    if (verdict === "different") return "different";
    if (verdict !== "same") return "nothing";
    feed.confirm(now);
    return "confirmed";
  }

  #isQuiet({ feed, check, streams }: InstrumentSlot): boolean {
    const { now } = this.#state;
    const silence = feed.silence(now);
    if (silence < streams.thresholds.book * 500) return false;
    const pause = Math.min(QUIET_PAUSE_MICROS_MAX, Math.max(QUIET_PAUSE_MICROS_MIN, silence / 4));
    return now - check.lastAt >= pause;
  }

  /** The first one after a while, and not all instruments at once. */
  #startAudit(slot: InstrumentSlot, out: OutputSink): void {
    const { now } = this.#state;
    if (this.#everyMicros === 0 || !slot.feed.isUsable) return;
    if (slot.auditAt === 0) {
      slot.auditAt = (now - Math.floor(this.#everyMicros / (2 + slot.index))) as Micros;
      return;
    }
    if (now - slot.auditAt < this.#everyMicros || slot.audit?.isActive === true) return;
    if (!this.#ask(slot, "audit", out)) return;
    slot.auditAt = now;
    if (slot.audit === undefined) slot.check.start(now);
    else slot.audit.start(now);
  }

  #ask(slot: InstrumentSlot, reason: RequestBookCheck["reason"], out: OutputSink): boolean {
    const { budget } = slot.venue;
    if (!budget.tryTake("request_book_check", undefined, this.#state.now)) return false;
    out.emit({ kind: "request_book_check", instrument: slot.index, reason });
    return true;
  }
}
