/**
 * Questions about our subaccount to the indexer: one order, its fills, or everything as one report.
 *
 * 1. "Not known" is no answer about a short-term order until its last block has passed: it may
 *    still be on its way. Until then the question counts as unanswered, and so does one about an
 *    order that only one node saw cancelled.
 * 2. Orders are asked for before fills, fills before positions and balances: a fill in between is
 *    then in the later answers, never missing from all.
 * 3. A report that could not be completed is asked for again with back-off, a bounded number of
 *    times; half a report is never delivered.
 *
 * Source: venue sheet sections 2.5 and 5.
 * @module
 */
import { clientOrderId, type Instrument, type Micros, type Size } from "@/engine/domain/mod.ts";
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
import type { DydxContext } from "./_context.ts";
import { type Indexer, type Outcome, wordsOf } from "./_indexer.ts";
import { type JsonObject, objectOf, objectsOf, textField } from "@/exchanges/kit/mod.ts";
import { FLAG_SHORT_TERM, ORDER_FLAGS } from "./_order_ids.ts";
import {
  fillOf,
  type InstrumentLookup,
  judgeOrder,
  orderUpdateOf,
  venueOrderOf,
} from "./_order_objects.ts";
import { FINAL_AFTER_BLOCKS, type OrderTracker, type TrackedOrder } from "./_order_tracker.ts";
import { enter, subaccountEvents } from "./account_decoder.ts";
import { DYDX_ACCOUNT } from "./instruments.ts";
import type { OrderGateway } from "./order_gateway.ts";
import type { Signer } from "./signer.ts";

const ATTEMPTS_MAX = 6;
const LIMIT = 100;
const OPEN_STATUSES = ["OPEN", "BEST_EFFORT_OPENED", "UNTRIGGERED"] as const;

/** A report being put together. */
interface Draft {
  readonly askedAt: Micros;
  readonly openOrders: Map<string, OrderUpdate>;
  readonly fills: Fill[];
  readonly positions: PositionUpdate[];
  readonly balances: BalanceUpdate[];
}

/** One question of a report; `read` is false when the answer was not understood. */
interface Step {
  readonly path: string;
  /** 404 means that there is nothing. */
  readonly mayBeMissing?: boolean;
  readonly read: (result: unknown, draft: Draft, at: Micros) => boolean;
}

/** Account questions. */
export class AccountQueries {
  readonly #context: DydxContext;
  readonly #indexer: Indexer;
  readonly #signer: Signer;
  readonly #lookup: InstrumentLookup;
  readonly #tracker: OrderTracker;
  readonly #gateway: Pick<OrderGateway, "idOf">;
  #isStopped = false;
  #isAsking = false;

  constructor(
    context: DydxContext,
    indexer: Indexer,
    signer: Signer,
    lookup: InstrumentLookup,
    tracker: OrderTracker,
    gateway: Pick<OrderGateway, "idOf">,
  ) {
    this.#context = context;
    this.#indexer = indexer;
    this.#signer = signer;
    this.#lookup = lookup;
    this.#tracker = tracker;
    this.#gateway = gateway;
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** What became of one order. */
  queryOrder(request: QueryOrder): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const tracked = this.#tracker.byClientId(instrument, request.clientOrderId);
    if (tracked !== undefined && this.#isEnding(tracked)) {
      // The indexer knows no more than we heard: only the block will tell.
      this.#context.scheduler.after(0, () => {
        if (!this.#isStopped) this.#lost(request, "its last block is to come");
      });
      return "sent";
    }
    const known = request.venueOrderId ?? tracked?.id;
    const ids = known === undefined
      ? ORDER_FLAGS.map((flags) => this.#gateway.idOf(instrument, request.clientOrderId, flags))
      : [known];
    this.#askOrder(request, instrument, ids, 0);
    return "sent";
  }

