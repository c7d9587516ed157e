/**
 * Trading phases: what a market lets its traders do now.
 *
 *   continuous <-> halted -> closed
 *
 * @module
 */

/** `continuous` matches, `halted` only lets orders go, `closed` holds none. */
export const TRADING_PHASES = ["continuous", "halted", "closed"] as const;
export type TradingPhase = (typeof TRADING_PHASES)[number];

/** Whether new orders, and amends that could trade or lose their place, are taken. */
export function takesOrders(phase: TradingPhase): boolean {
  return phase === "continuous";
}

/** Whether resting orders are all removed on entering the phase. */
export function dropsOrders(phase: TradingPhase): boolean {
  return phase === "closed";
}

/** Whether one phase may follow another: what is closed stays closed. */
export function mayFollow(from: TradingPhase, to: TradingPhase): boolean {
  return from !== "closed" || to === "closed";
}
