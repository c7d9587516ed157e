/**
 * The whole connector over the in-memory wire, against a venue that answers from a script: loading,
 * links, market data, an order's life, and losses of every socket.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  clientOrderId,
  createInstrument,
  instrumentIndex,
  price,
  size,
  strategyId,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { Approved, EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { ListedInstrument, VenueConnector } from "@/engine/ports/mod.ts";
import { createDydxConnector, DYDX_ACCOUNT } from "@/exchanges/dydx/mod.ts";
import {
  MemoryWire,
  serveDialect,
  type ServerRequest,
  type ServerResponse,
  type ServerSocket,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { TEST_KEY } from "./fake_venue.ts";
import { MARKETS } from "./markets.ts";

const PORT = 9_002;

/** One connection with its own numbers. */
class Line {
  readonly socket: ServerSocket;
  readonly #name: string;
  #id = 0;

  constructor(socket: ServerSocket, name: string) {
    this.socket = socket;
    this.#name = name;
    this.#send({ type: "connected" });
  }

  say(message: Record<string, unknown>): void {
    this.#id++;
    this.#send(message);
  }

  #send(message: Record<string, unknown>): void {
    const envelope = { connection_id: this.#name, message_id: this.#id };
    this.socket.sendText(JSON.stringify({ ...message, ...envelope }));
  }
}

/** Indexer and node in one, answering as the sheet's examples do. */
class ScriptedVenue implements WireDialect {
  readonly venue = "dydx";
  readonly credentials = {};
  readonly lines = new Set<Line>();
  readonly requests: string[] = [];
  readonly transactions: string[] = [];
  height = 100;
  failures = 0;
  #connections = 0;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { method, path, body } = request;
    this.requests.push(`${method} ${path}`);
    if (this.failures > 0) {
      this.failures--;
      return respond({ status: 502, body: "<html>Bad Gateway</html>" });
    }
    if (method === "POST") this.transactions.push(JSON.parse(body).params.tx);
    const answers: Record<string, unknown> = {
      "/": { jsonrpc: "2.0", id: 1, result: { code: 0, log: "", codespace: "", hash: "" } },
      "/status": { result: { sync_info: { latest_block_height: String(this.height) } } },
      "/v4/perpetualMarkets": MARKETS,
      "/v4/time": { iso: "", epoch: this.#clock.now() / 1e6 + 0.25 },
      "/v4/fills": { fills: [] },
      "/v4/orderbooks/perpetualMarket/BTC-USD": { bids: [], asks: [] },
    };
    const isAccount = path.startsWith("/cosmos/auth/v1beta1/accounts/dydx1");
    const answer = isAccount
      ? { account: { account_number: "12", sequence: "0" } }
      : path.startsWith("/v4/addresses/")
      ? { subaccount: { freeCollateral: "5", openPerpetualPositions: {}, assetPositions: {} } }
      : answers[path] ?? [];
    respond({ status: 200, body: JSON.stringify(answer) });
  }

  acceptSocket(_request: ServerRequest, socket: ServerSocket) {
    const line = new Line(socket, `c${++this.#connections}`);
    this.lines.add(line);
    return {
      onText: (text: string) => this.#onText(line, text),
      onPong: () => {},
      onClose: () => this.lines.delete(line),
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  /** A block on every connection. */
  makeBlock(): void {
    this.height++;
    const contents = { blockHeight: String(this.height), time: "" };
    for (const line of this.lines) {
      line.say({ type: "channel_data", channel: "v4_block_height", contents });
    }
  }

  #onText(line: Line, text: string): void {
    const { type, channel, id } = JSON.parse(text);
    assertEquals(type, "subscribe");
    const contents: Record<string, unknown> = {
      v4_orderbook: {
        bids: [{ price: "43240", size: "1" }],
        asks: [{ price: "43241", size: "1" }],
      },
      v4_trades: { trades: [] },
      v4_markets: MARKETS,
      v4_block_height: { height: String(this.height), time: "" },
      v4_subaccounts: {},
    };
    const named = id === undefined ? {} : { id };
    line.say({ type: "subscribed", channel, ...named, contents: contents[channel] });
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
  const connector = createDydxConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: () => {} },
    credentials: { privateKey: TEST_KEY },
    at: {
      perp: {
        rest: `http://venue:${PORT}/v4`,
        public_ws: `ws://venue:${PORT}/v4/ws`,
        private_ws: `ws://venue:${PORT}/v4/ws`,
        ws_api: `http://venue:${PORT}`,
      },
    },
  });
  assert(connector.ok);
  return { clock, venue, connector: connector.value, events: [], cutAll: () => server.cutAll() };
}

