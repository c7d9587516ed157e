/**
 * OKX without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { OkxAccountDecoder } from "./account_decoder.ts";
import { OkxBookSequence } from "./book_sequence.ts";
import { parseInstrumentRows, termsFrom } from "./instruments.ts";
import { OkxMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const okxTools: VenueTools = {
  venue: "okx",
  parseInstruments(text) {
    const listing = parseInstrumentRows(text);
    return listing.ok ? ok(listing.value.instruments.map((one) => one.terms)) : err(listing.error);
  },
  termsFrom,
  createMarketDecoder: (instruments) => new OkxMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new OkxAccountDecoder(instruments),
  sequenceRule: () => new OkxBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument);
    return wire.ok ? ok(encodedForPeople(wire.value)) : err(wire.error);
  },
};
