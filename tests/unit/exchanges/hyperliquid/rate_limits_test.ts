/**
 * The venue's limits as data: the budget accepts them, and blocks speak of the right rule.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { RequestBudget } from "@/engine/rate_limit/mod.ts";
import { HYPERLIQUID_RATE_LIMITS, UNIFIED_ACCOUNT } from "@/exchanges/hyperliquid/mod.ts";
import {
  blockedUntil,
  blockReport,
  budgetBlockedUntil,
  withConnectionBudget,
} from "@/exchanges/hyperliquid/rate_limits.ts";
import type { LinkHandler, Transport } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

Deno.test("the limits make a budget in which cancels outlive orders", () => {
  const now = micros(1_768_435_200_000_000);
  const budget = new RequestBudget(HYPERLIQUID_RATE_LIMITS, now);
  let orders = 0;
  while (budget.tryTake("place_order", UNIFIED_ACCOUNT, now)) orders++;
  assert(orders >= 90, String(orders));
  assert(budget.tryTake("cancel_order", UNIFIED_ACCOUNT, now));
  const spent = new RequestBudget(HYPERLIQUID_RATE_LIMITS, now);
  spent.onReport(blockReport("address_actions", budgetBlockedUntil(now), now));
  assert(!spent.tryTake("place_order", UNIFIED_ACCOUNT, now));
  assert(!spent.tryTake("replace_order", UNIFIED_ACCOUNT, now));
  assert(spent.tryTake("cancel_order", UNIFIED_ACCOUNT, now));
  assert(spent.tryTake("query_account", UNIFIED_ACCOUNT, now));
  const later = micros(now + 10_000_000);
  assert(spent.tryTake("place_order", UNIFIED_ACCOUNT, later));
});

Deno.test("a ban lasts as long as the venue says, and ten seconds at least", () => {
  const at = micros(1_000_000);
  assertEquals(blockedUntil(at, undefined) as number, 11_000_000);
  assertEquals(blockedUntil(at, "3") as number, 11_000_000);
  assertEquals(blockedUntil(at, "60") as number, 61_000_000);
  assertEquals(blockedUntil(at, "soon") as number, 11_000_000);
});

Deno.test("withConnectionBudget() lets 25 connections a minute through and fails the rest unsent", () => {
  const clock = new ManualClock();
  let connected = 0;
  const transport: Transport = {
    connect: () => {
      connected++;
      return { write: () => true, pendingBytes: 0, close: () => {} };
    },
  };
  const bounded = withConnectionBudget(transport, clock, clock);
  const closed: string[] = [];
  const handler: LinkHandler = {
    onOpen: () => {},
    onBytes: () => {},
    onClose: (reason) => closed.push(reason),
  };
  const connect = () => bounded.connect({ host: "venue", port: 1, tls: false }, handler);
  for (let attempt = 0; attempt < 30; attempt++) connect();
  const refused = connect();
  assertEquals([connected, refused.write(new Uint8Array(1)), closed.length], [25, false, 0]);
  refused.close("not needed");
  clock.advance(1);
  assertEquals(closed.length, 6);
  clock.advance(60_000);
  connect();
  assertEquals(connected, 26);
});
