/**
 * `BinanceDialect`: spot and USD-M of the venue on one host and port, told apart by path.
 *
 *   request -> path -> weight -> key, time, signature -> order count -> operation -> answer
 *
 * 1. Nothing is done for a request that is refused on its way.
 * 2. Headers of an answer say what has been used up.
 * Source: protocol sheet of the venue, all sections.
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
import { AccountStreams } from "./account_streams.ts";
import { ApiSession } from "./api_session.ts";
import { Authentication, httpPayload, type VenueKey } from "./authentication.ts";
import { type Failure, failure, failureBody, isFailure, UNAVAILABLE } from "./failures.ts";
import { keepFunding } from "./market_operations.ts";
import { MarketStreams } from "./market_streams.ts";
import { type Operation, REST } from "./operations.ts";
import { type Params, paramsOfHttp } from "./params.ts";
import { SocketKeeper, type SocketRules, SPOT_RULES, USDM_RULES } from "./sockets.ts";
import { StreamSession } from "./stream_session.ts";
import type { Answer, VenueState } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface BinanceDialectOptions {
  readonly state: VenueState;
  readonly keys: readonly VenueKey[];
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** How long the venue takes to carry out a signed request, in milliseconds. */
  readonly matchMs?: number;
  /** Length of a socket's life; a day by default. */
  readonly socketLifeMs?: number;
}

const CONNECTS_MAX = 300;
const CONNECTS_WINDOW_US = 300_000_000;
const SHUTDOWN_STREAM = "!serverShutdown";

/** The venue's side of the wire. */
export class BinanceDialect implements WireDialect {
  readonly venue: VenueId = "binance";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly #accounts: AccountStreams;
  readonly #streams: Readonly<Record<WireProduct, MarketStreams>>;
  readonly #matchMs: number;
  readonly #rules: Readonly<Record<WireProduct, SocketRules>>;
  readonly #connects: number[] = [];

