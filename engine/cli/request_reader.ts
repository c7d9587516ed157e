/**
 * The request lines of `encode`: JSON objects with CONTRACT.md's names to order requests.
 *
 * Prices must stand on the instrument's order grid and sizes (base currency) on its order lot;
 * nothing is rounded.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  decimalToText,
  err,
  type Instrument,
  ok,
  ORDER_TYPES,
  type OrderType,
  parseDecimal,
  type Price,
  type Result,
  type Side,
  type Size,
  SIZE_ZERO,
  strategyId,
  type TimeInForce,
  TIMES_IN_FORCE,
  type VenueOrderId,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import { quoted } from "./input_lines.ts";

type Input = Readonly<Record<string, unknown>>;

/** The requests that `encode` knows. */
export type EncodableRequest = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

const KINDS = ["place_order", "amend_order", "replace_order", "cancel_order", "cancel_all"];
const STRATEGY = strategyId("encode");

/** A field that could not be read. */
class FieldError extends Error {}

/** Reads one request; `side` is what stands for a side that an amend does not say. */
export function readRequest(
  input: Input,
  instrument: Instrument,
  side: Side,
): Result<EncodableRequest> {
  try {
    return ok(requestOf(input, instrument, side));
  } catch (error) {
    if (error instanceof FieldError) return err(error.message);
    throw error;
  }
}

function requestOf(input: Input, instrument: Instrument, side: Side): EncodableRequest {
  switch (input["kind"]) {
    case "place_order":
      return placeOrder(input, instrument);
    case "amend_order":
      return amendOrder(input, instrument, side);
    case "replace_order":
      return replaceOrder(input, instrument, side);
    case "cancel_order":
      return { kind: "cancel_order", instrument: instrument.index, ...orderNames(input) };
    case "cancel_all":
      return { kind: "cancel_all", instrument: instrument.index };
    default:
      throw new FieldError(
        `"kind": wanted one of ${KINDS.join(", ")}, found ${quoted(input["kind"])}`,
      );
  }
}

function placeOrder(input: Input, instrument: Instrument): PlaceOrder {
  const type = word<OrderType>(input, "type", ORDER_TYPES, "limit");
  const wantsPrice = type === "limit" || type === "stop_limit";
  const wantsTrigger = type === "stop_loss" || type === "stop_limit";
  const name = text(input, "client_order_id");
  return {
    kind: "place_order",
    instrument: instrument.index,
    clientOrderId: clientOrderId(name ?? ""),
    strategy: STRATEGY,
    side: word<Side>(input, "side", ["buy", "sell"]),
    type,
    timeInForce: word<TimeInForce>(input, "time_in_force", TIMES_IN_FORCE, "gtc"),
    postOnly: flag(input, "post_only"),
    reduceOnly: flag(input, "reduce_only"),
    price: wantsPrice ? price(input, "price", instrument) : absent(input, "price", type),
    triggerPrice: wantsTrigger
      ? price(input, "trigger_price", instrument)
      : absent(input, "trigger_price", type),
    size: size(input, instrument),
  };
}

function amendOrder(input: Input, instrument: Instrument, side: Side): AmendOrder {
  return {
    kind: "amend_order",
    instrument: instrument.index,
    ...orderNames(input),
    strategy: STRATEGY,
    side: word<Side>(input, "side", ["buy", "sell"], side),
    price: price(input, "price", instrument),
    size: size(input, instrument),
    filledSize: SIZE_ZERO,
    reduceOnly: flag(input, "reduce_only"),
    postOnly: flag(input, "post_only"),
  };
}

function replaceOrder(input: Input, instrument: Instrument, side: Side): ReplaceOrder {
  const newName = text(input, "new_client_order_id");
  return {
    kind: "replace_order",
    instrument: instrument.index,
    ...orderNames(input),
    newClientOrderId: clientOrderId(newName ?? ""),
    strategy: STRATEGY,
    side: word<Side>(input, "side", ["buy", "sell"], side),
    timeInForce: word<TimeInForce>(input, "time_in_force", TIMES_IN_FORCE, "gtc"),
    postOnly: flag(input, "post_only"),
    reduceOnly: flag(input, "reduce_only"),
    price: price(input, "price", instrument),
    size: size(input, instrument),
  };
}

function orderNames(
  input: Input,
): { clientOrderId: ClientOrderId; venueOrderId: VenueOrderId | undefined } {
  const own = text(input, "client_order_id");
  const theirs = text(input, "order_id");
  if (own === undefined && theirs === undefined) {
    throw new FieldError('"client_order_id" or "order_id": wanted one of them, found neither');
  }
  return {
    clientOrderId: clientOrderId(own ?? ""),
    venueOrderId: theirs === undefined ? undefined : venueOrderId(theirs),
  };
}

function text(input: Input, name: string): string | undefined {
  const found = input[name];
  if (found === undefined || found === null) return undefined;
  if (typeof found === "string" && found !== "") return found;
  if (typeof found === "number" && Number.isSafeInteger(found)) return String(found);
  throw new FieldError(`"${name}": wanted text, found ${quoted(found)}`);
}

function word<T extends string>(
  input: Input,
  name: string,
  words: readonly T[],
  fallback?: T,
): T {
  const found = input[name] ?? fallback;
  const known = words.find((candidate) => candidate === found);
  if (known !== undefined) return known;
  throw new FieldError(`"${name}": wanted one of ${words.join(", ")}, found ${quoted(found)}`);
}

function flag(input: Input, name: string): boolean {
  const found = input[name] ?? false;
  if (typeof found === "boolean") return found;
  throw new FieldError(`"${name}": wanted true or false, found ${quoted(found)}`);
}

function decimal(input: Input, name: string): string {
  const found = input[name];
  const parsed = typeof found === "string" || typeof found === "number"
    ? parseDecimal(String(found))
    : undefined;
  if (parsed?.ok === true && parsed.value.digits > 0n) {
    return decimalToText(parsed.value.digits, parsed.value.scale);
  }
  throw new FieldError(`"${name}": wanted a decimal number above 0, found ${quoted(found)}`);
}

function price(input: Input, name: string, instrument: Instrument): Price {
  const written = decimal(input, name);
  const read = instrument.priceFromText(written);
  if (read.ok && instrument.isOrderPrice(read.value)) return read.value;
  const step = instrument.terms.orderTick ?? instrument.terms.tick;
  throw new FieldError(`"${name}": wanted a multiple of ${step}, found ${quoted(input[name])}`);
}

function size(input: Input, instrument: Instrument): Size {
  const written = decimal(input, "size");
  const read = instrument.sizeFromBaseText(written);
  if (read.ok && instrument.baseSizeText(read.value) === written) return read.value;
  const step = instrument.baseSizeText(instrument.orderLot);
  throw new FieldError(
    `"size": wanted a multiple of ${step} (base currency), found ${quoted(input["size"])}`,
  );
}

function absent(input: Input, name: string, type: OrderType): undefined {
  const found = input[name];
  if (found === undefined || found === null) return undefined;
  throw new FieldError(`"${name}": wanted nothing for type ${type}, found ${quoted(found)}`);
}
