/**
 * Silence: requests without an answer are asked about until they are resolved, never sent again.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  amendOrder,
  atSeconds,
  cancelOrder,
  fillOf,
  lots,
  orderId,
  orderNotFound,
  orderUpdate,
  placeOrder,
  replaceOrder,
  requestLost,
  requestRefused,
  ticks,
} from "@/tests/support/builders.ts";
import { assertBalanced, type Managed, managed } from "./_managed.ts";

/** Timers every 100 ms; the venue answers each question by `answer`. */
function run(house: Managed, from: number, to: number, answer: (seconds: number) => void): void {
  for (let tenth = Math.round(from * 10); tenth <= to * 10; tenth++) {
    const before = house.asked.length;
    house.manager.onTimer(atSeconds(tenth / 10));
    if (house.asked.length > before) answer(tenth / 10 + 0.05);
  }
}

Deno.test("an unanswered place becomes unknown and is asked about with growing pauses", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onTimer(atSeconds(1.4));
  assertEquals(house.manager.order(orderId("a1"))?.state, "in_flight");
  house.manager.onTimer(atSeconds(1.5));
  const order = house.manager.order(orderId("a1"));
  assertEquals([order?.state, order?.unknownSince], ["unknown", atSeconds(1.5)]);
  assertEquals(house.manager.unresolvedSince(), atSeconds(1.5));
  run(house, 1.6, 20, () => {});
  // 1.5, 1.75, 2.25, 3.25, 5.25, 9.25, 13.25, 17.25
  assertEquals(house.asked.length, 8);
  assertEquals(house.manager.counters.orderQueries, 8);
  assertEquals(house.manager.counters.inFlight, 1);
});

Deno.test("a place is rejected only after two answers of not found, a safe span apart", () => {
  const house = managed();
  house.sent(placeOrder());
  const answers: number[] = [];
  run(house, 0, 30, (seconds) => {
    answers.push(seconds);
    house.manager.onOrderEvent(orderNotFound(atSeconds(seconds)));
  });
  const record = house.manager.record(orderId("a1"));
  assertEquals([record?.state, record?.isInferred], ["rejected", true]);
  assert(answers.at(-1)! - answers[0]! >= 1);
  assert(answers.at(-1)! < 5);
  assertEquals(house.manager.unsettled().length, 0);
  assertEquals(house.manager.unresolvedSince(), micros(0));
  assertBalanced(house.manager);
});

Deno.test("a lost place that the venue has is found and rests", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(requestLost({ at: atSeconds(0.2) }));
  assertEquals(house.asked, ["order a1"]);
  house.manager.onOrderEvent(orderUpdate({ source: "query", at: atSeconds(0.3) }));
  const order = house.manager.order(orderId("a1"));
  assertEquals([order?.state, order?.unknownSince], ["new", micros(0)]);
});

Deno.test("a fill resolves an unknown place", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(requestLost());
  house.manager.onOrderEvent(fillOf({ size: lots(2) }));
  assertEquals(house.manager.order(orderId("a1"))?.state, "partially_filled");
  house.manager.onTimer(atSeconds(30));
  assertEquals(house.asked.length, 1);
});

Deno.test("a question that cannot leave is due at every timer and not counted", () => {
  const house = managed();
  house.link.isUp = false;
  house.sent(placeOrder());
  run(house, 0, 10, () => {});
  assertEquals(house.manager.counters.orderQueries, 0);
  house.link.isUp = true;
  house.manager.onTimer(atSeconds(10.1));
  assertEquals(house.asked, ["order a1"]);
});

Deno.test("everything is resolved within 30 s of the venue being reachable again", () => {
  const house = managed();
  house.link.isUp = false;
  for (let order = 0; order < 20; order++) {
    house.sent(placeOrder({ clientOrderId: orderId(`a${order}`) }));
  }
  run(house, 0, 300, () => {});
  house.link.isUp = true;
  run(house, 300, 330, (seconds) => {
    for (const asked of house.asked.splice(0)) {
      house.manager.onOrderEvent(orderNotFound(atSeconds(seconds), asked.slice(6)));
    }
  });
  assertEquals(house.manager.unsettled().length, 0);
  assertEquals(house.manager.counters.rejected, 20);
});

