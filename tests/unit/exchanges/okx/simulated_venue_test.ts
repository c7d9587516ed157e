/**
 * The connector against the simulated venue, both written from the sheet alone: orders, stops,
 * questions, announced cuts.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  clientOrderId,
  createInstrument,
  type Instrument,
  instrumentIndex,
  price,
  size,
  strategyId,
  unwrap,
} from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import type { EngineEvent, PlaceOrder, SendableRequest } from "@/engine/messages/mod.ts";
import type { VenueConnector } from "@/engine/ports/mod.ts";
import { createOkxVenue } from "@/exchanges/okx/dialect/mod.ts";
import { createOkxConnector, type OkxCredentials, UNIFIED_ACCOUNT } from "@/exchanges/okx/mod.ts";
import { MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { lineOf } from "./fake_venue.ts";

const SYMBOLS = ["BTC-USDT", "BTC-USDT-PERP"];
const QUIET = new Set<EngineEvent["kind"]>(
  ["book_snapshot", "book_delta", "best_bid_ask", "trade", "mark_price", "funding", "balance"],
);

interface World {
  readonly clock: ManualClock;
  readonly connector: VenueConnector;
  readonly instruments: readonly Instrument[];
  readonly feeds: readonly FeedHandler[];
  readonly lines: string[];
  readonly logged: string[];
}

function world(socketLifeMs?: number): World {
  const clock = new ManualClock();
  const random = new SeededRandom(11);
  const wire = new MemoryWire({ clock, scheduler: clock, random: random.fork("wire") });
  const { dialect, exchange } = createOkxVenue({
    clock,
    scheduler: clock,
    seed: 3,
    ...(socketLifeMs === undefined ? {} : { socketLifeMs }),
  });
  exchange.start();
  const server = { host: "venue", port: 9_003 };
  serveDialect({ transport: wire, ...server, dialect, clock, scheduler: clock });
  const host = `${server.host}:${server.port}`;
  const addresses = {
    rest: `http://${host}`,
    public_ws: `ws://${host}`,
    private_ws: `ws://${host}`,
    ws_api: `ws://${host}`,
  };
  const logged: string[] = [];
  const connector = unwrap(createOkxConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: (level, message) => logged.push(`${level}: ${message}`) },
    credentials: dialect.credentials as unknown as OkxCredentials,
    at: { spot: addresses, perp: addresses },
  }));
  const instruments: Instrument[] = [];
  connector.loadInstruments(SYMBOLS, (listed) => {
    for (const { terms } of unwrap(listed)) {
      instruments.push(unwrap(createInstrument(instrumentIndex(instruments.length), terms)));
    }
  });
  clock.advance(1_000);
  const feeds = instruments.map(({ index, terms }) =>
    new FeedHandler({
      instrument: index,
      rule: connector.sequenceRule(terms),
      book: new OrderBook(),
    })
  );
  const lines: string[] = [];
  connector.start(instruments, {
    deliver(event) {
      if (event.kind === "book_snapshot") feeds[event.instrument]!.onSnapshot(event, event.at);
      else if (event.kind === "book_delta") feeds[event.instrument]!.onDelta(event, event.at);
      else if (event.kind === "best_bid_ask") {
        feeds[event.instrument]!.onBestBidAsk(event, event.at);
      } else if (!QUIET.has(event.kind)) lines.push(lineOf(event));
    },
  });
  clock.advance(4_000);
  return { clock, connector, instruments, feeds, lines, logged };
}

function order(w: World, id: string, changes: Partial<PlaceOrder> = {}): PlaceOrder {
  const instrument = w.instruments[1]!;
  return {
    kind: "place_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId(id),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(w.feeds[1]!.book.bestBid - 500),
    triggerPrice: undefined,
    size: size(100),
    ...changes,
  };
}

/** Sends a request, waits, and gives what came of it. */
function dialogue(w: World, request: object): string[] {
  const from = w.lines.length;
  // Only the risk gate approves; this test stands where the core would.
  assertEquals(w.connector.send(request as SendableRequest), "sent");
  w.clock.advance(500);
  return w.lines.slice(from).filter((line) => !line.startsWith("position"));
}