  constructor(options: BinanceDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.authentication = new Authentication(options.keys);
    this.#matchMs = options.matchMs ?? 0;
    const life = options.socketLifeMs === undefined ? {} : { lifeMs: options.socketLifeMs };
    this.#rules = { spot: { ...SPOT_RULES, ...life }, usdm: { ...USDM_RULES, ...life } };
    const spot = new MarketStreams(state, "spot");
    const usdm = new MarketStreams(state, "usdm");
    this.#streams = { spot, usdm };
    this.#accounts = new AccountStreams(state);
    const { exchange } = state;
    exchange.addListener({
      onLevel: (sim, side, price, size, id) => {
        (sim.perpetual ? usdm : spot).onLevel(sim, side, price, size, id);
      },
      onTouch: (sim) => (sim.perpetual ? usdm : spot).onTouch(sim),
      onPrint: (sim, print) => (sim.perpetual ? usdm : spot).onPrint(sim, print),
      onMark: (sim) => usdm.onMark(sim),
      onStatus: (sim) => {
        if (sim.perpetual) usdm.onStatus(sim);
      },
      onFunding: (_owner, sim) => keepFunding(state, sim, exchange.clock.now()),
    });
    exchange.addListener(this.#accounts);
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const http = `http://${hostAndPort}`;
    const ws = `ws://${hostAndPort}`;
    return {
      spot: {
        rest: http,
        public_ws: ws,
        private_ws: `${ws}/ws-api/v3`,
        ws_api: `${ws}/ws-api/v3`,
      },
      perp: {
        rest: http,
        public_ws: `${ws}/public`,
        market_ws: `${ws}/market`,
        private_ws: `${ws}/private`,
        ws_api: `${ws}/ws-fapi/v1`,
      },
    };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const operation = REST.get(`${request.method} ${request.path}`);
    if (operation === undefined) return respond(this.#unknownPath(request));
    const params = paramsOfHttp(request.query, request.body);
    if (params === undefined) {
      const bad = failure(
        -1100,
        "Illegal characters found in a parameter; it cannot be percent-decoded.",
      );
      return respond(this.#httpAnswer(operation, params, bad));
    }
    const refused = this.#authorise(operation, request, params);
    if (refused !== undefined) return respond(this.#httpAnswer(operation, params, refused));
    this.execute(operation, params, (answer) => {
      respond(this.#httpAnswer(operation, params, answer));
    });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (!this.#mayConnect()) {
      return { status: 429, headers: { "Retry-After": "300" }, body: "Too many connections" };
    }
    const { path } = request;
    const query = paramsOfHttp(request.query, "") ?? new Map<string, string>();
    if (path === "/ws-api/v3") return this.#openApi(socket, "spot", query);
    if (path === "/ws-fapi/v1") return this.#openApi(socket, "usdm", query);
    const match = /^(\/public|\/market|\/private)?\/(ws|stream)(?:\/(.+))?$/.exec(path);
    if (match === null) return { status: 404, body: "Not Found" };
    const names = (match[3] ?? query.get("streams") ?? "").split("/").filter((each) => each !== "");
    const combined = match[2] === "stream";
    if (match[1] === "/private") return this.#openPrivate(socket, query, names[0], combined);
    return this.#openStreams(socket, match[1]?.slice(1), names, combined, query);
  }

  /** Charges, waits as long as the venue takes, runs, and settles what the answer costs. */
  execute(operation: Operation, params: Params, done: (answer: Answer) => void): void {
    const { state } = this;
    const { exchange, faults } = state;
    const now = exchange.clock.now();
    const limits = state.limits[operation.product];
    if (faults?.decide("maintenance", now)) return done(UNAVAILABLE);
    if (faults?.decide("throttle", now)) return done(limits.throttled(now));
    const weight = operation.weight(params);
    const refused = limits.charge(weight, now) ??
      limits.chargeOrders(operation.orders(params), now);
    if (refused !== undefined) return done(refused);
    const run = () => {
      const answer = operation.run({
        state,
        product: operation.product,
        params,
        user: exchange.user(state.owner),
        now: exchange.clock.now(),
      });
      if (operation.freeOnSuccess && !isFailure(answer)) limits.refund(weight);
      done(answer);
    };
    if (this.#matchMs === 0 || operation.security !== "signed") return run();
    exchange.scheduler.after(this.#matchMs, run);
  }

  /** Ends the listen key as if its hour were over. */
  expireListenKey(): void {
    this.#accounts.expireListenKey();
  }

  #authorise(
    operation: Operation,
    request: ServerRequest,
    params: Params,
  ): Failure | undefined {
    if (operation.security === "none") return undefined;
    const apiKey = request.headers.get("x-mbx-apikey");
    const checked = operation.security === "key"
      ? this.authentication.key(apiKey)
      : this.authentication.check(
        apiKey,
        httpPayload(request.query, request.body),
        params,
        this.state.exchange.clock.now(),
      );
    if (!isFailure(checked)) return undefined;
    const now = this.state.exchange.clock.now();
    return this.state.limits[operation.product].charge(operation.weight(params), now) ?? checked;
  }

  #httpAnswer(
    operation: Operation,
    params: Params | undefined,
    answer: Answer,
  ): ServerResponse {
    const { state } = this;
    const orders = params !== undefined && operation.orders(params) > 0;
    const now = state.exchange.clock.now();
    const used = state.limits[operation.product].headers(now, orders);
    const headers = { "Content-Type": "application/json;charset=UTF-8", ...used };
    if (!isFailure(answer)) {
      const body = typeof answer === "string" ? answer : JSON.stringify(answer);
      return { status: 200, headers, body };
    }
    const { status, code, msg, retryAfter } = answer;
    const shown = code === -1003 ? { code, msg } : failureBody(answer);
    return {
      status,
      headers: retryAfter === undefined
        ? headers
        : { ...headers, "Retry-After": String(retryAfter) },
      body: JSON.stringify(shown),
    };
  }

  #unknownPath(request: ServerRequest): ServerResponse {
    if (/^\/api\/v3\/userDataStream/.test(request.path)) {
      const gone = failure(-1000, "This endpoint is no longer available.", 410);
      return { status: 410, body: JSON.stringify(failureBody(gone)) };
    }
    const known = [...REST.keys()].some((each) => each.endsWith(` ${request.path}`));
    if (known) {
      return {
        status: 405,
        body: JSON.stringify({ code: -1000, msg: "Method Not Allowed." }),
      };
    }
    return { status: 404, headers: { "Content-Type": "text/html" }, body: "<html>404</html>" };
  }

  #mayConnect(): boolean {
    const now = this.state.exchange.clock.now();
    while (this.#connects.length > 0 && this.#connects[0]! <= now - CONNECTS_WINDOW_US) {
      this.#connects.shift();
    }
    if (this.#connects.length >= CONNECTS_MAX) return false;
    this.#connects.push(now);
    return true;
  }

  #openApi(socket: ServerSocket, product: WireProduct, query: Params): ServerSession {
    const { exchange, limits } = this.state;
    limits[product].charge(2, exchange.clock.now());
    const counts = query.get("returnRateLimits") !== "false";
    const session = new ApiSession(socket, this, product, counts, () => {
      this.#accounts.removeApi(session);
    });
    // Requests over the WebSocket API are limited by weight, not by number.
    const rules = { ...this.#rules[product], messagesPerSecondMax: Infinity };
    const { clock, scheduler } = exchange;
    session.keeper = new SocketKeeper(socket, clock, scheduler, rules, () => {
      if (product === "spot") session.announceShutdown();
    });
    if (product === "spot") this.#accounts.addApi(session);
    return session;
  }

  #openStreams(
    socket: ServerSocket,
    route: string | undefined,
    names: readonly string[],
    combined: boolean,
    query: Params,
  ): ServerSession {
    const product: WireProduct = route === undefined ? "spot" : "usdm";
    const micro = product === "spot" && query.get("timeUnit")?.toUpperCase() === "MICROSECOND";
    const way = route === "public" || route === "market" ? route : "spot";
    const session = new StreamSession(
      socket,
      this.#streams[product],
      { product, route: way, combined, micro },
      () => {},
    );
    this.#keep(session, socket, product);
    session.open(names);
    return session;
  }

  #openPrivate(
    socket: ServerSocket,
    query: Params,
    keyInPath: string | undefined,
    combined: boolean,
  ): ServerSession {
    const listenKey = query.get("listenKey") ?? keyInPath ?? "";
    const events = query.get("events");
    const session = new StreamSession(
      socket,
      this.#streams.usdm,
      { product: "usdm", route: "private", combined, micro: false },
      () => this.#accounts.removePrivate(session),
    );
    this.#keep(session, socket, "usdm");
    this.#accounts.addPrivate(session, listenKey, events?.split("/"));
    return session;
  }

  #keep(session: StreamSession, socket: ServerSocket, product: WireProduct): void {
    const { clock, scheduler } = this.state.exchange;
    session.keeper = new SocketKeeper(socket, clock, scheduler, this.#rules[product], () => {
      if (product === "usdm") return;
      const now = Math.floor(clock.now() / 1_000);
      session.push(SHUTDOWN_STREAM, `{"e":"serverShutdown","E":${now}}`);
    });
  }
}
