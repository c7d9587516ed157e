/**
 * `GateDialect`: REST and the WebSocket address of each product on one host and port.
 *
 *   request -> path -> faults -> time, key, signature -> body -> rate -> operation -> answer
 *
 * 1. Nothing is done for a request that is refused on its way.
 * 2. One socket address per product serves public data, private data and order entry.
 * Source: protocol sheet, all sections.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { AccountChannels } from "./account_channels.ts";
import { Authentication, type VenueKey } from "./authentication.ts";
import { EXPIRED, type Failure, failure, isFailure, TOO_MANY, UNAVAILABLE } from "./failures.ts";
import { MarketChannels } from "./market_channels.ts";
import { findRoute, type Operation } from "./operations.ts";
import type { Charge } from "./rate_limits.ts";
import { type SocketHost, SocketSession, type WireReply } from "./socket_session.ts";
import { type Answer, type Call, type VenueState } from "./venue_state.ts";
import { floatPlain, type Json, type WireProduct, wireText } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface GateDialectOptions {
  readonly state: VenueState;
  readonly keys: readonly VenueKey[];
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** How long the venue takes to carry out a trade request, in milliseconds. */
  readonly matchMs?: number;
  /** Length of a socket's life; for ever by default, as nothing else is documented. */
  readonly socketLifeMs?: number;
}

const BASE = "/api/v4";
const CONNECTIONS_MAX = 300;
const FUNDINGS_KEPT = 1_000;
/** Share of requests that are answered before the events they caused are told. */
const ANSWER_FIRST = 0.5;
const SPOT_SOCKETS = ["/ws/v4", "/v4/ws/spot"];
const FUTURES_SOCKETS = ["/v4/ws/usdt", "/v4/ws/futures/usdt"];

/** The venue's side of the wire. */
export class GateDialect implements WireDialect, SocketHost {
  readonly venue: VenueId = "gate";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  readonly #matchMs: number;
  readonly #lifeMs: number | undefined;
  readonly #sessions = new Set<SocketSession>();

