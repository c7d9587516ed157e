/**
 * The venue's answers, over the socket and REST alike: `{code, msg, data:[{sCode, …}]}`.
 *
 * 1. A code of "0" is not enough: a row has a code of its own, and either may be the no.
 * 2. What is not the venue's form leaves the outcome open.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { idField, type JsonObject, objectOf, objectsOf, textField } from "./_json.ts";
import { type ErrorMeaning, meaningOf } from "./reject_codes.ts";

/** The venue's no. */
export interface VenueError {
  readonly kind: "error";
  readonly meaning: ErrorMeaning;
  readonly status: number;
  /** "" where the body was not the venue's. */
  readonly code: string;
  readonly message: string;
}

/** What became of a request. */
export type Outcome =
  | { readonly kind: "ok"; readonly rows: readonly JsonObject[]; readonly at: Micros }
  | VenueError
  /** No answer; `sent` false: nothing left this process. */
  | { readonly kind: "lost"; readonly sent: boolean; readonly reason: string };

/** Reads a parsed answer; `status` is HTTP's, 200 on the socket. */
export function outcomeOf(tree: unknown, status: number, at: Micros, words: string): Outcome {
  const root = objectOf(tree);
  const code = root === undefined ? "" : idField(root, "code");
  if (root === undefined || code === "") {
    if (status >= 200 && status < 300) {
      return { kind: "lost", sent: true, reason: "answer is not of the venue's form" };
    }
    return { kind: "error", meaning: meaningOf(status, ""), status, code: "", message: words };
  }
  const rows = objectsOf(root["data"]) ?? [];
  const own = rows.length === 0 ? "" : idField(rows[0]!, "sCode");
  if (own !== "" && own !== "0") {
    const message = textField(rows[0]!, "sMsg");
    return { kind: "error", meaning: meaningOf(status, own), status, code: own, message };
  }
  if (code === "0" && status < 300) return { kind: "ok", rows, at };
  const message = textField(root, "msg");
  return { kind: "error", meaning: meaningOf(status, code), status, code, message };
}

/** An outcome that is no success, in words for logs. */
export function wordsOf(outcome: Outcome): string {
  if (outcome.kind === "ok") return "an answer that cannot be read";
  if (outcome.kind === "lost") return outcome.reason;
  return `${outcome.code} ${outcome.message}`.trim().slice(0, 200);
}
