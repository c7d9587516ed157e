/**
 * Depth levels from bytes to ticks and lots, against `JSON.parse` and `Number` over the same bytes.
 *
 * Prints the ratio of each size as the median of interleaved rounds; targets of P1: 7x at 10
 * levels, 10x at 50, 12x at 400. Both sides are checked to read the same numbers before they are
 * timed.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { LevelBuffer } from "@/engine/messages/mod.ts";
import { JsonScanner, keyCodeOf } from "@/exchanges/shared/mod.ts";

const ROUNDS = 15;
const ROUND_MS = 20;
const MESSAGES = 64;
const PRICE = { mantissa: 1, scale: 1 };
const SIZE = { mantissa: 1, scale: 3 };
const EVENT_TIME = keyCodeOf("E");
const FIRST = keyCodeOf("U");
const LAST = keyCodeOf("u");
const PREVIOUS = keyCodeOf("pu");
const BIDS = keyCodeOf("b");
const ASKS = keyCodeOf("a");
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** A depth message as a venue pushes it, with half of its levels on each side. */
function depthMessage(random: SeededRandom, levels: number): Uint8Array {
  const side = (count: number) =>
    Array.from({ length: count }, () => [
      (64_000 + Math.floor(random.next() * 10_000) / 10).toFixed(2),
      (random.next() * 20).toFixed(3),
    ]);
  return encoder.encode(JSON.stringify({
    e: "depthUpdate",
    E: 1_721_260_800_123,
    T: 1_721_260_800_118,
    s: "BTCUSDT",
    U: 4_981_239_000_100,
    u: 4_981_239_000_183,
    pu: 4_981_239_000_099,
    b: side(levels >> 1),
    a: side(levels - (levels >> 1)),
  }));
}

interface Depth {
  E: number;
  U: number;
  u: number;
  pu: number;
  b: [string, string][];
  a: [string, string][];
}

/** The way everybody does it; answers something of every number, so that none is left out. */
function naive(bytes: Uint8Array): number {
  const depth = JSON.parse(decoder.decode(bytes)) as Depth;
  let sum = depth.E + depth.U + depth.u + depth.pu;
  for (const side of [depth.b, depth.a]) {
    for (const [price, size] of side) sum += Math.round(Number(price) * 10) + Number(size) * 1_000;
  }
  return Math.round(sum);
}

const json = new JsonScanner();
const bids = new LevelBuffer(512);
const asks = new LevelBuffer(512);

/** Ours: the same numbers, where they lie. */
function scanned(bytes: Uint8Array): number {
  bids.clear();
  asks.clear();
  json.reset(bytes, 0, bytes.length);
  json.enterObject();
  let sum = 0;
  while (json.nextKey()) {
    switch (json.keyCode) {
      case EVENT_TIME:
      case FIRST:
      case LAST:
      case PREVIOUS:
        sum += json.readInteger();
        break;
      case BIDS:
        json.readLevels(PRICE, SIZE, bids);
        break;
      case ASKS:
        json.readLevels(PRICE, SIZE, asks);
        break;
      default:
        json.skipValue();
    }
  }
  if (!json.finish()) throw new Error("The scanner refused a message of the bench");
  for (let at = 0; at < bids.count; at++) sum += bids.prices[at]! + bids.sizes[at]!;
  for (let at = 0; at < asks.count; at++) sum += asks.prices[at]! + asks.sizes[at]!;
  return sum;
}

let sink = 0;

/** Nanoseconds a message. */
function time(decode: (bytes: Uint8Array) => number, messages: readonly Uint8Array[]): number {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < ROUND_MS) {
    for (const message of messages) sink += decode(message);
    count += messages.length;
  }
  return (performance.now() - start) * 1e6 / count;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!;
}

/** Ratio of naive to ours for one size of message. */
function compare(levels: number): void {
  const random = new SeededRandom(`decode/${levels}`);
  const messages = Array.from({ length: MESSAGES }, () => depthMessage(random, levels));
  for (const message of messages) {
    if (naive(message) !== scanned(message)) throw new Error("The two decoders disagree");
  }
  for (let warm = 0; warm < 5; warm++) {
    time(naive, messages);
    time(scanned, messages);
  }
  const ratios: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const slow = time(naive, messages);
    const fast = time(scanned, messages);
    ratios.push(slow / fast);
    ours.push(fast);
  }
  console.log(JSON.stringify({
    bench: "decode",
    levels,
    bytes: messages[0]!.length,
    ours_ns: Math.round(median(ours)),
    ratio: Number(median(ratios).toFixed(2)),
  }));
}

if (import.meta.main) {
  for (const levels of [10, 50, 400]) compare(levels);
  if (Number.isNaN(sink)) console.log(sink);
}
