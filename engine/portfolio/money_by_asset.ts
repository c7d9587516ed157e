/**
 * `MoneyByAsset`: sums of exact money, one per currency. Currencies are never added to each other.
 * @module
 */
import { type Money, money, MONEY_ZERO } from "@/engine/domain/mod.ts";

/** Sums by currency, in the order they were first heard of. */
export class MoneyByAsset {
  readonly #sums = new Map<string, Money>();

  add(asset: string, amount: Money): void {
    this.#sums.set(asset, money((this.#sums.get(asset) ?? MONEY_ZERO) + amount));
  }

  get(asset: string): Money {
    return this.#sums.get(asset) ?? MONEY_ZERO;
  }

  entries(): IterableIterator<[string, Money]> {
    return this.#sums.entries();
  }
}
