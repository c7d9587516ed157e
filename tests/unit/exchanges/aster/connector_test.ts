/**
 * The whole connector over the in-memory wire, against a venue that answers from a script and checks
 * every signature and nonce: loading, links, market data, orders, losses, halts, and the end.
 * @module
 */
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
import { SeededRandom } from "@/engine/collections/mod.ts";
import {
  addressesOf,
  type AsterOptions,
  createAsterConnector,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
} from "@/exchanges/aster/mod.ts";
import { Wallet } from "@/exchanges/aster/_wallet.ts";
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
import { MM1, shortOf, WALLET } from "./fake_venue.ts";

const PORT = 9_002;
const AHEAD_MS = 400;
const SYMBOL = {
  symbol: "BTCUSDT",
  status: "TRADING",
  baseAsset: "BTC",
  quoteAsset: "USDT",
  filters: [
    { filterType: "PRICE_FILTER", tickSize: "0.1" },
    { filterType: "LOT_SIZE", minQty: "0.001", maxQty: "100", stepSize: "0.001" },
  ],
};
const FUTURES = { ...SYMBOL, contractType: "PERPETUAL", marginAsset: "USDT" };

/** A venue that answers as the documentation's examples do. */
class ScriptedVenue implements WireDialect {
  readonly venue = "aster";
  readonly credentials = {};
  readonly sockets: { readonly path: string; readonly socket: ServerSocket }[] = [];
  readonly requests: string[] = [];
  readonly nonces = new Set<string>();
  status = "TRADING";
  isSilent = false;
  failures = 0;
  readonly #clock: ManualClock;
  readonly #wallet = unwrap(Wallet.of("privateKey" in WALLET ? WALLET.privateKey : "", 1_666));

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const [target = "", query = ""] = [request.path, request.query];
    const text = request.method === "GET" ? query : request.body;
    this.requests.push(`${request.method} ${target}`);
    if (this.failures > 0) {
      this.failures--;
      return respond({ status: 502, body: "<html>Bad Gateway</html>" });
    }
    if (text.includes("signature=")) this.#check(text);
    if (this.isSilent && request.method === "POST" && target.endsWith("/order")) return;
    const params = new URLSearchParams(text);
    const name = target.split("/").at(-1)!;
    const body = this.#answer(request.method, name, target.startsWith("/api"), params);
    respond({ status: 200, body: JSON.stringify(body) });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket) {
    const member = { path: request.path, socket };
    this.sockets.push(member);
    return {
      onText: (text: string) => {
        const { id } = JSON.parse(text);
        socket.sendText(JSON.stringify({ result: null, id }));
      },
      onPong: () => {},
      onClose: () => void this.sockets.splice(this.sockets.indexOf(member), 1),
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  say(path: string, message: unknown): void {
    const found = this.sockets.find((member) => member.path === path);
    assert(found !== undefined, `nobody is connected to ${path}`);
    found.socket.sendText(JSON.stringify(message));
  }

  /** The signature is the agent's over exactly what came, the nonce new and near. */
  #check(text: string): void {
    const at = text.lastIndexOf("&signature=0x");
    assertEquals(this.#wallet.sign(text.slice(0, at)), text.slice(at + "&signature=".length));
    const nonce = /nonce=(\d+)/.exec(text)![1]!;
    assert(!this.nonces.has(nonce), "a nonce was repeated");
    this.nonces.add(nonce);
    const drift = Number(nonce) - (this.#clock.now() + AHEAD_MS * 1_000);
    assert(Math.abs(drift) < 10_000_000, `${drift} us from the venue's clock`);
  }

  #answer(method: string, name: string, isSpot: boolean, params: URLSearchParams): unknown {
    switch (name) {
      case "exchangeInfo":
        return { symbols: [{ ...(isSpot ? SYMBOL : FUTURES), status: this.status }] };
      case "time":
        return { serverTime: Math.floor(this.#clock.now() / 1_000) + AHEAD_MS };
      case "listenKey":
        return { listenKey: isSpot ? "SPOT" : "FUTURES" };
      case "depth":
        return { lastUpdateId: 5, bids: [["64000.0", "1.000"]], asks: [["64001.0", "2"]] };
      case "account":
        return { balances: [] };
      case "order":
        return {
          orderId: 7,
          symbol: "BTCUSDT",
          status: method === "DELETE" ? "CANCELED" : "NEW",
          clientOrderId: params.get("newClientOrderId") ?? params.get("origClientOrderId"),
          price: params.get("price") ?? "1",
          origQty: params.get("quantity") ?? "1",
          executedQty: "0",
          side: "BUY",
          type: "LIMIT",
          timeInForce: "GTX",
          updateTime: 1,
        };
      default:
        return [];
    }
  }
}

function world(credentials: Pick<AsterOptions, "credentials"> = { credentials: WALLET }) {
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
  const rest = `http://venue:${PORT}`;
  const socket = (name: string) => `ws://venue:${PORT}/${name}`;
  const of = (name: string) => ({ rest, public_ws: socket(name), private_ws: socket(name) });
  const connector = unwrap(createAsterConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: () => {} },
    ...credentials,
    at: { spot: of("spot"), perp: of("perp") },
  }));
  const events: string[] = [];
  const load = (wanted: readonly string[], waitMs = 2_000) => {
    const found: unknown[] = [];
    let instruments: ReturnType<typeof createInstrument>[] = [];
    connector.loadInstruments(wanted, (listed) => {
      found.push(listed.ok ? listed.value.map(({ terms }) => terms.symbol) : listed.error);
      if (!listed.ok) return;
      instruments = listed.value.map(({ terms }, index) =>
        createInstrument(instrumentIndex(index), terms)
      );
    });
    clock.advance(waitMs);
    return { found, instruments: instruments.map((one) => unwrap(one)) };
  };
  const start = (wanted: readonly string[]) => {
    const { instruments } = load(wanted);
    connector.start(instruments, {
      deliver: (event: EngineEvent) => void events.push(shortOf(event)),
    });
    clock.advance(1_000);
    return events.splice(0);
  };
  return { clock, venue, connector, events, load, start, cutAll: () => server.cutAll() };
}

