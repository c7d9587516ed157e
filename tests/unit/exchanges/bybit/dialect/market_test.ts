/**
 * Public topics and REST: depth by its rule, trades, tickers, acknowledgements, heartbeats, faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { createBybitVenue, DEFAULT_INSTRUMENTS } from "@/exchanges/bybit/dialect/mod.ts";
import { FaultPlan, levelsOf } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { BybitWorld, FakeSocket, type Loose } from "./bybit_world.ts";

/** A book by the sheet's rule; counts its gaps. */
class RuleBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  live = false;
  u = 0;
  gaps = 0;
  restarts = 0;

  apply({ type, data }: Loose): void {
    if (data.u === 1) this.restarts++;
    if (type === "snapshot" || data.u === 1) {
      this.bids.clear();
      this.asks.clear();
      this.live = true;
    } else if (!this.live || data.u <= this.u) return;
    else if (data.u !== this.u + 1) {
      this.gaps++;
      this.live = false;
      return;
    }
    this.u = data.u;
    for (const [levels, changes] of [[this.bids, data.b], [this.asks, data.a]]) {
      for (const [price, size] of changes) {
        if (size === "0") levels.delete(price);
        else levels.set(price, size);
      }
    }
  }
}

function busy(seed: number, faults?: FaultPlan) {
  const time = new VirtualTime();
  const venue = createBybitVenue({
    clock: time,
    scheduler: time,
    seed,
    instruments: DEFAULT_INSTRUMENTS.filter((each) => each.base === "BTC"),
    ...(faults === undefined ? {} : { faults }),
  });
  venue.exchange.start();
  const open = (path: string) => {
    const socket = new FakeSocket();
    const request = { method: "GET", path, query: "", headers: new Map(), body: "" };
    const session = venue.dialect.acceptSocket(request, socket);
    assert("onText" in session);
    socket.session = session;
    return socket;
  };
  return { time, venue, open };
}

for (const depth of [50, 200, 1000]) {
  Deno.test(`orderbook.${depth} rebuilds the true book by u alone, for late joiners too`, () => {
    const { time, venue, open } = busy(depth);
    const first = open("/v5/public/linear");
    first.subscribe(`orderbook.${depth}.BTCUSDT`);
    time.advance(3_000);
    const late = open("/v5/public/linear");
    late.subscribe(`orderbook.${depth}.BTCUSDT`);
    time.advance(3_000);
    venue.exchange.stop();
    time.advance(500);
    const sim = venue.exchange.instruments.find((each) => each.perpetual)!;
    for (const socket of [first, late]) {
      const book = new RuleBook();
      const frames = socket.take().filter((each) => each.topic !== undefined);
      assert(frames.length > 10, `${frames.length} frames`);
      for (const frame of frames) book.apply(frame);
      assertEquals(book.gaps, 0);
      for (const [side, levels] of [["buy", book.bids], ["sell", book.asks]] as const) {
        const truth = levelsOf(sim, side, depth).map(([price, size]) =>
          `${Number((price * sim.instrument.tickValue).toFixed(8))}@${
            Number((size * sim.instrument.lotValue).toFixed(8))
          }`
        );
        const built = [...levels].map(([price, size]) => `${Number(price)}@${Number(size)}`);
        assertEquals(built.sort(), truth.sort());
      }
    }
  });
}

Deno.test("orderbook.1 is snapshots only, and repeats itself after three silent seconds", () => {
  const world = new BybitWorld();
  world.other(world.perp, "buy", "63990", "1");
  world.other(world.perp, "sell", "64010", "2");
  const socket = world.socket();
  socket.subscribe("orderbook.1.BTCUSDT");
  const [ack, first] = socket.take();
  assertEquals([ack.success, ack.op, ack.req_id], [true, "subscribe", "s1"]);
  assertEquals(Object.keys(first), ["topic", "type", "ts", "data", "cts"]);
  assertEquals([first.type, first.data.b, first.data.a], ["snapshot", [["63990.0", "1"]], [[
    "64010.0",
    "2",
  ]]]);
  world.other(world.perp, "buy", "63995", "1");
  world.time.advance(10);
  const [second] = socket.take();
  assertEquals([second.type, second.data.u], ["snapshot", first.data.u + 1]);
  world.time.advance(3_000);
  const [third] = socket.take();
  assertEquals([third.data.u, third.data.b], [second.data.u, second.data.b]);
});

