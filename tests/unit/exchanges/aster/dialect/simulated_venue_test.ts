/**
 * The connector against the simulated venue, both written from the sheet alone: orders, stops,
 * questions, with the wallet and with the secret.
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
import {
  type AsterAddresses,
  type AsterCredentials,
  createAsterConnector,
  PERPETUAL_ACCOUNT,
} from "@/exchanges/aster/mod.ts";
import { createAsterVenue } from "@/exchanges/aster/dialect/mod.ts";
import { MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

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

function world(generation: "v1" | "v3" = "v3"): World {
  const clock = new ManualClock();
  const random = new SeededRandom(11);
  const wire = new MemoryWire({ clock, scheduler: clock, random: random.fork("wire") });
  const { dialect, exchange } = createAsterVenue({ clock, scheduler: clock, seed: 3 });
  exchange.start();
  const server = { host: "venue", port: 9_007 };
  serveDialect({ transport: wire, ...server, dialect, clock, scheduler: clock });
  const host = `${server.host}:${server.port}`;
  const addresses = dialect.endpoints(host);
  const { key, secret, private_key, address } = dialect.credentials;
  const credentials: AsterCredentials = generation === "v1"
    ? { key: key!, secret: secret! }
    : { privateKey: private_key!, user: address! };
  const logged: string[] = [];
  const connector = unwrap(createAsterConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: (level, message) => logged.push(`${level}: ${message}`) },
    credentials,
    at: addresses as unknown as AsterAddresses,
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
      for (const feed of feeds) {
        if (!feed.needsSnapshot) continue;
        feed.needsSnapshot = false;
        const instrument = feeds.indexOf(feed) as Instrument["index"];
        connector.requestSnapshot({ kind: "request_snapshot", instrument, reason: "test" });
      }
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

/** Sends a request, waits, and gives what came of it; answer and event say the same once. */
function dialogue(w: World, request: object): string[] {
  const from = w.lines.length;
  // Only the risk gate approves; this test stands where the core would.
  assertEquals(w.connector.send(request as SendableRequest), "sent");
  w.clock.advance(500);
  return w.lines.slice(from)
    .filter((line) => !/^(position|limit)/.test(line))
    .filter((line, at, all) => line !== all[at - 1]);
}

Deno.test("aster and its simulated venue: links, books and the venue's own touch agree", () => {
  const w = world();
  w.clock.advance(30_000);
  assertEquals(w.lines.filter((line) => line.endsWith(" up")).toSorted(), [
    "account up",
    "account up",
    "market up",
    "orders up",
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

Deno.test("aster and its simulated venue: each kind of order ends as the sheet says", () => {
  const w = world();
  assertEquals(dialogue(w, order(w, "rest")), ["order rest new"]);
  const { bestAsk, bestBid } = w.feeds[1]!.book;
  assertEquals(
    dialogue(w, order(w, "cross", { price: price(bestAsk + 50) })).at(-1),
    "refused place cross post_only_would_take",
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

Deno.test("aster and its simulated venue: a stop lives among the conditional orders", () => {
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
  const report = dialogue(w, { kind: "query_account", account: PERPETUAL_ACCOUNT });
  assertEquals(report, ["account_report"]);
  assertEquals(dialogue(w, { ...named, kind: "cancel_order" }), ["order stop cancelled"]);
  assertEquals(dialogue(w, { ...named, kind: "query_order" }), ["order stop cancelled"]);
});

Deno.test("aster and its simulated venue: the dead-man switch cancels what rests", () => {
  const w = world();
  dialogue(w, order(w, "rest"));
  const { index } = w.instruments[1]!;
  dialogue(w, { kind: "arm_dead_man", instrument: index, timeoutMs: 10_000 });
  w.clock.advance(12_000);
  assertEquals(w.lines.filter((line) => line.startsWith("order")).at(-1), "order rest cancelled");
});

Deno.test("aster and its simulated venue: the secret of version 1 trades as the wallet does", () => {
  const w = world("v1");
  assertEquals(dialogue(w, order(w, "rest")), ["order rest new"]);
  const { index } = w.instruments[1]!;
  const named = { instrument: index, venueOrderId: undefined };
  const cancel = { ...named, kind: "cancel_order", clientOrderId: clientOrderId("rest") };
  assertEquals(dialogue(w, cancel), ["order rest cancelled"]);
  const report = dialogue(w, { kind: "query_account", account: PERPETUAL_ACCOUNT });
  assertEquals(report, ["account_report"]);
  assertEquals(w.logged, []);
});

function lineOf(event: EngineEvent): string {
  switch (event.kind) {
    case "order":
      return `order ${event.clientOrderId} ${event.status}`;
    case "fill":
      return `fill ${event.clientOrderId} ${event.fillId} ${event.size}`;
    case "request_refused":
      return `refused ${event.request} ${event.clientOrderId} ${event.reason}`;
    case "request_lost":
      return `lost ${event.request} ${event.clientOrderId} ${event.outcome}`;
    case "order_not_found":
      return `not found ${event.clientOrderId}`;
    case "connection":
      return `${event.link} ${event.state}`;
    case "rate_limit":
      return `limit ${event.rule}`;
    case "feed_interrupted":
      return `interrupted ${event.instrument} ${event.reason}`;
    default:
      return "instrument" in event ? `${event.kind} ${event.instrument}` : event.kind;
  }
}
