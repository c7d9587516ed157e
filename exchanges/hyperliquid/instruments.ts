/**
 * `meta` and `spotMeta` to instrument terms, exactly.
 *
 * 1. A price has at most five significant figures and at most 6 (perpetual) or 8 (spot) less
 *    `szDecimals` decimals; the tick is the finest of these, `significantFigures` says the rest.
 * 2. The asset number of orders is the place in the perpetuals' universe, or 10,000 plus the
 *    pair's own `index`; delisted entries keep their place.
 * 3. Names repeat among spot pairs: the canonical one, else the one of the lowest index, is meant;
 *    the others are refused by name. So are builder-deployed perpetuals and what is not margined
 *    in USDC.
 *
 * Source: venue documentation "Info endpoint" and "Tick and lot size", read 2026-09.
 * @module
 */
import {
  accountKey,
  decimalToText,
  err,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  ok,
  type Product,
  type Result,
  symbolFrom,
  symbolParts,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import {
  integerField,
  type JsonObject,
  objectOf,
  objectsOf,
  parseJson,
  textField,
} from "./_json.ts";

/** One account holds all: collateral, positions and spot balances. */
export const UNIFIED_ACCOUNT = accountKey("hyperliquid", "unified");

/** Asset numbers of spot pairs begin here. */
export const SPOT_ASSET_BASE = 10_000;

const SIGNIFICANT_FIGURES = 5;
const PERPETUAL_DECIMALS = 6;
const SPOT_DECIMALS = 8;
const MIN_NOTIONAL = "10";
const QUOTE = "USDC";

/** One tradable instrument with its state at the time of the answer. */
export interface HyperliquidInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
}

/** What an answer lists, and what of it is not traded here. */
export interface HyperliquidListing {
  readonly product: Product;
  readonly instruments: readonly HyperliquidInstrument[];
  /** By our symbol. */
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
  /** Token names by their numbers, for spot balances and fees. */
  readonly tokens: ReadonlyMap<number, string>;
}

