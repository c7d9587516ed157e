/**
 * Market sockets: what is subscribed in what batches, books taken anew, silence, refusals, moves,
 * and the status that only REST tells.
 * @module
 */
import { type Instrument, price, symbolFrom, unwrap, venueSymbolOf } from "@/engine/domain/mod.ts";
import { type DepthChannel, MarketStream } from "@/exchanges/gate/market_stream.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { gatePerp } from "@/tests/golden/gate/gate_instruments.ts";
import { FakeProduct, type FakeSession } from "./fake_product.ts";

class Desk extends FakeProduct {
  readonly stream: MarketStream;
  readonly socket: FakeSession;
  linkChanges = 0;

  constructor(
    product: "spot" | "perpetual",
    depth: DepthChannel = "obu",
    instruments?: readonly Instrument[],
  ) {
    super(product);
    this.stream = new MarketStream(
      this.context,
      this.rest,
      instruments ?? [this.instrument],
      { depth, listed: () => undefined, onLink: () => this.linkChanges++ },
    );
    this.socket = this.sessions[0]!;
    this.stream.start();
  }

  channels(): string[] {
    return this.socket.frames().map(({ channel, event, payload }) =>
      `${event} ${channel} ${payload.join(" ")}`
    );
  }

  kinds(): string[] {
    return this.drain().map((event) =>
      event.kind === "feed_interrupted" ? `${event.kind} ${event.reason}` : event.kind
    );
  }

  full(u: number): void {
    const result = {
      t: 1_743_673_026_995,
      full: true,
      s: "ob.BTC_USDT.400",
      u,
      b: [["100.1", "3"]],
      a: [["100.2", "4"]],
    };
    this.say("obu", result);
  }

  say(name: string, result: unknown): void {
    const prefix = this.context.product === "spot" ? "spot" : "futures";
    this.socket.say({ channel: `${prefix}.${name}`, event: "update", result });
  }
}

Deno.test("MarketStream subscribes futures to every stream", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  assertEquals(desk.channels(), [
    "subscribe futures.book_ticker BTC_USDT",
    "subscribe futures.trades BTC_USDT",
    "subscribe futures.tickers BTC_USDT",
    "subscribe futures.obu ob.BTC_USDT.400",
  ]);
  assert(desk.stream.up);
  assertEquals(desk.linkChanges, 1);
});

Deno.test("MarketStream subscribes to deltas of both products where it is told so", () => {
  const spot = new Desk("spot", "order_book_update");
  spot.socket.open();
  assertEquals(spot.channels().at(-1), "subscribe spot.order_book_update BTC_USDT 100ms");
  const futures = new Desk("perpetual", "order_book_update");
  futures.socket.open();
  assertEquals(
    futures.channels().at(-1),
    "subscribe futures.order_book_update BTC_USDT 100ms 100",
  );
});

Deno.test("MarketStream shares many instruments among sockets and leaves odd names out", () => {
  const many = Array.from(
    { length: 60 },
    (_, index) => gatePerp(index, { venueSymbol: venueSymbolOf(`A${index}_USDT`) }),
  );
  const odd = gatePerp(60, { venueSymbol: venueSymbolOf("\u5e01_USDT") });
  const desk = new Desk("perpetual", "obu", [...many, odd]);
  assertEquals(desk.sessions.length, 2);
  desk.socket.open();
  assert(!desk.stream.up);
  const [tickers] = desk.socket.frames();
  assertEquals(tickers!.payload.length, 50);
  desk.sessions[1]!.open();
  assertEquals(desk.sessions[1]!.frames()[0]!.payload.length, 10);
  assert(desk.stream.up);
});

Deno.test("MarketStream delivers a whole book that can be believed at once", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  desk.full(7);
  assertEquals(desk.kinds(), ["book_snapshot", "book_delta"]);
});

Deno.test("MarketStream takes a lost book anew by subscribing again", () => {
  const desk = new Desk("perpetual");
  desk.stream.requestSnapshot(desk.instrument.index);
  assertEquals(desk.channels(), [], "nothing is open yet");
  desk.socket.open();
  desk.full(7);
  desk.channels();
  desk.kinds();
  desk.stream.requestSnapshot(desk.instrument.index);
  assertEquals(desk.channels(), [
    "unsubscribe futures.obu ob.BTC_USDT.400",
    "subscribe futures.obu ob.BTC_USDT.400",
  ]);
  desk.full(19);
  assertEquals(desk.kinds(), ["feed_interrupted venue_reset", "book_snapshot", "book_delta"]);
  desk.full(25);
  assertEquals(desk.kinds(), ["feed_interrupted venue_reset", "book_snapshot", "book_delta"]);
  desk.full(20);
  assertEquals(desk.kinds(), []);
});

