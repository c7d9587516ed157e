/**
 * One WebSocket: log-on, subscriptions, order entry, heartbeats in three dialects, and its end.
 *
 * 1. One bad topic fails its whole request; topics of other categories are taken and stay silent.
 * 2. Nothing is sent again after a reconnect: a subscription begins anew.
 * 3. Who says nothing for the agreed time is found when the venue looks, every 30 seconds.
 * Source: protocol sheet sections 2, 3, 4.3 and 5.
 * @module
 */
import type { TimerId } from "@/engine/ports/mod.ts";
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import { AccountTopics } from "./account_topics.ts";
import { type Authentication, checkWindow } from "./authentication.ts";
import type { FrameSink } from "./book_feed.ts";
import { badParameter, type Failure, failure } from "./failures.ts";
import type { MarketTopics } from "./market_topics.ts";
import type { Charge } from "./rate_limits.ts";
import type { VenueState } from "./venue_state.ts";
import type { Category, Json } from "./wire_symbols.ts";

/** The addresses. */
export type Route = Category | "status" | "private" | "trade";

/** The answer to a trade request. */
export interface TradeAnswer {
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
  readonly ext: Json;
  readonly charge: Charge | undefined;
}

/** What a session needs of its dialect. */
export interface SocketHost {
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketTopics;
  readonly accounts: AccountTopics;
  /** Carries out `create`, `cancel-batch` and the like, now or after the venue's own delay. */
  trade(action: string, arg: Json, via: "rest" | "ws", done: (answer: TradeAnswer) => void): void;
}

const LOOK_MS = 30_000;
const SPOT_ARGS_MAX = 10;
const ARGS_CHARACTERS_MAX = 21_000;
const REQUESTS_PER_SECOND = 3_000;
const IDS_KEPT = 20_000;
const TRADE_OPS = /^order\.(create|amend|cancel)(-batch)?$/;

/** One client's socket. */
export class SocketSession implements ServerSession, FrameSink {
  readonly #socket: ServerSocket;
  readonly #host: SocketHost;
  readonly #route: Route;
  readonly #connId: string;
  readonly #idleMs: number;
  readonly #topics = new Set<string>();
  readonly #ids = new Set<string>();
  readonly #timers = new Set<TimerId>();
  #heardAt: number;
  #loggedOn = false;
  #closed = false;

  constructor(
    socket: ServerSocket,
    host: SocketHost,
    route: Route,
    idleMs: number,
    lifeMs: number | undefined,
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#route = route;
    this.#idleMs = idleMs;
    const { exchange, random } = host.state;
    this.#connId = `cejreaspqf${Math.floor(random.next() * 36 ** 8).toString(36)}`;
    this.#heardAt = exchange.clock.now();
    this.#watchSilence();
    if (lifeMs !== undefined) this.#later(lifeMs, () => this.#socket.close(1001, "going away"));
  }

  /** When the client last said anything. */
  get heardAt(): number {
    return this.#heardAt;
  }

