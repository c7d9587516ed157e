/**
 * `BybitDialect`: REST and the five WebSocket addresses of the venue on one host and port.
 *
 *   request -> address -> path -> faults -> key, time, signature -> body -> rate -> operation
 *
 * 1. Nothing is done for a request that is refused on its way.
 * 2. HTTP says 200 for refusals of the business: `retCode` counts.
 * 3. An answer goes out before or after the events it caused, as chance has it.
 * Source: protocol sheet, all sections.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  SimInstrument,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import * as account from "./account_operations.ts";
import { AccountTopics } from "./account_topics.ts";
import { Authentication, type VenueKey } from "./authentication.ts";
import {
  badParameter,
  type Failure,
  failure,
  isFailure,
  RESTARTING,
  TOO_MANY,
  UNAVAILABLE,
} from "./failures.ts";
import * as market from "./market_operations.ts";
import { MarketTopics } from "./market_topics.ts";
import { type Charge, type TradeKind, tradeLimit } from "./rate_limits.ts";
import { type Route, type SocketHost, SocketSession, type TradeAnswer } from "./socket_session.ts";
import { batchItem, cancelAll, tradeOne } from "./trade_operations.ts";
import type { Answer, Call, VenueState } from "./venue_state.ts";
import { type Category, finePrice, type Json, millisOf, millisText } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface BybitDialectOptions {
  readonly state: VenueState;
  readonly keys: readonly VenueKey[];
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  /** How long the venue takes to carry out a trade request, in milliseconds. */
  readonly matchMs?: number;
  /** Length of a socket's life; for ever by default, as nothing else is documented. */
  readonly socketLifeMs?: number;
}

interface Operation {
  readonly run: (call: Call) => Answer;
  readonly secret: boolean;
  /** Requests a second of the account; 0: only the address is counted. */
  readonly limit: number;
}

type Respond = (response: ServerResponse) => void;

const IDLE_MS = 600_000;
const FUNDINGS_KEPT = 1_000;
const RATES_KEPT = 2_000;
const MAINTENANCES_KEPT = 100;
const ANSWER_FIRST = 0.5;
const BATCH_MAX: Readonly<Record<Category, number>> = { linear: 20, spot: 10 };
const TRADE_PATH = /^\/v5\/order\/(create|amend|cancel)(-batch)?$/;
const SOCKETS: Readonly<Record<string, Route>> = {
  "/v5/public/spot": "spot",
  "/v5/public/linear": "linear",
  "/v5/public/misc/status": "status",
  "/v5/private": "private",
  "/v5/trade": "trade",
};

function open(run: (call: Call) => Answer): Operation {
  return { run, secret: false, limit: 0 };
}

function secret(run: (call: Call) => Answer, limit: number): Operation {
  return { run, secret: true, limit };
}

const REST: ReadonlyMap<string, Operation> = new Map([
  ["GET /v5/market/time", open(market.serverTime)],
  ["GET /v5/market/instruments-info", open(market.instruments)],
  ["GET /v5/market/orderbook", open(market.orderbook)],
  ["GET /v5/market/tickers", open(market.tickers)],
  ["GET /v5/market/recent-trade", open(market.recentTrades)],
  ["GET /v5/market/funding/history", open(market.fundingHistory)],
  ["GET /v5/market/price-limit", open(market.priceLimit)],
  ["GET /v5/system/status", open(market.systemStatus)],
  ["GET /v5/order/realtime", secret(account.realtime, 50)],
  ["GET /v5/order/history", secret(account.history, 50)],
  ["GET /v5/execution/list", secret(account.executions, 50)],
  ["GET /v5/position/list", secret(account.positions, 50)],
  ["GET /v5/account/wallet-balance", secret(account.walletBalance, 50)],
  ["GET /v5/account/fee-rate", secret(account.feeRate, 10)],
  ["GET /v5/account/info", secret(account.accountInfo, 50)],
  ["GET /v5/account/transaction-log", secret(account.transactionLog, 30)],
  ["GET /v5/user/query-api", secret(account.keyInfo, 10)],
  ["POST /v5/position/set-leverage", secret(account.setLeverage, 10)],
  ["POST /v5/position/switch-mode", secret(account.switchMode, 10)],
  ["POST /v5/account/set-limit-px-action", secret(account.setLimitPriceAction, 10)],
]);

