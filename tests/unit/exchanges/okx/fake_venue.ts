/**
 * A context without sockets: what is sent is kept, what the venue says is said by the test.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { InstrumentLookup } from "@/exchanges/okx/_order_objects.ts";
import { OkxRest } from "@/exchanges/okx/_rest.ts";
import type { Session, SessionPlan, VenueContext } from "@/exchanges/okx/_venue_context.ts";
import { createSigner, type Signer } from "@/exchanges/okx/mod.ts";
import { TRADE_MODES_DEFAULT } from "@/exchanges/okx/order_encoder.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { instruments } from "./builders.ts";

const encoder = new TextEncoder();

/** One frame that left. */
export interface Frame {
  readonly id: string;
  readonly op: string;
  readonly args: readonly Record<string, unknown>[];
  readonly expTime?: string;
}

/** A session whose other end is the test. */
export class FakeSession implements Session {
  up = false;
  started = false;
  accepts = true;
  readonly plan: SessionPlan;
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  renewals = 0;
  readonly #clock: ManualClock;
  /** The newest connection. */
  connection: WebSocketConnection | undefined;

  constructor(plan: SessionPlan, clock: ManualClock) {
    this.plan = plan;
    this.#clock = clock;
  }

  start(): void {
    this.started = true;
  }

  stop(): void {
    this.started = false;
    this.up = false;
  }

  send(text: string): boolean {
    return this.connection?.sendText(text) ?? false;
  }

  restart(reason: string): void {
    this.restarts.push(reason);
  }

  renew(): void {
    this.renewals++;
  }

  /** The connection opens. */
  open(rotated = false): void {
    this.up = true;
    this.connection = {
      state: "open",
      pendingBytes: 0,
      sendText: (text) => {
        if (this.accepts) this.sent.push(text as string);
        return this.accepts;
      },
      ping: () => true,
      close: () => {},
    };
    this.plan.handler.onUp(this.connection, rotated);
  }

  /** Opens, and the login is acknowledged. */
  openLoggedIn(): void {
    this.open();
    assert(this.last().op === "login", "a login was sent");
    this.say({ event: "login", code: "0", msg: "", connId: "a4d3ae55" });
  }

  drop(reason: string): void {
    this.up = false;
    this.plan.handler.onDown(reason);
  }

  /** The venue says something, on the newest connection or another. */
  say(message: unknown, connection = this.connection): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const bytes = encoder.encode(text);
    this.plan.handler.onText(bytes, 0, bytes.length, this.#clock.now(), connection!);
  }

  /** The last frame sent. */
  last(): Frame {
    return JSON.parse(this.sent.at(-1) ?? "null") as Frame;
  }

  /** Answers the last order frame. */
  answer(row: Record<string, unknown>, code = "0", msg = ""): void {
    const { id, op } = this.last();
    this.say({ id, op, data: [row], code, msg, inTime: "1", outTime: "2" });
  }
}

/** An HTTP request waiting for the test to answer it. */
export interface Asked {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** A venue made of strings. */
export class FakeVenue {
  readonly clock = new ManualClock();
  readonly events: EngineEvent[] = [];
  readonly sessions: FakeSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly swap: Instrument;
  readonly spot: Instrument;
  readonly lookup: InstrumentLookup;
  readonly context: VenueContext;
  readonly signer: Signer;
  readonly rest: OkxRest;
  readonly #lines: string[] = [];

  constructor(isDemo = false, marketConnections: 1 | 2 = 1) {
    [this.swap, this.spot] = instruments();
    this.lookup = new InstrumentLookup([this.swap, this.spot]);
    const signer = createSigner({ key: "k", secret: "s", passphrase: "p" });
    assert(signer.ok);
    this.signer = signer.value;
    this.context = {
      addresses: {
        rest: "http://venue",
        public_ws: "ws://venue",
        private_ws: "ws://venue",
        ws_api: "ws://venue",
      },
      isDemo,
      marketConnections,
      facts: { modes: TRADE_MODES_DEFAULT, isTwoSided: false },
      clock: this.clock,
      scheduler: this.clock,
      random: { next: () => 0.5 },
      log: { log: (level, message) => this.logged.push(`${level}: ${message}`) },
      counters: {
        messages: 0,
        bytes: 0,
        refusedFrames: 0,
        ignoredFrames: 0,
        reconnects: 0,
        rateLimited: 0,
        ordersSent: 0,
      },
      http: (request, done) => this.asked.push({ request, done }),
      openSession: (plan) => {
        const session = new FakeSession(plan, this.clock);
        this.sessions.push(session);
        return session;
      },
      deliver: (event) => {
        this.events.push(event);
        // At once: market events are used again.
        this.#lines.push(lineOf(event));
      },
    };
    this.rest = new OkxRest(this.context, this.signer);
  }

  /** The clock is measured, so that logins need not wait. */
  measured(offsetMs = 0): this {
    this.rest.measureClock(() => {});
    const ts = Math.floor(this.clock.now() / 1_000) + offsetMs;
    this.answer("GET /api/v5/public/time", [{ ts: String(ts) }]);
    return this;
  }

  /** Takes the oldest request that waits; its method and target must begin so. */
  take(begins: string): Asked {
    const asked = this.asked.shift();
    assert(asked !== undefined, `no request waits, wanted ${begins}`);
    const text = `${asked.request.method} ${asked.request.url.slice("http://venue".length)}`;
    assert(text.startsWith(begins), `wanted ${begins}, found ${text}`);
    return asked;
  }

  /** Answers the oldest request with rows, or with a whole body. */
  answer(begins: string, body: unknown, status = 200): HttpRequest {
    const { done, request } = this.take(begins);
    const tree = Array.isArray(body) ? { code: "0", msg: "", data: body } : body;
    const text = typeof tree === "string" ? tree : JSON.stringify(tree);
    const at = this.clock.now();
    done({ kind: "answer", status, headers: new Map(), body: encoder.encode(text), at });
    return request;
  }

  /** Fails the oldest request that waits. */
  fail(begins: string, sent: boolean): void {
    this.take(begins).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** Events since the last call. */
  drain(): EngineEvent[] {
    this.#lines.length = 0;
    return this.events.splice(0);
  }

  /** Events since the last call, one line each. */
  lines(): string[] {
    const lines = this.#lines.splice(0);
    this.events.length = 0;
    return lines;
  }
}

/** An event in one line. */
export function lineOf(event: EngineEvent): string {
  switch (event.kind) {
    case "order":
      return `order ${event.clientOrderId} ${event.status}`;
    case "fill":
      return `fill ${event.clientOrderId} ${event.fillId} ${event.size}`;
    case "request_refused":
      return `refused ${event.request} ${event.clientOrderId} ${event.reason}`;
    case "request_lost":
      return `lost ${event.request} ${event.clientOrderId} ${event.outcome}`;
    case "order_not_found":
      return `not found ${event.clientOrderId}`;
    case "connection":
      return `${event.link} ${event.state}`;
    case "rate_limit":
      return `limit ${event.rule}`;
    case "feed_interrupted":
      return `interrupted ${event.instrument} ${event.reason}`;
    default:
      return "instrument" in event ? `${event.kind} ${event.instrument}` : event.kind;
  }
}
