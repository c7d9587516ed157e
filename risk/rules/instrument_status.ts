/**
 * Is the instrument trading, is its account reconciled, and is the order one we know?
 * @module
 */
import { refused, type RiskRule } from "./rule.ts";

const NOT_TRADING = refused("instrument_status", "Instrument is not trading");
const NOT_READY = refused("account_not_ready", "Account is not reconciled or its links are down");
const UNKNOWN_ORDER = refused("unknown_order", "The order to change is not a live order of ours");

export const instrumentStatus: RiskRule = {
  name: "instrument_status",
  check(order, view) {
    if (view.status(order.index) !== "trading") return NOT_TRADING;
    if (!view.isAccountReady(order.instrument.terms.account)) return NOT_READY;
    return order.known ? undefined : UNKNOWN_ORDER;
  },
};
