/**
 * `FaultPlan`: which faults of a venue or a wire happen when; all from one seed.
 *
 * 1. A rule is a probability per occasion, inside a window of time or always; or a single shot.
 * 2. Chance is drawn only for kinds that have a rule, from one stream per kind: adding a rule of
 *    one kind never reshuffles another's luck.
 * 3. Every injected fault is counted by its kind.
 * @module
 */
import type { Micros } from "@/engine/domain/mod.ts";
import type { Clock, Random } from "@/engine/ports/mod.ts";
import type { FaultKind, FaultLevel } from "./fault_kinds.ts";
import type { Fate, WireFaults } from "./wire_server.ts";

/** One rule. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Chance per occasion, 0 to 1; 1 when left out. */
  readonly probability?: number;
  /** First instant at which it holds; from the beginning when left out. */
  readonly from?: Micros;
  /** First instant at which it no longer holds; for ever when left out. */
  readonly until?: Micros;
  /** Happens at one occasion only. */
  readonly once?: boolean;
  /** Typical length of what takes time; each is drawn between a half and three halves of it. */
  readonly delayMs?: number;
  /** Where a frame is cut; anywhere when left out. */
  readonly atByte?: number;
}

/** What a plan is made of. */
export interface FaultPlanOptions {
  /** Gives each kind its own stream of chance. */
  readonly randomFor: (name: string) => Random;
  readonly rules?: readonly FaultRule[];
}

interface LiveRule {
  readonly rule: FaultRule;
  spent: boolean;
}

const RULES_MAX = 256;
const DELAY_MS_DEFAULT = 200;

/** Decides, counts and forgets nothing. */
export class FaultPlan {
  readonly #randomFor: (name: string) => Random;
  readonly #rules = new Map<FaultKind, LiveRule[]>();
  readonly #randoms = new Map<FaultKind, Random>();
  readonly #counts = new Map<FaultKind, number>();
  #delayMs = DELAY_MS_DEFAULT;
  #atByte: number | undefined = undefined;
  #ruleCount = 0;

  constructor(options: FaultPlanOptions) {
    this.#randomFor = options.randomFor;
    for (const rule of options.rules ?? []) this.add(rule);
  }

