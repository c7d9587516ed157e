/**
 * What every operation of this dialect works on: exchange, names, blocks, notes on orders.
 *
 * What the exchange does not keep of an order (its tif, its first size, why it ended in the
 * venue's words) is noted here.
 * @module
 */
import type { Random } from "@/engine/ports/mod.ts";
import type { FaultPlan, SimFill, SimOrder, SimulatedExchange } from "@/exchanges/simulator/mod.ts";
import type { Blocks } from "./blocks.ts";
import type { Json, WireSymbols } from "./wire_symbols.ts";

/** Where collateral lives. */
export type AccountMode = "unifiedAccount" | "disabled";

/** What the venue keeps of an order beside what the exchange knows. */
export interface OrderNote {
  readonly tif: string;
  readonly origLots: number;
  /** Of trigger orders. */
  readonly trigger: { readonly isMarket: boolean; readonly tpsl: string } | undefined;
  /** The venue's word for its state. */
  status: string;
  statusAtMs: number;
}

/** One venue. */
export interface VenueState {
  readonly exchange: SimulatedExchange;
  readonly symbols: WireSymbols;
  readonly blocks: Blocks;
  readonly random: Random;
  readonly faults: FaultPlan | undefined;
  readonly owner: number;
  /** Address of the trading account. */
  readonly address: string;
  readonly mode: AccountMode;
  /** Value ever traded, in USDC: budgets and the dead man's switch need it. */
  volume: number;
  readonly notes: WeakMap<SimOrder, OrderNote>;
  /** Signed lots held before a fill; base lots for spot. */
  readonly positionsBefore: WeakMap<SimFill, number>;
  /** Note of the order that is being placed: its first event comes before its record. */
  entering: OrderNote | undefined;
  /** Numbers of orders that the exchange refused. */
  nextGhostId: number;
  /** Names for orders without one. */
  nextName: number;
  /** Funding paid and received, as the wire tells it. */
  readonly fundings: Json[];
  /** Hours of funding, by coin: `[timeMs, rate, premium]`. */
  readonly fundingHours: Map<string, [number, string, string][]>;
}

const UNNAMED = "~";

/** A name for an order that its owner gave none. */
export function freshName(state: VenueState): string {
  return `${UNNAMED}${state.nextName++}`;
}

/** The client's name of an order; undefined when it has none. */
export function cloidOf(order: SimOrder): string | undefined {
  return order.clientOrderId.startsWith("0x") ? order.clientOrderId : undefined;
}

/** The note of an order. */
export function noteOf(state: VenueState, order: SimOrder): OrderNote {
  let note = state.notes.get(order);
  if (note === undefined) {
    note = state.entering ?? {
      tif: order.timeInForce === "ioc" ? "Ioc" : "Gtc",
      origLots: order.size,
      trigger: undefined,
      status: "open",
      statusAtMs: state.blocks.timeMs,
    };
    state.entering = undefined;
    state.notes.set(order, note);
  }
  return note;
}

/** The public number of a print. */
export function tidOf(sim: SimOrder["instrument"], tradeId: number): number {
  return (sim.instrument.index + 11) * 10_000_000_000_000 + tradeId;
}

/** A hash by two numbers, for transactions the clients only compare. */
export function hashOf(height: number, number: number): string {
  return `0x${height.toString(16).padStart(24, "0")}${number.toString(16).padStart(40, "a")}`;
}

/** The address of a trader who is not ours. */
export function strangerOf(orderId: number): string {
  return `0x${(orderId % 97 + 16).toString(16).padStart(40, "7")}`;
}
