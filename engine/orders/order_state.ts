/**
 * The life of an order as a table: state and what happened to the next state.
 *
 *   in_flight -> new -> partially_filled -> filled
 *       |         |  \______ amend_pending (back to new or partially_filled)
 *       |         \_________ cancel_pending -> cancelled
 *       \-> unknown (asked about) -> any of them       rejected, expired: the venue's other ends
 *
 * 1. What the table does not hold is refused and counted by the manager, never thrown.
 * 2. Terminal states stay terminal; late fills are counted there without moving the state.
 * @module
 */

/** Where an order stands. The last four are terminal. */
export const ORDER_STATES = [
  "in_flight",
  "new",
  "partially_filled",
  "amend_pending",
  "cancel_pending",
  "unknown",
  "filled",
  "cancelled",
  "rejected",
  "expired",
] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/**
 * What can happen to an order. `seen_*`: the venue says it rests, which answers no request of ours.
 * `rests_*`: it rests and nothing of ours is unanswered. `never_was`: the place never took effect.
 * `gone`: the venue knew it once and no longer does.
 */
export const ORDER_TRANSITIONS = [
  "seen_new",
  "seen_partly",
  "rests_new",
  "rests_partly",
  "fill_part",
  "fill_whole",
  "filled",
  "cancelled",
  "rejected",
  "expired",
  "amend_sent",
  "cancel_sent",
  "lost",
  "never_was",
  "gone",
] as const;
export type OrderTransition = (typeof ORDER_TRANSITIONS)[number];

type Row = Readonly<Partial<Record<OrderTransition, OrderState>>>;

/** The venue's word that it is over ends an order from every live state. */
const ENDS = {
  fill_whole: "filled",
  filled: "filled",
  cancelled: "cancelled",
  rejected: "rejected",
  expired: "expired",
} as const satisfies Row;

const RESTS = { rests_new: "new", rests_partly: "partially_filled" } as const satisfies Row;

const TABLE: Readonly<Record<OrderState, Row>> = {
  in_flight: {
    ...ENDS,
    ...RESTS,
    seen_new: "new",
    seen_partly: "partially_filled",
    fill_part: "partially_filled",
    cancel_sent: "cancel_pending",
    lost: "unknown",
    never_was: "rejected",
  },
  new: {
    ...ENDS,
    ...RESTS,
    seen_new: "new",
    seen_partly: "partially_filled",
    fill_part: "partially_filled",
    amend_sent: "amend_pending",
    cancel_sent: "cancel_pending",
    lost: "unknown",
  },
  partially_filled: {
    ...ENDS,
    rests_partly: "partially_filled",
    // A `new` that was overtaken by a fill says nothing.
    seen_new: "partially_filled",
    seen_partly: "partially_filled",
    fill_part: "partially_filled",
    amend_sent: "amend_pending",
    cancel_sent: "cancel_pending",
    lost: "unknown",
  },
  amend_pending: {
    ...ENDS,
    ...RESTS,
    seen_new: "amend_pending",
    seen_partly: "amend_pending",
    fill_part: "amend_pending",
    cancel_sent: "cancel_pending",
    lost: "unknown",
  },
  cancel_pending: {
    ...ENDS,
    ...RESTS,
    seen_new: "cancel_pending",
    seen_partly: "cancel_pending",
    fill_part: "cancel_pending",
    cancel_sent: "cancel_pending",
    lost: "unknown",
    never_was: "rejected",
  },
  unknown: {
    ...ENDS,
    ...RESTS,
    seen_new: "unknown",
    seen_partly: "unknown",
    fill_part: "unknown",
    cancel_sent: "cancel_pending",
    lost: "unknown",
    never_was: "rejected",
    gone: "cancelled",
  },
  filled: { filled: "filled", fill_part: "filled", fill_whole: "filled" },
  cancelled: { cancelled: "cancelled", fill_part: "cancelled", fill_whole: "cancelled" },
  rejected: { rejected: "rejected", fill_part: "rejected", fill_whole: "rejected" },
  expired: { expired: "expired", fill_part: "expired", fill_whole: "expired" },
};

/** The next state, or undefined when this cannot happen to an order in this state. */
export function nextState(state: OrderState, happened: OrderTransition): OrderState | undefined {
  return TABLE[state][happened];
}

/** Whether an order in this state can never trade again. */
export function isTerminalState(state: OrderState): boolean {
  return state === "filled" || state === "cancelled" || state === "rejected" ||
    state === "expired";
}

/** Whether an order in this state rests at the venue with nothing of ours unanswered. */
export function isQuiet(state: OrderState): boolean {
  return state === "new" || state === "partially_filled";
}
