/**
 * `TruthProbe`: what a simulated exchange holds, in the words that checkers compare with.
 *
 * 1. Touches are remembered by book number for a while, because the engine's book is a moment
 *    behind.
 * 2. It listens and reads; it changes nothing.
 * 3. What only checkers ask for is remembered only for them.
 * @module
 */
import { type InstrumentIndex, moneyToText, type VenueId } from "@/engine/domain/mod.ts";
import type { TrueAccount, TrueTouch, VenueTruth } from "@/engine/ports/mod.ts";
import type { SimInstrument, SimulatedExchange } from "@/exchanges/simulator/mod.ts";
import { TouchMemory } from "./touch_memory.ts";

const CLIENT_IDS_KEPT = 200_000;

/** One venue's truth. */
export class TruthProbe implements VenueTruth {
  readonly venue: VenueId;
  readonly #exchange: SimulatedExchange;
  readonly #owner: number;
  readonly #indexOf = new Map<SimInstrument, InstrumentIndex>();
  readonly #touches = new Map<InstrumentIndex, TouchMemory>();
  readonly #placed = new Map<string, number>();
  readonly #sentTwice: string[] = [];

  constructor(
    venue: VenueId,
    exchange: SimulatedExchange,
    owner: number,
    indexOf: (sim: SimInstrument) => InstrumentIndex | undefined,
    remembers = true,
  ) {
    this.venue = venue;
    this.#exchange = exchange;
    this.#owner = owner;
    for (const sim of exchange.instruments) {
      const index = indexOf(sim);
      if (index === undefined) continue;
      this.#indexOf.set(sim, index);
      if (remembers) this.#touches.set(index, new TouchMemory());
    }
    if (!remembers) return;
    exchange.addListener({
      onLevel: (sim, _side, _price, _size, updateId) => {
        const index = this.#indexOf.get(sim);
        if (index !== undefined) note(this.#touches.get(index)!, sim, updateId);
      },
      onOrder: (order, cause) => {
        if (cause === "new" && order.owner === owner) {
          this.#notePlaced(order.clientOrderId, order.id);
        }
      },
    });
  }

  touchAt(instrument: InstrumentIndex, sequence: number): TrueTouch | undefined {
    return this.#touches.get(instrument)?.at(sequence);
  }

  account(): TrueAccount {
    const truth = this.#exchange.truth(1);
    return {
      positions: truth.positions.flatMap((position) => {
        const instrument = this.#indexOf.get(position.instrument);
        if (instrument === undefined || position.owner !== this.#owner) return [];
        return [{ instrument, size: position.instrument.instrument.sizeValue(position.size) }];
      }),
      openOrders: truth.openOrders
        .filter((order) => order.owner === this.#owner)
        .map((order) => order.clientOrderId),
      balances: truth.balances
        .filter((balance) => balance.owner === this.#owner)
        .map(({ account, asset, total }) => ({
          account: account as TrueAccount["balances"][number]["account"],
          asset,
          total: moneyToText(total),
        })),
      fillCount: truth.fillCount,
      sentTwice: this.#sentTwice,
      imbalances: [...truth.imbalance].filter(([, amount]) => amount !== 0n).map(([asset]) =>
        asset
      ),
    };
  }

  #notePlaced(id: string, number: number): void {
    const before = this.#placed.get(id);
    if (before !== undefined && before !== number) this.#sentTwice.push(id);
    this.#placed.set(id, number);
    if (this.#placed.size <= CLIENT_IDS_KEPT) return;
    for (const oldest of this.#placed.keys()) {
      this.#placed.delete(oldest);
      return;
    }
  }
}

function note(touches: TouchMemory, sim: SimInstrument, updateId: number): void {
  const { market, instrument } = sim;
  if (market === undefined) return;
  const bid = market.best("buy");
  const ask = market.best("sell");
  touches.note(
    updateId,
    instrument.priceValue(bid),
    bid > 0 ? instrument.sizeValue(market.sizeAt("buy", bid)) : 0,
    instrument.priceValue(ask),
    ask > 0 ? instrument.sizeValue(market.sizeAt("sell", ask)) : 0,
  );
}