  /** Own fills of one order, among the instrument's recent ones. */
  queryFills(request: QueryFills): "sent" | "not_connected" {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (instrument === undefined) return "not_connected";
    const tracked = this.#tracker.byClientId(instrument, request.clientOrderId);
    const orderId = request.venueOrderId ?? tracked?.id;
    const market = encodeURIComponent(instrument.terms.venueSymbol);
    const path = `/fills?${this.#owner()}&market=${market}&marketType=PERPETUAL&limit=${LIMIT}`;
    this.#indexer.get(path, (outcome) => {
      if (this.#isStopped) return;
      const fills = outcome.kind === "ok" ? this.#fillsIn(outcome.result, outcome.at) : undefined;
      if (fills === undefined) return this.#lost(request, unreadable(outcome));
      for (const fill of fills) {
        const isAsked = orderId !== undefined && fill.venueOrderId === orderId;
        this.#context.deliver(isAsked ? { ...fill, clientOrderId: request.clientOrderId } : fill);
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

  #owner(): string {
    return `address=${this.#signer.owner}&subaccountNumber=${this.#signer.subaccountNumber}`;
  }

  #askOrder(
    request: QueryOrder,
    instrument: Instrument,
    ids: readonly string[],
    index: number,
  ): void {
    this.#indexer.get(`/orders/${ids[index]!}`, (outcome) => {
      if (this.#isStopped) return;
      if (outcome.kind === "error" && outcome.status === 404) {
        if (index + 1 < ids.length) return this.#askOrder(request, instrument, ids, index + 1);
        return this.#notFound(request, instrument);
      }
      const object = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
      const order = object === undefined ? undefined : venueOrderOf(object, instrument);
      if (outcome.kind !== "ok" || order === undefined) {
        return this.#lost(request, unreadable(outcome));
      }
      const tracked = enter(this.#tracker, order, instrument, false);
      const judged = judgeOrder(order, tracked.isContinuous ? tracked.filled : undefined);
      if (judged.kind === "unknown") return this.#lost(request, "order status is not known");
      if (judged.kind === "pending_end" || judged.kind === "replaced") {
        if (!tracked.isOver && judged.kind === "pending_end") {
          tracked.endingFor ??= order.removalReason;
        }
        if (!this.#isPast(tracked.goodTilBlock)) {
          return this.#lost(request, `${order.status}: its last block is to come`);
        }
      }
      if (judged.kind === "over") this.#tracker.end(tracked);
      this.#context.deliver(
        orderUpdateOf(
          order,
          this.#isPast(tracked.goodTilBlock) ? pastOf(judged) : judged,
          instrument,
          {
            clientOrderId: request.clientOrderId,
            at: outcome.at,
            source: "query",
            filled: tracked.isContinuous ? tracked.filled as Size : undefined,
          },
        ),
      );
    });
  }

