/**
 * Normalised events as plain JSON data, with CONTRACT.md's names.
 *
 * Prices, sizes (base currency) and money are decimal text, instants are microseconds, and what the
 * venue did not say is absent.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Micros,
  type Money,
  moneyToNumber,
  moneyToText,
  type Price,
  unreachable,
} from "@/engine/domain/mod.ts";
import {
  type AccountEvent,
  type BookDelta,
  type BookSnapshot,
  type EngineEvent,
  type Fill,
  type Levels,
  type MarketEvent,
  type OrderEvent,
  type OrderUpdate,
  SEQUENCE_NONE,
} from "@/engine/messages/mod.ts";

/** A JSON object whose absent keys are undefined. */
export type JsonObject = Record<string, unknown>;

/** Instruments by their index. */
export type InstrumentOf = (index: InstrumentIndex) => Instrument;

/** What CONTRACT.md prints of an event. */
export function eventJson(event: EngineEvent, instrumentOf: InstrumentOf): JsonObject {
  switch (event.kind) {
    case "book_snapshot":
    case "book_delta":
    case "best_bid_ask":
    case "trade":
    case "mark_price":
    case "funding":
    case "instrument_status":
    case "feed_interrupted":
    case "book_check":
      return marketJson(event, instrumentOf(event.instrument));
    case "order":
    case "fill":
    case "request_refused":
    case "request_lost":
    case "order_not_found":
      return orderEventJson(event, instrumentOf(event.instrument));
    case "balance":
    case "position":
    case "funding_payment":
    case "account_report":
    case "connection":
    case "rate_limit":
      return accountJson(event, instrumentOf);
    case "command":
    case "session_started":
    case "instrument_defined":
    case "timer":
      return { kind: "ignored", reason: `not an event of a venue: ${event.kind}` };
    default:
      return unreachable(event);
  }
}

function marketJson(event: MarketEvent, instrument: Instrument): JsonObject {
  const head = { kind: event.kind, instrument: instrument.terms.symbol };
  switch (event.kind) {
    case "book_snapshot":
    case "book_delta":
      return bookJson(event, instrument);
    case "best_bid_ask":
      return {
        ...head,
        venue_at_us: instant(event.venueAt),
        bid: event.bidSize > 0 ? instrument.priceText(event.bid) : undefined,
        bid_size: instrument.baseSizeText(event.bidSize),
        ask: event.askSize > 0 ? instrument.priceText(event.ask) : undefined,
        ask_size: instrument.baseSizeText(event.askSize),
        sequence: sequenceText(event.sequence),
      };
    case "trade":
      return {
        ...head,
        venue_at_us: instant(event.venueAt),
        price: instrument.priceText(event.price),
        size: instrument.baseSizeText(event.size),
        aggressor: event.aggressor,
        trade_id: said(event.tradeId),
      };
    case "mark_price":
      return {
        ...head,
        venue_at_us: instant(event.venueAt),
        mark: moneyToText(event.mark),
        index: amount(event.index),
      };
    case "funding":
      return {
        ...head,
        venue_at_us: instant(event.venueAt),
        rate: moneyToNumber(event.rate),
        next_at_us: instant(event.nextAt),
      };
    case "instrument_status":
      return { ...head, venue_at_us: instant(event.venueAt), status: event.status };
    case "book_check":
      return { kind: "ignored", instrument: instrument.terms.symbol, reason: "book check" };
    case "feed_interrupted":
      return {
        kind: "ignored",
        instrument: instrument.terms.symbol,
        reason: `feed interrupted: ${event.reason}`,
      };
    default:
      return unreachable(event);
  }
}

function bookJson(event: BookSnapshot | BookDelta, instrument: Instrument): JsonObject {
  const isDelta = event.kind === "book_delta";
  return {
    kind: event.kind,
    instrument: instrument.terms.symbol,
    venue_at_us: instant(event.venueAt),
    first_sequence: isDelta ? sequenceText(event.firstSequence) : undefined,
    sequence: sequenceText(event.sequence),
    previous_sequence: isDelta ? sequenceText(event.previousSequence) : undefined,
    bids: levelsJson(event.bids, instrument),
    asks: levelsJson(event.asks, instrument),
  };
}

