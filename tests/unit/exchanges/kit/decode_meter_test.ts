/**
 * What reading a frame takes, without its receivers, one frame of sixty-four.
 * @module
 */
import { instrumentIndex, micros, nanos } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { Clock, ConnectorCounters, WireDecoder } from "@/engine/ports/mod.ts";
import { DecodeMeter } from "@/exchanges/kit/mod.ts";
import { assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";

const EVENT: EngineEvent = {
  kind: "feed_interrupted",
  instrument: instrumentIndex(0),
  at: micros(0),
  reason: "silent",
};

/** Reading takes 3 µs before, between and after two events; each event takes 1 ms to receive. */
function world() {
  let now = 0;
  let stamps = 0;
  const clock: Clock = {
    now: () => micros(0),
    monotonic: () => {
      stamps++;
      return nanos(now);
    },
  };
  const counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  const received: string[] = [];
  const receiver = {
    deliver(event: EngineEvent) {
      now += 1_000_000;
      received.push(event.kind);
    },
  };
  const decoder: WireDecoder = {
    reason: "",
    decode(_bytes, _start, _end, _at, to) {
      now += 3_000;
      to.deliver(EVENT);
      now += 3_000;
      to.deliver(EVENT);
      now += 3_000;
      return "decoded";
    },
  };
  const meter = new DecodeMeter(clock, counters);
  const read = () => meter.decode(decoder, new Uint8Array(1), 0, 1, micros(0), receiver);
  return { clock, counters, received, read, stamps: () => stamps };
}

Deno.test("DecodeMeter counts the reading alone, on one frame of sixty-four", () => {
  const it = world();
  for (let frame = 0; frame < 128; frame++) assertEquals(it.read(), "decoded");
  const times = it.counters.decodeTimes!;
  assertEquals([times.count, times.sum, times.longest], [2, 18_000, 9_000]);
  assertEquals(it.received.length, 256);
  // Two frames of two events: two stamps a frame and two an event.
  assertEquals(it.stamps(), 12);
});

Deno.test("DecodeMeters of one connector count together", () => {
  const it = world();
  it.read();
  const first = it.counters.decodeTimes;
  new DecodeMeter(it.clock, it.counters);
  assertStrictEquals(it.counters.decodeTimes, first);
});
