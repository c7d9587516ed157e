/**
 * What becomes of an order when a request about it is refused, lost, or nobody knows the order.
 *
 * 1. A refusal touches only the order of a place; after any other the order stands as before.
 * 2. "Unknown order" in answer to a cancel or an amend means that its end is on its way to us: ask.
 * 3. A lost request leaves the order unknown; one that never left leaves it as before.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { OrderNotFound, RequestLost, RequestRefused } from "@/engine/messages/mod.ts";
import { judgeNotFound } from "./in_flight.ts";
import type { Order } from "./order.ts";
import type { OrderLedger } from "./order_ledger.ts";

/** The venue's no to one request. */
export function takeRefusal(ledger: OrderLedger, event: RequestRefused): void {
  const order = ledger.store.own(event.clientOrderId);
  if (order === undefined || order.isTerminal) {
    ledger.counters.strayReports++;
    return;
  }
  if (event.request === "replace") return endReplace(ledger, order, event.at, "refused");
  const before = order.state;
  order.reason = event.reason;
  if (event.request === "place") refusePlace(ledger, order, event);
  else if (event.request === "amend") refuseAmend(ledger, order, event);
  else refuseCancel(ledger, order, event);
  ledger.finish(order, before, false, event.at);
}

/** A request of unknown fate, or one that never left. A lost question the timer asks again. */
export function takeLoss(ledger: OrderLedger, event: RequestLost): void {
  if (event.request === "query") return;
  const order = ledger.store.own(event.clientOrderId);
  if (order === undefined || order.isTerminal) {
    ledger.counters.strayReports++;
    return;
  }
  if (event.request === "replace") {
    const how = event.outcome === "unknown" ? "lost" : "not_sent";
    return endReplace(ledger, order, event.at, how);
  }
  const before = order.state;
  if (event.outcome === "unknown") ledger.lose(order, event.at);
  else if (event.request === "place") neverWas(ledger, order);
  else if (event.request === "amend") endAmend(ledger, order);
  else endCancel(ledger, order, event.at);
  ledger.finish(order, before, false, event.at);
}

/** Answer to a question: the venue knows no such order. */
export function takeNotFound(ledger: OrderLedger, event: OrderNotFound): void {
  const order = ledger.store.own(event.clientOrderId);
  if (order === undefined) {
    ledger.counters.strayReports++;
    return;
  }
  if (order.isTerminal) {
    // It is over, and the venue has forgotten it: no more will be said of its size.
    order.isFilledSizeKnown = true;
    return ledger.settle(order);
  }
  const before = order.state;
  const verdict = judgeNotFound(order, event.at);
  if (order.state !== "unknown") ledger.lose(order, event.at);
  else if (verdict === "never_was") neverWas(ledger, order);
  else if (verdict === "gone" && ledger.move(order, "gone")) order.isInferred = true;
  ledger.finish(order, before, false, event.at);
}

function neverWas(ledger: OrderLedger, order: Order): void {
  if (order.isAcknowledged) return refuse(ledger);
  if (!ledger.move(order, "never_was")) return;
  order.isInferred = true;
  order.isFilledSizeKnown = true;
}

function refusePlace(ledger: OrderLedger, order: Order, event: RequestRefused): void {
  if (order.isAcknowledged) return refuse(ledger);
  // The id is taken: our own place arrived by a way we did not see.
  if (event.reason === "duplicate_client_order_id") return ledger.lose(order, event.at);
  if (ledger.move(order, "rejected")) order.isFilledSizeKnown = true;
}

function refuseAmend(ledger: OrderLedger, order: Order, event: RequestRefused): void {
  if (order.pendingSize === undefined) return refuse(ledger);
  if (event.reason === "unknown_order") return ledger.lose(order, event.at);
  endAmend(ledger, order);
}

/** An amend had no effect. */
function endAmend(ledger: OrderLedger, order: Order): void {
  if (order.pendingSize === undefined) return refuse(ledger);
  if (order.pending === "amend") return ledger.rest(order);
  // A cancel left after the amend and is still unanswered.
  order.pendingPrice = undefined;
  order.pendingSize = undefined;
}

function refuseCancel(ledger: OrderLedger, order: Order, event: RequestRefused): void {
  if (order.pending !== "cancel") return refuse(ledger);
  if (event.reason === "unknown_order") return ledger.lose(order, event.at);
  endCancel(ledger, order, event.at);
}

/** A cancel had no effect; an older request may still be unanswered below it. */
function endCancel(ledger: OrderLedger, order: Order, at: Micros): void {
  if (order.pending !== "cancel") return refuse(ledger);
  const isAlone = order.isAcknowledged && order.pendingSize === undefined;
  if (isAlone) ledger.rest(order);
  else ledger.lose(order, at);
}

/** A replace failed: the new order never was (or is lost); how the old one stands is asked. */
function endReplace(
  ledger: OrderLedger,
  named: Order,
  at: Micros,
  how: "refused" | "lost" | "not_sent",
): void {
  const { older, newer } = replacePair(ledger, named);
  if (newer !== undefined && !newer.isTerminal && !newer.isAcknowledged) {
    const before = newer.state;
    if (how === "lost") ledger.lose(newer, at);
    else if (how === "not_sent") neverWas(ledger, newer);
    else if (ledger.move(newer, "rejected")) newer.isFilledSizeKnown = true;
    ledger.finish(newer, before, false, at);
  }
  if (older === undefined || older.isTerminal || older.pending !== "cancel") return;
  const before = older.state;
  if (how === "not_sent") endCancel(ledger, older, at);
  else ledger.lose(older, at);
  ledger.finish(older, before, false, at);
}

/** The two orders of a replace, whichever of them its answer names. */
function replacePair(
  ledger: OrderLedger,
  named: Order,
): { older: Order | undefined; newer: Order | undefined } {
  const { replaces, replacedBy } = named;
  if (replacedBy !== undefined) return { older: named, newer: ledger.store.own(replacedBy) };
  return { older: replaces === undefined ? named : ledger.store.own(replaces), newer: named };
}

function refuse(ledger: OrderLedger): void {
  ledger.counters.refusedTransitions++;
}
