/**
 * Hyperliquid over REST: questions (`/info`), signed actions (`/exchange`), the venue's clock.
 *
 * 1. A request is sent once; whoever asks decides whether to ask again.
 * 2. HTTP 200 says nothing of an action: its own status does.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import type { VenueContext } from "./_context.ts";
import { integerField, type JsonObject, objectOf, parseJson, textOf } from "./_json.ts";
import { blockedUntil, blockReport, budgetBlockedUntil } from "./rate_limits.ts";
import { type ErrorMeaning, meaningOf, statusIn } from "./reject_codes.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly status: number;
  readonly text: string;
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

const TIMEOUT_MS = 10_000;
/** A halt of the whole exchange is told nowhere else; the question weighs 2 of 1,200 a minute. */
const RESAMPLE_MS = 30_000;
const HEADERS = { "Content-Type": "application/json" };
const NO_BYTES = new Uint8Array(0);

/** REST of the venue. */
export class HyperliquidRest {
  readonly clockOffset = new ClockOffset();
  /** Whether the venue said that its whole exchange is in a special state. */
  isPaused = false;
  readonly #context: VenueContext;
  readonly #onPause: (isPaused: boolean) => void;
  #timer: number | undefined;

  constructor(context: VenueContext, onPause: (isPaused: boolean) => void = () => {}) {
    this.#context = context;
    this.#onPause = onPause;
  }

  /** Measures the venue's clock and asks for its state, now and twice a minute. */
  start(): void {
    this.measureClock(() => {});
    this.#timer = this.#context.scheduler.after(RESAMPLE_MS, () => this.start());
  }

  stop(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Asks the venue for its time; `done` is called also when that failed. */
  measureClock(done: () => void): void {
    const sentAt = this.#context.clock.now();
    this.ask({ type: "exchangeStatus" }, (outcome) => {
      const state = outcome.kind === "ok" ? objectOf(outcome.result) : undefined;
      const time = state === undefined ? undefined : integerField(state, "time");
      if (outcome.kind === "ok" && time !== undefined) {
        this.clockOffset.sample(sentAt, micros(time * 1_000), outcome.at);
        this.#takeState(state!);
      }
      done();
    });
  }

  /** Asks one question. */
  ask(question: Readonly<Record<string, unknown>>, done: (outcome: Outcome) => void): void {
    this.#post("/info", JSON.stringify(question), (answer) => {
      if (answer.kind === "failed") return done(lost(answer));
      const tree = parseJson(textOf(answer.body, 0, answer.body.length));
      if (answer.status >= 200 && answer.status < 300) {
        if (tree === undefined) {
          return done({ kind: "lost", sent: true, reason: "answer is not JSON" });
        }
        return done({ kind: "ok", result: tree, bytes: answer.body, at: answer.at });
      }
      done(this.#error(answer));
    });
  }

  /** Sends one signed action; the result of an `ok` is what the venue says of the action. */
  act(payload: string, done: (outcome: Outcome) => void): void {
    this.#post("/exchange", payload, (answer) => {
      if (answer.kind === "failed") return done(lost(answer));
      if (answer.status < 200 || answer.status >= 300) return done(this.#error(answer));
      const tree = parseJson(textOf(answer.body, 0, answer.body.length));
      done(this.outcomeOf(objectOf(tree), answer.at));
    });
  }

  /** What `{"status":…,"response":…}` says, over REST or the socket. */
  outcomeOf(answer: JsonObject | undefined, at: Micros): Outcome {
    const response = answer?.["response"];
    if (answer?.["status"] === "ok") {
      return { kind: "ok", result: response, bytes: NO_BYTES, at };
    }
    if (answer?.["status"] === "err" && typeof response === "string") {
      return this.refusal(0, response, undefined, at);
    }
    return { kind: "lost", sent: true, reason: "answer is not readable" };
  }

  /** A refusal in words; tells the limits it speaks of. */
  refusal(
    status: number,
    text: string,
    retryAfter: string | undefined,
    at: Micros,
  ): VenueError {
    const said = status === 0 ? statusIn(text) : status;
    const meaning = meaningOf(said, text);
    const { counters } = this.#context;
    if (meaning === "rate_limited") {
      counters.rateLimited++;
      this.#context.deliver(blockReport("", blockedUntil(at, retryAfter), at));
    } else if (meaning === "budget_spent") {
      counters.rateLimited++;
      this.#context.deliver(blockReport("address_actions", budgetBlockedUntil(at), at));
    }
    return { kind: "error", meaning, status: said, text: text.slice(0, 300) };
  }

  #error(answer: HttpAnswer & { readonly kind: "answer" }): VenueError {
    const { status, headers, body, at } = answer;
    const text = textOf(body, 0, Math.min(body.length, 300));
    return this.refusal(status, text, headers.get("retry-after"), at);
  }

  #post(path: string, body: string, done: (answer: HttpAnswer) => void): void {
    const url = `${this.#context.addresses.rest}${path}`;
    this.#context.http(
      { method: "POST", url, headers: HEADERS, body, timeoutMs: TIMEOUT_MS },
      done,
    );
  }

  #takeState(state: JsonObject): void {
    const special = state["specialStatuses"];
    const isPaused = special !== undefined && special !== null &&
      !(Array.isArray(special) && special.length === 0);
    if (isPaused === this.isPaused) return;
    this.isPaused = isPaused;
    this.#context.log.log(isPaused ? "error" : "info", "state of the exchange changed", {
      special: JSON.stringify(special ?? null).slice(0, 200),
    });
    this.#onPause(isPaused);
  }
}

function lost(answer: HttpAnswer & { readonly kind: "failed" }): Outcome {
  return { kind: "lost", sent: answer.sent, reason: answer.reason };
}

/** What went wrong, in words. */
export function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "ok") return "an answer that is not readable";
  return outcome.kind === "lost" ? outcome.reason : `${outcome.status} ${outcome.text}`;
}
