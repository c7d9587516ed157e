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
import * as spot from "./spot_operations.ts";
import * as account from "./usdm_account.ts";
import * as usdm from "./usdm_operations.ts";
import type { Answer, Call } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** One thing that may be asked. */
export interface Operation {
  readonly product: WireProduct;
  readonly run: (call: Call) => Answer;
  /** `key`: the API key alone; `signed`: key, timestamp and signature. */
  readonly security: "none" | "key" | "signed";
  readonly weight: (params: Params) => number;
  /** New orders it counts as. */
  readonly orders: (params: Params) => number;
  /** Weight is charged only when it fails. */
  readonly freeOnSuccess: boolean;
}

type Extra = Partial<Pick<Operation, "security" | "freeOnSuccess">> & {
  readonly orders?: number | ((params: Params) => number);
};

function operation(
  product: WireProduct,
  run: (call: Call) => Answer,
  weight: number | ((params: Params) => number),
  extra: Extra = {},
): Operation {
  const { orders } = extra;
  return {
    product,
    run,
    security: extra.security ?? "signed",
    weight: typeof weight === "number" ? () => weight : weight,
    orders: typeof orders === "function" ? orders : () => orders ?? 0,
    freeOnSuccess: extra.freeOnSuccess ?? false,
  };
}

const PUBLIC = { security: "none" } as const;
const KEYED = { security: "key" } as const;
const ORDER = { orders: 1, freeOnSuccess: true } as const;
const FREE = { freeOnSuccess: true } as const;

function spotDepthWeight(params: Params): number {
  const limit = whole(params, "limit") ?? 100;
  return limit <= 100 ? 5 : limit <= 500 ? 25 : limit <= 1_000 ? 50 : 250;
}

function usdmDepthWeight(params: Params): number {
  const limit = whole(params, "limit") ?? 500;
  return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20;
}

function perSymbol(one: number, all: number): (params: Params) => number {
  return (params) => params.has("symbol") ? one : all;
}

function batchOrders(params: Params): number {
  return listOf(params, "batchOrders")?.length ?? 0;
}

const SPOT = {
  ping: operation("spot", ping, 1, PUBLIC),
  time: operation("spot", serverTime, 1, PUBLIC),
  exchangeInfo: operation("spot", exchangeInfo, 20, PUBLIC),
  depth: operation("spot", depth, spotDepthWeight, PUBLIC),
  trades: operation("spot", recentTrades, 25, PUBLIC),
  bookTicker: operation("spot", bookTicker, perSymbol(2, 4), PUBLIC),
  price: operation("spot", tickerPrice, perSymbol(2, 4), PUBLIC),
  place: operation("spot", spot.placeSpot, 1, ORDER),
  test: operation("spot", spot.testSpot, 1),
  cancel: operation("spot", spot.cancelSpot, 1, FREE),
  cancelAll: operation("spot", spot.cancelAllSpot, 1, FREE),
  replace: operation("spot", spot.replaceSpot, 1, ORDER),
  amend: operation("spot", spot.amendSpot, 4, FREE),
  query: operation("spot", spot.querySpot, 4),
  open: operation("spot", spot.openSpot, perSymbol(6, 80)),
  all: operation("spot", spot.allSpot, 20),
  myTrades: operation("spot", spot.tradesSpot, 20),
  account: operation("spot", spot.accountSpot, 20),
  commission: operation("spot", spot.commissionSpot, 20),
  tradeFee: operation("spot", spot.tradeFeeSpot, 1),
};

