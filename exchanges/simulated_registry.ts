/**
 * Registry of the simulated twins: a venue's name to its dialect and exchange, loaded when named.
 *
 * A new dialect is one room and one entry here.
 * @module
 */
import {
  err,
  type FeeSchedule,
  ok,
  type Product,
  type Result,
  symbolFrom,
  VENUE_IDS,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { Clock, PaperVenueSetup, Scheduler } from "@/engine/ports/mod.ts";
import type {
  FaultPlan,
  MarketSource,
  SimulatedExchange,
  SpareDecimals,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { feesOf } from "./registry.ts";

/** What every simulated venue is built with. */
export interface SimulatedVenueSetup {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly seed: number;
  readonly setup: PaperVenueSetup;
  readonly updatesPerSecond: number;
  readonly faults: FaultPlan;
  /** Markets count finer than they publish by these. */
  readonly spareDecimals?: SpareDecimals;
  /** A recording instead of background traders. */
  readonly source?: MarketSource;
}

/** A simulated venue ready to be served. */
export interface SimulatedVenue {
  readonly dialect: WireDialect;
  readonly exchange: SimulatedExchange;
  /** Owner number of the account we trade with. */
  readonly owner: number;
}

type Create = (setup: SimulatedVenueSetup) => Promise<Result<SimulatedVenue>>;
type Edges = Omit<SimulatedVenueSetup, "setup">;

const TWINS: Readonly<Partial<Record<VenueId, Create>>> = {
  async binance({ setup, ...edges }) {
    const room = await import("@/exchanges/binance/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDT",
      (options) => room.createBinanceVenue({ ...options, ...walletsOf(setup) }),
    );
  },
  async okx({ setup, ...edges }) {
    const room = await import("@/exchanges/okx/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDT",
      (options) => room.createOkxVenue({ ...options, ...walletOf(setup) }),
    );
  },
  async gate({ setup, ...edges }) {
    const room = await import("@/exchanges/gate/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDT",
      (options) => room.createGateVenue({ ...options, ...walletsOf(setup) }),
    );
  },
  async bybit({ setup, ...edges }) {
    const room = await import("@/exchanges/bybit/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDT",
      (options) => room.createBybitVenue({ ...options, ...walletOf(setup) }),
    );
  },
  async hyperliquid({ setup, ...edges }) {
    const room = await import("@/exchanges/hyperliquid/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDC",
      (options) => room.createHyperliquidVenue({ ...options, ...walletOf(setup) }),
    );
  },
  async dydx({ setup, ...edges }) {
    const room = await import("@/exchanges/dydx/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USD",
      (options) => room.createDydxVenue({ ...options, ...walletOf(setup) }),
    );
  },
  async aster({ setup, ...edges }) {
    const room = await import("@/exchanges/aster/dialect/mod.ts");
    return twinOf(
      setup,
      edges,
      room,
      "USDT",
      (options) => room.createAsterVenue({ ...options, ...walletsOf(setup) }),
    );
  },
};

/** Builds a venue's simulated twin, or says that there is none. */
export async function createSimulated(
  setup: SimulatedVenueSetup,
): Promise<Result<SimulatedVenue>> {
  const { venue } = setup.setup;
  const create = TWINS[venue];
  return create === undefined ? err(`venue ${venue} cannot be simulated yet`) : await create(setup);
}

/** The venues that can be simulated, in the order of the command line. */
export function simulatedVenues(): readonly VenueId[] {
  return VENUE_IDS.filter((venue) => TWINS[venue] !== undefined);
}

interface Offered {
  readonly base: string;
  readonly product: Product;
}

/** The instruments and fees that every dialect takes alike, and what it answers. */
function twinOf<T extends Offered>(
  setup: PaperVenueSetup,
  edges: Edges,
  room: { readonly DEFAULT_INSTRUMENTS: readonly T[]; readonly TRADING_OWNER: number },
  quote: string,
  create: (
    options: Edges & {
      readonly instruments: readonly T[];
      readonly fees?: Readonly<Record<Product, FeeSchedule>>;
    },
  ) => Pick<SimulatedVenue, "dialect" | "exchange">,
): Result<SimulatedVenue> {
  const instruments = offeredOf(setup, room.DEFAULT_INSTRUMENTS, quote);
  if (!instruments.ok) return instruments;
  const fees = setup.fees === undefined ? undefined : feesOf(setup.fees);
  const { dialect, exchange } = create({
    ...edges,
    instruments: instruments.value,
    ...(fees === undefined ? {} : { fees: { spot: fees, perpetual: fees } }),
  });
  return ok({ dialect, exchange, owner: room.TRADING_OWNER });
}

/** What a simulated venue offers of what is wanted, in the order it is wanted. */
function offeredOf<T extends Offered>(
  setup: PaperVenueSetup,
  offered: readonly T[],
  quote: string,
): Result<readonly T[]> {
  if (setup.instruments.length === 0) return ok(offered);
  const bySymbol = new Map(
    offered.map((one) => [String(symbolFrom(one.base, quote, one.product)), one]),
  );
  const found: T[] = [];
  for (const { symbol } of setup.instruments) {
    const one = bySymbol.get(symbol);
    if (one === undefined) {
      const known = [...bySymbol.keys()].join(", ");
      return err(`simulated ${setup.venue}: wanted one of ${known}, found "${symbol}"`);
    }
    found.push(one);
  }
  return ok(found);
}

/** Balances of the one wallet, where the setup states them. */
function walletOf(setup: PaperVenueSetup): { balances?: Readonly<Record<string, string>> } {
  return setup.balances === undefined ? {} : { balances: setup.balances };
}

/** The same balances in the spot and the perpetual wallet. */
function walletsOf(
  setup: PaperVenueSetup,
): { balances?: Readonly<Record<Product, Readonly<Record<string, string>>>> } {
  const { balances } = setup;
  return balances === undefined ? {} : { balances: { spot: balances, perpetual: balances } };
}
