/**
 * Actions carried out within a block: each order and each cancel is answered for itself.
 *
 * 1. A refused order gets a number too, is remembered and told on `orderUpdates`.
 * 2. A modification cancels and places anew: new number, place in the queue lost.
 * 3. Reduce-only orders shrink to the position; older ones make room for newer.
 * Source: protocol sheet sections 4 and 8.
 * @module
 */
import { micros, type Money, money, opposite, stepsFromText } from "@/engine/domain/mod.ts";
import type { TimerId } from "@/engine/ports/mod.ts";
import type { SimOrder, SimPlace, SimReject } from "@/exchanges/simulator/mod.ts";
import type { AccountChannels } from "./account_channels.ts";
import { walletsOf } from "./account_info.ts";
import type { Action, OrderWire } from "./actions.ts";
import type { RateLimits } from "./rate_limits.ts";
import { freshName, noteOf, type OrderNote, type VenueState } from "./venue_state.ts";
import type { Json, WireSymbol } from "./wire_symbols.ts";

/** What carrying out needs. */
export interface Desk {
  readonly state: VenueState;
  readonly accounts: AccountChannels;
  readonly limits: RateLimits;
  /** Days on which the dead man's switch fired, with how often. */
  readonly deadMan: { timer: TimerId | undefined; day: number; fired: number };
}

/** What an action answers: a response, or the text of a failure of the whole. */
export type Outcome = { readonly response: Json } | { readonly error: string };

const DEFAULT: Outcome = { response: { type: "default" } };
const BAND = 0.95;
const DEAD_MAN_VOLUME = 1_000_000;
const DEAD_MAN_MS_MIN = 5_000;
const DEAD_MAN_PER_DAY = 10;
/** 0.0005 USDC for one request. */
const RESERVE_PRICE = 5n * 10n ** 14n;
const DAY_MS = 86_400_000;
const GONE = "Order was never placed, already canceled, or filled.";

/** Carries out one action. */
export function carryOut(desk: Desk, action: Action): Outcome {
  switch (action.type) {
    case "order": {
      const alone = action.grouping === "na";
      if (!alone) return { error: "TP/SL groups are not available for this account." };
      const statuses = (action.orders as OrderWire[]).map((each) => place(desk, each));
      return { response: { type: "order", data: { statuses } } };
    }
    case "cancel":
    case "cancelByCloid": {
      const statuses = (action.cancels as Json[]).map((each) => {
        const asset = Number(each.a ?? each.asset);
        return cancel(desk, asset, each.o ?? each.cloid);
      });
      return { response: { type: "cancel", data: { statuses } } };
    }
    case "modify": {
      const status = modify(desk, action.oid, action.order as OrderWire, action.a === true);
      return "error" in status ? { error: String(status.error) } : DEFAULT;
    }
    case "batchModify": {
      const statuses = (action.modifies as { oid: unknown; order: OrderWire }[])
        .map((each) => modify(desk, each.oid, each.order, action.a === true));
      return { response: { type: "order", data: { statuses } } };
    }
    case "scheduleCancel":
      return scheduleCancel(desk, action.time as number | undefined);
    case "updateLeverage":
      return updateLeverage(desk, action);
    case "updateIsolatedMargin":
      return { error: "Isolated margin is not available for this account." };
    case "agentSetAbstraction": {
      const present = desk.state.mode === "unifiedAccount" ? "u" : "i";
      return action.abstraction === present
        ? DEFAULT
        : { error: "Account abstraction cannot be changed now." };
    }
    case "reserveRequestWeight":
      return reserveWeight(desk, Number(action.weight));
    default:
      return DEFAULT;
  }
}

