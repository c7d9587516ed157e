/**
 * Hands on a depth frame that was read into the delta scratch: as a delta, or, where the venue says
 * `full`, as a snapshot in front of which the feed is interrupted when it holds news.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { EventReceiver } from "@/engine/ports/mod.ts";
import type { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { type Slot, UNREAD } from "./_frame_scanner.ts";

/** Ids may go back only with a new numbering, which is later than this. */
const RESTART_MICROS = 5_000_000;

/** How a depth frame is handed on. */
export interface DepthDelivery {
  readonly isFull: boolean;
  readonly at: Micros;
  /** Whether a whole book that says more than the stream did interrupts the feed. */
  readonly mayInterrupt: boolean;
  /** Whether an empty delta follows a whole book. */
  readonly confirms: boolean;
}

/** Delivers what `scratch.delta` holds; false when it is a whole book older than the stream. */
export function deliverDepth(
  scratch: { readonly delta: DeltaScratch; readonly snapshot: SnapshotScratch },
  slot: Slot,
  how: DepthDelivery,
  receiver: EventReceiver,
): boolean {
  const { delta, snapshot } = scratch;
  const isFollowing = slot.lastId !== UNREAD;
  const isOld = isFollowing && delta.sequence < slot.lastId &&
    delta.venueAt <= slot.lastAt + RESTART_MICROS;
  if (how.isFull && isOld) return false;
  const isNews = isFollowing && delta.sequence !== slot.lastId;
  if (!isOld) {
    slot.lastId = delta.sequence;
    slot.lastAt = delta.venueAt;
  }
  if (!how.isFull) {
    receiver.deliver(delta);
    return true;
  }
  const { instrument, at, venueAt, sequence } = delta;
  if (isNews && how.mayInterrupt) {
    receiver.deliver({ kind: "feed_interrupted", instrument, at, reason: "venue_reset" });
  }
  snapshot.begin(instrument, at);
  snapshot.sequence = sequence;
  snapshot.venueAt = venueAt;
  snapshot.bids.copyFrom(delta.bids);
  snapshot.asks.copyFrom(delta.asks);
  receiver.deliver(snapshot);
  if (!how.confirms) return true;
  delta.begin(instrument, at);
  delta.firstSequence = sequence;
  delta.sequence = sequence;
  delta.venueAt = venueAt;
  receiver.deliver(delta);
  return true;
}
