/**
 * The private socket of both products: when it counts as up, and how it stays so.
 * @module
 */
import { AccountStream } from "@/exchanges/binance/account_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeProduct, type FakeSession } from "./fake_product.ts";

function world(product: "spot" | "perpetual") {
  const venue = new FakeProduct(product);
  const stream = new AccountStream(venue.context, venue.signer, venue.rest, venue.lookup);
  stream.start();
  return { venue, stream, session: venue.sessions[0]! };
}

function links(venue: FakeProduct): string[] {
  return venue.drain().flatMap((event) =>
    event.kind === "connection" ? [`${event.link} ${event.state} ${event.reason}`] : []
  );
}

function urlOf(session: FakeSession): string[] {
  const found: string[] = [];
  session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
  return found;
}

Deno.test("AccountStream on spot is up when the signed subscription is confirmed", () => {
  const { venue, session } = world("spot");
  assertEquals(urlOf(session), ["ws://venue/ws-api/v3"]);
  session.open();
  assertEquals(links(venue), []);
  const { id, method, params } = session.lastFrame();
  assertEquals(method, "userDataStream.subscribe.signature");
  assertEquals(Object.keys(params), ["apiKey", "recvWindow", "timestamp", "signature"]);
  session.say({ id, status: 200, result: { subscriptionId: 0 } });
  assertEquals(links(venue), ["account up subscribed"]);
  venue.clock.advance(60_000);
  assertEquals(session.restarts, []);
  session.drop("cut");
  assertEquals(links(venue), ["account down cut"]);
});

Deno.test("AccountStream on spot starts anew when the subscription is refused or unanswered", () => {
  const { venue, session } = world("spot");
  session.open();
  const error = { code: -1021, msg: "Timestamp for this request is outside of the recvWindow." };
  session.say({ id: session.lastFrame().id, status: 400, error });
  venue.answer("GET /api/v3/time", { serverTime: 1767225600000 });
  assertEquals(session.restarts, ["subscription refused"]);
  session.open();
  venue.clock.advance(11_000);
  assertEquals(session.restarts.at(-1), "subscription was not confirmed");
  assertEquals(links(venue), []);
});

Deno.test("AccountStream on USD-M connects with a listen key and extends it every 30 minutes", () => {
  const { venue, stream, session } = world("perpetual");
  const found: string[] = [];
  session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
  const asked = venue.answer("POST /fapi/v1/listenKey", { listenKey: "KEY" });
  assertEquals(asked.search, "", "the key alone, no signature");
  assert(found[0]!.startsWith("ws://venue/private/ws?listenKey=KEY&events="));
  session.open();
  assertEquals(links(venue), ["account up private socket open"]);
  venue.clock.advance(30 * 60_000);
  venue.answer("PUT /fapi/v1/listenKey", {});
  venue.clock.advance(30 * 60_000);
  venue.answer(
    "PUT /fapi/v1/listenKey",
    { code: -1125, msg: "This listenKey does not exist." },
    400,
  );
  assertEquals(session.restarts, ["listen key unknown"]);
  venue.clock.advance(30 * 60_000);
  venue.fail("PUT /fapi/v1/listenKey", true);
  assertEquals(session.restarts.length, 1);
  stream.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("AccountStream says why it has no listen key", () => {
  const { venue, session } = world("perpetual");
  const found: string[] = [];
  session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
  venue.answer("POST /fapi/v1/listenKey", { code: -2015, msg: "Invalid API-key" }, 401);
  session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
  venue.fail("POST /fapi/v1/listenKey", false);
  session.plan.urlFor((url) => found.push(url.ok ? url.value : url.error));
  venue.answer("POST /fapi/v1/listenKey", {});
  const head = "Cannot open the private socket: wanted a listen key, found";
  assertEquals(found, [
    `${head} -2015 Invalid API-key`,
    `${head} socket closed`,
    `${head} an answer without it`,
  ]);
});

Deno.test("AccountStream starts anew when the venue ends the subscription", () => {
  const spot = world("spot");
  spot.session.say({ subscriptionId: 0, event: { e: "eventStreamTerminated", E: 1 } });
  spot.session.say({ event: { e: "serverShutdown", E: 1 } });
  assertEquals(spot.session.restarts, ["subscription ended"]);
  assertEquals(spot.session.renewals, 1, "a shutdown is announced: the old one still delivers");
  const perp = world("perpetual");
  perp.session.say({ e: "listenKeyExpired", E: 1, listenKey: "KEY" });
  assertEquals(perp.session.restarts, ["listen key expired"]);
  perp.session.say({ e: "MARGIN_CALL", E: 1, p: [] });
  assertEquals(perp.venue.logged, ["error: margin call from the venue"]);
});

Deno.test("AccountStream passes events on, and asks to be reconciled after one it cannot read", () => {
  const { venue, session } = world("perpetual");
  session.open();
  const order = {
    s: "BTCUSDT",
    c: "mm-1",
    S: "BUY",
    o: "LIMIT",
    f: "GTC",
    q: "0.001",
    p: "7100.5",
    x: "TRADE",
    X: "FILLED",
    i: 8886774,
    l: "0.001",
    z: "0.001",
    L: "7100.5",
    t: 5,
    m: true,
  };
  venue.drain();
  session.say({ e: "ORDER_TRADE_UPDATE", T: 1, o: order });
  assertEquals(venue.orders(), ["fill mm-1 5 1", "order mm-1 filled"]);
  session.say({ e: "ORDER_TRADE_UPDATE", T: 1, o: { ...order, L: "7100.55" } });
  assertEquals(links(venue), ["account down refused frame", "account up reconcile"]);
  for (const text of ["", "<html>", "null", "[1]"]) session.say(text);
  assertEquals(venue.context.counters.refusedFrames, 5);
});
