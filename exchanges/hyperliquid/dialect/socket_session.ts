/**
 * One WebSocket: subscriptions, pings, posts, and its end.
 *
 * 1. A subscription to a coin that is not there drops the socket without a word.
 * 2. A socket on which the venue has sent nothing for a minute is closed.
 * 3. Answers to posts come before or after the events they caused: clients must bear both.
 * Source: protocol sheet sections 2, 4, 5 and 7.
 * @module
 */
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import type { AccountChannels } from "./account_channels.ts";
import type { FrameSink, MarketChannels } from "./market_channels.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json } from "./wire_symbols.ts";

/** What a session needs of its dialect. */
export interface SocketHost {
  readonly state: VenueState;
  readonly limits: RateLimits;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  /** Carries out a post; answers `type` and `payload` of the response. */
  post(request: Json, answer: (type: string, payload: unknown) => void): void;
  /** Users listened to on all sockets, by how many subscriptions. */
  readonly listenedUsers: Map<string, number>;
  subscriptionCount: number;
}

const IDLE_MS = 60_000;
const DROP_MS = 100;
const SUBSCRIPTIONS_MAX = 1_000;
const USERS_MAX = 10;
const MESSAGES_PER_MINUTE = 2_000;
const POSTS_IN_FLIGHT_MAX = 100;
const MARKET_TYPES = new Set(["l2Book", "bbo", "trades", "activeAssetCtx"]);
const USER_TYPES = new Set([
  "orderUpdates",
  "userFills",
  "userEvents",
  "userFundings",
  "userNonFundingLedgerUpdates",
  "openOrders",
  "clearinghouseState",
  "spotState",
]);
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;

/** One client's socket. */
export class SocketSession implements ServerSession, FrameSink {
  readonly #socket: ServerSocket;
  readonly #host: SocketHost;
  readonly #subscribed = new Map<string, Json>();
  readonly #timers = new Set<TimerId>();
  #posts = 0;
  #saidAt: number;
  #closed = false;

  constructor(socket: ServerSocket, host: SocketHost) {
    this.#socket = socket;
    this.#host = host;
    this.#saidAt = host.state.exchange.clock.now();
    this.#watchSilence(IDLE_MS);
  }

  push(frame: string): void {
    if (this.#closed) return;
    this.#saidAt = this.#host.state.exchange.clock.now();
    this.#socket.sendText(frame);
  }

  onText(text: string): void {
    if (this.#closed) return;
    if (!this.#host.limits.take("messages", 1, MESSAGES_PER_MINUTE)) {
      return this.#refuse("Too many messages sent. Please slow down.");
    }
    const request = objectOf(text);
    switch (request?.method) {
      case "ping":
        return this.push(`{"channel":"pong"}`);
      case "subscribe":
      case "unsubscribe":
        if (isObject(request.subscription)) {
          return this.#change(request.method, request.subscription);
        }
        break;
      case "post":
        if (Number.isSafeInteger(request.id) && isObject(request.request)) {
          return this.#post(request.id as number, request.request);
        }
    }
    this.#refuse(`Error parsing JSON into valid websocket request: ${text.slice(0, 200)}`);
  }

  onPong(_payload: string): void {}

  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) this.#host.state.exchange.scheduler.cancel(timer);
    this.#timers.clear();
    for (const [key, subscription] of this.#subscribed) this.#leave(key, subscription);
    this.#subscribed.clear();
  }

  #change(method: "subscribe" | "unsubscribe", wanted: Json): void {
    const { type, coin, user } = wanted;
    const ofMarket = MARKET_TYPES.has(String(type));
    const ofUser = USER_TYPES.has(String(type));
    if (!ofMarket && !ofUser && type !== "allMids") {
      return this.#refuse(`Invalid subscription ${JSON.stringify(wanted)}`);
    }
    if (ofMarket && !this.#exists(wanted)) {
      // The venue drops the whole socket without a word.
      return this.#later(DROP_MS, () => this.#socket.cut());
    }
    if (ofUser && (typeof user !== "string" || !ADDRESS.test(user))) {
      return this.#refuse(`Invalid subscription ${JSON.stringify(wanted)}`);
    }
    const subscription = ofMarket ? { ...bookDefaults(type), ...wanted } : wanted;
    const address = ofUser ? String(user).toLowerCase() : "";
    const { nSigFigs, mantissa, fast } = wanted;
    const key = [type, coin, address, nSigFigs, mantissa, fast === true].join("/");
    const data = JSON.stringify({ method, subscription });
    if (method === "unsubscribe") {
      const known = this.#subscribed.get(key);
      if (known === undefined) {
        return this.#refuse(`Already unsubscribed: ${JSON.stringify(wanted)}`);
      }
      this.#subscribed.delete(key);
      this.#leave(key, known);
      return this.push(`{"channel":"subscriptionResponse","data":${data}}`);
    }
    const why = this.#whyNot(key, address, wanted);
    if (why !== undefined) return this.#refuse(why);
    const { listenedUsers, markets, accounts } = this.#host;
    this.#subscribed.set(key, subscription);
    this.#host.subscriptionCount++;
    if (ofUser) listenedUsers.set(address, (listenedUsers.get(address) ?? 0) + 1);
    this.push(`{"channel":"subscriptionResponse","data":${data}}`);
    if (ofUser) accounts.subscribe(String(type), address, this);
    else markets.subscribe(key, subscription, this);
  }

