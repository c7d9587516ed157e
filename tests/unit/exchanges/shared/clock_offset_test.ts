/**
 * Whose clock is how far off.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { ClockOffset } from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function sample(offset: ClockOffset, sent: number, venue: number, received: number): void {
  offset.sample(micros(sent), micros(venue), micros(received));
}

Deno.test("ClockOffset is the venue's clock less ours at the middle of the round trip", () => {
  const offset = new ClockOffset();
  assertEquals([offset.known, offset.offsetMicros, offset.errorMicros], [false, 0, Infinity]);
  sample(offset, 1_000, 6_500, 2_000);
  assertEquals([offset.known, offset.offsetMicros, offset.errorMicros], [true, 5_000, 500]);
  assertEquals(offset.toVenue(micros(10)), 5_010);
});

Deno.test("ClockOffset believes the sample with the smallest round trip of the last eight", () => {
  const offset = new ClockOffset();
  sample(offset, 1_000, 1_150, 1_100);
  for (let index = 0; index < 7; index++) sample(offset, 1_000, 9_000, 5_000 + index);
  assertEquals(offset.offsetMicros, 100);
  sample(offset, 1_000, 8_000, 4_000);
  assertEquals(offset.offsetMicros, 5_500);
  assertEquals(offset.errorMicros, 1_500);
});

Deno.test("ClockOffset passes over samples that cannot be", () => {
  const offset = new ClockOffset();
  sample(offset, 2_000, 5_000, 1_000);
  sample(offset, 1_000, 0, 2_000);
  sample(offset, 1_000, NaN, 2_000);
  assertEquals(offset.known, false);
});
