/**
 * Public streams: numbering, routes, wrapping, keep-alive.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { FaultPlan, type SimInstrument } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Loose, VenueWorld } from "./venue_world.ts";

/** Places a few random orders of the other trader, the same for the same seed. */
function stir(world: VenueWorld, sim: SimInstrument, seed: number, count: number): void {
  const random = new SeededRandom(seed);
  for (let i = 0; i < count; i++) {
    const side = random.chance(0.5) ? "buy" : "sell";
    const price = side === "buy" ? 63_990 - random.integer(20) : 64_010 + random.integer(20);
    world.other(sim, side, `${price}.${sim.perpetual ? "0" : "00"}`, "0.01");
    if (random.chance(0.3)) world.time.advance(random.integer(80));
    const [oldest] = world.venue.exchange.orders.openOf(2, sim);
    if (random.chance(0.3) && oldest !== undefined) world.venue.exchange.cancel(oldest);
  }
}

/** Rebuilds one side from a snapshot and frames. */
function applied(levels: Map<string, string>, changes: [string, string][]): void {
  for (const [price, size] of changes) {
    if (Number(size) === 0) levels.delete(price);
    else levels.set(price, size);
  }
}

function sorted(levels: Map<string, string>): [string, string][] {
  return [...levels].sort((a, b) => Number(a[0]) - Number(b[0]));
}

function rebuilt(world: VenueWorld, depth: string, snapshot: Loose, kept: Loose[]): void {
  const bids = new Map<string, string>(snapshot.bids);
  const asks = new Map<string, string>(snapshot.asks);
  for (const frame of kept) {
    applied(bids, frame.b);
    applied(asks, frame.a);
  }
  const now = world.get(depth, "symbol=BTCUSDT&limit=1000");
  assertEquals(now.lastUpdateId, kept.at(-1).u);
  assertEquals(sorted(bids), sorted(new Map(now.bids)));
  assertEquals(sorted(asks), sorted(new Map(now.asks)));
}

Deno.test("spot depth frames count without holes and rebuild the book", () => {
  const world = new VenueWorld();
  stir(world, world.spot, 1, 20);
  const socket = world.socket("/spot/ws/btcusdt@depth@100ms");
  stir(world, world.spot, 2, 60);
  const snapshot = world.get("/api/v3/depth", "symbol=BTCUSDT&limit=1000");
  stir(world, world.spot, 3, 200);
  world.time.advance(100);
  const frames = socket.take();
  const kept = frames.filter((frame) => frame.u > snapshot.lastUpdateId);
  assert(kept.length > 5 && kept.length < frames.length, `${kept.length} of ${frames.length}`);
  assert(kept[0].U <= snapshot.lastUpdateId + 1, "the first kept frame covers the next number");
  kept.slice(1).forEach((frame, at) => assertEquals(frame.U, kept[at].u + 1));
  rebuilt(world, "/api/v3/depth", snapshot, kept);
});