function load(w: World, wanted: readonly string[]): readonly ListedInstrument[] | string {
  const found: (readonly ListedInstrument[] | string)[] = [];
  w.connector.loadInstruments(wanted, (listed) => {
    found.push(listed.ok ? listed.value : listed.error);
  });
  w.clock.advance(5_000);
  assertEquals(found.length, 1, "done is called once");
  return found[0]!;
}

function started(): World {
  const w = world();
  const listed = load(w, ["BTC-USD-PERP"]);
  assert(typeof listed !== "string");
  const instruments = listed.map((one, index) =>
    unwrap(createInstrument(instrumentIndex(index), one.terms))
  );
  w.connector.start(instruments, { deliver: (event) => w.events.push({ ...event }) });
  run(w, 3);
  return w;
}

/** Lets seconds pass with two blocks in each. */
function run(w: World, seconds: number): void {
  for (let half = 0; half < seconds * 2; half++) {
    w.clock.advance(500);
    w.venue.makeBlock();
  }
  w.clock.advance(100);
}

function links(w: World): string[] {
  return w.events.flatMap((event) =>
    event.kind === "connection" ? [`${event.link} ${event.state}`] : []
  ).toSorted();
}

function order(): Approved<PlaceOrder> {
  return {
    kind: "place_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("7"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(43_240),
    triggerPrice: undefined,
    size: size(10),
  } as PlaceOrder as Approved<PlaceOrder>;
}

Deno.test("DydxConnector loads instruments through failures, and says what is not listed", () => {
  const w = world();
  w.venue.failures = 2;
  const listed = load(w, ["ETH-USD-PERP", "BTC-USD-PERP"]);
  assert(typeof listed !== "string");
  assertEquals(listed.map((one) => String(one.terms.symbol)), ["ETH-USD-PERP", "BTC-USD-PERP"]);
  assertEquals(load(w, ["DOGE-USD-PERP"]), "Cannot load dydx:DOGE-USD-PERP: not listed");
  const spot = load(w, ["BTC-USD"]);
  assert(typeof spot === "string" && spot.includes("no spot"), String(spot));
});

Deno.test("DydxConnector: all links come up, books, prices and reports flow", () => {
  const w = started();
  assertEquals(links(w), ["account up", "market up", "orders up"]);
  const kinds = new Set(w.events.map((event) => event.kind));
  for (const kind of ["book_snapshot", "mark_price", "funding", "instrument_status"] as const) {
    assert(kinds.has(kind), kind);
  }
  assertEquals(w.connector.clockOffsetMicros() > 240_000, true);
  w.events.length = 0;
  assertEquals(w.connector.send({ kind: "query_account", account: DYDX_ACCOUNT }), "sent");
  run(w, 1);
  assert(w.events.some((event) => event.kind === "account_report"));
  const dead = { kind: "arm_dead_man", instrument: instrumentIndex(0), timeoutMs: 5 } as const;
  assertEquals(w.connector.send(dead), "not_supported");
});

Deno.test("DydxConnector: an order nobody speaks of again ends two blocks after its last", () => {
  const w = started();
  w.events.length = 0;
  assertEquals(w.connector.send(order()), "sent");
  run(w, 1);
  assertEquals(w.venue.transactions.length, 1);
  assertEquals(w.events.filter((event) => event.kind === "order"), []);
  run(w, 12);
  const ends = w.events.flatMap((event) => event.kind === "order" ? [event.status] : []);
  assertEquals(ends, ["expired"]);
  assertEquals(w.venue.transactions.length, 1, "handed in once");
});

Deno.test("DydxConnector: every socket comes back after a cut, and its books anew", () => {
  const w = started();
  w.events.length = 0;
  w.cutAll();
  run(w, 3);
  assertEquals(links(w), ["account down", "account up", "market down", "market up"]);
  const market = w.events.flatMap((event) =>
    event.kind === "feed_interrupted" || event.kind === "book_snapshot" ? [event.kind] : []
  );
  assertEquals(market, ["feed_interrupted", "book_snapshot"]);
  assertEquals(w.connector.counters.reconnects, 2);
  w.events.length = 0;
  w.connector.stop(w.clock.now());
  run(w, 3);
  assertEquals(w.events, []);
  assertEquals(w.connector.send(order()), "not_connected");
});

Deno.test("createDydxConnector() refuses credentials that cannot sign, and needs none to read", () => {
  const clock = new ManualClock();
  const edges = {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: { connect: () => assert(false) as never },
    log: { log: () => {} },
  };
  const refused = createDydxConnector({ ...edges, at: "live", credentials: { privateKey: "zz" } });
  assert(!refused.ok && !refused.error.includes("zz"));
  const reader = createDydxConnector({ ...edges, at: "testnet" });
  assert(reader.ok);
  assertEquals(reader.value.send(order()), "not_connected");
  assertEquals(reader.value.capabilities(DYDX_ACCOUNT).deadManSwitch, false);
});
