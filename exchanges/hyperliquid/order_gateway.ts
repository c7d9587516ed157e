/**
 * OUT 2: sends actions over the order socket, over REST while it is down, and pairs the answers.
 *
 *   send -> action -> socket up? --yes--> signed `post`, pending by id -> answer -> events
 *                         |                        |  no answer in time, socket lost -> lost
 *                         no -> REST (unless that failed a moment ago) -> events
 *
 * 1. An action is sent once. Only one whose nonce the venue did not take, by which it says that it
 *    did nothing, is signed again, once, with a fresh nonce.
 * 2. What is pending is bounded (the venue allows 100); at the bound `send` answers
 *    `back_pressured`.
 * 3. New orders expire at the venue a few seconds after they were signed, so that one delayed on
 *    the way cannot appear later.
 * 4. The dead-man switch is one for the account: it is cleared only when no instrument wants it.
 *
 * Source: venue documentation "Exchange endpoint" and "Post requests", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { ArmDeadMan, CancelAll, EngineEvent, SendableRequest } from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import { fixedUrl } from "@/exchanges/shared/mod.ts";
import type { ActionSigner } from "./_actions.ts";
import { HEARTBEAT, OnceLog, type Session, type VenueContext } from "./_context.ts";
import { integerField, type JsonObject, objectOf, parseJson, textField, textOf } from "./_json.ts";
import { answerEvents, lostEvent, type OrderRequestSent } from "./_order_answers.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import type { HyperliquidRest, Outcome } from "./_rest.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import { encodeRequest, scheduleCancelAction, type Touch } from "./order_encoder.ts";
import type { WireAction } from "./signer.ts";

const PENDING_MAX = 90;
const ANSWER_TIMEOUT_MS = 5_000;
const ORDER_EXPIRES_MS = 5_000;
/** After REST could not connect, `send` says so for this long instead of trying again. */
const REST_REST_MICROS = 1_000_000;
/** A switch set again sooner than this is not sent. */
const SWITCH_PAUSE_MICROS = 5_000_000;
/** After the venue refused the switch, so long is it not asked for. */
const SWITCH_REFUSED_MICROS = 3_600_000_000;

/** What may be asked of the gateway. */
export type GatewayRequest = Extract<
  SendableRequest,
  { kind: "place_order" | "amend_order" | "replace_order" | "cancel_order" | "cancel_all" }
>;

/** An action whose answer has not come; `order` is absent for the dead-man switch. */
interface Pending {
  readonly order:
    | { readonly request: OrderRequestSent; readonly instrument: Instrument }
    | undefined;
  readonly action: WireAction;
  readonly sentAt: Micros;
  readonly isRetry: boolean;
}

/** Order entry. */
export class OrderGateway {
  readonly #context: VenueContext;
  readonly #actions: ActionSigner;
  readonly #rest: HyperliquidRest;
  readonly #lookup: InstrumentLookup;
  readonly #touchOf: (index: InstrumentIndex) => Touch | undefined;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #pending = new Map<number, Pending>();
  readonly #armed = new Set<InstrumentIndex>();
  #switchSentAt = -SWITCH_PAUSE_MICROS;
  #switchRefusedAt = -SWITCH_REFUSED_MICROS;
  #counter = 0;
  #isStarted = false;
  #restFailedAt = -REST_REST_MICROS;
  #timer: number | undefined;

  constructor(
    context: VenueContext,
    actions: ActionSigner,
    rest: HyperliquidRest,
    lookup: InstrumentLookup,
    touchOf: (index: InstrumentIndex) => Touch | undefined,
  ) {
    this.#context = context;
    this.#actions = actions;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#touchOf = touchOf;
    this.#once = new OnceLog(context.log);
    this.#session = context.openSession({
      name: "hyperliquid orders",
      urlFor: fixedUrl(context.addresses.ws),
      heartbeat: HEARTBEAT,
      handler: {
        onUp: () => this.#link("up", "order socket open"),
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  /** Actions without an answer yet. */
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
  send(request: GatewayRequest): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const action = encodeRequest(request, instrument, this.#touchOf(request.instrument));
    if (!action.ok || isUnsupported(request)) {
      this.#once.warn(action.ok ? "request not supported" : action.error);
      return "not_supported";
    }
    const outcome = this.#transmit({
      order: { request, instrument },
      action: action.value,
      sentAt: this.#context.clock.now(),
      isRetry: false,
    });
    if (outcome === "sent") this.#context.counters.ordersSent++;
    return outcome;
  }

  /** Arms the account's switch for one instrument's sake, or lets go of it. */
  armDeadMan(request: ArmDeadMan): SendOutcome {
    if (!this.#isStarted) return "not_connected";
    const now = this.#context.clock.now();
    const wasArmed = this.#armed.size > 0;
    if (request.timeoutMs > 0) this.#armed.add(request.instrument);
    else this.#armed.delete(request.instrument);
    const isArmed = this.#armed.size > 0;
    if (!isArmed && !wasArmed) return "sent";
    if (now - this.#switchRefusedAt < SWITCH_REFUSED_MICROS) return "sent";
    const isRecent = now - this.#switchSentAt < SWITCH_PAUSE_MICROS;
    // Another instrument still wants it, or it was set a moment ago.
    if (isArmed && (request.timeoutMs <= 0 || isRecent)) return "sent";
    // The venue wants at least five seconds.
    const atMs = this.#actions.venueNowMs() + Math.max(5_500, request.timeoutMs);
    const outcome = this.#transmit({
      order: undefined,
      action: scheduleCancelAction(isArmed ? atMs : undefined),
      sentAt: now,
      isRetry: false,
    });
    if (outcome === "sent") this.#switchSentAt = isArmed ? now : -SWITCH_PAUSE_MICROS;
    return outcome;
  }

