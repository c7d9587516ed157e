/**
 * `AsterDialect`: perpetuals and spot of the venue on one host and port, told apart by path.
 *
 *   request -> path -> secret and time, or wallet and nonce -> weight -> queue -> answer
 *
 * 1. Nothing is done for a request that is refused on its way.
 * 2. Headers of an answer say what has been used up.
 * 3. What still waits in the queue is voided by a `noop` under the same nonce.
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
import { Authentication, type VenueKey } from "./authentication.ts";
import {
  type Failure,
  failure,
  failureBody,
  isFailure,
  NONCE_EXPIRED,
  UNAVAILABLE,
} from "./failures.ts";
import { keepFunding } from "./market_operations.ts";
import { MarketStreams } from "./market_streams.ts";
import { type Operation, REST } from "./operations.ts";
import { type Params, paramsOfHttp } from "./params.ts";
import { PERP_RULES, SocketKeeper, type SocketRules, SPOT_RULES } from "./sockets.ts";
import { StreamSession } from "./stream_session.ts";
import type { Answer, VenueState } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface AsterDialectOptions {
  readonly state: VenueState;
  readonly keys: readonly VenueKey[];
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** Chain of the domain that wallets sign for. */
  readonly chainId: number;
  /** How long the venue takes to carry out a signed request, in milliseconds. */
  readonly matchMs?: number;
  /** Length of a socket's life; a day by default. */
  readonly socketLifeMs?: number;
}

/** The venue's side of the wire. */
export class AsterDialect implements WireDialect {
  readonly venue: VenueId = "aster";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly #accounts: AccountStreams;
  readonly #streams: Readonly<Record<WireProduct, MarketStreams>>;
  readonly #matchMs: number;
  readonly #rules: Readonly<Record<WireProduct, SocketRules>>;
  /** Nonces of requests that wait, and of those among them that were voided. */
  readonly #waiting = new Set<string>();
  readonly #voided = new Set<string>();

  constructor(options: AsterDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.authentication = new Authentication(options.keys, options.chainId);
    this.#matchMs = options.matchMs ?? 0;
    const life = options.socketLifeMs === undefined ? {} : { lifeMs: options.socketLifeMs };
    this.#rules = { spot: { ...SPOT_RULES, ...life }, perp: { ...PERP_RULES, ...life } };
    const spot = new MarketStreams(state, "spot");
    const perp = new MarketStreams(state, "perp");
    this.#streams = { spot, perp };
    this.#accounts = new AccountStreams(state);
    state.tellOrder = (order, cause) => this.#accounts.onOrder(order, cause, undefined);
    const { exchange } = state;
    exchange.addListener({
      onLevel: (sim, side, price, size, id) => {
        (sim.perpetual ? perp : spot).onLevel(sim, side, price, size, id);
      },
      onTouch: (sim) => (sim.perpetual ? perp : spot).onTouch(sim),
      onPrint: (sim, print) => (sim.perpetual ? perp : spot).onPrint(sim, print),
      onMark: (sim) => perp.onMark(sim),
      onFunding: (_owner, sim) => keepFunding(state, sim, exchange.clock.now()),
    });
    exchange.addListener(this.#accounts);
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const http = `http://${hostAndPort}`;
    const ws = `ws://${hostAndPort}`;
    return {
      spot: { rest: http, public_ws: `${ws}/spot`, private_ws: `${ws}/spot` },
      perp: { rest: http, public_ws: ws, private_ws: ws },
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
    const done = (answer: Answer) => respond(this.#httpAnswer(operation, params, answer));
    this.#execute(operation, request, params, done);
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    const match = /^(\/spot)?\/(ws|stream)(?:\/(.+))?$/.exec(request.path);
    if (match === null) return { status: 404, body: "Not Found" };
    const product: WireProduct = match[1] === undefined ? "perp" : "spot";
    const query = paramsOfHttp(request.query, "") ?? new Map<string, string>();
    const named = (match[3] ?? query.get("streams") ?? "").split("/").filter((each) => each !== "");
    const rules = this.#rules[product];
    const session = new StreamSession(socket, {
      product,
      combined: match[2] === "stream",
      streams: this.#streams[product],
      accounts: this.#accounts,
      streamsMax: rules.streamsMax,
    });
    const { clock, scheduler } = this.state.exchange;
    session.keeper = new SocketKeeper(socket, clock, scheduler, rules);
    session.open(named.slice(0, rules.streamsMax));
    return session;
  }

  /** Charges, waits as long as the venue takes, and runs unless it was voided meanwhile. */
  #execute(
    operation: Operation,
    request: ServerRequest,
    params: Params,
    done: (answer: Answer) => void,
  ): void {
    const { state } = this;
    const { exchange, faults } = state;
    const now = exchange.clock.now();
    const { product } = operation;
    const limits = state.limits[product];
    if (faults?.decide("maintenance", now)) return done(UNAVAILABLE);
    if (faults?.decide("throttle", now)) return done(limits.throttled(now));
    const refused = limits.charge(operation.weight(params), now) ??
      limits.chargeOrders(operation.orders(params), now);
    if (refused !== undefined) return done(refused);
    const nonce = schemeOf(request.path) === "wallet" ? params.get("nonce") : undefined;
    if (request.path.endsWith("/noop")) {
      if (nonce !== undefined && this.#waiting.has(nonce)) this.#voided.add(nonce);
      return done({ code: 200, msg: "success" });
    }
    const run = () => {
      const user = exchange.user(state.owner);
      done(operation.run({ state, product, params, user, now: exchange.clock.now() }));
    };
    if (this.#matchMs === 0 || operation.security !== "signed") return run();
    if (nonce !== undefined) this.#waiting.add(nonce);
    exchange.scheduler.after(this.#matchMs, () => {
      if (nonce !== undefined) this.#waiting.delete(nonce);
      if (nonce !== undefined && this.#voided.delete(nonce)) return done(NONCE_EXPIRED);
      run();
    });
  }

  /** Ends a product's listen key as if its hour were over. */
  expireListenKey(product: WireProduct): void {
    this.#accounts.expireListenKey(product);
  }

  #authorise(operation: Operation, request: ServerRequest, params: Params): Failure | undefined {
    if (operation.security === "none") return undefined;
    const { query, body, path } = request;
    const apiKey = request.headers.get("x-mbx-apikey");
    const signed = { query, body, params, apiKey };
    const now = this.state.exchange.clock.now();
    const refused = schemeOf(path) === "wallet"
      ? this.authentication.checkWallet(signed, now, path.endsWith("/noop"))
      : operation.security === "key"
      ? this.authentication.checkKey(apiKey)
      : this.authentication.checkHmac(signed, now);
    if (refused === undefined) return undefined;
    return this.state.limits[operation.product].charge(operation.weight(params), now) ?? refused;
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
    const { status, retryAfter } = answer;
    return {
      status,
      headers: retryAfter === undefined
        ? headers
        : { ...headers, "Retry-After": String(retryAfter) },
      body: JSON.stringify(failureBody(answer)),
    };
  }

  #unknownPath(request: ServerRequest): ServerResponse {
    const known = [...REST.keys()].some((each) => each.endsWith(` ${request.path}`));
    if (known) {
      return {
        status: 405,
        body: JSON.stringify({ code: -1000, msg: "Method Not Allowed." }),
      };
    }
    return { status: 404, headers: { "Content-Type": "text/html" }, body: "<html>404</html>" };
  }
}

/** Version 3 is signed by a wallet, all others by a secret. */
function schemeOf(path: string): "wallet" | "hmac" {
  return /^\/f?api\/v3\//.test(path) ? "wallet" : "hmac";
}
