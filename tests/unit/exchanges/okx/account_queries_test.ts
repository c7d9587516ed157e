/**
 * Account questions: one order, conditional ones too, fills, a whole report with pages, funding.
 * @module
 */
import { clientOrderId, moneyToText, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport, QueryOrder } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/okx/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly queries: AccountQueries;
}

function world(): World {
  const venue = new FakeVenue().measured();
  return { venue, queries: new AccountQueries(venue.context, venue.rest, venue.lookup) };
}

function question({ venue }: World, id: string, venueId?: string): QueryOrder {
  return {
    kind: "query_order",
    instrument: venue.swap.index,
    clientOrderId: clientOrderId(id),
    venueOrderId: venueId === undefined ? undefined : venueOrderId(venueId),
  };
}

const ORDER = {
  instType: "SWAP",
  instId: "BTC-USDT-SWAP",
  ordId: "7",
  clOrdId: "mm1",
  px: "64000.1",
  sz: "1",
  ordType: "post_only",
  side: "buy",
  accFillSz: "0.4",
  avgPx: "64000.1",
  state: "partially_filled",
  cancelSource: "",
  uTime: "1767225600000",
};
const FILL = {
  instId: "BTC-USDT-SWAP",
  side: "buy",
  fillSz: "0.4",
  fillPx: "64000.1",
  fee: "-0.05",
  feeCcy: "USDT",
  ordId: "7",
  clOrdId: "",
  execType: "M",
  tradeId: "55",
  fillTime: "1767225600000",
};
const ALGO = {
  instId: "BTC-USDT-SWAP",
  algoId: "12",
  algoClOrdId: "s1",
  ordType: "trigger",
  ordPx: "-1",
  side: "sell",
  sz: "2",
  state: "live",
  uTime: "1767225600000",
};
const POSITION = {
  instId: "BTC-USDT-SWAP",
  posSide: "net",
  pos: "0.4",
  avgPx: "64000.1",
  upl: "1",
};
const BALANCE = { ccy: "USDT", cashBal: "10", availEq: "9", uTime: "1" };

Deno.test("okx queryOrder() asks by the venue's id, else by ours", () => {
  const w = world();
  w.queries.queryOrder(question(w, "mm1"));
  const byClient = w.venue.answer("GET /api/v5/trade/order", [ORDER]);
  assert(byClient.url.endsWith("?instId=BTC-USDT-SWAP&clOrdId=mm1"));
  w.queries.queryOrder(question(w, "mm1", "7"));
  const byVenue = w.venue.answer("GET /api/v5/trade/order", [ORDER]);
  assert(byVenue.url.endsWith("?instId=BTC-USDT-SWAP&ordId=7"));
  assertEquals(w.venue.lines(), ["order mm1 partially_filled", "order mm1 partially_filled"]);
});

Deno.test("okx queryOrder() tells not found, lost and unreadable apart", () => {
  const w = world();
  const target = "GET /api/v5/trade/order";
  const ask = () => w.queries.queryOrder(question(w, "mm1"));
  ask();
  w.venue.answer(target, { code: "51603", msg: "Order does not exist", data: [] });
  ask();
  w.venue.answer(target, []);
  ask();
  w.venue.fail(target, true);
  ask();
  w.venue.fail(target, false);
  ask();
  w.venue.answer(target, { code: "50001", msg: "unavailable", data: [] }, 503);
  ask();
  w.venue.answer(target, [{ ...ORDER, state: "odd" }]);
  assertEquals(w.venue.lines(), [
    "not found mm1",
    "not found mm1",
    "lost query mm1 unknown",
    "lost query mm1 not_sent",
    "lost query mm1 unknown",
    "lost query mm1 unknown",
  ]);
  const nowhere = { ...question(w, "x"), instrument: 9 as QueryOrder["instrument"] };
  assertEquals(w.queries.queryOrder(nowhere), "not_connected");
});

Deno.test("okx queryOrder() finds a conditional order in its list, or alone, or released", () => {
  const w = world();
  const list = "GET /api/v5/trade/orders-algo-pending?ordType=trigger";
  const alone = "GET /api/v5/trade/order-algo?";
  w.queries.queryOrder(question(w, "s1", "algo-12"));
  w.venue.answer(list, [{ ...ALGO, algoId: "11" }, ALGO]);
  w.venue.lookup.rememberAlgo(clientOrderId("s1"), "");
  w.queries.queryOrder(question(w, "s1"));
  w.venue.answer(list, []);
  w.venue.answer(`${alone}algoClOrdId=s1`, [{ ...ALGO, state: "canceled" }]);
  w.queries.queryOrder(question(w, "s1"));
  w.venue.answer(list, []);
  w.venue.answer(alone, [{ ...ALGO, state: "effective", ordId: "7" }]);
  w.venue.answer("GET /api/v5/trade/order?instId=BTC-USDT-SWAP&ordId=7", [
    { ...ORDER, clOrdId: "", algoClOrdId: "s1", state: "filled" },
  ]);
  w.queries.queryOrder(question(w, "s1"));
  w.venue.answer(list, []);
  w.venue.answer(alone, { code: "51603", msg: "", data: [] });
  w.queries.queryOrder(question(w, "s1"));
  w.venue.fail(list, true);
  assertEquals(w.venue.lines(), [
    "order s1 new",
    "order s1 cancelled",
    "order s1 filled",
    "not found s1",
    "lost query s1 unknown",
  ]);
});

