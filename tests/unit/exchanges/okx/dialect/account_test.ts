/**
 * Queries and private channels: balances, positions, funding, trigger orders, paging.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Loose, OkxWorld, SPOT_CODE, SWAP_CODE, swapOrder } from "./okx_world.ts";

const QUIET = `{"updateInterval":"0"}`;

function spotOrder(changes: Record<string, unknown> = {}): Loose {
  return {
    instIdCode: SPOT_CODE,
    tdMode: "cash",
    side: "buy",
    ordType: "limit",
    px: "63000",
    sz: "0.1",
    ...changes,
  };
}

/** Lets time pass while the socket is kept open. */
function pass(world: OkxWorld, socket: { send(text: string): void }, seconds: number): void {
  for (let i = 0; i < seconds; i += 10) {
    world.time.advance(Math.min(10, seconds - i) * 1_000);
    socket.send("ping");
  }
}

Deno.test("account and positions begin with a snapshot and then tell what changed", () => {
  const world = new OkxWorld();
  const socket = world.login();
  socket.subscribe(
    { channel: "account", extraParams: QUIET },
    { channel: "positions", instType: "ANY", extraParams: QUIET },
    { channel: "balance_and_position" },
  );
  const [ack, count, first, , , held, , , both] = socket.take();
  assertEquals([ack.event, ack.arg], ["subscribe", { channel: "account" }]);
  assertEquals([count.event, count.channel, count.connCount], [
    "channel-conn-count",
    "account",
    "1",
  ]);
  assertEquals([first.eventType, first.curPage, first.lastPage], ["snapshot", 1, true]);
  const usdt = first.data[0].details.find((each: Loose) => each.ccy === "USDT");
  assertEquals([usdt.cashBal, usdt.availBal, usdt.availEq, usdt.frozenBal], [
    "200000",
    "200000",
    "200000",
    "0",
  ]);
  assertEquals([held.eventType, held.data], ["snapshot", []]);
  assertEquals([both.data[0].eventType, both.data[0].posData], ["snapshot", []]);

  world.ask(socket, "order", spotOrder());
  const [locked, ...none] = socket.take();
  assertEquals([locked.eventType, none], ["event_update", []]);
  assertEquals(locked.data[0].details.map((each: Loose) => [each.ccy, each.availBal]), [
    ["USDT", "193700"],
  ]);
  assertEquals(locked.data[0].details[0].ordFrozen, "6300");

  world.other(world.swap, "sell", "64000", "10");
  world.ask(socket, "order", swapOrder({ px: "64000", sz: "10" }));
  const events = socket.take();
  const position = events.find((each) => each.arg.channel === "positions").data[0];
  assertEquals([position.pos, position.posSide, position.avgPx, position.mgnMode], [
    "10",
    "net",
    "64000",
    "cross",
  ]);
  const fast = events.find((each) => each.arg.channel === "balance_and_position").data[0];
  assertEquals([fast.eventType, fast.posData[0].pos, fast.trades.length], ["filled", "10", 1]);
  assertEquals(fast.trades[0].tradeId, position.tradeId);
  const query = world.signedGet("account/positions", "instType=SWAP").data;
  assertEquals([query.length, query[0].pos, query[0].posId], [1, "10", position.posId]);
});

Deno.test("without updateInterval 0 account and positions are repeated", () => {
  const world = new OkxWorld();
  const socket = world.login();
  socket.subscribe({ channel: "account" }, {
    channel: "positions",
    instType: "SWAP",
    extraParams: `{"updateInterval":"2000"}`,
  });
  socket.take();
  world.time.advance(10_000);
  const kinds = socket.take().map((each) => `${each.arg.channel} ${each.eventType}`);
  assertEquals(kinds.filter((each) => each === "account interval_update").length, 2);
  assertEquals(kinds.filter((each) => each === "positions interval_update").length, 5);
  socket.send({ op: "unsubscribe", args: [{ channel: "account" }] });
  socket.take();
  world.time.advance(6_000);
  assert(socket.take().every((each) => each.arg.channel === "positions"));
});

