/**
 * The matching engine against its slow twin over random mixed events: same events, size conserved,
 * never crossed.
 * @module
 */
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { EventScript, ReferenceMatching } from "@/tests/support/reference_matching.ts";
import { type Market, MatchingEngine, type SelfTradePolicy } from "@/engine/matching/mod.ts";
import type { Side } from "@/engine/domain/mod.ts";

const POLICIES: readonly SelfTradePolicy[] = [
  "allow",
  "cancel_newest",
  "cancel_oldest",
  "cancel_both",
  "decrement",
];

type Draw = (below: number) => number;

/** Mulberry32: whole numbers below a bound, the same for a seed everywhere. */
function drawFrom(seed: number): Draw {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

interface World {
  readonly engine: MatchingEngine;
  readonly twin: ReferenceMatching;
  readonly told: EventScript;
  readonly expected: EventScript;
}

function world(): World {
  const told = new EventScript();
  const expected = new EventScript();
  return {
    engine: new MatchingEngine({ listener: told, windowTicks: 1_024 }),
    twin: new ReferenceMatching(expected),
    told,
    expected,
  };
}

/** One random event for both; prices are near a wandering centre, now and then far away. */
function step(world: World, id: number, centre: number, draw: Draw): void {
  const kind = draw(100);
  const far = draw(50) === 0 ? draw(5_000) - 2_500 : 0;
  const price = Math.max(1, centre + far + draw(21) - 10);
  const size = 1 + draw(20);
  const both = (act: (market: Market) => unknown) => {
    assertEquals(act(world.engine), act(world.twin));
  };
  if (kind < 60) {
    const order = {
      id,
      owner: 1 + draw(4),
      side: (draw(2) === 0 ? "buy" : "sell") as Side,
      price: draw(12) === 0 ? undefined : price,
      size: draw(10) === 0 ? size * 10 : size,
      timeInForce: (["gtc", "gtc", "gtc", "gtc", "ioc", "fok"] as const)[draw(6)]!,
      postOnly: draw(6) === 0,
      selfTrade: POLICIES[draw(5)]!,
    };
    both((market) => market.submit(order));
  } else if (kind < 85) {
    const victim = Math.max(1, id - draw(120));
    both((market) => market.cancel(victim));
  } else {
    const victim = Math.max(1, id - draw(120));
    const leaves = draw(15);
    const held = draw(2) === 0;
    const at = held ? world.twin.best("buy") || price : price;
    both((market) => market.amend(victim, at, leaves));
  }
}

function levels(market: Market, side: Side): [number, number][] {
  const found: [number, number][] = [];
  market.forEachLevel(side, (price, size) => {
    found.push([price, size]);
    return true;
  });
  return found;
}

Deno.test("MatchingEngine tells the same events as its slow twin over random mixed events", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const draw = drawFrom(seed);
    const pair = world();
    let centre = 3_000;
    for (let id = 1; id <= 1_500; id++) {
      if (draw(200) === 0) centre = Math.max(50, centre + draw(4_001) - 2_000);
      step(pair, id, centre, draw);
      const where = `seed ${seed}, event ${id}`;
      assertEquals(pair.told.take(), pair.expected.take(), where);
      const bid = pair.engine.best("buy");
      const ask = pair.engine.best("sell");
      assert(bid === 0 || ask === 0 || bid < ask, `${where}: crossed, ${bid} against ${ask}`);
      assertEquals(pair.engine.restingCount, pair.twin.restingCount, where);
      if (id % 100 !== 0) continue;
      assertEquals(levels(pair.engine, "buy"), levels(pair.twin, "buy"), where);
      assertEquals(levels(pair.engine, "sell"), levels(pair.twin, "sell"), where);
    }
  }
});

Deno.test("MatchingEngine conserves size: sent = twice traded + unfilled + resting", () => {
  for (const selfTrade of POLICIES) {
    const draw = drawFrom(POLICIES.indexOf(selfTrade) + 77);
    let traded = 0;
    let unfilled = 0;
    let withdrawn = 0;
    let sent = 0;
    const leaves = new Map<number, number>();
    const engine = new MatchingEngine({
      listener: {
        onRested: (id, _owner, _side, _price, left) => leaves.set(id, left),
        onTrade: (trade) => {
          traded += trade.size;
          if (leaves.has(trade.makerId)) leaves.set(trade.makerId, trade.makerLeaves);
        },
        onRemoved: (id, _owner, left, reason) => {
          unfilled += left;
          // Under decrement the taker loses as much as the maker that went.
          if (reason === "self_trade" && leaves.has(id)) withdrawn += left;
          leaves.delete(id);
        },
        onAmended: (id, _owner, _price, left) => {
          withdrawn += leaves.get(id)! - left;
          leaves.set(id, left);
        },
        onLevel: () => {},
      },
    });
    for (let id = 1; id <= 3_000; id++) {
      const size = 1 + draw(30);
      sent += size;
      engine.submit({
        id,
        owner: draw(3),
        side: draw(2) === 0 ? "buy" : "sell",
        price: draw(8) === 0 ? undefined : 100 + draw(15),
        size,
        timeInForce: draw(5) === 0 ? "ioc" : "gtc",
        postOnly: false,
        selfTrade,
      });
      if (draw(4) === 0) engine.cancel(id - draw(40));
    }
    let resting = 0;
    for (const side of ["buy", "sell"] as const) {
      for (const [, size] of levels(engine, side)) resting += size;
    }
    const told = [...leaves.values()].reduce((sum, left) => sum + left, 0);
    assertEquals(told, resting, `${selfTrade}: told leaves against resting size`);
    if (selfTrade !== "decrement") {
      assertEquals(sent, 2 * traded + unfilled + resting, selfTrade);
    } else {
      // The lots withdrawn from makers were withdrawn from takers as well.
      assert(withdrawn > 0, "the run must meet own orders");
      const missing = sent - 2 * traded - unfilled - resting;
      assert(missing >= 0, `decrement made ${-missing} lots from nothing`);
      assert(missing <= 2 * withdrawn, `decrement lost ${missing} lots, withdrew ${withdrawn}`);
    }
  }
});
