/**
 * Order entry over REST: what is sent, what an answer tells, what is lost, and nothing sent twice.
 * @module
 */
import { price, size, strategyId, venueOrderId } from "@/engine/domain/mod.ts";
import type { AmendOrder, CancelOrder, PlaceOrder } from "@/engine/messages/mod.ts";
import { OrderGateway } from "@/exchanges/aster/order_gateway.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { FakeVenue, KEYS, MM1, WALLET } from "./fake_venue.ts";

const ORDER = "POST /fapi/v3/order";
const CANCEL = "DELETE /fapi/v3/order";
const NEW = {
  orderId: 22542179,
  symbol: "BTCUSDT",
  status: "NEW",
  clientOrderId: "mm-1",
  price: "64000.1",
  avgPrice: "0.00000",
  origQty: "0.002",
  executedQty: "0",
  timeInForce: "GTX",
  type: "LIMIT",
  side: "BUY",
  positionSide: "BOTH",
  updateTime: 1566818724722,
};

function world(product: "spot" | "perpetual" = "perpetual", credentials = WALLET) {
  const venue = new FakeVenue(product, credentials);
  const gateway = new OrderGateway(venue.context, venue.rest, venue.book);
  gateway.start();
  venue.tellTime(250);
  assertEquals(venue.told(), ["orders up"]);
  const instrument = venue.instrument.index;
  const place: PlaceOrder = {
    kind: "place_order",
    instrument,
    clientOrderId: MM1,
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640_001),
    triggerPrice: undefined,
    size: size(2),
  };
  const cancel: CancelOrder = {
    kind: "cancel_order",
    instrument,
    clientOrderId: MM1,
    venueOrderId: undefined,
  };
  const amend: AmendOrder = {
    kind: "amend_order",
    instrument,
    clientOrderId: MM1,
    venueOrderId: venueOrderId("7"),
    strategy: strategyId("maker"),
    side: "buy",
    price: price(640_002),
    size: size(3),
    filledSize: size(1),
    reduceOnly: false,
    postOnly: true,
  };
  return { venue, gateway, place, cancel, amend, instrument };
}

Deno.test("OrderGateway sends a signed form, whose text is what was signed, and tells the answer", () => {
  const { venue, gateway, place } = world();
  assertEquals(gateway.send(place), "sent");
  const asked = venue.answer(ORDER, NEW);
  assertEquals(asked.lane, "orders");
  assertEquals(asked.request.headers, { "Content-Type": "application/x-www-form-urlencoded" });
  const nonce = venue.clock.now() + 250_000;
  assertMatch(
    asked.text,
    new RegExp(
      "^symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0\\.002&price=64000\\.1" +
        `&newClientOrderId=mm-1&nonce=${nonce}&user=0x[0-9a-f]{40}&signer=0x[0-9a-f]{40}` +
        "&signature=0x[0-9a-f]{130}$",
    ),
  );
  assertEquals(venue.told(), ["order mm-1 new"]);
  assertEquals(venue.context.counters.ordersSent, 1);
});

Deno.test("OrderGateway with an API key speaks v1 and cannot amend", () => {
  const { venue, gateway, place, amend } = world("perpetual", KEYS);
  assertEquals(gateway.send(place), "sent");
  const asked = venue.answer("POST /fapi/v1/order", NEW);
  assertEquals(asked.request.headers?.["X-MBX-APIKEY"], "k");
  assertEquals(asked.params.get("timestamp"), String(Math.floor(venue.clock.now() / 1_000) + 250));
  assertEquals(gateway.send(amend), "not_supported");
  assertEquals(venue.asked.length, 0);
});

Deno.test("OrderGateway gives each of many requests on their way a nonce of its own", () => {
  const { venue, gateway, place } = world();
  for (let count = 0; count < 256; count++) assertEquals(gateway.send(place), "sent");
  assertEquals(gateway.send(place), "back_pressured");
  const nonces = venue.asked.map(({ request }) => /nonce=(\d+)/.exec(String(request.body))![1]!);
  assertEquals(new Set(nonces).size, 256);
  venue.answer(ORDER, NEW);
  assertEquals(gateway.send(place), "sent");
});

