/**
 * Numbers for people: decimal texts shortened by their digits (never through a float), grouped by
 * thousands.
 * @module
 */

/** A decimal text with at most `decimals` decimals, cut towards zero, thousands grouped. */
export function shortDecimal(text: string, decimals: number): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return text;
  const whole = match[2]!.replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = (match[3] ?? "").slice(0, decimals);
  const isZero = /^0*$/.test(match[2]! + fraction);
  const sign = isZero ? "" : match[1]!;
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/** An amount of money with two decimals and its sign. */
export function signedMoney(text: string): string {
  const [whole, fraction = ""] = shortDecimal(text, 2).split(".");
  const shown = `${whole}.${fraction.padEnd(2, "0")}`;
  return text.startsWith("-") || /^[0,.]*$/.test(shown) ? shown : `+${shown}`;
}

/** A count, thousands grouped. */
export function grouped(count: number): string {
  return shortDecimal(String(Math.round(count)), 0);
}

/** Microseconds as `85 µs`, `1.24 ms` or `2.50 s`. */
export function microsText(micros: number): string {
  if (micros < 1_000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${(micros / 1_000).toFixed(2)} ms`;
  return `${(micros / 1_000_000).toFixed(2)} s`;
}
