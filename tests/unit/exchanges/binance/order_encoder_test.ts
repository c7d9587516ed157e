/**
 * Our requests as Binance's parameters, signed frames and signed queries.
 * @module
 */
import { clientOrderId, type Instrument, venueOrderId } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import { binanceTools, createSigner, socketFrame } from "@/exchanges/binance/mod.ts";
import {
  algoCancelAll,
  encodeRequest,
  signedQuery,
  stepsText,
} from "@/exchanges/binance/order_encoder.ts";
import { price, size, strategyId } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, btcSpot } from "@/tests/support/builders.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const PERP = btcPerp();
const SPOT = btcSpot();
type Encodable = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

function place(instrument: Instrument, changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId("mm-000002"),
    strategy: strategyId("maker"),
    side: "sell",
    type: "limit",
    timeInForce: "gtc",
    postOnly: false,
    reduceOnly: false,
    price: price(641001),
    triggerPrice: undefined,
    size: size(200),
    ...changes,
  };
}

function amend(instrument: Instrument, changes: Partial<AmendOrder> = {}): AmendOrder {
  return {
    kind: "amend_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: venueOrderId("9007199254740993"),
    strategy: strategyId("maker"),
    side: "buy",
    price: price(640000),
    size: size(10),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
    ...changes,
  };
}

function replace(changes: Partial<ReplaceOrder> = {}): ReplaceOrder {
  return {
    kind: "replace_order",
    instrument: SPOT.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
    newClientOrderId: clientOrderId("mm-2"),
    strategy: strategyId("maker"),
    side: "buy",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(6400010),
    size: size(1000),
    ...changes,
  };
}

function cancel(changes: Partial<CancelOrder> = {}): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: PERP.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
    ...changes,
  };
}

/** `method name=value …` of what would go over the order socket, or over REST. */
function wireText(request: Encodable, instrument: Instrument): string {
  const wire = encodeRequest(request, instrument);
  if (!wire.ok) return wire.error;
  const { socketMethod, restMethod, restPath, params } = wire.value;
  const names = params.map(([name]) => name);
  assertEquals(names, names.toSorted(), "parameters must be sorted by name");
  const where = socketMethod ?? `${restMethod} ${restPath}`;
  return [where, ...params.map(([name, value]) => `${name}=${value}`)].join(" ");
}

Deno.test("encodeRequest() places USD-M orders", () => {
  const head = "order.place newClientOrderId=mm-000002 newOrderRespType=RESULT";
  const tail = "side=SELL symbol=BTCUSDT";
  assertEquals(
    wireText(place(PERP), PERP),
    `${head} price=64100.1 quantity=0.2 ${tail} timeInForce=GTC type=LIMIT`,
  );
  assertEquals(
    wireText(place(PERP, { postOnly: true, reduceOnly: true, side: "buy" }), PERP),
    `${head} price=64100.1 quantity=0.2 reduceOnly=true side=BUY symbol=BTCUSDT ` +
      "timeInForce=GTX type=LIMIT",
  );
  assertEquals(
    wireText(place(PERP, { timeInForce: "fok" }), PERP),
    `${head} price=64100.1 quantity=0.2 ${tail} timeInForce=FOK type=LIMIT`,
  );
  assertEquals(
    wireText(place(PERP, { type: "market", price: undefined, timeInForce: "ioc" }), PERP),
    `${head} quantity=0.2 ${tail} type=MARKET`,
  );
});

Deno.test("encodeRequest() sends USD-M stops to the algo service", () => {
  const head = "algoOrder.place algoType=CONDITIONAL clientAlgoId=mm-000002";
  const stop = { type: "stop_loss", price: undefined, triggerPrice: price(600000) } as const;
  assertEquals(
    wireText(place(PERP, { ...stop, reduceOnly: true }), PERP),
    `${head} quantity=0.2 reduceOnly=true side=SELL symbol=BTCUSDT triggerPrice=60000 ` +
      "type=STOP_MARKET",
  );
  assertEquals(
    wireText(place(PERP, { ...stop, type: "stop_limit", price: price(599000) }), PERP),
    `${head} price=59900 quantity=0.2 side=SELL symbol=BTCUSDT timeInForce=GTC ` +
      "triggerPrice=60000 type=STOP",
  );
});

