/**
 * A `MarketView` and a `QuoteBoard` whose every answer a test sets by hand.
 * @module
 */
import {
  type AccountKey,
  accountKey,
  type ClientOrderId,
  clientOrderId,
  createInstrument,
  feeRate,
  type FeeSchedule,
  type FillId,
  fillId,
  type Instrument,
  type InstrumentIndex,
  instrumentIndex,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  type Micros,
  micros,
  type Money,
  moneyFromText,
  type Price,
  price,
  type Side,
  type SignedSize,
  signedSize,
  type Size,
  size,
  strategyId,
  symbolFrom,
  symbolOf,
  unwrap,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import type { Fill, PlaceOrder, TradingMode } from "@/engine/messages/mod.ts";
import type { BookView, MarketView, OrderView, QuoteBoard } from "@/engine/ports/mod.ts";

/** `BTC-USDT-PERP` at tick 0.1 and lot 0.001 on Binance, unless said otherwise. */
export function perpetual(index = 0, terms: Partial<InstrumentTerms> = {}): Instrument {
  const base = terms.base ?? "BTC";
  return unwrap(createInstrument(instrumentIndex(index), {
    venue: "binance",
    symbol: symbolFrom(base, "USDT", "perpetual"),
    venueSymbol: venueSymbolOf(`${base}USDT`),
    product: "perpetual",
    account: accountKey("binance", "perpetual"),
    base,
    quote: "USDT",
    settle: "USDT",
    tick: "0.1",
    lot: "0.001",
    contractSize: "1",
    ...terms,
  }));
}

/** `BTC-USDT` spot at tick 0.01 and lot 0.00001 on Binance, unless said otherwise. */
export function spot(index = 0, terms: Partial<InstrumentTerms> = {}): Instrument {
  return perpetual(index, {
    symbol: symbolOf("BTC-USDT"),
    product: "spot",
    account: accountKey("binance", "spot"),
    tick: "0.01",
    lot: "0.00001",
    ...terms,
  });
}

/** A book of a few levels. */
export class FakeBook implements BookView {
  usable = true;
  updatedAt: Micros = micros(0);
  sequence = 1;
  bids: [ticks: number, lots: number][] = [];
  asks: [ticks: number, lots: number][] = [];

  get bidPrice(): Price {
    return price(this.bids[0]?.[0] ?? 0);
  }
  get bidSize(): Size {
    return size(this.bids[0]?.[1] ?? 0);
  }
  get askPrice(): Price {
    return price(this.asks[0]?.[0] ?? 0);
  }
  get askSize(): Size {
    return size(this.asks[0]?.[1] ?? 0);
  }

  readLevels(side: Side, count: number, prices: Float64Array, sizes: Float64Array): number {
    const levels = side === "buy" ? this.bids : this.asks;
    const read = Math.min(count, levels.length);
    for (let level = 0; level < read; level++) {
      prices[level] = levels[level]![0];
      sizes[level] = levels[level]![1];
    }
    return read;
  }
}

/** One instrument's facts. */
export interface FakeMarket {
  instrument: Instrument;
  fees: FeeSchedule;
  status: InstrumentTradingStatus;
  book: FakeBook;
  /** 0: the mid. */
  mark: number;
  fundingRate: number;
  fundingAt: Micros;
  lastTrade: Price;
  position: number;
}

/** An own order with what a test says of it. */
export interface FakeOrder {
  id: string;
  side: Side;
  price: number | undefined;
  size: number;
  filled?: number;
  worst?: number;
  state?: string;
  instrument?: number;
}

/** The whole view. */
export class FakeView implements MarketView {
  now: Micros = micros(1_000_000_000);
  mode: TradingMode = "normal";
  readonly markets: (FakeMarket | undefined)[] = [];
  orders: OrderView[] = [];
  accountReady = true;
  venueUp = true;
  /** By `account|asset`. */
  readonly balances = new Map<string, number>();
  parts = { realised: 0, unrealised: 0, fees: 0, funding: 0 };

  constructor(...instruments: Instrument[]) {
    for (const instrument of instruments) this.define(instrument);
  }

  get instrumentCount(): number {
    return this.markets.length;
  }

  /** Adds an instrument; its book is empty. */
  define(instrument: Instrument): FakeMarket {
    return this.markets[instrument.index] = {
      instrument,
      fees: { maker: feeRate(0), taker: feeRate(400) },
      status: "trading",
      book: new FakeBook(),
      mark: 0,
      fundingRate: 0,
      fundingAt: micros(0),
      lastTrade: price(0),
      position: 0,
    };
  }

  market(index = 0): FakeMarket {
    const market = this.markets[index];
    if (market === undefined) throw new Error(`Test asks for instrument ${index}: not defined`);
    return market;
  }

  /** Sets one level on each side, ticks and lots. */
  touch(bid: number, bidSize: number, ask: number, askSize: number, index = 0): void {
    const book = this.market(index).book;
    book.bids = [[bid, bidSize]];
    book.asks = [[ask, askSize]];
  }

  /** Adds an own live order. */
  addOrder(order: FakeOrder): void {
    const filled = order.filled ?? 0;
    this.orders.push({
      clientOrderId: clientOrderId(order.id),
      instrument: instrumentIndex(order.instrument ?? 0),
      strategy: strategyId("maker"),
      side: order.side,
      price: order.price === undefined ? undefined : price(order.price),
      size: size(order.size),
      filledSize: size(filled),
      worstLeaves: size(order.worst ?? order.size - filled),
      state: order.state ?? "new",
    });
  }

  setBalance(account: string, asset: string, free: number): void {
    this.balances.set(`${account}|${asset}`, free);
  }

  isDefined(index: InstrumentIndex): boolean {
    return this.markets[index] !== undefined;
  }
  instrument(index: InstrumentIndex): Instrument {
    return this.market(index).instrument;
  }
  fees(index: InstrumentIndex): FeeSchedule {
    return this.market(index).fees;
  }
  status(index: InstrumentIndex): InstrumentTradingStatus {
    return this.market(index).status;
  }
  book(index: InstrumentIndex): FakeBook {
    return this.market(index).book;
  }
  markValue(index: InstrumentIndex): number {
    const market = this.market(index);
    if (market.mark > 0) return market.mark;
    const { bidPrice, askPrice } = market.book;
    return bidPrice > 0 && askPrice > 0
      ? market.instrument.priceValue((bidPrice + askPrice) / 2)
      : 0;
  }
  fundingRate(index: InstrumentIndex): number {
    return this.market(index).fundingRate;
  }
  fundingAt(index: InstrumentIndex): Micros {
    return this.market(index).fundingAt;
  }
  lastTrade(index: InstrumentIndex): Price {
    return this.market(index).lastTrade;
  }
  isAccountReady(_account: AccountKey): boolean {
    return this.accountReady;
  }
  isVenueUp(): boolean {
    return this.venueUp;
  }
  position(index: InstrumentIndex): SignedSize {
    return signedSize(this.market(index).position);
  }
  // Indexed loops: benches measure what a review allocates, and an iterator would be counted.
  workingSize(index: InstrumentIndex, side: Side): Size {
    let sum = 0;
    for (let at = 0; at < this.orders.length; at++) {
      const order = this.orders[at]!;
      if (order.instrument === index && order.side === side) sum += order.worstLeaves;
    }
    return size(sum);
  }
  openOrderCount(index: InstrumentIndex): number {
    let count = 0;
    for (let at = 0; at < this.orders.length; at++) {
      if (this.orders[at]!.instrument === index) count++;
    }
    return count;
  }
  forEachOrder(index: InstrumentIndex, visit: (order: OrderView) => void): void {
    for (let at = 0; at < this.orders.length; at++) {
      if (this.orders[at]!.instrument === index) visit(this.orders[at]!);
    }
  }
  ownBest(index: InstrumentIndex, side: Side): Price {
    let best = 0;
    for (let at = 0; at < this.orders.length; at++) {
      const order = this.orders[at]!;
      if (order.instrument !== index || order.side !== side || order.price === undefined) continue;
      const better = best === 0 || (side === "buy" ? order.price > best : order.price < best);
      if (better) best = order.price;
    }
    return price(best);
  }
  order(id: ClientOrderId): OrderView | undefined {
    for (let at = 0; at < this.orders.length; at++) {
      if (this.orders[at]!.clientOrderId === id) return this.orders[at];
    }
    return undefined;
  }
  freeBalance(account: AccountKey, asset: string): number | undefined {
    return this.balances.get(`${account}|${asset}`);
  }
  profit(): { realised: number; unrealised: number; fees: number; funding: number } {
    return this.parts;
  }
}

/** Records what a strategy writes; the texts are `buy 999 x 10`. */
export class FakeBoard implements QuoteBoard {
  /** Quotes by instrument, as they stand. */
  readonly standing = new Map<number, string[]>();
  begins = 0;
  pulls = 0;
  readonly takes: string[] = [];

  begin(instrument: InstrumentIndex): void {
    this.begins++;
    this.standing.set(instrument, []);
  }
  quote(instrument: InstrumentIndex, side: Side, at: Price, lots: Size): void {
    const quotes = this.standing.get(instrument);
    if (quotes === undefined) throw new Error("A board is begun before it is written");
    quotes.push(`${side} ${at} x ${lots}`);
  }
  pull(instrument: InstrumentIndex): void {
    this.pulls++;
    this.standing.set(instrument, []);
  }
  take(_instrument: InstrumentIndex, side: Side, at: Price, lots: Size, reduce: boolean): void {
    this.takes.push(`${side} ${at} x ${lots}${reduce ? " reduce-only" : ""}`);
  }
  quotes(instrument = 0): readonly string[] {
    return this.standing.get(instrument) ?? [];
  }
}

/** A place request; a post-only GTC limit buy of 10 lots at 1,000 ticks unless said otherwise. */
export function placeOrder(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("order-1"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(1_000),
    triggerPrice: undefined,
    size: size(10),
    ...changes,
  };
}

/** A fill; fees as text. */
export function fillOf(
  changes: {
    id: string;
    side: Side;
    price: number;
    size: number;
    fee?: string;
    feeAsset?: string;
    at?: number;
    venueAt?: number;
    instrument?: number;
  },
): Fill {
  const id: FillId = fillId(changes.id);
  const fee: Money | undefined = changes.fee === undefined
    ? undefined
    : unwrap(moneyFromText(changes.fee));
  return {
    kind: "fill",
    instrument: instrumentIndex(changes.instrument ?? 0),
    at: micros(changes.at ?? 1_000_000_000),
    venueAt: micros(changes.venueAt ?? 0),
    clientOrderId: clientOrderId("order-1"),
    venueOrderId: undefined,
    fillId: id,
    side: changes.side,
    price: price(changes.price),
    size: size(changes.size),
    liquidity: "maker",
    fee,
    feeAsset: fee === undefined ? undefined : changes.feeAsset ?? "USDT",
  };
}
