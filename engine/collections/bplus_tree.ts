/**
 * `BPlusTree`: a sorted map of number to number in linked leaves of typed arrays.
 *
 *                 [ 40 | 90 ]                inner: separators, children
 *                /     |     \
 *   [10 20 30] <-> [40 70] <-> [90 95 99]    leaves: keys, values; linked both ways
 *
 * All nodes lie in a few typed arrays (an arena): node `n` owns the slots `n*64 .. n*64+63` of keys
 * and values; an inner node keeps its children where a leaf keeps its values. Freed nodes are
 * reused, so that a tree of steady size makes no garbage.
 *
 * 1. Keys are strictly ascending along the leaf chain.
 * 2. Child `i` of an inner node holds keys below separator `i`, child `i+1` the rest.
 * 3. Every node but the root holds at least `NODE_MIN` and at most `NODE_MAX` entries.
 * 4. All leaves are at one depth.
 * 5. Edits at the high end are the cheapest: the last leaf is tried first, and entries above the
 *    edited one are few. An order book keeps its touch there.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import { NODE_MAX, NodeArena, NONE, SHIFT } from "./node_arena.ts";
import { lowerBound, upperBound } from "./sorted_slots.ts";

/** Fewest entries of any node but the root. */
export const NODE_MIN = NODE_MAX / 4;

/**
 * Two siblings are merged up to this many entries; the rest is room against merging and splitting
 * in turn.
 */
const MERGE_MAX = NODE_MAX - NODE_MIN;
/** 16^12 entries and more: never reached. */
const HEIGHT_MAX = 12;

/** No entry: what cursors answer beyond either end. */
export const CURSOR_NONE = -1;

/** A sorted map of finite numbers. Absent keys and values are `NaN`. */
export class BPlusTree extends NodeArena {
  #root = 0;
  #height = 0;
  #first = 0;
  #last = 0;
  #size = 0;
  /** Nodes and child slots from the root to the leaf of the last `#descend`. */
  readonly #pathNodes = new Int32Array(HEIGHT_MAX);
  readonly #pathSlots = new Int32Array(HEIGHT_MAX);

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** Sets the value of a key; true when the key is new. */
  set(key: number, value: number): boolean {
    assert(key === key, "A key must be a number");
    const leaf = this.#leafOf(key);
    const count = this.counts[leaf]!;
    const base = leaf << SHIFT;
    const keys = this.keys;
    const at = lowerBound(keys, base, base + count, key);
    if (at < base + count && keys[at] === key) {
      this.values[at] = value;
      return false;
    }
    if (count === NODE_MAX) this.#insertSplitting(key, value);
    else this.insertAt(leaf, at, key, value);
    this.#size++;
    return true;
  }

  /** Removes a key; false when it is not there. */
  delete(key: number): boolean {
    const leaf = this.#leafOf(key);
    const count = this.counts[leaf]!;
    const base = leaf << SHIFT;
    const at = lowerBound(this.keys, base, base + count, key);
    if (at === base + count || this.keys[at] !== key) return false;
    if (count <= NODE_MIN && this.#height > 0) {
      this.#descend(key);
      this.removeAt(leaf, at);
      this.#repair(leaf);
    } else {
      this.removeAt(leaf, at);
    }
    this.#size--;
    return true;
  }

  /** The value of a key; `NaN` when it is not there. */
  get(key: number): number {
    const leaf = this.#leafOf(key);
    const base = leaf << SHIFT;
    const end = base + this.counts[leaf]!;
    const at = lowerBound(this.keys, base, end, key);
    return at < end && this.keys[at] === key ? this.values[at]! : NaN;
  }

  /** Whether a key is there. */
  has(key: number): boolean {
    const cursor = this.floor(key);
    return cursor !== CURSOR_NONE && this.keyAt(cursor) === key;
  }

  /** Forgets every entry; keeps the memory. */
  clear(): void {
    this.#root = 0;
    this.#height = 0;
    this.#first = 0;
    this.#last = 0;
    this.#size = 0;
    this.forgetNodes();
  }

