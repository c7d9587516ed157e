/**
 * What dYdX can do, said once as data.
 *
 * Post-only and IOC orders live some blocks (`order_gateway.ts`); a plain GTC limit order rests on
 * the chain. Client order ids are 32-bit numbers.
 * @module
 */
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

export const DYDX_CAPABILITIES: VenueCapabilities = {
  // A second place under the same id: price and total size, queue priority lost. With a larger
  // total it would bring an order back that was filled meanwhile; with no more than the old one
  // the chain refuses it then (code 24).
  amend: "no_growth",
  amendKeepsClientOrderId: true,
  replace: false,
  cancelAll: true,
  // A cancelled order may be filled until its last block: at most 24 of them, then two of silence,
  // which with the ten seconds of any venue are waited for at the end.
  cancelFinalMs: 25_000,
  // None is needed: a short-term order dies with its last block.
  deadManSwitch: false,
  postOnly: true,
  // With IOC alone.
  reduceOnly: true,
  stopOrders: true,
  fillOrKill: false,
  webSocketOrders: false,
  clientOrderIdLengthMax: 10,
  clientOrderIdPattern: "^(0|[1-9][0-9]{0,9})$",
};
