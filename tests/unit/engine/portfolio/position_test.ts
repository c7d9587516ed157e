/**
 * Positions by hand: MARKETS section 6 and its corners.
 * @module
 */
import { type Price, type Side, signedSize } from "@/engine/domain/mod.ts";
import { moneyToText } from "@/engine/domain/mod.ts";
import { Position } from "@/engine/portfolio/position.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { instrumentOf, lots, moneyOf, ticks } from "@/tests/support/builders.ts";

/** One tick is 1, one lot is 1: numbers as in the document. */
const UNIT = instrumentOf(0, { tick: "1", lot: "1" });

function positionOf(...fills: [Side, number, number][]): Position {
  const position = new Position();
  for (const [side, size, at] of fills) position.apply(UNIT, side, ticks(at), lots(size));
  return position;
}

function shown(position: Position): [number, string, string] {
  return [position.size, moneyToText(position.cost), moneyToText(position.realised)];
}

Deno.test("Position keeps the hand case: buy 2 @100, sell 5 @110, buy 3 @105", () => {
  assertEquals(shown(positionOf(["buy", 2, 100], ["sell", 5, 110])), [-3, "-330", "20"]);
  const flat = positionOf(["buy", 2, 100], ["sell", 5, 110], ["buy", 3, 105]);
  assertEquals(shown(flat), [0, "0", "35"]);
});

Deno.test("Position adds cost in the same direction and derives the average", () => {
  const position = positionOf(["buy", 1, 100], ["buy", 2, 103]);
  assertEquals(shown(position), [3, "306", "0"]);
  assertEquals(position.averagePrice(UNIT), moneyOf("102"));
  assertEquals(positionOf(["sell", 4, 50]).averagePrice(UNIT), moneyOf("50"));
  assertEquals(new Position().averagePrice(UNIT), undefined);
});

Deno.test("Position rounds the reduced part half to even and loses nothing by it", () => {
  const tiny = instrumentOf(0, { tick: "0.000000001", lot: "0.000000001" });
  const position = new Position();
  // Cost of 3 lots is 7 units of 10^-18: thirds do not come out.
  position.apply(tiny, "buy", ticks(2), lots(2));
  position.apply(tiny, "buy", ticks(3), lots(1));
  assertEquals(position.cost, moneyOf("0.000000000000000007"));
  position.apply(tiny, "sell", ticks(5), lots(1));
  assertEquals(position.cost, moneyOf("0.000000000000000005"));
  assertEquals(position.realised, moneyOf("0.000000000000000003"));
  position.apply(tiny, "sell", ticks(5), lots(2));
  assertEquals(position.cost, moneyOf("0"));
  assertEquals(position.realised, moneyOf("0.000000000000000008"));
  assertEquals(position.realised, position.cash);
});

Deno.test("Position counts fills and keeps realised less cost equal to cash", () => {
  const position = positionOf(["sell", 3, 70], ["buy", 1, 65], ["buy", 5, 71]);
  assertEquals(position.fills, 3);
  assert(position.realised - position.cost === position.cash);
  assertEquals(shown(position), [3, "213", "3"]);
});

Deno.test("Position.adopt() takes over a position without realising anything", () => {
  const position = new Position();
  position.adopt(signedSize(-2), moneyOf("-200"));
  position.apply(UNIT, "buy", ticks(90), lots(2));
  assertEquals(shown(position), [0, "0", "20"]);
  position.adopt(signedSize(0), moneyOf("7"));
  assertEquals(position.cost, moneyOf("0"));
});

Deno.test("Position.apply() stops at a fill without size", () => {
  assertThrows(() => positionOf(["buy", 0, 100]), Error, "Fill must have a size");
});

Deno.test("Position.regrid() counts on the new lot, or refuses and changes nothing", () => {
  const position = positionOf(["buy", 3, 100]);
  const finer = instrumentOf(0, { tick: "1", lot: "0.1" });
  const coarser = instrumentOf(0, { tick: "1", lot: "2" });
  assert(!position.regrid(UNIT, coarser).ok);
  assertEquals(position.size, signedSize(3));
  assert(position.regrid(UNIT, finer).ok);
  assertEquals(position.size, signedSize(30));
  assertEquals(position.averagePrice(finer), moneyOf("100"));
});

Deno.test("Position keeps contracts by their base value", () => {
  const contract = instrumentOf(0, { tick: "0.1", lot: "1", contractSize: "0.01" });
  const position = new Position();
  position.apply(contract, "buy", 1_000 as Price, lots(5));
  // 5 contracts of 0.01 at 100.
  assertEquals(position.cost, moneyOf("5"));
  assertEquals(position.averagePrice(contract), moneyOf("100"));
});

Deno.test("Position rounds a half unit of cost to the even neighbour, long and short", () => {
  const tiny = instrumentOf(0, { tick: "0.000000001", lot: "0.000000001" });
  for (const side of ["buy", "sell"] as const) {
    const other = side === "buy" ? "sell" : "buy";
    const sign = side === "buy" ? 1n : -1n;
    // Costs of 3 and 5 units halve to 1.5 and 2.5: both become 2.
    for (const [first, second] of [[1, 2], [2, 3]] as const) {
      const position = new Position();
      position.apply(tiny, side, ticks(first), lots(1));
      position.apply(tiny, side, ticks(second), lots(1));
      const before: bigint = position.cost;
      position.apply(tiny, other, ticks(9), lots(1));
      assertEquals(before - position.cost, 2n * sign);
    }
  }
});
