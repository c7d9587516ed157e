/**
 * One order, its fills, and the whole account as one report, page by page.
 * @module
 */
import { clientOrderId, moneyToText, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, QueryFills, QueryOrder } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/bybit/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

function world() {
  const venue = new FakeVenue();
  const queries = new AccountQueries(venue.context, venue.rest, venue.lookup);
  const order: QueryOrder = {
    kind: "query_order",
    instrument: venue.perp.index,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
  };
  const fills: QueryFills = { ...order, kind: "query_fills" };
  return { venue, queries, order, fills };
}

const ORDER = {
  symbol: "BTCUSDT",
  orderId: "v1",
  orderLinkId: "mm-1",
  side: "Buy",
  orderType: "Limit",
  price: "64000.0",
  qty: "0.100",
  cumExecQty: "0.040",
  avgPrice: "64000",
  timeInForce: "PostOnly",
  orderStatus: "PartiallyFilled",
  rejectReason: "EC_NoError",
  updatedTime: "1767225600000",
};
const FILL = {
  symbol: "BTCUSDT",
  orderId: "v1",
  orderLinkId: "mm-1",
  side: "Buy",
  execId: "e1",
  execPrice: "64000.0",
  execQty: "0.040",
  execFee: "0.512",
  feeCurrency: "",
  isMaker: true,
  execType: "Trade",
  execTime: "1767225600000",
};
const POSITION = {
  symbol: "BTCUSDT",
  positionIdx: 0,
  side: "Sell",
  size: "0.040",
  avgPrice: "64000.0",
  unrealisedPnl: "-1.5",
  seq: 1,
  updatedTime: "1767225600000",
};
const WALLET = {
  accountType: "UNIFIED",
  coin: [
    { coin: "USDT", walletBalance: "122.12", locked: "22.12" },
    { coin: "BTC", walletBalance: "0", locked: "0" },
  ],
};
const listOf = (...list: unknown[]) => ({ list, nextPageCursor: "" });

Deno.test("AccountQueries.queryOrder() looks among open orders, then in the history", () => {
  const { venue, queries, order } = world();
  queries.queryOrder(order);
  const { url } = venue.answer("GET /v5/order/realtime?", listOf(ORDER));
  assertEquals(url.search, "?category=linear&symbol=BTCUSDT&orderLinkId=mm-1");
  queries.queryOrder(order);
  venue.answer("GET /v5/order/realtime?", listOf({ ...ORDER, orderLinkId: "other" }));
  const closed = { ...ORDER, orderStatus: "Cancelled" };
  venue.answer("GET /v5/order/history?", listOf(closed));
  queries.queryOrder(order);
  venue.answer("GET /v5/order/realtime?", listOf());
  venue.answer("GET /v5/order/history?", listOf());
  assertEquals(venue.lines(), [
    "order mm-1 partially_filled query",
    "order mm-1 cancelled query",
    "not found mm-1",
  ]);
});

Deno.test("AccountQueries.queryOrder() asks by the venue's id where there is no other", () => {
  const { venue, queries, order } = world();
  const foreign = { ...order, clientOrderId: clientOrderId(""), venueOrderId: venueOrderId("v1") };
  queries.queryOrder(foreign);
  const { url } = venue.answer("GET /v5/order/realtime?", listOf({ ...ORDER, orderLinkId: "" }));
  assertEquals(url.searchParams.get("orderId"), "v1");
  assertEquals(venue.lines(), ["order  partially_filled query"]);
});

Deno.test("AccountQueries says lost when an answer fails or cannot be read", () => {
  const { venue, queries, order, fills } = world();
  queries.queryOrder(order);
  venue.fail("GET /v5/order/realtime?", true);
  queries.queryOrder(order);
  venue.answer("GET /v5/order/realtime?", listOf({ ...ORDER, orderStatus: "Odd" }));
  queries.queryOrder(order);
  venue.answer("GET /v5/order/realtime?", { list: 5 });
  queries.queryOrder(order);
  venue.refuse("GET /v5/order/realtime?", 10016);
  queries.queryFills(fills);
  venue.fail("GET /v5/execution/list?", false);
  queries.queryFills(fills);
  venue.answer("GET /v5/execution/list?", listOf({ ...FILL, execPrice: "x" }));
  assertEquals(venue.lines(), [
    ...Array(4).fill("lost query mm-1 unknown"),
    "lost query mm-1 not_sent",
    "lost query mm-1 unknown",
  ]);
  const nowhere = { ...order, instrument: 9 as QueryOrder["instrument"] };
  assertEquals(queries.queryOrder(nowhere), "not_connected");
  assertEquals(queries.queryFills({ ...nowhere, kind: "query_fills" }), "not_connected");
});

