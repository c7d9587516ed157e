/**
 * Which operation answers which path, and which channel of order entry.
 *
 * `*` stands for one segment of a path; it reaches the operation as `order_id`.
 * @module
 */
import * as account from "./account_operations.ts";
import * as market from "./market_operations.ts";
import * as orders from "./order_operations.ts";
import type { RateKind } from "./rate_limits.ts";
import * as stops from "./stop_operations.ts";
import type { Answer, Call } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** One operation. */
export interface Operation {
  readonly run: (call: Call) => Answer;
  /** Whether it needs a key. */
  readonly secret: boolean;
  readonly kind: RateKind;
  /** Answered with 201. */
  readonly created?: boolean;
  /** Over WebSockets its receipt is told before its result. */
  readonly acknowledged?: boolean;
}

type Run = (call: Call) => Answer;

const open = (run: Run): Operation => ({ run, secret: false, kind: "other" });
const own = (run: Run): Operation => ({ run, secret: true, kind: "other" });
const place = (run: Run, created = false): Operation => {
  return { run, secret: true, kind: "place", created };
};
const cancel = (run: Run): Operation => ({ run, secret: true, kind: "cancel" });
const FUTURES = "/futures/usdt";

const REST: ReadonlyMap<string, Operation> = new Map([
  ["GET /spot/time", open(market.serverTime)],
  ["GET /spot/currency_pairs", open(market.instruments)],
  ["GET /spot/currency_pairs/*", open(market.instrument)],
  ["GET /spot/order_book", open(market.orderBook)],
  ["GET /spot/tickers", open(market.tickers)],
  ["GET /spot/trades", open(market.recentTrades)],
  [`GET ${FUTURES}/contracts`, open(market.instruments)],
  [`GET ${FUTURES}/contracts/*`, open(market.instrument)],
  [`GET ${FUTURES}/order_book`, open(market.orderBook)],
  [`GET ${FUTURES}/tickers`, open(market.tickers)],
  [`GET ${FUTURES}/trades`, open(market.recentTrades)],
  [`GET ${FUTURES}/funding_rate`, open(market.fundingRates)],
  ["POST /spot/orders", place(orders.placeOne, true)],
  ["POST /spot/batch_orders", place(orders.placeMany)],
  ["PATCH /spot/orders/*", place(orders.amendOne)],
  ["POST /spot/amend_batch_orders", place(orders.amendMany)],
  ["DELETE /spot/orders/*", cancel(orders.cancelOne)],
  ["POST /spot/cancel_batch_orders", cancel(orders.cancelMany)],
  ["DELETE /spot/orders", cancel(orders.cancelAll)],
  ["GET /spot/orders", own(orders.listOrders)],
  ["GET /spot/orders/*", own(orders.getOrder)],
  ["GET /spot/open_orders", own(orders.openOrders)],
  ["GET /spot/my_trades", own(account.myTrades)],
  ["GET /spot/accounts", own(account.spotAccounts)],
  ["GET /spot/fee", own(account.fees)],
  ["POST /spot/countdown_cancel_all", own(orders.countdown)],
  [`POST ${FUTURES}/orders`, place(orders.placeOne, true)],
  [`POST ${FUTURES}/batch_orders`, place(orders.placeMany)],
  [`PUT ${FUTURES}/orders/*`, place(orders.amendOne)],
  [`POST ${FUTURES}/batch_amend_orders`, place(orders.amendMany)],
  [`DELETE ${FUTURES}/orders/*`, cancel(orders.cancelOne)],
  [`POST ${FUTURES}/batch_cancel_orders`, cancel(orders.cancelMany)],
  [`DELETE ${FUTURES}/orders`, cancel(orders.cancelAll)],
  [`GET ${FUTURES}/orders`, own(orders.listOrders)],
  [`GET ${FUTURES}/orders/*`, own(orders.getOrder)],
  [`GET ${FUTURES}/my_trades`, own(account.myTrades)],
  [`GET ${FUTURES}/accounts`, own(account.futuresAccount)],
  [`GET ${FUTURES}/positions`, own(account.positions)],
  [`GET ${FUTURES}/positions/*`, own(account.position)],
  [`POST ${FUTURES}/positions/*/leverage`, own(account.setLeverage)],
  [`POST ${FUTURES}/set_position_mode`, own(account.setPositionMode)],
  [`POST ${FUTURES}/dual_mode`, own(account.setPositionMode)],
  [`GET ${FUTURES}/fee`, own(account.fees)],
  [`POST ${FUTURES}/countdown_cancel_all`, own(orders.countdown)],
  ["GET /account/detail", own(account.detail)],
  ...[["/spot", "spot"], [FUTURES, "futures"]].flatMap(([base]): [string, Operation][] => [
    [`POST ${base}/price_orders`, { ...own(stops.placeStop), created: true }],
    [`GET ${base}/price_orders`, own(stops.listStops)],
    [`GET ${base}/price_orders/*`, own(stops.getStop)],
    [`DELETE ${base}/price_orders/*`, own(stops.cancelStop)],
    [`DELETE ${base}/price_orders`, own(stops.cancelStops)],
  ]),
]);

/** Channels of order entry after `spot.` or `futures.`. */
const CHANNELS: Readonly<Record<string, Operation & { readonly only?: WireProduct }>> = {
  order_place: { ...place(orders.placeAny), acknowledged: true },
  order_batch_place: { ...place(orders.placeMany), acknowledged: true, only: "futures" },
  order_cancel: cancel(orders.cancelOne),
  order_cancel_ids: cancel(orders.cancelMany),
  order_cancel_cp: cancel(orders.cancelAll),
  order_amend: place(orders.amendOne),
  order_status: own(orders.getOrder),
  order_list: own(orders.listOrders),
};

/** What a path means. */
export interface Route {
  readonly operation: Operation;
  readonly product: WireProduct;
  readonly pattern: string;
  /** The segment at `*`. */
  readonly id: string | undefined;
}

/** The operation of a method and a path without `/api/v4`. */
export function findRoute(method: string, path: string): Route | undefined {
  const product = path.startsWith(FUTURES) ? "futures" : "spot";
  const parts = path.split("/");
  for (const at of [0, parts.length - 1, parts.length - 2]) {
    const pattern = at === 0 ? path : parts.with(at, "*").join("/");
    const operation = REST.get(`${method} ${pattern}`);
    if (operation === undefined) continue;
    return { operation, product, pattern, id: at === 0 ? undefined : parts[at] };
  }
  return undefined;
}

/** The operation of a channel of order entry. */
export function findChannel(product: WireProduct, channel: string): Operation | undefined {
  if (!channel.startsWith(`${product}.`)) return undefined;
  const name = channel.slice(product.length + 1);
  const operation = Object.hasOwn(CHANNELS, name) ? CHANNELS[name] : undefined;
  if (operation?.only !== undefined && operation.only !== product) return undefined;
  return operation;
}
