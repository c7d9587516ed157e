/**
 * Laws of the order manager: whatever the venue says, in whatever order and how often.
 *
 * 1. Nothing leaves the state table; terminal states stay terminal; nothing is thrown.
 * 2. Filled size never goes back; each execution is told exactly once.
 * 3. Every placed order is in exactly one count of the summary.
 * 4. Once the venue answers, every order settles.
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import { fillId, type Micros, micros, ORDER_STATUSES } from "@/engine/domain/mod.ts";
import type { OrderEvent, OrderRequest } from "@/engine/messages/mod.ts";
import {
  isTerminalState,
  nextState,
  type Order,
  ORDER_STATES,
  ORDER_TRANSITIONS,
  OrderManager,
} from "@/engine/orders/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import {
  accountReport,
  amendOrder,
  btcPerp,
  cancelOrder,
  fillOf,
  forEachCase,
  lots,
  orderId,
  orderNotFound,
  orderUpdate,
  placeOrder,
  replaceOrder,
  requestLost,
  requestRefused,
  START,
  ticks,
} from "@/tests/support/builders.ts";

const REQUESTS = ["place", "amend", "replace", "cancel"] as const;
const REASONS = ["post_only_would_take", "unknown_order", "duplicate_client_order_id"] as const;

Deno.test("the state table: any walk stays inside, and ends where it ended", () => {
  forEachCase("order state walks", 200, (random) => {
    let state = ORDER_STATES[random.integer(ORDER_STATES.length)]!;
    for (let step = 0; step < 100; step++) {
      const happened = ORDER_TRANSITIONS[random.integer(ORDER_TRANSITIONS.length)]!;
      const next = nextState(state, happened);
      if (next === undefined) continue;
      assert(ORDER_STATES.includes(next));
      if (isTerminalState(state)) assertEquals(next, state);
      state = next;
    }
  });
});

Deno.test("OrderManager: any events in any order keep sizes, ends and counts true", () => {
  forEachCase("order manager chaos", 150, (random) => {
    const house = new House();
    for (let step = 0; step < 150; step++) {
      house.step(random);
      house.check();
    }
    house.settle();
    assertEquals(house.manager.unresolvedSince(), micros(0));
    assertEquals(house.manager.unsettled(), []);
  });
});

Deno.test("OrderManager: doubled and overtaken reports change nothing", () => {
  forEachCase("order manager repeats", 100, (random) => {
    const house = new House();
    house.send(placeOrder());
    const events = [
      orderUpdate({ venueAt: micros(1) }),
      fillOf({ fillId: fillId("f1"), size: lots(3) }),
      orderUpdate({ status: "partially_filled", filledSize: lots(3), venueAt: micros(2) }),
      fillOf({ fillId: fillId("f2"), size: lots(4) }),
      orderUpdate({ status: "partially_filled", filledSize: lots(7), venueAt: micros(3) }),
      orderUpdate({ status: "cancelled", filledSize: lots(7), venueAt: micros(4) }),
    ];
    const shuffled = [...events, ...events].map((event) => ({ event, key: random.next() }));
    shuffled.sort((a, b) => a.key - b.key);
    for (const { event } of shuffled) house.take(event);
    const record = house.manager.record(orderId("a1"));
    assertEquals([record?.state, record?.filledSize], ["cancelled", lots(7)]);
    assertEquals([house.told.size, house.toldSize], [2, 7]);
    assertEquals(house.manager.unsettled(), []);
    house.check();
  });
});

/** A manager with a listener that checks as it listens, and a source of nonsense. */
class House {
  readonly manager: OrderManager;
  readonly told = new Set<string>();
  toldSize = 0;
  #now: number = START;
  #orders = 0;
  #fills = 0;
  readonly #owners: ReturnType<typeof orderId>[] = [];
  readonly #filled = new Map<Order, number>();
  readonly #ends = new Map<Order, string>();

