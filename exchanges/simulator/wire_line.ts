/**
 * One link with the faults of its wire: every whole message passes here, in and out.
 *
 *   receive -> fate -> now | later | twice | never | the link is cut
 *   send    -> fate -> bytes on the link, now | later | twice | in part | never
 *
 * 1. What is held keeps its order: a later message of the same direction waits behind it. Only
 *    `reorder` lets others pass.
 * 2. Without faults nothing is held and nothing is copied.
 * 3. After the link is gone nothing that was held is let go.
 * @module
 */
import type { Clock, Scheduler, TimerId } from "@/engine/ports/mod.ts";
import type { Link } from "@/exchanges/shared/mod.ts";

/** What happens to one message (a whole HTTP request or answer, a whole WebSocket message). */
export type Fate =
  | { readonly kind: "pass" }
  /** Vanishes. */
  | { readonly kind: "drop" }
  /** Comes later; what follows in the same direction of the same connection waits behind it. */
  | { readonly kind: "delay"; readonly ms: number }
  /** Comes later and may be overtaken (WebSocket; on HTTP as `delay`). */
  | { readonly kind: "reorder"; readonly ms: number }
  /** Comes twice (an HTTP request is handled twice and answered once; an HTTP answer passes). */
  | { readonly kind: "repeat" }
  /** The connection is cut after so many bytes of it (inbound: before it is heard). */
  | { readonly kind: "cut"; readonly atByte: number }
  /** Both directions of the connection stand still for so long, then go on. */
  | { readonly kind: "freeze"; readonly ms: number }
  /** Other content: an HTTP answer of this status (inbound: without being handled), a text
   * message. */
  | { readonly kind: "replace"; readonly status: number; readonly body: string };

/** Decides what the wire does to each message. Deterministic from its own seed. */
export interface WireFaults {
  fate(direction: "in" | "out", channel: "http" | "ws", path: string, size: number): Fate;
}

/** What to do with a message that was received. */
export interface Incoming {
  /** `again`: the wire repeated it. */
  handle(again: boolean): void;
  /** The wire put something else in its place. */
  replaced(status: number, body: string): void;
}

/** What else to know of a message that is sent. */
export interface Outgoing {
  /** The bytes of what the wire puts in its place. */
  replaced(status: number, body: string): Uint8Array;
  /** It is on the link. Not called when it vanished. */
  done(): void;
}

const PASS: Fate = { kind: "pass" };
const HELD_MAX = 100_000;

/** One link and its faults. */
export class WireLine {
  readonly #link: Link;
  readonly #faults: WireFaults | undefined;
  readonly #scheduler: Scheduler;
  readonly #in: HeldLine;
  readonly #out: HeldLine;
  #over = false;

  constructor(link: Link, clock: Clock, scheduler: Scheduler, faults: WireFaults | undefined) {
    this.#link = link;
    this.#faults = faults;
    this.#scheduler = scheduler;
    this.#in = new HeldLine(clock, scheduler);
    this.#out = new HeldLine(clock, scheduler);
  }

