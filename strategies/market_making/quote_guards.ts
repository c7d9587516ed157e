/**
 * Reasons to pull a side or both, and to stand further away.
 *
 * 1. Each guard enters at one threshold and leaves at a lower one, so that it does not flutter.
 * 2. The verdict is read from the fields after `judge`; reasons are constant texts.
 * Source: MARKETS.md section 3, "Guards", and section 5, the table of modes.
 * @module
 */
import type { Instrument, Side } from "@/engine/domain/mod.ts";
import type { TradingMode } from "@/engine/messages/mod.ts";
import type { MarketView } from "@/engine/ports/mod.ts";
import type { RealizedVolatility, TradeFlow } from "@/strategies/signals/mod.ts";
import type { MarketMakerOptions } from "./market_making_parameters.ts";

/** Leaves the widened state below this share of its ratio. */
const WIDEN_LEAVE = 0.8;
/** What caution does: wider quotes of half the size (MARKETS.md section 5). */
const CAUTION_WIDENING = 1.5;
const CAUTION_SIZE = 0.5;

/** One instrument's guards. */
export class QuoteGuards {
  /** Whether a side may be quoted at all. */
  buy = false;
  sell = false;
  /** Only what shrinks the position may be quoted. */
  reduceOnly = false;
  /** Factor on the half-spread and on sizes. */
  widening = 1;
  sizing = 1;
  /** Why less than everything is quoted; empty when nothing holds us back. */
  reason = "";
  #volatilityState: "calm" | "wide" | "pulled" = "calm";
  #sweptBuyUntil = 0;
  #sweptSellUntil = 0;
  #fundingAt = 0;
  #fundingRate = 0;

  /** A taker order went through several levels: its hit side rests for a moment. */
  onTrade(flow: TradeFlow, options: MarketMakerOptions, now: number): boolean {
    if (options.sweepLevels === 0 || flow.takerLevels < options.sweepLevels) return false;
    const until = now + options.sweepPauseMs * 1_000;
    // Who buys aggressively hits the asks.
    if (flow.takerSide === "buy") this.#sweptSellUntil = until;
    else this.#sweptBuyUntil = until;
    return true;
  }

  /** Decides for this moment. */
  judge(
    instrument: Instrument,
    options: MarketMakerOptions,
    view: MarketView,
    fast: RealizedVolatility,
    slow: RealizedVolatility,
  ): void {
    this.buy = true;
    this.sell = true;
    this.reduceOnly = false;
    this.widening = 1;
    this.sizing = 1;
    this.reason = "";
    this.#judgeMode(view.mode);
    if (view.status(instrument.index) !== "trading") this.#pullBoth("instrument not trading");
    if (!view.isAccountReady(instrument.terms.account)) this.#pullBoth("account not ready");
    this.#judgeVolatility(options, fast, slow);
    if (view.now < this.#sweptBuyUntil) this.#pull("buy", "swept");
    if (view.now < this.#sweptSellUntil) this.#pull("sell", "swept");
    this.#judgeFunding(instrument, options, view);
  }

  #judgeMode(mode: TradingMode): void {
    if (mode === "paused" || mode === "halted") this.#pullBoth(mode);
    else if (mode === "reduce_only") {
      this.reduceOnly = true;
      this.reason = mode;
    } else if (mode === "caution") {
      this.widening *= CAUTION_WIDENING;
      this.sizing *= CAUTION_SIZE;
      this.reason = mode;
    }
  }

  #judgeVolatility(
    options: MarketMakerOptions,
    fast: RealizedVolatility,
    slow: RealizedVolatility,
  ): void {
    if (!fast.ready || !slow.ready) return;
    const ratio = fast.sigmaBp / slow.sigmaBp;
    const wide = options.volatilityWidenRatio;
    if (ratio > options.volatilityPullRatio) this.#volatilityState = "pulled";
    else if (this.#volatilityState === "pulled" && ratio < wide) this.#volatilityState = "wide";
    else if (this.#volatilityState === "calm" && ratio > wide) this.#volatilityState = "wide";
    if (this.#volatilityState === "wide" && ratio < wide * WIDEN_LEAVE) {
      this.#volatilityState = "calm";
    }
    if (this.#volatilityState === "pulled") this.#pullBoth("volatility");
    else if (this.#volatilityState === "wide") this.widening *= 2;
  }

  /** Around a payment no quote increases the position that pays: longs pay a positive rate. */
  #judgeFunding(instrument: Instrument, options: MarketMakerOptions, view: MarketView): void {
    if (instrument.terms.product !== "perpetual") return;
    const now = view.now;
    const nextAt = view.fundingAt(instrument.index);
    // After the payment the venue already tells the next one: the past one is remembered here.
    if (nextAt > now && now >= nextAt - options.fundingBeforeMs * 1_000) {
      this.#fundingAt = nextAt;
      this.#fundingRate = view.fundingRate(instrument.index);
    }
    if (this.#fundingAt === 0) return;
    if (now > this.#fundingAt + options.fundingAfterMs * 1_000) {
      this.#fundingAt = 0;
      return;
    }
    const position = view.position(instrument.index);
    if (this.#fundingRate > 0 && position >= 0) this.#pull("buy", "funding");
    if (this.#fundingRate < 0 && position <= 0) this.#pull("sell", "funding");
  }

  #pull(side: Side, reason: string): void {
    if (side === "buy") this.buy = false;
    else this.sell = false;
    this.reason = reason;
  }

  #pullBoth(reason: string): void {
    this.buy = false;
    this.sell = false;
    this.reason = reason;
  }
}
