/**
 * Reads HTTP/1.1 messages, requests or answers, from bytes as they come, however they are cut.
 *
 *   head -> (length | chunks | until the end of the link | nothing) -> onMessage -> head ...
 *
 * 1. Head and body are bounded; what is over the bound or malformed is a fault with a status.
 * 2. A request with both a length and chunks is refused (RFC 9112 section 6.3: smuggling); in an
 *    answer the chunks count.
 * 3. `push` stops behind each whole message, so that the owner decides what the rest is.
 * 4. After a fault nothing more is read.
 * Source: RFC 9112.
 * @module
 */

/** The first line and the fields of a message. Field names are in lower case. */
export interface HttpHead {
  /** Request: method and target. Answer: both empty. */
  readonly method: string;
  readonly target: string;
  /** Answer: its status. Request: 0. */
  readonly status: number;
  /** Whether the version is 1.1. */
  readonly modern: boolean;
  readonly headers: ReadonlyMap<string, string>;
}

/** Who receives messages. */
export interface HttpSink {
  /** A head is complete. Answers whether the message has no body whatever its fields say. */
  onHead(head: HttpHead): boolean;
  onMessage(head: HttpHead, body: Uint8Array): void;
  /** `status` is what a server would answer. */
  onFault(status: number, reason: string): void;
}

/** Bounds of one message. */
export interface HttpReaderLimits {
  readonly headBytesMax: number;
  readonly bodyBytesMax: number;
}

type State =
  | "head"
  | "body_length"
  | "body_to_end"
  | "chunk_size"
  | "chunk_data"
  | "chunk_end"
  | "trailer"
  | "stopped";

const LF = 10;
const CR = 13;
const LINE_BYTES_MAX = 4_096;
const FIELDS_MAX = 200;
const NO_BODY = new Uint8Array(0);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const decoder = new TextDecoder("latin1");

/** Reads messages of one link. */
export class HttpReader {
  readonly #kind: "request" | "answer";
  readonly #sink: HttpSink;
  readonly #limits: HttpReaderLimits;
  #state: State = "head";
  #head: HttpHead | undefined = undefined;
  // The line or head that is being gathered.
  #line = new Uint8Array(1_024);
  #lineBytes = 0;
  #body = NO_BODY;
  #bodyBytes = 0;
  /** Bytes of the body or chunk still to come. */
  #missing = 0;

  constructor(kind: "request" | "answer", sink: HttpSink, limits: HttpReaderLimits) {
    this.#kind = kind;
    this.#sink = sink;
    this.#limits = limits;
  }

  /** Whether nothing of a next message has been read. */
  get idle(): boolean {
    return this.#state === "head" && this.#lineBytes === 0;
  }

  /** Reads on until a message is complete or the bytes end; answers where it stopped. */
  push(bytes: Uint8Array, start: number, end: number): number {
    let from = start;
    while (from < end) {
      switch (this.#state) {
        case "stopped":
          return end;
        case "head":
        case "chunk_size":
        case "chunk_end":
        case "trailer":
          from = this.#pushLine(bytes, from, end);
          break;
        default:
          from = this.#pushBody(bytes, from, end);
      }
      // A message without a body, or whose last byte was just read, ends the call.
      if (this.#state === "head" && this.#lineBytes === 0) return from;
    }
    return from;
  }

  /** The link ended: an answer that lasts until then is now whole. False when something is
   * missing. */
  finish(): boolean {
    if (this.#state === "body_to_end") {
      this.#deliver();
      return true;
    }
    return this.idle;
  }

  #pushLine(bytes: Uint8Array, start: number, end: number): number {
    const newline = bytes.indexOf(LF, start);
    const stop = newline < 0 || newline >= end ? end : newline + 1;
    const most = this.#state === "head" ? this.#limits.headBytesMax : LINE_BYTES_MAX;
    if (this.#lineBytes + stop - start > most) {
      this.#fault(431, `a head or line is longer than ${most} bytes`);
      return end;
    }
    this.#gather(bytes, start, stop);
    if (stop > start && bytes[stop - 1] === LF) this.#onLine();
    return stop;
  }

