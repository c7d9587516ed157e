/**
 * One indexer WebSocket: its counter, its subscriptions, its limits.
 *
 * 1. Every data message and every subscribe or unsubscribe that arrives takes the next number;
 *    errors repeat the present one.
 * 2. An acknowledgement carries the number of its request, but leaves when the snapshot is there:
 *    later numbers of other channels may overtake it.
 * 3. JSON pings are taken and never answered; who lets a protocol ping unanswered is closed.
 * Source: protocol sheet sections 2.1 and 2.2.
 * @module
 */
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ServerSocket } from "@/exchanges/simulator/mod.ts";
import { type ChannelSink, keyOf, namesOf } from "./channel_hub.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json } from "./wire_symbols.ts";

/** What a session asks of its venue. */
export interface SocketHost {
  readonly state: VenueState;
  /** What a channel begins with; undefined when the id names nothing. */
  snapshot(channel: string, id: string): string | undefined;
  /** Whether there is such a channel and name; makes no snapshot. */
  knows(channel: string, id: string): boolean;
}

interface Subscription {
  readonly channel: string;
  readonly id: string;
  readonly batched: boolean;
  /** Contents that wait for the next flush. */
  readonly waiting: string[];
  joined: boolean;
}

const MAX_PER_CHANNEL: Readonly<Record<string, number>> = {
  v4_orderbook: 32,
  v4_trades: 32,
  v4_markets: 32,
  v4_subaccounts: 256,
  v4_parent_subaccounts: 256,
  v4_block_height: 1,
};
const PING_MS = 30_000;
const PONG_MS = 10_000;
const BATCH_MS = 250;
const SNAPSHOT_MS = 5;
const RATE_PER_SECOND = 2;
const MESSAGE_CHARACTERS_MAX = 65_536;

/** Speaks with one client. */
export class SocketSession implements ChannelSink {
  readonly #socket: ServerSocket;
  readonly #host: SocketHost;
  readonly #connectionId: string;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #timers = new Set<TimerId>();
  readonly #attempts = new Map<string, number[]>();
  #messageId = 0;
  #closed = false;
  #pongTimer: TimerId | undefined;

  constructor(socket: ServerSocket, host: SocketHost, connectionId: string) {
    this.#socket = socket;
    this.#host = host;
    this.#connectionId = connectionId;
    // After the upgrade is answered.
    this.#later(0, () => this.#send(`{"type":"connected",${this.#numbers(0)}}`));
    this.#pingLater();
  }

