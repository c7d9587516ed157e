/**
 * `Size`: whole lots of one instrument, never negative; `SignedSize`: a position, long above zero.
 * @module
 */
import { assert } from "./assert.ts";
import type { Brand } from "./brand.ts";

/** Whole lots, at least zero. */
export type Size = Brand<number, "Size">;

/** Whole lots with a sign: long above zero, short below. */
export type SignedSize = Brand<number, "SignedSize">;

/** Makes a size of whole lots; a fraction or a negative number is a broken invariant. */
export function size(lots: number): Size {
  assert(Number.isSafeInteger(lots), "Size must be whole lots");
  assert(lots >= 0, "Size must not be negative");
  return lots as Size;
}

/** Makes a signed size of whole lots. */
export function signedSize(lots: number): SignedSize {
  assert(Number.isSafeInteger(lots), "Signed size must be whole lots");
  // Adding zero turns -0 into 0, so that texts and hashes of a flat position are the same.
  return (lots + 0) as SignedSize;
}

/** No size. */
export const SIZE_ZERO: Size = 0 as Size;

/** The sum of two sizes. */
export function addSizes(a: Size, b: Size): Size {
  return size(a + b);
}

/** `a` less `b`; a negative rest is a broken invariant. */
export function subtractSizes(a: Size, b: Size): Size {
  return size(a - b);
}

/** The smaller of two sizes. */
export function minSize(a: Size, b: Size): Size {
  return a < b ? a : b;
}
