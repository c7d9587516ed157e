/**
 * Funding payments from the one place where the venue tells them: a position's running total.
 *
 * 1. A payment is the difference between two totals of one position; the first total seen of a
 *    position that was open before us is only a beginning.
 * 2. Above zero is received: `netFunding` adds to the position's profit.
 *
 * Source: indexer `funding` helpers, read 2026-09; the sign is not in the sheet.
 * @module
 */
import {
  fillId,
  type Instrument,
  type Micros,
  type Money,
  money,
  moneyFromText,
} from "@/engine/domain/mod.ts";
import type { FundingPayment } from "@/engine/messages/mod.ts";
import { decimalField, type JsonObject, textField } from "@/exchanges/kit/mod.ts";
import { COLLATERAL, DYDX_ACCOUNT } from "./instruments.ts";

const POSITIONS_MAX = 1_024;

/** Remembers each position's total. */
export class FundingWatch {
  readonly #totals = new Map<string, Money>();
  /** Markets that were open when we began to listen. */
  readonly #openBefore = new Set<string>();
  #isListening = false;

  /** The markets that a snapshot shows open. */
  noteOpen(tickers: readonly string[]): void {
    this.#isListening = true;
    for (const ticker of tickers) this.#openBefore.add(ticker);
  }

  /** The payment that a position's update tells of, if any. */
  paymentIn(
    position: JsonObject,
    instrument: Instrument,
    at: Micros,
  ): FundingPayment | undefined {
    const id = textField(position, "positionId");
    const total = moneyFromText(decimalField(position, "netFunding"));
    if (id === "" || !total.ok) return undefined;
    const before = this.#totals.get(id) ?? this.#first(instrument.terms.venueSymbol);
    this.#remember(id, total.value);
    if (before === undefined || before === total.value) return undefined;
    return {
      kind: "funding_payment",
      account: DYDX_ACCOUNT,
      instrument: instrument.index,
      at,
      venueAt: 0 as Micros,
      asset: COLLATERAL,
      amount: money(total.value - before),
      paymentId: fillId(`${id}:${decimalField(position, "netFunding")}`),
    };
  }

  /** A position that was opened while we listened began with no funding. */
  #first(ticker: string): Money | undefined {
    if (!this.#isListening || this.#openBefore.delete(ticker)) return undefined;
    return money(0n);
  }

  #remember(id: string, total: Money): void {
    if (!this.#totals.has(id) && this.#totals.size >= POSITIONS_MAX) {
      const oldest = this.#totals.keys().next();
      if (!oldest.done) this.#totals.delete(oldest.value);
    }
    this.#totals.set(id, total);
  }
}
