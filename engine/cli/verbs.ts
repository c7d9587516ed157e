/**
 * The verbs of the command line, their options and their help: one table.
 *
 * CONTRACT.md names what is fixed; what is written here is what the parser accepts and help prints.
 * @module
 */
import { VENUE_IDS } from "@/engine/domain/mod.ts";
import {
  choice,
  CONFIG,
  CONTROL_OPTIONS,
  count,
  FLAG,
  GRID_OPTIONS,
  JSON_OUTPUT,
  type OptionTable,
  REASON,
  RECORDING,
  SEED,
  SPEED,
  text,
  VENUE,
} from "./verb_options.ts";

/** One verb. */
export interface VerbSpec {
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What it does, for `--help`. */
  readonly description: readonly string[];
  /** How many words besides options, and what they are called. */
  readonly words: { readonly name: string; readonly min: number; readonly max: number };
  readonly options: OptionTable;
  readonly examples: readonly string[];
}

const NO_WORDS = { name: "", min: 0, max: 0 };

const SYMBOL = text("INSTRUMENT", /^[A-Z0-9]+-[A-Z0-9]+(-PERP)?$/);

const TRADING_VERBS = {
  trade: {
    summary: "runs the configured strategies (paper trading unless told otherwise)",
    description: [
      "Runs the configured strategies until it is stopped: Ctrl-C cancels own orders, waits for",
      "the answers and prints a summary. Paper trading is the default: on simulated venues inside",
      "the program, on those of a running `touchline venues` (--venues-at), or on a recorded",
      "market in which our orders queue (--recording).",
    ],
    words: NO_WORDS,
    options: {
      "config": CONFIG,
      "mode": { kind: choice("paper", "live"), help: "Default: paper." },
      "network": {
        kind: choice("live", "testnet", "demo"),
        help: "Which of the venues' networks live trading uses. Default: what the config says.",
      },
      "for": { kind: { is: "duration" }, help: "Stops by itself after this long, as 60s, 5m, 1h." },
      "journal": {
        kind: text("none|-|FILE|tcp://HOST:PORT"),
        help: "Where the journal goes. Default: what the config says.",
      },
      "venues-at": {
        kind: text("URL", /^https?:\/\/[^\s/]+\/?$/),
        help: "Control address of a running `touchline venues`.",
      },
      "recording": RECORDING,
      "speed": {
        kind: SPEED,
        help: "How fast a recording runs: 1 is real time, max is virtual time. Default: 1.",
      },
      "json": JSON_OUTPUT,
    },
    examples: [
      "touchline trade",
      "touchline trade --for 60s --json",
      "touchline trade --config - < my.yaml",
      "touchline trade --recording book.csv trades.csv --speed max",
    ],
  },
  venues: {
    summary: "serves the simulated venues on loopback",
    description: [
      "Serves simulated venues over real HTTP and WebSocket on loopback, and prints one line of",
      "JSON with their addresses and keys. POST {control}/faults breaks things on purpose.",
    ],
    words: NO_WORDS,
    options: {
      "venues": {
        kind: { is: "choices", words: VENUE_IDS },
        help: "Which venues, separated by commas. Default: all that can be simulated.",
      },
      "port": {
        kind: count(0, 65_535),
        help: "First port; each venue takes the next. Default: 0, free ports.",
      },
      "seed": SEED,
      "speed": { kind: SPEED, help: "How fast a recording runs. Default: 1." },
      "recording": RECORDING,
    },
    examples: ["touchline venues --port 9001 --seed 7"],
  },
  simulate: {
    summary: "the whole system on virtual time, from a seed",
    description: [
      "Runs engine and simulated venues on virtual time and an in-memory wire. The same seed gives",
      "the same log_hash. A violated invariant prints the seed and the command that replays it.",
    ],
    words: NO_WORDS,
    options: {
      "seed": SEED,
      "seeds": { kind: count(1, 1_000_000), help: "How many seeds, from --seed on. Default: 1." },
      "hours": { kind: { is: "number", above: 0 }, help: "Virtual hours per seed. Default: 1." },
      "faults": {
        kind: choice("none", "mild", "harsh"),
        help: "How often the simulated world breaks. Default: none.",
      },
      "wire": {
        kind: choice("full", "none"),
        help: "none leaves out the venues' wire formats, for long horizons. Default: full.",
      },
      "config": CONFIG,
      "json": JSON_OUTPUT,
    },
    examples: ["touchline simulate --seed 1 --hours 1 --json"],
  },
  replay: {
    summary: "runs a journal through the core again and compares every output",
    description: [
      "Feeds a journal's events to the core and compares each output with the journal's. A torn",
      "tail is reported and exits 0, a difference exits 1.",
    ],
    words: { name: "JOURNAL|-", min: 1, max: 1 },
    options: { "json": JSON_OUTPUT },
    examples: ["touchline replay session.journal", "touchline replay - --json < session.journal"],
  },
  check: {
    summary: "validates a config and prints it resolved, secrets masked",
    description: [
      "Reads a configuration, names everything that is wrong with it, or prints it with all",
      "defaults filled in. Exits 2 when something is wrong.",
    ],
    words: NO_WORDS,
    options: { "config": CONFIG, "json": JSON_OUTPUT },
    examples: ["touchline check --config - < my.yaml"],
  },
} as const satisfies Record<string, VerbSpec>;

