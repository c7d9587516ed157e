/**
 * Laws of the ledger's arithmetic: exact identities for any fills.
 * @module
 */
import {
  type FillId,
  fillId,
  money,
  moneyToText,
  notional,
  strategyId,
} from "@/engine/domain/mod.ts";
import { marketValue } from "@/engine/portfolio/mod.ts";
import { Position } from "@/engine/portfolio/position.ts";
import { PositionKeeper } from "@/engine/portfolio/position_keeper.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  fillOf,
  forEachCase,
  instrumentOf,
  lots,
  moneyOf,
  ticks,
} from "@/tests/support/builders.ts";

// Tick times lot is one money unit: roundings happen on every reduction.
const TINY = instrumentOf(0, { tick: "0.000000001", lot: "0.000000001" });

Deno.test("Position: realised + q mark - cost equals cash + q mark, exactly, for any fills", () => {
  forEachCase("position identity", 200, (random) => {
    const position = new Position();
    const mark = money(BigInt(random.integer(1_000_000)) * 10n ** 9n);
    let cash = 0n;
    for (let step = 0; step < 100; step++) {
      const side = random.chance(0.5) ? "buy" : "sell";
      const size = lots(1 + random.integer(7));
      const price = ticks(1 + random.integer(999));
      position.apply(TINY, side, price, size);
      cash -= notional(TINY, price, side === "buy" ? size : -size);
      const worth = marketValue(TINY, position, mark);
      assertEquals(position.realised + worth - position.cost, cash + worth);
      if (position.size === 0) assertEquals(position.realised as bigint, cash);
      // What is open costs something of its own sign.
      assert(position.size === 0 || (position.cost > 0n) === (position.size > 0));
    }
  });
});

Deno.test("Position: closing in any steps realises what closing at once does, to the unit", () => {
  forEachCase("position steps", 200, (random) => {
    const slow = new Position();
    const quick = new Position();
    const opened = 2 + random.integer(50);
    for (let lot = 0; lot < opened; lot++) {
      const price = ticks(1 + random.integer(1_000));
      slow.apply(TINY, "buy", price, lots(1));
      quick.apply(TINY, "buy", price, lots(1));
    }
    const at = ticks(1 + random.integer(1_000));
    quick.apply(TINY, "sell", at, lots(opened));
    while (slow.size > 0) slow.apply(TINY, "sell", at, lots(1 + random.integer(slow.size)));
    assertEquals(moneyToText(slow.realised), moneyToText(quick.realised));
    assertEquals([slow.cost, quick.cost], [moneyOf("0"), moneyOf("0")]);
  });
});

Deno.test("PositionKeeper: strategies add up to the instrument in size and in cash", () => {
  forEachCase("strategies add up", 100, (random) => {
    const keeper = new PositionKeeper();
    assert(keeper.onInstrument(TINY).ok);
    const names = ["a", "b", "c"].map(strategyId);
    for (let step = 0; step < 60; step++) {
      const fill = fillOf({
        fillId: fillId(`f${step}`) satisfies FillId,
        side: random.chance(0.5) ? "buy" : "sell",
        price: ticks(1 + random.integer(999)),
        size: lots(1 + random.integer(9)),
        fee: money(BigInt(random.integer(100) - 30)),
        feeAsset: random.chance(0.5) ? "USDT" : "BNB",
      });
      keeper.onFill(fill, names[random.integer(3)]!);
    }
    const book = keeper.book(TINY.index);
    assert(book !== undefined);
    const parts = [...book.strategies.values()];
    assertEquals(parts.reduce((sum, part) => sum + part.position.size, 0), book.position.size);
    assertEquals(
      parts.reduce((sum, part) => sum + part.position.cash, 0n),
      book.position.cash as bigint,
    );
    const fees = parts.reduce((sum, part) => sum + part.fees.get("BNB"), 0n);
    assertEquals(fees, book.fees.get("BNB") as bigint);
  });
});
