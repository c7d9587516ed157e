/**
 * `Clob`: orders between a node's check and the block that makes them final.
 *
 *   rests -> in the book at once; would take -> shown, carried out in the next block
 *   cancel -> told as best effort at once, carried out in the next block
 *
 * 1. A cancelled order may still be filled until its block: only the height is final.
 * 2. Short-term orders die with their good-til-block, often without a word.
 * 3. An id's fills are remembered until its good-til-block: placed anew under it, an order gets no
 *    more than what is left of its new size.
 * 4. Stateful orders enter and leave in blocks alone.
 * Source: protocol sheet sections 4 and 5.
 * @module
 */
import type {
  ExchangeListener,
  SimEnd,
  SimFill,
  SimOrder,
  SimOrderCause,
} from "@/exchanges/simulator/mod.ts";
import { type AccountFeed, filledOf, isLive } from "./account_feed.ts";
import {
  checkBatch,
  checkCancel,
  checkPlace,
  CONDITIONAL,
  crosses,
  idOf,
  requestOf,
} from "./clob_checks.ts";
import { causeOf } from "./failures.ts";
import type { MarketFeed } from "./market_feed.ts";
import type { CheckResult } from "./node.ts";
import type { BatchMessage, CancelMessage, ClobMessage, PlaceMessage } from "./transactions.ts";
import type { ClobOrder, EndCause, VenueState } from "./venue_state.ts";

/** What a book is made of. */
export interface ClobOptions {
  readonly state: VenueState;
  readonly markets: MarketFeed;
  readonly accounts: AccountFeed;
}

const ORDERS_KEPT = 5_000;
const EXPIRY_TOLD = 0.5;
const EXPIRY_LATE_BLOCKS = 2;
const IOC = 1;

/** Keeps the account's orders. */
export class Clob implements ExchangeListener {
  readonly #state: VenueState;
  readonly #markets: MarketFeed;
  readonly #accounts: AccountFeed;
  readonly #bySim = new WeakMap<SimOrder, ClobOrder>();
  readonly #active = new Set<ClobOrder>();
  readonly #cancels = new Map<string, number>();
  #entering: ClobOrder | undefined;

  constructor(options: ClobOptions) {
    this.#state = options.state;
    this.#markets = options.markets;
    this.#accounts = options.accounts;
  }

