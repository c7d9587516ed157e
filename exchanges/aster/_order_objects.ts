/**
 * Aster's order, trade, balance and position objects, of answers, queries and own events.
 *
 * An object with an amount that is not on the instrument's grid is not read at all (`undefined`):
 * never a wrong number.
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
  type OrderStatus,
  type OrderType,
  type Product,
  type Side,
  signedSize,
  type TimeInForce,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate, Fill, OrderUpdate, PositionUpdate } from "@/engine/messages/mod.ts";
import { BAD, Fields, positive } from "./_fields.ts";
import { FeeSign } from "./_fee_sign.ts";
import { endReasonOf } from "./reject_codes.ts";

const OWNERS_MAX = 4_096;

/** What is known of the account's instruments, orders and fee signs; shared by all its readers. */
export class AccountBook {
  /** Fee signs of futures: own events, and the list of trades. Spot's are documented. */
  readonly streamFees = new FeeSign(false);
  readonly listFees = new FeeSign(false);
  readonly spotFees = new FeeSign(true);
  readonly #byName = new Map<string, Instrument>();
  readonly #instruments: readonly Instrument[];
  readonly #owners = new Map<string, ClientOrderId>();
  /** Fees as own events wrote them, by fill. */
  readonly #written = new Map<string, Money>();

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = instruments;
    for (const one of instruments) {
      this.#byName.set(`${one.terms.product}:${one.terms.venueSymbol}`, one);
    }
  }

  named(product: Product, venueSymbol: string): Instrument | undefined {
    return this.#byName.get(`${product}:${venueSymbol}`);
  }

  at(index: InstrumentIndex): Instrument | undefined {
    return this.#instruments.find((one) => one.index === index);
  }

  of(product: Product): readonly Instrument[] {
    return this.#instruments.filter((one) => one.terms.product === product);
  }

  /** Trade lists name orders by the venue's id alone: remembers whose each is. */
  remember(instrument: Instrument, orderId: string, owner: ClientOrderId): void {
    if (orderId === "" || owner === "") return;
    keep(this.#owners, `${instrument.index}:${orderId}`, owner);
  }

  ownerOf(instrument: Instrument, orderId: string): ClientOrderId {
    return this.#owners.get(`${instrument.index}:${orderId}`) ?? clientOrderId("");
  }

  /** Remembers how own events wrote a fill's fee: the list of trades may write it otherwise. */
  rememberFee(instrument: Instrument, id: string, amount: Money): void {
    keep(this.#written, `${instrument.index}:${id}`, amount);
  }

  /** The fee in a list of trades, charged above zero; undefined while the sign is not known. */
  listedFee(instrument: Instrument, trade: ListedFee): Money | undefined {
    if (instrument.terms.product === "spot") {
      return this.spotFees.read(trade.amount, trade.liquidity);
    }
    const written = this.#written.get(`${instrument.index}:${trade.id}`);
    if (written === trade.amount) this.listFees.adopt(this.streamFees);
    return this.listFees.read(trade.amount, trade.liquidity);
  }
}

/** A fee as a list of trades writes it. */
interface ListedFee {
  readonly id: string;
  readonly amount: Money;
  readonly liquidity: Fill["liquidity"];
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.has(key)) return;
  if (map.size >= OWNERS_MAX) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  map.set(key, value);
}

const STATUSES: Readonly<Record<string, OrderStatus>> = {
  NEW: "new",
  NEW_INSURANCE: "new",
  NEW_ADL: "new",
  PARTIALLY_FILLED: "partially_filled",
  FILLED: "filled",
  CANCELED: "cancelled",
  EXPIRED: "expired",
  REJECTED: "rejected",
};
const TYPES: Readonly<Record<string, OrderType>> = {
  LIMIT: "limit",
  MARKET: "market",
  STOP: "stop_limit",
  STOP_MARKET: "stop_loss",
};
const TIMES: Readonly<Record<string, TimeInForce>> = {
  GTC: "gtc",
  GTX: "gtc",
  HIDDEN: "gtc",
  RPI: "gtc",
  IOC: "ioc",
  FOK: "fok",
};
const SIDES: Readonly<Record<string, Side>> = { BUY: "buy", SELL: "sell" };

/** Under which keys an order stands: in full in answers, by letters in own events. */
export interface OrderKeys {
  readonly status: string;
  readonly side: string;
  readonly type: string;
  readonly originalType: string;
  readonly timeInForce: string;
  readonly price: string;
  readonly size: string;
  readonly filled: string;
  readonly average: string;
  readonly id: string;
}

const ANSWER_KEYS: OrderKeys = {
  status: "status",
  side: "side",
  type: "type",
  originalType: "origType",
  timeInForce: "timeInForce",
  price: "price",
  size: "origQty",
  filled: "executedQty",
  average: "avgPrice",
  id: "orderId",
};

/** Who tells of an order, when, and by what name of ours. */
export interface Told {
  readonly at: Micros;
  readonly venueAt: Micros;
  readonly source: OrderUpdate["source"];
  readonly name: ClientOrderId;
}

