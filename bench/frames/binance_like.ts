/**
 * Frames of Binance and Aster, which share their form.
 * @module
 */
import { Draw, framesOf, type Maker, readRows, SEQUENCE, TIME } from "./frame_set.ts";

/** Makers of the frames of one of the two. */
export function binanceLike(venue: "binance" | "aster"): Record<string, Maker> {
  return {
    depth(levels) {
      const draw = new Draw(venue, `depth ${levels}`);
      return {
        opening: [],
        frames: framesOf(levels, (index) => ({
          e: "depthUpdate",
          E: TIME + index,
          T: TIME + index - 4,
          s: "BTCUSDT",
          U: SEQUENCE + index * 100 + 1,
          u: SEQUENCE + index * 100 + 100,
          pu: SEQUENCE + index * 100,
          ...draw.sides(levels, (price, size) => [price, size]),
        })),
        naive(text, into) {
          const event = JSON.parse(text);
          into.venueAt = event.T;
          into.sequence = event.u;
          readRows(event.b, into);
          readRows(event.a, into);
        },
      };
    },
    bbo() {
      const draw = new Draw(venue, "bbo");
      return {
        opening: [],
        frames: framesOf(0, (index) => ({
          e: "bookTicker",
          u: SEQUENCE + index,
          E: TIME + index,
          T: TIME + index - 2,
          s: "BTCUSDT",
          b: draw.price(true),
          B: draw.size(),
          a: draw.price(false),
          A: draw.size(),
        })),
        naive(text, into) {
          const event = JSON.parse(text);
          into.venueAt = event.T;
          into.sequence = event.u;
          into.push(Number(event.b), Number(event.B));
          into.push(Number(event.a), Number(event.A));
        },
      };
    },
    trade() {
      const draw = new Draw(venue, "trade");
      return {
        opening: [],
        frames: framesOf(0, (index) => ({
          e: "aggTrade",
          E: TIME + index,
          s: "BTCUSDT",
          a: 3_000_000_004 + index,
          p: draw.price(draw.isSell()),
          q: draw.size(),
          f: 6_000_000_008 + index,
          l: 6_000_000_009 + index,
          T: TIME + index - 2,
          m: draw.isSell(),
        })),
        naive(text, into) {
          const event = JSON.parse(text);
          into.venueAt = event.T;
          into.isSell = event.m;
          into.push(Number(event.p), Number(event.q));
        },
      };
    },
  };
}
