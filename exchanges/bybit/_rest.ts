/**
 * Bybit over REST: signed and public requests, the venue's clock, limits from the headers.
 *
 * 1. A request is sent once. Only "timestamp outside the window" is signed and sent again, once,
 *    after the clock was measured: the venue has said that it did nothing.
 * 2. HTTP 200 says nothing of success: `retCode` does.
 * 3. After HTTP 403 nothing is sent for ten minutes; what is asked for meanwhile was not sent.
 * 4. Our time is kept a little behind the venue's: one second ahead is refused, five behind is not.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import { integerField, objectOf, parseJson, textField, textOf } from "./_json.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { addressBlock, blockReport, type LimitFields, reportOf } from "./rate_limits.ts";
import { type ErrorMeaning, meaningOf } from "./reject_codes.ts";
import { RECEIVE_WINDOW_MS, signedHeaders, type Signer } from "./signer.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly code: number;
  readonly message: string;
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

/** A question (`query`) or an order (`body`, its exact text). */
export type RestRequest =
  | {
    readonly method: "GET";
    readonly path: string;
    readonly query: readonly (readonly [name: string, value: string])[];
  }
  | { readonly method: "POST"; readonly path: string; readonly body: string };

const RESAMPLE_MS = 5 * 60_000;
const BEHIND_MS = 50;
const BARRED_MICROS = 10 * 60 * 1_000_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** REST of the venue. */
export class BybitRest {
  readonly clockOffset = new ClockOffset();
  readonly #context: VenueContext;
  readonly #signer: Signer | undefined;
  readonly #once: OnceLog;
  #timer: number | undefined;
  #barredUntil = 0;

  constructor(context: VenueContext, signer: Signer | undefined) {
    this.#context = context;
    this.#signer = signer;
    this.#once = new OnceLog(context.log);
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

  /** Milliseconds on the venue's clock, slightly behind. */
  timestampMs(): number {
    const venueNow = this.clockOffset.toVenue(this.#context.clock.now());
    return Math.floor(venueNow / 1_000) - BEHIND_MS;
  }

  /** Asks the venue for its time; `done` is called also when that failed. */
  measureClock(done: () => void): void {
    const sentAt = this.#context.clock.now();
    this.get("/v5/market/time", [], "public", (outcome) => {
      const result = outcome.kind === "ok" ? objectOf(outcome.result) ?? {} : {};
      const nanos = textField(result, "timeNano");
      if (outcome.kind === "ok" && /^\d{16,19}$/.test(nanos)) {
        // The last three digits are below a microsecond, and a number could not hold them.
        this.clockOffset.sample(sentAt, micros(Number(nanos.slice(0, -3))), outcome.at);
      }
      done();
    });
  }

  /** Asks something. */
  get(
    path: string,
    query: readonly (readonly [name: string, value: string])[],
    proof: "public" | "signed",
    done: (outcome: Outcome) => void,
  ): void {
    this.#send({ method: "GET", path, query }, proof, done, false);
  }

  /** Asks for something to be done. The body is sent exactly as it was signed. */
  post(path: string, body: unknown, done: (outcome: Outcome) => void): void {
    this.#send({ method: "POST", path, body: JSON.stringify(body) }, "signed", done, false);
  }

  #send(
    request: RestRequest,
    proof: "public" | "signed",
    done: (outcome: Outcome) => void,
    isRetry: boolean,
  ): void {
    const { clock, scheduler, rest } = this.#context;
    const signer = this.#signer;
    const refusal = proof === "signed" && signer === undefined
      ? "no credentials"
      : clock.now() < this.#barredUntil
      ? "this address is barred from REST"
      : undefined;
    if (refusal !== undefined) {
      scheduler.after(0, () => done({ kind: "lost", sent: false, reason: refusal }));
      return;
    }
    const isGet = request.method === "GET";
    const text = isGet ? queryText(request.query) : request.body;
    const url = `${rest.replace(/\/+$/, "")}${request.path}${
      isGet && text !== "" ? `?${text}` : ""
    }`;
    const headers = {
      ...(proof === "signed"
        ? signedHeaders(signer!, this.timestampMs(), RECEIVE_WINDOW_MS, text)
        : {}),
      ...(isGet ? {} : { "Content-Type": "application/json" }),
    };
    const plain = { method: request.method, url, headers, timeoutMs: REQUEST_TIMEOUT_MS };
    this.#context.http(isGet ? plain : { ...plain, body: text }, (answer) => {
      const outcome = this.#read(request.path, answer);
      if (outcome.kind === "error" && outcome.meaning === "resync" && !isRetry) {
        this.measureClock(() => this.#send(request, proof, done, true));
        return;
      }
      done(outcome);
    });
  }

  #read(path: string, answer: HttpAnswer): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    const field: LimitFields = (name) => headers.get(name);
    for (const report of reportOf(path, field, at)) this.#context.deliver(report);
    const text = textOf(body, 0, body.length);
    const object = objectOf(parseJson(text));
    const code = object === undefined ? undefined : integerField(object, "retCode");
    if (status === 403) this.#bar(at);
    if (status >= 200 && status < 300) {
      if (object === undefined || code === undefined) {
        return { kind: "lost", sent: true, reason: "answer is not readable" };
      }
      if (code === 0) return { kind: "ok", result: object["result"], bytes: body, at };
    }
    const message = object === undefined ? text.slice(0, 120) : textField(object, "retMsg");
    const meaning = meaningOf(status, code ?? 0);
    if (meaning === "rate_limited") {
      this.#context.counters.rateLimited++;
      if (status !== 403) this.#context.deliver(blockReport(path, field, at));
    }
    const shown = code ?? (status === 401 ? 10_004 : status);
    return { kind: "error", meaning, code: shown, message };
  }

  /** Too many requests, or a region the venue does not serve: silence, whichever it is. */
  #bar(at: Micros): void {
    this.#barredUntil = at + BARRED_MICROS;
    this.#once.warn("REST answered 403: silent for ten minutes");
    this.#context.deliver(addressBlock(micros(this.#barredUntil), at));
  }
}

/** What a log says of a request that did not succeed. */
export function wordsOf(outcome: Exclude<Outcome, { kind: "ok" }>): string {
  return outcome.kind === "lost"
    ? outcome.reason
    : `${outcome.code} ${outcome.message}`.slice(0, 200);
}

/** `a=1&b=x%20y` in the order given: what is signed is what is sent. */
function queryText(pairs: readonly (readonly [name: string, value: string])[]): string {
  return pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}
