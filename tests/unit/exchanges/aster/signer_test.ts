/**
 * The venue's signature vectors, what a signed request looks like, and nonces that never repeat.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { domainSeparator, hexOf, Wallet } from "@/exchanges/aster/_wallet.ts";
import { createSigner, NonceSource, signInput } from "@/exchanges/aster/signer.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";

interface Vector {
  readonly name: string;
  readonly message: string;
  readonly signature: string;
  readonly chain_id?: number;
  readonly hash?: string;
  readonly secret?: string;
}

const FILE = new URL("../../../golden/signatures/aster.json", import.meta.url);
const GOLDEN = JSON.parse(Deno.readTextFileSync(FILE)) as {
  agent: string;
  domain_separators: Record<string, string>;
  wallet: Vector[];
  keys: Vector[];
};
const NOW: Micros = micros(1_760_000_000_123_456);

/** The parameters a text was made of. */
function pairsOf(message: string): string[][] {
  return message.split("&").map((part) => part.split("=").map(decodeURIComponent));
}

for (const { name, message, signature, chain_id, hash } of GOLDEN.wallet) {
  Deno.test(`sign gives the wallet vector ${name}`, () => {
    const signed = signInput({
      venue: "aster",
      kind: "wallet",
      params: pairsOf(message),
      chain_id,
      credentials: { private_key: GOLDEN.agent },
    });
    assert(signed.ok);
    assertEquals(signed.value["payload"], message);
    assertEquals(signed.value["signature"], signature);
    if (hash !== undefined) assertEquals(signed.value["hash"], hash);
    assertEquals(Object.keys(signed.value), ["payload", "hash", "signature"]);
  });
}

for (const { name, message, signature, secret } of GOLDEN.keys) {
  Deno.test(`sign gives the key vector ${name}, from parameters, query and body alike`, () => {
    const credentials = { key: "dummyKeyAsterSheet01", secret };
    const params = pairsOf(message);
    for (const part of [{ params }, { query: params }, { body: params, kind: "rest" }]) {
      const signed = signInput({ venue: "aster", kind: "rest", ...part, credentials });
      assert(signed.ok);
      assertEquals(signed.value, { payload: message, signature });
    }
  });
}

Deno.test("domainSeparator() gives both published separators", () => {
  for (const [chainId, separator] of Object.entries(GOLDEN.domain_separators)) {
    assertEquals(hexOf(domainSeparator(Number(chainId))), separator);
  }
});

Deno.test("sign of kind ws sorts by name and leaves the signature out", () => {
  const credentials = { key: "k", secret: "s" };
  const signed = signInput({
    kind: "ws",
    params: { b: "x y", signature: "old", a: 1, B: true },
    credentials,
  });
  assert(signed.ok);
  assertEquals(signed.value["payload"], "B=true&a=1&b=x y");
  assertMatch(String(signed.value["signature"]), /^[0-9a-f]{64}$/);
});

Deno.test("sign refuses what it cannot sign and never repeats a secret", () => {
  const secret = "very-secret";
  const keys = { key: "k", secret };
  const wallet = { private_key: GOLDEN.agent };
  const inputs: Record<string, unknown>[] = [
    {},
    { credentials: [secret] },
    { credentials: { key: "", secret }, params: [] },
    { credentials: { key: "k" }, params: [] },
    { credentials: { key: "k", ed25519_pem: secret }, params: [] },
    { credentials: keys, kind: "user", params: [] },
    { credentials: keys, kind: "ws", params: [] },
    { credentials: keys, params: "a=1" },
    { credentials: keys, params: [["a"]] },
    { credentials: keys, params: [["a", {}]] },
    { credentials: keys, query: 5 },
    { credentials: keys, query: [], body: {} },
    { credentials: wallet, kind: "wallet" },
    { credentials: wallet, kind: "wallet", params: [["a", null]] },
    { credentials: wallet, kind: "wallet", params: [], chain_id: "1666" },
    { credentials: { private_key: secret }, kind: "wallet", params: [] },
    { credentials: { private_key: "0".repeat(64) }, kind: "wallet", params: [] },
  ];
  for (const input of inputs) {
    const signed = signInput(input);
    assert(!signed.ok, JSON.stringify(input));
    assert(signed.error.startsWith("Cannot sign: wanted"), signed.error);
    assert(!signed.error.includes(secret) && !signed.error.includes(GOLDEN.agent));
  }
});

