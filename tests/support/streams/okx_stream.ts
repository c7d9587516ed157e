/**
 * OKX's `books` channel as its sheet (section 2) writes it: pushed snapshot, updates chained by
 * `prevSeqId`, keep-alives, resets of the numbering, and the checksum as it was until 2026-06.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { type Said, START_MS, type StreamVenue, VersionLog } from "./stream_venue.ts";
import { type BookState, decimalText, type Levels, TrueBook } from "./true_book.ts";

const PRICE_DECIMALS = 1;
const SIZE_DECIMALS = 2;
const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return value;
});

/** One book of the venue. */
export class OkxStream implements StreamVenue {
  readonly paceMs = [30, 180] as const;
  readonly #random: SeededRandom;
  readonly #log: VersionLog<TrueBook>;
  readonly #symbol: string;
  readonly #hasSums: boolean;
  #sequence = 1_000;
  #at = START_MS;

  constructor(random: SeededRandom, symbol: string, hasSums: boolean) {
    this.#random = random;
    this.#symbol = symbol;
    this.#hasSums = hasSums;
    this.#log = new VersionLog(new TrueBook(random, 640_000), false);
  }

  connect(): Said[] {
    return [
      this.#ack("subscribe", "trades"),
      this.#ack("subscribe", "books"),
      this.#snapshot(),
    ];
  }

  disconnect(): void {}

  resubscribe(): Said[] {
    return [this.#ack("unsubscribe", "books"), this.#ack("subscribe", "books"), this.#snapshot()];
  }

  step(nowMs: number): Said[] {
    this.#at = nowMs;
    const random = this.#random;
    if (random.chance(0.1)) return [this.#trade()];
    const { book } = this.#log;
    if (random.chance(0.05)) {
      return [this.#frame("update", this.#sequence, { bids: [], asks: [] })];
    }
    const previous = this.#sequence;
    this.#sequence += 1 + random.integer(3);
    return [this.#frame("update", previous, book.change(4))];
  }

  restart(nowMs: number): Said[] {
    this.#at = nowMs;
    const previous = this.#sequence;
    this.#sequence = this.#random.integer(10);
    return [this.#frame("update", previous, this.#log.book.change(4))];
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

  #ack(event: string, channel: string): Said {
    return { text: JSON.stringify({ event, arg: this.#arg(channel), connId: "a4d3ae55" }) };
  }

  #arg(channel: string): Record<string, string> {
    return { channel, instId: this.#symbol };
  }

  #trade(): Said {
    const data = {
      instId: this.#symbol,
      tradeId: "130639474",
      px: "64000.1",
      sz: "1",
      side: "buy",
    };
    const row = { ...data, ts: String(this.#at), count: "3", source: "0", seqId: 1234 };
    return { text: JSON.stringify({ arg: this.#arg("trades"), data: [row] }) };
  }

  #snapshot(): Said {
    return this.#frame("snapshot", -1, this.#log.book.state);
  }

  #frame(action: string, prevSeqId: number, { bids, asks }: BookState): Said {
    const text = (checksum: number) =>
      JSON.stringify({
        arg: this.#arg("books"),
        action,
        data: [{
          asks: rows(asks),
          bids: rows(bids),
          ts: String(this.#at),
          checksum,
          prevSeqId,
          seqId: this.#sequence,
        }],
      });
    const telling = action === "update" ? "change" : "whole";
    if (!this.#hasSums) return this.#log.said(text(0), telling);
    const sum = checksumOf(this.#log.book.state);
    return this.#log.said(text(sum), telling, { withWrongSum: text(sum ^ 0x55aa) });
  }
}

function rows(levels: Levels): string[][] {
  return levels.map((
    [price, size],
  ) => [decimalText(price, PRICE_DECIMALS), decimalText(size, SIZE_DECIMALS), "0", "4"]);
}

/** Top 25, bid and ask in turn, `px:sz` joined by colons; CRC-32, signed. */
function checksumOf({ bids, asks }: BookState): number {
  const parts: string[] = [];
  for (let at = 0; at < 25; at++) {
    for (const level of [bids[at], asks[at]]) {
      if (level === undefined) continue;
      parts.push(`${shortText(level[0], PRICE_DECIMALS)}:${shortText(level[1], SIZE_DECIMALS)}`);
    }
  }
  let sum = -1;
  for (const letter of new TextEncoder().encode(parts.join(":"))) {
    sum = CRC[(sum ^ letter) & 255]! ^ (sum >>> 8);
  }
  return ~sum;
}

function shortText(count: number, decimals: number): string {
  return String(Number(decimalText(count, decimals)));
}
