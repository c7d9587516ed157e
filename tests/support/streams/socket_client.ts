/**
 * The real market stream of a venue whose connector decides when a book is silent or a message is
 * missing: its session and its HTTP are the run's.
 * @module
 */
import type { InstrumentIndex } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { ConnectorCounters, Random } from "@/engine/ports/mod.ts";
import type { ClientContext, Session, SessionPlan } from "@/exchanges/kit/mod.ts";
import type { HttpAnswer, HttpRequest, WebSocketConnection } from "@/exchanges/shared/mod.ts";
import type { StreamClient, StreamWorld } from "./stream_client.ts";

/** The part of a venue's market stream that the engine calls. */
export interface MarketStreamLike {
  start(): void;
  stop(): void;
  requestSnapshot(index: InstrumentIndex): void;
}

/** How the client of a venue is made. */
export interface SocketClientOptions {
  readonly instrument: InstrumentIndex;
  readonly random: Random;
  readonly createStream: (context: ClientContext) => MarketStreamLike;
  /** Whether an HTTP request asks for the book; all others fail. */
  readonly asksForBook: (request: HttpRequest) => boolean;
}

const encoder = new TextEncoder();
const FAILED_AFTER_MS = 100;

function newCounters(): ConnectorCounters {
  return {
    messages: 0,
    bytes: 0,
    refusedFrames: 0,
    ignoredFrames: 0,
    reconnects: 0,
    rateLimited: 0,
    ordersSent: 0,
  };
}

/** Plays both ends that a market stream has. */
export class SocketClient implements StreamClient {
  readonly #world: StreamWorld;
  readonly #options: SocketClientOptions;
  readonly #stream: MarketStreamLike;
  #plan: SessionPlan | undefined;
  #connection: WebSocketConnection | undefined;

  constructor(world: StreamWorld, options: SocketClientOptions) {
    this.#world = world;
    this.#options = options;
    this.#stream = options.createStream({
      clock: world.clock,
      scheduler: world.clock,
      random: options.random,
      log: { log: () => {} },
      counters: newCounters(),
      http: (request, done) => this.#http(request, done),
      openSession: (plan) => this.#session(plan),
      deliver: (event: EngineEvent) => world.deliver(event),
    });
    this.#stream.start();
  }

  opened(): void {
    this.#connection = {
      state: "open",
      pendingBytes: 0,
      sendText: (text) => {
        this.#world.send(text as string);
        return true;
      },
      ping: () => true,
      close: () => {},
    };
    this.#plan?.handler.onUp(this.#connection, false);
  }

  closed(reason: string): void {
    this.#connection = undefined;
    this.#plan?.handler.onDown(reason);
  }

  hear(text: string): void {
    const bytes = encoder.encode(text);
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#plan?.handler.onText(bytes, 0, bytes.length, this.#world.clock.now(), connection);
  }

  requestSnapshot(): void {
    this.#stream.requestSnapshot(this.#options.instrument);
  }

  stop(): void {
    this.#stream.stop();
  }

  #session(plan: SessionPlan): Session {
    this.#plan = plan;
    const isUp = () => this.#connection !== undefined;
    return {
      get up() {
        return isUp();
      },
      start: () => {},
      stop: () => {},
      renew: () => {},
      restart: (reason) => this.#world.close(reason),
      send: (text) => {
        if (isUp()) this.#world.send(text);
        return isUp();
      },
    };
  }

  #http(request: HttpRequest, done: (answer: HttpAnswer) => void): void {
    const { clock } = this.#world;
    const fail = () => done({ kind: "failed", sent: true, reason: "no answer" });
    if (!this.#options.asksForBook(request)) {
      clock.after(FAILED_AFTER_MS, fail);
      return;
    }
    this.#world.askRest((text) => {
      if (text === undefined) return fail();
      const body = encoder.encode(text);
      done({ kind: "answer", status: 200, headers: new Map(), body, at: clock.now() });
    });
  }
}