Deno.test("a position may turn over in one fill, and closes to zero", () => {
  const world = new OkxWorld();
  const socket = world.login();
  socket.subscribe({ channel: "positions", instType: "SWAP", extraParams: QUIET });
  world.other(world.swap, "buy", "64000", "50");
  world.other(world.swap, "sell", "64100", "50");
  socket.take();
  world.ask(socket, "order", swapOrder({ px: "64100", sz: "2" }));
  world.ask(socket, "order", swapOrder({ side: "sell", px: "64000", sz: "5" }));
  world.ask(socket, "order", swapOrder({ px: "64100", sz: "3", reduceOnly: true }));
  const sizes = socket.data("positions").map((each) => [each.pos, each.avgPx]);
  assertEquals(sizes, [["2", "64100"], ["-3", "64000"], ["0", ""]]);
  assertEquals(world.signedGet("account/positions").data, []);
  const wrongWay = swapOrder({ side: "sell", px: "64000", sz: "1", reduceOnly: true });
  world.ask(socket, "order", swapOrder({ side: "sell", px: "64000", sz: "1" }));
  assertEquals(world.ask(socket, "order", wrongWay).data[0].sCode, "51170");
  assertEquals(world.imbalances, []);
});

Deno.test("funding is paid on the mark, told as funding_fee and listed as a bill", () => {
  const world = new OkxWorld();
  const socket = world.login();
  world.other(world.swap, "buy", "63990", "50");
  world.other(world.swap, "sell", "64000", "50");
  world.ask(socket, "order", swapOrder({ px: "64000", sz: "10" }));
  socket.subscribe(
    { channel: "balance_and_position" },
    { channel: "positions", instType: "SWAP", extraParams: QUIET },
  );
  socket.take();
  const wallet = world.venue.exchange.user(1).wallet("okx/unified");
  const before = wallet.of("USDT").total;
  const [{ fundingTime }] = world.get("public/funding-rate", "instId=BTC-USDT-SWAP").data;
  pass(world, socket, (Number(fundingTime) - world.nowMs) / 1_000 + 1);
  const paid = moneyToText((wallet.of("USDT").total - before) as never);
  assert(Number(paid) < 0, `a long pays a positive rate: ${paid}`);
  const frames = socket.texts.splice(0).filter((text) => text !== "pong")
    .map((text) => JSON.parse(text));
  const told = frames.find((each) => each.arg.channel === "balance_and_position").data[0];
  assertEquals(told.eventType, "funding_fee");
  assertEquals(told.balData[0].cashBal, moneyToText(wallet.of("USDT").total));
  const position = frames.find((each) => each.arg.channel === "positions").data[0];
  assertEquals(position.fundingFee, paid);
  const [bill] = world.signedGet("account/bills", "type=8").data;
  assertEquals([bill.balChg, bill.subType, bill.instId], [paid, "173", "BTC-USDT-SWAP"]);
  const [past] = world.get("public/funding-rate-history", "instId=BTC-USDT-SWAP").data;
  assertEquals(past.fundingTime, fundingTime);
  assertEquals(world.imbalances, []);
});

Deno.test("trigger orders wait, fire into an order of their own, and are told on business", () => {
  const world = new OkxWorld();
  const algos = world.login("business");
  algos.subscribe({ channel: "orders-algo", instType: "ANY" });
  algos.take();
  const socket = world.orders();
  world.other(world.swap, "buy", "63000", "50");
  world.other(world.swap, "sell", "64000", "50");
  world.ask(socket, "order", swapOrder({ px: "64000", sz: "2" }));
  socket.take();
  const stop = {
    instId: "BTC-USDT-SWAP",
    tdMode: "cross",
    side: "sell",
    ordType: "trigger",
    sz: "2",
    triggerPx: "63500",
    triggerPxType: "last",
    orderPx: "-1",
    reduceOnly: true,
    algoClOrdId: "sl1",
  };
  const placed = world.post("trade/order-algo", stop);
  assertEquals([placed.code, placed.data[0].sCode, placed.data[0].algoClOrdId], ["0", "0", "sl1"]);
  const { algoId } = placed.data[0];
  assertEquals(algos.data("orders-algo").map((each) => [each.algoId, each.state, each.ordPx]), [
    [algoId, "live", "-1"],
  ]);
  const pending = () => world.signedGet("trade/orders-algo-pending", "ordType=trigger").data;
  assertEquals(pending().map((each: Loose) => each.algoId), [algoId]);
  assertEquals(world.signedGet("trade/orders-pending").data, []);
  const byName = { instIdCode: SWAP_CODE, clOrdId: "sl1" };
  assertEquals(world.ask(socket, "cancel-order", byName).data[0].sCode, "51400");
  world.other(world.swap, "buy", "63400", "1");
  world.other(world.swap, "sell", "63400", "1");
  world.time.advance(1);
  const [fired] = algos.data("orders-algo");
  assertEquals([fired.state, fired.algoId], ["effective", algoId]);
  const events = socket.data("orders");
  assertEquals(events.map((each) => each.state), ["live", "filled"]);
  assertEquals([events[0].ordId, events[0].algoId, events[0].algoClOrdId, events[0].clOrdId], [
    fired.ordId,
    algoId,
    "sl1",
    "",
  ]);
  assertEquals(events[0].ordType, "market");
  assertEquals(pending(), []);
  assertEquals(world.imbalances, []);
});

