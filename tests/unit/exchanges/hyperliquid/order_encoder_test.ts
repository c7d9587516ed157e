/**
 * Requests to actions: wire order, text of decimals, and what is refused before it is sent.
 * @module
 */
import {
  clientOrderId,
  type Instrument,
  price,
  size,
  strategyId,
  unwrap,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { PlaceOrder, ReplaceOrder } from "@/engine/messages/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import {
  type EncodableRequest,
  encodeRequest,
  scheduleCancelAction,
  stepsText,
} from "@/exchanges/hyperliquid/order_encoder.ts";
import { goldenInstruments } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const [BTC, , , , PURR] = goldenInstruments() as [Instrument, ...Instrument[]];
const CLOID = "0x0123456789abcdef0123456789abcdef";
const NEXT = "0x0123456789abcdef0123456789abcdf0";

function placeOrder(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: BTC.index,
    clientOrderId: clientOrderId(CLOID),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: unwrap(BTC.priceFromText("43250")),
    triggerPrice: undefined,
    size: unwrap(BTC.sizeFromText("0.001")),
    ...changes,
  };
}

function replaceOrder(changes: Partial<ReplaceOrder> = {}): ReplaceOrder {
  return {
    kind: "replace_order",
    instrument: BTC.index,
    clientOrderId: clientOrderId(CLOID),
    venueOrderId: venueOrderId("338302315146"),
    newClientOrderId: clientOrderId(NEXT),
    strategy: strategyId("maker"),
    side: "sell",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: true,
    price: unwrap(BTC.priceFromText("43251")),
    size: unwrap(BTC.sizeFromText("0.0015")),
    ...changes,
  };
}

function text(request: EncodableRequest, instrument = BTC): string {
  const action = encodeRequest(request, instrument, { bid: 841_430, ask: 841_440 });
  return action.ok ? JSON.stringify(action.value) : action.error;
}

Deno.test("encodeRequest() writes an order with its keys in wire order", () => {
  assertEquals(
    text(placeOrder()),
    `{"type":"order","orders":[{"a":0,"b":true,"p":"43250","s":"0.001","r":false,` +
      `"t":{"limit":{"tif":"Alo"}},"c":"${CLOID}"}],"grouping":"na"}`,
  );
});

Deno.test("encodeRequest() says every kind of order in the venue's words", () => {
  const trigger = unwrap(BTC.priceFromText("79000"));
  const limit = unwrap(BTC.priceFromText("78651"));
  const cases: readonly (readonly [Partial<PlaceOrder>, string])[] = [
    [{ postOnly: false }, `"p":"43250","s":"0.001","r":false,"t":{"limit":{"tif":"Gtc"}}`],
    [
      { postOnly: false, timeInForce: "ioc", reduceOnly: true },
      `"p":"43250","s":"0.001","r":true,"t":{"limit":{"tif":"Ioc"}}`,
    ],
    // Five per cent beyond the touch, on a price of five figures.
    [
      { type: "market", postOnly: false, price: undefined },
      `"b":true,"p":"88351","s":"0.001","r":false,"t":{"limit":{"tif":"Ioc"}}`,
    ],
    [
      { type: "market", postOnly: false, price: undefined, side: "sell" },
      `"b":false,"p":"79936","s":"0.001","r":false,"t":{"limit":{"tif":"Ioc"}}`,
    ],
    [
      {
        type: "stop_loss",
        side: "sell",
        postOnly: false,
        price: undefined,
        triggerPrice: trigger,
      },
      `"b":false,"p":"71100","s":"0.001","r":false,` +
      `"t":{"trigger":{"isMarket":true,"triggerPx":"79000","tpsl":"sl"}}`,
    ],
    [
      { type: "stop_limit", side: "sell", postOnly: false, price: limit, triggerPrice: trigger },
      `"b":false,"p":"78651","s":"0.001","r":false,` +
      `"t":{"trigger":{"isMarket":false,"triggerPx":"79000","tpsl":"sl"}}`,
    ],
  ];
  for (const [changes, wanted] of cases) {
    const found = text(placeOrder(changes));
    assert(found.includes(wanted), `wanted ${wanted}, found ${found}`);
  }
});

Deno.test("encodeRequest() replaces by modify, under a new client id", () => {
  const order = `"order":{"a":0,"b":false,"p":"43251","s":"0.0015","r":true,` +
    `"t":{"limit":{"tif":"Alo"}},"c":"${NEXT}"}}`;
  assertEquals(text(replaceOrder()), `{"type":"modify","oid":338302315146,${order}`);
  assertEquals(
    text(replaceOrder({ venueOrderId: undefined })),
    `{"type":"modify","oid":"${CLOID}",${order}`,
  );
  assert(text(replaceOrder({ postOnly: false })).includes('"tif":"Gtc"'));
});

