/**
 * `Position`: signed size, its cost, and what was earned by reducing it. One fill at a time.
 *
 *   same direction:  q += s v        cost += s v p
 *   reducing:        part = cost v / |q|      realised += -s v p - part      cost -= part
 *   through zero:    close all first (part = cost, exact), then open the rest
 *
 * 1. `cost` (signed sum of price times size) is kept, not the average: the average is derived.
 * 2. `part` is rounded half to even to the money unit; the remainder stays in `cost`, not lost.
 * 3. A flat position has no cost.
 * 4. `realised - cost = cash` at every moment, exactly.
 * Source: MARKETS, "Ledger, P&L, attribution".
 * @module
 */
import {
  assert,
  err,
  type Instrument,
  type Money,
  money,
  MONEY_ZERO,
  mulDivHalfEven,
  notional,
  ok,
  type Price,
  type Result,
  type Side,
  type SignedSize,
  signedSize,
  type Size,
} from "@/engine/domain/mod.ts";

const ONE = 10n ** 18n;

/** Position on one instrument; fees are kept elsewhere, in their own assets. */
export class Position {
  /** Signed lots, long above zero. */
  size: SignedSize = signedSize(0);
  /** Signed sum of price times size still open, in the instrument's quote currency. */
  cost: Money = MONEY_ZERO;
  realised: Money = MONEY_ZERO;
  /** Paid out below zero, taken in above: what fills alone moved. */
  cash: Money = MONEY_ZERO;
  fills = 0;

  /** Applies one execution. */
  apply(instrument: Instrument, side: Side, price: Price, size: Size): void {
    assert(size > 0, "Fill must have a size");
    const sign = side === "buy" ? 1 : -1;
    const held = this.size;
    const isReducing = held !== 0 && (held > 0) !== (sign > 0);
    const reducing = isReducing ? Math.min(size, Math.abs(held)) : 0;
    if (reducing > 0) this.#reduce(notional(instrument, price, sign * reducing), reducing);
    const opening = size - reducing;
    if (opening > 0) {
      const value = notional(instrument, price, sign * opening);
      this.cost = money(this.cost + value);
      this.cash = money(this.cash - value);
    }
    this.size = signedSize(held + sign * size);
    this.fills++;
    if (this.size === 0) assert(this.cost === 0n, "Flat position has a cost");
    assert(this.realised - this.cost === this.cash, "Position's cash does not add up");
  }

  /** Takes over a position that was there before: nothing is realised by it. */
  adopt(size: SignedSize, cost: Money): void {
    this.size = size;
    this.cost = size === 0 ? MONEY_ZERO : cost;
    this.cash = money(this.realised - this.cost);
  }

  /** Mean entry price, quote per base, rounded half to even; undefined when flat. */
  averagePrice(instrument: Instrument): Money | undefined {
    if (this.size === 0) return undefined;
    return money(mulDivHalfEven(this.cost, ONE, BigInt(this.size) * instrument.lotMoney));
  }

  /** Counts the size in another lot; refused, and nothing changed, when it does not fit. */
  regrid(from: Instrument, to: Instrument): Result<void> {
    const base = BigInt(this.size) * from.lotMoney;
    if (base % to.lotMoney !== 0n) {
      return err(
        `Cannot count position on the new lot: wanted a multiple of ${to.terms.lot}, found ` +
          `${from.sizeText(this.size)}`,
      );
    }
    this.size = signedSize(Number(base / to.lotMoney));
    return ok(undefined);
  }

  /** `value` is the signed value of the reducing part: opposite in sign to the position. */
  #reduce(value: Money, lots: number): void {
    const part = mulDivHalfEven(this.cost, BigInt(lots), BigInt(Math.abs(this.size)));
    this.realised = money(this.realised - value - part);
    this.cost = money(this.cost - part);
    this.cash = money(this.cash - value);
  }
}
