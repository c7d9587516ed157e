/**
 * What Gate can do, per product, said once as data.
 *
 * Both products amend price and size in place under the same client id: a smaller size keeps its
 * place in the queue. Conditional orders are a service of their own, over REST alone.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

const COMMON = {
  amend: "any",
  amendKeepsClientOrderId: true,
  replace: false,
  cancelAll: true,
  deadManSwitch: true,
  postOnly: true,
  stopOrders: true,
  fillOrKill: true,
  webSocketOrders: true,
  // The venue's `text` is "t-" and 1 to 28 of these; the prefix is the encoder's.
  clientOrderIdLengthMax: 28,
  clientOrderIdPattern: "^[0-9A-Za-z_.-]{1,28}$",
} as const;

const SPOT: VenueCapabilities = { ...COMMON, reduceOnly: false };
const PERPETUAL: VenueCapabilities = { ...COMMON, reduceOnly: true };

/** The capabilities of a product. */
export function capabilitiesOf(product: Product): VenueCapabilities {
  return product === "spot" ? SPOT : PERPETUAL;
}
