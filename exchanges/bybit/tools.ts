/**
 * Bybit without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, type InstrumentTerms, ok, type Result } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { parseJson } from "./_json.ts";
import { BybitAccountDecoder } from "./account_decoder.ts";
import { BybitBookSequence } from "./book_sequence.ts";
import { parseInstrumentsInfo, termsFrom } from "./instruments.ts";
import { BybitMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const bybitTools: VenueTools = {
  venue: "bybit",
  parseInstruments,
  termsFrom,
  createMarketDecoder: (instruments) => new BybitMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new BybitAccountDecoder(instruments),
  sequenceRule: () => new BybitBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument);
    return wire.ok ? ok(encodedForPeople(wire.value)) : err(wire.error);
  },
};

/** One answer, or several pages and categories: a JSON list of answers, or one answer a line. */
function parseInstruments(text: string): Result<readonly InstrumentTerms[]> {
  const terms: InstrumentTerms[] = [];
  for (const answer of answersIn(text)) {
    const listing = parseInstrumentsInfo(answer);
    if (!listing.ok) return err(listing.error);
    terms.push(...listing.value.instruments.map((one) => one.terms));
  }
  return ok(terms);
}

function answersIn(text: string): readonly string[] {
  const tree = parseJson(text);
  if (Array.isArray(tree)) return tree.map((one) => JSON.stringify(one));
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return tree === undefined && lines.length > 1 ? lines : [text];
}
