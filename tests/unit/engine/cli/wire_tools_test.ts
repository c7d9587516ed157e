/**
 * `events`, `sign` and `encode`, and how they learn instruments.
 * @module
 */
import {
  readLines,
  runEncodeTool,
  runEventsTool,
  runSignTool,
  toolInstrument,
  toolInstruments,
} from "@/engine/cli/mod.ts";
import { SymbolFinder } from "@/engine/cli/symbol_finder.ts";
import type { Instrument } from "@/engine/domain/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";
import { collector, fakeInstrument, FakeTools, linesOf, wire } from "./fake_tools.ts";

const BTC = fakeInstrument();
const ETH = fakeInstrument("ETH-USDT-PERP", 1);

async function events(
  lines: unknown[],
  instruments: readonly Instrument[] = [BTC],
  instrument?: Instrument,
) {
  const { write, values } = collector();
  const options = { instruments, instrument };
  const outcome = await runEventsTool(new FakeTools(), options, linesOf(...lines), write);
  assertEquals(outcome.lines, lines.length);
  return { values, outcome };
}

Deno.test("events prints normalised events with the number of their line", async () => {
  const { values, outcome } = await events([
    wire({ k: "trade", s: "BTCUSDT", p: "100.0", q: "0.5", t: 1_700_000_000_000_000 }),
    wire({ k: "touch", s: "BTCUSDT", u: 7, bp: "100.0", bq: "1", ap: "0", aq: "0" }),
    wire({ k: "delta", s: "BTCUSDT", u: 8, b: [["100.0", "0"]], a: [] }),
  ]);
  assertEquals(values, [
    {
      line: 1,
      kind: "trade",
      venue: "binance",
      instrument: "BTC-USDT-PERP",
      venue_at_us: 1_700_000_000_000_000,
      price: "100",
      size: "0.5",
      aggressor: "buy",
      trade_id: "77",
    },
    {
      line: 2,
      kind: "best_bid_ask",
      venue: "binance",
      instrument: "BTC-USDT-PERP",
      bid: "100",
      bid_size: "1",
      ask_size: "0",
      sequence: "7",
    },
    {
      line: 3,
      kind: "book_delta",
      venue: "binance",
      instrument: "BTC-USDT-PERP",
      first_sequence: "8",
      sequence: "8",
      previous_sequence: "7",
      bids: [["100", "0"]],
      asks: [],
    },
  ]);
  assertEquals(outcome.events, 3);
});

Deno.test("events says why a line is ignored or cannot be read", async () => {
  const { values, outcome } = await events([
    "{",
    wire("<html>"),
    wire({ k: "trade", s: "DOGEUSDT" }),
    wire({ k: "odd", s: "BTCUSDT" }),
    wire({ k: "cut", s: "BTCUSDT" }),
    wire("<html>", "rest"),
    wire({ code: -1 }, "rest"),
  ]);
  assertEquals(values.map(({ line, kind, reason }) => [line, kind, reason]), [
    [1, "error", 'wanted one JSON object, found "{"'],
    [2, "error", "not JSON"],
    [3, "ignored", "instrument not known"],
    [4, "error", "unknown channel"],
    [5, "ignored", "feed interrupted: venue_reset"],
    [6, "error", "not JSON"],
    [7, "ignored", "not a snapshot"],
  ]);
  assertEquals([outcome.ignored, outcome.errors], [3, 4]);
});

Deno.test("events needs the name of a snapshot's instrument where there are several", async () => {
  const snapshot = wire({ u: 5, b: [["1.0", "1"]], a: [] }, "rest");
  const unnamed = await events([snapshot], [BTC, ETH]);
  assertStringIncludes(String(unnamed.values[0]!["reason"]), "--instrument says it");
  const named = await events([snapshot], [BTC, ETH], ETH);
  assertEquals(named.values[0]!["instrument"], "ETH-USDT-PERP");
  assertEquals(named.values[0]!["kind"], "book_snapshot");
});

Deno.test("events finds instruments in the messages where none are given", async () => {
  const { values } = await events([
    wire({ k: "hello" }),
    wire({ k: "trade", s: "BTCUSDT", p: "100.0", q: "0.12345678" }),
    wire({ k: "trade", s: "SOLUSDC", p: "0.00000001", q: "1" }),
  ], []);
  assertEquals(values.map((value) => value["kind"]), ["ignored", "trade", "trade"]);
  assertEquals([values[1]!["instrument"], values[1]!["size"]], ["BTC-USDT", "0.12345678"]);
  assertEquals(values[2]!["price"], "0.00000001");
});

