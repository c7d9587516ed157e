/**
 * May this kind of order be sent in this trading mode?
 *
 * Normal and caution: all. Reduce-only: what shrinks the position. Paused and halted: nothing but
 * closing orders (reduce-only, immediate), which the core sends when an operator says `flatten`.
 * @module
 */
import { unreachable } from "@/engine/domain/mod.ts";
import { refused, type RiskRule } from "./rule.ts";

const REDUCE_ONLY = refused("mode_reduce_only", "Trading mode is reduce_only: order must reduce");
const PAUSED = refused("mode_paused", "Trading mode is paused: no new orders");
const HALTED = refused("mode_halted", "Trading mode is halted: no new orders");

export const tradingMode: RiskRule = {
  name: "trading_mode",
  check(order) {
    switch (order.mode) {
      case "normal":
      case "caution":
        return undefined;
      case "reduce_only":
        return order.reducing ? undefined : REDUCE_ONLY;
      case "paused":
        return order.closing ? undefined : PAUSED;
      case "halted":
        return order.closing ? undefined : HALTED;
      default:
        return unreachable(order.mode);
    }
  },
};
