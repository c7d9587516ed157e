/**
 * The simulated dYdX on virtual time with fake sockets, for tests of its dialect.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { feeRate, type Side, unwrap } from "@/engine/domain/mod.ts";
import {
  createDydxVenue,
  type DydxVenue,
  type DydxVenueOptions,
} from "@/exchanges/dydx/dialect/mod.ts";
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
export const HEIGHT = 25_300_000;
/** The sheet's account A. */
export const KEY = "e92a6595c934c991d3b3e987ea9b3125bf61a076deab3a9cb519787b7b3e8d77";
export const ADDRESS = "dydx14zzueazeh0hj67cghhf9jypslcf9sh2n5k6art";

// deno-lint-ignore no-explicit-any
export type Loose = any;

/** One fake socket and what it was sent. */
export class FakeSocket implements ServerSocket {
  readonly texts: string[] = [];
  closed = "";
  pings = 0;
  answersPings = true;
  session: ServerSession | undefined;

  sendText(text: string): void {
    this.texts.push(text);
  }

  ping(_payload: string): void {
    this.pings++;
    if (this.answersPings) this.session!.onPong("");
  }

  close(code: number, reason: string): void {
    this.closed = `${code} ${reason}`;
  }

  cut(): void {
    this.closed = "cut";
  }

  take(): Loose[] {
    return this.texts.splice(0).map((text) => JSON.parse(text));
  }

  /** Contents pushed on one channel; forgets all messages. */
  contents(channel: string): Loose[] {
    return this.take().filter((each) => each.channel === channel && each.type === "channel_data")
      .map((each) => each.contents);
  }

  send(message: unknown): void {
    this.session!.onText(typeof message === "string" ? message : JSON.stringify(message));
  }
}

/** Bytes of protobuf fields: `[field, value]`; numbers as varints, `{ fixed }` as four bytes. */
export function fieldsOf(
  ...fields: readonly (readonly [number, Uint8Array | string | number | bigint | Fixed])[]
): Uint8Array {
  const bytes: number[] = [];
  for (const [field, value] of fields) {
    if (value === 0 || value === 0n) continue;
    if (typeof value === "number" || typeof value === "bigint") {
      bytes.push(...varint(BigInt(field << 3)), ...varint(BigInt(value)));
    } else if (value instanceof Uint8Array || typeof value === "string") {
      const content = typeof value === "string" ? new TextEncoder().encode(value) : value;
      bytes.push(...varint(BigInt((field << 3) | 2)), ...varint(BigInt(content.length)));
      bytes.push(...content);
    } else if (value.fixed !== 0) {
      bytes.push((field << 3) | 5);
      for (let i = 0; i < 4; i++) bytes.push((value.fixed >>> (8 * i)) & 255);
    }
  }
  return Uint8Array.from(bytes);
}

interface Fixed {
  readonly fixed: number;
}

function varint(value: bigint): number[] {
  const bytes: number[] = [];
  for (; value > 127n; value >>= 7n) bytes.push(Number(value & 127n) | 128);
  return [...bytes, Number(value)];
}

/** An order's fields; what is not said is a short-term buy of 0.001 BTC at 63900. */
export interface Wanted {
  readonly id?: number;
  readonly number?: number;
  readonly flags?: number;
  readonly pair?: number;
  readonly side?: number;
  readonly quantums?: number;
  readonly subticks?: number;
  readonly block?: number;
  readonly time?: number;
  readonly tif?: number;
  readonly reduceOnly?: boolean;
  readonly condition?: number;
  readonly trigger?: number;
}

function nameOf({ id = 1, number = 0, flags = 0, pair = 0 }: Wanted): Uint8Array {
  const subaccount = fieldsOf([1, ADDRESS], [2, number]);
  return fieldsOf([1, subaccount], [2, { fixed: id }], [3, flags], [4, pair]);
}

export function placeOf(wanted: Wanted): Uint8Array {
  const { flags = 0, side = 1, quantums = 10_000_000, subticks = 6_390_000_000 } = wanted;
  const order = fieldsOf(
    [1, nameOf(wanted)],
    [2, side],
    [3, quantums],
    [4, subticks],
    [5, flags === 0 ? wanted.block ?? HEIGHT + 20 : 0],
    [6, { fixed: wanted.time ?? 0 }],
    [7, wanted.tif ?? 0],
    [8, wanted.reduceOnly === true ? 1 : 0],
    [10, wanted.condition ?? 0],
    [11, wanted.trigger ?? 0],
  );
  return anyOf("MsgPlaceOrder", fieldsOf([1, order]));
}

