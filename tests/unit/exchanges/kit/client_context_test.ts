/**
 * Sessions are opened over the edges given, and reconnects counted, rotations not.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { countingReconnects, sessionOpener } from "@/exchanges/kit/mod.ts";
import {
  type Address,
  fixedUrl,
  type SessionHandler,
  type WebSocketConnection,
} from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const CONNECTION = {} as WebSocketConnection;

function recorder() {
  const told: unknown[] = [];
  const handler: SessionHandler = {
    onUp: (connection, rotated) => told.push(["up", connection === CONNECTION, rotated]),
    onText: (bytes, start, end, at, connection) =>
      told.push(["text", [...bytes.subarray(start, end)], at, connection === CONNECTION]),
    onDown: (reason) => told.push(["down", reason]),
  };
  return { told, handler };
}

Deno.test("countingReconnects() counts each up after the first, but no rotation", () => {
  const counters = { reconnects: 0 };
  const { handler } = recorder();
  const counted = countingReconnects(handler, counters);
  const found: number[] = [];
  for (const rotated of [false, true, false, true, false]) {
    counted.onUp(CONNECTION, rotated);
    found.push(counters.reconnects);
  }
  assertEquals(found, [0, 0, 1, 1, 2]);
});

Deno.test("countingReconnects() counts sessions apart into the same counters", () => {
  const counters = { reconnects: 0 };
  const sessions = [1, 2].map(() => countingReconnects(recorder().handler, counters));
  for (const session of sessions) session.onUp(CONNECTION, false);
  assertEquals(counters.reconnects, 0);
  for (const session of sessions) session.onUp(CONNECTION, false);
  assertEquals(counters.reconnects, 2);
});

Deno.test("countingReconnects() tells the handler all it is told", () => {
  const { told, handler } = recorder();
  const counted = countingReconnects(handler, { reconnects: 0 });
  counted.onUp(CONNECTION, true);
  counted.onText(new Uint8Array([1, 2, 3]), 1, 3, micros(7), CONNECTION);
  counted.onDown("cut");
  assertEquals(told, [["up", true, true], ["text", [2, 3], 7, true], ["down", "cut"]]);
});

Deno.test("sessionOpener() opens the planned URL over the given transport once started", () => {
  const clock = new ManualClock();
  const addresses: Address[] = [];
  const link = { write: () => true, pendingBytes: 0, close: () => {} };
  const transport = { connect: (address: Address) => (addresses.push(address), link) };
  const edges = { transport, clock, scheduler: clock, random: new SeededRandom(1) };
  const open = sessionOpener(edges, { reconnects: 0 });
  const session = open({
    name: "market",
    urlFor: fixedUrl("wss://venue.example:444/ws"),
    handler: recorder().handler,
  });
  assertEquals(addresses, []);
  session.start();
  clock.advance(1);
  assertEquals(addresses.map(({ host, port, tls }) => [host, port, tls]), [
    ["venue.example", 444, true],
  ]);
  assertEquals([session.up, session.send("early")], [false, false]);
  session.stop();
});
