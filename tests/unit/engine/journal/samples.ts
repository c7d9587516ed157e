/**
 * One of every event and output, so that the journal's tests cannot forget a kind.
 * @module
 */
import {
  clientOrderId,
  feeRate,
  fillId,
  instrumentIndex,
  type Micros,
  micros,
  money,
  price,
  signedSize,
  size,
  strategyId,
  symbolOf,
  tradeId,
  venueOrderId,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { accountKey } from "@/engine/domain/mod.ts";
import {
  type BookDelta,
  type EngineEvent,
  type EngineOutput,
  LevelBuffer,
} from "@/engine/messages/mod.ts";
import type { JournalHeader } from "@/engine/journal/mod.ts";

export const AT: Micros = micros(1_767_225_600_123_456);
const INDEX = instrumentIndex(3);
const BIG = 9_007_199_254_740_991;

/** Levels of alternating prices and sizes. */
export function levels(...pairs: number[]): LevelBuffer {
  const buffer = new LevelBuffer(2);
  for (let i = 0; i < pairs.length; i += 2) buffer.push(pairs[i]!, pairs[i + 1]!);
  return buffer;
}

export const DELTA: BookDelta = {
  kind: "book_delta",
  instrument: INDEX,
  at: AT,
  venueAt: micros(1_767_225_600_100_000),
  firstSequence: 4_712_345_678_901,
  sequence: 4_712_345_678_950,
  previousSequence: 4_712_345_678_900,
  bids: levels(642_501, 120, 642_499, 0, 642_300, BIG),
  asks: levels(642_502, 1, BIG, 2_147_483_648),
  checksum: undefined,
};

const HEAD = { instrument: INDEX, at: AT, venueAt: micros(0) };
const ORDER = {
  kind: "order",
  ...HEAD,
  source: "stream",
  clientOrderId: clientOrderId("tl-1-000042"),
  venueOrderId: venueOrderId("9007199254740993"),
  status: "partially_filled",
  side: "buy",
  type: "limit",
  timeInForce: "gtc",
  price: price(642_501),
  size: size(10),
  filledSize: size(4),
  averagePrice: money(64_250_100_000_000_000_000_000n),
  reason: undefined,
  text: 'quote " and é',
} as const;
const FILL = {
  kind: "fill",
  ...HEAD,
  clientOrderId: clientOrderId("tl-1-000042"),
  venueOrderId: undefined,
  fillId: fillId("77"),
  side: "sell",
  price: price(642_501),
  size: size(4),
  liquidity: "maker",
  fee: money(-12_345_678_901_234_567_890n),
  feeAsset: "USDT",
} as const;
const BALANCE = {
  kind: "balance",
  account: accountKey("binance", "spot"),
  at: AT,
  venueAt: micros(0),
  asset: "USDT",
  total: money(10n ** 24n),
  free: money(0n),
} as const;
const POSITION = {
  kind: "position",
  ...HEAD,
  size: signedSize(-5),
  averagePrice: money(1n),
  unrealised: undefined,
} as const;
const TERMS = {
  venue: "binance",
  symbol: symbolOf("BTC-USDT-PERP"),
  venueSymbol: venueSymbolOf("BTCUSDT"),
  product: "perpetual",
  account: accountKey("binance", "perpetual"),
  base: "BTC",
  quote: "USDT",
  settle: "USDT",
  tick: "0.1",
  lot: "0.001",
  contractSize: "1",
} as const;
const FEES = { maker: feeRate(0), taker: feeRate(300) };

/** One event of each kind, and of each shape that is stored in its own way. */
export const EVENTS: readonly EngineEvent[] = [
  { kind: "session_started", at: AT, instanceId: "alpha", startNumber: 7 },
  { kind: "instrument_defined", at: AT, index: INDEX, terms: TERMS, fees: FEES },
  { kind: "timer", at: AT },
  {
    kind: "book_snapshot",
    ...HEAD,
    sequence: 1,
    bids: levels(10, 1, 9, 2),
    asks: levels(),
    checksum: -1_881_014_294,
  },
  { kind: "book_snapshot", ...HEAD, sequence: -1, bids: levels(), asks: levels(), checksum: 0 },
  DELTA,
  { kind: "book_check", ...HEAD, sequence: 8, bids: levels(10, 1, 9, 2), asks: levels(11, 3) },
  {
    kind: "best_bid_ask",
    ...HEAD,
    sequence: -1,
    bid: price(642_501),
    bidSize: size(12),
    ask: price(642_502),
    askSize: size(0),
  },
  {
    kind: "trade",
    ...HEAD,
    price: price(642_502),
    size: size(3),
    aggressor: "sell",
    tradeId: tradeId("a-é-99"),
  },
  {
    kind: "trade",
    ...HEAD,
    price: price(1),
    size: size(1),
    aggressor: "buy",
    tradeId: tradeId(""),
  },
  { kind: "mark_price", ...HEAD, mark: money(64_250_123_456_789_000_000_000n), index: undefined },
  { kind: "mark_price", ...HEAD, mark: money(1n), index: money(-(2n ** 100n)) },
  { kind: "funding", ...HEAD, rate: money(-125_000_000_000_000n), nextAt: micros(0) },
  { kind: "instrument_status", ...HEAD, status: "delisted" },
  { kind: "feed_interrupted", instrument: INDEX, at: AT, reason: "venue_reset" },
  ORDER,
  FILL,
  {
    kind: "request_refused",
    instrument: INDEX,
    at: AT,
    clientOrderId: clientOrderId("x"),
    request: "amend",
    reason: "filter",
    text: "-1013",
  },
  {
    kind: "request_lost",
    instrument: INDEX,
    at: AT,
    clientOrderId: clientOrderId("x"),
    request: "place",
    outcome: "unknown",
    text: "socket closed",
  },
  { kind: "order_not_found", instrument: INDEX, at: AT, clientOrderId: clientOrderId("x") },
  BALANCE,
  POSITION,
  {
    kind: "funding_payment",
    account: accountKey("binance", "perpetual"),
    instrument: undefined,
    at: AT,
    venueAt: micros(0),
    asset: "USDT",
    amount: money(-1n),
    paymentId: fillId("f1"),
  },
  {
    kind: "account_report",
    account: accountKey("binance", "perpetual"),
    at: AT,
    askedAt: micros(1),
    openOrders: [ORDER],
    positions: [POSITION],
    balances: [BALANCE],
    fills: [FILL],
  },
  {
    kind: "connection",
    venue: "binance",
    account: undefined,
    link: "market",
    state: "down",
    at: AT,
    reason: "closed by peer",
  },
  {
    kind: "rate_limit",
    venue: "binance",
    at: AT,
    rule: "weight_1m",
    used: 400,
    blockedUntil: micros(0),
  },
  {
    kind: "command",
    name: "set",
    at: AT,
    by: "operator",
    reason: "",
    releaseKillSwitch: false,
    values: [["half_spread_bp", "1.5"]],
  },
];

const PLACE = {
  kind: "place_order",
  instrument: INDEX,
  clientOrderId: clientOrderId("tl-1-000042"),
  strategy: strategyId("maker"),
  side: "buy",
  type: "limit",
  timeInForce: "gtc",
  postOnly: true,
  reduceOnly: false,
  price: price(642_501),
  triggerPrice: undefined,
  size: size(10),
};
const AMEND = {
  kind: "amend_order",
  instrument: INDEX,
  clientOrderId: clientOrderId("tl-1-000042"),
  venueOrderId: venueOrderId("1"),
  strategy: strategyId("maker"),
  side: "buy",
  price: price(642_500),
  size: size(10),
  filledSize: size(4),
  reduceOnly: false,
  postOnly: true,
};
const REPLACE = {
  kind: "replace_order",
  instrument: INDEX,
  clientOrderId: clientOrderId("tl-1-000042"),
  venueOrderId: undefined,
  newClientOrderId: clientOrderId("tl-1-000043"),
  strategy: strategyId("maker"),
  side: "sell",
  timeInForce: "gtc",
  postOnly: true,
  reduceOnly: false,
  price: price(642_503),
  size: size(10),
};
const NAMED = {
  instrument: INDEX,
  clientOrderId: clientOrderId("x"),
  venueOrderId: undefined,
} as const;

/** One output of each kind. Approval cannot be forged in types, so three are taken as given. */
export const OUTPUTS: readonly EngineOutput[] = [
  PLACE as unknown as EngineOutput,
  AMEND as unknown as EngineOutput,
  REPLACE as unknown as EngineOutput,
  { kind: "cancel_order", ...NAMED },
  { kind: "cancel_all", instrument: INDEX },
  { kind: "query_order", ...NAMED },
  { kind: "query_fills", ...NAMED },
  { kind: "query_account", account: accountKey("binance", "perpetual") },
  { kind: "arm_dead_man", instrument: INDEX, timeoutMs: 0 },
  { kind: "request_snapshot", instrument: INDEX, reason: "gap" },
  { kind: "request_book_check", instrument: INDEX, reason: "audit" },
  { kind: "alert", severity: "critical", code: "ledger_break", text: "wanted 1, found 2" },
  { kind: "mode_changed", from: "normal", to: "halted", reason: "loss", by: "risk" },
  {
    kind: "order_refused",
    request: "place_order",
    instrument: INDEX,
    strategy: strategyId("maker"),
    code: "order_size_max",
    text: "wanted at most 1, found 2",
  },
];

export const HEADER: JournalHeader = {
  version: "0.1.0",
  config: { instance_id: "alpha", secrets: "***", nested: { list: [1, "2", null] } },
  instruments: [{ terms: TERMS, fees: FEES }],
  seed: 7,
  instance: "alpha",
};

/** What a message is after its journey: without keys that are undefined, levels as plain pairs. */
export function plain(message: unknown): unknown {
  if (message instanceof LevelBuffer) {
    return Array.from({ length: message.count }, (_, i) => [message.prices[i], message.sizes[i]]);
  }
  if (Array.isArray(message)) return message.map(plain);
  if (typeof message !== "object" || message === null) return message;
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, plain(value)]),
  );
}
