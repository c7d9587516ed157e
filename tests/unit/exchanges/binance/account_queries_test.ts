/**
 * One order, its fills, and the whole account as one report.
 * @module
 */
import { clientOrderId, moneyToText, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, QueryFills, QueryOrder } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/binance/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeProduct } from "./fake_product.ts";

function world(product: "spot" | "perpetual") {
  const venue = new FakeProduct(product);
  const queries = new AccountQueries(venue.context, venue.rest, venue.lookup);
  const instrument = venue.instrument.index;
  const order: QueryOrder = {
    kind: "query_order",
    instrument,
    clientOrderId: clientOrderId("mm-1"),
    venueOrderId: undefined,
  };
  const fills: QueryFills = { ...order, kind: "query_fills" };
  return { venue, queries, order, fills };
}

const ORDER = {
  orderId: 7,
  symbol: "BTCUSDT",
  status: "PARTIALLY_FILLED",
  clientOrderId: "mm-1",
  price: "64000.00",
  avgPrice: "64000.00",
  origQty: "0.100",
  executedQty: "0.040",
  timeInForce: "GTX",
  type: "LIMIT",
  side: "BUY",
  updateTime: 1767225600000,
};
const TRADE = {
  symbol: "BTCUSDT",
  id: 698759,
  orderId: 7,
  side: "BUY",
  price: "64000.00",
  qty: "0.040",
  commission: "0.512",
  commissionAsset: "USDT",
  time: 1767225600000,
  buyer: true,
  maker: true,
};

Deno.test("AccountQueries.queryOrder() tells the state, not found, or lost", () => {
  const { venue, queries, order } = world("perpetual");
  queries.queryOrder(order, false);
  const url = venue.answer("GET /fapi/v1/order?", ORDER);
  assertEquals(url.searchParams.get("origClientOrderId"), "mm-1");
  queries.queryOrder({ ...order, venueOrderId: venueOrderId("7") }, false);
  const byId = venue.answer(
    "GET /fapi/v1/order?",
    { code: -2013, msg: "Order does not exist." },
    400,
  );
  assertEquals(byId.searchParams.get("orderId"), "7");
  queries.queryOrder(order, false);
  venue.fail("GET /fapi/v1/order?", true);
  queries.queryOrder(order, false);
  venue.answer("GET /fapi/v1/order?", { ...ORDER, status: "ODD" });
  assertEquals(venue.orders(), [
    "order mm-1 partially_filled",
    "not found mm-1",
    "lost query mm-1 unknown",
    "lost query mm-1 unknown",
  ]);
});

Deno.test("AccountQueries.queryOrder() follows a conditional order to what it released", () => {
  const { venue, queries, order } = world("perpetual");
  const algo = { algoId: 5, clientAlgoId: "mm-1", symbol: "BTCUSDT", side: "BUY", quantity: "0.1" };
  queries.queryOrder(order, true);
  const url = venue.answer("GET /fapi/v1/algoOrder?", { ...algo, algoStatus: "NEW", price: "0" });
  assertEquals(url.searchParams.get("clientAlgoId"), "mm-1");
  queries.queryOrder(order, true);
  venue.answer("GET /fapi/v1/algoOrder?", { ...algo, algoStatus: "FINISHED" });
  venue.answer("GET /fapi/v1/order?", { ...ORDER, status: "FILLED", executedQty: "0.100" });
  assertEquals(venue.orders(), ["order mm-1 new", "order mm-1 filled"]);
});

Deno.test("AccountQueries.queryFills() names the asked order's fills and keeps others apart", () => {
  const { venue, queries, fills } = world("perpetual");
  queries.queryFills({ ...fills, venueOrderId: venueOrderId("7") });
  const url = venue.answer("GET /fapi/v1/userTrades?", [TRADE, { ...TRADE, id: 9, orderId: 8 }]);
  assertEquals(url.searchParams.get("orderId"), "7");
  assertEquals(venue.orders(), ["fill mm-1 698759 40", "fill  9 40"]);
  queries.queryFills(fills);
  assertEquals(venue.answer("GET /fapi/v1/userTrades?", []).searchParams.get("limit"), "200");
  queries.queryFills(fills);
  venue.answer("GET /fapi/v1/userTrades?", [{ ...TRADE, price: "x" }]);
  assertEquals(venue.orders(), ["lost query mm-1 unknown"]);
});

