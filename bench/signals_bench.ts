/**
 * What signals and a whole market-making decision cost per book event.
 *
 * Run with `deno bench bench/signals_bench.ts`; as a program it prints one line of JSON with
 * medians and the bytes allocated per event whose picture stays equal (`--v8-flags=--expose-gc`).
 * @module
 */
import { instrumentIndex, micros, strategyId, unwrap } from "@/engine/domain/mod.ts";
import {
  Ewma,
  OrderFlowImbalance,
  RealizedVolatility,
  TouchReadings,
} from "@/strategies/signals/mod.ts";
import { MarketMaker, marketMakingParameters } from "@/strategies/market_making/mod.ts";
import { FakeBoard, FakeView, perpetual } from "@/tests/support/fake_view.ts";

const BTC = instrumentIndex(0);
const ewma = new Ewma(60);
const volatility = new RealizedVolatility(60);
const flow = new OrderFlowImbalance();
const touch = new TouchReadings();
let at = 1_000_000_000;

Deno.bench("Ewma.update()", () => {
  at += 1_000;
  ewma.update(at & 15, micros(at));
});

Deno.bench("RealizedVolatility.update()", () => {
  at += 1_000;
  volatility.update(64_000 + (at & 15), micros(at));
});

Deno.bench("OrderFlowImbalance.update()", () => {
  at += 1_000;
  flow.update(642_500, 10 + (at & 7), 642_501, 10, micros(at));
});

Deno.bench("TouchReadings.read()", () => {
  at++;
  touch.read(642_500, 10 + (at & 7), 642_501, 10);
});

function stage(): { maker: MarketMaker; view: FakeView; board: FakeBoard } {
  const instrument = perpetual();
  const parameters = { order_size: "0.01", inventory_max: "0.1", levels: "3" };
  const setup = { id: strategyId("maker"), instruments: [instrument.key], parameters };
  const maker = new MarketMaker(setup, unwrap(marketMakingParameters(parameters)));
  const view = new FakeView(instrument);
  view.touch(999_999, 1_000, 1_000_001, 1_000);
  maker.onInstrument(instrument);
  return { maker, view, board: new FakeBoard() };
}

const quoting = stage();

/** One book event that changes sizes, not the picture. */
function decide(on: ReturnType<typeof stage>): void {
  at += 1_000;
  on.view.now = micros(at);
  on.view.market().book.bids[0]![1] = 1_000 + (at & 7);
  on.maker.onMarket(BTC, "book", undefined, on.view, on.board);
}

Deno.bench("MarketMaker.onMarket(), picture stays", () => decide(quoting));

function median(run: () => void, count: number): number {
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    for (let turn = 0; turn < count; turn++) run();
    rounds.push((performance.now() - start) * 1e6 / count);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

function bytesPer(run: () => void, count: number): number {
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    collectGarbage();
    const before = Deno.memoryUsage().heapUsed;
    for (let turn = 0; turn < count; turn++) run();
    rounds.push((Deno.memoryUsage().heapUsed - before) / count);
  }
  return rounds.sort((a, b) => a - b)[3]!;
}

/** Only there with `--v8-flags=--expose-gc`; without it the bytes are not measured. */
const collectGarbage = (globalThis as { gc?: () => void }).gc ?? (() => {});

if (import.meta.main) {
  const run = () => decide(quoting);
  // The clock of this bench is a float that costs an object itself: it stands still for the bytes.
  let turns = 0;
  const runStill = () => {
    quoting.view.market().book.bids[0]![1] = 1_000 + (turns++ & 7);
    quoting.maker.onMarket(BTC, "book", undefined, quoting.view, quoting.board);
  };
  for (let turn = 0; turn < 200_000; turn++) run();
  for (let turn = 0; turn < 200_000; turn++) runStill();
  console.log(JSON.stringify({
    decision_ns: Math.round(median(run, 50_000)),
    bytes_per_decision: Math.round(bytesPer(runStill, 20_000) * 100) / 100,
  }));
}
