/**
 * The inbox, and copies of scratch market events.
 * @module
 */
import { type InstrumentIndex, instrumentIndex, micros, price, size } from "@/engine/domain/mod.ts";
import { copyOfMarketEvent, Inbox, isMarketEvent } from "@/engine/loop/mod.ts";
import type { Command, EngineEvent, MarketEvent } from "@/engine/messages/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { fillOf, moneyOf, orderUpdate, START } from "@/tests/support/builders.ts";
import { deltaOf, levels, snapshotOf } from "@/tests/unit/engine/core/_core_world.ts";

const FIRST = instrumentIndex(0);

const PAUSE: Command = {
  kind: "command",
  name: "pause",
  at: START,
  by: "operator",
  reason: "",
  releaseKillSwitch: false,
  values: [],
};

function kinds(inbox: Inbox): string[] {
  const found: string[] = [];
  for (let next = inbox.next(); next !== undefined; next = inbox.next()) found.push(next.kind);
  return found;
}

Deno.test("Inbox gives own orders first, then commands, then market data, each in order", () => {
  const inbox = new Inbox();
  inbox.offer(snapshotOf(1, [[1, 1]], [[2, 1]]));
  inbox.offer(PAUSE);
  inbox.offer(deltaOf(2, [[1, 2]]));
  inbox.offer(orderUpdate());
  inbox.offer(fillOf());
  assertEquals(inbox.length, 5);
  assertEquals(kinds(inbox), ["order", "fill", "command", "book_snapshot", "book_delta"]);
  assertEquals(inbox.length, 0);
});

Deno.test("Inbox copies market events, because their decoder reuses them", () => {
  const inbox = new Inbox();
  const scratch = { ...deltaOf(2, [[5, 2]]), bids: levels([[5, 2]]) };
  inbox.offer(scratch);
  scratch.sequence = 99;
  scratch.bids.prices[0] = 77;
  const kept = inbox.next();
  assert(kept?.kind === "book_delta");
  assertEquals([kept.sequence, kept.bids.prices[0]], [2, 5]);
});

Deno.test("Inbox keeps fills and answers themselves: they are immutable", () => {
  const inbox = new Inbox();
  const fill = fillOf();
  inbox.offer(fill);
  assertStrictEquals(inbox.next(), fill);
});

Deno.test("Inbox beyond its bound interrupts the instrument, once, before all market data", () => {
  const inbox = new Inbox(2);
  for (let sequence = 1; sequence <= 5; sequence++) inbox.offer(deltaOf(sequence, [[1, 1]]));
  inbox.offer({ ...deltaOf(6, [[1, 1]]), instrument: instrumentIndex(1) });
  assertEquals(inbox.dropped, 4);
  const first = inbox.next();
  assertEquals(first, {
    kind: "feed_interrupted",
    instrument: FIRST,
    at: START,
    reason: "refused_frame",
  });
  assertEquals((inbox.next() as { instrument: InstrumentIndex }).instrument, instrumentIndex(1));
  assertEquals(kinds(inbox), ["book_delta", "book_delta"]);
});

Deno.test("Every kind of market event is copied whole", () => {
  const common = { instrument: FIRST, at: START, venueAt: micros(5) } as const;
  const events: MarketEvent[] = [
    snapshotOf(1, [[1, 1], [0, 4]], [[2, 1]]),
    deltaOf(2, [[1, 1]], [[2, 0]]),
    {
      ...common,
      kind: "best_bid_ask",
      sequence: 4,
      bid: price(1),
      bidSize: size(2),
      ask: price(3),
      askSize: size(4),
    },
    {
      ...common,
      kind: "trade",
      price: price(1),
      size: size(2),
      aggressor: "sell",
      tradeId: "t" as never,
    },
    {
      ...common,
      kind: "book_check",
      sequence: 4,
      bids: deltaOf(1, [[3, 4]]).bids,
      asks: deltaOf(1, [[5, 6]]).bids,
    },
    { ...common, kind: "mark_price", mark: moneyOf("1"), index: moneyOf("2") },
    { ...common, kind: "funding", rate: moneyOf("0.1"), nextAt: micros(9) },
    { ...common, kind: "instrument_status", status: "halted" },
    { kind: "feed_interrupted", instrument: FIRST, at: START, reason: "silent" },
  ];
  for (const event of events) {
    assert(isMarketEvent(event));
    const copy = copyOfMarketEvent(event);
    assert(copy !== event);
    assertEquals(plain(copy), plain(event));
  }
  assertEquals(isMarketEvent(fillOf()), false);
  assertEquals(isMarketEvent(PAUSE), false);
});

/** Levels without the spare room of their buffers. */
function plain(event: EngineEvent): unknown {
  const hasLevels = event.kind === "book_snapshot" || event.kind === "book_delta" ||
    event.kind === "book_check";
  if (!hasLevels) return event;
  const side = ({ count, prices, sizes }: typeof event.bids) => [
    count,
    [...prices.subarray(0, count)],
    [...sizes.subarray(0, count)],
  ];
  return { ...event, bids: side(event.bids), asks: side(event.asks) };
}
