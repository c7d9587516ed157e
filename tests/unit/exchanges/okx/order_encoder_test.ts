/**
 * Orders of OKX as they leave: for the socket by number, for REST by name, and what is refused.
 * @module
 */
import {
  clientOrderId,
  createInstrument,
  type Instrument,
  price,
  size,
  strategyId,
  unwrap,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { AmendOrder, CancelOrder, PlaceOrder } from "@/engine/messages/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import {
  encodeRequest,
  restBody,
  socketFrame,
  stepsText,
  TRADE_MODES_DEFAULT,
} from "@/exchanges/okx/order_encoder.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { instruments } from "./builders.ts";

const [SWAP, SPOT] = instruments();
const { venueNumber: _number, ...NAMELESS_TERMS } = SWAP.terms;
const NUMBERLESS = unwrap(createInstrument(SWAP.index, NAMELESS_TERMS));

function place(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: SWAP.index,
    clientOrderId: clientOrderId("mm000001"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640_001),
    triggerPrice: undefined,
    size: size(100),
    ...changes,
  };
}

const AMEND: AmendOrder = {
  kind: "amend_order",
  instrument: SWAP.index,
  clientOrderId: clientOrderId("mm000001"),
  venueOrderId: undefined,
  strategy: strategyId("maker"),
  side: "buy",
  price: price(640_000),
  size: size(200),
  filledSize: size(100),
  reduceOnly: false,
  postOnly: true,
};

const CANCEL: CancelOrder = {
  kind: "cancel_order",
  instrument: SWAP.index,
  clientOrderId: clientOrderId("mm000001"),
  venueOrderId: undefined,
};

type Request = Parameters<typeof encodeRequest>[0];

function refusal(request: Request, instrument: Instrument = SWAP): string {
  const wire = encodeRequest(request, instrument);
  assert(!wire.ok, "it was not refused");
  return wire.error;
}

Deno.test("okx encoder: the sheet's place message, byte for byte", () => {
  const wire = unwrap(encodeRequest(place(), SWAP));
  assertEquals(
    socketFrame(wire, "1512", 1_760_000_003_500),
    '{"id":"1512","op":"order","args":[{"instIdCode":10459,"tdMode":"cross","side":"buy",' +
      '"ordType":"post_only","px":"64000.1","sz":"1","clOrdId":"mm000001",' +
      '"stpMode":"cancel_maker"}],"expTime":"1760000003500"}',
  );
  assertEquals(
    restBody(wire),
    '{"instId":"BTC-USDT-SWAP","tdMode":"cross","side":"buy","ordType":"post_only",' +
      '"px":"64000.1","sz":"1","clOrdId":"mm000001","stpMode":"cancel_maker"}',
  );
});

Deno.test("okx encoder: each kind of order has its word", () => {
  const wordOf = (changes: Partial<PlaceOrder>) => {
    const wire = unwrap(encodeRequest(place(changes), SWAP));
    return new Map(wire.fields).get("ordType");
  };
  assertEquals(wordOf({}), "post_only");
  assertEquals(wordOf({ postOnly: false }), "limit");
  assertEquals(wordOf({ postOnly: false, timeInForce: "ioc" }), "ioc");
  assertEquals(wordOf({ postOnly: false, timeInForce: "fok" }), "fok");
  assertEquals(wordOf({ type: "market", postOnly: false, price: undefined }), "market");
});

Deno.test("okx encoder: a spot market order says that its size is in base currency", () => {
  const wire = unwrap(
    encodeRequest(place({ type: "market", postOnly: false, size: size(1_000) }), SPOT),
  );
  assertEquals(
    restBody(wire),
    '{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"market","sz":"0.00001",' +
      '"tgtCcy":"base_ccy","clOrdId":"mm000001","stpMode":"cancel_maker"}',
  );
});

Deno.test("okx encoder: reduce-only is said on swaps, implied by a cash sell, refused on a buy", () => {
  const swap = unwrap(encodeRequest(place({ reduceOnly: true }), SWAP));
  assertEquals(new Map(swap.fields).get("reduceOnly"), true);
  const sell = place({ reduceOnly: true, side: "sell", size: size(1_000) });
  assertEquals(new Map(unwrap(encodeRequest(sell, SPOT)).fields).has("reduceOnly"), false);
  assertEquals(
    refusal(place({ reduceOnly: true, size: size(1_000) }), SPOT),
    "Cannot place mm000001: spot has no reduce-only",
  );
  const lent = encodeRequest(sell, SPOT, { ...TRADE_MODES_DEFAULT, spot: "cross" });
  assert(!lent.ok, "where there is credit a sell may open a short");
});

Deno.test("okx encoder: stops are conditional orders over REST", () => {
  const stop = place({
    type: "stop_loss",
    postOnly: false,
    reduceOnly: true,
    side: "sell",
    triggerPrice: price(600_000),
    size: size(200),
  });
  assertEquals(unwrap(okxTools.encode(stop, SWAP)), {
    channel: "rest",
    method: "POST",
    path: "/api/v5/trade/order-algo",
    message: {
      instId: "BTC-USDT-SWAP",
      tdMode: "cross",
      side: "sell",
      ordType: "trigger",
      sz: "2",
      triggerPx: "60000",
      triggerPxType: "last",
      orderPx: "-1",
      reduceOnly: true,
      algoClOrdId: "mm000001",
    },
  });
  const limit = { ...stop, type: "stop_limit", timeInForce: "ioc" } as const;
  const fields = new Map(unwrap(encodeRequest(limit, SWAP)).fields);
  assertEquals(fields.get("orderPx"), "64000.1");
  assertEquals(fields.get("advanceOrdType"), "ioc");
  const spot = { ...stop, reduceOnly: false, size: size(1_000) } as const;
  assertEquals(new Map(unwrap(encodeRequest(spot, SPOT)).fields).get("tgtCcy"), "base_ccy");
});

