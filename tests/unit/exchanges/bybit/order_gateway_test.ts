/**
 * Order entry: login, pairing by id, acknowledgements that move nothing, losses, the way over REST.
 * @module
 */
import { price, size, venueOrderId } from "@/engine/domain/mod.ts";
import type { CancelAll, CancelOrder, PlaceOrder } from "@/engine/messages/mod.ts";
import { OrderGateway } from "@/exchanges/bybit/order_gateway.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { amendOrder, cancelOrder, placeOrder, replaceOrder } from "@/tests/support/builders.ts";
import { type FakeConnection, FakeVenue } from "./fake_venue.ts";

function world(wsApi = "ws://venue") {
  const venue = new FakeVenue();
  const gateway = new OrderGateway(venue.context, wsApi, venue.signer, venue.rest, venue.lookup);
  gateway.start();
  return { venue, gateway, session: venue.sessions[0]! };
}

/** A gateway that is logged in. */
function ready() {
  const made = world();
  const connection = made.session.open();
  connection.take();
  made.session.say({ retCode: 0, retMsg: "OK", op: "auth", connId: "c" });
  made.venue.drain();
  return { ...made, connection };
}

function place(id = "a1", changes: Partial<PlaceOrder> = {}): PlaceOrder {
  const named = { clientOrderId: id as PlaceOrder["clientOrderId"] };
  return placeOrder({ price: price(650_001), size: size(10), ...named, ...changes });
}

const CANCEL: CancelOrder = cancelOrder("a1");

function answer(reqId: string, retCode = 0, data: unknown = {}, header: unknown = {}) {
  return { reqId, retCode, retMsg: retCode === 0 ? "OK" : "no", op: "order.create", data, header };
}

function idOf(connection: FakeConnection): string {
  return connection.take().at(-1).reqId;
}

Deno.test("OrderGateway logs in before it sends, and tells the link", () => {
  const { venue, gateway, session } = world();
  const urls: string[] = [];
  session.plan.urlFor((url) => url.ok && urls.push(url.value));
  assertEquals(urls, ["ws://venue/v5/trade"]);
  const connection = session.open();
  const [login] = connection.take();
  assertEquals([login.op, login.args[0]], ["auth", "k"]);
  assertEquals(login.args[1], venue.clock.now() / 1_000 - 50 + 10_000);
  assertEquals(login.args[2], venue.signer.sign(`GET/realtime${login.args[1]}`));
  assertEquals(gateway.send(place()), "sent", "over REST while not logged in");
  assertEquals(venue.take("POST /v5/order/create").body["orderLinkId"], "a1");
  session.say({ retCode: 0, retMsg: "OK", op: "auth", connId: "c" });
  assertEquals(venue.lines(), ["orders up"]);
  assertEquals(gateway.send(place("a2")), "sent");
  const [frame] = connection.take();
  assertEquals([frame.op, frame.args[0].orderLinkId], ["order.create", "a2"]);
  assertEquals(frame.header["X-BAPI-TIMESTAMP"], String(venue.rest.timestampMs()));
  session.drop("cut");
  assertEquals(venue.lines(), ["orders down", "lost place a2 unknown"]);
});

Deno.test("OrderGateway starts anew when login is refused or stays unanswered", () => {
  const { venue, session } = world();
  session.open();
  session.say({ retCode: 10004, retMsg: "bad sign", op: "auth" });
  venue.answer("GET /v5/market/time", { timeSecond: "1", timeNano: "1767225600000000000" });
  assertEquals(session.restarts, ["login refused"]);
  session.open();
  venue.clock.advance(10_001);
  assertEquals(session.restarts.at(-1), "login was not confirmed");
  session.open();
  session.say({ retCode: 20001, retMsg: "already", op: "auth" });
  assertEquals(venue.lines(), ["orders up"], "logged in already is logged in");
});

Deno.test("OrderGateway tells nothing of an acknowledgement, it only keeps the ids", () => {
  const { venue, gateway, session, connection } = ready();
  gateway.send(place());
  gateway.send(place("a2"));
  const [first, second] = connection.take().map(({ reqId }) => reqId);
  assert(first !== second && first.length <= 36);
  session.say(answer(second, 0, { orderId: "v2", orderLinkId: "a2" }));
  session.say(answer(first, 0, { orderId: "v1", orderLinkId: "a1" }));
  session.say(answer(first, 0));
  assertEquals(venue.lines(), []);
  assertEquals(gateway.pendingCount, 0);
  assertEquals(venue.lookup.clientIdOf(venue.perp, "v2") as string, "a2");
  assertEquals(venue.context.counters.ordersSent, 2);
});

