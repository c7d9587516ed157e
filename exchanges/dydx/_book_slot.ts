/**
 * What the decoder keeps of each book between messages, and of each connection that told of it.
 *
 * 1. A book belongs to the connection that gave its snapshot; during a rotation the newer one takes
 *    it over with its own snapshot, and what the older one says of it is left out from then on.
 * 2. A loss on a connection breaks the chain of every book that belongs to it, at once.
 * @module
 */
import { type Instrument, type Micros } from "@/engine/domain/mod.ts";
import { SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import { type DeltaScratch, type SnapshotScratch, spanIs } from "@/exchanges/shared/mod.ts";
import { type CountVerdict, MessageCounter } from "./_message_counter.ts";
import { Uncrosser } from "./_uncrosser.ts";

const CONNECTIONS_MAX = 4;
const encoder = new TextEncoder();

/** One connection, by its id. */
export class KnownConnection {
  readonly name: Uint8Array;
  /** Later connections have higher numbers. */
  readonly ordinal: number;
  readonly counter = new MessageCounter();

  constructor(name: Uint8Array, ordinal: number) {
    this.name = name;
    this.ordinal = ordinal;
  }
}

/** One instrument's book. */
export class BookSlot {
  readonly instrument: Instrument;
  readonly name: Uint8Array;
  readonly levels = new Uncrosser();
  owner: KnownConnection | undefined = undefined;
  /** Message that changed the book last. */
  sequence = SEQUENCE_NONE;
  /** The highest delta that came while there was no book for it, and of which connection. */
  dropped = SEQUENCE_NONE;
  droppedBy: KnownConnection | undefined = undefined;
  /** The levels are what the venue said; false until a snapshot and after a loss. */
  isTrue = false;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.name = encoder.encode(instrument.terms.venueSymbol);
  }
}

/** All books and the connections they came by. */
export class BookSlots {
  readonly all: readonly BookSlot[];
  readonly #byHash = new Map<number, BookSlot[]>();
  readonly #connections: KnownConnection[] = [];
  #ordinal = 0;
  #last: BookSlot | undefined = undefined;
  #current: KnownConnection | undefined = undefined;

  constructor(instruments: readonly Instrument[]) {
    this.all = instruments.map((instrument) => new BookSlot(instrument));
    for (const slot of this.all) {
      const hash = hashOf(slot.name, 0, slot.name.length);
      this.#byHash.set(hash, [...(this.#byHash.get(hash) ?? []), slot]);
    }
  }

  /** An instrument counts on other grids: the levels kept were counted on the old ones. */
  redefine(instrument: Instrument): void {
    const slot = this.all.find((one) => one.instrument.index === instrument.index);
    if (slot === undefined) return;
    slot.isTrue = false;
    slot.levels.clear();
  }

  /** The book of the market named in `bytes[start..end)`. */
  find(bytes: Uint8Array, start: number, end: number): BookSlot | undefined {
    const last = this.#last;
    if (last !== undefined && spanIs(bytes, start, end, last.name)) return last;
    for (const slot of this.#byHash.get(hashOf(bytes, start, end)) ?? []) {
      if (!spanIs(bytes, start, end, slot.name)) continue;
      this.#last = slot;
      return slot;
    }
    return undefined;
  }

  /** The connection named in `bytes[start..end)`; a new name is a new connection. */
  connection(bytes: Uint8Array, start: number, end: number): KnownConnection {
    const current = this.#current;
    if (current !== undefined && spanIs(bytes, start, end, current.name)) return current;
    let known = this.#connections.find((one) => spanIs(bytes, start, end, one.name));
    if (known === undefined) {
      known = new KnownConnection(bytes.slice(start, end), this.#ordinal++);
      this.#connections.push(known);
      if (this.#connections.length > CONNECTIONS_MAX) this.#connections.shift();
    }
    this.#current = known;
    return known;
  }

  /** A message is missing: every book of the connection is wrong; `except` tells it itself. */
  breakAll(
    connection: KnownConnection,
    except: BookSlot | undefined,
    told: { delta: DeltaScratch; at: Micros; receiver: EventReceiver },
  ): void {
    for (const slot of this.all) {
      if (slot.owner !== connection || !slot.isTrue) continue;
      slot.isTrue = false;
      if (slot === except) continue;
      const delta = told.delta.begin(slot.instrument.index, told.at);
      delta.firstSequence = connection.counter.high;
      delta.sequence = connection.counter.high;
      told.receiver.deliver(delta);
    }
  }
}

/** A delta of the book is left out: a snapshot with a lower number is without it. */
export function noteDropped(slot: BookSlot, connection: KnownConnection, id: number): void {
  slot.dropped = slot.droppedBy === connection ? Math.max(slot.dropped, id) : id;
  slot.droppedBy = connection;
}

/** Completes a delta that was read, applies it to the kept levels and says its place. */
export function takeDelta(
  slot: BookSlot,
  connection: KnownConnection,
  id: number,
  verdict: CountVerdict,
  delta: DeltaScratch,
): void {
  delta.firstSequence = id;
  delta.sequence = id;
  if (verdict === "gap") slot.isTrue = false;
  if (!slot.isTrue) noteDropped(slot, connection, id);
  if (verdict !== "next" || !slot.isTrue) return;
  // After a REST snapshot of its own the book follows whichever connection speaks first.
  slot.owner ??= connection;
  slot.levels.apply(delta.bids, delta.asks, id);
  delta.previousSequence = slot.sequence;
  slot.sequence = id;
}

/**
 * Takes a pushed snapshot that was read; false when it is a repeated one, came too late for its own
 * deltas, or is of a connection that was replaced.
 */
export function takeSnapshot(
  slot: BookSlot,
  connection: KnownConnection,
  id: number,
  snapshot: SnapshotScratch,
): boolean {
  const { owner } = slot;
  if (owner !== undefined && connection.ordinal < owner.ordinal) return false;
  if (owner === connection && id <= slot.sequence) return false;
  // It was overtaken by a delta of its own book, or by a loss that may have been one.
  if (slot.droppedBy === connection && id < slot.dropped) return false;
  if (id < connection.counter.lost) return false;
  slot.owner = connection;
  slot.sequence = id;
  slot.isTrue = true;
  slot.levels.load(snapshot.bids, snapshot.asks, id);
  snapshot.sequence = id;
  return true;
}

/** Takes a REST snapshot: the numbering stays where the stream left it. */
export function takeRestSnapshot(slot: BookSlot, snapshot: SnapshotScratch): void {
  slot.levels.load(snapshot.bids, snapshot.asks, slot.sequence);
  slot.isTrue = true;
  snapshot.sequence = slot.sequence;
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return hash;
}
