/**
 * Market data of the simulated Gate: books, touch, prints, contracts, faults.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  FaultPlan,
  type FaultRule,
  levelsOf,
  type SimInstrument,
} from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { GateWorld, type Loose, PERP_PATH, SPOT_PATH } from "./gate_world.ts";

function faultsOf(...rules: FaultRule[]): FaultPlan {
  const random = new SeededRandom("faults");
  return new FaultPlan({ randomFor: (name) => random.fork(name), rules });
}

/** A book by the venue's published rule. */
class RuleBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  id = -1;
  gaps = 0;

  load(snapshot: Loose): void {
    this.bids.clear();
    this.asks.clear();
    this.id = snapshot.id ?? snapshot.u;
    this.#apply(this.bids, snapshot.bids ?? snapshot.b);
    this.#apply(this.asks, snapshot.asks ?? snapshot.a);
  }

  update(delta: Loose): void {
    if (delta.full === true) return this.load(delta);
    if (delta.u <= this.id) return;
    if (delta.U > this.id + 1) {
      this.gaps++;
      return;
    }
    this.id = delta.u;
    this.#apply(this.bids, delta.b ?? []);
    this.#apply(this.asks, delta.a ?? []);
  }

  side(side: "bids" | "asks", depth: number): [string, string][] {
    const sign = side === "bids" ? -1 : 1;
    return [...this[side]].sort((a, b) => sign * (Number(a[0]) - Number(b[0]))).slice(0, depth);
  }

  #apply(levels: Map<string, string>, changes: Loose[]): void {
    for (const each of changes) {
      const [price, size] = Array.isArray(each) ? each : [each.p, each.s];
      if (Number(size) === 0) levels.delete(price);
      else levels.set(price, String(size));
    }
  }
}

function truth(world: GateWorld, sim: SimInstrument, side: "buy" | "sell", depth: number) {
  const symbol = world.venue.dialect.state.symbols.of(sim);
  return levelsOf(sim, side, depth).map(([p, s]) => [symbol.price(p), symbol.size(s)]);
}

function live(rules: FaultRule[] = []): GateWorld {
  const options = rules.length === 0 ? {} : { faults: faultsOf(...rules) };
  return new GateWorld({ ...options, updatesPerSecond: 200 }, true);
}

for (
  const [product, path, base, payload] of [
    ["spot", SPOT_PATH, "/spot/order_book?currency_pair", ["BTC_USDT", "100ms"]],
    ["futures", PERP_PATH, "/futures/usdt/order_book?contract", ["BTC_USDT", "100ms", "100"]],
    ["futures", PERP_PATH, "/futures/usdt/order_book?contract", ["BTC_USDT", "20ms", "20"]],
  ] as const
) {
  Deno.test(`${product}.order_book_update ${payload[1]} and a snapshot give the true book`, () => {
    const world = live();
    const socket = world.socket(path);
    world.subscribe(socket, `${product}.order_book_update`, [...payload]);
    world.time.advance(1_030);
    const [route, field] = base.split("?");
    const limit = payload[1] === "20ms" ? 20 : 100;
    const query = `${field}=BTC_USDT&limit=${limit}&with_id=true`;
    const book = new RuleBook();
    const early = socket.results(`${product}.order_book_update`);
    book.load(world.get(route!, query));
    for (const delta of early) book.update(delta);
    for (let round = 0; round < 5; round++) {
      world.time.advance(2_000 - world.time.now() / 1_000 % 100);
      for (const delta of socket.results(`${product}.order_book_update`)) book.update(delta);
      const sim = product === "spot" ? world.spot : world.perp;
      assertEquals(book.gaps, 0);
      assertEquals(book.side("bids", 15), truth(world, sim, "buy", 15));
      assertEquals(book.side("asks", 15), truth(world, sim, "sell", 15));
    }
    world.venue.exchange.stop();
  });
}

Deno.test("obu begins whole, chains U to u, is refused twice, may come before its ack", () => {
  const orders = new Set<string>();
  for (let i = 0; i < 12 && orders.size < 2; i++) {
    const world = live();
    for (let skipped = 0; skipped < i; skipped++) world.socket(PERP_PATH);
    const socket = world.socket(PERP_PATH);
    world.subscribe(socket, "futures.obu", ["ob.BTC_USDT.50"]);
    const frames = socket.take();
    orders.add(frames.map((each) => each.event).join());
    const book = new RuleBook();
    book.update(frames.find((each) => each.event === "update").result);
    world.time.advance(1_000 - world.time.now() / 1_000 % 20);
    for (const delta of socket.results("futures.obu")) book.update(delta);
    assertEquals(book.gaps, 0);
    assertEquals(book.side("bids", 50), truth(world, world.perp, "buy", 50));
    world.subscribe(socket, "futures.obu", ["ob.BTC_USDT.50"]);
    const twice = socket.take().find((each) => each.event === "subscribe");
    assertEquals(twice.error.code, 2);
    world.venue.exchange.stop();
  }
  assertEquals([...orders].sort(), ["subscribe,update", "update,subscribe"]);
});

Deno.test("faults: gaps break the chain, resets move the numbers, snapshots can be old", () => {
  for (const kind of ["sequence_gap", "sequence_reset"] as const) {
    const world = live([{ kind, once: true }]);
    const socket = world.socket(PERP_PATH);
    world.subscribe(socket, "futures.order_book_update", ["BTC_USDT", "100ms", "100"]);
    const book = new RuleBook();
    book.load(world.get("/futures/usdt/order_book", "contract=BTC_USDT&limit=100&with_id=true"));
    world.time.advance(2_000);
    for (const delta of socket.results("futures.order_book_update")) book.update(delta);
    assert(book.gaps > 0, kind);
    world.venue.exchange.stop();
  }
  const world = live([{ kind: "stale_snapshot" }]);
  const query = "currency_pair=BTC_USDT&limit=100&with_id=true";
  const first = world.get("/spot/order_book", query);
  world.time.advance(3_000);
  assertEquals(world.get("/spot/order_book", query).id, first.id);
  assert(world.spot.updateId > first.id);
  world.venue.exchange.stop();
});

