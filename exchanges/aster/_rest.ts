/**
 * Aster over REST: public and signed requests, the venue's clock, limits from the headers.
 *
 * 1. A request is sent once. Only where the venue says that our time or nonce is off, which it says
 *    instead of doing anything, the clock is measured and the request signed anew, once.
 * 2. An order refused for its nonce (-4225) is not even sent anew: an earlier copy may have
 *    arrived, so who sent it asks first.
 * 3. Every answer's limit headers become `rate_limit` events.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import { ClockOffset, type HttpAnswer } from "@/exchanges/shared/mod.ts";
import { Fields, frameText, jsonOf } from "./_fields.ts";
import type { Lane, ProductContext } from "./_context.ts";
import { pathOf } from "./endpoints.ts";
import type { WireRequest } from "./order_encoder.ts";
import { blockFrom, reportsFrom } from "./rate_limits.ts";
import { type ErrorMeaning, meaningOf } from "./reject_codes.ts";
import { encodedPairs, type Signer } from "./signer.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly code: number;
  readonly message: string;
}

/** What became of a request. */
export type Outcome =
  | { readonly kind: "ok"; readonly tree: unknown; readonly bytes: Uint8Array; readonly at: Micros }
  | VenueError
  /** No answer; `sent` false: nothing left this process. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly reason: string };

type Done = (outcome: Outcome) => void;

const TIMEOUT_MS = 10_000;
const ORDER_TIMEOUT_MS = 5_000;
const RESAMPLE_MS = 5 * 60_000;
const FORM = { "Content-Type": "application/x-www-form-urlencoded" } as const;

/** Why there is no result, in a few words. */
export function wordsOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "ok":
      return "an answer that is not readable";
    case "error":
      return `${outcome.code} ${outcome.message}`.slice(0, 200);
    case "lost":
      return outcome.reason;
  }
}

/** REST of one product. */
export class AsterRest {
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

  /** Asks the venue for its time; tells whether it answered. */
  measureClock(done: (isReached: boolean) => void): void {
    const sentAt = this.#context.clock.now();
    this.get("time", [], (outcome) => {
      const server = outcome.kind === "ok"
        ? Fields.of(outcome.tree)?.instant("serverTime")
        : undefined;
      if (outcome.kind !== "ok" || server === undefined || server === 0) return done(false);
      this.clockOffset.sample(sentAt, server, outcome.at);
      done(true);
    });
  }

  /** A public question; every generation reads these from v3. */
  get(name: string, params: WireRequest["params"], done: Done): void {
    const query = encodedPairs(params);
    const path = pathOf(this.#context.product, "v3", name);
    this.#exchange("data", "GET", query === "" ? path : `${path}?${query}`, undefined, done);
  }

  /** A signed request. */
  send(lane: Lane, wire: WireRequest, done: Done): void {
    this.#sendSigned(lane, wire, (outcome) => {
      if (outcome.kind !== "error" || outcome.meaning !== "resync") return done(outcome);
      const mustAskFirst = lane === "orders" && outcome.code === -4225;
      this.measureClock(() => mustAskFirst ? done(outcome) : this.#sendSigned(lane, wire, done));
    });
  }

  #sendSigned(lane: Lane, { method, name, params }: WireRequest, done: Done): void {
    const signer = this.#signer;
    if (signer === undefined) {
      this.#context.scheduler.after(0, () => {
        done({ kind: "lost", sent: false, reason: "no credentials" });
      });
      return;
    }
    const now = micros(this.clockOffset.toVenue(this.#context.clock.now()));
    const text = signer.signed(encodedPairs(params), now);
    const path = pathOf(this.#context.product, signer.generation, name);
    if (method === "GET") {
      this.#exchange(lane, method, `${path}?${text}`, undefined, done, signer.headers);
    } else this.#exchange(lane, method, path, text, done, signer.headers);
  }

  #exchange(
    lane: Lane,
    method: WireRequest["method"],
    target: string,
    body: string | undefined,
    done: Done,
    proof: Readonly<Record<string, string>> = {},
  ): void {
    const request = {
      method,
      url: `${this.#context.addresses.rest.replace(/\/+$/, "")}${target}`,
      headers: { ...proof, ...(body === undefined ? {} : FORM) },
      timeoutMs: lane === "data" ? TIMEOUT_MS : ORDER_TIMEOUT_MS,
      ...(body === undefined ? {} : { body }),
    };
    this.#context.http(lane, request, (answer) => done(this.#read(answer)));
  }

  #read(answer: HttpAnswer): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    const { product, counters, deliver } = this.#context;
    for (const report of reportsFrom(product, headers, at)) deliver(report);
    const text = frameText(body, 0, body.length);
    const tree = jsonOf(text);
    if (status >= 200 && status < 300) {
      if (tree === undefined) return { kind: "lost", sent: true, reason: "answer is not JSON" };
      return { kind: "ok", tree, bytes: body, at };
    }
    const error = Fields.of(tree);
    const code = error?.whole("code") ?? 0;
    const meaning = meaningOf(status, code);
    if (meaning === "blocked") {
      counters.rateLimited++;
      const retryAfter = headers.get("retry-after") ?? "";
      deliver(blockFrom(product, { status, code, retryAfter }, at));
    }
    const message = error?.text("msg") || `HTTP ${status} ${text.slice(0, 80)}`;
    return { kind: "error", meaning, code, message };
  }
}
