/**
 * Currency pairs and contracts as the venue lists them, and what of them is refused by name.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { gateTools } from "@/exchanges/gate/mod.ts";
import { parseListing } from "@/exchanges/gate/instruments.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const PAIR = {
  id: "ETH_USDT",
  base: "ETH",
  quote: "USDT",
  min_base_amount: "0.0015",
  min_quote_amount: "3",
  max_base_amount: "10000.0005",
  max_quote_amount: "5000000",
  amount_precision: 3,
  precision: 2,
  trade_status: "tradable",
};
const CONTRACT = {
  name: "BTC_USDT",
  type: "direct",
  quanto_multiplier: "0.0001",
  order_price_round: "0.1",
  order_size_min: 1,
  order_size_max: 1_000_000,
  market_order_size_max: 0,
  enable_decimal: false,
  in_delisting: false,
  status: "trading",
  funding_next_apply: 1_700_006_400,
  funding_interval: 28_800,
};

function only(entry: Record<string, unknown>) {
  const listing = unwrap(parseListing(JSON.stringify([entry])));
  assertEquals(listing.refused, []);
  return listing.instruments[0]!;
}

function refusal(entry: Record<string, unknown>): string {
  const listing = unwrap(parseListing(JSON.stringify([entry])));
  assertEquals(listing.instruments, []);
  return listing.refused[0]!.reason;
}

Deno.test("parseListing() reads a pair: decimals are steps, bounds are rounded inwards", () => {
  const { terms, status, fundingAt } = only(PAIR);
  assertEquals(status, "trading");
  assertEquals(fundingAt, 0);
  assertEquals({ ...terms, extra: undefined }, {
    venue: "gate",
    symbol: terms.symbol,
    venueSymbol: terms.venueSymbol,
    product: "spot",
    account: terms.account,
    base: "ETH",
    quote: "USDT",
    settle: "USDT",
    tick: "0.01",
    lot: "0.001",
    contractSize: "1",
    minSize: "0.002",
    maxSize: "10000",
    minNotional: "3",
    extra: undefined,
  });
  assertEquals([terms.symbol, terms.venueSymbol, terms.account].map(String), [
    "ETH-USDT",
    "ETH_USDT",
    "gate/spot",
  ]);
  assertEquals(terms.extra, { max_quote_amount: "5000000" });
});

Deno.test("parseListing() reads a contract: contract size, tick, next funding", () => {
  const { terms, status, fundingAt } = only(CONTRACT);
  assertEquals(status, "trading");
  assertEquals(fundingAt, 1_700_006_400_000_000);
  assertEquals(
    [terms.symbol, terms.tick, terms.lot, terms.contractSize, terms.minSize, terms.maxSize],
    ["BTC-USDT-PERP", "0.1", "1", "0.0001", "1", "1000000"],
  );
  assertEquals([terms.account, terms.product], ["gate/futures", "perpetual"]);
  const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
  assertEquals(instrument.baseSizeText(95), "0.0095");
  const coarse = only({ ...CONTRACT, order_price_round: "0.05" }).terms;
  const grid = unwrap(createInstrument(instrumentIndex(0), coarse)).priceGrid;
  assertEquals(grid, { mantissa: 5, scale: 2 }, "a tick need not be a power of ten");
});

Deno.test("parseListing() keeps decimal contracts on a grid finer than their orders", () => {
  const { terms } = only({ ...CONTRACT, enable_decimal: true, order_size_min: "0.1" });
  assertEquals([terms.lot, terms.orderLot, terms.minSize], ["0.0001", "0.1", "0.1"]);
  assertEquals(terms.extra?.["enable_decimal"], "true");
  const instrument = unwrap(createInstrument(instrumentIndex(0), terms));
  assertEquals(instrument.orderLot, 1_000);
});

Deno.test("parseListing() maps the states of pairs and contracts", () => {
  const pairs = {
    tradable: "trading",
    buyable: "halted",
    sellable: "halted",
    untradable: "halted",
  };
  for (const [word, status] of Object.entries(pairs)) {
    assertEquals(only({ ...PAIR, trade_status: word }).status, status);
  }
  const contracts = {
    trading: "trading",
    prelaunch: "halted",
    circuit_breaker: "halted",
    delisting: "delisted",
    delisted: "delisted",
  };
  for (const [word, status] of Object.entries(contracts)) {
    assertEquals(only({ ...CONTRACT, status: word }).status, status);
  }
  assertEquals(only({ ...CONTRACT, in_delisting: true }).status, "delisted");
  assertEquals(only({ ...CONTRACT, status: undefined }).status, "trading", "older answers");
});

Deno.test("parseListing() refuses by name what is not traded here", () => {
  assertEquals(refusal({ ...PAIR, id: "\u5e01_USDT" }), "wanted an ASCII name, base and quote");
  assertEquals(
    refusal({ ...PAIR, trade_status: "odd" }),
    'wanted a known trade_status, found "odd"',
  );
  assertEquals(
    refusal({ ...PAIR, precision: null }),
    "wanted precision and amount_precision",
  );
  assert(refusal({ ...CONTRACT, type: "inverse" }).includes("inverse"));
  assert(refusal({ ...CONTRACT, quanto_multiplier: "0" }).includes("inverse"));
  assert(refusal({ ...CONTRACT, name: "BTC_USD" }).includes('found "USD"'));
  assert(refusal({ ...CONTRACT, name: "BTC" }).includes("ASCII"));
  assert(refusal({ ...CONTRACT, status: "odd" }).includes('found "odd"'));
  assert(refusal({ ...CONTRACT, order_price_round: "0" }).includes("order_price_round"));
});

Deno.test("parseListing() stands absent bounds, a single entry and an empty list", () => {
  const { terms } = only({ ...PAIR, min_base_amount: null, max_base_amount: null });
  assertEquals([terms.minSize, terms.maxSize], ["0.001", "1000000"]);
  assertEquals(only({ ...PAIR, min_quote_amount: null }).terms.minNotional, undefined);
  const single = unwrap(parseListing(JSON.stringify(CONTRACT)));
  assertEquals([single.product, single.instruments.length], ["perpetual", 1]);
  assertEquals(unwrap(parseListing("[]", "perpetual")).product, "perpetual");
  for (const text of ["<html>", "{}", "[1]", "null"]) {
    const read = parseListing(text);
    assert(!read.ok && read.error.includes("found"), text);
  }
});

Deno.test("gateTools makes instruments from a response or from a grid alone", () => {
  const listed = unwrap(gateTools.parseInstruments(JSON.stringify([PAIR, CONTRACT])));
  assertEquals(listed.map((terms) => String(terms.symbol)), ["ETH-USDT", "BTC-USDT-PERP"]);
  assert(!gateTools.parseInstruments("<html>").ok);
  const terms = unwrap(gateTools.termsFrom("RDNT-USDT-PERP", "0.0001", "1", "10"));
  assertEquals([terms.venueSymbol, terms.contractSize], ["RDNT_USDT", "10"]);
  assert(!gateTools.termsFrom("RDNT", "1", "1", "1").ok);
});
