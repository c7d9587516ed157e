/**
 * The simulated Gate on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { feeRate, type Side, unwrap } from "@/engine/domain/mod.ts";
import {
  createGateVenue,
  type GateVenue,
  type GateVenueOptions,
} from "@/exchanges/gate/dialect/mod.ts";
import {
  quietSource,
  type ServerRequest,
  type ServerResponse,
  type ServerSession,
  type ServerSocket,
  type SimInstrument,
  type SimOrder,
} from "@/exchanges/simulator/mod.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";

export const OTHER = 2;
/** The sheet's key. */
export const KEY = { key: "dummykey0123456789abcdef", secret: "dummysecret0123456789abcdef" };
export const SPOT_PATH = "/ws/v4/";
export const PERP_PATH = "/v4/ws/usdt";

const encoder = new TextEncoder();

export function sign(text: string): string {
  return bytesToHex(hmac(sha512, encoder.encode(KEY.secret), encoder.encode(text)));
}

// deno-lint-ignore no-explicit-any
export type Loose = any;

/** One fake socket and what it was sent. */
export class FakeSocket implements ServerSocket {
  readonly texts: string[] = [];
  closed = "";
  session: ServerSession | undefined;

  sendText(text: string): void {
    this.texts.push(text);
  }

  ping(_payload: string): void {}

  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`;
    this.session?.onClose();
  }

  cut(): void {
    this.closed = "cut";
    this.session?.onClose();
  }

  /** All messages as JSON, and forgets them. */
  take(): Loose[] {
    return this.texts.splice(0).map((text) => JSON.parse(text));
  }

  /** Pushed results of one channel, and forgets all messages. */
  results(channel: string): Loose[] {
    return this.take().filter((each) => {
      return each.channel === channel && (each.event === "update" || each.event === "all");
    }).map((each) => each.result);
  }

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }
}

/** A venue in which only the accounts trade. */
export class GateWorld {
  readonly time = new VirtualTime();
  readonly venue: GateVenue;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  readonly ethPerp: SimInstrument;
  #names = 0;

  /** Background traders, and not only accounts, when `live`. */
  constructor(options: Partial<GateVenueOptions> = {}, live = false) {
    this.venue = createGateVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      ...(live ? {} : { source: quietSource() }),
      otherOwners: [OTHER],
      fees: {
        spot: { maker: feeRate(800), taker: feeRate(1_000) },
        perpetual: { maker: feeRate(-50), taker: feeRate(500) },
      },
      keys: [KEY],
      ...options,
    });
    const { instruments } = this.venue.exchange;
    const named = (base: string, perpetual: boolean) =>
      instruments.find((each) =>
        each.perpetual === perpetual && each.instrument.terms.base === base
      )!;
    this.spot = named("BTC", false);
    this.perp = named("BTC", true);
    this.ethPerp = named("ETH", true);
    this.venue.exchange.start();
  }

  get seconds(): number {
    return Math.floor(this.time.now() / 1e6);
  }

  get uid(): string {
    return this.venue.dialect.state.uid;
  }

  get imbalances(): string[] {
    return [...this.venue.exchange.truth().imbalance]
      .filter(([, amount]) => amount !== 0n).map(([asset]) => asset);
  }

  /** Sends a request as it is. */
  http(request: Partial<ServerRequest>): ServerResponse {
    let answer: ServerResponse | undefined;
    this.venue.dialect.handleHttp({
      method: "GET",
      path: "/",
      query: "",
      headers: new Map(),
      body: "",
      ...request,
    }, (response) => {
      answer = response;
    });
    if (answer === undefined) throw new Error("no answer yet");
    return answer;
  }

  /** An unsigned GET. */
  get(path: string, query = "", decimal = true): Loose {
    const headers = new Map(decimal ? [["x-gate-size-decimal", "1"]] : []);
    return JSON.parse(this.http({ path: `/api/v4${path}`, query, headers }).body);
  }

  /** A signed request; headers can be changed. */
  signed(
    method: string,
    path: string,
    content: { query?: string; body?: unknown } = {},
    changes: Record<string, string> = {},
  ): ServerResponse {
    const full = `/api/v4${path}`;
    const query = content.query ?? "";
    const body = content.body === undefined ? "" : JSON.stringify(content.body);
    const digest = bytesToHex(sha512(encoder.encode(body)));
    const timestamp = changes.timestamp ?? String(this.seconds);
    const headers = new Map(Object.entries({
      "content-type": "application/json",
      "x-gate-size-decimal": "1",
      key: KEY.key,
      timestamp,
      sign: sign(`${method}\n${full}\n${query}\n${digest}\n${timestamp}`),
      ...changes,
    }));
    return this.http({ method, path: full, query, headers, body });
  }

  call(method: string, path: string, body?: unknown, query = ""): Loose {
    return JSON.parse(this.signed(method, path, { body, query }).body);
  }

  /** Opens a socket; throws when it is refused. */
  socket(path = SPOT_PATH, decimal = true): FakeSocket {
    const socket = new FakeSocket();
    const session = this.venue.dialect.acceptSocket({
      method: "GET",
      path,
      query: "",
      headers: new Map(decimal ? [["x-gate-size-decimal", "1"]] : []),
      body: "",
    }, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    return socket;
  }

  /** Subscribes; private channels are signed. */
  subscribe(socket: FakeSocket, channel: string, payload: Loose[], event = "subscribe"): void {
    const time = this.seconds;
    const SIGN = sign(`channel=${channel}&event=${event}&time=${time}`);
    const auth = { method: "api_key", KEY: KEY.key, SIGN };
    socket.send({ time, id: 1, channel, event, payload, auth });
  }

  /** A logged-in socket. */
  login(path = SPOT_PATH, decimal = true): FakeSocket {
    const socket = this.socket(path, decimal);
    const channel = path === SPOT_PATH ? "spot.login" : "futures.login";
    const timestamp = String(this.seconds);
    const signature = sign(`api\n${channel}\n\n${timestamp}`);
    const payload = { api_key: KEY.key, signature, timestamp, req_id: "login" };
    socket.send({ time: this.seconds, channel, event: "api", payload });
    const [reply] = socket.take();
    if (reply.data.result.uid !== this.uid) throw new Error("no login");
    return socket;
  }

  /** One request of order entry; answers its frames in order. */
  ask(socket: FakeSocket, channel: string, req_param: Loose, more: Loose = {}): Loose[] {
    const req_id = `r${++this.#names}`;
    socket.send({
      time: this.seconds,
      channel,
      event: "api",
      payload: { req_id, req_param, ...more },
    });
    return socket.take().filter((each) => each.request_id === req_id);
  }

  /** Another trader's order: price and size as the wire writes them. */
  other(sim: SimInstrument, side: Side, price: string, size: string): SimOrder {
    return unwrap(this.venue.exchange.place({
      owner: OTHER,
      instrument: sim,
      clientOrderId: `other${++this.#names}`,
      side,
      type: "limit",
      timeInForce: "gtc",
      price: unwrap(sim.instrument.priceFromText(price)),
      size: unwrap(sim.instrument.sizeFromText(size)),
    }));
  }
}

/** A spot order's arguments. */
export function spotOrder(changes: Record<string, unknown> = {}): Loose {
  return {
    text: "t-a1",
    currency_pair: "BTC_USDT",
    type: "limit",
    account: "spot",
    side: "buy",
    amount: "0.01",
    price: "63900",
    time_in_force: "gtc",
    ...changes,
  };
}

/** A futures order's arguments. */
export function perpOrder(changes: Record<string, unknown> = {}): Loose {
  return {
    contract: "BTC_USDT",
    size: "100",
    price: "63900",
    tif: "gtc",
    text: "t-p1",
    ...changes,
  };
}
