/**
 * The whole connector over the in-memory wire, against a venue that answers from a script: loading,
 * links, market data, orders, losses of every socket, and the end.
 * @module
 */
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
import type { Approved, EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { ListedInstrument, VenueConnector } from "@/engine/ports/mod.ts";
import {
  addressesOf,
  BINANCE_DEFAULT_FEES,
  createBinanceConnector,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
} from "@/exchanges/binance/mod.ts";
import {
  MemoryWire,
  serveDialect,
  type ServerRequest,
  type ServerResponse,
  type ServerSocket,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const PORT = 9_001;
const FILTERS = [
  { filterType: "PRICE_FILTER", tickSize: "0.10" },
  { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "1000", stepSize: "0.001" },
];
const LISTED = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: FILTERS,
};
const SPOT_INFO = { symbols: [{ ...LISTED, isSpotTradingAllowed: true, status: "HALT" }] };
const PERP_INFO = {
  symbols: [
    { ...LISTED, contractType: "PERPETUAL", marginAsset: "USDT" },
    { ...LISTED, symbol: "ETHUSDT", contractType: "CURRENT_QUARTER", marginAsset: "USDT" },
  ],
};

/** A venue that answers as the documentation's examples do. */
class ScriptedVenue implements WireDialect {
  readonly venue = "binance";
  readonly credentials = {};
  readonly sockets = new Map<string, ServerSocket>();
  readonly requests: string[] = [];
  readonly frames: string[] = [];
  failures = 0;
  /** One of the names asked for is not known any more. */
  isNameUnknown = false;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { method, path } = request;
    this.requests.push(`${method} ${path}`);
    if (this.failures > 0) {
      this.failures--;
      return respond({ status: 502, body: "<html>Bad Gateway</html>" });
    }
    if (this.isNameUnknown && request.query.includes("symbols=")) {
      return respond({ status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' });
    }
    const answers: Record<string, unknown> = {
      "/api/v3/exchangeInfo": SPOT_INFO,
      "/fapi/v1/exchangeInfo": PERP_INFO,
      "/api/v3/time": { serverTime: this.#clock.now() / 1_000 + 250 },
      "/fapi/v1/time": { serverTime: this.#clock.now() / 1_000 + 250 },
      "/fapi/v1/listenKey": { listenKey: "KEY" },
      "/fapi/v1/depth": { lastUpdateId: 5, bids: [["64000.0", "1.000"]], asks: [] },
      "/fapi/v3/balance": [],
    };
    const answer = answers[path] ?? (method === "GET" ? [] : {});
    respond({ status: 200, body: JSON.stringify(answer) });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket) {
    const { path } = request;
    // The spot order socket carries own events too, on a connection of its own.
    const name = this.sockets.has(path) && path === "/ws-api/v3" ? `${path}#2` : path;
    this.sockets.set(name, socket);
    return {
      onText: (text: string) => this.#onText(socket, text),
      onPong: () => {},
      onClose: () => this.sockets.delete(name),
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  say(path: string, message: unknown): void {
    const socket = this.sockets.get(path);
    assert(socket !== undefined, `nobody is connected to ${path}`);
    socket.sendText(JSON.stringify(message));
  }

  #onText(socket: ServerSocket, text: string): void {
    const { id, method, params } = JSON.parse(text);
    this.frames.push(method);
    if (method === "SUBSCRIBE") socket.sendText(JSON.stringify({ result: null, id }));
    else if (method === "order.place") {
      const result = {
        orderId: 7,
        symbol: params.symbol,
        status: "NEW",
        clientOrderId: params.newClientOrderId,
        price: params.price,
        origQty: params.quantity,
        executedQty: "0",
        side: params.side,
        type: params.type,
        timeInForce: params.timeInForce,
        updateTime: 1,
      };
      if (params.newClientOrderId === "lost") return;
      socket.sendText(JSON.stringify({ id, status: 200, result }));
    } else {
      socket.sendText(JSON.stringify({ id, status: 200, result: { subscriptionId: 0 } }));
    }
  }
}

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
    rest: `http://venue:${PORT}`,
    public_ws: `ws://venue:${PORT}`,
    private_ws: `ws://venue:${PORT}`,
    ws_api: `ws://venue:${PORT}`,
  };
  const connector = createBinanceConnector({
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
  w.connector.start(instruments, { deliver: (event) => w.events.push(copyOf(event)) });
  w.clock.advance(1_000);
  return { ...w, instruments };
}

/** Market events are scratch: a copy of what is compared. */
function copyOf(event: EngineEvent): EngineEvent {
  return { ...event } as EngineEvent;
}

function links(events: readonly EngineEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "connection" ? [`${event.account ?? "venue"} ${event.link} ${event.state}`] : []
  );
}

function placed(instrument: Instrument, id: string): Approved<PlaceOrder> {
  const request: PlaceOrder = {
    kind: "place_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId(id),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640000),
    triggerPrice: undefined,
    size: size(10),
  };
  // Only the risk gate approves; this test stands where the core would.
  return request as typeof request & Approved<PlaceOrder>;
}

Deno.test("BinanceConnector loads wanted instruments of both products, and says what it cannot", () => {
  const w = world();
  w.venue.failures = 1;
  const listed = load(w, ["BTC-USDT", "BTC-USDT-PERP"]);
  assert(Array.isArray(listed));
  assertEquals(listed.map(({ terms }) => String(terms.symbol)), ["BTC-USDT", "BTC-USDT-PERP"]);
  assertEquals(listed[1]!.fees, BINANCE_DEFAULT_FEES.perpetual);
  assertEquals(w.venue.requests.length, 3, "the broken answer was asked for again");
  assertEquals(load(w, ["XRP-USDT-PERP"]), "Cannot load binance:XRP-USDT-PERP: not listed");
  assertEquals(
    load(w, ["ETH-USDT-PERP"]),
    'Cannot load binance:ETH-USDT-PERP: wanted a PERPETUAL contract, found "CURRENT_QUARTER"',
  );
});

Deno.test("BinanceConnector.refreshInstruments() answers with both products, whatever is unknown", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  const found: string[] = [];
  const refresh = () => {
    w.connector.refreshInstruments((listed) => {
      found.push(unwrap(listed).map(({ terms, status }) => `${terms.symbol} ${status}`).join());
    });
    w.clock.advance(1_000);
    return found.pop();
  };
  assertEquals(refresh(), "BTC-USDT halted,BTC-USDT-PERP trading");
  w.venue.isNameUnknown = true;
  assertEquals(refresh(), "BTC-USDT halted,BTC-USDT-PERP trading");
});

Deno.test("BinanceConnector connects both products and brings their links up", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  assertEquals(links(w.events).toSorted(), [
    "binance/perpetual account up",
    "binance/perpetual orders up",
    "binance/spot account up",
    "binance/spot orders up",
    "venue market up",
  ]);
  const halted = w.events.find((event) => event.kind === "instrument_status");
  assert(halted?.kind === "instrument_status" && halted.status === "halted");
  assertEquals([...w.venue.sockets.keys()].toSorted(), [
    "/market/stream",
    "/private/ws",
    "/public/stream",
    "/stream",
    "/ws-api/v3",
    "/ws-api/v3#2",
    "/ws-fapi/v1",
  ]);
  assertEquals(w.connector.clockOffsetMicros(), 250_000);
  assertEquals(w.connector.capabilities(SPOT_ACCOUNT).amend, "size_down");
  assertEquals(w.connector.capabilities(PERPETUAL_ACCOUNT).amend, "any");
  assertEquals(w.connector.accounts, [SPOT_ACCOUNT, PERPETUAL_ACCOUNT]);
  for (const { terms } of w.instruments) {
    assertEquals(w.connector.sequenceRule(terms).snapshotFrom, "rest");
  }
});

Deno.test("BinanceConnector delivers market data and snapshots of the right product", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  const [spot, perp] = w.instruments;
  w.events.length = 0;
  const touch = { u: 9, s: "BTCUSDT", b: "1.0", B: "1", a: "2.0", A: "1" };
  w.venue.say("/stream", { stream: "btcusdt@bookTicker", data: touch });
  w.venue.say("/public/stream", {
    stream: "btcusdt@bookTicker",
    data: { e: "bookTicker", ...touch },
  });
  w.connector.requestSnapshot({
    kind: "request_snapshot",
    instrument: perp!.index,
    reason: "first snapshot",
  });
  w.clock.advance(100);
  const kinds = w.events.map((event) =>
    "instrument" in event && `${event.kind} ${event.instrument}`
  );
  assertEquals(kinds, [
    `best_bid_ask ${spot!.index}`,
    `best_bid_ask ${perp!.index}`,
    `book_snapshot ${perp!.index}`,
  ]);
});

Deno.test("BinanceConnector sends orders and questions of each account to its own product", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  w.events.length = 0;
  w.venue.requests.length = 0;
  assertEquals(w.connector.send(placed(w.instruments[1]!, "mm-1")), "sent");
  w.clock.advance(50);
  const [order] = w.events;
  assert(order?.kind === "order" && order.status === "new");
  assertEquals(w.connector.send({ kind: "query_account", account: SPOT_ACCOUNT }), "sent");
  assertEquals(w.connector.send({ kind: "query_account", account: PERPETUAL_ACCOUNT }), "sent");
  const instrument = w.instruments[1]!.index;
  const named = { instrument, clientOrderId: clientOrderId("mm-1"), venueOrderId: undefined };
  w.connector.send({ kind: "query_order", ...named });
  w.connector.send({ kind: "query_fills", ...named });
  assertEquals(w.connector.send({ kind: "arm_dead_man", instrument, timeoutMs: 1_000 }), "sent");
  w.clock.advance(200);
  assert(w.venue.requests.includes("GET /api/v3/openOrders"));
  assert(w.venue.requests.includes("GET /fapi/v3/positionRisk"));
  assert(w.venue.requests.includes("POST /fapi/v1/countdownCancelAll"));
  assert(w.events.some((event) => event.kind === "account_report"));
});

