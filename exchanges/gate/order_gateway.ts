/**
 * OUT 2: sends requests over the order socket, over REST while it is not logged in, and pairs the
 * answers.
 *
 *   socket: down --open--> login sent --"200"--> ready --lost--> down
 *   send -> encode -> ready? --yes--> frame, pending by id --ack--> pending --result--> events
 *                        |                      |  no result in time, socket lost -> request_lost
 *                        no -> REST (unless that failed a moment ago) -> events
 *
 * 1. A request is sent once. Nothing here sends one again.
 * 2. `ack: true` is a receipt, not acceptance: it moves nothing, and a request that got no more in
 *    time is of unknown outcome.
 * 3. What is pending is bounded; at the bound `send` answers `back_pressured`.
 * 4. Conditional orders go over REST; their client ids and venue ids are remembered (bounded).
 * 5. Every connection logs in for itself; until the venue has said yes it carries no order. While
 *    two deliver, answers are taken from both.
 *
 * Source: venue documentation "WebSocket API" of both products, read 2026-09.
 * @module
 */
import type {
  ClientOrderId,
  Instrument,
  Micros,
  Price,
  VenueOrderId,
} from "@/engine/domain/mod.ts";
import type { ArmDeadMan, CancelOrder, EngineEvent } from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import type { WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { integerField, type JsonObject, objectOf, parseJson, textField, textOf } from "./_json.ts";
import { answerEvents, lostEvents, type OrderRequestSent } from "./_order_answers.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { OnceLog, type ProductContext, type Session } from "./_product_context.ts";
import { type GateRest, ORDER_WINDOW_MS, type Outcome, wordsOf } from "./_rest.ts";
import { channelOf, socketUrl } from "./endpoints.ts";
import {
  encodeRequest,
  isStop,
  isStopId,
  socketFrame,
  stopCancelAll,
  type WireRequest,
} from "./order_encoder.ts";
import { blockedUntil, blockReport, reportsFromAnswer, resetIn } from "./rate_limits.ts";
import { labelIn, meaningOf } from "./reject_codes.ts";
import { requestPayload, type Signer } from "./signer.ts";

const PENDING_MAX = 1_024;
const STOPS_MAX = 1_000;
const ANSWER_TIMEOUT_MS = 5_000;
const LOGIN_TIMEOUT_MS = 10_000;
/** After REST could not connect, `send` says so for this long instead of trying again. */
const REST_REST_MICROS = 1_000_000;
const DEAD_MAN_SECONDS_MIN = 5;

/** A request whose answer has not come. */
interface Pending {
  readonly request: OrderRequestSent;
  readonly wire: WireRequest;
  readonly instrument: Instrument;
  readonly sentAt: Micros;
  /** The receipt came. */
  acknowledged: boolean;
}

/** Order entry of one product. */
export class OrderGateway {
  readonly #context: ProductContext;
  readonly #signer: Signer;
  readonly #rest: GateRest;
  readonly #lookup: InstrumentLookup;
  /** Limit of a spot market buy, from the market. */
  readonly #protectivePrice: (instrument: Instrument) => Price | undefined;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #pending = new Map<string, Pending>();
  readonly #stops = new Map<ClientOrderId, VenueOrderId | undefined>();
  readonly #loginChannel: string;
  #counter = 0;
  #loginId = "";
  #loginConnection: WebSocketConnection | undefined;
  /** The connection that is logged in: the only one that carries orders. */
  #ready: WebSocketConnection | undefined;
  #isStarted = false;
  #isLinkUp = false;
  #restFailedAt = -REST_REST_MICROS;
  #timer: number | undefined;
  #loginTimer: number | undefined;

  constructor(
    context: ProductContext,
    signer: Signer,
    rest: GateRest,
    lookup: InstrumentLookup,
    protectivePrice: (instrument: Instrument) => Price | undefined,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#protectivePrice = protectivePrice;
    this.#once = new OnceLog(context.log);
    this.#loginChannel = channelOf(context.product, "login");
    this.#session = context.openSession({
      name: `gate ${context.product} orders`,
      url: socketUrl(context.addresses.ws_api, context.product),
      handler: {
        onUp: (connection) => this.#logIn(connection),
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
    this.#ready = undefined;
    this.#pending.clear();
    for (const timer of [this.#timer, this.#loginTimer]) {
      if (timer !== undefined) this.#context.scheduler.cancel(timer);
    }
    this.#timer = undefined;
    this.#loginTimer = undefined;
  }

  /** Sends one order request now, or says why not. */
  send(request: OrderRequestSent): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const named = request.kind === "cancel_order" ? this.#withStopId(request) : request;
    const wire = this.#encode(named, instrument);
    if (wire === undefined) return "not_supported";
    const sentAt = this.#context.clock.now();
    const pending = { request: named, wire, instrument, sentAt, acknowledged: false };
    const outcome = this.#transmit(pending);
    if (outcome !== "sent") return outcome;
    this.#context.counters.ordersSent++;
    if (request.kind === "place_order" && isStop(request)) {
      this.#rememberStop(request.clientOrderId, undefined);
    }
    if (request.kind === "cancel_all") {
      this.#sendRest({ ...pending, wire: stopCancelAll(instrument) });
    }
    return "sent";
  }

  /** Arms the countdown of one instrument: seconds, at least five; 0 disarms. */
  armDeadMan(request: ArmDeadMan): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const isSpot = this.#context.product === "spot";
    const seconds = request.timeoutMs <= 0
      ? 0
      : Math.max(DEAD_MAN_SECONDS_MIN, Math.ceil(request.timeoutMs / 1_000));
    const name = isSpot ? "currency_pair" : "contract";
    this.#rest.send(
      {
        method: "POST",
        path: isSpot ? "/spot/countdown_cancel_all" : "/futures/usdt/countdown_cancel_all",
        query: "",
        body: `{"timeout":${seconds},"${name}":"${instrument.terms.venueSymbol}"}`,
      },
      "signed",
      (outcome) => {
        if (outcome.kind === "ok") return;
        this.#once.warn("dead-man switch was not armed", { found: wordsOf(outcome) });
      },
    );
    return "sent";
  }

  /** Whether an order is a conditional one, as far as this run knows. */
  isStop(order: { clientOrderId: ClientOrderId; venueOrderId: VenueOrderId | undefined }): boolean {
    return isStopId(order.venueOrderId) ||
      (order.venueOrderId === undefined && this.#stops.has(order.clientOrderId));
  }

  #encode(request: OrderRequestSent, instrument: Instrument): WireRequest | undefined {
    const price = request.kind === "place_order" && request.type === "market"
      ? this.#protectivePrice(instrument)
      : undefined;
    const isStopOrder = request.kind === "cancel_order" && this.isStop(request);
    const wire = encodeRequest(request, instrument, {
      isStop: isStopOrder,
      ...(price === undefined ? {} : { protectivePrice: price }),
    });
    if (wire.ok) return wire.value;
    this.#once.warn(wire.error);
    return undefined;
  }

  /** A conditional order is cancelled by the venue's id alone. */
  #withStopId(request: CancelOrder): CancelOrder {
    if (request.venueOrderId !== undefined) return request;
    const id = this.#stops.get(request.clientOrderId);
    return id === undefined ? request : { ...request, venueOrderId: id };
  }

  #transmit(pending: Pending): SendOutcome {
    const { wire } = pending;
    const ready = this.#ready;
    if (wire.channel !== undefined && ready !== undefined && ready.state === "open") {
      if (this.#pending.size >= PENDING_MAX) return "back_pressured";
      const id = `${this.#context.product === "spot" ? "s" : "p"}${++this.#counter}`;
      const now = this.#rest.timestampMs();
      const frame = socketFrame(wire, id, Math.floor(now / 1_000), now + ORDER_WINDOW_MS);
      if (!ready.sendText(frame)) return "back_pressured";
      this.#pending.set(id, pending);
      this.#watch();
      return "sent";
    }
    if (this.#context.clock.now() - this.#restFailedAt < REST_REST_MICROS) return "not_connected";
    this.#sendRest(pending);
    return "sent";
  }

  #sendRest(pending: Pending): void {
    this.#rest.send(pending.wire, "order", (outcome) => {
      if (!this.#isStarted) return;
      const now = this.#context.clock.now();
      if (outcome.kind === "lost" && !outcome.sent) this.#restFailedAt = now;
      this.#finish(pending, outcome, outcome.kind === "ok" ? outcome.at : now);
    });
  }

  #logIn(connection: WebSocketConnection): void {
    const time = String(Math.floor(this.#rest.timestampMs() / 1_000));
    this.#loginId = `login-${++this.#counter}`;
    this.#loginConnection = connection;
    const signature = this.#signer.sign(requestPayload(this.#loginChannel, "", time));
    connection.sendText(JSON.stringify({
      time: Number(time),
      channel: this.#loginChannel,
      event: "api",
      payload: { api_key: this.#signer.key, signature, timestamp: time, req_id: this.#loginId },
    }));
    this.#clearLoginTimer();
    this.#loginTimer = this.#context.scheduler.after(LOGIN_TIMEOUT_MS, () => {
      this.#loginTimer = undefined;
      this.#session.restart("login was not answered");
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
    const id = textField(answer, "request_id") || textField(answer, "req_id");
    const header = objectOf(answer["header"]);
    if (id === "" || header === undefined) return this.#onUnpaired(answer);
    for (const one of reportsFromAnswer(context.product, header, at)) context.deliver(one);
    if (id === this.#loginId) return this.#onLogin(answer, header);
    const pending = this.#pending.get(id);
    if (pending === undefined) return this.#onUnpaired(answer);
    if (answer["ack"] === true && !isRefusal(answer, header)) {
      pending.acknowledged = true;
      return;
    }
    this.#pending.delete(id);
    this.#finish(pending, this.#outcomeOf(answer, header, at), at);
  }

  #onLogin(answer: JsonObject, header: JsonObject): void {
    this.#clearLoginTimer();
    this.#loginId = "";
    if (!isRefusal(answer, header)) {
      this.#ready = this.#loginConnection;
      return this.#link("up", "logged in");
    }
    const { label, message } = errorIn(answer);
    this.#context.log.log("error", "order socket login refused", {
      found: `${textField(header, "status")} ${label} ${message}`.slice(0, 200),
    });
    this.#rest.measureClock(() => {
      if (this.#isStarted) this.#session.restart("login refused");
    });
  }

  #onUnpaired(answer: JsonObject): void {
    this.#context.counters.ignoredFrames++;
    const channel = textField(answer, "channel");
    if (channel.endsWith(".pong")) return;
    if (channel.endsWith(".system")) return this.#session.renew();
    this.#once.warn("order socket sent an answer that nobody waits for");
  }

  #outcomeOf(answer: JsonObject, header: JsonObject, at: Micros): Outcome {
    if (!isRefusal(answer, header)) {
      const result = objectOf(answer["data"])?.["result"];
      return { kind: "ok", result, bytes: new Uint8Array(0), at };
    }
    const status = integerField(header, "status") ?? 0;
    const { label, message } = errorIn(answer);
    const meaning = meaningOf(status, label);
    if (meaning === "rate_limited") {
      this.#context.counters.rateLimited++;
      const until = blockedUntil(at, resetIn(header));
      this.#context.deliver(blockReport(this.#context.product, true, until, at));
    }
    if (meaning === "resync") this.#rest.measureClock(() => {});
    return { kind: "error", meaning, status, label, message };
  }

  #finish(pending: Pending, outcome: Outcome, at: Micros): void {
    const { request, instrument } = pending;
    const events = answerEvents(request, outcome, instrument, this.#lookup, at);
    for (const event of events) {
      const isPlaced = event.kind === "order" && isStopId(event.venueOrderId);
      if (isPlaced) this.#rememberStop(event.clientOrderId, event.venueOrderId);
      this.#context.deliver(event);
    }
    if (request.kind !== "cancel_all" || outcome.kind === "ok") return;
    this.#context.log.log("warn", "cancel-all was not confirmed", { found: wordsOf(outcome) });
  }

  #onDown(reason: string): void {
    const now = this.#context.clock.now();
    this.#clearLoginTimer();
    this.#ready = undefined;
    this.#link("down", reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      const text = `order socket lost: ${reason}`;
      this.#deliverAll(lostEvents(one.request, "unknown", text, now));
    }
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isLinkUp) return;
    this.#isLinkUp = state === "up";
    const { account, clock } = this.#context;
    this.#context.deliver({
      kind: "connection",
      venue: "gate",
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
        const text = pending.acknowledged ? "acknowledged, no result in time" : "no answer in time";
        this.#deliverAll(lostEvents(pending.request, "unknown", text, now));
      }
      if (this.#pending.size > 0) this.#watch();
    });
  }

  #clearLoginTimer(): void {
    if (this.#loginTimer !== undefined) this.#context.scheduler.cancel(this.#loginTimer);
    this.#loginTimer = undefined;
  }

  #rememberStop(clientId: ClientOrderId, venueId: VenueOrderId | undefined): void {
    if (clientId === "") return;
    if (!this.#stops.has(clientId) && this.#stops.size >= STOPS_MAX) {
      const oldest = this.#stops.keys().next();
      if (!oldest.done) this.#stops.delete(oldest.value);
    }
    this.#stops.set(clientId, venueId ?? this.#stops.get(clientId));
  }

  #deliverAll(events: readonly EngineEvent[]): void {
    for (const event of events) this.#context.deliver(event);
  }
}

/** Whether an answer says no: another status than 2xx, or errors in its data. */
function isRefusal(answer: JsonObject, header: JsonObject): boolean {
  const status = integerField(header, "status") ?? 0;
  return status < 200 || status > 299 || objectOf(answer["data"])?.["errs"] !== undefined;
}

function errorIn(answer: JsonObject): { readonly label: string; readonly message: string } {
  const errors = objectOf(objectOf(answer["data"])?.["errs"]) ?? {};
  const message = textField(errors, "message");
  return { label: labelIn(textField(errors, "label"), message), message };
}