  push(frame: string): void {
    if (!this.#closed) this.#socket.sendText(frame);
  }

  onText(text: string): void {
    if (this.#closed) return;
    this.#heardAt = this.#host.state.exchange.clock.now();
    let request: Json;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Json;
    } catch {
      return this.#refuse({}, failure(10001, "Params Error: not a JSON object"));
    }
    const { op } = request;
    if (op === "ping") return this.#pong(request);
    if (op === "auth" && (this.#route === "private" || this.#route === "trade")) {
      return this.#logOn(request);
    }
    if (this.#route === "trade") return this.#trade(request);
    if (op === "subscribe") return this.#subscribe(request);
    if (op === "unsubscribe") return this.#unsubscribe(request);
    this.#refuse(request, failure(10404, `error:invalid op,op:${String(op)}`));
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
    for (const topic of this.#topics) this.#leave(topic);
    this.#topics.clear();
  }

  #pong(request: Json): void {
    const now = String(Math.floor(this.#host.state.exchange.clock.now() / 1_000));
    const connId = this.#connId;
    const { req_id, reqId } = request;
    const id = req_id === undefined ? {} : { req_id };
    if (this.#route === "trade") {
      const named = reqId === undefined ? {} : { reqId };
      return this.#tell({ ...named, retCode: 0, retMsg: "OK", op: "pong", data: [now], connId });
    }
    this.#tell(
      this.#route === "private"
        ? { ...id, op: "pong", args: [now], conn_id: connId }
        : { success: true, ret_msg: "pong", conn_id: connId, ...id, op: "ping" },
    );
  }

  #logOn(request: Json): void {
    const { state, authentication } = this.#host;
    if (this.#route === "trade" && this.#loggedOn) {
      return this.#refuse(request, failure(20001, "Repeat auth"));
    }
    const why = authentication.checkSocket(request.args, state.exchange.clock.now());
    if (why !== undefined) return this.#refuse(request, why);
    this.#loggedOn = true;
    this.#accept(request);
  }

  #accept(request: Json): void {
    const connId = this.#connId;
    const { op, req_id, reqId } = request;
    if (this.#route === "trade") {
      const named = reqId === undefined ? {} : { reqId };
      return this.#tell({ ...named, retCode: 0, retMsg: "OK", op, connId });
    }
    const id = req_id === undefined ? {} : { req_id };
    this.#tell({ success: true, ret_msg: "", conn_id: connId, ...id, op });
  }

  #refuse(request: Json, why: Failure): void {
    const connId = this.#connId;
    const { op, req_id, reqId } = request;
    if (this.#route === "trade") {
      const id = reqId === undefined ? {} : { reqId };
      return this.#tell({ ...id, retCode: why.code, retMsg: why.msg, op, data: {}, connId });
    }
    const id = req_id === undefined ? {} : { req_id };
    this.#tell({ success: false, ret_msg: why.msg, conn_id: connId, ...id, op });
  }

  #subscribe(request: Json): void {
    const { args } = request;
    const why = this.#whyNot(args);
    if (why !== undefined) return this.#refuse(request, failure(10001, why));
    this.#accept(request);
    for (const topic of args as string[]) {
      if (this.#closed) return;
      this.#topics.add(topic);
      this.#join(topic);
    }
  }

  #unsubscribe(request: Json): void {
    const { args } = request;
    if (!Array.isArray(args) || args.some((each) => typeof each !== "string")) {
      return this.#refuse(request, failure(10001, "error:args invalid"));
    }
    for (const topic of args as string[]) if (this.#topics.delete(topic)) this.#leave(topic);
    this.#accept(request);
  }

  /** Why a subscription is refused as a whole. */
  #whyNot(args: unknown): string | undefined {
    if (!Array.isArray(args) || args.length === 0) return "error:args invalid";
    if (args.some((each) => typeof each !== "string")) return "error:args invalid";
    const topics = args as string[];
    if (this.#route === "private") {
      if (!this.#loggedOn) return "Request not authorized";
      const mixed = AccountTopics.mixed(topics);
      if (mixed) return "error:can not subscribe all-in-one and categorised topic together";
    }
    if (this.#route === "spot" && topics.length > SPOT_ARGS_MAX) return "args size >10";
    let characters = 0;
    for (const topic of [...this.#topics, ...topics]) characters += topic.length;
    if (characters > ARGS_CHARACTERS_MAX) return "error:args length exceeds 21000";
    for (const [place, topic] of topics.entries()) {
      if (!this.#knows(topic)) return `error:handler not found,topic:${topic}`;
      if (this.#topics.has(topic) || topics.indexOf(topic) < place) {
        return `error:already subscribed,topic:${topic}`;
      }
    }
    return undefined;
  }

  #knows(topic: string): boolean {
    const { markets } = this.#host;
    switch (this.#route) {
      case "status":
        return topic === "system.status";
      case "private":
        return AccountTopics.knows(topic);
      case "trade":
        return false;
      default:
        return markets.knows(this.#route, topic);
    }
  }

  #join(topic: string): void {
    const { markets, accounts } = this.#host;
    if (this.#route === "private") accounts.subscribe(topic, this);
    else if (this.#route === "status") markets.watchStatus(this, true);
    else if (this.#route !== "trade") markets.subscribe(this.#route, topic, this);
  }

  #leave(topic: string): void {
    const { markets, accounts } = this.#host;
    if (this.#route === "private") accounts.unsubscribe(topic, this);
    else if (this.#route === "status") markets.watchStatus(this, false);
    else if (this.#route !== "trade") markets.unsubscribe(this.#route, topic, this);
  }

  #trade(request: Json): void {
    const { reqId, header, op, args } = request;
    const { state } = this.#host;
    const now = state.exchange.clock.now();
    const match = TRADE_OPS.exec(String(op));
    if (match === null) return this.#refuse(request, failure(10404, "op type is not found"));
    if (!this.#loggedOn) {
      return this.#refuse(request, failure(10007, "User authentication failed."));
    }
    if (!state.limits.take("trade-address", 1, REQUESTS_PER_SECOND).ok) {
      return this.#refuse(request, failure(10403, "Exceeded the IP rate limit"));
    }
    if (reqId !== undefined && (typeof reqId !== "string" || reqId.length > 36)) {
      return this.#refuse(request, badParameter("reqId"));
    }
    if (typeof reqId === "string" && reqId !== "") {
      if (this.#ids.has(reqId)) return this.#refuse(request, failure(20006, "reqId is duplicated"));
      if (this.#ids.size >= IDS_KEPT) this.#ids.clear();
      this.#ids.add(reqId);
    }
    if (!isObject(header)) return this.#refuse(request, badParameter("header"));
    const late = checkWindow(header["X-BAPI-TIMESTAMP"], header["X-BAPI-RECV-WINDOW"], now);
    if (late !== undefined) return this.#refuse(request, late);
    if (!Array.isArray(args) || args.length !== 1 || !isObject(args[0])) {
      return this.#refuse(request, badParameter("args"));
    }
    const action = `${match[1]}${match[2] ?? ""}`;
    this.#host.trade(action, args[0], "ws", (answer) => this.#answer(request, answer));
  }

  #answer({ reqId, op }: Json, { code, msg, data, ext, charge }: TradeAnswer): void {
    const { state } = this.#host;
    const now = Math.floor(state.exchange.clock.now() / 1_000);
    const limits = charge === undefined ? {} : {
      "X-Bapi-Limit": String(charge.limit),
      "X-Bapi-Limit-Status": String(charge.left),
      "X-Bapi-Limit-Reset-Timestamp": String(charge.resetAt),
    };
    this.#tell({
      ...(reqId === undefined ? {} : { reqId }),
      retCode: code,
      retMsg: msg,
      op,
      data,
      retExtInfo: ext,
      header: {
        ...limits,
        Traceid: Math.floor(state.random.next() * 2 ** 48).toString(16).padStart(32, "0"),
        Timenow: String(now),
      },
      connId: this.#connId,
    });
  }

  #tell(body: Json): void {
    this.push(JSON.stringify(body));
  }

  #watchSilence(): void {
    this.#later(LOOK_MS, () => {
      const silentMs = (this.#host.state.exchange.clock.now() - this.#heardAt) / 1_000;
      if (silentMs >= this.#idleMs) return this.#socket.close(1001, "no ping received");
      this.#watchSilence();
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

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
