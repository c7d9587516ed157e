/**
 * Arguments of order entry to the exchange's requests, refused as the venue refuses them.
 *
 * 1. Over WebSockets an instrument is its `instIdCode`, over REST its `instId`; the other one does
 *    not help.
 * 2. A market buy of spot counts quote currency unless `tgtCcy` says otherwise.
 * 3. Decimals are texts; a name is letters and digits.
 * Source: protocol sheet section 4.
 * @module
 */
import { moneyFromText, type Side, stepsFromText } from "@/engine/domain/mod.ts";
import type { SelfTradePolicy } from "@/engine/matching/mod.ts";
import { lotsForValue, type SimPlace } from "@/exchanges/simulator/mod.ts";
import {
  badParameter,
  type Failure,
  failure,
  isFailure,
  missingParameter,
  NO_INSTRUMENT,
} from "./failures.ts";
import { freshName, freshNote, type OrderNote, type VenueState } from "./venue_state.ts";
import type { Json, WireSymbol } from "./wire_symbols.ts";

/** Where a request came from. */
export type Via = "rest" | "ws";

/** A request with the note that goes with it. */
export interface Entry {
  readonly request: SimPlace;
  readonly note: OrderNote;
}

const NAME = /^[A-Za-z0-9]{1,32}$/;
const TAG = /^[A-Za-z0-9]{1,16}$/;
const DECIMAL = /^\d{1,20}(\.\d{1,18})?$/;
const TYPES = ["market", "limit", "ioc", "fok", "post_only", "optimal_limit_ioc"];
const POLICIES: Readonly<Record<string, SelfTradePolicy>> = {
  cancel_maker: "cancel_oldest",
  cancel_taker: "cancel_newest",
  cancel_both: "cancel_both",
};
const WRONG_MODE = failure("51010", "Request unsupported under current account mode.");

/** The instrument an argument names. */
export function instrumentOf(state: VenueState, arg: Json, via: Via): WireSymbol | Failure {
  if (via === "rest") {
    if (arg.instId === undefined || arg.instId === "") return missingParameter("instId");
    return state.symbols.find(arg.instId) ?? NO_INSTRUMENT;
  }
  const { instIdCode } = arg;
  if (!Number.isSafeInteger(instIdCode)) return badParameter("instIdCode");
  return state.symbols.findCode(instIdCode) ?? NO_INSTRUMENT;
}

/** A new order. */
export function orderEntry(state: VenueState, symbol: WireSymbol, arg: Json): Entry | Failure {
  const side = sideOf(arg);
  if (isFailure(side)) return side;
  const { ordType } = arg;
  if (ordType === undefined || ordType === "") return missingParameter("ordType");
  if (typeof ordType !== "string" || !TYPES.includes(ordType)) return badParameter("ordType");
  const swap = symbol.instType === "SWAP";
  if (ordType === "optimal_limit_ioc" && !swap) return badParameter("ordType");
  const wrong = checkCommon(symbol, arg, "clOrdId");
  if (wrong !== undefined) return wrong;
  const policy = POLICIES[String(arg.stpMode ?? "cancel_maker")];
  if (policy === undefined) return badParameter("stpMode");
  if (policy === "cancel_both" && ordType === "fok") return badParameter("stpMode");
  const market = ordType === "market" || ordType === "optimal_limit_ioc";
  const price = market ? undefined : ticksOf(symbol, arg, "px");
  if (isFailure(price)) return price;
  const inQuote = sizeInQuote(symbol, arg, side, ordType);
  if (isFailure(inQuote)) return inQuote;
  const size = inQuote ? lotsOfQuote(symbol, arg, side) : lotsOf(symbol, arg, "sz");
  if (isFailure(size)) return size;
  const { clOrdId } = arg;
  const request: SimPlace = {
    owner: state.owner,
    instrument: symbol.sim,
    clientOrderId: clOrdId === undefined || clOrdId === "" ? freshName(state) : String(clOrdId),
    side,
    type: market ? "market" : "limit",
    timeInForce: ordType === "ioc" || ordType === "fok" ? ordType : "gtc",
    postOnly: ordType === "post_only",
    reduceOnly: swap && arg.reduceOnly === true,
    size,
    selfTrade: policy,
    label: ordType,
    ...(price === undefined ? {} : { price }),
  };
  const note = freshNote({
    ordType,
    tdMode: String(arg.tdMode),
    tag: String(arg.tag ?? ""),
    stpMode: String(arg.stpMode ?? "cancel_maker"),
    ...(inQuote ? { quoteSize: String(arg.sz) } : {}),
    tgtCcy: inQuote ? "quote_ccy" : !swap && market ? "base_ccy" : "",
  });
  return { request, note };
}

