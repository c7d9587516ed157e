/**
 * `Transport`: bytes in and out, over a real socket or an in-memory wire. Everything above it
 * (HTTP, WebSocket, venues) is synchronous code that cannot tell which one it is.
 *
 * 1. Callbacks only: no promise stands between a byte and who reads it.
 * 2. Bytes handed to `onBytes` are valid only during the call.
 * 3. `onClose` is called exactly once, after which nothing follows; `onOpen` at most once, before.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";

/** Where to connect. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Who receives a link's bytes. */
export interface LinkHandler {
  onOpen(): void;
  /** `bytes[start..end)` arrived at `at`. */
  onBytes(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** The link is gone, by us, by the peer or by a failure (`reason` says which). */
  onClose(reason: string): void;
}

/** One byte stream. */
export interface Link {
  /** Queues bytes (copied or written before it returns); false when closed or over the bound. */
  write(bytes: Uint8Array): boolean;
  /** Bytes accepted but not yet given to the system. */
  readonly pendingBytes: number;
  /** Closes in order after what was written; `onClose` follows. */
  close(reason: string): void;
}

/** Opens links. */
export interface Transport {
  connect(address: Address, handler: LinkHandler): Link;
}

/** Accepts links: the server's side of a transport, for the simulated venues. */
export interface ListeningTransport {
  /** Listens; `accept` gives the handler for each new link. Port 0 chooses a free one. */
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (link: Link) => LinkHandler,
  ): Listener;
}

/** A listening port. */
export interface Listener {
  readonly port: number;
  close(): void;
}

/** A parsed `http(s)://` or `ws(s)://` address. */
export interface ParsedUrl extends Address {
  /** What the Host field says: the port only when it is not the scheme's own. */
  readonly hostField: string;
  /** Path and query, at least "/". */
  readonly target: string;
}

/** The parts of an absolute address of one of these schemes; undefined when it is none. */
export function parseUrl(text: string, schemes: readonly string[]): ParsedUrl | undefined {
  // By hand, because `URL` would change how a query is encoded, which breaks signatures over it.
  const match = /^([a-z]+):\/\/(\[[0-9a-fA-F:.]+\]|[^/?#:@\s]+)(?::(\d{1,5}))?([/?][!-"$-~]*)?$/
    .exec(text);
  if (match === null || !schemes.includes(match[1]!)) return undefined;
  const tls = match[1] === "https" || match[1] === "wss";
  const ordinary = tls ? 443 : 80;
  const port = match[3] === undefined ? ordinary : Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  const host = match[2]!;
  const rest = match[4] ?? "/";
  return {
    host: host.startsWith("[") ? host.slice(1, -1) : host,
    port,
    tls,
    hostField: port === ordinary ? host : `${host}:${port}`,
    target: rest.startsWith("?") ? `/${rest}` : rest,
  };
}
