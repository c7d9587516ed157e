/**
 * Orders on the grid, and their numbers as exact text.
 * @module
 */
import { price } from "@/engine/domain/mod.ts";
import { offGrid, stepsText } from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp } from "@/tests/support/builders.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const BTC = btcPerp();

Deno.test("stepsText() is the instrument's own text at every magnitude", () => {
  const random = printedRandom("kit steps");
  for (let round = 0; round < 2_000; round++) {
    const steps = Math.floor(random.next() * 10 ** Math.floor(random.next() * 15));
    assertEquals(stepsText(steps, BTC.priceGrid), BTC.priceText(price(steps)));
    assertEquals(stepsText(steps, BTC.sizeGrid), BTC.sizeText(steps));
  }
});

Deno.test("stepsText() drops trailing zeros, keeps the leading one, and stays exact beyond 2^53", () => {
  const cases: readonly (readonly [number, number, number, string])[] = [
    [0, 1, 2, "0"],
    [5, 1, 3, "0.005"],
    [50, 1, 3, "0.05"],
    [1_000, 1, 3, "1"],
    [7, 5, 1, "3.5"],
    [120, 1, 0, "120"],
    [9_007_199_254_740_991, 3_000_000, 4, "2702159776422297300"],
    [9_007_199_254_740_991, 3, 4, "2702159776422.2973"],
    [9_007_199_254_740_991, 1_000_000, 0, "9007199254740991000000"],
  ];
  for (const [steps, mantissa, scale, text] of cases) {
    assertEquals(stepsText(steps, { mantissa, scale }), text);
  }
});

Deno.test("offGrid() names the size before the price, and takes what is absent as fitting", () => {
  const lot = BTC.orderLot;
  const step = BTC.orderStepAt(640_000);
  const onGrid = step * 1_000;
  assertEquals(offGrid(BTC, lot * 3, onGrid, undefined), undefined);
  assertEquals(offGrid(BTC, lot, undefined, undefined), undefined);
  assertEquals(offGrid(BTC, lot + 0.5, 0, 0), "size is not a multiple of the order lot");
  for (const wrong of [0, -step, onGrid + 0.5]) {
    assertEquals(offGrid(BTC, lot, wrong, undefined), "price is not on the order tick");
    assertEquals(offGrid(BTC, lot, onGrid, wrong), "price is not on the order tick");
  }
});
