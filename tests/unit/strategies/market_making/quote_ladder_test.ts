/**
 * Ladder, half-spread, reservation price and fair value: the arithmetic of quoting.
 * @module
 */
import { feeRate, unwrap } from "@/engine/domain/mod.ts";
import { TouchReadings } from "@/strategies/signals/mod.ts";
import { marketMakingParameters } from "@/strategies/market_making/mod.ts";
import { fairValueOf } from "@/strategies/market_making/fair_value.ts";
import { edgeMinBp, halfSpreadTicks, makerFeeBp } from "@/strategies/market_making/half_spread.ts";
import { inventoryShare, reservationPrice } from "@/strategies/market_making/reservation_price.ts";
import {
  buildSide,
  increasingSize,
  LadderSide,
  passiveLimit,
  type SidePlan,
  smallestOrder,
} from "@/strategies/market_making/quote_ladder.ts";
import { assert, assertAlmostEquals, assertEquals } from "@/tests/support/assert.ts";
import { perpetual } from "@/tests/support/fake_view.ts";

function plan(changes: Partial<SidePlan> = {}): SidePlan {
  return {
    side: "buy",
    anchor: 1_000.6,
    step: 10,
    levels: 3,
    size: 5,
    room: 100,
    smallest: 1,
    limit: 1_001,
    ...changes,
  };
}

function ladder(changes: Partial<SidePlan>, terms = {}): string[] {
  const out = new LadderSide();
  buildSide(perpetual(0, terms), plan(changes), out);
  return [...out.prices.subarray(0, out.count)].map((at, level) => `${at} x ${out.sizes[level]}`);
}

function options(changes: Record<string, string> = {}) {
  return unwrap(marketMakingParameters({ order_size: "1", inventory_max: "10", ...changes }));
}

Deno.test("buildSide() rounds bids down and asks up", () => {
  assertEquals(ladder({}), ["1000 x 5", "990 x 5", "980 x 5"]);
  assertEquals(ladder({ side: "sell", limit: 999, anchor: 1_000.2 }), [
    "1001 x 5",
    "1011 x 5",
    "1021 x 5",
  ]);
});

Deno.test("buildSide() keeps to the order grid of the venue", () => {
  const coarse = { orderTick: "0.5", lot: "0.001", orderLot: "0.002" };
  assertEquals(ladder({ levels: 1 }, coarse), ["1000 x 4"]);
  assertEquals(ladder({ levels: 1, anchor: 1_004.9, limit: 2_000 }, coarse), ["1000 x 4"]);
  assertEquals(ladder({ levels: 1, side: "sell", anchor: 1_001, limit: 1 }, coarse), ["1005 x 4"]);
});

Deno.test("buildSide() never goes beyond the limit, and equal prices are one quote", () => {
  assertEquals(ladder({ anchor: 1_050, limit: 995 }), ["995 x 5"]);
  assertEquals(ladder({ anchor: 1_010, limit: 995 }), ["995 x 5", "990 x 5"]);
  assertEquals(ladder({ side: "sell", anchor: 900, limit: 1_005, step: 1 }), ["1005 x 5"]);
});

Deno.test("buildSide() spends the room and leaves out what the venue would refuse", () => {
  assertEquals(ladder({ room: 12 }), ["1000 x 5", "990 x 5", "980 x 2"]);
  assertEquals(ladder({ room: 12, smallest: 3 }), ["1000 x 5", "990 x 5"]);
  assertEquals(ladder({ room: 0 }), []);
  assertEquals(ladder({ room: -5 }), []);
  assertEquals(ladder({ size: 0 }), []);
});

Deno.test("buildSide() shows no price at or below zero", () => {
  assertEquals(ladder({ anchor: 15 }), ["15 x 5", "5 x 5"]);
  assertEquals(ladder({ anchor: 0.5 }), []);
});

Deno.test("increasingSize() shrinks from 70 % to the smallest order, and is none at 100 %", () => {
  assertEquals(increasingSize(100, -0.5, 1), 100);
  assertEquals(increasingSize(100, 0.7, 1), 100);
  assertEquals(increasingSize(101, 0.85, 1), 51);
  assertEquals(increasingSize(100, 0.999999, 1), 1);
  assertEquals(increasingSize(100, 1, 1), 0);
  assertEquals(increasingSize(100, 1.2, 1), 0);
});

