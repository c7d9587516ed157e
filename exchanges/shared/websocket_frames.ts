/**
 * RFC 6455 frames, both ways, for client and server.
 *
 *   bytes -> FrameReader -> whole messages and control frames
 *   message -> FrameWriter -> one frame in one reused buffer
 *
 * 1. A frame that arrived whole is read where it lies; only one that straddles two reads is copied,
 *    and only fragments are gathered.
 * 2. Clients mask, servers do not; the other way is a protocol error (RFC 6455 section 5.1).
 * 3. Control frames may stand between fragments, are whole and at most 125 bytes (5.4, 5.5).
 * 4. A length is refused as soon as its header is known: too long (1009), not in its shortest form
 *    (1002).
 * 5. After a fault or a close frame nothing more is read.
 * Source: RFC 6455 sections 5 and 7.4.
 * @module
 */
import { assert, type Micros } from "@/engine/domain/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";

export const OPCODE_CONTINUATION = 0x0;
export const OPCODE_TEXT = 0x1;
export const OPCODE_BINARY = 0x2;
export const OPCODE_CLOSE = 0x8;
export const OPCODE_PING = 0x9;
export const OPCODE_PONG = 0xa;

const CONTROL_BYTES_MAX = 125;
const HEADER_BYTES_MAX = 14;
const FIN = 0x80;
const MASKED = 0x80;
const RESERVED_BITS = 0x70;
const KEEP_BYTES_MAX = 1_048_576;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Who receives what frames say. Bytes are valid only during the call. */
export interface FrameSink {
  onMessage(binary: boolean, bytes: Uint8Array, start: number, end: number, at: Micros): void;
  onPing(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  onPong(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** The peer's close frame; 1005 when it gives no code. */
  onCloseFrame(code: number, reason: string): void;
  /** The peer broke the protocol; `code` is what to close with. */
  onFault(code: number, reason: string): void;
}

/** Which side's frames are read, and how much is taken. */
export interface FrameReaderOptions {
  /** True on a server: frames of clients are masked. */
  readonly expectMasked: boolean;
  readonly messageBytesMax: number;
}

/** Reads frames from bytes as they come, however they are cut. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #expectMasked: boolean;
  readonly #messageBytesMax: number;
  #stopped = false;
  // The beginning of a frame whose rest has not arrived.
  #carry: Uint8Array = new Uint8Array(0);
  #carried = 0;
  // Payloads of the fragments of one message.
  #gathered: Uint8Array = new Uint8Array(0);
  #gatheredBytes = 0;
  #gathering = 0;
  // What `#measure` found out about the frame at hand.
  #headerBytes = 0;
  #payloadBytes = 0;
  #scratch = new Uint8Array(0);

  constructor(sink: FrameSink, options: FrameReaderOptions) {
    this.#sink = sink;
    this.#expectMasked = options.expectMasked;
    this.#messageBytesMax = options.messageBytesMax;
  }

  /** Nothing more is read. */
  stop(): void {
    this.#stopped = true;
  }

  /** Takes `bytes[start..end)`, received at `at`. */
  push(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    let from = start;
    while (from < end && !this.#stopped) {
      if (this.#carried > 0) {
        from = this.#complete(bytes, from, end, at);
        continue;
      }
      const size = this.#measure(bytes, from, end);
      if (this.#stopped) return;
      if (size < 0 || size > end - from) return this.#keep(bytes, from, end);
      this.#take(bytes, from, at);
      from += size;
    }
  }

  /** Adds to the carried beginning what its frame still needs; answers where the rest starts. */
  #complete(bytes: Uint8Array, start: number, end: number, at: Micros): number {
    let from = start;
    let size = this.#measure(this.#carry, 0, this.#carried);
    while (size < 0 && from < end && !this.#stopped) {
      this.#keep(bytes, from, ++from);
      size = this.#measure(this.#carry, 0, this.#carried);
    }
    if (this.#stopped || size < 0) return end;
    const rest = Math.min(size - this.#carried, end - from);
    this.#keep(bytes, from, from + rest);
    from += rest;
    if (this.#carried === size) {
      const frame = this.#carry;
      this.#carried = 0;
      if (frame.length > KEEP_BYTES_MAX) this.#carry = new Uint8Array(0);
      this.#take(frame, 0, at);
    }
    return from;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#carry = appended(this.#carry, this.#carried, bytes, start, end);
    this.#carried += end - start;
  }

  /** Bytes of the whole frame that starts at `start`; -1 while its header is not complete. */
  #measure(bytes: Uint8Array, start: number, end: number): number {
    const known = end - start;
    if (known < 2) return -1;
    const second = bytes[start + 1]!;
    const masked = (second & MASKED) !== 0;
    if (!this.#allowed(bytes[start]!, masked, second & 0x7f)) return -1;
    const short = second & 0x7f;
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    if (known < 2 + lengthBytes) return -1;
    let length = short;
    if (lengthBytes > 0) {
      length = 0;
      for (let at = start + 2; at < start + 2 + lengthBytes; at++) {
        length = length * 256 + bytes[at]!;
      }
      if (length < (lengthBytes === 2 ? 126 : 65_536)) {
        return this.#fault(1002, "a frame's length is not in its shortest form");
      }
    }
    const isData = (bytes[start]! & 0x0f) < OPCODE_CLOSE;
    if (isData && this.#gatheredBytes + length > this.#messageBytesMax) {
      return this.#fault(1009, `a message is longer than ${this.#messageBytesMax} bytes`);
    }
    this.#headerBytes = 2 + lengthBytes + (masked ? 4 : 0);
    this.#payloadBytes = length;
    return this.#headerBytes + length;
  }

  /** Whether the first two bytes may stand here. */
  #allowed(first: number, masked: boolean, short: number): boolean {
    const opcode = first & 0x0f;
    if ((first & RESERVED_BITS) !== 0) return this.#refuse("a frame has reserved bits set");
    if (masked !== this.#expectMasked) {
      return this.#refuse(masked ? "a server's frame is masked" : "a client's frame is not masked");
    }
    if (opcode >= OPCODE_CLOSE) {
      if (opcode > OPCODE_PONG) return this.#refuse("a frame has an unknown opcode");
      if ((first & FIN) === 0) return this.#refuse("a control frame is fragmented");
      return short <= CONTROL_BYTES_MAX || this.#refuse("a control frame is longer than 125 bytes");
    }
    if (opcode > OPCODE_BINARY) return this.#refuse("a frame has an unknown opcode");
    if (opcode === OPCODE_CONTINUATION) {
      return this.#gathering !== 0 || this.#refuse("a continuation has nothing to continue");
    }
    return this.#gathering === 0 || this.#refuse("a message starts inside another");
  }

  #refuse(reason: string): false {
    this.#fault(1002, reason);
    return false;
  }

  #fault(code: number, reason: string): -1 {
    this.#stopped = true;
    this.#sink.onFault(code, reason);
    return -1;
  }

