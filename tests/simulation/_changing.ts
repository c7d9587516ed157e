/**
 * A house whose venue changes its instruments while it quotes, and what must hold then.
 *
 *   tick x10 -> lot x10 -> least value up and down -> halted, trading -> tick / 10 -> lot / 10
 *        -> delisted
 *
 * Each step is told by the simulated venue in its own way, and enforced at its order entry.
 * @module
 */
import { createInstrument, type Instrument, instrumentIndex, unwrap } from "@/engine/domain/mod.ts";
import type { House } from "@/engine/loop/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import type { PaperWorld } from "@/engine/ports/mod.ts";
import type { VirtualClock } from "@/engine/simulation/mod.ts";
import { simulated, type SimulatedEnd } from "./_simulated.ts";

/** One instrument under change: steps as its venue lists them at first. */
export interface Changing {
  readonly venue: "binance" | "okx" | "gate" | "bybit" | "hyperliquid" | "dydx" | "aster";
  readonly symbol: string;
  readonly tick: string;
  readonly lot: string;
  /** Base amount of one order. */
  readonly orderSize: string;
  /** Steps that this venue takes otherwise; `undefined`: it lists no such thing. */
  readonly otherwise?: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  /** Where cancels are final only after some blocks. */
  readonly settledS?: number;
  readonly spareDecimals?: { readonly tick: number; readonly lot: number };
  /** Plants a bug before the house starts. */
  readonly plant?: (world: PaperWorld) => void;
}

/** What was seen. */
export interface Seen {
  readonly end: SimulatedEnd;
  /** Complaints: quotes off the new steps, quotes missing or standing, positions moved. */
  readonly wrong: string[];
  /** Orders and changes of orders that the venue's filters refused, by step. */
  readonly refused: Record<string, number>;
  /** How often the core learned other terms. */
  readonly redefined: number;
}

/** What is changed, when, and what quotes must look like until the next step. */
interface Step {
  readonly name: string;
  readonly change: Readonly<Record<string, string>>;
  readonly isQuoted: boolean;
}

/** How long after a change everything must be right, and for how long that is looked at. */
const SETTLED_S = 7;
const LOOKS = 5;

/** Runs all steps on one instrument. */
export async function changing(plan: Changing): Promise<Seen> {
  const { tick, lot } = plan;
  const usual: readonly Step[] = [
    { name: "tick x10", change: { tick: times(tick, 1) }, isQuoted: true },
    { name: "lot x10", change: { lot: times(lot, 1) }, isQuoted: true },
    { name: "least value up", change: { min_notional: "1000000" }, isQuoted: false },
    { name: "least value down", change: { min_notional: "5" }, isQuoted: true },
    { name: "halted", change: { status: "halted" }, isQuoted: false },
    { name: "trading", change: { status: "trading" }, isQuoted: true },
    { name: "tick / 10", change: { tick: times(tick, -1) }, isQuoted: true },
    { name: "lot / 10", change: { lot: times(lot, -1), min_size: lot }, isQuoted: true },
    { name: "delisted", change: { status: "delisted" }, isQuoted: false },
  ];
  const { otherwise = {} } = plan;
  const steps = usual.flatMap((step): Step[] => {
    if (!(step.name in otherwise)) return [step];
    const change = otherwise[step.name];
    return change === undefined ? [] : [{ ...step, change }];
  });
  const watch = new Watch(plan, steps);
  const end = await simulated({
    seed: 5,
    seconds: stepSeconds(plan) * (steps.length + 1),
    config: configOf(plan),
    spareDecimals: plan.spareDecimals ?? { tick: 1, lot: 1 },
    onOpen: (world, clock) => {
      plan.plant?.(world);
      watch.start(world, clock);
    },
    onProcessed: (event, house) => watch.observe(event, house),
  });
  const { wrong, refused, redefined } = watch;
  return { end, wrong, refused, redefined };
}

/** Looks on. */
class Watch {
  readonly plan: Changing;
  readonly steps: readonly Step[];
  readonly wrong: string[] = [];
  readonly refused: Record<string, number> = {};
  redefined = 0;
  #step = "before";
  #house: House | undefined;
  #heldBefore = 0n;
  #quotedLooks = 0;
  #tick: string;
  #lot: string;

  constructor(plan: Changing, steps: readonly Step[]) {
    this.plan = plan;
    this.steps = steps;
    this.#tick = plan.tick;
    this.#lot = plan.lot;
  }

