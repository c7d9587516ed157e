/**
 * Opens a paper world: simulated venues served on loopback or in memory, and connectors to them.
 *
 *   dialect + exchange --serveDialect--> wire <-- connector        control: GET /, POST /faults
 *
 * 1. Connectors speak the venue's own protocol to it; they cannot tell it from the venue.
 * 2. In memory, everything runs on the scheduler's time: same seed, same run.
 * 3. What is assumed (fees, balances, recorded sizes) is said in `notes`.
 * @module
 */
import { SeededRandom } from "@/engine/collections/mod.ts";
import { err, ok, type Result } from "@/engine/domain/mod.ts";
import type { PaperVenueSetup, PaperWorld, PaperWorldSetup } from "@/engine/ports/mod.ts";
import {
  type ListeningTransport,
  SocketTransport,
  type Transport,
} from "@/exchanges/shared/mod.ts";
import {
  type DialectServer,
  FaultPlan,
  faultRules,
  MemoryWire,
  RecordedSource,
  serveDialect,
  SocketListeningTransport,
  wireFaults,
} from "@/exchanges/simulator/mod.ts";
import { connectAll, type VenueDescription } from "./joined_world.ts";
import { openServedVenue, type ServedVenue } from "./served_venue.ts";
import { createSimulated } from "./simulated_registry.ts";
import { TruthProbe } from "./truth_probe.ts";
import { VenuesControl } from "./venues_control.ts";

const HOST = "127.0.0.1";
const RECORDED_SHARE_MAX = 0.1;

/** Opens a world, or says why it cannot be. Nothing is left open then. */
export async function openServedWorld(setup: PaperWorldSetup): Promise<Result<PaperWorld>> {
  const wires = wiresOf(setup);
  const served: ServedVenue[] = [];
  const ending = endingOf(setup);
  for (const venue of setup.venues) {
    const one = await serveVenue(setup, venue, wires.server, served.length, ending);
    if (!one.ok) {
      for (const other of served) other.close();
      return one;
    }
    served.push(one.value);
  }
  const control = serveControl(setup, served, wires.server);
  const connectors = await connectAll(
    setup,
    wires.client,
    new Map(served.map((one) => [one.setup.venue, descriptionOf(one)])),
  );
  if (!connectors.ok) {
    control.close();
    for (const one of served) one.close();
    return connectors;
  }
  return ok({
    connectors: connectors.value,
    truths: served.map((one) => one.truth),
    description: describe(served, control),
    ended: ending?.promise,
    hasEnded: () => ending?.hasEnded ?? false,
    heal: () => served.forEach((one) => one.heal()),
    kill: (venue, forMs) => {
      const one = served.find((each) => each.setup.venue === venue);
      one?.kill(forMs);
      return one !== undefined;
    },
    changeInstrument: (venue, symbol, change) => {
      const one = served.find((each) => each.setup.venue === venue);
      return one?.changeInstrument(symbol, change) ?? err(`${venue} is not served here`);
    },
    faultCounts: () => sumCounts(served.map((one) => one.plan.counts())),
    notes: () => served.flatMap(notesOf),
    close: () => {
      control.close();
      for (const one of served) one.close();
    },
  });
}

function wiresOf(setup: PaperWorldSetup): { client: Transport; server: ListeningTransport } {
  const { clock, scheduler, wire, seed, latencyMs } = setup;
  if (wire === "sockets") {
    return {
      client: new SocketTransport(clock),
      server: new SocketListeningTransport(clock),
    };
  }
  const memory = new MemoryWire({
    clock,
    scheduler,
    random: new SeededRandom(`${seed}/wire`),
    latency: {
      toServerMs: latencyMs.to_venue,
      toClientMs: latencyMs.from_venue,
      jitterMs: latencyMs.from_venue / 4,
    },
  });
  return { client: memory, server: memory };
}

