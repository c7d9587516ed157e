/**
 * `MarketMaker`: two-sided quotes around a fair value, leaned against the inventory.
 *
 *   touch without own orders -> fair value -> half-spread -> reservation price -> ladder -> board
 *
 * 1. The previous wish stands until the wanted price wandered beyond the threshold, or safety
 *    demands: a quote whose edge fell below the least edge moves at once.
 * 2. Long: both quotes move down. At the inventory limit the increasing side is not quoted.
 * 3. A wished price never trades with the touch: every quote can be post-only.
 * 4. An equal picture is not drawn again, and no object is made while it stays equal (the runtime
 *    may box a float or two: `bench/signals_bench.ts` counts them).
 * Source: MARKETS.md section 3.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type InstrumentKey,
  ok,
  price,
  type Result,
  type Side,
  size,
  type StrategyId,
} from "@/engine/domain/mod.ts";
import type { Fill, Trade } from "@/engine/messages/mod.ts";
import type { MarketCause, MarketView, QuoteBoard, Strategy } from "@/engine/ports/mod.ts";
import { RealizedVolatility, TouchReadings, TradeFlow } from "@/strategies/signals/mod.ts";
import { fairValueOf } from "./fair_value.ts";
import { edgeMinBp, halfSpreadTicks, makerFeeBp } from "./half_spread.ts";
import {
  type MarketMakerOptions,
  marketMakingDefaults,
  marketMakingParameters,
} from "./market_making_parameters.ts";
import { OutsideTouch } from "./outside_touch.ts";
import { QuoteGuards } from "./quote_guards.ts";
import {
  buildSide,
  increasingSize,
  LadderSide,
  passiveLimit,
  type SidePlan,
  smallestOrder,
} from "./quote_ladder.ts";
import { inventoryShare, reservationPrice } from "./reservation_price.ts";

/** Half-lives of the two volatilities (MARKETS.md section 1). */
const FAST_HALF_LIFE_S = 60;
const SLOW_HALF_LIFE_S = 3_600;
const FLOW_HALF_LIFE_S = 1;

/** What one side shows, and the wanted price it was made for. */
interface SideWish {
  readonly shown: LadderSide;
  readonly next: LadderSide;
  /** Wanted price of the first level, fractional ticks; 0: nothing is shown. */
  anchor: number;
}

/** One instrument as this strategy knows it. */
interface QuotedInstrument {
  instrument: Instrument;
  readonly guards: QuoteGuards;
  readonly fast: RealizedVolatility;
  readonly slow: RealizedVolatility;
  readonly flow: TradeFlow;
  readonly buy: SideWish;
  readonly sell: SideWish;
  /** Whether the board holds a picture of ours. */
  drawn: boolean;
}

/** Numbers of one decision, in ticks; a scratch object. */
interface Decision {
  fairValue: number;
  halfSpread: number;
  reservation: number;
  /** Least edge of a resting quote, ticks. */
  edgeMin: number;
  threshold: number;
  inventoryLimit: number;
  /** Position less target, lots. */
  away: number;
  position: number;
  /** Wanted price of the first level of the side being planned. */
  wanted: number;
}

/** How a market maker is made. `record` may leave out what has a default. */
export interface MarketMakerSetup {
  readonly id: StrategyId;
  readonly instruments: readonly InstrumentKey[];
  readonly parameters: Readonly<Record<string, string>>;
}

/** Builds a market maker; refuses bad parameters. */
export function createMarketMaker(setup: MarketMakerSetup): Result<Strategy> {
  const options = marketMakingParameters(setup.parameters);
  return options.ok ? ok(new MarketMaker(setup, options.value)) : options;
}

