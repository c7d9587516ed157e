/**
 * `createBinanceVenue`: the simulated exchange with this venue's instruments, fees, rules and wire.
 * @module
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  accountKey,
  createInstrument,
  feeRate,
  type FeeSchedule,
  instrumentIndex,
  micros,
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
import { BinanceDialect } from "./binance_dialect.ts";
import { RateLimits } from "./rate_limits.ts";
import type { VenueState } from "./venue_state.ts";
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
export interface BinanceVenueOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly seed: number | string;
  readonly instruments?: readonly VenueInstrument[];
  /** Decimal amounts by asset, by wallet. */
  readonly balances?: Readonly<Record<"spot" | "perpetual", Readonly<Record<string, string>>>>;
  readonly fees?: Readonly<Record<Product, FeeSchedule>>;
  /** Who else trades; background traders by default. */
  readonly source?: MarketSource;
  /** Depth changes per second and instrument of the background. */
  readonly updatesPerSecond?: number;
  readonly matchMs?: number;
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
export interface BinanceVenue {
  readonly dialect: BinanceDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

const PERP_LIMITS = { minSize: "0.001", maxSize: "1000" };
/** Filters as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  spotOf("BTC", "0.01", "0.00001", "64000"),
  spotOf("ETH", "0.01", "0.0001", "3400"),
  spotOf("SOL", "0.01", "0.001", "160"),
  {
    ...perpOf("BTC", "0.1", "0.001", "64000"),
    ...PERP_LIMITS,
    minNotional: "100",
  },
  { ...perpOf("ETH", "0.01", "0.001", "3400"), ...PERP_LIMITS, maxSize: "10000" },
  { ...perpOf("SOL", "0.01", "0.01", "160"), minSize: "0.01", maxSize: "100000" },
];

/** Default fees: a market maker's tier of USD-M and spot; printed with every result. */
export const DEFAULT_FEES: Readonly<Record<Product, FeeSchedule>> = {
  spot: { maker: feeRate(0), taker: feeRate(300) },
  perpetual: { maker: feeRate(0), taker: feeRate(300) },
};

const DEFAULT_BALANCES = {
  spot: { USDT: "100000", BTC: "2", ETH: "30", SOL: "500" },
  perpetual: { USDT: "100000" },
} as const;

/** Builds exchange and dialect. */
export function createBinanceVenue(options: BinanceVenueOptions): BinanceVenue {
  const { clock, scheduler, seed } = options;
  const random = new SeededRandom(`${seed}/binance`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "binance",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const fees = options.fees ?? DEFAULT_FEES;
  const instruments = options.instruments ?? DEFAULT_INSTRUMENTS;
  const balances = options.balances ?? DEFAULT_BALANCES;
  const exchange = new SimulatedExchange({
    ...(options.spareDecimals === undefined ? {} : { spareDecimals: options.spareDecimals }),
    clock,
    scheduler,
    source,
    instruments: instruments.map((each, index) => instrumentOptions(each, index, fees, random)),
    users: [TRADING_OWNER, ...(options.otherOwners ?? [])].map((owner) => ({
      owner,
      balances: {
        "binance/spot": amounts(balances.spot),
        "binance/perpetual": amounts(balances.perpetual),
      },
    })),
    firstOrderId: 8_389_765_000 + random.integer(1_000_000),
  });
  const state: VenueState = {
    exchange,
    symbols: new WireSymbols(exchange.instruments),
    limits: { spot: new RateLimits("spot"), usdm: new RateLimits("usdm") },
    random: random.fork("names"),
    faults: options.faults,
    owner: TRADING_OWNER,
    otherName: "",
    listenKey: "",
    listenKeyUntil: micros(0),
  };
  const { keys, credentials } = accountKeys(String(seed));
  const dialect = new BinanceDialect({
    state,
    keys: [...keys, ...(options.keys ?? [])],
    credentials,
    ...(options.matchMs === undefined ? {} : { matchMs: options.matchMs }),
    ...(options.socketLifeMs === undefined ? {} : { socketLifeMs: options.socketLifeMs }),
  });
  return { dialect, exchange, source };
}

function spotOf(base: string, tick: string, lot: string, startPrice: string): VenueInstrument {
  const limits = { minSize: lot, maxSize: "9000", minNotional: "5" };
  return { base, product: "spot", tick, lot, startPrice, ...limits };
}

function perpOf(base: string, tick: string, lot: string, startPrice: string): VenueInstrument {
  const limits = { minSize: lot, maxSize: "10000", minNotional: "20" };
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
    venue: "binance",
    symbol: symbolFrom(each.base, "USDT", each.product),
    venueSymbol: venueSymbolOf(`${each.base}USDT`),
    product: each.product,
    account: accountKey("binance", each.product),
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
    stops: perpetual ? "spawn" : "in_place",
    contiguous: !perpetual,
    firstUpdateId: (perpetual ? 7_000_000_000_000 : 70_000_000_000) + random.integer(1_000_000),
    firstTradeId: (perpetual ? 6_000_000_000 : 4_000_000_000) + random.integer(1_000_000),
    priceBand: perpetual ? 0.05 : 0.2,
    openOrdersMax: 200,
    stopsMax: perpetual ? 200 : 5,
    leverage: 20,
    startPrice: Math.round(start),
  };
}

function amounts(texts: Readonly<Record<string, string>>): Record<string, Money> {
  return Object.fromEntries(
    Object.entries(texts).map(([asset, text]) => [asset, unwrap(moneyFromText(text))]),
  );
}

/** An HMAC and an Ed25519 key of the trading account, the same for the same seed. */
function accountKeys(
  seed: string,
): { keys: VenueKey[]; credentials: Readonly<Record<string, string>> } {
  const random = new SeededRandom(`${seed}/binance/keys`);
  const key = textOf(random, 64);
  const secret = textOf(random, 64);
  const edKey = textOf(random, 64);
  const edSeed = sha256(new TextEncoder().encode(`${seed}/binance/ed25519`));
  // PKCS#8 of an Ed25519 private key: a fixed head, then the 32 bytes.
  const head = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];
  const body = btoa(String.fromCharCode(...head, ...edSeed));
  const pem = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
  return {
    keys: [
      { kind: "hmac", apiKey: key, secret },
      { kind: "ed25519", apiKey: edKey, publicKey: ed25519.getPublicKey(edSeed) },
    ],
    credentials: { key, secret, ed25519_key: edKey, ed25519_pem: pem },
  };
}

function textOf(random: SeededRandom, length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let text = "";
  for (let i = 0; i < length; i++) text += alphabet[random.integer(alphabet.length)];
  return text;
}
