/**
 * `HyperliquidConnector`: perpetuals and spot of one account behind the `VenueConnector` port.
 *
 * Three sockets, or four: market (one or two), orders, account (ten are allowed to an address).
 * Without credentials market data flows and `send` answers `not_connected`.
 * @module
 */
import {
  type AccountKey,
  err,
  feeRate,
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
import { BookChecks, type BookQuestion, type LineCount } from "@/exchanges/kit/mod.ts";
import { HttpClient, ReconnectBackoff, type Transport } from "@/exchanges/shared/mod.ts";
import { ActionSigner } from "./_actions.ts";
import { BudgetWatch } from "./_budget_watch.ts";
import { sessionOpener, type VenueContext } from "./_context.ts";
import { decimalField, objectOf, textField, textOf } from "./_json.ts";
import { ListingWatch } from "./_listing_watch.ts";
import { InstrumentLookup } from "./_order_objects.ts";
import { HyperliquidRest, type Outcome, wordsOf } from "./_rest.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { HyperliquidBookSequence } from "./book_sequence.ts";
import { CAPABILITIES } from "./capabilities.ts";
import type { HyperliquidAddresses } from "./endpoints.ts";
import { HyperliquidMarketDecoder } from "./market_decoder.ts";
import {
  type HyperliquidInstrument,
  type HyperliquidListing,
  parseMeta,
  UNIFIED_ACCOUNT,
} from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import { OrderGateway } from "./order_gateway.ts";
import { HYPERLIQUID_RATE_LIMITS, withConnectionBudget } from "./rate_limits.ts";
import type { RecoverableSigner } from "./signer.ts";
import { STREAM_THRESHOLDS } from "./stream_thresholds.ts";

/** Fees of both products, used until the venue says others. */
export interface HyperliquidFees {
  readonly spot: FeeSchedule;
  readonly perpetual: FeeSchedule;
}

/** Who trades. */
export interface Trader {
  readonly signer: RecoverableSigner;
  /** The master account, where the key is an agent's; undefined: the venue is asked. */
  readonly account: string | undefined;
  /** The vault or sub-account that is acted for. */
  readonly vault: string | undefined;
}

/** What a connector is built with. */
export interface ConnectorEdges {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly transport: Transport;
  readonly log: Log;
  readonly addresses: HyperliquidAddresses;
  readonly trader: Trader | undefined;
  readonly fees: HyperliquidFees;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
}

/** The parts that trade. */
interface TradingParts {
  readonly gateway: OrderGateway;
  readonly account: AccountStream;
  readonly queries: AccountQueries;
  readonly budget: BudgetWatch;
}

/** Hyperliquid, perpetuals and spot. */
export class HyperliquidConnector implements VenueConnector {
  readonly venue = "hyperliquid";
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits = HYPERLIQUID_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [UNIFIED_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #http: HttpClient;
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  readonly #listed = new Map<string, HyperliquidInstrument>();
  #instruments: readonly Instrument[] = [];
  readonly #watch: ListingWatch;
  #lookup = new InstrumentLookup([]);
  #market: MarketStream | undefined;
  #trading: TradingParts | undefined;
  #fees: HyperliquidFees;
  readonly #checks: BookChecks;
  #receiver: EventReceiver | undefined;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    this.#fees = edges.fees;
    const { transport, clock, scheduler, random, log, addresses } = edges;
    this.#http = new HttpClient({ transport, clock, scheduler });
    const sockets = withConnectionBudget(transport, clock, scheduler);
    this.#context = {
      addresses,
      clock,
      scheduler,
      random,
      log,
      counters: this.counters,
      http: (request, done) => this.#http.request(request, done),
      openSession: sessionOpener(
        { transport: sockets, clock, scheduler, random },
        this.counters,
      ),
      deliver: (event) => this.#receiver?.deliver(event),
    };
    this.#rest = new HyperliquidRest(this.#context, (isPaused) => this.#sayPause(isPaused));
    this.#watch = new ListingWatch(this.#context, this.#rest, {
      onStatus: (instrument, status) => {
        if (status === "delisted") this.#market?.forget(instrument.index);
        this.#sayStatus(instrument, status);
      },
    });
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
  }

  capabilities(_account: AccountKey): VenueCapabilities {
    return CAPABILITIES;
  }

  sequenceRule(_instrument: InstrumentTerms): SequenceRule {
    return new HyperliquidBookSequence();
  }

  streamThresholds(): StreamThresholds {
    return STREAM_THRESHOLDS;
  }

  loadInstruments(
    wanted: readonly string[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    const products: Product[] = [];
    if (wanted.some((symbol) => !symbol.endsWith("-PERP"))) products.push("spot");
    if (wanted.some((symbol) => symbol.endsWith("-PERP"))) products.push("perpetual");
    this.#loadFees((fees) => {
      this.#fees = fees;
      this.#loadNext(products, wanted, [], done);
    });
  }

  start(instruments: readonly Instrument[], receiver: EventReceiver): void {
    this.#receiver = receiver;
    this.#checks.start(instruments, receiver);
    this.#instruments = instruments;
    this.#lookup = new InstrumentLookup(instruments);
    const isTraded = ({ terms }: Instrument) =>
      this.#listed.get(terms.symbol)?.status !== "delisted";
    this.#market = new MarketStream(
      this.#context,
      this.#rest,
      instruments.filter(isTraded),
      this.#edges.marketConnections,
    );
    this.#sayStatuses();
    this.#rest.start();
    this.#market.start();
    this.#watch.start(instruments, (symbol) => this.#listed.get(symbol)?.status);
    if (this.#edges.trader !== undefined) this.#startTrading(this.#edges.trader, this.#market);
  }

  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    // Whether the whole exchange is closed is told with its clock, not with its listing.
    this.#rest.measureClock(() => {});
    this.#watch.refresh(done);
  }

  onRedefined(instrument: Instrument): void {
    this.#market?.redefine(instrument);
  }

  send(request: SendableRequest): SendOutcome {
    if (this.#trading === undefined || this.#isStopped) return "not_connected";
    const { gateway, queries } = this.#trading;
    switch (request.kind) {
      case "query_order":
        return queries.queryOrder(request);
      case "query_fills":
        return queries.queryFills(request);
      case "query_account":
        return queries.queryAccount();
      case "arm_dead_man":
        return gateway.armDeadMan(request);
      default:
        return gateway.send(request);
    }
  }

  requestSnapshot(request: RequestSnapshot): void {
    this.#market?.requestSnapshot(request.instrument);
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
    this.#watch.stop();
    this.#market?.stop();
    this.#trading?.account.stop();
    this.#trading?.gateway.stop();
    this.#trading?.queries.stop();
    this.#trading?.budget.stop();
    this.#http.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const question = { type: "l2Book", coin: instrument.terms.venueSymbol };
        this.#rest.ask(question, (outcome) => {
          done(outcome.kind === "ok" ? outcome : { failed: wordsOf(outcome) });
        });
      },
      decoderOf: (instrument) => new HyperliquidMarketDecoder([instrument]),
      isNumbered: false,
    };
  }

  #startTrading(trader: Trader, market: MarketStream): void {
    const context = this.#context;
    const lookup = this.#lookup;
    const actions = new ActionSigner({
      signer: trader.signer,
      network: context.addresses.network,
      vault: trader.vault,
      clock: context.clock,
      clockOffset: this.#rest.clockOffset,
    });
    const account = new AccountStream(context, lookup);
    const queries = new AccountQueries(context, this.#rest, lookup, (isUnified) => {
      account.decoder.isUnified = isUnified;
    });
    const touchOf = (index: Instrument["index"]) => market.touchOf(index);
    const gateway = new OrderGateway(context, actions, this.#rest, lookup, touchOf);
    const budget = new BudgetWatch(context, this.#rest);
    this.#trading = { gateway, account, queries, budget };
    gateway.start();
    this.#findOwner(trader, new ReconnectBackoff(context.random), (user) => {
      queries.start(user);
      account.start(user);
      budget.start(user);
    });
  }

  /** Whose account it is: an agent's own address shows nothing, so its master is asked for. */
  #findOwner(trader: Trader, backoff: ReconnectBackoff, done: (user: string) => void): void {
    const known = trader.vault ?? trader.account;
    if (known !== undefined) return done(known);
    const user = trader.signer.address;
    this.#rest.ask({ type: "userRole", user }, (outcome) => {
      if (this.#isStopped) return;
      const role = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
      if (role !== undefined && textField(role, "role") !== "") {
        const master = textField(objectOf(role["data"]) ?? {}, "user");
        return done(textField(role, "role") === "agent" && master !== "" ? master : user);
      }
      this.#edges.log.log("warn", "role of the key's address not known", {
        found: wordsOf(outcome),
      });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#findOwner(trader, backoff, done);
      });
    });
  }

  /** Tells of instruments that are not trading when they are loaded. */
  #sayStatuses(): void {
    for (const instrument of this.#instruments) {
      const status = this.#listed.get(instrument.terms.symbol)?.status;
      if (status !== undefined && status !== "trading") this.#sayStatus(instrument, status);
    }
  }

  /** The whole exchange pauses, or goes on. */
  #sayPause(isPaused: boolean): void {
    for (const instrument of this.#instruments) {
      if (this.#listed.get(instrument.terms.symbol)?.status === "delisted") continue;
      this.#sayStatus(instrument, isPaused ? "maintenance" : "trading");
    }
  }

  #sayStatus({ index }: Instrument, status: InstrumentTradingStatus): void {
    const at = this.#edges.clock.now();
    this.#receiver?.deliver({
      kind: "instrument_status",
      instrument: index,
      at,
      venueAt: at,
      status,
    });
  }

  /** Asks for the account's own fees, once; the given ones hold where there is no answer. */
  #loadFees(done: (fees: HyperliquidFees) => void): void {
    const { trader, fees } = this.#edges;
    // An agent's own address has traded nothing: its rates would not be ours.
    const user = trader?.vault ?? trader?.account;
    if (user === undefined) return done(fees);
    this.#rest.ask({ type: "userFees", user }, (outcome) => {
      if (!this.#isStopped) done(outcome.kind === "ok" ? feesIn(outcome.result, fees) : fees);
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
    this.#loadListing(product, new ReconnectBackoff(this.#edges.random), (listing) => {
      const found = this.#pick(product, wanted, listing);
      if (!found.ok) return done(found);
      this.#loadNext(later, wanted, [...listed, ...found.value], done);
    });
  }

  /** Asks until there is an answer that can be read. */
  #loadListing(
    product: Product,
    backoff: ReconnectBackoff,
    done: (listing: HyperliquidListing) => void,
  ): void {
    const type = product === "spot" ? "spotMeta" : "meta";
    this.#rest.ask({ type }, (outcome) => {
      if (this.#isStopped) return;
      const listing = listingIn(outcome, product);
      if (listing.ok) return done(listing.value);
      this.#edges.log.log("warn", "instruments not loaded", { type, found: listing.error });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#loadListing(product, backoff, done);
      });
    });
  }

  #pick(
    product: Product,
    wanted: readonly string[],
    listing: HyperliquidListing,
  ): Result<readonly ListedInstrument[]> {
    const picked: ListedInstrument[] = [];
    for (const symbol of wanted) {
      if (symbol.endsWith("-PERP") !== (product === "perpetual")) continue;
      const found = listing.instruments.find((one) => one.terms.symbol === symbol);
      if (found === undefined) {
        const refusal = listing.refused.find((one) => one.symbol === symbol);
        const why = refusal === undefined ? "not listed" : refusal.reason;
        return err(`Cannot load hyperliquid:${symbol}: ${why}`);
      }
      this.#listed.set(symbol, found);
      picked.push({ terms: found.terms, fees: this.#fees[product] });
    }
    return ok(picked);
  }
}

function listingIn(outcome: Outcome, product: Product): Result<HyperliquidListing> {
  if (outcome.kind !== "ok") return err(wordsOf(outcome));
  const listing = parseMeta(textOf(outcome.bytes, 0, outcome.bytes.length));
  if (!listing.ok || listing.value.product === product) return listing;
  return err(`Cannot read instruments: wanted ${product}, found ${listing.value.product}`);
}

/** Rates are fractions: 0.00045 is 450 hundredths of a basis point. */
function feesIn(result: unknown, given: HyperliquidFees): HyperliquidFees {
  const answer = objectOf(result) ?? {};
  const rate = (key: string, otherwise: FeeSchedule["maker"]) => {
    const text = decimalField(answer, key);
    const value = Math.round(Number(text) * 1e6);
    return text === "" || !Number.isSafeInteger(value) ? otherwise : feeRate(value);
  };
  return {
    perpetual: {
      maker: rate("userAddRate", given.perpetual.maker),
      taker: rate("userCrossRate", given.perpetual.taker),
    },
    spot: {
      maker: rate("userSpotAddRate", given.spot.maker),
      taker: rate("userSpotCrossRate", given.spot.taker),
    },
  };
}
