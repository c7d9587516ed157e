/**
 * Amounts of venues: said, not said, or not to be believed.
 * @module
 */
import { moneyToText, price } from "@/engine/domain/mod.ts";
import { isPositive, plain, positiveMoney, priceOf, sizeOf } from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp } from "@/tests/support/builders.ts";

const BTC = btcPerp();

Deno.test("priceOf() reads ticks; nothing and zero are unsaid, off the grid or below zero is bad", () => {
  assertEquals(priceOf(BTC, BTC.priceText(price(7))) as number, 7);
  for (const text of ["", "0", "0.000"]) assertEquals(priceOf(BTC, text), undefined, text);
  for (const text of ["0.123456789", "-1", "x", "NaN"]) {
    assertEquals(priceOf(BTC, text), "bad", text);
  }
});

Deno.test("sizeOf() reads lots, zero included; nothing is unsaid, off the grid is bad", () => {
  assertEquals(sizeOf(BTC, BTC.sizeText(12)) as number, 12);
  assertEquals(sizeOf(BTC, "0") as number, 0);
  assertEquals(sizeOf(BTC, ""), undefined);
  for (const text of ["0.0000000001", "x"]) assertEquals(sizeOf(BTC, text), "bad", text);
});

Deno.test("positiveMoney() is money above zero or nothing", () => {
  assertEquals(moneyToText(positiveMoney("12.50")!), "12.5");
  for (const text of ["", "0", "-1", "x"]) assertEquals(positiveMoney(text), undefined, text);
});

Deno.test("isPositive() holds of decimals above zero alone", () => {
  for (const text of ["1", "0.0001", "1e-8"]) assertEquals(isPositive(text), true, text);
  for (const text of ["", "0", "0.00", "-1", "x"]) assertEquals(isPositive(text), false, text);
});

Deno.test("plain() writes an amount without exponent and trailing zeros", () => {
  const cases = [["1.500", "1.5"], ["1e-8", "0.00000001"], ["10", "10"], ["x", "x"], ["", ""]];
  for (const [text, wanted] of cases) assertEquals(plain(text!), wanted);
});
