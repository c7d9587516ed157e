/**
 * What the frames of all venues share: how numbers are drawn, and what is read of a frame.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { VenueId } from "@/engine/domain/mod.ts";

/** What both ways read of a frame. */
export class FrameNumbers {
  count = 0;
  readonly prices = new Float64Array(2_048);
  readonly sizes = new Float64Array(2_048);
  /** Milliseconds. */
  venueAt = 0;
  sequence = 0;
  /** Side of the taker of a trade. */
  isSell = false;

  push(price: number, size: number): void {
    this.prices[this.count] = price;
    this.sizes[this.count++] = size;
  }
}

/** Reads a frame as everybody does. */
export type Naive = (text: string, into: FrameNumbers) => void;

/** One kind of frame of one venue. */
export interface FrameSet {
  readonly venue: VenueId;
  /** `depth`, `bbo` or `trade`; a second form of a venue has a longer name. */
  readonly kind: string;
  /** Levels of a depth frame, both sides together; 0 for other kinds. */
  readonly levels: number;
  /** Frames a connection brings before these. */
  readonly opening: readonly string[];
  readonly frames: readonly string[];
  readonly naive: Naive;
}

/** Steps of price and size in which the frames are written. */
export const FRAME_GRIDS: Readonly<
  Record<
    VenueId,
    {
      symbol: string;
      tick: string;
      lot: string;
      priceScale: number;
      lotScale: number;
      hasSequence: boolean;
    }
  >
> = {
  binance: grids("BTC-USDT-PERP", 3),
  aster: grids("BTC-USDT-PERP", 3),
  bybit: grids("BTC-USDT-PERP", 3),
  okx: grids("BTC-USDT-PERP", 2),
  gate: grids("BTC-USDT-PERP", 0),
  hyperliquid: grids("BTC-USDC-PERP", 5, false),
  dydx: grids("BTC-USD-PERP", 4, false),
};

function grids(symbol: string, decimals: number, hasSequence = true) {
  const lot = decimals === 0 ? "1" : `0.${"1".padStart(decimals, "0")}`;
  return { symbol, tick: "0.1", lot, priceScale: 10, lotScale: 10 ** decimals, hasSequence };
}

/** Time and number of the first frame. */
export const TIME = 1_790_232_236_610;
export const SEQUENCE = 4_981_239_000_100;

/** Prices and sizes of one venue, as it writes them. */
export class Draw {
  readonly #random: SeededRandom;
  readonly #decimals: number;
  readonly #isPadded: boolean;
  readonly #gone: string;

  constructor(venue: VenueId, label: string) {
    this.#random = new SeededRandom("decode bench").fork(`${venue} ${label}`);
    this.#decimals = Math.round(Math.log10(FRAME_GRIDS[venue].lotScale));
    this.#isPadded = venue === "binance" || venue === "aster" || venue === "bybit";
    this.#gone = this.#isPadded && venue !== "bybit" ? (0).toFixed(this.#decimals) : "0";
  }

  price(isBid: boolean): string {
    const away = this.#random.integer(this.#random.chance(0.8) ? 60 : 2_000) / 10;
    const price = isBid ? 67_100 - away : 67_100.1 + away;
    return this.#isPadded ? price.toFixed(2) : String(Number(price.toFixed(1)));
  }

  size(mayBeGone = false): string {
    if (mayBeGone && this.#random.chance(0.3)) return this.#gone;
    const most = this.#decimals === 0 ? 20_000 : 20;
    const lot = 10 ** -this.#decimals;
    const size = Math.max(lot, most * this.#random.next() ** 3).toFixed(this.#decimals);
    return this.#isPadded ? size : String(Number(size));
  }

  whole(below: number): number {
    return this.#random.integer(below);
  }

  isSell(): boolean {
    return this.#random.chance(0.5);
  }

  /** Half of the levels on each side, each with the writer's form. */
  sides<T>(levels: number, write: (price: string, size: string) => T): { b: T[]; a: T[] } {
    const side = (isBid: boolean) =>
      Array.from({ length: levels / 2 }, () => write(this.price(isBid), this.size(true)));
    return { b: side(true), a: side(false) };
  }
}

/** Price and size of a level, and what else stands there. */
export type Row = readonly [string, string, ...string[]];

/** Reads levels into the two arrays. */
export function readRows(rows: readonly Row[], into: FrameNumbers): void {
  for (const [price, size] of rows) into.push(Number(price), Number(size));
}

/** How many frames of a size are drawn: together about 600 KB, more than a predictor remembers. */
export function framesOf(levels: number, make: (index: number) => unknown): string[] {
  const count = levels >= 400 ? 64 : levels >= 50 ? 256 : 512;
  return Array.from({ length: count }, (_, index) => JSON.stringify(make(index)));
}

/** Draws a kind of frame of so many levels. */
export type Maker = (levels: number) => Omit<FrameSet, "venue" | "kind" | "levels">;