Deno.test("MarketStream asks for REST snapshots until one can be read", () => {
  const desk = new Desk("spot", "order_book_update");
  desk.socket.open();
  desk.stream.requestSnapshot(desk.instrument.index);
  desk.stream.requestSnapshot(desk.instrument.index);
  assertEquals(desk.asked.length, 1);
  const path = "GET /spot/order_book?currency_pair=BTC_USDT&limit=100&with_id=true";
  desk.answer(path, "<html>", 502);
  desk.clock.advance(1_000);
  desk.answer(path, { no: "id" });
  desk.clock.advance(2_000);
  desk.answer(path, { id: 5, current: 1, update: 1, asks: [["2", "1"]], bids: [["1", "1"]] });
  assertEquals(desk.kinds(), ["book_snapshot"]);
  desk.stream.requestSnapshot(99 as never);
  assertEquals(desk.asked.length, 0);
});

Deno.test("MarketStream remembers the ask for market buys, a little beyond it", () => {
  const desk = new Desk("spot");
  assertEquals(desk.stream.protectivePrice(desk.instrument), undefined);
  desk.socket.open();
  const touch = { t: 1, u: 2, s: "BTC_USDT", b: "99", B: "1", a: "100", A: "1" };
  desk.say("book_ticker", touch);
  assertEquals(desk.stream.protectivePrice(desk.instrument), price(10_100));
});

Deno.test("MarketStream interrupts silent feeds and connects anew with more patience", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  desk.say("book_ticker", { t: 1, u: 2, s: "BTC_USDT", b: "99", B: "1", a: "100", A: "1" });
  desk.kinds();
  desk.clock.advance(30_001);
  assertEquals(desk.kinds(), ["feed_interrupted silent"]);
  assertEquals(desk.socket.restarts, ["streams stay silent"]);
  desk.socket.open();
  desk.clock.advance(30_001);
  assertEquals(desk.socket.restarts.length, 1, "more patience");
  desk.clock.advance(30_000);
  assertEquals(desk.socket.restarts.length, 2);
  desk.socket.open();
  desk.full(3);
  desk.say("book_ticker", { t: 1, u: 2, s: "BTC_USDT", b: "99", B: "1", a: "100", A: "1" });
  desk.say("tickers", [{ contract: "BTC_USDT", mark_price: "100" }]);
  desk.clock.advance(600_000);
  assertEquals(desk.socket.restarts.length, 2, "all streams flow");
});

Deno.test("MarketStream interrupts the instrument of a refused frame, or all of the socket's", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  desk.say("obu", { t: 1, s: "ob.BTC_USDT.400", U: 1, u: 2, b: [["100.15", "1"]] });
  assertEquals(desk.kinds(), ["feed_interrupted refused_frame"]);
  desk.socket.say("<html>");
  assertEquals(desk.kinds(), ["feed_interrupted refused_frame"]);
  desk.socket.say({ channel: "futures.pong", event: "" });
  assertEquals(desk.context.counters.refusedFrames, 2);
  assertEquals(desk.context.counters.ignoredFrames, 1);
  desk.socket.drop("reset");
  assertEquals(desk.kinds(), ["feed_interrupted disconnected"]);
  assert(!desk.stream.up);
});

Deno.test("MarketStream asks again name by name when a batch is refused", () => {
  const other = gatePerp(1, { venueSymbol: venueSymbolOf("GONE_USDT") });
  const desk = new Desk("perpetual", "obu", [gatePerp(), other]);
  desk.socket.open();
  const [tickers] = desk.socket.frames();
  const refused = (id: number) =>
    desk.socket.say({
      id,
      channel: "futures.book_ticker",
      event: "subscribe",
      error: { code: 2, message: "unknown contract GONE_USDT" },
      result: { status: "fail" },
    });
  refused(tickers!.id);
  const again = desk.socket.frames();
  assertEquals(again.map(({ payload }) => [...payload]), [["BTC_USDT"], ["GONE_USDT"]]);
  refused(again[1]!.id);
  assertEquals(desk.socket.frames(), [], "a single refused name is given up");
  refused(999);
});

