/**
 * Requests to parameters, for both products; and what is refused before it is sent.
 * @module
 */
import {
  clientOrderId,
  createInstrument,
  instrumentIndex,
  price,
  size,
  strategyId,
  unwrap,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { AmendOrder, PlaceOrder, ReplaceOrder } from "@/engine/messages/mod.ts";
import { asterTools, encodeRequest } from "@/exchanges/aster/mod.ts";
import { capabilitiesOf } from "@/exchanges/aster/capabilities.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btc, MM1 } from "./fake_venue.ts";

const PERP = btc("perpetual");
const SPOT = btc("spot", 1);
const COMMON = {
  instrument: PERP.index,
  clientOrderId: MM1,
  strategy: strategyId("maker"),
  side: "sell",
  reduceOnly: false,
  postOnly: false,
} as const;
const PLACE: PlaceOrder = {
  ...COMMON,
  kind: "place_order",
  type: "limit",
  timeInForce: "gtc",
  price: price(641_001),
  triggerPrice: undefined,
  size: size(2),
};
const AMEND: AmendOrder = {
  ...COMMON,
  kind: "amend_order",
  venueOrderId: venueOrderId("7"),
  price: price(641_001),
  size: size(3),
  filledSize: size(1),
};

function paramsOf(changes: Partial<PlaceOrder>, instrument = PERP): string {
  const wire = encodeRequest({ ...PLACE, ...changes }, instrument);
  return wire.ok ? wire.value.params.map((pair) => pair.join("=")).join("&") : wire.error;
}

Deno.test("encodeRequest() writes every kind of order as the venue's table says", () => {
  const head = "symbol=BTCUSDT&side=SELL&type=";
  const trigger = { triggerPrice: price(640_000) };
  const cases: readonly (readonly [Partial<PlaceOrder>, string])[] = [
    [{ postOnly: true }, "LIMIT&timeInForce=GTX&quantity=0.002&price=64100.1"],
    [{}, "LIMIT&timeInForce=GTC&quantity=0.002&price=64100.1"],
    [{ reduceOnly: true }, "LIMIT&timeInForce=GTC&quantity=0.002&price=64100.1&reduceOnly=true"],
    [
      { type: "stop_loss", price: undefined, ...trigger },
      "STOP_MARKET&quantity=0.002&stopPrice=64000",
    ],
    [
      { type: "stop_limit", ...trigger },
      "STOP&timeInForce=GTC&quantity=0.002&price=64100.1&stopPrice=64000",
    ],
  ];
  for (const [changes, tail] of cases) {
    assertEquals(paramsOf(changes), `${head}${tail}&newClientOrderId=mm-1`);
  }
  // What ends at once is answered with its end.
  const result = "&newClientOrderId=mm-1&newOrderRespType=RESULT";
  const market = { type: "market", price: undefined } as const;
  assertEquals(paramsOf(market), `${head}MARKET&quantity=0.002${result}`);
  for (const timeInForce of ["ioc", "fok"] as const) {
    const word = timeInForce.toUpperCase();
    const limit = `LIMIT&timeInForce=${word}&quantity=0.002&price=64100.1`;
    assertEquals(paramsOf({ timeInForce }), `${head}${limit}${result}`);
    assertEquals(paramsOf({ timeInForce }, SPOT), `${head}${limit}&newClientOrderId=mm-1`);
  }
});

Deno.test("encodeRequest() gives the order of the venue's published test network sample", () => {
  const changes = { postOnly: true, clientOrderId: clientOrderId("mm-000003") };
  assertEquals(
    paramsOf(changes),
    "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTX&quantity=0.002&price=64100.1" +
      "&newClientOrderId=mm-000003",
  );
});

Deno.test("encodeRequest() refuses what the venue would, with the reason", () => {
  const coarse = unwrap(
    createInstrument(instrumentIndex(0), { ...PERP.terms, orderTick: "1", orderLot: "0.01" }),
  );
  const cases: readonly (readonly [string, string])[] = [
    [paramsOf({ clientOrderId: clientOrderId("") }), "client order id must be"],
    [paramsOf({ clientOrderId: clientOrderId("a".repeat(37)) }), "client order id must be"],
    [paramsOf({ price: undefined }), "a limit order needs a price"],
    [paramsOf({ type: "stop_loss" }), "a stop_loss order needs a trigger price"],
    [paramsOf({ type: "market", postOnly: true }), "only a limit order can be post-only"],
    [paramsOf({ postOnly: true, timeInForce: "ioc" }), "post-only needs gtc, found ioc"],
    [paramsOf({ reduceOnly: true }, SPOT), "spot has no reduce-only"],
    [paramsOf({ size: size(0) }), "size must be above 0"],
    [paramsOf({ size: size(15) }, coarse), "size is not a multiple of the order lot"],
    [paramsOf({ size: size(10) }, coarse), "price is not on the order tick"],
    [paramsOf({ price: price(0) }), "price is not on the order tick"],
  ];
  for (const [found, reason] of cases) {
    assert(found.startsWith("Cannot place") && found.includes(reason), `${found}: ${reason}`);
  }
});

Deno.test("asterTools.encode() shows what would be sent, without nonce and signature", () => {
  const amended = asterTools.encode(AMEND, PERP);
  assert(amended.ok);
  assertEquals(amended.value, {
    channel: "rest",
    method: "PUT",
    path: "/fapi/v3/order",
    message: { symbol: "BTCUSDT", orderId: "7", side: "SELL", quantity: "0.003", price: "64100.1" },
  });
  const named = { instrument: SPOT.index, clientOrderId: MM1, venueOrderId: undefined };
  const cancelled = asterTools.encode({ kind: "cancel_order", ...named }, SPOT);
  assert(cancelled.ok);
  assertEquals(cancelled.value, {
    channel: "rest",
    method: "DELETE",
    path: "/api/v3/order",
    message: { symbol: "BTCUSDT", origClientOrderId: "mm-1" },
  });
  const all = asterTools.encode({ kind: "cancel_all", instrument: PERP.index }, PERP);
  assert(all.ok);
  assertEquals([all.value.method, all.value.path], ["DELETE", "/fapi/v3/allOpenOrders"]);
  const replace: ReplaceOrder = {
    ...COMMON,
    kind: "replace_order",
    venueOrderId: undefined,
    newClientOrderId: clientOrderId("mm-2"),
    timeInForce: "gtc",
    price: price(1),
    size: size(1),
  };
  const refused = [
    asterTools.encode(replace, PERP),
    asterTools.encode(AMEND, SPOT),
    asterTools.encode({ ...AMEND, filledSize: size(3) }, PERP),
    asterTools.encode({ kind: "cancel_order", ...named, clientOrderId: clientOrderId("") }, SPOT),
  ];
  for (const one of refused) {
    assert(!one.ok && one.error.startsWith("Cannot "), JSON.stringify(one));
  }
});

Deno.test("capabilitiesOf() says what each product and generation can do", () => {
  const old = capabilitiesOf("perpetual", "v1");
  const futures = capabilitiesOf("perpetual", "v3");
  const spot = capabilitiesOf("spot", "v3");
  assertEquals([old.amend, futures.amend, spot.amend], ["no", "any", "no"]);
  assertEquals([futures.deadManSwitch, spot.deadManSwitch], [true, false]);
  assertEquals([futures.reduceOnly, spot.reduceOnly], [true, false]);
  assert(!futures.webSocketOrders && !futures.replace);
});
