/**
 * Worst position if every open order of the side fills.
 *
 *   W+ = q + remaining buys        W- = -q + remaining sells        each at most the limit
 *
 * Reducing orders pass: up to the position less the reducing size that already works.
 * Source: MARKETS.md section 5, "Position worst case".
 * @module
 */
import { refused, type RiskRule, short } from "./rule.ts";

export const positionLimit: RiskRule = {
  name: "position_limit",
  check(order) {
    if (order.reducing) return undefined;
    const worst = order.sign * order.position + order.workingSame + order.added;
    const instrument = order.instrument;
    const size = worst * instrument.lotValue;
    const limits = order.limits;
    if (size > limits.positionMax + instrument.lotValue * 1e-6) {
      return refused(
        "position_max",
        `Worst-case position must be at most ${short(limits.positionMax)}, found ${short(size)}`,
      );
    }
    const value = size * order.reference;
    if (!(value <= limits.positionValueMax * (1 + 1e-12))) {
      return refused(
        "position_value_max",
        `Worst-case position value must be at most ${short(limits.positionValueMax)}, ` +
          `found ${short(value)}`,
      );
    }
    return undefined;
  },
};
