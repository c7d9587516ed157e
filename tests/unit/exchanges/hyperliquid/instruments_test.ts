/**
 * `meta` and `spotMeta` to terms: grids, asset numbers, price rule, and what is refused by name.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { parseMeta, termsFrom } from "@/exchanges/hyperliquid/instruments.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";
import { goldenInstruments, META, SPOT_META } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

Deno.test("parseMeta() reads perpetuals by their place in the universe", () => {
  const listing = unwrap(parseMeta(META));
  assertEquals(listing.product, "perpetual");
  const short = listing.instruments.map(({ terms, status }) =>
    `${terms.symbol} ${terms.venueSymbol} ${terms.venueNumber} ${terms.tick} ${terms.lot} ${status}`
  );
  assertEquals(short, [
    "BTC-USDC-PERP BTC 0 0.1 0.00001 trading",
    "ETH-USDC-PERP ETH 1 0.01 0.0001 trading",
    "MATIC-USDC-PERP MATIC 2 0.00001 0.1 delisted",
    "kPEPE-USDC-PERP kPEPE 3 0.000001 1 trading",
    "HYPE-USDC-PERP HYPE 4 0.0001 0.01 trading",
  ]);
  assertEquals(listing.instruments[4]!.terms.extra, { maxLeverage: "10", marginMode: "isolated" });
  assertEquals(listing.refused, [
    {
      symbol: "xyz:XYZ100-USDC-PERP",
      reason: "builder-deployed perpetuals are not traded here",
    },
    { symbol: "BAD-USDC-PERP", reason: "wanted szDecimals from 0 to 6, found 7" },
  ]);
});

Deno.test("parseMeta() reads spot pairs by their own index, and one of each name", () => {
  const listing = unwrap(parseMeta(SPOT_META));
  const short = listing.instruments.map(({ terms }) =>
    `${terms.symbol} ${terms.venueSymbol} ${terms.venueNumber} ${terms.tick} ${terms.lot}`
  );
  assertEquals(short, [
    "PURR-USDC PURR/USDC 10000 0.00000001 1",
    "HYPE-USDC @107 10107 0.000001 0.01",
  ]);
  assertEquals(listing.refused, [
    { symbol: "@5", reason: "wanted two known tokens" },
    { symbol: "@9", reason: 'wanted token names without a dash, found "A-B" and "USDC"' },
    { symbol: "HYPE-USDC", reason: "pair @230 has the name of another pair" },
  ]);
  assertEquals(listing.tokens.get(150), "HYPE");
});

Deno.test("parseMeta() reads answers with contexts beside them", () => {
  assertEquals(unwrap(parseMeta(`[${META},[]]`)), unwrap(parseMeta(META)));
  assertEquals(unwrap(parseMeta(`[${SPOT_META},[{}]]`)), unwrap(parseMeta(SPOT_META)));
});

Deno.test("parseMeta() refuses what is no listing, and margin that is not USDC", () => {
  for (const text of ["", "null", "[]", "{}", "<html>", '{"universe":{}}', '{"universe":[1]}']) {
    const read = parseMeta(text);
    assert(!read.ok, text);
    assert(read.error.startsWith("Cannot read instruments: wanted meta or spotMeta"));
  }
  const other = unwrap(
    parseMeta('{"universe":[{"name":"X","szDecimals":2},{}],"collateralToken":235}'),
  );
  assertEquals(other.instruments, []);
  assertEquals(other.refused, [
    { symbol: "X-USDC-PERP", reason: "wanted margin in USDC, found token 235" },
    { symbol: "", reason: "wanted a name" },
  ]);
  const broken = unwrap(parseMeta('{"universe":[{"name":"P"}],"tokens":[{}]}'));
  assertEquals(broken.refused, [{ symbol: "P", reason: "wanted name, index and tokens" }]);
});

Deno.test("an order price has five significant figures, and whole numbers have any", () => {
  const [btc, eth, hype, pepe, purr] = goldenInstruments();
  const cases = [
    [btc, "84143", true],
    [btc, "84143.5", false],
    [btc, "184143", true],
    [btc, "9414.3", true],
    [eth, "1891.4", true],
    [eth, "1891.45", false],
    [eth, "91.455", false],
    [eth, "91.45", true],
    [hype, "35.276", true],
    [hype, "5.2763", true],
    [hype, "0.1234", true],
    [pepe, "0.011234", true],
    [pepe, "1.12345", false],
    [purr, "0.22695", true],
    [purr, "0.226951", false],
    [purr, "0.00022695", true],
  ] as const;
  for (const [instrument, text, isValid] of cases) {
    const read = instrument!.priceFromText(text);
    const found = read.ok && instrument!.isOrderPrice(read.value);
    assertEquals(found, isValid, `${instrument!.key} ${text}`);
  }
});

Deno.test("termsFrom() makes terms of a symbol and its steps, without an asset number", () => {
  const perpetual = unwrap(termsFrom("BTC-USDC-PERP", "0.1", "0.00001", "1"));
  assertEquals(perpetual.venueSymbol as string, "BTC");
  assertEquals(perpetual.significantFigures, 5);
  assert(createInstrument(instrumentIndex(0), perpetual).ok);
  const spot = unwrap(termsFrom("PURR-USDC", "0.00000001", "1", "1"));
  assertEquals(spot.venueSymbol as string, "PURR/USDC");
  assert(!termsFrom("BTC", "1", "1", "1").ok);
  const listed = unwrap(hyperliquidTools.parseInstruments(META));
  assertEquals(listed.length, 5);
  assert(!hyperliquidTools.parseInstruments("nothing").ok);
});
