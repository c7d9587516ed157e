/**
 * `ReferenceMatching`: the slow twin of `MatchingEngine`. Sorted arrays of plain orders, nothing
 * reused, written for being obviously right.
 * @module
 */
import type {
  Market,
  MarketListener,
  MarketOrder,
  RemovalReason,
  SelfTradePolicy,
} from "@/engine/matching/mod.ts";
import { opposite, type Side } from "@/engine/domain/mod.ts";

interface Resting {
  readonly id: number;
  readonly owner: number;
  readonly side: Side;
  readonly price: number;
  leaves: number;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTradePolicy;
}

interface Taking {
  readonly id: number;
  readonly owner: number;
  readonly side: Side;
  readonly price: number | undefined;
  leaves: number;
  readonly postOnly: boolean;
  readonly selfTrade: SelfTradePolicy;
  decremented: number;
  stopped: boolean;
}

/** Price-time matching over sorted arrays. Tells its listener while it works. */
export class ReferenceMatching implements Market {
  #resting: Resting[] = [];
  #listener: MarketListener;
  phase: "continuous" | "halted" | "closed" = "continuous";

  constructor(listener: MarketListener) {
    this.#listener = listener;
  }

  get restingCount(): number {
    return this.#resting.length;
  }

  submit(order: MarketOrder): void {
    if (this.phase !== "continuous") {
      return this.#listener.onRemoved(order.id, order.owner, order.size, "phase");
    }
    const taking = { ...order, leaves: order.size, decremented: 0, stopped: false };
    this.#process(taking, order.timeInForce === "fok", order.timeInForce === "gtc");
  }

  cancel(id: number): boolean {
    const found = this.#resting.find((order) => order.id === id);
    if (found === undefined) return false;
    this.#listener.onRemoved(id, found.owner, found.leaves, "cancelled");
    this.#takeOut(found);
    return true;
  }

  amend(id: number, price: number, leaves: number): boolean {
    const found = this.#resting.find((order) => order.id === id);
    if (found === undefined) return false;
    if (leaves === 0) return this.cancel(id);
    if (price === found.price && leaves <= found.leaves) {
      const changed = leaves !== found.leaves;
      found.leaves = leaves;
      this.#listener.onAmended(id, found.owner, price, leaves);
      if (changed) this.#tellLevel(found.side, price);
      return true;
    }
    if (this.phase !== "continuous") return false;
    this.#takeOut(found);
    this.#process({ ...found, price, leaves, decremented: 0, stopped: false }, false, true);
    return true;
  }

  best(side: Side): number {
    return this.#sorted(side)[0]?.price ?? 0;
  }

  sizeAt(side: Side, price: number): number {
    return this.#resting
      .filter((order) => order.side === side && order.price === price)
      .reduce((sum, order) => sum + order.leaves, 0);
  }

  forEachLevel(side: Side, visit: (price: number, size: number) => boolean): void {
    for (const price of new Set(this.#sorted(side).map((order) => order.price))) {
      if (!visit(price, this.sizeAt(side, price))) return;
    }
  }

  /** Best price first, oldest first at one price: `#resting` is kept in time order. */
  #sorted(side: Side): Resting[] {
    return this.#resting
      .filter((order) => order.side === side)
      .sort((a, b) => side === "buy" ? b.price - a.price : a.price - b.price);
  }

