/**
 * Prometheus text, as a scraper reads it.
 * @module
 */
import { DurationHistogram } from "@/engine/collections/mod.ts";
import { LatencyHistogram, MetricRegistry, METRICS } from "@/engine/metrics/mod.ts";
import {
  assert,
  assertEquals,
  assertMatch,
  assertStrictEquals,
  assertThrows,
} from "@/tests/support/assert.ts";

Deno.test("MetricRegistry renders families by name with help, type and labels", () => {
  const registry = new MetricRegistry();
  registry.gauge("touchline_ready").value = 1;
  registry.counter("touchline_book_gaps_total", { venue: "binance", instrument: "BTC-USDT" }).add();
  registry.counter("touchline_book_gaps_total", { venue: "binance", instrument: "ETH-USDT" }).add(
    2,
  );
  registry.read("touchline_uptime_seconds", {}, () => 12.5);
  assertEquals(registry.render().split("\n"), [
    "# HELP touchline_book_gaps_total Gaps in a book's sequence.",
    "# TYPE touchline_book_gaps_total counter",
    'touchline_book_gaps_total{instrument="BTC-USDT",venue="binance"} 1',
    'touchline_book_gaps_total{instrument="ETH-USDT",venue="binance"} 2',
    "# HELP touchline_ready 1 when orders are accounted for and quoting is allowed.",
    "# TYPE touchline_ready gauge",
    "touchline_ready 1",
    "# HELP touchline_uptime_seconds Seconds since start.",
    "# TYPE touchline_uptime_seconds gauge",
    "touchline_uptime_seconds 12.5",
    "",
  ]);
});

Deno.test("MetricRegistry renders a latency as a summary in seconds", () => {
  const registry = new MetricRegistry();
  const histogram = new LatencyHistogram();
  registry.latency("touchline_latency_seconds", { stage: "core" }, histogram);
  assertMatch(registry.render(), /quantile="0.5"} NaN\n/);
  histogram.record(2_000);
  assertEquals(registry.render().split("\n").slice(2, 7), [
    'touchline_latency_seconds{stage="core",quantile="0.5"} 0.000002',
    'touchline_latency_seconds{stage="core",quantile="0.99"} 0.000002',
    'touchline_latency_seconds{stage="core",quantile="0.999"} 0.000002',
    'touchline_latency_seconds_sum{stage="core"} 0.000002',
    'touchline_latency_seconds_count{stage="core"} 1',
  ]);
});

Deno.test("MetricRegistry escapes label values", () => {
  const registry = new MetricRegistry();
  registry.gauge("touchline_build_info", { version: 'a"b\\c\nd' }).value = 1;
  assertStrictEquals(
    registry.render().split("\n")[2],
    'touchline_build_info{version="a\\"b\\\\c\\nd"} 1',
  );
});

Deno.test("MetricRegistry gives the same series for the same labels in any order", () => {
  const registry = new MetricRegistry();
  const first = registry.counter("touchline_fills_total", { venue: "okx", instrument: "X" });
  const second = registry.counter("touchline_fills_total", { instrument: "X", venue: "okx" });
  assert(first === second, "wanted one counter");
  const gauge = registry.gauge("touchline_open_orders", { venue: "okx" });
  assert(gauge === registry.gauge("touchline_open_orders", { venue: "okx" }), "wanted one gauge");
});

Deno.test("MetricRegistry.read() reads at scrape time and replaces an earlier reading", () => {
  const registry = new MetricRegistry();
  let value = 1;
  registry.read("touchline_resident_bytes", {}, () => value);
  value = Infinity;
  assertMatch(registry.render(), /touchline_resident_bytes \+Inf\n/);
  registry.read("touchline_resident_bytes", {}, () => -Infinity);
  assertMatch(registry.render(), /touchline_resident_bytes -Inf\n/);
});

Deno.test("MetricRegistry.durations() renders a cumulative histogram in seconds", () => {
  const registry = new MetricRegistry();
  const times = new DurationHistogram([1e6, 5e6]);
  for (const nanos of [5e5, 2e6, 3e6, 9e9]) times.record(nanos);
  registry.durations("touchline_feed_latency_seconds", { venue: "okx" }, times);
  const [help, type, ...lines] = registry.render().trimEnd().split("\n");
  assertMatch(help!, /^# HELP touchline_feed_latency_seconds /);
  assertStrictEquals(type, "# TYPE touchline_feed_latency_seconds histogram");
  assertEquals(lines, [
    'touchline_feed_latency_seconds_bucket{venue="okx",le="0.001"} 1',
    'touchline_feed_latency_seconds_bucket{venue="okx",le="0.005"} 3',
    'touchline_feed_latency_seconds_bucket{venue="okx",le="+Inf"} 4',
    'touchline_feed_latency_seconds_sum{venue="okx"} 9.0055',
    'touchline_feed_latency_seconds_count{venue="okx"} 4',
  ]);
  assertThrows(() => registry.durations("touchline_ready", {}, times), Error, "not a histogram");
});

Deno.test("MetricRegistry.remove() forgets a series once", () => {
  const registry = new MetricRegistry();
  registry.gauge("touchline_book_usable", { venue: "gate" });
  assertStrictEquals(registry.remove("touchline_book_usable", { venue: "gate" }), true);
  assertStrictEquals(registry.remove("touchline_book_usable", { venue: "gate" }), false);
  assertStrictEquals(registry.remove("touchline_fills_total", {}), false);
});

Deno.test("MetricRegistry refuses a wrong type, a wrong label and a number that shrinks", () => {
  const registry = new MetricRegistry();
  assertThrows(() => registry.counter("touchline_ready"), Error, "not a counter");
  assertThrows(() => registry.gauge("touchline_fills_total"), Error, "not a gauge");
  assertThrows(() => registry.counter("touchline_fills_total").add(-1), Error, "only grows");
  assertThrows(() => registry.gauge("touchline_ready", { "a-b": "" }), Error, "label's name");
  const histogram = new LatencyHistogram();
  assertThrows(() => registry.latency("touchline_ready", {}, histogram), Error, "not a summary");
  assertThrows(
    () => registry.read("touchline_latency_seconds", {}, () => 1),
    Error,
    "not one number",
  );
});

Deno.test("MetricRegistry bounds the series of one name", () => {
  const registry = new MetricRegistry();
  const make = () => {
    for (let i = 0; i < 5_000; i++) registry.gauge("touchline_pnl", { part: String(i) });
  };
  assertThrows(make, Error, "too many series");
});

Deno.test("MetricRegistry without series renders nothing", () => {
  assertStrictEquals(new MetricRegistry().render(), "");
});

Deno.test("METRICS follow Prometheus' naming: counters end in _total, nothing else does", () => {
  for (const [name, { type, help }] of Object.entries(METRICS)) {
    assertMatch(name, /^touchline_[a-z_]+$/);
    assertStrictEquals(name.endsWith("_total"), type === "counter", name);
    assert(help.endsWith("."), `${name}: help is a sentence`);
  }
});
