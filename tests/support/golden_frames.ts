/**
 * Golden frames: one line of a `.jsonl` per message, with what a decoder must make of it; and the
 * tests that hold for the frames of every venue, however they are cut or changed.
 * @module
 */
import { eventJson } from "@/engine/cli/mod.ts";
import { type Instrument, micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { WireDecoder } from "@/engine/ports/mod.ts";
import { assert, assertEquals } from "./assert.ts";
import { DAMAGE_RULES } from "./damage_rules.ts";
import { type FuzzCounts, wrongEvents } from "./frame_fuzz.ts";
import { plainEvent } from "./golden_events.ts";
import { assertPlain } from "./plain_amounts.ts";
import { printedRandom } from "./seeds.ts";

/** One line. */
export interface Golden {
  readonly name: string;
  readonly text: string;
  readonly outcome: string;
  readonly reason?: string;
  readonly events: readonly unknown[];
}

/** What a decoder made of a frame. */
export interface Decoded {
  readonly outcome: string;
  readonly reason: string;
  readonly events: readonly unknown[];
}

/** Whose frames, of which instruments, in which folder. */
export interface GoldenVenue {
  readonly venue: string;
  /** `import.meta.url` of the test that lies beside the files. */
  readonly beside: string;
  readonly instruments: readonly Instrument[];
}

/** When every golden frame is received. */
export const GOLDEN_AT = micros(1_768_435_200_000_000);

const encoder = new TextEncoder();
const ALPHABET = encoder.encode('0123456789"{}[],:.-eE\\xnulltrue \u00e9');
/** The golden frames of one venue. */
export class GoldenFrames {
  readonly #venue: GoldenVenue;

  constructor(venue: GoldenVenue) {
    this.#venue = venue;
  }

  all(file: string): Golden[] {
    const text = Deno.readTextFileSync(new URL(file, this.#venue.beside));
    return text.trim().split("\n").map((line) => JSON.parse(line) as Golden);
  }

  /** Decodes bytes that stand amid others, as they do in a receive buffer. */
  decode(decoder: WireDecoder, frame: Uint8Array | string): Decoded {
    const bytes = typeof frame === "string" ? encoder.encode(frame) : frame;
    const padded = new Uint8Array(bytes.length + 14);
    padded.fill(57);
    padded.set(bytes, 7);
    const events: unknown[] = [];
    const outcome = decoder.decode(padded, 7, 7 + bytes.length, GOLDEN_AT, {
      deliver: (event: EngineEvent) => events.push(plainEvent(event, this.#venue.instruments)),
    });
    return { outcome, reason: decoder.reason, events };
  }

  /** The names of the frames at which a count of the decoder rises. */
  raising(
    goldens: readonly Golden[],
    decoder: WireDecoder,
    count: () => number,
  ): readonly string[] {
    return goldens.filter(({ text }) => {
      const before = count();
      this.decode(decoder, text);
      return count() > before;
    }).map(({ name }) => name);
  }

  /** Each frame, and the same written in another way, come to the same. */
  assertAlike(
    goldens: readonly Golden[],
    decoders: { readonly plain: WireDecoder; readonly rewritten: WireDecoder },
    rewrite: (text: string) => string,
  ): void {
    for (const { name, text } of goldens) {
      const expected = this.decode(decoders.plain, text);
      assertEquals(this.decode(decoders.rewritten, rewrite(text)), expected, name);
    }
  }

  /** Registers what holds of every frame of a file; one decoder reads its lines in order. */
  test(file: string, make: () => WireDecoder): void {
    const decoder = make();
    for (const golden of this.all(file)) {
      Deno.test(`golden ${file}: ${golden.name}`, () => {
        const found = this.decode(decoder, golden.text);
        assertEquals(found.events, [...golden.events]);
        assertEquals(found.outcome, golden.outcome);
        assertEquals(found.reason, golden.reason ?? "");
      });
    }
    Deno.test(`golden ${file}: amounts are printed plainly, instants in microseconds`, () => {
      this.#printed(file, make());
    });
    Deno.test(`golden ${file}: no frame cut at any byte is decoded`, () => this.#cut(file, make));
    Deno.test(`golden ${file}: changed bytes never throw; a refusal delivers nothing`, () => {
      this.#changeBytes(file, make);
    });
    Deno.test(`golden ${file}: no field missing, odd or unknown makes another event`, () => {
      this.#damageFields(file, make);
    });
  }

  #printed(file: string, decoder: WireDecoder): void {
    const { instruments } = this.#venue;
    let events = 0;
    for (const { text } of this.all(file)) {
      const bytes = encoder.encode(text);
      decoder.decode(bytes, 0, bytes.length, GOLDEN_AT, {
        deliver: (event: EngineEvent) => {
          const json = eventJson(event, (at) => instruments.find(({ index }) => index === at)!);
          assertPlain(JSON.parse(JSON.stringify(json)) as Record<string, unknown>);
          events++;
        },
      });
    }
    assert(events > 10, `${events} events`);
  }

  #cut(file: string, make: () => WireDecoder): void {
    for (const golden of this.all(file).filter(isDecoded)) {
      const bytes = encoder.encode(golden.text);
      for (let length = 0; length < bytes.length; length++) {
        const found = this.decode(make(), bytes.subarray(0, length));
        assert(found.outcome !== "decoded", `${golden.name} cut at ${length}`);
        assertEquals(found.events, [], `${golden.name} cut at ${length}`);
      }
    }
  }

  #changeBytes(file: string, make: () => WireDecoder): void {
    const random = printedRandom(`${this.#venue.venue} ${file}`);
    const draw = (below: number) => Math.floor(random.next() * below);
    const all = this.all(file);
    let refused = 0;
    for (let round = 0; round < 6_000; round++) {
      const bytes = encoder.encode(all[draw(all.length)]!.text);
      for (let changes = 1 + draw(3); changes > 0; changes--) {
        const at = draw(bytes.length);
        bytes[at] = random.next() < 0.8 ? ALPHABET[draw(ALPHABET.length)]! : draw(256);
      }
      const found = this.decode(make(), bytes);
      assert(["decoded", "ignored", "refused"].includes(found.outcome));
      if (found.outcome !== "decoded") {
        assertEquals(found.events, []);
        assert(found.reason !== "", "every no has a reason");
      }
      if (found.outcome === "refused") refused++;
    }
    assert(refused > 500, `${refused} refused`);
  }

  #damageFields(file: string, make: () => WireDecoder): void {
    const { venue, instruments } = this.#venue;
    const frames = this.all(file).filter(isDecoded).map(({ name, text }) => ({ name, text, make }));
    const counts: FuzzCounts = { whole: 0, without: 0, nothing: 0 };
    const rules = { instruments, ...DAMAGE_RULES[venue]! };
    const wrong = wrongEvents(frames, rules, () => true, counts);
    assertEquals(wrong.slice(0, 10), []);
    for (const [what, count] of Object.entries(counts)) assert(count > 20, `${count} ${what}`);
  }
}

/** Whether the frame is one that a decoder turns into events. */
export function isDecoded(golden: Golden): boolean {
  return golden.outcome === "decoded";
}
