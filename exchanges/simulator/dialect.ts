/**
 * `WireDialect`: what a simulated venue must be able to say and understand as a server.
 *
 * The HTTP and WebSocket framing is done by `wire_server.ts` over any `ListeningTransport`; a
 * dialect sees whole requests and whole messages, and answers with text. Faults are applied
 * underneath.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type { FaultKind } from "./fault_kinds.ts";

/** An HTTP request as received. Header names are lower case. */
export interface ServerRequest {
  readonly method: string;
  /** Path without query, percent-encoded as sent. */
  readonly path: string;
  /** Raw query without `?`, exactly as sent; "" when there is none. */
  readonly query: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** An HTTP answer. `content-type: application/json` unless said otherwise. */
export interface ServerResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One accepted WebSocket, seen from the server. */
export interface ServerSocket {
  sendText(text: string): void;
  ping(payload: string): void;
  /** Closing handshake. */
  close(code: number, reason: string): void;
  /** Drops the connection at once, without a closing handshake. */
  cut(): void;
}

/** What a dialect does with one WebSocket. */
export interface ServerSession {
  onText(text: string): void;
  onPong(payload: string): void;
  onClose(): void;
}

/** A venue's wire protocol from the server's side. */
export interface WireDialect {
  readonly venue: VenueId;
  /** Answers one HTTP request, now or later, exactly once. */
  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void;
  /** Accepts a WebSocket upgrade on a path, or refuses it with an HTTP answer. */
  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse;
  /** Addresses per product as `touchline venues` prints them, for a base like `127.0.0.1:9001`. */
  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Keys of the one trading account, as `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Which of the kinds in `RARE_FAULTS` this venue can show; none when left out. */
  readonly rareFaults?: readonly FaultKind[];
}
