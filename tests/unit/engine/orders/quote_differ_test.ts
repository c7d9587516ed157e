/**
 * The fewest requests from what rests to what is wanted.
 * @module
 */
import { type Side, strategyId } from "@/engine/domain/mod.ts";
import type { VenueCapabilities } from "@/engine/ports/mod.ts";
import {
  DesiredQuotes,
  FOREIGN,
  Order,
  type OrderBooks,
  QUOTE_DIFFER_DEFAULTS,
  QuoteDiffer,
  type QuoteDifferOptions,
  type QuoteSink,
} from "@/engine/orders/mod.ts";
import type { OrderStart } from "@/engine/orders/order.ts";
import { assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { lots, MAKER, orderId, placeOrder, START, ticks } from "@/tests/support/builders.ts";

type Changes = Pick<VenueCapabilities, "amend" | "replace">;
const AMENDS: Changes = { amend: "any", replace: false };
const REPLACES: Changes = { amend: "size_down", replace: true };
const NO_GROWTH: Changes = { amend: "no_growth", replace: false };
const NEITHER: Changes = { amend: "no", replace: false };

type Wish = [Side, number, number];

function order(
  id: string,
  side: Side,
  price: number,
  size: number,
  changes: Partial<OrderStart> = {},
): Order {
  return new Order({
    ...placeOrder({ clientOrderId: orderId(id), side, price: ticks(price), size: lots(size) }),
    origin: "placed",
    state: "new",
    pending: "none",
    at: START,
    ...changes,
  });
}

function requests(
  wishes: Wish[],
  orders: Order[],
  changes: Changes = AMENDS,
  options: QuoteDifferOptions = QUOTE_DIFFER_DEFAULTS,
): string[] {
  const desired = new DesiredQuotes();
  for (const [side, price, size] of wishes) desired.add(side, ticks(price), lots(size));
  const books: OrderBooks = { side: (_, side) => orders.filter((one) => one.side === side) };
  const out: string[] = [];
  const sink: QuoteSink = {
    place: (side, price, size) => out.push(`place ${side} ${size}@${price}`),
    amend: (one, price, size) => out.push(`amend ${one.clientOrderId} ${size}@${price}`),
    replace: (one, price, size) => out.push(`replace ${one.clientOrderId} ${size}@${price}`),
    cancel: (one) => out.push(`cancel ${one.clientOrderId}`),
  };
  new QuoteDiffer().diff(placeOrder().instrument, MAKER, desired, books, changes, options, sink);
  return out;
}

Deno.test("QuoteDiffer places what is wanted and does not rest", () => {
  assertEquals(requests([["buy", 100, 5], ["sell", 102, 5]], []), [
    "place buy 5@100",
    "place sell 5@102",
  ]);
});

Deno.test("QuoteDiffer says nothing when everything rests as wanted", () => {
  const orders = [order("a1", "buy", 100, 5), order("a2", "sell", 102, 5)];
  assertEquals(requests([["buy", 100, 5], ["sell", 102, 5]], orders), []);
});

Deno.test("QuoteDiffer cancels what is not wanted, before it places anything", () => {
  const orders = [order("a1", "buy", 100, 5), order("a2", "sell", 102, 5)];
  assertEquals(requests([], orders), ["cancel a1", "cancel a2"]);
  assertEquals(requests([["buy", 99, 5]], orders, NEITHER), [
    "cancel a1",
    "cancel a2",
    "place buy 5@99",
  ]);
});

Deno.test("QuoteDiffer amends in one request where the venue can, keeping what fits", () => {
  const orders = [order("a1", "buy", 100, 5), order("a2", "buy", 99, 5)];
  assertEquals(requests([["buy", 101, 5], ["buy", 100, 5]], orders), ["amend a2 5@101"]);
});

Deno.test("QuoteDiffer amends to the wished open size on top of what is filled", () => {
  const partly = order("a1", "buy", 100, 5, { state: "partially_filled" });
  partly.filledSize = lots(2);
  assertEquals(requests([["buy", 100, 5]], [partly]), ["amend a1 7@100"]);
});

Deno.test("QuoteDiffer amends size down and replaces the rest where a venue can that", () => {
  assertEquals(requests([["buy", 100, 3]], [order("a1", "buy", 100, 5)], REPLACES), [
    "amend a1 3@100",
  ]);
  assertEquals(requests([["buy", 100, 8]], [order("a1", "buy", 100, 5)], REPLACES), [
    "replace a1 8@100",
  ]);
  assertEquals(requests([["buy", 101, 5]], [order("a1", "buy", 100, 5)], REPLACES), [
    "replace a1 5@101",
  ]);
  const sizeDownOnly: Changes = { amend: "size_down", replace: false };
  assertEquals(requests([["buy", 101, 5]], [order("a1", "buy", 100, 5)], sizeDownOnly), [
    "cancel a1",
    "place buy 5@101",
  ]);
});

Deno.test("QuoteDiffer never amends an order to a larger total where it may not grow", () => {
  const partly = (filled: number) => {
    const one = order("a1", "buy", 100, 10, { state: "partially_filled" });
    one.filledSize = lots(filled);
    return one;
  };
  const wish = (price: number, size: number): Wish[] => [["buy", price, size]];
  assertEquals(requests(wish(101, 10), [order("a1", "buy", 100, 10)], NO_GROWTH), [
    "amend a1 10@101",
  ]);
  // What fills took is missing until half is left; the price is moved under the old total.
  assertEquals(requests(wish(100, 10), [partly(5)], NO_GROWTH), []);
  assertEquals(requests(wish(101, 10), [partly(5)], NO_GROWTH), ["amend a1 10@101"]);
  assertEquals(requests(wish(101, 3), [partly(5)], NO_GROWTH), ["amend a1 8@101"]);
  const anew = ["cancel a1", "place buy 10@100"];
  assertEquals(requests(wish(100, 10), [partly(6)], NO_GROWTH), anew);
  assertEquals(requests(wish(100, 10), [order("a1", "buy", 100, 9)], NO_GROWTH), anew);
});

Deno.test("QuoteDiffer leaves orders within the threshold, the nearest first", () => {
  const options = { minTicks: 3, sizeTolerance: 0.5 };
  const near = [order("a1", "buy", 98, 5), order("a2", "buy", 101, 5)];
  assertEquals(requests([["buy", 100, 4]], near, AMENDS, options), ["cancel a1"]);
  assertEquals(requests([["buy", 100, 20]], [order("a1", "buy", 100, 5)], AMENDS, options), [
    "amend a1 20@100",
  ]);
  assertEquals(requests([["buy", 104, 5]], [order("a1", "buy", 101, 5)], AMENDS, options), [
    "amend a1 5@104",
  ]);
});

Deno.test("QuoteDiffer leaves orders with an unanswered request alone", () => {
  const inFlight = order("a1", "buy", 100, 5, { state: "in_flight", pending: "place" });
  assertEquals(requests([], [inFlight]), []);
  assertEquals(requests([["buy", 100, 5]], [inFlight]), []);
  const amending = order("a2", "buy", 95, 5, { state: "amend_pending", pending: "amend" });
  amending.pendingPrice = ticks(100);
  amending.pendingSize = lots(5);
  assertEquals(requests([["buy", 100, 5]], [amending]), []);
  const unknown = order("a3", "buy", 100, 5, { state: "unknown", pending: "place" });
  assertEquals(requests([["buy", 100, 5]], [unknown]), []);
});

Deno.test("QuoteDiffer cancels an order that stays unanswered, where nobody wants it", () => {
  const amended = order("a1", "buy", 100, 5, { state: "unknown", pending: "amend" });
  const cancelled = order("a2", "buy", 99, 5, { state: "unknown", pending: "cancel" });
  assertEquals(requests([], [amended, cancelled]), ["cancel a1"]);
});

Deno.test("QuoteDiffer places beside an unanswered cancel up to one level more, no further", () => {
  const leaving = order("a1", "buy", 98, 5, { state: "cancel_pending", pending: "cancel" });
  assertEquals(requests([["buy", 100, 5]], [leaving], NEITHER), ["place buy 5@100"]);
  const arriving = order("a2", "buy", 99, 5, { state: "in_flight", pending: "place" });
  assertEquals(requests([["buy", 100, 5]], [leaving, arriving], NEITHER), []);
});

Deno.test("QuoteDiffer moves three levels by cancel and place without doubling them", () => {
  const orders = [100, 99, 98].map((price, index) => order(`a${index}`, "buy", price, 5));
  const wishes: Wish[] = [["buy", 90, 5], ["buy", 89, 5], ["buy", 88, 5]];
  assertEquals(requests(wishes, orders, NEITHER), [
    "cancel a0",
    "cancel a1",
    "cancel a2",
    "place buy 5@90",
  ]);
});

Deno.test("QuoteDiffer does not let a buy meet an own sell that is still alive", () => {
  const sell = order("a1", "sell", 102, 5, { state: "cancel_pending", pending: "cancel" });
  assertEquals(requests([["buy", 102, 5]], [sell]), []);
  assertEquals(requests([["buy", 101, 5]], [sell]), ["place buy 5@101"]);
  const moving = order("a2", "sell", 110, 5, { state: "amend_pending", pending: "amend" });
  moving.pendingPrice = ticks(101);
  assertEquals(requests([["buy", 101, 5]], [moving]), []);
});

Deno.test("QuoteDiffer moves the side that gives way first; the other follows later", () => {
  const orders = [order("a1", "buy", 100, 5), order("a2", "sell", 102, 5)];
  assertEquals(requests([["buy", 103, 5], ["sell", 105, 5]], orders), ["amend a2 5@105"]);
  assertEquals(requests([["buy", 97, 5], ["sell", 99, 5]], orders), ["amend a1 5@97"]);
});

Deno.test("QuoteDiffer watches other strategies' orders, but neither moves nor counts them", () => {
  const other = { strategy: strategyId("arbitrage") };
  const orders = [order("b1", "sell", 100, 5, other), order("b2", "buy", 90, 50, other)];
  assertEquals(requests([["buy", 100, 5], ["buy", 99, 5]], orders), ["place buy 5@99"]);
});

Deno.test("QuoteDiffer does not wait for foreign, closed, or priceless orders", () => {
  const foreign = order("x1", "sell", 100, 5, { origin: "foreign", strategy: FOREIGN });
  const closed = order("a1", "sell", 100, 5, { state: "cancelled" });
  const market = order("a2", "sell", 100, 5, { type: "market", price: undefined });
  assertEquals(requests([["buy", 100, 5]], [foreign, closed, market]), ["place buy 5@100"]);
});

Deno.test("QuoteDiffer leaves immediate orders to their fate", () => {
  const taking = order("a1", "buy", 100, 5, { timeInForce: "ioc" });
  assertEquals(requests([], [taking]), []);
});

Deno.test("QuoteDiffer drops the sells of a board that crosses itself", () => {
  assertEquals(requests([["buy", 101, 5], ["sell", 101, 5], ["sell", 102, 5]], []), [
    "place buy 5@101",
    "place sell 5@102",
  ]);
});

Deno.test("QuoteDiffer stops at thresholds that make no sense", () => {
  assertThrows(
    () => requests([], [], AMENDS, { minTicks: 0, sizeTolerance: 0 }),
    Error,
    "at least one tick",
  );
  assertThrows(
    () => requests([], [], AMENDS, { minTicks: 1, sizeTolerance: -1 }),
    Error,
    "negative",
  );
});

Deno.test("DesiredQuotes forgets on clear, wants no size of zero, and is bounded", () => {
  const desired = new DesiredQuotes();
  desired.add("buy", ticks(1), lots(0));
  desired.add("sell", ticks(1), lots(1));
  assertEquals([desired.bids.count, desired.asks.count], [0, 1]);
  desired.clear();
  assertEquals(desired.asks.count, 0);
  const many = () => {
    for (let level = 0; level < 65; level++) desired.add("buy", ticks(level), lots(1));
  };
  assertThrows(many, Error, "more than 64 quotes");
});
