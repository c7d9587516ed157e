/**
 * Our buy may not meet our sell: equal prices meet too.
 * @module
 */
import { opposite } from "@/engine/domain/mod.ts";
import { refused, type RiskRule } from "./rule.ts";

const CROSS = refused("self_cross", "Order would trade with an own order of the other side");

export const selfCross: RiskRule = {
  name: "self_cross",
  check(order, view) {
    const own = view.ownBest(order.index, opposite(order.side));
    if (own === 0) return undefined;
    if (order.price === 0) return CROSS;
    const meets = order.side === "buy" ? order.price >= own : order.price <= own;
    return meets ? CROSS : undefined;
  },
};
