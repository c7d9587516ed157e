/**
 * Wallets and positions of a simulated exchange, exact to the unit.
 *
 * 1. `free = total - locked`, and `locked` is the sum of what the open orders hold back.
 * 2. A position keeps its cost, not its average price: `realised - cost` is always the cash that
 *    its fills moved, whatever was rounded on the way.
 * 3. Money that leaves a wallet arrives in the ledger: fees in the till, the rest with the world.
 * @module
 */
import {
  assert,
  type Micros,
  micros,
  type Money,
  money,
  MONEY_ZERO,
  mulDivHalfEven,
  notional,
  type Price,
  type Side,
  signOf,
} from "@/engine/domain/mod.ts";
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimOrder } from "./sim_types.ts";

/** One asset of one wallet. */
export interface SimBalance {
  total: Money;
  locked: Money;
}

/** One account's assets. */
export class SimWallet {
  readonly account: string;
  readonly assets = new Map<string, SimBalance>();

  constructor(account: string) {
    this.account = account;
  }

  /** The balance of an asset; made at zero when it was never held. */
  of(asset: string): SimBalance {
    let balance = this.assets.get(asset);
    if (balance === undefined) {
      balance = { total: MONEY_ZERO, locked: MONEY_ZERO };
      this.assets.set(asset, balance);
    }
    return balance;
  }

  /** What may be spent. */
  free(asset: string): Money {
    const balance = this.assets.get(asset);
    return balance === undefined ? MONEY_ZERO : money(balance.total - balance.locked);
  }

  /** Moves the total by an amount of either sign. */
  add(asset: string, amount: Money): void {
    const balance = this.of(asset);
    balance.total = money(balance.total + amount);
  }

  /** Holds back more (above zero) or less (below). */
  lock(asset: string, amount: Money): void {
    const balance = this.of(asset);
    balance.locked = money(balance.locked + amount);
    assert(balance.locked >= 0n, "Simulated wallet holds back less than nothing");
  }
}

/** One perpetual position. */
export interface SimPosition {
  readonly instrument: SimInstrument;
  /** Signed lots. */
  size: number;
  /** Signed sum of price times size of what is open. */
  cost: Money;
  /** Everything realised since the beginning. */
  realised: Money;
  updatedAt: Micros;
}

/** One owner: wallets, positions, leverage. */
export class SimUser {
  readonly owner: number;
  readonly wallets = new Map<string, SimWallet>();
  readonly positions = new Map<SimInstrument, SimPosition>();
  readonly leverage = new Map<SimInstrument, number>();

  constructor(owner: number) {
    this.owner = owner;
  }

  /** The wallet of an account; made empty when it is new. */
  wallet(account: string): SimWallet {
    let wallet = this.wallets.get(account);
    if (wallet === undefined) {
      wallet = new SimWallet(account);
      this.wallets.set(account, wallet);
    }
    return wallet;
  }

  /** The wallet an instrument is traded from. */
  walletOf(instrument: SimInstrument): SimWallet {
    return this.wallet(instrument.instrument.terms.account);
  }

  position(instrument: SimInstrument): SimPosition {
    let position = this.positions.get(instrument);
    if (position === undefined) {
      position = {
        instrument,
        size: 0,
        cost: MONEY_ZERO,
        realised: MONEY_ZERO,
        updatedAt: micros(0),
      };
      this.positions.set(instrument, position);
    }
    return position;
  }

  leverageOf(instrument: SimInstrument): number {
    return this.leverage.get(instrument) ?? instrument.options.leverage;
  }
}

/** Where money goes that leaves the wallets. */
export class SimLedger {
  /** Fees taken, by asset; rebates count against them. */
  readonly fees = new Map<string, Money>();
  /** Put in from outside, by asset. */
  readonly deposits = new Map<string, Money>();
  /** What trades and funding brought to the wallets from the rest of the market, by asset. */
  readonly flows = new Map<string, Money>();

  add(book: Map<string, Money>, asset: string, amount: Money): void {
    book.set(asset, money((book.get(asset) ?? 0n) + amount));
  }
}

const WIRE_UNIT = 10n ** 10n;

