/**
 * The simulation's runner over a tiny scripted house: when it checks, and how a run ends.
 * @module
 */
import { type SimulatedHouse, SimulationRunner, VirtualClock } from "@/engine/simulation/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { TrueAccount, VenueTruth } from "@/engine/ports/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { START } from "@/tests/support/builders.ts";
import { CoreWorld } from "@/tests/unit/engine/core/_core_world.ts";

/** A house that ticks each virtual second; a test says what else happens. */
class TinyHouse implements SimulatedHouse {
  readonly clock = new VirtualClock(START);
  readonly world = new CoreWorld().begin();
  readonly runner: SimulationRunner;
  readonly venues: VenueTruth[] = [];
  readonly calls: string[] = [];
  account: Partial<TrueAccount> = {};
  broken: string | undefined;
  openAtEnd: number | undefined = 0;
  ticks = 0;
  onTick: (tick: number) => void = () => {};

  constructor(hours: number, bookCheckEvery = 1) {
    this.runner = new SimulationRunner({ clock: this.clock, hours, bookCheckEvery });
    this.venues.push({
      venue: "binance",
      touchAt: () => ({ bid: 1, bidSize: 1, ask: 2, askSize: 1 }),
      account: () => ({
        positions: [],
        openOrders: [],
        balances: [],
        fillCount: 0,
        sentTwice: [],
        imbalances: [],
        ...this.account,
      }),
    });
  }

  get engine() {
    return this.world.engine;
  }

  start(): void {
    this.calls.push("start");
    const tick = () => {
      this.onTick(++this.ticks);
      this.clock.after(1_000, tick);
    };
    this.clock.after(1_000, tick);
  }

  heal(): void {
    this.calls.push(`heal at ${this.ticks}`);
  }

  stop(onStopped: (openOrders: number) => void): void {
    this.calls.push(`stop at ${this.ticks}`);
    if (this.openAtEnd !== undefined) onStopped(this.openAtEnd);
  }

  failure(): string | undefined {
    return this.broken;
  }

  see(event: EngineEvent): void {
    this.runner.onProcessed(event);
  }
}

const TIMER: EngineEvent = { kind: "timer", at: START };

Deno.test("SimulationRunner runs the horizon, heals, settles, stops and checks the venues", () => {
  const house = new TinyHouse(1 / 60);
  const outcome = house.runner.run(house);
  assertEquals(house.calls, ["start", "heal at 60", "stop at 105"]);
  assertEquals(outcome, {
    violations: [],
    invariantsChecked: 1,
    simulatedSeconds: 105,
    openAtEnd: 0,
  });
});

Deno.test("SimulationRunner checks orders on order events, quotes on timers, books on deltas", () => {
  const house = new TinyHouse(1 / 60, 3);
  house.onTick = (tick) => {
    if (tick === 1) house.see({ kind: "fill" } as EngineEvent);
    if (tick === 2) house.see(TIMER);
    if (tick === 3) house.see({ kind: "trade" } as EngineEvent);
    // Every third market event is looked at: books of unknown instruments cannot be.
    if (tick > 3 && tick <= 9) house.see({ kind: "book_delta", instrument: 0 } as EngineEvent);
    if (tick > 9 && tick <= 12) house.see({ kind: "book_delta", instrument: 9 } as EngineEvent);
  };
  assertEquals(house.runner.run(house).invariantsChecked, 2 + 2 + 2 * 2 + 1);
});

Deno.test("SimulationRunner compares a usable book with its venue's truth", () => {
  const house = new TinyHouse(1 / 60);
  house.world.reconcile();
  house.world.snapshot(1_000, 1_010);
  house.onTick = (tick) => {
    if (tick === 1) house.see({ kind: "book_snapshot", instrument: 0 } as EngineEvent);
  };
  const { violations } = house.runner.run(house);
  assertEquals(violations.length, 1);
  assertMatch(violations[0]!, /our touch is/);
});

Deno.test("SimulationRunner reports an order left open and a house that never stops", () => {
  const open = new TinyHouse(1 / 60);
  open.openAtEnd = 3;
  assertEquals(open.runner.run(open).violations, ["3 orders are open after the orderly stop"]);
  const stuck = new TinyHouse(1 / 60);
  stuck.openAtEnd = undefined;
  const outcome = stuck.runner.run(stuck);
  assertEquals([outcome.violations, outcome.openAtEnd], [["the house did not stop"], -1]);
});

Deno.test("SimulationRunner ends early when the house breaks, and says what broke it", () => {
  const house = new TinyHouse(1);
  house.onTick = (tick) => {
    if (tick === 90) house.broken = "Error: ledger";
  };
  house.openAtEnd = undefined;
  const outcome = house.runner.run(house);
  assert(outcome.simulatedSeconds <= 121, `ran ${outcome.simulatedSeconds} s`);
  assert(outcome.violations.includes("the house failed: Error: ledger"));
});

Deno.test("SimulationRunner stops at twenty violations: later ones are echoes", () => {
  const house = new TinyHouse(1);
  house.world.gate.counters.ledgerBreaks = 1;
  house.onTick = () => house.see({ kind: "fill" } as EngineEvent);
  const outcome = house.runner.run(house);
  assertEquals(outcome.violations.length, 20);
  assert(outcome.simulatedSeconds <= 61, `ran ${outcome.simulatedSeconds} s`);
});

Deno.test("SimulationRunner takes no event before and after its run", () => {
  const house = new TinyHouse(1 / 60);
  house.world.gate.counters.ledgerBreaks = 1;
  house.see({ kind: "fill" } as EngineEvent);
  const outcome = house.runner.run(house);
  house.see({ kind: "fill" } as EngineEvent);
  assertEquals(outcome.violations, []);
});
