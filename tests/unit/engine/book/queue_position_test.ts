/**
 * The hand cases of MARKETS.md section 8, and what must hold of every model.
 * @module
 */
import {
  LOG_MODEL,
  power3Model,
  powerModel,
  QueuePosition,
  RISK_AVERSE,
} from "@/engine/book/mod.ts";
import {
  assert,
  assertAlmostEquals,
  assertStrictEquals,
  assertThrows,
} from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("QueuePosition case (a): risk-averse, trade, cancels, and a trade past the front", () => {
  const position = new QueuePosition(RISK_AVERSE, 50);
  position.onTrade(30);
  assertStrictEquals(position.front, 20);
  position.onLevel(50, 20);
  assertStrictEquals(position.front, 20);
  position.onLevel(20, 5);
  assertStrictEquals(position.front, 5);
  position.onTrade(12);
  assertStrictEquals(position.takePassed(), 7);
  assertStrictEquals(position.front, 0);
  assertStrictEquals(position.takePassed(), 0);
});

Deno.test("QueuePosition case (b): power3, growth behind us, then cancels", () => {
  const position = new QueuePosition(power3Model(), 50);
  position.onLevel(50, 80);
  assertStrictEquals(position.front, 50);
  assertStrictEquals(power3Model(3).shareBehind?.(50, 30), 0.755859375);
  position.onLevel(80, 60);
  assertAlmostEquals(position.front, 45.1171875, 1e-12);
});

Deno.test("QueuePosition case (c): power3, a trade and cancels in one change", () => {
  const position = new QueuePosition(power3Model(3), 50);
  position.onLevel(50, 80);
  position.onTrade(20);
  position.onLevel(80, 50);
  assertStrictEquals(power3Model(3).shareBehind?.(30, 50), 0.947265625);
  assertAlmostEquals(position.front, 29.47265625, 1e-12);
});

Deno.test("QueuePosition subtracts a match once, whichever stream tells it first", () => {
  for (const model of [RISK_AVERSE, powerModel(2), LOG_MODEL, power3Model()]) {
    const tradeFirst = new QueuePosition(model, 50);
    tradeFirst.onLevel(50, 80);
    tradeFirst.onTrade(20);
    tradeFirst.onLevel(80, 50);
    const depthFirst = new QueuePosition(model, 50);
    depthFirst.onLevel(50, 80);
    depthFirst.onLevel(80, 50);
    depthFirst.onTradeAfterDepth(20);
    assertAlmostEquals(depthFirst.front, tradeFirst.front, 1e-12, model.name);
  }
});

Deno.test("QueuePosition puts two late trades before the depth that showed them", () => {
  const tradesFirst = new QueuePosition(power3Model(), 40);
  tradesFirst.onTrade(5);
  tradesFirst.onTrade(7);
  tradesFirst.onLevel(60, 40);
  tradesFirst.onTrade(3);
  const depthFirst = new QueuePosition(power3Model(), 40);
  depthFirst.onLevel(60, 40);
  depthFirst.onTrade(3);
  depthFirst.onTradeAfterDepth(5);
  depthFirst.onTradeAfterDepth(7);
  assertAlmostEquals(depthFirst.front, tradesFirst.front, 1e-12);
});

Deno.test("QueuePosition on a new level is at the front", () => {
  const position = new QueuePosition(power3Model(), 0);
  assertStrictEquals(position.front, 0);
  position.onTrade(4);
  assertStrictEquals(position.takePassed(), 4);
});

Deno.test("QueuePosition rounds fractions as hftbacktest does", () => {
  const position = new QueuePosition(power3Model(), 50);
  position.onLevel(50, 80);
  position.onLevel(80, 60);
  position.onTrade(45);
  assertStrictEquals(position.takePassed(), 0);
  position.onTrade(1);
  assertStrictEquals(position.takePassed(), 1);
});

Deno.test("Queue models: nothing ahead and nothing behind counts as behind", () => {
  for (const model of [powerModel(1), LOG_MODEL, power3Model()]) {
    assertStrictEquals(model.shareBehind?.(0, 0), 1, model.name);
    assertStrictEquals(model.shareBehind?.(0, 10), 1, model.name);
    assertStrictEquals(model.shareBehind?.(10, 0), 0, model.name);
  }
  assertStrictEquals(powerModel(1).shareBehind?.(30, 10), 0.25);
  assertAlmostEquals(LOG_MODEL.shareBehind?.(Math.E - 1, Math.E ** 3 - 1) ?? NaN, 0.75, 1e-12);
  assertThrows(() => powerModel(0), Error, "above zero");
  assertThrows(() => power3Model(-1), Error, "above zero");
});

Deno.test("QueuePosition's front is within the display, and risk-averse is the last", () => {
  const random = printedRandom("QueuePosition");
  for (let round = 0; round < 300; round++) {
    let displayed = random.integer(100);
    const averse = new QueuePosition(RISK_AVERSE, displayed);
    const others = [powerModel(2), LOG_MODEL, power3Model()]
      .map((model) => new QueuePosition(model, displayed));
    for (let step = 0; step < 30; step++) {
      const next = Math.max(0, displayed + random.integer(41) - 22);
      const traded = random.chance(0.4) ? random.integer(Math.max(1, displayed - next + 1)) : 0;
      for (const position of [averse, ...others]) {
        if (traded > 0) position.onTrade(traded);
        position.onLevel(displayed, next);
        assert(position.front <= next, "front is beyond the level");
      }
      for (const position of others) {
        assert(position.front <= averse.front + 1e-9, "a model is behind the risk-averse one");
      }
      displayed = next;
    }
  }
});

Deno.test("QueuePosition stops at sizes that cannot be", () => {
  assertThrows(() => new QueuePosition(RISK_AVERSE, -1), Error, "at least nothing");
  const position = new QueuePosition(RISK_AVERSE, 1);
  assertThrows(() => position.onTrade(-1), Error, "has a size");
  assertThrows(() => position.onTradeAfterDepth(-1), Error, "has a size");
  assertThrows(() => position.onLevel(1, -1), Error, "at least nothing");
});
