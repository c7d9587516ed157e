/**
 * Aster without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { AsterAccountDecoder } from "./account_decoder.ts";
import { sequenceRuleOf } from "./book_sequence.ts";
import { parseListing, termsFrom } from "./instruments.ts";
import { AsterMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const asterTools: VenueTools = {
  venue: "aster",
  parseInstruments(text) {
    const listing = parseListing(text);
    return listing.ok ? ok(listing.value.instruments.map(({ terms }) => terms)) : listing;
  },
  termsFrom,
  createMarketDecoder: (instruments) => new AsterMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new AsterAccountDecoder(instruments),
  sequenceRule: ({ product }) => sequenceRuleOf(product),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument);
    return wire.ok ? ok(encodedForPeople(wire.value, instrument)) : err(wire.error);
  },
};
