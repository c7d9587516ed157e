/**
 * What an option of a verb may be, and the options that several verbs share.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";

/** The kind of an option's value. `list` takes every word up to the next option. */
export type OptionKind =
  | { readonly is: "flag" }
  | { readonly is: "text"; readonly shape: string; readonly pattern?: RegExp }
  | { readonly is: "choice"; readonly words: readonly string[] }
  | { readonly is: "choices"; readonly words: readonly string[] }
  | { readonly is: "count"; readonly min: number; readonly max: number }
  | { readonly is: "number"; readonly above: number; readonly word?: string }
  | { readonly is: "duration" }
  | { readonly is: "decimal" }
  | { readonly is: "list"; readonly shape: string };

/** One option. */
export interface OptionSpec {
  readonly kind: OptionKind;
  /** One or two sentences for a newcomer. */
  readonly help: string;
  readonly required?: boolean;
}

/** Options by name, without the dashes. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

export const FLAG: OptionKind = { is: "flag" };
export const DECIMAL: OptionKind = { is: "decimal" };
export const SPEED: OptionKind = { is: "number", above: 0, word: "max" };

/** A choice of one of several words. */
export function choice(...words: string[]): OptionKind {
  return { is: "choice", words };
}

/** A whole number within bounds. */
export function count(min: number, max = Number.MAX_SAFE_INTEGER): OptionKind {
  return { is: "count", min, max };
}

/** Text, named by `shape` in the help. */
export function text(shape: string, pattern?: RegExp): OptionKind {
  return { is: "text", shape, ...(pattern === undefined ? {} : { pattern }) };
}

/** Every verb takes these. */
export const COMMON_OPTIONS: OptionTable = {
  "help": { kind: FLAG, help: "Prints this help." },
  "log-level": {
    kind: choice("error", "warn", "info", "debug"),
    help: "How much is logged on standard error. Default: what the config says.",
  },
  "log-format": {
    kind: choice("text", "json"),
    help: "Log lines for people, or one JSON object per line. Default: what the config says.",
  },
};

export const VENUE: OptionSpec = {
  kind: choice(...VENUE_IDS),
  help: "Whose wire protocol the input speaks.",
  required: true,
};

export const JSON_OUTPUT: OptionSpec = {
  kind: FLAG,
  help: "Prints JSON on standard output, and nothing else there.",
};

export const CONFIG: OptionSpec = {
  kind: text("FILE|-"),
  help: "Configuration; - reads it from standard input. Default: the one inside the program.",
};

export const SEED: OptionSpec = {
  kind: count(0),
  help: "Chance starts here: the same seed gives the same market. Default: the config's.",
};

export const RECORDING: OptionSpec = {
  kind: { is: "list", shape: "PATH…" },
  help: "Recorded market data that takes the place of the simulated market.",
};

/** How the wire tools learn an instrument's grid. */
export const GRID_OPTIONS: OptionTable = {
  "instruments": {
    kind: text("FILE"),
    help: "The venue's own instruments response, raw.",
  },
  "tick": { kind: DECIMAL, help: "Smallest price step, where no instruments file is given." },
  "lot": { kind: DECIMAL, help: "Smallest size step in the venue's units, likewise." },
  "contract": {
    kind: DECIMAL,
    help: "Base currency per contract. Default: 1.",
  },
};

/** How a running instance is found and convinced. */
export const CONTROL_OPTIONS: OptionTable = {
  "control": {
    kind: text("URL", /^https?:\/\/[^\s/]+(:\d+)?\/?$/),
    help: "Address of the running instance. Default: http://127.0.0.1:8787.",
  },
  "token-file": {
    kind: text("FILE|-"),
    help: "Where the control token stands; - reads it from standard input.",
  },
};

export const REASON: OptionSpec = {
  kind: text("TEXT"),
  help: "Why; stands in the journal beside the command.",
};
