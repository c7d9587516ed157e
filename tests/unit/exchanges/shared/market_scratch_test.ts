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
  tradeKeyOf,
  TradeScratch,
} from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

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

Deno.test("TradeScratch.tradeKey is the same for bytes and text of an id, exact for short numbers", () => {
  const encoder = new TextEncoder();
  const ids = [
    "0",
    "7",
    "130639474",
    "999999999999999",
    "1000000000000000",
    "9007199254740993",
    "20f43950-d8dd-5b31-9112-a178eb6023af",
    "20f43950-d8dd-5b31-9112-a178eb6023ae",
    "-1",
  ];
  const keys = ids.map((id) => {
    const trade = new TradeScratch().begin(INSTRUMENT, AT);
    const bytes = encoder.encode(`"${id}"`);
    trade.setTradeIdSpan(bytes, 1, bytes.length - 1);
    const read = trade.tradeKey;
    trade.begin(INSTRUMENT, AT).setTradeIdText(id);
    assertEquals([trade.tradeKey, tradeKeyOf(id)], [read, read], id);
    assert(Number.isSafeInteger(read) && read >= 0, id);
    return read;
  });
  assertEquals(keys.slice(0, 4), [0, 7, 130_639_474, 999_999_999_999_999]);
  assertEquals(new Set(keys).size, ids.length);
  const none = new TradeScratch().begin(INSTRUMENT, AT);
  assertEquals([none.tradeKey, tradeKeyOf("")], [-1, -1]);
  none.setTradeIdSpan(new Uint8Array(2), 1, 1);
  assertEquals(none.tradeKey, -1);
});
