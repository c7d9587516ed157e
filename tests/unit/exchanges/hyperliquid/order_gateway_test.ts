/**
 * Order entry against a venue that the test plays: answers, losses, fallbacks, limits, the switch.
 * @module
 */
import {
  clientOrderId,
  type Price,
  price,
  size,
  strategyId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { Approved, CancelOrder, PlaceOrder, ReplaceOrder } from "@/engine/messages/mod.ts";
import { OrderGateway } from "@/exchanges/hyperliquid/order_gateway.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { cloid, type FakeSession, FakeVenue } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly gateway: OrderGateway;
  readonly session: FakeSession;
}

function world(): World {
  const venue = new FakeVenue();
  const gateway = new OrderGateway(
    venue.context,
    venue.actions,
    venue.rest,
    venue.lookup,
    () => ({ bid: 841_430, ask: 841_440 }),
  );
  gateway.start();
  return { venue, gateway, session: venue.sessions[0]! };
}

function opened(): World {
  const w = world();
  w.session.open();
  assertEquals(w.venue.lines(), ["orders up"]);
  return w;
}

function place(number: number, changes: Partial<PlaceOrder> = {}): Approved<PlaceOrder> {
  const request: PlaceOrder = {
    kind: "place_order",
    instrument: 0 as PlaceOrder["instrument"],
    clientOrderId: clientOrderId(cloid(number)),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: false,
    reduceOnly: false,
    price: price(841_430),
    triggerPrice: undefined,
    size: size(1_000),
    ...changes,
  };
  // Only the risk gate approves; this test stands where the core would.
  return request as typeof request & Approved<PlaceOrder>;
}

function replace(number: number): Approved<ReplaceOrder> {
  const request: ReplaceOrder = {
    kind: "replace_order",
    instrument: 0 as ReplaceOrder["instrument"],
    clientOrderId: clientOrderId(cloid(number)),
    venueOrderId: venueOrderId("7"),
    newClientOrderId: clientOrderId(cloid(number + 1)),
    strategy: strategyId("maker"),
    side: "buy",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(841_420),
    size: size(500),
  };
  return request as typeof request & Approved<ReplaceOrder>;
}

function cancel(number: number): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: 0 as CancelOrder["instrument"],
    clientOrderId: clientOrderId(cloid(number)),
    venueOrderId: undefined,
  };
}

interface Frame {
  readonly method: string;
  readonly id: number;
  readonly request: {
    readonly payload: {
      readonly action: Record<string, unknown>;
      readonly nonce: number;
      readonly expiresAfter?: number;
    };
  };
}

function lastFrame(session: FakeSession): Frame {
  return JSON.parse(session.sent.at(-1)!) as Frame;
}

/** Answers the last frame with an action's answer. */
function answer(session: FakeSession, payload: unknown): void {
  const { id } = lastFrame(session);
  session.say({ channel: "post", data: { id, response: { type: "action", payload } } });
}

function answerStatuses(session: FakeSession, type: string, ...statuses: unknown[]): void {
  answer(session, { status: "ok", response: { type, data: { statuses } } });
}

Deno.test("OrderGateway posts a signed action and tells what the answer states", () => {
  const { venue, gateway, session } = opened();
  venue.knowClock(250);
  assertEquals(gateway.send(place(1)), "sent");
  const { method, request } = lastFrame(session);
  assertEquals(method, "post");
  assertEquals(request.payload.action["type"], "order");
  assertEquals(request.payload.expiresAfter, venue.clock.now() / 1_000 + 250 + 5_000);
  assertEquals(gateway.pendingCount, 1);
  answerStatuses(session, "order", { resting: { oid: 77_738_308, cloid: cloid(1) } });
  const [order] = venue.drain();
  assert(order?.kind === "order");
  assertEquals([order.status, order.venueOrderId as string], ["new", "77738308"]);
  assertEquals(order.price, 841_430 as Price);
  assertEquals(gateway.pendingCount, 0);
  assertEquals(venue.context.counters.ordersSent, 1);
});

Deno.test("OrderGateway reads every status of an order", () => {
  const ioc = { timeInForce: "ioc" } as const;
  const filled = (totalSz: string) => ({ filled: { totalSz, avgPx: "84143.5", oid: 9 } });
  const cases: readonly (readonly [Partial<PlaceOrder>, unknown, string])[] = [
    [{}, filled("0.01"), "order #1 filled 1000"],
    [{}, filled("0.004"), "order #1 partially_filled 400"],
    [ioc, filled("0.004"), "order #1 cancelled 400 not_filled"],
    [ioc, filled("0.01"), "order #1 filled 1000"],
    [{}, "waitingForTrigger", "order #1 new"],
    [{}, "waitingForFill", "order #1 new"],
    [
      {},
      { error: "Post only order would have immediately matched, bbo was 1@2. asset=0" },
      "refused place #1 post_only_would_take",
    ],
    [
      ioc,
      { error: "Order could not immediately match against any resting orders. asset=0" },
      "order #1 cancelled 0 not_filled",
    ],
    [{}, filled("0.0000001"), "lost place #1 unknown"],
    [{}, { surprise: 1 }, "lost place #1 unknown"],
    [{}, null, "lost place #1 unknown"],
  ];
  for (const [changes, status, wanted] of cases) {
    const { venue, gateway, session } = opened();
    gateway.send(place(1, changes));
    answerStatuses(session, "order", status);
    assertEquals(venue.lines(), [wanted]);
  }
});

