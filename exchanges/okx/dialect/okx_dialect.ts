/**
 * `OkxDialect`: REST and the three WebSocket addresses of the venue on one host and port.
 *
 *   request -> path -> faults -> key, time, signature -> body -> rate -> operation -> answer
 *
 * 1. Nothing is done for a request that is refused on its way.
 * 2. HTTP says 200 for most refusals: the code in the body counts.
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
import * as account from "./account_operations.ts";
import { Authentication, type VenueKey } from "./authentication.ts";
import {
  badParameter,
  type Failure,
  failure,
  isFailure,
  LATE_AT_ENGINE,
  LATE_AT_GATEWAY,
  TOO_MANY,
  UNAVAILABLE,
} from "./failures.ts";
import { MarketChannels } from "./market_channels.ts";
import * as market from "./market_operations.ts";
import { chargeTrade, type TradeKind } from "./rate_limits.ts";
import { codeOf, type Route, type SocketHost, SocketSession } from "./socket_session.ts";
import { cancelAllAfter, refusedItem, tradeOne } from "./trade_operations.ts";
import { type Answer, type Call, nextBillId, type VenueState } from "./venue_state.ts";
import { type Json, millisText } from "./wire_symbols.ts";

/** What a dialect is made of. */
export interface OkxDialectOptions {
  readonly state: VenueState;
  readonly keys: readonly VenueKey[];
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly environment?: "live" | "demo";
  /** How long the venue takes to carry out a trade request, in milliseconds. */
  readonly matchMs?: number;
  /** Length of a socket's life; for ever by default, as nothing else is documented. */
  readonly socketLifeMs?: number;
}

interface Operation {
  readonly run: (call: Call) => Answer;
  readonly secret: boolean;
  /** Requests in a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Each instrument has a window of its own. */
  readonly perInstrument: boolean;
}

const CONNECTS_PER_SECOND = 3;
const BATCH_MAX = 20;
const AMENDS_IN_FLIGHT_MAX = 3;
const BILLS_KEPT = 1_000;
/** Share of requests that are answered before the events they caused are told. */
const ANSWER_FIRST = 0.5;
const TRADES: Readonly<Record<string, readonly [TradeKind, "one" | "many"]>> = {
  "/api/v5/trade/order": ["order", "one"],
  "/api/v5/trade/batch-orders": ["order", "many"],
  "/api/v5/trade/amend-order": ["amend", "one"],
  "/api/v5/trade/amend-batch-orders": ["amend", "many"],
  "/api/v5/trade/cancel-order": ["cancel", "one"],
  "/api/v5/trade/cancel-batch-orders": ["cancel", "many"],
};

function open(run: (call: Call) => Answer, limit: number, windowMs = 2_000): Operation {
  return { run, secret: false, limit, windowMs, perInstrument: false };
}

function secret(
  run: (call: Call) => Answer,
  limit: number,
  windowMs = 2_000,
  perInstrument = false,
): Operation {
  return { run, secret: true, limit, windowMs, perInstrument };
}

