/**
 * Order entry: pairing by id, the way over REST, losses, limits, and the clock's one retry.
 * @module
 */
import { clientOrderId, price, size, strategyId, venueOrderId } from "@/engine/domain/mod.ts";
import type { AmendOrder, CancelOrder, PlaceOrder, ReplaceOrder } from "@/engine/messages/mod.ts";
import { OrderGateway } from "@/exchanges/binance/order_gateway.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeProduct, type FakeSession } from "./fake_product.ts";

interface World {
  readonly venue: FakeProduct;
  readonly gateway: OrderGateway;
  readonly session: FakeSession;
}

function world(product: "spot" | "perpetual", open = true): World {
  const venue = new FakeProduct(product);
  const gateway = new OrderGateway(venue.context, venue.signer, venue.rest, venue.lookup);
  gateway.start();
  const session = venue.sessions[0]!;
  if (open) session.open();
  venue.drain();
  return { venue, gateway, session };
}

function place({ venue }: World, changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: venue.instrument.index,
    clientOrderId: clientOrderId("mm-1"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640000),
    triggerPrice: undefined,
    size: size(100),
    ...changes,
  };
}

function cancel({ venue }: World, changes: Partial<CancelOrder> = {}): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: venue.instrument.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
    ...changes,
  };
}

function amend({ venue }: World): AmendOrder {
  return {
    kind: "amend_order",
    instrument: venue.instrument.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: venueOrderId("7"),
    strategy: strategyId("maker"),
    side: "buy",
    price: price(640000),
    size: size(50),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
  };
}

function replace({ venue }: World): ReplaceOrder {
  return {
    kind: "replace_order",
    instrument: venue.instrument.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
    newClientOrderId: clientOrderId("mm-2"),
    strategy: strategyId("maker"),
    side: "buy",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640000),
    size: size(100),
  };
}

const PERP_ORDER = {
  orderId: 7,
  symbol: "BTCUSDT",
  status: "NEW",
  clientOrderId: "mm-1",
  price: "64000.00",
  avgPrice: "0.00",
  origQty: "0.100",
  executedQty: "0",
  timeInForce: "GTX",
  type: "LIMIT",
  side: "BUY",
  updateTime: 1767225600000,
};
const SPOT_ORDER = {
  symbol: "BTCUSDT",
  orderId: 8,
  clientOrderId: "mm-1",
  transactTime: 1767225600000,
  price: "6400.00",
  origQty: "0.00100000",
  executedQty: "0",
  cummulativeQuoteQty: "0",
  status: "NEW",
  timeInForce: "GTC",
  type: "LIMIT_MAKER",
  side: "BUY",
};

Deno.test("OrderGateway tells the order links up and down", () => {
  const { venue, session } = world("perpetual", false);
  assertEquals(session.plan.name, "binance perpetual orders");
  session.open();
  session.open(true);
  session.drop("cut");
  const links = venue.drain().map((event) => event.kind === "connection" ? event.state : "?");
  assertEquals(links, ["up", "down"], "a rotation is no change");
});

Deno.test("OrderGateway pairs answers with requests by id, in any order", () => {
  const w = world("perpetual");
  assertEquals(w.gateway.send(place(w)), "sent");
  const first = w.session.lastFrame();
  assertEquals(w.gateway.send(place(w, { clientOrderId: clientOrderId("mm-2") })), "sent");
  const second = w.session.lastFrame();
  assertEquals(first.method, "order.place");
  assertEquals(w.gateway.pendingCount, 2);
  const result = { ...PERP_ORDER, clientOrderId: "mm-2", orderId: 9 };
  w.session.say({ id: second.id, status: 200, result });
  w.session.say({ id: first.id, status: 200, result: PERP_ORDER });
  w.session.say({ id: first.id, status: 200, result: PERP_ORDER });
  assertEquals(w.venue.orders(), ["order mm-2 new", "order mm-1 new"]);
  assertEquals(w.gateway.pendingCount, 0);
  assertEquals(w.venue.context.counters.ignoredFrames, 1, "the second answer has no asker");
  assertEquals(w.venue.context.counters.ordersSent, 2);
});

Deno.test("OrderGateway turns refusals into reasons", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  const error = { code: -5022, msg: "Post Only order will be rejected." };
  w.session.say({ id: w.session.lastFrame().id, status: 400, error });
  w.gateway.send(cancel(w));
  const gone = { code: -2011, msg: "Unknown order sent." };
  w.session.say({ id: w.session.lastFrame().id, status: 400, error: gone });
  w.gateway.send(amend(w));
  const same = { code: -5027, msg: "No need to modify the order." };
  w.session.say({ id: w.session.lastFrame().id, status: 400, error: same });
  assertEquals(w.venue.orders(), [
    "refused place mm-1 post_only_would_take",
    "refused cancel mm-1 unknown_order",
    "refused amend mm-1 amend_refused",
  ]);
});

