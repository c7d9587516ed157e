/**
 * Orders as the venue wants them, and what is refused before it is sent.
 * @module
 */
import { price, size, venueOrderId } from "@/engine/domain/mod.ts";
import type { PlaceOrder } from "@/engine/messages/mod.ts";
import {
  BYBIT_CAPABILITIES,
  bybitTools,
  encodeRequest,
  socketFrame,
} from "@/exchanges/bybit/mod.ts";
import { stepsText } from "@/exchanges/bybit/order_encoder.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { amendOrder, cancelOrder, placeOrder, replaceOrder } from "@/tests/support/builders.ts";
import { testInstruments } from "./fake_venue.ts";

const [PERP, SPOT] = testInstruments();

function place(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return placeOrder({ price: price(650_001), size: size(10), ...changes });
}

function body(request: Parameters<typeof encodeRequest>[0], instrument = PERP) {
  const wire = encodeRequest(request, instrument);
  assert(wire.ok, wire.ok ? "" : wire.error);
  return wire.value.body;
}

Deno.test("encodeRequest() writes a linear post-only limit order as the venue's example", () => {
  assertEquals(
    JSON.stringify(body(place())),
    JSON.stringify({
      category: "linear",
      symbol: "BTCUSDT",
      side: "Buy",
      orderType: "Limit",
      qty: "0.01",
      price: "65000.1",
      timeInForce: "PostOnly",
      orderLinkId: "a1",
      positionIdx: 0,
      reduceOnly: false,
    }),
  );
});

Deno.test("encodeRequest() writes times in force, market orders and reduce-only", () => {
  const words = (["gtc", "ioc", "fok"] as const).map((timeInForce) =>
    body(place({ postOnly: false, timeInForce }))["timeInForce"]
  );
  assertEquals(words, ["GTC", "IOC", "FOK"]);
  const market = place({ type: "market", price: undefined, postOnly: false, reduceOnly: true });
  assertEquals(body(market), {
    category: "linear",
    symbol: "BTCUSDT",
    side: "Buy",
    orderType: "Market",
    qty: "0.01",
    orderLinkId: "a1",
    positionIdx: 0,
    reduceOnly: true,
  });
  const spot = body({ ...market, reduceOnly: false, side: "sell" }, SPOT);
  assertEquals(spot["marketUnit"], "baseCoin");
  assertEquals([spot["qty"], spot["category"], spot["side"]], ["0.00001", "spot", "Sell"]);
  assert(!("reduceOnly" in spot) && !("positionIdx" in spot));
});

Deno.test("encodeRequest() writes stops: direction on linear, a filter on spot", () => {
  const stop = place({
    type: "stop_loss",
    price: undefined,
    triggerPrice: price(640_000),
    postOnly: false,
    side: "sell",
  });
  const linear = body(stop);
  assertEquals(linear["triggerPrice"], "64000");
  assertEquals([linear["triggerDirection"], linear["triggerBy"]], [2, "LastPrice"]);
  assertEquals(body({ ...stop, side: "buy" })["triggerDirection"], 1);
  const spot = body({ ...stop, type: "stop_limit", price: price(640_000) }, SPOT);
  assertEquals([spot["orderFilter"], spot["price"]], ["StopOrder", "6400"]);
  assert(!("triggerDirection" in spot));
});

Deno.test("encodeRequest() names orders by the venue's id where it is known", () => {
  assertEquals(body(cancelOrder()), {
    category: "linear",
    symbol: "BTCUSDT",
    orderLinkId: "a1",
  });
  const known = { ...cancelOrder(), venueOrderId: venueOrderId("7") };
  assertEquals(body(known)["orderId"], "7");
  const waiting = encodeRequest(cancelOrder(), SPOT, true);
  assert(waiting.ok);
  assertEquals(waiting.value.body["orderFilter"], "StopOrder");
  assertEquals(body(amendOrder({ price: price(650_002), size: size(20), filledSize: size(5) })), {
    category: "linear",
    symbol: "BTCUSDT",
    orderLinkId: "a1",
    qty: "0.02",
    price: "65000.2",
  });
});

