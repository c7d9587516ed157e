/**
 * Two market sockets, one followed and one standing by with its books: either may die, and when
 * both do the books come back.
 * @module
 */
import { assertBothLinesRecover, assertEitherLineMayDie } from "@/tests/support/two_lines.ts";

const SETUP = { venue: "dydx", symbols: ["BTC-USD-PERP", "ETH-USD-PERP"], seed: 7 } as const;

Deno.test("dYdX on two lines: one dies, no trade twice, none missing, books usable", () =>
  assertEitherLineMayDie(SETUP));

Deno.test("dYdX on two lines: both die, books are interrupted and recover", () =>
  assertBothLinesRecover(SETUP));
