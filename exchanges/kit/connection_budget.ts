/**
 * A bound on connection attempts, below what a venue allows to one address: a storm of reconnects
 * must not end in a ban.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Scheduler } from "@/engine/ports/mod.ts";
import type { Transport } from "@/exchanges/shared/mod.ts";

/** How many attempts are let through in any window. */
export interface ConnectionBudget {
  readonly attemptsMax: number;
  readonly windowMs: number;
  /** The window in words, for the reason of a refusal: "five minutes". */
  readonly windowName: string;
}

/** A transport that lets the budget's attempts through; further ones fail at once, unsent. */
export function connectionBudget(
  { attemptsMax, windowMs, windowName }: ConnectionBudget,
): (transport: Transport, clock: Clock, scheduler: Scheduler) => Transport {
  const reason = `connection budget of ${windowName} is spent`;
  return (transport, clock, scheduler) => {
    // Oldest first; never more than the budget.
    const attempts: Micros[] = [];
    return {
      connect(address, handler) {
        const now = clock.now();
        while (attempts.length > 0 && now - attempts[0]! >= windowMs * 1_000) attempts.shift();
        if (attempts.length < attemptsMax) {
          attempts.push(now);
          return transport.connect(address, handler);
        }
        scheduler.after(0, () => handler.onClose(reason));
        return { write: () => false, pendingBytes: 0, close: () => {} };
      },
    };
  };
}