Deno.test("OrderGateway amends by PUT and cancels on connections of their own", () => {
  const { venue, gateway, amend, cancel, instrument } = world();
  gateway.send(amend);
  const amended = venue.answer("PUT /fapi/v3/order", { ...NEW, origQty: "0.003" });
  assert(
    amended.text.startsWith("symbol=BTCUSDT&orderId=7&side=BUY&quantity=0.003&price=64000.2&"),
  );
  gateway.send(cancel);
  const cancelled = venue.answer(CANCEL, { ...NEW, status: "CANCELED" });
  assertEquals(cancelled.lane, "cancels");
  assert(cancelled.text.startsWith("symbol=BTCUSDT&origClientOrderId=mm-1&nonce="));
  assertEquals(venue.told(), ["order mm-1 new", "order mm-1 cancelled"]);
  gateway.send({ kind: "cancel_all", instrument });
  const all = venue.answer("DELETE /fapi/v3/allOpenOrders", { code: "200", msg: "done" });
  assertEquals(all.lane, "cancels");
  assertEquals(venue.told(), [], "each order's own event tells that it is gone");
  gateway.send({ kind: "cancel_all", instrument });
  venue.refuse("DELETE /fapi/v3/allOpenOrders", 400, -1121);
  assertEquals(venue.logged.at(-1), "warn: cancel-all was not confirmed");
});

Deno.test("OrderGateway tells a post-only order that expired at once as a post-only reject", () => {
  const { venue, gateway, place } = world();
  gateway.send(place);
  venue.answer(ORDER, { ...NEW, status: "EXPIRED" });
  gateway.send(place);
  venue.refuse(ORDER, 400, -5022);
  assertEquals(venue.told(), [
    "order mm-1 expired post_only_would_take",
    "refused place post_only_would_take",
  ]);
});

Deno.test("OrderGateway reports what is not answered as lost, and sends nothing again", () => {
  const { venue, gateway, place, cancel } = world();
  const cases: readonly (readonly [() => void, string])[] = [
    [() => venue.fail(ORDER, true), "lost place unknown"],
    [() => venue.refuse(ORDER, 503, 0), "lost place unknown"],
    [() => venue.answer(ORDER, "<html>502</html>", 502), "lost place unknown"],
    [() => venue.refuse(ORDER, 400, -1007), "lost place unknown"],
    [() => venue.refuse(ORDER, 400, -1001), "lost place unknown"],
    [() => venue.answer(ORDER, "not JSON"), "lost place unknown"],
    [() => venue.answer(ORDER, []), "lost place unknown"],
    [() => venue.answer(ORDER, { ...NEW, status: "?" }), "lost place unknown"],
  ];
  for (const [happens, told] of cases) {
    gateway.send(place);
    happens();
    assertEquals(venue.told(), [told]);
    assertEquals(venue.asked.length, 0, "nothing is sent again");
  }
  gateway.send(cancel);
  venue.fail(CANCEL, true);
  assertEquals(venue.told(), ["lost cancel unknown"]);
});

Deno.test("OrderGateway takes its link down when nothing can be sent, until the venue answers", () => {
  const { venue, gateway, place } = world();
  gateway.send(place);
  venue.fail(ORDER, false);
  assertEquals(venue.told(), ["orders down", "lost place not_sent"]);
  assertEquals(gateway.send(place), "not_connected");
  venue.fail("GET /fapi/v3/time", false);
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(1_000);
  venue.tellTime();
  assertEquals(venue.told(), ["orders up"]);
  assertEquals(gateway.send(place), "sent");
  gateway.stop();
  venue.fail(ORDER, true);
  assertEquals(venue.told(), [], "nothing follows the end");
});

Deno.test("OrderGateway asks at once when the venue was found to be back, not after its pause", () => {
  const { venue, gateway, place } = world();
  gateway.wake();
  assertEquals(venue.asked.length, 0, "an open link needs no question");
  gateway.send(place);
  venue.fail(ORDER, false);
  for (let pause = 0; pause < 5; pause++) {
    venue.fail("GET /fapi/v3/time", false);
    venue.clock.advance(10_000);
  }
  venue.fail("GET /fapi/v3/time", false);
  assertEquals(venue.asked.length, 0);
  gateway.wake();
  gateway.wake();
  assertEquals(venue.asked.length, 1);
  venue.tellTime();
  assertEquals(venue.told().at(-1), "orders up");
  venue.clock.advance(60_000);
  assertEquals(venue.asked.length, 0, "the pause is over too");
});

