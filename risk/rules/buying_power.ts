/**
 * Enough free balance or margin at the venue, with fees at the taker's rate.
 *
 * 1. Perpetual: the larger working side of each instrument of the account, this request included,
 *    over leverage, must fit into the free margin. Where the venue's figure already leaves out
 *    resting orders they count twice: the error is towards no.
 * 2. Spot: what the venue will set aside for this request, plus what is on the wire and not yet set
 *    aside, must be free. A replace sets free what its old order held.
 * 3. An unknown balance refuses everything but reducing orders.
 * @module
 */
import { feeFraction, instrumentIndex } from "@/engine/domain/mod.ts";
import type { MarketView, OrderView, Refused } from "@/engine/ports/mod.ts";
import { type OrderUnderReview, refused, type RiskRule, short, valueOf } from "./rule.ts";

const UNKNOWN = refused("balance_unknown", "The venue has not told the free balance yet");

export const buyingPower: RiskRule = {
  name: "buying_power",
  check(order, view) {
    return order.instrument.terms.product === "spot"
      ? checkSpot(order, view)
      : checkMargin(order, view);
  },
};

function checkMargin(order: OrderUnderReview, view: MarketView): Refused | undefined {
  if (order.reducing) return undefined;
  const terms = order.instrument.terms;
  const free = view.freeBalance(terms.account, terms.settle);
  if (free === undefined) return UNKNOWN;
  const fee = Math.max(0, feeFraction(view.fees(order.index).taker)) * valueOf(order, order.added);
  const needed = order.accountOpenValue / order.limits.leverage + fee;
  return needed <= free * (1 + 1e-12) ? undefined : tooLittle(terms.settle, free, needed);
}

function checkSpot(order: OrderUnderReview, view: MarketView): Refused | undefined {
  const terms = order.instrument.terms;
  const asset = order.side === "buy" ? terms.quote : terms.base;
  const free = view.freeBalance(terms.account, asset);
  if (free === undefined) return order.reducing ? undefined : UNKNOWN;
  const lots = Math.max(0, order.added - order.replaced);
  const onTheWire = unconfirmed(order, view, asset);
  const needed = onTheWire +
    (order.side === "buy"
      ? valueOf(order, lots) * (1 + Math.max(0, feeFraction(view.fees(order.index).taker)))
      : lots * order.instrument.lotValue);
  return needed <= free * (1 + 1e-12) ? undefined : tooLittle(asset, free, needed);
}

function tooLittle(asset: string, free: number, needed: number): Refused {
  return refused("buying_power", `Needs ${short(needed)} ${asset}, found ${short(free)} free`);
}

/** One walk over orders at a time; the walker is made once, so that a yes allocates nothing. */
let wireSum = 0;
let wireView: MarketView | undefined;
let wireAsset = "";

function addUnconfirmed(order: OrderView): void {
  if (order.state !== "in_flight" && order.state !== "unknown") return;
  const instrument = wireView!.instrument(order.instrument);
  if (order.side === "sell" && instrument.terms.base === wireAsset) {
    wireSum += order.worstLeaves * instrument.lotValue;
  } else if (order.side === "buy" && instrument.terms.quote === wireAsset) {
    wireSum += (order.price ?? 0) * instrument.tickValue * order.worstLeaves * instrument.lotValue;
  }
}

/** Amount of `asset` bound in spot orders of the account that the venue has not confirmed yet. */
function unconfirmed(order: OrderUnderReview, view: MarketView, asset: string): number {
  wireSum = 0;
  wireView = view;
  wireAsset = asset;
  for (let index = 0; index < view.instrumentCount; index++) {
    const at = instrumentIndex(index);
    if (!view.isDefined(at) || view.openOrderCount(at) === 0) continue;
    const terms = view.instrument(at).terms;
    if (terms.product !== "spot" || terms.account !== order.instrument.terms.account) continue;
    view.forEachOrder(at, addUnconfirmed);
  }
  wireView = undefined;
  return wireSum;
}
