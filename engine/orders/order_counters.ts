/**
 * Counters of the order manager: the summary of CONTRACT.md and what went wrong on the way.
 *
 * `placed = filled + cancelled + rejected + expired + inFlight + open` at every moment. A replace
 * counts as one `amended` and its new order as one `placed`. Orders found at the venue
 * (`recovered`) are outside of this sum.
 * @module
 */
import type { Order } from "./order.ts";
import { assert } from "@/engine/domain/mod.ts";
import { isTerminalState, type OrderState } from "./order_state.ts";

/** All but `inFlight`, `open` and `recoveredOpen` only grow. */
export interface OrderCounters {
  placed: number;
  amended: number;
  filled: number;
  cancelled: number;
  rejected: number;
  expired: number;
  /** Placed orders whose fate is not known: not answered yet, or being asked about. */
  inFlight: number;
  /** Placed orders that rest. */
  open: number;
  /** Own orders found at the venue, and how many of them still rest. */
  recovered: number;
  recoveredOpen: number;
  foreign: number;
  fills: number;
  duplicateFills: number;
  /** Executions from before this run found the account: part of the opening position. */
  historyFills: number;
  /** Fills of orders that were already over: real, and counted in `fills` too. */
  lateFills: number;
  lateFees: number;
  /** Fills beyond an order's size: counted, and somebody's mistake. */
  overfills: number;
  /** Reports the state table refused: late, repeated or contradictory. */
  refusedTransitions: number;
  /** Reports about orders or requests we have no record of. */
  strayReports: number;
  unknowns: number;
  orderQueries: number;
  fillsQueries: number;
}

/** Counters at zero. */
export function createOrderCounters(): OrderCounters {
  return {
    placed: 0,
    amended: 0,
    filled: 0,
    cancelled: 0,
    rejected: 0,
    expired: 0,
    inFlight: 0,
    open: 0,
    recovered: 0,
    recoveredOpen: 0,
    foreign: 0,
    fills: 0,
    duplicateFills: 0,
    historyFills: 0,
    lateFills: 0,
    lateFees: 0,
    overfills: 0,
    refusedTransitions: 0,
    strayReports: 0,
    unknowns: 0,
    orderQueries: 0,
    fillsQueries: 0,
  };
}

type Bucket = "filled" | "cancelled" | "rejected" | "expired" | "inFlight" | "open";

function bucketOf(state: OrderState): Bucket {
  switch (state) {
    case "in_flight":
    case "unknown":
      return "inFlight";
    case "filled":
    case "cancelled":
    case "rejected":
    case "expired":
      return state;
    default:
      return "open";
  }
}

/** Counts an order that came to be. */
export function countNew(counters: OrderCounters, order: Order): void {
  if (order.origin === "placed") {
    counters.placed++;
    counters[bucketOf(order.state)]++;
  } else if (order.origin === "recovered") {
    counters.recovered++;
    counters.recoveredOpen++;
  } else {
    counters.foreign++;
  }
}

/** Counts an order's move from one state to another. */
export function countMove(
  counters: OrderCounters,
  order: Order,
  from: OrderState,
  to: OrderState,
): void {
  if (to === "unknown") counters.unknowns++;
  if (order.origin === "placed") {
    counters[bucketOf(from)]--;
    counters[bucketOf(to)]++;
    assert(counters.inFlight >= 0, "Fewer than no orders are in flight");
    assert(counters.open >= 0, "Fewer than no orders are open");
  } else if (order.origin === "recovered" && isTerminalState(to) && !isTerminalState(from)) {
    counters.recoveredOpen--;
  }
}
