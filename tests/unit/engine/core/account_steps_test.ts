/**
 * Links and reports: how the core comes to know what it owns, and what it does meanwhile.
 * @module
 */
import { clientOrderId, instrumentIndex, micros, signedSize } from "@/engine/domain/mod.ts";
import { ClientOrderIds } from "@/engine/orders/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import {
  accountReport,
  balanceUpdate,
  btcSpot,
  capabilitiesOf,
  fillOf,
  fundingPayment,
  instrumentDefined,
  lots,
  moneyOf,
  orderUpdate,
  PERPETUAL_ACCOUNT,
  positionUpdate,
  SPOT_ACCOUNT,
  START,
  ticks,
  venueId,
} from "@/tests/support/builders.ts";
import { CoreWorld, link, ofKind, shown } from "./_core_world.ts";

/** An id that another start of the instance "test" gave. */
function idOfEarlierStart(): ReturnType<typeof clientOrderId> {
  const ids = new ClientOrderIds("test", 0);
  ids.addAccount(PERPETUAL_ACCOUNT, capabilitiesOf());
  return ids.next(PERPETUAL_ACCOUNT);
}

Deno.test("The account is asked for when its stream comes up, and only then quotes may stand", () => {
  const world = new CoreWorld().begin();
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
  assertEquals(shown(world.feed(link("account", "up"))), ["query_account"]);
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
  assertEquals(shown(world.feed(accountReport({ askedAt: world.now }))), ["alert reconciled"]);
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), true);
  assertEquals(world.engine.view.isAccountReady(SPOT_ACCOUNT), false);
});

Deno.test("A report that does not come is asked for again after its time", () => {
  const world = new CoreWorld({ reportTimeoutMs: 1_000, feed: { staleAfterMs: 60_000 } }).begin();
  world.snapshot();
  world.feed(link("account", "up"));
  assertEquals(shown(world.timer(999)), []);
  assertEquals(shown(world.timer(1)), ["query_account"]);
  world.feed(accountReport({ askedAt: world.now }));
  assertEquals(shown(world.timer(2_000)), []);
});

Deno.test("The account is compared again every so often", () => {
  const world = new CoreWorld({ reconcileEveryMs: 10_000 }).begin();
  world.reconcile();
  assertEquals(shown(world.timer(9_999)), []);
  assertEquals(shown(world.timer(1)), ["query_account"]);
});

Deno.test("A question that the budget cannot carry is asked at a later timer", () => {
  const world = new CoreWorld({
    feed: { staleAfterMs: 60_000 },
    rateLimits: [{
      id: "weight",
      account: undefined,
      capacity: 20,
      windowMs: 10_000,
      weights: { query_account: 5 },
      cancelReserve: 0,
      source: "test",
    }],
  }).begin();
  world.snapshot();
  world.feed(link("account", "up"));
  world.feed(link("account", "down"));
  assertEquals(shown(world.feed(link("account", "up"))), []);
  assertEquals(shown(world.timer(50)), []);
  assertEquals(shown(world.timer(5_000)), ["query_account"]);
});

Deno.test("When the private stream goes down, quotes are pulled in the same turn", () => {
  const world = new CoreWorld().quoting();
  assertEquals(shown(world.feed(link("account", "down"))), [
    "cancel",
    "cancel",
    "alert connection_down",
  ]);
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
});

Deno.test("A report asked for before the stream came back does not make the account ready", () => {
  const world = new CoreWorld().quoting();
  const askedAt = world.now;
  world.wait(10);
  world.feed(link("account", "down"));
  world.wait(10);
  world.feed(link("account", "up"));
  world.wait(10);
  world.feed(accountReport({ askedAt }));
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
  world.feed(accountReport({ askedAt: micros(world.now - 5_000) }));
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), true);
});

Deno.test("A report while the stream is down reconciles nothing yet", () => {
  const world = new CoreWorld().begin();
  world.feed(accountReport({ askedAt: world.now }));
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
});

Deno.test("Reports and links of unknown accounts and venues are passed over", () => {
  const world = new CoreWorld().begin();
  const foreign = "okx/unified" as typeof PERPETUAL_ACCOUNT;
  assertEquals(world.feed(accountReport({ account: foreign })), []);
  assertEquals(world.feed(link("account", "up", foreign)), []);
  assertEquals(world.feed({ ...link("market", "up"), venue: "okx" } as never), []);
  const limit = { kind: "rate_limit", at: START, rule: "", used: -1 } as const;
  assertEquals(world.feed({ ...limit, venue: "okx", blockedUntil: micros(0) }), []);
});

Deno.test("The venue is up while its market link is", () => {
  const world = new CoreWorld().begin();
  assertEquals(world.engine.view.isVenueUp("binance"), false);
  world.feed(link("market", "up"));
  assertEquals(world.engine.view.isVenueUp("binance"), true);
  assertEquals(shown(world.feed(link("market", "down"))), ["alert connection_down"]);
  assertEquals(world.engine.view.isVenueUp("binance"), false);
  assertEquals(world.engine.view.isVenueUp("okx"), false);
});

