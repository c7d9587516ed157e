/**
 * Binance's order, trade, balance and position objects of answers and queries to our events.
 *
 * The same shapes come over REST and over the order socket; own-stream events are in
 * `account_decoder.ts`. A decimal that does not fit the instrument's grid makes the whole object
 * unread (`undefined`), never a wrong number.
 * @module
 */
import {
  type AccountKey,
  type ClientOrderId,
  clientOrderId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  money,
  moneyFromText,
  mulDivHalfEven,
  type OrderStatus,
  type OrderType,
  type Product,
  type Side,
  signedSize,
  type TimeInForce,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, OrderUpdate, PositionUpdate } from "@/engine/messages/mod.ts";
import { positiveMoney, priceOf, sizeOf } from "@/exchanges/kit/mod.ts";
import { decimalField, idField, instantField, type JsonObject, textField } from "./_json.ts";
import { ALGO_ID_PREFIX } from "./order_encoder.ts";
import { endReasonOf } from "./reject_codes.ts";

export { positiveMoney, priceOf, sizeOf } from "@/exchanges/kit/mod.ts";

const NAMES_MAX = 4_096;
const ONE = 10n ** 18n;

/** Instruments by the venue's names, and the client ids of orders seen so far (bounded). */
export class InstrumentLookup {
  readonly #byName = new Map<string, Instrument>();
  readonly #byIndex = new Map<InstrumentIndex, Instrument>();
  readonly #clientIds = new Map<string, ClientOrderId>();

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

  byIndex(index: InstrumentIndex): Instrument | undefined {
    return this.#byIndex.get(index);
  }

  ofProduct(product: Product): readonly Instrument[] {
    return [...this.#byIndex.values()].filter((one) => one.terms.product === product);
  }

  /** Remembers whose order this is: trade lists name orders by the venue's id alone. */
  remember(instrument: Instrument, orderId: string, clientId: ClientOrderId): void {
    if (orderId === "" || clientId === "") return;
    const key = `${instrument.index}:${orderId}`;
    if (this.#clientIds.has(key)) return;
    if (this.#clientIds.size >= NAMES_MAX) {
      const oldest = this.#clientIds.keys().next();
      if (!oldest.done) this.#clientIds.delete(oldest.value);
    }
    this.#clientIds.set(key, clientId);
  }

  clientIdOf(instrument: Instrument, orderId: string): ClientOrderId {
    return this.#clientIds.get(`${instrument.index}:${orderId}`) ?? clientOrderId("");
  }
}

/**
 * Client ids the venue gives to what it does itself: liquidation, auto-deleveraging, settlement.
 */
export function isVenueMade(clientId: string): boolean {
  return /^(autoclose-|adl_autoclose|settlement_autoclose-)/.test(clientId);
}

/** Our word for an order status; undefined for one that is not documented. */
export function statusOf(venueStatus: string): OrderStatus | undefined {
  switch (venueStatus) {
    case "NEW":
    case "PENDING_NEW":
    case "PENDING_CANCEL":
    case "NEW_INSURANCE":
    case "NEW_ADL":
      return "new";
    case "PARTIALLY_FILLED":
      return "partially_filled";
    case "FILLED":
      return "filled";
    case "CANCELED":
      return "cancelled";
    case "REJECTED":
      return "rejected";
    case "EXPIRED":
    case "EXPIRED_IN_MATCH":
      return "expired";
    default:
      return undefined;
  }
}

/** Our word for an order type; undefined for those we do not place. */
export function typeOf(venueType: string): OrderType | undefined {
  switch (venueType) {
    case "LIMIT":
    case "LIMIT_MAKER":
      return "limit";
    case "MARKET":
      return "market";
    case "STOP_LOSS":
    case "STOP_MARKET":
      return "stop_loss";
    case "STOP_LOSS_LIMIT":
    case "STOP":
      return "stop_limit";
    default:
      return undefined;
  }
}

/**
 * Our word for a time in force; `GTX` and `GTD` rest until cancelled as far as we are concerned.
 */
export function timeInForceOf(venueWord: string): TimeInForce | undefined {
  switch (venueWord) {
    case "GTC":
    case "GTX":
    case "GTD":
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

/** Buy or sell. */
export function sideOf(venueWord: string): Side | undefined {
  return venueWord === "BUY" ? "buy" : venueWord === "SELL" ? "sell" : undefined;
}

/** Value over size: the mean fill price. */
export function meanPrice(valueText: string, sizeText: string): Money | undefined {
  const value = moneyFromText(valueText);
  const size = moneyFromText(sizeText);
  if (!value.ok || !size.ok || size.value <= 0n || value.value <= 0n) return undefined;
  return money(mulDivHalfEven(value.value, ONE, size.value));
}

/** An order object of an answer or a query, of either product. */
export function orderUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: "answer" | "query",
): OrderUpdate | undefined {
  const venueStatus = textField(order, "status");
  const status = statusOf(venueStatus);
  const price = priceOf(instrument, decimalField(order, "price"));
  const size = sizeOf(instrument, decimalField(order, "origQty"));
  const filled = sizeOf(instrument, decimalField(order, "executedQty"));
  if (status === undefined || price === "bad" || size === "bad" || filled === "bad") {
    return undefined;
  }
  const timeInForce = textField(order, "timeInForce");
  const reason = endReasonOf(venueStatus, timeInForce, "");
  const id = idField(order, "orderId");
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: firstInstant(order, ["updateTime", "transactTime", "time"]),
    source,
    // In a cancel's answer `clientOrderId` names the cancel and `origClientOrderId` the order.
    clientOrderId: clientOrderId(
      textField(order, "origClientOrderId") || textField(order, "clientOrderId"),
    ),
    venueOrderId: id === "" ? undefined : venueOrderId(id),
    status,
    side: sideOf(textField(order, "side")),
    type: typeOf(textField(order, "type")),
    timeInForce: timeInForceOf(timeInForce),
    price,
    size,
    filledSize: filled,
    averagePrice: positiveMoney(decimalField(order, "avgPrice")) ??
      meanPrice(decimalField(order, "cummulativeQuoteQty"), decimalField(order, "executedQty")),
    reason,
    text: reason === undefined ? undefined : venueStatus,
  };
}

/** An order of the USD-M algo service. Its ids are a number space of their own. */
export function algoUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: "answer" | "query",
): OrderUpdate | undefined {
  const status = algoStatusOf(textField(order, "algoStatus"));
  const price = priceOf(instrument, decimalField(order, "price"));
  const size = sizeOf(instrument, decimalField(order, "quantity"));
  if (status === undefined || price === "bad" || size === "bad") return undefined;
  const id = idField(order, "algoId");
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: firstInstant(order, ["updateTime", "createTime"]),
    source,
    clientOrderId: clientOrderId(textField(order, "clientAlgoId")),
    venueOrderId: id === "" ? undefined : venueOrderId(`${ALGO_ID_PREFIX}${id}`),
    status,
    side: sideOf(textField(order, "side")),
    type: typeOf(textField(order, "orderType")),
    timeInForce: timeInForceOf(textField(order, "timeInForce")),
    price,
    size,
    filledSize: undefined,
    averagePrice: undefined,
    reason: status === "rejected" || status === "expired" ? "other" : undefined,
    text: undefined,
  };
}