Deno.test("OrderGateway reads answers of cancels and of modifies", () => {
  const { venue, gateway, session } = opened();
  gateway.send(cancel(1));
  assertEquals(lastFrame(session).request.payload.expiresAfter, undefined);
  answerStatuses(session, "cancel", "success");
  gateway.send(cancel(2));
  const gone = "Order was never placed, already canceled, or filled. asset=0";
  answerStatuses(session, "cancel", { error: gone });
  gateway.send(cancel(3));
  answer(session, { status: "ok", response: { type: "cancel", data: {} } });
  assertEquals(venue.lines(), [
    "order #1 cancelled",
    "refused cancel #2 unknown_order",
    "lost cancel #3 unknown",
  ]);
  gateway.send(replace(4));
  answer(session, { status: "ok", response: { type: "default" } });
  assertEquals(venue.lines(), [], "an acknowledgement moves nothing");
  gateway.send(replace(4));
  answerStatuses(session, "order", { resting: { oid: 8 } });
  gateway.send(replace(6));
  answer(session, { status: "err", response: "Cannot modify canceled or filled order" });
  gateway.send(replace(8));
  answer(session, {
    status: "err",
    response: "Error placing new order during modify: Insufficient margin to place order.",
  });
  assertEquals(venue.lines(), [
    "order #5 new",
    "refused replace #6 unknown_order",
    "order #8 cancelled",
    "order #9 rejected insufficient_balance",
  ]);
});

Deno.test("OrderGateway reports an unanswered request lost, once, and never sends it again", () => {
  const { venue, gateway, session } = opened();
  gateway.send(place(1));
  gateway.send(cancel(2));
  const late = lastFrame(session).id;
  venue.clock.advance(7_000);
  assertEquals(venue.lines(), ["lost place #1 unknown", "lost cancel #2 unknown"]);
  const response = { type: "action", payload: { status: "ok", response: { type: "default" } } };
  session.say({ channel: "post", data: { id: late, response } });
  session.say({ channel: "post", data: {} });
  session.say({ channel: "pong" });
  session.say("Websocket connection established.");
  session.say({ channel: "error", data: "Error parsing JSON into valid websocket request" });
  assertEquals(venue.lines(), []);
  assertEquals(session.sent.length, 2);
  assertEquals(venue.clock.pendingCount, 0, "nothing is watched any more");
});

Deno.test("OrderGateway reports all pending requests lost when the socket is cut", () => {
  const { venue, gateway, session } = opened();
  gateway.send(place(1));
  gateway.send(replace(2));
  session.drop("cut");
  assertEquals(venue.lines(), [
    "orders down",
    "lost place #1 unknown",
    "lost replace #2 unknown",
  ]);
  assertEquals(gateway.pendingCount, 0);
});

Deno.test("OrderGateway uses REST while the socket is down", () => {
  const { venue, gateway } = world();
  assertEquals(gateway.send(place(1)), "sent");
  const body = venue.answer("/exchange", {
    status: "ok",
    response: { type: "order", data: { statuses: [{ resting: { oid: 5 } }] } },
  });
  assertEquals((body["action"] as Record<string, unknown>)["type"], "order");
  gateway.send(place(2));
  venue.answer("/exchange", { status: "err", response: "Insufficient margin to place order." });
  gateway.send(place(3));
  venue.answer("/exchange", "<html>Bad Gateway</html>", 502);
  gateway.send(place(4));
  venue.answer("/exchange", "Failed to deserialize the JSON body", 422);
  gateway.send(place(5));
  venue.answer("/exchange", [1]);
  assertEquals(venue.lines(), [
    "order #1 new",
    "refused place #2 insufficient_balance",
    "lost place #3 unknown",
    "refused place #4 not_supported",
    "lost place #5 unknown",
  ]);
  gateway.send(place(6));
  venue.fail("/exchange", false);
  assertEquals(venue.lines(), ["lost place #6 not_sent"]);
  assertEquals(gateway.send(place(7)), "not_connected", "REST failed a moment ago");
  venue.clock.advance(1_100);
  assertEquals(gateway.send(place(8)), "sent");
  venue.fail("/exchange", true);
  assertEquals(venue.lines(), ["lost place #8 unknown"]);
});

