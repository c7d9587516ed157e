/**
 * Everything that can change, in one place: a slot for each instrument, account, venue and
 * strategy.
 *
 *   venue ── accounts ── instruments ── strategies that read them
 *
 * 1. Slots are found by small whole numbers or kept references; iteration is in the
 *    configuration's order.
 * 2. Only the core's steps write here; views read.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import {
  type AccountKey,
  assert,
  type FeeSchedule,
  type Instrument,
  type InstrumentIndex,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  type Micros,
  MICROS_UNKNOWN,
  type Money,
  type Price,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { OrderChanges } from "@/engine/orders/mod.ts";
import { FeedAudit, FeedHandler, type FeedLimits, LevelCheck } from "@/engine/feed/mod.ts";
import type {
  RateLimitRule,
  SequenceRule,
  Strategy,
  StreamThresholds,
  VenueCapabilities,
} from "@/engine/ports/mod.ts";
import { RequestBudget } from "@/engine/rate_limit/mod.ts";
import { SlotBookView } from "./book_view.ts";
import { StrategyBoard } from "./quote_boards.ts";
import { StreamWatch } from "./stream_watch.ts";

/** What the core must know of a venue; a `VenueConnector` has all of it. */
export interface VenueFacts {
  readonly venue: VenueId;
  readonly accounts: readonly AccountKey[];
  readonly rateLimits: readonly RateLimitRule[];
  capabilities(account: AccountKey): VenueCapabilities;
  sequenceRule(terms: InstrumentTerms): SequenceRule;
  /** How long its streams may be silent; absent: the book as the feed limits say, others for
   * ever. */
  streamThresholds?(terms: InstrumentTerms): StreamThresholds;
}

/** What an operator set otherwise than the venue's connector says. */
export type ThresholdOverrides = ReadonlyMap<VenueId, Partial<StreamThresholds>>;

/** One venue. */
export interface VenueSlot {
  readonly id: VenueId;
  readonly facts: VenueFacts;
  readonly budget: RequestBudget;
  readonly accounts: readonly AccountSlot[];
  /** Whether its last word about market links was "up". */
  isUp: boolean;
}

/** One wallet at a venue. */
export interface AccountSlot {
  readonly key: AccountKey;
  readonly venue: VenueId;
  readonly capabilities: VenueCapabilities;
  /** The private stream is up. */
  streamUp: boolean;
  /** When it came up last; a report asked for earlier may lack what happened in between. */
  upSince: Micros;
  /** The account was reconciled since the stream came up. */
  reconciled: boolean;
  /** When the grids of one of its instruments changed last: an answer asked for before is mixed. */
  regriddedAt: Micros;
  /** When the account was asked for last, and when the last answer came; 0: never. */
  askedAt: Micros;
  reportedAt: Micros;
}

/** One strategy with its board. */
export interface StrategySlot {
  readonly strategy: Strategy;
  readonly board: StrategyBoard;
}

/** One instrument. */
export interface InstrumentSlot {
  readonly index: InstrumentIndex;
  readonly venue: VenueSlot;
  readonly account: AccountSlot;
  readonly book: OrderBook;
  readonly feed: FeedHandler;
  readonly bookView: SlotBookView;
  /** Where an answer can be spliced into the stream. */
  readonly audit: FeedAudit | undefined;
  readonly check: LevelCheck;
  readonly strategies: readonly StrategySlot[];
  /** When its side streams spoke last. */
  readonly streams: StreamWatch;
  instrument: Instrument;
  /** What may be changed about its orders; follows the instrument. */
  changes: OrderChanges;
  fees: FeeSchedule;
  status: InstrumentTradingStatus;
  mark: Money | undefined;
  markValue: number;
  fundingRate: number;
  fundingAt: Micros;
  lastTrade: Price;
  /** When its book was audited last; 0: never. */
  auditAt: Micros;
  /** When the dead-man switch was armed last; 0: not armed. */
  armedAt: Micros;
}

/** The core's state but for orders, positions and risk, which their own rooms keep. */
export class EngineState {
  /** Time of the event in process; never goes back. */
  now: Micros = MICROS_UNKNOWN;
  instanceId = "";
  readonly venues: VenueSlot[] = [];
  readonly accounts: AccountSlot[] = [];
  readonly strategies: StrategySlot[] = [];
  readonly instruments: (InstrumentSlot | undefined)[] = [];
  readonly #accountsByKey = new Map<AccountKey, AccountSlot>();
  readonly #venuesById = new Map<VenueId, VenueSlot>();
  readonly #feedLimits: FeedLimits;
  readonly #overrides: ThresholdOverrides;

  constructor(
    facts: readonly VenueFacts[],
    strategies: readonly Strategy[],
    limits: FeedLimits,
    overrides: ThresholdOverrides = new Map(),
  ) {
    this.#feedLimits = limits;
    this.#overrides = overrides;
    for (const venue of facts) this.#addVenue(venue);
    for (const strategy of strategies) {
      this.strategies.push({ strategy, board: new StrategyBoard() });
    }
  }