  onText(text: string): void {
    if (this.#closed) return;
    if (text.length > MESSAGE_CHARACTERS_MAX) return this.#close(1009, "Message too big");
    let request: Json;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Json;
    } catch {
      return this.#invalid("Invalid message: could not parse", {});
    }
    const { type } = request;
    if (type === "ping") return;
    if (type !== "subscribe" && type !== "unsubscribe") {
      return this.#invalid(`Invalid message type: ${String(type)}`, {});
    }
    const { channel } = request;
    if (typeof channel !== "string" || !Object.hasOwn(MAX_PER_CHANNEL, channel)) {
      return this.#invalid(`Invalid channel: ${String(channel)}`, {});
    }
    const id = channel === "v4_markets" || channel === "v4_block_height" ? channel : request.id;
    if (typeof id !== "string") {
      return this.#invalid(`Invalid subscription id for channel: (${channel}-${String(id)})`, {
        channel,
      });
    }
    if (type === "subscribe") this.#subscribe(channel, id, request.batched === true);
    else this.#unsubscribe(channel, id);
  }

  onPong(_payload: string): void {
    if (this.#pongTimer === undefined) return;
    this.#cancel(this.#pongTimer);
    this.#pongTimer = undefined;
  }

  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#host.state.exchange;
    for (const timer of this.#timers) scheduler.cancel(timer);
    this.#timers.clear();
    for (const each of this.#subscriptions.values()) this.#leave(each);
    this.#subscriptions.clear();
  }

  data(key: string, tail: string, contents: string): void {
    const subscription = this.#subscriptions.get(key);
    if (subscription === undefined) return;
    if (!subscription.batched) return this.#pushData("channel_data", tail);
    subscription.waiting.push(contents);
    if (subscription.waiting.length > 1) return;
    this.#later(BATCH_MS, () => {
      if (!subscription.joined) return;
      const all = subscription.waiting.splice(0).join(",");
      const names = namesOf(subscription.channel, subscription.id);
      this.#pushData("channel_batch_data", `${names},"version":"1.0.0","contents":[${all}]}`);
    });
  }

  #pushData(type: string, tail: string): void {
    const { faults, exchange } = this.#host.state;
    const now = exchange.clock.now();
    if (faults?.has("sequence_reset") === true && faults.decide("sequence_reset", now)) {
      this.#messageId = 0;
    }
    this.#messageId++;
    if (faults?.has("sequence_gap") === true && faults.decide("sequence_gap", now)) return;
    this.#send(`{"type":"${type}",${this.#numbers(this.#messageId)}${tail}`);
  }

  #subscribe(channel: string, id: string, batched: boolean): void {
    const number = ++this.#messageId;
    const key = keyOf(channel, id);
    if (this.#isTooOften(key)) {
      this.#error(`Too many subscribe attempts for channel ${channel}-${id}`, { channel, id });
      return this.#close(1008, "Rate limited");
    }
    if (this.#subscriptions.has(key)) {
      return this.#invalid(`Invalid subscribe message: already subscribed (${channel}-${id})`, {
        channel,
        id,
      });
    }
    const same = [...this.#subscriptions.values()].filter((each) => each.channel === channel);
    const most = MAX_PER_CHANNEL[channel]!;
    if (same.length >= most) {
      const message = `Per-connection subscription limit reached for ${channel} (limit=${most}).`;
      return this.#error(message, { channel, id });
    }
    if (!this.#host.knows(channel, id)) {
      return this.#invalid(`Invalid subscription id for channel: (${channel}-${id})`, {
        channel,
        id,
      });
    }
    const subscription: Subscription = { channel, id, batched, waiting: [], joined: false };
    this.#subscriptions.set(key, subscription);
    this.#later(SNAPSHOT_MS, () => this.#begin(key, subscription, number));
  }

  #begin(key: string, subscription: Subscription, number: number): void {
    if (this.#subscriptions.get(key) !== subscription) return;
    const { channel, id } = subscription;
    const { faults, exchange, hub } = this.#host.state;
    if (faults?.decide("throttle", exchange.clock.now()) === true) {
      this.#subscriptions.delete(key);
      const what = `${channel}-${id}`;
      return this.#error(`Internal error, could not fetch data for subscription: ${what}.`, {
        channel,
        id,
      });
    }
    const contents = this.#host.snapshot(channel, id) ?? "{}";
    const names = namesOf(channel, id);
    const frame = `{"type":"subscribed",${this.#numbers(number)}${reordered(names)}`;
    this.#send(`${frame},"contents":${contents}}`);
    subscription.joined = true;
    hub.join(channel, id, this);
  }

  #unsubscribe(channel: string, id: string): void {
    const number = ++this.#messageId;
    const key = keyOf(channel, id);
    const known = this.#subscriptions.get(key);
    if (known !== undefined) {
      this.#subscriptions.delete(key);
      this.#leave(known);
    }
    const names = reordered(namesOf(channel, id));
    this.#send(`{"type":"unsubscribed",${this.#numbers(number)}${names}}`);
  }

  #leave(subscription: Subscription): void {
    if (!subscription.joined) return;
    subscription.joined = false;
    this.#host.state.hub.leave(subscription.channel, subscription.id, this);
  }

  /** Whether this is the third time within a second. */
  #isTooOften(key: string): boolean {
    const now = this.#host.state.exchange.clock.now();
    const times = (this.#attempts.get(key) ?? []).filter((at) => at > now - 1_000_000);
    times.push(now);
    this.#attempts.set(key, times);
    return times.length > RATE_PER_SECOND;
  }

  #invalid(message: string, names: Json): void {
    this.#error(message, names);
    if (this.#isTooOften("invalid")) this.#close(1008, "Too many invalid messages");
  }

  #error(message: string, names: Json): void {
    const numbers = { connection_id: this.#connectionId, message_id: this.#messageId };
    this.#send(JSON.stringify({ type: "error", message, ...numbers, ...names }));
  }

  #numbers(messageId: number): string {
    return `"connection_id":"${this.#connectionId}","message_id":${messageId}`;
  }

  #send(frame: string): void {
    if (!this.#closed) this.#socket.sendText(frame);
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return;
    this.#socket.close(code, reason);
    this.onClose();
  }

  #pingLater(): void {
    this.#later(PING_MS, () => {
      this.#pongTimer = this.#later(PONG_MS, () => this.#close(1011, "Heartbeat timeout"));
      this.#socket.ping("");
      this.#pingLater();
    });
  }

  #later(ms: number, run: () => void): TimerId {
    const timer = this.#host.state.exchange.scheduler.after(ms, () => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    });
    this.#timers.add(timer);
    return timer;
  }

  #cancel(timer: TimerId): void {
    this.#timers.delete(timer);
    this.#host.state.exchange.scheduler.cancel(timer);
  }
}

/** Acknowledgements name the channel first. */
function reordered(names: string): string {
  const at = names.indexOf(`,"channel"`);
  return names.slice(at) + names.slice(0, at);
}