Deno.test("OrderGateway reports limits from answers and blocks from refusals", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  const limit = { rateLimitType: "ORDERS", interval: "SECOND", intervalNum: 10, limit: 300 };
  const weight = { rateLimitType: "REQUEST_WEIGHT", interval: "MINUTE", intervalNum: 1 };
  const until = Math.floor(w.venue.clock.now() / 1_000) + 30_000;
  w.session.say({
    id: w.session.lastFrame().id,
    status: 429,
    error: { code: -1003, msg: "Too many requests.", data: { retryAfter: until } },
    rateLimits: [{ ...limit, count: 12 }, { ...weight, count: 2_400 }, { odd: true }],
  });
  const told = w.venue.drain().map((event) =>
    event.kind === "rate_limit"
      ? `${event.rule} ${event.used} ${event.blockedUntil / 1_000}`
      : event.kind
  );
  assertEquals(told, [
    "perpetual_orders_10s 12 0",
    "perpetual_weight_1m 2400 0",
    `perpetual_weight_1m -1 ${until}`,
    "request_refused",
  ]);
  assertEquals(w.venue.context.counters.rateLimited, 1);
});

Deno.test("OrderGateway leaves the execution open where the venue does", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  const words = "Unknown error, please check your request or try again later.";
  w.session.say({ id: w.session.lastFrame().id, status: 503, error: { code: -1000, msg: words } });
  w.gateway.send(place(w));
  const busy = { code: -1008, msg: "Server is currently overloaded" };
  w.session.say({ id: w.session.lastFrame().id, status: 503, error: busy });
  assertEquals(w.venue.orders(), [
    "lost place mm-1 unknown",
    "refused place mm-1 venue_unavailable",
  ]);
});

Deno.test("OrderGateway signs again once after -1021, with the measured clock", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  const first = w.session.lastFrame();
  const late = { code: -1021, msg: "Timestamp for this request is outside of the recvWindow." };
  w.session.say({ id: first.id, status: 400, error: late });
  assertEquals(w.venue.orders(), []);
  const serverTime = Math.floor(w.venue.clock.now() / 1_000) + 7_000;
  w.venue.answer("GET /fapi/v1/time", { serverTime });
  const second = w.session.lastFrame();
  assert(second.id !== first.id);
  assertEquals(second.params["newClientOrderId"], "mm-1");
  assertEquals(second.params["timestamp"], serverTime);
  w.session.say({ id: second.id, status: 400, error: late });
  assertEquals(w.venue.orders(), ["refused place mm-1 timestamp"], "only once");
  assertEquals(w.session.sent.length, 2);
});

Deno.test("OrderGateway reports what was pending as lost when the socket goes", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  w.gateway.send(cancel(w));
  w.session.drop("cut");
  assertEquals(w.venue.orders(), ["lost place mm-1 unknown", "lost cancel mm-1 unknown"]);
  assertEquals(w.gateway.pendingCount, 0);
});

Deno.test("OrderGateway reports an answer that does not come in time as lost, once", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  const { id } = w.session.lastFrame();
  w.venue.clock.advance(4_000);
  assertEquals(w.venue.orders(), []);
  w.venue.clock.advance(3_000);
  assertEquals(w.venue.orders(), ["lost place mm-1 unknown"]);
  w.session.say({ id, status: 200, result: PERP_ORDER });
  assertEquals(w.venue.orders(), []);
  assertEquals(w.venue.clock.pendingCount, 0, "no timer runs while nothing is awaited");
});

Deno.test("OrderGateway uses REST while the socket is down", () => {
  const w = world("perpetual", false);
  assertEquals(w.gateway.send(place(w)), "sent");
  const url = w.venue.answer("POST /fapi/v1/order?", PERP_ORDER, 200, {
    "x-mbx-order-count-10s": "3",
    "x-mbx-used-weight-1m": "40",
  });
  assertEquals(url.searchParams.get("timeInForce"), "GTX");
  assertEquals(url.searchParams.get("newClientOrderId"), "mm-1");
  assert(url.search.includes("&signature="));
  assertEquals(w.venue.events.filter(({ kind }) => kind === "rate_limit").length, 2);
  assertEquals(w.venue.orders(), ["order mm-1 new"]);
  w.gateway.send(cancel(w));
  w.venue.fail("DELETE /fapi/v1/order?", true);
  assertEquals(w.venue.orders(), ["lost cancel mm-1 unknown"]);
  w.gateway.send(place(w));
  w.venue.answer("POST /fapi/v1/order?", "<html>bad gateway</html>", 502);
  assertEquals(w.venue.orders(), ["lost place mm-1 unknown"]);
  w.gateway.send(place(w));
  w.venue.answer("POST /fapi/v1/order?", "<html>what</html>", 200);
  assertEquals(w.venue.orders(), ["lost place mm-1 unknown"]);
});

