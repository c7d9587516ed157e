/**
 * Decoders: raw frames of one venue to normalised events, where they lie.
 * @module
 */
import type { InstrumentIndex, Micros } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";

/** Receives events one at a time; a market event is valid only during the call. */
export interface EventReceiver {
  deliver(event: EngineEvent): void;
}

/**
 * `decoded`: events were delivered. `ignored`: not for us, on purpose (other channel or instrument,
 * an acknowledgement). `refused`: could not be understood; nothing was delivered of it.
 */
export type DecodeOutcome = "decoded" | "ignored" | "refused";

/** Decodes frames of one venue; keeps scratch objects, so one per connector. */
export interface WireDecoder {
  /** Why the last frame was ignored or refused: a low number of constant texts. */
  readonly reason: string;
  /** Decodes the frame `bytes[start..end)` (UTF-8 text) received at `at`. Never throws. */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome;
}

/** A decoder of public frames that also reads the venue's REST snapshot answer. */
export interface MarketDecoder extends WireDecoder {
  decodeSnapshot(
    bytes: Uint8Array,
    start: number,
    end: number,
    instrument: InstrumentIndex,
    at: Micros,
    receiver: EventReceiver,
  ): DecodeOutcome;
}