  #reachable(taking: Taking): Resting[] {
    return this.#sorted(opposite(taking.side)).filter((order) =>
      taking.price === undefined ||
      (taking.side === "buy" ? order.price <= taking.price : order.price >= taking.price)
    );
  }

  #process(taking: Taking, allOrNone: boolean, mayRest: boolean): void {
    const postOnlyTakes = taking.price === undefined || this.#reachable(taking).length > 0;
    if (taking.postOnly && postOnlyTakes) return this.#remove(taking, "post_only");
    if (allOrNone && !this.#fills(taking)) return this.#remove(taking, "fill_or_kill");
    this.#match(taking);
    if (taking.stopped) {
      const unfilled = taking.leaves === 0 ? taking.decremented : taking.leaves;
      return this.#listener.onRemoved(taking.id, taking.owner, unfilled, "self_trade");
    }
    if (taking.leaves === 0) return;
    if (taking.price === undefined) return this.#remove(taking, "no_liquidity");
    if (!mayRest) return this.#remove(taking, "immediate_or_cancel");
    const { id, owner, side, price, leaves, postOnly, selfTrade } = taking;
    this.#resting.push({ id, owner, side, price, leaves, postOnly, selfTrade });
    this.#listener.onRested(id, owner, side, price, leaves);
    this.#tellLevel(side, price);
  }

  #fills(taking: Taking): boolean {
    let available = 0;
    for (const order of this.#reachable(taking)) {
      const own = order.owner === taking.owner && taking.selfTrade !== "allow";
      if (own && taking.selfTrade !== "cancel_oldest") break;
      if (!own) available += order.leaves;
    }
    return available >= taking.leaves;
  }

  #match(taking: Taking): void {
    const touched = new Set<number>();
    for (const order of this.#reachable(taking)) {
      if (taking.leaves === 0 || taking.stopped) break;
      if (touched.size > 0 && !touched.has(order.price)) {
        this.#tellLevel(order.side, [...touched].pop()!);
      }
      touched.add(order.price);
      if (order.owner === taking.owner && taking.selfTrade !== "allow") {
        this.#meetOwn(taking, order);
      } else {
        this.#trade(taking, order);
      }
    }
    const last = [...touched].pop();
    if (last !== undefined) this.#tellLevel(opposite(taking.side), last);
  }

  #trade(taking: Taking, order: Resting): void {
    const size = Math.min(taking.leaves, order.leaves);
    taking.leaves -= size;
    order.leaves -= size;
    if (order.leaves === 0) this.#forget(order);
    this.#listener.onTrade({
      makerId: order.id,
      makerOwner: order.owner,
      makerLeaves: order.leaves,
      takerId: taking.id,
      takerOwner: taking.owner,
      takerLeaves: taking.leaves,
      aggressor: taking.side,
      price: order.price,
      size,
    });
  }

  #meetOwn(taking: Taking, order: Resting): void {
    if (taking.selfTrade === "decrement") {
      const common = Math.min(taking.leaves, order.leaves);
      taking.leaves -= common;
      taking.decremented += common;
      taking.stopped = taking.leaves === 0;
      if (common === order.leaves) {
        this.#forget(order);
        this.#listener.onRemoved(order.id, order.owner, common, "self_trade");
      } else {
        order.leaves -= common;
        this.#listener.onAmended(order.id, order.owner, order.price, order.leaves);
      }
      return;
    }
    if (taking.selfTrade === "cancel_oldest" || taking.selfTrade === "cancel_both") {
      this.#forget(order);
      this.#listener.onRemoved(order.id, order.owner, order.leaves, "self_trade");
    }
    taking.stopped = taking.selfTrade !== "cancel_oldest";
  }

  #remove(taking: Taking, reason: RemovalReason): void {
    this.#listener.onRemoved(taking.id, taking.owner, taking.leaves, reason);
  }

  #takeOut(order: Resting): void {
    this.#forget(order);
    this.#tellLevel(order.side, order.price);
  }

  #forget(order: Resting): void {
    this.#resting = this.#resting.filter((other) => other !== order);
  }

  #tellLevel(side: Side, price: number): void {
    this.#listener.onLevel(side, price, this.sizeAt(side, price));
  }
}

/** Writes every event as one line of text. */
export class EventScript implements MarketListener {
  lines: string[] = [];

  onRested(id: number, owner: number, side: Side, price: number, leaves: number): void {
    this.lines.push(`rested ${id} of ${owner}: ${side} ${leaves} @ ${price}`);
  }
  onTrade(trade: Parameters<MarketListener["onTrade"]>[0]): void {
    this.lines.push(
      `trade ${trade.makerId} of ${trade.makerOwner} (${trade.makerLeaves} left) with ` +
        `${trade.takerId} of ${trade.takerOwner} (${trade.takerLeaves} left): ` +
        `${trade.aggressor} ${trade.size} @ ${trade.price}`,
    );
  }
  onRemoved(id: number, owner: number, leaves: number, reason: RemovalReason): void {
    this.lines.push(`removed ${id} of ${owner}: ${leaves} ${reason}`);
  }
  onAmended(id: number, owner: number, price: number, leaves: number): void {
    this.lines.push(`amended ${id} of ${owner}: ${leaves} @ ${price}`);
  }
  onLevel(side: Side, price: number, size: number): void {
    this.lines.push(`level ${side} ${price}: ${size}`);
  }

  /** The lines since the last call. */
  take(): string[] {
    const lines = this.lines;
    this.lines = [];
    return lines;
  }
}
