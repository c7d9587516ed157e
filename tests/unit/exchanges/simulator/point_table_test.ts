/**
 * Tables of multiples against the library's multiplication, at random and at the edges.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { PointSum, PointTable } from "@/exchanges/simulator/point_table.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const { Point } = secp256k1;
const { Fn } = Point;
const other = Point.BASE.multiply(0x1234_5678_9abc_def0n);

function numberAt(seed: number): bigint {
  const hex = [...sha256(Uint8Array.of(seed))].map((byte) => byte.toString(16).padStart(2, "0"));
  return Fn.create(BigInt(`0x${hex.join("")}`));
}

Deno.test("PointTable multiplies as the library does: random, small, large, all windows full", () => {
  const table = new PointTable(other);
  const sum = new PointSum();
  const edges = [1n, 31n, 32n, 33n, 63n, 64n, 2_080n, Fn.ORDER - 1n, Fn.ORDER - 33n];
  const full = [32, 33, 63].map((digit) => Fn.create(BigInt(`0o${digit.toString(8).repeat(42)}`)));
  const random = Array.from({ length: 40 }, (_, seed) => numberAt(seed));
  for (const scalar of [...edges, ...full, ...random]) {
    sum.clear();
    assertEquals(table.addTo(sum, scalar), true);
    const { x, y } = other.multiply(scalar);
    assertEquals(sum.affine(), { x, y }, `scalar ${scalar}`);
  }
});

Deno.test("PointSum adds multiples of two points as the library does", () => {
  const tables = [new PointTable(Point.BASE), new PointTable(other)] as const;
  const sum = new PointSum();
  for (let seed = 0; seed < 20; seed++) {
    const [a, b] = [numberAt(seed), numberAt(seed + 100)];
    sum.clear();
    assertEquals(tables[0].addTo(sum, a) && tables[1].addTo(sum, b), true);
    const { x, y } = Point.BASE.multiply(a).add(other.multiply(b));
    assertEquals(sum.affine(), { x, y });
  }
});

Deno.test("PointSum has no answer for nothing, equal and opposite points", () => {
  const table = new PointTable(Point.BASE);
  const sum = new PointSum();
  sum.clear();
  assertEquals(table.addTo(sum, 0n), true);
  assertEquals(sum.affine(), undefined);
  assertEquals(table.addTo(sum, 5n), true);
  assertEquals(table.addTo(sum, 5n), false);
  sum.clear();
  assertEquals(table.addTo(sum, 7n), true);
  const { x, y } = Point.BASE.multiply(7n).negate();
  assertEquals(sum.add(x, y), false);
});
