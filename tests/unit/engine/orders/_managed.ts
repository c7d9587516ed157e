/**
 * An order manager whose listener writes everything down. Ids that begin with "a" are own.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { OrderRequest } from "@/engine/messages/mod.ts";
import { type OrderListener, OrderManager, type OrderManagerOptions } from "@/engine/orders/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { btcPerp, START } from "@/tests/support/builders.ts";

/** A manager, what it told, what it asked, and a switch for whether questions can leave. */
export interface Managed {
  readonly manager: OrderManager;
  readonly log: string[];
  readonly asked: string[];
  readonly link: { isUp: boolean };
  sent(request: OrderRequest, at?: Micros): void;
}

/** A manager of BTC-USDT-PERP. */
export function managed(options: Partial<OrderManagerOptions> = {}): Managed {
  const log: string[] = [];
  const asked: string[] = [];
  const link = { isUp: true };
  const listener: OrderListener = {
    onFill: (fill, strategy) => log.push(`fill ${fill.fillId} ${fill.size} ${strategy}`),
    onFee: (fill, strategy) => log.push(`fee ${fill.fillId} ${strategy}`),
    onOrderChanged: (order) => {
      log.push(`changed ${order.clientOrderId} ${order.state} ${order.filledSize}`);
    },
    onOrderClosed: (order) => log.push(`closed ${order.clientOrderId} ${order.state}`),
    askOrder: (request) => link.isUp && asked.push(`order ${request.clientOrderId}`) > 0,
    askFills: (request) => link.isUp && asked.push(`fills ${request.clientOrderId}`) > 0,
  };
  const manager = new OrderManager(listener, { isOwn: (_, id) => id.startsWith("a"), ...options });
  manager.onInstrument(btcPerp());
  const sent = (request: OrderRequest, at = START) => {
    manager.onSent(request, at);
    if (request.kind === "place_order") log.length = 0;
  };
  return { manager, log, asked, link, sent };
}

/** Each placed order is in exactly one of the summary's counts. */
export function assertBalanced(manager: OrderManager): void {
  const { placed, filled, cancelled, rejected, expired, inFlight, open } = manager.counters;
  assertEquals(filled + cancelled + rejected + expired + inFlight + open, placed);
}
