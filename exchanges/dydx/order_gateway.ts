/**
 * OUT 2: signs requests into transactions, hands them to a node and reads its opinion of them.
 *
 *   send -> encode -> last block or time -> sign -> node's check
 *                                            |   code 0: nothing moves, the indexer will tell
 *                                            |   a no: request_refused      no answer: request_lost
 *                                            +-- wrong height or sequence: signed again, once
 *
 * 1. A request is handed in once. Only where the node has said that its height or sequence was
 *    wrong is it signed again, once.
 * 2. Code 0 is not acceptance: no order moves by it.
 * 3. A cancel lives at least as long as its order, or the order would stay.
 * 4. An amend is not sent for an order that may be over, nor with a larger total than it has: it
 *    would be a new one. One that meets a filled order is then refused by the chain.
 *
 * Source: venue sheet sections 3, 4 and 8.
 * @module
 */
import type { ClientOrderId, Instrument, Micros } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  RejectReason,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { SendOutcome } from "@/engine/ports/mod.ts";
import type { BroadcastOutcome, Chain } from "./_chain.ts";
import type { ClobMessage } from "./_clob_messages.ts";
import { type DydxContext, OnceLog } from "./_context.ts";
import { FLAG_SHORT_TERM, ORDER_FLAGS, orderUuid, subaccountUuid } from "./_order_ids.ts";
import type { InstrumentLookup } from "./_order_objects.ts";
import { type OrderTracker, SHORT_BLOCK_WINDOW, type TrackedOrder } from "./_order_tracker.ts";
import { chainSteps, clientNumberOf, encodeRequest, type WireOrder } from "./order_encoder.ts";
import { blockReport } from "./rate_limits.ts";
import { type ChainRequest, meaningOf, rejectReasonOf } from "./reject_codes.ts";
import type { Signer } from "./signer.ts";

/** Requests whose answers are about orders. */
export type OrderRequestSent = PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll;

/** A request that names one order. */
type SingleRequest = PlaceOrder | AmendOrder | CancelOrder;

/** Blocks that quotes and immediate orders may live. */
export const QUOTE_BLOCKS = 20;
export const IMMEDIATE_BLOCKS = 5;
/**
 * Each amend needs a later last block than what it replaces; beyond so many blocks ahead it waits
 * for the next one, or the end of a cancelled order would be known ever later.
 */
const AHEAD_BLOCKS_MAX = 24;
const CANCEL_BLOCKS = 10;
/** Blocks between the height we know and the one at which an amend arrives. */
const AMEND_BLOCKS = 2;
const STATEFUL_SECONDS = 90 * 86_400;
const PENDING_MAX = 512;
const BATCH_MAX = 100;
const GAS_LIMIT = 1_000_000;
/** After the block rate was exceeded: some blocks. */
const BACK_OFF_MICROS = 3_000_000;

/** One request on its way. */
interface Pending {
  readonly request: SingleRequest;
  readonly instrument: Instrument;
  readonly wire: WireOrder;
  readonly tracked: TrackedOrder | undefined;
  readonly isRetry: boolean;
}

/** What the gateway is built from. */
export interface GatewayParts {
  readonly context: DydxContext;
  readonly signer: Signer;
  readonly chain: Chain;
  readonly tracker: OrderTracker;
  readonly lookup: InstrumentLookup;
  /** Whether own events are being heard now. */
  readonly isHeard: () => boolean;
  /** Oracle price in ticks. */
  readonly oracleTicks: (instrument: Instrument) => number | undefined;
}

