/**
 * Codes of the sheet to our reasons and meanings, and cancel sources to ends.
 * @module
 */
import { meaningOf, orderEndOf, rejectReasonOf } from "@/exchanges/okx/reject_codes.ts";
import { assertEquals } from "@/tests/support/assert.ts";

Deno.test("okx rejectReasonOf() maps the sheet's table", () => {
  const table: Readonly<Record<string, string>> = {
    "50102": "timestamp",
    "60006": "timestamp",
    "50113": "authentication",
    "50110": "authentication",
    "60009": "authentication",
    "50011": "rate_limited",
    "50061": "rate_limited",
    "60014": "rate_limited",
    "51008": "insufficient_balance",
    "51004": "insufficient_balance",
    "51016": "duplicate_client_order_id",
    "50071": "duplicate_client_order_id",
    "51020": "filter",
    "51121": "filter",
    "51000": "filter",
    "51028": "instrument_closed",
    "54012": "instrument_closed",
    "51138": "price_band",
    "51169": "reduce_only",
    "51400": "unknown_order",
    "51603": "unknown_order",
    "51503": "unknown_order",
    "51513": "amend_refused",
    "51511": "amend_refused",
    "50001": "venue_unavailable",
    "99999": "other",
  };
  for (const [code, reason] of Object.entries(table)) {
    assertEquals(rejectReasonOf(code), reason, code);
  }
});

Deno.test("okx meaningOf() leaves the execution open only where the venue does", () => {
  for (const code of ["50001", "50004", "50013", "50026", "51054", "51149"]) {
    assertEquals(meaningOf(200, code), "unknown", code);
  }
  assertEquals(meaningOf(502, ""), "unknown");
  assertEquals(meaningOf(408, "51000"), "unknown");
  assertEquals(meaningOf(403, ""), "refused");
  assertEquals(meaningOf(429, ""), "rate_limited");
  assertEquals(meaningOf(200, "50011"), "rate_limited");
  assertEquals(meaningOf(401, "50102"), "resync");
  assertEquals(meaningOf(401, "50113"), "refused");
  assertEquals(meaningOf(200, "50036"), "refused");
});

Deno.test("okx orderEndOf() knows each state and cancel source of the sheet", () => {
  assertEquals(orderEndOf("live", "")?.status, "new");
  assertEquals(orderEndOf("canceled", "1"), { status: "cancelled", reason: undefined });
  assertEquals(orderEndOf("canceled", "3")?.reason, "insufficient_balance");
  assertEquals(orderEndOf("canceled", "15")?.reason, "price_band");
  assertEquals(orderEndOf("canceled", "13")?.status, "expired");
  assertEquals(orderEndOf("canceled", "31")?.status, "rejected");
  assertEquals(orderEndOf("canceled", "38")?.reason, "other");
  assertEquals(orderEndOf("effective", ""), undefined);
});
