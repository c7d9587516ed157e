/**
 * `BPlusTree` by hand; `tests/property/bplus_tree_test.ts` has the twin.
 * @module
 */
import { BPlusTree, CURSOR_NONE, NODE_MAX } from "@/engine/collections/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";

function treeOf(...keys: number[]): BPlusTree {
  const tree = new BPlusTree();
  for (const key of keys) tree.set(key, key * 10);
  return tree;
}

Deno.test("BPlusTree.set() says whether the key is new", () => {
  const tree = new BPlusTree();
  assertStrictEquals(tree.set(5, 50), true);
  assertStrictEquals(tree.set(5, 51), false);
  assertEquals([tree.get(5), tree.get(6), tree.size], [51, NaN, 1]);
});

Deno.test("BPlusTree without entries has no first, last, floor or ceiling", () => {
  const tree = new BPlusTree();
  assertEquals([tree.firstKey(), tree.lastKey()], [NaN, NaN]);
  assertEquals([tree.first(), tree.last(), tree.floor(1), tree.ceiling(1)], [
    CURSOR_NONE,
    CURSOR_NONE,
    CURSOR_NONE,
    CURSOR_NONE,
  ]);
  assertStrictEquals(tree.delete(1), false);
  tree.assertValid();
});

Deno.test("BPlusTree.floor() and ceiling() find the neighbours of a missing key", () => {
  const tree = treeOf(10, 20, 30);
  assertStrictEquals(tree.keyAt(tree.floor(25)), 20);
  assertStrictEquals(tree.keyAt(tree.ceiling(25)), 30);
  assertStrictEquals(tree.keyAt(tree.floor(20)), 20);
  assertStrictEquals(tree.keyAt(tree.ceiling(20)), 20);
  assertStrictEquals(tree.floor(9), CURSOR_NONE);
  assertStrictEquals(tree.keyAt(tree.ceiling(9)), 10);
  assertStrictEquals(tree.ceiling(31), CURSOR_NONE);
  assertEquals([tree.has(20), tree.has(25), tree.has(1)], [true, false, false]);
});

Deno.test("BPlusTree's cursors walk both ways across leaves", () => {
  const tree = new BPlusTree();
  const keys = Array.from({ length: NODE_MAX * 5 }, (_, i) => i);
  for (const key of keys) tree.set(key, -key);
  const up: number[] = [];
  for (let at = tree.first(); at !== CURSOR_NONE; at = tree.after(at)) up.push(tree.keyAt(at));
  const down: number[] = [];
  for (let at = tree.last(); at !== CURSOR_NONE; at = tree.before(at)) down.push(-tree.valueAt(at));
  assertEquals(up, keys);
  assertEquals(down, keys.toReversed());
});

Deno.test("BPlusTree makes no more memory in steady state", () => {
  const tree = new BPlusTree();
  for (let key = 0; key < 1_000; key++) tree.set(key, 1);
  const held = tree.memoryBytes;
  assert(held < 60_000, `wanted a thousand entries in under 60 KB, found ${held}`);
  // A market that climbs: the lowest key leaves, a higher one comes.
  for (let key = 1_000; key < 20_000; key++) {
    tree.delete(key - 1_000);
    tree.set(key, 1);
  }
  tree.assertValid();
  assert(tree.memoryBytes <= held * 1.5, `wanted about ${held}, found ${tree.memoryBytes}`);
});

Deno.test("BPlusTree.clear() forgets all and keeps its memory", () => {
  const tree = new BPlusTree(40);
  const held = tree.memoryBytes;
  for (let round = 0; round < 3; round++) {
    for (let key = 0; key < 1_000; key++) tree.set(-key, key);
    tree.clear();
    tree.assertValid();
    assertEquals([tree.size, tree.first()], [0, CURSOR_NONE]);
  }
  assertStrictEquals(tree.memoryBytes, held);
});

Deno.test("BPlusTree takes entries in any order of growth", () => {
  for (const order of ["up", "down", "inwards"] as const) {
    const tree = new BPlusTree();
    const count = 3_000;
    for (let i = 0; i < count; i++) {
      const key = order === "up" ? i : order === "down" ? -i : i % 2 === 0 ? i : 2 * count - i;
      tree.set(key, i);
    }
    tree.assertValid();
    assertStrictEquals(tree.size, count);
  }
});

Deno.test("BPlusTree evens out inner nodes when one end is emptied", () => {
  const count = 4_400;
  for (const fromLow of [true, false]) {
    const tree = new BPlusTree();
    for (let key = 0; key < count; key++) tree.set(key, key);
    for (let i = 0; i < count; i++) {
      assertStrictEquals(tree.delete(fromLow ? i : count - 1 - i), true);
      if (i % 16 === 0) tree.assertValid();
    }
    assertStrictEquals(tree.size, 0);
  }
});

Deno.test("BPlusTree refuses a key that is no number", () => {
  assertThrows(() => new BPlusTree().set(NaN, 1), Error, "must be a number");
  assertThrows(() => new BPlusTree(0), Error, "room for one node");
});
