/**
 * One damaged stream on virtual time: a venue that speaks, a wire that damages, a client and the
 * engine's feed; after whatever arrives the book is what was told, or is marked unusable.
 *
 *   venue -> frames -> [drop delay repeat reorder cut html bad sum] -> client -> feed -> book
 *     ^   close, freeze, restart                                         |          |
 *     +------- subscriptions, REST (late, stale, HTML, lost) <-----------+          v
 *                                                    venue.expected() == book, or unusable
 *
 * 1. A frame that never came cannot be noticed before the next one, so the book is compared with
 *    what a reader of all that was delivered whole must hold.
 * 2. When nothing new arrives for the threshold and half a second, the book must be unusable.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { Instrument } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { SequenceRule } from "@/engine/ports/mod.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { Damage, HTML } from "./damage.ts";
import type { StreamClient, StreamWorld } from "./stream_client.ts";
import type { Said, StreamVenue } from "./stream_venue.ts";
import { bookText, isSameBook, stateText } from "./true_book.ts";

/** Steps of a run; each is at most one frame of depth. */
export const FRAMES = 300;
const STALE_AFTER_MS = 3_000;
const NOTICED_WITHIN_MS = 500;
const TICK_MS = 100;
const WIRE_MS = 5;
const ANSWER_MS = 25;

/** One venue and product under test. */
export interface StreamSetup {
  readonly name: string;
  readonly instrument: Instrument;
  createVenue(random: SeededRandom): StreamVenue;
  createClient(world: StreamWorld, random: SeededRandom): StreamClient;
  createRule(): SequenceRule;
  readonly isChecksumRight?: (book: OrderBook, checksum: number) => boolean;
}

/** What came of a run. */
export interface StreamOutcome {
  /** Why the book could not be believed; undefined when it always could, or was unusable. */
  readonly wrong: string | undefined;
  /** Comparisons with a usable book, and all. */
  readonly used: number;
  readonly checks: number;
  readonly gaps: number;
  readonly resyncs: number;
  readonly faults: ReadonlyMap<string, number>;
  /** What happened, when asked for. */
  readonly story: readonly string[];
}

/** One run of one seed. */
export class StreamRun implements StreamWorld {
  readonly clock = new ManualClock();
  readonly #random: SeededRandom;
  readonly #damage: Damage;
  readonly #venue: StreamVenue;
  readonly #client: StreamClient;
  readonly #feed: FeedHandler;
  readonly #book = new OrderBook();
  readonly #isTold: boolean;
  readonly #story: string[] = [];
  #epoch = 0;
  #isOpen = false;
  #frozenUntil = 0;
  /** What waits behind a freeze; undefined: it is lost. */
  #pile: Said[] | undefined;
  /** A frame that the next one overtakes. */
  #held: Said | undefined;
  /** What the client hears at this moment. */
  #hearing: Said | undefined;
  readonly #known = new WeakSet<Said>();
  #newsAt = 0;
  #overflows = 0;
  #wrong: string | undefined;
  #used = 0;
  #checks = 0;
  #step = 0;

