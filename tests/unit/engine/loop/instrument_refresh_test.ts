/**
 * Refreshed instruments: when venues are asked, and what connector and core are told.
 * @module
 */
import {
  err,
  instrumentIndex,
  type InstrumentTerms,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import { InstrumentRefresh } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { RefreshedInstrument } from "@/engine/ports/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, feesOf, orderUpdate } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { FakeConnector, FakeLog } from "./_fakes.ts";

type Answer = Result<readonly RefreshedInstrument[]>;

/** One watched instrument of a venue that answers as told. */
class World {
  readonly clock = new ManualClock();
  readonly log = new FakeLog();
  readonly instrument = btcPerp();
  readonly events: EngineEvent[] = [];
  readonly redefined: string[] = [];
  readonly connector = new FakeConnector();
  readonly refresh: InstrumentRefresh;
  busy = false;
  asked = 0;
  answer: Answer | undefined = ok([{ terms: btcPerp().terms, status: "trading" }]);
  done: (answer: Answer) => void = () => {};

  constructor(everyMs = 60_000) {
    const target = {
      isBusy: () => this.busy,
      get busy() {
        return this.isBusy();
      },
      deliver: (event: EngineEvent) => {
        this.events.push(event);
        this.refresh.observe(event);
      },
    };
    const { clock, log } = this;
    this.refresh = new InstrumentRefresh({ clock, scheduler: clock, log, target, everyMs });
    const connector = Object.assign(this.connector, {
      refreshInstruments: (done: (answer: Answer) => void) => {
        this.asked++;
        this.done = done;
        if (this.answer !== undefined) done(this.answer);
      },
      onRedefined: () => this.redefined.push(this.instrument.terms.tick),
    });
    this.refresh.watch(connector, [{
      instrument: this.instrument,
      listed: { terms: btcPerp().terms, fees: feesOf() },
    }]);
  }

  lists(changes: Partial<InstrumentTerms>, status: RefreshedInstrument["status"] = "trading") {
    this.answer = ok([{ terms: { ...btcPerp().terms, ...changes }, status }]);
  }

  /** Kinds and contents of what the core was told. */
  told(): string[] {
    return this.events.splice(0).map((event) => {
      if (event.kind === "instrument_defined") {
        const { tick, orderTick, minNotional } = event.terms;
        return `defined ${tick} ${orderTick ?? "-"} ${minNotional ?? "-"}`;
      }
      return event.kind === "instrument_status" ? event.status : event.kind;
    });
  }
}

Deno.test("InstrumentRefresh asks every so often, and tells nothing while nothing changes", () => {
  const world = new World();
  world.clock.advance(59_999);
  assertEquals(world.asked, 0);
  world.clock.advance(120_001);
  assertEquals([world.asked, world.told()], [3, []]);
});

Deno.test("InstrumentRefresh never asks by itself when told so, only on doubt", () => {
  const world = new World(0);
  world.clock.advance(600_000);
  assertEquals(world.asked, 0);
  world.connector.onListingDoubt?.();
  world.clock.advance(20);
  assertEquals(world.asked, 1);
});

Deno.test("InstrumentRefresh changes the connector's instrument before the core hears of it", () => {
  const world = new World();
  world.lists({ tick: "0.5", minNotional: "7" });
  const terms: string[] = [];
  world.refresh.observe = () => terms.push(world.instrument.terms.orderTick ?? "-");
  world.clock.advance(60_000);
  assertEquals(world.told(), ["defined 0.1 0.5 7"]);
  assertEquals([terms, world.redefined], [["0.5"], []], "the grids are the same");
  world.lists({ tick: "0.01", minNotional: "7" });
  world.clock.advance(60_000);
  assertEquals(world.told(), ["defined 0.01 - 7"]);
  assertEquals([terms, world.redefined], [["0.5", "-"], ["0.01"]]);
  world.clock.advance(60_000);
  assertEquals(world.told(), [], "told once");
});

Deno.test("InstrumentRefresh waits while an event is in process", () => {
  const world = new World();
  world.lists({ tick: "0.01" });
  world.busy = true;
  world.clock.advance(60_000);
  assertEquals(world.told(), []);
  world.busy = false;
  world.clock.advance(1);
  assertEquals(world.told(), ["defined 0.01 - 100"]);
});

Deno.test("InstrumentRefresh tells changes of status, and delisting by absence", () => {
  const world = new World();
  for (
    const [status, told] of [
      ["halted", ["halted"]],
      ["halted", []],
      ["trading", ["trading"]],
    ] as const
  ) {
    world.lists({}, status);
    world.clock.advance(60_000);
    assertEquals(world.told(), [...told]);
  }
  world.answer = ok([]);
  world.clock.advance(60_000);
  assertEquals(world.told(), ["delisted"]);
  world.answer = ok([{ terms: btcPerp().terms }]);
  world.clock.advance(60_000);
  assertEquals(world.told(), ["trading"], "listed again, where the connector tells the rest");
});

Deno.test("InstrumentRefresh asks at once after doubt, once for many, and not sooner again", () => {
  const world = new World();
  world.clock.advance(10_000);
  const doubts: readonly EngineEvent[] = [
    orderUpdate({ status: "rejected", reason: "filter" }),
    {
      kind: "feed_interrupted",
      instrument: btcPerp().index,
      at: world.clock.now(),
      reason: "refused_frame",
    },
    {
      kind: "instrument_status",
      instrument: btcPerp().index,
      at: world.clock.now(),
      venueAt: world.clock.now(),
      status: "halted",
    },
  ];
  for (const event of doubts) world.refresh.observe(event);
  world.clock.advance(20);
  assertEquals(world.asked, 1);
  for (const event of doubts) world.refresh.observe(event);
  world.clock.advance(1_900);
  assertEquals(world.asked, 1);
  world.clock.advance(100);
  assertEquals(world.asked, 2);
});

Deno.test("InstrumentRefresh asks for a book that stands still, at most every ten seconds", () => {
  const world = new World(0);
  const { refresh, clock, instrument } = world;
  clock.advance(60_000);
  world.lists({}, "halted");
  refresh.suspectHalt(instrumentIndex(9));
  clock.advance(1_000);
  assertEquals(world.asked, 0);
  for (let second = 0; second < 21; second++) {
    refresh.suspectHalt(instrument.index);
    clock.advance(1_000);
  }
  assertEquals([world.asked, world.told()], [3, ["halted"]]);
});

Deno.test("InstrumentRefresh lets ordinary events pass", () => {
  const world = new World();
  world.clock.advance(10_000);
  const at = world.clock.now();
  const index = btcPerp().index;
  world.refresh.observe(orderUpdate({ status: "rejected", reason: "post_only_would_take" }));
  world.refresh.observe({ kind: "feed_interrupted", instrument: index, at, reason: "silent" });
  world.refresh.observe({ kind: "timer", at });
  world.clock.advance(5_000);
  assertEquals(world.asked, 0);
});

Deno.test("InstrumentRefresh asks once more when doubt comes while it waits for an answer", () => {
  const world = new World();
  world.answer = undefined;
  world.clock.advance(60_000);
  world.connector.onListingDoubt?.();
  world.clock.advance(5_000);
  assertEquals(world.asked, 1);
  world.done(err("no answer"));
  world.clock.advance(20);
  assertEquals(world.asked, 2);
  assertEquals(world.log.at("debug"), ["instruments not refreshed: no answer"]);
});

Deno.test("InstrumentRefresh halts what it cannot follow, says why once, and lets it stay so", () => {
  const world = new World();
  world.lists({ contractSize: "10" });
  world.clock.advance(60_000);
  assertEquals(world.told(), ["halted"]);
  assert(world.log.at("error")[0]!.includes("wanted contract size"));
  world.clock.advance(60_000);
  assertEquals([world.told(), world.log.at("error").length], [[], 1]);
});

Deno.test("InstrumentRefresh lets no connector say that what it halted trades", () => {
  const world = new World();
  const passed: string[] = [];
  const receiver = world.refresh.guard({
    deliver: (event) => {
      if (event.kind === "instrument_status") passed.push(event.status);
      else passed.push(event.kind);
    },
  });
  const { index } = world.instrument;
  const say = (status: "trading" | "halted", instrument = index) =>
    receiver.deliver({
      kind: "instrument_status",
      instrument,
      at: world.clock.now(),
      venueAt: world.clock.now(),
      status,
    });
  say("halted");
  say("trading");
  world.lists({ contractSize: "10" });
  world.clock.advance(60_000);
  say("trading");
  say("trading", instrumentIndex(index + 1));
  receiver.deliver(orderUpdate());
  assertEquals(passed, ["halted", "trading", "trading", "order"]);
  // Nor does the listing, were it to name the old size again.
  world.lists({});
  world.clock.advance(60_000);
  assertEquals(world.told(), ["halted"]);
});

Deno.test("InstrumentRefresh tells what is listed again as its connector said of it meanwhile", () => {
  for (const [said, told] of [["halted", "halted"], ["trading", "trading"]] as const) {
    const world = new World();
    const [at, { index }] = [world.clock.now(), world.instrument];
    const receiver = world.refresh.guard({ deliver: () => {} });
    const status = { kind: "instrument_status", instrument: index, at, venueAt: at } as const;
    world.answer = ok([]);
    world.clock.advance(60_000);
    receiver.deliver({ ...status, status: said });
    world.answer = ok([{ terms: btcPerp().terms }]);
    world.clock.advance(60_000);
    assertEquals(world.told(), ["delisted", told]);
  }
});

Deno.test("InstrumentRefresh leaves no timer behind, and takes no answer after its end", () => {
  const world = new World();
  world.answer = undefined;
  world.clock.advance(60_000);
  world.refresh.stop();
  world.lists({ tick: "0.01" });
  world.done(world.answer ?? err(""));
  world.clock.advance(600_000);
  assertEquals([world.told(), world.asked], [[], 1]);
});
