/**
 * Prepares one request for the rules: the worst case it adds, and the house it is added to.
 *
 * 1. One scratch object is reused; a review allocates nothing here.
 * 2. An amend counts with the larger of old and new, a replaced order until it is cancelled.
 * 3. A mark that is missing now is the last good one; exposure without any mark counts as endless.
 * Source: MARKETS.md section 5.
 * @module
 */
import { type Instrument, type InstrumentIndex, instrumentIndex } from "@/engine/domain/mod.ts";
import type { RiskyRequest } from "@/engine/messages/mod.ts";
import type { MarketView } from "@/engine/ports/mod.ts";
import {
  type InstrumentLimits,
  limitsFor,
  type OrderUnderReview,
  type RiskLimits,
} from "@/risk/rules/mod.ts";

/** An instrument with its limits and the last price it could be valued at. */
interface DeskInstrument {
  instrument: Instrument;
  limits: InstrumentLimits;
  lastMark: number;
}

/** Fills `OrderUnderReview`. */
export class ReviewDesk {
  #limits: RiskLimits;
  readonly #known: (DeskInstrument | undefined)[] = [];
  #order: OrderUnderReview | undefined;

  constructor(limits: RiskLimits) {
    this.#limits = limits;
  }

  /** New limits: resolved again for every instrument when it is next looked at. */
  setLimits(limits: RiskLimits): void {
    this.#limits = limits;
    for (const known of this.#known) {
      if (known !== undefined) known.limits = limitsFor(limits, known.instrument.key);
    }
  }

  /**
   * The request as the rules see it; valid until the next call. Mode, loss and rate are the gate's.
   */
  prepare(request: RiskyRequest, view: MarketView): OrderUnderReview {
    const index = request.instrument;
    const desk = this.#desk(index, view);
    const order = this.#order ??= newOrder(desk, index);
    order.kind = request.kind;
    order.index = index;
    order.instrument = desk.instrument;
    order.limits = desk.limits;
    order.side = request.side;
    order.sign = request.side === "buy" ? 1 : -1;
    order.size = request.size;
    order.taking = !request.postOnly;
    refreshMark(desk, index, view);
    order.reference = desk.lastMark;
    readRequest(request, order, view);
    order.valuePrice = order.price === 0
      ? order.reference / desk.instrument.tickValue
      : order.price;
    readPosition(request, order, view);
    this.#readHouse(order, view);
    return order;
  }

  #desk(index: InstrumentIndex, view: MarketView): DeskInstrument {
    const instrument = view.instrument(index);
    const known = this.#known[index];
    if (known !== undefined) {
      if (known.instrument !== instrument) {
        known.instrument = instrument;
        known.limits = limitsFor(this.#limits, instrument.key);
      }
      return known;
    }
    const made = { instrument, limits: limitsFor(this.#limits, instrument.key), lastMark: 0 };
    return this.#known[index] = made;
  }

  #readHouse(order: OrderUnderReview, view: MarketView): void {
    const terms = order.instrument.terms;
    const count = view.instrumentCount;
    // Sums live in locals and none is chosen between a float and a constant: either may cost an
    // object.
    let gross = 0;
    let venueOrders = 0;
    let venueValue = 0;
    let accountValue = 0;
    let isEndless = false;
    for (let number = 0; number < count; number++) {
      const index = instrumentIndex(number);
      if (!view.isDefined(index)) continue;
      const position = view.position(index);
      let buys: number = view.workingSize(index, "buy");
      let sells: number = view.workingSize(index, "sell");
      const isOwn = index === order.index;
      if (position === 0 && buys === 0 && sells === 0 && !isOwn) continue;
      const desk = this.#desk(index, view);
      refreshMark(desk, index, view);
      if (!(desk.lastMark > 0)) isEndless = true;
      const lotWorth = desk.lastMark * desk.instrument.lotValue;
      const other = desk.instrument.terms;
      if (other.venue === terms.venue) {
        venueOrders += view.openOrderCount(index);
        venueValue += (buys + sells) * lotWorth;
      }
      if (isOwn && order.side === "buy") buys += order.added;
      if (isOwn && order.side === "sell") sells += order.added;
      const worst = Math.max(Math.abs(position + buys), Math.abs(position - sells));
      gross += worst * lotWorth;
      if (other.account !== terms.account || other.product === "spot") continue;
      accountValue += Math.max(buys, sells) * lotWorth;
    }
    order.grossExposure = gross;
    if (isEndless) order.grossExposure = Infinity;
    order.venueOpenOrders = venueOrders;
    order.venueOpenValue = venueValue;
    order.accountOpenValue = accountValue;
  }
}

/** Keeps the mark in a field: a returned float would be an object of its own. */
function refreshMark(desk: DeskInstrument, index: InstrumentIndex, view: MarketView): void {
  const mark = view.markValue(index);
  if (mark > 0 && mark !== desk.lastMark) desk.lastMark = mark;
}

/** Price, leaves and what the request adds to the worst case of its side. */
function readRequest(request: RiskyRequest, order: OrderUnderReview, view: MarketView): void {
  order.known = true;
  order.replaced = 0;
  if (request.kind === "place_order") {
    order.price = request.price ?? request.triggerPrice ?? 0;
    order.leaves = request.size;
    order.added = request.size;
    return;
  }
  order.price = request.price;
  const changed = view.order(request.clientOrderId);
  order.known = changed !== undefined && changed.side === request.side &&
    changed.instrument === request.instrument;
  const old = changed === undefined ? 0 : changed.worstLeaves;
  if (request.kind === "replace_order") {
    order.leaves = request.size;
    order.added = request.size;
    order.replaced = old;
    return;
  }
  const filled = Math.max(request.filledSize, changed?.filledSize ?? 0);
  order.leaves = request.size - filled;
  order.added = Math.max(0, order.leaves - old);
}

/** Position, working sizes, and whether the request can only shrink the position. */
function readPosition(request: RiskyRequest, order: OrderUnderReview, view: MarketView): void {
  const position = view.position(order.index);
  const buys = view.workingSize(order.index, "buy");
  const sells = view.workingSize(order.index, "sell");
  order.position = position;
  order.workingSame = order.side === "buy" ? buys : sells;
  order.workingOther = order.side === "buy" ? sells : buys;
  const held = Math.abs(position);
  const shrinks = order.sign * position < 0;
  // The venue itself holds a reduce-only order of a perpetual to the position.
  const heldByVenue = request.reduceOnly &&
    order.instrument.terms.product === "perpetual" && order.leaves <= held;
  order.reducing = shrinks &&
    (order.workingSame + order.added <= held || heldByVenue);
  order.closing = order.reducing && request.kind === "place_order" && request.reduceOnly &&
    (request.timeInForce !== "gtc" || request.type === "market");
}

function newOrder(desk: DeskInstrument, index: InstrumentIndex): OrderUnderReview {
  return {
    kind: "place_order",
    index,
    instrument: desk.instrument,
    limits: desk.limits,
    side: "buy",
    sign: 1,
    price: 0,
    valuePrice: 0,
    leaves: 0,
    size: 0,
    added: 0,
    replaced: 0,
    taking: false,
    reducing: false,
    closing: false,
    known: true,
    position: 0,
    workingSame: 0,
    workingOther: 0,
    reference: 0,
    mode: "halted",
    lossUsed: 0,
    requestsLastSecond: 0,
    grossExposure: 0,
    venueOpenOrders: 0,
    venueOpenValue: 0,
    accountOpenValue: 0,
  };
}
