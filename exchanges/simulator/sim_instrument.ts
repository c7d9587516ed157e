/**
 * `SimInstrument`: one instrument of a simulated exchange with its market, numbers and prices.
 *
 * 1. Every change of a level gets the next update number; spot books count without holes, others
 *    may leave holes, as real venues do.
 * 2. The published touch is never crossed and never one-sided.
 * 3. The instrument's own grid never changes; the steps that orders keep may (`changeInstrument`).
 * @module
 */
import type { Market } from "@/engine/matching/mod.ts";
import {
  type FeeSchedule,
  type Instrument,
  type InstrumentTradingStatus,
  type Micros,
  micros,
  type Side,
} from "@/engine/domain/mod.ts";

/** One public print. Valid only during the call. */
export interface SimPrint {
  id: number;
  price: number;
  size: number;
  aggressor: Side;
  /** Numbers of the two orders; 0 where a recording stands in for one. */
  makerOrderId: number;
  takerOrderId: number;
  at: Micros;
}

/** What trading on one instrument costs and allows. */
export interface SimInstrumentOptions {
  readonly instrument: Instrument;
  readonly fees: FeeSchedule;
  /** "received": from what the fill brings (spot); "settle": from the settlement asset. */
  readonly feeFrom: "received" | "settle";
  /** A fired stop enters under its own number, or becomes a new order. */
  readonly stops: "in_place" | "spawn";
  /** Whether book numbers count without holes. */
  readonly contiguous: boolean;
  /** First book number, trade number. */
  readonly firstUpdateId: number;
  readonly firstTradeId: number;
  /** Limit prices may not be further from the mark than this fraction; 0: no band. */
  readonly priceBand: number;
  readonly openOrdersMax: number;
  readonly stopsMax: number;
  /** Initial leverage of perpetuals. */
  readonly leverage: number;
  /** Price of the beginning, where nothing has traded yet. */
  readonly startPrice: number;
}

const PRINTS_KEPT = 250;

/** Live state of one instrument. Written by the exchange alone. */
export class SimInstrument {
  readonly options: SimInstrumentOptions;
  readonly instrument: Instrument;
  readonly perpetual: boolean;
  market: Market | undefined;
  status: InstrumentTradingStatus = "trading";
  updateId: number;
  tradeId: number;
  bid = 0;
  bidSize = 0;
  ask = 0;
  askSize = 0;
  /** Price of the last print in ticks; the mid before the first. */
  last: number;
  /** Mark and index price as floats in ticks. */
  mark: number;
  index: number;
  premium = 0;
  fundingRate = 0.0001;
  nextFundingAt: Micros = micros(0);
  /** Newest last; at most twice `PRINTS_KEPT` of them. */
  readonly prints: SimPrint[] = [];
  /** Anything of a dialect's own, kept with the instrument. */
  wire: unknown = undefined;
  #stride = 0;
  #unpublished = true;

  constructor(options: SimInstrumentOptions) {
    this.options = options;
    this.instrument = options.instrument;
    this.perpetual = options.instrument.terms.product === "perpetual";
    this.updateId = options.firstUpdateId;
    this.tradeId = options.firstTradeId;
    this.last = options.startPrice;
    this.mark = options.startPrice;
    this.index = options.startPrice;
  }

  /** The number of the next level change. */
  nextUpdateId(): number {
    if (this.options.contiguous) return ++this.updateId;
    this.#stride = (this.#stride * 5 + 3) & 7;
    this.updateId += 1 + this.#stride;
    return this.updateId;
  }

  /** Reads the touch again; true when it changed and may be published. */
  refreshTouch(): boolean {
    const market = this.market;
    if (market === undefined) return false;
    const bid = market.best("buy");
    const ask = market.best("sell");
    this.#unpublished = bid <= 0 || ask <= 0 || bid >= ask;
    if (this.#unpublished) return false;
    const bidSize = market.sizeAt("buy", bid);
    const askSize = market.sizeAt("sell", ask);
    if (
      bid === this.bid && ask === this.ask && bidSize === this.bidSize && askSize === this.askSize
    ) {
      return false;
    }
    this.bid = bid;
    this.ask = ask;
    this.bidSize = bidSize;
    this.askSize = askSize;
    if (this.prints.length === 0) this.last = Math.round((bid + ask) / 2);
    return true;
  }

  /** Whether a level change at `price` can move the published touch. */
  touches(side: Side, price: number): boolean {
    if (this.#unpublished) return true;
    return side === "buy" ? price >= this.bid : price <= this.ask;
  }

  /** The mid of the touch in ticks, or the last price while there is none. */
  mid(): number {
    return this.bid > 0 && this.ask > 0 ? (this.bid + this.ask) / 2 : this.last;
  }

  /** Keeps a copy of a print for who asks for recent trades. */
  keepPrint(print: SimPrint): void {
    this.prints.push({ ...print });
    if (this.prints.length > PRINTS_KEPT * 2) this.prints.splice(0, PRINTS_KEPT);
  }
}
