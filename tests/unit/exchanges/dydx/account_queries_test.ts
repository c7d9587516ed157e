/**
 * Questions to the indexer: orders that may still come, fills with their names, whole reports.
 * @module
 */
import { clientOrderId, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, QueryOrder } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/dydx/account_queries.ts";
import { OrderGateway } from "@/exchanges/dydx/order_gateway.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

const ORDER = {
  id: "o7",
  clientId: "7",
  clobPairId: "0",
  side: "BUY",
  size: "0.001",
  totalFilled: "0",
  price: "43250",
  type: "LIMIT",
  status: "BEST_EFFORT_OPENED",
  timeInForce: "GTT",
  orderFlags: "0",
  goodTilBlock: "120",
  ticker: "BTC-USD",
};
const FILL = {
  id: "f1",
  side: "BUY",
  liquidity: "MAKER",
  type: "LIMIT",
  market: "BTC-USD",
  price: "43250",
  size: "0.0004",
  fee: "-0.0047",
  createdAt: "2026-01-15T00:00:00.100Z",
  orderId: "o7",
};

interface World {
  readonly venue: FakeVenue;
  readonly queries: AccountQueries;
}

function world(): World {
  const venue = new FakeVenue();
  const gateway = new OrderGateway({
    context: venue.context,
    signer: venue.signer,
    chain: venue.chain,
    tracker: venue.tracker,
    lookup: venue.lookup,
    isHeard: () => true,
    oracleTicks: () => undefined,
  });
  const queries = new AccountQueries(
    venue.context,
    venue.indexer,
    venue.signer,
    venue.lookup,
    venue.tracker,
    gateway,
  );
  return { venue, queries };
}

function question(id = "7", order?: string): QueryOrder {
  return {
    kind: "query_order",
    instrument: 0 as QueryOrder["instrument"],
    clientOrderId: clientOrderId(id),
    venueOrderId: order === undefined ? undefined : venueOrderId(order),
  };
}

Deno.test("queryOrder() asks by the id that it computes, of every kind of order", () => {
  const { venue, queries } = world();
  assertEquals(queries.queryOrder(question("123456789")), "sent");
  const first = venue.answer("GET /v4/orders/", { errors: [{ msg: "no" }] }, 404);
  assertEquals(first, "GET /v4/orders/943b4f34-3f3c-5061-a5d9-54e8e1965192");
  venue.answer("GET /v4/orders/", "", 404);
  venue.answer("GET /v4/orders/", "", 404);
  assertEquals(venue.orders(), ["not found 123456789"]);
});

Deno.test("queryOrder(): not known is no answer until the order's last block has passed", () => {
  const { venue, queries } = world();
  const order = venue.tracker.open("o7", venue.instrument, clientOrderId("7"), 0, true);
  order.goodTilBlock = 120;
  venue.tracker.noteHeight(121);
  queries.queryOrder(question());
  venue.answer("GET /v4/orders/o7", "", 404);
  assertEquals(venue.orders(), ["lost query 7 unknown"]);
  venue.tracker.noteHeight(122);
  queries.queryOrder(question());
  venue.answer("GET /v4/orders/o7", "", 404);
  assertEquals(venue.orders(), ["not found 7"]);
});

Deno.test("queryOrder() reads every state, and a best-effort cancel as none", () => {
  const states: [Record<string, unknown>, string][] = [
    [{}, "order 7 new"],
    [{ status: "OPEN", totalFilled: "0.0004" }, "order 7 partially_filled"],
    [{ status: "FILLED", totalFilled: "0.001" }, "order 7 filled"],
    [{ status: "CANCELED", removalReason: "USER_CANCELED" }, "order 7 cancelled"],
    [{ status: "BEST_EFFORT_CANCELED" }, "lost query 7 unknown"],
    [{ status: "DANCING" }, "lost query 7 unknown"],
    [{ price: "0.5" }, "lost query 7 unknown"],
    [{ goodTilBlock: "50" }, "order 7 expired"],
  ];
  for (const [changes, expected] of states) {
    const { venue, queries } = world();
    venue.tracker.noteHeight(100);
    queries.queryOrder(question("7", "o7"));
    venue.answer("GET /v4/orders/o7", { ...ORDER, ...changes });
    assertEquals(venue.orders(), [expected], JSON.stringify(changes));
  }
  const { venue, queries } = world();
  queries.queryOrder(question("7", "o7"));
  venue.fail("GET /v4/orders/o7", true);
  queries.queryOrder(question("7", "o7"));
  venue.answer("GET /v4/orders/o7", "<html>", 503);
  queries.queryOrder(question("7", "o7"));
  venue.answer("GET /v4/orders/o7", "[]");
  assertEquals(venue.orders(), Array(3).fill("lost query 7 unknown"));
});

