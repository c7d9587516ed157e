/**
 * `VenueTools`: one venue's pure pieces, for the wire tools of CONTRACT.md (`book`, `events`,
 * `sign`, `encode`) and for tests. No network, no clock.
 * @module
 */
import type { Instrument, InstrumentTerms, Result, VenueId } from "@/engine/domain/mod.ts";
import type {
  AmendOrder,
  CancelAll,
  CancelOrder,
  PlaceOrder,
  ReplaceOrder,
} from "@/engine/messages/mod.ts";
import type { SequenceRule } from "./sequence_rule.ts";
import type { MarketDecoder, WireDecoder } from "./wire_decoder.ts";

/** What `encode` prints: what would be sent, without timestamp, nonce, request id and signature. */
export interface EncodedRequest {
  readonly channel: "ws" | "rest";
  readonly method?: string;
  readonly path?: string;
  readonly message: unknown;
}

/** A venue without its sockets. */
export interface VenueTools {
  readonly venue: VenueId;
  /** Reads the venue's own raw instruments response; unknown or inverse instruments are left
   * out. */
  parseInstruments(text: string): Result<readonly InstrumentTerms[]>;
  /** Terms from `--tick --lot --contract` alone, for tools that were given no instruments file. */
  termsFrom(
    symbol: string,
    tick: string,
    lot: string,
    contractSize: string,
  ): Result<InstrumentTerms>;
  createMarketDecoder(instruments: readonly Instrument[]): MarketDecoder;
  createAccountDecoder(instruments: readonly Instrument[]): WireDecoder;
  sequenceRule(terms: InstrumentTerms): SequenceRule;
  /** Signs exactly what is given (CONTRACT.md, table under `sign`). */
  sign(input: Readonly<Record<string, unknown>>): Result<Readonly<Record<string, unknown>>>;
  encode(
    request: PlaceOrder | AmendOrder | ReplaceOrder | CancelOrder | CancelAll,
    instrument: Instrument,
  ): Result<EncodedRequest>;
}
