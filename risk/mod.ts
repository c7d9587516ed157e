/**
 * The right to say no: the risk gate, its limits, and the shadow ledger behind it.
 *
 * 1. No order leaves without an `Approved`, and only `risk_gate.ts` makes one.
 * 2. The shadow ledger counts fills for itself; a disagreement with portfolio or venue halts.
 * 3. A halt is latched: only an operator releases it, and not while its cause stands.
 * 4. Everything here is deterministic: same events, same answers.
 * @module
 */
export { createRiskGate, type RiskGateOptions } from "./risk_gate.ts";
export { KillSwitch } from "./kill_switch.ts";
export { ShadowLedger } from "./shadow_ledger.ts";
export {
  type InstrumentLimits,
  riskLimitDefaults,
  type RiskLimits,
  riskLimits,
} from "@/risk/rules/mod.ts";
