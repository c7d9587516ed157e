/**
 * `ObjectPool`: reuse without garbage.
 *
 * 1. An object is either in the pool or taken, never both: a double release is a broken invariant.
 * 2. The pool keeps at most `keptMax` objects; what is released beyond that is left to the
 *    collector.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Hands out objects and takes them back. */
export class ObjectPool<T extends object> {
  readonly #create: () => T;
  readonly #keptMax: number;
  readonly #kept: T[] = [];
  /** Objects that are out; an object that was never handed out cannot be released. */
  readonly #taken = new Set<T>();

  constructor(create: () => T, keptMax: number) {
    assert(keptMax >= 1, "A pool needs room for one object");
    this.#create = create;
    this.#keptMax = keptMax;
  }

  /** Objects waiting in the pool. */
  get size(): number {
    return this.#kept.length;
  }

  /** Objects handed out and not yet released. */
  get takenCount(): number {
    return this.#taken.size;
  }

  /** An object in the state its last user left it. */
  take(): T {
    const object = this.#kept.pop() ?? this.#create();
    this.#taken.add(object);
    return object;
  }

  /** Gives an object back. */
  release(object: T): void {
    assert(this.#taken.delete(object), "Object was released twice, or is not of this pool");
    if (this.#kept.length < this.#keptMax) this.#kept.push(object);
  }
}