Deno.test("SymbolFinder looks at each word once and is bounded", () => {
  const finder = new SymbolFinder(new FakeTools());
  assertEquals(finder.look('{"s":"BTCUSDT","x":"hello","USDT":"USDT"}'), true);
  assertEquals(finder.instruments.map((one) => String(one.terms.symbol)), [
    "BTC-USDT",
    "BTC-USDT-PERP",
  ]);
  assertEquals(finder.look('{"s":"BTCUSDT"}'), false);
  finder.look(JSON.stringify(Array.from({ length: 2_000 }, (_, index) => `A${index}USDT`)));
  assertEquals(finder.instruments.length, 1_000);
});

async function sign(...lines: unknown[]) {
  const { write, values } = collector();
  const tools = new FakeTools();
  let loads = 0;
  const outcome = await runSignTool(
    (venue) => venue === "binance" ? (loads++, tools) : undefined,
    linesOf(...lines),
    write,
  );
  return { values, outcome, loads };
}

Deno.test("sign answers each line in order and loads a venue once", async () => {
  const thing = { venue: "binance", kind: "rest", params: [["b", "1"], ["a", "2"]] };
  const { values, outcome, loads } = await sign(thing, { ...thing, kind: "dance" }, thing);
  assertEquals(values[0], {
    payload: '{"kind":"rest","params":[["b","1"],["a","2"]]}',
    signature: "abc",
  });
  assertEquals(values[1], { line: 2, error: '"kind": wanted rest, found something else' });
  assertEquals(values[2], values[0]);
  assertEquals([outcome.lines, outcome.refused, loads], [3, 1, 1]);
});

Deno.test("sign tells of unknown venues and bad lines without showing what may be a key", async () => {
  const { values } = await sign(
    "hunter2hunter2",
    { kind: "rest" },
    { venue: "okx" },
    { venue: "Hunter2!" },
    { venue: "nowhere" },
  );
  const errors = values.map((value) => String(value["error"]));
  assertStringIncludes(errors[0]!, "wanted one JSON object, found something else (not shown)");
  assertStringIncludes(errors[1]!, "found nothing");
  assertStringIncludes(errors[2]!, '"okx", which this version cannot sign for');
  assertStringIncludes(errors[4]!, 'found "nowhere"');
  assert(!errors.join().toLowerCase().includes("hunter2"), errors.join());
});

async function encode(...lines: unknown[]) {
  const { write, values } = collector();
  const outcome = await runEncodeTool(new FakeTools(), [BTC, ETH], linesOf(...lines), write);
  assertEquals(values.map((value) => value["line"]), lines.map((_, index) => index + 1));
  return { values, outcome };
}

const PLACE = {
  kind: "place_order",
  instrument: "BTC-USDT-PERP",
  client_order_id: "x1",
  side: "buy",
  price: "100.1",
  size: "0.5",
};

Deno.test("encode prints what would be sent, with defaults filled in", async () => {
  const { values } = await encode(PLACE);
  assertEquals(values[0], {
    line: 1,
    channel: "ws",
    method: "place_order",
    message: {
      symbol: "BTCUSDT",
      kind: "place_order",
      clientOrderId: "x1",
      side: "buy",
      type: "limit",
      timeInForce: "gtc",
      postOnly: false,
      reduceOnly: false,
      price: 1_001,
      size: 500,
    },
  });
});

Deno.test("encode knows every kind of request", async () => {
  const names = { instrument: "ETH-USDT-PERP", order_id: 12, client_order_id: "x1" };
  const { values, outcome } = await encode(
    { ...PLACE, type: "market", price: null, time_in_force: "ioc", reduce_only: true },
    { ...PLACE, type: "stop_limit", trigger_price: 99, post_only: true },
    { kind: "amend_order", ...names, price: "100", size: 1 },
    {
      kind: "replace_order",
      ...names,
      new_client_order_id: "x2",
      side: "sell",
      price: "1",
      size: "1",
    },
    { kind: "cancel_order", instrument: "ETH-USDT-PERP", client_order_id: "x1" },
    { kind: "cancel_all", instrument: "ETH-USDT-PERP" },
    { kind: "replace_order", ...names, price: "1", size: "1" },
  );
  const messages = values.map((value) => value["message"] as Record<string, unknown> | undefined);
  assertEquals(messages.slice(0, 5).map((message) => message?.["kind"]), [
    "place_order",
    "place_order",
    "amend_order",
    "replace_order",
    "cancel_order",
  ]);
  assertEquals(messages[1]!["triggerPrice"], 990);
  assertEquals(messages[2]!["venueOrderId"], "12");
  assertEquals(values[5]!["refused"], "this venue has no cancel_all");
  assertStringIncludes(String(values[6]!["refused"]), '"side": this venue names it');
  assertEquals(outcome, { lines: 7, refused: 2 });
});

