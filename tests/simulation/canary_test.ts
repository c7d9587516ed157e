/**
 * Canaries: every checker of the simulation sees the bug planted for it, and is silent without it.
 * @module
 */
import { instrumentIndex, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { TrueAccount, TrueTouch, VenueTruth } from "@/engine/ports/mod.ts";
import {
  checkAccounts,
  checkAgainstVenue,
  checkBook,
  checkResolution,
  checkSelfCross,
  QuoteOnBadBook,
} from "@/engine/simulation/mod.ts";
import { touchesOrders } from "@/engine/simulation/checkers.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { fillOf, lots, requestLost, START, ticks } from "@/tests/support/builders.ts";
import { ack, CoreWorld, link } from "@/tests/unit/engine/core/_core_world.ts";

const FIRST = instrumentIndex(0);
/** In quote and base currency: ticks of 0.1, lots of 0.001. */
const HONEST: TrueTouch = { bid: 100, bidSize: 0.05, ask: 101, askSize: 0.05 };

/** Runs a check and gives its complaints. */
function complaints(check: (complain: (text: string) => void) => void): string[] {
  const found: string[] = [];
  check((text) => found.push(text));
  return found;
}

/** A venue that says what a test wants. */
function truthOf(
  account: Partial<TrueAccount> = {},
  touch: TrueTouch | undefined = undefined,
): VenueTruth {
  return {
    venue: "binance",
    touchAt: () => touch,
    account: () => ({
      positions: [],
      openOrders: [],
      balances: [],
      fillCount: 0,
      sentTwice: [],
      imbalances: [],
      ...account,
    }),
  };
}

function bookComplaints(world: CoreWorld, touch: TrueTouch | undefined): string[] {
  const slot = world.engine.state.slot(FIRST)!;
  return complaints((complain) => checkBook(world.engine, slot, truthOf({}, touch), complain));
}

Deno.test("canary: a book that is not the venue's is seen at its sequence", () => {
  const world = new CoreWorld().quoting();
  assertEquals(bookComplaints(world, HONEST), []);
  assertEquals(bookComplaints(world, undefined), []);
  for (const field of ["bid", "bidSize", "ask", "askSize"] as const) {
    const [found] = bookComplaints(world, { ...HONEST, [field]: HONEST[field] + 0.001 });
    assertMatch(found!, /^binance:BTC-USDT-PERP: at 101 our touch is 0.05@100 \/ 0.05@101/);
  }
});

Deno.test("canary: a usable book that is crossed is seen", () => {
  const world = new CoreWorld().quoting();
  // Planted behind the feed handler's back: it would have made the book unusable.
  const { book } = world.engine.state.slot(FIRST)!;
  book.ladder("buy").set(1_015, 5);
  const [found] = bookComplaints(world, undefined);
  assertMatch(found!, /usable book is crossed at 1015\/1010/);
});

Deno.test("canary: a book that nobody may use is not compared", () => {
  const world = new CoreWorld().quoting();
  world.delta([[1_001, 1]], [], 5);
  assertEquals(bookComplaints(world, { ...HONEST, bid: 1 }), []);
});

Deno.test("canary: a quote that rests on a bad book for longer than its grace is seen", () => {
  const world = new CoreWorld().quoting();
  const checker = new QuoteOnBadBook();
  const check = () => complaints((complain) => checker.check(world.engine, complain));
  assertEquals(check(), []);
  // Planted: the venue refuses each cancel, so the quotes stay.
  world.delta([[1_001, 1]], [], 5);
  for (const id of world.live()) {
    world.feed({
      kind: "request_refused",
      instrument: FIRST,
      at: START,
      clientOrderId: id,
      request: "cancel",
      reason: "venue_unavailable",
      text: "",
    });
  }
  assertEquals(check(), []);
  world.wait(251);
  world.engine.state.now = world.now;
  const found = check();
  assertEquals(found.length, 1);
  assertMatch(found[0]!, /a quote rests on a book that is gapped/);
  // Told once per grace, and forgotten when the quotes are gone.
  assertEquals(check(), []);
  for (const id of world.live()) {
    world.feed({ ...ack(id), status: "cancelled", filledSize: lots(0) } as EngineEvent);
  }
  world.wait(300);
  world.engine.state.now = world.now;
  assertEquals(check(), []);
});

Deno.test("canary: quotes on a bad book are excused while the private stream is down", () => {
  const world = new CoreWorld().quoting();
  const checker = new QuoteOnBadBook();
  world.feed(link("account", "down"));
  for (const order of world.engine.orders.unsettled()) order.state = "new";
  world.delta([[1_001, 1]], [], 5);
  for (const order of world.engine.orders.unsettled()) order.state = "new";
  const check = () => complaints((complain) => checker.check(world.engine, complain));
  check();
  world.wait(10_000);
  world.engine.state.now = world.now;
  assertEquals(check(), []);
  // The stream is back, and the quote still stands after the grace for its cancel.
  world.engine.state.slot(FIRST)!.account.streamUp = true;
  assertEquals(check(), [], "the grace begins now");
  world.wait(250);
  world.engine.state.now = world.now;
  assertEquals(check(), []);
  world.wait(1);
  world.engine.state.now = world.now;
  assertMatch(check()[0]!, /a quote rests on a book that is gapped/);
});

Deno.test("canary: a placed order that is counted nowhere is seen", () => {
  const world = new CoreWorld().quoting();
  const check = () => complaints((complain) => checkAccounts(world.engine, complain));
  assertEquals(check(), []);
  world.engine.orders.counters.open--;
  assertEquals(check(), ["orders: 2 placed, 0 ended, 0 in flight, 1 open"]);
});

Deno.test("canary: a ledger break is seen", () => {
  const world = new CoreWorld().quoting();
  world.gate.counters.ledgerBreaks = 1;
  const found = complaints((complain) => checkAccounts(world.engine, complain));
  assertEquals(found, ["ledger: 1 breaks"]);
});

Deno.test("canary: a position that the shadow ledger does not have is seen", () => {
  const world = new CoreWorld().quoting();
  const line = { instrument: 0, size: 10, realised: "0", cost: "0", fees: {} };
  world.gate.lines = [line];
  world.feed(fillOf({ clientOrderId: world.live()[0]!, price: ticks(990), size: lots(10) }));
  assertEquals(complaints((complain) => checkAccounts(world.engine, complain)), []);
  world.gate.lines = [{ ...line, size: 9 }];
  assertEquals(complaints((complain) => checkAccounts(world.engine, complain)), [
    "position 0: portfolio 10 lots, shadow ledger 9",
  ]);
});

Deno.test("canary: an own buy at or above an own sell is seen", () => {
  const world = new CoreWorld().quoting();
  const slot = world.engine.state.slot(FIRST)!;
  const check = () => complaints((complain) => checkSelfCross(world.engine, slot, complain));
  assertEquals(check(), []);
  world.engine.orders.order(world.live()[0]!)!.price = ticks(1_020);
  assertEquals(check(), ["binance:BTC-USDT-PERP: own bid 1020 meets own ask 1020"]);
});

Deno.test("canary: an order that stays unknown while the venue can be asked is seen", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  const check = () => complaints((complain) => checkResolution(world.engine, complain));
  world.feed(requestLost({ clientOrderId: id!, request: "cancel" }));
  assertEquals(check(), []);
  for (let second = 0; second < 31; second++) world.timer(1_000);
  // Planted: nobody ever answers the questions.
  assertEquals(check().length, 1);
  assertMatch(check()[0]!, /^an order is unresolved for 31 s/);
  // While the venue forbids to ask, and for as long again after it, there is an excuse.
  const ban = { kind: "rate_limit", venue: "binance", at: START, used: -1, rule: "" } as const;
  world.feed({ ...ban, blockedUntil: micros(world.now + 10_000_000) });
  assertEquals(check(), []);
  for (let second = 0; second < 41; second++) world.timer(1_000);
  assertMatch(check()[0]!, /^an order is unresolved for 31 s/);
  world.feed(link("account", "down"));
  assertEquals(check(), []);
});

