/**
 * `Transport` over real TCP and TLS sockets with no delay. One of two files under `exchanges/` that
 * touch the outside (the other is the simulator's `socket_server.ts`, which adopts its connections
 * here).
 *
 *   connect -> setNoDelay -> startTls -> handshake -> onOpen -> read ... -> close -> onClose
 *
 * 1. `setNoDelay(true)` before any byte: with Nagle's algorithm a second order in flight would wait
 *    for the first one's acknowledgement.
 * 2. Reads go into one reused buffer per socket; `onBytes` runs before the next read. The buffer
 *    starts small and doubles when a read filled it: dozens of sockets must not cost megabytes.
 * 3. Writes never overlap: what comes during one is gathered and written at once behind it.
 * 4. No promise is left unhandled; an exception in a handler reaches the last-resort handler
 *    through `reportError`, and the socket goes on to be read.
 * 5. After a close what was written is flushed and the peer's end is awaited, both for bounded
 *    time, so that a reset cannot destroy our last bytes; nothing keeps the process alive longer.
 * Only `--allow-net` is needed. Runs on Deno 2.4 to 2.9.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import type { Address, Link, LinkHandler, Transport } from "./transport.ts";

/** Bounds of one socket. */
export interface SocketLimits {
  /** Most bytes of one read. */
  readonly readBytes: number;
  readonly pendingBytesMax: number;
  /** For flushing and for the peer's end after a close. */
  readonly lingerMs: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  readBytes: 256 * 1_024,
  pendingBytesMax: 4 * 1_024 * 1_024,
  lingerMs: 1_000,
};

const READ_BYTES_FIRST = 16 * 1_024;

/** Real sockets. */
export class SocketTransport implements Transport {
  readonly #clock: Clock;
  readonly #caCerts: readonly string[];
  readonly #limits: SocketLimits;

  /** `caCerts`: further certificate authorities in PEM, for test servers. */
  constructor(
    clock: Clock,
    options: { caCerts?: readonly string[]; limits?: Partial<SocketLimits> } = {},
  ) {
    this.#clock = clock;
    this.#caCerts = options.caCerts ?? [];
    this.#limits = { ...SOCKET_LIMITS, ...options.limits };
  }

  connect(address: Address, handler: LinkHandler): Link {
    const link = new SocketLink(this.#clock, this.#limits);
    link.setHandler(handler);
    void this.#open(address, link);
    return link;
  }

  async #open(address: Address, link: SocketLink): Promise<void> {
    let connection: Deno.Conn | undefined;
    try {
      const tcp = await Deno.connect({ hostname: address.host, port: address.port });
      connection = tcp;
      tcp.setNoDelay(true);
      if (address.tls && !link.closing) {
        const tls = await Deno.startTls(tcp, {
          hostname: address.host,
          caCerts: [...this.#caCerts],
          alpnProtocols: ["http/1.1"],
        });
        connection = tls;
        await tls.handshake();
      }
    } catch (error) {
      closeQuietly(connection);
      return link.failed(`cannot connect to ${address.host}:${address.port}: ${textOf(error)}`);
    }
    link.adopt(connection);
  }
}

/** Takes over an accepted connection: the server's side. Bytes are read once `begin` is called. */
export function adoptConnection(
  connection: Deno.Conn,
  clock: Clock,
  limits: SocketLimits = SOCKET_LIMITS,
): { link: Link; begin(handler: LinkHandler): void } {
  const link = new SocketLink(clock, limits);
  return {
    link,
    begin(handler) {
      link.setHandler(handler);
      link.adopt(connection);
    },
  };
}

class SocketLink implements Link {
  closing = false;
  readonly #clock: Clock;
  readonly #limits: SocketLimits;
  #handler: LinkHandler | undefined = undefined;
  #connection: Deno.Conn | undefined = undefined;
  #finished = false;
  #peerEnded = false;
  #reason = "closed by the peer";
  #lingerTimer: ReturnType<typeof setTimeout> | undefined = undefined;
  // Two buffers: one is being written, the other gathers.
  #gathering: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #gathered = 0;
  #writing: Uint8Array<ArrayBuffer> = new Uint8Array(4_096);
  #inFlight = 0;

