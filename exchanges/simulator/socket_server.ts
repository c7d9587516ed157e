/**
 * `ListeningTransport` over real sockets, with no delay: simulated venues on loopback.
 *
 * 1. Accepting goes on until `close`; what one connection does never stops it.
 * 2. No promise is left unhandled; an exception in a handler reaches the last-resort handler.
 * @module
 */
import type { Clock } from "@/engine/ports/mod.ts";
import {
  adoptConnection,
  type Link,
  type LinkHandler,
  type Listener,
  type ListeningTransport,
} from "@/exchanges/shared/mod.ts";

/** Accepts real connections. */
export class SocketListeningTransport implements ListeningTransport {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws when the port is taken, as the system says it. */
  listen(
    address: { readonly host: string; readonly port: number },
    accept: (link: Link) => LinkHandler,
  ): Listener {
    const listener = Deno.listen({ hostname: address.host, port: address.port });
    void this.#acceptAll(listener, accept);
    let open = true;
    return {
      port: listener.addr.port,
      close: () => {
        if (!open) return;
        open = false;
        listener.close();
      },
    };
  }

  async #acceptAll(
    listener: Deno.TcpListener,
    accept: (link: Link) => LinkHandler,
  ): Promise<void> {
    while (true) {
      let connection: Deno.TcpConn;
      try {
        connection = await listener.accept();
      } catch (error) {
        // Closed by us, or one connection was gone before it was accepted.
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) {
          return;
        }
        continue;
      }
      try {
        connection.setNoDelay(true);
        const adopted = adoptConnection(connection, this.#clock);
        adopted.begin(accept(adopted.link));
      } catch (error) {
        connection.close();
        reportError(error);
      }
    }
  }
}
