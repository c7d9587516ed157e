/**
 * The faults of a simulated venue by the names of the control API, and its presets.
 * @module
 */

/** Faults by the names of the control API. */
export const FAULT_KINDS = [
  /** A pushed frame never arrives. */
  "drop",
  /** A pushed frame arrives `delayMs` later; those after it wait behind it. */
  "delay",
  /** A pushed frame arrives twice. */
  "repeat",
  /** A pushed frame changes place with the next one. */
  "reorder",
  /** The socket is dropped without a closing handshake. */
  "cut",
  /** The socket is dropped in the middle of a frame: after `atByte` of it, or anywhere. */
  "cut_mid_frame",
  /** A request is answered with the venue's own "too many requests". */
  "throttle",
  /** A socket stays open and says nothing for `delayMs`. */
  "freeze",
  /** A snapshot answers with the book of the one served before it. */
  "stale_snapshot",
  /** One update is left out of a numbered stream. */
  "sequence_gap",
  /** The numbers of a stream start again from elsewhere, in the venue's own form. */
  "sequence_reset",
  /** A book message carries a checksum of another book. */
  "bad_checksum",
  /** A request is answered by a page of a gateway instead of the venue. */
  "html",
  /** A request is carried out, its answer never comes. */
  "answer_lost",
  /** A request never reaches the venue. */
  "request_lost",
  /** A request is carried out, its answer comes `delayMs` later. */
  "answer_late",
  /** The venue says it is closed for maintenance. */
  "maintenance",
  /** The venue is killed: connections drop and are refused for so long, then it is back. */
  "down",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Kinds that a venue must say it can show, each with why others cannot. */
export const RARE_FAULTS: Readonly<Partial<Record<FaultKind, string>>> = {
  bad_checksum: "the book messages of this venue carry no checksum",
};

/** Presets of `simulate --faults`. */
export const FAULT_LEVELS = ["none", "mild", "harsh"] as const;
export type FaultLevel = (typeof FAULT_LEVELS)[number];
