/**
 * Reused events forget what the last message said.
 * @module
 */
import { instrumentIndex, micros, price, size } from "@/engine/domain/mod.ts";
import { SEQUENCE_NONE } from "@/engine/messages/mod.ts";
import {
  BestBidAskScratch,
  DeltaScratch,
  SnapshotScratch,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const INSTRUMENT = instrumentIndex(3);
const AT = micros(17);

Deno.test("DeltaScratch and SnapshotScratch begin empty, whatever they held", () => {
  const delta = new DeltaScratch();
  const snapshot = new SnapshotScratch();
  for (const each of [delta, snapshot]) {
    each.bids.push(1, 2);
    each.asks.push(3, 4);
    each.sequence = 9;
    each.checksum = 5;
    each.venueAt = AT;
    each.begin(INSTRUMENT, AT);
    assertEquals([each.bids.count, each.asks.count, each.sequence], [0, 0, SEQUENCE_NONE]);
    assertEquals([each.instrument, each.at, each.venueAt], [INSTRUMENT, AT, micros(0)]);
    assertEquals(each.checksum, undefined);
  }
  delta.firstSequence = 4;
  delta.previousSequence = 3;
  delta.begin(INSTRUMENT, AT);
  assertEquals([delta.firstSequence, delta.previousSequence], [SEQUENCE_NONE, SEQUENCE_NONE]);
});

Deno.test("BestBidAskScratch begins with both sides empty", () => {
  const touch = new BestBidAskScratch();
  touch.bid = price(5);
  touch.bidSize = size(1);
  touch.askSize = size(1);
  touch.begin(INSTRUMENT, AT);
  assertEquals([touch.bid, touch.bidSize, touch.ask, touch.askSize], [
    price(0),
    size(0),
    price(0),
    size(0),
  ]);
});

Deno.test("TradeScratch makes a text of its id only from this message, lazily", () => {
  const trade = new TradeScratch();
  const bytes = new TextEncoder().encode('{"t":12345}');
  trade.begin(INSTRUMENT, AT).setTradeIdSpan(bytes, 5, 10);
  assertEquals(String(trade.tradeId), "12345");
  assertEquals(String(trade.tradeId), "12345");
  trade.begin(INSTRUMENT, AT);
  assertEquals(String(trade.tradeId), "");
  trade.begin(INSTRUMENT, AT).setTradeIdText("x-1");
  assertEquals(String(trade.tradeId), "x-1");
});
