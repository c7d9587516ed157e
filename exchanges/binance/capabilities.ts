/**
 * What Binance can do, per product, said once as data.
 * @module
 */
import type { Product } from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

const COMMON = {
  cancelAll: true,
  postOnly: true,
  stopOrders: true,
  fillOrKill: true,
  webSocketOrders: true,
  clientOrderIdLengthMax: 32,
  clientOrderIdPattern: "^[A-Za-z0-9_-]{1,32}$",
} as const;

/** Spot: a smaller size in place keeps priority, a new price is cancel-and-place in one request. */
const SPOT: VenueCapabilities = {
  ...COMMON,
  amend: "size_down",
  amendKeepsClientOrderId: true,
  replace: true,
  deadManSwitch: false,
  reduceOnly: false,
};

/** USD-M: price and size in place under the same client id, without priority. */
const PERPETUAL: VenueCapabilities = {
  ...COMMON,
  amend: "any",
  amendKeepsClientOrderId: true,
  replace: false,
  deadManSwitch: true,
  reduceOnly: true,
};

/** The capabilities of a product. */
export function capabilitiesOf(product: Product): VenueCapabilities {
  return product === "spot" ? SPOT : PERPETUAL;
}
