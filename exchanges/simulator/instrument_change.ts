/**
 * Terms of a simulated instrument that change while it is traded, as a venue's listing does.
 *
 *   {"instrument":"BTC-USDT-PERP","tick":"0.5","lot":"0.01","min_notional":"50","status":"halted"}
 *
 * 1. The market counts on one grid from first to last; what changes is the step that orders keep.
 *    A step may become finer only where the venue was built with spare decimals.
 * 2. Resting orders stay where they are, as at the venues; new ones must keep the new terms. A
 *    delisting ends them.
 * @module
 */
import {
  createInstrument,
  decimalToText,
  err,
  INSTRUMENT_STATUSES,
  type InstrumentTerms,
  type InstrumentTradingStatus,
  ok,
  parseDecimal,
  type Result,
  stepsToText,
  unwrap,
} from "@/engine/domain/mod.ts";
import { SimInstrument, type SimInstrumentOptions } from "./sim_instrument.ts";

/** What changes; what is absent stays. Steps and bounds are decimal text. */
export interface InstrumentChange {
  readonly tick?: string;
  readonly lot?: string;
  readonly minSize?: string;
  readonly minNotional?: string;
  readonly status?: InstrumentTradingStatus;
}

/** Decimals by which a market counts finer than it publishes, so that steps may become finer. */
export interface SpareDecimals {
  readonly tick: number;
  readonly lot: number;
}

/** What carries a change out and tells the venue's streams of it; an exchange does. */
export interface ChangeTeller {
  setStatus(instrument: SimInstrument, status: InstrumentTradingStatus): void;
  tellTerms(instrument: SimInstrument): void;
}

/** Changes an instrument and tells the venue's streams; refused where it cannot be. */
export function changeInstrument(
  exchange: ChangeTeller,
  sim: SimInstrument,
  change: InstrumentChange,
): Result<void> {
  const { terms } = sim.instrument;
  const changed: InstrumentTerms = {
    ...terms,
    ...(change.tick === undefined ? {} : { orderTick: change.tick }),
    ...(change.lot === undefined ? {} : { orderLot: change.lot }),
    ...(change.minSize === undefined ? {} : { minSize: change.minSize }),
    ...(change.minNotional === undefined ? {} : { minNotional: change.minNotional }),
  };
  const followed = sim.instrument.follow(changed);
  if (!followed.ok) return followed;
  keepBoundsOnLot(sim, changed);
  const { tick, lot, minSize, minNotional, status } = change;
  const hasTerms = [tick, lot, minSize, minNotional].some((one) => one !== undefined);
  if (status !== undefined) exchange.setStatus(sim, status);
  if (hasTerms) exchange.tellTerms(sim);
  return ok(undefined);
}

/** The smallest order is a whole number of lots, as every venue lists it. */
function keepBoundsOnLot(sim: SimInstrument, terms: InstrumentTerms): void {
  const { minSize, orderLot, sizeGrid } = sim.instrument;
  const beyond = minSize % orderLot;
  if (beyond === 0) return;
  const lots = minSize - beyond + orderLot;
  unwrap(sim.instrument.follow({ ...terms, minSize: stepsToText(lots, sizeGrid) }));
}

/** The body of a control request to a change; complains as a person would want it. */
export function changeFromRequest(
  body: Readonly<Record<string, unknown>>,
): Result<InstrumentChange> {
  const names = [
    ["tick", "tick"],
    ["lot", "lot"],
    ["min_size", "minSize"],
    ["min_notional", "minNotional"],
  ] as const;
  const change: { -readonly [K in keyof InstrumentChange]: InstrumentChange[K] } = {};
  for (const [wire, name] of names) {
    const value = body[wire];
    if (value === undefined) continue;
    const parsed = typeof value === "string" ? parseDecimal(value) : err("");
    if (!parsed.ok || parsed.value.digits < 0n) {
      return err(`"${wire}": wanted a decimal text of at least 0, found ${JSON.stringify(value)}`);
    }
    change[name] = value as string;
  }
  const status = body["status"];
  if (status !== undefined) {
    const known = INSTRUMENT_STATUSES.find((one) => one === status);
    if (known === undefined) {
      return err(`"status": wanted one of ${INSTRUMENT_STATUSES.join(", ")}, found "${status}"`);
    }
    change.status = known;
  }
  return ok(change);
}

/** Instruments of an exchange, counted with spare decimals where some are wanted. */
export function simInstruments(
  all: readonly SimInstrumentOptions[],
  spare: SpareDecimals | undefined,
): SimInstrument[] {
  return all.map((each) =>
    new SimInstrument(spare === undefined ? each : withSpareDecimals(each, spare))
  );
}

/** Orders keep the steps they had. */
function withSpareDecimals(
  options: SimInstrumentOptions,
  spare: SpareDecimals,
): SimInstrumentOptions {
  const { index, terms } = options.instrument;
  const instrument = unwrap(createInstrument(index, {
    ...terms,
    tick: finer(terms.tick, spare.tick),
    lot: finer(terms.lot, spare.lot),
    orderTick: terms.orderTick ?? terms.tick,
    orderLot: terms.orderLot ?? terms.lot,
  }));
  return { ...options, instrument, startPrice: options.startPrice * 10 ** spare.tick };
}

function finer(step: string, decimals: number): string {
  const { digits, scale } = unwrap(parseDecimal(step));
  return decimalToText(digits, scale + decimals);
}
