/**
 * Runs a session on the real clock until its end: a duration, a signal, a failure or the end of a
 * recording; then stops it in order and says the exit code.
 *
 *   exit 0: ran for its time      1: orders may be open, or an unhandled error    2: nothing
 * started
 *   exit 3: ended halted          130: interrupted after an orderly stop
 * @module
 */
import type { Log, Scheduler } from "@/engine/ports/mod.ts";
import type { LastResort } from "./last_resort.ts";
import type { Session } from "./session.ts";

/** What decides the end of a run. */
export interface RunOptions {
  readonly session: Session;
  readonly scheduler: Scheduler;
  readonly log: Log;
  /** Undefined: until a signal. */
  readonly forMs: number | undefined;
  /** Resolves when there is nothing more to trade on (a recording ended); undefined: never. */
  readonly ended?: Promise<void>;
  readonly createLastResort: (done: (failure: string) => void) => LastResort;
  /** Gives the last resort to the runner and to the process-wide handlers. */
  readonly onLastResort: (lastResort: LastResort) => void;
  readonly isHalted: () => boolean;
}

/** Why a run ended. */
export interface RunEnd {
  readonly exitCode: 0 | 1 | 2 | 3 | 130;
  readonly openOrders: number;
  readonly failure: string | undefined;
}

type Cause = "time" | "signal" | "ended";

/** Starts the session and waits for its end. The second signal exits at once. */
export function runUntilEnd(options: RunOptions): Promise<RunEnd> {
  const { session, scheduler, log } = options;
  return new Promise((resolve) => {
    let stopping = false;
    const finish = (end: RunEnd) => {
      release();
      resolve(end);
    };
    const stop = (cause: Cause) => {
      if (cause === "signal" && stopping) Deno.exit(1);
      if (stopping) return;
      stopping = true;
      if (cause === "signal") log.log("info", "Stopping: cancelling own orders (again: at once)");
      const halted = options.isHalted();
      session.stop(cause, cause, (openOrders) => {
        const clean = cause === "signal" ? 130 : 0;
        const exitCode = openOrders > 0 ? 1 : halted ? 3 : clean;
        finish({ exitCode, openOrders, failure: undefined });
      });
    };
    const lastResort = options.createLastResort((failure) => {
      session.abort();
      // The core is frozen since the failure: whether its cancels worked is not known.
      finish({ exitCode: 1, openOrders: session.openOrders, failure });
    });
    options.onLastResort(lastResort);
    const release = listen(lastResort, () => stop("signal"));
    if (options.forMs !== undefined) scheduler.after(options.forMs, () => stop("time"));
    options.ended?.then(() => stop("ended"), (failure) => lastResort.fail(failure));
    session.start();
  });
}

/** Signals and process-wide failures; the answer takes the listeners away again. */
function listen(lastResort: LastResort, onSignal: () => void): () => void {
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    lastResort.fail(event.reason);
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    lastResort.fail(event.error);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  globalThis.addEventListener("error", onError);
  const signals: Deno.Signal[] = ["SIGINT", "SIGTERM"];
  for (const signal of signals) Deno.addSignalListener(signal, onSignal);
  return () => {
    globalThis.removeEventListener("unhandledrejection", onRejection);
    globalThis.removeEventListener("error", onError);
    for (const signal of signals) Deno.removeSignalListener(signal, onSignal);
  };
}
