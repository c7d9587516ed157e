/**
 * What the harness needs of a venue: frames as its sheet writes them, and what a reader that heard
 * some of them must hold. Written from the sheets, never from our decoders or dialects.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { TEST_START } from "@/tests/support/manual_clock.ts";
import type { BookState, TrueBook } from "./true_book.ts";

/** A text of the venue. */
export interface Said {
  readonly text: string;
  /** Tells of the book: called when this was delivered whole, to a reader that has a book or not. */
  readonly heard?: ((hasBook: boolean) => void) | undefined;
  /** Stands in for another checksum, where the venue gives one. */
  readonly withWrongSum?: string | undefined;
}

/** One instrument of a venue on one connection at a time. */
export interface StreamVenue {
  /** Milliseconds between two steps, from and below. */
  readonly paceMs: readonly [number, number];
  /** The connection is open, everything is subscribed to as the client does it: the answers. */
  connect(): Said[];
  /** The connection is gone. */
  disconnect(): void;
  /** The client asks for the book anew over the stream. */
  resubscribe(): Said[];
  /** The market moves: what the stream says of it. */
  step(nowMs: number): Said[];
  /** The numbering starts anew. The market stood still before, for two seconds. */
  restart(nowMs: number): Said[];
  /** What a frozen venue goes on saying; nothing new is in it. */
  frozen?(): Said[];
  /** A text that the client sent (only where the real client is driven). */
  receive?(text: string): Said[];
  /** The REST answer about the book, some versions old. */
  snapshot(versionsOld: number): Said;
  /** The reader threw away what it had: only what comes from here on counts. */
  forgotten(): void;
  /** What a reader that heard all that was delivered must hold; undefined: nothing heard yet. */
  expected(): BookState | undefined;
}

/** When every run starts, as venues say it: the clock of the tests. */
export const START_MS = TEST_START / 1_000;

/** A touch counts as news of a book that stands; it changes none. */
export function touchSaid(text: string): Said {
  return { text, heard: () => {} };
}

/**
 * Where a numbering goes on after a restart: far from all ids before. Where two numberings overlap
 * and the venue says no time beside the id, nobody could tell one from the other.
 */
export function renumbered(id: number, random: SeededRandom): number {
  return Math.floor(id / 2) + random.integer(500);
}

/** How much of a book a text tells. */
export type Telling = "change" | "whole" | "rest";

/**
 * For venues whose frames carry versions of one true book: which version a reader must hold.
 *
 * 1. The newest that was delivered. But where the stream pushes whole books, a change that comes
 *    while there is no book is dropped (the sheets say so), and the next whole book is the start.
 */
export class VersionLog {
  readonly book: TrueBook;
  readonly #keepsChanges: boolean;
  #newest = 0;

  constructor(book: TrueBook, keepsChanges: boolean) {
    this.book = book;
    this.#keepsChanges = keepsChanges;
  }

  /** A text that tells the state of the book as it is now, or was at a version. */
  said(
    text: string,
    telling: Telling,
    more: { readonly version?: number; readonly withWrongSum?: string } = {},
  ): Said {
    const { version = this.book.version, withWrongSum } = more;
    return { text, withWrongSum, heard: (hasBook) => this.#hear(telling, version, hasBook) };
  }

  forget(): void {
    this.#newest = 0;
  }

  expected(): BookState | undefined {
    return this.#newest === 0 ? undefined : this.book.at(this.#newest);
  }

  #hear(telling: Telling, version: number, hasBook: boolean): void {
    // A book that is asked for and comes when there is one already is of no use.
    if (telling === "rest" && hasBook) return;
    if (hasBook || this.#keepsChanges) this.#newest = Math.max(this.#newest, version);
    else if (telling === "whole") this.#newest = version;
  }
}
