/**
 * What is remembered of orders when their instrument's lot becomes finer.
 * @module
 */
import { clientOrderId, createInstrument, size, unwrap } from "@/engine/domain/mod.ts";
import { FLAG_SHORT_TERM } from "@/exchanges/dydx/_order_ids.ts";
import { OrderTracker } from "@/exchanges/dydx/_order_tracker.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, ethPerp } from "@/tests/support/builders.ts";

Deno.test("OrderTracker.redefine() counts sizes and fills on the finer lot, once", () => {
  const tracker = new OrderTracker();
  const instrument = btcPerp();
  const open = (id: string, of = instrument) => {
    const order = tracker.open(id, of, clientOrderId(id), FLAG_SHORT_TERM, true);
    order.size = size(20);
    return order;
  };
  const [first, unsized, other] = [open("1"), open("2"), open("3", ethPerp())];
  unsized.size = undefined;
  tracker.noteFill("1", "fill" as never, size(5));
  unwrap(instrument.follow({ ...instrument.terms, lot: "0.0001" }));
  tracker.redefine(instrument);
  tracker.redefine(unwrap(createInstrument(instrument.index, instrument.terms)));
  assertEquals([first.size, first.filled], [200, 50] as never);
  assertEquals([unsized.size, other.size], [undefined, size(20)]);
  // What is opened afterwards is counted on it from the start.
  const later = open("4");
  tracker.redefine(instrument);
  assertEquals(later.size, size(20));
});
