/**
 * Searches in a sorted run of slots of a typed array.
 * @module
 */

/** Steps from the end before the search becomes a binary one. */
const LINEAR_MAX = 8;

/** First slot in `start..end` whose key is not below `wanted`; looks from the high end first. */
export function lowerBound(keys: Float64Array, start: number, end: number, wanted: number): number {
  let high = end;
  const near = end - LINEAR_MAX;
  while (high > start && keys[high - 1]! >= wanted) {
    high--;
    if (high === near) return binaryLowerBound(keys, start, high, wanted);
  }
  return high;
}

function binaryLowerBound(keys: Float64Array, start: number, end: number, wanted: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** First slot in `start..end` whose key is above `wanted`. */
export function upperBound(keys: Float64Array, start: number, end: number, wanted: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! <= wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
