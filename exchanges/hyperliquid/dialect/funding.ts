/**
 * Funding by the hour: an eighth of the rate of eight hours, on the oracle price.
 *
 * The exchange's own payments of eight hours are put off for good.
 * Source: protocol sheet section 6; MARKETS section on funding.
 * @module
 */
import { micros, money, moneyToNumber, notional, type Price } from "@/engine/domain/mod.ts";
import type { ExchangeListener, SimInstrument } from "@/exchanges/simulator/mod.ts";
import type { AccountChannels } from "./account_channels.ts";
import { hourlyRate } from "./market_info.ts";
import type { VenueState } from "./venue_state.ts";
import { floatText, type Json } from "./wire_symbols.ts";

const HOUR_US = 3_600_000_000;
const NEVER = micros(Number.MAX_SAFE_INTEGER);
const KEPT = 2_000;
const RATE_UNITS = 1e12;
/** Payments are whole millionths of a dollar. */
const CENT_PARTS = 10n ** 12n;

/** Pays funding. */
export class HourlyFunding implements ExchangeListener {
  readonly #state: VenueState;
  readonly #accounts: AccountChannels;
  readonly #due = new Map<SimInstrument, number>();

  constructor(state: VenueState, accounts: AccountChannels) {
    this.#state = state;
    this.#accounts = accounts;
  }

  onMark(sim: SimInstrument): void {
    const now = this.#state.exchange.clock.now();
    sim.nextFundingAt = NEVER;
    const due = this.#due.get(sim);
    if (due === undefined || now >= due) {
      this.#due.set(sim, (Math.floor(now / HOUR_US) + 1) * HOUR_US);
    }
    if (due !== undefined && now >= due) this.#pay(sim, due);
  }

  #pay(sim: SimInstrument, dueAt: number): void {
    const { exchange, owner, symbols, fundings, fundingHours } = this.#state;
    const symbol = symbols.of(sim);
    const rate = hourlyRate(sim.fundingRate);
    const time = Math.floor(dueAt / 1_000);
    const hours = fundingHours.get(symbol.coin) ?? [];
    hours.push([time, rate, floatText(sim.premium, 10)]);
    if (hours.length > KEPT) hours.shift();
    fundingHours.set(symbol.coin, hours);
    const parts = BigInt(Math.round(Number(rate) * RATE_UNITS));
    const { settle } = sim.instrument.terms;
    for (const user of exchange.users.values()) {
      const size = user.positions.get(sim)?.size ?? 0;
      if (size === 0) continue;
      const value = notional(sim.instrument, Math.round(sim.index) as Price, size);
      const exact = -value * parts / BigInt(RATE_UNITS);
      const amount = money(exact - exact % CENT_PARTS);
      user.walletOf(sim).add(settle, amount);
      exchange.ledger.add(exchange.ledger.flows, settle, amount);
      if (user.owner !== owner) continue;
      const funding: Json = {
        time,
        coin: symbol.coin,
        usdc: floatText(moneyToNumber(amount), 6),
        szi: symbol.size(size),
        fundingRate: rate,
        nSamples: null,
      };
      fundings.push(funding);
      if (fundings.length > KEPT) fundings.shift();
      this.#accounts.sayFunding(funding);
      this.#accounts.onAccount({ owner });
    }
  }
}
