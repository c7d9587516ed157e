/**
 * `BackgroundMarket`: what all background agents of one instrument share: its fair value, the way
 * to the market, and the account of each agent.
 *
 * 1. Every agent trades through the market alone: what one gains another loses.
 * 2. Accounts are counts (lots, tick-lots), kept from the market's own trades.
 * @module
 */
import type { Instrument, Micros, Side, TimeInForce } from "@/engine/domain/mod.ts";
import type {
  Market,
  MarketListener,
  MarketOrder,
  MatchedTrade,
  RemovalReason,
} from "@/engine/matching/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { EfficientPrice } from "./background_price.ts";
import type { BackgroundProfile } from "./background_profile.ts";

/** One instrument as the background flow is given it. */
export interface BackgroundMarketOptions {
  readonly instrument: Instrument;
  readonly market: Market;
  nextOrderId(): number;
  /** Price in ticks at the origin of the efficient price. */
  readonly startPrice: number;
  readonly profile: BackgroundProfile;
}

/** Somebody who acts from time to time. */
export interface BackgroundAgent {
  /** When it acts next, in microseconds. */
  nextAt: number;
  act(at: number): void;
  /** A resting order of its own has `leaves` lots left; 0: it is gone. */
  onLeaves(id: number, leaves: number): void;
}

/** What an agent owns: lots, and tick-lots paid (below zero) or received. */
export interface AgentAccount {
  readonly name: string;
  lots: number;
  cash: number;
  volume: number;
}

/** Half-life of the basis: an hour. */
const BASIS_KEEP_PER_SECOND = 2 ** (-1 / 3_600);

/** The shared part of one instrument's agents. */
export class BackgroundMarket implements MarketListener {
  readonly instrument: Instrument;
  readonly market: Market;
  readonly profile: BackgroundProfile;
  readonly seedPath: string;
  readonly accounts: AgentAccount[] = [];
  readonly agents: BackgroundAgent[] = [];
  /** Level changes heard so far. */
  levelChanges = 0;
  readonly #options: BackgroundMarketOptions;
  readonly #price: EfficientPrice;
  readonly #ownerBase: number;
  readonly #basisRandom: SeededRandom;
  #basis: number;
  #basisAt: number;
  readonly #order: { -readonly [K in keyof MarketOrder]: MarketOrder[K] };

  constructor(
    options: BackgroundMarketOptions,
    shared: {
      readonly price: EfficientPrice;
      readonly ownerBase: number;
      readonly seedPath: string;
      readonly startAt: Micros;
    },
  ) {
    this.#options = options;
    this.instrument = options.instrument;
    this.market = options.market;
    this.profile = options.profile;
    this.#price = shared.price;
    this.#ownerBase = shared.ownerBase;
    this.seedPath = shared.seedPath;
    this.#basisRandom = new SeededRandom(`${shared.seedPath}/basis`);
    this.#basis = this.#basisRandom.normal() * options.profile.basisBp;
    this.#basisAt = shared.startAt;
    this.#order = {
      id: 0,
      owner: 0,
      side: "buy",
      price: 0,
      size: 0,
      timeInForce: "gtc",
      postOnly: false,
      selfTrade: "allow",
    };
  }

  /** Adds an agent; its number is its place. */
  add(name: string, make: (number: number) => BackgroundAgent): void {
    const number = this.accounts.length;
    this.accounts.push({ name, lots: 0, cash: 0, volume: 0 });
    this.agents.push(make(number));
  }

  /** A stream of chance of one agent's own. */
  random(name: string): SeededRandom {
    return new SeededRandom(`${this.seedPath}/${name}`);
  }

  /** This venue's fair value in fractional ticks, as it was `lagMs` and the venue's delay ago. */
  fairAt(at: number, lagMs: number): number {
    this.#moveBasis(at);
    const bp = this.#price.bpAt(at - (lagMs + this.profile.delayMs) * 1_000) + this.#basis;
    return this.#options.startPrice * Math.exp(bp * 1e-4);
  }

  /** Volatility now as a multiple of the usual. */
  volatilityAt(at: number): number {
    return this.#price.volatilityAt(at);
  }

  /** Lots worth `value` quote currency at `priceTicks`, at least the smallest order. */
  lotsOf(value: number, priceTicks: number): number {
    const lots = this.instrument.sizeFromValue(value / this.instrument.priceValue(priceTicks));
    return Math.max(lots, this.instrument.minSize);
  }

  /** A number for the next order. */
  nextOrderId(): number {
    return this.#options.nextOrderId();
  }

  /** Sends an order of agent `number`. */
  submit(
    id: number,
    number: number,
    side: Side,
    price: number,
    size: number,
    timeInForce: TimeInForce,
  ): void {
    const order = this.#order;
    order.id = id;
    order.owner = this.#ownerBase + number;
    order.side = side;
    order.price = price;
    order.size = size;
    order.timeInForce = timeInForce;
    order.postOnly = timeInForce === "gtc";
    this.market.submit(order);
  }

  onTrade(trade: MatchedTrade): void {
    const maker = trade.makerOwner - this.#ownerBase;
    if (maker >= 0 && maker < this.accounts.length) {
      book(this.accounts[maker]!, trade.aggressor === "buy" ? -1 : 1, trade);
      this.agents[maker]!.onLeaves(trade.makerId, trade.makerLeaves);
    }
    const taker = trade.takerOwner - this.#ownerBase;
    if (taker >= 0 && taker < this.accounts.length) {
      book(this.accounts[taker]!, trade.aggressor === "buy" ? 1 : -1, trade);
    }
  }

  onRemoved(id: number, owner: number, _leaves: number, _reason: RemovalReason): void {
    const agent = this.agents[owner - this.#ownerBase];
    if (agent !== undefined) agent.onLeaves(id, 0);
  }

  onLevel(): void {
    this.levelChanges++;
  }

  onRested(): void {}
  onAmended(): void {}

  /** The basis drifts slowly round zero; one draw a second, none for a time nobody asks about. */
  #moveBasis(at: number): void {
    const seconds = Math.floor((at - this.#basisAt) / 1e6);
    if (seconds < 1) return;
    this.#basisAt += seconds * 1e6;
    const keep = BASIS_KEEP_PER_SECOND ** seconds;
    const shock = this.profile.basisBp * Math.sqrt(1 - keep * keep);
    this.#basis = keep * this.#basis + shock * this.#basisRandom.normal();
  }
}

function book(account: AgentAccount, sign: 1 | -1, trade: MatchedTrade): void {
  account.lots += sign * trade.size;
  account.cash -= sign * trade.size * trade.price;
  account.volume += trade.size;
}
