/**
 * The venue's words to reasons and meanings, by prefix, and the reasons orders end for.
 * @module
 */
import {
  endReasonOf,
  isHalfModified,
  meaningOf,
  rejectReasonOf,
  statusIn,
} from "@/exchanges/hyperliquid/reject_codes.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

Deno.test("rejectReasonOf() reads the venue's words, whatever follows them", () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      "Post only order would have immediately matched, bbo was 1890.1@1890.2. asset=1",
      "post_only_would_take",
    ],
    ["Order could not immediately match against any resting orders. asset=0", "not_filled"],
    ["Order was never placed, already canceled, or filled. asset=0", "unknown_order"],
    ["Cannot modify canceled or filled order", "unknown_order"],
    ["L1 error: User or API Wallet 0x12 does not exist.", "authentication"],
    ["User or API Wallet 0x12 does not exist.", "authentication"],
    ["Must deposit before performing actions. User: 0x12", "authentication"],
    ["Mainnet and testnet require different signature.", "authentication"],
    ["Builder fee has not been approved.", "authentication"],
    ["Invalid nonce: duplicate nonce 5", "timestamp"],
    ["Invalid nonce: nonce too low 4 < 5", "timestamp"],
    ["Action already expired", "timestamp"],
    ["Price must be divisible by tick size. asset=0", "filter"],
    ["Order has invalid price.", "filter"],
    ["Order has invalid size.", "filter"],
    ["Order has zero size.", "filter"],
    ["Order must have minimum value of $10. asset=0", "filter"],
    ["Order must have minimum value of 10 USDC. asset=10107", "filter"],
    ["Insufficient margin to place order. asset=0", "insufficient_balance"],
    ["Insufficient spot balance asset=10107", "insufficient_balance"],
    ["Reduce only order would increase position. asset=0", "reduce_only"],
    ["Order would increase open interest while open interest is capped", "price_band"],
    ["Only post-only orders allowed immediately after a network upgrade", "venue_unavailable"],
    ["Too many cumulative requests sent (10001 > 10000) for cumulative volume", "rate_limited"],
    ["Signed action over weight limit of 200.", "rate_limited"],
    ["429 Too Many Requests", "rate_limited"],
    ["Cannot set scheduled cancel time until enough volume traded.", "not_supported"],
    ["Error parsing JSON into valid websocket request: {", "not_supported"],
    ["Something new", "other"],
  ];
  for (const [text, reason] of cases) assertEquals(rejectReasonOf(text), reason, text);
});

Deno.test("meaningOf() tells what was not done from what may have been done", () => {
  assertEquals(meaningOf(200, "Invalid nonce: duplicate nonce 5"), "unknown");
  assertEquals(meaningOf(200, "Invalid nonce: nonce too high"), "fresh_nonce");
  assertEquals(meaningOf(200, "Too many cumulative requests sent (2 > 1)"), "budget_spent");
  assertEquals(meaningOf(429, ""), "rate_limited");
  assertEquals(meaningOf(418, ""), "rate_limited");
  assertEquals(meaningOf(0, "429 Too Many Requests"), "rate_limited");
  assertEquals(meaningOf(502, "<html>"), "unknown");
  assertEquals(meaningOf(408, ""), "unknown");
  assertEquals(meaningOf(422, "Failed to deserialize"), "refused");
  assertEquals(meaningOf(200, "Insufficient margin to place order."), "refused");
  assertEquals(statusIn("429 Too Many Requests"), 429);
  assertEquals(statusIn("Insufficient margin"), 0);
  assert(isHalfModified("Error placing new order during modify: Insufficient margin"));
  assert(!isHalfModified("Cannot modify canceled or filled order"));
});

Deno.test("endReasonOf() gives a reason for every end nobody asked for", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["open", undefined],
    ["filled", undefined],
    ["triggered", undefined],
    ["canceled", undefined],
    ["scheduledCancel", undefined],
    ["internalCancel", "other"],
    ["siblingFilledCanceled", "other"],
    ["selfTradeCanceled", "self_trade"],
    ["reduceOnlyCanceled", "reduce_only"],
    ["marginCanceled", "insufficient_balance"],
    ["delistedCanceled", "instrument_closed"],
    ["badAloPxRejected", "post_only_would_take"],
    ["iocCancelRejected", "not_filled"],
    ["tickRejected", "filter"],
    ["oracleRejected", "price_band"],
    ["tooManyOpenOrdersRejected", "too_many_orders"],
    ["rejected", "other"],
    ["constructor", undefined],
  ];
  for (const [status, reason] of cases) assertEquals(endReasonOf(status), reason, status);
});
