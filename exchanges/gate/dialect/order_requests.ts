/**
 * Arguments of order entry to the exchange's requests, refused as the venue refuses them.
 *
 * 1. Times in force are lower case; post-only is one of them: `poc`.
 * 2. A spot market buy counts quote currency; a futures market order has price 0 and `ioc`.
 * 3. Fractions of contracts come as texts.
 * Source: protocol sheet section 4.
 * @module
 */
import {
  type Micros,
  moneyFromText,
  type Price,
  type Side,
  type TimeInForce,
} from "@/engine/domain/mod.ts";
import { lotsForValue, type SimOrder, type SimPlace } from "@/exchanges/simulator/mod.ts";
import {
  badParameter,
  type Failure,
  failure,
  failureOf,
  isFailure,
  missingParameter,
  noInstrument,
} from "./failures.ts";
import { type Call, isStop, orderName, orderNumber } from "./venue_state.ts";
import { type Json, stepsFrom, type WireSymbol } from "./wire_symbols.ts";

const TEXT = /^t-[0-9A-Za-z_.-]{1,28}$/;
const TIMES: readonly unknown[] = ["gtc", "ioc", "fok", "poc"];
const NAME_OF_UNFILLED_US = 60e6;
const ID_OF_UNFILLED_US = 600e6;
const NAME_OF_SPOT_US = 3_600e6;

/** The instrument an argument names. */
export function namedSymbol(call: Call, arg: Json): WireSymbol | Failure {
  const field = call.product === "spot" ? "currency_pair" : "contract";
  if (arg[field] === undefined || arg[field] === "") return missingParameter(field);
  return call.state.symbols.find(call.product, arg[field]) ??
    noInstrument(call.product, arg[field]);
}

/** A new order. */
export function placeRequest(call: Call, arg: Json): SimPlace | Failure {
  const symbol = namedSymbol(call, arg);
  if (isFailure(symbol)) return symbol;
  const { text, stp_act } = arg;
  const named = text === undefined || text === "" ||
    (typeof text === "string" && TEXT.test(text));
  if (!named) return badParameter("text");
  if (stp_act !== undefined && stp_act !== "" && stp_act !== "-") {
    return failure("INVALID_PARAM_VALUE", "stp_act: the account is in no STP group");
  }
  return call.product === "spot" ? spotRequest(call, symbol, arg) : perpRequest(call, symbol, arg);
}

/** A price in ticks. */
export function ticksOf(symbol: WireSymbol, value: unknown, name: string): number | Failure {
  if (value === undefined || value === "") return missingParameter(name);
  const found = stepsFrom(value, symbol.sim.instrument.priceGrid);
  if (found === undefined || found.steps < 0) return badParameter(name);
  if (!found.onGrid) return failureOf("price_off_grid", symbol.product);
  return found.steps;
}

/** A size in lots; of futures signed. */
export function lotsOf(symbol: WireSymbol, value: unknown, name: string): number | Failure {
  if (value === undefined || value === "") return missingParameter(name);
  const fraction = typeof value === "number" && !Number.isInteger(value);
  if (symbol.product === "futures" && fraction) return badParameter(name);
  const found = stepsFrom(value, symbol.sim.instrument.sizeGrid);
  if (found === undefined) return badParameter(name);
  if (!found.onGrid) return failureOf("size_off_grid", symbol.product);
  return found.steps;
}

/** Whether futures take a limit price this far from the mark. */
export function deviates(symbol: WireSymbol, ticks: number): boolean {
  const { mark, options } = symbol.sim;
  return options.priceBand > 0 && Math.abs(ticks - mark) > mark * options.priceBand;
}

/** The order that an id or a text means; undefined when there is none any more. */
export function findOrder(call: Call, id: unknown, symbol?: WireSymbol): SimOrder | undefined {
  const { state, product, now } = call;
  const { orders } = state.exchange;
  const byName = typeof id === "string" && id.startsWith("t-");
  let order: SimOrder | undefined;
  if (byName) {
    const among = symbol === undefined ? state.symbols.ofProduct(product) : [symbol];
    for (const { sim } of among) order ??= orders.byClient(state.owner, sim, id);
  } else order = orders.byId(orderNumber(id, product));
  if (order === undefined || order.owner !== state.owner || isStop(order)) return undefined;
  if (order.instrument.perpetual !== (product === "futures")) return undefined;
  if (symbol !== undefined && order.instrument !== symbol.sim) return undefined;
  return orders.isOpen(order) || isRemembered(order, byName, now as Micros) ? order : undefined;
}

