/**
 * Questions about our account over REST: one order, its fills, or everything as one report.
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 2. An order is looked for among the open and recent ones, then in the history; only when neither
 *    has it the venue does not know it.
 * 3. Lists are read to their last page, a bounded number of them. A report that could not be
 *    completed is asked for again with back-off, a bounded number of times; half a report is never
 *    delivered.
 *
 * Source: venue documentation "Get open & closed orders", "Get trade history", "Get position info"
 * and "Get wallet balance", read 2026-07.
 * @module
 */
import type { Instrument, Micros } from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  Fill,
  OrderUpdate,
  PositionUpdate,
  QueryFills,
  QueryOrder,
} from "@/engine/messages/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { idField, type JsonObject, objectOf, objectsOf, textField } from "./_json.ts";
import {
  balanceOf,
  fillOf,
  type InstrumentLookup,
  isHedged,
  isPositionChange,
  isWaitingSpotStop,
  orderUpdateOf,
  positionOf,
} from "./_order_objects.ts";
import { type BybitRest, type Outcome, wordsOf } from "./_rest.ts";
import type { VenueContext } from "./_venue_context.ts";
import { type Category, categoryOf } from "./endpoints.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const ATTEMPTS_MAX = 6;
/** Orders and positions are read whole; of the fills the latest few hundred. */
const PAGES_MAX = 40;
const FILL_PAGES_MAX = 5;
const ORDER_PATHS = ["/v5/order/realtime", "/v5/order/history"] as const;

type Query = readonly (readonly [name: string, value: string])[];

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One list of a report; `read` is false when an entry was not understood. */
interface Step {
  readonly path: string;
  readonly query: Query;
  readonly pagesMax: number;
  /** More pages than `pagesMax` mean that something would be missing. */
  readonly isWhole: boolean;
  readonly read: (entries: readonly JsonObject[], draft: Draft, at: Micros) => boolean;
}

/** Account questions. */
export class AccountQueries {
  readonly #context: VenueContext;
  readonly #rest: BybitRest;
  readonly #lookup: InstrumentLookup;
  #isStopped = false;
  #isAsking = false;

