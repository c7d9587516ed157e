/**
 * What every operation of this dialect works on: exchange, names, notes on orders, limits.
 *
 * 1. Order numbers of futures have 17 digits: who reads them as floats mixes them up.
 * 2. What the exchange does not keep of an order (fees so far, updates, amend text) is noted here.
 * @module
 */
import type { Money } from "@/engine/domain/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";
import type { FaultPlan, SimOrder, SimulatedExchange, SimUser } from "@/exchanges/simulator/mod.ts";
import type { Failure } from "./failures.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { Json, WireProduct, WireSymbol, WireSymbols } from "./wire_symbols.ts";

/** What the venue keeps of an order beside what the exchange knows. */
export interface OrderNote {
  fee: Money;
  updateId: number;
  amendText: string;
  role: string;
  /** A price order whose time was over. */
  expired: boolean;
}

/** One venue. */
export interface VenueState {
  readonly exchange: SimulatedExchange;
  readonly symbols: WireSymbols;
  readonly limits: RateLimits;
  readonly random: Random;
  readonly faults: FaultPlan | undefined;
  /** Owner number of the one trading account. */
  readonly owner: number;
  readonly uid: string;
  readonly notes: WeakMap<SimOrder, OrderNote>;
  readonly fundings: { readonly symbol: WireSymbol; readonly at: number; readonly rate: string }[];
  nextName: number;
  positionMode: "single" | "dual";
  /** Frames that wait until the answer to a request has gone out; undefined: none wait. */
  held: (() => void)[] | undefined;
}

/** One call of an operation, alike over REST and WebSockets. */
export interface Call {
  readonly state: VenueState;
  readonly product: WireProduct;
  readonly user: SimUser;
  /** Query, body and `order_id` of the path; for lists the body is `list`. */
  readonly params: Json;
  readonly list: readonly unknown[];
  readonly decimal: boolean;
  readonly via: "rest" | "ws";
  readonly now: number;
}

/** What an operation answers: a JSON value, ready text, or a failure. */
export type Answer = Json | readonly unknown[] | { readonly text: string } | Failure;

/** Wallets of the two products. */
export const SPOT_WALLET = "gate/spot";
export const FUTURES_WALLET = "gate/futures";

const FUTURES_HEAD = "36028";
const TAIL_DIGITS = 12;
const STOP_LABEL = "stop:";

/** The number of an order as its product writes it. */
export function idOf(order: SimOrder): string {
  return order.instrument.perpetual && !isStop(order) ? futuresId(order.id) : String(order.id);
}

/** The number of a futures order. */
export function futuresId(id: number): string {
  return FUTURES_HEAD + String(id).padStart(TAIL_DIGITS, "0");
}

/** The exchange's number of an order id; -1 when it is none. */
export function orderNumber(text: unknown, product: WireProduct): number {
  const digits = String(text);
  if (!/^\d{1,20}$/.test(digits)) return -1;
  if (product === "spot") return Number(digits);
  const long = digits.length === FUTURES_HEAD.length + TAIL_DIGITS;
  return long && digits.startsWith(FUTURES_HEAD) ? Number(digits.slice(FUTURES_HEAD.length)) : -1;
}

/** The exchange's name for an order: the client's, or one that shows where it came from. */
export function orderName(state: VenueState, text: unknown, via: "rest" | "ws"): string {
  if (typeof text === "string" && text !== "") return text;
  return `~${state.nextName++}/${via === "rest" ? "apiv4" : "apiv4-ws"}`;
}

/** `text` of an order as the wire shows it. */
export function shownText(name: string): string {
  return name.startsWith("~") ? name.slice(name.indexOf("/") + 1) : name;
}

/** The note of an order. */
export function noteOf(state: VenueState, order: SimOrder): OrderNote {
  let note = state.notes.get(order);
  if (note === undefined) {
    note = { fee: 0n as Money, updateId: 0, amendText: "-", role: "", expired: false };
    state.notes.set(order, note);
  }
  return note;
}

/** Whether an order waits for a trigger, or did so once. */
export function isStop(order: SimOrder): boolean {
  return order.type === "stop_loss" || order.type === "stop_limit";
}

/** The label that keeps a price order's request. */
export function stopLabel(request: Json): string {
  return STOP_LABEL + JSON.stringify(request);
}

/** The request of a price order. */
export function stopRequest(order: SimOrder): Json {
  return JSON.parse(order.label.slice(STOP_LABEL.length));
}

/** Quote currency a market buy may spend, as it was sent; "" for all other orders. */
export function quoteAmount(order: SimOrder): string {
  return order.label.startsWith("quote:") ? order.label.slice("quote:".length) : "";
}