Deno.test("okx queryFills() names the order it was asked about", () => {
  const w = world();
  const ask = (venueId?: string) =>
    w.queries.queryFills({ ...question(w, "mm1", venueId), kind: "query_fills" });
  ask("7");
  const request = w.venue.answer("GET /api/v5/trade/fills", [FILL]);
  assert(request.url.endsWith("?instId=BTC-USDT-SWAP&ordId=7&limit=100"));
  w.venue.lookup.remember("7", clientOrderId("known"));
  ask();
  w.venue.answer("GET /api/v5/trade/fills?instId=BTC-USDT-SWAP&limit=100", [FILL]);
  ask();
  w.venue.answer("GET /api/v5/trade/fills", [FILL, { ...FILL, fillPx: "" }]);
  ask();
  w.venue.answer("GET /api/v5/trade/fills", "<html>", 502);
  const events = w.venue.drain();
  const fill = events[0]!;
  assert(fill.kind === "fill" && fill.fee !== undefined);
  assertEquals([fill.clientOrderId, moneyToText(fill.fee), fill.size], ["mm1", "0.05", 40]);
  assert(events[1]!.kind === "fill");
  assertEquals(events[1]!.clientOrderId, "known");
  assertEquals(events.slice(2).map((event) => event.kind), ["request_lost", "request_lost"]);
});

Deno.test("okx queryAccount() is one report: orders page by page, then fills, then what we own", () => {
  const w = world();
  w.queries.queryAccount();
  w.queries.queryAccount();
  const page = Array.from({ length: 100 }, (_, index) => ({
    ...ORDER,
    ordId: String(1_000 - index),
    clOrdId: `a${index}`,
  }));
  w.venue.answer("GET /api/v5/trade/orders-pending?limit=100", page);
  const foreign = { ...ORDER, instId: "DOGE-USDT" };
  w.venue.answer("GET /api/v5/trade/orders-pending?limit=100&after=901", [ORDER, foreign]);
  w.venue.answer("GET /api/v5/trade/orders-algo-pending?ordType=trigger&limit=100", [ALGO]);
  w.venue.answer("GET /api/v5/trade/fills?instId=BTC-USDT-SWAP", [FILL]);
  w.venue.answer("GET /api/v5/trade/fills?instId=BTC-USDT&", []);
  w.venue.answer("GET /api/v5/account/positions", [POSITION, { instId: "X", pos: "1" }]);
  w.venue.answer("GET /api/v5/account/balance", [{ details: [BALANCE] }]);
  assertEquals(w.venue.asked.length, 0, "the second question joined the first");
  const report = w.venue.drain()[0] as AccountReport;
  assertEquals(report.kind, "account_report");
  assertEquals(report.openOrders.length, 102);
  assertEquals(report.openOrders.at(-1)!.venueOrderId, "algo-12");
  assertEquals(report.fills[0]!.clientOrderId, "mm1", "learnt from the order list");
  assertEquals(report.positions.map((one) => one.size), [40]);
  assertEquals(report.balances.map((one) => one.asset), ["USDT"]);
});

Deno.test("okx queryAccount() tries again after a failure and gives up in the end", () => {
  const w = world();
  w.queries.queryAccount();
  for (let attempt = 0; attempt < 6; attempt++) {
    w.venue.answer("GET /api/v5/trade/orders-pending", [{ ...ORDER, px: "64000.15" }]);
    w.venue.clock.advance(120_000);
  }
  assertEquals(w.venue.asked.length, 0);
  assertEquals(w.venue.lines(), []);
  assertEquals(w.venue.logged.at(-1), "error: account report given up");
  w.queries.queryAccount();
  assertEquals(w.venue.asked.length, 1, "a new question is asked again");
});

Deno.test("okx queryAccount() delivers nothing of a report whose pages do not end", () => {
  const w = world();
  w.queries.queryAccount();
  const page = Array.from({ length: 100 }, () => ORDER);
  w.venue.answer("GET /api/v5/trade/orders-pending", page);
  w.venue.answer("GET /api/v5/trade/orders-pending", page);
  assertEquals(w.venue.lines(), []);
  assertEquals(w.venue.logged, ["warn: account report failed"]);
});

Deno.test("okx queryFunding() tells each bill once, oldest first, and none from before the start", () => {
  const w = world();
  const bill = (billId: string, ts: string, balChg = "-0.5") => ({
    billId,
    balChg,
    ccy: "USDT",
    instId: "BTC-USDT-SWAP",
    ts,
    type: "8",
  });
  const bills = [
    bill("3", "1767225700000", "0.25"),
    bill("2", "1767225600000"),
    bill("1", "1767225599999"),
  ];
  const target = "GET /api/v5/account/bills?instType=SWAP&type=8&limit=100";
  w.queries.queryFunding();
  w.venue.answer(target, bills);
  w.queries.queryFunding();
  w.venue.answer(target, [...bills, { odd: true }]);
  w.queries.queryFunding();
  w.venue.fail(target, true);
  const amounts = w.venue.drain().map((event) =>
    event.kind === "funding_payment" ? `${event.paymentId} ${moneyToText(event.amount)}` : "?"
  );
  assertEquals(amounts, ["2 -0.5", "3 0.25"]);
  assertEquals(w.venue.logged, ["warn: funding was not told"]);
});
