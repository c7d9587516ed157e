/**
 * Venue clock less ours, from questions and answers.
 *
 * The venue read its clock somewhere between our two stamps; the shorter the round trip, the less
 * can be wrong (half of it at most). So of the last few samples the one with the smallest round
 * trip counts.
 * Source: D. Mills, "Internet Time Synchronization: the Network Time Protocol", clock filter.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";

const SAMPLES_MAX = 8;

/** The venue's clock as seen from here. */
export class ClockOffset {
  readonly #offsets = new Float64Array(SAMPLES_MAX);
  readonly #roundTrips = new Float64Array(SAMPLES_MAX);
  #count = 0;
  #best = 0;

  /** Takes one sample; ignored when the answer seems to come before the question. */
  sample(sentAt: Micros, venueAt: Micros, receivedAt: Micros): void {
    const roundTrip = receivedAt - sentAt;
    if (!(roundTrip >= 0) || !(venueAt > 0)) return;
    const slot = this.#count % SAMPLES_MAX;
    this.#offsets[slot] = Math.round(venueAt - (sentAt + receivedAt) / 2);
    this.#roundTrips[slot] = roundTrip;
    this.#count++;
    this.#best = this.#smallestRoundTrip();
  }

  /** Whether any sample was taken. */
  get known(): boolean {
    return this.#count > 0;
  }

  /** Venue clock less ours in microseconds; 0 until measured. */
  get offsetMicros(): number {
    return this.known ? this.#offsets[this.#best]! : 0;
  }

  /** How wrong `offsetMicros` can be: half the round trip of its sample; Infinity until
   * measured. */
  get errorMicros(): number {
    return this.known ? this.#roundTrips[this.#best]! / 2 : Infinity;
  }

  /** Our instant on the venue's clock. */
  toVenue(ours: Micros): Micros {
    return micros(ours + this.offsetMicros);
  }

  #smallestRoundTrip(): number {
    const filled = Math.min(this.#count, SAMPLES_MAX);
    let best = 0;
    for (let slot = 1; slot < filled; slot++) {
      if (this.#roundTrips[slot]! < this.#roundTrips[best]!) best = slot;
    }
    return best;
  }
}
