/**
 * `exchangeInfo` of either product to instrument terms, exactly.
 *
 * 1. Steps of orders are PRICE_FILTER and LOT_SIZE. `pricePrecision` is no step, but where it is
 *    finer than the tick the book may hold such prices, from before the tick was made coarser: the
 *    grid is then the finer one and `orderTick` the tick.
 * 2. Contracts that are not perpetual, or not margined in their quote, are refused by name; symbols
 *    that begin with TEST are the venue's own and left out.
 * 3. Largest and smallest sizes are rounded inwards to the lot: the venue's need not be on it.
 *
 * Source: venue documentation "Exchange information", futures and spot v3, read 2026-06-30.
 * @module
 */
import {
  type AccountKey,
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
import { Fields } from "./_fields.ts";

/** Wallets of the venue: money must be moved between them to be used in the other. */
export const SPOT_ACCOUNT = accountKey("aster", "spot");
export const PERPETUAL_ACCOUNT = accountKey("aster", "perpetual");

/** The wallet of a product. */
export function accountOf(product: Product): AccountKey {
  return product === "spot" ? SPOT_ACCOUNT : PERPETUAL_ACCOUNT;
}

/** One tradable instrument with its state at the time of the answer. */
export interface AsterInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
}

/** What the venue lists, and why the rest of it is not traded here. */
export interface AsterListing {
  readonly instruments: readonly AsterInstrument[];
  readonly refused: ReadonlyMap<string, string>;
}

/** Steps finer than this cost more than they tell. */
const FINEST_DECIMALS = 9;
/** A size bound where the venue names none. */
const LOTS_MAX = 1_000_000_000n;

