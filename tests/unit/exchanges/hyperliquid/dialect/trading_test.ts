/**
 * The trading half: blocks, orders and their refusals, amendments, user streams, money.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { TRADING_OWNER } from "@/exchanges/hyperliquid/dialect/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { cloid, HyperliquidWorld, type Loose, perpOrder } from "./hyperliquid_world.ts";

Deno.test("an order waits for its block, rests, is found by number and name, and cancelled", () => {
  const world = new HyperliquidWorld();
  const socket = world.listen("orderUpdates", "openOrders");
  const [{ resting }] = world.order(perpOrder({ c: 1, tif: "Alo" }));
  assertEquals(resting.cloid, cloid(1));
  const frames = socket.take();
  const [update] = frames.find((each) => each.channel === "orderUpdates").data;
  assertEquals([update.status, update.order.oid, update.order.sz, update.order.limitPx], [
    "open",
    resting.oid,
    "0.1",
    "63900.0",
  ]);
  assertEquals("reduceOnly" in update.order, false);
  assertEquals(frames.find((each) => each.channel === "openOrders").data.orders.length, 1);
  for (const oid of [resting.oid, cloid(1)]) {
    const { status, order } = world.mine("orderStatus", { oid });
    assertEquals([status, order.status, order.order.tif], ["order", "open", "Alo"]);
  }
  assertEquals(world.mine("orderStatus", { oid: 5 }), { status: "unknownOid" });
  const cancelled = world.act({ type: "cancel", cancels: [{ a: 0, o: resting.oid }] });
  assertEquals(cancelled.response, { type: "cancel", data: { statuses: ["success"] } });
  assertEquals(socket.data("orderUpdates")[0][0].status, "canceled");
  const again = world.act({
    type: "cancelByCloid",
    cancels: [{ asset: 0, cloid: cloid(1) }],
  });
  assertEquals(again.response.data.statuses, [{
    error: "Order was never placed, already canceled, or filled. asset=0",
  }]);
  assertEquals(world.mine("frontendOpenOrders"), []);
});

Deno.test("within a block post-only orders and cancels come before takers", () => {
  const world = new HyperliquidWorld();
  const [{ resting }] = world.order(perpOrder({ p: "64000", b: false }));
  world.other(world.perp, "sell", "64010", "1");
  const answers: string[] = [];
  function send(action: Loose) {
    const body = JSON.stringify(world.signed(action));
    const request = { method: "POST", path: "/exchange", query: "", headers: new Map(), body };
    world.venue.dialect.handleHttp(request, (response) => answers.push(response.body));
  }
  send({ type: "order", orders: [perpOrder({ p: "64000", tif: "Ioc" })], grouping: "na" });
  send({ type: "cancel", cancels: [{ a: 0, o: resting.oid }] });
  send({ type: "order", orders: [perpOrder({ p: "63950", tif: "Alo" })], grouping: "na" });
  assertEquals(answers, []);
  world.time.advance(70);
  const all = answers.join("\n");
  assert(all.includes("Order could not immediately match against any resting orders."), all);
  assert(all.includes(`"success"`), all);
  assert(answers[0]!.includes("resting"), "post-only first");
  assertEquals(world.imbalances, []);
});

Deno.test("refusals have the venue's words and are told with a number", () => {
  const world = new HyperliquidWorld();
  world.other(world.perp, "sell", "64001", "5");
  world.other(world.perp, "buy", "63999", "5");
  const cases: [Loose, string, string][] = [
    [
      { p: "64001", tif: "Alo" },
      "Post only order would have immediately matched, bbo was",
      "badAloPxRejected",
    ],
    [{ p: "63998", tif: "Ioc" }, "Order could not immediately match", "iocCancelRejected"],
    [{ p: "63900.5" }, "Price must be divisible by tick size.", ""],
    [{ s: "0.000001" }, "Order has invalid size.", ""],
    [{ s: "0" }, "Order has zero size.", ""],
    [{ s: "0.0001" }, "Order must have minimum value of $10.", "minTradeNtlRejected"],
    [{ s: "1000" }, "Insufficient margin to place order.", "perpMarginRejected"],
    [{ r: true }, "Reduce only order would increase position.", "reduceOnlyRejected"],
    [{ p: "2000" }, "Order price cannot be more than 95%", "oracleRejected"],
    [{ a: 3 }, "Invalid asset.", ""],
    [
      { a: 10142, p: "63000", s: "90" },
      "Insufficient spot balance",
      "insufficientSpotBalanceRejected",
    ],
  ];
  let name = 10;
  for (const [change, text, status] of cases) {
    const socket = world.listen("orderUpdates");
    const c = ++name;
    const [{ error }] = world.order(perpOrder({ ...change, c }));
    assert(error.startsWith(text), `${error} for ${text}`);
    assert(error.endsWith(` asset=${change.a ?? 0}`), error);
    const updates = socket.data("orderUpdates").flat();
    assertEquals(updates.map((each) => each.status), status === "" ? [] : [status], text);
    const known = world.mine("orderStatus", { oid: cloid(c) });
    assertEquals(known.status, status === "" ? "unknownOid" : "order");
    if (status !== "") assertEquals(known.order.status, status);
    socket.session!.onClose();
    socket.closed = "done";
  }
});

Deno.test("fills move positions and balances; fees, directions and numbers are right", () => {
  const world = new HyperliquidWorld();
  const socket = world.listen("userFills", "userEvents", "orderUpdates");
  world.other(world.perp, "sell", "64000", "0.3");
  world.other(world.perp, "sell", "64001", "0.3");
  const [{ filled }] = world.order(perpOrder({ p: "64001", s: "0.5", tif: "Ioc" }));
  assertEquals([filled.totalSz, filled.avgPx], ["0.5", "64000.4"]);
  const frames = socket.take();
  const { fills } = frames.find((each) => each.channel === "userFills").data;
  assertEquals(fills.map((each: Loose) => [each.dir, each.sz, each.startPosition, each.crossed]), [
    ["Open Long", "0.3", "0.0", true],
    ["Open Long", "0.2", "0.3", true],
  ]);
  assertEquals([fills[0].fee, fills[0].feeToken], ["6.72", "USDC"]);
  assertEquals(frames.find((each) => each.channel === "user").data.fills.length, 2);
  const [update] = frames.find((each) => each.channel === "orderUpdates").data;
  assertEquals([update.status, update.order.sz, update.order.origSz], ["filled", "0.0", "0.5"]);
  const { assetPositions } = world.mine("clearinghouseState");
  assertEquals([assetPositions[0].position.szi, assetPositions[0].position.entryPx], [
    "0.5",
    "64000.4",
  ]);
  world.order(perpOrder({ b: false, p: "64100", s: "0.5", r: true }));
  world.other(world.perp, "buy", "64100", "0.6");
  world.time.advance(70);
  const [closed] = socket.data("userFills").flatMap((each) => each.fills);
  assertEquals([closed.dir, closed.closedPnl, closed.fee, closed.crossed], [
    "Close Long",
    "49.8",
    "-0.641",
    false,
  ]);
  assertEquals(world.mine("clearinghouseState").assetPositions, []);
  world.other(world.spot, "sell", "64000", "0.5");
  world.order(perpOrder({ a: 10_142, p: "64000", s: "0.5", tif: "Ioc" }));
  const [bought] = socket.data("userFills").flatMap((each) => each.fills);
  assertEquals([bought.coin, bought.dir, bought.fee, bought.feeToken], [
    "@142",
    "Buy",
    "0.00025",
    "BTC",
  ]);
  const { balances } = world.mine("spotClearinghouseState");
  assertEquals(balances.find((each: Loose) => each.coin === "BTC").total, "2.49975");
  assertEquals(world.mine("userFills").length, 4);
  const byTime = world.mine("userFillsByTime", { startTime: bought.time });
  assertEquals(byTime.map((each: Loose) => each.tid), [bought.tid]);
  assertEquals(world.imbalances, []);
});

Deno.test("a modification is a cancel and a new order; a dead one is refused", () => {
  const world = new HyperliquidWorld();
  const socket = world.listen("orderUpdates");
  const [{ resting }] = world.order(perpOrder({ c: 5 }));
  socket.take();
  const order = perpOrder({ c: 5, p: "63950" });
  const done = world.act({ type: "modify", oid: resting.oid, order });
  assertEquals(done, { status: "ok", response: { type: "default" } });
  const said = socket.data("orderUpdates").flat();
  assertEquals(said.map((each) => each.status).sort(), ["canceled", "open"]);
  const open = said.find((each) => each.status === "open").order;
  assert(open.oid !== resting.oid);
  assertEquals(open.cloid, cloid(5));
  assertEquals(world.act({ type: "modify", oid: resting.oid, order }), {
    status: "err",
    response: "Cannot modify canceled or filled order",
  });
  const bad = { oid: cloid(5), order: perpOrder({ c: 5, s: "0.0001" }) };
  const [status] = world.act({ type: "batchModify", modifies: [bad] }).response.data.statuses;
  assert(status.error.startsWith("Error placing new order during modify: Order must have minimum"));
  assertEquals(world.mine("openOrders"), [], "the cancel happened");
});

Deno.test("self-trades cancel the resting order; reduce-only orders shrink to the position", () => {
  const world = new HyperliquidWorld();
  const socket = world.listen("orderUpdates", "userEvents");
  world.order(perpOrder({ b: false, p: "64000", s: "0.1" }));
  world.order(perpOrder({ p: "64000", s: "0.1" }));
  const frames = socket.take();
  const states = frames.filter((each) => each.channel === "orderUpdates")
    .flatMap((each) => each.data).map((each) => each.status);
  assert(states.includes("selfTradeCanceled"), states.join());
  const events = frames.filter((each) => each.channel === "user").map((each) => each.data);
  assert(events.some((each) => each.nonUserCancel?.length === 1));
  world.other(world.perp, "sell", "64000", "0.1");
  world.time.advance(70);
  world.order(perpOrder({ b: false, p: "64500", s: "3", r: true }));
  const [first] = world.mine("openOrders");
  assertEquals([first.sz, first.origSz, first.reduceOnly], ["0.1", "3.0", true]);
  world.order(perpOrder({ b: false, p: "64400", s: "0.1", r: true }));
  assertEquals(world.mine("openOrders").map((each: Loose) => each.limitPx), ["64400.0"]);
  assertEquals(world.mine("orderStatus", { oid: first.oid }).order.status, "reduceOnlyCanceled");
});

Deno.test("posts over the socket are answered by id, in either order with their events", () => {
  const world = new HyperliquidWorld();
  const socket = world.listen("orderUpdates");
  const orders = new Set<string>();
  for (let id = 1; id <= 12; id++) {
    const action = { type: "order", orders: [perpOrder({ c: id })], grouping: "na" };
    const request = { type: "action", payload: world.signed(action) };
    socket.send({ method: "post", id, request });
    world.time.advance(70);
    const frames = socket.take();
    const { data } = frames.find((each) => each.channel === "post");
    assertEquals([data.id, data.response.type, data.response.payload.status], [id, "action", "ok"]);
    orders.add(frames[0].channel);
  }
  assertEquals([...orders].sort(), ["orderUpdates", "post"]);
  const request = { type: "info", payload: { type: "l2Book", coin: "BTC" } };
  socket.send({ method: "post", id: 99, request });
  const [{ data }] = socket.take();
  assertEquals([data.response.type, data.response.payload.type], ["info", "l2Book"]);
  assertEquals(data.response.payload.data.levels[0][0].px, "63900.0");
});

Deno.test("the dead man's switch needs volume, then ends everything at its time", () => {
  const poor = new HyperliquidWorld({ volumeBefore: 10 });
  const at = poor.nowMs + 10_000;
  const refused = poor.act({ type: "scheduleCancel", time: at });
  assert(refused.response.startsWith("Cannot set scheduled cancel time until enough volume"));
  const world = new HyperliquidWorld();
  world.order(perpOrder({ c: 1 }));
  const early = world.act({ type: "scheduleCancel", time: world.nowMs + 1_000 });
  assert(early.response.startsWith("Scheduled cancel time too early"));
  assertEquals(world.act({ type: "scheduleCancel", time: world.nowMs + 6_000 }).status, "ok");
  assertEquals(world.act({ type: "scheduleCancel" }).status, "ok");
  world.time.advance(7_000);
  assertEquals(world.mine("openOrders").length, 1);
  assertEquals(world.act({ type: "scheduleCancel", time: world.nowMs + 6_000 }).status, "ok");
  world.time.advance(6_100);
  assertEquals(world.mine("orderStatus", { oid: cloid(1) }).order.status, "scheduledCancel");
});

Deno.test("the address budget runs out for orders before it does for cancels", () => {
  const world = new HyperliquidWorld({ volumeBefore: 0 });
  const { limits } = world.venue.dialect;
  world.order(perpOrder({ c: 1 }));
  limits.used = 10_000;
  assertEquals(world.order(perpOrder({ c: 2 }))[0].resting.cloid, cloid(2), "one in ten seconds");
  const refused = world.act({ type: "order", orders: [perpOrder({ c: 3 })], grouping: "na" });
  assert(refused.response.startsWith("Too many cumulative requests sent (10002 > 10000)"));
  const gone = world.act({ type: "cancelByCloid", cancels: [{ asset: 0, cloid: cloid(1) }] });
  assertEquals(gone.response.data.statuses, ["success"]);
  assertEquals(world.mine("userRateLimit").nRequestsCap, 10_000);
  assertEquals(world.act({ type: "reserveRequestWeight", weight: 100 }).status, "err");
  world.time.advance(10_000);
  assertEquals(world.act({ type: "reserveRequestWeight", weight: 100 }).status, "ok");
  assertEquals(world.mine("userRateLimit").nRequestsCap, 10_100);
  assertEquals(world.imbalances, []);
});

Deno.test("funding is paid by the hour on the oracle price, and conserved", () => {
  const world = new HyperliquidWorld();
  world.other(world.perp, "sell", "64000", "1");
  world.order(perpOrder({ p: "64000", s: "1", tif: "Ioc" }));
  world.other(world.perp, "buy", "63990", "1");
  world.other(world.perp, "sell", "64010", "1");
  world.time.advance(3_600_000);
  const [funding] = world.mine("userFunding");
  assertEquals([funding.delta.coin, funding.delta.szi], ["BTC", "1.0"]);
  assert(Number(funding.delta.usdc) < 0 && Number(funding.delta.usdc) > -5);
  assertEquals(funding.time % 3_600_000, 0);
  assertEquals(world.info({ type: "fundingHistory", coin: "BTC", startTime: 0 }).length, 1);
  assertEquals(world.imbalances, []);
});

Deno.test("a stop waits for the mark, fires once, and is told", () => {
  const world = new HyperliquidWorld();
  world.other(world.perp, "buy", "63990", "1");
  world.other(world.perp, "sell", "64010", "1");
  world.order(perpOrder({ p: "64010", s: "0.5", tif: "Ioc" }));
  const trigger = { isMarket: true, triggerPx: "63900", tpsl: "sl" };
  const t = { trigger };
  const [{ resting }] = world.order(
    perpOrder({ b: false, p: "60000", s: "0.5", r: true, t, c: 9 }),
  );
  const socket = world.listen("orderUpdates");
  const [open] = world.mine("frontendOpenOrders");
  assertEquals([open.isTrigger, open.triggerPx, open.orderType], [true, "63900.0", "Stop Market"]);
  for (const each of world.venue.exchange.truth().openOrders) {
    if (each.owner !== TRADING_OWNER) world.venue.exchange.cancel(each);
  }
  world.other(world.perp, "buy", "63000", "1");
  world.other(world.perp, "sell", "63010", "1");
  world.time.advance(300_000);
  const states = socket.data("orderUpdates").flat().map((each) => [each.order.oid, each.status]);
  assertEquals(states[0], [resting.oid, "triggered"]);
  assertEquals(states.at(-1)![1], "filled");
  assertEquals(world.mine("clearinghouseState").assetPositions, []);
});

Deno.test("random trading conserves money and the streams know every open order", () => {
  for (const seed of [1, 2, 3]) {
    const world = new HyperliquidWorld({ seed });
    const random = new SeededRandom(seed);
    const socket = world.listen("orderUpdates");
    const names: number[] = [];
    for (let i = 0; i < 120; i++) {
      const perp = random.chance(0.6);
      const p = String(63_990 + random.integer(20));
      const b = random.chance(0.5);
      const a = perp ? 0 : 10_142;
      if (random.chance(0.4)) {
        world.other(perp ? world.perp : world.spot, b ? "buy" : "sell", p, "0.02");
      } else if (random.chance(0.25) && names.length > 0) {
        const name = cloid(names[random.integer(names.length)]!);
        world.act({ type: "cancelByCloid", cancels: [{ asset: a, cloid: name }] });
      } else {
        const tif = ["Gtc", "Ioc", "Alo"][random.integer(3)];
        names.push(seed * 1_000 + i);
        const c = names.at(-1);
        world.order(perpOrder({ a, b, p, s: "0.01", tif, c, r: perp && random.chance(0.2) }));
      }
      if (random.chance(0.1)) world.time.advance(5_000);
    }
    world.time.advance(1_000);
    assertEquals(world.imbalances, [], `seed ${seed}`);
    const truth = world.venue.exchange.truth();
    assert(truth.fillCount > 10, `seed ${seed}: ${truth.fillCount} fills`);
    const open = new Set<string>();
    for (const { order, status } of socket.data("orderUpdates").flat()) {
      if (status === "open") open.add(order.cloid);
      else open.delete(order.cloid);
    }
    const mine = truth.openOrders.filter((each) => each.owner === TRADING_OWNER);
    assertEquals([...open].sort(), mine.map((each) => each.clientOrderId).sort(), `seed ${seed}`);
  }
});
