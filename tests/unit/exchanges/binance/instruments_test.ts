/**
 * Both products' exchangeInfo to terms; what is not traded here is refused by name.
 * @module
 */
import { createInstrument, instrumentIndex } from "@/engine/domain/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { parseExchangeInfo, tradingStatusOf } from "@/exchanges/binance/instruments.ts";
import {
  combinedStreamUrl,
  orderSocketUrl,
  privateStreamUrl,
} from "@/exchanges/binance/endpoints.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const SPOT = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  isSpotTradingAllowed: true,
  amendAllowed: true,
  cancelReplaceAllowed: true,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "0.01000000", tickSize: "0.01000000" },
    {
      filterType: "LOT_SIZE",
      minQty: "0.00001500",
      maxQty: "9000.00000500",
      stepSize: "0.00001000",
    },
    { filterType: "NOTIONAL", minNotional: "5.00000000", applyMinToMarket: true },
    { filterType: "MAX_NUM_ORDERS", maxNumOrders: 200 },
  ],
};
const PERP = {
  symbol: "BTCUSDT",
  contractType: "PERPETUAL",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  marginAsset: "USDT",
  pricePrecision: 2,
  quantityPrecision: 3,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "556.80", tickSize: "0.10" },
    { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
    { filterType: "MARKET_LOT_SIZE", minQty: "0.001", maxQty: "120", stepSize: "0.001" },
    { filterType: "MAX_NUM_ORDERS", limit: 200 },
    { filterType: "MIN_NOTIONAL", notional: "100" },
  ],
};

function info(...symbols: unknown[]): string {
  return JSON.stringify({ timezone: "UTC", rateLimits: [], symbols });
}

Deno.test("parseExchangeInfo() reads a spot instrument; sizes are rounded inwards to the lot", () => {
  const read = parseExchangeInfo(info(SPOT));
  assert(read.ok);
  assertEquals(read.value.product, "spot");
  const { terms, status } = read.value.instruments[0]!;
  assertEquals(status, "trading");
  assertEquals(String(terms.symbol), "BTC-USDT");
  assertEquals(terms.tick, "0.01000000");
  assertEquals(terms.minSize, "0.00002");
  assertEquals(terms.maxSize, "9000");
  assertEquals(terms.minNotional, "5.00000000");
  assertEquals(terms.extra, {
    amendAllowed: "true",
    cancelReplaceAllowed: "true",
    openOrdersMax: "200",
  });
  assert(createInstrument(instrumentIndex(0), terms).ok);
});

Deno.test("parseExchangeInfo() reads a perpetual; precision is the book's grid, not a step", () => {
  const read = parseExchangeInfo(info(PERP));
  assert(read.ok);
  const { terms } = read.value.instruments[0]!;
  assertEquals(String(terms.symbol), "BTC-USDT-PERP");
  assertEquals([terms.tick, terms.orderTick], ["0.01", "0.10"], "older orders may stand between");
  assertEquals([terms.lot, terms.minNotional], ["0.001", "100"]);
  assertEquals([terms.settle, terms.contractSize], ["USDT", "1"]);
  assertEquals(String(terms.account), "binance/perpetual");
  assertEquals(terms.extra?.["marketMaxSize"], "120");
  const instrument = createInstrument(instrumentIndex(0), terms);
  assert(instrument.ok);
  assertEquals(instrument.value.maxSize, 1_000_000);
});