Deno.test("faults: throttled and closed requests have the venue's bodies", () => {
  const throttled = new GateWorld({ faults: faultsOf({ kind: "throttle" }) });
  const answer = throttled.http({ path: "/api/v4/spot/tickers" });
  assertEquals([answer.status, JSON.parse(answer.body).label], [429, "TOO_MANY_REQUESTS"]);
  assert(Number(answer.headers!["X-Gate-RateLimit-Reset-Timestamp"]) > throttled.seconds * 1_000);
  const closed = new GateWorld({ faults: faultsOf({ kind: "maintenance" }) });
  assertEquals(closed.http({ path: "/api/v4/spot/tickers" }).status, 503);
});

Deno.test("book_ticker and trades: sizes are texts with the decimal header, else cut", () => {
  const world = new GateWorld();
  const exact = world.socket(PERP_PATH);
  const whole = world.socket(PERP_PATH, false);
  for (const socket of [exact, whole]) {
    world.subscribe(socket, "futures.book_ticker", ["ETH_USDT"]);
    world.subscribe(socket, "futures.trades", ["ETH_USDT"]);
    socket.take();
  }
  world.other(world.ethPerp, "buy", "3399", "1.7");
  world.other(world.ethPerp, "sell", "3401", "2.5");
  world.time.advance(20);
  const [touch] = exact.results("futures.book_ticker");
  assertEquals([touch.b, touch.B, touch.a, touch.A], ["3399", "1.7", "3401", "2.5"]);
  assertEquals(touch.u, world.ethPerp.updateId);
  const [cut] = whole.results("futures.book_ticker");
  assertEquals([cut.B, cut.A], [1, 2]);
  world.other(world.ethPerp, "sell", "3399", "1.2");
  world.time.advance(20);
  const [[print]] = exact.results("futures.trades");
  assertEquals([print.size, print.price, print.contract], ["-1.2", "3399", "ETH_USDT"]);
  assertEquals(whole.results("futures.trades")[0][0].size, -1);
});

Deno.test("subscriptions: one wrong name fails all, unknown channels and old times too", () => {
  const world = new GateWorld();
  const socket = world.socket();
  const tries: [Loose, number | undefined][] = [
    [{ channel: "spot.trades", payload: ["BTC_USDT", "NO_USDT"] }, 2],
    [{ channel: "spot.nothing", payload: ["BTC_USDT"] }, 2],
    [{ channel: "futures.trades", payload: ["BTC_USDT"] }, 2],
    [{ channel: "spot.trades", payload: ["BTC_USDT"], time: world.seconds - 61 }, 2],
    [{ channel: "spot.order_book_update", payload: ["BTC_USDT", "10ms"] }, 2],
    [{ channel: "spot.trades", payload: ["BTC_USDT"] }, undefined],
  ];
  for (const [frame, code] of tries) {
    socket.send({ time: world.seconds, id: 9, event: "subscribe", ...frame });
    const [ack] = socket.take();
    assertEquals([ack.error?.code, ack.id], [code, 9], JSON.stringify(frame));
  }
  assertEquals(world.venue.dialect.markets.inUse, 1);
  world.subscribe(socket, "spot.trades", ["BTC_USDT"], "unsubscribe");
  assertEquals(world.venue.dialect.markets.inUse, 0);
  socket.send("{");
  assertEquals(socket.take().at(-1).error.code, 1);
});

Deno.test("a socket answers pings, ends after 60 s of silence, and is told of an upgrade", () => {
  const world = new GateWorld({ socketLifeMs: 200_000 });
  const quiet = world.socket();
  const loud = world.socket();
  for (let i = 0; i < 11; i++) {
    world.time.advance(15_000);
    loud.send({ time: world.seconds, channel: "spot.ping" });
    quiet.session!.onPong("");
  }
  assertEquals(quiet.closed, "1000 idle");
  assertEquals(loud.take().at(-1).channel, "spot.pong");
  world.time.advance(10_000);
  const notice = loud.take().find((each) => each.channel === "spot.system");
  assertEquals(notice.result.type, "upgrade");
  world.time.advance(30_000);
  assertEquals(loud.closed, "1001 upgrade");
});

Deno.test("instruments: pairs and contracts tell grids, multipliers and status", () => {
  const world = new GateWorld();
  const pair = world.get("/spot/currency_pairs/BTC_USDT");
  assertEquals([pair.precision, pair.amount_precision, pair.min_quote_amount], [1, 6, "3"]);
  assertEquals(pair.trade_status, "tradable");
  const contracts = world.get("/futures/usdt/contracts");
  const [btc, eth] = contracts;
  assertEquals([btc.quanto_multiplier, btc.order_price_round], ["0.0001", "0.1"]);
  assertEquals([btc.enable_decimal, btc.order_size_min], [false, "1"]);
  assertEquals([eth.enable_decimal, eth.order_size_min], [true, "0.1"]);
  assertEquals(world.get("/futures/usdt/contracts", "", false)[0].order_size_min, 1);
  world.venue.exchange.setStatus(world.perp, "halted");
  assertEquals(world.get("/futures/usdt/contracts/BTC_USDT").status, "circuit_breaker");
  assertEquals(world.get("/futures/usdt/contracts/NO_USDT").label, "CONTRACT_NOT_FOUND");
  assertEquals(typeof world.get("/spot/time").server_time, "number");
});