Deno.test("REST orderbook carries the number of the 1000-level topic at the same book", () => {
  const world = new BybitWorld();
  world.other(world.perp, "buy", "63990", "1");
  const socket = world.socket();
  socket.subscribe("orderbook.1000.BTCUSDT");
  world.other(world.perp, "buy", "63991", "1");
  const { retCode, result } = world.get(
    "market/orderbook",
    "category=linear&symbol=BTCUSDT&limit=200",
  );
  const last = socket.take().at(-1);
  assertEquals([retCode, result.u, result.seq], [0, last.data.u, last.data.seq]);
  assertEquals(result.b, [["63991.0", "1"], ["63990.0", "1"]]);
});

Deno.test("publicTrade joins one taker's prints, Buy is the taker's side", () => {
  const world = new BybitWorld();
  const socket = world.socket();
  socket.subscribe("publicTrade.BTCUSDT");
  socket.take();
  world.other(world.perp, "sell", "64010", "1");
  world.other(world.perp, "sell", "64020", "1");
  const trader = world.logOn("trade");
  world.ask(trader, "order.create", {
    category: "linear",
    symbol: "BTCUSDT",
    side: "Buy",
    orderType: "Market",
    qty: "1.5",
  });
  world.time.advance(1);
  const frames = socket.take();
  assertEquals(frames.length, 1);
  const [frame] = frames;
  assertEquals([frame.topic, frame.type], ["publicTrade.BTCUSDT", "snapshot"]);
  assertEquals(frame.data.map((each: Loose) => [each.S, each.p, each.v, each.BT]), [
    ["Buy", "64010.0", "1", false],
    ["Buy", "64020.0", "0.5", false],
  ]);
  assert(frame.data[0].i !== frame.data[1].i);
});

Deno.test("tickers of contracts: a snapshot, then only what changed; spot is whole", () => {
  const world = new BybitWorld();
  world.other(world.perp, "buy", "63990", "1");
  world.other(world.perp, "sell", "64010", "1");
  const socket = world.socket();
  socket.subscribe("tickers.BTCUSDT");
  const [, first] = socket.take();
  for (const name of ["markPrice", "indexPrice", "fundingRate", "nextFundingTime", "bid1Price"]) {
    assert(first.data[name] !== undefined, name);
  }
  world.other(world.perp, "buy", "63995", "2");
  world.time.advance(100);
  const [delta] = socket.take();
  assertEquals([delta.type, delta.data.bid1Price], ["delta", "63995.0"]);
  assertEquals(delta.data.ask1Price, undefined);
  const spot = world.socket("public/spot");
  spot.subscribe("tickers.BTCUSDT");
  const [, whole] = spot.take();
  assertEquals([whole.type, whole.data.bid1Price], ["snapshot", undefined]);
  assert(whole.data.usdIndexPrice !== undefined);
});

Deno.test("subscriptions fail as a whole: too many of spot, unknown topics, repeated ones", () => {
  const world = new BybitWorld();
  const spot = world.socket("public/spot");
  spot.subscribe(...Array.from({ length: 11 }, () => "publicTrade.BTCUSDT"));
  assertEquals(spot.take().map((each) => [each.success, each.ret_msg]), [[false, "args size >10"]]);
  const linear = world.socket();
  linear.subscribe("publicTrade.BTCUSDT", "orderbook.25.BTCUSDT");
  const [bad] = linear.take();
  const text = "error:handler not found,topic:orderbook.25.BTCUSDT";
  assertEquals([bad.success, bad.ret_msg], [false, text]);
  linear.subscribe("publicTrade.BTCUSDT");
  linear.subscribe("publicTrade.BTCUSDT");
  assertEquals(linear.take().map((each) => each.success), [true, false]);
  linear.send({ op: "unsubscribe", args: ["publicTrade.BTCUSDT"] });
  assertEquals(linear.take()[0].success, true);
  assertEquals(world.venue.dialect.markets.inUse, 0);
});

Deno.test("pings are answered in three dialects", () => {
  const world = new BybitWorld();
  const ping = (path: string) => {
    const socket = world.socket(path);
    socket.send({ req_id: "p1", op: "ping" });
    return socket.take()[0];
  };
  assertEquals([ping("public/linear").ret_msg, ping("public/linear").op], ["pong", "ping"]);
  const ofPrivate = ping("private");
  assertEquals([ofPrivate.op, ofPrivate.args], ["pong", [String(world.nowMs)]]);
  const ofTrade = ping("trade");
  assertEquals([ofTrade.retCode, ofTrade.op, ofTrade.data], [0, "pong", [String(world.nowMs)]]);
});

Deno.test("a silent private socket is closed after max_active_time, a pinging one is not", () => {
  const world = new BybitWorld();
  const silent = world.socket("private", "max_active_time=1m");
  const pinging = world.socket("private", "max_active_time=1m");
  for (let i = 0; i < 6; i++) {
    world.time.advance(20_000);
    pinging.send({ op: "ping" });
  }
  assert(silent.closed !== "");
  assertEquals(pinging.closed, "");
});

