/**
 * BACK 1: the socket of our subaccount: own orders, fills, balances, positions, and the blocks that
 * end short-term orders.
 *
 *   down --connected--> subscribing --subscribed--> up --message missing, no block--> anew
 *
 * 1. The link is "up" only when the venue has confirmed the subscription; then the core reconciles.
 * 2. A missing message, or one that cannot be read, may have held a fill: the link goes down and
 *    comes up again, so that the core asks for the truth.
 *
 * Source: venue sheet sections 2 and 5.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import {
  BLOCK_SILENCE_MS,
  type DydxContext,
  HEARTBEAT,
  OnceLog,
  type Session,
  SUBSCRIBE_TIMEOUT_MS,
  subscription,
} from "./_context.ts";
import { DydxAccountDecoder } from "./account_decoder.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import type { OrderTracker } from "./_order_tracker.ts";
import { DYDX_ACCOUNT } from "./instruments.ts";
import type { Signer } from "./signer.ts";

const WATCH_MS = 1_000;

/** Own events of one subaccount. */
export class AccountStream {
  readonly decoder: DydxAccountDecoder;
  readonly #context: DydxContext;
  readonly #id: string;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #onHeight: (height: number) => void;
  #isUp = false;
  #isStopped = false;
  #openedAt = 0;
  #heardBlockAt = 0;
  #timer: number | undefined;

  constructor(
    context: DydxContext,
    signer: Signer,
    lookup: InstrumentLookup,
    tracker: OrderTracker,
    onHeight: (height: number) => void,
  ) {
    this.#context = context;
    this.#id = `${signer.owner}/${signer.subaccountNumber}`;
    this.#once = new OnceLog(context.log);
    this.#onHeight = onHeight;
    this.decoder = new DydxAccountDecoder(lookup, tracker);
    this.#session = context.openSession({
      name: "dydx account",
      urlFor: fixedUrl(context.addresses.privateSocket),
      heartbeat: HEARTBEAT,
      handler: {
        onUp: () => this.#onUp(),
        onText: (bytes, start, end, at, connection) =>
          this.#onText(bytes, start, end, at, connection),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  /** Own events are being heard. */
  get isHeard(): boolean {
    return this.#isUp;
  }

  start(): void {
    this.#session.start();
  }

  stop(): void {
    this.#isStopped = true;
    this.#session.stop();
    this.#clearTimer();
  }

  #onUp(): void {
    this.decoder.beginConnection();
    this.#openedAt = this.#context.clock.now();
    this.#heardBlockAt = this.#openedAt;
    this.#watch();
  }

  #subscribe(connection: WebSocketConnection): void {
    this.decoder.noteRequest();
    connection.sendText(subscription("subscribe", "v4_subaccounts", this.#id));
    this.decoder.noteRequest();
    connection.sendText(subscription("subscribe", "v4_block_height"));
  }

  #onText(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    connection: WebSocketConnection,
  ): void {
    const { counters } = this.#context;
    const { decoder } = this;
    counters.messages++;
    counters.bytes += end - start;
    const outcome = decoder.decode(bytes, start, end, at, this.#context);
    if (outcome === "ignored") counters.ignoredFrames++;
    if (decoder.isLoss) {
      this.#once.warn("a message of the account socket is missing");
      this.#session.restart("message missing");
      return;
    }
    if (outcome === "refused") return this.#onRefused();
    if (decoder.lastType === "connected") return this.#subscribe(connection);
    if (decoder.lastType === "error") {
      this.#once.warn(`subscription to own events refused: ${decoder.errorText}`);
    }
    if (decoder.lastChannel === "v4_block_height") {
      this.#heardBlockAt = at;
      this.#onHeight(decoder.tracker.height);
    }
    const isConfirmed = decoder.lastType === "subscribed" &&
      decoder.lastChannel === "v4_subaccounts";
    if (isConfirmed) this.#link("up", "subscribed");
  }

  /** A frame that may have held a fill: the core must ask the venue. */
  #onRefused(): void {
    this.#context.counters.refusedFrames++;
    this.#once.warn(`account frame refused: ${this.decoder.reason}`);
    this.decoder.tracker.noteInterruption();
    if (!this.#isUp) return;
    this.#link("down", "refused frame");
    this.#link("up", "reconcile");
  }

  #watch(): void {
    if (this.#timer !== undefined || this.#isStopped) return;
    this.#timer = this.#context.scheduler.after(WATCH_MS, () => {
      this.#timer = undefined;
      if (!this.#session.up) return;
      const now = this.#context.clock.now();
      if (!this.#isUp && now - this.#openedAt >= SUBSCRIBE_TIMEOUT_MS * 1_000) {
        this.#session.restart("subscription was not confirmed");
      } else if (now - this.#heardBlockAt >= BLOCK_SILENCE_MS * 1_000) {
        this.#session.restart("no block for too long");
      } else this.#watch();
    });
  }

  #onDown(reason: string): void {
    this.#clearTimer();
    this.decoder.tracker.noteInterruption();
    this.#link("down", reason);
  }

  #clearTimer(): void {
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
  }

  #link(state: "up" | "down", reason: string): void {
    if ((state === "up") === this.#isUp) return;
    this.#isUp = state === "up";
    this.#context.deliver({
      kind: "connection",
      venue: "dydx",
      account: DYDX_ACCOUNT,
      link: "account",
      state,
      at: this.#context.clock.now(),
      reason,
    });
  }
}
