/**
 * Gate's conditional orders to our events. They have ids of their own, which carry a prefix here,
 * and they end by releasing an ordinary order: from then on that one tells.
 * @module
 */
import {
  clientOrderId,
  type Instrument,
  type Micros,
  type OrderStatus,
  type Product,
  type Side,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { OrderUpdate } from "@/engine/messages/mod.ts";
import {
  anyInstant,
  decimalField,
  idField,
  type JsonObject,
  objectOf,
  textField,
} from "./_json.ts";
import { priceOf, sizeOf, timeInForceOf } from "./_order_objects.ts";
import { STOP_ID_PREFIX } from "./order_encoder.ts";

/** The order that is to be released: `put` on spot, `initial` on the futures. */
export function releasedIn(order: JsonObject): JsonObject {
  return objectOf(order["put"]) ?? objectOf(order["initial"]) ?? {};
}

/** Whether an order is a conditional one: only these say what sets them off. */
export function isStopObject(order: JsonObject): boolean {
  return objectOf(order["trigger"]) !== undefined;
}

/** Instrument's venue name of a conditional order. */
export function stopSymbolIn(order: JsonObject, product: Product): string {
  return product === "spot"
    ? textField(order, "market") || textField(order, "currency_pair")
    : textField(releasedIn(order), "contract") || textField(order, "contract");
}

/** Our client id of a conditional order; "" when it is not ours. */
export function stopClientIdIn(order: JsonObject): ReturnType<typeof clientOrderId> {
  const text = textField(releasedIn(order), "text") || textField(order, "text");
  return clientOrderId(text.startsWith("t-") ? text.slice(2) : "");
}

/** The venue's id of a conditional order, with its prefix. */
export function stopIdIn(order: JsonObject): string {
  const id = idField(order, "id_string") || idField(order, "id");
  return id === "" ? "" : `${STOP_ID_PREFIX}${id}`;
}

/** Id of the ordinary order that was released; "" when none was. */
export function releasedIdIn(order: JsonObject): string {
  const id = idField(order, "fired_order_id") || idField(order, "trade_id");
  return id === "0" ? "" : id;
}

/** Our word for a conditional order's state; "released" when an ordinary order goes on for it. */
export function stopStatusOf(order: JsonObject): OrderStatus | "released" | undefined {
  const finishAs = textField(order, "finish_as");
  switch (textField(order, "status")) {
    case "open":
      return "new";
    case "cancelled":
    case "canceled":
      return "cancelled";
    case "failed":
    case "invalid":
      return "rejected";
    case "expired":
      return "expired";
    case "inactive":
      return "cancelled";
    case "finish":
    case "finished":
      if (finishAs === "cancelled") return "cancelled";
      if (finishAs === "failed") return "rejected";
      return finishAs === "expired" ? "expired" : "released";
    default:
      return undefined;
  }
}

/** A conditional order; undefined when it cannot be read or has released its order. */
export function stopUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: OrderUpdate["source"],
): OrderUpdate | undefined {
  const status = stopStatusOf(order);
  const id = stopIdIn(order);
  const released = releasedIn(order);
  const isSpot = instrument.terms.product === "spot";
  const amount = decimalField(released, isSpot ? "amount" : "size") ||
    decimalField(released, "amount");
  const size = isSpot && amount.startsWith("-") ? "bad" : sizeOf(instrument, amount);
  const price = priceOf(instrument, decimalField(released, "price"));
  if (status === undefined || status === "released" || id === "") return undefined;
  if (size === "bad" || price === "bad") return undefined;
  const isMarket = isSpot ? textField(released, "type") === "market" : price === undefined;
  const reason = status === "rejected" || status === "expired" ? "other" : undefined;
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: anyInstant(order, ["update_time", "finish_time", "utime", "create_time", "ctime"]),
    source,
    clientOrderId: stopClientIdIn(order),
    venueOrderId: venueOrderId(id),
    status,
    side: sideOf(released, amount, isSpot),
    type: isMarket ? "stop_loss" : "stop_limit",
    timeInForce: timeInForceOf(textField(released, isSpot ? "time_in_force" : "tif")),
    price: isMarket ? undefined : price,
    size,
    filledSize: undefined,
    averagePrice: undefined,
    reason,
    text: reason === undefined ? undefined : textField(order, "reason") || status,
  };
}

function sideOf(released: JsonObject, amount: string, isSpot: boolean): Side | undefined {
  const word = textField(released, "side");
  if (isSpot) return word === "buy" || word === "sell" ? word : undefined;
  return amount === "" ? undefined : amount.startsWith("-") ? "sell" : "buy";
}
