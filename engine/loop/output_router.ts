/**
 * Hands each output to the right connector; a refusal comes back as an event.
 *
 * 1. Orders leave in the order the core asked for them, before anything is logged or journalled.
 * 2. A request that could not leave comes back as `request_lost` with `not_sent`: no byte left.
 * @module
 */
import {
  type AccountKey,
  clientOrderId,
  type InstrumentIndex,
  type Micros,
  type VenueId,
  venueOfAccount,
} from "@/engine/domain/mod.ts";
import type {
  Alert,
  EngineEvent,
  EngineOutput,
  ModeChanged,
  OrderRefused,
  RequestLost,
  RequestSnapshot,
  SendableRequest,
} from "@/engine/messages/mod.ts";
import type { Log, SendOutcome, VenueConnector } from "@/engine/ports/mod.ts";

/** Which venue owns an instrument; undefined when the index is unknown. */
export type VenueOfInstrument = (instrument: InstrumentIndex) => VenueId | undefined;

/** What people are told. */
export interface Notices {
  onAlert(alert: Alert, at: Micros): void;
  onModeChanged(change: ModeChanged, at: Micros): void;
  onRefused(refusal: OrderRefused, at: Micros): void;
  /** An instrument's book is so quiet that the venue is asked for it. */
  onQuietBook?(instrument: InstrumentIndex): void;
}

/** Routes outputs. */
export class OutputRouter {
  readonly #connectors = new Map<VenueId, VenueConnector>();
  readonly #venueOf: VenueOfInstrument;
  readonly #notices: Notices;
  readonly #log: Log;

  constructor(venueOf: VenueOfInstrument, notices: Notices, log: Log) {
    this.#venueOf = venueOf;
    this.#notices = notices;
    this.#log = log;
  }

  /** Adds a venue. */
  connect(connector: VenueConnector): void {
    this.#connectors.set(connector.venue, connector);
  }

  /** Routes one output; an event it answers must be processed next. */
  route(output: EngineOutput, at: Micros): EngineEvent | undefined {
    switch (output.kind) {
      case "alert":
        this.#notices.onAlert(output, at);
        return undefined;
      case "mode_changed":
        this.#notices.onModeChanged(output, at);
        return undefined;
      case "order_refused":
        this.#notices.onRefused(output, at);
        return undefined;
      case "request_snapshot":
        return this.#requestSnapshot(output, at);
      case "request_book_check":
        this.#connectorOf(output.instrument)?.requestBookCheck(output);
        if (output.reason === "quiet") this.#notices.onQuietBook?.(output.instrument);
        return undefined;
      default:
        return this.#send(output, at);
    }
  }

  #requestSnapshot(output: RequestSnapshot, at: Micros): EngineEvent | undefined {
    const connector = this.#connectorOf(output.instrument);
    if (connector === undefined) {
      return {
        kind: "feed_interrupted",
        instrument: output.instrument,
        at,
        reason: "disconnected",
      };
    }
    connector.requestSnapshot(output);
    return undefined;
  }

  #send(request: SendableRequest, at: Micros): EngineEvent | undefined {
    const connector = this.#connectorFor(request);
    const outcome: SendOutcome = connector?.send(request) ?? "not_connected";
    if (outcome === "sent") return undefined;
    this.#log.log("debug", "request not sent", { request: request.kind, outcome });
    return notSent(request, at, outcome);
  }

  #connectorOf(instrument: InstrumentIndex): VenueConnector | undefined {
    const venue = this.#venueOf(instrument);
    return venue === undefined ? undefined : this.#connectors.get(venue);
  }

  #connectorFor(request: SendableRequest): VenueConnector | undefined {
    const venue = request.kind === "query_account"
      ? venueOfKnownAccount(request.account)
      : this.#venueOf(request.instrument);
    return venue === undefined ? undefined : this.#connectors.get(venue);
  }
}

function venueOfKnownAccount(account: AccountKey): VenueId {
  return venueOfAccount(account);
}

/** What the core must hear when a request did not leave; housekeeping requests are simply asked
 * again. */
function notSent(
  request: SendableRequest,
  at: Micros,
  outcome: SendOutcome,
): RequestLost | undefined {
  switch (request.kind) {
    case "place_order":
      return lost(request.instrument, request.clientOrderId, "place", at, outcome);
    case "amend_order":
      return lost(request.instrument, request.clientOrderId, "amend", at, outcome);
    case "replace_order":
      return lost(request.instrument, request.clientOrderId, "replace", at, outcome);
    case "cancel_order":
      return lost(request.instrument, request.clientOrderId, "cancel", at, outcome);
    case "query_order":
    case "query_fills":
      return lost(request.instrument, request.clientOrderId, "query", at, outcome);
    default:
      return undefined;
  }
}

function lost(
  instrument: InstrumentIndex,
  id: string,
  request: RequestLost["request"],
  at: Micros,
  outcome: SendOutcome,
): RequestLost {
  return {
    kind: "request_lost",
    instrument,
    at,
    clientOrderId: clientOrderId(id),
    request,
    outcome: "not_sent",
    text: outcome,
  };
}
