/**
 * The HTTP/1.1 side of a served dialect: one link's requests, one at a time, in order.
 *
 *   bytes -> HttpReader -> (fate in) -> dialect -> (fate out) -> bytes
 *
 * 1. A request is answered before the next one on the same link is looked at, so pipelining is
 *    safe; what waits meanwhile is bounded.
 * 2. Bad framing is answered 400, 413, 431 or 501 and the link is closed.
 * 3. HEAD is answered like GET without its body; OPTIONS by the server itself.
 * 4. A link without a request for `idleMs` is closed, as venues do.
 * Source: RFC 9110, RFC 9112.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import type { Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { hasToken, type HttpHead, HttpReader, type Link } from "@/exchanges/shared/mod.ts";
import type { ServerRequest, ServerResponse, WireDialect } from "./dialect.ts";
import type { WireLine } from "./wire_line.ts";

/** Bounds of one link's HTTP side. */
export const HEAD_BYTES_MAX = 16 * 1_024;
export const BODY_BYTES_MAX = 4 * 1_024 * 1_024;
const WAITING_BYTES_MAX = 1_024 * 1_024;
const IDLE_MS = 75_000;

const REASONS: Readonly<Record<number, string>> = {
  100: "Continue",
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  418: "I'm a teapot",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What the HTTP side of a link needs. */
export interface HttpSideOptions {
  readonly link: Link;
  readonly line: WireLine;
  readonly dialect: WireDialect;
  readonly scheduler: Scheduler;
  /** Takes the link over for a WebSocket, or answers what refuses it. */
  upgrade(request: ServerRequest): ServerResponse | undefined;
}

/** Serves the requests of one link until it is upgraded or closed. */
export class HttpSide {
  readonly #options: HttpSideOptions;
  readonly #reader: HttpReader;
  #busy = false;
  #over = false;
  #upgraded = false;
  /** What arrived while a request was being answered. */
  #waiting = new Uint8Array(0);
  #idleTimer: TimerId | undefined = undefined;

  constructor(options: HttpSideOptions) {
    this.#options = options;
    this.#reader = new HttpReader("request", {
      onHead: (head) => this.#onHead(head),
      onMessage: (head, body) => this.#onRequest(head, body),
      onFault: (status, reason) => this.#onFault(status, reason),
    }, { headBytesMax: HEAD_BYTES_MAX, bodyBytesMax: BODY_BYTES_MAX });
    this.#idleLater();
  }

  /** Takes bytes; answers where a WebSocket's begin when the link was upgraded, else `end`. */
  onBytes(bytes: Uint8Array, start: number, end: number): number {
    let from = start;
    while (from < end) {
      if (this.#upgraded) return from;
      if (this.#over) return end;
      if (this.#busy) {
        this.#keep(bytes.subarray(from, end));
        return end;
      }
      from = this.#reader.push(bytes, from, end);
    }
    return end;
  }

  /** Bytes that waited behind the request that upgraded the link. */
  takeWaiting(): Uint8Array {
    const waiting = this.#waiting;
    this.#waiting = new Uint8Array(0);
    return waiting;
  }

  /** The link is gone. */
  end(): void {
    this.#over = true;
    this.#cancelIdle();
  }

  /** Writes an answer and says whether the link goes on. */
  answer(head: HttpHead, response: ServerResponse): void {
    const keep = head.modern
      ? !hasToken(head.headers.get("connection"), "close")
      : hasToken(head.headers.get("connection"), "keep-alive");
    const connection = keep ? "keep-alive" : "close";
    const bytes = responseBytes(response, connection, head.method === "HEAD");
    const { line } = this.#options;
    line.send("http", pathOf(head.target), bytes, {
      replaced: (status, body) => responseBytes(replacement(status, body), connection, false),
      done: () => this.#answered(keep),
    });
  }

  #onHead(head: HttpHead): boolean {
    const expects = head.headers.get("expect");
    if (expects?.toLowerCase() === "100-continue") {
      this.#options.link.write(encoder.encode("HTTP/1.1 100 Continue\r\n\r\n"));
    }
    return false;
  }

  #onRequest(head: HttpHead, body: Uint8Array): void {
    this.#busy = true;
    this.#cancelIdle();
    const request = requestOf(head, body);
    const { line } = this.#options;
    line.receive("http", request.path, body.length, {
      handle: (answered) => this.#handle(head, request, answered),
      replaced: (status, text) => this.answer(head, replacement(status, text)),
    });
  }

  /** Hands a request to the dialect. A repeated one is handled again, but answered once. */
  #handle(head: HttpHead, request: ServerRequest, answered: boolean): void {
    if (this.#over) return;
    if (hasToken(head.headers.get("upgrade"), "websocket")) {
      if (answered) return;
      const refusal = this.#options.upgrade(request);
      if (refusal === undefined) this.#upgraded = true;
      else this.answer(head, refusal);
      return;
    }
    if (request.method === "OPTIONS") {
      if (!answered) this.answer(head, { status: 204, headers: ALLOWED, body: "" });
      return;
    }
    let called = false;
    this.#options.dialect.handleHttp(
      head.method === "HEAD" ? { ...request, method: "GET" } : request,
      (response) => {
        assert(!called, "A dialect answers each request once");
        called = true;
        if (!answered && !this.#over) this.answer(head, response);
      },
    );
  }

  #answered(keep: boolean): void {
    if (this.#over) return;
    if (!keep) {
      this.end();
      return this.#options.link.close("the client keeps no connection");
    }
    this.#busy = false;
    this.#idleLater();
    const waiting = this.takeWaiting();
    if (waiting.length > 0) this.onBytes(waiting, 0, waiting.length);
  }

  #onFault(status: number, reason: string): void {
    this.end();
    const { link } = this.#options;
    link.write(responseBytes(replacement(status, `${status} ${reason}\n`), "close", false));
    link.close(reason);
  }

  #keep(bytes: Uint8Array): void {
    if (this.#waiting.length + bytes.length > WAITING_BYTES_MAX) {
      return this.#onFault(413, "too much was sent behind an unanswered request");
    }
    const joined = new Uint8Array(this.#waiting.length + bytes.length);
    joined.set(this.#waiting);
    joined.set(bytes, this.#waiting.length);
    this.#waiting = joined;
  }

  #idleLater(): void {
    this.#cancelIdle();
    this.#idleTimer = this.#options.scheduler.after(IDLE_MS, () => {
      if (this.#busy || this.#over) return;
      this.end();
      this.#options.link.close("idle");
    });
  }

  #cancelIdle(): void {
    if (this.#idleTimer !== undefined) this.#options.scheduler.cancel(this.#idleTimer);
    this.#idleTimer = undefined;
  }
}

