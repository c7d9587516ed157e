/**
 * `RiskRule`: a pure question about one request, with a yes, or a no and its reason.
 *
 * 1. A rule keeps no state and changes none; what it needs stands in `OrderUnderReview` or the
 *    view.
 * 2. A yes is `undefined` and allocates nothing. A no may build a text; it is rare.
 * 3. A request that purely reduces the position passes limits of size of the position, never those
 *    that protect against a wrong price.
 * @module
 */
import type { Instrument, InstrumentIndex, Side } from "@/engine/domain/mod.ts";
import type { RiskyRequest, TradingMode } from "@/engine/messages/mod.ts";
import type { MarketView, Refused } from "@/engine/ports/mod.ts";
import type { InstrumentLimits, RiskLimits } from "./risk_limits.ts";

/** One request with what the rules ask of it; a scratch object of the gate. */
export interface OrderUnderReview {
  kind: RiskyRequest["kind"];
  index: InstrumentIndex;
  instrument: Instrument;
  limits: InstrumentLimits;
  side: Side;
  /** +1 buy, -1 sell. */
  sign: 1 | -1;
  /** Limit price in ticks, or the trigger of a stop without one; 0 for market orders. */
  price: number;
  /** Price used for values, in ticks: the limit, else the reference. */
  valuePrice: number;
  /** Lots that may fill once the venue has accepted it. */
  leaves: number;
  /** Total size of the order as the venue's filters see it, lots. */
  size: number;
  /** Lots it adds to the worst case of its side: all of them, or what an amend grows by. */
  added: number;
  /** Lots of the order that a replace takes away; 0 otherwise. */
  replaced: number;
  /** It may trade at once. */
  taking: boolean;
  /** It can only shrink the position, in the worst case too. */
  reducing: boolean;
  /** A reducing order that leaves nothing behind: how a position is closed when trading stopped. */
  closing: boolean;
  /** Whether the amended or replaced order is known. */
  known: boolean;
  position: number;
  /** Working lots of the order's own side and of the other side, before it. */
  workingSame: number;
  workingOther: number;
  /** Mark price, else mid, as a float; 0: there is none. */
  reference: number;
  /** The worse of the core's and the gate's own mode. */
  mode: TradingMode;
  /** Share of the loss limits that is used up; 1 and above: all. */
  lossUsed: number;
  /** Requests approved within the last second. */
  requestsLastSecond: number;
  /**
   * Worst-case value over all instruments with this request in it; quote currencies at one to one.
   */
  grossExposure: number;
  /** Open orders and their value at this venue, before this request. */
  venueOpenOrders: number;
  venueOpenValue: number;
  /**
   * Value of the larger working side of each instrument of this account, with this request in it.
   */
  accountOpenValue: number;
}

/** One question. */
export interface RiskRule {
  readonly name: string;
  check(order: OrderUnderReview, view: MarketView, limits: RiskLimits): Refused | undefined;
}

/** A no. Reuse constant ones where the text has no number in it. */
export function refused(code: string, text: string): Refused {
  return { kind: "refused", code, text };
}

/** Quote value of lots at the order's price for values. */
export function valueOf(order: OrderUnderReview, lots: number): number {
  const instrument = order.instrument;
  return order.valuePrice * instrument.tickValue * (lots * instrument.lotValue);
}

/** A number for a person: plain and short. */
export function short(value: number): string {
  return String(Math.round(value * 1e8) / 1e8);
}