  /** A defined instrument's slot; undefined before it is defined. */
  slot(index: InstrumentIndex): InstrumentSlot | undefined {
    return this.instruments[index];
  }

  account(key: AccountKey): AccountSlot | undefined {
    return this.#accountsByKey.get(key);
  }

  venue(id: VenueId): VenueSlot | undefined {
    return this.#venuesById.get(id);
  }

  /** Defines an instrument, or takes over its changed terms. Answers whether it is new. */
  define(instrument: Instrument, fees: FeeSchedule): boolean {
    const known = this.instruments[instrument.index];
    if (known !== undefined) {
      known.instrument = instrument;
      known.changes = changesOf(instrument, known.account);
      known.fees = fees;
      return false;
    }
    const venue = this.#venuesById.get(instrument.terms.venue);
    const account = this.#accountsByKey.get(instrument.terms.account);
    assert(venue !== undefined, "An instrument's venue is one of the house");
    assert(account !== undefined, "An instrument's account is one of its venue");
    while (this.instruments.length <= instrument.index) this.instruments.push(undefined);
    this.instruments[instrument.index] = this.#createSlot(instrument, fees, venue, account);
    return true;
  }

  #createSlot(
    instrument: Instrument,
    fees: FeeSchedule,
    venue: VenueSlot,
    account: AccountSlot,
  ): InstrumentSlot {
    const book = new OrderBook();
    const rule = venue.facts.sequenceRule(instrument.terms);
    const thresholds = this.#thresholdsOf(venue, instrument.terms);
    const limits: FeedLimits = {
      ...this.#feedLimits,
      staleAfterMs: thresholds.book,
      behindTouchMs: thresholds.best_bid_ask,
    };
    const shared = { instrument: instrument.index, book, limits };
    const { index } = instrument;
    const instrumentNow = () => this.slot(index)?.instrument ?? instrument;
    const feed = new FeedHandler({ ...shared, rule, instrumentNow });
    const audit = rule.snapshotFrom === "rest" && rule.snapshotDisturbs !== true
      ? new FeedAudit({ ...shared, rule: venue.facts.sequenceRule(instrument.terms) })
      : undefined;
    return {
      index: instrument.index,
      venue,
      account,
      book,
      feed,
      audit,
      check: new LevelCheck(book),
      bookView: new SlotBookView(book, feed),
      strategies: this.strategies.filter((one) =>
        one.strategy.instruments.includes(instrument.key)
      ),
      streams: new StreamWatch(thresholds),
      instrument,
      changes: changesOf(instrument, account),
      fees,
      status: "trading",
      mark: undefined,
      markValue: 0,
      fundingRate: 0,
      fundingAt: MICROS_UNKNOWN,
      lastTrade: 0 as Price,
      auditAt: MICROS_UNKNOWN,
      armedAt: MICROS_UNKNOWN,
    };
  }

  #thresholdsOf(venue: VenueSlot, terms: InstrumentTerms): StreamThresholds {
    const { facts, id } = venue;
    const unwatched: StreamThresholds = {
      book: this.#feedLimits.staleAfterMs,
      best_bid_ask: Infinity,
      mark_price: Infinity,
      funding: Infinity,
      trades: Infinity,
    };
    const own = facts.streamThresholds?.(terms) ?? unwatched;
    return { ...own, ...this.#overrides.get(id) };
  }

  #addVenue(facts: VenueFacts): void {
    const accounts = facts.accounts.map((key): AccountSlot => ({
      key,
      venue: facts.venue,
      capabilities: facts.capabilities(key),
      streamUp: false,
      upSince: MICROS_UNKNOWN,
      reconciled: false,
      regriddedAt: MICROS_UNKNOWN,
      askedAt: MICROS_UNKNOWN,
      reportedAt: MICROS_UNKNOWN,
    }));
    const venue: VenueSlot = {
      id: facts.venue,
      facts,
      budget: new RequestBudget(facts.rateLimits, MICROS_UNKNOWN),
      accounts,
      isUp: false,
    };
    this.venues.push(venue);
    this.#venuesById.set(facts.venue, venue);
    for (const account of accounts) {
      this.accounts.push(account);
      this.#accountsByKey.set(account.key, account);
    }
  }
}

function changesOf(instrument: Instrument, account: AccountSlot): OrderChanges {
  const { amend, replace } = account.capabilities;
  return { amend, replace, orderLot: instrument.orderLot };
}

/** Whether orders of an account may be accounted for: stream up and reconciled since. */
export function isAccountReady(account: AccountSlot): boolean {
  return account.streamUp && account.reconciled;
}

/** The venue's mark while it is fresh, else the mid of a usable book, else 0. */
export function markValueOf(slot: InstrumentSlot, now: Micros): number {
  if (slot.markValue > 0 && !slot.streams.isStale("mark_price", now)) return slot.markValue;
  const book = slot.book;
  if (!slot.feed.isUsable) return 0;
  return slot.instrument.priceValue((book.bestBid + book.bestAsk) / 2);
}
