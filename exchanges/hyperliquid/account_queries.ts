/**
 * Questions about our account: one order, its fills, or everything as one report.
 *
 *   mode of the account (once) -> open orders -> fills since the last report -> positions
 *   -> balances -> report
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 2. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times; half a report is never delivered.
 * 3. In unified and portfolio-margin accounts the collateral is the spot balance; in the others
 *    it is what the clearinghouse holds beside it, without the unrealised profit.
 *
 * Source: venue documentation "Info endpoint", read 2026-09.
 * @module
 */
import {
  type Instrument,
  type Micros,
  type Money,
  money,
  moneyFromText,
} from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  Fill,
  OrderUpdate,
  PositionUpdate,
  QueryFills,
  QueryOrder,
} from "@/engine/messages/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import type { VenueContext } from "./_context.ts";
import {
  decimalField,
  instantField,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
} from "./_json.ts";
import {
  balanceOf,
  fillOf,
  type InstrumentLookup,
  orderUpdateOf,
  positionOf,
} from "./_order_objects.ts";
import type { HyperliquidRest, Outcome } from "./_rest.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import { orderName } from "./order_encoder.ts";

const ATTEMPTS_MAX = 6;
/** The venue answers at most so many fills at once. */
const FILLS_PAGE = 2_000;
const PAGES_MAX = 5;
const FIRST_FILLS_MS = 24 * 3_600_000;
const FILLS_MARGIN_MS = 60_000;
const MARGIN_ASSET = "USDC";

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
  /** What a clearinghouse of its own holds of the margin asset. */
  margin: { readonly total: Money; readonly free: Money } | undefined;
}

/** A question of a report; `read` says what is wrong, or nothing. */
interface Step {
  readonly question: Readonly<Record<string, unknown>>;
  readonly read: (result: unknown, draft: Draft, at: Micros) => boolean;
}

/** Whose account, and what kind it is. */
export interface AccountOwner {
  readonly user: string;
  /** Undefined until asked. */
  isUnified: boolean | undefined;
}

/** Account questions. */
export class AccountQueries {
  readonly #context: VenueContext;
  readonly #rest: HyperliquidRest;
  readonly #lookup: InstrumentLookup;
  readonly #onMode: (isUnified: boolean) => void;
  #owner: AccountOwner | undefined;
  #fillsFromMs: number | undefined;
  #isStopped = false;
  #isAsking = false;

