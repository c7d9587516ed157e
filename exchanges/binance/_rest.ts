/**
 * Binance over REST: signed, keyed and public requests, the venue's clock, limits from the headers.
 *
 * 1. A request is sent once. Only "timestamp outside the window" (-1021) is signed and sent again,
 *    once,
 *    after the clock was measured: the venue has said that it did nothing.
 * 2. Every answer's limit headers become `rate_limit` events.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import { integerField, objectOf, parseJson, textField, textOf } from "./_json.ts";
import type { ProductContext } from "./_product_context.ts";
import { RECEIVE_WINDOW_MS, signedQuery, type WireParameter } from "./order_encoder.ts";
import { blockedUntil, blockReport, reportsFromHeaders } from "./rate_limits.ts";
import { type ErrorMeaning, meaningOf } from "./reject_codes.ts";
import { encodedPairs, type Signer } from "./signer.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** Details of a request in two parts (cancel and replace). */
  readonly data: unknown;
}

/** What became of a request. */
export type Outcome =
  | {
    readonly kind: "ok";
    readonly result: unknown;
    readonly bytes: Uint8Array;
    readonly at: Micros;
  }
  | VenueError
  /** No answer; `sent` false: nothing left this process. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly reason: string };

type Method = "GET" | "POST" | "PUT" | "DELETE";

const RESAMPLE_MS = 5 * 60_000;

/** REST of one product. */
export class BinanceRest {
  readonly clockOffset = new ClockOffset();
  readonly #context: ProductContext;
  readonly #signer: Signer | undefined;
  #timer: number | undefined;

  constructor(context: ProductContext, signer: Signer | undefined) {
    this.#context = context;
    this.#signer = signer;
  }

  /** Measures the venue's clock now and every few minutes. */
  start(): void {
    this.measureClock(() => {});
    this.#timer = this.#context.scheduler.after(RESAMPLE_MS, () => this.start());
  }

  stop(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Milliseconds on the venue's clock. */
  timestampMs(): number {
    return Math.floor(this.clockOffset.toVenue(this.#context.clock.now()) / 1_000);
  }

  /** Asks the venue for its time; `done` is called also when that failed. */
  measureClock(done: () => void): void {
    const sentAt = this.#context.clock.now();
    this.send("GET", this.#path("/time"), [], "public", (outcome) => {
      const server = outcome.kind === "ok"
        ? integerField(objectOf(outcome.result) ?? {}, "serverTime")
        : undefined;
      if (outcome.kind === "ok" && server !== undefined) {
        this.clockOffset.sample(sentAt, micros(server * 1_000), outcome.at);
      }
      done();
    });
  }

  /** The path of a version-1 (USD-M) or version-3 (spot) request. */
  #path(name: string): string {
    return `${this.#context.product === "spot" ? "/api/v3" : "/fapi/v1"}${name}`;
  }

  /** Sends one request. `keyed` adds the key alone, `signed` time and signature too. */
  send(
    method: Method,
    path: string,
    params: readonly WireParameter[],
    proof: "public" | "keyed" | "signed",
    done: (outcome: Outcome) => void,
    isRetry = false,
  ): void {
    const signer = this.#signer;
    if (proof !== "public" && signer === undefined) {
      this.#context.scheduler.after(0, () => {
        done({ kind: "lost", sent: false, reason: "no credentials" });
      });
      return;
    }
    const query = proof === "signed"
      ? signedQuery(params, this.timestampMs(), signer!)
      : encodedPairs(params.map(([name, value]) => [name, value] as const));
    const url = `${this.#context.addresses.rest}${path}${query === "" ? "" : `?${query}`}`;
    const headers: Record<string, string> = proof === "public"
      ? {}
      : { "X-MBX-APIKEY": signer!.key };
    this.#context.http({ method, url, headers, timeoutMs: RECEIVE_WINDOW_MS * 2 }, (answer) => {
      const outcome = this.#read(answer);
      if (outcome.kind === "error" && outcome.meaning === "resync" && !isRetry) {
        this.measureClock(() => this.send(method, path, params, proof, done, true));
        return;
      }
      done(outcome);
    });
  }

  #read(answer: HttpAnswer): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    const context = this.#context;
    for (const report of reportsFromHeaders(context.product, headers, at)) context.deliver(report);
    const text = textOf(body, 0, body.length);
    const tree = parseJson(text);
    const object = objectOf(tree);
    const code = object === undefined ? undefined : integerField(object, "code");
    if (status >= 200 && status < 300) {
      if (tree === undefined) return { kind: "lost", sent: true, reason: "answer is not JSON" };
      return { kind: "ok", result: tree, bytes: body, at };
    }
    const message = object === undefined ? text.slice(0, 120) : textField(object, "msg");
    const meaning = meaningOf(status, code ?? 0, message);
    if (meaning === "rate_limited") {
      context.counters.rateLimited++;
      const until = blockedUntil(at, headers.get("retry-after"), undefined);
      context.deliver(blockReport(context.product, status, code ?? 0, until, at));
    }
    return { kind: "error", meaning, status, code: code ?? 0, message, data: object?.["data"] };
  }
}
