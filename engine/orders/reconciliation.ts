/**
 * Our records against the venue's account report: what must happen so that they agree. Pure.
 *
 * 1. The report's open orders are complete as of `askedAt`; what we sent or heard since then is
 *    newer than the report and is left alone.
 * 2. Own orders unknown to us are adopted, ours that are not in the list are asked about, foreign
 *    ones are followed and never touched.
 * 3. Applying the result twice changes nothing the second time.
 * @module
 */
import type { ClientOrderId, InstrumentIndex, VenueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, Fill, OrderUpdate } from "@/engine/messages/mod.ts";
import { FOREIGN, type Order, type OrderStart, RECOVERED } from "./order.ts";

/** What the order manager knows, as reconciliation needs it. */
export interface OrderRecords {
  /** Live orders of the report's account. */
  liveOrders(): Iterable<Order>;
  /** The record of an order, closed ones included while remembered. */
  find(
    instrument: InstrumentIndex,
    clientId: ClientOrderId,
    venueId: VenueOrderId | undefined,
  ): Order | undefined;
  isFillCounted(fill: Fill): boolean;
}

/** What must happen so that we agree with the venue. */
export interface Reconciliation {
  /** Reports to take in: of orders we do not know, and of ours that have not moved since. */
  readonly updates: readonly OrderUpdate[];
  /** Executions not counted yet, oldest first. */
  readonly fills: readonly Fill[];
  /** Ours that should be in the list and are not: ask about each. */
  readonly missing: readonly Order[];
  /** Foreign orders that are no longer there. */
  readonly foreignGone: readonly Order[];
}

/** Compares; changes nothing. */
export function reconcileOrders(records: OrderRecords, report: AccountReport): Reconciliation {
  const listed = new Set<Order>();
  const updates: OrderUpdate[] = [];
  for (const update of report.openOrders) {
    const order = records.find(update.instrument, update.clientOrderId, update.venueOrderId);
    if (order !== undefined) listed.add(order);
    if (order === undefined || order.changedAt < report.askedAt) updates.push(update);
  }
  const missing: Order[] = [];
  const foreignGone: Order[] = [];
  for (const order of records.liveOrders()) {
    if (listed.has(order) || order.isTerminal || order.changedAt >= report.askedAt) continue;
    if (order.origin === "foreign") foreignGone.push(order);
    else if (order.state !== "unknown") missing.push(order);
  }
  const fills = report.fills.filter((fill) => !records.isFillCounted(fill));
  fills.sort((a, b) => a.venueAt - b.venueAt);
  return { updates, fills, missing, foreignGone };
}

/** A position on which the venue and we do not agree, in signed lots. */
export interface PositionDifference {
  readonly instrument: InstrumentIndex;
  readonly ours: number;
  readonly theirs: number;
}

/**
 * Compares positions after the report's fills were applied. `instruments` are the perpetuals of the
 * report's account: one that is absent from the report is flat there.
 */
export function positionDifferences(
  report: Pick<AccountReport, "positions">,
  instruments: readonly InstrumentIndex[],
  ourPosition: (instrument: InstrumentIndex) => number,
): readonly PositionDifference[] {
  const theirs = new Map<InstrumentIndex, number>();
  for (const position of report.positions) theirs.set(position.instrument, position.size);
  const differences: PositionDifference[] = [];
  for (const instrument of instruments) {
    const difference = {
      instrument,
      ours: ourPosition(instrument),
      theirs: theirs.get(instrument) ?? 0,
    };
    if (difference.ours !== difference.theirs) differences.push(difference);
  }
  return differences;
}

/**
 * Whether a report of a resting order cannot be about the life we closed: the venue gives it a new
 * name (amended into a new order), or it was we who reasoned that it never was. Else it is late.
 */
export function isAnotherLife(closed: Order, update: OrderUpdate): boolean {
  if (update.status !== "new" && update.status !== "partially_filled") return false;
  if (closed.isInferred) return true;
  return update.venueOrderId !== undefined && closed.venueOrderId !== undefined &&
    update.venueOrderId !== closed.venueOrderId;
}

/**
 * What to open a record with; undefined when the order is over, or when the report does not say
 * enough to count its size. `former` is the closed record that it continues.
 */
export function adoption(
  update: OrderUpdate,
  isOwn: boolean,
  former: Order | undefined,
): OrderStart | undefined {
  if (update.status !== "new" && update.status !== "partially_filled") return undefined;
  const side = update.side ?? former?.side;
  const size = update.size ?? former?.size;
  if (side === undefined || size === undefined) return undefined;
  if (!isOwn && update.venueOrderId === undefined) return undefined;
  const type = update.type ?? former?.type ?? "limit";
  return {
    clientOrderId: update.clientOrderId,
    instrument: update.instrument,
    strategy: former?.strategy ?? (isOwn ? RECOVERED : FOREIGN),
    origin: isOwn ? "recovered" : "foreign",
    side,
    type,
    timeInForce: update.timeInForce ?? former?.timeInForce ?? "gtc",
    postOnly: former?.postOnly ?? false,
    reduceOnly: former?.reduceOnly ?? false,
    price: update.price ?? former?.price,
    triggerPrice: former?.triggerPrice,
    size,
    state: update.status,
    pending: "none",
    at: update.at,
  };
}
