/**
 * `SimulatedExchange`: orders, money, positions.
 * @module
 */
import { type Money, moneyToText } from "@/engine/domain/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import type { SimulatedExchange } from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { amount, ME, OTHER, World } from "./simulated_exchange_world.ts";

function balance(exchange: SimulatedExchange, account: string, asset: string): string[] {
  const found = exchange.user(ME).wallet(account).of(asset);
  return [moneyToText(found.total), moneyToText(found.locked)];
}

function assertConserved(exchange: SimulatedExchange): void {
  for (const [asset, money] of exchange.truth().imbalance) {
    assertEquals(moneyToText(money), "0", `money from nowhere in ${asset}`);
  }
}

Deno.test("SimulatedExchange.place() locks quote for a resting spot buy and gives it back", () => {
  const world = new World();
  const order = world.place(world.spot, "buy", "60000.00", "0.5");
  assert(order.id > 2 ** 31);
  assertEquals(balance(world.exchange, "binance/spot", "USDT"), ["100000", "30000"]);
  assertEquals(world.exchange.cancel(order).ok, true);
  assertEquals(balance(world.exchange, "binance/spot", "USDT"), ["100000", "0"]);
  assertEquals(world.told, ["new o1 new", "cancelled o1 cancelled"]);
  assertEquals(world.exchange.cancel(order), { ok: false, error: "unknown_order" });
});

Deno.test("SimulatedExchange charges a spot buyer's fee in the base received", () => {
  const world = new World();
  world.place(world.spot, "sell", "60000.00", "1", { owner: OTHER });
  const order = world.place(world.spot, "buy", "60100.00", "0.5");
  assertEquals(order.status, "filled");
  assertEquals(balance(world.exchange, "binance/spot", "USDT"), ["70000", "0"]);
  assertEquals(balance(world.exchange, "binance/spot", "BTC"), ["2.4995", "0"]);
  assertConserved(world.exchange);
});

Deno.test("SimulatedExchange realises a perpetual's profit as the ledger of MARKETS.md does", () => {
  const world = new World();
  const { perp } = world;
  world.place(perp, "sell", "60000.0", "0.02", { owner: OTHER });
  world.place(perp, "buy", undefined, "0.02");
  world.place(perp, "buy", "60600.0", "0.05", { owner: OTHER });
  const sell = world.place(perp, "sell", "60600.0", "0.05");
  assertEquals(sell.status, "filled");
  const position = world.exchange.user(ME).position(perp);
  assertEquals(position.size, -30);
  assertEquals(moneyToText(position.cost), "-1818");
  assertEquals(moneyToText(position.realised), "12");
  // 0.05 % of 1200 and of 3030.
  assertEquals(balance(world.exchange, "binance/perpetual", "USDT"), ["10009.885", "0"]);
  assertConserved(world.exchange);
});

Deno.test("SimulatedExchange.place() refuses without a trace, with the first reason", () => {
  const world = new World();
  const { exchange, spot, perp } = world;
  world.place(spot, "sell", "60000.00", "1", { owner: OTHER });
  world.place(perp, "sell", "60000.0", "1", { owner: OTHER });
  world.place(perp, "buy", "59000.0", "0.01", { clientOrderId: "taken" });
  const before = exchange.orders.openOf(ME).length;
  const cases = [
    [world.request(spot, "buy", "60000.00", "9"), "insufficient_balance"],
    [world.request(spot, "sell", "60000.00", "3"), "insufficient_balance"],
    [world.request(spot, "buy", "60000.00", "0.00001"), "value_too_small"],
    [world.request(spot, "buy", "60000.00", "0.01", { postOnly: true }), "post_only_would_take"],
    [
      world.request(perp, "buy", "60000.0", "0.01", { clientOrderId: "taken" }),
      "duplicate_client_order_id",
    ],
    [world.request(perp, "buy", "63100.0", "0.01"), "price_band"],
    [world.request(perp, "sell", "56000.0", "0.01"), "price_band"],
    [world.request(perp, "buy", "60000.0", "2"), "insufficient_margin"],
    [world.request(perp, "sell", "60000.0", "0.01", { reduceOnly: true }), "reduce_only"],
    [
      world.request(perp, "buy", "60000.0", "1.5", { timeInForce: "fok", refuseUnfillable: true }),
      "fill_or_kill",
    ],
    [
      world.request(perp, "buy", undefined, "0.01", {
        type: "stop_loss",
        triggerPrice: 590_000,
        triggerWhen: "rises",
      }),
      "trigger_would_fire",
    ],
  ] as const;
  for (const [request, reason] of cases) {
    assertEquals(exchange.place(request), { ok: false, error: reason }, reason);
  }
  exchange.setStatus(perp, "halted");
  assertEquals(exchange.place(world.request(perp, "buy", "59000.0", "0.01")).ok, false);
  assertEquals(exchange.orders.openOf(ME).length, before);
});

