/**
 * What OKX can do, said once as data.
 * @module
 */
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

/**
 * One wallet for both products.
 *
 * 1. Price and size are amended in place under the same client id.
 * 2. There is neither cancel-and-place nor a cancel-all request: own orders are cancelled by name.
 * 3. Reduce-only is a swap's; on spot a sell can only reduce and a buy is refused before sending.
 */
export const OKX_CAPABILITIES: VenueCapabilities = {
  amend: "any",
  amendKeepsClientOrderId: true,
  replace: false,
  cancelAll: false,
  deadManSwitch: true,
  postOnly: true,
  reduceOnly: true,
  stopOrders: true,
  fillOrKill: true,
  webSocketOrders: true,
  clientOrderIdLengthMax: 32,
  clientOrderIdPattern: "^[A-Za-z0-9]{1,32}$",
};
