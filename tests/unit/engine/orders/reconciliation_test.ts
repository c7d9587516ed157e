/**
 * Our records against the venue's account report.
 * @module
 */
import { fillId, instrumentIndex, micros } from "@/engine/domain/mod.ts";
import { positionDifferences, reconcileOrders } from "@/engine/orders/reconciliation.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  accountReport,
  amendOrder,
  atSeconds,
  btcPerp,
  cancelOrder,
  fillOf,
  lots,
  orderId,
  orderUpdate,
  placeOrder,
  positionUpdate,
  ticks,
  venueId,
} from "@/tests/support/builders.ts";
import { assertBalanced, managed } from "./_managed.ts";

const BTC = btcPerp().index;

/** An order of the list, with what a list says. */
function listed(id: string, changes: Parameters<typeof orderUpdate>[0] = {}) {
  return orderUpdate({
    source: "query",
    clientOrderId: orderId(id),
    venueOrderId: venueId(`v-${id}`),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    price: ticks(1_000),
    size: lots(10),
    filledSize: lots(0),
    ...changes,
  });
}

Deno.test("reconciliation adopts own orders of an earlier start, their strategy unknown", () => {
  const { manager, asked } = managed();
  const openOrders = [listed("a7", { filledSize: lots(4), status: "partially_filled" })];
  manager.onAccountReport(accountReport({ openOrders }));
  const order = manager.order(orderId("a7"));
  assertEquals([order?.state, order?.strategy], ["partially_filled", "recovered"]);
  assertEquals(manager.workingSize(BTC, "buy"), lots(6));
  assertEquals([manager.counters.recovered, manager.counters.placed], [1, 0]);
  manager.onTimer(atSeconds(60));
  assertEquals(asked, []);
});

Deno.test("reconciliation follows foreign orders without touching or asking", () => {
  const { manager, asked, sent } = managed();
  const foreign = listed("web1", { filledSize: lots(3) });
  manager.onAccountReport(accountReport({ openOrders: [foreign] }));
  assertEquals(manager.workingSize(BTC, "buy"), lots(7));
  assertEquals([manager.openOrderCount(BTC), manager.ownBest(BTC, "buy")], [0, ticks(0)]);
  const filled = fillOf({ clientOrderId: orderId("web1"), venueOrderId: venueId("v-web1") });
  manager.onOrderEvent(filled);
  sent(cancelOrder("web1"));
  manager.onTimer(atSeconds(60));
  assertEquals(asked, []);
  manager.onOrderEvent({ ...foreign, status: "cancelled", at: atSeconds(1) });
  assertEquals(manager.workingSize(BTC, "buy"), lots(0));
  manager.onOrderEvent({ ...foreign, status: "cancelled", at: atSeconds(2) });
  assertEquals(manager.counters.strayReports, 1);
});

Deno.test("reconciliation forgets foreign orders that are no longer listed", () => {
  const { manager } = managed();
  manager.onAccountReport(accountReport({ openOrders: [listed("web1")] }));
  manager.onAccountReport(accountReport({ askedAt: atSeconds(5), at: atSeconds(6) }));
  assertEquals(manager.workingSize(BTC, "buy"), lots(0));
});

Deno.test("foreign orders are followed up to their bound, more are counted", () => {
  const { manager } = managed({ foreignMax: 1 });
  manager.onAccountReport(accountReport({ openOrders: [listed("web1"), listed("web2")] }));
  assertEquals([manager.counters.foreign, manager.counters.strayReports], [1, 1]);
  manager.onOrderEvent({ ...listed("web1"), status: "filled", at: atSeconds(1) });
  manager.onOrderEvent({ ...listed("web3"), at: atSeconds(2) });
  assertEquals(manager.counters.foreign, 2);
});

Deno.test("an order that cannot be followed by name or size is counted as stray", () => {
  const { manager } = managed();
  manager.onOrderEvent(orderUpdate({ clientOrderId: orderId("web1"), side: "buy", size: lots(1) }));
  manager.onOrderEvent(orderUpdate({ clientOrderId: orderId("a5") }));
  manager.onOrderEvent(listed("a6", { status: "cancelled" }));
  assertEquals(manager.counters.strayReports, 3);
});

Deno.test("reconciliation asks about orders that should be listed and are not", () => {
  const { manager, asked, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(placeOrder({ clientOrderId: orderId("a2") }), atSeconds(3));
  const report = accountReport({ askedAt: atSeconds(2), at: atSeconds(4) });
  manager.onAccountReport(report);
  assertEquals(manager.order(orderId("a1"))?.state, "unknown");
  assertEquals(manager.order(orderId("a2"))?.state, "in_flight");
  assertEquals(asked, ["order a1"]);
  manager.onAccountReport(report);
  assertEquals(asked, ["order a1"]);
});

Deno.test("reconciliation brings an order that has not moved since to the venue's terms", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  const openOrders = [listed("a1", { size: lots(8), at: atSeconds(4) })];
  manager.onAccountReport(accountReport({ askedAt: atSeconds(3), at: atSeconds(4), openOrders }));
  assertEquals(manager.order(orderId("a1"))?.size, lots(8));
});

