/**
 * What a node asks of orders and cancels before it lets them in. Pure questions, first no wins.
 *
 * Source: protocol sheet sections 4 and 8.
 * @module
 */
import type { SimPlace } from "@/exchanges/simulator/mod.ts";
import { filledOf, isLive } from "./account_feed.ts";
import { clobRefusal, PASSED } from "./failures.ts";
import { orderUuid } from "./identifiers.ts";
import { type CheckResult, EQUITY_TIERS } from "./node.ts";
import type { BatchMessage, CancelMessage, OrderName, PlaceMessage } from "./transactions.ts";
import { type ClobOrder, COLLATERAL, SUBACCOUNT, type VenueState } from "./venue_state.ts";

/** Flags of orders. */
export const CONDITIONAL = 32;
export const LONG_TERM = 64;

/** What the checks remember beside the orders: cancels by order, with their good-til-block. */
export type CancelMemory = ReadonlyMap<string, number>;

const SHORT_BLOCK_WINDOW = 40;
const STATEFUL_WINDOW_S = 95 * 86_400;
const BATCH_MAX = 100;
const IOC = 1;
const POST_ONLY = 2;

/** UUID of a named order. */
export function idOf(name: OrderName): string {
  const { owner, subaccountNumber, clientId, clobPairId, orderFlags } = name;
  return orderUuid(owner, subaccountNumber, clientId, clobPairId, orderFlags);
}

/** Whether a limit would meet the other side now. */
export function crosses(order: Pick<ClobOrder, "symbol" | "side" | "ticks">): boolean {
  const market = order.symbol.sim.market!;
  const touch = market.best(order.side === "buy" ? "sell" : "buy");
  if (touch <= 0) return false;
  return order.side === "buy" ? order.ticks >= touch : order.ticks <= touch;
}

/** Lots a reduce-only order of a side may take. */
export function reducible(
  state: VenueState,
  { sim }: ClobOrder["symbol"],
  side: "buy" | "sell",
): number {
  const position = state.exchange.user(state.owner).positions.get(sim)?.size ?? 0;
  return Math.max(0, side === "buy" ? -position : position);
}

/** A new or replacing order. */
export function checkPlace(
  state: VenueState,
  cancels: CancelMemory,
  message: PlaceMessage,
): CheckResult {
  const shape = checkShape(message);
  if (shape !== undefined) return shape;
  const { name, quantums, subticks, triggerSubticks } = message;
  const symbol = state.symbols.findPair(name.clobPairId);
  if (symbol === undefined) {
    return clobRefusal(8, `CLOB pair ID ${name.clobPairId} is invalid: Invalid clob pair`);
  }
  const step = BigInt(symbol.stepBaseQuantums);
  const tick = BigInt(symbol.subticksPerTick);
  const { orderLot, orderTick } = symbol.sim.instrument;
  const orderStep = step * BigInt(orderLot);
  const orderSubticks = tick * BigInt(orderTick);
  if (quantums % orderStep !== 0n) {
    return clobRefusal(12, `Order Quantums ${quantums} must be a multiple of ${orderStep}`);
  }
  if (subticks % orderSubticks !== 0n || triggerSubticks % orderSubticks !== 0n) {
    return clobRefusal(12, `Order subticks ${subticks} must be a multiple of ${orderSubticks}`);
  }
  if (symbol.sim.status !== "trading") {
    return clobRefusal(34, `Order conflicts with status of clob pair ${name.clobPairId}`);
  }
  const order = {
    symbol,
    side: message.side === 1 ? "buy" as const : "sell" as const,
    ticks: Number(subticks / tick),
    lots: Number(quantums / step),
  };
  const known = state.orders.get(idOf(name));
  const lifetime = name.orderFlags === 0
    ? checkBlock(state, message.goodTilBlock) ?? checkShort(cancels, message, known, order.lots)
    : checkTime(state, message.goodTilBlockTime) ?? checkStateful(state, message, known);
  if (lifetime !== undefined) return lifetime;
  if (message.reduceOnly && name.orderFlags === 0 && reducible(state, symbol, order.side) === 0) {
    return clobRefusal(2001, "Reduce-only orders cannot increase the position size");
  }
  if (message.timeInForce === POST_ONLY && name.orderFlags === 0 && crosses(order)) {
    return clobRefusal(2003, "Post-only order would cross one or more maker orders");
  }
  return PASSED;
}

