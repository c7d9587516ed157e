/**
 * `PaperWorld`: simulated venues and connectors to them, on any clock and wire; and the venues' own
 * truth, for checkers.
 * @module
 */
import type { AccountKey, InstrumentIndex, Result, VenueId } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "./clock.ts";
import type { Log } from "./log.ts";
import type { VenueConnector } from "./venue_connector.ts";

/** Touch of a venue's own book, in quote and base currency (grids may differ); 0: no such side. */
export interface TrueTouch {
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
}

/** A venue's truth about the account we trade with. */
export interface TrueAccount {
  /** Signed, in base currency. */
  readonly positions: readonly { readonly instrument: InstrumentIndex; readonly size: number }[];
  /** Client ids of our orders that rest there. */
  readonly openOrders: readonly string[];
  /** Exact totals as decimal text. */
  readonly balances: readonly {
    readonly account: AccountKey;
    readonly asset: string;
    readonly total: string;
  }[];
  readonly fillCount: number;
  /** Client ids of orders that the venue was asked to place more than once, where remembered. */
  readonly sentTwice: readonly string[];
  /** Assets in which money came from nowhere; empty, or the simulator is wrong. */
  readonly imbalances: readonly string[];
}

/** A simulated venue as checkers see it. */
export interface VenueTruth {
  readonly venue: VenueId;
  /** The touch right after book update `sequence`; undefined when it is not remembered. */
  touchAt(instrument: InstrumentIndex, sequence: number): TrueTouch | undefined;
  account(): TrueAccount;
}

/** One venue of a paper world. */
export interface PaperVenueSetup {
  readonly venue: VenueId;
  /** Our symbols with their index in this run; empty: all that the simulated venue offers. */
  readonly instruments: readonly { readonly symbol: string; readonly index: InstrumentIndex }[];
  /** What each wallet starts with, decimal text by asset; undefined: the simulator's default. */
  readonly balances: Readonly<Record<string, string>> | undefined;
  /** Fees in basis points, decimal text; undefined: the simulator's default. */
  readonly fees: { readonly makerBp: string; readonly takerBp: string } | undefined;
  /** How many connections carry each market stream; absent: one. */
  readonly marketConnections?: 1 | 2;
}

/** One recorded file, unpacked: lines in receive order, of one instrument. */
export interface RecordingFile {
  readonly name: string;
  readonly lines: readonly string[];
}

/** How simulated venues are opened. */
export interface PaperWorldSetup {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Real sockets on loopback, or the same bytes in memory on the scheduler's time. */
  readonly wire: "sockets" | "memory";
  readonly venues: readonly PaperVenueSetup[];
  readonly seed: number;
  readonly updatesPerSecond: number;
  readonly latencyMs: { readonly from_venue: number; readonly to_venue: number };
  readonly faults?: "none" | "mild" | "harsh";
  /** Truths remember touches and placed orders, for checkers; default true. Trading does not need
   * it, and it costs memory. */
  readonly remembersTruth?: boolean;
  /** Decimals by which simulated markets count finer than they publish: room for finer steps. */
  readonly spareDecimals?: { readonly tick: number; readonly lot: number };
  /** First port; 0: free ones. */
  readonly port?: number;
  /** Control address of a running `touchline venues`; then nothing is served here. */
  readonly venuesAt?: string | undefined;
  /** Recorded market data; empty: background traders make the market. */
  readonly recording?: readonly RecordingFile[];
  readonly speed?: number;
  /** How the queue ahead of our orders is modelled in a recording. */
  readonly queueModel?: "risk_averse" | "power3";
}

/** Simulated venues, and connectors to them. */
export interface PaperWorld {
  readonly connectors: readonly VenueConnector[];
  /** Empty where the venues run in another process. */
  readonly truths: readonly VenueTruth[];
  /** What `touchline venues` prints. */
  readonly description: Readonly<Record<string, unknown>>;
  /** Resolves when a recording ended; undefined where nothing ends. */
  readonly ended: Promise<void> | undefined;
  hasEnded(): boolean;
  /** Ends all faults. */
  heal(): void;
  /** Nobody reaches a venue for so long, then it is back; false where it is not served here. */
  kill(venue: VenueId, forMs: number): boolean;
  /**
   * Changes an instrument of a simulated venue as its listing would: fields as
   * `POST /faults {"kind":"instrument_change"}` takes them.
   */
  changeInstrument(
    venue: VenueId,
    symbol: string,
    change: Readonly<Record<string, unknown>>,
  ): Result<void>;
  faultCounts(): Readonly<Record<string, number>>;
  /** Assumptions and warnings that belong to the results. */
  notes(): readonly string[];
  close(): void;
}
