/**
 * Order entry: login, pairing by id, acknowledgements that move nothing, the way over REST, losses,
 * renewal before a cut, and the dead-man switch.
 * @module
 */
import { clientOrderId, price, size, strategyId, venueOrderId } from "@/engine/domain/mod.ts";
import type { AmendOrder, CancelOrder, PlaceOrder } from "@/engine/messages/mod.ts";
import { OrderGateway } from "@/exchanges/okx/order_gateway.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly gateway: OrderGateway;
  readonly session: FakeSession;
}

function world(isOpen = true): World {
  const venue = new FakeVenue().measured();
  const gateway = new OrderGateway(venue.context, venue.signer, venue.rest, venue.lookup);
  gateway.start();
  const session = venue.sessions[0]!;
  if (isOpen) session.openLoggedIn();
  venue.drain();
  return { venue, gateway, session };
}

function place({ venue }: World, changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: venue.swap.index,
    clientOrderId: clientOrderId("mm1"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640_000),
    triggerPrice: undefined,
    size: size(100),
    ...changes,
  };
}

function cancel({ venue }: World, changes: Partial<CancelOrder> = {}): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: venue.swap.index,
    clientOrderId: clientOrderId("mm1"),
    venueOrderId: undefined,
    ...changes,
  };
}

function amend({ venue }: World): AmendOrder {
  return {
    kind: "amend_order",
    instrument: venue.swap.index,
    clientOrderId: clientOrderId("mm1"),
    venueOrderId: venueOrderId("7"),
    strategy: strategyId("maker"),
    side: "buy",
    price: price(640_000),
    size: size(50),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
  };
}

const STOP = { type: "stop_loss", postOnly: false, price: undefined } as const;
const LOGIN_FAILED = { event: "error", code: "60009", msg: "Login failed.", connId: "x" };

Deno.test("okx OrderGateway is up only once the login is acknowledged", () => {
  const { venue, session } = world(false);
  session.open();
  assertEquals(session.last().op, "login");
  assertEquals(session.last().args[0]!["timestamp"], "1767225600");
  assertEquals(venue.lines(), []);
  session.say({ event: "login", code: "0", msg: "", connId: "x" });
  session.say("pong");
  session.drop("cut");
  assertEquals(venue.lines(), ["orders up", "orders down"]);
});

Deno.test("okx OrderGateway measures the clock before its first login", () => {
  const venue = new FakeVenue();
  const gateway = new OrderGateway(venue.context, venue.signer, venue.rest, venue.lookup);
  gateway.start();
  venue.sessions[0]!.open();
  assertEquals(venue.sessions[0]!.sent, []);
  venue.answer("GET /api/v5/public/time", [{ ts: "1767225660000" }]);
  assertEquals(venue.sessions[0]!.last().args[0]!["timestamp"], "1767225660");
  assertEquals(venue.rest.clockOffset.offsetMicros, 60_000_000);
});

Deno.test("okx OrderGateway connects anew after a refused or an unanswered login", () => {
  const { venue, session } = world(false);
  session.open();
  session.say(LOGIN_FAILED);
  assertEquals(session.restarts, []);
  venue.answer("GET /api/v5/public/time", [{ ts: "1767225600000" }]);
  assertEquals(session.restarts, ["login refused"]);
  assertEquals(venue.logged, ["error: login refused"]);
  session.open();
  venue.clock.advance(10_000);
  assertEquals(session.restarts, ["login refused", "login unanswered"]);
});

Deno.test("okx OrderGateway: a yes moves no order, answers pair by id in any order", () => {
  const w = world();
  assertEquals(w.gateway.send(place(w)), "sent");
  const first = w.session.last();
  assertEquals(first.op, "order");
  assertEquals(first.expTime, "1767225605000");
  assertEquals(w.gateway.send(amend(w)), "sent");
  assertEquals(w.session.last().op, "amend-order");
  w.session.answer({ ordId: "7", clOrdId: "mm1", sCode: "0", sMsg: "" });
  const yes = [{ ordId: "7", clOrdId: "mm1", sCode: "0", sMsg: "" }];
  w.session.say({ id: first.id, op: "order", data: yes, code: "0", msg: "" });
  assertEquals(w.gateway.pendingCount, 0);
  assertEquals(w.venue.lines(), []);
  assertEquals(w.venue.lookup.clientIdOf("7"), "mm1");
  w.session.say({ id: first.id, op: "order", data: yes, code: "0", msg: "" });
  assertEquals(w.venue.context.counters.ignoredFrames, 1, "the second answer has no asker");
  assertEquals(w.venue.context.counters.ordersSent, 2);
});

