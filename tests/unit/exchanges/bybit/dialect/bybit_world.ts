/**
 * The simulated Bybit on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { feeRate, type Side, unwrap } from "@/engine/domain/mod.ts";
import {
  type BybitVenue,
  type BybitVenueOptions,
  createBybitVenue,
} from "@/exchanges/bybit/dialect/mod.ts";
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
export const KEY = {
  apiKey: "dummykey0123456789abcdef",
  secret: "dummysecret0123456789abcdef",
};

const encoder = new TextEncoder();

export function sign(text: string): string {
  return bytesToHex(hmac(sha256, encoder.encode(KEY.secret), encoder.encode(text)));
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

  /** Pushed items of one topic, and forgets all messages. */
  data(topic: string): Loose[] {
    return this.take().filter((each) => each.topic === topic).flatMap((each) => each.data);
  }

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }

  subscribe(...args: string[]): void {
    this.send({ req_id: "s1", op: "subscribe", args });
  }
}

/** A venue in which only the accounts trade. */
export class BybitWorld {
  readonly time = new VirtualTime();
  readonly venue: BybitVenue;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  #names = 0;
  #ids = 0;

  constructor(options: Partial<BybitVenueOptions> = {}) {
    this.venue = createBybitVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      fees: {
        spot: { maker: feeRate(800), taker: feeRate(1_000) },
        perpetual: { maker: feeRate(-50), taker: feeRate(550) },
      },
      keys: [KEY],
      ...options,
    });
    const { instruments } = this.venue.exchange;
    this.spot = instruments.find((each) => !each.perpetual)!;
    this.perp = instruments.find((each) => each.perpetual)!;
    this.venue.exchange.start();
  }

  get nowMs(): number {
    return Math.floor(this.time.now() / 1_000);
  }

  get imbalances(): string[] {
    return [...this.venue.exchange.truth().imbalance]
      .filter(([, amount]) => amount !== 0n).map(([asset]) => asset);
  }

  /** Sends a request as it is. */
  http(request: Partial<ServerRequest>): ServerResponse {
    let answer: ServerResponse | undefined;
    const empty = { method: "GET", path: "/", query: "", headers: new Map(), body: "" };
    this.venue.dialect.handleHttp({ ...empty, ...request }, (response) => {
      answer = response;
    });
    if (answer === undefined) throw new Error("no answer yet");
    return answer;
  }

  /** An unsigned GET. */
  get(path: string, query = ""): Loose {
    return JSON.parse(this.http({ path: `/v5/${path}`, query }).body);
  }

  /** Headers of a signed request, with any of them changed. */
  headers(payload: string, changes: Record<string, string> = {}): Map<string, string> {
    const timestamp = changes["x-bapi-timestamp"] ?? String(this.nowMs);
    const window = changes["x-bapi-recv-window"] ?? "5000";
    return new Map(Object.entries({
      "content-type": "application/json",
      "x-bapi-api-key": KEY.apiKey,
      "x-bapi-timestamp": timestamp,
      "x-bapi-recv-window": window,
      "x-bapi-sign": sign(timestamp + KEY.apiKey + window + payload),
      ...changes,
    }));
  }

  signedGet(path: string, query = ""): Loose {
    return JSON.parse(this.http({ path: `/v5/${path}`, query, headers: this.headers(query) }).body);
  }

  postRaw(path: string, content: unknown): ServerResponse {
    const body = JSON.stringify(content);
    return this.http({ method: "POST", path: `/v5/${path}`, body, headers: this.headers(body) });
  }

  post(path: string, content: unknown): Loose {
    return JSON.parse(this.postRaw(path, content).body);
  }

  /** Opens a socket; throws when it is refused. */
  socket(path = "public/linear", query = ""): FakeSocket {
    const socket = new FakeSocket();
    const request = { method: "GET", path: `/v5/${path}`, query, headers: new Map(), body: "" };
    const session = this.venue.dialect.acceptSocket(request, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    return socket;
  }

  /** A logged-on socket. */
  logOn(path = "private"): FakeSocket {
    const socket = this.socket(path);
    const expires = this.nowMs + 10_000;
    socket.send({ op: "auth", args: [KEY.apiKey, expires, sign(`GET/realtime${expires}`)] });
    socket.take();
    return socket;
  }

  /** A private socket that hears some topics. */
  hears(...topics: string[]): FakeSocket {
    const socket = this.logOn();
    socket.subscribe(...topics);
    socket.take();
    return socket;
  }

  /** One request of order entry; answers its answer. */
  ask(socket: FakeSocket, op: string, arg: Loose): Loose {
    const reqId = `r${++this.#ids}`;
    const header = { "X-BAPI-TIMESTAMP": String(this.nowMs), "X-BAPI-RECV-WINDOW": "5000" };
    socket.send({ reqId, header, op, args: [arg] });
    const [answer] = socket.take();
    if (answer?.reqId !== reqId) throw new Error("no answer yet");
    return answer;
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

/** A linear order that rests. */
export function perpOrder(changes: Record<string, unknown> = {}): Loose {
  return {
    category: "linear",
    symbol: "BTCUSDT",
    side: "Buy",
    orderType: "Limit",
    qty: "0.01",
    price: "63900",
    timeInForce: "GTC",
    ...changes,
  };
}
