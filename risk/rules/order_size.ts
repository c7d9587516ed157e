/**
 * Largest single order in lots and in value; and a size the venue's filters can take.
 *
 * The larger limits of the house and of the venue bind; a size on the limit passes.
 * @module
 */
import { refused, type RiskRule, short, valueOf } from "./rule.ts";

const NO_SIZE = refused("order_size_zero", "Order has no size left to trade");

export const orderSize: RiskRule = {
  name: "order_size",
  check(order) {
    const instrument = order.instrument;
    if (order.leaves <= 0) return NO_SIZE;
    if (order.size % instrument.orderLot !== 0) {
      return refused(
        "order_size_lot",
        `Order size must be a multiple of ${instrument.baseSizeText(instrument.orderLot)}, ` +
          `found ${instrument.baseSizeText(order.size)}`,
      );
    }
    const sizeMax = Math.min(
      order.limits.orderSizeMax,
      instrument.maxSize * instrument.lotValue,
    );
    const value = order.leaves * instrument.lotValue;
    // Lots are whole: a billionth of one is only the rounding of floats.
    if (value > sizeMax + instrument.lotValue * 1e-6) {
      return refused(
        "order_size_max",
        `Order size must be at most ${short(sizeMax)}, ` +
          `found ${instrument.baseSizeText(order.leaves)}`,
      );
    }
    const worth = valueOf(order, order.leaves);
    if (!(worth <= order.limits.orderValueMax * (1 + 1e-12))) {
      return refused(
        "order_value_max",
        `Order value must be at most ${short(order.limits.orderValueMax)}, found ${short(worth)}`,
      );
    }
    return undefined;
  },
};
