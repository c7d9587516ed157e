/**
 * How the contract writes amounts and instants: plain decimals in text without an exponent and
 * without zeros at their end, microseconds as whole numbers.
 * @module
 */
import { assert } from "./assert.ts";

const TEXTS: ReadonlySet<string> = new Set([
  ...["price", "size", "bid", "bid_size", "ask", "ask_size", "mark", "index", "filled_size"],
  ...["average_price", "fee", "total", "free", "unrealised_pnl", "amount"],
]);
const DIGITS: ReadonlySet<string> = new Set(["sequence", "previous_sequence", "first_sequence"]);
const PLAIN = /^-?(0|[1-9]\d*)(\.\d*[1-9])?$/;

/** Every amount and instant of a printed event. */
export function assertPlain(event: Readonly<Record<string, unknown>>): void {
  for (const [key, value] of Object.entries(event)) {
    const about = `${key} is ${JSON.stringify(value)}`;
    if (TEXTS.has(key)) assert(typeof value === "string" && PLAIN.test(value), about);
    if (DIGITS.has(key)) assert(typeof value === "string" && /^\d+$/.test(value), about);
    if (key.endsWith("_at_us")) assert(Number.isSafeInteger(value) && Number(value) > 0, about);
    if (key === "rate") assert(typeof value === "number" && Number.isFinite(value), about);
    if (key !== "bids" && key !== "asks") continue;
    for (const level of value as readonly (readonly unknown[])[]) {
      assert(level.length === 2 && level.every((one) => PLAIN.test(String(one))), about);
    }
  }
}
