/**
 * What strategies and risk see, profit figures, dead-man switches, boards and modes.
 * @module
 */
import { instrumentIndex, micros, price, signedSize, size } from "@/engine/domain/mod.ts";
import { InvariantError } from "@/engine/domain/mod.ts";
import { StrategyBoard } from "@/engine/core/quote_boards.ts";
import { TradingModes, worseMode } from "@/engine/core/trading_mode.ts";
import { assertAlmostEquals, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import {
  balanceUpdate,
  btcPerp,
  feesOf,
  fillOf,
  lots,
  moneyOf,
  PERPETUAL_ACCOUNT,
  START,
  ticks,
} from "@/tests/support/builders.ts";
import { CoreWorld, ofKind, shown } from "./_core_world.ts";

const FIRST = instrumentIndex(0);

Deno.test("CoreView shows the instrument, its fees, status, funding and book", () => {
  const world = new CoreWorld().quoting();
  const { view } = world.engine;
  world.feed({
    kind: "funding",
    instrument: FIRST,
    at: START,
    venueAt: START,
    rate: moneyOf("0.0001"),
    nextAt: micros(START + 8),
  });
  assertEquals(view.instrument(FIRST).key, btcPerp().key);
  assertEquals(view.fees(FIRST), feesOf());
  assertEquals(view.status(FIRST), "trading");
  assertEquals(view.fundingRate(FIRST), 0.0001);
  assertEquals(view.fundingAt(FIRST), micros(START + 8));
  const book = view.book(FIRST);
  assertEquals(
    [book.usable, book.bidPrice, book.bidSize, book.askPrice, book.askSize, book.sequence],
    [true, ticks(1_000), lots(50), ticks(1_010), lots(50), 101],
  );
  assertEquals(book.updatedAt, START);
  const prices = new Float64Array(4);
  const sizes = new Float64Array(4);
  assertEquals(book.readLevels("sell", 4, prices, sizes), 1);
  assertEquals([prices[0], sizes[0]], [1_010, 50]);
});

Deno.test("CoreView shows own orders and what they may still trade", () => {
  const world = new CoreWorld().quoting();
  const { view } = world.engine;
  assertEquals(view.openOrderCount(FIRST), 2);
  assertEquals(view.workingSize(FIRST, "buy"), lots(10));
  assertEquals(view.ownBest(FIRST, "sell"), ticks(1_020));
  const seen: string[] = [];
  view.forEachOrder(FIRST, (order) => seen.push(`${order.side} ${order.state}`));
  assertEquals(seen, ["buy new", "sell new"]);
  assertEquals(view.order(world.live()[0]!)?.price, ticks(990));
  assertEquals(view.order("nobody" as never), undefined);
});

Deno.test("CoreView values an instrument at mark, else mid, else nothing", () => {
  const world = new CoreWorld().begin();
  const { view } = world.engine;
  assertEquals(view.markValue(FIRST), 0);
  assertEquals(world.engine.profit.markOf(FIRST), undefined);
  world.snapshot(1_000, 1_010);
  assertEquals(view.markValue(FIRST), 100.5);
  assertEquals(world.engine.profit.markOf(FIRST), moneyOf("100.5"));
  world.feed({
    kind: "mark_price",
    instrument: FIRST,
    at: START,
    venueAt: START,
    mark: moneyOf("100.25"),
    index: undefined,
  });
  assertEquals(view.markValue(FIRST), 100.25);
  assertEquals(world.engine.profit.markOf(FIRST), moneyOf("100.25"));
  assertEquals(world.engine.profit.markOf(instrumentIndex(3)), undefined);
});

Deno.test("CoreView refuses to show an instrument that is not defined", () => {
  const { view } = new CoreWorld().engine;
  assertEquals(view.instrumentCount, 0);
  assertThrows(() => view.instrument(FIRST), InvariantError, "is defined before it is looked at");
});

Deno.test("Profit counts realised, unrealised and fees in the reporting currency", () => {
  const world = new CoreWorld().quoting();
  const [buy, sell] = world.live();
  // Buys 0.010 at 99.0, sells 0.004 at 102.0, marked at the mid of 100.5.
  world.feed(fillOf({
    clientOrderId: buy!,
    price: ticks(990),
    size: lots(10),
    fee: moneyOf("0.002"),
    feeAsset: "USDT",
  }));
  world.feed(fillOf({
    clientOrderId: sell!,
    fillId: "f2" as never,
    side: "sell",
    price: ticks(1_020),
    size: lots(4),
    fee: moneyOf("-0.001"),
    feeAsset: "USDT",
  }));
  const now = world.engine.view.profit();
  assertAlmostEquals(now.realised, 0.004 * 3, 1e-12);
  assertAlmostEquals(now.unrealised, 0.006 * 1.5, 1e-12);
  assertAlmostEquals(now.fees, 0.001, 1e-12);
  assertEquals(now.funding, 0);
  assertEquals(world.engine.profit.converted().line.fees, moneyOf("0.001"));
});

Deno.test("Profit is worked out anew after a fill or 100 ms, not at every question", () => {
  const world = new CoreWorld().quoting();
  const [buy] = world.live();
  world.feed(fillOf({ clientOrderId: buy!, price: ticks(990), size: lots(10) }));
  const before = world.engine.view.profit();
  world.delta([[1_005, 5]]);
  assertEquals(world.engine.view.profit(), before);
  world.timer(100);
  assertAlmostEquals(world.engine.view.profit().unrealised, 0.01 * 1.75, 1e-12);
});

Deno.test("A fill of nobody's order still moves the position, for its venue made it", () => {
  const world = new CoreWorld().quoting();
  world.feed(fillOf({ clientOrderId: "" as never, side: "sell", size: lots(3) }));
  assertEquals(world.engine.view.position(FIRST), signedSize(-3));
  assertEquals(world.maker.told.includes("fill f1"), false);
});

Deno.test("The dead-man switch is armed while quotes may rest, refreshed, and disarmed after", () => {
  const world = new CoreWorld({ capabilities: { deadManSwitch: true } });
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.snapshot();
  assertEquals(ofKind(world.timer(), "arm_dead_man"), []);
  world.reconcile();
  world.acknowledgeAll();
  assertEquals(shown(world.timer()), ["arm 60000"]);
  assertEquals(shown(world.timer()), []);
  world.delta([[1_000, 51]]);
  let refreshed = 0;
  for (let second = 0; second < 15; second++) {
    world.delta([[1_000, 52 + second]]);
    refreshed += ofKind(world.timer(1_000), "arm_dead_man").length;
  }
  assertEquals(refreshed, 1);
  world.command("pause");
  // Still armed while the cancel is on its way.
  assertEquals(ofKind(world.timer(), "arm_dead_man"), []);
  for (const id of world.live()) {
    world.feed({ ...fillOf({ clientOrderId: id, size: lots(10), price: ticks(990) }) });
  }
  assertEquals(shown(world.timer()), ["arm 0"]);
  assertEquals(shown(world.timer()), []);
});

Deno.test("A dead-man switch that the budget cannot carry is armed at a later timer", () => {
  const world = new CoreWorld({
    capabilities: { deadManSwitch: true },
    rateLimits: [{
      id: "weight",
      account: PERPETUAL_ACCOUNT,
      capacity: 4,
      windowMs: 4_000,
      weights: { arm_dead_man: 1, query_account: 1 },
      cancelReserve: 0,
      source: "test",
    }],
  }).begin();
  world.snapshot();
  world.reconcile();
  assertEquals(shown(world.timer(1)), []);
  assertEquals(shown(world.timer(1_500)), ["arm 60000"]);
});

Deno.test("Free balances are shown per account", () => {
  const world = new CoreWorld().begin();
  world.feed(balanceUpdate("USDT", "12.5"));
  assertEquals(world.engine.view.freeBalance(PERPETUAL_ACCOUNT, "USDT"), 12.5);
  assertEquals(world.engine.view.freeBalance(PERPETUAL_ACCOUNT, "BTC"), undefined);
});

Deno.test("StrategyBoard keeps what was said since begin, per instrument", () => {
  const board = new StrategyBoard();
  const second = instrumentIndex(1);
  assertEquals(board.wanted(second), undefined);
  assertThrows(
    () => board.quote(second, "buy", price(1), size(1)),
    InvariantError,
    "A board is begun before quotes are written",
  );
  board.begin(second);
  board.quote(second, "buy", price(5), size(2));
  assertEquals(board.wanted(second)!.quotes.bids.count, 1);
  board.begin(second);
  assertEquals(board.wanted(second)!.quotes.bids.count, 0);
  assertEquals(board.all.map((one) => one.instrument), [second]);
  board.take(second, "buy", price(5), size(0), false);
  assertEquals(board.takes, []);
});

Deno.test("The worse of two modes holds, and the reason is the one that holds", () => {
  assertEquals(worseMode("normal", "caution"), "caution");
  assertEquals(worseMode("halted", "paused"), "halted");
  const modes = new TradingModes();
  assertEquals([modes.mode, modes.reason, modes.mayQuote], ["normal", "", true]);
  modes.followRisk("caution", "half of the loss limit");
  assertEquals([modes.mode, modes.reason], ["caution", "half of the loss limit"]);
  modes.followSink(false);
  assertEquals([modes.mode, modes.mayQuote], ["paused", false]);
  modes.pause("operator");
  assertEquals(modes.reason, "operator");
  modes.setFlattening(true);
  assertEquals([modes.mode, modes.mayQuote], ["reduce_only", false]);
  modes.followRisk("halted", "loss");
  assertEquals([modes.mode, modes.reason], ["halted", "loss"]);
  modes.followRisk("normal", "");
  modes.setFlattening(false);
  modes.resume();
  modes.followSink(true);
  assertEquals([modes.mode, modes.mayQuote, modes.stopping], ["normal", true, false]);
  modes.stop();
  assertEquals([modes.mode, modes.reason, modes.stopping], ["paused", "shutting down", true]);
});
