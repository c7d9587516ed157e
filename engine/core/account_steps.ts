/**
 * What accounts and links say, and how the house comes to know what it owns.
 *
 *   private stream up -> ask for the account -> report -> reconcile -> quoting allowed
 *
 * 1. No quote stands on an account that is not reconciled since its stream came up.
 * 2. A report is asked for again until it comes, and again every `reconcileEveryMs`.
 * @module
 */
import {
  type InstrumentIndex,
  type Micros,
  MICROS_UNKNOWN,
  type Money,
  MONEY_ZERO,
} from "@/engine/domain/mod.ts";
import type {
  AccountReport,
  BalanceUpdate,
  ConnectionChanged,
  FundingPayment,
  PositionUpdate,
  RateLimitReport,
} from "@/engine/messages/mod.ts";
import { type OrderManager, RECOVERED } from "@/engine/orders/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import type { PositionKeeper } from "@/engine/portfolio/mod.ts";
import type { AccountSlot, EngineState } from "./engine_state.ts";
import type { Quoting } from "./quoting.ts";

/** How often accounts are asked. */
export interface AccountTimes {
  /** 0: only after a stream came up. */
  readonly reconcileEveryMs: number;
  /** An unanswered question is asked again after this. */
  readonly reportTimeoutMs: number;
}

/** Parts the steps work on. */
export interface AccountParts {
  readonly state: EngineState;
  readonly orders: OrderManager;
  readonly positions: PositionKeeper;
  readonly quoting: Quoting;
  readonly times: AccountTimes;
  readonly markOf: (instrument: InstrumentIndex) => Money | undefined;
}

/** Account events to state. */
export class AccountSteps {
  readonly #parts: AccountParts;

  constructor(parts: AccountParts) {
    this.#parts = parts;
  }

  onConnection(event: ConnectionChanged, out: OutputSink): void {
    const { state } = this.#parts;
    const venue = state.venue(event.venue);
    if (venue === undefined) return;
    if (event.link === "market") {
      venue.isUp = event.state === "up";
      for (const slot of state.instruments) {
        if (slot?.venue === venue && venue.isUp) slot.feed.onConnected(state.now);
      }
    } else if (event.link === "account" && event.account !== undefined) {
      const account = state.account(event.account);
      if (account !== undefined) this.#followStream(account, event, out);
    }
    if (event.state === "down") {
      out.emit({
        kind: "alert",
        severity: "warning",
        code: "connection_down",
        text: `${event.venue} ${event.link} link is down: ${event.reason}`,
      });
    }
  }

  onBalance(event: BalanceUpdate): void {
    this.#parts.positions.onBalance(event);
  }

  onFundingPayment(event: FundingPayment): void {
    this.#parts.positions.onFunding(event);
  }

  onRateLimit(event: RateLimitReport, out: OutputSink): void {
    const { state } = this.#parts;
    const venue = state.venue(event.venue);
    if (venue === undefined) return;
    venue.budget.onReport(event);
    if (event.blockedUntil > state.now) {
      const seconds = Math.ceil((event.blockedUntil - state.now) / 1e6);
      out.emit({
        kind: "alert",
        severity: "warning",
        code: "rate_limited",
        text: `${event.venue} asks for silence for ${seconds} s${event.rule && ` (${event.rule})`}`,
      });
    }
  }

  /**
   * Whether a report was asked for before an instrument's grids changed: its parts may have been
   * read on either. It is not taken; the account is asked anew.
   */
  isMixed(event: AccountReport, out: OutputSink): boolean {
    const account = this.#parts.state.account(event.account);
    if (account === undefined || event.askedAt > account.regriddedAt) return false;
    account.askedAt = MICROS_UNKNOWN;
    if (account.streamUp) this.#ask(account, out);
    return true;
  }

  /** The account's whole truth: orders reconcile, balances and opening positions are taken over. */
  onReport(event: AccountReport, out: OutputSink): void {
    const { state, orders, positions, quoting } = this.#parts;
    const account = state.account(event.account);
    if (account === undefined) return;
    orders.onAccountReport(event);
    for (const balance of event.balances) positions.onBalance(balance);
    if (account.reportedAt === MICROS_UNKNOWN) this.#adopt(event.positions);
    const first = !account.reconciled;
    account.reportedAt = state.now;
    if (event.askedAt >= account.askedAt || !account.streamUp) account.askedAt = MICROS_UNKNOWN;
    if (account.streamUp && event.askedAt >= account.upSince) account.reconciled = true;
    if (first && account.reconciled) {
      out.emit({
        kind: "alert",
        severity: "info",
        code: "reconciled",
        text: `${event.account}: ${event.openOrders.length} open orders, ` +
          `${event.positions.filter((one) => one.size !== 0).length} positions, ` +
          `${event.fills.length} recent fills taken over`,
      });
    }
    quoting.syncAll(out);
  }

  /** Positions that were there before us: their size is known, their attribution is not. */
  #adopt(found: readonly PositionUpdate[]): void {
    const { positions } = this.#parts;
    for (const position of found) {
      const book = positions.book(position.instrument);
      if (book === undefined || position.size === 0 || book.position.fills > 0) continue;
      const average = position.averagePrice ?? this.#parts.markOf(position.instrument);
      positions.adopt(position.instrument, RECOVERED, position.size, average ?? MONEY_ZERO);
    }
  }

  /** Asks for reports that are due. */
  onTimer(out: OutputSink): void {
    const { state, times } = this.#parts;
    for (const account of state.accounts) {
      if (!account.streamUp) continue;
      if (this.#isDue(account, state.now, times)) this.#ask(account, out);
    }
  }

  #isDue(account: AccountSlot, now: Micros, times: AccountTimes): boolean {
    if (account.askedAt > 0) return now - account.askedAt >= times.reportTimeoutMs * 1_000;
    if (!account.reconciled) return true;
    return times.reconcileEveryMs > 0 &&
      now - account.reportedAt >= times.reconcileEveryMs * 1_000;
  }

  #followStream(account: AccountSlot, event: ConnectionChanged, out: OutputSink): void {
    account.streamUp = event.state === "up";
    account.reconciled = false;
    account.askedAt = MICROS_UNKNOWN;
    if (account.streamUp) account.upSince = this.#parts.state.now;
    if (account.streamUp) this.#ask(account, out);
    else this.#parts.quoting.syncAll(out);
  }

  #ask(account: AccountSlot, out: OutputSink): void {
    const { state } = this.#parts;
    const venue = state.venue(account.venue);
    if (venue === undefined) return;
    if (!venue.budget.tryTake("query_account", account.key, state.now)) return;
    account.askedAt = state.now;
    out.emit({ kind: "query_account", account: account.key });
  }
}
