/**
 * `PositionKeeper`: positions by instrument and by strategy, fees, funding, balances and volume.
 *
 *   fill -> position of the instrument, position of its strategy, volume, balances, fee
 *   fee that came later -> fee alone          funding -> once per payment id
 *
 * 1. Only fills move positions; the same fill is never given twice (the order manager sees to it).
 * 2. Fees are booked in their own asset, as the venue reported them; a spot fee taken in the base
 *    currency reduces the base balance and leaves the position as bought.
 * 3. Positions of all strategies of an instrument add up to the instrument's.
 * @module
 */
import {
  type AccountKey,
  assert,
  err,
  type FillId,
  type Instrument,
  type InstrumentIndex,
  type Money,
  money,
  MONEY_ZERO,
  mulDivHalfEven,
  notional,
  ok,
  type Result,
  type SignedSize,
  signedSize,
  type StrategyId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, FundingPayment } from "@/engine/messages/mod.ts";
import { BalanceKeeper } from "./balances.ts";
import { MoneyByAsset } from "./money_by_asset.ts";
import { Position } from "./position.ts";

/** Payments remembered at least; twice as many at most. */
const PAYMENT_IDS_MAX = 10_000;
const ONE = 10n ** 18n;

/** One strategy's part of an instrument. */
export interface StrategyBook {
  readonly strategy: StrategyId;
  readonly position: Position;
  readonly fees: MoneyByAsset;
}

/** One instrument's accounts. */
export interface InstrumentBook {
  instrument: Instrument;
  readonly position: Position;
  readonly fees: MoneyByAsset;
  readonly funding: MoneyByAsset;
  /** Traded value, never negative, in quote currency. */
  volume: Money;
  readonly strategies: Map<StrategyId, StrategyBook>;
}

/** What we own and what it earned. */
export class PositionKeeper {
  readonly balances = new BalanceKeeper();
  /** Funding that names no instrument. */
  readonly unattributedFunding = new MoneyByAsset();
  readonly #books: (InstrumentBook | undefined)[] = [];
  #payments = new Set<FillId>();
  #olderPayments = new Set<FillId>();
  fills = 0;
  fundingPayments = 0;
  duplicatePayments = 0;

