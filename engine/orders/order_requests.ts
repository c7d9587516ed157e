/**
 * Writes requests down as they leave: from then on they are in flight.
 * @module
 */
import { assert, type Micros, unreachable } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  OrderRequest,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { Order } from "./order.ts";
import type { OrderLedger } from "./order_ledger.ts";
import { setAmend } from "./order_reports.ts";

/** Writes down a request that is leaving now. */
export function recordSent(ledger: OrderLedger, request: OrderRequest, now: Micros): void {
  switch (request.kind) {
    case "place_order":
      return recordPlace(ledger, request, now);
    case "amend_order":
      return recordAmend(ledger, request, now);
    case "replace_order":
      return recordReplace(ledger, request, now);
    case "cancel_order": {
      const order = ledger.store.own(request.clientOrderId);
      return order === undefined ? undefined : recordCancel(ledger, order, now);
    }
    case "cancel_all":
      return recordCancelAll(ledger, request, now);
    case "query_order":
    case "query_fills":
    case "query_account":
    case "arm_dead_man":
      return;
    default:
      return unreachable(request);
  }
}

function recordPlace(ledger: OrderLedger, request: PlaceOrder, now: Micros): void {
  assert(request.size > 0, "Placed order must have a size");
  ledger.create({ ...request, origin: "placed", state: "in_flight", pending: "place", at: now });
}

function recordAmend(ledger: OrderLedger, request: AmendOrder, now: Micros): void {
  const order = ledger.store.own(request.clientOrderId);
  assert(order !== undefined, "Amended an order that is not ours");
  ledger.counters.amended++;
  if (order.isTerminal) {
    ledger.move(order, "amend_sent");
    return;
  }
  const before = order.state;
  // Also when the table refuses it: it is on its way, so its size counts until it is answered.
  setAmend(order, request, now);
  ledger.move(order, "amend_sent");
  ledger.finish(order, before, true, now);
}

function recordReplace(ledger: OrderLedger, request: ReplaceOrder, now: Micros): void {
  const older = ledger.store.own(request.clientOrderId);
  assert(older !== undefined, "Replaced an order that is not ours");
  assert(request.size > 0, "Placed order must have a size");
  ledger.counters.amended++;
  const newer = ledger.create({
    clientOrderId: request.newClientOrderId,
    instrument: request.instrument,
    strategy: request.strategy,
    origin: "placed",
    side: request.side,
    type: "limit",
    timeInForce: request.timeInForce,
    postOnly: request.postOnly,
    reduceOnly: request.reduceOnly,
    price: request.price,
    triggerPrice: undefined,
    size: request.size,
    state: "in_flight",
    pending: "place",
    at: now,
  });
  newer.replaces = older.clientOrderId;
  older.replacedBy = newer.clientOrderId;
  recordCancel(ledger, older, now);
}

function recordCancel(ledger: OrderLedger, order: Order, now: Micros): void {
  if (!ledger.move(order, "cancel_sent")) return;
  order.pending = "cancel";
  order.sentAt = now;
  order.changedAt = now;
}

/** Orders still in flight may overtake a cancel-all: they are not counted on to be gone. */
function recordCancelAll(ledger: OrderLedger, request: CancelAll, now: Micros): void {
  ledger.store.forEachOpen(request.instrument, (order) => {
    if (order.state !== "in_flight") recordCancel(ledger, order, now);
  });
}