const REFUSED: [change: Record<string, unknown>, wanted: string][] = [
  [{ instrument: "DOGE-USDT" }, '"instrument": wanted one of the 2 given, found "DOGE-USDT"'],
  [{ kind: "buy" }, '"kind": wanted one of place_order'],
  [{ side: "long" }, '"side": wanted one of buy, sell, found "long"'],
  [{ side: undefined }, '"side": wanted one of buy, sell, found nothing'],
  [{ type: "iceberg" }, '"type": wanted one of market'],
  [{ time_in_force: "day" }, '"time_in_force": wanted one of gtc'],
  [{ post_only: "yes" }, '"post_only": wanted true or false, found "yes"'],
  [{ price: undefined }, '"price": wanted a decimal number above 0, found nothing'],
  [{ price: "100.05" }, '"price": wanted a multiple of 0.1, found "100.05"'],
  [{ price: {} }, '"price": wanted a decimal number above 0, found {}'],
  [{ type: "market" }, '"price": wanted nothing for type market, found "100.1"'],
  [{ trigger_price: "1" }, '"trigger_price": wanted nothing for type limit'],
  [{ size: "0.0005" }, '"size": wanted a multiple of 0.001 (base currency), found "0.0005"'],
  [{ size: "-1" }, '"size": wanted a decimal number above 0'],
  [{ client_order_id: true }, '"client_order_id": wanted text, found true'],
  [{ kind: "cancel_order", client_order_id: undefined }, "wanted one of them, found neither"],
];
for (const [change, wanted] of REFUSED) {
  Deno.test(`encode refuses ${JSON.stringify(change)}`, async () => {
    const { values } = await encode({ ...PLACE, ...change });
    assertStringIncludes(String(values[0]!["refused"]), wanted);
  });
}

Deno.test("encode refuses a line that is not JSON", async () => {
  const { values } = await encode("{{{");
  assertStringIncludes(String(values[0]!["refused"]), "wanted one JSON object");
});

Deno.test("toolInstruments() reads the venue's response or a grid", () => {
  const tools = new FakeTools();
  const read = (source: Parameters<typeof toolInstruments>[1]) => {
    const found = toolInstruments(tools, source);
    return found.ok ? found.value.map((one) => String(one.terms.symbol)).join() : found.error;
  };
  assertEquals(read({ instruments: '["BTC-USDT","BAD-USDT","ETH-USDT"]' }), "BTC-USDT,ETH-USDT");
  assertEquals(read({ instrument: "BTC-USDT", tick: "0.1", lot: "1" }), "BTC-USDT");
  assertStringIncludes(read({ instruments: "<html>" }), "--instruments: wanted a list");
  assertStringIncludes(read({ instruments: "[]" }), "found no instrument in it");
  assertStringIncludes(read({ instruments: '["BAD-USDT"]' }), "Cannot load binance:BAD-USDT");
  assertStringIncludes(
    read({ instrument: "BTC", tick: "1", lot: "1" }),
    "--instrument: wanted BASE",
  );
  assertStringIncludes(read({}), "wanted --instruments FILE");
});

Deno.test("toolInstrument() finds one by its name", () => {
  const found = toolInstrument([BTC, ETH], "ETH-USDT-PERP");
  assert(found.ok);
  assertEquals(found.value.index, ETH.index);
  const wrong = toolInstrument([BTC, ETH], "BTC-USDT");
  assert(!wrong.ok);
  assertStringIncludes(wrong.error, 'found "BTC-USDT"; did you mean BTC-USDT-PERP?');
});

Deno.test("readLines() cuts bytes into lines wherever the chunks end", async () => {
  const bytes = new TextEncoder().encode("first\r\nzweite ü\n\nlast");
  for (const length of [1, 3, bytes.length]) {
    const lines: string[] = [];
    for await (const line of readLines(chunksOf(bytes, length))) lines.push(line);
    assertEquals(lines, ["first", "zweite ü", "", "last"]);
  }
});

Deno.test("readLines() keeps the head of a line that is too long, and reads the next one", async () => {
  const chunk = new Uint8Array(34_000_000).fill(65);
  async function* long(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 3; i++) yield await Promise.resolve(chunk);
    yield new TextEncoder().encode('A\n{"a":1}\n');
  }
  const lines: string[] = [];
  for await (const line of readLines(long())) lines.push(line);
  assertEquals(lines, [`${"A".repeat(1_000)}… (too long)`, '{"a":1}']);
});

async function* chunksOf(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) {
    yield await Promise.resolve(bytes.subarray(at, at + length));
  }
}
