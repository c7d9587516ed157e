/**
 * `MarketEvents`: what happened in a market, written down first and told afterwards.
 *
 * A market changes its state completely, then delivers. So a listener that submits, cancels or
 * amends while it is being told finds a finished market, and what that causes is told after what
 * is already written.
 *
 * 1. Events are told in the order in which they happened, each exactly once.
 * 2. No object is made per event: one `Float64Array`, one reused `MatchedTrade`.
 * 3. At most `EVENTS_MAX` untold events: a listener that answers each with another is a bug.
 * @module
 */
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { MarketListener, MatchedTrade, RemovalReason } from "./market.ts";
import { SIDE_NAMES } from "./resting_orders.ts";

const RESTED = 0;
const TRADED = 1;
const REMOVED = 2;
const AMENDED = 3;
const LEVEL = 4;
const STRIDE = 10;
const EVENTS_MAX = 1 << 21;

/** All reasons, in the order of their numbers. */
const REASONS: readonly RemovalReason[] = [
  "cancelled",
  "immediate_or_cancel",
  "fill_or_kill",
  "post_only",
  "no_liquidity",
  "self_trade",
  "phase",
];

/** The taking half of a trade. */
export interface TakerTerms {
  readonly id: number;
  readonly owner: number;
  readonly leaves: number;
  readonly side: number;
}

/** Queue of a market's events; see the invariants above. */
export class MarketEvents {
  readonly #listener: MarketListener;
  readonly #trade: { -readonly [K in keyof MatchedTrade]: MatchedTrade[K] };
  #data = new Float64Array(64 * STRIDE);
  #count = 0;
  #told = 0;
  #telling = false;

  constructor(listener: MarketListener) {
    this.#listener = listener;
    this.#trade = {
      makerId: 0,
      makerOwner: 0,
      makerLeaves: 0,
      takerId: 0,
      takerOwner: 0,
      takerLeaves: 0,
      aggressor: "buy",
      price: 0,
      size: 0,
    };
  }

  rested(id: number, owner: number, side: number, price: number, leaves: number): void {
    const at = this.#take(RESTED);
    const data = this.#data;
    data[at + 1] = id;
    data[at + 2] = owner;
    data[at + 3] = side;
    data[at + 4] = price;
    data[at + 5] = leaves;
  }

  removed(id: number, owner: number, leaves: number, reason: RemovalReason): void {
    const at = this.#take(REMOVED);
    const data = this.#data;
    data[at + 1] = id;
    data[at + 2] = owner;
    data[at + 3] = leaves;
    data[at + 4] = REASONS.indexOf(reason);
  }

  amended(id: number, owner: number, price: number, leaves: number): void {
    const at = this.#take(AMENDED);
    const data = this.#data;
    data[at + 1] = id;
    data[at + 2] = owner;
    data[at + 3] = price;
    data[at + 4] = leaves;
  }

  level(side: number, price: number, size: number): void {
    const at = this.#take(LEVEL);
    const data = this.#data;
    data[at + 1] = side;
    data[at + 2] = price;
    data[at + 3] = size;
  }

  /** A match at the maker's price; both sides' leaves are those after it. */
  trade(
    makerId: number,
    makerOwner: number,
    makerLeaves: number,
    taker: TakerTerms,
    price: number,
    size: number,
  ): void {
    const at = this.#take(TRADED);
    const data = this.#data;
    data[at + 1] = makerId;
    data[at + 2] = makerOwner;
    data[at + 3] = makerLeaves;
    data[at + 4] = taker.id;
    data[at + 5] = taker.owner;
    data[at + 6] = taker.leaves;
    data[at + 7] = taker.side;
    data[at + 8] = price;
    data[at + 9] = size;
  }

  /** Tells the listener all that is untold; inside a telling it leaves that to the outer one. */
  deliver(): void {
    if (this.#telling) return;
    this.#telling = true;
    try {
      while (this.#told < this.#count) this.#tell(this.#told++ * STRIDE);
      this.#told = 0;
      this.#count = 0;
    } finally {
      this.#telling = false;
    }
  }

  #tell(at: number): void {
    const data = this.#data;
    const listener = this.#listener;
    switch (data[at]) {
      case RESTED:
        return listener.onRested(
          data[at + 1]!,
          data[at + 2]!,
          sideName(data[at + 3]!),
          data[at + 4]!,
          data[at + 5]!,
        );
      case TRADED:
        return this.#tellTrade(data, at);
      case REMOVED:
        return listener.onRemoved(
          data[at + 1]!,
          data[at + 2]!,
          data[at + 3]!,
          REASONS[data[at + 4]!]!,
        );
      case AMENDED:
        return listener.onAmended(data[at + 1]!, data[at + 2]!, data[at + 3]!, data[at + 4]!);
      default:
        return listener.onLevel(sideName(data[at + 1]!), data[at + 2]!, data[at + 3]!);
    }
  }

  #tellTrade(data: Float64Array, at: number): void {
    const trade = this.#trade;
    trade.makerId = data[at + 1]!;
    trade.makerOwner = data[at + 2]!;
    trade.makerLeaves = data[at + 3]!;
    trade.takerId = data[at + 4]!;
    trade.takerOwner = data[at + 5]!;
    trade.takerLeaves = data[at + 6]!;
    trade.aggressor = sideName(data[at + 7]!);
    trade.price = data[at + 8]!;
    trade.size = data[at + 9]!;
    this.#listener.onTrade(trade);
  }

  #take(kind: number): number {
    const at = this.#count * STRIDE;
    if (at === this.#data.length) this.#grow();
    this.#count++;
    this.#data[at] = kind;
    return at;
  }

  #grow(): void {
    assert(this.#count < EVENTS_MAX, "A market has too many untold events");
    const grown = new Float64Array(this.#data.length * 2);
    grown.set(this.#data);
    this.#data = grown;
  }
}

function sideName(side: number): Side {
  return SIDE_NAMES[side as 0 | 1];
}