/** A cancel of one order. */
export function checkCancel(
  state: VenueState,
  cancels: CancelMemory,
  { name, goodTilBlock, goodTilBlockTime }: CancelMessage,
): CheckResult {
  if (state.symbols.findPair(name.clobPairId) === undefined) {
    return clobRefusal(8, `CLOB pair ID ${name.clobPairId} is invalid: Invalid clob pair`);
  }
  const id = idOf(name);
  if (name.orderFlags === 0) {
    if (goodTilBlock === 0) return clobRefusal(5, "cancellation GoodTilBlock cannot be 0");
    const window = checkBlock(state, goodTilBlock);
    if (window !== undefined) return window;
    const before = cancels.get(id) ?? 0;
    if (before < goodTilBlock) return PASSED;
    return clobRefusal(9, `A cancel with GoodTilBlock ${before} >= ${goodTilBlock} exists`);
  }
  const window = checkTime(state, goodTilBlockTime);
  if (window !== undefined) return window;
  const order = state.orders.get(id);
  if (order === undefined) return clobRefusal(3006, "Stateful order does not exist");
  if (!isLive(order)) return clobRefusal(3010, "Stateful order was removed already");
  if (order.cancelling) return clobRefusal(32, "Stateful order cancellation already exists");
  if (goodTilBlockTime < order.goodTilBlockTime) {
    const log =
      `cancellation goodTilBlockTime less than stateful order's ${order.goodTilBlockTime}`;
    return clobRefusal(29, log);
  }
  return PASSED;
}

/** The shape of a batch; whether its cancels succeed is nobody's business. */
export function checkBatch(state: VenueState, message: BatchMessage): CheckResult {
  const { batches, goodTilBlock } = message;
  const pairs = new Set(batches.map((each) => each.clobPairId));
  const count = batches.reduce((sum, each) => sum + each.clientIds.length, 0);
  const malformed = batches.length === 0 || pairs.size < batches.length || count > BATCH_MAX ||
    batches.some(({ clientIds }) =>
      clientIds.length === 0 || new Set(clientIds).size < clientIds.length
    );
  if (malformed) return clobRefusal(45, "Invalid batch cancel message");
  if (goodTilBlock === 0) return clobRefusal(5, "cancellation GoodTilBlock cannot be 0");
  return checkBlock(state, goodTilBlock) ?? PASSED;
}

function checkShape(message: PlaceMessage): CheckResult | undefined {
  const { name, side, quantums, subticks, timeInForce, conditionType } = message;
  const { orderFlags } = name;
  if (![0, CONDITIONAL, LONG_TERM].includes(orderFlags)) {
    return clobRefusal(3000, `Invalid order flag ${orderFlags}`);
  }
  if (side !== 1 && side !== 2) return clobRefusal(3, `invalid order side (${side})`);
  if (quantums === 0n) return clobRefusal(4, "order size quantums cannot be 0");
  if (subticks === 0n) return clobRefusal(6, "order subticks cannot be 0");
  if (timeInForce === 3) return clobRefusal(48, "fill-or-kill has been deprecated");
  if (timeInForce > 3) return clobRefusal(44, `invalid time in force (${timeInForce})`);
  if (orderFlags === 0 && message.goodTilBlock === 0) {
    return clobRefusal(5, "order goodTilBlock cannot be 0");
  }
  if (orderFlags !== 0 && message.goodTilBlockTime === 0) {
    return clobRefusal(3001, "stateful order goodTilBlockTime cannot be 0");
  }
  if (orderFlags === LONG_TERM && timeInForce === IOC) {
    return clobRefusal(3002, "Long term orders cannot have an IOC time in force");
  }
  if (message.reduceOnly && timeInForce !== IOC) {
    return clobRefusal(9003, "Reduce-only is disabled for non-IOC orders");
  }
  const conditional = conditionType !== 0 || message.triggerSubticks !== 0n;
  const complete = conditionType >= 1 && conditionType <= 2 && message.triggerSubticks !== 0n;
  return (orderFlags === CONDITIONAL ? complete : !conditional)
    ? undefined
    : clobRefusal(3000, "Condition does not fit the order's flags");
}

