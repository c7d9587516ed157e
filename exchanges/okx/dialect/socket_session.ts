/**
 * One WebSocket: pings as text, login, subscriptions, order entry, and its end.
 *
 * 1. Each argument of a subscription is acknowledged or refused for itself, before its first frame.
 * 2. Thirty seconds without a word in either direction end the connection.
 * 3. Order entry needs the private socket and a login. The answer goes out before or after the
 *    events it caused, as chance has it: clients must bear both.
 * Source: protocol sheet sections 2, 3 and 4.
 * @module
 */
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import { AccountChannels, keyOf } from "./account_channels.ts";
import type { Authentication } from "./authentication.ts";
import type { FrameSink } from "./book_feed.ts";
import { type Failure, failure, isFailure } from "./failures.ts";
import { MarketChannels } from "./market_channels.ts";
import type { TradeKind } from "./rate_limits.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json } from "./wire_symbols.ts";

/** The three addresses. */
export type Route = "public" | "private" | "business";

/** What a session needs of its dialect. */
export interface SocketHost {
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  /** Carries out a trade request, now or after the venue's own delay. */
  trade(
    kind: TradeKind,
    args: readonly unknown[],
    via: "rest" | "ws",
    expTime: unknown,
    done: (answer: readonly Json[] | Failure) => void,
  ): void;
}

const IDLE_MS = 30_000;
const NOTICE_MS = 60_000;
const CHANGES_PER_HOUR = 480;
const MESSAGE_CHARACTERS_MAX = 65_536;
const CONNECTIONS_PER_CHANNEL_MAX = 30;
const VIP_OF_FAST_BOOKS = 4;
const ID = /^[A-Za-z0-9]{1,32}$/;
const TRADES: Readonly<Record<string, readonly [TradeKind, number]>> = {
  "order": ["order", 1],
  "batch-orders": ["order", 20],
  "amend-order": ["amend", 1],
  "batch-amend-orders": ["amend", 20],
  "cancel-order": ["cancel", 1],
  "batch-cancel-orders": ["cancel", 20],
};

/** One client's socket. */
export class SocketSession implements ServerSession, FrameSink {
  readonly #socket: ServerSocket;
  readonly #host: SocketHost;
  readonly #route: Route;
  readonly #connId: string;
  readonly #subscribed = new Map<string, Json>();
  readonly #timers = new Set<TimerId>();
  #heardAt: number;
  #loggedIn = false;
  #closed = false;
  #changes = 0;
  #changesSince: number;

