/**
 * A fault asked for over the control API, read and checked.
 *
 * 1. What cannot happen is refused, with the reason: silence would look like a fault survived.
 * @module
 */
import { err, type Micros, micros, ok, type Result } from "@/engine/domain/mod.ts";
import { FAULT_KINDS, type FaultKind } from "./fault_kinds.ts";
import type { FaultRule } from "./fault_plan.ts";

/** Longest a venue may be down. */
const DOWN_MS_MAX = 3_600_000;
const NUMBERS = ["probability", "at", "for_ms", "delay_ms", "at_byte"] as const;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the body of a fault request: `{"kind","probability"|"at","for_ms"}`. `at` is milliseconds
 * since 1970; without `for_ms` it happens once. A probability without `for_ms` holds for ever.
 * `delay_ms` and `at_byte` shape the kinds that take time and that cut; `down` takes `for_ms`.
 */
export function faultRuleFromRequest(body: unknown, now: Micros): Result<FaultRule> {
  const where = "Cannot read fault";
  if (typeof body !== "object" || body === null) return err(`${where}: wanted a JSON object`);
  const fields = body as Fields;
  const kind = FAULT_KINDS.find((known) => known === fields.kind);
  if (kind === undefined) {
    return err(`${where}: "kind" must be one of ${FAULT_KINDS.join(" ")}, found "${fields.kind}"`);
  }
  const complaint = complaintOf(kind, fields);
  if (complaint !== undefined) return err(`${where}: ${complaint}`);
  const { probability, at, for_ms, delay_ms, at_byte } = fields as Partial<
    Record<(typeof NUMBERS)[number], number>
  >;
  const from = at === undefined ? now : at * 1_000;
  return ok({
    kind,
    from: micros(from),
    ...(probability === undefined ? {} : { probability }),
    ...(for_ms === undefined ? {} : { until: micros(from + for_ms * 1_000) }),
    ...(for_ms === undefined && probability === undefined ? { once: true } : {}),
    ...(delay_ms === undefined ? {} : { delayMs: delay_ms }),
    ...(at_byte === undefined ? {} : { atByte: at_byte }),
  });
}

/** What is wrong with the numbers of a request. */
function complaintOf(kind: FaultKind, fields: Fields): string | undefined {
  for (const name of NUMBERS) {
    const value = fields[name];
    if (value === undefined) continue;
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
      return `"${name}" must be a number of at least 0, found "${value}"`;
    }
  }
  const { probability, at, for_ms: forMs, at_byte: atByte } = fields;
  if (kind === "down") {
    if (probability !== undefined) return `"down" takes "for_ms", and "at" or nothing`;
    const isRight = typeof forMs === "number" && forMs > 0 && forMs <= DOWN_MS_MAX;
    return isRight ? undefined : `"for_ms" must be above 0 and at most ${DOWN_MS_MAX}`;
  }
  if (probability === undefined && at === undefined && forMs === undefined) {
    return `wanted "probability", "at" or "for_ms", found none of them`;
  }
  if (probability !== undefined && (probability as number) > 1) {
    return `"probability" must be at most 1, found ${probability}`;
  }
  if (atByte === undefined) return undefined;
  if (kind !== "cut_mid_frame") return `"at_byte" is for cut_mid_frame, found "${kind}"`;
  return Number.isInteger(atByte) ? undefined : `"at_byte" must be whole, found ${atByte}`;
}
