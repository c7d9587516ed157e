/**
 * `RecordedMarket`: a recorded book and its trades are the market, and our orders queue in it.
 *
 *   recording: level*, book done | trade | gap | whole book
 *   our order: takes recorded depth at arrival, or joins behind what is shown and waits
 *
 * 1. Recorded sizes never include us: on joining, all that is recorded at the price is ahead.
 * 2. Our resting order fills when trades at its price pass its front, or, whole and at its own
 *    price, when a trade goes through it or the opposite touch reaches it.
 * 3. A match seen in the depth and as a trade counts once: by the venue's stamps where both have
 *    one, else a trade is set against what the last book update took off without a trade.
 * 4. The excess of one print is given once, oldest own order first; the print itself is told whole.
 * 5. In a gap, and before the first whole book, nothing fills and no order is taken (`phase`).
 * 6. Own size above a tenth of the touch is counted: results then say less than they seem to.
 * 7. Levels and fills of one recorded update are told together, when the update is complete; so
 *    between two calls nothing is crossed, except in a gap.
 * 8. Recorded trades are told as trades of nobody (ids and owners 0); what of a print filled our
 *    orders is told as theirs instead, so that the printed volume stays the recorded one.
 * Source: MARKETS.md section 8.
 * @module
 */
import { power3Model, type QueueModel, QueuePosition, RISK_AVERSE } from "@/engine/book/mod.ts";
import { assert, type Side } from "@/engine/domain/mod.ts";
import type { Levels } from "@/engine/messages/mod.ts";
import type { Market, MarketListener, MarketOrder, RemovalReason } from "./market.ts";
import { MarketEvents, type TakerTerms } from "./market_events.ts";
import { KEY_NONE } from "./price_index.ts";
import { type OwnOrder, RecordedLevels } from "./recorded_levels.ts";
import { BUY, keyOf, priceOf, SELL, sideNumber } from "./resting_orders.ts";
import { TakingOrder } from "./taking_order.ts";

/** Who leaves when a level shrinks: all behind us (the lower bound), or a share by the cube. */
export type QueueModelName = "risk_averse" | "power3";

/** What a recorded market is made of. */
export interface RecordedMarketOptions {
  readonly listener: MarketListener;
  readonly queueModel: QueueModelName;
  /** Ticks kept in the fast window round the touch: a power of two, default 8,192. */
  readonly windowTicks?: number;
}

const WINDOW_TICKS = 8_192;
/** Above this share of the touch our own impact, which no recording shows, would matter. */
const OWN_SHARE_MAX = 0.1;

/** The unknown taker of a recorded trade, by side. */
const RECORDED_TAKERS: readonly [TakerTerms, TakerTerms] = [
  { id: 0, owner: 0, leaves: 0, side: BUY },
  { id: 0, owner: 0, leaves: 0, side: SELL },
];

/** One instrument's recording as a market. */
export class RecordedMarket implements Market {
  readonly #sides: readonly [RecordedLevels, RecordedLevels];
  readonly #own: readonly [OwnOrder[], OwnOrder[]] = [[], []];
  readonly #byId = new Map<number, OwnOrder>();
  readonly #events: MarketEvents;
  readonly #model: QueueModel;
  readonly #taker = new TakingOrder();
  #gapped = true;
  #bookUpdates = 0;
  #bookAt = 0;
  #oversizedOrders = 0;
  #largestShare = 0;

  constructor(options: RecordedMarketOptions) {
    const window = options.windowTicks ?? WINDOW_TICKS;
    this.#sides = [new RecordedLevels(window), new RecordedLevels(window)];
    this.#events = new MarketEvents(options.listener);
    this.#model = options.queueModel === "power3" ? power3Model(3) : RISK_AVERSE;
  }

  /** Whether the recording cannot be believed now. */
  get gapped(): boolean {
    return this.#gapped;
  }

  /** Orders whose size was above a tenth of the touch at their arrival. */
  get oversizedOrders(): number {
    return this.#oversizedOrders;
  }

  /** The largest share of the touch one of our orders had; above 0.1 results need a warning. */
  get largestShareOfTouch(): number {
    return this.#largestShare;
  }

  /** How many of our orders rest. */
  get restingCount(): number {
    return this.#byId.size;
  }

  /** Lots an order has left, 0 when it does not rest here. */
  leavesOf(id: number): number {
    return this.#byId.get(id)?.leaves ?? 0;
  }

  /** Recorded lots ahead of an order; undefined when it does not rest here. */
  frontOf(id: number): number | undefined {
    return this.#byId.get(id)?.position.front;
  }

  // The recording.

  /** The recording sets a level to `size`, 0 removes it. Told at `onRecordedBookDone`. */
  onRecordedLevel(side: Side, price: number, size: number): void {
    assert(size >= 0, "A recorded level has no negative size");
    this.#setLevel(sideNumber(side), price, size);
  }

