/**
 * `PointTable`: multiples of one point of secp256k1, so that multiplying it takes additions alone.
 *
 *   scalar = sum of digit[w] * 64^w, digits -31..32   table[w][|digit|] = |digit| * 64^w * point
 *
 * 1. For public numbers only: time depends on them.
 * 2. Where the addition formula has no answer (equal or opposite points, infinity) there is none
 *    here either; who asks then uses the library.
 * 3. A table holds some 200 kB.
 * Source: Explicit-Formulas Database, Jacobian coordinates for a = 0, "madd".
 * @module
 */
import { normalizeZ } from "@noble/curves/abstract/curve.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { assert } from "@/engine/domain/mod.ts";

const { Point } = secp256k1;
const { Fp, Fn } = Point;
const P = Fp.ORDER;
/** Two octal digits make a window of six bits; a scalar has 86, and the last may carry. */
const WINDOWS = 44;
const OCTAL_DIGITS = 2 * (WINDOWS - 1);
const HALF = 32;
const ZERO = 48;

/** A point of the curve as the library has it. */
export type CurvePoint = typeof Point.BASE;

/** A point's two coordinates. */
export interface AffinePoint {
  readonly x: bigint;
  readonly y: bigint;
}

/** Multiples of a point. */
export class PointTable {
  readonly #xs: bigint[] = [];
  readonly #ys: bigint[] = [];

  constructor(point: CurvePoint) {
    let first = point;
    for (let window = 0; window < WINDOWS; window++) {
      const multiples = [first];
      for (let count = 1; count < HALF; count++) multiples.push(multiples[count - 1]!.add(first));
      for (const { x, y } of normalizeZ(Point, multiples)) {
        this.#xs.push(x);
        this.#ys.push(y);
      }
      first = multiples[HALF - 1]!.double();
    }
  }

  /** Adds `scalar` times the point to a sum; false when the sum has no answer. */
  addTo(sum: PointSum, scalar: bigint): boolean {
    assert(Fn.isValid(scalar), "Scalar must be below the order");
    const octal = scalar.toString(8).padStart(OCTAL_DIGITS, "0");
    let carry = 0;
    for (let window = 0; window < WINDOWS; window++) {
      const at = OCTAL_DIGITS - 2 * window;
      const high = at === 0 ? 0 : octal.charCodeAt(at - 2) - ZERO;
      const low = at === 0 ? 0 : octal.charCodeAt(at - 1) - ZERO;
      let digit = high * 8 + low + carry;
      carry = digit > HALF ? 1 : 0;
      if (carry === 1) digit -= 2 * HALF;
      if (digit === 0) continue;
      const index = window * HALF + Math.abs(digit) - 1;
      const y = this.#ys[index]!;
      if (!sum.add(this.#xs[index]!, digit < 0 ? P - y : y)) return false;
    }
    return true;
  }
}

/** A sum of points in Jacobian coordinates; reused from sum to sum. */
export class PointSum {
  #x = 0n;
  #y = 0n;
  #z = 0n;

  /** Nothing is summed yet. */
  clear(): void {
    this.#z = 0n;
  }

  /** Adds a point; false when it is the sum itself or its opposite. */
  add(x: bigint, y: bigint): boolean {
    if (this.#z === 0n) {
      this.#x = x;
      this.#y = y;
      this.#z = 1n;
      return true;
    }
    const square = this.#z * this.#z % P;
    const h = (x * square - this.#x) % P;
    if (h === 0n) return false;
    const r = (y * this.#z % P * square - this.#y) % P;
    const hh = h * h % P;
    const hhh = h * hh % P;
    const v = this.#x * hh % P;
    this.#x = (r * r - hhh - 2n * v) % P;
    this.#y = (r * (v - this.#x) - this.#y * hhh) % P;
    this.#z = this.#z * h % P;
    return true;
  }

  /** The sum; undefined when nothing was added. */
  affine(): AffinePoint | undefined {
    if (this.#z === 0n) return undefined;
    const inverse = Fp.inv(Fp.create(this.#z));
    const square = inverse * inverse % P;
    return { x: Fp.create(this.#x * square), y: Fp.create(this.#y * square % P * inverse) };
  }
}
