/**
 * `MatchingEngine`: one order at a time.
 * @module
 */
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { EventScript } from "@/tests/support/reference_matching.ts";
import {
  type MarketListener,
  type MarketOrder,
  MatchingEngine,
  type SelfTradePolicy,
} from "@/engine/matching/mod.ts";
import { InvariantError } from "@/engine/domain/mod.ts";

function order(changes: Partial<MarketOrder> & { id: number }): MarketOrder {
  return {
    owner: 1,
    side: "buy",
    price: 100,
    size: 10,
    timeInForce: "gtc",
    postOnly: false,
    selfTrade: "allow",
    ...changes,
  };
}

function market(): { engine: MatchingEngine; script: EventScript } {
  const script = new EventScript();
  return { engine: new MatchingEngine({ listener: script }), script };
}

/** Asks 5 @ 101 (id 1, owner 2), 5 @ 101 (id 2, owner 3), 7 @ 103 (id 3, owner 2). */
function withAsks(): { engine: MatchingEngine; script: EventScript } {
  const { engine, script } = market();
  engine.submit(order({ id: 1, owner: 2, side: "sell", price: 101, size: 5 }));
  engine.submit(order({ id: 2, owner: 3, side: "sell", price: 101, size: 5 }));
  engine.submit(order({ id: 3, owner: 2, side: "sell", price: 103, size: 7 }));
  script.take();
  return { engine, script };
}

Deno.test("MatchingEngine.submit() rests a limit order and tells its level", () => {
  const { engine, script } = market();
  engine.submit(order({ id: 1 }));
  assertEquals(script.take(), ["rested 1 of 1: buy 10 @ 100", "level buy 100: 10"]);
  assertEquals(engine.best("buy"), 100);
  assertEquals(engine.best("sell"), 0);
  assertEquals(engine.sizeAt("buy", 100), 10);
  assertEquals(engine.sizeAt("buy", 99), 0);
  assertEquals(engine.leavesOf(1), 10);
  assertEquals(engine.leavesOf(9), 0);
});

Deno.test("MatchingEngine.submit() trades at resting prices, oldest first, rests the rest", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: 102, size: 12 }));
  assertEquals(script.take(), [
    "trade 1 of 2 (0 left) with 4 of 1 (7 left): buy 5 @ 101",
    "trade 2 of 3 (0 left) with 4 of 1 (2 left): buy 5 @ 101",
    "level sell 101: 0",
    "rested 4 of 1: buy 2 @ 102",
    "level buy 102: 2",
  ]);
  assertEquals(engine.best("sell"), 103);
});

Deno.test("MatchingEngine.submit() drops what a market order cannot get", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: undefined, size: 20 }));
  assertEquals(script.take().slice(-3), [
    "trade 3 of 2 (0 left) with 4 of 1 (3 left): buy 7 @ 103",
    "level sell 103: 0",
    "removed 4 of 1: 3 no_liquidity",
  ]);
  assertEquals(engine.restingCount, 0);
});

Deno.test("MatchingEngine.submit() lets an ioc order go with what is left at its limit", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: 101, size: 11, timeInForce: "ioc" }));
  assertEquals(script.take().at(-1), "removed 4 of 1: 1 immediate_or_cancel");
});

Deno.test("MatchingEngine.submit() refuses a fok order short of one lot, touches nothing", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: 102, size: 11, timeInForce: "fok" }));
  assertEquals(script.take(), ["removed 4 of 1: 11 fill_or_kill"]);
  engine.submit(order({ id: 5, price: 102, size: 10, timeInForce: "fok" }));
  assertEquals(script.take().length, 3);
  assertEquals(engine.sizeAt("sell", 101), 0);
});

Deno.test("MatchingEngine.submit() counts what a fok order may trade with under its policy", () => {
  const cases: [SelfTradePolicy, boolean][] = [
    ["allow", true],
    ["cancel_newest", false],
    ["cancel_oldest", false],
    ["cancel_both", false],
    ["decrement", false],
  ];
  for (const [selfTrade, fills] of cases) {
    const { engine, script } = withAsks();
    engine.submit(
      order({ id: 4, owner: 3, price: 101, size: 10, timeInForce: "fok", selfTrade }),
    );
    assertEquals(script.take()[0] === "removed 4 of 3: 10 fill_or_kill", !fills, selfTrade);
  }
  const { engine } = withAsks();
  engine.submit(
    order({
      id: 4,
      owner: 3,
      price: 103,
      size: 12,
      timeInForce: "fok",
      selfTrade: "cancel_oldest",
    }),
  );
  assertEquals(engine.restingCount, 0, "5 + 7 of others fill 12; the own order in between goes");
});

Deno.test("MatchingEngine.submit() removes a post-only order that would take", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: 101, postOnly: true }));
  engine.submit(order({ id: 5, price: undefined, postOnly: true }));
  assertEquals(script.take(), ["removed 4 of 1: 10 post_only", "removed 5 of 1: 10 post_only"]);
  engine.submit(order({ id: 6, price: 100, postOnly: true }));
  assertEquals(engine.best("buy"), 100);
});

