/**
 * The product's own decoders against their naive twins, on every venue's depth, best-bid-ask and
 * trade frames: target P1.
 *
 *   ours    frame bytes -> MarketDecoder -> event of ticks and lots -> a receiver
 *   naive   frame text  -> `JSON.parse` -> `Number` of every price and size -> two arrays
 *
 * 1. Both are checked to read the same numbers of every frame before they are timed.
 * 2. The ratio is the median of interleaved rounds. `ratio` is against a twin that has the text in
 *    hand; `fromBytes` against one that first makes it of the bytes, as both have to in truth.
 * 3. Ours reads each frame where it lies among others, as in a socket's buffer.
 *
 * One line of JSON for each kind, then a table; exit code 1 with `--strict` when one is missed.
 * Arguments: venues (all), `--rounds 9`, `--strict`.
 * @module
 */
import {
  createInstrument,
  type Instrument,
  instrumentIndex,
  isVenueId,
  micros,
  unwrap,
  VENUE_IDS,
  type VenueId,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { EventReceiver, MarketDecoder, VenueTools } from "@/engine/ports/mod.ts";
import { loadTools } from "@/exchanges/mod.ts";
import { FRAME_GRIDS, FrameNumbers, type FrameSet, frameSets } from "./frames/mod.ts";

const ROUNDS = 9;
const ROUND_MS = 12;
const WARM_ROUNDS = 4;
const NOW = micros(1_790_232_237_000_000);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** P1: how many times as fast as the naive twin. */
function targetOf({ levels }: FrameSet): number {
  return levels === 0 ? 3.5 : levels <= 10 ? 7 : levels <= 50 ? 10 : 12;
}

/** Frames one behind the other in one buffer. */
class Placed {
  readonly bytes: Uint8Array;
  readonly ends: number[] = [0];

  constructor(frames: readonly string[]) {
    const texts = frames.map((frame) => encoder.encode(frame));
    const length = texts.reduce((sum, text) => sum + text.length, 0);
    // A socket's buffer goes on behind its last frame.
    this.bytes = new Uint8Array(length + 4_096);
    let at = 0;
    for (const text of texts) {
      this.bytes.set(text, at);
      this.ends.push(at += text.length);
    }
  }

  decode(decoder: MarketDecoder, index: number, receiver: EventReceiver): void {
    const outcome = decoder.decode(
      this.bytes,
      this.ends[index]!,
      this.ends[index + 1]!,
      NOW,
      receiver,
    );
    if (outcome !== "decoded") throw new Error(`frame ${index}: ${outcome} ${decoder.reason}`);
  }
}

/** Takes the numbers of an event, in ticks and lots. */
class Collector implements EventReceiver {
  readonly numbers = new FrameNumbers();

  deliver(event: EngineEvent): void {
    const into = this.numbers;
    switch (event.kind) {
      case "book_snapshot":
      case "book_delta":
        for (const { count, prices, sizes } of [event.bids, event.asks]) {
          for (let i = 0; i < count; i++) into.push(prices[i]!, sizes[i]!);
        }
        into.sequence = event.sequence;
        break;
      case "best_bid_ask":
        into.push(event.bid, event.bidSize);
        into.push(event.ask, event.askSize);
        into.sequence = event.sequence;
        break;
      case "trade":
        into.push(event.price, event.size);
        into.isSell = event.aggressor === "sell";
        break;
      default:
        throw new Error(`a frame of the bench became ${event.kind}`);
    }
    into.venueAt = event.venueAt / 1_000;
  }
}

/** Looks at each event as briefly as can be. */
class Glance implements EventReceiver {
  sum = 0;

  deliver(event: EngineEvent): void {
    this.sum += event.at;
  }
}

function instrumentOf(tools: VenueTools): Instrument {
  const { symbol, tick, lot } = FRAME_GRIDS[tools.venue];
  const terms = unwrap(tools.termsFrom(symbol, tick, lot, "1"));
  return unwrap(createInstrument(instrumentIndex(0), terms));
}

/** Both ways over one set of frames. */
class Contest {
  readonly set: FrameSet;
  readonly #tools: VenueTools;
  readonly #instrument: Instrument;
  readonly #opening: Placed;
  readonly #placed: Placed;
  readonly #glance = new Glance();
  #used: MarketDecoder | undefined = undefined;
  readonly #numbers = new FrameNumbers();

  constructor(set: FrameSet, tools: VenueTools) {
    this.set = set;
    this.#tools = tools;
    this.#instrument = instrumentOf(tools);
    this.#opening = new Placed(set.opening);
    this.#placed = new Placed(set.frames);
  }

  /** A decoder that has seen a connection's opening. */
  #decoder(): MarketDecoder {
    const decoder = this.#tools.createMarketDecoder([this.#instrument]);
    const { bytes, ends } = this.#opening;
    for (let index = 0; index + 1 < ends.length; index++) {
      decoder.decode(bytes, ends[index]!, ends[index + 1]!, NOW, { deliver() {} });
    }
    return decoder;
  }

  /** Throws when the two ways read something else of any frame. */
  check(): void {
    const { priceScale, lotScale, hasSequence } = FRAME_GRIDS[this.set.venue];
    const decoder = this.#decoder();
    this.set.frames.forEach((frame, index) => {
      const collector = new Collector();
      this.#placed.decode(decoder, index, collector);
      const ours = collector.numbers;
      const twin = new FrameNumbers();
      this.set.naive(frame, twin);
      const isSame = ours.count === twin.count && ours.isSell === twin.isSell &&
        (twin.venueAt === 0 || ours.venueAt === twin.venueAt) &&
        (!hasSequence || ours.sequence === twin.sequence) &&
        ours.prices.every((price, i) => price === Math.round(twin.prices[i]! * priceScale)) &&
        ours.sizes.every((size, i) => size === Math.round(twin.sizes[i]! * lotScale));
      if (!isSame) throw new Error(`the two ways disagree about ${frame}`);
    });
    if ((decoder as { fallbacks?: number }).fallbacks !== 0) {
      throw new Error(`${this.set.venue} ${this.set.kind}: read the slow way`);
    }
  }

  /** Nanoseconds a frame of ours. Where ids must go on, each pass begins with a new decoder. */
  ours(): number {
    const placed = this.#placed;
    const count = this.set.frames.length;
    const isNumbered = this.set.venue === "dydx";
    return measure(count, () => {
      if (isNumbered) this.#used = this.#decoder();
      const decoder = this.#used ??= this.#decoder();
      const startedAt = performance.now();
      for (let index = 0; index < count; index++) placed.decode(decoder, index, this.#glance);
      return performance.now() - startedAt;
    });
  }

  /** Nanoseconds a frame of the twin, the text in hand. */
  naive(): number {
    const { frames, naive } = this.set;
    return measure(frames.length, () => {
      const startedAt = performance.now();
      for (const frame of frames) {
        this.#numbers.count = 0;
        naive(frame, this.#numbers);
      }
      return performance.now() - startedAt;
    });
  }

  /** Nanoseconds to make a frame's text of its bytes. */
  texts(): number {
    const { bytes, ends } = this.#placed;
    let length = 0;
    return measure(this.set.frames.length, () => {
      const startedAt = performance.now();
      for (let index = 0; index + 1 < ends.length; index++) {
        length += decoder.decode(bytes.subarray(ends[index], ends[index + 1])).length;
      }
      return performance.now() - startedAt + (length < 0 ? 1 : 0);
    });
  }
}

/** Runs passes for a while; nanoseconds a frame. */
function measure(framesOfPass: number, pass: () => number): number {
  let spent = 0;
  let frames = 0;
  while (spent < ROUND_MS) {
    spent += pass();
    frames += framesOfPass;
  }
  return spent * 1e6 / frames;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

interface Line {
  readonly bench: "decode";
  readonly venue: VenueId;
  readonly kind: string;
  readonly levels: number;
  readonly bytes: number;
  readonly oursNs: number;
  readonly naiveNs: number;
  readonly ratio: number;
  readonly fromBytes: number;
  readonly target: number;
  readonly met: boolean;
}

function compare(set: FrameSet, tools: VenueTools, rounds: number): Line {
  const contest = new Contest(set, tools);
  contest.check();
  const ours: number[] = [];
  const naive: number[] = [];
  const ratios: number[] = [];
  const fromBytes: number[] = [];
  for (let round = -WARM_ROUNDS; round < rounds; round++) {
    const slow = contest.naive();
    const fast = contest.ours();
    const text = contest.texts();
    if (round < 0) continue;
    ours.push(fast);
    naive.push(slow);
    ratios.push(slow / fast);
    fromBytes.push((slow + text) / fast);
  }
  const ratio = Number(median(ratios).toFixed(2));
  const target = targetOf(set);
  return {
    bench: "decode",
    venue: set.venue,
    kind: set.kind,
    levels: set.levels,
    bytes: set.frames[0]!.length,
    oursNs: Math.round(median(ours)),
    naiveNs: Math.round(median(naive)),
    ratio,
    fromBytes: Number(median(fromBytes).toFixed(2)),
    target,
    met: ratio >= target,
  };
}

function printTable(lines: readonly Line[]): void {
  const row = (...cells: readonly string[]) =>
    console.log(cells.map((cell, i) => i === 0 ? cell.padEnd(42) : cell.padStart(9)).join(""));
  row("", "bytes", "ours ns", "naive ns", "ratio", "target", "missed by");
  for (const line of lines) {
    const name = `${line.venue} ${line.kind}${line.levels > 0 ? ` ${line.levels} levels` : ""}`;
    const missed = `${Math.round((1 - line.ratio / line.target) * 100)} %`;
    row(
      name,
      `${line.bytes}`,
      `${line.oursNs}`,
      `${line.naiveNs}`,
      line.ratio.toFixed(2),
      `${line.target}`,
      line.met ? "" : missed,
    );
  }
  const missed = lines.filter((line) => !line.met).length;
  console.log(`${lines.length - missed} of ${lines.length} targets met`);
}

async function run(args: readonly string[]): Promise<boolean> {
  const roundsAt = args.indexOf("--rounds");
  const rounds = roundsAt < 0 ? ROUNDS : Math.max(1, Number(args[roundsAt + 1]));
  const named = args.filter(isVenueId);
  const lines: Line[] = [];
  for (const venue of named.length > 0 ? named : VENUE_IDS) {
    const tools = unwrap(await loadTools(venue));
    for (const set of frameSets(venue)) {
      const line = compare(set, tools, rounds);
      console.log(JSON.stringify(line));
      lines.push(line);
    }
  }
  printTable(lines);
  return lines.every((line) => line.met);
}

if (import.meta.main) {
  const isMet = await run(Deno.args);
  if (!isMet && Deno.args.includes("--strict")) Deno.exit(1);
}
