/**
 * What Hyperliquid can do, said once as data.
 *
 * 1. `modify` is a cancel and a new order in one request (new order id, priority lost): offered as
 *    `replace` under a new client id, because under the old one the end of the old order and the
 *    birth of the new could not be told apart.
 * 2. There is no cancel-all: open orders are cancelled by their names.
 * 3. `scheduleCancel` is refused until an account has traded $1,000,000, so no strategy may rely
 *    on it; it is sent where asked for all the same. Orders carry an expiry instead.
 * 4. Spot has no reduce-only.
 * @module
 */
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

/** The one account. */
export const CAPABILITIES: VenueCapabilities = {
  amend: "no",
  amendKeepsClientOrderId: false,
  replace: true,
  cancelAll: false,
  deadManSwitch: true,
  postOnly: true,
  reduceOnly: true,
  stopOrders: true,
  fillOrKill: false,
  webSocketOrders: true,
  clientOrderIdLengthMax: 34,
  clientOrderIdPattern: "^0x[0-9a-f]{32}$",
};
