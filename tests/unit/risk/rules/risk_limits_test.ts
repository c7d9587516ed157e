/**
 * Risk limits from text: defaults, limits of one instrument, and errors.
 * @module
 */
import { unwrap } from "@/engine/domain/mod.ts";
import { riskLimitDefaults, riskLimits } from "@/risk/mod.ts";
import { limitsFor } from "@/risk/rules/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

function errorOf(record: Record<string, string>): string {
  const result = riskLimits(record);
  assert(!result.ok, "the limits should have been refused");
  return result.error;
}

Deno.test("riskLimits() gives every limit its default", () => {
  const limits = unwrap(riskLimits({}));
  assertEquals(limits.instrument.orderSizeMax, Infinity);
  assertEquals(limits.instrument.orderValueMax, 25_000);
  assertEquals(limits.instrument.priceCollarBp, 200);
  assertEquals(limits.lossMax, 1_000);
  assertEquals(limits.drawdownMax, Infinity);
  assertEquals(limits.record, riskLimitDefaults());
  assertEquals(unwrap(riskLimits(riskLimitDefaults())), limits);
});

Deno.test("riskLimits() puts an instrument's own limit before the common one", () => {
  const key = "binance:BTC-USDT-PERP";
  const limits = unwrap(riskLimits({ position_max: "5", [`position_max@${key}`]: "0.5" }));
  assertEquals(limitsFor(limits, key).positionMax, 0.5);
  assertEquals(limitsFor(limits, key).orderValueMax, 25_000);
  assertEquals(limitsFor(limits, "binance:ETH-USDT-PERP").positionMax, 5);
  assertEquals(limitsFor(limits, "constructor").positionMax, 5);
});

Deno.test("riskLimits() says what was wanted and what was found", () => {
  assertEquals(
    errorOf({ loss_max: "much" }),
    'Cannot read loss_max: wanted a number from 0 to 1000000000000000 or none, found "much"',
  );
  assertEquals(
    errorOf({ loss_max: "-1" }),
    'Cannot read loss_max: wanted a number from 0 to 1000000000000000 or none, found "-1"',
  );
  assertEquals(
    errorOf({ open_orders_max: "1.5" }),
    'Cannot read open_orders_max: wanted a whole number from 0 to 10000, found "1.5"',
  );
  assertEquals(
    errorOf({ price_collar_bp: "none" }),
    'Cannot read price_collar_bp: wanted a number from 0 to 10000, found "none"',
  );
  assertEquals(
    errorOf({ "position_max@BTC": "1" }),
    'Cannot read position_max@BTC: wanted VENUE:SYMBOL after "@", found "BTC"',
  );
  assertEquals(
    errorOf({ "position_max@kraken:BTC-USDT": "1" }),
    'Cannot read position_max@kraken:BTC-USDT: wanted VENUE:SYMBOL after "@", ' +
      'found "kraken:BTC-USDT"',
  );
});

Deno.test("riskLimits() refuses keys it does not know", () => {
  assert(errorOf({ loss_maximum: "1" }).endsWith('found "loss_maximum"'));
  assert(errorOf({ valueOf: "1" }).endsWith('found "valueOf"'));
  const house = errorOf({ "loss_max@binance:BTC-USDT": "1" });
  assert(house.startsWith("Cannot read risk limit of one instrument"));
});