Deno.test("OrderGateway says not_connected while neither socket nor REST can be reached", () => {
  const w = world("perpetual", false);
  assertEquals(w.gateway.send(place(w)), "sent");
  w.venue.fail("POST /fapi/v1/order?", false);
  assertEquals(w.venue.orders(), ["lost place mm-1 not_sent"]);
  assertEquals(w.gateway.send(place(w)), "not_connected");
  w.venue.clock.advance(1_500);
  assertEquals(w.gateway.send(place(w)), "sent");
  w.gateway.stop();
  assertEquals(w.gateway.send(place(w)), "not_connected");
});

Deno.test("OrderGateway says back_pressured when the socket takes no more", () => {
  const w = world("perpetual");
  w.session.accepts = false;
  assertEquals(w.gateway.send(place(w)), "back_pressured");
  assertEquals(w.gateway.pendingCount, 0);
  w.session.accepts = true;
  for (let index = 0; index < 1_024; index++) assertEquals(w.gateway.send(place(w)), "sent");
  assertEquals(w.gateway.send(place(w)), "back_pressured");
});

Deno.test("OrderGateway says not_supported for what the encoder refuses", () => {
  const w = world("perpetual");
  assertEquals(w.gateway.send(replace(w)), "not_supported");
  assertEquals(w.gateway.send(place(w, { price: undefined })), "not_supported");
  assertEquals(w.session.sent, []);
});

Deno.test("OrderGateway cancels conditional orders at the algo service", () => {
  const w = world("perpetual");
  const stop = place(w, {
    type: "stop_loss",
    postOnly: false,
    price: undefined,
    triggerPrice: price(600000),
    clientOrderId: clientOrderId("sl-1"),
  });
  w.gateway.send(stop);
  assertEquals(w.session.lastFrame().method, "algoOrder.place");
  const algo = {
    algoId: 2146760,
    clientAlgoId: "sl-1",
    orderType: "STOP_MARKET",
    symbol: "BTCUSDT",
    side: "BUY",
    timeInForce: "GTC",
    quantity: "0.100",
    algoStatus: "NEW",
    triggerPrice: "60000",
    price: "0",
    createTime: 1767225600000,
  };
  w.session.say({ id: w.session.lastFrame().id, status: 200, result: algo });
  const [update] = w.venue.drain();
  assert(update?.kind === "order");
  assertEquals(update.venueOrderId, venueOrderId("algo-2146760"));
  w.gateway.send(cancel(w, { clientOrderId: clientOrderId("sl-1") }));
  assertEquals(w.session.lastFrame().method, "algoOrder.cancel");
  assertEquals(w.session.lastFrame().params["clientAlgoId"], "sl-1");
  const done = { algoId: 2146760, clientAlgoId: "sl-1", code: "200", msg: "success" };
  w.session.say({ id: w.session.lastFrame().id, status: 200, result: done });
  assertEquals(w.venue.orders(), ["order sl-1 cancelled"]);
});

Deno.test("OrderGateway cancels all at both services of USD-M", () => {
  const w = world("perpetual");
  assertEquals(
    w.gateway.send({ kind: "cancel_all", instrument: w.venue.instrument.index }),
    "sent",
  );
  w.venue.answer("DELETE /fapi/v1/allOpenOrders?symbol=BTCUSDT", { code: 200, msg: "done" });
  w.venue.answer("DELETE /fapi/v1/algoOpenOrders?symbol=BTCUSDT", { code: 200, msg: "done" });
  assertEquals(w.venue.orders(), []);
  assertEquals(w.venue.logged, []);
  w.gateway.send({ kind: "cancel_all", instrument: w.venue.instrument.index });
  w.venue.fail("DELETE /fapi/v1/allOpenOrders", true);
  assertEquals(w.venue.logged.length, 1);
});

Deno.test("OrderGateway arms USD-M's dead-man switch; spot has none", () => {
  const w = world("perpetual");
  const arm = {
    kind: "arm_dead_man",
    instrument: w.venue.instrument.index,
    timeoutMs: 120_000,
  } as const;
  assertEquals(w.gateway.armDeadMan(arm), "sent");
  const url = w.venue.answer("POST /fapi/v1/countdownCancelAll", { countdownTime: "120000" });
  assertEquals(url.searchParams.get("countdownTime"), "120000");
  w.gateway.armDeadMan(arm);
  w.venue.answer("POST /fapi/v1/countdownCancelAll", { code: -1121, msg: "Invalid symbol." }, 400);
  assertEquals(w.venue.logged, ["warn: dead-man switch was not armed"]);
  const spot = world("spot");
  const spotArm = { ...arm, instrument: spot.venue.instrument.index };
  assertEquals(spot.gateway.armDeadMan(spotArm), "not_supported");
});

