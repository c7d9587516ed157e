/**
 * The chain as an order needs it: block height, account number and sequence, the venue's clock, and
 * the one way to hand in a transaction.
 *
 * 1. The height is the highest that node or indexer spoke of.
 * 2. A transaction is handed in once; its answer says what one node's check thought of it.
 * 3. Timestamp nonces grow within a process whatever the clock does, so that none is used twice.
 *
 * Source: venue sheet sections 1, 3 and 4.3; CometBFT RPC, read 2026-09.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer, ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { type DydxContext, OnceLog } from "./_context.ts";
import type { Indexer } from "./_indexer.ts";
import { integerField, objectOf, parseJson, textField, textOf } from "@/exchanges/kit/mod.ts";
import { blockedUntil, blockReport } from "./rate_limits.ts";

/** The account as signatures need it. */
export interface ChainAccount {
  readonly accountNumber: number;
  readonly sequence: number;
}

/** What became of a transaction. */
export type BroadcastOutcome =
  | {
    readonly kind: "checked";
    readonly code: number;
    readonly codespace: string;
    readonly log: string;
    readonly at: Micros;
  }
  | { readonly kind: "unavailable"; readonly reason: string; readonly at: Micros }
  | { readonly kind: "lost"; readonly sent: boolean; readonly reason: string };

const STATUS_POLL_MS = 2_000;
const STATUS_FAILURES_MAX = 3;
const CLOCK_POLL_MS = 5 * 60_000;
const BROADCAST_TIMEOUT_MS = 5_000;
/** A timestamp nonce is at least so large. */
const NONCE_MIN = 2 ** 40;

/** One node and what is read of the chain. */
export class Chain {
  readonly clockOffset = new ClockOffset();
  account: ChainAccount | undefined = undefined;
  readonly #context: DydxContext;
  readonly #indexer: Indexer;
  readonly #address: string | undefined;
  readonly #once: OnceLog;
  readonly #onReady: (isReady: boolean, reason: string) => void;
  #height = 0;
  #statusFailures = 0;
  #isReady = false;
  #isStopped = false;
  #lastNonce = 0;
  #requestId = 0;
  readonly #timers = new Map<string, number>();

  /** `address` undefined: without orders nothing of the account is asked. */
  constructor(
    context: DydxContext,
    indexer: Indexer,
    address: string | undefined,
    onReady: (isReady: boolean, reason: string) => void,
  ) {
    this.#context = context;
    this.#indexer = indexer;
    this.#address = address;
    this.#once = new OnceLog(context.log);
    this.#onReady = onReady;
  }

  /** Highest block known; 0 before the first. */
  get height(): number {
    return this.#height;
  }

  /** Orders can be signed: account and height are known and the node answers. */
  get isReady(): boolean {
    return this.#isReady;
  }

  start(): void {
    this.#pollClock();
    if (this.#address === undefined) return;
    this.#pollStatus();
    this.#loadAccount(new ReconnectBackoff(this.#context.random));
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers.values()) this.#context.scheduler.cancel(timer);
    this.#timers.clear();
  }

