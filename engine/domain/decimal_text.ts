/**
 * Decimal text to exact integers and back: for instruments, money and the edges.
 * The hot path has its own byte scanner (`exchanges/shared/decimal_scanner.ts`).
 * @module
 */
import { err, ok, type Result } from "./result.ts";

/** `digits * 10^-scale`, with no trailing zero in `digits` unless it is zero. `scale >= 0`. */
export interface ExactDecimal {
  readonly digits: bigint;
  readonly scale: number;
}

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const TEXT_LENGTH_MAX = 80;

/** Reads decimal text exactly (`64250.10`, `-0.5`, `1e-7`); anything else is refused. */
export function parseDecimal(text: string): Result<ExactDecimal> {
  const match = text.length <= TEXT_LENGTH_MAX ? SHAPE.exec(text) : null;
  const whole = match?.[2] ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null || (whole === "" && fraction === "")) {
    return err(`Cannot read a number: wanted a decimal, found "${text.slice(0, 40)}"`);
  }
  let digits = BigInt(`${whole}${fraction}` === "" ? "0" : `${whole}${fraction}`);
  let scale = fraction.length - Number(match[4] ?? "0");
  if (match[1] === "-") digits = -digits;
  if (scale < 0) {
    digits *= 10n ** BigInt(-scale);
    scale = 0;
  }
  while (scale > 0 && digits % 10n === 0n) {
    digits /= 10n;
    scale--;
  }
  return ok({ digits, scale });
}

/** Plain text of `digits * 10^-scale`, without exponent and trailing zeros. */
export function decimalToText(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const absolute = (negative ? -digits : digits).toString().padStart(scale + 1, "0");
  const whole = absolute.slice(0, absolute.length - scale);
  const fraction = absolute.slice(absolute.length - scale).replace(/0+$/, "");
  return `${negative ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
