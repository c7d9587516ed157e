/**
 * OUT 1: our requests to the chain's order messages, in quantums and subticks.
 *
 *   post-only limit, IOC, market -> short-term (in memory, dead after some blocks)
 *   plain GTC limit              -> long-term (on the chain, one block slower, few per block)
 *   stops                        -> conditional (on the chain, by oracle and trade price)
 *
 * 1. A price or size that is not a whole number of the market's steps is refused, never rounded.
 * 2. An amend is a second place under the same id with a later last block; only short-term orders
 *    have it. It carries the new total size, filled part included.
 * 3. What the venue cannot do is refused here, with the reason; nothing is silently changed.
 *
 * Source: venue sheet sections 3.2 and 4.
 * @module
 */
import {
  err,
  type Instrument,
  type InstrumentTerms,
  ok,
  parseDecimal,
  type Result,
  type Side,
} from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { EncodedRequest } from "@/engine/ports/mod.ts";
import type { ClobMessage } from "./_clob_messages.ts";
import { FLAG_CONDITIONAL, FLAG_LONG_TERM, FLAG_SHORT_TERM } from "./_order_ids.ts";

/** What the encoder turns into messages. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** What the encoder cannot know from the request. */
export interface EncodeFacts {
  readonly subaccountNumber: number;
  /** Oracle price in ticks, for the bound of a market order; undefined while not known. */
  readonly oracleTicks: number | undefined;
  /** Kind of the order that a cancel names. */
  readonly cancelFlags: number;
}

/** A message without its expiry, and what the expiry is counted in. */
export interface WireOrder {
  readonly message: ClobMessage;
  readonly orderFlags: number;
}

/** A market's steps in the chain's integers. */
export interface ChainSteps {
  readonly clobPairId: number;
  readonly quantumsPerLot: number;
  readonly subticksPerTick: number;
}

const TIF_NONE = 0;
const TIF_IOC = 1;
const TIF_POST_ONLY = 2;
const CONDITION_STOP_LOSS = 1;
/** By convention of the venue's own front end: a market order. */
const METADATA_MARKET = 1;
const MARKET_BOUND = 0.05;
const STOP_BOUND = 0.05;
const UINT32_MAX = 0xffff_ffff;

const steps = new WeakMap<InstrumentTerms, Result<ChainSteps>>();

/** Encodes one request. */
export function encodeRequest(
  request: EncodableRequest,
  instrument: Instrument,
  facts: EncodeFacts,
): Result<WireOrder> {
  switch (request.kind) {
    case "place_order":
      return place(request, instrument, facts);
    case "amend_order":
      return amend(request, instrument, facts);
    case "replace_order":
      return err("Cannot replace: the venue has no cancel-and-place request, amend instead");
    case "cancel_order":
      return cancel(request, instrument, facts);
    case "cancel_all":
      return err(
        "Cannot encode cancel-all: it names every own order, which only a running connector knows",
      );
  }
}

/** What `encode` prints: everything but expiry, sequence and signature. */
export function encodedForPeople({ message }: WireOrder): EncodedRequest {
  return { channel: "rest", method: "POST", path: "/", message };
}

/** The chain's integers of a market; refused where its terms do not hold them. */
export function chainSteps(instrument: Instrument): Result<ChainSteps> {
  let known = steps.get(instrument.terms);
  if (known === undefined) {
    known = workOutSteps(instrument);
    steps.set(instrument.terms, known);
  }
  return known;
}

/** The number that a client id is on this venue; undefined when it is none. */
export function clientNumberOf(id: string): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(id)) return undefined;
  const number = Number(id);
  return number <= UINT32_MAX ? number : undefined;
}