/** A new trigger order. */
export function algoEntry(state: VenueState, symbol: WireSymbol, arg: Json): Entry | Failure {
  const side = sideOf(arg);
  if (isFailure(side)) return side;
  const { ordType } = arg;
  if (ordType !== "trigger" && ordType !== "conditional") return badParameter("ordType");
  const wrong = checkCommon(symbol, arg, "algoClOrdId");
  if (wrong !== undefined) return wrong;
  const named = triggerNames(arg, ordType);
  if (isFailure(named)) return named;
  const triggerPrice = ticksOf(symbol, arg, named.trigger);
  if (isFailure(triggerPrice)) return triggerPrice;
  const on = arg[named.on] ?? "last";
  if (on !== "last" && on !== "mark") return badParameter(named.on);
  const atMarket = arg[named.price] === "-1";
  const price = atMarket ? undefined : ticksOf(symbol, arg, named.price);
  if (isFailure(price)) return price;
  const size = lotsOf(symbol, arg, "sz");
  if (isFailure(size)) return size;
  const { sim } = symbol;
  const { algoClOrdId, advanceOrdType } = arg;
  const timeInForce = advanceOrdType === "fok" || advanceOrdType === "ioc" ? advanceOrdType : "gtc";
  const request: SimPlace = {
    owner: state.owner,
    instrument: sim,
    clientOrderId: algoClOrdId === undefined || algoClOrdId === ""
      ? freshName(state)
      : String(algoClOrdId),
    side,
    type: atMarket ? "stop_loss" : "stop_limit",
    timeInForce,
    reduceOnly: symbol.instType === "SWAP" && arg.reduceOnly === true,
    size,
    selfTrade: "cancel_oldest",
    label: ordType,
    triggerPrice,
    triggerWhen: triggerPrice > (on === "mark" ? sim.mark : sim.last) ? "rises" : "falls",
    triggerOn: on,
    ...(price === undefined ? {} : { price }),
  };
  const tdMode = String(arg.tdMode);
  return { request, note: freshNote({ ordType, tdMode, tag: String(arg.tag ?? "") }) };
}

/** A price in ticks. */
export function ticksOf(symbol: WireSymbol, arg: Json, name: string): number | Failure {
  const text = arg[name];
  if (text === undefined || text === "") return missingParameter(name);
  if (typeof text !== "string" || !DECIMAL.test(text)) return badParameter(name);
  const steps = stepsFromText(text, symbol.sim.instrument.priceGrid);
  return steps.ok && steps.value > 0 ? steps.value : badParameter(name);
}

/** A size in lots. */
export function lotsOf(symbol: WireSymbol, arg: Json, name: string): number | Failure {
  const text = arg[name];
  if (text === undefined || text === "") return missingParameter(name);
  if (typeof text !== "string" || !DECIMAL.test(text)) return badParameter(name);
  if (Number(text) === 0) return badParameter(name);
  const steps = stepsFromText(text, symbol.sim.instrument.sizeGrid);
  return steps.ok
    ? steps.value
    : failure("51121", "Order quantity must be a multiple of the lot size.");
}

/** Whether a text may name an order. */
export function isName(value: unknown): boolean {
  return typeof value === "string" && NAME.test(value);
}

function sideOf(arg: Json): Side | Failure {
  const { side } = arg;
  if (side === undefined || side === "") return missingParameter("side");
  return side === "buy" || side === "sell" ? side : badParameter("side");
}

/** What all orders share: mode, side of the position, name, tag. */
function checkCommon(symbol: WireSymbol, arg: Json, name: string): Failure | undefined {
  const { tdMode, posSide, tag, reduceOnly } = arg;
  if (tdMode === undefined || tdMode === "") return missingParameter("tdMode");
  if (tdMode !== "cash" && tdMode !== "cross" && tdMode !== "isolated") {
    return badParameter("tdMode");
  }
  if (symbol.instType === "SPOT" ? tdMode !== "cash" : tdMode === "cash") {
    return badParameter("tdMode");
  }
  // Isolated margin is not offered to this account.
  if (tdMode === "isolated") return WRONG_MODE;
  if (posSide !== undefined && posSide !== "" && posSide !== "net") return badParameter("posSide");
  if (arg[name] !== undefined && arg[name] !== "" && !isName(arg[name])) return badParameter(name);
  if (tag !== undefined && tag !== "" && (typeof tag !== "string" || !TAG.test(tag))) {
    return badParameter("tag");
  }
  if (reduceOnly !== undefined && typeof reduceOnly !== "boolean") {
    return badParameter("reduceOnly");
  }
  return undefined;
}

/** Whether `sz` counts quote currency. */
function sizeInQuote(
  symbol: WireSymbol,
  arg: Json,
  side: Side,
  ordType: string,
): boolean | Failure {
  if (symbol.instType !== "SPOT" || ordType !== "market") return false;
  const { tgtCcy } = arg;
  if (tgtCcy === undefined || tgtCcy === "") return side === "buy";
  if (tgtCcy === "quote_ccy") return true;
  return tgtCcy === "base_ccy" ? false : badParameter("tgtCcy");
}

function lotsOfQuote(symbol: WireSymbol, arg: Json, side: Side): number | Failure {
  if (typeof arg.sz !== "string" || !DECIMAL.test(arg.sz)) return badParameter("sz");
  const amount = moneyFromText(arg.sz);
  if (!amount.ok || amount.value <= 0n) return badParameter("sz");
  const lots = lotsForValue(symbol.sim, side, amount.value);
  return lots > 0 ? lots : failure(
    "51020",
    "Your order should meet or exceed the minimum order amount.",
  );
}

/** Which arguments hold trigger and price: a conditional order has one of two pairs. */
function triggerNames(
  arg: Json,
  ordType: "trigger" | "conditional",
): { trigger: string; price: string; on: string } | Failure {
  if (ordType === "trigger") {
    return { trigger: "triggerPx", price: "orderPx", on: "triggerPxType" };
  }
  const loss = arg.slTriggerPx !== undefined && arg.slTriggerPx !== "";
  const profit = arg.tpTriggerPx !== undefined && arg.tpTriggerPx !== "";
  if (loss === profit) return badParameter("slTriggerPx");
  return loss
    ? { trigger: "slTriggerPx", price: "slOrdPx", on: "slTriggerPxType" }
    : { trigger: "tpTriggerPx", price: "tpOrdPx", on: "tpTriggerPxType" };
}