Deno.test("SimulatedExchange counts book numbers without holes for spot, with holes elsewhere", () => {
  const seen: Record<string, number[]> = { spot: [], perpetual: [] };
  const world = new World({
    onLevel: (sim, _side, _price, _size, id) => seen[sim.instrument.terms.product]!.push(id),
  });
  for (const sim of [world.spot, world.perp]) {
    for (let i = 0; i < 5; i++) world.place(sim, "buy", String(59_000 + i), "0.01");
  }
  assertEquals(seen.spot, [1_001, 1_002, 1_003, 1_004, 1_005]);
  assert(seen.perpetual!.some((id, at) => at > 0 && id > seen.perpetual![at - 1]! + 1));
  assert(seen.perpetual!.every((id, at) => at === 0 || id > seen.perpetual![at - 1]!));
});

Deno.test("SimulatedExchange.amend() keeps the place for less size, loses it for a new price", () => {
  const world = new World();
  const { exchange, spot } = world;
  const first = world.place(spot, "buy", "60000.00", "0.2");
  world.place(spot, "buy", "60000.00", "0.1", { owner: OTHER });
  const size = first.size / 2;
  assertEquals(exchange.amend({ order: first, size, keepPriority: true }).ok, true);
  assertEquals(balance(exchange, "binance/spot", "USDT"), ["100000", "6000"]);
  world.place(spot, "sell", "60000.00", "0.1", { owner: OTHER, selfTrade: "allow" });
  assertEquals(first.status, "filled");
  const second = world.place(spot, "buy", "59000.00", "0.1");
  assertEquals(exchange.amend({ order: second, size: second.size, keepPriority: true }), {
    ok: false,
    error: "nothing_changed",
  });
  const moved = exchange.amend({
    order: second,
    price: second.price + 100,
    size: second.size * 2,
    keepPriority: false,
  });
  assertEquals(moved.ok, true);
  assertEquals(balance(exchange, "binance/spot", "USDT")[1], "11800.2");
  assertEquals(world.told.slice(-2), ["new o4 new", "amended o4 new"]);
  assertConserved(exchange);
});

Deno.test("SimulatedExchange fires a stop after the match that reached it", () => {
  const world = new World();
  const { exchange, perp } = world;
  world.place(perp, "buy", "60000.0", "0.1", { owner: OTHER });
  world.place(perp, "buy", "59000.0", "0.1", { owner: OTHER });
  world.place(perp, "sell", "60500.0", "0.1", { owner: OTHER });
  world.place(perp, "buy", undefined, "0.05");
  const stop = world.place(perp, "sell", undefined, "0.05", {
    type: "stop_loss",
    triggerPrice: 600_000,
    triggerWhen: "falls",
    closePosition: true,
    clientOrderId: "stop",
  });
  assertEquals(stop.workingAt, 0);
  world.place(perp, "sell", "60000.0", "0.1", { owner: OTHER });
  assertEquals(stop.end, "triggered");
  const child = exchange.orders.byId(stop.childId)!;
  assertEquals([child.status, child.parentId], ["filled", stop.id]);
  assertEquals(exchange.user(ME).position(perp).size, 0);
  assertEquals(world.told.slice(-3), [
    "triggered stop expired",
    "new stop new",
    "trade stop filled",
  ]);
  assertConserved(exchange);
});

Deno.test("SimulatedExchange fires a spot stop under its own number and frees what it held", () => {
  const world = new World();
  const { exchange, spot } = world;
  world.place(spot, "buy", "60000.00", "0.1", { owner: OTHER });
  const stop = world.place(spot, "sell", "59000.00", "0.1", {
    type: "stop_limit",
    triggerPrice: 5_950_000,
    triggerWhen: "falls",
  });
  assertEquals(balance(exchange, "binance/spot", "BTC"), ["2", "0.1"]);
  world.place(spot, "buy", "59500.00", "0.2", { owner: OTHER });
  world.place(spot, "sell", "59500.00", "0.2", { owner: OTHER });
  assertEquals([stop.status, stop.filled, stop.triggeredAt > 0], ["filled", stop.size, true]);
  assertEquals(balance(exchange, "binance/spot", "BTC"), ["1.9", "0"]);
});

Deno.test("SimulatedExchange expires a reduce-only order that the position no longer covers", () => {
  const world = new World();
  const { exchange, perp } = world;
  world.place(perp, "sell", "60000.0", "0.1", { owner: OTHER });
  world.place(perp, "buy", undefined, "0.1");
  const exit = world.place(perp, "sell", "61000.0", "0.1", { reduceOnly: true });
  world.place(perp, "buy", "60000.0", "0.05", { owner: OTHER });
  world.place(perp, "sell", undefined, "0.05");
  assertEquals([exit.status, exit.end], ["expired", "reduce_only"]);
  assertEquals(exchange.user(ME).position(perp).size, 50);
});

