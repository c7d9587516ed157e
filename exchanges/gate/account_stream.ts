/**
 * BACK 1: the private socket of one product: own orders, fills, balances, positions.
 *
 *   down --open--> subscribing, each channel signed --all confirmed--> up --lost--> down
 *
 * 1. The link is "up" only when the venue has confirmed every channel; then the core reconciles,
 *    because nothing is replayed and the channels have no sequence.
 * 2. Futures channels name the user: a wrong one would be confirmed and stay silent, so it is asked
 *    of the venue for each connection, never assumed.
 * 3. A frame that cannot be read makes the link go down and up again, so that the core asks for the
 *    truth instead of missing a fill.
 * 4. When the venue announces that it closes the connection, another is up before it does.
 *
 * Source: venue documentation of the private channels, read 2026-09.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { WebSocketConnection } from "@/exchanges/shared/mod.ts";
import {
  idField,
  integerField,
  type JsonObject,
  objectOf,
  parseJson,
  textField,
  textOf,
} from "./_json.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { OnceLog, type ProductContext, type Session } from "./_product_context.ts";
import { type GateRest, get, wordsOf } from "./_rest.ts";
import { GateAccountDecoder } from "./account_decoder.ts";
import { channelOf, socketUrl } from "./endpoints.ts";
import { authOf, type Signer, subscribePayload } from "./signer.ts";

const SUBSCRIBE_TIMEOUT_MS = 10_000;

/** Channels by name, with their payload: undefined where there is none. */
type Channels = readonly (readonly [name: string, payload: readonly string[] | undefined])[];

const SPOT_CHANNELS: Channels = [
  ["orders", ["!all"]],
  ["usertrades", ["!all"]],
  ["balances", undefined],
  ["priceorders", ["!all"]],
];

function futuresChannels(user: string): Channels {
  return [
    ["orders", [user, "!all"]],
    ["usertrades", [user, "!all"]],
    ["balances", [user]],
    ["positions", [user, "!all"]],
    ["autoorders", [user, "!all"]],
  ];
}

/** Channels without which orders go on: what they tell is also asked for. */
const OPTIONAL = /\.(priceorders|autoorders)$/;

/** Own events of one product. */
export class AccountStream {
  readonly decoder: GateAccountDecoder;
  readonly #context: ProductContext;
  readonly #rest: GateRest;
  readonly #signer: Signer;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #awaited = new Map<number, string>();
  #nextId = 0;
  #user = "";
  #isUp = false;
  #isStopped = false;
  #timer: number | undefined;

  constructor(
    context: ProductContext,
    signer: Signer,
    rest: GateRest,
    lookup: InstrumentLookup,
  ) {
    this.#context = context;
    this.#signer = signer;
    this.#rest = rest;
    this.#once = new OnceLog(context.log);
    this.decoder = new GateAccountDecoder(lookup);
    this.#session = context.openSession({
      name: `gate ${context.product} account`,
      url: socketUrl(context.addresses.private_ws, context.product),
      handler: {
        onUp: (connection) => this.#onUp(connection),
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    this.#clearTimer();
  }

  #onUp(connection: WebSocketConnection): void {
    this.#awaited.clear();
    this.#clearTimer();
    this.#timer = this.#context.scheduler.after(SUBSCRIBE_TIMEOUT_MS, () => {
      this.#timer = undefined;
      this.#session.restart("subscription was not confirmed");
    });
    if (this.#context.product === "spot") return this.#subscribe(connection, SPOT_CHANNELS);
    if (this.#user !== "") return this.#subscribe(connection, futuresChannels(this.#user));
    this.#rest.send(get("/account/detail"), "signed", (outcome) => {
      if (this.#isStopped) return;
      const detail = outcome.kind === "ok" ? objectOf(outcome.result) ?? {} : {};
      this.#user = idField(detail, "user_id");
      if (this.#user !== "") {
        if (connection.state === "open") this.#subscribe(connection, futuresChannels(this.#user));
        return;
      }
      const found = outcome.kind === "ok" ? "an answer without it" : wordsOf(outcome);
      this.#once.warn("user id not received", { found });
      this.#session.restart("user id not received");
    });
  }

  #subscribe(connection: WebSocketConnection, channels: Channels): void {
    const time = Math.floor(this.#rest.timestampMs() / 1_000);
    for (const [name, payload] of channels) {
      const channel = channelOf(this.#context.product, name);
      const id = ++this.#nextId;
      this.#awaited.set(id, channel);
      const signature = this.#signer.sign(subscribePayload(channel, "subscribe", String(time)));
      connection.sendText(JSON.stringify({
        time,
        id,
        channel,
        event: "subscribe",
        ...(payload === undefined ? {} : { payload }),
        auth: authOf(this.#signer, signature),
      }));
    }
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const tree = parseJson(textOf(bytes, start, end));
    const frame = objectOf(tree);
    if (frame !== undefined && textField(frame, "event") === "subscribe") {
      return this.#onSubscribed(frame);
    }
    const outcome = this.decoder.decodeTree(tree, at, this.#context);
    if (this.decoder.sawRiskEnding) {
      this.#context.log.log("error", "the venue's risk engine ended an order of this account");
    }
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused();
    counters.ignoredFrames++;
    if (this.decoder.reason === "connection will close") this.#session.renew();
  }

  #onSubscribed(frame: JsonObject): void {
    const id = integerField(frame, "id") ?? 0;
    const channel = this.#awaited.get(id);
    if (channel === undefined) return;
    this.#awaited.delete(id);
    const error = objectOf(frame["error"]);
    if (error !== undefined) {
      const found = `${integerField(error, "code") ?? ""} ${textField(error, "message")}`;
      if (!OPTIONAL.test(channel)) return this.#onSubscriptionRefused(channel, found);
      this.#once.warn("subscription to conditional orders refused", { channel, found });
    }
    if (this.#awaited.size > 0) return;
    this.#clearTimer();
    this.#link("up", "subscribed");
  }

  #onSubscriptionRefused(channel: string, found: string): void {
    this.#clearTimer();
    this.#context.log.log("error", "subscription to own events refused", { channel, found });
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

  #onDown(reason: string): void {
    this.#awaited.clear();
    this.#clearTimer();
    this.#link("down", reason);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isUp) return;
    this.#isUp = state === "up";
    const { account, clock } = this.#context;
    this.#context.deliver({
      kind: "connection",
      venue: "gate",
      account,
      link: "account",
      state,
      at: clock.now(),
      reason,
    });
  }
}