Deno.test("a gap of numbers is a gap by the rule, a restart is a whole book", () => {
  const random = new SeededRandom("faults");
  const faults = new FaultPlan({
    randomFor: (name) => random.fork(name),
    rules: [
      { kind: "sequence_gap", probability: 0.05 },
      { kind: "sequence_reset", probability: 0.08 },
    ],
  });
  const { time, open } = busy(5, faults);
  const socket = open("/v5/public/linear");
  socket.subscribe("orderbook.50.BTCUSDT");
  time.advance(20_000);
  const book = new RuleBook();
  for (const frame of socket.take()) if (frame.topic !== undefined) book.apply(frame);
  assert(book.gaps > 0 && book.restarts > 0, `${book.gaps} gaps, ${book.restarts} restarts`);
});

Deno.test("a stale snapshot is an old book under its old number, on both wires", () => {
  const random = new SeededRandom("stale");
  const faults = new FaultPlan({
    randomFor: (name) => random.fork(name),
    rules: [{ kind: "stale_snapshot" }],
  });
  const world = new BybitWorld({ faults });
  world.other(world.perp, "buy", "63990", "1");
  const topic = "orderbook.50.BTCUSDT";
  const query = "category=linear&symbol=BTCUSDT";
  const [first, second] = [world.socket(), world.socket()];
  first.subscribe(topic);
  const rest = world.get("market/orderbook", query).result;
  world.other(world.perp, "buy", "63991", "1");
  world.time.advance(20);
  second.subscribe(topic);
  const [, fresh] = first.take();
  const [, stale] = second.take();
  assertEquals([stale.data.u, stale.data.b], [fresh.data.u, [["63990.0", "1"]]]);
  assertEquals(world.get("market/orderbook", query).result, rest);
  world.other(world.perp, "buy", "63992", "1");
  world.time.advance(20);
  const book = new RuleBook();
  book.apply(stale);
  for (const frame of second.take()) book.apply(frame);
  assertEquals(book.gaps, 1);
});

Deno.test("instruments: grids and limits by category, a halt shows, pages follow their cursor", () => {
  const world = new BybitWorld();
  const { result } = world.get("market/instruments-info", "category=linear&limit=2");
  assertEquals(result.list.length, 2);
  const next = world.get(
    "market/instruments-info",
    `category=linear&limit=2&cursor=${result.nextPageCursor}`,
  ).result;
  assertEquals([next.list.length, next.nextPageCursor], [1, ""]);
  const [btc] = result.list;
  assertEquals([btc.priceFilter.tickSize, btc.lotSizeFilter.qtyStep, btc.status], [
    "0.1",
    "0.001",
    "Trading",
  ]);
  const [spot] = world.get("market/instruments-info", "category=spot&symbol=BTCUSDT").result.list;
  assertEquals([spot.lotSizeFilter.basePrecision, spot.lotSizeFilter.minOrderAmt], [
    "0.000001",
    "5",
  ]);
  world.venue.exchange.setStatus(world.perp, "halted");
  const query = "category=linear&symbol=BTCUSDT";
  assertEquals(world.get("market/instruments-info", query).result.list[0].status, "PreLaunch");
  assertEquals(world.get("market/instruments-info", "category=margin").retCode, 10001);
});

Deno.test("a maintenance is told on the status socket and over REST, and ends", () => {
  const world = new BybitWorld();
  const socket = world.socket("public/misc/status");
  socket.subscribe("system.status");
  socket.take();
  world.venue.exchange.setStatus(world.perp, "maintenance");
  assertEquals(socket.data("system.status").map((each) => [each.state, each.product]), [
    ["ongoing", [1]],
  ]);
  world.venue.exchange.setStatus(world.perp, "trading");
  assertEquals(socket.data("system.status")[0].state, "completed");
  assertEquals(world.get("system/status").result.list[0].state, "completed");
});

Deno.test("more than 600 requests in 5 s shut an address out for ten minutes", () => {
  const world = new BybitWorld();
  for (let i = 0; i < 600; i++) assertEquals(world.get("market/time").retCode, 0);
  const shut = world.http({ path: "/v5/market/time" });
  assertEquals([shut.status, shut.body], [403, "access too frequent"]);
  world.time.advance(599_000);
  assertEquals(world.http({ path: "/v5/market/time" }).status, 403);
  world.time.advance(1_000);
  assertEquals(world.http({ path: "/v5/market/time" }).status, 200);
});