Deno.test("perpetual depth frames name their predecessor, leave holes, and rebuild the book", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws");
  socket.send({ method: "SUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 1 });
  stir(world, world.perp, 4, 60);
  const snapshot = world.get("/fapi/v3/depth", "symbol=BTCUSDT&limit=1000");
  stir(world, world.perp, 5, 200);
  world.time.advance(100);
  const [ack, ...frames] = socket.take();
  assertEquals(ack, { result: null, id: 1 });
  assertEquals(Object.keys(frames[0]), ["e", "E", "T", "s", "U", "u", "pu", "b", "a"]);
  const kept = frames.filter((frame) => frame.u >= snapshot.lastUpdateId);
  assert(kept[0].U <= snapshot.lastUpdateId, "the first kept frame covers the snapshot");
  kept.slice(1).forEach((frame, at) => assertEquals(frame.pu, kept[at].u));
  assert(kept.some((frame) => frame.U > frame.pu + 1), "numbers leave holes");
  rebuilt(world, "/fapi/v3/depth", snapshot, kept);
});

Deno.test("bookTicker says each new touch under the book's number, alone or for all symbols", () => {
  const world = new VenueWorld();
  const spot = world.socket("/spot/ws/btcusdt@bookTicker");
  const all = world.socket("/stream", "streams=!bookTicker");
  for (const sim of [world.spot, world.perp]) {
    world.other(sim, "buy", "63999.0", "0.5");
    world.other(sim, "sell", "64001.0", "0.25");
    world.other(sim, "buy", "63000.0", "0.5");
    world.other(sim, "buy", "63999.5", "0.1");
  }
  const [first, second, ...none] = spot.take();
  assertEquals(none, []);
  assertEquals([first.e, first.b, first.B, first.a, first.A], [
    "bookTicker",
    "63999.0",
    "0.50000",
    "64001.0",
    "0.25000",
  ]);
  assertEquals([second.b, second.u - first.u], ["63999.5", 2]);
  const wrapped = all.take();
  assertEquals(wrapped.map((each) => each.stream), ["!bookTicker", "!bookTicker"]);
  assertEquals(wrapped[1].data.b, "63999.5");
  all.send({ method: "UNSUBSCRIBE", params: ["!bookTicker"], id: 1 });
  world.other(world.perp, "buy", "63999.6", "0.1");
  assertEquals(all.take(), [{ result: null, id: 1 }]);
});

Deno.test("trades carry who was the maker; aggTrade joins one taker's prints at one price", () => {
  const world = new VenueWorld();
  const perp = world.socket("/ws/btcusdt@aggTrade/btcusdt@tradepro");
  const spot = world.socket("/spot/ws/btcusdt@trade");
  world.other(world.perp, "buy", "64000.0", "0.1");
  world.other(world.perp, "buy", "64000.0", "0.2");
  world.other(world.perp, "buy", "63999.0", "0.2");
  world.other(world.perp, "sell", "63999.0", "0.4");
  world.time.advance(150);
  const frames = perp.take();
  const aggregates = frames.filter((each) => each.e === "aggTrade");
  assertEquals(aggregates.map((each) => [each.p, each.q, each.l - each.f, each.m]), [
    ["64000.0", "0.300", 1, true],
    ["63999.0", "0.100", 0, true],
  ]);
  const pro = frames.filter((each) => each.e === "tradepro");
  assertEquals(pro.map((each) => each.q), ["0.100", "0.200", "0.100"]);
  assertEquals(pro[0].m, ["hidden", "hidden"]);
  world.other(world.spot, "sell", "64000.0", "0.1");
  world.other(world.spot, "buy", "64000.0", "0.1");
  const [trade] = spot.take();
  assertEquals([trade.e, trade.p, trade.q, trade.m], ["trade", "64000.0", "0.10000", false]);
});

Deno.test("unknown streams are acknowledged and silent; mark prices come each second", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws");
  const params = ["BTCUSDT@bookTicker", "btcusdt@trade", "btcusdt@depth@0ms"];
  socket.send({ method: "SUBSCRIBE", params, id: 7 });
  const marks = world.socket("/ws/btcusdt@markPrice@1s");
  world.other(world.perp, "buy", "63999.0", "0.5");
  world.other(world.perp, "sell", "64001.0", "0.5");
  world.time.advance(1_001);
  assertEquals(socket.take(), [{ result: null, id: 7 }]);
  socket.send({ method: "LIST_SUBSCRIPTIONS", id: 8 });
  assertEquals(socket.take(), [{ result: params, id: 8 }]);
  const [mark] = marks.take();
  assertEquals([mark.e, mark.s, mark.r], ["markPriceUpdate", "BTCUSDT", "0.00010000"]);
});

Deno.test("bad stream requests are answered with code and text alone", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws");
  const many = Array.from({ length: 201 }, (_, at) => `a${at}@bookTicker`);
  for (
    const text of [
      "{",
      { method: "DANCE", id: 1 },
      { method: "SUBSCRIBE", params: "x", id: 2 },
      { method: "SUBSCRIBE", params: [], id: "a" },
      { method: "SUBSCRIBE", params: many, id: 3 },
    ]
  ) socket.send(text);
  const answers: Loose[] = socket.take();
  assertEquals(answers.map((each) => each.code), [3, 2, 2, 2, 2]);
  assertEquals(Object.keys(answers[0]), ["code", "msg"]);
  socket.send({ method: "SET_PROPERTY", params: ["combined", true], id: 4 });
  socket.send({ method: "GET_PROPERTY", id: 5 });
  assertEquals(socket.take(), [{ result: null, id: 4 }, { result: true, id: 5 }]);
  const fast = world.socket("/spot/ws");
  for (let i = 0; i < 7; i++) fast.send({ method: "LIST_SUBSCRIPTIONS", id: i });
  assertEquals(fast.closed, "1008 Too many requests");
});

Deno.test("sockets are pinged by product, dropped without pongs, and closed after a day", () => {
  const world = new VenueWorld();
  const perp = world.socket("/ws/btcusdt@bookTicker");
  const spot = world.socket("/spot/ws/btcusdt@bookTicker");
  world.time.advance(300_001);
  assertEquals([perp.pings.length, spot.pings.length], [1, 1]);
  world.time.advance(720_000);
  assertEquals([perp.closed, spot.closed], ["", "1008 Pong timeout"]);
  world.time.advance(300_000);
  assertEquals(perp.closed, "1008 Pong timeout");
  const brief = new VenueWorld({ socketLifeMs: 200_000 });
  const alive = brief.socket("/ws/btcusdt@bookTicker");
  brief.time.advance(200_001);
  assertEquals(alive.closed, "1000 Connection lifetime reached");
});