  #gather(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#lineBytes + end - start;
    if (needed > this.#line.length) {
      const grown = new Uint8Array(Math.max(needed, this.#line.length * 2));
      grown.set(this.#line.subarray(0, this.#lineBytes));
      this.#line = grown;
    }
    this.#line.set(bytes.subarray(start, end), this.#lineBytes);
    this.#lineBytes = needed;
  }

  /** A line is complete; a head is complete with its empty line. */
  #onLine(): void {
    const bytes = this.#line;
    const size = this.#lineBytes;
    if (size < 2 || bytes[size - 2] !== CR) {
      return this.#fault(400, "a line ends without carriage return");
    }
    if (this.#state === "head") {
      // Empty lines before a message are to be ignored (RFC 9112 section 2.2).
      if (size === 2) this.#lineBytes = 0;
      else if (bytes[size - 3] === LF) {
        this.#lineBytes = 0;
        this.#onHead(decoder.decode(bytes.subarray(0, size - 4)));
      }
      return;
    }
    this.#lineBytes = 0;
    const line = decoder.decode(bytes.subarray(0, size - 2));
    if (this.#state === "chunk_size") return this.#onChunkSize(line);
    if (this.#state === "chunk_end") {
      if (line !== "") return this.#fault(400, "a chunk is longer than it says");
      this.#state = "chunk_size";
      return;
    }
    if (line === "") this.#deliver();
  }

  #onHead(text: string): void {
    const parsed = parseHead(this.#kind, text);
    if (typeof parsed === "string") return this.#fault(400, parsed);
    this.#head = parsed;
    this.#bodyBytes = 0;
    if (this.#sink.onHead(parsed)) return this.#deliver();
    const coding = parsed.headers.get("transfer-encoding");
    const length = parsed.headers.get("content-length");
    if (coding !== undefined) {
      if (this.#kind === "request" && length !== undefined) {
        return this.#fault(400, "a request has both a length and a transfer coding");
      }
      if (coding.toLowerCase() !== "chunked") {
        return this.#fault(501, `the transfer coding "${coding.slice(0, 40)}" is not known`);
      }
      this.#state = "chunk_size";
      return;
    }
    if (length !== undefined) return this.#onLength(length);
    if (this.#kind === "request") return this.#deliver();
    this.#state = "body_to_end";
  }

  #onLength(text: string): void {
    // A repeated field is joined by commas; equal values are one (RFC 9112 section 6.3).
    const values = new Set(text.split(",").map((part) => part.trim()));
    const [value] = values;
    if (values.size !== 1 || value === undefined || !/^\d{1,15}$/.test(value)) {
      return this.#fault(400, `a content length is no number: "${text.slice(0, 40)}"`);
    }
    const length = Number(value);
    if (length > this.#limits.bodyBytesMax) return this.#tooLarge();
    if (length === 0) return this.#deliver();
    this.#body = new Uint8Array(length);
    this.#missing = length;
    this.#state = "body_length";
  }

  #onChunkSize(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line);
    if (match === null) {
      return this.#fault(400, `a chunk's size is no number: "${line.slice(0, 40)}"`);
    }
    this.#missing = parseInt(match[1]!, 16);
    if (this.#bodyBytes + this.#missing > this.#limits.bodyBytesMax) return this.#tooLarge();
    this.#state = this.#missing === 0 ? "trailer" : "chunk_data";
  }

  #pushBody(bytes: Uint8Array, start: number, end: number): number {
    const toEnd = this.#state === "body_to_end";
    const taken = toEnd ? end - start : Math.min(this.#missing, end - start);
    if (this.#bodyBytes + taken > this.#limits.bodyBytesMax) {
      this.#tooLarge();
      return end;
    }
    this.#addToBody(bytes, start, start + taken);
    if (toEnd) return end;
    this.#missing -= taken;
    if (this.#missing === 0) {
      if (this.#state === "body_length") this.#deliver();
      else this.#state = "chunk_end";
    }
    return start + taken;
  }

  #addToBody(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#bodyBytes + end - start;
    if (needed > this.#body.length) {
      const grown = new Uint8Array(Math.max(needed, this.#body.length * 2, 1_024));
      grown.set(this.#body.subarray(0, this.#bodyBytes));
      this.#body = grown;
    }
    this.#body.set(bytes.subarray(start, end), this.#bodyBytes);
    this.#bodyBytes = needed;
  }

  #deliver(): void {
    const head = this.#head!;
    const body = this.#bodyBytes === 0 ? NO_BODY : this.#body.subarray(0, this.#bodyBytes);
    this.#state = "head";
    this.#head = undefined;
    this.#body = NO_BODY;
    this.#bodyBytes = 0;
    this.#sink.onMessage(head, body);
  }

  #tooLarge(): void {
    this.#fault(413, `a body is longer than ${this.#limits.bodyBytesMax} bytes`);
  }

  #fault(status: number, reason: string): void {
    this.#state = "stopped";
    this.#sink.onFault(status, reason);
  }
}

/** The head of a message, or what is wrong with it. */
export function parseHead(kind: "request" | "answer", text: string): HttpHead | string {
  const lines = text.split("\r\n");
  const first = lines[0] ?? "";
  const match = kind === "request"
    ? /^([!-~]{1,32}) ([!-~]+) HTTP\/1\.([01])$/.exec(first)
    : /^HTTP\/1\.([01]) ([1-9]\d\d)(?: .*)?$/.exec(first);
  if (match === null) return `the first line is none of HTTP/1.1: "${first.slice(0, 60)}"`;
  if (lines.length > FIELDS_MAX) return `there are more than ${FIELDS_MAX} header fields`;
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index]!;
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (!TOKEN.test(name)) return `a header field has no name: "${line.slice(0, 40)}"`;
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return kind === "request"
    ? { method: match[1]!, target: match[2]!, status: 0, modern: match[3] === "1", headers }
    : { method: "", target: "", status: Number(match[2]), modern: match[1] === "1", headers };
}

/** Whether a comma-separated field holds a word, whatever its case. */
export function hasToken(value: string | undefined, token: string): boolean {
  if (value === undefined) return false;
  return value.split(",").some((part) => part.trim().toLowerCase() === token);
}
