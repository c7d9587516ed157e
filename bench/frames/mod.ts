/**
 * Frames of every venue as its sheet shows them, each with the naive way to read the same numbers:
 * `JSON.parse`, then `Number` of every price and size into two arrays.
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import { binanceLike } from "./binance_like.ts";
import { BYBIT_FRAMES } from "./bybit.ts";
import { DYDX_FRAMES } from "./dydx.ts";
import type { FrameSet, Maker } from "./frame_set.ts";
import { GATE_FRAMES } from "./gate.ts";
import { HYPERLIQUID_FRAMES } from "./hyperliquid.ts";
import { OKX_FRAMES } from "./okx.ts";

export { FRAME_GRIDS, FrameNumbers, type FrameSet } from "./frame_set.ts";

const MAKERS: Readonly<Record<VenueId, Record<string, Maker>>> = {
  binance: binanceLike("binance"),
  okx: OKX_FRAMES,
  gate: GATE_FRAMES,
  bybit: BYBIT_FRAMES,
  hyperliquid: HYPERLIQUID_FRAMES,
  dydx: DYDX_FRAMES,
  aster: binanceLike("aster"),
};

/** Every kind of frame of a venue. */
export function frameSets(venue: VenueId): FrameSet[] {
  return Object.entries(MAKERS[venue]).flatMap(([kind, make]) =>
    (kind.startsWith("depth") ? [10, 50, 400] : [0]).map((levels) => ({
      venue,
      kind,
      levels,
      ...make(levels),
    }))
  );
}
