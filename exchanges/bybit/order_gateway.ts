/**
 * OUT 2: sends requests over the order socket, over REST while it is not logged in, and pairs the
 * answers.
 *
 *   socket open -> login -> ready          send -> encode -> ready? --yes--> frame, pending by id
 *                                                              |               |  answer
 *                                                              no -> REST      |  none in time,
 *                                                                              v  socket lost
 *                       acknowledged: nothing is told     refused: told     request_lost
 *
 * 1. A request is sent once. Again, once, goes only what the venue said it did not do: a time
 *    outside its window (any request), an order just being changed (amend and cancel).
 * 2. `retCode` 0 is no acceptance: it moves nothing, the private stream tells the order's state.
 * 3. What is pending is bounded; at the bound `send` answers `back_pressured`.
 * 4. During a rotation requests go over the old connection until the new one is logged in.
 *
 * Source: venue documentation "WebSocket trade guideline" and "Error codes", read 2026-07.
 * @module
 */
import type { Instrument, Micros } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import {
  idField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import { lostRequest, refusedRequest } from "./_order_answers.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { type BybitRest, type Outcome, wordsOf } from "./_rest.ts";
import {
  HEARTBEAT,
  OnceLog,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
  tellLink,
  type VenueContext,
} from "./_venue_context.ts";
import { orderUrl } from "./endpoints.ts";
import {
  cancelAll,
  encodeRequest,
  isStop,
  socketFrame,
  type WireRequest,
} from "./order_encoder.ts";
import { blockReport, type LimitFields, reportOf } from "./rate_limits.ts";
import { meaningOf } from "./reject_codes.ts";
import { loginFrame, type Signer } from "./signer.ts";

/** Requests whose answers are about orders. */
export type OrderRequestSent = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

const PENDING_MAX = 1_024;
const ANSWER_TIMEOUT_MS = 5_000;
const LOGIN_TIMEOUT_MS = 10_000;
const LOGIN_VALID_MS = 10_000;
const BUSY_RETRY_MS = 75;
/** A socket that is about to close still answers what it has. */
const CLOSING_GRACE_MS = 1_000;
/** After REST could not connect, `send` says so for this long instead of trying again. */
const REST_REST_MICROS = 1_000_000;
/** The venue cancels at most so many orders in one request, picked at random. */
const CANCEL_ALL_MAX = 500;
const CANCEL_ALL_ROUNDS_MAX = 10;

/** A request whose answer has not come. */
interface Pending {
  readonly request: OrderRequestSent;
  readonly wire: WireRequest;
  readonly instrument: Instrument;
  readonly sentAt: Micros;
  /** How often it went out again, and how often a cancel-all was repeated. */
  readonly retries: number;
}

/** Order entry of the unified account. */
export class OrderGateway {
  readonly #context: VenueContext;
  readonly #signer: Signer;
  readonly #rest: BybitRest;
  readonly #lookup: InstrumentLookup;
  /** Undefined where the network has no order socket. */
  readonly #session: Session | undefined;
  readonly #once: OnceLog;
  readonly #pending = new Map<string, Pending>();
  readonly #idPrefix: string;
  /** The connection that is logged in. */
  #ready: WebSocketConnection | undefined;
  #counter = 0;
  #isStarted = false;
  #restFailedAt = -REST_REST_MICROS;
  #watchTimer: number | undefined;
  #loginTimer: number | undefined;

  constructor(
    context: VenueContext,
    wsApi: string,
    signer: Signer,
    rest: BybitRest,
    lookup: InstrumentLookup,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#once = new OnceLog(context.log);
    // Request ids never repeat, after a restart neither.
    this.#idPrefix = Math.floor(context.clock.now() / 1_000).toString(36);
    const url = orderUrl(wsApi);
    this.#session = url === "" ? undefined : context.openSession({
      name: "bybit orders",
      urlFor: fixedUrl(url),
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

  /** Requests without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  start(): void {
    this.#isStarted = true;
    if (this.#session === undefined) tellLink(this.#context, "orders", "up", "orders go over REST");
    this.#session?.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#session?.stop();
    this.#pending.clear();
    this.#ready = undefined;
    for (const timer of [this.#watchTimer, this.#loginTimer]) {
      if (timer !== undefined) this.#context.scheduler.cancel(timer);
    }
    this.#watchTimer = undefined;
    this.#loginTimer = undefined;
  }

  /** Sends one order request now, or says why not. */
  send(request: OrderRequestSent): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const isWaitingStop = request.kind === "cancel_order" &&
      this.#lookup.isWaitingStop(request.clientOrderId);
    const wire = encodeRequest(request, instrument, isWaitingStop);
    if (!wire.ok) {
      this.#once.warn(wire.error);
      return "not_supported";
    }
    const sentAt = this.#context.clock.now();
    const pending = { request, wire: wire.value, instrument, sentAt, retries: 0 };
    const outcome = this.#transmit(pending);
    if (outcome !== "sent") return outcome;
    this.#context.counters.ordersSent++;
    if (instrument.terms.product === "spot") {
      if (request.kind === "place_order" && isStop(request)) {
        this.#lookup.markStop(request.clientOrderId, true);
      } else if (request.kind === "cancel_all") {
        this.#sendRest({ ...pending, wire: cancelAll(instrument, "StopOrder") });
      }
    }
    return "sent";
  }

  #transmit(pending: Pending): SendOutcome {
    const { wire } = pending;
    const connection = this.#ready;
    if (wire.operation !== undefined && connection?.state === "open") {
      if (this.#pending.size >= PENDING_MAX) return "back_pressured";
      const id = `${this.#idPrefix}-${(++this.#counter).toString(36)}`;
      const frame = socketFrame(wire, id, this.#rest.timestampMs());
      if (!connection.sendText(frame)) return "back_pressured";
      this.#pending.set(id, pending);
      this.#watch();
      return "sent";
    }
    if (this.#context.clock.now() - this.#restFailedAt < REST_REST_MICROS) return "not_connected";
    this.#sendRest(pending);
    return "sent";
  }

  #sendRest(pending: Pending): void {
    const { wire } = pending;
    this.#rest.post(wire.path, wire.body, (outcome) => {
      if (!this.#isStarted) return;
      const now = this.#context.clock.now();
      if (outcome.kind === "lost" && !outcome.sent) this.#restFailedAt = now;
      this.#finish(pending, outcome, outcome.kind === "ok" ? outcome.at : now);
    });
  }

  #logIn(connection: WebSocketConnection): void {
    const expiresMs = this.#rest.timestampMs() + LOGIN_VALID_MS;
    const id = `${this.#idPrefix}-login-${++this.#counter}`;
    connection.sendText(loginFrame(this.#signer, expiresMs, id, "reqId"));
    this.#clearLogin();
    this.#loginTimer = this.#context.scheduler.after(LOGIN_TIMEOUT_MS, () => {
      this.#loginTimer = undefined;
      this.#session?.restart("login was not confirmed");
    });
  }

  #onLogin(answer: JsonObject, connection: WebSocketConnection): void {
    const code = integerField(answer, "retCode");
    this.#clearLogin();
    // 20001: logged in already.
    if (code === 0 || code === 20_001) {
      const wasReady = this.#ready !== undefined;
      this.#ready = connection;
      if (!wasReady) tellLink(this.#context, "orders", "up", "order socket logged in");
      return;
    }
    const found = `${code} ${textField(answer, "retMsg")}`.slice(0, 120);
    this.#context.log.log("error", "login on the order socket refused", { found });
    this.#rest.measureClock(() => {
      if (this.#isStarted) this.#session?.restart("login refused");
    });
  }

  #onText(text: string, size: number, at: Micros, connection: WebSocketConnection): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += size;
    const answer = objectOf(parseJson(text));
    if (answer === undefined) {
      counters.refusedFrames++;
      this.#once.warn("order socket sent something that is not a JSON object");
      return;
    }
    const op = textField(answer, "op");
    if (op === "auth") return this.#onLogin(answer, connection);
    if (op === "pong" || op === "ping") {
      counters.ignoredFrames++;
      return;
    }
    const id = textField(answer, "reqId");
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      counters.ignoredFrames++;
      this.#once.warn("order socket sent an answer that nobody waits for");
      return;
    }
    this.#pending.delete(id);
    this.#finish(pending, this.#outcomeOf(answer, pending.wire.path, at), at);
  }

  #outcomeOf(answer: JsonObject, path: string, at: Micros): Outcome {
    const field = fieldsOf(answer["header"]);
    for (const report of reportOf(path, field, at)) this.#context.deliver(report);
    const code = integerField(answer, "retCode");
    if (code === undefined) return { kind: "lost", sent: true, reason: "answer without a code" };
    if (code === 0) return { kind: "ok", result: answer["data"], bytes: NO_BYTES, at };
    const meaning = meaningOf(200, code);
    if (meaning === "rate_limited") {
      this.#context.counters.rateLimited++;
      this.#context.deliver(blockReport(path, field, at));
    }
    return { kind: "error", meaning, code, message: textField(answer, "retMsg") };
  }

  #finish(pending: Pending, outcome: Outcome, at: Micros): void {
    const { request } = pending;
    if (outcome.kind === "ok") return this.#onAcknowledged(pending, outcome.result);
    if (request.kind === "cancel_all") return this.#onCancelAllFailed(outcome);
    if (outcome.kind === "lost") return this.#lose(request, outcome.sent, outcome.reason, at);
    switch (outcome.meaning) {
      case "unchanged":
        return;
      case "resync":
        if (pending.retries > 0) break;
        this.#rest.measureClock(() => this.#again(pending));
        return;
      case "busy":
        if (request.kind === "place_order") break;
        if (pending.retries > 0) return this.#lose(request, true, wordsOf(outcome), at);
        this.#context.scheduler.after(BUSY_RETRY_MS, () => this.#again(pending));
        return;
      case "closing":
        this.#onClosing();
        return this.#lose(request, true, wordsOf(outcome), at);
      case "unknown":
        return this.#lose(request, true, wordsOf(outcome), at);
    }
    const refused = refusedRequest(request, outcome, at);
    if (refused.reason === "authentication") {
      this.#context.log.log("error", "the venue refuses our key", { found: refused.text });
    }
    if (request.kind === "place_order") this.#lookup.markStop(request.clientOrderId, false);
    this.#context.deliver(refused);
  }

  /** Accepted for processing: only the ids are kept, so that later fills can be named. */
  #onAcknowledged(pending: Pending, result: unknown): void {
    const { request, instrument } = pending;
    const data = objectOf(result) ?? {};
    if (request.kind === "place_order") {
      this.#lookup.remember(instrument, idField(data, "orderId"), request.clientOrderId);
    } else if (request.kind === "cancel_all") {
      const cancelled = objectsOf(data["list"]) ?? [];
      if (cancelled.length < CANCEL_ALL_MAX || pending.retries >= CANCEL_ALL_ROUNDS_MAX) return;
      this.#sendRest({ ...pending, retries: pending.retries + 1 });
    }
  }

  #onCancelAllFailed(outcome: Exclude<Outcome, { kind: "ok" }>): void {
    const found = wordsOf(outcome);
    this.#context.log.log("warn", "cancel-all was not confirmed", { found });
  }

  /** Sends once more, with the same client id, what the venue said it did not do. */
  #again(pending: Pending): void {
    if (!this.#isStarted) return;
    const sentAt = this.#context.clock.now();
    const outcome = this.#transmit({ ...pending, sentAt, retries: pending.retries + 1 });
    if (outcome !== "sent") this.#lose(pending.request, false, "socket lost", sentAt);
  }

  /** The venue is about to close this socket: use it no more, let it answer, open another. */
  #onClosing(): void {
    if (this.#ready === undefined) return;
    this.#ready = undefined;
    tellLink(this.#context, "orders", "down", "the venue closes the order socket");
    this.#context.scheduler.after(CLOSING_GRACE_MS, () => {
      if (this.#isStarted) this.#session?.restart("the venue closes the order socket");
    });
  }

  #onDown(reason: string): void {
    const now = this.#context.clock.now();
    const wasReady = this.#ready !== undefined;
    this.#ready = undefined;
    this.#clearLogin();
    if (wasReady) tellLink(this.#context, "orders", "down", reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { request } of pending) {
      this.#lose(request, true, `order socket lost: ${reason}`, now);
    }
  }

  #lose(request: OrderRequestSent, wasSent: boolean, text: string, at: Micros): void {
    if (request.kind === "cancel_all") return;
    this.#context.deliver(lostRequest(request, wasSent ? "unknown" : "not_sent", text, at));
  }

  /** Looks for answers that are overdue, as long as any is awaited. */
  #watch(): void {
    if (this.#watchTimer !== undefined) return;
    this.#watchTimer = this.#context.scheduler.after(ANSWER_TIMEOUT_MS / 4, () => {
      this.#watchTimer = undefined;
      const now = this.#context.clock.now();
      for (const [id, pending] of this.#pending) {
        if (now - pending.sentAt < ANSWER_TIMEOUT_MS * 1_000) continue;
        this.#pending.delete(id);
        this.#lose(pending.request, true, "no answer in time", now);
      }
      if (this.#pending.size > 0) this.#watch();
    });
  }

  #clearLogin(): void {
    if (this.#loginTimer !== undefined) this.#context.scheduler.cancel(this.#loginTimer);
    this.#loginTimer = undefined;
  }
}

const NO_BYTES = new Uint8Array(0);

/** Header fields of a socket's answer; their case varies. */
function fieldsOf(header: unknown): LimitFields {
  const fields = new Map(
    Object.entries(objectOf(header) ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return (name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : undefined;
  };
}
