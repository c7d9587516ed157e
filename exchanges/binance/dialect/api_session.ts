/**
 * One socket of the WebSocket API: requests with ids, logon, and spot's account stream.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { ServerSession, ServerSocket } from "@/exchanges/simulator/mod.ts";
import { type Authentication, checkTimestamp, jsonPayload } from "./authentication.ts";
import {
  BAD_KEY_FORMAT,
  type Failure,
  failure,
  failureBody,
  isFailure,
  UNKNOWN_KEY,
} from "./failures.ts";
import { type Operation, WS_SPOT, WS_USDM } from "./operations.ts";
import { type Json, millis } from "./order_shapes.ts";
import { type Params, paramsOfJson } from "./params.ts";
import type { SocketKeeper } from "./sockets.ts";
import type { Answer, VenueState } from "./venue_state.ts";
import type { WireProduct } from "./wire_symbols.ts";

/** What a session needs of its dialect. */
export interface ApiHost {
  readonly state: VenueState;
  readonly authentication: Authentication;
  /** Runs an operation, now or after the venue's own delay. */
  execute(operation: Operation, params: Params, done: (answer: Answer) => void): void;
}

/** One client's socket. */
export class ApiSession implements ServerSession {
  readonly #socket: ServerSocket;
  readonly #host: ApiHost;
  readonly #product: WireProduct;
  readonly #onClose: () => void;
  readonly #connectedAt: Micros;
  readonly #subscriptions = new Set<number>();
  #nextSubscription = 0;
  #authorisedKey = "";
  #authorisedAt = 0;
  #returnRateLimits = true;
  #closed = false;
  keeper: SocketKeeper | undefined;

  constructor(
    socket: ServerSocket,
    host: ApiHost,
    product: WireProduct,
    returnRateLimits: boolean,
    onClose: () => void,
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#product = product;
    this.#returnRateLimits = returnRateLimits;
    this.#onClose = onClose;
    this.#connectedAt = host.state.exchange.clock.now();
  }

  /** Pushes an account event to every subscription of this socket. */
  pushEvent(event: string): void {
    for (const id of this.#subscriptions) {
      this.#socket.sendText(`{"subscriptionId":${id},"event":${event}}`);
    }
  }

  /** Tells that the venue will close this socket soon. */
  announceShutdown(): void {
    const now = millis(this.#host.state.exchange.clock.now());
    this.#socket.sendText(`{"event":{"e":"serverShutdown","E":${now}}}`);
  }

  onText(text: string): void {
    let request: Json;
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error();
      request = value as Json;
    } catch {
      const body = { code: -1135, msg: "Invalid JSON Request" };
      this.#socket.sendText(JSON.stringify({ id: null, status: 400, error: body }));
      return;
    }
    const { id, method } = request;
    const named = typeof id === "number" || id === null ||
      (typeof id === "string" && /^.{1,36}$/.test(id));
    // A frame without an id closes the socket without a word.
    if (!named || typeof method !== "string") return this.#socket.cut();
    this.#handle(id, method, paramsOfJson(request.params));
  }

  onPong(_payload: string): void {
    this.keeper?.pong();
  }

  onClose(): void {
    this.#closed = true;
    this.keeper?.close();
    this.#subscriptions.clear();
    this.#onClose();
  }

