/**
 * Which step for which event: an exhaustive switch, one named step per kind.
 * @module
 */
import { unreachable } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { OrderManager } from "@/engine/orders/mod.ts";
import type { OutputSink } from "@/engine/ports/mod.ts";
import type { AccountSteps } from "./account_steps.ts";
import type { CommandSteps } from "./command_steps.ts";
import type { MarketSteps } from "./market_steps.ts";
import type { SessionSteps } from "./session_steps.ts";

/** Everything an event can be handed to. */
export interface EngineSteps {
  readonly market: MarketSteps;
  readonly orders: OrderManager;
  readonly accounts: AccountSteps;
  readonly commands: CommandSteps;
  readonly session: SessionSteps;
}

/** Hands one event to its step. */
export function dispatch(event: EngineEvent, steps: EngineSteps, out: OutputSink): void {
  switch (event.kind) {
    case "book_snapshot":
      return steps.market.onBookSnapshot(event, out);
    case "book_delta":
      return steps.market.onBookDelta(event, out);
    case "book_check":
      return steps.market.onBookCheck(event, out);
    case "best_bid_ask":
      return steps.market.onBestBidAsk(event, out);
    case "trade":
      return steps.market.onTrade(event, out);
    case "mark_price":
      return steps.market.onMarkPrice(event, out);
    case "funding":
      return steps.market.onFunding(event);
    case "instrument_status":
      return steps.market.onStatus(event, out);
    case "feed_interrupted":
      return steps.market.onFeedInterrupted(event, out);
    case "order":
    case "fill":
    case "request_refused":
    case "request_lost":
    case "order_not_found":
      return steps.session.onOrderEvent(event, out);
    case "balance":
      return steps.accounts.onBalance(event);
    case "position":
      // The venue's word is compared, never taken over: only executions move positions.
      return;
    case "funding_payment":
      return steps.accounts.onFundingPayment(event);
    case "account_report":
      return steps.accounts.onReport(event, out);
    case "connection":
      steps.orders.onConnection(event);
      return steps.accounts.onConnection(event, out);
    case "rate_limit":
      return steps.accounts.onRateLimit(event, out);
    case "command":
      return steps.commands.onCommand(event, out);
    case "session_started":
      return steps.session.onSessionStarted(event);
    case "instrument_defined":
      return steps.session.onInstrumentDefined(event, out);
    case "timer":
      steps.accounts.onTimer(out);
      return steps.session.onTimer(out);
    default:
      return unreachable(event);
  }
}