  /** A recorded update is complete; `venueAt` is the venue's match time, 0 where it says none. */
  onRecordedBookDone(venueAt = 0): void {
    this.#bookUpdates++;
    if (venueAt > this.#bookAt) this.#bookAt = venueAt;
    if (!this.#gapped) this.#fillTouched();
    this.#events.deliver();
  }

  /** A recorded trade; `venueAt` is the venue's match time, 0 where it says none. */
  onRecordedTrade(price: number, size: number, aggressor: Side, venueAt = 0): void {
    assert(size > 0, "A recorded trade has a size");
    const taking = sideNumber(aggressor);
    const making = 1 - taking;
    const late = venueAt > 0 && venueAt <= this.#bookAt;
    let left = size;
    if (!this.#gapped && this.#own[making as 0 | 1].length > 0) {
      const key = keyOf(making, price);
      this.#fillThrough(making, key, late);
      left = this.#fillPassed(making, key, size, venueAt > 0, late);
    }
    if (left > 0) this.#events.trade(0, 0, 0, RECORDED_TAKERS[taking as 0 | 1], price, left);
    this.#events.deliver();
  }

  /** Something of the recording is missing: nothing fills until the next whole book. */
  onRecordedGap(): void {
    this.#gapped = true;
  }

  /** The whole recorded book at once; ends a gap. Fronts shrink to what is shown. */
  replaceRecordedBook(bids: Levels, asks: Levels, venueAt = 0): void {
    this.#replaceSide(BUY, bids);
    this.#replaceSide(SELL, asks);
    for (const order of this.#byId.values()) {
      const shown = this.#sides[order.side as 0 | 1].recordedAt(order.key);
      order.position = new QueuePosition(this.#model, Math.min(order.position.front, shown));
      order.traded = 0;
      order.dropped = 0;
    }
    this.#gapped = false;
    this.#bookAt = 0;
    this.onRecordedBookDone(venueAt);
  }

  // The market.

  /** Takes an order: it trades against the recording, queues in it, or goes. */
  submit(order: MarketOrder): void {
    assert(Number.isSafeInteger(order.size), "Order size must be whole lots");
    assert(order.size > 0, "Order size must be above zero");
    assert(order.price === undefined || order.price > 0, "Order price must be above zero");
    assert(!this.#byId.has(order.id), "Order id rests already");
    const { id, owner, price, size, postOnly, selfTrade } = order;
    if (this.#gapped) {
      this.#events.removed(id, owner, size, "phase");
    } else {
      this.#taker.fill(id, owner, sideNumber(order.side), price, size, postOnly, selfTrade);
      this.#process(order.timeInForce === "fok", order.timeInForce === "gtc");
    }
    this.#events.deliver();
  }

  /** Removes a resting order, in a gap too. */
  cancel(id: number): boolean {
    const order = this.#byId.get(id);
    if (order === undefined) return false;
    this.#remove(order, "cancelled");
    this.#events.deliver();
    return true;
  }

  /** See `Market.amend`. In a gap only a shrinking one is amended; else false. */
  amend(id: number, price: number, leaves: number): boolean {
    assert(Number.isSafeInteger(leaves), "Amended size must be whole lots");
    assert(leaves >= 0, "Amended size must not be negative");
    const order = this.#byId.get(id);
    if (order === undefined) return false;
    if (leaves === 0) return this.cancel(id);
    if (order.price === price && leaves <= order.leaves) {
      const less = order.leaves - leaves;
      this.#sides[order.side as 0 | 1].shrink(order, less);
      this.#events.amended(id, order.owner, price, leaves);
      if (less > 0) this.#tellLevel(order.side, order.key);
    } else {
      if (this.#gapped) return false;
      const { owner, side, postOnly, selfTrade } = order;
      this.#take(order, order.leaves);
      this.#tellLevel(side, order.key);
      this.#taker.fill(id, owner, side, price, leaves, postOnly, selfTrade);
      this.#process(false, true);
    }
    this.#events.deliver();
    return true;
  }

  /** Best shown price of a side, 0 when empty. */
  best(side: Side): number {
    const number = sideNumber(side);
    const key = this.#sides[number as 0 | 1].firstShown();
    return key === KEY_NONE ? 0 : priceOf(number, key);
  }

  /** Shown size at a price: recorded, less what we took, with our own orders. */
  sizeAt(side: Side, price: number): number {
    const number = sideNumber(side);
    return this.#sides[number as 0 | 1].shownAt(keyOf(number, price));
  }

  /** Visits shown levels best first until `visit` answers false. */
  forEachLevel(side: Side, visit: (price: number, size: number) => boolean): void {
    const number = sideNumber(side);
    const levels = this.#sides[number as 0 | 1];
    for (let key = levels.index.first; key !== KEY_NONE; key = levels.index.next(key)) {
      const size = levels.shownAt(key);
      if (size > 0 && !visit(priceOf(number, key), size)) return;
    }
  }

  // How the recording moves our orders.

  #setLevel(side: number, price: number, size: number): void {
    const levels = this.#sides[side as 0 | 1];
    const key = keyOf(side, price);
    const shown = levels.shownAt(key);
    const before = levels.recordedAt(key);
    for (const order of levels.ordersAt(key)) {
      order.position.onLevel(before, size);
      order.dropped = Math.max(0, before - size - order.traded);
      order.droppedIn = this.#bookUpdates + 1;
      order.traded = 0;
    }
    levels.set(key, size);
    if (levels.shownAt(key) !== shown) this.#tellLevel(side, key);
  }

  #replaceSide(side: number, wanted: Levels): void {
    const levels = this.#sides[side as 0 | 1];
    const prices = new Set<number>();
    for (let at = 0; at < wanted.count; at++) prices.add(wanted.prices[at]!);
    const gone: number[] = [];
    for (let key = levels.index.first; key !== KEY_NONE; key = levels.index.next(key)) {
      if (!prices.has(priceOf(side, key))) gone.push(priceOf(side, key));
    }
    for (const price of gone) this.#setLevel(side, price, 0);
    for (let at = 0; at < wanted.count; at++) {
      this.#setLevel(side, wanted.prices[at]!, wanted.sizes[at]!);
    }
  }

  /** The opposite touch stands at or through our price: the rest fills, at our price. */
  #fillTouched(): void {
    for (let side = 0; side < 2; side++) {
      const own = this.#own[side as 0 | 1];
      if (own.length === 0) continue;
      const opposite = this.#sides[(1 - side) as 0 | 1].firstLiquid();
      if (opposite === KEY_NONE) continue;
      for (const order of own.slice()) {
        // A bid at P has key -P; an ask at or below it has a key of at most P.
        if (opposite <= -order.key) this.#fill(order, order.leaves);
      }
    }
  }

  /** A trade at a price worse than ours went through us: the rest fills, at our price. */
  #fillThrough(side: number, tradeKey: number, late: boolean): void {
    for (const order of this.#own[side as 0 | 1].slice()) {
      if (order.key < tradeKey && !this.#isBefore(order, late)) this.#fill(order, order.leaves);
    }
  }

  /** A trade at our price moves fronts; what passes them is ours, once. Answers what is left. */
  #fillPassed(side: number, key: number, size: number, stamped: boolean, late: boolean): number {
    let left = size;
    for (const order of this.#sides[side as 0 | 1].ordersAt(key).slice()) {
      if (this.#isBefore(order, late)) continue;
      this.#moveFront(order, size, stamped, late);
      const passed = Math.min(order.position.takePassed(), order.leaves, left);
      if (passed === 0) continue;
      left -= passed;
      this.#fill(order, passed);
    }
    return left;
  }

  /** Whether a trade that the book already shows happened before the order joined that book. */
  #isBefore(order: OwnOrder, late: boolean): boolean {
    return late && order.joinedAfter === this.#bookUpdates;
  }

  #moveFront(order: OwnOrder, size: number, stamped: boolean, late: boolean): void {
    const fresh = order.droppedIn === this.#bookUpdates ? order.dropped : 0;
    const known = stamped ? (late ? size : 0) : Math.min(size, fresh);
    if (known > 0) {
      order.position.onTradeAfterDepth(known);
      order.dropped = Math.max(0, order.dropped - known);
    }
    if (known === size) return;
    order.position.onTrade(size - known);
    order.traded += size - known;
  }

