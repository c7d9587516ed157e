/**
 * Links between client and server in one process, on whatever time the scheduler keeps.
 * @module
 */
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

export interface MemoryWireOptions {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly latency?: WireLatency;
}

/** A network in memory: `connect` finds the listener of the port, whatever the host. */
export class MemoryWire implements Transport, ListeningTransport {
  readonly options: MemoryWireOptions;

  constructor(options: MemoryWireOptions) {
    this.options = options;
  }

  connect(_address: Address, _handler: LinkHandler): Link {
    throw new Error("being written");
  }

  listen(
    _address: { readonly host: string; readonly port: number },
    _accept: (link: Link) => LinkHandler,
  ): Listener {
    throw new Error("being written");
  }

  /** Cuts every link. */
  cutAll(_reason: string): void {
    throw new Error("being written");
  }
}
