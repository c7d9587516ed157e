/**
 * `Money`: an exact amount of one currency, in units of 10^-18.
 *
 * Fees, funding, cost and balances are sums of these; no float ever holds an amount that counts.
 * A `bigint` costs some 20 ns and 40 bytes, so this is for fills and ledgers, not for market data.
 * @module
 */
import type { Brand } from "./brand.ts";
import { parseDecimal } from "./decimal_text.ts";
import { err, ok, type Result } from "./result.ts";

/** Whole units of 10^-18 of a currency. */
export type Money = Brand<bigint, "Money">;

/** Decimal places of a `Money`. */
export const MONEY_SCALE = 18;

const ONE = 10n ** BigInt(MONEY_SCALE);

/** Nobody has more of anything; what is beyond is no amount. */
const AMOUNT_MAX = 10n ** 30n * ONE;

/** No money. */
export const MONEY_ZERO: Money = 0n as Money;

/** Marks whole units of 10^-18. */
export function money(units: bigint): Money {
  return units as Money;
}

/** Reads plain decimal text (`-12.5`, `1e-7`); refuses more than 18 decimal places that matter. */
export function moneyFromText(text: string): Result<Money> {
  const parsed = parseDecimal(text);
  if (!parsed.ok) return parsed;
  const { digits, scale } = parsed.value;
  if (scale <= MONEY_SCALE) {
    const amount = digits * 10n ** BigInt(MONEY_SCALE - scale);
    if (amount <= AMOUNT_MAX && amount >= -AMOUNT_MAX) return ok(money(amount));
    return err(`Cannot read money: wanted at most 10^30, found "${text.slice(0, 40)}"`);
  }
  return err(`Cannot read money: wanted at most ${MONEY_SCALE} decimal places, found "${text}"`);
}

/** Plain decimal text without exponent and trailing zeros. */
export function moneyToText(amount: Money): string {
  const negative = amount < 0n;
  const absolute: bigint = negative ? -amount : amount;
  const whole = absolute / ONE;
  const fraction = (absolute % ONE).toString().padStart(MONEY_SCALE, "0").replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/** The nearest float, for statistics and displays only. */
export function moneyToNumber(amount: Money): number {
  return Number(amount) / 1e18;
}

/** The nearest money to a float, for limits and estimates only. */
export function moneyFromNumber(value: number): Money {
  const whole = Math.trunc(value);
  return money(BigInt(whole) * ONE + BigInt(Math.round((value - whole) * 1e9)) * 10n ** 9n);
}

/** `amount * numerator / denominator`, rounded half to even. */
export function mulDivHalfEven(amount: bigint, numerator: bigint, denominator: bigint): bigint {
  const product = amount * numerator;
  let quotient = product / denominator;
  const remainder = product - quotient * denominator;
  const twice = abs(remainder) * 2n;
  const whole = abs(denominator);
  if (twice > whole || (twice === whole && (quotient & 1n) === 1n)) {
    quotient += (product < 0n) === (denominator < 0n) ? 1n : -1n;
  }
  return quotient;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
