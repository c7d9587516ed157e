/**
 * From wishes to requests: gate, budget, cool-downs, takes, and what the venue answers.
 * @module
 */
import { fillId, instrumentIndex, micros, size } from "@/engine/domain/mod.ts";
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  fillOf,
  lots,
  orderNotFound,
  orderUpdate,
  PERPETUAL_ACCOUNT,
  requestLost,
  requestRefused,
  ticks,
} from "@/tests/support/builders.ts";
import { ack, CoreWorld, ofKind, shown } from "./_core_world.ts";

const MAKER_RULE: RateLimitRule = {
  id: "orders",
  account: PERPETUAL_ACCOUNT,
  capacity: 8,
  windowMs: 8_000,
  weights: { place_order: 1, amend_order: 1, cancel_order: 1 },
  cancelReserve: 0,
  source: "test",
};

Deno.test("Engine.process() names orders uniquely, by instance and start", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.begin();
  world.reconcile();
  const [buy, sell] = ofKind(world.snapshot(), "place_order");
  assert(buy!.clientOrderId !== sell!.clientOrderId);
  assertEquals(buy!.postOnly, true);
  assertEquals(buy!.timeInForce, "gtc");
  assertEquals(buy!.strategy, world.maker.id);
});

Deno.test("Engine.process() leaves an order in flight alone; the new wish is placed beside it", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  world.snapshot();
  const [first] = world.live();
  world.maker.wishes = [["buy", 991, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["place buy 10@991"]);
  world.maker.wishes = [["buy", 992, 10]];
  assertEquals(shown(world.delta([[1_001, 2]])), []);
  assertEquals(shown(world.feed(ack(first!))), ["amend buy 10@992"]);
});

Deno.test("Engine.process() moves quotes by replace where the venue cannot amend", () => {
  const world = new CoreWorld({ capabilities: { amend: "no", replace: true } }).quoting();
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["replace buy 10@991"]);
});

Deno.test("Engine.process() moves quotes by cancel and place where it can do neither", () => {
  const world = new CoreWorld({ capabilities: { amend: "no", replace: false } }).quoting();
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["cancel", "place buy 10@991"]);
});

Deno.test("A pulled board cancels what rests; a silent strategy changes nothing", () => {
  const world = new CoreWorld().quoting();
  world.maker.isSilent = true;
  assertEquals(shown(world.delta([[1_001, 1]])), []);
  world.maker.isSilent = false;
  world.maker.wishes = [];
  assertEquals(shown(world.delta([[1_001, 2]])), ["cancel", "cancel"]);
});

Deno.test("A request that the budget cannot carry is held back, and asked again when it can", () => {
  const world = new CoreWorld({ rateLimits: [MAKER_RULE], ackTimeoutMs: 60_000 });
  world.maker.wishes = [["buy", 990, 1], ["buy", 980, 1], ["buy", 970, 1]];
  world.begin();
  world.reconcile();
  // A burst of a quarter of 8 holds two places.
  assertEquals(shown(world.snapshot()), ["place buy 1@990", "place buy 1@980"]);
  assertEquals(world.engine.heldBack, 1);
  assertEquals(shown(world.timer(50)), []);
  assertEquals(shown(world.timer(1_500)), ["place buy 1@970"]);
});

Deno.test("A cancel that the budget cannot carry is sent as soon as it can", () => {
  const world = new CoreWorld({
    rateLimits: [MAKER_RULE],
    ackTimeoutMs: 60_000,
    feed: { staleAfterMs: 60_000 },
  });
  world.maker.wishes = [["buy", 990, 1], ["buy", 980, 1]];
  world.begin();
  world.reconcile();
  world.snapshot();
  world.acknowledgeAll();
  world.maker.wishes = [];
  assertEquals(shown(world.delta([[1_001, 1]])), []);
  assertEquals(world.engine.heldBack > 0, true);
  assertEquals(shown(world.timer(2_000)), ["cancel"]);
  assertEquals(shown(world.timer(2_000)), ["cancel"]);
});

Deno.test("A refusal by risk is told once a second, not at each event", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.gate.refuse = () => ({ kind: "refused", code: "position_max", text: "limit 1, found 2" });
  world.begin();
  world.reconcile();
  const first = world.snapshot();
  assertEquals(shown(first), ["refused position_max"]);
  assertEquals(ofKind(first, "order_refused")[0], {
    kind: "order_refused",
    request: "place_order",
    instrument: instrumentIndex(0),
    strategy: world.maker.id,
    code: "position_max",
    text: "limit 1, found 2",
  });
  let told = 0;
  for (let turn = 1; turn <= 24; turn++) told += shown(world.timer(100)).length;
  assertEquals(told, 2);
});

