/**
 * `BackgroundMaker`: quotes both sides in levels round its own, late and noisy view of the fair
 * value. Crowd, fast and deep makers differ in numbers only.
 *
 * 1. One order a level and side: an order is moved or refilled, never added to.
 * 2. It never takes: prices stop one step short of the opposite touch.
 * 3. The side that must retreat moves first.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import type { SeededRandom } from "@/engine/collections/mod.ts";
import type { BackgroundAgent, BackgroundMarket } from "./background_market.ts";

/** What makes a maker. */
export interface MakerTraits {
  readonly name: string;
  readonly levels: number;
  readonly halfSpreadBp: number;
  /** Distance between its levels, growing by a tenth each. */
  readonly stepBp: number;
  /** Value of its innermost order, in quote currency; outer ones grow. */
  readonly value: number;
  readonly lagMs: number;
  readonly noiseBp: number;
  /** Mean time between two actions. */
  readonly everyMs: number;
  /** Orders it changes at most in one action. */
  readonly changesMax: number;
  /** Lean of both quotes at an inventory of eight innermost orders. */
  readonly skewBp: number;
}

/** Inventory, in innermost orders, at which it leans by `skewBp`; `LEAN_MAX` times that at most. */
const INVENTORY_ORDERS = 8;
const LEAN_MAX = 3;
/** An order is moved when it is this share of its distance step off its place. */
const TOLERANCE = 0.25;
/** An order is refilled when less than this share of its size is left. */
const REFILL_BELOW = 0.4;
const NOISE_KEEP = 0.8;

/** One maker. */
export class BackgroundMaker implements BackgroundAgent {
  nextAt: number;
  readonly #here: BackgroundMarket;
  readonly #number: number;
  readonly #traits: MakerTraits;
  readonly #timing: SeededRandom;
  readonly #sizes: SeededRandom;
  readonly #ids: readonly [Float64Array, Float64Array];
  readonly #prices: readonly [Float64Array, Float64Array];
  readonly #leaves: readonly [Float64Array, Float64Array];
  readonly #full: readonly [Float64Array, Float64Array];
  readonly #distances: Float64Array;
  #noise = 0;
  #fairBefore = 0;
  #changes = 0;

  constructor(here: BackgroundMarket, number: number, traits: MakerTraits, startAt: number) {
    this.#here = here;
    this.#number = number;
    this.#traits = traits;
    this.#timing = here.random(`${traits.name}/timing`);
    this.#sizes = here.random(`${traits.name}/sizes`);
    const columns = () =>
      [new Float64Array(traits.levels), new Float64Array(traits.levels)] as const;
    this.#ids = columns();
    this.#prices = columns();
    this.#leaves = columns();
    this.#full = columns();
    this.#distances = new Float64Array(traits.levels);
    let distance = 0;
    for (let level = 0; level < traits.levels; level++) {
      this.#distances[level] = distance;
      distance += traits.stepBp * (1 + 0.1 * level);
    }
    this.nextAt = startAt + this.#wait();
  }

  /** Places all its levels at once: the book of the beginning. */
  open(at: number): void {
    this.#quote(at, 2 * this.#traits.levels);
  }

  act(at: number): void {
    this.nextAt = at + this.#wait();
    this.#quote(at, this.#traits.changesMax);
  }

  onLeaves(id: number, leaves: number): void {
    for (let side = 0; side < 2; side++) {
      const level = this.#ids[side as 0 | 1].indexOf(id);
      if (level < 0) continue;
      this.#leaves[side as 0 | 1][level] = leaves;
      if (leaves === 0) this.#ids[side as 0 | 1][level] = 0;
      return;
    }
  }

  #wait(): number {
    return Math.round(this.#traits.everyMs * 1_000 * this.#timing.uniform(0.5, 1.5));
  }

  #quote(at: number, changesMax: number): void {
    const { lagMs, noiseBp, skewBp, halfSpreadBp, value } = this.#traits;
    const here = this.#here;
    const shock = noiseBp * Math.sqrt(1 - NOISE_KEEP * NOISE_KEEP);
    this.#noise = NOISE_KEEP * this.#noise + shock * this.#timing.normal();
    const fair = here.fairAt(at, lagMs);
    const full = here.lotsOf(value, fair) * INVENTORY_ORDERS;
    const lots = here.accounts[this.#number]!.lots;
    const lean = Math.max(-LEAN_MAX, Math.min(LEAN_MAX, lots / full));
    const middle = fair * (1 + (this.#noise - lean * skewBp) * 1e-4);
    const half = halfSpreadBp * Math.max(1, here.volatilityAt(at));
    const rises = middle > this.#fairBefore;
    this.#fairBefore = middle;
    this.#changes = changesMax;
    this.#quoteSide(rises ? 1 : 0, middle, half);
    // Each side has its own allowance: else a trend would freeze the side that follows.
    this.#changes = changesMax;
    this.#quoteSide(rises ? 0 : 1, middle, half);
  }

  #quoteSide(side: number, middle: number, half: number): void {
    const here = this.#here;
    const name: Side = side === 0 ? "buy" : "sell";
    const away = side === 0 ? -1 : 1;
    const opposite = here.market.best(side === 0 ? "sell" : "buy");
    const step = here.instrument.orderStepAt(middle);
    let bound = opposite === 0 ? 0 : opposite + away * step;
    const { stepBp, levels } = this.#traits;
    for (let level = 0; level < levels; level++) {
      const target = middle * (1 + away * (half + this.#distances[level]!) * 1e-4);
      let price: number = here.instrument.roundToOrderPrice(name, target);
      if (bound > 0 && (price - bound) * away < 0) price = bound;
      // What it has already nearer than this level stays in front of it.
      const tolerance = Math.max(
        step,
        TOLERANCE * middle * 1e-4 * stepBp * (1 + 0.1 * level),
      );
      this.#keepLevel(side, name, level, price, tolerance);
      const now = this.#prices[side as 0 | 1][level]!;
      const inner = this.#ids[side as 0 | 1][level] === 0 ? price : now;
      bound = inner + away * step;
      if (this.#changes <= 0) return;
    }
  }

  /** Leaves one order as it is, moves it, or places it. */
  #keepLevel(side: number, name: Side, level: number, price: number, tolerance: number): void {
    if (price <= 0) return;
    const ids = this.#ids[side as 0 | 1];
    const id = ids[level]!;
    const draw = this.#sizes.next();
    if (id !== 0) {
      const off = Math.abs(this.#prices[side as 0 | 1][level]! - price);
      const low = this.#leaves[side as 0 | 1][level]! <
        REFILL_BELOW * this.#full[side as 0 | 1][level]!;
      if (off <= tolerance && !low) return;
    }
    this.#changes--;
    const growth = 1 + 0.35 * level;
    const size = this.#here.lotsOf(this.#traits.value * growth * (0.5 + draw), price);
    this.#prices[side as 0 | 1][level] = price;
    this.#full[side as 0 | 1][level] = size;
    this.#leaves[side as 0 | 1][level] = size;
    if (id !== 0 && this.#here.market.amend(id, price, size)) return;
    // An order that cannot be moved must not stay beside its successor.
    if (id !== 0) this.#here.market.cancel(id);
    const next = this.#here.nextOrderId();
    ids[level] = next;
    this.#leaves[side as 0 | 1][level] = size;
    this.#here.submit(next, this.#number, name, price, size, "gtc");
  }
}
