/**
 * The simulated Binance on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { feeRate, unwrap } from "@/engine/domain/mod.ts";
import {
  type BinanceVenue,
  type BinanceVenueOptions,
  createBinanceVenue,
} from "@/exchanges/binance/dialect/mod.ts";
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
/** The sheet's HMAC key. */
export const SHEET_KEY = "dummyKeyBinanceSheet01";
export const SHEET_SECRET = "dummySecretBinanceSheet01";

const encoder = new TextEncoder();

export function sign(secret: string, payload: string): string {
  const digest = hmac(sha256, encoder.encode(secret), encoder.encode(payload));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// deno-lint-ignore no-explicit-any
export type Loose = any;

/** One fake socket and what it was sent. */
export class FakeSocket implements ServerSocket {
  readonly texts: string[] = [];
  readonly pings: string[] = [];
  closed = "";
  session: ServerSession | undefined;

  sendText(text: string): void {
    this.texts.push(text);
  }

  ping(payload: string): void {
    this.pings.push(payload);
  }

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

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }
}

/** A venue in which only the accounts trade. */
export class VenueWorld {
  readonly time = new VirtualTime();
  readonly venue: BinanceVenue;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  #names = 0;

  constructor(options: Partial<BinanceVenueOptions> = {}) {
    this.venue = createBinanceVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      fees: {
        spot: { maker: feeRate(1_000), taker: feeRate(1_000) },
        perpetual: { maker: feeRate(200), taker: feeRate(500) },
      },
      keys: [{ kind: "hmac", apiKey: SHEET_KEY, secret: SHEET_SECRET }],
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
    return JSON.parse(this.http({ path, query }).body);
  }

  /** A signed request with its parameters in the query. */
  signed(method: string, path: string, params: Record<string, string | number> = {}): Loose {
    return JSON.parse(this.signedRaw(method, path, params).body);
  }

  signedRaw(
    method: string,
    path: string,
    params: Record<string, string | number> = {},
  ): ServerResponse {
    const pairs = Object.entries({ ...params, timestamp: this.nowMs })
      .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
    return this.http({
      method,
      path,
      query: `${pairs}&signature=${sign(SHEET_SECRET, pairs)}`,
      headers: new Map([["x-mbx-apikey", SHEET_KEY]]),
    });
  }

  /** Opens a socket; throws when it is refused. */
  socket(path: string, query = ""): FakeSocket {
    const socket = new FakeSocket();
    const session = this.venue.dialect.acceptSocket({
      method: "GET",
      path,
      query,
      headers: new Map(),
      body: "",
    }, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    return socket;
  }

  /** Parameters of a signed WebSocket request. */
  wsParams(params: Record<string, string | number | boolean>): Record<string, unknown> {
    const all: Record<string, unknown> = { ...params, apiKey: SHEET_KEY, timestamp: this.nowMs };
    const payload = Object.keys(all).sort().map((name) => `${name}=${all[name]}`).join("&");
    return { ...all, signature: sign(SHEET_SECRET, payload) };
  }

  /** A spot socket that hears the account. */
  spotAccount(): FakeSocket {
    const socket = this.socket("/ws-api/v3");
    socket.send({
      id: 1,
      method: "userDataStream.subscribe.signature",
      params: this.wsParams({}),
    });
    socket.take();
    return socket;
  }

  /** A USD-M socket that hears the account. */
  usdmAccount(events?: string): FakeSocket {
    const headers = new Map([["x-mbx-apikey", SHEET_KEY]]);
    const answer = this.http({ method: "POST", path: "/fapi/v1/listenKey", headers });
    const { listenKey } = JSON.parse(answer.body);
    const allowed = events === undefined ? "" : `&events=${events}`;
    return this.socket("/private/ws", `listenKey=${listenKey}${allowed}`);
  }

  /** Another trader's order. */
  other(sim: SimInstrument, side: "buy" | "sell", price: string, size: string): SimOrder {
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
