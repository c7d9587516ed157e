/**
 * Known signers answer what plain recovery and plain verification answer, for good and bad alike.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { KnownSigners } from "@/exchanges/simulator/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";

const ORDER = secp256k1.Point.Fn.ORDER;
const KEYS = [1, 2, 3, 4, 5, 6].map((byte) => new Uint8Array(32).fill(byte));

interface Parts {
  readonly digest: Uint8Array;
  readonly r: bigint;
  readonly s: bigint;
  readonly v: 0 | 1;
}

function signed(key: Uint8Array, message: number): Parts {
  const digest = sha256(Uint8Array.of(message));
  const bytes = secp256k1.sign(digest, key, { prehash: false, format: "recovered" });
  const { r, s, recovery } = secp256k1.Signature.fromBytes(bytes, "recovered");
  return { digest, r, s, v: recovery as 0 | 1 };
}

function plain({ digest, r, s, v }: Parts): string | undefined {
  try {
    const point = new secp256k1.Signature(r, s, v).recoverPublicKey(digest);
    return bytesToHex(point.toBytes(false));
  } catch {
    return undefined;
  }
}

function nameOf(key: Uint8Array): string {
  return bytesToHex(secp256k1.getPublicKey(key, false));
}

function ask(signers: KnownSigners, { digest, r, s, v }: Parts): string | undefined {
  return signers.recover(digest, r, s, v);
}

/** Every single damage to a signature, and its twin with a high s, which is as good. */
function variants(good: Parts): readonly Parts[] {
  const other = good.digest.map((byte, at) => at === 31 ? byte ^ 1 : byte);
  const flipped = good.v === 0 ? 1 : 0;
  return [
    { ...good, v: flipped },
    { ...good, r: good.r + 1n },
    { ...good, s: good.s + 1n },
    { ...good, digest: other },
    { ...good, s: ORDER - good.s },
    { ...good, s: ORDER - good.s, v: flipped },
    { ...good, r: 0n },
    { ...good, s: 0n },
    { ...good, r: ORDER },
    { ...good, s: ORDER + 1n },
    { ...good, digest: new Uint8Array(32) },
    { ...good, digest: new Uint8Array(32).fill(255) },
  ];
}

Deno.test("KnownSigners.recover() answers as plain recovery does, before and after it knows a key", () => {
  const [key] = KEYS as [Uint8Array];
  const signers = new KnownSigners(bytesToHex);
  for (let message = 0; message < 12; message++) {
    const good = signed(key, message);
    assertEquals(ask(signers, good), nameOf(key));
    assertEquals(ask(signers, good), nameOf(key));
    assertEquals(signers.count, 1);
    for (const each of variants(good)) assertEquals(ask(signers, each), plain(each));
  }
});

Deno.test("KnownSigners.recover() takes no damaged signature for the known key's", () => {
  const [key] = KEYS as [Uint8Array];
  const signers = new KnownSigners(bytesToHex);
  const good = signed(key, 1);
  for (let times = 0; times < 2; times++) ask(signers, good);
  assertEquals(signers.count, 1);
  const taken = variants(good).filter((each) => ask(signers, each) === nameOf(key));
  // The twin with s and v turned over is a signature of the same key.
  assertEquals(taken, [{ ...good, s: ORDER - good.s, v: good.v === 0 ? 1 : 0 }]);
});

Deno.test("KnownSigners knows at most four keys, and still answers for all of them", () => {
  const signers = new KnownSigners(bytesToHex);
  for (const key of KEYS) {
    for (let message = 0; message < 3; message++) ask(signers, signed(key, message));
  }
  assertEquals(signers.count, 4);
  for (const key of KEYS) assertEquals(ask(signers, signed(key, 9)), nameOf(key));
});

Deno.test("KnownSigners learns nothing from a signature that is seen once", () => {
  const signers = new KnownSigners(bytesToHex);
  for (let message = 0; message < 6; message++) {
    for (const key of KEYS) ask(signers, signed(key, message));
  }
  assertEquals(signers.count, 0);
});

Deno.test("KnownSigners.isSigned() answers as plain verification does, before and after", () => {
  const [key, otherKey] = KEYS as [Uint8Array, Uint8Array];
  const publicKey = secp256k1.getPublicKey(key, true);
  const signers = new KnownSigners(bytesToHex);
  const options = { prehash: false, lowS: true };
  const digest = sha256(Uint8Array.of(7));
  const good = secp256k1.sign(digest, key, { prehash: false });
  const { r, s } = secp256k1.Signature.fromBytes(good, "compact");
  const twin = new secp256k1.Signature(r, ORDER - s).toBytes("compact");
  const bad = [
    good.map((byte, at) => at === 0 ? byte ^ 1 : byte),
    good.map((byte, at) => at === 63 ? byte ^ 1 : byte),
    good.map((_, at) => at < 32 ? 0 : good[at]!),
    good.map((_, at) => at < 32 ? good[at]! : 0),
    new Uint8Array(64).fill(255),
    twin,
    good.subarray(1),
    secp256k1.sign(digest, otherKey, { prehash: false }),
  ];
  for (const known of [0, 1]) {
    for (const each of bad) assertEquals(signers.isSigned(each, digest, publicKey), false);
    assertEquals(signers.isSigned(good, sha256(digest), publicKey), false);
    assertEquals(signers.isSigned(good, digest, publicKey.subarray(1)), false);
    assertEquals(secp256k1.verify(good, digest, publicKey, options), true);
    for (let times = 0; times < 2; times++) {
      assertEquals(signers.isSigned(good, digest, publicKey), true);
    }
    assertEquals(signers.count, 1, `keys known after round ${known}`);
  }
});
