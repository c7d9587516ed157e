/**
 * Joins venues that another process serves: connectors to what its control describes.
 *
 * Nothing of the simulator is imported here: a program that only trades does not load it.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { PaperWorld, PaperWorldSetup, VenueConnector } from "@/engine/ports/mod.ts";
import { HttpClient, SocketTransport, type Transport } from "@/exchanges/shared/mod.ts";
import { createConnector, feesOf } from "./registry.ts";

/** Addresses and keys of one venue, as `touchline venues` prints them. */
export type VenueDescription = Readonly<Record<string, unknown>>;

/** A connector to each configured venue that is described. */
export async function connectAll(
  setup: PaperWorldSetup,
  transport: Transport,
  described: ReadonlyMap<string, VenueDescription>,
): Promise<Result<readonly VenueConnector[]>> {
  const connectors: VenueConnector[] = [];
  for (const venue of setup.venues) {
    const description = described.get(venue.venue);
    if (description === undefined) {
      return err(
        `venues: wanted ${venue.venue} among them, found ${[...described.keys()].join(", ")}`,
      );
    }
    const { credentials, ...addresses } = description;
    const connector = await createConnector(venue.venue, {
      clock: setup.clock,
      scheduler: setup.scheduler,
      random: new SeededRandom(`${setup.seed}/${venue.venue}/connector`),
      transport,
      log: setup.log,
      credentials: credentials as Readonly<Record<string, string>>,
      at: addresses,
      fees: feesOf(venue.fees),
      marketConnections: venue.marketConnections ?? 1,
    });
    if (!connector.ok) return connector;
    connectors.push(connector.value);
  }
  return ok(connectors);
}

/** Connectors to the venues that another process serves. */
export async function joinRunningVenues(setup: PaperWorldSetup): Promise<Result<PaperWorld>> {
  const transport = new SocketTransport(setup.clock);
  const description = await fetchDescription(setup, transport);
  if (!description.ok) return description;
  const venues = description.value["venues"] as Record<string, VenueDescription> | undefined;
  const connectors = await connectAll(setup, transport, new Map(Object.entries(venues ?? {})));
  if (!connectors.ok) return connectors;
  return ok({
    connectors: connectors.value,
    truths: [],
    description: description.value,
    ended: undefined,
    hasEnded: () => false,
    heal: () => {},
    kill: () => false,
    changeInstrument: (venue) => err(`${venue} is served by another process: ask its control`),
    faultCounts: () => ({}),
    notes: () => [],
    close: () => {},
  });
}

function fetchDescription(
  { venuesAt, clock, scheduler }: PaperWorldSetup,
  transport: Transport,
): Promise<Result<Readonly<Record<string, unknown>>>> {
  const http = new HttpClient({ transport, clock, scheduler });
  const url = `${(venuesAt ?? "").replace(/\/$/, "")}/`;
  const wanted = `Cannot join the venues at ${url}: wanted a running "touchline venues"`;
  return new Promise((resolve) => {
    http.request({ method: "GET", url }, (answer) => {
      http.close();
      if (answer.kind === "failed") return resolve(err(`${wanted}, found ${answer.reason}`));
      const found = jsonObject(new TextDecoder().decode(answer.body));
      if (found !== undefined) return resolve(ok(found));
      resolve(err(`${wanted}, found an answer that is not a JSON object (${answer.status})`));
    });
  });
}

function jsonObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null
      ? parsed as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}
