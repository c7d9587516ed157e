/**
 * Bybit's order, execution, position and coin objects to our events. The private stream and the
 * REST answers write them alike.
 *
 * 1. A decimal that does not fit the instrument's grid makes the whole object unread
 *    (`undefined`), never a wrong number; `""` is "not said", never zero.
 * 2. `leavesQty` is not read: it may be "" or "0" of a cancelled order.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  money,
  moneyFromText,
  type OrderType,
  type Product,
  type Side,
  signedSize,
  type TimeInForce,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  Fill,
  FundingPayment,
  OrderUpdate,
  PositionUpdate,
} from "@/engine/messages/mod.ts";
import { positiveMoney, priceOf, sizeOf } from "@/exchanges/kit/mod.ts";
import { decimalField, idField, instantField, type JsonObject, textField } from "./_json.ts";
import { productOf } from "./endpoints.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import { endReasonOf, orderStatusOf } from "./reject_codes.ts";

export { positiveMoney, priceOf, sizeOf } from "@/exchanges/kit/mod.ts";

const NAMES_MAX = 4_096;
const STOPS_MAX = 1_024;

/** Instruments by the venue's names, and what is known of orders seen so far (bounded). */
export class InstrumentLookup {
  readonly #byName = new Map<string, Instrument>();
  readonly #byIndex = new Map<InstrumentIndex, Instrument>();
  readonly #clientIds = new Map<string, ClientOrderId>();
  /** Client ids of spot stops that have not triggered: they are cancelled in another way. */
  readonly #waitingStops = new Set<string>();

  constructor(instruments: readonly Instrument[]) {
    for (const instrument of instruments) {
      const { product, venueSymbol } = instrument.terms;
      this.#byName.set(`${product}:${venueSymbol}`, instrument);
      this.#byIndex.set(instrument.index, instrument);
    }
  }

  byVenueSymbol(product: Product, venueSymbol: string): Instrument | undefined {
    return this.#byName.get(`${product}:${venueSymbol}`);
  }

  /** The instrument an object of a list names. */
  ofObject(object: JsonObject, category = textField(object, "category")): Instrument | undefined {
    const product = productOf(category);
    return product && this.byVenueSymbol(product, textField(object, "symbol"));
  }

  byIndex(index: InstrumentIndex): Instrument | undefined {
    return this.#byIndex.get(index);
  }

