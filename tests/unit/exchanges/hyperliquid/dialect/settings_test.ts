/**
 * Settings of the account, parted wallets, and what strangers see.
 * @module
 */
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { HyperliquidWorld, type Loose, perpOrder } from "./hyperliquid_world.ts";

Deno.test("leverage is set within its bounds, cross only", () => {
  const world = new HyperliquidWorld();
  const set = (asset: number, leverage: number, isCross = true) =>
    world.act({ type: "updateLeverage", asset, isCross, leverage });
  assertEquals(set(0, 10).status, "ok");
  assertEquals(set(0, 41).response, "Invalid leverage value");
  assertEquals(set(0, 5, false).status, "err");
  assertEquals(set(10_142, 2).status, "err");
  world.other(world.perp, "sell", "64000", "1");
  world.order(perpOrder({ p: "64000", s: "1", tif: "Ioc" }));
  const [{ position }] = world.mine("clearinghouseState").assetPositions;
  assertEquals(position.leverage, { type: "cross", value: 10 });
  assertEquals(Number(position.marginUsed), Number(position.positionValue) / 10);
  const margin = { type: "updateIsolatedMargin", asset: 0, isBuy: true, ntli: -5 };
  assertEquals(world.act(margin).status, "err");
  assertEquals(world.act({ type: "agentSetAbstraction", abstraction: "u" }).status, "ok");
  assertEquals(world.act({ type: "agentSetAbstraction", abstraction: "p" }).status, "err");
});

Deno.test("collateral lives in spot balances of a unified account, else with perpetuals", () => {
  const balances = { USDC: "50000" };
  const unified = new HyperliquidWorld({ balances });
  unified.order(perpOrder({ p: "60000", s: "1" }));
  assertEquals(unified.mine("userAbstraction"), "unifiedAccount");
  const [usdc] = unified.mine("spotClearinghouseState").balances;
  assertEquals([usdc.coin, usdc.total, usdc.hold], ["USDC", "50000.0", "3000.0"]);
  assertEquals(unified.mine("clearinghouseState").withdrawable, "0.0");
  const parted = new HyperliquidWorld({ balances, mode: "disabled" });
  parted.order(perpOrder({ p: "60000", s: "1" }));
  assertEquals(parted.mine("userAbstraction"), "disabled");
  assertEquals(parted.mine("spotClearinghouseState").balances[0].hold, "0.0");
  const { withdrawable, marginSummary } = parted.mine("clearinghouseState");
  assertEquals([withdrawable, marginSummary.accountValue], ["47000.0", "50000.0"]);
});

Deno.test("an address the venue does not know is empty", () => {
  const world = new HyperliquidWorld();
  world.order(perpOrder());
  const user = `0x${"9".repeat(40)}`;
  const ask = (type: string) => world.info({ type, user });
  for (const type of ["openOrders", "frontendOpenOrders", "userFills", "historicalOrders"]) {
    assertEquals(ask(type), [], type);
  }
  assertEquals(ask("clearinghouseState").assetPositions, []);
  assertEquals(ask("userRole"), { role: "missing" });
  assertEquals(world.info({ type: "openOrders", user: "me" }), 422);
  const socket = world.socket();
  socket.subscribe({ type: "userFills", user });
  assertEquals(socket.data("userFills"), [{ user, isSnapshot: true, fills: [] }]);
  const { userAddRate, userCrossRate } = world.mine("userFees");
  assertEquals([userAddRate, userCrossRate], ["-0.00002", "0.00035"]);
});

Deno.test("a batch answers by place and is bounded; groups are refused as a whole", () => {
  const world = new HyperliquidWorld();
  const statuses = world.order(perpOrder({ c: 1 }), perpOrder({ c: 1 }), perpOrder({ s: "0" }));
  assert("resting" in statuses[0]);
  assertEquals(statuses.slice(1).map((each: Loose) => each.error), [
    "Duplicate cloid. asset=0",
    "Order has zero size. asset=0",
  ]);
  const many = Array.from({ length: 201 }, (_, o) => ({ a: 0, o }));
  assertEquals(
    world.act({ type: "cancel", cancels: many }).response,
    "Signed action over weight limit of 200.",
  );
  const group = { type: "order", orders: [perpOrder()], grouping: "normalTpsl" };
  assertEquals(world.act(group).status, "err");
  assertEquals(world.mine("openOrders").length, 1);
});
