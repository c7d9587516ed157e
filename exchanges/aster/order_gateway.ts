/**
 * OUT 2: sends requests over REST, the only way the venue offers, and pairs the answers.
 *
 *   send -> encode -> sign -> REST -> answer -> events
 *                               | no answer, or one that leaves it open -> request_lost: ask
 *
 * 1. A request is sent once; cancels go over connections of their own.
 * 2. The link is up while the venue answers: it goes down when nothing can be sent, and up again
 *    when the venue's clock answers; it is asked at once when the private socket is back.
 * 3. What is on its way is bounded; at the bound `send` answers `back_pressured`.
 * 4. A confirmed cancel-all moves no order: each order's own event does.
 * @module
 */
import type { Instrument, Micros } from "@/engine/domain/mod.ts";
import type { ArmDeadMan, RequestLost } from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import { ReconnectBackoff } from "@/exchanges/shared/mod.ts";
import { LinkTeller, OnceLog, type ProductContext } from "./_context.ts";
import { Fields } from "./_fields.ts";
import { type AccountBook, answeredOrder } from "./_order_objects.ts";
import { type AsterRest, type Outcome, type VenueError, wordsOf } from "./_rest.ts";
import {
  type EncodableRequest,
  encodeDeadMan,
  encodeRequest,
  type WireRequest,
} from "./order_encoder.ts";
import { rejectReasonOf } from "./reject_codes.ts";

const PENDING_MAX = 256;
const WORDS = {
  place_order: "place",
  amend_order: "amend",
  replace_order: "replace",
  cancel_order: "cancel",
} as const;

type NamedRequest = Exclude<EncodableRequest, { kind: "cancel_all" }>;

/** Order entry of one product. */
export class OrderGateway {
  readonly #context: ProductContext;
  readonly #rest: AsterRest;
  readonly #book: AccountBook;
  readonly #once: OnceLog;
  readonly #link: LinkTeller;
  readonly #backoff: ReconnectBackoff;
  #pending = 0;
  #isRunning = false;
  #isProbing = false;
  #timer: number | undefined;

  constructor(context: ProductContext, rest: AsterRest, book: AccountBook) {
    this.#context = context;
    this.#rest = rest;
    this.#book = book;
    this.#once = new OnceLog(context.log);
    this.#link = new LinkTeller(context, "orders");
    this.#backoff = new ReconnectBackoff(context.random);
  }

  start(): void {
    this.#isRunning = true;
    this.#probe();
  }

  stop(): void {
    this.#isRunning = false;
    if (this.#timer !== undefined) this.#context.scheduler.cancel(this.#timer);
  }

  /** The venue answered elsewhere: no pause is worth its while, cancels may be waiting. */
  wake(): void {
    if (!this.#isRunning || this.#link.isUp || this.#timer === undefined) return;
    this.#context.scheduler.cancel(this.#timer);
    this.#timer = undefined;
    this.#isProbing = false;
    this.#backoff.reset();
    this.#probe();
  }

  /** Sends one order request now, or says why not. */
  send(request: EncodableRequest): SendOutcome {
    const instrument = this.#book.at(request.instrument);
    if (!this.#link.isUp || instrument === undefined) return "not_connected";
    if (this.#pending >= PENDING_MAX) return "back_pressured";
    const wire = encodeRequest(request, instrument, this.#context.generation);
    if (!wire.ok) {
      this.#once.warn(wire.error);
      return "not_supported";
    }
    this.#context.counters.ordersSent++;
    this.#transmit(wire.value, (outcome) => {
      if (request.kind !== "cancel_all") this.#answer(request, instrument, outcome);
      else if (outcome.kind !== "ok") {
        this.#context.log.log("warn", "cancel-all was not confirmed", { found: wordsOf(outcome) });
      }
    });
    return "sent";
  }

  /** Arms the countdown of futures; spot has none. */
  armDeadMan(request: ArmDeadMan): SendOutcome {
    const instrument = this.#book.at(request.instrument);
    if (!this.#link.isUp || instrument === undefined) return "not_connected";
    const wire = encodeDeadMan(request, instrument);
    if (wire === undefined) return "not_supported";
    this.#transmit(wire, (outcome) => {
      if (outcome.kind !== "ok") this.#once.warn("countdown was not set", wordsOf(outcome));
    });
    return "sent";
  }

  #transmit(wire: WireRequest, done: (outcome: Outcome) => void): void {
    this.#pending++;
    const isOrder = wire.name === "order" && wire.method !== "DELETE";
    this.#rest.send(isOrder ? "orders" : "cancels", wire, (outcome) => {
      this.#pending--;
      if (!this.#isRunning) return;
      if (outcome.kind === "lost" && !outcome.sent) {
        this.#link.tell(false, outcome.reason);
        this.#probe();
      }
      done(outcome);
    });
  }

  /** Asks for the venue's time until it is told. */
  #probe(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#rest.measureClock((isReached) => {
      this.#isProbing = false;
      if (!this.#isRunning) return;
      if (isReached) {
        this.#backoff.reset();
        return this.#link.tell(true, "the venue answers");
      }
      this.#isProbing = true;
      this.#timer = this.#context.scheduler.after(this.#backoff.nextMs(), () => {
        this.#timer = undefined;
        this.#isProbing = false;
        this.#probe();
      });
    });
  }

  #answer(request: NamedRequest, instrument: Instrument, outcome: Outcome): void {
    const at = outcome.kind === "ok" ? outcome.at : this.#context.clock.now();
    if (outcome.kind === "lost") {
      return this.#lost(request, outcome.sent ? "unknown" : "not_sent", outcome.reason, at);
    }
    if (outcome.kind === "error") return this.#refused(request, outcome, at);
    const order = Fields.of(outcome.tree);
    const update = order === undefined ? undefined : answeredOrder(order, instrument, at, "answer");
    if (update === undefined) {
      // A yes that does not say to what: the order may stand.
      return this.#lost(request, "unknown", "answer is not readable", at);
    }
    if (update.venueOrderId !== undefined) {
      this.#book.remember(instrument, update.venueOrderId, update.clientOrderId);
    }
    this.#context.deliver(update);
  }

  #refused(request: NamedRequest, error: VenueError, at: Micros): void {
    const { meaning, code, message } = error;
    const text = wordsOf(error);
    // -4225: an earlier copy may have been taken under the nonce.
    const isOpen = meaning === "unknown" || (meaning === "resync" && code === -4225);
    if (isOpen) return this.#lost(request, "unknown", text, at);
    this.#context.deliver({
      kind: "request_refused",
      instrument: request.instrument,
      at,
      clientOrderId: request.clientOrderId,
      request: WORDS[request.kind],
      reason: meaning === "blocked" ? "rate_limited" : rejectReasonOf(code, message),
      text,
    });
  }

  #lost(
    request: NamedRequest,
    outcome: RequestLost["outcome"],
    text: string,
    at: Micros,
  ): void {
    this.#context.deliver({
      kind: "request_lost",
      instrument: request.instrument,
      at,
      clientOrderId: request.clientOrderId,
      request: WORDS[request.kind],
      outcome,
      text,
    });
  }
}
