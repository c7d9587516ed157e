/**
 * The venue's published signature vectors, and refusals that hold no secret.
 * @module
 */
import { gateTools } from "@/exchanges/gate/mod.ts";
import { createSigner, restHeaders } from "@/exchanges/gate/signer.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly payload: string;
  readonly signature: string;
}

const FILE = new URL("../../../golden/signatures/gate.json", import.meta.url);
const { vectors } = JSON.parse(Deno.readTextFileSync(FILE)) as { vectors: Vector[] };

for (const { name, input, payload, signature } of vectors) {
  Deno.test(`sign gives the published signature ${name}`, () => {
    const signed = gateTools.sign(input);
    assert(signed.ok);
    assertEquals(signed.value["payload"], payload);
    assertEquals(signed.value["signature"], signature);
  });
}

Deno.test("sign gives the headers of each kind, with the key and never the secret", () => {
  const credentials = { key: "k", secret: "very-secret" };
  const rest = gateTools.sign({ credentials, method: "GET", path: "/api/v4/x", time_s: "7" });
  assert(rest.ok);
  const { signature } = rest.value;
  assertEquals(rest.value["headers"], { KEY: "k", Timestamp: "7", SIGN: signature });
  const channel = { credentials, channel: "spot.orders", time_s: 7 };
  const subscribed = gateTools.sign({ ...channel, kind: "ws_subscribe" });
  assert(subscribed.ok);
  assertEquals(subscribed.value["headers"], {
    method: "api_key",
    KEY: "k",
    SIGN: subscribed.value["signature"],
  });
  const requested = gateTools.sign({ ...channel, kind: "ws_request" });
  assert(requested.ok);
  assertEquals(requested.value["payload"], "api\nspot.orders\n\n7");
  assert(!JSON.stringify([rest, subscribed, requested]).includes("very-secret"));
});

Deno.test("sign refuses what it cannot sign and never repeats the secret", () => {
  const credentials = { key: "k", secret: "very-secret" };
  const rest = { credentials, kind: "rest", method: "GET", path: "/p", time_s: 1 };
  const inputs: Record<string, unknown>[] = [
    {},
    { ...rest, credentials: { key: "", secret: "very-secret" } },
    { ...rest, credentials: { key: "k" } },
    { ...rest, time_s: undefined },
    { ...rest, time_s: "soon" },
    { ...rest, time_s: 1.5 },
    { ...rest, method: undefined },
    { ...rest, path: 5 },
    { ...rest, query: ["a=1"] },
    { ...rest, body: {} },
    { ...rest, kind: "very-secret" },
    { credentials, kind: "ws_subscribe", time_s: 1 },
    { credentials, kind: "ws_subscribe", channel: "c", event: 1, time_s: 1 },
    { credentials, kind: "ws_request", channel: "c", request: {}, time_s: 1 },
  ];
  for (const input of inputs) {
    const signed = gateTools.sign(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot sign: wanted"), signed.error);
    assert(!signed.error.includes("very-secret"));
  }
});

Deno.test("restHeaders() signs the body's bytes, umlauts included", () => {
  const signer = createSigner({ key: "k", secret: "s" });
  assert(signer.ok);
  const parts = { method: "POST", path: "/api/v4/x", query: "", timeSeconds: "1" };
  const plain = restHeaders(signer.value, { ...parts, body: "a" });
  const other = restHeaders(signer.value, { ...parts, body: "\u00e4" });
  assert(plain["SIGN"] !== other["SIGN"]);
  assertEquals(plain["KEY"], "k");
});
