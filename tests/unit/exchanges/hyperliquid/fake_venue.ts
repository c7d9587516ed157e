/**
 * The venue's context without sockets: what is sent is kept, what the venue says is said by the
 * test.
 * @module
 */
import { type Instrument, unwrap } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { ActionSigner } from "@/exchanges/hyperliquid/_actions.ts";
import type { Session, SessionPlan, VenueContext } from "@/exchanges/hyperliquid/_context.ts";
import { InstrumentLookup } from "@/exchanges/hyperliquid/_order_objects.ts";
import { HyperliquidRest } from "@/exchanges/hyperliquid/_rest.ts";
import { createRecoverableSigner } from "@/exchanges/hyperliquid/mod.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { goldenInstruments } from "@/tests/golden/hyperliquid/listing.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const encoder = new TextEncoder();

/** The key of the published vectors. */
export const PRIVATE_KEY = "0x0123456789012345678901234567890123456789012345678901234567890123";
export const ADDRESS = "0x14791697260e4c9a71f18484c9f997b308e59325";

/** A session whose other end is the test. */
export class FakeSession implements Session {
  up = false;
  started = false;
  accepts = true;
  readonly plan: SessionPlan;
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  renewals = 0;
  connection: WebSocketConnection | undefined;
  readonly #clock: ManualClock;

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

  restart(reason: string): void {
    this.restarts.push(reason);
  }

  renew(): void {
    this.renewals++;
  }

  send(text: string): boolean {
    if (this.accepts) this.sent.push(text);
    return this.accepts;
  }

  /** The connection opens. */
  open(): void {
    this.up = true;
    const connection: WebSocketConnection = {
      state: "open",
      pendingBytes: 0,
      sendText: (text) => this.send(text as string),
      ping: () => true,
      close: () => {},
    };
    this.connection = connection;
    this.plan.handler.onUp(connection, false);
  }

  /** The connection is lost. */
  drop(reason: string): void {
    this.up = false;
    this.plan.handler.onDown(reason);
  }

  /** The venue says something. */
  say(message: unknown): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const bytes = encoder.encode(text);
    const connection = this.connection as WebSocketConnection;
    this.plan.handler.onText(bytes, 0, bytes.length, this.#clock.now(), connection);
  }
}

/** An HTTP request waiting for the test to answer it. */
export interface Asked {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** Everything a part of the connector needs. */
export class FakeVenue {
  readonly clock = new ManualClock();
  readonly events: EngineEvent[] = [];
  readonly sessions: FakeSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly instruments: readonly Instrument[] = goldenInstruments();
  readonly lookup = new InstrumentLookup(this.instruments);
  readonly context: VenueContext;
  readonly rest: HyperliquidRest;
  readonly actions: ActionSigner;

  constructor() {
    this.context = {
      addresses: { rest: "http://venue", ws: "ws://venue/ws", network: "testnet" },
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
      // Market events are scratch: copied as far as tests look.
      deliver: (event) => this.events.push(copyOf(event)),
    };
    this.rest = new HyperliquidRest(this.context);
    this.actions = new ActionSigner({
      signer: unwrap(createRecoverableSigner(PRIVATE_KEY)),
      network: "testnet",
      vault: undefined,
      clock: this.clock,
      clockOffset: this.rest.clockOffset,
    });
  }

  get btc(): Instrument {
    return this.instruments[0]!;
  }

  /** Takes the oldest question that waits; it must be of this type (or path). */
  take(wanted: string): Asked & { readonly body: Record<string, unknown> } {
    const asked = this.asked.shift();
    assert(asked !== undefined, `no request waits, wanted ${wanted}`);
    const body = JSON.parse(asked.request.body as string) as Record<string, unknown>;
    const path = asked.request.url.slice("http://venue".length);
    assertEquals(path === "/info" ? body["type"] : path, wanted);
    return { ...asked, body };
  }

  /** Answers the oldest question that waits. */
  answer(
    wanted: string,
    answer: unknown,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): Record<string, unknown> {
    const { done, body } = this.take(wanted);
    const text = typeof answer === "string" && status !== 200 ? answer : JSON.stringify(answer);
    done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: encoder.encode(text),
      at: this.clock.now(),
    });
    return body;
  }

  /** Fails the oldest question that waits. */
  fail(wanted: string, sent: boolean): void {
    this.take(wanted).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** The venue's clock is known and `aheadMs` ahead of ours. */
  knowClock(aheadMs = 0): void {
    this.rest.measureClock(() => {});
    this.answer("exchangeStatus", { time: this.clock.now() / 1_000 + aheadMs });
  }

  /** Events since the last call. */
  drain(): EngineEvent[] {
    return this.events.splice(0);
  }

  /** Events since the last call, one line each. */
  lines(): string[] {
    return this.drain().map(lineOf);
  }
}

function copyOf(event: EngineEvent): EngineEvent {
  if (event.kind !== "book_snapshot") return { ...event } as EngineEvent;
  const side = (levels: typeof event.bids) => ({
    count: levels.count,
    prices: levels.prices.slice(0, levels.count),
    sizes: levels.sizes.slice(0, levels.count),
  });
  return { ...event, bids: side(event.bids), asks: side(event.asks) };
}

/** An event in one line. */
export function lineOf(event: EngineEvent): string {
  switch (event.kind) {
    case "order":
      return `order ${short(event.clientOrderId)} ${event.status}` +
        `${event.filledSize === undefined ? "" : ` ${event.filledSize}`}` +
        `${event.reason ? ` ${event.reason}` : ""}`;
    case "fill":
      return `fill ${short(event.clientOrderId)} ${event.fillId} ${event.size}`;
    case "request_refused":
      return `refused ${event.request} ${short(event.clientOrderId)} ${event.reason}`;
    case "request_lost":
      return `lost ${event.request} ${short(event.clientOrderId)} ${event.outcome}`;
    case "order_not_found":
      return `not found ${short(event.clientOrderId)}`;
    case "connection":
      return `${event.link} ${event.state}`;
    case "rate_limit":
      return `rate limit ${event.rule}`;
    case "feed_interrupted":
      return `interrupted ${event.instrument} ${event.reason}`;
    case "book_snapshot":
      return `book ${event.instrument} ${sideText(event.bids)} | ${sideText(event.asks)}`;
    case "best_bid_ask":
      return `touch ${event.instrument} ${event.bid} ${event.ask}`;
    default:
      return "instrument" in event ? `${event.kind} ${event.instrument}` : event.kind;
  }
}

function sideText(side: { count: number; prices: Float64Array; sizes: Float64Array }): string {
  return Array.from(
    { length: side.count },
    (_, at) => `${side.prices[at]}x${side.sizes[at]}`,
  ).join(" ");
}

function short(id: string): string {
  return id.startsWith("0x") ? id.replace(/^0x0*/, "#") : id;
}

/** A client id of this number. */
export function cloid(number: number): string {
  return `0x${number.toString(16).padStart(32, "0")}`;
}
