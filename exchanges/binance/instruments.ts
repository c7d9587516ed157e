/**
 * `exchangeInfo` of either product to instrument terms, exactly.
 *
 * 1. Steps of orders come from PRICE_FILTER and LOT_SIZE; the `…Precision` fields are not steps.
 *    But a USD-M book may hold orders from before its tick was made coarser (seen in a recording of
 *    CTKUSDT: 0.50579 at a tick of 0.001), so its grid has `pricePrecision` decimals and the tick
 *    is
 *    the order tick.
 * 2. Spot and linear perpetuals are listed; dated, inverse and quanto contracts are refused by
 *    name.
 * 3. Largest and smallest sizes are rounded inwards to the lot, because a venue's need not be on
 *    it.
 *
 * Source: venue documentation "Exchange information" of both products, read 2026-09.
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
import { isPositive } from "@/exchanges/kit/mod.ts";
import {
  decimalField,
  idField,
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
} from "./_json.ts";

/** A finer grid than this would cost more than it tells. */
const FINEST_DECIMALS = 9;

/** Wallets of the venue. */
export const SPOT_ACCOUNT = accountKey("binance", "spot");
export const PERPETUAL_ACCOUNT = accountKey("binance", "perpetual");

/** One tradable instrument with its state at the time of the answer. */
export interface BinanceInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
}

