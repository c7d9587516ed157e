/**
 * A product's context without sockets: what is sent is kept, what the venue says the test says.
 * @module
 */
import {
  type ClientOrderId,
  clientOrderId,
  createInstrument,
  type Instrument,
  instrumentIndex,
  type Product,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { type AsterCredentials, asterTools, createSigner } from "@/exchanges/aster/mod.ts";
import type { ProductContext, Session, SessionPlan } from "@/exchanges/aster/_context.ts";
import { AccountBook } from "@/exchanges/aster/_order_objects.ts";
import { AsterRest } from "@/exchanges/aster/_rest.ts";
import { accountOf } from "@/exchanges/aster/instruments.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";

/** The published demonstration key. */
export const WALLET: AsterCredentials = {
  privateKey: "0x4fd0a42218f3eae43a6ce26d22544e986139a01e5b34a62db53757ffca81bae1",
};
export const KEYS: AsterCredentials = { key: "k", secret: "s" };
export const MM1: ClientOrderId = clientOrderId("mm-1");

/** BTC-USDT, spot or perpetual: tick 0.1, lot 0.001. */
export function btc(product: Product, index = 0): Instrument {
  const symbol = product === "spot" ? "BTC-USDT" : "BTC-USDT-PERP";
  const terms = unwrap(asterTools.termsFrom(symbol, "0.1", "0.001", "1"));
  return unwrap(createInstrument(instrumentIndex(index), terms));
}

/** A session whose other end is the test. */
class SpokenSession implements Session {
  up = false;
  readonly sent: Record<string, unknown>[] = [];
  readonly restarts: string[] = [];
  /** The newest connection. */
  connection = {} as WebSocketConnection;
  renewals = 0;

  readonly plan: SessionPlan;
  readonly #clock: ManualClock;

  constructor(plan: SessionPlan, clock: ManualClock) {
    this.plan = plan;
    this.#clock = clock;
  }

  start(): void {}

  stop(): void {
    this.up = false;
  }

  send(): boolean {
    return false;
  }

  restart(reason: string): void {
    this.restarts.push(reason);
  }

  renew(): void {
    this.renewals++;
  }

  open(rotated = false): void {
    this.up = true;
    const sendText = (text: string | Uint8Array) => this.sent.push(JSON.parse(String(text))) > 0;
    this.connection = { sendText } as unknown as WebSocketConnection;
    this.plan.handler.onUp(this.connection, rotated);
  }

  drop(reason: string): void {
    this.up = false;
    this.plan.handler.onDown(reason);
  }

  say(message: unknown, connection = this.connection): void {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    const bytes = new TextEncoder().encode(text);
    const now = this.#clock.now();
    this.plan.handler.onText(bytes, 0, bytes.length, now, connection);
  }

  url(): string {
    let found = "";
    this.plan.urlFor((url) => found = url.ok ? url.value : url.error);
    return found;
  }
}

/** A request that waits for its answer. */
interface Asked {
  readonly lane: string;
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** One product with everything that a part of the connector needs. */
export class FakeVenue {
  readonly clock = new ManualClock();
  readonly sessions: SpokenSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly instrument: Instrument;
  readonly book: AccountBook;
  readonly context: ProductContext;
  readonly rest: AsterRest;
  #events: EngineEvent[] = [];

  constructor(product: Product, credentials: AsterCredentials | undefined = WALLET) {
    this.instrument = btc(product);
    this.book = new AccountBook([this.instrument]);
    const signer = unwrap(createSigner(credentials));
    const address = { rest: "http://venue/", public_ws: "ws://venue/ws", private_ws: "ws://venue" };
    this.context = {
      product,
      account: accountOf(product),
      addresses: address,
      generation: signer.generation,
      marketConnections: 1,
      clock: this.clock,
      scheduler: this.clock,
      random: { next: () => 0.5 },
      log: { log: (level, message) => void this.logged.push(`${level}: ${message}`) },
      counters: {
        messages: 0,
        bytes: 0,
        refusedFrames: 0,
        ignoredFrames: 0,
        reconnects: 0,
        rateLimited: 0,
        ordersSent: 0,
      },
      http: (lane, request, done) => void this.asked.push({ lane, request, done }),
      openSession: (plan) => {
        const session = new SpokenSession(plan, this.clock);
        this.sessions.push(session);
        return session;
      },
      deliver: (event) => void this.#events.push({ ...event }),
    };
    this.rest = new AsterRest(this.context, signer);
  }

  /** Takes the oldest waiting request, which must be this one; its parameters beside it. */
  take(wanted: string): Asked & { readonly params: URLSearchParams; readonly text: string } {
    const asked = this.asked.shift();
    assert(asked !== undefined, `nothing waits, wanted ${wanted}`);
    const [path, query = ""] = asked.request.url.replace("http://venue", "").split("?");
    assert(
      `${asked.request.method} ${path}` === wanted,
      `${wanted}: ${asked.request.method} ${path}`,
    );
    const text = query || String(asked.request.body ?? "");
    return { ...asked, params: new URLSearchParams(text), text };
  }

  /** Answers the oldest waiting request. */
  answer(wanted: string, body: unknown, status = 200, headers: Record<string, string> = {}) {
    const asked = this.take(wanted);
    asked.done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
      at: this.clock.now(),
    });
    return asked;
  }

  refuse(wanted: string, status: number, code: number, msg = "no") {
    return this.answer(wanted, { code, msg }, status);
  }

  fail(wanted: string, sent: boolean): void {
    this.take(wanted).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** Answers the question for the venue's time, `aheadMs` before ours. */
  tellTime(aheadMs = 0): void {
    const path = this.context.product === "spot" ? "/api/v3/time" : "/fapi/v3/time";
    this.answer(`GET ${path}`, { serverTime: Math.floor(this.clock.now() / 1_000) + aheadMs });
  }

  /** Events since the last call. */
  drain(): EngineEvent[] {
    return this.#events.splice(0);
  }

  /** The same in short. */
  told(): string[] {
    return this.drain().map(shortOf);
  }
}

/** An event in a line. */
export function shortOf(event: EngineEvent): string {
  switch (event.kind) {
    case "order":
      return `order ${event.clientOrderId} ${event.status} ${event.reason ?? ""}`.trimEnd();
    case "fill":
      return `fill ${event.clientOrderId} ${event.fillId} ${event.fee === undefined ? "?" : "fee"}`;
    case "request_refused":
      return `refused ${event.request} ${event.reason}`;
    case "request_lost":
      return `lost ${event.request} ${event.outcome}`;
    case "connection":
      return `${event.link} ${event.state}`;
    case "feed_interrupted":
      return `interrupted ${event.reason}`;
    case "rate_limit":
      return `limit ${event.rule} ${event.used}`;
    default:
      return event.kind;
  }
}
