/**
 * `createOkxVenue`: the simulated exchange with this venue's instruments, fees, rules and wire.
 *
 * 1. One unified account (`okx/unified`) holds everything: spot and margin of swaps.
 * 2. Swaps count contracts of `contractSize` base currency.
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
import { OkxDialect } from "./okx_dialect.ts";
import { RateLimits } from "./rate_limits.ts";
import { UNIFIED, type VenueState } from "./venue_state.ts";
import { WireSymbols } from "./wire_symbols.ts";

/** One instrument to offer. */
export interface VenueInstrument {
  readonly base: string;
  readonly product: Product;
  readonly tick: string;
  /** In contracts for perpetuals, like all sizes here. */
  readonly lot: string;
  readonly minSize: string;
  readonly maxSize: string;
  /** Base currency of one contract; "1" for spot. */
  readonly contractSize: string;
  readonly startPrice: string;
  /** The venue's number of it; given by place when left out, 0: it has none. */
  readonly instIdCode?: number;
}

/** What a venue is made of; all but time and seed has a default. */
export interface OkxVenueOptions {
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
  /** Ends every socket after so long, announced a minute before. */
  readonly socketLifeMs?: number;
  readonly faults?: FaultPlan;
  /** Further owners with the same balances, who trade past the wire: for tests. */
  readonly otherOwners?: readonly number[];
  /** Further keys of the trading account. */
  readonly keys?: readonly VenueKey[];
  /** Refuses requests that are marked for the other environment; takes both when left out. */
  readonly environment?: "live" | "demo";
  /** Fee tier: from 4 on the fast books are open. */
  readonly vipLevel?: number;
  /** Decimals by which markets count finer than published, so that steps may become finer. */
  readonly spareDecimals?: SpareDecimals;
}

/** A venue ready to be started and served. */
export interface OkxVenue {
  readonly dialect: OkxDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

/** Grids and contract sizes as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  spotOf("BTC", "0.1", "0.00000001", "0.00001", "64000"),
  spotOf("ETH", "0.01", "0.000001", "0.0001", "3400"),
  spotOf("SOL", "0.01", "0.000001", "0.001", "160"),
  swapOf("BTC", "0.1", "0.01", "64000"),
  swapOf("ETH", "0.01", "0.1", "3400"),
  swapOf("SOL", "0.01", "1", "160"),
];

/** Default fees: a market maker's tier of MARKETS section 7, maker 0 bp, taker 3.5 bp. */
export const DEFAULT_FEES: Readonly<Record<Product, FeeSchedule>> = {
  spot: { maker: feeRate(0), taker: feeRate(350) },
  perpetual: { maker: feeRate(0), taker: feeRate(350) },
};

const DEFAULT_BALANCES = { USDT: "200000", BTC: "2", ETH: "30", SOL: "500" } as const;
const FIRST_CODE = 10_459;
const GHOSTS_FROM = 40_000_000_000_000;
const VIP_LEVEL = 5;

/** Builds exchange and dialect. */
export function createOkxVenue(options: OkxVenueOptions): OkxVenue {
  const { clock, scheduler, seed, environment, matchMs, socketLifeMs } = options;
  const random = new SeededRandom(`${seed}/okx`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "okx",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const fees = options.fees ?? DEFAULT_FEES;
  const instruments = options.instruments ?? DEFAULT_INSTRUMENTS;
  const balances = { [UNIFIED]: amounts(options.balances ?? DEFAULT_BALANCES) };
  const firstOrderId = 956_918_703_000_000 + random.integer(1_000_000);
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
  const dialect = new OkxDialect({
    state,
    keys: [...keys, ...(options.keys ?? [])],
    credentials,
    ...(environment === undefined ? {} : { environment }),
    ...(matchMs === undefined ? {} : { matchMs }),
    ...(socketLifeMs === undefined ? {} : { socketLifeMs }),
  });
  return { dialect, exchange, source };
}

function stateOf(
  options: OkxVenueOptions,
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
    uid: String(614_488_474_000_000 + random.integer(900_000)),
    vipLevel: options.vipLevel ?? VIP_LEVEL,
    notes: new WeakMap(),
    entering: undefined,
    deadMen: new Map(),
    billIds: new WeakMap(),
    bills: [],
    paidFundings: [],
    nextGhostId: firstOrderId + GHOSTS_FROM,
    nextName: 1,
    nextBillId: firstOrderId + 1,
    amendsInFlight: new Map(),
    maintenances: [],
    held: undefined,
    tellOrder: () => {},
  };
}

function spotOf(
  base: string,
  tick: string,
  lot: string,
  minSize: string,
  startPrice: string,
): VenueInstrument {
  const limits = { minSize, maxSize: "1000000", contractSize: "1" };
  return { base, product: "spot", tick, lot, startPrice, ...limits };
}

function swapOf(
  base: string,
  tick: string,
  contractSize: string,
  startPrice: string,
): VenueInstrument {
  const limits = { lot: "0.01", minSize: "0.01", maxSize: "100000000" };
  return { base, product: "perpetual", tick, contractSize, startPrice, ...limits };
}

function instrumentOptions(
  each: VenueInstrument,
  index: number,
  fees: Readonly<Record<Product, FeeSchedule>>,
  random: SeededRandom,
): SimInstrumentOptions {
  const perpetual = each.product === "perpetual";
  const code = each.instIdCode ?? FIRST_CODE + index;
  const instrument = unwrap(createInstrument(instrumentIndex(index), {
    venue: "okx",
    symbol: symbolFrom(each.base, "USDT", each.product),
    venueSymbol: venueSymbolOf(`${each.base}-USDT${perpetual ? "-SWAP" : ""}`),
    product: each.product,
    account: accountKey("okx", "unified"),
    base: each.base,
    quote: "USDT",
    settle: "USDT",
    tick: each.tick,
    lot: each.lot,
    contractSize: each.contractSize,
    minSize: each.minSize,
    maxSize: each.maxSize,
    ...(code > 0 ? { venueNumber: code } : {}),
  }));
  const start = Number(each.startPrice) / instrument.tickValue;
  return {
    instrument,
    fees: fees[each.product],
    feeFrom: perpetual ? "settle" : "received",
    stops: perpetual ? "spawn" : "in_place",
    contiguous: false,
    firstUpdateId: 60_000_000_000 + random.integer(1_000_000),
    firstTradeId: (perpetual ? 1_500_000_000 : 700_000_000) + random.integer(1_000_000),
    priceBand: perpetual ? 0.05 : 0.1,
    openOrdersMax: 500,
    stopsMax: 100,
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
  const random = new SeededRandom(`${seed}/okx/keys`);
  const lengths = [8, 4, 4, 4, 12];
  const key = lengths.map((length) => textOf(random, "0123456789abcdef", length)).join("-");
  const secret = textOf(random, "0123456789ABCDEF", 32);
  const passphrase = `Pass${textOf(random, "abcdefghijkmnpqrstuvwxyz23456789", 12)}!`;
  return {
    keys: [{ apiKey: key, secret, passphrase }],
    credentials: { key, secret, passphrase },
  };
}

function textOf(random: SeededRandom, alphabet: string, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[random.integer(alphabet.length)];
  return text;
}
