/**
 * Order management: one owner for every order, from request to its last execution.
 *
 * 1. `OrderManager` is the only writer of `Order`s; everyone else reads them as `OrderView`.
 * 2. Nothing is ever sent again; what is unanswered is asked about by client id.
 * 3. Only executions move positions, each told once.
 * 4. Pure: time comes with events, ids from `ClientOrderIds`; same events, same requests.
 * @module
 */
export { AccountOrderIds, ClientOrderIds } from "./client_order_ids.ts";
export { FOREIGN, Order, type OrderOrigin, type PendingRequest, RECOVERED } from "./order.ts";
export type { OrderCounters } from "./order_counters.ts";
export type { OrderListener } from "./order_ledger.ts";
export { OrderManager, type OrderManagerOptions } from "./order_manager.ts";
export {
  isTerminalState,
  nextState,
  ORDER_STATES,
  ORDER_TRANSITIONS,
  type OrderState,
  type OrderTransition,
} from "./order_state.ts";
export {
  DesiredQuotes,
  DesiredSide,
  type OrderBooks,
  type OrderChanges,
  QUOTE_DIFFER_DEFAULTS,
  QuoteDiffer,
  type QuoteDifferOptions,
  type QuoteSink,
} from "./quote_differ.ts";
export {
  type OrderRecords,
  type PositionDifference,
  positionDifferences,
  reconcileOrders,
  type Reconciliation,
} from "./reconciliation.ts";
