/**
 * `BybitConnector`: spot and linear behind the one `VenueConnector` port.
 *
 * Each product has its own public socket; one private socket, one order socket and one REST serve
 * the unified account. Without credentials market data flows and `send` answers `not_connected`.
 * @module
 */
import {
  type AccountKey,
  err,
  type FeeSchedule,
  type Instrument,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  type Micros,
  ok,
  type Product,
  type Result,
} from "@/engine/domain/mod.ts";
import type { RequestBookCheck, RequestSnapshot, SendableRequest } from "@/engine/messages/mod.ts";
import type {
  Clock,
  ConnectorCounters,
  EventReceiver,
  ListedInstrument,
  Log,
  Random,
  RefreshedInstrument,
  Scheduler,
  SendOutcome,
  SequenceRule,
  StreamThresholds,
  VenueCapabilities,
  VenueConnector,
} from "@/engine/ports/mod.ts";
import { BookChecks, type BookQuestion, checkAnswer, type LineCount } from "@/exchanges/kit/mod.ts";
import { HttpClient, ReconnectBackoff, type Transport } from "@/exchanges/shared/mod.ts";
import { textOf } from "./_json.ts";
import { InstrumentLookup } from "./_order_objects.ts";
import { BybitRest, wordsOf } from "./_rest.ts";
import { sessionOpener, tellLink, type VenueContext } from "./_venue_context.ts";
import { VenueWatch } from "./_venue_watch.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { BybitBookSequence, type DepthContinuity } from "./book_sequence.ts";
import { BYBIT_CAPABILITIES } from "./capabilities.ts";
import { type BybitAddresses, categoryOf, type ProductAddresses } from "./endpoints.ts";
import { BybitMarketDecoder } from "./market_decoder.ts";
import { type BybitInstrument, parseInstrumentsInfo, UNIFIED_ACCOUNT } from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import { OrderGateway } from "./order_gateway.ts";
import { BYBIT_RATE_LIMITS, withConnectionBudget } from "./rate_limits.ts";
import type { Signer } from "./signer.ts";
import { streamThresholdsOf } from "./stream_thresholds.ts";

/** Fees of both products, used until the venue says others. */
export interface BybitFees {
  readonly spot: FeeSchedule;
  readonly perpetual: FeeSchedule;
}

/** What a connector is built with. */
export interface ConnectorEdges {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  readonly addresses: BybitAddresses;
  readonly signer: Signer | undefined;
  readonly fees: BybitFees;
  readonly continuity: DepthContinuity;
  /** How many connections carry each market topic. */
  readonly marketConnections: LineCount;
}

/** The parts that need an account. */
interface AccountParts {
  readonly gateway: OrderGateway;
  readonly stream: AccountStream;
  readonly queries: AccountQueries;
}

/** What of a listing was found so far, by our symbol; refusals by the venue's. */
interface Found {
  readonly instruments: Map<string, BybitInstrument>;
  readonly refused: Map<string, string>;
}

const PAGES_MAX = 20;
const NO_ADDRESSES: ProductAddresses = { rest: "", public_ws: "", private_ws: "", ws_api: "" };

