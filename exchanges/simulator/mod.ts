/**
 * A venue of our own on the venue's own wire: accounts, matching, faults, servers.
 *
 * 1. Names no venue: what is said on the wire is a `WireDialect`'s business.
 * 2. Money is conserved: what an account gains, the rest of the market or the venue's till loses.
 * 3. Time, chance and sockets come as arguments.
 * @module
 */
export type {
  ServerRequest,
  ServerResponse,
  ServerSession,
  ServerSocket,
  WireDialect,
} from "./dialect.ts";
export {
  FAULT_KINDS,
  FAULT_LEVELS,
  type FaultKind,
  type FaultLevel,
  FaultPlan,
  type FaultPlanOptions,
  type FaultRule,
  faultRuleFromRequest,
  faultRules,
} from "./fault_plan.ts";
