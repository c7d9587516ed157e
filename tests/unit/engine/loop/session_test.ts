/**
 * A session from start to orderly stop: who answers, who is late, and what is waited for.
 * @module
 */
import { instrumentIndex, ok, symbolOf } from "@/engine/domain/mod.ts";
import { LiveRunner, OutputRouter, Session, type SessionVenue } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { StageLatencies } from "@/engine/metrics/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, capabilitiesOf, feesOf, termsOf } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeConnector, FakeLog, FakeSink, refusedListing } from "./_fakes.ts";

/** A session over a core that only writes down what it is given. */
class SessionWorld {
  readonly clock = new ManualClock();
  readonly log = new FakeLog();
  readonly events: EngineEvent[] = [];
  readonly headers: string[][] = [];
  readonly session: Session;
  live = 0;
  readonly liveOf = new Map<string, number>();

  constructor(venues: readonly SessionVenue[]) {
    const latencies = new StageLatencies();
    const notices = { onAlert: () => {}, onModeChanged: () => {}, onRefused: () => {} };
    const runner = new LiveRunner({
      core: { process: (event) => this.events.push(event) },
      clock: this.clock,
      sink: new FakeSink(),
      router: new OutputRouter(() => undefined, notices, this.log),
      latencies: { tickToOrder: latencies.stage("a"), core: latencies.stage("b") },
      onFailure: () => {},
    });
    this.session = new Session({
      clock: this.clock,
      scheduler: this.clock,
      log: this.log,
      runner,
      venues,
      instanceId: "test",
      startNumber: 3,
      timerMs: 50,
      liveOrders: (venue) => this.liveOf.get(venue ?? "") ?? this.live,
      onInstruments: (listed) => this.headers.push([...listed.keys()]),
    });
  }

  kinds(): string[] {
    return this.events.map((event) => event.kind);
  }
}

function venueOf(connector: FakeConnector, index = 0): SessionVenue {
  return {
    connector,
    instruments: [{ symbol: "BTC-USDT-PERP", index: instrumentIndex(index) }],
  };
}

/** A listing of BTC-USDT-PERP at any venue. */
function listingOf(venue: "binance" | "okx") {
  return ok([{ terms: termsOf({ venue }), fees: feesOf() }]);
}

Deno.test("Session starts when every venue has answered: header, start, instruments, timer", () => {
  const connector = new FakeConnector();
  const world = new SessionWorld([venueOf(connector)]);
  assertEquals(world.session.running, false);
  world.session.start();
  assertEquals(world.session.running, true);
  assertEquals(world.headers, [["binance:BTC-USDT-PERP"]]);
  assertEquals(world.kinds(), ["session_started", "instrument_defined", "timer"]);
  assertEquals(world.events[0], {
    kind: "session_started",
    at: world.clock.now(),
    instanceId: "test",
    startNumber: 3,
  });
  assertEquals(connector.started.map((one) => one.key), [btcPerp().key]);
});

Deno.test("Session ticks every timer_ms and not after its end", () => {
  const world = new SessionWorld([venueOf(new FakeConnector())]);
  world.session.start();
  world.clock.advance(200);
  assertEquals(world.kinds().filter((kind) => kind === "timer").length, 5);
  world.session.abort();
  world.clock.advance(1_000);
  assertEquals(world.kinds().filter((kind) => kind === "timer").length, 5);
  assertEquals(world.clock.pendingCount, 0);
});

Deno.test("Session waits for a late venue at most 10 s, then starts; the venue joins later", () => {
  const prompt = new FakeConnector("binance");
  const late = new FakeConnector("okx");
  late.listing = undefined;
  const world = new SessionWorld([venueOf(prompt, 0), venueOf(late, 1)]);
  world.session.start();
  world.clock.advance(9_999);
  assertEquals(world.session.running, false);
  assertEquals(world.events, []);
  world.clock.advance(1);
  assertEquals(world.session.running, true);
  assertEquals(prompt.started.length, 1);
  assertEquals(late.started.length, 0);
  late.list(listingOf("okx"));
  assertEquals(late.started.map((one) => one.key as string), ["okx:BTC-USDT-PERP"]);
  assertEquals(world.kinds().filter((kind) => kind === "instrument_defined").length, 2);
  assertEquals(world.kinds().filter((kind) => kind === "session_started").length, 1);
});

Deno.test("Session goes on without a venue whose listing failed, and says why", () => {
  const good = new FakeConnector("binance");
  const bad = new FakeConnector("okx");
  bad.listing = refusedListing("Cannot load okx: HTML");
  const world = new SessionWorld([venueOf(good, 0), venueOf(bad, 1)]);
  world.session.start();
  assertEquals(world.session.running, true);
  assertEquals(world.log.at("error"), ["Cannot load okx: HTML"]);
  assertEquals([good.started.length, bad.started.length], [1, 0]);
});