const REST: ReadonlyMap<string, Operation> = new Map([
  ["GET /api/v5/public/time", open(market.serverTime, 10)],
  ["GET /api/v5/public/instruments", open(market.instruments, 20)],
  ["GET /api/v5/public/mark-price", open(market.markPrices, 10)],
  ["GET /api/v5/public/funding-rate", open(market.fundingRate, 10)],
  ["GET /api/v5/public/funding-rate-history", open(market.fundingHistory, 10)],
  ["GET /api/v5/public/price-limit", open(market.priceLimit, 20)],
  ["GET /api/v5/market/books", open(market.books, 40)],
  ["GET /api/v5/market/ticker", open(market.ticker, 20)],
  ["GET /api/v5/market/tickers", open(market.tickers, 20)],
  ["GET /api/v5/market/trades", open(market.recentTrades, 100)],
  ["GET /api/v5/market/index-tickers", open(market.indexTickers, 20)],
  ["GET /api/v5/system/status", open(market.systemStatus, 1, 5_000)],
  ["GET /api/v5/trade/order", secret(account.getOrder, 60, 2_000, true)],
  ["GET /api/v5/trade/orders-pending", secret(account.ordersPending, 60)],
  ["GET /api/v5/trade/orders-history", secret(account.ordersHistory, 40)],
  ["GET /api/v5/trade/fills", secret(account.fills, 60)],
  ["GET /api/v5/trade/fills-history", secret(account.fills, 10)],
  ["GET /api/v5/trade/account-rate-limit", secret(account.accountRateLimit, 1, 1_000)],
  ["GET /api/v5/trade/orders-algo-pending", secret(account.algosPending, 20)],
  ["GET /api/v5/trade/order-algo", secret(account.getAlgo, 20)],
  ["GET /api/v5/account/balance", secret(account.balance, 10)],
  ["GET /api/v5/account/positions", secret(account.positions, 10)],
  ["GET /api/v5/account/config", secret(account.config, 5)],
  ["GET /api/v5/account/instruments", secret(account.accountInstruments, 20)],
  ["GET /api/v5/account/leverage-info", secret(account.leverageInfo, 20)],
  ["GET /api/v5/account/trade-fee", secret(account.tradeFee, 5)],
  ["GET /api/v5/asset/currencies", secret(account.currencies, 6, 1_000)],
  ["GET /api/v5/account/bills", secret(account.bills, 5, 1_000)],
  ["POST /api/v5/account/set-position-mode", secret(account.setPositionMode, 5)],
  ["POST /api/v5/account/set-leverage", secret(account.setLeverage, 20)],
  ["POST /api/v5/trade/cancel-all-after", secret(cancelAllAfter, 1, 1_000)],
  ["POST /api/v5/trade/order-algo", secret(account.placeAlgo, 20, 2_000, true)],
  ["POST /api/v5/trade/cancel-algos", secret(account.cancelAlgos, 20)],
  ["POST /api/v5/trade/amend-algos", secret(account.amendAlgos, 20)],
]);

/** The venue's side of the wire. */
export class OkxDialect implements WireDialect, SocketHost {
  readonly venue: VenueId = "okx";
  readonly rareFaults = ["bad_checksum"] as const;
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly authentication: Authentication;
  readonly markets: MarketChannels;
  readonly accounts: AccountChannels;
  readonly #matchMs: number;
  readonly #lifeMs: number | undefined;
  readonly #sessions = new Set<SocketSession>();