const USDM = {
  ping: operation("usdm", ping, 1, PUBLIC),
  time: operation("usdm", serverTime, 1, PUBLIC),
  exchangeInfo: operation("usdm", exchangeInfo, 1, PUBLIC),
  depth: operation("usdm", depth, usdmDepthWeight, PUBLIC),
  trades: operation("usdm", recentTrades, 5, PUBLIC),
  bookTicker: operation("usdm", bookTicker, perSymbol(2, 5), PUBLIC),
  price: operation("usdm", tickerPrice, perSymbol(1, 2), PUBLIC),
  premium: operation("usdm", premiumIndex, perSymbol(1, 10), PUBLIC),
  funding: operation("usdm", fundingRate, 1, PUBLIC),
  place: operation("usdm", usdm.placeUsdm, 0, { orders: 1 }),
  modify: operation("usdm", usdm.modifyUsdm, 1, { orders: 1 }),
  cancel: operation("usdm", usdm.cancelUsdm, 1),
  cancelAll: operation("usdm", usdm.cancelAllUsdm, 1),
  placeBatch: operation("usdm", usdm.placeBatch, 5, { orders: batchOrders }),
  modifyBatch: operation("usdm", usdm.modifyBatch, 5, { orders: batchOrders }),
  cancelBatch: operation("usdm", usdm.cancelBatch, 1),
  countdown: operation("usdm", usdm.countdownUsdm, 10),
  query: operation("usdm", usdm.queryUsdm, 1),
  queryOpen: operation("usdm", usdm.queryOpenUsdm, 1),
  open: operation("usdm", usdm.openUsdm, perSymbol(1, 40)),
  all: operation("usdm", usdm.allUsdm, 5),
  trades2: operation("usdm", usdm.tradesUsdm, 5),
  placeAlgo: operation("usdm", usdm.placeAlgo, 0, { orders: 1 }),
  cancelAlgo: operation("usdm", usdm.cancelAlgo, 1),
  cancelAllAlgo: operation("usdm", usdm.cancelAllAlgo, 1),
  queryAlgo: operation("usdm", usdm.queryAlgo, 1),
  openAlgo: operation("usdm", usdm.openAlgo, perSymbol(1, 40)),
  allAlgo: operation("usdm", usdm.allAlgo, 5),
  balance: operation("usdm", account.balanceUsdm, 5),
  account: operation("usdm", account.accountUsdm, 5),
  risk: operation("usdm", account.positionRisk, 5),
  riskV2: operation("usdm", account.positionRiskV2, 5),
  mode: operation("usdm", account.positionMode, 30),
  setMode: operation("usdm", account.setPositionMode, 1),
  leverage: operation("usdm", account.setLeverage, 1),
  marginType: operation("usdm", account.setMarginType, 1),
  bracket: operation("usdm", account.leverageBracket, 1),
  commission: operation("usdm", account.commissionUsdm, 20),
  startKey: operation("usdm", account.startListenKey, 1, KEYED),
  keepKey: operation("usdm", account.keepListenKey, 1, KEYED),
  endKey: operation("usdm", account.endListenKey, 1, KEYED),
};

