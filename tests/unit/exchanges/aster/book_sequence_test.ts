/**
 * The venue's steps, one by one, and that a book kept by them equals the true one or is unusable.
 * @module
 */
import { OrderBook } from "@/engine/book/mod.ts";
import { instrumentIndex, micros, type Product } from "@/engine/domain/mod.ts";
import { FeedHandler } from "@/engine/feed/mod.ts";
import { sequenceRuleOf } from "@/exchanges/aster/mod.ts";
import { DeltaScratch, SnapshotScratch } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

const INDEX = instrumentIndex(0);
const AT = new ManualClock().now();

function snapshotAt(sequence: number): SnapshotScratch {
  const snapshot = new SnapshotScratch().begin(INDEX, AT);
  snapshot.sequence = sequence;
  return snapshot;
}

function delta(first: number, last: number, previous = -1): DeltaScratch {
  const one = new DeltaScratch().begin(INDEX, AT);
  one.firstSequence = first;
  one.sequence = last;
  one.previousSequence = previous;
  return one;
}

/** Verdicts on events after a snapshot at 100. */
function verdicts(product: Product, events: readonly (readonly [number, number, number?])[]) {
  const rule = sequenceRuleOf(product);
  rule.onSnapshot(snapshotAt(100));
  return events.map(([first, last, previous]) => rule.judge(delta(first, last, previous))).join();
}

Deno.test("futures rule: steps 3 to 5", () => {
  assertEquals(
    verdicts("perpetual", [[90, 99, 80], [95, 105, 89], [110, 112, 105]]),
    "stale,next,next",
  );
  assertEquals(verdicts("perpetual", [[95, 100, 90], [103, 104, 100]]), "next,next");
  assertEquals(verdicts("perpetual", [[101, 104, 99]]), "gap", "U above the snapshot");
  assertEquals(verdicts("perpetual", [[103, 104, 100]]), "next", "pu names the snapshot");
  assertEquals(
    verdicts("perpetual", [[95, 105, 89], [107, 108, 106]]),
    "next,gap",
  );
  assertEquals(
    verdicts("perpetual", [[95, 105, 89], [95, 105, 89], [106, 107, 105], [95, 105, 89]]),
    "next,stale,next,stale",
  );
});

Deno.test("spot rule: ids are contiguous", () => {
  assertEquals(verdicts("spot", [[90, 100], [95, 105], [106, 106]]), "stale,next,next");
  assertEquals(verdicts("spot", [[101, 104], [105, 105]]), "next,next");
  assertEquals(verdicts("spot", [[102, 104]]), "gap");
  assertEquals(verdicts("spot", [[101, 104], [106, 107]]), "next,gap");
  assertEquals(verdicts("spot", [[101, 104], [101, 104], [103, 106]]), "next,stale,gap");
});

Deno.test("both rules: nothing is next before a snapshot or after a reset", () => {
  for (const product of ["spot", "perpetual"] as const) {
    const rule = sequenceRuleOf(product);
    assertEquals(rule.snapshotFrom, "rest");
    assertEquals(rule.judge(delta(1, 2, 0)), "gap");
    rule.onSnapshot(snapshotAt(100));
    rule.reset();
    assertEquals(rule.judge(delta(95, 105, 90)), "gap");
    const reach = product === "spot" ? 101 : 100;
    assert(rule.isSnapshotRecent(snapshotAt(100), -1));
    assert(rule.isSnapshotRecent(snapshotAt(100), reach));
    assert(!rule.isSnapshotRecent(snapshotAt(100), reach + 1));
  }
});

/** A true book and its events: price levels 1..40, one change an event. */
class TrueBook {
  readonly levels = new Map<number, number>([[20, 5], [21, 5]]);
  #last = 1_000;
  readonly #product: Product;
  readonly #draw: (below: number) => number;

  constructor(product: Product, draw: (below: number) => number) {
    this.#product = product;
    this.#draw = draw;
  }

