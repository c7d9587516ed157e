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
import { type Instrument, type Micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";
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

/** A part of a report. */
type Finding = OrderUpdate | Fill | PositionUpdate | BalanceUpdate;

/** One question of a report, and how an element of its answer's list is read. */
interface Question {
  readonly name: string;
  readonly params: readonly Pair[];
  readonly listIn: (tree: unknown) => unknown;
  readonly read: (element: Fields, at: Micros) => Finding | "not ours" | undefined;
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
        ? eachOf(outcome.tree, (one) => listedFill(one, instrument, outcome.at, this.#book))
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
    const askedAt = clock.now();
    this.#askAll(this.#questions(), [], (found) => {
      if (typeof found !== "string") {
        this.#isAsking = false;
        const of = <K extends Finding["kind"]>(kind: K) =>
          found.filter((one): one is Extract<Finding, { kind: K }> => one.kind === kind);
        return this.#context.deliver({
          kind: "account_report",
          account,
          at: clock.now(),
          askedAt,
          openOrders: of("order"),
          positions: of("position"),
          balances: of("balance"),
          fills: of("fill"),
        });
      }
      this.#isAsking = backoff.failures + 1 < ATTEMPTS_MAX;
      log.log(this.#isAsking ? "warn" : "error", "account report failed", { found });
      if (!this.#isAsking) return;
      scheduler.after(backoff.nextMs(), () => {
        if (!this.#isStopped) this.#report(backoff);
      });
    });
  }

  /** Asks one after the other; ends with all findings, or why there are none. */
  #askAll(
    questions: readonly Question[],
    found: readonly Finding[],
    done: (result: readonly Finding[] | string) => void,
  ): void {
    const [question, ...later] = questions;
    if (question === undefined) return done(found);
    this.#ask(question.name, question.params, (outcome) => {
      const more = outcome.kind === "ok"
        ? eachOf(question.listIn(outcome.tree), (one) => question.read(one, outcome.at))
        : undefined;
      if (more === undefined) return done(`${question.name}: ${wordsOf(outcome)}`);
      this.#askAll(later, [...found, ...more], done);
    });
  }

  #questions(): readonly Question[] {
    const { product } = this.#context;
    const instruments = this.#book.of(product);
    const whole = (tree: unknown) => tree;
    return [
      ...instruments.map((instrument): Question => ({
        name: "openOrders",
        params: [symbolOf(instrument)],
        listIn: whole,
        read: (order, at) => this.#orderIn(order, instrument, at),
      })),
      ...instruments.map((instrument): Question => ({
        name: "userTrades",
        params: [symbolOf(instrument), ["limit", FILLS_MAX]],
        listIn: whole,
        read: (trade, at) => listedFill(trade, instrument, at, this.#book),
      })),
      ...(product === "spot" ? this.#spotHoldings() : this.#futuresHoldings(whole)),
    ];
  }

  #futuresHoldings(listIn: Question["listIn"]): readonly Question[] {
    const position = { amount: "positionAmt", entry: "entryPrice", unrealised: "unRealizedProfit" };
    const balance = { asset: "asset", total: "balance", free: "availableBalance" };
    return [{
      name: "positionRisk",
      params: [],
      listIn,
      read: (entry, at) => {
        const instrument = this.#book.named("perpetual", entry.text("symbol"));
        const isOneWay = (entry.text("positionSide") || "BOTH") === "BOTH";
        if (instrument === undefined || !isOneWay) return "not ours";
        return positionOf(entry, position, instrument, {
          at,
          venueAt: entry.instant("updateTime"),
        });
      },
    }, {
      name: "balance",
      params: [],
      listIn,
      read: (entry, at) => {
        const instants = { at, venueAt: entry.instant("updateTime") };
        const read = balanceOf(entry, balance, this.#context.account, instants);
        if (read !== undefined) this.#book.streamFees.onWallet(read.asset, read.total);
        return read;
      },
    }];
  }

  #spotHoldings(): readonly Question[] {
    const keys = { asset: "asset", free: "free", locked: "locked" };
    const traded = new Set(this.#book.of("spot").flatMap(({ terms }) => [terms.base, terms.quote]));
    return [{
      name: "account",
      params: [],
      listIn: (tree) => Fields.of(tree)?.raw("balances"),
      read: (entry, at) => {
        const instants = { at, venueAt: MICROS_UNKNOWN };
        const read = balanceOf(entry, keys, this.#context.account, instants);
        // Assets that we neither own nor trade say nothing.
        return read?.total === 0n && !traded.has(read.asset) ? "not ours" : read;
      },
    }];
  }

  #orderIn(order: Fields, instrument: Instrument, at: Micros): OrderUpdate | undefined {
    const update = answeredOrder(order, instrument, at, "query");
    if (update?.venueOrderId !== undefined) {
      this.#book.remember(instrument, update.venueOrderId, update.clientOrderId);
    }
    return update;
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

/** What every element of a list is read as; undefined when it is no list or one is unread. */
function eachOf<T>(
  list: unknown,
  read: (element: Fields) => T | "not ours" | undefined,
): readonly T[] | undefined {
  const elements = Fields.listOf(list);
  if (elements === undefined) return undefined;
  const out: T[] = [];
  for (const element of elements) {
    const value = read(element);
    if (value === undefined) return undefined;
    if (value !== "not ours") out.push(value as T);
  }
  return out;
}
