/**
 * `ChannelHub`: who listens to which channel; contents are written once for all of them.
 * @module
 */

/** Receives what a channel says. */
export interface ChannelSink {
  /** `tail` follows the connection's own numbers; `contents` is what batches collect. */
  data(key: string, tail: string, contents: string): void;
}

/** Channels without a name of their own in the sheet's frames. */
const NAMELESS = "v4_markets";

/** Hands frames out. */
export class ChannelHub {
  readonly #sinks = new Map<string, Set<ChannelSink>>();

  /** Channels that somebody listens to. */
  get inUse(): number {
    return this.#sinks.size;
  }

  join(channel: string, id: string, sink: ChannelSink): void {
    const key = keyOf(channel, id);
    const sinks = this.#sinks.get(key);
    if (sinks === undefined) this.#sinks.set(key, new Set([sink]));
    else sinks.add(sink);
  }

  leave(channel: string, id: string, sink: ChannelSink): void {
    const key = keyOf(channel, id);
    const sinks = this.#sinks.get(key);
    if (sinks === undefined) return;
    sinks.delete(sink);
    if (sinks.size === 0) this.#sinks.delete(key);
  }

  hasListeners(channel: string, id: string): boolean {
    return this.#sinks.has(keyOf(channel, id));
  }

  publish(channel: string, id: string, contents: string): void {
    const key = keyOf(channel, id);
    const sinks = this.#sinks.get(key);
    if (sinks === undefined) return;
    const tail = `${namesOf(channel, id)},"version":"1.0.0","contents":${contents}}`;
    for (const sink of sinks) sink.data(key, tail, contents);
  }
}

/** What makes two subscriptions the same. */
export function keyOf(channel: string, id: string): string {
  return `${channel} ${id}`;
}

/** `,"id":"…","channel":"…"` as frames carry them. */
export function namesOf(channel: string, id: string): string {
  const named = channel === NAMELESS ? "" : `,"id":"${id}"`;
  return `${named},"channel":"${channel}"`;
}
