/**
 * Items of order entry to the exchange's requests, refused as the venue refuses them.
 *
 * 1. A market buy of spot counts quote currency unless `marketUnit` says otherwise.
 * 2. A limit price outside the band is moved to its edge where the account is set so.
 * 3. A reduce-only order is cut to what there is to reduce; nothing left is a refusal.
 * Source: protocol sheet section 4.1.
 * @module
 */
import { moneyFromText, type Side, signOf, stepsFromText } from "@/engine/domain/mod.ts";
import type { SelfTradePolicy } from "@/engine/matching/mod.ts";
import { lotsForValue, type SimPlace } from "@/exchanges/simulator/mod.ts";
import { badParameter, type Failure, failure, failureOf, isFailure } from "./failures.ts";
import { freshName, freshNote, type OrderNote, type VenueState } from "./venue_state.ts";
import { type Json, priceBand, type WireSymbol } from "./wire_symbols.ts";

/** A request with the note that goes with it. */
export interface Entry {
  readonly request: SimPlace;
  readonly note: OrderNote;
}

const NAME = /^[A-Za-z0-9_-]{1,36}$/;
const DECIMAL = /^\d{1,20}(\.\d{1,18})?$/;
const TIMES = ["GTC", "IOC", "FOK", "PostOnly"];
const POLICIES: Readonly<Record<string, SelfTradePolicy>> = {
  None: "allow",
  CancelMaker: "cancel_oldest",
  CancelTaker: "cancel_newest",
  CancelBoth: "cancel_both",
};
const TRIGGERS: Readonly<Record<string, "last" | "mark">> = {
  LastPrice: "last",
  MarkPrice: "mark",
  // No index of its own moves here: the mark follows it.
  IndexPrice: "mark",
};

/** A new order. */
export function orderEntry(state: VenueState, symbol: WireSymbol, arg: Json): Entry | Failure {
  const { side: sideText, orderType, orderLinkId, reduceOnly } = arg;
  const linear = symbol.category === "linear";
  if (sideText !== "Buy" && sideText !== "Sell") return failure(10001, "Side invalid");
  const side = sideText === "Buy" ? "buy" : "sell";
  if (orderType !== "Limit" && orderType !== "Market") return badParameter("orderType");
  const market = orderType === "Market";
  const timeInForce = market ? "IOC" : given(arg.timeInForce) ? String(arg.timeInForce) : "GTC";
  if (!TIMES.includes(timeInForce)) return badParameter("timeInForce");
  const wrong = checkCommon(symbol, arg);
  if (wrong !== undefined) return wrong;
  const smpType = given(arg.smpType) ? String(arg.smpType) : "None";
  const selfTrade = POLICIES[smpType];
  if (selfTrade === undefined) return badParameter("smpType");
  const price = market ? undefined : allowedPrice(state, symbol, side, arg.price);
  if (isFailure(price)) return price;
  const trigger = triggerOf(symbol, arg);
  if (isFailure(trigger)) return trigger;
  const reduces = linear && reduceOnly === true;
  const closes = reduces && arg.closeOnTrigger === true && Number(arg.qty) === 0;
  const sized = closes
    ? closingSize(state, symbol, side, trigger !== undefined)
    : sizeOf(symbol, arg, side, market);
  if (isFailure(sized)) return sized;
  const cut = reduces && trigger === undefined ? reduced(state, symbol, side, sized.lots) : sized;
  if (isFailure(cut)) return cut;
  const request: SimPlace = {
    owner: state.owner,
    instrument: symbol.sim,
    clientOrderId: given(orderLinkId) ? String(orderLinkId) : freshName(state),
    side,
    type: trigger === undefined
      ? (market ? "market" : "limit")
      : (market ? "stop_loss" : "stop_limit"),
    timeInForce: timeInForce === "IOC" ? "ioc" : timeInForce === "FOK" ? "fok" : "gtc",
    postOnly: timeInForce === "PostOnly",
    reduceOnly: reduces,
    size: cut.lots,
    selfTrade,
    ...(closes && trigger !== undefined ? { closePosition: true } : {}),
    ...(price === undefined ? {} : { price }),
    ...(trigger === undefined ? {} : trigger.request),
  };
  const note = freshNote({
    orderType,
    timeInForce,
    smpType,
    closeOnTrigger: arg.closeOnTrigger === true,
    quoteSize: sized.quote,
    marketUnit: linear || !market ? "" : sized.quote === "" ? "baseCoin" : "quoteCoin",
    ...(trigger === undefined ? {} : trigger.note),
  });
  return { request, note };
}