  /** One node saw it cancelled, we heard all since its start, and its last block is to come. */
  #isEnding(order: TrackedOrder): boolean {
    return order.endingFor !== undefined && order.isContinuous && !order.isOver &&
      !this.#isPast(order.goodTilBlock);
  }

  /** Whether a short-term order of this last block is over; 0 is not known. */
  #isPast(goodTilBlock: number): boolean {
    return goodTilBlock > 0 && this.#tracker.height >= goodTilBlock + FINAL_AFTER_BLOCKS;
  }

  #notFound(request: QueryOrder, instrument: Instrument): void {
    const tracked = this.#tracker.byClientId(instrument, request.clientOrderId);
    const mayCome = tracked !== undefined && !tracked.isOver &&
      tracked.flags === FLAG_SHORT_TERM && !this.#isPast(tracked.goodTilBlock);
    if (mayCome) return this.#lost(request, "not known yet: its last block is to come");
    this.#context.deliver({
      kind: "order_not_found",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
    });
  }

  #report(backoff: ReconnectBackoff): void {
    const draft: Draft = {
      askedAt: this.#context.clock.now(),
      openOrders: new Map(),
      fills: [],
      positions: [],
      balances: [],
    };
    this.#ask(this.#steps(), 0, draft, (failure) => {
      if (this.#isStopped) return;
      if (failure === undefined) {
        this.#isAsking = false;
        const { openOrders, ...rest } = draft;
        this.#context.deliver({
          kind: "account_report",
          account: DYDX_ACCOUNT,
          at: this.#context.clock.now(),
          ...rest,
          openOrders: [...openOrders.values()],
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
    this.#indexer.get(step.path, (outcome) => {
      if (this.#isStopped) return;
      const isMissing = outcome.kind === "error" && outcome.status === 404 &&
        step.mayBeMissing === true;
      if (outcome.kind !== "ok" && !isMissing) return done(`${step.path}: ${wordsOf(outcome)}`);
      if (outcome.kind === "ok" && !step.read(outcome.result, draft, outcome.at)) {
        return done(`${step.path}: not readable`);
      }
      this.#ask(steps, index + 1, draft, done);
    });
  }

  #steps(): readonly Step[] {
    const owner = this.#owner();
    const readOrders: Step["read"] = (result, draft, at) => this.#readOrders(result, draft, at);
    const orders = (status: string): Step => ({
      path: `/orders?${owner}${status}&returnLatestOrders=true&limit=${LIMIT}`,
      mayBeMissing: true,
      read: readOrders,
    });
    const { owner: address, subaccountNumber } = this.#signer;
    return [
      ...OPEN_STATUSES.map((status) => orders(`&status=${status}`)),
      // Whatever its status: these name the orders of recent fills.
      orders(""),
      {
        path: `/fills?${owner}&limit=${LIMIT}`,
        mayBeMissing: true,
        read: (result, draft, at) => {
          const fills = this.#fillsIn(result, at);
          if (fills !== undefined) draft.fills.push(...fills);
          return fills !== undefined;
        },
      },
      {
        path: `/addresses/${address}/subaccountNumber/${subaccountNumber}`,
        mayBeMissing: true,
        read: (result, draft, at) => this.#readSubaccount(result, draft, at),
      },
    ];
  }

  #readOrders(result: unknown, draft: Draft, at: Micros): boolean {
    const orders = objectsOf(result);
    if (orders === undefined) return false;
    for (const object of orders) {
      const instrument = this.#lookup.of(object);
      if (instrument === undefined || instrument === "unsaid") continue;
      const order = venueOrderOf(object, instrument);
      if (order === undefined) return false;
      const tracked = enter(this.#tracker, order, instrument, false);
      const judged = judgeOrder(order, undefined);
      if (judged.kind === "unknown") return false;
      const isOpen = (judged.kind === "live" || judged.kind === "pending_end") &&
        !tracked.isOver && !this.#isPast(tracked.goodTilBlock);
      if (!isOpen) {
        draft.openOrders.delete(order.id);
        continue;
      }
      draft.openOrders.set(
        order.id,
        orderUpdateOf(order, judged, instrument, {
          clientOrderId: clientOrderId(order.clientId),
          at,
          source: "query",
          filled: undefined,
        }),
      );
    }
    return true;
  }

  #fillsIn(result: unknown, at: Micros): readonly Fill[] | undefined {
    const list = objectsOf(objectOf(result)?.["fills"]);
    if (list === undefined) return undefined;
    const fills: Fill[] = [];
    for (const object of list) {
      const instrument = this.#lookup.of(object);
      if (instrument === undefined || instrument === "unsaid") continue;
      const orderId = textField(object, "orderId");
      const name = this.#tracker.byId(orderId)?.clientOrderId ?? clientOrderId("");
      const fill = fillOf(object, instrument, at, name);
      if (fill === undefined) return undefined;
      this.#tracker.noteFill(orderId, fill.fillId, fill.size);
      fills.push(fill);
    }
    return fills;
  }

  #readSubaccount(result: unknown, draft: Draft, at: Micros): boolean {
    const subaccount: JsonObject | undefined = objectOf(objectOf(result)?.["subaccount"]);
    if (subaccount === undefined) return false;
    const number = this.#signer.subaccountNumber;
    const read = subaccountEvents(subaccount, number, this.#lookup, at);
    if (read === undefined) return false;
    for (const event of read.events as readonly EngineEvent[]) {
      if (event.kind === "position") draft.positions.push(event);
      if (event.kind === "balance") draft.balances.push(event);
    }
    return true;
  }

  #lost(request: QueryOrder | QueryFills, text: string): void {
    this.#context.deliver({
      kind: "request_lost",
      instrument: request.instrument,
      at: this.#context.clock.now(),
      clientOrderId: request.clientOrderId,
      request: "query",
      outcome: "unknown",
      text,
    });
  }
}

/** What is still shown open though its last block has passed is over. */
function pastOf(judged: ReturnType<typeof judgeOrder>): ReturnType<typeof judgeOrder> {
  if (judged.kind === "over") return judged;
  return { kind: "over", status: "expired", reason: undefined };
}

function unreadable(outcome: Outcome): string {
  return outcome.kind === "ok" ? "answer is not readable" : wordsOf(outcome);
}
