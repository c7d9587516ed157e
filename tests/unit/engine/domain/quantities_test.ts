/**
 * Prices, sizes, sides and money: exact, and refusing what they are not.
 * @module
 */
import {
  addSizes,
  assert as invariant,
  err,
  feeFraction,
  feeRate,
  InvariantError,
  isBetter,
  isMarketable,
  isTerminalStatus,
  minSize,
  money,
  moneyFromNumber,
  moneyFromText,
  moneyToNumber,
  moneyToText,
  moveByTicks,
  mulDivHalfEven,
  ok,
  opposite,
  ORDER_STATUSES,
  price,
  signedSize,
  signOf,
  size,
  subtractSizes,
  unreachable,
  unwrap,
} from "@/engine/domain/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";

Deno.test("price() takes whole ticks only", () => {
  assertEquals(price(642_501), 642_501);
  assertEquals(moveByTicks(price(10), -3), 7);
  for (const bad of [0.5, Number.NaN, Infinity, 2 ** 53]) {
    assertThrows(() => price(bad), InvariantError, "Price must be whole ticks");
  }
});

Deno.test("size() takes whole lots of at least zero", () => {
  assertEquals(addSizes(size(2), size(3)), 5);
  assertEquals(subtractSizes(size(3), size(2)), 1);
  assertEquals(minSize(size(3), size(2)), 2);
  assertEquals(minSize(size(1), size(2)), 1);
  assertThrows(() => size(1.5), InvariantError, "whole lots");
  assertThrows(() => size(-1), InvariantError, "must not be negative");
  assertThrows(() => subtractSizes(size(1), size(2)), InvariantError);
  assertThrows(() => signedSize(0.1), InvariantError);
});

Deno.test("signedSize() has no negative zero, which would change texts and hashes", () => {
  assertStrictEquals(Object.is(signedSize(-0), 0), true);
  assertEquals(signedSize(-5), -5);
});

Deno.test("Side decides improvement and marketability in one place", () => {
  assertEquals([opposite("buy"), opposite("sell")], ["sell", "buy"]);
  assertEquals([signOf("buy"), signOf("sell")], [1, -1]);
  assertEquals(isBetter("buy", price(2), price(1)), true);
  assertEquals(isBetter("sell", price(2), price(1)), false);
  assertEquals(isBetter("buy", price(1), price(1)), false);
  assertEquals(isMarketable("buy", price(10), price(10)), true);
  assertEquals(isMarketable("buy", price(9), price(10)), false);
  assertEquals(isMarketable("sell", price(10), price(10)), true);
  assertEquals(isMarketable("sell", price(11), price(10)), false);
});

Deno.test("Only new and partially filled orders may still trade", () => {
  const open = ORDER_STATUSES.filter((status) => !isTerminalStatus(status));
  assertEquals(open, ["new", "partially_filled"]);
});

Deno.test("Money reads and writes plain decimals exactly", () => {
  for (const text of ["0", "1", "-1", "0.000000000000000001", "-12.5", "123456789012345678.9"]) {
    assertEquals(moneyToText(unwrap(moneyFromText(text))), text);
  }
  assertEquals(moneyToText(unwrap(moneyFromText("1e-7"))), "0.0000001");
  assertEquals(moneyToText(unwrap(moneyFromText("1.50"))), "1.5");
  const beyond = moneyFromText("0.0000000000000000001");
  assertEquals(beyond.ok, false);
  assertEquals(moneyFromText("12,5").ok, false);
  assertEquals(moneyToNumber(unwrap(moneyFromText("2.25"))), 2.25);
  assertEquals(moneyToText(moneyFromNumber(-2.25)), "-2.25");
});

Deno.test("mulDivHalfEven() rounds to the nearest, ties to even, with either sign", () => {
  const cases: [bigint, bigint, bigint, bigint][] = [
    [5n, 1n, 2n, 2n],
    [7n, 1n, 2n, 4n],
    [-5n, 1n, 2n, -2n],
    [-7n, 1n, 2n, -4n],
    [7n, 1n, 3n, 2n],
    [8n, 1n, 3n, 3n],
    [-8n, 1n, 3n, -3n],
    [8n, 1n, -3n, -3n],
    [6n, 2n, 3n, 4n],
  ];
  for (const [amount, numerator, denominator, wanted] of cases) {
    assertEquals(mulDivHalfEven(money(amount), numerator, denominator), wanted);
  }
});

Deno.test("Fee rates count hundredths of a basis point", () => {
  assertEquals(feeFraction(feeRate(200)), 0.0002);
  assertEquals(feeFraction(feeRate(-50)), -0.00005);
  assertThrows(() => feeRate(0.5), InvariantError);
});

Deno.test("An expected failure is a value; a broken invariant stops", () => {
  assertEquals(ok(1), { ok: true, value: 1 });
  assertEquals(err("why"), { ok: false, error: "why" });
  assertThrows(() => unwrap(err("why")), Error, "why");
  assertThrows(() => invariant(false, "text"), InvariantError, "text");
  assertThrows(() => unreachable("x" as never), InvariantError, '"x"');
});
