/**
 * `Mempool`: what a validator checks of a transaction before it lets it in.
 *
 *   bytes -> decode -> account -> signature -> sequence -> block rates -> messages
 *
 * 1. Sequences of short-term messages are neither checked nor counted.
 * 2. Stateful ones take the account's next sequence, or a timestamp nonce that was never used.
 * Source: protocol sheet sections 3, 7 and 8.
 * @module
 */
import { KnownSigners } from "@/exchanges/simulator/mod.ts";
import type { Clob } from "./clob.ts";
import { PASSED, refusal } from "./failures.ts";
import { addressOf, hexOf } from "./identifiers.ts";
import type { CheckResult } from "./node.ts";
import { WireError } from "./protobuf.ts";
import { type ClobMessage, decodeTransaction, isSigned, type Transaction } from "./transactions.ts";
import type { VenueState } from "./venue_state.ts";

const NONCE_FROM = 2n ** 40n;
const NONCE_WINDOW_MS = 30_000;
const NONCES_KEPT = 20;
const SHORT_TERM_BLOCKS = 5;
const SHORT_TERM_MAX = 4_000;
const STATEFUL_LIMITS = [[1, 2], [100, 20]] as const;

/** Checks transactions of one chain. */
export class Mempool {
  readonly #state: VenueState;
  readonly #clob: Clob;
  readonly #signers = new KnownSigners(hexOf);
  /** Least first. */
  #nonces: bigint[] = [];
  #ejected = 0n;
  /** Heights at which something was let in. */
  #shortTerm: number[] = [];
  #stateful: number[] = [];

  constructor({ state, clob }: { readonly state: VenueState; readonly clob: Clob }) {
    this.#state = state;
    this.#clob = clob;
  }

  check(bytes: Uint8Array): CheckResult {
    let tx: Transaction;
    try {
      tx = decodeTransaction(bytes);
    } catch (failure) {
      if (!(failure instanceof WireError)) throw failure;
      return refusal("sdk", 2, `${failure.message}: tx parse error`);
    }
    const refused = this.#checkShape(tx) ?? this.#checkSigner(tx);
    if (refused !== undefined) return refused;
    const shortTerm = tx.messages.some(isShortTerm);
    return (shortTerm ? undefined : this.#checkSequence(tx.sequence)) ??
      this.#checkRates(tx, shortTerm) ?? this.#carryOut(tx, shortTerm);
  }

  #carryOut(tx: Transaction, shortTerm: boolean): CheckResult {
    // All or none: the first that would fail fails all.
    for (const message of tx.messages) {
      const checked = this.#clob.check(message);
      if (checked.code !== 0) return checked;
    }
    for (const message of tx.messages) this.#clob.apply(message);
    const { blocks, account } = this.#state;
    if (shortTerm) {
      const weight = tx.messages[0]!.kind === "batch" ? 2 : 1;
      for (let i = 0; i < weight; i++) this.#shortTerm.push(blocks.height);
      return PASSED;
    }
    for (const each of tx.messages) if (each.kind === "place") this.#stateful.push(blocks.height);
    if (tx.sequence >= NONCE_FROM) this.#keepNonce(tx.sequence);
    else account.sequence++;
    return PASSED;
  }

  #checkShape(tx: Transaction): CheckResult | undefined {
    const { messages, timeoutHeight } = tx;
    const [first] = messages;
    if (first === undefined) return refusal("sdk", 18, "must contain at least one message");
    if (messages.some(isShortTerm) && messages.length > 1) {
      const log = "a transaction with a short-term message may contain no other: invalid request";
      return refusal("sdk", 18, log);
    }
    if (timeoutHeight === 0n) return undefined;
    const until = messages.map((each) => BigInt(each.goodTilBlock))
      .reduce((most, each) => each > most ? each : most, 0n);
    return timeoutHeight < until || timeoutHeight <= BigInt(this.#state.blocks.height)
      ? refusal("sdk", 30, `timeout height ${timeoutHeight} is too low: tx timeout height`)
      : undefined;
  }

