/**
 * `BackgroundProfile`: the numbers of a background market. Values of orders in quote currency,
 * distances in basis points, times in milliseconds.
 * Source: MARKETS.md section 7; what is not measured there is our judgement and said so here.
 * @module
 */

/** How one instrument's background market behaves. */
export interface BackgroundProfile {
  /** Volatility of the efficient price in basis points per square root of a second. */
  readonly sigmaBp: number;
  /** Actions that change the depth, per second; all rates go with it. */
  readonly eventsPerSecond: number;
  /** How far the venue's makers are behind the efficient price, beside their own lag. */
  readonly delayMs: number;
  /** Standard deviation of this venue's slow basis against the efficient price. */
  readonly basisBp: number;
  readonly fastMakers: number;
  readonly fastHalfSpreadBp: number;
  readonly crowdMakers: number;
  readonly crowdHalfSpreadBp: number;
  /** Levels a side of the deep maker, who keeps the book deep and never empty. */
  readonly deepLevels: number;
  /** Typical value of a maker's innermost order. */
  readonly makerValue: number;
  /** Uninformed taker orders per second, before bursts are counted in: this is the mean. */
  readonly takersPerSecond: number;
  /** Median of a taker order's value; the mean is twelve times as much. */
  readonly takerMedianValue: number;
  /** Looks of informed takers per second. */
  readonly informedLooksPerSecond: number;
  /** What an informed taker must see beyond the price, own fee included. */
  readonly informedThresholdBp: number;
}

/** Volatilities of the majors; others are taken to be wilder. */
const SIGMA_BP: Readonly<Record<string, number>> = { BTC: 0.7, ETH: 1.2 };
const SIGMA_BP_OTHERS = 1.6;

/** Events a second at which the rates below are meant. */
const EVENTS_NOMINAL = 10;

/** The usual profile of a base, at so many events a second, with any number changed. */
export function backgroundProfile(
  base: string,
  changes: Partial<BackgroundProfile> = {},
): BackgroundProfile {
  const sigmaBp = changes.sigmaBp ?? SIGMA_BP[base] ?? SIGMA_BP_OTHERS;
  const eventsPerSecond = changes.eventsPerSecond ?? EVENTS_NOMINAL;
  const pace = eventsPerSecond / EVENTS_NOMINAL;
  // Spreads pay for the volatility that makers are exposed to.
  const wild = Math.max(1, sigmaBp / SIGMA_BP["BTC"]!);
  return {
    sigmaBp,
    eventsPerSecond,
    delayMs: 10,
    basisBp: 1.5,
    fastMakers: 2,
    fastHalfSpreadBp: 0.55 * wild,
    crowdMakers: 5,
    crowdHalfSpreadBp: 0.85 * wild,
    deepLevels: 36,
    makerValue: 9_000,
    takersPerSecond: 1.2 * pace,
    takerMedianValue: 1_600,
    informedLooksPerSecond: 5 * pace,
    informedThresholdBp: 0.4,
    ...changes,
  };
}