function place(request: PlaceOrder, instrument: Instrument, facts: EncodeFacts): Result<WireOrder> {
  const where = `Cannot place ${request.clientOrderId}`;
  const chain = chainSteps(instrument);
  if (!chain.ok) return err(`${where}: ${chain.error}`);
  const refusal = refusalOf(request, instrument);
  if (refusal !== undefined) return err(`${where}: ${refusal}`);
  const isStop = request.type === "stop_loss" || request.type === "stop_limit";
  const price = limitOf(request, instrument, facts);
  if (!price.ok) return err(`${where}: ${price.error}`);
  const timeInForce = timeInForceOf(request);
  const orderFlags = isStop
    ? FLAG_CONDITIONAL
    : timeInForce === TIF_NONE
    ? FLAG_LONG_TERM
    : FLAG_SHORT_TERM;
  const order = orderFields(request, price.value, chain.value, orderFlags, timeInForce, facts);
  if (!order.ok) return err(`${where}: ${order.error}`);
  const isMarket = request.type === "market" || request.type === "stop_loss";
  const fields = {
    ...order.value,
    ...(request.reduceOnly ? { reduceOnly: true } : {}),
    ...(isMarket ? { clientMetadata: METADATA_MARKET } : {}),
    ...(isStop
      ? {
        conditionType: CONDITION_STOP_LOSS,
        conditionalOrderTriggerSubticks: request.triggerPrice! * chain.value.subticksPerTick,
      }
      : {}),
  };
  return ok({ message: { type: "MsgPlaceOrder", fields }, orderFlags });
}

function amend(request: AmendOrder, instrument: Instrument, facts: EncodeFacts): Result<WireOrder> {
  const where = `Cannot amend ${request.clientOrderId}`;
  const chain = chainSteps(instrument);
  if (!chain.ok) return err(`${where}: ${chain.error}`);
  if (!request.postOnly) return err(`${where}: only short-term (post-only) orders can be amended`);
  if (request.reduceOnly) return err(`${where}: reduce-only needs ioc`);
  if (clientNumberOf(request.clientOrderId) === undefined) return err(`${where}: ${NOT_A_NUMBER}`);
  const reason = offGrid(instrument, request.size, request.price, undefined);
  if (reason !== undefined) return err(`${where}: ${reason}`);
  if (request.size - request.filledSize < instrument.orderLot) {
    return err(`${where}: wanted a size above what is filled`);
  }
  const fields = orderFields(
    request,
    request.price,
    chain.value,
    FLAG_SHORT_TERM,
    TIF_POST_ONLY,
    facts,
  );
  if (!fields.ok) return err(`${where}: ${fields.error}`);
  const message: ClobMessage = { type: "MsgPlaceOrder", fields: fields.value };
  return ok({ message, orderFlags: FLAG_SHORT_TERM });
}

function cancel(
  request: CancelOrder,
  instrument: Instrument,
  facts: EncodeFacts,
): Result<WireOrder> {
  const chain = chainSteps(instrument);
  if (!chain.ok) return err(`Cannot cancel ${request.clientOrderId}: ${chain.error}`);
  const clientId = clientNumberOf(request.clientOrderId);
  if (clientId === undefined) return err(`Cannot cancel: ${NOT_A_NUMBER}`);
  const fields = {
    subaccountNumber: facts.subaccountNumber,
    clientId,
    orderFlags: facts.cancelFlags,
    clobPairId: chain.value.clobPairId,
  };
  return ok({ message: { type: "MsgCancelOrder", fields }, orderFlags: facts.cancelFlags });
}

const NOT_A_NUMBER = "client order id must be a whole number below 2^32";

function refusalOf(request: PlaceOrder, instrument: Instrument): string | undefined {
  const { type, price, triggerPrice, postOnly, timeInForce, size } = request;
  const needsPrice = type === "limit" || type === "stop_limit";
  const isStop = type === "stop_loss" || type === "stop_limit";
  if (clientNumberOf(request.clientOrderId) === undefined) return NOT_A_NUMBER;
  if (instrument.terms.extra?.["marketType"] === "ISOLATED") {
    return "an isolated market needs a subaccount of its own";
  }
  if (timeInForce === "fok") return "the venue has no fill-or-kill";
  if (needsPrice && price === undefined) return `a ${type} order needs a price`;
  if (isStop && triggerPrice === undefined) return `a ${type} order needs a trigger price`;
  if (postOnly && type !== "limit") return "only a limit order can be post-only";
  if (postOnly && timeInForce !== "gtc") return `post-only needs gtc, found ${timeInForce}`;
  if (request.reduceOnly && timeInForceOf(request) !== TIF_IOC) return "reduce-only needs ioc";
  if (size <= 0) return "size must be above 0";
  return offGrid(instrument, size, needsPrice ? price : undefined, triggerPrice);
}