/** A limit price in ticks, moved into the band where the account is set so. */
export function allowedPrice(
  state: VenueState,
  symbol: WireSymbol,
  side: Side,
  text: unknown,
): number | Failure {
  const ticks = ticksOf(symbol, text, "price");
  if (isFailure(ticks)) return ticks;
  const { highest, lowest } = priceBand(symbol);
  const inside = side === "buy" ? Math.min(ticks, highest) : Math.max(ticks, lowest);
  if (inside === ticks || state.movesPrices[symbol.category]) return inside;
  return outsideBand(symbol, side);
}

/** The refusal of a price outside the band. */
export function outsideBand(symbol: WireSymbol, side: Side): Failure {
  if (symbol.category === "linear") return failureOf("price_band", "linear");
  const { highest, lowest } = priceBand(symbol);
  return side === "buy"
    ? failure(170193, `Buy order price cannot be higher than ${symbol.price(highest)}.`)
    : failure(170194, `Sell order price cannot be lower than ${symbol.price(lowest)}.`);
}

/** A price in ticks. */
export function ticksOf(symbol: WireSymbol, text: unknown, name: string): number | Failure {
  if (typeof text !== "string" || !DECIMAL.test(text)) return badParameter(name);
  const steps = stepsFromText(trimmed(text), symbol.sim.instrument.priceGrid);
  if (!steps.ok) return failureOf("price_off_grid", symbol.category);
  return steps.value > 0 ? steps.value : badParameter(name);
}

/** A size in lots. */
export function lotsOf(symbol: WireSymbol, text: unknown): number | Failure {
  if (typeof text !== "string" || !DECIMAL.test(text)) return badParameter("qty");
  const steps = stepsFromText(trimmed(text), symbol.sim.instrument.sizeGrid);
  if (!steps.ok) return failureOf("size_off_grid", symbol.category);
  return steps.value > 0 ? steps.value : failureOf("size_too_small", symbol.category);
}

