/**
 * Open orders of the instrument and of the venue, and their value at the venue.
 *
 * A replaced order counts until it is cancelled; an amended one counts with its growth.
 * @module
 */
import { refused, type RiskRule, short, valueOf } from "./rule.ts";

export const openOrderLimit: RiskRule = {
  name: "open_order_limit",
  check(order, view, limits) {
    if (order.kind !== "amend_order") {
      const orders = view.openOrderCount(order.index) + 1;
      if (orders > order.limits.openOrdersMax) {
        return refused(
          "open_orders_max",
          `Open orders of the instrument must be at most ${order.limits.openOrdersMax}, ` +
            `found ${orders}`,
        );
      }
      const venueOrders = order.venueOpenOrders + 1;
      if (venueOrders > limits.venueOpenOrdersMax) {
        return refused(
          "venue_open_orders_max",
          `Open orders at the venue must be at most ${limits.venueOpenOrdersMax}, ` +
            `found ${venueOrders}`,
        );
      }
    }
    if (order.reducing) return undefined;
    const value = order.venueOpenValue + valueOf(order, order.added);
    if (!(value <= limits.venueOpenValueMax * (1 + 1e-12))) {
      return refused(
        "venue_open_value_max",
        `Open value at the venue must be at most ${short(limits.venueOpenValueMax)}, ` +
          `found ${short(value)}`,
      );
    }
    return undefined;
  },
};
