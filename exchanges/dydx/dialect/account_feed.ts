/**
 * Subaccounts as the indexer sees them: orders, fills, positions, collateral; public to all.
 *
 * 1. What one node believes (`BEST_EFFORT_…`) is told at once; fills when their block is final.
 * 2. All fills, orders and positions of one order in one block come in one message.
 * 3. Prices move positions without a word.
 * Source: protocol sheet section 5.
 * @module
 */
import { moneyToText } from "@/engine/domain/mod.ts";
import {
  entryPriceOf,
  type SimFill,
  type SimPosition,
  unrealisedOf,
} from "@/exchanges/simulator/mod.ts";
import { subaccountUuid, uuidOf } from "./identifiers.ts";
import { type ClobOrder, COLLATERAL, SUBACCOUNT, type VenueState } from "./venue_state.ts";
import { floatPlain, isoMillis, type Json } from "./wire_symbols.ts";

/** Of an order that no block has taken yet: the indexer does not know it. */
const PENDING = "PENDING";
const FILLS_KEPT = 2_000;
const MONEY_DECIMALS = 6;
const TIMES_IN_FORCE = ["GTT", "IOC", "GTT", "FOK"];

/** Whether an order can still trade as the indexer sees it. */
export function isLive(order: ClobOrder): boolean {
  return order.status === "OPEN" || order.status === "BEST_EFFORT_OPENED" ||
    order.status === "UNTRIGGERED" || order.status === PENDING;
}

/** Tells of the account. */
export class AccountFeed {
  readonly #state: VenueState;
  /** Fills of the block that is not committed yet, by order. */
  readonly #fresh = new Map<ClobOrder, SimFill[]>();
  /** Newest first. */
  readonly #fills: Json[] = [];
  /** Frames that wait until an answer has gone out; undefined: none wait. */
  #held: (() => void)[] | undefined;

  constructor(state: VenueState) {
    this.#state = state;
  }

  /** What a subaccount channel begins with. */
  snapshot(channel: string, id: string): string | undefined {
    const { account, blocks } = this.#state;
    if (!/^dydx1[a-z0-9]{38}\/\d{1,6}$/.test(id)) return undefined;
    if (id !== `${account.address}/0`) return "{}";
    const subaccount = channel === "v4_subaccounts" ? this.subaccountBody() : this.parentBody();
    const orders = this.orderBodies().filter((each) => OPEN.has(String(each.status)));
    return JSON.stringify({ subaccount, orders, blockHeight: String(blocks.height) });
  }

