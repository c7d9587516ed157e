/**
 * `book`: raw messages in, one instrument's order book out, by the venue's own sequence rule.
 *
 *   ws line   -> market decoder -> feed handler -> book
 *   rest line -> decodeSnapshot -> feed handler -> book
 *
 * 1. Sides are empty unless the feed is synchronised: an unknown book is not shown.
 * 2. No input can make it fail: what cannot be read is counted as refused and told once per reason.
 * 3. No snapshot is asked for: those in the input are taken when they come.
 * @module
 */
import { OrderBook, type PriceLadder } from "@/engine/book/mod.ts";
import { type Instrument, type Price, type Result } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT, FeedHandler } from "@/engine/feed/mod.ts";
import { type EngineEvent, SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import type {
  DecodeOutcome,
  EventReceiver,
  MarketDecoder,
  VenueTools,
} from "@/engine/ports/mod.ts";
import { type FrameLine, readFrameLine } from "./input_lines.ts";

/** Deltas that may come before their snapshot. */
const BUFFER_MAX = 200_000;

/** What `book` was told. */
export interface BookOptions {
  readonly instrument: Instrument;
  /** Levels per side that are printed. */
  readonly depth: number;
  /** Also prints after every so many applied updates; undefined: only at the end. */
  readonly every: number | undefined;
}

/** What `book` prints. */
export interface BookPicture {
  readonly messages: number;
  readonly applied: number;
  readonly ignored: number;
  readonly gaps: number;
  readonly resyncs: number;
  readonly trades: number;
  /** Lines and frames that could not be read. */
  readonly refused: number;
  readonly state: string;
  readonly sequence: string | null;
  readonly bids: readonly (readonly [price: string, size: string])[];
  readonly asks: readonly (readonly [price: string, size: string])[];
}

/** Where the tool's words go. */
export interface BookOutput {
  /** One line of JSON. */
  write(line: string): void;
  /** One line for people, once per reason. */
  complain(text: string): void;
}

/** Reads every line; prints the book at the end. */
export async function runBookTool(
  tools: VenueTools,
  options: BookOptions,
  lines: AsyncIterable<string>,
  output: BookOutput,
): Promise<BookPicture> {
  const keeper = new BookKeeper(tools, options, output);
  for await (const line of lines) keeper.takeLine(line);
  const picture = keeper.picture();
  output.write(JSON.stringify(picture));
  return picture;
}

/** Keeps the book line by line. */
export class BookKeeper implements EventReceiver {
  readonly book = new OrderBook();
  readonly feed: FeedHandler;
  readonly #options: BookOptions;
  readonly #decoder: MarketDecoder;
  readonly #output: BookOutput;
  readonly #encoder = new TextEncoder();
  readonly #told = new Set<string>();
  #bytes = new Uint8Array(65_536);
  #messages = 0;
  #ignored = 0;
  #trades = 0;
  #refused = 0;
  #printed = 0;
  #now: FrameLine["at"] = 0 as FrameLine["at"];

  constructor(tools: VenueTools, options: BookOptions, output: BookOutput) {
    this.#options = options;
    this.#output = output;
    this.#decoder = tools.createMarketDecoder([options.instrument]);
    this.feed = new FeedHandler({
      instrument: options.instrument.index,
      rule: tools.sequenceRule(options.instrument.terms),
      book: this.book,
      limits: {
        ...FEED_LIMITS_DEFAULT,
        bufferMax: BUFFER_MAX,
        staleAfterMs: Number.POSITIVE_INFINITY,
        // What is written down may carry sums of before the venue gave them up, or of a manual.
        checksum: "never",
      },
      onApplied: () => this.#printEvery(),
    });
  }

  takeLine(line: string): void {
    const frame: Result<FrameLine> = readFrameLine(line);
    if (frame.ok) return this.take(frame.value);
    this.#messages++;
    this.#refuse(frame.error);
  }

  /** Takes one raw message. */
  take(frame: FrameLine): void {
    this.#messages++;
    this.#now = frame.at;
    const end = this.#encode(frame.text);
    const outcome = this.#decode(frame, end);
    if (outcome === "ignored") this.#ignored++;
    else if (outcome === "refused") this.#refuse(this.#decoder.reason);
    this.#printEvery();
  }

  deliver(event: EngineEvent): void {
    switch (event.kind) {
      case "book_snapshot":
        return this.feed.onSnapshot(event, this.#now);
      case "book_delta":
        return this.feed.onDelta(event, this.#now);
      case "feed_interrupted":
        return this.feed.onInterrupted(event, this.#now);
      case "trade":
        this.#trades++;
        return;
      default:
        this.#ignored++;
    }
  }

  /** The book as it stands. */
  picture(): BookPicture {
    const { counters, state } = this.feed;
    const isTrue = state === "synchronised";
    const sequence = this.book.sequence;
    return {
      messages: this.#messages,
      applied: counters.applied,
      ignored: this.#ignored + counters.ignored,
      gaps: counters.gaps,
      resyncs: counters.resyncs,
      trades: this.#trades,
      refused: this.#refused,
      state,
      sequence: isTrue && sequence !== SEQUENCE_NONE ? String(sequence) : null,
      bids: isTrue ? this.#levels(this.book.bids) : [],
      asks: isTrue ? this.#levels(this.book.asks) : [],
    };
  }

  #decode({ source, at }: FrameLine, end: number): DecodeOutcome {
    if (source === "ws") return this.#decoder.decode(this.#bytes, 0, end, at, this);
    const index = this.#options.instrument.index;
    return this.#decoder.decodeSnapshot(this.#bytes, 0, end, index, at, this);
  }

  /** Puts the text into the reused bytes; how many there are. */
  #encode(text: string): number {
    if (text.length * 3 > this.#bytes.length) this.#bytes = new Uint8Array(text.length * 3);
    return this.#encoder.encodeInto(text, this.#bytes).written;
  }

  #printEvery(): void {
    const every = this.#options.every;
    if (every === undefined) return;
    const due = Math.floor(this.feed.counters.applied / every);
    if (due === this.#printed) return;
    this.#printed = due;
    this.#output.write(JSON.stringify(this.picture()));
  }

  #refuse(reason: string): void {
    this.#refused++;
    if (this.#told.size >= 100 || this.#told.has(reason)) return;
    this.#told.add(reason);
    this.#output.complain(`Cannot read message ${this.#messages}: ${reason}`);
  }

  #levels(ladder: PriceLadder): [string, string][] {
    const levels: [string, string][] = [];
    const { instrument, depth } = this.#options;
    ladder.forEach((price, size) => {
      if (levels.length >= depth) return false;
      levels.push([instrument.priceText(price as Price), instrument.baseSizeText(size)]);
      return true;
    });
    return levels;
  }
}
