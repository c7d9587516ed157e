/**
 * `VenueConnector`: market data in, orders out, account in, limits and capabilities of one venue.
 *
 * 1. It never decides: it speaks the venue's protocol and keeps its sockets alive.
 * 2. It reports every loss (`feed_interrupted`, `request_lost`, `connection`), and never sends an
 *    order twice.
 * 3. It reaches time, chance and sockets only through what it was built with.
 * @module
 */
import type {
  AccountKey,
  FeeSchedule,
  Instrument,
  InstrumentTerms,
  InstrumentTradingStatus,
  Micros,
  Result,
  VenueId,
} from "@/engine/domain/mod.ts";
import type {
  OrderRequest,
  RequestBookCheck,
  RequestSnapshot,
  SendableRequest,
} from "@/engine/messages/mod.ts";
import type { SequenceRule } from "./sequence_rule.ts";
import type { StreamThresholds } from "./stream_thresholds.ts";
import type { EventReceiver } from "./wire_decoder.ts";

/** What a venue can do on one account, for the order manager and the documentation. */
export interface VenueCapabilities {
  /**
   * `any`: price and size in place; `no_growth`: any price, a total size that is not larger (an
   * amend that meets the order's end could otherwise bring it back); `size_down`: only a smaller
   * size; `no`: not at all.
   */
  readonly amend: "any" | "no_growth" | "size_down" | "no";
  /** Whether an amend that changes price keeps the client order id. */
  readonly amendKeepsClientOrderId: boolean;
  /** One request that cancels and places. */
  readonly replace: boolean;
  readonly cancelAll: boolean;
  /** How long after a cancel the venue's word on it becomes final; absent: its answer is. */
  readonly cancelFinalMs?: number;
  readonly deadManSwitch: boolean;
  readonly postOnly: boolean;
  readonly reduceOnly: boolean;
  readonly stopOrders: boolean;
  readonly fillOrKill: boolean;
  readonly webSocketOrders: boolean;
  /** Longest client order id, and what it may consist of, as a regular expression. */
  readonly clientOrderIdLengthMax: number;
  readonly clientOrderIdPattern: string;
}

/** The kinds of request that cost rate budget. */
export type RequestKind =
  | OrderRequest["kind"]
  | RequestSnapshot["kind"]
  | RequestBookCheck["kind"];

/** One published limit of a venue, as data. */
export interface RateLimitRule {
  /** Unique per venue, as `perpetual_orders_10s`. */
  readonly id: string;
  /** Which account it counts for; undefined: all requests of this address. */
  readonly account: AccountKey | undefined;
  /** Weight allowed per window. */
  readonly capacity: number;
  readonly windowMs: number;
  /** Weight of each kind of request; absent kinds cost nothing. */
  readonly weights: Readonly<Partial<Record<RequestKind, number>>>;
  /** Weight that only cancels and queries may spend. */
  readonly cancelReserve: number;
  /** Where it is published. */
  readonly source: string;
}

/** Durations counted between fixed bounds, nanoseconds. */
export interface DurationCounts {
  /** Upper bounds, rising; one count more than there are bounds. */
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
  readonly longest: number;
  record(nanos: number): void;
  /** A bound that this share (0 to 1) of all does not exceed. */
  quantile(share: number): number;
}

/** Counters of one connector, for metrics and the summary. All only grow. */
export interface ConnectorCounters {
  messages: number;
  bytes: number;
  refusedFrames: number;
  ignoredFrames: number;
  reconnects: number;
  rateLimited: number;
  ordersSent: number;
  /** What reading a market frame took, sampled; absent before the first stream. */
  decodeTimes?: DurationCounts;
}

/** An instrument as the venue lists it, with what it charges us. */
export interface ListedInstrument {
  readonly terms: InstrumentTerms;
  readonly fees: FeeSchedule;
}

/** What a venue lists of an instrument while it is traded. */
export interface RefreshedInstrument {
  readonly terms: InstrumentTerms;
  /** Absent where the connector tells changes of it by itself. */
  readonly status?: InstrumentTradingStatus;
}

/** Answer to `send`. */
export type SendOutcome = "sent" | "not_connected" | "back_pressured" | "not_supported";

/** One venue. */
export interface VenueConnector {
  readonly venue: VenueId;
  readonly counters: ConnectorCounters;
  readonly rateLimits: readonly RateLimitRule[];
  /** The accounts this connector serves, as `binance/spot` and `binance/perpetual`. */
  readonly accounts: readonly AccountKey[];
  capabilities(account: AccountKey): VenueCapabilities;
  /** The venue's sequence rule for one instrument; the core keeps it. */
  sequenceRule(instrument: InstrumentTerms): SequenceRule;
  /** How long each stream of an instrument may be silent before it is not believed. */
  streamThresholds(instrument: InstrumentTerms): StreamThresholds;
  /** Asks the venue what it lists; retries inside; `done` is called once, perhaps long after. */
  loadInstruments(
    wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void;
  /** Connects and subscribes; from now on events come to `receiver`. */
  start(instruments: readonly Instrument[], receiver: EventReceiver): void;
  /**
   * Asks once what the venue lists now of the started instruments. What is no longer listed is not
   * in the answer; an answer that cannot be read is an error. `done` is called once, later.
   */
  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void;
  /** Set by the house: the connector calls it when listed terms may have changed. */
  onListingDoubt?: (() => void) | undefined;
  /**
   * The started instrument counts on other grids from now on: whatever was worked out from the old
   * ones is worked out anew. Called before any event or request on the new ones.
   */
  onRedefined(instrument: Instrument): void;
  /** Sends one request now, or says why not. Events tell the outcome. */
  send(request: SendableRequest): SendOutcome;
  /** Fetches a snapshot (or resubscribes) for one instrument; events tell the outcome. */
  requestSnapshot(request: RequestSnapshot): void;
  /** Asks for one instrument's book beside its stream; a `book_check` tells it. An answer that does
   * not come is asked for again by whoever wants it. */
  requestBookCheck(request: RequestBookCheck): void;
  /** Venue clock less ours, in microseconds; 0 until measured. */
  clockOffsetMicros(): number;
  /** Closes all sockets and timers. No event follows. */
  stop(at: Micros): void;
}