Deno.test("okx OrderGateway never lets a cancel expire", () => {
  const w = world();
  w.gateway.send(cancel(w));
  assertEquals(w.session.last().expTime, undefined);
  assertEquals(w.session.last().args, [{ instIdCode: 10459, clOrdId: "mm1" }]);
});

Deno.test("okx OrderGateway turns refusals into reasons, from the row or the whole", () => {
  const w = world();
  w.gateway.send(place(w));
  w.session.answer({ clOrdId: "mm1", sCode: "51008", sMsg: "Insufficient balance" }, "1");
  w.gateway.send(place(w));
  const { id } = w.session.last();
  w.session.say({ id, op: "order", data: [], code: "60013", msg: "Invalid args" });
  w.gateway.send(cancel(w));
  w.session.answer({ sCode: "51400", sMsg: "Cancellation failed" }, "1");
  w.gateway.send(amend(w));
  w.session.answer({ sCode: "51599", sMsg: "odd" }, "1");
  w.gateway.send(place(w));
  w.session.answer({ sCode: "51000", sMsg: "Parameter error" }, "0");
  assertEquals(w.venue.lines(), [
    "refused place mm1 insufficient_balance",
    "refused place mm1 filter",
    "refused cancel mm1 unknown_order",
    "refused amend mm1 amend_refused",
    "refused place mm1 filter",
  ]);
});

Deno.test("okx OrderGateway leaves the execution open where the venue does", () => {
  const w = world();
  for (const code of ["50004", "51149", "50026", "50001"]) {
    w.gateway.send(place(w));
    w.session.answer({ sCode: code, sMsg: "" }, "1");
  }
  assertEquals(w.venue.lines(), new Array(4).fill("lost place mm1 unknown"));
});

Deno.test("okx OrderGateway reports a limit by its rule and rests its kind", () => {
  const w = world();
  w.gateway.send(place(w));
  w.session.answer({ sCode: "50011", sMsg: "Too Many Requests" }, "1");
  w.gateway.send(cancel(w));
  w.session.answer({ sCode: "50011", sMsg: "Too Many Requests" }, "1");
  w.gateway.send(place(w));
  w.session.answer({ sCode: "50061", sMsg: "sub-account" }, "1");
  assertEquals(w.venue.lines(), [
    "limit orders_2s",
    "refused place mm1 rate_limited",
    "limit cancels_2s",
    "refused cancel mm1 rate_limited",
    "limit sub_account_2s",
    "refused place mm1 rate_limited",
  ]);
  assertEquals(w.venue.context.counters.rateLimited, 3);
});

Deno.test("okx OrderGateway reports what is unanswered or cut as lost, never sends it again", () => {
  const w = world();
  w.gateway.send(place(w));
  w.venue.clock.advance(7_000);
  assertEquals(w.venue.lines(), ["lost place mm1 unknown"]);
  w.gateway.send(cancel(w));
  const sent = w.session.sent.length;
  w.session.drop("cut");
  assertEquals(w.venue.lines(), ["orders down", "lost cancel mm1 unknown"]);
  w.session.openLoggedIn();
  assertEquals(w.session.sent.length, sent + 1, "only the login");
});

Deno.test("okx OrderGateway goes over REST while the socket is down, and rests when that fails", () => {
  const w = world(false);
  assertEquals(w.gateway.send(place(w)), "sent");
  const request = w.venue.answer("POST /api/v5/trade/order", {
    code: "1",
    msg: "",
    data: [{ sCode: "51020", sMsg: "min" }],
  });
  assert(String(request.body).startsWith('{"instId":"BTC-USDT-SWAP","tdMode":"cross"'));
  assertEquals(request.headers!["expTime"], "1767225605000");
  assertEquals(w.venue.lines(), ["refused place mm1 filter"]);
  w.gateway.send(place(w));
  w.venue.fail("POST /api/v5/trade/order", false);
  assertEquals(w.gateway.send(place(w)), "not_connected");
  w.venue.clock.advance(1_001);
  w.gateway.send(cancel(w));
  w.venue.fail("POST /api/v5/trade/cancel-order", true);
  assertEquals(w.venue.lines(), ["lost place mm1 not_sent", "lost cancel mm1 unknown"]);
});

