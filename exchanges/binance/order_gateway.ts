/**
 * OUT 2: sends requests over the order socket, over REST while it is down, and pairs the answers.
 *
 *   send -> encode -> socket up? --yes--> signed frame, pending by id -> answer -> events
 *                        |                        |  no answer in time, socket lost -> request_lost
 *                        no -> REST (unless that failed a moment ago) -> events
 *
 * 1. A request is sent once. Only -1021, by which the venue says that it did nothing, is signed
 *    again.
 * 2. What is pending is bounded; at the bound `send` answers `back_pressured`.
 * 3. Conditional orders of USD-M are cancelled and asked for at the algo service; their client ids
 *    are
 *    remembered (bounded), their venue ids carry a prefix.
 *
 * Source: venue documentation "WebSocket API" of both products, read 2026-09.
 * @module
 */
import { type ClientOrderId, type Instrument, type Micros } from "@/engine/domain/mod.ts";
import type { ArmDeadMan, EngineEvent } from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import { integerField, type JsonObject, objectOf, parseJson, textField, textOf } from "./_json.ts";
import { answerEvents, isAlgoId, lostEvents, type OrderRequestSent } from "./_order_answers.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import {
  HEARTBEAT,
  OnceLog,
  type ProductContext,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
} from "./_product_context.ts";
import type { BinanceRest, Outcome } from "./_rest.ts";
import { orderSocketUrl } from "./endpoints.ts";
import {
  algoCancelAll,
  encodeRequest,
  isStop,
  socketFrame,
  type WireParameter,
  type WireRequest,
} from "./order_encoder.ts";
import { blockedUntil, blockReport, reportsFromAnswer } from "./rate_limits.ts";
import { meaningOf } from "./reject_codes.ts";
import type { Signer } from "./signer.ts";

const PENDING_MAX = 1_024;
const ALGO_IDS_MAX = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
/** After REST could not connect, `send` says so for this long instead of trying again. */
const REST_REST_MICROS = 1_000_000;

/** A request whose answer has not come. */
interface Pending {
  readonly request: OrderRequestSent;
  readonly wire: WireRequest;
  readonly instrument: Instrument;
  readonly sentAt: Micros;
  readonly isRetry: boolean;
}

/** Order entry of one product. */
export class OrderGateway {
  readonly #context: ProductContext;
  readonly #signer: Signer;
  readonly #rest: BinanceRest;
  readonly #lookup: InstrumentLookup;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #pending = new Map<string, Pending>();
  readonly #algoIds = new Set<ClientOrderId>();
  #counter = 0;
  #isStarted = false;
  #restFailedAt = -REST_REST_MICROS;
  #timer: number | undefined;

