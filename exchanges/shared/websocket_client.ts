/**
 * RFC 6455 client over any `Transport`.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Random, Scheduler } from "@/engine/ports/mod.ts";
import type { Transport } from "./transport.ts";

/** Who receives what a WebSocket says. Bytes are valid only during the call. */
export interface WebSocketHandler {
  onOpen(): void;
  /** A whole text message `bytes[start..end)` (UTF-8), received at `at`. */
  onText(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** Called exactly once; 1006 when there was no closing handshake. */
  onClose(code: number, reason: string): void;
  onPing?(at: Micros): void;
  onPong?(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** Absent: a binary message closes the connection with 1003. */
  onBinary?(bytes: Uint8Array, start: number, end: number, at: Micros): void;
}

/** Bounds of one WebSocket. */
export interface WebSocketLimits {
  /** From `openWebSocket` to `onOpen`. */
  readonly connectTimeoutMs: number;
  /** From our close frame to the peer's. */
  readonly closeTimeoutMs: number;
  readonly messageBytesMax: number;
}

export const WEB_SOCKET_LIMITS: WebSocketLimits = {
  connectTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  messageBytesMax: 8 * 1_024 * 1_024,
};

/** What a WebSocket is built with. */
export interface WebSocketOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** `ws://` or `wss://`. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly handler: WebSocketHandler;
  readonly limits?: Partial<WebSocketLimits>;
}

/** One WebSocket. */
export interface WebSocketConnection {
  readonly state: "connecting" | "open" | "closing" | "closed";
  /** Bytes accepted but not yet given to the system. */
  readonly pendingBytes: number;
  /** Sends one text message; false when not open or over the link's bound: nothing was sent then. */
  sendText(text: string | Uint8Array): boolean;
  ping(payload?: Uint8Array): boolean;
  /** Starts the closing handshake; `onClose` follows. */
  close(code: number, reason: string): void;
}

/** Opens a WebSocket. Nothing is called back before this returns. */
export function openWebSocket(_options: WebSocketOptions): WebSocketConnection {
  throw new Error("being written");
}
