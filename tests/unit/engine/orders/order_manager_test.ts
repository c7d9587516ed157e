/**
 * The order manager against what venues do: answers, silence, repeats, races.
 * @module
 */
import { fillId, micros } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  amendOrder,
  atSeconds,
  btcPerp,
  cancelOrder,
  fillOf,
  instrumentOf,
  lots,
  MAKER,
  moneyOf,
  orderId,
  orderUpdate,
  placeOrder,
  requestLost,
  requestRefused,
  START,
  ticks,
  venueId,
} from "@/tests/support/builders.ts";
import { assertBalanced, managed } from "./_managed.ts";

const BTC = btcPerp().index;

Deno.test("OrderManager counts a sent order as in flight until the venue says it rests", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  assertEquals(manager.order(orderId("a1"))?.state, "in_flight");
  assertEquals(manager.workingSize(BTC, "buy"), lots(10));
  assertEquals(manager.counters.inFlight, 1);
  manager.onOrderEvent(orderUpdate({ venueOrderId: venueId("v1") }));
  assertEquals(manager.order(orderId("a1"))?.state, "new");
  assertEquals(manager.order(orderId("a1"))?.venueOrderId, venueId("v1"));
  assertEquals([manager.counters.inFlight, manager.counters.open], [0, 1]);
  assertEquals(manager.openOrderCount(BTC), 1);
  assertEquals(manager.ownBest(BTC, "buy"), ticks(1_000));
  assertBalanced(manager);
});

Deno.test("OrderManager tells each fill once and closes the order with its last", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(fillOf({ size: lots(4) }));
  manager.onOrderEvent(fillOf({ size: lots(4) }));
  assertEquals(manager.order(orderId("a1"))?.state, "partially_filled");
  assertEquals(manager.workingSize(BTC, "buy"), lots(6));
  manager.onOrderEvent(fillOf({ fillId: fillId("f2"), size: lots(6) }));
  assertEquals(manager.order(orderId("a1")), undefined);
  assertEquals(manager.record(orderId("a1"))?.state, "filled");
  assertEquals(log, [
    "fill f1 4 maker",
    "changed a1 partially_filled 4",
    "fill f2 6 maker",
    "changed a1 filled 10",
    "closed a1 filled",
  ]);
  assertEquals([manager.counters.fills, manager.counters.duplicateFills], [2, 1]);
  assertEquals(manager.counters.filled, 1);
  assertBalanced(manager);
});

Deno.test("OrderManager adds a later fee once", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder({ size: lots(1) }));
  manager.onOrderEvent(fillOf());
  manager.onOrderEvent(fillOf({ fee: moneyOf("0.1"), feeAsset: "USDT" }));
  manager.onOrderEvent(fillOf({ fee: moneyOf("0.1"), feeAsset: "USDT" }));
  assertEquals(log.filter((line) => line.startsWith("fee")), ["fee f1 maker"]);
  assertEquals([manager.counters.fills, manager.counters.lateFees], [1, 1]);
});

Deno.test("OrderManager counts a fill after the cancel: size moves, the state stays", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(cancelOrder());
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(0) }));
  manager.onOrderEvent(fillOf({ size: lots(3) }));
  const record = manager.record(orderId("a1"));
  assertEquals([record?.state, record?.filledSize], ["cancelled", lots(3)]);
  assert(log.includes("fill f1 3 maker"));
  assertEquals(manager.counters.lateFills, 1);
  assertEquals(manager.counters.cancelled, 1);
  assertBalanced(manager);
});

Deno.test("OrderManager keeps a closed order until its fills account for its filled size", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(4) }));
  assertEquals(manager.order(orderId("a1")), undefined);
  assertEquals(manager.workingSize(BTC, "buy"), lots(4));
  assertEquals(manager.unsettled().length, 1);
  assertEquals(manager.unresolvedSince(), START);
  manager.onTimer(atSeconds(0.9));
  assertEquals(asked, []);
  manager.onTimer(atSeconds(1));
  assertEquals(asked, ["fills a1"]);
  manager.onOrderEvent(fillOf({ size: lots(4) }));
  assertEquals(manager.unsettled().length, 0);
  assertEquals(manager.workingSize(BTC, "buy"), lots(0));
  assertEquals(manager.unresolvedSince(), micros(0));
});

Deno.test("OrderManager asks for fills while an open order's status is ahead of them", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ status: "partially_filled", filledSize: lots(2) }));
  assertEquals(manager.order(orderId("a1"))?.filledSize, lots(2));
  assertEquals(manager.workingSize(BTC, "buy"), lots(10));
  for (let tick = 0; tick <= 40; tick++) manager.onTimer(atSeconds(tick / 4));
  // After 1, 1.25, 1.75, 2.75, 4.75 and 8.75 s.
  assertEquals(asked.length, 6);
  manager.onOrderEvent(fillOf({ size: lots(2) }));
  manager.onTimer(atSeconds(60));
  assertEquals(asked.length, 6);
});

