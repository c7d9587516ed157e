/**
 * Virtual time: the same calls as live, without waiting, in one total order.
 *
 * 1. Calls run by (time, order of asking); none runs twice; the clock stands at a call's time
 *    while it runs.
 * 2. Cancelling costs nothing at once: the entry is thrown away when it comes up, or in a clean-up
 *    when most entries are cancelled.
 * 3. Typed arrays hold the heap; a scheduled call costs no object but the caller's own function.
 * @module
 */
import { assert, type Micros, micros, type Nanos, nanos } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";

/** Slots are numbered below this; a timer's id is generation * SLOTS_MAX + slot. */
const SLOTS_MAX = 2 ** 22;
const CLEAN_UP_MIN = 1_024;
const SAME_INSTANT_MAX = 50_000_000;

/** A clock that goes only when told to. */
export class VirtualClock implements Clock, Scheduler {
  readonly #start: number;
  #now: number;
  #asked = 0;
  #running = false;
  // The heap: parallel arrays ordered by (time, order).
  #count = 0;
  #times = new Float64Array(256);
  #orders = new Float64Array(256);
  #slots = new Int32Array(256);
  // What to run, by slot.
  readonly #runs: ((() => void) | undefined)[] = [];
  readonly #generations: number[] = [];
  readonly #freeSlots: number[] = [];
  #cancelled = 0;

  constructor(start: Micros) {
    this.#start = start;
    this.#now = start;
  }

  now(): Micros {
    return micros(this.#now);
  }

  monotonic(): Nanos {
    return nanos((this.#now - this.#start) * 1_000);
  }

  /** Calls not yet run nor cancelled. */
  get pending(): number {
    return this.#count - this.#cancelled;
  }

  after(delayMs: number, run: () => void): TimerId {
    assert(delayMs >= 0, "Delay must be at least zero");
    assert(delayMs < Infinity, "Delay must be finite");
    const slot = this.#freeSlots.pop() ?? this.#newSlot();
    this.#runs[slot] = run;
    this.#push(this.#now + Math.round(delayMs * 1_000), slot);
    return this.#generations[slot]! * SLOTS_MAX + slot;
  }

  cancel(timer: TimerId): void {
    const slot = timer % SLOTS_MAX;
    const generation = (timer - slot) / SLOTS_MAX;
    if (this.#generations[slot] !== generation || this.#runs[slot] === undefined) return;
    this.#runs[slot] = undefined;
    this.#cancelled++;
    if (this.#cancelled > CLEAN_UP_MIN && this.#cancelled * 2 > this.#count) this.#cleanUp();
  }

  /** Runs the next call, moving time to it; false when there is none. */
  step(): boolean {
    assert(!this.#running, "Virtual time may not be run from inside a scheduled call");
    this.#dropCancelled();
    if (this.#count === 0) return false;
    this.#running = true;
    try {
      this.#runTop();
    } finally {
      this.#running = false;
    }
    return true;
  }

  /** Runs everything due up to and including `time`, then stands there. */
  runUntil(time: Micros): void {
    assert(!this.#running, "Virtual time may not be run from inside a scheduled call");
    assert(time >= this.#now, "Virtual time may not go back");
    this.#running = true;
    let instant = this.#now;
    let atInstant = 0;
    try {
      while (this.#count > 0 && this.#times[0]! <= time) {
        this.#runTop();
        atInstant = this.#now === instant ? atInstant + 1 : 0;
        instant = this.#now;
        assert(atInstant < SAME_INSTANT_MAX, "Virtual time stands still: a call asks for itself");
      }
      this.#now = time;
    } finally {
      this.#running = false;
    }
  }

  /** Runs everything due within the next milliseconds. */
  runFor(milliseconds: number): void {
    this.runUntil(micros(this.#now + Math.round(milliseconds * 1_000)));
  }

  #newSlot(): number {
    const slot = this.#generations.length;
    assert(slot < SLOTS_MAX, "Too many calls are scheduled");
    this.#generations.push(0);
    this.#runs.push(undefined);
    return slot;
  }

  /** Takes the first entry off and runs it, unless it was cancelled. */
  #runTop(): void {
    const time = this.#times[0]!;
    const slot = this.#slots[0]!;
    this.#pop();
    const run = this.#runs[slot];
    this.#free(slot);
    if (run === undefined) {
      this.#cancelled--;
      return;
    }
    this.#now = time;
    run();
  }

  #dropCancelled(): void {
    while (this.#count > 0 && this.#runs[this.#slots[0]!] === undefined) {
      this.#free(this.#slots[0]!);
      this.#pop();
      this.#cancelled--;
    }
  }

  #free(slot: number): void {
    this.#runs[slot] = undefined;
    this.#generations[slot]!++;
    this.#freeSlots.push(slot);
  }

  #push(time: number, slot: number): void {
    if (this.#count === this.#times.length) this.#grow();
    this.#siftUp(this.#count++, time, this.#asked++, slot);
  }

  #pop(): void {
    const last = --this.#count;
    if (last === 0) return;
    this.#siftDown(0, this.#times[last]!, this.#orders[last]!, this.#slots[last]!);
  }

  #siftUp(from: number, time: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      const parentTime = times[parent]!;
      if (parentTime < time || (parentTime === time && orders[parent]! < order)) break;
      times[at] = parentTime;
      orders[at] = orders[parent]!;
      slots[at] = slots[parent]!;
      at = parent;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  #siftDown(from: number, time: number, order: number, slot: number): void {
    const times = this.#times;
    const orders = this.#orders;
    const slots = this.#slots;
    const count = this.#count;
    let at = from;
    while (true) {
      const first = at * 4 + 1;
      if (first >= count) break;
      const beyond = Math.min(first + 4, count);
      let least = first;
      let leastTime = times[first]!;
      for (let child = first + 1; child < beyond; child++) {
        const childTime = times[child]!;
        if (childTime > leastTime) continue;
        if (childTime === leastTime && orders[child]! > orders[least]!) continue;
        least = child;
        leastTime = childTime;
      }
      if (time < leastTime || (time === leastTime && order < orders[least]!)) break;
      times[at] = leastTime;
      orders[at] = orders[least]!;
      slots[at] = slots[least]!;
      at = least;
    }
    times[at] = time;
    orders[at] = order;
    slots[at] = slot;
  }

  /** Throws away cancelled entries and puts the heap in order again. */
  #cleanUp(): void {
    let kept = 0;
    for (let index = 0; index < this.#count; index++) {
      const slot = this.#slots[index]!;
      if (this.#runs[slot] === undefined) {
        this.#free(slot);
        continue;
      }
      this.#times[kept] = this.#times[index]!;
      this.#orders[kept] = this.#orders[index]!;
      this.#slots[kept] = slot;
      kept++;
    }
    this.#count = kept;
    this.#cancelled = 0;
    for (let at = (kept - 2) >> 2; at >= 0; at--) {
      this.#siftDown(at, this.#times[at]!, this.#orders[at]!, this.#slots[at]!);
    }
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    const orders = new Float64Array(capacity);
    const slots = new Int32Array(capacity);
    times.set(this.#times);
    orders.set(this.#orders);
    slots.set(this.#slots);
    this.#times = times;
    this.#orders = orders;
    this.#slots = slots;
  }
}
