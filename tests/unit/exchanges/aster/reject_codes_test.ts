/**
 * The venue's codes to our reasons, and what an error answer says about its request.
 * @module
 */
import { endReasonOf, meaningOf, rejectReasonOf } from "@/exchanges/aster/reject_codes.ts";
import { assertEquals } from "@/tests/support/assert.ts";

Deno.test("rejectReasonOf() gives each documented code its reason", () => {
  const reasons: Readonly<Record<string, readonly number[]>> = {
    authentication: [-1022, -1002, -2014, -2015, -1011, -2023, -4061],
    rate_limited: [-1003, -1015],
    timestamp: [-1021, -4225],
    insufficient_balance: [-2018, -2019, -2024, -4050, -4051],
    unknown_order: [-2011, -2013],
    not_filled: [-2020],
    trigger_would_fire: [-2021],
    reduce_only: [-2022, -2026],
    too_many_orders: [-2025, -4045],
    filter: [-1111, -4003, -4004, -4005, -4013, -4014, -4015, -4023, -4164],
    price_band: [-4016, -4024],
    instrument_closed: [-1013, -1016, -1121],
    post_only_would_take: [-5022],
    other: [-1, 0, -9999],
  };
  for (const [reason, codes] of Object.entries(reasons)) {
    for (const code of codes) assertEquals(rejectReasonOf(code, ""), reason, String(code));
  }
});

Deno.test("rejectReasonOf() reads -2010 by its words", () => {
  const words: readonly (readonly [string, string])[] = [
    ["Account has insufficient balance", "insufficient_balance"],
    ["Order would immediately match and take.", "post_only_would_take"],
    ["Duplicate order sent.", "duplicate_client_order_id"],
    ["Market is closed.", "instrument_closed"],
    ["Stop price would trigger immediately.", "trigger_would_fire"],
    ["Filter failure: LOT_SIZE", "filter"],
    ["NEW_ORDER_REJECTED", "other"],
  ];
  for (const [message, reason] of words) assertEquals(rejectReasonOf(-2010, message), reason);
});

Deno.test("meaningOf() leaves open what may have been executed", () => {
  const cases: readonly (readonly [number, number, string])[] = [
    [400, -2019, "refused"],
    [400, 0, "refused"],
    [503, 0, "unknown"],
    [503, -1016, "unknown"],
    [500, -1001, "unknown"],
    [504, 0, "unknown"],
    [408, 0, "unknown"],
    [400, -1000, "unknown"],
    [400, -1006, "unknown"],
    [400, -1007, "unknown"],
    [400, -4225, "resync"],
    [400, -1021, "resync"],
    [400, -1015, "blocked"],
    [429, -1003, "blocked"],
    [418, 0, "blocked"],
    [403, 0, "blocked"],
  ];
  for (const [status, code, meaning] of cases) {
    assertEquals(meaningOf(status, code), meaning, `${status} ${code}`);
  }
});

Deno.test("endReasonOf() tells why an order ended by itself", () => {
  assertEquals(endReasonOf("CANCELED", "GTC", true), undefined);
  assertEquals(endReasonOf("EXPIRED", "GTX", true), "post_only_would_take");
  assertEquals(endReasonOf("REJECTED", "GTX", true), "post_only_would_take");
  assertEquals(endReasonOf("EXPIRED", "GTX", false), "other");
  assertEquals(endReasonOf("EXPIRED", "IOC", true), "not_filled");
  assertEquals(endReasonOf("EXPIRED", "FOK", true), "not_filled");
  assertEquals(endReasonOf("EXPIRED", "GTC", false), "other");
});
