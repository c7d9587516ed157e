/**
 * `ServedSnapshots`: the last snapshot of each book and depth, so that a fault can serve it again.
 *
 * 1. Kept whether or not a fault is planned: one that is asked for happens at the next request.
 * 2. A depth is served again at that depth only: no venue answers a request with another's levels.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { FaultPlan } from "./fault_plan.ts";

const DEPTHS_KEPT = 16;

/** Remembers snapshots by their book. */
export class ServedSnapshots<T> {
  readonly #byBook = new WeakMap<object, Map<number, T>>();

  /** The one served before, when a fault wants it; else the fresh one, which is remembered. */
  serve(
    book: object,
    depth: number,
    { faults, now }: { readonly faults: FaultPlan | undefined; readonly now: Micros },
    fresh: () => T,
  ): T {
    let byDepth = this.#byBook.get(book);
    if (byDepth === undefined) this.#byBook.set(book, byDepth = new Map());
    const before = byDepth.get(depth);
    const isStale = before !== undefined && faults?.has("stale_snapshot") === true &&
      faults.decide("stale_snapshot", now);
    if (isStale) return before;
    if (byDepth.size >= DEPTHS_KEPT && before === undefined) byDepth.clear();
    const made = fresh();
    byDepth.set(depth, made);
    return made;
  }
}