  #handle(id: unknown, method: string, params: Params): void {
    const { state } = this.#host;
    const now = state.exchange.clock.now();
    const own = this.#sessionMethod(method, params, now);
    if (own !== undefined) return this.#answer(id, own, params, false);
    const operation = (this.#product === "spot" ? WS_SPOT : WS_USDM).get(method);
    if (operation === undefined) {
      return this.#answer(id, failure(-1000, "Invalid method."), params, false);
    }
    const refused = this.#authorise(operation, params, now);
    const orders = operation.orders(params) > 0;
    if (refused !== undefined) return this.#answer(id, refused, params, orders);
    this.#host.execute(operation, params, (answer) => {
      if (!this.#closed) this.#answer(id, answer, params, orders);
    });
  }

  #authorise(operation: Operation, params: Params, now: Micros): Failure | undefined {
    if (operation.security === "none") return undefined;
    const { authentication } = this.#host;
    if (operation.security === "key") {
      const key = authentication.key(params.get("apiKey") ?? this.#authorisedKey);
      return isFailure(key) ? key : undefined;
    }
    if (this.#authorisedKey !== "" && !params.has("signature")) {
      return checkTimestamp(params, now);
    }
    const key = authentication.check(params.get("apiKey"), jsonPayload(params), params, now);
    return isFailure(key) ? key : undefined;
  }

  #sessionMethod(method: string, params: Params, now: Micros): Answer | undefined {
    switch (method) {
      case "session.logon":
        return this.#logon(params, now);
      case "session.status":
        return this.#status(now);
      case "session.logout":
        this.#authorisedKey = "";
        this.#authorisedAt = 0;
        return this.#status(now);
      case "userDataStream.subscribe":
        if (this.#product !== "spot") return undefined;
        return this.#authorisedKey === "" ? UNKNOWN_KEY : this.#subscribe();
      case "userDataStream.subscribe.signature": {
        if (this.#product !== "spot") return undefined;
        const { authentication } = this.#host;
        const key = authentication.check(params.get("apiKey"), jsonPayload(params), params, now);
        return isFailure(key) ? key : this.#subscribe();
      }
      case "userDataStream.unsubscribe": {
        if (this.#product !== "spot") return undefined;
        const which = params.get("subscriptionId");
        if (which === undefined) this.#subscriptions.clear();
        else this.#subscriptions.delete(Number(which));
        return {};
      }
      default:
        return undefined;
    }
  }

  #logon(params: Params, now: Micros): Answer {
    const { authentication } = this.#host;
    const known = authentication.key(params.get("apiKey"));
    if (isFailure(known)) return known === BAD_KEY_FORMAT ? BAD_KEY_FORMAT : UNKNOWN_KEY;
    if (known.kind !== "ed25519") {
      return failure(-2028, "session.logon is only supported for Ed25519 keys.");
    }
    const key = authentication.check(params.get("apiKey"), jsonPayload(params), params, now);
    if (isFailure(key)) return key;
    this.#authorisedKey = key.apiKey;
    this.#authorisedAt = now;
    if (params.has("returnRateLimits")) {
      this.#returnRateLimits = params.get("returnRateLimits") === "true";
    }
    return this.#status(now);
  }

  #status(now: Micros): Json {
    const authorised = this.#authorisedKey !== "";
    return {
      apiKey: authorised ? this.#authorisedKey : null,
      authorizedSince: authorised ? millis(this.#authorisedAt) : null,
      connectedSince: millis(this.#connectedAt),
      returnRateLimits: this.#returnRateLimits,
      serverTime: millis(now),
      userDataStream: this.#subscriptions.size > 0,
    };
  }

  #subscribe(): Json {
    const subscriptionId = this.#nextSubscription++;
    this.#subscriptions.add(subscriptionId);
    return { subscriptionId };
  }

  #answer(id: unknown, answer: Answer, params: Params, orders: boolean): void {
    const { state } = this.#host;
    const wanted = params.has("returnRateLimits")
      ? params.get("returnRateLimits") === "true"
      : this.#returnRateLimits;
    const now = state.exchange.clock.now();
    const counts = wanted
      ? `,"rateLimits":${JSON.stringify(state.limits[this.#product].counts(now, orders))}`
      : "";
    const name = JSON.stringify(id);
    if (isFailure(answer)) {
      const error = JSON.stringify(failureBody(answer));
      this.#socket.sendText(
        `{"id":${name},"status":${answer.status},"error":${error}${counts}}`,
      );
      return;
    }
    const result = typeof answer === "string" ? answer : JSON.stringify(answer);
    this.#socket.sendText(`{"id":${name},"status":200,"result":${result}${counts}}`);
  }
}