Deno.test("OrderGateway signs again once what the venue did not take for its nonce", () => {
  const { venue, gateway, session } = opened();
  gateway.send(place(1));
  const first = lastFrame(session).request.payload.nonce;
  const stale = { status: "err", response: "Invalid nonce: nonce too low 4 < 5" };
  answer(session, stale);
  assertEquals(session.sent.length, 2);
  assert(lastFrame(session).request.payload.nonce > first);
  answer(session, stale);
  assertEquals(session.sent.length, 2, "not a third time");
  assertEquals(venue.lines(), ["refused place #1 timestamp"]);
  gateway.send(place(2));
  answer(session, { status: "err", response: "Invalid nonce: duplicate nonce 5" });
  assertEquals(venue.lines(), ["lost place #2 unknown"], "the first may have arrived");
  gateway.send(place(3));
  session.accepts = false;
  answer(session, stale);
  assertEquals(venue.lines(), ["lost place #3 not_sent"]);
});

Deno.test("OrderGateway obeys the venue's limits and says which", () => {
  const { venue, gateway, session } = opened();
  gateway.send(place(1));
  const { id } = lastFrame(session);
  const response = { type: "error", payload: "429 Too Many Requests" };
  session.say({ channel: "post", data: { id, response } });
  gateway.send(place(2));
  answer(session, {
    status: "err",
    response: "Too many cumulative requests sent (10001 > 10000) for cumulative volume traded $0.",
  });
  assertEquals(venue.lines(), [
    "rate limit ",
    "refused place #1 rate_limited",
    "rate limit address_actions",
    "refused place #2 rate_limited",
  ]);
  assertEquals(venue.context.counters.rateLimited, 2);
});

Deno.test("OrderGateway bounds what is pending and what it is asked for", () => {
  const { venue, gateway, session } = opened();
  for (let number = 1; number <= 90; number++) assertEquals(gateway.send(place(number)), "sent");
  assertEquals(gateway.send(place(91)), "back_pressured");
  session.drop("cut");
  session.open();
  venue.drain();
  session.accepts = false;
  assertEquals(gateway.send(place(92)), "back_pressured");
  session.accepts = true;
  assertEquals(gateway.send(place(93, { timeInForce: "fok" })), "not_supported");
  const all = { kind: "cancel_all", instrument: 0 as PlaceOrder["instrument"] } as const;
  assertEquals(gateway.send(all), "not_supported");
  const elsewhere = { instrument: 99 as PlaceOrder["instrument"] };
  assertEquals(gateway.send(place(94, elsewhere)), "not_connected");
  gateway.stop();
  assertEquals(gateway.send(place(95)), "not_connected");
  assertEquals(gateway.pendingCount, 0);
});

Deno.test("OrderGateway prices a market order from the touch", () => {
  const { gateway, session } = opened();
  gateway.send(place(1, { type: "market", price: undefined, timeInForce: "ioc" }));
  const orders = lastFrame(session).request.payload.action["orders"] as { p: string }[];
  assertEquals(orders[0]!.p, "88351");
});

Deno.test("OrderGateway keeps one dead-man switch for all instruments", () => {
  const { venue, gateway, session } = opened();
  const arm = (instrument: number, timeoutMs: number) =>
    gateway.armDeadMan({
      kind: "arm_dead_man",
      instrument: instrument as PlaceOrder["instrument"],
      timeoutMs,
    });
  assertEquals(arm(0, 0), "sent");
  assertEquals(session.sent.length, 0, "nothing to clear");
  assertEquals(arm(0, 60_000), "sent");
  assertEquals(lastFrame(session).request.payload.action, {
    type: "scheduleCancel",
    time: venue.clock.now() / 1_000 + 60_000,
  });
  answer(session, { status: "ok", response: { type: "default" } });
  arm(1, 60_000);
  arm(0, 0);
  assertEquals(session.sent.length, 1, "set a moment ago, and still wanted");
  venue.clock.advance(6_000);
  arm(1, 60_000);
  assertEquals(session.sent.length, 2);
  arm(1, 0);
  assertEquals(lastFrame(session).request.payload.action, { type: "scheduleCancel" });
  arm(0, 60_000);
  assertEquals(session.sent.length, 4);
  answer(session, {
    status: "err",
    response: "Cannot set scheduled cancel time until enough volume traded. Required: $1000000.",
  });
  venue.clock.advance(10_000);
  arm(0, 60_000);
  assertEquals(session.sent.length, 4, "refused: not asked for again at once");
  assertEquals(venue.lines(), []);
  assert(venue.logged.includes("warn: dead-man switch was not armed"));
});
