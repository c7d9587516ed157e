/**
 * `AsterConnector`: both products of the venue behind the one `VenueConnector` port.
 *
 * 1. Only products with a wanted instrument are connected. Without credentials market data flows
 *    and `send` answers `not_connected`.
 * 2. One signer serves both products: their nonces are counted for the account, not the product.
 * 3. The venue tells of halts in its list of instruments alone: it is read every minute.
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
import {
  HttpClient,
  ReconnectBackoff,
  type Transport,
  WebSocketSession as KeptSocket,
} from "@/exchanges/shared/mod.ts";
import type { Lane, ProductContext, SessionPlan } from "./_context.ts";
import { frameText } from "./_fields.ts";
import { AccountBook } from "./_order_objects.ts";
import { AsterRest, type Outcome, wordsOf } from "./_rest.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { sequenceRuleOf } from "./book_sequence.ts";
import { capabilitiesOf } from "./capabilities.ts";
import type { AsterAddresses } from "./endpoints.ts";
import { AsterMarketDecoder } from "./market_decoder.ts";
import {
  accountOf,
  type AsterListing,
  parseListing,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
} from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import { OrderGateway } from "./order_gateway.ts";
import { ASTER_RATE_LIMITS, withConnectionBudget } from "./rate_limits.ts";
import type { Signer } from "./signer.ts";
import { streamThresholdsOf } from "./stream_thresholds.ts";

/** Fees of both products, used until the venue says others. */
export interface AsterFees {
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
  readonly addresses: AsterAddresses;
  readonly signer: Signer | undefined;
  readonly fees: AsterFees;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
}

/** The parts of one connected product. */
interface Unit {
  readonly product: Product;
  readonly instruments: readonly Instrument[];
  readonly rest: AsterRest;
  readonly market: MarketStream;
  /** Absent without credentials. */
  readonly own:
    | {
      readonly gateway: OrderGateway;
      readonly stream: AccountStream;
      readonly queries: AccountQueries;
    }
    | undefined;
}

/** Sockets are renewed before the venue cuts them at 24 hours. */
const SOCKET_LIFE = { rotateAfterMs: 23 * 3_600_000, rotateOverlapMs: 5_000 } as const;
/** The venue pings every few minutes; our own pings find a dead peer sooner. */
const HEARTBEAT = { pingIntervalMs: 15_000, idleTimeoutMs: 45_000 } as const;
/** Aster, spot and perpetuals. */
export class AsterConnector implements VenueConnector {
  readonly venue = "aster";
  readonly counters: ConnectorCounters;
  readonly rateLimits = ASTER_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [SPOT_ACCOUNT, PERPETUAL_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #lanes: Readonly<Record<Lane, HttpClient>>;
  readonly #sessions: KeptSocket[] = [];
  readonly #socketTransport: Transport;
  readonly #statuses = new Map<string, InstrumentTradingStatus>();
  #units: readonly Unit[] = [];
  readonly #checks: BookChecks;
  #receiver: EventReceiver | undefined;
  #isMarketUp = false;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    const { transport, clock, scheduler } = edges;
    this.#socketTransport = withConnectionBudget(transport, clock, scheduler);
    const client = () => new HttpClient({ transport, clock, scheduler });
    this.#lanes = { orders: client(), cancels: client(), data: client() };
    const sessions = this.#sessions;
    this.counters = {
      messages: 0,
      bytes: 0,
      refusedFrames: 0,
      ignoredFrames: 0,
      get reconnects() {
        return sessions.reduce((sum, session) => sum + session.reconnects, 0);
      },
      rateLimited: 0,
      ordersSent: 0,
    };
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
  }

