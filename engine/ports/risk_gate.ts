/**
 * `RiskGate`: turns a request into `Approved` or `Refused` with its reason, and says how much
 * trading is allowed.
 *
 * The gate keeps its own account (the shadow ledger) from fills alone and compares it with the
 * portfolio's; it sees every event after the portfolio has.
 * @module
 */
import type { Result } from "@/engine/domain/mod.ts";
import type { Approved, EngineEvent, RiskyRequest, TradingMode } from "@/engine/messages/mod.ts";
import type { MarketView } from "./market_view.ts";

/** The gate's no. `code` is the rule's stable name, `text` says limit and value. */
export interface Refused {
  readonly kind: "refused";
  readonly code: string;
  readonly text: string;
}

/** Counters for the summary. */
export interface RiskCounters {
  refused: number;
  ledgerBreaks: number;
}

/** The right to say no. */
export interface RiskGate {
  readonly counters: RiskCounters;
  /** How much trading risk allows now; the core acts on it in the same turn. */
  readonly mode: TradingMode;
  readonly modeReason: string;
  /** Reviews one request against every rule; first refusal wins. Allocates nothing on approval. */
  review<R extends RiskyRequest>(request: R, view: MarketView): Approved<R> | Refused;
  /** Sees every event after the core has applied it; may move `mode`. */
  observe(event: EngineEvent, view: MarketView): void;
  /** Trips the latched kill switch. */
  trip(reason: string, view: MarketView): void;
  /** Releases the latch; refused while the cause stands. */
  release(by: string, view: MarketView): Result<void>;
  /** Checks a set of limit changes as a whole, without making it. */
  checkParameters(changes: Readonly<Record<string, string>>): Result<void>;
  /** Makes a checked set of changes. */
  setParameters(changes: Readonly<Record<string, string>>): void;
  parameters(): Readonly<Record<string, string>>;
  /** The shadow ledger as plain data, for reports and tests: signed lots and exact money as
   * text. */
  ledger(): readonly LedgerLine[];
}

/** One instrument in the shadow ledger. */
export interface LedgerLine {
  readonly instrument: number;
  readonly size: number;
  readonly realised: string;
  readonly cost: string;
  readonly fees: Readonly<Record<string, string>>;
}
