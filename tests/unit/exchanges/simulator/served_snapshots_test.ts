/**
 * `ServedSnapshots`: what is served again, and what never is.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { micros } from "@/engine/domain/mod.ts";
import { FaultPlan, ServedSnapshots } from "@/exchanges/simulator/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const now = micros(1_760_000_000_000_000);

Deno.test("ServedSnapshots.serve() repeats a book at its depth when a fault says so", () => {
  const faults = new FaultPlan({ randomFor: () => new SeededRandom(1) });
  const served = new ServedSnapshots<string>();
  const [book, other] = [{}, {}];
  let made = 0;
  const ask = (of: object, depth: number) =>
    served.serve(of, depth, { faults, now }, () => `${++made}`);
  assertEquals([ask(book, 5), ask(book, 5), ask(book, 20)], ["1", "2", "3"]);
  faults.add({ kind: "stale_snapshot", once: true });
  assertEquals([ask(other, 5), ask(book, 10)], ["4", "5"], "nothing was served before");
  assertEquals(faults.counts(), {});
  assertEquals([ask(book, 5), ask(book, 5)], ["2", "6"]);
  assertEquals(faults.counts(), { stale_snapshot: 1 });
});

Deno.test("ServedSnapshots forgets when too many depths are asked for", () => {
  const served = new ServedSnapshots<number>();
  const faults = new FaultPlan({ randomFor: () => new SeededRandom(1) });
  const book = {};
  const ask = (depth: number) => served.serve(book, depth, { faults, now }, () => depth);
  for (let depth = 0; depth < 40; depth++) ask(depth);
  faults.add({ kind: "stale_snapshot" });
  assertEquals([ask(0), faults.counts()], [0, {}]);
  assertEquals([ask(39), faults.counts()], [39, { stale_snapshot: 1 }]);
});
