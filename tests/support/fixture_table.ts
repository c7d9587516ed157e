/**
 * Every fixture of a venue against a table written from the venue's sheet: the events that it must
 * give, or why it is left out or refused on purpose. No fixture is without a row.
 *
 *   folder/file              a row, named as in the fixtures
 *     kind key=value …       one line for each that `events` prints, in order
 *     ignored: why
 *     error: why
 *     no book                the answer of another request than the snapshot's: refused
 *     listing: symbol …      one line for each instrument in an instruments answer
 *
 * A `rest` body is handed to `events` as a snapshot of the instrument that the venue's test names.
 * @module
 */
import { eventJson, runEventsTool } from "@/engine/cli/mod.ts";
import type { Instrument, InstrumentTerms } from "@/engine/domain/mod.ts";
import type { VenueTools, WireDecoder } from "@/engine/ports/mod.ts";
import { assert, assertEquals } from "./assert.ts";
import { DAMAGE_RULES } from "./damage_rules.ts";
import { type FuzzCounts, type FuzzedFrame, wrongEvents } from "./frame_fuzz.ts";
import { assertPlain } from "./plain_amounts.ts";
import { type Fixture, type FixtureMessage, fixturesOf, RECORDINGS } from "./recorded_fixtures.ts";
import { printedRandom } from "./seeds.ts";

/** Whose fixtures, read with what. */
export interface FixtureVenue {
  readonly tools: VenueTools;
  /** Folders below the fixtures. */
  readonly folders: readonly string[];
  readonly instruments: readonly Instrument[];
  /** `import.meta.url` of the test that lies beside `fixtures.txt`. */
  readonly beside: string;
  /** Whose snapshot the REST body of a fixture is; others are read as the first instrument's. */
  readonly snapshots: Readonly<Record<string, Instrument>>;
  /** Fixtures of which the instruments are not told by the messages alone. */
  readonly needListing: readonly RegExp[];
  /** Fixtures that contradict themselves: damaged, they may say the other thing. */
  readonly contradictory: readonly RegExp[];
}

/** One in so many damaged frames is tried, unless TOUCHLINE_LONG is set. */
const SPARSE = 12;

const options = { ignore: RECORDINGS === undefined };
const needs = "(needs TOUCHLINE_RECORDINGS)";

/** Registers the tests of one venue. */
export function testFixtures(venue: FixtureVenue): void {
  const name = venue.tools.venue;
  Deno.test(`${name}: every fixture has a row, every row a fixture ${needs}`, options, () => {
    const files = fixturesOf(venue.folders).map(({ id }) => id);
    assert(files.length > 20, `${files.length} files`);
    assertEquals([...rowsOf(venue).keys()].toSorted(), files.toSorted());
  });
  Deno.test(`${name}: every fixture gives what its row says ${needs}`, options, async (step) => {
    const rows = rowsOf(venue);
    for (const fixture of fixturesOf(venue.folders)) {
      await step.step(fixture.id, async () => {
        assertEquals(await linesOf(venue, fixture, venue.instruments), rows.get(fixture.id));
      });
    }
  });
  Deno.test(`${name}: fixtures give the same without a listing ${needs}`, options, async () => {
    for (const fixture of fixturesOf(venue.folders)) {
      if (venue.needListing.some((one) => one.test(fixture.id))) continue;
      if (fixture.messages.some(({ source }) => source === "rest")) continue;
      const known = await linesOf(venue, fixture, venue.instruments);
      const found = await linesOf(venue, fixture, []);
      assertEquals(found.map(withoutReason), known.map(withoutReason), fixture.id);
    }
  });
  Deno.test(`${name}: damaged fixtures never give another event ${needs}`, options, () => {
    const random = printedRandom(`${name} damaged fixtures`);
    const isLong = Deno.env.get("TOUCHLINE_LONG") === "1";
    const counts: FuzzCounts = { whole: 0, without: 0, nothing: 0 };
    const rules = { instruments: venue.instruments, ...DAMAGE_RULES[name]! };
    const wanted = () => isLong || random.next() * SPARSE < 1;
    const wrong = wrongEvents(framesOf(venue), rules, wanted, counts);
    assertEquals(wrong.slice(0, 10), []);
    assert(counts.whole + counts.without + counts.nothing > 50, JSON.stringify(counts));
  });
  Deno.test(
    `${name}: cut and changed fixtures never throw ${needs}`,
    options,
    () => scramble(venue),
  );
}

/** The table: what each fixture must give. */
function rowsOf(venue: FixtureVenue): Map<string, string[]> {
  const text = Deno.readTextFileSync(new URL("fixtures.txt", venue.beside));
  const rows = new Map<string, string[]>();
  let row: string[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("#") || line.trim() === "") continue;
    if (line.startsWith("  ")) {
      row.push(line.trim());
      continue;
    }
    row = [];
    assert(!rows.has(line), `two rows of ${line}`);
    rows.set(line, row);
  }
  return rows;
}