  /** Hands on the whole frame at `start`, which `#measure` has just measured. */
  #take(bytes: Uint8Array, start: number, at: Micros): void {
    const first = bytes[start]!;
    const opcode = first & 0x0f;
    const length = this.#payloadBytes;
    let payload = bytes;
    let from = start + this.#headerBytes;
    if (this.#expectMasked) {
      payload = this.#unmasked(bytes, from, length);
      from = 0;
    }
    const to = from + length;
    switch (opcode) {
      case OPCODE_PING:
        return this.#sink.onPing(payload, from, to, at);
      case OPCODE_PONG:
        return this.#sink.onPong(payload, from, to, at);
      case OPCODE_CLOSE:
        return this.#takeClose(payload, from, to);
      default:
        return this.#takeData(opcode, (first & FIN) !== 0, payload, from, to, at);
    }
  }

  #takeData(
    opcode: number,
    final: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    if (final && opcode !== OPCODE_CONTINUATION) {
      return this.#sink.onMessage(opcode === OPCODE_BINARY, bytes, start, end, at);
    }
    if (opcode !== OPCODE_CONTINUATION) this.#gathering = opcode;
    this.#gathered = appended(this.#gathered, this.#gatheredBytes, bytes, start, end);
    this.#gatheredBytes += end - start;
    if (!final) return;
    const message = this.#gathered;
    const size = this.#gatheredBytes;
    const binary = this.#gathering === OPCODE_BINARY;
    this.#gathering = 0;
    this.#gatheredBytes = 0;
    if (message.length > KEEP_BYTES_MAX) this.#gathered = new Uint8Array(0);
    this.#sink.onMessage(binary, message, 0, size, at);
  }

  #takeClose(bytes: Uint8Array, start: number, end: number): void {
    if (end === start) {
      this.#stopped = true;
      return this.#sink.onCloseFrame(1005, "");
    }
    const code = end - start === 1 ? 0 : bytes[start]! * 256 + bytes[start + 1]!;
    if (!isCloseCode(code)) {
      this.#refuse("a close frame has no valid code");
      return;
    }
    this.#stopped = true;
    this.#sink.onCloseFrame(code, decoder.decode(bytes.subarray(start + 2, end)));
  }

  /** A copy of a masked payload without its mask; the mask stands before `start`. */
  #unmasked(bytes: Uint8Array, start: number, length: number): Uint8Array {
    if (this.#scratch.length < length) this.#scratch = new Uint8Array(Math.max(256, length * 2));
    const plain = this.#scratch;
    for (let index = 0; index < length; index++) {
      plain[index] = bytes[start + index]! ^ bytes[start - 4 + (index & 3)]!;
    }
    return plain;
  }
}

