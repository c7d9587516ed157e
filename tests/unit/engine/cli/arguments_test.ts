/**
 * The command line: what is understood, and what is said where it is not.
 * @module
 */
import {
  type Arguments,
  isVerb,
  overviewText,
  parseArguments,
  VERB_NAMES,
  verbText,
} from "@/engine/cli/mod.ts";
import { durationMs, durationText } from "@/engine/cli/durations.ts";
import { nearest } from "@/engine/cli/nearest.ts";
import { InvariantError, unwrap } from "@/engine/domain/mod.ts";
import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@/tests/support/assert.ts";

function run(line: string): Arguments {
  const command = unwrap(parseArguments(words(line)));
  assert(command.kind === "run", `wanted a verb to run, found ${command.kind}`);
  return command.arguments;
}

function complaint(line: string): string {
  const parsed = parseArguments(words(line));
  return parsed.ok ? "" : parsed.error;
}

function words(line: string): string[] {
  return line === "" ? [] : line.split(" ");
}

Deno.test("parseArguments() reads every option of trade", () => {
  const line = "trade --config - --for 90s --journal=tcp://localhost:9 --venues-at http://a:1 " +
    "--log-level debug --log-format json";
  const given = run(line);
  assertEquals(given.verb, "trade");
  assertEquals(given.text("config"), "-");
  assertEquals(given.durationMs("for"), 90_000);
  assertEquals(given.text("journal"), "tcp://localhost:9");
  assertEquals(given.text("venues-at"), "http://a:1");
  assertEquals(given.text("log-level"), "debug");
  assertEquals(given.has("json"), false);
  assertEquals(given.text("mode"), undefined);
  assertEquals(given.durationMs("for") === undefined, false);
  assertEquals(run("trade").durationMs("for"), undefined);
});

Deno.test("parseArguments() takes lists up to the next option, and again", () => {
  const given = run("trade --recording a b --speed max --recording=c");
  assertEquals(given.list("recording"), ["a", "b", "c"]);
  assertEquals(given.text("speed"), "max");
  assertEquals(given.list("config"), []);
  assertEquals(run("venues --venues binance --port 0").list("venues"), ["binance"]);
});

Deno.test("parseArguments() reads numbers and words", () => {
  const given = run("simulate --seed 7 --seeds 3 --hours 0.5 --faults mild --wire none --json");
  assertEquals([given.number("seed"), given.number("seeds"), given.number("hours")], [7, 3, 0.5]);
  assertEquals(given.number("config"), undefined);
  assertEquals(given.has("json"), true);
  assertEquals(run("replay - --json").words, ["-"]);
  assertEquals(run("set a.b=-1 risk.loss_max=5").words, ["a.b=-1", "risk.loss_max=5"]);
  assertEquals(run("set -- strategies.a.skew=1").words, ["strategies.a.skew=1"]);
});

Deno.test("Arguments refuse to be asked for an option that the verb does not have", () => {
  assertThrows(() => run("check").has("recording"), InvariantError);
});

Deno.test("parseArguments() knows help and version in every place", () => {
  const kindOf = (line: string) => unwrap(parseArguments(words(line)));
  for (const line of ["", "--help", "-h", "help"]) {
    assertEquals(kindOf(line), { kind: "help", verb: undefined });
  }
  for (const line of ["help book", "book --help", "book --venue -h"]) {
    assertEquals(kindOf(line), { kind: "help", verb: "book" });
  }
  assertEquals(kindOf("--version"), { kind: "version" });
  assertEquals(kindOf("-V"), { kind: "version" });
});

