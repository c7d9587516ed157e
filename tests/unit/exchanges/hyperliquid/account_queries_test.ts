/**
 * Questions about the account: the report in its order, account modes, pages of fills, orders.
 * @module
 */
import { clientOrderId, moneyToText, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, QueryOrder } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/hyperliquid/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ADDRESS, cloid, FakeVenue } from "./fake_venue.ts";

const T = 1_767_225_600_000;

interface World {
  readonly venue: FakeVenue;
  readonly queries: AccountQueries;
  readonly modes: boolean[];
}

function world(): World {
  const venue = new FakeVenue();
  const modes: boolean[] = [];
  const queries = new AccountQueries(
    venue.context,
    venue.rest,
    venue.lookup,
    (mode) => modes.push(mode),
  );
  queries.start(ADDRESS);
  return { venue, queries, modes };
}

function orderOf(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    coin: "BTC",
    side: "B",
    limitPx: "84000.0",
    sz: "0.4",
    oid: 77,
    timestamp: T,
    triggerCondition: "N/A",
    isTrigger: false,
    triggerPx: "0.0",
    children: [],
    isPositionTpsl: false,
    reduceOnly: false,
    orderType: "Limit",
    origSz: "1.0",
    tif: "Alo",
    cloid: cloid(1),
    ...changes,
  };
}

function fillOf(tid: number, time = T): Record<string, unknown> {
  return {
    coin: "BTC",
    px: "84000.0",
    sz: "0.6",
    side: "B",
    time,
    oid: 77,
    crossed: false,
    fee: "0.1",
    tid,
    feeToken: "USDC",
  };
}

const STATE = {
  marginSummary: { accountValue: "1012.5" },
  withdrawable: "900.25",
  assetPositions: [
    {
      type: "oneWay",
      position: { coin: "BTC", szi: "-0.5", entryPx: "84000.0", unrealizedPnl: "12.5" },
    },
    { type: "oneWay", position: { coin: "SOL", szi: "1.0", entryPx: "1", unrealizedPnl: "0" } },
  ],
  time: T,
};
const SPOT = {
  balances: [
    { coin: "USDC", token: 0, total: "100.5", hold: "0.5", entryNtl: "0" },
    { coin: "HYPE", token: 150, total: "2", hold: "0", entryNtl: "1" },
  ],
};

function reported({ venue }: World): AccountReport {
  const reports = venue.drain();
  assertEquals(reports.length, 1);
  const [report] = reports;
  assert(report?.kind === "account_report");
  return report;
}

function balances(report: AccountReport): string[] {
  return report.balances.map((one) =>
    `${one.asset} ${moneyToText(one.total)} ${moneyToText(one.free)}`
  );
}

function queryOf(changes: Partial<QueryOrder> = {}): QueryOrder {
  return {
    kind: "query_order",
    instrument: 0 as QueryOrder["instrument"],
    clientOrderId: clientOrderId(cloid(1)),
    venueOrderId: undefined,
    ...changes,
  };
}

Deno.test("AccountQueries reports orders, fills, positions and balances, asked for in this order", () => {
  const w = world();
  const { venue, queries } = w;
  assertEquals(queries.queryAccount(), "sent");
  assertEquals(queries.queryAccount(), "sent", "joins the first");
  venue.answer("userAbstraction", "unifiedAccount");
  venue.answer("frontendOpenOrders", [orderOf(), orderOf({ coin: "SOL", oid: 78 })]);
  const body = venue.answer("userFillsByTime", [fillOf(1), { coin: "SOL" }]);
  assertEquals(body["startTime"], venue.clock.now() / 1_000 - 24 * 3_600_000);
  venue.answer("clearinghouseState", STATE);
  venue.answer("spotClearinghouseState", SPOT);
  assertEquals(venue.asked.length, 0);
  const report = reported(w);
  assertEquals(w.modes, [true]);
  const [order] = report.openOrders;
  assert(order !== undefined && report.openOrders.length === 1);
  assertEquals([order.status, order.filledSize as number, order.type, order.timeInForce], [
    "partially_filled",
    60_000,
    "limit",
    "gtc",
  ]);
  const [fill] = report.fills;
  assertEquals(fill?.clientOrderId as string, cloid(1), "named by its order");
  assertEquals(report.positions.map((one) => one.size as number), [-50_000]);
  assertEquals(balances(report), ["USDC 100.5 100", "HYPE 2 2"]);
  venue.clock.advance(60_000);
  queries.queryAccount();
  venue.answer("frontendOpenOrders", []);
  const next = venue.answer("userFillsByTime", []);
  assertEquals(next["startTime"], report.askedAt / 1_000 - 60_000, "a margin before the last one");
});

Deno.test("AccountQueries adds up both wallets of an account that is not unified", () => {
  const w = world();
  const { venue, queries } = w;
  queries.queryAccount();
  venue.answer("userAbstraction", "disabled");
  venue.answer("frontendOpenOrders", []);
  venue.answer("userFillsByTime", []);
  venue.answer("clearinghouseState", STATE);
  venue.answer("spotClearinghouseState", SPOT);
  assertEquals(balances(reported(w)), ["HYPE 2 2", "USDC 1100.5 1000.25"]);
  assertEquals(w.modes, [false]);
});

