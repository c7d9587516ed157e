/**
 * HTTP/1.1 on kept connections with no delay, over any `Transport`.
 *
 *   request -> idle connection of the host, or a new one, or the queue -> one request at a time on
 *   each
 *
 * 1. Each request gets exactly one answer, never before `request` returns.
 * 2. A request is written once. When its outcome is unknown the answer says `sent: true`; only a
 *    GET or HEAD on a kept connection that died before any byte of an answer is written a second
 *    time, once.
 * 3. Any status and any body are an answer; only a broken exchange is a failure.
 * 4. Connections, waiting requests, time and bodies are bounded.
 * Source: RFC 9112 section 9.3 (kept connections, retrying).
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { hasToken, type HttpHead, HttpReader } from "./http_reader.ts";
import { type Link, type ParsedUrl, parseUrl, type Transport } from "./transport.ts";

/** A request. `url` is absolute; header names as they shall be sent. */
export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** From `request` to the whole answer; default `HttpLimits.timeoutMs`. */
  readonly timeoutMs?: number;
}

/** Any answer of the server, also 4xx, 5xx and HTML; or none. */
export type HttpAnswer =
  | {
    readonly kind: "answer";
    readonly status: number;
    /** Names in lower case; repeated ones joined by ", ". */
    readonly headers: ReadonlyMap<string, string>;
    readonly body: Uint8Array;
    /** When its last byte was received. */
    readonly at: Micros;
  }
  | {
    readonly kind: "failed";
    /** False: no byte of the request left this process. True: the outcome is unknown. */
    readonly sent: boolean;
    readonly reason: string;
  };

/** Bounds of a client. */
export interface HttpLimits {
  readonly connectionsPerHostMax: number;
  readonly waitingMax: number;
  readonly timeoutMs: number;
  /** An unused connection is closed after so long, before most servers do. */
  readonly keepIdleMs: number;
  readonly bodyBytesMax: number;
}

export const HTTP_LIMITS: HttpLimits = {
  connectionsPerHostMax: 4,
  waitingMax: 64,
  timeoutMs: 10_000,
  keepIdleMs: 30_000,
  bodyBytesMax: 32 * 1_024 * 1_024,
};

/** What a client is built with. */
export interface HttpClientOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly limits?: Partial<HttpLimits>;
}

/** One request on its way. */
interface Exchange {
  readonly request: HttpRequest;
  readonly url: ParsedUrl;
  readonly done: (answer: HttpAnswer) => void;
  timer: TimerId;
  connection: Connection | undefined;
  /** Whether any byte may have left. */
  sent: boolean;
  retried: boolean;
  finished: boolean;
}

const HEAD_BYTES_MAX = 65_536;
const encoder = new TextEncoder();

/** Sends requests over kept connections, one at a time on each. */
export class HttpClient {
  readonly #transport: Transport;
  readonly #scheduler: Scheduler;
  readonly #limits: HttpLimits;
  readonly #hosts = new Map<string, Host>();
  #closed = false;

  constructor(options: HttpClientOptions) {
    this.#transport = options.transport;
    this.#scheduler = options.scheduler;
    this.#limits = { ...HTTP_LIMITS, ...options.limits };
  }

