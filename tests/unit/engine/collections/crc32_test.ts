/**
 * CRC-32 against its published check value and a bit-by-bit twin.
 * @module
 */
import { crc32 } from "@/engine/collections/mod.ts";
import { assertStrictEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const text = (value: string) => new TextEncoder().encode(value);

Deno.test("crc32() gives the published check value", () => {
  assertStrictEquals(crc32(text("123456789")), 0xcbf43926);
  assertStrictEquals(crc32(text("")), 0);
  assertStrictEquals(
    crc32(text("The quick brown fox jumps over the lazy dog")),
    0x414fa339,
  );
});

Deno.test("crc32() equals its bit-by-bit twin for every length and offset", () => {
  const random = printedRandom("crc32");
  const bytes = Uint8Array.from({ length: 80 }, () => random.integer(256));
  for (let start = 0; start < 5; start++) {
    for (let end = start; end <= bytes.length; end++) {
      assertStrictEquals(crc32(bytes, start, end), slowCrc32(bytes.subarray(start, end)));
    }
  }
});

Deno.test("crc32() joins parts through its seed", () => {
  const bytes = text("split me anywhere");
  for (let at = 0; at <= bytes.length; at++) {
    const first = crc32(bytes, 0, at);
    assertStrictEquals(crc32(bytes, at, bytes.length, first), crc32(bytes));
  }
});

function slowCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
