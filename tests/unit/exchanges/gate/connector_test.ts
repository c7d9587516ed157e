/**
 * The whole connector over the in-memory wire, against a venue that answers from a script: loading,
 * links, market data, orders, losses of every socket, an announced close, and the end.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  clientOrderId,
  createInstrument,
  type Instrument,
  instrumentIndex,
  price,
  size,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { Approved, EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { ListedInstrument, VenueConnector } from "@/engine/ports/mod.ts";
import {
  addressesOf,
  createGateConnector,
  FUTURES_ACCOUNT,
  GATE_DEFAULT_FEES,
  SPOT_ACCOUNT,
} from "@/exchanges/gate/mod.ts";
import { MemoryWire, serveDialect } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { placeOrder } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { ScriptedVenue } from "./scripted_venue.ts";

const PORT = 9_004;
const SPOT_PATH = "/ws/v4/";
const FUTURES_PATH = "/v4/ws/usdt";

interface World {
  readonly clock: ManualClock;
  readonly venue: ScriptedVenue;
  readonly connector: VenueConnector;
  readonly events: EngineEvent[];
  readonly cutAll: () => void;
}

function world(): World {
  const clock = new ManualClock();
  const random = new SeededRandom(7);
  const wire = new MemoryWire({ clock, scheduler: clock, random: random.fork("wire") });
  const venue = new ScriptedVenue(clock);
  const server = serveDialect({
    transport: wire,
    host: "venue",
    port: PORT,
    dialect: venue,
    clock,
    scheduler: clock,
  });
  const addresses = {
    rest: `http://venue:${PORT}/api/v4`,
    public_ws: `ws://venue:${PORT}`,
    private_ws: `ws://venue:${PORT}`,
    ws_api: `ws://venue:${PORT}`,
  };
  const connector = createGateConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: () => {} },
    credentials: { key: "k", secret: "s" },
    at: { spot: addresses, perp: addresses },
  });
  assert(connector.ok);
  return { clock, venue, connector: connector.value, events: [], cutAll: () => server.cutAll() };
}

function load(w: World, wanted: readonly string[]): ListedInstrument[] | string {
  const found: (ListedInstrument[] | string)[] = [];
  w.connector.loadInstruments(wanted, (listed) => {
    found.push(listed.ok ? [...listed.value] : listed.error);
  });
  w.clock.advance(5_000);
  assertEquals(found.length, 1, "done is called once");
  return found[0]!;
}

function started(wanted: readonly string[]): World & { readonly instruments: Instrument[] } {
  const w = world();
  const listed = load(w, wanted);
  assert(Array.isArray(listed), String(listed));
  const instruments = listed.map(({ terms }, index) =>
    unwrap(createInstrument(instrumentIndex(index), terms))
  );
  // Market events are scratch: a copy of what is compared.
  const deliver = (event: EngineEvent) => w.events.push({ ...event } as EngineEvent);
  w.connector.start(instruments, { deliver });
  w.clock.advance(1_000);
  return { ...w, instruments };
}

function links(events: readonly EngineEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "connection" ? [`${event.account ?? "venue"} ${event.link} ${event.state}`] : []
  ).toSorted();
}

function placed(instrument: Instrument, id: string): Approved<PlaceOrder> {
  const request = placeOrder({
    instrument: instrument.index,
    clientOrderId: clientOrderId(id),
    price: price(650_000),
    size: size(10),
  });
  // Only the risk gate approves; this test stands where the core would.
  return request as PlaceOrder & Approved<PlaceOrder>;
}

const FUTURES_UP = ["gate/futures account up", "gate/futures orders up", "venue market up"];

Deno.test("GateConnector loads wanted instruments of both products, and says what it cannot", () => {
  const w = world();
  w.venue.failures = 1;
  const listed = load(w, ["BTC-USDT", "BTC-USDT-PERP"]);
  assert(Array.isArray(listed));
  assertEquals(listed.map(({ terms }) => String(terms.symbol)), ["BTC-USDT", "BTC-USDT-PERP"]);
  assertEquals(listed[1]!.terms.contractSize, "0.0001");
  assertEquals(listed[1]!.fees, GATE_DEFAULT_FEES.perpetual);
  assertEquals(w.venue.requests.length, 3, "the broken answer was asked for again");
  assertEquals(load(w, ["ETH-USDT-PERP"]), "Cannot load gate:ETH-USDT-PERP: not listed");
  assert(String(load(w, ["XRP-USDT-PERP"])).includes("inverse"));
});

Deno.test("GateConnector connects both products and brings their links up", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  assertEquals(
    links(w.events),
    [...FUTURES_UP, "gate/spot account up", "gate/spot orders up"].toSorted(),
  );
  const halted = w.events.find((event) => event.kind === "instrument_status");
  assert(halted?.kind === "instrument_status" && halted.status === "halted");
  assertEquals(w.venue.sockets.map(({ path }) => path).toSorted(), [
    ...[FUTURES_PATH, FUTURES_PATH, FUTURES_PATH],
    ...[SPOT_PATH, SPOT_PATH, SPOT_PATH],
  ]);
  for (const { path, headers } of w.venue.handshakes) {
    const wanted = path === FUTURES_PATH ? "1" : undefined;
    assertEquals(headers.get("x-gate-size-decimal"), wanted, path);
  }
  assertEquals(w.connector.clockOffsetMicros(), 250_000);
  assertEquals(w.connector.accounts, [SPOT_ACCOUNT, FUTURES_ACCOUNT]);
  assert(!w.connector.capabilities(SPOT_ACCOUNT).reduceOnly);
  assert(w.connector.capabilities(FUTURES_ACCOUNT).reduceOnly);
  for (const { terms } of w.instruments) {
    assertEquals(w.connector.sequenceRule(terms).snapshotFrom, "rest");
  }
});

Deno.test("GateConnector delivers market data of the right product under one symbol", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  const [spot, perp] = w.instruments;
  w.events.length = 0;
  const touch = { t: 1, u: 9, s: "BTC_USDT", b: "1.0", B: "1", a: "2.0", A: "1" };
  w.venue.say(SPOT_PATH, { channel: "spot.book_ticker", event: "update", result: touch });
  w.venue.say(FUTURES_PATH, { channel: "futures.book_ticker", event: "update", result: touch });
  w.clock.advance(100);
  const kinds = w.events.map((event) =>
    "instrument" in event && `${event.kind} ${event.instrument}`
  );
  assertEquals(kinds.toSorted(), [`best_bid_ask ${spot!.index}`, `best_bid_ask ${perp!.index}`]);
  w.venue.frames.length = 0;
  w.connector.requestSnapshot({
    kind: "request_snapshot",
    instrument: perp!.index,
    reason: "gap",
  });
  w.clock.advance(100);
  assertEquals(w.venue.frames, ["unsubscribe futures.obu", "subscribe futures.obu"]);
});

Deno.test("GateConnector sends orders and questions of each account to its own product", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  w.events.length = 0;
  w.venue.requests.length = 0;
  assertEquals(w.connector.send(placed(w.instruments[1]!, "mm-1")), "sent");
  w.clock.advance(50);
  const [order, ...others] = w.events;
  assert(order?.kind === "order" && order.status === "new" && order.venueOrderId === "7");
  assertEquals(others, [], "the receipt said nothing");
  assertEquals(w.connector.send({ kind: "query_account", account: SPOT_ACCOUNT }), "sent");
  assertEquals(w.connector.send({ kind: "query_account", account: FUTURES_ACCOUNT }), "sent");
  const instrument = w.instruments[1]!.index;
  const named = { instrument, clientOrderId: clientOrderId("mm-1"), venueOrderId: undefined };
  w.connector.send({ kind: "query_order", ...named });
  w.connector.send({ kind: "query_fills", ...named });
  assertEquals(w.connector.send({ kind: "arm_dead_man", instrument, timeoutMs: 30_000 }), "sent");
  w.clock.advance(500);
  for (
    const wanted of [
      "GET /api/v4/spot/open_orders",
      "GET /api/v4/futures/usdt/positions",
      "GET /api/v4/futures/usdt/orders/t-mm-1",
      "POST /api/v4/futures/usdt/countdown_cancel_all",
    ]
  ) assert(w.venue.asked.includes(wanted), wanted);
  assertEquals(w.events.filter((event) => event.kind === "account_report").length, 2);
});

Deno.test("GateConnector reports every loss when all sockets are cut, and comes back", () => {
  const w = started(["BTC-USDT-PERP"]);
  w.connector.send(placed(w.instruments[0]!, "lost"));
  w.clock.advance(20);
  w.events.length = 0;
  w.cutAll();
  w.clock.advance(20);
  assertEquals(links(w.events), FUTURES_UP.map((link) => link.replace(/up$/, "down")));
  const lost = w.events.find((event) => event.kind === "request_lost");
  assert(lost?.kind === "request_lost" && lost.outcome === "unknown");
  assert(w.events.some((event) => event.kind === "feed_interrupted"));
  w.events.length = 0;
  w.clock.advance(5_000);
  assertEquals(links(w.events), FUTURES_UP);
  assertEquals(w.connector.counters.reconnects, 3);
  const sent = w.venue.frames.filter((frame) => frame === "api futures.order_place");
  assertEquals(sent.length, 1, "sent once");
});

Deno.test("GateConnector moves to a new connection before an announced close, without a loss", () => {
  const w = started(["BTC-USDT-PERP"]);
  w.events.length = 0;
  const notice = { channel: "futures.system", event: "update", result: { type: "upgrade" } };
  w.venue.say(FUTURES_PATH, notice);
  w.clock.advance(1_000);
  assertEquals(w.venue.sockets.length, 4, "both deliver");
  w.clock.advance(10_000);
  assertEquals(w.venue.sockets.length, 3, "the old one is closed");
  assertEquals(w.events.filter((event) => event.kind === "feed_interrupted"), []);
  assertEquals(links(w.events), []);
});

Deno.test("GateConnector keeps quiet sockets alive with the venue's own ping", () => {
  const w = started(["BTC-USDT-PERP"]);
  w.events.length = 0;
  w.clock.advance(25_000);
  assert(w.venue.frames.filter((frame) => frame === "futures.ping").length >= 6);
  assertEquals(links(w.events), []);
});

Deno.test("GateConnector is silent after stop()", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  w.connector.stop(w.clock.now());
  w.events.length = 0;
  w.clock.advance(10_000);
  assertEquals(w.events, []);
  assertEquals(w.connector.send(placed(w.instruments[0]!, "mm-9")), "not_connected");
  assertEquals(w.venue.sockets.length, 0);
});

Deno.test("createGateConnector() trades nothing without credentials and refuses bad ones", () => {
  const clock = new ManualClock();
  const base = {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: new MemoryWire({ clock, scheduler: clock, random: new SeededRandom(1) }),
    log: { log: () => {} },
    at: "testnet",
  } as const;
  const open = createGateConnector(base);
  assert(open.ok);
  assertEquals(open.value.send({ kind: "query_account", account: SPOT_ACCOUNT }), "not_connected");
  assert(!createGateConnector({ ...base, credentials: { key: "k", secret: "" } }).ok);
  for (const network of ["live", "testnet"] as const) {
    const { spot, perp } = addressesOf(network);
    for (const address of [spot.rest, perp.rest]) assert(address.startsWith("https://"));
    for (const address of [spot.ws_api, perp.public_ws]) assert(address.startsWith("wss://"));
  }
});
