/**
 * The simulated Hyperliquid on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { feeRate, type Side, unwrap } from "@/engine/domain/mod.ts";
import {
  actionHash,
  createHyperliquidVenue,
  type HyperliquidVenue,
  type HyperliquidVenueOptions,
  l1Digest,
} from "@/exchanges/hyperliquid/dialect/mod.ts";
import {
  quietSource,
  type ServerResponse,
  type ServerSession,
  type ServerSocket,
  type SimInstrument,
  type SimOrder,
} from "@/exchanges/simulator/mod.ts";
import { VirtualTime } from "@/tests/unit/exchanges/simulator/simulated_exchange_world.ts";

export const OTHER = 2;
/** The sheet's key and its address. */
export const KEY = "0x0123456789012345678901234567890123456789012345678901234567890123";
export const ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325";

// deno-lint-ignore no-explicit-any
export type Loose = any;

/** r, s and v of a digest under a key. */
export function signDigest(digest: Uint8Array, key = KEY): Loose {
  const bytes = secp256k1.sign(digest, hexToBytes(key.slice(2)), {
    prehash: false,
    format: "recovered",
  });
  return {
    r: `0x${bytesToHex(bytes.subarray(1, 33))}`,
    s: `0x${bytesToHex(bytes.subarray(33, 65))}`,
    v: 27 + bytes[0]!,
  };
}

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

  /** Data of one channel, and forgets all messages. */
  data(channel: string): Loose[] {
    return this.take().filter((each) => each.channel === channel).map((each) => each.data);
  }

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }

  subscribe(subscription: Loose): void {
    this.send({ method: "subscribe", subscription });
  }
}

/** A venue in which only the accounts trade. */
export class HyperliquidWorld {
  readonly time = new VirtualTime();
  readonly venue: HyperliquidVenue;
  readonly spot: SimInstrument;
  readonly perp: SimInstrument;
  #names = 0;
  #nonce = 0;

  constructor(options: Partial<HyperliquidVenueOptions> = {}) {
    this.venue = createHyperliquidVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      privateKey: KEY,
      fees: {
        spot: { maker: feeRate(100), taker: feeRate(500) },
        perpetual: { maker: feeRate(-20), taker: feeRate(350) },
      },
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

  /** Sends a body, lets a block pass, answers what came. */
  http(path: string, body: unknown): ServerResponse {
    let answer: ServerResponse | undefined;
    this.venue.dialect.handleHttp({
      method: "POST",
      path,
      query: "",
      headers: new Map([["content-type", "application/json"]]),
      body: typeof body === "string" ? body : JSON.stringify(body),
    }, (response) => {
      answer = response;
    });
    if (answer === undefined) this.time.advance(70);
    if (answer === undefined) throw new Error("no answer yet");
    return answer;
  }

  info(body: Loose): Loose {
    const { status, body: text } = this.http("/info", body);
    return status === 200 ? JSON.parse(text) : status;
  }

  mine(type: string, more: Loose = {}): Loose {
    return this.info({ type, user: ADDRESS, ...more });
  }

  /** A signed body; `changes` replaces parts of it after signing. */
  signed(action: Loose, changes: Loose = {}, more: Loose = {}): Loose {
    const nonce = more.nonce ?? Math.max(this.nowMs, this.#nonce + 1);
    this.#nonce = nonce;
    const digest = l1Digest(actionHash(action, { nonce, ...more }), "a");
    const { key, ...rest } = changes;
    return { action, nonce, ...more, signature: signDigest(digest, key ?? KEY), ...rest };
  }

  act(action: Loose, changes: Loose = {}, more: Loose = {}): Loose {
    const { status, body } = this.http("/exchange", this.signed(action, changes, more));
    return status === 200 ? JSON.parse(body) : status;
  }

  /** Statuses of new orders. */
  order(...orders: Loose[]): Loose[] {
    const answer = this.act({ type: "order", orders, grouping: "na" });
    return answer.response.data?.statuses ?? [answer.response];
  }

  socket(): FakeSocket {
    const socket = new FakeSocket();
    const session = this.venue.dialect.acceptSocket({
      method: "GET",
      path: "/ws",
      query: "",
      headers: new Map(),
      body: "",
    }, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    return socket;
  }

  /** A socket that hears a user stream and has forgotten how it began. */
  listen(...types: string[]): FakeSocket {
    const socket = this.socket();
    for (const type of types) socket.subscribe({ type, user: ADDRESS });
    socket.take();
    return socket;
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

/** A cloid of a number. */
export function cloid(number: number): string {
  return `0x${number.toString(16).padStart(32, "0")}`;
}

/** Wire of a perpetual order, in the order of its keys. */
export function perpOrder(changes: Loose = {}): Loose {
  const { a = 0, b = true, p = "63900", s = "0.1", r = false, tif = "Gtc", c, t } = changes;
  return {
    a,
    b,
    p,
    s,
    r,
    t: t ?? { limit: { tif } },
    ...(c === undefined ? {} : { c: typeof c === "number" ? cloid(c) : c }),
  };
}
