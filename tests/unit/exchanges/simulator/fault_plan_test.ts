/**
 * `FaultPlan`: chance, windows, single shots, the wire.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { micros, nanos } from "@/engine/domain/mod.ts";
import {
  type FaultKind,
  FaultPlan,
  type FaultRule,
  faultRules,
  wireFaults,
} from "@/exchanges/simulator/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

const NOW = micros(1_760_000_000_000_000);

function planOf(...rules: FaultRule[]): FaultPlan {
  return new FaultPlan({ randomFor: (name) => new SeededRandom(`1/${name}`), rules });
}

Deno.test("FaultPlan.decide() keeps to a rule's probability and counts", () => {
  const plan = planOf({ kind: "drop", probability: 0.2 });
  let dropped = 0;
  for (let i = 0; i < 10_000; i++) if (plan.decide("drop", NOW)) dropped++;
  assert(dropped > 1_850 && dropped < 2_150, `${dropped} of 10,000`);
  assertEquals(plan.counts(), { drop: dropped });
  assertEquals([plan.has("drop"), plan.has("cut"), plan.decide("cut", NOW)], [true, false, false]);
});

Deno.test("FaultPlan.decide() holds inside its window only, and once when told so", () => {
  const plan = planOf(
    { kind: "freeze", from: micros(NOW + 10), until: micros(NOW + 20) },
    { kind: "cut", once: true },
  );
  const at = (offset: number) => plan.decide("freeze", micros(NOW + offset));
  assertEquals([at(9), at(10), at(19), at(20)], [false, true, true, false]);
  assertEquals([plan.decide("cut", NOW), plan.decide("cut", NOW)], [true, false]);
  plan.clear("freeze");
  assertEquals(at(15), false);
  plan.clear();
  assertEquals(plan.counts(), { freeze: 2, cut: 1 });
});

Deno.test("FaultPlan: a rule of one kind does not reshuffle another's luck", () => {
  const drawsOf = (plan: FaultPlan) =>
    Array.from({ length: 200 }, () => {
      plan.decide("repeat", NOW);
      return plan.decide("drop", NOW);
    });
  const alone = drawsOf(planOf({ kind: "drop", probability: 0.3 }));
  const both = drawsOf(
    planOf({ kind: "repeat", probability: 0.5 }, { kind: "drop", probability: 0.3 }),
  );
  assertEquals(alone, both);
});

Deno.test("FaultPlan.add() is bounded and forgets spent rules first", () => {
  const plan = planOf();
  for (let i = 0; i < 256; i++) assert(plan.add({ kind: "cut", once: true }));
  assertEquals(plan.add({ kind: "drop" }), false);
  plan.decide("cut", NOW);
  assertEquals(plan.add({ kind: "drop" }), true);
});

Deno.test("faultRules(): harsh has every kind of mild, more often", () => {
  assertEquals(faultRules("none"), []);
  const harsh = new Map(faultRules("harsh").map((rule) => [rule.kind, rule.probability!]));
  for (const { kind, probability } of faultRules("mild")) {
    assert(harsh.get(kind)! > probability!, kind);
  }
});

Deno.test("wireFaults() turns decided faults into fates of messages", () => {
  const clock = { now: () => NOW, monotonic: () => nanos(0) };
  const fateOf = (kind: FaultKind, direction: "in" | "out", channel: "http" | "ws") => {
    const plan = planOf({ kind, once: true, delayMs: 100 });
    const faults = wireFaults(plan, clock, new SeededRandom(3));
    const fate = faults.fate(direction, channel, "/", 1_000);
    assertEquals(faults.fate(direction, channel, "/", 1_000), { kind: "pass" });
    return fate;
  };
  assertEquals(fateOf("request_lost", "in", "http"), { kind: "drop" });
  assertEquals(fateOf("answer_lost", "out", "http"), { kind: "drop" });
  assertEquals(fateOf("answer_late", "out", "http").kind, "delay");
  assertEquals(fateOf("html", "out", "http").kind, "replace");
  assertEquals(fateOf("drop", "out", "ws"), { kind: "drop" });
  assertEquals(fateOf("repeat", "out", "ws"), { kind: "repeat" });
  assertEquals(fateOf("reorder", "out", "ws").kind, "reorder");
  assertEquals(fateOf("freeze", "out", "ws").kind, "freeze");
  assertEquals(fateOf("cut", "out", "ws"), { kind: "cut", atByte: 0 });
  const delay = fateOf("delay", "out", "ws");
  assert(delay.kind === "delay" && delay.ms >= 50 && delay.ms < 150);
  const cut = fateOf("cut_mid_frame", "out", "ws");
  assert(cut.kind === "cut" && cut.atByte > 0 && cut.atByte < 1_000);
  for (const [atByte, size, wanted] of [[7, 1_000, 7], [7, 5, 4], [7, 1, 1]] as const) {
    const plan = planOf({ kind: "cut_mid_frame", atByte });
    const faults = wireFaults(plan, clock, new SeededRandom(3));
    assertEquals(faults.fate("out", "ws", "/", size), { kind: "cut", atByte: wanted });
  }
});
