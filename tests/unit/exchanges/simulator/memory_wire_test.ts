/**
 * The network in memory: order, latency, closing, refusing, and the same run for the same seed.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { InvariantError, micros } from "@/engine/domain/mod.ts";
import { VirtualClock } from "@/engine/simulation/virtual_clock.ts";
import type { Link } from "@/exchanges/shared/mod.ts";
import { MemoryWire, type MemoryWireOptions } from "@/exchanges/simulator/memory_wire.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";

const START = micros(1_700_000_000_000_000);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function network(options: Partial<MemoryWireOptions> = {}) {
  const clock = new VirtualClock(START);
  const wire = new MemoryWire({
    clock,
    scheduler: clock,
    random: new SeededRandom(5),
    latency: { toServerMs: 2, toClientMs: 3, jitterMs: 0 },
    ...options,
  });
  const heard: string[] = [];
  const servers: Link[] = [];
  const ms = () => (clock.now() - START) / 1_000;
  function handler(name: string, onText?: (text: string) => void) {
    return {
      onOpen: () => heard.push(`${name} open ${ms()}`),
      onBytes: (bytes: Uint8Array, start: number, end: number, at: number) => {
        assertEquals(at, clock.now());
        const text = decoder.decode(bytes.subarray(start, end));
        heard.push(`${name} ${text} ${ms()}`);
        onText?.(text);
      },
      onClose: (reason: string) => heard.push(`${name} close ${reason} ${ms()}`),
    };
  }
  function listen(port = 80, onText?: (text: string, link: Link) => void) {
    return wire.listen({ host: "sim", port }, (link) => {
      servers.push(link);
      return handler("s", (text) => onText?.(text, link));
    });
  }
  function connect(port = 80): Link {
    return wire.connect({ host: "any.host", port, tls: true }, handler("c"));
  }
  return { clock, wire, heard, servers, listen, connect };
}

function say(link: Link, text: string): boolean {
  return link.write(encoder.encode(text));
}

Deno.test("MemoryWire carries both ways with each way's latency", () => {
  const { clock, wire, heard, listen, connect } = network();
  listen(80, (text, link) => {
    say(link, `re ${text}`);
    if (text === "bye") link.close("server done");
  });
  const link = connect();
  clock.runFor(5);
  assertEquals(heard.splice(0), ["s open 2", "c open 5"]);
  assertEquals(wire.links, 1);
  say(link, "a");
  say(link, "b");
  clock.runFor(10);
  assertEquals(heard.splice(0), ["s a 7", "s b 7", "c re a 10", "c re b 10"]);
  say(link, "bye");
  clock.runFor(10);
  assertEquals(heard, [
    "s bye 17",
    "s close server done 17",
    "c re bye 20",
    "c close closed by the peer 20",
  ]);
  assertEquals([wire.links, say(link, "x")], [0, false]);
});

Deno.test("MemoryWire refuses where nobody listens and once a listener is closed", () => {
  const { clock, heard, listen, connect } = network();
  const listener = listen(0);
  assert(listener.port > 0);
  connect(listener.port);
  connect(81);
  clock.runFor(10);
  assertEquals(heard.splice(0), [
    "s open 2",
    "c close connection refused by any.host:81 2",
    "c open 5",
  ]);
  listener.close();
  connect(listener.port);
  clock.runFor(10);
  assertEquals(heard.splice(0), [`c close connection refused by any.host:${listener.port} 12`]);
  listen(listener.port);
  assertThrows(() => listen(listener.port), InvariantError, "listened to already");
});

Deno.test("MemoryWire calls nobody back from inside connect, write or close", () => {
  const { clock, heard, listen, connect } = network({
    latency: { toServerMs: 0, toClientMs: 0, jitterMs: 0 },
  });
  listen();
  const link = connect();
  assertEquals(heard, []);
  clock.runFor(0);
  say(link, "x");
  link.close("done");
  link.close("done twice");
  assertEquals(heard, ["s open 0", "c open 0"]);
  clock.runFor(0);
  assertEquals(heard.slice(2), ["s x 0", "c close done 0", "s close closed by the peer 0"]);
});

Deno.test("MemoryWire: what is on its way to the side that closed does not arrive", () => {
  const { clock, heard, servers, listen, connect } = network();
  listen();
  const link = connect();
  clock.runFor(5);
  heard.length = 0;
  say(servers[0]!, "crossing");
  link.close("enough");
  clock.runFor(10);
  assertEquals(heard, ["c close enough 5", "s close closed by the peer 7"]);
});

Deno.test("MemoryWire keeps order under jitter, and the same seed gives the same times", () => {
  const run = (seed: number) => {
    const { clock, heard, listen, connect } = network({
      random: new SeededRandom(seed),
      latency: { toServerMs: 1, toClientMs: 1, jitterMs: 20 },
    });
    listen();
    const link = connect();
    clock.runFor(100);
    heard.length = 0;
    for (let index = 0; index < 200; index++) {
      say(link, `#${index}#`);
      clock.runFor(1);
    }
    clock.runFor(100);
    return heard;
  };
  const heard = run(1);
  assertEquals(
    heard.map((line) => line.split("#")[1]),
    Array.from({ length: 200 }, (_, i) => `${i}`),
  );
  assertEquals(run(1), heard);
  assert(run(2).join() !== heard.join());
});

Deno.test("MemoryWire.cutAll() ends links at once, with what is on its way", () => {
  const { clock, wire, heard, listen, connect } = network();
  listen();
  const link = connect();
  connect();
  clock.runFor(5);
  heard.length = 0;
  say(link, "lost");
  wire.cutAll("cable pulled");
  clock.runFor(10);
  assertEquals(heard, [
    "c close cable pulled 5",
    "s close cable pulled 5",
    "c close cable pulled 5",
    "s close cable pulled 5",
  ]);
  assertEquals(wire.links, 0);
});

Deno.test("MemoryWire: an attempt that is closed before it arrives reaches nobody", () => {
  const { clock, heard, listen, connect } = network();
  listen();
  connect().close("changed our mind");
  clock.runFor(10);
  assertEquals(heard, ["c close changed our mind 0"]);
});

Deno.test("MemoryWire copies and bounds what is on its way, and grows under a reader", () => {
  const { clock, wire, listen, connect } = network({ pendingBytesMax: 100_000 });
  let total = 0;
  let sum = 0;
  wire.listen({ host: "sim", port: 90 }, () => ({
    onOpen: () => {},
    onBytes: (bytes, start, end) => {
      // A write in the same direction while bytes are read in place must not move them.
      if (total === 0) say(link, "y".repeat(50_000));
      total += end - start;
      for (let at = start; at < end; at++) sum += bytes[at]!;
    },
    onClose: () => {},
  }));
  listen();
  const link = connect(90);
  clock.runFor(5);
  const bytes = new Uint8Array(4_000).fill(1);
  assert(link.write(bytes));
  bytes.fill(2);
  assert(link.write(bytes));
  assertEquals(link.pendingBytes, 8_000);
  assertEquals(link.write(new Uint8Array(92_001)), false);
  assertEquals(link.write(new Uint8Array(0)), true);
  clock.runFor(10);
  assertEquals([total, sum], [58_000, 4_000 + 8_000 + 50_000 * 121]);
  assertEquals(link.pendingBytes, 0);
  for (let round = 0; round < 3_000; round++) {
    say(link, "0123456789".repeat(10));
    if (round % 3 === 0) clock.runFor(1);
  }
  clock.runFor(10);
  assertEquals(total, 358_000);
});
