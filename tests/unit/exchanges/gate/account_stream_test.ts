/**
 * Own channels: signed subscriptions, the user's number, confirmation before the link is up, and
 * what happens to frames that cannot be read.
 * @module
 */
import { AccountStream } from "@/exchanges/gate/account_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeProduct, type FakeSession, orderObject, type SentFrame } from "./fake_product.ts";

class Desk extends FakeProduct {
  readonly stream: AccountStream;
  readonly socket: FakeSession;

  constructor(product: "spot" | "perpetual") {
    super(product);
    this.stream = new AccountStream(this.context, this.signer, this.rest, this.lookup);
    this.socket = this.sessions[0]!;
    this.stream.start();
  }

  confirm(frame: SentFrame, error: unknown = null): void {
    const { time, id, channel } = frame;
    const result = { status: error === null ? "success" : "fail" };
    this.socket.say({ time, id, channel, event: "subscribe", error, result });
  }

  /** Opens and confirms everything. */
  bringUp(): void {
    this.socket.open();
    if (this.context.product === "perpetual" && this.asked.length > 0) {
      this.answer("GET /account/detail", { user_id: 110_284_739 });
    }
    for (const frame of this.socket.frames()) this.confirm(frame);
    this.drain();
  }
}

Deno.test("AccountStream signs each spot channel and is up when all are confirmed", () => {
  const desk = new Desk("spot");
  desk.socket.open();
  const frames = desk.socket.frames();
  assertEquals(frames.map(({ channel, payload }) => [channel, payload]), [
    ["spot.orders", ["!all"]],
    ["spot.usertrades", ["!all"]],
    ["spot.balances", undefined],
    ["spot.priceorders", ["!all"]],
  ] as unknown as [string, SentFrame["payload"]][]);
  const [first] = frames;
  const text = `channel=spot.orders&event=subscribe&time=${first!.time}`;
  assertEquals(first!.auth, { method: "api_key", KEY: "k", SIGN: desk.signer.sign(text) });
  for (const frame of frames.slice(0, 3)) desk.confirm(frame);
  assertEquals(desk.drain(), []);
  desk.confirm(frames[3]!, { code: 2, message: "unknown channel" });
  assertEquals(desk.links(), ["account up"], "conditional orders are asked for too");
});

Deno.test("AccountStream asks who it is before it names the user to the futures", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  assertEquals(desk.socket.frames(), []);
  desk.answer("GET /account/detail", '{"user_id":9007199254740993123}');
  const frames = desk.socket.frames();
  assertEquals(frames.map(({ payload }) => payload[0]), Array(5).fill("9007199254740993123"));
  assertEquals(frames.map(({ channel }) => channel.slice(8)), [
    "orders",
    "usertrades",
    "balances",
    "positions",
    "autoorders",
  ]);
  for (const frame of frames) desk.confirm(frame);
  assertEquals(desk.links(), ["account up"]);
  desk.socket.drop("reset");
  assertEquals(desk.links(), ["account down"]);
  desk.socket.open();
  assertEquals(desk.socket.frames().length, 5, "the user does not change");
});

Deno.test("AccountStream connects anew when nobody says who it is", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  desk.answer("GET /account/detail", { label: "SERVER_ERROR" }, 500);
  assertEquals(desk.socket.restarts, ["user id not received"]);
  desk.socket.open();
  desk.answer("GET /account/detail", {});
  assertEquals(desk.socket.restarts.length, 2);
});

Deno.test("AccountStream connects anew when a channel is refused or not confirmed", () => {
  const desk = new Desk("spot");
  desk.socket.open();
  const [orders] = desk.socket.frames();
  desk.confirm(orders!, { code: 4, message: "auth failed" });
  desk.answer("GET /spot/time", { server_time: 5 });
  assertEquals(desk.socket.restarts, ["subscription refused"]);
  desk.socket.open();
  desk.clock.advance(10_001);
  assertEquals(desk.socket.restarts.at(-1), "subscription was not confirmed");
  assertEquals(desk.links(), []);
});

Deno.test("AccountStream delivers own events, also before the confirmation", () => {
  const desk = new Desk("spot");
  desk.socket.open();
  const order = { ...orderObject("spot"), event: "put" };
  desk.socket.say({ channel: "spot.orders", event: "update", result: [order] });
  assertEquals(desk.orders(), ["order a1 new"]);
  assertEquals(desk.context.counters.messages, 1);
});

Deno.test("AccountStream goes down and up when a frame that may hold a fill cannot be read", () => {
  const desk = new Desk("spot");
  desk.bringUp();
  desk.socket.say({ channel: "spot.usertrades", event: "update", result: [{ id: 1 }] });
  assertEquals(desk.links(), ["account down", "account up"]);
  desk.socket.say("<html>");
  assertEquals(desk.links(), ["account down", "account up"]);
  assertEquals(desk.context.counters.refusedFrames, 2);
});

Deno.test("AccountStream moves when a close is announced, alarms at a liquidation, ends at stop()", () => {
  const desk = new Desk("perpetual");
  desk.bringUp();
  desk.socket.say({ channel: "futures.system", event: "update", result: { type: "upgrade" } });
  assertEquals(desk.socket.renewals, 1);
  desk.socket.open(true);
  for (const frame of desk.socket.frames()) desk.confirm(frame);
  assertEquals(desk.links(), [], "both deliver meanwhile: the link stays up");
  const ended = { status: "finished", finish_as: "liquidated", text: "liq-1", id: 5 };
  const order = orderObject("perpetual", ended);
  desk.socket.say({ channel: "futures.orders", event: "update", result: [order] });
  assert(desk.logged.some((line) => line.includes("risk engine")));
  desk.socket.say({ channel: "futures.pong", event: "" });
  desk.stream.stop();
  desk.clock.advance(60_000);
  assertEquals(desk.socket.restarts, []);
});
