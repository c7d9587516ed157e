/**
 * What the parts of one product's connector share: edges, addresses, counters, where events go.
 * @module
 */
import type { AccountKey, Product } from "@/engine/domain/mod.ts";
import type { ConnectionChanged } from "@/engine/messages/mod.ts";
import type { Log } from "@/engine/ports/mod.ts";
import type {
  ClientContext,
  LineCount,
  Session as KeptSocket,
  SessionPlan as Plan,
} from "@/exchanges/kit/mod.ts";
import type { HttpAnswer, HttpRequest } from "@/exchanges/shared/mod.ts";
import type { Generation, ProductAddresses } from "./endpoints.ts";

/** A kept WebSocket; this venue's parts send over the connection that they are handed. */
export type Session = KeptSocket;

/** What differs from socket to socket. */
export type SessionPlan = Omit<Plan, "heartbeat" | "rotateOverlapMs">;

/** Orders go over connections of their own, and cancels too: no answer may hold them up. */
export type Lane = "orders" | "cancels" | "data";

/** One product of the venue. */
export interface ProductContext extends Omit<ClientContext, "http" | "openSession"> {
  readonly product: Product;
  readonly account: AccountKey;
  readonly addresses: ProductAddresses;
  readonly generation: Generation;
  /** How many connections carry each market stream. */
  readonly marketConnections: LineCount;
  /** Sends an HTTP request; `done` is called once, never before this returns. */
  http(lane: Lane, request: HttpRequest, done: (answer: HttpAnswer) => void): void;
  openSession(plan: SessionPlan): Session;
}

/** Tells of one link of an account, once for each change. */
export class LinkTeller {
  readonly #context: ProductContext;
  readonly #link: ConnectionChanged["link"];
  #isUp = false;

  constructor(context: ProductContext, link: "orders" | "account") {
    this.#context = context;
    this.#link = link;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  tell(isUp: boolean, reason: string): void {
    if (isUp === this.#isUp) return;
    this.#isUp = isUp;
    const { account, clock } = this.#context;
    const state = isUp ? "up" : "down";
    const at = clock.now();
    const link = this.#link;
    this.#context.deliver({
      kind: "connection",
      venue: "aster",
      account,
      link,
      state,
      at,
      reason,
    });
  }
}

/** Logs each kind of trouble once. */
export class OnceLog {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  warn(kind: string, found = ""): void {
    if (this.#told.has(kind) || this.#told.size >= 256) return;
    this.#told.add(kind);
    this.#log.log("warn", kind, found === "" ? {} : { found });
  }
}
