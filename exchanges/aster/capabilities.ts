/**
 * What Aster can do, per product and generation of its interface, said once as data.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";
import type { Generation } from "./endpoints.ts";

/**
 * Futures amend price and size in place, by the v3 documentation alone; priority counts as lost.
 * Spot can neither amend nor reduce only, and has no countdown. No product takes orders by
 * WebSocket or replaces in one request.
 */
export function capabilitiesOf(product: Product, generation: Generation): VenueCapabilities {
  const isFutures = product === "perpetual";
  return {
    amend: isFutures && generation === "v3" ? "any" : "no",
    amendKeepsClientOrderId: true,
    replace: false,
    cancelAll: true,
    deadManSwitch: isFutures,
    postOnly: true,
    reduceOnly: isFutures,
    stopOrders: true,
    fillOrKill: true,
    webSocketOrders: false,
    clientOrderIdLengthMax: 36,
    clientOrderIdPattern: "^[A-Za-z0-9_-]{1,36}$",
  };
}