  /** Sends a request; `done` is called exactly once, never before this returns. */
  request(request: HttpRequest, done: (answer: HttpAnswer) => void): void {
    const url = parseUrl(request.url, ["http", "https"]);
    if (url === undefined) {
      const shown = request.url.split("?")[0]!.slice(0, 80);
      return this.#failLater(`wanted an http:// or https:// address, found "${shown}"`, done);
    }
    if (this.#closed) return this.#failLater("the client is closed", done);
    const host = this.#hostOf(url);
    if (host.full) {
      return this.#failLater(`more than ${this.#limits.waitingMax} requests wait`, done);
    }
    const timeoutMs = request.timeoutMs ?? this.#limits.timeoutMs;
    const exchange: Exchange = {
      request,
      url,
      done,
      timer: this.#scheduler.after(timeoutMs, () => {
        host.giveUp(exchange, `no answer after ${timeoutMs} ms`);
      }),
      connection: undefined,
      sent: false,
      retried: false,
      finished: false,
    };
    host.offer(exchange);
  }

  /** Opens a connection to the host of `url` ahead of need, when it has no idle one. */
  warm(url: string): void {
    const parsed = parseUrl(url, ["http", "https"]);
    if (parsed !== undefined && !this.#closed) this.#hostOf(parsed).warm();
  }

  /** Open or opening connections. */
  get connections(): number {
    let count = 0;
    for (const host of this.#hosts.values()) count += host.connections.length;
    return count;
  }

  /** Closes all connections; requests on their way fail. */
  close(): void {
    this.#closed = true;
    for (const host of this.#hosts.values()) host.close();
  }

  #hostOf(url: ParsedUrl): Host {
    const key = `${url.tls ? "https" : "http"}://${url.host}:${url.port}`;
    let host = this.#hosts.get(key);
    if (host === undefined) {
      host = new Host(url, this.#transport, this.#scheduler, this.#limits);
      this.#hosts.set(key, host);
    }
    return host;
  }

  #failLater(why: string, done: (answer: HttpAnswer) => void): void {
    const reason = `Cannot send an HTTP request: ${why}`;
    this.#scheduler.after(0, () => done({ kind: "failed", sent: false, reason }));
  }
}

/** The connections to one host and who waits for them. */
class Host {
  readonly connections: Connection[] = [];
  readonly transport: Transport;
  readonly scheduler: Scheduler;
  readonly limits: HttpLimits;
  readonly url: ParsedUrl;
  readonly #waiting: Exchange[] = [];

  constructor(url: ParsedUrl, transport: Transport, scheduler: Scheduler, limits: HttpLimits) {
    this.url = url;
    this.transport = transport;
    this.scheduler = scheduler;
    this.limits = limits;
  }

  get full(): boolean {
    return this.#waiting.length >= this.limits.waitingMax;
  }

  offer(exchange: Exchange): void {
    const idle = this.connections.find((connection) => connection.idle);
    if (idle !== undefined) return idle.carry(exchange);
    this.#waiting.push(exchange);
    this.#openForWaiting();
  }

  warm(): void {
    const spare = this.connections.some((each) => each.idle || each.opening);
    if (!spare && this.connections.length < this.limits.connectionsPerHostMax) this.#open();
  }

  /** A connection is free. */
  onIdle(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next !== undefined) connection.carry(next);
  }

  /** A connection is gone; what it carried is answered or, once, written again. */
  onGone(connection: Connection, exchange: Exchange | undefined, reason: string): void {
    const index = this.connections.indexOf(connection);
    if (index >= 0) this.connections.splice(index, 1);
    if (exchange !== undefined) {
      const harmless = exchange.request.method === "GET" || exchange.request.method === "HEAD";
      if (connection.reused && !connection.heard && harmless && !exchange.retried) {
        exchange.retried = true;
        exchange.connection = undefined;
        this.#waiting.unshift(exchange);
      } else this.fail(exchange, reason);
    } else if (!connection.wasOpen) {
      // Nobody may wait for a host that cannot be reached; one attempt answers for one request.
      const next = this.#waiting.shift();
      if (next !== undefined) this.fail(next, reason);
    }
    this.#openForWaiting();
  }

  /** The request's time is over. */
  giveUp(exchange: Exchange, reason: string): void {
    if (exchange.finished) return;
    const waiting = this.#waiting.indexOf(exchange);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    const connection = exchange.connection;
    this.fail(exchange, reason);
    // Its answer may still come, so the connection can carry nothing else.
    connection?.end(reason);
  }

  answer(exchange: Exchange, answer: HttpAnswer): void {
    if (exchange.finished) return;
    exchange.finished = true;
    exchange.connection = undefined;
    this.scheduler.cancel(exchange.timer);
    exchange.done(answer);
  }

  fail(exchange: Exchange, why: string): void {
    const { request, url, sent } = exchange;
    const path = url.target.split("?")[0]!;
    const reason = `Cannot ${request.method} ${url.hostField}${path}: ${why}`;
    this.answer(exchange, { kind: "failed", sent, reason });
  }

  close(): void {
    for (const exchange of this.#waiting.splice(0)) this.fail(exchange, "the client is closed");
    for (const connection of [...this.connections]) connection.end("the client is closed");
  }

  #openForWaiting(): void {
    let opening = this.connections.filter((connection) => connection.opening).length;
    while (
      opening < this.#waiting.length &&
      this.connections.length < this.limits.connectionsPerHostMax
    ) {
      this.#open();
      opening++;
    }
  }

  #open(): void {
    const connection = new Connection(this);
    this.connections.push(connection);
    connection.open();
  }
}

/** One kept connection. */
class Connection {
  opening = true;
  wasOpen = false;
  /** Whether it has carried a request before the present one. */
  reused = false;
  /** Whether any byte of the present answer was received. */
  heard = false;
  readonly #host: Host;
  readonly #reader: HttpReader;
  #link: Link | undefined = undefined;
  #exchange: Exchange | undefined = undefined;
  #idleTimer: TimerId | undefined = undefined;
  #over = false;
  #keep = true;
  #at: Micros | undefined = undefined;

