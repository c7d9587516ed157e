/**
 * Orders, executions and positions as the venue writes them.
 *
 * 1. A spot market buy counts quote currency: `amount` and `left` too.
 * 2. Sizes of futures are signed: below zero sells.
 * 3. Fees above zero are paid.
 * Source: protocol sheet sections 4 and 5.
 * @module
 */
import {
  feeFraction,
  type Money,
  money,
  moneyFromText,
  moneyToText,
  signOf,
  unwrap,
} from "@/engine/domain/mod.ts";
import {
  entryPriceOf,
  type SimEnd,
  type SimFill,
  type SimOrder,
  type SimPosition,
  unrealisedOf,
} from "@/exchanges/simulator/mod.ts";
import { idOf, noteOf, quoteAmount, shownText, type VenueState } from "./venue_state.ts";
import { finePrice, floatPlain, type Json, sizeOf, type WireSymbol } from "./wire_symbols.ts";

const ENDS: Readonly<Record<SimEnd, string>> = {
  none: "open",
  cancelled: "cancelled",
  cancel_all: "cancelled",
  dead_man: "cancelled",
  immediate_or_cancel: "ioc",
  fill_or_kill: "fok",
  post_only: "poc",
  no_liquidity: "depth_not_enough",
  self_trade: "stp",
  reduce_only: "reduce_only",
  halted: "cancelled",
  triggered: "cancelled",
  trigger_refused: "cancelled",
};
const PRICE_DECIMALS = 8;

/** Whether an order is in the book, or on its way there. */
export function isOpen(order: SimOrder): boolean {
  return order.status === "new" || order.status === "partially_filled";
}

/** Why an order ended. */
export function finishAs(order: SimOrder): string {
  if (order.status === "filled") return "filled";
  if (!isOpen(order) && quoteAmount(order) !== "" && order.filled > 0) return "filled";
  return ENDS[order.end];
}

/** Mean price of what was filled; "0" before. */
export function averageText(order: SimOrder): string {
  if (order.filled === 0) return "0";
  const { lotValue, priceGrid } = order.instrument.instrument;
  const value = Number(order.filledValue) / 1e18;
  return floatPlain(value / (order.filled * lotValue), priceGrid.scale + PRICE_DECIMALS);
}

/** A spot order. */
export function spotOrder(state: VenueState, order: SimOrder): Json {
  const symbol = state.symbols.of(order.instrument);
  const { terms } = order.instrument.instrument;
  const note = noteOf(state, order);
  const quote = quoteAmount(order);
  const left = quote === ""
    ? symbol.size(order.size - order.filled)
    : moneyToText(money(unwrap(moneyFromText(quote)) - order.filledValue));
  const ended = finishAs(order);
  return {
    id: idOf(order),
    text: shownText(order.clientOrderId),
    amend_text: note.amendText,
    create_time: String(Math.floor(order.createdAt / 1e6)),
    update_time: String(Math.floor(order.updatedAt / 1e6)),
    create_time_ms: Math.floor(order.createdAt / 1_000),
    update_time_ms: Math.floor(order.updatedAt / 1_000),
    status: isOpen(order) ? "open" : ended === "filled" ? "closed" : "cancelled",
    currency_pair: symbol.name,
    type: order.type === "market" ? "market" : "limit",
    account: "spot",
    side: order.side,
    amount: quote === "" ? symbol.size(order.size) : quote,
    price: order.price > 0 ? symbol.price(order.price) : "0",
    time_in_force: order.postOnly ? "poc" : order.timeInForce,
    iceberg: "0",
    left,
    filled_amount: symbol.size(order.filled),
    fill_price: moneyToText(order.filledValue),
    filled_total: moneyToText(order.filledValue),
    avg_deal_price: averageText(order),
    fee: moneyToText(note.fee),
    fee_currency: order.side === "buy" ? terms.base : terms.quote,
    point_fee: "0",
    gt_fee: "0",
    gt_maker_fee: "0",
    gt_taker_fee: "0",
    gt_discount: false,
    rebated_fee: "0",
    rebated_fee_currency: order.side === "buy" ? terms.quote : terms.base,
    stp_id: 0,
    stp_act: "-",
    finish_as: ended,
  };
}

