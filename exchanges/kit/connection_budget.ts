/**
 * A bound on connection attempts, below what a venue allows to one address: a storm of reconnects
 * must not end in a ban.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "@/engine/ports/mod.ts";
import type { LinkHandler, Transport } from "@/exchanges/shared/mod.ts";

/** How many attempts are let through in any window. */
export interface ConnectionBudget {
  readonly attemptsMax: number;
  readonly windowMs: number;
  /** The window in words, for the reason of a refusal: "five minutes". */
  readonly windowName: string;
}

/** A link that is gone so soon after it opened was a failed attempt too. */
const SHORT_MICROS = 2_000_000;

/**
 * A transport that lets the budget's attempts through; further ones fail at once, unsent. While
 * attempts fail they are spread over the window: sockets that knock together at a venue that is
 * away would spend it all, and stay outside when the venue is back.
 */
export function connectionBudget(
  { attemptsMax, windowMs, windowName }: ConnectionBudget,
): (transport: Transport, clock: Clock, scheduler: Scheduler) => Transport {
  const reason = `connection budget of ${windowName} is spent`;
  return (transport, clock, scheduler) => {
    // Oldest first; never more than the budget.
    const attempts: Micros[] = [];
    const spacing = windowMs * 1_000 / attemptsMax;
    let isFailing = false;
    /** Learns how an attempt ends; calls through. */
    const watched = (handler: LinkHandler): LinkHandler => {
      let openedAt = Infinity;
      return {
        onOpen: () => {
          openedAt = clock.now();
          isFailing = false;
          handler.onOpen();
        },
        onBytes: (bytes, start, end, at) => handler.onBytes(bytes, start, end, at),
        onClose: (why) => {
          if (!(clock.now() - openedAt >= SHORT_MICROS)) isFailing = true;
          handler.onClose(why);
        },
      };
    };
    return {
      connect(address, handler) {
        const now = clock.now();
        while (attempts.length > 0 && now - attempts[0]! >= windowMs * 1_000) attempts.shift();
        const isTooSoon = isFailing && now - (attempts.at(-1) ?? -Infinity) < spacing;
        if (attempts.length < attemptsMax && !isTooSoon) {
          attempts.push(now);
          return transport.connect(address, watched(handler));
        }
        scheduler.after(0, () => handler.onClose(isTooSoon ? "attempts fail: spread" : reason));
        return { write: () => false, pendingBytes: 0, close: () => {} };
      },
    };
  };
}
