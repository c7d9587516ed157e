/**
 * OKX's order, fill, balance and position rows, of channels and of queries alike, to our events.
 *
 * 1. A decimal that does not fit the instrument's grid makes the whole row unread (`undefined`),
 *    never a wrong number; "" means not said, never zero.
 * 2. The venue's fee below zero is charged; ours above zero is paid.
 * 3. Conditional orders have a number space of their own: their venue ids carry a prefix.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Liquidity,
  type Micros,
  money,
  moneyFromText,
  type OrderType,
  type Price,
  type Side,
  signedSize,
  type Size,
  type TimeInForce,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, OrderUpdate, PositionUpdate } from "@/engine/messages/mod.ts";
import { positiveMoney, sizeOf } from "@/exchanges/kit/mod.ts";
import { decimalField, idField, instantField, type JsonObject, textField } from "./_json.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import { orderEndOf, rejectReasonOf } from "./reject_codes.ts";

export { positiveMoney, sizeOf } from "@/exchanges/kit/mod.ts";

const NAMES_MAX = 4_096;

/** Before the venue ids of conditional orders. */
export const ALGO_ID_PREFIX = "algo-";

/** Instruments by the venue's names, and the client ids of orders seen so far (bounded). */
export class InstrumentLookup {
  readonly #byName = new Map<string, Instrument>();
  readonly #byIndex = new Map<InstrumentIndex, Instrument>();
  readonly #clientIds = new Map<string, ClientOrderId>();
  readonly #algoIds = new Map<ClientOrderId, string>();

  constructor(instruments: readonly Instrument[]) {
    for (const instrument of instruments) this.set(instrument);
  }

  /** Adds an instrument, or puts new terms in the place of old ones. */
  set(instrument: Instrument): void {
    this.#byName.set(instrument.terms.venueSymbol, instrument);
    this.#byIndex.set(instrument.index, instrument);
  }

  /** The instrument a row is about. */
  of(row: JsonObject): Instrument | undefined {
    return this.#byName.get(textField(row, "instId"));
  }

  byIndex(index: InstrumentIndex): Instrument | undefined {
    return this.#byIndex.get(index);
  }

