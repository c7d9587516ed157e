/**
 * Questions over REST: single orders, fills, and whole reports that are complete or not delivered.
 * @module
 */
import { clientOrderId, moneyToText, venueOrderId } from "@/engine/domain/mod.ts";
import type { AccountReport } from "@/engine/messages/mod.ts";
import { AccountQueries } from "@/exchanges/gate/account_queries.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeProduct, orderObject } from "./fake_product.ts";

class Desk extends FakeProduct {
  readonly held: string[] = [];
  readonly queries: AccountQueries;

  constructor(product: "spot" | "perpetual") {
    super(product);
    this.queries = new AccountQueries(
      this.context,
      this.rest,
      this.lookup,
      (asset, held) => this.held.push(`${asset} ${moneyToText(held)}`),
    );
  }

  ask(venueId?: string, isStop = false): void {
    this.queries.queryOrder({
      kind: "query_order",
      instrument: this.instrument.index,
      clientOrderId: clientOrderId("a1"),
      venueOrderId: venueId === undefined ? undefined : venueOrderId(venueId),
    }, isStop);
  }

  fills(venueId?: string): void {
    this.queries.queryFills({
      kind: "query_fills",
      instrument: this.instrument.index,
      clientOrderId: clientOrderId("a1"),
      venueOrderId: venueId === undefined ? undefined : venueOrderId(venueId),
    });
  }
}

const SPOT_TRADE = {
  id: "1232893232",
  create_time_ms: "1548000000123.456",
  order_id: "77",
  side: "buy",
  role: "maker",
  amount: "0.00015",
  price: "30",
  fee: "0.0005",
  fee_currency: "BTC",
};
const FUTURES_TRADE = {
  id: 121234231,
  create_time: 1514764800.123,
  contract: "BTC_USDT",
  order_id: "77",
  size: -3,
  price: "100.1",
  role: "taker",
  fee: "0.01",
};

Deno.test("AccountQueries asks for an order by our name or the venue's", () => {
  const desk = new Desk("spot");
  desk.ask();
  const url = desk.answer("GET /spot/orders/t-a1", orderObject("spot")).url;
  assert(url.endsWith("?currency_pair=BTC_USDT"));
  assertEquals(desk.orders(), ["order a1 new"]);
  desk.ask("77");
  desk.answer("GET /spot/orders/77", orderObject("spot", { text: "-", id: "99" }));
  assertEquals(desk.orders(), ["order a1 new"], "an answer without text is of what was asked");
  const futures = new Desk("perpetual");
  futures.ask();
  const finished = { status: "finished", left: "4", finish_as: "cancelled" };
  futures.answer("GET /futures/usdt/orders/t-a1", orderObject("perpetual", finished));
  assertEquals(futures.orders(), ["order a1 cancelled"]);
});

Deno.test("AccountQueries tells not found, lost and unreadable apart", () => {
  const desk = new Desk("perpetual");
  for (const label of ["ORDER_NOT_FOUND", "CLIENT_ID_NOT_FOUND"]) {
    desk.ask();
    desk.answer("GET /futures/usdt/orders", { label, message: "x" }, 404);
    assertEquals(desk.orders(), ["not found a1"]);
  }
  desk.ask();
  desk.answer("GET /futures/usdt/orders", "<html>", 502);
  desk.ask();
  desk.fail("GET /futures/usdt/orders", false);
  desk.ask();
  desk.answer("GET /futures/usdt/orders", { odd: 1 });
  assertEquals(desk.orders(), [
    "lost query a1 unknown",
    "lost query a1 not_sent",
    "lost query a1 unknown",
  ]);
});

Deno.test("AccountQueries signs an expired question again, once, after measuring the clock", () => {
  const desk = new Desk("spot");
  desk.ask();
  const expired = { label: "REQUEST_EXPIRED", message: "x" };
  desk.answer("GET /spot/orders", expired, 403);
  const server = Math.floor(desk.clock.now() / 1_000) + 90_000;
  desk.answer("GET /spot/time", { server_time: server });
  const again = desk.take("GET /spot/orders");
  assertEquals(again.request.headers!["Timestamp"], String(Math.floor(server / 1_000)));
  assertEquals(desk.drain(), []);
});