Deno.test("trigger orders can be cancelled, of spot too, and not be changed", () => {
  const world = new OkxWorld();
  const place = (change: Loose) =>
    world.post("trade/order-algo", {
      instId: "BTC-USDT",
      tdMode: "cash",
      side: "sell",
      ordType: "conditional",
      sz: "0.5",
      slTriggerPx: "60000",
      slOrdPx: "59900",
      ...change,
    });
  const placed = place({});
  assertEquals([placed.code, placed.data[0].sCode], ["0", "0"]);
  const [{ algoId }] = placed.data;
  assertEquals(place({ slTriggerPx: "" }).data[0].sCode, "51000");
  assertEquals(place({ ordType: "oco" }).data[0].sCode, "51000");
  const [algo] = world.signedGet("trade/order-algo", `algoId=${algoId}`).data;
  assertEquals([algo.slTriggerPx, algo.slOrdPx, algo.state], ["60000", "59900", "live"]);
  assertEquals(world.post("trade/amend-algos", { algoId, newSz: "1" }).data[0].sCode, "51506");
  const cancel = () => world.post("trade/cancel-algos", [{ algoId, instId: "BTC-USDT" }]);
  assertEquals([cancel().code, cancel().data[0].sCode], ["0", "51400"]);
});

Deno.test("a spot trigger order fires in place and is an order with another number", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  const algos = world.login("business");
  algos.subscribe({ channel: "orders-algo", instType: "SPOT" });
  const { algoId } = world.post("trade/order-algo", {
    instId: "BTC-USDT",
    tdMode: "cash",
    side: "buy",
    ordType: "trigger",
    sz: "0.1",
    triggerPx: "64100",
    orderPx: "64200",
  }).data[0];
  algos.take();
  world.other(world.spot, "sell", "64150", "1");
  world.other(world.spot, "buy", "64150", "0.5");
  world.time.advance(1);
  const [fired] = algos.data("orders-algo");
  assertEquals([fired.algoId, fired.state], [algoId, "effective"]);
  const events = socket.data("orders");
  assertEquals(events.map((each) => each.state), ["live", "filled"]);
  assertEquals(events.every((each) => each.ordId === fired.ordId && each.algoId === algoId), true);
  assert(fired.ordId !== algoId);
  assertEquals(world.imbalances, []);
});

Deno.test("open orders come newest first, a page at a time", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  for (let i = 0; i < 5; i++) world.ask(socket, "order", swapOrder({ clOrdId: `n${i}` }));
  world.ask(socket, "order", spotOrder({ clOrdId: "spot" }));
  const names = (query: string) =>
    world.signedGet("trade/orders-pending", query).data.map((each: Loose) => each.clOrdId);
  assertEquals(names("instType=SWAP&limit=2"), ["n4", "n3"]);
  const [, last] = world.signedGet("trade/orders-pending", "instType=SWAP&limit=2").data;
  assertEquals(names(`instType=SWAP&after=${last.ordId}`), ["n2", "n1", "n0"]);
  assertEquals(names(""), ["spot", "n4", "n3", "n2", "n1", "n0"]);
  assertEquals(names("instId=BTC-USDT"), ["spot"]);
  assertEquals(world.signedGet("trade/orders-pending", "limit=101").code, "51000");
});

Deno.test("an order cancelled without a fill is forgotten after two hours", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.ask(socket, "order", swapOrder({ clOrdId: "a" }));
  world.ask(socket, "cancel-order", { instIdCode: SWAP_CODE, clOrdId: "a" });
  const query = () => world.signedGet("trade/order", "instId=BTC-USDT-SWAP&clOrdId=a");
  assertEquals([query().data[0].state, query().data[0].cancelSource], ["canceled", "1"]);
  const history = () => world.signedGet("trade/orders-history", "instType=SWAP").data.length;
  assertEquals(history(), 1);
  world.time.advance(2 * 3_600_000 + 1);
  assertEquals([query().code, history()], ["51603", 0]);
});