export function cancelOf(wanted: Wanted): Uint8Array {
  const block = (wanted.flags ?? 0) === 0 ? wanted.block ?? HEIGHT + 20 : 0;
  const time = { fixed: wanted.time ?? 0 };
  return anyOf("MsgCancelOrder", fieldsOf([1, nameOf(wanted)], [2, block], [3, time]));
}

export function anyOf(type: string, value: Uint8Array): Uint8Array {
  return fieldsOf([1, `/dydxprotocol.clob.${type}`], [2, value]);
}

/** A signed transaction. */
export function txOf(
  messages: readonly Uint8Array[],
  sequence: number | bigint = 0,
  chainId = "dydx-testnet-4",
): Uint8Array {
  const body = fieldsOf(...messages.map((each) => [1, each] as const));
  const publicKey = secp256k1.getPublicKey(hex(KEY), true);
  const key = fieldsOf([1, "/cosmos.crypto.secp256k1.PubKey"], [2, fieldsOf([1, publicKey])]);
  const mode = fieldsOf([1, fieldsOf([1, 1])]);
  const signer = fieldsOf([1, key], [2, mode], [3, sequence]);
  const auth = fieldsOf([1, signer], [2, fieldsOf([2, 1_000_000])]);
  const digest = sha256(fieldsOf([1, body], [2, auth], [3, chainId], [4, 12]));
  const signature = secp256k1.sign(digest, hex(KEY), { prehash: false, lowS: true });
  return fieldsOf([1, body], [2, auth], [3, signature]);
}

export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (each) => parseInt(each, 16));
}

/** A venue in which only the accounts trade. */
export class DydxWorld {
  readonly time = new VirtualTime();
  readonly venue: DydxVenue;
  readonly btc: SimInstrument;
  readonly eth: SimInstrument;
  #names = 0;

  constructor(options: Partial<DydxVenueOptions> = {}, atMs?: number) {
    if (atMs !== undefined) this.time.setMillis(atMs);
    this.venue = createDydxVenue({
      clock: this.time,
      scheduler: this.time,
      seed: 7,
      source: quietSource(),
      otherOwners: [OTHER],
      fees: { perpetual: { maker: feeRate(-110), taker: feeRate(500) } },
      privateKey: KEY,
      firstHeight: HEIGHT,
      lateRemovals: 0,
      ...options,
    });
    [this.btc, this.eth] = this.venue.exchange.instruments as [SimInstrument, SimInstrument];
    this.venue.exchange.start();
  }

  get imbalances(): string[] {
    return [...this.venue.exchange.truth().imbalance]
      .filter(([, amount]) => amount !== 0n).map(([asset]) => asset);
  }

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

  get(path: string, query = ""): Loose {
    return JSON.parse(this.http({ path, query }).body);
  }

  /** Broadcasts bytes; answers the JSON-RPC answer. */
  broadcast(bytes: Uint8Array, method = "broadcast_tx_sync"): Loose {
    const tx = btoa(String.fromCharCode(...bytes));
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { tx } });
    return JSON.parse(this.http({ method: "POST", path: "/", body }).body);
  }

  /** Sends messages in one transaction; answers the code. */
  code(messages: Uint8Array | readonly Uint8Array[], sequence: number | bigint = 0): number {
    const list = messages instanceof Uint8Array ? [messages] : messages;
    return this.broadcast(txOf(list, sequence)).result.code;
  }

  socket(): FakeSocket {
    const socket = new FakeSocket();
    const session = this.venue.dialect.acceptSocket({
      method: "GET",
      path: "/v4/ws",
      query: "",
      headers: new Map(),
      body: "",
    }, socket);
    if ("status" in session) throw new Error(`refused: ${session.status}`);
    socket.session = session;
    this.time.advance(1);
    return socket;
  }

  /** A socket that hears one channel and has its snapshot behind it. */
  listen(channel: string, id?: string): FakeSocket {
    const socket = this.socket();
    socket.send({ type: "subscribe", channel, ...(id === undefined ? {} : { id }) });
    this.time.advance(10);
    socket.take();
    return socket;
  }

  account(): FakeSocket {
    return this.listen("v4_subaccounts", `${ADDRESS}/0`);
  }

  /** Another trader's order. */
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
