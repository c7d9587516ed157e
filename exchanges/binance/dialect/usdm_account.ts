/**
 * USD-M account, positions and settings.
 * @module
 */
import { entryPriceOf, type SimPosition, unrealisedOf } from "@/exchanges/simulator/mod.ts";
import { micros, moneyToNumber } from "@/engine/domain/mod.ts";
import { failure, isFailure } from "./failures.ts";
import { symbolOf } from "./order_requests.ts";
import { type Json, millis } from "./order_shapes.ts";
import { mandatory, whole } from "./params.ts";
import { type Answer, type Call, freshName } from "./venue_state.ts";
import { floatFixed, moneyFixed, type WireSymbol } from "./wire_symbols.ts";

const ACCOUNT = "binance/perpetual";
const LEVERAGE_MAX = 125;
const MAINTENANCE = 0.005;
const LISTEN_KEY_US = 3_600_000_000;

/** Balances by asset. */
export function balanceUsdm(call: Call): Answer {
  return [...call.user.wallet(ACCOUNT).assets].map(([asset, balance]) => {
    const margin = call.state.exchange.margin(call.user.owner, ACCOUNT, asset);
    const free = floatFixed(Math.max(0, margin.available));
    return {
      accountAlias: "SgsR",
      asset,
      balance: moneyFixed(balance.total),
      crossWalletBalance: moneyFixed(balance.total),
      crossUnPnl: floatFixed(margin.unrealised),
      availableBalance: free,
      maxWithdrawAmount: free,
      marginAvailable: true,
      updateTime: millis(call.now),
    };
  });
}

/** The account at a glance, with assets and open positions. */
export function accountUsdm(call: Call): Answer {
  const { exchange } = call.state;
  const positions = listed(call).map(([symbol, position]) => {
    const risk = riskOf(call, symbol, position);
    return {
      symbol: symbol.name,
      positionSide: "BOTH",
      positionAmt: risk.positionAmt,
      unrealizedProfit: risk.unRealizedProfit,
      isolatedMargin: "0",
      notional: risk.notional,
      isolatedWallet: "0",
      initialMargin: risk.initialMargin,
      maintMargin: risk.maintMargin,
      updateTime: risk.updateTime,
    };
  });
  const maintenance = positions.reduce((sum, each) => sum + Number(each.maintMargin), 0);
  const assets = [...call.user.wallet(ACCOUNT).assets].map(([asset, balance]) => {
    const margin = exchange.margin(call.user.owner, ACCOUNT, asset);
    const initial = margin.positionMargin + margin.orderMargin;
    return {
      asset,
      walletBalance: moneyFixed(balance.total),
      unrealizedProfit: floatFixed(margin.unrealised),
      marginBalance: floatFixed(margin.wallet + margin.unrealised),
      maintMargin: floatFixed(asset === "USDT" ? maintenance : 0),
      initialMargin: floatFixed(initial),
      positionInitialMargin: floatFixed(margin.positionMargin),
      openOrderInitialMargin: floatFixed(margin.orderMargin),
      crossWalletBalance: moneyFixed(balance.total),
      crossUnPnl: floatFixed(margin.unrealised),
      availableBalance: floatFixed(Math.max(0, margin.available)),
      maxWithdrawAmount: floatFixed(Math.max(0, margin.available)),
      updateTime: millis(call.now),
    };
  });
  const total = assets.find((each) => each.asset === "USDT") ?? assets[0];
  return {
    totalInitialMargin: total?.initialMargin ?? "0.00000000",
    totalMaintMargin: floatFixed(maintenance),
    totalWalletBalance: total?.walletBalance ?? "0.00000000",
    totalUnrealizedProfit: total?.unrealizedProfit ?? "0.00000000",
    totalMarginBalance: total?.marginBalance ?? "0.00000000",
    totalPositionInitialMargin: total?.positionInitialMargin ?? "0.00000000",
    totalOpenOrderInitialMargin: total?.openOrderInitialMargin ?? "0.00000000",
    totalCrossWalletBalance: total?.crossWalletBalance ?? "0.00000000",
    totalCrossUnPnl: total?.crossUnPnl ?? "0.00000000",
    availableBalance: total?.availableBalance ?? "0.00000000",
    maxWithdrawAmount: total?.maxWithdrawAmount ?? "0.00000000",
    assets,
    positions,
  };
}

/** Positions of version 3: only symbols with a position or open orders. */
export function positionRisk(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  return listed(call)
    .filter(([each]) => symbol === undefined || each === symbol)
    .map(([each, position]) => ({ ...riskOf(call, each, position) }));
}

/** Positions of version 2: every symbol, with its settings. */
export function positionRiskV2(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const wanted = symbol === undefined ? call.state.symbols.ofProduct("usdm") : [symbol];
  return wanted.map((each) => ({
    ...riskOf(call, each, call.user.position(each.sim)),
    marginType: "cross",
    isAutoAddMargin: "false",
    leverage: String(call.user.leverageOf(each.sim)),
    maxNotionalValue: "20000000",
    isolatedWallet: "0",
  }));
}

/** Whether positions are held per side: never here. */
export function positionMode(_call: Call): Answer {
  return { dualSidePosition: false };
}

/** One-way stays one-way. */
export function setPositionMode(call: Call): Answer {
  const text = mandatory(call.params, "dualSidePosition");
  if (isFailure(text)) return text;
  if (text.toLowerCase() === "false") return failure(-4059, "No need to change position side.");
  return failure(
    -4068,
    "Position side cannot be changed if there exists position or open orders.",
  );
}

