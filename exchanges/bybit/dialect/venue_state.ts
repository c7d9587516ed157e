/**
 * What every operation of this dialect works on: exchange, names, notes on orders, limits.
 *
 * 1. An order of a contract is numbered by a UUID, one of spot by 19 digits: too many for a float.
 * 2. A conditional order and what it becomes are one order on this wire, under one number.
 * 3. What the exchange does not keep of an order is noted here.
 * @module
 */
import type { Money } from "@/engine/domain/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";
import type {
  FaultPlan,
  SimFill,
  SimInstrument,
  SimOrder,
  SimOrderCause,
  SimulatedExchange,
  SimUser,
} from "@/exchanges/simulator/mod.ts";
import type { Failure } from "./failures.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { Category, Json, WireSymbol, WireSymbols } from "./wire_symbols.ts";

/** What the venue keeps of an order beside what the exchange knows. */
export interface OrderNote {
  readonly orderType: "Limit" | "Market";
  readonly timeInForce: string;
  readonly smpType: string;
  readonly marketUnit: string;
  readonly triggerBy: string;
  readonly triggerDirection: number;
  /** "Stop" or "tpslOrder" kinds of conditional orders; "" for others. */
  readonly stopOrderType: string;
  readonly closeOnTrigger: boolean;
  /** Size as it was sent where it is not in lots: a market buy in quote currency. */
  readonly quoteSize: string;
  /** Fees over all fills, by coin. */
  readonly fees: Map<string, Money>;
}

/** A note before anything has happened. */
export function freshNote(changes: Partial<OrderNote> = {}): OrderNote {
  return {
    orderType: "Limit",
    timeInForce: "GTC",
    smpType: "None",
    marketUnit: "",
    triggerBy: "",
    triggerDirection: 0,
    stopOrderType: "",
    closeOnTrigger: false,
    quoteSize: "",
    fees: new Map(),
    ...changes,
  };
}

/** One funding payment of the account. */
export interface FundingPayment {
  readonly id: number;
  readonly symbol: WireSymbol;
  /** Above zero received. */
  readonly amount: Money;
  readonly rate: number;
  readonly size: number;
  readonly markPrice: string;
  readonly balance: Money;
  readonly at: number;
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
  /** Whether the account may use the dead man's switch. */
  readonly mayCancelOnDisconnect: boolean;
  readonly notes: WeakMap<SimOrder, OrderNote>;
  /** Last number of each depth topic. */
  readonly bookNumbers: Map<string, number>;
  /** Whether a limit price outside the band is moved to its edge. */
  readonly movesPrices: Record<Category, boolean>;
  readonly fundings: FundingPayment[];
  /** Rates that were paid, newest last. */
  readonly fundingRates: { symbol: WireSymbol; rate: number; at: number }[];
  readonly maintenances: Json[];
  /** Note of the order that is being placed: its first event comes before its record. */
  entering: OrderNote | undefined;
  /** Orders that ended at the door, and names for those without one. */
  nextGhostId: number;
  nextName: number;
  nextFundingId: number;
  /** Frames that wait until the answer to a request has gone out; undefined: none wait. */
  held: (() => void)[] | undefined;
  /** Publishes what the deepest book of an instrument holds back; its number then. */
  deepBookNumber(symbol: WireSymbol): number;
  /** Tells the account's listeners of orders the exchange does not tell of. */
  tellOrder(order: SimOrder, cause: SimOrderCause): void;
}

/** One REST call. */
export interface Call {
  readonly state: VenueState;
  readonly user: SimUser;
  /** Query of a GET, body of a POST. */
  readonly params: Json;
  readonly now: number;
}

/** Result with what goes beside it. */
export interface Answered {
  readonly result: unknown;
  readonly ext?: Json;
}

/** What an operation answers. */
export type Answer = Answered | Failure;

/** The wallet of everything. */
export const UNIFIED = "bybit/unified";

