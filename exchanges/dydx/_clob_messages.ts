/**
 * The chain's three order messages as protobuf bytes, from fields by their JSON names.
 *
 * 1. A client id is a FIXED32 in an order id and a varint in a batch cancel.
 * 2. What is not a number of the field's width is refused by the field's name, never cut.
 *
 * Source: v4-chain `proto/dydxprotocol/clob`, snapshot 2026-03-04.
 * @module
 */
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import { ProtoWriter } from "./_protobuf.ts";

/** Fields of a message by their protobuf JSON names. */
export type MessageFields = Readonly<Record<string, unknown>>;

/** A message with its fields; `owner` is filled in by the signer. */
export interface ClobMessage {
  readonly type: "MsgPlaceOrder" | "MsgCancelOrder" | "MsgBatchCancel";
  readonly fields: MessageFields;
}

const UINT32_MAX = 0xffff_ffffn;
const UINT64_MAX = 0xffff_ffff_ffff_ffffn;
const NAMES: Readonly<Record<string, readonly string[]>> = {
  side: ["SIDE_UNSPECIFIED", "SIDE_BUY", "SIDE_SELL"],
  timeInForce: [
    "TIME_IN_FORCE_UNSPECIFIED",
    "TIME_IN_FORCE_IOC",
    "TIME_IN_FORCE_POST_ONLY",
    "TIME_IN_FORCE_FILL_OR_KILL",
  ],
  conditionType: [
    "CONDITION_TYPE_UNSPECIFIED",
    "CONDITION_TYPE_STOP_LOSS",
    "CONDITION_TYPE_TAKE_PROFIT",
  ],
};

/** A refused field; becomes a `Result` at the door. */
class FieldError extends Error {}

/** The type URL of a message. */
export function typeUrlOf(type: ClobMessage["type"]): string {
  return `/dydxprotocol.clob.${type}`;
}

/** The bytes of a message. */
export function encodeMessage(message: ClobMessage, owner: string): Result<Uint8Array> {
  try {
    switch (message.type) {
      case "MsgPlaceOrder":
        return ok(placeOrder(message.fields, owner));
      case "MsgCancelOrder":
        return ok(cancelOrder(message.fields, owner));
      case "MsgBatchCancel":
        return ok(batchCancel(message.fields, owner));
    }
  } catch (error) {
    if (error instanceof FieldError) return err(`Cannot sign ${message.type}: ${error.message}`);
    throw error;
  }
}

function placeOrder(fields: MessageFields, owner: string): Uint8Array {
  const order = new ProtoWriter()
    .message(1, orderId(fields, owner))
    .uint(2, enumerated(fields, "side"))
    .uint(3, whole(fields, "quantums", UINT64_MAX))
    .uint(4, whole(fields, "subticks", UINT64_MAX));
  expiry(order, fields, 5, 6);
  order
    .uint(7, enumerated(fields, "timeInForce"))
    .bool(8, flag(fields, "reduceOnly"))
    .uint(9, whole(fields, "clientMetadata", UINT32_MAX))
    .uint(10, enumerated(fields, "conditionType"))
    .uint(11, whole(fields, "conditionalOrderTriggerSubticks", UINT64_MAX));
  const twap = nested(fields, "twapParameters");
  if (twap !== undefined) {
    const inner = new ProtoWriter()
      .uint(1, whole(twap, "duration", UINT32_MAX))
      .uint(2, whole(twap, "interval", UINT32_MAX))
      .uint(3, whole(twap, "priceTolerance", UINT32_MAX));
    order.message(12, inner.finish());
  }
  const builder = nested(fields, "builderCodeParameters");
  if (builder !== undefined) {
    const inner = new ProtoWriter()
      .text(1, text(builder, "builderAddress"))
      .uint(2, whole(builder, "feePpm", UINT32_MAX));
    order.message(13, inner.finish());
  }
  order.text(14, text(fields, "orderRouterAddress"));
  return new ProtoWriter().message(1, order.finish()).finish();
}

function cancelOrder(fields: MessageFields, owner: string): Uint8Array {
  const message = new ProtoWriter().message(1, orderId(fields, owner));
  expiry(message, fields, 2, 3);
  return message.finish();
}

