/**
 * Changed terms: the grid that both the old and the new steps are multiples of.
 * @module
 */
import {
  areSameTerms,
  changedTerms,
  createInstrument,
  instrumentIndex,
  type InstrumentTerms,
  unwrap,
} from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { btcPerp } from "@/tests/support/builders.ts";

const KNOWN: InstrumentTerms = { ...btcPerp().terms, tick: "0.1", lot: "0.001" };

function steps(changes: Partial<InstrumentTerms>): (string | undefined)[] {
  const { tick, orderTick, lot, orderLot } = unwrap(changedTerms(KNOWN, { ...KNOWN, ...changes }));
  return [tick, orderTick, lot, orderLot];
}

Deno.test("changedTerms() keeps the grid under a coarser step, and orders get the new one", () => {
  assertEquals(steps({ tick: "1", lot: "0.01" }), ["0.1", "1", "0.001", "0.01"]);
});

Deno.test("changedTerms() takes a finer step for the grid", () => {
  assertEquals(steps({ tick: "0.01", lot: "0.0001" }), ["0.01", undefined, "0.0001", undefined]);
});

Deno.test("changedTerms() finds the step that both are multiples of", () => {
  assertEquals(steps({ tick: "0.25", lot: "0.0025" }), ["0.05", "0.25", "0.0005", "0.0025"]);
});

Deno.test("changedTerms() keeps an order step that the venue itself lists beside its grid", () => {
  assertEquals(steps({ tick: "0.01", orderTick: "0.1" }), ["0.01", "0.1", "0.001", undefined]);
});

Deno.test("changedTerms() comes back to the old order step on the grid it has by then", () => {
  const finer = unwrap(changedTerms(KNOWN, { ...KNOWN, tick: "0.01" }));
  const back = unwrap(changedTerms(finer, KNOWN));
  assertEquals([back.tick, back.orderTick], ["0.01", "0.1"]);
  assert(areSameTerms(back, unwrap(changedTerms(back, KNOWN))), "nothing more to change");
});

Deno.test("changedTerms() refuses another contract size, and steps that are none", () => {
  for (
    const [changes, said] of [
      [{ contractSize: "10" }, /wanted contract size 1, found "10"/],
      [{ tick: "0" }, /tick: wanted a step above 0, found "0"/],
      [{ lot: "x" }, /lot: Cannot read a number/],
    ] as const
  ) {
    const refused = changedTerms(KNOWN, { ...KNOWN, ...changes });
    assert(!refused.ok);
    assertMatch(refused.error, said);
  }
});

Deno.test("areSameTerms() sees through the writing of numbers, and nothing else", () => {
  assert(areSameTerms(KNOWN, { ...KNOWN, tick: "0.10", lot: "1e-3" }));
  assert(!areSameTerms(KNOWN, { ...KNOWN, minNotional: "7" }));
  assert(!areSameTerms(KNOWN, { ...KNOWN, extra: { amendAllowed: "false" } }));
});

Deno.test("Instrument.follow() takes terms over in place, or changes nothing", () => {
  const index = instrumentIndex(3);
  const instrument = unwrap(createInstrument(index, KNOWN));
  const before = unwrap(createInstrument(index, KNOWN));
  assert(instrument.hasGridsOf(before));
  assert(!instrument.follow({ ...KNOWN, tick: "0" }).ok);
  assertEquals(instrument.terms, KNOWN);
  unwrap(instrument.follow({ ...KNOWN, tick: "0.01", minNotional: "9" }));
  assertEquals(unwrap(instrument.priceFromText("10.01")), 1_001 as never);
  assertEquals([instrument.index, instrument.minNotionalValue], [index, 9]);
  assert(!instrument.hasGridsOf(before));
});
