/**
 * The venue's context without sockets: what is sent is kept, what the venue says is said by the
 * test.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { bybitTools, createSigner, type Signer } from "@/exchanges/bybit/mod.ts";
import { InstrumentLookup } from "@/exchanges/bybit/_order_objects.ts";
import { BybitRest } from "@/exchanges/bybit/_rest.ts";
import type { Session, SessionPlan, VenueContext } from "@/exchanges/bybit/_venue_context.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const encoder = new TextEncoder();

/** One connection of a session; the test holds the other end. */
export class FakeConnection implements WebSocketConnection {
  state: "open" | "closed" = "open";
  readonly pendingBytes = 0;
  accepts = true;
  readonly sent: string[] = [];

  sendText(text: string | Uint8Array): boolean {
    if (this.accepts && this.state === "open") this.sent.push(text as string);
    return this.accepts && this.state === "open";
  }

  ping(): boolean {
    return true;
  }

  close(): void {
    this.state = "closed";
  }

  /** The frames sent so far, parsed; forgets them. */
  // deno-lint-ignore no-explicit-any
  take(): any[] {
    return this.sent.splice(0).map((text) => JSON.parse(text));
  }
}

/** A session whose connections open and close by the test's word. */
export class FakeSession implements Session {
  readonly plan: SessionPlan;
  readonly restarts: string[] = [];
  renewals = 0;
  readonly connections: FakeConnection[] = [];
  readonly #clock: ManualClock;
  isStarted = false;
  up = false;

  constructor(plan: SessionPlan, clock: ManualClock) {
    this.plan = plan;
    this.#clock = clock;
  }

  start(): void {
    this.isStarted = true;
  }

  stop(): void {
    this.isStarted = false;
    this.up = false;
  }

  restart(reason: string): void {
    this.restarts.push(reason);
  }

  renew(): void {
    this.renewals++;
  }

  send(text: string): boolean {
    return this.up && this.connections.at(-1)!.sendText(text);
  }

  /** A connection opens. */
  open(rotated = false): FakeConnection {
    const connection = new FakeConnection();
    this.connections.push(connection);
    this.up = true;
    this.plan.handler.onUp(connection, rotated);
    return connection;
  }

  /** The newest connection is lost. */
  drop(reason: string): void {
    this.up = false;
    this.connections.at(-1)!.state = "closed";
    this.plan.handler.onDown(reason);
  }

  /** The venue says something, on the newest connection or another. */
  say(message: unknown, connection = this.connections.at(-1)!): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const bytes = encoder.encode(text);
    this.plan.handler.onText(bytes, 0, bytes.length, this.#clock.now(), connection);
  }
}

/** An HTTP request waiting for the test to answer it. */
export interface Asked {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** BTC-USDT-PERP (tick 0.1, lot 0.001) at 0, BTC-USDT (0.01, 0.000001) at 1. */
export function testInstruments(): readonly [perp: Instrument, spot: Instrument] {
  const make = (index: number, symbol: string, tick: string, lot: string) =>
    unwrap(
      createInstrument(
        instrumentIndex(index),
        unwrap(bybitTools.termsFrom(symbol, tick, lot, "1")),
      ),
    );
  return [
    make(0, "BTC-USDT-PERP", "0.1", "0.001"),
    make(1, "BTC-USDT", "0.01", "0.000001"),
  ];
}

/** The venue with everything a part of the connector needs. */
export class FakeVenue {
  readonly clock = new ManualClock();
  readonly events: EngineEvent[] = [];
  readonly sessions: FakeSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly perp: Instrument;
  readonly spot: Instrument;
  readonly lookup: InstrumentLookup;
  readonly context: VenueContext;
  readonly signer: Signer;
  readonly rest: BybitRest;

  constructor() {
    [this.perp, this.spot] = testInstruments();
    this.lookup = new InstrumentLookup([this.perp, this.spot]);
    this.signer = unwrap(createSigner({ key: "k", secret: "s" }));
    this.context = {
      rest: "http://venue",
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
      deliver: (event) => this.events.push(copyOf(event)),
    };
    this.rest = new BybitRest(this.context, this.signer);
  }

  /** Takes the oldest request that waits; its method and path must begin so. */
  take(begins: string): Asked & { readonly url: URL; readonly body: Record<string, unknown> } {
    const asked = this.asked.shift();
    assert(asked !== undefined, `no request waits, wanted ${begins}`);
    const text = `${asked.request.method} ${asked.request.url.slice("http://venue".length)}`;
    assert(text.startsWith(begins), `wanted ${begins}, found ${text}`);
    const body = asked.request.body === undefined ? {} : JSON.parse(asked.request.body as string);
    return { ...asked, url: new URL(asked.request.url), body };
  }

  /** Answers the oldest request that waits, with `retCode` 0 and this result. */
  answer(begins: string, result: unknown, headers: Record<string, string> = {}) {
    return this.answerRaw(begins, { retCode: 0, retMsg: "OK", result }, 200, headers);
  }

  /** Answers the oldest request that waits with an error code. */
  refuse(begins: string, retCode: number, headers: Record<string, string> = {}) {
    return this.answerRaw(begins, { retCode, retMsg: "no", result: {} }, 200, headers);
  }

  /** Answers the oldest request that waits. */
  answerRaw(begins: string, body: unknown, status = 200, headers: Record<string, string> = {}) {
    const taken = this.take(begins);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    taken.done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: encoder.encode(text),
      at: this.clock.now(),
    });
    return taken;
  }

  /** Fails the oldest request that waits. */
  fail(begins: string, sent: boolean): void {
    this.take(begins).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** Events since the last call. */
  drain(): EngineEvent[] {
    return this.events.splice(0);
  }

  /** Events since the last call, each in a line. */
  lines(): string[] {
    return this.drain().map((event) => shortOf(event));
  }
}

/** Market events are valid during the call only. */
function copyOf(event: EngineEvent): EngineEvent {
  return event.kind === "trade" ? { ...event, tradeId: event.tradeId } : { ...event };
}

function shortOf(event: EngineEvent): string {
  switch (event.kind) {
    case "order":
      return `order ${event.clientOrderId} ${event.status} ${event.source}`;
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
      return `limit ${event.rule} ${event.used} ${event.blockedUntil > 0 ? "blocked" : "open"}`;
    case "feed_interrupted":
      return `interrupted ${event.instrument} ${event.reason}`;
    case "instrument_status":
      return `status ${event.instrument} ${event.status}`;
    case "instrument_defined":
      return `defined ${event.index} ${event.terms.tick} ${event.terms.lot}`;
    case "book_snapshot":
    case "book_delta":
      return `${event.kind} ${event.instrument} ${event.sequence}`;
    case "trade":
      return `trade ${event.tradeId}`;
    default:
      return event.kind;
  }
}