Deno.test("Own orders that an earlier start left are taken over and cancelled", () => {
  const world = new CoreWorld().begin();
  world.snapshot();
  world.feed(link("account", "up"));
  const id = idOfEarlierStart();
  const outputs = world.feed(accountReport({
    askedAt: world.now,
    openOrders: [
      orderUpdate({ clientOrderId: id, side: "buy", size: lots(3), price: ticks(900) }),
    ],
  }));
  assertEquals(shown(outputs), ["alert reconciled", "cancel"]);
  assertEquals(ofKind(outputs, "cancel_order")[0]!.clientOrderId, id);
});

Deno.test("Foreign orders are followed and never touched, by no command either", () => {
  const world = new CoreWorld().begin();
  world.snapshot();
  world.feed(link("account", "up"));
  const outputs = world.feed(accountReport({
    askedAt: world.now,
    openOrders: [orderUpdate({
      clientOrderId: clientOrderId("by-hand"),
      venueOrderId: venueId("77"),
      side: "buy",
      size: lots(3),
      price: ticks(900),
    })],
  }));
  assertEquals(shown(outputs), ["alert reconciled"]);
  assertEquals(world.engine.view.workingSize(instrumentIndex(0), "buy"), lots(3));
  assertEquals(shown(world.command("cancel-all")), []);
  assertEquals(shown(world.command("halt")), ["mode normal -> halted"]);
});

Deno.test("A position found at the first report is taken over at its average price", () => {
  const world = new CoreWorld().begin();
  world.feed(link("account", "up"));
  const positions = [positionUpdate(-20, { averagePrice: moneyOf("100") })];
  world.feed(accountReport({ askedAt: world.now, positions }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(-20));
  // Later reports are compared by the ledger, not taken over.
  world.wait(10);
  world.feed(accountReport({ askedAt: world.now, positions: [positionUpdate(-50)] }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(-20));
});

Deno.test("A position found without an average price is taken over at the mark", () => {
  const world = new CoreWorld().begin();
  world.snapshot(1_000, 1_010);
  world.feed(link("account", "up"));
  world.feed(accountReport({ askedAt: world.now, positions: [positionUpdate(10)] }));
  assertEquals(world.engine.positions.book(instrumentIndex(0))!.position.size, signedSize(10));
  assertEquals(world.engine.view.profit().unrealised, 0);
});

Deno.test("Flat positions and those of unknown instruments are not taken over", () => {
  const world = new CoreWorld().begin();
  world.feed(link("account", "up"));
  world.feed(accountReport({
    askedAt: world.now,
    positions: [positionUpdate(0), positionUpdate(5, { instrument: instrumentIndex(8) })],
  }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(0));
});

Deno.test("A position is not taken over when its fills were counted already", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.feed(fillOf({ clientOrderId: clientOrderId("x"), size: lots(4) }));
  world.feed(link("account", "up"));
  world.feed(accountReport({ askedAt: world.now, positions: [positionUpdate(4)] }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(4));
});

Deno.test("The venue's word on a position is compared, never taken over", () => {
  const world = new CoreWorld().quoting();
  assertEquals(world.feed(positionUpdate(40)), []);
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(0));
});

Deno.test("Balances are known from reports and updates", () => {
  const world = new CoreWorld().begin();
  assertEquals(world.engine.view.freeBalance(PERPETUAL_ACCOUNT, "USDT"), undefined);
  world.feed(accountReport({ balances: [balanceUpdate("USDT", "100")] }));
  assertEquals(world.engine.view.freeBalance(PERPETUAL_ACCOUNT, "USDT"), 100);
  world.feed(balanceUpdate("USDT", "90"));
  assertEquals(world.engine.view.freeBalance(PERPETUAL_ACCOUNT, "USDT"), 90);
});

Deno.test("Funding payments count once", () => {
  const world = new CoreWorld().begin();
  world.feed(fundingPayment("-1.5"));
  world.feed(fundingPayment("-1.5"));
  assertEquals(world.engine.view.profit().funding, -1.5);
});

Deno.test("A ban of the venue holds everything back and is told", () => {
  const world = new CoreWorld({ feed: { staleAfterMs: 60_000 } }).quoting();
  const until = micros(world.now + 2_500_000);
  const ban = { kind: "rate_limit", venue: "binance", at: START, used: -1 } as const;
  const outputs = world.feed({ ...ban, rule: "", blockedUntil: until });
  assertEquals(ofKind(outputs, "alert")[0]!.text, "binance asks for silence for 3 s");
  world.maker.wishes = [];
  assertEquals(shown(world.delta([[1_001, 1]])), []);
  assertEquals(shown(world.timer(2_500)), ["cancel", "cancel"]);
  const named = world.feed({ ...ban, rule: "ip", blockedUntil: micros(world.now + 1) });
  assertEquals(ofKind(named, "alert")[0]!.text, "binance asks for silence for 1 s (ip)");
  assertEquals(world.feed({ ...ban, rule: "", blockedUntil: micros(0) }), []);
});

Deno.test("A spot account is reconciled by itself", () => {
  const world = new CoreWorld().begin();
  world.feed(instrumentDefined(btcSpot(1)));
  world.reconcile(SPOT_ACCOUNT);
  assertEquals(world.engine.view.isAccountReady(SPOT_ACCOUNT), true);
  assertEquals(world.engine.view.isAccountReady(PERPETUAL_ACCOUNT), false);
});
