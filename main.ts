/**
 * Joins the rooms, starts one runner, and decides nothing: no `if` about markets stands here.
 *
 *   arguments -> verb (engine/program) -> config -> connectors, strategies, risk -> buildHouse ->
 * run
 *
 * `buildHouse` builds the same house for live, paper and simulation; only clock and wire differ.
 * @module
 */
import {
  type Config,
  type LoadedConfig,
  maskedConfig,
  riskParameters,
  thresholdOverrides,
} from "@/engine/config/mod.ts";
import { Engine, type VenueFacts } from "@/engine/core/mod.ts";
import { type InstrumentKey, ok, type Result, strategyId } from "@/engine/domain/mod.ts";
import { FEED_LIMITS_DEFAULT } from "@/engine/feed/mod.ts";
import { type DefinedInstrument, House } from "@/engine/loop/mod.ts";
import type { Strategy } from "@/engine/ports/mod.ts";
import { configuredRates } from "@/engine/portfolio/mod.ts";
import { type HouseEdges, instrumentsOf, runProgram } from "@/engine/program/mod.ts";
import { loadTools, openWorld, simulatedVenues, venueFacts } from "@/exchanges/mod.ts";
import { createRiskGate, riskLimits } from "@/risk/mod.ts";
import { buildStrategy } from "@/strategies/mod.ts";

/** The version that `--version` prints. */
export const VERSION = "0.1.0";

/** Builds the same house for every world. Refused when strategies or limits cannot be built. */
export function buildHouse(loaded: LoadedConfig, edges: HouseEdges): Result<House> {
  const { config } = loaded;
  const engine = buildEngine(config, edges.connectors);
  if (!engine.ok) return engine;
  const { journal } = edges;
  const instruments = instrumentsOf(config);
  const venues = edges.connectors.map((connector) => ({
    connector,
    instruments: instruments.get(connector.venue) ?? [],
  }));
  const onInstruments = (listed: ReadonlyMap<InstrumentKey, DefinedInstrument>) =>
    journal.begin({
      version: VERSION,
      config: maskedConfig(config, loaded.secrets),
      instruments: [...listed.values()].map((one) => one.listed),
      seed: edges.seed,
      instance: config.instance_id,
    });
  return ok(
    new House({
      engine: engine.value,
      clock: edges.clock,
      scheduler: edges.scheduler,
      log: edges.log,
      sink: journal,
      venues,
      version: VERSION,
      mode: edges.mode,
      instanceId: config.instance_id,
      startNumber: edges.startNumber,
      timerMs: config.timer_ms,
      instrumentsEveryMs: config.feed.instruments_every_s * 1_000,
      memory: () => Deno.memoryUsage(),
      journal: () => journal.counters,
      onInstruments,
      onProcessed: (event) => {
        if (journal.isFlushDue) journal.flush();
        edges.onProcessed?.(event);
      },
    }),
  );
}

/** The deterministic core of a configuration: for a house, and for replay. */
export function buildEngine(config: Config, venues: readonly VenueFacts[]): Result<Engine> {
  const strategies: Strategy[] = [];
  for (const one of config.strategies.filter((strategy) => strategy.enabled)) {
    const built = buildStrategy(one.kind, {
      id: strategyId(one.id),
      instruments: one.instruments as readonly InstrumentKey[],
      parameters: one.parameters,
    });
    if (!built.ok) return built;
    strategies.push(built.value);
  }
  const limits = riskLimits(riskParameters(config.risk));
  if (!limits.ok) return limits;
  const rateOf = configuredRates(config.conversion_rates, config.reporting_currency);
  if (!rateOf.ok) return rateOf;
  return ok(
    new Engine({
      venues,
      strategies,
      risk: createRiskGate({ limits: limits.value }),
      feed: {
        ...FEED_LIMITS_DEFAULT,
        bufferMax: config.feed.buffer_deltas,
        checksum: config.feed.checksum,
      },
      thresholds: thresholdOverrides(config),
      auditEveryMs: config.feed.audit_every_s * 1_000,
      accounts: {
        reconcileEveryMs: config.orders.reconcile_every_s * 1_000,
        reportTimeoutMs: 5_000,
      },
      ackTimeoutMs: config.orders.ack_timeout_ms,
      differ: { minTicks: 1, sizeTolerance: 0.25 },
      rates: { currency: config.reporting_currency, rateOf: rateOf.value },
    }),
  );
}

/** The program: arguments after its name in, exit code out. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram({
    version: VERSION,
    embeddedConfig: () => Deno.readTextFileSync(new URL("./config.yaml", import.meta.url)),
    buildHouse,
    buildEngine,
    venueFacts,
    loadTools,
    openWorld,
    simulatedVenues,
  }, args);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