  constructor(options: GateDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.authentication = new Authentication(options.keys);
    this.#matchMs = options.matchMs ?? 0;
    this.#lifeMs = options.socketLifeMs;
    this.markets = new MarketChannels(state);
    this.accounts = new AccountChannels(state);
    const { exchange, fundings } = state;
    exchange.addListener({
      onFunding: (_owner, sim) => {
        const symbol = state.symbols.of(sim);
        const at = Math.floor(exchange.clock.now() / 1e6) * 1e6;
        if (fundings.findLast((each) => each.symbol === symbol)?.at === at) return;
        fundings.push({ symbol, at, rate: floatPlain(sim.fundingRate, 6) });
        if (fundings.length > FUNDINGS_KEPT) fundings.shift();
      },
    });
    exchange.addListener(this.markets);
    exchange.addListener(this.accounts);
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const rest = `http://${hostAndPort}${BASE}`;
    const spot = `ws://${hostAndPort}/ws/v4/`;
    const perp = `ws://${hostAndPort}/v4/ws/usdt`;
    return {
      spot: { rest, public_ws: spot, private_ws: spot, ws_api: spot },
      perp: { rest, public_ws: perp, private_ws: perp, ws_api: perp },
    };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { faults, exchange } = this.state;
    const now = exchange.clock.now();
    const route = request.path.startsWith(`${BASE}/`)
      ? findRoute(request.method, request.path.slice(BASE.length))
      : undefined;
    if (route === undefined) {
      return respond(refused(failure("NOT_FOUND", `no route for ${request.path}`, 404)));
    }
    const { operation, id, product } = route;
    if (faults?.decide("maintenance", now) === true) return respond(refused(UNAVAILABLE));
    if (faults?.decide("throttle", now) === true) {
      const charge = { taken: false, remain: 0, limit: 200, resetMs: now / 1_000 + 1_000 };
      return respond(refused(TOO_MANY, charge));
    }
    const who = operation.secret ? this.authentication.checkHttp(request, now) : undefined;
    if (who !== undefined) return respond(refused(who));
    const read = readRequest(request);
    if (isFailure(read)) return respond(refused(read));
    const late = expiredAt(request.headers.get("x-gate-exptime"), now);
    if (late !== undefined) return respond(refused(late));
    const params: Json = id === undefined ? read.params : { ...read.params, order_id: id };
    const call = this.#call(product, "rest", decimalOf(request), params, read.list);
    const charge = this.#charge(operation, call, `${request.method} ${route.pattern}`);
    if (!charge.taken) return respond(refused(TOO_MANY, charge));
    const run = () => {
      const answer = operation.run({ ...call, now: exchange.clock.now() });
      if (isFailure(answer)) return respond(refused(answer, charge));
      const headers = rateHeaders(charge, now, exchange.clock.now());
      respond({ status: operation.created ? 201 : 200, headers, body: textOf(answer) });
    };
    if (this.#matchMs === 0 || operation.kind === "other") return run();
    exchange.scheduler.after(this.#matchMs, run);
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (this.#sessions.size >= CONNECTIONS_MAX) return refused(TOO_MANY);
    const path = request.path.replace(/\/$/, "");
    const spot = SPOT_SOCKETS.includes(path);
    if (!spot && !FUTURES_SOCKETS.includes(path)) return { status: 404, body: "Not Found" };
    const session = new SocketSession({
      socket,
      host: this,
      product: spot ? "spot" : "futures",
      decimal: decimalOf(request),
      lifeMs: this.#lifeMs,
    });
    this.#sessions.add(session);
    return {
      onText: (text) => session.onText(text),
      onPong: () => {},
      onClose: () => {
        this.#sessions.delete(session);
        session.onClose();
      },
    };
  }

  /** Tells all sockets of an upgrade and closes them after a while. */
  announceUpgrade(inMs = 30_000): void {
    for (const session of this.#sessions) session.announceEnd(inMs);
  }

  request(
    operation: Operation,
    product: WireProduct,
    channel: string,
    decimal: boolean,
    payload: Json,
    reply: WireReply,
  ): void {
    const { exchange, faults, random } = this.state;
    const now = exchange.clock.now();
    if (faults?.decide("maintenance", now) === true) return reply.refuse(UNAVAILABLE);
    if (faults?.decide("throttle", now) === true) return reply.refuse(TOO_MANY);
    const header = (payload.req_header ?? {}) as Json;
    const late = expiredAt(header["x-gate-exptime"], now);
    if (late !== undefined) return reply.refuse(late);
    const param = payload.req_param;
    const list = Array.isArray(param) ? param : [];
    const params = isObject(param) ? param : {};
    const call = this.#call(product, "ws", decimal, params, list);
    const charge = operation.kind === "other" ? undefined : this.#charge(operation, call, channel);
    if (charge?.taken === false) return reply.refuse(TOO_MANY, charge);
    if (operation.acknowledged === true) reply.acknowledge(charge);
    const run = () => {
      const first = random.next() < ANSWER_FIRST;
      this.state.held = first ? [] : undefined;
      const answer = operation.run({ ...call, now: exchange.clock.now() });
      const { held } = this.state;
      this.state.held = undefined;
      if (isFailure(answer)) reply.refuse(answer, charge);
      else reply.answer(textOf(answer), charge);
      for (const say of held ?? []) say();
    };
    if (this.#matchMs === 0) return run();
    exchange.scheduler.after(this.#matchMs, run);
  }

  #call(
    product: WireProduct,
    via: "rest" | "ws",
    decimal: boolean,
    params: Json,
    list: readonly unknown[],
  ): Call {
    const { exchange, owner } = this.state;
    const now = exchange.clock.now();
    const user = exchange.user(owner);
    return { state: this.state, product, user, params, list, decimal, via, now };
  }

  #charge(operation: Operation, call: Call, endpoint: string): Charge {
    const first = call.list[0];
    const params = isObject(first) ? first : call.params;
    return this.state.limits.charge({
      product: call.product,
      kind: operation.kind,
      via: call.via,
      endpoint,
      market: String(params.currency_pair ?? params.contract ?? ""),
      count: Math.max(1, call.list.length),
    });
  }
}

function textOf(answer: Exclude<Answer, Failure>): string {
  const ready = !Array.isArray(answer) && typeof (answer as Json).text === "string" &&
    Object.keys(answer).length === 1;
  return ready ? (answer as { text: string }).text : wireText(answer);
}

function decimalOf(request: ServerRequest): boolean {
  return request.headers.get("x-gate-size-decimal") === "1";
}

function expiredAt(until: unknown, now: number): Failure | undefined {
  if (until === undefined || until === "") return undefined;
  const ms = Number(until);
  if (!Number.isFinite(ms)) return failure("INVALID_PARAM_VALUE", "invalid x-gate-exptime");
  return now / 1_000 > ms ? EXPIRED : undefined;
}

function readRequest(
  request: ServerRequest,
): { params: Json; list: readonly unknown[] } | Failure {
  const params: Json = {};
  for (const pair of request.query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    try {
      const name = decodeURIComponent(at < 0 ? pair : pair.slice(0, at));
      params[name] = decodeURIComponent(at < 0 ? "" : pair.slice(at + 1));
    } catch {
      return failure("INVALID_PARAM_VALUE", "illegal characters in the query");
    }
  }
  if (request.body === "") return { params, list: [] };
  const type = request.headers.get("content-type") ?? "";
  if (!type.includes("application/json")) {
    return failure("INVALID_REQUEST_BODY", "Content-Type must be application/json");
  }
  try {
    const body: unknown = JSON.parse(request.body);
    if (Array.isArray(body)) return { params, list: body };
    if (isObject(body)) return { params: { ...params, ...body }, list: [] };
  } catch {
    // Answered below like every other text that is no object.
  }
  return failure("INVALID_REQUEST_BODY", "Invalid request body");
}

function refused(why: Failure, charge?: Charge): ServerResponse {
  const { label, message, status } = why;
  const headers = charge === undefined ? {} : { headers: rateHeaders(charge, 0, 0) };
  return { status, ...headers, body: JSON.stringify({ label, message }) };
}

function rateHeaders(charge: Charge, inTime: number, outTime: number): Record<string, string> {
  return {
    "X-Gate-RateLimit-Requests-Remain": String(charge.remain),
    "X-Gate-RateLimit-Limit": String(charge.limit),
    "X-Gate-RateLimit-Reset-Timestamp": String(Math.floor(charge.resetMs)),
    ...(inTime === 0 ? {} : { "X-In-Time": String(inTime), "X-Out-Time": String(outTime) }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
