/**
 * USD-M orders, positions and account over REST and the WebSocket API.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Loose, SHEET_KEY, VenueWorld } from "./venue_world.ts";

const LIMIT = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC" };

function quoted(world: VenueWorld): void {
  world.other(world.perp, "sell", "64000.1", "0.5");
  world.other(world.perp, "buy", "64000.0", "0.5");
}

Deno.test("USD-M POST /fapi/v1/order answers with the whole order", () => {
  const world = new VenueWorld();
  const answer = world.signedRaw("POST", "/fapi/v1/order", {
    ...LIMIT,
    timeInForce: "GTX",
    quantity: "0.002",
    price: "63000.10",
    newClientOrderId: "mm-1",
  });
  assertEquals(answer.status, 200, answer.body);
  const order = JSON.parse(answer.body);
  assertEquals(order, {
    orderId: order.orderId,
    symbol: "BTCUSDT",
    status: "NEW",
    clientOrderId: "mm-1",
    price: "63000.10",
    avgPrice: "0.00",
    origQty: "0.002",
    executedQty: "0.000",
    cumQty: "0.000",
    cumQuote: "0.00000",
    timeInForce: "GTX",
    type: "LIMIT",
    reduceOnly: false,
    closePosition: false,
    side: "BUY",
    positionSide: "BOTH",
    stopPrice: "0.00",
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    origType: "LIMIT",
    priceMatch: "NONE",
    selfTradePreventionMode: "EXPIRE_MAKER",
    goodTillDate: 0,
    updateTime: world.nowMs,
  });
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-10S"], "1");
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-1M"], "1");
  const open = world.signed("GET", "/fapi/v1/openOrders", { symbol: "BTCUSDT" });
  assertEquals([open.length, open[0].time], [1, world.nowMs]);
});

Deno.test("USD-M refuses orders in the venue's own words", () => {
  const world = new VenueWorld();
  quoted(world);
  const place = (params: Record<string, string>) =>
    world.signed("POST", "/fapi/v1/order", {
      ...LIMIT,
      quantity: "0.01",
      price: "63000",
      ...params,
    });
  place({ newClientOrderId: "taken" });
  const codes: [Loose, number][] = [
    [place({ timeInForce: "GTX", price: "64000.1" }), -5022],
    [place({ timeInForce: "FOK", price: "64000.1", quantity: "1" }), -5021],
    [place({ newClientOrderId: "taken" }), -4116],
    [place({ newClientOrderId: "no spaces" }), -4015],
    [place({ reduceOnly: "true", side: "SELL", price: "65000" }), -2022],
    [place({ quantity: "900" }), -2019],
    [place({ quantity: "0.001" }), -4164],
    [place({ quantity: "0.0001" }), -1111],
    [place({ quantity: "0" }), -4003],
    [place({ price: "63000.01" }), -1111],
    [place({ price: "70000" }), -4016],
    [place({ side: "SELL", price: "50000" }), -4024],
    [place({ type: "STOP_MARKET" }), -4120],
    [place({ positionSide: "LONG" }), -4061],
    [world.signed("DELETE", "/fapi/v1/order", { symbol: "BTCUSDT", orderId: 5 }), -2011],
    [world.signed("GET", "/fapi/v1/order", { symbol: "BTCUSDT", orderId: 5 }), -2013],
    [world.signed("POST", "/fapi/v1/positionSide/dual", { dualSidePosition: "false" }), -4059],
    [
      world.signed("POST", "/fapi/v1/marginType", { symbol: "BTCUSDT", marginType: "CROSSED" }),
      -4046,
    ],
    [world.signed("POST", "/fapi/v1/leverage", { symbol: "BTCUSDT", leverage: 999 }), -4028],
    [world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=7"), -4021],
  ];
  codes.forEach(([answer, code], at) => assertEquals(answer.code, code, `case ${at}`));
  world.venue.exchange.setStatus(world.perp, "halted");
  assertEquals(place({}).code, -4140);
});

Deno.test("USD-M fills move position, wallet and the account stream together", () => {
  const world = new VenueWorld();
  quoted(world);
  const account = world.usdmAccount();
  const buy = world.signed("POST", "/fapi/v1/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "MARKET",
    quantity: "0.1",
    newOrderRespType: "RESULT",
  });
  assertEquals([buy.status, buy.avgPrice, buy.cumQuote], ["FILLED", "64000.10000", "6400.01000"]);
  const events = account.take();
  assertEquals(events.map((each) => each.e), [
    "ORDER_TRADE_UPDATE",
    "TRADE_LITE",
    "ORDER_TRADE_UPDATE",
    "ACCOUNT_UPDATE",
  ]);
  const update = events[2].o;
  assertEquals(
    [update.x, update.X, update.l, update.z, update.L, update.n, update.N, update.m, update.rp],
    ["TRADE", "FILLED", "0.100", "0.100", "64000.10", "3.20000500", "USDT", false, "0.00000000"],
  );
  assertEquals(events[3].a.B, [{ a: "USDT", wb: "99996.79999500", cw: "99996.79999500", bc: "0" }]);
  assertEquals([events[3].a.P[0].pa, events[3].a.P[0].ep, events[3].a.m], [
    "0.100",
    "64000.1",
    "ORDER",
  ]);
  const [risk] = world.signed("GET", "/fapi/v3/positionRisk");
  assertEquals([risk.symbol, risk.positionAmt, risk.entryPrice], ["BTCUSDT", "0.100", "64000.1"]);
  const sell = { symbol: "BTCUSDT", side: "SELL", type: "MARKET", quantity: "0.1" };
  world.signed("POST", "/fapi/v1/order", { ...sell, reduceOnly: "true" });
  assertEquals(world.signed("GET", "/fapi/v3/positionRisk"), []);
  const trades = world.signed("GET", "/fapi/v1/userTrades", { symbol: "BTCUSDT" });
  assertEquals(trades.map((each: Loose) => [each.side, each.realizedPnl]), [
    ["BUY", "0.00000000"],
    ["SELL", "-0.01000000"],
  ]);
  const [usdt] = world.signed("GET", "/fapi/v3/balance");
  assertEquals(usdt.balance, "99993.58999500");
  const whole = world.signed("GET", "/fapi/v3/account");
  assertEquals([whole.totalWalletBalance, whole.positions], ["99993.58999500", []]);
  for (const amount of world.venue.exchange.truth().imbalance.values()) {
    assertEquals(moneyToText(amount), "0");
  }
});

Deno.test("USD-M modify changes price and size, cancels what is filled, refuses no change", () => {
  const world = new VenueWorld();
  const account = world.usdmAccount("ORDER_TRADE_UPDATE/listenKeyExpired");
  const order = world.signed("POST", "/fapi/v1/order", {
    ...LIMIT,
    quantity: "0.01",
    price: "63000",
  });
  const modify = (quantity: string, price: string) =>
    world.signed("PUT", "/fapi/v1/order", {
      symbol: "BTCUSDT",
      side: "BUY",
      orderId: order.orderId,
      quantity,
      price,
    });
  const modified = modify("0.02", "63001");
  assertEquals([modified.price, modified.origQty, modified.status], ["63001.00", "0.020", "NEW"]);
  assertEquals(account.take().map((each) => each.o.x), ["NEW", "AMENDMENT"]);
  assertEquals(modify("0.02", "63001").code, -5027);
  world.other(world.perp, "sell", "63001.0", "0.01");
  assertEquals(modify("0.01", "63001").status, "CANCELED");
  assertEquals(modify("0.01", "63001").code, -2013);
});

Deno.test("USD-M batches answer each for itself, in order", () => {
  const world = new VenueWorld();
  const batchOrders = JSON.stringify([
    { ...LIMIT, quantity: "0.01", price: "63000", newClientOrderId: "a" },
    { ...LIMIT, quantity: "900", price: "63000" },
    { ...LIMIT, quantity: "0.01", price: "63001", newClientOrderId: "b" },
  ]);
  const answers = world.signed("POST", "/fapi/v1/batchOrders", { batchOrders });
  assertEquals(answers.map((each: Loose) => each.code ?? each.status), ["NEW", -2019, "NEW"]);
  const cancelled = world.signed("DELETE", "/fapi/v1/batchOrders", {
    symbol: "BTCUSDT",
    origClientOrderIdList: `["a","x"]`,
  });
  assertEquals(cancelled.map((each: Loose) => each.code ?? each.status), ["CANCELED", -2011]);
  assertEquals(world.signed("DELETE", "/fapi/v1/allOpenOrders", { symbol: "BTCUSDT" }), {
    code: 200,
    msg: "The operation of cancel all open order is done.",
  });
  assertEquals(world.signed("GET", "/fapi/v1/openOrders"), []);
});

Deno.test("USD-M countdown cancels plain orders and leaves conditional ones", () => {
  const world = new VenueWorld();
  quoted(world);
  world.signed("POST", "/fapi/v1/order", { ...LIMIT, quantity: "0.01", price: "63000" });
  world.signed("POST", "/fapi/v1/algoOrder", algo({ triggerPrice: "60000" }));
  const armed = world.signed("POST", "/fapi/v1/countdownCancelAll", {
    symbol: "BTCUSDT",
    countdownTime: 1_000,
  });
  assertEquals(armed, { symbol: "BTCUSDT", countdownTime: "1000" });
  world.time.advance(1_001);
  assertEquals(world.signed("GET", "/fapi/v1/openOrders", { symbol: "BTCUSDT" }), []);
  assertEquals(world.signed("GET", "/fapi/v1/openAlgoOrders").length, 1);
});

function algo(params: Record<string, string>): Record<string, string> {
  return {
    algoType: "CONDITIONAL",
    symbol: "BTCUSDT",
    side: "SELL",
    type: "STOP_MARKET",
    quantity: "0.05",
    clientAlgoId: "stop-1",
    ...params,
  };
}

Deno.test("USD-M conditional orders wait, fire into a plain order and finish", () => {
  const world = new VenueWorld();
  quoted(world);
  world.other(world.perp, "sell", "64100.0", "0.5");
  world.signed("POST", "/fapi/v1/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "MARKET",
    quantity: "0.05",
  });
  const account = world.usdmAccount();
  assertEquals(
    world.signed("POST", "/fapi/v1/algoOrder", algo({ triggerPrice: "64100" })).code,
    -2021,
  );
  const placed = world.signed("POST", "/fapi/v1/algoOrder", algo({ triggerPrice: "63999" }));
  assertEquals([placed.algoStatus, placed.orderType, placed.triggerPrice], [
    "NEW",
    "STOP_MARKET",
    "63999.00",
  ]);
  assertEquals(world.signed("GET", "/fapi/v1/openOrders"), []);
  world.other(world.perp, "buy", "63999.0", "1");
  world.other(world.perp, "sell", "63999.0", "0.51");
  world.time.advance(1);
  const events = account.take().map((each) =>
    each.e === "ALGO_UPDATE" ? each.o.X : each.o?.x ?? each.e
  );
  assertEquals(events, [
    "NEW",
    "TRIGGERING",
    "TRIGGERED",
    "NEW",
    "TRADE_LITE",
    "TRADE",
    "FINISHED",
    "ACCOUNT_UPDATE",
  ]);
  const after = world.signed("GET", "/fapi/v1/algoOrder", { algoId: placed.algoId });
  assertEquals([after.algoStatus, after.actualPrice], ["FINISHED", "63999.00000"]);
  const child = world.signed("GET", "/fapi/v1/order", {
    symbol: "BTCUSDT",
    orderId: Number(after.actualOrderId),
  });
  assertEquals([child.type, child.origType, child.status], ["MARKET", "STOP_MARKET", "FILLED"]);
});

Deno.test("USD-M conditional orders are cancelled by their own requests alone", () => {
  const world = new VenueWorld();
  quoted(world);
  const placed = world.signed("POST", "/fapi/v1/algoOrder", algo({ triggerPrice: "60000" }));
  const plain = { symbol: "BTCUSDT", orderId: placed.algoId };
  assertEquals(world.signed("DELETE", "/fapi/v1/order", plain).code, -2011);
  assertEquals(world.signed("DELETE", "/fapi/v1/algoOrder", { clientAlgoId: "stop-1" }), {
    algoId: placed.algoId,
    clientAlgoId: "stop-1",
    code: "200",
    msg: "success",
  });
  assertEquals(world.signed("DELETE", "/fapi/v1/algoOrder", { clientAlgoId: "gone" }).code, -2011);
  world.signed("POST", "/fapi/v1/algoOrder", algo({ triggerPrice: "60000" }));
  world.signed("DELETE", "/fapi/v1/algoOpenOrders", { symbol: "BTCUSDT" });
  assertEquals(world.signed("GET", "/fapi/v1/openAlgoOrders"), []);
  const all = world.signed("GET", "/fapi/v1/allAlgoOrders", { symbol: "BTCUSDT" });
  assertEquals(all.map((each: Loose) => each.algoStatus), ["CANCELED", "CANCELED"]);
});

Deno.test("USD-M listen key lives an hour, is renewed, and tells its end", () => {
  const world = new VenueWorld();
  const headers = new Map([["x-mbx-apikey", SHEET_KEY]]);
  const ask = (method: string) =>
    JSON.parse(world.http({ method, path: "/fapi/v1/listenKey", headers }).body);
  assertEquals(ask("PUT").code, -1125);
  const { listenKey } = ask("POST");
  assertEquals(listenKey.length, 66);
  const account = world.usdmAccount("listenKeyExpired");
  const pass = (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      world.time.advance(60_000);
      account.session!.onPong("");
    }
  };
  pass(50);
  assertEquals(ask("PUT").listenKey, listenKey);
  pass(50);
  assertEquals(account.take(), []);
  pass(12);
  assertEquals(account.take().map((each) => [each.e, each.listenKey]), [
    ["listenKeyExpired", listenKey],
  ]);
  assert(ask("POST").listenKey !== listenKey);
});

Deno.test("ws-fapi places, modifies, cancels and reads the account", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws-fapi/v1");
  const call = (method: string, params: Record<string, string | number>): Loose => {
    socket.send({ id: method, method, params: world.wsParams(params) });
    return socket.take().at(-1);
  };
  const placed = call("order.place", { ...LIMIT, quantity: "0.01", price: "63000" });
  assertEquals([placed.id, placed.status, placed.result.status], ["order.place", 200, "NEW"]);
  assertEquals(placed.rateLimits.map((each: Loose) => [each.rateLimitType, each.count]), [
    ["REQUEST_WEIGHT", 2],
    ["ORDERS", 1],
    ["ORDERS", 1],
  ]);
  const { orderId } = placed.result;
  const changed = { symbol: "BTCUSDT", side: "BUY", orderId, quantity: "0.02", price: "63000" };
  assertEquals(call("order.modify", changed).result.origQty, "0.020");
  assertEquals(call("order.status", { symbol: "BTCUSDT", orderId }).result.origQty, "0.020");
  assertEquals(call("order.cancel", { symbol: "BTCUSDT", orderId }).result.status, "CANCELED");
  const stop = call("algoOrder.place", algo({ triggerPrice: "60000" })).result;
  const ended = call("algoOrder.cancel", { algoId: stop.algoId }).result;
  assertEquals([ended.algoStatus, ended.clientAlgoId], ["CANCELED", "stop-1"]);
  assertEquals(call("v2/account.balance", {}).result[0].asset, "USDT");
  assertEquals(call("v2/account.position", {}).result, []);
  assertEquals(call("v2/account.status", {}).result.totalWalletBalance, "100000.00000000");
  assertEquals(call("nothing.here", {}).error.code, -1000);
});

Deno.test("USD-M settings and public data", () => {
  const world = new VenueWorld();
  quoted(world);
  assertEquals(world.signed("GET", "/fapi/v1/positionSide/dual"), { dualSidePosition: false });
  assertEquals(world.signed("POST", "/fapi/v1/leverage", { symbol: "BTCUSDT", leverage: 5 }), {
    leverage: 5,
    maxNotionalValue: "20000000",
    symbol: "BTCUSDT",
  });
  assertEquals(world.signed("GET", "/fapi/v1/commissionRate", { symbol: "BTCUSDT" }), {
    symbol: "BTCUSDT",
    makerCommissionRate: "0.000200",
    takerCommissionRate: "0.000500",
  });
  const [bracket] = world.signed("GET", "/fapi/v1/leverageBracket", { symbol: "BTCUSDT" });
  assertEquals([bracket.symbol, bracket.brackets[0].initialLeverage], ["BTCUSDT", 125]);
  assertEquals(world.signed("GET", "/sapi/v1/asset/tradeFee", { symbol: "BTCUSDT" }), [
    { symbol: "BTCUSDT", makerCommission: "0.001000", takerCommission: "0.001000" },
  ]);
  const all = world.signed("GET", "/fapi/v2/positionRisk", { symbol: "BTCUSDT" });
  assertEquals([all[0].leverage, all[0].marginType], ["5", "cross"]);
  const depth = world.get("/fapi/v1/depth", "symbol=BTCUSDT&limit=5");
  assertEquals([depth.bids, depth.asks, depth.E], [
    [["64000.00", "0.500"]],
    [["64000.10", "0.500"]],
    world.nowMs,
  ]);
  const [btc] = world.get("/fapi/v1/exchangeInfo").symbols;
  assertEquals([btc.contractType, btc.filters[0].tickSize, btc.filters[1].stepSize], [
    "PERPETUAL",
    "0.10",
    "0.001",
  ]);
  world.time.advance(8 * 3_600_000);
  const premium = world.get("/fapi/v1/premiumIndex", "symbol=BTCUSDT");
  assertEquals([premium.symbol, premium.interestRate], ["BTCUSDT", "0.00010000"]);
  assertEquals(premium.nextFundingTime % 28_800_000, 0);
  world.other(world.perp, "buy", "64000.1", "0.2");
  const [trade] = world.get("/fapi/v1/trades", "symbol=BTCUSDT");
  assertEquals([trade.price, trade.qty, trade.isBuyerMaker], ["64000.10", "0.200", false]);
  world.time.advance(8 * 3_600_000);
});

Deno.test("USD-M funding is paid, told and listed", () => {
  const world = new VenueWorld();
  quoted(world);
  world.signed("POST", "/fapi/v1/order", {
    symbol: "BTCUSDT",
    side: "SELL",
    type: "MARKET",
    quantity: "0.1",
  });
  world.time.advance(7 * 3_600_000);
  const account = world.usdmAccount();
  for (let i = 0; i < 7; i++) {
    world.time.advance(600_000);
    account.session!.onPong("");
  }
  const [update] = account.take();
  assertEquals([update.a.m, update.a.P], ["FUNDING_FEE", []]);
  const [rate] = world.get("/fapi/v1/fundingRate", "symbol=BTCUSDT");
  assertEquals([rate.fundingRate, rate.fundingTime % 28_800_000 < 1_000], ["0.00010000", true]);
});