Deno.test("a link that comes back makes questions due at once", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(requestLost({ at: atSeconds(1) }));
  const acked = placeOrder({ clientOrderId: orderId("a2") });
  house.sent(acked, atSeconds(1));
  house.manager.onOrderEvent(
    orderUpdate({ clientOrderId: orderId("a2"), at: atSeconds(1), filledSize: lots(1) }),
  );
  run(house, 1, 9.3, () => {});
  const before = house.asked.length;
  const link = { kind: "connection", venue: "binance", account: undefined, reason: "" } as const;
  const at = atSeconds(9.4);
  house.manager.onConnection({ ...link, link: "orders", state: "down", at });
  house.manager.onConnection({ ...link, link: "market", state: "up", at });
  house.manager.onConnection({ ...link, venue: "okx", link: "orders", state: "up", at });
  house.manager.onTimer(at);
  assertEquals(house.asked.length, before);
  house.manager.onConnection({ ...link, link: "orders", state: "up", at });
  house.manager.onTimer(at);
  assertEquals(house.asked.slice(before), ["order a1", "fills a2"]);
});

Deno.test("an unanswered cancel or amend is resolved by the same question, not too early", () => {
  for (const request of [cancelOrder(), amendOrder()]) {
    const house = managed();
    house.sent(placeOrder());
    house.manager.onOrderEvent(orderUpdate());
    house.sent(request);
    house.manager.onTimer(atSeconds(1.5));
    const unchanged = orderUpdate({ source: "query", price: ticks(1_000), size: lots(10) });
    house.manager.onOrderEvent({ ...unchanged, at: atSeconds(1.6) });
    // The request may still be on its way.
    assertEquals(house.manager.order(orderId("a1"))?.state, "unknown");
    // A stream report from before says nothing either.
    house.manager.onOrderEvent({ ...unchanged, source: "stream", at: atSeconds(5) });
    assertEquals(house.manager.order(orderId("a1"))?.state, "unknown");
    house.manager.onTimer(atSeconds(2.2));
    house.manager.onOrderEvent({ ...unchanged, at: atSeconds(2.3) });
    const order = house.manager.order(orderId("a1"));
    assertEquals([order?.state, order?.worstLeaves], ["new", lots(10)]);
  }
});

Deno.test("a lost amend that arrived is resolved by the terms it asked for", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(orderUpdate());
  house.sent(amendOrder());
  house.manager.onOrderEvent(requestLost({ request: "amend", at: atSeconds(0.1) }));
  const done = orderUpdate({ price: ticks(1_001), size: lots(10), at: atSeconds(0.2) });
  house.manager.onOrderEvent(done);
  const order = house.manager.order(orderId("a1"));
  assertEquals([order?.state, order?.price], ["new", ticks(1_001)]);
});

Deno.test("an answer to a question asked before the terms changed does not bring them back", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(requestLost({ at: atSeconds(0.1) }));
  house.manager.onOrderEvent(
    orderUpdate({ price: ticks(1_000), size: lots(9), at: atSeconds(0.2) }),
  );
  const late = orderUpdate({ source: "query", size: lots(10), at: atSeconds(0.3) });
  house.manager.onOrderEvent(late);
  assertEquals(house.manager.order(orderId("a1"))?.size, lots(9));
});

Deno.test("an acknowledged order the venue no longer knows is gone, its fills sought", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(orderUpdate());
  house.manager.onOrderEvent(orderNotFound(atSeconds(5)));
  assertEquals(house.manager.order(orderId("a1"))?.state, "unknown");
  run(house, 5.1, 8, (seconds) => {
    if (house.asked.at(-1) === "order a1") {
      house.manager.onOrderEvent(orderNotFound(atSeconds(seconds)));
    }
  });
  const record = house.manager.record(orderId("a1"));
  assertEquals([record?.state, record?.isInferred], ["cancelled", true]);
  house.manager.onOrderEvent(fillOf({ size: lots(3), at: atSeconds(8.5) }));
  run(house, 9, 40, () => {});
  assertEquals(house.asked.filter((line) => line === "fills a1").length, 4);
  assertEquals(house.manager.unsettled().length, 0);
  assertBalanced(house.manager);
});

