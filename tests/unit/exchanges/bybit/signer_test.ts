/**
 * The venue's signature vectors, the login frame, and refusals that hold no secret.
 * @module
 */
import { unwrap } from "@/engine/domain/mod.ts";
import { bybitTools } from "@/exchanges/bybit/mod.ts";
import { createSigner, loginFrame } from "@/exchanges/bybit/signer.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

interface Vector {
  readonly name: string;
  readonly input: Record<string, unknown>;
  readonly payload: string;
  readonly signature: string;
}

const FILE = new URL("../../../golden/signatures/bybit.json", import.meta.url);
const { vectors } = JSON.parse(Deno.readTextFileSync(FILE)) as { vectors: Vector[] };

for (const { name, input, payload, signature } of vectors) {
  Deno.test(`sign gives the published signature ${name}`, () => {
    const signed = unwrap(bybitTools.sign(input));
    assertEquals(signed["payload"], payload);
    assertEquals(signed["signature"], signature);
    const headers = input["kind"] === "ws_login" ? {} : {
      "X-BAPI-API-KEY": "dummykey0123456789abcdef",
      "X-BAPI-TIMESTAMP": "1700000000123",
      "X-BAPI-RECV-WINDOW": "5000",
      "X-BAPI-SIGN": signature,
    };
    assertEquals(signed["headers"], headers);
  });
}

Deno.test("sign tells query from body by the method, which may be left out", () => {
  const { method: _left, ...b1 } = vectors[0]!.input;
  assertEquals(unwrap(bybitTools.sign(b1))["signature"], vectors[0]!.signature);
  const { method: _out, ...b2 } = vectors[1]!.input;
  assertEquals(unwrap(bybitTools.sign(b2))["signature"], vectors[1]!.signature);
});

Deno.test("loginFrame() is the venue's login, with the socket's own name of the id", () => {
  const signer = unwrap(
    createSigner({ key: "dummykey0123456789abcdef", secret: "dummysecret0123456789abcdef" }),
  );
  assertEquals(JSON.parse(loginFrame(signer, 1_700_000_000_000, "a1", "req_id")), {
    req_id: "a1",
    op: "auth",
    args: ["dummykey0123456789abcdef", 1_700_000_000_000, vectors[2]!.signature],
  });
  assertEquals(JSON.parse(loginFrame(signer, 1, "a2", "reqId")).reqId, "a2");
});

Deno.test("sign refuses what it cannot sign and never repeats the secret", () => {
  const credentials = { key: "k", secret: "very-secret" };
  const inputs: Record<string, unknown>[] = [
    {},
    { credentials: null },
    { credentials: { key: "", secret: "very-secret" }, time_ms: 1 },
    { credentials: { key: "k" }, time_ms: 1 },
    { credentials, kind: "rest" },
    { credentials, kind: "rest", time_ms: -1 },
    { credentials, kind: "rest", time_ms: 1, recv_window_ms: "x" },
    { credentials, kind: "rest", time_ms: 1, query: [] },
    { credentials, kind: "rest", time_ms: 1, body: {} },
    { credentials, kind: "rest", time_ms: 1, method: "DELETE" },
    { credentials, kind: "ws_login" },
    { credentials, kind: "ws", time_ms: 1 },
  ];
  for (const input of inputs) {
    const signed = bybitTools.sign(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot sign: wanted"), signed.error);
    assert(!signed.error.includes("very-secret"));
  }
});