Deno.test("MatchingEngine.submit() prevents self-trades as each policy says", () => {
  const told = (selfTrade: SelfTradePolicy, size: number) => {
    const { engine, script } = withAsks();
    engine.submit(order({ id: 4, owner: 2, price: 101, size, selfTrade }));
    return script.take();
  };
  assertEquals(told("cancel_newest", 7), ["level sell 101: 10", "removed 4 of 2: 7 self_trade"]);
  assertEquals(told("cancel_oldest", 7), [
    "removed 1 of 2: 5 self_trade",
    "trade 2 of 3 (0 left) with 4 of 2 (2 left): buy 5 @ 101",
    "level sell 101: 0",
    "rested 4 of 2: buy 2 @ 101",
    "level buy 101: 2",
  ]);
  assertEquals(told("cancel_both", 7), [
    "removed 1 of 2: 5 self_trade",
    "level sell 101: 5",
    "removed 4 of 2: 7 self_trade",
  ]);
  assertEquals(told("decrement", 7), [
    "removed 1 of 2: 5 self_trade",
    "trade 2 of 3 (3 left) with 4 of 2 (0 left): buy 2 @ 101",
    "level sell 101: 3",
  ]);
  assertEquals(told("decrement", 3), [
    "amended 1 of 2: 2 @ 101",
    "level sell 101: 7",
    "removed 4 of 2: 3 self_trade",
  ]);
});

Deno.test("MatchingEngine.cancel() removes a resting order once", () => {
  const { engine, script } = withAsks();
  assertEquals(engine.cancel(2), true);
  assertEquals(script.take(), ["removed 2 of 3: 5 cancelled", "level sell 101: 5"]);
  assertEquals(engine.cancel(2), false);
  assertEquals(script.take(), []);
});

Deno.test("MatchingEngine.amend() keeps the place of an order that shrinks", () => {
  const { engine, script } = withAsks();
  assertEquals(engine.amend(1, 101, 2), true);
  assertEquals(engine.amend(1, 101, 2), true);
  assertEquals(script.take(), [
    "amended 1 of 2: 2 @ 101",
    "level sell 101: 7",
    "amended 1 of 2: 2 @ 101",
  ]);
  engine.submit(order({ id: 4, price: 101, size: 1 }));
  assertEquals(script.take()[0], "trade 1 of 2 (1 left) with 4 of 1 (0 left): buy 1 @ 101");
});

Deno.test("MatchingEngine.amend() sends what grows or moves to the back, and may trade", () => {
  const { engine, script } = withAsks();
  assertEquals(engine.amend(1, 101, 6), true);
  assertEquals(script.take(), [
    "level sell 101: 5",
    "rested 1 of 2: sell 6 @ 101",
    "level sell 101: 11",
  ]);
  engine.submit(order({ id: 4, price: 100, size: 4 }));
  script.take();
  assertEquals(engine.amend(1, 100, 6), true);
  assertEquals(script.take(), [
    "level sell 101: 5",
    "trade 4 of 1 (0 left) with 1 of 2 (2 left): sell 4 @ 100",
    "level buy 100: 0",
    "rested 1 of 2: sell 2 @ 100",
    "level sell 100: 2",
  ]);
  assertEquals(engine.amend(99, 100, 6), false);
});

Deno.test("MatchingEngine.amend() removes post-only that would take, cancels at zero", () => {
  const { engine, script } = withAsks();
  engine.submit(order({ id: 4, price: 100, postOnly: true }));
  script.take();
  assertEquals(engine.amend(4, 101, 10), true);
  assertEquals(script.take(), ["level buy 100: 0", "removed 4 of 1: 10 post_only"]);
  assertEquals(engine.amend(3, 103, 0), true);
  assertEquals(script.take(), ["removed 3 of 2: 7 cancelled", "level sell 103: 0"]);
});

Deno.test("MatchingEngine.setPhase() halts orders, not cancels, and closes for good", () => {
  const { engine, script } = withAsks();
  engine.setPhase("halted");
  engine.submit(order({ id: 4, price: 101 }));
  assertEquals(script.take(), ["removed 4 of 1: 10 phase"]);
  assertEquals(engine.amend(1, 102, 5), false);
  assertEquals(engine.amend(1, 101, 4), true);
  assertEquals(engine.cancel(1), true);
  engine.setPhase("continuous");
  engine.setPhase("closed");
  assertEquals(script.take().slice(-4), [
    "removed 2 of 3: 5 phase",
    "level sell 101: 0",
    "removed 3 of 2: 7 phase",
    "level sell 103: 0",
  ]);
  assertEquals(engine.phase, "closed");
  assertThrows(() => engine.setPhase("continuous"), InvariantError, "closed");
});

