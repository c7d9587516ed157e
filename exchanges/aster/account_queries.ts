/**
 * Questions about our account over REST: one order, its fills, or everything as one report.
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 2. Open orders are asked for by instrument (weight 1), not all at once (weight 40).
 * 3. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times; half a report is never told.
 *
 * Source: venue documentation "Account/Trades endpoints", futures and spot v3, read 2026-06-30.
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
import type { ProductContext } from "./_context.ts";
import { Fields } from "./_fields.ts";
import {
  type AccountBook,
  answeredOrder,
  balanceOf,
  listedFill,
  positionOf,
} from "./_order_objects.ts";
import { type AsterRest, type Outcome, wordsOf } from "./_rest.ts";
import { orderName } from "./order_encoder.ts";
import type { Pair } from "./signer.ts";

const ATTEMPTS_MAX = 6;
const FILLS_MAX = "200";

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One question of a report; `take` is false when the answer was not understood. */
interface Question {
  readonly name: string;
  readonly params: readonly Pair[];
  readonly take: (tree: unknown, draft: Draft, at: Micros) => boolean;
}

/** Account questions of one product. */
export class AccountQueries {
  readonly #context: ProductContext;
  readonly #rest: AsterRest;
  readonly #book: AccountBook;
  #isAsking = false;
  #isStopped = false;

