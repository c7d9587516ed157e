/**
 * Too far from the market (fat finger)? The reference is the venue's mark price, else the mid.
 *
 * 1. No reference: no order.
 * 2. A price that would trade now, and every market order, has the narrower collar.
 * 3. The price must be one the venue can take: on the order grid, above zero.
 * Source: MARKETS.md section 5, "Price collar".
 * @module
 */
import { price } from "@/engine/domain/mod.ts";
import type { MarketView } from "@/engine/ports/mod.ts";
import { type OrderUnderReview, refused, type RiskRule, short } from "./rule.ts";

const NO_REFERENCE = refused("no_reference_price", "There is no mark and no mid to compare with");
const OFF_GRID = refused(
  "price_grid",
  "Price is not one the venue takes: off its grid or below one tick",
);

export const priceCollar: RiskRule = {
  name: "price_collar",
  check(order, view) {
    const reference = order.reference;
    if (!(reference > 0)) return NO_REFERENCE;
    if (order.price !== 0 && !order.instrument.isOrderPrice(price(order.price))) return OFF_GRID;
    const tested = order.price === 0 ? oppositeTouch(order, view) : order.price;
    const takesNow = order.taking && wouldTrade(order, view);
    const collarBp = takesNow ? order.limits.takingCollarBp : order.limits.priceCollarBp;
    const distance = Math.abs(tested * order.instrument.tickValue - reference);
    if (distance * 1e4 <= collarBp * reference * (1 + 1e-12)) return undefined;
    return refused(
      takesNow ? "taking_collar" : "price_collar",
      `Price must be within ${short(collarBp)} bp of ${short(reference)}, ` +
        `found ${short(tested * order.instrument.tickValue)}`,
    );
  },
};

/**
 * Where a market order begins to trade; an unusable book has no such price and fails the collar.
 */
function oppositeTouch(order: OrderUnderReview, view: MarketView): number {
  const book = view.book(order.index);
  return order.side === "buy" ? book.askPrice : book.bidPrice;
}

function wouldTrade(order: OrderUnderReview, view: MarketView): boolean {
  if (order.price === 0) return true;
  const book = view.book(order.index);
  if (!book.usable) return true;
  return order.side === "buy" ? order.price >= book.askPrice : order.price <= book.bidPrice;
}