/** The venue's side of the wire. */
export class BybitDialect implements WireDialect, SocketHost {
  readonly venue: VenueId = "bybit";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketTopics;
  readonly accounts: AccountTopics;
  readonly #operations: ReadonlyMap<string, Operation>;
  readonly #matchMs: number;
  readonly #lifeMs: number | undefined;

  constructor(options: BybitDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.authentication = new Authentication(options.keys);
    this.#matchMs = options.matchMs ?? 0;
    this.#lifeMs = options.socketLifeMs;
    this.markets = new MarketTopics(state);
    this.accounts = new AccountTopics(state);
    this.#operations = new Map([
      ...REST,
      ["POST /v5/order/disconnected-cancel-all", secret((call) => this.#setDeadMan(call), 5)],
      [
        "GET /v5/account/query-dcp-info",
        secret(({ state }) => account.deadMenBody(state, this.accounts.deadMen), 10),
      ],
    ]);
    state.tellOrder = (order, cause) => this.accounts.onOrder(order, cause, undefined);
    state.deepBookNumber = (symbol) => this.markets.deepBookNumber(symbol);
    const { exchange } = state;
    exchange.addListener({
      onFunding: (owner, sim, amount) => this.#keepFunding(owner, sim, amount),
      onStatus: (sim) => this.#noteStatus(sim),
    });
    exchange.addListener(this.markets);
    exchange.addListener(this.accounts);
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const ws = `ws://${hostAndPort}/v5`;
    const common = {
      rest: `http://${hostAndPort}`,
      private_ws: `${ws}/private`,
      ws_api: `${ws}/trade`,
      status_ws: `${ws}/public/misc/status`,
    };
    return {
      spot: { ...common, public_ws: `${ws}/public/spot` },
      perp: { ...common, public_ws: `${ws}/public/linear` },
    };
  }

