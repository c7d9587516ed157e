/**
 * Laws of reconciliation: it agrees with the venue, and a second time it changes nothing.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { fillId, type Micros, micros } from "@/engine/domain/mod.ts";
import type { AccountReport, Fill, OrderUpdate } from "@/engine/messages/mod.ts";
import { OrderManager, reconcileOrders } from "@/engine/orders/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  accountReport,
  amendOrder,
  atSeconds,
  btcPerp,
  cancelOrder,
  fillOf,
  forEachCase,
  lots,
  orderId,
  orderUpdate,
  placeOrder,
  ticks,
  venueId,
} from "@/tests/support/builders.ts";

/** A manager with random orders in random states. */
class House {
  readonly told: string[] = [];
  readonly asked: string[] = [];
  readonly manager = new OrderManager({
    onFill: (fill) => this.told.push(fill.fillId),
    onFee: () => {},
    onOrderChanged: () => {},
    onOrderClosed: () => {},
    askOrder: (request) => this.asked.push(request.clientOrderId) > 0,
    askFills: () => true,
  }, { isOwn: (_, id) => id.startsWith("a") });

  constructor(random: SeededRandom) {
    this.manager.onInstrument(btcPerp());
    if (random.chance(0.5)) this.manager.onAccountReport(accountReport());
    for (let number = 1; number <= 8; number++) this.#addOrder(`a${number}`, random);
  }

  /** Everything that can be seen of it, as text. */
  picture(): string {
    const records = [];
    for (let number = 1; number <= 12; number++) {
      for (const name of [`a${number}`, `web${number}`]) {
        const { state, size, price, filledSize, fillsSize, worstLeaves, pending } =
          this.manager.record(orderId(name)) ?? {};
        records.push([name, state, size, price, filledSize, fillsSize, worstLeaves, pending]);
      }
    }
    const { refusedTransitions: _, strayReports: __, ...counters } = this.manager.counters;
    const working = this.manager.workingSize(btcPerp().index, "buy");
    return JSON.stringify([records, counters, working, this.told, this.asked]);
  }

  #addOrder(name: string, random: SeededRandom): void {
    const at = atSeconds(random.integer(10));
    const clientOrderId = orderId(name);
    this.manager.onSent(placeOrder({ clientOrderId }), at);
    if (random.chance(0.2)) return;
    this.manager.onOrderEvent(orderUpdate({ clientOrderId, at }));
    if (random.chance(0.3)) {
      const size = lots(1 + random.integer(9));
      this.manager.onOrderEvent(fillOf({ clientOrderId, fillId: fillId(`s-${name}`), size, at }));
    }
    const roll = random.integer(5);
    if (roll === 0) this.manager.onSent(cancelOrder(name), at);
    else if (roll === 1) this.manager.onSent(amendOrder({ clientOrderId }), at);
    else if (roll === 2) {
      this.manager.onOrderEvent(orderUpdate({ clientOrderId, at, status: "cancelled" }));
    }
  }
}

function randomReport(random: SeededRandom, at: Micros): AccountReport {
  const openOrders: OrderUpdate[] = [];
  const fills: Fill[] = [];
  for (let number = 1; number <= 12; number++) {
    const name = `${random.chance(0.8) ? "a" : "web"}${number}`;
    const filled = random.integer(5);
    if (random.chance(0.6)) {
      openOrders.push(orderUpdate({
        source: "query",
        at,
        clientOrderId: orderId(name),
        venueOrderId: venueId(`v-${name}`),
        status: filled > 0 ? "partially_filled" : "new",
        side: "buy",
        type: "limit",
        timeInForce: "gtc",
        price: ticks(995 + random.integer(10)),
        size: lots(10 + random.integer(5)),
        filledSize: lots(filled),
      }));
    }
    if (random.chance(0.4)) {
      const clientOrderId = orderId(name);
      const stamp = micros(1 + random.integer(1_000));
      fills.push(fillOf({ clientOrderId, at, venueAt: stamp, fillId: fillId(`r-${name}`) }));
    }
  }
  return accountReport({ at, askedAt: atSeconds(random.integer(12)), openOrders, fills });
}

Deno.test("OrderManager.onAccountReport() applied twice changes nothing the second time", () => {
  forEachCase("reconcile twice", 300, (random) => {
    const house = new House(random);
    const report = randomReport(random, atSeconds(12));
    house.manager.onAccountReport(report);
    const once = house.picture();
    house.manager.onAccountReport(report);
    assertEquals(house.picture(), once);
    assertEquals(new Set(house.told).size, house.told.length);
  });
});

Deno.test("OrderManager.onAccountReport() leaves no quiet order that is not listed", () => {
  forEachCase("reconcile agrees", 300, (random) => {
    const house = new House(random);
    const report = { ...randomReport(random, atSeconds(12)), askedAt: atSeconds(11) };
    house.manager.onAccountReport(report);
    const listed = new Map(report.openOrders.map((update) => [update.clientOrderId, update]));
    house.manager.forEachOrder(btcPerp().index, (order) => {
      const update = listed.get(order.clientOrderId);
      const isQuiet = order.state === "new" || order.state === "partially_filled";
      if (update === undefined) assertEquals(order.state, "unknown");
      else if (isQuiet) assertEquals([order.price, order.size], [update.price, update.size]);
    });
    for (const update of report.openOrders) {
      const isOwn = update.clientOrderId.startsWith("a");
      if (isOwn) assert(house.manager.record(update.clientOrderId) !== undefined);
    }
  });
});

Deno.test("reconcileOrders() finds nothing to do when there is nothing and nothing is said", () => {
  const nothing = { liveOrders: () => [], find: () => undefined, isFillCounted: () => false };
  const plan = reconcileOrders(nothing, accountReport());
  assertEquals(plan, { updates: [], fills: [], missing: [], foreignGone: [] });
});