Deno.test("smallestOrder() is the larger of least size and least value, on the order lot", () => {
  const terms = { minSize: "0.002", minNotional: "100", orderLot: "0.002" };
  assertEquals(smallestOrder(perpetual(0, terms), 1_000_000), 2);
  assertEquals(smallestOrder(perpetual(0, terms), 200_000), 6);
  assertEquals(smallestOrder(perpetual(0, terms), 0), 2);
});

Deno.test("passiveLimit() is the best price that does not trade", () => {
  assertEquals(passiveLimit(perpetual(), "buy", 1_001), 1_000);
  assertEquals(passiveLimit(perpetual(), "sell", 1_000), 1_001);
  const coarse = perpetual(0, { orderTick: "0.5" });
  assertEquals(passiveLimit(coarse, "buy", 1_005), 1_000);
  assertEquals(passiveLimit(coarse, "sell", 1_000), 1_005);
});

Deno.test("LadderSide tells equal pictures from different ones", () => {
  const one = new LadderSide();
  const other = new LadderSide();
  one.push(100, 5);
  assertEquals(one.equals(other), false);
  other.copyFrom(one);
  assertEquals(one.equals(other), true);
  other.clear();
  other.push(100, 6);
  assertEquals(one.equals(other), false);
  other.clear();
  other.push(101, 5);
  assertEquals(one.equals(other), false);
});

Deno.test("halfSpreadTicks() is the largest of wish, floor, volatility and half a tick", () => {
  const at = 1_000_000;
  assertAlmostEquals(halfSpreadTicks(options({ half_spread_bp: "2" }), at, 0, 0), 200, 1e-9);
  const floor = options({ half_spread_bp: "1", adverse_selection_bp: "0.5", margin_bp: "0.25" });
  assertAlmostEquals(halfSpreadTicks(floor, at, 2, 0), 275, 1e-9);
  const volatile = options({ half_spread_bp: "1", volatility_multiplier: "0.5", hold_s: "4" });
  assertAlmostEquals(halfSpreadTicks(volatile, at, 0, 3), 300, 1e-9);
  assertEquals(halfSpreadTicks(options({ half_spread_bp: "0" }), at, -1, 0), 0.5);
});

Deno.test("Buying and selling at the fee floor earns nothing and loses nothing", () => {
  const feeBp = makerFeeBp(feeRate(200));
  assertEquals(feeBp, 2);
  const fair = 1_000_000;
  const h = halfSpreadTicks(options({ half_spread_bp: "0" }), fair, feeBp, 0);
  const fee = feeBp / 1e4;
  const profit = (fair + h) * (1 - fee) - (fair - h) * (1 + fee);
  assertAlmostEquals(profit, 0, 1e-6);
});

Deno.test("edgeMinBp() is the fee and half of the adverse selection", () => {
  assertEquals(edgeMinBp(options({ adverse_selection_bp: "0.5" }), 1), 1.25);
});

Deno.test("reservationPrice() moves down when long and up when short", () => {
  assertEquals(reservationPrice(1_000, 20, 0.5, inventoryShare(5, 10)), 995);
  assertEquals(reservationPrice(1_000, 20, 0.5, inventoryShare(-5, 10)), 1_005);
  assertEquals(reservationPrice(1_000, 20, 0.5, inventoryShare(50, 10)), 990);
  assertEquals(reservationPrice(1_000, 20, 0.5, inventoryShare(-50, 10)), 1_010);
});

Deno.test("fairValueOf() leans by the microprice and by the imbalance coefficient", () => {
  const touch = new TouchReadings();
  assert(touch.read(10_000, 3, 10_002, 1));
  assertEquals(fairValueOf(touch, "mid", 0), 10_001);
  assertEquals(fairValueOf(touch, "microprice", 0), 10_001.5);
  assertAlmostEquals(fairValueOf(touch, "mid", 2), 10_001 * (1 + 0.5 * 2e-4), 1e-9);
});