async function serveVenue(
  setup: PaperWorldSetup,
  venue: PaperVenueSetup,
  transport: ListeningTransport,
  place: number,
  ending: Ending | undefined,
): Promise<Result<ServedVenue>> {
  const { clock, scheduler, seed } = setup;
  const random = new SeededRandom(`${seed}/${venue.venue}/faults`);
  const plan = new FaultPlan({
    randomFor: (name) => random.fork(name),
    rules: faultRules(setup.faults ?? "none"),
  });
  const source = ending === undefined ? undefined : recordedSource(setup, ending);
  const simulated = await createSimulated({
    clock,
    scheduler,
    seed,
    setup: venue,
    updatesPerSecond: setup.updatesPerSecond,
    faults: plan,
    ...(setup.spareDecimals === undefined ? {} : { spareDecimals: setup.spareDecimals }),
    ...(source === undefined ? {} : { source }),
  });
  if (!simulated.ok) return simulated;
  const { dialect, exchange, owner } = simulated.value;
  const bySymbol = new Map(venue.instruments.map((one) => [one.symbol, one.index]));
  const truth = new TruthProbe(
    venue.venue,
    exchange,
    owner,
    (sim) => bySymbol.get(sim.instrument.terms.symbol),
    setup.remembersTruth,
  );
  const opened = openServedVenue({
    setup: venue,
    simulated: simulated.value,
    plan,
    truth,
    source,
    log: setup.log,
    serve: {
      transport,
      host: HOST,
      port: setup.port === undefined || setup.port === 0 ? 0 : setup.port + place,
      dialect,
      clock,
      scheduler,
      faults: wireFaults(plan, clock, random.fork("wire")),
    },
  });
  if (opened.ok) exchange.start();
  return opened;
}

function serveControl(
  setup: PaperWorldSetup,
  served: readonly ServedVenue[],
  transport: ListeningTransport,
): DialectServer {
  const { clock, scheduler } = setup;
  const control: DialectServer = serveDialect({
    transport,
    host: HOST,
    port: 0,
    dialect: new VenuesControl({
      clock,
      venues: new Map(served.map((one) => [one.setup.venue, one])),
      describe: () => describe(served, control),
    }),
    clock,
    scheduler,
  });
  return control;
}

function describe(
  served: readonly ServedVenue[],
  control: DialectServer,
): Readonly<Record<string, unknown>> {
  return {
    venues: Object.fromEntries(served.map((one) => [one.setup.venue, descriptionOf(one)])),
    control: `http://${HOST}:${control.port}`,
  };
}

function descriptionOf(one: ServedVenue): VenueDescription {
  const { dialect } = one.simulated;
  return {
    ...dialect.endpoints(`${HOST}:${one.port}`),
    credentials: dialect.credentials,
  };
}

/** When a recording is over. */
interface Ending {
  readonly promise: Promise<void>;
  hasEnded: boolean;
  resolve(): void;
}

function endingOf(setup: PaperWorldSetup): Ending | undefined {
  if ((setup.recording ?? []).length === 0) return undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  const ending: Ending = {
    promise,
    hasEnded: false,
    resolve: () => {
      ending.hasEnded = true;
      resolve();
    },
  };
  return ending;
}

function recordedSource(setup: PaperWorldSetup, ending: Ending): RecordedSource {
  const { clock, scheduler, recording, speed, queueModel } = setup;
  return new RecordedSource({
    clock,
    scheduler,
    files: (recording ?? []).map((file) => file.lines[Symbol.iterator]()),
    speed: speed ?? 1,
    queueModel: queueModel ?? "risk_averse",
    onEnd: () => ending.resolve(),
  });
}

/** What a reader of the results must know. */
function notesOf(one: ServedVenue): string[] {
  const { setup, source } = one;
  const notes = setup.fees === undefined ? [] : [
    `${setup.venue}: simulated fees maker ${setup.fees.makerBp} bp, taker ` +
    `${setup.fees.takerBp} bp`,
  ];
  const flow = source?.flow;
  if (flow !== undefined && flow.counters.refused > 0) {
    const { refused, lines } = flow.counters;
    notes.push(
      `${setup.venue}: ${refused} of ${lines} recorded lines are refused: ${flow.lastRefusal}`,
    );
  }
  const share = Math.max(0, ...(source?.markets ?? []).map((market) => market.largestShareOfTouch));
  if (share <= RECORDED_SHARE_MAX) return notes;
  return [
    ...notes,
    `${setup.venue}: an own order was ${Math.round(share * 100)} % of the recorded touch; beyond ` +
    "10 % the recording would have reacted, so read fills with care",
  ];
}

function sumCounts(
  counts: readonly Readonly<Partial<Record<string, number>>>[],
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of counts) {
    for (const [kind, count] of Object.entries(one)) sums[kind] = (sums[kind] ?? 0) + (count ?? 0);
  }
  return sums;
}
