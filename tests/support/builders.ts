/**
 * Builders of instruments, requests and events for tests: everything has a sensible default and any
 * field can be said. Prices and sizes are whole ticks and lots.
 *
 * `btcPerp()`: tick 0.1, lot 0.001, quote USDT. `btcSpot()`: tick 0.01, lot 0.00001.
 * @module
 */
import {
  accountKey,
  type ClientOrderId,
  clientOrderId,
  createInstrument,
  feeRate,
  type FeeSchedule,
  fillId,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  type Micros,
  micros,
  type Money,
  moneyFromText,
  price,
  signedSize,
  size,
  type StrategyId,
  strategyId,
  symbolOf,
  unwrap,
  venueOrderId,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import type {
  AccountReport,
  AmendOrder,
  BalanceUpdate,
  CancelOrder,
  Fill,
  FundingPayment,
  InstrumentDefined,
  OrderNotFound,
  OrderUpdate,
  PlaceOrder,
  PositionUpdate,
  ReplaceOrder,
  RequestLost,
  RequestRefused,
} from "@/engine/messages/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

/** 2026-01-15T00:00:00Z, where tests begin. */
export const START: Micros = micros(1_768_435_200_000_000);

/** The account of `btcPerp()` and `ethPerp()`, and that of `btcSpot()`. */
export const PERPETUAL_ACCOUNT = accountKey("binance", "perpetual");
export const SPOT_ACCOUNT = accountKey("binance", "spot");

/** The strategy of orders when a test does not care. */
export const MAKER: StrategyId = strategyId("maker");

/** An instant after `START`. */
export function atSeconds(seconds: number): Micros {
  return micros(START + Math.round(seconds * 1_000_000));
}

/** Terms of BTC-USDT-PERP on Binance, with any field changed. */
export function termsOf(changes: Partial<InstrumentTerms> = {}): InstrumentTerms {
  return {
    venue: "binance",
    symbol: symbolOf("BTC-USDT-PERP"),
    venueSymbol: venueSymbolOf("BTCUSDT"),
    product: "perpetual",
    account: PERPETUAL_ACCOUNT,
    base: "BTC",
    quote: "USDT",
    settle: "USDT",
    tick: "0.1",
    lot: "0.001",
    contractSize: "1",
    minSize: changes.lot ?? "0.001",
    maxSize: "1000",
    minNotional: "100",
    ...changes,
  };
}

/** An instrument of any terms. */
export function instrumentOf(index = 0, changes: Partial<InstrumentTerms> = {}): Instrument {
  return unwrap(createInstrument(instrumentIndex(index), termsOf(changes)));
}

/** BTC-USDT-PERP: tick 0.1, lot 0.001. */
export function btcPerp(index = 0): Instrument {
  return instrumentOf(index);
}

/** ETH-USDT-PERP: tick 0.01, lot 0.001. */
export function ethPerp(index = 1): Instrument {
  return instrumentOf(index, {
    symbol: symbolOf("ETH-USDT-PERP"),
    venueSymbol: venueSymbolOf("ETHUSDT"),
    base: "ETH",
    tick: "0.01",
    minNotional: "20",
  });
}

/** BTC-USDT spot: tick 0.01, lot 0.00001. */
export function btcSpot(index = 2): Instrument {
  return instrumentOf(index, {
    symbol: symbolOf("BTC-USDT"),
    product: "spot",
    account: SPOT_ACCOUNT,
    tick: "0.01",
    lot: "0.00001",
    minSize: "0.00001",
    maxSize: "9000",
    minNotional: "5",
  });
}

/** Maker 0, taker 3 bp. */
export function feesOf(maker = 0, taker = 300): FeeSchedule {
  return { maker: feeRate(maker), taker: feeRate(taker) };
}

/** The event that makes an instrument known. */
export function instrumentDefined(
  instrument: Instrument,
  at: Micros = START,
): InstrumentDefined {
  return {
    kind: "instrument_defined",
    at,
    index: instrument.index,
    terms: instrument.terms,
    fees: feesOf(),
  };
}

/** A venue that can do everything, as most tests want it. */
export function capabilitiesOf(changes: Partial<VenueCapabilities> = {}): VenueCapabilities {
  return {
    amend: "any",
    amendKeepsClientOrderId: true,
    replace: true,
    cancelAll: true,
    deadManSwitch: true,
    postOnly: true,
    reduceOnly: true,
    stopOrders: true,
    fillOrKill: true,
    webSocketOrders: true,
    clientOrderIdLengthMax: 36,
    clientOrderIdPattern: "^[\\.A-Z\\:/a-z0-9_-]{1,36}$",
    ...changes,
  };
}

/** Marks plain numbers and texts, for short tests. */
export const ticks = price;
export const lots = size;
export const orderId = clientOrderId;

/** A post-only buy of 10 lots at 1,000 ticks, named "a1". */
export function placeOrder(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("a1"),
    strategy: MAKER,
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

/** An amend of "a1" to 10 lots at 1,001 ticks. */
export function amendOrder(changes: Partial<AmendOrder> = {}): AmendOrder {
  return {
    kind: "amend_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("a1"),
    venueOrderId: undefined,
    strategy: MAKER,
    side: "buy",
    price: price(1_001),
    size: size(10),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
    ...changes,
  };
}

/** A replace of "a1" by "a2" of 10 lots at 1,001 ticks. */
export function replaceOrder(changes: Partial<ReplaceOrder> = {}): ReplaceOrder {
  return {
    kind: "replace_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("a1"),
    venueOrderId: undefined,
    newClientOrderId: clientOrderId("a2"),
    strategy: MAKER,
    side: "buy",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(1_001),
    size: size(10),
    ...changes,
  };
}

/** A cancel of "a1". */
export function cancelOrder(id: ClientOrderId | string = "a1", instrument = 0): CancelOrder {
  return {
    kind: "cancel_order",
    instrument: instrumentIndex(instrument),
    clientOrderId: clientOrderId(id),
    venueOrderId: undefined,
  };
}

/** The venue says that "a1" is new; what is not given is not said. */
export function orderUpdate(changes: Partial<OrderUpdate> = {}): OrderUpdate {
  return {
    kind: "order",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    source: "stream",
    clientOrderId: clientOrderId("a1"),
    venueOrderId: undefined,
    status: "new",
    side: undefined,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: undefined,
    averagePrice: undefined,
    reason: undefined,
    text: undefined,
    ...changes,
  };
}

/** A maker fill "f1" of "a1": buys 1 lot at 1,000 ticks, no fee said. */
export function fillOf(changes: Partial<Fill> = {}): Fill {
  return {
    kind: "fill",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    clientOrderId: clientOrderId("a1"),
    venueOrderId: undefined,
    fillId: fillId("f1"),
    side: "buy",
    price: price(1_000),
    size: size(1),
    liquidity: "maker",
    fee: undefined,
    feeAsset: undefined,
    ...changes,
  };
}

/** The place of "a1" was refused because it would have taken. */
export function requestRefused(changes: Partial<RequestRefused> = {}): RequestRefused {
  return {
    kind: "request_refused",
    instrument: instrumentIndex(0),
    at: START,
    clientOrderId: clientOrderId("a1"),
    request: "place",
    reason: "post_only_would_take",
    text: "",
    ...changes,
  };
}

/** The fate of the place of "a1" is unknown. */
export function requestLost(changes: Partial<RequestLost> = {}): RequestLost {
  return {
    kind: "request_lost",
    instrument: instrumentIndex(0),
    at: START,
    clientOrderId: clientOrderId("a1"),
    request: "place",
    outcome: "unknown",
    text: "",
    ...changes,
  };
}

/** The venue knows no "a1". */
export function orderNotFound(at: Micros = START, id = "a1"): OrderNotFound {
  return {
    kind: "order_not_found",
    instrument: instrumentIndex(0),
    at,
    clientOrderId: clientOrderId(id),
  };
}

/** An empty report of the perpetual account. */
export function accountReport(changes: Partial<AccountReport> = {}): AccountReport {
  return {
    kind: "account_report",
    account: PERPETUAL_ACCOUNT,
    at: START,
    askedAt: START,
    openOrders: [],
    positions: [],
    balances: [],
    fills: [],
    ...changes,
  };
}

/** The venue says a position. */
export function positionUpdate(
  signedLots: number,
  changes: Partial<PositionUpdate> = {},
): PositionUpdate {
  return {
    kind: "position",
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    size: signedSize(signedLots),
    averagePrice: undefined,
    unrealised: undefined,
    ...changes,
  };
}

/** The venue says a balance, all of it free; `total` is decimal text. */
export function balanceUpdate(
  asset: string,
  total: string,
  changes: Partial<BalanceUpdate> = {},
): BalanceUpdate {
  return {
    kind: "balance",
    account: PERPETUAL_ACCOUNT,
    at: START,
    venueAt: micros(0),
    asset,
    total: moneyOf(total),
    free: moneyOf(total),
    ...changes,
  };
}

/** A funding payment "p1" of instrument 0; `amount` is decimal text, above zero received. */
export function fundingPayment(
  amount: string,
  changes: Partial<FundingPayment> = {},
): FundingPayment {
  return {
    kind: "funding_payment",
    account: PERPETUAL_ACCOUNT,
    instrument: instrumentIndex(0),
    at: START,
    venueAt: micros(0),
    asset: "USDT",
    amount: moneyOf(amount),
    paymentId: fillId("p1"),
    ...changes,
  };
}

/** Exact money of decimal text. */
export function moneyOf(text: string): Money {
  return unwrap(moneyFromText(text));
}

/** The venue's order name of a text. */
export const venueId = venueOrderId;

/** Runs random cases, each with its own stream; a failure names the case's path. */
export function forEachCase(
  test: string,
  count: number,
  run: (random: SeededRandom) => void,
): void {
  const random = printedRandom(test);
  for (let number = 0; number < count; number++) {
    const own = random.fork(String(number));
    try {
      run(own);
    } catch (error) {
      throw new Error(`Case "${own.path}" failed`, { cause: error });
    }
  }
}
