/**
 * Public streams: numbering, routes, wrapping, keep-alive.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { FaultPlan, type SimInstrument } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type FakeSocket, type Loose, VenueWorld } from "./venue_world.ts";

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

Deno.test("spot depth frames follow the published steps and rebuild the book", () => {
  const world = new VenueWorld();
  stir(world, world.spot, 1, 20);
  const socket = world.socket("/ws/btcusdt@depth@100ms");
  stir(world, world.spot, 2, 60);
  const snapshot = world.get("/api/v3/depth", "symbol=BTCUSDT&limit=5000");
  stir(world, world.spot, 3, 200);
  world.time.advance(100);
  const frames = socket.take();
  assert(frames.length > 10, `${frames.length} frames`);
  const kept = frames.filter((frame) => frame.u > snapshot.lastUpdateId);
  assert(kept.length < frames.length, "some frames precede the snapshot");
  assert(kept[0].U <= snapshot.lastUpdateId + 1, "the first kept frame covers the next number");
  const bids = new Map<string, string>(snapshot.bids);
  const asks = new Map<string, string>(snapshot.asks);
  let id = kept[0].U - 1;
  for (const frame of kept) {
    assertEquals(frame.U, id + 1);
    id = frame.u;
    applied(bids, frame.b);
    applied(asks, frame.a);
  }
  const now = world.get("/api/v3/depth", "symbol=BTCUSDT&limit=5000");
  assertEquals(now.lastUpdateId, id);
  assertEquals(sorted(bids), sorted(new Map(now.bids)));
  assertEquals(sorted(asks), sorted(new Map(now.asks)));
});

Deno.test("USD-M depth frames name their predecessor and leave holes between", () => {
  const world = new VenueWorld();
  const socket = world.socket("/public/ws");
  socket.send({ method: "SUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 1 });
  stir(world, world.perp, 4, 60);
  const snapshot = world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=1000");
  stir(world, world.perp, 5, 200);
  world.time.advance(100);
  const [ack, ...frames] = socket.take();
  assertEquals(ack, { result: null, id: 1 });
  const kept = frames.filter((frame) => frame.u >= snapshot.lastUpdateId);
  assert(kept[0].U <= snapshot.lastUpdateId, "the first kept frame covers the snapshot");
  const bids = new Map<string, string>(snapshot.bids);
  let holes = 0;
  kept.forEach((frame, at) => {
    if (at > 0) {
      assertEquals(frame.pu, kept[at - 1].u);
      if (frame.U > frame.pu + 1) holes++;
    }
    applied(bids, frame.b);
  });
  assert(holes > 0, "numbers without holes are not this product's");
  const now = world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=1000");
  assertEquals(now.lastUpdateId, kept.at(-1).u);
  assertEquals(sorted(bids), sorted(new Map(now.bids)));
});

Deno.test("bookTicker says each new touch under the book's number", () => {
  const world = new VenueWorld();
  const spot = world.socket("/ws/btcusdt@bookTicker");
  const usdm = world.socket("/public/stream", "streams=btcusdt@bookTicker");
  for (const sim of [world.spot, world.perp]) {
    world.other(sim, "buy", "63999.0", "0.5");
    world.other(sim, "sell", "64001.0", "0.25");
    world.other(sim, "buy", "63000.0", "0.5");
    world.other(sim, "buy", "63999.5", "0.1");
  }
  const [first, second, ...none] = spot.take();
  assertEquals(none, []);
  assertEquals(Object.keys(first), ["u", "s", "b", "B", "a", "A"]);
  assertEquals([first.b, first.B, first.a, first.A], [
    "63999.00000000",
    "0.50000000",
    "64001.00000000",
    "0.25000000",
  ]);
  assertEquals([second.b, second.u - first.u], ["63999.50000000", 2]);
  const wrapped = usdm.take();
  assertEquals(wrapped.map((each) => each.stream), ["btcusdt@bookTicker", "btcusdt@bookTicker"]);
  assertEquals([wrapped[1].data.e, wrapped[1].data.b], ["bookTicker", "63999.50"]);
});

Deno.test("trades carry who was the maker; aggTrade joins a sweep's prints at one price", () => {
  const world = new VenueWorld();
  const usdm = world.socket("/market/ws/btcusdt@aggTrade");
  const spot = world.socket("/ws/btcusdt@trade");
  world.other(world.perp, "buy", "64000.0", "0.1");
  world.other(world.perp, "buy", "64000.0", "0.2");
  world.other(world.perp, "buy", "63999.0", "0.2");
  world.other(world.perp, "sell", "63999.0", "0.4");
  world.time.advance(150);
  const aggregates = usdm.take();
  assertEquals(aggregates.map((each) => [each.p, each.q, each.l - each.f, each.m]), [
    ["64000.00", "0.300", 1, true],
    ["63999.00", "0.100", 0, true],
  ]);
  world.other(world.spot, "sell", "64000.00", "0.1");
  world.other(world.spot, "buy", "64000.00", "0.1");
  const [trade] = spot.take();
  assertEquals([trade.e, trade.p, trade.q, trade.m, trade.M], [
    "trade",
    "64000.00000000",
    "0.10000000",
    false,
    true,
  ]);
});

Deno.test("a stream on the wrong route is acknowledged and silent", () => {
  const world = new VenueWorld();
  const wrong = world.socket("/market/ws");
  wrong.send({ method: "SUBSCRIBE", params: ["btcusdt@bookTicker", "nope@depth"], id: 7 });
  const right = world.socket("/market/ws/btcusdt@markPrice@1s");
  world.other(world.perp, "buy", "63999.0", "0.5");
  world.other(world.perp, "sell", "64001.0", "0.5");
  world.time.advance(1_001);
  assertEquals(wrong.take(), [{ result: null, id: 7 }]);
  wrong.send({ method: "LIST_SUBSCRIPTIONS", id: 8 });
  assertEquals(wrong.take(), [{ result: ["btcusdt@bookTicker", "nope@depth"], id: 8 }]);
  const [mark] = right.take();
  assertEquals([mark.e, mark.s, mark.r], ["markPriceUpdate", "BTCUSDT", "0.00010000"]);
});

Deno.test("bad stream requests are answered by product", () => {
  const world = new VenueWorld();
  const errorsOf = (socket: FakeSocket, texts: unknown[]): Loose[] => {
    for (const text of texts) socket.send(text);
    return socket.take();
  };
  const spot = errorsOf(world.socket("/ws"), [
    "{",
    { method: "DANCE", id: 1 },
    { method: "SUBSCRIBE", params: "x", id: 2 },
  ]);
  assertEquals(spot.map((each) => [each.error.code, each.id]), [[3, null], [2, 1], [2, 2]]);
  const usdm = errorsOf(world.socket("/public/ws"), [{ method: "SUBSCRIBE", params: [], id: "a" }]);
  assertEquals(usdm.map((each) => each.code), [2]);
  const fast = world.socket("/ws");
  for (let i = 0; i < 7; i++) fast.send({ method: "LIST_SUBSCRIPTIONS", id: i });
  assertEquals(fast.closed, "1008 Too many requests");
});

Deno.test("sockets are pinged, dropped without pongs, and closed after a day with notice", () => {
  const world = new VenueWorld({ socketLifeMs: 200_000 });
  const silent = world.socket("/ws/btcusdt@bookTicker");
  world.time.advance(20_001);
  assertEquals(silent.pings.length, 1);
  world.time.advance(80_000);
  assertEquals(silent.closed, "1008 Pong timeout");
  const alive = world.socket("/stream", "streams=btcusdt@bookTicker");
  for (let i = 0; i < 20; i++) {
    world.time.advance(10_000);
    alive.session!.onPong("");
  }
  const [notice] = alive.take();
  assertEquals([notice.stream, notice.data.e], ["!serverShutdown", "serverShutdown"]);
  assertEquals(alive.closed, "1000 Connection lifetime reached");
});

Deno.test("a stream ends with its last subscriber", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws/btcusdt@depth@100ms");
  socket.send({ method: "UNSUBSCRIBE", params: ["btcusdt@depth@100ms"], id: 1 });
  stir(world, world.spot, 6, 10);
  world.time.advance(1_000);
  assertEquals(socket.take(), [{ result: null, id: 1 }]);
  const again = world.socket("/ws/btcusdt@depth5@100ms");
  stir(world, world.spot, 7, 10);
  world.time.advance(100);
  const [partial] = again.take();
  assertEquals(Object.keys(partial), ["lastUpdateId", "bids", "asks"]);
  assert(partial.bids.length <= 5);
});

Deno.test("timeUnit=MICROSECOND gives microseconds; USD-M depth without delay comes at once", () => {
  const world = new VenueWorld();
  const fine = world.socket("/ws/btcusdt@trade", "timeUnit=MICROSECOND");
  const quick = world.socket("/public/ws/btcusdt@depth@0ms");
  world.other(world.spot, "sell", "64000.00", "0.1");
  world.other(world.spot, "buy", "64000.00", "0.1");
  assertEquals(fine.take()[0].T, world.time.now());
  world.other(world.perp, "buy", "64000.0", "0.1");
  world.time.advance(0);
  assertEquals(quick.take().map((each) => each.b), [[["64000.00", "0.100"]]]);
});

Deno.test("faults of the venue's own: a left-out frame, a stale book, throttling, maintenance", () => {
  const faults = new FaultPlan({ randomFor: (name) => new SeededRandom(name) });
  const world = new VenueWorld({ faults });
  const socket = world.socket("/ws/btcusdt@depth@100ms");
  faults.add({ kind: "stale_snapshot", probability: 0 });
  const depth = () => world.get("/api/v3/depth", "symbol=BTCUSDT");
  stir(world, world.spot, 8, 5);
  world.time.advance(100);
  const before = depth();
  faults.add({ kind: "sequence_gap", once: true });
  stir(world, world.spot, 9, 1);
  world.time.advance(100);
  stir(world, world.spot, 10, 1);
  world.time.advance(100);
  const frames = socket.take();
  assert(frames.at(-1).U > frames.at(-2).u + 1, "a frame is missing");
  faults.add({ kind: "stale_snapshot", once: true });
  assertEquals(depth(), before);
  assert(depth().lastUpdateId > before.lastUpdateId);
  faults.add({ kind: "throttle", once: true });
  assertEquals(world.http({ path: "/fapi/v1/ping" }).status, 429);
  faults.add({ kind: "maintenance", once: true });
  assertEquals(world.http({ path: "/fapi/v1/ping" }).status, 503);
  faults.add({ kind: "sequence_reset", once: true });
  stir(world, world.spot, 11, 1);
  world.time.advance(100);
  stir(world, world.spot, 12, 1);
  world.time.advance(100);
  const [last, jumped] = socket.take();
  assert(jumped.U > last.u + 1_000_000, "numbers start again from elsewhere");
  assertEquals(faults.counts(), {
    sequence_gap: 1,
    stale_snapshot: 1,
    throttle: 1,
    maintenance: 1,
    sequence_reset: 1,
  });
});

Deno.test("too many connections in five minutes are refused", () => {
  const world = new VenueWorld();
  const dialect = world.venue.dialect;
  const request = { method: "GET", path: "/ws", query: "", headers: new Map(), body: "" };
  const socket = world.socket("/ws");
  for (let i = 1; i < 300; i++) dialect.acceptSocket(request, socket);
  const refused = dialect.acceptSocket(request, socket);
  assert("status" in refused);
  assertEquals(refused.status, 429);
  world.time.advance(300_001);
  assert(!("status" in dialect.acceptSocket(request, socket)));
  const lost = dialect.acceptSocket({ ...request, path: "/elsewhere" }, socket);
  assert("status" in lost);
  assertEquals(lost.status, 404);
});
