/**
 * The simulated Aster on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { feeRate, unwrap } from "@/engine/domain/mod.ts";
import {
  type AsterVenue,
  type AsterVenueOptions,
  createAsterVenue,
} from "@/exchanges/aster/dialect/mod.ts";
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
/** The sheet's HMAC key, and its agent and account. */
export const SHEET_KEY = "dummyKeyAsterSheet01";
export const SHEET_SECRET = "dummySecretAsterSheet01";

export const AGENT_KEY = "4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1";
export const AGENT = "0x21cF8Ae13Bb72632562c6Fff438652Ba1a151bb0";
export const ACCOUNT = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e";

const encoder = new TextEncoder();

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

const SEPARATOR = bytesOf("a95d0a7a6f3f17fcebb0c2336645385ce79cde7523f71ab147fdb7f15e9f37f9");

/** Signs as the sheet's clients do, for the live chain. */
export function signTyped(message: string): string {
  const hashed = (text: string) => keccak_256(encoder.encode(text));
  const struct = keccak_256(joined(hashed("Message(string msg)"), hashed(message)));
  const digest = keccak_256(joined(Uint8Array.of(25, 1), SEPARATOR, struct));
  const options = { prehash: false, format: "recovered" } as const;
  const signed = secp256k1.sign(digest, bytesOf(AGENT_KEY), options);
  const hex = (bytes: Uint8Array) =>
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `0x${hex(signed.slice(1))}${(27 + signed[0]!).toString(16)}`;
}

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
  readonly venue: AsterVenue;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  #names = 0;
  #nonce = 0;

  constructor(options: Partial<AsterVenueOptions> = {}) {
    this.venue = createAsterVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      fees: {
        spot: { maker: feeRate(1_000), taker: feeRate(1_000) },
        perpetual: { maker: feeRate(200), taker: feeRate(500) },
      },
      keys: [
        { kind: "hmac", apiKey: SHEET_KEY, secret: SHEET_SECRET },
        { kind: "wallet", signer: AGENT, user: ACCOUNT },
      ],
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
    const wallet = path.includes("api/v3/");
    const tail = wallet
      ? { nonce: this.nonce(), user: ACCOUNT, signer: AGENT }
      : { timestamp: this.nowMs };
    const pairs = pairsOf({ ...params, ...tail });
    const signature = wallet ? signTyped(pairs) : sign(SHEET_SECRET, pairs);
    const text = `${pairs}&signature=${signature}`;
    return this.http({
      method,
      path,
      ...(method === "GET" ? { query: text } : { body: text }),
      headers: new Map([["x-mbx-apikey", SHEET_KEY]]),
    });
  }

  /** A nonce that was not given before. */
  nonce(): number {
    this.#nonce = Math.max(Math.floor(this.time.now()), this.#nonce + 1);
    return this.#nonce;
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

  /** A socket that hears the account. */
  account(product: "spot" | "perp"): FakeSocket {
    const [api, ws] = product === "spot" ? ["/api/v3", "/spot/ws"] : ["/fapi/v3", "/ws"];
    const { listenKey } = this.signed("POST", `${api}/listenKey`);
    return this.socket(`${ws}/${listenKey}`);
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

export function pairsOf(params: Record<string, string | number>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}
