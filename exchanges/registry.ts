/**
 * Registry: a venue's name to its connector, its pure tools and its simulated twin. Loaded when a
 * configuration names them.
 *
 * A new venue is one room, its dialect, and one entry here.
 * @module
 */
import {
  err,
  feeRate,
  type FeeSchedule,
  ok,
  type Result,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type {
  Clock,
  Log,
  PaperVenueSetup,
  Random,
  Scheduler,
  VenueConnector,
  VenueTools,
} from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";

/** What every connector is built with. */
export interface ConnectorSetup {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  /** As `touchline venues` prints them, or as secrets hold them. */
  readonly credentials: Readonly<Record<string, string>> | undefined;
  /** A network's name, or addresses as `touchline venues` prints them. */
  readonly at: "live" | "testnet" | "demo" | Readonly<Record<string, unknown>>;
  readonly fees: FeeSchedule;
  /** How many connections carry each market stream; absent: one. */
  readonly marketConnections?: 1 | 2;
}

/** What the registry knows of a venue. */
export interface VenueEntry {
  loadTools(): Promise<VenueTools>;
  /** Absent where this version does not trade the venue yet. */
  readonly createConnector?: (setup: ConnectorSetup) => Promise<Result<VenueConnector>>;
}

const REGISTRY: Readonly<Partial<Record<VenueId, VenueEntry>>> = {
  binance: {
    async createConnector(setup) {
      const { createBinanceConnector } = await import("@/exchanges/binance/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createBinanceConnector({
        ...edges,
        at: at as Parameters<typeof createBinanceConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : { credentials: keyOf(credentials) }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/binance/mod.ts")).binanceTools;
    },
  },
  okx: {
    async createConnector(setup) {
      const { createOkxConnector } = await import("@/exchanges/okx/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createOkxConnector({
        ...edges,
        at: at as Parameters<typeof createOkxConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : {
          credentials: {
            key: credentials["key"] ?? "",
            secret: credentials["secret"] ?? "",
            passphrase: credentials["passphrase"] ?? "",
          },
        }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/okx/mod.ts")).okxTools;
    },
  },
  bybit: {
    async createConnector(setup) {
      const { createBybitConnector } = await import("@/exchanges/bybit/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createBybitConnector({
        ...edges,
        at: at as Parameters<typeof createBybitConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : {
          credentials: { key: credentials["key"] ?? "", secret: credentials["secret"] ?? "" },
        }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/bybit/mod.ts")).bybitTools;
    },
  },
  hyperliquid: {
    async createConnector(setup) {
      const { createHyperliquidConnector } = await import("@/exchanges/hyperliquid/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createHyperliquidConnector({
        ...edges,
        at: at as Parameters<typeof createHyperliquidConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : { credentials: walletOf(credentials) }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/hyperliquid/mod.ts")).hyperliquidTools;
    },
  },
  dydx: {
    async createConnector(setup) {
      const { createDydxConnector } = await import("@/exchanges/dydx/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createDydxConnector({
        ...edges,
        at: at as Parameters<typeof createDydxConnector>[0]["at"],
        defaultFees: fees,
        ...(credentials === undefined ? {} : { credentials: chainKeyOf(credentials) }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/dydx/mod.ts")).dydxTools;
    },
  },
  gate: {
    async createConnector(setup) {
      const { createGateConnector } = await import("@/exchanges/gate/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createGateConnector({
        ...edges,
        at: at as Parameters<typeof createGateConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : {
          credentials: { key: credentials["key"] ?? "", secret: credentials["secret"] ?? "" },
        }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/gate/mod.ts")).gateTools;
    },
  },
  aster: {
    async createConnector(setup) {
      const { createAsterConnector } = await import("@/exchanges/aster/mod.ts");
      const { credentials, at, fees, ...edges } = setup;
      return createAsterConnector({
        ...edges,
        at: at as Parameters<typeof createAsterConnector>[0]["at"],
        defaultFees: { spot: fees, perpetual: fees },
        ...(credentials === undefined ? {} : { credentials: walletOrKeyOf(credentials) }),
      });
    },
    async loadTools() {
      return (await import("@/exchanges/aster/mod.ts")).asterTools;
    },
  },
};

/** A venue's entry, or which venues there are. */
export function venueEntry(venue: VenueId): Result<VenueEntry> {
  const entry = REGISTRY[venue];
  if (entry !== undefined) return ok(entry);
  return err(`venue "${venue}": wanted one of ${Object.keys(REGISTRY).join(", ")}`);
}

/** A venue's connector, or that there is none yet. */
export async function createConnector(
  venue: VenueId,
  setup: ConnectorSetup,
): Promise<Result<VenueConnector>> {
  const entry = venueEntry(venue);
  if (!entry.ok) return entry;
  const create = entry.value.createConnector;
  return create === undefined ? err(`venue ${venue} cannot be traded yet`) : await create(setup);
}

/** Fees in basis points as text to hundredths of one; none where none are stated. */
export function feesOf(fees: PaperVenueSetup["fees"]): FeeSchedule {
  return {
    maker: feeRate(Math.round(Number(fees?.makerBp ?? "0") * 100)),
    taker: feeRate(Math.round(Number(fees?.takerBp ?? "0") * 100)),
  };
}

/** One way of signing out of what there is: a secret before an Ed25519 key. */
function keyOf(
  credentials: Readonly<Record<string, string>>,
): { key: string; secret?: string; ed25519Pem?: string } {
  const { key, secret, ed25519_pem, ed25519_key } = credentials;
  if (secret !== undefined) return { key: key ?? "", secret };
  return { key: ed25519_key ?? key ?? "", ed25519Pem: ed25519_pem ?? "" };
}

/** The wallet that signs Hyperliquid actions, by the names that secrets have. */
function walletOf(credentials: Readonly<Record<string, string>>): {
  privateKey: string;
  accountAddress?: string;
  vaultAddress?: string;
} {
  const { private_key, account_address, vault_address } = credentials;
  return {
    privateKey: private_key ?? "",
    ...(account_address === undefined ? {} : { accountAddress: account_address }),
    ...(vault_address === undefined ? {} : { vaultAddress: vault_address }),
  };
}

/** The agent wallet that signs Aster requests, else an API key. */
function walletOrKeyOf(
  credentials: Readonly<Record<string, string>>,
): { privateKey: string; user?: string } | { key: string; secret: string } {
  const { private_key, address, key, secret } = credentials;
  if (private_key === undefined) return { key: key ?? "", secret: secret ?? "" };
  return { privateKey: private_key, ...(address === undefined ? {} : { user: address }) };
}

/** The key that signs dYdX transactions: itself, or the mnemonic it comes from. */
function chainKeyOf(
  credentials: Readonly<Record<string, string>>,
): { privateKey: string } | { mnemonic: string } {
  const { private_key, mnemonic } = credentials;
  return private_key === undefined ? { mnemonic: mnemonic ?? "" } : { privateKey: private_key };
}