Deno.test("Session says which instrument is not listed or cannot be worked out", () => {
  const missing = new FakeConnector();
  missing.listing = ok([]);
  const world = new SessionWorld([venueOf(missing)]);
  world.session.start();
  assertEquals(world.log.at("error"), ["BTC-USDT-PERP is not listed by the venue"]);
  assertEquals(missing.started.length, 0);
  const odd = new FakeConnector();
  odd.listing = ok([{
    terms: termsOf({ lot: "0", symbol: symbolOf("BTC-USDT-PERP") }),
    fees: feesOf(),
  }]);
  const other = new SessionWorld([venueOf(odd)]);
  other.session.start();
  assertEquals(other.log.at("error").length, 1);
  assertEquals(
    other.log.at("error")[0]!.startsWith("Cannot load binance:BTC-USDT-PERP: lot"),
    true,
  );
});

Deno.test("Session without venues starts at once", () => {
  const world = new SessionWorld([]);
  world.session.start();
  assertEquals(world.kinds(), ["session_started", "timer"]);
});

Deno.test("Session.command() gives an operator's order to the core at the present time", () => {
  const world = new SessionWorld([]);
  world.session.start();
  world.clock.advance(7);
  world.session.command("set", "operator", "why", [["risk.a", "1"]], true);
  assertEquals(world.events.at(-1), {
    kind: "command",
    name: "set",
    at: world.clock.now(),
    by: "operator",
    reason: "why",
    values: [["risk.a", "1"]],
    releaseKillSwitch: true,
  });
});

Deno.test("Session.stop() orders the shutdown, waits for the last order, then disconnects", () => {
  const connector = new FakeConnector();
  const world = new SessionWorld([venueOf(connector)]);
  world.session.start();
  world.live = 2;
  const left: number[] = [];
  world.session.stop("signal", "SIGINT", (open) => left.push(open));
  assertEquals(world.events.at(-1)!.kind, "command");
  world.clock.advance(500);
  assertEquals([left, connector.stoppedAt], [[], undefined]);
  world.live = 0;
  world.clock.advance(150);
  assertEquals(left, [0]);
  assertEquals(connector.stoppedAt !== undefined, true);
  assertEquals(world.clock.pendingCount, 0);
});

Deno.test("Session.stop() waits at most 10 s and says how many orders may be open", () => {
  const connector = new FakeConnector();
  const world = new SessionWorld([venueOf(connector)]);
  world.session.start();
  world.live = 2;
  const left: number[] = [];
  world.session.stop("signal", "SIGINT", (open) => left.push(open));
  world.clock.advance(9_900);
  assertEquals(left, []);
  world.clock.advance(200);
  assertEquals(left, [2]);
  assertEquals(connector.stoppedAt !== undefined, true);
});

Deno.test("Session.stop() waits longer only for a venue whose cancels are final later", () => {
  const fast = new FakeConnector("okx");
  fast.listing = listingOf("okx");
  const slow = new FakeConnector();
  slow.capabilities = () => capabilitiesOf({ cancelFinalMs: 20_000 });
  const stopped = (liveAtSlow: number) => {
    const world = new SessionWorld([venueOf(fast, 0), venueOf(slow, 1)]);
    world.session.start();
    world.live = 1 + liveAtSlow;
    world.liveOf.set("okx", 1).set("binance", liveAtSlow);
    const since = world.clock.now();
    let took = -1;
    world.session.stop("signal", "SIGINT", () => took = (world.clock.now() - since) / 1_000);
    world.clock.advance(31_000);
    return { seconds: Math.round(took / 100) / 10, warned: world.log.at("warn") };
  };
  assertEquals(stopped(0), { seconds: 10, warned: ["orders may still be open"] });
  assertEquals(stopped(2), {
    seconds: 30,
    warned: ["orders may still be open", "orders may still be open"],
  });
});

Deno.test("Session.stop() before the start ends without a word to the core", () => {
  const connector = new FakeConnector();
  connector.listing = undefined;
  const world = new SessionWorld([venueOf(connector)]);
  world.session.start();
  const left: number[] = [];
  world.live = 9;
  world.session.stop("signal", "SIGINT", (open) => left.push(open));
  world.session.stop("signal", "again", (open) => left.push(open));
  assertEquals([left, world.events], [[0], []]);
  // What comes after the end is passed over.
  connector.list(listingOf("binance"));
  world.clock.advance(20_000);
  assertEquals(world.events, []);
  assertEquals(world.clock.pendingCount, 0);
});

Deno.test("Session.abort() may be called twice", () => {
  const connector = new FakeConnector();
  const world = new SessionWorld([venueOf(connector)]);
  world.session.start();
  world.session.abort();
  const first = connector.stoppedAt;
  world.clock.advance(10);
  world.session.abort();
  assertEquals(connector.stoppedAt, first);
});
