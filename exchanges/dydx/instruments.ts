/**
 * `GET /v4/perpetualMarkets` to instrument terms, and the chain's integers behind them.
 *
 *   quantums = size * 10^-atomicResolution
 *   subticks = price * 10^(atomicResolution - quantumConversionExponent + 6)
 *
 * 1. Tick and lot are the finer of what is written (`tickSize`, `stepSize`) and what the chain's
 *    integers say; the coarser is the step of orders. Where neither divides the other, the market
 *    is refused.
 * 2. An isolated market is listed, and its orders refused: it needs a subaccount of its own.
 *
 * Source: venue documentation "Perpetual markets", v4-chain `clob_pair.go`, read 2026-09.
 * @module
 */
import {
  accountKey,
  decimalToText,
  err,
  type ExactDecimal,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  ok,
  parseDecimal,
  type Result,
  symbolFrom,
  symbolParts,
  venueSymbolOf,
} from "@/engine/domain/mod.ts";
import {
  decimalField,
  integerField,
  type JsonObject,
  objectOf,
  parseJson,
  textField,
} from "@/exchanges/kit/mod.ts";

/** The one wallet: a subaccount, in USDC. */
export const DYDX_ACCOUNT = accountKey("dydx", "subaccount");
export const COLLATERAL = "USDC";

/** One market with its state at the time of the answer. */
export interface DydxInstrument {
  readonly terms: InstrumentTerms;
  readonly status: InstrumentTradingStatus;
  /** Decimal text; "" when not said. */
  readonly oraclePrice: string;
}

/** What the venue lists, and what of it is not traded here. */
export interface DydxListing {
  readonly instruments: readonly DydxInstrument[];
  readonly refused: readonly { readonly symbol: string; readonly reason: string }[];
}

/** Quote currency has 10^-6 resolution on the chain. */
const QUOTE_RESOLUTION = -6;
const EXPONENT_MAX = 30;

/** Reads the raw answer of `/v4/perpetualMarkets`. */
export function parsePerpetualMarkets(text: string): Result<DydxListing> {
  const outer = objectOf(parseJson(text));
  const root = objectOf(outer?.["result"]) ?? objectOf(outer?.["contents"]) ?? outer;
  const markets = objectOf(root?.["markets"]);
  if (markets === undefined) {
    const found = text.slice(0, 60).replaceAll("\n", " ");
    return err(`Cannot read instruments: wanted an object with "markets", found "${found}"`);
  }
  const instruments: DydxInstrument[] = [];
  const refused: { symbol: string; reason: string }[] = [];
  for (const [name, value] of Object.entries(markets)) {
    const market = objectOf(value);
    const read = market === undefined ? err("wanted an object") : instrumentFrom(market);
    if (read.ok) instruments.push(read.value);
    else refused.push({ symbol: name, reason: read.error });
  }
  return ok({ instruments, refused });
}

/** Our word for the venue's status; undefined when it is not in the documentation. */
export function tradingStatusOf(venueStatus: string): InstrumentTradingStatus | undefined {
  switch (venueStatus) {
    case "ACTIVE":
      return "trading";
    case "PAUSED":
    case "CANCEL_ONLY":
    case "POST_ONLY":
    case "INITIALIZING":
      return "halted";
    case "FINAL_SETTLEMENT":
      return "delisted";
    default:
      return undefined;
  }
}

/** Terms from a symbol and its steps alone: enough to read its market, not to trade it. */
export function termsFrom(
  symbol: string,
  tick: string,
  lot: string,
  contractSize: string,
): Result<InstrumentTerms> {
  const parts = symbolParts(symbol);
  if (parts === undefined || parts.product !== "perpetual") {
    return err(`Cannot make terms: wanted BASE-QUOTE-PERP, found "${symbol}"`);
  }
  return ok({
    ...namesOf(parts.base, parts.quote),
    tick,
    lot,
    contractSize,
    minSize: lot,
  });
}

function namesOf(base: string, quote: string) {
  return {
    venue: "dydx",
    symbol: symbolFrom(base, quote, "perpetual"),
    venueSymbol: venueSymbolOf(`${base}-${quote}`),
    product: "perpetual",
    account: DYDX_ACCOUNT,
    base,
    quote,
    settle: COLLATERAL,
  } as const;
}