  /** Smallest key; `NaN` when empty. */
  firstKey(): number {
    return this.#size === 0 ? NaN : this.keys[this.#first << SHIFT]!;
  }

  /** Largest key; `NaN` when empty. */
  lastKey(): number {
    return this.#size === 0 ? NaN : this.keys[this.last()]!;
  }

  /** Cursor of the smallest entry. Cursors are valid until the next edit. */
  first(): number {
    return this.#size === 0 ? CURSOR_NONE : this.#first << SHIFT;
  }

  /** Cursor of the largest entry. */
  last(): number {
    if (this.#size === 0) return CURSOR_NONE;
    return (this.#last << SHIFT) + this.counts[this.#last]! - 1;
  }

  /** Cursor of the largest entry not above `key`. */
  floor(key: number): number {
    const leaf = this.#leafOf(key);
    const base = leaf << SHIFT;
    const end = base + this.counts[leaf]!;
    const at = lowerBound(this.keys, base, end, key);
    if (at < end && this.keys[at] === key) return at;
    return this.#size === 0 ? CURSOR_NONE : this.#stepBack(at, base);
  }

  /** Cursor of the smallest entry not below `key`. */
  ceiling(key: number): number {
    const below = this.floor(key);
    if (below === CURSOR_NONE) return this.first();
    return this.keys[below] === key ? below : this.after(below);
  }

  /** Cursor of the next larger entry. */
  after(cursor: number): number {
    const leaf = cursor >> SHIFT;
    if (cursor + 1 < (leaf << SHIFT) + this.counts[leaf]!) return cursor + 1;
    const next = this.next[leaf]!;
    return next === NONE ? CURSOR_NONE : next << SHIFT;
  }

  /** Cursor of the next smaller entry. */
  before(cursor: number): number {
    return this.#stepBack(cursor, (cursor >> SHIFT) << SHIFT);
  }

  keyAt(cursor: number): number {
    return this.keys[cursor]!;
  }

  valueAt(cursor: number): number {
    return this.values[cursor]!;
  }

  /** Entries in ascending order, for tests and tools: it allocates. */
  *entries(): Generator<readonly [key: number, value: number]> {
    for (let at = this.first(); at !== CURSOR_NONE; at = this.after(at)) {
      yield [this.keyAt(at), this.valueAt(at)];
    }
  }

  /** Walks the whole tree and asserts every invariant of this file's head. */
  assertValid(): void {
    const leaves: number[] = [];
    const seen = this.#assertSubtree(this.#root, this.#height, -Infinity, Infinity, leaves);
    assert(seen === this.#size, "Tree size differs from the number of its entries");
    assert(leaves[0] === this.#first, "Tree's first leaf is not the leftmost");
    assert(leaves.at(-1) === this.#last, "Tree's last leaf is not the rightmost");
    let free = 0;
    for (let node = this.freeHead; node !== NONE; node = this.next[node]!) free++;
    let expected = NONE;
    for (const leaf of leaves) {
      assert(this.previous[leaf] === expected, "Leaf chain is broken backwards");
      if (expected !== NONE) assert(this.next[expected] === leaf, "Leaf chain is broken");
      expected = leaf;
    }
    assert(this.next[expected] === NONE, "Leaf chain goes on after the last leaf");
    assert(
      this.#countNodes(this.#root, this.#height) + free === this.nodesUsed,
      "Tree lost a node of its arena",
    );
  }

  #assertSubtree(
    node: number,
    height: number,
    low: number,
    high: number,
    leaves: number[],
  ): number {
    const count = this.counts[node]!;
    const base = node << SHIFT;
    assert(count <= NODE_MAX, "Node is too full");
    if (node !== this.#root) assert(count >= NODE_MIN, "Node is too empty");
    const keyCount = height === 0 ? count : count - 1;
    for (let i = 0; i < keyCount; i++) {
      const key = this.keys[base + i]!;
      assert(key >= low, "Key is below its separator");
      assert(key < high, "Key is not below its upper separator");
      if (i > 0) assert(this.keys[base + i - 1]! < key, "Keys are not ascending");
    }
    if (height === 0) {
      leaves.push(node);
      return count;
    }
    assert(count >= 2, "Inner node has fewer than two children");
    let seen = 0;
    for (let i = 0; i < count; i++) {
      const from = i === 0 ? low : this.keys[base + i - 1]!;
      const to = i === count - 1 ? high : this.keys[base + i]!;
      seen += this.#assertSubtree(this.values[base + i]!, height - 1, from, to, leaves);
    }
    return seen;
  }

  #countNodes(node: number, height: number): number {
    if (height === 0) return 1;
    let total = 1;
    for (let i = 0; i < this.counts[node]!; i++) {
      total += this.#countNodes(this.values[(node << SHIFT) + i]!, height - 1);
    }
    return total;
  }

  /** The leaf in which `key` is or would be. */
  #leafOf(key: number): number {
    const last = this.#last;
    if (this.#height === 0 || key >= this.keys[last << SHIFT]!) return last;
    let node = this.#root;
    for (let height = this.#height; height > 0; height--) {
      const base = node << SHIFT;
      const slot = upperBound(this.keys, base, base + this.counts[node]! - 1, key);
      node = this.values[slot]! | 0;
    }
    return node;
  }

  /** As `#leafOf`, and writes down the way. */
  #descend(key: number): number {
    let node = this.#root;
    for (let depth = 0; depth < this.#height; depth++) {
      const base = node << SHIFT;
      const slot = upperBound(this.keys, base, base + this.counts[node]! - 1, key);
      this.#pathNodes[depth] = node;
      this.#pathSlots[depth] = slot - base;
      node = this.values[slot]! | 0;
    }
    return node;
  }

  #stepBack(at: number, base: number): number {
    if (at > base) return at - 1;
    const previous = this.previous[base >> SHIFT]!;
    return previous === NONE ? CURSOR_NONE : (previous << SHIFT) + this.counts[previous]! - 1;
  }

  /** Inserts where the leaf is full: splits it and, as far up as needed, its parents. */
  #insertSplitting(key: number, value: number): void {
    const leaf = this.#descend(key);
    // Growing at the high end leaves fuller leaves behind: snapshots are loaded worst price first.
    const atEnd = leaf === this.#last && key > this.lastKey();
    const kept = atEnd ? NODE_MAX - NODE_MIN : NODE_MAX / 2;
    const right = this.allocate();
    this.moveTail(leaf, kept, right);
    const after = this.next[leaf]!;
    this.next[leaf] = right;
    this.previous[right] = leaf;
    this.next[right] = after;
    if (after === NONE) this.#last = right;
    else this.previous[after] = right;
    const separator = this.keys[right << SHIFT]!;
    const target = key < separator ? leaf : right;
    const base = target << SHIFT;
    const at = lowerBound(this.keys, base, base + this.counts[target]!, key);
    this.insertAt(target, at, key, value);
    this.#insertChild(this.#height - 1, separator, right);
  }

  /** Hangs `child` to the right of the path's slot at `depth`, splitting upwards. */
  #insertChild(depth: number, separator: number, child: number): void {
    let level = depth;
    while (level >= 0) {
      const node = this.#pathNodes[level]!;
      const slot = this.#pathSlots[level]!;
      if (this.counts[node]! < NODE_MAX) {
        this.insertSeparator(node, slot, separator, child);
        return;
      }
      const right = this.allocate();
      const kept = NODE_MAX / 2;
      const promoted = this.keys[(node << SHIFT) + kept - 1]!;
      this.moveTail(node, kept, right);
      if (slot < kept) this.insertSeparator(node, slot, separator, child);
      else this.insertSeparator(right, slot - kept, separator, child);
      separator = promoted;
      child = right;
      level--;
    }
    const root = this.allocate();
    assert(this.#height + 1 < HEIGHT_MAX, "Tree is higher than its path");
    const base = root << SHIFT;
    this.keys[base] = separator;
    this.values[base] = this.#root;
    this.values[base + 1] = child;
    this.counts[root] = 2;
    this.#root = root;
    this.#height++;
  }

  /**
   * Merges or refills nodes that became too empty, from the leaf of the last `#descend` upwards.
   */
  #repair(leaf: number): void {
    let node = leaf;
    for (let depth = this.#height - 1; depth >= 0; depth--) {
      if (this.counts[node]! >= NODE_MIN) return;
      const parent = this.#pathNodes[depth]!;
      const slot = this.#pathSlots[depth]!;
      const isLeaf = node === leaf;
      const leftSlot = slot > 0 ? slot - 1 : slot;
      const left = this.values[(parent << SHIFT) + leftSlot]! | 0;
      const right = this.values[(parent << SHIFT) + leftSlot + 1]! | 0;
      if (this.counts[left]! + this.counts[right]! <= MERGE_MAX) {
        this.#merge(parent, leftSlot, left, right, isLeaf);
      } else {
        this.#share(parent, leftSlot, left, right, isLeaf);
        return;
      }
      node = parent;
    }
    if (this.#height > 0 && this.counts[this.#root] === 1) {
      const old = this.#root;
      this.#root = this.values[old << SHIFT]! | 0;
      this.#height--;
      this.release(old);
    }
  }

