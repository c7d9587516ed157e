/**
 * `createDydxVenue`: the simulated exchange with this venue's markets, fees, chain and wire.
 *
 * 1. One account, whose subaccount 0 (`dydx/subaccount`) holds all collateral, in USDC.
 * 2. A size's lot is the market's step; the chain's units follow from tick and lot.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
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
import { Blocks } from "./blocks.ts";
import { ChannelHub } from "./channel_hub.ts";
import { DydxDialect } from "./dydx_dialect.ts";
import { addressOf, bytesOfHex, hexOf } from "./identifiers.ts";
import { type Authenticator, COLLATERAL, SUBACCOUNT, type VenueState } from "./venue_state.ts";
import { WireSymbols } from "./wire_symbols.ts";

/** One market to offer. */
export interface VenueInstrument {
  readonly base: string;
  readonly product: Product;
  readonly clobPairId: number;
  readonly tick: string;
  readonly lot: string;
  readonly startPrice: string;
  readonly leverage: number;
}

/** What a venue is made of; all but time and seed has a default. */
export interface DydxVenueOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly seed: number | string;
  readonly instruments?: readonly VenueInstrument[];
  /** Decimal amounts by asset of the one subaccount; only USDC means something. */
  readonly balances?: Readonly<Record<string, string>>;
  readonly fees?: Readonly<{ readonly perpetual: FeeSchedule }>;
  /** Who else trades; background traders by default. */
  readonly source?: MarketSource;
  /** Depth changes per second and instrument of the background. */
  readonly updatesPerSecond?: number;
  /** How long the node takes to check a transaction. */
  readonly matchMs?: number;
  /** Time between blocks. */
  readonly blockMs?: number;
  readonly firstHeight?: number;
  readonly chainId?: string;
  readonly faults?: FaultPlan;
  /** Further owners with the same balances, who trade past the wire: for tests. */
  readonly otherOwners?: readonly number[];
  /** Key of the trading account in hexadecimal; from the seed when left out. */
  readonly privateKey?: string;
  readonly accountNumber?: number;
  readonly sequence?: number;
  /** Keys that may sign for the account, by their authenticators' numbers. */
  readonly authenticators?: readonly Authenticator[];
  /** Share of emptied levels that the indexer tells of a block late. */
  readonly lateRemovals?: number;
  /** Decimals by which markets count finer than published, so that steps may become finer. */
  readonly spareDecimals?: SpareDecimals;
}

/** A venue ready to be started and served. */
export interface DydxVenue {
  readonly dialect: DydxDialect;
  readonly exchange: SimulatedExchange;
  readonly source: MarketSource;
}

/** Owner number of the trading account. */
export const TRADING_OWNER = 1;

/** Grids as of 2026, prices of a beginning. */
export const DEFAULT_INSTRUMENTS: readonly VenueInstrument[] = [
  marketOf("BTC", 0, "1", "0.0001", "64000", 50),
  marketOf("ETH", 1, "0.1", "0.001", "3400", 50),
  marketOf("SOL", 5, "0.01", "0.1", "160", 20),
];

/** Default fees: a market maker's tier of MARKETS section 7, maker 0 bp, taker 4 bp. */
export const DEFAULT_FEES: Readonly<{ readonly perpetual: FeeSchedule }> = {
  perpetual: { maker: feeRate(0), taker: feeRate(400) },
};

const DEFAULT_BALANCES = { USDC: "200000" } as const;
const CHAIN_ID = "dydx-testnet-4";
const FIRST_HEIGHT = 25_300_000;
const BLOCK_MS = 1_000;
const LATE_REMOVALS = 0.002;

