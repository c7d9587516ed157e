/**
 * Every request as the venue takes it, over the socket and over REST, and every refusal.
 * @module
 */
import { price, type Result, size, venueOrderId } from "@/engine/domain/mod.ts";
import {
  encodedForPeople,
  type EncodeHints,
  encodeRequest,
  socketFrame,
  stopCancelAll,
  type WireRequest,
} from "@/exchanges/gate/order_encoder.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { amendOrder, cancelOrder, placeOrder, replaceOrder } from "@/tests/support/builders.ts";
import { gatePerp, gateSpot } from "@/tests/golden/gate/gate_instruments.ts";

const SPOT = gateSpot();
const PERP = gatePerp();
/** 65,000 at the tick of each. */
const AT_SPOT = price(6_500_000);
const AT_PERP = price(650_001);

function wire(result: Result<WireRequest>): WireRequest {
  assert(result.ok, result.ok ? "" : result.error);
  return result.value;
}

function refusal(result: Result<WireRequest>): string {
  assert(!result.ok);
  return result.error;
}

Deno.test("encodeRequest() places a post-only spot order as the sheet shows it", () => {
  const request = placeOrder({ clientOrderId: "abc123" as never, price: AT_SPOT, size: size(100) });
  const made = wire(encodeRequest(request, SPOT));
  const body = '{"text":"t-abc123","currency_pair":"BTC_USDT","type":"limit","account":"spot",' +
    '"side":"buy","amount":"0.001","price":"65000","time_in_force":"poc"}';
  assertEquals(made, {
    channel: "spot.order_place",
    param: body,
    method: "POST",
    path: "/spot/orders",
    query: "",
    body,
  });
  assertEquals(gateTools.encode(request, SPOT), {
    ok: true,
    value: {
      channel: "ws",
      method: "spot.order_place",
      message: {
        channel: "spot.order_place",
        event: "api",
        payload: { req_param: JSON.parse(body) },
      },
    },
  });
});

Deno.test("encodeRequest() places futures orders with the side as the sign of the size", () => {
  const request = placeOrder({
    clientOrderId: "abc123" as never,
    side: "sell",
    price: AT_PERP,
    size: size(10),
  });
  assertEquals(
    wire(encodeRequest(request, PERP)).body,
    '{"contract":"BTC_USDT","size":"-10","price":"65000.1","tif":"poc","text":"t-abc123",' +
      '"reduce_only":false}',
  );
  const market = placeOrder({
    type: "market",
    price: undefined,
    postOnly: false,
    reduceOnly: true,
    size: size(3),
  });
  assertEquals(
    wire(encodeRequest(market, PERP)).body,
    '{"contract":"BTC_USDT","size":"3","price":"0","tif":"ioc","text":"t-a1","reduce_only":true}',
  );
  for (const timeInForce of ["gtc", "ioc", "fok"] as const) {
    const limit = placeOrder({ postOnly: false, timeInForce, price: AT_PERP });
    assertEquals(JSON.parse(wire(encodeRequest(limit, PERP)).body).tif, timeInForce);
  }
});

Deno.test("encodeRequest() writes parts of decimal contracts as text", () => {
  const decimal = gatePerp(0, {
    lot: "0.0001",
    orderLot: "0.1",
    minSize: "0.1",
    extra: { enable_decimal: "true" },
  });
  const request = placeOrder({ side: "sell", price: AT_PERP, size: size(17_000) });
  assertEquals(JSON.parse(wire(encodeRequest(request, decimal)).body).size, "-1.7");
  const stop = placeOrder({
    type: "stop_loss",
    side: "sell",
    price: undefined,
    triggerPrice: AT_PERP,
    postOnly: false,
    size: size(17_000),
  });
  assertEquals(JSON.parse(wire(encodeRequest(stop, decimal)).body).initial.amount, "-1.7");
});