Deno.test("canary: an order open here and gone there, and the other way round, is seen", () => {
  const world = new CoreWorld().quoting();
  const [buy, sell] = world.live();
  const check = (account: Partial<TrueAccount>) =>
    complaints((complain) => checkAgainstVenue(world.engine, truthOf(account), complain));
  assertEquals(check({ openOrders: [buy!, sell!] }), []);
  assertEquals(check({ openOrders: [buy!] }), [
    `binance: order ${sell} is new here, gone there`,
  ]);
  assertEquals(check({ openOrders: [buy!, sell!, "orphan"] }), [
    "binance: order orphan rests there, unknown here",
  ]);
});

Deno.test("canary: another position, a double send and money from nowhere are seen", () => {
  const world = new CoreWorld().begin();
  const found = complaints((complain) =>
    checkAgainstVenue(
      world.engine,
      truthOf({
        positions: [{ instrument: FIRST, size: 0.003 }],
        sentTwice: ["a1"],
        imbalances: ["USDT"],
      }),
      complain,
    )
  );
  assertEquals(found, [
    "binance: position 0 is 0.003, ours 0",
    "binance: order a1 was sent twice",
    "binance: money of USDT is not conserved",
  ]);
});

Deno.test("Checks of orders run on every event that can change them, and on no market event", () => {
  assert(touchesOrders(fillOf()));
  assert(touchesOrders(requestLost()));
  assert(touchesOrders({ kind: "command" } as EngineEvent));
  assertEquals(touchesOrders({ kind: "timer", at: START }), false);
  assertEquals(touchesOrders({ kind: "trade" } as EngineEvent), false);
});
