/**
 * Order entry, private channels, price orders and limits of the simulated Gate.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { GateWorld, type Loose, PERP_PATH, perpOrder, spotOrder } from "./gate_world.ts";

function label(frames: Loose[]): string {
  return frames.at(-1).data.errs?.label ?? "";
}

Deno.test("order_place answers twice: receipt, then order; a refusal leaves none behind", () => {
  const world = new GateWorld();
  const socket = world.login();
  const [receipt, result] = world.ask(socket, "spot.order_place", spotOrder());
  assertEquals([receipt.ack, receipt.data.result.req_param.text], [true, "t-a1"]);
  const order = result.data.result;
  assertEquals([order.status, order.finish_as, order.left], ["open", "open", "0.01"]);
  assertEquals(order.text, "t-a1");
  assertEquals(result.header.x_gate_ratelimit_requests_remain, 9);
  world.other(world.spot, "sell", "64000", "1");
  const crossing = spotOrder({ text: "t-a2", price: "64000", time_in_force: "poc" });
  const frames = world.ask(socket, "spot.order_place", crossing);
  assertEquals([frames[0].ack, frames[1].header.status], [true, "400"]);
  assertEquals(label(frames), "POC_FILL_IMMEDIATELY");
  const [open] = world.call("GET", "/spot/open_orders");
  assertEquals([open.currency_pair, open.total], ["BTC_USDT", 1]);
  assertEquals(world.imbalances, []);
});

Deno.test("refusals bear the venue's labels, on futures with their prefix", () => {
  const world = new GateWorld();
  world.other(world.perp, "sell", "64000", "10");
  world.other(world.spot, "sell", "64000", "1");
  const perp = world.login(PERP_PATH);
  const refusals: [Loose, string][] = [
    [{ price: "64000", tif: "poc" }, "ORDER_POC_IMMEDIATE"],
    [{ price: "64000", size: "20", tif: "fok" }, "ORDER_FOK"],
    [{ tif: "GTC" }, "INVALID_ARGUMENT"],
    [{ contract: "NO_USDT" }, "CONTRACT_NOT_FOUND"],
    [{ size: "0.5" }, "INVALID_PARAM_VALUE"],
    [{ price: "63900.05" }, "INVALID_PARAM_VALUE"],
    [{ price: "40000" }, "PRICE_TOO_DEVIATED"],
    [{ price: "0" }, "INVALID_PARAM_VALUE"],
    [{ reduce_only: true }, "POSITION_EMPTY"],
    [{ size: "900000" }, "INSUFFICIENT_AVAILABLE"],
    [{ text: "nobody" }, "INVALID_PARAM_VALUE"],
    [{ stp_act: "cn" }, "INVALID_PARAM_VALUE"],
  ];
  for (const [changes, wanted] of refusals) {
    const frames = world.ask(perp, "futures.order_place", perpOrder(changes));
    assertEquals(label(frames), wanted, JSON.stringify(changes));
    assertMatch(frames.at(-1).data.errs.message, new RegExp(`^label: ${wanted}, message: `));
  }
  const spotRefusals: [Loose, string][] = [
    [{ amount: "0.00001" }, "AMOUNT_TOO_LITTLE"],
    [{ amount: "5" }, "BALANCE_NOT_ENOUGH"],
    [{ price: "63900.01" }, "INVALID_PRECISION"],
    [{ currency_pair: "NO_USDT" }, "INVALID_CURRENCY_PAIR"],
    [{ type: "market", time_in_force: "gtc" }, "INVALID_PARAM_VALUE"],
    [{ price: "64000", amount: "1.2", time_in_force: "fok" }, "FOK_NOT_FILL"],
  ];
  for (const [changes, wanted] of spotRefusals) {
    world.time.advance(1_000);
    const answer = world.signed("POST", "/spot/orders", { body: spotOrder(changes) });
    assertEquals([answer.status, JSON.parse(answer.body).label], [400, wanted]);
  }
  assertEquals(world.call("GET", "/futures/usdt/orders", undefined, "status=open"), []);
});

Deno.test("a spot market buy spends quote currency, a sell base; fees are above zero", () => {
  const world = new GateWorld();
  world.other(world.spot, "sell", "64000", "1");
  world.other(world.spot, "buy", "63900", "1");
  const socket = world.socket();
  for (const channel of ["spot.orders", "spot.usertrades", "spot.balances"]) {
    world.subscribe(socket, channel, channel === "spot.balances" ? [] : ["!all"]);
  }
  socket.take();
  const market = { type: "market", price: undefined, time_in_force: "ioc" };
  const bought = world.call("POST", "/spot/orders", spotOrder({ ...market, amount: "6400" }));
  assertEquals([bought.status, bought.amount, bought.left], ["closed", "6400", "0"]);
  assertEquals([bought.filled_total, bought.avg_deal_price], ["6400", "64000"]);
  assertEquals([bought.fee, bought.fee_currency], ["0.0001", "BTC"]);
  const frames = socket.take();
  const trade = frames.find((each) => each.channel === "spot.usertrades").result[0];
  assertEquals([trade.amount, trade.role, trade.fee], ["0.1", "taker", "0.0001"]);
  const events = frames.filter((each) => each.channel === "spot.orders")
    .map((each) => each.result[0].event);
  assertEquals([events[0], events.at(-1)], ["put", "finish"]);
  const changes = frames.filter((each) => each.channel === "spot.balances")
    .flatMap((each) => each.result);
  assert(changes.some((each) => each.currency === "USDT" && each.change === "-6400"));
  const sold = world.call(
    "POST",
    "/spot/orders",
    spotOrder({ ...market, text: "t-a2", side: "sell", amount: "0.2" }),
  );
  assertEquals([sold.status, sold.left, sold.fee_currency], ["closed", "0", "USDT"]);
  const mine = world.call("GET", "/spot/my_trades", undefined, "currency_pair=BTC_USDT&limit=10");
  assertEquals(mine.map((each: Loose) => each.order_id), [sold.id, bought.id]);
  assertEquals(world.imbalances, []);
});

Deno.test("futures: order numbers are beyond floats, sizes signed, positions told", () => {
  const world = new GateWorld();
  world.other(world.perp, "buy", "63900", "60");
  const feed = world.socket(PERP_PATH);
  for (const name of ["orders", "usertrades", "positions", "balances"]) {
    world.subscribe(feed, `futures.${name}`, [world.uid, "!all"]);
  }
  feed.take();
  const sent = perpOrder({ size: "-100", price: "63900" });
  const answer = world.signed("POST", "/futures/usdt/orders", { body: sent });
  assertEquals(answer.status, 201);
  const order = JSON.parse(answer.body);
  assert(answer.body.includes(`"id":${order.id_string},`));
  assert(!Number.isSafeInteger(Number(order.id_string)));
  assertEquals([order.size, order.left, order.fill_price], ["-100", "-40", "63900"]);
  const frames = feed.take();
  const of = (name: string) => frames.filter((each) => each.channel === `futures.${name}`);
  assertEquals(of("orders").map((each) => each.result[0].finish_as), ["_new", "_update"]);
  const ids = of("orders").map((each) => each.result[0].update_id);
  assertEquals(ids, [1, 2]);
  const [fill] = of("usertrades")[0].result;
  assertEquals([fill.size, fill.role, fill.fee], ["-60", "taker", 0.1917]);
  assertEquals(fill.order_id, order.id_string);
  const [held] = of("positions")[0].result;
  assertEquals([held.size, held.entry_price], ["-60", 63900]);
  const [fee] = of("balances")[0].result;
  assertEquals([fee.type, fee.change, fee.balance], ["fee", -0.1917, 99999.8083]);
  const byText = world.call("DELETE", "/futures/usdt/orders/t-p1");
  assertEquals([byText.status, byText.finish_as, byText.left], ["finished", "cancelled", "-40"]);
  const again = world.signed("DELETE", `/futures/usdt/orders/${order.id_string}`);
  assertEquals(JSON.parse(again.body).label, "ORDER_FINISHED");
  assertEquals(world.signed("DELETE", "/futures/usdt/orders/t-none").status, 404);
  const [position] = world.call("GET", "/futures/usdt/positions");
  assertEquals([position.size, position.entry_price, position.mode], ["-60", "63900", "single"]);
  assertEquals(world.imbalances, []);
});

Deno.test("a wrong uid is acknowledged and stays silent", () => {
  const world = new GateWorld();
  const socket = world.socket(PERP_PATH);
  world.subscribe(socket, "futures.orders", ["1", "!all"]);
  assertEquals(socket.take()[0].result.status, "success");
  world.call("POST", "/futures/usdt/orders", perpOrder());
  assertEquals(socket.take(), []);
});

Deno.test("amendments are totals: no change is said, what was filled ends the order", () => {
  const world = new GateWorld();
  const socket = world.login(PERP_PATH);
  const order_id = world.ask(socket, "futures.order_place", perpOrder())[1].data.result.id_string;
  const [same] = world.ask(socket, "futures.order_amend", { order_id, size: "100" });
  assertEquals(label([same]), "NO_CHANGE");
  const [moved] = world.ask(socket, "futures.order_amend", {
    order_id,
    price: "63800",
    size: "50",
  });
  assertEquals([moved.data.result.price, moved.data.result.left], ["63800", "50"]);
  world.other(world.perp, "sell", "63800", "20");
  const [ended] = world.ask(socket, "futures.order_amend", { order_id: "t-p1", size: "20" });
  assertEquals([ended.data.result.status, ended.data.result.finish_as], ["finished", "cancelled"]);
  const [turned] = world.ask(socket, "futures.order_amend", { order_id, size: "-20" });
  assertEquals(label([turned]), "ORDER_FINISHED");
  const spot = world.call("POST", "/spot/orders", spotOrder());
  const body = { amount: "0.005" };
  const query = "currency_pair=BTC_USDT";
  const amended = world.call("PATCH", `/spot/orders/${spot.id}`, body, query);
  assertEquals([amended.amount, amended.left], ["0.005", "0.005"]);
  assertEquals(world.imbalances, []);
});

Deno.test("batches answer per item on spot; one malformed item refuses all on futures", () => {
  const world = new GateWorld();
  const items = world.call("POST", "/spot/batch_orders", [
    spotOrder(),
    spotOrder({ text: "t-a2", amount: "50" }),
  ]);
  assertEquals(items.map((each: Loose) => each.succeeded), [true, false]);
  assertEquals(items[1].label, "BALANCE_NOT_ENOUGH");
  const perp = "/futures/usdt/batch_orders";
  const bad = [perpOrder(), perpOrder({ text: "t-p2", tif: "x" })];
  assertEquals(world.signed("POST", perp, { body: bad }).status, 400);
  assertEquals(world.call("GET", "/futures/usdt/orders", undefined, "status=open").length, 0);
  world.call("POST", perp, [perpOrder(), perpOrder({ text: "t-p2", size: "-5", price: "65000" })]);
  const ended = world.call("POST", "/futures/usdt/batch_cancel_orders", ["t-p1", "1"]);
  assertEquals(ended.map((each: Loose) => each.succeeded), [true, false]);
  const asks = world.call(
    "DELETE",
    "/futures/usdt/orders",
    undefined,
    "contract=BTC_USDT&side=ask",
  );
  assertEquals(asks.map((each: Loose) => each.text), ["t-p2"]);
  const all = world.call("DELETE", "/spot/orders");
  assertEquals(all.map((each: Loose) => [each.text, each.succeeded]), [["t-a1", true]]);
});

Deno.test("ten spot orders a second and market, then 429; each market has its own count", () => {
  const world = new GateWorld();
  const socket = world.login();
  const place = (i: number, changes = {}) => {
    const order = spotOrder({ text: `t-${i}`, price: "63000", amount: "0.001", ...changes });
    return world.ask(socket, "spot.order_place", order);
  };
  for (let i = 0; i < 10; i++) assertEquals(place(i)[1].header.status, "200");
  const over = place(10);
  assertEquals([over.length, over[0].header.status, label(over)], [1, "429", "TOO_MANY_REQUESTS"]);
  assertMatch(over[0].data.errs.message, /211/);
  assert(over[0].header.x_gat_ratelimit_reset_timestamp > 0);
  const eth = { currency_pair: "ETH_USDT", price: "3300", amount: "0.01" };
  assertEquals(place(11, eth)[1].header.status, "200");
  world.time.advance(1_000);
  assertEquals(place(12)[1].header.status, "200");
});

Deno.test("x-gate-exptime in the past refuses an order before it is carried out", () => {
  const world = new GateWorld();
  const socket = world.login();
  const header = { req_header: { "x-gate-exptime": String(world.seconds * 1_000 - 5) } };
  assertEquals(
    label(world.ask(socket, "spot.order_place", spotOrder(), header)),
    "REQUEST_EXPIRED",
  );
  const past = { "x-gate-exptime": String(world.seconds * 1_000 - 5) };
  const answer = world.signed("POST", "/spot/orders", { body: spotOrder() }, past);
  assertEquals(answer.status, 403);
  assertEquals(world.call("GET", "/spot/open_orders"), []);
});

Deno.test("the dead man's switch ends the orders of its market unless it is renewed", () => {
  const world = new GateWorld();
  world.call("POST", "/futures/usdt/orders", perpOrder());
  const short = world.call("POST", "/futures/usdt/countdown_cancel_all", { timeout: 4 });
  assertEquals(short.label, "INVALID_PARAM_VALUE");
  const arm = { timeout: 5, contract: "BTC_USDT" };
  const { triggerTime } = world.call("POST", "/futures/usdt/countdown_cancel_all", arm);
  assertEquals(triggerTime, Math.floor(world.time.now() / 1_000) + 5_000);
  world.time.advance(4_000);
  world.call("POST", "/futures/usdt/countdown_cancel_all", arm);
  world.time.advance(4_000);
  const open = () => world.call("GET", "/futures/usdt/orders", undefined, "status=open").length;
  assertEquals(open(), 1);
  world.time.advance(1_100);
  assertEquals(open(), 0);
});

Deno.test("price orders fire into an order of their own, expire, and outlive cancel-all", () => {
  const world = new GateWorld();
  world.other(world.perp, "buy", "63900", "100");
  world.other(world.perp, "sell", "64100", "100");
  const feed = world.socket(PERP_PATH);
  world.subscribe(feed, "futures.autoorders", [world.uid, "!all"]);
  feed.take();
  const initial = { contract: "BTC_USDT", size: -10, price: "0", tif: "ioc", text: "t-s1" };
  const trigger = { strategy_type: 0, price_type: 0, price: "63900", rule: 2, expiration: 86400 };
  const stop = world.call("POST", "/futures/usdt/price_orders", { initial, trigger });
  const passed = { initial, trigger: { ...trigger, price: "65000" } };
  const refused = world.call("POST", "/futures/usdt/price_orders", passed);
  assertEquals(refused.label, "AUTO_TRIGGER_PRICE_LESS_LAST");
  const short = { initial, trigger: { ...trigger, price: "60000", expiration: 10 } };
  const fading = world.call("POST", "/futures/usdt/price_orders", short);
  world.call("DELETE", "/futures/usdt/orders", undefined, "contract=BTC_USDT");
  world.time.advance(11_000);
  const path = "/futures/usdt/price_orders";
  assertEquals(world.call("GET", `${path}/${fading.id_string}`).finish_as, "expired");
  assertEquals(world.call("GET", path, undefined, "status=open").length, 1);
  world.other(world.perp, "sell", "63900", "1");
  world.time.advance(10);
  const fired = feed.results("futures.autoorders").flat().at(-1);
  assertEquals([fired.id, fired.status, fired.finish_as], [stop.id, "finished", "succeeded"]);
  const text = world.signed("GET", `${path}/${stop.id_string}`).body;
  const id = /"trade_id":(\d+)/.exec(text)![1];
  const child = world.call("GET", `/futures/usdt/orders/${id}`);
  assertEquals([child.finish_as, child.size, child.text], ["filled", "-10", "apiv4"]);
  assertEquals(world.imbalances, []);
});

Deno.test("funding is paid into the wallet, told as fund, and listed", () => {
  const world = new GateWorld();
  world.other(world.perp, "sell", "64000", "100");
  world.other(world.perp, "buy", "63990", "100");
  world.call("POST", "/futures/usdt/orders", perpOrder({ price: "64000" }));
  world.other(world.perp, "sell", "64000", "100");
  const feed = world.socket(PERP_PATH);
  world.subscribe(feed, "futures.balances", [world.uid]);
  const before = Number(world.call("GET", "/futures/usdt/accounts").total);
  for (let i = 0; i < 16 * 60 + 2; i++) {
    world.time.advance(30_000);
    feed.send({ time: world.seconds, channel: "futures.ping" });
  }
  const [paid] = feed.results("futures.balances").flat();
  assertEquals([paid.type, paid.text], ["fund", "BTC_USDT"]);
  const after = Number(world.call("GET", "/futures/usdt/accounts").total);
  assert(Math.abs(before + paid.change - after) < 1e-6, `${before} ${paid.change} ${after}`);
  assert(paid.change < 0);
  const history = world.get("/futures/usdt/funding_rate", "contract=BTC_USDT&limit=5");
  assertEquals(history.length, 1);
  assert(Number(history[0].r) > 0);
  assertEquals(world.imbalances, []);
});

Deno.test("with live traders an account that quotes and takes keeps every unit of money", () => {
  const world = new GateWorld({ updatesPerSecond: 100 }, true);
  const perp = world.login(PERP_PATH);
  const spot = world.login();
  for (let i = 0; i < 40; i++) {
    const side = i % 2 === 0 ? 1 : -1;
    const sim = i % 4 < 2 ? world.perp : world.spot;
    const symbol = world.venue.dialect.state.symbols.of(sim);
    const price = symbol.price(side > 0 ? sim.bid : sim.ask);
    if (sim === world.perp) {
      const size = String(side * (50 + i));
      const tif = i % 3 === 0 ? "ioc" : "poc";
      world.ask(perp, "futures.order_place", perpOrder({ text: `t-${i}`, size, price, tif }));
      world.ask(perp, "futures.order_place", perpOrder({ size, price: "0", tif: "ioc", text: "" }));
    } else {
      const more = { side: side > 0 ? "buy" : "sell", price, amount: "0.02" };
      world.ask(spot, "spot.order_place", spotOrder({ text: `t-${i}`, ...more }));
    }
    world.time.advance(400);
    perp.take();
    spot.take();
    assertEquals(world.imbalances, []);
  }
  assert(world.venue.exchange.orders.fillCount > 20, `${world.venue.exchange.orders.fillCount}`);
  world.call("DELETE", "/spot/orders");
  world.call("DELETE", "/futures/usdt/orders", undefined, "contract=BTC_USDT");
  const [balance] = world.call("GET", "/spot/accounts", undefined, "currency=USDT");
  assertEquals(balance.locked, "0");
  world.venue.exchange.stop();
});
