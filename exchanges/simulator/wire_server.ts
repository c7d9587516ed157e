/**
 * Serves a `WireDialect`: HTTP/1.1 and WebSocket by hand over any `ListeningTransport`.
 *
 *   link -> HttpSide (requests, upgrade) -> SocketSide (frames) -> the dialect's session
 *
 * 1. By hand, so that a frame can be cut at any byte and pings carry payloads (DESIGN section 7).
 * 2. A session hears `onClose` exactly once, and nothing after it.
 * 3. What a dialect sends while it accepts a socket leaves behind the upgrade answer.
 * 4. `permessage-deflate` is not offered: not worth its latency.
 * Source: RFC 6455 sections 4.2 and 5; RFC 9112.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import {
  acceptKeyFor,
  FrameReader,
  FrameWriter,
  type Link,
  type LinkHandler,
  type ListeningTransport,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from "@/exchanges/shared/mod.ts";
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "./dialect.ts";
import { HttpSide, responseBytes } from "./wire_http.ts";
import { type WireFaults, WireLine } from "./wire_line.ts";

export type { Fate, WireFaults } from "./wire_line.ts";

/** What a server is built with. */
export interface ServeOptions {
  readonly transport: ListeningTransport;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly dialect: WireDialect;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly faults?: WireFaults;
}

/** One dialect being served. */
export interface DialectServer {
  readonly port: number;
  /** Open connections, HTTP and WebSocket. */
  readonly connections: number;
  /** Stops listening and cuts all connections. */
  close(): void;
  /** Cuts all connections; new ones are welcome. */
  cutAll(): void;
}

const CONNECTIONS_MAX = 1_000;
const MESSAGE_BYTES_MAX = 4 * 1_024 * 1_024;
const CLOSE_TIMEOUT_MS = 2_000;
const PENDING_SENDS_MAX = 1_000;
const CONTROL_BYTES_MAX = 125;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Serves a dialect until `close`. */
export function serveDialect(options: ServeOptions): DialectServer {
  const open = new Set<ServedLink>();
  const { host, port } = options;
  const listener = options.transport.listen({ host, port }, (link) => {
    const served = new ServedLink(link, options, () => open.delete(served));
    if (open.size >= CONNECTIONS_MAX) link.close("too many connections");
    else open.add(served);
    return served;
  });
  function cutAll(): void {
    for (const served of [...open]) served.cut("cut by the server");
  }
  return {
    port: listener.port,
    get connections() {
      return open.size;
    },
    cutAll,
    close() {
      listener.close();
      cutAll();
    },
  };
}

/** One accepted link: first HTTP, perhaps a WebSocket later. */
class ServedLink implements LinkHandler {
  readonly #link: Link;
  readonly #options: ServeOptions;
  readonly #line: WireLine;
  readonly #http: HttpSide;
  readonly #onGone: () => void;
  #socket: SocketSide | undefined = undefined;

  constructor(link: Link, options: ServeOptions, onGone: () => void) {
    this.#link = link;
    this.#options = options;
    this.#onGone = onGone;
    this.#line = new WireLine(link, options.clock, options.scheduler, options.faults);
    this.#http = new HttpSide({
      link,
      line: this.#line,
      dialect: options.dialect,
      scheduler: options.scheduler,
      upgrade: (request) => this.#upgrade(request),
    });
  }

  onOpen(): void {
    // A server waits for the client to speak first.
  }

  onBytes(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    let from = start;
    if (this.#socket === undefined) from = this.#http.onBytes(bytes, start, end);
    if (from < end) this.#socket?.push(bytes, from, end, at);
  }

  onClose(_reason: string): void {
    this.#line.end();
    this.#http.end();
    this.#socket?.gone();
    this.#onGone();
  }

  cut(reason: string): void {
    this.#line.cut(reason);
  }

  /** Answers what refuses the upgrade; undefined when the link is a WebSocket now. */
  #upgrade(request: ServerRequest): ServerResponse | undefined {
    const key = request.headers.get("sec-websocket-key") ?? "";
    const version = request.headers.get("sec-websocket-version");
    if (request.method !== "GET" || version !== "13" || !/^[A-Za-z0-9+/]{22}==$/.test(key)) {
      return {
        status: version === "13" ? 400 : 426,
        headers: { "content-type": "text/plain", "sec-websocket-version": "13" },
        body: "not a WebSocket upgrade of version 13\n",
      };
    }
    const socket = new SocketSide(this.#link, this.#line, request.path, this.#options.scheduler);
    const accepted = this.#options.dialect.acceptSocket(request, socket);
    if ("status" in accepted) return accepted;
    this.#socket = socket;
    this.#http.end();
    this.#line.sendControl(responseBytes(
      {
        status: 101,
        headers: { upgrade: "websocket", "sec-websocket-accept": acceptKeyFor(key) },
        body: "",
      },
      "Upgrade",
      true,
    ));
    socket.begin(accepted);
    const waiting = this.#http.takeWaiting();
    if (waiting.length > 0) socket.push(waiting, 0, waiting.length, this.#options.clock.now());
    return undefined;
  }
}

