/**
 * Orders, positions, balances and private events of both products.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { type Loose, VenueWorld } from "./venue_world.ts";

const LIMIT = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC" };
const NEAR = { ...LIMIT, quantity: "0.01", price: "63500" };

function quoted(world: VenueWorld): void {
  world.other(world.perp, "sell", "64000.1", "0.5");
  world.other(world.perp, "buy", "64000.0", "0.5");
}

function balanced(world: VenueWorld): void {
  const sums = [...world.venue.exchange.truth().imbalance.values()].map(moneyToText);
  assert(sums.every((each) => each === "0"), sums.join(" "));
}

Deno.test("POST /fapi/v3/order answers with the whole order, as acknowledged", () => {
  const world = new VenueWorld();
  const answer = world.signedRaw("POST", "/fapi/v3/order", {
    ...NEAR,
    timeInForce: "GTX",
    newClientOrderId: "mm-1",
  });
  assertEquals(answer.status, 200, answer.body);
  const order = JSON.parse(answer.body);
  assertEquals(order, {
    orderId: order.orderId,
    symbol: "BTCUSDT",
    status: "NEW",
    clientOrderId: "mm-1",
    price: "63500.0",
    avgPrice: "0.00000",
    origQty: "0.010",
    executedQty: "0.000",
    cumQty: "0.000",
    cumQuote: "0",
    timeInForce: "GTX",
    type: "LIMIT",
    reduceOnly: false,
    closePosition: false,
    side: "BUY",
    positionSide: "BOTH",
    stopPrice: "0",
    workingType: "CONTRACT_PRICE",
    priceProtect: false,
    origType: "LIMIT",
    updateTime: world.nowMs,
  });
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-10S"], "1");
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-1M"], "1");
  const [open] = world.signed("GET", "/fapi/v3/openOrders", { symbol: "BTCUSDT" });
  assertEquals([open.orderId, open.time], [order.orderId, world.nowMs]);
});

Deno.test("perpetual orders are refused in the venue's own words", () => {
  const world = new VenueWorld();
  quoted(world);
  const place = (params: Record<string, string>) =>
    world.signed("POST", "/fapi/v3/order", { ...NEAR, ...params });
  place({ newClientOrderId: "taken" });
  const codes: [Loose, number][] = [
    [place({ timeInForce: "GTX", price: "64000.1" }), -5022],
    [place({ newClientOrderId: "taken" }), -2010],
    [place({ newClientOrderId: "no spaces" }), -4015],
    [place({ reduceOnly: "true", side: "SELL", price: "65000" }), -2022],
    [place({ quantity: "900" }), -2019],
    [place({ quantity: "0.0001" }), -1111],
    [place({ quantity: "0" }), -4003],
    [place({ price: "63000.01" }), -1111],
    [place({ price: "66000" }), -4016],
    [place({ side: "SELL", price: "62000" }), -4024],
    [place({ type: "DANCE" }), -1116],
    [place({ timeInForce: "HIDDEN" }), -1115],
    [place({ stpMode: "NEVER" }), -1130],
    [place({ positionSide: "LONG" }), -4061],
    [world.signed("POST", "/fapi/v3/order", { ...LIMIT, price: "1" }), -1102],
    [world.signed("POST", "/fapi/v3/order", stop({ stopPrice: "65000", side: "SELL" })), -2021],
    [world.signed("DELETE", "/fapi/v3/order", { symbol: "BTCUSDT", orderId: 5 }), -2011],
    [world.signed("GET", "/fapi/v3/order", { symbol: "BTCUSDT", orderId: 5 }), -2013],
    [world.signed("POST", "/fapi/v3/leverage", { symbol: "BTCUSDT", leverage: 999 }), -4028],
  ];
  codes.forEach(([answer, code], at) => assertEquals(answer.code, code, `case ${at}`));
  world.venue.exchange.setStatus(world.perp, "halted");
  assertEquals(place({}).code, -1013);
});

Deno.test("perpetual fills move position, wallet and the account stream together", () => {
  const world = new VenueWorld();
  quoted(world);
  const account = world.account("perp");
  const buy = world.signed("POST", "/fapi/v3/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "MARKET",
    quantity: "0.1",
    newOrderRespType: "RESULT",
  });
  assertEquals([buy.status, buy.avgPrice, buy.cumQuote], ["FILLED", "64000.10000", "6400.01"]);
  const [placed, traded, update] = account.take();
  assertEquals([placed.e, placed.o.x, placed.o.X], ["ORDER_TRADE_UPDATE", "NEW", "NEW"]);
  const { x, X, l, z, L, n, N, m } = traded.o;
  assertEquals([x, X, l, z, L, n, N, m], [
    "TRADE",
    "FILLED",
    "0.100",
    "0.100",
    "64000.1",
    "3.20000500",
    "USDT",
    false,
  ]);
  assertEquals([update.e, update.a.m, update.a.B[0].wb], [
    "ACCOUNT_UPDATE",
    "ORDER",
    "99996.79999500",
  ]);
  assertEquals([update.a.P[0].pa, update.a.P[0].ep, update.a.P[0].bep], [
    "0.100",
    "64000.1",
    undefined,
  ]);
  const [risk] = world.signed("GET", "/fapi/v3/positionRisk", { symbol: "BTCUSDT" });
  assertEquals([risk.positionAmt, risk.entryPrice, risk.leverage], ["0.100", "64000.1", "20"]);
  const [balance] = world.signed("GET", "/fapi/v3/balance");
  assertEquals([balance.asset, balance.balance], ["USDT", "99996.79999500"]);
  const [trade] = world.signed("GET", "/fapi/v3/userTrades", { symbol: "BTCUSDT" });
  assertEquals([trade.orderId, trade.commission, trade.maker], [
    buy.orderId,
    "3.20000500",
    false,
  ]);
  const all = world.signed("GET", "/fapi/v3/accountWithJoinMargin");
  assertEquals([all.totalWalletBalance, all.positions.length], ["99996.79999500", 1]);
  world.time.advance(8 * 3_600_000);
  const [rate] = world.get("/fapi/v3/fundingRate", "symbol=BTCUSDT");
  assertEquals(rate.fundingRate, "0.00010000");
  balanced(world);
});

Deno.test("IOC and FOK remainders expire; a resting order's trade is a maker's", () => {
  const world = new VenueWorld();
  quoted(world);
  const account = world.account("perp");
  const place = (params: Record<string, string>) =>
    world.signed("POST", "/fapi/v3/order", { ...NEAR, newOrderRespType: "RESULT", ...params });
  const ioc = place({ timeInForce: "IOC", price: "64000.1", quantity: "0.6" });
  assertEquals([ioc.status, ioc.executedQty], ["EXPIRED", "0.500"]);
  world.other(world.perp, "sell", "64000.1", "0.5");
  const fok = place({ timeInForce: "FOK", price: "64000.1", quantity: "0.6" });
  assertEquals([fok.status, fok.executedQty], ["EXPIRED", "0.000"]);
  account.take();
  const resting = place({ price: "63990" });
  world.other(world.perp, "sell", "63990.0", "0.504");
  const last = account.take().findLast((each) => each.o?.i === resting.orderId);
  assertEquals([last.o.X, last.o.z, last.o.m], ["PARTIALLY_FILLED", "0.004", true]);
  balanced(world);
});

Deno.test("a post-only order that would take may be taken on and expire instead", () => {
  const world = new VenueWorld({ crossingPostOnly: "expired" });
  quoted(world);
  const account = world.account("perp");
  const crossing = { ...NEAR, timeInForce: "GTX", price: "64000.1", newClientOrderId: "mm-1" };
  const placed = world.signed("POST", "/fapi/v3/order", crossing);
  assertEquals([placed.status, placed.clientOrderId], ["NEW", "mm-1"]);
  assertEquals(account.take().map(({ o }) => [o.x, o.X, o.f, o.z, o.i === placed.orderId]), [
    ["NEW", "NEW", "GTX", "0.000", true],
    ["EXPIRED", "EXPIRED", "GTX", "0.000", true],
  ]);
  const query = { symbol: "BTCUSDT", orderId: placed.orderId };
  assertEquals(world.signed("GET", "/fapi/v3/order", query).status, "EXPIRED");
  assertEquals(world.signed("GET", "/fapi/v3/openOrders"), []);
  balanced(world);
});

Deno.test("self-trades end by the account's mode or the order's own", () => {
  const world = new VenueWorld();
  quoted(world);
  const place = (params: Record<string, string>) =>
    world.signed("POST", "/fapi/v3/order", { ...NEAR, newOrderRespType: "RESULT", ...params });
  assertEquals(world.signed("GET", "/fapi/v3/stpMode"), { stpMode: "EXPIRE_MAKER" });
  world.signed("POST", "/fapi/v3/stpMode", { stpMode: "EXPIRE_TAKER" });
  const resting = place({ price: "64000.1", timeInForce: "GTX", side: "SELL" });
  assertEquals(resting.status, "NEW");
  // Behind the other trader's size at the same price.
  const taker = place({ price: "64000.1", quantity: "0.505" });
  assertEquals([taker.status, taker.executedQty], ["EXPIRED", "0.500"]);
  const both = place({ price: "64000.1", stpMode: "EXPIRE_BOTH" });
  assertEquals(both.status, "EXPIRED");
  const query = { symbol: "BTCUSDT", orderId: resting.orderId };
  assertEquals(world.signed("GET", "/fapi/v3/order", query).status, "EXPIRED");
});

Deno.test("PUT /fapi/v3/order changes price and size of limit orders alone", () => {
  const world = new VenueWorld();
  quoted(world);
  const placed = world.signed("POST", "/fapi/v3/order", { ...NEAR, newClientOrderId: "mm-1" });
  const change = (params: Record<string, string>) =>
    world.signed("PUT", "/fapi/v3/order", {
      symbol: "BTCUSDT",
      origClientOrderId: "mm-1",
      ...params,
    });
  const changed = change({ quantity: "0.02", price: "63600" });
  assertEquals([changed.orderId, changed.price, changed.origQty], [
    placed.orderId,
    "63600.0",
    "0.020",
  ]);
  assertEquals(change({ quantity: "0.02", price: "63600" }).code, -5027);
  assertEquals(change({ quantity: "0.02" }).code, -1102);
  assertEquals(change({ quantity: "0.02", price: "70000" }).code, -4016);
  assertEquals(change({ quantity: "0.02", price: "63600", side: "SELL" }).code, -1130);
  const query = { symbol: "BTCUSDT", origClientOrderId: "mm-1" };
  assertEquals(world.signed("GET", "/fapi/v3/openOrder", query).price, "63600.0");
  world.signed("POST", "/fapi/v3/order", stop({ stopPrice: "63000", newClientOrderId: "s" }));
  assertEquals(change({ origClientOrderId: "s", quantity: "0.1", price: "63000" }).code, -5024);
  assertEquals(change({ origClientOrderId: "gone", quantity: "1", price: "63000" }).code, -2013);
});

Deno.test("batches answer per element in order; cancel-all and the countdown end what is open", () => {
  const world = new VenueWorld();
  quoted(world);
  const one = (name: string, more = {}) => ({ ...NEAR, newClientOrderId: name, ...more });
  const batchOrders = JSON.stringify([
    one("a"),
    one("b", { reduceOnly: "true" }),
    one("c"),
    one("d"),
  ]);
  const placed = world.signed("POST", "/fapi/v3/batchOrders", { batchOrders });
  assertEquals(placed.map((each: Loose) => each.code ?? each.status), ["NEW", -2022, "NEW", "NEW"]);
  const cancelled = world.signed("DELETE", "/fapi/v3/batchOrders", {
    symbol: "BTCUSDT",
    origClientOrderIdList: '["a","x"]',
  });
  assertEquals(cancelled.map((each: Loose) => each.code ?? each.status), ["CANCELED", -2011]);
  const six = JSON.stringify(["a", "b", "c", "d", "e", "f"].map((name) => one(name)));
  assertEquals(world.signed("POST", "/fapi/v3/batchOrders", { batchOrders: six }).code, -1130);
  const single = { symbol: "BTCUSDT", origClientOrderId: "d" };
  assertEquals(world.signed("DELETE", "/fapi/v3/order", single).status, "CANCELED");
  assertEquals(world.signed("DELETE", "/fapi/v3/order", single).code, -2011);
  const all = world.signed("DELETE", "/fapi/v3/allOpenOrders", { symbol: "BTCUSDT" });
  assertEquals(all.code, "200");
  assertEquals(world.signed("GET", "/fapi/v3/openOrders"), []);
  world.signed("POST", "/fapi/v3/order", one("late"));
  const armed = { symbol: "BTCUSDT", countdownTime: 5_000 };
  assertEquals(world.signed("POST", "/fapi/v3/countdownCancelAll", armed), {
    symbol: "BTCUSDT",
    countdownTime: "5000",
  });
  world.time.advance(4_900);
  assertEquals(world.signed("GET", "/fapi/v3/openOrders").length, 1);
  world.time.advance(101);
  assertEquals(world.signed("GET", "/fapi/v3/openOrders"), []);
});

function stop(params: Record<string, string>): Record<string, string> {
  return {
    symbol: "BTCUSDT",
    side: "SELL",
    type: "STOP_MARKET",
    quantity: "0.1",
    ...params,
  };
}

Deno.test("a stop is placed on /order, listed as open, and fires under its own number", () => {
  const world = new VenueWorld();
  quoted(world);
  const market = { symbol: "BTCUSDT", side: "BUY", type: "MARKET", quantity: "0.1" };
  world.signed("POST", "/fapi/v3/order", market);
  const { quantity: _none, ...closing } = stop({ stopPrice: "63990", closePosition: "true" });
  const placed = world.signed("POST", "/fapi/v3/order", closing);
  assertEquals([placed.status, placed.type, placed.stopPrice, placed.closePosition], [
    "NEW",
    "STOP_MARKET",
    "63990.0",
    true,
  ]);
  assertEquals(world.signed("GET", "/fapi/v3/openOrders")[0].orderId, placed.orderId);
  const account = world.account("perp");
  world.other(world.perp, "buy", "63990.0", "1");
  world.other(world.perp, "sell", "63990.0", "0.51");
  world.time.advance(1);
  const events = account.take().filter((each) => each.e === "ORDER_TRADE_UPDATE");
  assertEquals(events.map(({ o }) => [o.x, o.X, o.o, o.ot, o.i === placed.orderId]), [
    ["NEW", "NEW", "MARKET", "STOP_MARKET", true],
    ["TRADE", "FILLED", "MARKET", "STOP_MARKET", true],
  ]);
  const query = { symbol: "BTCUSDT", orderId: placed.orderId };
  const after = world.signed("GET", "/fapi/v3/order", query);
  assertEquals([after.status, after.executedQty], ["FILLED", "0.100"]);
  const trades = world.signed("GET", "/fapi/v3/userTrades", query);
  assertEquals(trades.map((each: Loose) => each.orderId), [placed.orderId]);
  const all = world.signed("GET", "/fapi/v3/allOrders", { symbol: "BTCUSDT" });
  assertEquals(all.length, 2);
  balanced(world);
});

Deno.test("a listen key lives an hour, is renewed and given again, and tells its end", () => {
  const world = new VenueWorld();
  assertEquals(world.signed("PUT", "/fapi/v3/listenKey").code, -1125);
  const { listenKey } = world.signed("POST", "/fapi/v3/listenKey");
  assertEquals(world.signed("POST", "/fapi/v3/listenKey").listenKey, listenKey);
  const socket = world.socket("/stream");
  socket.send({ method: "SUBSCRIBE", params: [listenKey], id: 1 });
  const stranger = world.socket("/ws/nobodysKey");
  const pass = (minutes: number) => {
    for (let i = 0; i < minutes; i++) {
      world.time.advance(60_000);
      socket.session!.onPong("");
      stranger.session!.onPong("");
    }
  };
  pass(50);
  assertEquals(world.signed("PUT", "/fapi/v3/listenKey"), {});
  pass(50);
  assertEquals(socket.take(), [{ result: null, id: 1 }]);
  pass(12);
  const [end] = socket.take();
  assertEquals([end.stream, end.data.e], [listenKey, "listenKeyExpired"]);
  const again = world.signed("POST", "/fapi/v3/listenKey").listenKey;
  assert(again !== listenKey);
  world.signed("DELETE", "/fapi/v3/listenKey");
  assertEquals(world.signed("PUT", "/fapi/v3/listenKey", { listenKey: again }).code, -1125);
  assertEquals(stranger.take(), []);
});

Deno.test("spot orders move balances and tell both events", () => {
  const world = new VenueWorld();
  world.other(world.spot, "sell", "64000.1", "0.5");
  world.other(world.spot, "buy", "64000.0", "0.5");
  const account = world.account("spot");
  const buy = world.signed("POST", "/api/v3/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "MARKET",
    quantity: "0.1",
    newOrderRespType: "RESULT",
  });
  assertEquals([buy.status, buy.cumQuote, buy.positionSide], ["FILLED", "6400.01", undefined]);
  const resting = world.signed("POST", "/api/v1/order", { ...NEAR, newClientOrderId: "mm-1" });
  const events = account.take();
  const traded = events.find((each) => each.x === "TRADE");
  assertEquals([traded.e, traded.l, traded.N, traded.n], [
    "executionReport",
    "0.10000",
    "BTC",
    "0.00010000",
  ]);
  const locked = events.at(-1);
  assertEquals([locked.e, locked.B], ["outboundAccountPosition", [
    { a: "USDT", f: "92964.99000000", l: "635.00000000" },
  ]]);
  const { balances } = world.signed("GET", "/api/v3/account");
  assertEquals(balances.find((each: Loose) => each.asset === "BTC").free, "2.09990000");
  const open = world.signed("GET", "/api/v3/openOrders");
  assertEquals(open.map((each: Loose) => each.clientOrderId), ["mm-1"]);
  assertEquals(world.signed("GET", "/fapi/v3/openOrders"), []);
  const all = world.signed("DELETE", "/api/v3/allOpenOrders", { symbol: "BTCUSDT" });
  assertEquals(all.code, 200);
  const [gone] = account.take();
  assertEquals([gone.x, gone.X, gone.i], ["CANCELED", "CANCELED", resting.orderId]);
  const [trade] = world.signed("GET", "/api/v1/userTrades", { symbol: "BTCUSDT" });
  assertEquals([trade.commission, trade.commissionAsset], ["0.00010000", "BTC"]);
  assertEquals(world.signed("PUT", "/api/v3/listenKey").code, -1102);
  const sold = { ...NEAR, side: "SELL", quantity: "50", price: "64100" };
  assertEquals(world.signed("POST", "/api/v3/order", sold).code, -2018);
  balanced(world);
});

Deno.test("too many orders in ten seconds are refused until the window ends", () => {
  const world = new VenueWorld();
  const place = () => world.signedRaw("POST", "/fapi/v1/order", { ...NEAR, timeInForce: "IOC" });
  let answer = place();
  for (let i = 0; i < 300; i++) answer = place();
  assertEquals([answer.status, JSON.parse(answer.body).code], [429, -1015]);
  world.time.advance(10_000);
  assertEquals(place().status, 200);
});
