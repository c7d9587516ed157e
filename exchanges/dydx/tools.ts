/**
 * dYdX without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { FLAG_SHORT_TERM } from "./_order_ids.ts";
import { DydxAccountDecoder } from "./account_decoder.ts";
import { DydxBookSequence } from "./book_sequence.ts";
import { parsePerpetualMarkets, termsFrom } from "./instruments.ts";
import { DydxMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** Without a connector: the first subaccount, and a cancel of what quotes are. */
const FACTS = { subaccountNumber: 0, oracleTicks: undefined, cancelFlags: FLAG_SHORT_TERM };

/** The venue's pure pieces. */
export const dydxTools: VenueTools = {
  venue: "dydx",
  parseInstruments(text) {
    const listing = parsePerpetualMarkets(text);
    return listing.ok ? ok(listing.value.instruments.map((one) => one.terms)) : err(listing.error);
  },
  termsFrom,
  createMarketDecoder: (instruments) => new DydxMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new DydxAccountDecoder(instruments),
  sequenceRule: () => new DydxBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument, FACTS);
    return wire.ok ? ok(encodedForPeople(wire.value)) : err(wire.error);
  },
};
