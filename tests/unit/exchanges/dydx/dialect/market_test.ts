/**
 * Public side: connection numbers, books rebuilt from deltas, trades per block, limits, faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { createDydxVenue } from "@/exchanges/dydx/dialect/mod.ts";
import { FaultPlan, levelsOf } from "@/exchanges/simulator/mod.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { DydxWorld, FakeSocket, HEIGHT, type Loose } from "./dydx_world.ts";

function faults(kind: "throttle" | "maintenance" | "sequence_gap" | "sequence_reset") {
  return new FaultPlan({
    randomFor: () => new SeededRandom(1),
    rules: [{ kind, once: true }],
  });
}

Deno.test("a socket is connected first and numbers what it pushes without holes", () => {
  const world = new DydxWorld();
  const socket = world.socket();
  const [connected] = socket.take();
  assertEquals([connected.type, connected.message_id], ["connected", 0]);
  socket.send({ type: "subscribe", channel: "v4_orderbook", id: "BTC-USD", batched: false });
  socket.send({ type: "subscribe", channel: "v4_block_height" });
  world.time.advance(10);
  const [book, height] = socket.take();
  assertEquals(Object.keys(book), [
    "type",
    "connection_id",
    "message_id",
    "channel",
    "id",
    "contents",
  ]);
  assertEquals([book.type, book.message_id, book.contents], [
    "subscribed",
    1,
    { bids: [], asks: [] },
  ]);
  assertEquals([height.message_id, height.contents.height], [2, String(HEIGHT)]);
  world.other(world.btc, "buy", "63990", "0.5");
  world.time.advance(2_000);
  const pushed = socket.take();
  assertEquals(pushed.map((each) => [each.message_id, each.channel]), [
    [3, "v4_orderbook"],
    [4, "v4_block_height"],
    [5, "v4_block_height"],
  ]);
  assertEquals([pushed[0].version, pushed[0].contents], ["1.0.0", { bids: [["63990", "0.5"]] }]);
  assertEquals(pushed[1].contents.blockHeight, String(HEIGHT + 1));
  socket.send({ type: "unsubscribe", channel: "v4_orderbook", id: "BTC-USD" });
  const [gone] = socket.take();
  assertEquals([gone.type, gone.message_id, gone.id], ["unsubscribed", 6, "BTC-USD"]);
});

Deno.test("deltas over the snapshot rebuild the true book of a busy market", () => {
  const time = new VirtualTime();
  const { dialect, exchange } = createDydxVenue({ clock: time, scheduler: time, seed: 3 });
  exchange.start();
  time.advance(2_000);
  const socket = new FakeSocket();
  const session = dialect.acceptSocket({
    method: "GET",
    path: "/v4/ws",
    query: "",
    headers: new Map(),
    body: "",
  }, socket);
  if ("status" in session) throw new Error("refused");
  socket.session = session;
  socket.send({ type: "subscribe", channel: "v4_orderbook", id: "BTC-USD" });
  socket.send({ type: "subscribe", channel: "v4_trades", id: "BTC-USD" });
  // Levels emptied in the last block may be told with the next.
  time.advance(20_000 - 500);
  const sides = { bids: new Map<number, string>(), asks: new Map<number, string>() };
  let number = 0;
  let trades = 0;
  for (const message of socket.take()) {
    if (message.type === "connected") continue;
    assertEquals(message.message_id, ++number);
    if (message.channel === "v4_trades") trades += message.contents.trades.length;
    if (message.channel !== "v4_orderbook") continue;
    for (const name of ["bids", "asks"] as const) {
      for (const level of message.contents[name] ?? []) {
        const [price, size] = Array.isArray(level) ? level : [level.price, level.size];
        if (size === "0") sides[name].delete(Number(price));
        else sides[name].set(Number(price), size);
      }
    }
  }
  assert(number > 50 && trades > 0);
  const btc = exchange.instruments[0]!;
  let wrong = 0;
  for (const [side, name] of [["buy", "bids"], ["sell", "asks"]] as const) {
    for (const [price, lots] of levelsOf(btc, side, 20)) {
      const shown = Number(sides[name].get(price));
      if (Math.abs(shown - lots / 10_000) > 1e-9) wrong++;
    }
  }
  assertEquals(wrong, 0);
  assert([...exchange.truth().imbalance.values()].every((each) => each === 0n));
});

Deno.test("an emptied level that is told late crosses the book for a block at most", () => {
  const world = new DydxWorld({ lateRemovals: 1 });
  const ask = world.other(world.btc, "sell", "64000", "0.5");
  const socket = world.listen("v4_orderbook", "BTC-USD");
  world.venue.exchange.cancel(ask);
  world.other(world.btc, "buy", "64000", "0.2");
  assertEquals(socket.contents("v4_orderbook"), [{ bids: [["64000", "0.2"]] }]);
  world.time.advance(1_000);
  assertEquals(socket.contents("v4_orderbook"), [{ asks: [["64000", "0"]] }]);
});

Deno.test("trades are told with their block, newest first, and remembered", () => {
  const world = new DydxWorld();
  const socket = world.listen("v4_trades", "BTC-USD");
  world.other(world.btc, "sell", "64000", "0.5");
  world.other(world.btc, "buy", "64000", "0.1");
  world.other(world.btc, "buy", "64000", "0.2");
  assertEquals(socket.take(), []);
  world.time.advance(1_000);
  const [{ trades }] = socket.contents("v4_trades") as [Loose];
  assertEquals(trades.map((each: Loose) => [each.side, each.size, each.createdAtHeight]), [
    ["BUY", "0.2", String(HEIGHT + 1)],
    ["BUY", "0.1", String(HEIGHT + 1)],
  ]);
  assertEquals(world.get("/v4/trades/perpetualMarket/BTC-USD", "limit=1").trades, [trades[0]]);
});

Deno.test("markets have the chain's units, and their changes are told", () => {
  const world = new DydxWorld();
  const { markets } = world.get("/v4/perpetualMarkets");
  const units = (each: Loose) => [
    each.clobPairId,
    each.atomicResolution,
    each.quantumConversionExponent,
    each.tickSize,
    each.stepSize,
    each.stepBaseQuantums,
    each.subticksPerTick,
  ];
  assertEquals(units(markets["BTC-USD"]), ["0", -10, -9, "1", "0.0001", 1_000_000, 100_000]);
  assertEquals(units(markets["ETH-USD"]), ["1", -9, -9, "0.1", "0.001", 1_000_000, 100_000]);
  assertEquals(units(markets["SOL-USD"]), ["5", -7, -9, "0.01", "0.1", 1_000_000, 1_000_000]);
  const socket = world.listen("v4_markets");
  world.venue.exchange.setStatus(world.btc, "halted");
  assertEquals(socket.contents("v4_markets"), [{ trading: { "BTC-USD": { status: "PAUSED" } } }]);
  world.time.advance(1_000);
  const oracle = socket.contents("v4_markets").find((each) => each.oraclePrices !== undefined);
  assertEquals(Object.keys(oracle.oraclePrices["BTC-USD"]), [
    "oraclePrice",
    "effectiveAt",
    "effectiveAtHeight",
    "marketId",
  ]);
});

Deno.test("wrong and repeated subscriptions are errors with the present number", () => {
  const world = new DydxWorld();
  const socket = world.listen("v4_trades", "BTC-USD");
  socket.send({ type: "subscribe", channel: "v4_orderbook", id: "DOGE-USD" });
  const [unknown] = socket.take();
  assertEquals([unknown.type, unknown.message_id], ["error", 2]);
  assertMatch(unknown.message, /^Invalid subscription id for channel: \(/);
  world.time.advance(2_000);
  socket.take();
  socket.send({ type: "subscribe", channel: "v4_trades", id: "BTC-USD" });
  assertMatch(socket.take()[0].message, /^Invalid subscribe message: already subscribed \(/);
  world.time.advance(2_000);
  for (let i = 0; i < 3; i++) socket.send("rubbish");
  assertEquals(socket.closed, "1008 Too many invalid messages");
  const eager = world.socket();
  for (let i = 0; i < 3; i++) {
    eager.send({ type: "subscribe", channel: "v4_trades", id: "ETH-USD" });
    eager.send({ type: "unsubscribe", channel: "v4_trades", id: "ETH-USD" });
  }
  assertEquals(eager.closed, "1008 Rate limited");
});

Deno.test("JSON pings stay unanswered; a protocol ping without a pong ends the socket", () => {
  const world = new DydxWorld();
  const socket = world.socket();
  socket.take();
  socket.send({ type: "ping" });
  assertEquals(socket.take(), []);
  world.time.advance(60_000);
  assertEquals([socket.pings, socket.closed], [2, ""]);
  socket.answersPings = false;
  world.time.advance(40_000);
  assertEquals(socket.closed, "1011 Heartbeat timeout");
});

Deno.test("batched subscriptions collect a quarter of a second", () => {
  const world = new DydxWorld();
  const socket = world.socket();
  socket.send({ type: "subscribe", channel: "v4_orderbook", id: "BTC-USD", batched: true });
  world.time.advance(10);
  socket.take();
  world.other(world.btc, "buy", "63990", "0.5");
  world.other(world.btc, "buy", "63991", "0.5");
  world.time.advance(249);
  assertEquals(socket.take(), []);
  world.time.advance(1);
  const [batch] = socket.take();
  assertEquals([batch.type, batch.contents], ["channel_batch_data", [
    { bids: [["63990", "0.5"]] },
    { bids: [["63991", "0.5"]] },
  ]]);
});

Deno.test("REST has heights, status, errors and a limit for each group of routes", () => {
  const world = new DydxWorld();
  assertEquals(world.get("/v4/height").height, String(HEIGHT));
  assertEquals(world.get("/status").result.sync_info.latest_block_height, String(HEIGHT));
  assertEquals(Object.keys(world.get("/v4/time")), ["iso", "epoch"]);
  const unknown = world.http({ path: "/v4/orderbooks/perpetualMarket/DOGE-USD" });
  assertEquals(unknown.status, 400);
  assertEquals(world.http({ path: "/v4/addresses/dydx1x/subaccountNumber/0" }).status, 404);
  for (let i = 0; i < 99; i++) world.get("/v4/height");
  assertEquals(world.http({ path: "/v4/height" }).status, 429);
  assertEquals(world.http({ path: "/v4/time" }).status, 200);
  world.time.advance(10_000);
  assertEquals(world.http({ path: "/v4/height" }).status, 200);
});

Deno.test("faults skip a number, begin again, throttle or close for maintenance", () => {
  const gap = new DydxWorld({ faults: faults("sequence_gap") });
  const socket = gap.listen("v4_orderbook", "BTC-USD");
  gap.other(gap.btc, "buy", "63990", "0.5");
  gap.other(gap.btc, "buy", "63991", "0.5");
  assertEquals(socket.take().map((each) => each.message_id), [3]);
  const reset = new DydxWorld({ faults: faults("sequence_reset") });
  const other = reset.listen("v4_orderbook", "BTC-USD");
  reset.other(reset.btc, "buy", "63990", "0.5");
  assertEquals(other.take().map((each) => each.message_id), [1]);
  const throttled = new DydxWorld({ faults: faults("throttle") });
  assertEquals(throttled.http({ path: "/v4/time" }).status, 429);
  const closed = new DydxWorld({ faults: faults("maintenance") });
  assertEquals(closed.http({ path: "/status" }).status, 503);
});
