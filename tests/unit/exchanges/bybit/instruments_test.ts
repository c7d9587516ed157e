/**
 * Instruments as the venue lists them: grids, bounds, what is refused and why.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { parseInstrumentsInfo, termsFrom } from "@/exchanges/bybit/instruments.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const LINEAR = {
  symbol: "BTCUSDT",
  contractType: "LinearPerpetual",
  status: "Trading",
  baseCoin: "BTC",
  quoteCoin: "USDT",
  settleCoin: "USDT",
  launchTime: "1584230400000",
  deliveryTime: "0",
  priceFilter: { minPrice: "0.10", maxPrice: "1999999.80", tickSize: "0.10" },
  lotSizeFilter: {
    maxOrderQty: "1190.0005",
    minOrderQty: "0.001",
    qtyStep: "0.001",
    maxMktOrderQty: "119.000",
    minNotionalValue: "5",
  },
  fundingInterval: 480,
  riskParameters: { priceLimitRatioX: "0.01", priceLimitRatioY: "0.02" },
};
const SPOT = {
  symbol: "BTCUSDT",
  baseCoin: "BTC",
  quoteCoin: "USDT",
  status: "Trading",
  marginTrading: "utaOnly",
  stTag: "0",
  lotSizeFilter: {
    basePrecision: "0.000001",
    quotePrecision: "0.00000001",
    minOrderQty: "0.000048",
    minOrderAmt: "1",
    maxLimitOrderQty: "71.73956243",
    maxMarketOrderQty: "35",
  },
  priceFilter: { tickSize: "0.01" },
};

function answer(category: string, list: readonly unknown[], nextPageCursor = ""): string {
  return JSON.stringify({ retCode: 0, retMsg: "OK", result: { category, list, nextPageCursor } });
}

Deno.test("parseInstrumentsInfo() reads a linear perpetual exactly", () => {
  const listing = unwrap(parseInstrumentsInfo(answer("linear", [LINEAR], "next")));
  assertEquals(listing.nextCursor, "next");
  const { terms, status } = listing.instruments[0]!;
  assertEquals(status, "trading");
  assertEquals(terms, {
    venue: "bybit",
    symbol: terms.symbol,
    venueSymbol: terms.venueSymbol,
    product: "perpetual",
    account: terms.account,
    base: "BTC",
    quote: "USDT",
    settle: "USDT",
    tick: "0.1",
    lot: "0.001",
    contractSize: "1",
    minSize: "0.001",
    maxSize: "1190",
    minNotional: "5",
    extra: {
      marketMaxSize: "119.000",
      minPrice: "0.10",
      maxPrice: "1999999.80",
      priceLimitRatioX: "0.01",
      priceLimitRatioY: "0.02",
      fundingIntervalMinutes: "480",
    },
  });
  assertEquals([terms.symbol as string, terms.account as string], [
    "BTC-USDT-PERP",
    "bybit/unified",
  ]);
  assert(createInstrument(instrumentIndex(0), terms).ok);
});

Deno.test("parseInstrumentsInfo() reads spot: lot, least value, bounds rounded inwards", () => {
  const { terms } = unwrap(parseInstrumentsInfo(answer("spot", [SPOT]))).instruments[0]!;
  assertEquals(terms.symbol as string, "BTC-USDT");
  assertEquals([terms.tick, terms.lot, terms.minSize], ["0.01", "0.000001", "0.000001"]);
  assertEquals([terms.maxSize, terms.minNotional], ["71.739562", "1"]);
  assert(createInstrument(instrumentIndex(0), terms).ok);
});

Deno.test("parseInstrumentsInfo() refuses by name what is not traded here", () => {
  const list = [
    { ...LINEAR, symbol: "BTCUSDT-26DEC25", contractType: "LinearFutures" },
    { ...LINEAR, symbol: "BTCPERP", settleCoin: "USDC", quoteCoin: "USDC" },
    { ...LINEAR, symbol: "BTCUSD", contractType: "InversePerpetual", settleCoin: "BTC" },
    { ...LINEAR, symbol: "AUSDT", status: "Odd" },
    { ...LINEAR, symbol: "BUSDT", priceFilter: {} },
    { ...LINEAR, symbol: "CUSDT", baseCoin: "" },
    { ...LINEAR, symbol: "DUSDT", status: "PreLaunch" },
    { ...LINEAR, symbol: "EUSDT", status: "Delivering" },
  ];
  const listing = unwrap(parseInstrumentsInfo(answer("linear", list)));
  assertEquals(listing.refused.map(({ symbol }) => symbol), [
    "BTCUSDT-26DEC25",
    "BTCPERP",
    "BTCUSD",
    "AUSDT",
    "BUSDT",
    "CUSDT",
  ]);
  assert(listing.refused.every(({ reason }) => reason.startsWith("wanted ")));
  assertEquals(listing.instruments.map(({ status }) => status), ["halted", "delisted"]);
  const option = unwrap(parseInstrumentsInfo(answer("option", [SPOT])));
  assertEquals(option.refused[0]!.reason, 'wanted category spot or linear, found "option"');
});

Deno.test("parseInstruments() takes one answer, a list of answers, or one a line", () => {
  const texts = [answer("linear", [LINEAR]), answer("spot", [SPOT])];
  const forms = [texts[0]!, `[${texts.join(",")}]`, texts.join("\n")];
  const counts = forms.map((text) => unwrap(bybitTools.parseInstruments(text)).length);
  assertEquals(counts, [1, 2, 2]);
  for (const text of ["", "<html>", "{}", '{"result":{"list":5}}', '{"result":{"list":[5]}}']) {
    const read = bybitTools.parseInstruments(text);
    assert(!read.ok, text);
    assert(read.error.startsWith("Cannot read instruments: wanted"), read.error);
  }
});

Deno.test("termsFrom() names the venue's symbols", () => {
  const symbols = ["BTC-USDT", "BTC-USDT-PERP", "BTC-USDC-PERP"].map((symbol) =>
    unwrap(termsFrom(symbol, "0.1", "0.001", "1")).venueSymbol as string
  );
  assertEquals(symbols, ["BTCUSDT", "BTCUSDT", "BTCPERP"]);
  assert(!termsFrom("BTC", "0.1", "0.001", "1").ok);
});