  /** A whole message came in. */
  receive(channel: "http" | "ws", path: string, size: number, incoming: Incoming): void {
    const fate = this.#faults?.fate("in", channel, path, size) ?? PASS;
    switch (fate.kind) {
      case "drop":
        return;
      case "cut":
        return this.cut("cut by a fault");
      case "repeat":
        return this.#in.pass(() => {
          incoming.handle(false);
          incoming.handle(true);
        });
      case "replace":
        return this.#in.pass(() => incoming.replaced(fate.status, fate.body));
      case "reorder":
        if (channel === "ws") return this.#alone(fate.ms, () => incoming.handle(false));
        this.#in.holdFor(fate.ms);
        break;
      case "delay":
        this.#in.holdFor(fate.ms);
        break;
      case "freeze":
        this.#freeze(fate.ms);
        break;
      case "pass":
        break;
    }
    this.#in.pass(() => incoming.handle(false));
  }

  /** A whole message goes out. The bytes may be reused by the caller afterwards. */
  send(channel: "http" | "ws", path: string, bytes: Uint8Array, outgoing?: Outgoing): void {
    const fate = this.#faults?.fate("out", channel, path, bytes.length) ?? PASS;
    switch (fate.kind) {
      case "drop":
        return;
      case "cut":
        return this.#cutAfter(bytes, fate.atByte);
      case "repeat":
        this.#put(bytes, undefined);
        if (channel === "ws") this.#put(bytes, undefined);
        return outgoing?.done();
      case "replace":
        if (outgoing === undefined) return;
        return this.#put(outgoing.replaced(fate.status, fate.body), outgoing);
      case "reorder":
        if (channel === "ws") {
          const copy = bytes.slice();
          return this.#alone(fate.ms, () => this.#link.write(copy));
        }
        this.#out.holdFor(fate.ms);
        break;
      case "delay":
        this.#out.holdFor(fate.ms);
        break;
      case "freeze":
        this.#freeze(fate.ms);
        break;
      case "pass":
        break;
    }
    this.#put(bytes, outgoing);
  }

  /** Control frames and the like: no fate of their own, but they wait their turn. */
  sendControl(bytes: Uint8Array): void {
    this.#put(bytes, undefined);
  }

  /** Runs once all that is held in the outgoing direction has left. */
  afterSent(run: () => void): void {
    this.#out.pass(run);
  }

  /** Drops the link at once. */
  cut(reason: string): void {
    this.end();
    this.#link.close(reason);
  }

  /** The link is gone. */
  end(): void {
    this.#over = true;
    this.#in.end();
    this.#out.end();
  }

  #put(bytes: Uint8Array, outgoing: Outgoing | undefined): void {
    if (this.#over) return;
    if (this.#out.free) {
      this.#link.write(bytes);
      return outgoing?.done();
    }
    const copy = bytes.slice();
    this.#out.pass(() => {
      this.#link.write(copy);
      outgoing?.done();
    });
  }

  #cutAfter(bytes: Uint8Array, atByte: number): void {
    const part = bytes.slice(0, Math.min(atByte, bytes.length));
    this.#out.pass(() => {
      if (part.length > 0) this.#link.write(part);
      this.cut("cut by a fault");
    });
  }

  #freeze(ms: number): void {
    this.#in.holdFor(ms);
    this.#out.holdFor(ms);
  }

  #alone(ms: number, run: () => void): void {
    this.#scheduler.after(ms, () => {
      if (!this.#over) run();
    });
  }
}

/** Holds things back without changing their order. */
class HeldLine {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #held: { readonly dueMicros: number; readonly run: () => void }[] = [];
  #untilMicros = 0;
  #timer: TimerId | undefined = undefined;
  #over = false;

  constructor(clock: Clock, scheduler: Scheduler) {
    this.#clock = clock;
    this.#scheduler = scheduler;
  }

  /** Whether what comes now passes at once. */
  get free(): boolean {
    return this.#held.length === 0 &&
      (this.#untilMicros === 0 || this.#clock.now() >= this.#untilMicros);
  }

  /** From now on nothing passes for so long. */
  holdFor(ms: number): void {
    const until = this.#clock.now() + Math.round(ms * 1_000);
    if (until > this.#untilMicros) this.#untilMicros = until;
  }

  /** Runs it now, or in its turn. */
  pass(run: () => void): void {
    if (this.#over) return;
    if (this.free) return run();
    // More than anyone could have on its way: the oldest is let go early rather than memory lost.
    if (this.#held.length >= HELD_MAX) this.#held.shift()!.run();
    this.#held.push({ dueMicros: this.#untilMicros, run });
    this.#wait();
  }

  end(): void {
    this.#over = true;
    this.#held.length = 0;
    if (this.#timer !== undefined) this.#scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    const next = this.#held[0];
    if (this.#timer !== undefined || next === undefined) return;
    const delayMs = Math.max(0, (next.dueMicros - this.#clock.now()) / 1_000);
    this.#timer = this.#scheduler.after(delayMs, () => {
      this.#timer = undefined;
      this.#letGo();
    });
  }

  #letGo(): void {
    const now = this.#clock.now();
    while (!this.#over && this.#held.length > 0 && this.#held[0]!.dueMicros <= now) {
      this.#held.shift()!.run();
    }
    this.#wait();
  }
}
