/**
 * The indexer over REST: public questions, each asked once.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { HttpAnswer } from "@/exchanges/shared/mod.ts";
import type { DydxContext } from "./_context.ts";
import { objectOf, objectsOf, parseJson, textField, textOf } from "@/exchanges/kit/mod.ts";
import { blockedUntil, blockReport } from "./rate_limits.ts";

/** What became of a question. */
export type Outcome =
  | {
    readonly kind: "ok";
    readonly result: unknown;
    readonly bytes: Uint8Array;
    readonly at: Micros;
  }
  | { readonly kind: "error"; readonly status: number; readonly message: string }
  /** No answer; `sent` false: nothing left this process. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly reason: string };

const TIMEOUT_MS = 10_000;

/** Questions to the indexer. */
export class Indexer {
  readonly #context: DydxContext;

  constructor(context: DydxContext) {
    this.#context = context;
  }

  /** Asks; `path` begins with a slash and holds its query. */
  get(path: string, done: (outcome: Outcome) => void): void {
    const url = `${this.#context.addresses.indexer}${path}`;
    this.#context.http({ method: "GET", url, timeoutMs: TIMEOUT_MS }, (answer) => {
      done(this.#read(answer));
    });
  }

  #read(answer: HttpAnswer): Outcome {
    if (answer.kind === "failed") {
      return { kind: "lost", sent: answer.sent, reason: answer.reason };
    }
    const { status, headers, body, at } = answer;
    const text = textOf(body, 0, body.length);
    const tree = parseJson(text);
    if (status >= 200 && status < 300) {
      if (tree === undefined) return { kind: "lost", sent: true, reason: "answer is not JSON" };
      const wrapped = objectOf(tree);
      // Recordings of some clients wrap the answer.
      const result = wrapped !== undefined && "result" in wrapped ? wrapped["result"] : tree;
      return { kind: "ok", result, bytes: body, at };
    }
    if (status === 429) {
      this.#context.counters.rateLimited++;
      const until = blockedUntil(at, headers.get("retry-after"));
      this.#context.deliver(blockReport("indexer_requests_10s", at, until));
    }
    const errors = objectsOf(objectOf(tree)?.["errors"]);
    const message = errors?.[0] === undefined ? text.slice(0, 120) : textField(errors[0], "msg");
    return { kind: "error", status, message };
  }
}

/** Why there is no answer, in words. */
export function wordsOf(outcome: Exclude<Outcome, { kind: "ok" }>): string {
  return outcome.kind === "lost" ? outcome.reason : `${outcome.status} ${outcome.message}`;
}
