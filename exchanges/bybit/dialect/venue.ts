/**
 * `createBybitVenue`: the simulated exchange with this venue's instruments, fees, rules and wire.
 *
 * 1. One unified account (`bybit/unified`) holds everything: spot and the margin of perpetuals.
 * 2. Sizes are base currency everywhere: there are no contracts.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  accountKey,
  createInstrument,
  feeRate,
  type FeeSchedule,
  instrumentIndex,
  type Money,
  moneyFromText,
  type Product,
  symbolFrom,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "@/engine/ports/mod.ts";
import {
  BackgroundSource,
  type FaultPlan,
  type MarketSource,
  type SimInstrumentOptions,
  SimulatedExchange,
  type SpareDecimals,
} from "@/exchanges/simulator/mod.ts";
import type { VenueKey } from "./authentication.ts";
import { BybitDialect } from "./bybit_dialect.ts";
import { RateLimits } from "./rate_limits.ts";
import { UNIFIED, type VenueState } from "./venue_state.ts";
import { WireSymbols } from "./wire_symbols.ts";

/** One instrument to offer. */
export interface VenueInstrument {
  readonly base: string;
  readonly product: Product;
  readonly tick: string;
  readonly lot: string;
  readonly minSize: string;
  readonly maxSize: string;
  readonly minNotional: string;
  readonly startPrice: string;
}

/** What a venue is made of; all but time and seed has a default. */
export interface BybitVenueOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly seed: number | string;
  readonly instruments?: readonly VenueInstrument[];
  /** Decimal amounts by asset of the one account. */
  readonly balances?: Readonly<Record<string, string>>;
  readonly fees?: Readonly<Record<Product, FeeSchedule>>;
  /** Who else trades; background traders by default. */
  readonly source?: MarketSource;
  /** Depth changes per second and instrument of the background. */
  readonly updatesPerSecond?: number;
  readonly matchMs?: number;
  /** Ends every socket after so long; never by default. */
  readonly socketLifeMs?: number;
  readonly faults?: FaultPlan;
  /** Further owners with the same balances, who trade past the wire: for tests. */
  readonly otherOwners?: readonly number[];
  /** Further keys of the trading account. */
  readonly keys?: readonly VenueKey[];
  /** Whether the account may use the dead man's switch; it may by default, like a market maker. */
  readonly mayCancelOnDisconnect?: boolean;
  /** Decimals by which markets count finer than published, so that steps may become finer. */
  readonly spareDecimals?: SpareDecimals;
}

