/**
 * `instruments-info` of either category to instrument terms, exactly.
 *
 * 1. Linear: tick, quantity step and bounds as named; sizes are in base, no contract multiplier.
 * 2. Spot: the lot is `basePrecision`; the least value is `minOrderAmt`.
 * 3. Perpetuals settled in USDT are listed; inverse, dated and USDC-settled ones are refused by
 *    name. What is not trading yet or no more is listed with its status.
 * 4. Largest and smallest sizes are rounded inwards to the lot, because a venue's need not be on
 *    it.
 *
 * Source: venue documentation "Get instruments info", read 2026-07.
 * @module
 */
import {
  accountKey,
  decimalToText,
  err,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  ok,
  parseDecimal,
  type Product,
  type Result,
  symbolFrom,
  symbolParts,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import { isPositive, plain } from "@/exchanges/kit/mod.ts";
import {
  decimalField,
  idField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
} from "./_json.ts";

/** The one wallet of the venue: spot and linear trade from it. */
export const UNIFIED_ACCOUNT = accountKey("bybit", "unified");

/** One tradable instrument with its state at the time of the answer. */
export interface BybitInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
}

/** What one page lists, and what of it is not traded here. */
export interface BybitListing {
  readonly instruments: readonly BybitInstrument[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  /** Where the next page begins; "" on the last one. */
  readonly nextCursor: string;
}

/** Reads the raw answer of `/v5/market/instruments-info` of either category. */
export function parseInstrumentsInfo(text: string): Result<BybitListing> {
  const outer = objectOf(parseJson(text));
  const result = outer === undefined ? undefined : objectOf(outer["result"]) ?? outer;
  const entries = objectsOf(result?.["list"]);
  if (result === undefined || entries === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted an instruments-info answer, found "${found}"`);
  }
  const category = textField(result, "category");
  const instruments: BybitInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  for (const entry of entries) {
    const read = instrumentFrom(entry, category);
    if (read.ok) instruments.push(read.value);
    else refused.push({ symbol: textField(entry, "symbol"), reason: read.error });
  }
  return ok({ instruments, refused, nextCursor: textField(result, "nextPageCursor") });
}

/** Our word for the venue's status; undefined when it is not in the documentation. */
export function tradingStatusOf(venueStatus: string): InstrumentTradingStatus | undefined {
  switch (venueStatus) {
    case "Trading":
      return "trading";
    case "PreLaunch":
      return "halted";
    case "Delivering":
    case "Closed":
      return "delisted";
    default:
      return undefined;
  }
}

/** Terms from a symbol and its steps alone, for tools without an instruments file. */
export function termsFrom(
  symbol: string,
  tick: string,
  lot: string,
  contractSize: string,
): Result<InstrumentTerms> {
  const parts = symbolParts(symbol);
  if (parts === undefined) {
    return err(`Cannot make terms: wanted BASE-QUOTE or BASE-QUOTE-PERP, found "${symbol}"`);
  }
  const { base, quote, product } = parts;
  const isUsdcPerpetual = product === "perpetual" && quote === "USDC";
  return ok({
    venue: "bybit",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(isUsdcPerpetual ? `${base}PERP` : `${base}${quote}`),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle: quote,
    tick,
    lot,
    contractSize,
    minSize: lot,
    maxSize: largestMultiple(lot),
  });
}

function instrumentFrom(entry: JsonObject, category: string): Result<BybitInstrument> {
  const contract = textField(entry, "contractType");
  if (category === "linear" || (category === "" && contract !== "")) {
    const settle = textField(entry, "settleCoin");
    if (contract !== "LinearPerpetual") {
      return err(`wanted a LinearPerpetual contract, found "${contract}"`);
    }
    if (settle !== "USDT") return err(`wanted a contract settled in USDT, found "${settle}"`);
    return termsOf(entry, "perpetual", "qtyStep", settle);
  }
  if (category !== "spot" && category !== "") {
    return err(`wanted category spot or linear, found "${category}"`);
  }
  return termsOf(entry, "spot", "basePrecision", textField(entry, "quoteCoin"));
}

function termsOf(
  entry: JsonObject,
  product: Product,
  lotKey: string,
  settle: string,
): Result<BybitInstrument> {
  const base = textField(entry, "baseCoin");
  const quote = textField(entry, "quoteCoin");
  const venueSymbol = textField(entry, "symbol");
  if (base === "" || quote === "" || venueSymbol === "") {
    return err("wanted symbol, base and quote");
  }
  const status = tradingStatusOf(textField(entry, "status"));
  if (status === undefined) {
    return err(`wanted a known status, found "${textField(entry, "status")}"`);
  }
  const sizes = objectOf(entry["lotSizeFilter"]) ?? {};
  const prices = objectOf(entry["priceFilter"]) ?? {};
  const tick = decimalField(prices, "tickSize");
  const lot = decimalField(sizes, lotKey);
  if (!isPositive(tick) || !isPositive(lot)) return err(`wanted tickSize and ${lotKey} above 0`);
  const isSpot = product === "spot";
  // Spot's `minOrderQty` is deprecated: the least value decides there.
  const minSize = isSpot ? undefined : inwards(decimalField(sizes, "minOrderQty"), lot, "up");
  const largest = isSpot
    ? decimalField(sizes, "maxLimitOrderQty") || decimalField(sizes, "maxOrderQty")
    : decimalField(sizes, "maxOrderQty");
  const minNotional = decimalField(sizes, isSpot ? "minOrderAmt" : "minNotionalValue");
  const terms: InstrumentTerms = {
    venue: "bybit",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(venueSymbol),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle,
    tick: plain(tick),
    lot: plain(lot),
    contractSize: "1",
    minSize: minSize ?? plain(lot),
    maxSize: inwards(largest, lot, "down") ?? largestMultiple(lot),
    ...(isPositive(minNotional) ? { minNotional: plain(minNotional) } : {}),
    extra: extraOf(entry, sizes, prices),
  };
  return ok({ terms, status });
}

/** Facts beyond the common terms: market order bounds, price bounds and band, funding interval. */
function extraOf(
  entry: JsonObject,
  sizes: JsonObject,
  prices: JsonObject,
): Record<string, string> {
  const risk = objectOf(entry["riskParameters"]) ?? {};
  const facts: readonly (readonly [name: string, text: string])[] = [
    [
      "marketMaxSize",
      decimalField(sizes, "maxMktOrderQty") || decimalField(sizes, "maxMarketOrderQty"),
    ],
    ["postOnlyMaxSize", decimalField(sizes, "postOnlyMaxLimitOrderSize")],
    ["minPrice", decimalField(prices, "minPrice")],
    ["maxPrice", decimalField(prices, "maxPrice")],
    ["priceLimitRatioX", decimalField(risk, "priceLimitRatioX")],
    ["priceLimitRatioY", decimalField(risk, "priceLimitRatioY")],
    ["fundingIntervalMinutes", idField(entry, "fundingInterval")],
    ["specialTreatment", textField(entry, "stTag")],
  ];
  return Object.fromEntries(facts.filter(([, text]) => text !== ""));
}

/** The multiple of `step` next to `text` towards the allowed range; undefined when 0 or unread. */
function inwards(text: string, step: string, direction: "up" | "down"): string | undefined {
  const value = parseDecimal(text);
  const grid = parseDecimal(step);
  if (!value.ok || !grid.ok || value.value.digits <= 0n) return undefined;
  const scale = Math.max(value.value.scale, grid.value.scale);
  const amount = value.value.digits * 10n ** BigInt(scale - value.value.scale);
  const size = grid.value.digits * 10n ** BigInt(scale - grid.value.scale);
  const down = amount - (amount % size);
  const rounded = direction === "up" && down !== amount ? down + size : down;
  if (rounded <= 0n || rounded / size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return decimalToText(rounded, scale);
}

/** 10^9 lots: a size bound where the venue names none. */
function largestMultiple(lot: string): string {
  const grid = parseDecimal(lot);
  return grid.ok ? decimalToText(grid.value.digits * 1_000_000_000n, grid.value.scale) : lot;
}