/** Reads a raw `exchangeInfo` answer; the presence of contract types tells the product. */
export function parseListing(text: string): Result<AsterListing> {
  const symbols = Fields.parse(text)?.list("symbols");
  if (symbols === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted an exchangeInfo object, found "${found}"`);
  }
  const isFutures = symbols.some((symbol) => symbol.has("contractType"));
  const instruments: AsterInstrument[] = [];
  const refused = new Map<string, string>();
  for (const symbol of symbols) {
    const read = isFutures ? contractOf(symbol) : instrumentOf(symbol, "spot");
    if (read.ok) instruments.push(read.value);
    else refused.set(symbol.text("symbol") || nameOf(symbol), read.error);
  }
  return ok({ instruments, refused });
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
  const name = `${base}${quote}`;
  const maxSize = times(lot, LOTS_MAX) ?? lot;
  return ok({
    ...namesOf(base, quote, product, name),
    tick,
    lot,
    contractSize,
    minSize: lot,
    maxSize,
  });
}

/** Our word for the venue's status; undefined when it is not in the documentation. */
export function tradingStatusOf(venueStatus: string): InstrumentTradingStatus | undefined {
  switch (venueStatus) {
    case "TRADING":
      return "trading";
    case "PENDING_TRADING":
    case "PRE_SETTLE":
    case "SETTLING":
    case "HALT":
    case "BREAK":
      return "halted";
    case "CLOSE":
      return "delisted";
    default:
      return undefined;
  }
}

function contractOf(symbol: Fields): Result<AsterInstrument> {
  const contract = symbol.text("contractType");
  const margin = symbol.text("marginAsset");
  if (contract !== "PERPETUAL") return err(`wanted a PERPETUAL contract, found "${contract}"`);
  if (margin !== symbol.text("quoteAsset")) {
    const kind = margin === symbol.text("baseAsset") ? "an inverse" : "a quanto";
    return err(`wanted a linear contract, found ${kind} one margined in "${margin}"`);
  }
  return instrumentOf(symbol, "perpetual");
}

function instrumentOf(symbol: Fields, product: Product): Result<AsterInstrument> {
  const base = symbol.text("baseAsset");
  const quote = symbol.text("quoteAsset");
  // Spot answers have been seen without `symbol`; the name is base and quote there.
  const name = symbol.text("symbol") || nameOf(symbol);
  if (base === "" || quote === "") return err("wanted a base and a quote, found none");
  if (name.startsWith("TEST")) return err("one of the venue's internal test symbols");
  const status = tradingStatusOf(symbol.text("status"));
  if (status === undefined) {
    return err(`wanted a known status, found "${symbol.text("status")}"`);
  }
  const filters = filtersOf(symbol);
  const tick = filters.get("PRICE_FILTER")?.scalar("tickSize") ?? "";
  const size = filters.get("LOT_SIZE");
  const lot = size?.scalar("stepSize") ?? "";
  if (times(tick, 1n) === undefined || size === undefined || times(lot, 1n) === undefined) {
    return err(`wanted a tick and a lot above 0, found "${tick}" and "${lot}"`);
  }
  const minNotional = filters.get("MIN_NOTIONAL") ?? filters.get("NOTIONAL");
  const smallest = minNotional?.scalar("notional") || minNotional?.scalar("minNotional") || "";
  return ok({
    status,
    terms: {
      ...namesOf(base, quote, product, name),
      ...priceSteps(tick, symbol.whole("pricePrecision") ?? 0),
      lot,
      contractSize: "1",
      minSize: inwards(size.scalar("minQty"), lot, 1n) ?? lot,
      maxSize: inwards(size.scalar("maxQty"), lot, 0n) ?? times(lot, LOTS_MAX)!,
      ...(times(smallest, 1n) === undefined ? {} : { minNotional: smallest }),
      extra: furtherFacts(filters),
    },
  });
}

function nameOf(symbol: Fields): string {
  return `${symbol.text("baseAsset")}${symbol.text("quoteAsset")}`;
}

function namesOf(base: string, quote: string, product: Product, venueSymbol: string) {
  return {
    venue: "aster",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(venueSymbol),
    product,
    account: accountOf(product),
    base,
    quote,
    settle: quote,
  } as const;
}

function filtersOf(symbol: Fields): ReadonlyMap<string, Fields> {
  const filters = symbol.list("filters") ?? [];
  return new Map(filters.map((filter) => [filter.text("filterType"), filter]));
}

/** Grid of the book and step of orders; one and the same where no finer grid is named. */
function priceSteps(tick: string, decimals: number): { tick: string; orderTick?: string } {
  const step = parseDecimal(tick);
  if (!step.ok || decimals <= step.value.scale || decimals > FINEST_DECIMALS) return { tick };
  return { tick: decimalToText(1n, decimals), orderTick: tick };
}

const FURTHER: readonly (readonly [fact: string, filter: string, key: string])[] = [
  ["marketMaxSize", "MARKET_LOT_SIZE", "maxQty"],
  ["priceUpMax", "PERCENT_PRICE", "multiplierUp"],
  ["priceDownMax", "PERCENT_PRICE", "multiplierDown"],
  ["openOrdersMax", "MAX_NUM_ORDERS", "limit"],
  ["stopOrdersMax", "MAX_NUM_ALGO_ORDERS", "limit"],
];

/** Bounds beyond the common terms, as text. */
function furtherFacts(filters: ReadonlyMap<string, Fields>): Record<string, string> {
  const facts: Record<string, string> = {};
  for (const [fact, filter, key] of FURTHER) {
    const text = filters.get(filter)?.scalar(key) ?? "";
    if (text !== "") facts[fact] = text;
  }
  return facts;
}

/** `count` steps as text; undefined unless the step is a decimal above 0. */
function times(step: string, count: bigint): string | undefined {
  const read = parseDecimal(step);
  if (!read.ok || read.value.digits <= 0n) return undefined;
  return decimalToText(read.value.digits * count, read.value.scale);
}

/** The multiple of `step` next to `text`, above it (`up` 1) or below it (0). */
function inwards(text: string, step: string, up: bigint): string | undefined {
  const value = parseDecimal(text);
  const grid = parseDecimal(step);
  if (!value.ok || !grid.ok) return undefined;
  const scale = Math.max(value.value.scale, grid.value.scale);
  const amount = value.value.digits * 10n ** BigInt(scale - value.value.scale);
  const unit = grid.value.digits * 10n ** BigInt(scale - grid.value.scale);
  const count = amount / unit + (amount % unit === 0n ? 0n : up);
  const isBound = count > 0n && count <= BigInt(Number.MAX_SAFE_INTEGER);
  return isBound ? times(step, count) : undefined;
}
