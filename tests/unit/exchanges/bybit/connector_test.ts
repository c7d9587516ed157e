/**
 * The whole connector against a very small venue on the in-memory wire, on virtual time.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  price,
  size,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { VenueConnector } from "@/engine/ports/mod.ts";
import { type BybitAddresses, createBybitConnector } from "@/exchanges/bybit/mod.ts";
import { MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { cancelOrder, placeOrder } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { SmallVenue } from "./small_venue.ts";

const SYMBOLS = ["BTC-USDT", "BTC-USDT-PERP"];

class World {
  readonly clock = new ManualClock();
  readonly venue = new SmallVenue(this.clock);
  readonly events: string[] = [];
  readonly connector: VenueConnector;
  readonly server: ReturnType<typeof serveDialect>;
  instruments: readonly Instrument[] = [];

  constructor(credentials: { key: string; secret: string } | undefined) {
    const { clock } = this;
    const random = printedRandom("bybit connector");
    const transport = new MemoryWire({ clock, scheduler: clock, random });
    const served = { transport, host: "127.0.0.1", port: 0, clock, scheduler: clock };
    this.server = serveDialect({ ...served, dialect: this.venue });
    const at = this.venue.endpoints(`127.0.0.1:${this.server.port}`);
    this.connector = unwrap(createBybitConnector({
      clock,
      scheduler: clock,
      random,
      transport,
      log: { log: () => {} },
      at: at as unknown as BybitAddresses,
      ...(credentials === undefined ? {} : { credentials }),
    }));
  }

  load(symbols: readonly string[]): string {
    let answer = "";
    this.connector.loadInstruments(symbols, (listed) => {
      answer = listed.ok ? "ok" : listed.error;
      if (!listed.ok) return;
      this.instruments = listed.value.map(({ terms }, index) =>
        unwrap(createInstrument(instrumentIndex(index), terms))
      );
    });
    this.clock.advance(1_000);
    return answer;
  }

  start(): void {
    assertEquals(this.load(SYMBOLS), "ok");
    this.connector.start(this.instruments, { deliver: (event) => this.#note(event) });
    this.clock.advance(1_000);
  }

  /** What happened since the last call; repeats of one line are told once. */
  seen(): string[] {
    return [...new Set(this.events.splice(0))];
  }

  #note(event: EngineEvent): void {
    switch (event.kind) {
      case "connection":
        this.events.push(`${event.link} ${event.state}`);
        break;
      case "order":
        this.events.push(`order ${event.clientOrderId} ${event.status}`);
        break;
      case "request_lost":
        this.events.push(`lost ${event.clientOrderId} ${event.outcome}`);
        break;
      case "request_refused":
        this.events.push(`refused ${event.clientOrderId} ${event.reason}`);
        break;
      case "account_report":
        this.events.push(`report ${event.openOrders.length} ${event.balances.length}`);
        break;
      case "feed_interrupted":
      case "book_snapshot":
      case "book_delta":
      case "best_bid_ask":
      case "mark_price":
        this.events.push(`${event.kind} ${event.instrument}`);
        break;
      default:
        this.events.push(event.kind);
    }
  }
}

function world(): World {
  return new World({ key: "small-key", secret: "small-secret" });
}

function place(id: string): PlaceOrder {
  const clientOrderId = id as PlaceOrder["clientOrderId"];
  const instrument = instrumentIndex(1);
  return placeOrder({ clientOrderId, instrument, price: price(640_000), size: size(10) });
}

function send(connector: VenueConnector, request: PlaceOrder): string {
  return connector.send(request as unknown as Parameters<VenueConnector["send"]>[0]);
}

Deno.test("BybitConnector loads instruments of both products, page by page", () => {
  const w = world();
  assertEquals(w.load(SYMBOLS), "ok");
  assertEquals(w.instruments.map(({ terms }) => [terms.symbol as string, terms.tick]), [
    ["BTC-USDT", "0.01"],
    ["BTC-USDT-PERP", "0.1"],
  ]);
  assertEquals(w.load(["XRP-USDT-PERP"]), "Cannot load bybit:XRP-USDT-PERP: not listed");
});

Deno.test("BybitConnector brings up market, account and orders, and both products' books", () => {
  const w = world();
  w.start();
  const expected = [
    ...["market up", "orders up", "account up"],
    ...["book_snapshot 0", "book_snapshot 1", "best_bid_ask 0", "best_bid_ask 1"],
    "mark_price 1",
  ];
  assertEquals(w.seen().toSorted(), expected.toSorted());
  w.venue.pushDelta("linear", "64000.5");
  w.clock.advance(10);
  assertEquals(w.seen(), ["book_delta 1"]);
  w.connector.requestSnapshot({
    kind: "request_snapshot",
    instrument: instrumentIndex(0),
    reason: "gap",
  });
  w.clock.advance(10);
  assertEquals(w.seen(), ["book_snapshot 0"]);
  assertEquals(w.connector.clockOffsetMicros(), 0);
  assertEquals(w.venue.complaints, []);
  assertEquals(w.connector.accounts.map(String), ["bybit/unified"]);
});

