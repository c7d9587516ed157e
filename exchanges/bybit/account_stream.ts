/**
 * BACK 1: the private socket of the unified account: own orders, fills, balances, positions.
 *
 *   open -> login -> subscribe -> confirmed: link up -> events
 *
 * 1. The link is "up" only when the venue has confirmed the subscription; it sends no snapshot, so
 *    the core then asks for the truth over REST.
 * 2. An event that cannot be read makes the link go down and up again, so that the core asks for
 *    the truth instead of missing a fill.
 * 3. During a rotation the old connection delivers until the new one is subscribed; what both say
 *    is harmless twice.
 *
 * Source: venue documentation "WebSocket connect" and "Order" (private stream), read 2026-07.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { integerField, type JsonObject, objectOf, parseJson, textField, textOf } from "./_json.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import type { BybitRest } from "./_rest.ts";
import {
  HEARTBEAT,
  OnceLog,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
  tellLink,
  type VenueContext,
} from "./_venue_context.ts";
import { BybitAccountDecoder } from "./account_decoder.ts";
import { privateUrl } from "./endpoints.ts";
import { loginFrame, type Signer } from "./signer.ts";

const TOPICS = ["order", "execution", "position", "wallet"];
const CONFIRM_TIMEOUT_MS = 10_000;
const LOGIN_VALID_MS = 10_000;

/** Own events. */
export class AccountStream {
  readonly decoder: BybitAccountDecoder;
  readonly #context: VenueContext;
  readonly #signer: Signer;
  readonly #rest: BybitRest;
  readonly #session: Session;
  readonly #once: OnceLog;
  #isUp = false;
  #isStopped = false;
  #requestId = 0;
  #confirmTimer: number | undefined;

  constructor(
    context: VenueContext,
    privateWs: string,
    signer: Signer,
    rest: BybitRest,
    lookup: InstrumentLookup,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#once = new OnceLog(context.log);
    this.decoder = new BybitAccountDecoder(lookup);
    this.#session = context.openSession({
      name: "bybit account",
      urlFor: fixedUrl(privateUrl(privateWs)),
      heartbeat: HEARTBEAT,
      rotateAfterMs: ROTATE_AFTER_MS,
      rotateOverlapMs: ROTATE_OVERLAP_MS,
      handler: {
        onUp: (connection) => this.#logIn(connection),
        onText: (bytes, start, end, at, connection) =>
          this.#onText(textOf(bytes, start, end), end - start, at, connection),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    this.#clearTimer();
  }

  #logIn(connection: WebSocketConnection): void {
    const expiresMs = this.#rest.timestampMs() + LOGIN_VALID_MS;
    connection.sendText(loginFrame(this.#signer, expiresMs, this.#nextId(), "req_id"));
    this.#clearTimer();
    this.#confirmTimer = this.#context.scheduler.after(CONFIRM_TIMEOUT_MS, () => {
      this.#confirmTimer = undefined;
      this.#session.restart("login or subscription was not confirmed");
    });
  }

  #nextId(): string {
    return `a${++this.#requestId}`;
  }

  #onText(text: string, size: number, at: Micros, connection: WebSocketConnection): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += size;
    const tree = parseJson(text);
    const frame = objectOf(tree);
    if (frame !== undefined && !("topic" in frame)) {
      counters.ignoredFrames++;
      return this.#onAnswer(frame, connection);
    }
    const outcome = this.decoder.decodeTree(tree, at, this.#context);
    if (outcome === "refused") this.#onRefused();
    else if (outcome === "ignored") counters.ignoredFrames++;
  }

  #onAnswer(frame: JsonObject, connection: WebSocketConnection): void {
    const op = textField(frame, "op");
    const isGood = frame["success"] === true && (integerField(frame, "retCode") ?? 0) === 0;
    if (op === "auth") {
      if (!isGood) return this.#onRefusal("login to own events refused", frame);
      const subscription = { req_id: this.#nextId(), op: "subscribe", args: TOPICS };
      connection.sendText(JSON.stringify(subscription));
    } else if (op === "subscribe") {
      if (!isGood) return this.#onRefusal("subscription to own events refused", frame);
      this.#clearTimer();
      this.#link("up", "subscribed");
    }
  }

  #onRefusal(words: string, frame: JsonObject): void {
    const code = integerField(frame, "retCode") ?? 0;
    const message = textField(frame, "retMsg") || textField(frame, "ret_msg");
    this.#context.log.log("error", words, { found: `${code} ${message}`.slice(0, 120) });
    this.#clearTimer();
    this.#rest.measureClock(() => {
      if (!this.#isStopped) this.#session.restart(words);
    });
  }

  /** A frame that may have held a fill: the core must ask the venue. */
  #onRefused(): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`account frame refused: ${this.decoder.reason}`);
    if (!this.#isUp) return;
    this.#link("down", "refused frame");
    this.#link("up", "reconcile");
  }

  #onDown(reason: string): void {
    this.#clearTimer();
    this.#link("down", reason);
  }

  #clearTimer(): void {
    if (this.#confirmTimer !== undefined) this.#context.scheduler.cancel(this.#confirmTimer);
    this.#confirmTimer = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isUp) return;
    this.#isUp = state === "up";
    tellLink(this.#context, "account", state, reason);
  }
}