Deno.test("AccountQueries follows full pages of fills and repeats none", () => {
  const w = world();
  const { venue, queries } = w;
  queries.queryAccount();
  venue.answer("userAbstraction", "portfolioMargin");
  venue.answer("frontendOpenOrders", []);
  const page = Array.from({ length: 2_000 }, (_, at) => fillOf(at + 1, T + at));
  venue.answer("userFillsByTime", page);
  const body = venue.answer("userFillsByTime", [
    fillOf(2_000, T + 1_999),
    fillOf(2_001, T + 2_500),
  ]);
  assertEquals(body["startTime"], T + 1_999);
  venue.answer("clearinghouseState", STATE);
  venue.answer("spotClearinghouseState", SPOT);
  assertEquals(reported(w).fills.length, 2_001);
});

Deno.test("AccountQueries tries a failed report again, and gives up after six", () => {
  const w = world();
  const { venue, queries } = w;
  queries.queryAccount();
  const failures: (() => void)[] = [
    () => venue.fail("userAbstraction", true),
    () => venue.answer("userAbstraction", { surprise: 1 }),
    () => {
      venue.answer("userAbstraction", "default");
      venue.answer("frontendOpenOrders", [orderOf({ limitPx: "x" })]);
    },
    () => {
      venue.answer("frontendOpenOrders", []);
      venue.answer("userFillsByTime", [fillOf(1), { ...fillOf(2), px: "x" }]);
    },
    () => {
      venue.answer("frontendOpenOrders", []);
      venue.answer("userFillsByTime", []);
      venue.answer("clearinghouseState", { assetPositions: [{}] });
    },
    () => {
      venue.answer("frontendOpenOrders", []);
      venue.answer("userFillsByTime", []);
      venue.answer("clearinghouseState", STATE);
      venue.answer("spotClearinghouseState", "busy", 429);
    },
  ];
  for (const fail of failures) {
    fail();
    venue.clock.advance(30_000);
  }
  assertEquals(venue.asked.length, 0);
  assertEquals(venue.lines(), ["rate limit "]);
  assert(venue.logged.includes("error: account report given up"));
  queries.queryAccount();
  venue.answer("frontendOpenOrders", []);
});

Deno.test("AccountQueries tells what became of an order, or that nobody knows it", () => {
  const { venue, queries } = world();
  const ask = (answer: unknown, request = queryOf()) => {
    assertEquals(queries.queryOrder(request), "sent");
    return venue.answer("orderStatus", answer);
  };
  const told = (status: string, changes: Record<string, unknown> = {}) => ({
    status: "order",
    order: { order: orderOf(changes), status, statusTimestamp: T },
  });
  assertEquals(ask(told("open"))["oid"], cloid(1));
  const named = queryOf({ venueOrderId: venueOrderId("77") });
  assertEquals(ask(told("filled", { sz: "0.0" }), named)["oid"], 77);
  ask(told("canceled", { cloid: null }));
  ask({ status: "unknownOid" });
  ask({ status: "order" });
  ask("nonsense");
  ask(told("mysterious"));
  assertEquals(venue.lines(), [
    "order #1 partially_filled 60000",
    "order #1 filled 100000",
    "order #1 cancelled 60000",
    "not found #1",
    "lost query #1 unknown",
    "lost query #1 unknown",
    "lost query #1 unknown",
  ]);
  queries.queryOrder(queryOf());
  venue.fail("orderStatus", false);
  assertEquals(venue.lines(), ["lost query #1 not_sent"]);
  const nameless = queryOf({ clientOrderId: clientOrderId("x") });
  assertEquals(queries.queryOrder(nameless), "not_connected");
});

Deno.test("AccountQueries gives the instrument's fills, those of the order by its client id", () => {
  const { venue, queries } = world();
  const request = {
    ...queryOf({ venueOrderId: venueOrderId("77") }),
    kind: "query_fills",
  } as const;
  assertEquals(queries.queryFills(request), "sent");
  const other = { ...fillOf(2), oid: 5, cloid: cloid(5) };
  venue.answer("userFills", [fillOf(1), other, { ...fillOf(3), coin: "ETH", px: "1891.4" }]);
  assertEquals(venue.lines(), ["fill #1 1 60000", "fill #5 2 60000"]);
  queries.queryFills(request);
  venue.answer("userFills", [{ ...fillOf(1), sz: "x" }]);
  assertEquals(venue.lines(), ["lost query #1 unknown"]);
});

Deno.test("AccountQueries answers nothing before it knows whose account, nor after stop()", () => {
  const venue = new FakeVenue();
  const queries = new AccountQueries(venue.context, venue.rest, venue.lookup, () => {});
  assertEquals(queries.queryAccount(), "not_connected");
  assertEquals(queries.queryOrder(queryOf()), "not_connected");
  assertEquals(queries.queryFills({ ...queryOf(), kind: "query_fills" }), "not_connected");
  queries.start(ADDRESS);
  queries.queryAccount();
  queries.queryOrder(queryOf());
  queries.stop();
  venue.answer("userAbstraction", "unifiedAccount");
  venue.answer("orderStatus", { status: "unknownOid" });
  assertEquals(venue.lines(), []);
  assertEquals(venue.asked.length, 0);
});