Deno.test("okx OrderGateway signs once more what was refused for its time, and only once", () => {
  const w = world(false);
  w.gateway.send(place(w));
  const late = { code: "50102", msg: "Timestamp request expired", data: [] };
  w.venue.answer("POST /api/v5/trade/order", late, 401);
  w.venue.answer("GET /api/v5/public/time", [{ ts: "1767225660000" }]);
  w.venue.answer("POST /api/v5/trade/order", late, 401);
  assertEquals(w.venue.asked.length, 0);
  assertEquals(w.venue.lines(), ["refused place mm1 timestamp"]);
});

Deno.test("okx OrderGateway reads HTML and server errors as an open execution", () => {
  const w = world(false);
  for (const [body, status] of [["<html>", 200], ["<html>", 502], ["{}", 503]] as const) {
    w.gateway.send(place(w));
    w.venue.answer("POST /api/v5/trade/order", body, status);
  }
  w.gateway.send(place(w));
  w.venue.answer("POST /api/v5/trade/order", "<html>", 403);
  assertEquals(w.venue.lines(), [
    "lost place mm1 unknown",
    "lost place mm1 unknown",
    "lost place mm1 unknown",
    "refused place mm1 other",
  ]);
});

Deno.test("okx OrderGateway cancels a conditional order by the id its answer gave", () => {
  const w = world();
  w.gateway.send(
    place(w, { ...STOP, triggerPrice: price(600_000), clientOrderId: clientOrderId("s1") }),
  );
  assertEquals(w.gateway.send(cancel(w, { clientOrderId: clientOrderId("s1") })), "sent");
  w.venue.answer("POST /api/v5/trade/order-algo", [{ algoId: "12345", sCode: "0", sMsg: "" }]);
  const early = w.venue.answer("POST /api/v5/trade/cancel-algos", [{ sCode: "0" }]);
  assertEquals(early.body, '[{"instId":"BTC-USDT-SWAP","algoClOrdId":"s1"}]');
  w.gateway.send(cancel(w, { clientOrderId: clientOrderId("s1") }));
  const named = w.venue.answer("POST /api/v5/trade/cancel-algos", [{ sCode: "0" }]);
  assertEquals(named.body, '[{"instId":"BTC-USDT-SWAP","algoId":"12345"}]');
  // What it released is an ordinary order.
  w.gateway.send(
    cancel(w, { clientOrderId: clientOrderId("s1"), venueOrderId: venueOrderId("99") }),
  );
  assertEquals(w.session.last().args, [{ instIdCode: 10459, ordId: "99" }]);
  assertEquals(w.venue.lines(), []);
});

Deno.test("okx OrderGateway: a rejected conditional order under a code of 0 is refused", () => {
  const w = world();
  w.gateway.send(place(w, { ...STOP, triggerPrice: price(600_000) }));
  const row = { algoId: "", algoClOrdId: "mm1", sCode: "51000", sMsg: "Parameter instId error" };
  w.venue.answer("POST /api/v5/trade/order-algo", [row]);
  assertEquals(w.venue.lines(), ["refused place mm1 filter"]);
});

Deno.test("okx OrderGateway takes over to a new connection before an announced cut", () => {
  const w = world();
  w.gateway.send(place(w));
  const { id } = w.session.last();
  w.session.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" });
  w.session.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" });
  assertEquals(w.venue.sessions.length, 2, "one new connection");
  const next = w.venue.sessions[1]!;
  next.open();
  w.gateway.send(cancel(w));
  assertEquals(w.session.last().op, "cancel-order", "the old one serves until the login");
  next.say({ event: "login", code: "0", msg: "", connId: "y" });
  w.gateway.send(amend(w));
  assertEquals(next.last().op, "amend-order");
  w.session.say({ id, op: "order", data: [{ sCode: "51008", sMsg: "" }], code: "1", msg: "" });
  assertEquals(w.venue.lines(), ["refused place mm1 insufficient_balance"]);
  assertEquals(w.session.started, true);
  w.venue.clock.advance(3_000);
  assertEquals(w.session.started, false, "it was closed after its last answers");
});

Deno.test("okx OrderGateway falls to the new connection when the old one is cut first", () => {
  const w = world();
  w.session.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" });
  const next = w.venue.sessions[1]!;
  w.session.drop("cut");
  assertEquals(w.venue.lines(), ["orders down"]);
  assertEquals(w.session.started, false);
  next.openLoggedIn();
  assertEquals(w.venue.lines(), ["orders up"]);
});

