/**
 * A client of simulated venues that shares no code with ours: HTTP and WebSocket written by hand on
 * the bytes of a link, with the instant of every frame.
 * @module
 */
import type { Transport } from "@/exchanges/shared/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A whole frame as it arrived. */
export interface RawFrame {
  readonly text: string;
  readonly at: number;
  /** Bytes received up to its end. */
  readonly endByte: number;
}

/** One WebSocket. */
export class RawSocket {
  readonly frames: RawFrame[] = [];
  /** All bytes received. */
  bytes = new Uint8Array(0);
  closed = "";
  /** Whether it does as the protocol says when it is pinged. */
  answersPings = true;
  pings = 0;
  /** Code of the close frame; 0: none came. */
  closeCode = 0;
  #read = 0;
  #upgraded = false;
  readonly #write: (bytes: Uint8Array) => void;

  constructor(transport: Transport, url: string, wanted: readonly string[]) {
    const { hostname, port, pathname, search } = new URL(url);
    const link = transport.connect({ host: hostname, port: Number(port), tls: false }, {
      onOpen: () => {
        link.write(encoder.encode(
          `GET ${pathname}${search} HTTP/1.1\r\nHost: sim\r\nUpgrade: websocket\r\n` +
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        ));
      },
      onBytes: (bytes, start, end, at) => {
        const joined = new Uint8Array(this.bytes.length + end - start);
        joined.set(this.bytes);
        joined.set(bytes.subarray(start, end), this.bytes.length);
        this.bytes = joined;
        this.#parse(at, wanted);
      },
      onClose: (reason) => this.closed = reason,
    });
    this.#write = (bytes) => link.write(bytes);
  }

  say(text: string): void {
    this.#frame(1, encoder.encode(text));
  }

  #frame(opcode: number, payload: Uint8Array): void {
    const head = payload.length < 126
      ? [128 | opcode, 128 | payload.length]
      : [128 | opcode, 128 | 126, payload.length >> 8, payload.length & 255];
    // A mask of nothing changes nothing.
    this.#write(new Uint8Array([...head, 0, 0, 0, 0, ...payload]));
  }

  #parse(at: number, wanted: readonly string[]): void {
    if (!this.#upgraded) {
      const end = decoder.decode(this.bytes).indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#upgraded = true;
      this.#read = end + 4;
      for (const text of wanted) this.say(text);
    }
    while (true) {
      const { bytes } = this;
      const from = this.#read;
      if (bytes.length < from + 2) return;
      const short = bytes[from + 1]! & 127;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (bytes.length < from + head) return;
      let size = short;
      if (short > 125) {
        size = 0;
        for (let i = from + 2; i < from + head; i++) size = size * 256 + bytes[i]!;
      }
      const end = from + head + size;
      if (bytes.length < end) return;
      this.#read = end;
      const payload = bytes.subarray(from + head, end);
      const opcode = bytes[from]! & 15;
      if (opcode === 1) this.frames.push({ text: decoder.decode(payload), at, endByte: end });
      if (opcode === 8) this.closeCode = payload[0]! * 256 + payload[1]!;
      if (opcode === 9) this.pings++;
      if (opcode === 9 && this.answersPings) this.#frame(10, payload);
    }
  }
}

/** What came of one HTTP request; status 0 while nothing came. */
export interface RawAnswer {
  status: number;
  body: string;
  at: number;
  closed: string;
}

/** Sends one request on a link of its own. */
export function rawRequest(
  transport: Transport,
  url: string,
  request: { readonly method?: string; readonly body?: string } = {},
): RawAnswer {
  const answer: RawAnswer = { status: 0, body: "", at: 0, closed: "" };
  const { hostname, port, pathname, search } = new URL(url);
  const { method = "GET", body = "" } = request;
  let text = "";
  const link = transport.connect({ host: hostname, port: Number(port), tls: false }, {
    onOpen: () => {
      link.write(encoder.encode(
        `${method} ${pathname}${search} HTTP/1.1\r\nHost: sim\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${encoder.encode(body).length}` +
          `\r\n\r\n${body}`,
      ));
    },
    onBytes: (bytes, start, end, at) => {
      text += decoder.decode(bytes.subarray(start, end));
      const split = text.indexOf("\r\n\r\n");
      const length = /content-length: (\d+)/i.exec(text)?.[1];
      if (split < 0 || text.length < split + 4 + Number(length ?? 0)) return;
      answer.status = Number(text.split(" ")[1]);
      answer.body = text.slice(split + 4);
      answer.at = at;
    },
    onClose: (reason) => answer.closed = reason,
  });
  return answer;
}