/** Whether an optional field is there. */
export function given(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function checkCommon(symbol: WireSymbol, arg: Json): Failure | undefined {
  const { orderLinkId, positionIdx, reduceOnly, isLeverage } = arg;
  if (given(orderLinkId) && (typeof orderLinkId !== "string" || !NAME.test(orderLinkId))) {
    return badParameter("orderLinkId");
  }
  if (reduceOnly !== undefined && typeof reduceOnly !== "boolean") {
    return badParameter("reduceOnly");
  }
  if (symbol.category === "linear") {
    const oneWay = positionIdx === undefined || positionIdx === 0;
    return oneWay ? undefined : failure(10001, "position idx not match position mode");
  }
  // The account does not borrow.
  return isLeverage === 1 ? failureOf("insufficient_balance", "spot") : undefined;
}

interface Trigger {
  readonly request: Pick<SimPlace, "triggerPrice" | "triggerWhen" | "triggerOn">;
  readonly note: Partial<OrderNote>;
}

function triggerOf(symbol: WireSymbol, arg: Json): Trigger | undefined | Failure {
  const { triggerPrice: text, triggerDirection, triggerBy, orderFilter } = arg;
  if (!given(text)) {
    const wanted = orderFilter === "StopOrder" || orderFilter === "tpslOrder";
    return wanted ? badParameter("triggerPrice") : undefined;
  }
  const price = ticksOf(symbol, text, "triggerPrice");
  if (isFailure(price)) return price;
  const { sim, category } = symbol;
  if (category === "spot") {
    if (orderFilter !== "StopOrder" && orderFilter !== "tpslOrder") {
      return badParameter("orderFilter");
    }
    const triggerWhen = price > sim.last ? "rises" : "falls";
    return {
      request: { triggerPrice: price, triggerWhen, triggerOn: "last" },
      note: { stopOrderType: orderFilter === "StopOrder" ? "Stop" : "tpslOrder" },
    };
  }
  const by = given(triggerBy) ? String(triggerBy) : "LastPrice";
  const triggerOn = TRIGGERS[by];
  if (triggerOn === undefined) return badParameter("triggerBy");
  if (triggerDirection !== 1 && triggerDirection !== 2) return badParameter("triggerDirection");
  const now = triggerOn === "mark" ? sim.mark : sim.last;
  if (triggerDirection === 1 && price <= now) {
    return failure(110092, "expect Rising, but trigger_price <= current");
  }
  if (triggerDirection === 2 && price >= now) return failureOf("trigger_would_fire", "linear");
  return {
    request: {
      triggerPrice: price,
      triggerWhen: triggerDirection === 1 ? "rises" : "falls",
      triggerOn,
    },
    note: { stopOrderType: "Stop", triggerBy: by, triggerDirection },
  };
}

interface Sized {
  readonly lots: number;
  /** The text of an amount of quote currency, "" where base was asked for. */
  readonly quote: string;
}

function sizeOf(symbol: WireSymbol, arg: Json, side: Side, market: boolean): Sized | Failure {
  const { marketUnit, qty } = arg;
  const known = !given(marketUnit) || marketUnit === "baseCoin" || marketUnit === "quoteCoin";
  if (!known) return badParameter("marketUnit");
  const inQuote = symbol.category === "spot" && market &&
    (given(marketUnit) ? marketUnit === "quoteCoin" : side === "buy");
  if (!inQuote) {
    const lots = lotsOf(symbol, qty);
    return isFailure(lots) ? lots : { lots, quote: "" };
  }
  const amount = typeof qty === "string" && DECIMAL.test(qty) ? moneyFromText(qty) : undefined;
  if (amount === undefined || !amount.ok) return badParameter("qty");
  const lots = lotsForValue(symbol.sim, side, amount.value);
  return lots > 0 ? { lots, quote: String(qty) } : failureOf("value_too_small", "spot");
}

/** The whole position: now, or whatever it is when the trigger fires. */
function closingSize(
  state: VenueState,
  symbol: WireSymbol,
  side: Side,
  later: boolean,
): Sized | Failure {
  const position = state.exchange.user(state.owner).positions.get(symbol.sim)?.size ?? 0;
  const lots = position * signOf(side) < 0 ? Math.abs(position) : 0;
  if (lots === 0 && !later) return failureOf("reduce_only", "linear");
  return { lots: Math.max(1, lots), quote: "" };
}

function reduced(
  state: VenueState,
  symbol: WireSymbol,
  side: Side,
  lots: number,
): Sized | Failure {
  const { exchange, owner } = state;
  const position = exchange.user(owner).positions.get(symbol.sim)?.size ?? 0;
  let left = position * signOf(side) < 0 ? Math.abs(position) : 0;
  for (const order of exchange.orders.openOf(owner, symbol.sim)) {
    if (!order.reduceOnly || order.side !== side || order.workingAt === 0) continue;
    left -= order.size - order.filled;
  }
  return left > 0 ? { lots: Math.min(lots, left), quote: "" } : failureOf("reduce_only", "linear");
}

/** Decimals without zeros at their end, which say nothing about a grid. */
function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
