/**
 * `createHyperliquidVenue`: the simulated exchange with this venue's coins, fees, rules and wire.
 *
 * 1. Perpetuals are margined in USDC; spot pairs are quoted in it.
 * 2. One unified account holds everything, unless the older, parted wallets are asked for.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  type AccountKey,
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
import { walletsOf } from "./account_info.ts";
import { Blocks } from "./blocks.ts";
import { HyperliquidDialect } from "./hyperliquid_dialect.ts";
import { addressOfKey } from "./signatures.ts";
import type { AccountMode, VenueState } from "./venue_state.ts";
import { SPOT_IDS_FROM, WireSymbols } from "./wire_symbols.ts";

/** One instrument to offer. */
export interface VenueInstrument {
  readonly base: string;
  readonly product: Product;
  /** Decimals of sizes; those of prices follow from it. */
  readonly szDecimals: number;
  readonly startPrice: string;
  /** Place in the universe of perpetuals, or index of the spot pair. */
  readonly index: number;
  readonly maxLeverage: number;
}

/** What a venue is made of; all but time and seed has a default. */
export interface HyperliquidVenueOptions {
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
  /** Time of a block: orders wait for the next one. */
  readonly matchMs?: number;
  readonly faults?: FaultPlan;
  /** Further owners with the same balances, who trade past the wire: for tests. */
  readonly otherOwners?: readonly number[];
  /** Key of the account, 0x and 64 hex digits; made from the seed when left out. */
  readonly privateKey?: string;
  readonly agents?: readonly string[];
  readonly mode?: AccountMode;
  readonly network?: "mainnet" | "testnet";
  /** Value traded before the beginning, in USDC. */
  readonly volumeBefore?: number;
  /** Decimals by which markets count finer than published, so that steps may become finer. */
  readonly spareDecimals?: SpareDecimals;
}

