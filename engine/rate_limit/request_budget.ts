/**
 * `RequestBudget`: a venue's whole set of limits; what may be said to it now.
 *
 *   request --every rule that counts it has room, with the cancel reserve left--> taken from all
 *           \--one has not, or the venue has banned us--> taken from none
 *
 * 1. All or nothing: a refused request costs no rule anything.
 * 2. The reserve of a rule is spent by cancels, questions and dead-man switches alone.
 * 3. Of a rule's capacity a part is burst and the rest refill, so that no window of any phase is
 *    exceeded (see `TokenBucket`).
 * 4. The venue's own counters only ever lower our estimate. While banned nothing is said, cancels
 *    neither.
 * @module
 */
import { type AccountKey, assert, type Micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule, RequestKind } from "@/engine/ports/mod.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Share of a rule's capacity that may be said at once; the rest comes as refill. */
export interface BudgetOptions {
  readonly burstShare: number;
}

export const BUDGET_DEFAULTS: BudgetOptions = { burstShare: 0.25 };

/** A burst never takes more than this share, or nothing would be left to refill. */
const BURST_SHARE_MAX = 0.75;

interface RuleBucket {
  readonly rule: RateLimitRule;
  readonly bucket: TokenBucket;
  blockedUntil: Micros;
}

/** One rule now, for metrics and status. */
export interface RuleStatus {
  readonly id: string;
  readonly available: number;
  readonly burst: number;
  readonly blockedUntil: Micros;
}

/** How fast we may speak to one venue. */
export class RequestBudget {
  readonly #rules: readonly RuleBucket[];
  #blockedUntil = 0 as Micros;
  /** Requests that did not leave because of a limit. */
  refused = 0;
  /** Times the venue told us to be silent. */
  bans = 0;

  constructor(rules: readonly RateLimitRule[], now: Micros, options = BUDGET_DEFAULTS) {
    this.#rules = rules.map((rule) => {
      const burst = burstOf(rule, options);
      const bucket = new TokenBucket(burst, rule.capacity - burst, rule.windowMs * 1_000, now);
      return { rule, bucket, blockedUntil: 0 as Micros };
    });
  }

  /** Nothing may be said before this; 0: no ban on all of the venue. */
  get blockedUntil(): Micros {
    return this.#blockedUntil;
  }

  /** Takes one request's weight from every rule that counts it, or from none. */
  tryTake(kind: RequestKind, account: AccountKey | undefined, now: Micros): boolean {
    if (!this.#hasRoom(kind, account, now)) {
      this.refused++;
      return false;
    }
    for (const held of this.#rules) {
      const weight = weightOf(held.rule, kind, account);
      if (weight > 0) held.bucket.tryTake(weight, 0, now);
    }
    return true;
  }

  /** How many requests of this kind could be said at once; Infinity when no rule counts it. */
  availableFor(kind: RequestKind, account: AccountKey | undefined, now: Micros): number {
    if (now < this.#blockedUntil) return 0;
    let count = Infinity;
    for (const held of this.#rules) {
      const weight = weightOf(held.rule, kind, account);
      if (weight === 0) continue;
      if (now < held.blockedUntil) return 0;
      const spendable = held.bucket.available(now) - reserveFor(held.rule, kind);
      count = Math.min(count, Math.max(0, Math.floor(spendable / weight)));
    }
    return count;
  }

  /** Believes the venue's own counters and bans. */
  onReport(report: RateLimitReport): void {
    const named = this.#rules.filter((held) => held.rule.id === report.rule);
    // A rule we do not know may be any: its ban holds for all.
    if (named.length === 0 && report.blockedUntil > this.#blockedUntil) {
      this.#blockedUntil = report.blockedUntil;
    }
    if (report.blockedUntil > report.at) this.bans++;
    for (const held of report.rule === "" ? this.#rules : named) {
      if (report.used >= 0) {
        const left = Math.max(held.rule.capacity - report.used, -held.rule.capacity);
        held.bucket.lowerTo(left, report.at);
      }
      if (report.blockedUntil > held.blockedUntil) held.blockedUntil = report.blockedUntil;
    }
  }

  /** Every rule now. */
  status(now: Micros): readonly RuleStatus[] {
    return this.#rules.map(({ rule, bucket, blockedUntil }) => ({
      id: rule.id,
      available: bucket.available(now),
      burst: bucket.burst,
      blockedUntil: blockedUntil > this.#blockedUntil ? blockedUntil : this.#blockedUntil,
    }));
  }

  #hasRoom(kind: RequestKind, account: AccountKey | undefined, now: Micros): boolean {
    if (now < this.#blockedUntil) return false;
    for (const held of this.#rules) {
      const weight = weightOf(held.rule, kind, account);
      if (weight === 0) continue;
      if (now < held.blockedUntil) return false;
      if (!held.bucket.holds(weight, reserveFor(held.rule, kind), now)) return false;
    }
    return true;
  }
}

function weightOf(rule: RateLimitRule, kind: RequestKind, account: AccountKey | undefined): number {
  if (rule.account !== undefined && rule.account !== account) return 0;
  return rule.weights[kind] ?? 0;
}

/** What a request of this kind must leave in the bucket. */
function reserveFor(rule: RateLimitRule, kind: RequestKind): number {
  switch (kind) {
    case "cancel_order":
    case "cancel_all":
    case "query_order":
    case "query_fills":
    case "query_account":
    case "arm_dead_man":
      return 0;
    default:
      return rule.cancelReserve;
  }
}

/** Enough at once for the heaviest request on top of the reserve, and otherwise a share. */
function burstOf(rule: RateLimitRule, options: BudgetOptions): number {
  assert(rule.capacity > 0, "Rate limit must allow something");
  assert(rule.windowMs > 0, "Rate limit window must be above zero");
  let heaviest = 0;
  for (const [kind, weight] of Object.entries(rule.weights)) {
    heaviest = Math.max(heaviest, weight + reserveFor(rule, kind as RequestKind));
  }
  assert(
    heaviest <= rule.capacity * BURST_SHARE_MAX,
    "Rate limit leaves no room for its heaviest request beside the cancel reserve",
  );
  return Math.max(heaviest, rule.capacity * options.burstShare);
}
