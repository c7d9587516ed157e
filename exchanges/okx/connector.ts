/**
 * `OkxConnector`: spot and linear swaps on one unified account behind the `VenueConnector` port.
 *
 * Without credentials market data flows and `send` answers `not_connected`.
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
import { BookChecks, type BookQuestion, type LineCount, OnceLog } from "@/exchanges/kit/mod.ts";
import { HttpClient, ReconnectBackoff, type Transport } from "@/exchanges/shared/mod.ts";
import { wordsOf } from "./_answers.ts";
import { type JsonObject, textField } from "./_json.ts";
import { InstrumentLookup } from "./_order_objects.ts";
import { OkxRest, targetOf } from "./_rest.ts";
import { type AccountFacts, sessionOpener, type VenueContext } from "./_venue_context.ts";
import { AccountQueries } from "./account_queries.ts";
import { AccountStream } from "./account_stream.ts";
import { OkxBookSequence } from "./book_sequence.ts";
import { OKX_CAPABILITIES } from "./capabilities.ts";
import type { OkxAddresses } from "./endpoints.ts";
import { OkxMarketDecoder } from "./market_decoder.ts";
import { instrumentOfRow, instTypeOf, type OkxInstrument, UNIFIED_ACCOUNT } from "./instruments.ts";
import { MarketStream } from "./market_stream.ts";
import type { TradeModes } from "./order_encoder.ts";
import { OrderGateway } from "./order_gateway.ts";
import { OKX_RATE_LIMITS, withConnectionPace } from "./rate_limits.ts";
import type { Signer } from "./signer.ts";
import { streamThresholdsOf } from "./stream_thresholds.ts";

/** Fees of both products, used until the venue says others. */
export interface OkxFees {
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
  readonly addresses: OkxAddresses;
  readonly signer: Signer | undefined;
  readonly fees: OkxFees;
  readonly modes: TradeModes;
  /** How many connections carry each market channel. */
  readonly marketConnections: LineCount;
}

/** What is connected. */
interface Unit {
  readonly market: MarketStream;
  readonly gateway: OrderGateway | undefined;
  readonly account: AccountStream | undefined;
  readonly queries: AccountQueries | undefined;
  readonly lookup: InstrumentLookup;
}

/** "Instrument ID does not exist." */
const NOT_LISTED = "51001";
/** Between two instruments' questions: 20 in 2 s are allowed. */
const REFRESH_PAUSE_MS = 125;

/** OKX. */
export class OkxConnector implements VenueConnector {
  readonly venue = "okx";
  readonly counters: ConnectorCounters = {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
  readonly rateLimits = OKX_RATE_LIMITS;
  readonly accounts: readonly AccountKey[] = [UNIFIED_ACCOUNT];
  readonly #edges: ConnectorEdges;
  readonly #http: HttpClient;
  readonly #context: VenueContext;
  readonly #rest: OkxRest;
  readonly #facts: AccountFacts;
  readonly #listed = new Map<string, OkxInstrument>();
  onListingDoubt: (() => void) | undefined;
  #unit: Unit | undefined;
  readonly #checks: BookChecks;
  readonly #once: OnceLog;
  #refreshTimer: number | undefined;
  #receiver: EventReceiver | undefined;
  #isMarketUp = false;
  #isStopped = false;

  constructor(edges: ConnectorEdges) {
    this.#edges = edges;
    const { transport, clock, scheduler, random, log, addresses } = edges;
    this.#http = new HttpClient({ transport, clock, scheduler });
    this.#facts = { modes: edges.modes, isTwoSided: false };
    const paced = withConnectionPace(transport, clock, scheduler);
    this.#context = {
      addresses: addresses.perp,
      isDemo: addresses.isDemo === true,
      facts: this.#facts,
      marketConnections: edges.marketConnections,
      clock,
      scheduler,
      random,
      log,
      counters: this.counters,
      http: (request, done) => this.#http.request(request, done),
      openSession: sessionOpener({ transport: paced, clock, scheduler, random }, this.counters),
      deliver: (event) => this.#receiver?.deliver(event),
    };
    this.#rest = new OkxRest(this.#context, edges.signer);
    this.#checks = new BookChecks(this.#bookQuestion(), edges.log);
    this.#once = new OnceLog(edges.log);
  }

