/**
 * The venue's codes to our reasons, and what an error answer says about the request.
 * @module
 */
import { endReasonOf, meaningOf, rejectReasonOf } from "@/exchanges/binance/reject_codes.ts";
import { assertEquals } from "@/tests/support/assert.ts";

Deno.test("rejectReasonOf() reads spot's -2010 by its words", () => {
  const words: readonly (readonly [string, string])[] = [
    ["Account has insufficient balance for requested action.", "insufficient_balance"],
    ["Order would immediately match and take.", "post_only_would_take"],
    ["Duplicate order sent.", "duplicate_client_order_id"],
    ["Market is closed.", "instrument_closed"],
    ["Stop price would trigger immediately.", "trigger_would_fire"],
    ["Filter failure: LOT_SIZE", "filter"],
    ["Something new", "other"],
  ];
  for (const [message, reason] of words) {
    assertEquals(rejectReasonOf(-2010, message, false), reason);
  }
  assertEquals(rejectReasonOf(-1013, "Filter failure: MAX_NUM_ORDERS", false), "too_many_orders");
});

Deno.test("rejectReasonOf() tells codes with two meanings apart by product", () => {
  assertEquals(
    rejectReasonOf(-2021, "Order would immediately trigger.", true),
    "trigger_would_fire",
  );
  assertEquals(rejectReasonOf(-2021, "Order cancel-replace partially failed.", false), "other");
  assertEquals(rejectReasonOf(-2022, "ReduceOnly Order is rejected.", true), "reduce_only");
  assertEquals(rejectReasonOf(-2022, "Order cancel-replace failed.", false), "amend_refused");
});

Deno.test("rejectReasonOf() knows the documented codes and calls others other", () => {
  const codes: readonly (readonly [number, string])[] = [
    [-1021, "timestamp"],
    [-1022, "authentication"],
    [-2015, "authentication"],
    [-1003, "rate_limited"],
    [-1008, "venue_unavailable"],
    [-5022, "post_only_would_take"],
    [-2019, "insufficient_balance"],
    [-2011, "unknown_order"],
    [-2013, "unknown_order"],
    [-4116, "duplicate_client_order_id"],
    [-4164, "filter"],
    [-4131, "price_band"],
    [-4140, "instrument_closed"],
    [-2025, "too_many_orders"],
    [-5021, "not_filled"],
    [-5027, "amend_refused"],
    [-2038, "amend_refused"],
    [-4120, "not_supported"],
    [-4411, "reduce_only"],
    [-9999, "other"],
  ];
  for (const [code, reason] of codes) {
    assertEquals(rejectReasonOf(code, "", true), reason, `${code}`);
  }
});

Deno.test("meaningOf() keeps the two meanings of 503 apart and never guesses", () => {
  const unknown = "Unknown error, please check your request or try again later.";
  assertEquals(meaningOf(503, -1000, unknown), "unknown");
  assertEquals(meaningOf(503, 0, "<html>"), "unknown");
  assertEquals(meaningOf(503, 0, "Service Unavailable."), "refused");
  assertEquals(meaningOf(503, 0, "Internal error; unable to process your request."), "refused");
  assertEquals(meaningOf(503, -1008, "Request throttled by system-level protection."), "refused");
  assertEquals(meaningOf(400, -1007, "Timeout waiting for response"), "unknown");
  assertEquals(meaningOf(504, 0, ""), "unknown");
  assertEquals(meaningOf(408, 0, ""), "unknown");
  assertEquals(meaningOf(400, -1021, ""), "resync");
  assertEquals(meaningOf(429, -1003, ""), "rate_limited");
  assertEquals(meaningOf(418, -1003, ""), "rate_limited");
  assertEquals(meaningOf(400, -2010, ""), "refused");
  assertEquals(meaningOf(403, 0, "<html>"), "refused");
});

Deno.test("endReasonOf() says why an order ended by itself", () => {
  assertEquals(endReasonOf("EXPIRED_IN_MATCH", "GTC", "NONE"), "self_trade");
  assertEquals(endReasonOf("EXPIRED", "GTX", "0"), "post_only_would_take");
  assertEquals(endReasonOf("EXPIRED", "FOK", "NONE"), "not_filled");
  assertEquals(endReasonOf("EXPIRED", "GTC", "NONE"), "other");
  assertEquals(
    endReasonOf("REJECTED", "GTC", "DUPLICATE_ORDER_RECEIVED"),
    "duplicate_client_order_id",
  );
  assertEquals(endReasonOf("REJECTED", "GTC", "MARKET_CLOSED"), "instrument_closed");
  assertEquals(endReasonOf("REJECTED", "GTC", "PRICE_QTY_EXCEED_HARD_LIMITS"), "filter");
  assertEquals(endReasonOf("REJECTED", "GTC", "NONE"), "other");
  assertEquals(endReasonOf("FILLED", "GTC", "NONE"), undefined);
});
