/**
 * Faults of a stream, at random: what becomes of a frame on its way.
 *
 *   drop  delay  repeat  reorder  cut  html  bad sum  |  close  freeze  restart  (of the venue)
 * @module
 */
import type { SeededRandom } from "@/engine/collections/mod.ts";
import type { Said } from "./stream_venue.ts";

/** What happens to one frame. */
export type FrameFault =
  | "none"
  | "drop"
  | "delay"
  | "repeat"
  | "reorder"
  | "cut"
  | "cut_and_close"
  | "html_instead"
  | "html_before"
  | "bad_sum";

/** What happens to the venue or its connection between two frames. */
export type VenueFault = "none" | "close" | "freeze" | "restart" | "half_freeze";

export const HTML = "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>";

const FRAME_FAULTS: readonly (readonly [FrameFault, number])[] = [
  ["drop", 0.025],
  ["delay", 0.02],
  ["repeat", 0.03],
  ["reorder", 0.02],
  ["cut", 0.008],
  ["cut_and_close", 0.004],
  ["html_instead", 0.005],
  ["html_before", 0.003],
  ["bad_sum", 0.015],
];
const VENUE_FAULTS: readonly (readonly [VenueFault, number])[] = [
  ["close", 0.005],
  ["freeze", 0.004],
  ["half_freeze", 0.004],
  ["restart", 0.008],
];

const OUT_OF_ORDER: readonly FrameFault[] = ["repeat", "delay", "reorder"];

/** Draws faults; some seeds are calm, some are wild. */
export class Damage {
  readonly counts = new Map<string, number>();
  readonly #random: SeededRandom;
  readonly #wildness: number;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#wildness = random.pick([0.15, 0.4, 1, 1, 2]);
  }

  /** The fate of a frame. */
  ofFrame(said: Said): FrameFault {
    const fault = this.#draw(FRAME_FAULTS);
    if (fault === undefined) return "none";
    if (fault === "bad_sum" && said.withWrongSum === undefined) return "none";
    if (said.isGreeting === true && OUT_OF_ORDER.includes(fault)) return "none";
    return this.#count(fault);
  }

  /** What happens before the next step. */
  ofVenue(): VenueFault {
    const fault = this.#draw(VENUE_FAULTS);
    return fault === undefined ? "none" : this.#count(fault);
  }

  /** The text up to any byte (frames are ASCII). */
  cut(text: string): string {
    return text.slice(0, this.#random.integer(text.length));
  }

  #draw<T>(faults: readonly (readonly [T, number])[]): T | undefined {
    let chance = this.#random.next() / this.#wildness;
    for (const [fault, share] of faults) {
      chance -= share;
      if (chance < 0) return fault;
    }
    return undefined;
  }

  #count<T extends string>(fault: T): T {
    this.counts.set(fault, (this.counts.get(fault) ?? 0) + 1);
    return fault;
  }
}