/** Our word for a status of the algo service; `FINISHED` is told by the order it released. */
export function algoStatusOf(venueStatus: string): OrderStatus | undefined {
  switch (venueStatus) {
    case "NEW":
    case "TRIGGERING":
    case "TRIGGERED":
      return "new";
    case "CANCELED":
      return "cancelled";
    case "REJECTED":
      return "rejected";
    case "EXPIRED":
      return "expired";
    default:
      return undefined;
  }
}

/** One element of `myTrades` or `userTrades`. */
export function fillOf(
  trade: JsonObject,
  instrument: Instrument,
  at: Micros,
  clientId: ClientOrderId,
): Fill | undefined {
  const price = priceOf(instrument, decimalField(trade, "price"));
  const size = sizeOf(instrument, decimalField(trade, "qty"));
  const isBuyer = trade["isBuyer"] ?? trade["buyer"];
  const isMaker = trade["isMaker"] ?? trade["maker"];
  const fee = moneyFromText(decimalField(trade, "commission"));
  const id = idField(trade, "id");
  const side = sideOf(textField(trade, "side")) ??
    (typeof isBuyer === "boolean" ? (isBuyer ? "buy" : "sell") : undefined);
  if (price === undefined || price === "bad" || size === undefined || size === "bad") {
    return undefined;
  }
  if (size <= 0 || side === undefined || id === "" || !fee.ok) return undefined;
  const orderId = idField(trade, "orderId");
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: instantField(trade, "time"),
    clientOrderId: clientId,
    venueOrderId: orderId === "" ? undefined : venueOrderId(orderId),
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity: typeof isMaker === "boolean" ? (isMaker ? "maker" : "taker") : undefined,
    fee: fee.value,
    feeAsset: textField(trade, "commissionAsset"),
  };
}

/** A spot balance: free and locked. */
export function spotBalanceOf(
  entry: JsonObject,
  names: { readonly asset: string; readonly free: string; readonly locked: string },
  account: AccountKey,
  at: Micros,
  venueAt: Micros,
): BalanceUpdate | undefined {
  const asset = textField(entry, names.asset);
  const free = moneyFromText(decimalField(entry, names.free));
  const locked = moneyFromText(decimalField(entry, names.locked));
  if (asset === "" || !free.ok || !locked.ok) return undefined;
  return {
    kind: "balance",
    account,
    at,
    venueAt,
    asset,
    total: money(free.value + locked.value),
    free: free.value,
  };
}

/** A signed position from its amount, entry price and unrealised profit. */
export function positionOf(
  texts: { readonly amount: string; readonly entry: string; readonly unrealised: string },
  instrument: Instrument,
  at: Micros,
  venueAt: Micros,
): PositionUpdate | undefined {
  const isShort = texts.amount.startsWith("-");
  const lots = sizeOf(instrument, isShort ? texts.amount.slice(1) : texts.amount);
  if (lots === undefined || lots === "bad") return undefined;
  const unrealised = moneyFromText(texts.unrealised);
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt,
    size: signedSize(isShort ? -lots : lots),
    averagePrice: lots === 0 ? undefined : positiveMoney(texts.entry),
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

function firstInstant(object: JsonObject, keys: readonly string[]): Micros {
  for (const key of keys) {
    const instant = instantField(object, key);
    if (instant > 0) return instant;
  }
  return instantField(object, keys[0]!);
}