function place(id = MM1): Approved<PlaceOrder> {
  return {
    kind: "place_order",
    instrument: instrumentIndex(0),
    clientOrderId: id,
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(640_000),
    triggerPrice: undefined,
    size: size(2),
  } as PlaceOrder as Approved<PlaceOrder>;
}

Deno.test("AsterConnector loads instruments of both products, and asks until it can read them", () => {
  const w = world();
  w.venue.failures = 2;
  const { found } = w.load(["BTC-USDT", "BTC-USDT-PERP"], 10_000);
  assertEquals(found, [["BTC-USDT", "BTC-USDT-PERP"]]);
  assertEquals(w.load(["ETH-USDT-PERP"]).found, ["Cannot load aster:ETH-USDT-PERP: not listed"]);
});

Deno.test("AsterConnector brings up market, orders and account, and measures the clock", () => {
  const w = world();
  const told = w.start(["BTC-USDT-PERP"]);
  assertEquals(told.toSorted(), ["account up", "market up", "orders up"]);
  assert(Math.abs(w.connector.clockOffsetMicros() - AHEAD_MS * 1_000) < 5_000);
  assertEquals(
    w.venue.sockets.map(({ path }) => path).toSorted(),
    [
      "/perp/stream",
      "/perp/ws/FUTURES",
    ].map((path) => path),
  );
  assertEquals(w.connector.accounts, [SPOT_ACCOUNT, PERPETUAL_ACCOUNT]);
  assertEquals(w.connector.capabilities(PERPETUAL_ACCOUNT).amend, "any");
  assertEquals(w.connector.capabilities(SPOT_ACCOUNT).amend, "no");
});

Deno.test("AsterConnector delivers market data, snapshots and own events of both products", () => {
  const w = world();
  w.start(["BTC-USDT", "BTC-USDT-PERP"]);
  const depth = { e: "depthUpdate", E: 1, T: 1, s: "BTCUSDT", U: 1, u: 6, pu: 0, b: [], a: [] };
  w.venue.say("/perp/stream", { stream: "btcusdt@depth@100ms", data: depth });
  w.venue.say("/spot/stream", { stream: "btcusdt@depth@100ms", data: depth });
  w.connector.requestSnapshot({
    kind: "request_snapshot",
    instrument: instrumentIndex(0),
    reason: "first",
  } as never);
  const position = { a: "BTC", f: "1", l: "0" };
  w.venue.say("/spot/ws/SPOT", { e: "outboundAccountPosition", E: 1, T: 1, B: [position] });
  w.clock.advance(500);
  assertEquals(w.events.toSorted(), ["balance", "book_delta", "book_delta", "book_snapshot"]);
});