function place(desk: Desk, wire: OrderWire): Json {
  const { state } = desk;
  const symbol = state.symbols.findId(wire.a);
  const refuse = (text: string) => ({ error: `${text} asset=${wire.a}` });
  if (symbol === undefined || symbol.sim.status === "delisted") return refuse("Invalid asset.");
  const read = requestOf(desk, symbol, wire);
  if ("error" in read) return refuse(read.error);
  const { request, note } = read;
  const before = beforePlacing(desk, symbol, wire, request);
  if (before !== undefined) return turnAway(desk, request, note, before, wire.a);
  const size = request.reduceOnly === true ? shrunk(desk, request) : request.size;
  state.entering = note;
  const placed = state.exchange.place({ ...request, size });
  state.entering = undefined;
  if (!placed.ok) {
    return turnAway(desk, request, note, refusalOf(symbol, wire, placed.error), wire.a);
  }
  const order = placed.value;
  const named = wire.c === undefined ? {} : { cloid: wire.c };
  if (order.filled === 0) {
    return state.exchange.orders.isOpen(order)
      ? { resting: { oid: order.id, ...named } }
      : refuse("Order could not immediately match against any resting orders.");
  }
  const { tickValue, lotValue, priceGrid } = symbol.sim.instrument;
  const average = Number(order.filledValue) / 1e18 / (order.filled * lotValue);
  const avgPx = Number.isInteger(average / tickValue)
    ? symbol.price(average / tickValue)
    : String(Number(average.toFixed(priceGrid.scale + 2)));
  return { filled: { totalSz: symbol.size(order.filled), avgPx, oid: order.id, ...named } };
}

/** A refusal in the venue's words: of the answer and of the order's state. */
interface Refusal {
  readonly text: string;
  readonly status: string;
}

function requestOf(
  { state }: Desk,
  symbol: WireSymbol,
  wire: OrderWire,
): { request: SimPlace; note: OrderNote } | { error: string } {
  const { sim } = symbol;
  const { instrument } = sim;
  const price = stepsFromText(wire.p, instrument.priceGrid);
  const size = stepsFromText(wire.s, instrument.sizeGrid);
  if (Number(wire.p) === 0) return { error: "Order has invalid price." };
  if (Number(wire.s) === 0) return { error: "Order has zero size." };
  if (!size.ok) return { error: "Order has invalid size." };
  if (!price.ok || !isOrderPrice(symbol, price.value)) {
    return { error: "Price must be divisible by tick size." };
  }
  const { limit, trigger } = wire.t;
  const tif = limit?.tif ?? (trigger!.isMarket ? "Ioc" : "Gtc");
  const note: OrderNote = {
    tif: tif === "FrontendMarket" ? "Ioc" : tif,
    origLots: size.value,
    trigger,
    status: "open",
    statusAtMs: state.blocks.timeMs,
  };
  const buys = wire.b;
  const request: SimPlace = {
    owner: state.owner,
    instrument: sim,
    clientOrderId: wire.c ?? freshName(state),
    side: buys ? "buy" : "sell",
    type: trigger === undefined ? "limit" : "stop_limit",
    timeInForce: note.tif === "Ioc" ? "ioc" : "gtc",
    postOnly: tif === "Alo",
    reduceOnly: wire.r && sim.perpetual,
    price: price.value,
    size: size.value,
    selfTrade: "cancel_oldest",
  };
  if (trigger === undefined) return { request, note };
  const triggerPrice = stepsFromText(trigger.triggerPx, instrument.priceGrid);
  if (!triggerPrice.ok || triggerPrice.value === 0) return { error: "Invalid TP/SL price." };
  const triggerWhen = buys === (trigger.tpsl === "sl") ? "rises" : "falls";
  return {
    request: { ...request, triggerPrice: triggerPrice.value, triggerWhen, triggerOn: "mark" },
    note,
  };
}

/** Five figures or a whole number. */
function isOrderPrice({ sim }: WireSymbol, ticks: number): boolean {
  const { instrument } = sim;
  return instrument.isOrderPrice(ticks as never) ||
    ticks % Math.round(1 / instrument.tickValue) === 0;
}

