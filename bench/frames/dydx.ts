/**
 * Frames of dYdX, which has no channel for the best bid and ask alone.
 * @module
 */
import { Draw, framesOf, type Maker, readRows, TIME } from "./frame_set.ts";

const CONNECTION = "4f1c7a52-7a9b-4b57-9d1c-0f6d4a7a9a11";

function dydxFrame(index: number, channel: string, version: string, contents: unknown): unknown {
  return {
    type: "channel_data",
    connection_id: CONNECTION,
    message_id: index + 2,
    id: "BTC-USD",
    channel,
    version,
    contents,
  };
}

function dydxOpening(channel: string, contents: unknown): string[] {
  return [
    JSON.stringify({ type: "connected", connection_id: CONNECTION, message_id: 0 }),
    JSON.stringify({
      type: "subscribed",
      connection_id: CONNECTION,
      message_id: 1,
      channel,
      id: "BTC-USD",
      contents,
    }),
  ];
}

export const DYDX_FRAMES: Record<string, Maker> = {
  depth(levels) {
    const draw = new Draw("dydx", `depth ${levels}`);
    return {
      opening: dydxOpening("v4_orderbook", { bids: [{ price: "67000", size: "1" }], asks: [] }),
      frames: framesOf(levels, (index) => {
        const { b, a } = draw.sides(levels, (price, size) => [price, size]);
        return dydxFrame(index, "v4_orderbook", "1.0.0", { bids: b, asks: a });
      }),
      naive(text, into) {
        const { contents, message_id } = JSON.parse(text);
        into.sequence = message_id;
        readRows(contents.bids, into);
        readRows(contents.asks, into);
      },
    };
  },
  trade() {
    const draw = new Draw("dydx", "trade");
    return {
      opening: dydxOpening("v4_trades", { trades: [] }),
      frames: framesOf(0, (index) =>
        dydxFrame(index, "v4_trades", "2.1.0", {
          trades: [{
            id: `0000000000000000b2d0${(0x5e04 + index).toString(16)}`,
            size: draw.size(),
            price: draw.price(draw.isSell()),
            side: draw.isSell() ? "SELL" : "BUY",
            createdAt: new Date(TIME + index).toISOString(),
            type: "LIMIT",
            createdAtHeight: "3020000004",
          }],
        })),
      naive(text, into) {
        for (const row of JSON.parse(text).contents.trades) {
          into.venueAt = Date.parse(row.createdAt);
          into.isSell = row.side === "SELL";
          into.push(Number(row.price), Number(row.size));
        }
      },
    };
  },
};
