/**
 * Names of venues, accounts and instruments: ours and theirs.
 *
 * Ours: `BTC-USDT` is spot, `BTC-USDT-PERP` a perpetual; the quote is the venue's.
 * Spot and perpetual may share one venue symbol, so the key is venue + our symbol.
 * @module
 */
import type { Brand } from "./brand.ts";

/** The venues Touchline trades, by the names of the command line. */
export const VENUE_IDS = [
  "binance",
  "okx",
  "gate",
  "bybit",
  "hyperliquid",
  "dydx",
  "aster",
] as const;

/** A venue. */
export type VenueId = (typeof VENUE_IDS)[number];

/** Spot or perpetual: the two products that are traded. */
export type Product = "spot" | "perpetual";

/** Our name of an instrument: `BTC-USDT`, `BTC-USDT-PERP`. */
export type Symbol = Brand<string, "Symbol">;

/** A venue's own name of an instrument: `BTCUSDT`, `BTC_USDT`, `BTC`. */
export type VenueSymbol = Brand<string, "VenueSymbol">;

/** Venue and our symbol: `binance:BTC-USDT-PERP`. Unique in the whole house. */
export type InstrumentKey = Brand<string, "InstrumentKey">;

/** One wallet at a venue: `binance/spot`, `binance/perpetual`, `okx/unified`. */
export type AccountKey = Brand<string, "AccountKey">;

/** Small whole number of an instrument in this run, given by the configuration's order. */
export type InstrumentIndex = Brand<number, "InstrumentIndex">;

/** Whether a text names a venue. */
export function isVenueId(text: string): text is VenueId {
  return (VENUE_IDS as readonly string[]).includes(text);
}

/** Marks a text as our symbol. */
export function symbolOf(text: string): Symbol {
  return text as Symbol;
}

/** Builds our symbol from its parts. */
export function symbolFrom(base: string, quote: string, product: Product): Symbol {
  return (product === "spot" ? `${base}-${quote}` : `${base}-${quote}-PERP`) as Symbol;
}

/** The parts of our symbol; undefined when the text is not `BASE-QUOTE` or `BASE-QUOTE-PERP`. */
export function symbolParts(
  text: string,
): { base: string; quote: string; product: Product } | undefined {
  const parts = text.split("-");
  const perpetual = parts.length === 3 && parts[2] === "PERP";
  if (parts.length !== 2 && !perpetual) return undefined;
  const [base, quote] = parts;
  if (!base || !quote) return undefined;
  return { base, quote, product: perpetual ? "perpetual" : "spot" };
}

/** Marks a text as a venue's symbol. */
export function venueSymbolOf(text: string): VenueSymbol {
  return text as VenueSymbol;
}

/** The key of an instrument. */
export function instrumentKey(venue: VenueId, symbol: Symbol): InstrumentKey {
  return `${venue}:${symbol}` as InstrumentKey;
}

/** The key of one wallet at a venue. */
export function accountKey(venue: VenueId, wallet: string): AccountKey {
  return `${venue}/${wallet}` as AccountKey;
}

/** The venue of an account. */
export function venueOfAccount(account: AccountKey): VenueId {
  return account.slice(0, account.indexOf("/")) as VenueId;
}

/** Marks a small whole number as an instrument's index. */
export function instrumentIndex(index: number): InstrumentIndex {
  return index as InstrumentIndex;
}