Deno.test("MarketStream moves when a close is announced; what both connections say is merged", () => {
  const desk = new Desk("perpetual");
  desk.socket.open();
  desk.full(7);
  desk.say("system", { type: "upgrade", msg: "The connection will soon be closed" });
  assertEquals(desk.socket.renewals, 1);
  const old = desk.socket.connection;
  desk.socket.open(true);
  desk.kinds();
  const trade = [{ size: 1, id: 5, create_time_ms: 1, price: "100", contract: "BTC_USDT" }];
  desk.say("trades", trade);
  desk.say("trades", trade);
  desk.full(9);
  assertEquals(desk.kinds(), ["trade"], "the old one's book stands");
  desk.socket.plan.handler.onEnd!(old!);
  desk.full(12);
  assertEquals(desk.kinds(), ["feed_interrupted venue_reset", "book_snapshot", "book_delta"]);
});

Deno.test("MarketStream pauses between the questions of one refresh", () => {
  const symbol = symbolFrom("ETH", "USDT", "perpetual");
  const other = gatePerp(1, { symbol, base: "ETH", venueSymbol: venueSymbolOf("ETH_USDT") });
  const desk = new Desk("perpetual", "obu", [gatePerp(), other]);
  const contract = { quanto_multiplier: "0.0001", order_price_round: "0.1", status: "trading" };
  const ask = (name: string) => {
    desk.answer(`GET /futures/usdt/contracts/${name}`, { ...contract, name });
  };
  let listed = 0;
  const look = () => desk.stream.refreshListing((answer) => listed = unwrap(answer).length);
  look();
  ask("BTC_USDT");
  desk.clock.advance(99);
  assertEquals([desk.asked.length, listed], [0, 0]);
  desk.clock.advance(1);
  ask("ETH_USDT");
  assertEquals(listed, 2);
  look();
  ask("BTC_USDT");
  desk.stream.stop();
  desk.clock.advance(60_000);
  assertEquals(desk.asked.length, 0);
});

Deno.test("MarketStream tells a halt and the next funding from REST", () => {
  const desk = new Desk("perpetual");
  const contract = {
    name: "BTC_USDT",
    quanto_multiplier: "0.0001",
    order_price_round: "0.1",
    status: "trading",
    funding_next_apply: Math.floor(desk.clock.now() / 1_000_000) + 3_600,
  };
  const path = "GET /futures/usdt/contracts/BTC_USDT";
  desk.clock.advance(30_001);
  desk.answer(path, contract);
  assertEquals(desk.kinds(), []);
  desk.socket.open();
  desk.say("tickers", [{ contract: "BTC_USDT", funding_rate: "0.0001" }]);
  const [funding] = desk.drain();
  assert(funding?.kind === "funding");
  assertEquals(funding.nextAt, contract.funding_next_apply * 1_000_000);
  for (const status of ["circuit_breaker", "circuit_breaker", "trading"]) {
    desk.clock.advance(30_000);
    desk.answer(path, { ...contract, status });
  }
  desk.clock.advance(30_000);
  desk.answer(path, "<html>", 502);
  const told = desk.drain().flatMap((event) =>
    event.kind === "instrument_status" ? [event.status] : []
  );
  assertEquals(told, ["halted", "trading"]);
  const listed: string[] = [];
  const refresh = (body: unknown, status: number) => {
    desk.stream.refreshListing((answer) => {
      listed.push(answer.ok ? answer.value.map(({ terms }) => terms.tick).join() : answer.error);
    });
    desk.answer(path, body, status);
  };
  refresh(contract, 200);
  refresh({ label: "CONTRACT_NOT_FOUND", message: "gone" }, 400);
  refresh({ ...contract, status: "resting" }, 200);
  const halted = desk.drain().map((event) => event.kind === "instrument_status" && event.status);
  assertEquals([listed.pop(), halted], ["0.1", ["halted"]], "listed as nothing we know");
  refresh(contract, 200);
  assertEquals(listed.pop(), "0.1");
  refresh("<html>", 502);
  assertEquals(listed.slice(0, 2), ["0.1", ""], "what is not listed is not in the answer");
  assertEquals(listed.length, 3);
  desk.stream.stop();
  desk.clock.advance(120_000);
  assertEquals(desk.asked.length, 0);
});
