/**
 * What `/metrics` and the summary say of each venue's market data, after half a virtual minute.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { expositionComplaints } from "@/tests/support/prometheus_text.ts";
import { openVenue } from "./_one_venue.ts";

/** One-way latency of the wire, and what a batching venue may add. */
const LATENCY_US_MAX = 1_500_000;

for (const venue of VENUE_IDS) {
  Deno.test(`Metrics of ${venue}: messages, applied, latency and decode time, as a scraper reads it`, async () => {
    const world = await openVenue({ venue, seed: 21 });
    const { house, clock } = world;
    house.session.start();
    clock.runFor(30_000);
    const text = house.metrics.render();
    assertEquals(expositionComplaints(text), []);
    for (const slot of house.engine.state.instruments) {
      if (slot === undefined) continue;
      const labels = `{instrument="${slot.instrument.terms.symbol}",venue="${venue}"}`;
      assert(valueOf(text, `touchline_book_messages_total${labels}`) > 30);
      assert(valueOf(text, `touchline_book_applied_total${labels}`) > 30);
      assertEquals(valueOf(text, `touchline_book_gaps_total${labels}`), 0);
      assert(valueOf(text, `touchline_book_unusable_seconds_total${labels}`) >= 0);
      const count = valueOf(text, `touchline_feed_latency_seconds_count${labels}`);
      assert(count > 10, `${labels}: ${count} latencies`);
      const sum = valueOf(text, `touchline_feed_latency_seconds_sum${labels}`);
      assert(sum / count > 0.000_2 && sum / count < 0.5, `mean latency ${sum / count} s`);
    }
    // Virtual time stands still while a frame is read.
    assertMatch(text, new RegExp(`touchline_decode_seconds_count\\{venue="${venue}"\\} [1-9]`));
    const [line] = house.status.summary().venues;
    assert(line!.feed_latency_us !== null && line!.feed_latency_us.p50 < LATENCY_US_MAX);
    assert(line!.decode_us !== null && line!.unusable_ms > 0);
    world.stop();
  });
}

function valueOf(text: string, series: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  assert(line !== undefined, `${series} is among the metrics`);
  return Number(line.slice(series.length + 1));
}

Deno.test("Planted: a scraper's complaints are found", () => {
  const good = "# HELP a_total Help.\n# TYPE a_total counter\na_total 1\n";
  assertEquals(expositionComplaints(good), []);
  for (
    const bad of [
      good.trimEnd(),
      good + good,
      good.replace("a_total 1", "b_total 1"),
      good.replace("a_total 1", "a_total -1"),
      good.replace("a_total 1", "a_total{x=1} 1"),
      good.replace("a_total 1", "a_total one"),
      "# HELP h Help.\n# TYPE h histogram\n" +
      'h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
      "# HELP h Help.\n# TYPE h histogram\n" +
      'h_bucket{le="1"} 1\nh_bucket{le="+Inf"} 2\nh_sum 1\nh_count 3\n',
    ]
  ) assert(expositionComplaints(bad).length > 0, bad);
});
