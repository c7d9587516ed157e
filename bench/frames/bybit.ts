/**
 * Frames of Bybit.
 * @module
 */
import { Draw, framesOf, type Maker, readRows, TIME } from "./frame_set.ts";

function bybitBook(topic: string, label: string, levels: number): ReturnType<Maker> {
  const draw = new Draw("bybit", `${label} ${levels}`);
  const frame = (type: string, index: number, sides: unknown) => ({
    topic,
    type,
    ts: TIME + index,
    data: { s: "BTCUSDT", ...(sides as object), u: 18_521_289 + index, seq: 7_961_638_741 + index },
    cts: TIME + index - 2,
  });
  const levelsOf = () => draw.sides(levels, (price, size) => [price, size]);
  return {
    opening: [JSON.stringify(frame("snapshot", -1, { b: [["67100.00", "1"]], a: [] }))],
    frames: framesOf(levels, (index) =>
      label === "bbo"
        ? frame("snapshot", index, {
          b: [[draw.price(true), draw.size()]],
          a: [[draw.price(false), draw.size()]],
        })
        : frame("delta", index, levelsOf())),
    naive(text, into) {
      const { data, cts } = JSON.parse(text);
      into.venueAt = cts;
      into.sequence = data.u;
      readRows(data.b, into);
      readRows(data.a, into);
    },
  };
}

export const BYBIT_FRAMES: Record<string, Maker> = {
  depth: (levels) => bybitBook("orderbook.1000.BTCUSDT", "depth", levels),
  bbo: () => bybitBook("orderbook.1.BTCUSDT", "bbo", 2),
  trade() {
    const draw = new Draw("bybit", "trade");
    return {
      opening: [],
      frames: framesOf(0, (index) => ({
        topic: "publicTrade.BTCUSDT",
        type: "snapshot",
        ts: TIME + index,
        data: [{
          T: TIME + index - 3,
          s: "BTCUSDT",
          S: draw.isSell() ? "Sell" : "Buy",
          v: draw.size(),
          p: draw.price(draw.isSell()),
          L: draw.isSell() ? "PlusTick" : "ZeroMinusTick",
          i: `20f43950-d8dd-5b31-9112-${String(3_000_000_004 + index).padStart(12, "0")}`,
          BT: false,
          RPI: false,
          seq: 10_961_638_728 + index,
        }],
      })),
      naive(text, into) {
        for (const row of JSON.parse(text).data) {
          into.venueAt = row.T;
          into.isSell = row.S === "Sell";
          into.push(Number(row.p), Number(row.v));
        }
      },
    };
  },
};
