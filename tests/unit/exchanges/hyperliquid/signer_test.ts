/**
 * The published signature vectors of the venue and of its Python SDK, byte for byte, and refusals
 * that hold no secret.
 * @module
 */
import { MsgpackWriter, type WireValue } from "@/exchanges/hyperliquid/_msgpack.ts";
import {
  createRecoverableSigner,
  l1Hash,
  signInput,
  type WireAction,
} from "@/exchanges/hyperliquid/signer.ts";
import { hexOf } from "@/exchanges/hyperliquid/_eip712.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly output: Record<string, unknown>;
  readonly msgpack?: string;
}

interface Vectors {
  readonly vectors: readonly Vector[];
  readonly signatures: readonly {
    readonly name: string;
    readonly input: Record<string, unknown>;
    readonly signature: unknown;
  }[];
  readonly hashes: readonly {
    readonly name: string;
    readonly action: WireAction;
    readonly nonce: number;
    readonly hash: string;
  }[];
}

const FILE = new URL("../../../golden/signatures/hyperliquid.json", import.meta.url);
const { vectors, signatures, hashes } = JSON.parse(Deno.readTextFileSync(FILE)) as Vectors;
const PRIVATE_KEY = "0x0123456789012345678901234567890123456789012345678901234567890123";
const writer = new MsgpackWriter();

function written(value: WireValue): string {
  const bytes = writer.write(value);
  assert(bytes.ok, bytes.ok ? "" : bytes.error);
  return hexOf(bytes.value).slice(2);
}

for (const { name, input, output, msgpack } of vectors) {
  Deno.test(`sign gives the published hash, digest and signature of ${name}`, () => {
    const signed = signInput(input);
    assert(signed.ok, signed.ok ? "" : signed.error);
    assertEquals(signed.value, output);
    if (msgpack !== undefined) assertEquals(written(input["action"] as WireAction), msgpack);
  });
}

for (const { name, input, signature } of signatures) {
  Deno.test(`sign gives the published signature of ${name}`, () => {
    const signed = signInput(input);
    assert(signed.ok, signed.ok ? "" : signed.error);
    assertEquals(signed.value["signature"], signature);
  });
}

for (const { name, action, nonce, hash } of hashes) {
  Deno.test(`l1Hash() gives the published hash of ${name}`, () => {
    const found = l1Hash({ action, nonce, network: "mainnet" });
    assert(found.ok);
    assertEquals(hexOf(found.value), hash);
  });
}

Deno.test("createRecoverableSigner() knows the address of its key", () => {
  const signer = createRecoverableSigner(PRIVATE_KEY);
  assert(signer.ok);
  assertEquals(signer.value.address, "0x14791697260e4c9a71f18484c9f997b308e59325");
  for (const wrong of ["", "0x12", `${PRIVATE_KEY}00`, "zz".repeat(32), `0x${"0".repeat(64)}`]) {
    const refused = createRecoverableSigner(wrong);
    assert(!refused.ok);
    assert(wrong === "" || !refused.error.includes(wrong));
  }
});