/** An order's state from either form; the reason why not when it cannot be read. */
export function orderOf(
  order: Fields,
  keys: OrderKeys,
  instrument: Instrument,
  told: Told,
): OrderUpdate | string {
  const venueStatus = order.text(keys.status);
  const status = STATUSES[venueStatus];
  const price = order.price(keys.price, instrument);
  const size = order.size(keys.size, instrument);
  const filled = order.size(keys.filled, instrument);
  if (status === undefined) return "order status is not known";
  if (price === BAD || size === BAD || filled === BAD) {
    return "order is not on the instrument's grids";
  }
  const timeInForce = order.text(keys.timeInForce);
  const reason = endReasonOf(venueStatus, timeInForce, filled === 0);
  return {
    kind: "order",
    instrument: instrument.index,
    at: told.at,
    venueAt: told.venueAt,
    source: told.source,
    clientOrderId: told.name,
    venueOrderId: orderIdOf(order.scalar(keys.id)),
    status,
    side: SIDES[order.text(keys.side)],
    // A stop that was triggered is told by its new type; what we placed is the original one.
    type: TYPES[order.text(keys.originalType)] ?? TYPES[order.text(keys.type)],
    timeInForce: TIMES[timeInForce],
    price,
    size,
    filledSize: filled,
    averagePrice: positive(order.money(keys.average)),
    reason,
    text: reason === undefined ? undefined : venueStatus,
  };
}

/** An order of an answer or a query. */
export function answeredOrder(
  order: Fields,
  instrument: Instrument,
  at: Micros,
  source: "answer" | "query",
): OrderUpdate | undefined {
  const name = clientOrderId(order.text("clientOrderId"));
  const venueAt = order.instant("updateTime", "time");
  const read = orderOf(order, ANSWER_KEYS, instrument, { at, venueAt, source, name });
  return typeof read === "string" ? undefined : read;
}

/** The venue's order id; 0 stands for none. */
export function orderIdOf(text: string): VenueOrderId | undefined {
  return text === "" || text === "0" ? undefined : venueOrderId(text);
}

/** The side in the venue's word. */
export function sideOf(word: string): Side | undefined {
  return SIDES[word];
}

/** Maker or taker, where it is said. */
export function liquidityOf(isMaker: boolean | undefined): Fill["liquidity"] {
  return isMaker === undefined ? undefined : isMaker ? "maker" : "taker";
}

/** One element of `userTrades`. */
export function listedFill(
  trade: Fields,
  instrument: Instrument,
  at: Micros,
  book: AccountBook,
): Fill | undefined {
  const price = trade.price("price", instrument);
  const size = trade.size("qty", instrument);
  const amount = trade.money("commission");
  const side = SIDES[trade.text("side")];
  const id = trade.scalar("id");
  if (price === undefined || price === BAD || size === undefined || size === BAD) return undefined;
  if (size === 0 || side === undefined || id === "" || amount === BAD) return undefined;
  const liquidity = liquidityOf(trade.flag("maker"));
  const orderId = trade.scalar("orderId");
  return {
    kind: "fill",
    instrument: instrument.index,
    at,
    venueAt: trade.instant("time"),
    clientOrderId: book.ownerOf(instrument, orderId),
    venueOrderId: orderIdOf(orderId),
    fillId: fillId(id),
    side,
    price,
    size,
    liquidity,
    fee: amount === undefined ? undefined : book.listedFee(instrument, { id, amount, liquidity }),
    feeAsset: trade.text("commissionAsset") || instrument.terms.settle,
  };
}

/** A position from its amount, entry price and unrealised profit. */
export function positionOf(
  entry: Fields,
  keys: { readonly amount: string; readonly entry: string; readonly unrealised: string },
  instrument: Instrument,
  instants: { readonly at: Micros; readonly venueAt: Micros },
): PositionUpdate | undefined {
  const text = entry.scalar(keys.amount);
  const lots = instrument.sizeFromText(text.replace(/^-/, ""));
  const unrealised = entry.money(keys.unrealised);
  if (!lots.ok) return undefined;
  return {
    kind: "position",
    instrument: instrument.index,
    ...instants,
    size: signedSize(text.startsWith("-") ? -lots.value : lots.value),
    averagePrice: lots.value === 0 ? undefined : positive(entry.money(keys.entry)),
    unrealised: unrealised === BAD ? undefined : unrealised,
  };
}

/** A balance out of two amounts; `isTotal` says that the first is the total, else it is free. */
export function balanceOf(
  entry: Fields,
  keys:
    & { readonly asset: string; readonly free: string }
    & (
      | { readonly total: string }
      | { readonly locked: string }
    ),
  account: AccountKey,
  instants: { readonly at: Micros; readonly venueAt: Micros },
): BalanceUpdate | undefined {
  const asset = entry.text(keys.asset);
  const free = entry.money(keys.free);
  const other = entry.money("total" in keys ? keys.total : keys.locked);
  if (asset === "" || free === undefined || free === BAD) return undefined;
  if (other === undefined || other === BAD) return undefined;
  const total = "total" in keys ? other : (free + other) as Money;
  return { kind: "balance", account, ...instants, asset, total, free };
}
