/**
 * How fast we may speak to a venue, by its published limits and its own counters.
 *
 * 1. No window of any length holds more than burst + refill, which is never above the limit.
 * 2. Cancels and questions have a reserve that nothing else may spend.
 * 3. A refused request is never queued here: the next event asks again.
 * @module
 */
export {
  BUDGET_DEFAULTS,
  type BudgetOptions,
  RequestBudget,
  type RuleStatus,
} from "./request_budget.ts";
export { TokenBucket } from "./token_bucket.ts";