function instrumentFrom(market: JsonObject): Result<DydxInstrument> {
  const ticker = textField(market, "ticker");
  const parts = symbolParts(ticker);
  if (parts === undefined || parts.product !== "spot") {
    return err(`wanted a ticker BASE-QUOTE, found "${ticker}"`);
  }
  const venueStatus = textField(market, "status");
  const status = tradingStatusOf(venueStatus);
  if (status === undefined) return err(`wanted a known status, found "${venueStatus}"`);
  const chain = chainNumbersOf(market);
  if (!chain.ok) return chain;
  const tick = stepsOf("tickSize", textField(market, "tickSize"), chain.value.tick);
  if (!tick.ok) return tick;
  const lot = stepsOf("stepSize", textField(market, "stepSize"), chain.value.lot);
  if (!lot.ok) return lot;
  const oraclePrice = decimalField(market, "oraclePrice");
  const terms: InstrumentTerms = {
    ...namesOf(parts.base, parts.quote),
    tick: tick.value.book,
    lot: lot.value.book,
    contractSize: "1",
    ...(tick.value.order === tick.value.book ? {} : { orderTick: tick.value.order }),
    ...(lot.value.order === lot.value.book ? {} : { orderLot: lot.value.order }),
    minSize: lot.value.order,
    venueNumber: chain.value.clobPairId,
    extra: {
      ...chain.value.texts,
      marketType: textField(market, "marketType") || "CROSS",
      ...(oraclePrice === "" ? {} : { oraclePriceAtLoad: oraclePrice }),
    },
  };
  return ok({ terms, status, oraclePrice });
}

interface ChainNumbers {
  readonly clobPairId: number;
  readonly tick: ExactDecimal;
  readonly lot: ExactDecimal;
  readonly texts: Readonly<Record<string, string>>;
}

function chainNumbersOf(market: JsonObject): Result<ChainNumbers> {
  const clobPairId = integerField(market, "clobPairId");
  const resolution = integerField(market, "atomicResolution");
  const conversion = integerField(market, "quantumConversionExponent");
  const stepQuantums = integerField(market, "stepBaseQuantums");
  const tickSubticks = integerField(market, "subticksPerTick");
  if (
    clobPairId === undefined || clobPairId < 0 || resolution === undefined ||
    conversion === undefined || stepQuantums === undefined || stepQuantums <= 0 ||
    tickSubticks === undefined || tickSubticks <= 0
  ) {
    return err("wanted clobPairId, resolution, exponent, step and tick as whole numbers");
  }
  const tickExponent = conversion + QUOTE_RESOLUTION - resolution;
  if (Math.abs(resolution) > EXPONENT_MAX || Math.abs(tickExponent) > EXPONENT_MAX) {
    return err("wanted exponents of at most 30");
  }
  return ok({
    clobPairId,
    tick: powerOf(tickSubticks, tickExponent),
    lot: powerOf(stepQuantums, resolution),
    texts: {
      atomicResolution: String(resolution),
      quantumConversionExponent: String(conversion),
      stepBaseQuantums: String(stepQuantums),
      subticksPerTick: String(tickSubticks),
    },
  });
}

/** The finer and the coarser of two steps, as texts. */
function stepsOf(
  name: string,
  written: string,
  chain: ExactDecimal,
): Result<{ book: string; order: string }> {
  const chainText = decimalToText(chain.digits, chain.scale);
  if (written === "") return ok({ book: chainText, order: chainText });
  const parsed = parseDecimal(written);
  if (!parsed.ok || parsed.value.digits <= 0n) {
    return err(`wanted ${name} above 0, found "${written}"`);
  }
  const scale = Math.max(parsed.value.scale, chain.scale);
  const own = parsed.value.digits * 10n ** BigInt(scale - parsed.value.scale);
  const theirs = chain.digits * 10n ** BigInt(scale - chain.scale);
  const [fine, coarse] = own < theirs ? [own, theirs] : [theirs, own];
  if (coarse % fine !== 0n) {
    return err(`wanted ${name} and the chain's ${chainText} to divide, found "${written}"`);
  }
  return ok({ book: decimalToText(fine, scale), order: decimalToText(coarse, scale) });
}

function powerOf(mantissa: number, exponent: number): ExactDecimal {
  if (exponent >= 0) return { digits: BigInt(mantissa) * 10n ** BigInt(exponent), scale: 0 };
  let digits = BigInt(mantissa);
  let scale = -exponent;
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return { digits, scale };
}