function isRemembered(order: SimOrder, byName: boolean, now: Micros): boolean {
  const age = now - order.updatedAt;
  if (!order.instrument.perpetual) return !byName || age <= NAME_OF_SPOT_US;
  if (order.filled > 0) return true;
  return age <= (byName ? NAME_OF_UNFILLED_US : ID_OF_UNFILLED_US);
}

function spotRequest(call: Call, symbol: WireSymbol, arg: Json): SimPlace | Failure {
  const { side, text, account } = arg;
  const type = arg.type ?? "limit";
  const time = arg.time_in_force ?? "gtc";
  if (side !== "buy" && side !== "sell") return badParameter("side");
  if (type !== "limit" && type !== "market") return badParameter("type");
  if (account !== undefined && account !== "spot") return badParameter("account");
  if (!TIMES.includes(time)) return badParameter("time_in_force");
  const market = type === "market";
  if (market && time !== "ioc" && time !== "fok") return badParameter("time_in_force");
  const price = market ? undefined : ticksOf(symbol, arg.price, "price");
  if (isFailure(price)) return price;
  if (price === 0) return badParameter("price");
  const inQuote = market && side === "buy";
  const size = inQuote ? lotsOfQuote(symbol, arg) : lotsOf(symbol, arg.amount, "amount");
  if (isFailure(size)) return size;
  if (size < 0) return badParameter("amount");
  return {
    ...common(call, symbol, side, text, time),
    type: market ? "market" : "limit",
    size,
    label: inQuote ? `quote:${String(arg.amount)}` : "",
    ...(price === undefined ? {} : { price }),
  };
}

function perpRequest(call: Call, symbol: WireSymbol, arg: Json): SimPlace | Failure {
  const { text, close, reduce_only } = arg;
  const time = arg.tif ?? "gtc";
  if (!TIMES.includes(time)) return failure("INVALID_ARGUMENT", `invalid tif ${String(time)}`);
  if (reduce_only !== undefined && typeof reduce_only !== "boolean") {
    return badParameter("reduce_only");
  }
  const price = ticksOf(symbol, arg.price ?? "0", "price");
  if (isFailure(price)) return price;
  if (price === 0 && time !== "ioc" && time !== "fok") return badParameter("tif");
  let size = lotsOf(symbol, arg.size, "size");
  if (isFailure(size)) return size;
  if (close === true) {
    if (size !== 0) return badParameter("size");
    size = -(call.user.positions.get(symbol.sim)?.size ?? 0);
    if (size === 0) return failure("POSITION_EMPTY", "empty position");
  }
  if (size === 0) return badParameter("size");
  if (price > 0 && deviates(symbol, price)) return failureOf("price_band", "futures");
  return {
    ...common(call, symbol, size > 0 ? "buy" : "sell", text, time),
    type: price === 0 ? "market" : "limit",
    reduceOnly: reduce_only === true || close === true,
    size: Math.abs(size),
    label: close === true ? "close" : "",
    ...(price === 0 ? {} : { price }),
  };
}

function common(call: Call, symbol: WireSymbol, side: Side, text: unknown, time: unknown) {
  return {
    owner: call.state.owner,
    instrument: symbol.sim,
    clientOrderId: orderName(call.state, text, call.via),
    side,
    timeInForce: (time === "poc" ? "gtc" : time) as TimeInForce,
    postOnly: time === "poc",
    refuseUnfillable: true,
  };
}

/** Base lots that a quote amount buys now. */
function lotsOfQuote(symbol: WireSymbol, arg: Json): number | Failure {
  if (arg.amount === undefined) return missingParameter("amount");
  const amount = moneyFromText(String(arg.amount));
  if (!amount.ok || amount.value <= 0n) return badParameter("amount");
  const { sim } = symbol;
  const least = sim.instrument.minNotionalValue;
  if (Number(amount.value) / 1e18 < least) return failureOf("value_too_small", "spot");
  const lots = lotsForValue(sim, "buy", amount.value);
  return lots > 0 ? lots : failureOf("no_liquidity", "spot");
}

/** Base lots that a quote amount buys at a price. */
export function lotsAtPrice(symbol: WireSymbol, amount: unknown, ticks: number): number {
  const { instrument } = symbol.sim;
  const one = instrument.priceValue(ticks as Price) * instrument.lotValue;
  return Math.floor(Number(amount) / one);
}
