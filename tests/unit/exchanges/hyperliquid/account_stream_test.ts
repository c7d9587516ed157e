/**
 * The private socket: up when acknowledged, down when a frame may have held a fill.
 * @module
 */
import { AccountStream } from "@/exchanges/hyperliquid/account_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ADDRESS, cloid, type FakeSession, FakeVenue } from "./fake_venue.ts";

function opened(): { venue: FakeVenue; stream: AccountStream; session: FakeSession } {
  const venue = new FakeVenue();
  const stream = new AccountStream(venue.context, venue.lookup);
  stream.start(ADDRESS);
  const session = venue.sessions[0]!;
  session.open();
  return { venue, stream, session };
}

function acknowledge(session: FakeSession, ...types: readonly string[]): void {
  for (const type of types) {
    const subscription = { type, user: ADDRESS };
    session.say({ channel: "subscriptionResponse", data: { method: "subscribe", subscription } });
  }
}

function fill(tid: number): unknown {
  return {
    coin: "BTC",
    px: "84000.0",
    sz: "0.5",
    side: "B",
    time: 1_790_232_236_546,
    oid: 5,
    crossed: false,
    fee: "0.1",
    tid,
    feeToken: "USDC",
    cloid: cloid(1),
  };
}

Deno.test("AccountStream subscribes by address and is up when orders and fills are acknowledged", () => {
  const { venue, session } = opened();
  assertEquals(
    session.sent.map((text) => JSON.parse(text).subscription),
    ["orderUpdates", "userFills", "userEvents", "clearinghouseState", "spotState"].map((type) => ({
      type,
      user: ADDRESS,
    })),
  );
  session.say("Websocket connection established.");
  acknowledge(session, "orderUpdates", "spotState");
  session.say({ channel: "subscriptionResponse", data: null });
  assertEquals(venue.lines(), []);
  acknowledge(session, "userFills");
  acknowledge(session, "userEvents");
  assertEquals(venue.lines(), ["account up"]);
  venue.clock.advance(60_000);
  assertEquals(session.restarts, []);
  session.drop("cut");
  assertEquals(venue.lines(), ["account down"]);
});

Deno.test("AccountStream starts anew when it is not acknowledged", () => {
  const { venue, session } = opened();
  session.say({ channel: "error", data: "Cannot track more than 10 total users" });
  venue.clock.advance(10_100);
  assertEquals(session.restarts, ["subscription was not acknowledged"]);
  assert(venue.logged.includes("warn: own subscription refused"));
  assertEquals(venue.lines(), []);
});

Deno.test("AccountStream gives on new fills and leaves those of the past to questions", () => {
  const { venue, session } = opened();
  const fills = (isSnapshot: boolean, tid: number) =>
    session.say({
      channel: "userFills",
      data: { user: ADDRESS, isSnapshot, fills: [fill(tid)] },
    });
  fills(true, 1);
  assertEquals(venue.lines(), []);
  fills(false, 2);
  session.say({ channel: "user", data: { fills: [fill(2)] } });
  session.say({ channel: "user", data: { nonUserCancel: [{ coin: "BTC", oid: 5 }] } });
  assertEquals(venue.lines(), ["fill #1 2 50000", "order #1 cancelled other"]);
});

Deno.test("AccountStream goes down and up when a frame cannot be read", () => {
  const { venue, session } = opened();
  session.say({ channel: "userFills", data: { fills: [{ coin: "BTC" }] } });
  assertEquals(venue.lines(), [], "not up yet");
  acknowledge(session, "orderUpdates", "userFills");
  assertEquals(venue.lines(), ["account up"]);
  session.say({ channel: "userFills", data: { fills: [{ coin: "BTC" }] } });
  assertEquals(venue.lines(), ["account down", "account up"]);
  session.say("{half a frame");
  assertEquals(venue.lines(), ["account down", "account up"]);
  assertEquals(venue.context.counters.refusedFrames, 3);
  session.say({ channel: "user", data: { liquidation: { lid: 1 } } });
  assert(venue.logged.includes("error: liquidation by the venue"));
});

Deno.test("AccountStream is silent after stop()", () => {
  const { venue, stream } = opened();
  stream.stop();
  venue.clock.advance(60_000);
  assertEquals(venue.lines(), []);
  assertEquals(venue.clock.pendingCount, 0);
});