Deno.test("OrderManager never goes back: stale reports move neither state nor filled size", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(fillOf({ size: lots(4) }));
  manager.onOrderEvent(orderUpdate({ filledSize: lots(0) }));
  manager.onOrderEvent(orderUpdate({ status: "partially_filled", filledSize: lots(2) }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.state, order?.filledSize], ["partially_filled", lots(4)]);
});

Deno.test("OrderManager does not read a missing field as zero", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ status: "partially_filled" }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.size, order?.price, order?.filledSize], [lots(10), ticks(1_000), lots(0)]);
  manager.onOrderEvent(orderUpdate({ status: "filled" }));
  assertEquals(manager.record(orderId("a1"))?.filledSize, lots(10));
  assertEquals(manager.workingSize(BTC, "buy"), lots(10));
});

Deno.test("OrderManager asks for the filled size a cancel did not say, a few times", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  manager.onOrderEvent(orderUpdate({ status: "expired" }));
  assertEquals(manager.unsettled().length, 1);
  for (let tick = 0; tick <= 80; tick++) manager.onTimer(atSeconds(tick / 4));
  assertEquals(asked, ["order a1", "order a1", "order a1", "order a1"]);
  assertEquals(manager.unsettled().length, 0);
});

Deno.test("OrderManager settles a closed order by the answer that says its filled size", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ status: "cancelled" }));
  manager.onTimer(atSeconds(1));
  assertEquals(asked, ["order a1"]);
  const answer = orderUpdate({ source: "query", status: "cancelled", filledSize: lots(0) });
  manager.onOrderEvent({ ...answer, at: atSeconds(1.1) });
  assertEquals(manager.unsettled().length, 0);
});

Deno.test("OrderManager counts the larger of old and new size while an amend is unanswered", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ price: ticks(1_000), size: lots(10) }));
  sent(amendOrder({ price: ticks(1_002), size: lots(15) }));
  assertEquals(manager.order(orderId("a1"))?.state, "amend_pending");
  assertEquals(manager.workingSize(BTC, "buy"), lots(15));
  manager.onOrderEvent(orderUpdate({ price: ticks(1_002), size: lots(15) }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.state, order?.price, order?.size], ["new", ticks(1_002), lots(15)]);
  sent(amendOrder({ price: ticks(1_002), size: lots(5) }));
  assertEquals(manager.workingSize(BTC, "buy"), lots(15));
  manager.onOrderEvent(orderUpdate({ size: lots(5) }));
  assertEquals(manager.workingSize(BTC, "buy"), lots(5));
  assertEquals(manager.counters.amended, 2);
});

Deno.test("OrderManager takes no answer to an amend from a report of the old terms", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder());
  manager.onOrderEvent(orderUpdate({ price: ticks(1_000), size: lots(10) }));
  manager.onOrderEvent(orderUpdate());
  assertEquals(manager.order(orderId("a1"))?.state, "amend_pending");
});

Deno.test("OrderManager keeps the old terms when an amend is refused", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  manager.onOrderEvent(fillOf({ size: lots(2) }));
  sent(amendOrder({ size: lots(20) }));
  manager.onOrderEvent(requestRefused({ request: "amend", reason: "amend_refused" }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.state, order?.price], ["partially_filled", ticks(1_000)]);
  assertEquals(manager.workingSize(BTC, "buy"), lots(8));
  manager.onOrderEvent(requestRefused({ request: "amend", reason: "amend_refused" }));
  assertEquals(manager.counters.refusedTransitions, 1);
});

Deno.test("OrderManager leaves the end to the venue when fills pass an unanswered size", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(5) }));
  manager.onOrderEvent(fillOf({ size: lots(6) }));
  assertEquals(manager.order(orderId("a1"))?.state, "amend_pending");
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(6) }));
  assertEquals(manager.unsettled().length, 0);
});

Deno.test("OrderManager takes over terms the venue changed by itself, if newer", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ venueAt: micros(50), size: lots(10) }));
  manager.onOrderEvent(orderUpdate({ venueAt: micros(60), size: lots(7), price: ticks(0) }));
  manager.onOrderEvent(orderUpdate({ venueAt: micros(40), size: lots(10) }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.size, order?.price], [lots(7), ticks(1_000)]);
});

Deno.test("OrderManager gives a market order no price", () => {
  const { manager, sent } = managed();
  sent(placeOrder({ type: "market", price: undefined, timeInForce: "ioc" }));
  manager.onOrderEvent(orderUpdate({ price: ticks(1_005), size: lots(10) }));
  assertEquals(manager.order(orderId("a1"))?.price, undefined);
});