  capabilities(_account: AccountKey): VenueCapabilities {
    return OKX_CAPABILITIES;
  }

  sequenceRule(_instrument: InstrumentTerms): SequenceRule {
    return new OkxBookSequence();
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
    const context = this.#context;
    const { signer } = this.#edges;
    const queries = signer && new AccountQueries(context, this.#rest, lookup);
    this.#unit = {
      lookup,
      queries,
      market: new MarketStream(
        context,
        instruments,
        () => this.#onMarketLink(),
        () => this.onListingDoubt?.(),
      ),
      gateway: signer && new OrderGateway(context, signer, this.#rest, lookup),
      account: signer &&
        new AccountStream(context, signer, this.#rest, lookup, () => queries?.queryFunding()),
    };
    this.#sayStatuses(instruments);
    this.#rest.start();
    if (signer !== undefined) this.#askConfig(new ReconnectBackoff(this.#edges.random));
    this.#unit.market.start();
    this.#unit.account?.start();
    this.#unit.gateway?.start();
  }

  refreshInstruments(done: (listed: Result<readonly RefreshedInstrument[]>) => void): void {
    this.#refreshNext([...this.#unit?.lookup.all() ?? []], [], done);
  }

  onRedefined(instrument: Instrument): void {
    this.#unit?.market.redefine(instrument);
  }

  send(request: SendableRequest): SendOutcome {
    const { gateway, queries } = this.#unit ?? {};
    if (gateway === undefined || queries === undefined) return "not_connected";
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
    this.#unit?.market.requestSnapshot(request.instrument);
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
    if (this.#refreshTimer !== undefined) this.#edges.scheduler.cancel(this.#refreshTimer);
    this.#receiver = undefined;
    this.#rest.stop();
    this.#unit?.market.stop();
    this.#unit?.account?.stop();
    this.#unit?.gateway?.stop();
    this.#unit?.queries?.stop();
    this.#http.close();
  }

  /** How a book is asked for beside its stream. */
  #bookQuestion(): BookQuestion {
    return {
      ask: (instrument, done) => {
        const instId = instrument.terms.venueSymbol;
        const target = targetOf("/api/v5/market/books", { instId, sz: "50" });
        this.#rest.send({ method: "GET", target, isPublic: true }, (outcome) => {
          if (outcome.kind !== "ok") return done({ failed: wordsOf(outcome) });
          // The REST layer keeps rows, not bytes.
          const text = JSON.stringify({ code: "0", msg: "", data: outcome.rows });
          done({ bytes: new TextEncoder().encode(text), at: outcome.at });
        });
      },
      decoderOf: (instrument) => new OkxMarketDecoder([instrument]),
      isNumbered: true,
    };
  }

