/**
 * Takers: the uninformed, who trade in bursts and split large intentions, and the informed, who see
 * the efficient price a little late and a little wrong and take what is mispriced, ours included.
 *
 * 1. Takers never rest: their orders are immediate with a limit, so none empties a side.
 * 2. Bursts are a Hawkes process in its branching form: each order has children on average
 *    `BRANCHING`, soon or later. Signs persist because intentions of power-law length are split.
 * Source: MARKETS.md section 7.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { SeededRandom } from "@/engine/collections/mod.ts";
import type { BackgroundAgent, BackgroundMarket } from "./background_market.ts";

/** Mean number of direct children of an order. */
const BRANCHING = 0.6;
/** Most orders that wait to come; more children than that are lost. */
const WAITING_MAX = 64;
/** Intentions at work at once, and the longest, in orders. */
const INTENTIONS = 3;
const INTENTION_MAX = 300;
/** Log-normal sizes: mean twelve times the median. */
const SIZE_SIGMA = Math.sqrt(2 * Math.log(12));
/** Largest order, in medians. */
const SIZE_MEDIANS_MAX = 400;
/** How far an uninformed order follows the price. */
const SLIPPAGE_BP_MAX = 10;

/** Uninformed takers of one instrument, as one stream of orders. */
export class UninformedTakers implements BackgroundAgent {
  nextAt: number;
  readonly #here: BackgroundMarket;
  readonly #number: number;
  readonly #timing: SeededRandom;
  readonly #choice: SeededRandom;
  readonly #waiting: number[] = [];
  readonly #signs = new Int8Array(INTENTIONS);
  readonly #left = new Int32Array(INTENTIONS);
  #immigrantAt: number;

  constructor(here: BackgroundMarket, number: number, startAt: number) {
    this.#here = here;
    this.#number = number;
    this.#timing = here.random("uninformed/timing");
    this.#choice = here.random("uninformed/choice");
    this.#immigrantAt = startAt + this.#immigrantWait();
    this.nextAt = this.#immigrantAt;
  }

  act(at: number): void {
    if (at >= this.#immigrantAt) this.#immigrantAt = at + this.#immigrantWait();
    else this.#waiting.shift();
    this.#spawn(at);
    this.nextAt = Math.min(this.#immigrantAt, this.#waiting[0] ?? Infinity);
    this.#take();
  }

  onLeaves(): void {}

  /** Fewer come by themselves, because each brings others. */
  #immigrantWait(): number {
    const perSecond = this.#here.profile.takersPerSecond * (1 - BRANCHING);
    return Math.max(1, Math.round(this.#timing.exponential(1e6 / perSecond)));
  }

  /** A geometric number of children with mean `BRANCHING`. */
  #spawn(at: number): void {
    while (this.#timing.chance(BRANCHING / (1 + BRANCHING))) {
      const mean = this.#timing.chance(0.8) ? 1.5e6 : 30e6;
      const due = at + Math.max(1, Math.round(this.#timing.exponential(mean)));
      if (this.#waiting.length >= WAITING_MAX) continue;
      const place = this.#waiting.findIndex((other) => other > due);
      this.#waiting.splice(place < 0 ? this.#waiting.length : place, 0, due);
    }
  }

  #take(): void {
    const here = this.#here;
    const intention = this.#choice.integer(INTENTIONS);
    const fresh = this.#choice.next();
    const sign = this.#choice.chance(0.5) ? 1 : -1;
    const normal = this.#choice.normal();
    if (this.#left[intention] === 0) {
      // A Pareto tail with exponent 1.5.
      this.#left[intention] = Math.min(INTENTION_MAX, Math.ceil((1 - fresh) ** (-1 / 1.5)));
      this.#signs[intention] = sign;
    }
    this.#left[intention]!--;
    const side: Side = this.#signs[intention]! > 0 ? "buy" : "sell";
    const best = here.market.best(side === "buy" ? "sell" : "buy");
    if (best === 0) return;
    const medians = Math.min(SIZE_MEDIANS_MAX, Math.exp(SIZE_SIGMA * normal));
    const size = here.lotsOf(here.profile.takerMedianValue * medians, best);
    const reach = (side === "buy" ? 1 : -1) * SLIPPAGE_BP_MAX * 1e-4;
    const limit = here.instrument.roundToOrderPrice(
      side === "buy" ? "sell" : "buy",
      best * (1 + reach),
    );
    here.submit(here.nextOrderId(), this.#number, side, limit, size, "ioc");
  }
}

/** Error of what an informed taker sees, and how late it sees it. */
const SIGHT_ERROR_BP = 0.3;
const SIGHT_LAG_MS_MIN = 5;
const SIGHT_LAG_MS_MAX = 100;
/** Typical value of an informed order, in makers' innermost orders. */
const INFORMED_ORDERS = 2;
/** Inventory, in makers' innermost orders, that it bears, and its lean at that. */
const INVENTORY_ORDERS = 20;
const LEAN_BP = 0.6;

/** Informed takers of one instrument, as one stream of looks. */
export class InformedTakers implements BackgroundAgent {
  nextAt: number;
  readonly #here: BackgroundMarket;
  readonly #number: number;
  readonly #random: SeededRandom;

  constructor(here: BackgroundMarket, number: number, startAt: number) {
    this.#here = here;
    this.#number = number;
    this.#random = here.random("informed");
    this.nextAt = startAt + this.#wait();
  }

  act(at: number): void {
    this.nextAt = at + this.#wait();
    const lag = this.#random.uniform(SIGHT_LAG_MS_MIN, SIGHT_LAG_MS_MAX);
    const error = this.#random.normal() * SIGHT_ERROR_BP;
    const appetite = Math.exp(this.#random.normal());
    const here = this.#here;
    const lean = this.#lean() * LEAN_BP;
    const seen = here.fairAt(at, lag - here.profile.delayMs) * (1 + (error - lean) * 1e-4);
    const threshold = here.profile.informedThresholdBp * 1e-4;
    const ask = here.market.best("sell");
    const bid = here.market.best("buy");
    if (ask > 0 && seen > ask * (1 + threshold)) {
      this.#take("buy", seen * (1 - threshold), appetite);
    } else if (bid > 0 && seen < bid * (1 - threshold)) {
      this.#take("sell", seen * (1 + threshold), appetite);
    }
  }

  onLeaves(): void {}

  #wait(): number {
    const mean = 1e6 / this.#here.profile.informedLooksPerSecond;
    return Math.max(1, Math.round(this.#random.exponential(mean)));
  }

  /** How much of the inventory it bears is used, -1 to 1: what it has it would rather sell. */
  #lean(): number {
    const here = this.#here;
    const full = here.profile.makerValue * INVENTORY_ORDERS;
    const value = here.instrument.priceValue(here.market.best("buy")) *
      here.instrument.sizeValue(here.accounts[this.#number]!.lots);
    return Math.max(-1, Math.min(1, value / full));
  }

  /** Takes what is mispriced up to the limit, as far as it wants. */
  #take(side: Side, limit: number, appetite: number): void {
    const here = this.#here;
    const price = here.instrument.roundToOrderPrice(side, limit);
    const value = here.profile.makerValue * INFORMED_ORDERS * appetite;
    const size = here.lotsOf(value, price);
    here.submit(here.nextOrderId(), this.#number, side, price, size, "ioc");
  }
}
