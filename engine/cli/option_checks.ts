/**
 * Options that cannot go together.
 * @module
 */
import type { Verb } from "./verbs.ts";

type Values = ReadonlyMap<string, readonly string[]>;

/** What cannot be, or undefined. */
export function impossibleOptions(
  verb: Verb,
  values: Values,
  words: readonly string[],
): string | undefined {
  switch (verb) {
    case "trade":
      return impossibleTrade(values);
    case "venues":
      return speedWithoutRecording(values);
    case "set":
      return wrongPair(words);
    case "events":
      return saysNothing(values) ? undefined : gridComplaint(values, values.get("instrument")?.[0]);
    case "book":
    case "encode":
      return gridComplaint(values, values.get("instrument")?.[0]);
    case "reload":
    case "pause":
    case "resume":
    case "halt":
    case "cancel-all":
    case "flatten":
      return standardInputTwice(values);
    default:
      return undefined;
  }
}

function impossibleTrade(values: Values): string | undefined {
  const is = (name: string, value: string) => values.get(name)?.[0] === value;
  if (values.has("json") && is("journal", "-")) {
    return "--json and --journal - both write to standard output; wanted one of them, found both";
  }
  if (values.has("recording") && values.has("venues-at")) {
    return "--recording and --venues-at: wanted one market, found two";
  }
  for (const name of ["recording", "venues-at"]) {
    if (is("mode", "live") && values.has(name)) {
      return `--${name}: wanted mode paper, found --mode live`;
    }
  }
  if (values.has("network") && !is("mode", "live")) {
    return "--network: wanted --mode live with it, found mode paper";
  }
  return speedWithoutRecording(values);
}

function speedWithoutRecording(values: Values): string | undefined {
  if (!values.has("speed") || values.has("recording")) return undefined;
  return "--speed: wanted --recording with it, found none";
}

function wrongPair(words: readonly string[]): string | undefined {
  const wrong = words.find((word) => !/^[A-Za-z][\w.:-]*=.*$/.test(word));
  return wrong === undefined ? undefined : `wanted KEY=VALUE, found "${wrong.slice(0, 80)}"`;
}

/** `events` alone may find its instruments in the messages. */
function saysNothing(values: Values): boolean {
  return ["instruments", "instrument", "tick", "lot", "contract"].every((name) =>
    !values.has(name)
  );
}

/** An instruments file, or instrument with tick and lot: one of the two, whole. */
function gridComplaint(values: Values, instrument: string | undefined): string | undefined {
  const parts = ["tick", "lot", "contract"].filter((name) => values.has(name));
  if (values.has("instruments")) {
    if (parts.length === 0) return undefined;
    return `--instruments and --${parts[0]}: wanted one of them, found both`;
  }
  if (values.has("tick") && values.has("lot") && instrument !== undefined) return undefined;
  const missing = instrument === undefined ? "instrument" : values.has("tick") ? "lot" : "tick";
  const found = parts.length === 0 ? "neither" : `no --${missing}`;
  return "wanted --instruments FILE (the venue's own response), or --instrument with --tick and " +
    `--lot (and --contract), found ${found}`;
}

function standardInputTwice(values: Values): string | undefined {
  const both = values.get("config")?.[0] === "-" && values.get("token-file")?.[0] === "-";
  if (!both) return undefined;
  return "--config - and --token-file -: wanted one of them from standard input, found both";
}