Deno.test("encodeRequest() sells spot at market by base size, and buys with a protective limit", () => {
  const market = { type: "market", price: undefined, postOnly: false, size: size(100) } as const;
  const sold = JSON.parse(wire(encodeRequest(placeOrder({ ...market, side: "sell" }), SPOT)).body);
  assertEquals([sold.type, sold.amount, sold.time_in_force], ["market", "0.001", "ioc"]);
  assert(!("price" in sold));
  const buy = placeOrder({ ...market, side: "buy" });
  assertMatch(refusal(encodeRequest(buy, SPOT)), /counts in quote currency/);
  const hints: EncodeHints = { protectivePrice: AT_SPOT };
  const bought = JSON.parse(wire(encodeRequest(buy, SPOT, hints)).body);
  assertEquals([bought.type, bought.price, bought.time_in_force], ["limit", "65000", "ioc"]);
});

Deno.test("encodeRequest() places conditional orders over REST with the venue's rules", () => {
  const base = { postOnly: false, triggerPrice: price(6_400_000), size: size(100) } as const;
  const spot = placeOrder({ ...base, type: "stop_limit", side: "sell", price: price(6_390_000) });
  const made = wire(encodeRequest(spot, SPOT));
  assertEquals([made.channel, made.method, made.path], [
    undefined,
    "POST",
    "/spot/price_orders",
  ]);
  assertEquals(JSON.parse(made.body), {
    trigger: { price: "64000", rule: "<=", expiration: 2_592_000 },
    put: {
      type: "limit",
      side: "sell",
      price: "63900",
      amount: "0.001",
      account: "normal",
      time_in_force: "gtc",
      text: "t-a1",
    },
    market: "BTC_USDT",
  });
  const futures = placeOrder({
    type: "stop_loss",
    side: "sell",
    price: undefined,
    triggerPrice: price(640_000),
    postOnly: false,
    reduceOnly: true,
    size: size(10),
  });
  assertEquals(JSON.parse(wire(encodeRequest(futures, PERP)).body), {
    initial: {
      contract: "BTC_USDT",
      size: -10,
      price: "0",
      tif: "ioc",
      reduce_only: true,
      text: "t-a1",
    },
    trigger: { strategy_type: 0, price_type: 0, price: "64000", rule: 2, expiration: 2_592_000 },
  });
  const bought = placeOrder({ ...futures, side: "buy", type: "stop_limit", price: AT_PERP });
  const { initial, trigger } = JSON.parse(wire(encodeRequest(bought, PERP)).body);
  assertEquals([initial.size, initial.price, initial.tif, trigger.rule], [10, "65000.1", "gtc", 1]);
  const spotStop = placeOrder({ ...base, type: "stop_loss", side: "sell", price: undefined });
  const { put } = JSON.parse(wire(encodeRequest(spotStop, SPOT)).body);
  assertEquals([put.type, put.price, put.time_in_force], ["market", "64000", "ioc"]);
});

Deno.test("encodeRequest() amends price and total size in place", () => {
  const spot = amendOrder({ price: AT_SPOT, size: size(200), filledSize: size(100) });
  assertEquals(wire(encodeRequest(spot, SPOT)), {
    channel: "spot.order_amend",
    param: '{"order_id":"t-a1","currency_pair":"BTC_USDT","amount":"0.002","price":"65000"}',
    method: "PATCH",
    path: "/spot/orders/t-a1",
    query: "currency_pair=BTC_USDT",
    body: '{"amount":"0.002","price":"65000"}',
  });
  const futures = amendOrder({
    side: "sell",
    price: AT_PERP,
    size: size(4),
    venueOrderId: venueOrderId("77"),
  });
  assertEquals(wire(encodeRequest(futures, PERP)), {
    channel: "futures.order_amend",
    param: '{"order_id":"77","size":"-4","price":"65000.1"}',
    method: "PUT",
    path: "/futures/usdt/orders/77",
    query: "",
    body: '{"size":"-4","price":"65000.1"}',
  });
  const done = amendOrder({ price: AT_SPOT, size: size(100), filledSize: size(100) });
  assertMatch(refusal(encodeRequest(done, SPOT)), /above what is filled/);
  const stop = amendOrder({ price: AT_SPOT, venueOrderId: venueOrderId("stop-1") });
  assertMatch(refusal(encodeRequest(stop, SPOT)), /conditional order cannot be amended/);
  const coarse = gatePerp(0, { orderTick: "0.5" });
  assertMatch(refusal(encodeRequest(amendOrder({ price: AT_PERP }), coarse)), /order tick/);
});

