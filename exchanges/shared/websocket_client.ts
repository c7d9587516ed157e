/**
 * RFC 6455 client over any `Transport`: masks, pings, closing handshake, limits.
 *
 *   connecting -> open -> closing -> closed        (from each state straight to closed when the
 *   link ends)
 *
 * 1. `onOpen` follows only an upgrade answer with the right accept key.
 * 2. A ping is answered at once with the same payload.
 * 3. After `close` no message is delivered; after `onClose` nothing at all; it is called exactly
 *    once.
 * 4. Frames are read where they lie (`websocket_frames.ts`); extensions are neither offered nor
 *    taken.
 * Source: RFC 6455 sections 4.1, 5.5 and 7.
 * @module
 */
import { sha1 } from "@noble/hashes/legacy.js";
import { assert, type Micros } from "@/engine/domain/mod.ts";
import type { Clock, Random, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import { hasToken, type HttpHead, HttpReader } from "./http_reader.ts";
import { type Link, type ParsedUrl, parseUrl, type Transport } from "./transport.ts";
import {
  FrameReader,
  FrameWriter,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
} from "./websocket_frames.ts";

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
  /** From our close frame to the end of the link. */
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
  /** Sends one text message; false when not open or over the link's bound: nothing was sent
   * then. */
  sendText(text: string | Uint8Array): boolean;
  ping(payload?: Uint8Array): boolean;
  /** Starts the closing handshake; `onClose` follows. Before `onOpen` it gives up the attempt. */
  close(code: number, reason: string): void;
}

const HEAD_BYTES_MAX = 16_384;
const REFUSAL_BYTES_MAX = 65_536;
const ACCEPT_SALT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const NO_PAYLOAD = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Opens a WebSocket. Nothing is called back before this returns. */
export function openWebSocket(options: WebSocketOptions): WebSocketConnection {
  return new ClientWebSocket(options);
}

/** The answer a server must give to a client's key (RFC 6455 section 4.2.2). */
export function acceptKeyFor(key: string): string {
  return base64Of(sha1(encoder.encode(key + ACCEPT_SALT)));
}

class ClientWebSocket implements WebSocketConnection {
  state: "connecting" | "open" | "closing" | "closed" = "connecting";
  readonly #handler: WebSocketHandler;
  readonly #scheduler: Scheduler;
  readonly #limits: WebSocketLimits;
  readonly #link: Link | undefined;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #http: HttpReader;
  readonly #key: string;
  #timer: TimerId;
  #upgraded = false;
  // What `onClose` will say when the link ends.
  #code = 1_006;
  #reason: string | undefined = undefined;
  #ownReason = "";

