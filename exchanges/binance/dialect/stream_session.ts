/**
 * One stream socket: subscriptions and their frames, bare or wrapped with the stream's name.
 *
 * USD-M: a stream on the wrong route is acknowledged and stays silent.
 * @module
 */
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import { MarketStreams, type StreamSink } from "./market_streams.ts";
import type { SocketKeeper } from "./sockets.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** How a stream socket was opened. */
export interface StreamSessionOptions {
  readonly product: WireProduct;
  /** USD-M: `public`, `market` or `private`; spot has one route. */
  readonly route: "spot" | "public" | "market" | "private";
  readonly combined: boolean;
  readonly micro: boolean;
}

const STREAMS_MAX = 1_024;

/** One client's stream socket. */
export class StreamSession implements ServerSession, StreamSink {
  readonly #socket: ServerSocket;
  readonly #streams: MarketStreams;
  readonly #options: StreamSessionOptions;
  readonly #names = new Set<string>();
  readonly #onClose: () => void;
  #combined: boolean;
  keeper: SocketKeeper | undefined;

  constructor(
    socket: ServerSocket,
    streams: MarketStreams,
    options: StreamSessionOptions,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.#streams = streams;
    this.#options = options;
    this.#combined = options.combined;
    this.#onClose = onClose;
  }

  /** Subscribes to streams named in the address. */
  open(names: readonly string[]): void {
    for (const name of names) this.#add(name);
  }

  push(stream: string, frame: string): void {
    this.#socket.sendText(this.#combined ? `{"stream":"${stream}","data":${frame}}` : frame);
  }

  onText(text: string): void {
    if (this.keeper?.allow() === false) return;
    let request: Record<string, unknown>;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Record<string, unknown>;
    } catch {
      return this.#fail(3, "Invalid JSON: expected value at line 1 column 1", null);
    }
    const { method, params, id } = request;
    if (!this.#isId(id)) return this.#fail(2, "Invalid request: request ID must be valid", null);
    switch (method) {
      case "SUBSCRIBE":
      case "UNSUBSCRIBE":
        return this.#change(method, params, id);
      case "LIST_SUBSCRIPTIONS":
        return this.#answer([...this.#names], id);
      case "SET_PROPERTY":
        if (Array.isArray(params) && params[0] === "combined") this.#combined = params[1] === true;
        return this.#answer(null, id);
      case "GET_PROPERTY":
        return this.#answer(this.#combined, id);
      default:
        return this.#fail(
          2,
          `Invalid request: unknown variant \`${String(method)}\`, expected one of ` +
            "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY`",
          id,
        );
    }
  }

  onPong(_payload: string): void {
    this.keeper?.pong();
  }

  onClose(): void {
    this.keeper?.close();
    for (const name of this.#names) {
      this.#streams.unsubscribe(name, this, this.#options.micro);
    }
    this.#names.clear();
    this.#onClose();
  }

  #change(method: "SUBSCRIBE" | "UNSUBSCRIBE", params: unknown, id: unknown): void {
    if (!Array.isArray(params) || params.some((name) => typeof name !== "string")) {
      return this.#fail(2, "Invalid request: params must be an array of strings", id);
    }
    if (method === "SUBSCRIBE" && this.#names.size + params.length > STREAMS_MAX) {
      return this.#fail(2, "Invalid request: too many streams", id);
    }
    this.#answer(null, id);
    for (const name of params as string[]) {
      if (method === "SUBSCRIBE") this.#add(name);
      else this.#remove(name);
    }
  }

  #add(name: string): void {
    if (this.#names.has(name)) return;
    this.#names.add(name);
    const { route, micro } = this.#options;
    if (route === "private") return;
    if (route !== "spot" && MarketStreams.routeOf(name) !== route) return;
    this.#streams.subscribe(name, this, micro);
  }

  #remove(name: string): void {
    if (!this.#names.delete(name)) return;
    this.#streams.unsubscribe(name, this, this.#options.micro);
  }

  #isId(id: unknown): boolean {
    if (typeof id === "number") return Number.isSafeInteger(id) && id >= 0;
    if (this.#options.product === "usdm") return false;
    return id === null || id === undefined || (typeof id === "string" && /^\w{1,36}$/.test(id));
  }

  #answer(result: unknown, id: unknown): void {
    this.#socket.sendText(JSON.stringify({ result, id: id ?? null }));
  }

  #fail(code: number, msg: string, id: unknown): void {
    const body = this.#options.product === "spot"
      ? { error: { code, msg }, id: id ?? null }
      : { code, msg };
    this.#socket.sendText(JSON.stringify(body));
  }
}
