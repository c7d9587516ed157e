/**
 * Order parameters to an exchange's request, refused as the venue refuses them.
 * @module
 */
import { type Grid, moneyFromText, parseDecimal, type Side } from "@/engine/domain/mod.ts";
import { stepsFromText, type TimeInForce } from "@/engine/domain/mod.ts";
import { lotsForValue, type SimPlace } from "@/exchanges/simulator/mod.ts";
import { type Failure, failure, INVALID_SYMBOL, isFailure } from "./failures.ts";
import { policyOf } from "./order_shapes.ts";
import { flag, mandatory, missing, type Params } from "./params.ts";
import { type Call, freshName } from "./venue_state.ts";
import type { WireSymbol } from "./wire_symbols.ts";

const NAME_SHAPE = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const CONDITIONAL = ["STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET"];

/** The symbol a call names. */
export function symbolOf(call: Call): WireSymbol | Failure {
  const name = mandatory(call.params, "symbol");
  if (isFailure(name)) return name;
  return call.state.symbols.find(call.product, name) ?? INVALID_SYMBOL;
}

/** The name a client gives, a fresh one, or a refusal. */
export function clientName(call: Call, parameter: string): string | Failure {
  const name = call.params.get(parameter);
  if (name === undefined || name === "") return freshName(call.state.random);
  if (NAME_SHAPE.test(name)) return name;
  const text = `Illegal characters found in parameter '${parameter}'; legal range is ` +
    "'^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.";
  return failure(-4015, text);
}

/** Side, or a refusal. */
export function sideOf(params: Params): Side | Failure {
  const text = mandatory(params, "side");
  if (isFailure(text)) return text;
  if (text === "BUY") return "buy";
  return text === "SELL" ? "sell" : failure(-1117, "Invalid side.");
}

/** A price in ticks. */
export function ticksOf(
  symbol: WireSymbol,
  params: Params,
  name: string,
): number | Failure {
  const text = mandatory(params, name);
  if (isFailure(text)) return text;
  const steps = stepsOf(text, symbol.sim.instrument.priceGrid);
  if (typeof steps === "number") {
    return steps > 0 ? steps : offGrid("price", "below");
  }
  return steps === "text" ? malformed(name) : offGrid("price", steps);
}

/** A size in lots. */
export function lotsOf(symbol: WireSymbol, params: Params, name: string): number | Failure {
  const text = mandatory(params, name);
  if (isFailure(text)) return text;
  const steps = stepsOf(text, symbol.sim.instrument.sizeGrid);
  if (typeof steps === "number") {
    return steps > 0 ? steps : offGrid("quantity", "below");
  }
  return steps === "text" ? malformed(name) : offGrid("quantity", steps);
}

/** A new order of either product: market, limit or one that waits for a price. */
export function orderRequest(call: Call, symbol: WireSymbol): SimPlace | Failure {
  const { params, state } = call;
  const perp = symbol.product === "perp";
  const side = sideOf(params);
  if (isFailure(side)) return side;
  const type = mandatory(params, "type");
  if (isFailure(type)) return type;
  const stop = CONDITIONAL.includes(type);
  if (!stop && type !== "LIMIT" && type !== "MARKET") return failure(-1116, "Invalid orderType.");
  const name = clientName(call, "newClientOrderId");
  if (isFailure(name)) return name;
  const wrongSide = perp ? checkPositionSide(params) : undefined;
  if (wrongSide !== undefined) return wrongSide;
  const priced = type === "LIMIT" || type === "STOP" || type === "TAKE_PROFIT";
  const timeInForce = timeInForceOf(params, type === "LIMIT");
  if (isFailure(timeInForce)) return timeInForce;
  if (!priced && params.has("price")) return notRequired("price");
  const price = priced ? priceOf(symbol, params, side) : undefined;
  if (isFailure(price)) return price;
  const closePosition = perp && flag(params, "closePosition");
  const closing = closePosition ? checkClosing(params, type) : undefined;
  if (closing !== undefined) return closing;
  const size = closePosition ? 0 : sizeOf(symbol, params, side, type);
  if (isFailure(size)) return size;
  const trigger = stop ? ticksOf(symbol, params, "stopPrice") : undefined;
  if (isFailure(trigger)) return trigger;
  const policy = params.get("stpMode");
  const selfTrade = policy === undefined ? state.selfTrade : policyOf(policy);
  if (selfTrade === undefined) return invalid("stpMode");
  const loss = type.startsWith("STOP");
  return {
    owner: state.owner,
    instrument: symbol.sim,
    clientOrderId: name,
    side,
    type: stop ? (priced ? "stop_limit" : "stop_loss") : priced ? "limit" : "market",
    timeInForce: priced ? timeInForce.value : "gtc",
    postOnly: timeInForce.postOnly,
    reduceOnly: perp && (flag(params, "reduceOnly") || closePosition),
    closePosition,
    size,
    selfTrade,
    label: type,
    ...(price === undefined ? {} : { price }),
    ...(trigger === undefined ? {} : {
      triggerPrice: trigger,
      triggerWhen: (side === "buy") === loss ? "rises" as const : "falls" as const,
      triggerOn: params.get("workingType") === "MARK_PRICE" ? "mark" as const : "last" as const,
    }),
  };
}

