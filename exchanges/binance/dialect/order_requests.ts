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
import type { WireProduct, WireSymbol } from "./wire_symbols.ts";

const NAME_SHAPE = /^[.A-Z:/a-z0-9_-]{1,36}$/;
const SPOT_TYPES = [
  "LIMIT",
  "MARKET",
  "LIMIT_MAKER",
  "STOP_LOSS",
  "STOP_LOSS_LIMIT",
  "TAKE_PROFIT",
  "TAKE_PROFIT_LIMIT",
];
const USDM_CONDITIONAL = [
  "STOP",
  "STOP_MARKET",
  "TAKE_PROFIT",
  "TAKE_PROFIT_MARKET",
  "TRAILING_STOP_MARKET",
];

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
  return failure(call.product === "usdm" ? -4015 : -1100, text);
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
    return steps > 0 ? steps : offGrid(symbol.product, "price", "below");
  }
  return steps === "text" ? malformed(name) : offGrid(symbol.product, "price", steps);
}

/** A size in lots. */
export function lotsOf(symbol: WireSymbol, params: Params, name: string): number | Failure {
  const text = mandatory(params, name);
  if (isFailure(text)) return text;
  const steps = stepsOf(text, symbol.sim.instrument.sizeGrid);
  if (typeof steps === "number") {
    return steps > 0 ? steps : offGrid(symbol.product, "quantity", "below");
  }
  return steps === "text" ? malformed(name) : offGrid(symbol.product, "quantity", steps);
}

/** A new spot order. */
export function spotRequest(call: Call, symbol: WireSymbol): SimPlace | Failure {
  const { params } = call;
  const side = sideOf(params);
  if (isFailure(side)) return side;
  const type = mandatory(params, "type");
  if (isFailure(type)) return type;
  if (!SPOT_TYPES.includes(type)) return failure(-1116, "Invalid orderType.");
  const name = clientName(call, "newClientOrderId");
  if (isFailure(name)) return name;
  const limit = type === "LIMIT" || type.endsWith("_LIMIT");
  const priced = limit || type === "LIMIT_MAKER";
  const timeInForce = timeInForceOf(params, limit, false);
  if (isFailure(timeInForce)) return timeInForce;
  if (!priced && params.has("price")) return notRequired("price");
  if (!limit && params.has("timeInForce")) return notRequired("timeInForce");
  const price = priced ? ticksOf(symbol, params, "price") : undefined;
  if (isFailure(price)) return price;
  const size = spotSize(symbol, params, side, type);
  if (isFailure(size)) return size;
  const stop = type.startsWith("STOP_LOSS") || type.startsWith("TAKE_PROFIT");
  const trigger = stop ? ticksOf(symbol, params, "stopPrice") : undefined;
  if (isFailure(trigger)) return trigger;
  const selfTrade = policyOf(params.get("selfTradePreventionMode") ?? "EXPIRE_MAKER");
  if (selfTrade === undefined) return invalid("selfTradePreventionMode");
  const loss = type.startsWith("STOP_LOSS");
  return {
    owner: call.state.owner,
    instrument: symbol.sim,
    clientOrderId: name,
    side,
    type: stop ? (limit ? "stop_limit" : "stop_loss") : priced ? "limit" : "market",
    timeInForce: type === "LIMIT_MAKER" ? "gtc" : timeInForce.value,
    postOnly: type === "LIMIT_MAKER",
    size,
    selfTrade,
    label: type,
    ...(price === undefined ? {} : { price }),
    ...(trigger === undefined ? {} : {
      triggerPrice: trigger,
      triggerWhen: (side === "buy") === loss ? "rises" as const : "falls" as const,
      triggerOn: "last" as const,
    }),
  };
}

/** A new USD-M order. */
export function usdmRequest(call: Call, symbol: WireSymbol): SimPlace | Failure {
  const { params } = call;
  const side = sideOf(params);
  if (isFailure(side)) return side;
  const type = mandatory(params, "type");
  if (isFailure(type)) return type;
  if (USDM_CONDITIONAL.includes(type)) {
    return failure(
      -4120,
      "Order type not supported for this endpoint. Please use the Algo Order API endpoints " +
        "instead.",
    );
  }
  if (type !== "LIMIT" && type !== "MARKET") return failure(-1116, "Invalid orderType.");
  const name = clientName(call, "newClientOrderId");
  if (isFailure(name)) return name;
  const wrongSide = checkPositionSide(params);
  if (wrongSide !== undefined) return wrongSide;
  const limit = type === "LIMIT";
  const timeInForce = timeInForceOf(params, limit, true);
  if (isFailure(timeInForce)) return timeInForce;
  if (!limit && params.has("price")) return notRequired("price");
  const price = limit ? usdmPrice(symbol, params, side) : undefined;
  if (isFailure(price)) return price;
  const size = lotsOf(symbol, params, "quantity");
  if (isFailure(size)) return size;
  const selfTrade = policyOf(params.get("selfTradePreventionMode") ?? "EXPIRE_MAKER");
  if (selfTrade === undefined || selfTrade === "decrement") {
    return invalid("selfTradePreventionMode");
  }
  return {
    owner: call.state.owner,
    instrument: symbol.sim,
    clientOrderId: name,
    side,
    type: limit ? "limit" : "market",
    timeInForce: limit ? timeInForce.value : "gtc",
    postOnly: timeInForce.postOnly,
    reduceOnly: flag(params, "reduceOnly"),
    size,
    selfTrade,
    label: type,
    refuseUnfillable: true,
    ...(price === undefined ? {} : { price }),
  };
}

