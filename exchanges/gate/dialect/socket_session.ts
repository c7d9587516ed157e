/**
 * One WebSocket: pings, subscriptions, login, order entry, and its end.
 *
 * 1. A subscription is acknowledged or refused as a whole; what it names adds to what there is.
 * 2. Sixty seconds without a word in either direction end the connection; pongs of the protocol
 *    are no words.
 * 3. New orders are answered twice: receipt, then result. The result goes out before or after the
 *    events it caused, as chance has it: clients must bear both.
 * 4. The whole book of `obu` comes before its acknowledgement, or after it.
 * Source: protocol sheet sections 2, 3, 4.4 and 5.
 * @module
 */
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ServerSocket } from "@/exchanges/simulator/mod.ts";
import { type AccountChannels, isOwned } from "./account_channels.ts";
import { type Authentication, isTimely } from "./authentication.ts";
import type { FrameSink } from "./book_feed.ts";
import { type Failure, failure, NOT_LOGGED_IN } from "./failures.ts";
import { type MarketChannels, type Target, targetsOf } from "./market_channels.ts";
import { findChannel, type Operation } from "./operations.ts";
import type { Charge } from "./rate_limits.ts";
import type { VenueState } from "./venue_state.ts";
import type { Json, WireProduct } from "./wire_symbols.ts";

/** How a request of order entry is answered. */
export interface WireReply {
  acknowledge(charge: Charge | undefined): void;
  answer(result: string, charge: Charge | undefined): void;
  refuse(why: Failure, charge?: Charge): void;
}

/** What a session needs of its dialect. */
export interface SocketHost {
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  /** Carries out a request, now or after the venue's own delay. */
  request(
    operation: Operation,
    product: WireProduct,
    channel: string,
    decimal: boolean,
    payload: Json,
    reply: WireReply,
  ): void;
}

/** What a session is made of. */
export interface SocketSessionOptions {
  readonly socket: ServerSocket;
  readonly host: SocketHost;
  readonly product: WireProduct;
  readonly decimal: boolean;
  readonly lifeMs: number | undefined;
}

const IDLE_MS = 60_000;
const PING_MS = 20_000;
const NOTICE_MS = 30_000;
const MESSAGE_CHARACTERS_MAX = 262_144;
const STREAMS_MAX = 5_000;

/** One client's socket. */
export class SocketSession implements FrameSink {
  readonly decimal: boolean;
  readonly #socket: ServerSocket;
  readonly #host: SocketHost;
  readonly #product: WireProduct;
  readonly #connId: string;
  readonly #streams = new Map<string, Target>();
  readonly #timers = new Set<TimerId>();
  #heardAt: number;
  #loggedIn = "";
  #closed = false;

  constructor(options: SocketSessionOptions) {
    const { host, lifeMs } = options;
    this.decimal = options.decimal;
    this.#socket = options.socket;
    this.#host = host;
    this.#product = options.product;
    const { exchange, random } = host.state;
    this.#connId = Math.floor(random.next() * 2 ** 48).toString(16).padStart(16, "0");
    this.#heardAt = exchange.clock.now();
    this.#watchSilence(IDLE_MS);
    this.#pingLater();
    if (lifeMs === undefined) return;
    const notice = Math.min(lifeMs, NOTICE_MS);
    this.#later(lifeMs - notice, () => this.announceEnd(notice));
  }

  /** Tells that the venue closes this connection soon, and does so. */
  announceEnd(inMs: number): void {
    const msg = "The connection will soon be closed for an upgrade. Please reconnect.";
    this.push(JSON.stringify({
      ...this.#times(),
      channel: `${this.#product}.system`,
      event: "update",
      result: { type: "upgrade", msg },
    }));
    this.#later(inMs, () => this.#socket.close(1001, "upgrade"));
  }