/** The strategy. */
export class MarketMaker implements Strategy {
  readonly id: StrategyId;
  readonly instruments: readonly InstrumentKey[];
  #options: MarketMakerOptions;
  #record: Readonly<Record<string, string>>;
  readonly #known: (QuotedInstrument | undefined)[] = [];
  readonly #outside = new OutsideTouch();
  readonly #touch = new TouchReadings();
  readonly #plan: SidePlan = {
    side: "buy",
    anchor: 0,
    step: 0,
    levels: 0,
    size: 0,
    room: 0,
    smallest: 0,
    limit: 0,
  };
  readonly #now: Decision = {
    fairValue: 0,
    halfSpread: 0,
    reservation: 0,
    edgeMin: 0,
    threshold: 0,
    inventoryLimit: 0,
    away: 0,
    position: 0,
    wanted: 0,
  };

  constructor(setup: MarketMakerSetup, options: MarketMakerOptions) {
    this.id = setup.id;
    this.instruments = setup.instruments;
    this.#options = options;
    this.#record = { ...marketMakingDefaults(), ...setup.parameters };
  }

  onInstrument(instrument: Instrument): void {
    if (!this.instruments.includes(instrument.key)) return;
    const known = this.#known[instrument.index];
    if (known === undefined) {
      this.#known[instrument.index] = {
        instrument,
        guards: new QuoteGuards(),
        fast: new RealizedVolatility(FAST_HALF_LIFE_S),
        slow: new RealizedVolatility(SLOW_HALF_LIFE_S),
        flow: new TradeFlow(FLOW_HALF_LIFE_S),
        buy: newWish(),
        sell: newWish(),
        drawn: false,
      };
      return;
    }
    // On new grids old ticks and lots mean something else; on other steps only the wishes are void.
    if (!instrument.hasGridsOf(known.instrument)) {
      known.fast.interrupt();
      known.slow.interrupt();
    }
    known.instrument = instrument;
    forget(known);
  }

  onMarket(
    index: InstrumentIndex,
    cause: MarketCause,
    trade: Trade | undefined,
    view: MarketView,
    quotes: QuoteBoard,
  ): void {
    const known = this.#known[index];
    if (known === undefined) return;
    switch (cause) {
      case "unusable":
        // The core has pulled the quotes already.
        return forget(known);
      case "trade":
        if (trade === undefined) return;
        known.flow.update(trade.aggressor, trade.price, trade.size, trade.venueAt, trade.at);
        if (!known.guards.onTrade(known.flow, this.#options, view.now)) return;
        break;
      case "mark":
        return;
      case "book":
      case "best_bid_ask":
      case "status":
        break;
    }
    this.#requote(known, view, quotes, false);
  }

  onFill(fill: Fill, view: MarketView, quotes: QuoteBoard): void {
    const known = this.#known[fill.instrument];
    if (known !== undefined) this.#requote(known, view, quotes, true);
  }

  /** Draws every picture again, so that a wish the core dropped comes back. */
  onTimer(view: MarketView, quotes: QuoteBoard): void {
    for (const known of this.#known) {
      if (known !== undefined) this.#requote(known, view, quotes, true);
    }
  }

  checkParameters(changes: Readonly<Record<string, string>>): Result<void> {
    const checked = marketMakingParameters({ ...this.#record, ...changes });
    return checked.ok ? ok(undefined) : checked;
  }

  /** Makes a change; a value that `checkParameters` refuses changes nothing. */
  setParameters(changes: Readonly<Record<string, string>>): void {
    const record = { ...this.#record, ...changes };
    const checked = marketMakingParameters(record);
    if (!checked.ok) return;
    this.#options = checked.value;
    this.#record = record;
    for (const known of this.#known) {
      if (known !== undefined) forgetAnchors(known);
    }
  }

  parameters(): Readonly<Record<string, string>> {
    return this.#record;
  }

  /** Why an instrument is not fully quoted; empty when it is, undefined when it is not ours. */
  heldBackBy(index: InstrumentIndex): string | undefined {
    return this.#known[index]?.guards.reason;
  }

  #requote(known: QuotedInstrument, view: MarketView, quotes: QuoteBoard, redraw: boolean): void {
    const index = known.instrument.index;
    const book = view.book(index);
    if (!book.usable || !this.#outside.read(index, book, view)) {
      known.guards.reason = "book not usable";
      return pull(known, quotes);
    }
    const outside = this.#outside;
    const touch = this.#touch;
    if (!touch.read(outside.bid, outside.bidSize, outside.ask, outside.askSize)) {
      known.guards.reason = "touch not usable";
      return pull(known, quotes);
    }
    // Twice the mid in ticks: a whole number, which costs no object, and returns are the same.
    const doubleMid = outside.bid + outside.ask;
    known.fast.update(doubleMid, view.now);
    known.slow.update(doubleMid, view.now);
    known.guards.judge(known.instrument, this.#options, view, known.fast, known.slow);
    this.#decide(known, view);
    this.#plan.smallest = smallestOrder(known.instrument, outside.bid);
    this.#planSide(known, "buy", passiveLimit(known.instrument, "buy", book.askPrice));
    this.#planSide(known, "sell", passiveLimit(known.instrument, "sell", book.bidPrice));
    draw(known, quotes, redraw);
  }

  /** Works out fair value, half-spread, reservation price and thresholds. */
  #decide(known: QuotedInstrument, view: MarketView): void {
    const options = this.#options;
    const instrument = known.instrument;
    const now = this.#now;
    const feeBp = makerFeeBp(view.fees(instrument.index).maker);
    const sigmaBp = known.fast.ready ? known.fast.sigmaBp : 0;
    now.fairValue = fairValueOf(this.#touch, options.fairValue, options.imbalanceBp);
    now.halfSpread = known.guards.widening *
      halfSpreadTicks(options, now.fairValue, feeBp, sigmaBp);
    now.edgeMin = (now.fairValue * edgeMinBp(options, feeBp)) / 1e4;
    now.threshold = options.requoteBp === undefined
      ? Math.max(2, now.halfSpread / 4)
      : (now.fairValue * options.requoteBp) / 1e4;
    now.inventoryLimit = Math.floor(options.inventoryMax / instrument.lotValue + 1e-9);
    now.position = view.position(instrument.index);
    now.away = now.position - Math.round(options.inventoryTarget / instrument.lotValue);
    const share = now.inventoryLimit > 0 ? inventoryShare(now.away, now.inventoryLimit) : 0;
    now.reservation = reservationPrice(now.fairValue, now.halfSpread, options.skew, share);
  }

  /** Fills the `next` ladder of one side. */
  #planSide(known: QuotedInstrument, side: Side, limit: number): void {
    const wish = side === "buy" ? known.buy : known.sell;
    const guards = known.guards;
    const now = this.#now;
    const plan = this.#plan;
    const sign = side === "buy" ? 1 : -1;
    if (!(side === "buy" ? guards.buy : guards.sell)) return wish.next.clear();
    now.wanted = now.reservation - sign * now.halfSpread;
    if (!this.#mayKeep(wish, sign)) wish.anchor = now.wanted;
    const orderLots = Math.floor(
      (this.#options.orderSize * guards.sizing) / known.instrument.lotValue + 1e-9,
    );
    if (orderLots < plan.smallest) {
      guards.reason = "order size is below the venue's smallest order";
    }
    const used = now.inventoryLimit > 0 ? (sign * now.away) / now.inventoryLimit : 1;
    plan.side = side;
    plan.anchor = wish.anchor;
    plan.step = Math.max(2, (wish.anchor * this.#options.levelStepBp) / 1e4);
    plan.levels = this.#options.levels;
    plan.size = increasingSize(orderLots, used, Math.min(plan.smallest, orderLots));
    plan.room = now.inventoryLimit - sign * now.away;
    plan.limit = limit;
    if (guards.reduceOnly) plan.room = Math.min(plan.room, -sign * now.position);
    buildSide(known.instrument, plan, wish.next);
  }

  /** Whether the price a side was made for is still good enough to keep. */
  #mayKeep(wish: SideWish, sign: number): boolean {
    if (wish.anchor === 0 || wish.shown.count === 0) return false;
    const now = this.#now;
    if (Math.abs(now.wanted - wish.anchor) > now.threshold) return false;
    const restingEdge = sign * (now.fairValue - wish.shown.prices[0]!);
    const wantedEdge = sign * (now.fairValue - now.wanted);
    // A side that skew has brought below the least edge on purpose is no danger.
    return restingEdge >= now.edgeMin || wantedEdge < now.edgeMin;
  }
}

function newWish(): SideWish {
  return { shown: new LadderSide(), next: new LadderSide(), anchor: 0 };
}

/** Shows nothing any more; the board already knows or is told by `pull`. */
function forget(known: QuotedInstrument): void {
  forgetAnchors(known);
  known.buy.shown.clear();
  known.sell.shown.clear();
  known.drawn = false;
}

function forgetAnchors(known: QuotedInstrument): void {
  known.buy.anchor = 0;
  known.sell.anchor = 0;
}

function pull(known: QuotedInstrument, quotes: QuoteBoard): void {
  if (known.drawn) quotes.pull(known.instrument.index);
  forget(known);
}

/** Writes the picture on the board when it differs from the one there, or when asked to redraw. */
function draw(known: QuotedInstrument, quotes: QuoteBoard, redraw: boolean): void {
  const same = known.drawn && known.buy.next.equals(known.buy.shown) &&
    known.sell.next.equals(known.sell.shown);
  if (same && !redraw) return;
  const index = known.instrument.index;
  quotes.begin(index);
  drawSide(index, "buy", known.buy, quotes);
  drawSide(index, "sell", known.sell, quotes);
  known.drawn = true;
}

function drawSide(index: InstrumentIndex, side: Side, wish: SideWish, quotes: QuoteBoard): void {
  wish.shown.copyFrom(wish.next);
  if (wish.shown.count === 0) wish.anchor = 0;
  for (let level = 0; level < wish.shown.count; level++) {
    quotes.quote(index, side, price(wish.shown.prices[level]!), size(wish.shown.sizes[level]!));
  }
}
