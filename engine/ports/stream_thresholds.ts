/**
 * `StreamThresholds`: how long each of a venue's streams may be silent before what it said last is
 * no longer believed.
 *
 *   book           nothing heard that confirms it: unusable, quotes on it are pulled
 *   best_bid_ask   the book is behind a newer, other touch for so long: unusable likewise
 *   mark_price     the mark is not judged by any more: the mid of a usable book, else nothing
 *   funding        told as an alert; the last rate stands, because it protects better than none
 *   trades         nothing: a tape may be quiet
 *
 * 1. In milliseconds; `Infinity` where silence of the stream says nothing.
 * 2. Data of the venue's connector, from the venue's own push intervals; overridable per venue.
 * @module
 */

/** The streams of an instrument that may fall silent. */
export type StreamKind = "book" | "best_bid_ask" | "mark_price" | "funding" | "trades";

/** Longest silence that is believed, per stream, in milliseconds. */
export type StreamThresholds = Readonly<Record<StreamKind, number>>;
