/**
 * `BackgroundFlow`: the other traders of a simulated venue, so that its books are worth quoting in.
 *
 *   EfficientPrice (per base) -> BackgroundMarket (per instrument) -> makers, takers -> Market
 *
 * 1. Same seed, venue, instruments and clock: same orders. Each agent has a chance of its own, so
 *    our orders reshuffle nobody's luck.
 * 2. All venues of one seed share the efficient price of a base.
 * 3. No money from nowhere: agents act through the market alone. Permanent impact of single trades
 *    is left out; prices follow the efficient price, pressure shows as makers' lean.
 * 4. Orders are bounded: makers move their orders, takers never rest.
 * Source: MARKETS.md section 7.
 * @module
 */
import { assert, type Micros, type VenueId } from "@/engine/domain/mod.ts";
import type { MarketListener } from "@/engine/matching/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { MinHeap } from "@/engine/collections/mod.ts";
import { BackgroundMaker, type MakerTraits } from "./background_maker.ts";
import {
  type AgentAccount,
  type BackgroundAgent,
  BackgroundMarket,
  type BackgroundMarketOptions,
} from "./background_market.ts";
import { EfficientPrice } from "./background_price.ts";
import type { BackgroundProfile } from "./background_profile.ts";
import { InformedTakers, UninformedTakers } from "./background_taker.ts";

/** What a venue's background is made of. */
export interface BackgroundFlowOptions {
  readonly seed: number | string;
  readonly venue: VenueId;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly markets: readonly BackgroundMarketOptions[];
  /** Owner number of the first agent; agents take 64 numbers a market from here on. */
  readonly ownerBase: number;
  /** Instant at which every market stands at its start price; default: last midnight, UTC. */
  readonly originAt?: Micros;
}

/** Owner numbers a market may use. */
export const AGENTS_PER_MARKET = 64;
const DAY_US = 86_400_000_000;
/** Actions done in one turn before others may run. */
const ACTIONS_PER_TURN = 512;
/** After a pause longer than this, what was missed is left out. */
const LATE_US_MAX = 1_000_000;

/** One agent with the place that breaks ties. */
interface Due {
  readonly agent: BackgroundAgent;
  readonly place: number;
}

/** Background traders of one venue. */
export class BackgroundFlow {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #markets: BackgroundMarket[] = [];
  readonly #makers: BackgroundMaker[] = [];
  readonly #due = new MinHeap<Due>(byTime);
  readonly #prices = new Map<string, EfficientPrice>();
  readonly #turn: () => void;
  #timer: TimerId | undefined;
  #running = false;
  #opened = false;
  #actions = 0;

