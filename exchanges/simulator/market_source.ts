/**
 * `MarketSource`: who trades beside the accounts: nobody, background traders, or a recording.
 * @module
 */
import {
  type Market,
  type MarketListener,
  MatchingEngine,
  type QueueModelName,
  RecordedMarket,
} from "@/engine/matching/mod.ts";
import type { Product, VenueId } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "@/engine/ports/mod.ts";
import { BackgroundFlow } from "./background_flow.ts";
import type { BackgroundMarketOptions } from "./background_market.ts";
import { type BackgroundProfile, backgroundProfile } from "./background_profile.ts";
import { applyRecorded, RecordedFlow } from "./recorded_flow.ts";
import type { SimInstrument } from "./sim_instrument.ts";

/** Opens each instrument's market and moves it. */
export interface MarketSource {
  /** Called once per instrument, before `start`. */
  openMarket(instrument: SimInstrument, listener: MarketListener): Market;
  start(): void;
  stop(): void;
}

/** Empty markets in which only the accounts trade: for tests. */
export function quietSource(): MarketSource {
  return {
    openMarket: (_instrument, listener) => new MatchingEngine({ listener }),
    start: () => {},
    stop: () => {},
  };
}

/** What background traders need. */
export interface BackgroundSourceOptions {
  readonly seed: number | string;
  readonly venue: VenueId;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Changes of an instrument's profile, such as `eventsPerSecond`. */
  readonly profileOf?: (instrument: SimInstrument) => Partial<BackgroundProfile>;
}

/** First owner number of background agents: far from any account's. */
const BACKGROUND_OWNERS = 1_000;

/** Background traders in matching engines. */
export class BackgroundSource implements MarketSource {
  readonly #options: BackgroundSourceOptions;
  readonly #markets: BackgroundMarketOptions[] = [];
  #flow: BackgroundFlow | undefined;
  #listeners: MarketListener[] = [];
  #nextOrderId = 1;

  constructor(options: BackgroundSourceOptions) {
    this.#options = options;
  }

  /** The traders, once started: their accounts and the fair value. */
  get flow(): BackgroundFlow | undefined {
    return this.#flow;
  }

  openMarket(sim: SimInstrument, listener: MarketListener): Market {
    const index = this.#markets.length;
    const both = tellBoth(listener, () => this.#listeners[index]);
    const market = new MatchingEngine({ listener: both });
    const changes = this.#options.profileOf?.(sim) ?? {};
    this.#markets.push({
      instrument: sim.instrument,
      market,
      nextOrderId: () => this.#nextOrderId++,
      startPrice: sim.options.startPrice,
      profile: backgroundProfile(sim.instrument.terms.base, changes),
    });
    return market;
  }

  start(): void {
    if (this.#flow === undefined) {
      const { seed, venue, clock, scheduler } = this.#options;
      const markets = this.#markets;
      const flow = new BackgroundFlow({
        seed,
        venue,
        clock,
        scheduler,
        markets,
        ownerBase: BACKGROUND_OWNERS,
      });
      this.#flow = flow;
      this.#listeners = markets.map((_market, index) => flow.listenerFor(index));
    }
    this.#flow.start();
  }

  stop(): void {
    this.#flow?.stop();
  }
}

/** What a recording needs. */
export interface RecordedSourceOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Lines of each file in receive order. */
  readonly files: readonly Iterator<string>[];
  readonly speed: number;
  readonly queueModel: QueueModelName;
  /** What was recorded: the other product's markets stay empty. Perpetuals by default. */
  readonly product?: Product;
  readonly onEnd?: () => void;
}

/** A recording as the market; our orders queue in it. */
export class RecordedSource implements MarketSource {
  readonly #options: RecordedSourceOptions;
  readonly #sims: SimInstrument[] = [];
  readonly #markets: RecordedMarket[] = [];
  #flow: RecordedFlow | undefined;

  constructor(options: RecordedSourceOptions) {
    this.#options = options;
  }

  /** The player, once started: its counters. */
  get flow(): RecordedFlow | undefined {
    return this.#flow;
  }

  /** Recorded markets in the order of their instruments: for warnings about own size. */
  get markets(): readonly RecordedMarket[] {
    return this.#markets;
  }

  openMarket(sim: SimInstrument, listener: MarketListener): Market {
    const { queueModel, product } = this.#options;
    if (sim.instrument.terms.product !== (product ?? "perpetual")) {
      return new MatchingEngine({ listener });
    }
    const market = new RecordedMarket({ listener, queueModel });
    this.#sims.push(sim);
    this.#markets.push(market);
    return market;
  }

  start(): void {
    const { clock, scheduler, files, speed, onEnd } = this.#options;
    this.#flow ??= new RecordedFlow({
      clock,
      scheduler,
      instruments: this.#sims.map((sim) => sim.instrument),
      sources: files,
      speed,
      onEvent: (event) => applyRecorded(event, this.#markets[event.market]!),
      ...(onEnd === undefined ? {} : { onEnd }),
    });
    this.#flow.start();
  }

  stop(): void {
    this.#flow?.stop();
  }
}

/** Tells two listeners, the second only once it is there. */
function tellBoth(first: MarketListener, second: () => MarketListener | undefined): MarketListener {
  return {
    onRested(id, owner, side, price, leaves) {
      first.onRested(id, owner, side, price, leaves);
      second()?.onRested(id, owner, side, price, leaves);
    },
    onTrade(trade) {
      first.onTrade(trade);
      second()?.onTrade(trade);
    },
    onRemoved(id, owner, leaves, reason) {
      first.onRemoved(id, owner, leaves, reason);
      second()?.onRemoved(id, owner, leaves, reason);
    },
    onAmended(id, owner, price, leaves) {
      first.onAmended(id, owner, price, leaves);
      second()?.onAmended(id, owner, price, leaves);
    },
    onLevel(side, price, size) {
      first.onLevel(side, price, size);
      second()?.onLevel(side, price, size);
    },
  };
}
