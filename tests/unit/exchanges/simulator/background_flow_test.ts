/**
 * `BackgroundFlow` on virtual time: a book worth quoting in, the same for the same seed, and no
 * money from nowhere.
 * @module
 */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import {
  accountKey,
  createInstrument,
  type Instrument,
  instrumentIndex,
  InvariantError,
  type Micros,
  micros,
  type Nanos,
  nanos,
  type Side,
  symbolFrom,
  unwrap,
  type VenueId,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { type MarketListener, MatchingEngine } from "@/engine/matching/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { AGENTS_PER_MARKET, BackgroundFlow } from "@/exchanges/simulator/background_flow.ts";
import { EfficientPrice } from "@/exchanges/simulator/background_price.ts";
import { backgroundProfile } from "@/exchanges/simulator/background_profile.ts";

const START = 1_790_000_000_000_000;
const OWNER_BASE = 1_000_000;
const OURS = 7;

interface Timer {
  readonly at: number;
  readonly id: TimerId;
  readonly run: () => void;
}

/** Time that moves only when told; timers of one instant run in the order they were set. */
class VirtualTime implements Clock, Scheduler {
  at = START;
  #timers: Timer[] = [];
  #lastId = 0;

  now(): Micros {
    return micros(this.at);
  }
  monotonic(): Nanos {
    return nanos((this.at - START) * 1_000);
  }
  after(delayMs: number, run: () => void): TimerId {
    this.#timers.push({ at: this.at + Math.round(delayMs * 1_000), id: ++this.#lastId, run });
    return this.#lastId;
  }
  cancel(timer: TimerId): void {
    this.#timers = this.#timers.filter((each) => each.id !== timer);
  }
  get waiting(): number {
    return this.#timers.length;
  }
  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const each of this.#timers) {
      if (first === undefined || each.at < first.at) first = each;
    }
    return first;
  }
  runFor(seconds: number): void {
    const until = this.at + seconds * 1e6;
    for (;;) {
      const next = this.#first();
      if (next === undefined || next.at > until) break;
      this.cancel(next.id);
      this.at = Math.max(this.at, next.at);
      next.run();
    }
    this.at = until;
  }
}

function instrumentOf(venue: VenueId, base: string, tick: string, index: number): Instrument {
  return unwrap(
    createInstrument(instrumentIndex(index), {
      venue,
      symbol: symbolFrom(base, "USDT", "perpetual"),
      venueSymbol: venueSymbolOf(`${base}USDT`),
      product: "perpetual",
      account: accountKey(venue, "perpetual"),
      base,
      quote: "USDT",
      settle: "USDT",
      tick,
      lot: "0.001",
      contractSize: "1",
    }),
  );
}

/** What was heard of one market. */
class Heard implements MarketListener {
  readonly market: MatchingEngine;
  forward: MarketListener | undefined;
  trades = 0;
  volume = 0;
  hash = 0;
  ownFills = 0;
  /** Instants at which the depth changed. */
  changes = 0;
  readonly #time: VirtualTime;
  #changedAt = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
    this.market = new MatchingEngine({ listener: this });
  }

  onRested(...parts: Parameters<MarketListener["onRested"]>): void {
    this.forward?.onRested(...parts);
  }
  onTrade(trade: Parameters<MarketListener["onTrade"]>[0]): void {
    this.trades++;
    this.volume += trade.size;
    if (trade.makerOwner === OURS) this.ownFills++;
    this.#mix(trade.price, trade.size);
    this.forward?.onTrade(trade);
  }
  onRemoved(...parts: Parameters<MarketListener["onRemoved"]>): void {
    this.forward?.onRemoved(...parts);
  }
  onAmended(...parts: Parameters<MarketListener["onAmended"]>): void {
    this.forward?.onAmended(...parts);
  }
  onLevel(side: Side, price: number, size: number): void {
    if (this.#time.at !== this.#changedAt) this.changes++;
    this.#changedAt = this.#time.at;
    this.#mix(side === "buy" ? price : -price, size);
    this.forward?.onLevel(side, price, size);
  }
  #mix(a: number, b: number): void {
    this.hash = (Math.imul(Math.imul(this.hash, 31) + a, 31) + b) | 0;
  }
}

interface House {
  readonly time: VirtualTime;
  readonly flow: BackgroundFlow;
  readonly markets: readonly Heard[];
  nextOrderId(): number;
}

