/**
 * Hands on a depth frame that was read into the delta scratch: as a delta, or, where the venue says
 * `full`, as a snapshot.
 *
 * 1. In front of a whole book that holds news, or was asked for, the feed is interrupted: what it
 *    has and what it kept for a splice is of no more use.
 * 2. So it is in front of the first delta of a new numbering: an id that went back, but later.
 * 3. A frame that is later than the stream by its id and earlier by its time is a leftover of the
 *    numbering before, and is not handed on.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import type { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { type Slot, UNREAD } from "./_frame_scanner.ts";

/** Ids may go back only with a new numbering, which is later than this. */
const RESTART_MICROS = 1_000_000;

/** How a depth frame is handed on. */
export interface DepthDelivery {
  readonly isFull: boolean;
  readonly at: Micros;
  /** Whether an empty delta follows a whole book. */
  readonly confirms: boolean;
}

/** Delivers what `scratch.delta` holds; why not, when it is older than the stream before it. */
export function deliverDepth(
  scratch: { readonly delta: DeltaScratch; readonly snapshot: SnapshotScratch },
  slot: Slot,
  how: DepthDelivery,
  receiver: EventReceiver,
): "delivered" | "whole book is older than the stream" | "delta of an earlier numbering" {
  const { delta, snapshot } = scratch;
  const { instrument, at, venueAt, sequence } = delta;
  const isFollowing = slot.lastId !== UNREAD && !slot.isAnew;
  const isBehind = isFollowing && sequence < slot.lastId;
  const isRestart = isBehind && slot.lastAt > 0 && venueAt > slot.lastAt + RESTART_MICROS;
  const isOld = isBehind && !isRestart;
  if (how.isFull && isOld) return "whole book is older than the stream";
  const isAhead = isFollowing && sequence > slot.lastId;
  if (isAhead && venueAt > 0 && venueAt + RESTART_MICROS < slot.lastAt) {
    return "delta of an earlier numbering";
  }
  const isNews = slot.isAnew
    ? slot.lastId !== UNREAD
    : isRestart || (how.isFull && isFollowing && sequence !== slot.lastId);
  if (!isOld) {
    slot.lastId = sequence;
    slot.lastAt = venueAt;
  }
  if (isNews && (how.isFull || !slot.isAnew)) {
    receiver.deliver({ kind: "feed_interrupted", instrument, at, reason: "venue_reset" });
  }
  if (!how.isFull) {
    receiver.deliver(delta);
    return "delivered";
  }
  slot.isAnew = false;
  snapshot.begin(instrument, at);
  snapshot.sequence = sequence;
  snapshot.venueAt = venueAt;
  snapshot.bids.copyFrom(delta.bids);
  snapshot.asks.copyFrom(delta.asks);
  receiver.deliver(snapshot);
  if (!how.confirms) return "delivered";
  delta.begin(instrument, at);
  delta.firstSequence = sequence;
  delta.sequence = sequence;
  delta.venueAt = venueAt;
  receiver.deliver(delta);
  return "delivered";
}
