/**
 * A small listing as the venue writes it, and the instruments made of it.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import { hyperliquidTools } from "@/exchanges/hyperliquid/mod.ts";

/** Answer to `meta`. */
export const META = JSON.stringify({
  universe: [
    { name: "BTC", szDecimals: 5, maxLeverage: 40, marginTableId: 56 },
    { name: "ETH", szDecimals: 4, maxLeverage: 25, marginTableId: 55 },
    { name: "MATIC", szDecimals: 1, maxLeverage: 20, marginTableId: 20, isDelisted: true },
    { name: "kPEPE", szDecimals: 0, maxLeverage: 10, marginTableId: 52 },
    { name: "HYPE", szDecimals: 2, maxLeverage: 10, marginTableId: 52, onlyIsolated: true },
    { name: "xyz:XYZ100", szDecimals: 4, maxLeverage: 20, marginTableId: 20 },
    { name: "BAD", szDecimals: 7, maxLeverage: 20, marginTableId: 20 },
  ],
  marginTables: [],
  collateralToken: 0,
});

/** Answer to `spotMeta`. */
export const SPOT_META = JSON.stringify({
  universe: [
    { tokens: [1, 0], name: "PURR/USDC", index: 0, isCanonical: true },
    { tokens: [150, 0], name: "@107", index: 107, isCanonical: false },
    { tokens: [150, 0], name: "@230", index: 230, isCanonical: false },
    { tokens: [7, 0], name: "@9", index: 9, isCanonical: false },
    { tokens: [999, 0], name: "@5", index: 5, isCanonical: false },
  ],
  tokens: [
    { name: "USDC", szDecimals: 8, weiDecimals: 8, index: 0, tokenId: "0x6d", isCanonical: true },
    { name: "PURR", szDecimals: 0, weiDecimals: 5, index: 1, tokenId: "0xc1", isCanonical: true },
    { name: "A-B", szDecimals: 2, weiDecimals: 8, index: 7, tokenId: "0x07", isCanonical: false },
    {
      name: "HYPE",
      szDecimals: 2,
      weiDecimals: 8,
      index: 150,
      tokenId: "0x0d",
      isCanonical: false,
    },
  ],
});

/** BTC, ETH, HYPE and kPEPE perpetuals and two spot pairs, as instruments 0 to 5. */
export function goldenInstruments(): readonly Instrument[] {
  const perpetuals = unwrap(hyperliquidTools.parseInstruments(META));
  const pairs = unwrap(hyperliquidTools.parseInstruments(SPOT_META));
  const wanted = ["BTC", "ETH", "HYPE", "kPEPE", "PURR/USDC", "@107"];
  const all = [...perpetuals, ...pairs];
  return wanted.map((name, index) => {
    const terms = all.find((one) => one.venueSymbol === name);
    return unwrap(createInstrument(instrumentIndex(index), terms!));
  });
}