/** Whether a code may stand in a close frame (RFC 6455 section 7.4; 1012 to 1014 are
 * registered). */
export function isCloseCode(code: number): boolean {
  if (code >= 3_000) return code <= 4_999;
  return code >= 1_000 && code <= 1_014 && (code < 1_004 || code > 1_006);
}

/** `buffer[0..length)` and then `bytes[start..end)`, in the same memory where there is room. */
function appended(
  buffer: Uint8Array,
  length: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): Uint8Array {
  const needed = length + end - start;
  let room = buffer;
  if (needed > buffer.length) {
    room = new Uint8Array(Math.max(256, needed, Math.min(buffer.length * 2, KEEP_BYTES_MAX)));
    room.set(buffer.subarray(0, length));
  }
  if (end - start === 1) room[length] = bytes[start]!;
  else room.set(bytes.subarray(start, end), length);
  return room;
}

/** Writes frames into one reused buffer; the view is valid until the next frame. */
export class FrameWriter {
  readonly #random: Random | undefined;
  #buffer = new Uint8Array(1_024);

  /** With `random` frames are masked, as a client's must be. */
  constructor(random: Random | undefined) {
    this.#random = random;
  }

  /** One whole frame around a text or bytes. */
  frame(opcode: number, payload: string | Uint8Array): Uint8Array {
    const most = typeof payload === "string" ? payload.length * 3 : payload.length;
    if (this.#buffer.length < most + HEADER_BYTES_MAX) {
      this.#buffer = new Uint8Array((most + HEADER_BYTES_MAX) * 2);
    }
    let length = most;
    if (typeof payload === "string") {
      length = encoder.encodeInto(payload, this.#buffer.subarray(HEADER_BYTES_MAX)).written;
    } else this.#buffer.set(payload, HEADER_BYTES_MAX);
    assert(opcode < OPCODE_CLOSE || length <= CONTROL_BYTES_MAX, "Control frame is too long");
    return this.#wrap(opcode, length);
  }

  /** A close frame; the reason is cut to what fits. */
  closeFrame(code: number, reason: string): Uint8Array {
    if (code === 1_005) return this.frame(OPCODE_CLOSE, "");
    const payload = new Uint8Array(CONTROL_BYTES_MAX);
    payload[0] = code >> 8;
    payload[1] = code & 0xff;
    const { written } = encoder.encodeInto(reason, payload.subarray(2));
    return this.frame(OPCODE_CLOSE, payload.subarray(0, 2 + written));
  }

  /** Writes the header right before the payload, which stands at `HEADER_BYTES_MAX`. */
  #wrap(opcode: number, length: number): Uint8Array {
    const buffer = this.#buffer;
    const masked = this.#random !== undefined;
    const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const start = HEADER_BYTES_MAX - 2 - lengthBytes - (masked ? 4 : 0);
    buffer[start] = FIN | opcode;
    const short = lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127;
    buffer[start + 1] = (masked ? MASKED : 0) | short;
    let rest = length;
    for (let at = start + 1 + lengthBytes; at > start + 1; at--) {
      buffer[at] = rest & 0xff;
      rest = Math.floor(rest / 256);
    }
    if (this.#random !== undefined) this.#mask(this.#random, length);
    return buffer.subarray(start, HEADER_BYTES_MAX + length);
  }

  #mask(random: Random, length: number): void {
    const buffer = this.#buffer;
    const key = Math.floor(random.next() * 0x1_0000_0000) | 0;
    const a = key & 0xff;
    const b = (key >> 8) & 0xff;
    const c = (key >> 16) & 0xff;
    const d = (key >> 24) & 0xff;
    buffer[10] = a;
    buffer[11] = b;
    buffer[12] = c;
    buffer[13] = d;
    const end = HEADER_BYTES_MAX + length;
    let at = HEADER_BYTES_MAX;
    for (; at + 3 < end; at += 4) {
      buffer[at]! ^= a;
      buffer[at + 1]! ^= b;
      buffer[at + 2]! ^= c;
      buffer[at + 3]! ^= d;
    }
    for (; at < end; at++) buffer[at]! ^= buffer[10 + ((at - HEADER_BYTES_MAX) & 3)]!;
  }
}
