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
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { Approved, EngineEvent, PlaceOrder } from "@/engine/messages/mod.ts";
import type { ListedInstrument, VenueConnector } from "@/engine/ports/mod.ts";
import {
  addressesOf,
  createOkxConnector,
  OKX_CAPABILITIES,
  OKX_DEFAULT_FEES,
  OKX_RATE_LIMITS,
  UNIFIED_ACCOUNT,
} from "@/exchanges/okx/mod.ts";
import { socketUrl } from "@/exchanges/okx/endpoints.ts";
import { withConnectionPace } from "@/exchanges/okx/rate_limits.ts";
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
import { LISTING } from "./builders.ts";
import { lineOf } from "./fake_venue.ts";

const PORT = 9_002;
const ROWS = (JSON.parse(LISTING) as { data: Record<string, unknown>[] }).data;
const BOOK_ROW = {
  asks: [["64000.2", "1", "0", "1"]],
  bids: [["64000.1", "2", "0", "1"]],
  ts: "1767225600000",
  checksum: 0,
  prevSeqId: -1,
  seqId: 10,
};

/** A venue that answers as the documentation's examples do. */
class ScriptedVenue implements WireDialect {
  readonly venue = "okx";
  readonly credentials = {};
  readonly sockets: { path: string; socket: ServerSocket }[] = [];
  readonly requests: string[] = [];
  readonly frames: string[] = [];
  readonly openedAt: number[] = [];
  failures = 0;
  posMode = "net_mode";
  rows = ROWS;
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
    const type = String(request.query ?? "").includes("SPOT") ? "SPOT" : "SWAP";
    const answers: Record<string, unknown[]> = {
      "/api/v5/public/instruments": this.rows.filter((row) => row["instType"] === type),
      "/api/v5/public/time": [{ ts: String(this.#clock.now() / 1_000 + 250) }],
      "/api/v5/account/config": [{ acctLv: "3", posMode: this.posMode }],
    };
    const body = JSON.stringify({ code: "0", msg: "", data: answers[path] ?? [] });
    respond({ status: 200, body });
  }

  acceptSocket({ path }: ServerRequest, socket: ServerSocket) {
    const entry = { path, socket };
    this.sockets.push(entry);
    this.openedAt.push(this.#clock.now());
    return {
      onText: (text: string) => this.#onText(socket, text),
      onPong: () => {},
      onClose: () => {
        const at = this.sockets.indexOf(entry);
        if (at >= 0) this.sockets.splice(at, 1);
      },
    };
  }

  endpoints(): Record<string, Record<string, string>> {
    return {};
  }

  #onText(socket: ServerSocket, text: string): void {
    if (text === "ping") return socket.sendText("pong");
    const { id, op, args } = JSON.parse(text) as {
      id: string;
      op: string;
      args: Record<string, string>[];
    };
    this.frames.push(op);
    const say = (message: unknown) => socket.sendText(JSON.stringify(message));
    if (op === "login") say({ event: "login", code: "0", msg: "", connId: "x" });
    else if (op === "order") {
      const [order] = args;
      if (order!["clOrdId"] === "lost") return;
      const row = { ordId: "7", clOrdId: order!["clOrdId"], sCode: "0", sMsg: "" };
      say({ id, op, data: [row], code: "0", msg: "" });
    } else {
      for (const arg of args) {
        say({ id, event: op, arg, connId: "x" });
        if (op !== "subscribe") continue;
        const data = arg["channel"] === "books"
          ? [BOOK_ROW]
          : arg["channel"] === "mark-price"
          ? [{ instId: arg["instId"], markPx: "64000", ts: "1" }]
          : undefined;
        if (data !== undefined) say({ arg, action: "snapshot", data });
      }
    }
  }
}

interface World {
  readonly clock: ManualClock;
  readonly venue: ScriptedVenue;
  readonly connector: VenueConnector;
  readonly lines: string[];
  readonly logged: string[];
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
    private_ws: `ws://venue:${PORT}/ws/v5/private`,
    ws_api: `ws://venue:${PORT}/ws/v5`,
  };
  const logged: string[] = [];
  const connector = unwrap(createOkxConnector({
    clock,
    scheduler: clock,
    random: random.fork("connector"),
    transport: wire,
    log: { log: (level, message) => logged.push(`${level}: ${message}`) },
    credentials: { key: "k", secret: "s", passphrase: "p" },
    at: { spot: addresses, perp: addresses },
  }));
  return { clock, venue, connector, lines: [], logged, cutAll: () => server.cutAll() };
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

function started(w = world()): World & { readonly instruments: Instrument[] } {
  const listed = load(w, ["BTC-USDT", "BTC-USDT-PERP"]);
  assert(Array.isArray(listed), String(listed));
  const instruments = listed.map(({ terms }, index) =>
    unwrap(createInstrument(instrumentIndex(index), terms))
  );
  const deliver = (event: EngineEvent) => w.lines.push(lineOf(event));
  w.connector.start(instruments, { deliver });
  w.clock.advance(4_000);
  return { ...w, instruments };
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
    price: price(640_000),
    triggerPrice: undefined,
    size: size(1_000),
  };
  // Only the risk gate approves; this test stands where the core would.
  return request as typeof request & Approved<PlaceOrder>;
}

Deno.test("OkxConnector loads wanted instruments of both products, and says what it cannot", () => {
  const w = world();
  w.venue.failures = 1;
  const listed = load(w, ["BTC-USDT", "BTC-USDT-PERP"]);
  assert(Array.isArray(listed));
  assertEquals(listed.map(({ terms }) => String(terms.symbol)), ["BTC-USDT", "BTC-USDT-PERP"]);
  assertEquals(listed[1]!.fees, OKX_DEFAULT_FEES.perpetual);
  assertEquals(w.venue.requests.length, 3, "the broken answer was asked for again");
  assertEquals(load(w, ["XRP-USDT-PERP"]), "Cannot load okx:XRP-USDT-PERP: not listed");
  w.venue.rows = [{ ...ROWS[0], ctType: "inverse" }];
  assertEquals(
    load(w, ["BTC-USDT-PERP"]),
    'Cannot load okx:BTC-USDT-PERP: wanted a linear contract, found "inverse"',
  );
});

Deno.test("OkxConnector brings three links and two books up, three sockets a second", () => {
  const w = started();
  assertEquals(w.lines.filter((line) => line.endsWith(" up")).toSorted(), [
    "account up",
    "market up",
    "orders up",
  ]);
  assertEquals(w.lines.filter((line) => line.startsWith("book_snapshot")).length, 2);
  assertEquals(w.venue.sockets.map(({ path }) => path).toSorted(), [
    "/ws/v5/business",
    "/ws/v5/private",
    "/ws/v5/private",
    "/ws/v5/public",
  ]);
  const [first, , , fourth] = w.venue.openedAt;
  assert(fourth! - first! >= 900_000, `${fourth! - first!}`);
  assert(Math.abs(w.connector.clockOffsetMicros() - 250_000) < 10_000);
  assertEquals(w.connector.capabilities(UNIFIED_ACCOUNT), OKX_CAPABILITIES);
  assertEquals(w.connector.rateLimits, OKX_RATE_LIMITS);
  assertEquals(w.connector.sequenceRule(w.instruments[0]!.terms).snapshotFrom, "stream");
});

Deno.test("OkxConnector says which instruments are not trading when loaded", () => {
  const w = world();
  w.venue.rows = ROWS.map((row) => ({ ...row, state: "suspend" }));
  started(w);
  assertEquals(
    w.lines.filter((line) => line.startsWith("instrument_status")),
    ["instrument_status 0", "instrument_status 1"],
  );
});

Deno.test("OkxConnector.refreshInstruments() paces its questions; one odd row hides no other", () => {
  const w = started();
  const answers: string[] = [];
  const ask = () =>
    w.connector.refreshInstruments((answer) => {
      answers.push(answer.ok ? answer.value.map(({ terms }) => terms.tick).join(" ") : "failed");
    });
  const ticks = w.instruments.map(({ terms }) => terms.tick).join(" ");
  ask();
  w.clock.advance(100);
  assertEquals(answers, [], "twenty in two seconds are allowed");
  w.clock.advance(100);
  assertEquals(answers, [ticks]);
  w.venue.rows = ROWS.map((row, at) => at === 0 ? { ...row, state: "resting" } : row);
  ask();
  w.clock.advance(200);
  assertEquals(answers, [ticks, ticks], "what stands is kept where it cannot be read");
  ask();
  w.clock.advance(60);
  w.connector.stop(w.clock.now());
  w.clock.advance(1_000);
  assertEquals(answers.length, 2);
});

Deno.test("OkxConnector subscribes a book anew when it is asked to", () => {
  const w = started();
  w.lines.length = 0;
  const instrument = w.instruments[1]!.index;
  w.connector.requestSnapshot({ kind: "request_snapshot", instrument, reason: "gap" });
  w.clock.advance(100);
  assertEquals(w.lines, [`book_snapshot ${instrument}`]);
  assertEquals(w.venue.frames.slice(-2), ["unsubscribe", "subscribe"]);
});

Deno.test("OkxConnector sends orders and questions, and moves nothing on a yes", () => {
  const w = started();
  w.lines.length = 0;
  w.venue.requests.length = 0;
  assertEquals(w.connector.send(placed(w.instruments[1]!, "mm1")), "sent");
  w.clock.advance(50);
  assertEquals(w.lines, []);
  assertEquals(w.connector.send({ kind: "query_account", account: UNIFIED_ACCOUNT }), "sent");
  const instrument = w.instruments[1]!.index;
  const named = { instrument, clientOrderId: clientOrderId("mm1"), venueOrderId: undefined };
  w.connector.send({ kind: "query_order", ...named });
  w.connector.send({ kind: "query_fills", ...named });
  assertEquals(w.connector.send({ kind: "arm_dead_man", instrument, timeoutMs: 1_000 }), "sent");
  w.clock.advance(2_000);
  assert(w.venue.requests.includes("GET /api/v5/trade/orders-pending"));
  assert(w.venue.requests.includes("POST /api/v5/trade/cancel-all-after"));
  assert(w.lines.includes("not found mm1"));
});

Deno.test("OkxConnector reports every loss when all sockets are cut, and comes back", () => {
  const w = started();
  w.connector.send(placed(w.instruments[1]!, "lost"));
  w.clock.advance(20);
  w.lines.length = 0;
  w.cutAll();
  w.clock.advance(20);
  assertEquals(w.lines.toSorted(), [
    "account down",
    "interrupted 0 disconnected",
    "interrupted 1 disconnected",
    "lost place lost unknown",
    "market down",
    "orders down",
  ]);
  w.lines.length = 0;
  w.clock.advance(10_000);
  assertEquals(w.lines.filter((line) => line.endsWith(" up")).toSorted(), [
    "account up",
    "market up",
    "orders up",
  ]);
  assertEquals(w.lines.filter((line) => line.startsWith("book_snapshot")).length, 2);
  assertEquals(w.connector.counters.reconnects, 4);
  assertEquals(w.venue.frames.filter((op) => op === "order").length, 1, "sent once");
});

Deno.test("OkxConnector keeps quiet sockets alive with its pings", () => {
  const w = started();
  w.lines.length = 0;
  w.clock.advance(70_000);
  assertEquals(w.lines.filter((line) => / (up|down)$/.test(line)), []);
  assertEquals(w.connector.counters.reconnects, 0);
});

Deno.test("OkxConnector does not place swaps on a two-sided account", () => {
  const w = world();
  w.venue.posMode = "long_short_mode";
  const { instruments, connector, logged } = started(w);
  assertEquals(connector.send(placed(instruments[1]!, "mm1")), "not_supported");
  assertEquals(connector.send(placed(instruments[0]!, "mm2")), "sent");
  assert(logged.includes("error: wanted the account in net mode, found long/short mode"));
});

Deno.test("OkxConnector is silent after stop()", () => {
  const w = started();
  w.connector.stop(w.clock.now());
  w.lines.length = 0;
  w.clock.advance(30_000);
  assertEquals(w.lines, []);
  assertEquals(w.connector.send(placed(w.instruments[1]!, "mm9")), "not_connected");
  assertEquals(w.venue.sockets.length, 0);
});

Deno.test("createOkxConnector() trades nothing without credentials and refuses bad ones", () => {
  const clock = new ManualClock();
  const base = {
    clock,
    scheduler: clock,
    random: new SeededRandom(1),
    transport: new MemoryWire({ clock, scheduler: clock, random: new SeededRandom(1) }),
    log: { log: () => {} },
    at: "demo",
  } as const;
  const open = createOkxConnector(base);
  assert(open.ok);
  const asked = open.value.send({ kind: "query_account", account: UNIFIED_ACCOUNT });
  assertEquals(asked, "not_connected");
  const credentials = { key: "k", secret: "s", passphrase: "" };
  assert(!createOkxConnector({ ...base, credentials }).ok);
  assert(!createOkxConnector({ ...base, orderTag: "my-tag" }).ok);
  assert(createOkxConnector({ ...base, orderTag: "mm1" }).ok);
});

Deno.test("okx addresses: demo has its own sockets, and any base gives each route", () => {
  assertEquals(addressesOf("live").isDemo, undefined);
  assertEquals(addressesOf("testnet"), addressesOf("demo"));
  assertEquals(addressesOf("demo").isDemo, true);
  for (const base of ["wss://h:1", "wss://h:1/", "wss://h:1/ws/v5", "wss://h:1/ws/v5/private"]) {
    assertEquals(socketUrl(base, "business"), "wss://h:1/ws/v5/business");
  }
});

Deno.test("okx withConnectionPace() opens three at once, others in turn, and forgets closed ones", () => {
  const clock = new ManualClock();
  const opened: number[] = [];
  const closed: string[] = [];
  const paced = withConnectionPace(
    {
      connect: () => {
        opened.push((clock.now() - startedAt) / 1_000);
        return { write: () => true, pendingBytes: 3, close: (reason) => closed.push(reason) };
      },
    },
    clock,
    clock,
  );
  const startedAt = clock.now();
  const address = { host: "h", port: 1, tls: false };
  const handler = {
    onOpen: () => {},
    onBytes: () => {},
    onClose: (reason: string) => closed.push(`told ${reason}`),
  };
  const links = Array.from({ length: 8 }, () => paced.connect(address, handler));
  assertEquals(links[3]!.write(new Uint8Array(1)), false);
  assertEquals(links[3]!.pendingBytes, 0);
  links[4]!.close("gone");
  links[4]!.close("gone");
  clock.advance(5_000);
  assertEquals(opened, [0, 0, 0, 1_000, 1_000, 2_000, 2_000]);
  assertEquals(closed, ["told gone"]);
  assertEquals([links[3]!.write(new Uint8Array(1)), links[3]!.pendingBytes], [true, 3]);
  links[3]!.close("later");
  assertEquals(closed, ["told gone", "later"]);
});