  /** The venue's market link is up when every market socket is. */
  #onMarketLink(): void {
    const isUp = this.#unit?.market.up === true;
    if (isUp === this.#isMarketUp) return;
    this.#isMarketUp = isUp;
    this.#deliver({
      kind: "connection",
      venue: "okx",
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
      this.#deliver({ kind: "instrument_status", instrument: index, at, venueAt: at, status });
    }
  }

  /** Account mode and position mode decide what orders must say. */
  #askConfig(backoff: ReconnectBackoff): void {
    this.#rest.send({ method: "GET", target: "/api/v5/account/config" }, (outcome) => {
      if (this.#isStopped) return;
      const row = outcome.kind === "ok" ? outcome.rows[0] : undefined;
      if (row !== undefined) return this.#takeConfig(row);
      this.#edges.log.log("warn", "account configuration not loaded", { found: wordsOf(outcome) });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#askConfig(backoff);
      });
    });
  }

  #takeConfig(row: JsonObject): void {
    // 1 and 2 pay spot in cash; 3 and 4 lend against the whole account.
    const isLending = ["3", "4"].includes(textField(row, "acctLv"));
    this.#facts.modes = { ...this.#facts.modes, spot: isLending ? "cross" : "cash" };
    this.#facts.isTwoSided = textField(row, "posMode") === "long_short_mode";
    if (!this.#facts.isTwoSided) return;
    this.#edges.log.log("error", "wanted the account in net mode, found long/short mode");
  }

  #deliver(event: EngineEvent): void {
    this.#receiver?.deliver(event);
  }

  /** One instrument after the other; its state comes by the instruments channel. */
  #refreshNext(
    instruments: readonly Instrument[],
    listed: readonly RefreshedInstrument[],
    done: (listed: Result<readonly RefreshedInstrument[]>) => void,
  ): void {
    const [instrument, ...later] = instruments;
    if (instrument === undefined) return done(ok(listed));
    const { product, venueSymbol } = instrument.terms;
    const query = { instType: instTypeOf(product), instId: venueSymbol };
    const target = targetOf("/api/v5/public/instruments", query);
    this.#rest.send({ method: "GET", target, isPublic: true }, (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind === "lost" || (outcome.kind === "error" && outcome.code !== NOT_LISTED)) {
        return done(err(wordsOf(outcome)));
      }
      const row = outcome.kind === "ok" ? outcome.rows[0] : undefined;
      const found = row === undefined ? [] : [{ terms: this.#termsIn(row, instrument) }];
      const next = () => this.#refreshNext(later, [...listed, ...found], done);
      if (later.length === 0) return next();
      this.#refreshTimer = this.#edges.scheduler.after(REFRESH_PAUSE_MS, next);
    });
  }

  /** Terms as they are listed now; where they cannot be read, those that stand. */
  #termsIn(row: JsonObject, { terms }: Instrument): InstrumentTerms {
    const read = instrumentOfRow(row);
    if (read.ok) return read.value.terms;
    this.#once.warn(`listing of ${terms.symbol} is not readable: ${read.error}`);
    return terms;
  }

  #loadNext(
    products: readonly Product[],
    wanted: readonly string[],
    listed: readonly ListedInstrument[],
    done: (listed: Result<readonly ListedInstrument[]>) => void,
  ): void {
    const [product, ...later] = products;
    if (product === undefined) return done(ok(listed));
    this.#loadRows(product, new ReconnectBackoff(this.#edges.random), (rows) => {
      const found = this.#pick(product, wanted, rows);
      if (!found.ok) return done(found);
      this.#loadNext(later, wanted, [...listed, ...found.value], done);
    });
  }

  /** Asks until there is an answer that can be read. */
  #loadRows(
    product: Product,
    backoff: ReconnectBackoff,
    done: (rows: readonly JsonObject[]) => void,
  ): void {
    const target = targetOf("/api/v5/public/instruments", { instType: instTypeOf(product) });
    this.#rest.send({ method: "GET", target, isPublic: true }, (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind === "ok" && outcome.rows.length > 0) return done(outcome.rows);
      this.#edges.log.log("warn", "instruments not loaded", { target, found: wordsOf(outcome) });
      this.#edges.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#loadRows(product, backoff, done);
      });
    });
  }

  #pick(
    product: Product,
    wanted: readonly string[],
    rows: readonly JsonObject[],
  ): Result<readonly ListedInstrument[]> {
    const picked: ListedInstrument[] = [];
    for (const symbol of wanted) {
      if (symbol.endsWith("-PERP") !== (product === "perpetual")) continue;
      const name = symbol.replace(/-PERP$/, "-SWAP");
      const row = rows.find((one) => textField(one, "instId") === name);
      const read = row === undefined ? err("not listed") : instrumentOfRow(row);
      if (!read.ok) return err(`Cannot load okx:${symbol}: ${read.error}`);
      this.#listed.set(symbol, read.value);
      picked.push({ terms: read.value.terms, fees: this.#edges.fees[product] });
    }
    return ok(picked);
  }
}
