/**
 * A transport whose other side is the test itself: it sees every byte and says what it likes, when
 * it likes.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { acceptKeyFor, type Address, type Link, type LinkHandler } from "@/exchanges/shared/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** One link as the test sees it. */
export class FakeLink implements Link {
  readonly address: Address;
  readonly handler: LinkHandler;
  written = new Uint8Array(0);
  closedWith: string | undefined = undefined;
  /** When true, `write` refuses, as a link over its bound does. */
  full = false;
  #ended = false;

  constructor(address: Address, handler: LinkHandler) {
    this.address = address;
    this.handler = handler;
  }

  get pendingBytes(): number {
    return this.full ? 1 : 0;
  }

  write(bytes: Uint8Array): boolean {
    if (this.full || this.closedWith !== undefined) return false;
    const joined = new Uint8Array(this.written.length + bytes.length);
    joined.set(this.written);
    joined.set(bytes, this.written.length);
    this.written = joined;
    return true;
  }

  close(reason: string): void {
    if (this.closedWith !== undefined) return;
    this.closedWith = reason;
    this.end(reason);
  }

  /** The link is gone. */
  end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.handler.onClose(reason);
  }

  open(): void {
    this.handler.onOpen();
  }

  /** Bytes or text from the peer. */
  say(what: string | Uint8Array, at = 7): void {
    const bytes = typeof what === "string" ? encoder.encode(what) : what;
    this.handler.onBytes(bytes, 0, bytes.length, micros(at));
  }

  /** The same, one byte at a time out of a buffer with other bytes around. */
  drip(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#ended) return;
      this.handler.onBytes(Uint8Array.of(99, byte, 99), 1, 2, micros(7));
    }
  }

  /** What was written since the last call. */
  takeWritten(): Uint8Array {
    const bytes = this.written;
    this.written = new Uint8Array(0);
    return bytes;
  }

  takeText(): string {
    return decoder.decode(this.takeWritten());
  }

  /** Answers a WebSocket's upgrade request that was just written. */
  acceptUpgrade(): void {
    const key = /Sec-WebSocket-Key: (\S+)/.exec(this.takeText())![1]!;
    this.say(upgradeAnswer(key));
  }
}

/** The answer a server gives to a key. */
export function upgradeAnswer(key: string): string {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    `Sec-WebSocket-Accept: ${acceptKeyFor(key)}\r\n\r\n`;
}

/** Remembers the links it was asked for. */
export class FakeTransport implements Transport {
  readonly links: FakeLink[] = [];

  connect(address: Address, handler: LinkHandler): Link {
    const link = new FakeLink(address, handler);
    this.links.push(link);
    return link;
  }

  get last(): FakeLink {
    return this.links[this.links.length - 1]!;
  }
}

/** A frame as a server would send it, written independently of the product's writer. */
export function serverFrame(
  first: number,
  payload: string | Uint8Array,
  options: { mask?: boolean; lengthBytes?: 0 | 2 | 8; claim?: number } = {},
): Uint8Array {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  const length = options.claim ?? bytes.length;
  const lengthBytes = options.lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8);
  const maskBit = options.mask ? 0x80 : 0;
  const head = [first, maskBit | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127)];
  for (let shift = lengthBytes - 1; shift >= 0; shift--) {
    head.push(Number((BigInt(length) >> BigInt(8 * shift)) & 0xffn));
  }
  if (options.mask) head.push(0, 0, 0, 0);
  return Uint8Array.from([...head, ...bytes]);
}

/** A client's frame as the peer reads it, independently of the product's reader. */
export function readClientFrame(bytes: Uint8Array): {
  opcode: number;
  final: boolean;
  masked: boolean;
  text: string;
  payload: Uint8Array;
  rest: Uint8Array;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let length = bytes[1]! & 0x7f;
  let at = 2;
  if (length === 126) {
    length = view.getUint16(2);
    at = 4;
  } else if (length === 127) {
    length = Number(view.getBigUint64(2));
    at = 10;
  }
  const masked = (bytes[1]! & 0x80) !== 0;
  const key = masked ? bytes.slice(at, at + 4) : new Uint8Array(4);
  if (masked) at += 4;
  const payload = bytes.slice(at, at + length).map((byte, index) => byte ^ key[index & 3]!);
  return {
    opcode: bytes[0]! & 0x0f,
    final: (bytes[0]! & 0x80) !== 0,
    masked,
    text: decoder.decode(payload),
    payload,
    rest: bytes.slice(at + length),
  };
}
