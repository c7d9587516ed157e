/**
 * The market half: metadata, books, best prices, trades, silent refusals, faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  createHyperliquidVenue,
  DEFAULT_FEES,
  DEFAULT_INSTRUMENTS,
} from "@/exchanges/hyperliquid/dialect/mod.ts";
import { FaultPlan, type FaultRule } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { ADDRESS, FakeSocket, HyperliquidWorld, type Loose } from "./hyperliquid_world.ts";

function planned(rule: FaultRule): FaultPlan {
  return new FaultPlan({ randomFor: (name) => new SeededRandom(name), rules: [rule] });
}

Deno.test("metadata is positional: holes are delisted coins, pairs are named by index", () => {
  const world = new HyperliquidWorld();
  const { universe } = world.info({ type: "meta" });
  assertEquals(universe.map((each: Loose) => each.name), [
    "BTC",
    "ETH",
    "OLD2",
    "OLD3",
    "OLD4",
    "SOL",
  ]);
  assertEquals(universe[3].isDelisted, true);
  assertEquals(universe[0].szDecimals, 5);
  const [meta, ctxs] = world.info({ type: "metaAndAssetCtxs" });
  assertEquals(ctxs.length, meta.universe.length);
  assertEquals([ctxs[0].funding, ctxs[0].markPx], ["0.0000125", "64000.0"]);
  const spot = world.info({ type: "spotMeta" });
  assertEquals(spot.universe.map((each: Loose) => [each.name, each.index]), [
    ["@142", 142],
    ["@151", 151],
    ["@156", 156],
  ]);
  for (const pair of spot.universe) {
    const base = spot.tokens.find((each: Loose) => each.index === pair.tokens[0]);
    assert(["BTC", "ETH", "SOL"].includes(base.name));
    assertEquals(pair.tokens[1], 0);
  }
  assertEquals(world.info({ type: "perpDexs" }), [null]);
  assertEquals(world.info({ type: "exchangeStatus" }).specialStatuses, null);
  assertEquals(world.info({ type: "nothing" }), 422);
  assertEquals(world.http("/info", "{").status, 422);
});

Deno.test("a book subscription is acknowledged with its defaults and repeats whole books", () => {
  const world = new HyperliquidWorld();
  world.other(world.perp, "buy", "63999", "0.5");
  world.other(world.perp, "sell", "64001", "2");
  const socket = world.socket();
  socket.subscribe({ type: "l2Book", coin: "BTC", fast: true });
  const [ack, first] = socket.take();
  assertEquals(ack, {
    channel: "subscriptionResponse",
    data: {
      method: "subscribe",
      subscription: { type: "l2Book", coin: "BTC", nSigFigs: null, mantissa: null, fast: true },
    },
  });
  assertEquals(first.data.levels, [
    [{ px: "63999.0", sz: "0.5", n: 1 }],
    [{ px: "64001.0", sz: "2.0", n: 1 }],
  ]);
  assertEquals([first.data.coin, first.data.fast], ["BTC", true]);
  for (let i = 0; i < 8; i++) world.other(world.perp, "buy", String(63_990 - i), "1");
  world.time.advance(2_100);
  const frames = socket.data("l2Book");
  assertEquals(frames.length, 4);
  assertEquals(frames[3].levels[0].length, 5);
  for (const frame of frames) assertEquals(frame.time % 70, 0);
  const rest = world.info({ type: "l2Book", coin: "BTC" });
  assertEquals(rest.levels[0].length, 9);
  assertEquals("fast" in rest, false);
  const folded = world.info({ type: "l2Book", coin: "BTC", nSigFigs: 2 });
  assertEquals(folded.levels[0][0], { px: "63000.0", sz: "8.5", n: 1 });
});

Deno.test("bbo comes with the block that changes it, trades with the block of the match", () => {
  const world = new HyperliquidWorld();
  const socket = world.socket();
  socket.subscribe({ type: "bbo", coin: "BTC" });
  socket.subscribe({ type: "trades", coin: "BTC" });
  assertEquals(socket.data("bbo")[0].bbo, [null, null]);
  world.other(world.perp, "sell", "64001", "2");
  assertEquals(socket.texts, [], "nothing before the block");
  world.other(world.perp, "buy", "64001", "0.5");
  world.time.advance(70);
  const frames = socket.take();
  assertEquals(frames.map((each) => each.channel).sort(), ["bbo", "trades"]);
  const trade = frames.find((each) => each.channel === "trades").data[0];
  assertEquals([trade.side, trade.px, trade.sz], ["B", "64001.0", "0.5"]);
  assertEquals(trade.time % 70, 0);
  const bbo = frames.find((each) => each.channel === "bbo").data;
  assertEquals([bbo.bbo, bbo.time], [[null, { px: "64001.0", sz: "1.5", n: 1 }], trade.time]);
  world.other(world.perp, "sell", "64100", "1");
  world.time.advance(300);
  assertEquals(socket.take(), [], "behind the touch is no news");
  const late = world.socket();
  late.subscribe({ type: "trades", coin: "BTC" });
  assertEquals(late.data("trades")[0][0].tid, trade.tid);
});

Deno.test("a coin that is not there drops the socket without a word", () => {
  for (
    const wrong of [
      { type: "bbo", coin: "btc" },
      { type: "l2Book", coin: "XYZ100" },
      { type: "l2Book", coin: "BTC", nSigFigs: 7 },
      { type: "l2Book", coin: "BTC", nSigFigs: 3, mantissa: 2 },
      { type: "trades", coin: "OLD2" },
    ]
  ) {
    const world = new HyperliquidWorld();
    const socket = world.socket();
    socket.subscribe({ type: "bbo", coin: "BTC" });
    socket.take();
    socket.subscribe(wrong);
    assertEquals(socket.closed, "");
    world.time.advance(101);
    assertEquals([socket.closed, socket.texts], ["cut", []], JSON.stringify(wrong));
  }
});

Deno.test("errors, pings, limits and silence of a socket", () => {
  const world = new HyperliquidWorld();
  const socket = world.socket();
  const bbo = { type: "bbo", coin: "BTC" };
  socket.send({ method: "ping" });
  assertEquals(socket.take(), [{ channel: "pong" }]);
  socket.subscribe(bbo);
  socket.take();
  socket.subscribe(bbo);
  socket.send({ method: "unsubscribe", subscription: bbo });
  socket.send({ method: "unsubscribe", subscription: bbo });
  socket.subscribe({ type: "weather" });
  socket.send("hello");
  const said = socket.take().map((each) => `${each.channel} ${each.data.method ?? each.data}`);
  assertEquals(said[0], `error Already subscribed: ${JSON.stringify(bbo)}`);
  assertEquals(said[1], "subscriptionResponse unsubscribe");
  assertEquals(said[2], `error Already unsubscribed: ${JSON.stringify(bbo)}`);
  assert(said[3]!.startsWith("error Invalid subscription"));
  assert(said[4]!.startsWith("error Error parsing JSON into valid websocket request: hello"));
  for (let i = 0; i < 11; i++) {
    socket.subscribe({ type: "userFills", user: `0x${i.toString(16).padStart(40, "0")}` });
  }
  assertEquals(socket.data("error"), ["Cannot track more than 10 total users."]);
  world.time.advance(59_000);
  assertEquals(socket.closed, "");
  world.time.advance(2_000);
  assertEquals(socket.closed, "1000 Inactive");
  const many = Array.from({ length: 10 }, () => world.socket());
  assertEquals(many.length, 10);
  let refused = "";
  try {
    world.socket();
  } catch (error) {
    refused = String(error);
  }
  assert(refused.includes("refused: 429"));
});

Deno.test("weights by minute end in 429; faults answer as the venue does", () => {
  const world = new HyperliquidWorld();
  const answers = Array.from({ length: 61 }, () => world.info({ type: "meta" }));
  assertEquals(answers.filter((each) => each === 429).length, 1);
  world.time.advance(60_000);
  assertNotEquals(world.info({ type: "meta" }), 429);
  for (const [kind, status] of [["throttle", 429], ["maintenance", 503]] as const) {
    const faulty = new HyperliquidWorld({ faults: planned({ kind, probability: 1 }) });
    assertEquals(faulty.info({ type: "meta" }), status);
    const socket = faulty.socket();
    const request = { type: "info", payload: { type: "meta" } };
    socket.send({ method: "post", id: 3, request });
    const [{ data }] = socket.take();
    assertEquals([data.id, data.response.type], [3, "error"]);
    assert(data.response.payload.startsWith(String(status)));
  }
});

Deno.test("stale snapshots, gaps and resets touch the streams only", () => {
  const stale = planned({ kind: "stale_snapshot", probability: 1 });
  const world = new HyperliquidWorld({ faults: stale });
  const book = { type: "l2Book", coin: "BTC" };
  const old = world.info(book);
  world.time.advance(700);
  assertEquals(world.info(book), old);
  const gap = new HyperliquidWorld({
    faults: planned({ kind: "sequence_gap", probability: 1 }),
  });
  const socket = gap.socket();
  socket.subscribe({ type: "l2Book", coin: "BTC", fast: true });
  socket.take();
  gap.time.advance(2_000);
  assertEquals(socket.take(), []);
  const reset = planned({ kind: "sequence_reset", probability: 1 });
  const back = new HyperliquidWorld({ faults: reset });
  const other = back.socket();
  other.subscribe({ type: "l2Book", coin: "BTC", fast: true });
  assert(other.data("l2Book")[0].time <= back.nowMs - 60_000);
});

Deno.test("mids, contexts and funding are told as the sheet says", () => {
  const world = new HyperliquidWorld();
  const socket = world.socket();
  socket.subscribe({ type: "allMids" });
  socket.subscribe({ type: "activeAssetCtx", coin: "BTC" });
  socket.subscribe({ type: "activeAssetCtx", coin: "@142" });
  const first = socket.take();
  assert("BTC" in first.find((each) => each.channel === "allMids").data.mids);
  assert("oraclePx" in first.find((each) => each.channel === "activeAssetCtx").data.ctx);
  assert(
    "circulatingSupply" in first.find((each) => each.channel === "activeSpotAssetCtx").data.ctx,
  );
  world.time.advance(3_100);
  assertEquals(socket.data("activeAssetCtx").length, 3);
});

Deno.test("createHyperliquidVenue() is alive, conserving, the same for a seed", () => {
  function run(seed: number) {
    const time = new VirtualTime();
    const instruments = DEFAULT_INSTRUMENTS.filter((each) => each.base === "BTC");
    const venue = createHyperliquidVenue({ clock: time, scheduler: time, seed, instruments });
    venue.exchange.start();
    const socket = new FakeSocket();
    const request = { method: "GET", path: "/ws", query: "", body: "", headers: new Map() };
    const session = venue.dialect.acceptSocket(request, socket);
    assert("onText" in session);
    socket.session = session;
    socket.subscribe({ type: "bbo", coin: "BTC" });
    socket.subscribe({ type: "l2Book", coin: "BTC", fast: true });
    time.advance(8_000);
    venue.exchange.stop();
    assert([...venue.exchange.truth().imbalance.values()].every((each) => each === 0n));
    return { frames: socket.texts, credentials: venue.dialect.credentials };
  }
  const { frames, credentials } = run(1);
  assertEquals(frames, run(1).frames);
  assertNotEquals(frames, run(2).frames);
  assertEquals(Object.keys(credentials), ["private_key", "address"]);
  let top: Loose;
  let compared = 0;
  for (const { channel, data } of frames.map((each) => JSON.parse(each))) {
    if (channel === "bbo") {
      top = data;
      const [bid, ask] = data.bbo;
      assert(Number(bid.px) < Number(ask.px) && Number.isInteger(Number(bid.px)), "five figures");
    } else if (channel === "l2Book" && top?.time === data.time) {
      assertEquals([data.levels[0][0], data.levels[1][0]], top.bbo);
      compared++;
    }
  }
  assert(compared > 2, `${compared} books had a bbo of their block`);
  assert(frames.length > 40, `${frames.length} frames`);
});

Deno.test("HyperliquidDialect.endpoints() names every address; fees are those of the class", () => {
  const world = new HyperliquidWorld();
  const { spot, perp } = world.venue.dialect.endpoints("127.0.0.1:9001");
  assertEquals(spot, perp);
  assertEquals(perp!.public_ws, "ws://127.0.0.1:9001/ws");
  assertEquals(perp!.rest, "http://127.0.0.1:9001");
  assertEquals([DEFAULT_FEES.perpetual.maker, DEFAULT_FEES.perpetual.taker] as number[], [20, 350]);
  assertEquals(world.venue.dialect.credentials.address, ADDRESS);
});
