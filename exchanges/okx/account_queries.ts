/**
 * Questions about our account over REST: one order, its fills, everything as one report, funding.
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 2. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times; half a report is never delivered.
 * 3. Lists are read page by page to their end; a list longer than the bound fails the report.
 * 4. Funding comes as bills; those from before this start belong to the balance already.
 *
 * Source: venue documentation "Get order", "Get order list", "Get transaction details", "Get
 * positions", "Get balance", "Get bills details", read 2026-09.
 * @module
 */
import { fillId, type Instrument, type Micros, moneyFromText } from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  EngineEvent,
  Fill,
  OrderUpdate,
  PositionUpdate,
  QueryFills,
  QueryOrder,
} from "@/engine/messages/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { type Outcome, wordsOf } from "./_answers.ts";
import {
  decimalField,
  idField,
  instantField,
  type JsonObject,
  objectsOf,
  textField,
} from "./_json.ts";
import {
  ALGO_ID_PREFIX,
  algoStatusOf,
  algoUpdateOf,
  balanceOf,
  fillOf,
  type InstrumentLookup,
  isAlgoId,
  isReleased,
  orderUpdateOf,
  positionOf,
} from "./_order_objects.ts";
import { type OkxRest, targetOf } from "./_rest.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const ATTEMPTS_MAX = 6;
const PAGE = 100;
const PAGES_MAX = 20;
const BILLS_MAX = 4_096;
/** "The order does not exist" and its like. */
const NOT_FOUND = new Set(["51603", "51001", "51400", "51401"]);

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One question of a report; `read` is false when a row was not understood. */
interface Step {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Field of the last row by which the next page is asked for. */
  readonly pageBy: string | undefined;
  readonly read: (row: JsonObject, draft: Draft, at: Micros) => boolean;
}

/** Account questions. */
export class AccountQueries {
  readonly #context: VenueContext;
  readonly #rest: OkxRest;
  readonly #lookup: InstrumentLookup;
  readonly #once: OnceLog;
  readonly #bills = new Set<string>();
  readonly #startedAt: Micros;
  #isStopped = false;
  #isAsking = false;