/** One WebSocket from the server's side. */
class SocketSide implements ServerSocket {
  readonly #link: Link;
  readonly #line: WireLine;
  readonly #path: string;
  readonly #scheduler: Scheduler;
  readonly #writer = new FrameWriter(undefined);
  readonly #reader: FrameReader;
  #session: ServerSession | undefined = undefined;
  #state: "accepting" | "open" | "closing" | "gone" = "accepting";
  /** What was said before the upgrade was answered. */
  #early: (() => void)[] = [];
  #timer: TimerId | undefined = undefined;

  constructor(link: Link, line: WireLine, path: string, scheduler: Scheduler) {
    this.#link = link;
    this.#line = line;
    this.#path = path;
    this.#scheduler = scheduler;
    this.#reader = new FrameReader({
      onMessage: (binary, bytes, start, end) => this.#onMessage(binary, bytes, start, end),
      onPing: (bytes, start, end) => {
        if (this.#state !== "open") return;
        line.sendControl(this.#writer.frame(OPCODE_PONG, bytes.subarray(start, end)));
      },
      onPong: (bytes, start, end) => {
        if (this.#state !== "open") return;
        this.#session!.onPong(decoder.decode(bytes.subarray(start, end)));
      },
      onCloseFrame: (code) => this.#finish(code, ""),
      onFault: (code, reason) => this.#finish(code, reason),
    }, { expectMasked: true, messageBytesMax: MESSAGE_BYTES_MAX });
  }

  begin(session: ServerSession): void {
    this.#session = session;
    this.#state = "open";
    for (const say of this.#early.splice(0)) say();
  }

  push(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    this.#reader.push(bytes, start, end, at);
  }

  sendText(text: string): void {
    if (this.#state === "accepting") return this.#later(() => this.sendText(text));
    if (this.#state !== "open") return;
    this.#line.send("ws", this.#path, this.#writer.frame(OPCODE_TEXT, text), {
      replaced: (_status, body) => this.#writer.frame(OPCODE_TEXT, body),
      done: () => {},
    });
  }

  /** The payload is cut to the 125 bytes a control frame may hold. */
  ping(payload: string): void {
    if (this.#state === "accepting") return this.#later(() => this.ping(payload));
    if (this.#state !== "open") return;
    const bytes = encoder.encode(payload).subarray(0, CONTROL_BYTES_MAX);
    this.#line.sendControl(this.#writer.frame(OPCODE_PING, bytes));
  }

  close(code: number, reason: string): void {
    if (this.#state === "accepting") return this.#later(() => this.close(code, reason));
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#line.sendControl(this.#writer.closeFrame(code, reason));
    this.#timer = this.#scheduler.after(CLOSE_TIMEOUT_MS, () => this.cut());
  }

  cut(): void {
    if (this.#state === "accepting") return this.#later(() => this.cut());
    this.#line.cut("cut by the server");
  }

  /** The link is gone. */
  gone(): void {
    if (this.#state === "gone") return;
    this.#state = "gone";
    this.#reader.stop();
    if (this.#timer !== undefined) this.#scheduler.cancel(this.#timer);
    this.#session?.onClose();
  }

  #onMessage(binary: boolean, bytes: Uint8Array, start: number, end: number): void {
    if (this.#state !== "open") return;
    if (binary) return this.#finish(1_003, "only text is spoken here");
    const text = decoder.decode(bytes.subarray(start, end));
    this.#line.receive("ws", this.#path, end - start, {
      handle: () => {
        if (this.#state === "open") this.#session!.onText(text);
      },
      replaced: (_status, body) => {
        if (this.#state === "open") this.#session!.onText(body);
      },
    });
  }

  /** The peer closes, or broke the protocol: answer with a close frame and end the link. */
  #finish(code: number, reason: string): void {
    this.#reader.stop();
    if (this.#state === "open") this.#line.sendControl(this.#writer.closeFrame(code, reason));
    this.#state = "closing";
    this.#line.afterSent(() => this.#link.close(reason === "" ? "closed" : reason));
  }

  #later(say: () => void): void {
    if (this.#early.length < PENDING_SENDS_MAX) this.#early.push(say);
  }
}
