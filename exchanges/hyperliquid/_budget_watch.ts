/**
 * Asks how much of the address's lifetime of actions is left: 10,000 and one more for each USDC
 * ever traded. When it is spent, placing is blocked for ten seconds at a time; cancels go on, the
 * venue keeps a larger budget for them.
 *
 * Source: venue documentation "Rate limits and user limits", read 2026-09.
 * @module
 */
import type { VenueContext } from "./_context.ts";
import { integerField, objectOf } from "./_json.ts";
import type { HyperliquidRest } from "./_rest.ts";
import { blockReport, budgetBlockedUntil } from "./rate_limits.ts";

const EVERY_MS = 60_000;
const SPENT_EVERY_MS = 10_000;
/** Below this share of the budget a person is told. */
const LOW_SHARE = 0.05;

/** Watches one address's budget. */
export class BudgetWatch {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  #timer: number | undefined;
  #isStopped = false;
  #isLow = false;

  constructor(context: VenueContext, rest: HyperliquidRest) {
    this.#context = context;
    this.#rest = rest;
  }

  start(user: string): void {
    this.#rest.ask({ type: "userRateLimit", user }, (outcome) => {
      if (this.#isStopped) return;
      const answer = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
      const used = answer === undefined ? undefined : integerField(answer, "nRequestsUsed");
      const cap = answer === undefined ? undefined : integerField(answer, "nRequestsCap");
      const surplus = answer === undefined ? 0 : integerField(answer, "nRequestsSurplus") ?? 0;
      const isKnown = used !== undefined && cap !== undefined;
      const left = isKnown ? cap + surplus - used : Infinity;
      if (isKnown) this.#judge(left, cap);
      this.#timer = this.#context.scheduler.after(left <= 0 ? SPENT_EVERY_MS : EVERY_MS, () => {
        this.start(user);
      });
    });
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #judge(left: number, cap: number): void {
    const isLow = left < cap * LOW_SHARE;
    if (isLow && !this.#isLow) {
      this.#context.log.log("warn", "few actions are left to this address", { left, cap });
    }
    this.#isLow = isLow;
    if (left > 0) return;
    const at = this.#context.clock.now();
    this.#context.deliver(blockReport("address_actions", budgetBlockedUntil(at), at));
  }
}
