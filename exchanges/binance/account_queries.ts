/**
 * Questions about our account over REST: one order, its fills, or everything as one report.
 *
 * 1. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then
 *    in the later answers, never missing from all.
 * 2. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times;
 *    half a report is never delivered.
 *
 * Source: venue documentation "Account endpoints" of both products, read 2026-09.
 * @module
 */
import { type Instrument, type Micros, moneyFromText, venueOrderId } from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  Fill,
  OrderUpdate,
  PositionUpdate,
  QueryFills,
  QueryOrder,
} from "@/engine/messages/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import {
  decimalField,
  idField,
  instantField,
  type JsonObject,
  objectOf,
  objectsOf,
  textField,
} from "./_json.ts";
import {
  algoUpdateOf,
  fillOf,
  type InstrumentLookup,
  orderUpdateOf,
  positionOf,
  spotBalanceOf,
} from "./_order_objects.ts";
import type { ProductContext } from "./_product_context.ts";
import type { BinanceRest, Outcome } from "./_rest.ts";
import { orderName, type WireParameter } from "./order_encoder.ts";

const ATTEMPTS_MAX = 6;
const FILLS_PER_INSTRUMENT = "200";

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: OrderUpdate[];
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One question of a report; `read` is false when the answer was not understood. */
interface Step {
  readonly path: string;
  readonly params: readonly WireParameter[];
  readonly read: (result: unknown, draft: Draft, at: Micros) => boolean;
}

/** Account questions of one product. */
export class AccountQueries {
  readonly #context: ProductContext;
  readonly #rest: BinanceRest;
  readonly #lookup: InstrumentLookup;
  #isStopped = false;
  #isAsking = false;

