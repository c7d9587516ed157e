/**
 * The venue's lists of currency pairs and of contracts to instrument terms, exactly.
 *
 * 1. Spot steps are decimals: `precision` of prices, `amount_precision` of sizes. A contract's are
 *    values: `order_price_round` (need not be a power of ten) and one contract.
 * 2. Contracts with `enable_decimal` may be traded in parts; their step is not published. Their
 *    book is kept on a grid of four decimals at least, orders on `order_size_min`.
 * 3. Linear USDT perpetuals are listed; inverse ones (quanto multiplier 0, type "inverse") and
 *    names that are not ASCII are refused by name.
 * 4. Smallest and largest sizes are rounded inwards to the order lot. A bound may be absent.
 *
 * Source: venue documentation "List all currency pairs supported", "List all futures contracts",
 * read 2026-09.
 * @module
 */
import {
  accountKey,
  decimalToText,
  err,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  type Micros,
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
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  secondsField,
  textField,
} from "./_json.ts";

/** Wallets of the venue. */
export const SPOT_ACCOUNT = accountKey("gate", "spot");
export const FUTURES_ACCOUNT = accountKey("gate", "futures");

/** Decimals of a decimal contract's book, whose step the venue does not publish. */
const DECIMAL_CONTRACT_PLACES = 4;
const PLACES_MAX = 18;
/** Of the finest grid; a size bound beyond it says nothing. */
const STEPS_MAX = 900_000_000_000n;
const VENUE_SYMBOL = /^[A-Z0-9]+_[A-Z0-9]+$/;

/** One tradable instrument with its state at the time of the answer. */
export interface GateInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
  /** When funding is paid next; 0 on spot. */
  readonly fundingAt: Micros;
}

/** What an answer lists, and what of it is not traded here. */
export interface GateListing {
  readonly product: Product;
  readonly instruments: readonly GateInstrument[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
}

/** The wallet of a product. */
export function accountOf(product: Product): typeof SPOT_ACCOUNT {
  return product === "spot" ? SPOT_ACCOUNT : FUTURES_ACCOUNT;
}

/**
 * Reads the raw answer of `/spot/currency_pairs` or `/futures/usdt/contracts`, whole or of one.
 * An empty list is of no product; the caller's own then.
 */
export function parseListing(text: string, expected?: Product): Result<GateListing> {
  const tree = parseJson(text);
  const single = objectOf(tree);
  const isOne = single !== undefined && ("id" in single || "name" in single);
  const entries = isOne ? [single] : objectsOf(tree);
  if (entries === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(
      `Cannot read instruments: wanted a list of currency pairs or contracts, found "${found}"`,
    );
  }
  const product = productOf(entries, expected);
  const instruments: GateInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  for (const entry of entries) {
    const read = "quanto_multiplier" in entry || "order_price_round" in entry
      ? contractFrom(entry)
      : pairFrom(entry);
    if (read.ok) instruments.push(read.value);
    else refused.push({ symbol: nameOf(entry), reason: read.error });
  }
  return ok({ product, instruments, refused });
}

function productOf(entries: readonly JsonObject[], expected: Product | undefined): Product {
  if (entries.length === 0) return expected ?? "spot";
  return entries.some((entry) => "quanto_multiplier" in entry) ? "perpetual" : "spot";
}

function nameOf(entry: JsonObject): string {
  return textField(entry, "id") || textField(entry, "name");
}

/** Our word for `trade_status` of a pair; undefined when it is not in the documentation. */
export function pairStatusOf(word: string): InstrumentTradingStatus | undefined {
  switch (word) {
    case "tradable":
      return "trading";
    // One side only: neither can be quoted on.
    case "buyable":
    case "sellable":
    case "untradable":
      return "halted";
    default:
      return undefined;
  }
}

/** Our word for a contract's `status` and `in_delisting`. */
export function contractStatusOf(entry: JsonObject): InstrumentTradingStatus | undefined {
  const status = textField(entry, "status");
  switch (status) {
    case "delisting":
    case "delisted":
      return "delisted";
    case "prelaunch":
    case "circuit_breaker":
      return "halted";
    case "trading":
    case "": // Older answers have no such field.
      return entry["in_delisting"] === true ? "delisted" : "trading";
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
    ...namesOf(base, quote, product),
    tick,
    lot,
    contractSize,
    minSize: lot,
    maxSize: largestMultiple(lot),
  });
}

function namesOf(base: string, quote: string, product: Product) {
  return {
    venue: "gate",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(`${base}_${quote}`),
    product,
    account: accountOf(product),
    base,
    quote,
    settle: quote,
  } as const;
}

