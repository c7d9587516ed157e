/**
 * `Transport` over real TCP and TLS sockets with no delay. One of two files here that touch the outside.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import type { Address, Link, LinkHandler, Transport } from "./transport.ts";

/** Real sockets. */
export class SocketTransport implements Transport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  connect(_address: Address, _handler: LinkHandler): Link {
    throw new Error(`being written ${this.#clock}`);
  }
}