function beforePlacing(
  { state }: Desk,
  symbol: WireSymbol,
  wire: OrderWire,
  request: SimPlace,
): Refusal | undefined {
  const { sim } = symbol;
  const { orders } = state.exchange;
  const taken = wire.c !== undefined && state.exchange.instruments.some((each) => {
    const known = orders.byClient(state.owner, each, wire.c!);
    return known !== undefined && orders.isOpen(known);
  });
  if (taken) return { text: "Duplicate cloid.", status: "" };
  if (Math.abs(request.price! / sim.mark - 1) > BAND) {
    const text = "Order price cannot be more than 95% away from the reference price.";
    return { text, status: "oracleRejected" };
  }
  if (request.reduceOnly !== true || wire.t.trigger !== undefined) return undefined;
  const position = state.exchange.user(state.owner).positions.get(sim)?.size ?? 0;
  const reducible = request.side === "sell" ? position : -position;
  if (reducible > 0) return undefined;
  const text = "Reduce only order would increase position.";
  return { text, status: "reduceOnlyRejected" };
}

/** The size that a reduce-only order may have, after older ones made room for it. */
function shrunk({ state }: Desk, request: SimPlace): number {
  if (request.triggerPrice !== undefined) return request.size;
  const { exchange, owner } = state;
  const held = Math.abs(exchange.user(owner).positions.get(request.instrument)?.size ?? 0);
  const size = Math.min(request.size, held);
  const older = exchange.orders.openOf(owner, request.instrument)
    .filter((each) => each.reduceOnly && each.workingAt > 0 && each.side === request.side);
  let others = older.reduce((sum, each) => sum + each.size - each.filled, 0);
  for (const each of older) {
    if (others + size <= held) break;
    others -= each.size - each.filled;
    exchange.cancel(each, "reduce_only");
  }
  return size;
}

/** Remembers an order that the exchange did not take. */
function turnAway(
  { state, accounts }: Desk,
  request: SimPlace,
  note: OrderNote,
  { text, status }: Refusal,
  asset: number,
): Json {
  const answer = { error: `${text} asset=${asset}` };
  if (status === "") return answer;
  const now = state.exchange.clock.now();
  const { orders } = state.exchange;
  const order: SimOrder = {
    id: state.nextGhostId++,
    owner: request.owner,
    instrument: request.instrument,
    clientOrderId: request.clientOrderId,
    side: request.side,
    type: request.type,
    timeInForce: request.timeInForce,
    postOnly: request.postOnly ?? false,
    reduceOnly: request.reduceOnly ?? false,
    closePosition: false,
    selfTrade: "cancel_oldest",
    label: "",
    price: request.price ?? 0,
    size: request.size,
    filled: 0,
    filledValue: 0n as Money,
    triggerPrice: request.triggerPrice ?? 0,
    triggerWhen: request.triggerWhen ?? "rises",
    triggerOn: "mark",
    triggeredAt: micros(0),
    childId: 0,
    parentId: 0,
    status: "rejected",
    end: "none",
    createdAt: now,
    updatedAt: now,
    workingAt: now,
    amends: 0,
    locked: 0n as Money,
  };
  state.notes.set(order, note);
  orders.add(order);
  orders.close(order);
  accounts.say(order, status);
  return answer;
}

function refusalOf(symbol: WireSymbol, wire: OrderWire, reject: SimReject): Refusal {
  const { sim } = symbol;
  switch (reject) {
    case "post_only_would_take": {
      const touch = `${symbol.price(sim.market!.best("buy"))}@` +
        symbol.price(sim.market!.best(opposite("buy")));
      const text = `Post only order would have immediately matched, bbo was ${touch}.`;
      return { text, status: "badAloPxRejected" };
    }
    case "value_too_small":
      return sim.perpetual
        ? { text: "Order must have minimum value of $10.", status: "minTradeNtlRejected" }
        : {
          text: "Order must have minimum value of 10 USDC.",
          status: "minTradeSpotNtlRejected",
        };
    case "insufficient_margin":
      return { text: "Insufficient margin to place order.", status: "perpMarginRejected" };
    case "insufficient_balance":
      return { text: "Insufficient spot balance", status: "insufficientSpotBalanceRejected" };
    case "reduce_only":
      return { text: "Reduce only order would increase position.", status: "reduceOnlyRejected" };
    case "trigger_would_fire":
      return { text: "Invalid TP/SL price.", status: "badTriggerPxRejected" };
    case "too_many_orders":
    case "too_many_stops":
      return { text: "Too many open orders.", status: "tooManyOpenOrdersRejected" };
    case "halted":
    case "maintenance":
      return { text: "Trading is halted.", status: "rejected" };
    case "price_off_grid":
      return { text: "Price must be divisible by tick size.", status: "tickRejected" };
    default:
      return { text: `Order has invalid ${wire.s === "" ? "price" : "size"}.`, status: "rejected" };
  }
}

