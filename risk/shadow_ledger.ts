/**
 * Shadow ledger: a second account of every position, from fills alone, that trusts nobody.
 *
 *   fill ------> own books ---- compared at once ----> portfolio
 *                    \--------- compared in peace ---> venue (position and account reports)
 *
 * 1. A fill is booked once, whoever repeats it; a fee that comes later is booked once too.
 * 2. The first account report gives the opening positions; who made them is unknown.
 * 3. A disagreement with the portfolio is a break at once: both see the same fills in the same
 *    turn.
 * 4. A venue's report may be moments ahead of its fill: a disagreement is a break only when it
 *    stood for the patience without a fill in between. A report older than the last fill says
 *    nothing.
 * 5. Patience does not run while the account's stream is away, nor until a report that was asked
 *    for after its return: the fill that explains a disagreement may be what was lost.
 * @module
 */
import {
  type AccountKey,
  type Instrument,
  type InstrumentIndex,
  instrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  money,
  moneyFromNumber,
  moneyToText,
  mulDivHalfEven,
  notional,
  signOf,
} from "@/engine/domain/mod.ts";
import type {
  AccountReport,
  ConnectionChanged,
  Fill,
  FundingPayment,
  PositionUpdate,
} from "@/engine/messages/mod.ts";
import type { LedgerLine, MarketView } from "@/engine/ports/mod.ts";
import { BoundedIds } from "./bounded_ids.ts";
import { LedgerAccount } from "./ledger_account.ts";

/** Fill ids remembered per instrument, funding payments in all. */
const FILL_IDS_MAX = 32_768;
const PAYMENT_IDS_MAX = 8_192;
/** Fills remembered until the first account report. */
const EARLY_FILLS_MAX = 4_096;
const ONE = 10n ** 18n;

/** One instrument in the ledger. */
interface LedgerEntry {
  /** The terms of the latest event: sizes of reports are in its lots. */
  instrument: Instrument;
  readonly account: LedgerAccount;
  /** Remembers fills; the flag says that the fee is booked too. */
  readonly seen: BoundedIds;
  /** Fills before the opening: when, and what they moved. */
  early: { at: Micros; moved: bigint }[];
  opened: boolean;
  /** Newest venue stamp in the opening report: older unseen fills are history, not news. */
  openedVenueAt: Micros;
  lastFillAt: number;
  lastFillVenueAt: number;
  /** The venue's word that disagrees with the books, and since when; -1: none. */
  venueBase: bigint;
  disagreesSince: number;
  /** What is broken, so that one disagreement is one break. */
  broken: "no" | "portfolio" | "venue";
  /** The line as last told, and after how many postings, in which lots. */
  line: LedgerLine | undefined;
  linePostings: number;
  lineLot: bigint;
}

/** The second books. */
export class ShadowLedger {
  readonly #entries: (LedgerEntry | undefined)[] = [];
  readonly #funding = new Map<string, bigint>();
  /** Accounts whose stream is away or not yet caught up: when it came back, Infinity before. */
  readonly #deaf = new Map<AccountKey, number>();
  readonly #payments = new BoundedIds(PAYMENT_IDS_MAX);
  readonly #onBreak: (text: string, now: Micros) => void;

  /** `onBreak` hears each break once, with its text. */
  constructor(onBreak: (text: string, now: Micros) => void) {
    this.#onBreak = onBreak;
  }

  /** Books a fill and compares with the portfolio. */
  onFill(fill: Fill, view: MarketView): void {
    if (!view.isDefined(fill.instrument)) return;
    const instrument = view.instrument(fill.instrument);
    const entry = this.#entry(instrument);
    if (this.#book(entry, instrument, fill)) {
      entry.lastFillAt = fill.at;
      entry.lastFillVenueAt = Math.max(entry.lastFillVenueAt, fill.venueAt);
      if (!entry.opened) rememberEarly(entry, instrument, fill);
    }
    settleVenue(entry);
    this.#comparePortfolio(entry, instrument, view);
  }

  /** An instrument has other terms; what is kept is in base currency and stays. */
  onInstrument(index: InstrumentIndex, view: MarketView): void {
    const entry = this.#entries[index];
    if (entry !== undefined && view.isDefined(index)) entry.instrument = view.instrument(index);
  }

  /** Takes the venue's word on one position. */
  onPosition(update: PositionUpdate, view: MarketView): void {
    if (!view.isDefined(update.instrument)) return;
    const instrument = view.instrument(update.instrument);
    const entry = this.#entry(instrument);
    // Two streams: what the venue said before its last fill is overtaken.
    if (update.venueAt > 0 && update.venueAt < entry.lastFillVenueAt) return;
    const word = BigInt(update.size) * instrument.lotMoney;
    this.#hearVenue(entry, word, update.at);
  }