Deno.test("parseExchangeInfo() refuses by name what is not traded here", () => {
  const cases: readonly (readonly [Record<string, unknown>, RegExp])[] = [
    [{ ...PERP, symbol: "BTCUSDT_260327", contractType: "CURRENT_QUARTER" }, /PERPETUAL contract/],
    [{ ...PERP, symbol: "BTCUSD_PERP", quoteAsset: "USD", marginAsset: "BTC" }, /inverse/],
    [{ ...PERP, symbol: "ETHBTC", quoteAsset: "BTC", marginAsset: "USDT" }, /quanto/],
    [{ ...PERP, symbol: "X", status: "ODD" }, /known status/],
    [{ ...PERP, symbol: "Y", filters: [] }, /PRICE_FILTER/],
    [{ ...PERP, symbol: "Z", baseAsset: "" }, /symbol, base and quote/],
  ];
  for (const [entry, reason] of cases) {
    const read = parseExchangeInfo(info(PERP, entry));
    assert(read.ok);
    assertEquals(read.value.instruments.length, 1);
    assertEquals(read.value.refused[0]!.symbol, entry["symbol"]);
    assert(reason.test(read.value.refused[0]!.reason), read.value.refused[0]!.reason);
  }
  const spot = parseExchangeInfo(info({ ...SPOT, isSpotTradingAllowed: false }));
  assert(spot.ok);
  assertEquals(spot.value.refused[0]!.reason, "spot trading is not allowed");
});

Deno.test("binanceTools.parseInstruments() takes the raw answer, bare or from the order socket", () => {
  const bare = binanceTools.parseInstruments(info(SPOT));
  const wrapped = binanceTools.parseInstruments(`{"id":1,"status":200,"result":${info(SPOT)}}`);
  assert(bare.ok && wrapped.ok);
  assertEquals(wrapped.value, bare.value);
  for (const text of ["", "<html>", "[]", "{}", '{"symbols":5}', '{"symbols":[5]}']) {
    const read = binanceTools.parseInstruments(text);
    assert(!read.ok);
    assert(read.error.includes("wanted an exchangeInfo object"));
  }
});

Deno.test("binanceTools.termsFrom() makes terms of a symbol and its steps", () => {
  const perp = binanceTools.termsFrom("BTC-USDT-PERP", "0.1", "0.001", "1");
  assert(perp.ok);
  assertEquals(String(perp.value.venueSymbol), "BTCUSDT");
  assertEquals(perp.value.product, "perpetual");
  assert(createInstrument(instrumentIndex(0), perp.value).ok);
  assert(!binanceTools.termsFrom("BTCUSDT", "0.1", "0.001", "1").ok);
  assertEquals(binanceTools.sequenceRule(perp.value).snapshotFrom, "rest");
});

Deno.test("tradingStatusOf() maps every documented status of both products", () => {
  assertEquals(tradingStatusOf("TRADING"), "trading");
  for (
    const word of ["HALT", "BREAK", "END_OF_DAY", "CANCEL_ONLY", "PENDING_TRADING", "SETTLING"]
  ) {
    assertEquals(tradingStatusOf(word), "halted");
  }
  for (const word of ["PRE_DELIVERING", "DELIVERING", "DELIVERED", "CLOSE"]) {
    assertEquals(tradingStatusOf(word), "delisted");
  }
  assertEquals(tradingStatusOf(""), undefined);
});

Deno.test("endpoints: any printed base leads to the routed sockets", () => {
  for (const base of ["ws://h:1", "ws://h:1/", "ws://h:1/public", "ws://h:1/stream"]) {
    assertEquals(combinedStreamUrl(base, "perpetual", "market"), "ws://h:1/market/stream");
  }
  assertEquals(
    combinedStreamUrl("wss://stream.x:9443/ws", "spot", "public"),
    "wss://stream.x:9443/stream",
  );
  for (const base of ["ws://h:1", "ws://h:1/private", "ws://h:1/private/ws"]) {
    const url = privateStreamUrl(base, "KEY");
    assert(url.startsWith("ws://h:1/private/ws?listenKey=KEY&events=ORDER_TRADE_UPDATE/"), url);
    assert(url.endsWith("/listenKeyExpired"), "or expiry would be silent");
  }
  assertEquals(orderSocketUrl("ws://h:1", "spot"), "ws://h:1/ws-api/v3");
  assertEquals(orderSocketUrl("ws://h:1/", "perpetual"), "ws://h:1/ws-fapi/v1");
  assertEquals(orderSocketUrl("ws://h:1/ws-api/v3", "spot"), "ws://h:1/ws-api/v3");
});
