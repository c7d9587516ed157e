/**
 * `FeeSign`: whether a fee above zero is charged or paid out, learnt before it is believed.
 *
 * The venue's documentation shows one futures fee below zero and does not say what the sign means.
 * So a fee's sign is taken as unknown until one of two things has shown it:
 *
 *   a taker's fill    the venue pays nobody for taking: the sign of that fee is the sign of charges
 *   a wallet change   wallet after = wallet before + realised profit - fee, at one transaction time
 *
 * 1. Until then a maker's fee is not said (`undefined`); nothing is assumed.
 * 2. Evidence is only taken where it can mean one thing; what it contradicts stays as learnt.
 * 3. What is remembered is bounded.
 * @module
 */
import { type Liquidity, type Micros, type Money, money } from "@/engine/domain/mod.ts";

const INSTANTS_MAX = 16;

/** What is known of one instant: the wallet's change, and what fills at it realised and cost. */
interface Evidence {
  change: bigint | undefined;
  profit: bigint;
  fees: bigint;
  fills: number;
}

/** The sign of fees on one channel. */
export class FeeSign {
  /** 1: above zero is charged; -1: below zero is; 0: not known. */
  #sign: 1n | -1n | 0n;
  readonly #wallets = new Map<string, Money>();
  readonly #instants = new Map<string, Evidence>();

  constructor(isDocumented: boolean) {
    this.#sign = isDocumented ? 1n : 0n;
  }

  get isKnown(): boolean {
    return this.#sign !== 0n;
  }

  /** Our fee (charged above zero) of the venue's; undefined while its sign is not known. */
  read(amount: Money, liquidity: Liquidity | undefined): Money | undefined {
    if (amount === 0n) return amount;
    if (this.#sign === 0n && liquidity === "taker") this.#sign = amount > 0n ? 1n : -1n;
    return this.#sign === 0n ? undefined : money(amount * this.#sign);
  }

  /** Takes the sign over from a channel that is known to say the same. */
  adopt(other: FeeSign): void {
    if (!this.isKnown) this.#sign = other.#sign;
  }

  /** A wallet's balance: the start of what it changes by. */
  onWallet(asset: string, balance: Money): void {
    this.#wallets.set(asset, balance);
  }

  /** A wallet's balance after trades at one transaction time. */
  onWalletTrade(at: Micros, asset: string, balance: Money): void {
    const before = this.#wallets.get(asset);
    this.#wallets.set(asset, balance);
    if (before === undefined || this.isKnown) return;
    const evidence = this.#at(at, asset);
    evidence.change = (evidence.change ?? 0n) + balance - before;
    this.#weigh(evidence);
  }

  /** One fill's profit and fee at its transaction time. */
  onFill(at: Micros, asset: string, profit: Money, fee: Money): void {
    if (this.isKnown) return;
    const evidence = this.#at(at, asset);
    evidence.profit += profit;
    evidence.fees += fee;
    evidence.fills++;
    this.#weigh(evidence);
  }

  #at(at: Micros, asset: string): Evidence {
    const key = `${at}:${asset}`;
    const known = this.#instants.get(key);
    if (known !== undefined) return known;
    if (this.#instants.size >= INSTANTS_MAX) {
      const oldest = this.#instants.keys().next();
      if (!oldest.done) this.#instants.delete(oldest.value);
    }
    const evidence: Evidence = { change: undefined, profit: 0n, fees: 0n, fills: 0 };
    this.#instants.set(key, evidence);
    return evidence;
  }

  #weigh({ change, profit, fees, fills }: Evidence): void {
    if (change === undefined || fills === 0 || fees === 0n) return;
    const charged = profit - change;
    if (charged === fees) this.#sign = 1n;
    else if (charged === -fees) this.#sign = -1n;
    if (this.isKnown) this.#instants.clear();
  }
}
