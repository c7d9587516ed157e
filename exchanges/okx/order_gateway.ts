/**
 * OUT 2: sends requests over the private socket, over REST while it is down, and pairs the answers.
 *
 *   send -> encode -> socket ready and instrument numbered? --yes--> frame, pending by id -> answer
 *                        |                        |  no answer in time, socket lost -> request_lost
 *                        no -> REST (unless that failed a moment ago) -> answer
 *
 * 1. A request is sent once; after its answer's time it may be executed no more (`expTime`), except
 *    a cancel, which is welcome late.
 * 2. What is pending is bounded; at the bound `send` answers `back_pressured`.
 * 3. A yes moves no order: the orders channel tells. Only ids are learnt from it.
 * 4. The dead-man switch is the account's: instruments are armed together, once a second at most.
 *
 * Source: venue documentation "Place order" (WebSocket) and "Cancel All After", read 2026-09.
 * @module
 */
import type { Instrument, InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import { clientOrderId } from "@/engine/domain/mod.ts";
import type { ArmDeadMan, CancelAll, ReplaceOrder } from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import { type Outcome, outcomeOf, wordsOf } from "./_answers.ts";
import {
  idField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import { answerEvent, lostEvent, type OrderRequestSent } from "./_order_answers.ts";
import { type InstrumentLookup, isAlgoId } from "./_order_objects.ts";
import { RenewingSocket, type SocketLink } from "./_renewing_socket.ts";
import type { OkxRest } from "./_rest.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { socketUrl } from "./endpoints.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import {
  encodeRequest,
  isForSocket,
  isStop,
  restBody,
  socketFrame,
  type WireRequest,
} from "./order_encoder.ts";
import { blockReport } from "./rate_limits.ts";
import { SocketLogin } from "./_socket_login.ts";
import type { Signer } from "./signer.ts";

const PENDING_MAX = 1_024;
const ANSWER_TIMEOUT_MS = 5_000;
/** After REST could not connect, `send` says so for this long instead of trying again. */
const REST_REST_MICROS = 1_000_000;
const DEAD_MAN_SECONDS_MIN = 10;
const DEAD_MAN_SECONDS_MAX = 120;
/** The venue allows one a second as it counts; requests may come closer together than they went. */
const DEAD_MAN_PACE_MS = 1_250;

/** A request whose answer has not come. */
interface Pending {
  readonly request: OrderRequestSent;
  readonly wire: WireRequest;
  readonly sentAt: Micros;
}

/** Order entry. */
export class OrderGateway {
  readonly #context: VenueContext;
  readonly #rest: OkxRest;
  readonly #lookup: InstrumentLookup;
  readonly #socket: RenewingSocket;
  readonly #login: SocketLogin;
  readonly #once: OnceLog;
  readonly #pending = new Map<string, Pending>();
  readonly #armed = new Map<InstrumentIndex, number>();
  #wasUp = false;
  #counter = 0;
  #isStarted = false;
  #restFailedAt = -REST_REST_MICROS;
  #timer: number | undefined;
  #armTimer: number | undefined;
  #armedAt = -DEAD_MAN_PACE_MS * 1_000;

  constructor(context: VenueContext, signer: Signer, rest: OkxRest, lookup: InstrumentLookup) {
    this.#context = context;
    this.#rest = rest;
    this.#lookup = lookup;
    this.#once = new OnceLog(context.log);
    const url = socketUrl(context.addresses.ws_api, "private");
    this.#socket = new RenewingSocket(context, "orders", url, {
      onUp: (link) => this.#login.begin(link),
      onText: (link, bytes, start, end, at) => this.#onText(link, bytes, start, end, at),
      onDown: (reason) => this.#onDown(reason),
    });
    this.#login = new SocketLogin(context, signer, rest, {
      onDone: (link) => {
        this.#socket.markReady(link);
        this.#link("up", "logged in");
      },
      onFailed: (link, reason) => this.#socket.restart(reason, link),
    });
  }

  /** Requests without an answer yet. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  start(): void {
    this.#isStarted = true;
    this.#socket.start();
  }

  stop(): void {
    this.#isStarted = false;
    this.#socket.stop();
    this.#login.stop();
    this.#pending.clear();
    for (const timer of [this.#timer, this.#armTimer]) {
      if (timer !== undefined) this.#context.scheduler.cancel(timer);
    }
    this.#timer = undefined;
    this.#armTimer = undefined;
  }

  /** Sends one order request now, or says why not. */
  send(request: OrderRequestSent | ReplaceOrder | CancelAll): SendOutcome {
    const instrument = this.#lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined) return "not_connected";
    const { facts } = this.#context;
    const algoId = request.kind === "cancel_order" ? this.#algoIdOf(request) : undefined;
    const wire = encodeRequest(request, instrument, facts.modes, algoId);
    if (!wire.ok || request.kind === "replace_order" || request.kind === "cancel_all") {
      this.#once.warn(wire.ok ? "Cannot send: not offered by the venue" : wire.error);
      return "not_supported";
    }
    if (request.kind === "place_order" && this.#isTwoSided(instrument)) return "not_supported";
    const sentAt = this.#context.clock.now();
    const outcome = this.#transmit({ request, wire: wire.value, sentAt });
    if (outcome !== "sent") return outcome;
    this.#context.counters.ordersSent++;
    if (request.kind === "place_order" && isStop(request)) {
      this.#lookup.rememberAlgo(request.clientOrderId, "");
    }
    return "sent";
  }

  /** Arms the account's switch; it is off once no instrument wants it. */
  armDeadMan(request: ArmDeadMan): SendOutcome {
    if (!this.#isStarted) return "not_connected";
    if (request.timeoutMs > 0) this.#armed.set(request.instrument, request.timeoutMs);
    else this.#armed.delete(request.instrument);
    if (this.#armTimer !== undefined) return "sent";
    const sinceMs = (this.#context.clock.now() - this.#armedAt) / 1_000;
    const waitMs = Math.max(0, DEAD_MAN_PACE_MS - sinceMs);
    // Also without a wait it goes by the timer, so that instruments armed together share one.
    this.#armTimer = this.#context.scheduler.after(waitMs, () => this.#sendArming());
    return "sent";
  }

  #sendArming(): void {
    this.#armTimer = undefined;
    this.#armedAt = this.#context.clock.now();
    const wantedMs = Math.max(0, ...this.#armed.values());
    const seconds = wantedMs === 0 ? 0 : Math.min(
      DEAD_MAN_SECONDS_MAX,
      Math.max(DEAD_MAN_SECONDS_MIN, Math.ceil(wantedMs / 1_000)),
    );
    const { tag } = this.#context.facts.modes;
    const body = JSON.stringify({
      timeOut: String(seconds),
      ...(tag === undefined ? {} : { tag }),
    });
    const target = "/api/v5/trade/cancel-all-after";
    this.#rest.send({ method: "POST", target, body, kind: "arm_dead_man" }, (outcome) => {
      if (outcome.kind === "ok") return;
      this.#once.warn("dead-man switch was not armed", { found: wordsOf(outcome) });
      const isTooFast = outcome.kind === "error" && outcome.meaning === "rate_limited";
      if (!isTooFast || !this.#isStarted || this.#armTimer !== undefined) return;
      this.#armTimer = this.#context.scheduler.after(DEAD_MAN_PACE_MS, () => this.#sendArming());
    });
  }

  #isTwoSided(instrument: Instrument): boolean {
    if (!this.#context.facts.isTwoSided || instrument.terms.product === "spot") return false;
    this.#once.warn("Cannot place: wanted the account in net mode, found long/short mode");
    return true;
  }

  #algoIdOf(
    order: Pick<OrderRequestSent & { kind: "cancel_order" }, "clientOrderId" | "venueOrderId">,
  ): string | undefined {
    if (order.venueOrderId !== undefined && !isAlgoId(order.venueOrderId)) return undefined;
    return this.#lookup.algoIdOf(order.clientOrderId);
  }

  #transmit(pending: Pending): SendOutcome {
    const { wire, request } = pending;
    if (isForSocket(wire) && this.#socket.isReady) {
      if (this.#pending.size >= PENDING_MAX) return "back_pressured";
      const id = `t${++this.#counter}`;
      const expiresAtMs = request.kind === "cancel_order" || !this.#rest.clockOffset.known
        ? undefined
        : this.#rest.timestampMs() + ANSWER_TIMEOUT_MS;
      if (!this.#socket.send(socketFrame(wire, id, expiresAtMs))) return "back_pressured";
      this.#pending.set(id, pending);
      this.#watch();
      return "sent";
    }
    if (this.#context.clock.now() - this.#restFailedAt < REST_REST_MICROS) return "not_connected";
    this.#sendRest(pending);
    return "sent";
  }

  #sendRest(pending: Pending): void {
    const { wire, request } = pending;
    const isLimited = request.kind !== "cancel_order" && this.#rest.clockOffset.known;
    this.#rest.send({
      method: "POST",
      target: wire.restPath,
      body: restBody(wire),
      kind: request.kind,
      ...(isLimited ? { expiresInMs: ANSWER_TIMEOUT_MS } : {}),
    }, (outcome) => {
      if (!this.#isStarted) return;
      const now = this.#context.clock.now();
      if (outcome.kind === "lost" && !outcome.sent) this.#restFailedAt = now;
      this.#finish(pending, outcome, outcome.kind === "ok" ? outcome.at : now);
    });
  }

  #onText(link: SocketLink, bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const text = textOf(bytes, start, end);
    if (text === "pong") return;
    const root = objectOf(parseJson(text));
    if (root === undefined) {
      counters.refusedFrames++;
      this.#once.warn("order socket sent something that is not a JSON object");
      return;
    }
    if ("event" in root) return this.#onEvent(link, root);
    const id = idField(root, "id");
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      counters.ignoredFrames++;
      this.#once.warn("order socket sent an answer that nobody waits for");
      return;
    }
    this.#pending.delete(id);
    const outcome = outcomeOf(root, 200, at, "");
    if (outcome.kind === "error" && outcome.meaning === "rate_limited") {
      counters.rateLimited++;
      this.#context.deliver(blockReport(pending.request.kind, outcome.code, at));
    }
    if (outcome.kind === "error" && outcome.code === "60011") {
      // The venue no longer knows who we are; the request itself was refused.
      this.#socket.restart("login was forgotten");
    }
    this.#finish(pending, outcome, at);
  }

  #onEvent(link: SocketLink, root: JsonObject): void {
    if (this.#login.take(link, root)) return;
    this.#context.counters.ignoredFrames++;
    if (textField(root, "event") === "notice") this.#socket.renew();
    else if (textField(root, "event") === "error") {
      this.#once.warn("order socket reports an error", { code: idField(root, "code") });
    }
  }

  #finish(pending: Pending, outcome: Outcome, at: Micros): void {
    if (outcome.kind === "ok") this.#learn(pending, outcome.rows);
    const event = answerEvent(pending.request, outcome, at);
    if (event !== undefined) this.#context.deliver(event);
  }

  /** Which ids the venue gave. */
  #learn({ request, wire }: Pending, rows: readonly JsonObject[]): void {
    const row = objectsOf(rows)?.[0];
    if (row === undefined || request.kind !== "place_order") return;
    const algoId = idField(row, "algoId");
    if (wire.op === undefined) this.#lookup.rememberAlgo(request.clientOrderId, algoId);
    else this.#lookup.remember(idField(row, "ordId"), clientOrderId(request.clientOrderId));
  }

  #onDown(reason: string): void {
    const now = this.#context.clock.now();
    this.#link("down", reason);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const one of pending) {
      this.#context.deliver(
        lostEvent(one.request, "unknown", `order socket lost: ${reason}`, now),
      );
    }
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#wasUp) return;
    this.#wasUp = state === "up";
    const at = this.#context.clock.now();
    const account = UNIFIED_ACCOUNT;
    this.#context.deliver({
      kind: "connection",
      venue: "okx",
      account,
      link: "orders",
      state,
      at,
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
        this.#context.deliver(lostEvent(pending.request, "unknown", "no answer in time", now));
      }
      if (this.#pending.size > 0) this.#watch();
    });
  }
}