  /** The account's stream went, or is back. */
  onConnection(event: ConnectionChanged): void {
    if (event.link !== "account" || event.account === undefined) return;
    if (event.state === "down") this.#deaf.set(event.account, Infinity);
    else if (this.#deaf.has(event.account)) this.#deaf.set(event.account, event.at);
  }

  /** Books a funding payment, once. */
  onFunding(payment: FundingPayment): void {
    if (!this.#payments.add(payment.paymentId, true)) return;
    this.#funding.set(payment.asset, (this.#funding.get(payment.asset) ?? 0n) + payment.amount);
  }

  /** Takes opening positions from the first report of an account; later reports are compared. */
  onAccountReport(report: AccountReport, view: MarketView): void {
    const isCaughtUp = report.askedAt >= (this.#deaf.get(report.account) ?? Infinity);
    if (isCaughtUp) this.#deaf.delete(report.account);
    for (let number = 0; number < view.instrumentCount; number++) {
      const index = instrumentIndex(number);
      if (!view.isDefined(index)) continue;
      const instrument = view.instrument(index);
      if (instrument.terms.account !== report.account) continue;
      const entry = this.#entry(instrument);
      if (!entry.opened) this.#open(entry, instrument, report, view);
      else this.#catchUp(entry, instrument, report);
      if (isCaughtUp && entry.disagreesSince >= 0) entry.disagreesSince = report.at;
    }
  }

  /** Time passed: a disagreement that stood too long is a break. */
  onTimer(view: MarketView, patienceMs: number): void {
    const now = view.now;
    for (let number = 0; number < this.#entries.length; number++) {
      const entry = this.#entries[number];
      if (entry === undefined || entry.disagreesSince < 0 || entry.broken !== "no") continue;
      if (this.#deaf.has(entry.instrument.terms.account)) continue;
      if (now - Math.max(entry.disagreesSince, entry.lastFillAt) <= patienceMs * 1_000) continue;
      entry.broken = "venue";
      this.#onBreak(breakText(entry.instrument, entry.account.base, "venue", entry.venueBase), now);
    }
  }

  /** What still disagrees, after comparing with the portfolio again; empty when nothing does. */
  standing(view: MarketView): string {
    for (let number = 0; number < this.#entries.length; number++) {
      const entry = this.#entries[number];
      if (entry === undefined) continue;
      const index = instrumentIndex(number);
      const instrument = view.instrument(index);
      const portfolio = BigInt(view.position(index)) * instrument.lotMoney;
      if (portfolio !== entry.account.base) {
        return breakText(instrument, entry.account.base, "portfolio", portfolio);
      }
      if (entry.broken === "portfolio") entry.broken = "no";
      if (entry.broken === "venue") {
        return breakText(instrument, entry.account.base, "venue", entry.venueBase);
      }
    }
    return "";
  }

  /** Funding by asset as exact text: above zero received. */
  funding(): Readonly<Record<string, string>> {
    return textsOf(this.#funding);
  }

  /** The books as plain data; sizes in lots. */
  lines(): readonly LedgerLine[] {
    const lines: LedgerLine[] = [];
    for (let number = 0; number < this.#entries.length; number++) {
      const entry = this.#entries[number];
      if (entry !== undefined) lines.push(lineOf(number, entry));
    }
    return lines;
  }

  #entry(instrument: Instrument): LedgerEntry {
    const known = this.#entries[instrument.index];
    if (known !== undefined) {
      known.instrument = instrument;
      return known;
    }
    return this.#entries[instrument.index] = {
      instrument,
      account: new LedgerAccount(),
      seen: new BoundedIds(FILL_IDS_MAX),
      early: [],
      opened: false,
      openedVenueAt: MICROS_UNKNOWN,
      lastFillAt: -1,
      lastFillVenueAt: -1,
      venueBase: 0n,
      disagreesSince: -1,
      broken: "no",
      line: undefined,
      linePostings: -1,
      lineLot: 0n,
    };
  }

  /** Books what is new of a fill; answers whether the position moved. */
  #book(entry: LedgerEntry, instrument: Instrument, fill: Fill): boolean {
    const fee = fill.fee !== undefined;
    const isNew = entry.seen.add(fill.fillId, fee);
    const feeIsNew = isNew ? fee : fee && entry.seen.mark(fill.fillId);
    if (feeIsNew) entry.account.postFee(fill.feeAsset ?? instrument.terms.quote, fill.fee!);
    if (!isNew || fill.size === 0) return false;
    const side = fill.side === "buy" ? 1n : -1n;
    const value = notional(instrument, fill.price, fill.size);
    entry.account.post(side, instrument.baseMoney(fill.size), value);
    return true;
  }

  /** Opening position: what the venue reports, less the fills we saw that are already in it. */
  #open(
    entry: LedgerEntry,
    instrument: Instrument,
    report: AccountReport,
    view: MarketView,
  ): void {
    for (const fill of report.fills) {
      if (fill.instrument !== instrument.index) continue;
      entry.seen.add(fill.fillId, true);
      if (fill.venueAt > entry.openedVenueAt) entry.openedVenueAt = fill.venueAt;
    }
    entry.opened = true;
    const early = entry.early;
    entry.early = [];
    if (instrument.terms.product !== "perpetual") return;
    const found = positionIn(report, instrument.index);
    let opening = found === undefined ? 0n : BigInt(found.size) * instrument.lotMoney;
    for (const fill of early) {
      if (fill.at <= report.askedAt) opening -= fill.moved;
    }
    if (opening === 0n) return;
    const average = found?.averagePrice ?? moneyFromNumber(view.markValue(instrument.index));
    const size = opening < 0n ? -opening : opening;
    const value = mulDivHalfEven(size, average, ONE);
    entry.account.post(opening > 0n ? 1n : -1n, size, value);
  }

  /** A later report: books fills the stream lost, then compares the position. */
  #catchUp(entry: LedgerEntry, instrument: Instrument, report: AccountReport): void {
    const lastStreamFillAt = entry.lastFillAt;
    for (const fill of report.fills) {
      if (fill.instrument !== instrument.index) continue;
      const isHistory = fill.venueAt > 0 && fill.venueAt < entry.openedVenueAt;
      if (!isHistory && this.#book(entry, instrument, fill)) entry.lastFillAt = report.at;
    }
    if (instrument.terms.product !== "perpetual") return;
    // A fill after the question may or may not be in the answer: then it proves nothing.
    if (lastStreamFillAt >= report.askedAt) return;
    const found = positionIn(report, instrument.index);
    const word = found === undefined ? 0n : BigInt(found.size) * instrument.lotMoney;
    this.#hearVenue(entry, word, report.at);
  }

  #hearVenue(entry: LedgerEntry, word: bigint, at: Micros): void {
    entry.venueBase = word;
    if (word !== entry.account.base && entry.disagreesSince < 0) entry.disagreesSince = at;
    settleVenue(entry);
  }

