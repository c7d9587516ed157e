/**
 * Literals, digits and amounts of fixed frames: exactly what stands there, or -1.
 * @module
 */
import {
  digitCount,
  digitsAt,
  FRAME_PADDING,
  FrameText,
  literal,
  quoteAt,
  stepsAt,
  stepsEnd,
} from "@/exchanges/shared/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const encoder = new TextEncoder();
const ALPHABET = 'abcXYZ019{}[]":,.-_';

/** A text with bytes before it and enough behind it. */
function placed(text: string): { bytes: Uint8Array; view: DataView; at: number } {
  const bytes = encoder.encode(`xyz${text}${" ".repeat(FRAME_PADDING)}`);
  return { bytes, view: new DataView(bytes.buffer), at: 3 };
}

Deno.test("literal() of any length ends behind itself and sees every other byte", () => {
  const random = printedRandom("literal");
  for (let size = 1; size <= 80; size++) {
    const text = Array.from({ length: size }, () => ALPHABET[random.integer(19)]!).join("");
    const { bytes, view, at } = placed(text);
    const find = literal(text);
    assertStrictEquals(find(view, at), at + size, text);
    for (let i = 0; i < size; i++) {
      bytes[at + i]! ^= 1 << random.integer(7);
      assertStrictEquals(find(view, at), -1, `${text} with another byte ${i}`);
      bytes.set(encoder.encode(text), at);
    }
    assertStrictEquals(find(view, at), at + size, text);
  }
});

Deno.test("digitsAt() reads 1 to 15 digits exactly, and nothing else", () => {
  const random = printedRandom("digitsAt");
  for (let round = 0; round < 2_000; round++) {
    const value = Math.floor(random.next() * 10 ** (1 + random.integer(15)));
    const { bytes, view, at } = placed(`${value},`);
    const count = String(value).length;
    assertStrictEquals(digitCount(bytes, at, 1 + random.integer(16)), count);
    assertStrictEquals(digitsAt(view, at, count), value);
    const broken = at + random.integer(count);
    const byte = random.chance(0.5) ? 0x2f - random.integer(16) : 0x3a + random.integer(190);
    bytes[broken] = byte;
    assertStrictEquals(digitsAt(view, at, count), -1, `${value} with byte ${byte} in it`);
  }
  const read = (text: string, count: number) => digitsAt(placed(text).view, 3, count);
  assertEquals([read("0", 1), read("05", 2), read("7", 0), read("1".repeat(16), 16)], [
    0,
    -1,
    -1,
    -1,
  ]);
});

Deno.test("stepsAt() is exact, divides by the grid, and says where it ended", () => {
  const cases: [text: string, mantissa: number, scale: number, wanted: number][] = [
    ["67100.10", 1, 1, 671_001],
    ["67100.15", 1, 1, -1],
    ["67100", 5, 1, 134_200],
    ["67100.3", 5, 1, -1],
    ["0.00002345", 1, 8, 2_345],
    ["1234567890.5", 1, 1, 12_345_678_905],
    ["99999999999999999", 1, 0, -1],
    ["1.", 1, 1, -1],
    [".5", 1, 1, -1],
    ["-1", 1, 1, -1],
    ["", 1, 1, -1],
    ["1", 1, 30, -1],
  ];
  for (const [text, mantissa, scale, wanted] of cases) {
    const { bytes, at } = placed(`${text}"`);
    assertStrictEquals(stepsAt(bytes, at, { mantissa, scale }), wanted, text);
    if (wanted >= 0) assertStrictEquals(stepsEnd[0], at + text.length, text);
  }
});

Deno.test("quoteAt() ends a plain text and no other", () => {
  const read = (text: string, end: number) => quoteAt(encoder.encode(text), 0, end);
  assertEquals([read('ab"', 3), read('"', 1), read('ab"', 2), read('a\\"', 3)], [2, 0, -1, -1]);
  assertStrictEquals(read('a\n"', 3), -1);
});

Deno.test("FrameText reads where the frame lies, or a copy where its buffer ends", () => {
  const frame = new FrameText();
  const roomy = encoder.encode(`..{"a":1}${"y".repeat(FRAME_PADDING)}`);
  frame.take(roomy, 2, 9);
  assert(frame.bytes === roomy, "wanted the bytes where they lie");
  assertEquals([frame.start, frame.end], [2, 9]);
  const tight = encoder.encode(`${"x".repeat(9_000)}{"a":1}`);
  for (const [start, end] of [[9_000, 9_007], [0, 9_007]] as const) {
    frame.take(tight, start, end);
    assertEquals(
      frame.bytes.subarray(frame.start, frame.end),
      tight.subarray(start, end),
    );
    assert(frame.bytes.length - frame.end >= FRAME_PADDING, "wanted room behind the copy");
    assertStrictEquals(frame.view.getUint8(frame.end - 1), 0x7d);
  }
  const other = encoder.encode(`[1]${"z".repeat(FRAME_PADDING)}`);
  for (let turn = 0; turn < 3; turn++) {
    frame.take(roomy, 2, 9);
    assertStrictEquals(frame.view.getUint8(frame.start), 0x7b);
    const { view } = frame;
    frame.take(other, 0, 3);
    assertStrictEquals(frame.view.getUint8(frame.start), 0x5b);
    frame.take(roomy, 2, 9);
    assert(frame.view === view, "wanted the view of a buffer that comes in turn");
  }
});
