/**
 * What a scraper would complain of in a text, format 0.0.4; empty: nothing. Written from the format's
 * description, apart from the code that renders.
 * @module
 */

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\]|\\.)*"$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  counter: [""],
  gauge: [""],
  summary: ["", "_sum", "_count"],
  histogram: ["_bucket", "_sum", "_count"],
};

/** Complaints about an exposition. */
export function expositionComplaints(text: string): string[] {
  const complaints: string[] = [];
  const seen = new Set<string>();
  const buckets = new Map<string, number>();
  const families = new Set<string>();
  let family = "";
  let type = "";
  if (!text.endsWith("\n")) complaints.push("the last line has no end");
  for (const line of text.split("\n").slice(0, -1)) {
    const help = /^# HELP (\S+) \S/.exec(line);
    const typed = /^# TYPE (\S+) (counter|gauge|summary|histogram)$/.exec(line);
    if (help !== null) {
      if (families.has(help[1]!)) complaints.push(`${help[1]}: two families`);
      families.add(help[1]!);
      family = help[1]!;
      type = "";
    } else if (typed !== null) {
      if (typed[1] !== family || type !== "") complaints.push(`${line}: not after its HELP`);
      type = typed[2]!;
    } else {
      complaints.push(...sampleComplaints(line, family, type, seen, buckets));
    }
  }
  return complaints;
}

function sampleComplaints(
  line: string,
  family: string,
  type: string,
  seen: Set<string>,
  buckets: Map<string, number>,
): string[] {
  const sample = SAMPLE.exec(line);
  if (sample === null) return [`${line}: not a sample`];
  const [, name, , labels = "", value] = sample;
  const found: string[] = [];
  const suffix = name!.slice(family.length);
  if (!name!.startsWith(family) || !(SUFFIXES[type] ?? []).includes(suffix)) {
    found.push(`${line}: not of ${type} ${family}`);
  }
  const parts = labels === "" ? [] : labels.split(/,(?=[a-zA-Z_][a-zA-Z0-9_]*=")/);
  for (const label of parts) if (!LABEL.test(label)) found.push(`${line}: label ${label}`);
  const series = `${name}{${labels}}`;
  if (seen.has(series)) found.push(`${series}: twice`);
  seen.add(series);
  if (type === "counter" && Number(value) < 0) found.push(`${line}: a counter below zero`);
  if (suffix === "_bucket") {
    const of = labels.replace(/,?le="[^"]*"/, "");
    if (Number(value) < (buckets.get(of) ?? 0)) found.push(`${line}: buckets fall`);
    buckets.set(of, Number(value));
  } else if (suffix === "_count" && type === "histogram") {
    if (buckets.get(labels) !== Number(value)) found.push(`${line}: not the last bucket`);
    buckets.delete(labels);
  }
  return found;
}