  ofProduct(product: Product): readonly Instrument[] {
    return [...this.#byIndex.values()].filter((one) => one.terms.product === product);
  }

  /** Remembers whose order this is: early fills name orders by the venue's id alone. */
  remember(instrument: Instrument, orderId: string, clientId: string): void {
    if (orderId === "" || clientId === "") return;
    const key = `${instrument.index}:${orderId}`;
    if (this.#clientIds.has(key)) return;
    dropOldest(this.#clientIds, NAMES_MAX);
    this.#clientIds.set(key, clientOrderId(clientId));
  }

  clientIdOf(instrument: Instrument, orderId: string): ClientOrderId {
    return this.#clientIds.get(`${instrument.index}:${orderId}`) ?? clientOrderId("");
  }

  /** A spot stop waits for its trigger, or no longer does. */
  markStop(clientId: string, isWaiting: boolean): void {
    if (!isWaiting) {
      this.#waitingStops.delete(clientId);
    } else if (clientId !== "" && !this.#waitingStops.has(clientId)) {
      dropOldest(this.#waitingStops, STOPS_MAX);
      this.#waitingStops.add(clientId);
    }
  }

  isWaitingStop(clientId: string): boolean {
    return this.#waitingStops.has(clientId);
  }
}

function dropOldest(
  kept: { readonly size: number; keys(): Iterator<string>; delete(key: string): boolean },
  most: number,
): void {
  if (kept.size < most) return;
  const oldest = kept.keys().next();
  if (oldest.done !== true) kept.delete(oldest.value);
}

/** Buy or sell. */
export function sideOf(venueWord: string): Side | undefined {
  return venueWord === "Buy" ? "buy" : venueWord === "Sell" ? "sell" : undefined;
}

/** Our word for a time in force; post-only rests until cancelled. */
export function timeInForceOf(venueWord: string): TimeInForce | undefined {
  switch (venueWord) {
    case "GTC":
    case "PostOnly":
    case "RPI":
      return "gtc";
    case "IOC":
      return "ioc";
    case "FOK":
      return "fok";
    default:
      return undefined;
  }
}

/** An order of the private stream, of an answer or of a query. */
export function orderUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: "stream" | "query",
): OrderUpdate | undefined {
  const type = typeOf(order, instrument);
  const isMarket = type === "market" || type === "stop_loss";
  // A market order's price is the venue's slippage bound and no limit of ours.
  const price = isMarket ? undefined : priceOf(instrument, decimalField(order, "price"));
  const size = isInQuote(order, instrument)
    ? undefined
    : sizeOf(instrument, decimalField(order, "qty"));
  const filled = sizeOf(instrument, decimalField(order, "cumExecQty"));
  if (price === "bad" || size === "bad" || filled === "bad") return undefined;
  const words = textField(order, "rejectReason");
  const venueStatus = textField(order, "orderStatus");
  // Only what is said to have filled nothing can have been refused.
  const status = orderStatusOf(venueStatus, words, filled === undefined || filled > 0);
  const side = sideOf(textField(order, "side"));
  if (status === undefined || side === undefined) return undefined;
  const reason = endReasonOf(words, status);
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: instantField(order, "updatedTime") || instantField(order, "createdTime"),
    source,
    clientOrderId: clientOrderId(textField(order, "orderLinkId")),
    venueOrderId: orderIdOf(order),
    status,
    side,
    type,
    timeInForce: timeInForceOf(textField(order, "timeInForce")),
    price,
    size,
    filledSize: filled,
    averagePrice: positiveMoney(decimalField(order, "avgPrice")),
    reason,
    text: reason === undefined ? undefined : words || venueStatus,
  };
}

/** Whether an order object is of a spot stop that has not triggered; undefined: not a stop. */
export function isWaitingSpotStop(order: JsonObject, instrument: Instrument): boolean | undefined {
  if (instrument.terms.product !== "spot" || !isConditional(order)) return undefined;
  return textField(order, "orderStatus") === "Untriggered";
}

/** Whether an execution changes a position: trades, and what the venue itself trades for us. */
export function isPositionChange(execType: string): boolean {
  return ["Trade", "AdlTrade", "BustTrade", "BlockTrade"].includes(execType);
}

/**
 * One execution. What the venue trades for us (liquidation, auto-deleveraging) has no client id.
 * `execution.fast` says no fee and no type; the full execution of the same id follows it.
 */
export function fillOf(
  execution: JsonObject,
  instrument: Instrument,
  at: Micros,
  lookup: InstrumentLookup,
  isFast = false,
): Fill | undefined {
  const price = priceOf(instrument, decimalField(execution, "execPrice"));
  const size = sizeOf(instrument, decimalField(execution, "execQty"));
  const side = sideOf(textField(execution, "side"));
  const id = idField(execution, "execId");
  if (price === undefined || price === "bad" || size === undefined || size === "bad") {
    return undefined;
  }
  if (size <= 0 || side === undefined || id === "") return undefined;
  const feeText = decimalField(execution, "execFee");
  const fee = feeText === "" ? undefined : moneyFromText(feeText);
  if (fee !== undefined && !fee.ok) return undefined;
  const orderId = orderIdOf(execution);
  const isOurs = isFast || textField(execution, "execType") === "Trade";
  const named = textField(execution, "orderLinkId") ||
    lookup.clientIdOf(instrument, idField(execution, "orderId"));
  if (orderId === undefined && (!isOurs || named === "")) return undefined;
  const isMaker = execution["isMaker"];
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: instantField(execution, "execTime"),
    clientOrderId: clientOrderId(isOurs ? named : ""),
    venueOrderId: orderId,
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity: typeof isMaker === "boolean" ? (isMaker ? "maker" : "taker") : undefined,
    fee: fee?.value,
    feeAsset: fee === undefined
      ? undefined
      : textField(execution, "feeCurrency") || feeAssetOf(instrument, side, fee.value),
  };
}

/** A funding payment; the venue's fee is positive when we pay. */
export function fundingOf(
  execution: JsonObject,
  instrument: Instrument,
  at: Micros,
): FundingPayment | undefined {
  const fee = moneyFromText(decimalField(execution, "execFee"));
  const id = idField(execution, "execId");
  if (!fee.ok || id === "") return undefined;
  return {
    kind: "funding_payment",
    account: UNIFIED_ACCOUNT,
    instrument: instrument.index,
    at,
    venueAt: instantField(execution, "execTime"),
    asset: textField(execution, "feeCurrency") || instrument.terms.settle,
    amount: money(-fee.value),
    paymentId: fillId(id),
  };
}

/** A signed position in one-way mode; the stream and REST name the entry price differently. */
export function positionOf(
  position: JsonObject,
  instrument: Instrument,
  at: Micros,
): PositionUpdate | undefined {
  const lots = sizeOf(instrument, decimalField(position, "size"));
  const side = textField(position, "side");
  if (lots === undefined || lots === "bad") return undefined;
  if (side !== "Buy" && side !== "Sell" && lots !== 0) return undefined;
  const unrealised = moneyFromText(decimalField(position, "unrealisedPnl"));
  const entry = decimalField(position, "entryPrice") || decimalField(position, "avgPrice");
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt: instantField(position, "updatedTime"),
    size: signedSize(side === "Sell" ? -lots : lots),
    averagePrice: lots === 0 ? undefined : positiveMoney(entry),
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

/** One coin of the wallet: what spot orders lock is not free (`availableToWithdraw` is old). */
export function balanceOf(
  coin: JsonObject,
  at: Micros,
  venueAt: Micros,
): BalanceUpdate | undefined {
  const asset = textField(coin, "coin");
  const total = moneyFromText(decimalField(coin, "walletBalance"));
  // "" is nothing locked; a coin that says nothing of it may not be called free.
  const locked = moneyFromText(coin["locked"] === "" ? "0" : decimalField(coin, "locked"));
  if (asset === "" || !total.ok || !locked.ok) return undefined;
  return {
    kind: "balance",
    account: UNIFIED_ACCOUNT,
    at,
    venueAt,
    asset,
    total: total.value,
    free: money(total.value - locked.value),
  };
}

/** A two-sided (hedge) position; those are not kept here, `doctor` asks for one-way mode. */
export function isHedged(object: JsonObject): boolean {
  const index = object["positionIdx"];
  return index !== undefined && Number(index) !== 0;
}

function orderIdOf(object: JsonObject): VenueOrderId | undefined {
  const id = idField(object, "orderId");
  return id === "" ? undefined : venueOrderId(id);
}

function isConditional(order: JsonObject): boolean {
  return Number(decimalField(order, "triggerPrice") || "0") > 0;
}

/** A buy that waits for a rise, a sell for a fall; the other way round it takes a profit. */
function isStopDirection(order: JsonObject): boolean {
  const direction = decimalField(order, "triggerDirection");
  return direction === (order["side"] === "Buy" ? "1" : "2");
}

function typeOf(order: JsonObject, instrument: Instrument): OrderType | undefined {
  const isStop = isConditional(order);
  const isWaiting = textField(order, "orderStatus") === "Untriggered";
  if (isWaiting && !isStop) return undefined;
  if (isStop && instrument.terms.product === "perpetual" && !isStopDirection(order)) {
    return undefined;
  }
  switch (textField(order, "orderType")) {
    case "Limit":
      return isStop ? "stop_limit" : "limit";
    case "Market":
      return isStop ? "stop_loss" : "market";
    default:
      return undefined;
  }
}

/** Spot market buys of others may count in quote; ours always say base. */
function isInQuote(order: JsonObject, instrument: Instrument): boolean {
  if (instrument.terms.product !== "spot") return false;
  const unit = textField(order, "marketUnit");
  if (unit !== "") return unit !== "baseCoin";
  return order["orderType"] === "Market" && order["side"] === "Buy" &&
    !isBaseSized(order, instrument);
}

/** Without the unit a market buy counts in quote by default, unless its fills fit it as base. */
function isBaseSized(order: JsonObject, instrument: Instrument): boolean {
  const size = sizeOf(instrument, decimalField(order, "qty"));
  const filled = sizeOf(instrument, decimalField(order, "cumExecQty"));
  return typeof size === "number" && size === filled;
}

/** Spot: a cost is paid in what is received, a rebate comes in the other coin. */
function feeAssetOf(instrument: Instrument, side: Side, fee: Money): string {
  const { product, base, quote, settle } = instrument.terms;
  if (product !== "spot") return settle;
  return (side === "buy") === (fee >= 0n) ? base : quote;
}
