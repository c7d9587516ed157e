/**
 * Hyperliquid without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { HyperliquidAccountDecoder } from "./account_decoder.ts";
import { HyperliquidBookSequence } from "./book_sequence.ts";
import { parseMeta, termsFrom } from "./instruments.ts";
import { HyperliquidMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const hyperliquidTools: VenueTools = {
  venue: "hyperliquid",
  parseInstruments(text) {
    const listing = parseMeta(text);
    return listing.ok ? ok(listing.value.instruments.map((one) => one.terms)) : err(listing.error);
  },
  termsFrom,
  createMarketDecoder: (instruments) => new HyperliquidMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new HyperliquidAccountDecoder(instruments),
  sequenceRule: () => new HyperliquidBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const action = encodeRequest(request, instrument);
    return action.ok ? ok(encodedForPeople(action.value)) : err(action.error);
  },
};