/** A new conditional order of USD-M. */
export function algoRequest(call: Call, symbol: WireSymbol): SimPlace | Failure {
  const { params } = call;
  if (params.get("algoType") !== "CONDITIONAL") return invalid("algoType");
  const side = sideOf(params);
  if (isFailure(side)) return side;
  const type = mandatory(params, "type");
  if (isFailure(type)) return type;
  if (!USDM_CONDITIONAL.includes(type) || type === "TRAILING_STOP_MARKET") {
    return failure(-1116, "Invalid orderType.");
  }
  const name = clientName(call, "clientAlgoId");
  if (isFailure(name)) return name;
  const wrongSide = checkPositionSide(params);
  if (wrongSide !== undefined) return wrongSide;
  const limit = type === "STOP" || type === "TAKE_PROFIT";
  const closePosition = flag(params, "closePosition");
  if (closePosition && (params.has("quantity") || params.has("reduceOnly"))) {
    return notRequired(params.has("quantity") ? "quantity" : "reduceonly");
  }
  const price = limit ? ticksOf(symbol, params, "price") : undefined;
  if (isFailure(price)) return price;
  const size = closePosition ? 0 : lotsOf(symbol, params, "quantity");
  if (isFailure(size)) return size;
  const trigger = ticksOf(symbol, params, "triggerPrice");
  if (isFailure(trigger)) return trigger;
  const timeInForce = timeInForceOf(params, false, true);
  if (isFailure(timeInForce)) return timeInForce;
  const loss = type.startsWith("STOP");
  return {
    owner: call.state.owner,
    instrument: symbol.sim,
    clientOrderId: name,
    side,
    type: limit ? "stop_limit" : "stop_loss",
    timeInForce: timeInForce.value,
    postOnly: timeInForce.postOnly,
    reduceOnly: flag(params, "reduceOnly"),
    closePosition,
    size,
    selfTrade: policyOf(params.get("selfTradePreventionMode") ?? "EXPIRE_MAKER") ?? "allow",
    label: type,
    triggerPrice: trigger,
    triggerWhen: (side === "buy") === loss ? "rises" : "falls",
    triggerOn: params.get("workingType") === "MARK_PRICE" ? "mark" : "last",
    ...(price === undefined ? {} : { price }),
  };
}

function spotSize(
  symbol: WireSymbol,
  params: Params,
  side: Side,
  type: string,
): number | Failure {
  if (type !== "MARKET" || !params.has("quoteOrderQty")) {
    return lotsOf(symbol, params, "quantity");
  }
  if (params.has("quantity")) return notRequired("quoteOrderQty");
  const amount = moneyFromText(params.get("quoteOrderQty")!);
  if (!amount.ok || amount.value <= 0n) return malformed("quoteOrderQty");
  return Math.max(1, lotsForValue(symbol.sim, side, amount.value));
}

function usdmPrice(symbol: WireSymbol, params: Params, side: Side): number | Failure {
  const match = params.get("priceMatch") ?? "NONE";
  if (match === "NONE") return ticksOf(symbol, params, "price");
  if (params.has("price")) return notRequired("price");
  const { sim } = symbol;
  if (match === "OPPONENT") return side === "buy" ? sim.ask : sim.bid;
  if (match === "QUEUE") return side === "buy" ? sim.bid : sim.ask;
  if (match !== "OPPONENT_5" && match !== "QUEUE_5") return invalid("priceMatch");
  const opposite = match === "OPPONENT_5" ? (side === "buy" ? "sell" : "buy") : side;
  let found = 0;
  let level = 0;
  sim.market!.forEachLevel(opposite, (price) => {
    found = price;
    return ++level < 5;
  });
  return found > 0 ? found : invalid("priceMatch");
}

interface TimeInForceChoice {
  readonly value: TimeInForce;
  readonly postOnly: boolean;
}

function timeInForceOf(
  params: Params,
  required: boolean,
  postOnlyKnown: boolean,
): TimeInForceChoice | Failure {
  const text = params.get("timeInForce");
  if (text === undefined || text === "") {
    return required ? missing("timeInForce") : { value: "gtc", postOnly: false };
  }
  if (postOnlyKnown && text === "GTX") return { value: "gtc", postOnly: true };
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

function offGrid(
  product: WireProduct,
  what: "price" | "quantity",
  why: "digits" | "step" | "below",
): Failure {
  if (product === "spot") {
    const filter = what === "price" ? "PRICE_FILTER" : "LOT_SIZE";
    return failure(-1013, `Filter failure: ${filter}`);
  }
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
