/**
 * What two lines say without a time is taken of one of them, for as long as it speaks.
 * @module
 */
import { instrumentIndex, micros, MICROS_UNKNOWN } from "@/engine/domain/mod.ts";
import { LineMerge } from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { moneyOf } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const BTC = instrumentIndex(0);
const START = 1_700_000_000_000_000;

Deno.test("LineMerge takes what says no time of one line, until that one falls silent", () => {
  const heard: string[] = [];
  const merge = new LineMerge({
    numbering: "contiguous",
    takesSnapshots: false,
    scheduler: new ManualClock(),
    deliver: (event) => heard.push(`${(event.at - START) / 1_000}`),
  });
  const [a, b] = [merge.open(), merge.open()];
  const mark = (source: number, ms: number) =>
    merge.take(source, {
      kind: "mark_price",
      instrument: BTC,
      at: micros(START + ms * 1_000),
      venueAt: MICROS_UNKNOWN,
      mark: moneyOf("1"),
      index: undefined,
    });
  for (let ms = 0; ms <= 4_000; ms += 1_000) {
    mark(a, ms);
    mark(b, ms + 1);
  }
  assertEquals(heard.splice(0).join(" "), "0 1000 2000 3000 4000");
  // A stays open and says no more.
  for (let ms = 5_001; ms <= 11_001; ms += 1_000) mark(b, ms);
  assertEquals(heard.splice(0).join(" "), "9001 10001 11001");
  mark(a, 11_002);
  mark(b, 12_001);
  assertEquals(heard.join(" "), "12001");
});