function checkBlock({ blocks }: VenueState, goodTilBlock: number): CheckResult | undefined {
  const next = blocks.height + 1;
  if (goodTilBlock < next) {
    const log = `GoodTilBlock ${goodTilBlock} is less than the current blockHeight ${next}`;
    return clobRefusal(10, log);
  }
  if (goodTilBlock <= next + SHORT_BLOCK_WINDOW) return undefined;
  return clobRefusal(
    11,
    `The GoodTilBlock ${goodTilBlock} exceeds the current blockHeight ${next} plus ` +
      `ShortBlockWindow ${SHORT_BLOCK_WINDOW}`,
  );
}

function checkTime({ blocks }: VenueState, goodTilBlockTime: number): CheckResult | undefined {
  const now = Math.floor(blocks.time / 1e6);
  if (goodTilBlockTime <= now) {
    const log = `GoodTilBlockTime ${goodTilBlockTime} is not after the last block's ${now}`;
    return clobRefusal(3003, log);
  }
  if (goodTilBlockTime <= now + STATEFUL_WINDOW_S) return undefined;
  return clobRefusal(3004, `GoodTilBlockTime ${goodTilBlockTime} is too far in the future`);
}

function checkShort(
  cancels: CancelMemory,
  message: PlaceMessage,
  known: ClobOrder | undefined,
  lots: number,
): CheckResult | undefined {
  const { goodTilBlock, timeInForce, reduceOnly } = message;
  const cancelled = known === undefined ? cancels.get(idOf(message.name)) : cancels.get(known.id);
  if (cancelled !== undefined && goodTilBlock <= cancelled) {
    return clobRefusal(7, `Order with GoodTilBlock ${goodTilBlock} was already canceled`);
  }
  if (known === undefined) return undefined;
  const filled = filledOf(known);
  if (timeInForce === IOC && filled > 0) {
    return clobRefusal(2004, "IOC order is already filled, remaining size is cancelled");
  }
  if (filled > 0 && lots <= filled) return clobRefusal(24, "Order is fully filled");
  if (!isLive(known)) return undefined;
  const newer = goodTilBlock > known.goodTilBlock ||
    (goodTilBlock === known.goodTilBlock && message.hash > known.hash);
  const same = (message.side === 1) === (known.side === "buy") &&
    timeInForce === known.timeInForce && reduceOnly === known.reduceOnly;
  return newer && same ? undefined : clobRefusal(20, "Existing order has equal or newer priority");
}

function checkStateful(
  state: VenueState,
  message: PlaceMessage,
  known: ClobOrder | undefined,
): CheckResult | undefined {
  if (known !== undefined && isLive(known)) {
    return clobRefusal(3005, "Stateful order already exists; it cannot be replaced");
  }
  if (known !== undefined) return clobRefusal(3008, "Stateful order was already cancelled");
  const { wallet, unrealised } = state.exchange.margin(state.owner, SUBACCOUNT, COLLATERAL);
  const equity = message.name.subaccountNumber === 0 ? wallet + unrealised : 0;
  const open = [...state.orders.values()]
    .filter((each) => each.orderFlags !== 0 && isLive(each)).length;
  const limit = EQUITY_TIERS.findLast(([from]) => equity >= from)?.[1] ?? 0;
  if (open < limit) return undefined;
  return clobRefusal(10_001, `Opening order would exceed equity tier limit of ${limit}`);
}

/** The order as the exchange takes it. */
export function requestOf(state: VenueState, order: ClobOrder, clientOrderId: string): SimPlace {
  const { symbol, side, ticks, timeInForce, reduceOnly } = order;
  const size = reduceOnly
    ? Math.min(order.lots, reducible(state, symbol, side)) || order.lots
    : order.lots - order.filledBefore;
  return {
    owner: state.owner,
    instrument: symbol.sim,
    clientOrderId,
    side,
    type: "limit",
    timeInForce: timeInForce === IOC ? "ioc" : "gtc",
    postOnly: timeInForce === POST_ONLY,
    reduceOnly,
    price: ticks,
    size,
    selfTrade: "cancel_oldest",
    label: order.id,
  };
}