/** Rounds to the eight decimals that venues keep, half to even. */
export function toEightDecimals(amount: bigint): Money {
  return money(mulDivHalfEven(amount, 1n, WIRE_UNIT) * WIRE_UNIT);
}

/** The fee on an amount: above zero paid. */
export function feeOn(amount: Money, hundredthsOfBasisPoint: number): Money {
  return toEightDecimals(mulDivHalfEven(amount, BigInt(hundredthsOfBasisPoint), 1_000_000n));
}

/** Moves a position by one fill; answers what it realised. */
export function tradePosition(
  position: SimPosition,
  side: Side,
  price: number,
  lots: number,
): Money {
  const sign = signOf(side);
  const instrument = position.instrument.instrument;
  const held = Math.abs(position.size);
  const closing = Math.sign(position.size) === -sign ? Math.min(held, lots) : 0;
  let realised = 0n;
  if (closing > 0) {
    const part = closing === held
      ? position.cost
      : toEightDecimals(mulDivHalfEven(position.cost, BigInt(closing), BigInt(held)));
    realised = -BigInt(sign) * notional(instrument, price as Price, closing) - part;
    position.cost = money(position.cost - part);
    position.size += sign * closing;
  }
  const opening = lots - closing;
  if (opening > 0) {
    const value = notional(instrument, price as Price, opening);
    position.cost = money(position.cost + BigInt(sign) * value);
    position.size += sign * opening;
  }
  if (position.size === 0) assert(position.cost === 0n, "Flat simulated position has a cost");
  position.realised = money(position.realised + realised);
  return money(realised);
}

/** Unrealised profit of a position at the mark, as a float. */
export function unrealisedOf(position: SimPosition): number {
  const { instrument, size, cost } = position;
  const { tickValue, lotValue } = instrument.instrument;
  return size * lotValue * instrument.mark * tickValue - Number(cost) / 1e18;
}

/** Average entry price as a float; 0 when flat. */
export function entryPriceOf(position: SimPosition): number {
  if (position.size === 0) return 0;
  return Number(position.cost) / 1e18 / (position.size * position.instrument.instrument.lotValue);
}

/** What a perpetual wallet can carry, as floats. */
export interface SimMargin {
  readonly wallet: number;
  readonly unrealised: number;
  readonly positionMargin: number;
  readonly orderMargin: number;
  readonly available: number;
}

/** Sums margin over a wallet's perpetuals of one settlement asset. */
export function marginOf(
  user: SimUser,
  account: string,
  settle: string,
  instruments: readonly SimInstrument[],
  openOrders: Iterable<SimOrder>,
): SimMargin {
  const bids = new Map<SimInstrument, number>();
  const asks = new Map<SimInstrument, number>();
  for (const order of openOrders) {
    if (order.owner !== user.owner || order.reduceOnly || order.workingAt === 0) continue;
    const side = order.side === "buy" ? bids : asks;
    const { tickValue, lotValue } = order.instrument.instrument;
    const value = order.price * tickValue * (order.size - order.filled) * lotValue;
    side.set(order.instrument, (side.get(order.instrument) ?? 0) + value);
  }
  let unrealised = 0;
  let positionMargin = 0;
  let total = 0;
  for (const instrument of instruments) {
    const { terms, tickValue, lotValue } = instrument.instrument;
    if (!instrument.perpetual || terms.account !== account || terms.settle !== settle) continue;
    const position = user.positions.get(instrument);
    const value = (position?.size ?? 0) * lotValue * instrument.mark * tickValue;
    const leverage = user.leverageOf(instrument);
    if (position !== undefined) unrealised += unrealisedOf(position);
    positionMargin += Math.abs(value) / leverage;
    const long = Math.abs(value + (bids.get(instrument) ?? 0));
    const short = Math.abs(value - (asks.get(instrument) ?? 0));
    total += Math.max(long, short, Math.abs(value)) / leverage;
  }
  const wallet = Number(user.wallet(account).free(settle)) / 1e18;
  return {
    wallet,
    unrealised,
    positionMargin,
    orderMargin: total - positionMargin,
    available: wallet + unrealised - total,
  };
}