/** Bybit, spot and linear. */
export class BybitConnector implements VenueConnector {
  readonly venue = "bybit";
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits = BYBIT_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [UNIFIED_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #http: HttpClient;
  readonly #context: VenueContext;
  readonly #rest: BybitRest;
  readonly #listed = new Map<string, InstrumentTradingStatus>();
  onListingDoubt: (() => void) | undefined;
  #markets: readonly MarketStream[] = [];
  #account: AccountParts | undefined;
  #watch: VenueWatch | undefined;
  readonly #checks: BookChecks;
  #receiver: EventReceiver | undefined;
  #isMarketUp = false;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    const { transport, clock, scheduler, random, log, addresses } = edges;
    this.#http = new HttpClient({ transport, clock, scheduler });
    const sockets = withConnectionBudget(transport, clock, scheduler);
    this.#context = {
      rest: sharedOf(addresses).rest,
      clock,
      scheduler,
      random,
      log,
      counters: this.counters,
      http: (request, done) => this.#http.request(request, done),
      openSession: sessionOpener({ transport: sockets, clock, scheduler, random }, this.counters),
      deliver: (event) => this.#receiver?.deliver(event),
    };
    this.#rest = new BybitRest(this.#context, edges.signer);
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
  }

  capabilities(_account: AccountKey): VenueCapabilities {
    return BYBIT_CAPABILITIES;
  }

  sequenceRule(_instrument: InstrumentTerms): SequenceRule {
    return new BybitBookSequence(this.#edges.continuity);
  }

  streamThresholds({ product }: InstrumentTerms): StreamThresholds {
    return streamThresholdsOf(product);
  }

  loadInstruments(
    wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    const products: Product[] = [];
    if (wanted.some((symbol) => !symbol.endsWith("-PERP"))) products.push("spot");
    if (wanted.some((symbol) => symbol.endsWith("-PERP"))) products.push("perpetual");
    this.#loadNext(products, wanted, [], done);
  }

  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.#receiver = receiver;
    this.#checks.start(instruments, receiver);
    const { signer, addresses } = this.#edges;
    const context = this.#context;
    const lookup = new InstrumentLookup(instruments);
    const products = (["spot", "perpetual"] as const).filter((product) =>
      instruments.some((instrument) => instrument.terms.product === product)
    );
    this.#markets = products.map((product) => this.#marketOf(product, instruments));
    this.#watch = new VenueWatch(context, this.#rest, {
      instruments,
      listedAs: this.#listed,
    });
    if (signer !== undefined) {
      const { private_ws, ws_api } = sharedOf(addresses);
      this.#account = {
        gateway: new OrderGateway(context, ws_api, signer, this.#rest, lookup),
        stream: new AccountStream(context, private_ws, signer, this.#rest, lookup),
        queries: new AccountQueries(context, this.#rest, lookup),
      };
    }
    this.#rest.start();
    this.#watch.start();
    for (const market of this.#markets) market.start();
    if (products.includes("perpetual") && signer !== undefined) this.#forbidMovedPrices();
    this.#account?.stream.start();
    this.#account?.gateway.start();
  }

  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#watch?.refresh(done);
  }

  onRedefined(instrument: Instrument): void {
    for (const market of this.#markets) market.redefine(instrument);
  }

  send(request: SendableRequest): SendOutcome {
    const account = this.#account;
    if (account === undefined) return "not_connected";
    switch (request.kind) {
      case "query_order":
        return account.queries.queryOrder(request);
      case "query_fills":
        return account.queries.queryFills(request);
      case "query_account":
        return account.queries.queryAccount();
      case "arm_dead_man":
        // Only institutional clients have it, by agreement.
        return "not_supported";
      default:
        return account.gateway.send(request);
    }
  }

  requestSnapshot(request: RequestSnapshot): void {
    for (const market of this.#markets) market.requestSnapshot(request.instrument);
  }

  requestBookCheck({ instrument }: RequestBookCheck): void {
    this.#checks.request(instrument);
  }

  clockOffsetMicros(): number {
    return this.#rest.clockOffset.offsetMicros;
  }

  stop(_at: Micros): void {
    this.#checks.stop();
    this.#isStopped = true;
    this.#receiver = undefined;
    this.#rest.stop();
    this.#watch?.stop();
    for (const market of this.#markets) market.stop();
    this.#account?.stream.stop();
    this.#account?.gateway.stop();
    this.#account?.queries.stop();
    this.#http.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const { product, venueSymbol } = instrument.terms;
        const query = [["category", categoryOf(product)], ["symbol", venueSymbol], ["limit", "50"]];
        this.#rest.get(
          "/v5/market/orderbook",
          query as [string, string][],
          "public",
          (outcome) => done(checkAnswer(outcome)),
        );
      },
      decoderOf: (instrument) => new BybitMarketDecoder([instrument]),
      // The answer's numbers are those of the 1,000 level stream.
      isNumbered: false,
    };
  }

  #marketOf(product: Product, instruments: readonly Instrument[]): MarketStream {
    const { addresses, marketConnections } = this.#edges;
    return new MarketStream(this.#context, {
      product,
      publicWs: product === "spot" ? addresses.spot.public_ws : addresses.perp.public_ws,
      instruments: instruments.filter((instrument) => instrument.terms.product === product),
      connections: marketConnections,
      onLink: () => this.#onMarketLink(),
      onRestart: () => this.onListingDoubt?.(),
    });
  }

  /** The venue's market link is up when every market socket is. */
  #onMarketLink(): void {
    const isUp = this.#markets.every((market) => market.up);
    if (isUp === this.#isMarketUp) return;
    this.#isMarketUp = isUp;
    const reason = isUp ? "market sockets open" : "market socket lost";
    tellLink(this.#context, "market", isUp ? "up" : "down", reason);
  }

  /** By default the venue moves a linear limit price into its band in silence: not with ours. */
  #forbidMovedPrices(backoff = new ReconnectBackoff(this.#edges.random)): void {
    const body = { category: "linear", modifyEnable: false };
    this.#rest.post("/v5/account/set-limit-px-action", body, (outcome) => {
      if (outcome.kind === "ok" || this.#isStopped) return;
      const found = wordsOf(outcome);
      // A setting may be set twice: unlike an order it is asked for until there is an answer.
      if (outcome.kind === "lost") {
        this.#edges.scheduler.after(backoff.nextMs(), () => {
          if (!this.#isStopped) this.#forbidMovedPrices(backoff);
        });
        return;
      }
      this.#edges.log.log("warn", "the venue may move limit prices into its band", { found });
    });
  }

  #loadNext(
    products: readonly Product[],
    wanted: readonly string[],
    listed: readonly ListedInstrument[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    const [product, ...later] = products;
    if (product === undefined) return done(ok(listed));
    const found: Found = { instruments: new Map(), refused: new Map() };
    this.#loadPages(product, "", 0, found, new ReconnectBackoff(this.#edges.random), () => {
      const picked = this.#pick(product, wanted, found);
      if (!picked.ok) return done(picked);
      this.#loadNext(later, wanted, [...listed, ...picked.value], done);
    });
  }

  /** Asks page by page until the last; each until there is an answer that can be read. */
  #loadPages(
    product: Product,
    cursor: string,
    page: number,
    found: Found,
    backoff: ReconnectBackoff,
    done: () => void,
  ): void {
    const query: [string, string][] = [["category", categoryOf(product)], ["limit", "1000"]];
    if (cursor !== "") query.push(["cursor", cursor]);
    this.#rest.get("/v5/market/instruments-info", query, "public", (outcome) => {
      if (this.#isStopped) return;
      const listing = outcome.kind === "ok"
        ? parseInstrumentsInfo(textOf(outcome.bytes, 0, outcome.bytes.length))
        : err(wordsOf(outcome));
      if (!listing.ok) {
        this.#edges.log.log("warn", "instruments not loaded", { product, found: listing.error });
        this.#edges.scheduler.after(backoff.nextMs(), () => {
          if (!this.#isStopped) this.#loadPages(product, cursor, page, found, backoff, done);
        });
        return;
      }
      for (const one of listing.value.instruments) found.instruments.set(one.terms.symbol, one);
      for (const { symbol, reason } of listing.value.refused) found.refused.set(symbol, reason);
      const next = listing.value.nextCursor;
      if (next === "" || next === cursor || page + 1 >= PAGES_MAX) return done();
      this.#loadPages(product, next, page + 1, found, backoff, done);
    });
  }

  #pick(
    product: Product,
    wanted: readonly string[],
    found: Found,
  ): Result<readonly ListedInstrument[]> {
    const picked: ListedInstrument[] = [];
    for (const symbol of wanted) {
      if (symbol.endsWith("-PERP") !== (product === "perpetual")) continue;
      const one = found.instruments.get(symbol);
      if (one === undefined) {
        const name = symbol.replace("-USDC-PERP", "PERP").replace("-PERP", "").replace("-", "");
        return err(`Cannot load bybit:${symbol}: ${found.refused.get(name) ?? "not listed"}`);
      }
      this.#listed.set(symbol, one.status);
      picked.push({ terms: one.terms, fees: this.#edges.fees[product] });
    }
    return ok(picked);
  }
}

/** REST, private and order socket serve both products; a simulated venue may print one product. */
function sharedOf(addresses: Partial<BybitAddresses>): ProductAddresses {
  return addresses.perp ?? addresses.spot ?? NO_ADDRESSES;
}