Deno.test("An amend that risk refuses cancels the quote it would have moved", () => {
  const world = new CoreWorld().quoting();
  world.gate.refuse = (request) =>
    request.kind === "amend_order" ? { kind: "refused", code: "collar", text: "far" } : undefined;
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["refused collar", "cancel"]);
});

Deno.test("A replace that risk refuses cancels the quote it would have moved", () => {
  const world = new CoreWorld({ capabilities: { amend: "no", replace: true } }).quoting();
  world.gate.refuse = (request) =>
    request.kind === "replace_order" ? { kind: "refused", code: "collar", text: "far" } : undefined;
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["refused collar", "cancel"]);
});

Deno.test("After the venue rejects a place, that side waits 250 ms and the other does not", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.begin();
  world.reconcile();
  const [buy, sell] = ofKind(world.snapshot(), "place_order");
  const refused = requestRefused({ clientOrderId: buy!.clientOrderId, reason: "other" });
  assertEquals(shown(world.feed(refused)), []);
  assertEquals(
    shown(world.feed(requestRefused({ clientOrderId: sell!.clientOrderId, reason: "other" }))),
    [],
  );
  assertEquals(shown(world.timer(249)), []);
  assertEquals(shown(world.timer(1)), ["place buy 10@990", "place sell 10@1020"]);
});

Deno.test("After a post-only refusal a side waits only 20 ms, because a new price is due", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  const [buy] = ofKind(world.snapshot(), "place_order");
  world.feed(requestRefused({ clientOrderId: buy!.clientOrderId }));
  assertEquals(shown(world.timer(19)), []);
  assertEquals(shown(world.timer(1)), ["place buy 10@990"]);
});

Deno.test("After the venue refuses an amend, the order waits before it is moved again", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["amend buy 10@991"]);
  const refused = requestRefused({
    clientOrderId: id!,
    request: "amend",
    reason: "amend_refused",
  });
  assertEquals(shown(world.feed(refused)), []);
  assertEquals(shown(world.timer(249)), []);
  assertEquals(shown(world.timer(1)), ["amend buy 10@991"]);
});

Deno.test("A cancel that could not leave is tried again later, not at once", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  world.maker.wishes = [["sell", 1_020, 10]];
  assertEquals(shown(world.delta([[1_001, 1]])), ["cancel"]);
  const lost = requestLost({ clientOrderId: id!, request: "cancel", outcome: "not_sent" });
  assertEquals(shown(world.feed(lost)), []);
  assertEquals(shown(world.timer(100)), ["cancel"]);
});

Deno.test("A cancel that the venue refused is tried again later, not at once", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  world.maker.wishes = [["sell", 1_020, 10]];
  world.delta([[1_001, 1]]);
  const refused = requestRefused({
    clientOrderId: id!,
    request: "cancel",
    reason: "venue_unavailable",
  });
  assertEquals(shown(world.feed(refused)), []);
  assertEquals(shown(world.timer(100)), ["cancel"]);
});

Deno.test("A place that could not leave was never an order, and its side waits", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  const [buy] = ofKind(world.snapshot(), "place_order");
  const lost = requestLost({ clientOrderId: buy!.clientOrderId, outcome: "not_sent" });
  assertEquals(shown(world.feed(lost)), []);
  assertEquals(world.live(), []);
  assertEquals(shown(world.timer(250)), ["place buy 10@990"]);
});

Deno.test("A take is sent once as an immediate order, inside the same turn", () => {
  const world = new CoreWorld().quoting();
  world.maker.takes = [["buy", 1_010, 3]];
  const outputs = world.delta([[1_001, 1]]);
  const [take] = ofKind(outputs, "place_order");
  assertEquals(take!.timeInForce, "ioc");
  assertEquals(take!.postOnly, false);
  assertEquals(take!.reduceOnly, false);
  assertEquals([take!.side, take!.price, take!.size], ["buy", ticks(1_010), lots(3)]);
  assertEquals(ofKind(world.delta([[1_001, 2]]), "place_order"), []);
});

Deno.test("A reducing take is reduce-only where the venue has it", () => {
  for (const reduceOnly of [true, false]) {
    const world = new CoreWorld({ capabilities: { reduceOnly } }).quoting();
    world.maker.takesReduce = true;
    world.maker.takes = [["sell", 1_000, 3]];
    const [take] = ofKind(world.delta([[1_001, 1]]), "place_order");
    assertEquals(take!.reduceOnly, reduceOnly);
  }
});

