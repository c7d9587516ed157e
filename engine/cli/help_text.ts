/**
 * What `--help` prints.
 * @module
 */
import { wantedText } from "./arguments.ts";
import { COMMON_OPTIONS, type OptionKind, type OptionTable } from "./verb_options.ts";
import { type Verb, VERB_NAMES, VERBS, type VerbSpec } from "./verbs.ts";

const WIDTH = 96;

/** The list of verbs. */
export function overviewText(version: string): string {
  const widest = Math.max(...VERB_NAMES.map((name) => name.length));
  const lines = VERB_NAMES.map((name) => `  ${name.padEnd(widest)}  ${VERBS[name].summary}`);
  return [
    `touchline ${version}: market making and cross-exchange arbitrage`,
    "",
    "Usage: touchline VERB [options]      touchline help VERB      touchline --version",
    "",
    ...lines,
    "",
    "`touchline trade` alone starts paper trading on a simulated venue; Ctrl-C stops it.",
    "Exit codes: 0 done, 1 failed, 2 bad arguments or config, 3 halted by risk, 130 interrupted.",
    "",
  ].join("\n");
}

/** One verb's help. */
export function verbText(verb: Verb): string {
  const spec: VerbSpec = VERBS[verb];
  return [
    `touchline ${verb}: ${spec.summary}`,
    "",
    usageText(verb, spec),
    "",
    ...spec.description,
    "",
    "Options:",
    ...optionLines({ ...spec.options, ...COMMON_OPTIONS }),
    ...(spec.examples.length === 0 ? [] : ["", "Examples:"]),
    ...spec.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

function usageText(verb: Verb, spec: VerbSpec): string {
  const required = Object.entries(spec.options)
    .filter(([, option]) => option.required === true)
    .map(([name, option]) => {
      const shape = shapeText(option.kind);
      return `--${name} ${shape.length > 20 ? name.toUpperCase() : shape}`;
    });
  return ["Usage: touchline", verb, spec.words.name, ...required, "[options]"]
    .filter((part) => part !== "").join(" ");
}

function optionLines(options: OptionTable): string[] {
  return Object.entries(options).flatMap(([name, { kind, help, required }]) => {
    const left = `  --${name} ${shapeText(kind)}`.trimEnd();
    const text = `${required === true ? "(required) " : ""}${help}${wordsText(kind)}`;
    return [left, ...wrapped(text, WIDTH - 8).map((line) => `        ${line}`)];
  });
}

function wordsText(kind: OptionKind): string {
  return kind.is === "count" || kind.is === "choices" ? ` Wants ${wantedText(kind)}.` : "";
}

/** The value's place in a usage line. */
function shapeText(kind: OptionKind): string {
  switch (kind.is) {
    case "flag":
      return "";
    case "choice":
      return kind.words.join("|");
    case "choices":
      return "NAME,NAME…";
    case "count":
      return "N";
    case "number":
      return kind.word === undefined ? "X" : `X|${kind.word}`;
    case "duration":
      return "DURATION";
    case "decimal":
      return "DECIMAL";
    default:
      return kind.shape;
  }
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
