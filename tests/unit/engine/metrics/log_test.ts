/**
 * Log lines: levels, formats, one line a call, and repetition kept back.
 * @module
 */
import { type LogFormat, Logger, LogLimiter } from "@/engine/metrics/mod.ts";
import type { LogLevel } from "@/engine/ports/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

function loggerOf(level: LogLevel, format: LogFormat) {
  const lines: string[] = [];
  const clock = new ManualClock();
  const logger = new Logger({
    level,
    format,
    now: () => clock.now(),
    write: (line) => void lines.push(line),
  });
  return { lines, clock, logger };
}

Deno.test("Logger writes a text line with its fields", () => {
  const { lines, logger } = loggerOf("info", "text");
  logger.log("warn", "book is stale", { instrument: "BTC-USDT", age_ms: 51, quoted: false });
  logger.log("info", "plain");
  assertEquals(lines, [
    "2026-01-01T00:00:00.000000Z WARN  book is stale instrument=BTC-USDT age_ms=51 quoted=false\n",
    "2026-01-01T00:00:00.000000Z INFO  plain\n",
  ]);
});

Deno.test("Logger writes one JSON object a line", () => {
  const { lines, logger } = loggerOf("debug", "json");
  logger.log("debug", 'said "no"\nand left', { code: -1021 });
  assertStrictEquals(lines.length, 1);
  assertStrictEquals(lines[0]!.indexOf("\n"), lines[0]!.length - 1);
  assertEquals(JSON.parse(lines[0]!), {
    at: "2026-01-01T00:00:00.000000Z",
    level: "debug",
    message: 'said "no"\nand left',
    code: -1021,
  });
});

Deno.test("Logger keeps text on one line and away from the terminal's controls", () => {
  const { lines, logger } = loggerOf("info", "text");
  logger.log("error", "a\nb\u001b[31m", { frame: "<html>\r\n", words: "two words", empty: "" });
  assertEquals(lines, [
    "2026-01-01T00:00:00.000000Z ERROR a\\u000ab\\u001b[31m " +
    'frame="<html>\\r\\n" words="two words" empty=""\n',
  ]);
});

Deno.test("Logger leaves out what is below its level, which may change", () => {
  const { lines, logger } = loggerOf("warn", "text");
  logger.log("info", "no");
  logger.log("error", "yes");
  assertStrictEquals(lines.length, 1);
  assertStrictEquals(logger.isEnabled("debug"), false);
  logger.level = "debug";
  logger.log("debug", "yes");
  assertStrictEquals(lines.length, 2);
});

Deno.test("Logger counts a line that cannot be written and goes on", () => {
  const clock = new ManualClock();
  const logger = new Logger({
    level: "info",
    format: "text",
    now: () => clock.now(),
    write: () => {
      throw new Error("broken pipe");
    },
  });
  logger.log("error", "lost");
  assertStrictEquals(logger.droppedLines, 1);
});

Deno.test("Logger writes to standard error unless told otherwise", () => {
  const logger = new Logger({ level: "info", format: "text", now: () => new ManualClock().now() });
  logger.log("info", "a line of a test on standard error");
  assertStrictEquals(logger.droppedLines, 0);
});

Deno.test("LogLimiter says a kind once, then ever more rarely with the number kept back", () => {
  const { lines, clock, logger } = loggerOf("info", "json");
  const limiter = new LogLimiter(logger, () => clock.now());
  assertStrictEquals(limiter.log("html", "warn", "refused a frame"), true);
  for (let i = 0; i < 9; i++) assertStrictEquals(limiter.log("html", "warn", "again"), false);
  assertStrictEquals(limiter.log("json", "warn", "another kind"), true);
  clock.advance(1_000);
  assertStrictEquals(limiter.log("html", "warn", "again", { venue: "binance" }), true);
  clock.advance(1_999);
  assertStrictEquals(limiter.log("html", "warn", "again"), false);
  clock.advance(1);
  assertStrictEquals(limiter.log("html", "warn", "again"), true);
  assertEquals(
    lines.map((line) => JSON.parse(line).kept_back),
    [undefined, undefined, 9, 1],
  );
  assertStrictEquals(JSON.parse(lines[2]!).venue, "binance");
});

Deno.test("LogLimiter tells a bounded number of kinds apart", () => {
  const { lines, clock, logger } = loggerOf("info", "text");
  const limiter = new LogLimiter(logger, () => clock.now());
  for (let i = 0; i < 1_000; i++) limiter.log(`kind ${i}`, "warn", "hostile");
  assert(lines.length <= 257, `wanted at most 257 lines, found ${lines.length}`);
  assertStrictEquals(limiter.log("kind 3", "warn", "known"), false);
});