  constructor(context: VenueContext, rest: BybitRest, lookup: InstrumentLookup) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    this.#lookFor(request, instrument, 0);
    return "sent";
  }

  #lookFor(request: QueryOrder, instrument: Instrument, place: number): void {
    const path = ORDER_PATHS[place];
    if (path === undefined) {
      this.#context.deliver({
        kind: "order_not_found",
        instrument: request.instrument,
        at: this.#context.clock.now(),
        clientOrderId: request.clientOrderId,
      });
      return;
    }
    const name = request.clientOrderId === ""
      ? ["orderId", request.venueOrderId ?? ""] as const
      : ["orderLinkId", request.clientOrderId] as const;
    this.#rest.get(path, [...marketOf(instrument), name], "signed", (outcome) => {
      if (this.#isStopped) return;
      const orders = outcome.kind === "ok" ? listIn(outcome.result) : undefined;
      if (outcome.kind !== "ok" || orders === undefined) return this.#lost(request, outcome);
      const found = orders.find((order) => textField(order, name[0]) === name[1]);
      if (found === undefined) return this.#lookFor(request, instrument, place + 1);
      const update = this.#orderIn(found, instrument, outcome.at);
      if (update === undefined) return this.#lost(request, outcome);
      this.#context.deliver(update);
    });
  }

  /** Own fills of one order: the instrument's recent ones, of which the order's are told. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const fills: Fill[] = [];
    const list: Omit<Step, "read"> = {
      path: "/v5/execution/list",
      query: [...marketOf(instrument), ["limit", "100"]],
      pagesMax: FILL_PAGES_MAX,
      isWhole: false,
    };
    const read = (entries: readonly JsonObject[], at: Micros) =>
      this.#readFills(entries, categoryOf(instrument.terms.product), fills, at);
    this.#pages(list, "", 0, read, (failure) => {
      if (failure !== undefined) return this.#lost(request, failure);
      for (const fill of fills) {
        const isById = fill.venueOrderId === request.venueOrderId && fill.clientOrderId === "";
        this.#context.deliver(isById ? { ...fill, clientOrderId: request.clientOrderId } : fill);
      }
    });
    return "sent";
  }

  /**
   * Open orders, fills, positions and balances as one report. A second question joins the first.
   */
  queryAccount(): "sent" {
    if (!this.#isAsking) {
      this.#isAsking = true;
      this.#report(new ReconnectBackoff(this.#context.random));
    }
    return "sent";
  }

  #report(backoff: ReconnectBackoff): void {
    const askedAt = this.#context.clock.now();
    const draft: Draft = { askedAt, openOrders: [], fills: [], positions: [], balances: [] };
    this.#ask(this.#steps(), 0, draft, (failure) => {
      if (failure === undefined) {
        this.#isAsking = false;
        const at = this.#context.clock.now();
        this.#context.deliver({ kind: "account_report", account: UNIFIED_ACCOUNT, at, ...draft });
        return;
      }
      this.#context.log.log("warn", "account report failed", { found: failure });
      if (backoff.failures + 1 >= ATTEMPTS_MAX) {
        this.#isAsking = false;
        this.#context.log.log("error", "account report given up", { attempts: ATTEMPTS_MAX });
        return;
      }
      this.#context.scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#report(backoff);
      });
    });
  }

  #ask(
    steps: readonly Step[],
    index: number,
    draft: Draft,
    done: (failure: string | undefined) => void,
  ): void {
    const step = steps[index];
    if (step === undefined) return done(undefined);
    const read = (entries: readonly JsonObject[], at: Micros) => step.read(entries, draft, at);
    this.#pages(step, "", 0, read, (failure) => {
      if (failure === undefined) return this.#ask(steps, index + 1, draft, done);
      const words = failure.kind === "ok" ? "not readable" : wordsOf(failure);
      done(`${step.path}: ${words}`);
    });
  }

  /** Reads a list page by page; `done` gets the answer that stopped it, or nothing. */
  #pages(
    list: Omit<Step, "read">,
    cursor: string,
    page: number,
    read: (entries: readonly JsonObject[], at: Micros) => boolean,
    done: (failure: Outcome | undefined) => void,
  ): void {
    const query: Query = cursor === "" ? list.query : [...list.query, ["cursor", cursor]];
    this.#rest.get(list.path, query, "signed", (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind !== "ok") return done(outcome);
      const entries = listIn(outcome.result);
      if (entries === undefined || !read(entries, outcome.at)) return done(outcome);
      const next = textField(objectOf(outcome.result) ?? {}, "nextPageCursor");
      const isLast = next === "" || next === cursor || entries.length === 0;
      if (isLast) return done(undefined);
      if (page + 1 >= list.pagesMax) return done(list.isWhole ? outcome : undefined);
      this.#pages(list, next, page + 1, read, done);
    });
  }

  #steps(): readonly Step[] {
    const isTraded = { spot: this.#isTraded("spot"), linear: this.#isTraded("perpetual") };
    const steps: Step[] = [];
    const categories = (["spot", "linear"] as const).filter((category) => isTraded[category]);
    for (const category of categories) steps.push(this.#ordersOf(category));
    for (const category of categories) {
      steps.push({
        path: "/v5/execution/list",
        query: [["category", category], ["limit", "100"]],
        pagesMax: FILL_PAGES_MAX,
        isWhole: false,
        read: (entries, draft, at) => this.#readFills(entries, category, draft.fills, at),
      });
    }
    if (isTraded.linear) {
      steps.push({
        path: "/v5/position/list",
        query: [["category", "linear"], ["settleCoin", "USDT"], ["limit", "200"]],
        pagesMax: PAGES_MAX,
        isWhole: true,
        read: (entries, draft, at) => this.#readPositions(entries, draft, at),
      });
    }
    steps.push({
      path: "/v5/account/wallet-balance",
      query: [["accountType", "UNIFIED"]],
      pagesMax: 1,
      isWhole: true,
      read: (entries, draft, at) => readBalances(entries, draft, at),
    });
    return steps;
  }

  #isTraded(product: "spot" | "perpetual"): boolean {
    return this.#lookup.ofProduct(product).length > 0;
  }

  #ordersOf(category: Category): Step {
    const scope: Query = category === "linear" ? [["settleCoin", "USDT"]] : [];
    return {
      path: "/v5/order/realtime",
      query: [["category", category], ...scope, ["openOnly", "0"], ["limit", "50"]],
      pagesMax: PAGES_MAX,
      isWhole: true,
      read: (entries, draft, at) => {
        for (const entry of entries) {
          const instrument = this.#lookup.ofObject(entry, category);
          if (instrument === undefined) continue;
          const update = this.#orderIn(entry, instrument, at);
          if (update === undefined) return false;
          // The list may hold recently closed ones too.
          const isOpen = update.status === "new" || update.status === "partially_filled";
          if (isOpen) draft.openOrders.push(update);
        }
        return true;
      },
    };
  }

  #orderIn(order: JsonObject, instrument: Instrument, at: Micros): OrderUpdate | undefined {
    const update = orderUpdateOf(order, instrument, at, "query");
    if (update === undefined) return undefined;
    this.#lookup.remember(instrument, idField(order, "orderId"), update.clientOrderId);
    const isWaiting = isWaitingSpotStop(order, instrument);
    if (isWaiting !== undefined) this.#lookup.markStop(update.clientOrderId, isWaiting);
    return update;
  }

  #readFills(
    entries: readonly JsonObject[],
    category: Category,
    fills: Fill[],
    at: Micros,
  ): boolean {
    for (const entry of entries) {
      const instrument = this.#lookup.ofObject(entry, category);
      if (instrument === undefined || !isPositionChange(textField(entry, "execType"))) continue;
      const fill = fillOf(entry, instrument, at, this.#lookup);
      if (fill === undefined) return false;
      fills.push(fill);
    }
    return true;
  }

  #readPositions(entries: readonly JsonObject[], draft: Draft, at: Micros): boolean {
    for (const entry of entries) {
      const instrument = this.#lookup.ofObject(entry, "linear");
      if (instrument === undefined || isHedged(entry)) continue;
      const position = positionOf(entry, instrument, at);
      if (position === undefined) return false;
      draft.positions.push(position);
    }
    return true;
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

function marketOf(instrument: Instrument): Query {
  const { product, venueSymbol } = instrument.terms;
  return [["category", categoryOf(product)], ["symbol", venueSymbol]];
}

function listIn(result: unknown): readonly JsonObject[] | undefined {
  return objectsOf(objectOf(result)?.["list"]);
}

function readBalances(entries: readonly JsonObject[], draft: Draft, at: Micros): boolean {
  for (const entry of entries) {
    const coins = objectsOf(entry["coin"]);
    if (coins === undefined) return false;
    for (const coin of coins) {
      const balance = balanceOf(coin, at, at);
      if (balance === undefined) return false;
      draft.balances.push(balance);
    }
  }
  return entries.length > 0;
}
