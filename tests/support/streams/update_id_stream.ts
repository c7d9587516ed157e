/**
 * Diff streams of Binance and of Aster as their sheets (section 2) write them: ids `U..u`, spot
 * without a gap between them, futures chained by `pu`; the first book comes from REST.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import {
  renumbered,
  type Said,
  START_MS,
  type StreamVenue,
  touchSaid,
  VersionLog,
} from "./stream_venue.ts";
import { type BookState, decimalText, type Levels, TrueBook } from "./true_book.ts";

const PRICE_DECIMALS = 2;
const SIZE_DECIMALS = 3;

/** One book of the venue. */
export class UpdateIdStream implements StreamVenue {
  readonly paceMs = [60, 140] as const;
  readonly #random: SeededRandom;
  readonly #log: VersionLog<TrueBook>;
  readonly #isSpot: boolean;
  /** Last id of each version, and when that was. */
  readonly #ids: { readonly id: number; readonly at: number }[] = [];
  /** Id of the newest version, and of the last event. */
  #id = 1_027_024;
  #lastU = 1_027_024;
  #at = START_MS;

  constructor(random: SeededRandom, isSpot: boolean) {
    this.#random = random;
    this.#isSpot = isSpot;
    this.#log = new VersionLog(new TrueBook(random, 2_535_190), true);
    this.#keepId();
  }

  connect(): Said[] {
    return [{ text: '{"result":null,"id":1}' }];
  }

  disconnect(): void {}

  resubscribe(): Said[] {
    return [];
  }

  step(nowMs: number): Said[] {
    this.#at = nowMs;
    if (this.#random.chance(0.1)) return [this.#touch()];
    return [this.#event()];
  }

  restart(nowMs: number): Said[] {
    this.#at = nowMs;
    this.#id = renumbered(this.#id, this.#random);
    this.#lastU = this.#id;
    return [this.#event()];
  }

  /** The book as it was some versions ago; never what was never said nor will be. */
  snapshot(versionsOld: number): Said {
    const version = Math.max(1, this.#log.book.version - versionsOld);
    const { id, at } = this.#ids[version - 1]!;
    const { bids, asks } = this.#log.book.at(version);
    const time = this.#isSpot ? {} : { E: at + 2, T: at };
    const text = JSON.stringify({ lastUpdateId: id, ...time, bids: rows(bids), asks: rows(asks) });
    return this.#log.said(text, "rest", { version });
  }

  forgotten(): void {
    this.#log.forget();
  }

  expected(): BookState | undefined {
    return this.#log.expected();
  }

  /** An event may hold several changes; REST may have seen the first of them only. */
  #event(): Said {
    const { book } = this.#log;
    const previous = this.#lastU;
    const first = previous + 1 + (this.#isSpot ? 0 : this.#random.integer(4));
    const bids = new Map<number, number>();
    const asks = new Map<number, number>();
    this.#id = first - 1;
    for (let part = 0; part <= this.#random.integer(3); part++) {
      const change = book.change(3);
      for (const [price, size] of change.bids) bids.set(price, size);
      for (const [price, size] of change.asks) asks.set(price, size);
      this.#id += 1 + this.#random.integer(3);
      this.#keepId();
    }
    this.#lastU = this.#id;
    const data = {
      e: "depthUpdate",
      E: this.#at + 3,
      ...(this.#isSpot ? {} : { T: this.#at }),
      s: "BTCUSDT",
      U: first,
      u: this.#id,
      ...(this.#isSpot ? {} : { pu: previous }),
      b: rows([...bids]),
      a: rows([...asks]),
    };
    return this.#log.said(JSON.stringify({ stream: "btcusdt@depth@100ms", data }), "change");
  }

  #touch(): Said {
    const { bids, asks } = this.#log.book.state;
    const [bid, ask] = [rows(bids.slice(0, 1))[0], rows(asks.slice(0, 1))[0]];
    const said = { s: "BTCUSDT", b: bid?.[0], B: bid?.[1], a: ask?.[0], A: ask?.[1] };
    if (bid === undefined || ask === undefined) return { text: '{"result":null,"id":2}' };
    const data = this.#isSpot
      ? { u: this.#id, ...said }
      : { e: "bookTicker", u: this.#id, ...said, T: this.#at, E: this.#at + 1 };
    return touchSaid(JSON.stringify({ stream: "btcusdt@bookTicker", data }));
  }

  #keepId(): void {
    this.#ids[this.#log.book.version - 1] = { id: this.#id, at: this.#at };
  }
}

function rows(levels: Levels): string[][] {
  return levels.map((
    [price, size],
  ) => [decimalText(price, PRICE_DECIMALS), decimalText(size, SIZE_DECIMALS)]);
}