function pairFrom(entry: JsonObject): Result<GateInstrument> {
  const base = textField(entry, "base");
  const quote = textField(entry, "quote");
  const name = textField(entry, "id");
  if (!VENUE_SYMBOL.test(name) || base === "" || quote === "") {
    return err("wanted an ASCII name, base and quote");
  }
  const word = textField(entry, "trade_status");
  const status = pairStatusOf(word);
  if (status === undefined) return err(`wanted a known trade_status, found "${word}"`);
  const tick = stepOfPlaces(integerField(entry, "precision"));
  const lot = stepOfPlaces(integerField(entry, "amount_precision"));
  if (tick === undefined || lot === undefined) return err("wanted precision and amount_precision");
  const minNotional = decimalField(entry, "min_quote_amount");
  return ok({
    terms: {
      ...namesOf(base, quote, "spot"),
      venueSymbol: venueSymbolOf(name),
      tick,
      lot,
      contractSize: "1",
      ...sizeBounds(entry, ["min_base_amount", "max_base_amount"], lot),
      ...(isPositive(minNotional) ? { minNotional } : {}),
      extra: extraOf(entry, ["max_quote_amount", "up_rate", "down_rate", "slippage"]),
    },
    status,
    fundingAt: 0 as Micros,
  });
}

function contractFrom(entry: JsonObject): Result<GateInstrument> {
  const name = textField(entry, "name");
  if (!VENUE_SYMBOL.test(name)) return err("wanted an ASCII name");
  const [base, quote] = name.split("_") as [string, string];
  const multiplier = decimalField(entry, "quanto_multiplier");
  const kind = textField(entry, "type");
  if (kind === "inverse" || !isPositive(multiplier)) {
    return err(`wanted a linear contract, found an inverse one ("${multiplier}" per contract)`);
  }
  if (quote !== "USDT") return err(`wanted a contract settled in USDT, found "${quote}"`);
  const status = contractStatusOf(entry);
  if (status === undefined) {
    return err(`wanted a known status, found "${textField(entry, "status")}"`);
  }
  const tick = decimalField(entry, "order_price_round");
  if (!isPositive(tick)) return err("wanted order_price_round above 0");
  const steps = contractSteps(entry);
  return ok({
    terms: {
      ...namesOf(base, quote, "perpetual"),
      venueSymbol: venueSymbolOf(name),
      tick: plain(tick),
      ...steps,
      contractSize: plain(multiplier),
      ...sizeBounds(entry, ["order_size_min", "order_size_max"], steps.orderLot ?? steps.lot),
      extra: {
        ...extraOf(entry, ["market_order_size_max", "order_price_deviate", "funding_interval"]),
        enable_decimal: String(entry["enable_decimal"] === true),
      },
    },
    status,
    fundingAt: secondsField(entry, "funding_next_apply"),
  });
}

/** Invariant 2. */
function contractSteps(entry: JsonObject): { readonly lot: string; readonly orderLot?: string } {
  if (entry["enable_decimal"] !== true) return { lot: "1" };
  const smallest = decimalField(entry, "order_size_min");
  const parsed = parseDecimal(smallest);
  if (!parsed.ok || parsed.value.digits <= 0n) return { lot: "1" };
  const places = Math.max(DECIMAL_CONTRACT_PLACES, parsed.value.scale);
  return { lot: decimalToText(1n, places), orderLot: plain(smallest) };
}

/** Facts beyond the common terms, as the venue names them. */
function extraOf(entry: JsonObject, keys: readonly string[]): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const key of keys) {
    const text = decimalField(entry, key);
    if (text !== "") extra[key] = text;
  }
  return extra;
}

function sizeBounds(
  entry: JsonObject,
  [least, most]: readonly [string, string],
  step: string,
): { readonly minSize: string; readonly maxSize: string } {
  return {
    minSize: inwards(decimalField(entry, least), step, "up") ?? step,
    maxSize: inwards(decimalField(entry, most), step, "down") ?? largestMultiple(step),
  };
}

function stepOfPlaces(places: number | undefined): string | undefined {
  if (places === undefined || places < 0 || places > PLACES_MAX) return undefined;
  return decimalToText(1n, places);
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
  if (rounded <= 0n || rounded / size > STEPS_MAX) return undefined;
  return decimalToText(rounded, scale);
}

/** 10^9 steps: a size bound where the venue names none. */
function largestMultiple(step: string): string {
  const grid = parseDecimal(step);
  return grid.ok ? decimalToText(grid.value.digits * 1_000_000_000n, grid.value.scale) : step;
}
