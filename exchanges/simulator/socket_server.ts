/**
 * `ListeningTransport` over real sockets on loopback.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import type { Link, LinkHandler, Listener, ListeningTransport } from "@/exchanges/shared/mod.ts";

/** Accepts real connections. */
export class SocketListeningTransport implements ListeningTransport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  listen(
    _address: { readonly host: string; readonly port: number },
    _accept: (link: Link) => LinkHandler,
  ): Listener {
    throw new Error(`being written ${this.#clock}`);
  }
}
