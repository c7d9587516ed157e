/**
 * Nonces that never repeat, and payloads whose signature is over exactly what is sent.
 * @module
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { type Micros, micros, unwrap } from "@/engine/domain/mod.ts";
import { ActionSigner, NonceSource } from "@/exchanges/hyperliquid/_actions.ts";
import { bytesOfHex } from "@/exchanges/hyperliquid/_eip712.ts";
import {
  createRecoverableSigner,
  l1Digest,
  l1Hash,
  type WireAction,
} from "@/exchanges/hyperliquid/mod.ts";
import { addressOf } from "@/exchanges/hyperliquid/signer.ts";
import { ClockOffset } from "@/exchanges/shared/mod.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { printedRandom } from "@/tests/support/seeds.ts";
import { ADDRESS, FakeVenue, PRIVATE_KEY } from "./fake_venue.ts";

interface Sent {
  readonly action: WireAction;
  readonly nonce: number;
  readonly signature: { readonly r: string; readonly s: string; readonly v: number };
  readonly vaultAddress?: string;
  readonly expiresAfter?: number;
}

/** The address that a payload's signature recovers to, worked out from its text alone. */
function recovered(text: string, network: "mainnet" | "testnet"): string {
  const { action, nonce, signature, vaultAddress, expiresAfter } = JSON.parse(text) as Sent;
  const hash = unwrap(l1Hash({
    action,
    nonce,
    network,
    ...(vaultAddress === undefined ? {} : { vault: vaultAddress }),
    ...(expiresAfter === undefined ? {} : { expiresAfter }),
  }));
  const bytes = Uint8Array.of(
    signature.v - 27,
    ...bytesOfHex(signature.r)!,
    ...bytesOfHex(signature.s)!,
  );
  const digest = l1Digest(hash, network);
  const key = secp256k1.recoverPublicKey(bytes, digest, { prehash: false });
  return addressOf(secp256k1.Point.fromBytes(key).toBytes(false));
}

Deno.test("NonceSource never repeats and never goes back, whatever the clock does", () => {
  const random = printedRandom("nonces");
  let now = 1_700_000_000_000_000;
  const nonces = new NonceSource({
    now: (): Micros => micros(now),
    monotonic: () => {
      throw new Error("not asked for");
    },
  });
  let last = 0;
  for (let index = 0; index < 20_000; index++) {
    // Mostly standing still, sometimes ahead, sometimes back.
    const move = random.next();
    if (move < 0.2) now += Math.floor(random.next() * 3_000);
    else if (move < 0.22) now -= 5_000_000;
    const nonce = nonces.next();
    assert(nonce > last);
    assert(Number.isSafeInteger(nonce));
    last = nonce;
  }
  now = (last + 5_000) * 1_000;
  assertEquals(nonces.next(), last + 5_000);
});

Deno.test("every payload recovers to the signer's address, and no nonce is used twice", () => {
  const venue = new FakeVenue();
  const seen = new Set<number>();
  for (let index = 0; index < 40; index++) {
    const action = { type: "cancel", cancels: [{ a: index, o: 2 ** 33 + index }] };
    const text = unwrap(venue.actions.payload(action));
    assertEquals(recovered(text, "testnet"), ADDRESS);
    const { nonce } = JSON.parse(text) as Sent;
    assert(!seen.has(nonce));
    seen.add(nonce);
    if (index % 7 === 0) venue.clock.advance(1);
  }
});

Deno.test("a payload names vault and expiry where there are any, and signs over them", () => {
  const venue = new FakeVenue();
  const vault = "0x1719884eb866cb12b2287399b15f7db5e7d775ea";
  const clockOffset = new ClockOffset();
  const actions = new ActionSigner({
    signer: unwrap(createRecoverableSigner(PRIVATE_KEY)),
    network: "mainnet",
    vault,
    clock: venue.clock,
    clockOffset,
  });
  const without = JSON.parse(unwrap(actions.payload({ type: "noop" }, 5_000))) as Sent;
  assertEquals(without.expiresAfter, undefined, "the venue's clock is not known yet");
  assertEquals(without.vaultAddress, vault);
  const now = venue.clock.now();
  clockOffset.sample(now, micros(now + 2_000_000), now);
  const text = unwrap(actions.payload({ type: "noop" }, 5_000));
  assertEquals((JSON.parse(text) as Sent).expiresAfter, now / 1_000 + 7_000);
  assertEquals(recovered(text, "mainnet"), ADDRESS);
  assert(recovered(text, "testnet") !== ADDRESS);
  assert(!actions.payload({ type: "x", y: 0.5 }).ok);
});