  constructor() {
    this.manager = new OrderManager({
      onFill: (fill) => {
        assert(!this.told.has(fill.fillId), "told twice");
        this.told.add(fill.fillId);
        this.toldSize += fill.size;
      },
      onFee: (fill) => assert(this.told.has(fill.fillId), "fee before fill"),
      onOrderChanged: (order) => {
        assert(order.filledSize >= (this.#filled.get(order) ?? 0), "filled size went back");
        this.#filled.set(order, order.filledSize);
      },
      onOrderClosed: (order) => {
        assert(!this.#ends.has(order), "closed twice");
        this.#ends.set(order, order.state);
      },
      askOrder: () => true,
      askFills: () => true,
    }, { isOwn: (_, id) => id.startsWith("a") });
    this.manager.onInstrument(btcPerp());
  }

  take(event: OrderEvent): void {
    this.manager.onOrderEvent({ ...event, at: this.#at() });
  }

  send(request: OrderRequest): void {
    if (request.kind === "place_order" || request.kind === "replace_order") this.#orders++;
    this.manager.onSent(request, this.#at());
  }

  step(random: SeededRandom): void {
    this.#now += random.integer(600_000);
    if (this.#orders === 0 || random.chance(0.08)) {
      this.send(placeOrder({ clientOrderId: orderId(`a${this.#orders + 1}`) }));
      return;
    }
    const id = orderId(`a${1 + random.integer(this.#orders)}`);
    const roll = random.integer(12);
    if (roll < 3) this.#sendAbout(id, random);
    else if (roll < 6) this.take(randomUpdate(id, random));
    else if (roll < 8) {
      const number = random.chance(0.3) ? random.integer(this.#fills + 1) : this.#fills++;
      const name = fillId(`f${number}`);
      // A fill belongs to one order only.
      const owner = this.#owners[number] ?? id;
      this.#owners[number] = owner;
      this.take(fillOf({ clientOrderId: owner, fillId: name, size: lots(1 + number % 3) }));
    } else if (roll === 8) {
      const request = REQUESTS[random.integer(4)]!;
      const reason = REASONS[random.integer(3)]!;
      this.take(requestRefused({ clientOrderId: id, request, reason }));
    } else if (roll === 9) {
      const outcome = random.chance(0.5) ? "unknown" : "not_sent";
      const request = REQUESTS[random.integer(4)]!;
      this.take(requestLost({ clientOrderId: id, request, outcome }));
    } else if (roll === 10) this.take(orderNotFound(START, id));
    else this.manager.onTimer(this.#at());
  }

  check(): void {
    const { placed, filled, cancelled, rejected, expired, inFlight, open } = this.manager.counters;
    assertEquals(filled + cancelled + rejected + expired + inFlight + open, placed);
    assertEquals(placed, this.#orders);
    assertEquals(this.manager.counters.fills, this.told.size);
    for (const [order, end] of this.#ends) assertEquals(order.state, end);
  }

  /** From now on the venue answers everything: it knows no order, and each missing execution. */
  settle(): void {
    for (let tenth = 0; tenth < 700 && this.manager.unsettled().length > 0; tenth++) {
      this.#now += 100_000;
      this.manager.onTimer(this.#at());
      for (const order of this.manager.unsettled()) {
        if (order.missingFills > 0) {
          const size = lots(order.missingFills);
          const name = fillId(`settled-${this.#fills++}`);
          this.take(fillOf({ clientOrderId: order.clientOrderId, fillId: name, size }));
        }
        if (order.state === "unknown" || !order.isTerminal) {
          this.take(orderNotFound(START, order.clientOrderId));
        }
      }
    }
    this.check();
  }

  #sendAbout(id: ReturnType<typeof orderId>, random: SeededRandom): void {
    const roll = random.integer(4);
    const size = lots(1 + random.integer(20));
    if (roll === 0) return this.send(cancelOrder(id));
    if (roll === 1) {
      return this.send(amendOrder({ clientOrderId: id, price: ticks(990 + size), size }));
    }
    if (roll === 2) {
      const newClientOrderId = orderId(`a${this.#orders + 1}`);
      return this.send(replaceOrder({ clientOrderId: id, newClientOrderId, size }));
    }
    const at = this.#at();
    this.manager.onAccountReport(accountReport({ at, askedAt: micros(at - 300_000) }));
  }

  #at(): Micros {
    return micros(this.#now++);
  }
}

function randomUpdate(id: ReturnType<typeof orderId>, random: SeededRandom): OrderEvent {
  const isSaid = random.chance(0.5);
  return orderUpdate({
    clientOrderId: id,
    status: ORDER_STATUSES[random.integer(ORDER_STATUSES.length)]!,
    source: random.chance(0.3) ? "query" : "stream",
    venueAt: micros(random.integer(3)),
    ...(isSaid ? { filledSize: lots(random.integer(10)) } : {}),
    ...(random.chance(0.5) ? { size: lots(10 + random.integer(5)), price: ticks(1_001) } : {}),
  });
}
