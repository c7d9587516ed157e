/**
 * Side streams that fall silent: told once, told again when they speak, and a stale mark is not
 * judged by.
 * @module
 */
import { instrumentIndex } from "@/engine/domain/mod.ts";
import { StreamWatch } from "@/engine/core/stream_watch.ts";
import { micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { moneyOf, START } from "@/tests/support/builders.ts";
import { CoreWorld, shown } from "./_core_world.ts";

const THRESHOLDS = {
  book: 60_000,
  best_bid_ask: Infinity,
  mark_price: 2_000,
  funding: 4_000,
  trades: Infinity,
};
const INDEX = instrumentIndex(0);

function mark(price: string): EngineEvent {
  const of = { instrument: INDEX, at: START, venueAt: START };
  return { kind: "mark_price", ...of, mark: moneyOf(price), index: undefined };
}

Deno.test("StreamWatch tells a turn once, and nothing of a stream that never spoke", () => {
  const watch = new StreamWatch(THRESHOLDS);
  const at = (ms: number) => micros(START + ms * 1_000);
  assertEquals(watch.turnOf("mark_price", at(100_000)), "same");
  watch.markAt = at(0);
  assertEquals(watch.isStale("mark_price", at(2_000)), false);
  assertEquals(watch.isStale("mark_price", at(2_001)), true);
  assertEquals(watch.turnOf("mark_price", at(2_001)), "went_stale");
  assertEquals(watch.turnOf("mark_price", at(9_000)), "same");
  watch.markAt = at(9_500);
  assertEquals(watch.turnOf("mark_price", at(9_550)), "came_back");
  watch.fundingAt = at(0);
  assertEquals(watch.turnOf("funding", at(4_001)), "went_stale");
  watch.tradeAt = at(0);
  assertEquals(watch.turnOf("trades", at(1e9)), "same");
  assertEquals(watch.turnedStale, { mark_price: 1, funding: 1, trades: 0 });
});

Deno.test("A stale mark gives way to the mid of a usable book, and to nothing without one", () => {
  const world = new CoreWorld({ thresholds: THRESHOLDS }).quoting();
  const value = () => world.engine.view.markValue(INDEX);
  const owned = () => world.engine.profit.markOf(INDEX);
  const mid = value();
  const midMoney = owned();
  world.feed(mark("123.4"));
  assertEquals(value(), 123.4);
  assertEquals(shown(world.timer(2_000)), []);
  assertEquals([value(), owned()], [123.4, moneyOf("123.4")]);
  assertEquals(shown(world.timer(1)), ["alert stream_stale"]);
  assertEquals([value(), owned()], [mid, midMoney], "losses are counted at it too");
  world.feed({ kind: "feed_interrupted", instrument: INDEX, at: START, reason: "disconnected" });
  assertEquals([value(), owned()], [0, moneyOf("123.4")], "an old mark beats none for losses");
  world.feed(mark("125"));
  assertEquals(value(), 125);
  assertEquals(shown(world.timer(50)).includes("alert stream_stale"), true);
});

Deno.test("A stale funding rate is told and stands", () => {
  const world = new CoreWorld({ thresholds: THRESHOLDS }).quoting();
  const rate = moneyOf("0.0001");
  const of = { instrument: INDEX, at: START, venueAt: START };
  world.feed({ kind: "funding", ...of, rate, nextAt: micros(START + 1e9) });
  assertEquals(shown(world.timer(4_001)), ["alert stream_stale"]);
  assertEquals(world.engine.view.fundingRate(INDEX), 0.0001);
});

Deno.test("A configured threshold comes before the venue's own", () => {
  const book = (overrides: ReadonlyMap<"binance", { book: number }>) =>
    new CoreWorld({ thresholds: THRESHOLDS, overrides }).quoting()
      .engine.state.instruments[0]!.streams.thresholds.book;
  assertEquals(book(new Map()), 60_000);
  assertEquals(book(new Map([["binance", { book: 1_234 }]])), 1_234);
});