  handleHttp(request: ServerRequest, respond: Respond): void {
    const { faults, exchange, limits } = this.state;
    const now = exchange.clock.now();
    if (!limits.takeAddress()) return respond({ status: 403, body: "access too frequent" });
    const { method, path } = request;
    const trade = method === "POST" ? TRADE_PATH.exec(path) : null;
    const everything = method === "POST" && path === "/v5/order/cancel-all";
    const operation = this.#operations.get(`${method} ${path}`);
    if (trade === null && !everything && operation === undefined) {
      return respond({ status: 404, body: "404 page not found" });
    }
    if (faults?.decide("maintenance", now) === true) return this.#refuse(respond, UNAVAILABLE);
    if (faults?.decide("throttle", now) === true) return this.#throttle(respond, 10);
    if (operation?.secret !== false) {
      const who = this.authentication.checkHttp(request, now);
      if (who !== undefined) return this.#refuse(respond, who);
    }
    const params = method === "GET" ? paramsOf(request.query) : bodyOf(request.body);
    if (isFailure(params)) return this.#refuse(respond, params);
    if (trade !== null) {
      return this.trade(`${trade[1]}${trade[2] ?? ""}`, params, "rest", (answer) => {
        const { code, msg, data, ext, charge } = answer;
        this.#respond(respond, code, msg, data, ext, charge);
      });
    }
    const run = everything ? cancelAll : operation!.run;
    const limit = everything ? tradeLimit("cancel", params.category) : operation!.limit;
    const bucket = everything ? `${path}/${params.category}` : path;
    const charge = limit === 0 ? undefined : limits.take(bucket, 1, limit);
    if (charge?.ok === false) return this.#refuse(respond, TOO_MANY, charge);
    const user = exchange.user(this.state.owner);
    const answer = run({ state: this.state, user, params, now });
    if (isFailure(answer)) return this.#refuse(respond, answer, charge);
    this.#respond(respond, 0, "OK", answer.result, answer.ext ?? {}, charge);
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    const route = Object.hasOwn(SOCKETS, request.path) ? SOCKETS[request.path] : undefined;
    if (route === undefined) return { status: 404, body: "404 page not found" };
    if (!this.state.limits.takeConnect()) return { status: 403, body: "access too frequent" };
    const idleMs = route === "private" || route === "trade" ? idleOf(request.query) : IDLE_MS;
    if (idleMs === undefined) return { status: 400, body: "invalid max_active_time" };
    return new SocketSession(socket, this, route, idleMs, this.#lifeMs);
  }

  trade(
    action: string,
    arg: Json,
    via: "rest" | "ws",
    done: (answer: TradeAnswer) => void,
  ): void {
    const { exchange, faults, limits, random } = this.state;
    const now = exchange.clock.now();
    if (via === "ws" && faults?.decide("maintenance", now) === true) {
      return done(refusal(random.next() < 0.5 ? RESTARTING : UNAVAILABLE, undefined));
    }
    if (via === "ws" && faults?.decide("throttle", now) === true) {
      return done(refusal(TOO_MANY, emptyCharge(10, now)));
    }
    const category = market.categoryOf(arg);
    if (isFailure(category)) return done(refusal(category, undefined));
    const batch = action.endsWith("-batch");
    const kind = action.replace("-batch", "") as TradeKind;
    const items = batch ? itemsOf(arg, category) : [arg];
    if (isFailure(items)) return done(refusal(items, undefined));
    const charge = limits.take(
      `${action}/${category}`,
      items.length,
      tradeLimit(kind, category),
      1_000,
      batch ? "first" : "all",
    );
    if (!charge.ok) return done(refusal(TOO_MANY, charge));
    const run = () => {
      this.state.held = this.state.random.next() < ANSWER_FIRST ? [] : undefined;
      const answer = batch
        ? this.#many(kind, category, items, charge)
        : this.#one(kind, items[0]!, charge);
      const { held } = this.state;
      this.state.held = undefined;
      done(answer);
      for (const say of held ?? []) say();
    };
    if (this.#matchMs === 0) return run();
    exchange.scheduler.after(this.#matchMs, run);
  }

  #one(kind: TradeKind, arg: Json, charge: Charge): TradeAnswer {
    const result = tradeOne(this.state, kind, arg);
    if (isFailure(result)) return refusal(result, charge);
    return { code: 0, msg: "OK", data: result, ext: {}, charge };
  }

  #many(kind: TradeKind, category: Category, items: readonly Json[], charge: Charge): TradeAnswer {
    const list: Json[] = [];
    const codes: Json[] = [];
    for (const item of items) {
      const arg = { ...item, category };
      // Conditional orders cannot be changed in batches.
      const result = kind === "amend" && item.triggerPrice !== undefined
        ? badParameter("triggerPrice")
        : tradeOne(this.state, kind, arg);
      list.push(batchItem(this.state, kind, category, arg, result));
      codes.push(isFailure(result) ? { code: result.code, msg: result.msg } : OK);
    }
    return { code: 0, msg: "OK", data: { list }, ext: { list: codes }, charge };
  }

  #setDeadMan({ state, params }: Call): Answer {
    const wanted = account.deadManOf(state, params);
    if (isFailure(wanted)) return wanted;
    const { category, windowS } = wanted;
    if (category !== undefined) this.accounts.setDeadMan(category, windowS);
    return { result: {} };
  }

