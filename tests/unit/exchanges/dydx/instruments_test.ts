/**
 * Markets: steps from text and from the chain's integers, what is refused, orders in quantums.
 * @module
 */
import {
  clientOrderId,
  price,
  size,
  strategyId,
  unwrap,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import { createInstrument, instrumentIndex } from "@/engine/domain/mod.ts";
import type { PlaceOrder } from "@/engine/messages/mod.ts";
import { dydxTools } from "@/exchanges/dydx/mod.ts";
import { isoInstant } from "@/exchanges/dydx/_iso_time.ts";
import { addressesOf, resolvedAddresses } from "@/exchanges/dydx/endpoints.ts";
import { parsePerpetualMarkets, tradingStatusOf } from "@/exchanges/dydx/instruments.ts";
import { encodeRequest } from "@/exchanges/dydx/order_encoder.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { dydxMarkets, MARKETS } from "./markets.ts";

const BTC = MARKETS.markets["BTC-USD"];

function listed(changes: Record<string, unknown>) {
  const text = JSON.stringify({ markets: { "BTC-USD": { ...BTC, ...changes } } });
  return unwrap(parsePerpetualMarkets(text));
}

Deno.test("parsePerpetualMarkets() reads names, steps and the chain's numbers", () => {
  const [btc, eth] = dydxMarkets();
  const { terms } = btc;
  assertEquals([terms.symbol, terms.venueSymbol, terms.settle].map(String), [
    "BTC-USD-PERP",
    "BTC-USD",
    "USDC",
  ]);
  assertEquals([terms.tick, terms.lot, terms.minSize, terms.venueNumber], [
    "1",
    "0.0001",
    "0.0001",
    0,
  ]);
  assertEquals(terms.extra?.["atomicResolution"], "-10");
  assertEquals([eth.terms.tick, eth.terms.lot, eth.terms.venueNumber], ["0.1", "0.001", 1]);
});

Deno.test("parsePerpetualMarkets() takes the finer step for books and the coarser for orders", () => {
  const { instruments } = listed({ tickSize: "0.5", stepSize: "0.00001" });
  const { terms } = instruments[0]!;
  assertEquals([terms.tick, terms.orderTick], ["0.5", "1"]);
  assertEquals([terms.lot, terms.orderLot, terms.minSize], ["0.00001", "0.0001", "0.0001"]);
  const made = unwrap(createInstrument(instrumentIndex(0), terms));
  assertEquals([made.orderTick, made.orderLot], [2, 10]);
});

Deno.test("parsePerpetualMarkets() refuses by name what it cannot trade exactly", () => {
  const bad: Record<string, unknown>[] = [
    { ticker: "BUFFI,UNISWAP_V3-X-USD" },
    { ticker: "" },
    { status: "DANCING" },
    { tickSize: "0.3" },
    { stepSize: "0" },
    { clobPairId: null },
    { atomicResolution: "x" },
    { stepBaseQuantums: 0 },
    { subticksPerTick: 1.5 },
    { atomicResolution: -99 },
  ];
  for (const changes of bad) {
    const { instruments, refused } = listed(changes);
    assertEquals(instruments.length, 0, JSON.stringify(changes));
    assertEquals(refused[0]!.symbol, "BTC-USD");
  }
  for (const text of ["", "<html>", "[]", "null", '{"markets":[]}']) {
    assert(!parsePerpetualMarkets(text).ok, text);
  }
  assertEquals(listed({}).instruments.length, 1);
});

Deno.test("tradingStatusOf() knows every documented status", () => {
  const words = [
    "ACTIVE",
    "PAUSED",
    "CANCEL_ONLY",
    "POST_ONLY",
    "INITIALIZING",
    "FINAL_SETTLEMENT",
  ];
  assertEquals(words.map(tradingStatusOf), [
    "trading",
    "halted",
    "halted",
    "halted",
    "halted",
    "delisted",
  ]);
  assertEquals(tradingStatusOf("X"), undefined);
});

Deno.test("termsFrom() makes perpetuals that can be read but not traded", () => {
  assert(!dydxTools.termsFrom("BTC-USD", "1", "0.0001", "1").ok, "there is no spot");
  const terms = unwrap(dydxTools.termsFrom("BTC-USD-PERP", "1", "0.0001", "1"));
  const made = unwrap(createInstrument(instrumentIndex(0), terms));
  assert(!dydxTools.encode(place(), made).ok);
});

function place(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("123456789"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(43_250),
    triggerPrice: undefined,
    size: size(10),
    ...changes,
  };
}

function fieldsOf(request: PlaceOrder): Record<string, unknown> {
  const encoded = unwrap(dydxTools.encode(request, dydxMarkets()[0]));
  assertEquals([encoded.channel, encoded.method, encoded.path], ["rest", "POST", "/"]);
  const message = encoded.message as { type: string; fields: Record<string, unknown> };
  assertEquals(message.type, "MsgPlaceOrder");
  return message.fields;
}

Deno.test("encode places the sheet's order in quantums and subticks", () => {
  assertEquals(fieldsOf(place()), {
    subaccountNumber: 0,
    clientId: 123_456_789,
    orderFlags: 0,
    clobPairId: 0,
    side: 1,
    quantums: 10_000_000,
    subticks: 4_325_000_000,
    timeInForce: 2,
  });
});

Deno.test("encode chooses kind and time in force by the order's type", () => {
  const kind = (changes: Partial<PlaceOrder>) => {
    const { orderFlags, timeInForce, conditionType, clientMetadata, reduceOnly, subticks } =
      fieldsOf(place({ postOnly: false, ...changes }));
    return [orderFlags, timeInForce, conditionType, clientMetadata, reduceOnly, subticks];
  };
  const at = 4_325_000_000;
  assertEquals(kind({}), [64, 0, undefined, undefined, undefined, at]);
  assertEquals(kind({ timeInForce: "ioc" }), [0, 1, undefined, undefined, undefined, at]);
  assertEquals(kind({ timeInForce: "ioc", reduceOnly: true }), [
    0,
    1,
    undefined,
    undefined,
    true,
    at,
  ]);
  // 5 % beyond the oracle's 43,250.5, on the tick.
  const market = { type: "market", price: undefined } as const;
  assertEquals(kind(market), [0, 1, undefined, 1, undefined, 4_541_300_000]);
  assertEquals(kind({ ...market, side: "sell" }), [0, 1, undefined, 1, undefined, 4_108_800_000]);
  const stop = { triggerPrice: price(43_000), side: "sell" } as const;
  assertEquals(kind({ ...stop, type: "stop_loss", price: undefined }), [
    32,
    1,
    1,
    1,
    undefined,
    4_085_000_000,
  ]);
  assertEquals(kind({ ...stop, type: "stop_limit" }), [32, 0, 1, undefined, undefined, at]);
  assertEquals(
    fieldsOf(place({ ...stop, type: "stop_limit", postOnly: false }))[
      "conditionalOrderTriggerSubticks"
    ],
    4_300_000_000,
  );
});

Deno.test("encode refuses what the venue cannot do, with the reason", () => {
  const [btc] = dydxMarkets();
  const reasons: [Partial<PlaceOrder>, RegExp][] = [
    [{ clientOrderId: clientOrderId("abc") }, /whole number below 2\^32/],
    [{ clientOrderId: clientOrderId("4294967296") }, /whole number below 2\^32/],
    [{ timeInForce: "fok", postOnly: false }, /no fill-or-kill/],
    [{ reduceOnly: true }, /reduce-only needs ioc/],
    [{ timeInForce: "ioc" }, /post-only needs gtc/],
    [{ type: "market", price: undefined }, /only a limit order can be post-only/],
    [{ price: undefined }, /needs a price/],
    [{ type: "stop_limit", postOnly: false }, /needs a trigger price/],
    [{ size: size(0) }, /above 0/],
    [{ price: price(0) }, /order tick/],
    [{ size: size(2 ** 50) }, /below 2\^53/],
  ];
  for (const [changes, reason] of reasons) {
    const encoded = dydxTools.encode(place(changes), btc);
    assert(!encoded.ok, JSON.stringify(changes));
    assert(reason.test(encoded.error), encoded.error);
  }
  const isolated = { ...btc.terms, extra: { ...btc.terms.extra, marketType: "ISOLATED" } };
  const made = unwrap(createInstrument(instrumentIndex(0), isolated));
  assert(!dydxTools.encode(place(), made).ok);
  assert(!dydxTools.encode({ kind: "cancel_all", instrument: instrumentIndex(0) }, btc).ok);
});

Deno.test("encode amends under the same id with the new total size, quotes alone", () => {
  const [btc] = dydxMarkets();
  const { side, strategy, instrument, clientOrderId: name } = place();
  const request = {
    kind: "amend_order",
    instrument,
    clientOrderId: name,
    venueOrderId: venueOrderId("x"),
    strategy,
    side,
    price: price(43_251),
    size: size(20),
    filledSize: size(5),
    reduceOnly: false,
    postOnly: true,
  } as const;
  const { message } = unwrap(dydxTools.encode(request, btc));
  const { fields } = message as { fields: Record<string, unknown> };
  assertEquals([fields["clientId"], fields["quantums"]], [123_456_789, 20_000_000]);
  assert(!dydxTools.encode({ ...request, postOnly: false }, btc).ok);
  assert(!dydxTools.encode({ ...request, size: size(5) }, btc).ok);
  assert(!dydxTools.encode({ ...request, reduceOnly: true }, btc).ok);
});

Deno.test("encode cancels by id and kind", () => {
  const [btc] = dydxMarkets();
  const request = {
    kind: "cancel_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("7"),
    venueOrderId: undefined,
  } as const;
  const facts = { subaccountNumber: 3, oracleTicks: undefined, cancelFlags: 64 };
  const { message } = unwrap(encodeRequest(request, btc, facts));
  assertEquals(message, {
    type: "MsgCancelOrder",
    fields: { subaccountNumber: 3, clientId: 7, orderFlags: 64, clobPairId: 0 },
  });
  assert(!encodeRequest({ ...request, clientOrderId: clientOrderId("x") }, btc, facts).ok);
});

Deno.test("isoInstant() reads the venue's instants and nothing else", () => {
  assertEquals(Number(isoInstant("1970-01-01T00:00:00.000Z")), 0);
  assertEquals(Number(isoInstant("2024-02-29T23:59:59.123456Z")), 1_709_251_199_123_456);
  assertEquals(Number(isoInstant("2026-01-15T00:00:00Z")), 1_768_435_200_000_000);
  const bad = [
    "",
    "2024",
    "2024-13-01T00:00:00Z",
    "2024-01-01T25:00:00Z",
    "2024-01-01T00:00:00+01",
  ];
  for (const text of bad) assertEquals(Number(isoInstant(text)), 0, text);
});

Deno.test("resolvedAddresses() fills in node and chain, and turns socket addresses into HTTP", () => {
  const live = resolvedAddresses(addressesOf("live"));
  assertEquals([live.chainId, live.rpc], ["dydx-mainnet-1", "https://oegs.dydx.trade"]);
  assertEquals(resolvedAddresses(addressesOf("demo")).chainId, "dydx-testnet-4");
  const one = resolvedAddresses({
    perp: {
      rest: "http://h:1/v4/",
      public_ws: "ws://h:1",
      private_ws: "ws://h:1",
      ws_api: "ws://h:2/",
    },
  });
  assertEquals([one.indexer, one.rpc, one.lcd, one.chainId], [
    "http://h:1/v4",
    "http://h:2",
    "http://h:2",
    "dydx-testnet-4",
  ]);
});