/** REST operations by method and path. */
export const REST: ReadonlyMap<string, Operation> = new Map([
  ["GET /api/v3/ping", SPOT.ping],
  ["GET /api/v3/time", SPOT.time],
  ["GET /api/v3/exchangeInfo", SPOT.exchangeInfo],
  ["GET /api/v3/depth", SPOT.depth],
  ["GET /api/v3/trades", SPOT.trades],
  ["GET /api/v3/ticker/bookTicker", SPOT.bookTicker],
  ["GET /api/v3/ticker/price", SPOT.price],
  ["POST /api/v3/order", SPOT.place],
  ["POST /api/v3/order/test", SPOT.test],
  ["DELETE /api/v3/order", SPOT.cancel],
  ["GET /api/v3/order", SPOT.query],
  ["POST /api/v3/order/cancelReplace", SPOT.replace],
  ["PUT /api/v3/order/amend/keepPriority", SPOT.amend],
  ["GET /api/v3/openOrders", SPOT.open],
  ["DELETE /api/v3/openOrders", SPOT.cancelAll],
  ["GET /api/v3/allOrders", SPOT.all],
  ["GET /api/v3/myTrades", SPOT.myTrades],
  ["GET /api/v3/account", SPOT.account],
  ["GET /api/v3/account/commission", SPOT.commission],
  ["GET /fapi/v1/ping", USDM.ping],
  ["GET /fapi/v1/time", USDM.time],
  ["GET /fapi/v1/exchangeInfo", USDM.exchangeInfo],
  ["GET /fapi/v1/depth", USDM.depth],
  ["GET /fapi/v1/trades", USDM.trades],
  ["GET /fapi/v1/ticker/bookTicker", USDM.bookTicker],
  ["GET /fapi/v1/ticker/price", USDM.price],
  ["GET /fapi/v2/ticker/price", USDM.price],
  ["GET /fapi/v1/premiumIndex", USDM.premium],
  ["GET /fapi/v1/fundingRate", USDM.funding],
  ["POST /fapi/v1/order", USDM.place],
  ["PUT /fapi/v1/order", USDM.modify],
  ["DELETE /fapi/v1/order", USDM.cancel],
  ["GET /fapi/v1/order", USDM.query],
  ["GET /fapi/v1/openOrder", USDM.queryOpen],
  ["GET /fapi/v1/openOrders", USDM.open],
  ["GET /fapi/v1/allOrders", USDM.all],
  ["DELETE /fapi/v1/allOpenOrders", USDM.cancelAll],
  ["POST /fapi/v1/batchOrders", USDM.placeBatch],
  ["PUT /fapi/v1/batchOrders", USDM.modifyBatch],
  ["DELETE /fapi/v1/batchOrders", USDM.cancelBatch],
  ["POST /fapi/v1/countdownCancelAll", USDM.countdown],
  ["GET /fapi/v1/userTrades", USDM.trades2],
  ["POST /fapi/v1/algoOrder", USDM.placeAlgo],
  ["DELETE /fapi/v1/algoOrder", USDM.cancelAlgo],
  ["GET /fapi/v1/algoOrder", USDM.queryAlgo],
  ["GET /fapi/v1/openAlgoOrders", USDM.openAlgo],
  ["GET /fapi/v1/allAlgoOrders", USDM.allAlgo],
  ["DELETE /fapi/v1/algoOpenOrders", USDM.cancelAllAlgo],
  ["GET /fapi/v2/balance", USDM.balance],
  ["GET /fapi/v3/balance", USDM.balance],
  ["GET /fapi/v2/account", USDM.account],
  ["GET /fapi/v3/account", USDM.account],
  ["GET /fapi/v2/positionRisk", USDM.riskV2],
  ["GET /fapi/v3/positionRisk", USDM.risk],
  ["GET /fapi/v1/positionSide/dual", USDM.mode],
  ["POST /fapi/v1/positionSide/dual", USDM.setMode],
  ["POST /fapi/v1/leverage", USDM.leverage],
  ["POST /fapi/v1/marginType", USDM.marginType],
  ["GET /fapi/v1/leverageBracket", USDM.bracket],
  ["GET /fapi/v1/commissionRate", USDM.commission],
  ["GET /sapi/v1/asset/tradeFee", SPOT.tradeFee],
  ["POST /fapi/v1/listenKey", USDM.startKey],
  ["PUT /fapi/v1/listenKey", USDM.keepKey],
  ["DELETE /fapi/v1/listenKey", USDM.endKey],
]);

/** WebSocket API operations of spot by method. */
export const WS_SPOT: ReadonlyMap<string, Operation> = new Map([
  ["ping", SPOT.ping],
  ["time", SPOT.time],
  ["exchangeInfo", SPOT.exchangeInfo],
  ["depth", SPOT.depth],
  ["trades.recent", SPOT.trades],
  ["ticker.book", SPOT.bookTicker],
  ["ticker.price", SPOT.price],
  ["order.place", SPOT.place],
  ["order.test", SPOT.test],
  ["order.cancel", SPOT.cancel],
  ["order.status", SPOT.query],
  ["order.cancelReplace", SPOT.replace],
  ["order.amend.keepPriority", SPOT.amend],
  ["openOrders.status", SPOT.open],
  ["openOrders.cancelAll", SPOT.cancelAll],
  ["allOrders", SPOT.all],
  ["myTrades", SPOT.myTrades],
  ["account.status", SPOT.account],
  ["account.commission", SPOT.commission],
]);

/** WebSocket API operations of USD-M by method. */
export const WS_USDM: ReadonlyMap<string, Operation> = new Map([
  ["ping", USDM.ping],
  ["time", USDM.time],
  ["depth", USDM.depth],
  ["ticker.book", USDM.bookTicker],
  ["ticker.price", USDM.price],
  ["order.place", USDM.place],
  ["order.modify", USDM.modify],
  ["order.cancel", USDM.cancel],
  ["order.status", USDM.query],
  ["algoOrder.place", USDM.placeAlgo],
  ["algoOrder.cancel", operation("usdm", usdm.cancelAlgoInFull, 1)],
  ["account.balance", USDM.balance],
  ["account.position", USDM.risk],
  ["account.status", USDM.account],
  ["v2/account.balance", USDM.balance],
  ["v2/account.position", USDM.risk],
  ["v2/account.status", USDM.account],
  ["userDataStream.start", USDM.startKey],
  ["userDataStream.ping", USDM.keepKey],
  ["userDataStream.stop", USDM.endKey],
]);
