/**
 * `DecodeMeter`: what reading a market frame takes, without what its events cause: measured on one
 * frame of sixty-four.
 *
 *   frame -> stamp -> decoder --event--> stamp, receiver, stamp --> stamp
 *
 * 1. A frame that is not measured costs a count and a branch; the clock is not read.
 * 2. The time of those who receive the events is taken off.
 * @module
 */
import { DurationHistogram } from "@/engine/collections/mod.ts";
import type { Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type {
  Clock,
  ConnectorCounters,
  DecodeOutcome,
  DurationCounts,
  EventReceiver,
  WireDecoder,
} from "@/engine/ports/mod.ts";

const SAMPLE_MASK = 63;
const MICROSECOND = 1_000;
/** Upper bounds of decode times, nanoseconds. */
const BOUNDS: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000].map(
  (micros) => micros * MICROSECOND,
);

/** Measures the decoders of one connector's market streams. */
export class DecodeMeter implements EventReceiver {
  readonly #clock: Clock;
  readonly #times: DurationCounts;
  #seen = 0;
  #receiver: EventReceiver | undefined;
  /** Nanoseconds that the receiver took of the frame in hand. */
  #away = 0;

  /** All meters of a connector count together. */
  constructor(clock: Clock, counters: ConnectorCounters) {
    this.#clock = clock;
    this.#times = counters.decodeTimes ??= new DurationHistogram(BOUNDS);
  }

  /** Has `decoder` read a frame. */
  decode(
    decoder: WireDecoder,
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome {
    if ((this.#seen++ & SAMPLE_MASK) !== 0) return decoder.decode(bytes, start, end, at, receiver);
    this.#receiver = receiver;
    this.#away = 0;
    const startedAt = this.#clock.monotonic();
    const outcome = decoder.decode(bytes, start, end, at, this);
    this.#times.record(this.#clock.monotonic() - startedAt - this.#away);
    this.#receiver = undefined;
    return outcome;
  }

  /** Takes an event of the measured frame. */
  deliver(event: EngineEvent): void {
    const handedAt = this.#clock.monotonic();
    this.#receiver?.deliver(event);
    this.#away += this.#clock.monotonic() - handedAt;
  }
}