/** Builds exchange and dialect. */
export function createDydxVenue(options: DydxVenueOptions): DydxVenue {
  const { clock, scheduler, seed } = options;
  const random = new SeededRandom(`${seed}/dydx`);
  const updates = options.updatesPerSecond;
  const source = options.source ?? new BackgroundSource({
    seed,
    venue: "dydx",
    clock,
    scheduler,
    ...(updates === undefined ? {} : { profileOf: () => ({ eventsPerSecond: updates }) }),
  });
  const blocks = new Blocks({
    clock,
    scheduler,
    firstHeight: options.firstHeight ?? FIRST_HEIGHT,
    blockMs: options.blockMs ?? BLOCK_MS,
  });
  const fees = (options.fees ?? DEFAULT_FEES).perpetual;
  const instruments = options.instruments ?? DEFAULT_INSTRUMENTS;
  const balances = { [SUBACCOUNT]: amounts(options.balances ?? DEFAULT_BALANCES) };
  const exchange = new SimulatedExchange({
    ...(options.spareDecimals === undefined ? {} : { spareDecimals: options.spareDecimals }),
    clock,
    scheduler,
    source: withBlocks(source, blocks),
    instruments: instruments.map((each, index) => instrumentOptions(each, index, fees, random)),
    users: [TRADING_OWNER, ...(options.otherOwners ?? [])].map((owner) => ({ owner, balances })),
    firstOrderId: 2 ** 31 + random.integer(1_000_000),
  });
  const privateKey = options.privateKey ?? keyOf(String(seed));
  const state = stateOf(options, exchange, blocks, privateKey);
  const dialect = new DydxDialect({
    state,
    credentials: { private_key: privateKey, address: state.account.address },
    matchMs: options.matchMs ?? 0,
  });
  return { dialect, exchange, source };
}

function stateOf(
  options: DydxVenueOptions,
  exchange: SimulatedExchange,
  blocks: Blocks,
  privateKey: string,
): VenueState {
  const publicKey = secp256k1.getPublicKey(bytesOfHex(privateKey), true);
  return {
    exchange,
    symbols: new WireSymbols(exchange.instruments),
    blocks,
    hub: new ChannelHub(),
    random: new SeededRandom(`${options.seed}/dydx/chance`),
    faults: options.faults,
    owner: TRADING_OWNER,
    account: {
      address: addressOf(publicKey),
      publicKey,
      accountNumber: BigInt(options.accountNumber ?? 12),
      sequence: BigInt(options.sequence ?? 0),
    },
    authenticators: options.authenticators ?? [],
    chainId: options.chainId ?? CHAIN_ID,
    lateRemovals: options.lateRemovals ?? LATE_REMOVALS,
    orders: new Map(),
    positions: new Map(),
    fundings: new Map(),
  };
}

/** Blocks come and go with the market's other traders. */
function withBlocks(source: MarketSource, blocks: Blocks): MarketSource {
  return {
    openMarket: (sim, listener) => source.openMarket(sim, listener),
    start: () => {
      source.start();
      blocks.start();
    },
    stop: () => {
      blocks.stop();
      source.stop();
    },
  };
}

function marketOf(
  base: string,
  clobPairId: number,
  tick: string,
  lot: string,
  startPrice: string,
  leverage: number,
): VenueInstrument {
  return { base, product: "perpetual", clobPairId, tick, lot, startPrice, leverage };
}

function instrumentOptions(
  each: VenueInstrument,
  index: number,
  fees: FeeSchedule,
  random: SeededRandom,
): SimInstrumentOptions {
  const instrument = unwrap(createInstrument(instrumentIndex(index), {
    venue: "dydx",
    symbol: symbolFrom(each.base, "USD", each.product),
    venueSymbol: venueSymbolOf(`${each.base}-USD`),
    product: each.product,
    account: accountKey("dydx", "subaccount"),
    base: each.base,
    quote: "USD",
    settle: COLLATERAL,
    tick: each.tick,
    lot: each.lot,
    contractSize: "1",
    minSize: each.lot,
    venueNumber: each.clobPairId,
  }));
  return {
    instrument,
    fees,
    feeFrom: "settle",
    stops: "in_place",
    contiguous: true,
    firstUpdateId: 60_000_000_000 + random.integer(1_000_000),
    firstTradeId: 700_000_000 + random.integer(1_000_000),
    priceBand: 0,
    openOrdersMax: 1_000,
    stopsMax: 200,
    leverage: each.leverage,
    startPrice: Math.round(Number(each.startPrice) / instrument.tickValue),
  };
}

function amounts(texts: Readonly<Record<string, string>>): Record<string, Money> {
  return Object.fromEntries(
    Object.entries(texts).map(([asset, text]) => [asset, unwrap(moneyFromText(text))]),
  );
}

/** The key of the trading account, the same for the same seed. */
function keyOf(seed: string): string {
  const random = new SeededRandom(`${seed}/dydx/keys`);
  const bytes = Uint8Array.from({ length: 32 }, () => random.integer(256));
  bytes[0] = 1 + random.integer(100);
  return hexOf(bytes);
}