  /** Bids at most 20, asks at least 21: never crossed. */
  next(): DeltaScratch {
    const price = 1 + this.#draw(40);
    const isTouch = price === 20 || price === 21;
    const size = isTouch ? 1 + this.#draw(9) : this.#draw(4);
    const step = 1 + this.#draw(3);
    // Futures ids jump between events, spot's do not.
    const first = this.#last + 1 + (this.#product === "spot" ? 0 : this.#draw(3));
    const event = delta(first, first + step, this.#product === "spot" ? -1 : this.#last);
    (price <= 20 ? event.bids : event.asks).push(price, size);
    this.levels.set(price, size);
    this.#last = first + step;
    return event;
  }

  snapshot(): SnapshotScratch {
    const snapshot = snapshotAt(this.#last);
    for (const [price, size] of this.levels) {
      if (size > 0) (price <= 20 ? snapshot.bids : snapshot.asks).push(price, size);
    }
    return snapshot;
  }

  check(book: OrderBook, about: string): void {
    const found = new Map<number, number>();
    for (const side of ["buy", "sell"] as const) {
      book.ladder(side).forEach((price, size) => {
        found.set(price, size);
        return true;
      });
    }
    const wanted = [...this.levels].filter(([, size]) => size > 0);
    assertEquals(
      [...found].toSorted(([a], [b]) => a - b),
      wanted.toSorted(([a], [b]) => a - b),
      about,
    );
  }
}

for (const product of ["perpetual", "spot"] as const) {
  Deno.test(`a damaged ${product} stream leaves a true book or an unusable one`, () => {
    const random = printedRandom(`aster ${product} damage`);
    const draw = (below: number) => Math.floor(random.next() * below);
    let usable = 0, gaps = 0;
    for (let run = 0; run < 100; run++) {
      const truth = new TrueBook(product, draw);
      const clock = new ManualClock();
      const feed = new FeedHandler({
        instrument: INDEX,
        rule: sequenceRuleOf(product),
        book: new OrderBook(),
      });
      let late: DeltaScratch | undefined;
      let stale: SnapshotScratch | undefined;
      let isTold = true;
      for (let step = 0; step < 120; step++) {
        clock.advance(400);
        const event = truth.next();
        isTold = true;
        switch (draw(14)) {
          case 0:
            isTold = false;
            break;
          case 1:
            feed.onDelta(event, clock.now());
            feed.onDelta(event, clock.now());
            break;
          case 2:
            late = event;
            isTold = false;
            break;
          default:
            feed.onDelta(event, clock.now());
        }
        // A usable book may lack only what has not been told since.
        if (feed.isUsable && isTold) {
          usable++;
          truth.check(feed.book, `run ${run}, step ${step}`);
        }
        if (late !== undefined && draw(3) === 0) {
          feed.onDelta(late, clock.now());
          late = undefined;
        }
        feed.onTimer(clock.now());
        if (!feed.isUsable && draw(3) === 0) {
          feed.onSnapshot(stale ?? truth.snapshot(), clock.now());
        }
        stale = draw(4) === 0 ? truth.snapshot() : undefined;
      }
      gaps += feed.counters.gaps;
    }
    assert(usable > 2_000, `${usable} usable`);
    assert(gaps > 200, `${gaps} gaps`);
  });
}

Deno.test("both rules see a gap where small ids come much later: the venue counts anew", () => {
  for (const product of ["spot", "perpetual"] as const) {
    const rule = sequenceRuleOf(product);
    const snapshot = snapshotAt(100);
    snapshot.venueAt = AT;
    rule.onSnapshot(snapshot);
    const small = delta(3, 5, 2);
    small.venueAt = micros(AT + 900_000);
    assertEquals(rule.judge(small), "stale");
    small.venueAt = micros(AT + 2_000_000);
    assertEquals(rule.judge(small), "gap");
  }
});
