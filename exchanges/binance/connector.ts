/**
 * `BinanceConnector`: both products of the venue behind the one `VenueConnector` port.
 *
 * Only products with a wanted instrument are connected. Without credentials market data flows and
 * `send` answers `not_connected`.
 * @module
 */
import {
  type AccountKey,
  err,
  type FeeSchedule,
  type Instrument,
  type InstrumentTerms,
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
import { type ProductContext, sessionOpener } from "./_product_context.ts";
import { BinanceRest, type Outcome } from "./_rest.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { PerpetualBookSequence, SpotBookSequence } from "./book_sequence.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { BinanceAddresses } from "./endpoints.ts";
import { BinanceMarketDecoder } from "./market_decoder.ts";
import {
  accountOf,
  type BinanceInstrument,
  type BinanceListing,
  parseExchangeInfo,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
} from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import { OrderGateway } from "./order_gateway.ts";
import { BINANCE_RATE_LIMITS, withConnectionBudget } from "./rate_limits.ts";
import type { Signer } from "./signer.ts";
import { streamThresholdsOf } from "./stream_thresholds.ts";

/** Fees of both products, used until the venue says others. */
export interface BinanceFees {
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
  readonly addresses: BinanceAddresses;
  readonly signer: Signer | undefined;
  readonly fees: BinanceFees;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
}

/** The parts of one connected product. */
interface Unit {
  readonly product: Product;
  readonly rest: BinanceRest;
  /** Asks for the listing of its instruments alone. */
  readonly listingQuery: readonly (readonly [string, string])[];
  readonly market: MarketStream;
  readonly gateway: OrderGateway | undefined;
  readonly account: AccountStream | undefined;
  readonly queries: AccountQueries | undefined;
}

const INVALID_SYMBOL = -1121;

/** Binance, spot and USD-M. */
export class BinanceConnector implements VenueConnector {
  readonly venue = "binance";
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits = BINANCE_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [SPOT_ACCOUNT, PERPETUAL_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #socketTransport: Transport;
  readonly #http: HttpClient;
  readonly #listed = new Map<string, BinanceInstrument>();
  onListingDoubt: (() => void) | undefined;
  #units: readonly Unit[] = [];
  readonly #checks: BookChecks;
  #receiver: EventReceiver | undefined;
  #isMarketUp = false;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    const { transport, clock, scheduler } = edges;
    this.#socketTransport = withConnectionBudget(transport, clock, scheduler);
    this.#http = new HttpClient({ transport, clock, scheduler });
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
  }

  capabilities(account: AccountKey): VenueCapabilities {
    return capabilitiesOf(account === SPOT_ACCOUNT ? "spot" : "perpetual");
  }

  sequenceRule(instrument: InstrumentTerms): SequenceRule {
    return instrument.product === "spot" ? new SpotBookSequence() : new PerpetualBookSequence();
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
    const lookup = new InstrumentLookup(instruments);
    const products = (["spot", "perpetual"] as const).filter((product) =>
      instruments.some((instrument) => instrument.terms.product === product)
    );
    this.#units = products.map((product) => this.#unit(product, instruments, lookup));
    this.#sayStatuses(instruments);
    for (const unit of this.#units) {
      unit.rest.start();
      unit.market.start();
      unit.account?.start();
      unit.gateway?.start();
    }
  }

  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#refreshNext([...this.#units], [], done);
  }

  onRedefined(instrument: Instrument): void {
    for (const unit of this.#units) {
      if (unit.market.has(instrument.index)) unit.market.redefine(instrument);
    }
  }

  send(request: SendableRequest): SendOutcome {
    const unit = this.#unitFor(request);
    if (unit?.gateway === undefined || unit.queries === undefined) return "not_connected";
    switch (request.kind) {
      case "query_order":
        return unit.queries.queryOrder(request, unit.gateway.isAlgo(request));
      case "query_fills":
        return unit.queries.queryFills(request);
      case "query_account":
        return unit.queries.queryAccount();
      case "arm_dead_man":
        return unit.gateway.armDeadMan(request);
      default:
        return unit.gateway.send(request);
    }
  }

  requestSnapshot(request: RequestSnapshot): void {
    for (const unit of this.#units) unit.market.requestSnapshot(request.instrument);
  }

  requestBookCheck({ instrument }: RequestBookCheck): void {
    this.#checks.request(instrument);
  }

  clockOffsetMicros(): number {
    const known = this.#units.find((unit) => unit.rest.clockOffset.known);
    return known?.rest.clockOffset.offsetMicros ?? 0;
  }

  stop(_at: Micros): void {
    this.#checks.stop();
    this.#isStopped = true;
    this.#receiver = undefined;
    for (const unit of this.#units) {
      unit.rest.stop();
      unit.market.stop();
      unit.account?.stop();
      unit.gateway?.stop();
      unit.queries?.stop();
    }
    this.#http.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const { product, venueSymbol } = instrument.terms;
        const unit = this.#units.find((one) => one.product === product);
        const path = product === "spot" ? "/api/v3/depth" : "/fapi/v1/depth";
        const query = [["symbol", venueSymbol], ["limit", "100"]] as const;
        unit?.rest.send("GET", path, query, "public", (outcome) => done(checkAnswer(outcome)));
      },
      decoderOf: (instrument) => new BinanceMarketDecoder([instrument]),
      isNumbered: true,
    };
  }

  #unitFor(request: SendableRequest): Unit | undefined {
    if (request.kind === "query_account") {
      return this.#units.find((unit) => accountOf(unit.product) === request.account);
    }
    return this.#units.find((unit) => unit.market.has(request.instrument));
  }

  #context(product: Product): ProductContext {
    const { clock, scheduler, random, log, addresses } = this.#edges;
    return {
      product,
      account: accountOf(product),
      addresses: product === "spot" ? addresses.spot : addresses.perp,
      marketConnections: this.#edges.marketConnections,
      clock,
      scheduler,
      random,
      log,
      counters: this.counters,
      http: (request, done) => this.#http.request(request, done),
      openSession: sessionOpener(
        { transport: this.#socketTransport, clock, scheduler, random },
        this.counters,
      ),
      deliver: (event) => this.#receiver?.deliver(event),
    };
  }

  #unit(product: Product, instruments: readonly Instrument[], lookup: InstrumentLookup): Unit {
    const context = this.#context(product);
    const { signer } = this.#edges;
    const rest = new BinanceRest(context, signer);
    const own = instruments.filter((instrument) => instrument.terms.product === product);
    return {
      product,
      rest,
      listingQuery: listingQuery(own),
      market: new MarketStream(context, rest, own, () => this.#onMarketLink()),
      gateway: signer && new OrderGateway(context, signer, rest, lookup),
      account: signer && new AccountStream(context, signer, rest, lookup),
      queries: signer && new AccountQueries(context, rest, lookup),
    };
  }

  /** The venue's market link is up when every market socket is. */
  #onMarketLink(): void {
    const isUp = this.#units.every((unit) => unit.market.up);
    if (isUp === this.#isMarketUp) return;
    this.#isMarketUp = isUp;
    this.#receiver?.deliver({
      kind: "connection",
      venue: "binance",
      account: undefined,
      link: "market",
      state: isUp ? "up" : "down",
      at: this.#edges.clock.now(),
      reason: isUp ? "market sockets open" : "market socket lost",
    });
  }

  /** Tells of instruments that are not trading when they are loaded. */
  #sayStatuses(instruments: readonly Instrument[]): void {
    const at = this.#edges.clock.now();
    for (const { index, terms } of instruments) {
      const status = this.#listed.get(terms.symbol)?.status;
      if (status === undefined || status === "trading") continue;
      this.#receiver?.deliver({
        kind: "instrument_status",
        instrument: index,
        at,
        venueAt: at,
        status,
      });
    }
  }

  #refreshNext(
    units: readonly Unit[],
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    const [unit, ...later] = units;
    if (unit === undefined) return done(ok(listed));
    this.#askListing(unit, unit.listingQuery, (listing) => {
      if (!listing.ok) return done(listing);
      this.#refreshNext(later, [...listed, ...listing.value.instruments], done);
    });
  }

  /** Asks for what is traded alone; for all, when the venue does not know one of the names. */
  #askListing(
    unit: Unit,
    query: Unit["listingQuery"],
    done: (listing: Result<BinanceListing>) => void,
  ): void {
    unit.rest.send("GET", listingPath(unit.product), query, "public", (outcome) => {
      if (this.#isStopped) return;
      const isUnknown = outcome.kind === "error" && outcome.code === INVALID_SYMBOL;
      if (isUnknown && query.length > 0) return this.#askListing(unit, [], done);
      done(listingIn(outcome));
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
    const rest = new BinanceRest(this.#context(product), undefined);
    this.#loadListing(
      rest,
      listingPath(product),
      new ReconnectBackoff(this.#edges.random),
      (listing) => {
        const found = this.#pick(product, wanted, listing);
        if (!found.ok) return done(found);
        this.#loadNext(later, wanted, [...listed, ...found.value], done);
      },
    );
  }

  /** Asks until there is an answer that can be read. */
  #loadListing(
    rest: BinanceRest,
    path: string,
    backoff: ReconnectBackoff,
    done: (listing: BinanceListing) => void,
  ): void {
    rest.send("GET", path, [], "public", (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome);
      if (listing.ok) return done(listing.value);
      this.#edges.log.log("warn", "instruments not loaded", { path, found: listing.error });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#loadListing(rest, path, backoff, done);
      });
    });
  }

  #pick(
    product: Product,
    wanted: readonly string[],
    listing: BinanceListing,
  ): Result<readonly ListedInstrument[]> {
    const picked: ListedInstrument[] = [];
    for (const symbol of wanted) {
      if (symbol.endsWith("-PERP") !== (product === "perpetual")) continue;
      const found = listing.instruments.find((one) => one.terms.symbol === symbol);
      if (found === undefined) {
        const name = symbol.replace("-PERP", "").replace("-", "");
        const refusal = listing.refused.find((one) => one.symbol === name);
        const why = refusal === undefined ? "not listed" : refusal.reason;
        return err(`Cannot load binance:${symbol}: ${why}`);
      }
      this.#listed.set(symbol, found);
      picked.push({ terms: found.terms, fees: this.#edges.fees[product] });
    }
    return ok(picked);
  }
}

function listingPath(product: Product): string {
  return product === "spot" ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo";
}

/** Spot lists what it is asked for; USD-M always lists everything. */
function listingQuery(instruments: readonly Instrument[]): readonly [string, string][] {
  const names = instruments.map((instrument) => instrument.terms.venueSymbol);
  return instruments[0]?.terms.product === "spot" ? [["symbols", JSON.stringify(names)]] : [];
}

function listingIn(outcome: Outcome): Result<BinanceListing> {
  if (outcome.kind === "ok") {
    return parseExchangeInfo(textOf(outcome.bytes, 0, outcome.bytes.length));
  }
  return err(outcome.kind === "lost" ? outcome.reason : `${outcome.code} ${outcome.message}`);
}
