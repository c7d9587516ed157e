/**
 * One market socket with its share of the streams: subscribes, and notices which stay silent.
 *
 *   opened -> subscribed -> each awaited thing heard -> flowing
 *                             | something stays silent
 *                             +-> told, connected anew, with more patience each time
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import type { ProductContext, Session } from "./_context.ts";
import { combinedStreamUrl } from "./endpoints.ts";

const PATIENCE_MS_MIN = 30_000;
const PATIENCE_MS_MAX = 600_000;
/** Streams in one request; at 200 a connection these stay far below the allowed messages. */
const STREAMS_PER_REQUEST = 100;

/** Who owns the socket. */
export interface StreamHandler {
  onUp(rotated: boolean): void;
  onFrame(bytes: Uint8Array, start: number, end: number, at: Micros): void;
  /** What was awaited and did not come. */
  onSilent(missing: readonly string[]): void;
  onDown(reason: string): void;
}

/** A subscribed socket. */
export class StreamSocket {
  readonly #context: ProductContext;
  readonly #streams: readonly string[];
  readonly #wanted: readonly string[];
  readonly #handler: StreamHandler;
  readonly #session: Session;
  readonly #missing = new Set<string>();
  #patienceMs = PATIENCE_MS_MIN;
  #timer: number | undefined;
  #requests = 0;

  constructor(
    context: ProductContext,
    name: string,
    plan: { readonly streams: readonly string[]; readonly wanted: readonly string[] },
    handler: StreamHandler,
  ) {
    this.#context = context;
    this.#streams = plan.streams;
    this.#wanted = plan.wanted;
    this.#handler = handler;
    this.#session = context.openSession({
      name,
      urlFor: fixedUrl(combinedStreamUrl(context.addresses.public_ws)),
      handler: {
        onUp: (connection, rotated) => {
          this.#subscribe((text) => connection.sendText(text));
          this.#watch();
          handler.onUp(rotated);
        },
        onText: (bytes, start, end, at) => handler.onFrame(bytes, start, end, at),
        onDown: (reason) => {
          this.#unwatch();
          handler.onDown(reason);
        },
      },
    });
  }

  get up(): boolean {
    return this.#session.up;
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#unwatch();
    this.#session.stop();
  }

  /** Something came of what was subscribed. */
  heard(what: string): void {
    this.#missing.delete(what);
  }

  /** Whether anything is still awaited: only then `heard` needs to be told. */
  get isWaiting(): boolean {
    return this.#missing.size > 0;
  }

  #subscribe(send: (text: string) => void): void {
    for (let from = 0; from < this.#streams.length; from += STREAMS_PER_REQUEST) {
      const params = this.#streams.slice(from, from + STREAMS_PER_REQUEST);
      send(JSON.stringify({ method: "SUBSCRIBE", params, id: ++this.#requests }));
    }
  }

  #watch(): void {
    this.#unwatch();
    for (const what of this.#wanted) this.#missing.add(what);
    this.#timer = this.#context.scheduler.after(this.#patienceMs, () => this.#look());
  }

  #unwatch(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#missing.clear();
  }

  /** A stream that does not exist is acknowledged, and silent. */
  #look(): void {
    this.#timer = undefined;
    if (this.#missing.size === 0) {
      this.#patienceMs = PATIENCE_MS_MIN;
      return;
    }
    this.#patienceMs = Math.min(PATIENCE_MS_MAX, this.#patienceMs * 2);
    this.#handler.onSilent([...this.#missing]);
    this.#session.restart("streams stay silent");
  }
}
