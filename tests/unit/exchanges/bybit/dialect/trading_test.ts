/**
 * Order entry over both wires and what the private topics tell of it.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { FaultPlan } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { BybitWorld, type Loose, perpOrder } from "./bybit_world.ts";

function spotOrder(changes: Record<string, unknown> = {}): Loose {
  return { ...perpOrder(), category: "spot", ...changes };
}

Deno.test("an order over WebSockets: ids, limits in the header, one push on the order topic", () => {
  const world = new BybitWorld();
  const events = world.hears("order");
  const trade = world.logOn("trade");
  const answer = world.ask(trade, "order.create", perpOrder({ orderLinkId: "mm-1" }));
  assertEquals([answer.retCode, answer.retMsg, answer.op], [0, "OK", "order.create"]);
  assertMatch(answer.data.orderId, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-/);
  assertEquals([answer.header["X-Bapi-Limit"], answer.header["X-Bapi-Limit-Status"]], ["10", "9"]);
  const [order] = events.data("order");
  assertEquals(
    [order.orderId, order.orderLinkId, order.orderStatus, order.category, order.price, order.qty],
    [answer.data.orderId, "mm-1", "New", "linear", "63900.0", "0.01"],
  );
  assertEquals([order.leavesQty, order.cumExecQty, order.rejectReason, order.cancelType], [
    "0.01",
    "0",
    "EC_NoError",
    "UNKNOWN",
  ]);
  const spot = world.ask(trade, "order.create", spotOrder());
  assertMatch(spot.data.orderId, /^\d{19}$/);
});

Deno.test("a fill: order and execution, wallet and position; fees above zero are paid", () => {
  const world = new BybitWorld();
  world.other(world.perp, "sell", "64000", "0.5");
  const events = world.hears("order", "execution", "execution.fast", "wallet", "position");
  const order = perpOrder({ qty: "0.5", price: "64000", timeInForce: "IOC" });
  const { orderId } = world.post("order/create", order).result;
  const frames = events.take();
  const last = (topic: string) => frames.filter((each) => each.topic === topic).at(-1).data[0];
  assertEquals([last("order").orderStatus, last("order").avgPrice], ["Filled", "64000"]);
  const execution = last("execution");
  assertEquals(
    [execution.orderId, execution.execPrice, execution.execQty, execution.execFee],
    [orderId, "64000.0", "0.5", "17.6"],
  );
  assertEquals([execution.isMaker, execution.execType, execution.feeRate, execution.feeCurrency], [
    false,
    "Trade",
    "0.00055",
    "USDT",
  ]);
  assertEquals(last("execution.fast").execId, execution.execId);
  assertEquals([last("position").side, last("position").size], ["Buy", "0.5"]);
  assertEquals(last("wallet").coin[0].walletBalance, "199982.4");
  const listed = world.signedGet("execution/list", "category=linear&symbol=BTCUSDT").result.list;
  assertEquals(listed.map((each: Loose) => each.execId), [execution.execId]);
  const query = "category=linear&settleCoin=USDT";
  const [position] = world.signedGet("position/list", query).result.list;
  assertEquals([position.avgPrice, position.side, position.size], ["64000", "Buy", "0.5"]);
});

Deno.test("both sides of an own trade are executions of their own", () => {
  const world = new BybitWorld();
  const events = world.hears("execution");
  world.post("order/create", perpOrder({ side: "Sell", price: "64000" }));
  world.post("order/create", perpOrder({ price: "64000" }));
  const ids = events.data("execution").map((each) => each.execId);
  assertEquals([ids.length, new Set(ids).size], [2, 2]);
  world.post("order/create", perpOrder({ side: "Sell", price: "64000", orderLinkId: "maker" }));
  world.post("order/create", perpOrder({ price: "64000", smpType: "CancelMaker" }));
  const query = "category=linear&orderLinkId=maker";
  const [maker] = world.signedGet("order/realtime", query).result.list;
  assertEquals([maker.orderStatus, maker.cancelType, maker.rejectReason], [
    "Cancelled",
    "CancelBySmp",
    "EC_BySelfMatch",
  ]);
});

Deno.test("a post-only that would take is accepted, and ends at once without a fill", () => {
  const world = new BybitWorld();
  world.other(world.perp, "sell", "64000", "1");
  world.other(world.spot, "sell", "64000", "1");
  const events = world.hears("order");
  const crossing = { price: "64001", timeInForce: "PostOnly" };
  const answer = world.post("order/create", perpOrder({ ...crossing, orderLinkId: "po" }));
  assertEquals(answer.retCode, 0);
  const [order] = events.data("order");
  assertEquals([order.orderStatus, order.rejectReason, order.cumExecQty], [
    "Cancelled",
    "EC_PostOnlyWillTakeLiquidity",
    "0",
  ]);
  const codes = new Set<number>();
  for (let i = 0; i < 12; i++) {
    codes.add(world.post("order/create", spotOrder(crossing)).retCode);
    world.time.advance(200);
  }
  assertEquals([...codes].sort((a, b) => a - b), [0, 170218]);
  const spot = events.data("order");
  assert(spot.length > 0 && spot.every((each) => each.orderStatus === "Rejected"));
});

Deno.test("IOC and FOK leftovers say why; spot tells a partial end apart", () => {
  const world = new BybitWorld();
  const events = world.hears("order");
  const ended = (arg: Loose) => {
    assertEquals(world.post("order/create", arg).retCode, 0);
    const order = events.data("order").at(-1);
    return [order.orderStatus, order.rejectReason];
  };
  assertEquals(ended(perpOrder({ timeInForce: "IOC" })), ["Cancelled", "EC_NoImmediateQtyToFill"]);
  world.other(world.perp, "sell", "64000", "0.1");
  world.other(world.spot, "sell", "64000", "0.1");
  const large = { qty: "0.2", price: "64000" };
  assertEquals(ended(perpOrder({ ...large, timeInForce: "FOK" })), [
    "Cancelled",
    "EC_CancelForNoFullFill",
  ]);
  assertEquals(ended(spotOrder({ ...large, timeInForce: "IOC" })), [
    "PartiallyFilledCanceled",
    "EC_NoEnoughQtyToFill",
  ]);
});

Deno.test("amend takes the new total; cancel and late requests answer by category", () => {
  const world = new BybitWorld();
  world.post("order/create", perpOrder({ orderLinkId: "one", qty: "0.5" }));
  world.other(world.perp, "sell", "63900", "0.2");
  const named = { category: "linear", symbol: "BTCUSDT", orderLinkId: "one" };
  assertEquals(world.post("order/amend", { ...named, qty: "0.3", price: "63901" }).retCode, 0);
  const query = "category=linear&settleCoin=USDT";
  const [order] = world.signedGet("order/realtime", query).result.list;
  assertEquals([order.qty, order.price, order.leavesQty, order.orderStatus], [
    "0.3",
    "63901.0",
    "0.1",
    "PartiallyFilled",
  ]);
  assertEquals(world.post("order/amend", { ...named, qty: "0.3" }).retCode, 10001);
  assertEquals(world.post("order/cancel", named).retCode, 0);
  assertEquals(world.post("order/cancel", named).retCode, 110001);
  assertEquals(world.post("order/amend", { ...named, qty: "1" }).retCode, 110001);
  assertEquals(world.signedGet("order/realtime", query).result.list, []);
  const byName = world.signedGet("order/realtime", "category=linear&orderLinkId=one").result.list;
  assertEquals([byName[0].orderStatus, byName[0].cumExecQty], ["Cancelled", "0.2"]);
  const spot = { category: "spot", symbol: "BTCUSDT", orderLinkId: "never" };
  assertEquals(world.post("order/cancel", spot).retCode, 170213);
});

Deno.test("a name is used once, also after its order has ended", () => {
  const world = new BybitWorld();
  world.post("order/create", perpOrder({ orderLinkId: "once" }));
  assertEquals(world.post("order/create", perpOrder({ orderLinkId: "once" })).retCode, 110072);
  world.post("order/cancel", { category: "linear", symbol: "BTCUSDT", orderLinkId: "once" });
  assertEquals(world.post("order/create", perpOrder({ orderLinkId: "once" })).retCode, 110072);
  assertEquals(world.post("order/create", spotOrder({ orderLinkId: "once" })).retCode, 0);
  assertEquals(world.post("order/create", spotOrder({ orderLinkId: "once" })).retCode, 170141);
  assertEquals(world.post("order/create", spotOrder({ orderLinkId: "a b" })).retCode, 10001);
});

Deno.test("a price outside the band is moved on linear until the account forbids it", () => {
  const world = new BybitWorld();
  world.post("order/create", perpOrder({ side: "Sell", price: "1000", orderLinkId: "moved" }));
  const query = "category=linear&orderLinkId=moved";
  const [moved] = world.signedGet("order/realtime", query).result.list;
  const { sellLmt } = world.get("market/price-limit", "symbol=BTCUSDT").result;
  assertEquals(moved.price, sellLmt);
  const action = { category: "linear", modifyEnable: false };
  assertEquals(world.post("account/set-limit-px-action", action).retCode, 0);
  assertEquals(world.post("order/create", perpOrder({ price: "99000" })).retCode, 110003);
  assertEquals(world.post("order/create", spotOrder({ price: "99000" })).retCode, 170193);
  const sell = spotOrder({ side: "Sell", price: "1000" });
  assertEquals(world.post("order/create", sell).retCode, 170194);
});

Deno.test("a spot market buy counts quote currency unless marketUnit says base", () => {
  const world = new BybitWorld();
  world.other(world.spot, "sell", "64000", "1");
  const events = world.hears("execution", "order");
  const market = { category: "spot", symbol: "BTCUSDT", side: "Buy", orderType: "Market" };
  world.post("order/create", { ...market, qty: "6400" });
  const first = events.take();
  const [bought] = first.find((each) => each.topic === "execution").data;
  assertEquals([bought.execQty, bought.feeCurrency, bought.execFee], ["0.1", "BTC", "0.0001"]);
  world.post("order/create", { ...market, qty: "0.2", marketUnit: "baseCoin" });
  const [second] = events.data("execution");
  assertEquals([second.execQty, second.orderQty], ["0.2", "0.2"]);
});

Deno.test("batches answer item by item, parallel to their codes, within their size", () => {
  const world = new BybitWorld();
  const trade = world.logOn("trade");
  const item = (changes: Loose) => {
    const { category: _left, ...rest } = perpOrder(changes);
    return rest;
  };
  const answer = world.ask(trade, "order.create-batch", {
    category: "linear",
    request: [item({ orderLinkId: "a" }), item({ qty: "0.0001", orderLinkId: "b" })],
  });
  assertEquals(answer.retCode, 0);
  assertEquals(answer.retExtInfo.list.map((each: Loose) => each.code), [0, 10001]);
  const [good, bad] = answer.data.list;
  assert(good.orderId !== "" && good.createAt !== "");
  assertEquals([bad.orderId, bad.orderLinkId], ["", "b"]);
  const many = Array.from({ length: 11 }, (_, i) => item({ orderLinkId: `m${i}` }));
  assertEquals(
    world.post("order/create-batch", { category: "spot", request: many }).retCode,
    10001,
  );
  world.time.advance(1_000);
  const cancels = { category: "linear", request: [{ symbol: "BTCUSDT", orderLinkId: "a" }] };
  const cancelled = world.post("order/cancel-batch", cancels);
  assertEquals(cancelled.retExtInfo.list, [{ code: 0, msg: "OK" }]);
});

Deno.test("the eleventh order of a second is 10006, not executed, told when there is room", () => {
  const world = new BybitWorld();
  const trade = world.logOn("trade");
  for (let i = 0; i < 10; i++) {
    const price = String(63_000 + i);
    assertEquals(world.ask(trade, "order.create", perpOrder({ price })).retCode, 0);
  }
  const over = world.postRaw("order/create", perpOrder());
  assertEquals(JSON.parse(over.body).retCode, 10006);
  assertEquals(over.headers?.["X-Bapi-Limit-Status"], "0");
  assertEquals(over.headers?.["X-Bapi-Limit-Reset-Timestamp"], String(world.nowMs + 1_000));
  assertEquals(world.venue.exchange.truth().openOrders.length, 10);
  world.time.advance(1_000);
  assertEquals(world.ask(trade, "order.create", perpOrder()).retCode, 0);
});

Deno.test("a batch that finds room is let in whole; the next one of that second is not", () => {
  const world = new BybitWorld();
  const request = Array.from({ length: 20 }, (_, i) => perpOrder({ price: String(63_000 + i) }));
  const send = () => world.postRaw("order/create-batch", { category: "linear", request });
  const first = send();
  assertEquals(JSON.parse(first.body).result.list.length, 20);
  assertEquals(first.headers?.["X-Bapi-Limit-Status"], "0");
  assertEquals(JSON.parse(send().body).retCode, 10006);
  assertEquals(world.venue.exchange.truth().openOrders.length, 20);
});

Deno.test("cancel-all wants a scope on linear and leaves conditional orders of spot", () => {
  const world = new BybitWorld();
  world.post("order/create", perpOrder());
  world.post("order/create", spotOrder());
  const stop = { orderFilter: "StopOrder", triggerPrice: "60000" };
  world.post("order/create", spotOrder({ ...stop, side: "Sell", price: "59990" }));
  assertEquals(world.post("order/cancel-all", { category: "linear" }).retCode, 10001);
  const all = world.post("order/cancel-all", { category: "linear", settleCoin: "USDT" });
  assertEquals([all.result.list.length, all.result.success], [1, "1"]);
  assertEquals(world.post("order/cancel-all", { category: "spot" }).result.list.length, 1);
  assertEquals(world.venue.exchange.truth().openOrders.length, 1);
  const stops = { category: "spot", orderFilter: "StopOrder" };
  assertEquals(world.post("order/cancel-all", stops).result.list.length, 1);
});

Deno.test("a conditional order keeps its number from Untriggered to Filled", () => {
  const world = new BybitWorld();
  world.other(world.perp, "sell", "64100", "1");
  const events = world.hears("order");
  const stop = {
    ...perpOrder({ orderType: "Market", orderLinkId: "stop" }),
    triggerPrice: "64050",
    triggerDirection: 1,
    triggerBy: "LastPrice",
  };
  assertEquals(world.post("order/create", { ...stop, triggerDirection: 2 }).retCode, 110093);
  const { orderId } = world.post("order/create", stop).result;
  assertEquals(events.data("order").map((each) => each.orderStatus), ["Untriggered"]);
  const named = { category: "linear", symbol: "BTCUSDT", orderLinkId: "stop" };
  assertEquals(world.post("order/amend", { ...named, triggerPrice: "64080" }).retCode, 0);
  world.other(world.perp, "buy", "64100", "0.1");
  world.time.advance(1);
  const told = events.data("order");
  assert(told.every((each) => each.orderId === orderId && each.orderLinkId === "stop"));
  const path = told.map((each) => each.orderStatus);
  assertEquals(path, ["Untriggered", "Triggered", "New", "Filled"]);
  const { list } = world.signedGet("order/realtime", "category=linear&orderLinkId=stop").result;
  assertEquals([list.length, list[0].orderStatus, list[0].orderId], [1, "Filled", orderId]);
  const waiting = { ...stop, orderLinkId: "two", triggerPrice: "65000" };
  const second = world.post("order/create", waiting).result.orderId;
  world.post("order/cancel", { category: "linear", symbol: "BTCUSDT", orderId: second });
  assertEquals(events.data("order").at(-1).orderStatus, "Deactivated");
});

Deno.test("a conditional order of spot holds nothing back until it fires", () => {
  const world = new BybitWorld();
  const stop = { orderFilter: "StopOrder", triggerPrice: "60000", side: "Sell", price: "59990" };
  assertEquals(world.post("order/create", spotOrder(stop)).retCode, 0);
  const query = "accountType=UNIFIED&coin=BTC";
  const [account] = world.signedGet("account/wallet-balance", query).result.list;
  assertEquals(account.coin.map((each: Loose) => [each.coin, each.locked]), [["BTC", "0"]]);
  world.other(world.spot, "buy", "60000", "0.001");
  world.other(world.spot, "sell", "60000", "0.001");
  world.time.advance(1);
  const [after] = world.signedGet("account/wallet-balance", query).result.list;
  assertEquals(after.coin[0].locked, "0.01");
  assertEquals(world.imbalances, []);
});

Deno.test("reduce-only is cut to the position; nothing to reduce is 110017", () => {
  const world = new BybitWorld();
  const reduce = perpOrder({ side: "Sell", reduceOnly: true, price: "64500", qty: "1" });
  assertEquals(world.post("order/create", reduce).retCode, 110017);
  world.other(world.perp, "sell", "64000", "0.5");
  world.post("order/create", perpOrder({ qty: "0.3", price: "64000" }));
  assertEquals(world.post("order/create", { ...reduce, orderLinkId: "cut" }).retCode, 0);
  const query = "category=linear&orderLinkId=cut";
  assertEquals(world.signedGet("order/realtime", query).result.list[0].qty, "0.3");
});

Deno.test("faults of the venue's mind: throttled and in maintenance, nothing is done", () => {
  const random = new SeededRandom("mind");
  for (const [kind, codes] of [["throttle", [10006]], ["maintenance", [10016, 10019]]] as const) {
    const faults = new FaultPlan({ randomFor: (name) => random.fork(name) });
    const world = new BybitWorld({ faults });
    const trade = world.logOn("trade");
    faults.add({ kind });
    const seen = [world.post("order/create", perpOrder()).retCode];
    for (let i = 0; i < 8; i++) seen.push(world.ask(trade, "order.create", perpOrder()).retCode);
    assertEquals([...new Set(seen)].sort(), [...codes]);
    assertEquals(world.venue.exchange.truth().openOrders.length, 0);
  }
});

Deno.test("a reqId is used once in a connection; unknown operations are 10404", () => {
  const world = new BybitWorld();
  const trade = world.logOn("trade");
  const header = { "X-BAPI-TIMESTAMP": String(world.nowMs) };
  const request = { reqId: "same", header, op: "order.create", args: [perpOrder()] };
  trade.send(request);
  trade.send(request);
  trade.send({ ...request, reqId: "x", op: "order.cancel-all" });
  trade.send({ ...request, reqId: "y", header: { "X-BAPI-TIMESTAMP": "1700000000000" } });
  assertEquals(trade.take().map((each) => each.retCode), [0, 20006, 10404, 10002]);
});
