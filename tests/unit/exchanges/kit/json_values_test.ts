/**
 * JSON read without trust: long ids keep their digits, nothing throws, absent is never zero.
 * @module
 */
import {
  decimalField,
  idField,
  integerField,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "@/exchanges/kit/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

Deno.test("textOf() reads the bytes between its ends, broken ones included", () => {
  const bytes = new Uint8Array([120, 123, 0xff, 125, 120]);
  assertEquals(textOf(bytes, 1, 4), "{\ufffd}");
  assertEquals(textOf(bytes, 2, 2), "");
});

Deno.test("parseJson() keeps whole numbers of sixteen digits and more as text, wherever", () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ["9007199254740993", "9007199254740993"],
    ["[-9007199254740993,1]", ["-9007199254740993", 1]],
    ['{"id":1234567890123456}', { id: "1234567890123456" }],
    ['{"id": 1234567890123456 , "x":12}', { id: "1234567890123456", x: 12 }],
    ['{"id":123456789012345}', { id: 123_456_789_012_345 }],
    ['{"id":"1234567890123456"}', { id: "1234567890123456" }],
    ['{"1234567890123456":1}', { "1234567890123456": 1 }],
    ['{"x":"\\"1234567890123456","y":1234567890123456}', {
      x: '"1234567890123456',
      y: "1234567890123456",
    }],
    ['{"x":"\\\\","y":1234567890123456}', { x: "\\", y: "1234567890123456" }],
  ];
  for (const [text, expected] of cases) assertEquals(parseJson(text), expected, text);
});

Deno.test("parseJson() leaves long decimals and exponents numbers", () => {
  assertEquals(parseJson("0.12345678901234567"), 0.123_456_789_012_345_67);
  assertEquals(parseJson("12345678901234567.5"), 12_345_678_901_234_567.5);
  assertEquals(parseJson("1234567890123456e2"), 123_456_789_012_345_600);
});

Deno.test("parseJson() says undefined of what is no JSON", () => {
  for (const text of ["", "<html>", "{", '{"a":}', '"1234567890123456', "12345678901234567x"]) {
    assertEquals(parseJson(text), undefined, text);
  }
});

Deno.test("parseJson() agrees with JSON.parse on cut and changed texts, but for long integers", () => {
  const random = printedRandom("parseJson");
  const whole = '{"a":[1,-2.5e3,"x\\"y",null,{"b":"123456789012345678"}],"c":true}';
  const letters = '{}[],:"\\x1-. ';
  for (let round = 0; round < 3_000; round++) {
    const at = Math.floor(random.next() * whole.length);
    const letter = letters[Math.floor(random.next() * letters.length)]!;
    const rest = random.next() < 0.5 ? "" : letter + whole.slice(at + 1);
    const text = whole.slice(0, at) + rest;
    let expected: unknown;
    try {
      expected = JSON.parse(text);
    } catch {
      expected = undefined;
    }
    // A lost quote bares the long digits: then they are text or nothing, never a changed number.
    const found = parseJson(text);
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      assertEquals(/[^"\d]\d{16}/.test(text), true, text);
    }
  }
});

Deno.test("objectOf() takes objects alone, objectsOf() lists of nothing else", () => {
  const object = { a: 1 };
  assertEquals(objectOf(object), object);
  for (const value of [null, undefined, [], [object], "x", 1, true]) {
    assertEquals(objectOf(value), undefined);
  }
  assertEquals(objectsOf([object, {}]), [object, {}]);
  assertEquals(objectsOf([]), []);
  for (const value of [object, [object, null], [[object]], "[]", undefined]) {
    assertEquals(objectsOf(value), undefined);
  }
});

Deno.test("integerField() reads safe whole numbers, also as text, and nothing else", () => {
  const read = (x: unknown) => integerField({ x }, "x");
  assertEquals([read(5), read(-5), read("12"), read("-12")], [5, -5, 12, -12]);
  assertEquals(read("9007199254740991"), 9_007_199_254_740_991);
  for (
    const value of ["9007199254740992", 2 ** 53, 1.5, NaN, "1.0", "", " 1", "1e3", null, true, []]
  ) {
    assertEquals(read(value), undefined, String(value));
  }
  assertEquals(integerField({}, "x"), undefined);
});

Deno.test('textField(), idField() and decimalField() say "" of what is absent or of another type', () => {
  const odd: readonly unknown[] = [undefined, null, true, [], {}, ["1"]];
  for (const x of odd) {
    assertEquals([textField({ x }, "x"), idField({ x }, "x"), decimalField({ x }, "x")], [
      "",
      "",
      "",
    ]);
  }
  assertEquals(textField({ x: "a" }, "x"), "a");
  assertEquals(textField({ x: 1 }, "x"), "");
  assertEquals([idField({ x: "007" }, "x"), idField({ x: 7 }, "x")], ["007", "7"]);
  assertEquals([idField({ x: 2 ** 53 }, "x"), idField({ x: 1.5 }, "x")], ["", ""]);
  assertEquals([decimalField({ x: "0.10" }, "x"), decimalField({ x: 0.5 }, "x")], ["0.10", "0.5"]);
  assertEquals(decimalField({ x: Infinity }, "x"), "");
});
