/**
 * Labels to reasons and meanings, endings of orders, and limits as data.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import {
  endingOf,
  isRiskEnding,
  labelIn,
  meaningOf,
  rejectReasonOf,
} from "@/exchanges/gate/reject_codes.ts";
import {
  blockedUntil,
  blockReport,
  GATE_RATE_LIMITS,
  reportsFromAnswer,
  reportsFromHeaders,
  resetIn,
  withConnectionBudget,
} from "@/exchanges/gate/rate_limits.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

Deno.test("rejectReasonOf() maps every group of the sheet", () => {
  const wanted = {
    REQUEST_EXPIRED: "timestamp",
    TOO_MANY_REQUESTS: "rate_limited",
    IP_FORBIDDEN: "authentication",
    READ_ONLY: "authentication",
    BALANCE_NOT_ENOUGH: "insufficient_balance",
    INSUFFICIENT_AVAILABLE: "insufficient_balance",
    POC_FILL_IMMEDIATELY: "post_only_would_take",
    ORDER_POC_IMMEDIATE: "post_only_would_take",
    ORDER_NOT_FOUND: "unknown_order",
    ORDER_FINISHED: "unknown_order",
    ORDER_FOK: "not_filled",
    SIZE_TOO_SMALL: "filter",
    INVALID_ARGUMENT: "filter",
    PRICE_TOO_DEVIATED: "price_band",
    REDUCE_EXCEEDED: "reduce_only",
    TOO_MANY_ORDERS: "too_many_orders",
    CONTRACT_IN_DELISTING: "instrument_closed",
    REPEATED_CREATION: "duplicate_client_order_id",
    AUTO_TRIGGER_PRICE_GREATE_LAST: "trigger_would_fire",
    TOO_BUSY: "venue_unavailable",
    BRAND_NEW: "other",
  } as const;
  for (const [label, reason] of Object.entries(wanted)) {
    assertEquals(rejectReasonOf(label), reason, label);
  }
});

Deno.test("meaningOf() tells refusals from unknown outcomes", () => {
  const cases = [
    [400, "BALANCE_NOT_ENOUGH", "refused"],
    [403, "REQUEST_EXPIRED", "resync"],
    [429, "", "rate_limited"],
    [400, "TOO_MANY_REQUESTS", "rate_limited"],
    [500, "", "unknown"],
    [503, "BALANCE_NOT_ENOUGH", "unknown"],
    [408, "", "unknown"],
    [400, "SERVER_ERROR", "unknown"],
    [0, "", "unknown"],
    [404, "", "refused"],
  ] as const;
  for (const [status, label, meaning] of cases) {
    assertEquals(meaningOf(status, label), meaning, `${status} ${label}`);
  }
  assertEquals(labelIn("", "label: ORDER_FOK, message: x"), "ORDER_FOK");
  assertEquals(labelIn("A", "label: B"), "A");
  assertEquals(labelIn("", "no label"), "");
});

Deno.test("endingOf() keeps the reason of an end, and takes a new word for a cancel", () => {
  assertEquals(endingOf("poc", true), { status: "rejected", reason: "post_only_would_take" });
  assertEquals(endingOf("poc", false).status, "cancelled");
  assertEquals(endingOf("cancelled", true), { status: "cancelled", reason: undefined });
  assertEquals(endingOf("stp", true).reason, "self_trade");
  assertEquals(endingOf("expired", true).status, "expired");
  assertEquals(endingOf("failed", true).status, "rejected");
  assertEquals(endingOf("brand_new", true), { status: "cancelled", reason: "other" });
  assert(isRiskEnding("liquidated") && !isRiskEnding("filled"));
});

Deno.test("GATE_RATE_LIMITS have unique names, and every trading request costs something", () => {
  const ids = GATE_RATE_LIMITS.map((rule) => rule.id);
  assertEquals(new Set(ids).size, ids.length);
  for (const account of ["gate/spot", "gate/futures"]) {
    const rules = GATE_RATE_LIMITS.filter((rule) => rule.account === account);
    for (const kind of ["place_order", "amend_order", "cancel_order", "query_order"] as const) {
      assert(rules.some((rule) => (rule.weights[kind] ?? 0) > 0), `${account} ${kind}`);
    }
  }
});

Deno.test("limits of answers and headers become reports, where they are of our rule", () => {
  const at = micros(1_000_000);
  const headers = new Map([
    ["x-gate-ratelimit-limit", "10"],
    ["x-gate-ratelimit-requests-remain", "4"],
  ]);
  assertEquals(reportsFromHeaders("spot", true, headers, at)[0]?.used, 6);
  assertEquals(reportsFromHeaders("spot", false, headers, at), []);
  assertEquals(reportsFromHeaders("perpetual", true, headers, at), [], "of another tier");
  const spent = reportsFromAnswer("perpetual", { x_gate_ratelimit_limit: 100 }, at);
  assertEquals(spent[0]?.used, 100, "a field that would be 0 is absent");
  assertEquals(reportsFromAnswer("perpetual", {}, at), []);
  assertEquals(resetIn({ x_gat_ratelimit_reset_timestamp: 5 }), 5);
  assertEquals(blockReport("spot", false, at, at).rule, "spot_reads_10s");
});

Deno.test("blockedUntil() believes a reset that is near and to come, else waits a second", () => {
  const at = micros(1_000_000_000);
  assertEquals(blockedUntil(at, 1_005_000), 1_005_000_000 as never);
  for (const reset of [undefined, 999_000, 99_000_000_000]) {
    assertEquals(blockedUntil(at, reset), 1_001_000_000 as never);
  }
});

Deno.test("withConnectionBudget() refuses what a storm of attempts would spend, unsent", () => {
  const clock = new ManualClock();
  let opened = 0;
  const link = { write: () => true, pendingBytes: 0, close: () => {} };
  const counted = {
    connect: () => {
      opened++;
      return link;
    },
  };
  const transport = withConnectionBudget(counted, clock, clock);
  const address = { host: "h", port: 1, tls: false };
  let closed = 0;
  const handler = { onOpen: () => {}, onBytes: () => {}, onClose: () => closed++ };
  for (let attempt = 0; attempt < 260; attempt++) transport.connect(address, handler);
  clock.advance(1);
  assertEquals([opened, closed], [250, 10]);
  clock.advance(5 * 60_000);
  transport.connect(address, handler);
  assertEquals(opened, 251);
});
