/**
 * Which executions of one instrument were counted already.
 *
 * Two generations of ids: when the younger holds `idsMax`, the older is dropped. So at least the
 * last `idsMax` ids are remembered and never more than twice as many.
 * @module
 */
import { assert, type FillId } from "@/engine/domain/mod.ts";

/** `count`: move the position. `fee`: counted before without a fee, which is here now. */
export type FillVerdict = "count" | "fee" | "duplicate";

/** Executions of one instrument. */
export class FillMemory {
  readonly #idsMax: number;
  #young = new Set<FillId>();
  #old = new Set<FillId>();
  /** Counted, their fee not said yet. Oldest first; bounded by `idsMax`. */
  readonly #feeless = new Set<FillId>();

  constructor(idsMax: number) {
    assert(idsMax > 0, "Fill memory must hold at least one id");
    this.#idsMax = idsMax;
  }

  /** Whether this execution was counted. */
  has(id: FillId): boolean {
    return this.#young.has(id) || this.#old.has(id);
  }

  /** Remembers an execution and says what it is worth. */
  take(id: FillId, hasFee: boolean): FillVerdict {
    if (this.has(id)) return hasFee && this.#feeless.delete(id) ? "fee" : "duplicate";
    if (this.#young.size === this.#idsMax) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(id);
    if (!hasFee) this.#rememberFeeless(id);
    return "count";
  }

  #rememberFeeless(id: FillId): void {
    if (this.#feeless.size === this.#idsMax) {
      const oldest = this.#feeless.values().next();
      if (!oldest.done) this.#feeless.delete(oldest.value);
    }
    this.#feeless.add(id);
  }
}
