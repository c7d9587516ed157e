/**
 * The connector's part, as little of it as a book needs: frames to the decoder, a refused frame or
 * a lost connection to the feed, a wanted snapshot to the venue.
 * @module
 */
import type { InstrumentIndex } from "@/engine/domain/mod.ts";
import type { EngineEvent, FeedInterruption } from "@/engine/messages/mod.ts";
import type { EventReceiver, MarketDecoder } from "@/engine/ports/mod.ts";
import type { ManualClock } from "@/tests/support/manual_clock.ts";

/** What a client may do in the world of a run. */
export interface StreamWorld extends EventReceiver {
  readonly clock: ManualClock;
  /** Asks REST for the book; `done` gets the body, or undefined when no answer came. */
  askRest(done: (text: string | undefined) => void): void;
  /** Asks for the book anew over the stream. */
  resubscribe(): void;
  /** Says something over the stream. */
  send(text: string): void;
  /** Closes the connection; it opens anew by itself. */
  close(reason: string): void;
}

/** Our side of a connection. */
export interface StreamClient {
  opened(): void;
  closed(reason: string): void;
  hear(text: string): void;
  /** The feed wants a snapshot. */
  requestSnapshot(): void;
  stop(): void;
}

/** How a plain client works. */
export interface PlainClientOptions {
  readonly decoder: MarketDecoder;
  readonly instrument: InstrumentIndex;
  /** Where a snapshot is had. */
  readonly snapshotFrom: "rest" | "stream";
  /** A connection is open. */
  readonly onOpened?: () => void;
  /** The book is subscribed to anew. */
  readonly onAnew?: () => void;
  /** Deltas between the request for a new subscription and its snapshot are left out. */
  readonly dropsUntilSnapshot?: boolean;
}

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 800;
const encoder = new TextEncoder();

/** What every venue's connector does for a book. */
export class PlainClient implements StreamClient, EventReceiver {
  readonly #world: StreamWorld;
  readonly #options: PlainClientOptions;
  #isAsking = false;
  #isRenewing = false;
  #isOpen = false;

  constructor(world: StreamWorld, options: PlainClientOptions) {
    this.#world = world;
    this.#options = options;
  }

  opened(): void {
    this.#isOpen = true;
    this.#isRenewing = false;
    this.#options.onOpened?.();
    this.#options.onAnew?.();
  }

  closed(): void {
    this.#isOpen = false;
    this.#interrupt("disconnected");
  }

  stop(): void {}

  hear(text: string): void {
    const { decoder } = this.#options;
    const bytes = encoder.encode(text);
    const at = this.#world.clock.now();
    const outcome = decoder.decode(bytes, 0, bytes.length, at, this);
    if (outcome === "refused") this.#interrupt("refused_frame");
  }

  requestSnapshot(): void {
    if (this.#options.snapshotFrom === "rest") {
      if (this.#isAsking) return;
      this.#isAsking = true;
      return this.#ask(RETRY_MS_MIN);
    }
    if (!this.#isOpen) return;
    this.#isRenewing = this.#options.dropsUntilSnapshot ?? false;
    this.#options.onAnew?.();
    this.#world.resubscribe();
  }

  deliver(event: EngineEvent): void {
    if (event.kind === "book_snapshot") this.#isRenewing = false;
    if (event.kind === "book_delta" && this.#isRenewing) return;
    this.#world.deliver(event);
  }

  #ask(retryMs: number): void {
    const { clock } = this.#world;
    this.#world.askRest((text) => {
      if (text !== undefined) {
        const { decoder, instrument } = this.#options;
        const bytes = encoder.encode(text);
        // Before delivery: the feed may ask for the next one at once.
        this.#isAsking = false;
        const at = clock.now();
        const outcome = decoder.decodeSnapshot(bytes, 0, bytes.length, instrument, at, this);
        if (outcome === "decoded") return;
        this.#isAsking = true;
      }
      clock.after(retryMs, () => this.#ask(Math.min(RETRY_MS_MAX, retryMs * 2)));
    });
  }

  #interrupt(reason: FeedInterruption): void {
    const { instrument } = this.#options;
    const at = this.#world.clock.now();
    this.#world.deliver({ kind: "feed_interrupted", instrument, at, reason });
  }
}
