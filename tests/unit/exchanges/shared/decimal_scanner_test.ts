/**
 * The scanners of digits at their edges; the laws are in `tests/property/decimal_scanner_test.ts`.
 * @module
 */
import {
  REFUSED,
  scanDecimal,
  scanDigits,
  scanSignedDecimal,
  scanSignedTicks,
  scanTicks,
} from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const encoder = new TextEncoder();

function decimal(text: string, scale: number): number {
  const bytes = encoder.encode(text);
  return scanDecimal(bytes, 0, bytes.length, scale);
}

Deno.test("scanDecimal() reads up to 2^53 - 1 and refuses what is beyond", () => {
  assertEquals(decimal("9007199254740991", 0), 9_007_199_254_740_991);
  assertEquals(decimal("9007199254740992", 0), REFUSED);
  assertEquals(decimal("9007199254740993", 0), REFUSED);
  assertEquals(decimal("90071992547409.91", 2), 9_007_199_254_740_991);
  assertEquals(decimal("90071992547409.92", 2), REFUSED);
  assertEquals(decimal("90071992547410", 2), REFUSED);
  assertEquals(decimal("99999999999999999999999999", 0), REFUSED);
  assertEquals(decimal("0", 22), 0);
  assertEquals(decimal("0", 23), REFUSED);
});

Deno.test("scanDecimal() takes zeros that do not matter and refuses decimals that do", () => {
  assertEquals(decimal("64250.10000000", 2), 6_425_010);
  assertEquals(decimal("64250.10000001", 2), REFUSED);
  assertEquals(decimal("00064250.1", 1), 642_501);
  assertEquals(decimal("5.0", 0), 5);
});

Deno.test("scanDecimal() leaves exponents, signs and half numbers to the slow path", () => {
  for (const text of ["", ".", "1.", ".5", "1e3", "1E-7", "+1", "-1", "1 ", " 1", "1.2.3", "١"]) {
    assertEquals(decimal(text, 8), REFUSED, `"${text}"`);
  }
});

Deno.test("the signed scanners read a minus, make no negative zero, and refuse with NaN", () => {
  const bytes = encoder.encode("-12.50|-0.0|--1|-|7");
  assertEquals(scanSignedDecimal(bytes, 0, 6, 2), -1_250);
  assert(Object.is(scanSignedDecimal(bytes, 7, 11, 2), 0));
  assertEquals(scanSignedDecimal(bytes, 12, 15, 2), NaN);
  assertEquals(scanSignedDecimal(bytes, 16, 17, 2), NaN);
  assertEquals(scanSignedDecimal(bytes, 18, 19, 0), 7);
  assertEquals(scanSignedTicks(bytes, 0, 6, { mantissa: 5, scale: 1 }), -25);
  assertEquals(scanSignedTicks(bytes, 0, 6, { mantissa: 2, scale: 1 }), NaN);
  assert(Object.is(scanSignedTicks(bytes, 7, 11, { mantissa: 5, scale: 1 }), 0));
});

Deno.test("scanTicks() divides by the grid exactly; scanDigits() reads whole numbers only", () => {
  const bytes = encoder.encode("101.25 17");
  assertEquals(scanTicks(bytes, 0, 6, { mantissa: 25, scale: 2 }), 405);
  assertEquals(scanTicks(bytes, 0, 6, { mantissa: 5, scale: 1 }), REFUSED);
  assertEquals(scanDigits(bytes, 7, 9), 17);
  assertEquals(scanDigits(bytes, 0, 6), REFUSED);
});
