/**
 * The whole connector over the in-memory wire, against a venue that answers from a script: loading,
 * links, market data, orders, losses of every socket, and the end.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  clientOrderId,
  createInstrument,
  type Instrument,
  instrumentIndex,
  size,
  strategyId,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { Approved, EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { ListedInstrument, VenueConnector } from "@/engine/ports/mod.ts";
import {
  addressesFrom,
  addressesOf,
  createHyperliquidConnector,
  HYPERLIQUID_DEFAULT_FEES,
  UNIFIED_ACCOUNT,
} from "@/exchanges/hyperliquid/mod.ts";
import {
  MemoryWire,
  serveDialect,
  type ServerRequest,
  type ServerResponse,
  type ServerSocket,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { META, SPOT_META } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { ADDRESS, cloid, lineOf, PRIVATE_KEY } from "./fake_venue.ts";

const PORT = 9_001;
const MASTER = "0x1719884eb866cb12b2287399b15f7db5e7d775ea";

/** A venue that answers as the documentation's examples do. */
class ScriptedVenue implements WireDialect {
  readonly venue = "hyperliquid";
  readonly credentials = {};
  readonly sockets: ServerSocket[] = [];
  readonly requests: string[] = [];
  readonly users = new Set<string>();
  readonly posts: { readonly nonce: number; readonly type: string }[] = [];
  failures = 0;
  isPaused = false;
  meta = META;
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const body = JSON.parse(request.body) as Record<string, unknown>;
    const type = String(body["type"]);
    this.requests.push(type);
    if (typeof body["user"] === "string") this.users.add(`${type} ${body["user"]}`);
    if (this.failures > 0) {
      this.failures--;
      return respond({ status: 502, body: "<html>Bad Gateway</html>" });
    }
    const time = this.#clock.now() / 1_000 + 250;
    const answers: Record<string, unknown> = {
      meta: JSON.parse(this.meta),
      spotMeta: JSON.parse(SPOT_META),
      exchangeStatus: { time, specialStatuses: this.isPaused ? ["upgrade"] : null },
      userRole: { role: "agent", data: { user: MASTER } },
      userFees: { userCrossRate: "0.0004", userAddRate: "-0.00001", userSpotCrossRate: "x" },
      userAbstraction: "unifiedAccount",
      frontendOpenOrders: [],
      userFillsByTime: [],
      userFills: [],
      orderStatus: { status: "unknownOid" },
      clearinghouseState: { assetPositions: [], time },
      spotClearinghouseState: { balances: [] },
      l2Book: { coin: "BTC", time, levels: [[{ px: "84143.0", sz: "1.0", n: 1 }], []] },
    };
    respond({ status: 200, body: JSON.stringify(answers[type] ?? null) });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket) {
    assertEquals(request.path, "/ws");
    this.sockets.push(socket);
    return {
      onText: (text: string) => this.#onText(socket, text),
      onPong: () => {},
      onClose: () => this.sockets.splice(this.sockets.indexOf(socket), 1),
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  say(message: unknown): void {
    for (const socket of this.sockets) socket.sendText(JSON.stringify(message));
  }

  #onText(socket: ServerSocket, text: string): void {
    const { method, subscription, id, request } = JSON.parse(text);
    if (method === "ping") return socket.sendText('{"channel":"pong"}');
    if (method === "subscribe") {
      if (subscription.user !== undefined) this.users.add(`stream ${subscription.user}`);
      const data = { method, subscription };
      return socket.sendText(JSON.stringify({ channel: "subscriptionResponse", data }));
    }
    const { action, nonce } = request.payload;
    this.posts.push({ nonce, type: action.type });
    if (action.orders?.[0]?.c === cloid(0xbad)) return;
    const statuses = [{ resting: { oid: 7 } }];
    const payload = { status: "ok", response: { type: "order", data: { statuses } } };
    const data = { id, response: { type: "action", payload } };
    socket.sendText(JSON.stringify({ channel: "post", data }));
  }
}

interface World {
  readonly clock: ManualClock;
  readonly venue: ScriptedVenue;
  readonly connector: VenueConnector;
  readonly events: EngineEvent[];
  readonly cutAll: () => void;
}

function world(credentials = { privateKey: PRIVATE_KEY } as Record<string, string>): World {
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
  const connector = createHyperliquidConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: () => {} },
    credentials: credentials as { privateKey: string },
    at: { perp: { rest: `http://venue:${PORT}`, public_ws: `ws://venue:${PORT}` } },
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

function started(
  wanted: readonly string[],
  credentials?: Record<string, string>,
): World & { readonly instruments: Instrument[] } {
  const w = world(credentials);
  const listed = load(w, wanted);
  assert(Array.isArray(listed), String(listed));
  const instruments = listed.map(({ terms }, index) =>
    unwrap(createInstrument(instrumentIndex(index), terms))
  );
  w.connector.start(instruments, {
    deliver: (event) => w.events.push({ ...event } as EngineEvent),
  });
  w.clock.advance(1_000);
  return { ...w, instruments };
}