  constructor(options: WebSocketOptions) {
    this.#handler = options.handler;
    this.#scheduler = options.scheduler;
    this.#limits = { ...WEB_SOCKET_LIMITS, ...options.limits };
    this.#writer = new FrameWriter(options.random);
    this.#key = randomKey(options.random);
    this.#reader = new FrameReader(this.#frameSink(), {
      expectMasked: false,
      messageBytesMax: this.#limits.messageBytesMax,
    });
    this.#http = new HttpReader("answer", this.#httpSink(), {
      headBytesMax: HEAD_BYTES_MAX,
      bodyBytesMax: REFUSAL_BYTES_MAX,
    });
    const url = parseUrl(options.url, ["ws", "wss"]);
    if (url === undefined) {
      this.#link = undefined;
      const reason = `Cannot open a WebSocket: wanted a ws:// or wss:// address, found "${
        options.url.slice(0, 80)
      }"`;
      this.#timer = options.scheduler.after(0, () => this.#closed(reason));
      return;
    }
    this.#timer = options.scheduler.after(
      this.#limits.connectTimeoutMs,
      () => this.#giveUp(1_006, `not open after ${this.#limits.connectTimeoutMs} ms`),
    );
    this.#link = options.transport.connect(url, {
      onOpen: () => this.#upgrade(url, options.headers ?? {}),
      onBytes: (bytes, start, end, at) => this.#onBytes(bytes, start, end, at),
      onClose: (reason) => this.#closed(reason),
    });
  }

  get pendingBytes(): number {
    return this.#link?.pendingBytes ?? 0;
  }

  sendText(text: string | Uint8Array): boolean {
    if (this.state !== "open") return false;
    return this.#link!.write(this.#writer.frame(OPCODE_TEXT, text));
  }

  ping(payload: Uint8Array = NO_PAYLOAD): boolean {
    if (this.state !== "open") return false;
    return this.#link!.write(this.#writer.frame(OPCODE_PING, payload));
  }

  close(code: number, reason: string): void {
    if (this.state === "connecting") return this.#giveUp(1_006, reason);
    if (this.state !== "open") return;
    this.state = "closing";
    this.#ownReason = reason;
    this.#link!.write(this.#writer.closeFrame(code, reason));
    const { closeTimeoutMs } = this.#limits;
    this.#timer = this.#scheduler.after(
      closeTimeoutMs,
      () => this.#giveUp(1_006, `${reason}; no closing answer after ${closeTimeoutMs} ms`),
    );
  }

  #upgrade(url: ParsedUrl, extra: Readonly<Record<string, string>>): void {
    if (this.state !== "connecting") return;
    const lines = [
      `GET ${url.target} HTTP/1.1`,
      `Host: ${url.hostField}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${this.#key}`,
      "Sec-WebSocket-Version: 13",
    ];
    for (const [name, value] of Object.entries(extra)) {
      assert(!/[\r\n]/.test(name + value), "A header field must be one line");
      lines.push(`${name}: ${value}`);
    }
    this.#link!.write(encoder.encode(`${lines.join("\r\n")}\r\n\r\n`));
  }

  #onBytes(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    let from = start;
    while (!this.#upgraded) {
      if (from >= end || this.state === "closed") return;
      from = this.#http.push(bytes, from, end);
    }
    this.#reader.push(bytes, from, end, at);
  }

  #httpSink() {
    return {
      // An upgrade has no body; what follows it are frames. An interim answer has none either.
      onHead: (head: HttpHead) => head.status < 200,
      onMessage: (head: HttpHead, body: Uint8Array) => this.#onAnswer(head, body),
      onFault: (_status: number, reason: string) =>
        this.#giveUp(1_006, `the upgrade answer cannot be read: ${reason}`),
    };
  }

  #onAnswer(head: HttpHead, body: Uint8Array): void {
    if (head.status < 200 && head.status !== 101) return;
    const wrong = this.#wrongAnswer(head, body);
    if (wrong !== undefined) return this.#giveUp(1_006, wrong);
    this.#upgraded = true;
    if (this.state !== "connecting") return;
    this.#scheduler.cancel(this.#timer);
    this.state = "open";
    this.#handler.onOpen();
  }

  #wrongAnswer(head: HttpHead, body: Uint8Array): string | undefined {
    if (head.status !== 101) {
      const text = decoder.decode(body.subarray(0, 200));
      return `upgrade refused: wanted status 101, found ${head.status} ${text}`;
    }
    if (!hasToken(head.headers.get("upgrade"), "websocket")) {
      return "upgrade answer without upgrade";
    }
    if (!hasToken(head.headers.get("connection"), "upgrade")) {
      return "upgrade answer without connection: upgrade";
    }
    if (head.headers.get("sec-websocket-accept") !== acceptKeyFor(this.#key)) {
      return "upgrade answer with a wrong accept key";
    }
    if (head.headers.has("sec-websocket-extensions")) return "an extension we did not offer";
    return undefined;
  }

  #frameSink() {
    return {
      onMessage: (binary: boolean, bytes: Uint8Array, start: number, end: number, at: Micros) => {
        if (this.state !== "open") return;
        if (!binary) this.#handler.onText(bytes, start, end, at);
        else if (this.#handler.onBinary) this.#handler.onBinary(bytes, start, end, at);
        else this.#fail(1_003, "a binary message where only text is spoken");
      },
      onPing: (bytes: Uint8Array, start: number, end: number, at: Micros) => {
        if (this.state !== "open") return;
        this.#link!.write(this.#writer.frame(OPCODE_PONG, bytes.subarray(start, end)));
        this.#handler.onPing?.(at);
      },
      onPong: (bytes: Uint8Array, start: number, end: number, at: Micros) => {
        if (this.state === "open") this.#handler.onPong?.(bytes, start, end, at);
      },
      onCloseFrame: (code: number, reason: string) => this.#onCloseFrame(code, reason),
      onFault: (code: number, reason: string) => this.#fail(code, reason),
    };
  }

  #onCloseFrame(code: number, reason: string): void {
    if (this.state === "open") this.#link!.write(this.#writer.closeFrame(code, ""));
    this.#giveUp(code, reason === "" ? this.#ownReason : reason);
  }

  /** The peer broke the protocol: tell it, and end the link without waiting for its answer. */
  #fail(code: number, reason: string): void {
    if (this.state === "open") this.#link!.write(this.#writer.closeFrame(code, reason));
    this.#giveUp(code, reason);
  }

  /** Ends the link; `code` and `reason` are what `onClose` will say. */
  #giveUp(code: number, reason: string): void {
    if (this.state === "closed" || this.#reason !== undefined) return;
    this.#scheduler.cancel(this.#timer);
    this.state = "closing";
    this.#code = code;
    this.#reason = reason;
    this.#reader.stop();
    this.#link?.close(reason);
  }

  #closed(reason: string): void {
    if (this.state === "closed") return;
    this.#scheduler.cancel(this.#timer);
    this.state = "closed";
    this.#reader.stop();
    this.#handler.onClose(this.#code, this.#reason ?? reason);
  }
}

/** Sixteen bytes of chance in base64 (RFC 6455 section 4.1). */
function randomKey(random: Random): string {
  return base64Of(Uint8Array.from({ length: 16 }, () => Math.floor(random.next() * 256)));
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
