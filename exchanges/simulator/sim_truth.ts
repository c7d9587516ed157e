/**
 * Everything of a simulated exchange as it is, for checkers: they compare what the engine believes.
 * @module
 */
import { type Money, money, type Side } from "@/engine/domain/mod.ts";
import type { SimLedger, SimPosition, SimUser } from "./sim_accounts.ts";
import type { SimInstrument } from "./sim_instrument.ts";
import type { SimOrderStore } from "./sim_orders.ts";
import type { SimFill, SimOrder } from "./sim_types.ts";

/** One book: levels best first, whole ticks and whole lots. */
export interface TrueBook {
  readonly instrument: SimInstrument;
  readonly updateId: number;
  readonly bids: readonly (readonly [number, number])[];
  readonly asks: readonly (readonly [number, number])[];
}

/** One asset of one account. */
export interface TrueBalance {
  readonly owner: number;
  readonly account: string;
  readonly asset: string;
  readonly total: Money;
  readonly locked: Money;
}

/** A moment of an exchange. Orders, fills and positions are its own records: do not change them. */
export interface ExchangeTruth {
  readonly books: readonly TrueBook[];
  readonly balances: readonly TrueBalance[];
  readonly positions: readonly (SimPosition & { readonly owner: number })[];
  readonly openOrders: readonly SimOrder[];
  /** Remembered executions, oldest first, and how many there ever were. */
  readonly fills: readonly SimFill[];
  readonly fillCount: number;
  /** Money from nowhere by asset; all zero, or the exchange is wrong. */
  readonly imbalance: ReadonlyMap<string, Money>;
}

interface Exchange {
  readonly instruments: readonly SimInstrument[];
  readonly users: ReadonlyMap<number, SimUser>;
  readonly orders: SimOrderStore;
  readonly ledger: SimLedger;
}

/** Reads it all; books to `depth` levels a side. */
export function truthOf(exchange: Exchange, depth: number): ExchangeTruth {
  const users = [...exchange.users.values()];
  return {
    books: exchange.instruments.map((sim) => ({
      instrument: sim,
      updateId: sim.updateId,
      bids: levelsOf(sim, "buy", depth),
      asks: levelsOf(sim, "sell", depth),
    })),
    balances: users.flatMap((user) =>
      [...user.wallets.values()].flatMap((wallet) =>
        [...wallet.assets].map(([asset, { total, locked }]) => ({
          owner: user.owner,
          account: wallet.account,
          asset,
          total,
          locked,
        }))
      )
    ),
    positions: users.flatMap((user) =>
      [...user.positions.values()].map((position) => ({ ...position, owner: user.owner }))
    ),
    openOrders: [...exchange.orders.open()],
    fills: exchange.orders.fills(),
    fillCount: exchange.orders.fillCount,
    imbalance: imbalanceOf(users, exchange.ledger),
  };
}

/** Levels of one side, best first. */
export function levelsOf(sim: SimInstrument, side: Side, depth: number): [number, number][] {
  const levels: [number, number][] = [];
  sim.market?.forEachLevel(side, (price, size) => {
    levels.push([price, size]);
    return levels.length < depth;
  });
  return levels;
}

/** Wallets + fees - deposits - flows - cost of open positions: zero for every asset, exactly. */
function imbalanceOf(users: readonly SimUser[], ledger: SimLedger): Map<string, Money> {
  const sums = new Map<string, Money>();
  for (const user of users) {
    for (const wallet of user.wallets.values()) {
      for (const [asset, balance] of wallet.assets) ledger.add(sums, asset, balance.total);
    }
    for (const position of user.positions.values()) {
      ledger.add(sums, position.instrument.instrument.terms.settle, money(-position.cost));
    }
  }
  for (const [asset, amount] of ledger.fees) ledger.add(sums, asset, amount);
  for (const [asset, amount] of ledger.deposits) ledger.add(sums, asset, money(-amount));
  for (const [asset, amount] of ledger.flows) ledger.add(sums, asset, money(-amount));
  return sums;
}
