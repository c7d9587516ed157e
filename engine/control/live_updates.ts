/**
 * Server-sent events: the status, conflated to human speed.
 *
 * 1. The status is made once per tick for all listeners, and only while there is one.
 * 2. A listener that does not keep up misses pictures, never order: the next one is whole.
 * 3. Listeners are bounded; `close` ends them all at once.
 * @module
 */

/** Calls `run` again and again; the answer stops it. */
export type Repeater = (run: () => void, everyMs: number) => () => void;

/** Pictures per listener that may wait unsent. */
const WAITING_MAX = 2;

/** Bounds of the updates. */
export interface LiveUpdateOptions {
  /** The status as one line of JSON. */
  readonly picture: () => string;
  readonly everyMs: number;
  readonly listenersMax: number;
  readonly repeat: Repeater;
}

type Listener = ReadableStreamDefaultController<Uint8Array>;

/** Sends pictures to whoever listens. */
export class LiveUpdates {
  readonly #options: LiveUpdateOptions;
  readonly #listeners = new Set<Listener>();
  readonly #encoder = new TextEncoder();
  #stop: (() => void) | undefined;
  #isClosed = false;

  constructor(options: LiveUpdateOptions) {
    this.#options = options;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  /** A new listener's stream; undefined when there are too many, or after `close`. */
  listen(): ReadableStream<Uint8Array> | undefined {
    if (this.#isClosed || this.#listeners.size >= this.#options.listenersMax) return undefined;
    let own: Listener;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#listeners.add(controller);
        controller.enqueue(this.#frame());
        this.#stop ??= this.#options.repeat(() => this.#tick(), this.#options.everyMs);
      },
      cancel: () => this.#leave(own),
    }, { highWaterMark: WAITING_MAX });
  }

  /** Ends every stream. */
  close(): void {
    this.#isClosed = true;
    for (const listener of [...this.#listeners]) {
      this.#leave(listener);
      listener.close();
    }
  }

  #tick(): void {
    const frame = this.#frame();
    for (const listener of this.#listeners) {
      if ((listener.desiredSize ?? 0) > 0) listener.enqueue(frame);
    }
  }

  #frame(): Uint8Array {
    return this.#encoder.encode(`data: ${this.#options.picture()}\n\n`);
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