Deno.test("BybitConnector tells an order's state from the private stream alone", () => {
  const w = world();
  w.start();
  w.seen();
  assertEquals(send(w.connector, place("a1")), "sent");
  w.clock.advance(10);
  assertEquals(w.seen(), ["order a1 new"]);
  w.venue.isMute = true;
  send(w.connector, place("a2"));
  w.clock.advance(10);
  assertEquals(w.seen(), [], "the acknowledgement says nothing");
  const query = { kind: "query_order", instrument: instrumentIndex(1) } as const;
  const named = { clientOrderId: place("a2").clientOrderId, venueOrderId: undefined };
  assertEquals(w.connector.send({ ...query, ...named }), "sent");
  w.clock.advance(10);
  assertEquals(w.seen(), ["order a2 new"]);
  w.venue.isMute = false;
  w.connector.send(cancelOrder("a1", 1));
  w.connector.send(cancelOrder("a9", 1));
  send(w.connector, place("a1"));
  w.clock.advance(10);
  assertEquals(w.seen().toSorted(), [
    "order a1 cancelled",
    "refused a1 duplicate_client_order_id",
    "refused a9 unknown_order",
  ]);
});

Deno.test("BybitConnector recovers from a cut of everything and reports the account", () => {
  const w = world();
  w.start();
  send(w.connector, place("a1"));
  w.clock.advance(10);
  w.seen();
  send(w.connector, place("a2"));
  w.server.cutAll();
  w.clock.advance(5_000);
  const seen = w.seen();
  const down = ["market down", "account down", "orders down", "lost a2 unknown"];
  const up = ["market up", "account up", "orders up", "feed_interrupted 0", "feed_interrupted 1"];
  for (const line of [...down, ...up, "book_snapshot 0", "book_snapshot 1"]) {
    assert(seen.includes(line), `${line} in ${seen.join(", ")}`);
  }
  assertEquals(w.venue.orders.map(({ orderLinkId }) => orderLinkId), ["a1"], "sent once, or never");
  assert(w.connector.counters.reconnects >= 4);
  w.connector.send({ kind: "query_account", account: w.connector.accounts[0]! });
  w.clock.advance(1_000);
  // The very small venue lists its one order under both categories.
  assertEquals(w.seen(), ["report 2 1"]);
});

Deno.test("BybitConnector keeps its sockets for days by pings and rotations", () => {
  const w = world();
  w.start();
  w.clock.advance(24 * 3_600_000);
  const downs = w.seen().filter((line) => line.endsWith("down") || line.startsWith("feed_"));
  assertEquals(downs, []);
  send(w.connector, place("a1"));
  w.clock.advance(10);
  assertEquals(w.seen(), ["order a1 new"]);
  assertEquals(w.connector.counters.reconnects, 0);
});

Deno.test("BybitConnector sends nothing without credentials, and nothing after stop", () => {
  const w = new World(undefined);
  w.start();
  assertEquals(send(w.connector, place("a1")), "not_connected");
  assert(w.seen().includes("market up"));
  w.connector.stop(w.clock.now());
  w.clock.advance(60_000);
  assertEquals(w.seen(), []);
  assertEquals(w.venue.sockets.length, 0);
  const refused = createBybitConnector({
    clock: w.clock,
    scheduler: w.clock,
    random: { next: () => 0 },
    transport: { connect: () => ({ write: () => false, pendingBytes: 0, close: () => {} }) },
    log: { log: () => {} },
    at: "testnet",
    credentials: { key: "k", secret: "" },
  });
  assert(!refused.ok && !refused.error.includes("undefined"));
});

Deno.test("BybitConnector says what it cannot do", () => {
  const w = world();
  w.start();
  const dead = { kind: "arm_dead_man", instrument: instrumentIndex(1), timeoutMs: 10_000 } as const;
  assertEquals(w.connector.send(dead), "not_supported");
  const capabilities = w.connector.capabilities(w.connector.accounts[0]!);
  assertEquals([capabilities.deadManSwitch, capabilities.replace], [false, false]);
  assertEquals(w.connector.sequenceRule(w.instruments[0]!.terms).snapshotFrom, "stream");
});

Deno.test("BybitConnector.refreshInstruments() answers with what is listed now", () => {
  const w = world();
  w.start();
  w.venue.tick = "0.50";
  const ticks: string[] = [];
  w.connector.refreshInstruments((listed) => {
    for (const { terms } of unwrap(listed)) ticks.push(`${terms.symbol} ${terms.tick}`);
  });
  w.clock.advance(2_000);
  assertEquals(ticks, ["BTC-USDT 0.01", "BTC-USDT-PERP 0.5"]);
});
