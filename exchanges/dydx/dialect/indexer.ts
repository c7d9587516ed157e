/**
 * Indexer REST: markets, books, trades, funding; the account's orders, fills and positions.
 *
 * 1. Everything is public: an address is all one needs to know.
 * 2. A hundred requests in ten seconds for each group of routes.
 * Source: protocol sheet sections 2.5 and 6.
 * @module
 */
import type { ServerRequest, ServerResponse } from "@/exchanges/simulator/mod.ts";
import type { AccountFeed } from "./account_feed.ts";
import type { MarketFeed } from "./market_feed.ts";
import type { VenueState } from "./venue_state.ts";
import { isoMillis, type Json, type WireSymbol } from "./wire_symbols.ts";

/** What the routes read from. */
export interface IndexerParts {
  readonly state: VenueState;
  readonly markets: MarketFeed;
  readonly accounts: AccountFeed;
}

const WINDOW_US = 10_000_000;
const WINDOW_MAX = 100;
const BOOK_CACHE_US = 1_000_000;
const LIMIT_MAX = 1_000;
const LIMIT_DEFAULT = 100;

/** Answers requests below `/v4`. */
export class Indexer {
  readonly #parts: IndexerParts;
  readonly #windows = new Map<string, { until: number; count: number }>();
  readonly #books = new Map<WireSymbol, { at: number; text: string }>();

  constructor(parts: IndexerParts) {
    this.#parts = parts;
  }

  /** Answers a GET; `path` begins behind `/v4`. */
  answer(request: ServerRequest, path: string): ServerResponse {
    if (request.method !== "GET") return notFound("Not Found");
    const [group = "", ...rest] = path.split("/").slice(1).map(decodeURIComponent);
    if (!this.#take(group)) return errors(429, "Too many requests. Please try again later.");
    const query = new URLSearchParams(request.query);
    const market = this.#market(group, rest, query);
    if (market !== undefined) return market;
    return this.#account(group, rest, query) ?? notFound("Not Found");
  }

  #market(group: string, rest: string[], query: URLSearchParams): ServerResponse | undefined {
    const { state, markets } = this.#parts;
    const { blocks, exchange, symbols } = state;
    switch (group) {
      case "height":
        return json({ height: String(blocks.height), time: isoMillis(blocks.time) });
      case "time": {
        const now = exchange.clock.now();
        return json({ iso: isoMillis(now), epoch: Math.floor(now / 1_000) / 1_000 });
      }
      case "perpetualMarkets": {
        const ticker = query.get("ticker") ?? query.get("market");
        if (ticker === null) return text(markets.marketsText(symbols.all));
        const symbol = symbols.find(ticker);
        if (symbol === undefined) return unknownTicker(ticker, "query");
        return text(markets.marketsText([symbol]));
      }
      case "orderbooks":
      case "trades":
      case "historicalFunding": {
        const ticker = group === "historicalFunding" ? rest[0] : rest[1];
        const symbol = symbols.find(ticker);
        if (symbol === undefined) return unknownTicker(String(ticker), "params");
        return this.#tickerRoute(group, symbol, query);
      }
    }
    return undefined;
  }

  #tickerRoute(group: string, symbol: WireSymbol, query: URLSearchParams): ServerResponse {
    const { state, markets } = this.#parts;
    if (group === "orderbooks") return text(this.#book(symbol));
    const limit = limitOf(query);
    if (limit === undefined) return badLimit();
    if (group === "trades") return json({ trades: markets.trades(symbol, limit) });
    const history = state.fundings.get(symbol) ?? [];
    return json({ historicalFunding: history.slice(0, limit) });
  }

