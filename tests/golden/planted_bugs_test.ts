/**
 * The fuzz of frames, proved on decoders that are wrong on purpose: each bug that it is there to
 * find is planted in a sound decoder, and found.
 * @module
 */
import type { WireDecoder } from "@/engine/ports/mod.ts";
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "@/tests/support/assert.ts";
import { btcPerp, btcSpot } from "@/tests/support/builders.ts";
import { DAMAGE_RULES } from "@/tests/support/damage_rules.ts";
import { damagesOf } from "@/tests/support/frame_damage.ts";
import { type FuzzCounts, wrongEvents } from "@/tests/support/frame_fuzz.ts";

const INSTRUMENTS = [btcPerp(), btcSpot()];
const RULES = { instruments: INSTRUMENTS, ...DAMAGE_RULES["binance"]! };
const TRADE = JSON.stringify({
  ...{ e: "aggTrade", E: 1, s: "BTCUSDT", a: 5, p: "64000.1", q: "0.5", f: 1, l: 2, T: 2, m: true },
});
const DEPTH = JSON.stringify({
  ...{ e: "depthUpdate", E: 1, T: 2, s: "BTCUSDT", U: 5, u: 9, pu: 4 },
  ...{ b: [["64000.1", "0.5"], ["64000.0", "0"]], a: [["64000.2", "1"]] },
});
const ACCOUNT = JSON.stringify({
  e: "ACCOUNT_UPDATE",
  E: 1,
  T: 2,
  a: {
    m: "ORDER",
    B: [{ a: "USDT", wb: "5.5", cw: "5", bc: "0" }],
    P: [{ s: "BTCUSDT", pa: "-1", ep: "64000", up: "1", ps: "BOTH" }],
  },
});

type Tree = Record<string, unknown>;

/** A sound decoder that hears something else than was said. */
function mishearing(change: (tree: Tree) => Tree, isAccount = false): () => WireDecoder {
  return () => {
    const sound = isAccount
      ? binanceTools.createAccountDecoder(INSTRUMENTS)
      : binanceTools.createMarketDecoder(INSTRUMENTS);
    return {
      get reason() {
        return sound.reason;
      },
      decode(bytes, start, end, at, receiver) {
        const text = new TextDecoder().decode(bytes.subarray(start, end));
        const heard = new TextEncoder().encode(JSON.stringify(change(JSON.parse(text) as Tree)));
        return sound.decode(heard, 0, heard.length, at, receiver);
      },
    };
  };
}

function found(text: string, make: () => WireDecoder): { wrong: string[]; counts: FuzzCounts } {
  const counts = { whole: 0, without: 0, nothing: 0 };
  return {
    wrong: wrongEvents([{ name: "planted", text, make }], RULES, () => true, counts),
    counts,
  };
}

const BUGS: readonly (readonly [
  what: string,
  text: string,
  change: (tree: Tree) => Tree,
  complaint: string,
])[] = [
  ["a missing aggressor is the buyer", TRADE, (tree) => ({ m: false, ...tree }), "m removed"],
  ["null is no", TRADE, (tree) => ({ ...tree, m: tree["m"] ?? false }), "m null"],
  ["a missing time is another's", TRADE, (tree) => ({ T: 7_000_000, ...tree }), "T removed"],
  ["a missing side has no levels", DEPTH, (tree) => ({ a: [], ...tree }), "a removed"],
  ["a missing sequence is zero", DEPTH, (tree) => ({ pu: 0, ...tree }), "pu removed"],
  ["a level without a size is gone", DEPTH, withoutShortLevels, "b.*.* removed"],
  ["a stranger moves the price", TRADE, strangerMoves, "zz: 1"],
  ["a sign is dropped", TRADE, (tree) => ({ ...tree, p: String(tree["p"]).replace("-", "") }), "p"],
];

function withoutShortLevels(tree: Tree): Tree {
  const isWhole = (level: unknown) => !Array.isArray(level) || level.length > 1;
  return { ...tree, b: Array.isArray(tree["b"]) ? tree["b"].filter(isWhole) : tree["b"] };
}

function strangerMoves(tree: Tree): Tree {
  return "zz" in tree ? { ...tree, p: "1.0" } : tree;
}

for (const [what, text, change, complaint] of BUGS) {
  Deno.test(`the fuzz of frames finds a decoder in which ${what}`, () => {
    const rules = { ...RULES, maySpeakBySilence: [] };
    const counts = { whole: 0, without: 0, nothing: 0 };
    const frame = { name: "planted", text, make: mishearing(change) };
    const wrong = wrongEvents([frame], rules, () => true, counts);
    assert(wrong.length > 0, JSON.stringify(counts));
    assertStringIncludes(wrong.join("\n"), complaint);
  });
}

Deno.test("the fuzz of frames finds a balance whose missing total is zero, and a row left out", () => {
  const change = (fill: (row: Tree) => Tree) => (tree: Tree): Tree => {
    const account = tree["a"] as Tree | null;
    const rows = account?.["B"];
    if (!Array.isArray(rows)) return tree;
    const filled = rows.map((row) => typeof row === "object" && row !== null ? fill(row) : row);
    return { ...tree, a: { ...account, B: filled } };
  };
  const zero = found(ACCOUNT, mishearing(change((row) => ({ wb: "0", ...row })), true));
  assertStringIncludes(zero.wrong.join("\n"), "a.B.*.wb removed: balance.total was");
  const leftOut = found(
    ACCOUNT,
    mishearing((tree) => {
      const account = tree["a"] as Tree | null;
      const rows = account?.["B"];
      if (!Array.isArray(rows)) return tree;
      return { ...tree, a: { ...account, B: rows.filter((row) => (row as Tree | null)?.["a"]) } };
    }, true),
  );
  assertStringIncludes(leftOut.wrong.join("\n"), "a.B.*.a removed: 1 events of 2");
});

Deno.test("the fuzz of frames finds nothing wrong with the sound decoder", () => {
  for (const [text, isAccount] of [[TRADE, false], [DEPTH, false], [ACCOUNT, true]] as const) {
    const { wrong, counts } = found(text, mishearing((tree) => tree, isAccount));
    assertEquals(wrong, []);
    assert(counts.whole > 20 && counts.nothing > 50, JSON.stringify(counts));
  }
});

Deno.test("damagesOf() keeps digits that no float can, and damages every path", () => {
  const text = '{"id":12345678901234567890,"rows":[{"a":"1"},{"a":"2"},{"a":"3"}],"to":["x","y"]}';
  const all = [...damagesOf(text)];
  const others = all.filter(({ path }) => path === "to");
  assert(others.every((one) => one.text.includes("12345678901234567890")), others[0]!.text);
  const same = all.filter(({ path, kind }) => path === "id" && kind === "same");
  assertEquals(same.map((one) => JSON.parse(one.text).id), ["12345678901234567890"]);
  const paths = new Set(all.map(({ path }) => path));
  assertEquals([...paths].toSorted(), ["", "id", "rows", "rows.*", "rows.*.a", "to", "to.*"]);
  assert(all.some((one) => one.path === "to.*" && one.text.endsWith('"to":["x"]}')));
});
