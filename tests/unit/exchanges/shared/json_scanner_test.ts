/**
 * The pull scanner reads what `JSON.parse` reads, and says so when it does not understand.
 * @module
 */
import fc from "fast-check";
import { LevelBuffer } from "@/engine/messages/mod.ts";
import { JsonScanner, keyBytes, keyCodeOf, REFUSED, spanIs } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedSeed } from "@/tests/support/seeds.ts";

const encoder = new TextEncoder();
const GRID = { mantissa: 1, scale: 2 };

/** A scanner on a text with other bytes around it. */
function on(text: string): JsonScanner {
  const bytes = encoder.encode(`"]}${text}"]}`);
  const json = new JsonScanner();
  json.reset(bytes, 3, bytes.length - 3);
  return json;
}

Deno.test("JsonScanner reads a message field by field in whatever order", () => {
  const texts = [
    '{"e":"depthUpdate","E":123,"s":"BTCUSDT","u":160,"pu":-1,"b":[["1.01","2"]],"a":[]}',
    '{ "a" : [] , "b" : [["1.01","2"]], "pu":-1,\n"u":160, "s":"BTCUSDT","x":{"y":[1,{}]},"E":123}',
  ];
  for (const text of texts) {
    const json = on(text);
    const bids = new LevelBuffer();
    let sum = 0;
    assert(json.enterObject());
    while (json.nextKey()) {
      switch (json.keyCode) {
        case keyCodeOf("E"):
          sum += json.readInteger();
          break;
        case keyCodeOf("u"):
          sum += json.readInteger() * 1_000;
          break;
        case keyCodeOf("pu"):
          sum += json.readInteger();
          break;
        case keyCodeOf("s"):
          assert(json.readString());
          assert(json.valueIs(keyBytes("BTCUSDT")));
          break;
        case keyCodeOf("b"):
          assert(json.readLevels(GRID, { mantissa: 1, scale: 0 }, bids));
          break;
        default:
          json.skipValue();
      }
    }
    assert(json.finish());
    assertEquals([sum, bids.count, bids.prices[0], bids.sizes[0]], [160_122, 1, 101, 2]);
  }
});

Deno.test("JsonScanner tells long keys apart by their bytes", () => {
  const json = on('{"lastUpdateId":5,"b":1}');
  json.enterObject();
  assert(json.nextKey());
  assertEquals(json.keyCode, 0);
  assert(json.keyIs(keyBytes("lastUpdateId")));
  assert(!json.keyIs(keyBytes("lastUpdateIx")));
  assertEquals(json.readInteger(), 5);
  assert(json.nextKey());
  assertEquals(json.keyCode, keyCodeOf("b"));
  assertEquals(keyCodeOf("toolong"), 0);
});

Deno.test("JsonScanner reads amounts quoted and bare, texts with escapes, and the literals", () => {
  const json = on('["1.5",2.25,"-3",true,false,null,"a\\u00e9\\"","é€",-0.5,{"k":[]}]');
  json.enterArray();
  const next = () => assert(json.nextElement());
  next();
  assertEquals(json.readDecimal(2), 150);
  next();
  assertEquals(json.readTicks({ mantissa: 25, scale: 2 }), 9);
  next();
  assertEquals(json.readInteger(), -3);
  next();
  assertEquals([json.peekKind(), json.readBoolean()], ["true", true]);
  next();
  assertEquals([json.peekKind(), json.readBoolean()], ["false", false]);
  next();
  assertEquals([json.peekKind(), json.skipValue()], ["null", true]);
  next();
  assertEquals([json.readText(), json.escaped], ['aé"', true]);
  next();
  assertEquals([json.peekKind(), json.readText()], ["string", "é€"]);
  next();
  assertEquals([json.peekKind(), json.readSignedDecimal(1)], ["number", -5]);
  next();
  assertEquals([json.peekKind(), json.skipValue()], ["object", true]);
  assertEquals([json.nextElement(), json.finish(), json.failed], [false, true, false]);
});