const SPOT_HEAD = "1726";
const SPOT_DIGITS = 15;
const UNNAMED = "~";

/** `orderId` of an order; what a conditional order became bears its number. */
export function orderIdOf(order: SimOrder): string {
  const id = order.parentId > 0 ? order.parentId : order.id;
  return order.instrument.perpetual
    ? uuidOf(id, 0x5cf9)
    : SPOT_HEAD + String(id).padStart(SPOT_DIGITS, "0");
}

/** `execId` of a fill: two of our orders may meet in one trade. */
export function execIdOf(fill: SimFill): string {
  const side = fill.liquidity === "taker" ? 0 : 1;
  return execText(fill.instrument, fill.tradeId * 2 + side);
}

/** Public number of a trade. */
export function tradeIdText(sim: SimInstrument, tradeId: number): string {
  return execText(sim, tradeId * 2);
}

/** `execId` of a funding payment. */
export function fundingIdText(id: number): string {
  return uuidOf(id, 0xf17d);
}

/** The order of a number, as it stands now; undefined when there is none. */
export function orderById(state: VenueState, text: unknown): SimOrder | undefined {
  if (typeof text !== "string") return undefined;
  const id = text.includes("-") ? numberOfUuid(text) : numberOfSpot(text);
  const order = state.exchange.orders.byId(id);
  if (order === undefined || order.owner !== state.owner) return undefined;
  const newest = order.childId > 0 ? state.exchange.orders.byId(order.childId) : undefined;
  return orderIdOf(order) === text ? newest ?? order : undefined;
}

/** The newest order of a category that bears a name, open or not. */
export function orderByName(
  state: VenueState,
  category: Category,
  name: unknown,
): SimOrder | undefined {
  if (typeof name !== "string" || name === "" || name.startsWith(UNNAMED)) return undefined;
  for (const { sim } of state.symbols.ofCategory(category)) {
    const order = state.exchange.orders.byClient(state.owner, sim, name);
    if (order !== undefined) return order;
  }
  return undefined;
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
    note = parent === undefined ? state.entering ?? freshNote() : noteOf(state, parent);
    if (parent === undefined) state.entering = undefined;
    state.notes.set(order, note);
  }
  return note;
}

/** Whether an order waits for a trigger, or did so once. */
export function isConditional(order: SimOrder): boolean {
  return order.type === "stop_loss" || order.type === "stop_limit";
}

/** Hands a frame out now, or after the answer that is on its way. */
export function pushHeld(state: VenueState, push: () => void): void {
  if (state.held === undefined) push();
  else state.held.push(push);
}

function execText(sim: SimInstrument, number: number): string {
  return sim.perpetual ? uuidOf(number, 0x0ab1) : `22${String(number).padStart(17, "0")}`;
}

/** A UUID that holds a number and a mark; `numberOfUuid` reads it back. */
function uuidOf(number: number, mark: number): string {
  const hex = number.toString(16).padStart(16, "0");
  const salt = mark.toString(16).padStart(4, "0");
  const mixed = ((number * 2_654_435_761) % 0x1000000000000).toString(16).padStart(12, "0");
  return `${hex.slice(8)}-${salt}-4${hex.slice(5, 8)}-a${mixed.slice(0, 3)}-` +
    `${mixed.slice(3, 10)}${hex.slice(0, 5)}`;
}

function numberOfUuid(text: string): number {
  const parts = text.split("-");
  if (parts.length !== 5) return -1;
  const [low, , middle, , tail] = parts as [string, string, string, string, string];
  const value = Number.parseInt(tail.slice(-5) + middle.slice(1) + low, 16);
  return Number.isSafeInteger(value) ? value : -1;
}

function numberOfSpot(text: string): number {
  if (!text.startsWith(SPOT_HEAD)) return -1;
  const tail = text.slice(SPOT_HEAD.length);
  return tail.length === SPOT_DIGITS && /^\d+$/.test(tail) ? Number(tail) : -1;
}