function links(events: readonly EngineEvent[]): string[] {
  return events.flatMap((event) => event.kind === "connection" ? [lineOf(event)] : []).toSorted();
}

function placed(instrument: Instrument, number: number): Approved<PlaceOrder> {
  const request: PlaceOrder = {
    kind: "place_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId(cloid(number)),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: unwrap(instrument.priceFromText("84143")),
    triggerPrice: undefined,
    size: size(1_000),
  };
  // Only the risk gate approves; this test stands where the core would.
  return request as typeof request & Approved<PlaceOrder>;
}

Deno.test("HyperliquidConnector loads wanted instruments of both products, and says what it cannot", () => {
  const w = world();
  w.venue.failures = 1;
  const listed = load(w, ["BTC-USDC-PERP", "HYPE-USDC"]);
  assert(Array.isArray(listed));
  assertEquals(listed.map(({ terms }) => String(terms.symbol)), ["HYPE-USDC", "BTC-USDC-PERP"]);
  assertEquals(listed.map(({ fees }) => fees), [
    HYPERLIQUID_DEFAULT_FEES.spot,
    HYPERLIQUID_DEFAULT_FEES.perpetual,
  ]);
  assertEquals(w.venue.requests, ["spotMeta", "spotMeta", "meta"], "a broken answer again");
  assertEquals(
    load(w, ["XRP-USDC-PERP"]),
    "Cannot load hyperliquid:XRP-USDC-PERP: not listed",
  );
  assertEquals(
    load(w, ["xyz:XYZ100-USDC-PERP"]),
    "Cannot load hyperliquid:xyz:XYZ100-USDC-PERP: builder-deployed perpetuals are not traded here",
  );
});

Deno.test("HyperliquidConnector takes the account's own fees where the account is known", () => {
  const w = world({
    privateKey: PRIVATE_KEY,
    accountAddress: MASTER.toUpperCase().replace("X", "x"),
  });
  const listed = load(w, ["BTC-USDC-PERP"]);
  assert(Array.isArray(listed));
  assertEquals(listed[0]!.fees as unknown, { maker: -10, taker: 400 });
  assert(w.venue.users.has(`userFees ${MASTER}`));
});

Deno.test("HyperliquidConnector opens three sockets and asks for an agent's master", () => {
  const w = started(["BTC-USDC-PERP", "MATIC-USDC-PERP", "HYPE-USDC"]);
  assertEquals(links(w.events), ["account up", "market up", "orders up"]);
  assertEquals(w.venue.sockets.length, 3);
  assert(w.venue.users.has(`userRole ${ADDRESS}`));
  assert(w.venue.users.has(`stream ${MASTER}`));
  assert(!w.venue.users.has(`stream ${ADDRESS}`), "an agent's own address shows nothing");
  const delisted = w.events.find((event) => event.kind === "instrument_status");
  assert(delisted?.kind === "instrument_status" && delisted.status === "delisted");
  assertEquals(w.connector.clockOffsetMicros(), 250_000);
  assertEquals(w.connector.accounts, [UNIFIED_ACCOUNT]);
  const can = w.connector.capabilities(UNIFIED_ACCOUNT);
  assertEquals([can.amend, can.replace, can.cancelAll, can.fillOrKill], ["no", true, false, false]);
  for (const { terms } of w.instruments) {
    assertEquals(w.connector.sequenceRule(terms).snapshotFrom, "stream");
  }
});

Deno.test("HyperliquidConnector delivers market data, and snapshots by question", () => {
  const w = started(["BTC-USDC-PERP"]);
  w.events.length = 0;
  const [btc] = w.instruments;
  const time = w.clock.now() / 1_000;
  const side = (px: string) => ({ px, sz: "1.0", n: 1 });
  w.venue.sockets.at(0)!.sendText(JSON.stringify({
    channel: "l2Book",
    data: { coin: "BTC", time, levels: [[side("84143.0")], [side("84144.0")]] },
  }));
  w.clock.advance(10);
  w.connector.requestSnapshot({
    kind: "request_snapshot",
    instrument: btc!.index,
    reason: "gap",
  });
  w.clock.advance(100);
  assertEquals(w.events.map((event) => event.kind), ["book_snapshot", "book_snapshot"]);
});

Deno.test("HyperliquidConnector sends orders and questions", () => {
  const w = started(["BTC-USDC-PERP"]);
  w.events.length = 0;
  const { index: instrument } = w.instruments[0]!;
  assertEquals(w.connector.send(placed(w.instruments[0]!, 1)), "sent");
  w.clock.advance(50);
  const [order] = w.events;
  assert(order?.kind === "order" && order.status === "new");
  const named = { instrument, clientOrderId: clientOrderId(cloid(1)), venueOrderId: undefined };
  assertEquals(w.connector.send({ kind: "query_account", account: UNIFIED_ACCOUNT }), "sent");
  assertEquals(w.connector.send({ kind: "query_order", ...named }), "sent");
  assertEquals(w.connector.send({ kind: "query_fills", ...named }), "sent");
  assertEquals(w.connector.send({ kind: "cancel_order", ...named }), "sent");
  assertEquals(w.connector.send({ kind: "arm_dead_man", instrument, timeoutMs: 6_000 }), "sent");
  w.clock.advance(500);
  assert(w.events.some((event) => event.kind === "account_report"));
  assert(w.events.some((event) => event.kind === "order_not_found"));
  assertEquals(w.venue.posts.map((post) => post.type), [
    "order",
    "cancelByCloid",
    "scheduleCancel",
  ]);
  assertEquals(new Set(w.venue.posts.map((post) => post.nonce)).size, 3);
});

