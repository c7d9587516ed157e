/**
 * `/api/v5/public/instruments` to instrument terms, exactly.
 *
 * 1. Spot and linear swaps are listed; dated, inverse and quanto contracts and options are refused
 *    by name.
 * 2. Sizes of swaps are contracts: `contractSize` is `ctVal * ctMult` of base currency.
 * 3. `instIdCode` becomes `venueNumber`: socket orders name the instrument by it alone. It differs
 *    between live and demo, and some instruments have none.
 * 4. The venue publishes no smallest order value.
 *
 * Source: venue documentation "Get instruments", read 2026-09.
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
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
} from "./_json.ts";

/** The one wallet of the venue. */
export const UNIFIED_ACCOUNT = accountKey("okx", "unified");

/** One tradable instrument with its state at the time of the answer. */
export interface OkxInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
}

/** What the answer lists, and what of it is not traded here. */
export interface OkxListing {
  readonly instruments: readonly OkxInstrument[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
}

/** The venue's word for a product. */
export function instTypeOf(product: Product): "SPOT" | "SWAP" {
  return product === "spot" ? "SPOT" : "SWAP";
}

/** Reads the raw answer; also a push of the `instruments` channel, which has the same rows. */
export function parseInstrumentRows(text: string): Result<OkxListing> {
  const rows = objectsOf(objectOf(parseJson(text))?.["data"]);
  if (rows === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted an object with a list "data", found "${found}"`);
  }
  const instruments: OkxInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  for (const row of rows) {
    const read = instrumentOfRow(row);
    if (read.ok) instruments.push(read.value);
    else refused.push({ symbol: textField(row, "instId"), reason: read.error });
  }
  return ok({ instruments, refused });
}

/** Our word for the venue's state; undefined when it is not in the documentation. */
export function tradingStatusOf(state: string): InstrumentTradingStatus | undefined {
  switch (state) {
    case "live":
      return "trading";
    case "suspend":
    case "preopen":
    case "post_only":
    case "rebase":
    case "settling":
    case "test":
      return "halted";
    case "expired":
      return "delisted";
    default:
      return undefined;
  }
}

/** One row of the answer. */
export function instrumentOfRow(row: JsonObject): Result<OkxInstrument> {
  const status = tradingStatusOf(textField(row, "state"));
  if (status === undefined) {
    return err(`wanted a known state, found "${textField(row, "state")}"`);
  }
  const type = textField(row, "instType");
  const terms = type === "SPOT"
    ? termsOf(row, "spot", textField(row, "baseCcy"), textField(row, "quoteCcy"), "1")
    : type === "SWAP"
    ? swapTerms(row)
    : err(`wanted SPOT or SWAP, found "${type}"`);
  return terms.ok ? ok({ terms: terms.value, status }) : terms;
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
    venue: "okx",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(product === "spot" ? `${base}-${quote}` : `${base}-${quote}-SWAP`),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle: quote,
    tick,
    lot,
    contractSize,
    minSize: lot,
    maxSize: boundedBelow(lot, undefined),
  });
}

function swapTerms(row: JsonObject): Result<InstrumentTerms> {
  const kind = textField(row, "ctType");
  const settle = textField(row, "settleCcy");
  const [base = "", quote = ""] = (textField(row, "uly") || textField(row, "instFamily"))
    .split("-");
  if (kind !== "linear") return err(`wanted a linear contract, found "${kind}"`);
  if (settle !== quote) {
    return err(`wanted a contract settled in its quote "${quote}", found "${settle}"`);
  }
  const valueCurrency = textField(row, "ctValCcy");
  if (valueCurrency !== base) {
    return err(`wanted a contract valued in its base "${base}", found "${valueCurrency}"`);
  }
  const value = parseDecimal(decimalField(row, "ctVal"));
  const multiplier = parseDecimal(decimalField(row, "ctMult") || "1");
  if (!value.ok || !multiplier.ok) return err("wanted ctVal and ctMult as decimals");
  const digits = value.value.digits * multiplier.value.digits;
  if (digits <= 0n) return err("wanted ctVal and ctMult above 0");
  const contractSize = decimalToText(digits, value.value.scale + multiplier.value.scale);
  return termsOf(row, "perpetual", base, quote, contractSize);
}

function termsOf(
  row: JsonObject,
  product: Product,
  base: string,
  quote: string,
  contractSize: string,
): Result<InstrumentTerms> {
  const venueSymbol = textField(row, "instId");
  if (base === "" || quote === "" || venueSymbol === "") return err("wanted id, base and quote");
  const tick = decimalField(row, "tickSz");
  const lot = decimalField(row, "lotSz");
  if (!isPositive(tick) || !isPositive(lot)) return err("wanted tickSz and lotSz above 0");
  const venueNumber = integerField(row, "instIdCode");
  return ok({
    venue: "okx",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(venueSymbol),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle: quote,
    tick,
    lot,
    contractSize,
    minSize: roundedUp(decimalField(row, "minSz"), lot) ?? lot,
    maxSize: boundedBelow(lot, decimalField(row, "maxLmtSz")),
    ...(venueNumber === undefined ? {} : { venueNumber }),
    extra: extraOf(row),
  });
}

/** Facts beyond the common terms. */
function extraOf(row: JsonObject): Record<string, string> {
  const extra: Record<string, string> = {};
  const marketMax = decimalField(row, "maxMktSz");
  if (isPositive(marketMax)) extra["marketMaxSize"] = marketMax;
  const listedUntil = textField(row, "expTime");
  if (listedUntil !== "") extra["listedUntilMs"] = listedUntil;
  return extra;
}

/** The multiple of `lot` not below `text`; undefined when 0 or unread. */
function roundedUp(text: string, lot: string): string | undefined {
  const steps = stepsOf(text, lot);
  if (steps === undefined) return undefined;
  return multipleText(lot, steps.whole + (steps.isExact ? 0n : 1n));
}

/** The largest multiple of `lot` that is not above `text` and still counts exactly. */
function boundedBelow(lot: string, text: string | undefined): string {
  const countable = BigInt(Number.MAX_SAFE_INTEGER);
  const steps = text === undefined ? undefined : stepsOf(text, lot);
  if (steps === undefined) return multipleText(lot, 1_000_000_000n);
  return multipleText(lot, steps.whole < countable ? steps.whole : countable);
}

function stepsOf(text: string, lot: string): { whole: bigint; isExact: boolean } | undefined {
  const value = parseDecimal(text);
  const step = parseDecimal(lot);
  if (!value.ok || !step.ok || value.value.digits <= 0n || step.value.digits <= 0n) {
    return undefined;
  }
  const scale = Math.max(value.value.scale, step.value.scale);
  const amount = value.value.digits * 10n ** BigInt(scale - value.value.scale);
  const size = step.value.digits * 10n ** BigInt(scale - step.value.scale);
  return { whole: amount / size, isExact: amount % size === 0n };
}

function multipleText(lot: string, count: bigint): string {
  const step = parseDecimal(lot);
  return step.ok ? decimalToText(step.value.digits * count, step.value.scale) : lot;
}