  constructor(options: OkxDialectOptions) {
    const { state } = options;
    this.state = state;
    this.credentials = options.credentials;
    this.authentication = new Authentication(options.keys, options.environment);
    this.#matchMs = options.matchMs ?? 0;
    this.#lifeMs = options.socketLifeMs;
    const markets = new MarketChannels(state);
    const accounts = new AccountChannels(state);
    this.markets = markets;
    this.accounts = accounts;
    state.tellOrder = (order, cause) => accounts.onOrder(order, cause, undefined);
    const { exchange } = state;
    exchange.addListener({
      onFunding: (owner, sim, amount) => {
        const symbol = state.symbols.of(sim);
        const at = exchange.clock.now();
        market.keepFunding(state, symbol, at);
        if (owner !== state.owner) return;
        const balance = exchange.user(owner).walletOf(sim).of(sim.instrument.terms.settle).total;
        state.bills.push({ billId: nextBillId(state), symbol, amount, balance, at });
        if (state.bills.length > BILLS_KEPT) state.bills.shift();
      },
      onStatus: (sim) => this.#noteStatus(state.symbols.of(sim)),
    });
    exchange.addListener(markets);
    exchange.addListener(accounts);
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const ws = `ws://${hostAndPort}/ws/v5`;
    const all = {
      rest: `http://${hostAndPort}`,
      public_ws: `${ws}/public`,
      private_ws: `${ws}/private`,
      business_ws: `${ws}/business`,
      ws_api: `${ws}/private`,
    };
    return { spot: all, perp: all };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { faults, exchange, limits } = this.state;
    const now = exchange.clock.now();
    const trade = request.method === "POST" && Object.hasOwn(TRADES, request.path)
      ? TRADES[request.path]
      : undefined;
    const operation = REST.get(`${request.method} ${request.path}`);
    if (operation === undefined && trade === undefined) return respond(unknownPath(request));
    if (faults?.decide("maintenance", now) === true) return respond(refused(UNAVAILABLE));
    if (faults?.decide("throttle", now) === true) return respond(refused(TOO_MANY));
    const isSecret = trade !== undefined || operation!.secret;
    const who = isSecret ? this.authentication.checkHttp(request, now) : undefined;
    if (who !== undefined) return respond(refused(who));
    const body = request.method === "POST" ? bodyOf(request) : paramsOf(request.query);
    if (isFailure(body)) return respond(refused(body));
    if (trade !== undefined) return this.#tradeHttp(trade, body, request, respond);
    const { limit, windowMs, perInstrument, run } = operation!;
    const params: Json = Array.isArray(body) ? {} : body as Json;
    const one = perInstrument ? `/${params.instId}` : "";
    if (!limits.take(`${request.method} ${request.path}${one}`, 1, limit, windowMs)) {
      return respond(refused(TOO_MANY));
    }
    const user = exchange.user(this.state.owner);
    const list = Array.isArray(body) ? body : [];
    const answer = run({ state: this.state, user, params, list, now });
    if (isFailure(answer)) return respond(refused(answer));
    const data = typeof answer === "string" ? answer : JSON.stringify(answer);
    const { code, msg } = itemsCode(answer);
    respond({ status: 200, body: `{"code":"${code}","msg":"${msg}","data":${data}}` });
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (!this.state.limits.take("connect", 1, CONNECTS_PER_SECOND, 1_000)) {
      return { status: 429, body: `{"msg":"Too Many Requests","code":"50011"}` };
    }
    const match = /^\/ws\/v5\/(public|private|business)$/.exec(request.path);
    if (match === null) return { status: 404, body: "Not Found" };
    const session = new SocketSession(socket, this, match[1] as Route, this.#lifeMs);
    this.#sessions.add(session);
    return {
      onText: (text) => session.onText(text),
      onPong: (payload) => session.onPong(payload),
      onClose: () => {
        this.#sessions.delete(session);
        session.onClose();
      },
    };
  }

  /** Tells all sockets of an upgrade and closes them after a minute. */
  announceUpgrade(inMs = 60_000): void {
    for (const session of this.#sessions) session.announceEnd(inMs);
  }

  trade(
    kind: TradeKind,
    args: readonly unknown[],
    via: "rest" | "ws",
    expTime: unknown,
    done: (answer: readonly Json[] | Failure) => void,
  ): void {
    const { exchange, faults, limits } = this.state;
    const { clock } = exchange;
    if (via === "ws" && faults?.decide("maintenance", clock.now()) === true) {
      return done(UNAVAILABLE);
    }
    if (via === "ws" && faults?.decide("throttle", clock.now()) === true) return done(TOO_MANY);
    const items = args as readonly Json[];
    const charged = chargeTrade(limits, kind, items.map((each) => this.#instrumentKey(each)));
    if (charged !== undefined) return done(charged);
    const until = expTime === undefined || expTime === "" ? Infinity : Number(expTime) * 1_000;
    if (Number.isNaN(until)) return done(badParameter("expTime"));
    if (clock.now() > until) return done(LATE_AT_GATEWAY);
    const crowded = kind === "amend" ? this.#crowded(items) : undefined;
    const run = () => {
      const late = clock.now() > until;
      this.state.held = via === "ws" && this.state.random.next() < ANSWER_FIRST ? [] : undefined;
      const result = items.map((arg) => {
        const refusal = crowded?.get(arg);
        if (refusal !== undefined) return refusedItem(this.state, kind, arg, refusal);
        if (kind === "amend") this.#landed(arg);
        if (late) return refusedItem(this.state, kind, arg, LATE_AT_ENGINE);
        return tradeOne(this.state, kind, arg, via);
      });
      const { held } = this.state;
      this.state.held = undefined;
      done(result);
      for (const say of held ?? []) say();
    };
    if (this.#matchMs === 0) return run();
    exchange.scheduler.after(this.#matchMs, run);
  }

  /** Amendments beyond the third on the way to one order. */
  #crowded(items: readonly Json[]): Map<Json, Failure> {
    const { amendsInFlight } = this.state;
    const refused = new Map<Json, Failure>();
    for (const arg of items) {
      const key = `${arg.ordId ?? ""}/${arg.clOrdId ?? ""}`;
      const count = (amendsInFlight.get(key) ?? 0) + 1;
      if (count <= AMENDS_IN_FLIGHT_MAX) amendsInFlight.set(key, count);
      else {
        const msg = "Number of modification requests that are currently in progress exceeds 3.";
        refused.set(arg, failure("51513", msg));
      }
    }
    return refused;
  }

  #landed(arg: Json): void {
    const { amendsInFlight } = this.state;
    const key = `${arg.ordId ?? ""}/${arg.clOrdId ?? ""}`;
    const left = (amendsInFlight.get(key) ?? 1) - 1;
    if (left <= 0) amendsInFlight.delete(key);
    else amendsInFlight.set(key, left);
  }

  /** What names an argument's bucket: the same for REST and WebSockets. */
  #instrumentKey(arg: Json): string {
    const { symbols } = this.state;
    const symbol = arg.instIdCode === undefined
      ? symbols.find(arg.instId)
      : symbols.findCode(arg.instIdCode);
    return symbol?.instId ?? "unknown";
  }

  #tradeHttp(
    [kind, count]: readonly [TradeKind, "one" | "many"],
    body: unknown,
    request: ServerRequest,
    respond: (response: ServerResponse) => void,
  ): void {
    const args = count === "one" ? [body] : body;
    const whole = Array.isArray(args) && args.length > 0 && args.length <= BATCH_MAX &&
      args.every((each) => typeof each === "object" && each !== null && !Array.isArray(each));
    if (!whole) return respond(refused(badParameter("body")));
    const { clock } = this.state.exchange;
    const inTime = String(clock.now());
    this.trade(kind, args, "rest", request.headers.get("exptime"), (answer) => {
      if (isFailure(answer)) return respond(refused(answer));
      const times = { inTime, outTime: String(clock.now()) };
      const { code, msg } = codeOf(answer);
      respond({ status: 200, body: JSON.stringify({ code, data: answer, ...times, msg }) });
    });
  }

  #noteStatus(symbol: ReturnType<VenueState["symbols"]["of"]>): void {
    const { maintenances, exchange } = this.state;
    const ts = millisText(exchange.clock.now());
    const { status } = symbol.sim;
    symbol.delistedAtMs = status === "delisted" ? Number(ts) : 0;
    const title = `${symbol.instId} trading system upgrade`;
    const last = maintenances.findLast((each) => each.title === title);
    const ongoing = last !== undefined && last.state === "ongoing";
    if (status === "maintenance" && !ongoing) {
      const body = maintenanceBody(title, ts);
      maintenances.push(body);
      this.markets.tellMaintenance(body);
    } else if (status !== "maintenance" && ongoing) {
      last.state = "completed";
      last.end = ts;
      last.ts = ts;
      this.markets.tellMaintenance(last);
    }
  }
}

function maintenanceBody(title: string, ts: string): Json {
  return {
    title,
    state: "ongoing",
    begin: ts,
    end: "",
    preOpenBegin: "",
    href: "",
    serviceType: "5",
    system: "unified",
    scheDesc: "",
    maintType: "2",
    env: "1",
    ts,
  };
}

/** Trigger orders answer per item like orders do; everything else simply succeeds. */
function itemsCode(answer: Answer): { code: string; msg: string } {
  if (typeof answer === "string" || isFailure(answer)) return { code: "0", msg: "" };
  const items = answer as readonly Json[];
  const coded = items.length > 0 && items[0]!.sCode !== undefined;
  return coded ? codeOf(items) : { code: "0", msg: "" };
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
      return failure("50014", "Illegal characters in the query.", 400);
    }
  }
  return params;
}

function bodyOf(request: ServerRequest): unknown {
  const type = request.headers.get("content-type") ?? "";
  if (!type.includes("application/json")) {
    return failure("50006", `Invalid Content-Type, please use "application/json" format`, 400);
  }
  if (request.body === "") return failure("50000", "Body for POST request cannot be empty.", 400);
  try {
    const body: unknown = JSON.parse(request.body);
    if (typeof body === "object" && body !== null) return body;
  } catch {
    // Answered below like every other text that is no object.
  }
  return failure("50002", "JSON syntax error", 400);
}

function refused(why: Failure): ServerResponse {
  const { code, msg, status } = why;
  return { status, body: JSON.stringify({ code, msg, data: [] }) };
}

function unknownPath(request: ServerRequest): ServerResponse {
  const body = { code: "404", msg: `Not Found: ${request.method} ${request.path}`, data: [] };
  return { status: 404, body: JSON.stringify(body) };
}
