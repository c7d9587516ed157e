/**
 * @module
 */
import { instrumentIndex } from "@/engine/domain/mod.ts";
import { FOREIGN, Order, type OrderStart } from "@/engine/orders/order.ts";
import { OrderStore } from "@/engine/orders/order_store.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";
import { lots, orderId, placeOrder, START, ticks, venueId } from "@/tests/support/builders.ts";

const BTC = instrumentIndex(0);

function orderOf(id: string, changes: Partial<OrderStart> = {}): Order {
  return new Order({
    ...placeOrder({ clientOrderId: orderId(id) }),
    origin: "placed",
    state: "new",
    pending: "none",
    at: START,
    ...changes,
  });
}

function storeOf(...orders: Order[]): OrderStore {
  const store = new OrderStore(2);
  for (const order of orders) store.add(order);
  return store;
}

Deno.test("OrderStore finds by our id, by the venue's, and not on another instrument", () => {
  const order = orderOf("a1");
  const store = storeOf(order);
  store.setVenueId(order, venueId("v1"));
  store.setVenueId(order, venueId("v1"));
  assertStrictEquals(store.find(BTC, orderId("a1"), undefined), order);
  assertStrictEquals(store.find(BTC, orderId(""), venueId("v1")), order);
  assertStrictEquals(store.find(BTC, orderId("x"), venueId("v1")), order);
  assertEquals(store.find(BTC, orderId("x"), undefined), undefined);
  assertEquals(store.find(instrumentIndex(1), orderId("a1"), undefined), undefined);
  store.setVenueId(order, venueId("v2"));
  assertEquals(store.byVenueId(BTC, venueId("v1")), undefined);
  assertStrictEquals(store.byVenueId(BTC, venueId("v2")), order);
});

Deno.test("OrderStore iterates in the order of arrival and visits own open orders alone", () => {
  const foreign = orderOf("", { origin: "foreign", strategy: FOREIGN });
  const sell = orderOf("a2", { side: "sell", price: ticks(1_010) });
  const store = storeOf(orderOf("a1"), sell, foreign, orderOf("a3", { price: ticks(1_001) }));
  assertEquals(store.side(BTC, "buy").map((order) => order.clientOrderId as string), [
    "a1",
    "",
    "a3",
  ]);
  const visited: string[] = [];
  store.forEachOpen(BTC, (order) => visited.push(order.clientOrderId));
  assertEquals(visited, ["a1", "a3", "a2"]);
  assertEquals(store.openCount(BTC), 3);
  assertEquals(store.workingSize(BTC, "buy"), lots(30));
  assertEquals(store.ownBest(BTC, "buy"), ticks(1_001));
  assertEquals(store.ownBest(BTC, "sell"), ticks(1_010));
  assertEquals(store.ownBest(instrumentIndex(5), "sell"), ticks(0));
  assertEquals(store.liveCount, 4);
});

Deno.test("OrderStore.ownBest() passes over orders without a price", () => {
  const store = storeOf(orderOf("a1", { price: undefined }), orderOf("a2", { price: ticks(999) }));
  assertEquals(store.ownBest(BTC, "buy"), ticks(999));
});

Deno.test("OrderStore.forEachOpen() skips nothing when the visitor retires an order", () => {
  const store = storeOf(orderOf("a1"), orderOf("a2"), orderOf("a3"));
  const visited: string[] = [];
  store.forEachOpen(BTC, (order) => {
    visited.push(order.clientOrderId);
    store.retire(order);
  });
  assertEquals(visited, ["a1", "a2", "a3"]);
  assertEquals(store.side(BTC, "buy").length, 0);
});

Deno.test("OrderStore remembers retired orders until newer ones push them out", () => {
  const orders = [orderOf("a1"), orderOf("a2"), orderOf("a3")];
  const store = storeOf(...orders);
  orders.forEach((order, index) => store.setVenueId(order, venueId(`v${index}`)));
  for (const order of orders) store.retire(order);
  store.retire(orders[2]!);
  assertEquals(store.own(orderId("a1")), undefined);
  assertEquals(store.byVenueId(BTC, venueId("v0")), undefined);
  assertStrictEquals(store.own(orderId("a3")), orders[2]);
  assert(!store.isLive(orders[2]!));
});

Deno.test("OrderStore.revive() makes a retired order live, and it is not pushed out then", () => {
  const orders = [orderOf("a1"), orderOf("a2"), orderOf("a3")];
  const store = storeOf(...orders);
  store.retire(orders[0]!);
  store.revive(orders[0]!);
  store.revive(orders[0]!);
  store.retire(orders[1]!);
  store.retire(orders[2]!);
  assertStrictEquals(store.own(orderId("a1")), orders[0]);
  assertEquals(store.side(BTC, "buy").length, 1);
});

Deno.test("OrderStore stops when a live order's id is used again", () => {
  assertThrows(() => storeOf(orderOf("a1"), orderOf("a1")), Error, "used twice");
  assertThrows(() => new OrderStore(0), Error, "at least one");
});