/** A futures order over REST and as an answer. */
export function futuresOrder(state: VenueState, order: SimOrder, decimal: boolean): Json {
  const symbol = state.symbols.of(order.instrument);
  const note = noteOf(state, order);
  const { fees } = order.instrument.options;
  const sign = signOf(order.side);
  const id = idOf(order);
  const open = isOpen(order);
  return {
    id: `#${id}`,
    id_string: id,
    user: Number(state.uid),
    create_time: seconds(order.createdAt),
    update_time: seconds(order.updatedAt),
    ...(open ? {} : { finish_time: seconds(order.updatedAt), finish_as: futuresEnd(order) }),
    status: open ? "open" : "finished",
    contract: symbol.name,
    size: sizeOf(symbol, sign * order.size, decimal),
    left: sizeOf(symbol, sign * (order.size - order.filled), decimal),
    price: order.price > 0 ? symbol.price(order.price) : "0",
    fill_price: averageText(order),
    tif: order.postOnly ? "poc" : order.timeInForce,
    text: shownText(order.clientOrderId),
    iceberg: decimal ? "0" : 0,
    is_reduce_only: order.reduceOnly,
    is_close: order.label === "close",
    is_liq: false,
    tkfr: floatPlain(feeFraction(fees.taker), 8),
    mkfr: floatPlain(feeFraction(fees.maker), 8),
    refu: 0,
    stp_id: 0,
    stp_act: "-",
    amend_text: note.amendText,
    biz_info: "-",
  };
}

/** An order of either product. */
export function orderBody(state: VenueState, order: SimOrder, decimal: boolean): Json {
  return order.instrument.perpetual ? futuresOrder(state, order, decimal) : spotOrder(state, order);
}

/** An order as `spot.orders` tells it. */
export function spotOrderEvent(state: VenueState, order: SimOrder, event: string): Json {
  const { status: _status, fill_price: _price, ...body } = spotOrder(state, order);
  return {
    ...body,
    create_time_ms: String(body.create_time_ms),
    update_time_ms: String(body.update_time_ms),
    user: Number(state.uid),
    event,
    biz_info: "-",
  };
}

/** An order as `futures.orders` tells it. */
export function futuresOrderEvent(
  state: VenueState,
  order: SimOrder,
  decimal: boolean,
  fresh: boolean,
): Json {
  const note = noteOf(state, order);
  const open = isOpen(order);
  const at = Math.floor(order.updatedAt / 1_000);
  return {
    ...futuresOrder(state, order, decimal),
    create_time: Math.floor(order.createdAt / 1e6),
    create_time_ms: Math.floor(order.createdAt / 1_000),
    finish_time: open ? 0 : Math.floor(at / 1_000),
    finish_time_ms: open ? 0 : at,
    finish_as: open ? (fresh ? "_new" : "_update") : futuresEnd(order),
    update_id: note.updateId,
    update_time: at,
    role: note.role,
    fee: moneyToText(note.fee),
    user: state.uid,
  };
}

/** An execution of spot. */
export function spotFill(state: VenueState, fill: SimFill): Json {
  const symbol = state.symbols.of(fill.instrument);
  return {
    id: fill.tradeId,
    user_id: Number(state.uid),
    order_id: idOf(fill.order),
    currency_pair: symbol.name,
    create_time: Math.floor(fill.at / 1e6),
    create_time_ms: (fill.at / 1_000).toFixed(3),
    side: fill.side,
    amount: symbol.size(fill.size),
    role: fill.liquidity,
    price: symbol.price(fill.price),
    fee: moneyToText(fill.fee),
    fee_currency: fill.feeAsset,
    point_fee: "0",
    gt_fee: "0",
    text: shownText(fill.clientOrderId),
    id_market: fill.tradeId,
  };
}