Deno.test("OrderGateway tells both halves of a spot replace", () => {
  const w = world("spot");
  const cancelled = {
    ...SPOT_ORDER,
    clientOrderId: "x",
    origClientOrderId: "mm-1",
    status: "CANCELED",
  };
  const placed = { ...SPOT_ORDER, orderId: 9, clientOrderId: "mm-2" };
  w.gateway.send(replace(w));
  const result = {
    cancelResult: "SUCCESS",
    newOrderResult: "SUCCESS",
    cancelResponse: cancelled,
    newOrderResponse: placed,
  };
  w.session.say({ id: w.session.lastFrame().id, status: 200, result });
  assertEquals(w.venue.orders(), ["order mm-1 cancelled", "order mm-2 new"]);

  w.gateway.send(replace(w));
  const balance = "Account has insufficient balance for requested action.";
  w.session.say({
    id: w.session.lastFrame().id,
    status: 409,
    error: {
      code: -2021,
      msg: "Order cancel-replace partially failed.",
      data: {
        cancelResult: "SUCCESS",
        newOrderResult: "FAILURE",
        cancelResponse: cancelled,
        newOrderResponse: { code: -2010, msg: balance },
      },
    },
  });
  assertEquals(w.venue.orders(), [
    "order mm-1 cancelled",
    "order mm-2 rejected insufficient_balance",
  ]);

  w.gateway.send(replace(w));
  w.session.say({
    id: w.session.lastFrame().id,
    status: 400,
    error: {
      code: -2022,
      msg: "Order cancel-replace failed.",
      data: {
        cancelResult: "FAILURE",
        newOrderResult: "NOT_ATTEMPTED",
        cancelResponse: { code: -2011, msg: "Unknown order sent." },
        newOrderResponse: null,
      },
    },
  });
  assertEquals(w.venue.orders(), ["refused replace mm-1 unknown_order"]);

  w.gateway.send(replace(w));
  w.session.say({
    id: w.session.lastFrame().id,
    status: 400,
    error: { code: -1013, msg: "Filter" },
  });
  assertEquals(w.venue.orders(), ["refused replace mm-1 filter"]);
});

Deno.test("OrderGateway reads spot cancels, amends and cancel-all by the order's own name", () => {
  const w = world("spot");
  w.gateway.send(cancel(w));
  const cancelled = {
    ...SPOT_ORDER,
    clientOrderId: "x",
    origClientOrderId: "mm-1",
    status: "CANCELED",
  };
  w.session.say({ id: w.session.lastFrame().id, status: 200, result: cancelled });
  w.gateway.send(amend(w));
  const amended = { ...SPOT_ORDER, origClientOrderId: "old", origQty: "0.00050" };
  w.session.say({
    id: w.session.lastFrame().id,
    status: 200,
    result: { transactTime: 1, executionId: 2, amendedOrder: amended },
  });
  const all = { kind: "cancel_all", instrument: w.venue.instrument.index } as const;
  w.gateway.send(all);
  w.session.say({
    id: w.session.lastFrame().id,
    status: 200,
    result: [cancelled, { orderListId: 5, contingencyType: "OCO" }],
  });
  assertEquals(w.venue.orders(), [
    "order mm-1 cancelled",
    "order mm-1 new",
    "order mm-1 cancelled",
  ]);
  w.gateway.send(all);
  const none = { code: -2011, msg: "Unknown order sent." };
  w.session.say({ id: w.session.lastFrame().id, status: 400, error: none });
  assertEquals(w.venue.orders(), []);
  assertEquals(w.venue.logged, [], "nothing was open");
});

Deno.test("OrderGateway survives anything the socket says", () => {
  const w = world("perpetual");
  w.gateway.send(place(w));
  for (const text of ["", "<html>", "[]", "null", "{}", '{"id":5}', '{"id":"p1"']) {
    w.session.say(text);
  }
  assertEquals(w.venue.orders(), []);
  assertEquals(w.gateway.pendingCount, 1);
  assertEquals(w.venue.context.counters.refusedFrames, 5);
  w.session.say({ event: { e: "serverShutdown", E: 1 } });
  assertEquals([w.session.renewals, w.session.restarts], [1, []]);
  w.session.say({ id: w.session.lastFrame().id, status: 200 });
  assertEquals(w.venue.orders(), [], "an answer without a status tells nothing");
});