Deno.test("BinanceConnector reports every loss when all sockets are cut, and comes back", () => {
  const w = started(["BTC-USDT-PERP"]);
  w.connector.send(placed(w.instruments[0]!, "lost"));
  w.clock.advance(20);
  w.events.length = 0;
  w.cutAll();
  w.clock.advance(20);
  assertEquals(links(w.events).toSorted(), [
    "binance/perpetual account down",
    "binance/perpetual orders down",
    "venue market down",
  ]);
  const lost = w.events.find((event) => event.kind === "request_lost");
  assert(lost?.kind === "request_lost" && lost.outcome === "unknown");
  assert(w.events.some((event) => event.kind === "feed_interrupted"));
  w.events.length = 0;
  w.clock.advance(5_000);
  assertEquals(links(w.events).toSorted(), [
    "binance/perpetual account up",
    "binance/perpetual orders up",
    "venue market up",
  ]);
  assertEquals(w.connector.counters.reconnects, 4);
  assertEquals(w.venue.frames.filter((method) => method === "order.place").length, 1, "sent once");
});

Deno.test("BinanceConnector is silent after stop()", () => {
  const w = started(["BTC-USDT", "BTC-USDT-PERP"]);
  w.connector.stop(w.clock.now());
  w.events.length = 0;
  w.clock.advance(10_000);
  assertEquals(w.events, []);
  assertEquals(w.connector.send(placed(w.instruments[0]!, "mm-9")), "not_connected");
  assertEquals(w.venue.sockets.size, 0);
});

Deno.test("createBinanceConnector() trades nothing without credentials and refuses bad ones", () => {
  const clock = new ManualClock();
  const base = {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: new MemoryWire({ clock, scheduler: clock, random: new SeededRandom(1) }),
    log: { log: () => {} },
    at: "testnet",
  } as const;
  const open = createBinanceConnector(base);
  assert(open.ok);
  assertEquals(open.value.send({ kind: "query_account", account: SPOT_ACCOUNT }), "not_connected");
  assert(!createBinanceConnector({ ...base, credentials: { key: "k" } }).ok);
  for (const network of ["live", "testnet", "demo"] as const) {
    const { spot, perp } = addressesOf(network);
    for (const address of [spot.rest, perp.rest]) assert(address.startsWith("https://"));
    for (const address of [spot.ws_api, perp.public_ws]) assert(address.startsWith("wss://"));
  }
});
