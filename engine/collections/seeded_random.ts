/**
 * `SeededRandom`: chance from a seed, with independent streams by name.
 *
 *   "7" --fork("market")--> "7/market" --fork("binance")--> "7/market/binance"
 *
 * 1. A stream depends on its path alone: drawing from one, or adding another, changes no third.
 * 2. The same path gives the same numbers on every machine.
 * Source: xoshiro128**, D. Blackman and S. Vigna, 2018; the path is hashed by murmur3's mixing.
 * @module
 */
import { assert } from "@/engine/domain/mod.ts";

/** A stream of pseudo-random numbers. Implements the port `Random`. */
export class SeededRandom {
  /** The path that makes this stream again: print it in tests. */
  readonly path: string;
  #a: number;
  #b: number;
  #c: number;
  #d: number;
  #spare = NaN;

  constructor(seed: number | string) {
    this.path = String(seed);
    this.#a = hashText(this.path, 0x9e3779b9);
    this.#b = hashText(this.path, 0x85ebca6b);
    this.#c = hashText(this.path, 0xc2b2ae35);
    // One word is never zero, so the state is never all zero, from which xoshiro would not move.
    this.#d = hashText(this.path, 0x27d4eb2f) | 1;
    for (let i = 0; i < 8; i++) this.#next32();
  }

  /** An independent stream; the same label gives the same stream, whenever it is asked for. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.path}/${label}`);
  }

  /** Uniform in [0, 1), 53 bits. */
  next(): number {
    const high = this.#next32() >>> 6;
    const low = this.#next32() >>> 5;
    return (high * 134_217_728 + low) / 9_007_199_254_740_992;
  }

  /** Uniform in [low, high). */
  uniform(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /** Uniform whole number in [0, below). */
  integer(below: number): number {
    assert(below >= 1, "A range needs one number");
    return Math.floor(this.next() * below);
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, "Cannot pick from nothing");
    return items[this.integer(items.length)]!;
  }

  /** Standard normal, by Marsaglia's polar method. */
  normal(): number {
    if (this.#spare === this.#spare) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    for (;;) {
      const u = 2 * this.next() - 1;
      const v = 2 * this.next() - 1;
      const square = u * u + v * v;
      if (square > 0 && square < 1) {
        const factor = Math.sqrt(-2 * Math.log(square) / square);
        this.#spare = v * factor;
        return u * factor;
      }
    }
  }

  /** Exponential with this mean: waiting times. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  #next32(): number {
    const b = this.#b;
    const multiplied = Math.imul(b, 5);
    const result = Math.imul((multiplied << 7) | (multiplied >>> 25), 9);
    const shifted = b << 9;
    this.#c ^= this.#a;
    this.#d ^= b;
    this.#b = b ^ this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }
}

function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0xcc9e2d51);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