Deno.test("AsterConnector places, cancels, asks and arms; each with a signature and new nonce", () => {
  const w = world();
  w.start(["BTC-USDT-PERP"]);
  const named = { instrument: instrumentIndex(0), clientOrderId: MM1, venueOrderId: undefined };
  const requests = [
    place(),
    { kind: "cancel_order", ...named },
    { kind: "query_order", ...named },
    { kind: "query_fills", ...named },
    { kind: "query_account", account: PERPETUAL_ACCOUNT },
    { kind: "arm_dead_man", instrument: instrumentIndex(0), timeoutMs: 5_000 },
    { kind: "cancel_all", instrument: instrumentIndex(0) },
  ] as const;
  for (const request of requests) assertEquals(w.connector.send(request), "sent", request.kind);
  w.clock.advance(1_000);
  assertEquals(w.events.toSorted(), [
    "account_report",
    "order mm-1 cancelled",
    "order mm-1 new",
    "order mm-1 new",
  ]);
  assertEquals(w.venue.nonces.size, 11, "listen key, seven requests, three more of the report");
  assertEquals(w.connector.send({ kind: "query_account", account: SPOT_ACCOUNT }), "not_connected");
});

Deno.test("AsterConnector reports an unanswered order as lost, and sends it once", () => {
  const w = world();
  w.start(["BTC-USDT-PERP"]);
  w.venue.isSilent = true;
  w.connector.send(place(clientOrderId("a")));
  w.connector.send(place(clientOrderId("b")));
  w.clock.advance(100);
  w.cutAll();
  w.clock.advance(10_000);
  assertEquals(w.events.filter((one) => one.startsWith("lost")), [
    "lost place unknown",
    "lost place unknown",
  ]);
  assertEquals(w.venue.requests.filter((one) => one === "POST /fapi/v3/order").length, 2);
});

Deno.test("AsterConnector comes back after the venue has cut every connection", () => {
  const w = world();
  w.start(["BTC-USDT-PERP"]);
  w.cutAll();
  w.clock.advance(10_000);
  for (const event of ["market down", "account down", "market up", "account up"]) {
    assert(w.events.includes(event), `${event}: ${w.events}`);
  }
  assert(w.events.includes("interrupted disconnected"));
  assert(w.connector.counters.reconnects >= 2);
  assertEquals(w.connector.send(place()), "sent");
});

Deno.test("AsterConnector tells of a halt that the list of instruments shows", () => {
  const w = world();
  w.venue.status = "PENDING_TRADING";
  assert(w.start(["BTC-USDT-PERP"]).includes("instrument_status"), "halted from the start");
  let answers = 0;
  const refresh = () => {
    w.connector.refreshInstruments((listed) => answers += listed.ok ? 1 : 0);
    w.clock.advance(1_000);
  };
  refresh();
  assert(!w.events.includes("instrument_status"), "nothing new");
  w.venue.status = "TRADING";
  refresh();
  w.venue.status = "CLOSE";
  refresh();
  assertEquals(answers, 3);
  assertEquals(w.events.filter((one) => one === "instrument_status").length, 2);
});

Deno.test("AsterConnector without credentials delivers market data alone", () => {
  const w = world({});
  assertEquals(w.start(["BTC-USDT-PERP"]), ["market up"]);
  assertEquals(w.connector.send(place()), "not_connected");
});

Deno.test("AsterConnector says nothing after stop()", () => {
  const w = world();
  w.start(["BTC-USDT", "BTC-USDT-PERP"]);
  w.connector.send(place());
  w.connector.stop(w.clock.now());
  w.clock.advance(120_000);
  assertEquals(w.events, []);
  assertEquals(w.venue.sockets, []);
});

Deno.test("createAsterConnector() refuses networks and credentials that are none", () => {
  const edges = {
    clock: new ManualClock(),
    scheduler: new ManualClock(),
    random: { next: () => 0 },
    transport: { connect: () => assert(false, "nobody asked for a connection") as never },
    log: { log: () => {} },
  };
  const demo = createAsterConnector({ ...edges, at: "demo" as never });
  assert(
    !demo.ok && demo.error === 'Cannot connect to aster: wanted live or testnet, found "demo"',
  );
  const keyless = { ...edges, at: "live", credentials: { privateKey: "0x12" } } as const;
  const refused = createAsterConnector(keyless);
  assert(!refused.ok && refused.error.startsWith("Cannot sign"));
  assert(createAsterConnector({ ...edges, at: "testnet", credentials: WALLET }).ok);
  assertEquals(addressesOf("testnet").chain_id, 714);
  assertEquals(addressesOf("live").perp.rest, "https://fapi.asterdex.com");
});
