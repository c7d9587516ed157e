/**
 * A tiny exchange on virtual time, for tests of the simulator.
 * @module
 */
import { SeededRandom, TimerQueue } from "@/engine/collections/mod.ts";
import {
  accountKey,
  createInstrument,
  feeRate,
  type Instrument,
  instrumentIndex,
  type Micros,
  micros,
  type Money,
  moneyFromText,
  nanos,
  symbolFrom,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import {
  type ExchangeListener,
  quietSource,
  type SimInstrument,
  type SimInstrumentOptions,
  type SimOrder,
  type SimPlace,
  SimulatedExchange,
} from "@/exchanges/simulator/mod.ts";

/** 2025-10-09T08:53:20Z, in microseconds. */
export const START: Micros = micros(1_760_000_000_000_000);

/** Time that moves when told to. */
export class VirtualTime implements Clock, Scheduler {
  readonly #queue = new TimerQueue<() => void>();
  #now: number = START;

  now(): Micros {
    return micros(this.#now);
  }

  monotonic() {
    return nanos((this.#now - START) * 1_000);
  }

  after(delayMs: number, run: () => void): TimerId {
    return this.#queue.schedule(this.#now + Math.round(delayMs * 1_000), run);
  }

  cancel(timer: TimerId): void {
    this.#queue.cancel(timer);
  }

  /** Runs all that is due in the next `ms` milliseconds. */
  advance(ms: number): void {
    const until = this.#now + ms * 1_000;
    while (this.#queue.nextAt <= until) {
      this.#now = Math.max(this.#now, this.#queue.nextAt);
      this.#queue.popDue(this.#now)!();
    }
    this.#now = until;
  }

  setMillis(ms: number): void {
    this.#now = ms * 1_000;
  }
}

export function amount(text: string): Money {
  return unwrap(moneyFromText(text));
}

export function spotBtc(): Instrument {
  return unwrap(createInstrument(instrumentIndex(0), {
    venue: "binance",
    symbol: symbolFrom("BTC", "USDT", "spot"),
    venueSymbol: venueSymbolOf("BTCUSDT"),
    product: "spot",
    account: accountKey("binance", "spot"),
    base: "BTC",
    quote: "USDT",
    settle: "USDT",
    tick: "0.01",
    lot: "0.00001",
    contractSize: "1",
    minSize: "0.00001",
    maxSize: "9000",
    minNotional: "5",
  }));
}

export function perpBtc(): Instrument {
  return unwrap(createInstrument(instrumentIndex(1), {
    venue: "binance",
    symbol: symbolFrom("BTC", "USDT", "perpetual"),
    venueSymbol: venueSymbolOf("BTCUSDT"),
    product: "perpetual",
    account: accountKey("binance", "perpetual"),
    base: "BTC",
    quote: "USDT",
    settle: "USDT",
    tick: "0.1",
    lot: "0.001",
    contractSize: "1",
    minSize: "0.001",
    maxSize: "1000",
    minNotional: "100",
  }));
}

function optionsOf(instrument: Instrument, perpetual: boolean): SimInstrumentOptions {
  return {
    instrument,
    fees: { maker: feeRate(perpetual ? 200 : 1_000), taker: feeRate(perpetual ? 500 : 1_000) },
    feeFrom: perpetual ? "settle" : "received",
    stops: perpetual ? "spawn" : "in_place",
    contiguous: !perpetual,
    firstUpdateId: 1_000,
    firstTradeId: 500,
    priceBand: perpetual ? 0.05 : 0,
    openOrdersMax: 20,
    stopsMax: 3,
    leverage: 10,
    startPrice: perpetual ? 600_000 : 6_000_000,
  };
}

/** Owner of the account under test. */
export const ME = 1;
/** Owner who makes the other side. */
export const OTHER = 2;

/** Exchange, time and everything that was told. */
export class World {
  readonly time = new VirtualTime();
  readonly exchange: SimulatedExchange;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  readonly told: string[] = [];
  #names = 0;

  constructor(listener?: ExchangeListener) {
    const balances = {
      "binance/spot": { BTC: amount("2"), USDT: amount("100000") },
      "binance/perpetual": { USDT: amount("10000") },
    };
    this.exchange = new SimulatedExchange({
      clock: this.time,
      scheduler: this.time,
      source: quietSource(),
      instruments: [optionsOf(spotBtc(), false), optionsOf(perpBtc(), true)],
      users: [{ owner: ME, balances }, { owner: OTHER, balances }],
      firstOrderId: 8_000_000_000,
    });
    this.spot = this.exchange.instruments[0]!;
    this.perp = this.exchange.instruments[1]!;
    this.exchange.addListener({
      onOrder: (order, cause) => {
        if (order.owner === ME) this.told.push(`${cause} ${order.clientOrderId} ${order.status}`);
      },
    });
    if (listener !== undefined) this.exchange.addListener(listener);
    this.exchange.start();
  }

  /** A request of mine with sensible defaults: sizes in base text, prices in quote text. */
  request(
    instrument: SimInstrument,
    side: "buy" | "sell",
    price: string | undefined,
    size: string,
    more: Partial<SimPlace> = {},
  ): SimPlace {
    return {
      owner: ME,
      instrument,
      clientOrderId: `o${++this.#names}`,
      side,
      type: price === undefined ? "market" : "limit",
      timeInForce: "gtc",
      size: unwrap(instrument.instrument.sizeFromText(size)),
      ...(price === undefined ? {} : { price: unwrap(instrument.instrument.priceFromText(price)) }),
      ...more,
    };
  }

  /** Places and expects it to be taken. */
  place(
    instrument: SimInstrument,
    side: "buy" | "sell",
    price: string | undefined,
    size: string,
    more: Partial<SimPlace> = {},
  ): SimOrder {
    return unwrap(this.exchange.place(this.request(instrument, side, price, size, more)));
  }

  random(name: string): SeededRandom {
    return new SeededRandom(name);
  }
}