function house(seed: number, venue: VenueId = "binance", eventsPerSecond = 10): House {
  const time = new VirtualTime();
  const markets = [new Heard(time), new Heard(time)];
  let lastId = 0;
  const nextOrderId = () => ++lastId;
  const flow = new BackgroundFlow({
    seed,
    venue,
    clock: time,
    scheduler: time,
    ownerBase: OWNER_BASE,
    originAt: micros(START),
    markets: [
      {
        instrument: instrumentOf(venue, "BTC", "0.1", 0),
        market: markets[0]!.market,
        nextOrderId,
        startPrice: 640_000,
        profile: backgroundProfile("BTC", { eventsPerSecond }),
      },
      {
        instrument: instrumentOf(venue, "ETH", "0.01", 1),
        market: markets[1]!.market,
        nextOrderId,
        startPrice: 340_000,
        profile: backgroundProfile("ETH", { eventsPerSecond }),
      },
    ],
  });
  markets.forEach((heard, index) => heard.forward = flow.listenerFor(index));
  return { time, flow, markets, nextOrderId };
}

function levelCount(market: MatchingEngine, side: Side): number {
  let count = 0;
  market.forEachLevel(side, () => {
    count++;
    return true;
  });
  return count;
}

Deno.test("BackgroundFlow keeps two-sided deep books for ten minutes, ten changes a second", () => {
  const { time, flow, markets } = house(20);
  flow.start();
  for (let second = 0; second < 600; second++) {
    time.runFor(1);
    for (const { market } of markets) {
      const bid = market.best("buy");
      const ask = market.best("sell");
      assert(bid > 0 && ask > bid, `one-sided or crossed at ${second} s: ${bid} / ${ask}`);
      assert((ask - bid) / bid < 30e-4, `spread of ${ask - bid} ticks at ${second} s`);
      if (second % 60 === 0) {
        assert(levelCount(market, "buy") >= 20, "at least 20 levels bid");
        assert(levelCount(market, "sell") >= 20, "at least 20 levels asked");
      }
    }
  }
  for (const { changes, trades, market } of markets) {
    const rate = changes / 600;
    assert(rate > 6 && rate < 16, `about ten changes a second, found ${rate}`);
    assert(trades > 600, `a trade every second or so, found ${trades}`);
    assert(market.restingCount < 200, `orders pile up: ${market.restingCount}`);
  }
  assert(flow.actions > 8_000);
});

Deno.test("BackgroundFlow makes no money from nowhere", () => {
  const { time, flow, markets } = house(21);
  flow.start();
  time.runFor(600);
  markets.forEach((heard, index) => {
    const accounts = flow.accountsOf(index);
    assertEquals(accounts.reduce((sum, each) => sum + each.lots, 0), 0);
    assertEquals(accounts.reduce((sum, each) => sum + each.cash, 0), 0);
    assertEquals(accounts.reduce((sum, each) => sum + each.volume, 0), 2 * heard.volume);
    const active = accounts.filter((each) => each.volume > 0).map((each) => each.name);
    assert(active.includes("uninformed"), "uninformed traders trade");
    assert(active.includes("informed"), "informed traders trade");
    assert(active.includes("fast 1"), "fast makers are hit");
  });
});

Deno.test("BackgroundFlow does the same for the same seed and something else for another", () => {
  const hashOf = (seed: number) => {
    const { time, flow, markets } = house(seed);
    flow.start();
    time.runFor(60);
    return markets.map((heard) => heard.hash);
  };
  const first = hashOf(1);
  assertEquals(hashOf(1), first);
  const other = hashOf(2);
  assert(first[0] !== other[0] && first[1] !== other[1], "another seed, another market");
});

Deno.test("BackgroundFlow fills a maker who quotes one to two basis points from the mid", () => {
  const { time, flow, markets, nextOrderId } = house(22);
  const { market } = markets[0]!;
  const ids = { buy: 0, sell: 0 };
  flow.start();
  for (let second = 0; second < 600; second++) {
    time.runFor(1);
    const mid = (market.best("buy") + market.best("sell")) / 2;
    for (const side of ["buy", "sell"] as const) {
      const price = Math.round(mid * (1 + (side === "buy" ? -1.2e-4 : 1.2e-4)));
      if (market.amend(ids[side], price, 10)) continue;
      ids[side] = nextOrderId();
      market.submit({
        id: ids[side],
        owner: OURS,
        side,
        price,
        size: 10,
        timeInForce: "gtc",
        postOnly: true,
        selfTrade: "allow",
      });
    }
  }
  const perMinute = markets[0]!.ownFills / 10;
  assert(perMinute >= 2, `several fills a minute, found ${perMinute}`);
  assert(perMinute < 60, `not every second, found ${perMinute}`);
});

