/**
 * `sign`: each input line is one thing to sign, each output line its signature, in order.
 *
 * 1. Nothing is added to what is given.
 * 2. A line that cannot be signed gives `{"line","error"}` in its place; none shows a key.
 * @module
 */
import { VENUE_IDS, type VenueId } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { readObject } from "./input_lines.ts";

/** How it went. */
export interface SignOutcome {
  readonly lines: number;
  readonly refused: number;
}

/** Signs every line; `toolsOf` loads a venue when its name first comes. */
export async function runSignTool(
  toolsOf: (venue: VenueId) => Promise<VenueTools | undefined> | VenueTools | undefined,
  lines: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<SignOutcome> {
  let count = 0;
  let refused = 0;
  const known = new Map<VenueId, VenueTools | undefined>();
  for await (const line of lines) {
    count++;
    const complain = (error: string): void => {
      refused++;
      write(JSON.stringify({ line: count, error }));
    };
    const input = readObject(line);
    if (!input.ok) {
      // Not even the beginning of the line is shown: it may be a key.
      complain("wanted one JSON object, found something else (not shown)");
      continue;
    }
    const venue = VENUE_IDS.find((id) => id === input.value["venue"]);
    if (venue !== undefined && !known.has(venue)) known.set(venue, await toolsOf(venue));
    const tools = venue === undefined ? undefined : known.get(venue);
    if (tools === undefined) {
      complain(`"venue": wanted one of ${VENUE_IDS.join(", ")}, found ${venueText(input.value)}`);
      continue;
    }
    const { venue: _venue, ...thing } = input.value;
    const signed = tools.sign(thing);
    if (signed.ok) write(JSON.stringify(signed.value));
    else complain(signed.error);
  }
  return { lines: count, refused };
}

function venueText(input: Readonly<Record<string, unknown>>): string {
  const venue = input["venue"];
  if (venue === undefined) return "nothing";
  if (typeof venue !== "string" || !/^[a-z]{1,20}$/.test(venue)) return "something else";
  return isKnown(venue) ? `"${venue}", which this version cannot sign for` : `"${venue}"`;
}

function isKnown(venue: string): boolean {
  return (VENUE_IDS as readonly string[]).includes(venue);
}
