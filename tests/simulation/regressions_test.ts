/**
 * What once went wrong with the whole house, each as the shortest run that showed it.
 * @module
 */
import type { RateLimitRule } from "@/engine/ports/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { accountReport, lots } from "@/tests/support/builders.ts";
import { ack, deltaOf, link, snapshotOf } from "@/tests/unit/engine/core/_core_world.ts";
import { HouseWorld } from "@/tests/unit/engine/loop/_fakes.ts";
import { configOf } from "./_seven.ts";
import { simulated } from "./_simulated.ts";

const DYDX_CONFIG = `
instance_id: ven1
control: { enabled: false }
log: { level: error }
venues:
  dydx:
    instruments: [BTC-USD-PERP, ETH-USD-PERP]
    fees: { maker_bp: "0", taker_bp: "3.5" }
    paper: { balances: { USDC: "100000" } }
strategies:
  - id: mm_btc
    kind: market_making
    instruments: ["dydx:BTC-USD-PERP"]
    parameters: { half_spread_bp: "1.0", order_size: "0.01", inventory_max: "0.05" }
  - id: mm_eth
    kind: market_making
    instruments: ["dydx:ETH-USD-PERP"]
    parameters: { half_spread_bp: "1.0", order_size: "0.2", inventory_max: "1" }
risk: { order_value_max: "10000" }
`;

/** Milliseconds after the start, and length of the outage. */
const KILLS_OF_SEED_20 = [[10740, 11720], [40120, 3721], [59229, 10722], [91067, 2723]] as const;

const LIMIT: RateLimitRule = {
  id: "weight",
  account: undefined,
  capacity: 2_400,
  windowMs: 60_000,
  weights: { place_order: 1, amend_order: 1, cancel_order: 1, query_order: 1, query_account: 5 },
  cancelReserve: 200,
  source: "test",
};

/** A house whose two quotes rest at a scripted venue. */
function quotingHouse(): HouseWorld {
  const world = new HouseWorld({ rateLimits: [LIMIT] });
  world.maker.wishes = [["buy", 990, 10], ["sell", 1_020, 10]];
  world.house.session.start();
  world.deliver(link("account", "up"));
  world.deliver(accountReport({ askedAt: world.clock.now() }));
  world.deliver(snapshotOf(100, [[1_000, 50]], [[1_010, 50]]));
  for (const { clientOrderId } of world.house.engine.orders.unsettled()) {
    world.deliver(ack(clientOrderId));
  }
  return world;
}

Deno.test("A dead order link does not spend the cancel budget in one turn", () => {
  const world = quotingHouse();
  let tried = 0;
  world.connector.outcome = () => {
    tried++;
    return "not_connected";
  };
  world.maker.wishes = [];
  world.deliver(deltaOf(101, [[1_000, 51]]));
  assertEquals(tried, 2, "each cancel is tried once");
  world.clock.advance(1_000);
  // Twice ten tries a second at most, and the budget is still there when the link is back.
  assert(tried <= 24, `${tried} cancels were tried within a second`);
  world.connector.outcome = "sent";
  const before = world.connector.sent.length;
  world.clock.advance(150);
  assertEquals(world.connector.sent.slice(before).map((one) => one.kind), [
    "cancel_order",
    "cancel_order",
  ]);
  world.house.session.abort();
});

Deno.test("An amend that cannot leave is not repeated in the same turn", () => {
  const world = quotingHouse();
  let tried = 0;
  world.connector.outcome = () => {
    tried++;
    return "back_pressured";
  };
  world.maker.wishes = [["buy", 991, 10], ["sell", 1_020, 10]];
  world.deliver(deltaOf(101, [[1_000, 51]]));
  assertEquals(tried, 1);
  world.house.session.abort();
});

Deno.test("A failure outside the core leaves no order behind, though the market goes on", () => {
  const world = quotingHouse();
  const resting = new Set<string>();
  for (const { clientOrderId } of world.house.engine.orders.unsettled()) resting.add(clientOrderId);
  // A venue that cancels at once and says so.
  world.connector.outcome = (request) => {
    if (request.kind === "place_order") resting.add(request.clientOrderId);
    if (request.kind === "cancel_order") resting.delete(request.clientOrderId);
    return "sent";
  };
  world.house.createLastResort(() => world.house.session.abort()).fail(new Error("a bug"));
  for (let sequence = 101; sequence < 110; sequence++) {
    for (const { clientOrderId } of world.house.engine.orders.unsettled()) {
      world.deliver({ ...ack(clientOrderId), status: "cancelled", filledSize: lots(0) } as never);
    }
    world.deliver(deltaOf(sequence, [[1_000, sequence]]));
    world.clock.advance(100);
  }
  assertEquals([...resting], []);
});

Deno.test("An order that cannot be asked about during a venue's ban is no violation", async () => {
  const run = await simulated({ seed: 1_008, seconds: 60, faults: "harsh" });
  assertEquals(run.outcome.violations, []);
  assert((run.faults["throttle"] ?? 0) > 0, "this seed had a ban");
});

Deno.test("An amend that meets the end of a dYdX order does not bring it back", async () => {
  // A larger total than the old order's made the chain take the amend as a new order.
  // Seed 3 showed it first; since amends keep nearer to the height, seed 2 would.
  for (const [seed, seconds] of [[3, 90], [2, 180]] as const) {
    const run = await simulated({ seed, seconds, faults: "harsh", config: DYDX_CONFIG });
    assertEquals(run.outcome.violations, [], `seed ${seed}`);
  }
});

Deno.test("An often amended dYdX order is waited for until its last block at the end", async () => {
  // Its amends had moved the last block 36 blocks on; the stop gave up after 30 s.
  const run = await simulated({
    seed: 20,
    seconds: 100,
    faults: "harsh",
    config: configOf(["dydx"]),
    onStarted: ({ clock, world }) => {
      for (const [at, forMs] of KILLS_OF_SEED_20) {
        clock.after(at, () => world.kill("dydx", forMs));
      }
    },
  });
  assertEquals(run.outcome.violations, []);
  assertEquals(run.outcome.openAtEnd, 0);
});