Deno.test("encodeRequest() refuses what the venue cannot do, and says why", () => {
  const limit = place({ postOnly: false });
  const refused: readonly (readonly [Parameters<typeof encodeRequest>[0], RegExp])[] = [
    [place({ clientOrderId: "x".repeat(37) as PlaceOrder["clientOrderId"] }), /alphabet/],
    [place({ clientOrderId: "a.b" as PlaceOrder["clientOrderId"] }), /alphabet/],
    [place({ price: undefined }), /needs a price/],
    [place({ type: "stop_loss", postOnly: false }), /needs a trigger/],
    [place({ type: "market" }), /only a limit order/],
    [place({ timeInForce: "ioc" }), /post-only needs gtc/],
    [place({ size: size(0) }), /size must be above 0/],
    [{ ...limit, price: price(0) }, /order tick/],
    [replaceOrder(), /no cancel-and-place/],
    [amendOrder({ size: size(5), filledSize: size(5) }), /above what is filled/],
    [amendOrder({ price: price(0) }), /order tick/],
    [amendOrder({ clientOrderId: "" as PlaceOrder["clientOrderId"] }), /wanted a client/],
    [cancelOrder(""), /wanted a client or venue order id/],
  ];
  for (const [request, words] of refused) {
    const wire = encodeRequest(request, PERP);
    assert(!wire.ok, JSON.stringify(request));
    assert(words.test(wire.error), wire.error);
  }
  const onSpot = encodeRequest(place({ reduceOnly: true }), SPOT);
  assert(!onSpot.ok && /reduce-only/.test(onSpot.error));
});

Deno.test("encode shows what would be sent, without time and request id", () => {
  const shown = bybitTools.encode(cancelOrder(), PERP);
  assert(shown.ok);
  assertEquals(shown.value, {
    channel: "ws",
    method: "order.cancel",
    message: {
      header: { "X-BAPI-RECV-WINDOW": "5000" },
      op: "order.cancel",
      args: [{ category: "linear", symbol: "BTCUSDT", orderLinkId: "a1" }],
    },
  });
  const all = bybitTools.encode({ kind: "cancel_all", instrument: PERP.index }, PERP);
  assert(all.ok);
  assertEquals(all.value, {
    channel: "rest",
    method: "POST",
    path: "/v5/order/cancel-all",
    message: { category: "linear", symbol: "BTCUSDT" },
  });
  assert(!bybitTools.encode(replaceOrder(), PERP).ok);
});

Deno.test("socketFrame() is the venue's request", () => {
  const wire = encodeRequest(cancelOrder(), PERP);
  assert(wire.ok);
  assertEquals(JSON.parse(socketFrame(wire.value, "r-1", 1_711_001_595_207)), {
    reqId: "r-1",
    header: { "X-BAPI-TIMESTAMP": "1711001595207", "X-BAPI-RECV-WINDOW": "5000" },
    op: "order.cancel",
    args: [{ category: "linear", symbol: "BTCUSDT", orderLinkId: "a1" }],
  });
});

Deno.test("stepsText() writes steps as the instrument does", () => {
  for (const steps of [1, 10, 100, 999, 1_000, 1_001, 650_001, 123_456_789]) {
    for (const { priceGrid, sizeGrid, ...rest } of [PERP, SPOT]) {
      assert(rest !== undefined);
      assertEquals(Number(stepsText(steps, priceGrid)), steps / 10 ** priceGrid.scale);
      assertEquals(stepsText(steps, sizeGrid).endsWith("0") && sizeGrid.scale > 0, false);
    }
    assertEquals(stepsText(steps, PERP.priceGrid), PERP.priceText(price(steps)));
    assertEquals(stepsText(steps, SPOT.sizeGrid), SPOT.sizeText(steps));
  }
  assert(new RegExp(BYBIT_CAPABILITIES.clientOrderIdPattern).test("mm-1_A"));
});
