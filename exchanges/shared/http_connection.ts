/**
 * HTTP/1.1 on kept connections with no delay, over any `Transport`.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "@/engine/ports/mod.ts";
import type { Transport } from "./transport.ts";

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

/** Sends requests over kept connections, one at a time on each. */
export class HttpClient {
  readonly options: HttpClientOptions;

  constructor(options: HttpClientOptions) {
    this.options = options;
  }

  /** Sends a request; `done` is called exactly once, never before this returns. */
  request(_request: HttpRequest, _done: (answer: HttpAnswer) => void): void {
    throw new Error("being written");
  }

  /** Opens a connection to the host of `url` ahead of need. */
  warm(_url: string): void {
    throw new Error("being written");
  }

  /** Closes all connections; waiting requests fail. */
  close(): void {
    throw new Error("being written");
  }
}
