/**
 * What each connector says of its streams and of questions about books, as data.
 * @module
 */
import { type Product, VENUE_IDS } from "@/engine/domain/mod.ts";
import { venueFacts } from "@/exchanges/mod.ts";
import { unwrap } from "@/engine/domain/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { termsOf } from "@/tests/support/builders.ts";

/** Perpetuals alone. */
const NO_SPOT: readonly string[] = ["dydx"];

for (const venue of VENUE_IDS) {
  const products: readonly Product[] = NO_SPOT.includes(venue)
    ? ["perpetual"]
    : ["spot", "perpetual"];
  Deno.test(`${venue}: a book is disbelieved after 3 to 5 s, a perpetual's mark within a minute`, async () => {
    const connector = unwrap(await venueFacts(venue));
    for (const product of products) {
      const { book, mark_price, best_bid_ask, trades } = connector.streamThresholds(
        termsOf({ venue, product }),
      );
      assert(book >= 3_000 && book <= 5_000, `book ${book}`);
      if (product === "perpetual") {
        assert(mark_price >= 10_000 && mark_price <= 60_000, `mark ${mark_price}`);
      }
      assert(best_bid_ask === 1_000 || best_bid_ask === Infinity, `touch ${best_bid_ask}`);
      assertEquals(trades, Infinity);
    }
  });

  Deno.test(`${venue}: a question about a book costs rate budget, and little of it`, async () => {
    const { rateLimits } = unwrap(await venueFacts(venue));
    const paying = rateLimits.filter(({ weights }) => (weights.request_book_check ?? 0) > 0);
    assert(paying.length > 0, "some rule counts it");
    for (const { weights, capacity } of paying) {
      assert(weights.request_book_check! <= capacity / 40, `${weights.request_book_check}`);
    }
  });
}
