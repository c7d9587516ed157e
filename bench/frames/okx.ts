/**
 * Frames of OKX.
 * @module
 */
import { Draw, framesOf, type Maker, readRows, TIME } from "./frame_set.ts";

export const OKX_FRAMES: Record<string, Maker> = {
  depth(levels) {
    const draw = new Draw("okx", `depth ${levels}`);
    return {
      opening: [],
      frames: framesOf(levels, (index) => {
        const { a, b } = draw.sides(levels, (p, s) => [p, s, "0", String(draw.whole(10))]);
        return {
          arg: { channel: "books", instId: "BTC-USDT-SWAP" },
          action: "update",
          data: [{
            asks: a,
            bids: b,
            ts: String(TIME + index),
            checksum: 0,
            seqId: 987_654_334 + index,
            prevSeqId: 987_654_333 + index,
          }],
        };
      }),
      naive(text, into) {
        const [row] = JSON.parse(text).data;
        into.venueAt = Number(row.ts);
        into.sequence = row.seqId;
        readRows(row.bids, into);
        readRows(row.asks, into);
      },
    };
  },
  bbo() {
    const draw = new Draw("okx", "bbo");
    const orders = () => String(1 + draw.whole(20));
    return {
      opening: [],
      frames: framesOf(0, (index) => ({
        arg: { channel: "bbo-tbt", instId: "BTC-USDT-SWAP" },
        data: [{
          asks: [[draw.price(false), draw.size(), "0", orders()]],
          bids: [[draw.price(true), draw.size(), "0", orders()]],
          ts: String(TIME + index),
          seqId: 987_654_334 + index,
        }],
      })),
      naive(text, into) {
        const [row] = JSON.parse(text).data;
        into.venueAt = Number(row.ts);
        into.sequence = row.seqId;
        readRows(row.bids, into);
        readRows(row.asks, into);
      },
    };
  },
  trade() {
    const draw = new Draw("okx", "trade");
    return {
      opening: [],
      frames: framesOf(0, (index) => ({
        arg: { channel: "trades", instId: "BTC-USDT-SWAP" },
        data: [{
          instId: "BTC-USDT-SWAP",
          tradeId: String(3_000_000_004 + index),
          px: draw.price(draw.isSell()),
          sz: draw.size(),
          side: draw.isSell() ? "sell" : "buy",
          ts: String(TIME + index),
          count: "1",
          source: "0",
          seqId: 3_000_001_004 + index,
        }],
      })),
      naive(text, into) {
        const [row] = JSON.parse(text).data;
        into.venueAt = Number(row.ts);
        into.isSell = row.side === "sell";
        into.push(Number(row.px), Number(row.sz));
      },
    };
  },
};