Deno.test("OrderManager ends a refused place as rejected, with the venue's reason", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(requestRefused());
  assertEquals(manager.record(orderId("a1"))?.reason, "post_only_would_take");
  assertEquals(log, ["changed a1 rejected 0", "closed a1 rejected"]);
  assertEquals(manager.counters.rejected, 1);
  assertEquals(manager.unsettled().length, 0);
  manager.onOrderEvent(requestRefused());
  assertEquals(manager.counters.strayReports, 1);
  assertBalanced(manager);
});

Deno.test("OrderManager refuses to reject what the venue has acknowledged", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  manager.onOrderEvent(requestRefused());
  assertEquals(manager.order(orderId("a1"))?.state, "new");
  assertEquals(manager.counters.refusedTransitions, 1);
});

Deno.test("OrderManager asks about an order whose id the venue calls a duplicate", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(requestRefused({ reason: "duplicate_client_order_id" }));
  assertEquals(manager.order(orderId("a1"))?.state, "unknown");
  assertEquals(asked, ["order a1"]);
});

Deno.test("OrderManager asks when the venue knows no order to cancel or amend", () => {
  for (const request of ["cancel", "amend"] as const) {
    const { manager, asked, sent } = managed();
    sent(placeOrder());
    manager.onOrderEvent(orderUpdate());
    sent(request === "cancel" ? cancelOrder() : amendOrder());
    manager.onOrderEvent(requestRefused({ request, reason: "rate_limited" }));
    assertEquals(manager.order(orderId("a1"))?.state, "new");
    sent(request === "cancel" ? cancelOrder() : amendOrder());
    manager.onOrderEvent(requestRefused({ request, reason: "unknown_order" }));
    assertEquals(manager.order(orderId("a1"))?.state, "unknown");
    assertEquals(asked, ["order a1"]);
  }
});

Deno.test("OrderManager counts a refused cancel that was not asked for", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(requestRefused({ request: "cancel", reason: "unknown_order" }));
  assertEquals(manager.order(orderId("a1"))?.state, "in_flight");
  assertEquals(manager.counters.refusedTransitions, 1);
});

Deno.test("OrderManager keeps a cancel sent before the place's answer pending through it", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  sent(cancelOrder());
  manager.onOrderEvent(orderUpdate());
  assertEquals(manager.order(orderId("a1"))?.state, "cancel_pending");
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(0) }));
  assertEquals(manager.record(orderId("a1"))?.state, "cancelled");
  sent(placeOrder({ clientOrderId: orderId("a2") }));
  sent(cancelOrder("a2"));
  const refusal = { request: "cancel", reason: "venue_unavailable" } as const;
  manager.onOrderEvent(requestRefused({ ...refusal, clientOrderId: orderId("a2") }));
  assertEquals(manager.order(orderId("a2"))?.state, "unknown");
  assertEquals(asked, ["order a2"]);
});

Deno.test("OrderManager asks after a refused cancel on top of an unanswered amend", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(20) }));
  sent(cancelOrder());
  assertEquals(manager.workingSize(BTC, "buy"), lots(20));
  manager.onOrderEvent(requestRefused({ request: "cancel", reason: "other" }));
  assertEquals([manager.order(orderId("a1"))?.state, asked.length], ["unknown", 1]);
});

Deno.test("OrderManager drops a refused amend below an unanswered cancel", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(20) }));
  sent(cancelOrder());
  manager.onOrderEvent(requestRefused({ request: "amend", reason: "amend_refused" }));
  assertEquals(manager.order(orderId("a1"))?.state, "cancel_pending");
  assertEquals(manager.workingSize(BTC, "buy"), lots(10));
});

Deno.test("OrderManager restores what a request that never left was about", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(requestLost({ outcome: "not_sent" }));
  assertEquals(manager.record(orderId("a1"))?.state, "rejected");
  sent(placeOrder({ clientOrderId: orderId("a2") }));
  manager.onOrderEvent(orderUpdate({ clientOrderId: orderId("a2") }));
  const about = { clientOrderId: orderId("a2"), outcome: "not_sent" } as const;
  sent(amendOrder({ clientOrderId: orderId("a2") }));
  manager.onOrderEvent(requestLost({ ...about, request: "amend" }));
  assertEquals(manager.order(orderId("a2"))?.state, "new");
  sent(cancelOrder("a2"));
  manager.onOrderEvent(requestLost({ ...about, request: "cancel" }));
  assertEquals(manager.order(orderId("a2"))?.state, "new");
  manager.onOrderEvent(requestLost({ ...about, request: "query" }));
  manager.onOrderEvent(requestLost({ ...about, request: "cancel" }));
  manager.onOrderEvent(requestLost({ ...about, request: "amend" }));
  manager.onOrderEvent(requestLost({ ...about, request: "place" }));
  assertEquals(manager.order(orderId("a2"))?.state, "new");
  assertEquals([manager.counters.refusedTransitions, asked.length], [3, 0]);
  assertBalanced(manager);
});