function offGrid(
  instrument: Instrument,
  size: number,
  price: number | undefined,
  trigger: number | undefined,
): string | undefined {
  if (size % instrument.orderLot !== 0) return "size is not a multiple of the order lot";
  for (const ticks of [price, trigger]) {
    if (ticks !== undefined && (ticks <= 0 || ticks % instrument.orderTick !== 0)) {
      return "price is not on the order tick";
    }
  }
  return undefined;
}

function timeInForceOf(request: PlaceOrder): number {
  if (request.type === "market" || request.type === "stop_loss") return TIF_IOC;
  if (request.postOnly) return TIF_POST_ONLY;
  return request.timeInForce === "ioc" ? TIF_IOC : TIF_NONE;
}

/** The limit of any order: its own, or the worst that a market order or a stop may take. */
function limitOf(
  request: PlaceOrder,
  instrument: Instrument,
  facts: EncodeFacts,
): Result<number> {
  if (request.type === "limit" || request.type === "stop_limit") return ok(request.price!);
  if (request.type === "stop_loss") {
    return ok(worstFrom(request.side, request.triggerPrice!, STOP_BOUND, instrument));
  }
  const oracle = facts.oracleTicks ?? oracleAtLoad(instrument);
  if (oracle === undefined) return err("a market order needs the oracle price, found none yet");
  return ok(worstFrom(request.side, oracle, MARKET_BOUND, instrument));
}

/** A bound away from a price, on the order tick, rounded towards that price. */
function worstFrom(side: Side, ticks: number, share: number, instrument: Instrument): number {
  const step = instrument.orderTick;
  if (side === "buy") return Math.max(step, Math.floor(ticks * (1 + share) / step) * step);
  return Math.max(step, Math.ceil(ticks * (1 - share) / step) * step);
}

function oracleAtLoad(instrument: Instrument): number | undefined {
  const value = Number(instrument.terms.extra?.["oraclePriceAtLoad"] ?? "0");
  return value > 0 ? value / instrument.tickValue : undefined;
}

function orderFields(
  request: PlaceOrder | AmendOrder,
  ticks: number,
  chain: ChainSteps,
  orderFlags: number,
  timeInForce: number,
  facts: EncodeFacts,
): Result<Readonly<Record<string, unknown>>> {
  const quantums = request.size * chain.quantumsPerLot;
  const subticks = ticks * chain.subticksPerTick;
  if (!Number.isSafeInteger(quantums) || !Number.isSafeInteger(subticks)) {
    return err("wanted quantums and subticks below 2^53, found more");
  }
  return ok({
    subaccountNumber: facts.subaccountNumber,
    clientId: clientNumberOf(request.clientOrderId),
    orderFlags,
    clobPairId: chain.clobPairId,
    side: request.side === "buy" ? 1 : 2,
    quantums,
    subticks,
    timeInForce,
  });
}

function workOutSteps(instrument: Instrument): Result<ChainSteps> {
  const { terms } = instrument;
  const resolution = wholeOf(terms.extra?.["atomicResolution"]);
  const conversion = wholeOf(terms.extra?.["quantumConversionExponent"]);
  if (terms.venueNumber === undefined || resolution === undefined || conversion === undefined) {
    return err("the market's chain numbers are not known; load the venue's instruments");
  }
  const quantums = scaled(terms.lot, -resolution);
  const subticks = scaled(terms.tick, resolution - conversion + 6);
  if (quantums === undefined || subticks === undefined) {
    return err("a lot or tick is not a whole number of quantums or subticks");
  }
  return ok({
    clobPairId: terms.venueNumber,
    quantumsPerLot: quantums,
    subticksPerTick: subticks,
  });
}

/** `text * 10^exponent` where that is a whole number below 2^53. */
function scaled(text: string, exponent: number): number | undefined {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return undefined;
  const shift = exponent - parsed.value.scale;
  if (shift < 0 || shift > 40) return undefined;
  const value = parsed.value.digits * 10n ** BigInt(shift);
  return value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : undefined;
}

function wholeOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,3}$/.test(text) ? Number(text) : undefined;
}
