/**
 * The simulated OKX on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { feeRate, isoText, micros, type Side, unwrap } from "@/engine/domain/mod.ts";
import {
  createOkxVenue,
  type OkxVenue,
  type OkxVenueOptions,
} from "@/exchanges/okx/dialect/mod.ts";
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
  apiKey: "11111111-2222-3333-4444-555555555555",
  secret: "SHEETDUMMYSECRET0123456789ABCDEF",
  passphrase: "SheetPass1!",
};
/** `instIdCode` of BTC-USDT and BTC-USDT-SWAP. */
export const SPOT_CODE = 10_459;
export const SWAP_CODE = 10_462;

const encoder = new TextEncoder();

export function sign(payload: string): string {
  const digest = hmac(sha256, encoder.encode(KEY.secret), encoder.encode(payload));
  return btoa(String.fromCharCode(...digest));
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

  /** Pushed data of one channel, and forgets all messages. */
  data(channel: string): Loose[] {
    return this.take().filter((each) => each.arg?.channel === channel && each.data !== undefined)
      .flatMap((each) => each.data);
  }

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }

  subscribe(...args: Loose[]): void {
    this.send({ id: "1", op: "subscribe", args });
  }
}

/** A venue in which only the accounts trade. */
export class OkxWorld {
  readonly time = new VirtualTime();
  readonly venue: OkxVenue;
  readonly spot: SimInstrument;
  readonly swap: SimInstrument;
  #names = 0;
  #ids = 0;

  constructor(options: Partial<OkxVenueOptions> = {}) {
    this.venue = createOkxVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      fees: {
        spot: { maker: feeRate(800), taker: feeRate(1_000) },
        perpetual: { maker: feeRate(-50), taker: feeRate(500) },
      },
      keys: [KEY],
      ...options,
    });
    const { instruments } = this.venue.exchange;
    this.spot = instruments.find((each) => !each.perpetual)!;
    this.swap = instruments.find((each) => each.perpetual)!;
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
  get(path: string, query = ""): Loose {
    return JSON.parse(this.http({ path: `/api/v5/${path}`, query }).body);
  }

  /** Headers of a signed request, with any of them changed. */
  headers(payload: string, changes: Record<string, string> = {}): Map<string, string> {
    const timestamp = changes["ok-access-timestamp"] ??
      isoText(micros(this.nowMs * 1_000)).replace(/\d{3}Z$/, "Z");
    return new Map(Object.entries({
      "content-type": "application/json",
      "ok-access-key": KEY.apiKey,
      "ok-access-passphrase": KEY.passphrase,
      "ok-access-timestamp": timestamp,
      "ok-access-sign": sign(timestamp + payload),
      ...changes,
    }));
  }

  signedGet(path: string, query = ""): Loose {
    const target = `/api/v5/${path}${query === "" ? "" : `?${query}`}`;
    const headers = this.headers(`GET${target}`);
    return JSON.parse(this.http({ path: `/api/v5/${path}`, query, headers }).body);
  }

  postRaw(path: string, content: unknown, more: Record<string, string> = {}): ServerResponse {
    const body = JSON.stringify(content);
    const full = `/api/v5/${path}`;
    const headers = this.headers(`POST${full}${body}`, more);
    return this.http({ method: "POST", path: full, body, headers });
  }

  post(path: string, content: unknown): Loose {
    return JSON.parse(this.postRaw(path, content).body);
  }

  /** Opens a socket; throws when it is refused. */
  socket(route = "public"): FakeSocket {
    const socket = new FakeSocket();
    this.time.advance(1_000);
    const session = this.venue.dialect.acceptSocket({
      method: "GET",
      path: `/ws/v5/${route}`,
      query: "",
      headers: new Map(),
      body: "",
    }, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    return socket;
  }

  loginArgs(): Loose {
    const timestamp = String(Math.floor(this.nowMs / 1_000));
    const { apiKey, passphrase } = KEY;
    return { apiKey, passphrase, timestamp, sign: sign(`${timestamp}GET/users/self/verify`) };
  }

  /** A logged-in socket. */
  login(route = "private"): FakeSocket {
    const socket = this.socket(route);
    socket.send({ op: "login", args: [this.loginArgs()] });
    socket.take();
    return socket;
  }

  /** A private socket that hears orders and nothing else. */
  orders(): FakeSocket {
    const socket = this.login();
    socket.subscribe({ channel: "orders", instType: "ANY" });
    socket.take();
    return socket;
  }

  /** One request of order entry; answers its answer, which comes last. */
  ask(socket: FakeSocket, op: string, ...args: Loose[]): Loose {
    const id = `r${++this.#ids}`;
    socket.send({ id, op, args });
    const at = socket.texts.findIndex((text) => JSON.parse(text).id === id);
    if (at < 0) throw new Error("no answer yet");
    return JSON.parse(socket.texts.splice(at, 1)[0]!);
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

/** Arguments of a swap order over WebSockets. */
export function swapOrder(changes: Record<string, unknown> = {}): Loose {
  return {
    instIdCode: SWAP_CODE,
    tdMode: "cross",
    side: "buy",
    ordType: "limit",
    px: "63900",
    sz: "1",
    ...changes,
  };
}