Deno.test("sign refuses what it cannot sign and never repeats the secret", () => {
  const credentials = { private_key: PRIVATE_KEY };
  const action = { type: "noop" };
  const user = { type: "usdSend", signatureChainId: "0x1", hyperliquidChain: "Mainnet" };
  const inputs: Record<string, unknown>[] = [
    {},
    { credentials: {}, action },
    { credentials: { private_key: "0x1234" }, action },
    { credentials },
    { credentials, action: [] },
    { credentials, action, kind: "rest" },
    { credentials, action, nonce: "1" },
    { credentials, action, nonce: -1 },
    { credentials, action, nonce: 1.5 },
    { credentials, action, nonce: 1, network: "devnet" },
    { credentials, action, nonce: 1, vault: "0x12" },
    { credentials, action, nonce: 1, vault: 5 },
    { credentials, action, nonce: 1, expires_after: "soon" },
    { credentials, action, nonce: 1, expires_after: -5 },
    { credentials, action: { type: "order", p: 1.5 }, nonce: 1 },
    { credentials, action: { ...action }, kind: "user" },
    { credentials, action: { ...user, signatureChainId: 1 }, kind: "user" },
    { credentials, action: { ...user, destination: 5 }, kind: "user" },
    { credentials, action: { ...user, destination: "0x1", amount: "1" }, kind: "user" },
    {
      credentials,
      action: {
        type: "approveAgent",
        signatureChainId: "0x1",
        hyperliquidChain: "Mainnet",
        agentAddress: "0x12",
        nonce: 1,
      },
      kind: "user",
    },
  ];
  for (const input of inputs) {
    const signed = signInput(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot "), signed.error);
    assert(!signed.error.includes(PRIVATE_KEY.slice(2, 20)));
  }
});

Deno.test("an agent without a name is signed as one with an empty name", () => {
  const action = {
    type: "approveAgent",
    signatureChainId: "0x66eee",
    hyperliquidChain: "Testnet",
    agentAddress: "0x1719884eb866cb12b2287399b15f7db5e7d775ea",
    nonce: 1,
  };
  const credentials = { private_key: PRIVATE_KEY };
  const without = signInput({ kind: "user", credentials, action });
  const empty = signInput({ kind: "user", credentials, action: { ...action, agentName: "" } });
  assert(without.ok && empty.ok);
  assertEquals(without.value, empty.value);
});

Deno.test("MsgpackWriter takes the smallest form of every whole number", () => {
  const cases: readonly (readonly [number | bigint, string])[] = [
    [0, "00"],
    [127, "7f"],
    [128, "cc80"],
    [255, "ccff"],
    [256, "cd0100"],
    [65_535, "cdffff"],
    [65_536, "ce00010000"],
    [4_294_967_295, "ceffffffff"],
    [4_294_967_296, "cf0000000100000000"],
    [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
    [2n ** 64n - 1n, "cfffffffffffffffff"],
    [5n, "05"],
    [-1, "ff"],
    [-32, "e0"],
    [-33, "d0df"],
    [-128, "d080"],
    [-129, "d1ff7f"],
    [-32_768, "d18000"],
    [-32_769, "d2ffff7fff"],
    [-2_147_483_648, "d280000000"],
    [-2_147_483_649, "d3ffffffff7fffffff"],
    [-(2n ** 63n), "d38000000000000000"],
  ];
  for (const [value, wanted] of cases) assertEquals(written(value), wanted, String(value));
});

Deno.test("MsgpackWriter writes texts, lists and maps of every length class", () => {
  assertEquals(written("a".repeat(31)), `bf${"61".repeat(31)}`);
  assertEquals(written("a".repeat(32)), `d920${"61".repeat(32)}`);
  assertEquals(written("a".repeat(256)), `da0100${"61".repeat(256)}`);
  assert(written("a".repeat(65_536)).startsWith("db00010000"));
  assertEquals(written("é"), "a2c3a9");
  assertEquals(written([true, false, null]), "93c3c2c0");
  assertEquals(written({ b: 1, a: 2 }), "82a16201a16102");
  assert(written(Array.from({ length: 16 }, () => 0)).startsWith("dc0010"));
  assert(written(Array.from({ length: 65_536 }, () => 0)).startsWith("dd00010000"));
  const wide = Object.fromEntries(Array.from({ length: 16 }, (_, at) => [`k${at}`, at]));
  assert(written(wide).startsWith("de0010"));
});

Deno.test("MsgpackWriter refuses fractions, wide integers and bottomless values", () => {
  let deep: WireValue = 1;
  for (let level = 0; level < 20; level++) deep = [deep];
  for (const value of [1.5, NaN, 2 ** 60, 2n ** 64n, -(2n ** 63n) - 1n, deep]) {
    assert(!writer.write(value).ok);
  }
});
