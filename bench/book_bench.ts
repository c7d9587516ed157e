/**
 * Update a book and read its touch: the ladder against its naive twin, a `Map` sorted when read.
 * 1,000 levels a side; "realistic" puts 80 % of the edits within ten levels of the touch.
 * @module
 */
import { LEVEL_NONE, PriceLadder } from "@/engine/book/mod.ts";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { ReferenceLadder } from "@/tests/support/reference_ladder.ts";

const LEVELS = 1_000;
const MIDDLE = 100_000;
const EDITS = 8_192;

interface Edits {
  readonly prices: Float64Array;
  readonly sizes: Float64Array;
}

function drawEdits(label: string, nearShare: number): Edits {
  const random = new SeededRandom("book bench").fork(label);
  const prices = new Float64Array(EDITS);
  const sizes = new Float64Array(EDITS);
  for (let i = 0; i < EDITS; i++) {
    const depth = random.chance(nearShare) ? random.integer(10) : random.integer(LEVELS);
    prices[i] = MIDDLE - depth;
    sizes[i] = random.chance(0.3) ? 0 : 1 + random.integer(1_000);
  }
  return { prices, sizes };
}

function fill(ladder: PriceLadder | ReferenceLadder): void {
  for (let i = 0; i < LEVELS; i++) ladder.set(MIDDLE - i, 1 + i);
}

for (const [name, nearShare] of [["realistic", 0.8], ["uniform", 0]] as const) {
  const edits = drawEdits(name, nearShare);
  const tree = new PriceLadder("buy");
  const naive = new ReferenceLadder("buy");
  fill(tree);
  fill(naive);
  let at = 0;
  let checksum = 0;
  // A hundred edits an iteration: one alone is below the clock's step.
  Deno.bench(`ladder, 100 updates + touches, ${name}`, { group: name }, () => {
    for (let i = 0; i < 100; i++) {
      at = (at + 1) % EDITS;
      tree.set(edits.prices[at]!, edits.sizes[at]!);
      checksum += tree.best + tree.bestSize;
    }
  });
  let naiveAt = 0;
  Deno.bench(`Map sorted when read, 100 updates + touches, ${name}`, { group: name }, () => {
    for (let i = 0; i < 100; i++) {
      naiveAt = (naiveAt + 1) % EDITS;
      naive.set(edits.prices[naiveAt]!, edits.sizes[naiveAt]!);
      checksum += naive.best + naive.bestSize;
    }
  });
  Deno.bench(`ladder, read 20 levels, ${name}`, () => {
    let left = 20;
    for (let c = tree.first(); c !== LEVEL_NONE && left > 0; c = tree.after(c), left--) {
      checksum += tree.levelSizeAt(c);
    }
  });
  if (checksum < 0) throw new Error("a sum of prices and sizes cannot be negative");
}
