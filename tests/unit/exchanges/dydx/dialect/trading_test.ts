/**
 * Orders between a node's check and the block: resting, taking, cancelling, replacing, expiring.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  ADDRESS,
  anyOf,
  cancelOf,
  DydxWorld,
  fieldsOf,
  HEIGHT,
  placeOf,
  txOf,
} from "./dydx_world.ts";

function statuses(contents: readonly { orders?: { status: string }[] }[]): string[] {
  return contents.flatMap((each) => each.orders ?? []).map((each) => each.status);
}

Deno.test("a resting order is opened at best effort and filled when its block is committed", () => {
  const world = new DydxWorld();
  const socket = world.account();
  assertEquals(world.code(placeOf({ tif: 2 })), 0);
  const [opened] = socket.contents("v4_subaccounts");
  const { status, clientId, totalOptimisticFilled, postOnly } = opened.orders[0];
  assertEquals([status, clientId, totalOptimisticFilled, postOnly], [
    "BEST_EFFORT_OPENED",
    "1",
    "0",
    true,
  ]);
  world.other(world.btc, "sell", "63900", "0.0004");
  const [optimistic, ...none] = socket.contents("v4_subaccounts");
  assertEquals([optimistic.orders[0].totalOptimisticFilled, none.length], ["0.0004", 0]);
  assertEquals(world.get("/v4/fills", `address=${ADDRESS}&subaccountNumber=0`).fills, []);
  world.time.advance(1_000);
  const [final] = socket.contents("v4_subaccounts");
  assertEquals([final.fills[0].size, final.fills[0].price, final.fills[0].liquidity], [
    "0.0004",
    "63900",
    "MAKER",
  ]);
  assertEquals(final.fills[0].fee, "-0.0028116");
  assertEquals([final.orders[0].status, final.orders[0].totalFilled], [
    "BEST_EFFORT_OPENED",
    "0.0004",
  ]);
  assertEquals([final.perpetualPositions[0].side, final.perpetualPositions[0].size], [
    "LONG",
    "0.0004",
  ]);
  assertEquals(final.blockHeight, String(HEIGHT + 1));
  world.other(world.btc, "sell", "63900", "0.0006");
  world.time.advance(1_000);
  assertEquals(statuses(socket.contents("v4_subaccounts")), ["FILLED"]);
  assertEquals(world.imbalances, []);
});

Deno.test("a taker crosses the shown book until its block, which carries it out", () => {
  const world = new DydxWorld();
  world.other(world.btc, "sell", "64000", "0.0005");
  world.other(world.btc, "sell", "64001", "1");
  const book = world.listen("v4_orderbook", "BTC-USD");
  assertEquals(world.code(placeOf({ subticks: 6_400_000_000 })), 0);
  assertEquals(book.contents("v4_orderbook"), [{ bids: [["64000", "0.001"]] }]);
  world.time.advance(1_000);
  const last = new Map<string, string>();
  for (const { bids = [], asks = [] } of book.contents("v4_orderbook")) {
    for (const [price, size] of bids) last.set(`bid ${price}`, size);
    for (const [price, size] of asks) last.set(`ask ${price}`, size);
  }
  assertEquals([last.get("bid 64000"), last.get("ask 64000")], ["0.0005", "0"]);
  assertEquals(world.venue.exchange.truth().openOrders.length, 2);
});

Deno.test("an IOC fills what it finds and ends as cancelled in its block", () => {
  const world = new DydxWorld();
  world.other(world.btc, "sell", "64000", "0.0005");
  const socket = world.account();
  assertEquals(world.code(placeOf({ tif: 1, subticks: 6_400_000_000 })), 0);
  world.time.advance(1_000);
  const [opened, optimistic, final] = socket.contents("v4_subaccounts");
  assertEquals(statuses([opened, optimistic]), ["BEST_EFFORT_OPENED", "BEST_EFFORT_OPENED"]);
  assertEquals(optimistic.orders[0].totalOptimisticFilled, "0.0005");
  const { status, totalFilled, removalReason } = final.orders[0];
  assertEquals([status, totalFilled, removalReason], [
    "CANCELED",
    "0.0005",
    "ORDER_REMOVAL_REASON_IMMEDIATE_OR_CANCEL_WOULD_REST_ON_BOOK",
  ]);
  assertEquals([final.fills[0].liquidity, final.fills[0].fee], ["TAKER", "0.016"]);
  assertEquals(world.code(placeOf({ tif: 1, subticks: 6_400_000_000, block: HEIGHT + 21 })), 2004);
});

Deno.test("a best-effort cancelled order may still be filled before its block", () => {
  const world = new DydxWorld();
  const socket = world.account();
  world.code(placeOf({}));
  assertEquals(world.code(cancelOf({})), 0);
  assertEquals(statuses(socket.contents("v4_subaccounts")), [
    "BEST_EFFORT_OPENED",
    "BEST_EFFORT_CANCELED",
  ]);
  world.other(world.btc, "sell", "63900", "0.0005");
  world.time.advance(1_000);
  const [late] = socket.contents("v4_subaccounts");
  assertEquals([late.fills[0].size, late.orders[0].status], ["0.0005", "BEST_EFFORT_CANCELED"]);
  world.other(world.btc, "sell", "63900", "0.0005");
  world.time.advance(1_000);
  assertEquals(socket.contents("v4_subaccounts"), []);
  // The node remembers the cancel until its block.
  assertEquals(world.code(cancelOf({ block: HEIGHT + 19 })), 9);
  assertEquals(world.code(placeOf({ block: HEIGHT + 19 })), 7);
  assertEquals(world.imbalances, []);
});

Deno.test("cancelling the unknown passes and keeps a late order out", () => {
  const world = new DydxWorld();
  assertEquals(world.code(cancelOf({ id: 5 })), 0);
  assertEquals(world.code(placeOf({ id: 5 })), 7);
  assertEquals(world.code(placeOf({ id: 5, block: HEIGHT + 21 })), 0);
  // A cancel that ends before the order does not reach it.
  const short = new DydxWorld();
  short.code(placeOf({}));
  assertEquals(short.code(cancelOf({ block: HEIGHT + 10 })), 0);
  short.time.advance(1_000);
  assertEquals(short.venue.exchange.truth().openOrders.length, 1);
});

Deno.test("a replacement tells of the old order's end and keeps the id", () => {
  const world = new DydxWorld();
  const socket = world.account();
  world.code(placeOf({}));
  assertEquals(world.code(placeOf({ subticks: 6_380_000_000 })), 20);
  assertEquals(world.code(placeOf({ side: 2, block: HEIGHT + 21 })), 20);
  socket.take();
  assertEquals(world.code(placeOf({ subticks: 6_380_000_000, block: HEIGHT + 21 })), 0);
  const told = socket.contents("v4_subaccounts").flatMap((each) => each.orders);
  assertEquals(told.map((each) => [each.status, each.removalReason, each.price]), [
    ["BEST_EFFORT_CANCELED", "ORDER_REMOVAL_REASON_REPLACED", undefined],
    ["BEST_EFFORT_OPENED", undefined, "63800"],
  ]);
  assertEquals(told[0].id, told[1].id);
  const [open] = world.venue.exchange.truth().openOrders;
  assertEquals([open!.price, open!.clientOrderId], [63_800, "1"]);
});

Deno.test("a filled order is placed anew under its id for no more than its size grew", () => {
  const world = new DydxWorld();
  assertEquals(world.code(placeOf({ tif: 2 })), 0);
  world.other(world.btc, "sell", "63900", "0.001");
  world.time.advance(1_000);
  assertEquals(world.code(placeOf({ tif: 2, block: HEIGHT + 21 })), 24);
  const larger = placeOf({ tif: 2, block: HEIGHT + 21, quantums: 12_000_000 });
  assertEquals(world.code(larger), 0);
  const [open] = world.venue.exchange.truth().openOrders;
  assertEquals([open!.size, open!.filled], [2, 0]);
  const [order] = world.get("/v4/orders", `address=${ADDRESS}&subaccountNumber=0`);
  assertEquals([order.size, order.totalFilled], ["0.0012", "0.001"]);
});

Deno.test("a short-term order dies with its block", () => {
  const world = new DydxWorld();
  assertEquals(world.code(placeOf({ block: HEIGHT })), 10);
  assertEquals(world.code(placeOf({ block: HEIGHT + 42 })), 11);
  assertEquals(world.code(placeOf({ block: HEIGHT + 3 })), 0);
  world.time.advance(2_000);
  assertEquals(world.venue.exchange.truth().openOrders.length, 1);
  world.time.advance(1_000);
  assertEquals(world.venue.exchange.truth().openOrders.length, 0);
  const [order] = world.get("/v4/orders", `address=${ADDRESS}&subaccountNumber=0`);
  assertEquals([order.status, order.removalReason], ["CANCELED", "ORDER_REMOVAL_REASON_EXPIRED"]);
});

Deno.test("what is malformed or would cross is refused with the chain's codes", () => {
  const world = new DydxWorld();
  world.other(world.btc, "sell", "64000", "1");
  const time = Math.floor(world.time.now() / 1e6) + 1_000;
  const refused: [Parameters<typeof placeOf>[0], number][] = [
    [{ side: 0 }, 3],
    [{ quantums: 0 }, 4],
    [{ subticks: 0 }, 6],
    [{ pair: 99 }, 8],
    [{ quantums: 10_000_001 }, 12],
    [{ subticks: 6_390_000_001 }, 12],
    [{ tif: 3 }, 48],
    [{ reduceOnly: true }, 9003],
    [{ reduceOnly: true, tif: 1 }, 2001],
    [{ tif: 2, subticks: 6_400_000_000 }, 2003],
    [{ flags: 64, tif: 1, time }, 3002],
    [{ flags: 64, time: time - 2_000 }, 3003],
    [{ flags: 64, time: time + 96 * 86_400 }, 3004],
  ];
  for (const [wanted, code] of refused) {
    assertEquals([wanted, world.code(placeOf(wanted))], [wanted, code]);
  }
  assertEquals(world.code(cancelOf({ flags: 64, time })), 3006);
  world.venue.exchange.setStatus(world.btc, "halted");
  assertEquals(world.code(placeOf({})), 34);
});

Deno.test("what the collateral cannot carry passes the check and is reported afterwards", () => {
  const world = new DydxWorld({ balances: { USDC: "10" } });
  const socket = world.account();
  assertEquals(world.code(placeOf({ quantums: 1_000_000_000_000 })), 0);
  const [told] = socket.contents("v4_subaccounts");
  assertEquals([told.orders[0].status, told.orders[0].removalReason], [
    "BEST_EFFORT_CANCELED",
    "ORDER_REMOVAL_REASON_UNDERCOLLATERALIZED",
  ]);
  const time = Math.floor(world.time.now() / 1e6) + 1_000;
  assertEquals(world.code(placeOf({ flags: 64, time })), 10_001);
});

Deno.test("stateful orders enter, trigger and leave in blocks", () => {
  const world = new DydxWorld();
  const socket = world.account();
  const time = Math.floor(world.time.now() / 1e6) + 1_000;
  assertEquals(world.code(placeOf({ flags: 64, time }), 0), 0);
  assertEquals(socket.contents("v4_subaccounts"), []);
  world.time.advance(1_000);
  assertEquals(statuses(socket.contents("v4_subaccounts")), ["OPEN"]);
  assertEquals(world.code(placeOf({ flags: 64, time }), 1), 3005);
  assertEquals(world.code(cancelOf({ flags: 64, time: time - 1 }), 1), 29);
  assertEquals(world.code(cancelOf({ flags: 64, time }), 1), 0);
  assertEquals(world.code(cancelOf({ flags: 64, time }), 2), 32);
  world.time.advance(1_000);
  const [gone] = socket.contents("v4_subaccounts");
  assertEquals([gone.orders[0].status, gone.orders[0].removalReason], [
    "CANCELED",
    "ORDER_REMOVAL_REASON_USER_CANCELED",
  ]);
  assertEquals(world.code(cancelOf({ flags: 64, time }), 2), 3010);
  const stop = { id: 8, flags: 32, time, condition: 1, trigger: 6_500_000_000 };
  assertEquals(world.code(placeOf({ ...stop, subticks: 6_600_000_000 }), 2), 0);
  world.time.advance(1_000);
  assertEquals(statuses(socket.contents("v4_subaccounts")), ["UNTRIGGERED"]);
  world.other(world.btc, "buy", "65990", "1");
  world.other(world.btc, "sell", "65992", "1");
  world.time.advance(120_000);
  const all = socket.contents("v4_subaccounts");
  assert(statuses(all).includes("FILLED"));
  assertEquals(world.imbalances, []);
});

Deno.test("a batch passes whatever becomes of its cancels, unless it is malformed", () => {
  const world = new DydxWorld();
  world.code(placeOf({ id: 1 }));
  world.code(placeOf({ id: 300 }));
  const owner = fieldsOf([1, ADDRESS]);
  const batch = (ids: Uint8Array, block = HEIGHT + 20) =>
    anyOf("MsgBatchCancel", fieldsOf([1, owner], [2, fieldsOf([2, ids])], [3, block]));
  assertEquals(world.code(batch(Uint8Array.of(1, 1))), 45);
  assertEquals(world.code(batch(Uint8Array.of(1, 0xac, 2, 99))), 0);
  world.time.advance(1_000);
  assertEquals(world.venue.exchange.truth().openOrders.length, 0);
});

Deno.test("funding is paid hourly at the oracle price and shown as net funding", () => {
  const world = new DydxWorld();
  world.other(world.btc, "buy", "63990", "1");
  world.other(world.btc, "sell", "64010", "1");
  world.code(placeOf({ tif: 1, quantums: 1_000_000_000, subticks: 6_401_000_000 }));
  world.time.advance(1_000);
  const socket = world.account();
  world.time.advance(3_600_000);
  const funded = socket.contents("v4_subaccounts").filter((each) => each.fills === undefined);
  assertEquals(funded.length, 1);
  const { netFunding, side } = funded[0].perpetualPositions[0];
  assert(side === "LONG" && Number(netFunding) < 0);
  const history = world.get("/v4/historicalFunding/BTC-USD").historicalFunding;
  assertEquals(history.length, 1);
  const paid = -Number(history[0].rate) * Number(history[0].price) * 0.1;
  assert(Math.abs(Number(netFunding) - paid) < 1e-3);
  assertEquals(world.imbalances, []);
  const user = world.venue.exchange.user(1);
  const total = moneyToText(user.wallet("dydx/subaccount").of("USDC").total);
  assertEquals(funded[0].assetPositions[0].size, total);
});

Deno.test("money is conserved and order states end well under random traffic", () => {
  const seed = 4_711;
  const random = new SeededRandom(seed);
  const world = new DydxWorld();
  for (let i = 1; i <= 300; i++) {
    const height = world.venue.dialect.state.blocks.height;
    const side = 1 + random.integer(2);
    const subticks = (63_990 + random.integer(20)) * 100_000;
    const quantums = 1_000_000 * (1 + random.integer(50));
    const block = height + 1 + random.integer(20);
    const tif = random.integer(3);
    world.code(placeOf({ id: i, side, subticks, quantums, block, tif }));
    const price = String(63_990 + random.integer(20));
    world.other(world.btc, random.chance(0.5) ? "buy" : "sell", price, "0.002");
    if (random.chance(0.4)) {
      world.broadcast(txOf([cancelOf({ id: 1 + random.integer(i), block: height + 30 })], i));
    }
    if (random.chance(0.3)) world.time.advance(random.integer(1_500));
  }
  world.time.advance(60_000);
  const truth = world.venue.exchange.truth();
  assertEquals(world.imbalances, [], `seed ${seed}`);
  assertEquals(truth.openOrders.filter((each) => each.owner === 1).length, 0, `seed ${seed}`);
  const orders = world.get("/v4/orders", `address=${ADDRESS}&subaccountNumber=0&limit=1000`);
  for (const { status } of orders) {
    assert(["FILLED", "CANCELED", "BEST_EFFORT_CANCELED"].includes(status), `${status} ${seed}`);
  }
});
