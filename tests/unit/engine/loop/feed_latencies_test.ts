/**
 * Venue's time to receipt, on one clock.
 * @module
 */
import { instrumentIndex, type Micros, micros } from "@/engine/domain/mod.ts";
import { FeedLatencies } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, START } from "@/tests/support/builders.ts";
import { CoreWorld, deltaOf, snapshotOf } from "@/tests/unit/engine/core/_core_world.ts";
import { FakeConnector } from "./_fakes.ts";

const INDEX = instrumentIndex(0);

function world(snapshotFrom: "rest" | "stream" = "stream") {
  const core = new CoreWorld({ snapshotFrom }).begin(btcPerp());
  const connector = new FakeConnector();
  let offset = 0;
  connector.clockOffsetMicros = () => offset;
  const latencies = new FeedLatencies(core.engine, [connector]);
  const at = micros(START + 5_000_000);
  return {
    latencies,
    /** An event that was `age` microseconds old when it came. */
    take(event: EngineEvent, age: number) {
      const venueAt = micros(at - age);
      latencies.onEvent({ ...event, at, venueAt } as EngineEvent);
    },
    offsetIs(micros: number) {
      offset = micros;
      latencies.onEvent({ kind: "timer", at });
    },
    seen: () => {
      const { times, negative } = latencies.of(INDEX)!;
      return [times.count, times.sum / 1_000, negative];
    },
  };
}

const TRADE = {
  kind: "trade",
  instrument: INDEX,
  at: START,
  venueAt: START,
} as unknown as EngineEvent;

Deno.test("FeedLatencies measures deltas and pushed snapshots against the venue's time", () => {
  const it = world();
  it.take(deltaOf(1, [[1, 1]]), 3_000);
  it.take(snapshotOf(2, [], []), 4_000);
  assertEquals(it.seen(), [2, 7_000, 0]);
  const asked = world("rest");
  asked.take(snapshotOf(2, [], []), 4_000);
  assertEquals(asked.latencies.of(INDEX), undefined);
});

Deno.test("FeedLatencies corrects by the clock offset of the last timer; below zero is counted", () => {
  const it = world();
  it.offsetIs(-1_000);
  it.take(deltaOf(1, [[1, 1]]), 3_000);
  assertEquals(it.seen(), [1, 2_000, 0]);
  it.offsetIs(500);
  it.take(deltaOf(2, [[1, 1]]), 3_000);
  assertEquals(it.seen(), [2, 5_500, 0]);
  it.offsetIs(-4_000);
  it.take(deltaOf(3, [[1, 1]]), 3_000);
  assertEquals(it.seen(), [3, 5_500, 1]);
});

Deno.test("FeedLatencies takes trades only where books have no time, and no history", () => {
  const it = world();
  const untimed = { ...deltaOf(1, [[1, 1]]), venueAt: 0 as Micros };
  it.latencies.onEvent(untimed);
  assertEquals(it.latencies.of(INDEX), undefined);
  it.take(TRADE, 2_000);
  it.take(TRADE, 20_000_000);
  assertEquals(it.seen(), [1, 2_000, 0]);
  it.take(deltaOf(2, [[1, 1]]), 1_000);
  it.take(TRADE, 2_000);
  assertEquals(it.seen(), [2, 3_000, 0]);
});

Deno.test("FeedLatencies adds a venue's instruments up, and knows nothing of strangers", () => {
  const it = world();
  assertEquals(it.latencies.ofVenue("binance"), undefined);
  it.take(deltaOf(1, [[1, 1]]), 3_000);
  it.take({ ...deltaOf(1, [[1, 1]]), instrument: instrumentIndex(9) }, 3_000);
  assertEquals(it.latencies.ofVenue("binance")!.count, 1);
  assertEquals(it.latencies.ofVenue("okx"), undefined);
  assertEquals(it.latencies.of(instrumentIndex(9)), undefined);
});