Deno.test("queryOrder() asks nobody about an order whose best-effort cancel was heard", () => {
  const { venue, queries } = world();
  const order = venue.tracker.open("o7", venue.instrument, clientOrderId("7"), 0, true);
  order.goodTilBlock = 120;
  order.endingFor = "ORDER_REMOVAL_REASON_USER_CANCELED";
  assertEquals(queries.queryOrder(question()), "sent");
  assertEquals(venue.orders(), [], "never before the call returns");
  venue.clock.advance(1);
  assertEquals([venue.orders(), venue.asked.length], [["lost query 7 unknown"], 0]);
});

Deno.test("queryFills() names the fills of the order asked for", () => {
  const { venue, queries } = world();
  const request = { ...question("7", "o7"), kind: "query_fills" } as const;
  queries.queryFills(request);
  const fills = [FILL, { ...FILL, id: "f2", orderId: "other" }];
  const path = venue.answer("GET /v4/fills?", { fills });
  assert(path.includes("market=BTC-USD&marketType=PERPETUAL"), path);
  assertEquals(venue.orders(), ["fill 7 f1 4", "fill  f2 4"]);
  queries.queryFills(request);
  venue.answer("GET /v4/fills?", { fills: [{}] });
  queries.queryFills(request);
  venue.answer("GET /v4/fills?", { fills: [{ ...FILL, size: "x" }] });
  assertEquals(venue.orders(), ["lost query 7 unknown"]);
});

function answerReport(venue: FakeVenue): void {
  venue.answer("GET /v4/orders?", []);
  venue.answer("GET /v4/orders?", [ORDER, { ...ORDER, id: "old", goodTilBlock: "50" }]);
  venue.answer("GET /v4/orders?", [{ ...ORDER, id: "o8", clientId: "8", status: "UNTRIGGERED" }]);
  venue.answer("GET /v4/orders?", [{ ...ORDER, id: "o9", clientId: "9", status: "FILLED" }]);
  venue.answer("GET /v4/fills?", { fills: [{ ...FILL, orderId: "o9" }] });
}

Deno.test("queryAccount() puts orders, fills, positions and balances into one report", () => {
  const { venue, queries } = world();
  venue.tracker.noteHeight(100);
  queries.queryAccount();
  queries.queryAccount();
  answerReport(venue);
  venue.answer("GET /v4/addresses/", {
    subaccount: {
      subaccountNumber: 0,
      freeCollateral: "900",
      openPerpetualPositions: { "BTC-USD": { side: "SHORT", size: "-0.5", entryPrice: "43000" } },
      assetPositions: { USDC: { symbol: "USDC", side: "LONG", size: "1000" } },
    },
  });
  assertEquals(venue.asked.length, 0, "the second question joined the first");
  const report = venue.events.at(-1) as AccountReport;
  assertEquals(report.kind, "account_report");
  assertEquals(report.openOrders.map((order) => `${order.clientOrderId} ${order.source}`), [
    "7 query",
    "8 query",
  ]);
  assertEquals(report.fills.map((fill) => String(fill.clientOrderId)), ["9"]);
  assertEquals(report.positions.map((position) => Number(position.size)), [-5_000]);
  assertEquals(report.balances.map(({ total, free }) => [total, free].map(String)), [
    ["1000000000000000000000", "900000000000000000000"],
  ]);
});

Deno.test("queryAccount(): an account that was never funded is empty; half a report is none", () => {
  const { venue, queries } = world();
  queries.queryAccount();
  answerReport(venue);
  venue.answer("GET /v4/addresses/", { errors: [{ msg: "No subaccount found" }] }, 404);
  assertEquals((venue.events.at(-1) as AccountReport).balances, []);
  venue.events.length = 0;
  queries.queryAccount();
  for (let attempt = 0; attempt < 6; attempt++) {
    venue.answer("GET /v4/orders?", "<html>", 429, { "retry-after": "1" });
    venue.clock.advance(60_000);
  }
  assertEquals(venue.events.filter((event) => event.kind === "account_report"), []);
  assertEquals(venue.logged.at(-1), "error: account report given up");
  assert(venue.events.some((event) => event.kind === "rate_limit"));
  queries.stop();
});
