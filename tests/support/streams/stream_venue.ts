/**
 * What the harness needs of a venue: frames as its sheet writes them, and what a reader that heard
 * some of them must hold. Written from the sheets, never from our decoders or dialects.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { TEST_START } from "@/tests/support/manual_clock.ts";
import type { BookState } from "./true_book.ts";

/** A text of the venue. */
export interface Said {
  readonly text: string;
  /** Tells of the book: called when this was delivered whole, with whether the reader has one. */
  readonly heard?: ((hasBook: boolean) => void) | undefined;
  /** It may be lost, but never comes twice or out of order: the first word of a connection. */
  readonly isGreeting?: boolean;
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

/** A book all of whose states are kept. */
export interface KeptStates {
  readonly version: number;
  at(version: number): BookState;
}

/** How much of a book a text tells. */
export type Telling = "change" | "whole" | "rest";

/**
 * For venues whose frames carry versions of one true book: which version a reader must hold.
 *
 * 1. The newest that the stream told. But where the stream pushes whole books, a change that comes
 *    while there is no book is dropped (the sheets say so), and the next whole book is the start.
 * 2. The last book from REST counts while no other stands, and until the stream tells a whole one.
 */
export class VersionLog<B extends KeptStates = KeptStates> {
  readonly book: B;
  readonly #keepsChanges: boolean;
  #told = 0;
  #asked = 0;

  constructor(book: B, keepsChanges: boolean) {
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
    this.#told = 0;
    this.#asked = 0;
  }

  expected(): BookState | undefined {
    const newest = Math.max(this.#told, this.#asked);
    return newest === 0 ? undefined : this.book.at(newest);
  }

  #hear(telling: Telling, version: number, hasBook: boolean): void {
    if (telling === "rest") {
      if (!hasBook) this.#asked = version;
      return;
    }
    if (telling === "whole" && !hasBook) this.#asked = 0;
    if (hasBook || this.#keepsChanges) this.#told = Math.max(this.#told, version);
    else if (telling === "whole") this.#told = version;
  }
}
