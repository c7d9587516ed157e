/**
 * Hyperliquid's order, fill, balance and position objects to our events.
 *
 * The same shapes come in own channels, in answers and to questions. A decimal that does not fit
 * the instrument's grid makes the whole object unread (`undefined`), never a wrong number.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  moneyFromText,
  type OrderStatus,
  type OrderType,
  type Side,
  signedSize,
  type Size,
  size,
  type TimeInForce,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, OrderUpdate, PositionUpdate } from "@/engine/messages/mod.ts";
import { priceOf, sizeOf } from "@/exchanges/kit/mod.ts";
import { decimalField, idField, instantField, type JsonObject, textField } from "./_json.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import { endReasonOf } from "./reject_codes.ts";

export { priceOf, sizeOf } from "@/exchanges/kit/mod.ts";

const NAMES_MAX = 4_096;

/** Instruments by the venue's names, and the client ids of orders seen so far (bounded). */
export class InstrumentLookup {
  readonly #byCoin = new Map<string, Instrument>();
  readonly #byIndex = new Map<InstrumentIndex, Instrument>();
  readonly #clientIds = new Map<string, ClientOrderId>();

  constructor(instruments: readonly Instrument[]) {
    for (const instrument of instruments) this.add(instrument);
  }

  /** Takes an instrument, in place of the one of its index. */
  add(instrument: Instrument): void {
    this.#byCoin.set(instrument.terms.venueSymbol, instrument);
    this.#byIndex.set(instrument.index, instrument);
  }

  byCoin(coin: string): Instrument | undefined {
    return this.#byCoin.get(coin);
  }

  byIndex(index: InstrumentIndex): Instrument | undefined {
    return this.#byIndex.get(index);
  }

