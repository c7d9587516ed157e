/**
 * Events as plain data with CONTRACT.md's names, so that golden files can be written by hand.
 * @module
 */
import {
  type Instrument,
  type InstrumentIndex,
  type Money,
  moneyToText,
  price,
} from "@/engine/domain/mod.ts";
import type { EngineEvent, Levels } from "@/engine/messages/mod.ts";

type Plain = Record<string, unknown>;

/** One event as plain data; what is not said is absent. */
export function plainEvent(event: EngineEvent, instruments: readonly Instrument[]): Plain {
  const all = fieldsOf(event, instruments);
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function fieldsOf(event: EngineEvent, instruments: readonly Instrument[]): Plain {
  const base: Plain = { kind: event.kind };
  if ("venueAt" in event) base["venue_at_us"] = event.venueAt;
  if (!("instrument" in event)) return { ...base, ...accountFields(event) };
  const instrument = instruments.find((one) => one.index === event.instrument as InstrumentIndex);
  if (instrument === undefined) return { ...base, ...accountFields(event) };
  base["instrument"] = instrument.key;
  return { ...base, ...marketFields(event, instrument), ...ownFields(event, instrument) };
}

function marketFields(event: EngineEvent, instrument: Instrument): Plain {
  switch (event.kind) {
    case "book_delta":
      return {
        first: event.firstSequence,
        sequence: event.sequence,
        previous_sequence: event.previousSequence,
        bids: levelTexts(event.bids, instrument),
        asks: levelTexts(event.asks, instrument),
      };
    case "book_snapshot":
      return {
        sequence: event.sequence,
        bids: levelTexts(event.bids, instrument),
        asks: levelTexts(event.asks, instrument),
      };
    case "best_bid_ask":
      return {
        sequence: event.sequence,
        bid: instrument.priceText(event.bid),
        bid_size: instrument.sizeText(event.bidSize),
        ask: instrument.priceText(event.ask),
        ask_size: instrument.sizeText(event.askSize),
      };
    case "trade":
      return {
        price: instrument.priceText(event.price),
        size: instrument.sizeText(event.size),
        aggressor: event.aggressor,
        trade_id: event.tradeId,
      };
    case "mark_price":
      return { mark: moneyToText(event.mark), index: moneyText(event.index) };
    case "funding":
      return { rate: moneyToText(event.rate), next_at_us: event.nextAt };
    case "instrument_status":
      return { status: event.status };
    default:
      return {};
  }
}

function ownFields(event: EngineEvent, instrument: Instrument): Plain {
  switch (event.kind) {
    case "order":
      return {
        source: event.source,
        order_id: event.venueOrderId,
        client_order_id: event.clientOrderId,
        side: event.side,
        type: event.type,
        time_in_force: event.timeInForce,
        price: event.price === undefined ? undefined : instrument.priceText(event.price),
        size: event.size === undefined ? undefined : instrument.sizeText(event.size),
        filled_size: event.filledSize === undefined
          ? undefined
          : instrument.sizeText(event.filledSize),
        average_price: moneyText(event.averagePrice),
        status: event.status,
        reason: event.reason,
        text: event.text,
      };
    case "fill":
      return {
        order_id: event.venueOrderId,
        client_order_id: event.clientOrderId,
        fill_id: event.fillId,
        side: event.side,
        price: instrument.priceText(event.price),
        size: instrument.sizeText(event.size),
        liquidity: event.liquidity,
        fee: moneyText(event.fee),
        fee_asset: event.feeAsset,
      };
    case "position":
      return {
        size: instrument.sizeText(event.size),
        average_price: moneyText(event.averagePrice),
        unrealised_pnl: moneyText(event.unrealised),
      };
    default:
      return accountFields(event);
  }
}

function accountFields(event: EngineEvent): Plain {
  switch (event.kind) {
    case "balance":
      return {
        account: event.account,
        asset: event.asset,
        total: moneyToText(event.total),
        free: moneyToText(event.free),
      };
    case "funding_payment":
      return {
        account: event.account,
        asset: event.asset,
        amount: moneyToText(event.amount),
        payment_id: event.paymentId,
      };
    default:
      return {};
  }
}

function levelTexts(levels: Levels, instrument: Instrument): [string, string][] {
  const texts: [string, string][] = [];
  for (let index = 0; index < levels.count; index++) {
    texts.push([
      instrument.priceText(price(levels.prices[index]!)),
      instrument.sizeText(levels.sizes[index]!),
    ]);
  }
  return texts;
}

function moneyText(amount: Money | undefined): string | undefined {
  return amount === undefined ? undefined : moneyToText(amount);
}
