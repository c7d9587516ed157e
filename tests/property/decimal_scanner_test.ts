/**
 * Text to ticks to text is the identity; bad text is refused, never rounded.
 * @module
 */
import fc from "fast-check";
import { type Grid, stepsFromText, stepsToText } from "@/engine/domain/mod.ts";
import { LevelBuffer } from "@/engine/messages/mod.ts";
import {
  ByteWriter,
  REFUSED,
  scanDecimal,
  scanLevels,
  scanSignedTicks,
  scanTicks,
} from "@/exchanges/shared/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { printedSeed } from "@/tests/support/seeds.ts";

const encoder = new TextEncoder();
const RUNS = 3_000;

const grids: fc.Arbitrary<Grid> = fc.record({
  mantissa: fc.constantFrom(1, 1, 1, 2, 5, 25, 125, 3, 1_000),
  scale: fc.integer({ min: 0, max: 12 }),
});

/** Any count of steps whose scaled value stays below 2^53. */
const steps = fc.tuple(grids, fc.maxSafeNat()).map(([grid, raw]) => ({
  grid,
  count: Math.floor(raw / grid.mantissa),
}));

function scan(text: string, grid: Grid): number {
  // Other bytes stand around the text, as in a frame.
  const bytes = encoder.encode(`7${text}7`);
  return scanTicks(bytes, 1, bytes.length - 1, grid);
}

Deno.test("scanTicks() and ByteWriter.steps() are each other's inverse", () => {
  const seed = printedSeed("scan and write");
  fc.assert(
    fc.property(steps, ({ grid, count }) => {
      const written = new ByteWriter(4).steps(count, grid).text();
      assertEquals(written, stepsToText(count, grid));
      assertEquals(scan(written, grid), count);
      assertEquals(scan(`000${written}`, grid), count);
      const fixed = new ByteWriter(4).fixed(count * grid.mantissa, grid.scale).text();
      assertEquals(scan(fixed, grid), count);
      assertEquals(scan(fixed.includes(".") ? `${fixed}000` : `${fixed}.000`, grid), count);
    }),
    { seed, numRuns: RUNS },
  );
});

Deno.test("scanTicks() agrees with the exact slow reader on any decimal text, or refuses", () => {
  const seed = printedSeed("scan against slow reader");
  const decimals = fc.tuple(
    fc.stringMatching(/^\d{1,18}$/),
    fc.option(fc.stringMatching(/^\d{1,14}$/)),
    fc.boolean(),
  ).map(([whole, fraction, negative]) =>
    `${negative ? "-" : ""}${whole}${fraction === null ? "" : `.${fraction}`}`
  );
  fc.assert(
    fc.property(grids, decimals, (grid, text) => {
      const slow = stepsFromText(text, grid);
      const bytes = encoder.encode(text);
      const signed = scanSignedTicks(bytes, 0, bytes.length, grid);
      // The scanner also needs the scaled value, before the division, below 2^53.
      const fits = slow.ok && Math.abs(slow.value) * grid.mantissa <= Number.MAX_SAFE_INTEGER;
      assertEquals(signed, fits ? slow.value + 0 : NaN, `"${text}" on ${JSON.stringify(grid)}`);
      if (text.startsWith("-")) assertEquals(scan(text, grid), REFUSED);
    }),
    { seed, numRuns: RUNS },
  );
});

Deno.test("scanTicks() refuses what is off the grid by any digit", () => {
  const seed = printedSeed("off the grid");
  fc.assert(
    fc.property(
      steps,
      fc.integer({ min: 1, max: 9 }),
      fc.nat(6),
      ({ grid, count }, digit, zeros) => {
        const exact = new ByteWriter().fixed(count * grid.mantissa, grid.scale).text();
        const point = exact.includes(".") ? "" : ".";
        assertEquals(scan(`${exact}${point}${"0".repeat(zeros)}${digit}`, grid), REFUSED);
        if (grid.mantissa === 1) return;
        const between = count * grid.mantissa + 1;
        if (!Number.isSafeInteger(between)) return;
        assertEquals(scan(new ByteWriter().fixed(between, grid.scale).text(), grid), REFUSED);
      },
    ),
    { seed, numRuns: RUNS },
  );
});

Deno.test("scanDecimal() refuses any text that is no plain decimal", () => {
  const seed = printedSeed("no decimal");
  const plain = /^\d+(\.\d+)?$/;
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ maxLength: 12 }), fc.stringMatching(/^[0-9.eE+\-, "xN]{0,10}$/)),
      (text) => {
        fc.pre(!plain.test(text));
        const bytes = encoder.encode(text);
        assertEquals(scanDecimal(bytes, 0, bytes.length, 8), REFUSED, JSON.stringify(text));
      },
    ),
    { seed, numRuns: RUNS },
  );
});

Deno.test("scanLevels() reads any levels exactly as JSON.parse and the slow reader do", () => {
  const seed = printedSeed("levels");
  const level = fc.tuple(fc.nat(1e12), fc.nat(1e12), fc.nat(2));
  fc.assert(
    fc.property(grids, grids, fc.array(level, { maxLength: 30 }), (prices, sizes, levels) => {
      const wanted: [number, number][] = levels.map(([price, size]) => [price, size]);
      const parts = levels.map(([price, size, form]) => {
        const p = stepsToText(price, prices);
        const s = stepsToText(size, sizes);
        if (form === 0) return `["${p}","${s}"]`;
        return form === 1 ? `[${p},${s}]` : `["${p}","${s}","0",3]`;
      });
      const text = `#[${parts.join(",")}]}`;
      const bytes = encoder.encode(text);
      const out = new LevelBuffer(1);
      assertEquals(scanLevels(bytes, 1, bytes.length, prices, sizes, out), text.length - 1);
      assertEquals(
        Array.from({ length: out.count }, (_, at) => [out.prices[at]!, out.sizes[at]!]),
        wanted,
      );
      for (let end = 2; end < text.length - 1; end += 3) {
        assertEquals(scanLevels(bytes, 1, end, prices, sizes, new LevelBuffer(1)), -1);
      }
    }),
    { seed, numRuns: 300 },
  );
});