Deno.test("fills are listed with fees, newest first, and by their bills", () => {
  const world = new OkxWorld();
  const socket = world.orders();
  world.other(world.swap, "sell", "64000", "9");
  for (let i = 0; i < 3; i++) {
    world.ask(socket, "order", swapOrder({ px: "64000", clOrdId: `f${i}` }));
    world.time.advance(10);
  }
  const fills = (query: string) => world.signedGet("trade/fills", query).data;
  const all = fills("instType=SWAP");
  assertEquals(all.map((each: Loose) => each.clOrdId), ["f2", "f1", "f0"]);
  assertEquals([all[0].fee, all[0].feeCcy, all[0].execType, all[0].fillSz], [
    "-0.32",
    "USDT",
    "T",
    "1",
  ]);
  assertEquals(fills(`after=${all[1].billId}`).map((each: Loose) => each.clOrdId), ["f0"]);
  assertEquals(fills(`before=${all[1].billId}`).map((each: Loose) => each.clOrdId), ["f2"]);
  assertEquals(fills(`begin=${all[0].ts}`).map((each: Loose) => each.clOrdId), ["f2"]);
  assertEquals(fills(`ordId=${all[2].ordId}&limit=1`)[0].tradeId, all[2].tradeId);
  const events = socket.data("orders").filter((each) => each.state === "filled");
  assertEquals(
    events.map((each) => each.tradeId),
    all.map((each: Loose) => each.tradeId).reverse(),
  );
});

Deno.test("the account's set-up is net mode of futures, without the right to withdraw", () => {
  const world = new OkxWorld();
  const [config] = world.signedGet("account/config").data;
  assertEquals([config.acctLv, config.posMode, config.perm], ["2", "net_mode", "read_only,trade"]);
  assertEquals(world.post("account/set-position-mode", { posMode: "net_mode" }).code, "0");
  assertEquals(
    world.post("account/set-position-mode", { posMode: "long_short_mode" }).code,
    "59000",
  );
  const lever = { instId: "BTC-USDT-SWAP", lever: "20", mgnMode: "cross" };
  assertEquals(world.post("account/set-leverage", lever).data[0].lever, "20");
  const query = "instId=BTC-USDT-SWAP&mgnMode=cross";
  assertEquals(world.signedGet("account/leverage-info", query).data[0].lever, "20");
  assertEquals(world.post("account/set-leverage", { ...lever, lever: "200" }).code, "59102");
  const [fee] = world.signedGet("account/trade-fee", "instType=SWAP").data;
  assertEquals([fee.makerU, fee.takerU], ["0.00005", "-0.0005"]);
  assertEquals(world.signedGet("account/instruments", "instType=SPOT").data.length, 3);
  assertEquals(world.signedGet("trade/account-rate-limit").data[0].accRateLimit, "1000");
});

Deno.test("private channels filter by type and instrument, and count their connections", () => {
  const world = new OkxWorld();
  const swaps = world.login();
  swaps.subscribe({ channel: "orders", instType: "SWAP" }, { channel: "fills" });
  const one = world.login();
  one.subscribe({ channel: "orders", instType: "ANY", instId: "BTC-USDT" });
  assertEquals(one.take()[1].connCount, "2");
  const socket = world.login();
  world.ask(socket, "order", swapOrder());
  world.ask(socket, "order", spotOrder());
  world.other(world.swap, "sell", "63900", "1");
  const frames = swaps.take();
  const orders = frames.filter((each) => each.arg?.channel === "orders" && each.data);
  assertEquals(orders.map((each) => each.data[0].instId), ["BTC-USDT-SWAP", "BTC-USDT-SWAP"]);
  assertEquals(Object.keys(orders[0].arg), ["channel", "instType", "uid"]);
  const fills = frames.filter((each) => each.arg?.channel === "fills" && each.data);
  assertEquals(fills.map((each) => [each.data[0].fillSz, each.data[0].clOrdId]), [["1", "0"]]);
  assertEquals(one.data("orders").map((each) => each.instId), ["BTC-USDT"]);
  one.subscribe({ channel: "orders", instType: "WRONG" });
  assertEquals(one.take()[0].code, "60018");
});
