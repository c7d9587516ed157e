/**
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { RequestBudget } from "@/engine/rate_limit/request_budget.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { PERPETUAL_ACCOUNT, SPOT_ACCOUNT, START } from "@/tests/support/builders.ts";

const PERP = PERPETUAL_ACCOUNT;

function ruleOf(changes: Partial<RateLimitRule> = {}): RateLimitRule {
  return {
    id: "orders_10s",
    account: PERP,
    capacity: 40,
    windowMs: 10_000,
    weights: { place_order: 1, amend_order: 1, cancel_order: 1 },
    cancelReserve: 2,
    source: "test",
    ...changes,
  };
}

function reportOf(changes: Partial<RateLimitReport> = {}): RateLimitReport {
  return {
    kind: "rate_limit",
    venue: "binance",
    at: START,
    rule: "orders_10s",
    used: -1,
    blockedUntil: micros(0),
    ...changes,
  };
}

function later(seconds: number): Micros {
  return micros(START + seconds * 1_000_000);
}

Deno.test("RequestBudget keeps the reserve for cancels", () => {
  const budget = new RequestBudget([ruleOf()], START);
  // Burst is a quarter of 40.
  assertEquals(budget.availableFor("place_order", PERP, START), 8);
  for (let sent = 0; sent < 8; sent++) assert(budget.tryTake("place_order", PERP, START));
  assert(!budget.tryTake("place_order", PERP, START));
  assert(budget.tryTake("cancel_order", PERP, START));
  assert(budget.tryTake("cancel_order", PERP, START));
  assert(!budget.tryTake("cancel_order", PERP, START));
  assertEquals(budget.refused, 2);
});

Deno.test("RequestBudget takes from all rules or from none", () => {
  const address = ruleOf({ id: "weight_1m", account: undefined, capacity: 8, cancelReserve: 0 });
  const budget = new RequestBudget([ruleOf(), address], START);
  assert(budget.tryTake("place_order", PERP, START));
  assert(budget.tryTake("place_order", PERP, START));
  assert(!budget.tryTake("place_order", PERP, START));
  assertEquals(budget.status(START).map((rule) => rule.available), [8, 0]);
});

Deno.test("RequestBudget counts a rule for its own account alone", () => {
  const budget = new RequestBudget([ruleOf()], START);
  assertEquals(budget.availableFor("place_order", SPOT_ACCOUNT, START), Infinity);
  assertEquals(budget.availableFor("request_snapshot", PERP, START), Infinity);
  assert(budget.tryTake("place_order", SPOT_ACCOUNT, START));
  assert(budget.tryTake("place_order", undefined, START));
  assertEquals(budget.availableFor("place_order", PERP, START), 8);
});

Deno.test("RequestBudget makes room for its heaviest request beside the reserve", () => {
  const heavy = ruleOf({ weights: { request_snapshot: 20, cancel_order: 1 }, cancelReserve: 5 });
  const budget = new RequestBudget([heavy], START);
  assertEquals(budget.availableFor("request_snapshot", PERP, START), 1);
  assertEquals(budget.availableFor("cancel_order", PERP, START), 25);
});

Deno.test("RequestBudget stops at rules that can never be kept", () => {
  const tooHeavy = ruleOf({ weights: { request_snapshot: 39 } });
  assertThrows(() => new RequestBudget([tooHeavy], START), Error, "no room for its heaviest");
  assertThrows(() => new RequestBudget([ruleOf({ capacity: 0 })], START), Error, "allow something");
  assertThrows(() => new RequestBudget([ruleOf({ windowMs: 0 })], START), Error, "above zero");
});

Deno.test("RequestBudget believes the venue's counter when it is above ours", () => {
  const budget = new RequestBudget([ruleOf()], START);
  budget.onReport(reportOf({ used: 30 }));
  assertEquals(budget.availableFor("cancel_order", PERP, START), 10);
  budget.onReport(reportOf({ used: 37 }));
  assertEquals(budget.availableFor("cancel_order", PERP, START), 3);
  assertEquals(budget.availableFor("place_order", PERP, START), 1);
  budget.onReport(reportOf({ used: 0 }));
  assertEquals(budget.availableFor("cancel_order", PERP, START), 3);
});

Deno.test("RequestBudget owes what the venue counted beyond the limit, within bounds", () => {
  const budget = new RequestBudget([ruleOf()], START);
  budget.onReport(reportOf({ used: 1_000_000, rule: "" }));
  assertEquals(budget.status(START)[0]?.available, -40);
  assertEquals(budget.availableFor("cancel_order", PERP, START), 0);
});

Deno.test("RequestBudget says nothing while banned, cancels neither", () => {
  const budget = new RequestBudget([ruleOf()], START);
  budget.onReport(reportOf({ rule: "", blockedUntil: later(60) }));
  assertEquals(budget.blockedUntil, later(60));
  assert(!budget.tryTake("cancel_order", PERP, later(59)));
  assertEquals(budget.availableFor("cancel_order", PERP, later(59)), 0);
  assertEquals(budget.availableFor("request_snapshot", PERP, later(59)), 0);
  assert(budget.tryTake("cancel_order", PERP, later(60)));
  assertEquals(budget.bans, 1);
});

Deno.test("RequestBudget blocks one rule when the ban names it, and all when it is unknown", () => {
  const other = ruleOf({ id: "snapshots", account: undefined, weights: { request_snapshot: 1 } });
  const budget = new RequestBudget([ruleOf(), other], START);
  budget.onReport(reportOf({ blockedUntil: later(5) }));
  assert(!budget.tryTake("cancel_order", PERP, START));
  assertEquals(budget.availableFor("cancel_order", PERP, START), 0);
  assert(budget.tryTake("request_snapshot", undefined, START));
  assertEquals(budget.status(START).map((rule) => rule.blockedUntil), [later(5), micros(0)]);
  budget.onReport(reportOf({ rule: "never_heard_of", blockedUntil: later(9) }));
  assert(!budget.tryTake("request_snapshot", undefined, later(8)));
  assertEquals(budget.status(START).map((rule) => rule.blockedUntil), [later(9), later(9)]);
});

Deno.test("RequestBudget lets questions and dead-man switches spend the reserve", () => {
  const weights = { place_order: 1, query_order: 1, query_fills: 1, query_account: 1 };
  const rule = ruleOf({ weights: { ...weights, cancel_all: 1, arm_dead_man: 1 } });
  const budget = new RequestBudget([rule], START);
  for (const kind of ["query_order", "query_fills", "query_account", "cancel_all"] as const) {
    assertEquals(budget.availableFor(kind, PERP, START), 10);
  }
  assertEquals(budget.availableFor("arm_dead_man", PERP, START), 10);
  assertEquals(budget.availableFor("place_order", PERP, START), 8);
});
