/**
 * What must hold in every simulated moment. Each checker is a small object; each has a planted bug
 * in `tests/simulation/canary_test.ts` that it must catch.
 *
 * 1. Checkers only read: the engine, and the venues' own truth.
 * 2. A violation names the rule, the instrument and both sides of the disagreement.
 * 3. What takes a moment by nature (cancels on their way) has a stated grace in virtual time.
 * @module
 */
import type { Engine, InstrumentSlot } from "@/engine/core/mod.ts";
import type { InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { VenueTruth } from "@/engine/ports/mod.ts";

/** Takes what is wrong. */
export type Complain = (text: string) => void;

/** Grace for cancels to leave and requests to be answered. */
const QUOTE_GRACE_MICROS = 250_000;
/** DESIGN section 5: every unknown order resolves within this of the venue being reachable. */
const UNRESOLVED_MICROS_MAX = 30_000_000;

/** No resting quote of ours on a book nobody can vouch for. */
export class QuoteOnBadBook {
  readonly #since = new Map<InstrumentIndex, Micros>();

  check(engine: Engine, complain: Complain): void {
    for (const slot of engine.state.instruments) {
      if (slot !== undefined) this.#checkSlot(engine, slot, complain);
    }
  }

  #checkSlot(engine: Engine, slot: InstrumentSlot, complain: Complain): void {
    if (slot.feed.isUsable) {
      this.#since.delete(slot.index);
      return;
    }
    const now = engine.state.now;
    // While the venue bans us nothing may be said, cancels neither; while its private stream is
    // away it may be that nobody hears us. The grace begins when that is over.
    const mayCancel = slot.account.streamUp &&
      slot.venue.budget.availableFor("cancel_order", slot.account.key, now) >= 1;
    if (!mayCancel || !hasQuietQuote(engine, slot)) {
      this.#since.delete(slot.index);
      return;
    }
    const since = this.#since.get(slot.index);
    if (since === undefined) this.#since.set(slot.index, now);
    else if (now - since > QUOTE_GRACE_MICROS) {
      this.#since.set(slot.index, now);
      complain(`${slot.instrument.key}: a quote rests on a book that is ${slot.feed.state}`);
    }
  }
}

function hasQuietQuote(engine: Engine, slot: InstrumentSlot): boolean {
  let found = false;
  engine.orders.forEachOrder(slot.index, (order) => {
    if (order.isQuote && (order.state === "new" || order.state === "partially_filled")) {
      found = true;
    }
  });
  return found;
}

/** A usable book is never crossed and equals the venue's at the same sequence. */
export function checkBook(
  engine: Engine,
  slot: InstrumentSlot,
  truth: VenueTruth | undefined,
  complain: Complain,
): void {
  if (!slot.feed.isUsable) return;
  const { book, instrument } = slot;
  if (book.isCrossed || book.isLocked) {
    complain(`${instrument.key}: usable book is crossed at ${book.bestBid}/${book.bestAsk}`);
  }
  const touch = truth?.touchAt(slot.index, book.sequence);
  if (touch === undefined) return;
  const ours = {
    bid: instrument.priceValue(book.bestBid),
    bidSize: instrument.sizeValue(book.bestBidSize),
    ask: instrument.priceValue(book.bestAsk),
    askSize: instrument.sizeValue(book.bestAskSize),
  };
  const same = isNear(ours.bid, touch.bid) && isNear(ours.bidSize, touch.bidSize) &&
    isNear(ours.ask, touch.ask) && isNear(ours.askSize, touch.askSize);
  if (same) return;
  complain(
    `${instrument.key}: at ${book.sequence} our touch is ${ours.bidSize}@${ours.bid} / ` +
      `${ours.askSize}@${ours.ask}, the venue's ${touch.bidSize}@${touch.bid} / ` +
      `${touch.askSize}@${touch.ask} (t ${engine.state.now})`,
  );
}

/** Equal but for the last bits of a float. */
function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b));
}