/** What `exchangeInfo` lists, and what of it is not traded here. */
export interface BinanceListing {
  readonly product: Product;
  readonly instruments: readonly BinanceInstrument[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
}

/** The wallet of a product. */
export function accountOf(product: Product): typeof SPOT_ACCOUNT {
  return product === "spot" ? SPOT_ACCOUNT : PERPETUAL_ACCOUNT;
}

/** Reads the raw answer of `/api/v3/exchangeInfo` or `/fapi/v1/exchangeInfo`. */
export function parseExchangeInfo(text: string): Result<BinanceListing> {
  const outer = objectOf(parseJson(text));
  const root = outer === undefined ? undefined : objectOf(outer["result"]) ?? outer;
  const symbols = objectsOf(root?.["symbols"]);
  if (symbols === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted an exchangeInfo object, found "${found}"`);
  }
  const product = symbols.some((entry) => "contractType" in entry) ? "perpetual" : "spot";
  const instruments: BinanceInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  for (const entry of symbols) {
    const read = product === "spot" ? spotInstrument(entry) : perpetualInstrument(entry);
    if (read.ok) instruments.push(read.value);
    else refused.push({ symbol: textField(entry, "symbol"), reason: read.error });
  }
  return ok({ product, instruments, refused });
}

/** Our word for the venue's status; undefined when it is not in the documentation. */
export function tradingStatusOf(venueStatus: string): InstrumentTradingStatus | undefined {
  switch (venueStatus) {
    case "TRADING":
      return "trading";
    case "HALT":
    case "BREAK":
    case "END_OF_DAY":
    case "CANCEL_ONLY":
    case "PENDING_TRADING":
    case "PRE_TRADING":
    case "POST_TRADING":
    case "AUCTION_MATCH":
    case "PRE_SETTLE":
    case "SETTLING":
      return "halted";
    case "PRE_DELIVERING":
    case "DELIVERING":
    case "DELIVERED":
    case "CLOSE":
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
  return ok({
    venue: "binance",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(`${base}${quote}`),
    product,
    account: accountOf(product),
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

function spotInstrument(entry: JsonObject): Result<BinanceInstrument> {
  if (entry["isSpotTradingAllowed"] === false) return err("spot trading is not allowed");
  return instrumentFrom(entry, "spot", textField(entry, "quoteAsset"));
}

function perpetualInstrument(entry: JsonObject): Result<BinanceInstrument> {
  const contract = textField(entry, "contractType");
  const margin = textField(entry, "marginAsset");
  if (contract !== "PERPETUAL") return err(`wanted a PERPETUAL contract, found "${contract}"`);
  if (margin !== textField(entry, "quoteAsset")) {
    const kind = margin === textField(entry, "baseAsset") ? "inverse" : "quanto";
    return err(`wanted a linear contract, found an ${kind} one margined in "${margin}"`);
  }
  return instrumentFrom(entry, "perpetual", margin);
}

function instrumentFrom(
  entry: JsonObject,
  product: Product,
  settle: string,
): Result<BinanceInstrument> {
  const base = textField(entry, "baseAsset");
  const quote = textField(entry, "quoteAsset");
  const venueSymbol = textField(entry, "symbol");
  if (base === "" || quote === "" || venueSymbol === "") {
    return err("wanted symbol, base and quote");
  }
  const status = tradingStatusOf(textField(entry, "status"));
  if (status === undefined) {
    return err(`wanted a known status, found "${textField(entry, "status")}"`);
  }
  const filters = objectsOf(entry["filters"]) ?? [];
  const tick = filterText(filters, "PRICE_FILTER", "tickSize");
  const lot = filterText(filters, "LOT_SIZE", "stepSize");
  if (!isPositive(tick) || !isPositive(lot)) return err("wanted PRICE_FILTER and LOT_SIZE above 0");
  const minSize = inwards(filterText(filters, "LOT_SIZE", "minQty"), lot, "up");
  const maxSize = inwards(filterText(filters, "LOT_SIZE", "maxQty"), lot, "down");
  const minNotional = filterText(filters, "NOTIONAL", "minNotional") ||
    filterText(filters, "MIN_NOTIONAL", "minNotional") ||
    filterText(filters, "MIN_NOTIONAL", "notional");
  const terms: InstrumentTerms = {
    venue: "binance",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(venueSymbol),
    product,
    account: accountOf(product),
    base,
    quote,
    settle,
    ...priceSteps(entry, tick),
    lot,
    contractSize: "1",
    minSize: minSize ?? lot,
    maxSize: maxSize ?? largestMultiple(lot),
    ...(minNotional === "" ? {} : { minNotional }),
    extra: extraOf(entry, filters),
  };
  return ok({ terms, status });
}

/** The grid of the book and the step of orders; one and the same where no finer grid is named. */
function priceSteps(
  entry: JsonObject,
  tick: string,
): { readonly tick: string; readonly orderTick?: string } {
  const decimals = integerField(entry, "pricePrecision");
  const grid = parseDecimal(tick);
  if (decimals === undefined || !grid.ok || decimals > FINEST_DECIMALS) return { tick };
  return decimals > grid.value.scale
    ? { tick: decimalToText(1n, decimals), orderTick: tick }
    : { tick };
}

/** Facts beyond the common terms: market order bounds and what the symbol allows. */
function extraOf(entry: JsonObject, filters: readonly JsonObject[]): Record<string, string> {
  const extra: Record<string, string> = {};
  const marketMax = filterText(filters, "MARKET_LOT_SIZE", "maxQty");
  if (isPositive(marketMax)) extra["marketMaxSize"] = marketMax;
  for (const flag of ["amendAllowed", "cancelReplaceAllowed"]) {
    if (typeof entry[flag] === "boolean") extra[flag] = String(entry[flag]);
  }
  const openOrders = filters.find((filter) => filter["filterType"] === "MAX_NUM_ORDERS");
  const openMax = openOrders === undefined
    ? ""
    : idField(openOrders, "maxNumOrders") || idField(openOrders, "limit");
  if (openMax !== "") extra["openOrdersMax"] = openMax;
  return extra;
}

function filterText(filters: readonly JsonObject[], type: string, key: string): string {
  const filter = filters.find((candidate) => candidate["filterType"] === type);
  return filter === undefined ? "" : decimalField(filter, key);
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
  if (rounded / size > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return decimalToText(rounded, scale);
}

/** 10^9 lots: a size bound where the venue names none. */
function largestMultiple(lot: string): string {
  const grid = parseDecimal(lot);
  return grid.ok ? decimalToText(grid.value.digits * 1_000_000_000n, grid.value.scale) : lot;
}