  #comparePortfolio(entry: LedgerEntry, instrument: Instrument, view: MarketView): void {
    const portfolio = BigInt(view.position(instrument.index)) * instrument.lotMoney;
    if (portfolio === entry.account.base) {
      if (entry.broken === "portfolio") entry.broken = "no";
      return;
    }
    if (entry.broken !== "no") return;
    entry.broken = "portfolio";
    this.#onBreak(breakText(instrument, entry.account.base, "portfolio", portfolio), view.now);
  }
}

/** Ends a disagreement with the venue once the books have come to its word. */
function settleVenue(entry: LedgerEntry): void {
  if (entry.disagreesSince < 0 || entry.venueBase !== entry.account.base) return;
  entry.disagreesSince = -1;
  if (entry.broken === "venue") entry.broken = "no";
}

function rememberEarly(entry: LedgerEntry, instrument: Instrument, fill: Fill): void {
  if (entry.early.length === EARLY_FILLS_MAX) entry.early.shift();
  const moved = BigInt(signOf(fill.side)) * instrument.baseMoney(fill.size);
  entry.early.push({ at: fill.at, moved });
}

function positionIn(report: AccountReport, index: InstrumentIndex): PositionUpdate | undefined {
  return report.positions.find((position) => position.instrument === index);
}

function breakText(instrument: Instrument, ours: bigint, who: string, theirs: bigint): string {
  const base = instrument.terms.base;
  return `Ledger break on ${instrument.key}: shadow ledger has ${
    moneyToText(money(ours))
  } ${base}, ` +
    `${who} has ${moneyToText(money(theirs))} ${base}`;
}

/** The line of an instrument: the same object until its books or its lot change. */
function lineOf(number: number, entry: LedgerEntry): LedgerLine {
  const { account, instrument: { lotMoney } } = entry;
  const { postings } = account;
  const isSame = entry.linePostings === postings && entry.lineLot === lotMoney;
  if (isSame && entry.line !== undefined) return entry.line;
  entry.linePostings = postings;
  entry.lineLot = lotMoney;
  return entry.line = {
    instrument: number,
    size: Number(account.base / lotMoney),
    realised: moneyToText(money(account.realised)),
    cost: moneyToText(money(account.cost)),
    fees: textsOf(account.fees),
  };
}

function textsOf(amounts: ReadonlyMap<string, bigint>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [asset, amount] of amounts) texts[asset] = moneyToText(money(amount));
  return texts;
}