Deno.test("MatchingEngine.submit() stops at impossible orders", () => {
  const { engine } = withAsks();
  const bad = (changes: Partial<MarketOrder>, text: string) =>
    assertThrows(() => engine.submit(order({ id: 9, ...changes })), InvariantError, text);
  bad({ size: 0 }, "above zero");
  bad({ size: 1.5 }, "whole lots");
  bad({ price: 0 }, "ticks above zero");
  bad({ price: 1.5 }, "ticks above zero");
  bad({ id: 1 }, "rests already");
  assertThrows(() => engine.amend(1, 101, -1), InvariantError, "negative");
  assertThrows(() => engine.amend(1, 101, 0.5), InvariantError, "whole lots");
  const full = new MatchingEngine({ listener: new EventScript(), ordersMax: 2 });
  full.submit(order({ id: 1 }));
  full.submit(order({ id: 2 }));
  assertThrows(() => full.submit(order({ id: 3 })), InvariantError, "may hold");
});

Deno.test("MatchingEngine.forEachLevel() goes best first and stops when told", () => {
  const { engine } = withAsks();
  const seen: string[] = [];
  engine.forEachLevel("sell", (price, size) => {
    seen.push(`${size} @ ${price}`);
    return true;
  });
  assertEquals(seen, ["10 @ 101", "7 @ 103"]);
  let visits = 0;
  engine.forEachLevel("sell", () => {
    visits++;
    return false;
  });
  assertEquals(visits, 1);
});

Deno.test("MatchingEngine tells a listener that acts while being told everything, in order", () => {
  const script = new EventScript();
  let acted = false;
  const listener: MarketListener = {
    onRested: (...parts) => script.onRested(...parts),
    onRemoved: (...parts) => script.onRemoved(...parts),
    onAmended: (...parts) => script.onAmended(...parts),
    onLevel: (...parts) => script.onLevel(...parts),
    onTrade: (trade) => {
      script.onTrade(trade);
      if (acted) return;
      acted = true;
      // The sweep is already complete: id 2 is gone, id 3 rests, and both answers are true.
      assertEquals(engine.cancel(2), false);
      assertEquals(engine.cancel(3), true);
      engine.submit(order({ id: 10, owner: 7, side: "sell", price: 102, size: 1 }));
    },
  };
  const engine = new MatchingEngine({ listener });
  engine.submit(order({ id: 1, owner: 2, side: "sell", price: 101, size: 5 }));
  engine.submit(order({ id: 2, owner: 3, side: "sell", price: 101, size: 5 }));
  engine.submit(order({ id: 3, owner: 2, side: "sell", price: 103, size: 7 }));
  script.take();
  engine.submit(order({ id: 4, price: 102, size: 12 }));
  assertEquals(script.take(), [
    "trade 1 of 2 (0 left) with 4 of 1 (7 left): buy 5 @ 101",
    "trade 2 of 3 (0 left) with 4 of 1 (2 left): buy 5 @ 101",
    "level sell 101: 0",
    "rested 4 of 1: buy 2 @ 102",
    "level buy 102: 2",
    "removed 3 of 2: 7 cancelled",
    "level sell 103: 0",
    "trade 4 of 1 (1 left) with 10 of 7 (0 left): sell 1 @ 102",
    "level buy 102: 1",
  ]);
});

Deno.test("MatchingEngine tells what is left after its listener failed once", () => {
  const script = new EventScript();
  let fails = true;
  const engine = new MatchingEngine({
    listener: {
      onRested: () => {
        if (fails) throw new Error("listener failed");
      },
      onRemoved: (...parts) => script.onRemoved(...parts),
      onAmended: (...parts) => script.onAmended(...parts),
      onLevel: (...parts) => script.onLevel(...parts),
      onTrade: (trade) => script.onTrade(trade),
    },
  });
  assertThrows(() => engine.submit(order({ id: 1 })), Error, "listener failed");
  fails = false;
  assert(engine.cancel(1));
  assertEquals(script.take(), [
    "level buy 100: 10",
    "removed 1 of 1: 10 cancelled",
    "level buy 100: 0",
  ]);
});

Deno.test("MatchingEngine sweeps a hundred thousand orders at once", () => {
  let trades = 0;
  const engine = new MatchingEngine({
    listener: {
      onRested: () => {},
      onRemoved: () => {},
      onAmended: () => {},
      onLevel: () => {},
      onTrade: () => void trades++,
    },
  });
  for (let id = 1; id <= 100_000; id++) {
    engine.submit(order({ id, side: "sell", price: 1_000 + (id * 7_919) % 9_973, size: 1 }));
  }
  assertEquals(engine.restingCount, 100_000);
  engine.submit(order({ id: 200_000, owner: 2, price: undefined, size: 100_000 }));
  assertEquals(trades, 100_000);
  assertEquals(engine.restingCount, 0);
});
