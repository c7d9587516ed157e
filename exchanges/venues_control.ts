/**
 * The control address of `touchline venues`: what is served where, and faults on demand.
 *
 *   GET  /         the description, one JSON object
 *   POST /faults   {"venue","kind","probability"|"at","for_ms"}
 * @module
 */
import type { VenueId } from "@/engine/domain/mod.ts";
import type { Clock } from "@/engine/ports/mod.ts";
import {
  type FaultPlan,
  faultRuleFromRequest,
  type ServerRequest,
  type ServerResponse,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";

/** Serves the control address beside the venues. */
export class VenuesControl implements WireDialect {
  readonly venue: VenueId;
  readonly credentials = {};
  readonly #clock: Clock;
  readonly #plans: ReadonlyMap<string, FaultPlan>;
  readonly #describe: () => unknown;
  readonly #cut: (venue: string) => void;

  constructor(options: {
    readonly clock: Clock;
    readonly plans: ReadonlyMap<VenueId, FaultPlan>;
    readonly describe: () => unknown;
    /** Drops every connection of a venue at once. */
    readonly cut: (venue: string) => void;
  }) {
    this.venue = [...options.plans.keys()][0] ?? "binance";
    this.#clock = options.clock;
    this.#plans = options.plans;
    this.#describe = options.describe;
    this.#cut = options.cut;
  }

  handleHttp(request: ServerRequest, respond: (response: ServerResponse) => void): void {
    respond(this.#answer(request));
  }

  acceptSocket(): ServerResponse {
    return complaint(400, "wanted HTTP, found a WebSocket upgrade");
  }

  endpoints(hostAndPort: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
    return { control: { rest: `http://${hostAndPort}` } };
  }

  #answer(request: ServerRequest): ServerResponse {
    if (request.method === "GET" && request.path === "/") {
      return { status: 200, body: JSON.stringify(this.#describe()) };
    }
    if (request.path !== "/faults") return complaint(404, `nothing at ${request.path}`);
    if (request.method !== "POST") return complaint(405, `wanted POST, found ${request.method}`);
    return this.#addFault(request.body);
  }

  #addFault(text: string): ServerResponse {
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      return complaint(400, "wanted one JSON object, found something else");
    }
    const venue = String((body as Record<string, unknown> | null)?.["venue"] ?? "");
    const plan = this.#plans.get(venue);
    if (plan === undefined) {
      const known = [...this.#plans.keys()].join(", ");
      return complaint(400, `"venue": wanted one of ${known}, found "${venue}"`);
    }
    if ((body as Record<string, unknown>)["kind"] === "cut_all") {
      this.#cut(venue);
      return { status: 200, body: JSON.stringify({ venue, cut: true }) };
    }
    const rule = faultRuleFromRequest(body, this.#clock.now());
    if (!rule.ok) return complaint(400, rule.error);
    if (!plan.add(rule.value)) return complaint(429, "wanted fewer faults at a time");
    return { status: 200, body: JSON.stringify({ venue, added: rule.value }) };
  }
}

function complaint(status: number, error: string): ServerResponse {
  return { status, body: JSON.stringify({ error }) };
}
