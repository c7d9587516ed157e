/**
 * BACK 1: the private socket of one product: own orders, fills, balances, positions.
 *
 *   spot:  order socket -> `userDataStream.subscribe.signature` -> events on that socket
 *   USD-M: POST listenKey -> `/private/ws?listenKey=…&events=…` -> PUT every 30 minutes
 *
 * 1. The link is "up" only when the venue has confirmed the subscription (spot) or opened the keyed
 *    socket (USD-M); then the core reconciles.
 * 2. An event that cannot be read makes the link go down and up again, so that the core asks for
 *    the
 *    truth instead of missing a fill.
 *
 * Source: venue documentation "User data streams" of both products, read 2026-09.
 * @module
 */
import { err, type Micros, ok, type Result } from "@/engine/domain/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { integerField, type JsonObject, objectOf, parseJson, textField, textOf } from "./_json.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import {
  HEARTBEAT,
  OnceLog,
  type ProductContext,
  ROTATE_AFTER_MS,
  ROTATE_OVERLAP_MS,
  type Session,
} from "./_product_context.ts";
import type { BinanceRest } from "./_rest.ts";
import { BinanceAccountDecoder } from "./account_decoder.ts";
import { orderSocketUrl, privateStreamUrl } from "./endpoints.ts";
import { socketFrame } from "./order_encoder.ts";
import type { Signer } from "./signer.ts";

const KEEP_ALIVE_MS = 30 * 60_000;
const SUBSCRIBE_TIMEOUT_MS = 10_000;
const SUBSCRIBE_ID = "user-data";

/** Own events of one product. */
export class AccountStream {
  readonly decoder: BinanceAccountDecoder;
  readonly #context: ProductContext;
  readonly #rest: BinanceRest;
  readonly #signer: Signer;
  readonly #session: Session;
  readonly #once: OnceLog;
  #isUp = false;
  #isStopped = false;
  #keepAlive: number | undefined;
  #subscribing: number | undefined;

  constructor(
    context: ProductContext,
    signer: Signer,
    rest: BinanceRest,
    lookup: InstrumentLookup,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#once = new OnceLog(context.log);
    this.decoder = new BinanceAccountDecoder(lookup);
    const isSpot = context.product === "spot";
    const spotUrl = orderSocketUrl(context.addresses.private_ws, "spot");
    this.#session = context.openSession({
      name: `binance ${context.product} account`,
      urlFor: isSpot ? fixedUrl(spotUrl) : (done) => this.#askListenKey(done),
      heartbeat: HEARTBEAT,
      rotateAfterMs: ROTATE_AFTER_MS,
      rotateOverlapMs: ROTATE_OVERLAP_MS,
      handler: {
        onUp: (connection) => this.#onUp(connection),
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  start(): void {
    this.#session.start();
    if (this.#context.product === "perpetual") this.#scheduleKeepAlive();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    for (const timer of [this.#keepAlive, this.#subscribing]) {
      if (timer !== undefined) this.#context.scheduler.cancel(timer);
    }
  }

  #askListenKey(done: (url: Result<string>) => void): void {
    this.#rest.send("POST", "/fapi/v1/listenKey", [], "keyed", (outcome) => {
      const key = outcome.kind === "ok"
        ? textField(objectOf(outcome.result) ?? {}, "listenKey")
        : "";
      if (key !== "") return done(ok(privateStreamUrl(this.#context.addresses.private_ws, key)));
      const found = outcome.kind === "ok"
        ? "an answer without it"
        : outcome.kind === "lost"
        ? outcome.reason
        : `${outcome.code} ${outcome.message}`;
      done(err(`Cannot open the private socket: wanted a listen key, found ${found}`));
    });
  }

  #scheduleKeepAlive(): void {
    this.#keepAlive = this.#context.scheduler.after(KEEP_ALIVE_MS, () => {
      this.#rest.send("PUT", "/fapi/v1/listenKey", [], "keyed", (outcome) => {
        if (this.#isStopped) return;
        // -1125: the key is gone; connecting anew makes a new one.
        if (outcome.kind === "error" && outcome.code === -1125) {
          this.#session.restart("listen key unknown");
        } else if (outcome.kind !== "ok") {
          this.#once.warn("listen key was not extended");
        }
      });
      this.#scheduleKeepAlive();
    });
  }

  #onUp(connection: WebSocketConnection): void {
    if (this.#context.product === "perpetual") return this.#link("up", "private socket open");
    const wire = {
      socketMethod: "userDataStream.subscribe.signature",
      restMethod: "POST",
      restPath: "",
      params: [],
    } as const;
    connection.sendText(
      socketFrame(wire, SUBSCRIBE_ID, this.#rest.timestampMs(), this.#signer),
    );
    this.#clearSubscribing();
    this.#subscribing = this.#context.scheduler.after(SUBSCRIBE_TIMEOUT_MS, () => {
      this.#subscribing = undefined;
      this.#session.restart("subscription was not confirmed");
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const tree = parseJson(textOf(bytes, start, end));
    const frame = objectOf(tree);
    if (frame !== undefined && textField(frame, "id") === SUBSCRIBE_ID) {
      return this.#onSubscribed(frame);
    }
    const outcome = this.decoder.decodeTree(tree, at, this.#context);
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused();
    counters.ignoredFrames++;
    this.#onIgnored(this.decoder.lastEvent);
  }

  #onSubscribed(frame: JsonObject): void {
    this.#clearSubscribing();
    if (integerField(frame, "status") === 200) return this.#link("up", "subscribed");
    const error = objectOf(frame["error"]) ?? {};
    const code = integerField(error, "code") ?? 0;
    const found = `${code} ${textField(error, "msg")}`;
    this.#context.log.log("error", "subscription to own events refused", { found });
    this.#rest.measureClock(() => {
      if (!this.#isStopped) this.#session.restart("subscription refused");
    });
  }

  /** A frame that may have held a fill: the core must ask the venue. */
  #onRefused(): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`account frame refused: ${this.decoder.reason}`);
    if (!this.#isUp) return;
    this.#link("down", "refused frame");
    this.#link("up", "reconcile");
  }

  #onIgnored(event: string): void {
    switch (event) {
      case "listenKeyExpired":
      case "eventStreamTerminated":
        this.#session.restart(this.decoder.reason);
        return;
      case "serverShutdown":
        this.#session.renew();
        return;
      case "MARGIN_CALL":
        this.#context.log.log("error", "margin call from the venue");
        return;
      default:
        return;
    }
  }

  #onDown(reason: string): void {
    this.#clearSubscribing();
    this.#link("down", reason);
  }

  #clearSubscribing(): void {
    if (this.#subscribing !== undefined) this.#context.scheduler.cancel(this.#subscribing);
    this.#subscribing = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isUp) return;
    this.#isUp = state === "up";
    const { account, clock } = this.#context;
    this.#context.deliver({
      kind: "connection",
      venue: "binance",
      account,
      link: "account",
      state,
      at: clock.now(),
      reason,
    });
  }
}
