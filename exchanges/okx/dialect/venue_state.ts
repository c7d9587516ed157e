/**
 * What every operation of this dialect works on: exchange, names, notes on orders, limits.
 *
 * 1. Order numbers have 19 digits: who reads them as floats mixes them up.
 * 2. What the exchange does not keep of an order (its type's name, tag, fees so far) is noted here.
 * @module
 */
import type { Money } from "@/engine/domain/mod.ts";
import type { Random, TimerId } from "@/engine/ports/mod.ts";
import type {
  FaultPlan,
  SimFill,
  SimOrder,
  SimulatedExchange,
  SimUser,
} from "@/exchanges/simulator/mod.ts";
import type { Failure } from "./failures.ts";
import type { Json, WireSymbol, WireSymbols } from "./wire_symbols.ts";

/** What the venue keeps of an order beside what the exchange knows. */
export interface OrderNote {
  readonly ordType: string;
  readonly tdMode: string;
  readonly tag: string;
  readonly tgtCcy: string;
  readonly stpMode: string;
  /** Size as it was sent where it is not in lots: a market buy in quote currency. */
  readonly quoteSize: string;
  /** Sums over all fills. */
  fee: Money;
  pnl: Money;
  lastFill: SimFill | undefined;
  /** Of the amendment that the next event tells of. */
  reqId: string;
  amendResult: string;
  code: string;
  msg: string;
  /** An amendment to no more than was filled completed it. */
  completed: boolean;
}

/** A note before anything has happened. */
export function freshNote(changes: Partial<OrderNote> = {}): OrderNote {
  return {
    ordType: "limit",
    tdMode: "cash",
    tag: "",
    tgtCcy: "",
    stpMode: "cancel_maker",
    quoteSize: "",
    fee: 0n as Money,
    pnl: 0n as Money,
    lastFill: undefined,
    reqId: "",
    amendResult: "",
    code: "0",
    msg: "",
    completed: false,
    ...changes,
  };
}

/** One change of balance by funding. */
export interface Bill {
  readonly billId: string;
  readonly symbol: WireSymbol;
  readonly amount: Money;
  readonly balance: Money;
  readonly at: number;
}

/** Counts what was asked in windows of two seconds or so. */
export interface Limiter {
  /** False when there is no room for `count` more under `key`; then nothing is counted. */
  take(key: string, count: number, limit: number, windowMs: number): boolean;
}

/** One venue. */
export interface VenueState {
  readonly exchange: SimulatedExchange;
  readonly symbols: WireSymbols;
  readonly limits: Limiter;
  readonly random: Random;
  readonly faults: FaultPlan | undefined;
  /** Owner number of the one trading account. */
  readonly owner: number;
  readonly uid: string;
  readonly vipLevel: number;
  readonly notes: WeakMap<SimOrder, OrderNote>;
  /** Note of the order that is being placed: its first event comes before its record. */
  entering: OrderNote | undefined;
  readonly deadMen: Map<string, TimerId>;
  readonly billIds: WeakMap<SimFill, string>;
  readonly bills: Bill[];
  readonly paidFundings: Json[];
  /** Orders that ended at the door, and names for those without one. */
  nextGhostId: number;
  nextName: number;
  nextBillId: number;
  /** Amendments that are on their way, by order. */
  readonly amendsInFlight: Map<string, number>;
  /** Maintenances of instruments, as the status channel tells them. */
  readonly maintenances: Json[];
  /** Frames that wait until the answer to a request has gone out; undefined: none wait. */
  held: (() => void)[] | undefined;
  /** Tells the account's listeners of orders the exchange never saw. */
  tellOrder(order: SimOrder, cause: "new" | "cancelled" | "amended"): void;
}

/** One REST call. */
export interface Call {
  readonly state: VenueState;
  readonly user: SimUser;
  /** Query of a GET, body of a POST; for lists the body is `list`. */
  readonly params: Json;
  readonly list: readonly unknown[];
  readonly now: number;
}

/** What an operation answers: the `data`, ready text of it, or a failure. */
export type Answer = readonly unknown[] | string | Failure;

/** The wallet of everything. */
export const UNIFIED = "okx/unified";

const ORDER_HEAD = "2497";
const ALGO_HEAD = "2581";
const TAIL_DIGITS = 15;
const UNNAMED = "~";

/** `ordId` of an order. */
export function ordIdOf(order: { readonly id: number }): string {
  return ORDER_HEAD + String(order.id).padStart(TAIL_DIGITS, "0");
}

/** `algoId` of a trigger order. */
export function algoIdOf(order: { readonly id: number }): string {
  return ALGO_HEAD + String(order.id).padStart(TAIL_DIGITS, "0");
}

/** The exchange's number of an `ordId`; -1 when it is none. */
export function orderNumber(text: unknown): number {
  return numberAfter(text, ORDER_HEAD);
}

/** The exchange's number of an `algoId`; -1 when it is none. */
export function algoNumber(text: unknown): number {
  return numberAfter(text, ALGO_HEAD);
}

/** A name for an order that its owner gave none. */
export function freshName(state: VenueState): string {
  return `${UNNAMED}${state.nextName++}`;
}

/** The client's name of an order, "" when it has none. */
export function shownName(name: string): string {
  return name.startsWith(UNNAMED) ? "" : name;
}

/** The note of an order. */
export function noteOf(state: VenueState, order: SimOrder): OrderNote {
  let note = state.notes.get(order);
  if (note === undefined) {
    const parent = order.parentId > 0 ? state.exchange.orders.byId(order.parentId) : undefined;
    note = parent === undefined ? state.entering ?? freshNote() : firedNote(state, parent, order);
    if (parent === undefined) state.entering = undefined;
    state.notes.set(order, note);
  }
  return note;
}

/** The next bill's number. */
export function nextBillId(state: VenueState): string {
  return `2498${String(state.nextBillId++).padStart(TAIL_DIGITS, "0")}`;
}

/** Whether an order waits for a trigger, or did so once. */
export function isAlgo(order: SimOrder): boolean {
  return order.type === "stop_loss" || order.type === "stop_limit";
}

function firedNote(state: VenueState, parent: SimOrder, child: SimOrder): OrderNote {
  const { tdMode, tag, stpMode } = noteOf(state, parent);
  return freshNote({ tdMode, tag, stpMode, ordType: child.price > 0 ? "limit" : "market" });
}

function numberAfter(text: unknown, head: string): number {
  if (typeof text !== "string" || !text.startsWith(head)) return -1;
  const tail = text.slice(head.length);
  return tail.length === TAIL_DIGITS && /^\d+$/.test(tail) ? Number(tail) : -1;
}