Deno.test("AccountQueries.queryAccount() puts USD-M's answers into one report", () => {
  const { venue, queries } = world("perpetual");
  const askedAt = venue.clock.now();
  queries.queryAccount();
  queries.queryAccount();
  venue.clock.advance(10);
  venue.answer("GET /fapi/v1/openOrders?", [ORDER, { ...ORDER, symbol: "XRPUSDT" }]);
  venue.answer("GET /fapi/v1/openAlgoOrders?", []);
  venue.answer("GET /fapi/v1/userTrades?", [TRADE]);
  venue.answer("GET /fapi/v3/positionRisk?", [
    {
      symbol: "BTCUSDT",
      positionSide: "BOTH",
      positionAmt: "-0.040",
      entryPrice: "64000.0",
      unRealizedProfit: "-1.5",
      updateTime: 1767225600000,
    },
    { symbol: "BTCUSDT", positionSide: "LONG", positionAmt: "1" },
  ]);
  venue.answer("GET /fapi/v3/balance?", [
    { asset: "USDT", balance: "122.12", availableBalance: "100.5", updateTime: 1767225600000 },
  ]);
  assertEquals(venue.asked.length, 0, "the second question joined the first");
  const report = venue.drain().find((event) => event.kind === "account_report") as AccountReport;
  assertEquals(report.askedAt, askedAt);
  assert(report.at > askedAt);
  assertEquals(report.openOrders.map((order) => order.clientOrderId), [clientOrderId("mm-1")]);
  assertEquals(report.fills.map((fill) => fill.clientOrderId), [clientOrderId("mm-1")]);
  assertEquals(report.positions.map((position) => position.size as number), [-40]);
  assertEquals(moneyToText(report.balances[0]!.free), "100.5");
});

Deno.test("AccountQueries.queryAccount() puts spot's answers into one report", () => {
  const { venue, queries } = world("spot");
  queries.queryAccount();
  venue.answer("GET /api/v3/openOrders?", []);
  venue.answer("GET /api/v3/myTrades?", []);
  venue.answer("GET /api/v3/account?", {
    updateTime: 1767225600000,
    balances: [
      { asset: "BTC", free: "1.0", locked: "0.5" },
      { asset: "USDT", free: "0.00000000", locked: "0.00000000" },
      { asset: "DOGE", free: "0.00000000", locked: "0.00000000" },
    ],
  });
  const report = venue.drain().find((event) => event.kind === "account_report") as AccountReport;
  assertEquals(
    report.balances.map((balance) => `${balance.asset} ${moneyToText(balance.total)}`),
    ["BTC 1.5", "USDT 0"],
    "what we neither own nor trade is left out",
  );
  assertEquals(report.positions, []);
});

Deno.test("AccountQueries.queryAccount() asks again with back-off and never delivers half", () => {
  const { venue, queries } = world("spot");
  queries.queryAccount();
  venue.answer("GET /api/v3/openOrders?", []);
  venue.fail("GET /api/v3/myTrades?", true);
  assertEquals(venue.asked.length, 0);
  venue.clock.advance(1_000);
  venue.answer("GET /api/v3/openOrders?", { not: "a list" });
  venue.clock.advance(2_000);
  venue.answer("GET /api/v3/openOrders?", []);
  venue.answer("GET /api/v3/myTrades?", []);
  assertEquals(venue.drain(), []);
  venue.answer("GET /api/v3/account?", { balances: [] });
  assertEquals(venue.drain().map(({ kind }) => kind), ["account_report"]);
  queries.queryAccount();
  for (let attempt = 0; attempt < 6; attempt++) {
    venue.fail("GET /api/v3/openOrders?", false);
    venue.clock.advance(60_000);
  }
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.logged.at(-1), "error: account report given up");
  queries.queryAccount();
  queries.stop();
  venue.answer("GET /api/v3/openOrders?", []);
  assertEquals(venue.asked.length, 0, "nothing follows a stop");
});
