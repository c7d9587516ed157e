/**
 * Gate's order, trade, balance and position objects to our events: the same shapes come in answers,
 * queries and own channels, but for a few names.
 *
 * 1. What is filled decides before words do: nothing left is filled, whatever the venue calls it.
 * 2. A spot market buy counts `amount` and `left` in quote currency: its size is not said.
 * 3. `text` without the prefix `t-` is not ours: such an order or fill has an empty client id.
 * 4. A decimal off the instrument's grid makes the whole object unread, never a wrong number.
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
  type Size,
  size as sizeOfLots,
  type TimeInForce,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type {
  BalanceUpdate,
  Fill,
  OrderUpdate,
  PositionUpdate,
  RejectReason,
} from "@/engine/messages/mod.ts";
import { positiveMoney, priceOf } from "@/exchanges/kit/mod.ts";
import { anyInstant, decimalField, idField, type JsonObject, textField } from "./_json.ts";
import { endingOf } from "./reject_codes.ts";

export { positiveMoney, priceOf } from "@/exchanges/kit/mod.ts";

const NAMES_MAX = 4_096;
const ONE = 10n ** 18n;
const UPDATED = [
  "update_time_ms",
  "finish_time_ms",
  "update_time",
  "finish_time",
  "create_time_ms",
  "create_time",
] as const;

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

  /** Remembers whose order this is: what a conditional order releases may not carry its name. */
  remember(instrument: Instrument, orderId: string, clientId: ClientOrderId): void {
    if (orderId === "" || orderId === "0" || clientId === "") return;
    const key = `${instrument.index}:${orderId}`;
    if (this.#clientIds.has(key)) return;
    if (this.#clientIds.size >= NAMES_MAX) {
      const oldest = this.#clientIds.keys().next();
      if (!oldest.done) this.#clientIds.delete(oldest.value);
    }
    this.#clientIds.set(key, clientId);
  }

  /** Our name in `text`, else the one remembered for the order's id. */
  clientIdOf(instrument: Instrument, text: string, orderId: string): ClientOrderId {
    if (text.startsWith("t-")) return clientOrderId(text.slice(2));
    return this.#clientIds.get(`${instrument.index}:${orderId}`) ?? clientOrderId("");
  }
}

/** The name of an object's instrument on either product. */
export function symbolIn(object: JsonObject, product: Product): string {
  return textField(object, product === "spot" ? "currency_pair" : "contract");
}

/** A size, its sign left out; undefined where nothing is said; `bad` off the grid. */
export function sizeOf(instrument: Instrument, text: string): Size | undefined | "bad" {
  if (text === "") return undefined;
  const read = instrument.sizeFromText(text.startsWith("-") ? text.slice(1) : text);
  return read.ok ? read.value : "bad";
}

/** Value over size: the mean fill price. */
function meanPrice(valueText: string, sizeText: string): Money | undefined {
  const value = moneyFromText(valueText);
  const size = moneyFromText(sizeText);
  if (!value.ok || !size.ok || size.value <= 0n || value.value <= 0n) return undefined;
  return money(mulDivHalfEven(value.value, ONE, size.value));
}

/** The venue's id of an order; the text is exact where the number may not be. */
export function orderIdIn(order: JsonObject): string {
  return idField(order, "id_string") || idField(order, "id");
}

function orderIdOf(id: string): VenueOrderId | undefined {
  return id === "" || id === "0" ? undefined : venueOrderId(id);
}

interface Amounts {
  readonly size: Size | undefined;
  readonly filled: Size | undefined;
  /** Whether nothing is left of it; undefined where that is not said. */
  readonly isWhole: boolean | undefined;
}

/** Total and filled size; undefined when they cannot be read. */
function amountsOf(
  order: JsonObject,
  instrument: Instrument,
  isQuoteSized: boolean,
): Amounts | undefined {
  const isSpot = instrument.terms.product === "spot";
  if (isQuoteSized) {
    const text = decimalField(order, "filled_amount");
    const filled = sizeOf(instrument, text);
    if (filled === "bad" || text.startsWith("-")) return undefined;
    // The change of a quote amount that buys no further lot is left over: words decide.
    return { size: undefined, filled, isWhole: undefined };
  }
  const sizeText = decimalField(order, isSpot ? "amount" : "size");
  const leftText = decimalField(order, "left");
  if (!isOneSign(sizeText, leftText, isSpot)) return undefined;
  const size = sizeOf(instrument, sizeText);
  const left = sizeOf(instrument, leftText);
  if (size === "bad" || left === "bad") return undefined;
  if (size === undefined && left === undefined) {
    return { size, filled: undefined, isWhole: undefined };
  }
  // One without the other would make a part-filled order a new one.
  if (size === undefined || left === undefined) return undefined;
  if (left > size) return undefined;
  return { size, filled: sizeOfLots(size - left), isWhole: left === 0 && size > 0 };
}