Deno.test("OrderManager takes a late second end for what it is", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(0) }));
  manager.onOrderEvent(orderUpdate({ status: "new" }));
  manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(0) }));
  assertEquals(manager.counters.refusedTransitions, 1);
  // The venue corrects itself: two were filled after all. The order waits for their executions.
  manager.onOrderEvent(orderUpdate({ status: "filled", filledSize: lots(2) }));
  assertEquals(manager.record(orderId("a1"))?.state, "cancelled");
  assertEquals(manager.unsettled().length, 1);
  manager.onOrderEvent(fillOf({ size: lots(2) }));
  assertEquals(manager.unsettled().length, 0);
});

Deno.test("OrderManager counts fills beyond an order's size and still tells them", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder({ size: lots(2) }));
  manager.onOrderEvent(fillOf({ size: lots(3) }));
  assert(log.includes("fill f1 3 maker"));
  assertEquals(manager.counters.overfills, 1);
  assertEquals(manager.workingSize(BTC, "buy"), lots(0));
});

Deno.test("OrderManager tells fills of nobody's order, and of orders long forgotten", () => {
  const { manager, log } = managed();
  manager.onOrderEvent(fillOf({ clientOrderId: orderId("") }));
  manager.onOrderEvent(fillOf({ fillId: fillId("f2"), clientOrderId: orderId("a9") }));
  assertEquals(log, ["fill f1 1 foreign", "fill f2 1 recovered"]);
});

Deno.test("OrderManager does not book a sell on a buy order, but tells it", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(fillOf({ side: "sell" }));
  assertEquals(manager.order(orderId("a1"))?.fillsSize, lots(0));
  assertEquals(log, ["fill f1 1 recovered"]);
  assertEquals(manager.counters.strayReports, 1);
});

Deno.test("OrderManager counts a cancel-all as a cancel of everything that rests", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(placeOrder({ clientOrderId: orderId("a2") }));
  sent({ kind: "cancel_all", instrument: BTC });
  assertEquals(manager.order(orderId("a1"))?.state, "cancel_pending");
  assertEquals(manager.order(orderId("a2"))?.state, "in_flight");
  sent({ kind: "arm_dead_man", instrument: BTC, timeoutMs: 1 });
  sent(cancelOrder("unheard_of"));
  assertEquals(manager.side(BTC, "buy").length, 2);
});

Deno.test("OrderManager counts an amend of a closed order and changes nothing", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(requestRefused());
  sent(amendOrder());
  assertEquals(manager.record(orderId("a1"))?.state, "rejected");
  assertEquals(manager.counters.refusedTransitions, 1);
});

Deno.test("OrderManager counts a second amend over the first at the larger size", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(20) }));
  sent(amendOrder({ size: lots(12) }));
  assertEquals(manager.workingSize(BTC, "buy"), lots(20));
  assertEquals(manager.counters.refusedTransitions, 1);
});

Deno.test("OrderManager.forEachOrder() shows own orders that may still trade", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  sent(placeOrder({ clientOrderId: orderId("a2"), side: "sell" }));
  manager.onOrderEvent(requestRefused());
  const shown: string[] = [];
  manager.forEachOrder(BTC, (order) => shown.push(`${order.clientOrderId} ${order.strategy}`));
  assertEquals(shown, [`a2 ${MAKER}`]);
});

Deno.test("OrderManager counts resting orders on an instrument's new grids", () => {
  const { manager, sent } = managed();
  manager.onInstrument(btcPerp());
  sent(placeOrder({ triggerPrice: ticks(990) }));
  manager.onOrderEvent(fillOf({ size: lots(3) }));
  sent(amendOrder({ price: ticks(1_010), size: lots(11) }));
  manager.onInstrument(instrumentOf(0, { tick: "0.01", lot: "0.002" }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.price, order?.pendingPrice], [ticks(10_000), ticks(10_100)]);
  assertEquals([order?.size, order?.fillsSize, order?.pendingSize], [lots(5), lots(2), lots(6)]);
  manager.onInstrument(instrumentOf(0, { tick: "0.01", lot: "0.002" }));
  assertEquals(order?.size, lots(5));
});

Deno.test("OrderManager keeps its terms under an unanswered amend, whatever is reported", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(12) }));
  manager.onOrderEvent(orderUpdate({ size: lots(7), price: ticks(990) }));
  const order = manager.order(orderId("a1"));
  assertEquals([order?.size, order?.price], [lots(10), ticks(1_000)]);
  assertEquals(manager.workingSize(BTC, "buy"), lots(12));
});