/** Levels as `[["price","size"],…]`. */
export function levelsJson(levels: Levels, instrument: Instrument): [string, string][] {
  return Array.from({ length: levels.count }, (_, index) => [
    instrument.priceText(levels.prices[index]! as Price),
    instrument.baseSizeText(levels.sizes[index]!),
  ]);
}

function orderEventJson(event: OrderEvent, instrument: Instrument): JsonObject {
  const symbol = instrument.terms.symbol;
  switch (event.kind) {
    case "order":
      return orderJson(event, instrument);
    case "fill":
      return fillJson(event, instrument);
    case "request_refused":
      if (event.request === "place") {
        return {
          kind: "order",
          instrument: symbol,
          client_order_id: said(event.clientOrderId),
          status: "rejected",
          reason: event.reason,
          text: said(event.text),
        };
      }
      return {
        kind: "ignored",
        instrument: symbol,
        client_order_id: said(event.clientOrderId),
        reason: `${event.request} refused: ${event.reason}`,
      };
    case "request_lost":
      return {
        kind: "ignored",
        instrument: symbol,
        client_order_id: said(event.clientOrderId),
        reason: `answer to ${event.request} does not tell the outcome`,
      };
    case "order_not_found":
      return {
        kind: "ignored",
        instrument: symbol,
        client_order_id: said(event.clientOrderId),
        reason: "the venue knows no such order",
      };
    default:
      return unreachable(event);
  }
}

function orderJson(event: OrderUpdate, instrument: Instrument): JsonObject {
  return {
    kind: "order",
    instrument: instrument.terms.symbol,
    venue_at_us: instant(event.venueAt),
    order_id: event.venueOrderId,
    client_order_id: said(event.clientOrderId),
    side: event.side,
    type: event.type,
    time_in_force: event.timeInForce,
    price: event.price === undefined ? undefined : instrument.priceText(event.price),
    size: event.size === undefined ? undefined : instrument.baseSizeText(event.size),
    filled_size: event.filledSize === undefined
      ? undefined
      : instrument.baseSizeText(event.filledSize),
    average_price: amount(event.averagePrice),
    status: event.status,
    reason: event.reason,
  };
}

function fillJson(event: Fill, instrument: Instrument): JsonObject {
  return {
    kind: "fill",
    instrument: instrument.terms.symbol,
    venue_at_us: instant(event.venueAt),
    order_id: event.venueOrderId,
    client_order_id: said(event.clientOrderId),
    fill_id: event.fillId,
    side: event.side,
    price: instrument.priceText(event.price),
    size: instrument.baseSizeText(event.size),
    liquidity: event.liquidity,
    fee: amount(event.fee),
    fee_asset: event.feeAsset,
  };
}

function accountJson(event: AccountEvent, instrumentOf: InstrumentOf): JsonObject {
  switch (event.kind) {
    case "balance":
      return {
        kind: "balance",
        account: event.account,
        venue_at_us: instant(event.venueAt),
        asset: event.asset,
        total: moneyToText(event.total),
        free: moneyToText(event.free),
      };
    case "position": {
      const instrument = instrumentOf(event.instrument);
      return {
        kind: "position",
        instrument: instrument.terms.symbol,
        venue_at_us: instant(event.venueAt),
        size: instrument.baseSizeText(event.size),
        average_price: amount(event.averagePrice),
        unrealised_pnl: amount(event.unrealised),
      };
    }
    case "funding_payment":
      return {
        kind: "funding_payment",
        account: event.account,
        instrument: event.instrument === undefined
          ? undefined
          : instrumentOf(event.instrument).terms.symbol,
        venue_at_us: instant(event.venueAt),
        asset: event.asset,
        amount: moneyToText(event.amount),
        payment_id: event.paymentId,
      };
    case "account_report":
    case "connection":
    case "rate_limit":
      return { kind: "ignored", reason: `not a message of the stream: ${event.kind}` };
    default:
      return unreachable(event);
  }
}

function instant(at: Micros): number | undefined {
  return at > 0 ? at : undefined;
}

function sequenceText(sequence: number): string | undefined {
  return sequence === SEQUENCE_NONE ? undefined : String(sequence);
}

function amount(money: Money | undefined): string | undefined {
  return money === undefined ? undefined : moneyToText(money);
}

/** An empty text means that the venue said nothing. */
function said(text: string): string | undefined {
  return text === "" ? undefined : text;
}