/** Sets the initial leverage of a symbol. */
export function setLeverage(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const leverage = whole(call.params, "leverage");
  if (leverage === undefined || leverage < 1 || leverage > LEVERAGE_MAX) {
    return failure(-4028, `Leverage ${call.params.get("leverage") ?? ""} is not valid`);
  }
  call.user.leverage.set(symbol.sim, leverage);
  return { leverage, maxNotionalValue: "20000000", symbol: symbol.name };
}

/** Cross stays cross. */
export function setMarginType(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const type = mandatory(call.params, "marginType");
  if (isFailure(type)) return type;
  if (type === "CROSSED") return failure(-4046, "No need to change margin type.");
  if (type !== "ISOLATED") return failure(-4049, "Invalid margin type.");
  return failure(-4047, "Margin type cannot be changed if there exists open orders.");
}

/** Fee rates of a symbol. */
export function commissionUsdm(call: Call): Answer {
  const symbol = symbolOf(call);
  if (isFailure(symbol)) return symbol;
  const { fees } = symbol.sim.options;
  const rate = (value: number) => (value / 1e6).toFixed(6);
  return {
    symbol: symbol.name,
    makerCommissionRate: rate(fees.maker),
    takerCommissionRate: rate(fees.taker),
  };
}

/** How leverage falls with the size of a position: here in one step. */
export function leverageBracket(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const wanted = symbol === undefined ? call.state.symbols.ofProduct("usdm") : [symbol];
  const bracket = {
    bracket: 1,
    initialLeverage: LEVERAGE_MAX,
    notionalCap: 20_000_000,
    notionalFloor: 0,
    maintMarginRatio: MAINTENANCE,
    cum: 0,
  };
  return wanted.map((each) => ({ symbol: each.name, brackets: [bracket] }));
}

/** Gives the listen key, a new one or the one that is still good, for an hour from now. */
export function startListenKey(call: Call): Answer {
  const { state, now } = call;
  if (state.listenKey === "" || now >= state.listenKeyUntil) {
    state.listenKey = freshName(state.random) + freshName(state.random) + freshName(state.random);
  }
  state.listenKeyUntil = micros(now + LISTEN_KEY_US);
  return { listenKey: state.listenKey };
}

/** Keeps the listen key for another hour. */
export function keepListenKey(call: Call): Answer {
  const { state, now } = call;
  if (state.listenKey === "" || now >= state.listenKeyUntil) {
    return failure(-1125, "This listenKey does not exist.");
  }
  state.listenKeyUntil = micros(now + LISTEN_KEY_US);
  return { listenKey: state.listenKey };
}

/** Ends the listen key. */
export function endListenKey(call: Call): Answer {
  call.state.listenKeyUntil = call.now;
  call.state.listenKey = "";
  return {};
}

type Risk =
  & Record<
    "positionAmt" | "unRealizedProfit" | "notional" | "initialMargin" | "maintMargin",
    string
  >
  & { readonly updateTime: number };

function riskOf(call: Call, symbol: WireSymbol, position: SimPosition): Risk & Json {
  const { sim } = symbol;
  const { tickValue, lotValue } = sim.instrument;
  const notional = position.size * lotValue * sim.mark * tickValue;
  const leverage = call.user.leverageOf(sim);
  const entry = entryPriceOf(position);
  let orders = 0;
  for (const order of call.state.exchange.orders.openOf(call.user.owner, sim)) {
    if (order.reduceOnly || order.workingAt === 0) continue;
    orders += order.price * tickValue * (order.size - order.filled) * lotValue / leverage;
  }
  const initial = Math.abs(notional) / leverage;
  return {
    symbol: symbol.name,
    positionSide: "BOTH",
    positionAmt: symbol.size(position.size),
    entryPrice: entry === 0 ? "0.0" : trimmed(entry),
    breakEvenPrice: entry === 0 ? "0.0" : trimmed(breakEven(position)),
    markPrice: floatFixed(sim.mark * tickValue),
    unRealizedProfit: floatFixed(unrealisedOf(position)),
    liquidationPrice: "0",
    isolatedMargin: "0",
    notional: floatFixed(notional),
    marginAsset: sim.instrument.terms.settle,
    isolatedWallet: "0",
    initialMargin: floatFixed(initial + orders),
    maintMargin: floatFixed(Math.abs(notional) * MAINTENANCE),
    positionInitialMargin: floatFixed(initial),
    openOrderInitialMargin: floatFixed(orders),
    adl: position.size === 0 ? 0 : 2,
    bidNotional: "0",
    askNotional: "0",
    updateTime: millis(position.updatedAt),
  };
}

/** Entry price plus the taker's fee of getting out. */
export function breakEven(position: SimPosition): number {
  const fee = position.instrument.options.fees.taker / 1e6;
  const entry = entryPriceOf(position);
  return position.size > 0 ? entry * (1 + fee) : entry * (1 - fee);
}

/** Up to eleven decimals, without trailing zeros, as the venue writes entry prices. */
export function trimmed(value: number): string {
  return value.toFixed(11).replace(/\.?0+$/, "");
}

/** Unrealised profit as the account stream writes it. */
export function unrealisedText(position: SimPosition): string {
  return position.size === 0 ? "0" : floatFixed(unrealisedOf(position));
}

/** Realised profit since the beginning, as a float's text. */
export function accumulatedText(position: SimPosition): string {
  return floatFixed(moneyToNumber(position.realised));
}

function listed(call: Call): [WireSymbol, SimPosition][] {
  const { exchange, symbols } = call.state;
  const found: [WireSymbol, SimPosition][] = [];
  for (const symbol of symbols.ofProduct("usdm")) {
    const position = call.user.position(symbol.sim);
    const open = exchange.orders.openOf(call.user.owner, symbol.sim).length > 0;
    if (position.size !== 0 || open) found.push([symbol, position]);
  }
  return found;
}
