/**
 * `BalanceKeeper`: what each account holds of each asset: what the venue says, and what we booked.
 *
 * 1. `total` and `free` are the venue's last word. `booked` is the opening balance plus every
 *    movement we know of; where both are right they are equal.
 * 2. Nothing is booked before the venue said an opening balance; movements from then on are.
 * 3. Movements keep their kind (trade, fee, funding), so that a difference can be traced.
 * @module
 */
import {
  type AccountKey,
  type Micros,
  MICROS_UNKNOWN,
  type Money,
  money,
  MONEY_ZERO,
} from "@/engine/domain/mod.ts";
import type { BalanceUpdate } from "@/engine/messages/mod.ts";

/** Why a balance moved. */
export type MovementKind = "trade" | "fee" | "funding";

/** One asset of one account. */
export interface Balance {
  readonly account: AccountKey;
  readonly asset: string;
  total: Money | undefined;
  free: Money | undefined;
  /** Our own account of it; undefined before an opening balance. */
  booked: Money | undefined;
  venueAt: Micros;
  readonly movements: Record<MovementKind, Money>;
}

/** All balances, in the order they were first heard of. */
export class BalanceKeeper {
  readonly #byAccount = new Map<AccountKey, Map<string, Balance>>();

  /** Takes the venue's word; an overtaken one (older venue stamp) is left out. */
  onBalance(update: BalanceUpdate): void {
    const balance = this.#of(update.account, update.asset);
    if (update.venueAt !== 0 && update.venueAt < balance.venueAt) return;
    balance.venueAt = update.venueAt;
    balance.total = update.total;
    balance.free = update.free;
    balance.booked ??= update.total;
  }

  /** Books a movement of ours. */
  move(account: AccountKey, asset: string, kind: MovementKind, amount: Money): void {
    const balance = this.#of(account, asset);
    balance.movements[kind] = money(balance.movements[kind] + amount);
    if (balance.booked !== undefined) balance.booked = money(balance.booked + amount);
  }

  /** Undefined until something was heard of it. */
  get(account: AccountKey, asset: string): Balance | undefined {
    return this.#byAccount.get(account)?.get(asset);
  }

  /** The venue's total less ours; undefined while one is missing. */
  difference(account: AccountKey, asset: string): Money | undefined {
    const balance = this.get(account, asset);
    if (balance?.total === undefined || balance.booked === undefined) return undefined;
    return money(balance.total - balance.booked);
  }

  /** Accepts the venue's total as the new opening: transfers, interest and the like are in it. */
  rebase(account: AccountKey, asset: string): void {
    const balance = this.get(account, asset);
    if (balance?.total !== undefined) balance.booked = balance.total;
  }

  /** Every balance. */
  *all(): Generator<Balance> {
    for (const assets of this.#byAccount.values()) yield* assets.values();
  }

  #of(account: AccountKey, asset: string): Balance {
    let assets = this.#byAccount.get(account);
    if (assets === undefined) {
      assets = new Map();
      this.#byAccount.set(account, assets);
    }
    let balance = assets.get(asset);
    if (balance === undefined) {
      balance = {
        account,
        asset,
        total: undefined,
        free: undefined,
        booked: undefined,
        venueAt: MICROS_UNKNOWN,
        movements: { trade: MONEY_ZERO, fee: MONEY_ZERO, funding: MONEY_ZERO },
      };
      assets.set(asset, balance);
    }
    return balance;
  }
}
