/**
 * Sequence rules with one thing wrong each: what the damaged streams must catch.
 * @module
 */
import type { BookDelta, BookSnapshot } from "@/engine/messages/mod.ts";
import type { SequenceRule, SequenceVerdict } from "@/engine/ports/mod.ts";
import { MessageCounter } from "@/exchanges/dydx/_message_counter.ts";
import { TopMerge } from "@/exchanges/hyperliquid/_top_merge.ts";
import { HyperliquidMarketDecoder } from "@/exchanges/hyperliquid/mod.ts";
import { type StreamOutcome, StreamRun, type StreamSetup } from "./stream_run.ts";

/** A run of a seed with something planted in it. */
export type PlantedBug = (setup: StreamSetup, seed: number) => StreamOutcome;

/** A rule that passes everything on; a bug overrides one answer. */
class WrappedRule implements SequenceRule {
  readonly snapshotFrom: "rest" | "stream";
  readonly mayCross: boolean;
  protected readonly rule: SequenceRule;
  /** Last id taken, and whether nothing was taken since a snapshot. */
  protected last = -1;
  protected isFirst = false;

  constructor(rule: SequenceRule) {
    this.rule = rule;
    this.snapshotFrom = rule.snapshotFrom;
    this.mayCross = rule.mayCross ?? false;
  }

  reset(): void {
    this.rule.reset();
  }

  isSnapshotRecent(snapshot: BookSnapshot, firstBuffered: number): boolean {
    return this.rule.isSnapshotRecent(snapshot, firstBuffered);
  }

  isOldSnapshot(snapshot: BookSnapshot): boolean {
    return this.rule.isOldSnapshot?.(snapshot) ?? false;
  }

  onSnapshot(snapshot: BookSnapshot): void {
    this.rule.onSnapshot(snapshot);
    this.last = snapshot.sequence;
    this.isFirst = true;
  }

  judge(delta: BookDelta): SequenceVerdict {
    const verdict = this.amended(this.rule.judge(delta), delta);
    if (verdict === "next" || verdict === "reset") {
      this.last = delta.sequence;
      this.isFirst = false;
    }
    return verdict;
  }

  protected amended(verdict: SequenceVerdict, _delta: BookDelta): SequenceVerdict {
    return verdict;
  }
}

class NoGaps extends WrappedRule {
  protected override amended(verdict: SequenceVerdict): SequenceVerdict {
    return verdict === "gap" ? "next" : verdict;
  }
}

class GapsAreOld extends WrappedRule {
  protected override amended(verdict: SequenceVerdict): SequenceVerdict {
    return verdict === "gap" ? "stale" : verdict;
  }
}

class OldIsNext extends WrappedRule {
  protected override amended(verdict: SequenceVerdict): SequenceVerdict {
    return verdict === "stale" ? "next" : verdict;
  }
}

class OneMayMiss extends WrappedRule {
  #isOff = false;

  protected override amended(verdict: SequenceVerdict, delta: BookDelta): SequenceVerdict {
    if (verdict === "next") this.#isOff = false;
    if (verdict !== "gap") return verdict;
    const named = delta.previousSequence >= 0 ? delta.previousSequence : delta.firstSequence - 1;
    const missing = named - this.last;
    if (!this.#isOff && missing !== 1) return "gap";
    this.#isOff = true;
    return "next";
  }
}

class OldSnapshotServes extends WrappedRule {
  override isSnapshotRecent(): boolean {
    return true;
  }

  protected override amended(verdict: SequenceVerdict, delta: BookDelta): SequenceVerdict {
    if (verdict !== "gap" || !this.isFirst) return verdict;
    this.rule.onSnapshot({ ...delta, kind: "book_snapshot" });
    return "next";
  }
}

class LateWholesServe extends WrappedRule {
  override isOldSnapshot(): boolean {
    return false;
  }
}

class ResetsAreOld extends WrappedRule {
  protected override amended(verdict: SequenceVerdict, delta: BookDelta): SequenceVerdict {
    const isBack = delta.sequence < this.last;
    return isBack && (verdict === "reset" || verdict === "gap") ? "stale" : verdict;
  }
}

class FirstBookForEver extends WrappedRule {
  override isOldSnapshot(): boolean {
    return true;
  }
}

function inRule(wrap: (rule: SequenceRule) => SequenceRule): PlantedBug {
  return (setup, seed) => new StreamRun(setup, seed, wrap(setup.createRule())).run();
}

/** Never reports a gap. */
export const NO_GAPS = { "never reports a gap": inRule((rule) => new NoGaps(rule)) };
/** Takes what comes after a gap for something old. */
export const GAPS_ARE_OLD = { "takes a gap for old": inRule((rule) => new GapsAreOld(rule)) };
/** Applies what is older than the book. */
export const OLD_IS_NEXT = { "applies what is old": inRule((rule) => new OldIsNext(rule)) };
/** Off by one: a delta that leaves out one id passes. */
export const ONE_MAY_MISS = { "is off by one": inRule((rule) => new OneMayMiss(rule)) };
/** Splices any snapshot, also one from before the buffered deltas. */
export const OLD_SNAPSHOT = {
  "splices an old snapshot": inRule((rule) => new OldSnapshotServes(rule)),
};
/** Takes a whole book that came late. */
export const LATE_WHOLE = {
  "takes a late whole book": inRule((rule) => new LateWholesServe(rule)),
};
/** Does not see that the venue counts anew: small ids look old for ever. */
export const NO_RESETS = { "ignores a new numbering": inRule((rule) => new ResetsAreOld(rule)) };
/** Takes the first whole book and none after it. */
export const FIRST_FOR_EVER = {
  "keeps the first book for ever": inRule((rule) => new FirstBookForEver(rule)),
};
/** Does not look at checksums. */
export const NO_SUMS: Readonly<Record<string, PlantedBug>> = {
  "ignores checksums": (setup, seed) => {
    const blind = { ...setup, isChecksumRight: () => true };
    return new StreamRun(blind, seed, setup.createRule()).run();
  },
};
/** Takes books and touches of older blocks. */
export const OLD_BLOCKS: Readonly<Record<string, PlantedBug>> = {
  "takes older blocks": (setup, seed) => {
    const decoder = HyperliquidMarketDecoder.prototype;
    const { decode } = decoder;
    decoder.decode = function (...frame) {
      this.forgetTimes();
      return decode.apply(this, frame);
    };
    try {
      return new StreamRun(setup, seed, setup.createRule()).run();
    } finally {
      decoder.decode = decode;
    }
  },
};
/** Does not count the messages of a connection. */
export const UNCOUNTED: Readonly<Record<string, PlantedBug>> = {
  "ignores message_id": (setup, seed) => {
    const counter = MessageCounter.prototype;
    const { noteData } = counter;
    counter.noteData = () => "next";
    try {
      return new StreamRun(setup, seed, setup.createRule()).run();
    } finally {
      counter.noteData = noteData;
    }
  },
};
/** Forgets the touch with the book, as the connector once did. */
export const TOUCH_LOST: Readonly<Record<string, PlantedBug>> = {
  "forgets the touch": (setup, seed) => {
    const merge = TopMerge.prototype;
    const { loseBook } = merge;
    merge.loseBook = merge.forget;
    try {
      return new StreamRun(setup, seed, setup.createRule()).run();
    } finally {
      merge.loseBook = loseBook;
    }
  },
};
