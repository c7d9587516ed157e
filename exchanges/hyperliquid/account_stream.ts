/**
 * BACK 1: the private socket: own orders, fills, positions, balances, funding.
 *
 *   socket up -> subscriptions by address -> orders and fills acknowledged -> link up
 *
 * 1. The link is "up" only when the venue acknowledged own orders and own fills; then the core
 *    reconciles, because neither channel tells what happened before.
 * 2. Fills of the past, sent after each subscription, are left to that reconciliation.
 * 3. An event that cannot be read makes the link go down and up again, so that the core asks for
 *    the truth instead of missing a fill.
 * 4. Subscriptions name an address and prove nothing: order updates do not say whose they are, so
 *    the socket serves one account.
 *
 * Source: venue documentation "Subscriptions", read 2026-09.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { fixedUrl, type WebSocketConnection } from "@/exchanges/shared/mod.ts";
import { HEARTBEAT, OnceLog, type Session, subscribeText, type VenueContext } from "./_context.ts";
import { isGreeting, objectOf, parseJson, textField, textOf } from "./_json.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { HyperliquidAccountDecoder } from "./account_decoder.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const SUBSCRIBE_TIMEOUT_MS = 10_000;
const REQUIRED: readonly string[] = ["orderUpdates", "userFills"];
const WANTED: readonly string[] = [...REQUIRED, "userEvents", "clearinghouseState", "spotState"];

/** Own events. */
export class AccountStream {
  readonly decoder: HyperliquidAccountDecoder;
  readonly #context: VenueContext;
  readonly #session: Session;
  readonly #once: OnceLog;
  readonly #awaited = new Set<string>();
  #user = "";
  #isUp = false;
  #subscribing: number | undefined;

  constructor(context: VenueContext, lookup: InstrumentLookup) {
    this.#context = context;
    this.#once = new OnceLog(context.log);
    this.decoder = new HyperliquidAccountDecoder(lookup);
    this.#session = context.openSession({
      name: "hyperliquid account",
      urlFor: fixedUrl(context.addresses.ws),
      heartbeat: HEARTBEAT,
      handler: {
        onUp: (connection) => this.#onUp(connection),
        onText: (bytes, start, end, at) => this.#onText(bytes, start, end, at),
        onDown: (reason) => this.#onDown(reason),
      },
    });
  }

  /** Follows one address: the account's own, never an agent's. */
  start(user: string): void {
    this.#user = user;
    this.#session.start();
  }

  stop(): void {
    this.#clearSubscribing();
    this.#session.stop();
  }

  /** Takes what the decoder understood. */
  deliver(event: EngineEvent): void {
    // The channel of own events repeats the fills that their own channel tells.
    const isRepeated = event.kind === "fill" && this.decoder.lastChannel === "user";
    if (!isRepeated && !this.decoder.isSnapshot) this.#context.deliver(event);
  }

  #onUp(connection: WebSocketConnection): void {
    this.#awaited.clear();
    for (const type of REQUIRED) this.#awaited.add(type);
    for (const type of WANTED) connection.sendText(subscribeText({ type, user: this.#user }));
    this.#clearSubscribing();
    this.#subscribing = this.#context.scheduler.after(SUBSCRIBE_TIMEOUT_MS, () => {
      this.#subscribing = undefined;
      this.#session.restart("subscription was not acknowledged");
    });
  }

  #onText(bytes: Uint8Array, start: number, end: number, at: Micros): void {
    const { counters } = this.#context;
    counters.messages++;
    counters.bytes += end - start;
    const text = textOf(bytes, start, end);
    if (isGreeting(text)) {
      counters.ignoredFrames++;
      return;
    }
    const tree = parseJson(text);
    const outcome = this.decoder.decodeTree(tree, at, this);
    if (outcome === "decoded") return;
    if (outcome === "refused") return this.#onRefused();
    counters.ignoredFrames++;
    if (this.decoder.lastChannel === "subscriptionResponse") return this.#onAcknowledged(tree);
    if (this.decoder.lastChannel === "error") {
      this.#once.warn("own subscription refused", { found: text.slice(0, 200) });
    } else if (this.decoder.reason === "liquidation") {
      this.#context.log.log("error", "liquidation by the venue");
    }
  }

  #onAcknowledged(tree: unknown): void {
    const subscription = objectOf(objectOf(objectOf(tree)?.["data"])?.["subscription"]);
    if (subscription === undefined) return;
    this.#awaited.delete(textField(subscription, "type"));
    if (this.#awaited.size > 0) return;
    this.#clearSubscribing();
    this.#link("up", "subscribed");
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
    this.#context.deliver({
      kind: "connection",
      venue: "hyperliquid",
      account: UNIFIED_ACCOUNT,
      link: "account",
      state,
      at: this.#context.clock.now(),
      reason,
    });
  }
}
