/**
 * `NodeArena`: the memory of a B+tree: all nodes in a few typed arrays, freed nodes reused.
 *
 *   node:      0                1                2
 *   keys    [k0 .. k63]     [k0 .. k63]     [k0 .. k63]      slot = node * 64 + i
 *   values  [v0 .. v63]     [v0 .. v63]     [c0 .. c63]      an inner node keeps children here
 *
 * 1. A node that is in use is reachable from the root or about to be.
 * 2. The free list runs through `next`.
 * 3. Memory only grows; a tree of steady size allocates nothing.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Most entries of a leaf, most children of an inner node. */
export const NODE_MAX = 64;
/** `node << SHIFT` is the node's first slot. */
export const SHIFT = 6;
/** No node. */
export const NONE = -1;

/** Typed arrays that hold nodes, and the moves of entries within and between them. */
export class NodeArena {
  protected keys: Float64Array;
  protected values: Float64Array;
  protected counts: Int32Array;
  protected next: Int32Array;
  protected previous: Int32Array;
  protected freeHead = NONE;
  protected nodesUsed = 1;

  /** `nodesExpected` saves growing where the size is known beforehand. */
  constructor(nodesExpected = 2) {
    assert(nodesExpected >= 1, "A tree needs room for one node");
    this.keys = new Float64Array(nodesExpected << SHIFT);
    this.values = new Float64Array(nodesExpected << SHIFT);
    this.counts = new Int32Array(nodesExpected);
    this.next = new Int32Array(nodesExpected).fill(NONE);
    this.previous = new Int32Array(nodesExpected).fill(NONE);
  }

  /** Bytes held by all nodes. */
  get memoryBytes(): number {
    return this.keys.byteLength * 2 + this.counts.byteLength * 3;
  }

  /** Leaves one empty node, number 0. */
  protected forgetNodes(): void {
    this.freeHead = NONE;
    this.nodesUsed = 1;
    this.counts[0] = 0;
    this.next[0] = NONE;
    this.previous[0] = NONE;
  }

  protected insertAt(node: number, at: number, key: number, value: number): void {
    const keys = this.keys;
    const values = this.values;
    const end = (node << SHIFT) + this.counts[node]!;
    for (let i = end; i > at; i--) {
      keys[i] = keys[i - 1]!;
      values[i] = values[i - 1]!;
    }
    keys[at] = key;
    values[at] = value;
    this.counts[node] = this.counts[node]! + 1;
  }

  protected removeAt(node: number, at: number): void {
    const keys = this.keys;
    const values = this.values;
    const end = (node << SHIFT) + this.counts[node]! - 1;
    for (let i = at; i < end; i++) {
      keys[i] = keys[i + 1]!;
      values[i] = values[i + 1]!;
    }
    this.counts[node] = this.counts[node]! - 1;
  }

  /** Puts separator `slot` and child `slot + 1` into an inner node with room. */
  protected insertSeparator(node: number, slot: number, separator: number, child: number): void {
    const base = node << SHIFT;
    const count = this.counts[node]!;
    this.keys.copyWithin(base + slot + 1, base + slot, base + count - 1);
    this.values.copyWithin(base + slot + 2, base + slot + 1, base + count);
    this.keys[base + slot] = separator;
    this.values[base + slot + 1] = child;
    this.counts[node] = count + 1;
  }

  /** Moves the entries from `kept` on to the front of an empty node. */
  protected moveTail(node: number, kept: number, right: number): void {
    const from = (node << SHIFT) + kept;
    const count = this.counts[node]!;
    const end = (node << SHIFT) + count;
    this.keys.copyWithin(right << SHIFT, from, end);
    this.values.copyWithin(right << SHIFT, from, end);
    this.counts[right] = count - kept;
    this.counts[node] = kept;
  }

  protected allocate(): number {
    let node = this.freeHead;
    if (node === NONE) {
      if (this.nodesUsed === this.counts.length) this.#grow();
      node = this.nodesUsed++;
    } else {
      this.freeHead = this.next[node]!;
    }
    this.next[node] = NONE;
    this.previous[node] = NONE;
    this.counts[node] = 0;
    return node;
  }

  protected release(node: number): void {
    this.counts[node] = 0;
    this.next[node] = this.freeHead;
    this.freeHead = node;
  }

  #grow(): void {
    const nodes = this.counts.length;
    // Doubling small trees, then steps of a quarter: seventy books must not hold twice their need.
    const wanted = nodes + Math.max(2, Math.min(nodes, 8 + (nodes >> 2)));
    this.keys = enlarged(this.keys, new Float64Array(wanted << SHIFT));
    this.values = enlarged(this.values, new Float64Array(wanted << SHIFT));
    this.counts = enlarged(this.counts, new Int32Array(wanted));
    this.next = enlarged(this.next, new Int32Array(wanted));
    this.previous = enlarged(this.previous, new Int32Array(wanted));
  }
}

function enlarged<T extends Float64Array | Int32Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