  #whyNot(key: string, address: string, wanted: Json): string | undefined {
    if (this.#subscribed.has(key)) return `Already subscribed: ${JSON.stringify(wanted)}`;
    const { listenedUsers, subscriptionCount } = this.#host;
    if (subscriptionCount >= SUBSCRIPTIONS_MAX) {
      return `Cannot subscribe to more than ${SUBSCRIPTIONS_MAX} channels`;
    }
    if (address === "" || listenedUsers.has(address) || listenedUsers.size < USERS_MAX) {
      return undefined;
    }
    return `Cannot track more than ${USERS_MAX} total users.`;
  }

  #exists({ type, coin, nSigFigs, mantissa }: Json): boolean {
    if (this.#host.state.symbols.find(coin) === undefined) return false;
    if (type !== "l2Book") return true;
    const figures = nSigFigs ?? null;
    const first = mantissa ?? null;
    if (figures !== null && ![2, 3, 4, 5].includes(figures as number)) return false;
    return first === null || (figures === 5 && [1, 2, 5].includes(first as number));
  }

  #leave(key: string, subscription: Json): void {
    const { listenedUsers, markets, accounts } = this.#host;
    this.#host.subscriptionCount--;
    if (!USER_TYPES.has(String(subscription.type))) return markets.unsubscribe(key, this);
    const address = String(subscription.user).toLowerCase();
    const left = (listenedUsers.get(address) ?? 1) - 1;
    if (left > 0) listenedUsers.set(address, left);
    else listenedUsers.delete(address);
    accounts.unsubscribe(String(subscription.type), address, this);
  }

  #post(id: number, request: Json): void {
    const answer = (type: string, payload: unknown) => {
      this.#posts--;
      const response = { type, payload };
      this.push(JSON.stringify({ channel: "post", data: { id, response } }));
    };
    this.#posts++;
    if (this.#posts > POSTS_IN_FLIGHT_MAX) {
      return answer("error", "429 Too many in-flight post requests");
    }
    this.#host.post(request, answer);
  }

  #refuse(why: string): void {
    this.push(JSON.stringify({ channel: "error", data: why }));
  }

  #watchSilence(inMs: number): void {
    this.#later(inMs, () => {
      const silentMs = (this.#host.state.exchange.clock.now() - this.#saidAt) / 1_000;
      if (silentMs >= IDLE_MS) return this.#socket.close(1000, "Inactive");
      this.#watchSilence(IDLE_MS - silentMs);
    });
  }

  #later(ms: number, run: () => void): void {
    const timer = this.#host.state.exchange.scheduler.after(ms, () => {
      this.#timers.delete(timer);
      if (!this.#closed) run();
    });
    this.#timers.add(timer);
  }
}

/** What the venue fills in where a book's subscription leaves it out. */
function bookDefaults(type: unknown): Json {
  return type === "l2Book" ? { type, coin: "", nSigFigs: null, mantissa: null } : {};
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A JSON object of a text; undefined when it is none. */
export function objectOf(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
