/**
 * Balances, positions, executions, fees and settings over REST.
 *
 * Source: protocol sheet sections 4, 5 and 6.
 * @module
 */
import { feeFraction, money, moneyToText } from "@/engine/domain/mod.ts";
import { badParameter, type Failure, failure, isFailure, noInstrument } from "./failures.ts";
import { symbolOf } from "./market_operations.ts";
import { futuresFill, positionBody, spotFill } from "./order_shapes.ts";
import { type Answer, type Call, FUTURES_WALLET, idOf, SPOT_WALLET } from "./venue_state.ts";
import { floatPlain, type Json, type WireSymbol } from "./wire_symbols.ts";

const FILLS_MAX = 1_000;
const FILLS_DEFAULT = 100;
const LEVERAGE_MAX = 100;

/** Who the key belongs to. */
export function detail({ state }: Call): Answer {
  return { user_id: Number(state.uid), ip_whitelist: [], currency_pairs: [], tier: 5 };
}

/** Spot balances that were ever held. */
export function spotAccounts({ user, params, now }: Call): Answer {
  const { assets } = user.wallet(SPOT_WALLET);
  return [...assets].filter(([currency]) => {
    return params.currency === undefined || params.currency === currency;
  }).map(([currency, { total, locked }]) => ({
    currency,
    available: moneyToText(money(total - locked)),
    locked: moneyToText(locked),
    update_id: Math.floor(now / 1_000),
  }));
}

/** The futures wallet. */
export function futuresAccount({ state, user }: Call): Answer {
  const { total } = user.wallet(FUTURES_WALLET).of("USDT");
  const margin = state.exchange.margin(state.owner, FUTURES_WALLET, "USDT");
  const available = floatPlain(Math.max(0, margin.available), 8);
  return {
    user: Number(state.uid),
    currency: "USDT",
    total: moneyToText(total),
    unrealised_pnl: floatPlain(margin.unrealised, 8),
    position_margin: floatPlain(margin.positionMargin, 8),
    order_margin: floatPlain(margin.orderMargin, 8),
    available,
    cross_available: available,
    point: "0",
    bonus: "0",
    in_dual_mode: state.positionMode === "dual",
    position_mode: state.positionMode,
    margin_mode: 0,
    enable_credit: false,
  };
}

/** Positions of all contracts that were ever held, or with `holding=true` those held now. */
export function positions(call: Call): Answer {
  const { state, user, params, decimal } = call;
  return [...user.positions.values()]
    .filter((each) => each.size !== 0 || params.holding !== "true")
    .map((each) => positionBody(state, state.symbols.of(each.instrument), each, decimal));
}

/** The position of one contract. */
export function position(call: Call): Answer {
  const symbol = contractOf(call);
  if (isFailure(symbol)) return symbol;
  return positionBody(call.state, symbol, call.user.positions.get(symbol.sim), call.decimal);
}

/** Initial leverage of a contract. */
export function setLeverage(call: Call): Answer {
  const symbol = contractOf(call);
  if (isFailure(symbol)) return symbol;
  const { params, user } = call;
  const asked = Number(params.leverage);
  const leverage = asked === 0 ? Number(params.cross_leverage_limit ?? 10) : asked;
  if (params.leverage === undefined || !(leverage >= 1 && leverage <= LEVERAGE_MAX)) {
    return badParameter("leverage");
  }
  user.leverage.set(symbol.sim, leverage);
  return position(call);
}

/** One-way or hedged; this venue trades one-way only while it is set so, and only when flat. */
export function setPositionMode(call: Call): Answer {
  const { params, state, user } = call;
  const mode = params.position_mode ?? (params.dual_mode === "true" ? "dual" : "single");
  if (mode !== "single" && mode !== "dual") return badParameter("position_mode");
  if (mode !== state.positionMode && [...user.positions.values()].some((each) => each.size !== 0)) {
    return failure("NO_CHANGE_WITH_POSITION", "position mode changes only while flat");
  }
  if (mode === "dual") return failure("FORBIDDEN", "dual mode is not offered to this account", 403);
  return futuresAccount(call);
}

/** Own rates. */
export function fees(call: Call): Answer {
  const { product, params, state } = call;
  const some = (params.currency_pair ?? params.contract) !== undefined;
  const symbol = some ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const of = (each: WireSymbol): Json => ({
    taker_fee: floatPlain(feeFraction(each.sim.options.fees.taker), 8),
    maker_fee: floatPlain(feeFraction(each.sim.options.fees.maker), 8),
  });
  const listed = state.symbols.ofProduct(product);
  if (product === "futures") {
    const among = symbol === undefined ? listed : [symbol];
    return Object.fromEntries(among.map((each) => [each.name, of(each)]));
  }
  const one = symbol ?? listed[0];
  return {
    user_id: Number(state.uid),
    ...(one === undefined ? {} : of(one)),
    gt_discount: false,
    gt_taker_fee: "0",
    gt_maker_fee: "0",
    loan_fee: "0.18",
    point_type: "1",
    ...(symbol === undefined ? {} : { currency_pair: symbol.name }),
  };
}

/** Executions, newest first. */
export function myTrades(call: Call): Answer {
  const { state, product, params, decimal } = call;
  const some = (params.currency_pair ?? params.contract) !== undefined;
  const symbol = some ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const from = Number(params.from ?? 0) * 1e6;
  const to = params.to === undefined ? Infinity : (Number(params.to) + 1) * 1e6;
  const order = params.order_id ?? params.order;
  const limit = Math.max(1, Math.min(FILLS_MAX, Number(params.limit ?? FILLS_DEFAULT) || 1));
  const page = Math.max(1, Number(params.page ?? 1) || 1);
  const skipped = product === "futures" ? Number(params.offset ?? 0) || 0 : (page - 1) * limit;
  const found = state.exchange.orders.fills().filter((fill) =>
    fill.owner === state.owner && fill.instrument.perpetual === (product === "futures") &&
    (symbol === undefined || fill.instrument === symbol.sim) && fill.at >= from && fill.at < to &&
    (order === undefined || idOf(fill.order) === String(order))
  );
  return found.reverse().slice(skipped, skipped + limit).map((fill) =>
    product === "spot" ? spotFill(state, fill) : restFill(futuresFill(state, fill, decimal))
  );
}

/** REST writes an execution's number and fee otherwise than the channel does. */
function restFill(body: Json): Json {
  const { create_time_ms, fee, id, ...rest } = body;
  return {
    ...rest,
    id: Number(id),
    create_time: Number(create_time_ms) / 1_000,
    fee: floatPlain(Number(fee), 12),
    point_fee: "0",
  };
}

function contractOf({ state, params }: Call): WireSymbol | Failure {
  return state.symbols.find("futures", params.order_id) ??
    noInstrument("futures", params.order_id);
}
