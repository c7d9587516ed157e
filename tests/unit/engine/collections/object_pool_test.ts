/**
 * Reuse, and what it refuses.
 * @module
 */
import { ObjectPool } from "@/engine/collections/mod.ts";
import { assertEquals, assertStrictEquals, assertThrows } from "@/tests/support/assert.ts";

Deno.test("ObjectPool hands the same object out again", () => {
  const pool = new ObjectPool(() => ({ value: 0 }), 4);
  const first = pool.take();
  first.value = 7;
  pool.release(first);
  assertEquals([pool.size, pool.takenCount], [1, 0]);
  assertStrictEquals(pool.take(), first);
});

Deno.test("ObjectPool stops at a double release and at a stranger", () => {
  const pool = new ObjectPool(() => ({ value: 0 }), 4);
  const object = pool.take();
  pool.release(object);
  assertThrows(() => pool.release(object), Error, "released twice");
  assertThrows(() => pool.release({ value: 0 }), Error, "not of this pool");
});

Deno.test("ObjectPool keeps no more than its bound", () => {
  const pool = new ObjectPool(() => ({ value: 0 }), 2);
  const taken = [pool.take(), pool.take(), pool.take()];
  for (const object of taken) pool.release(object);
  assertEquals([pool.size, pool.takenCount], [2, 0]);
});