Deno.test("BackgroundFlow goes with the pace it is given", () => {
  const { time, flow, markets } = house(23, "binance", 1);
  flow.start();
  time.runFor(600);
  const rate = markets[0]!.changes / 600;
  assert(rate > 0.5 && rate < 2, `about one change a second, found ${rate}`);
});

Deno.test("BackgroundFlow.stop() lets nobody act until it starts again", () => {
  const { time, flow, markets } = house(24);
  flow.start();
  flow.start();
  assertEquals(time.waiting, 1, "one timer for all agents");
  time.runFor(10);
  flow.stop();
  const hash = markets[0]!.hash;
  assertEquals(time.waiting, 0);
  time.runFor(3_600);
  assertEquals(markets[0]!.hash, hash);
  flow.start();
  time.runFor(30);
  assert(markets[0]!.hash !== hash, "it acts again");
  const { market } = markets[0]!;
  assert(market.best("buy") > 0 && market.best("sell") > 0);
});

Deno.test("BackgroundFlow neither piles up orders nor fails while a market is halted", () => {
  const { time, flow, markets } = house(25);
  const { market } = markets[0]!;
  flow.start();
  time.runFor(20);
  const before = market.restingCount;
  market.setPhase("halted");
  time.runFor(60);
  assert(market.restingCount <= before, "nothing new rests while halted");
  market.setPhase("continuous");
  time.runFor(120);
  assert(market.restingCount <= before + 20);
  assert(levelCount(market, "buy") >= 20);
});

Deno.test("BackgroundFlow shares the efficient price of a base between venues of one seed", () => {
  const one = house(26, "binance");
  const two = house(26, "bybit");
  one.flow.start();
  two.flow.start();
  let apart = 0;
  for (let minute = 0; minute < 20; minute++) {
    one.time.runFor(60);
    two.time.runFor(60);
    const gap = Math.log(one.flow.fairValue(0) / two.flow.fairValue(0)) * 1e4;
    apart = Math.max(apart, Math.abs(gap));
  }
  assert(apart > 0, "each venue has a basis of its own");
  assert(apart < 12, `venues stay together, found ${apart} bp`);
  assertThrows(() => one.flow.listenerFor(9), InvariantError, "no such market");
  assert(one.flow.accountsOf(0).length <= AGENTS_PER_MARKET);
});

Deno.test("EfficientPrice is a function of seed, base and time, however it is asked", () => {
  const options = { seed: 5, base: "BTC", sigmaBp: 0.7, originAt: START };
  const walked = new EfficientPrice(options);
  for (let second = 0; second <= 7_230; second++) {
    const at = START + second * 1e6;
    const value = walked.bpAt(at);
    if (second % 1_217 !== 0) continue;
    assertEquals(new EfficientPrice(options).bpAt(at), value, `at ${second} s`);
    assertEquals(
      new EfficientPrice(options).volatilityAt(at),
      walked.volatilityAt(at),
      `volatility at ${second} s`,
    );
  }
  const late = START + 7_200e6;
  assertEquals(walked.bpAt(late - 1e6), new EfficientPrice(options).bpAt(late - 1e6));
  assertEquals(new EfficientPrice(options).bpAt(START - 5e6), 0);
  const other = new EfficientPrice({ ...options, base: "ETH" });
  assert(other.bpAt(late) !== walked.bpAt(late));
});

Deno.test("EfficientPrice moves as its volatility says, without drift or memory", () => {
  let squares = 0;
  let products = 0;
  let sum = 0;
  let both = 0;
  const seconds = 6 * 3_600;
  const options = { seed: 99, sigmaBp: 1, originAt: START };
  const btc = new EfficientPrice({ ...options, base: "BTC" });
  const eth = new EfficientPrice({ ...options, base: "ETH" });
  let before = 0;
  let ethBefore = 0;
  let last = 0;
  for (let second = 1; second <= seconds; second++) {
    const value = btc.bpAt(START + second * 1e6);
    const move = value - before;
    const ethValue = eth.bpAt(START + second * 1e6);
    squares += move * move;
    products += move * last;
    both += move * (ethValue - ethBefore);
    sum += move;
    before = value;
    ethBefore = ethValue;
    last = move;
  }
  const variance = squares / seconds;
  assert(variance > 0.4 && variance < 2.5, `variance near 1, found ${variance}`);
  const memory = products / squares;
  assert(Math.abs(memory) < 0.05, `no memory, found ${memory}`);
  assert(Math.abs(sum) < 4 * Math.sqrt(squares), `no drift, found ${sum}`);
  assertAlmostEquals(both / squares, 0.75, 0.15, "correlated with the other base");
});
