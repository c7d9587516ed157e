/**
 * Signing: against published vectors and against another implementation on every length.
 * @module
 */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { SeededRandom } from "@/engine/collections/mod.ts";
import { ed25519Signer, HmacSha256, HmacSha512 } from "@/exchanges/shared/mod.ts";
import { assertEquals, assertThrows } from "@/tests/support/assert.ts";

const encoder = new TextEncoder();

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function randomBytes(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random.next() * 256));
}

Deno.test("HmacSha256 gives the values of RFC 4231", () => {
  assertEquals(
    new HmacSha256(new Uint8Array(20).fill(0x0b)).hex("Hi There"),
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  );
  assertEquals(
    new HmacSha256("Jefe").hex("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
  assertEquals(
    new HmacSha256(new Uint8Array(131).fill(0xaa)).hex(
      "Test Using Larger Than Block-Size Key - Hash Key First",
    ),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  );
});

Deno.test("HmacSha256 equals another implementation on every length up to 300", () => {
  const random = new SeededRandom(20_261);
  for (let length = 0; length <= 300; length++) {
    const key = randomBytes(random, length % 140);
    const text = randomBytes(random, length);
    const wanted = hexOf(hmac(sha256, key, text));
    const ours = new HmacSha256(key);
    assertEquals(ours.hex(text), wanted, `length ${length}, seed 20261`);
    assertEquals(hexOf(ours.bytes(text)), wanted);
  }
});

Deno.test("HmacSha256 signs in place what stands in the middle of a buffer", () => {
  const signer = new HmacSha256("secret");
  const frame = encoder.encode(`..symbol=BTCUSDT&price=64100.10##${"_".repeat(64)}`);
  signer.hexInto(frame, 2, 31, frame, 33);
  const text = new TextDecoder().decode(frame);
  assertEquals(text.slice(33), new HmacSha256("secret").hex("symbol=BTCUSDT&price=64100.10"));
  assertEquals(text.slice(0, 33), "..symbol=BTCUSDT&price=64100.10##");
  assertThrows(() => signer.hexInto(frame, 0, 4, frame, 40), Error, "room");
});

Deno.test("HmacSha256 signs text outside ASCII as UTF-8, also longer than its buffer", () => {
  const text = "é€😀".repeat(2_000);
  const wanted = hmac(sha256, encoder.encode("k"), encoder.encode(text));
  assertEquals(new HmacSha256("k").hex(text), hexOf(wanted));
  assertEquals(new HmacSha256("k").base64(text), btoa(String.fromCharCode(...wanted)));
});

Deno.test("HmacSha512 equals another implementation", () => {
  const text = "POST\n/api/v4/futures/usdt/orders\n\nbody\n1541993715";
  const wanted = hmac(sha512, encoder.encode("secret"), encoder.encode(text));
  assertEquals(new HmacSha512("secret").hex(text), hexOf(wanted));
  assertEquals(new HmacSha512("secret").base64(text), btoa(String.fromCharCode(...wanted)));
});

Deno.test("ed25519Signer() signs as others do and refuses other keys", () => {
  const pem = "-----BEGIN PRIVATE KEY-----\n" +
    "MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n" +
    "-----END PRIVATE KEY-----\n";
  const seed = Uint8Array.from({ length: 32 }, (_, index) => index + 1);
  const message = encoder.encode("timestamp=1760000002789&symbol=BTCUSDT&recvWindow=5000");
  const signature = ed25519Signer(pem)(message);
  assertEquals(hexOf(signature), hexOf(ed25519.sign(message, seed)));
  assertEquals(
    btoa(String.fromCharCode(...signature)),
    "Un2Eqd5HFUul9e8JJG3NR/CkYaar7urBSGZpI0QOpB1g1zgY6vBW1LyMENBciPuhonSy7PGrv2Q1asYQ5T4vCQ==",
  );
  assertThrows(() => ed25519Signer("no key at all"), Error, "wanted an Ed25519 private key");
});
