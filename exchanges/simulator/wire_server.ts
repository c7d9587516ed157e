/**
 * Serves a `WireDialect`: HTTP/1.1 and WebSocket by hand over any `ListeningTransport`.
 * @module
 */
import type { Clock, Random, Scheduler } from "@/engine/ports/mod.ts";
import type { ListeningTransport } from "@/exchanges/shared/mod.ts";
import type { WireDialect } from "./dialect.ts";

/** What happens to one message (a whole HTTP request or answer, a whole WebSocket message). */
export type Fate =
  | { readonly kind: "pass" }
  /** Vanishes. */
  | { readonly kind: "drop" }
  /** Comes later; what follows in the same direction of the same connection waits behind it. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Comes later and may be overtaken (WebSocket; on HTTP as `delay`). */
  | { readonly kind: "reorder"; readonly ms: number }
  /** Comes twice (an HTTP request is handled twice and answered once; an HTTP answer passes). */
  | { readonly kind: "repeat" }
  /** The connection is cut after so many bytes of it (inbound: before it is heard). */
  | { readonly kind: "cut"; readonly atByte: number }
  /** Both directions of the connection stand still for so long, then go on. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** Other content: an HTTP answer of this status (inbound: without being handled), a text message. */
  | { readonly kind: "replace"; readonly status: number; readonly body: string };

/** Decides what the wire does to each message. Deterministic from its own seed. */
export interface WireFaults {
  fate(direction: "in" | "out", channel: "http" | "ws", path: string, size: number): Fate;
}

/** What a server is built with. */
export interface ServeOptions {
  readonly transport: ListeningTransport;
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  readonly dialect: WireDialect;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
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

/** Serves a dialect until `close`. */
export function serveDialect(_options: ServeOptions): DialectServer {
  throw new Error("being written");
}