  constructor(host: Host) {
    this.#host = host;
    this.#reader = new HttpReader(
      "answer",
      {
        onHead: (head) => this.#onHead(head),
        onMessage: (head, body) => this.#onMessage(head, body),
        onFault: (_status, reason) => this.end(`the answer cannot be read: ${reason}`),
      },
      { headBytesMax: HEAD_BYTES_MAX, bodyBytesMax: host.limits.bodyBytesMax },
    );
  }

  get idle(): boolean {
    return this.wasOpen && !this.#over && this.#exchange === undefined;
  }

  open(): void {
    this.#link = this.#host.transport.connect(this.#host.url, {
      onOpen: () => {
        this.opening = false;
        if (this.#over) return;
        this.wasOpen = true;
        this.#rest();
      },
      onBytes: (bytes, start, end, at) => this.#onBytes(bytes, start, end, at),
      onClose: (reason) => this.#onLinkClosed(reason),
    });
  }

  /** Writes a request. The connection must be idle. */
  carry(exchange: Exchange): void {
    assert(this.idle, "An HTTP connection carries one request at a time");
    if (this.#idleTimer !== undefined) this.#host.scheduler.cancel(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#exchange = exchange;
    this.heard = false;
    exchange.connection = this;
    exchange.sent = this.#link!.write(requestBytes(exchange));
    if (!exchange.sent) this.end("the link takes no more bytes");
  }

  /** Ends the connection; what it carries fails. */
  end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#link?.close(reason);
    this.#gone(reason);
  }

  #rest(): void {
    this.#host.onIdle(this);
    if (!this.idle) return;
    const { keepIdleMs } = this.#host.limits;
    this.#idleTimer = this.#host.scheduler.after(keepIdleMs, () => this.end("unused"));
  }

  #onBytes(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    this.#at = at;
    let from = start;
    while (from < end && !this.#over) {
      if (this.#exchange === undefined) return this.end("bytes came that were not asked for");
      this.heard = true;
      from = this.#reader.push(bytes, from, end);
    }
  }

  #onHead(head: HttpHead): boolean {
    this.#keep = head.modern
      ? !hasToken(head.headers.get("connection"), "close")
      : hasToken(head.headers.get("connection"), "keep-alive");
    const lastsToEnd = !head.headers.has("content-length") &&
      !head.headers.has("transfer-encoding");
    const bodyless = head.status < 200 || head.status === 204 || head.status === 304 ||
      this.#exchange?.request.method === "HEAD";
    if (lastsToEnd && !bodyless) this.#keep = false;
    return bodyless;
  }

  #onMessage(head: HttpHead, body: Uint8Array): void {
    const exchange = this.#exchange;
    // An interim answer (100, 103): the real one follows.
    if (exchange === undefined || (head.status < 200 && head.status !== 101)) return;
    this.#exchange = undefined;
    this.reused = true;
    const keep = this.#keep && !this.#over;
    if (!keep) this.end("the server keeps no connection");
    this.#host.answer(exchange, {
      kind: "answer",
      status: head.status,
      headers: head.headers,
      body,
      at: this.#at!,
    });
    if (keep && this.idle) this.#rest();
  }

  /** The peer ended the link: an answer that lasts until then is whole now. */
  #onLinkClosed(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#exchange !== undefined && this.heard) this.#reader.finish();
    this.#gone(reason);
  }

  #gone(reason: string): void {
    this.opening = false;
    if (this.#idleTimer !== undefined) this.#host.scheduler.cancel(this.#idleTimer);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#host.onGone(this, exchange?.finished === true ? undefined : exchange, reason);
  }
}

function requestBytes(exchange: Exchange): Uint8Array {
  const { request, url } = exchange;
  const body = request.body;
  let head = `${request.method} ${url.target} HTTP/1.1\r\nHost: ${url.hostField}\r\n`;
  for (const [name, value] of Object.entries(request.headers ?? {})) {
    assert(!/[\r\n]/.test(name + value), "A header field must be one line");
    head += `${name}: ${value}\r\n`;
  }
  const payload = typeof body === "string" ? encoder.encode(body) : body;
  const hasBody = payload !== undefined && payload.length > 0;
  if (hasBody || request.method === "POST" || request.method === "PUT") {
    head += `Content-Length: ${payload?.length ?? 0}\r\n`;
  }
  const headBytes = encoder.encode(`${head}\r\n`);
  if (!hasBody) return headBytes;
  const bytes = new Uint8Array(headBytes.length + payload.length);
  bytes.set(headBytes);
  bytes.set(payload, headBytes.length);
  return bytes;
}