  constructor(socket: ServerSocket, host: SocketHost, route: Route, lifeMs: number | undefined) {
    this.#socket = socket;
    this.#host = host;
    this.#route = route;
    const { exchange, random } = host.state;
    this.#connId = Math.floor(random.next() * 2 ** 32).toString(16).padStart(8, "0");
    this.#heardAt = this.#changesSince = exchange.clock.now();
    this.#watchSilence(IDLE_MS);
    if (lifeMs === undefined) return;
    this.#later(
      Math.max(0, lifeMs - NOTICE_MS),
      () => this.announceEnd(Math.min(lifeMs, NOTICE_MS)),
    );
  }

  /** Tells that the venue closes this connection soon, and does so. */
  announceEnd(inMs: number): void {
    this.#tell({
      event: "notice",
      code: "64008",
      msg: "The connection will soon be closed for a service upgrade. Please reconnect.",
    });
    this.#later(inMs, () => this.#socket.close(1001, "Service upgrade"));
  }

  push(frame: string): void {
    const { held } = this.#host.state;
    if (held === undefined) this.#send(frame);
    else held.push(() => this.#send(frame));
  }

  onText(text: string): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.state.exchange.clock.now();
    if (text === "ping") return this.push("pong");
    if (text.length > MESSAGE_CHARACTERS_MAX) return this.#socket.close(1009, "Frame too large");
    let request: Json;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Json;
    } catch {
      return this.#refuse(undefined, failure("60012", `Illegal request: ${text.slice(0, 200)}`));
    }
    const { id, op, args } = request;
    if (id !== undefined && (typeof id !== "string" || !ID.test(id))) {
      return this.#refuse(undefined, failure("60012", "Illegal request: id"));
    }
    if (op === "subscribe" || op === "unsubscribe" || op === "login") {
      return this.#change(op, args, id);
    }
    const trade = Object.hasOwn(TRADES, String(op)) ? TRADES[String(op)] : undefined;
    if (trade === undefined || this.#route !== "private") {
      return this.#refuse(id, failure("60012", `Illegal request: ${text.slice(0, 200)}`));
    }
    this.#trade(trade, String(op), request);
  }

  onPong(_payload: string): void {
    this.#heardAt = this.#host.state.exchange.clock.now();
  }

  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { scheduler } = this.#host.state.exchange;
    for (const timer of this.#timers) scheduler.cancel(timer);
    this.#timers.clear();
    for (const arg of this.#subscribed.values()) this.#leave(arg);
    this.#subscribed.clear();
  }

  #send(frame: string): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.state.exchange.clock.now();
    this.#socket.sendText(frame);
  }

  #change(op: "subscribe" | "unsubscribe" | "login", args: unknown, id: unknown): void {
    const { faults, exchange } = this.#host.state;
    const now = exchange.clock.now();
    if (now - this.#changesSince >= 3_600_000_000) {
      this.#changesSince = now;
      this.#changes = 0;
    }
    const tooMany = ++this.#changes > CHANGES_PER_HOUR;
    if (tooMany || faults?.decide("throttle", now) === true) {
      return this.#refuse(id, failure("60014", "Requests too frequent"));
    }
    if (!Array.isArray(args) || args.length === 0 || args.some((each) => !isObject(each))) {
      return this.#refuse(id, failure("60012", `Invalid request: {"op": "${op}"}`));
    }
    if (op === "login") return this.#login(args[0] as Json, id);
    for (const arg of args as Json[]) {
      if (this.#closed) return;
      if (op === "subscribe") this.#subscribe(arg, id);
      else this.#unsubscribe(arg, id);
    }
  }

  #login(args: Json, id: unknown): void {
    const { state, authentication } = this.#host;
    const why = authentication.checkLogin(args, state.exchange.clock.now());
    if (why !== undefined) {
      this.#refuse(id, why);
      return this.#socket.close(4001, "Login failed.");
    }
    this.#loggedIn = true;
    this.#tell({ event: "login", code: "0", msg: "" }, id);
  }

  #subscribe(arg: Json, id: unknown): void {
    const refused = this.#whyNot(arg);
    if (refused !== undefined) return this.#refuse(id, refused);
    const { markets, accounts } = this.#host;
    const key = keyOf(arg);
    const { extraParams: _hidden, ...shown } = arg;
    const owned = AccountChannels.routeOf(arg.channel) !== undefined;
    const fresh = !this.#subscribed.has(key);
    const channel = String(arg.channel);
    const others = owned ? accounts.connections(channel) : 0;
    const listens = [...this.#subscribed.values()].some((each) => each.channel === channel);
    if (owned && fresh && !listens && others >= CONNECTIONS_PER_CHANNEL_MAX) {
      return this.#tell({ event: "channel-conn-count-error", channel, connCount: String(others) });
    }
    this.#tell({ event: "subscribe", arg: shown }, id);
    if (owned) {
      const connCount = String(others + (listens ? 0 : 1));
      this.#tell({ event: "channel-conn-count", channel, connCount });
    }
    if (!fresh) return;
    this.#subscribed.set(key, arg);
    if (owned) accounts.subscribe(arg, this);
    else markets.subscribe(arg, this);
  }

  #unsubscribe(arg: Json, id: unknown): void {
    const key = keyOf(arg);
    const known = this.#subscribed.get(key);
    const { extraParams: _hidden, ...shown } = arg;
    if (known === undefined && !this.#exists(arg)) return this.#refuse(id, noChannel(arg));
    if (known !== undefined) {
      this.#subscribed.delete(key);
      this.#leave(known);
    }
    this.#tell({ event: "unsubscribe", arg: shown }, id);
  }

  #leave(arg: Json): void {
    if (AccountChannels.routeOf(arg.channel) !== undefined) {
      this.#host.accounts.unsubscribe(arg, this);
    } else this.#host.markets.unsubscribe(arg, this);
  }

  #exists(arg: Json): boolean {
    const { state } = this.#host;
    const route = AccountChannels.routeOf(arg.channel);
    if (route !== undefined) return route === this.#route && AccountChannels.knows(state, arg);
    return MarketChannels.knows(state, this.#route, arg);
  }

  #whyNot(arg: Json): Failure | undefined {
    const { channel, instId } = arg;
    if (typeof channel !== "string") return failure("60012", "Invalid request: channel");
    const owned = AccountChannels.routeOf(channel);
    if (owned === this.#route && !this.#loggedIn) return failure("60011", "Please log in");
    if (!this.#exists(arg)) return noChannel(arg);
    if (!channel.endsWith("-l2-tbt")) {
      const combined = channel === "books" && this.#hears("books-l2-tbt", instId);
      return combined ? notBoth(channel) : undefined;
    }
    if (!this.#loggedIn || this.#host.state.vipLevel < VIP_OF_FAST_BOOKS) {
      return failure(
        "64003",
        "Your trading fee tier doesn't meet the requirement to access this channel",
      );
    }
    const others = channel === "books-l2-tbt" ? ["books", "books50-l2-tbt"] : ["books-l2-tbt"];
    return others.some((each) => this.#hears(each, instId)) ? notBoth(channel) : undefined;
  }

  #hears(channel: string, instId: unknown): boolean {
    return this.#subscribed.has(keyOf({ channel, instId }));
  }

  #trade([kind, most]: readonly [TradeKind, number], op: string, request: Json): void {
    const { id, args, expTime } = request;
    const { clock } = this.#host.state.exchange;
    const inTime = String(clock.now());
    const answer = (code: string, msg: string, data: readonly Json[]) => {
      const times = { inTime, outTime: String(clock.now()) };
      this.#send(
        JSON.stringify({ ...(id === undefined ? {} : { id }), op, data, code, msg, ...times }),
      );
    };
    if (!this.#loggedIn) return answer("60011", "Please log in", []);
    if (!Array.isArray(args) || args.length === 0 || args.length > most || !args.every(isObject)) {
      return answer("60013", "Invalid args", []);
    }
    this.#host.trade(kind, args, "ws", expTime, (result) => {
      if (isFailure(result)) return answer(result.code, result.msg, []);
      const { code, msg } = codeOf(result);
      answer(code, msg, result);
    });
  }

  #refuse(id: unknown, why: Failure): void {
    this.#tell({ event: "error", code: why.code, msg: why.msg }, id);
  }

  #tell(body: Json, id?: unknown): void {
    const head = id === undefined ? {} : { id };
    this.push(JSON.stringify({ ...head, ...body, connId: this.#connId }));
  }

  #watchSilence(inMs: number): void {
    this.#later(inMs, () => {
      const silentMs = (this.#host.state.exchange.clock.now() - this.#heardAt) / 1_000;
      if (silentMs >= IDLE_MS) return this.#socket.close(4004, "No data received in 30s.");
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

/** Code and text over several items: all, some or none were accepted. */
export function codeOf(items: readonly Json[]): { code: string; msg: string } {
  const good = items.filter((each) => each.sCode === "0").length;
  if (good === items.length) return { code: "0", msg: "" };
  if (good > 0) return { code: "2", msg: "Bulk operation partially succeeded." };
  return { code: "1", msg: "All operations failed" };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noChannel(arg: Json): Failure {
  const named = Object.entries(arg).filter(([name]) => name !== "extraParams")
    .map(([name, value]) => `${name}:${value}`).join(",");
  return failure(
    "60018",
    `Wrong URL or ${named} doesn't exist. Please use the correct URL, channel and parameters ` +
      "referring to API document.",
  );
}

function notBoth(channel: string): Failure {
  return failure("64004", `Subscribe to both ${channel} and books-l2-tbt is not allowed.`);
}
