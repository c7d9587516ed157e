/**
 * Seeds of random tests: fixed, so that a build does not fail by chance, and printed, so that a
 * failure can be had again.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";

/** A printed stream of chance for one test. Another `seed` explores other cases by hand. */
export function printedRandom(test: string, seed: number | string = 20260101): SeededRandom {
  console.log(`seed of ${test}: ${seed}`);
  return new SeededRandom(seed).fork(test);
}

/** A printed seed for libraries that take a number, as fast-check does. */
export function printedSeed(test: string, seed = 20260101): number {
  console.log(`seed of ${test}: ${seed}`);
  return seed;
}
