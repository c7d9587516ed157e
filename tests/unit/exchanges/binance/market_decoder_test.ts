/**
 * What the golden frames cannot show of Binance's decoder: it follows an instrument's new grids.
 * @module
 */
import { createInstrument, instrumentIndex, micros, unwrap } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { BinanceMarketDecoder, binanceTools as tools } from "@/exchanges/binance/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const FRAME = new TextEncoder().encode(
  '{"e":"aggTrade","E":1672515782136,"s":"BTCUSDT","a":5933014,"p":"67100.5","q":"0.010",' +
    '"f":100,"l":105,"T":1672515782136,"m":true}',
);

function instrument(tick: string, lot: string) {
  return unwrap(
    createInstrument(instrumentIndex(0), unwrap(tools.termsFrom("BTC-USDT-PERP", tick, lot, "1"))),
  );
}

Deno.test("BinanceMarketDecoder.redefine() changes the ticks of the very next frame", () => {
  const decoder = new BinanceMarketDecoder([instrument("0.1", "0.001")]);
  const read: [number, number][] = [];
  const receiver = {
    deliver(event: EngineEvent) {
      if (event.kind === "trade") read.push([event.price, event.size]);
    },
  };
  const decode = () => decoder.decode(FRAME, 0, FRAME.length, micros(1), receiver);
  assertEquals([decode(), decode()], ["decoded", "decoded"]);
  decoder.redefine(instrument("0.5", "0.01"));
  assertEquals([decode(), decode()], ["decoded", "decoded"]);
  assertEquals(read, [[671_005, 10], [671_005, 10], [134_201, 1], [134_201, 1]]);
});