Deno.test("a stream ends with its last subscriber; partial books replace the top", () => {
  const world = new VenueWorld();
  const socket = world.socket("/spot/ws/btcusdt@depth@100ms");
  socket.send({ method: "UNSUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 1 });
  const [spot, perp] = [
    world.socket("/spot/ws/btcusdt@depth5@100ms"),
    world.socket("/ws/btcusdt@depth5@100ms"),
  ];
  stir(world, world.spot, 7, 10);
  stir(world, world.perp, 7, 10);
  world.time.advance(100);
  assertEquals(socket.take(), [{ result: null, id: 1 }]);
  assert(spot.take().at(-1).bids.length <= 5);
  const last = perp.take().at(-1);
  const { bids } = world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=5");
  assertEquals(last.b, bids);
});

Deno.test("faults of the venue's own: a left-out frame, a stale book, throttling, maintenance", () => {
  const faults = new FaultPlan({ randomFor: (name) => new SeededRandom(name) });
  const world = new VenueWorld({ faults });
  const socket = world.socket("/ws/btcusdt@depth@100ms");
  faults.add({ kind: "stale_snapshot", probability: 0 });
  const depth = () => world.get("/fapi/v3/depth", "symbol=BTCUSDT");
  const change = (seed: number) => {
    stir(world, world.perp, seed, 1);
    world.time.advance(100);
  };
  change(8);
  const before = depth();
  faults.add({ kind: "sequence_gap", once: true });
  change(9);
  change(10);
  const frames = socket.take();
  assert(frames.at(-1).pu > frames.at(-2).u, "a frame is missing");
  faults.add({ kind: "stale_snapshot", once: true });
  assertEquals(depth(), before);
  assert(depth().lastUpdateId > before.lastUpdateId);
  faults.add({ kind: "throttle", once: true });
  const refused = world.http({ path: "/fapi/v1/ping" });
  assertEquals([refused.status, JSON.parse(refused.body).code], [429, -1003]);
  faults.add({ kind: "maintenance", once: true });
  const closed = world.http({ path: "/fapi/v3/ping" });
  assertEquals([closed.status, JSON.parse(closed.body).code], [503, -1016]);
  faults.add({ kind: "sequence_reset", once: true });
  change(11);
  change(12);
  const [last, jumped] = socket.take();
  assert(jumped.pu > last.u + 1_000_000, "numbers start again from elsewhere");
});

Deno.test("public REST data: instruments, touches, prices, funding, weights and unknown paths", () => {
  const world = new VenueWorld();
  world.other(world.perp, "sell", "64000.1", "0.5");
  world.other(world.perp, "buy", "64000.0", "0.5");
  const info = world.get("/fapi/v3/exchangeInfo");
  const btc = info.symbols[0];
  const filter = (type: string) => btc.filters.find((each: Loose) => each.filterType === type);
  assertEquals([btc.symbol, btc.contractType, btc.status], ["BTCUSDT", "PERPETUAL", "TRADING"]);
  assertEquals([filter("PRICE_FILTER").tickSize, filter("LOT_SIZE").stepSize], ["0.1", "0.001"]);
  assertEquals([filter("MIN_NOTIONAL").notional, filter("MAX_NUM_ALGO_ORDERS").limit], ["5", 10]);
  assertEquals(info.rateLimits.map((each: Loose) => each.limit), [2_400, 1_200, 300]);
  const spot = world.get("/api/v3/exchangeInfo");
  assertEquals(spot.rateLimits.map((each: Loose) => each.limit), [6_000, 6_000, 1_000]);
  world.venue.exchange.setStatus(world.perp, "halted");
  assertEquals(world.get("/fapi/v1/exchangeInfo").symbols[0].status, "PENDING_TRADING");
  assertEquals(world.get("/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT").bidPrice, "64000.0");
  assertEquals(world.get("/fapi/v1/ticker/price").length, 3);
  assertEquals(world.get("/fapi/v1/time"), { serverTime: world.nowMs });
  assertEquals(world.get("/fapi/v1/depth", "symbol=NOPE").code, -1121);
  assertEquals(world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=7").code, -4021);
  assertEquals(world.get("/fapi/v3/premiumIndex", "symbol=BTCUSDT").nextFundingTime % 3_600_000, 0);
  const weighed = world.http({ path: "/fapi/v1/depth", query: "symbol=BTCUSDT&limit=1000" });
  const used = Number(weighed.headers!["X-MBX-USED-WEIGHT-1M"]);
  const after = world.http({ path: "/fapi/v1/depth", query: "symbol=BTCUSDT&limit=1000" });
  assertEquals(Number(after.headers!["X-MBX-USED-WEIGHT-1M"]) - used, 20);
  assertEquals(world.http({ path: "/fapi/v1/nothing" }).status, 404);
  assertEquals(world.http({ method: "POST", path: "/fapi/v1/ping" }).status, 405);
  for (let i = 0; i < 120; i++) world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=1000");
  const over = world.http({ path: "/fapi/v1/depth", query: "symbol=BTCUSDT&limit=1000" });
  assertEquals([over.status, JSON.parse(over.body).code], [429, -1003]);
  assert(Number(over.headers!["Retry-After"]) > 0);
});
