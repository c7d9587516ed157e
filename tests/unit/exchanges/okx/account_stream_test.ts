/**
 * Own events: login and subscriptions before the link is up, what cannot be read, both sockets'
 * losses, and renewal.
 * @module
 */
import { AccountStream } from "@/exchanges/okx/account_stream.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { type FakeSession, FakeVenue } from "./fake_venue.ts";

const PRIVATE = ["orders", "account", "positions", "balance_and_position"];

interface World {
  readonly venue: FakeVenue;
  readonly stream: AccountStream;
  readonly own: FakeSession;
  readonly business: FakeSession;
  readonly funding: number[];
}

function world(isUp = true): World {
  const venue = new FakeVenue().measured();
  const funding: number[] = [];
  const { context, signer, rest, lookup } = venue;
  const stream = new AccountStream(context, signer, rest, lookup, () => funding.push(1));
  stream.start();
  const [own, business] = venue.sessions as [FakeSession, FakeSession];
  if (isUp) {
    own.openLoggedIn();
    acknowledge(own, PRIVATE);
    business.openLoggedIn();
    acknowledge(business, ["orders-algo"]);
    venue.drain();
  }
  return { venue, stream, own, business, funding };
}

function acknowledge(session: FakeSession, channels: readonly string[]): void {
  for (const channel of channels) {
    session.say({ event: "subscribe", arg: { channel, instType: "ANY" }, connId: "x" });
  }
}

const POSITION = {
  arg: { channel: "positions", instType: "ANY" },
  data: [{ instId: "BTC-USDT-SWAP", posSide: "net", pos: "-3", avgPx: "64000" }],
};

Deno.test("okx AccountStream is up once all four channels are acknowledged", () => {
  const { venue, own } = world(false);
  own.openLoggedIn();
  assertEquals(own.last().op, "subscribe");
  assertEquals(own.last().args.map((arg) => arg["channel"]), PRIVATE);
  assertEquals(own.last().args[1]!["extraParams"], '{"updateInterval":"0"}');
  acknowledge(own, PRIVATE.slice(1));
  assertEquals(venue.lines(), []);
  acknowledge(own, ["orders"]);
  assertEquals(venue.lines(), ["account up"]);
  own.say(POSITION);
  assertEquals(venue.lines(), ["position 0"]);
});

Deno.test("okx AccountStream connects anew when subscriptions are not acknowledged", () => {
  const { venue, own } = world(false);
  own.openLoggedIn();
  own.say({ event: "error", code: "60018", msg: "no such channel", connId: "x" });
  venue.clock.advance(10_000);
  assertEquals(own.restarts, ["subscription was not confirmed"]);
  assertEquals(venue.logged[0], "error: subscription to own events refused");
});

Deno.test("okx AccountStream blinks after a frame that may have held a fill", () => {
  const { venue, own } = world();
  own.say({ arg: { channel: "orders" }, data: [{ instId: "BTC-USDT-SWAP", state: "odd" }] });
  assertEquals(venue.lines(), ["account down", "account up"]);
  assertEquals(venue.context.counters.refusedFrames, 1);
});

Deno.test("okx AccountStream goes down with its private socket and comes back subscribed", () => {
  const { venue, own } = world();
  own.drop("cut");
  assertEquals(venue.lines(), ["account down"]);
  own.openLoggedIn();
  acknowledge(own, PRIVATE);
  assertEquals(venue.lines(), ["account up"]);
});

Deno.test("okx AccountStream blinks when the business socket was away", () => {
  const { venue, business } = world();
  business.drop("cut");
  assertEquals(venue.lines(), []);
  business.openLoggedIn();
  acknowledge(business, ["orders-algo"]);
  assertEquals(venue.lines(), ["account down", "account up"]);
});

Deno.test("okx AccountStream asks for funding when the venue says that some was paid", () => {
  const { own, funding } = world();
  const row = { eventType: "funding_fee", balData: [], posData: [] };
  own.say({ arg: { channel: "balance_and_position" }, data: [row] });
  own.say({ arg: { channel: "balance_and_position" }, data: [{ ...row, eventType: "filled" }] });
  assertEquals(funding.length, 1);
});

Deno.test("okx AccountStream stays up while it takes over to a new connection", () => {
  const { venue, own } = world();
  own.say({ event: "notice", code: "64008", msg: "upgrade", connId: "x" });
  const next = venue.sessions[2]!;
  next.openLoggedIn();
  acknowledge(next, PRIVATE);
  own.say(POSITION);
  venue.clock.advance(3_000);
  assertEquals(own.started, false);
  next.say(POSITION);
  assertEquals(venue.lines(), ["position 0", "position 0"]);
});

Deno.test("okx AccountStream leaves nothing behind after stop", () => {
  const { venue, stream, own } = world(false);
  own.openLoggedIn();
  stream.stop();
  venue.clock.advance(60_000);
  assertEquals(venue.lines(), []);
  assertEquals(venue.clock.pendingCount, 0);
});