  /** Keeps frames back until `release`: the answer comes first. */
  hold(): void {
    this.#held = [];
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const say of held ?? []) say();
  }

  /** An order's new state. */
  tellOrder(order: ClobOrder, body: Json = liveBody(order)): void {
    const { blocks } = this.#state;
    const contents = { orders: [body], blockHeight: String(blocks.height) };
    this.#publish(order.owner, order.subaccountNumber, contents);
  }

  /** A short message as removals have it: no more than names and the reason. */
  tellRemoval(order: ClobOrder, status: string, reason: string): void {
    this.tellOrder(order, {
      id: order.id,
      subaccountId: subaccountUuid(order.owner, order.subaccountNumber),
      clientId: String(order.clientId),
      clobPairId: String(order.symbol.clobPairId),
      orderFlags: String(order.orderFlags),
      ticker: order.symbol.ticker,
      status,
      removalReason: `ORDER_REMOVAL_REASON_${reason}`,
      totalOptimisticFilled: order.symbol.size(filledOf(order)),
    });
  }

  keepFill(order: ClobOrder, fill: SimFill): void {
    this.#notePosition(fill);
    const fresh = this.#fresh.get(order);
    if (fresh === undefined) this.#fresh.set(order, [fill]);
    else fresh.push(fill);
  }

  /** Whether fills of an order wait for their block. */
  hasFresh(order: ClobOrder): boolean {
    return this.#fresh.has(order);
  }

  /** The block is committed: its fills are final. */
  onBlock(): void {
    const { blocks } = this.#state;
    for (const [order, fills] of this.#fresh) {
      const bodies = fills.map((fill) => this.#fillBody(order, fill));
      this.#fills.unshift(...[...bodies].reverse());
      if (this.#fills.length > FILLS_KEPT) this.#fills.length = FILLS_KEPT;
      for (const fill of fills) order.finalFilled += fill.size;
      if (order.sim?.status === "filled") order.status = "FILLED";
      order.updatedAt = blocks.time;
      order.updatedAtHeight = blocks.height;
      this.#publish(order.owner, order.subaccountNumber, {
        fills: bodies,
        orders: [apiBody(order)],
        perpetualPositions: [this.#positionUpdate(order)],
        assetPositions: [this.#assetUpdate()],
        blockHeight: String(blocks.height),
      });
    }
    this.#fresh.clear();
  }

  /** Funding was paid: positions and collateral changed. */
  tellFunding(): void {
    const { account, blocks } = this.#state;
    this.#publish(account.address, 0, {
      perpetualPositions: this.#open().map((each) => this.#positionBody(each)),
      assetPositions: [this.#assetUpdate()],
      blockHeight: String(blocks.height),
    });
  }

  subaccountBody(): Json {
    const { account, blocks, exchange, owner } = this.#state;
    const { wallet, unrealised, available } = exchange.margin(owner, SUBACCOUNT, COLLATERAL);
    const positions = this.#open().map((each) => {
      const body = this.#positionBody(each);
      return [body.market, body];
    });
    return {
      address: account.address,
      subaccountNumber: 0,
      equity: floatPlain(wallet + unrealised, MONEY_DECIMALS),
      freeCollateral: floatPlain(available, MONEY_DECIMALS),
      openPerpetualPositions: Object.fromEntries(positions),
      assetPositions: { USDC: this.assetBody() },
      marginEnabled: true,
      updatedAtHeight: String(blocks.height),
      latestProcessedBlockHeight: String(blocks.height),
    };
  }

  parentBody(): Json {
    const child = this.subaccountBody();
    return {
      address: child.address,
      parentSubaccountNumber: 0,
      equity: child.equity,
      freeCollateral: child.freeCollateral,
      childSubaccounts: [child],
    };
  }

  assetBody(): Json {
    const text = this.#collateral();
    return {
      symbol: COLLATERAL,
      side: text.startsWith("-") ? "SHORT" : "LONG",
      size: text.replace("-", ""),
      assetId: "0",
      subaccountNumber: 0,
    };
  }

  /** Open positions, as REST lists them. */
  positionBodies(): Json[] {
    return this.#open().map((each) => this.#positionBody(each));
  }

  /** Orders the indexer remembers, newest first. */
  orderBodies(): Json[] {
    return [...this.#state.orders.values()]
      .filter((each) => each.subaccountNumber === 0 && each.status !== PENDING)
      .map(apiBody).reverse();
  }

  orderById(id: string): Json | undefined {
    const order = this.#state.orders.get(id);
    return order === undefined || order.status === PENDING ? undefined : apiBody(order);
  }

  /** Final fills, newest first. */
  fillBodies(): readonly Json[] {
    return this.#fills;
  }

  #publish(address: string, number: number, contents: Json): void {
    const { hub } = this.#state;
    const id = `${address}/${number}`;
    const parent = `${address}/${number % 128}`;
    const alone = hub.hasListeners("v4_subaccounts", id);
    const together = hub.hasListeners("v4_parent_subaccounts", parent);
    if (!alone && !together) return;
    const say = (): void => {
      const text = JSON.stringify(contents);
      hub.publish("v4_subaccounts", id, text);
      if (together) hub.publish("v4_parent_subaccounts", parent, parentText(contents, number));
    };
    if (this.#held === undefined) say();
    else this.#held.push(say);
  }

  #fillBody(order: ClobOrder, fill: SimFill): Json {
    const { blocks } = this.#state;
    const { symbol } = order;
    const name = `${fill.tradeId}-${symbol.clobPairId}-${fill.liquidity}-${order.id}`;
    return {
      id: uuidOf(`fill-${name}`),
      subaccountId: subaccountUuid(order.owner, order.subaccountNumber),
      side: fill.side === "buy" ? "BUY" : "SELL",
      liquidity: fill.liquidity === "maker" ? "MAKER" : "TAKER",
      type: "LIMIT",
      clobPairId: String(symbol.clobPairId),
      size: symbol.size(fill.size),
      price: symbol.price(fill.price),
      quoteAmount: moneyToText(fill.value),
      fee: moneyToText(fill.fee),
      eventId: uuidOf(`event-${fill.tradeId}-${symbol.clobPairId}`),
      transactionHash: uuidOf(`block-${blocks.height}`).replaceAll("-", "").toUpperCase(),
      createdAt: isoMillis(blocks.time),
      createdAtHeight: String(blocks.height),
      orderId: order.id,
      ticker: symbol.ticker,
      market: symbol.ticker,
      marketType: "PERPETUAL",
      subaccountNumber: 0,
      clientMetadata: String(order.clientMetadata),
    };
  }

  #notePosition(fill: SimFill): void {
    const { positions, symbols, blocks, exchange, owner } = this.#state;
    const symbol = symbols.of(fill.instrument);
    const held = exchange.user(owner).position(fill.instrument).size;
    const before = held - (fill.side === "buy" ? fill.size : -fill.size);
    let note = positions.get(symbol);
    if (note === undefined || before === 0) {
      note = {
        sumOpen: 0,
        sumClose: 0,
        maxSize: 0,
        netFunding: 0n as typeof fill.fee,
        createdAt: fill.at,
        createdAtHeight: blocks.height,
      };
      positions.set(symbol, note);
    }
    if (Math.abs(held) > Math.abs(before)) note.sumOpen += fill.size;
    else note.sumClose += fill.size;
    if (Math.abs(held) > Math.abs(note.maxSize)) note.maxSize = held;
  }

  #open(): SimPosition[] {
    const { exchange, owner } = this.#state;
    return [...exchange.user(owner).positions.values()].filter((each) => each.size !== 0);
  }

  #positionBody(position: SimPosition): Json {
    const { account, symbols, positions } = this.#state;
    const symbol = symbols.of(position.instrument);
    const note = positions.get(symbol);
    const short = position.size < 0;
    const size = symbol.size(Math.abs(position.size));
    return {
      address: account.address,
      subaccountNumber: 0,
      positionId: uuidOf(`${account.address}-0-${symbol.clobPairId}`),
      market: symbol.ticker,
      side: short ? "SHORT" : "LONG",
      status: position.size === 0 ? "CLOSED" : "OPEN",
      size: short && size !== "0" ? `-${size}` : size,
      maxSize: symbol.size(note?.maxSize ?? position.size),
      netFunding: moneyToText(note?.netFunding ?? 0n as typeof position.cost),
      entryPrice: floatPlain(entryPriceOf(position), 10),
      exitPrice: null,
      sumOpen: symbol.size(note?.sumOpen ?? 0),
      sumClose: symbol.size(note?.sumClose ?? 0),
      realizedPnl: moneyToText(position.realised),
      unrealizedPnl: floatPlain(unrealisedOf(position), MONEY_DECIMALS),
      createdAt: isoMillis(note?.createdAt ?? 0),
      createdAtHeight: String(note?.createdAtHeight ?? 0),
      closedAt: null,
    };
  }

  #positionUpdate(order: ClobOrder): Json {
    const { exchange, owner } = this.#state;
    return this.#positionBody(exchange.user(owner).position(order.symbol.sim));
  }

  #assetUpdate(): Json {
    const { account } = this.#state;
    const { address } = account;
    return { address, positionId: uuidOf(`${address}-0-USDC`), ...this.assetBody() };
  }

  #collateral(): string {
    const { exchange, owner } = this.#state;
    return moneyToText(exchange.user(owner).wallet(SUBACCOUNT).of(COLLATERAL).total);
  }
}