Deno.test("a closed order that the venue has forgotten waits for nothing more", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(orderUpdate({ status: "cancelled" }));
  assertEquals(house.manager.unsettled().length, 1);
  house.manager.onOrderEvent(orderNotFound(atSeconds(2)));
  assertEquals(house.manager.unsettled().length, 0);
  house.manager.onOrderEvent(orderNotFound(atSeconds(2), "nobody"));
  house.manager.onOrderEvent(requestLost({ clientOrderId: orderId("nobody") }));
  assertEquals(house.manager.counters.strayReports, 2);
});

Deno.test("an order thought never to have been that rests after all is taken up again", () => {
  const house = managed();
  house.sent(placeOrder());
  run(house, 0, 6, (seconds) => house.manager.onOrderEvent(orderNotFound(atSeconds(seconds))));
  assertEquals(house.manager.record(orderId("a1"))?.state, "rejected");
  house.manager.onOrderEvent(orderUpdate({ at: atSeconds(7) }));
  const order = house.manager.order(orderId("a1"));
  assertEquals([order?.state, order?.origin, order?.strategy], ["new", "recovered", "maker"]);
  assertEquals(order?.worstLeaves, lots(10));
  assertEquals([house.manager.counters.rejected, house.manager.counters.recoveredOpen], [1, 1]);
  house.manager.onOrderEvent(fillOf({ size: lots(10), at: atSeconds(8) }));
  assertEquals(house.manager.counters.recoveredOpen, 0);
  assertBalanced(house.manager);
});

Deno.test("a replace counts both orders until each is answered", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(orderUpdate());
  house.sent(replaceOrder());
  assertEquals(house.manager.workingSize(placeOrder().instrument, "buy"), lots(20));
  house.manager.onOrderEvent(orderUpdate({ status: "cancelled", filledSize: lots(0) }));
  house.manager.onOrderEvent(orderUpdate({ clientOrderId: orderId("a2") }));
  assertEquals(house.manager.workingSize(placeOrder().instrument, "buy"), lots(10));
  const { placed, amended, cancelled, open } = house.manager.counters;
  assertEquals([placed, amended, cancelled, open], [2, 1, 1, 1]);
  assertBalanced(house.manager);
});

Deno.test("a refused replace rejects the new order and asks after the old", () => {
  for (const named of ["a1", "a2"]) {
    const house = managed();
    house.sent(placeOrder());
    house.manager.onOrderEvent(orderUpdate());
    house.sent(replaceOrder());
    const about = { clientOrderId: orderId(named), request: "replace" } as const;
    house.manager.onOrderEvent(requestRefused(about));
    assertEquals(house.manager.record(orderId("a2"))?.state, "rejected");
    assertEquals(house.manager.order(orderId("a1"))?.state, "unknown");
    assertEquals(house.asked, ["order a1"]);
    assertBalanced(house.manager);
  }
});

Deno.test("a lost replace makes both unknown, one that never left restores the old", () => {
  for (const outcome of ["unknown", "not_sent"] as const) {
    const house = managed();
    house.sent(placeOrder());
    house.manager.onOrderEvent(orderUpdate());
    house.sent(replaceOrder());
    house.manager.onOrderEvent(requestLost({ request: "replace", outcome }));
    const states = ["a1", "a2"].map((id) => house.manager.record(orderId(id))?.state);
    assertEquals(states, outcome === "unknown" ? ["unknown", "unknown"] : ["new", "rejected"]);
    assertBalanced(house.manager);
  }
});

Deno.test("two answers of not found do not count while the place may still be on its way", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(requestLost({ at: atSeconds(0.1) }));
  house.manager.onOrderEvent(orderNotFound(atSeconds(0.2)));
  house.manager.onOrderEvent(orderNotFound(atSeconds(1.9)));
  assertEquals(house.manager.order(orderId("a1"))?.state, "unknown");
  house.manager.onOrderEvent(orderNotFound(atSeconds(2)));
  assertEquals(house.manager.record(orderId("a1"))?.state, "rejected");
});

Deno.test("a place that is said not to have left, and yet was acknowledged, stays", () => {
  const house = managed();
  house.sent(placeOrder());
  house.manager.onOrderEvent(orderUpdate());
  house.sent(cancelOrder());
  house.manager.onOrderEvent(requestLost({ outcome: "not_sent" }));
  assertEquals(house.manager.order(orderId("a1"))?.state, "cancel_pending");
  assertEquals(house.manager.counters.refusedTransitions, 1);
});