/** Reads a raw answer: `meta`, `spotMeta`, either with contexts beside it, or `allPerpMetas`. */
export function parseMeta(text: string): Result<HyperliquidListing> {
  const tree = parseJson(text);
  const root = objectOf(Array.isArray(tree) ? tree[0] : tree);
  const universe = objectsOf(root?.["universe"]);
  if (root === undefined || universe === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted meta or spotMeta, found "${found}"`);
  }
  const tokens = objectsOf(root["tokens"]);
  return ok(tokens === undefined ? perpetuals(root, universe) : spotPairs(universe, tokens));
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
    venue: "hyperliquid",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(product === "spot" ? `${base}/${quote}` : base),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle: quote,
    tick,
    lot,
    contractSize,
    minSize: lot,
    minNotional: MIN_NOTIONAL,
    significantFigures: SIGNIFICANT_FIGURES,
  });
}

function perpetuals(root: JsonObject, universe: readonly JsonObject[]): HyperliquidListing {
  const instruments: HyperliquidInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  const collateral = integerField(root, "collateralToken") ?? 0;
  universe.forEach((entry, venueNumber) => {
    const name = textField(entry, "name");
    const symbol = `${name}-${QUOTE}-PERP`;
    if (name === "") return refused.push({ symbol: "", reason: "wanted a name" });
    if (name.includes(":")) {
      return refused.push({ symbol, reason: "builder-deployed perpetuals are not traded here" });
    }
    if (collateral !== 0) {
      return refused.push({ symbol, reason: `wanted margin in USDC, found token ${collateral}` });
    }
    const steps = stepsOf(entry, PERPETUAL_DECIMALS);
    if (!steps.ok) return refused.push({ symbol, reason: steps.error });
    const extra: Record<string, string> = {};
    const leverage = integerField(entry, "maxLeverage");
    if (leverage !== undefined) extra["maxLeverage"] = String(leverage);
    if (entry["onlyIsolated"] === true || "marginMode" in entry) extra["marginMode"] = "isolated";
    instruments.push({
      status: entry["isDelisted"] === true ? "delisted" : "trading",
      terms: {
        ...common(name, QUOTE, "perpetual", name, steps.value),
        venueNumber,
        extra,
      },
    });
    return;
  });
  return { product: "perpetual", instruments, refused, tokens: new Map() };
}

function spotPairs(
  universe: readonly JsonObject[],
  tokenList: readonly JsonObject[],
): HyperliquidListing {
  const tokens = new Map<number, JsonObject>();
  for (const token of tokenList) {
    const index = integerField(token, "index");
    if (index !== undefined) tokens.set(index, token);
  }
  const refused: { symbol: string; reason: string }[] = [];
  const bySymbol = new Map<string, HyperliquidInstrument>();
  for (const pair of ranked(universe)) {
    const read = spotPair(pair, tokens);
    if (!read.ok) {
      refused.push({ symbol: textField(pair, "name"), reason: read.error });
    } else if (bySymbol.has(read.value.terms.symbol)) {
      const reason = `pair ${textField(pair, "name")} has the name of another pair`;
      refused.push({ symbol: read.value.terms.symbol, reason });
    } else bySymbol.set(read.value.terms.symbol, read.value);
  }
  const names = new Map<number, string>();
  for (const [index, token] of tokens) names.set(index, textField(token, "name"));
  return { product: "spot", instruments: [...bySymbol.values()], refused, tokens: names };
}

/** Canonical pairs first, then by their index. */
function ranked(universe: readonly JsonObject[]): readonly JsonObject[] {
  const rank = (pair: JsonObject) =>
    (pair["isCanonical"] === true ? 0 : 1e9) + (integerField(pair, "index") ?? 1e8);
  return universe.toSorted((a, b) => rank(a) - rank(b));
}

function spotPair(
  pair: JsonObject,
  tokens: ReadonlyMap<number, JsonObject>,
): Result<HyperliquidInstrument> {
  const name = textField(pair, "name");
  const index = integerField(pair, "index");
  const references = pair["tokens"];
  if (name === "" || index === undefined || index < 0 || !Array.isArray(references)) {
    return err("wanted name, index and tokens");
  }
  const base = tokens.get(references[0] as number);
  const quote = tokens.get(references[1] as number);
  if (base === undefined || quote === undefined) return err("wanted two known tokens");
  const baseName = textField(base, "name");
  const quoteName = textField(quote, "name");
  if (!/^[^\s-]+$/.test(baseName) || !/^[^\s-]+$/.test(quoteName)) {
    return err(`wanted token names without a dash, found "${baseName}" and "${quoteName}"`);
  }
  const steps = stepsOf(base, SPOT_DECIMALS);
  if (!steps.ok) return steps;
  return ok({
    status: pair["isDelisted"] === true ? "delisted" : "trading",
    terms: {
      ...common(baseName, quoteName, "spot", name, steps.value),
      venueNumber: SPOT_ASSET_BASE + index,
    },
  });
}

interface Steps {
  readonly tick: string;
  readonly lot: string;
}

function stepsOf(entry: JsonObject, decimalsMax: number): Result<Steps> {
  const decimals = integerField(entry, "szDecimals");
  if (decimals === undefined || decimals < 0 || decimals > decimalsMax) {
    return err(`wanted szDecimals from 0 to ${decimalsMax}, found ${entry["szDecimals"]}`);
  }
  return ok({
    tick: decimalToText(1n, decimalsMax - decimals),
    lot: decimalToText(1n, decimals),
  });
}

function common(
  base: string,
  quote: string,
  product: Product,
  venueSymbol: string,
  { tick, lot }: Steps,
): InstrumentTerms {
  return {
    venue: "hyperliquid",
    symbol: symbolFrom(base, quote, product),
    venueSymbol: venueSymbolOf(venueSymbol),
    product,
    account: UNIFIED_ACCOUNT,
    base,
    quote,
    settle: quote,
    tick,
    lot,
    contractSize: "1",
    minSize: lot,
    minNotional: MIN_NOTIONAL,
    significantFigures: SIGNIFICANT_FIGURES,
  };
}