  /** The recording hits our order. */
  #fill(order: OwnOrder, size: number): void {
    const taker = RECORDED_TAKERS[(1 - order.side) as 0 | 1];
    this.#take(order, size);
    this.#events.trade(order.id, order.owner, order.leaves, taker, order.price, size);
    this.#tellLevel(order.side, order.key);
  }

  // How our orders enter and leave.

  #process(allOrNone: boolean, mayRest: boolean): void {
    const taker = this.#taker;
    const opposite = this.#sides[(1 - taker.side) as 0 | 1];
    const marketable = taker.isMarket || opposite.firstShown() <= taker.limitKey;
    this.#noteShare(marketable);
    if (taker.postOnly && marketable) return this.#refuse("post_only");
    if (allOrNone && !this.#fillsCompletely(opposite)) return this.#refuse("fill_or_kill");
    this.#walk(opposite);
    if (taker.stopped) {
      const unfilled = taker.leaves === 0 ? taker.decremented : taker.leaves;
      return this.#events.removed(taker.id, taker.owner, unfilled, "self_trade");
    }
    if (taker.leaves === 0) return;
    if (taker.isMarket) return this.#refuse("no_liquidity");
    if (!mayRest) return this.#refuse("immediate_or_cancel");
    this.#rest();
  }

  #noteShare(marketable: boolean): void {
    const taker = this.#taker;
    const number = marketable ? 1 - taker.side : taker.side;
    const levels = this.#sides[number as 0 | 1];
    const touch = levels.firstLiquid();
    const share = touch === KEY_NONE ? Infinity : taker.leaves / levels.recordedAt(touch);
    if (share > this.#largestShare) this.#largestShare = share;
    if (share > OWN_SHARE_MAX) this.#oversizedOrders++;
  }

  #fillsCompletely(opposite: RecordedLevels): boolean {
    const taker = this.#taker;
    let missing = taker.leaves;
    let key = opposite.index.first;
    for (; key <= taker.limitKey && missing > 0; key = opposite.index.next(key)) {
      missing -= opposite.liquidAt(key);
      for (const order of opposite.ordersAt(key)) {
        if (missing <= 0) break;
        const own = order.owner === taker.owner && taker.selfTrade !== "allow";
        if (own && taker.selfTrade !== "cancel_oldest") return false;
        if (!own) missing -= order.leaves;
      }
    }
    return missing <= 0;
  }

  /** Takes what is shown, level by level: the recording first, own orders of others after it. */
  #walk(opposite: RecordedLevels): void {
    const taker = this.#taker;
    const makers = 1 - taker.side;
    let key = opposite.firstShown();
    while (taker.leaves > 0 && !taker.stopped && key <= taker.limitKey) {
      const size = Math.min(taker.leaves, opposite.liquidAt(key));
      if (size > 0) {
        opposite.consume(key, size);
        taker.leaves -= size;
        this.#events.trade(0, 0, 0, taker, priceOf(makers, key), size);
      }
      for (const order of opposite.ordersAt(key).slice()) {
        if (taker.leaves === 0 || taker.stopped) break;
        this.#meet(order);
      }
      this.#tellLevel(makers, key);
      key = opposite.firstShown();
    }
  }

  /** Our incoming order meets a resting one of ours. */
  #meet(order: OwnOrder): void {
    const taker = this.#taker;
    const policy = taker.owner === order.owner ? taker.selfTrade : "allow";
    const common = Math.min(taker.leaves, order.leaves);
    if (policy === "allow") {
      taker.leaves -= common;
      this.#take(order, common);
      this.#events.trade(order.id, order.owner, order.leaves, taker, order.price, common);
    } else if (policy === "decrement") {
      taker.leaves -= common;
      taker.decremented += common;
      taker.stopped = taker.leaves === 0;
      const goes = common === order.leaves;
      this.#take(order, common);
      if (goes) this.#events.removed(order.id, order.owner, common, "self_trade");
      else this.#events.amended(order.id, order.owner, order.price, order.leaves);
    } else {
      if (policy !== "cancel_newest") {
        this.#events.removed(order.id, order.owner, order.leaves, "self_trade");
        this.#take(order, order.leaves);
      }
      taker.stopped = policy !== "cancel_oldest";
    }
  }

  #rest(): void {
    const { id, owner, side, leaves, postOnly, selfTrade, limitKey } = this.#taker;
    const key = -limitKey;
    const levels = this.#sides[side as 0 | 1];
    const order: OwnOrder = {
      id,
      owner,
      side,
      key,
      price: priceOf(side, key),
      leaves,
      postOnly,
      selfTrade,
      position: new QueuePosition(this.#model, levels.recordedAt(key)),
      joinedAfter: this.#bookUpdates,
      traded: 0,
      dropped: 0,
      droppedIn: 0,
    };
    levels.join(order);
    this.#own[side as 0 | 1].push(order);
    this.#byId.set(id, order);
    this.#events.rested(id, owner, side, order.price, leaves);
    this.#tellLevel(side, key);
  }

  #refuse(reason: RemovalReason): void {
    this.#events.removed(this.#taker.id, this.#taker.owner, this.#taker.leaves, reason);
  }

  #remove(order: OwnOrder, reason: RemovalReason): void {
    this.#events.removed(order.id, order.owner, order.leaves, reason);
    this.#take(order, order.leaves);
    this.#tellLevel(order.side, order.key);
  }

  /** Takes lots off a resting order; forgets it with the last. */
  #take(order: OwnOrder, lots: number): void {
    this.#sides[order.side as 0 | 1].shrink(order, lots);
    if (order.leaves > 0) return;
    const own = this.#own[order.side as 0 | 1];
    own.splice(own.indexOf(order), 1);
    this.#byId.delete(order.id);
  }

  #tellLevel(side: number, key: number): void {
    this.#events.level(side, priceOf(side, key), this.#sides[side as 0 | 1].shownAt(key));
  }
}