const ALLOWED = { allow: "GET, HEAD, POST, PUT, DELETE, OPTIONS" };
/** The answer that a fault puts in place of the venue's. */
function replacement(status: number, body: string): ServerResponse {
  const type = body.startsWith("<")
    ? "text/html"
    : body.startsWith("{")
    ? "application/json"
    : "text/plain";
  return { status, headers: { "content-type": type }, body };
}

/** The bytes of an answer. Header values are the dialect's own: one line each. */
export function responseBytes(
  response: ServerResponse,
  connection: string,
  withoutBody: boolean,
): Uint8Array {
  const { status } = response;
  const body = encoder.encode(response.body);
  const bodyless = status < 200 || status === 204 || status === 304;
  let head = `HTTP/1.1 ${status} ${REASONS[status] ?? "Unknown"}\r\n`;
  const headers: Record<string, string> = { ...response.headers };
  if (!bodyless && headers["content-type"] === undefined && headers["Content-Type"] === undefined) {
    headers["content-type"] = "application/json";
  }
  for (const [name, value] of Object.entries(headers)) {
    assert(!/[\r\n]/.test(name + value), "A header field must be one line");
    head += `${name}: ${value}\r\n`;
  }
  if (!bodyless) head += `content-length: ${body.length}\r\n`;
  head += `connection: ${connection}\r\n\r\n`;
  const headBytes = encoder.encode(head);
  if (bodyless || withoutBody) return headBytes;
  const bytes = new Uint8Array(headBytes.length + body.length);
  bytes.set(headBytes);
  bytes.set(body, headBytes.length);
  return bytes;
}

/** A request as a dialect sees it. */
function requestOf(head: HttpHead, body: Uint8Array): ServerRequest {
  // A client that thinks us a proxy names us before the path; the path is all that counts.
  const target = head.target.replace(/^https?:\/\/[^/?]*/, "") || "/";
  const question = target.indexOf("?");
  return {
    method: head.method,
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? "" : target.slice(question + 1),
    headers: head.headers,
    body: decoder.decode(body),
  };
}

function pathOf(target: string): string {
  return target.split("?")[0]!;
}
