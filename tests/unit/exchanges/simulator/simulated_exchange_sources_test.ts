/**
 * Market sources: background traders and recordings behind one exchange.
 * @module
 */
import { feeRate, moneyToText } from "@/engine/domain/mod.ts";
import {
  BackgroundSource,
  type MarketSource,
  RecordedSource,
  SimulatedExchange,
} from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { amount, ME, perpBtc, spotBtc, VirtualTime } from "./simulated_exchange_world.ts";

function exchangeOn(time: VirtualTime, source: MarketSource): SimulatedExchange {
  return new SimulatedExchange({
    clock: time,
    scheduler: time,
    source,
    instruments: [spotBtc(), perpBtc()].map((instrument) => ({
      instrument,
      fees: { maker: feeRate(0), taker: feeRate(300) },
      feeFrom: "settle" as const,
      stops: "spawn" as const,
      contiguous: false,
      firstUpdateId: 1,
      firstTradeId: 1,
      priceBand: 0.05,
      openOrdersMax: 20,
      stopsMax: 5,
      leverage: 10,
      startPrice: instrument.terms.product === "spot" ? 6_400_000 : 640_000,
    })),
    users: [{ owner: ME, balances: { "binance/perpetual": { USDT: amount("10000") } } }],
    firstOrderId: 8_000_000_000,
  });
}

Deno.test("BackgroundSource trades with our quotes and conserves our money", () => {
  const time = new VirtualTime();
  const source = new BackgroundSource({
    seed: 5,
    venue: "binance",
    clock: time,
    scheduler: time,
    profileOf: () => ({ eventsPerSecond: 20 }),
  });
  const exchange = exchangeOn(time, source);
  assertEquals(source.flow, undefined);
  exchange.start();
  const perp = exchange.instruments[1]!;
  time.advance(1_000);
  assert(perp.bid > 0 && perp.ask > perp.bid);
  for (let i = 0; i < 120; i++) {
    exchange.cancelAll(ME, perp);
    for (const side of ["buy", "sell"] as const) {
      exchange.place({
        owner: ME,
        instrument: perp,
        clientOrderId: `${side}${i}`,
        side,
        type: "limit",
        timeInForce: "gtc",
        postOnly: true,
        price: side === "buy" ? perp.bid : perp.ask,
        size: 10,
      });
    }
    time.advance(1_000);
  }
  exchange.stop();
  const truth = exchange.truth();
  assert(truth.fillCount > 5, `${truth.fillCount} fills`);
  for (const [asset, found] of truth.imbalance) assertEquals(moneyToText(found), "0", asset);
  assert(source.flow!.actions > 1_000);
  const before = source.flow!.actions;
  time.advance(5_000);
  assertEquals(source.flow!.actions, before);
});

Deno.test("RecordedSource lets our order queue in a recording of the perpetual", () => {
  const start = 1_721_347_020_000;
  const frame = (afterMs: number, message: unknown) =>
    `${start + afterMs}000000 ${JSON.stringify(message)}`;
  const stamp = { E: start, T: start, s: "BTCUSDT" };
  const trade = { e: "trade", ...stamp, T: start + 500, t: 77, p: "63999.9", X: "MARKET", m: true };
  const lines = [
    frame(0, {
      stream: "btcusdt@depth@0ms",
      data: {
        e: "depthUpdate",
        ...stamp,
        U: 5,
        u: 6,
        pu: 4,
        b: [["63999.9", "2.000"]],
        a: [["64000.0", "1.000"]],
      },
    }),
    frame(10, {
      lastUpdateId: 5,
      E: start,
      T: start,
      bids: [["63999.9", "2.000"]],
      asks: [["64000.0", "1.000"]],
    }),
    frame(1_000, { stream: "btcusdt@trade", data: { ...trade, q: "1.500" } }),
    frame(2_000, { stream: "btcusdt@trade", data: { ...trade, q: "0.510" } }),
  ];
  const time = new VirtualTime();
  let ended = false;
  const source = new RecordedSource({
    clock: time,
    scheduler: time,
    files: [lines[Symbol.iterator]()],
    speed: 1,
    queueModel: "risk_averse",
    onEnd: () => {
      ended = true;
    },
  });
  const exchange = exchangeOn(time, source);
  exchange.start();
  const perp = exchange.instruments[1]!;
  time.advance(100);
  assertEquals([perp.bid, perp.bidSize], [639_999, 2_000]);
  const placed = exchange.place({
    owner: ME,
    instrument: perp,
    clientOrderId: "mine",
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    price: 639_999,
    size: 20,
  });
  assert(placed.ok);
  time.advance(1_000);
  assertEquals(placed.value.filled, 0);
  time.advance(1_000);
  assertEquals(placed.value.filled, 10);
  assertEquals(ended, true);
  assertEquals(source.markets.length, 1);
  assertEquals(source.flow!.counters.trades, 2);
  exchange.stop();
});
