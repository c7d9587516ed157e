/**
 * Binance without its sockets: the pure pieces behind the wire tools and the tests.
 * @module
 */
import { err, ok } from "@/engine/domain/mod.ts";
import type { VenueTools } from "@/engine/ports/mod.ts";
import { BinanceAccountDecoder } from "./account_decoder.ts";
import { PerpetualBookSequence, SpotBookSequence } from "./book_sequence.ts";
import { parseExchangeInfo, termsFrom } from "./instruments.ts";
import { BinanceMarketDecoder } from "./market_decoder.ts";
import { encodedForPeople, encodeRequest } from "./order_encoder.ts";
import { signInput } from "./signer.ts";

/** The venue's pure pieces. */
export const binanceTools: VenueTools = {
  venue: "binance",
  parseInstruments(text) {
    const listing = parseExchangeInfo(text);
    return listing.ok ? ok(listing.value.instruments.map((one) => one.terms)) : err(listing.error);
  },
  termsFrom,
  createMarketDecoder: (instruments) => new BinanceMarketDecoder(instruments),
  createAccountDecoder: (instruments) => new BinanceAccountDecoder(instruments),
  sequenceRule: (terms) =>
    terms.product === "spot" ? new SpotBookSequence() : new PerpetualBookSequence(),
  sign: signInput,
  encode(request, instrument) {
    const wire = encodeRequest(request, instrument);
    return wire.ok ? ok(encodedForPeople(wire.value)) : err(wire.error);
  },
};
