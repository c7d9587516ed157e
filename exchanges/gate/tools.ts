/**
 * Gate without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { GateAccountDecoder } from "./account_decoder.ts";
import { GateBookSequence } from "./book_sequence.ts";
import { parseListing, termsFrom } from "./instruments.ts";
import { GateMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const gateTools: VenueTools = {
  venue: "gate",
  parseInstruments(text) {
    const listing = parseListing(text);
    return listing.ok ? ok(listing.value.instruments.map((one) => one.terms)) : err(listing.error);
  },
  termsFrom,
  createMarketDecoder: (instruments) => new GateMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new GateAccountDecoder(instruments),
  sequenceRule: () => new GateBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument);
    return wire.ok ? ok(encodedForPeople(wire.value)) : err(wire.error);
  },
};