function named({ state }: Desk, oid: unknown, asset?: number): SimOrder | undefined {
  const { orders, instruments } = state.exchange;
  const found = typeof oid === "number"
    ? [orders.byId(oid)]
    : instruments.map((sim) => orders.byClient(state.owner, sim, String(oid)));
  return found.find((order) =>
    order !== undefined && order.owner === state.owner && orders.isOpen(order) &&
    (asset === undefined || state.symbols.of(order.instrument).assetId === asset)
  );
}

function cancel(desk: Desk, asset: number, oid: unknown): unknown {
  const order = named(desk, oid, asset);
  const done = order !== undefined && desk.state.exchange.cancel(order).ok;
  return done ? "success" : { error: `${GONE} asset=${asset}` };
}

function modify(desk: Desk, oid: unknown, wire: OrderWire, always: boolean): Json {
  const order = named(desk, oid, wire.a);
  if (order === undefined && !always) return { error: "Cannot modify canceled or filled order" };
  if (order !== undefined) {
    noteOf(desk.state, order);
    desk.state.exchange.cancel(order);
  }
  const placed = place(desk, wire);
  if (!("error" in placed)) return placed;
  return { error: `Error placing new order during modify: ${placed.error}` };
}

function scheduleCancel({ state, deadMan }: Desk, time: number | undefined): Outcome {
  const { scheduler, clock } = state.exchange;
  const { volume } = state;
  if (volume < DEAD_MAN_VOLUME) {
    return {
      error: "Cannot set scheduled cancel time until enough volume traded. " +
        `Required: $${DEAD_MAN_VOLUME}. Traded: $${volume.toFixed(2)}.`,
    };
  }
  const nowMs = clock.now() / 1_000;
  if (time !== undefined && time < nowMs + DEAD_MAN_MS_MIN) {
    return { error: "Scheduled cancel time too early, must be at least 5 seconds from now." };
  }
  const day = Math.floor(nowMs / DAY_MS);
  if (deadMan.day !== day) {
    deadMan.day = day;
    deadMan.fired = 0;
  }
  if (time !== undefined && deadMan.fired >= DEAD_MAN_PER_DAY) {
    return { error: "Too many scheduled cancels triggered today." };
  }
  if (deadMan.timer !== undefined) scheduler.cancel(deadMan.timer);
  deadMan.timer = undefined;
  if (time === undefined) return DEFAULT;
  deadMan.timer = scheduler.after(time - nowMs, () => {
    deadMan.timer = undefined;
    deadMan.fired++;
    state.exchange.cancelAll(state.owner, undefined, "all", "dead_man");
  });
  return DEFAULT;
}

function updateLeverage({ state }: Desk, { asset, isCross, leverage }: Action): Outcome {
  const symbol = state.symbols.findId(asset as number);
  if (symbol === undefined || !symbol.sim.perpetual) return { error: "Invalid asset." };
  if (isCross !== true) return { error: "Isolated margin is not available for this account." };
  const value = leverage as number;
  if (value < 1 || value > symbol.maxLeverage) return { error: "Invalid leverage value" };
  state.exchange.user(state.owner).leverage.set(symbol.sim, value);
  return DEFAULT;
}

function reserveWeight({ state, limits }: Desk, weight: number): Outcome {
  const cost = money(BigInt(weight) * RESERVE_PRICE);
  const account = walletsOf(state.mode).perp;
  if (state.exchange.user(state.owner).wallet(account).free("USDC") < cost) {
    return { error: "Insufficient balance to reserve request weight." };
  }
  state.exchange.deposit(state.owner, account, "USDC", money(-cost));
  limits.bought += weight;
  return DEFAULT;
}
