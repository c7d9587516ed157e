/**
 * Codes and words of the venue: reasons, and what they say of the request.
 * @module
 */
import {
  endReasonOf,
  meaningOf,
  orderStatusOf,
  rejectReasonOf,
} from "@/exchanges/bybit/reject_codes.ts";
import { assertEquals } from "@/tests/support/assert.ts";

Deno.test("rejectReasonOf() knows every code of the venue's table", () => {
  const table: readonly (readonly [number, string])[] = [
    [10002, "timestamp"],
    [10004, "authentication"],
    [10029, "authentication"],
    [10006, "rate_limited"],
    [170222, "rate_limited"],
    [10016, "venue_unavailable"],
    [110072, "duplicate_client_order_id"],
    [20006, "duplicate_client_order_id"],
    [110001, "unknown_order"],
    [170213, "unknown_order"],
    [110007, "insufficient_balance"],
    [170131, "insufficient_balance"],
    [110003, "price_band"],
    [170134, "filter"],
    [10001, "filter"],
    [110017, "reduce_only"],
    [110009, "too_many_orders"],
    [170140, "filter"],
    [110023, "reduce_only"],
    [170121, "instrument_closed"],
    [110079, "amend_refused"],
    [170218, "post_only_would_take"],
    [170217, "not_supported"],
    [424242, "other"],
  ];
  for (const [code, reason] of table) assertEquals(rejectReasonOf(code), reason, String(code));
});

Deno.test("meaningOf() tells what may have been executed from what was not", () => {
  const table: readonly (readonly [number, number, string])[] = [
    [200, 10002, "resync"],
    [200, -1, "resync"],
    [200, 10000, "unknown"],
    [200, 10016, "unknown"],
    [200, 170007, "unknown"],
    [200, 10019, "closing"],
    [502, 0, "unknown"],
    [408, 0, "unknown"],
    [403, 0, "rate_limited"],
    [429, 0, "rate_limited"],
    [200, 10006, "rate_limited"],
    [200, 20003, "rate_limited"],
    [200, 110079, "busy"],
    [200, 40004, "busy"],
    [200, 110043, "unchanged"],
    [200, 110001, "refused"],
    [200, 110072, "refused"],
    [404, 0, "refused"],
  ];
  for (const [status, code, meaning] of table) {
    assertEquals(meaningOf(status, code), meaning, `${status} ${code}`);
  }
});

Deno.test("orderStatusOf() makes a crossing post-only order rejected, unless it traded", () => {
  const crossed = "EC_PostOnlyWillTakeLiquidity";
  assertEquals(orderStatusOf("Cancelled", crossed, false), "rejected");
  assertEquals(orderStatusOf("Cancelled", crossed, true), "cancelled");
  assertEquals(orderStatusOf("Rejected", "EC_NoError", false), "rejected");
  assertEquals(orderStatusOf("Rejected", "EC_NoError", true), "cancelled");
  assertEquals(orderStatusOf("Deactivated", "", false), "cancelled");
  assertEquals(orderStatusOf("Active", "", false), undefined);
});

Deno.test("endReasonOf() is silent about orders that live, filled, or were cancelled by us", () => {
  assertEquals(endReasonOf("EC_OrigClOrdIDDoesNotExist", "filled"), undefined);
  assertEquals(endReasonOf("EC_Odd", "new"), undefined);
  assertEquals(endReasonOf("EC_PerCancelRequest", "cancelled"), undefined);
  assertEquals(endReasonOf("", "rejected"), "other");
  assertEquals(endReasonOf("EC_ReachRiskPriceLimit", "rejected"), "price_band");
  assertEquals(endReasonOf("EC_StopBySelfMatch", "cancelled"), "self_trade");
  assertEquals(endReasonOf("EC_InvalidSymbolStatus", "cancelled"), "instrument_closed");
  assertEquals(endReasonOf("EC_SomethingNew", "cancelled"), "other");
});
