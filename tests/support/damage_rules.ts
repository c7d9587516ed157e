/**
 * What each venue's sheet says of fields that may be missing, as the fuzz of frames must know it.
 *
 *   mayLack            the field may be gone, and the event that it carries with it
 *   maySpeakBySilence  its absence means something: an empty side, an ordinary trade, no reason
 *   means              another value is another event, and rightly so
 *   names              it names the instrument: another name is another's
 *
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";

/** Patterns of paths, with `*` for the places of lists. */
export interface DamageRules {
  readonly mayLack: readonly RegExp[];
  readonly maySpeakBySilence: readonly RegExp[];
  readonly means: readonly RegExp[];
  readonly names: readonly RegExp[];
}

/** USD-M and its relatives: an account event tells what changed, and of marks not all is said. */
const CHANGES_ALONE = [/(^|\.)r$/, /a\.(B|P|m)$/];

/** The venues of which the rules are known. */
export const DAMAGE_RULES: Readonly<Record<string, DamageRules>> = {
  binance: {
    mayLack: CHANGES_ALONE,
    // Without `T` the event's own time is taken; an empty `C` is a cancel by the venue.
    maySpeakBySilence: [/(^|\.)T$/, /^C$/, /origClientOrderId$/],
    // The funding rate.
    means: [/(^|\.)r$/],
    names: [/(\.|^)(s|ps)$/],
  },
  okx: {
    mayLack: [],
    // Captures of 2022 have no ids; in a chain with ids the sequence rule calls one without a gap.
    // An empty fillSz is no fill, an empty availEq the spot mode.
    maySpeakBySilence: [/(seqId|prevSeqId|cancelSource|amendResult|availEq|fillSz)$/],
    // -1 in prevSeqId is a snapshot's, in ordPx the market.
    means: [/(amendResult|prevSeqId|cancelSource|ordPx)$/],
    names: [/instId$/],
  },
  gate: {
    mayLack: [/(funding_rate|mark_price)$/],
    // "a/b may be empty or absent: the id still advances"; fees may be paid in the venue's token.
    maySpeakBySilence: [
      /result\.(a|b|full)$/,
      /(finish_as|gt_fee|point_fee|total|type|avg_deal_price|time_ms)$/,
    ],
    // The sign of a futures size is its side.
    means: [/(size|left|finish_as|type|avg_deal_price)$/],
    names: [/(contract|currency_pair|market)$/],
  },
  bybit: {
    // Ticker deltas tell what changed.
    mayLack: [/(markPrice|fundingRate)$/],
    // "" is absent or zero by the sheet.
    maySpeakBySilence: [/(BT|rejectReason|cumExecQty|triggerPrice|locked)$/],
    means: [/(triggerPrice|rejectReason)$/, /product/],
    names: [/(symbol|\.s)$/],
  },
  hyperliquid: {
    mayLack: [/(funding|markPx)$/],
    // An entry of bbo may be null: that side is empty.
    maySpeakBySilence: [/bbo\.\*$/, /reduceOnly$/],
    means: [/reduceOnly$/],
    names: [/coin$/],
  },
  dydx: {
    // Updates hold changed fields alone, of markets as of a subaccount.
    mayLack: [
      /contents(\.\*)?\.(trading|fills|orders|perpetualPositions|assetPositions)$/,
      /([A-Z0-9]+-USD|USDC|oraclePrice|price|nextFundingRate|status)$/,
      /contents\.subaccount(\.childSubaccounts)?$/,
      /ubaccounts?(\.\*)?\.(openPerpetualPositions|assetPositions)$/,
    ],
    maySpeakBySilence: [
      /contents(\.\*)?\.(bids|asks)$/,
      // Of a subaccount's own channel all is its own; some orders are named by their id alone.
      /clobPairId$/,
      /(removalReason|totalFilled|orderId|ubaccountNumber)$/,
    ],
    // Of whose fills an order's size is summed.
    means: [/(removalReason|netFunding|orderId|fills\.\*\.(market|ticker))$/],
    names: [/(ticker|market|clobPairId|ubaccountNumber|id)$/],
  },
  aster: {
    mayLack: CHANGES_ALONE,
    // Spot sends cancels without `C` and trades without `X`; `ot` is the type before a trigger.
    maySpeakBySilence: [/(^|\.)(X|ot|C|T)$/],
    means: [/(^|\.)(r|ot|C)$/],
    names: [/(\.|^)(s|ps)$/],
  },
} satisfies Record<VenueId, DamageRules>;
