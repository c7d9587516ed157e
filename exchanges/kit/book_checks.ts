/**
 * `BookChecks`: a venue's book as it answers a question, told as `book_check`, beside the stream.
 *
 *   request -> asked once at a time -> answer -> a decoder of its own -> book_check
 *
 * 1. The stream's decoder is not used: an answer leaves no trace in its numbering.
 * 2. An answer that does not come or cannot be read is told once in the log and not asked for again
 *    here: who wants it asks.
 * 3. Instruments are those the connector was started with: they follow the venue's listing.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import { type BookSnapshot, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type { EventReceiver, Log, MarketDecoder } from "@/engine/ports/mod.ts";
import { OnceLog } from "./once_log.ts";

/** An answer's body, or why there is none. */
export type CheckAnswer =
  | { readonly bytes: Uint8Array; readonly at: Micros }
  | { readonly failed: string };

/** The answer in what became of a question over REST. */
export function checkAnswer(
  outcome:
    | { readonly kind: "ok"; readonly bytes: Uint8Array; readonly at: Micros }
    | { readonly kind: "error"; readonly message: string }
    | { readonly kind: "lost"; readonly reason: string },
): CheckAnswer {
  if (outcome.kind === "ok") return { bytes: outcome.bytes, at: outcome.at };
  return { failed: outcome.kind === "lost" ? outcome.reason : outcome.message.slice(0, 120) };
}

/** How one venue is asked. */
export interface BookQuestion {
  /** Asks for the top of one book; `done` is called once. */
  ask(instrument: Instrument, done: (answer: CheckAnswer) => void): void;
  /** A fresh decoder of the answer. */
  decoderOf(instrument: Instrument): MarketDecoder;
  /** The answer is numbered as the stream is. */
  readonly isNumbered: boolean;
}

/** The questions of one connector. */
export class BookChecks {
  readonly #question: BookQuestion;
  readonly #once: OnceLog;
  readonly #instruments = new Map<InstrumentIndex, Instrument>();
  readonly #asking = new Set<InstrumentIndex>();
  #receiver: EventReceiver | undefined;

  constructor(question: BookQuestion, log: Log) {
    this.#question = question;
    this.#once = new OnceLog(log);
  }

  /** Who is told, and of what. */
  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.#receiver = receiver;
    for (const instrument of instruments) this.#instruments.set(instrument.index, instrument);
  }

  stop(): void {
    this.#receiver = undefined;
  }

  /** Asks for a book; a second question meanwhile joins the first. */
  request(index: InstrumentIndex): void {
    const instrument = this.#instruments.get(index);
    if (instrument === undefined || this.#receiver === undefined || this.#asking.has(index)) return;
    this.#asking.add(index);
    this.#question.ask(instrument, (answer) => {
      this.#asking.delete(index);
      if (this.#receiver === undefined) return;
      if ("failed" in answer) this.#once.warn("book check not answered", { found: answer.failed });
      else this.#take(index, answer.bytes, answer.at);
    });
  }

  #take(index: InstrumentIndex, bytes: Uint8Array, at: Micros): void {
    const decoder = this.#question.decoderOf(this.#instruments.get(index)!);
    const read = decoder.decodeSnapshot(bytes, 0, bytes.length, index, at, {
      deliver: (event) => {
        if (event.kind === "book_snapshot") this.#deliver(event);
      },
    });
    if (read !== "decoded") this.#once.warn("book check not readable", { found: decoder.reason });
  }

  #deliver(snapshot: BookSnapshot): void {
    const { instrument, at, venueAt, bids, asks } = snapshot;
    const sequence = this.#question.isNumbered ? snapshot.sequence : SEQUENCE_NONE;
    this.#receiver?.deliver({ kind: "book_check", instrument, at, venueAt, sequence, bids, asks });
  }
}
