/**
 * Accounts, positions, settings and listen keys of both products.
 * @module
 */
import { entryPriceOf, type SimPosition, unrealisedOf } from "@/exchanges/simulator/mod.ts";
import { micros, moneyToNumber } from "@/engine/domain/mod.ts";
import { type Failure, failure, isFailure } from "./failures.ts";
import { symbolOf } from "./order_requests.ts";
import { type Json, millis } from "./order_shapes.ts";
import { mandatory, missing, whole } from "./params.ts";
import { type Answer, type Call, freshName, type ListenKey } from "./venue_state.ts";
import { floatFixed, moneyFixed, type WireSymbol } from "./wire_symbols.ts";

const ACCOUNT = "aster/perpetual";
const LEVERAGE_MAX = 125;
const MAINTENANCE = 0.005;
const LISTEN_KEY_US = 3_600_000_000;

/** Balances by asset. */
export function balances(call: Call): Answer {
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
export function perpAccount(call: Call): Answer {
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

/** Positions: every symbol, with its settings. */
export function positionRisk(call: Call): Answer {
  const symbol = call.params.has("symbol") ? symbolOf(call) : undefined;
  if (isFailure(symbol)) return symbol;
  const wanted = symbol === undefined ? call.state.symbols.ofProduct("perp") : [symbol];
  return wanted.map((each) => {
    const risk = riskOf(call, each, call.user.position(each.sim));
    return {
      symbol: each.name,
      positionSide: "BOTH",
      positionAmt: risk.positionAmt,
      entryPrice: risk.entryPrice,
      markPrice: risk.markPrice,
      unRealizedProfit: risk.unRealizedProfit,
      liquidationPrice: "0",
      leverage: String(call.user.leverageOf(each.sim)),
      marginType: "cross",
      isolatedMargin: "0",
      isAutoAddMargin: "false",
      maxNotionalValue: "20000000",
      updateTime: risk.updateTime,
    };
  });
}

/** Spot balances and permissions. */
export function spotAccount(call: Call): Answer {
  const balances = [...call.user.wallet("aster/spot").assets].map(([asset, balance]) => ({
    asset,
    free: moneyFixed((balance.total - balance.locked) as typeof balance.total),
    locked: moneyFixed(balance.locked),
  }));
  return {
    feeTier: 0,
    canTrade: true,
    canDeposit: true,
    canWithdraw: true,
    canBurnAsset: true,
    updateTime: millis(call.now),
    balances,
  };
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
export function commissionRate(call: Call): Answer {
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
  const wanted = symbol === undefined ? call.state.symbols.ofProduct("perp") : [symbol];
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
  const { random, listenKeys } = call.state;
  const own = listenKeys[call.product];
  if (own.key === "" || call.now >= own.until) {
    own.key = freshName(random) + freshName(random) + freshName(random);
  }
  own.until = micros(call.now + LISTEN_KEY_US);
  return { listenKey: own.key };
}

/** Keeps the listen key for another hour. */
export function keepListenKey(call: Call): Answer {
  const own = ownListenKey(call);
  if (isFailure(own)) return own;
  own.until = micros(call.now + LISTEN_KEY_US);
  return {};
}

/** Ends the listen key. */
export function endListenKey(call: Call): Answer {
  const own = ownListenKey(call);
  if (isFailure(own)) return own;
  own.until = call.now;
  own.key = "";
  return {};
}

/** Spot must name its key; perpetuals may. */
function ownListenKey(call: Call): ListenKey | Failure {
  const own = call.state.listenKeys[call.product];
  const named = call.params.get("listenKey");
  if (call.product === "spot" && named === undefined) return missing("listenKey");
  const gone = own.key === "" || call.now >= own.until || (named ?? own.key) !== own.key;
  return gone ? failure(-1125, "This listenKey does not exist.") : own;
}

type Risk =
  & Record<
    | "positionAmt"
    | "entryPrice"
    | "markPrice"
    | "unRealizedProfit"
    | "notional"
    | "initialMargin"
    | "maintMargin",
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
    markPrice: floatFixed(sim.mark * tickValue),
    unRealizedProfit: floatFixed(unrealisedOf(position)),
    notional: floatFixed(notional),
    initialMargin: floatFixed(initial + orders),
    maintMargin: floatFixed(Math.abs(notional) * MAINTENANCE),
    updateTime: millis(position.updatedAt),
  };
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
  for (const symbol of symbols.ofProduct("perp")) {
    const position = call.user.position(symbol.sim);
    const open = exchange.orders.openOf(call.user.owner, symbol.sim).length > 0;
    if (position.size !== 0 || open) found.push([symbol, position]);
  }
  return found;
}