/** A venue ready to be started and served. */
export interface HyperliquidVenue {
  readonly dialect: HyperliquidDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

/** Numbers and decimals of the main net as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  { ...spotOf("BTC", 142), szDecimals: 5, startPrice: "64000" },
  { ...spotOf("ETH", 151), szDecimals: 4, startPrice: "3400" },
  { ...spotOf("SOL", 156), szDecimals: 3, startPrice: "160" },
  { ...perpOf("BTC", 0, 40), szDecimals: 5, startPrice: "64000" },
  { ...perpOf("ETH", 1, 25), szDecimals: 4, startPrice: "3400" },
  { ...perpOf("SOL", 5, 20), szDecimals: 2, startPrice: "160" },
];

/** Default fees: a market maker's tier of MARKETS section 7, maker 0.2 bp, taker 3.5 bp. */
export const DEFAULT_FEES: Readonly<Record<Product, FeeSchedule>> = {
  spot: { maker: feeRate(20), taker: feeRate(350) },
  perpetual: { maker: feeRate(20), taker: feeRate(350) },
};

const DEFAULT_BALANCES = { USDC: "200000", BTC: "2", ETH: "30", SOL: "500" } as const;
const BLOCK_MS = 70;
const VOLUME_BEFORE = 25_000_000;
const FIRST_ORDER_ID = 338_302_000_000;
const GHOSTS_FROM = 40_000_000_000;
const TOKENS_FROM = 55;
const PRICE_DECIMALS: Readonly<Record<Product, number>> = { perpetual: 6, spot: 8 };

/** Builds exchange and dialect. */
export function createHyperliquidVenue(options: HyperliquidVenueOptions): HyperliquidVenue {
  const { clock, scheduler, seed, agents, network } = options;
  const random = new SeededRandom(`${seed}/hyperliquid`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "hyperliquid",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const mode = options.mode ?? "unifiedAccount";
  const fees = options.fees ?? DEFAULT_FEES;
  const instruments = options.instruments ?? DEFAULT_INSTRUMENTS;
  const firstOrderId = FIRST_ORDER_ID + random.integer(1_000_000);
  const money = amounts(options.balances ?? DEFAULT_BALANCES);
  const { spot, perp } = walletsOf(mode);
  const balances = { [perp]: { USDC: money["USDC"] ?? 0n as Money }, [spot]: money };
  const exchange = new SimulatedExchange({
    ...(options.spareDecimals === undefined ? {} : { spareDecimals: options.spareDecimals }),
    clock,
    scheduler,
    source,
    instruments: instruments.map((each, at) => instrumentOptions(each, at, fees, mode, random)),
    users: [TRADING_OWNER, ...(options.otherOwners ?? [])].map((owner) => ({ owner, balances })),
    firstOrderId,
  });
  const privateKey = options.privateKey ?? keyOf(String(seed));
  const address = addressOfKey(bytesOf(privateKey));
  const state: VenueState = {
    exchange,
    symbols: new WireSymbols(exchange.instruments),
    blocks: new Blocks(clock, scheduler, Math.max(1, options.matchMs ?? BLOCK_MS)),
    random: random.fork("answers"),
    faults: options.faults,
    owner: TRADING_OWNER,
    address,
    mode,
    volume: options.volumeBefore ?? VOLUME_BEFORE,
    notes: new WeakMap(),
    positionsBefore: new WeakMap(),
    entering: undefined,
    nextGhostId: firstOrderId + GHOSTS_FROM,
    nextName: 1,
    fundings: [],
    fundingHours: new Map(),
  };
  const dialect = new HyperliquidDialect({
    state,
    credentials: { private_key: privateKey, address },
    ...(agents === undefined ? {} : { agents: agents.map((each) => each.toLowerCase()) }),
    ...(network === undefined ? {} : { network }),
  });
  return { dialect, exchange, source };
}

function spotOf(base: string, index: number): Omit<VenueInstrument, "szDecimals" | "startPrice"> {
  return { base, product: "spot", index, maxLeverage: 1 };
}

function perpOf(
  base: string,
  index: number,
  maxLeverage: number,
): Omit<VenueInstrument, "szDecimals" | "startPrice"> {
  return { base, product: "perpetual", index, maxLeverage };
}

function instrumentOptions(
  each: VenueInstrument,
  at: number,
  fees: Readonly<Record<Product, FeeSchedule>>,
  mode: AccountMode,
  random: SeededRandom,
): SimInstrumentOptions {
  const { base, product, szDecimals, index, maxLeverage } = each;
  const perpetual = product === "perpetual";
  const { spot, perp } = walletsOf(mode);
  const tokenId = `0x${(index + 7).toString(16).padStart(32, "8")}`;
  const tokenIndex = String(index + TOKENS_FROM);
  const instrument = unwrap(createInstrument(instrumentIndex(at), {
    venue: "hyperliquid",
    symbol: symbolFrom(base, "USDC", product),
    venueSymbol: venueSymbolOf(perpetual ? base : `@${index}`),
    product,
    account: (perpetual ? perp : spot) as AccountKey,
    base,
    quote: "USDC",
    settle: "USDC",
    tick: stepOf(PRICE_DECIMALS[product] - szDecimals),
    lot: stepOf(szDecimals),
    contractSize: "1",
    minSize: stepOf(szDecimals),
    maxSize: "10000000",
    minNotional: "10",
    significantFigures: 5,
    venueNumber: perpetual ? index : SPOT_IDS_FROM + index,
    extra: { maxLeverage: String(maxLeverage), token: base, tokenIndex, tokenId },
  }));
  return {
    instrument,
    fees: fees[product],
    feeFrom: perpetual ? "settle" : "received",
    stops: "spawn",
    contiguous: false,
    firstUpdateId: 1,
    firstTradeId: random.integer(1_000_000),
    priceBand: 0,
    openOrdersMax: 1_000,
    stopsMax: 500,
    leverage: Math.min(20, maxLeverage),
    startPrice: Math.round(Number(each.startPrice) / instrument.tickValue),
  };
}

function stepOf(decimals: number): string {
  return decimals <= 0 ? "1" : `0.${"1".padStart(decimals, "0")}`;
}

function amounts(texts: Readonly<Record<string, string>>): Record<string, Money> {
  return Object.fromEntries(
    Object.entries(texts).map(([asset, text]) => [asset, unwrap(moneyFromText(text))]),
  );
}

/** The key of the trading account, the same for the same seed. */
function keyOf(seed: string): string {
  const random = new SeededRandom(`${seed}/hyperliquid/keys`);
  let text = "0x1";
  for (let i = 0; i < 63; i++) text += random.integer(16).toString(16);
  return text;
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
