/**
 * The price band of USD-M as the venue words it.
 * @module
 */
import type { Side } from "@/engine/domain/mod.ts";
import { type Failure, failure } from "./failures.ts";
import type { WireSymbol } from "./wire_symbols.ts";

/** The answer to a limit price outside the band around the mark. */
export function outsideBand(symbol: WireSymbol, side: Side): Failure {
  const { mark, options } = symbol.sim;
  if (side === "buy") {
    const highest = symbol.price(Math.floor(mark * (1 + options.priceBand)));
    return failure(-4016, `Limit price can't be higher than ${highest}.`);
  }
  const lowest = symbol.price(Math.ceil(mark * (1 - options.priceBand)));
  return failure(-4024, `Limit price can't be lower than ${lowest}.`);
}