Deno.test("AccountQueries gives an order's fills its name", () => {
  const desk = new Desk("spot");
  desk.fills("77");
  const url = desk.answer("GET /spot/my_trades", [SPOT_TRADE]).url;
  assert(url.endsWith("currency_pair=BTC_USDT&order_id=77"));
  assertEquals(desk.orders(), ["fill a1 1232893232 15"]);
  desk.fills();
  desk.answer("GET /spot/my_trades", [SPOT_TRADE]);
  assertEquals(desk.orders(), ["fill  1232893232 15"], "whose it is, is not known");
  const futures = new Desk("perpetual");
  futures.fills("77");
  futures.answer("GET /futures/usdt/my_trades?contract=BTC_USDT&order=77", [FUTURES_TRADE]);
  const [fill] = futures.drain();
  assert(fill?.kind === "fill" && fill.side === "sell");
  assertEquals(fill.venueAt, 1_514_764_800_123_000);
  futures.fills("77");
  futures.answer("GET /futures/usdt/my_trades", [{ id: 1 }]);
  assertEquals(futures.orders(), ["lost query a1 unknown"]);
});

Deno.test("AccountQueries reports a spot account: orders, conditional orders, fills, balances", () => {
  const desk = new Desk("spot");
  assertEquals(desk.queries.queryAccount(), "sent");
  desk.queries.queryAccount();
  assertEquals(desk.asked.length, 1, "a second question joins the first");
  const foreign = { ...orderObject("spot"), currency_pair: "GT_USDT" };
  desk.answer("GET /spot/open_orders?page=1&limit=100", [
    { currency_pair: "BTC_USDT", total: 1, orders: [orderObject("spot")] },
    { currency_pair: "GT_USDT", total: 1, orders: [foreign] },
  ]);
  const put = { type: "limit", side: "sell", price: "9", amount: "0.001", text: "t-s1" };
  desk.answer("GET /spot/price_orders?status=open", [
    { id: 5, market: "BTC_USDT", status: "open", put },
  ]);
  desk.answer("GET /spot/my_trades?currency_pair=BTC_USDT&limit=200", [SPOT_TRADE]);
  desk.answer("GET /spot/accounts", [
    { currency: "ETH", available: "968.8", locked: "1.2", update_id: 98 },
  ]);
  const [report] = desk.drain();
  assert(report?.kind === "account_report");
  assertEquals(report.account, "gate/spot");
  assertEquals(report.openOrders.map((one) => String(one.clientOrderId)), ["a1", "s1"]);
  assertEquals(report.fills.map((fill) => fill.clientOrderId), ["a1" as never]);
  const [balance] = report.balances;
  assertEquals([moneyToText(balance!.total), moneyToText(balance!.free)], ["970", "968.8"]);
});

Deno.test("AccountQueries reports a futures account, page by page", () => {
  const desk = new Desk("perpetual");
  desk.queries.queryAccount();
  const page = Array.from(
    { length: 100 },
    (_, index) => orderObject("perpetual", { id: index + 1, text: `t-p${index}` }),
  );
  desk.answer("GET /futures/usdt/orders?status=open&limit=100&offset=0", page);
  desk.answer("GET /futures/usdt/orders?status=open&limit=100&offset=100", []);
  desk.answer("GET /futures/usdt/price_orders", []);
  desk.answer("GET /futures/usdt/my_trades", [FUTURES_TRADE]);
  desk.answer("GET /futures/usdt/positions", [
    {
      contract: "BTC_USDT",
      size: "-3",
      entry_price: "100",
      unrealised_pnl: "-0.5",
      mode: "single",
    },
    { contract: "ETH_USDT", size: "1", mode: "single" },
    { contract: "BTC_USDT", size: "9", mode: "dual_long" },
  ]);
  desk.answer("GET /futures/usdt/accounts", {
    total: "100.5",
    available: "80",
    currency: "USDT",
    position_mode: "single",
  });
  const report = desk.drain().find((event) => event.kind === "account_report") as AccountReport;
  assertEquals(report.openOrders.length, 100);
  assertEquals(report.positions.map((one) => one.size as number), [-3]);
  assertEquals(moneyToText(report.positions[0]!.unrealised!), "-0.5");
  assertEquals(moneyToText(report.balances[0]!.free), "80");
  assertEquals(desk.held, ["USDT 20.5"]);
  assert(desk.logged.some((line) => line.includes("one-way")));
});