/** What the product makes of a fixture, as its row would say it. */
export async function linesOf(
  venue: FixtureVenue,
  fixture: Fixture,
  instruments: readonly Instrument[],
): Promise<string[]> {
  const lines: string[] = [];
  const instrument = instruments.length === 0
    ? undefined
    : venue.snapshots[fixture.id] ?? instruments[0];
  const input = fixture.messages.map((message) => JSON.stringify(message));
  await runEventsTool(
    venue.tools,
    { instruments, instrument },
    ReadableStream.from(input),
    (text) => {
      const event = JSON.parse(text) as Printed;
      assertPlain(event);
      const { source } = fixture.messages[event.line - 1]!;
      // What an answer lacks to be a book is of no interest.
      lines.push(source === "rest" && event.kind === "error" ? "no book" : lineOf(event));
    },
  );
  return [...lines, ...fixture.messages.flatMap((message) => listingOf(venue, message))];
}

interface Printed {
  readonly line: number;
  readonly kind: string;
  readonly [key: string]: unknown;
}

function lineOf({ line: _, venue: __, kind, ...rest }: Printed): string {
  if (kind === "ignored" || kind === "error") return `${kind}: ${rest["reason"]}`;
  const fields = Object.entries(rest).map(([key, value]) =>
    `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return `${kind} ${fields.join(" ")}`;
}

/** The instruments of an answer that holds instruments. */
function listingOf(venue: FixtureVenue, { source, text }: FixtureMessage): string[] {
  if (source !== "rest") return [];
  const read = venue.tools.parseInstruments(text);
  return read.ok ? read.value.map(termsLine) : [];
}

function termsLine(terms: InstrumentTerms): string {
  const { symbol, venueSymbol, tick, lot, contractSize, minSize, minNotional } = terms;
  const least = minNotional === undefined ? "" : ` min_notional=${minNotional}`;
  return `listing: ${symbol} ${venueSymbol} tick=${tick} lot=${lot} contract=${contractSize} ` +
    `min=${minSize}${least}`;
}

/** Reasons may differ: who knows no instrument cannot say that he knows another one. */
function withoutReason(line: string): string {
  return line.startsWith("ignored: ") ? "ignored" : line;
}

/** The frames that give events, for both decoders. */
function framesOf(venue: FixtureVenue): FuzzedFrame[] {
  const { tools, folders, instruments, contradictory } = venue;
  const makers: readonly (() => WireDecoder)[] = [
    () => tools.createMarketDecoder(instruments),
    () => tools.createAccountDecoder(instruments),
  ];
  const sound = fixturesOf(folders).filter(({ id }) => !contradictory.some((one) => one.test(id)));
  return sound.flatMap(({ id, messages }) =>
    messages
      .filter(({ text }) => text.startsWith("{") && text.length < 20_000)
      .flatMap(({ text }) => makers.map((make) => ({ name: id, text, make })))
  );
}

/** Bytes at random: cut short, changed, and both. */
function scramble({ tools, folders, instruments }: FixtureVenue): void {
  const random = printedRandom(`${tools.venue} scrambled fixtures`);
  const draw = (below: number) => Math.floor(random.next() * below);
  const encoder = new TextEncoder();
  const texts = fixturesOf(folders).flatMap(({ messages }) => messages.map(({ text }) => text))
    .filter((text) => text.length < 20_000).map((text) => encoder.encode(text));
  const index = instruments[0]!.index;
  const rounds = Deno.env.get("TOUCHLINE_LONG") === "1" ? 20_000 : 1_500;
  for (let round = 0; round < rounds; round++) {
    const bytes = texts[draw(texts.length)]!.slice();
    for (let changes = draw(4); changes > 0; changes--) bytes[draw(bytes.length)] = draw(256);
    const end = random.next() < 0.5 ? bytes.length : draw(bytes.length + 1);
    const market = tools.createMarketDecoder(instruments);
    let events = 0;
    const receiver = {
      deliver: (event: Parameters<typeof eventJson>[0]) => {
        JSON.stringify(eventJson(event, (at) => instruments.find((one) => one.index === at)!));
        events++;
      },
    };
    const outcomes = [
      market.decode(bytes, 0, end, 1 as never, receiver),
      market.decodeSnapshot(bytes, 0, end, index, 1 as never, receiver),
      tools.createAccountDecoder(instruments).decode(bytes, 0, end, 1 as never, receiver),
    ];
    if (!outcomes.includes("decoded")) assertEquals(events, 0, `round ${round}`);
  }
}
