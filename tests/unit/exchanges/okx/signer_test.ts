/**
 * The sheet's signing vectors through the `sign` tool, the login frame, and what cannot be signed.
 * @module
 */
import { createSigner, isoMillis, loginFrame, restHeaders } from "@/exchanges/okx/signer.ts";
import { okxTools } from "@/exchanges/okx/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly payload: string;
  readonly signature: string;
  readonly timestamp: string;
}

const FILE = new URL("../../../golden/signatures/okx.json", import.meta.url);
const VECTORS = (JSON.parse(Deno.readTextFileSync(FILE)) as { vectors: Vector[] }).vectors;
const CREDENTIALS = { key: "k", secret: "s", passphrase: "p" };

for (const { name, input, payload, signature, timestamp } of VECTORS) {
  Deno.test(`okx sign gives vector ${name} of the sheet`, () => {
    const signed = okxTools.sign(input);
    assert(signed.ok);
    assertEquals(signed.value["payload"], payload);
    assertEquals(signed.value["signature"], signature);
    const headers = signed.value["headers"] as Record<string, string>;
    if (input["kind"] === "ws_login") {
      const login = { apiKey: (input["credentials"] as { key: string }).key };
      const message = { op: "login", args: [{ ...login, passphrase: "SheetPass1!", timestamp }] };
      Object.assign(message.args[0]!, { sign: signature });
      assertEquals(signed.value["message"], message);
      return;
    }
    assertEquals(headers["OK-ACCESS-SIGN"], signature);
    assertEquals(headers["OK-ACCESS-TIMESTAMP"], timestamp);
    assertEquals(headers["OK-ACCESS-PASSPHRASE"], "SheetPass1!");
    assertEquals(headers["Content-Type"], name === "S1" ? undefined : "application/json");
  });
}

Deno.test("okx loginFrame() is the frame of vector S4, byte for byte", () => {
  const { credentials } = VECTORS[3]!.input as { credentials: typeof CREDENTIALS };
  const signer = createSigner(credentials);
  assert(signer.ok);
  assertEquals(
    loginFrame(1_760_000_003_999, signer.value),
    '{"op":"login","args":[{"apiKey":"11111111-2222-3333-4444-555555555555",' +
      '"passphrase":"SheetPass1!","timestamp":"1760000003",' +
      '"sign":"BwKPj5zigNxtwoUPIj8HUHbTi1ZboFFK0fjMe+RzMQQ="}]}',
  );
});

Deno.test("okx restHeaders() signs the method in capitals and the body as given", () => {
  const signer = createSigner(CREDENTIALS);
  assert(signer.ok);
  const request = { target: "/a", body: "{}", timeMs: 1_760_000_000_123 };
  const lower = restHeaders({ ...request, method: "post" }, signer.value);
  const upper = restHeaders({ ...request, method: "POST" }, signer.value);
  assertEquals(lower, upper);
  assertEquals(isoMillis(1_760_000_000_123), "2025-10-09T08:53:20.123Z");
  const other = restHeaders({ ...request, method: "POST", body: "{ }" }, signer.value);
  assert(other["OK-ACCESS-SIGN"] !== upper["OK-ACCESS-SIGN"]);
});

Deno.test("okx sign says what is missing, never the secret", () => {
  const bad: Record<string, unknown>[] = [
    {},
    { credentials: { key: "k", secret: "hush" }, time_ms: 1 },
    { credentials: { key: "k", secret: "", passphrase: "p" }, time_ms: 1 },
    { credentials: { ...CREDENTIALS, secret: "hush" } },
    { credentials: { ...CREDENTIALS, secret: "hush" }, time_ms: 1.5 },
    { credentials: { ...CREDENTIALS, secret: "hush" }, time_ms: -1 },
    { credentials: { ...CREDENTIALS, secret: "hush" }, time_ms: 1, kind: "wallet" },
    { credentials: { ...CREDENTIALS, secret: "hush" }, time_ms: 1, path: "api" },
  ];
  for (const input of bad) {
    const signed = okxTools.sign(input);
    assert(!signed.ok);
    assert(signed.error.startsWith("Cannot sign: wanted"), signed.error);
    assert(!signed.error.includes("hush"));
  }
});
