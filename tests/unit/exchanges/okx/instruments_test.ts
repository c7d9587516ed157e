/**
 * Instruments of OKX: contract sizes, grids, bounds, states, and what is refused by name.
 * @module
 */
import { createInstrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import { parseInstrumentRows, tradingStatusOf } from "@/exchanges/okx/instruments.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { instruments, LISTING } from "./builders.ts";

function rowsWith(changes: Record<string, unknown>): string {
  const { data } = JSON.parse(LISTING) as { data: Record<string, unknown>[] };
  return JSON.stringify({ code: "0", data: [{ ...data[0], ...changes }] });
}

function refusalOf(changes: Record<string, unknown>): string {
  const listing = unwrap(parseInstrumentRows(rowsWith(changes)));
  assertEquals(listing.instruments, []);
  return listing.refused[0]!.reason;
}

Deno.test("okx instruments: a swap counts contracts of ctVal times ctMult", () => {
  const [swap] = instruments();
  assertEquals(swap.terms.symbol, "BTC-USDT-PERP");
  assertEquals(swap.terms.account, "okx/unified");
  assertEquals(swap.terms.contractSize, "0.01");
  assertEquals(swap.terms.venueNumber, 10459);
  assertEquals(swap.terms.minNotional, undefined);
  assertEquals(swap.terms.extra, { marketMaxSize: "12000" });
  assertEquals(swap.baseSizeText(unwrap(swap.sizeFromText("1"))), "0.01");
  const ten = unwrap(parseInstrumentRows(rowsWith({ ctVal: "0.1", ctMult: "10" })));
  assertEquals(ten.instruments[0]!.terms.contractSize, "1");
});

Deno.test("okx instruments: spot counts base currency and keeps bounds countable", () => {
  const [, spot] = instruments();
  assertEquals(spot.terms.symbol, "BTC-USDT");
  assertEquals(spot.terms.contractSize, "1");
  assertEquals(spot.terms.minSize, "0.00001");
  // 9,999,999,999 BTC would be 10^18 lots.
  assertEquals(spot.maxSize, Number.MAX_SAFE_INTEGER);
});

Deno.test("okx instruments: the smallest size is rounded up to the lot, the largest down", () => {
  const listing = unwrap(
    parseInstrumentRows(rowsWith({ lotSz: "0.3", minSz: "0.5", maxLmtSz: "1000" })),
  );
  assertEquals(listing.instruments[0]!.terms.minSize, "0.6");
  assertEquals(listing.instruments[0]!.terms.maxSize, "999.9");
  const bare = unwrap(parseInstrumentRows(rowsWith({ minSz: "", maxLmtSz: "", ctMult: "" })));
  assertEquals(bare.instruments[0]!.terms.minSize, "0.01");
  assertEquals(bare.instruments[0]!.terms.maxSize, "10000000");
});

Deno.test("okx instruments: inverse, quanto, dated and unread ones are refused by name", () => {
  assertEquals(refusalOf({ ctType: "inverse" }), 'wanted a linear contract, found "inverse"');
  assertEquals(
    refusalOf({ settleCcy: "BTC" }),
    'wanted a contract settled in its quote "USDT", found "BTC"',
  );
  assertEquals(
    refusalOf({ ctValCcy: "USD" }),
    'wanted a contract valued in its base "BTC", found "USD"',
  );
  assertEquals(refusalOf({ instType: "FUTURES" }), 'wanted SPOT or SWAP, found "FUTURES"');
  assertEquals(refusalOf({ state: "odd" }), 'wanted a known state, found "odd"');
  assertEquals(refusalOf({ tickSz: "" }), "wanted tickSz and lotSz above 0");
  assertEquals(refusalOf({ lotSz: "0" }), "wanted tickSz and lotSz above 0");
  assertEquals(refusalOf({ ctVal: "x" }), "wanted ctVal and ctMult as decimals");
  assertEquals(refusalOf({ ctVal: "0" }), "wanted ctVal and ctMult above 0");
  assertEquals(refusalOf({ instId: "" }), "wanted id, base and quote");
});

Deno.test("okx instruments: what is no instruments answer is refused with what was found", () => {
  for (const text of ["", "<html>", "[]", '{"data":{}}', '{"data":[1]}', "null"]) {
    const read = okxTools.parseInstruments(text);
    assert(!read.ok);
    assert(read.error.startsWith("Cannot read instruments: wanted"));
  }
});

Deno.test("okx tradingStatusOf() knows each documented state", () => {
  assertEquals(tradingStatusOf("live"), "trading");
  for (const state of ["suspend", "preopen", "post_only", "rebase", "settling", "test"]) {
    assertEquals(tradingStatusOf(state), "halted");
  }
  assertEquals(tradingStatusOf("expired"), "delisted");
  assertEquals(tradingStatusOf(""), undefined);
});

Deno.test("okx termsFrom() names a perpetual as the venue does", () => {
  const perp = unwrap(okxTools.termsFrom("UNI-USD-PERP", "0.001", "1", "10"));
  assertEquals(perp.venueSymbol, "UNI-USD-SWAP");
  assertEquals(unwrap(createInstrument(instrumentIndex(0), perp)).baseSizeText(2), "20");
  assertEquals(unwrap(okxTools.termsFrom("A-B", "1", "1", "1")).venueSymbol, "A-B");
  assert(!okxTools.termsFrom("nonsense", "1", "1", "1").ok);
});