  constructor(setup: StreamSetup, seed: number, rule: SequenceRule, isTold = false) {
    this.#random = new SeededRandom(`${setup.name}/${seed}`);
    this.#isTold = isTold;
    this.#damage = new Damage(this.#random.fork("damage"));
    this.#venue = setup.createVenue(this.#random.fork("venue"));
    this.#feed = new FeedHandler({
      instrument: setup.instrument.index,
      rule,
      book: this.#book,
      limits: {
        bufferMax: this.#random.pick([12, 2_048]),
        staleAfterMs: STALE_AFTER_MS,
        snapshotRetryMsMin: 100,
        snapshotRetryMsMax: 800,
      },
      ...(setup.isChecksumRight === undefined ? {} : { isChecksumRight: setup.isChecksumRight }),
    });
    this.#client = setup.createClient(this, this.#random.fork("client"));
  }

  /** Runs to the end, or to the first wrong book. */
  run(): StreamOutcome {
    this.#tickLater();
    this.#open();
    for (this.#step = 0; this.#step < FRAMES && this.#wrong === undefined; this.#step++) {
      const [from, below] = this.#venue.paceMs;
      this.clock.advance(from + this.#random.integer(below - from));
      this.#befall();
      const said = this.#venue.step(this.#nowMs());
      if (this.#isOpen) this.#transmit(said);
    }
    this.clock.advance(1_000);
    this.#client.stop();
    const { gaps, resyncs } = this.#feed.counters;
    return {
      wrong: this.#wrong,
      used: this.#used,
      checks: this.#checks,
      gaps,
      resyncs,
      faults: this.#damage.counts,
      story: this.#story,
    };
  }

  /** What the client understood, to the feed. */
  deliver(event: EngineEvent): void {
    const feed = this.#feed;
    const now = this.clock.now();
    if ("instrument" in event && event.instrument !== feed.instrument) return;
    switch (event.kind) {
      case "book_snapshot":
        this.#tell(() => `  snapshot ${event.sequence}`);
        feed.onSnapshot(event, now);
        break;
      case "book_delta":
        this.#tell(() =>
          `  delta ${event.previousSequence} ${event.firstSequence}..${event.sequence}`
        );
        feed.onDelta(event, now);
        break;
      case "best_bid_ask":
        feed.onBestBidAsk(event, now);
        break;
      case "feed_interrupted":
        this.#tell(() => `  interrupted ${event.reason}`);
        feed.onInterrupted(event, now);
        this.#startOver();
        break;
      default:
        return;
    }
    if (feed.counters.bufferOverflows > this.#overflows) this.#startOver();
    this.#afterFeed();
  }

  askRest(done: (text: string | undefined) => void): void {
    const random = this.#random;
    const chance = random.next();
    const latencyMs = 10 + random.integer(250);
    this.#tell(() => "  asks REST");
    if (chance < 0.05) {
      this.clock.after(1_000, () => done(undefined));
      return;
    }
    this.clock.after(latencyMs / 2, () => {
      const said = chance < 0.13
        ? { text: HTML }
        : this.#venue.snapshot(chance < 0.35 ? 1 + random.integer(40) : 0);
      this.clock.after(latencyMs / 2, () => {
        this.#tell(() => `REST ${said.text}`);
        this.#heard(said);
        done(said.text);
        this.#check("REST");
      });
    });
  }

  resubscribe(): void {
    this.#answer(() => this.#venue.resubscribe());
  }

  send(text: string): void {
    this.#answer(() => this.#venue.receive?.(text) ?? []);
  }

  close(reason: string): void {
    if (!this.#isOpen) return;
    this.#tell(() => `closed: ${reason}`);
    this.#isOpen = false;
    this.#epoch++;
    this.#frozenUntil = 0;
    this.#pile = undefined;
    this.#held = undefined;
    this.#venue.disconnect();
    this.#client.closed(reason);
    this.#check("closed");
    this.clock.after(50 + this.#random.integer(500), () => this.#open());
  }

  #nowMs(): number {
    return Math.floor(this.clock.now() / 1_000);
  }

  #tell(line: () => string): void {
    if (this.#isTold) this.#story.push(`${this.#step} ${this.#nowMs() % 1e7} ${line()}`);
  }

  #open(): void {
    this.#isOpen = true;
    this.#tell(() => "opened");
    const greeting = this.#venue.connect();
    this.#client.opened();
    this.#transmit(greeting);
  }

  /** The venue's answers take a moment to begin; requests keep their order. */
  #answer(answers: () => Said[]): void {
    const epoch = this.#epoch;
    this.clock.after(ANSWER_MS, () => {
      if (epoch === this.#epoch && this.#isOpen) this.#transmit(answers());
    });
  }

  #afterFeed(): void {
    if (this.#feed.usableChanged) this.#tell(() => `  usable ${this.#feed.isUsable}`);
    if (this.#feed.needsSnapshot) this.#client.requestSnapshot();
  }

  /** The reader threw away what it had; what it hears now is the first thing of a new start. */
  #startOver(): void {
    this.#overflows = this.#feed.counters.bufferOverflows;
    this.#venue.forgotten();
    this.#hearing?.heard?.(false);
  }

  #tickLater(): void {
    this.clock.after(TICK_MS, () => {
      this.#feed.onTimer(this.clock.now());
      this.#afterFeed();
      this.#check("time");
      this.#thaw();
      this.#tickLater();
    });
  }

  #thaw(): void {
    if (this.#frozenUntil === 0 || this.clock.now() < this.#frozenUntil) return;
    this.#frozenUntil = 0;
    const pile = this.#pile ?? [];
    this.#pile = undefined;
    this.#tell(() => `thawed, ${pile.length} waited`);
    this.#transmit(pile);
  }

  /** What happens to the venue or the connection before its next step. */
  #befall(): void {
    const random = this.#random;
    const fault = this.#damage.ofVenue();
    if (fault === "none") return;
    this.#tell(() => `fault ${fault}`);
    if (fault === "close") return this.close("cut");
    if (fault === "restart") {
      // Nothing is overtaken by what comes two seconds later.
      this.#held = undefined;
      this.clock.advance(2_000 + random.integer(500));
      const said = this.#venue.restart(this.#nowMs());
      if (this.#isOpen) this.#transmit(said);
      return;
    }
    this.#frozenUntil = this.clock.now() + (300 + random.integer(6_000)) * 1_000;
    this.#pile = random.chance(0.5) ? [] : undefined;
    if (fault === "half_freeze" && this.#venue.frozen !== undefined) this.#repeatFrozen();
  }

  /** A venue that stands still may go on talking. */
  #repeatFrozen(): void {
    const epoch = this.#epoch;
    this.clock.after(500, () => {
      if (this.#frozenUntil === 0 || epoch !== this.#epoch) return;
      for (const said of this.#venue.frozen!()) this.#arrive(said, epoch);
      this.#repeatFrozen();
    });
  }

  #transmit(frames: readonly Said[]): void {
    for (const said of frames) {
      if (this.#frozenUntil > 0) this.#pile?.push(said);
      else this.#damaged(said);
    }
  }

  #damaged(said: Said): void {
    const random = this.#random;
    const fault = this.#damage.ofFrame(said);
    if (fault !== "none") this.#tell(() => `fault ${fault}`);
    const later = (afterMs: number, other?: string) => {
      const epoch = this.#epoch;
      this.clock.after(WIRE_MS + afterMs, () => {
        this.#arrive(other === undefined ? said : { text: other }, epoch);
      });
    };
    const held = this.#held;
    this.#held = undefined;
    switch (fault) {
      case "drop":
        break;
      case "delay":
        later(20 + random.integer(400));
        break;
      case "repeat":
        later(0);
        later(random.chance(0.5) ? 0 : random.integer(400));
        break;
      case "reorder":
        this.#held = said;
        break;
      case "cut":
        later(0, this.#damage.cut(said.text));
        break;
      case "cut_and_close":
        later(0, this.#damage.cut(said.text));
        this.clock.after(WIRE_MS, () => this.close("cut within a frame"));
        break;
      case "html_instead":
        later(0, HTML);
        break;
      case "html_before":
        later(0, HTML);
        later(0);
        break;
      case "bad_sum":
        later(0, said.withWrongSum);
        break;
      default:
        later(0);
    }
    if (held !== undefined) {
      const epoch = this.#epoch;
      this.clock.after(WIRE_MS, () => this.#arrive(held, epoch));
    }
  }

  #arrive(said: Said, epoch: number): void {
    if (epoch !== this.#epoch || !this.#isOpen || this.#wrong !== undefined) return;
    this.#tell(() => `hears ${said.text}`);
    this.#heard(said);
    this.#hearing = said;
    this.#client.hear(said.text);
    this.#hearing = undefined;
    this.#check("a frame");
  }

  #heard(said: Said): void {
    if (said.heard === undefined) return;
    const { state } = this.#feed;
    said.heard(state === "synchronised" || state === "silent");
    if (!this.#known.has(said)) this.#newsAt = this.clock.now();
    this.#known.add(said);
  }

  #check(after: string): void {
    this.#checks++;
    if (!this.#feed.isUsable || this.#wrong !== undefined) return;
    this.#used++;
    const expected = this.#venue.expected();
    const silentMs = (this.clock.now() - this.#newsAt) / 1_000;
    let wrong: string | undefined;
    if (expected === undefined) wrong = "usable before anything was told";
    else if (!isSameBook(this.#book, expected)) {
      wrong = `another book:\n  wanted ${stateText(expected)}\n  found  ${bookText(this.#book)}`;
    } else if (silentMs > STALE_AFTER_MS + NOTICED_WITHIN_MS) {
      wrong = `usable after ${silentMs} ms without news`;
    }
    if (wrong === undefined) return;
    this.#tell(() => `WRONG after ${after}`);
    this.#wrong = `step ${this.#step}, after ${after}: ${wrong}`;
  }
}