Deno.test("encodeRequest() cancels one order, all orders, and conditional ones", () => {
  assertEquals(wire(encodeRequest(cancelOrder(), SPOT)), {
    channel: "spot.order_cancel",
    param: '{"order_id":"t-a1","currency_pair":"BTC_USDT"}',
    method: "DELETE",
    path: "/spot/orders/t-a1",
    query: "currency_pair=BTC_USDT",
    body: "",
  });
  const futures = wire(encodeRequest(cancelOrder(), PERP));
  assertEquals([futures.param, futures.path, futures.query], [
    '{"order_id":"t-a1"}',
    "/futures/usdt/orders/t-a1",
    "",
  ]);
  const stop = { ...cancelOrder(), venueOrderId: venueOrderId("stop-55") };
  assertEquals(encodedForPeople(wire(encodeRequest(stop, PERP))), {
    channel: "rest",
    method: "DELETE",
    path: "/api/v4/futures/usdt/price_orders/55",
    message: {},
  });
  assertMatch(refusal(encodeRequest(cancelOrder(), PERP, { isStop: true })), /venue's id/);
  assertMatch(refusal(encodeRequest(cancelOrder(""), SPOT)), /found none/);
  assertMatch(refusal(encodeRequest(cancelOrder('a"b'), SPOT)), /alphabet/);
  const all = { kind: "cancel_all", instrument: SPOT.index } as const;
  const spotAll = wire(encodeRequest(all, SPOT));
  assertEquals([spotAll.channel, spotAll.param, spotAll.path, spotAll.query], [
    "spot.order_cancel_cp",
    '{"currency_pair":"BTC_USDT"}',
    "/spot/orders",
    "currency_pair=BTC_USDT",
  ]);
  assertEquals(wire(encodeRequest(all, PERP)).param, '{"contract":"BTC_USDT"}');
  assertEquals(stopCancelAll(SPOT).query, "market=BTC_USDT");
  assertEquals(stopCancelAll(PERP).query, "contract=BTC_USDT");
});

Deno.test("encodeRequest() refuses what the venue cannot do, before anything is sent", () => {
  const stop = { type: "stop_limit", triggerPrice: price(100), postOnly: false } as const;
  const cases: readonly [Parameters<typeof placeOrder>[0], typeof SPOT, RegExp][] = [
    [{ clientOrderId: "x".repeat(29) as never }, SPOT, /alphabet/],
    [{ clientOrderId: "a b" as never }, SPOT, /alphabet/],
    [{ price: undefined }, SPOT, /needs a price/],
    [{ ...stop, triggerPrice: undefined }, SPOT, /needs a trigger price/],
    [{ ...stop, timeInForce: "fok" }, PERP, /cannot be fok/],
    [{ ...stop, postOnly: true }, PERP, /only a limit order can be post-only/],
    [{ timeInForce: "ioc" }, SPOT, /post-only needs gtc/],
    [{ reduceOnly: true }, SPOT, /no reduce-only/],
    [{ ...stop, type: "stop_loss", price: undefined }, SPOT, /use stop_limit/],
    [{ size: size(0) }, SPOT, /above 0/],
    [{ price: price(0) }, SPOT, /order tick/],
  ];
  for (const [changes, instrument, wanted] of cases) {
    assertMatch(refusal(encodeRequest(placeOrder(changes), instrument)), wanted);
  }
  const lots = gateSpot(1, { orderLot: "0.001" });
  assertMatch(refusal(encodeRequest(placeOrder({ size: size(7) }), lots)), /order lot/);
  assertMatch(refusal(encodeRequest(replaceOrder(), SPOT)), /no cancel-and-place/);
  assert(!gateTools.encode(replaceOrder(), SPOT).ok);
});

Deno.test("socketFrame() adds time, id and the instant after which the venue drops it", () => {
  const made = wire(encodeRequest(cancelOrder(), PERP));
  assertEquals(
    socketFrame(made, "p1", 1_700_000_000, 1_700_000_005_000),
    '{"time":1700000000,"channel":"futures.order_cancel","event":"api","payload":{' +
      '"req_id":"p1","req_param":{"order_id":"t-a1"},' +
      '"req_header":{"x-gate-exptime":"1700000005000"}}}',
  );
});