const WRONG: [line: string, wanted: string][] = [
  ["tarde", 'unknown verb "tarde"; did you mean trade?'],
  ["xyzzyplugh", 'unknown verb "xyzzyplugh" (touchline help lists them)'],
  ["toString", 'unknown verb "toString"'],
  ["help tarde", "did you mean trade?"],
  ["help trade now", 'wanted one verb, found "now" too'],
  ["trade --jurnal -", 'unknown option "--jurnal"; did you mean --journal? (touchline help trade'],
  ["trade --toString", 'unknown option "--toString"'],
  ["trade -x", 'unknown option "-x"'],
  ["trade now", 'wanted options only, found "now"'],
  ["trade --for --json", '--for: wanted a length of time like 60s, 5m or 1h, found "--json"'],
  ["trade --for", "--for: wanted a length of time like 60s, 5m or 1h, found nothing"],
  ["trade --for 5x", 'found "5x"'],
  ["trade --json=yes", '--json: wanted no value, found "yes"'],
  ["trade --mode papr", '--mode: wanted one of paper, live, found "papr"; did you mean paper?'],
  ["trade --config a --config b", "--config: wanted once, found twice"],
  ["trade --json --journal -", "both write to standard output"],
  ["trade --recording a --venues-at http://a", "wanted one market, found two"],
  ["trade --mode live --recording a", "--recording: wanted mode paper, found --mode live"],
  ["trade --mode live --venues-at http://a", "--venues-at: wanted mode paper"],
  ["trade --network demo", "--network: wanted --mode live with it"],
  ["trade --speed 2", "--speed: wanted --recording with it"],
  ["trade --recording a --speed 0", "wanted a number above 0 or max"],
  ["trade --venues-at nowhere", "--venues-at: wanted URL"],
  ["venues --speed 2", "--speed: wanted --recording with it"],
  ["venues --venues binance,okz", "--venues: wanted some of binance, okx, gate, bybit"],
  ["venues --port 70000", "--port: wanted a whole number from 0 to 65535"],
  ["simulate --seed -5", "--seed: wanted a whole number of at least 0"],
  ["simulate --hours none", "--hours: wanted a number above 0, found"],
  ["replay", "wanted JOURNAL|-, found nothing"],
  ["replay a b", 'wanted at most 1 of JOURNAL|-, found "b"'],
  ["set novalue", 'wanted KEY=VALUE, found "novalue"'],
  ["reload --config - --token-file -", "wanted one of them from standard input"],
  ["book --venue binance", "--instrument: wanted INSTRUMENT, found nothing"],
  ["book --instrument BTC-USDT", "--venue: wanted one of binance"],
  ["book --venue binance --instrument BTC-USDT", "wanted --instruments FILE"],
  ["book --venue binance --instrument BTC-USDT --tick 1", "found no --lot"],
  ["book --venue binance --instrument BTC-USDT --lot 1", "found no --tick"],
  ["book --venue binance --instrument btc", '--instrument: wanted INSTRUMENT, found "btc"'],
  [
    "book --venue binance --instrument A-B --tick 0 --lot 1",
    "--tick: wanted a decimal number above 0",
  ],
  ["encode --venue binance --instruments f --tick 1", "--instruments and --tick"],
  ["encode --venue binance --tick 1 --lot 1", "found no --instrument"],
  ["events --venue binance --tick 1", "found no --instrument"],
];
for (const [line, wanted] of WRONG) {
  Deno.test(`parseArguments() refuses "${line}"`, () => {
    assertStringIncludes(complaint(line), wanted);
  });
}

Deno.test("parseArguments() lets events find its instruments by itself", () => {
  assertEquals(run("events --venue binance").has("instruments"), false);
  run("events --venue binance --instrument BTC-USDT --tick 0.1 --lot 1 --contract 2");
  run("pause --reason because --token-file - --control http://127.0.0.1:9/");
});

Deno.test("help names every verb and every option within 100 columns", () => {
  const overview = overviewText("1.2.3");
  assertStringIncludes(overview, "touchline 1.2.3");
  for (const verb of VERB_NAMES) {
    assertStringIncludes(overview, `  ${verb} `);
    const help = verbText(verb);
    assertStringIncludes(help, `Usage: touchline ${verb}`);
    assertStringIncludes(help, "--log-level error|warn|info|debug");
    for (const line of help.split("\n")) {
      assert(line.length <= 100 || line.startsWith("  echo"), `${verb}: ${line}`);
    }
  }
  assertStringIncludes(verbText("book"), "(required) Whose wire protocol");
  assertStringIncludes(verbText("set"), "Usage: touchline set KEY=VALUE…");
  assert(isVerb("trade"));
  assert(!isVerb("hasOwnProperty"));
});

Deno.test("every example of help is accepted by the parser", () => {
  for (const verb of VERB_NAMES) {
    for (const [, line] of verbText(verb).matchAll(/^ {2}touchline (.+?)(?: < .*)?$/gm)) {
      assertEquals(complaint(line!), "", line!);
    }
  }
});

Deno.test("durationMs() reads lengths of time and refuses everything else", () => {
  assertEquals(durationMs("250ms"), { ok: true, value: 250 });
  assertEquals(durationMs("1.5h"), { ok: true, value: 5_400_000 });
  assertEquals(durationMs("2d"), { ok: true, value: 172_800_000 });
  for (const text of ["", "5", "s", "-5s", "5 s", "0s", "400d", "1e3s"]) {
    assertEquals(durationMs(text).ok, false, text);
  }
});

Deno.test("durationText() is for people", () => {
  assertEquals(durationText(0.45), "450 ms");
  assertEquals(durationText(59.9), "59 s");
  assertEquals(durationText(200), "3 min 20 s");
  assertEquals(durationText(7_500), "2 h 5 min");
});

Deno.test("nearest() finds what was meant, or nothing", () => {
  assertEquals(nearest("jurnal", ["journal", "json"]), "journal");
  assertEquals(nearest("instr", ["instruments"]), "instruments");
  assertEquals(nearest("zzzzzz", ["journal"]), undefined);
  assertEquals(nearest("a".repeat(10_000), ["journal"]), undefined);
});