  /** Learns an instrument, or its new grids; refused when a position does not fit them. */
  onInstrument(instrument: Instrument): Result<void> {
    const book = this.#books[instrument.index];
    if (book === undefined) {
      this.#books[instrument.index] = {
        instrument,
        position: new Position(),
        fees: new MoneyByAsset(),
        funding: new MoneyByAsset(),
        volume: MONEY_ZERO,
        strategies: new Map(),
      };
      return ok(undefined);
    }
    return regridBook(book, instrument);
  }

  /** One execution: told once by the order manager. */
  onFill(fill: Fill, strategy: StrategyId): void {
    const book = this.#bookOf(fill.instrument);
    const { instrument } = book;
    const own = strategyBook(book, strategy);
    const cashBefore = book.position.cash;
    const realisedBefore = book.position.realised;
    book.position.apply(instrument, fill.side, fill.price, fill.size);
    own.position.apply(instrument, fill.side, fill.price, fill.size);
    book.volume = money(book.volume + notional(instrument, fill.price, fill.size));
    this.fills++;
    const { account, product, base, quote, settle } = instrument.terms;
    if (product === "spot") {
      const lots = fill.side === "buy" ? fill.size : -fill.size;
      this.balances.move(account, base, "trade", instrument.baseMoney(lots));
      this.balances.move(account, quote, "trade", money(book.position.cash - cashBefore));
    } else {
      const realised = money(book.position.realised - realisedBefore);
      if (realised !== 0n) this.balances.move(account, settle, "trade", realised);
    }
    if (fill.fee !== undefined) this.onFee(fill, strategy);
  }

  /** The fee of an execution: with it, or later and alone. A fee without asset is in quote. */
  onFee(fill: Fill, strategy: StrategyId): void {
    assert(fill.fee !== undefined, "Fee event has no fee");
    const book = this.#bookOf(fill.instrument);
    const asset = fill.feeAsset ?? book.instrument.terms.quote;
    book.fees.add(asset, fill.fee);
    strategyBook(book, strategy).fees.add(asset, fill.fee);
    this.balances.move(book.instrument.terms.account, asset, "fee", money(-fill.fee));
  }

  /** A funding payment; false when it was booked before. */
  onFunding(payment: FundingPayment): boolean {
    if (this.#isPaid(payment.paymentId)) {
      this.duplicatePayments++;
      return false;
    }
    this.fundingPayments++;
    const book = payment.instrument === undefined ? undefined : this.#books[payment.instrument];
    (book?.funding ?? this.unattributedFunding).add(payment.asset, payment.amount);
    this.balances.move(payment.account, payment.asset, "funding", payment.amount);
    return true;
  }

  /** The venue's word on a balance. */
  onBalance(update: BalanceUpdate): void {
    this.balances.onBalance(update);
  }

  /**
   * Takes over a position found at start-up, for a strategy that is not known. `averagePrice` is
   * quote per base; its profit until now is not ours to count.
   */
  adopt(
    index: InstrumentIndex,
    strategy: StrategyId,
    size: SignedSize,
    averagePrice: Money,
  ): void {
    const book = this.#bookOf(index);
    assert(book.position.fills === 0, "Position is adopted after trading began");
    const units = BigInt(size) * book.instrument.lotMoney;
    const cost = money(mulDivHalfEven(units, averagePrice, ONE));
    book.position.adopt(size, cost);
    strategyBook(book, strategy).position.adopt(size, cost);
  }

  /** Signed lots, all strategies. */
  size(index: InstrumentIndex): SignedSize {
    return this.#books[index]?.position.size ?? signedSize(0);
  }

  /** Signed lots of one strategy. */
  strategySize(index: InstrumentIndex, strategy: StrategyId): SignedSize {
    return this.#books[index]?.strategies.get(strategy)?.position.size ?? signedSize(0);
  }

  /** An instrument's accounts; undefined before it is known. */
  book(index: InstrumentIndex): InstrumentBook | undefined {
    return this.#books[index];
  }

  /** Every instrument's accounts, by index. */
  *books(): Generator<InstrumentBook> {
    for (const book of this.#books) if (book !== undefined) yield book;
  }

  /** Free amount of an asset as the venue said it, as a float; undefined until it did. */
  freeBalance(account: AccountKey, asset: string): number | undefined {
    const free = this.balances.get(account, asset)?.free;
    return free === undefined ? undefined : Number(free) / 1e18;
  }

  /** Traded value by quote currency. */
  volume(): MoneyByAsset {
    const sums = new MoneyByAsset();
    for (const book of this.books()) {
      if (book.volume !== 0n) sums.add(book.instrument.terms.quote, book.volume);
    }
    return sums;
  }

  #bookOf(index: InstrumentIndex): InstrumentBook {
    const book = this.#books[index];
    assert(book !== undefined, "Fill of an instrument that is not known");
    return book;
  }

  /** Remembers a payment; true when it was known. */
  #isPaid(id: FillId): boolean {
    if (this.#payments.has(id) || this.#olderPayments.has(id)) return true;
    if (this.#payments.size === PAYMENT_IDS_MAX) {
      this.#olderPayments = this.#payments;
      this.#payments = new Set();
    }
    this.#payments.add(id);
    return false;
  }
}

function strategyBook(book: InstrumentBook, strategy: StrategyId): StrategyBook {
  const held = book.strategies.get(strategy);
  if (held !== undefined) return held;
  const created = { strategy, position: new Position(), fees: new MoneyByAsset() };
  book.strategies.set(strategy, created);
  return created;
}

/** All positions of the book on the new grids, or none. */
function regridBook(book: InstrumentBook, to: Instrument): Result<void> {
  const from = book.instrument;
  const positions = [book.position, ...[...book.strategies.values()].map((own) => own.position)];
  const misfit = positions.find((held) => BigInt(held.size) * from.lotMoney % to.lotMoney !== 0n);
  if (misfit !== undefined) {
    return err(
      `Cannot change the lot of ${to.key}: wanted positions in multiples of ${to.terms.lot}, ` +
        `found ${from.sizeText(misfit.size)}`,
    );
  }
  for (const held of positions) held.regrid(from, to);
  book.instrument = to;
  return ok(undefined);
}
