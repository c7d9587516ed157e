/**
 * The login of a private socket: frame out, acknowledgement or refusal in, with a time limit.
 *
 *   begin -> frame -> ack -> onDone          refusal, silence -> clock measured -> onFailed
 *
 * A refusal for a wrong key is logged as an error each time; the socket's back-off keeps the next
 * attempt away.
 *
 * Source: venue documentation "WebSocket login", read 2026-09.
 * @module
 */
import { idField, type JsonObject, textField } from "./_json.ts";
import type { SocketLink } from "./_renewing_socket.ts";
import type { OkxRest } from "./_rest.ts";
import type { VenueContext } from "./_venue_context.ts";
import { loginFrame, type Signer } from "./signer.ts";

const LOGIN_TIMEOUT_MS = 10_000;
/** Errors about who we are; anything else during a login is none of its business. */
const LOGIN_ERRORS = new Set(
  "60004 60005 60006 60007 60009 60024 60032 50101 50105 50111 50113 50119".split(" "),
);

/** Who is told how it went. */
export interface LoginHandler {
  onDone(link: SocketLink): void;
  onFailed(link: SocketLink, reason: string): void;
}

/** Logs connections in, one at a time each. */
export class SocketLogin {
  readonly #context: VenueContext;
  readonly #signer: Signer;
  readonly #rest: OkxRest;
  readonly #handler: LoginHandler;
  readonly #waiting = new Map<SocketLink, number>();
  #isStopped = false;

  constructor(context: VenueContext, signer: Signer, rest: OkxRest, handler: LoginHandler) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#handler = handler;
  }

  /** Sends the login; a clock that was never measured is measured first. */
  begin(link: SocketLink): void {
    this.#waiting.set(
      link,
      this.#context.scheduler.after(LOGIN_TIMEOUT_MS, () => this.#fail(link, "login unanswered")),
    );
    if (this.#rest.clockOffset.known) return this.#send(link);
    this.#rest.measureClock(() => this.#send(link));
  }

  /** Whether a control frame was the login's. */
  take(link: SocketLink, frame: JsonObject): boolean {
    if (!this.#waiting.has(link)) return false;
    const event = textField(frame, "event");
    const code = idField(frame, "code");
    if (event === "login" && code === "0") {
      this.#clear(link);
      this.#handler.onDone(link);
      return true;
    }
    if (event !== "login" && !(event === "error" && LOGIN_ERRORS.has(code))) return false;
    const found = `${code} ${textField(frame, "msg")}`.slice(0, 120);
    this.#context.log.log("error", "login refused", { found });
    this.#clear(link);
    this.#rest.measureClock(() => {
      if (!this.#isStopped) this.#handler.onFailed(link, "login refused");
    });
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    for (const link of [...this.#waiting.keys()]) this.#clear(link);
  }

  #send(link: SocketLink): void {
    if (this.#waiting.has(link)) link.send(loginFrame(this.#rest.timestampMs(), this.#signer));
  }

  #fail(link: SocketLink, reason: string): void {
    this.#clear(link);
    this.#handler.onFailed(link, reason);
  }

  #clear(link: SocketLink): void {
    const timer = this.#waiting.get(link);
    if (timer !== undefined) this.#context.scheduler.cancel(timer);
    this.#waiting.delete(link);
  }
}
