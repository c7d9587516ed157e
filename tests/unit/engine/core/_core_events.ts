/**
 * Events as venues would say them, for the tests of the core.
 * @module
 */
import {
  type AccountKey,
  type ClientOrderId,
  instrumentIndex,
  micros,
} from "@/engine/domain/mod.ts";
import type { BookDelta, BookSnapshot, EngineEvent } from "@/engine/messages/mod.ts";
import { LevelBuffer, type Levels } from "@/engine/messages/mod.ts";
import { PERPETUAL_ACCOUNT, START } from "@/tests/support/builders.ts";

/** A level: whole ticks, whole lots. */
export type Level = readonly [ticks: number, lots: number];

export function levels(of: readonly Level[]): Levels {
  const buffer = new LevelBuffer(Math.max(1, of.length));
  for (const [ticks, lots] of of) buffer.push(ticks, lots);
  return buffer;
}

export function snapshotOf(
  sequence: number,
  bids: readonly Level[],
  asks: readonly Level[],
  instrument = 0,
): BookSnapshot {
  return {
    kind: "book_snapshot",
    instrument: instrumentIndex(instrument),
    at: START,
    venueAt: START,
    sequence,
    bids: levels(bids),
    asks: levels(asks),
    checksum: undefined,
  };
}

export function deltaOf(
  sequence: number,
  bids: readonly Level[],
  asks: readonly Level[] = [],
): BookDelta {
  return {
    kind: "book_delta",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: START,
    firstSequence: sequence,
    sequence,
    previousSequence: sequence - 1,
    bids: levels(bids),
    asks: levels(asks),
    checksum: undefined,
  };
}

/** A link of the venue went up or down. */
export function link(
  which: "market" | "orders" | "account",
  state: "up" | "down",
  account: AccountKey | undefined = which === "market" ? undefined : PERPETUAL_ACCOUNT,
): EngineEvent {
  return {
    kind: "connection",
    venue: "binance",
    account,
    link: which,
    state,
    at: START,
    reason: state === "up" ? "opened" : "closed by the peer",
  };
}

/** The venue says that an order rests. */
export function ack(id: ClientOrderId): EngineEvent {
  return {
    kind: "order",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    source: "stream",
    clientOrderId: id,
    venueOrderId: undefined,
    status: "new",
    side: undefined,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: undefined,
    averagePrice: undefined,
    reason: undefined,
    text: undefined,
  };
}
