/**
 * What a match does to wallets, positions and the ledger of a simulated exchange.
 *
 * 1. A spot buy pays quote and receives base less the fee; a sell the other way round.
 * 2. A perpetual fill moves the settlement wallet by what it realised less the fee.
 * @module
 */
import {
  type Liquidity,
  type Micros,
  type Money,
  money,
  MONEY_ZERO,
  notional,
  type Price,
  signOf,
} from "@/engine/domain/mod.ts";
import { feeOn, type SimLedger, type SimUser, tradePosition } from "./sim_accounts.ts";
import { lockAsset, lockFor } from "./sim_checks.ts";
import type { SimFill, SimOrder } from "./sim_types.ts";

/** One match as it concerns one order. */
export interface Execution {
  readonly order: SimOrder;
  readonly user: SimUser;
  readonly price: number;
  readonly size: number;
  readonly leaves: number;
  readonly liquidity: Liquidity;
  readonly tradeId: number;
  readonly at: Micros;
}

/** Books one execution; answers the fill and the assets it moved. */
export function settle(
  execution: Execution,
  ledger: SimLedger,
): { fill: SimFill; assets: string[] } {
  const { order, price, size, leaves, at } = execution;
  const value = notional(order.instrument.instrument, price as Price, size);
  order.filled += size;
  order.filledValue = money(order.filledValue + value);
  order.status = leaves === 0 ? "filled" : "partially_filled";
  if (leaves === 0) order.size = order.filled;
  order.updatedAt = at;
  const moved = order.instrument.perpetual
    ? settlePerpetual(execution, value, ledger)
    : settleSpot(execution, value, ledger);
  const fill: SimFill = {
    tradeId: execution.tradeId,
    order,
    orderId: order.id,
    clientOrderId: order.clientOrderId,
    owner: order.owner,
    instrument: order.instrument,
    side: order.side,
    price,
    size,
    value,
    liquidity: execution.liquidity,
    fee: moved.fee,
    feeAsset: moved.feeAsset,
    realised: moved.realised,
    at,
  };
  return { fill, assets: moved.assets };
}

interface Moved {
  readonly fee: Money;
  readonly feeAsset: string;
  readonly realised: Money;
  readonly assets: string[];
}

function settleSpot(execution: Execution, value: Money, ledger: SimLedger): Moved {
  const { order, user, size } = execution;
  const { instrument } = order.instrument;
  const { terms } = instrument;
  const wallet = user.walletOf(order.instrument);
  relock(order, user);
  const base = instrument.baseMoney(size);
  const sign = BigInt(signOf(order.side));
  const rate = order.instrument.options.fees[execution.liquidity];
  const received = order.side === "buy" ? base : value;
  const feeAsset = order.instrument.options.feeFrom === "settle" || order.side === "sell"
    ? terms.quote
    : terms.base;
  const fee = feeOn(feeAsset === terms.quote ? value : received, rate);
  wallet.add(terms.base, money(sign * base));
  wallet.add(terms.quote, money(-sign * value));
  wallet.add(feeAsset, money(-fee));
  ledger.add(ledger.flows, terms.base, money(sign * base));
  ledger.add(ledger.flows, terms.quote, money(-sign * value));
  ledger.add(ledger.fees, feeAsset, fee);
  return { fee, feeAsset, realised: MONEY_ZERO, assets: [terms.base, terms.quote] };
}

function settlePerpetual(execution: Execution, value: Money, ledger: SimLedger): Moved {
  const { order, user, price, size, at } = execution;
  const { settle: asset } = order.instrument.instrument.terms;
  const position = user.position(order.instrument);
  const realised = tradePosition(position, order.side, price, size);
  position.updatedAt = at;
  const fee = feeOn(value, order.instrument.options.fees[execution.liquidity]);
  user.walletOf(order.instrument).add(asset, money(realised - fee));
  ledger.add(ledger.flows, asset, money(-BigInt(signOf(order.side)) * value));
  ledger.add(ledger.fees, asset, fee);
  return { fee, feeAsset: asset, realised, assets: [asset] };
}

/** Makes what an open order holds back fit what is left of it; true when it changed. */
export function relock(order: SimOrder, user: SimUser): boolean {
  return setLock(order, user, lockFor(order));
}

/** Gives back all that an order holds back; true when there was something. */
export function unlock(order: SimOrder, user: SimUser): boolean {
  return setLock(order, user, MONEY_ZERO);
}

function setLock(order: SimOrder, user: SimUser, wanted: Money): boolean {
  if (order.locked === wanted) return false;
  user.walletOf(order.instrument).lock(lockAsset(order), money(wanted - order.locked));
  order.locked = wanted;
  return true;
}