Deno.test("reconciliation leaves alone what moved after the question was asked", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(orderUpdate());
  sent(amendOrder({ size: lots(20) }), atSeconds(3));
  const openOrders = [listed("a1", { at: atSeconds(4) })];
  manager.onAccountReport(accountReport({ askedAt: atSeconds(3), at: atSeconds(4), openOrders }));
  assertEquals(manager.order(orderId("a1"))?.state, "amend_pending");
  assertEquals(manager.workingSize(BTC, "buy"), lots(20));
});

Deno.test("fills of a first report are the past, except of orders of this run", () => {
  const { manager, log, sent } = managed();
  sent(placeOrder());
  const past = fillOf({ clientOrderId: orderId("a0"), fillId: fillId("f0"), venueAt: micros(50) });
  const own = fillOf({ fillId: fillId("f1"), venueAt: micros(60), size: lots(2) });
  manager.onAccountReport(accountReport({ fills: [own, past] }));
  assertEquals(log, ["fill f1 2 maker", "changed a1 partially_filled 2"]);
  manager.onOrderEvent(past);
  assertEquals([manager.counters.historyFills, manager.counters.duplicateFills], [1, 1]);
  assertBalanced(manager);
});

Deno.test("unseen fills of a later report are applied, unless older than the first one's", () => {
  const { manager, log } = managed();
  const first = fillOf({ clientOrderId: orderId("a0"), venueAt: micros(50) });
  manager.onAccountReport(accountReport({ fills: [first] }));
  const older = fillOf({ clientOrderId: orderId("a0"), fillId: fillId("f0"), venueAt: micros(40) });
  const missed = fillOf({ clientOrderId: orderId(""), fillId: fillId("f2"), venueAt: micros(60) });
  const report = accountReport({ at: atSeconds(9), askedAt: atSeconds(8) });
  manager.onAccountReport({ ...report, fills: [missed, first, older] });
  assertEquals(log, ["fill f2 1 foreign"]);
  assertEquals(manager.counters.historyFills, 2);
});

Deno.test("fills from before an order was found are part of the opening position", () => {
  const { manager, log } = managed();
  const openOrders = [listed("a7", { filledSize: lots(4), venueAt: micros(100) })];
  manager.onAccountReport(accountReport({ openOrders }));
  log.length = 0;
  const about = { clientOrderId: orderId("a7") };
  manager.onOrderEvent(fillOf({ ...about, fillId: fillId("f1"), venueAt: micros(90) }));
  assertEquals([log.length, manager.counters.historyFills], [0, 1]);
  manager.onOrderEvent(fillOf({ ...about, fillId: fillId("f2"), venueAt: micros(110) }));
  assertEquals(log[0], "fill f2 1 recovered");
  assertEquals(manager.order(orderId("a7"))?.filledSize, lots(5));
});

Deno.test("an own order found after the first report owes all its executions", () => {
  const { manager, asked } = managed();
  manager.onAccountReport(accountReport());
  manager.onOrderEvent({ ...listed("a7", { filledSize: lots(4) }), at: atSeconds(1) });
  manager.onTimer(atSeconds(2));
  assertEquals(asked, ["fills a7"]);
});

Deno.test("an order that lives on under a new venue name is taken up again", () => {
  const { manager, sent } = managed();
  sent(placeOrder());
  manager.onOrderEvent(listed("a1", { venueOrderId: venueId("v1"), source: "stream" }));
  manager.onOrderEvent(
    listed("a1", { venueOrderId: venueId("v1"), status: "cancelled", source: "stream" }),
  );
  assertEquals(manager.order(orderId("a1")), undefined);
  manager.onOrderEvent(listed("a1", { venueOrderId: venueId("v2"), source: "stream" }));
  assertEquals(manager.order(orderId("a1"))?.state, "new");
  assertEquals(manager.order(orderId("a1"))?.origin, "recovered");
  assertBalanced(manager);
});

Deno.test("positionDifferences() finds where the venue and we do not agree", () => {
  const ours = new Map([[BTC, 5], [instrumentIndex(1), -3], [instrumentIndex(2), 0]]);
  const report = {
    positions: [positionUpdate(4), positionUpdate(0, { instrument: instrumentIndex(2) })],
  };
  const found = positionDifferences(report, [...ours.keys()], (index) => ours.get(index) ?? 0);
  assertEquals(found, [
    { instrument: BTC, ours: 5, theirs: 4 },
    { instrument: instrumentIndex(1), ours: -3, theirs: 0 },
  ]);
  assert(positionDifferences(report, [BTC], () => 4).length === 0);
});

Deno.test("reconcileOrders() passes over a listed order that moved since", () => {
  const { manager, sent } = managed();
  sent(placeOrder(), atSeconds(3));
  const records = {
    liveOrders: () => manager.unsettled(),
    find: () => manager.record(orderId("a1")),
    isFillCounted: () => false,
  };
  const openOrders = [listed("a1")];
  const early = reconcileOrders(records, accountReport({ askedAt: atSeconds(3), openOrders }));
  assertEquals([early.updates.length, early.missing.length], [0, 0]);
  const later = reconcileOrders(records, accountReport({ askedAt: atSeconds(4), openOrders }));
  assertEquals([later.updates.length, later.missing.length], [1, 0]);
});
