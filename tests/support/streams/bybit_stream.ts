/**
 * Bybit's `orderbook.50` as its sheet (section 2.1) writes it: pushed snapshot, deltas counted one
 * by one in `u`, and `u == 1` when the venue's service began anew.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import {
  type Said,
  START_MS,
  type StreamVenue,
  type Telling,
  touchSaid,
  VersionLog,
} from "./stream_venue.ts";
import { type BookState, decimalText, type Levels, TrueBook } from "./true_book.ts";

const U_START = 18_521_288;

/** One book of the venue. */
export class BybitStream implements StreamVenue {
  readonly paceMs = [15, 120] as const;
  readonly #random: SeededRandom;
  readonly #log: VersionLog<TrueBook>;
  #u = U_START;
  #seq = 7_961_638_724;
  #at = START_MS;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#log = new VersionLog(new TrueBook(random, 164_935), false);
  }

  connect(): Said[] {
    return [this.#ack("subscribe"), this.#whole("snapshot")];
  }

  disconnect(): void {}

  resubscribe(): Said[] {
    const said = [this.#ack("unsubscribe"), this.#ack("subscribe"), this.#whole("snapshot")];
    return this.#random.chance(0.2) ? [this.#delta(), ...said] : said;
  }

  step(nowMs: number): Said[] {
    this.#at = nowMs;
    const random = this.#random;
    if (random.chance(0.1)) return [this.#touch()];
    if (random.chance(0.01)) return [this.#whole("snapshot")];
    return [this.#delta()];
  }

  /** Once a run: numbers of two restarts would overlap within seconds, which nobody could tell. */
  restart(nowMs: number): Said[] {
    if (this.#u < U_START) return this.step(nowMs);
    this.#at = nowMs;
    this.#log.book.change(4);
    this.#u = 1;
    return [this.#whole(this.#random.chance(0.5) ? "snapshot" : "delta")];
  }

  snapshot(): Said {
    return { text: "{}" };
  }

  forgotten(): void {
    this.#log.forget();
  }

  expected(): BookState | undefined {
    return this.#log.expected();
  }

  #ack(op: string): Said {
    const conn_id = "2324d924-aa4d-45b0-a858-7b8be29ab52b";
    return { text: JSON.stringify({ success: true, ret_msg: "", conn_id, req_id: "x1", op }) };
  }

  /** Depth 1 counts for itself. */
  #touch(): Said {
    const { bids, asks } = this.#log.book.state;
    const data = { s: "BTCUSDT", b: rows(bids.slice(0, 1)), a: rows(asks.slice(0, 1)) };
    const text = this.#text("orderbook.1.BTCUSDT", "snapshot", { ...data, u: 77, seq: 5 });
    return touchSaid(text);
  }

  #delta(): Said {
    const change = this.#log.book.change(4);
    this.#u++;
    return this.#depth("delta", change, "change");
  }

  #whole(type: string): Said {
    return this.#depth(type, this.#log.book.state, "whole");
  }

  #depth(type: string, { bids, asks }: BookState, telling: Telling): Said {
    this.#seq += 1 + this.#random.integer(50);
    const data = { s: "BTCUSDT", b: rows(bids), a: rows(asks), u: this.#u, seq: this.#seq };
    return this.#log.said(this.#text("orderbook.50.BTCUSDT", type, data), telling);
  }

  #text(topic: string, type: string, data: unknown): string {
    return JSON.stringify({ topic, type, ts: this.#at + 2, data, cts: this.#at });
  }
}

function rows(levels: Levels): string[][] {
  return levels.map(([price, size]) => [decimalText(price, 1), decimalText(size, 3)]);
}