Deno.test("SimulatedExchange.armDeadMan() ends all orders when it is not armed again", () => {
  const world = new World();
  const { exchange, perp, time } = world;
  const order = world.place(perp, "buy", "59000.0", "0.1");
  exchange.armDeadMan(ME, perp, 5_000);
  time.advance(4_000);
  exchange.armDeadMan(ME, perp, 5_000);
  time.advance(4_000);
  assertEquals(order.status, "new");
  time.advance(1_500);
  assertEquals([order.status, order.end], ["cancelled", "dead_man"]);
});

Deno.test("SimulatedExchange pays funding every eight hours and conserves money", () => {
  const payments: Money[] = [];
  const world = new World({
    onFunding: (owner, _sim, paid) => owner === ME && payments.push(paid),
  });
  const { exchange, perp, time } = world;
  world.place(perp, "sell", "60000.0", "0.1", { owner: OTHER });
  world.place(perp, "buy", undefined, "0.1");
  world.place(perp, "buy", "59999.9", "0.1", { owner: OTHER });
  world.place(perp, "sell", "60000.1", "0.1", { owner: OTHER });
  time.advance(8 * 3_600_000);
  assertEquals(payments.map(moneyToText), ["-0.6"]);
  assertConserved(exchange);
});

Deno.test("SimulatedExchange prevents self-trades as the order asks", () => {
  const world = new World();
  const { exchange, spot } = world;
  const resting = world.place(spot, "sell", "60000.00", "0.2");
  world.place(spot, "buy", "60000.00", "0.1", { selfTrade: "decrement" });
  assertEquals(resting.size - resting.filled, 10_000);
  assertEquals(balance(exchange, "binance/spot", "BTC"), ["2", "0.1"]);
  const taker = world.place(spot, "buy", "60000.00", "0.1", { selfTrade: "cancel_newest" });
  assertEquals([taker.status, taker.end], ["expired", "self_trade"]);
  world.place(spot, "buy", "60000.00", "0.1", { selfTrade: "cancel_oldest" });
  assertEquals([resting.status, resting.end], ["expired", "self_trade"]);
  assertConserved(exchange);
});

Deno.test("SimulatedExchange conserves money and locks through random trading", () => {
  const seed = 20_261_001;
  const random = new SeededRandom(seed);
  const world = new World();
  const { exchange, spot, perp } = world;
  exchange.deposit(ME, "binance/spot", "USDT", amount("12.5"));
  for (let i = 0; i < 1_500; i++) {
    const sim = random.chance(0.5) ? spot : perp;
    const owner = random.chance(0.5) ? ME : OTHER;
    const open = exchange.orders.openOf(owner, sim);
    if (open.length > 0 && random.chance(0.3)) {
      const order = random.pick(open);
      if (random.chance(0.5)) exchange.cancel(order);
      else {
        const size = Math.max(1, Math.round(order.size * random.uniform(0.5, 1.5)));
        exchange.amend({ order, size, keepPriority: random.chance(0.5) });
      }
    } else {
      const price = (60_000 + random.integer(21) - 10).toFixed(1);
      const size = (0.002 * (1 + random.integer(20))).toFixed(3);
      exchange.place(world.request(sim, random.chance(0.5) ? "buy" : "sell", price, size, {
        owner,
        timeInForce: random.pick(["gtc", "gtc", "ioc", "fok"] as const),
        postOnly: random.chance(0.2),
        reduceOnly: sim === perp && random.chance(0.2),
        selfTrade: random.pick(["allow", "decrement", "cancel_both", "cancel_oldest"] as const),
      }));
    }
  }
  const truth = exchange.truth();
  assert(truth.fillCount > 100, `seed ${seed}: too few fills: ${truth.fillCount}`);
  assertConserved(exchange);
  const locked = new Map<string, bigint>();
  for (const order of truth.openOrders) {
    if (order.instrument.perpetual) continue;
    const { base, quote } = order.instrument.instrument.terms;
    const key = `${order.owner}/${order.side === "buy" ? quote : base}`;
    locked.set(key, (locked.get(key) ?? 0n) + order.locked);
  }
  for (const each of truth.balances) {
    if (each.account !== "binance/spot") continue;
    assertEquals(
      each.locked as bigint,
      locked.get(`${each.owner}/${each.asset}`) ?? 0n,
      `seed ${seed}`,
    );
    assert(each.total >= each.locked, `seed ${seed}: ${each.asset} overdrawn`);
  }
});