  /** A block that the indexer spoke of. */
  noteHeight(height: number): void {
    if (height > this.#height) this.#height = height;
    this.#judge("height known");
  }

  /** Milliseconds on the venue's clock. */
  venueMs(): number {
    return Math.floor(this.clockOffset.toVenue(this.#context.clock.now()) / 1_000);
  }

  /** A sequence that stands for this instant; never the same twice. */
  nextNonce(): number {
    this.#lastNonce = Math.max(this.#lastNonce + 1, this.venueMs(), NONCE_MIN);
    return this.#lastNonce;
  }

  /** Reads the node's height now; `done` is called also when that failed. */
  refreshHeight(done: () => void): void {
    const url = `${this.#context.addresses.rpc}/status`;
    this.#context.http({ method: "GET", url, timeoutMs: BROADCAST_TIMEOUT_MS }, (answer) => {
      if (this.#isStopped) return;
      const height = heightIn(answer);
      if (height === undefined) {
        this.#statusFailures++;
        this.#once.warn("the node's height was not read");
        this.#judge("the node does not answer");
      } else {
        this.#statusFailures = 0;
        this.noteHeight(height);
      }
      done();
    });
  }

  /** Reads account and clock anew, after a sequence was refused. */
  refreshAccount(done: () => void): void {
    this.#measureClock(() => this.#askAccount(() => done()));
  }

  /** Hands in a transaction. */
  broadcast(tx: Uint8Array, done: (outcome: BroadcastOutcome) => void): void {
    const body = JSON.stringify({
      jsonrpc: "2.0",
      id: ++this.#requestId,
      method: "broadcast_tx_sync",
      params: { tx: base64Of(tx) },
    });
    this.#context.http({
      method: "POST",
      url: `${this.#context.addresses.rpc}/`,
      headers: { "Content-Type": "application/json" },
      body,
      timeoutMs: BROADCAST_TIMEOUT_MS,
    }, (answer) => {
      if (!this.#isStopped) done(this.#readBroadcast(answer));
    });
  }

  #readBroadcast(answer: HttpAnswer): BroadcastOutcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    if (status === 429) {
      this.#context.counters.rateLimited++;
      const until = blockedUntil(at, headers.get("retry-after"));
      this.#context.deliver(blockReport("node_requests_1m", at, until));
    }
    const tree = objectOf(parseJson(textOf(body, 0, body.length)));
    const result = objectOf(tree?.["result"]);
    const code = result === undefined ? undefined : integerField(result, "code");
    if (result !== undefined && code !== undefined) {
      return {
        kind: "checked",
        code,
        codespace: textField(result, "codespace"),
        log: textField(result, "log").slice(0, 200),
        at,
      };
    }
    const error = objectOf(tree?.["error"]);
    const words = error === undefined
      ? ""
      : `${textField(error, "message")} ${textField(error, "data")}`;
    if (/already exists in cache/i.test(words)) {
      return { kind: "checked", code: 0, codespace: "", log: words, at };
    }
    if (/mempool is full/i.test(words)) return { kind: "unavailable", reason: words, at };
    return { kind: "lost", sent: true, reason: words.trim() || `HTTP status ${status}` };
  }

  #pollStatus(): void {
    this.refreshHeight(() => this.#later("status", STATUS_POLL_MS, () => this.#pollStatus()));
  }

  #pollClock(): void {
    this.#measureClock(() => this.#later("clock", CLOCK_POLL_MS, () => this.#pollClock()));
  }

  #measureClock(done: () => void): void {
    const sentAt = this.#context.clock.now();
    this.#indexer.get("/time", (outcome) => {
      if (this.#isStopped) return;
      const epoch = outcome.kind === "ok" ? objectOf(outcome.result)?.["epoch"] : undefined;
      if (outcome.kind === "ok" && typeof epoch === "number" && epoch > 0) {
        this.clockOffset.sample(sentAt, micros(Math.round(epoch * 1e6)), outcome.at);
      }
      done();
    });
  }

  #loadAccount(backoff: ReconnectBackoff): void {
    this.#askAccount((isKnown) => {
      if (isKnown) return;
      this.#later("account", backoff.nextMs(), () => this.#loadAccount(backoff));
    });
  }

  #askAccount(done: (isKnown: boolean) => void): void {
    const url = `${this.#context.addresses.lcd}/cosmos/auth/v1beta1/accounts/${this.#address}`;
    this.#context.http({ method: "GET", url, timeoutMs: BROADCAST_TIMEOUT_MS }, (answer) => {
      if (this.#isStopped) return;
      const account = accountIn(answer);
      if (account !== undefined) this.account = account;
      else if (answer.kind === "answer" && answer.status === 404) {
        this.#once.warn("the account does not exist on the chain: it was never funded");
      } else this.#once.warn("the account was not read from the chain");
      this.#judge(account === undefined ? "account not known" : "account known");
      done(account !== undefined);
    });
  }

  #judge(reason: string): void {
    const isReady = this.account !== undefined && this.#height > 0 &&
      this.#statusFailures < STATUS_FAILURES_MAX;
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    this.#onReady(isReady, reason);
  }

  #later(name: string, delayMs: number, run: () => void): void {
    if (this.#isStopped) return;
    const timer = this.#context.scheduler.after(delayMs, () => {
      this.#timers.delete(name);
      run();
    });
    this.#timers.set(name, timer);
  }
}

function heightIn(answer: HttpAnswer): number | undefined {
  if (answer.kind === "failed" || answer.status !== 200) return undefined;
  const tree = objectOf(parseJson(textOf(answer.body, 0, answer.body.length)));
  const sync = objectOf((objectOf(tree?.["result"]) ?? tree)?.["sync_info"]);
  const height = sync === undefined ? undefined : integerField(sync, "latest_block_height");
  return height !== undefined && height > 0 ? height : undefined;
}

function accountIn(answer: HttpAnswer): ChainAccount | undefined {
  if (answer.kind === "failed" || answer.status !== 200) return undefined;
  const tree = objectOf(parseJson(textOf(answer.body, 0, answer.body.length)));
  const account = objectOf(tree?.["account"]);
  if (account === undefined) return undefined;
  const accountNumber = integerField(account, "account_number");
  const sequence = integerField(account, "sequence");
  if (accountNumber === undefined || accountNumber < 0 || sequence === undefined || sequence < 0) {
    return undefined;
  }
  return { accountNumber, sequence };
}

function base64Of(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}