  constructor(context: VenueContext, rest: OkxRest, lookup: InstrumentLookup) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#once = new OnceLog(context.log);
    this.#startedAt = context.clock.now();
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const algoId = isAlgoId(request.venueOrderId)
      ? request.venueOrderId!.slice(ALGO_ID_PREFIX.length)
      : request.venueOrderId === undefined
      ? this.#lookup.algoIdOf(request.clientOrderId)
      : undefined;
    if (algoId !== undefined) this.#askAlgo(request, instrument, algoId);
    else this.#askOrder(request, instrument);
    return "sent";
  }

  /** Own fills of one order, or the instrument's recent ones while its venue id is not known. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const ordId = isAlgoId(request.venueOrderId) ? undefined : request.venueOrderId;
    const query = { instId: instrument.terms.venueSymbol, ordId, limit: String(PAGE) };
    this.#get("/api/v5/trade/fills", query, "query_fills", (outcome) => {
      const fills: Fill[] = [];
      for (const row of outcome.kind === "ok" ? outcome.rows : []) {
        const fill = this.#fillIn(row, instrument, outcome.kind === "ok" ? outcome.at : 0);
        if (fill === undefined) return this.#lost(request, outcome);
        fills.push(ordId === undefined ? fill : { ...fill, clientOrderId: request.clientOrderId });
      }
      if (outcome.kind !== "ok") return this.#lost(request, outcome);
      for (const fill of fills) this.#context.deliver(fill);
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

  /** Funding that was paid since the start; each bill is told once. */
  queryFunding(): void {
    const query = { instType: "SWAP", type: "8", limit: String(PAGE) };
    this.#get("/api/v5/account/bills", query, "query_account", (outcome) => {
      if (outcome.kind !== "ok") {
        this.#once.warn("funding was not told", { found: wordsOf(outcome) });
        return;
      }
      for (const row of outcome.rows.toReversed()) this.#takeBill(row, outcome.at);
    });
  }

  #takeBill(row: JsonObject, at: Micros): void {
    const id = idField(row, "billId");
    const amount = moneyFromText(decimalField(row, "balChg"));
    const venueAt = instantField(row, "ts");
    const asset = textField(row, "ccy");
    if (id === "" || !amount.ok || asset === "" || venueAt < this.#startedAt) return;
    if (this.#bills.has(id)) return;
    if (this.#bills.size >= BILLS_MAX) {
      const oldest = this.#bills.values().next();
      if (!oldest.done) this.#bills.delete(oldest.value);
    }
    this.#bills.add(id);
    this.#context.deliver({
      kind: "funding_payment",
      account: UNIFIED_ACCOUNT,
      instrument: this.#lookup.of(row)?.index,
      at,
      venueAt,
      asset,
      amount: amount.value,
      paymentId: fillId(id),
    });
  }

  #askOrder(request: QueryOrder, instrument: Instrument): void {
    const instId = instrument.terms.venueSymbol;
    const query = request.venueOrderId === undefined
      ? { instId, clOrdId: request.clientOrderId }
      : { instId, ordId: request.venueOrderId };
    this.#get("/api/v5/trade/order", query, "query_order", (outcome) => {
      if (outcome.kind === "error" && NOT_FOUND.has(outcome.code)) return this.#notFound(request);
      if (outcome.kind !== "ok") return this.#lost(request, outcome);
      const row = outcome.rows[0];
      if (row === undefined) return this.#notFound(request);
      const update = orderUpdateOf(row, instrument, outcome.at, "query");
      if (update === undefined) return this.#lost(request, outcome);
      if (update.venueOrderId !== undefined) {
        this.#lookup.remember(update.venueOrderId, update.clientOrderId);
      }
      this.#context.deliver(update);
    });
  }

  /** A conditional order waits in a list of its own; once gone from there it is asked for alone. */
  #askAlgo(request: QueryOrder, instrument: Instrument, algoId: string): void {
    const query = { ordType: "trigger", limit: String(PAGE) };
    const name = algoId === "" ? "algoClOrdId" : "algoId";
    const wanted = algoId === "" ? request.clientOrderId : algoId;
    this.#get("/api/v5/trade/orders-algo-pending", query, "query_order", (outcome) => {
      if (outcome.kind !== "ok") return this.#lost(request, outcome);
      const row = outcome.rows.find((one) => idField(one, name) === wanted);
      if (row !== undefined) return this.#answerAlgo(request, instrument, row, outcome);
      this.#get("/api/v5/trade/order-algo", { [name]: wanted }, "query_order", (single) => {
        if (single.kind === "error" && single.meaning === "refused") {
          return this.#notFound(request);
        }
        const found = single.kind === "ok" ? single.rows[0] : undefined;
        if (single.kind !== "ok") return this.#lost(request, single);
        if (found === undefined) return this.#notFound(request);
        this.#answerAlgo(request, instrument, found, single);
      });
    });
  }

  #answerAlgo(
    request: QueryOrder,
    instrument: Instrument,
    row: JsonObject,
    outcome: Outcome & { readonly kind: "ok" },
  ): void {
    const state = textField(row, "state");
    const released = idField(row, "ordId");
    if (isReleased(state) && released !== "") {
      // What the trigger released is an ordinary order: its state is the answer.
      this.#askOrder(
        { ...request, venueOrderId: released as QueryOrder["venueOrderId"] },
        instrument,
      );
      return;
    }
    const update = algoUpdateOf(row, instrument, outcome.at, "query");
    if (update === undefined) return this.#lost(request, outcome);
    this.#context.deliver(update);
  }

  #report(backoff: ReconnectBackoff): void {
    const draft: Draft = {
      askedAt: this.#context.clock.now(),
      openOrders: [],
      fills: [],
      positions: [],
      balances: [],
    };
    this.#ask(this.#steps(), 0, draft, (failure) => {
      if (failure === undefined) {
        this.#isAsking = false;
        const at = this.#context.clock.now();
        const report = { kind: "account_report", account: UNIFIED_ACCOUNT, at, ...draft } as const;
        this.#context.deliver(report);
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
    this.#askPage(step, draft, undefined, 1, (failure) => {
      if (failure === undefined) this.#ask(steps, index + 1, draft, done);
      else done(`${step.path}: ${failure}`);
    });
  }

  #askPage(
    step: Step,
    draft: Draft,
    after: string | undefined,
    page: number,
    done: (failure: string | undefined) => void,
  ): void {
    this.#get(step.path, { ...step.query, after }, "query_account", (outcome) => {
      if (outcome.kind !== "ok") return done(wordsOf(outcome));
      for (const row of outcome.rows) {
        if (!step.read(row, draft, outcome.at)) return done("a row is not readable");
      }
      const last = outcome.rows.at(-1);
      if (step.pageBy === undefined || last === undefined || outcome.rows.length < PAGE) {
        return done(undefined);
      }
      const next = idField(last, step.pageBy);
      if (next === "" || next === after) return done("pages do not end");
      if (page >= PAGES_MAX) return done(`more than ${PAGES_MAX} pages`);
      this.#askPage(step, draft, next, page + 1, done);
    });
  }

  #steps(): readonly Step[] {
    const limit = String(PAGE);
    const fills = this.#lookup.all().map((instrument): Step => ({
      path: "/api/v5/trade/fills",
      query: { instId: instrument.terms.venueSymbol, limit },
      pageBy: undefined,
      read: (row, draft, at) => {
        const fill = this.#fillIn(row, instrument, at);
        if (fill !== undefined) draft.fills.push(fill);
        return fill !== undefined;
      },
    }));
    return [
      {
        path: "/api/v5/trade/orders-pending",
        query: { limit },
        pageBy: "ordId",
        read: (row, draft, at) => this.#readOrder(row, draft, at),
      },
      {
        path: "/api/v5/trade/orders-algo-pending",
        query: { ordType: "trigger", limit },
        pageBy: "algoId",
        read: (row, draft, at) => this.#readAlgo(row, draft, at),
      },
      ...fills,
      {
        path: "/api/v5/account/positions",
        query: {},
        pageBy: undefined,
        read: (row, draft, at) => this.#readPosition(row, draft, at),
      },
      {
        path: "/api/v5/account/balance",
        query: {},
        pageBy: undefined,
        read: (row, draft, at) => readBalances(row, draft, at),
      },
    ];
  }

  #readOrder(row: JsonObject, draft: Draft, at: Micros): boolean {
    const instrument = this.#lookup.of(row);
    if (instrument === undefined) return true;
    const update = orderUpdateOf(row, instrument, at, "query");
    if (update === undefined) return false;
    if (update.venueOrderId !== undefined) {
      this.#lookup.remember(update.venueOrderId, update.clientOrderId);
    }
    draft.openOrders.push(update);
    return true;
  }

  #readAlgo(row: JsonObject, draft: Draft, at: Micros): boolean {
    const instrument = this.#lookup.of(row);
    const state = textField(row, "state");
    if (instrument === undefined || isReleased(state)) return true;
    const update = algoUpdateOf(row, instrument, at, "query");
    if (update === undefined) return false;
    this.#lookup.rememberAlgo(update.clientOrderId, idField(row, "algoId"));
    if (algoStatusOf(state) === "new") draft.openOrders.push(update);
    return true;
  }

  #readPosition(row: JsonObject, draft: Draft, at: Micros): boolean {
    const instrument = this.#lookup.of(row);
    if (instrument === undefined || instrument.terms.product !== "perpetual") return true;
    const position = positionOf(row, instrument, at);
    if (position !== undefined) draft.positions.push(position);
    return position !== undefined;
  }

  #fillIn(row: JsonObject, instrument: Instrument, at: number): Fill | undefined {
    const own = textField(row, "clOrdId") || this.#lookup.clientIdOf(idField(row, "ordId"));
    return fillOf(row, instrument, at as Micros, own as Fill["clientOrderId"]);
  }

  #get(
    path: string,
    query: Readonly<Record<string, string | undefined>>,
    kind: "query_order" | "query_fills" | "query_account",
    done: (outcome: Outcome) => void,
  ): void {
    this.#rest.send({ method: "GET", target: targetOf(path, query), kind }, (outcome) => {
      if (!this.#isStopped) done(outcome);
    });
  }

  #notFound(request: QueryOrder): void {
    const { instrument, clientOrderId } = request;
    const at = this.#context.clock.now();
    this.#context.deliver({ kind: "order_not_found", instrument, at, clientOrderId });
  }

  #lost(request: QueryOrder | QueryFills, outcome: Outcome): void {
    const isUnsent = outcome.kind === "lost" && !outcome.sent;
    const event: EngineEvent = {
      kind: "request_lost",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
      request: "query",
      outcome: isUnsent ? "not_sent" : "unknown",
      text: wordsOf(outcome),
    };
    this.#context.deliver(event);
  }
}

function readBalances(row: JsonObject, draft: Draft, at: Micros): boolean {
  const details = objectsOf(row["details"]);
  if (details === undefined) return false;
  for (const detail of details) {
    const balance = balanceOf(detail, at);
    if (balance === undefined) return false;
    draft.balances.push(balance);
  }
  return true;
}