  capabilities(account: AccountKey): VenueCapabilities {
    const product = account === SPOT_ACCOUNT ? "spot" : "perpetual";
    return capabilitiesOf(product, this.#edges.signer?.generation ?? "v3");
  }

  sequenceRule({ product }: InstrumentTerms): SequenceRule {
    return sequenceRuleOf(product);
  }

  streamThresholds({ product }: InstrumentTerms): StreamThresholds {
    return streamThresholdsOf(product);
  }

  loadInstruments(
    wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    const isOf: Readonly<Record<Product, (symbol: string) => boolean>> = {
      perpetual: (symbol) => symbol.endsWith("-PERP"),
      spot: (symbol) => !symbol.endsWith("-PERP"),
    };
    const products = (["spot", "perpetual"] as const).filter((one) => wanted.some(isOf[one]));
    const found: ListedInstrument[] = [];
    const next = (): void => {
      const product = products.shift();
      if (product === undefined) return done(ok(found));
      const rest = new AsterRest(this.#context(product), undefined);
      this.#load(rest, new ReconnectBackoff(this.#edges.random), (listing) => {
        for (const symbol of wanted.filter(isOf[product])) {
          const picked = this.#pick(symbol, product, listing);
          if (!picked.ok) return done(picked);
          found.push(picked.value);
        }
        next();
      });
    };
    next();
  }

  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.#receiver = receiver;
    this.#checks.start(instruments, receiver);
    const book = new AccountBook(instruments);
    this.#units = (["spot", "perpetual"] as const)
      .filter((product) => book.of(product).length > 0)
      .map((product) => this.#unit(product, book));
    for (const unit of this.#units) {
      for (const instrument of book.of(unit.product)) this.#sayStatus(instrument, "trading");
      unit.rest.start();
      unit.market.start();
      unit.own?.stream.start();
      unit.own?.gateway.start();
    }
  }