Deno.test("OrderGateway reports each refusal once, with its reason", () => {
  const { venue, gateway, session, connection } = ready();
  const table: readonly (readonly [PlaceOrder | CancelOrder, number, string])[] = [
    [place(), 110007, "refused place a1 insufficient_balance"],
    [place(), 170218, "refused place a1 post_only_would_take"],
    [place(), 110072, "refused place a1 duplicate_client_order_id"],
    [CANCEL, 110001, "refused cancel a1 unknown_order"],
    [place(), 10004, "refused place a1 authentication"],
    [place(), 555, "refused place a1 other"],
  ];
  for (const [request, code, line] of table) {
    gateway.send(request);
    session.say(answer(idOf(connection), code));
    assertEquals(venue.lines(), [line]);
  }
});

Deno.test("OrderGateway reports lost what the venue may have done", () => {
  const { venue, gateway, session, connection } = ready();
  for (const code of [10000, 10016, 170007]) {
    gateway.send(place());
    session.say(answer(idOf(connection), code));
    assertEquals(venue.lines(), ["lost place a1 unknown"]);
  }
  gateway.send(CANCEL);
  venue.clock.advance(6_300);
  assertEquals(venue.lines(), ["lost cancel a1 unknown"], "no answer in time");
  session.say(answer(idOf(connection), 0));
  assertEquals(venue.lines(), []);
  gateway.send(place());
  session.say({ ...answer(idOf(connection)), retCode: "x" });
  assertEquals(venue.lines(), ["lost place a1 unknown"]);
});

Deno.test("OrderGateway signs again, once, what was refused for its time", () => {
  const { venue, gateway, session, connection } = ready();
  gateway.send(place());
  session.say(answer(idOf(connection), 10002));
  venue.clock.advance(20);
  const serverNanos = "1767225602020000000";
  venue.answer("GET /v5/market/time", { timeSecond: "1767225602", timeNano: serverNanos });
  const [again] = connection.take();
  assertEquals(again.args[0].orderLinkId, "a1");
  assertEquals(venue.rest.clockOffset.offsetMicros, 2_010_000);
  session.say(answer(again.reqId, 10002));
  assertEquals(venue.lines(), ["refused place a1 timestamp"]);
});

Deno.test("OrderGateway tries a busy cancel once more, then asks; a place never", () => {
  const { venue, gateway, session, connection } = ready();
  gateway.send(CANCEL);
  session.say(answer(idOf(connection), 110079));
  assertEquals(venue.lines(), []);
  venue.clock.advance(76);
  session.say(answer(idOf(connection), 40004));
  assertEquals(venue.lines(), ["lost cancel a1 unknown"]);
  gateway.send(place());
  session.say(answer(idOf(connection), 110079));
  assertEquals(venue.lines(), ["refused place a1 amend_refused"]);
});

Deno.test("OrderGateway leaves a socket that the venue is about to close", () => {
  const { venue, gateway, session, connection } = ready();
  gateway.send(place());
  gateway.send(place("a2"));
  const [first, second] = connection.take().map(({ reqId }) => reqId);
  session.say(answer(first, 10019));
  assertEquals(venue.lines(), ["orders down", "lost place a1 unknown"]);
  gateway.send(place("a3"));
  assertEquals(connection.take(), []);
  venue.answer("POST /v5/order/create", { orderId: "v3", orderLinkId: "a3" });
  session.say(answer(second, 110007));
  assertEquals(venue.lines(), ["refused place a2 insufficient_balance"], "it still answers");
  venue.clock.advance(1_001);
  assertEquals(session.restarts, ["the venue closes the order socket"]);
});

Deno.test("OrderGateway honours rate limits and reports what the header says", () => {
  const { venue, gateway, session, connection } = ready();
  const resetAt = String(venue.clock.now() / 1_000 + 400);
  const header = { "X-Bapi-Limit": "10", "X-Bapi-Limit-Status": "3" };
  gateway.send(place());
  session.say(answer(idOf(connection), 0, { orderId: "v1" }, header));
  assertEquals(venue.lines(), ["limit create_1s 7 open"]);
  gateway.send(place());
  session.say(answer(idOf(connection), 10006, {}, {
    "X-Bapi-Limit-Status": "0",
    "X-Bapi-Limit-Reset-Timestamp": resetAt,
  }));
  const events = venue.drain();
  const block = events.find((event) => event.kind === "rate_limit" && event.blockedUntil > 0);
  assert(block?.kind === "rate_limit");
  assertEquals(block.blockedUntil, Number(resetAt) * 1_000);
  assertEquals(events.at(-1)?.kind, "request_refused");
  assertEquals(venue.context.counters.rateLimited, 1);
});

Deno.test("OrderGateway keeps the old connection until the new one is logged in", () => {
  const { venue, gateway, session, connection: old } = ready();
  const next = session.open(true);
  next.take();
  gateway.send(place());
  const first = idOf(old);
  session.say({ retCode: 0, op: "auth" }, next);
  gateway.send(place("a2"));
  assertEquals(next.take()[0].args[0].orderLinkId, "a2");
  session.say(answer(first, 110007), old);
  assertEquals(venue.lines(), ["refused place a1 insufficient_balance"]);
});

