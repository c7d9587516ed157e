/**
 * What every part of this dialect works on: exchange, blocks, names, channels, the account.
 * @module
 */
import type { Money } from "@/engine/domain/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";
import type { FaultPlan, SimOrder, SimulatedExchange } from "@/exchanges/simulator/mod.ts";
import type { Blocks } from "./blocks.ts";
import type { ChannelHub } from "./channel_hub.ts";
import type { Json, WireSymbol, WireSymbols } from "./wire_symbols.ts";

/** The wallet of the one funded subaccount. */
export const SUBACCOUNT = "dydx/subaccount";
/** Collateral. */
export const COLLATERAL = "USDC";

/** The one account that holds money: its address, numbers and key. */
export interface ChainAccount {
  readonly address: string;
  readonly publicKey: Uint8Array;
  readonly accountNumber: bigint;
  sequence: bigint;
}

/** A key that may sign for the account under a number. */
export interface Authenticator {
  readonly id: number;
  readonly publicKey: Uint8Array;
}

/** How an order came to its end on this wire. */
export type EndCause =
  | "USER_CANCELED"
  | "EXPIRED"
  | "INDEXER_EXPIRED"
  | "UNDERCOLLATERALIZED"
  | "SELF_TRADE_ERROR"
  | "IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK"
  | "POST_ONLY_WOULD_CROSS_MAKER_ORDER"
  | "REDUCE_ONLY_RESIZE"
  | "FINAL_SETTLEMENT"
  | "EQUITY_TIER"
  | "INTERNAL_ERROR";

/** An order as the chain knows it; the exchange knows it too once it has entered. */
export interface ClobOrder {
  readonly id: string;
  readonly symbol: WireSymbol;
  readonly owner: string;
  readonly subaccountNumber: number;
  readonly clientId: number;
  readonly orderFlags: number;
  readonly side: "buy" | "sell";
  readonly timeInForce: number;
  readonly reduceOnly: boolean;
  readonly clientMetadata: number;
  readonly conditionType: number;
  readonly triggerTicks: number;
  lots: number;
  ticks: number;
  goodTilBlock: number;
  goodTilBlockTime: number;
  /** Undefined while it waits for a block. */
  sim: SimOrder | undefined;
  /** Lots filled under the same id before it was placed anew: they count to its size. */
  filledBefore: number;
  /** Lots of committed fills, those before included. */
  finalFilled: number;
  /** Hash of the order's bytes: ties between equal good-til-blocks. */
  hash: string;
  /** Shown in the public book ahead of the block. */
  shown: boolean;
  status: string;
  removalReason: EndCause | undefined;
  /** Whether a best-effort cancel waits for the block. */
  cancelling: boolean;
  createdAtHeight: number;
  updatedAt: number;
  updatedAtHeight: number;
}

/** What a position has been through, beside what the exchange keeps. */
export interface PositionNote {
  sumOpen: number;
  sumClose: number;
  maxSize: number;
  netFunding: Money;
  createdAt: number;
  createdAtHeight: number;
}

/** One venue. */
export interface VenueState {
  readonly exchange: SimulatedExchange;
  readonly symbols: WireSymbols;
  readonly blocks: Blocks;
  readonly hub: ChannelHub;
  readonly random: Random;
  readonly faults: FaultPlan | undefined;
  /** Owner number of the trading account. */
  readonly owner: number;
  readonly account: ChainAccount;
  readonly authenticators: readonly Authenticator[];
  readonly chainId: string;
  /** Share of emptied levels that the indexer tells of a block late. */
  readonly lateRemovals: number;
  readonly orders: Map<string, ClobOrder>;
  readonly positions: Map<WireSymbol, PositionNote>;
  readonly fundings: Map<WireSymbol, Json[]>;
}