Deno.test("encodeRequest() cancels by the venue's number where known, else by client id", () => {
  const cancel = {
    kind: "cancel_order",
    instrument: BTC.index,
    clientOrderId: clientOrderId(CLOID),
    venueOrderId: venueOrderId("338302315146"),
  } as const;
  assertEquals(text(cancel), '{"type":"cancel","cancels":[{"a":0,"o":338302315146}]}');
  assertEquals(
    text({ ...cancel, venueOrderId: undefined }),
    `{"type":"cancelByCloid","cancels":[{"asset":0,"cloid":"${CLOID}"}]}`,
  );
  const nameless = { ...cancel, venueOrderId: undefined, clientOrderId: clientOrderId("x") };
  assert(text(nameless).startsWith("Cannot cancel x: wanted the venue's order number"));
  assert(text({ ...cancel, venueOrderId: venueOrderId("9".repeat(20)) }).includes("cancelByCloid"));
});

Deno.test("encodeRequest() refuses what the venue cannot do, with the reason", () => {
  const off = unwrap(BTC.priceFromText("43250.5"));
  const cases: readonly (readonly [Partial<PlaceOrder>, string])[] = [
    [{ clientOrderId: clientOrderId("a1") }, "client order id must be 0x"],
    [{ clientOrderId: clientOrderId(CLOID.toUpperCase()) }, "client order id must be 0x"],
    [{ timeInForce: "fok" }, "no fill-or-kill"],
    [{ price: undefined }, "a limit order needs a price"],
    [{ type: "stop_limit", postOnly: false }, "needs a trigger price"],
    [{ type: "stop_loss", postOnly: false, price: undefined }, "needs a trigger price"],
    [
      { type: "stop_loss", postOnly: false, triggerPrice: price(1), timeInForce: "ioc" },
      "rests until",
    ],
    [{ type: "market" }, "only a limit order can be post-only"],
    [{ timeInForce: "ioc" }, "post-only needs gtc, found ioc"],
    [{ size: size(0) }, "size must be above 0"],
    [{ price: off }, "five significant figures"],
    [{ price: price(0) }, "five significant figures"],
    [{ type: "stop_limit", postOnly: false, triggerPrice: off }, "five significant figures"],
  ];
  for (const [changes, reason] of cases) {
    const found = text(placeOrder(changes));
    assert(found.startsWith("Cannot place"), found);
    assert(found.includes(reason), `wanted ${reason}, found ${found}`);
  }
  assert(text(placeOrder({ reduceOnly: true }), PURR).includes("spot has no reduce-only"));
  const replacements: readonly (readonly [Partial<ReplaceOrder>, string])[] = [
    [{ price: off }, "five significant figures"],
    [{ timeInForce: "ioc" }, "the new order must rest, found ioc"],
    [{ newClientOrderId: clientOrderId("b") }, "the new client order id must be 0x"],
    [{ venueOrderId: undefined, clientOrderId: clientOrderId("b") }, "wanted the venue's order"],
  ];
  for (const [changes, reason] of replacements) {
    const found = text(replaceOrder(changes));
    assert(found.startsWith("Cannot replace") && found.includes(reason), found);
  }
  assert(text(replaceOrder(), PURR).includes("spot has no reduce-only"));
  const amend = { ...replaceOrder(), kind: "amend_order", filledSize: size(0) } as const;
  assert(text(amend).includes("replace it instead"));
  assert(text({ kind: "cancel_all", instrument: BTC.index }).includes("no such action"));
});

Deno.test("encodeRequest() needs the market's price for a market order, and an asset number", () => {
  const market = placeOrder({ type: "market", postOnly: false, price: undefined });
  const without = encodeRequest(market, BTC);
  assert(!without.ok && without.error.includes("wanted the market's price, found none"));
  const oneSided = encodeRequest(market, BTC, { bid: 5, ask: 0 });
  assert(!oneSided.ok);
  const { venueNumber: _number, ...terms } = BTC.terms;
  const nameless = { ...BTC, terms } as Instrument;
  assert(!encodeRequest(placeOrder(), nameless).ok);
});

Deno.test("encode prints the socket's message without id, nonce and signature", () => {
  const encoded = unwrap(hyperliquidTools.encode(placeOrder(), BTC));
  assertEquals(encoded.channel, "ws");
  assertEquals(
    JSON.stringify(encoded.message).startsWith(
      '{"method":"post","request":{"type":"action","payload":{"action":{"type":"order",',
    ),
    true,
  );
  assert(!hyperliquidTools.encode(placeOrder({ timeInForce: "fok" }), BTC).ok);
});

Deno.test("scheduleCancelAction() names the instant, or nothing to clear it", () => {
  assertEquals(scheduleCancelAction(1_700_000_010_126.7), {
    type: "scheduleCancel",
    time: 1_700_000_010_126,
  });
  assertEquals(scheduleCancelAction(undefined), { type: "scheduleCancel" });
});

Deno.test("stepsText() has no trailing zeros and no exponent", () => {
  const texts = [0, 1, 10, 100, 12_345, 100_000, 10_000_000].map((steps) =>
    stepsText(steps, { mantissa: 1, scale: 5 })
  );
  assertEquals(texts, ["0", "0.00001", "0.0001", "0.001", "0.12345", "1", "100"]);
  assertEquals(stepsText(20, { mantissa: 5, scale: 0 }), "100");
});