/** Order entry. */
export class OrderGateway {
  readonly #parts: GatewayParts;
  readonly #once: OnceLog;
  readonly #subaccountId: string;
  #pendingCount = 0;
  #isStarted = false;

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#once = new OnceLog(parts.context.log);
    const { owner, subaccountNumber } = parts.signer;
    this.#subaccountId = subaccountUuid(owner, subaccountNumber);
  }

  /** Requests without an answer yet. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  start(): void {
    this.#isStarted = true;
  }

  stop(): void {
    this.#isStarted = false;
  }

  /** Sends one order request now, or says why not. */
  send(request: OrderRequestSent): SendOutcome {
    const { lookup, chain } = this.#parts;
    const instrument = lookup.byIndex(request.instrument);
    if (!this.#isStarted || instrument === undefined || !chain.isReady) return "not_connected";
    if (this.#pendingCount >= PENDING_MAX) return "back_pressured";
    if (request.kind === "replace_order") return "not_supported";
    if (request.kind === "cancel_all") return this.#cancelAll(instrument);
    const tracked = this.#trackedFor(request, instrument);
    if (request.kind === "amend_order" && !this.#isAmendable(request, tracked)) return "sent";
    const wire = encodeRequest(request, instrument, {
      subaccountNumber: this.#parts.signer.subaccountNumber,
      oracleTicks: this.#parts.oracleTicks(instrument),
      cancelFlags: this.#flagsOf(request, instrument, tracked),
    });
    if (!wire.ok) {
      this.#once.warn(wire.error);
      return "not_supported";
    }
    const pending = { request, instrument, wire: wire.value, isRetry: false };
    return this.#submit({ ...pending, tracked: this.#enter(pending, tracked) });
  }

  /** The indexer's id of an order of ours of a kind. */
  idOf(instrument: Instrument, name: ClientOrderId, orderFlags: number): string {
    const clobPairId = instrument.terms.venueNumber ?? 0;
    return orderUuid(this.#subaccountId, { clientId: name, clobPairId, orderFlags });
  }

  #trackedFor(request: SingleRequest, instrument: Instrument): TrackedOrder | undefined {
    const { tracker } = this.#parts;
    const byName = tracker.byClientId(instrument, request.clientOrderId);
    if (byName !== undefined || request.kind === "place_order") return byName;
    return request.venueOrderId === undefined ? undefined : tracker.byId(request.venueOrderId);
  }

  /** An order that is over, or is when the amend arrives, must not be placed again under its id. */
  #isAmendable(request: AmendOrder, tracked: TrackedOrder | undefined): boolean {
    const isLive = tracked !== undefined && this.#isSurelyLive(tracked);
    const isGrowth = tracked?.size !== undefined && request.size > tracked.size;
    if (!isLive) this.#refuseLater(request, "unknown_order", "the order may be over");
    else if (isGrowth) this.#refuseLater(request, "amend_refused", "the order may not grow");
    return isLive && !isGrowth;
  }

  #isSurelyLive({ isOver, endingFor, flags, sureBlock }: TrackedOrder): boolean {
    return !isOver && endingFor === undefined && flags === FLAG_SHORT_TERM &&
      this.#parts.chain.height + AMEND_BLOCKS < sureBlock;
  }

  /** What kind of order a cancel names: as we know it, or as its venue id tells. */
  #flagsOf(
    request: SingleRequest,
    instrument: Instrument,
    tracked: TrackedOrder | undefined,
  ): number {
    if (tracked !== undefined && tracked.flags >= 0) return tracked.flags;
    if (request.kind !== "cancel_order" || request.venueOrderId === undefined) {
      return FLAG_SHORT_TERM;
    }
    const told = ORDER_FLAGS.find((flags) =>
      this.idOf(instrument, request.clientOrderId, flags) === request.venueOrderId
    );
    return told ?? FLAG_SHORT_TERM;
  }

  /** Enters a new order into the tracker before it is sent, so that no answer comes too early. */
  #enter(
    pending: Omit<Pending, "tracked">,
    tracked: TrackedOrder | undefined,
  ): TrackedOrder | undefined {
    const { request, instrument, wire } = pending;
    if (request.kind === "place_order") {
      const id = this.idOf(instrument, request.clientOrderId, wire.orderFlags);
      const order = this.#parts.tracker.open(
        id,
        instrument,
        request.clientOrderId,
        wire.orderFlags,
        this.#parts.isHeard(),
      );
      order.side = request.side;
      order.size = request.size;
      return order;
    }
    return tracked;
  }

  #submit(pending: Pending): SendOutcome {
    const expiry = this.#expiryOf(pending);
    if (expiry === undefined) return "back_pressured";
    const { message } = pending.wire;
    const sent = this.#sign(
      { ...message, fields: { ...message.fields, ...expiry } },
      pending.wire.orderFlags,
      (outcome) => this.#finish(pending, outcome),
    );
    if (sent) this.#parts.context.counters.ordersSent++;
    return sent ? "sent" : "not_supported";
  }

  /** Signs a message and hands it in; false where it cannot be signed. */
  #sign(
    message: ClobMessage,
    orderFlags: number,
    done: (outcome: BroadcastOutcome) => void,
  ): boolean {
    const { chain, signer, context } = this.#parts;
    const account = chain.account;
    if (account === undefined) return false;
    const signed = signer.sign([message], {
      accountNumber: account.accountNumber,
      sequence: orderFlags === FLAG_SHORT_TERM ? account.sequence : chain.nextNonce(),
      chainId: context.addresses.chainId,
      memo: "",
      gasLimit: GAS_LIMIT,
      authenticators: signer.authenticators,
    });
    if (!signed.ok) {
      this.#once.warn(signed.error);
      return false;
    }
    this.#pendingCount++;
    chain.broadcast(signed.value.bytes, (outcome) => {
      this.#pendingCount--;
      if (this.#isStarted) done(outcome);
    });
    return true;
  }

  /** Until when the message counts; undefined where no later block is allowed. */
  #expiryOf(pending: Pending): Readonly<Record<string, number>> | undefined {
    const { request, wire, tracked } = pending;
    const { chain } = this.#parts;
    const { height } = chain;
    if (wire.orderFlags !== FLAG_SHORT_TERM) {
      const seconds = Math.floor(chain.venueMs() / 1_000) + STATEFUL_SECONDS;
      if (request.kind === "place_order") {
        if (tracked !== undefined) tracked.goodTilTime = seconds;
        return { goodTilBlockTime: seconds };
      }
      // One day more than any order of ours, within the 95 days that are allowed.
      return { goodTilBlockTime: Math.max(seconds + 86_400, tracked?.goodTilTime ?? 0) };
    }
    const last = height + 1 + SHORT_BLOCK_WINDOW;
    if (request.kind === "cancel_order") {
      const known = tracked !== undefined && tracked.goodTilBlock > 0
        ? Math.max(tracked.goodTilBlock, height + CANCEL_BLOCKS)
        : last - 1;
      return { goodTilBlock: Math.min(known, last) };
    }
    const isImmediate = wire.message.fields["timeInForce"] === 1;
    let block = height + (isImmediate ? IMMEDIATE_BLOCKS : QUOTE_BLOCKS);
    // A replacement needs a later last block than what it replaces.
    if (request.kind === "amend_order") block = Math.max(block, (tracked?.goodTilBlock ?? 0) + 1);
    if (block > Math.min(last, height + AHEAD_BLOCKS_MAX)) return undefined;
    if (tracked !== undefined) tracked.goodTilBlock = Math.max(tracked.goodTilBlock, block);
    if (tracked !== undefined && request.kind === "place_order") tracked.sureBlock = block;
    return { goodTilBlock: block };
  }

  #finish(pending: Pending, outcome: BroadcastOutcome): void {
    if (outcome.kind === "lost") return this.#lost(pending, outcome);
    if (outcome.kind === "unavailable") {
      return this.#refused(pending, "venue_unavailable", outcome.reason, outcome.at);
    }
    const { request } = pending;
    const asked = wordOf(request);
    const { code, codespace, log, at } = outcome;
    const words = `${codespace} ${code} ${log}`.trim();
    switch (meaningOf(codespace, code, asked, log)) {
      case "accepted":
        return;
      case "height":
        if (pending.isRetry) break;
        return this.#parts.chain.refreshHeight(() => this.#retry(pending, words));
      case "sequence":
        if (pending.isRetry) break;
        return this.#parts.chain.refreshAccount(() => this.#retry(pending, words));
      case "stop":
        this.#parts.context.log.log("error", "the chain does not accept our signatures", {
          found: words,
        });
        break;
      case "rate_limited": {
        this.#parts.context.counters.rateLimited++;
        const until = (at + BACK_OFF_MICROS) as Micros;
        this.#parts.context.deliver(blockReport("short_term_5_blocks", at, until));
        break;
      }
      case "refused":
        break;
    }
    this.#refused(pending, rejectReasonOf(codespace, code, asked), words, at);
  }

  /** Signs once more what the node refused for its height or sequence; it did nothing with it. */
  #retry(pending: Pending, words: string): void {
    if (!this.#isStarted) return;
    const { request, tracked } = pending;
    if (request.kind === "amend_order" && tracked !== undefined && !this.#isSurelyLive(tracked)) {
      // By the node's height its order is over: the amend would be a new one.
      return this.#refused(pending, "unknown_order", words, this.#parts.context.clock.now());
    }
    const outcome = this.#submit({ ...pending, isRetry: true });
    if (outcome === "sent") return;
    this.#refused(pending, "timestamp", words, this.#parts.context.clock.now());
  }

  #refused(pending: Pending, reason: RejectReason, text: string, at: Micros): void {
    const { request, tracked } = pending;
    // The node's no is about this request alone; an order it had accepted before stays tracked.
    if (request.kind === "place_order" && tracked !== undefined && !tracked.isSeen) {
      this.#parts.tracker.forget(tracked);
    }
    this.#parts.context.deliver({
      kind: "request_refused",
      instrument: request.instrument,
      at,
      clientOrderId: request.clientOrderId,
      request: wordOf(request),
      reason,
      text,
    });
  }

  #lost(pending: Pending, outcome: { readonly sent: boolean; readonly reason: string }): void {
    const { request, tracked } = pending;
    const isUnsent = !outcome.sent;
    if (isUnsent && request.kind === "place_order" && tracked !== undefined && !tracked.isSeen) {
      this.#parts.tracker.forget(tracked);
    }
    this.#parts.context.deliver({
      kind: "request_lost",
      instrument: request.instrument,
      at: this.#parts.context.clock.now(),
      clientOrderId: request.clientOrderId,
      request: wordOf(request),
      outcome: isUnsent ? "not_sent" : "unknown",
      text: outcome.reason,
    });
  }

  #refuseLater(request: AmendOrder, reason: RejectReason, text: string): void {
    const { context } = this.#parts;
    context.scheduler.after(0, () => {
      if (!this.#isStarted) return;
      context.deliver({
        kind: "request_refused",
        instrument: request.instrument,
        at: context.clock.now(),
        clientOrderId: request.clientOrderId,
        request: "amend",
        reason,
        text,
      });
    });
  }

  /** Short-term orders in batches, the others one by one; the indexer tells how each ends. */
  #cancelAll(instrument: Instrument): SendOutcome {
    const chain = chainSteps(instrument);
    if (!chain.ok) return "not_supported";
    const live = this.#parts.tracker.liveOf(instrument).filter((order) =>
      clientNumberOf(order.clientOrderId) !== undefined
    );
    const short = live.filter((order) => order.flags === FLAG_SHORT_TERM);
    for (let from = 0; from < short.length; from += BATCH_MAX) {
      this.#cancelBatch(instrument, chain.value.clobPairId, short.slice(from, from + BATCH_MAX));
    }
    for (const order of live) {
      if (order.flags === FLAG_SHORT_TERM) continue;
      this.send({
        kind: "cancel_order",
        instrument: instrument.index,
        clientOrderId: order.clientOrderId,
        venueOrderId: undefined,
      });
    }
    return "sent";
  }

  #cancelBatch(instrument: Instrument, clobPairId: number, orders: readonly TrackedOrder[]): void {
    const { chain, signer, context } = this.#parts;
    const clientIds = orders.map((order) => clientNumberOf(order.clientOrderId)!);
    const latest = Math.max(...orders.map((order) => order.goodTilBlock));
    const last = chain.height + 1 + SHORT_BLOCK_WINDOW;
    const goodTilBlock = Math.min(Math.max(latest, chain.height + CANCEL_BLOCKS), last);
    const fields = {
      subaccountNumber: signer.subaccountNumber,
      shortTermCancels: [{ clobPairId, clientIds }],
      goodTilBlock,
    };
    this.#sign({ type: "MsgBatchCancel", fields }, FLAG_SHORT_TERM, (outcome) => {
      const isTaken = outcome.kind === "checked" &&
        meaningOf(outcome.codespace, outcome.code, "cancel", outcome.log) === "accepted";
      if (isTaken) return;
      const found = outcome.kind === "checked"
        ? `${outcome.codespace} ${outcome.code} ${outcome.log}`
        : outcome.reason;
      context.log.log("warn", "cancel-all was not confirmed", {
        found,
        instrument: instrument.terms.symbol,
      });
    });
  }
}

function wordOf(request: SingleRequest): ChainRequest {
  switch (request.kind) {
    case "place_order":
      return "place";
    case "amend_order":
      return "amend";
    case "cancel_order":
      return "cancel";
  }
}