Deno.test("okx OrderGateway refuses before sending what cannot be", () => {
  const w = world();
  assertEquals(
    w.gateway.send({ kind: "cancel_all", instrument: w.venue.swap.index }),
    "not_supported",
  );
  assertEquals(w.gateway.send(place(w, { clientOrderId: clientOrderId("a-b") })), "not_supported");
  assertEquals(
    w.gateway.send({ ...place(w), instrument: 9 as PlaceOrder["instrument"] }),
    "not_connected",
  );
  w.venue.context.facts.isTwoSided = true;
  assertEquals(w.gateway.send(place(w)), "not_supported");
  assertEquals(w.gateway.send(cancel(w)), "sent");
  w.session.accepts = false;
  assertEquals(w.gateway.send(cancel(w)), "back_pressured");
  w.gateway.stop();
  assertEquals(w.gateway.send(cancel(w)), "not_connected");
});

Deno.test("okx OrderGateway bounds what is pending", () => {
  const w = world();
  for (let sent = 0; sent < 1_024; sent++) assertEquals(w.gateway.send(cancel(w)), "sent");
  assertEquals(w.gateway.send(cancel(w)), "back_pressured");
});

Deno.test("okx OrderGateway connects anew when the venue forgot the login", () => {
  const w = world();
  w.gateway.send(place(w));
  const { id } = w.session.last();
  w.session.say({ id, op: "order", data: [], code: "60011", msg: "Please log in" });
  assertEquals(w.session.restarts, ["login was forgotten"]);
  assertEquals(w.venue.lines(), ["refused place mm1 authentication"]);
});

Deno.test("okx OrderGateway arms one switch for all instruments, once in 1.25 seconds", () => {
  const w = world();
  const { swap, spot, clock } = w.venue;
  const arm = (instrument: typeof swap, timeoutMs: number) =>
    w.gateway.armDeadMan({ kind: "arm_dead_man", instrument: instrument.index, timeoutMs });
  arm(swap, 60_000);
  arm(spot, 30_000);
  clock.advance(1);
  const first = w.venue.answer("POST /api/v5/trade/cancel-all-after", [{ triggerTime: "0" }]);
  assertEquals(first.body, '{"timeOut":"60"}');
  arm(swap, 0);
  clock.advance(500);
  assertEquals(w.venue.asked.length, 0);
  clock.advance(750);
  const second = w.venue.answer("POST /api/v5/trade/cancel-all-after", "<html>", 502);
  assertEquals(second.body, '{"timeOut":"30"}');
  arm(spot, 0);
  clock.advance(1_250);
  const last = w.venue.answer("POST /api/v5/trade/cancel-all-after", [{ triggerTime: "0" }]);
  assertEquals(last.body, '{"timeOut":"0"}');
  assertEquals(w.venue.logged, ["warn: dead-man switch was not armed"]);
  w.venue.context.facts.modes = { ...w.venue.context.facts.modes, tag: "mm1" };
  arm(spot, 1);
  clock.advance(1_250);
  assertEquals(
    w.venue.answer("POST /api/v5/trade/cancel-all-after", []).body,
    '{"timeOut":"10","tag":"mm1"}',
  );
});

Deno.test("okx REST says that it is demo trading", () => {
  const venue = new FakeVenue(true).measured();
  venue.rest.send({ method: "GET", target: "/api/v5/account/config" }, () => {});
  const { request } = venue.take("GET /api/v5/account/config");
  assertEquals(request.headers!["x-simulated-trading"], "1");
  assertEquals(request.headers!["OK-ACCESS-KEY"], "k");
});

Deno.test("okx OrderGateway arms the switch again when that came too fast, and silences nothing", () => {
  const w = world();
  const { swap, clock } = w.venue;
  w.gateway.armDeadMan({ kind: "arm_dead_man", instrument: swap.index, timeoutMs: 60_000 });
  clock.advance(1);
  const path = "POST /api/v5/trade/cancel-all-after";
  w.venue.answer(path, '{"code":"50011","msg":"Too Many Requests","data":[]}', 429);
  assertEquals(w.venue.lines(), []);
  clock.advance(1_250);
  assertEquals(w.venue.answer(path, [{ triggerTime: "0" }]).body, '{"timeOut":"60"}');
});