Deno.test("createSigner() of a wallet sends nonce, user and signer behind the parameters", () => {
  const user = "0x63DD5aCC6b1aa0f563956C0e534DD30B6dcF7C4e";
  const made = createSigner({ privateKey: GOLDEN.agent, user }, 1_666);
  assert(made.ok);
  assertEquals(made.value.headers, {});
  const sent = made.value.signed("symbol=BTCUSDT", NOW);
  const agent = "0x21cf8ae13bb72632562c6fff438652ba1a151bb0";
  const message = `symbol=BTCUSDT&nonce=${NOW}&user=${user}&signer=${agent}`;
  assert(sent.startsWith(`${message}&signature=0x`), sent);
  const alone = made.value.signed("", NOW);
  assert(alone.startsWith(`nonce=${NOW + 1}&user=`), alone);
  const own = createSigner({ privateKey: GOLDEN.agent });
  assert(own.ok);
  assert(own.value.signed("", NOW).includes(`&user=${agent}&signer=${agent}&`));
  assert(!createSigner({ privateKey: GOLDEN.agent, user: "me" }).ok);
});

Deno.test("createSigner() of a key sends window and time on the venue's clock, and the header", () => {
  const made = createSigner({ key: "k", secret: "s" });
  assert(made.ok);
  assertEquals(made.value.headers, { "X-MBX-APIKEY": "k" });
  assertMatch(
    made.value.signed("a=1", NOW),
    /^a=1&recvWindow=5000&timestamp=1760000000123&signature=[0-9a-f]{64}$/,
  );
  assert(made.value.signed("", NOW).startsWith("recvWindow=5000&timestamp="));
  assert(!createSigner({ key: "k", secret: "" }).ok);
});

Deno.test("NonceSource never repeats a nonce, also when the clock stands or goes back", () => {
  const random = printedRandom("aster nonces");
  const nonces = new NonceSource();
  const seen = new Set<number>();
  let now = Number(NOW);
  let last = 0;
  for (let round = 0; round < 20_000; round++) {
    now += Math.floor((random.next() - 0.45) * 40);
    const nonce = nonces.next(micros(now));
    assert(nonce > last && !seen.has(nonce) && Number.isSafeInteger(nonce));
    seen.add(nonce);
    last = nonce;
  }
});

Deno.test("Wallet signs so that the address can be recovered from any message", () => {
  const random = printedRandom("aster signatures");
  const made = Wallet.of(GOLDEN.agent, 1_666);
  assert(made.ok);
  const key = Uint8Array.from(
    GOLDEN.agent.slice(2).match(/../g)!,
    (pair) => Number.parseInt(pair, 16),
  );
  const point = secp256k1.getPublicKey(key, true);
  for (let round = 0; round < 40; round++) {
    const message = `symbol=X&nonce=${Math.floor(random.next() * 1e15)}&é=%20`;
    const signature = made.value.sign(message);
    assertMatch(signature, /^0x[0-9a-f]{128}1[bc]$/);
    const pairs = signature.slice(2).match(/../g)!;
    const bytes = Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
    const digest = made.value.digest(message);
    assert(secp256k1.verify(bytes.subarray(0, 64), digest, point, { prehash: false }));
    const recovered = Uint8Array.of(bytes[64]! - 27, ...bytes.subarray(0, 64));
    assertEquals(secp256k1.recoverPublicKey(recovered, digest, { prehash: false }), point);
  }
});