const OPEN: ReadonlySet<string> = new Set([
  "OPEN",
  "UNTRIGGERED",
  "BEST_EFFORT_OPENED",
  "BEST_EFFORT_CANCELED",
]);

/** Lots filled under the order's id, not yet committed ones included. */
export function filledOf({ filledBefore, sim }: ClobOrder): number {
  return filledBefore + (sim?.filled ?? 0);
}

/** The order as REST and snapshots show it. */
export function apiBody(order: ClobOrder): Json {
  const { symbol } = order;
  const reason = order.removalReason;
  const closed = !isLive(order) && order.status !== "FILLED";
  return {
    ...commonBody(order),
    totalFilled: symbol.size(order.finalFilled),
    createdAtHeight: String(order.createdAtHeight),
    updatedAt: isoMillis(order.updatedAt),
    updatedAtHeight: String(order.updatedAtHeight),
    subaccountNumber: order.subaccountNumber,
    ...(closed && reason !== undefined ? { removalReason: `ORDER_REMOVAL_REASON_${reason}` } : {}),
  };
}

/** The order as one node sees it before a block. */
export function liveBody(order: ClobOrder): Json {
  return {
    ...commonBody(order),
    totalOptimisticFilled: order.symbol.size(filledOf(order)),
  };
}

function commonBody(order: ClobOrder): Json {
  const { symbol } = order;
  const good = order.goodTilBlock > 0
    ? { goodTilBlock: String(order.goodTilBlock) }
    : { goodTilBlockTime: isoMillis(order.goodTilBlockTime * 1e6) };
  return {
    id: order.id,
    subaccountId: subaccountUuid(order.owner, order.subaccountNumber),
    clientId: String(order.clientId),
    clobPairId: String(symbol.clobPairId),
    side: order.side === "buy" ? "BUY" : "SELL",
    size: symbol.size(order.lots),
    ticker: symbol.ticker,
    price: symbol.price(order.ticks),
    type: typeOf(order),
    timeInForce: TIMES_IN_FORCE[order.timeInForce],
    postOnly: order.timeInForce === 2,
    reduceOnly: order.reduceOnly,
    status: order.status,
    orderFlags: String(order.orderFlags),
    ...good,
    ...(order.triggerTicks > 0 ? { triggerPrice: symbol.price(order.triggerTicks) } : {}),
    clientMetadata: String(order.clientMetadata),
  };
}

function typeOf(order: ClobOrder): string {
  if (order.conditionType === 0) return "LIMIT";
  const market = order.timeInForce === 1;
  if (order.conditionType === 1) return market ? "STOP_MARKET" : "STOP_LIMIT";
  return market ? "TAKE_PROFIT_MARKET" : "TAKE_PROFIT";
}

/** The same contents with the child's number in each object. */
function parentText(contents: Json, subaccountNumber: number): string {
  const named = Object.entries(contents).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.map((each) => ({ ...each, subaccountNumber })) : value,
  ]);
  return JSON.stringify(Object.fromEntries(named));
}
