/**
 * Realised plus unrealised loss, fees and funding included, against its limits.
 *
 * From 80 % of a limit only reducing orders pass, from 100 % only closing ones; the gate moves the
 * mode and the kill switch by the same numbers (`risk_mode.ts`), this rule needs no event in
 * between.
 * @module
 */
import { refused, type RiskRule } from "./rule.ts";

/** Shares of a loss limit at which trading shrinks (MARKETS.md section 5). */
export const LOSS_CAUTION_FROM = 0.5;
export const LOSS_REDUCE_FROM = 0.8;
export const LOSS_HALT_FROM = 1;

const REDUCE = refused("loss_reduce_only", "Loss is at 80 % of its limit: order must reduce");
const HALT = refused("loss_max", "Loss has reached its limit: no new orders");

export const lossLimit: RiskRule = {
  name: "loss_limit",
  check(order) {
    if (order.lossUsed < LOSS_REDUCE_FROM) return undefined;
    if (order.lossUsed >= LOSS_HALT_FROM) return order.closing ? undefined : HALT;
    return order.reducing ? undefined : REDUCE;
  },
};
