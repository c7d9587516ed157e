/**
 * The indexer's order, fill, balance and position objects to our events.
 *
 * The same shapes come by REST and by the socket. A decimal that does not fit the instrument's grid
 * makes the whole object unread (`undefined`), never a wrong number.
 * @module
 */
import {
  type ClientOrderId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  money,
  moneyFromText,
  type OrderStatus,
  type OrderType,
  type Price,
  type Side,
  signedSize,
  type Size,
  type TimeInForce,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, OrderUpdate, PositionUpdate } from "@/engine/messages/mod.ts";
import { isoInstant } from "./_iso_time.ts";
import {
  decimalField,
  idField,
  integerField,
  type JsonObject,
  sizeOf,
  textField,
} from "@/exchanges/kit/mod.ts";
import { COLLATERAL, DYDX_ACCOUNT } from "./instruments.ts";
import { removalOf } from "./reject_codes.ts";

/** Instruments by the venue's names and numbers. */
export class InstrumentLookup {
  readonly all: readonly Instrument[];
  readonly #byTicker = new Map<string, Instrument>();
  readonly #byPair = new Map<string, Instrument>();
  readonly #byIndex = new Map<InstrumentIndex, Instrument>();

  constructor(instruments: readonly Instrument[]) {
    this.all = instruments;
    for (const instrument of instruments) {
      const { venueSymbol, venueNumber } = instrument.terms;
      this.#byTicker.set(venueSymbol, instrument);
      this.#byIndex.set(instrument.index, instrument);
      if (venueNumber !== undefined) this.#byPair.set(String(venueNumber), instrument);
    }
  }

  byIndex(index: InstrumentIndex): Instrument | undefined {
    return this.#byIndex.get(index);
  }

  byTicker(ticker: string): Instrument | undefined {
    return this.#byTicker.get(ticker);
  }

  /** The market an object names, by ticker or by pair; "unsaid" when it names none. */
  of(object: JsonObject): Instrument | undefined | "unsaid" {
    const ticker = textField(object, "ticker") || textField(object, "market");
    const pair = idField(object, "clobPairId");
    if (ticker !== "") return this.#byTicker.get(ticker);
    return pair === "" ? "unsaid" : this.#byPair.get(pair);
  }
}

/** An order as the indexer says it, read but not yet judged. */
export interface VenueOrder {
  readonly id: string;
  /** Empty where not said. */
  readonly clientId: string;
  readonly status: string;
  readonly removalReason: string;
  readonly side: Side | undefined;
  readonly type: OrderType | undefined;
  readonly timeInForce: TimeInForce | undefined;
  readonly price: Price | undefined;
  readonly size: Size | undefined;
  /** Filled for good; undefined where not said. */
  readonly filled: Size | undefined;
  readonly flags: number | undefined;
  readonly goodTilBlock: number | undefined;
  readonly updatedAt: Micros;
}

/** Reads an order object; undefined when its numbers do not fit the instrument. */
export function venueOrderOf(order: JsonObject, instrument: Instrument): VenueOrder | undefined {
  const id = textField(order, "id");
  const price = priceOf(instrument, decimalField(order, "price"));
  const size = sizeOf(instrument, decimalField(order, "size"));
  const filled = sizeOf(instrument, decimalField(order, "totalFilled"));
  if (price === "bad" || size === "bad" || filled === "bad") return undefined;
  const goodTilBlock = integerField(order, "goodTilBlock");
  return {
    id,
    clientId: idField(order, "clientId"),
    status: textField(order, "status"),
    removalReason: textField(order, "removalReason"),
    side: sideOf(textField(order, "side")),
    type: typeOf(textField(order, "type")),
    timeInForce: timeInForceOf(textField(order, "timeInForce")),
    price,
    size: size === 0 ? undefined : size,
    filled,
    flags: integerField(order, "orderFlags"),
    goodTilBlock: goodTilBlock !== undefined && goodTilBlock > 0 ? goodTilBlock : undefined,
    updatedAt: isoInstant(textField(order, "updatedAt")),
  };
}

/** What an order's status means. `pending_end`: only that one node saw it cancelled. */
export interface JudgedOrder {
  readonly kind: "live" | "pending_end" | "over" | "replaced" | "unknown";
  readonly status: OrderStatus;
  readonly reason: OrderUpdate["reason"];
}

/** Judges a status by the sheet's table. `filled`: what is known of its fills. */
export function judgeOrder(order: VenueOrder, filled: number | undefined): JudgedOrder {
  const known = order.filled ?? filled;
  const resting = (known ?? 0) > 0 ? "partially_filled" : "new";
  switch (order.status) {
    case "BEST_EFFORT_OPENED":
    case "OPEN":
      return { kind: "live", status: resting, reason: undefined };
    case "UNTRIGGERED":
      return { kind: "live", status: "new", reason: undefined };
    case "FILLED":
      return { kind: "over", status: "filled", reason: undefined };
    case "ERROR":
      return { kind: "over", status: "rejected", reason: "other" };
    case "BEST_EFFORT_CANCELED": {
      const removal = removalOf(order.removalReason, undefined);
      const kind = removal.status === "alive" ? "replaced" : "pending_end";
      return { kind, status: resting, reason: undefined };
    }
    case "CANCELED": {
      const { status, reason } = removalOf(
        order.removalReason,
        known === undefined ? undefined : known > 0,
      );
      if (status === "alive") return { kind: "replaced", status: resting, reason: undefined };
      return { kind: "over", status, reason };
    }
    default:
      return { kind: "unknown", status: resting, reason: undefined };
  }
}