  constructor(context: ProductContext, rest: BinanceRest, lookup: InstrumentLookup) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder, isAlgo: boolean): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const isSpot = this.#context.product === "spot";
    const path = isAlgo ? "/fapi/v1/algoOrder" : isSpot ? "/api/v3/order" : "/fapi/v1/order";
    const params: readonly WireParameter[] = isAlgo
      ? [orderName(request, "algoId", "clientAlgoId")]
      : [
        orderName(request, "orderId", "origClientOrderId"),
        ["symbol", instrument.terms.venueSymbol],
      ];
    this.#rest.send("GET", path, params, "signed", (outcome) => {
      if (!this.#isStopped) this.#answerOrder(request, instrument, isAlgo, outcome);
    });
    return "sent";
  }

  /** Own fills of one order, or the instrument's recent ones while its venue id is not known. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const params: WireParameter[] = [["symbol", instrument.terms.venueSymbol]];
    if (request.venueOrderId === undefined) params.push(["limit", FILLS_PER_INSTRUMENT]);
    else params.unshift(["orderId", request.venueOrderId]);
    this.#rest.send("GET", this.#fillsPath(), params, "signed", (outcome) => {
      if (this.#isStopped) return;
      const fills = outcome.kind === "ok"
        ? this.#fillsIn(outcome.result, instrument, outcome.at)
        : undefined;
      if (fills === undefined) return this.#lost(request, outcome);
      for (const fill of fills) {
        const isAsked = fill.venueOrderId === request.venueOrderId;
        this.#context.deliver(
          isAsked ? { ...fill, clientOrderId: request.clientOrderId } : fill,
        );
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
    const draft: Draft = {
      askedAt: this.#context.clock.now(),
      openOrders: [],
      fills: [],
      positions: [],
      balances: [],
    };
    this.#ask(this.#steps(), 0, draft, (failure) => {
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
    draft: Draft,
    done: (failure: string | undefined) => void,
  ): void {
    const step = steps[index];
    if (step === undefined) return done(undefined);
    this.#rest.send("GET", step.path, step.params, "signed", (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind !== "ok") return done(`${step.path}: ${wordsOf(outcome)}`);
      if (!step.read(outcome.result, draft, outcome.at)) return done(`${step.path}: not readable`);
      this.#ask(steps, index + 1, draft, done);
    });
  }

  #steps(): readonly Step[] {
    const isSpot = this.#context.product === "spot";
    const instruments = this.#lookup.ofProduct(this.#context.product);
    const orders: Step[] = [{
      path: isSpot ? "/api/v3/openOrders" : "/fapi/v1/openOrders",
      params: [],
      read: (result, draft, at) => this.#readOrders(result, draft, at, false),
    }];
    const fills: Step[] = instruments.map((instrument) => ({
      path: this.#fillsPath(),
      params: [["limit", FILLS_PER_INSTRUMENT], ["symbol", instrument.terms.venueSymbol]],
      read: (result, draft, at) => {
        const read = this.#fillsIn(result, instrument, at);
        if (read !== undefined) draft.fills.push(...read);
        return read !== undefined;
      },
    }));
    if (isSpot) {
      return [...orders, ...fills, {
        path: "/api/v3/account",
        params: [],
        read: (result, draft, at) => this.#readSpotBalances(result, draft, at),
      }];
    }
    return [
      ...orders,
      {
        path: "/fapi/v1/openAlgoOrders",
        params: [],
        read: (result, draft, at) => this.#readOrders(result, draft, at, true),
      },
      ...fills,
      {
        path: "/fapi/v3/positionRisk",
        params: [],
        read: (result, draft, at) => this.#readPositions(result, draft, at),
      },
      {
        path: "/fapi/v3/balance",
        params: [],
        read: (result, draft, at) => this.#readPerpetualBalances(result, draft, at),
      },
    ];
  }

  #fillsPath(): string {
    return this.#context.product === "spot" ? "/api/v3/myTrades" : "/fapi/v1/userTrades";
  }

  #readOrders(result: unknown, draft: Draft, at: Micros, isAlgo: boolean): boolean {
    const orders = objectsOf(result);
    if (orders === undefined) return false;
    for (const order of orders) {
      const instrument = this.#instrumentOf(order);
      if (instrument === undefined) continue;
      const update = isAlgo
        ? algoUpdateOf(order, instrument, at, "query")
        : orderUpdateOf(order, instrument, at, "query");
      if (update === undefined) return false;
      if (update.venueOrderId !== undefined) {
        this.#lookup.remember(instrument, update.venueOrderId, update.clientOrderId);
      }
      draft.openOrders.push(update);
    }
    return true;
  }

  #fillsIn(result: unknown, instrument: Instrument, at: Micros): readonly Fill[] | undefined {
    const trades = objectsOf(result);
    if (trades === undefined) return undefined;
    const fills: Fill[] = [];
    for (const trade of trades) {
      const name = this.#lookup.clientIdOf(instrument, idField(trade, "orderId"));
      const fill = fillOf(trade, instrument, at, name);
      if (fill === undefined) return undefined;
      fills.push(fill);
    }
    return fills;
  }

  #readPositions(result: unknown, draft: Draft, at: Micros): boolean {
    const entries = objectsOf(result);
    if (entries === undefined) return false;
    for (const entry of entries) {
      if ((textField(entry, "positionSide") || "BOTH") !== "BOTH") continue;
      const instrument = this.#instrumentOf(entry);
      if (instrument === undefined) continue;
      const position = positionOf(
        {
          amount: decimalField(entry, "positionAmt"),
          entry: decimalField(entry, "entryPrice"),
          unrealised: decimalField(entry, "unRealizedProfit"),
        },
        instrument,
        at,
        instantField(entry, "updateTime"),
      );
      if (position === undefined) return false;
      draft.positions.push(position);
    }
    return true;
  }

  #readPerpetualBalances(result: unknown, draft: Draft, at: Micros): boolean {
    const entries = objectsOf(result);
    if (entries === undefined) return false;
    for (const entry of entries) {
      const balance = perpetualBalanceOf(entry, this.#context, at);
      if (balance === undefined) return false;
      draft.balances.push(balance);
    }
    return true;
  }

  #readSpotBalances(result: unknown, draft: Draft, at: Micros): boolean {
    const account = objectOf(result);
    const entries = objectsOf(account?.["balances"]);
    if (account === undefined || entries === undefined) return false;
    const names = { asset: "asset", free: "free", locked: "locked" };
    const traded = new Set(
      this.#lookup.ofProduct("spot").flatMap(({ terms }) => [terms.base, terms.quote]),
    );
    const venueAt = instantField(account, "updateTime");
    for (const entry of entries) {
      const balance = spotBalanceOf(entry, names, this.#context.account, at, venueAt);
      if (balance === undefined) return false;
      // The venue lists every asset it has; those we neither own nor trade are left out.
      if (balance.total > 0n || traded.has(balance.asset)) draft.balances.push(balance);
    }
    return true;
  }

  #instrumentOf(object: JsonObject): Instrument | undefined {
    return this.#lookup.byVenueSymbol(this.#context.product, textField(object, "symbol"));
  }

  #answerOrder(
    request: QueryOrder,
    instrument: Instrument,
    isAlgo: boolean,
    outcome: Outcome,
  ): void {
    if (outcome.kind === "error" && (outcome.code === -2013 || outcome.code === -2011)) {
      this.#context.deliver({
        kind: "order_not_found",
        instrument: request.instrument,
        at: this.#context.clock.now(),
        clientOrderId: request.clientOrderId,
      });
      return;
    }
    const order = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
    if (outcome.kind !== "ok" || order === undefined) return this.#lost(request, outcome);
    if (isAlgo && textField(order, "algoStatus") === "FINISHED") {
      // What the trigger released is an ordinary order: ask for that.
      const released = idField(order, "actualOrderId");
      const id = released === "" ? undefined : venueOrderId(released);
      this.queryOrder({ ...request, venueOrderId: id }, false);
      return;
    }
    const update = isAlgo
      ? algoUpdateOf(order, instrument, outcome.at, "query")
      : orderUpdateOf(order, instrument, outcome.at, "query");
    if (update === undefined) return this.#lost(request, outcome);
    if (update.venueOrderId !== undefined) {
      this.#lookup.remember(instrument, update.venueOrderId, update.clientOrderId);
    }
    this.#context.deliver(update);
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

function wordsOf(outcome: Exclude<Outcome, { kind: "ok" }>): string {
  return outcome.kind === "lost" ? outcome.reason : `${outcome.code} ${outcome.message}`;
}

function perpetualBalanceOf(
  entry: JsonObject,
  context: ProductContext,
  at: Micros,
): BalanceUpdate | undefined {
  const asset = textField(entry, "asset");
  const total = moneyFromText(decimalField(entry, "balance"));
  const free = moneyFromText(decimalField(entry, "availableBalance"));
  if (asset === "" || !total.ok || !free.ok) return undefined;
  return {
    kind: "balance",
    account: context.account,
    at,
    venueAt: instantField(entry, "updateTime"),
    asset,
    total: total.value,
    free: free.value,
  };
}