/** An execution of futures. */
export function futuresFill(state: VenueState, fill: SimFill, decimal: boolean): Json {
  const symbol = state.symbols.of(fill.instrument);
  return {
    id: String(fill.tradeId),
    order_id: idOf(fill.order),
    contract: symbol.name,
    create_time: Math.floor(fill.at / 1e6),
    create_time_ms: Math.floor(fill.at / 1_000),
    size: sizeOf(symbol, signOf(fill.side) * fill.size, decimal),
    price: symbol.price(fill.price),
    role: fill.liquidity,
    text: shownText(fill.clientOrderId),
    fee: Number(moneyToText(fill.fee)),
    point_fee: 0,
  };
}

/** A position over REST. */
export function positionBody(
  state: VenueState,
  symbol: WireSymbol,
  position: SimPosition | undefined,
  decimal: boolean,
): Json {
  const { sim } = symbol;
  const { lotValue, tickValue } = sim.instrument;
  const held = position?.size ?? 0;
  const value = Math.abs(held) * lotValue * sim.mark * tickValue;
  const user = state.exchange.user(state.owner);
  const leverage = user.leverageOf(sim);
  return {
    user: Number(state.uid),
    contract: symbol.name,
    size: sizeOf(symbol, held, decimal),
    leverage: "0",
    risk_limit: "1000000",
    leverage_max: "100",
    maintenance_rate: "0.005",
    value: floatPlain(value, 8),
    margin: floatPlain(value / leverage, 8),
    entry_price: entryText(symbol, position),
    liq_price: "0",
    mark_price: finePrice(symbol, sim.mark),
    initial_margin: floatPlain(value / leverage, 8),
    unrealised_pnl: position === undefined ? "0" : floatPlain(unrealisedOf(position), 8),
    realised_pnl: position === undefined ? "0" : moneyToText(position.realised),
    pending_orders: state.exchange.orders.openOf(state.owner, sim).length,
    mode: "single",
    cross_leverage_limit: String(leverage),
    update_time: Math.floor((position?.updatedAt ?? 0) / 1e6),
  };
}

/** A position as its channel tells it. */
export function positionEvent(
  state: VenueState,
  position: SimPosition,
  decimal: boolean,
  updateId: number,
): Json {
  const symbol = state.symbols.of(position.instrument);
  const body = positionBody(state, symbol, position, decimal);
  const at = Math.floor(state.exchange.clock.now() / 1_000);
  return {
    contract: symbol.name,
    size: body.size,
    entry_price: Number(body.entry_price),
    leverage: 0,
    cross_leverage_limit: Number(body.cross_leverage_limit),
    margin: Number(body.margin),
    liq_price: 0,
    maintenance_rate: 0.005,
    realised_pnl: Number(body.realised_pnl),
    history_pnl: 0,
    last_close_pnl: 0,
    history_point: 0,
    mode: "single",
    risk_limit: 1_000_000,
    leverage_max: 100,
    time: Math.floor(at / 1_000),
    time_ms: at,
    update_id: updateId,
    user: state.uid,
  };
}

/** An amount as the JSON number that futures have for balances. */
export function amountNumber(amount: Money): number {
  return Number(moneyToText(amount));
}

function entryText(symbol: WireSymbol, position: SimPosition | undefined): string {
  if (position === undefined || position.size === 0) return "0";
  return floatPlain(entryPriceOf(position), symbol.sim.instrument.priceGrid.scale + PRICE_DECIMALS);
}

function futuresEnd(order: SimOrder): string {
  const ended = finishAs(order);
  return ended === "depth_not_enough" ? "ioc" : ended;
}

function seconds(at: number): number {
  return Math.floor(at / 1_000) / 1_000;
}