Deno.test("OrderGateway measures the clock after a bad nonce and lets the core ask first", () => {
  const { venue, gateway, place, cancel } = world();
  gateway.send(place);
  venue.refuse(ORDER, 400, -4225, "Nonce Expired");
  assertEquals(venue.told(), []);
  venue.tellTime(900);
  assertEquals(venue.told(), ["lost place unknown"]);
  assertEquals(venue.asked.length, 0, "an order is not signed anew");
  // A cancel can be repeated without harm.
  gateway.send(cancel);
  const first = venue.refuse(CANCEL, 400, -4225);
  venue.tellTime(900);
  const second = venue.answer(CANCEL, { ...NEW, status: "CANCELED" });
  assert(Number(second.params.get("nonce")) > Number(first.params.get("nonce")));
  assertEquals(venue.told(), ["order mm-1 cancelled"]);
});

Deno.test("OrderGateway with an API key signs anew, once, after -1021: nothing was done", () => {
  const { venue, gateway, place } = world("perpetual", KEYS);
  gateway.send(place);
  venue.refuse("POST /fapi/v1/order", 400, -1021);
  venue.tellTime(5_000);
  venue.refuse("POST /fapi/v1/order", 400, -1021);
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.told(), ["refused place timestamp"]);
});

Deno.test("OrderGateway obeys refusals for speed, with the venue's delay or our own", () => {
  const { venue, gateway, place } = world();
  const now = venue.clock.now();
  const cases: readonly (readonly [number, Record<string, string>, string, number])[] = [
    [429, { "retry-after": "7" }, "perpetual_weight_1m", 7],
    [429, {}, "perpetual_weight_1m", 10],
    [418, {}, "", 120],
    [403, {}, "perpetual_weight_1m", 60],
  ];
  for (const [status, headers, rule, seconds] of cases) {
    gateway.send(place);
    venue.answer(ORDER, status === 403 ? "<html>" : { code: -1003 }, status, headers);
    const [limit, refused] = venue.drain();
    assert(limit?.kind === "rate_limit" && refused?.kind === "request_refused");
    assertEquals([limit.rule, limit.blockedUntil - now], [rule, seconds * 1_000_000] as never);
    assertEquals(refused.reason, "rate_limited");
  }
  gateway.send(place);
  venue.answer(ORDER, NEW, 200, { "x-mbx-order-count-10s": "3", "x-mbx-used-weight-1m": "no" });
  assertEquals(venue.told(), ["limit perpetual_orders_10s 3", "order mm-1 new"]);
  assertEquals(venue.context.counters.rateLimited, 4);
});

Deno.test("OrderGateway arms the countdown of futures; spot has none", () => {
  const { venue, gateway, instrument } = world();
  assertEquals(gateway.armDeadMan({ kind: "arm_dead_man", instrument, timeoutMs: 5_000 }), "sent");
  const asked = venue.answer("POST /fapi/v3/countdownCancelAll", { symbol: "BTCUSDT" });
  assert(asked.text.startsWith("symbol=BTCUSDT&countdownTime=5000&"));
  gateway.armDeadMan({ kind: "arm_dead_man", instrument, timeoutMs: 0 });
  venue.refuse("POST /fapi/v3/countdownCancelAll", 400, -1000);
  assertEquals(venue.logged.at(-1), "warn: countdown was not set");
  const spot = world("spot");
  const arm = { kind: "arm_dead_man", instrument: spot.instrument, timeoutMs: 5_000 } as const;
  assertEquals(spot.gateway.armDeadMan(arm), "not_supported");
  spot.gateway.send(spot.place);
  const placed = spot.venue.answer("POST /api/v3/order", { ...NEW, positionSide: undefined });
  assertEquals(placed.params.get("timeInForce"), "GTX");
  assertEquals(spot.venue.told(), ["order mm-1 new"]);
});