Deno.test("HyperliquidConnector reports every loss when all sockets are cut, and comes back", () => {
  const w = started(["BTC-USDC-PERP"]);
  w.connector.send(placed(w.instruments[0]!, 0xbad));
  w.clock.advance(20);
  w.events.length = 0;
  w.cutAll();
  w.clock.advance(20);
  assertEquals(links(w.events), ["account down", "market down", "orders down"]);
  const lost = w.events.find((event) => event.kind === "request_lost");
  assert(lost?.kind === "request_lost" && lost.outcome === "unknown");
  assert(w.events.some((event) => event.kind === "feed_interrupted"));
  w.events.length = 0;
  w.clock.advance(5_000);
  assertEquals(links(w.events), ["account up", "market up", "orders up"]);
  assertEquals(w.connector.counters.reconnects, 3);
  assertEquals(w.venue.posts.length, 1, "sent once");
});

Deno.test("HyperliquidConnector says when the whole exchange pauses and goes on", () => {
  const w = started(["BTC-USDC-PERP"]);
  const statuses = () =>
    w.events.splice(0).flatMap((event) => event.kind === "instrument_status" ? [event.status] : []);
  w.events.length = 0;
  w.venue.isPaused = true;
  w.clock.advance(5 * 60_000);
  assertEquals(statuses(), ["maintenance"]);
  w.venue.isPaused = false;
  w.clock.advance(5 * 60_000);
  assertEquals(statuses(), ["trading"]);
});

Deno.test("HyperliquidConnector goes on with an instrument's new grids and tells of a delisting", () => {
  const w = started(["BTC-USDC-PERP", "ETH-USDC-PERP"]);
  w.events.length = 0;
  w.venue.meta = META.replace('"szDecimals":5', '"szDecimals":3')
    .replace('"name":"ETH"', '"name":"ETH","isDelisted":true');
  const lots: string[] = [];
  w.connector.refreshInstruments((answer) => {
    lots.push(...unwrap(answer).map(({ terms }) => `${terms.symbol} ${terms.lot}`));
  });
  w.clock.advance(1_000);
  assertEquals(lots[0], "BTC-USDC-PERP 0.001");
  const status = w.events.find((event) => event.kind === "instrument_status");
  assert(status?.kind === "instrument_status");
  assertEquals([status.instrument as number, status.status], [1, "delisted"]);
});

Deno.test("HyperliquidConnector is silent after stop()", () => {
  const w = started(["BTC-USDC-PERP", "HYPE-USDC"]);
  w.connector.stop(w.clock.now());
  w.events.length = 0;
  w.clock.advance(10_000);
  assertEquals(w.events, []);
  assertEquals(w.connector.send(placed(w.instruments[0]!, 9)), "not_connected");
  assertEquals(w.venue.sockets.length, 0);
});

Deno.test("createHyperliquidConnector() trades nothing without credentials and refuses bad ones", () => {
  const clock = new ManualClock();
  const base = {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: new MemoryWire({ clock, scheduler: clock, random: new SeededRandom(1) }),
    log: { log: () => {} },
    at: "testnet",
  } as const;
  const open = createHyperliquidConnector(base);
  assert(open.ok);
  const question = { kind: "query_account", account: UNIFIED_ACCOUNT } as const;
  assertEquals(open.value.send(question), "not_connected");
  assert(!createHyperliquidConnector({ ...base, credentials: { privateKey: "0x12" } }).ok);
  const wrong = { privateKey: PRIVATE_KEY, vaultAddress: "0x12" };
  assert(!createHyperliquidConnector({ ...base, credentials: wrong }).ok);
  assert(!createHyperliquidConnector({ ...base, at: { rest: 5 } }).ok);
});

Deno.test("addresses are the venue's own, or as they are given", () => {
  for (const network of ["live", "testnet", "demo"] as const) {
    const { rest, ws } = addressesOf(network);
    assert(rest.startsWith("https://") && ws.startsWith("wss://") && ws.endsWith("/ws"));
  }
  assertEquals(addressesOf("live").network, "mainnet");
  assertEquals(addressesOf("demo").network, "testnet");
  const given = { rest: "http://127.0.0.1:1/", ws: "ws://127.0.0.1:1/", network: "mainnet" };
  assertEquals(addressesFrom(given), {
    rest: "http://127.0.0.1:1",
    ws: "ws://127.0.0.1:1/ws",
    network: "mainnet",
  });
  assertEquals(addressesFrom({ spot: { rest: "http://a", ws_api: "ws://a/ws" } }), {
    rest: "http://a",
    ws: "ws://a/ws",
    network: "testnet",
  });
  assertEquals(addressesFrom({}), undefined);
});
