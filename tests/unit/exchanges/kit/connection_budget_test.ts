/**
 * A storm of connection attempts ends at the budget, not at the venue.
 * @module
 */
import { connectionBudget } from "@/exchanges/kit/mod.ts";
import type { LinkHandler } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

function world(attemptsMax: number) {
  const clock = new ManualClock();
  const closed: string[] = [];
  const handler: LinkHandler = {
    onOpen: () => {},
    onBytes: () => {},
    onClose: (reason) => closed.push(reason),
  };
  const link = { write: () => true, pendingBytes: 0, close: () => {} };
  const counts = { connected: 0 };
  const given: LinkHandler[] = [];
  const bounded = connectionBudget({ attemptsMax, windowMs: 1_000, windowName: "a second" });
  const inner = {
    connect: (_address: unknown, one: LinkHandler) => (given.push(one), counts.connected++, link),
  };
  const transport = bounded(inner, clock, clock);
  const connect = () => transport.connect({ host: "venue", port: 1, tls: false }, handler);
  return { clock, closed, counts, given, link, connect };
}

Deno.test("connectionBudget() hands through what is within the budget", () => {
  const { link, connect, counts } = world(2);
  assert(connect() === link);
  assert(connect() === link);
  assertEquals(counts.connected, 2);
});

Deno.test("connectionBudget() fails what is beyond: unsent, told later, with the window's name", () => {
  const { clock, closed, connect, counts } = world(1);
  connect();
  const refused = connect();
  assertEquals([refused.write(new Uint8Array(1)), refused.pendingBytes], [false, 0]);
  refused.close("not needed");
  assertEquals(closed, [], "never before connect() returned");
  clock.advance(1);
  assertEquals(closed, ["connection budget of a second is spent"]);
  assertEquals(counts.connected, 1);
});

Deno.test("connectionBudget() frees an attempt when it leaves the window; refused ones take none", () => {
  const { clock, connect, counts } = world(2);
  connect();
  clock.advance(600);
  connect();
  for (let attempt = 0; attempt < 5; attempt++) connect();
  clock.advance(399);
  connect();
  assertEquals(counts.connected, 2);
  clock.advance(1);
  connect();
  connect();
  assertEquals(counts.connected, 3, "the second attempt is 400 ms old");
});

Deno.test("connectionBudget() spreads attempts while they fail, and no longer once one opened", () => {
  const { clock, closed, connect, counts, given } = world(4);
  const knock = () => {
    connect();
    const attempt = given.splice(0).at(0);
    attempt?.onClose("refused");
  };
  // Four sockets of a venue that is away for three seconds, each every 50 ms.
  for (let past = 0; past < 3_000; past += 50) {
    for (let socket = 0; socket < 4; socket++) knock();
    clock.advance(50);
  }
  assertEquals(counts.connected, 12, "four a second, evenly");
  assert(closed.includes("attempts fail: spread"));
  clock.advance(1_000);
  connect();
  const opened = given.splice(0)[0]!;
  opened.onOpen();
  connect();
  connect();
  assertEquals(given.length, 2, "the others follow at once");
  // A link that lives for a while and is lost says nothing of the next attempt.
  clock.advance(2_500);
  opened.onClose("lost");
  connect();
  connect();
  assertEquals(given.length, 4);
});
