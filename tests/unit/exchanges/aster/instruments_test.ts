/**
 * `exchangeInfo` to terms: exact steps, refusals by name, statuses.
 * @module
 */
import { createInstrument, instrumentIndex } from "@/engine/domain/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { parseListing, tradingStatusOf } from "@/exchanges/aster/instruments.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

/** BTCUSDT as captured. */
const BTC = {
  symbol: "BTCUSDT",
  pair: "BTCUSDT",
  contractType: "PERPETUAL",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  marginAsset: "USDT",
  pricePrecision: 1,
  quantityPrecision: 3,
  filters: [
    { filterType: "PRICE_FILTER", minPrice: "1", maxPrice: "1000000", tickSize: "0.1" },
    { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "100.0005", stepSize: "0.001" },
    { filterType: "MARKET_LOT_SIZE", minQty: "0.001", maxQty: "10", stepSize: "0.001" },
    { filterType: "MAX_NUM_ORDERS", limit: 200 },
    { filterType: "MAX_NUM_ALGO_ORDERS", limit: 10 },
    { filterType: "MIN_NOTIONAL", notional: "5" },
    { filterType: "PERCENT_PRICE", multiplierUp: "1.02", multiplierDown: "0.98" },
  ],
  orderTypes: ["LIMIT", "MARKET"],
};

function listed(...symbols: readonly unknown[]) {
  const read = parseListing(JSON.stringify({ rateLimits: [], symbols }));
  assert(read.ok);
  return read.value;
}

Deno.test("parseListing() reads a perpetual's steps and bounds from its filters", () => {
  const [only] = listed(BTC).instruments;
  assertEquals(only, {
    status: "trading",
    terms: {
      venue: "aster",
      symbol: "BTC-USDT-PERP",
      venueSymbol: "BTCUSDT",
      product: "perpetual",
      account: "aster/perpetual",
      base: "BTC",
      quote: "USDT",
      settle: "USDT",
      tick: "0.1",
      lot: "0.001",
      contractSize: "1",
      minSize: "0.001",
      maxSize: "100",
      minNotional: "5",
      extra: {
        marketMaxSize: "10",
        priceUpMax: "1.02",
        priceDownMax: "0.98",
        openOrdersMax: "200",
        stopOrdersMax: "10",
      },
    },
  } as never);
  assert(createInstrument(instrumentIndex(0), only!.terms).ok);
});

Deno.test("parseListing() keeps a book's finer prices where the tick was made coarser", () => {
  const [only] = listed({ ...BTC, pricePrecision: 3 }).instruments;
  assertEquals([only?.terms.tick, only?.terms.orderTick], ["0.001", "0.1"]);
  for (const pricePrecision of [0, 12, null]) {
    const [plain] = listed({ ...BTC, pricePrecision }).instruments;
    assertEquals([plain?.terms.tick, plain?.terms.orderTick], ["0.1", undefined]);
  }
});

Deno.test("parseListing() leaves out, by name, what is not traded here", () => {
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ contractType: "CURRENT_QUARTER" }, 'wanted a PERPETUAL contract, found "CURRENT_QUARTER"'],
    [{ marginAsset: "BTC" }, 'wanted a linear contract, found an inverse one margined in "BTC"'],
    [{ marginAsset: "ETH" }, 'wanted a linear contract, found a quanto one margined in "ETH"'],
    [{ status: "SLEEPING" }, 'wanted a known status, found "SLEEPING"'],
    [{ baseAsset: "" }, "wanted a base and a quote, found none"],
    [{ filters: [] }, 'wanted a tick and a lot above 0, found "" and ""'],
    [{ filters: null }, 'wanted a tick and a lot above 0, found "" and ""'],
  ];
  for (const [change, reason] of cases) {
    const { instruments, refused } = listed(BTC, { ...BTC, symbol: "X", ...change });
    assertEquals(instruments.length, 1);
    assertEquals([...refused], [["X", reason]]);
  }
  const test = listed({ ...BTC, symbol: "TESTUSDT" });
  assertEquals([...test.refused], [["TESTUSDT", "one of the venue's internal test symbols"]]);
});

Deno.test("parseListing() reads spot, where the symbol may be missing and minimums differ", () => {
  const { contractType: _, marginAsset: __, symbol: ___, ...spot } = BTC;
  const filters = [
    { filterType: "PRICE_FILTER", tickSize: "0.01000000" },
    { filterType: "LOT_SIZE", minQty: "0.0015", maxQty: "0", stepSize: "0.001" },
    { filterType: "NOTIONAL", minNotional: "7" },
  ];
  const [only] = listed({ ...spot, filters, status: "SETTLING" }).instruments;
  assertEquals(only?.status, "halted");
  const { symbol, venueSymbol, account, minSize, maxSize, minNotional } = only!.terms;
  assertEquals([symbol, venueSymbol, account] as string[], ["BTC-USDT", "BTCUSDT", "aster/spot"]);
  assertEquals([minSize, maxSize, minNotional], ["0.002", "1000000", "7"]);
});

Deno.test("parseListing() and termsFrom() refuse what they cannot read", () => {
  for (const text of ["", "<html>", "[]", '{"symbols":[1]}', '{"code":-1000}']) {
    const read = asterTools.parseInstruments(text);
    assert(!read.ok && read.error.startsWith("Cannot read instruments: wanted"), text);
  }
  const read = asterTools.termsFrom("BTC", "1", "1", "1");
  assert(!read.ok && read.error.startsWith("Cannot make terms: wanted BASE-QUOTE"));
});

Deno.test("tradingStatusOf() knows every documented status", () => {
  const words = ["TRADING", "PENDING_TRADING", "PRE_SETTLE", "SETTLING", "CLOSE", "?"];
  assertEquals(words.map(tradingStatusOf), [
    ...["trading", "halted", "halted", "halted", "delisted"],
    undefined,
  ] as never);
});

Deno.test("parseListing() never throws, whatever becomes of the answer", () => {
  const random = printedRandom("aster listing");
  const text = JSON.stringify({ symbols: [BTC, { ...BTC, contractType: undefined }] });
  const alphabet = '0123456789"{}[],:.-eE\\nul';
  for (let round = 0; round < 2_000; round++) {
    const at = Math.floor(random.next() * text.length);
    const letter = alphabet[Math.floor(random.next() * alphabet.length)]!;
    const isCut = random.next() < 0.2;
    const read = parseListing(text.slice(0, at) + (isCut ? "" : letter + text.slice(at + 1)));
    if (!read.ok) assert(read.error.startsWith("Cannot read instruments"), read.error);
    else {
      for (const { terms } of read.value.instruments) {
        const made = createInstrument(instrumentIndex(0), terms);
        assert(made.ok || made.error.startsWith("Cannot load"));
      }
    }
  }
});
