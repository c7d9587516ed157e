/**
 * Frames of Gate: both forms of its depth.
 * @module
 */
import { Draw, framesOf, type Maker, readRows, TIME } from "./frame_set.ts";

function gateFrame(channel: string, index: number, result: unknown): unknown {
  const ms = TIME + index + 5;
  return { time: Math.floor(ms / 1_000), time_ms: ms, channel, event: "update", result };
}

export const GATE_FRAMES: Record<string, Maker> = {
  depth(levels) {
    const draw = new Draw("gate", `depth ${levels}`);
    return {
      opening: [],
      frames: framesOf(levels, (index) =>
        gateFrame("futures.obu", index, {
          t: TIME + index,
          s: "ob.BTC_USDT.400",
          U: 2_517_661_101 + index,
          u: 2_517_661_101 + index,
          ...draw.sides(levels, (price, size) => [price, size]),
        })),
      naive(text, into) {
        const { result } = JSON.parse(text);
        into.venueAt = result.t;
        into.sequence = result.u;
        readRows(result.b, into);
        readRows(result.a, into);
      },
    };
  },
  "depth order_book_update"(levels) {
    const draw = new Draw("gate", `depth_objects ${levels}`);
    return {
      opening: [],
      frames: framesOf(levels, (index) =>
        gateFrame("futures.order_book_update", index, {
          t: TIME + index,
          s: "BTC_USDT",
          U: 2_517_661_101 + index,
          u: 2_517_661_101 + index,
          ...draw.sides(levels, (p, s) => ({ p, s: Number(s) })),
        })),
      naive(text, into) {
        const { result } = JSON.parse(text);
        into.venueAt = result.t;
        into.sequence = result.u;
        for (const side of [result.b, result.a]) {
          for (const { p, s } of side) into.push(Number(p), Number(s));
        }
      },
    };
  },
  bbo() {
    const draw = new Draw("gate", "bbo");
    return {
      opening: [],
      frames: framesOf(0, (index) =>
        gateFrame("futures.book_ticker", index, {
          t: TIME + index,
          u: 2_517_661_076 + index,
          s: "BTC_USDT",
          b: draw.price(true),
          B: draw.size(),
          a: draw.price(false),
          A: draw.size(),
        })),
      naive(text, into) {
        const { result } = JSON.parse(text);
        into.venueAt = result.t;
        into.sequence = result.u;
        into.push(Number(result.b), Number(result.B));
        into.push(Number(result.a), Number(result.A));
      },
    };
  },
  trade() {
    const draw = new Draw("gate", "trade");
    return {
      opening: [],
      frames: framesOf(0, (index) =>
        gateFrame("futures.trades", index, [{
          id: 3_000_000_004 + index,
          size: Number(draw.size()) * (draw.isSell() ? -1 : 1),
          create_time: Math.floor(TIME / 1_000),
          create_time_ms: TIME + index,
          price: draw.price(draw.isSell()),
          contract: "BTC_USDT",
        }])),
      naive(text, into) {
        for (const row of JSON.parse(text).result) {
          into.venueAt = row.create_time_ms;
          into.isSell = row.size < 0;
          into.push(Number(row.price), Math.abs(row.size));
        }
      },
    };
  },
};
