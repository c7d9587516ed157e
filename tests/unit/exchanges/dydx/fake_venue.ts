/**
 * The venue's context without sockets: what is sent is kept, what the venue says is said by the
 * test.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import type { EngineEvent, OrderEvent } from "@/engine/messages/mod.ts";
import { Chain } from "@/exchanges/dydx/_chain.ts";
import type { DydxContext, Session, SessionPlan } from "@/exchanges/dydx/_context.ts";
import { Indexer } from "@/exchanges/dydx/_indexer.ts";
import { InstrumentLookup } from "@/exchanges/dydx/_order_objects.ts";
import { OrderTracker } from "@/exchanges/dydx/_order_tracker.ts";
import { createSigner, type Signer } from "@/exchanges/dydx/mod.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { assert } from "@/tests/support/assert.ts";
import { ManualClock } from "@/tests/support/manual_clock.ts";
import { dydxMarkets } from "./markets.ts";

const encoder = new TextEncoder();

/** Public test key of the sheet. */
export const TEST_KEY = "e92a6595c934c991d3b3e987ea9b3125bf61a076deab3a9cb519787b7b3e8d77";

/** A session whose other end is the test. */
export class FakeSession implements Session {
  up = false;
  started = false;
  readonly plan: SessionPlan;
  readonly sent: string[] = [];
  readonly restarts: string[] = [];
  renewals = 0;
  connection: WebSocketConnection | undefined;
  #messageId = 0;
  #opened = 0;
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

  /** As the real one: what is open is lost, a new one follows by itself. */
  restart(reason: string): void {
    this.restarts.push(reason);
    if (this.up) this.drop(reason);
  }

  renew(): void {
    this.renewals++;
  }

  send(text: string): boolean {
    this.sent.push(text);
    return true;
  }

  /** The connection opens and the venue greets it. */
  open(rotated = false): void {
    this.up = true;
    this.#opened++;
    this.#messageId = 0;
    this.connection = {
      state: "open",
      pendingBytes: 0,
      sendText: (text) => this.send(text as string),
      ping: () => true,
      close: () => {},
    };
    this.plan.handler.onUp(this.connection, rotated);
    this.say({ type: "connected" });
  }

  drop(reason: string): void {
    this.up = false;
    this.plan.handler.onDown(reason);
  }

  /** The venue says something; the envelope's numbers are filled in. `skip` loses messages. */
  say(message: Record<string, unknown>, skip = 0): void {
    if (message["type"] !== "connected") this.#messageId += 1 + skip;
    this.sayText(JSON.stringify({
      connection_id: `c-${this.#opened}`,
      message_id: this.#messageId,
      ...message,
    }));
  }

  sayText(text: string): void {
    const bytes = encoder.encode(text);
    this.plan.handler.onText(bytes, 0, bytes.length, this.#clock.now(), this.connection!);
  }

  /** Subscriptions asked for since the last call. */
  asked(): string[] {
    return this.sent.splice(0).map((text) => {
      const { type, channel, id } = JSON.parse(text);
      return `${type} ${channel}${id === undefined ? "" : ` ${id}`}`;
    });
  }
}

/** An HTTP request waiting for the test to answer it. */
export interface Asked {
  readonly request: HttpRequest;
  readonly done: (answer: HttpAnswer) => void;
}

/** The venue with everything a part of the connector needs. */
export class FakeVenue {
  readonly clock = new ManualClock();
  readonly events: EngineEvent[] = [];
  readonly sessions: FakeSession[] = [];
  readonly asked: Asked[] = [];
  readonly logged: string[] = [];
  readonly links: string[] = [];
  readonly instrument: Instrument = dydxMarkets()[0];
  readonly lookup = new InstrumentLookup(dydxMarkets());
  readonly tracker = new OrderTracker();
  readonly context: DydxContext;
  readonly signer: Signer;
  readonly indexer: Indexer;
  readonly chain: Chain;

  constructor() {
    const signer = createSigner({ privateKey: TEST_KEY });
    assert(signer.ok);
    this.signer = signer.value;
    this.context = {
      addresses: {
        indexer: "http://venue/v4",
        publicSocket: "ws://venue",
        privateSocket: "ws://venue",
        rpc: "http://venue/rpc",
        lcd: "http://venue/lcd",
        chainId: "dydx-testnet-4",
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
      deliver: (event) => this.events.push(event),
    };
    this.indexer = new Indexer(this.context);
    this.chain = new Chain(this.context, this.indexer, this.signer.owner, (isReady) => {
      this.links.push(isReady ? "up" : "down");
    });
  }

  /** Starts the chain at a height and answers what it asks. */
  startChain(height: number): void {
    this.chain.start();
    this.answer("GET /v4/time", { iso: "", epoch: this.clock.now() / 1e6 });
    this.answer("GET /rpc/status", status(height));
    this.answer("GET /lcd/cosmos/auth", { account: { account_number: "12", sequence: "3" } });
  }

  /** Takes the oldest request whose method and path begin so. */
  take(begins: string): Asked & { readonly path: string } {
    const index = this.asked.findIndex(({ request }) => lineOf(request).startsWith(begins));
    const waiting = this.asked.map(({ request }) => lineOf(request)).join(", ");
    assert(index >= 0, `no request waits for ${begins}: ${waiting}`);
    const [asked] = this.asked.splice(index, 1);
    return { ...asked!, path: lineOf(asked!.request) };
  }

  /** Answers the oldest request that begins so; its path. */
  answer(
    begins: string,
    body: unknown,
    status = 200,
    headers: Readonly<Record<string, string>> = {},
  ): string {
    const { done, path } = this.take(begins);
    done({
      kind: "answer",
      status,
      headers: new Map(Object.entries(headers)),
      body: encoder.encode(typeof body === "string" ? body : JSON.stringify(body)),
      at: this.clock.now(),
    });
    return path;
  }

  /** Fails the oldest request that begins so. */
  fail(begins: string, sent: boolean): void {
    this.take(begins).done({ kind: "failed", sent, reason: "socket closed" });
  }

  /** The transaction handed in by the oldest broadcast, and its answer. */
  checkTx(code: number, codespace = "clob", log = ""): Uint8Array {
    const asked = this.take("POST /rpc/");
    const { method, params } = JSON.parse(asked.request.body as string);
    assert(method === "broadcast_tx_sync");
    const result = { code, data: "", log, codespace, hash: "" };
    asked.done({
      kind: "answer",
      status: 200,
      headers: new Map(),
      body: encoder.encode(JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
      at: this.clock.now(),
    });
    return Uint8Array.from(atob(params.tx), (letter) => letter.charCodeAt(0));
  }

  /** Order events since the last call, in short. */
  orders(): string[] {
    return this.events.splice(0).flatMap((event) => shortOf(event as OrderEvent));
  }
}

/** A node's status at a height. */
export function status(height: number): unknown {
  return { result: { sync_info: { latest_block_height: String(height) } } };
}

function lineOf(request: HttpRequest): string {
  return `${request.method} ${request.url.slice("http://venue".length)}`;
}

function shortOf(event: OrderEvent): string[] {
  switch (event.kind) {
    case "order":
      return [`order ${event.clientOrderId} ${event.status}${event.reason ?? ""}`];
    case "fill":
      return [`fill ${event.clientOrderId} ${event.fillId} ${event.size}`];
    case "request_refused":
      return [`refused ${event.request} ${event.clientOrderId} ${event.reason}`];
    case "request_lost":
      return [`lost ${event.request} ${event.clientOrderId} ${event.outcome}`];
    case "order_not_found":
      return [`not found ${event.clientOrderId}`];
    default:
      return [];
  }
}