function checkClosing(params: Params, type: string): Failure | undefined {
  if (!type.endsWith("_MARKET")) return invalid("closePosition");
  if (params.has("quantity")) return notRequired("quantity");
  return params.has("reduceOnly") ? notRequired("reduceonly") : undefined;
}

function sizeOf(
  symbol: WireSymbol,
  params: Params,
  side: Side,
  type: string,
): number | Failure {
  if (symbol.product === "perp" || type !== "MARKET" || !params.has("quoteOrderQty")) {
    return lotsOf(symbol, params, "quantity");
  }
  if (params.has("quantity")) return notRequired("quoteOrderQty");
  const amount = moneyFromText(params.get("quoteOrderQty")!);
  if (!amount.ok || amount.value <= 0n) return malformed("quoteOrderQty");
  return Math.max(1, lotsForValue(symbol.sim, side, amount.value));
}

/** A price that is given, or pegged to the touch at the moment of arrival. */
function priceOf(symbol: WireSymbol, params: Params, side: Side): number | Failure {
  const peg = params.get("pegPriceType");
  if (peg === undefined) return ticksOf(symbol, params, "price");
  if (params.has("price")) return notRequired("price");
  const { bid, ask } = symbol.sim;
  if (peg === "COUNTERPARTY_1") return side === "buy" ? ask : bid;
  return peg === "QUEUE_1" ? (side === "buy" ? bid : ask) : invalid("pegPriceType");
}

interface TimeInForceChoice {
  readonly value: TimeInForce;
  readonly postOnly: boolean;
}

function timeInForceOf(
  params: Params,
  required: boolean,
): TimeInForceChoice | Failure {
  const text = params.get("timeInForce");
  if (text === undefined || text === "") {
    return required ? missing("timeInForce") : { value: "gtc", postOnly: false };
  }
  if (text === "GTX") return { value: "gtc", postOnly: true };
  const value = text.toLowerCase();
  if (value === "gtc" || value === "ioc" || value === "fok") return { value, postOnly: false };
  return failure(-1115, "Invalid timeInForce.");
}

function checkPositionSide(params: Params): Failure | undefined {
  const side = params.get("positionSide") ?? "BOTH";
  return side === "BOTH"
    ? undefined
    : failure(-4061, "Order's position side does not match user's setting.");
}

function stepsOf(text: string, grid: Grid): number | "text" | "digits" | "step" {
  const parsed = parseDecimal(text);
  if (!parsed.ok || !/^[\d.]{1,40}$/.test(text)) return "text";
  const steps = stepsFromText(text, grid);
  if (steps.ok) return steps.value;
  return parsed.value.scale > grid.scale ? "digits" : "step";
}

function offGrid(what: "price" | "quantity", why: "digits" | "step" | "below"): Failure {
  if (why === "digits") {
    return failure(-1111, "Precision is over the maximum defined for this asset.");
  }
  if (what === "price") {
    return why === "below"
      ? failure(-4001, "Price less than 0.")
      : failure(-4014, "Price not increased by tick size.");
  }
  return why === "below"
    ? failure(-4003, "Quantity less than or equal to zero.")
    : failure(-4023, "Quantity not increased by step size.");
}

function malformed(name: string): Failure {
  return failure(
    -1100,
    `Illegal characters found in parameter '${name}'; legal range is ` +
      "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
  );
}

function notRequired(name: string): Failure {
  return failure(-1106, `Parameter '${name}' sent when not required.`);
}

function invalid(name: string): Failure {
  return failure(-1130, `Data sent for parameter '${name}' is not valid.`);
}
