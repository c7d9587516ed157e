/**
 * Gate over REST: signed and public requests, the venue's clock, limits from the headers.
 *
 * 1. A request is sent once. Only a question (GET) that came outside the venue's time window is
 *    signed and sent again, once, after the clock was measured: the venue did nothing.
 * 2. Orders carry the instant after which the venue shall drop them.
 * 3. Limits in an answer's headers become `rate_limit` events.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import { integerField, objectOf, parseJson, textField, textOf } from "./_json.ts";
import type { ProductContext } from "./_product_context.ts";
import { API_PREFIX, headersOf, restHost } from "./endpoints.ts";
import { blockedUntil, blockReport, reportsFromHeaders, wholeOf } from "./rate_limits.ts";
import { type ErrorMeaning, labelIn, meaningOf } from "./reject_codes.ts";
import { restHeaders, type Signer } from "./signer.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly status: number;
  readonly label: string;
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

/** One request, as the encoder makes them. */
export interface RestRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Behind `/api/v4`. */
  readonly path: string;
  readonly query: string;
  readonly body: string;
}

/** How long the venue may take to receive an order, milliseconds. */
export const ORDER_WINDOW_MS = 5_000;

const RESAMPLE_MS = 5 * 60_000;
const TIMEOUT_MS = 10_000;

/** A question. */
export function get(path: string, query = ""): RestRequest {
  return { method: "GET", path, query, body: "" };
}

/** The venue's words of a request that did not work out. */
export function wordsOf(outcome: Exclude<Outcome, { kind: "ok" }>): string {
  if (outcome.kind === "lost") return outcome.reason;
  return `${outcome.status} ${outcome.label} ${outcome.message}`.trim().slice(0, 200);
}

/** REST of one product. */
export class GateRest {
  readonly clockOffset = new ClockOffset();
  readonly #context: ProductContext;
  readonly #signer: Signer | undefined;
  readonly #host: string;
  #timer: number | undefined;

  constructor(context: ProductContext, signer: Signer | undefined) {
    this.#context = context;
    this.#signer = signer;
    this.#host = restHost(context.addresses.rest);
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
    // The one clock of the venue, for both products.
    this.send(get("/spot/time"), "public", (outcome) => {
      const server = outcome.kind === "ok"
        ? integerField(objectOf(outcome.result) ?? {}, "server_time")
        : undefined;
      if (outcome.kind === "ok" && server !== undefined) {
        this.clockOffset.sample(sentAt, micros(server * 1_000), outcome.at);
      }
      done();
    });
  }

  /** Sends one request; `order` is signed and dropped by the venue when it comes too late. */
  send(
    request: RestRequest,
    proof: "public" | "signed" | "order",
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
    const { method, query, body } = request;
    const path = `${API_PREFIX}${request.path}`;
    const headers: Record<string, string> = {
      Accept: "application/json",
      ...headersOf(this.#context.product),
      ...(body === "" ? {} : { "Content-Type": "application/json" }),
    };
    if (proof !== "public") {
      const now = this.timestampMs();
      const timeSeconds = String(Math.floor(now / 1_000));
      Object.assign(headers, restHeaders(signer!, { method, path, query, body, timeSeconds }));
      if (proof === "order") headers["x-gate-exptime"] = String(now + ORDER_WINDOW_MS);
    }
    const url = `${this.#host}${path}${query === "" ? "" : `?${query}`}`;
    const message = { method, url, headers, timeoutMs: TIMEOUT_MS };
    this.#context.http(body === "" ? message : { ...message, body }, (answer) => {
      const outcome = this.#read(answer, proof === "order");
      const isLate = outcome.kind === "error" && outcome.meaning === "resync";
      if (isLate && proof === "signed" && method === "GET" && !isRetry) {
        this.measureClock(() => this.send(request, proof, done, true));
        return;
      }
      if (isLate) this.measureClock(() => {});
      done(outcome);
    });
  }

  #read(answer: HttpAnswer, isOrder: boolean): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    const context = this.#context;
    for (const report of reportsFromHeaders(context.product, isOrder, headers, at)) {
      context.deliver(report);
    }
    const text = textOf(body, 0, body.length);
    const tree = parseJson(text);
    if (status >= 200 && status < 300) {
      if (tree === undefined) return { kind: "lost", sent: true, reason: "answer is not JSON" };
      return { kind: "ok", result: tree, bytes: body, at };
    }
    const object = objectOf(tree);
    const message = object === undefined
      ? text.slice(0, 120)
      : textField(object, "message") || textField(object, "detail");
    const label = labelIn(object === undefined ? "" : textField(object, "label"), message);
    const meaning = meaningOf(status, label);
    if (meaning === "rate_limited") {
      context.counters.rateLimited++;
      const until = blockedUntil(at, wholeOf(headers.get("x-gate-ratelimit-reset-timestamp")));
      context.deliver(blockReport(context.product, isOrder, until, at));
    }
    return { kind: "error", meaning, status, label, message };
  }
}