  push(frame: string): void {
    const { held } = this.#host.state;
    if (held === undefined) this.#send(frame);
    else held.push(() => this.#send(frame));
  }

  onText(text: string): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.state.exchange.clock.now();
    if (text.length > MESSAGE_CHARACTERS_MAX) return this.#socket.close(1009, "message too big");
    let request: Json;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Json;
    } catch {
      return this.#answer({ channel: "", event: "" }, { code: 1, message: "invalid request body" });
    }
    const { channel, event } = request;
    if (channel === `${this.#product}.ping`) {
      const pong = { channel: `${this.#product}.pong`, event: "", error: null, result: null };
      return this.push(JSON.stringify({ ...this.#times(), ...pong }));
    }
    if (typeof channel !== "string") {
      return this.#answer(request, { code: 1, message: "invalid request body: channel" });
    }
    if (event === "api") return this.#api(channel, request, text);
    if (event !== "subscribe" && event !== "unsubscribe") {
      return this.#answer(request, { code: 2, message: `unknown event ${String(event)}` });
    }
    this.#change(channel, event, request);
  }

  onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { state, markets, accounts } = this.#host;
    for (const timer of this.#timers) state.exchange.scheduler.cancel(timer);
    this.#timers.clear();
    for (const target of this.#streams.values()) markets.unsubscribe(target, this);
    this.#streams.clear();
    accounts.leave(this);
  }

  #change(channel: string, event: "subscribe" | "unsubscribe", request: Json): void {
    const { state, authentication, accounts } = this.#host;
    const now = state.exchange.clock.now();
    const payload = Array.isArray(request.payload) ? request.payload : [];
    if (isOwned(this.#product, channel)) {
      const why = authentication.checkChannel(request, now);
      if (why !== undefined) return this.#answer(request, { code: 4, message: why.message });
      const wrong = event === "subscribe"
        ? accounts.subscribe(this.#product, channel, payload, this)
        : accounts.unsubscribe(channel, payload, this);
      return this.#answer(request, wrong === undefined ? undefined : { code: 2, message: wrong });
    }
    if (!isTimely(request.time, now)) {
      return this.#answer(request, { code: 2, message: "time is out of the window of 60 s" });
    }
    const found = channel.startsWith(`${this.#product}.`)
      ? targetsOf(state, this.#product, channel, payload)
      : undefined;
    if (found === undefined) {
      return this.#answer(request, { code: 2, message: `unknown channel ${channel}` });
    }
    if (typeof found === "string") return this.#answer(request, { code: 2, message: found });
    if (event === "unsubscribe") this.#leave(found, request);
    else this.#enter(found, request);
  }

  #enter(targets: readonly Target[], request: Json): void {
    const { state, markets } = this.#host;
    const twice = targets.find((each) => each.kind === "obu" && this.#streams.has(each.key));
    if (twice !== undefined) {
      return this.#answer(request, { code: 2, message: `Alert sub ${twice.streamName}` });
    }
    if (this.#streams.size + targets.length > STREAMS_MAX) {
      return this.#answer(request, { code: 2, message: "too many subscriptions" });
    }
    const early = targets[0]!.kind === "obu" && state.random.next() < 0.5;
    if (!early) this.#answer(request, undefined);
    for (const target of targets) {
      const known = this.#streams.get(target.key);
      if (known !== undefined && known.levels === target.levels) continue;
      if (known !== undefined) markets.unsubscribe(known, this);
      this.#streams.set(target.key, target);
      markets.subscribe(target, this);
    }
    if (early) this.#answer(request, undefined);
  }

  #leave(targets: readonly Target[], request: Json): void {
    for (const { key } of targets) {
      const known = this.#streams.get(key);
      if (known === undefined) continue;
      this.#streams.delete(key);
      this.#host.markets.unsubscribe(known, this);
    }
    this.#answer(request, undefined);
  }

  #api(channel: string, request: Json, text: string): void {
    const { state, authentication } = this.#host;
    const now = state.exchange.clock.now();
    const payload = (typeof request.payload === "object" ? request.payload ?? {} : {}) as Json;
    const reply = this.#replyTo(channel, payload, now);
    if (channel === `${this.#product}.login`) {
      const why = authentication.checkRequest(payload, channel, "", now);
      if (why !== undefined) return reply.refuse(why);
      this.#loggedIn = String(payload.api_key);
      return reply.answer(JSON.stringify({ api_key: this.#loggedIn, uid: state.uid }), undefined);
    }
    const operation = findChannel(this.#product, channel);
    if (operation === undefined) {
      return reply.refuse(failure("INVALID_PARAM_VALUE", `unknown channel ${channel}`, 404));
    }
    if (typeof payload.req_id !== "string") {
      return reply.refuse(failure("INVALID_PARAM_VALUE", "req_id is missing"));
    }
    if (payload.signature !== undefined && this.#loggedIn === "") {
      const raw = rawValue(text, "req_param");
      const why = authentication.checkRequest(payload, channel, raw, now);
      if (why !== undefined) return reply.refuse(why);
    } else if (this.#loggedIn === "") return reply.refuse(NOT_LOGGED_IN);
    this.#host.request(operation, this.#product, channel, this.decimal, payload, reply);
  }

  #replyTo(channel: string, payload: Json, inTime: number): WireReply {
    const { clock } = this.#host.state.exchange;
    const id = JSON.stringify(String(payload.req_id ?? ""));
    const futures = this.#product === "futures";
    const send = (status: number, data: string, ack: string, charge: Charge | undefined) => {
      const header = JSON.stringify({
        response_time: String(Math.floor(clock.now() / 1_000)),
        status: String(status),
        channel,
        event: "api",
        client_id: `127.0.0.1-${this.#connId}`,
        conn_id: this.#connId,
        trace_id: `${this.#connId}${Math.floor(clock.now())}`,
        x_in_time: inTime,
        x_out_time: clock.now(),
        ...(charge === undefined ? {} : rateFields(charge)),
      });
      this.#send(`{"request_id":${id},${ack}"header":${header},"data":${data}}`);
    };
    const final = futures ? `"ack":false,` : "";
    return {
      acknowledge: (charge) => {
        const { req_param, req_header } = payload;
        const echo = { req_id: payload.req_id, req_param, req_header: req_header ?? null };
        const more = { api_key: "", timestamp: "", signature: "", trace_id: "" };
        const data = JSON.stringify({ result: { ...echo, ...more } });
        send(200, data, `"ack":true,`, charge);
      },
      answer: (result, charge) => send(200, `{"result":${result}}`, final, charge),
      refuse: ({ label, message, status }, charge) => {
        const code = label === "TOO_MANY_REQUESTS" ? ` [${futures ? 311 : 211}]` : "";
        const words = futures ? `label: ${label}, message: ${message}` : message;
        const errs = JSON.stringify({ errs: { label, message: words + code } });
        send(status, errs, final, charge);
      },
    };
  }

  #answer(request: Json, error: { code: number; message: string } | undefined): void {
    const { id, channel, event, payload } = request;
    this.push(JSON.stringify({
      ...this.#times(),
      ...(id === undefined ? {} : { id }),
      conn_id: this.#connId,
      channel,
      event,
      payload,
      error: error ?? null,
      result: { status: error === undefined ? "success" : "fail" },
    }));
  }

  #times(): Json {
    const ms = Math.floor(this.#host.state.exchange.clock.now() / 1_000);
    return { time: Math.floor(ms / 1_000), time_ms: ms };
  }

  #send(frame: string): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.state.exchange.clock.now();
    this.#socket.sendText(frame);
  }

  #watchSilence(inMs: number): void {
    this.#later(inMs, () => {
      const silentMs = (this.#host.state.exchange.clock.now() - this.#heardAt) / 1_000;
      if (silentMs >= IDLE_MS) return this.#socket.close(1000, "idle");
      this.#watchSilence(IDLE_MS - silentMs);
    });
  }

  #pingLater(): void {
    this.#later(PING_MS, () => {
      this.#socket.ping("");
      this.#pingLater();
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

/** Fields that are left out when they are zero; one name is misspelt as at the venue. */
function rateFields({ remain, limit, resetMs }: Charge): Json {
  return {
    ...(remain === 0 ? {} : { x_gate_ratelimit_requests_remain: remain }),
    x_gate_ratelimit_limit: limit,
    x_gat_ratelimit_reset_timestamp: resetMs,
  };
}

/** The text of an object's or array's value exactly as it was sent. */
export function rawValue(text: string, name: string): string {
  const at = text.indexOf(`"${name}"`);
  if (at < 0) return "";
  let from = text.indexOf(":", at) + 1;
  while (text[from] === " ") from++;
  let depth = 0;
  let quoted = false;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char === "\\") i++;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") {
      depth--;
      if (depth === 0) return text.slice(from, i + 1);
    }
  }
  return "";
}
