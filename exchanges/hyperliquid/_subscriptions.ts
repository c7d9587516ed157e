/**
 * What is subscribed to for each coin, in which order, and how many of it the venue allows.
 *
 * Source: venue documentation "Rate limits and user limits", read 2026-09.
 * @module
 */
import type { Instrument } from "@/engine/domain/mod.ts";
import { subscribeText } from "./_context.ts";

/** 1,000 subscriptions are allowed to an address over all its sockets, own channels included. */
export const SUBSCRIPTIONS_MAX = 960;

/** Books of all coins first: without them nothing is traded. */
export function subscriptionsFor(instruments: readonly Instrument[]): string[] {
  const coins = instruments.map((instrument) => instrument.terms.venueSymbol);
  return [
    ...coins.map((coin) => subscribeText({ type: "l2Book", coin, fast: true })),
    ...coins.map((coin) => subscribeText({ type: "bbo", coin })),
    ...coins.map((coin) => subscribeText({ type: "activeAssetCtx", coin })),
    ...coins.map((coin) => subscribeText({ type: "trades", coin })),
  ];
}