  #transmit(pending: Pending): SendOutcome {
    const isNewOrder = pending.order !== undefined && pending.order.request.kind !== "cancel_order";
    const isSocket = this.#session.up;
    const now = this.#context.clock.now();
    if (isSocket && this.#pending.size >= PENDING_MAX) return "back_pressured";
    if (!isSocket && now - this.#restFailedAt < REST_REST_MICROS) return "not_connected";
    const signed = this.#actions.payload(
      pending.action,
      isNewOrder ? ORDER_EXPIRES_MS : undefined,
    );
    if (!signed.ok) {
      this.#once.warn(signed.error);
      return "not_supported";
    }
    if (!isSocket) {
      this.#sendRest(pending, signed.value);
      return "sent";
    }
    const id = ++this.#counter;
    const request = `{"type":"action","payload":${signed.value}}`;
    if (!this.#session.send(`{"method":"post","id":${id},"request":${request}}`)) {
      return "back_pressured";
    }
    this.#pending.set(id, pending);
    this.#watch();
    return "sent";
  }

  #sendRest(pending: Pending, payload: string): void {
    this.#rest.act(payload, (outcome) => {
      if (!this.#isStarted) return;
      const now = this.#context.clock.now();
      if (outcome.kind === "lost" && !outcome.sent) this.#restFailedAt = now;
      this.#finish(pending, outcome, outcome.kind === "ok" ? outcome.at : now);
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const frame = objectOf(parseJson(textOf(bytes, start, end)));
    const channel = frame === undefined ? "" : textField(frame, "channel");
    if (channel !== "post") {
      counters.ignoredFrames++;
      if (channel === "error") this.#onError(frame!);
      return;
    }
    const data = objectOf(frame!["data"]) ?? {};
    const id = integerField(data, "id");
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) {
      counters.ignoredFrames++;
      this.#once.warn("order socket sent an answer that nobody waits for");
      return;
    }
    this.#pending.delete(id);
    this.#finish(pending, this.#outcomeOf(objectOf(data["response"]), at), at);
  }

  /** The socket could not read something of ours, and does not say what: answers decide. */
  #onError(frame: JsonObject): void {
    this.#once.warn("order socket error", { found: textField(frame, "data").slice(0, 200) });
  }

  #outcomeOf(response: JsonObject | undefined, at: Micros): Outcome {
    const payload = response?.["payload"];
    if (response?.["type"] === "error" && typeof payload === "string") {
      return this.#rest.refusal(0, payload, undefined, at);
    }
    return this.#rest.outcomeOf(objectOf(payload), at);
  }

  #finish(pending: Pending, outcome: Outcome, at: Micros): void {
    if (outcome.kind === "error" && outcome.meaning === "fresh_nonce" && !pending.isRetry) {
      return this.#retry(pending);
    }
    if (pending.order === undefined) return this.#finishSwitch(outcome, at);
    const { request, instrument } = pending.order;
    this.#deliverAll(answerEvents(request, outcome, instrument, at));
  }

  /** Signs once more what the venue did not take, with the same client id. */
  #retry(pending: Pending): void {
    if (this.#transmit({ ...pending, isRetry: true }) === "sent") return;
    if (pending.order === undefined) return;
    const now = this.#context.clock.now();
    this.#deliverAll([lostEvent(pending.order.request, "not_sent", "socket lost", now)]);
  }

  #finishSwitch(outcome: Outcome, at: Micros): void {
    if (outcome.kind === "ok") return;
    const found = outcome.kind === "lost" ? outcome.reason : outcome.text;
    if (outcome.kind === "error" && outcome.meaning === "refused") this.#switchRefusedAt = at;
    else this.#switchSentAt = -SWITCH_PAUSE_MICROS;
    this.#once.warn("dead-man switch was not armed", { found });
  }

  #onDown(reason: string): void {
    const now = this.#context.clock.now();
    this.#link("down", reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { order } of pending) {
      if (order === undefined) this.#switchSentAt = -SWITCH_PAUSE_MICROS;
      else {
        const text = `order socket lost: ${reason}`;
        this.#deliverAll([lostEvent(order.request, "unknown", text, now)]);
      }
    }
  }

  #link(state: "up" | "down", reason: string): void {
    this.#context.deliver({
      kind: "connection",
      venue: "hyperliquid",
      account: UNIFIED_ACCOUNT,
      link: "orders",
      state,
      at: this.#context.clock.now(),
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
        if (pending.order === undefined) this.#switchSentAt = -SWITCH_PAUSE_MICROS;
        else {
          const { request } = pending.order;
          this.#deliverAll([lostEvent(request, "unknown", "no answer in time", now)]);
        }
      }
      if (this.#pending.size > 0) this.#watch();
    });
  }

  #deliverAll(events: readonly EngineEvent[]): void {
    for (const event of events) this.#context.deliver(event);
  }
}

/** What the encoder refuses in any case; said to the compiler. */
function isUnsupported(
  request: GatewayRequest,
): request is Exclude<GatewayRequest, OrderRequestSent> | (GatewayRequest & CancelAll) {
  return request.kind === "amend_order" || request.kind === "cancel_all";
}
