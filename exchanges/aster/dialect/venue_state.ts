/**
 * What every operation of this dialect works on.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { SelfTradePolicy } from "@/engine/matching/mod.ts";
import type { Random } from "@/engine/ports/mod.ts";
import type {
  FaultPlan,
  SimOrder,
  SimOrderCause,
  SimulatedExchange,
  SimUser,
} from "@/exchanges/simulator/mod.ts";
import type { Failure } from "./failures.ts";
import type { Json } from "./order_shapes.ts";
import type { Params } from "./params.ts";
import type { RateLimits } from "./rate_limits.ts";
import type { WireProduct, WireSymbols } from "./wire_symbols.ts";

/** The listen key of one product; "" when there is none. */
export interface ListenKey {
  key: string;
  until: Micros;
}

/** One venue: exchange, names, limits, chance. */
export interface VenueState {
  readonly exchange: SimulatedExchange;
  readonly symbols: WireSymbols;
  readonly limits: Readonly<Record<WireProduct, RateLimits>>;
  readonly random: Random;
  readonly faults: FaultPlan | undefined;
  /** Owner number of the one trading account. */
  readonly owner: number;
  readonly listenKeys: Readonly<Record<WireProduct, ListenKey>>;
  /** What becomes of a post-only order that would take. */
  readonly crossingPostOnly: "refused" | "expired";
  /** Numbers of orders that the exchange never saw, apart from its own. */
  nextGhostId: number;
  /** Tells the account's listeners of such an order. */
  tellOrder(order: SimOrder, cause: SimOrderCause): void;
  /** Self-trade prevention of orders that name none. */
  selfTrade: SelfTradePolicy;
}

/** One call of an operation. */
export interface Call {
  readonly state: VenueState;
  readonly product: WireProduct;
  readonly params: Params;
  readonly user: SimUser;
  readonly now: Micros;
}

/** What an operation answers: a JSON value, ready JSON text, or a failure. */
export type Answer = Json | readonly unknown[] | string | Failure;

/** Twenty-two letters and digits, as the venue names what clients did not. */
export function freshName(random: Random): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let name = "";
  for (let i = 0; i < 22; i++) name += alphabet[Math.floor(random.next() * alphabet.length)];
  return name;
}