  constructor(
    context: VenueContext,
    rest: HyperliquidRest,
    lookup: InstrumentLookup,
    onMode: (isUnified: boolean) => void,
  ) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#onMode = onMode;
  }

  /** From now on questions are about this address. */
  start(user: string): void {
    this.#owner = { user, isUnified: undefined };
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    const oid = orderName(request);
    if (instrument === undefined || this.#owner === undefined || oid === undefined) {
      return "not_connected";
    }
    const question = { type: "orderStatus", user: this.#owner.user, oid };
    this.#rest.ask(question, (outcome) => {
      if (!this.#isStopped) this.#answerOrder(request, instrument, outcome);
    });
    return "sent";
  }

  /** The recent fills of the account, those of the order among them. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const owner = this.#owner;
    if (owner === undefined) return "not_connected";
    this.#rest.ask({ type: "userFills", user: owner.user }, (outcome) => {
      if (this.#isStopped) return;
      const fills = outcome.kind === "ok" ? this.#fillsIn(outcome.result, outcome.at) : undefined;
      if (fills === undefined) return this.#lost(request, outcome);
      for (const fill of fills) {
        if (fill.instrument !== request.instrument) continue;
        const isAsked = request.venueOrderId !== undefined &&
          fill.venueOrderId === request.venueOrderId && fill.clientOrderId === "";
        this.#context.deliver(isAsked ? { ...fill, clientOrderId: request.clientOrderId } : fill);
      }
    });
    return "sent";
  }

  /** Everything as one report. A second question joins the first. */
  queryAccount(): "sent" | "not_connected" {
    if (this.#owner === undefined) return "not_connected";
    if (!this.#isAsking) {
      this.#isAsking = true;
      this.#report(this.#owner, new ReconnectBackoff(this.#context.random));
    }
    return "sent";
  }

  #report(owner: AccountOwner, backoff: ReconnectBackoff): void {
    const draft: Draft = {
      askedAt: this.#context.clock.now(),
      openOrders: [],
      fills: [],
      positions: [],
      balances: [],
      margin: undefined,
    };
    this.#collect(owner, draft, (failure) => {
      if (this.#isStopped) return;
      if (failure === undefined) return this.#deliverReport(owner, draft);
      this.#context.log.log("warn", "account report failed", { found: failure });
      if (backoff.failures + 1 >= ATTEMPTS_MAX) {
        this.#isAsking = false;
        this.#context.log.log("error", "account report given up", { attempts: ATTEMPTS_MAX });
        return;
      }
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#report(owner, backoff);
      });
    });
  }

  #deliverReport(owner: AccountOwner, draft: Draft): void {
    this.#isAsking = false;
    this.#fillsFromMs = Math.floor(draft.askedAt / 1_000) - FILLS_MARGIN_MS;
    const { askedAt, openOrders, fills, positions } = draft;
    const balances = owner.isUnified === true ? draft.balances : withMargin(draft);
    this.#context.deliver({
      kind: "account_report",
      account: UNIFIED_ACCOUNT,
      at: this.#context.clock.now(),
      askedAt,
      openOrders,
      positions,
      balances,
      fills,
    });
  }

  #collect(
    owner: AccountOwner,
    draft: Draft,
    done: (failure: string | undefined) => void,
  ): void {
    const { user } = owner;
    const mode: readonly Step[] = owner.isUnified !== undefined ? [] : [{
      question: { type: "userAbstraction", user },
      read: (result) => this.#readMode(owner, result),
    }];
    const orders: readonly Step[] = [{
      question: { type: "frontendOpenOrders", user },
      read: (result, _draft, at) => this.#readOrders(result, draft, at),
    }];
    const state: readonly Step[] = [{
      question: { type: "clearinghouseState", user },
      read: (result, _draft, at) => this.#readPositions(result, draft, at),
    }, {
      question: { type: "spotClearinghouseState", user },
      read: (result, _draft, at) => readBalances(result, draft, at),
    }];
    const fromMs = this.#fillsFromMs ??
      Math.floor(draft.askedAt / 1_000) - FIRST_FILLS_MS;
    this.#steps([...mode, ...orders], 0, draft, (failure) => {
      if (failure !== undefined) return done(failure);
      this.#fillPages(owner, draft, fromMs, PAGES_MAX, (lost) => {
        if (lost !== undefined) return done(lost);
        this.#steps(state, 0, draft, done);
      });
    });
  }

  #steps(
    steps: readonly Step[],
    index: number,
    draft: Draft,
    done: (failure: string | undefined) => void,
  ): void {
    const step = steps[index];
    if (step === undefined) return done(undefined);
    this.#rest.ask(step.question, (outcome) => {
      if (this.#isStopped) return;
      const name = String(step.question["type"]);
      if (outcome.kind !== "ok") return done(`${name}: ${wordsOf(outcome)}`);
      if (!step.read(outcome.result, draft, outcome.at)) return done(`${name}: not readable`);
      this.#steps(steps, index + 1, draft, done);
    });
  }

  /** Fills from an instant on, page by page: a full page may have more behind it. */
  #fillPages(
    owner: AccountOwner,
    draft: Draft,
    startTime: number,
    pagesLeft: number,
    done: (failure: string | undefined) => void,
  ): void {
    this.#rest.ask({ type: "userFillsByTime", user: owner.user, startTime }, (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind !== "ok") return done(`userFillsByTime: ${wordsOf(outcome)}`);
      const fills = this.#fillsIn(outcome.result, outcome.at);
      const entries = objectsOf(outcome.result);
      if (fills === undefined || entries === undefined) {
        return done("userFillsByTime: not readable");
      }
      const known = new Set(draft.fills.map((fill) => fill.fillId));
      draft.fills.push(...fills.filter((fill) => !known.has(fill.fillId)));
      const newest = entries.reduce((last, one) => Math.max(last, instantField(one, "time")), 0);
      const next = Math.floor(newest / 1_000);
      if (entries.length < FILLS_PAGE || pagesLeft <= 1 || next <= startTime) {
        return done(undefined);
      }
      this.#fillPages(owner, draft, next, pagesLeft - 1, done);
    });
  }

  #readMode(owner: AccountOwner, result: unknown): boolean {
    if (typeof result !== "string") return false;
    owner.isUnified = result === "unifiedAccount" || result === "portfolioMargin";
    this.#onMode(owner.isUnified);
    if (!owner.isUnified) {
      this.#context.log.log("warn", "account is not unified: USDC of both wallets is added up", {
        mode: result,
      });
    }
    return true;
  }

  #readOrders(result: unknown, draft: Draft, at: Micros): boolean {
    const entries = objectsOf(result);
    if (entries === undefined) return false;
    for (const entry of entries) {
      const instrument = this.#lookup.byCoin(textField(entry, "coin"));
      if (instrument === undefined) continue;
      const update = orderUpdateOf(entry, instrument, {
        status: "open",
        at,
        venueAt: instantField(entry, "timestamp"),
        source: "query",
      });
      if (update === undefined) return false;
      this.#lookup.remember(update.venueOrderId ?? "", update.clientOrderId);
      draft.openOrders.push(update);
    }
    return true;
  }

  #readPositions(result: unknown, draft: Draft, at: Micros): boolean {
    const state = objectOf(result);
    const entries = objectsOf(state?.["assetPositions"]);
    if (state === undefined || entries === undefined) return false;
    const venueAt = instantField(state, "time");
    let unrealised = 0n;
    for (const entry of entries) {
      const position = objectOf(entry["position"]);
      if (position === undefined) return false;
      const profit = moneyFromText(decimalField(position, "unrealizedPnl"));
      if (profit.ok) unrealised += profit.value;
      const instrument = this.#lookup.byCoin(textField(position, "coin"));
      if (instrument === undefined) continue;
      const update = positionOf(position, instrument, at, venueAt);
      if (update === undefined) return false;
      draft.positions.push(update);
    }
    draft.margin = marginIn(state, unrealised);
    return true;
  }

  #fillsIn(result: unknown, at: Micros): readonly Fill[] | undefined {
    const entries = objectsOf(result);
    if (entries === undefined) return undefined;
    const fills: Fill[] = [];
    for (const entry of entries) {
      const instrument = this.#lookup.byCoin(textField(entry, "coin"));
      if (instrument === undefined) continue;
      const fill = fillOf(entry, instrument, at, this.#lookup);
      if (fill === undefined) return undefined;
      fills.push(fill);
    }
    return fills;
  }

  #answerOrder(request: QueryOrder, instrument: Instrument, outcome: Outcome): void {
    const answer = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
    if (outcome.kind !== "ok" || answer === undefined) return this.#lost(request, outcome);
    const { at } = outcome;
    const status = textField(answer, "status");
    if (status === "unknownOid") {
      const { clientOrderId } = request;
      const base = { instrument: request.instrument, at, clientOrderId };
      return this.#context.deliver({ kind: "order_not_found", ...base });
    }
    const outer = objectOf(answer["order"]);
    const order = objectOf(outer?.["order"]);
    const update = outer === undefined || order === undefined
      ? undefined
      : orderUpdateOf(order, instrument, {
        status: textField(outer, "status"),
        at,
        venueAt: instantField(outer, "statusTimestamp"),
        source: "query",
      });
    if (update === undefined) return this.#lost(request, outcome);
    const name = update.clientOrderId === "" ? request.clientOrderId : update.clientOrderId;
    this.#context.deliver({ ...update, clientOrderId: name });
  }

  #lost(request: QueryOrder | QueryFills, outcome: Outcome): void {
    this.#context.deliver({
      kind: "request_lost",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
      request: "query",
      outcome: outcome.kind === "lost" && !outcome.sent ? "not_sent" : "unknown",
      text: outcome.kind === "ok" ? "answer is not readable" : wordsOf(outcome),
    });
  }
}