Deno.test("OrderGateway goes over REST where there is no order socket", () => {
  const { venue, gateway } = world("");
  assertEquals(venue.lines(), ["orders up"]);
  gateway.send(place());
  venue.refuse("POST /v5/order/create", 110007);
  gateway.send(CANCEL);
  venue.answerRaw("POST /v5/order/cancel", "<html>", 502);
  gateway.send(amendOrder({ price: price(650_001) }));
  venue.fail("POST /v5/order/amend", true);
  assertEquals(venue.lines(), [
    "refused place a1 insufficient_balance",
    "lost cancel a1 unknown",
    "lost amend a1 unknown",
  ]);
  gateway.send(place());
  venue.fail("POST /v5/order/create", false);
  assertEquals(venue.lines(), ["lost place a1 not_sent"]);
  assertEquals(gateway.send(place()), "not_connected", "for a second");
  venue.clock.advance(1_000);
  assertEquals(gateway.send(place()), "sent");
  gateway.stop();
  venue.fail("POST /v5/order/create", true);
  assertEquals(venue.lines(), [], "nothing follows a stop");
});

Deno.test("OrderGateway cancels all: on spot the stops too, again while there may be more", () => {
  const { venue, gateway } = ready();
  const all: CancelAll = { kind: "cancel_all", instrument: venue.spot.index };
  assertEquals(gateway.send(all), "sent");
  const first = venue.take("POST /v5/order/cancel-all");
  assertEquals(first.body, { category: "spot", symbol: "BTCUSDT" });
  const stops = venue.answer("POST /v5/order/cancel-all", { list: [], success: "1" });
  assertEquals(stops.body["orderFilter"], "StopOrder");
  gateway.send({ ...all, instrument: venue.perp.index });
  const many = Array.from({ length: 500 }, (_, index) => ({ orderId: String(index) }));
  venue.answer("POST /v5/order/cancel-all", { list: many, success: "1" });
  venue.answer("POST /v5/order/cancel-all", { list: [{ orderId: "x" }], success: "1" });
  assertEquals(venue.asked.length, 0);
  gateway.send(all);
  venue.refuse("POST /v5/order/cancel-all", 10001);
  assertEquals(venue.logged.at(-1), "warn: cancel-all was not confirmed");
});

Deno.test("OrderGateway names the filter of a spot stop until it triggers", () => {
  const { venue, gateway, session, connection } = ready();
  const spot = venue.spot.index;
  const stop = place("s1", {
    instrument: spot,
    type: "stop_loss",
    price: undefined,
    triggerPrice: price(650_000),
    postOnly: false,
  });
  gateway.send(stop);
  const [sent] = connection.take();
  assertEquals(sent.args[0].orderFilter, "StopOrder");
  gateway.send(cancelOrder("s1", spot));
  assertEquals(connection.take()[0].args[0].orderFilter, "StopOrder");
  venue.lookup.markStop("s1", false);
  gateway.send(cancelOrder("s1", spot));
  assertEquals(connection.take()[0].args[0].orderFilter, undefined);
  gateway.send({ ...stop, clientOrderId: "s2" as PlaceOrder["clientOrderId"] });
  session.say(answer(idOf(connection), 110007));
  assert(!venue.lookup.isWaitingStop("s2"));
});

Deno.test("OrderGateway says no before sending: unknown instrument, unsupported, full", () => {
  const { venue, gateway, connection } = ready();
  assertEquals(
    gateway.send({ ...CANCEL, instrument: 9 as CancelOrder["instrument"] }),
    "not_connected",
  );
  assertEquals(gateway.send(replaceOrder()), "not_supported");
  connection.accepts = false;
  assertEquals(gateway.send(place()), "back_pressured");
  connection.accepts = true;
  for (let count = 0; count < 1_024; count++) assertEquals(gateway.send(place()), "sent");
  assertEquals(gateway.send(place()), "back_pressured");
  const known = { ...CANCEL, venueOrderId: venueOrderId("v1") };
  assertEquals(gateway.send(known), "back_pressured");
  gateway.stop();
  assertEquals(gateway.send(place()), "not_connected");
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("OrderGateway counts what it cannot read or does not wait for", () => {
  const { venue, session } = ready();
  session.say("<html>");
  session.say({ retCode: 0, op: "pong", data: ["1"] });
  session.say(answer("nobody"));
  const { refusedFrames, ignoredFrames } = venue.context.counters;
  assertEquals([refusedFrames, ignoredFrames], [1, 2]);
  assertEquals(venue.lines(), []);
});