Deno.test("AccountQueries takes an unused futures wallet for empty and cross margin by its own word", () => {
  const desk = new Desk("perpetual");
  desk.queries.queryAccount();
  const absent = { label: "USER_NOT_FOUND", message: "please transfer funds first" };
  for (let step = 0; step < 4; step++) desk.answer("GET /futures/usdt/", absent, 400);
  desk.answer("GET /futures/usdt/accounts", {
    total: "7",
    available: "0",
    cross_available: "5",
    margin_mode: "cross",
    currency: "USDT",
  });
  const report = desk.drain().find((event) => event.kind === "account_report") as AccountReport;
  assertEquals(report.positions, []);
  assertEquals(moneyToText(report.balances[0]!.free), "5");
});

Deno.test("AccountQueries never delivers half a report, and gives up at last", () => {
  const desk = new Desk("spot");
  desk.queries.queryAccount();
  desk.answer("GET /spot/open_orders", []);
  desk.answer("GET /spot/price_orders", []);
  desk.answer("GET /spot/my_trades", [{ id: 1 }]);
  assertEquals(desk.events, []);
  for (let attempt = 0; attempt < 5; attempt++) {
    desk.clock.advance(40_000);
    desk.answer("GET /spot/open_orders", "<html>", 502);
  }
  desk.clock.advance(100_000);
  assertEquals(desk.asked.length, 0);
  assertEquals(desk.events, []);
  assertEquals(desk.logged.at(-1), "error: account report given up");
  desk.queries.queryAccount();
  assertEquals(desk.asked.length, 1, "it may be asked again");
});

Deno.test("AccountQueries finds a conditional order by its text, and follows what it released", () => {
  const desk = new Desk("perpetual");
  const initial = { contract: "BTC_USDT", size: -10, price: "0", tif: "ioc", text: "t-a1" };
  desk.ask(undefined, true);
  desk.answer("GET /futures/usdt/price_orders?status=open&contract=BTC_USDT&limit=100", []);
  desk.answer("GET /futures/usdt/price_orders?status=finished", [
    { id: 5, initial: { ...initial, text: "t-other" }, status: "finished", finish_as: "cancelled" },
    { id: 6, initial, status: "finished", finish_as: "succeeded", trade_id: 900 },
  ]);
  const released = orderObject("perpetual", { id: 900, text: "api", size: "-10", left: "0" });
  desk.answer("GET /futures/usdt/orders/900", { ...released, status: "finished" });
  assertEquals(desk.orders(), ["order a1 filled"], "the released order keeps our name");
  desk.ask("stop-6", true);
  desk.answer("GET /futures/usdt/price_orders/6", { id: 6, initial, status: "open" });
  assertEquals(desk.orders(), ["order a1 new"]);
  desk.ask("stop-6", true);
  desk.answer("GET /futures/usdt/price_orders/6", { label: "AUTO_ORDER_NOT_FOUND" }, 404);
  desk.ask(undefined, true);
  desk.answer("GET /futures", []);
  desk.answer("GET /futures", []);
  assertEquals(desk.orders(), ["not found a1", "not found a1"]);
  desk.ask("stop-6", true);
  desk.fail("GET /futures", true);
  desk.queries.stop();
  assertEquals(desk.orders(), ["lost query a1 unknown"]);
});
