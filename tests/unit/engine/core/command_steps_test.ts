/**
 * What operators order, and what follows from the trading mode in the same turn.
 * @module
 */
import { instrumentIndex, signedSize } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { fillOf, lots, requestRefused, ticks } from "@/tests/support/builders.ts";
import { ack, CoreWorld, ofKind, shown } from "./_core_world.ts";

Deno.test("pause cancels everything in the same turn, unanswered orders too", () => {
  const world = new CoreWorld();
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.begin();
  world.reconcile();
  world.snapshot();
  world.feed(ack(world.live()[0]!));
  assertEquals(shown(world.command("pause")), ["mode normal -> paused", "cancel", "cancel"]);
  assertEquals(world.engine.modes.reason, "paused by operator");
  assertEquals(shown(world.delta([[1_001, 1]])), []);
});

Deno.test("resume lets quoting go on, and mode changes say who and why", () => {
  const world = new CoreWorld().quoting();
  const paused = ofKind(world.command("pause", { reason: "lunch" }), "mode_changed")[0]!;
  assertEquals(paused.reason, "lunch");
  assertEquals(paused.by, "operator");
  endAll(world);
  assertEquals(shown(world.command("resume")), ["mode paused -> normal"]);
  assertEquals(shown(world.delta([[1_001, 1]])), ["place buy 10@990", "place sell 10@1020"]);
});

Deno.test("pause twice changes nothing the second time", () => {
  const world = new CoreWorld().quoting();
  world.command("pause");
  assertEquals(shown(world.command("pause")), []);
});

Deno.test("halt trips the kill switch; resume alone does not release it", () => {
  const world = new CoreWorld().quoting();
  const outputs = world.command("halt", { reason: "bad day" });
  assertEquals(shown(outputs), ["mode normal -> halted", "cancel", "cancel"]);
  assertEquals(world.engine.modes.reason, "bad day");
  assertEquals(shown(world.command("resume")), []);
  assertEquals(world.engine.modes.mode, "halted");
});

Deno.test("resume with the release opens the latch when its cause is gone", () => {
  const world = new CoreWorld().quoting();
  world.command("halt");
  assertEquals(world.engine.modes.reason, "halted by operator");
  world.gate.isReleasable = false;
  const held = world.command("resume", { releaseKillSwitch: true });
  assertEquals(shown(held), ["alert kill_switch_held"]);
  world.gate.isReleasable = true;
  assertEquals(shown(world.command("resume", { releaseKillSwitch: true })), [
    "alert kill_switch_released",
    "mode halted -> normal",
  ]);
});

Deno.test("cancel-all cancels each own order once and changes no mode", () => {
  const world = new CoreWorld().quoting();
  assertEquals(shown(world.command("cancel-all")), ["cancel", "cancel"]);
  assertEquals(shown(world.command("cancel-all")), []);
  assertEquals(world.engine.modes.mode, "normal");
});

Deno.test("set changes all values or none, and says which", () => {
  const world = new CoreWorld().quoting();
  const refused = world.command("set", {
    values: [["strategies.maker.half_spread_bp", "3"], ["risk.order_size_max", "-1"]],
  });
  assertEquals(ofKind(refused, "alert")[0]!.code, "parameters_refused");
  assertEquals(world.maker.values.get("half_spread_bp"), "1");
  const made = world.command("set", {
    values: [["strategies.maker.half_spread_bp", "3"], ["risk.order_size_max", "2"]],
  });
  assertEquals(
    ofKind(made, "alert")[0]!.text,
    "strategies.maker.half_spread_bp=3, risk.order_size_max=2",
  );
  assertEquals(world.maker.values.get("half_spread_bp"), "3");
  assertEquals(world.gate.values.get("order_size_max"), "2");
});

Deno.test("set refuses keys that nobody owns, naming what was wanted", () => {
  const world = new CoreWorld().quoting();
  for (const key of ["half_spread_bp", "strategies.other.half_spread_bp", "strategies.maker"]) {
    const alert = ofKind(world.command("set", { values: [[key, "1"]] }), "alert")[0]!;
    assertEquals(alert.code, "parameters_refused");
    assert(alert.text.startsWith(`Cannot set ${key}: wanted strategies.ID.KEY or risk.KEY`));
  }
  assertEquals(world.engine.checkParameters([["risk.order_size_max", "5"]]).ok, true);
  assertEquals(world.engine.checkParameters([["risk.nothing", "5"]]).ok, false);
});

Deno.test("reload without a change says nothing", () => {
  const world = new CoreWorld().quoting();
  assertEquals(world.command("reload"), []);
});

Deno.test("shutdown cancels everything, and nothing new is ever placed again", () => {
  const world = new CoreWorld().quoting();
  assertEquals(shown(world.command("shutdown", { by: "signal" })), [
    "cancel",
    "cancel",
    "mode normal -> paused",
  ]);
  assertEquals(world.engine.modes.reason, "shutting down");
  assertEquals(world.engine.liveOrders, 2);
  endAll(world);
  assertEquals(world.engine.liveOrders, 0);
  assertEquals(shown(world.command("resume")), []);
  assertEquals(shown(world.delta([[1_001, 1]])), []);
});

Deno.test("During a shutdown a cancel that failed is sent again at the next timer", () => {
  const world = new CoreWorld().quoting();
  const [id] = world.live();
  world.command("shutdown");
  const reason = "venue_unavailable";
  world.feed(requestRefused({ clientOrderId: id!, request: "cancel", reason }));
  assertEquals(shown(world.timer()), ["cancel"]);
});