  #checkSigner(tx: Transaction): CheckResult | undefined {
    const { account, authenticators, chainId } = this.#state;
    const owners = new Set(tx.messages.map(ownerOf));
    const [owner] = owners;
    if (owners.size > 1 || owner !== account.address) {
      return refusal("sdk", 22, `account ${[...owners].join(", ")} not found: key not found`);
    }
    const { selectedAuthenticators: selected, publicKey } = tx;
    if (selected.length > 0 && selected.length !== tx.messages.length) {
      const log = "Mismatch between the number of selected authenticators and messages";
      return refusal("accountplus", 104, log);
    }
    for (const id of selected) {
      const known = authenticators.find((each) => each.id === id);
      if (known === undefined) {
        return refusal("accountplus", 102, `authenticator ${id} not found`);
      }
      if (hexOf(known.publicKey) !== hexOf(publicKey)) {
        return refusal("accountplus", 100, `authenticator ${id}: signature verification failed`);
      }
    }
    if (selected.length === 0 && addressOf(publicKey) !== account.address) {
      const log = "pubKey does not match signer address: invalid pubkey: unauthorized";
      return refusal("sdk", 4, log);
    }
    if (isSigned(tx, chainId, account.accountNumber, this.#signers)) return undefined;
    return refusal(
      "sdk",
      4,
      "signature verification failed; please verify account number " +
        `(${account.accountNumber}), sequence (${tx.sequence}) and chain-id (${chainId}): ` +
        "unauthorized",
    );
  }

  #checkSequence(sequence: bigint): CheckResult | undefined {
    const { account, blocks } = this.#state;
    if (sequence < NONCE_FROM) {
      if (sequence === account.sequence) return undefined;
      const log = `account sequence mismatch, expected ${account.sequence}, got ${sequence}: ` +
        "incorrect account sequence";
      return refusal("sdk", 32, log);
    }
    const apart = Math.abs(Number(sequence) - blocks.time / 1_000);
    if (apart > NONCE_WINDOW_MS) {
      return refusal("sdk", 32, `timestamp nonce ${sequence} not within valid time window`);
    }
    if (this.#nonces.includes(sequence) || sequence <= this.#ejected) {
      return refusal("sdk", 32, `timestamp nonce ${sequence} rejected`);
    }
    return undefined;
  }

  #keepNonce(nonce: bigint): void {
    this.#nonces.push(nonce);
    this.#nonces.sort((a, b) => a < b ? -1 : 1);
    if (this.#nonces.length <= NONCES_KEPT) return;
    const oldest = this.#nonces.shift()!;
    if (oldest > this.#ejected) this.#ejected = oldest;
  }

  #checkRates(tx: Transaction, shortTerm: boolean): CheckResult | undefined {
    const { height } = this.#state.blocks;
    if (shortTerm) {
      this.#shortTerm = this.#shortTerm.filter((each) => each > height - SHORT_TERM_BLOCKS);
      const weight = tx.messages[0]!.kind === "batch" ? 2 : 1;
      return this.#shortTerm.length + weight > SHORT_TERM_MAX ? tooMany(SHORT_TERM_MAX) : undefined;
    }
    const wanted = tx.messages.filter((each) => each.kind === "place").length;
    if (wanted === 0) return undefined;
    this.#stateful = this.#stateful.filter((each) => each > height - STATEFUL_LIMITS[1][0]);
    for (const [count, limit] of STATEFUL_LIMITS) {
      const used = this.#stateful.filter((each) => each > height - count).length;
      if (used + wanted > limit) return tooMany(limit);
    }
    return undefined;
  }
}

function tooMany(limit: number): CheckResult {
  return refusal("clob", 5001, `Rate of ${limit} exceeds configured block rate limit`);
}

function ownerOf(message: ClobMessage): string {
  return message.kind === "batch" ? message.owner : message.name.owner;
}

function isShortTerm(message: ClobMessage): boolean {
  return message.kind === "batch" || message.name.orderFlags === 0;
}