/** What is left has the sign of the whole; on spot nothing is below zero. */
function isOneSign(size: string, left: string, isSpot: boolean): boolean {
  const isSell = size.startsWith("-");
  if (isSpot) return !isSell && !left.startsWith("-");
  return Number(left) === 0 || left.startsWith("-") === isSell;
}

/** Whether an order can never trade again; undefined for a word that is not documented. */
function isOver(order: JsonObject): boolean | undefined {
  const word = textField(order, "status") || textField(order, "event");
  switch (word) {
    case "open":
    case "put":
    case "update":
      return false;
    case "closed":
    case "cancelled":
    case "finished":
    case "finish":
      return true;
    default:
      return undefined;
  }
}

function endOf(
  order: JsonObject,
  amounts: Amounts,
  isFinal: boolean,
): { readonly status: OrderStatus; readonly reason: RejectReason | undefined } {
  const isUnfilled = amounts.filled === undefined || amounts.filled === 0;
  if (!isFinal) return { status: isUnfilled ? "new" : "partially_filled", reason: undefined };
  const finishAs = textField(order, "finish_as");
  if (amounts.isWhole === true) return { status: "filled", reason: undefined };
  if (amounts.isWhole === undefined && finishAs === "filled") {
    return { status: "filled", reason: undefined };
  }
  const words = finishAs !== "" && finishAs !== "open" ? finishAs : textField(order, "status");
  return endingOf(words, isUnfilled);
}

function sideOf(order: JsonObject, product: Product): Side | undefined {
  if (product === "spot") {
    const word = textField(order, "side");
    return word === "buy" || word === "sell" ? word : undefined;
  }
  const text = decimalField(order, "size");
  if (text === "" || Number(text) === 0) return undefined;
  return text.startsWith("-") ? "sell" : "buy";
}

function typeOf(order: JsonObject, product: Product): OrderType | undefined {
  if (product === "perpetual") {
    const price = decimalField(order, "price");
    return price === "" ? undefined : Number(price) === 0 ? "market" : "limit";
  }
  const word = textField(order, "type");
  // Unified accounts add what else an order does: `limit_repay`, `market_borrow`.
  return word.startsWith("limit") ? "limit" : word.startsWith("market") ? "market" : undefined;
}

/** Our word for a time in force; post-only rests until cancelled. */
export function timeInForceOf(word: string): TimeInForce | undefined {
  if (word === "poc" || word === "gtc") return "gtc";
  return word === "ioc" || word === "fok" ? word : undefined;
}

/** An order object of either product; undefined when it cannot be read. */
export function orderUpdateOf(
  order: JsonObject,
  instrument: Instrument,
  lookup: InstrumentLookup,
  at: Micros,
  source: OrderUpdate["source"],
): OrderUpdate | undefined {
  const { product } = instrument.terms;
  const isFinal = isOver(order);
  const side = sideOf(order, product);
  const type = typeOf(order, product);
  // What is not said to be limited or sold may count in quote.
  const isQuoteSized = product === "spot" && type !== "limit" && side !== "sell";
  const amounts = amountsOf(order, instrument, isQuoteSized);
  const price = priceOf(instrument, decimalField(order, "price"));
  const id = orderIdIn(order);
  if (isFinal === undefined || amounts === undefined || price === "bad" || id === "") {
    return undefined;
  }
  const { status, reason } = endOf(order, amounts, isFinal);
  const clientId = lookup.clientIdOf(instrument, textField(order, "text"), id);
  lookup.remember(instrument, id, clientId);
  const finishAs = textField(order, "finish_as");
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: anyInstant(order, UPDATED),
    source,
    clientOrderId: clientId,
    venueOrderId: orderIdOf(id),
    status,
    side,
    type,
    timeInForce: timeInForceOf(textField(order, product === "spot" ? "time_in_force" : "tif")),
    price: type === "market" ? undefined : price,
    size: amounts.size,
    filledSize: amounts.filled,
    averagePrice: averageOf(order, instrument, amounts),
    reason,
    text: isFinal && status !== "filled" ? finishAs || "finished" : undefined,
  };
}

