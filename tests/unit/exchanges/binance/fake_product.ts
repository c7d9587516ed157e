/**
 * A product's context without sockets: what is sent is kept, what the venue says is said by the
 * test.
 * @module
 */
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent, OrderEvent } from "@/engine/messages/mod.ts";
import { createSigner, type Signer } from "@/exchanges/binance/mod.ts";
import { InstrumentLookup } from "@/exchanges/binance/_order_objects.ts";
import type { ProductContext, Session, SessionPlan } from "@/exchanges/binance/_product_context.ts";
import { BinanceRest } from "@/exchanges/binance/_rest.ts";
import { accountOf } from "@/exchanges/binance/instruments.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { btcPerp, btcSpot } from "@/tests/support/builders.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

const encoder = new TextEncoder();

/** A session whose other end is the test. */
export class FakeSession implements Session {
  up = false;
  started = false;
  accepts = true;
  readonly plan: SessionPlan;
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  /** The newest connection. */
  connection: WebSocketConnection | undefined = undefined;
  renewals = 0;
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
  open(rotated = false): void {
    this.up = true;
    this.connection = {
      state: "open",
      pendingBytes: 0,
      sendText: (text) => this.send(text as string),
      ping: () => true,
      close: () => {},
    };
    this.plan.handler.onUp(this.connection, rotated);
  }

  /** The connection is lost. */
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

  /** The last frame sent, parsed. */
  lastFrame(): { id: string; method: string; params: Record<string, unknown> } {
    return JSON.parse(this.sent.at(-1) ?? "null");
  }
}

/** An HTTP request waiting for the test to answer it. */
export interface Asked {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** One product with everything a part of the connector needs. */
export class FakeProduct {
  readonly clock = new ManualClock();
  readonly events: EngineEvent[] = [];
  readonly sessions: FakeSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly instrument: Instrument;
  readonly lookup: InstrumentLookup;
  readonly context: ProductContext;
  readonly signer: Signer;
  readonly rest: BinanceRest;

  constructor(product: "spot" | "perpetual", marketConnections: 1 | 2 = 1) {
    this.instrument = product === "spot" ? btcSpot() : btcPerp();
    this.lookup = new InstrumentLookup([this.instrument]);
    const signer = createSigner({ key: "k", secret: "s" });
    assert(signer.ok);
    this.signer = signer.value;
    this.context = {
      product,
      account: accountOf(product),
      addresses: {
        rest: "http://venue",
        public_ws: "ws://venue",
        private_ws: "ws://venue",
        ws_api: "ws://venue",
      },
      marketConnections,
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
      deliver: (event) => this.events.push(event),
    };
    this.rest = new BinanceRest(this.context, this.signer);
  }

  /** Takes the oldest request that waits; its path must begin so. */
  take(begins: string): Asked & { readonly url: URL } {
    const asked = this.asked.shift();
    assert(asked !== undefined, `no request waits, wanted ${begins}`);
    const text = `${asked.request.method} ${asked.request.url.slice("http://venue".length)}`;
    assert(text.startsWith(begins), `wanted ${begins}, found ${text}`);
    return { ...asked, url: new URL(asked.request.url) };
  }

  /** Answers the oldest request that waits. */
  answer(
    begins: string,
    body: unknown,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): URL {
    const { done, url } = this.take(begins);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: encoder.encode(text),
      at: this.clock.now(),
    });
    return url;
  }

  /** Fails the oldest request that waits. */
  fail(begins: string, sent: boolean): void {
    this.take(begins).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** Events since the last call, without limits and links. */
  drain(): EngineEvent[] {
    return this.events.splice(0);
  }

  /** Order events since the last call, in short. */
  orders(): string[] {
    return this.drain().flatMap((event) => {
      const short = shortOf(event as OrderEvent);
      return short === undefined ? [] : [short];
    });
  }
}

/** An order event in one line. */
function shortOf(event: OrderEvent): string | undefined {
  switch (event.kind) {
    case "order":
      return `order ${event.clientOrderId} ${event.status}${
        event.reason ? ` ${event.reason}` : ""
      }`;
    case "fill":
      return `fill ${event.clientOrderId} ${event.fillId} ${event.size}`;
    case "request_refused":
      return `refused ${event.request} ${event.clientOrderId} ${event.reason}`;
    case "request_lost":
      return `lost ${event.request} ${event.clientOrderId} ${event.outcome}`;
    case "order_not_found":
      return `not found ${event.clientOrderId}`;
    default:
      return undefined;
  }
}

/** Milliseconds of a test's time. */
export function millis(product: FakeProduct): number {
  return Math.floor(micros(product.clock.now()) / 1_000);
}
