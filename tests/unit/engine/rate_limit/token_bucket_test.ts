/**
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { TokenBucket } from "@/engine/rate_limit/token_bucket.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";

const SECOND = 1_000_000;
const T0 = micros(5_000_000);

Deno.test("TokenBucket starts full and refuses what it does not hold", () => {
  const bucket = new TokenBucket(3, 10, SECOND, T0);
  assertEquals(bucket.burst, 3);
  assert(bucket.tryTake(2, 0, T0));
  assert(!bucket.tryTake(2, 0, T0));
  assert(bucket.tryTake(1, 0, T0));
  assertEquals(bucket.available(T0), 0);
});

Deno.test("TokenBucket refills by the given clock, up to its burst", () => {
  const bucket = new TokenBucket(3, 10, SECOND, T0);
  bucket.tryTake(3, 0, T0);
  assert(!bucket.tryTake(1, 0, micros(T0 + 99_999)));
  assert(bucket.tryTake(1, 0, micros(T0 + 100_000)));
  assertEquals(bucket.available(micros(T0 + 60 * SECOND)), 3);
});

Deno.test("TokenBucket gains nothing from a clock that goes back", () => {
  const bucket = new TokenBucket(1, 1, SECOND, T0);
  bucket.tryTake(1, 0, T0);
  assertEquals(bucket.available(micros(T0 - 10 * SECOND)), 0);
  assertEquals(bucket.available(micros(T0 + SECOND / 2)), 0.5);
});

Deno.test("TokenBucket leaves the reserve to those who may spend it", () => {
  const bucket = new TokenBucket(3, 10, SECOND, T0);
  assert(bucket.tryTake(1, 2, T0));
  assert(!bucket.tryTake(1, 2, T0));
  assert(bucket.tryTake(2, 0, T0));
});

Deno.test("TokenBucket.lowerTo() only lowers, below zero too", () => {
  const bucket = new TokenBucket(3, 10, SECOND, T0);
  bucket.lowerTo(5, T0);
  assertEquals(bucket.available(T0), 3);
  bucket.lowerTo(-1, T0);
  assertEquals(bucket.available(T0), -1);
  assert(!bucket.tryTake(1, 0, micros(T0 + 100_000)));
  assert(bucket.tryTake(1, 0, micros(T0 + 200_000)));
});

Deno.test("TokenBucket stops at limits that make no sense", () => {
  assertThrows(() => new TokenBucket(0, 1, 1, T0), Error, "hold some weight");
  assertThrows(() => new TokenBucket(1, 0, 1, T0), Error, "must refill");
  assertThrows(() => new TokenBucket(1, 1, 0, T0), Error, "above zero");
  assertThrows(() => new TokenBucket(1, 1, 1, T0).tryTake(-1, 0, T0), Error, "negative");
});
