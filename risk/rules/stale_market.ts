/**
 * No new risk on a book that is gapped, silent, crossed or empty. Closing orders may go: their
 * price is still held to the mark by the price collar.
 * @module
 */
import { refused, type RiskRule } from "./rule.ts";

const STALE = refused("stale_market", "Book is not usable: gapped, silent, crossed or empty");

export const staleMarket: RiskRule = {
  name: "stale_market",
  check(order, view) {
    if (view.book(order.index).usable || order.closing) return undefined;
    return STALE;
  },
};