  /** Adds a rule; false when there are too many already. */
  add(rule: FaultRule): boolean {
    if (this.#ruleCount >= RULES_MAX) this.#forgetSpent();
    if (this.#ruleCount >= RULES_MAX) return false;
    const rules = this.#rules.get(rule.kind);
    if (rules === undefined) this.#rules.set(rule.kind, [{ rule, spent: false }]);
    else rules.push({ rule, spent: false });
    this.#ruleCount++;
    return true;
  }

  /** Forgets all rules, or those of one kind; counts stay. */
  clear(kind?: FaultKind): void {
    if (kind === undefined) this.#rules.clear();
    else this.#rules.delete(kind);
    this.#ruleCount = [...this.#rules.values()].reduce((sum, rules) => sum + rules.length, 0);
  }

  /** Whether a fault of this kind happens at this occasion. A yes is counted. */
  decide(kind: FaultKind, now: Micros): boolean {
    const rules = this.#rules.get(kind);
    if (rules === undefined) return false;
    for (const live of rules) {
      const { rule } = live;
      if (live.spent) continue;
      if (rule.from !== undefined && now < rule.from) continue;
      if (rule.until !== undefined && now >= rule.until) continue;
      const probability = rule.probability ?? 1;
      if (probability < 1 && this.#random(kind).next() >= probability) continue;
      if (rule.once === true) live.spent = true;
      this.#delayMs = rule.delayMs ?? DELAY_MS_DEFAULT;
      this.#atByte = rule.atByte;
      this.count(kind);
      return true;
    }
    return false;
  }

  /** How long the fault that was just decided takes, in milliseconds. */
  delayMs(kind: FaultKind): number {
    return this.#delayMs * (0.5 + this.#random(kind).next());
  }

  /** Where the fault that was just decided cuts; undefined: anywhere. */
  get atByte(): number | undefined {
    return this.#atByte;
  }

  /** Counts a fault that happened without being asked about. */
  count(kind: FaultKind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Whether any rule of this kind exists: lets hot paths skip the question. */
  has(kind: FaultKind): boolean {
    return this.#rules.has(kind);
  }

  /** Injected faults by kind; kinds that never happened are absent. */
  counts(): Readonly<Partial<Record<FaultKind, number>>> {
    return Object.fromEntries(this.#counts);
  }

  #random(kind: FaultKind): Random {
    let random = this.#randoms.get(kind);
    if (random === undefined) {
      random = this.#randomFor(`fault/${kind}`);
      this.#randoms.set(kind, random);
    }
    return random;
  }

  #forgetSpent(): void {
    for (const [kind, rules] of this.#rules) {
      const kept = rules.filter((live) => !live.spent);
      this.#ruleCount -= rules.length - kept.length;
      if (kept.length === 0) this.#rules.delete(kind);
      else this.#rules.set(kind, kept);
    }
  }
}

/** Rules of a preset: per frame or per request, so that busy links see more of them. */
export function faultRules(level: FaultLevel): readonly FaultRule[] {
  if (level === "none") return [];
  const mild: readonly FaultRule[] = [
    { kind: "drop", probability: 1e-5 },
    { kind: "delay", probability: 5e-4, delayMs: 40 },
    { kind: "repeat", probability: 1e-5 },
    { kind: "reorder", probability: 1e-5 },
    { kind: "cut", probability: 4e-6 },
    { kind: "cut_mid_frame", probability: 4e-6 },
    { kind: "sequence_gap", probability: 1e-5 },
    { kind: "stale_snapshot", probability: 0.02, delayMs: 1_000 },
    { kind: "throttle", probability: 1e-4 },
    { kind: "answer_late", probability: 1e-3, delayMs: 300 },
    { kind: "answer_lost", probability: 1e-4 },
    { kind: "request_lost", probability: 1e-4 },
  ];
  if (level === "mild") return mild;
  return [
    ...mild.map((rule) => ({ ...rule, probability: Math.min(0.2, rule.probability! * 10) })),
    { kind: "freeze", probability: 2e-6, delayMs: 15_000 },
    { kind: "sequence_reset", probability: 1e-5 },
    { kind: "html", probability: 1e-3 },
    { kind: "maintenance", probability: 2e-4 },
  ];
}

const PAGE = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
  "<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/** A plan's faults of the wire; those of the venue's own mind are asked by its dialect. */
export function wireFaults(plan: FaultPlan, clock: Clock, random: Random): WireFaults {
  const happens = (kind: FaultKind) => plan.has(kind) && plan.decide(kind, clock.now());
  function cut(size: number): Fate | undefined {
    if (happens("cut")) return { kind: "cut", atByte: 0 };
    if (!happens("cut_mid_frame")) return undefined;
    const anywhere = 1 + Math.floor(random.next() * Math.max(1, size - 1));
    return { kind: "cut", atByte: Math.min(plan.atByte ?? anywhere, Math.max(1, size - 1)) };
  }
  function incoming(): Fate {
    return happens("request_lost") ? { kind: "drop" } : { kind: "pass" };
  }
  function answer(size: number): Fate {
    if (happens("answer_lost")) return { kind: "drop" };
    if (happens("answer_late")) return { kind: "delay", ms: plan.delayMs("answer_late") };
    if (happens("html")) return { kind: "replace", status: 502, body: PAGE };
    return cut(size) ?? { kind: "pass" };
  }
  function pushed(size: number): Fate {
    if (happens("drop")) return { kind: "drop" };
    if (happens("repeat")) return { kind: "repeat" };
    if (happens("reorder")) return { kind: "reorder", ms: plan.delayMs("reorder") };
    if (happens("delay")) return { kind: "delay", ms: plan.delayMs("delay") };
    if (happens("freeze")) return { kind: "freeze", ms: plan.delayMs("freeze") };
    return cut(size) ?? { kind: "pass" };
  }
  return {
    fate(direction, channel, _path, size) {
      if (direction === "in") return incoming();
      return channel === "http" ? answer(size) : pushed(size);
    },
  };
}