  all(): readonly Instrument[] {
    return [...this.#byIndex.values()];
  }

  /** Remembers whose order this is: some rows name orders by the venue's id alone. */
  remember(orderId: string, clientId: ClientOrderId): void {
    if (orderId === "" || clientId === "" || this.#clientIds.has(orderId)) return;
    keepBounded(this.#clientIds, orderId, clientId);
  }

  clientIdOf(orderId: string): ClientOrderId {
    return this.#clientIds.get(orderId) ?? clientOrderId("");
  }

  /** Remembers that an order is a conditional one; its id is "" until the venue says it. */
  rememberAlgo(clientId: ClientOrderId, algoId: string): void {
    if (clientId !== "") keepBounded(this.#algoIds, clientId, algoId);
  }

  /** The algo id of a conditional order, "" where not said yet; undefined for other orders. */
  algoIdOf(clientId: ClientOrderId): string | undefined {
    return this.#algoIds.get(clientId);
  }
}

function keepBounded<K, V>(map: Map<K, V>, key: K, value: V): void {
  if (map.size >= NAMES_MAX && !map.has(key)) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}

/** Buy or sell. */
export function sideOf(word: string): Side | undefined {
  return word === "buy" || word === "sell" ? word : undefined;
}

/** Type and time in force out of the one word that says both. */
export function kindOf(
  row: JsonObject,
): { readonly type: OrderType | undefined; readonly timeInForce: TimeInForce | undefined } {
  switch (textField(row, "ordType")) {
    case "market":
      return { type: "market", timeInForce: undefined };
    case "optimal_limit_ioc":
      return { type: "market", timeInForce: "ioc" };
    case "limit":
    case "post_only":
    case "mmp":
    case "mmp_and_post_only":
      return { type: "limit", timeInForce: "gtc" };
    case "ioc":
      return { type: "limit", timeInForce: "ioc" };
    case "fok":
      return { type: "limit", timeInForce: "fok" };
    case "trigger":
      return { type: triggerTypeOf(row), timeInForce: "gtc" };
    default:
      return { type: undefined, timeInForce: undefined };
  }
}

/** A price above zero; undefined where the venue says nothing, 0 or -1 (market); `bad` off grid. */
export function priceOf(instrument: Instrument, text: string): Price | undefined | "bad" {
  if (text === "" || Number(text) === 0 || Number(text) === -1) return undefined;
  const read = instrument.priceFromText(text);
  return read.ok && read.value > 0 ? read.value : "bad";
}

/** Our name of the order a row is about; a released conditional order keeps its own. */
export function clientIdIn(row: JsonObject): ClientOrderId {
  return clientOrderId(textField(row, "clOrdId") || textField(row, "algoClOrdId"));
}

/** A row of the orders channel or of an order query. */
export function orderUpdateOf(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: OrderUpdate["source"],
): OrderUpdate | undefined {
  const cancelSource = idField(row, "cancelSource");
  const end = orderEndOf(textField(row, "state"), cancelSource);
  const side = sideOf(textField(row, "side"));
  const price = priceOf(instrument, decimalField(row, "px"));
  const size = isInQuote(row, instrument) ? undefined : sizeOf(instrument, decimalField(row, "sz"));
  const filled = sizeOf(instrument, decimalField(row, "accFillSz"));
  if (end === undefined || side === undefined) return undefined;
  if (price === "bad" || size === "bad" || filled === "bad") return undefined;
  const words = cancelSource === "" ? "" : `cancelSource ${cancelSource}`;
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: instantOf(row, ["uTime", "cTime"]),
    source,
    clientOrderId: clientIdIn(row),
    venueOrderId: orderIdOf(idField(row, "ordId")),
    status: end.status,
    side,
    ...kindOf(row),
    price,
    size,
    filledSize: filled,
    averagePrice: positiveMoney(decimalField(row, "avgPx")),
    reason: end.reason,
    text: words === "" ? undefined : words,
  };
}

/** Sizes of spot market buys are in quote currency unless told: those say nothing of ours. */
function isInQuote(row: JsonObject, instrument: Instrument): boolean {
  const unit = textField(row, "tgtCcy");
  if (unit !== "") return unit !== "base_ccy";
  const { type } = kindOf(row);
  const isLimited = type === "limit" || type === "stop_limit";
  return instrument.terms.product === "spot" && textField(row, "side") === "buy" && !isLimited;
}

/** The latest fill in a row of the orders channel; undefined when it has none, `bad` unreadable. */
export function fillInOrder(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
): Fill | undefined | "bad" {
  const size = sizeOf(instrument, decimalField(row, "fillSz"));
  const id = idField(row, "tradeId");
  // "" and "0" mean none; a trade whose size is not said at all is one that cannot be read.
  if (size === undefined && id !== "" && id !== "0" && row["fillSz"] !== "") return "bad";
  if (size === undefined || size === 0) return undefined;
  if (size === "bad" || id === "") return "bad";
  return fillWith(row, instrument, at, size, {
    fee: decimalField(row, "fillFee"),
    feeAsset: textField(row, "fillFeeCcy"),
    time: "fillTime",
    clientId: clientIdIn(row),
  });
}

/** A row of `/api/v5/trade/fills`. */
export function fillOf(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
  clientId: ClientOrderId,
): Fill | undefined {
  const size = sizeOf(instrument, decimalField(row, "fillSz"));
  if (size === undefined || size === "bad" || size === 0) return undefined;
  const fill = fillWith(row, instrument, at, size, {
    fee: decimalField(row, "fee"),
    feeAsset: textField(row, "feeCcy"),
    time: textField(row, "fillTime") === "" ? "ts" : "fillTime",
    clientId,
  });
  return fill === "bad" ? undefined : fill;
}

function fillWith(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
  size: Size,
  said: {
    readonly fee: string;
    readonly feeAsset: string;
    readonly time: string;
    readonly clientId: ClientOrderId;
  },
): Fill | "bad" {
  const price = priceOf(instrument, decimalField(row, "fillPx"));
  const side = sideOf(textField(row, "side"));
  const id = idField(row, "tradeId");
  const fee = said.fee === "" ? undefined : moneyFromText(said.fee);
  if (price === undefined || price === "bad" || side === undefined || id === "") return "bad";
  const orderId = orderIdOf(idField(row, "ordId"));
  if (orderId === undefined && said.clientId === "") return "bad";
  if (fee !== undefined && !fee.ok) return "bad";
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: instantField(row, said.time),
    clientOrderId: said.clientId,
    venueOrderId: orderId,
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity: liquidityOf(textField(row, "execType")),
    fee: fee === undefined ? undefined : money(-fee.value),
    feeAsset: said.feeAsset === "" ? undefined : said.feeAsset,
  };
}

/** A conditional order of the algo channel or query. Once triggered, its order tells the rest. */
export function algoUpdateOf(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
  source: OrderUpdate["source"],
): OrderUpdate | undefined {
  const status = algoStatusOf(textField(row, "state"));
  const price = priceOf(instrument, decimalField(row, "ordPx"));
  const size = isInQuote(row, instrument) ? undefined : sizeOf(instrument, decimalField(row, "sz"));
  if (status === undefined || price === "bad" || size === "bad") return undefined;
  const id = idField(row, "algoId");
  const failCode = idField(row, "failCode");
  return {
    kind: "order",
    instrument: instrument.index,
    at,
    venueAt: instantOf(row, ["uTime", "cTime"]),
    source,
    clientOrderId: clientOrderId(textField(row, "algoClOrdId")),
    venueOrderId: id === "" ? undefined : venueOrderId(`${ALGO_ID_PREFIX}${id}`),
    status,
    side: sideOf(textField(row, "side")),
    ...kindOf(row),
    price,
    size,
    filledSize: undefined,
    averagePrice: undefined,
    reason: status === "rejected" ? rejectReasonOf(failCode) : undefined,
    text: failCode === "" || failCode === "0" ? undefined : failCode,
  };
}

/** Our word for a state of a conditional order; undefined where its released order tells. */
export function algoStatusOf(state: string): OrderUpdate["status"] | undefined {
  switch (state) {
    case "live":
    case "pause":
      return "new";
    case "canceled":
      return "cancelled";
    case "order_failed":
    case "partially_failed":
      return "rejected";
    default:
      return undefined;
  }
}

/** Whether a conditional order has released its order. */
export function isReleased(state: string): boolean {
  return state === "effective" || state === "partially_effective";
}

/** One currency of the account. */
export function balanceOf(row: JsonObject, at: Micros): BalanceUpdate | undefined {
  const asset = textField(row, "ccy");
  const total = moneyFromText(decimalField(row, "cashBal"));
  // Available equity counts where there is margin; the spot mode leaves it empty.
  const free = moneyFromText(decimalField(row, "availEq") || decimalField(row, "availBal"));
  if (asset === "" || !total.ok || !free.ok) return undefined;
  const venueAt = instantField(row, "uTime");
  const account = UNIFIED_ACCOUNT;
  return { kind: "balance", account, at, venueAt, asset, total: total.value, free: free.value };
}

/** A position: signed in net mode, by its side in long-short mode; undefined when unreadable. */
export function positionOf(
  row: JsonObject,
  instrument: Instrument,
  at: Micros,
): PositionUpdate | undefined {
  const text = decimalField(row, "pos");
  const isNegative = text.startsWith("-");
  const lots = sizeOf(instrument, isNegative ? text.slice(1) : text);
  if (lots === undefined || lots === "bad") return undefined;
  const side = textField(row, "posSide");
  if (side !== "net" && side !== "long" && side !== "short") return undefined;
  const isShort = isNegative || side === "short";
  const unrealised = moneyFromText(decimalField(row, "upl"));
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt: instantOf(row, ["uTime", "pTime", "cTime"]),
    size: signedSize(isShort ? -lots : lots),
    averagePrice: lots === 0 ? undefined : positiveMoney(decimalField(row, "avgPx")),
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

/** The venue's id of an order. */
export function orderIdOf(id: string): VenueOrderId | undefined {
  return id === "" || id === "0" ? undefined : venueOrderId(id);
}

/** Whether an id belongs to a conditional order. */
export function isAlgoId(id: VenueOrderId | undefined): boolean {
  return id !== undefined && id.startsWith(ALGO_ID_PREFIX);
}

/** -1 is the market; without a price nothing is said. */
function triggerTypeOf(row: JsonObject): OrderType | undefined {
  const price = decimalField(row, "ordPx") || decimalField(row, "orderPx");
  return price === "" ? undefined : Number(price) === -1 ? "stop_loss" : "stop_limit";
}

function liquidityOf(word: string): Liquidity | undefined {
  return word === "M" ? "maker" : word === "T" ? "taker" : undefined;
}

function instantOf(row: JsonObject, keys: readonly string[]): Micros {
  for (const key of keys) {
    const instant = instantField(row, key);
    if (instant > 0) return instant;
  }
  return instantField(row, keys[0]!);
}