/** The event of an order. */
export function orderUpdateOf(
  order: VenueOrder,
  judged: JudgedOrder,
  instrument: Instrument,
  told: {
    readonly clientOrderId: ClientOrderId;
    readonly at: Micros;
    readonly source: OrderUpdate["source"];
    readonly filled: Size | undefined;
  },
): OrderUpdate {
  // What is being cancelled may be the terms before a replacement: they are not told again.
  const tellsTerms = judged.kind !== "pending_end";
  const text = order.removalReason || (judged.kind === "pending_end" ? order.status : "");
  return {
    kind: "order",
    instrument: instrument.index,
    at: told.at,
    venueAt: order.updatedAt,
    source: told.source,
    clientOrderId: told.clientOrderId,
    venueOrderId: order.id === "" ? undefined : venueOrderId(order.id),
    status: judged.status,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    price: tellsTerms ? order.price : undefined,
    size: tellsTerms ? order.size : undefined,
    filledSize: order.filled ?? told.filled,
    averagePrice: undefined,
    reason: judged.reason,
    text: text === "" ? undefined : text,
  };
}

/** One element of `fills`; undefined when it cannot be read. */
export function fillOf(
  fill: JsonObject,
  instrument: Instrument,
  at: Micros,
  clientId: ClientOrderId,
): Fill | undefined {
  const price = priceOf(instrument, decimalField(fill, "price"));
  const size = sizeOf(instrument, decimalField(fill, "size"));
  const side = sideOf(textField(fill, "side"));
  const id = textField(fill, "id");
  if (price === undefined || price === "bad" || size === undefined || size === "bad") {
    return undefined;
  }
  if (size <= 0 || side === undefined || id === "") return undefined;
  const feeText = decimalField(fill, "fee");
  const fee = feeText === "" ? undefined : moneyFromText(feeText);
  if (fee !== undefined && !fee.ok) return undefined;
  const liquidity = textField(fill, "liquidity");
  const orderId = textField(fill, "orderId");
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: isoInstant(textField(fill, "createdAt")),
    clientOrderId: clientId,
    venueOrderId: orderId === "" ? undefined : venueOrderId(orderId),
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity: liquidity === "MAKER" ? "maker" : liquidity === "TAKER" ? "taker" : undefined,
    fee: fee?.value,
    feeAsset: fee === undefined ? undefined : COLLATERAL,
  };
}

/** A position: the sign is the side's, whatever the size's. */
export function positionOf(
  position: JsonObject,
  instrument: Instrument,
  at: Micros,
): PositionUpdate | undefined {
  const text = decimalField(position, "size").replace(/^-/, "");
  const lots = sizeOf(instrument, text);
  const side = textField(position, "side");
  if (lots === undefined || lots === "bad" || (side !== "LONG" && side !== "SHORT")) {
    return undefined;
  }
  const isClosed = textField(position, "status") === "CLOSED" || lots === 0;
  const entry = moneyFromText(decimalField(position, "entryPrice"));
  const unrealised = moneyFromText(decimalField(position, "unrealizedPnl"));
  return {
    kind: "position",
    instrument: instrument.index,
    at,
    venueAt: 0 as Micros,
    size: signedSize(isClosed ? 0 : side === "SHORT" ? -lots : lots),
    averagePrice: isClosed || !entry.ok || entry.value <= 0n ? undefined : entry.value,
    unrealised: unrealised.ok ? unrealised.value : undefined,
  };
}

/** An asset position; `free` is what the subaccount may still use, where the venue said it. */
export function balanceOf(
  asset: JsonObject,
  free: Money | undefined,
  at: Micros,
): BalanceUpdate | undefined {
  const symbol = textField(asset, "symbol");
  const read = moneyFromText(decimalField(asset, "size").replace(/^-/, ""));
  const side = textField(asset, "side");
  if (symbol === "" || !read.ok || (side !== "LONG" && side !== "SHORT")) return undefined;
  const total = money(side === "SHORT" ? -read.value : read.value);
  return {
    kind: "balance",
    account: DYDX_ACCOUNT,
    at,
    venueAt: 0 as Micros,
    asset: symbol,
    total,
    free: free ?? (total > 0n ? total : money(0n)),
  };
}

function priceOf(instrument: Instrument, text: string): Price | undefined | "bad" {
  if (text === "") return undefined;
  const read = instrument.priceFromText(text);
  if (!read.ok || read.value < 0) return "bad";
  return read.value === 0 ? undefined : read.value;
}

function sideOf(word: string): Side | undefined {
  return word === "BUY" ? "buy" : word === "SELL" ? "sell" : undefined;
}

function typeOf(word: string): OrderType | undefined {
  switch (word) {
    case "LIMIT":
      return "limit";
    case "MARKET":
      return "market";
    case "STOP_MARKET":
      return "stop_loss";
    case "STOP_LIMIT":
      return "stop_limit";
    default:
      return undefined;
  }
}

function timeInForceOf(word: string): TimeInForce | undefined {
  return word === "GTT" ? "gtc" : word === "IOC" ? "ioc" : word === "FOK" ? "fok" : undefined;
}