Deno.test("encodeRequest() places spot orders", () => {
  const head = "order.place newClientOrderId=mm-000002 newOrderRespType=RESULT";
  const spot = { price: price(6410010), size: size(1000) };
  assertEquals(
    wireText(place(SPOT, { ...spot, postOnly: true }), SPOT),
    `${head} price=64100.1 quantity=0.01 side=SELL symbol=BTCUSDT type=LIMIT_MAKER`,
  );
  assertEquals(
    wireText(place(SPOT, { ...spot, timeInForce: "ioc" }), SPOT),
    `${head} price=64100.1 quantity=0.01 side=SELL symbol=BTCUSDT timeInForce=IOC type=LIMIT`,
  );
  assertEquals(
    wireText(place(SPOT, { ...spot, type: "market", price: undefined }), SPOT),
    `${head} quantity=0.01 side=SELL symbol=BTCUSDT type=MARKET`,
  );
  assertEquals(
    wireText(
      place(SPOT, { ...spot, type: "stop_loss", price: undefined, triggerPrice: price(6000000) }),
      SPOT,
    ),
    `${head} quantity=0.01 side=SELL stopPrice=60000 symbol=BTCUSDT type=STOP_LOSS`,
  );
  assertEquals(
    wireText(place(SPOT, { ...spot, type: "stop_limit", triggerPrice: price(6000000) }), SPOT),
    `${head} price=64100.1 quantity=0.01 side=SELL stopPrice=60000 symbol=BTCUSDT ` +
      "timeInForce=GTC type=STOP_LOSS_LIMIT",
  );
});

Deno.test("encodeRequest() amends, replaces and cancels", () => {
  assertEquals(
    wireText(amend(PERP), PERP),
    "order.modify orderId=9007199254740993 price=64000 quantity=0.01 side=BUY symbol=BTCUSDT",
  );
  assertEquals(
    wireText(amend(SPOT, { venueOrderId: undefined }), SPOT),
    "order.amend.keepPriority newClientOrderId=mm-1 newQty=0.0001 origClientOrderId=mm-1 " +
      "symbol=BTCUSDT",
  );
  assertEquals(
    wireText(replace(), SPOT),
    "order.cancelReplace cancelOrigClientOrderId=mm-1 cancelReplaceMode=STOP_ON_FAILURE " +
      "newClientOrderId=mm-2 newOrderRespType=RESULT price=64000.1 quantity=0.01 side=BUY " +
      "symbol=BTCUSDT type=LIMIT_MAKER",
  );
  assertEquals(
    wireText(replace({ venueOrderId: venueOrderId("7"), postOnly: false }), SPOT),
    "order.cancelReplace cancelOrderId=7 cancelReplaceMode=STOP_ON_FAILURE " +
      "newClientOrderId=mm-2 newOrderRespType=RESULT price=64000.1 quantity=0.01 side=BUY " +
      "symbol=BTCUSDT timeInForce=GTC type=LIMIT",
  );
  assertEquals(wireText(cancel(), PERP), "order.cancel origClientOrderId=mm-1 symbol=BTCUSDT");
  assertEquals(
    wireText(cancel({ venueOrderId: venueOrderId("7") }), SPOT),
    "order.cancel orderId=7 symbol=BTCUSDT",
  );
  assertEquals(
    wireText(cancel({ venueOrderId: venueOrderId("algo-2148719") }), PERP),
    "algoOrder.cancel algoId=2148719",
  );
  const byClient = encodeRequest(cancel(), PERP, true);
  assert(byClient.ok);
  assertEquals(byClient.value.params, [["clientAlgoId", "mm-1"]]);
  const all: CancelAll = { kind: "cancel_all", instrument: PERP.index };
  assertEquals(wireText(all, PERP), "DELETE /fapi/v1/allOpenOrders symbol=BTCUSDT");
  assertEquals(wireText(all, SPOT), "openOrders.cancelAll symbol=BTCUSDT");
  assertEquals(algoCancelAll(PERP).restPath, "/fapi/v1/algoOpenOrders");
});

Deno.test("encodeRequest() refuses what the venue cannot do", () => {
  const cases: readonly (readonly [Encodable, Instrument, RegExp])[] = [
    [place(PERP, { price: undefined }), PERP, /needs a price/],
    [place(PERP, { type: "stop_loss" }), PERP, /needs a trigger price/],
    [place(PERP, { type: "market", postOnly: true }), PERP, /only a limit order/],
    [place(PERP, { timeInForce: "ioc", postOnly: true }), PERP, /post-only needs gtc/],
    [place(SPOT, { reduceOnly: true }), SPOT, /spot has no reduce-only/],
    [place(PERP, { size: size(0) }), PERP, /size must be above 0/],
    [place(PERP, { price: price(0) }), PERP, /order tick/],
    [place(PERP, { clientOrderId: clientOrderId("no spaces") }), PERP, /alphabet/],
    [amend(PERP, { filledSize: size(10) }), PERP, /above what is filled/],
    [amend(SPOT, { filledSize: size(10) }), SPOT, /above what is filled/],
    [amend(PERP, { price: price(-1) }), PERP, /order tick/],
    [replace(), PERP, /amend instead/],
    [replace({ reduceOnly: true }), SPOT, /reduce-only/],
    [replace({ timeInForce: "ioc" }), SPOT, /post-only needs gtc/],
    [replace({ size: size(0) }), SPOT, /above 0/],
    [replace({ price: price(0) }), SPOT, /order tick/],
    [replace({ newClientOrderId: clientOrderId("") }), SPOT, /alphabet/],
    [cancel({ clientOrderId: clientOrderId("") }), PERP, /client or venue order id/],
  ];
  for (const [request, instrument, wanted] of cases) {
    const wire = encodeRequest(request, instrument);
    assert(!wire.ok, String(wanted));
    assert(wanted.test(wire.error), `${wire.error} against ${wanted}`);
  }
});

