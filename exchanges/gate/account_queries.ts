/**
 * Questions about our account over REST: one order, its fills, or everything as one report.
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 2. Lists come in pages: one is asked for until a page is not full, a bounded number of times.
 * 3. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times; half a report is never delivered.
 * 4. A conditional order whose id is not known is looked for by its text, among the open and then
 *    among the finished ones; one that was released is answered by the order it released.
 *
 * Source: venue documentation of orders, trades, positions and accounts, read 2026-09.
 * @module
 */
import {
  type Instrument,
  type Micros,
  type Money,
  money,
  moneyFromText,
  venueOrderId,
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
import { decimalField, type JsonObject, objectOf, objectsOf, textField } from "./_json.ts";
import {
  fillOf,
  type InstrumentLookup,
  isOneWay,
  orderUpdateOf,
  positionOf,
  spotBalanceOf,
  symbolIn,
} from "./_order_objects.ts";
import type { ProductContext } from "./_product_context.ts";
import { type GateRest, get, type Outcome, type RestRequest, wordsOf } from "./_rest.ts";
import {
  releasedIdIn,
  stopClientIdIn,
  stopStatusOf,
  stopSymbolIn,
  stopUpdateOf,
} from "./_stop_objects.ts";
import {
  orderName,
  STOP_ID_PREFIX,
  stopPath,
  stopSymbolQuery,
  symbolQuery,
} from "./order_encoder.ts";
import { rejectReasonOf } from "./reject_codes.ts";

const ATTEMPTS_MAX = 6;
const PAGE = 100;
const PAGES_MAX = 20;
const FILLS_PER_INSTRUMENT = 200;

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One question of a report. `read`: "more" asks for the next page, "bad" was not understood. */
interface Step {
  readonly request: (page: number) => RestRequest;
  readonly read: (result: unknown, draft: Draft, at: Micros) => "done" | "more" | "bad";
}

/** Account questions of one product. */
export class AccountQueries {
  readonly #context: ProductContext;
  readonly #rest: GateRest;
  readonly #lookup: InstrumentLookup;
  /** Told what the futures account holds back, by asset. */
  readonly #onHeld: (asset: string, held: Money) => void;
  readonly #isSpot: boolean;
  #isStopped = false;
  #isAsking = false;

  constructor(
    context: ProductContext,
    rest: GateRest,
    lookup: InstrumentLookup,
    onHeld: (asset: string, held: Money) => void,
  ) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#onHeld = onHeld;
    this.#isSpot = context.product === "spot";
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder, isStopOrder: boolean): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    if (isStopOrder) {
      this.#queryStop(request, instrument);
      return "sent";
    }
    const path = `${this.#ordersPath()}/${orderName(request)}`;
    const query = this.#isSpot ? symbolQuery(instrument) : "";
    this.#rest.send(get(path, query), "signed", (outcome) => {
      if (!this.#isStopped) this.#answerOrder(request, instrument, outcome);
    });
    return "sent";
  }

  /** Own fills of one order, or the instrument's recent ones while its venue id is not known. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const id = request.venueOrderId;
    const named = id === undefined || id.startsWith(STOP_ID_PREFIX)
      ? `limit=${FILLS_PER_INSTRUMENT}`
      : `${this.#isSpot ? "order_id" : "order"}=${id}`;
    const query = `${symbolQuery(instrument)}&${named}`;
    this.#rest.send(get(this.#fillsPath(), query), "signed", (outcome) => {
      if (this.#isStopped) return;
      const fills = outcome.kind === "ok"
        ? this.#fillsIn(outcome.result, instrument, outcome.at)
        : undefined;
      if (fills === undefined) return this.#lost(request, outcome);
      for (const fill of fills) {
        const isAsked = id !== undefined && fill.venueOrderId === id;
        this.#context.deliver(isAsked ? { ...fill, clientOrderId: request.clientOrderId } : fill);
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

  #ordersPath(): string {
    return this.#isSpot ? "/spot/orders" : "/futures/usdt/orders";
  }

  #fillsPath(): string {
    return this.#isSpot ? "/spot/my_trades" : "/futures/usdt/my_trades";
  }

  #report(backoff: ReconnectBackoff): void {
    const draft: Draft = {
      askedAt: this.#context.clock.now(),
      openOrders: [],
      fills: [],
      positions: [],
      balances: [],
    };
    this.#ask(this.#steps(), 0, 1, draft, (failure) => {
      if (this.#isStopped) return;
      if (failure === undefined) {
        this.#isAsking = false;
        this.#context.deliver({
          kind: "account_report",
          account: this.#context.account,
          at: this.#context.clock.now(),
          ...draft,
        });
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
    page: number,
    draft: Draft,
    done: (failure: string | undefined) => void,
  ): void {
    const step = steps[index];
    if (step === undefined) return done(undefined);
    const request = step.request(page);
    this.#rest.send(request, "signed", (outcome) => {
      if (this.#isStopped) return;
      // A futures wallet that never held anything does not exist yet: nothing is in it.
      const isAbsent = outcome.kind === "error" && outcome.label === "USER_NOT_FOUND";
      if (outcome.kind !== "ok" && !isAbsent) return done(`${request.path}: ${wordsOf(outcome)}`);
      const read = outcome.kind === "ok" ? step.read(outcome.result, draft, outcome.at) : "done";
      if (read === "bad") return done(`${request.path}: not readable`);
      if (read === "done") return this.#ask(steps, index + 1, 1, draft, done);
      if (page >= PAGES_MAX) return done(`${request.path}: more than ${PAGES_MAX} pages`);
      this.#ask(steps, index, page + 1, draft, done);
    });
  }

  #steps(): readonly Step[] {
    const instruments = this.#lookup.ofProduct(this.#context.product);
    const fills: Step[] = instruments.map((instrument) => ({
      request: () =>
        get(this.#fillsPath(), `${symbolQuery(instrument)}&limit=${FILLS_PER_INSTRUMENT}`),
      read: (result, draft, at) => {
        const read = this.#fillsIn(result, instrument, at);
        if (read === undefined) return "bad";
        draft.fills.push(...read);
        return "done";
      },
    }));
    const stops: Step = {
      request: (page) => get(this.#stopsPath(), openQuery(page)),
      read: (result, draft, at) => this.#readStops(result, draft, at),
    };
    return this.#isSpot
      ? [
        {
          request: (page) => get("/spot/open_orders", `page=${page}&limit=${PAGE}`),
          read: (result, draft, at) => this.#readGroups(result, draft, at),
        },
        stops,
        ...fills,
        {
          request: () => get("/spot/accounts"),
          read: (result, draft, at) => this.#readSpotBalances(result, draft, at),
        },
      ]
      : [
        {
          request: (page) => get("/futures/usdt/orders", openQuery(page)),
          read: (result, draft, at) => this.#readOrders(result, draft, at),
        },
        stops,
        ...fills,
        {
          request: () => get("/futures/usdt/positions"),
          read: (result, draft, at) => this.#readPositions(result, draft, at),
        },
        {
          request: () => get("/futures/usdt/accounts"),
          read: (result, draft, at) => this.#readMargin(result, draft, at),
        },
      ];
  }

  #stopsPath(): string {
    return this.#isSpot ? "/spot/price_orders" : "/futures/usdt/price_orders";
  }

  /** Spot lists open orders by pair; a page counts pairs. */
  #readGroups(result: unknown, draft: Draft, at: Micros): "done" | "more" | "bad" {
    const groups = objectsOf(result);
    if (groups === undefined) return "bad";
    for (const group of groups) {
      if (this.#readOrders(group["orders"], draft, at) === "bad") return "bad";
    }
    return groups.length >= PAGE ? "more" : "done";
  }

  #readOrders(result: unknown, draft: Draft, at: Micros): "done" | "more" | "bad" {
    const orders = objectsOf(result);
    if (orders === undefined) return "bad";
    for (const order of orders) {
      const instrument = this.#instrumentNamed(symbolIn(order, this.#context.product));
      if (instrument === undefined) continue;
      const update = orderUpdateOf(order, instrument, this.#lookup, at, "query");
      if (update === undefined) return "bad";
      draft.openOrders.push(update);
    }
    return orders.length >= PAGE ? "more" : "done";
  }

  #readStops(result: unknown, draft: Draft, at: Micros): "done" | "more" | "bad" {
    const orders = objectsOf(result);
    if (orders === undefined) return "bad";
    for (const order of orders) {
      const instrument = this.#instrumentNamed(stopSymbolIn(order, this.#context.product));
      if (instrument === undefined) continue;
      const update = stopUpdateOf(order, instrument, at, "query");
      if (update !== undefined && update.status === "new") draft.openOrders.push(update);
    }
    return orders.length >= PAGE ? "more" : "done";
  }

  #fillsIn(result: unknown, instrument: Instrument, at: Micros): readonly Fill[] | undefined {
    const trades = objectsOf(result);
    if (trades === undefined) return undefined;
    const fills: Fill[] = [];
    for (const trade of trades) {
      const fill = fillOf(trade, instrument, this.#lookup, at);
      if (fill === undefined) return undefined;
      fills.push(fill);
    }
    return fills;
  }

  #readPositions(result: unknown, draft: Draft, at: Micros): "done" | "bad" {
    const entries = objectsOf(result);
    if (entries === undefined) return "bad";
    for (const entry of entries) {
      const instrument = this.#instrumentNamed(textField(entry, "contract"));
      if (instrument === undefined) continue;
      if (!isOneWay(entry)) {
        this.#context.log.log("error", "two-sided position: switch the account to one-way mode");
        continue;
      }
      const position = positionOf(entry, instrument, at);
      if (position === undefined) return "bad";
      draft.positions.push(position);
    }
    return "done";
  }

  #readMargin(result: unknown, draft: Draft, at: Micros): "done" | "bad" {
    const entry = objectOf(result);
    if (entry === undefined) return "bad";
    const total = moneyFromText(decimalField(entry, "total"));
    // With cross margin `cross_available` is the free part, and `available` may be left at 0.
    const isCross = textField(entry, "margin_mode") === "cross" &&
      decimalField(entry, "cross_available") !== "";
    const free = moneyFromText(decimalField(entry, isCross ? "cross_available" : "available"));
    const asset = textField(entry, "currency").toUpperCase() || "USDT";
    if (!total.ok || !free.ok) return "bad";
    this.#onHeld(asset, money(total.value > free.value ? total.value - free.value : 0n));
    draft.balances.push({
      kind: "balance",
      account: this.#context.account,
      at,
      venueAt: at,
      asset,
      total: total.value,
      free: free.value,
    });
    return "done";
  }

  #readSpotBalances(result: unknown, draft: Draft, at: Micros): "done" | "bad" {
    const entries = objectsOf(result);
    if (entries === undefined) return "bad";
    for (const entry of entries) {
      const balance = spotBalanceOf(entry, this.#context.account, at);
      if (balance === undefined) return "bad";
      draft.balances.push(balance);
    }
    return "done";
  }

  #instrumentNamed(symbol: string): Instrument | undefined {
    return this.#lookup.byVenueSymbol(this.#context.product, symbol);
  }

  #answerOrder(request: QueryOrder, instrument: Instrument, outcome: Outcome): void {
    if (outcome.kind === "error" && outcome.meaning === "refused") {
      if (rejectReasonOf(outcome.label) === "unknown_order") return this.#notFound(request);
    }
    const order = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
    if (outcome.kind !== "ok" || order === undefined) return this.#lost(request, outcome);
    const update = orderUpdateOf(order, instrument, this.#lookup, outcome.at, "query");
    if (update === undefined) return this.#lost(request, outcome);
    const isNamed = update.clientOrderId !== "";
    this.#context.deliver(isNamed ? update : { ...update, clientOrderId: request.clientOrderId });
  }

  #notFound(request: QueryOrder): void {
    this.#context.deliver({
      kind: "order_not_found",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
    });
  }

  #queryStop(request: QueryOrder, instrument: Instrument): void {
    const id = request.venueOrderId;
    if (id === undefined) return this.#findStop(request, instrument, "open");
    const path = `${stopPath(instrument)}/${id.slice(STOP_ID_PREFIX.length)}`;
    this.#rest.send(get(path), "signed", (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind === "error" && outcome.meaning === "refused") {
        if (rejectReasonOf(outcome.label) === "unknown_order") return this.#notFound(request);
      }
      const order = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
      if (outcome.kind !== "ok" || order === undefined) return this.#lost(request, outcome);
      this.#answerStop(request, instrument, order, outcome);
    });
  }

  #findStop(request: QueryOrder, instrument: Instrument, status: "open" | "finished"): void {
    const query = `status=${status}&${stopSymbolQuery(instrument)}&limit=${PAGE}`;
    this.#rest.send(get(stopPath(instrument), query), "signed", (outcome) => {
      if (this.#isStopped) return;
      const orders = outcome.kind === "ok" ? objectsOf(outcome.result) : undefined;
      if (outcome.kind !== "ok" || orders === undefined) return this.#lost(request, outcome);
      const found = orders.find((order) => stopClientIdIn(order) === request.clientOrderId);
      if (found !== undefined) return this.#answerStop(request, instrument, found, outcome);
      if (status === "open") return this.#findStop(request, instrument, "finished");
      this.#notFound(request);
    });
  }

  #answerStop(
    request: QueryOrder,
    instrument: Instrument,
    order: JsonObject,
    outcome: Outcome & { kind: "ok" },
  ): void {
    const released = releasedIdIn(order);
    this.#lookup.remember(instrument, released, request.clientOrderId);
    if (stopStatusOf(order) === "released" && released !== "") {
      this.queryOrder({ ...request, venueOrderId: venueOrderId(released) }, false);
      return;
    }
    const update = stopUpdateOf(order, instrument, outcome.at, "query");
    if (update === undefined) return this.#lost(request, outcome);
    this.#context.deliver({ ...update, clientOrderId: request.clientOrderId });
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

function openQuery(page: number): string {
  return `status=open&limit=${PAGE}&offset=${(page - 1) * PAGE}`;
}