  constructor(context: ProductContext, rest: AsterRest, book: AccountBook) {
    this.#context = context;
    this.#rest = rest;
    this.#book = book;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder): "sent" | "not_connected" {
    const instrument = this.#book.at(request.instrument);
    if (instrument === undefined) return "not_connected";
    this.#ask("order", [symbolOf(instrument), orderName(request)], (outcome) => {
      const isUnknown = outcome.kind === "error" && [-2013, -2011].includes(outcome.code);
      if (isUnknown) {
        return this.#context.deliver({
          kind: "order_not_found",
          instrument: request.instrument,
          at: this.#context.clock.now(),
          clientOrderId: request.clientOrderId,
        });
      }
      const order = outcome.kind === "ok" ? Fields.of(outcome.tree) : undefined;
      const update = order && this.#orderIn(order, instrument, this.#context.clock.now());
      if (update === undefined) return this.#lost(request, outcome);
      this.#context.deliver(update);
    });
    return "sent";
  }

  /** Own fills of one order, or the instrument's recent ones while its venue id is not known. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#book.at(request.instrument);
    if (instrument === undefined) return "not_connected";
    const { venueOrderId: id, clientOrderId } = request;
    const params: Pair[] = [symbolOf(instrument)];
    params.push(id === undefined ? ["limit", FILLS_MAX] : ["orderId", id]);
    this.#ask("userTrades", params, (outcome) => {
      const fills = outcome.kind === "ok"
        ? this.#fillsIn(outcome.tree, instrument, outcome.at)
        : undefined;
      if (fills === undefined) return this.#lost(request, outcome);
      for (const fill of fills) {
        const isAsked = id !== undefined && fill.venueOrderId === id;
        this.#context.deliver(isAsked ? { ...fill, clientOrderId } : fill);
      }
    });
    return "sent";
  }

  /** Everything as one report. A second question joins the first. */
  queryAccount(): "sent" {
    if (!this.#isAsking) {
      this.#isAsking = true;
      this.#report(new ReconnectBackoff(this.#context.random));
    }
    return "sent";
  }

  #ask(name: string, params: readonly Pair[], done: (outcome: Outcome) => void): void {
    this.#rest.send("data", { method: "GET", name, params }, (outcome) => {
      if (!this.#isStopped) done(outcome);
    });
  }

  #report(backoff: ReconnectBackoff): void {
    const { clock, scheduler, log, account } = this.#context;
    const draft: Draft = {
      askedAt: clock.now(),
      openOrders: [],
      fills: [],
      positions: [],
      balances: [],
    };
    this.#askAll(this.#questions(), draft, (failure) => {
      this.#isAsking = failure !== "" && backoff.failures + 1 < ATTEMPTS_MAX;
      if (failure === "") {
        return this.#context.deliver({
          kind: "account_report",
          account,
          at: clock.now(),
          ...draft,
        });
      }
      const level = this.#isAsking ? "warn" : "error";
      log.log(level, "account report failed", { found: failure });
      if (!this.#isAsking) return;
      scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#report(backoff);
      });
    });
  }

  #askAll(
    questions: readonly Question[],
    draft: Draft,
    done: (failure: string) => void,
  ): void {
    const [question, ...later] = questions;
    if (question === undefined) return done("");
    this.#ask(question.name, question.params, (outcome) => {
      const isTaken = outcome.kind === "ok" && question.take(outcome.tree, draft, outcome.at);
      if (!isTaken) return done(`${question.name}: ${wordsOf(outcome)}`);
      this.#askAll(later, draft, done);
    });
  }

  #questions(): readonly Question[] {
    const { product } = this.#context;
    const instruments = this.#book.of(product);
    const orders = instruments.map((instrument): Question => ({
      name: "openOrders",
      params: [symbolOf(instrument)],
      take: (tree, draft, at) =>
        takeEach(tree, draft.openOrders, (order) => this.#orderIn(order, instrument, at)),
    }));
    const fills = instruments.map((instrument): Question => ({
      name: "userTrades",
      params: [symbolOf(instrument), ["limit", FILLS_MAX]],
      take: (tree, draft, at) => {
        const found = this.#fillsIn(tree, instrument, at);
        draft.fills.push(...found ?? []);
        return found !== undefined;
      },
    }));
    const holdings: readonly Question[] = product === "spot"
      ? [{ name: "account", params: [], take: (...all) => this.#takeSpot(...all) }]
      : [
        { name: "positionRisk", params: [], take: (...all) => this.#takePositions(...all) },
        { name: "balance", params: [], take: (...all) => this.#takeFutures(...all) },
      ];
    return [...orders, ...fills, ...holdings];
  }

  #orderIn(order: Fields, instrument: Instrument, at: Micros): OrderUpdate | undefined {
    const update = answeredOrder(order, instrument, at, "query");
    if (update?.venueOrderId !== undefined) {
      this.#book.remember(instrument, update.venueOrderId, update.clientOrderId);
    }
    return update;
  }

  #fillsIn(tree: unknown, instrument: Instrument, at: Micros): readonly Fill[] | undefined {
    const fills: Fill[] = [];
    const isRead = takeEach(
      tree,
      fills,
      (trade) => listedFill(trade, instrument, at, this.#book),
    );
    return isRead ? fills : undefined;
  }

  #takePositions(tree: unknown, draft: Draft, at: Micros): boolean {
    const keys = { amount: "positionAmt", entry: "entryPrice", unrealised: "unRealizedProfit" };
    return takeEach(tree, draft.positions, (entry) => {
      const instrument = this.#book.named("perpetual", entry.text("symbol"));
      const isOurs = (entry.text("positionSide") || "BOTH") === "BOTH";
      if (instrument === undefined || !isOurs) return "not ours";
      return positionOf(entry, keys, instrument, { at, venueAt: entry.instant("updateTime") });
    });
  }

  #takeFutures(tree: unknown, draft: Draft, at: Micros): boolean {
    const keys = { asset: "asset", total: "balance", free: "availableBalance" };
    return takeEach(tree, draft.balances, (entry) => {
      const instants = { at, venueAt: entry.instant("updateTime") };
      const balance = balanceOf(entry, keys, this.#context.account, instants);
      if (balance !== undefined) this.#book.streamFees.onWallet(balance.asset, balance.total);
      return balance;
    });
  }

  #takeSpot(tree: unknown, draft: Draft, at: Micros): boolean {
    const account = Fields.of(tree);
    const keys = { asset: "asset", free: "free", locked: "locked" };
    const traded = new Set(this.#book.of("spot").flatMap(({ terms }) => [terms.base, terms.quote]));
    return takeEach(account?.raw("balances"), draft.balances, (entry) => {
      const instants = { at, venueAt: account!.instant("updateTime") };
      const balance = balanceOf(entry, keys, this.#context.account, instants);
      // Assets that we neither own nor trade say nothing.
      const isIdle = balance?.total === 0n && !traded.has(balance.asset);
      return isIdle ? "not ours" : balance;
    });
  }

  #lost(request: QueryOrder | QueryFills, outcome: Outcome): void {
    this.#context.deliver({
      kind: "request_lost",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
      request: "query",
      outcome: outcome.kind === "lost" && !outcome.sent ? "not_sent" : "unknown",
      text: wordsOf(outcome),
    });
  }
}

function symbolOf(instrument: Instrument): Pair {
  return ["symbol", instrument.terms.venueSymbol];
}

/** Reads every element onto `out`; false when the tree is no list or an element is unread. */
function takeEach<T>(
  tree: unknown,
  out: T[],
  read: (element: Fields) => T | "not ours" | undefined,
): boolean {
  const list = Fields.listOf(tree);
  if (list === undefined) return false;
  for (const element of list) {
    const value = read(element);
    if (value === undefined) return false;
    if (value !== "not ours") out.push(value as T);
  }
  return true;
}