  #account(group: string, rest: string[], query: URLSearchParams): ServerResponse | undefined {
    const { state, accounts } = this.#parts;
    if (group === "addresses") {
      const [address = "", kind, number] = rest;
      if (address !== state.account.address) {
        return notFound(`No subaccounts found for address ${address}`);
      }
      if (kind === undefined) {
        return json({ subaccounts: [accounts.subaccountBody()], totalTradingRewards: "0" });
      }
      if (kind !== "subaccountNumber" && kind !== "parentSubaccountNumber") return undefined;
      if (number !== "0") {
        const named = `address ${address} and subaccountNumber ${number}`;
        return notFound(`No subaccount found with ${named}`);
      }
      if (kind === "subaccountNumber") return json({ subaccount: accounts.subaccountBody() });
      return json({ subaccount: accounts.parentBody() });
    }
    if (group === "orders" && rest.length === 1 && /^[0-9a-f-]{36}$/.test(rest[0]!)) {
      const body = accounts.orderById(rest[0]!);
      return body === undefined ? notFound(`Unable to find order id ${rest[0]}`) : json(body);
    }
    const parent = rest[0]?.startsWith("parentSubaccount") === true;
    if (rest.length > 1 || (rest.length === 1 && !parent)) return undefined;
    return this.#listed(group, query, parent);
  }

  #listed(group: string, query: URLSearchParams, parent: boolean): ServerResponse | undefined {
    const { state, accounts } = this.#parts;
    if (!["orders", "fills", "perpetualPositions", "assetPositions"].includes(group)) {
      return undefined;
    }
    const number = query.get(parent ? "parentSubaccountNumber" : "subaccountNumber");
    const address = query.get("address");
    if (address === null || number === null || !/^\d+$/.test(number)) {
      return errors(400, "address and subaccountNumber are required", "address");
    }
    const limit = limitOf(query);
    if (limit === undefined) return badLimit();
    const known = address === state.account.address && number === "0";
    const filter = (body: Json) => matches(body, query);
    const take = (list: readonly Json[]) => known ? list.filter(filter).slice(0, limit) : [];
    switch (group) {
      case "orders":
        return json(take(accounts.orderBodies()));
      case "fills": {
        const page = take(accounts.fillBodies());
        return json({ pageSize: limit, totalResults: page.length, offset: 0, fills: page });
      }
      case "perpetualPositions":
        return json({ positions: take(accounts.positionBodies()) });
      default:
        return json({ positions: known ? [accounts.assetBody()] : [] });
    }
  }

  #book(symbol: WireSymbol): string {
    const now = this.#parts.state.exchange.clock.now();
    const cached = this.#books.get(symbol);
    if (cached !== undefined && now < cached.at + BOOK_CACHE_US) return cached.text;
    const fresh = this.#parts.markets.bookText(symbol);
    this.#books.set(symbol, { at: now, text: fresh });
    return fresh;
  }

  #take(group: string): boolean {
    const now = this.#parts.state.exchange.clock.now();
    let window = this.#windows.get(group);
    if (window === undefined || now >= window.until) {
      if (this.#windows.size > LIMIT_DEFAULT) this.#windows.clear();
      window = { until: now + WINDOW_US, count: 0 };
      this.#windows.set(group, window);
    }
    return ++window.count <= WINDOW_MAX;
  }
}

/** An indexer's refusal. */
export function errors(
  status: number,
  msg: string,
  param?: string,
  location = "query",
): ServerResponse {
  const named = param === undefined ? {} : { param, location };
  return { status, body: JSON.stringify({ errors: [{ msg, ...named }] }) };
}

function matches(body: Json, query: URLSearchParams): boolean {
  const ticker = query.get("ticker") ?? query.get("market");
  const status = query.get("status");
  const side = query.get("side");
  if (ticker !== null && (body.ticker ?? body.market) !== ticker) return false;
  if (status !== null && !status.split(",").includes(String(body.status))) return false;
  if (side !== null && body.side !== side) return false;
  const before = query.get("createdBeforeOrAtHeight");
  return before === null || Number(body.createdAtHeight ?? 0) <= Number(before);
}

function limitOf(query: URLSearchParams): number | undefined {
  const given = query.get("limit");
  if (given === null) return LIMIT_DEFAULT;
  const limit = Number(given);
  return Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX ? limit : undefined;
}

function badLimit(): ServerResponse {
  return errors(
    400,
    "limit must be a positive integer that is not greater than max: 1000",
    "limit",
  );
}

function unknownTicker(ticker: string, location: string): ServerResponse {
  return errors(
    400,
    `ticker must be a valid ticker (BTC-USD, etc), found ${ticker}`,
    "ticker",
    location,
  );
}

function notFound(msg: string): ServerResponse {
  return errors(404, msg);
}

function json(body: unknown): ServerResponse {
  return { status: 200, body: JSON.stringify(body) };
}

function text(body: string): ServerResponse {
  return { status: 200, body };
}
