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
  /** A book silent for longer is stale: nobody may quote on it. */
  readonly stale_after_ms: number;
  /** Deltas kept per instrument while waiting for a snapshot. */
  readonly buffer_deltas: number;
  /** How often a book is compared with a fresh snapshot; 0: never. */
  readonly audit_every_s: number;
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
  readonly fees: FeesConfig;
  readonly paper: PaperConfig;
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

/** Limits of one instrument. Absent: no such limit. */
export interface InstrumentLimits {
  /** Largest single order, base currency. */
  readonly order_size_max?: string;
  /** Largest single order, quote currency. */
  readonly order_notional_max?: string;
  /** Largest position, working orders included, base currency. */
  readonly position_size_max?: string;
  /** Largest position, working orders included, quote currency. */
  readonly position_notional_max?: string;
  /** Live own orders at a time. */
  readonly open_orders_max?: number;
  /** Furthest order price from the reference price. */
  readonly price_collar_bp?: string;
}

/** All limits. What stands here holds for each instrument, unless `instruments` says otherwise. */
export interface RiskConfig extends InstrumentLimits {
  readonly order_notional_max: string;
  readonly position_notional_max: string;
  readonly open_orders_max: number;
  readonly price_collar_bp: string;
  /** Sum over instruments of the worst-case position value, reporting currency. */
  readonly gross_exposure_max: string;
  /** Loss since start, unrealised and fees included, at which trading halts; reporting currency. */
  readonly loss_max: string;
  /** A book older than this is refused by risk, whatever the feed says. */
  readonly stale_after_ms: number;
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