Deno.test("AccountQueries.queryFills() reads every page and names the asked order's fills", () => {
  const { venue, queries, fills } = world();
  queries.queryFills({ ...fills, venueOrderId: venueOrderId("v1") });
  const unnamed = { ...FILL, orderLinkId: "" };
  const page = { list: [unnamed, { ...FILL, execType: "Funding" }], nextPageCursor: "p%3D2" };
  venue.answer("GET /v5/execution/list?category=linear&symbol=BTCUSDT&limit=100", page);
  const { url } = venue.answer("GET /v5/execution/list?", listOf({ ...FILL, execId: "e2" }));
  assertEquals(url.searchParams.get("cursor"), "p%3D2", "the cursor comes back as it was given");
  assertEquals(venue.lines(), ["fill mm-1 e1 40", "fill mm-1 e2 40"]);
});

Deno.test("AccountQueries.queryAccount() puts all answers into one report", () => {
  const { venue, queries } = world();
  const askedAt = venue.clock.now();
  queries.queryAccount();
  queries.queryAccount();
  venue.clock.advance(10);
  const spotStop = {
    ...ORDER,
    orderId: "v9",
    orderLinkId: "stop-1",
    orderStatus: "Untriggered",
    triggerPrice: "60000",
    qty: "0.1",
    cumExecQty: "0",
  };
  venue.answer("GET /v5/order/realtime?category=spot&openOnly=0&limit=50", listOf(spotStop));
  const linear = "GET /v5/order/realtime?category=linear&settleCoin=USDT&openOnly=0&limit=50";
  const others = [{ ...ORDER, symbol: "XRPUSDT" }, { ...ORDER, orderStatus: "Filled" }];
  venue.answer(linear, { list: [ORDER, ...others], nextPageCursor: "next" });
  venue.answer(`${linear}&cursor=next`, listOf({ ...ORDER, orderLinkId: "mm-2", orderId: "v2" }));
  venue.answer("GET /v5/execution/list?category=spot", listOf());
  venue.answer("GET /v5/execution/list?category=linear", listOf(FILL));
  const hedged = { ...POSITION, positionIdx: 1 };
  venue.answer("GET /v5/position/list?", listOf(POSITION, hedged, { ...POSITION, symbol: "X" }));
  venue.answer("GET /v5/account/wallet-balance?accountType=UNIFIED", listOf(WALLET));
  assertEquals(venue.asked.length, 0, "the second question joined the first");
  const report = venue.drain().find((event) => event.kind === "account_report") as AccountReport;
  assertEquals(report.account as string, "bybit/unified");
  assertEquals(report.askedAt, askedAt);
  assert(report.at > askedAt);
  const names = report.openOrders.map(({ clientOrderId }) => clientOrderId as string);
  assertEquals(names, ["stop-1", "mm-1", "mm-2"]);
  assertEquals(report.fills.map(({ feeAsset }) => feeAsset), ["USDT"]);
  assertEquals(report.positions.map(({ size }) => size as number), [-40]);
  assertEquals(report.balances.map(({ asset, free }) => `${asset} ${moneyToText(free)}`), [
    "USDT 100",
    "BTC 0",
  ]);
  assert(venue.lookup.isWaitingStop("stop-1"));
});

Deno.test("AccountQueries.queryAccount() asks again with back-off and never delivers half", () => {
  const { venue, queries } = world();
  const orders = "GET /v5/order/realtime?";
  queries.queryAccount();
  venue.answer(orders, listOf());
  venue.fail(orders, true);
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(1_000);
  venue.answer(orders, { list: [5] });
  venue.clock.advance(2_000);
  venue.answer(orders, listOf());
  venue.answer(orders, listOf({ ...ORDER, qty: "x" }));
  assertEquals(venue.lines(), []);
  venue.clock.advance(4_000);
  for (let attempt = 0; attempt < 3; attempt++) {
    venue.fail(orders, false);
    venue.clock.advance(60_000);
  }
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.logged.at(-1), "error: account report given up");
  queries.queryAccount();
  queries.stop();
  venue.answer(orders, listOf());
  assertEquals(venue.asked.length, 0, "nothing follows a stop");
});

Deno.test("AccountQueries.queryAccount() delivers no report whose lists have no end", () => {
  const { venue, queries } = world();
  queries.queryAccount();
  for (let page = 0; page < 40; page++) {
    const list = [{ ...ORDER, symbol: "XRPUSDT" }];
    venue.answer("GET /v5/order/realtime?", { list, nextPageCursor: `p${page}` });
  }
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.lines(), []);
  assertEquals(venue.logged, ["warn: account report failed"]);
});
