/**
 * The last resort: a broken invariant or an unhandled error cancels all own orders, flushes the
 * journal and ends the process with 1.
 *
 * The core may be the very thing that broke, so nothing here asks it to decide: the live orders are
 * read from its store and each is cancelled through its connector directly.
 * @module
 */
import type { CancelOrder } from "@/engine/messages/mod.ts";
import type { Log, OrderView, Scheduler } from "@/engine/ports/mod.ts";

/** What the last resort needs of the house. */
export interface LastResortOptions {
  readonly log: Log;
  readonly scheduler: Scheduler;
  /** The core is given nothing more: it would quote again where its orders are cancelled. */
  readonly freeze: () => void;
  /** Live own orders, read only. */
  readonly orders: () => readonly OrderView[];
  /** Sends a cancel around the core; true when it left. */
  readonly cancel: (request: CancelOrder) => boolean;
  /** Called once, when the cancels had their time. */
  readonly done: (failure: string) => void;
}

/** How long the venues have to take the cancels. */
const CANCEL_WAIT_MS = 1_000;

/** Runs at most once. */
export class LastResort {
  readonly #options: LastResortOptions;
  #failure: string | undefined;

  constructor(options: LastResortOptions) {
    this.#options = options;
  }

  /** What failed; undefined while all is well. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** Takes any thrown value. The first one counts. */
  fail(thrown: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = textOf(thrown);
    const { log, scheduler, done, freeze } = this.#options;
    freeze();
    log.log("error", "Unhandled error: cancelling all orders and stopping", {
      error: this.#failure,
      stack: thrown instanceof Error ? thrown.stack ?? "" : "",
    });
    const sent = this.#cancelAll();
    log.log("error", "Cancels sent", { count: sent });
    scheduler.after(CANCEL_WAIT_MS, () => done(this.#failure ?? ""));
  }

  #cancelAll(): number {
    let sent = 0;
    for (const order of this.#liveOrders()) {
      if (this.#cancel(order)) sent++;
    }
    return sent;
  }

  /** A connector that throws must not keep the other orders from being cancelled. */
  #cancel(order: OrderView): boolean {
    try {
      return this.#options.cancel({
        kind: "cancel_order",
        instrument: order.instrument,
        clientOrderId: order.clientOrderId,
        venueOrderId: undefined,
      });
    } catch (failure) {
      this.#options.log.log("error", "Cannot cancel", {
        order: order.clientOrderId,
        error: textOf(failure),
      });
      return false;
    }
  }

  #liveOrders(): readonly OrderView[] {
    try {
      return this.#options.orders();
    } catch (failure) {
      this.#options.log.log("error", "Cannot read the order store", { error: textOf(failure) });
      return [];
    }
  }
}

function textOf(thrown: unknown): string {
  return thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
}
