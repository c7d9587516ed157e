/**
 * The venue with background traders: alive, numbered, conserving, reproducible.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { createAsterVenue, DEFAULT_INSTRUMENTS } from "@/exchanges/aster/dialect/mod.ts";
import { assert, assertEquals, assertNotEquals } from "@/tests/support/assert.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";
import { FakeSocket } from "./venue_world.ts";

function run(seed: number, seconds: number): { frames: string[]; imbalance: string[] } {
  const time = new VirtualTime();
  const { dialect, exchange } = createAsterVenue({
    clock: time,
    scheduler: time,
    seed,
    instruments: DEFAULT_INSTRUMENTS.filter((each) => each.base === "BTC"),
  });
  exchange.start();
  const socket = new FakeSocket();
  const streams = "streams=btcusdt@depth@100ms/btcusdt@bookTicker";
  const request = { method: "GET", path: "/stream", query: streams, body: "" };
  dialect.acceptSocket({ ...request, headers: new Map() }, socket);
  time.advance(seconds * 1_000);
  exchange.stop();
  const imbalance = [...exchange.truth().imbalance.values()].map(moneyToText);
  return { frames: socket.texts, imbalance };
}

Deno.test("createAsterVenue() is alive, the same for a seed, other for another", () => {
  const first = run(1, 5);
  assert(first.frames.length > 50, `${first.frames.length} frames in 5 s`);
  assertEquals(first.frames, run(1, 5).frames);
  assertNotEquals(first.frames, run(2, 5).frames);
  assert(first.imbalance.every((each) => each === "0"));
});

Deno.test("createAsterVenue(): the touch of bookTicker is the book's touch at its number", () => {
  const touches = run(3, 10).frames.map((text) => JSON.parse(text)).map(({ data }) => data);
  const bids = new Map<string, string>();
  let checked = 0;
  let lastTouch: { u: number; b: string } | undefined;
  for (const frame of touches) {
    if (frame.e === "bookTicker") {
      lastTouch = frame;
      continue;
    }
    for (const [price, size] of frame.b) {
      if (Number(size) === 0) bids.delete(price);
      else bids.set(price, size);
    }
    if (lastTouch === undefined || lastTouch.u > frame.u) continue;
    const best = Math.max(...[...bids.keys()].map(Number));
    if (bids.has(lastTouch.b)) {
      assertEquals(Number(lastTouch.b), best);
      checked++;
    }
  }
  assert(checked > 5, `${checked} touches compared`);
});

Deno.test("AsterDialect.endpoints() names every address of both products", () => {
  const time = new VirtualTime();
  const { dialect } = createAsterVenue({ clock: time, scheduler: time, seed: 1 });
  const { spot, perp } = dialect.endpoints("127.0.0.1:9001");
  for (const product of [spot!, perp!]) {
    for (const name of ["rest", "public_ws", "private_ws"]) {
      assert(product[name]!.includes("127.0.0.1:9001"), name);
    }
  }
  assertEquals(Object.keys(dialect.credentials), [
    "key",
    "secret",
    "private_key",
    "signer_address",
    "address",
  ]);
});