  #throttle(respond: Respond, limit: number): void {
    this.#refuse(respond, TOO_MANY, emptyCharge(limit, this.state.exchange.clock.now()));
  }

  #refuse(respond: Respond, why: Failure, charge?: Charge): void {
    this.#respond(respond, why.code, why.msg, {}, {}, charge, why.status);
  }

  #respond(
    respond: Respond,
    retCode: number,
    retMsg: string,
    result: unknown,
    retExtInfo: Json,
    charge: Charge | undefined,
    status = 200,
  ): void {
    const time = millisOf(this.state.exchange.clock.now());
    const headers = charge === undefined ? {} : {
      headers: {
        "X-Bapi-Limit": String(charge.limit),
        "X-Bapi-Limit-Status": String(charge.left),
        "X-Bapi-Limit-Reset-Timestamp": String(charge.resetAt),
      },
    };
    const body = JSON.stringify({ retCode, retMsg, result, retExtInfo, time });
    respond({ status, ...headers, body });
  }

  #keepFunding(owner: number, sim: SimInstrument, amount: bigint): void {
    const { exchange, symbols, fundings, fundingRates } = this.state;
    const at = exchange.clock.now();
    const symbol = symbols.of(sim);
    const last = fundingRates.findLast((each) => each.symbol === symbol);
    if (last?.at !== at) {
      fundingRates.push({ symbol, rate: sim.fundingRate, at });
      if (fundingRates.length > RATES_KEPT) fundingRates.shift();
    }
    if (owner !== this.state.owner) return;
    const user = exchange.user(owner);
    const payment = {
      id: this.state.nextFundingId++,
      symbol,
      amount: amount as VenueState["fundings"][number]["amount"],
      rate: sim.fundingRate,
      size: user.positions.get(sim)?.size ?? 0,
      markPrice: finePrice(symbol, sim.mark),
      balance: user.walletOf(sim).of(sim.instrument.terms.settle).total,
      at,
    };
    fundings.push(payment);
    if (fundings.length > FUNDINGS_KEPT) fundings.shift();
    this.accounts.tellFunding(payment);
  }

  /** A product is in maintenance while any of its instruments is. */
  #noteStatus(sim: SimInstrument): void {
    const { maintenances, exchange, symbols } = this.state;
    const { category } = symbols.of(sim);
    const product = category === "linear" ? 1 : 2;
    const closed = symbols.ofCategory(category).some((each) => each.sim.status === "maintenance");
    const last = maintenances.findLast((each) => (each.product as number[])[0] === product);
    const ongoing = last?.state === "ongoing";
    if (closed === ongoing) return;
    const now = millisText(exchange.clock.now());
    if (closed) {
      const body = maintenanceBody(`${product}-${now}`, product, now);
      maintenances.push(body);
      if (maintenances.length > MAINTENANCES_KEPT) maintenances.shift();
      return this.markets.tellMaintenance(body);
    }
    last!.state = "completed";
    last!.end = now;
    this.markets.tellMaintenance(last!);
  }
}

const OK: Json = { code: 0, msg: "OK" };

function maintenanceBody(id: string, product: number, begin: string): Json {
  return {
    id,
    title: product === 1 ? "Derivatives system upgrade" : "Spot system upgrade",
    state: "ongoing",
    begin,
    end: "",
    href: "",
    serviceTypes: [1, 2, 3],
    product: [product],
    uidSuffix: [],
    maintainType: 2,
    env: 1,
  };
}

function refusal(why: Failure, charge: Charge | undefined): TradeAnswer {
  return { code: why.code, msg: why.msg, data: {}, ext: {}, charge };
}

/** A bucket that a fault has emptied. */
function emptyCharge(limit: number, now: number): Charge {
  return { ok: false, limit, left: 0, resetAt: millisOf(now) + 1_000 };
}

function itemsOf({ request }: Json, category: Category): readonly Json[] | Failure {
  if (!Array.isArray(request) || request.length === 0) return badParameter("request");
  if (request.length > BATCH_MAX[category]) {
    return failure(10001, `params error: The number of orders exceeds ${BATCH_MAX[category]}`);
  }
  const whole = request.every((each) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
  );
  return whole ? request as Json[] : badParameter("request");
}

/** `max_active_time` of a query in milliseconds: 30 s to 600 s. */
function idleOf(query: string): number | undefined {
  const params = paramsOf(query);
  if (isFailure(params)) return undefined;
  const text = params.max_active_time;
  if (text === undefined) return IDLE_MS;
  const match = /^(\d{1,4})(s|m)$/.exec(String(text));
  if (match === null) return undefined;
  const ms = Number(match[1]) * (match[2] === "m" ? 60_000 : 1_000);
  return ms >= 30_000 && ms <= IDLE_MS ? ms : undefined;
}

function paramsOf(query: string): Json | Failure {
  const params: Json = {};
  for (const pair of query.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    try {
      params[decodeURIComponent(name)] = decodeURIComponent(at < 0 ? "" : pair.slice(at + 1));
    } catch {
      return badParameter("query");
    }
  }
  return params;
}

function bodyOf(text: string): Json | Failure {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Json;
  } catch {
    // Answered below like every other text that is no object.
  }
  return failure(10001, "params error: request body is not a JSON object");
}