  constructor(options: BackgroundFlowOptions) {
    this.#clock = options.clock;
    this.#scheduler = options.scheduler;
    this.#turn = () => this.#run();
    const startAt = options.clock.now();
    const originAt = options.originAt ?? startAt - startAt % DAY_US;
    options.markets.forEach((each, index) => {
      const market = new BackgroundMarket(each, {
        price: this.#priceOf(options.seed, each.instrument.terms.base, each.profile, originAt),
        ownerBase: options.ownerBase + index * AGENTS_PER_MARKET,
        seedPath: `${options.seed}/${options.venue}/${each.instrument.terms.symbol}`,
        startAt,
      });
      this.#populate(market, startAt);
      this.#markets.push(market);
    });
    const agents = this.#markets.flatMap((market) => market.agents);
    agents.forEach((agent, place) => this.#due.push({ agent, place }));
  }

  /** Fills the books and lets the agents act until `stop`. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    if (!this.#opened) {
      this.#opened = true;
      const now = this.#clock.now();
      for (const maker of this.#makers) maker.open(now);
    }
    this.#schedule();
  }

  /** Nobody acts any more; what rests stays. */
  stop(): void {
    this.#running = false;
    if (this.#timer !== undefined) this.#scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** What must hear everything that happens in market `index`. */
  listenerFor(index: number): MarketListener {
    return this.#marketAt(index);
  }

  /** This venue's fair value of market `index` now, in fractional ticks: for marks and indices. */
  fairValue(index: number): number {
    return this.#marketAt(index).fairAt(this.#clock.now(), 0);
  }

  /** What each agent of market `index` owns. */
  accountsOf(index: number): readonly AgentAccount[] {
    return this.#marketAt(index).accounts;
  }

  /** How often agents have acted. */
  get actions(): number {
    return this.#actions;
  }

  #marketAt(index: number): BackgroundMarket {
    const market = this.#markets[index];
    assert(market !== undefined, "Background flow has no such market");
    return market;
  }

  #priceOf(
    seed: number | string,
    base: string,
    profile: BackgroundProfile,
    originAt: number,
  ): EfficientPrice {
    const known = this.#prices.get(base);
    if (known !== undefined) return known;
    const made = new EfficientPrice({ seed, base, sigmaBp: profile.sigmaBp, originAt });
    this.#prices.set(base, made);
    return made;
  }

  #populate(here: BackgroundMarket, startAt: number): void {
    for (const traits of makersOf(here.profile)) {
      here.add(traits.name, (number) => {
        const maker = new BackgroundMaker(here, number, traits, startAt);
        this.#makers.push(maker);
        return maker;
      });
    }
    here.add("uninformed", (number) => new UninformedTakers(here, number, startAt));
    here.add("informed", (number) => new InformedTakers(here, number, startAt));
    assert(here.agents.length <= AGENTS_PER_MARKET, "A market has too many background agents");
  }

  #schedule(): void {
    const first = this.#due.peek();
    if (first === undefined) return;
    const wait = Math.max(0, first.agent.nextAt - this.#clock.now());
    this.#timer = this.#scheduler.after(wait / 1_000, this.#turn);
  }

  /** Lets everybody act who is due. */
  #run(): void {
    if (!this.#running) return;
    const now = this.#clock.now();
    for (let done = 0; done < ACTIONS_PER_TURN; done++) {
      const first = this.#due.peek()!;
      if (first.agent.nextAt > now) break;
      const late = now - first.agent.nextAt > LATE_US_MAX;
      this.#actions++;
      first.agent.act(late ? now : first.agent.nextAt);
      this.#due.replaceTop(first);
    }
    this.#schedule();
  }
}

function byTime(a: Due, b: Due): number {
  return a.agent.nextAt - b.agent.nextAt || a.place - b.place;
}

/** The makers of a profile: two fast and close, some slow and noisy, one deep. */
function makersOf(profile: BackgroundProfile): MakerTraits[] {
  const pace = 10 / profile.eventsPerSecond;
  const makers: MakerTraits[] = [];
  for (let at = 0; at < profile.fastMakers; at++) {
    makers.push({
      name: `fast ${at + 1}`,
      levels: 3,
      halfSpreadBp: profile.fastHalfSpreadBp * (1 + 0.1 * at),
      stepBp: 0.5,
      value: profile.makerValue,
      lagMs: 50 + 40 * at,
      noiseBp: 0.1,
      everyMs: 550 * pace,
      changesMax: 3,
      skewBp: 0.6,
    });
  }
  for (let at = 0; at < profile.crowdMakers; at++) {
    makers.push({
      name: `crowd ${at + 1}`,
      levels: 4,
      halfSpreadBp: profile.crowdHalfSpreadBp * (1 + 0.12 * at),
      stepBp: 0.8,
      value: profile.makerValue * 1.5,
      lagMs: 200 + 75 * at,
      noiseBp: 0.35,
      everyMs: 1_300 * pace,
      changesMax: 3,
      skewBp: 0.8,
    });
  }
  makers.push({
    name: "deep",
    levels: profile.deepLevels,
    halfSpreadBp: profile.crowdHalfSpreadBp * 4,
    stepBp: 0.8,
    value: profile.makerValue * 3,
    lagMs: 400,
    noiseBp: 0.2,
    everyMs: 1_500 * pace,
    changesMax: 6,
    skewBp: 1,
  });
  return makers;
}
