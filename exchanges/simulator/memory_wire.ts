/**
 * Links between client and server in one process, on whatever time the scheduler keeps: on virtual
 * time the same seed gives the same run.
 *
 *   write -> copied to the end of the direction's buffer -> after the latency -> the peer's onBytes
 *
 * 1. In one direction of one link order is kept, whatever the jitter.
 * 2. Bytes are handed over where they lie; a write during that never moves them.
 * 3. Nothing is called back from inside `connect`, `write` or `close`.
 * 4. What was written before a close arrives; what is on its way to the side that closed does not.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import type { Clock, Random, Scheduler } from "@/engine/ports/mod.ts";
import type {
  Address,
  Link,
  LinkHandler,
  Listener,
  ListeningTransport,
  Transport,
} from "@/exchanges/shared/mod.ts";

/** One-way latencies of every link, in milliseconds. */
export interface WireLatency {
  readonly toServerMs: number;
  readonly toClientMs: number;
  /** Up to so much is added to each message, uniformly; order is kept. */
  readonly jitterMs: number;
}

/** What a wire is made of. */
export interface MemoryWireOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Default: 1 ms each way, no jitter. */
  readonly latency?: WireLatency;
  /** Most bytes on their way in one direction of a link; default 16 MiB. */
  readonly pendingBytesMax?: number;
}

type Accept = (link: Link) => LinkHandler;

const LATENCY_DEFAULT: WireLatency = { toServerMs: 1, toClientMs: 1, jitterMs: 0 };
const PENDING_BYTES_MAX = 16 * 1_024 * 1_024;
const FIRST_FREE_PORT = 20_001;
const PORT_MAX = 65_535;
const KEEP_BYTES_MAX = 256 * 1_024;

/** A network in memory: `connect` finds the listener of the port, whatever the host. */
export class MemoryWire implements Transport, ListeningTransport {
  readonly #network: Network;
  readonly #latency: WireLatency;
  readonly #listeners = new Map<number, Accept>();
  readonly #pairs = new Set<Pair>();
  #nextPort = FIRST_FREE_PORT;

