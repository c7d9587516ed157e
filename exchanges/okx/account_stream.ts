/**
 * BACK 1: own orders, fills, balances and positions over the private socket; conditional orders
 * over the business socket.
 *
 *   open -> login -> subscribe four channels -> all acknowledged -> link up -> the core reconciles
 *
 * 1. The orders channel sends no picture of what is open: after each loss the core must ask.
 * 2. An event that cannot be read makes the link go down and up again, so that the core asks for
 *    the truth instead of missing a fill.
 * 3. A lost business socket blinds us for conditional orders alone: once it is back, the link
 *    blinks in the same way.
 *
 * Source: venue documentation "Private channel", read 2026-09.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { idField, type JsonObject, textField } from "./_json.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { RenewingSocket, type SocketLink } from "./_renewing_socket.ts";
import type { OkxRest } from "./_rest.ts";
import { SocketLogin } from "./_socket_login.ts";
import { OnceLog, type VenueContext } from "./_venue_context.ts";
import { OkxAccountDecoder } from "./account_decoder.ts";
import { socketUrl } from "./endpoints.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";
import type { Signer } from "./signer.ts";

const SUBSCRIBE_TIMEOUT_MS = 10_000;
const EVERY_CHANGE = JSON.stringify({ updateInterval: "0" });
const PRIVATE_CHANNELS = [
  { channel: "orders", instType: "ANY" },
  { channel: "account", extraParams: EVERY_CHANGE },
  { channel: "positions", instType: "ANY", extraParams: EVERY_CHANGE },
  { channel: "balance_and_position" },
];
const BUSINESS_CHANNELS = [{ channel: "orders-algo", instType: "ANY" }];

/** One of the two sockets. */
interface Route {
  readonly name: "private" | "business";
  readonly socket: RenewingSocket;
  readonly login: SocketLogin;
  readonly channels: readonly { readonly channel: string }[];
  /** Channels not acknowledged yet on the newest connection. */
  awaited: Set<string>;
  timer: number | undefined;
  /** Its connection was lost and none has taken over yet. */
  wasLost: boolean;
}

/** Own events. */
export class AccountStream {
  readonly decoder: OkxAccountDecoder;
  readonly #context: VenueContext;
  readonly #rest: OkxRest;
  readonly #signer: Signer;
  readonly #once: OnceLog;
  readonly #routes: readonly Route[];
  readonly #onFunding: () => void;
  #isUp = false;

  constructor(
    context: VenueContext,
    signer: Signer,
    rest: OkxRest,
    lookup: InstrumentLookup,
    onFunding: () => void,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#once = new OnceLog(context.log);
    this.#onFunding = onFunding;
    this.decoder = new OkxAccountDecoder(lookup);
    this.#routes = [
      this.#route("private", PRIVATE_CHANNELS),
      this.#route("business", BUSINESS_CHANNELS),
    ];
  }

  start(): void {
    for (const { socket } of this.#routes) socket.start();
  }

  stop(): void {
    for (const route of this.#routes) {
      route.socket.stop();
      route.login.stop();
      this.#clearTimer(route);
    }
  }

  #route(name: Route["name"], channels: Route["channels"]): Route {
    const url = socketUrl(this.#context.addresses.private_ws, name);
    const socket = new RenewingSocket(this.#context, `account ${name}`, url, {
      onUp: (link) => login.begin(link),
      onText: (link, bytes, start, end, at) => this.#onText(route, link, bytes, start, end, at),
      onDown: (reason) => this.#onDown(route, reason),
    });
    const login = new SocketLogin(this.#context, this.#signer, this.#rest, {
      onDone: (link) => this.#subscribe(route, link),
      onFailed: (link, reason) => socket.restart(reason, link),
    });
    const route: Route = {
      name,
      socket,
      login,
      channels,
      awaited: new Set(),
      timer: undefined,
      wasLost: false,
    };
    return route;
  }

  #subscribe(route: Route, link: SocketLink): void {
    route.awaited = new Set(route.channels.map(({ channel }) => channel));
    link.send(JSON.stringify({ op: "subscribe", args: route.channels }));
    this.#clearTimer(route);
    route.timer = this.#context.scheduler.after(SUBSCRIBE_TIMEOUT_MS, () => {
      route.timer = undefined;
      this.#once.warn("subscription to own events was not confirmed", { route: route.name });
      route.socket.restart("subscription was not confirmed", link);
    });
  }

  #onText(
    route: Route,
    link: SocketLink,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
  ): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const outcome = this.decoder.decode(bytes, start, end, at, this.#context);
    if (this.decoder.lastCause === "funding_fee") this.#onFunding();
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused();
    counters.ignoredFrames++;
    const control = this.decoder.lastControl;
    if (control !== undefined) this.#onControl(route, link, control);
  }

  #onControl(route: Route, link: SocketLink, frame: JsonObject): void {
    if (route.login.take(link, frame)) return;
    switch (textField(frame, "event")) {
      case "subscribe":
        return this.#onSubscribed(route, link, frame);
      case "notice":
        return route.socket.renew();
      case "error":
      case "channel-conn-count-error": {
        const found = `${idField(frame, "code")} ${textField(frame, "msg")}`.slice(0, 120);
        this.#context.log.log("error", "subscription to own events refused", { found });
        return;
      }
      default:
        return;
    }
  }

  #onSubscribed(route: Route, link: SocketLink, frame: JsonObject): void {
    const arg = frame["arg"] as JsonObject | null | undefined;
    if (typeof arg === "object" && arg !== null) route.awaited.delete(textField(arg, "channel"));
    if (route.awaited.size > 0 || route.timer === undefined) return;
    this.#clearTimer(route);
    route.socket.markReady(link);
    if (route.name === "private") this.#link("up", "subscribed");
    else if (route.wasLost) this.#blink("conditional orders may have changed");
    route.wasLost = false;
  }

  /** A frame that may have held a fill: the core must ask the venue. */
  #onRefused(): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`account frame refused: ${this.decoder.reason}`);
    this.#blink("refused frame");
  }

  #blink(reason: string): void {
    if (!this.#isUp) return;
    this.#link("down", reason);
    this.#link("up", "reconcile");
  }

  #onDown(route: Route, reason: string): void {
    this.#clearTimer(route);
    route.wasLost = true;
    if (route.name === "private") this.#link("down", reason);
  }

  #clearTimer(route: Route): void {
    if (route.timer !== undefined) this.#context.scheduler.cancel(route.timer);
    route.timer = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isUp) return;
    this.#isUp = state === "up";
    const at = this.#context.clock.now();
    const account = UNIFIED_ACCOUNT;
    this.#context.deliver({
      kind: "connection",
      venue: "okx",
      account,
      link: "account",
      state,
      at,
      reason,
    });
  }
}