Deno.test("okx and its simulated venue: links, books and the venue's own touch agree", () => {
  const w = world();
  w.clock.advance(30_000);
  assertEquals(w.lines.filter((line) => line.endsWith(" up")).toSorted(), [
    "account up",
    "market up",
    "orders up",
  ]);
  for (const { counters, isUsable } of w.feeds) {
    assert(isUsable);
    assert(counters.applied > 50, `${counters.applied} applied`);
    assertEquals([counters.gaps, counters.crossed, counters.touchDisagreements], [0, 0, 0]);
  }
  assertEquals(w.connector.counters.refusedFrames, 0);
  assertEquals(w.logged, []);
});

Deno.test("okx and its simulated venue: each kind of order ends as the sheet says", () => {
  const w = world();
  assertEquals(dialogue(w, order(w, "rest")), ["order rest new"]);
  const { bestAsk, bestBid } = w.feeds[1]!.book;
  assertEquals(
    dialogue(w, order(w, "cross", { price: price(bestAsk + 50) })).at(-1),
    "order cross rejected",
  );
  const ioc = { postOnly: false, timeInForce: "ioc" } as const;
  assertEquals(dialogue(w, order(w, "none", ioc)).at(-1), "order none expired");
  const market = { ...ioc, type: "market", price: undefined } as const;
  const filled = dialogue(w, order(w, "all", market));
  assert(filled.some((line) => line.startsWith("fill all ")), filled.join("; "));
  assertEquals(filled.at(-1), "order all filled");
  const spot = { ...market, instrument: w.instruments[0]!.index, size: size(100_000) } as const;
  assertEquals(dialogue(w, order(w, "coin", spot)).at(-1), "order coin filled");
  const named = { instrument: w.instruments[1]!.index, venueOrderId: undefined } as const;
  const amended = dialogue(w, {
    ...named,
    kind: "amend_order",
    clientOrderId: clientOrderId("rest"),
    strategy: strategyId("maker"),
    side: "buy",
    price: price(bestBid - 600),
    size: size(50),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
  });
  assertEquals(amended, ["order rest new"]);
  const cancel = { ...named, kind: "cancel_order", clientOrderId: clientOrderId("rest") };
  assertEquals(dialogue(w, cancel), ["order rest cancelled"]);
  assertEquals(dialogue(w, cancel), ["refused cancel rest unknown_order"]);
  const missing = { ...named, kind: "query_order", clientOrderId: clientOrderId("never") };
  assertEquals(dialogue(w, missing), ["not found never"]);
  assertEquals(dialogue(w, { ...missing, clientOrderId: clientOrderId("all") }), [
    "order all filled",
  ]);
});

Deno.test("okx and its simulated venue: a stop lives among the conditional orders", () => {
  const w = world();
  const stop = order(w, "stop", {
    type: "stop_loss",
    side: "sell",
    postOnly: false,
    price: undefined,
    triggerPrice: price(w.feeds[1]!.book.bestBid - 20_000),
  });
  const named = {
    instrument: stop.instrument,
    clientOrderId: stop.clientOrderId,
    venueOrderId: undefined,
  };
  assertEquals(dialogue(w, stop), ["order stop new"]);
  assertEquals(dialogue(w, { ...named, kind: "query_order" }), ["order stop new"]);
  const report = dialogue(w, { kind: "query_account", account: UNIFIED_ACCOUNT });
  assertEquals(report, ["account_report"]);
  assertEquals(dialogue(w, { ...named, kind: "cancel_order" }), ["order stop cancelled"]);
  assertEquals(dialogue(w, { ...named, kind: "query_order" }), ["order stop cancelled"]);
});

Deno.test("okx and its simulated venue: the dead-man switch cancels what rests", () => {
  const w = world();
  dialogue(w, order(w, "rest"));
  const { index } = w.instruments[1]!;
  dialogue(w, { kind: "arm_dead_man", instrument: index, timeoutMs: 10_000 });
  w.clock.advance(12_000);
  assertEquals(w.lines.filter((line) => line.startsWith("order")).at(-1), "order rest cancelled");
});

Deno.test("okx and its simulated venue: announced cuts cost no message and no link", () => {
  const w = world(120_000);
  w.lines.length = 0;
  for (let minute = 0; minute < 8; minute++) {
    dialogue(w, order(w, `m${minute}`));
    w.clock.advance(60_000);
  }
  assertEquals(w.lines.filter((line) => / (up|down)$/.test(line)), []);
  assertEquals(w.connector.counters.reconnects, 0);
  for (const { counters } of w.feeds) assertEquals([counters.gaps, counters.interruptions], [0, 0]);
});
