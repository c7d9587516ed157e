/**
 * `QueuePosition`: size ahead of a resting order, as its level trades and shrinks.
 *
 *   displayed size = front (ahead of us) + back (behind us); recorded size never includes us
 *
 * A decrease that no trade explains is a cancel, of whom nobody says. The models guess its share:
 *   risk-averse   all of it was behind us: the lower bound
 *   power n       back^n / (back^n + front^n) of it was behind us
 *   log           ln(1+back) / (ln(1+back) + ln(1+front))
 *   power3 n      1 - (front / (front + back))^n
 *
 * 1. On joining, front is the size displayed at arrival; 0 on a new level.
 * 2. front never exceeds what the level displays.
 * 3. A match that shows in the depth and as a trade is subtracted once, whichever comes first.
 * Source: hftbacktest models/queue.rs, after Rigtorp; MARKETS.md section 8 with its hand cases.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** How an unexplained decrease is shared out. */
export interface QueueModel {
  readonly name: string;
  /** Share (0 to 1) of a cancel that was behind us; undefined: depth only caps the front. */
  readonly shareBehind: ((front: number, back: number) => number) | undefined;
}

/** Only trades move us forward. */
export const RISK_AVERSE: QueueModel = { name: "risk_averse", shareBehind: undefined };

/** `back^n / (back^n + front^n)`. */
export function powerModel(n: number): QueueModel {
  assert(n > 0, "A power model needs a power above zero");
  return {
    name: `power_${n}`,
    shareBehind: (front, back) => {
      const behind = back ** n;
      const total = behind + front ** n;
      return total === 0 ? 1 : behind / total;
    },
  };
}

/** `ln(1+back) / (ln(1+back) + ln(1+front))`. */
export const LOG_MODEL: QueueModel = {
  name: "log",
  shareBehind: (front, back) => {
    const behind = Math.log1p(back);
    const total = behind + Math.log1p(front);
    return total === 0 ? 1 : behind / total;
  },
};

/** `1 - (front / (front + back))^n`; 3 is the usual n. */
export function power3Model(n = 3): QueueModel {
  assert(n > 0, "A power model needs a power above zero");
  return {
    name: `power3_${n}`,
    shareBehind: (front, back) => {
      const total = front + back;
      return total === 0 ? 1 : 1 - (front / total) ** n;
    },
  };
}

/** The front after a cancel of `cancelled` lots out of a level that showed `previous` before. */
function frontAfterCancel(
  model: QueueModel,
  front: number,
  previous: number,
  next: number,
  cancelled: number,
): number {
  if (model.shareBehind === undefined || cancelled < 0) return Math.min(front, next);
  const back = previous - front;
  const ahead = Math.max(0, front);
  const share = model.shareBehind(ahead, Math.max(0, back));
  const estimate = front - (1 - share) * cancelled + Math.min(0, back - share * cancelled);
  return Math.min(next, estimate);
}

/** Where one resting order stands in its level. Sizes are lots, fractions allowed for `front`. */
export class QueuePosition {
  readonly #model: QueueModel;
  #front: number;
  /** Traded at our price since the level last changed. */
  #traded = 0;
  /**
   * The last change of the level, kept so that a trade which comes after it can be put before it.
   */
  #frontBefore: number;
  #sizeBefore: number;
  #sizeAfter: number;
  #tradedBefore = 0;

  /** Joins a level that displays `displayed` lots. */
  constructor(model: QueueModel, displayed: number) {
    assert(displayed >= 0, "A level displays at least nothing");
    this.#model = model;
    this.#front = displayed;
    this.#frontBefore = displayed;
    this.#sizeBefore = displayed;
    this.#sizeAfter = displayed;
  }

  /** Lots ahead of us. Below zero: that much was traded past the front and not taken yet. */
  get front(): number {
    return this.#front;
  }

  /** A trade of `size` lots at our price that the depth does not show yet. */
  onTrade(size: number): void {
    assert(size >= 0, "A trade has a size");
    this.#front -= size;
    this.#traded += size;
  }

  /** A trade at our price that the last change of the level had already taken out. */
  onTradeAfterDepth(size: number): void {
    assert(size >= 0, "A trade has a size");
    const sinceThen = this.#traded;
    this.#frontBefore -= size;
    this.#tradedBefore += size;
    const cancelled = this.#sizeBefore - this.#sizeAfter - this.#tradedBefore;
    this.#front = frontAfterCancel(
      this.#model,
      this.#frontBefore,
      this.#sizeBefore,
      this.#sizeAfter,
      cancelled,
    ) - sinceThen;
  }

  /** The level's displayed size changed from `previous` to `next`. */
  onLevel(previous: number, next: number): void {
    assert(next >= 0, "A level displays at least nothing");
    this.#frontBefore = this.#front;
    this.#sizeBefore = previous;
    this.#sizeAfter = next;
    this.#tradedBefore = this.#traded;
    const cancelled = previous - next - this.#traded;
    this.#front = frontAfterCancel(this.#model, this.#front, previous, next, cancelled);
    this.#traded = 0;
  }

  /**
   * Whole lots that were traded past the front; they are ours up to our leaves, and the front is 0
   * again. Fractions are rounded as hftbacktest rounds them.
   */
  takePassed(): number {
    const passed = Math.round(-this.#front);
    if (passed <= 0) return 0;
    this.#front = 0;
    this.#frontBefore = Math.max(0, this.#frontBefore);
    return passed;
  }
}
