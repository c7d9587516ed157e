/**
 * How much trading a loss allows: upward at once, downward one step at a time.
 *
 *   normal --50 %--> caution --80 %--> reduce_only --100 %--> (kill switch)
 *   normal <-- below 40 % for 60 s -- caution <-- below 70 % for 300 s -- reduce_only
 *
 * At or above a threshold trips, one unit less does not. Source: MARKETS.md section 5.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { TradingMode } from "@/engine/messages/mod.ts";
import { LOSS_CAUTION_FROM, LOSS_REDUCE_FROM, type RiskLimits } from "@/risk/rules/mod.ts";

const CAUTION_LEAVE_BELOW = 0.4;
const CAUTION_LEAVE_MICROS = 60_000_000;
const REDUCE_LEAVE_BELOW = 0.7;
const REDUCE_LEAVE_MICROS = 300_000_000;

/** Profit and loss in parts, as `MarketView.profit()` gives them. */
export interface ProfitParts {
  readonly realised: number;
  readonly unrealised: number;
  readonly fees: number;
  readonly funding: number;
}

/** Follows profit, its best value, and the mode they allow. */
export class LossWatch {
  #best = 0;
  #mode: "normal" | "caution" | "reduce_only" = "normal";
  #reason = "";
  /** Since when the loss is below the leaving threshold; -1: it is not. */
  #belowSince = -1;

  get mode(): TradingMode {
    return this.#mode;
  }

  /** Why the mode is not normal; empty when it is. */
  get reason(): string {
    return this.#reason;
  }

  /** Share of the loss and drawdown limits used up; not a number counts as all. */
  usedBy(parts: ProfitParts, limits: RiskLimits): number {
    const total = parts.realised + parts.unrealised - parts.fees + parts.funding;
    if (Number.isNaN(total)) return 1;
    return Math.max(
      shareOf(-total, limits.lossMax),
      shareOf(Math.max(this.#best, total) - total, limits.drawdownMax),
    );
  }

  /** Takes the profit of this moment and moves the mode; answers the share used up. */
  update(parts: ProfitParts, limits: RiskLimits, now: Micros): number {
    const total = parts.realised + parts.unrealised - parts.fees + parts.funding;
    if (total > this.#best) this.#best = total;
    const used = this.usedBy(parts, limits);
    if (used >= LOSS_REDUCE_FROM) this.#enter("reduce_only", used);
    else if (used >= LOSS_CAUTION_FROM && this.#mode === "normal") this.#enter("caution", used);
    this.#leave(used, now);
    return used;
  }

  #enter(mode: "caution" | "reduce_only", used: number): void {
    this.#belowSince = -1;
    if (this.#mode === mode) return;
    this.#mode = mode;
    this.#reason = `loss is at ${Math.floor(Math.min(used, 9.99) * 100)} % of its limit`;
  }

  #leave(used: number, now: Micros): void {
    if (this.#mode === "normal") return;
    const reducing = this.#mode === "reduce_only";
    if (used >= (reducing ? REDUCE_LEAVE_BELOW : CAUTION_LEAVE_BELOW)) {
      this.#belowSince = -1;
      return;
    }
    if (this.#belowSince < 0) this.#belowSince = now;
    const wanted = reducing ? REDUCE_LEAVE_MICROS : CAUTION_LEAVE_MICROS;
    if (now - this.#belowSince < wanted) return;
    this.#belowSince = -1;
    this.#mode = reducing ? "caution" : "normal";
    this.#reason = reducing ? "loss was at 80 % of its limit and is recovering" : "";
  }
}

/** The share of a limit; a limit of zero is used up by any loss at all. */
function shareOf(loss: number, limit: number): number {
  if (loss <= 0) return 0;
  return limit > 0 ? loss / limit : Infinity;
}
