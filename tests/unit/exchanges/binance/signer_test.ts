/**
 * The venue's published signature vectors, and refusals that hold no secret.
 * @module
 */
import { binanceTools } from "@/exchanges/binance/mod.ts";
import { createSigner, encodedPairs, webSocketPayload } from "@/exchanges/binance/signer.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly payload: string;
  readonly signature: string;
}

const FILE = new URL("../../../golden/signatures/binance.json", import.meta.url);
const { vectors } = JSON.parse(Deno.readTextFileSync(FILE)) as { vectors: Vector[] };

for (const { name, input, payload, signature } of vectors) {
  Deno.test(`sign gives the published signature ${name}`, () => {
    const signed = binanceTools.sign(input);
    assert(signed.ok);
    assertEquals(signed.value, { payload, signature });
  });
}

Deno.test("sign refuses what it cannot sign and never repeats the secret", () => {
  const credentials = { key: "k", secret: "very-secret" };
  const inputs: Record<string, unknown>[] = [
    {},
    { credentials: { key: "", secret: "very-secret" }, params: [] },
    { credentials: { key: "k" }, params: [] },
    { credentials: { key: "k", secret: "very-secret", ed25519_pem: "very-secret" }, params: [] },
    { credentials: { key: "k", ed25519_pem: "very-secret" }, params: [] },
    { credentials, kind: "wallet", params: [] },
    { credentials, kind: "ws" },
    { credentials, kind: "rest", params: "a=1" },
    { credentials, kind: "rest", params: [["a"]] },
    { credentials, kind: "rest", params: [["a", {}]] },
    { credentials, kind: "rest", query: 5 },
    { credentials, kind: "rest", query: [], body: {} },
  ];
  for (const input of inputs) {
    const signed = binanceTools.sign(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot sign: wanted"), signed.error);
    assert(!signed.error.includes("very-secret"));
  }
});

Deno.test("webSocketPayload() sorts by name, leaves the signature out and encodes nothing", () => {
  const pairs = [["b", "x y"], ["signature", "s"], ["a", 1], ["B", true]] as const;
  assertEquals(webSocketPayload(pairs), "B=true&a=1&b=x y");
  assertEquals(encodedPairs([["b", "x y&"], ["a", 1]]), "b=x%20y%26&a=1");
});

Deno.test("createSigner() tells HMAC keys from Ed25519 keys", () => {
  const hmac = createSigner({ key: "k", secret: "s" });
  assert(hmac.ok);
  assertEquals(hmac.value.kind, "hmac");
  assertEquals(hmac.value.sign("a").length, 64);
});