  /** Appends `right` to `left` and takes it out of the parent. */
  #merge(parent: number, leftSlot: number, left: number, right: number, isLeaf: boolean): void {
    const leftCount = this.counts[left]!;
    const rightCount = this.counts[right]!;
    const target = (left << SHIFT) + leftCount;
    const source = right << SHIFT;
    const parentBase = parent << SHIFT;
    if (!isLeaf) this.keys[target - 1] = this.keys[parentBase + leftSlot]!;
    this.keys.copyWithin(target, source, source + rightCount);
    this.values.copyWithin(target, source, source + rightCount);
    this.counts[left] = leftCount + rightCount;
    if (isLeaf) {
      const after = this.next[right]!;
      this.next[left] = after;
      if (after === NONE) this.#last = left;
      else this.previous[after] = left;
    }
    const count = this.counts[parent]!;
    this.keys.copyWithin(
      parentBase + leftSlot,
      parentBase + leftSlot + 1,
      parentBase + count - 1,
    );
    this.values.copyWithin(
      parentBase + leftSlot + 1,
      parentBase + leftSlot + 2,
      parentBase + count,
    );
    this.counts[parent] = count - 1;
    this.release(right);
  }

  /** Evens out two neighbours that hold too much for one node. */
  #share(parent: number, leftSlot: number, left: number, right: number, isLeaf: boolean): void {
    const keys = this.keys;
    const values = this.values;
    const leftBase = left << SHIFT;
    const rightBase = right << SHIFT;
    const leftCount = this.counts[left]!;
    const rightCount = this.counts[right]!;
    const wanted = (leftCount + rightCount) >> 1;
    const separatorAt = (parent << SHIFT) + leftSlot;
    const moved = wanted - leftCount;
    if (moved > 0) {
      if (!isLeaf) keys[leftBase + leftCount - 1] = keys[separatorAt]!;
      keys.copyWithin(leftBase + leftCount, rightBase, rightBase + moved);
      values.copyWithin(leftBase + leftCount, rightBase, rightBase + moved);
      keys[separatorAt] = isLeaf ? keys[rightBase + moved]! : keys[rightBase + moved - 1]!;
      keys.copyWithin(rightBase, rightBase + moved, rightBase + rightCount);
      values.copyWithin(rightBase, rightBase + moved, rightBase + rightCount);
    } else {
      const from = leftBase + wanted;
      keys.copyWithin(rightBase - moved, rightBase, rightBase + rightCount);
      values.copyWithin(rightBase - moved, rightBase, rightBase + rightCount);
      if (!isLeaf) keys[rightBase - moved - 1] = keys[separatorAt]!;
      values.copyWithin(rightBase, from, leftBase + leftCount);
      const keysEnd = isLeaf ? leftBase + leftCount : leftBase + leftCount - 1;
      keys.copyWithin(rightBase, from, keysEnd);
      keys[separatorAt] = isLeaf ? keys[rightBase]! : keys[from - 1]!;
    }
    this.counts[left] = wanted;
    this.counts[right] = leftCount + rightCount - wanted;
  }
}