function readBalances(result: unknown, draft: Draft, at: Micros): boolean {
  const entries = objectsOf(objectOf(result)?.["balances"]);
  if (entries === undefined) return false;
  for (const entry of entries) {
    const balance = balanceOf(entry, at, 0 as Micros);
    if (balance === undefined) return false;
    draft.balances.push(balance);
  }
  return true;
}

/** Equity less what positions would gain, and what may be withdrawn. */
function marginIn(state: JsonObject, unrealised: bigint): Draft["margin"] {
  const equity = moneyFromText(
    decimalField(objectOf(state["marginSummary"]) ?? {}, "accountValue"),
  );
  const free = moneyFromText(decimalField(state, "withdrawable"));
  if (!equity.ok || !free.ok) return undefined;
  return { total: money(equity.value - unrealised), free: free.value };
}

/** Balances with the clearinghouse's margin added to the spot wallet's. */
function withMargin(draft: Draft): BalanceUpdate[] {
  const { balances, margin } = draft;
  if (margin === undefined) return balances;
  const spot = balances.find((balance) => balance.asset === MARGIN_ASSET);
  const others = balances.filter((balance) => balance !== spot);
  const at = draft.askedAt;
  return [...others, {
    kind: "balance",
    account: UNIFIED_ACCOUNT,
    at: spot?.at ?? at,
    venueAt: 0 as Micros,
    asset: MARGIN_ASSET,
    total: money((spot?.total ?? 0n) + margin.total),
    free: money((spot?.free ?? 0n) + margin.free),
  }];
}

function wordsOf(outcome: Exclude<Outcome, { kind: "ok" }>): string {
  return outcome.kind === "lost" ? outcome.reason : `${outcome.status} ${outcome.text}`;
}
