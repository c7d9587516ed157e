/**
 * One stream socket: subscriptions and their frames, bare or wrapped with the stream's name.
 *
 * 1. A name that is no market stream is taken for a listen key; what it is not stays silent.
 * 2. Errors are `{"code":2|3,"msg":...}`; a request's id is an unsigned whole number.
 * Source: protocol sheet section 2.
 * @module
 */
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import type { AccountStreams } from "./account_streams.ts";
import type { MarketStreams, StreamSink } from "./market_streams.ts";
import type { SocketKeeper } from "./sockets.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** How a stream socket was opened, and who feeds it. */
export interface StreamSessionOptions {
  readonly product: WireProduct;
  readonly combined: boolean;
  readonly streams: MarketStreams;
  readonly accounts: AccountStreams;
  readonly streamsMax: number;
}

/** One client's stream socket. */
export class StreamSession implements ServerSession, StreamSink {
  readonly #socket: ServerSocket;
  readonly #options: StreamSessionOptions;
  readonly #names = new Set<string>();
  #combined: boolean;
  keeper: SocketKeeper | undefined;

  constructor(socket: ServerSocket, options: StreamSessionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#combined = options.combined;
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
      return this.#fail(3, "Invalid JSON: expected value at line 1 column 1");
    }
    const { method, params, id } = request;
    if (!isId(id)) {
      return this.#fail(2, "Invalid request: request ID must be an unsigned integer");
    }
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
        );
    }
  }

  onPong(_payload: string): void {
    this.keeper?.pong();
  }

  onClose(): void {
    this.keeper?.close();
    for (const name of [...this.#names]) this.#remove(name);
  }

  #change(method: "SUBSCRIBE" | "UNSUBSCRIBE", params: unknown, id: unknown): void {
    if (!Array.isArray(params) || params.some((name) => typeof name !== "string")) {
      return this.#fail(2, "Invalid request: params must be an array of strings");
    }
    if (method === "SUBSCRIBE" && this.#names.size + params.length > this.#options.streamsMax) {
      return this.#fail(2, "Invalid request: too many streams");
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
    const { streams, accounts, product } = this.#options;
    if (/[@!]/.test(name)) streams.subscribe(name, this);
    else accounts.add(product, name, this);
  }

  #remove(name: string): void {
    if (!this.#names.delete(name)) return;
    const { streams, accounts, product } = this.#options;
    if (/[@!]/.test(name)) streams.unsubscribe(name, this);
    else accounts.remove(product, name, this);
  }

  #answer(result: unknown, id: unknown): void {
    this.#socket.sendText(JSON.stringify({ result, id }));
  }

  #fail(code: number, msg: string): void {
    this.#socket.sendText(JSON.stringify({ code, msg }));
  }
}

function isId(id: unknown): boolean {
  return typeof id === "number" && Number.isSafeInteger(id) && id >= 0;
}
