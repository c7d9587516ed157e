/**
 * What a configuration says of silence, beside the venues' own thresholds.
 * @module
 */
import { loadConfig, thresholdOverrides } from "@/engine/config/mod.ts";
import { unwrap } from "@/engine/domain/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

function overridesOf(feed: string, binance: string) {
  const { config } = unwrap(loadConfig(
    `feed: { ${feed} }
venues:
  binance: { instruments: [BTC-USDT], stale_after_ms: { ${binance} } }
  okx: { instruments: [BTC-USDT] }
strategies: []
`,
    { source: "file" },
  ));
  return thresholdOverrides(config);
}

Deno.test("thresholdOverrides() is empty where nothing is said", () => {
  assertEquals([...overridesOf("", "").values()], [{}, {}]);
});

Deno.test("thresholdOverrides() takes a venue's own key before that of all books; 0 is never", () => {
  const overrides = overridesOf("stale_after_ms: 4000", "book: 0, mark_price: 7000");
  assertEquals(overrides.get("binance"), { book: Infinity, mark_price: 7_000 });
  assertEquals(overrides.get("okx"), { book: 4_000 });
});
