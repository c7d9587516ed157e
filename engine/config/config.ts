/**
 * The shape of `config.yaml` as types, with the file's own spelling of every key, so that the file,
 * the complaints about it, `check` and the journal header all speak of the same names.
 *
 * 1. A `Config` is complete: every key that may be left out has its default here.
 * 2. A `Config` holds no secret: those are a separate `Secrets`, which is never printed.
 * 3. Amounts are plain decimal text (they may be written as numbers in the file).
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type { LogLevel } from "@/engine/ports/mod.ts";

/** A whole configuration, defaults filled in. */
export interface Config {
  /** Tells own orders from foreign ones; `[a-z0-9]{1,8}`. `paper` is reserved for paper trading. */
  readonly instance_id: string;
  /** Currency of the converted totals in reports. */
  readonly reporting_currency: string;
  /** What one unit of a currency is worth in `reporting_currency`; reports only. */
  readonly conversion_rates: Readonly<Record<string, string>>;
  readonly log: LogConfig;
  readonly control: ControlConfig;
  /** `none`, `-` (standard output), a file, or `tcp://HOST:PORT`. */
  readonly journal: string;
  /** How often the core's timer fires. */
  readonly timer_ms: number;
  /** How often the status block is printed; 0: never. */
  readonly status_every_s: number;
  readonly feed: FeedConfig;
  readonly orders: OrdersConfig;
  readonly venues: Readonly<Partial<Record<VenueId, VenueConfig>>>;
  readonly strategies: readonly StrategyConfig[];
  readonly risk: RiskConfig;
  readonly simulation: SimulationConfig;
}

/** Where log lines go: standard error, always. */
export interface LogConfig {
  readonly level: LogLevel;
  readonly format: "text" | "json";
}

/** The control API and dashboard. */
export interface ControlConfig {
  readonly enabled: boolean;
  /** `HOST:PORT`; port 0 takes a free one. */
  readonly listen: string;
}

/** How market data is kept true. */
export interface FeedConfig {
  /** Silence after which nobody may quote on a book, of any venue that says no other; 0: never.
   * Absent: as each venue's connector says. */
  readonly stale_after_ms?: number;
  /** Deltas kept per instrument while waiting for a snapshot. */
  readonly buffer_deltas: number;
  /** Which book messages' checksums are verified, where a venue gives any that mean something. */
  readonly checksum: "sampled" | "every" | "never";
  /** How often a book is compared with a fresh snapshot; 0: never. */
  readonly audit_every_s: number;
  readonly instruments_every_s: number;
}

/** How orders are accounted for. */
export interface OrdersConfig {
  /** A request unanswered for longer is in flight: the venue is asked what became of it. */
  readonly ack_timeout_ms: number;
  /** How often open orders, positions and balances are compared with the venue's; 0: never. */
  readonly reconcile_every_s: number;
}

/** Which of a venue's networks is meant; paper trading uses none of them. */
export type Network = "live" | "testnet" | "demo";

/** One venue. */
export interface VenueConfig {
  readonly network: Network;
  /** Our symbols: `BTC-USDT` is spot, `BTC-USDT-PERP` a perpetual. */
  readonly instruments: readonly string[];
  /** How many connections carry each market stream; with two, either may die unnoticed. */
  readonly market_connections: 1 | 2;
  readonly fees: FeesConfig;
  readonly paper: PaperConfig;
  /** Silence of each stream after which it is not believed; 0: never. Absent: as the venue's
   * connector says. */
  readonly stale_after_ms: StaleAfterConfig;
}

/** One threshold per kind of stream. */
export interface StaleAfterConfig {
  readonly book?: number;
  /** How long a book may be behind a newer touch of the venue's own. */
  readonly best_bid_ask?: number;
  readonly mark_price?: number;
  readonly funding?: number;
  readonly trades?: number;
}

/** What is assumed where the venue does not say; a negative fee is a rebate. */
export interface FeesConfig {
  readonly maker_bp: string;
  readonly taker_bp: string;
}

/** The simulated account. */
export interface PaperConfig {
  /** Amount of each asset that every wallet of the venue starts with. */
  readonly balances: Readonly<Record<string, string>>;
}

/** The strategies that exist. */
export const STRATEGY_KINDS = ["market_making"] as const;
export type StrategyKind = (typeof STRATEGY_KINDS)[number];

/** One strategy. */
export interface StrategyConfig {
  /** Unique; `[a-z0-9_]{1,32}`. */
  readonly id: string;
  readonly kind: StrategyKind;
  readonly enabled: boolean;
  /** Keys as `binance:BTC-USDT-PERP`, each listed under `venues`. */
  readonly instruments: readonly string[];
  /** As the strategy's `setParameter` takes them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** Limits of one instrument, each under the risk gate's own name. Absent: the gate's default. */
export interface InstrumentLimits {
  /** Largest single order, base currency; `none`: no such limit. */
  readonly order_size_max?: string;
  /** Largest single order, quote currency, or `none`. */
  readonly order_value_max?: string;
  /** Largest position if every working order fills, base currency, or `none`. */
  readonly position_max?: string;
  /** The same in quote currency, or `none`. */
  readonly position_value_max?: string;
  /** Furthest resting price from the mark. */
  readonly price_collar_bp?: string;
  /** Furthest price that may take. */
  readonly taking_collar_bp?: string;
  /** Live own orders at a time. */
  readonly open_orders_max?: string;
  /** Value of a perpetual position per unit of free margin. */
  readonly leverage?: string;
}

/** All limits. What stands here holds for each instrument, unless `instruments` says otherwise. */
export interface RiskConfig extends InstrumentLimits {
  readonly venue_open_orders_max?: string;
  /** Value of open orders at one venue, or `none`. */
  readonly venue_open_value_max?: string;
  /** Worst-case value of all positions together, or `none`. */
  readonly gross_exposure_max?: string;
  /** Loss since start, unrealised and fees included, at which trading halts, or `none`. */
  readonly loss_max?: string;
  /** The same, from the best since start, or `none`. */
  readonly drawdown_max?: string;
  readonly requests_per_second_max?: string;
  /** How long a position may disagree with the venue's before it is a break. */
  readonly ledger_patience_ms?: string;
  /** Overrides by instrument key. */
  readonly instruments: Readonly<Record<string, InstrumentLimits>>;
}

/** The simulated venues of paper trading and of `simulate`. */
export interface SimulationConfig {
  readonly seed: number;
  /** Book updates per instrument. */
  readonly updates_per_second: number;
  readonly latency_ms: {
    /** From the venue's matching to the receipt of its message. */
    readonly from_venue: number;
    /** From sending a request to the venue's matching. */
    readonly to_venue: number;
  };
}

/** The keys of one venue, as `sign` takes them; which are needed is the venue's affair. */
export type Credentials = Readonly<Record<string, string>>;

/** What must never be printed, logged or journalled. */
export interface Secrets {
  readonly control_token: string | undefined;
  readonly venues: Readonly<Partial<Record<VenueId, Credentials>>>;
}

/** No secret at all: enough for paper trading. */
export const NO_SECRETS: Secrets = { control_token: undefined, venues: {} };
