/**
 * Bytes of requests, digit by digit.
 * @module
 */
import { InvariantError } from "@/engine/domain/mod.ts";
import { ByteWriter } from "@/exchanges/shared/mod.ts";
import { assertEquals, assertThrows } from "@/tests/support/assert.ts";

Deno.test("ByteWriter writes text, numbers, decimals, hex and raw bytes", () => {
  const writer = new ByteWriter(1);
  writer.ascii('{"p":"').fixed(6_425_010, 2).ascii('","q":"').decimal(1_500, 3).byte(0x22)
    .ascii(',"t":').integer(1_760_000_003_000).ascii(',"n":').integer(-7).ascii(',"s":"')
    .hex(Uint8Array.of(0, 171, 255)).utf8("ü€").raw(new TextEncoder().encode('xx"}yy'), 2, 4);
  assertEquals(
    writer.text(),
    '{"p":"64250.10","q":"1.5","t":1760000003000,"n":-7,"s":"00abffü€"}',
  );
  assertEquals(writer.reset().text(), "");
  assertEquals(writer.ascii("again").view().length, 5);
  const long = new Uint8Array(1_000).fill(65);
  assertEquals(writer.reset().raw(long).text(), "A".repeat(1_000));
});

Deno.test("ByteWriter writes decimals plain at every edge", () => {
  const write = (value: number, scale: number) => new ByteWriter(1).decimal(value, scale).text();
  const fix = (value: number, scale: number) => new ByteWriter(1).fixed(value, scale).text();
  assertEquals([write(0, 8), write(1, 8), write(-1, 8)], ["0", "0.00000001", "-0.00000001"]);
  assertEquals([write(100, 0), write(100, 1), write(100, 2)], ["100", "10", "1"]);
  assertEquals(write(Number.MAX_SAFE_INTEGER, 3), "9007199254740.991");
  assertEquals(write(-Number.MAX_SAFE_INTEGER, 16), "-0.9007199254740991");
  assertEquals([fix(0, 3), fix(5, 3), fix(-5_000, 3)], ["0.000", "0.005", "-5.000"]);
  assertEquals(new ByteWriter().steps(405, { mantissa: 25, scale: 2 }).text(), "101.25");
  for (let digits = 1; digits <= 15; digits++) {
    for (const value of [10 ** digits - 1, 10 ** digits, 10 ** digits + 1, 2 ** 31 - 1, 2 ** 31]) {
      assertEquals(new ByteWriter(1).integer(value).text(), String(value));
    }
  }
});

Deno.test("ByteWriter refuses what would be wrong on the wire", () => {
  assertThrows(() => new ByteWriter().integer(0.5), InvariantError, "safe integer");
  assertThrows(() => new ByteWriter().fixed(2 ** 53, 1), InvariantError, "safe integer");
  assertThrows(() => new ByteWriter().ascii("ü"), InvariantError, "ASCII");
});
