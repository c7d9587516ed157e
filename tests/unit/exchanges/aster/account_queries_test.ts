/**
 * Questions about the account: one order, its fills, the whole report, and answers that fail.
 * @module
 */
import { venueOrderId } from "@/engine/domain/mod.ts";
import { AccountQueries } from "@/exchanges/aster/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue, MM1 } from "./fake_venue.ts";

const ORDER = {
  orderId: 7,
  symbol: "BTCUSDT",
  status: "PARTIALLY_FILLED",
  clientOrderId: "mm-1",
  price: "64000.1",
  avgPrice: "64000.1",
  origQty: "0.002",
  executedQty: "0.001",
  timeInForce: "GTC",
  type: "LIMIT",
  side: "SELL",
  time: 1,
  updateTime: 2,
};
const TRADE = {
  buyer: false,
  commission: "-0.07819010",
  commissionAsset: "USDT",
  id: 698759,
  maker: false,
  orderId: 7,
  price: "7819.0",
  qty: "0.002",
  side: "SELL",
  positionSide: "BOTH",
  symbol: "BTCUSDT",
  time: 1569514978020,
};
const BALANCE = { asset: "USDT", balance: "122.5", availableBalance: "100", updateTime: 3 };
const POSITION = {
  symbol: "BTCUSDT",
  positionSide: "BOTH",
  positionAmt: "-0.010",
  entryPrice: "64000.5",
  unRealizedProfit: "1.5",
  updateTime: 4,
};

function world(product: "spot" | "perpetual" = "perpetual") {
  const venue = new FakeVenue(product);
  const queries = new AccountQueries(venue.context, venue.rest, venue.book);
  const named = {
    instrument: venue.instrument.index,
    clientOrderId: MM1,
    venueOrderId: venueOrderId("7"),
  };
  return { venue, queries, named };
}

Deno.test("AccountQueries.queryOrder() tells the order, or that the venue does not know it", () => {
  const { venue, queries, named } = world();
  queries.queryOrder({ kind: "query_order", ...named, venueOrderId: undefined });
  const asked = venue.answer("GET /fapi/v3/order", ORDER);
  assert(asked.text.startsWith("symbol=BTCUSDT&origClientOrderId=mm-1&nonce="));
  queries.queryOrder({ kind: "query_order", ...named });
  assertEquals(venue.refuse("GET /fapi/v3/order", 400, -2013).params.get("orderId"), "7");
  assertEquals(venue.told(), ["order mm-1 partially_filled", "order_not_found"]);
  for (const sent of [true, false]) {
    queries.queryOrder({ kind: "query_order", ...named });
    venue.fail("GET /fapi/v3/order", sent);
  }
  queries.queryOrder({ kind: "query_order", ...named });
  venue.answer("GET /fapi/v3/order", { ...ORDER, status: "?" });
  assertEquals(venue.told(), ["lost query unknown", "lost query not_sent", "lost query unknown"]);
});

Deno.test("AccountQueries.queryFills() names the fills of the order asked for", () => {
  const { venue, queries, named } = world();
  queries.queryFills({ kind: "query_fills", ...named });
  const asked = venue.answer("GET /fapi/v3/userTrades", [TRADE]);
  assert(asked.text.startsWith("symbol=BTCUSDT&orderId=7&nonce="));
  const [fill] = venue.drain();
  assert(fill?.kind === "fill");
  // A taker is charged: this list writes charges below zero.
  assertEquals([fill.clientOrderId, fill.fee], [MM1, 78_190_100_000_000_000n] as never);
  queries.queryFills({ kind: "query_fills", ...named, venueOrderId: undefined });
  const maker = { ...TRADE, id: 698760, maker: true, orderId: 8, commission: "0.01" };
  const recent = venue.answer("GET /fapi/v3/userTrades", [maker]);
  assertEquals(recent.params.get("limit"), "200");
  const [rebate] = venue.drain();
  assert(rebate?.kind === "fill");
  assertEquals([rebate.clientOrderId, rebate.fee], ["", -10_000_000_000_000_000n] as never);
  queries.queryFills({ kind: "query_fills", ...named });
  venue.answer("GET /fapi/v3/userTrades", [{ ...TRADE, qty: "0.0002" }]);
  assertEquals(venue.told(), ["lost query unknown"]);
});

Deno.test("AccountQueries.queryAccount() makes one report of orders, fills and holdings", () => {
  const { venue, queries } = world();
  queries.queryAccount();
  queries.queryAccount();
  venue.answer("GET /fapi/v3/openOrders", [ORDER]);
  venue.answer("GET /fapi/v3/userTrades", [{ ...TRADE, maker: true }]);
  const hedge = { ...POSITION, positionSide: "LONG" };
  const foreign = { ...POSITION, symbol: "XYZUSDT" };
  venue.answer("GET /fapi/v3/positionRisk", [POSITION, hedge, foreign]);
  venue.answer("GET /fapi/v3/balance", [BALANCE]);
  assertEquals(venue.asked.length, 0, "the second question joined the first");
  const [report] = venue.drain();
  assert(report?.kind === "account_report");
  assertEquals(report.openOrders.map(({ status, source }) => [status, source]), [
    ["partially_filled", "query"],
  ]);
  assertEquals(report.positions.map((one) => [one.size, one.averagePrice]), [
    [-10, 64_000_500_000_000_000_000_000n],
  ] as never);
  assertEquals(report.balances.map(({ asset, total, free }) => [asset, total, free]), [
    ["USDT", 122_500_000_000_000_000_000n, 100_000_000_000_000_000_000n],
  ] as never);
  const [fill] = report.fills;
  assertEquals([fill?.clientOrderId, fill?.fee], [MM1, undefined], "the sign is not known yet");
  assert(venue.book.streamFees.isKnown === false);
});

Deno.test("AccountQueries.queryAccount() of spot leaves idle assets out", () => {
  const { venue, queries } = world("spot");
  queries.queryAccount();
  venue.answer("GET /api/v3/openOrders", []);
  venue.answer("GET /api/v3/userTrades", []);
  const balances = [
    { asset: "BTC", free: "0", locked: "0" },
    { asset: "LTC", free: "0", locked: "0" },
    { asset: "ASTER", free: "1", locked: "0.5" },
  ];
  venue.answer("GET /api/v3/account", { updateTime: 5, balances });
  const [report] = venue.drain();
  assert(report?.kind === "account_report");
  assertEquals(report.balances.map(({ asset, total }) => [asset, total]), [
    ["BTC", 0n],
    ["ASTER", 1_500_000_000_000_000_000n],
  ] as never);
});

Deno.test("AccountQueries.queryAccount() asks again, never tells half a report, and gives up", () => {
  const { venue, queries } = world();
  queries.queryAccount();
  venue.answer("GET /fapi/v3/openOrders", [ORDER]);
  venue.refuse("GET /fapi/v3/userTrades", 500, -1000);
  for (let attempt = 1; attempt < 6; attempt++) {
    assertEquals(venue.asked.length, 0);
    venue.clock.advance(60_000);
    venue.answer("GET /fapi/v3/openOrders", attempt % 2 === 0 ? "<html>" : [{ orderId: 1 }]);
  }
  venue.clock.advance(600_000);
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.logged.map((line) => line.split(":")[0]), [
    ...["warn", "warn", "warn", "warn", "warn"],
    "error",
  ]);
  assertEquals(venue.told(), []);
  queries.queryAccount();
  assertEquals(venue.asked.length, 1, "a later question is asked");
  queries.stop();
  venue.answer("GET /fapi/v3/openOrders", []);
  assertEquals(venue.asked.length, 0);
});
