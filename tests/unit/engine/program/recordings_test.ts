/**
 * What of a configuration a recording can play.
 * @module
 */
import { loadConfig } from "@/engine/config/mod.ts";
import { micros, unwrap } from "@/engine/domain/mod.ts";
import { recordedPart, recordingStart } from "@/engine/program/recordings.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";

const LINE = '1721347020984480942 {"stream":"btcusdt@depth@0ms","data":{"s":"BTCUSDT"}}';
const SNAPSHOT = '1721347020000000999 {"lastUpdateId":1}';
const FILES = [{ name: "a", lines: [SNAPSHOT, LINE] }, { name: "b", lines: [] }];

const strategy = (id: string, key: string) =>
  `  - { id: ${id}, kind: market_making, instruments: ["${key}"], ` +
  `parameters: { order_size: 1, inventory_max: 2 } }\n`;
const CONFIG = `venues:
  binance: { instruments: [BTC-USDT-PERP, SOL-USDT-PERP] }
  aster: { instruments: [BTC-USDT-PERP] }
strategies:
${strategy("a", "binance:BTC-USDT-PERP")}${strategy("b", "aster:BTC-USDT-PERP")}risk:
  instruments:
    "binance:BTC-USDT-PERP": { order_size_max: 3 }
    "aster:BTC-USDT-PERP": { order_size_max: 3 }
`;

function loaded(text: string) {
  const found = loadConfig(text, { source: "file" });
  assert(found.ok, found.ok ? "" : found.error.join("\n"));
  return found.value;
}

Deno.test("recordedPart() keeps Binance's recorded instruments and what hangs on them", () => {
  const { loaded: { config }, leftOut } = unwrap(recordedPart(loaded(CONFIG), FILES));
  assertEquals(Object.keys(config.venues), ["binance"]);
  assertEquals(config.venues.binance?.instruments, ["BTC-USDT-PERP"]);
  assertEquals(config.strategies.map((one) => one.id), ["a"]);
  assertEquals(Object.keys(config.risk.instruments), ["binance:BTC-USDT-PERP"]);
  assertEquals(leftOut, ["binance:SOL-USDT-PERP", "aster:BTC-USDT-PERP"]);
});

Deno.test("recordedPart() lets another venue play the ticks when Binance is not traded", () => {
  const aster = CONFIG.split("\n").filter((line) => !line.includes("binance")).join("\n");
  const { loaded: { config }, leftOut } = unwrap(recordedPart(loaded(aster), FILES));
  assertEquals([Object.keys(config.venues), leftOut], [["aster"], []]);
});

Deno.test("recordedPart() without a recording is the whole; with nothing of ours it is refused", () => {
  const whole = loaded(CONFIG);
  assertEquals(unwrap(recordedPart(whole, [])), { loaded: whole, leftOut: [] });
  for (const [lines, found] of [[[LINE.replaceAll("BTC", "DOGE")], "DOGEUSDT"], [[], "none"]]) {
    const refused = recordedPart(whole, [{ name: "a", lines: lines as string[] }]);
    assert(!refused.ok);
    assertStringIncludes(refused.error, `wanted recorded books of the instruments, found ${found}`);
  }
});

Deno.test("recordingStart() is the first line's receipt of all files, in microseconds", () => {
  const later = [{ name: "c", lines: [LINE] }, ...FILES];
  assertEquals(recordingStart(later), micros(1_721_347_020_000_000));
  assertEquals(recordingStart([{ name: "a", lines: ["no time", LINE] }]), undefined);
});
