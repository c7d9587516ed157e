/**
 * `book`, `events`, `encode`, `sign`: a venue's pure pieces between standard input and output.
 * @module
 */
import {
  type Arguments,
  EXIT,
  type ExitCode,
  readLines,
  runBookTool,
  runEncodeTool,
  runEventsTool,
  runSignTool,
  toolInstrument,
  toolInstruments,
} from "@/engine/cli/mod.ts";
import { ok, type VenueId } from "@/engine/domain/mod.ts";
import { readText, refuse, stderr, stdout } from "./inputs.ts";
import type { ProgramParts } from "./parts.ts";

/** `book`, `events`, `encode`: one venue's wire, from standard input to standard output. */
export async function wireTool(parts: ProgramParts, given: Arguments): Promise<ExitCode> {
  const tools = await parts.loadTools(given.text("venue") as VenueId);
  if (!tools.ok) return refuse(tools.error);
  const file = given.text("instruments");
  const listing = file === undefined ? ok(undefined) : await readText(file);
  if (!listing.ok) return refuse(listing.error);
  const hasGrid = file !== undefined || given.has("tick");
  const instruments = hasGrid
    ? toolInstruments(tools.value, {
      instruments: listing.value,
      instrument: given.text("instrument"),
      tick: given.text("tick"),
      lot: given.text("lot"),
      contract: given.text("contract"),
    })
    : ok([]);
  if (!instruments.ok) return refuse(instruments.error);
  const symbol = given.verb === "encode" ? undefined : given.text("instrument");
  const wanted = symbol === undefined || !hasGrid
    ? ok(undefined)
    : toolInstrument(instruments.value, symbol);
  if (!wanted.ok) return refuse(wanted.error);
  const lines = readLines(Deno.stdin.readable);
  if (given.verb === "encode") {
    await runEncodeTool(tools.value, instruments.value, lines, stdout);
  } else if (given.verb === "events") {
    const options = { instruments: instruments.value, instrument: wanted.value };
    await runEventsTool(tools.value, options, lines, stdout);
  } else {
    const depth = given.number("depth") ?? 20;
    const options = { instrument: wanted.value!, depth, every: given.number("every") };
    await runBookTool(tools.value, options, lines, { write: stdout, complain: stderr });
  }
  return EXIT.done;
}

/** `sign`: what a venue's signature of given text is. */
export async function sign(parts: ProgramParts): Promise<ExitCode> {
  const toolsOf = async (venue: VenueId) => {
    const tools = await parts.loadTools(venue);
    return tools.ok ? tools.value : undefined;
  };
  await runSignTool(toolsOf, readLines(Deno.stdin.readable), stdout);
  return EXIT.done;
}
