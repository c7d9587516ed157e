/**
 * OKX's published limits as data, and what a refusal for speaking too fast says.
 *
 * 1. The venue counts orders, amends and cancels per instrument, 60 in two seconds each; here each
 *    kind is counted over all instruments together, so it never speaks too fast.
 * 2. New orders and amends together are also capped per sub-account; cancels are not.
 * 3. There are no usage headers and no Retry-After: after a refusal its kind rests one window.
 * 4. At most three WebSocket connections may be opened per second and address: more wait.
 *
 * Source: venue documentation "Rate Limits", read 2026-09.
 * @module
 */
import { type Micros, micros } from "@/engine/domain/mod.ts";
import type { RateLimitReport } from "@/engine/messages/mod.ts";
import type { Clock, RateLimitRule, RequestKind, Scheduler } from "@/engine/ports/mod.ts";
import type { Link, Transport } from "@/exchanges/shared/mod.ts";
import { UNIFIED_ACCOUNT } from "./instruments.ts";

const WINDOW_MS = 2_000;
const SOURCE = "https://www.okx.com/docs-v5/en/#overview-rate-limits";

function rule(id: string, capacity: number, weights: RateLimitRule["weights"]): RateLimitRule {
  const account = UNIFIED_ACCOUNT;
  return { id, account, capacity, windowMs: WINDOW_MS, weights, cancelReserve: 0, source: SOURCE };
}

/** All rules of the venue. */
export const OKX_RATE_LIMITS: readonly RateLimitRule[] = [
  rule("orders_2s", 60, { place_order: 1 }),
  rule("amends_2s", 60, { amend_order: 1 }),
  rule("cancels_2s", 60, { cancel_order: 1 }),
  rule("sub_account_2s", 1_000, { place_order: 1, amend_order: 1 }),
  rule("order_queries_2s", 60, { query_order: 2 }),
  rule("fill_queries_2s", 60, { query_fills: 1, query_account: 20 }),
  rule("account_queries_2s", 10, { query_account: 5 }),
  {
    id: "books_2s",
    account: undefined,
    capacity: 40,
    windowMs: WINDOW_MS,
    weights: { request_book_check: 1 },
    cancelReserve: 0,
    source: SOURCE,
  },
  // Arming the dead-man switch, once a second, and resubscribing are paced where they are sent.
];

const RULE_OF_KIND: Readonly<Partial<Record<RequestKind, string>>> = {
  place_order: "orders_2s",
  amend_order: "amends_2s",
  cancel_order: "cancels_2s",
  query_order: "order_queries_2s",
  query_fills: "fill_queries_2s",
  query_account: "account_queries_2s",
};

/** What a refusal says: nothing of this kind for one window (50061: no order or amend at all). */
export function blockReport(
  kind: RequestKind | undefined,
  code: string,
  at: Micros,
): RateLimitReport {
  const id = code === "50061"
    ? "sub_account_2s"
    : kind === undefined
    ? ""
    : RULE_OF_KIND[kind] ?? "";
  const blockedUntil = micros(at + WINDOW_MS * 1_000);
  return { kind: "rate_limit", venue: "okx", at, rule: id, used: -1, blockedUntil };
}

const CONNECTIONS_PER_SECOND = 3;
const SECOND_MICROS = 1_000_000;

/** Opens at most three links in any second; further ones wait for their turn. */
export function withConnectionPace(
  transport: Transport,
  clock: Clock,
  scheduler: Scheduler,
): Transport {
  // Instants of the last few opened or promised links, oldest first.
  const turns: number[] = [];
  return {
    connect(address, handler) {
      const now = clock.now();
      const before = turns.length < CONNECTIONS_PER_SECOND
        ? -SECOND_MICROS
        : turns[turns.length - CONNECTIONS_PER_SECOND]!;
      const turn = Math.max(now, before + SECOND_MICROS);
      turns.push(turn);
      if (turns.length > CONNECTIONS_PER_SECOND) turns.shift();
      if (turn <= now) return transport.connect(address, handler);
      let link: Link | undefined;
      let isClosed = false;
      const timer = scheduler.after((turn - now) / 1_000, () => {
        link = transport.connect(address, handler);
      });
      return {
        write: (bytes) => link !== undefined && link.write(bytes),
        get pendingBytes() {
          return link === undefined ? 0 : link.pendingBytes;
        },
        close(reason) {
          if (link !== undefined) return link.close(reason);
          if (isClosed) return;
          isClosed = true;
          scheduler.cancel(timer);
          scheduler.after(0, () => handler.onClose(reason));
        },
      };
    },
  };
}
