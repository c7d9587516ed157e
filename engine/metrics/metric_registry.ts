/**
 * `MetricRegistry`: counters, gauges and latencies by name and label, rendered as Prometheus text
 * only when somebody scrapes.
 *
 *   # HELP touchline_book_gaps_total Gaps in a book's sequence.
 *   # TYPE touchline_book_gaps_total counter
 *   touchline_book_gaps_total{venue="binance",instrument="BTC-USDT"} 0
 *
 * 1. Counting is an addition to a field: keep the counter, do not look it up again.
 * 2. A name, a label set: one series; asking again gives the same one.
 * 3. What others count already is read at scrape time by a function.
 * Source: Prometheus text exposition format 0.0.4.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";
import { type MetricName, METRICS } from "./metric_names.ts";
import type { DurationCounts } from "@/engine/ports/mod.ts";
import type { LatencyHistogram } from "./stage_latency.ts";

/** The media type of `render()`. */
export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Label names and values of one series. */
export type Labels = Readonly<Record<string, string>>;

/** A number that only grows. */
export class Counter {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  add(amount = 1): void {
    assert(amount >= 0, "A counter only grows");
    this.#value += amount;
  }
}

/** A number that goes up and down. */
export class Gauge {
  value = 0;
}

type Source =
  | { readonly kind: "number"; readonly read: () => number }
  | { readonly kind: "latency"; readonly histogram: LatencyHistogram }
  | { readonly kind: "durations"; readonly durations: DurationCounts };

interface Series {
  readonly labels: string;
  readonly source: Source;
  readonly owner: Counter | Gauge | undefined;
}

/** More series than this under one name means that a label is not bounded. */
const SERIES_MAX = 4_096;
const QUANTILES: readonly number[] = [0.5, 0.99, 0.999];

/** All metrics of the process. */
export class MetricRegistry {
  readonly #families = new Map<MetricName, Map<string, Series>>();

  /** The counter of a name and labels. */
  counter(name: MetricName, labels: Labels = {}): Counter {
    assert(METRICS[name].type === "counter", "Metric is not a counter");
    const found = this.#find(name, labels)?.owner;
    if (found instanceof Counter) return found;
    const counter = new Counter();
    this.#add(name, labels, { kind: "number", read: () => counter.value }, counter);
    return counter;
  }

  /** The gauge of a name and labels. */
  gauge(name: MetricName, labels: Labels = {}): Gauge {
    assert(METRICS[name].type === "gauge", "Metric is not a gauge");
    const found = this.#find(name, labels)?.owner;
    if (found instanceof Gauge) return found;
    const gauge = new Gauge();
    this.#add(name, labels, { kind: "number", read: () => gauge.value }, gauge);
    return gauge;
  }

  /** A number that is kept elsewhere and read at scrape time; replaces an earlier reading. */
  read(name: MetricName, labels: Labels, read: () => number): void {
    const { type } = METRICS[name];
    assert(type === "counter" || type === "gauge", "A latency is not one number");
    this.#add(name, labels, { kind: "number", read }, undefined);
  }

  /** A histogram in nanoseconds, shown as a summary in seconds. */
  latency(name: MetricName, labels: Labels, histogram: LatencyHistogram): void {
    assert(METRICS[name].type === "summary", "Metric is not a summary");
    this.#add(name, labels, { kind: "latency", histogram }, undefined);
  }

  /** Durations in nanoseconds, shown as a histogram in seconds; replaces an earlier one. */
  durations(name: MetricName, labels: Labels, durations: DurationCounts): void {
    assert(METRICS[name].type === "histogram", "Metric is not a histogram");
    this.#add(name, labels, { kind: "durations", durations }, undefined);
  }

  /** Forgets a series; false when there is none. */
  remove(name: MetricName, labels: Labels): boolean {
    return this.#families.get(name)?.delete(labelText(labels)) ?? false;
  }

  /** Prometheus text of everything, families by name. */
  render(): string {
    const lines: string[] = [];
    for (const name of [...this.#families.keys()].sort()) {
      const { type, help } = METRICS[name];
      lines.push(`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`);
      for (const series of this.#families.get(name)!.values()) renderSeries(name, series, lines);
    }
    return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
  }

  #find(name: MetricName, labels: Labels): Series | undefined {
    return this.#families.get(name)?.get(labelText(labels));
  }

  #add(
    name: MetricName,
    labels: Labels,
    source: Source,
    owner: Counter | Gauge | undefined,
  ): void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = new Map();
      this.#families.set(name, family);
    }
    const text = labelText(labels);
    assert(family.has(text) || family.size < SERIES_MAX, "A metric has too many series");
    family.set(text, { labels: text, source, owner });
  }
}

function renderSeries(name: string, series: Series, lines: string[]): void {
  const { labels, source } = series;
  if (source.kind === "number") {
    lines.push(`${name}${braced(labels)} ${numberText(source.read())}`);
    return;
  }
  if (source.kind === "durations") return renderDurations(name, labels, source.durations, lines);
  const { histogram } = source;
  for (const quantile of QUANTILES) {
    const all = `${labels === "" ? "" : `${labels},`}quantile="${quantile}"`;
    const seconds = histogram.count === 0 ? NaN : histogram.percentile(quantile) / 1e9;
    lines.push(`${name}{${all}} ${numberText(seconds)}`);
  }
  lines.push(`${name}_sum${braced(labels)} ${numberText(histogram.sumNanos / 1e9)}`);
  lines.push(`${name}_count${braced(labels)} ${histogram.count}`);
}

function renderDurations(
  name: string,
  labels: string,
  { bounds, counts, sum, count }: DurationCounts,
  lines: string[],
): void {
  const before = labels === "" ? "" : `${labels},`;
  let seen = 0;
  for (let at = 0; at <= bounds.length; at++) {
    seen += counts[at]!;
    const bound = at < bounds.length ? numberText(bounds[at]! / 1e9) : "+Inf";
    lines.push(`${name}_bucket{${before}le="${bound}"} ${seen}`);
  }
  lines.push(`${name}_sum${braced(labels)} ${numberText(sum / 1e9)}`);
  lines.push(`${name}_count${braced(labels)} ${count}`);
}

function braced(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}

/** Labels by name, so that two orders of the same labels are one series. */
function labelText(labels: Labels): string {
  return Object.entries(labels)
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => {
      assert(/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name), "A label's name is letters, digits and _");
      return `${name}="${escapeLabel(value)}"`;
    })
    .join(",");
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

function escapeHelp(help: string): string {
  return help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function numberText(value: number): string {
  if (value === Infinity) return "+Inf";
  if (value === -Infinity) return "-Inf";
  return String(value);
}