  constructor(clock: Clock, limits: SocketLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get pendingBytes(): number {
    return this.#gathered + this.#inFlight;
  }

  setHandler(handler: LinkHandler): void {
    this.#handler = handler;
  }

  write(bytes: Uint8Array): boolean {
    if (this.closing || this.#finished) return false;
    const size = bytes.length;
    if (this.pendingBytes + size > this.#limits.pendingBytesMax) return false;
    if (this.#gathered + size > this.#gathering.length) {
      const grown = new Uint8Array(Math.max(this.#gathering.length * 2, this.#gathered + size));
      grown.set(this.#gathering.subarray(0, this.#gathered));
      this.#gathering = grown;
    }
    this.#gathering.set(bytes, this.#gathered);
    this.#gathered += size;
    if (this.#inFlight === 0 && this.#connection !== undefined) void this.#flush();
    return true;
  }

  close(reason: string): void {
    if (this.closing || this.#finished) return;
    this.closing = true;
    this.#reason = reason;
    if (this.#connection === undefined) {
      // Still connecting: the attempt is given up, its socket is closed when it comes.
      setTimeout(() => this.#finish(), 0);
      return;
    }
    this.#lingerTimer = setTimeout(() => this.#finish(), this.#limits.lingerMs);
    if (this.pendingBytes === 0) void this.#endWriting();
  }

  /** The attempt to connect failed. */
  failed(reason: string): void {
    if (!this.closing) this.#reason = reason;
    this.#finish();
  }

  /** A socket is there. */
  adopt(connection: Deno.Conn): void {
    if (this.closing || this.#finished) return closeQuietly(connection);
    this.#connection = connection;
    this.#guarded(() => this.#handler?.onOpen());
    if (this.#gathered > 0 && this.#inFlight === 0) void this.#flush();
    void this.#read(connection);
  }

  async #read(connection: Deno.Conn): Promise<void> {
    const { readBytes } = this.#limits;
    let buffer = new Uint8Array(Math.min(READ_BYTES_FIRST, readBytes));
    try {
      while (!this.#finished) {
        const count = await connection.read(buffer);
        if (count === null) break;
        if (!this.closing) this.#deliver(buffer, count);
        if (count === buffer.length && count < readBytes) {
          buffer = new Uint8Array(Math.min(readBytes, count * 2));
        }
      }
    } catch (error) {
      if (!this.closing) this.#reason = textOf(error);
    }
    if (this.#finished) return;
    // The peer ended its side; what we still have to say is said, for bounded time.
    if (this.pendingBytes === 0) return this.#finish();
    this.#peerEnded = true;
    this.closing = true;
    this.#lingerTimer ??= setTimeout(() => this.#finish(), this.#limits.lingerMs);
  }

  #deliver(buffer: Uint8Array, count: number): void {
    try {
      this.#handler?.onBytes(buffer, 0, count, this.#clock.now());
    } catch (error) {
      reportError(error);
    }
  }

  /** Writes until nothing is gathered; one at a time. */
  async #flush(): Promise<void> {
    const connection = this.#connection!;
    try {
      while (this.#gathered > 0 && !this.#finished) {
        const bytes = this.#gathering;
        const size = this.#gathered;
        this.#gathering = this.#writing;
        this.#writing = bytes;
        this.#gathered = 0;
        this.#inFlight = size;
        let written = 0;
        while (written < size && !this.#finished) {
          written += await connection.write(bytes.subarray(written, size));
          this.#inFlight = size - written;
        }
      }
    } catch (error) {
      if (!this.closing) this.#reason = textOf(error);
      return this.#finish();
    }
    if (this.#peerEnded) this.#finish();
    else if (this.closing && !this.#finished) await this.#endWriting();
  }

  /** Everything is written: tells the peer so and leaves it to `#read` to see its end. */
  async #endWriting(): Promise<void> {
    try {
      await this.#connection?.closeWrite();
    } catch {
      // The peer is gone already, which is what we wanted.
      this.#finish();
    }
  }

  #finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.closing = true;
    this.#inFlight = 0;
    this.#gathered = 0;
    clearTimeout(this.#lingerTimer);
    closeQuietly(this.#connection);
    this.#guarded(() => this.#handler?.onClose(this.#reason));
  }

  #guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      reportError(error);
    }
  }
}

function closeQuietly(connection: Deno.Conn | undefined): void {
  try {
    connection?.close();
  } catch {
    // Closed already.
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
