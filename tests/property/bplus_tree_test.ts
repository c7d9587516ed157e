/**
 * `BPlusTree` against a sorted array, through 100,000 edits.
 * @module
 */
import { BPlusTree, CURSOR_NONE, type SeededRandom } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { ReferenceSortedMap } from "@/tests/support/reference_ladder.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const EDITS = 100_000;
/** Every edit is checked in full while the tree is small, every 50th when it is large. */
const SMALL = 120;

Deno.test("BPlusTree equals a sorted array through 100,000 edits, valid after each", () => {
  const random = printedRandom("BPlusTree edits");
  const tree = new BPlusTree();
  const twin = new ReferenceSortedMap();
  let centre = 50_000;
  let largest = 0;
  for (let edit = 0; edit < EDITS; edit++) {
    // Phases: small and busy, growing to thousands, shrinking again, moving like a market.
    const phase = Math.floor(edit / 12_500) % 4;
    const growth = [0.5, 0.75, 0.28, 0.5][phase]!;
    const width = [150, 20_000, 20_000, 400][phase]!;
    if (phase === 3) centre += random.integer(7) - 3;
    const key = phase === 2 && twin.entries.length > 0
      ? random.pick(twin.entries)[0]
      : centre + random.integer(width) - width / 2;
    if (random.chance(growth)) {
      assertStrictEquals(tree.set(key, edit), twin.set(key, edit));
    } else {
      assertStrictEquals(tree.delete(key), twin.delete(key));
    }
    largest = Math.max(largest, tree.size);
    assertAgree(tree, twin, key, random);
    if (tree.size <= SMALL || edit % 50 === 0) tree.assertValid();
    if (edit % 1_000 === 0) assertEquals([...tree.entries()], twin.entries);
  }
  assertEquals([...tree.entries()], twin.entries);
  assertStrictEquals(largest > 4_096, true, "the tree must have become three levels high");
});

Deno.test("BPlusTree gives all its nodes back when it is emptied key by key", () => {
  const random = printedRandom("BPlusTree emptied");
  const tree = new BPlusTree();
  const keys: number[] = [];
  for (let i = 0; i < 6_000; i++) keys.push(i * 3);
  for (let round = 0; round < 3; round++) {
    for (const key of shuffled(keys, random)) tree.set(key, key);
    tree.assertValid();
    for (const key of shuffled(keys, random)) {
      assertStrictEquals(tree.delete(key), true);
      if (tree.size % 97 === 0) tree.assertValid();
    }
    assertStrictEquals(tree.size, 0);
    assertStrictEquals(tree.first(), CURSOR_NONE);
    assertStrictEquals(tree.last(), CURSOR_NONE);
  }
});

function assertAgree(
  tree: BPlusTree,
  twin: ReferenceSortedMap,
  key: number,
  random: SeededRandom,
): void {
  assertStrictEquals(tree.size, twin.entries.length);
  assertStrictEquals(tree.get(key), twin.get(key));
  assertStrictEquals(tree.firstKey(), twin.entries[0]?.[0] ?? NaN);
  assertStrictEquals(tree.lastKey(), twin.entries.at(-1)?.[0] ?? NaN);
  const near = key + random.integer(41) - 20;
  const floor = tree.floor(near);
  assertStrictEquals(floor === CURSOR_NONE ? NaN : tree.keyAt(floor), twin.floorKey(near));
  const ceiling = tree.ceiling(near);
  assertStrictEquals(ceiling === CURSOR_NONE ? NaN : tree.keyAt(ceiling), twin.ceilingKey(near));
}

function shuffled(keys: readonly number[], random: SeededRandom): number[] {
  const left = [...keys];
  for (let i = left.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left;
}
