/**
 * What people read: the status block, the summary, numbers, complaints.
 * @module
 */
import { complaintText, jsonLine, lineWriter, statusBlock, summaryText } from "@/engine/cli/mod.ts";
import { grouped, microsText, shortDecimal, signedMoney } from "@/engine/cli/number_text.ts";
import type { EngineStatus } from "@/engine/ports/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";
import { statusOf } from "@/tests/unit/engine/control/status_fixture.ts";

Deno.test("statusBlock() shows touch, own quotes, position, money, latency and venues", () => {
  assertEquals(
    statusBlock(statusOf()),
    [
      "── paper  NORMAL  ready  up 1 min 5 s  88 MB",
      "  instrument                  bid       ask   our bid   our ask  position  book",
      "  binance:BTC-USDT-PERP  64,250.1  64,250.2  64,244.9  64,256.3     -0.01  usable",
      "  binance:ETH-USDT-PERP         -         -         -         -         0  buffering",
      "  P&L USDT +12.34 = realised +10.00, unrealised +3.45, fees -1.10, funding 0.00",
      "  orders 1,234 placed, 56 amended, 1 open, 2 in flight, 3 refused; 42 fills, 12,345 USDT",
      "  tick to order: p50 85 µs, p99 1.24 ms, p99.9 2.00 ms, max 1.50 s",
      "  binance connected, 98,765 messages, 1 gaps",
      "  ! warning book_gapped: deltas are missing",
    ].join("\n"),
  );
});

Deno.test("statusBlock() says when trading is restricted and a venue is gone", () => {
  const status = statusOf();
  const block = statusBlock({
    ...status,
    mode: "halted",
    mode_reason: "loss limit",
    kill_switch: true,
    ready: false,
    venues: [{ ...status.venues[0]!, connected: false, reconnects: 3 }],
  });
  assertStringIncludes(block, "HALTED (loss limit)  KILL SWITCH  not ready");
  assertStringIncludes(block, "binance NOT CONNECTED");
  assertStringIncludes(block, "3 reconnects");
});

Deno.test("statusBlock() stays within 100 columns and a screen, whatever it is told", () => {
  const status = statusOf();
  const line = { ...status.instruments[0]!, own_bid: "1".repeat(200) };
  const wide: EngineStatus = {
    ...status,
    mode: "paused",
    mode_reason: "x\u001b[2J\n".repeat(100),
    instruments: Array.from({ length: 40 }, () => line),
    volume: {},
  };
  const lines = statusBlock(wide).split("\n");
  assert(lines.every((text) => text.length <= 100), "A line is too long");
  assert(!lines.join("").includes("\u001b"), "A control character is shown");
  assertStringIncludes(lines.join("\n"), "… and 16 more");
});

Deno.test("summaryText() tells orders, fills, money, positions and ledger", () => {
  const text = summaryText(statusOf());
  const wanted = [
    "Summary after 1 min 5 s",
    "1,234 placed, 56 amended or replaced",
    "7 filled, 8 cancelled, 9 rejected, 10 expired",
    "2 in flight, 0 open, 3 refused by risk",
    "42, 12,345.67 USDT traded",
    "P&L        +12.34 USDT",
    "positions  -0.01 binance:BTC-USDT-PERP at 64,200",
    "  tick to order",
    "binance: 98,765 messages, 1 gaps",
    "ledger     no breaks",
    "memory     88 MB resident, 20 MB heap",
  ];
  for (const part of wanted) assertStringIncludes(text, part);
});

Deno.test("summaryText() shouts about breaks and violations, and needs no position", () => {
  const text = summaryText({
    ...statusOf(),
    positions: [],
    ledger: { breaks: 2 },
    violations: ["book crossed"],
    latency_us: {},
    volume: {},
  });
  assertStringIncludes(text, "2 BREAKS");
  assertStringIncludes(text, "VIOLATION  book crossed");
  assertStringIncludes(text, "positions  none");
  const two = { venue: "binance", instrument: "A-B", size: "1", average_price: null };
  assertStringIncludes(summaryText({ ...statusOf(), positions: [two, two] }), "1 binance:A-B");
});

Deno.test("numbers for people are cut by their digits, never rounded through a float", () => {
  assertEquals(shortDecimal("1234567.891", 2), "1,234,567.89");
  assertEquals(shortDecimal("-0.004", 2), "0.00");
  assertEquals(shortDecimal("-1234", 2), "-1,234");
  assertEquals(shortDecimal("9007199254740993.5", 1), "9,007,199,254,740,993.5");
  assertEquals(shortDecimal("n/a", 2), "n/a");
  assertEquals(
    ["5", "-5.678", "0", "0.001", "-0.001"].map(signedMoney),
    ["+5.00", "-5.67", "0.00", "0.00", "0.00"],
  );
  assertEquals(grouped(1_234_567), "1,234,567");
  assertEquals([12, 1_500, 2_500_000].map(microsText), ["12 µs", "1.50 ms", "2.50 s"]);
});

Deno.test("lineWriter() writes whole lines however few bytes are taken at a time", () => {
  const taken: number[] = [];
  const write = lineWriter({
    writeSync: (bytes) => {
      taken.push(bytes[0]!);
      return 1;
    },
  });
  write(jsonLine({ a: "ü" }));
  assertEquals(new TextDecoder().decode(new Uint8Array(taken)), '{"a":"ü"}\n');
});

Deno.test("complaintText() lists every complaint", () => {
  assertEquals(complaintText("config.yaml", ["one"]), "config.yaml: 1 complaint\n  one");
  assertStringIncludes(complaintText("config.yaml", ["one", "two"]), "2 complaints\n  one\n  two");
});