  constructor(
    context: ProductContext,
    signer: Signer,
    rest: BinanceRest,
    lookup: InstrumentLookup,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#once = new OnceLog(context.log);
    this.#session = context.openSession({
      name: `binance ${context.product} orders`,
      urlFor: fixedUrl(orderSocketUrl(context.addresses.ws_api, context.product)),
      heartbeat: HEARTBEAT,
      rotateAfterMs: ROTATE_AFTER_MS,
      rotateOverlapMs: ROTATE_OVERLAP_MS,
      handler: {
        onUp: (_connection, rotated) => {
          if (!rotated) this.#link("up", "order socket open");
        },
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
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
    this.#session.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#session.stop();
    this.#pending.clear();
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  /** Sends one order request now, or says why not. */
  send(request: OrderRequestSent): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const isAlgo = request.kind === "cancel_order" && this.isAlgo(request);
    const wire = encodeRequest(request, instrument, isAlgo);
    if (!wire.ok) {
      this.#once.warn(wire.error);
      return "not_supported";
    }
    const outcome = this.#transmit({
      request,
      wire: wire.value,
      instrument,
      sentAt: this.#context.clock.now(),
      isRetry: false,
    });
    if (outcome !== "sent") return outcome;
    this.#context.counters.ordersSent++;
    if (request.kind === "place_order" && isStop(request) && this.#context.product !== "spot") {
      this.#rememberAlgo(request.clientOrderId);
    }
    if (request.kind === "cancel_all" && this.#context.product !== "spot") {
      this.#sendRest({ ...this.#pendingOf(request, instrument), wire: algoCancelAll(instrument) });
    }
    return "sent";
  }

  /** Arms USD-M's countdown; spot has none. */
  armDeadMan(request: ArmDeadMan): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (this.#context.product === "spot") return "not_supported";
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const params: readonly WireParameter[] = [
      ["countdownTime", String(Math.max(0, Math.round(request.timeoutMs)))],
      ["symbol", instrument.terms.venueSymbol],
    ];
    this.#rest.send("POST", "/fapi/v1/countdownCancelAll", params, "signed", (outcome) => {
      if (outcome.kind === "ok") return;
      const found = outcome.kind === "lost" ? outcome.reason : `${outcome.code} ${outcome.message}`;
      this.#once.warn("dead-man switch was not armed", { found });
    });
    return "sent";
  }

  /** Whether an order lives in the algo service, as far as this run knows. */
  isAlgo(
    order: { clientOrderId: ClientOrderId; venueOrderId: Parameters<typeof isAlgoId>[0] },
  ): boolean {
    return isAlgoId(order.venueOrderId) ||
      (order.venueOrderId === undefined && this.#algoIds.has(order.clientOrderId));
  }

  #pendingOf(request: OrderRequestSent, instrument: Instrument): Omit<Pending, "wire"> {
    return { request, instrument, sentAt: this.#context.clock.now(), isRetry: false };
  }

  #transmit(pending: Pending): SendOutcome {
    const { wire } = pending;
    if (wire.socketMethod !== undefined && this.#session.up) {
      if (this.#pending.size >= PENDING_MAX) return "back_pressured";
      const id = `${this.#context.product === "spot" ? "s" : "p"}${++this.#counter}`;
      const frame = socketFrame(wire, id, this.#rest.timestampMs(), this.#signer);
      if (!this.#session.send(frame)) return "back_pressured";
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
    this.#rest.send(wire.restMethod, wire.restPath, wire.params, "signed", (outcome) => {
      if (!this.#isStarted) return;
      const now = this.#context.clock.now();
      if (outcome.kind === "lost" && !outcome.sent) this.#restFailedAt = now;
      this.#finish(pending, outcome, outcome.kind === "ok" ? outcome.at : now);
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const context = this.#context;
    context.counters.messages++;
    context.counters.bytes += end - start;
    const answer = objectOf(parseJson(textOf(bytes, start, end)));
    if (answer === undefined) {
      context.counters.refusedFrames++;
      this.#once.warn("order socket sent something that is not a JSON object");
      return;
    }
    for (const one of reportsFromAnswer(context.product, answer["rateLimits"], at)) {
      context.deliver(one);
    }
    const id = textField(answer, "id");
    const pending = this.#pending.get(id);
    if (pending === undefined) return this.#onUnpaired(answer);
    this.#pending.delete(id);
    const outcome = this.#outcomeOf(answer, at);
    if (outcome.kind === "error" && outcome.meaning === "resync" && !pending.isRetry) {
      this.#rest.measureClock(() => this.#retry(pending));
      return;
    }
    this.#finish(pending, outcome, at);
  }

  /** Signs once more what the venue refused for its timestamp, with the same client id. */
  #retry(pending: Pending): void {
    if (!this.#isStarted) return;
    const outcome = this.#transmit({ ...pending, isRetry: true });
    if (outcome === "sent") return;
    const lost = lostEvents(pending.request, "not_sent", "socket lost", this.#context.clock.now());
    this.#deliverAll(lost);
  }

  #onUnpaired(answer: JsonObject): void {
    const event = objectOf(answer["event"]);
    if (event !== undefined && textField(event, "e") === "serverShutdown") {
      // Answers under way still come on the old connection.
      this.#session.renew();
      return;
    }
    this.#context.counters.ignoredFrames++;
    this.#once.warn("order socket sent an answer that nobody waits for");
  }

  #outcomeOf(answer: JsonObject, at: Micros): Outcome {
    const status = integerField(answer, "status") ?? 0;
    if (status >= 200 && status < 300) {
      return { kind: "ok", result: answer["result"], bytes: new Uint8Array(0), at };
    }
    const error = objectOf(answer["error"]) ?? {};
    const code = integerField(error, "code") ?? 0;
    const message = textField(error, "msg");
    const meaning = meaningOf(status, code, message);
    if (meaning === "rate_limited") {
      this.#context.counters.rateLimited++;
      const data = objectOf(error["data"]);
      const retryAfter = data === undefined ? undefined : integerField(data, "retryAfter");
      const until = blockedUntil(at, undefined, retryAfter);
      this.#context.deliver(blockReport(this.#context.product, status, code, until, at));
    }
    return { kind: "error", meaning, status, code, message, data: error["data"] };
  }

  #finish(pending: Pending, outcome: Outcome, at: Micros): void {
    const { request, instrument } = pending;
    this.#deliverAll(answerEvents(request, outcome, instrument, this.#lookup, at));
    if (request.kind !== "cancel_all" || outcome.kind === "ok") return;
    // -2011: nothing was open.
    if (outcome.kind === "error" && outcome.code === -2011) return;
    const found = outcome.kind === "lost" ? outcome.reason : `${outcome.code} ${outcome.message}`;
    this.#context.log.log("warn", "cancel-all was not confirmed", { found });
  }

  #onDown(reason: string): void {
    const now = this.#context.clock.now();
    this.#link("down", reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      this.#deliverAll(lostEvents(one.request, "unknown", `order socket lost: ${reason}`, now));
    }
  }

  #link(state: "up" | "down", reason: string): void {
    const { account, clock } = this.#context;
    this.#context.deliver({
      kind: "connection",
      venue: "binance",
      account,
      link: "orders",
      state,
      at: clock.now(),
      reason,
    });
  }

  /** Looks for answers that are overdue, as long as any is awaited. */
  #watch(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#context.scheduler.after(ANSWER_TIMEOUT_MS / 4, () => {
      this.#timer = undefined;
      const now = this.#context.clock.now();
      for (const [id, pending] of this.#pending) {
        if (now - pending.sentAt < ANSWER_TIMEOUT_MS * 1_000) continue;
        this.#pending.delete(id);
        this.#deliverAll(lostEvents(pending.request, "unknown", "no answer in time", now));
      }
      if (this.#pending.size > 0) this.#watch();
    });
  }

  #rememberAlgo(id: ClientOrderId): void {
    if (this.#algoIds.size >= ALGO_IDS_MAX) {
      const oldest = this.#algoIds.values().next();
      if (!oldest.done) this.#algoIds.delete(oldest.value);
    }
    this.#algoIds.add(id);
  }

  #deliverAll(events: readonly EngineEvent[]): void {
    for (const event of events) this.#context.deliver(event);
  }
}
