/**
 * Hyperliquid's `l2Book fast` and `bbo` as its sheet (section 2) writes them: whole books and
 * touches, ordered by block time and by nothing else. What a reader must hold is kept by the
 * sheet's own rule of merging, the slow way.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { type Said, START_MS, type StreamVenue } from "./stream_venue.ts";
import {
  type BookState,
  decimalText,
  type Level,
  type Levels,
  stateOf,
  TrueBook,
} from "./true_book.ts";

const FAST_LEVELS = 5;
const REST_LEVELS = 20;
const FAST_EVERY_MS = 500;
/** Prices are whole dollars there, in ticks of ten cents here. */
const TICKS = 10;

/** What a reader made of all that it heard on one connection. */
class Reader {
  #bookTime = 0;
  #touchTime = 0;
  #touch: BookState = { bids: [], asks: [] };
  #bids = new Map<number, number>();
  #asks = new Map<number, number>();
  /** Time of the stored book, touches included. */
  #time = 0;
  #hasBook = false;

  /** Drops books of older blocks; a touch of a later block stays on top. */
  hearBook(time: number, { bids, asks }: BookState): void {
    if (time < this.#bookTime) return;
    this.#bookTime = time;
    this.#time = time;
    this.#bids = new Map(bids);
    this.#asks = new Map(asks);
    this.#hasBook = true;
    if (this.#touchTime > time) this.#override();
  }

  hearTouch(time: number, touch: BookState): void {
    if (time < this.#touchTime) return;
    this.#touchTime = time;
    this.#touch = touch;
    if (this.#hasBook && time >= this.#time) this.#override();
  }

  /** The book is gone, what is known of times is not. */
  loseBook(): void {
    this.#hasBook = false;
  }

  state(): BookState | undefined {
    return this.#hasBook ? stateOf(this.#bids, this.#asks) : undefined;
  }

  /** Levels better than the touch go, the touch's level is set. */
  #override(): void {
    this.#time = this.#touchTime;
    overrideSide(this.#bids, this.#touch.bids[0], (price, best) => price > best);
    overrideSide(this.#asks, this.#touch.asks[0], (price, best) => price < best);
  }
}

function overrideSide(
  side: Map<number, number>,
  top: Level | undefined,
  isBetter: (price: number, best: number) => boolean,
): void {
  if (top === undefined) return side.clear();
  for (const price of [...side.keys()]) if (isBetter(price, top[0])) side.delete(price);
  side.set(top[0], top[1]);
}

/** One coin of the venue. */
export class HyperliquidStream implements StreamVenue {
  readonly paceMs = [60, 160] as const;
  readonly #random: SeededRandom;
  readonly #isPlain: boolean;
  readonly #book: TrueBook;
  /** Time of the block of each version. */
  readonly #times: number[] = [START_MS];
  #reader = new Reader();
  #at = START_MS;
  #fastAt = 0;
  #last: Said[] = [];
  #isSubscribed = false;

  /** A plain client subscribes by itself, and does not merge touches into its books. */
  constructor(random: SeededRandom, isPlain: boolean) {
    this.#random = random;
    this.#isPlain = isPlain;
    this.#book = new TrueBook(random, 84_143, 5_000_000);
  }

  connect(): Said[] {
    this.#reader = new Reader();
    this.#isSubscribed = this.#isPlain;
    this.#last = [this.#whole(FAST_LEVELS, this.#book.version)];
    const greeting = { text: "Websocket connection established." };
    return this.#isPlain ? [greeting, ...this.#last] : [greeting];
  }

  disconnect(): void {}

  resubscribe(): Said[] {
    this.#last = [this.#whole(FAST_LEVELS, this.#book.version)];
    return this.#last;
  }

  receive(text: string): Said[] {
    const { method, subscription } = JSON.parse(text);
    if (method !== "subscribe") return [];
    const data = { method, subscription: { ...subscription, nSigFigs: null, mantissa: null } };
    const ack = { text: JSON.stringify({ channel: "subscriptionResponse", data }) };
    if (subscription.type !== "l2Book") return [ack];
    this.#isSubscribed = true;
    this.#last = [this.#whole(FAST_LEVELS, this.#book.version)];
    return [ack, ...this.#last];
  }

  step(nowMs: number): Said[] {
    const before = this.#book.state;
    this.#at = nowMs;
    this.#book.change(4);
    this.#times[this.#book.version - 1] = nowMs;
    if (!this.#isSubscribed) return [];
    const said: Said[] = [];
    const { bids, asks } = this.#book.state;
    const isMoved = String([bids[0], asks[0]]) !== String([before.bids[0], before.asks[0]]);
    if (isMoved) said.push(this.#touch());
    if (nowMs - this.#fastAt >= FAST_EVERY_MS) {
      this.#fastAt = nowMs;
      this.#last = [this.#whole(FAST_LEVELS, this.#book.version)];
      said.splice(this.#random.integer(said.length + 1), 0, ...this.#last);
    }
    if (this.#random.chance(0.05)) said.push({ text: '{"channel":"pong"}' });
    return said;
  }

  /** There is no numbering; the venue only stood still. */
  restart(nowMs: number): Said[] {
    this.#fastAt = 0;
    return this.step(nowMs);
  }

  /** A venue that stands still says the same block again; a plain client would not notice. */
  frozen(): Said[] {
    return this.#isPlain ? [] : this.#last;
  }

  snapshot(versionsOld: number): Said {
    return this.#whole(REST_LEVELS, Math.max(1, this.#book.version - versionsOld));
  }

  forgotten(): void {
    this.#reader.loseBook();
  }

  expected(): BookState | undefined {
    return this.#reader.state();
  }

  #whole(levels: number, version: number): Said {
    const { bids, asks } = this.#book.at(version);
    const state = { bids: inTicks(bids.slice(0, levels)), asks: inTicks(asks.slice(0, levels)) };
    const time = this.#times[version - 1]!;
    const data = { coin: "BTC", time, levels: [rows(state.bids), rows(state.asks)] };
    const text = levels === FAST_LEVELS
      ? JSON.stringify({ channel: "l2Book", data: { ...data, fast: true } })
      : JSON.stringify(data);
    return { text, heard: () => this.#reader.hearBook(time, state) };
  }

  #touch(): Said {
    const { bids, asks } = this.#book.state;
    const state = { bids: inTicks(bids.slice(0, 1)), asks: inTicks(asks.slice(0, 1)) };
    const bbo = [rows(state.bids)[0] ?? null, rows(state.asks)[0] ?? null];
    const time = this.#at;
    return {
      text: JSON.stringify({ channel: "bbo", data: { coin: "BTC", time, bbo } }),
      heard: () => {
        if (!this.#isPlain) this.#reader.hearTouch(time, state);
      },
    };
  }
}

function inTicks(levels: Levels): Levels {
  return levels.map(([price, size]) => [price * TICKS, size]);
}

function rows(levels: Levels): { px: string; sz: string; n: number }[] {
  return levels.map(([price, size]) => ({
    px: decimalText(price, 1),
    sz: decimalText(size, 5),
    n: 3,
  }));
}