  /** Statuses are told on the way: the venue pushes them for perpetuals only. */
  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#refreshNext(this.#units, [], done);
  }

  onRedefined(instrument: Instrument): void {
    for (const { market } of this.#units) market.redefine(instrument);
  }

  send(request: SendableRequest): SendOutcome {
    const own = this.#unitOf(request)?.own;
    if (own === undefined) return "not_connected";
    switch (request.kind) {
      case "query_order":
        return own.queries.queryOrder(request);
      case "query_fills":
        return own.queries.queryFills(request);
      case "query_account":
        return own.queries.queryAccount();
      case "arm_dead_man":
        return own.gateway.armDeadMan(request);
      default:
        return own.gateway.send(request);
    }
  }

  requestSnapshot({ instrument }: RequestSnapshot): void {
    for (const { market } of this.#units) market.requestSnapshot(instrument);
  }

  requestBookCheck({ instrument }: RequestBookCheck): void {
    this.#checks.request(instrument);
  }

  clockOffsetMicros(): number {
    const known = this.#units.find(({ rest }) => rest.clockOffset.known);
    return known?.rest.clockOffset.offsetMicros ?? 0;
  }

  stop(_at: Micros): void {
    this.#checks.stop();
    this.#isStopped = true;
    this.#receiver = undefined;
    for (const { rest, market, own } of this.#units) {
      rest.stop();
      market.stop();
      own?.stream.stop();
      own?.gateway.stop();
      own?.queries.stop();
    }
    for (const client of Object.values(this.#lanes)) client.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const { product, venueSymbol } = instrument.terms;
        const unit = this.#units.find((one) => one.product === product);
        const params = [["symbol", venueSymbol], ["limit", "100"]] as const;
        unit?.rest.get("depth", params, (outcome) => done(checkAnswer(outcome)));
      },
      decoderOf: (instrument) => new AsterMarketDecoder([instrument]),
      isNumbered: true,
    };
  }

  #unitOf(request: SendableRequest): Unit | undefined {
    return this.#units.find(({ product, market }) =>
      request.kind === "query_account"
        ? accountOf(product) === request.account
        : market.has(request.instrument)
    );
  }

  #context(product: Product): ProductContext {
    const { addresses, signer, ...edges } = this.#edges;
    return {
      ...edges,
      product,
      account: product === "spot" ? SPOT_ACCOUNT : PERPETUAL_ACCOUNT,
      addresses: product === "spot" ? addresses.spot : addresses.perp,
      generation: signer?.generation ?? "v3",
      marketConnections: this.#edges.marketConnections,
      counters: this.counters,
      http: (lane, request, done) => this.#lanes[lane].request(request, done),
      openSession: (plan: SessionPlan) => {
        const session = new KeptSocket({
          ...edges,
          transport: this.#socketTransport,
          heartbeat: HEARTBEAT,
          ...SOCKET_LIFE,
          ...plan,
        });
        this.#sessions.push(session);
        return session;
      },
      deliver: (event) => this.#receiver?.deliver(event),
    };
  }

  #unit(product: Product, book: AccountBook): Unit {
    const context = this.#context(product);
    const rest = new AsterRest(context, this.#edges.signer);
    const market = new MarketStream(context, rest, book.of(product), () => this.#onMarketLink());
    const instruments = book.of(product);
    if (this.#edges.signer === undefined) {
      return { product, instruments, rest, market, own: undefined };
    }
    const gateway = new OrderGateway(context, rest, book);
    const own = {
      gateway,
      stream: new AccountStream(context, rest, book, () => gateway.wake()),
      queries: new AccountQueries(context, rest, book),
    };
    return { product, instruments, rest, market, own };
  }

  /** The venue's market link is up when every market socket is. */
  #onMarketLink(): void {
    const isUp = this.#units.every(({ market }) => market.up);
    if (isUp === this.#isMarketUp) return;
    this.#isMarketUp = isUp;
    this.#receiver?.deliver({
      kind: "connection",
      venue: "aster",
      account: undefined,
      link: "market",
      state: isUp ? "up" : "down",
      at: this.#edges.clock.now(),
      reason: isUp ? "market sockets open" : "market socket lost",
    });
  }

  #refreshNext(
    [unit, ...later]: readonly Unit[],
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    if (unit === undefined) return done(ok(listed));
    unit.rest.get("exchangeInfo", [], (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome);
      if (!listing.ok) return done(listing);
      const { instruments } = listing.value;
      for (const instrument of unit.instruments) this.#compareStatus(instrument, instruments);
      const terms = instruments.map((one) => ({ terms: one.terms }));
      this.#refreshNext(later, [...listed, ...terms], done);
    });
  }

  #compareStatus(instrument: Instrument, listed: AsterListing["instruments"]): void {
    const { symbol } = instrument.terms;
    const before = this.#statuses.get(symbol) ?? "trading";
    const found = listed.find(({ terms }) => terms.symbol === symbol);
    this.#statuses.set(symbol, found?.status ?? "delisted");
    this.#sayStatus(instrument, before);
  }

  /** Tells an instrument's status where it differs from what was told before. */
  #sayStatus({ index, terms }: Instrument, before: InstrumentTradingStatus): void {
    const status = this.#statuses.get(terms.symbol) ?? "trading";
    if (status === before) return;
    const at = this.#edges.clock.now();
    this.#receiver?.deliver({
      kind: "instrument_status",
      instrument: index,
      at,
      venueAt: at,
      status,
    });
  }

  /** Asks until there is an answer that can be read. */
  #load(rest: AsterRest, backoff: ReconnectBackoff, done: (listing: AsterListing) => void): void {
    rest.get("exchangeInfo", [], (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome);
      if (listing.ok) return done(listing.value);
      this.#edges.log.log("warn", "instruments not loaded", { found: listing.error });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#load(rest, backoff, done);
      });
    });
  }

  #pick(symbol: string, product: Product, listing: AsterListing): Result<ListedInstrument> {
    const found = listing.instruments.find(({ terms }) => terms.symbol === symbol);
    if (found === undefined) {
      const name = symbol.replace("-PERP", "").replace("-", "");
      return err(`Cannot load aster:${symbol}: ${listing.refused.get(name) ?? "not listed"}`);
    }
    this.#statuses.set(symbol, found.status);
    return ok({ terms: found.terms, fees: this.#edges.fees[product] });
  }
}

function listingIn(outcome: Outcome): Result<AsterListing> {
  if (outcome.kind !== "ok") return err(wordsOf(outcome));
  return parseListing(frameText(outcome.bytes, 0, outcome.bytes.length));
}
