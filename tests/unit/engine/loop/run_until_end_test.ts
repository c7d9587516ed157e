/**
 * How a run ends: time, signal, the end of a recording, a halt, a failure. Signals are delivered by
 * hand, so that the test runner keeps its own.
 * @module
 */
import { type RunEnd, runUntilEnd } from "@/engine/loop/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { accountReport, lots } from "@/tests/support/builders.ts";
import { ack, link, snapshotOf } from "@/tests/unit/engine/core/_core_world.ts";
import { HouseWorld } from "./_fakes.ts";

interface Run {
  readonly world: HouseWorld;
  readonly end: Promise<RunEnd>;
  signal(): void;
  readonly exits: number[];
}

/** Runs a house; listeners for signals and exits are ours until the run is over. */
function run(options: { forMs?: number; ended?: Promise<void> } = {}): Run {
  const world = new HouseWorld();
  const handlers: (() => void)[] = [];
  const exits: number[] = [];
  const real = { add: Deno.addSignalListener, remove: Deno.removeSignalListener, exit: Deno.exit };
  Deno.addSignalListener = (_signal, handler) => void handlers.push(handler);
  Deno.removeSignalListener = (_signal, handler) => {
    handlers.splice(handlers.indexOf(handler), 1);
  };
  Deno.exit = ((code: number) => exits.push(code)) as typeof Deno.exit;
  const end = runUntilEnd({
    session: world.house.session,
    scheduler: world.clock,
    log: world.log,
    forMs: options.forMs,
    ...(options.ended === undefined ? {} : { ended: options.ended }),
    createLastResort: (done) => world.house.createLastResort(done),
    onLastResort: () => {},
    isHalted: () => world.house.engine.modes.mode === "halted",
  }).finally(() => {
    assertEquals(handlers, [], "Signal listeners are left behind");
    Deno.addSignalListener = real.add;
    Deno.removeSignalListener = real.remove;
    Deno.exit = real.exit;
  });
  return { world, end, signal: () => handlers[0]?.(), exits };
}

/** Two quotes rest. */
function quote(world: HouseWorld): void {
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.deliver(link("account", "up"));
  world.deliver(accountReport({ askedAt: world.clock.now() }));
  world.deliver(snapshotOf(100, [[1_000, 50]], [[1_010, 40]]));
  for (const { clientOrderId } of world.house.engine.orders.unsettled()) {
    world.deliver(ack(clientOrderId));
  }
}

/** The venue answers every cancel. */
function cancelAll(world: HouseWorld): void {
  for (const { clientOrderId } of world.house.engine.orders.unsettled()) {
    world.deliver({ ...ack(clientOrderId), status: "cancelled", filledSize: lots(0) } as never);
  }
}

Deno.test("A run for some time ends with 0 when no order is left", async () => {
  const { world, end } = run({ forMs: 3_000 });
  quote(world);
  world.clock.advance(3_000);
  cancelAll(world);
  world.clock.advance(150);
  assertEquals(await end, { exitCode: 0, openOrders: 0, failure: undefined });
  assertEquals(world.connector.stoppedAt !== undefined, true);
});

Deno.test("A signal cancels, waits for the answers, and ends with 130", async () => {
  const { world, end, signal } = run();
  quote(world);
  signal();
  assertEquals(world.connector.sent.slice(-2).map((one) => one.kind), [
    "cancel_order",
    "cancel_order",
  ]);
  cancelAll(world);
  world.clock.advance(150);
  assertEquals((await end).exitCode, 130);
});

Deno.test("A signal with orders that nobody answers for ends with 1 after 10 s", async () => {
  const { world, end, signal } = run();
  quote(world);
  signal();
  world.clock.advance(10_100);
  assertEquals(await end, { exitCode: 1, openOrders: 2, failure: undefined });
});

Deno.test("A second signal exits at once", async () => {
  const { world, end, signal, exits } = run();
  quote(world);
  signal();
  assertEquals(exits, []);
  signal();
  assertEquals(exits, [1]);
  world.clock.advance(30_100);
  await end;
});

Deno.test("A run that ends halted ends with 3", async () => {
  const { world, end } = run({ forMs: 1_000 });
  world.house.session.command("halt", "operator", "enough");
  world.clock.advance(1_200);
  assertEquals((await end).exitCode, 3);
});

Deno.test("The end of a recording ends the run in order", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { world, end } = run({ ended: promise });
  resolve();
  await promise;
  await Promise.resolve();
  world.clock.advance(150);
  assertEquals((await end).exitCode, 0);
});

Deno.test("A recording that fails goes to the last resort", async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const { world, end } = run({ ended: promise });
  quote(world);
  reject(new Error("bad line"));
  await promise.catch(() => {});
  await Promise.resolve();
  world.clock.advance(1_000);
  assertEquals(await end, { exitCode: 1, openOrders: 2, failure: "Error: bad line" });
});

Deno.test("An unhandled rejection cancels all own orders and ends with 1", async () => {
  const { world, end } = run();
  quote(world);
  const before = world.connector.sent.length;
  const promise = Promise.resolve();
  const event = new PromiseRejectionEvent("unhandledrejection", {
    promise,
    reason: new Error("nobody awaited me"),
    cancelable: true,
  });
  globalThis.dispatchEvent(event);
  assert(event.defaultPrevented);
  assertEquals(world.connector.sent.slice(before).map((one) => one.kind), [
    "cancel_order",
    "cancel_order",
  ]);
  world.clock.advance(1_000);
  assertEquals((await end).failure, "Error: nobody awaited me");
  assertEquals((await end).exitCode, 1);
});

Deno.test("An uncaught error in a timer does the same", async () => {
  const { world, end } = run();
  quote(world);
  const event = new ErrorEvent("error", {
    error: new TypeError("x is undefined"),
    cancelable: true,
  });
  globalThis.dispatchEvent(event);
  assert(event.defaultPrevented);
  world.clock.advance(1_000);
  assertEquals((await end).failure, "TypeError: x is undefined");
});
