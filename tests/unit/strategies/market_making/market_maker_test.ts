/**
 * The market maker as the core sees it: events in, pictures on the board.
 * @module
 */
import { feeRate, type Instrument, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import type { Trade } from "@/engine/messages/mod.ts";
import { price, size, strategyId, tradeId } from "@/engine/domain/mod.ts";
import { MarketMaker, marketMakingParameters } from "@/strategies/market_making/mod.ts";
import { buildStrategy, strategyKinds } from "@/strategies/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeBoard, FakeView, fillOf, perpetual } from "@/tests/support/fake_view.ts";

const BTC = instrumentIndex(0);

/** A maker on a book of 99,999.9 | 100,000.1: fair 1,000,000 ticks, one basis point 100 ticks. */
function stage(parameters: Record<string, string> = {}, instrument: Instrument = perpetual()) {
  const record = { order_size: "0.01", inventory_max: "0.1", skew: "1", ...parameters };
  const setup = { id: strategyId("maker"), instruments: [instrument.key], parameters: record };
  const maker = new MarketMaker(setup, unwrap(marketMakingParameters(record)));
  const view = new FakeView(instrument);
  const board = new FakeBoard();
  view.touch(999_999, 1_000, 1_000_001, 1_000);
  maker.onInstrument(instrument);
  const tick = () => maker.onMarket(BTC, "book", undefined, view, board);
  return { maker, view, board, tick };
}

function trade(aggressor: "buy" | "sell", ticks: number, at = 1_000_000_000): Trade {
  return {
    kind: "trade",
    instrument: BTC,
    at: micros(at),
    venueAt: micros(at),
    price: price(ticks),
    size: size(1),
    aggressor,
    tradeId: tradeId("t"),
  };
}

Deno.test("MarketMaker quotes both sides one half-spread from the fair value", () => {
  const { board, tick, maker } = stage();
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
  assertEquals(maker.heldBackBy(BTC), "");
});

Deno.test("MarketMaker leans its fair value towards the thin side", () => {
  const { board, tick, view } = stage({ imbalance_bp: "1" });
  view.touch(999_999, 3_000, 1_000_001, 1_000);
  tick();
  // Microprice half a tick up, and half a basis point for an imbalance of one half.
  assertEquals(board.quotes(), ["buy 999850 x 10", "sell 1000251 x 10"]);
});

Deno.test("MarketMaker moves both quotes down when long and up when short", () => {
  const long = stage();
  long.view.market().position = 50;
  long.tick();
  assertEquals(long.board.quotes(), ["buy 999700 x 10", "sell 1000100 x 10"]);
  const short = stage();
  short.view.market().position = -50;
  short.tick();
  assertEquals(short.board.quotes(), ["buy 999900 x 10", "sell 1000300 x 10"]);
});

Deno.test("MarketMaker measures inventory from its target", () => {
  const { board, tick, view } = stage({ inventory_target: "0.05" });
  view.market().position = 50;
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker does not quote the increasing side at its inventory limit", () => {
  const { board, tick, view } = stage();
  view.market().position = 100;
  tick();
  // Skew of one carries the ask to fair value itself, where post-only holds it one tick above the
  // bid.
  assertEquals(board.quotes(), ["sell 1000000 x 10"]);
  view.market().position = -130;
  tick();
  assertEquals(board.quotes(), ["buy 1000000 x 10"]);
});

Deno.test("MarketMaker shrinks the increasing side near the limit, within the room left", () => {
  const { board, tick, view } = stage({ skew: "0", order_size: "0.04" });
  view.market().position = 85;
  tick();
  // Half way from 70 % to 100 %: 1 + 39 * 0.5 lots, but only 15 lots of room.
  assertEquals(board.quotes(), ["buy 999800 x 15", "sell 1000200 x 40"]);
});

Deno.test("MarketMaker quotes several levels, and sums them within the limit", () => {
  const { board, tick } = stage({ levels: "3", level_step_bp: "0.5", order_size: "0.04" });
  tick();
  assertEquals(board.quotes(), [
    "buy 999800 x 40",
    "buy 999750 x 40",
    "buy 999700 x 20",
    "sell 1000200 x 40",
    // Half a basis point of 1,000,200 ticks is a hair above 50, and asks round up.
    "sell 1000251 x 40",
    "sell 1000301 x 20",
  ]);
});

Deno.test("MarketMaker keeps its wish until the price wandered beyond the threshold", () => {
  const { board, tick, view } = stage({ requote_bp: "0.5" });
  tick();
  assertEquals(board.begins, 1);
  view.touch(1_000_048, 1_000, 1_000_050, 1_000);
  tick();
  assertEquals(board.begins, 1);
  view.touch(1_000_050, 1_000, 1_000_052, 1_000);
  tick();
  assertEquals(board.begins, 2);
  assertEquals(board.quotes(), ["buy 999850 x 10", "sell 1000252 x 10"]);
});

Deno.test("MarketMaker's automatic threshold is a quarter of the half-spread", () => {
  const { board, tick, view } = stage();
  tick();
  view.touch(1_000_048, 1_000, 1_000_050, 1_000);
  tick();
  assertEquals(board.begins, 1);
  view.touch(1_000_050, 1_000, 1_000_052, 1_000);
  tick();
  assertEquals(board.begins, 2);
});

Deno.test("MarketMaker moves a quote at once when its edge falls below the least", () => {
  // A wide threshold, and a fee of 1.5 bp: a resting quote must keep 150 ticks from fair value.
  const { board, tick, view } = stage({ requote_bp: "100" });
  view.market().fees = { maker: feeRate(150), taker: feeRate(400) };
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
  view.touch(999_949, 1_000, 999_951, 1_000);
  tick();
  assertEquals(board.begins, 1);
  view.touch(999_939, 1_000, 999_941, 1_000);
  tick();
  // The bid had 140 ticks left and moves; the ask has only gained and stays.
  assertEquals(board.quotes(), ["buy 999740 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker does not call a quote unsafe that skew has put near fair value", () => {
  const { board, tick, view } = stage({ requote_bp: "0.5" });
  view.market().fees = { maker: feeRate(150), taker: feeRate(400) };
  view.market().position = 90;
  tick();
  const before = board.quotes();
  view.touch(1_000_009, 1_000, 1_000_011, 1_000);
  tick();
  assertEquals(board.begins, 1);
  assertEquals(board.quotes(), before);
});

Deno.test("MarketMaker never wishes a price that would trade", () => {
  const { board, tick, view } = stage({ half_spread_bp: "0", requote_bp: "1" });
  tick();
  // Half a tick each side of fair value, rounded away.
  assertEquals(board.quotes(), ["buy 999999 x 10", "sell 1000001 x 10"]);
  // The market moves down through the bid, but not beyond the threshold: the bid follows all the
  // same.
  view.touch(999_949, 1_000, 999_951, 1_000);
  tick();
  assertEquals(board.quotes(), ["buy 999949 x 10", "sell 1000001 x 10"]);
});

Deno.test("MarketMaker leaves its own orders out of the touch", () => {
  const { board, tick, view } = stage();
  view.market().book.bids = [[1_000_000, 10], [999_999, 1_000]];
  view.addOrder({ id: "own", side: "buy", price: 1_000_000, size: 10 });
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker subtracts only what is still open of orders that the venue holds", () => {
  const { board, tick, view } = stage({ imbalance_bp: "1" });
  view.market().book.bids = [[999_999, 1_004]];
  view.addOrder({ id: "part", side: "buy", price: 999_999, size: 10, filled: 6 });
  view.addOrder({ id: "flying", side: "buy", price: 999_999, size: 500, state: "in_flight" });
  view.addOrder({ id: "deep", side: "buy", price: 900_000, size: 500 });
  view.addOrder({ id: "ask", side: "sell", price: 1_000_900, size: 500 });
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker does not quote against a book that is only its own", () => {
  const { board, tick, view, maker } = stage();
  tick();
  view.market().book.asks = [[1_000_200, 10]];
  view.addOrder({ id: "own", side: "sell", price: 1_000_200, size: 10 });
  tick();
  assertEquals(board.quotes(), []);
  assertEquals(board.pulls, 1);
  assertEquals(maker.heldBackBy(BTC), "book not usable");
  tick();
  assertEquals(board.pulls, 1);
});

Deno.test("MarketMaker pulls on an unusable book and quotes again when it is back", () => {
  const { board, tick, view, maker } = stage();
  tick();
  view.market().book.usable = false;
  tick();
  assertEquals(board.quotes(), []);
  view.market().book.usable = true;
  tick();
  assertEquals(board.quotes().length, 2);
  // The core pulls by itself and says so: the next usable book brings the quotes back.
  const begins = board.begins;
  maker.onMarket(BTC, "unusable", undefined, view, board);
  tick();
  assertEquals(board.begins, begins + 1);
});

Deno.test("MarketMaker pulls when the touch is locked", () => {
  const { board, tick, view, maker } = stage();
  tick();
  view.touch(1_000_000, 5, 1_000_000, 5);
  tick();
  assertEquals(board.quotes(), []);
  assertEquals(maker.heldBackBy(BTC), "touch not usable");
});

Deno.test("MarketMaker shows what each trading mode allows", () => {
  const cases = [
    ["normal", 20, ["buy 999760 x 10", "sell 1000160 x 10"]],
    ["caution", 20, ["buy 999640 x 5", "sell 1000240 x 5"]],
    ["reduce_only", 4, ["sell 1000192 x 4"]],
    ["reduce_only", -20, ["buy 999840 x 10"]],
    ["reduce_only", 0, []],
    ["paused", 20, []],
    ["halted", 20, []],
  ] as const;
  for (const [mode, position, quotes] of cases) {
    const { board, tick, view } = stage();
    view.mode = mode;
    view.market().position = position;
    tick();
    assertEquals(board.quotes(), [...quotes], `${mode} at ${position}`);
  }
});

Deno.test("MarketMaker quotes nothing on a halted instrument or an unready account", () => {
  const { board, tick, view, maker } = stage();
  tick();
  view.market().status = "halted";
  maker.onMarket(BTC, "status", undefined, view, board);
  assertEquals(board.quotes(), []);
  assertEquals(maker.heldBackBy(BTC), "instrument not trading");
  view.market().status = "trading";
  view.accountReady = false;
  tick();
  assertEquals(maker.heldBackBy(BTC), "account not ready");
  view.accountReady = true;
  tick();
  assertEquals(board.quotes().length, 2);
});

Deno.test("MarketMaker pulls the side that a sweep hits, for a moment", () => {
  const { board, tick, view, maker } = stage();
  tick();
  for (const ticks of [1_000_001, 1_000_002, 1_000_003]) {
    maker.onMarket(BTC, "trade", trade("buy", ticks), view, board);
  }
  assertEquals(board.quotes(), ["buy 999800 x 10"]);
  assertEquals(maker.heldBackBy(BTC), "swept");
  view.now = micros(view.now + 499_999);
  tick();
  assertEquals(board.quotes().length, 1);
  view.now = micros(view.now + 1);
  maker.onTimer(view, board);
  assertEquals(board.quotes().length, 2);
  for (const ticks of [999_999, 999_998, 999_997]) {
    maker.onMarket(BTC, "trade", trade("sell", ticks, 2_000_000_000), view, board);
  }
  assertEquals(board.quotes(), ["sell 1000200 x 10"]);
});

Deno.test("MarketMaker does not pull on a single trade or when sweeps are switched off", () => {
  const { board, tick, view, maker } = stage({ sweep_levels: "0" });
  tick();
  for (const ticks of [1_000_001, 1_000_002, 1_000_003]) {
    maker.onMarket(BTC, "trade", trade("buy", ticks), view, board);
  }
  maker.onMarket(BTC, "trade", undefined, view, board);
  maker.onMarket(BTC, "mark", undefined, view, board);
  assertEquals(board.begins, 1);
});

/** Runs seconds of a market that moves `bp` each second. */
function run(on: ReturnType<typeof stage>, seconds: number, bp: number): void {
  for (let second = 0; second < seconds; second++) {
    const mid = second % 2 === 0 ? 1_000_000 : 1_000_000 + Math.round(bp * 100);
    on.view.now = micros(on.view.now + 1_000_000);
    on.view.touch(mid - 1, 1_000, mid + 1, 1_000);
    on.tick();
  }
}

Deno.test("MarketMaker widens in a volatile market, pulls in a wild one, and comes back", () => {
  const on = stage();
  run(on, 10_800, 1);
  assertEquals(on.maker.heldBackBy(BTC), "");
  run(on, 60, 6);
  on.view.touch(999_999, 1_000, 1_000_001, 1_000);
  on.tick();
  assertEquals(on.board.quotes(), ["buy 999600 x 10", "sell 1000400 x 10"]);
  run(on, 2, 600);
  assertEquals(on.board.quotes(), []);
  assertEquals(on.maker.heldBackBy(BTC), "volatility");
  run(on, 1_800, 1);
  on.view.touch(999_999, 1_000, 1_000_001, 1_000);
  on.tick();
  assertEquals(on.board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker scales its half-spread with volatility once that is known", () => {
  const on = stage({ volatility_multiplier: "1", hold_s: "4", requote_bp: "0" });
  run(on, 20, 2);
  on.view.touch(999_999, 1_000, 1_000_001, 1_000);
  on.tick();
  assertEquals(on.board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
  run(on, 41, 2);
  on.tick();
  // Two basis points a second over four seconds: four basis points.
  assertEquals(on.board.quotes(), ["buy 999600 x 10", "sell 1000400 x 10"]);
});

Deno.test("MarketMaker does not increase the paying position around a funding payment", () => {
  const { board, tick, view, maker } = stage({ skew: "0" });
  const at = view.now + 120_000_000;
  view.market().fundingAt = micros(at);
  view.market().fundingRate = 0.0001;
  const cases: [offset: number, position: number, quotes: number, reason: string][] = [
    [-60_000_001, 10, 2, ""],
    [-60_000_000, 10, 1, "funding"],
    [-1, 10, 1, "funding"],
    [-1, -10, 2, ""],
    [10_000_000, 10, 1, "funding"],
    [10_000_001, 10, 2, ""],
  ];
  for (const [offset, position, quotes, reason] of cases) {
    view.now = micros(at + offset);
    // Once paid, the venue tells the next payment.
    if (offset >= 0) view.market().fundingAt = micros(at + 28_800_000_000);
    view.market().position = position;
    tick();
    assertEquals(board.quotes().length, quotes, `offset ${offset}`);
    assertEquals(maker.heldBackBy(BTC), reason);
  }
});

Deno.test("MarketMaker lets longs grow and shorts not when the funding rate is negative", () => {
  const { board, tick, view } = stage({ skew: "0" });
  view.market().fundingAt = micros(view.now + 1_000_000);
  view.market().fundingRate = -0.0001;
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10"]);
});

Deno.test("MarketMaker answers a fill and a timer by drawing its picture again", () => {
  const { board, tick, view, maker } = stage();
  tick();
  maker.onTimer(view, board);
  assertEquals(board.begins, 2);
  view.market().position = 10;
  maker.onFill(fillOf({ id: "f", side: "buy", price: 999_800, size: 10 }), view, board);
  assertEquals(board.begins, 3);
  // The skew of a tenth of the limit is 20 ticks: within the threshold, so the prices stand.
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
});

Deno.test("MarketMaker forgets its wish when the grids change", () => {
  const { board, tick, maker, view } = stage();
  tick();
  const coarser = perpetual(0, { orderTick: "1" });
  view.market().instrument = coarser;
  maker.onInstrument(coarser);
  view.touch(999_990, 1_000, 1_000_010, 1_000);
  tick();
  assertEquals(board.quotes(), ["buy 999800 x 10", "sell 1000200 x 10"]);
  assertEquals(board.begins, 2);
});

Deno.test("MarketMaker ignores instruments that are not its own", () => {
  const { board, view, maker } = stage();
  const other = perpetual(1, { base: "ETH" });
  view.define(other);
  maker.onInstrument(other);
  maker.onMarket(other.index, "book", undefined, view, board);
  maker.onFill(fillOf({ id: "f", side: "buy", price: 1, size: 1, instrument: 1 }), view, board);
  maker.onTimer(view, board);
  assertEquals(board.standing.has(1), false);
  assertEquals(maker.heldBackBy(other.index), undefined);
});

Deno.test("MarketMaker says when its order size is too small for the venue", () => {
  const { board, tick, maker } = stage({}, perpetual(0, { minNotional: "5000" }));
  tick();
  assertEquals(board.quotes(), []);
  assertEquals(maker.heldBackBy(BTC), "order size is below the venue's smallest order");
});

Deno.test("MarketMaker changes parameters all or nothing", () => {
  const { board, tick, maker } = stage();
  tick();
  assertEquals(maker.checkParameters({ "half_spread_bp": "4" }).ok, true);
  assertEquals(maker.checkParameters({ "half_spread_bp": "wide" }).ok, false);
  assertEquals(maker.checkParameters({ "order_size": "5" }).ok, false);
  maker.setParameters({ "order_size": "5" });
  assertEquals(maker.parameters().order_size, "0.01");
  maker.setParameters({ "half_spread_bp": "4" });
  assertEquals(maker.parameters().half_spread_bp, "4");
  tick();
  assertEquals(board.quotes(), ["buy 999600 x 10", "sell 1000400 x 10"]);
});

Deno.test("buildStrategy() builds a market maker by name and refuses what it cannot build", () => {
  const setup = {
    id: strategyId("m"),
    instruments: [perpetual().key],
    parameters: { order_size: "1", inventory_max: "2" },
  };
  const built = unwrap(buildStrategy("market_making", setup));
  assertEquals(built.parameters().half_spread_bp, "2");
  assertEquals(Object.keys(strategyKinds), ["market_making"]);
  const errors = [
    buildStrategy("grid", setup),
    buildStrategy("market_making", { ...setup, instruments: [] }),
    buildStrategy("market_making", { ...setup, parameters: {} }),
  ].map((result) => result.ok ? "" : result.error);
  assertEquals(errors, [
    'Cannot build strategy m: wanted kind market_making, found "grid"',
    "Cannot build strategy m: wanted at least one instrument, found none",
    "Cannot build strategy m: Cannot read order_size: " +
    "wanted a number above 0 to 1000000000000, found nothing",
  ]);
});
