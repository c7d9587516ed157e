/**
 * The private socket: login, subscription, refusals, unreadable events.
 * @module
 */
import { AccountStream } from "@/exchanges/bybit/account_stream.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

function world() {
  const venue = new FakeVenue();
  const stream = new AccountStream(
    venue.context,
    "ws://venue",
    venue.signer,
    venue.rest,
    venue.lookup,
  );
  stream.start();
  return { venue, stream, session: venue.sessions[0]! };
}

const LOGGED_IN = { success: true, ret_msg: "", op: "auth", conn_id: "c", req_id: "a1" };
const SUBSCRIBED = { success: true, ret_msg: "subscribe", op: "subscribe", req_id: "a2" };
const ORDER = {
  topic: "order",
  creationTime: 1,
  data: [{
    category: "linear",
    symbol: "BTCUSDT",
    orderId: "v1",
    orderLinkId: "a1",
    side: "Buy",
    orderType: "Limit",
    price: "64000",
    qty: "0.1",
    cumExecQty: "0",
    timeInForce: "PostOnly",
    orderStatus: "New",
    updatedTime: "1767225600000",
  }],
};

Deno.test("AccountStream is up when the venue has confirmed login and subscription", () => {
  const { venue, session } = world();
  const urls: string[] = [];
  session.plan.urlFor((url) => url.ok && urls.push(url.value));
  assertEquals(urls, ["ws://venue/v5/private"]);
  const connection = session.open();
  const [login] = connection.take();
  assertEquals([login.op, login.req_id, login.args[0]], ["auth", "a1", "k"]);
  session.say(LOGGED_IN);
  const topics = ["order", "execution", "position", "wallet"];
  assertEquals(connection.take(), [{ req_id: "a2", op: "subscribe", args: topics }]);
  assertEquals(venue.lines(), []);
  session.say(SUBSCRIBED);
  session.say({ req_id: "ping", op: "pong", args: ["1"] });
  session.say(ORDER);
  assertEquals(venue.lines(), ["account up", "order a1 new stream"]);
  venue.clock.advance(60_000);
  assertEquals(session.restarts, []);
  session.drop("cut");
  assertEquals(venue.lines(), ["account down"]);
});

Deno.test("AccountStream stays up through a rotation", () => {
  const { venue, session } = world();
  const old = session.open();
  session.say(LOGGED_IN);
  session.say(SUBSCRIBED);
  const next = session.open(true);
  session.say(ORDER, old);
  session.say(LOGGED_IN);
  assertEquals(next.take().map(({ op }) => op), ["auth", "subscribe"]);
  session.say(SUBSCRIBED);
  session.say(ORDER);
  const lines = venue.lines();
  assertEquals(lines, ["account up", "order a1 new stream", "order a1 new stream"]);
});

Deno.test("AccountStream starts anew when refused or unanswered", () => {
  const { venue, session, stream } = world();
  session.open();
  session.say({ op: "auth", success: false, retCode: 10003, retMsg: "Invalid apikey" });
  venue.answer("GET /v5/market/time", { timeNano: "1767225600000000000" });
  assertEquals(session.restarts, ["login to own events refused"]);
  session.open();
  session.say(LOGGED_IN);
  session.say({ success: false, ret_msg: "no", op: "subscribe" });
  venue.fail("GET /v5/market/time", false);
  assertEquals(session.restarts.at(-1), "subscription to own events refused");
  session.open();
  venue.clock.advance(10_001);
  assertEquals(session.restarts.at(-1), "login or subscription was not confirmed");
  assertEquals(venue.logged.filter((line) => line.startsWith("error")).length, 2);
  session.open();
  stream.stop();
  assertEquals(venue.clock.pendingCount, 0);
});

Deno.test("AccountStream makes the core ask when an event cannot be read", () => {
  const { venue, session } = world();
  session.open();
  session.say(LOGGED_IN);
  session.say("<html>");
  assertEquals(venue.lines(), [], "not up yet");
  session.say(SUBSCRIBED);
  session.say({ ...ORDER, data: [{ ...ORDER.data[0], qty: "x" }] });
  assertEquals(venue.lines(), ["account up", "account down", "account up"]);
  session.say({ topic: "greeks", data: [] });
  assertEquals(venue.context.counters.refusedFrames, 2);
});
