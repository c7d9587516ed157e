/**
 * `EfficientPrice`: what one base asset is worth at any instant, as a martingale that is the same
 * on every venue: a pure function of (seed, base, origin, time).
 *
 *   blocks of a minute: volatility (log OU) and jumps change between them, a random-walk bridge of
 *   600 steps of 100 ms lies within; two parts, common to all bases and own, make the correlation
 *
 * 1. No drift: a step knows nothing of the steps before it; trends come from chance alone.
 * 2. Between two steps the last one holds, so that nobody can read the future off a slope.
 * 3. Asked in any order within the last two blocks it answers the same; earlier instants answer as
 *    the beginning of the earlier block.
 * Source: MARKETS.md section 7.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";

/** What decides a path. */
export interface EfficientPriceOptions {
  readonly seed: number | string;
  readonly base: string;
  /** Typical volatility in basis points per square root of a second. */
  readonly sigmaBp: number;
  /** Instant in microseconds at which the path is at zero. */
  readonly originAt: number;
}

const STEP_US = 100_000;
const STEPS = 600;
const BLOCK_US = STEP_US * STEPS;
const BLOCK_S = BLOCK_US / 1e6;

/** Share of the variance that all bases have in common: gives correlations of about 0.75. */
const COMMON_VARIANCE = 0.75;
/** Volatility clusters: log volatility returns to its mean with a half-life of an hour. */
const VOLATILITY_KEEP = 2 ** (-1 / 60);
const VOLATILITY_SD = 0.45;
/** Chance of a jump per block, common and own, and its mean size in volatilities of a second. */
const COMMON_JUMP_CHANCE = 0.035;
const OWN_JUMP_CHANCE = 0.015;
const JUMP_SIGMAS = 6;

/** The efficient price of one base, in basis points of log return since the origin. */
export class EfficientPrice {
  readonly #options: EfficientPriceOptions;
  /** The block held in `#path`, and the one before it. */
  #block = -1;
  #path = new Float64Array(STEPS + 1);
  #pathBefore = new Float64Array(STEPS + 1);
  #commonLog = 0;
  #level = 1;
  #levelBefore = 1;
  #end = 0;
  readonly #bridge = new Float64Array(STEPS + 1);

  constructor(options: EfficientPriceOptions) {
    this.#options = options;
  }

  /** Log return since the origin in basis points at an instant in microseconds. */
  bpAt(at: number): number {
    const elapsed = Math.max(0, at - this.#options.originAt);
    const block = Math.floor(elapsed / BLOCK_US);
    while (this.#block < block) this.#nextBlock(this.#block + 1 < block - 1);
    const step = Math.floor((elapsed - block * BLOCK_US) / STEP_US);
    if (block === this.#block) return this.#path[step]!;
    return this.#pathBefore[block === this.#block - 1 ? step : 0]!;
  }

  /** Volatility at an instant as a multiple of the typical one. */
  volatilityAt(at: number): number {
    this.bpAt(at);
    const elapsed = at - this.#options.originAt;
    return elapsed < this.#block * BLOCK_US ? this.#levelBefore : this.#level;
  }

  /** Moves on by a block; one that nobody will look into is only summed up. */
  #nextBlock(skimmed: boolean): void {
    this.#block++;
    const { seed, base, sigmaBp } = this.#options;
    const common = new SeededRandom(`${seed}/efficient/common/${this.#block}`);
    const own = new SeededRandom(`${seed}/efficient/base ${base}/${this.#block}`);
    const shock = Math.sqrt(1 - VOLATILITY_KEEP * VOLATILITY_KEEP) * VOLATILITY_SD;
    this.#commonLog = VOLATILITY_KEEP * this.#commonLog + shock * common.normal();
    this.#levelBefore = this.#level;
    this.#level = Math.exp(this.#commonLog - VOLATILITY_SD * VOLATILITY_SD / 2);
    const sigma = sigmaBp * this.#level;
    const commonScale = sigma * Math.sqrt(COMMON_VARIANCE);
    const ownScale = sigma * Math.sqrt(1 - COMMON_VARIANCE);

    const before = this.#pathBefore;
    this.#pathBefore = this.#path;
    this.#path = before;
    const path = this.#path;
    const commonTotal = common.normal() * Math.sqrt(BLOCK_S) * commonScale;
    const ownTotal = own.normal() * Math.sqrt(BLOCK_S) * ownScale;
    const commonJump = jumpOf(common, COMMON_JUMP_CHANCE, sigma);
    const ownJump = jumpOf(own, OWN_JUMP_CHANCE, sigma);
    const start = this.#end;
    // A log-normal step's mean is above one by half its variance; without that F is a martingale.
    const drift = -0.5 * sigma * sigma * 1e-4 * BLOCK_S;
    this.#end = start + commonTotal + ownTotal + commonJump.bp + ownJump.bp + drift;
    if (skimmed) return;
    path.fill(start);
    this.#addBridge(common, commonTotal, commonScale);
    this.#addBridge(own, ownTotal, ownScale);
    for (let step = 1; step <= STEPS; step++) {
      if (step >= commonJump.step) path[step]! += commonJump.bp;
      if (step >= ownJump.step) path[step]! += ownJump.bp;
      path[step]! += drift * step / STEPS;
    }
  }

  /** Adds a random walk that ends at `total`, of `scale` per square root of a second. */
  #addBridge(random: SeededRandom, total: number, scale: number): void {
    const bridge = this.#bridge;
    const stepScale = scale * Math.sqrt(STEP_US / 1e6);
    bridge[0] = 0;
    for (let step = 1; step <= STEPS; step++) {
      bridge[step] = bridge[step - 1]! + stepScale * random.normal();
    }
    const excess = (bridge[STEPS]! - total) / STEPS;
    for (let step = 0; step <= STEPS; step++) {
      this.#path[step]! += bridge[step]! - excess * step;
    }
  }
}

/** A fat-tailed jump somewhere in a block, or none. Always draws as often. */
function jumpOf(
  random: SeededRandom,
  chance: number,
  sigma: number,
): { readonly step: number; readonly bp: number } {
  const happens = random.chance(chance);
  const step = 1 + random.integer(STEPS);
  const sign = random.chance(0.5) ? 1 : -1;
  const size = JUMP_SIGMAS * sigma * (0.5 + random.exponential(0.5));
  return { step, bp: happens ? sign * size : 0 };
}