Deno.test("A take without a size, or while nobody may quote, is dropped", () => {
  const world = new CoreWorld().quoting();
  world.maker.takes = [["buy", 1_010, 0]];
  assertEquals(shown(world.delta([[1_001, 1]])), []);
  world.command("pause");
  world.maker.takes = [["buy", 1_010, 3]];
  assertEquals(ofKind(world.delta([[1_001, 2]]), "place_order"), []);
  world.command("resume");
  assertEquals(
    ofKind(world.delta([[1_001, 3]]), "place_order").filter((one) => one.timeInForce === "ioc"),
    [],
  );
});

Deno.test("A fill tells its strategy, moves the position, and the quote is made whole", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  const fill = fillOf({ clientOrderId: id!, price: ticks(990), size: lots(10) });
  assertEquals(shown(world.feed(fill)), ["place buy 10@990"]);
  assertEquals(world.maker.told.at(-1), "fill f1");
  assertEquals(world.engine.view.position(instrumentIndex(0)), 10 as never);
  assertEquals(world.engine.positions.fills, 1);
});

Deno.test("A fill that is told twice moves the position once", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  const fill = fillOf({ clientOrderId: id!, price: ticks(990), size: lots(4) });
  world.feed(fill);
  world.feed(fill);
  assertEquals(world.engine.view.position(instrumentIndex(0)), 4 as never);
});

Deno.test("A fee that comes after its fill is counted without a second fill", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  const fill = fillOf({ clientOrderId: id!, price: ticks(990), size: lots(4) });
  world.feed(fill);
  world.feed({ ...fill, fee: 5n as never, feeAsset: "USDT" });
  assertEquals(world.engine.positions.fills, 1);
  assertEquals(world.engine.profit.byCurrency().get("USDT")!.fees, 5n as never);
});

Deno.test("A request of unknown fate is asked about and never sent again", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  const [buy] = ofKind(world.snapshot(), "place_order");
  const id = buy!.clientOrderId;
  const lost = world.feed(requestLost({ clientOrderId: id }));
  assertEquals(shown(lost), ["query_order"]);
  assertEquals(world.engine.liveOrders, 1);
  // The venue knows it: it rests, and is not placed a second time.
  world.wait(100);
  const found = orderUpdate({ clientOrderId: id, source: "query", side: "buy", size: size(10) });
  assertEquals(shown(world.feed(found)), []);
  assertEquals(world.live(), [id]);
});

Deno.test("A request that stays unanswered becomes unknown after its time and is asked about", () => {
  const world = new CoreWorld({ ackTimeoutMs: 500 });
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  world.snapshot();
  assertEquals(shown(world.timer(499)), []);
  assertEquals(shown(world.timer(1)), ["query_order"]);
  assertEquals(world.engine.orders.unresolvedSince() > 0, true);
});

Deno.test("An order that the venue does not know twice, a second apart, never was", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10]];
  world.begin();
  world.reconcile();
  const [buy] = ofKind(world.snapshot(), "place_order");
  const id = buy!.clientOrderId;
  world.feed(requestLost({ clientOrderId: id }));
  world.wait(1_000);
  world.feed(orderNotFound(world.now, id));
  assertEquals(world.engine.liveOrders, 1);
  world.wait(1_100);
  const after = world.feed(orderNotFound(world.now, id));
  assertEquals(shown(after), []);
  assertEquals(world.engine.liveOrders, 0);
  assertEquals(shown(world.timer(250)), ["place buy 10@990"]);
});

Deno.test("Missing executions of a closed order are asked for", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  world.maker.wishes = [];
  world.feed(orderUpdate({ clientOrderId: id!, status: "filled", filledSize: size(10) }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), 0 as never);
  world.wait(1_100);
  assertEquals(shown(world.timer(0)).includes("query_fills"), true);
  world.feed(fillOf({ clientOrderId: id!, fillId: fillId("late"), size: lots(10) }));
  assertEquals(world.engine.view.position(instrumentIndex(0)), 10 as never);
  assertEquals(world.engine.orders.unresolvedSince(), micros(0));
});

Deno.test("A question about an instrument nobody defined does not leave", () => {
  const world = new CoreWorld().quoting();
  const id = world.live()[0]!;
  const index = instrumentIndex(9);
  const question = { instrument: index, clientOrderId: id, venueOrderId: undefined };
  assertEquals(world.engine.askOrder({ kind: "query_order", ...question }), false);
  assertEquals(world.engine.askFills({ kind: "query_fills", ...question }), false);
});
