/**
 * A product's context without sockets: what is sent is kept, what the venue says is said by the
 * test.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { EngineEvent, OrderEvent } from "@/engine/messages/mod.ts";
import { createSigner, type Signer } from "@/exchanges/gate/mod.ts";
import { InstrumentLookup } from "@/exchanges/gate/_order_objects.ts";
import type { ProductContext, Session, SessionPlan } from "@/exchanges/gate/_product_context.ts";
import { GateRest } from "@/exchanges/gate/_rest.ts";
import { accountOf } from "@/exchanges/gate/instruments.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { gatePerp, gateSpot } from "@/tests/golden/gate/gate_instruments.ts";

const encoder = new TextEncoder();

/** A frame as it was sent. */
export interface SentFrame {
  readonly id: number;
  readonly time: number;
  readonly channel: string;
  readonly event: string;
  readonly payload: Record<string, unknown> & readonly string[];
  readonly auth?: Record<string, string>;
}

/** A session whose other end is the test. */
export class FakeSession implements Session {
  up = false;
  accepts = true;
  renewals = 0;
  readonly plan: SessionPlan;
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  /** The newest connection. */
  connection: WebSocketConnection | undefined = undefined;
  readonly #clock: ManualClock;
  #state: "open" | "closed" = "closed";

  constructor(plan: SessionPlan, clock: ManualClock) {
    this.plan = plan;
    this.#clock = clock;
  }

  start(): void {}

  stop(): void {
    this.up = false;
    this.#state = "closed";
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
    this.#state = "open";
    const state = () => this.#state;
    this.connection = {
      get state() {
        return state();
      },
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
    this.#state = "closed";
    this.plan.handler.onDown(reason);
  }

  /** The venue says something, on the newest connection or another. */
  say(message: unknown, connection = this.connection): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const bytes = encoder.encode(text);
    this.plan.handler.onText(bytes, 0, bytes.length, this.#clock.now(), connection!);
  }

  /** Frames sent since the last call. */
  frames(): SentFrame[] {
    return this.sent.splice(0).map((text) => JSON.parse(text) as SentFrame);
  }

  /** The last frame sent. */
  last(): SentFrame {
    return JSON.parse(this.sent.at(-1) ?? "null") as SentFrame;
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
  readonly rest: GateRest;

  constructor(product: "spot" | "perpetual") {
    this.instrument = product === "spot" ? gateSpot() : gatePerp();
    this.lookup = new InstrumentLookup([this.instrument]);
    const signer = createSigner({ key: "k", secret: "s" });
    assert(signer.ok);
    this.signer = signer.value;
    this.context = {
      product,
      marketConnections: 1,
      account: accountOf(product),
      addresses: {
        rest: "http://venue",
        public_ws: "ws://venue",
        private_ws: "ws://venue",
        ws_api: "ws://venue",
      },
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
      deliver: (event) => this.events.push({ ...event } as EngineEvent),
    };
    this.rest = new GateRest(this.context, this.signer);
  }

  /** Takes the oldest request that waits; method and path must begin so. */
  take(begins: string): Asked {
    const asked = this.asked.shift();
    assert(asked !== undefined, `no request waits, wanted ${begins}`);
    const text = `${asked.request.method} ${asked.request.url.slice("http://venue/api/v4".length)}`;
    assert(text.startsWith(begins), `wanted ${begins}, found ${text}`);
    return asked;
  }

  /** Answers the oldest request that waits; the request, for looking at it. */
  answer(
    begins: string,
    body: unknown,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): HttpRequest {
    const { done, request } = this.take(begins);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: encoder.encode(text),
      at: this.clock.now(),
    });
    return request;
  }

  /** Fails the oldest request that waits. */
  fail(begins: string, sent: boolean): void {
    this.take(begins).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** Events since the last call. */
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

  /** Links since the last call, in short. */
  links(): string[] {
    return this.drain().flatMap((event) =>
      event.kind === "connection" ? [`${event.link} ${event.state}`] : []
    );
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

/** An order object as the venue states it. */
export function orderObject(
  product: "spot" | "perpetual",
  changes: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const spot = {
    id: "77",
    text: "t-a1",
    status: "open",
    currency_pair: "BTC_USDT",
    type: "limit",
    side: "buy",
    amount: "0.0001",
    left: "0.0001",
    price: "10",
    time_in_force: "poc",
    finish_as: "open",
    update_time_ms: 1_694_655_225_315,
  };
  const futures = {
    id: 77,
    text: "t-a1",
    status: "open",
    contract: "BTC_USDT",
    size: "10",
    left: "10",
    price: "100",
    tif: "poc",
    update_time: 1_694_655_225.315,
  };
  return { ...(product === "spot" ? spot : futures), ...changes };
}
