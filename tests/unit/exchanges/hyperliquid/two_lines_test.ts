/**
 * Two market sockets that say the same: either may die, and when both do the books come back.
 * @module
 */
import { assertBothLinesRecover, assertEitherLineMayDie } from "@/tests/support/two_lines.ts";

const SETUP = {
  venue: "hyperliquid",
  symbols: ["BTC-USDC-PERP", "ETH-USDC-PERP"],
  seed: 7,
} as const;

Deno.test("Hyperliquid on two lines: one dies, no trade twice, none missing, books usable", () =>
  assertEitherLineMayDie(SETUP));

Deno.test("Hyperliquid on two lines: both die, books are interrupted and recover", () =>
  assertBothLinesRecover(SETUP));
