/**
 * Events and a watched merge, for the tests of `LineMerge`.
 * @module
 */
import { instrumentIndex, micros, price, tradeId } from "@/engine/domain/mod.ts";
import type { BookDelta, BookSnapshot, EngineEvent, Trade } from "@/engine/messages/mod.ts";
import { type BookNumbering, LineMerge } from "@/exchanges/kit/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

export const BTC = instrumentIndex(0);
export const START = 1_700_000_000_000_000;

/** A message of the true stream: ids `first..last`, in the second that its number says. */
export function delta(last: number, first = last, previous = first - 1, seconds = last): BookDelta {
  const scratch = new DeltaScratch().begin(BTC, micros(START));
  scratch.firstSequence = first;
  scratch.sequence = last;
  scratch.previousSequence = previous;
  scratch.venueAt = micros(START + seconds * 100_000);
  scratch.bids.push(last, 1);
  return scratch;
}

export function snapshot(sequence: number, seconds = sequence): BookSnapshot {
  const scratch = new SnapshotScratch().begin(BTC, micros(START));
  scratch.sequence = sequence;
  scratch.venueAt = micros(START + seconds * 100_000);
  return scratch;
}

export function trade(id: string): Trade {
  return {
    kind: "trade",
    instrument: BTC,
    at: micros(START),
    venueAt: micros(START),
    price: price(1),
    size: 1 as Trade["size"],
    aggressor: "buy",
    tradeId: tradeId(id),
  };
}

export function shortOf(event: EngineEvent): string {
  switch (event.kind) {
    case "book_delta":
      return `${event.sequence}`;
    case "book_snapshot":
      return `whole ${event.sequence}`;
    case "feed_interrupted":
      return `interrupted ${event.reason}`;
    case "best_bid_ask":
      return `touch ${event.sequence}`;
    case "trade":
      return `trade ${event.tradeId}`;
    default:
      return event.kind;
  }
}

export function merged(numbering: BookNumbering = "contiguous", takesSnapshots = false) {
  const clock = new ManualClock();
  const heard: string[] = [];
  const merge = new LineMerge({
    numbering,
    takesSnapshots,
    scheduler: clock,
    deliver: (event) => heard.push(shortOf(event)),
  });
  return {
    clock,
    merge,
    take: () => heard.splice(0).join(" "),
    say: (source: number, ...ids: number[]) => {
      for (const id of ids) merge.take(source, delta(id));
    },
  };
}