Deno.test("A halt by risk cancels everything in the turn of the event that caused it", () => {
  const world = new CoreWorld().quoting();
  world.gate.onObserve = (event) => {
    if (event.kind === "fill") world.gate.trip("loss limit");
  };
  const [id] = world.live();
  const outputs = world.feed(fillOf({ clientOrderId: id!, size: lots(10), price: ticks(990) }));
  assertEquals(shown(outputs), [
    "place buy 10@990",
    "mode normal -> halted",
    "cancel",
    "cancel",
  ]);
  assertEquals(ofKind(outputs, "mode_changed")[0]!.by, "risk");
});

Deno.test("Caution and reduce_only let quotes stand: the gate decides what may be added", () => {
  const world = new CoreWorld().quoting();
  world.gate.mode = "caution";
  assertEquals(shown(world.timer()), ["mode normal -> caution"]);
  world.gate.mode = "reduce_only";
  assertEquals(shown(world.timer()), ["mode caution -> reduce_only"]);
  assertEquals(world.live().length, 2);
});

Deno.test("The journal's pause and resume are not the operator's", () => {
  const world = new CoreWorld().quoting();
  const journal = { by: "journal" } as const;
  assertEquals(shown(world.command("pause", journal))[0], "mode normal -> paused");
  assertEquals(world.engine.modes.reason, "the journal's sink is behind");
  world.command("resume");
  assertEquals(world.engine.modes.mode, "paused");
  world.command("pause");
  world.command("resume", journal);
  assertEquals(world.engine.modes.mode, "paused");
  world.command("resume");
  assertEquals(world.engine.modes.mode, "normal");
});

Deno.test("flatten cancels, closes the position by reducing immediate orders, and stays paused", () => {
  const world = new CoreWorld().quoting();
  fillBuy(world, 7);
  const outputs = world.command("flatten");
  assertEquals(shown(outputs), ["cancel", "cancel", "mode normal -> reduce_only"]);
  assertEquals(world.engine.modes.reason, "closing positions");
  // Closing waits for the end of every order.
  assertEquals(shown(world.timer()), []);
  endAll(world);
  const closing = world.timer(500);
  const [order] = ofKind(closing, "place_order");
  assertEquals([order!.side, order!.size, order!.reduceOnly], ["sell", lots(7), true]);
  assertEquals(order!.timeInForce, "ioc");
  // 20 bp through the bid of 1,000, rounded towards it.
  assertEquals(order!.price, ticks(998));
  assertEquals(order!.strategy, "flatten" as never);
  const close = fillOf({ clientOrderId: order!.clientOrderId, side: "sell", size: lots(7) });
  world.feed({ ...close, fillId: "close" as never });
  assertEquals(world.engine.view.position(instrumentIndex(0)), signedSize(0));
  assertEquals(shown(world.timer(500)), ["alert flat", "mode reduce_only -> paused"]);
  assertEquals(world.engine.modes.reason, "flattened by operator");
});

Deno.test("flatten of a short buys, and tries again until it is flat", () => {
  const world = new CoreWorld().quoting();
  const sell = world.live()[1]!;
  const fill = fillOf({ clientOrderId: sell, side: "sell", size: lots(10), price: ticks(1_020) });
  world.feed(fill);
  world.command("flatten", { reason: "end of day" });
  endAll(world);
  const [order] = ofKind(world.timer(500), "place_order");
  assertEquals([order!.side, order!.price], ["buy", ticks(1_012)]);
  world.feed({ ...ack(order!.clientOrderId), status: "expired", filledSize: lots(0) } as never);
  assertEquals(ofKind(world.timer(100), "place_order"), []);
  assertEquals(ofKind(world.timer(500), "place_order").length, 1);
});

Deno.test("flatten waits while the book cannot be vouched for", () => {
  const world = new CoreWorld().quoting();
  fillBuy(world, 7);
  world.command("flatten");
  endAll(world);
  world.delta([[1_001, 1]], [], 5);
  assertEquals(ofKind(world.timer(500), "place_order"), []);
  world.snapshot();
  assertEquals(ofKind(world.timer(500), "place_order").length, 1);
});

Deno.test("resume ends flattening", () => {
  const world = new CoreWorld().quoting();
  fillBuy(world, 7);
  world.command("flatten");
  endAll(world);
  assertEquals(shown(world.command("resume")), ["mode reduce_only -> normal"]);
  assertEquals(
    ofKind(world.timer(500), "place_order").map((one) => one.timeInForce),
    ["gtc", "gtc"],
  );
});

Deno.test("flatten with nothing to close says so and stays paused", () => {
  const world = new CoreWorld().quoting();
  world.command("flatten");
  assertEquals(shown(world.timer()), ["alert flat", "mode reduce_only -> paused"]);
});

function fillBuy(world: CoreWorld, size: number): void {
  const [id] = world.live();
  world.feed(fillOf({ clientOrderId: id!, size: lots(size), price: ticks(990) }));
}

/** The venue says that every own order is cancelled. */
function endAll(world: CoreWorld): void {
  for (const id of world.live()) {
    const order = world.engine.orders.order(id)!;
    const ended = { status: "cancelled", filledSize: order.filledSize } as const;
    world.feed({ ...ack(id), ...ended } as never);
  }
}
