/**
 * The control address of `touchline venues`: what is served where, and faults on demand.
 *
 *   GET  /         the description, one JSON object
 *   POST /faults   {"venue","kind","probability"|"at","for_ms"}; kinds in `fault_kinds.ts`, and
 *                  "cut_all", which drops every connection once, and
 *                  {"venue","kind":"instrument_change","instrument","tick"|"lot"|"min_size"|
 *                   "min_notional"|"status"}, which changes what the venue lists and enforces
 * @module
 */
import type { Result, VenueId } from "@/engine/domain/mod.ts";
import type { Clock } from "@/engine/ports/mod.ts";
import {
  type FaultKind,
  type FaultRule,
  faultRuleFromRequest,
  RARE_FAULTS,
  type ServerRequest,
  type ServerResponse,
  type WireDialect,
} from "@/exchanges/simulator/mod.ts";

/** What the control address may do to a venue. */
export interface FaultyVenue {
  /** Which of the rare faults it can show. */
  readonly rareFaults: readonly FaultKind[];
  /** Takes a fault to come; false when there are too many already. */
  addFault(rule: FaultRule): boolean;
  /** Drops every connection at once. */
  cutAll(): void;
  /** Changes what it lists and enforces of an instrument. */
  changeInstrument(symbol: string, change: Readonly<Record<string, unknown>>): Result<void>;
}

/** Serves the control address beside the venues. */
export class VenuesControl implements WireDialect {
  readonly venue: VenueId;
  readonly credentials = {};
  readonly #clock: Clock;
  readonly #venues: ReadonlyMap<string, FaultyVenue>;
  readonly #describe: () => unknown;

  constructor(options: {
    readonly clock: Clock;
    readonly venues: ReadonlyMap<VenueId, FaultyVenue>;
    readonly describe: () => unknown;
  }) {
    this.venue = [...options.venues.keys()][0] ?? "binance";
    this.#clock = options.clock;
    this.#venues = options.venues;
    this.#describe = options.describe;
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
    const found = this.#venues.get(venue);
    if (found === undefined) {
      const known = [...this.#venues.keys()].join(", ");
      return complaint(400, `"venue": wanted one of ${known}, found "${venue}"`);
    }
    if ((body as Record<string, unknown>)["kind"] === "cut_all") {
      found.cutAll();
      return { status: 200, body: JSON.stringify({ venue, cut: true }) };
    }
    if ((body as Record<string, unknown>)["kind"] === "instrument_change") {
      const instrument = String((body as Record<string, unknown>)["instrument"] ?? "");
      const changed = found.changeInstrument(instrument, body as Record<string, unknown>);
      if (!changed.ok) return complaint(400, changed.error);
      return { status: 200, body: JSON.stringify({ venue, changed: instrument }) };
    }
    const rule = faultRuleFromRequest(body, this.#clock.now());
    if (!rule.ok) return complaint(400, rule.error);
    const { kind } = rule.value;
    const rare = RARE_FAULTS[kind];
    if (rare !== undefined && !found.rareFaults.includes(kind)) {
      return complaint(400, `Cannot do ${kind} at ${venue}: ${rare}`);
    }
    if (!found.addFault(rule.value)) return complaint(429, "wanted fewer faults at a time");
    return { status: 200, body: JSON.stringify({ venue, added: rule.value }) };
  }
}

function complaint(status: number, error: string): ServerResponse {
  return { status, body: JSON.stringify({ error }) };
}