/** Every placed order is in exactly one place; ledgers agree; own orders do not meet. */
export function checkAccounts(engine: Engine, complain: Complain): void {
  const counted = engine.orders.counters;
  const ended = counted.filled + counted.cancelled + counted.rejected + counted.expired;
  if (counted.placed !== ended + counted.inFlight + counted.open) {
    complain(
      `orders: ${counted.placed} placed, ${ended} ended, ${counted.inFlight} in flight, ` +
        `${counted.open} open`,
    );
  }
  if (engine.risk.counters.ledgerBreaks > 0) {
    complain(`ledger: ${engine.risk.counters.ledgerBreaks} breaks`);
  }
  for (const line of engine.risk.ledger()) {
    const held = engine.positions.size(line.instrument as InstrumentIndex);
    if (held !== line.size) {
      complain(`position ${line.instrument}: portfolio ${held} lots, shadow ledger ${line.size}`);
    }
  }
}

/** Our resting buys stay below our resting sells. */
export function checkSelfCross(engine: Engine, slot: InstrumentSlot, complain: Complain): void {
  const bid = engine.orders.ownBest(slot.index, "buy");
  const ask = engine.orders.ownBest(slot.index, "sell");
  if (bid > 0 && ask > 0 && bid >= ask) {
    complain(`${slot.instrument.key}: own bid ${bid} meets own ask ${ask}`);
  }
}

/** No order stays unknown for longer than the venue can be asked. */
export function checkResolution(engine: Engine, complain: Complain): void {
  const since = engine.orders.unresolvedSince();
  if (since === 0) return;
  const { now } = engine.state;
  // Accounts without an instrument of this run have no stream; they excuse nothing.
  const askableSince = engine.state.instruments.map((slot) =>
    slot === undefined ? 0 : askableSinceOf(slot, now)
  );
  const waited = now - Math.max(since, ...askableSince);
  if (waited > UNRESOLVED_MICROS_MAX) complain(`an order is unresolved for ${waited / 1e6} s`);
}

/** Since when the instrument's venue may be asked: its stream up and reconciled, no ban in
 * force. */
function askableSinceOf(slot: InstrumentSlot, now: Micros): number {
  const { account, venue: { budget } } = slot;
  if (!account.streamUp || !account.reconciled) return now;
  const bans = budget.status(now).map((rule) => rule.blockedUntil);
  return Math.max(account.upSince, budget.blockedUntil, ...bans);
}

/** At rest, what we believe of a venue is what the venue holds. */
export function checkAgainstVenue(engine: Engine, truth: VenueTruth, complain: Complain): void {
  const account = truth.account();
  const ours = engine.orders.unsettled().filter((order) =>
    !order.isTerminal && engine.state.slot(order.instrument)?.venue.id === truth.venue
  );
  const theirs = new Set(account.openOrders);
  for (const order of ours) {
    if (!theirs.delete(order.clientOrderId)) {
      complain(`${truth.venue}: order ${order.clientOrderId} is ${order.state} here, gone there`);
    }
  }
  for (const orphan of theirs) {
    complain(`${truth.venue}: order ${orphan} rests there, unknown here`);
  }
  for (const position of account.positions) {
    const slot = engine.state.slot(position.instrument);
    const held = slot?.instrument.sizeValue(engine.positions.size(position.instrument)) ?? 0;
    if (!isNear(held, position.size)) {
      complain(`${truth.venue}: position ${position.instrument} is ${position.size}, ours ${held}`);
    }
  }
  for (const id of account.sentTwice) complain(`${truth.venue}: order ${id} was sent twice`);
  for (const asset of account.imbalances) {
    complain(`${truth.venue}: money of ${asset} is not conserved`);
  }
}

/** Whether an event can change orders or accounts: then those checkers run too. */
export function touchesOrders(event: EngineEvent): boolean {
  switch (event.kind) {
    case "order":
    case "fill":
    case "request_refused":
    case "request_lost":
    case "order_not_found":
    case "account_report":
    case "position":
    case "command":
      return true;
    default:
      return false;
  }
}
