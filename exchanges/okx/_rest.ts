/**
 * OKX over REST: signed and public requests, and the venue's clock.
 *
 * 1. A request is sent once. Only "timestamp expired" (50102 and its like) is signed and sent
 *    again, once, after the clock was measured: the venue has said that it did nothing.
 * 2. The body is signed byte for byte as it is sent.
 *
 * Source: venue documentation "REST authentication" and "Get system time", read 2026-09.
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import type { RequestKind } from "@/engine/ports/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import { type Outcome, outcomeOf } from "./_answers.ts";
import { integerField, parseJson, textOf } from "./_json.ts";
import type { VenueContext } from "./_venue_context.ts";
import { blockReport } from "./rate_limits.ts";
import { restHeaders, type Signer } from "./signer.ts";

/** One request; `target` is the path with its query, percent-encoded as sent. */
export interface RestRequest {
  readonly method: "GET" | "POST";
  readonly target: string;
  /** JSON, as it is signed and sent; absent on GET. */
  readonly body?: string;
  readonly isPublic?: boolean;
  /** Whose rate limit a refusal is about. */
  readonly kind?: RequestKind;
  /** Milliseconds after which the venue shall not execute it any more. */
  readonly expiresInMs?: number;
}

const RESAMPLE_MS = 5 * 60_000;
const TIMEOUT_MS = 10_000;

/** REST of the venue. */
export class OkxRest {
  readonly clockOffset = new ClockOffset();
  readonly #context: VenueContext;
  readonly #signer: Signer | undefined;
  #timer: number | undefined;

  constructor(context: VenueContext, signer: Signer | undefined) {
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
    this.send({ method: "GET", target: "/api/v5/public/time", isPublic: true }, (outcome) => {
      const row = outcome.kind === "ok" ? outcome.rows[0] : undefined;
      const server = row === undefined ? undefined : integerField(row, "ts");
      if (outcome.kind === "ok" && server !== undefined) {
        this.clockOffset.sample(sentAt, micros(server * 1_000), outcome.at);
      }
      done();
    });
  }

  /** Sends one request; `done` is called once, never before this returns. */
  send(request: RestRequest, done: (outcome: Outcome) => void, isRetry = false): void {
    const signer = this.#signer;
    if (request.isPublic !== true && signer === undefined) {
      this.#context.scheduler.after(0, () => {
        done({ kind: "lost", sent: false, reason: "no credentials" });
      });
      return;
    }
    const { method, target, body = "" } = request;
    const url = `${this.#context.addresses.rest.replace(/\/+$/, "")}${target}`;
    const timeMs = this.timestampMs();
    const headers: Record<string, string> = request.isPublic === true
      ? {}
      : restHeaders({ method, target, body, timeMs }, signer!);
    if (this.#context.isDemo) headers["x-simulated-trading"] = "1";
    if (request.expiresInMs !== undefined) {
      headers["expTime"] = String(timeMs + request.expiresInMs);
    }
    const http = { method, url, headers, timeoutMs: TIMEOUT_MS, ...(body === "" ? {} : { body }) };
    this.#context.http(http, (answer) => {
      const outcome = this.#read(request, answer);
      if (outcome.kind === "error" && outcome.meaning === "resync" && !isRetry) {
        this.measureClock(() => this.send(request, done, true));
        return;
      }
      done(outcome);
    });
  }

  #read(request: RestRequest, answer: HttpAnswer): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, body, at } = answer;
    const text = textOf(body, 0, body.length);
    const outcome = outcomeOf(parseJson(text), status, at, text.slice(0, 120));
    if (outcome.kind === "error" && outcome.meaning === "rate_limited") {
      this.#context.counters.rateLimited++;
      // The switch is asked again by whom it concerns; nothing else has to be silent for it.
      if (request.kind !== "arm_dead_man") {
        this.#context.deliver(blockReport(request.kind, outcome.code, at));
      }
    }
    return outcome;
  }
}

/** `path?a=b&c=d`; undefined values are left out. */
export function targetOf(
  path: string,
  query: Readonly<Record<string, string | undefined>> = {},
): string {
  let text = "";
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    text += `${text === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`;
  }
  return path + text;
}