  constructor(options: MemoryWireOptions) {
    this.#latency = options.latency ?? LATENCY_DEFAULT;
    this.#network = {
      clock: options.clock,
      scheduler: options.scheduler,
      random: options.random,
      jitterMs: this.#latency.jitterMs,
      pendingBytesMax: options.pendingBytesMax ?? PENDING_BYTES_MAX,
    };
  }

  /** Links now in use. */
  get links(): number {
    return this.#pairs.size;
  }

  connect(address: Address, handler: LinkHandler): Link {
    const client = new MemoryLink(this.#network, this.#latency.toServerMs);
    const server = new MemoryLink(this.#network, this.#latency.toClientMs);
    const pair: Pair = { client, server };
    client.join(server, handler, () => this.#pairs.delete(pair));
    this.#network.scheduler.after(client.delayMs(), () => this.#arrive(address, pair));
    return client;
  }

  listen(address: { readonly host: string; readonly port: number }, accept: Accept): Listener {
    const port = address.port === 0 ? this.#freePort() : address.port;
    assert(!this.#listeners.has(port), "A port of the memory wire is listened to already");
    this.#listeners.set(port, accept);
    return {
      port,
      close: () => {
        if (this.#listeners.get(port) === accept) this.#listeners.delete(port);
      },
    };
  }

  /** Cuts every link at once: nothing that is on its way arrives. */
  cutAll(reason: string): void {
    for (const pair of [...this.#pairs]) {
      pair.client.cut(reason);
      pair.server.cut(reason);
    }
  }

  /** The client's first packet reaches the server. */
  #arrive(address: Address, pair: Pair): void {
    const { client, server } = pair;
    if (client.closed) return;
    const accept = this.#listeners.get(address.port);
    if (accept === undefined) {
      return client.cut(`connection refused by ${address.host}:${address.port}`);
    }
    this.#pairs.add(pair);
    server.join(client, undefined, () => this.#pairs.delete(pair));
    server.open(accept(server));
    this.#network.scheduler.after(server.delayMs(), () => client.open(undefined));
  }

  #freePort(): number {
    while (this.#listeners.has(this.#nextPort)) this.#nextPort++;
    assert(this.#nextPort <= PORT_MAX, "The memory wire has no free port");
    return this.#nextPort++;
  }
}

interface Pair {
  readonly client: MemoryLink;
  readonly server: MemoryLink;
}

interface Network {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly jitterMs: number;
  readonly pendingBytesMax: number;
}

/** One end of a link; it holds the bytes that are on their way to the other end. */
class MemoryLink implements Link {
  readonly #network: Network;
  readonly #latencyMs: number;
  /** One function for all deliveries, so that a write makes no closure. */
  readonly #arrived = () => this.#deliver();
  #handler: LinkHandler | undefined = undefined;
  #peer: MemoryLink | undefined = undefined;
  #onGone: () => void = () => {};
  #opened = false;
  /** We closed, or know that the other end did: nothing more is written or heard. */
  #closed = false;
  #ended = false;
  #dueMicros = 0;
  // Bytes on their way: [#head, #tail) of #bytes, cut into the sizes that were written.
  #bytes = new Uint8Array(4_096);
  #head = 0;
  #tail = 0;
  #sizes: number[] = [];
  #nextSize = 0;
  #delivering = false;

  constructor(network: Network, latencyMs: number) {
    this.#network = network;
    this.#latencyMs = latencyMs;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get pendingBytes(): number {
    return this.#tail - this.#head;
  }

  join(peer: MemoryLink, handler: LinkHandler | undefined, onGone: () => void): void {
    this.#peer = peer;
    if (handler !== undefined) this.#handler = handler;
    this.#onGone = onGone;
  }

  /** How long the next message takes from now, behind all that is on its way. */
  delayMs(): number {
    const { clock, random, jitterMs } = this.#network;
    const now = clock.now();
    const jitter = jitterMs === 0 ? 0 : random.next() * jitterMs;
    const due = Math.max(this.#dueMicros, now + Math.round((this.#latencyMs + jitter) * 1_000));
    this.#dueMicros = due;
    return (due - now) / 1_000;
  }

  open(handler: LinkHandler | undefined): void {
    if (handler !== undefined) this.#handler = handler;
    if (this.#closed || this.#opened) return;
    this.#opened = true;
    this.#handler!.onOpen();
  }

  write(bytes: Uint8Array): boolean {
    if (this.#closed) return false;
    const size = bytes.length;
    if (this.pendingBytes + size > this.#network.pendingBytesMax) return false;
    if (size === 0) return true;
    this.#makeRoom(size);
    this.#bytes.set(bytes, this.#tail);
    this.#tail += size;
    this.#sizes.push(size);
    this.#network.scheduler.after(this.delayMs(), this.#arrived);
    return true;
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#network;
    scheduler.after(0, () => this.#end(reason));
    // The other end hears of it behind the bytes that are still on their way.
    scheduler.after(this.delayMs(), () => this.#peer?.peerClosed());
  }

  /** The other end closed. */
  peerClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#end("closed by the peer");
  }

  /** Gone at once, with all that is on its way. */
  cut(reason: string): void {
    if (this.#closed && this.#ended) return;
    this.#closed = true;
    this.#sizes = [];
    this.#nextSize = 0;
    this.#head = this.#tail;
    this.#network.scheduler.after(0, () => this.#end(reason));
  }

  /** Bytes from the other end; false when nobody hears them any more. */
  hear(bytes: Uint8Array, start: number, end: number): void {
    if (this.#closed || !this.#opened) return;
    this.#handler!.onBytes(bytes, start, end, this.#network.clock.now());
  }

  #deliver(): void {
    const size = this.#sizes[this.#nextSize];
    if (size === undefined) return;
    this.#nextSize++;
    const start = this.#head;
    this.#head += size;
    this.#delivering = true;
    try {
      this.#peer!.hear(this.#bytes, start, start + size);
    } finally {
      this.#delivering = false;
    }
    if (this.#nextSize === this.#sizes.length) {
      this.#sizes.length = 0;
      this.#nextSize = 0;
      this.#head = 0;
      this.#tail = 0;
      if (this.#bytes.length > KEEP_BYTES_MAX) this.#bytes = new Uint8Array(4_096);
    }
  }

  #makeRoom(more: number): void {
    if (this.#tail + more <= this.#bytes.length) return;
    const used = this.#tail - this.#head;
    if (this.#nextSize > 1_024) {
      this.#sizes = this.#sizes.slice(this.#nextSize);
      this.#nextSize = 0;
    }
    // In place only when nobody reads these bytes just now.
    if (!this.#delivering && used + more <= this.#bytes.length / 2) {
      this.#bytes.copyWithin(0, this.#head, this.#tail);
    } else {
      const grown = new Uint8Array(Math.max(this.#bytes.length, (used + more) * 2));
      grown.set(this.#bytes.subarray(this.#head, this.#tail));
      this.#bytes = grown;
    }
    this.#head = 0;
    this.#tail = used;
  }

  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onGone();
    this.#handler?.onClose(reason);
  }
}
