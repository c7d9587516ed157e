/**
 * How much trading is allowed now: the worst of what risk, the operator and the house say.
 *
 *   normal -> caution -> reduce_only -> paused -> halted
 *
 * 1. Upward (worse) moves take effect in the same turn as the event that caused them.
 * 2. The operator's pause is released by the operator only; the latch only by the risk gate.
 * Source: MARKETS.md section 5.
 * @module
 */
import { TRADING_MODES, type TradingMode } from "@/engine/messages/mod.ts";

/** The worse of two modes. */
export function worseMode(a: TradingMode, b: TradingMode): TradingMode {
  return TRADING_MODES.indexOf(a) >= TRADING_MODES.indexOf(b) ? a : b;
}

/** Keeps the effective mode and why. */
export class TradingModes {
  #risk: TradingMode = "normal";
  #riskReason = "";
  #operatorPaused = false;
  #operatorReason = "";
  #stopping = false;
  #flattening = false;
  #sinkBehind = false;

  /** The mode in force. */
  get mode(): TradingMode {
    return worseMode(this.#risk, this.#own());
  }

  /** Whether strategies' quotes may stand. */
  get mayQuote(): boolean {
    const mode = this.mode;
    return !this.#flattening && mode !== "paused" && mode !== "halted";
  }

  /** Why the mode is what it is; "" when normal. */
  get reason(): string {
    if (this.#risk === "halted") return this.#riskReason;
    if (this.#stopping) return "shutting down";
    if (this.#flattening) return "closing positions";
    if (this.#operatorPaused) return this.#operatorReason;
    if (this.#sinkBehind) return "the journal's sink is behind";
    return this.#riskReason;
  }

  /** Whether the house is on its way out: nothing new is ever placed again. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** What the risk gate allows. */
  followRisk(mode: TradingMode, reason: string): void {
    this.#risk = mode;
    this.#riskReason = reason;
  }

  /** The operator stops quoting until `resume`. */
  pause(reason: string): void {
    this.#operatorPaused = true;
    this.#operatorReason = reason;
  }

  /** The operator lets quoting go on. */
  resume(): void {
    this.#operatorPaused = false;
    this.#operatorReason = "";
  }

  /** Positions are being closed: only reducing orders, and no quotes. */
  setFlattening(active: boolean): void {
    this.#flattening = active;
  }

  /** The house stops; there is no way back. */
  stop(): void {
    this.#stopping = true;
  }

  /** The journal's sink fell behind or caught up. */
  followSink(keepsUp: boolean): void {
    this.#sinkBehind = !keepsUp;
  }

  #own(): TradingMode {
    if (this.#stopping) return "paused";
    // Closing goes on through an operator's pause: reducing is what was asked for.
    if (this.#flattening) return "reduce_only";
    return this.#operatorPaused || this.#sinkBehind ? "paused" : "normal";
  }
}
