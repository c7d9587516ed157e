/**
 * `DydxDialect`: indexer and node of the venue on one host and port.
 *
 *   /v4…  -> indexer REST, /v4/ws -> indexer WebSocket
 *   /cosmos…, /dydxprotocol… -> LCD, all else -> JSON-RPC
 *
 * Source: protocol sheet, all sections.
 * @module
 */
import {
  micros,
  type Money,
  money,
  notional,
  type Price,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  SimInstrument,
  WireDialect,
} from "@/exchanges/simulator/mod.ts";
import { AccountFeed } from "./account_feed.ts";
import { Clob } from "./clob.ts";
import { uuidOf } from "./identifiers.ts";
import { errors, Indexer } from "./indexer.ts";
import { MarketFeed } from "./market_feed.ts";
import { Mempool } from "./mempool.ts";
import { Node } from "./node.ts";
import { type SocketHost, SocketSession } from "./socket_session.ts";
import { COLLATERAL, SUBACCOUNT, type VenueState } from "./venue_state.ts";

/** What a dialect is made of. */
export interface DydxDialectOptions {
  readonly state: VenueState;
  /** As `touchline venues` prints them. */
  readonly credentials: Readonly<Record<string, string>>;
  readonly matchMs: number;
}

const HOUR_US = 3_600_000_000;
const RATE_UNITS = 1_000_000_000_000n;
const WIRE_UNIT = 10n ** 12n;
const NEVER = Number.MAX_SAFE_INTEGER;

/** The venue's side of the wire. */
export class DydxDialect implements WireDialect, SocketHost {
  readonly venue: VenueId = "dydx";
  readonly credentials: Readonly<Record<string, string>>;
  readonly state: VenueState;
  readonly #markets: MarketFeed;
  readonly #accounts: AccountFeed;
  readonly #indexer: Indexer;
  readonly #node: Node;
  #connections = 0;
  #fundedHour: number;

  constructor(options: DydxDialectOptions) {
    const { state, matchMs } = options;
    this.state = state;
    this.credentials = options.credentials;
    const markets = new MarketFeed(state);
    const accounts = new AccountFeed(state);
    const clob = new Clob({ state, markets, accounts });
    const mempool = new Mempool({ state, clob });
    this.#markets = markets;
    this.#accounts = accounts;
    this.#indexer = new Indexer({ state, markets, accounts });
    this.#node = new Node({
      state,
      matchMs,
      checkTx: (bytes) => {
        accounts.hold();
        return mempool.check(bytes);
      },
      answered: () => accounts.release(),
    });
    this.#fundedHour = Math.floor(state.exchange.clock.now() / HOUR_US);
    state.exchange.addListener(clob);
    state.exchange.addListener(markets);
    // Funding is this venue's own, hourly: the exchange's shall never be due.
    state.exchange.addListener({
      onMark: (sim) => {
        sim.nextFundingAt = micros(NEVER);
      },
    });
    state.blocks.onBlock(() => {
      clob.onBlock();
      this.#fund();
      accounts.onBlock();
      markets.onBlock();
    });
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    const http = `http://${hostAndPort}`;
    const ws = `ws://${hostAndPort}/v4/ws`;
    return {
      perp: {
        rest: `${http}/v4`,
        public_ws: ws,
        private_ws: ws,
        ws_api: ws,
        rpc: http,
        lcd: http,
        chain_id: this.state.chainId,
      },
    };
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    const { faults, exchange } = this.state;
    const now = exchange.clock.now();
    const { path } = request;
    const indexer = path === "/v4" || path.startsWith("/v4/");
    if (faults?.decide("maintenance", now) === true) {
      return respond(indexer ? errors(503, "Service Unavailable") : gateway(503));
    }
    if (faults?.decide("throttle", now) === true) {
      return respond(indexer ? errors(429, "Too many requests") : gateway(429));
    }
    if (indexer) return respond(this.#indexer.answer(request, path.slice("/v4".length)));
    if (Node.isLcd(path)) return respond(this.#node.lcd(request));
    this.#node.rpc(request, respond);
  }

  acceptSocket(request: ServerRequest, socket: ServerSocket): ServerSession | ServerResponse {
    if (request.path !== "/v4/ws") return { status: 404, body: "Not Found" };
    const { faults, exchange } = this.state;
    if (faults?.decide("maintenance", exchange.clock.now()) === true) return gateway(503);
    const id = uuidOf(`connection-${this.state.account.address}-${++this.#connections}`);
    return new SocketSession(socket, this, id);
  }

  knows(channel: string, id: string): boolean {
    return channel.endsWith("subaccounts")
      ? this.#accounts.snapshot(channel, id) !== undefined
      : this.#markets.knows(channel, id);
  }

  snapshot(channel: string, id: string): string | undefined {
    return channel.endsWith("subaccounts")
      ? this.#accounts.snapshot(channel, id)
      : this.#markets.snapshot(channel, id);
  }

  /** Pays an hour's funding at the oracle price in the hour's first block. */
  #fund(): void {
    const { blocks, symbols } = this.state;
    const hour = Math.floor(blocks.time / HOUR_US);
    if (hour === this.#fundedHour) return;
    this.#fundedHour = hour;
    let paid = false;
    for (const symbol of symbols.all) {
      this.#markets.keepFunding(symbol);
      const amount = this.#fundingOf(symbol.sim);
      if (amount === 0n) continue;
      paid = true;
      const note = this.state.positions.get(symbol);
      if (note !== undefined) note.netFunding = money(note.netFunding + amount);
    }
    if (paid) this.#accounts.tellFunding();
  }

  /** What the trading account receives; every owner is paid. */
  #fundingOf(sim: SimInstrument): Money {
    const { exchange, owner } = this.state;
    const rate = BigInt(Math.round(sim.fundingRate / 8 * Number(RATE_UNITS)));
    let own = money(0n);
    for (const user of exchange.users.values()) {
      const size = user.positions.get(sim)?.size ?? 0;
      if (size === 0) continue;
      const value = notional(sim.instrument, Math.round(sim.mark) as Price, size);
      const exact = -value * rate / RATE_UNITS;
      const amount = money(exact / WIRE_UNIT * WIRE_UNIT);
      user.wallet(SUBACCOUNT).add(COLLATERAL, amount);
      exchange.ledger.add(exchange.ledger.flows, COLLATERAL, amount);
      if (user.owner === owner) own = amount;
    }
    return own;
  }
}

function gateway(status: number): ServerResponse {
  const body = status === 429 ? "Too Many Requests" : "Service Unavailable";
  return { status, headers: { "content-type": "text/plain" }, body };
}