Deno.test("JsonScanner skips what JSON.parse reads and nothing else", () => {
  const seed = printedSeed("skip any value");
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.nat(3), (text, indent) => {
      const pretty = JSON.stringify(JSON.parse(text), null, indent);
      fc.pre(!pretty.includes("\\"));
      const json = on(pretty);
      assert(json.skipValue(), pretty);
      assert(json.finish(), pretty);
    }),
    { seed, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(
      fc.json({ maxDepth: 4 }),
      fc.nat(200),
      fc.constantFrom("", ",", "]", "}", '"', "x", ":", "0", "\\", "\n", "-", "."),
      (text, where, put) => {
        const at = where % (text.length + 1);
        const bent = text.slice(0, at) + put + text.slice(at + 1);
        let valid = true;
        try {
          JSON.parse(bent);
        } catch {
          valid = false;
        }
        const json = on(bent);
        const taken = json.skipValue() && json.finish();
        // What JSON takes and we do not is decoded by the caller's slow path; never the other way,
        // but for escapes, which are not looked into when they are skipped.
        if (taken && !valid) assert(bent.includes("\\"), JSON.stringify(bent));
        if (valid && !bent.includes("\\")) assert(taken, JSON.stringify(bent));
      },
    ),
    { seed, numRuns: 3_000 },
  );
});

Deno.test("JsonScanner fails for good on anything unexpected", () => {
  const cases: readonly (readonly [string, (json: JsonScanner) => unknown])[] = [
    ["[1]", (json) => json.enterObject()],
    ["{}", (json) => json.enterArray()],
    ["{1:2}", (json) => [json.enterObject(), json.nextKey()]],
    ['{"a" 1}', (json) => [json.enterObject(), json.nextKey()]],
    ['{"a\\"b":1}', (json) => [json.enterObject(), json.nextKey()]],
    [
      '{"a":1 "b":2}',
      (json) => [json.enterObject(), json.nextKey(), json.skipValue(), json.nextKey()],
    ],
    ['{"a":1,"b":2}', (json) => [json.enterObject(), json.nextKey(), json.nextKey()]],
    ['{"a":1,}', (json) => [json.enterObject(), json.nextKey(), json.skipValue(), json.nextKey()]],
    ['"abc', (json) => json.readString()],
    ['"a\nb"', (json) => json.readString()],
    ['"a\\"', (json) => json.readString()],
    ['"\\q"', (json) => json.readText()],
    ["12", (json) => json.readString()],
    ["12", (json) => json.readText()],
    ['"1.5"', (json) => json.readInteger()],
    ["1.555", (json) => json.readDecimal(2)],
    ["-1", (json) => json.readDecimal(2)],
    ['"x"', (json) => json.readTicks(GRID)],
    ["9007199254740992", (json) => json.readInteger()],
    ['"1\\u0030"', (json) => json.readDecimal(2)],
    ["01", (json) => json.skipValue()],
    ["1.", (json) => json.skipValue()],
    ["1e", (json) => json.skipValue()],
    ["-", (json) => json.skipValue()],
    ["tru", (json) => json.skipValue()],
    ["nul!", (json) => json.skipValue()],
    ["yes", (json) => json.readBoolean()],
    ["", (json) => json.skipValue()],
    ["{}", (json) => json.readLevels(GRID, GRID, new LevelBuffer())],
    ["[[1]]", (json) => json.readLevels(GRID, GRID, new LevelBuffer())],
    ["[".repeat(100), (json) => json.skipValue()],
    ["<html>", (json) => json.skipValue()],
  ];
  for (const [text, run] of cases) {
    const json = on(text);
    run(json);
    assert(json.failed, text);
    assertEquals([json.finish(), json.skipValue(), json.nextKey(), json.nextElement()], [
      false,
      false,
      false,
      false,
    ]);
    assertEquals([json.peekKind(), json.readDecimal(1)], ["none", REFUSED]);
    assert(Number.isNaN(json.readSignedDecimal(1)));
  }
});

Deno.test("JsonScanner.finish() sees what stands behind the value and what was never read", () => {
  const behind = on("{} x");
  behind.skipValue();
  assertEquals(behind.finish(), false);
  const unread = on("{}");
  assertEquals(unread.finish(), false);
  const open = on('{"a":1');
  open.enterObject();
  open.nextKey();
  open.skipValue();
  assertEquals([open.nextKey(), open.failed], [false, true]);
  assert(!spanIs(encoder.encode("abc"), 0, 3, encoder.encode("abx")));
});