function averageOf(order: JsonObject, instrument: Instrument, amounts: Amounts): Money | undefined {
  if (amounts.filled === undefined || amounts.filled === 0) return undefined;
  // On spot `fill_price` is the value, on the futures it is the mean price.
  if (instrument.terms.product === "perpetual") {
    return positiveMoney(decimalField(order, "fill_price"));
  }
  return positiveMoney(decimalField(order, "avg_deal_price")) ??
    meanPrice(decimalField(order, "filled_total"), instrument.sizeText(amounts.filled));
}

/** One own execution, of a channel or a list. `id` of futures lists is a number. */
export function fillOf(
  trade: JsonObject,
  instrument: Instrument,
  lookup: InstrumentLookup,
  at: Micros,
): Fill | undefined {
  const { product } = instrument.terms;
  const amount = decimalField(trade, product === "spot" ? "amount" : "size");
  const price = priceOf(instrument, decimalField(trade, "price"));
  const size = sizeOf(instrument, amount);
  const side = sideOf(trade, product);
  const id = idField(trade, "id") || idField(trade, "trade_id");
  if (price === undefined || price === "bad" || size === undefined || size === "bad") {
    return undefined;
  }
  if (size <= 0 || side === undefined || id === "") return undefined;
  if (product === "spot" && amount.startsWith("-")) return undefined;
  const fee = feeOf(trade, instrument, side);
  if (fee === "bad") return undefined;
  const orderId = idField(trade, "order_id");
  const clientId = lookup.clientIdOf(instrument, textField(trade, "text"), orderId);
  if (orderIdOf(orderId) === undefined && clientId === "") return undefined;
  const role = textField(trade, "role");
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: anyInstant(trade, ["create_time_ms", "create_time"]),
    clientOrderId: clientId,
    venueOrderId: orderIdOf(orderId),
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity: role === "maker" || role === "taker" ? role : undefined,
    fee: fee?.amount,
    feeAsset: fee?.asset,
  };
}

/** The fee, in the asset it was taken in: the traded one, else the venue's token or points. */
function feeOf(
  trade: JsonObject,
  instrument: Instrument,
  side: Side,
): { readonly amount: Money; readonly asset: string } | undefined | "bad" {
  const { product, base, quote, settle } = instrument.terms;
  const text = decimalField(trade, "fee");
  if (text === "") return undefined;
  const fee = moneyFromText(text);
  if (!fee.ok) return "bad";
  if (fee.value === 0n) {
    for (const [key, asset] of [["gt_fee", "GT"], ["point_fee", "POINT"]] as const) {
      const other = moneyFromText(decimalField(trade, key));
      if (other.ok && other.value !== 0n) return { amount: other.value, asset };
    }
  }
  const ordinary = product === "perpetual" ? settle : side === "buy" ? base : quote;
  return { amount: fee.value, asset: textField(trade, "fee_currency") || ordinary };
}

/** A spot balance of the channel (`total`) or of the list (`locked`). */
export function spotBalanceOf(
  entry: JsonObject,
  account: AccountKey,
  at: Micros,
): BalanceUpdate | undefined {
  const asset = textField(entry, "currency");
  const free = moneyFromText(decimalField(entry, "available"));
  const total = moneyFromText(decimalField(entry, "total"));
  const locked = moneyFromText(decimalField(entry, "locked") || decimalField(entry, "freeze"));
  if (asset === "" || !free.ok || (!total.ok && !locked.ok)) return undefined;
  return {
    kind: "balance",
    account,
    at,
    venueAt: anyInstant(entry, ["timestamp_ms", "timestamp"]),
    asset,
    total: total.ok ? total.value : money(free.value + (locked.ok ? locked.value : 0n)),
    free: free.value,
  };
}

/** A position of the channel or of the list; undefined also for one side of a two-sided one. */
export function positionOf(
  entry: JsonObject,
  instrument: Instrument,
  at: Micros,
): PositionUpdate | undefined {
  const text = decimalField(entry, "size");
  const lots = sizeOf(instrument, text);
  if (lots === undefined || lots === "bad") return undefined;
  const unrealised = moneyFromText(decimalField(entry, "unrealised_pnl"));
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt: anyInstant(entry, ["time_ms", "update_time", "time"]),
    size: signedSize(text.startsWith("-") ? -lots : lots),
    averagePrice: lots === 0 ? undefined : positiveMoney(decimalField(entry, "entry_price")),
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

/** Whether a position is the only one of its contract: two-sided (dual) ones are not kept. */
export function isOneWay(entry: JsonObject): boolean {
  const mode = textField(entry, "mode");
  return mode === "" || mode === "single";
}
