/**
 * Levels of books from bytes: every broken form is refused, long numbers are exact.
 * @module
 */
import { LevelBuffer } from "@/engine/messages/mod.ts";
import { scanLevels } from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const encoder = new TextEncoder();

Deno.test("scanLevels() refuses every broken form", () => {
  const broken = [
    "[",
    "[[",
    '[["1","2"',
    '[["1","2"]',
    '[["1","2"],',
    '[["1","2"],]',
    '[["1"]]',
    '[["1",]]',
    '[["1","2" ]]',
    '[ ["1","2"]]',
    '[["1" ,"2"]]',
    '[["1","-2"]]',
    '[["-1","2"]]',
    '[["1","2",["3"]]]',
    '[["1","2",{}]]',
    '[["1","2"x]]',
    '[["","2"]]',
    '[["1.","2"]]',
    '[["1e5","2"]]',
    '[["1.23","2"]]',
    '[["1,"2"]]',
    '[[1","2"]]',
    '[["1","99999999999999999999"]]',
    '[{"p":"1"}]',
  ];
  for (const text of broken) {
    const bytes = encoder.encode(text);
    const grid = { mantissa: 1, scale: 1 };
    assertEquals(scanLevels(bytes, 0, bytes.length, grid, grid, new LevelBuffer()), -1, text);
  }
  const bytes = encoder.encode("[]");
  const fine = { mantissa: 1, scale: 1 };
  assertEquals(scanLevels(bytes, 0, 2, fine, fine, new LevelBuffer()), 2);
  const absurd = { mantissa: 1, scale: 30 };
  assertEquals(scanLevels(bytes, 0, 2, fine, absurd, new LevelBuffer()), -1);
});

Deno.test("scanLevels() reads quoted and bare amounts, and steps over what follows them", () => {
  const grid = { mantissa: 1, scale: 2 };
  const read = (text: string, end = text.length) => {
    const out = new LevelBuffer(1);
    const next = scanLevels(encoder.encode(text), 0, end, grid, grid, out);
    return next < 0 ? next : [next, ...out.prices.subarray(0, out.count)];
  };
  assertEquals(read("[]"), [2]);
  assertEquals(read('[["1.5","2"],["3","0","0","12"]]'), [32, 150, 300]);
  assertEquals(read('[["1.5",2],[3,"0",7,"x",null]]'), [30, 150, 300]);
  for (const text of ["", "{}", '[["1","2"],]', '[["1","2"] ]']) {
    assertEquals(read(text), -1, text);
  }
  const bare = encoder.encode('[["1",2]]');
  assertEquals(scanLevels(bare, 0, bare.length, grid, grid, new LevelBuffer(), true), -1);
  // What lies behind the frame in the buffer is not read as its levels.
  assertEquals(read('[["1","2"],["3","4"]]', 10), -1);
  assertEquals(read('[["1","2"],["3","4"]]', 20), -1);
});

Deno.test("scanLevels() divides by grids whose step is not one unit", () => {
  const read = (text: string) => {
    const out = new LevelBuffer(1);
    out.push(7, 7);
    const bytes = encoder.encode(text);
    const [half, five] = [{ mantissa: 5, scale: 1 }, { mantissa: 5, scale: 0 }];
    if (scanLevels(bytes, 0, bytes.length, half, five, out) < 0) return -1;
    return [out.prices.subarray(0, out.count), out.sizes.subarray(0, out.count)].map((a) => [...a]);
  };
  assertEquals(read('[["100.5","15"],["3","0"]]'), [[7, 201, 6], [7, 3, 0]]);
  assertEquals(read('[["100.4","15"]]'), -1);
  assertEquals(read('[["100.5","16"]]'), -1);
});

Deno.test("scanLevels() reads numbers of any length exactly or not at all", () => {
  const cases: [text: string, scale: number, wanted: number][] = [
    ["999999999", 0, 999_999_999],
    ["1000000000", 0, 1_000_000_000],
    ["4294967297", 0, 4_294_967_297],
    ["9007199254740991", 0, Number.MAX_SAFE_INTEGER],
    ["9007199254740992", 0, -1],
    ["0.00002345", 8, 2_345],
    ["123456.12345678", 8, 12_345_612_345_678],
    ["1.50000000", 1, 15],
    ["1.05000000", 1, -1],
    ["7", 15, 7_000_000_000_000_000],
    ["7", 16, -1],
  ];
  for (const [text, scale, wanted] of cases) {
    const fine = { mantissa: 1, scale };
    const whole = { mantissa: 1, scale: 0 };
    for (const isPrice of [true, false]) {
      const out = new LevelBuffer();
      const bytes = encoder.encode(isPrice ? `[["${text}","1"]]` : `[["1","${text}"]]`);
      const grids = isPrice ? [fine, whole] as const : [whole, fine] as const;
      const next = scanLevels(bytes, 0, bytes.length, ...grids, out);
      const found = next < 0 ? -1 : (isPrice ? out.prices : out.sizes)[0];
      assertEquals(found, wanted, `${text} of scale ${scale}`);
    }
  }
});
