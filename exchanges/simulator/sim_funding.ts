/**
 * Mark prices once a second, funding every eight hours.
 *
 * Index: the mid of the same base's spot here, else a slow average of the own mid. Mark: the index
 * times one plus the averaged premium of the own mid over it. Rate of eight hours: the averaged
 * premium plus the interest of one basis point, held within five basis points of each other.
 * Source: venue documents on mark price and funding, as summed up in the protocol sheets.
 * @module
 */
import { type Micros, micros, type Money, money, notional } from "@/engine/domain/mod.ts";
import type { Price } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { type SimUser, toEightDecimals } from "./sim_accounts.ts";
import type { SimInstrument } from "./sim_instrument.ts";

/** What marks need to know of their exchange. */
export interface MarkedExchange {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly instruments: readonly SimInstrument[];
  readonly users: ReadonlyMap<number, SimUser>;
}

const FUNDING_EVERY_US = 8 * 3_600_000_000;
const PREMIUM_SHARE_PER_TICK = 1 / 60;
const INDEX_SHARE_PER_TICK = 1 / 120;
const INTEREST = 0.0001;
const CLAMP = 0.0005;
const RATE_MAX = 0.02;

/** Keeps mark, index, premium and the rate of every perpetual, and pays funding. */
export class MarkPrices {
  readonly #exchange: MarkedExchange;
  readonly #onMark: (instrument: SimInstrument) => void;
  readonly #onFunding: (owner: number, instrument: SimInstrument, amount: Money) => void;
  /** Perpetuals whose average has begun: it begins at the first mid, not at a start price. */
  readonly #marked = new Set<SimInstrument>();
  #timer: TimerId | undefined;

  constructor(
    exchange: MarkedExchange,
    onMark: (instrument: SimInstrument) => void,
    onFunding: (owner: number, instrument: SimInstrument, amount: Money) => void,
  ) {
    this.#exchange = exchange;
    this.#onMark = onMark;
    this.#onFunding = onFunding;
  }

  start(): void {
    const now = this.#exchange.clock.now();
    for (const sim of this.#exchange.instruments) sim.nextFundingAt = nextFunding(now);
    this.#schedule(now);
  }

  stop(): void {
    if (this.#timer !== undefined) this.#exchange.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #schedule(now: Micros): void {
    const untilSecond = 1_000 - (now % 1_000_000) / 1_000;
    this.#timer = this.#exchange.scheduler.after(untilSecond, () => {
      const at = this.#exchange.clock.now();
      this.#tick(at);
      this.#schedule(at);
    });
  }

  #tick(now: Micros): void {
    for (const sim of this.#exchange.instruments) {
      const mid = sim.mid();
      if (!sim.perpetual) {
        sim.mark = mid;
        sim.index = mid;
        continue;
      }
      const first = !this.#marked.has(sim);
      if (first && sim.bid > 0) this.#marked.add(sim);
      const slow = first ? mid : sim.index + (mid - sim.index) * INDEX_SHARE_PER_TICK;
      sim.index = this.#spotTwin(sim) ?? slow;
      sim.premium += ((mid - sim.index) / sim.index - sim.premium) * PREMIUM_SHARE_PER_TICK;
      sim.mark = sim.index * (1 + sim.premium);
      const pulled = Math.max(-CLAMP, Math.min(CLAMP, INTEREST - sim.premium));
      sim.fundingRate = Math.max(-RATE_MAX, Math.min(RATE_MAX, sim.premium + pulled));
      if (now >= sim.nextFundingAt) this.#pay(sim, now);
      this.#onMark(sim);
    }
  }

  /** Mid of the same base and quote's spot, in this instrument's ticks. */
  #spotTwin(sim: SimInstrument): number | undefined {
    const { base, quote } = sim.instrument.terms;
    const twin = this.#exchange.instruments.find((each) =>
      !each.perpetual && each.instrument.terms.base === base &&
      each.instrument.terms.quote === quote && each.bid > 0 && each.ask > 0
    );
    if (twin === undefined) return undefined;
    return twin.mid() * twin.instrument.tickValue / sim.instrument.tickValue;
  }

  #pay(sim: SimInstrument, now: Micros): void {
    sim.nextFundingAt = nextFunding(now);
    for (const user of this.#exchange.users.values()) {
      const size = user.positions.get(sim)?.size ?? 0;
      if (size === 0) continue;
      const value = notional(sim.instrument, Math.round(sim.mark) as Price, size);
      const millionths = BigInt(Math.round(sim.fundingRate * 1e8));
      const amount = toEightDecimals(-value * millionths / 100_000_000n);
      if (amount !== 0n) this.#onFunding(user.owner, sim, money(amount));
    }
  }
}

function nextFunding(now: Micros): Micros {
  return micros((Math.floor(now / FUNDING_EVERY_US) + 1) * FUNDING_EVERY_US);
}
