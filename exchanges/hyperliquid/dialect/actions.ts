/**
 * Actions in the venue's own writing: known keys in its order, plain decimals, nothing else.
 *
 * What a client signed must be this very writing: another order of keys, a trailing zero or a
 * `false` that should be absent gives another hash and so another, unknown signer.
 * Source: protocol sheet sections 3.2 and 3.5.
 * @module
 */
import { isObject } from "./socket_session.ts";
import type { Json } from "./wire_symbols.ts";

/** One order as it was sent. */
export interface OrderWire {
  readonly a: number;
  readonly b: boolean;
  readonly p: string;
  readonly s: string;
  readonly r: boolean;
  readonly t: {
    readonly limit?: { readonly tif: string };
    readonly trigger?: { isMarket: boolean; triggerPx: string; tpsl: string };
  };
  readonly c?: string;
}

/** What an action asks for, in the venue's writing. */
export type Action = Json & { readonly type: string };

const DECIMAL = /^(\d{1,20})(?:\.(\d{1,20}))?$/;
const CLOID = /^0x[0-9a-fA-F]{32}$/;
const TIFS = ["Alo", "Ioc", "Gtc", "FrontendMarket"];

/** An action in the venue's writing; undefined when it is none the venue knows. */
export function canonicalAction(raw: unknown): Action | undefined {
  if (!isObject(raw) || typeof raw.type !== "string") return undefined;
  const read = READERS[raw.type];
  return read === undefined ? undefined : read(raw);
}

/** Orders an action would place. */
export function ordersOf(action: Action): OrderWire[] {
  switch (action.type) {
    case "order":
      return action.orders as OrderWire[];
    case "modify":
      return [action.order as OrderWire];
    case "batchModify":
      return (action.modifies as { order: OrderWire }[]).map((each) => each.order);
    default:
      return [];
  }
}

/** How many orders or cancels an action counts for. */
export function countOf(action: Action): number {
  const list = action.orders ?? action.cancels ?? action.modifies;
  return Array.isArray(list) ? list.length : 1;
}

const READERS: Readonly<Record<string, (raw: Json) => Action | undefined>> = {
  order: orderAction,
  cancel: (raw) =>
    cancels(raw, (each) => isId(each.a) && isId(each.o) ? { a: each.a, o: each.o } : undefined),
  cancelByCloid: (raw) =>
    cancels(raw, (each) => {
      const cloid = cloidOf(each.cloid);
      return isId(each.asset) && cloid !== undefined ? { asset: each.asset, cloid } : undefined;
    }),
  modify(raw) {
    const one = modification(raw);
    return one === undefined ? undefined : { type: "modify", ...one, ...flag("a", raw.a) };
  },
  batchModify(raw) {
    const modifies = allOf(raw.modifies, modification);
    return modifies === undefined
      ? undefined
      : { type: "batchModify", modifies, ...flag("a", raw.a) };
  },
  scheduleCancel(raw) {
    if (raw.time === undefined || raw.time === null) return { type: "scheduleCancel" };
    return isId(raw.time) ? { type: "scheduleCancel", time: raw.time } : undefined;
  },
  noop: () => ({ type: "noop" }),
  reserveRequestWeight: (raw) =>
    isId(raw.weight) ? { type: "reserveRequestWeight", weight: raw.weight } : undefined,
  agentSetAbstraction: ({ abstraction }) =>
    ["u", "p", "i"].includes(String(abstraction))
      ? { type: "agentSetAbstraction", abstraction }
      : undefined,
  updateIsolatedMargin({ asset, isBuy, ntli }) {
    return isId(asset) && isBuy === true && Number.isSafeInteger(ntli)
      ? { type: "updateIsolatedMargin", asset, isBuy, ntli }
      : undefined;
  },
  updateLeverage({ asset, isCross, leverage }) {
    return isId(asset) && typeof isCross === "boolean" && isId(leverage)
      ? { type: "updateLeverage", asset, isCross, leverage }
      : undefined;
  },
};

function orderAction(raw: Json): Action | undefined {
  const { grouping, builder } = raw;
  const orders = allOf(raw.orders, orderWire);
  if (orders === undefined) return undefined;
  if (grouping !== "na" && grouping !== "normalTpsl" && grouping !== "positionTpsl") {
    return undefined;
  }
  if (builder === undefined || builder === null) return { type: "order", orders, grouping };
  if (!isObject(builder) || typeof builder.b !== "string" || !isId(builder.f)) return undefined;
  return {
    type: "order",
    orders,
    grouping,
    builder: { b: builder.b.toLowerCase(), f: builder.f },
  };
}

function orderWire(raw: Json): Json | undefined {
  const p = plain(raw.p);
  const s = plain(raw.s);
  const t = typeOf(raw.t);
  const named = raw.c !== undefined && raw.c !== null;
  const c = named ? cloidOf(raw.c) : undefined;
  if (!isId(raw.a) || typeof raw.b !== "boolean" || typeof raw.r !== "boolean") return undefined;
  if (p === undefined || s === undefined || t === undefined) return undefined;
  if (named && c === undefined) return undefined;
  return { a: raw.a, b: raw.b, p, s, r: raw.r, t, ...(c === undefined ? {} : { c }) };
}

function typeOf(raw: unknown): Json | undefined {
  if (!isObject(raw)) return undefined;
  const { limit, trigger } = raw;
  if (isObject(limit)) {
    return TIFS.includes(String(limit.tif)) ? { limit: { tif: limit.tif } } : undefined;
  }
  if (!isObject(trigger)) return undefined;
  const { isMarket, tpsl } = trigger;
  const triggerPx = plain(trigger.triggerPx);
  if (typeof isMarket !== "boolean" || triggerPx === undefined) return undefined;
  return tpsl === "tp" || tpsl === "sl" ? { trigger: { isMarket, triggerPx, tpsl } } : undefined;
}

function modification(raw: Json): Json | undefined {
  const oid = isId(raw.oid) ? raw.oid : cloidOf(raw.oid);
  const order = isObject(raw.order) ? orderWire(raw.order) : undefined;
  return oid === undefined || order === undefined ? undefined : { oid, order };
}

function cancels(raw: Json, one: (each: Json) => Json | undefined): Action | undefined {
  const list = allOf(raw.cancels, one);
  // The flag is true or absent: the venue refuses a false.
  if (list === undefined || (raw.f !== undefined && raw.f !== true)) return undefined;
  return { type: String(raw.type), cancels: list, ...flag("f", raw.f) };
}

function allOf(
  value: unknown,
  one: (each: Json) => Json | undefined,
): Json[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: Json[] = [];
  for (const each of value) {
    const read = isObject(each) ? one(each) : undefined;
    if (read === undefined) return undefined;
    all.push(read);
  }
  return all;
}

function flag(name: string, value: unknown): Json {
  return value === true ? { [name]: true } : {};
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function cloidOf(value: unknown): string | undefined {
  return typeof value === "string" && CLOID.test(value) ? value.toLowerCase() : undefined;
}

/** A decimal without needless zeros; undefined when it is none. */
function plain(value: unknown): string | undefined {
  const parts = typeof value === "string" ? DECIMAL.exec(value) : null;
  if (parts === null) return undefined;
  const whole = parts[1]!.replace(/^0+(?=\d)/, "");
  const fraction = (parts[2] ?? "").replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}
