/**
 * Runs the whole house on virtual time and checks what must hold, moment by moment.
 *
 *   start -> horizon (events, checks) -> faults end -> settle -> stop -> final checks -> report
 *
 * 1. Same seed, same run: nothing here reads a clock or chance of its own.
 * 2. Checks run after every event (orders, accounts) and after every `bookCheckEvery`-th market
 *    event.
 * 3. The run ends at the first `violationsMax` violations: later ones are usually echoes.
 * @module
 */
import type { Engine } from "@/engine/core/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueTruth } from "@/engine/ports/mod.ts";
import {
  checkAccounts,
  checkAgainstVenue,
  checkBook,
  checkResolution,
  checkSelfCross,
  QuoteOnBadBook,
  touchesOrders,
} from "./checkers.ts";
import type { VirtualClock } from "./virtual_clock.ts";

/** The house under test, joined by the caller. */
export interface SimulatedHouse {
  readonly engine: Engine;
  readonly venues: readonly VenueTruth[];
  start(): void;
  /** Ends all faults, so that the house can settle. */
  heal(): void;
  stop(onStopped: (openOrders: number) => void): void;
  /** What broke it; undefined while all is well. */
  failure(): string | undefined;
}

/** How to run. */
export interface SimulationOptions {
  readonly clock: VirtualClock;
  readonly hours: number;
  /** 1: after every market event. */
  readonly bookCheckEvery: number;
}

/** How it went. */
export interface SimulationOutcome {
  readonly violations: readonly string[];
  readonly invariantsChecked: number;
  readonly simulatedSeconds: number;
  readonly openAtEnd: number;
}

const VIOLATIONS_MAX = 20;
const SETTLE_MS = 45_000;
const STOP_MS = 60_000;
const STOP_SLICE_MS = 1_000;
const SLICE_MS = 60_000;

/** One simulated run. */
export class SimulationRunner {
  readonly #options: SimulationOptions;
  readonly #quotes = new QuoteOnBadBook();
  readonly #violations: string[] = [];
  #house: SimulatedHouse | undefined;
  #truths = new Map<string, VenueTruth>();
  #checked = 0;
  #marketEvents = 0;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  /** Called by the runner of the house after each event. */
  readonly onProcessed = (event: EngineEvent): void => {
    const house = this.#house;
    if (house === undefined || this.#violations.length >= VIOLATIONS_MAX) return;
    const { engine } = house;
    if (touchesOrders(event)) {
      this.#checked += 2;
      checkAccounts(engine, this.#complain);
      this.#quotes.check(engine, this.#complain);
    }
    if (event.kind === "timer") {
      this.#checked += 2;
      this.#quotes.check(engine, this.#complain);
      checkResolution(engine, this.#complain);
    }
    this.#checkMarket(engine, event);
  };

  /** Runs a house to its end. */
  run(house: SimulatedHouse): SimulationOutcome {
    const { clock, hours } = this.#options;
    this.#house = house;
    this.#truths = new Map(house.venues.map((truth) => [truth.venue, truth]));
    const startedAt = clock.now();
    house.start();
    this.#advance(hours * 3_600_000);
    house.heal();
    this.#advance(SETTLE_MS);
    let openAtEnd = -1;
    house.stop((open) => {
      openAtEnd = open;
      for (const truth of house.venues) {
        this.#checked++;
        checkAgainstVenue(house.engine, truth, this.#complain);
      }
    });
    for (let waited = 0; waited < STOP_MS && openAtEnd < 0; waited += STOP_SLICE_MS) {
      this.#advance(STOP_SLICE_MS);
    }
    if (openAtEnd > 0) this.#complain(`${openAtEnd} orders are open after the orderly stop`);
    if (openAtEnd < 0) this.#complain("the house did not stop");
    const failure = house.failure();
    if (failure !== undefined) this.#complain(`the house failed: ${failure}`);
    this.#house = undefined;
    return {
      violations: this.#violations,
      invariantsChecked: this.#checked,
      simulatedSeconds: (clock.now() - startedAt) / 1e6,
      openAtEnd,
    };
  }

  /** Virtual time goes on in slices, so that a broken house ends early. */
  #advance(milliseconds: number): void {
    const { clock } = this.#options;
    for (let left = milliseconds; left > 0; left -= SLICE_MS) {
      if (this.#house?.failure() !== undefined) return;
      if (this.#violations.length >= VIOLATIONS_MAX) return;
      clock.runFor(Math.min(left, SLICE_MS));
    }
  }

  #checkMarket(engine: Engine, event: EngineEvent): void {
    if (event.kind !== "book_delta" && event.kind !== "book_snapshot") return;
    this.#marketEvents++;
    if (this.#marketEvents % this.#options.bookCheckEvery !== 0) return;
    const slot = engine.state.slot(event.instrument);
    if (slot === undefined) return;
    this.#checked += 2;
    checkBook(engine, slot, this.#truths.get(slot.venue.id), this.#complain);
    checkSelfCross(engine, slot, this.#complain);
  }

  readonly #complain = (text: string): void => {
    if (this.#violations.length < VIOLATIONS_MAX) this.#violations.push(text);
  };
}
