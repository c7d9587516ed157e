/**
 * `DydxConnector`: the venue's perpetuals behind the one `VenueConnector` port.
 *
 * Without credentials market data flows and `send` answers `not_connected`.
 * @module
 */
import {
  type AccountKey,
  err,
  type FeeSchedule,
  type Instrument,
  type InstrumentIndex,
  type InstrumentTerms,
  type Micros,
  moneyToNumber,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import type {
  EngineEvent,
  RequestBookCheck,
  RequestSnapshot,
  SendableRequest,
} from "@/engine/messages/mod.ts";
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
import { HttpClient, ReconnectBackoff, type Transport } from "@/exchanges/shared/mod.ts";
import { Chain } from "./_chain.ts";
import { type DydxContext, sessionOpener } from "./_context.ts";
import { Indexer, type Outcome, wordsOf } from "./_indexer.ts";
import {
  BookChecks,
  type BookQuestion,
  checkAnswer,
  type LineCount,
  textOf,
} from "@/exchanges/kit/mod.ts";
import { InstrumentLookup } from "./_order_objects.ts";
import { OrderTracker } from "./_order_tracker.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { DydxBookSequence } from "./book_sequence.ts";
import { DYDX_CAPABILITIES } from "./capabilities.ts";
import type { ResolvedAddresses } from "./endpoints.ts";
import { DydxMarketDecoder } from "./market_decoder.ts";
import {
  DYDX_ACCOUNT,
  type DydxInstrument,
  type DydxListing,
  parsePerpetualMarkets,
} from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import { OrderGateway } from "./order_gateway.ts";
import { DYDX_RATE_LIMITS } from "./rate_limits.ts";
import type { Signer } from "./signer.ts";
import { STREAM_THRESHOLDS } from "./stream_thresholds.ts";

/** What a connector is built with. */
export interface ConnectorEdges {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  readonly addresses: ResolvedAddresses;
  readonly signer: Signer | undefined;
  readonly fees: FeeSchedule;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
}

/** The parts that trade. */
interface Trading {
  readonly gateway: OrderGateway;
  readonly account: AccountStream;
  readonly queries: AccountQueries;
  readonly tracker: OrderTracker;
}

const ORACLE_AT_LOAD = "oraclePriceAtLoad";

/** dYdX. */
export class DydxConnector implements VenueConnector {
  readonly venue = "dydx";
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits = DYDX_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [DYDX_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #http: HttpClient;
  readonly #context: DydxContext;
  readonly #indexer: Indexer;
  readonly #chain: Chain;
  readonly #listed = new Map<string, DydxInstrument>();
  /** Oracle prices as floats, for the bounds of market orders. */
  readonly #oracle = new Map<InstrumentIndex, number>();
  #market: MarketStream | undefined;
  #trading: Trading | undefined;
  readonly #checks: BookChecks;
  #receiver: EventReceiver | undefined;
  #isMarketUp = false;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    const { transport, clock, scheduler, random, log, addresses, signer } = edges;
    // Orders go out in parallel: a slow answer must not hold the next one up.
    const limits = { connectionsPerHostMax: 8, waitingMax: 256 };
    this.#http = new HttpClient({ transport, clock, scheduler, limits });
    this.#context = {
      addresses,
      clock,
      scheduler,
      random,
      log,
      counters: this.counters,
      http: (request, done) => this.#http.request(request, done),
      openSession: sessionOpener({ transport, clock, scheduler, random }, this.counters),
      deliver: (event) => this.#deliver(event),
    };
    this.#indexer = new Indexer(this.#context);
    this.#chain = new Chain(
      this.#context,
      this.#indexer,
      signer?.owner,
      (isReady, reason) => this.#onOrdersLink(isReady, reason),
    );
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
  }

  capabilities(_account: AccountKey): VenueCapabilities {
    return DYDX_CAPABILITIES;
  }

  sequenceRule(): SequenceRule {
    return new DydxBookSequence();
  }

  streamThresholds(): StreamThresholds {
    return STREAM_THRESHOLDS;
  }

  loadInstruments(
    wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    this.#loadListing(new ReconnectBackoff(this.#edges.random), (listing) => {
      done(this.#pick(wanted, listing));
    });
  }

  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.#receiver = receiver;
    this.#checks.start(instruments, receiver);
    const ears = {
      onLink: () => this.#onMarketLink(),
      onHeight: (height: number) => this.#chain.noteHeight(height),
    };
    const { marketConnections } = this.#edges;
    this.#market = new MarketStream(
      this.#context,
      this.#indexer,
      instruments,
      ears,
      marketConnections,
    );
    this.#trading = this.#tradingParts(new InstrumentLookup(instruments));
    this.#sayStatuses(instruments);
    this.#trading?.gateway.start();
    this.#chain.start();
    this.#market.start();
    this.#trading?.account.start();
  }

  /** Statuses come by the markets channel. */
  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#indexer.get("/perpetualMarkets", (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome);
      if (!listing.ok) return done(listing);
      done(ok(listing.value.instruments.map((one) => ({ terms: this.#lastingTerms(one.terms) }))));
    });
  }

  onRedefined(instrument: Instrument): void {
    this.#market?.redefine(instrument);
    this.#trading?.tracker.redefine(instrument);
  }

  send(request: SendableRequest): SendOutcome {
    const trading = this.#trading;
    if (trading === undefined || this.#isStopped) return "not_connected";
    switch (request.kind) {
      case "query_order":
        return trading.queries.queryOrder(request);
      case "query_fills":
        return trading.queries.queryFills(request);
      case "query_account":
        return trading.queries.queryAccount();
      case "arm_dead_man":
        return "not_supported";
      default:
        return trading.gateway.send(request);
    }
  }

  requestSnapshot(request: RequestSnapshot): void {
    this.#market?.requestSnapshot(request.instrument);
  }

  requestBookCheck({ instrument }: RequestBookCheck): void {
    this.#checks.request(instrument);
  }

  clockOffsetMicros(): number {
    return this.#chain.clockOffset.offsetMicros;
  }

  stop(_at: Micros): void {
    this.#checks.stop();
    this.#isStopped = true;
    this.#receiver = undefined;
    this.#chain.stop();
    this.#market?.stop();
    this.#trading?.account.stop();
    this.#trading?.gateway.stop();
    this.#trading?.queries.stop();
    this.#http.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const path = `/orderbooks/perpetualMarket/${instrument.terms.venueSymbol}`;
        this.#indexer.get(path, (outcome) => done(checkAnswer(outcome)));
      },
      decoderOf: (instrument) => new DydxMarketDecoder([instrument]),
      isNumbered: false,
    };
  }

  #tradingParts(lookup: InstrumentLookup): Trading | undefined {
    const { signer } = this.#edges;
    if (signer === undefined) return undefined;
    const tracker = new OrderTracker();
    const account = new AccountStream(this.#context, signer, lookup, tracker, (height) => {
      this.#chain.noteHeight(height);
    });
    const gateway = new OrderGateway({
      context: this.#context,
      signer,
      chain: this.#chain,
      tracker,
      lookup,
      isHeard: () => account.isHeard,
      oracleTicks: (instrument) => {
        const oracle = this.#oracle.get(instrument.index);
        return oracle === undefined ? undefined : oracle / instrument.tickValue;
      },
    });
    const queries = new AccountQueries(
      this.#context,
      this.#indexer,
      signer,
      lookup,
      tracker,
      gateway,
    );
    return { gateway, account, queries, tracker };
  }

  #deliver(event: EngineEvent): void {
    if (event.kind === "mark_price") this.#oracle.set(event.instrument, moneyToNumber(event.mark));
    this.#receiver?.deliver(event);
  }

  /** The venue's market link is up when every market socket is. */
  #onMarketLink(): void {
    const isUp = this.#market?.up === true;
    if (isUp === this.#isMarketUp) return;
    this.#isMarketUp = isUp;
    this.#receiver?.deliver({
      kind: "connection",
      venue: "dydx",
      account: undefined,
      link: "market",
      state: isUp ? "up" : "down",
      at: this.#edges.clock.now(),
      reason: isUp ? "market sockets open" : "market socket lost",
    });
  }

  #onOrdersLink(isReady: boolean, reason: string): void {
    this.#receiver?.deliver({
      kind: "connection",
      venue: "dydx",
      account: DYDX_ACCOUNT,
      link: "orders",
      state: isReady ? "up" : "down",
      at: this.#edges.clock.now(),
      reason,
    });
  }

  /** Tells of instruments that are not trading when they are loaded. */
  #sayStatuses(instruments: readonly Instrument[]): void {
    const at = this.#edges.clock.now();
    for (const { index, terms } of instruments) {
      const status = this.#listed.get(terms.symbol)?.status;
      if (status === undefined || status === "trading") continue;
      const event = { instrument: index, at, venueAt: at, status };
      this.#receiver?.deliver({ kind: "instrument_status", ...event });
    }
  }

  /** Asks until there is an answer that can be read. */
  #loadListing(backoff: ReconnectBackoff, done: (listing: DydxListing) => void): void {
    this.#indexer.get("/perpetualMarkets", (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome);
      if (listing.ok) return done(listing.value);
      this.#edges.log.log("warn", "instruments not loaded", { found: listing.error });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#loadListing(backoff, done);
      });
    });
  }

  /** Terms without what differs at every look: the price at which it was loaded stays. */
  #lastingTerms(terms: InstrumentTerms): InstrumentTerms {
    const loaded = this.#listed.get(terms.symbol)?.terms.extra?.[ORACLE_AT_LOAD];
    if (loaded === undefined) return terms;
    return { ...terms, extra: { ...terms.extra, [ORACLE_AT_LOAD]: loaded } };
  }

  #pick(
    wanted: readonly string[],
    listing: DydxListing,
  ): Result<readonly ListedInstrument[]> {
    const picked: ListedInstrument[] = [];
    for (const symbol of wanted) {
      const found = listing.instruments.find((one) => one.terms.symbol === symbol);
      if (found === undefined) {
        const ticker = symbol.replace(/-PERP$/, "");
        const refusal = symbol.endsWith("-PERP")
          ? listing.refused.find((one) => one.symbol === ticker)?.reason ?? "not listed"
          : "wanted a perpetual (BASE-USD-PERP): the venue has no spot";
        return err(`Cannot load dydx:${symbol}: ${refusal}`);
      }
      this.#listed.set(symbol, found);
      picked.push({ terms: found.terms, fees: this.#edges.fees });
    }
    return ok(picked);
  }
}

function listingIn(outcome: Outcome): Result<DydxListing> {
  if (outcome.kind !== "ok") return err(wordsOf(outcome));
  return parsePerpetualMarkets(textOf(outcome.bytes, 0, outcome.bytes.length));
}
