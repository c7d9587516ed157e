/**
 * How the wire tools learn instruments: from the venue's own response, or from a grid alone.
 * @module
 */
import {
  createInstrument,
  err,
  type Instrument,
  instrumentIndex,
  type InstrumentTerms,
  ok,
  type Result,
} from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { nearest } from "./nearest.ts";

/** What the command line says of instruments; `instruments` is the text of the file. */
export interface InstrumentSource {
  readonly instruments?: string | undefined;
  readonly instrument?: string | undefined;
  readonly tick?: string | undefined;
  readonly lot?: string | undefined;
  readonly contract?: string | undefined;
}

/** Every instrument of the source. */
export function toolInstruments(
  tools: VenueTools,
  source: InstrumentSource,
): Result<readonly Instrument[]> {
  const terms = termsOf(tools, source);
  if (!terms.ok) return terms;
  const instruments: Instrument[] = [];
  for (const one of terms.value) {
    const made = createInstrument(instrumentIndex(instruments.length), one);
    if (made.ok) instruments.push(made.value);
    else if (terms.value.length === 1) return made;
  }
  if (instruments.length > 0) return ok(instruments);
  return err("--instruments: wanted the venue's instruments response, found no instrument in it");
}

/** The one instrument of this name. */
export function toolInstrument(
  instruments: readonly Instrument[],
  symbol: string,
): Result<Instrument> {
  const found = instruments.find((instrument) => instrument.terms.symbol === symbol);
  if (found !== undefined) return ok(found);
  const near = nearest(symbol, instruments.map((instrument) => String(instrument.terms.symbol)));
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return err(
    `--instrument: wanted one of the ${instruments.length} instruments given, ` +
      `found "${symbol}"${hint}`,
  );
}

function termsOf(tools: VenueTools, source: InstrumentSource): Result<readonly InstrumentTerms[]> {
  if (source.instruments !== undefined) {
    const parsed = tools.parseInstruments(source.instruments);
    return parsed.ok ? parsed : err(`--instruments: ${parsed.error}`);
  }
  const { instrument, tick, lot, contract } = source;
  if (instrument === undefined || tick === undefined || lot === undefined) {
    return err(
      "wanted --instruments FILE (the venue's own response), or --instrument with --tick and " +
        "--lot, found neither",
    );
  }
  const terms = tools.termsFrom(instrument, tick, lot, contract ?? "1");
  return terms.ok ? ok([terms.value]) : err(`--instrument: ${terms.error}`);
}