  /** Whether a message would be let in. Changes nothing. */
  check(message: ClobMessage): CheckResult {
    switch (message.kind) {
      case "place":
        return checkPlace(this.#state, this.#cancels, message);
      case "cancel":
        return checkCancel(this.#state, this.#cancels, message);
      case "batch":
        return checkBatch(this.#state, message);
    }
  }

  /** Lets a checked message in. */
  apply(message: ClobMessage): void {
    if (message.kind === "place") this.#place(message);
    else if (message.kind === "cancel") this.#cancel(message);
    else this.#cancelBatch(message);
  }

  onOrder(sim: SimOrder, cause: SimOrderCause, fill: SimFill | undefined): void {
    const order = this.#bySim.get(sim) ?? this.#entering;
    if (order === undefined || sim.owner !== this.#state.owner) return;
    if (order.sim === undefined) {
      order.sim = sim;
      this.#bySim.set(sim, order);
    }
    if (order.sim !== sim) return;
    if (fill !== undefined) {
      this.#accounts.keepFill(order, fill);
      if (sim.status !== "filled" && isLive(order) && order.orderFlags === 0) {
        this.#accounts.tellOrder(order);
      }
    } else if (cause === "triggered") {
      order.status = "OPEN";
      this.#tell(order);
    } else if (sim.status === "cancelled" || sim.status === "expired") {
      this.#ended(order, sim.end);
    }
  }

  /** What dies with this block dies; what the exchange no longer knows is forgotten. */
  onBlock(): void {
    const { blocks, orders } = this.#state;
    const seconds = Math.floor(blocks.time / 1e6);
    for (const order of this.#active) {
      const short = order.orderFlags === 0;
      const due = short
        ? order.goodTilBlock <= blocks.height
        : order.goodTilBlockTime <= seconds && order.status !== "PENDING";
      const filled = order.sim?.status === "filled";
      if (due && !filled) this.#expire(order);
      if (due || filled || (!isLive(order) && !order.cancelling)) this.#active.delete(order);
    }
    for (const [id, until] of this.#cancels) if (until <= blocks.height) this.#cancels.delete(id);
    for (const [id, order] of orders) {
      if (orders.size <= ORDERS_KEPT) break;
      if (!this.#active.has(order)) orders.delete(id);
    }
  }

  #place(message: PlaceMessage): void {
    const { orders, blocks } = this.#state;
    const id = idOf(message.name);
    const known = orders.get(id);
    if (known !== undefined && isLive(known) && known.orderFlags === 0) {
      return this.#replace(known, message);
    }
    if (known !== undefined) {
      this.#remove(known);
      this.#active.delete(known);
      orders.delete(id);
    }
    const order = this.#orderOf(id, message);
    if (known !== undefined && known.orderFlags === 0 && known.goodTilBlock > blocks.height) {
      order.filledBefore = filledOf(known);
      order.finalFilled = order.filledBefore;
    }
    orders.set(id, order);
    this.#active.add(order);
    if (order.orderFlags !== 0) {
      blocks.next(() => this.#enterStateful(order));
      return;
    }
    order.status = "BEST_EFFORT_OPENED";
    if (order.subaccountNumber !== 0) return this.#fail(order, "UNDERCOLLATERALIZED");
    this.#enterShort(order, () => this.#enter(order));
  }

  /** At once when it rests, in the next block when it takes. */
  #enterShort(order: ClobOrder, run: () => void): void {
    if (order.timeInForce !== IOC && !crosses(order)) {
      run();
      if (isLive(order)) this.#tell(order);
      return;
    }
    this.#tell(order);
    if (order.timeInForce !== IOC && order.sim === undefined) this.#markets.show(order);
    this.#state.blocks.next(() => {
      this.#markets.hide(order);
      if (isLive(order) && !order.cancelling) run();
    });
  }

  #enterStateful(order: ClobOrder): void {
    if (order.cancelling) return;
    if (order.subaccountNumber !== 0) return this.#fail(order, "UNDERCOLLATERALIZED");
    order.status = order.orderFlags === CONDITIONAL ? "UNTRIGGERED" : "OPEN";
    order.createdAtHeight = this.#state.blocks.height;
    this.#enter(order);
    if (isLive(order)) this.#tell(order);
  }

  #enter(order: ClobOrder): void {
    if (order.sim !== undefined) return;
    const { exchange } = this.#state;
    const request = requestOf(this.#state, order, this.#clientName(order));
    this.#entering = order;
    let placed = order.orderFlags === CONDITIONAL
      ? exchange.place({
        ...request,
        type: "stop_limit",
        triggerPrice: order.triggerTicks,
        triggerWhen: (order.conditionType === 1) === (order.side === "buy") ? "rises" : "falls",
        triggerOn: "mark",
      })
      : exchange.place(request);
    if (!placed.ok && placed.error === "trigger_would_fire") {
      order.status = "OPEN";
      placed = exchange.place(request);
    }
    this.#entering = undefined;
    if (!placed.ok) this.#fail(order, causeOf(placed.error));
  }

  #replace(order: ClobOrder, message: PlaceMessage): void {
    const { exchange } = this.#state;
    this.#markets.hide(order);
    this.#accounts.tellRemoval(order, "BEST_EFFORT_CANCELED", "REPLACED");
    const { symbol } = order;
    order.lots = Number(message.quantums / BigInt(symbol.stepBaseQuantums));
    order.ticks = Number(message.subticks / BigInt(symbol.subticksPerTick));
    order.goodTilBlock = message.goodTilBlock;
    order.hash = message.hash;
    this.#enterShort(order, () => {
      if (order.sim === undefined) return this.#enter(order);
      if (!exchange.orders.isOpen(order.sim)) return;
      const { ticks: price, lots, filledBefore } = order;
      const size = lots - filledBefore;
      const done = exchange.amend({ order: order.sim, price, size, keepPriority: false });
      if (done.ok || done.error === "nothing_changed") return;
      const cause = causeOf(done.error);
      this.#fail(order, cause);
      this.#remove(order);
    });
  }

  #cancel(message: CancelMessage): void {
    const order = this.#state.orders.get(idOf(message.name));
    if (message.name.orderFlags !== 0) return this.#cancelStateful(order!);
    this.#cancelShort(idOf(message.name), order, message.goodTilBlock);
  }

  #cancelShort(id: string, order: ClobOrder | undefined, goodTilBlock: number): void {
    this.#cancels.set(id, goodTilBlock);
    if (order === undefined || !isLive(order) || goodTilBlock < order.goodTilBlock) return;
    if (order.sim?.status === "filled") return;
    order.status = "BEST_EFFORT_CANCELED";
    order.removalReason = "USER_CANCELED";
    order.cancelling = true;
    this.#touch(order);
    this.#markets.hide(order);
    this.#accounts.tellRemoval(order, order.status, order.removalReason);
    this.#state.blocks.next(() => {
      this.#remove(order);
      order.cancelling = false;
    });
  }

  #cancelStateful(order: ClobOrder): void {
    order.cancelling = true;
    this.#state.blocks.next(() => {
      order.cancelling = false;
      if (order.sim?.status === "filled" || !isLive(order)) return;
      this.#close(order, "USER_CANCELED");
      this.#remove(order);
    });
  }

  #cancelBatch(message: BatchMessage): void {
    const { owner, subaccountNumber, goodTilBlock } = message;
    for (const { clobPairId, clientIds } of message.batches) {
      for (const clientId of clientIds) {
        const id = idOf({ owner, subaccountNumber, clientId, clobPairId, orderFlags: 0 });
        if ((this.#cancels.get(id) ?? 0) >= goodTilBlock) continue;
        this.#cancelShort(id, this.#state.orders.get(id), goodTilBlock);
      }
    }
  }

  #expire(order: ClobOrder): void {
    const wasLive = isLive(order);
    const { random, blocks } = this.#state;
    this.#markets.hide(order);
    if (order.orderFlags !== 0) {
      if (wasLive) this.#close(order, "EXPIRED");
      return this.#remove(order);
    }
    order.status = "CANCELED";
    order.removalReason ??= "EXPIRED";
    this.#touch(order);
    this.#remove(order);
    order.cancelling = false;
    if (!wasLive || random.next() >= EXPIRY_TOLD) return;
    const tellAt = blocks.height + EXPIRY_LATE_BLOCKS;
    const tell = (): void => {
      if (blocks.height < tellAt) blocks.next(tell);
      else this.#accounts.tellRemoval(order, "CANCELED", "INDEXER_EXPIRED");
    };
    blocks.next(tell);
  }

  /** Takes an order out of the exchange, if it is there. */
  #remove(order: ClobOrder): void {
    this.#markets.hide(order);
    const { exchange } = this.#state;
    if (order.sim !== undefined && exchange.orders.isOpen(order.sim)) {
      // A halted market keeps no order that its owner or its block has ended.
      exchange.cancel(order.sim, "dead_man");
    }
  }

  #ended(order: ClobOrder, end: SimEnd): void {
    if (!isLive(order)) return;
    const cause = CAUSES[end] ?? "INTERNAL_ERROR";
    this.#close(order, cause);
  }

  /** An order that was let in and did not make it. */
  #fail(order: ClobOrder, cause: EndCause): void {
    if (order.orderFlags !== 0) return this.#close(order, cause);
    order.status = "BEST_EFFORT_CANCELED";
    order.removalReason = cause;
    this.#touch(order);
    this.#accounts.tellRemoval(order, order.status, cause);
  }

  #close(order: ClobOrder, cause: EndCause): void {
    order.status = "CANCELED";
    order.removalReason = cause;
    this.#touch(order);
    // With fills of this block it is told when they are.
    if (!this.#accounts.hasFresh(order)) this.#accounts.tellRemoval(order, "CANCELED", cause);
  }

  #tell(order: ClobOrder): void {
    this.#touch(order);
    this.#accounts.tellOrder(order);
  }

  #touch(order: ClobOrder): void {
    const { exchange, blocks } = this.#state;
    order.updatedAt = exchange.clock.now();
    order.updatedAtHeight = blocks.height;
  }

  /** The client's number, with its flags where an order of other flags bears it. */
  #clientName(order: ClobOrder): string {
    const { exchange, owner } = this.#state;
    const name = String(order.clientId);
    const known = exchange.orders.byClient(owner, order.symbol.sim, name);
    const taken = known !== undefined && exchange.orders.isOpen(known);
    return taken ? `${name}/${order.orderFlags}` : name;
  }

  #orderOf(id: string, message: PlaceMessage): ClobOrder {
    const { symbols, blocks, exchange } = this.#state;
    const { name } = message;
    const symbol = symbols.findPair(name.clobPairId)!;
    const tick = BigInt(symbol.subticksPerTick);
    return {
      id,
      symbol,
      owner: name.owner,
      subaccountNumber: name.subaccountNumber,
      clientId: name.clientId,
      orderFlags: name.orderFlags,
      side: message.side === 1 ? "buy" : "sell",
      timeInForce: message.timeInForce,
      reduceOnly: message.reduceOnly,
      clientMetadata: message.clientMetadata,
      conditionType: message.conditionType,
      triggerTicks: Number(message.triggerSubticks / tick),
      lots: Number(message.quantums / BigInt(symbol.stepBaseQuantums)),
      ticks: Number(message.subticks / tick),
      goodTilBlock: message.goodTilBlock,
      goodTilBlockTime: message.goodTilBlockTime,
      filledBefore: 0,
      finalFilled: 0,
      hash: message.hash,
      sim: undefined,
      shown: false,
      status: "PENDING",
      removalReason: undefined,
      cancelling: false,
      createdAtHeight: blocks.height,
      updatedAt: exchange.clock.now(),
      updatedAtHeight: blocks.height,
    };
  }
}

const CAUSES: Readonly<Partial<Record<SimEnd, EndCause>>> = {
  cancelled: "USER_CANCELED",
  cancel_all: "USER_CANCELED",
  dead_man: "EXPIRED",
  immediate_or_cancel: "IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK",
  no_liquidity: "IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK",
  post_only: "POST_ONLY_WOULD_CROSS_MAKER_ORDER",
  self_trade: "SELF_TRADE_ERROR",
  reduce_only: "REDUCE_ONLY_RESIZE",
};
