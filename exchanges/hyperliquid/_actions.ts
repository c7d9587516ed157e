/**
 * Actions as they leave: nonce, signature, vault and expiry around them.
 *
 * 1. One counter gives all nonces of a connector: never twice the same, never going back, also
 *    when the clock does or when many are taken within one millisecond. After a restart the clock
 *    is ahead of every nonce used before, because the counter runs ahead of it only while more
 *    than a thousand actions a second are signed.
 * 2. An expiry is set only once the venue's clock is known.
 * @module
 */
import { ok, type Result } from "@/engine/domain/mod.ts";
import type { Clock } from "@/engine/ports/mod.ts";
import type { ClockOffset } from "@/exchanges/shared/mod.ts";
import { type Network, type RecoverableSigner, signL1, type WireAction } from "./signer.ts";

/** Gives nonces: milliseconds of our clock, or one more than the last. */
export class NonceSource {
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  next(): number {
    this.#last = Math.max(Math.floor(this.#clock.now() / 1_000), this.#last + 1);
    return this.#last;
  }
}

/** What an `ActionSigner` is built with. */
export interface ActionSignerOptions {
  readonly signer: RecoverableSigner;
  readonly network: Network;
  /** The vault or sub-account that is acted for. */
  readonly vault: string | undefined;
  readonly clock: Clock;
  readonly clockOffset: ClockOffset;
}

/** Signs actions; all of a connector go through one. */
export class ActionSigner {
  readonly #options: ActionSignerOptions;
  readonly #nonces: NonceSource;

  constructor(options: ActionSignerOptions) {
    this.#options = options;
    this.#nonces = new NonceSource(options.clock);
  }

  /** Milliseconds on the venue's clock. */
  venueNowMs(): number {
    const { clock, clockOffset } = this.#options;
    return Math.floor(clockOffset.toVenue(clock.now()) / 1_000);
  }

  /** The text of a signed action; refused by the venue after `expiresInMs`. */
  payload(action: WireAction, expiresInMs?: number): Result<string> {
    const { signer, network, vault, clockOffset } = this.#options;
    const nonce = this.#nonces.next();
    const expiresAfter = expiresInMs === undefined || !clockOffset.known
      ? undefined
      : this.venueNowMs() + expiresInMs;
    const proof = signL1(signer, {
      action,
      nonce,
      network,
      ...(vault === undefined ? {} : { vault }),
      ...(expiresAfter === undefined ? {} : { expiresAfter }),
    });
    if (!proof.ok) return proof;
    const { r, s, v } = proof.value.signature;
    return ok(
      `{"action":${JSON.stringify(action)},"nonce":${nonce},` +
        `"signature":{"r":"${r}","s":"${s}","v":${v}}` +
        (vault === undefined ? "" : `,"vaultAddress":"${vault}"`) +
        (expiresAfter === undefined ? "}" : `,"expiresAfter":${expiresAfter}}`),
    );
  }
}