  get all(): readonly Instrument[] {
    return [...this.#byIndex.values()];
  }

  /** Remembers whose order this is: cancels by the venue name it by the venue's id alone. */
  remember(orderId: string, clientId: ClientOrderId): void {
    if (orderId === "" || clientId === "" || this.#clientIds.has(orderId)) return;
    if (this.#clientIds.size >= NAMES_MAX) {
      const oldest = this.#clientIds.keys().next();
      if (!oldest.done) this.#clientIds.delete(oldest.value);
    }
    this.#clientIds.set(orderId, clientId);
  }

  clientIdOf(orderId: string): ClientOrderId {
    return this.#clientIds.get(orderId) ?? clientOrderId("");
  }
}

/**
 * Our word for an order status, by the venue's words or their endings; undefined for one that
 * follows no rule.
 */
export function statusOf(venueStatus: string): OrderStatus | undefined {
  switch (venueStatus) {
    case "open":
    case "triggered":
      return "new";
    case "filled":
      return "filled";
    case "canceled":
    case "scheduledCancel":
    case "internalCancel":
    // An IOC that met nobody: it ended without a fill, it was not refused.
    case "iocCancelRejected":
    case "marketOrderNoLiquidityRejected":
      return "cancelled";
    case "rejected":
      return "rejected";
    default:
      if (venueStatus.endsWith("Canceled")) return "cancelled";
      return venueStatus.endsWith("Rejected") ? "rejected" : undefined;
  }
}

/** Buy or sell. */
export function sideOf(venueWord: string): Side | undefined {
  return venueWord === "B" ? "buy" : venueWord === "A" ? "sell" : undefined;
}

/** Our word for an order type; undefined where it is not said or not one that we place. */
function typeOf(venueType: string): OrderType | undefined {
  switch (venueType) {
    case "Limit":
      return "limit";
    case "Market":
      return "market";
    case "Stop Market":
      return "stop_loss";
    case "Stop Limit":
      return "stop_limit";
    default:
      return undefined;
  }
}

function timeInForceOf(venueWord: string): TimeInForce | undefined {
  switch (venueWord) {
    case "Gtc":
    case "Alo":
      return "gtc";
    case "Ioc":
    case "FrontendMarket":
    case "LiquidationMarket":
      return "ioc";
    default:
      return undefined;
  }
}

/** A venue id of an object; undefined where it says none. */
export function orderIdOf(object: JsonObject): VenueOrderId | undefined {
  const id = idField(object, "oid");
  return id === "" ? undefined : venueOrderId(id);
}

/** When and how an order's status was said. */
export interface Told {
  readonly status: string;
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly source: "stream" | "answer" | "query";
}

/**
 * An order object with its status. `sz` is what remains of `origSz`, except for a reduce-only
 * order, whose `sz` shrinks with the position too: what is filled of it only fills can say.
 */
export function orderUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  told: Told,
): OrderUpdate | undefined {
  const known = statusOf(told.status);
  const side = sideOf(textField(order, "side"));
  const price = priceOf(instrument, decimalField(order, "limitPx"));
  const remaining = sizeOf(instrument, decimalField(order, "sz"));
  const total = sizeOf(instrument, decimalField(order, "origSz"));
  const id = orderIdOf(order);
  if (known === undefined || side === undefined || id === undefined) return undefined;
  if (price === "bad" || remaining === "bad" || total === "bad") return undefined;
  if (remaining !== undefined && total !== undefined && remaining > total) return undefined;
  // The stream says both; without one a part-filled order would be a new one.
  const isWhole = remaining !== undefined && total !== undefined;
  if (told.source === "stream" && !isWhole) return undefined;
  const filled = filledOf(order, total, remaining);
  const status = refined(known, filled, remaining);
  const reason = endReasonOf(told.status) ??
    (known === "filled" && status === "cancelled" ? "not_filled" : undefined);
  return {
    kind: "order",
    instrument: instrument.index,
    at: told.at,
    venueAt: told.venueAt,
    source: told.source,
    clientOrderId: clientOrderId(textField(order, "cloid")),
    venueOrderId: id,
    status,
    side,
    type: typeOf(textField(order, "orderType")),
    timeInForce: timeInForceOf(textField(order, "tif")),
    price,
    // A resting part without the whole tells no total.
    size: total,
    filledSize: filled,
    averagePrice: undefined,
    reason,
    text: reason === undefined ? undefined : told.status,
  };
}

function filledOf(
  order: JsonObject,
  total: Size | undefined,
  remaining: Size | undefined,
): Size | undefined {
  if (total === undefined || remaining === undefined) return undefined;
  if (order["reduceOnly"] === true && remaining > 0) return undefined;
  return size(total - remaining);
}

function refined(
  status: OrderStatus,
  filled: Size | undefined,
  remaining: Size | undefined,
): OrderStatus {
  if (status === "new" && filled !== undefined && filled > 0) return "partially_filled";
  // The rest of an IOC is cancelled without a word of its own.
  if (status === "filled" && remaining !== undefined && remaining > 0) return "cancelled";
  return status;
}

/** One of our executions. */
export function fillOf(
  fill: JsonObject,
  instrument: Instrument,
  at: Micros,
  lookup: InstrumentLookup,
): Fill | undefined {
  const price = priceOf(instrument, decimalField(fill, "px"));
  const lots = sizeOf(instrument, decimalField(fill, "sz"));
  const side = sideOf(textField(fill, "side"));
  const id = idField(fill, "tid");
  const crossed = fill["crossed"];
  const feeText = decimalField(fill, "fee");
  const fee = feeText === "" ? undefined : moneyFromText(feeText);
  if (price === undefined || price === "bad" || lots === undefined || lots === "bad") {
    return undefined;
  }
  if (lots === 0 || side === undefined || !/^\d+$/.test(id)) return undefined;
  if (fee !== undefined && !fee.ok) return undefined;
  const orderId = orderIdOf(fill);
  const cloid = textField(fill, "cloid");
  const feeToken = textField(fill, "feeToken");
  const isSpot = instrument.terms.product === "spot";
  if (orderId === undefined && cloid === "") return undefined;
  if (orderId !== undefined) lookup.remember(orderId, clientOrderId(cloid));
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: instantField(fill, "time"),
    clientOrderId: cloid !== "" ? clientOrderId(cloid) : lookup.clientIdOf(orderId ?? ""),
    venueOrderId: orderId,
    fillId: fillId(id),
    side,
    price,
    size: lots,
    liquidity: typeof crossed === "boolean" ? (crossed ? "taker" : "maker") : undefined,
    // On spot a fee without its token could be of either coin.
    fee: feeToken === "" && isSpot ? undefined : fee?.value,
    feeAsset: feeToken !== "" ? feeToken : isSpot ? undefined : instrument.terms.settle,
  };
}

/** A spot balance: `hold` is bound by open orders. */
export function balanceOf(
  entry: JsonObject,
  at: Micros,
  venueAt: Micros,
): BalanceUpdate | undefined {
  const asset = textField(entry, "coin");
  const total = moneyFromText(decimalField(entry, "total"));
  const hold = moneyFromText(decimalField(entry, "hold"));
  if (asset === "" || !total.ok || !hold.ok) return undefined;
  return {
    kind: "balance",
    account: UNIFIED_ACCOUNT,
    at,
    venueAt,
    asset,
    total: total.value,
    free: (total.value - hold.value) as typeof total.value,
  };
}

/** A signed position. */
export function positionOf(
  position: JsonObject,
  instrument: Instrument,
  at: Micros,
  venueAt: Micros,
): PositionUpdate | undefined {
  const text = decimalField(position, "szi");
  const isShort = text.startsWith("-");
  const lots = sizeOf(instrument, isShort ? text.slice(1) : text);
  if (lots === undefined || lots === "bad") return undefined;
  const entry = moneyFromText(decimalField(position, "entryPx"));
  const unrealised = moneyFromText(decimalField(position, "unrealizedPnl"));
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt,
    size: signedSize(isShort ? -lots : lots),
    averagePrice: lots !== 0 && entry.ok && entry.value > 0n ? entry.value : undefined,
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

/** A position that is absent from a whole list: flat. */
export function flatPosition(
  instrument: InstrumentIndex,
  at: Micros,
  venueAt: Micros,
): PositionUpdate {
  return {
    kind: "position",
    instrument,
    at,
    venueAt,
    size: signedSize(0),
    averagePrice: undefined,
    unrealised: undefined,
  };
}