Deno.test("okx encoder: without a number the request goes over REST", () => {
  const encoded = unwrap(okxTools.encode(place(), NUMBERLESS));
  assertEquals(encoded.channel, "rest");
  assertEquals(encoded.path, "/api/v5/trade/order");
  assertEquals(unwrap(okxTools.encode(place(), SWAP)).channel, "ws");
});

Deno.test("okx encoder: an amend names price and total size", () => {
  assertEquals(unwrap(okxTools.encode(AMEND, SWAP)), {
    channel: "ws",
    method: "amend-order",
    message: {
      op: "amend-order",
      args: [{ instIdCode: 10459, clOrdId: "mm000001", newPx: "64000", newSz: "2" }],
    },
  });
  assertEquals(
    refusal({ ...AMEND, filledSize: size(200) }),
    "Cannot amend mm000001: wanted a size above what is filled",
  );
  assertEquals(
    refusal({ ...AMEND, venueOrderId: venueOrderId("algo-7") }),
    "Cannot amend mm000001: a conditional order is cancelled and placed anew",
  );
  assertEquals(
    refusal({ ...AMEND, price: price(0) }),
    "Cannot amend mm000001: price is not on the order tick",
  );
  assert(!encodeRequest({ ...AMEND, clientOrderId: clientOrderId("") }, SWAP).ok);
});

Deno.test("okx encoder: a cancel names the order by the venue's id where it is known", () => {
  const byClient = unwrap(encodeRequest(CANCEL, SWAP));
  assertEquals(
    socketFrame(byClient, "1"),
    '{"id":"1","op":"cancel-order","args":[{"instIdCode":10459,"clOrdId":"mm000001"}]}',
  );
  const byVenue = { ...CANCEL, venueOrderId: venueOrderId("590908157585625111") };
  assertEquals(
    restBody(unwrap(encodeRequest(byVenue, SWAP))),
    '{"instId":"BTC-USDT-SWAP","ordId":"590908157585625111"}',
  );
  const conditional = { ...CANCEL, venueOrderId: venueOrderId("algo-12345") };
  const wire = unwrap(encodeRequest(conditional, SWAP));
  assertEquals(wire.restPath, "/api/v5/trade/cancel-algos");
  assertEquals(restBody(wire), '[{"instId":"BTC-USDT-SWAP","algoId":"12345"}]');
  const unnamed = unwrap(encodeRequest(CANCEL, SWAP, TRADE_MODES_DEFAULT, ""));
  assertEquals(restBody(unnamed), '[{"instId":"BTC-USDT-SWAP","algoClOrdId":"mm000001"}]');
  assertEquals(
    refusal({ ...CANCEL, clientOrderId: clientOrderId("") }),
    "Cannot cancel: wanted a client or venue order id, found none",
  );
});

Deno.test("okx encoder: what the venue cannot do is refused with the reason", () => {
  const cases: readonly (readonly [Partial<PlaceOrder>, string])[] = [
    [
      { clientOrderId: clientOrderId("mm-1") },
      "client order id must be 1 to 32 letters and digits",
    ],
    [{ price: undefined }, "a limit order needs a price"],
    [{ type: "stop_loss", postOnly: false }, "a stop_loss order needs a trigger price"],
    [{ type: "market" }, "only a limit order can be post-only"],
    [{ timeInForce: "ioc" }, "post-only needs gtc, found ioc"],
    [{ size: size(0) }, "size must be above 0"],
    [{ price: price(0) }, "price is not on the order tick"],
  ];
  for (const [changes, reason] of cases) {
    assertEquals(
      refusal(place(changes)),
      `${"Cannot place "}${changes.clientOrderId ?? "mm000001"}: ${reason}`,
    );
  }
  assertEquals(
    refusal(place({ size: size(999) }), SPOT),
    "Cannot place mm000001: size is below the venue's minimum",
  );
  assert(refusal({ kind: "cancel_all", instrument: SWAP.index }).includes("cancel each own order"));
  const { price: _price, size: _size, ...rest } = AMEND;
  const replace = {
    ...rest,
    kind: "replace_order",
    newClientOrderId: clientOrderId("b"),
    timeInForce: "gtc",
    price: price(1),
    size: size(1),
  } as const;
  assert(refusal(replace).startsWith("Cannot replace: OKX has no"));
});

Deno.test("okx encoder: a tag is put on orders and conditional orders when it is wanted", () => {
  const modes = { ...TRADE_MODES_DEFAULT, tag: "mm1" };
  const wire = unwrap(encodeRequest(place(), SWAP, modes));
  assertEquals(new Map(wire.fields).get("tag"), "mm1");
  const stop = place({ type: "stop_loss", postOnly: false, triggerPrice: price(1) });
  assertEquals(new Map(unwrap(encodeRequest(stop, SWAP, modes)).fields).get("tag"), "mm1");
});

Deno.test("okx stepsText() is the instrument's own text, also beyond 2^53", () => {
  const random = printedRandom("okx steps");
  for (let round = 0; round < 2_000; round++) {
    const steps = Math.floor(random.next() * 10 ** Math.floor(random.next() * 15));
    assertEquals(stepsText(steps, SPOT.sizeGrid), SPOT.sizeText(steps));
    assertEquals(stepsText(steps, SWAP.priceGrid), SWAP.priceText(price(steps)));
  }
  const grid = { mantissa: 3_000_000, scale: 4 };
  assertEquals(stepsText(9_007_199_254_740_991, grid), "2702159776422297300");
  assertEquals(stepsText(5, { mantissa: 1, scale: 0 }), "5");
});
