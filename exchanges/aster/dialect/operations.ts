/**
 * What may be asked, where, at which weight, and who may ask it.
 *
 * Source: protocol sheet sections 2, 4, 5 and 7.
 * @module
 */
import {
  bookTicker,
  depth,
  exchangeInfo,
  fundingRate,
  ping,
  premiumIndex,
  recentTrades,
  serverTime,
  tickerPrice,
} from "./market_operations.ts";
import { listOf, type Params, whole } from "./params.ts";
import * as account from "./account_operations.ts";
import * as order from "./order_operations.ts";
import type { Answer, Call } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** One thing that may be asked. */
export interface Operation {
  readonly product: WireProduct;
  readonly run: (call: Call) => Answer;
  /** `key`: version 1 asks for the API key alone; version 3 signs it like all else. */
  readonly security: "none" | "key" | "signed";
  readonly weight: (params: Params) => number;
  /** New orders it counts as. */
  readonly orders: (params: Params) => number;
}

type Weight = number | ((params: Params) => number);
type Extra = Partial<Pick<Operation, "security">> & {
  readonly orders?: number | ((params: Params) => number);
};

function operation(
  product: WireProduct,
  run: (call: Call) => Answer,
  weight: Weight,
  extra: Extra = {},
): Operation {
  const { orders } = extra;
  return {
    product,
    run,
    security: extra.security ?? "signed",
    weight: typeof weight === "number" ? () => weight : weight,
    orders: typeof orders === "function" ? orders : () => orders ?? 0,
  };
}

const PUBLIC = { security: "none" } as const;
const KEYED = { security: "key" } as const;

function depthWeight(params: Params): number {
  const limit = whole(params, "limit") ?? 500;
  return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
}

function perSymbol(one: number, all: number): (params: Params) => number {
  return (params) => params.has("symbol") ? one : all;
}

function batchOrders(params: Params): number {
  return listOf(params, "batchOrders")?.length ?? 0;
}

/** What both products offer under the same names. */
function common(product: WireProduct): [string, Operation][] {
  const make = (run: (call: Call) => Answer, weight: Weight, extra?: Extra) =>
    operation(product, run, weight, extra);
  return [
    ["GET ping", make(ping, 1, PUBLIC)],
    ["GET time", make(serverTime, 1, PUBLIC)],
    ["GET exchangeInfo", make(exchangeInfo, 1, PUBLIC)],
    ["GET depth", make(depth, depthWeight, PUBLIC)],
    ["GET trades", make(recentTrades, 1, PUBLIC)],
    ["GET ticker/bookTicker", make(bookTicker, perSymbol(1, 2), PUBLIC)],
    ["GET ticker/price", make(tickerPrice, perSymbol(1, 2), PUBLIC)],
    ["POST order", make(order.placeOrder, 1, { orders: 1 })],
    ["DELETE order", make(order.cancelOrder, 1)],
    ["GET order", make(order.queryOrder, 1)],
    ["GET openOrder", make(order.queryOpen, 1)],
    ["GET openOrders", make(order.openOrders, perSymbol(1, 40))],
    ["DELETE allOpenOrders", make(order.cancelAll, 1)],
    ["GET allOrders", make(order.allOrders, 5)],
    ["GET userTrades", make(order.userTrades, 5)],
    ["GET commissionRate", make(account.commissionRate, 20)],
    ["POST listenKey", make(account.startListenKey, 1, KEYED)],
    ["PUT listenKey", make(account.keepListenKey, 1, KEYED)],
    ["DELETE listenKey", make(account.endListenKey, 1, KEYED)],
  ];
}

const risk = operation("perp", account.positionRisk, 5);
const balance = operation("perp", account.balances, 5);
const perpAccount = operation("perp", account.perpAccount, 5);
/** Perpetuals alone, in both versions. */
const PERP: [string, Operation][] = [
  ["GET premiumIndex", operation("perp", premiumIndex, 1, PUBLIC)],
  ["GET fundingRate", operation("perp", fundingRate, 1, PUBLIC)],
  ["POST batchOrders", operation("perp", order.placeBatch, 5, { orders: batchOrders })],
  ["DELETE batchOrders", operation("perp", order.cancelBatch, 1)],
  ["POST countdownCancelAll", operation("perp", order.countdownCancel, 10)],
  ["GET positionSide/dual", operation("perp", account.positionMode, 30)],
  ["POST positionSide/dual", operation("perp", account.setPositionMode, 1)],
  ["POST leverage", operation("perp", account.setLeverage, 1)],
  ["POST marginType", operation("perp", account.setMarginType, 1)],
  ["GET leverageBracket", operation("perp", account.leverageBracket, 1)],
];

function under(root: string, entries: readonly [string, Operation][]): [string, Operation][] {
  return entries.map(([name, value]) => [name.replace(" ", ` ${root}/`), value]);
}

/** Nothing, but its nonce voids whatever waits under it: the dialect knows what waits. */
function noop(product: WireProduct): [string, Operation] {
  return ["POST noop", operation(product, () => ({ code: 200, msg: "success" }), 1)];
}

/** Operations by method and path. Version 3 is signed by the wallet, the others by a secret. */
export const REST: ReadonlyMap<string, Operation> = new Map([
  ...["/api/v1", "/api/v3"].flatMap((root) => under(root, common("spot"))),
  ...["/fapi/v1", "/fapi/v3"].flatMap((root) => under(root, [...common("perp"), ...PERP])),
  ...["/api/v1", "/api/v3"].flatMap((root) =>
    under(root, [["GET account", operation("spot", account.spotAccount, 5)]])
  ),
  ...under("/fapi/v1", [["GET positionRisk", risk]]),
  ...under("/fapi/v2", [["GET positionRisk", risk], ["GET balance", balance]]),
  ...under("/fapi/v2", [["GET account", perpAccount]]),
  ...under("/fapi/v4", [["GET account", perpAccount]]),
  ...under("/api/v3", [noop("spot")]),
  ...under("/fapi/v3", [
    noop("perp"),
    ["GET positionRisk", risk],
    ["GET balance", balance],
    ["GET account", perpAccount],
    ["GET accountWithJoinMargin", perpAccount],
    ["PUT order", operation("perp", order.modifyOrder, 1, { orders: 1 })],
    ["GET stpMode", operation("perp", order.stpMode, 30)],
    ["POST stpMode", operation("perp", order.setStpMode, 1)],
  ]),
]);