function batchCancel(fields: MessageFields, owner: string): Uint8Array {
  const message = new ProtoWriter().message(1, subaccountId(fields, owner));
  const batches = fields["shortTermCancels"];
  if (!Array.isArray(batches)) {
    throw new FieldError('wanted "shortTermCancels" as a list, found something else');
  }
  for (const batch of batches as readonly unknown[]) {
    const found = objectIn(batch, "shortTermCancels");
    const ids = found["clientIds"];
    if (!Array.isArray(ids)) {
      throw new FieldError('wanted "clientIds" as a list, found something else');
    }
    const inner = new ProtoWriter()
      .uint(1, whole(found, "clobPairId", UINT32_MAX))
      .packed(2, (ids as readonly unknown[]).map((id) => bounded(id, "clientIds", UINT32_MAX)));
    message.message(2, inner.finish());
  }
  return message.uint(3, whole(fields, "goodTilBlock", UINT32_MAX)).finish();
}

function orderId(fields: MessageFields, owner: string): Uint8Array {
  return new ProtoWriter()
    .message(1, subaccountId(fields, owner))
    .fixed32(2, Number(whole(fields, "clientId", UINT32_MAX)))
    .uint(3, whole(fields, "orderFlags", UINT32_MAX))
    .uint(4, whole(fields, "clobPairId", UINT32_MAX))
    .finish();
}

function subaccountId(fields: MessageFields, owner: string): Uint8Array {
  return new ProtoWriter()
    .text(1, text(fields, "owner") || owner)
    .uint(2, whole(fields, "subaccountNumber", UINT32_MAX))
    .finish();
}

/** One of the two: a block as a varint or an instant in seconds as a fixed32. */
function expiry(out: ProtoWriter, fields: MessageFields, block: number, time: number): void {
  const hasBlock = fields["goodTilBlock"] !== undefined;
  const hasTime = fields["goodTilBlockTime"] !== undefined;
  if (hasBlock === hasTime) {
    throw new FieldError(
      'wanted either "goodTilBlock" or "goodTilBlockTime", found ' + (hasBlock ? "both" : "none"),
    );
  }
  // A oneof keeps its zero on the wire, but neither may be zero.
  const value = whole(fields, hasBlock ? "goodTilBlock" : "goodTilBlockTime", UINT32_MAX);
  if (hasBlock) out.uint(block, value);
  else out.fixed32(time, Number(value));
}

function enumerated(fields: MessageFields, name: string): bigint {
  const value = fields[name];
  const index = typeof value === "string" ? NAMES[name]!.indexOf(value) : -1;
  return index >= 0 ? BigInt(index) : whole(fields, name, UINT32_MAX);
}

/** A whole number given as number, bigint or digits; absent is zero. */
function whole(fields: MessageFields, name: string, max: bigint): bigint {
  const value = fields[name];
  return value === undefined ? 0n : bounded(value, name, max);
}

function bounded(value: unknown, name: string, max: bigint): bigint {
  const isWhole = typeof value === "bigint" ||
    (typeof value === "number" && Number.isSafeInteger(value)) ||
    (typeof value === "string" && /^\d{1,20}$/.test(value));
  const number = isWhole ? BigInt(value as bigint | number | string) : -1n;
  if (number < 0n || number > max) {
    throw new FieldError(`wanted "${name}" as a whole number of 0 to ${max}, found another value`);
  }
  return number;
}

function flag(fields: MessageFields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== "boolean") {
    throw new FieldError(`wanted "${name}" as true or false, found another value`);
  }
  return value;
}

function text(fields: MessageFields, name: string): string {
  const value = fields[name] ?? "";
  if (typeof value !== "string") {
    throw new FieldError(`wanted "${name}" as a text, found another value`);
  }
  return value;
}

function nested(fields: MessageFields, name: string): MessageFields | undefined {
  const value = fields[name];
  return value === undefined || value === null ? undefined : objectIn(value, name);
}

function objectIn(value: unknown, name: string): MessageFields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new FieldError(`wanted objects in "${name}", found something else`);
  }
  return value as MessageFields;
}
