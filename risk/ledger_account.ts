/**
 * One instrument's double entry: what a fill moves between inventory, cash and realised profit.
 *
 *   buy  v at p:   inventory +v at cost v p        cash -v p
 *   sell v at p:   inventory -v at its cost        cash +v p        the rest is realised
 *
 * 1. `cash + cost - realised` is zero after every posting: nothing appears and nothing is lost.
 * 2. The cost is kept, not the average: reducing takes `cost v / |q|`, rounded half to even, and
 *    the remainder stays in the cost. A flat position has no cost.
 * 3. Amounts are whole units of 10^-18, sizes in base currency, so a changed lot changes nothing.
 * Source: MARKETS.md section 6.
 * @module
 */
import { assert, mulDivHalfEven } from "@/engine/domain/mod.ts";

/** Inventory, cost, cash and realised profit of one instrument. */
export class LedgerAccount {
  #base = 0n;
  #cost = 0n;
  #cash = 0n;
  #realised = 0n;
  readonly #fees = new Map<string, bigint>();
  #postings = 0;

  /** How often something was booked: unchanged when nothing here has changed. */
  get postings(): number {
    return this.#postings;
  }

  /** Position in base currency, long above zero. */
  get base(): bigint {
    return this.#base;
  }

  /** Signed sum of what the position cost, quote currency. */
  get cost(): bigint {
    return this.#cost;
  }

  get cash(): bigint {
    return this.#cash;
  }

  get realised(): bigint {
    return this.#realised;
  }

  /** Fees by asset: above zero paid, below zero a rebate. */
  get fees(): ReadonlyMap<string, bigint> {
    return this.#fees;
  }

  /** Books a fill of `base` (above zero) worth `value` (quote currency, contracts included). */
  post(side: 1n | -1n, base: bigint, value: bigint): void {
    assert(base > 0n, "Fill must have a size");
    this.#postings++;
    const held = this.#base < 0n ? -this.#base : this.#base;
    const grows = this.#base === 0n || (this.#base > 0n) === (side > 0n);
    if (grows) {
      this.#open(side, base, value);
    } else if (base <= held) {
      this.#close(side, base, value, held);
    } else {
      const closing = mulDivHalfEven(value, held, base);
      this.#close(side, held, closing, held);
      this.#open(side, base - held, value - closing);
    }
    assert(this.#cash + this.#cost - this.#realised === 0n, "Double entry does not balance");
    if (this.#base === 0n) assert(this.#cost === 0n, "Flat position has a cost");
  }

  /** Books a fee in its own asset. */
  postFee(asset: string, amount: bigint): void {
    this.#postings++;
    this.#fees.set(asset, (this.#fees.get(asset) ?? 0n) + amount);
  }

  #open(side: 1n | -1n, base: bigint, value: bigint): void {
    this.#base += side * base;
    this.#cost += side * value;
    this.#cash -= side * value;
  }

  #close(side: 1n | -1n, base: bigint, value: bigint, held: bigint): void {
    const part = base === held ? this.#cost : mulDivHalfEven(this.#cost, base, held);
    this.#realised += -side * value - part;
    this.#cost -= part;
    this.#cash -= side * value;
    this.#base += side * base;
  }
}