/** A venue ready to be started and served. */
export interface BybitVenue {
  readonly dialect: BybitDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

/** Grids as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  spotOf("BTC", "0.1", "0.000001", "64000", "71.7"),
  spotOf("ETH", "0.01", "0.00001", "3400", "1200"),
  spotOf("SOL", "0.01", "0.001", "160", "20000"),
  linearOf("BTC", "0.1", "0.001", "64000", "1190"),
  linearOf("ETH", "0.01", "0.01", "3400", "7240"),
  linearOf("SOL", "0.01", "0.1", "160", "79770"),
];

/** Default fees: a market maker's tier of MARKETS section 7, maker 0 bp, taker 3.5 bp. */
export const DEFAULT_FEES: Readonly<Record<Product, FeeSchedule>> = {
  spot: { maker: feeRate(0), taker: feeRate(350) },
  perpetual: { maker: feeRate(0), taker: feeRate(350) },
};

const DEFAULT_BALANCES = { USDT: "200000", BTC: "2", ETH: "30", SOL: "500" } as const;
const GHOSTS_FROM = 40_000_000_000_000;

/** Builds exchange and dialect. */
export function createBybitVenue(options: BybitVenueOptions): BybitVenue {
  const { clock, scheduler, seed, matchMs, socketLifeMs } = options;
  const random = new SeededRandom(`${seed}/bybit`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "bybit",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const fees = options.fees ?? DEFAULT_FEES;
  const instruments = options.instruments ?? DEFAULT_INSTRUMENTS;
  const balances = { [UNIFIED]: amounts(options.balances ?? DEFAULT_BALANCES) };
  const firstOrderId = 498_520_715_000_000 + random.integer(1_000_000);
  const exchange = new SimulatedExchange({
    ...(options.spareDecimals === undefined ? {} : { spareDecimals: options.spareDecimals }),
    clock,
    scheduler,
    source,
    instruments: instruments.map((each, index) => instrumentOptions(each, index, fees, random)),
    users: [TRADING_OWNER, ...(options.otherOwners ?? [])].map((owner) => ({ owner, balances })),
    firstOrderId,
  });
  const state = stateOf(options, exchange, random, firstOrderId);
  const { keys, credentials } = accountKeys(String(seed));
  const dialect = new BybitDialect({
    state,
    keys: [...keys, ...(options.keys ?? [])],
    credentials,
    ...(matchMs === undefined ? {} : { matchMs }),
    ...(socketLifeMs === undefined ? {} : { socketLifeMs }),
  });
  return { dialect, exchange, source };
}

function stateOf(
  options: BybitVenueOptions,
  exchange: SimulatedExchange,
  random: SeededRandom,
  firstOrderId: number,
): VenueState {
  return {
    exchange,
    symbols: new WireSymbols(exchange.instruments),
    limits: new RateLimits(options.clock),
    random: random.fork("names"),
    faults: options.faults,
    owner: TRADING_OWNER,
    uid: String(24_600_000 + random.integer(900_000)),
    mayCancelOnDisconnect: options.mayCancelOnDisconnect ?? true,
    notes: new WeakMap(),
    bookNumbers: new Map(),
    movesPrices: { linear: true, spot: false },
    fundings: [],
    fundingRates: [],
    maintenances: [],
    entering: undefined,
    nextGhostId: firstOrderId + GHOSTS_FROM,
    nextName: 1,
    nextFundingId: firstOrderId + 2 * GHOSTS_FROM,
    held: undefined,
    deepBookNumber: () => 0,
    tellOrder: () => {},
  };
}

function spotOf(
  base: string,
  tick: string,
  lot: string,
  startPrice: string,
  maxSize: string,
): VenueInstrument {
  const limits = { minSize: lot, maxSize, minNotional: "5" };
  return { base, product: "spot", tick, lot, startPrice, ...limits };
}

function linearOf(
  base: string,
  tick: string,
  lot: string,
  startPrice: string,
  maxSize: string,
): VenueInstrument {
  const limits = { minSize: lot, maxSize, minNotional: "5" };
  return { base, product: "perpetual", tick, lot, startPrice, ...limits };
}

function instrumentOptions(
  each: VenueInstrument,
  index: number,
  fees: Readonly<Record<Product, FeeSchedule>>,
  random: SeededRandom,
): SimInstrumentOptions {
  const perpetual = each.product === "perpetual";
  const instrument = unwrap(createInstrument(instrumentIndex(index), {
    venue: "bybit",
    symbol: symbolFrom(each.base, "USDT", each.product),
    venueSymbol: venueSymbolOf(`${each.base}USDT`),
    product: each.product,
    account: accountKey("bybit", "unified"),
    base: each.base,
    quote: "USDT",
    settle: "USDT",
    tick: each.tick,
    lot: each.lot,
    contractSize: "1",
    minSize: each.minSize,
    maxSize: each.maxSize,
    minNotional: each.minNotional,
  }));
  const start = Number(each.startPrice) / instrument.tickValue;
  return {
    instrument,
    fees: fees[each.product],
    feeFrom: perpetual ? "settle" : "received",
    stops: "spawn",
    contiguous: false,
    firstUpdateId: (perpetual ? 7_961_638_724 : 66_544_703_342) + random.integer(1_000_000),
    firstTradeId: 21_000_000_000 + random.integer(1_000_000),
    priceBand: perpetual ? 0.05 : 0.1,
    openOrdersMax: 500,
    stopsMax: perpetual ? 10 : 30,
    leverage: 10,
    startPrice: Math.round(start),
  };
}

function amounts(texts: Readonly<Record<string, string>>): Record<string, Money> {
  return Object.fromEntries(
    Object.entries(texts).map(([asset, text]) => [asset, unwrap(moneyFromText(text))]),
  );
}

/** The key of the trading account, the same for the same seed. */
function accountKeys(
  seed: string,
): { keys: VenueKey[]; credentials: Readonly<Record<string, string>> } {
  const random = new SeededRandom(`${seed}/bybit/keys`);
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const textOf = (length: number) =>
    Array.from({ length }, () => alphabet[random.integer(alphabet.length)]).join("");
  const key = textOf(18);
  const secret = textOf(36);
  return { keys: [{ apiKey: key, secret }], credentials: { key, secret } };
}
