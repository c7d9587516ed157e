/**
 * Instruments: text to ticks and lots and back, exactly; order grids; what is refused at loading.
 * @module
 */
import {
  accountKey,
  createInstrument,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  isoText,
  isVenueId,
  micros,
  microsFromMillis,
  millisFromMicros,
  moneyToText,
  notional,
  notionalValue,
  price,
  size,
  symbolFrom,
  symbolOf,
  symbolParts,
  unwrap,
  venueOfAccount,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const TERMS: InstrumentTerms = {
  venue: "binance",
  symbol: symbolOf("BTC-USDT-PERP"),
  venueSymbol: venueSymbolOf("BTCUSDT"),
  product: "perpetual",
  account: accountKey("binance", "perpetual"),
  base: "BTC",
  quote: "USDT",
  settle: "USDT",
  tick: "0.01",
  lot: "0.001",
  contractSize: "1",
  orderTick: "0.1",
  minSize: "0.001",
  maxSize: "1000",
  minNotional: "100",
};

function made(changes: Partial<InstrumentTerms> = {}): Instrument {
  return unwrap(createInstrument(instrumentIndex(3), { ...TERMS, ...changes }));
}

function refusal(changes: Partial<InstrumentTerms>): string {
  const result = createInstrument(instrumentIndex(0), { ...TERMS, ...changes });
  return result.ok ? "" : result.error;
}

Deno.test("Instrument reads prices and sizes exactly and refuses what is off its grid", () => {
  const instrument = made();
  assertEquals(unwrap(instrument.priceFromText("64250.10")), 6_425_010);
  assertEquals(instrument.priceText(price(6_425_010)), "64250.1");
  assertEquals(unwrap(instrument.sizeFromText("0.250")), 250);
  assertEquals(instrument.sizeText(250), "0.25");
  for (const text of ["64250.105", "abc", "", "1e400", "99999999999999999999"]) {
    assertEquals(instrument.priceFromText(text).ok, false, text);
  }
  assertEquals(instrument.sizeFromText("-1").ok, false);
  assertEquals(instrument.sizeFromText("0.0001").ok, false);
});

Deno.test("Instrument counts contracts: sizes in base are contracts times contract size", () => {
  const swap = made({ lot: "1", contractSize: "0.01", minSize: "1" });
  assertEquals(swap.baseSizeText(250), "2.5");
  assertEquals(unwrap(swap.sizeFromBaseText("2.509")), 250);
  assertEquals(moneyToText(swap.baseMoney(3)), "0.03");
  assertEquals(swap.sizeFromBaseText("-1").ok, false);
  assertEquals(swap.sizeFromBaseText("x").ok, false);
  assertEquals(moneyToText(notional(swap, price(6_400_000), -2)), "-1280");
  assertEquals(notionalValue(swap, price(6_400_000), -2), -1280);
  assertEquals(swap.sizeFromValue(0.0299), 2);
  assertEquals(swap.sizeFromValue(-1), 0);
});

Deno.test("Instrument rounds order prices away from the touch on the order grid", () => {
  const instrument = made();
  assertEquals(instrument.orderPriceFromValue("buy", 64_250.17), 6_425_010);
  assertEquals(instrument.orderPriceFromValue("sell", 64_250.11), 6_425_020);
  assertEquals(instrument.orderPriceFromValue("buy", 64_250.2), 6_425_020);
  assertEquals(instrument.isOrderPrice(price(6_425_010)), true);
  assertEquals(instrument.isOrderPrice(price(6_425_011)), false);
  assertEquals(instrument.isOrderPrice(price(0)), false);
});

Deno.test("Instrument holds significant figures; whole numbers are always allowed", () => {
  const five = made({ tick: "0.000001", orderTick: "0.000001", significantFigures: 5 });
  const at = (text: string) => five.isOrderPrice(unwrap(five.priceFromText(text)));
  assertEquals([at("1234.5"), at("1234.56"), at("0.012345")], [true, false, true]);
  assertEquals([at("123456"), at("123456.5")], [true, false]);
  assertEquals(five.priceText(five.orderPriceFromValue("buy", 1234.56)), "1234.5");
});

Deno.test("createInstrument() refuses terms that are not exact, not positive or too fine", () => {
  assertStringIncludes(refusal({ tick: "0" }), "Cannot load binance:BTC-USDT-PERP: tick");
  assertStringIncludes(refusal({ lot: "x" }), "lot");
  assertStringIncludes(refusal({ contractSize: "0" }), "contract size must be above 0");
  assertStringIncludes(refusal({ tick: "0.0000000001", lot: "0.0000000001" }), "at most 18");
  assertStringIncludes(refusal({ orderTick: "0.005" }), "multiple of 0.01");
  assertStringIncludes(refusal({ orderLot: "0" }), "above 0");
  assertStringIncludes(refusal({ minSize: "0.0005" }), "multiple of 0.001");
  assertEquals(made({ maxSize: "5" }).maxSize, size(5_000));
});

Deno.test("Symbols name product, base and quote, and accounts their venue", () => {
  assertEquals(symbolFrom("BTC", "USDT", "spot"), symbolOf("BTC-USDT"));
  assertEquals(symbolFrom("BTC", "USD", "perpetual"), symbolOf("BTC-USD-PERP"));
  assertEquals(symbolParts("BTC-USDT-PERP"), {
    base: "BTC",
    quote: "USDT",
    product: "perpetual",
  });
  assertEquals(symbolParts("BTC-USDT")?.product, "spot");
  for (const bad of ["BTC", "BTC-", "-USDT", "BTC-USDT-X", "A-B-C-D"]) {
    assertEquals(symbolParts(bad), undefined);
  }
  assertEquals([isVenueId("okx"), isVenueId("ftx")], [true, false]);
  assertEquals(venueOfAccount(accountKey("okx", "unified")), "okx");
});

Deno.test("isoText() writes UTC without a clock or a locale", () => {
  assertEquals(isoText(micros(0)), "1970-01-01T00:00:00.000000Z");
  assertEquals(isoText(micros(1_721_347_022_504_001)), "2024-07-18T23:57:02.504001Z");
  assertEquals(isoText(micros(1_709_164_800_000_000)), "2024-02-29T00:00:00.000000Z");
  assertEquals(isoText(micros(-1)), "1969-12-31T23:59:59.999999Z");
  assertEquals(microsFromMillis(12), 12_000);
  assertEquals(millisFromMicros(micros(12_999)), 12);
});