function operatorVerb(summary: string, description: string[], options: OptionTable = {}): VerbSpec {
  return {
    summary,
    description,
    words: NO_WORDS,
    options: { ...options, "reason": REASON, ...CONTROL_OPTIONS, "json": JSON_OUTPUT },
    examples: [],
  };
}

const OPERATOR_VERBS = {
  status: {
    summary: "what a running instance is doing",
    description: ["Prints the status of a running instance: books, own quotes, positions, P&L."],
    words: NO_WORDS,
    options: { ...CONTROL_OPTIONS, "json": JSON_OUTPUT },
    examples: ["touchline status", "touchline status --json"],
  },
  pause: operatorVerb("cancels own orders and quotes no more until resumed", [
    "Cancels own orders; no new ones until `resume`.",
  ]),
  resume: operatorVerb("quotes again after a pause", [
    "Releases a pause; with --release-kill-switch also the latched kill switch.",
  ], {
    "release-kill-switch": {
      kind: FLAG,
      help: "Also releases the latch of a halt, once its cause is gone.",
    },
  }),
  halt: operatorVerb("trips the kill switch: cancels all, and stays halted", [
    "Cancels everything in the same turn and latches. Only",
    "`resume --release-kill-switch` lets it trade again.",
  ]),
  "cancel-all": operatorVerb("cancels every own order once", [
    "Cancels every own order; strategies then quote again unless paused.",
  ]),
  flatten: operatorVerb("closes every position", [
    "Cancels own orders and closes positions with reduce-only orders.",
  ]),
  reload: operatorVerb("takes the changed keys of a config that may change while running", [
    "Sends a whole configuration; what may change while running changes, all or none.",
  ], { "config": CONFIG }),
  set: {
    ...operatorVerb("changes parameters of strategies and risk while running", [
      "Changes strategy parameters, risk limits or the log level, all or none.",
    ]),
    words: { name: "KEY=VALUE…", min: 1, max: 100 },
    examples: ["touchline set strategies.mm_btc.half_spread_bp=1.5 --token-file token.txt"],
  },
} as const satisfies Record<string, VerbSpec>;

const INPUT_LINES = [
  'Each line of standard input is {"source":"ws"|"rest","text":"<as received>","at_us":N?};',
  "rest is the body of the venue's snapshot request.",
];

const WIRE_TOOLS = {
  book: {
    summary: "wire tool: raw messages in, the order book out",
    description: [
      "Keeps one instrument's book from raw messages, by the venue's own sequence rule, and prints",
      "it at the end (and every N applied updates). No network.",
      ...INPUT_LINES,
    ],
    words: NO_WORDS,
    options: {
      "venue": VENUE,
      "instrument": { kind: SYMBOL, help: "Whose book, as BTC-USDT-PERP.", required: true },
      ...GRID_OPTIONS,
      "depth": { kind: count(1, 10_000), help: "Levels per side that are printed. Default: 20." },
      "every": { kind: count(1), help: "Also prints after every N applied updates." },
    },
    examples: [
      "touchline book --venue binance --instrument BTC-USDT --tick 0.01 --lot 0.00001 < raw.jsonl",
    ],
  },
  events: {
    summary: "wire tool: raw messages in, normalised events out",
    description: [
      "Decodes public and private messages and prints one line per normalised event, with the",
      "number of its input line. Without --instruments the symbols in the messages are taken as",
      "they come. No network.",
      ...INPUT_LINES,
    ],
    words: NO_WORDS,
    options: {
      "venue": VENUE,
      "instrument": {
        kind: SYMBOL,
        help: "Whose snapshots the rest lines are; and the instrument of --tick and --lot.",
      },
      ...GRID_OPTIONS,
    },
    examples: ["touchline events --venue binance --instruments exchange_info.json < raw.jsonl"],
  },
  sign: {
    summary: "wire tool: what a venue's signature of given text is",
    description: [
      "Each line of standard input is one thing to sign, each output line its signature. Nothing",
      "is added to what is given: no timestamp, no parameter. No network.",
    ],
    words: NO_WORDS,
    options: {},
    examples: [
      `echo '{"venue":"binance","kind":"rest","params":[["symbol","BTCUSDT"]],` +
      `"credentials":{"key":"k","secret":"s"}}' | touchline sign`,
    ],
  },
  encode: {
    summary: "wire tool: order requests in, what would be sent out",
    description: [
      "Each line of standard input is a request (place_order, amend_order, replace_order,",
      "cancel_order, cancel_all); each output line is what would be sent, without timestamp,",
      "nonce, request id and signature. No network.",
    ],
    words: NO_WORDS,
    options: {
      "venue": VENUE,
      "instrument": { kind: SYMBOL, help: "The instrument of --tick and --lot." },
      ...GRID_OPTIONS,
    },
    examples: ["touchline encode --venue binance --instruments exchange_info.json < orders.jsonl"],
  },
} as const satisfies Record<string, VerbSpec>;

const ALL_VERBS = { ...TRADING_VERBS, ...OPERATOR_VERBS, ...WIRE_TOOLS };

/** The name of a verb. */
export type Verb = keyof typeof ALL_VERBS;

/** Every verb, in the order help lists them. */
export const VERBS: Readonly<Record<Verb, VerbSpec>> = ALL_VERBS;

/** Every verb's name. */
export const VERB_NAMES = Object.keys(ALL_VERBS) as readonly Verb[];
