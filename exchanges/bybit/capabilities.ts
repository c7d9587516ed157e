/**
 * What Bybit can do, said once as data; the same for spot and linear but for reduce-only.
 *
 * 1. One account serves both products, so the connector's answer is for both; `reduceOnly` of a
 *    spot order is refused by the encoder.
 * 2. The venue's dead-man switch (DCP) exists only for institutional clients, by agreement: here it
 *    counts as not offered.
 * @module
 */
import type { VenueCapabilities } from "@/engine/ports/mod.ts";

/** Capabilities of the unified account. */
export const BYBIT_CAPABILITIES: VenueCapabilities = {
  amend: "any",
  amendKeepsClientOrderId: true,
  replace: false,
  cancelAll: true,
  deadManSwitch: false,
  postOnly: true,
  reduceOnly: true,
  stopOrders: true,
  fillOrKill: true,
  webSocketOrders: true,
  clientOrderIdLengthMax: 36,
  clientOrderIdPattern: "^[A-Za-z0-9_-]{1,36}$",
};
