/**
 * Spot orders over REST and the WebSocket API.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { VenueWorld } from "./venue_world.ts";

const LIMIT = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", timeInForce: "GTC" };

Deno.test("spot POST /api/v3/order answers a resting limit order in full", () => {
  const world = new VenueWorld();
  const answer = world.signedRaw("POST", "/api/v3/order", {
    ...LIMIT,
    quantity: "0.01",
    price: "64000.50",
    newClientOrderId: "mm-1",
  });
  assertEquals(answer.status, 200, answer.body);
  const order = JSON.parse(answer.body);
  assert(order.orderId > 2 ** 31);
  assertEquals(order, {
    symbol: "BTCUSDT",
    orderId: order.orderId,
    orderListId: -1,
    clientOrderId: "mm-1",
    transactTime: world.nowMs,
    price: "64000.50000000",
    origQty: "0.01000000",
    executedQty: "0.00000000",
    origQuoteOrderQty: "0.00000000",
    cummulativeQuoteQty: "0.00000000",
    status: "NEW",
    timeInForce: "GTC",
    type: "LIMIT",
    side: "BUY",
    workingTime: world.nowMs,
    fills: [],
    selfTradePreventionMode: "EXPIRE_MAKER",
  });
  assertEquals(answer.headers!["X-MBX-USED-WEIGHT-1M"], "0");
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-10S"], "1");
  assertEquals(answer.headers!["X-MBX-ORDER-COUNT-1D"], "1");
  const open = world.signed("GET", "/api/v3/openOrders", { symbol: "BTCUSDT" });
  assertEquals([open.length, open[0].isWorking, open[0].icebergQty], [1, true, "0.00000000"]);
});

Deno.test("spot POST /api/v3/order reports the fills of a taker and what they cost", () => {
  const world = new VenueWorld();
  world.other(world.spot, "sell", "64000.00", "0.5");
  world.other(world.spot, "sell", "64010.00", "0.5");
  const order = world.signed("POST", "/api/v3/order", {
    symbol: "BTCUSDT",
    side: "BUY",
    type: "MARKET",
    quantity: "0.6",
  });
  assertEquals(order.status, "FILLED");
  assertEquals(order.cummulativeQuoteQty, "38401.00000000");
  assertEquals(order.fills.length, 2);
  assertEquals(order.fills[0].price, "64000.00000000");
  assertEquals(order.fills[0].commission, "0.00050000");
  assertEquals(order.fills[0].commissionAsset, "BTC");
  const trades = world.signed("GET", "/api/v3/myTrades", { symbol: "BTCUSDT" });
  assertEquals(trades.map((each: { qty: string }) => each.qty), ["0.50000000", "0.10000000"]);
  assertEquals([trades[0].isBuyer, trades[0].isMaker], [true, false]);
  const account = world.signed("GET", "/api/v3/account");
  const btc = account.balances.find((each: { asset: string }) => each.asset === "BTC");
  assertEquals(btc, { asset: "BTC", free: "2.59940000", locked: "0.00000000" });
  for (const amount of world.venue.exchange.truth().imbalance.values()) {
    assertEquals(moneyToText(amount), "0");
  }
});

Deno.test("spot refuses orders in the venue's own words", () => {
  const world = new VenueWorld();
  world.other(world.spot, "sell", "64000.00", "0.5");
  const place = (params: Record<string, string>) =>
    world.signed("POST", "/api/v3/order", {
      ...LIMIT,
      quantity: "0.01",
      price: "60000",
      ...params,
    });
  const maker = { symbol: "BTCUSDT", side: "BUY", type: "LIMIT_MAKER", quantity: "0.01" };
  place({ newClientOrderId: "taken" });
  const cases: [unknown, number, string][] = [
    [place({ symbol: "NOPE" }), -1121, "Invalid symbol."],
    [place({ side: "UP" }), -1117, "Invalid side."],
    [place({ type: "FANCY" }), -1116, "Invalid orderType."],
    [place({ timeInForce: "GTX" }), -1115, "Invalid timeInForce."],
    [place({ price: "60000.001" }), -1013, "Filter failure: PRICE_FILTER"],
    [place({ quantity: "0.000001" }), -1013, "Filter failure: LOT_SIZE"],
    [place({ quantity: "0.00001" }), -1013, "Filter failure: NOTIONAL"],
    [place({ quantity: "9" }), -2010, "Account has insufficient balance for requested action."],
    [place({ newClientOrderId: "taken" }), -2010, "Duplicate order sent."],
    [
      world.signed("POST", "/api/v3/order", { ...maker, price: "64000" }),
      -2010,
      "Order would immediately match and take.",
    ],
    [
      world.signed("DELETE", "/api/v3/order", { symbol: "BTCUSDT", orderId: 1 }),
      -2011,
      "Unknown order sent.",
    ],
    [
      world.signed("GET", "/api/v3/order", { symbol: "BTCUSDT", origClientOrderId: "gone" }),
      -2013,
      "Order does not exist.",
    ],
    [
      world.signed("GET", "/api/v3/order", { symbol: "BTCUSDT" }),
      -1102,
      "Mandatory parameter 'orderId' was not sent, was empty/null, or malformed.",
    ],
  ];
  for (const [answer, code, msg] of cases) assertEquals(answer, { code, msg });
  world.venue.exchange.setStatus(world.spot, "halted");
  assertEquals(place({}), { code: -2010, msg: "Market is closed." });
});

Deno.test("spot DELETE /api/v3/order names the cancel and the cancelled", () => {
  const world = new VenueWorld();
  const account = world.spotAccount();
  world.signed("POST", "/api/v3/order", {
    ...LIMIT,
    quantity: "0.01",
    price: "60000",
    newClientOrderId: "mm-1",
  });
  const cancelled = world.signed("DELETE", "/api/v3/order", {
    symbol: "BTCUSDT",
    origClientOrderId: "mm-1",
    newClientOrderId: "cancel-1",
  });
  assertEquals(
    [cancelled.origClientOrderId, cancelled.clientOrderId, cancelled.status],
    ["mm-1", "cancel-1", "CANCELED"],
  );
  const events = account.take().map((each) => each.event);
  assertEquals(events.map((each) => each.e), [
    "executionReport",
    "outboundAccountPosition",
    "executionReport",
    "outboundAccountPosition",
  ]);
  const [placed, locked, report, freed] = events;
  assertEquals([placed.x, placed.X, placed.c, placed.C, placed.t], ["NEW", "NEW", "mm-1", "", -1]);
  assertEquals(locked.B, [{ a: "USDT", f: "99400.00000000", l: "600.00000000" }]);
  assertEquals([report.x, report.X, report.c, report.C], [
    "CANCELED",
    "CANCELED",
    "cancel-1",
    "mm-1",
  ]);
  assertEquals(freed.B, [{ a: "USDT", f: "100000.00000000", l: "0.00000000" }]);
  assertEquals(world.signed("DELETE", "/api/v3/openOrders", { symbol: "BTCUSDT" }).code, -2011);
});

Deno.test("spot cancelReplace says which half failed", () => {
  const world = new VenueWorld();
  const order = world.signed("POST", "/api/v3/order", {
    ...LIMIT,
    quantity: "0.01",
    price: "60000",
  });
  const replace = (params: Record<string, string | number>) =>
    world.signedRaw("POST", "/api/v3/order/cancelReplace", {
      ...LIMIT,
      cancelReplaceMode: "STOP_ON_FAILURE",
      quantity: "0.01",
      price: "60001",
      ...params,
    });
  const done = JSON.parse(replace({ cancelOrderId: order.orderId }).body);
  assertEquals([done.cancelResult, done.newOrderResult], ["SUCCESS", "SUCCESS"]);
  assertEquals(done.newOrderResponse.price, "60001.00000000");
  const stopped = replace({ cancelOrderId: order.orderId });
  assertEquals([stopped.status, JSON.parse(stopped.body)], [400, {
    code: -2022,
    msg: "Order cancel-replace failed.",
    data: {
      cancelResult: "FAILURE",
      newOrderResult: "NOT_ATTEMPTED",
      cancelResponse: { code: -2011, msg: "Unknown order sent." },
      newOrderResponse: null,
    },
  }]);
  const half = replace({ cancelOrderId: order.orderId, cancelReplaceMode: "ALLOW_FAILURE" });
  const body = JSON.parse(half.body);
  assertEquals([half.status, body.code, body.data.newOrderResult], [409, -2021, "SUCCESS"]);
  const both = replace({
    cancelOrderId: order.orderId,
    cancelReplaceMode: "ALLOW_FAILURE",
    quantity: "100",
  });
  assertEquals([both.status, JSON.parse(both.body).data.newOrderResult], [400, "FAILURE"]);
});

Deno.test("spot amend keeps the order and may rename it", () => {
  const world = new VenueWorld();
  const account = world.spotAccount();
  const order = world.signed("POST", "/api/v3/order", {
    ...LIMIT,
    quantity: "0.02",
    price: "60000",
    newClientOrderId: "mm-1",
  });
  const amend = (newQty: string) =>
    world.signed("PUT", "/api/v3/order/amend/keepPriority", {
      symbol: "BTCUSDT",
      orderId: order.orderId,
      newQty,
      newClientOrderId: "mm-2",
    });
  const done = amend("0.01").amendedOrder;
  assertEquals([done.origClientOrderId, done.clientOrderId, done.qty], [
    "mm-1",
    "mm-2",
    "0.01000000",
  ]);
  const reports = account.take().map((each) => each.event).filter((each) => each.x === "REPLACED");
  assertEquals(reports.map((each) => [each.c, each.C, each.q, each.X]), [
    ["mm-2", "mm-1", "0.01000000", "NEW"],
  ]);
  assertEquals(amend("0.02").code, -2038);
});

Deno.test("ws-api places, cancels and answers with rate limits", () => {
  const world = new VenueWorld();
  const socket = world.socket("/ws-api/v3");
  socket.send({
    id: "r1",
    method: "order.place",
    params: world.wsParams({
      ...LIMIT,
      quantity: "0.01",
      price: "60000",
      newOrderRespType: "ACK",
      newClientOrderId: "mm-1",
    }),
  });
  const [placed] = socket.take();
  assertEquals([placed.id, placed.status], ["r1", 200]);
  assertEquals(Object.keys(placed.result), [
    "symbol",
    "orderId",
    "orderListId",
    "clientOrderId",
    "transactTime",
  ]);
  assertEquals(placed.rateLimits.map((each: { count: number }) => each.count), [2, 1, 1]);
  socket.send({
    id: 2,
    method: "order.cancel",
    params: world.wsParams({ symbol: "BTCUSDT", orderId: 5, returnRateLimits: false }),
  });
  assertEquals(socket.take(), [
    { id: 2, status: 400, error: { code: -2011, msg: "Unknown order sent." } },
  ]);
  socket.send({ id: 3, method: "order.place", params: { symbol: "BTCUSDT" } });
  assertEquals(socket.take()[0].error.code, -2014);
  socket.send({ id: 4, method: "session.logon", params: world.wsParams({}) });
  assertEquals(socket.take()[0].error.code, -2028);
  socket.send("{");
  assertEquals(socket.take()[0].error.code, -1135);
  socket.send({ method: "ping" });
  assertEquals(socket.closed, "cut");
});

Deno.test("ws-api keeps a session after logon by Ed25519 and streams the account", async () => {
  const world = new VenueWorld();
  const { ed25519_key: apiKey, ed25519_pem: pem } = world.venue.dialect.credentials;
  const der = Uint8Array.from(atob(pem!.split("\n")[1]!), (letter) => letter.charCodeAt(0));
  const key = await crypto.subtle.importKey("pkcs8", der, "Ed25519", false, ["sign"]);
  const payload = `apiKey=${apiKey}&timestamp=${world.nowMs}`;
  const bytes = await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(payload));
  const signature = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const socket = world.socket("/ws-api/v3");
  socket.send({
    id: 1,
    method: "session.logon",
    params: { apiKey, timestamp: world.nowMs, signature },
  });
  const [logon] = socket.take();
  assertEquals([logon.status, logon.result.apiKey, logon.result.userDataStream], [
    200,
    apiKey,
    false,
  ]);
  socket.send({ id: 2, method: "userDataStream.subscribe" });
  assertEquals(socket.take()[0].result, { subscriptionId: 0 });
  socket.send({
    id: 3,
    method: "order.place",
    params: { ...LIMIT, quantity: "0.01", price: "60000", timestamp: world.nowMs },
  });
  const messages = socket.take();
  assertEquals(messages.map((each) => each.subscriptionId ?? each.id), [0, 0, 3]);
  socket.send({ id: 4, method: "order.place", params: { ...LIMIT, quantity: "1", price: "1" } });
  assertEquals(socket.take()[0].error.code, -1102);
});

Deno.test("spot exchangeInfo gives filters on which its own orders stand", () => {
  const world = new VenueWorld();
  const info = world.get("/api/v3/exchangeInfo", "symbol=BTCUSDT");
  assertEquals(info.symbols.length, 1);
  const [btc] = info.symbols;
  const filter = (name: string) =>
    btc.filters.find((each: { filterType: string }) => each.filterType === name);
  assertEquals(filter("PRICE_FILTER").tickSize, "0.01000000");
  assertEquals(filter("LOT_SIZE").stepSize, "0.00001000");
  assertEquals(filter("NOTIONAL").minNotional, "5.00000000");
  assertEquals(info.rateLimits[0], {
    rateLimitType: "REQUEST_WEIGHT",
    interval: "MINUTE",
    intervalNum: 1,
    limit: 6000,
  });
  assertEquals(world.get("/api/v3/exchangeInfo", "symbol=NOPE").code, -1121);
  assertEquals(world.get("/api/v3/time"), { serverTime: world.nowMs });
  assertEquals(world.get("/api/v3/ping"), {});
});

Deno.test("spot depth and bookTicker show the book", () => {
  const world = new VenueWorld();
  world.other(world.spot, "sell", "64000.00", "0.5");
  world.other(world.spot, "buy", "63999.99", "0.25");
  const depth = world.http({ path: "/api/v3/depth", query: "symbol=BTCUSDT&limit=5" });
  assertMatch(depth.body, /^{"lastUpdateId":\d+,"bids":\[\["63999.99000000","0.25000000"\]\],/);
  assertEquals(depth.headers!["X-MBX-USED-WEIGHT-1M"], "5");
  assertEquals(world.get("/api/v3/ticker/bookTicker", "symbol=BTCUSDT"), {
    symbol: "BTCUSDT",
    bidPrice: "63999.99000000",
    bidQty: "0.25000000",
    askPrice: "64000.00000000",
    askQty: "0.50000000",
  });
});

Deno.test("spot fills give the unfilled order count back", () => {
  const world = new VenueWorld();
  world.other(world.spot, "sell", "64000.00", "1");
  let answer;
  for (let i = 0; i < 55; i++) {
    answer = world.signedRaw("POST", "/api/v3/order", {
      ...LIMIT,
      quantity: "0.001",
      price: "64000",
    });
    assertEquals(answer.status, 200, answer.body);
  }
  assertEquals(answer!.headers!["X-MBX-ORDER-COUNT-10S"], "0");
  for (let i = 0; i < 50; i++) {
    world.signed("POST", "/api/v3/order", { ...LIMIT, quantity: "0.001", price: "60000" });
  }
  const refused = world.signedRaw("POST", "/api/v3/order", {
    ...LIMIT,
    quantity: "0.001",
    price: "60000",
  });
  assertEquals([refused.status, JSON.parse(refused.body)], [429, {
    code: -1015,
    msg: "Too many new orders; current limit is 50 orders per 10 SECOND.",
  }]);
});

Deno.test("too much weight answers 429, going on answers 418 until the ban ends", () => {
  const world = new VenueWorld();
  let statuses = "";
  for (let i = 0; i < 60; i++) {
    const query = "symbol=BTCUSDT&limit=5000";
    const answer = world.http({ path: "/api/v3/depth", query });
    statuses += `${answer.status} `;
    if (answer.status === 429) {
      assertEquals(
        answer.headers!["Retry-After"],
        String(60 - Math.floor(world.nowMs / 1_000) % 60),
      );
    }
  }
  assert(statuses.startsWith("200 ".repeat(24) + "429 "), statuses);
  assert(statuses.endsWith("418 "), statuses);
  world.time.advance(61_000);
  assertEquals(world.http({ path: "/api/v3/ping" }).status, 418);
  world.time.advance(60_000);
  assertEquals(world.http({ path: "/api/v3/ping" }).status, 200);
});

Deno.test("unknown paths and methods are told apart", () => {
  const world = new VenueWorld();
  assertEquals(world.http({ path: "/api/v3/nothing" }).status, 404);
  assertEquals(world.http({ method: "PATCH", path: "/api/v3/order" }).status, 405);
  assertEquals(world.http({ method: "POST", path: "/api/v3/userDataStream" }).status, 410);
});
