/**
 * Containers and chance that know nothing of trading.
 *
 * 1. Everything is bounded or says how it grows.
 * 2. Same calls, same order of answers: nothing here reads a clock or true chance.
 * 3. `BPlusTree`, `DenseMap`, `RingBuffer` and `crc32` make no garbage in steady state.
 * @module
 */
export { BPlusTree, CURSOR_NONE, NODE_MIN } from "./bplus_tree.ts";
export { NODE_MAX } from "./node_arena.ts";
export { crc32 } from "./crc32.ts";
export { DenseMap } from "./dense_map.ts";
export { DurationHistogram } from "./duration_histogram.ts";
export { MinHeap } from "./min_heap.ts";
export { ObjectPool } from "./object_pool.ts";
export { RingBuffer } from "./ring_buffer.ts";
export { SeededRandom } from "./seeded_random.ts";
export { TIMER_NONE, type TimerHandle, TimerQueue } from "./timer_queue.ts";
