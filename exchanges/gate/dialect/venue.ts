/**
 * `createGateVenue`: the simulated exchange with this venue's instruments, fees, rules and wire.
 *
 * 1. Spot and perpetuals have a wallet each: `gate/spot`, `gate/futures`.
 * 2. Perpetuals count contracts of `contractSize` base currency; some take fractions of one.
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
import { GateDialect } from "./gate_dialect.ts";
import { RateLimits } from "./rate_limits.ts";
import { FUTURES_WALLET, SPOT_WALLET, type VenueState } from "./venue_state.ts";
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
  /** Smallest order value in quote currency; spot only. */
  readonly minNotional?: string;
  readonly startPrice: string;
}

/** What a venue is made of; all but time and seed has a default. */
export interface GateVenueOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly seed: number | string;
  readonly instruments?: readonly VenueInstrument[];
  /** Decimal amounts by asset of each wallet. */
  readonly balances?: Readonly<Record<Product, Readonly<Record<string, string>>>>;
  readonly fees?: Readonly<Record<Product, FeeSchedule>>;
  /** Who else trades; background traders by default. */
  readonly source?: MarketSource;
  /** Depth changes per second and instrument of the background. */
  readonly updatesPerSecond?: number;
  readonly matchMs?: number;
  /** Ends every socket after so long, announced half a minute before. */
  readonly socketLifeMs?: number;
  readonly faults?: FaultPlan;
  /** Further owners with the same balances, who trade past the wire: for tests. */
  readonly otherOwners?: readonly number[];
  /** Further keys of the trading account. */
  readonly keys?: readonly VenueKey[];
  /** Decimals by which markets count finer than published, so that steps may become finer. */
  readonly spareDecimals?: SpareDecimals;
}

/** A venue ready to be started and served. */
export interface GateVenue {
  readonly dialect: GateDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

/** Grids and contract sizes as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  spotOf("BTC", "0.1", "0.000001", "64000"),
  spotOf("ETH", "0.01", "0.0001", "3400"),
  spotOf("SOL", "0.01", "0.001", "160"),
  swapOf("BTC", "0.1", "1", "0.0001", "64000"),
  swapOf("ETH", "0.01", "0.1", "0.01", "3400"),
  swapOf("SOL", "0.01", "0.1", "1", "160"),
];

/** Default fees: a market maker's tier of MARKETS section 7, maker 0 bp, taker 3.5 bp. */
export const DEFAULT_FEES: Readonly<Record<Product, FeeSchedule>> = {
  spot: { maker: feeRate(0), taker: feeRate(350) },
  perpetual: { maker: feeRate(0), taker: feeRate(350) },
};

const DEFAULT_BALANCES = {
  spot: { USDT: "100000", BTC: "2", ETH: "30", SOL: "500" },
  perpetual: { USDT: "100000" },
} as const;

/** Builds exchange and dialect. */
export function createGateVenue(options: GateVenueOptions): GateVenue {
  const { clock, scheduler, seed, matchMs, socketLifeMs } = options;
  const random = new SeededRandom(`${seed}/gate`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "gate",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const fees = options.fees ?? DEFAULT_FEES;
  const given = options.balances ?? DEFAULT_BALANCES;
  const balances = {
    [SPOT_WALLET]: amounts(given.spot),
    [FUTURES_WALLET]: amounts(given.perpetual),
  };
  const exchange = new SimulatedExchange({
    ...(options.spareDecimals === undefined ? {} : { spareDecimals: options.spareDecimals }),
    clock,
    scheduler,
    source,
    instruments: (options.instruments ?? DEFAULT_INSTRUMENTS)
      .map((each, index) => instrumentOptions(each, index, fees, random)),
    users: [TRADING_OWNER, ...(options.otherOwners ?? [])].map((owner) => ({ owner, balances })),
    firstOrderId: 796_018_703_000 + random.integer(1_000_000),
  });
  const state = stateOf(options, exchange, random);
  const { keys, credentials } = accountKeys(String(seed));
  const dialect = new GateDialect({
    state,
    keys: [...keys, ...(options.keys ?? [])],
    credentials,
    ...(matchMs === undefined ? {} : { matchMs }),
    ...(socketLifeMs === undefined ? {} : { socketLifeMs }),
  });
  return { dialect, exchange, source };
}

function stateOf(
  options: GateVenueOptions,
  exchange: SimulatedExchange,
  random: SeededRandom,
): VenueState {
  return {
    exchange,
    symbols: new WireSymbols(exchange.instruments),
    limits: new RateLimits(options.clock),
    random: random.fork("names"),
    faults: options.faults,
    owner: TRADING_OWNER,
    uid: String(11_000_000 + random.integer(900_000)),
    notes: new WeakMap(),
    fundings: [],
    nextName: 1,
    positionMode: "single",
    held: undefined,
  };
}

function spotOf(base: string, tick: string, lot: string, startPrice: string): VenueInstrument {
  const limits = { minSize: lot, maxSize: "10000", contractSize: "1", minNotional: "3" };
  return { base, product: "spot", tick, lot, startPrice, ...limits };
}

function swapOf(
  base: string,
  tick: string,
  lot: string,
  contractSize: string,
  startPrice: string,
): VenueInstrument {
  const limits = { minSize: lot, maxSize: "1000000" };
  return { base, product: "perpetual", tick, lot, contractSize, startPrice, ...limits };
}

function instrumentOptions(
  each: VenueInstrument,
  index: number,
  fees: Readonly<Record<Product, FeeSchedule>>,
  random: SeededRandom,
): SimInstrumentOptions {
  const perpetual = each.product === "perpetual";
  const instrument = unwrap(createInstrument(instrumentIndex(index), {
    venue: "gate",
    symbol: symbolFrom(each.base, "USDT", each.product),
    venueSymbol: venueSymbolOf(`${each.base}_USDT`),
    product: each.product,
    account: accountKey("gate", perpetual ? "futures" : "spot"),
    base: each.base,
    quote: "USDT",
    settle: "USDT",
    tick: each.tick,
    lot: each.lot,
    contractSize: each.contractSize,
    minSize: each.minSize,
    maxSize: each.maxSize,
    ...(each.minNotional === undefined ? {} : { minNotional: each.minNotional }),
  }));
  const start = Number(each.startPrice) / instrument.tickValue;
  return {
    instrument,
    fees: fees[each.product],
    feeFrom: perpetual ? "settle" : "received",
    stops: "spawn",
    contiguous: true,
    firstUpdateId: 48_776_300_000 + random.integer(1_000_000),
    firstTradeId: (perpetual ? 270_000_000 : 5_700_000_000) + random.integer(1_000_000),
    priceBand: perpetual ? 0.2 : 0.3,
    openOrdersMax: 100,
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
  const random = new SeededRandom(`${seed}/gate/keys`);
  const key = hexOf(random, 32);
  const secret = hexOf(random, 64);
  return { keys: [{ key, secret }], credentials: { key, secret } };
}

function hexOf(random: SeededRandom, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += "0123456789abcdef"[random.integer(16)];
  return text;
}