  start(world: PaperWorld, clock: VirtualClock): void {
    const stepS = stepSeconds(this.plan);
    this.steps.forEach((step, number) => {
      clock.after((number + 1) * stepS * 1_000, () => {
        this.#step = step.name;
        this.#tick = step.change["tick"] ?? this.#tick;
        this.#lot = step.change["lot"] ?? this.#lot;
        const { venue, symbol } = this.plan;
        const changed = world.changeInstrument(venue, symbol, step.change);
        if (!changed.ok) this.wrong.push(changed.error);
        this.#quotedLooks = 0;
        for (let look = 1; look <= LOOKS; look++) {
          clock.after((stepS - look) * 1_000, () => this.#look(step, look === 1));
        }
      });
    });
  }

  observe(event: EngineEvent, house: House): void {
    this.#house = house;
    const isOrder = event.kind === "order" ||
      (event.kind === "request_refused" && event.request !== "cancel");
    if (isOrder && (event.reason === "filter" || event.reason === "other")) {
      this.refused[this.#step] = (this.refused[this.#step] ?? 0) + 1;
    }
    const held = this.#held();
    if (event.kind === "instrument_defined") {
      this.redefined++;
      if (held !== this.#heldBefore) this.#complain("the position moved with the terms");
    }
    this.#heldBefore = held;
  }

  /** Position in units of 10^-18 base. */
  #held(): bigint {
    const { engine } = this.#house!;
    const index = instrumentIndex(0);
    const slot = engine.state.slot(index);
    return slot === undefined
      ? 0n
      : BigInt(engine.positions.size(index)) * slot.instrument.lotMoney;
  }

  #look(step: Step, isLast: boolean): void {
    const { engine } = this.#house!;
    const index = instrumentIndex(0);
    const { instrument } = engine.state.slot(index)!;
    const sides = { buy: 0, sell: 0 };
    engine.orders.forEachOrder(index, (order) => {
      sides[order.side]++;
      if (!isMultiple(instrument.priceText(order.price!), this.#tick)) {
        this.#complain(`${order.side} at ${instrument.priceText(order.price!)}`);
      }
      const size = instrument.sizeText(order.size - order.filledSize);
      const isWhole = isMultiple(size, this.#lot) || order.filledSize > 0;
      if (!isWhole) this.#complain(`${order.side} of ${size}`);
    });
    if (sides.buy + sides.sell > 0) this.#quotedLooks++;
    if (!step.isQuoted && this.#quotedLooks > 0) {
      this.#complain(`${sides.buy} buys and ${sides.sell} sells`);
    }
    // For moments a guard may pull both sides.
    if (isLast && step.isQuoted && this.#quotedLooks === 0) this.#complain("nothing is quoted");
  }

  #complain(text: string): void {
    this.wrong.push(`${this.#step}: ${text}`);
  }
}

function stepSeconds(plan: Changing): number {
  return (plan.settledS ?? SETTLED_S) + LOOKS;
}

/** A step ten times as large (1) or as small (-1). */
function times(step: string, decimals: 1 | -1): string {
  const [mantissa, exponent] = Number(step).toExponential().split("e");
  const power = Number(exponent) + decimals;
  const value = Number(`${mantissa}e${power}`);
  return power >= 0 ? String(value) : value.toFixed(-power + (mantissa!.length > 1 ? 2 : 0));
}

/** Whether `text` is a whole number of steps: asked of the domain's own exact reading. */
function isMultiple(text: string, step: string): boolean {
  return gridOf(step).priceFromText(text).ok;
}

const grids = new Map<string, Instrument>();

function gridOf(step: string): Instrument {
  const known = grids.get(step);
  if (known !== undefined) return known;
  const made = unwrap(createInstrument(instrumentIndex(0), {
    venue: "binance",
    symbol: "A-B" as never,
    venueSymbol: "AB" as never,
    product: "spot",
    account: "binance/spot" as never,
    base: "A",
    quote: "B",
    settle: "B",
    tick: step,
    lot: "1",
    contractSize: "1",
  }));
  grids.set(step, made);
  return made;
}

function configOf({ venue, symbol, orderSize }: Changing): string {
  return `
instance_id: sim
control: { enabled: false }
log: { level: error }
feed: { instruments_every_s: 5 }
venues:
  ${venue}:
    instruments: [${symbol}]
    paper: { balances: { USDT: "1000000", USDC: "1000000", USD: "1000000", ETH: "100" } }
strategies:
  - id: mm
    kind: market_making
    instruments: ["${venue}:${symbol}"]
    parameters: { order_size: "${orderSize}", inventory_max: "${
    Number(orderSize) * 5
  }", half_spread_bp: "1" }
`;
}
