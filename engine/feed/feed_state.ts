/**
 * The states of one instrument's feed, and the legal moves.
 *
 *   subscribing --first delta--> buffering --snapshot spliced--> synchronised
 *        |                        ^     ^                          |      |
 *        |                  first |     | overflow,        gap,    |      | nothing heard, or
 *        |                  delta |     | old snapshot     cross,  |      v behind the touch
 *        +----stream snapshot---+ |     +--(restart)      checksum,|    silent
 *                               | |                   interruption |      |
 *                               v +---------- gapped <-------------+------+
 *                          synchronised                                   |
 *                               ^-------------- next good update ---------+
 *
 * 1. Only `synchronised` books may be quoted on.
 * 2. `silent` keeps its book and its numbering: the next good update makes it usable again.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** Where one instrument's feed stands. */
export type FeedState = "subscribing" | "buffering" | "synchronised" | "gapped" | "silent";

const LEGAL_MOVES: Readonly<Record<FeedState, readonly FeedState[]>> = {
  subscribing: ["buffering", "synchronised", "gapped"],
  buffering: ["synchronised", "gapped"],
  synchronised: ["gapped", "silent"],
  gapped: ["buffering", "synchronised"],
  silent: ["synchronised", "gapped"],
};

/** Asserts that a feed may go from one state to the other, and answers the other. */
export function moveFeed(from: FeedState, to: FeedState): FeedState {
  assert(LEGAL_MOVES[from].includes(to), "Feed made a move that its diagram does not have");
  return to;
}
