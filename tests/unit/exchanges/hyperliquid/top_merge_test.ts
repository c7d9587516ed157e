/**
 * Books joined with touches: by drawing, and against a slow twin on random streams.
 * @module
 */
import { micros, type Price, type Size } from "@/engine/domain/mod.ts";
import type { BookSnapshot } from "@/engine/messages/mod.ts";
import { TopMerge } from "@/exchanges/hyperliquid/_top_merge.ts";
import { BestBidAskScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { goldenInstruments } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const INDEX = goldenInstruments()[0]!.index;
type Side = readonly (readonly [price: number, size: number])[];

function book(block: number, bids: Side, asks: Side): SnapshotScratch {
  const made = new SnapshotScratch().begin(INDEX, micros(block + 5));
  made.venueAt = micros(block);
  for (const [price, size] of bids) made.bids.push(price, size);
  for (const [price, size] of asks) made.asks.push(price, size);
  return made;
}

function touch(
  block: number,
  bid: readonly [number, number] | undefined,
  ask: readonly [number, number] | undefined,
): BestBidAskScratch {
  const made = new BestBidAskScratch().begin(INDEX, micros(block + 6));
  made.venueAt = micros(block);
  if (bid !== undefined) {
    made.bid = bid[0] as Price;
    made.bidSize = bid[1] as Size;
  }
  if (ask !== undefined) {
    made.ask = ask[0] as Price;
    made.askSize = ask[1] as Size;
  }
  return made;
}

function sides(merged: BookSnapshot): [Side, Side] {
  const side = ({ count, prices, sizes }: BookSnapshot["bids"]) =>
    Array.from({ length: count }, (_, at) => [prices[at]!, sizes[at]!] as const);
  return [side(merged.bids), side(merged.asks)];
}

const BIDS: Side = [[100, 1], [99, 2], [97, 3]];
const ASKS: Side = [[101, 4], [102, 5], [105, 6]];

Deno.test("TopMerge puts a newer touch on top of the last book", () => {
  const cases: readonly (readonly [readonly [number, number], Side, Side])[] = [
    // The same price, another size.
    [[100, 9], [[100, 9], [99, 2], [97, 3]], ASKS],
    // The best level was taken.
    [[99, 7], [[99, 7], [97, 3]], ASKS],
    // A price between two levels.
    [[98, 7], [[98, 7], [97, 3]], ASKS],
    // Below all levels.
    [[90, 7], [[90, 7]], ASKS],
  ];
  for (const [bid, bids, asks] of cases) {
    const merge = new TopMerge();
    merge.onBook(book(10, BIDS, ASKS));
    const merged = merge.onTouch(touch(11, bid, [101, 4]));
    assert(merged !== undefined);
    assertEquals(sides(merged), [bids, asks]);
    assertEquals(merged.venueAt, micros(11));
    assertEquals(merged.at, micros(17));
  }
  const merge = new TopMerge();
  merge.onBook(book(10, BIDS, ASKS));
  const better = merge.onTouch(touch(11, [101, 1], [103, 8]));
  assert(better !== undefined);
  assertEquals(sides(better), [[[101, 1], ...BIDS], [[103, 8], [105, 6]]]);
  const empty = merge.onTouch(touch(12, undefined, [103, 8]));
  assert(empty !== undefined);
  assertEquals(sides(empty), [[], [[103, 8], [105, 6]]]);
});

Deno.test("TopMerge gives an older book the newer touch, and an older touch to nobody", () => {
  const merge = new TopMerge();
  assertEquals(merge.onTouch(touch(20, [100, 9], [101, 9])), undefined, "no book yet");
  assertEquals(sides(merge.onBook(book(10, BIDS, ASKS))), [
    [[100, 9], [99, 2], [97, 3]],
    [[101, 9], [102, 5], [105, 6]],
  ]);
  assertEquals(merge.onTouch(touch(19, [1, 1], [2, 1])), undefined);
  const newer = merge.onBook(book(30, BIDS, ASKS));
  assertEquals(sides(newer), [BIDS, ASKS]);
  assertEquals(merge.onTouch(touch(29, [1, 1], [2, 1])), undefined, "older than the book");
  merge.forget();
  assertEquals(merge.onTouch(touch(40, [100, 9], [101, 9])), undefined);
});

Deno.test("TopMerge agrees with a slow twin on random streams and is never crossed", () => {
  const random = printedRandom("top merge");
  const whole = (below: number) => Math.floor(random.next() * below);
  for (let round = 0; round < 200; round++) {
    const merge = new TopMerge();
    let snapshot: { block: number; bids: Side; asks: Side } | undefined;
    let top: { block: number; bid: [number, number]; ask: [number, number] } | undefined;
    let newestBook = 0;
    for (let step = 0; step < 60; step++) {
      const block = 100 + step + whole(4);
      const bid = 1_000 + whole(20);
      const ask = bid + 1 + whole(5);
      if (random.next() < 0.3) {
        const spread = 1 + whole(3);
        const side = (from: number, sign: number): Side =>
          Array.from({ length: whole(6) }, (_, at) => [from + sign * at * spread, 1 + at]);
        const bids = side(bid, -1);
        const asks = side(ask, 1);
        // The decoder lets no older book through.
        if (block < newestBook) continue;
        newestBook = block;
        snapshot = { block, bids, asks };
        const merged = sides(merge.onBook(book(block, bids, asks)));
        // At the same block the book that came later stands; what is merged stays merged.
        const isOlder = top !== undefined && block < top.block;
        const wanted: [Side, Side] = isOlder ? twin(snapshot, top) : [bids, asks];
        assertEquals(merged, wanted);
        if (isOlder) snapshot = { block: top!.block, bids: wanted[0], asks: wanted[1] };
        assertSound(merged);
        continue;
      }
      const sizes = [whole(4), whole(4)] as const;
      const merged = merge.onTouch(touch(block, [bid, sizes[0]], [ask, sizes[1]]));
      if (top === undefined || block >= top.block) {
        top = { block, bid: [bid, sizes[0]], ask: [ask, sizes[1]] };
      }
      if (merged === undefined) continue;
      assert(snapshot !== undefined);
      // What was merged before stays merged: the twin starts from the result.
      const [bids, asks] = twin(snapshot, top);
      snapshot = { block: top.block, bids, asks };
      assertEquals(sides(merged), [bids, asks]);
      assertSound(sides(merged));
    }
  }
});

function assertSound([bids, asks]: [Side, Side]): void {
  for (let at = 1; at < bids.length; at++) assert(bids[at]![0] < bids[at - 1]![0]);
  for (let at = 1; at < asks.length; at++) assert(asks[at]![0] > asks[at - 1]![0]);
  if (bids.length > 0 && asks.length > 0) assert(bids[0]![0] < asks[0]![0]);
}

/** The same by filtering lists. */
function twin(
  snapshot: { readonly block: number; readonly bids: Side; readonly asks: Side },
  top:
    | {
      readonly block: number;
      readonly bid: readonly [number, number];
      readonly ask: readonly [number, number];
    }
    | undefined,
): [Side, Side] {
  const { bids, asks, block } = snapshot;
  if (top === undefined || top.block < block) return [bids, asks];
  const onTop = (side: Side, level: readonly [number, number], sign: number): Side =>
    level[1] === 0 ? [] : [level, ...side.filter(([price]) => (level[0] - price) * sign > 0)];
  return [onTop(bids, top.bid, 1), onTop(asks, top.ask, -1)];
}

Deno.test("TopMerge keeps its touch when the book is lost: an older book comes under it", () => {
  const merge = new TopMerge();
  merge.onBook(book(1, BIDS, ASKS));
  merge.onTouch(touch(5, [99, 7], [102, 8]));
  merge.loseBook();
  assertEquals(merge.onTouch(touch(6, [99, 9], [102, 8])), undefined);
  const [bids, asks] = sides(merge.onBook(book(3, BIDS, ASKS)));
  assertEquals([bids[0], asks[0]], [[99, 9], [102, 8]]);
  merge.forget();
  assertEquals(sides(merge.onBook(book(3, BIDS, ASKS))), [BIDS, ASKS]);
});
