/**
 * Frames of Hyperliquid.
 * @module
 */
import { Draw, framesOf, type Maker, TIME } from "./frame_set.ts";

const HASH = `0x${"0".repeat(48)}b2d05e04${"0".repeat(8)}`;
const TAKER = "0x1111111111111111111111111111111111111111";
const MAKER = "0x2222222222222222222222222222222222222222";

export const HYPERLIQUID_FRAMES: Record<string, Maker> = {
  depth(levels) {
    const draw = new Draw("hyperliquid", `depth ${levels}`);
    const side = (isBid: boolean) =>
      Array.from({ length: levels / 2 }, () => ({
        px: draw.price(isBid),
        sz: draw.size(),
        n: 1 + draw.whole(30),
      }));
    return {
      opening: [],
      frames: framesOf(levels, () => ({
        channel: "l2Book",
        data: { coin: "BTC", time: TIME, levels: [side(true), side(false)] },
      })),
      naive(text, into) {
        const { data } = JSON.parse(text);
        into.venueAt = data.time;
        for (const rows of data.levels) {
          for (const { px, sz } of rows) into.push(Number(px), Number(sz));
        }
      },
    };
  },
  bbo() {
    const draw = new Draw("hyperliquid", "bbo");
    const best = (isBid: boolean) => ({
      px: draw.price(isBid),
      sz: draw.size(),
      n: 1 + draw.whole(30),
    });
    return {
      opening: [],
      frames: framesOf(0, () => ({
        channel: "bbo",
        data: { coin: "BTC", time: TIME, bbo: [best(true), best(false)] },
      })),
      naive(text, into) {
        const { data } = JSON.parse(text);
        into.venueAt = data.time;
        for (const { px, sz } of data.bbo) into.push(Number(px), Number(sz));
      },
    };
  },
  trade() {
    const draw = new Draw("hyperliquid", "trade");
    return {
      opening: [],
      frames: framesOf(0, (index) => ({
        channel: "trades",
        data: [{
          coin: "BTC",
          side: draw.isSell() ? "A" : "B",
          px: draw.price(draw.isSell()),
          sz: draw.size(),
          time: TIME + index,
          hash: HASH,
          tid: 3_000_000_004 + index,
          users: [TAKER, MAKER],
        }],
      })),
      naive(text, into) {
        for (const row of JSON.parse(text).data) {
          into.venueAt = row.time;
          into.isSell = row.side === "A";
          into.push(Number(row.px), Number(row.sz));
        }
      },
    };
  },
};
