/**
 * `DeltaBuffer`: copies of the deltas that came before their snapshot. Bounded, and reused.
 * @module
 */
import { assert, type InstrumentIndex, type Micros } from "@/engine/domain/mod.ts";
import { type BookDelta, LevelBuffer, SEQUENCE_NONE } from "@/engine/messages/mod.ts";

/** Copies kept for reuse while the book is synchronised; the rest of the memory is given back. */
const KEPT_MAX = 16;
const LEVELS_EXPECTED = 16;

/** A delta's own copy. */
class DeltaCopy implements BookDelta {
  readonly kind = "book_delta";
  instrument!: InstrumentIndex;
  at!: Micros;
  venueAt!: Micros;
  firstSequence = SEQUENCE_NONE;
  sequence = SEQUENCE_NONE;
  previousSequence = SEQUENCE_NONE;
  readonly bids = new LevelBuffer(LEVELS_EXPECTED);
  readonly asks = new LevelBuffer(LEVELS_EXPECTED);
  checksum: number | undefined = undefined;

  copyFrom(delta: BookDelta): void {
    this.instrument = delta.instrument;
    this.at = delta.at;
    this.venueAt = delta.venueAt;
    this.firstSequence = delta.firstSequence;
    this.sequence = delta.sequence;
    this.previousSequence = delta.previousSequence;
    this.bids.copyFrom(delta.bids);
    this.asks.copyFrom(delta.asks);
    this.checksum = delta.checksum;
  }
}

/** A bounded list of copied deltas, oldest first. */
export class DeltaBuffer {
  readonly #capacityMax: number;
  readonly #copies: DeltaCopy[] = [];
  #count = 0;

  constructor(capacityMax: number) {
    assert(capacityMax >= 1, "A delta buffer needs room for one delta");
    this.#capacityMax = capacityMax;
  }

  get count(): number {
    return this.#count;
  }

  /** `firstSequence` of the oldest delta; `SEQUENCE_NONE` when nothing is buffered. */
  get firstSequence(): number {
    return this.#count === 0 ? SEQUENCE_NONE : this.#copies[0]!.firstSequence;
  }

  /** Keeps a copy; false, and nothing kept of it, when the buffer is full. */
  offer(delta: BookDelta): boolean {
    if (this.#count === this.#capacityMax) return false;
    let copy = this.#copies[this.#count];
    if (copy === undefined) {
      copy = new DeltaCopy();
      this.#copies.push(copy);
    }
    copy.copyFrom(delta);
    this.#count++;
    return true;
  }

  at(index: number): BookDelta {
    const copy = index < this.#count ? this.#copies[index] : undefined;
    assert(copy !== undefined, "Delta buffer was read beyond its end");
    return copy;
  }

  /** Forgets the oldest `count` deltas. */
  dropFirst(count: number): void {
    assert(count <= this.#count, "Delta buffer cannot drop more than it has");
    const dropped = this.#copies.splice(0, count);
    this.#count -= count;
    this.#copies.push(...dropped);
  }

  /** Forgets every delta. */
  clear(): void {
    this.#count = 0;
  }

  /** Forgets every delta and gives memory back. */
  release(): void {
    this.#count = 0;
    if (this.#copies.length > KEPT_MAX) this.#copies.length = KEPT_MAX;
  }
}
