/**
 * The risk gate: every request passes the rulebook, or is refused with its reason.
 *
 *   review:   request -> desk (worst case) -> rules in order -> Approved | Refused
 *   observe:  event -> shadow ledger, loss watch -> mode, kill switch
 *
 * 1. This is the only file that makes an `Approved`.
 * 2. The first refusal wins; an approval allocates nothing.
 * 3. A ledger break and a used-up loss limit latch the kill switch in the turn of their event.
 * 4. The latch opens only by an operator, and not while its cause stands.
 * Source: MARKETS.md sections 5 and 6.
 * @module
 */
import { err, type Micros, ok, type Result } from "@/engine/domain/mod.ts";
import {
  type Approved,
  type EngineEvent,
  type RiskyRequest,
  TRADING_MODES,
  type TradingMode,
} from "@/engine/messages/mod.ts";
import type {
  LedgerLine,
  MarketView,
  Refused,
  RiskCounters,
  RiskGate,
} from "@/engine/ports/mod.ts";
import {
  LOSS_HALT_FROM,
  RequestWindow,
  type RiskLimits,
  riskLimits,
  rulebook,
} from "@/risk/rules/mod.ts";
import { KillSwitch } from "./kill_switch.ts";
import { ReviewDesk } from "./review_desk.ts";
import { LossWatch } from "./risk_mode.ts";
import { ShadowLedger } from "./shadow_ledger.ts";

/** Profit is looked at on fills, marks and timers, and on other events at most this often. */
const LOSS_CHECK_EVERY_MICROS = 10_000;

/** How a gate is made. */
export interface RiskGateOptions {
  readonly limits: RiskLimits;
}

/** Builds the gate. */
export function createRiskGate(options: RiskGateOptions): RiskGate {
  return new HouseRiskGate(options.limits);
}

class HouseRiskGate implements RiskGate {
  readonly counters: RiskCounters = { refused: 0, ledgerBreaks: 0 };
  #limits: RiskLimits;
  readonly #desk: ReviewDesk;
  readonly #killSwitch = new KillSwitch();
  readonly #lossWatch = new LossWatch();
  readonly #requests = new RequestWindow();
  readonly #ledger: ShadowLedger;
  #lossCheckedAt = -LOSS_CHECK_EVERY_MICROS;

  constructor(limits: RiskLimits) {
    this.#limits = limits;
    this.#desk = new ReviewDesk(limits);
    this.#ledger = new ShadowLedger((text, now) => this.#onBreak(text, now));
  }

  get mode(): TradingMode {
    return this.#killSwitch.isTripped ? "halted" : this.#lossWatch.mode;
  }

  get modeReason(): string {
    return this.#killSwitch.isTripped ? this.#killSwitch.reason : this.#lossWatch.reason;
  }

  review<R extends RiskyRequest>(request: R, view: MarketView): Approved<R> | Refused {
    const order = this.#desk.prepare(request, view);
    order.mode = worse(view.mode, this.mode);
    order.lossUsed = this.#lossWatch.usedBy(view.profit(), this.#limits);
    order.requestsLastSecond = this.#requests.countAt(view.now);
    for (let rule = 0; rule < rulebook.length; rule++) {
      const answer = rulebook[rule]!.check(order, view, this.#limits);
      if (answer === undefined) continue;
      this.counters.refused++;
      return answer;
    }
    this.#requests.record(view.now);
    return request as Approved<R>;
  }

  observe(event: EngineEvent, view: MarketView): void {
    switch (event.kind) {
      case "fill":
        this.#ledger.onFill(event, view);
        return this.#checkLoss(view);
      case "position":
        return this.#ledger.onPosition(event, view);
      case "account_report":
        this.#ledger.onAccountReport(event, view);
        return this.#checkLoss(view);
      case "connection":
        return this.#ledger.onConnection(event);
      case "instrument_defined":
        return this.#ledger.onInstrument(event.index, view);
      case "funding_payment":
        this.#ledger.onFunding(event);
        return this.#checkLoss(view);
      case "timer":
        this.#ledger.onTimer(view, this.#limits.ledgerPatienceMs);
        return this.#checkLoss(view);
      case "mark_price":
        return this.#checkLoss(view);
      default:
        if (view.now - this.#lossCheckedAt >= LOSS_CHECK_EVERY_MICROS) this.#checkLoss(view);
    }
  }

  trip(reason: string, view: MarketView): void {
    this.#killSwitch.trip(reason, view.now);
  }

  release(by: string, view: MarketView): Result<void> {
    if (!this.#killSwitch.isTripped) return ok(undefined);
    const standing = this.#ledger.standing(view);
    if (standing !== "") {
      return err(
        `Cannot release the kill switch for ${by}: wanted agreeing books, found ${standing}`,
      );
    }
    const used = this.#lossWatch.usedBy(view.profit(), this.#limits);
    if (used >= LOSS_HALT_FROM) {
      return err(
        `Cannot release the kill switch for ${by}: wanted a loss below its limit, ` +
          `found ${Math.floor(used * 100)} % of it`,
      );
    }
    this.#killSwitch.release();
    return ok(undefined);
  }

  checkParameters(changes: Readonly<Record<string, string>>): Result<void> {
    const checked = riskLimits({ ...this.#limits.record, ...changes });
    return checked.ok ? ok(undefined) : checked;
  }

  /** Changes one limit; a value that `checkParameters` refuses changes nothing. */
  setParameters(changes: Readonly<Record<string, string>>): void {
    const checked = riskLimits({ ...this.#limits.record, ...changes });
    if (!checked.ok) return;
    this.#limits = checked.value;
    this.#desk.setLimits(checked.value);
  }

  parameters(): Readonly<Record<string, string>> {
    return this.#limits.record;
  }

  ledger(): readonly LedgerLine[] {
    return this.#ledger.lines();
  }

  #checkLoss(view: MarketView): void {
    this.#lossCheckedAt = view.now;
    const used = this.#lossWatch.update(view.profit(), this.#limits, view.now);
    if (used < LOSS_HALT_FROM || this.#killSwitch.isTripped) return;
    this.#killSwitch.trip("Loss has reached its limit", view.now);
  }

  #onBreak(text: string, now: Micros): void {
    this.counters.ledgerBreaks++;
    this.#killSwitch.trip(text, now);
  }
}

function worse(a: TradingMode, b: TradingMode): TradingMode {
  return TRADING_MODES.indexOf(a) >= TRADING_MODES.indexOf(b) ? a : b;
}