Deno.test("binanceTools.encode() shows the request without time, id and signature", () => {
  const shown = binanceTools.encode(place(PERP, { postOnly: true }), PERP);
  assert(shown.ok);
  assertEquals(shown.value, {
    channel: "ws",
    method: "order.place",
    message: {
      method: "order.place",
      params: {
        newClientOrderId: "mm-000002",
        newOrderRespType: "RESULT",
        price: "64100.1",
        quantity: "0.2",
        side: "SELL",
        symbol: "BTCUSDT",
        timeInForce: "GTX",
        type: "LIMIT",
        recvWindow: 5000,
      },
    },
  });
  const all = binanceTools.encode({ kind: "cancel_all", instrument: PERP.index }, PERP);
  assert(all.ok);
  assertEquals(all.value, {
    channel: "rest",
    method: "DELETE",
    path: "/fapi/v1/allOpenOrders",
    message: { symbol: "BTCUSDT", recvWindow: 5000 },
  });
  assert(!binanceTools.encode(replace(), PERP).ok);
});

Deno.test("socketFrame() signs what it sends: the published vector S5, with the same fields", () => {
  const signer = createSigner({
    key: "dummyKeyBinanceSheet01",
    secret: "dummySecretBinanceSheet01",
  });
  assert(signer.ok);
  const params = [
    ["newClientOrderId", "mm-000002"],
    ["positionSide", "BOTH"],
    ["price", "64100.10"],
    ["quantity", "0.002"],
    ["side", "SELL"],
    ["symbol", "BTCUSDT"],
    ["timeInForce", "GTX"],
    ["type", "LIMIT"],
  ] as const;
  const wire = {
    socketMethod: "order.place",
    restMethod: "POST",
    restPath: "/fapi/v1/order",
    params,
  } as const;
  const frame = JSON.parse(socketFrame(wire, "r-1", 1760000003000, signer.value));
  assertEquals(frame, {
    id: "r-1",
    method: "order.place",
    params: {
      ...Object.fromEntries(params),
      apiKey: "dummyKeyBinanceSheet01",
      recvWindow: 5000,
      timestamp: 1760000003000,
      signature: "5dd455474be5395e9905f58ed771ad2b0dcbc53ba225c609e328285e2fac1e2a",
    },
  });
});

Deno.test("socketFrame() keeps ids beyond 2^53 digit by digit, as a JSON number", () => {
  const signer = createSigner({ key: "k", secret: "s" });
  const wire = encodeRequest(amend(PERP), PERP);
  assert(signer.ok && wire.ok);
  const frame = socketFrame(wire.value, "p1", 1, signer.value);
  assert(frame.includes('"orderId":9007199254740993,'), frame);
});

Deno.test("signedQuery() signs and sends the same text, the signature last", () => {
  const signer = createSigner({
    key: "k",
    ed25519Pem: "MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
  });
  assert(signer.ok);
  const query = signedQuery([["symbol", "BTC USDT"]], 5, signer.value);
  const [payload, signature] = query.split("&signature=");
  assertEquals(payload, "symbol=BTC%20USDT&recvWindow=5000&timestamp=5");
  assertEquals(decodeURIComponent(signature!), signer.value.sign(payload!));
});

Deno.test("stepsText() writes the same text as Instrument for any steps", () => {
  const random = printedRandom("stepsText");
  for (let round = 0; round < 2_000; round++) {
    const steps = Math.floor(random.next() * 10 ** (1 + Math.floor(random.next() * 12)));
    for (const instrument of [PERP, SPOT]) {
      assertEquals(stepsText(steps, instrument.priceGrid), instrument.priceText(price(steps)));
      assertEquals(stepsText(steps, instrument.sizeGrid), instrument.sizeText(steps));
    }
  }
  assertEquals(stepsText(0, { mantissa: 5, scale: 3 }), "0");
  assertEquals(stepsText(7, { mantissa: 5, scale: 0 }), "35");
  assertEquals(stepsText(2, { mantissa: 25, scale: 3 }), "0.05");
});
