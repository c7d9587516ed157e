/**
 * @module
 */
import {
  isQuiet,
  isTerminalState,
  nextState,
  ORDER_STATES,
  ORDER_TRANSITIONS,
} from "@/engine/orders/order_state.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";

Deno.test("nextState() follows an order through its life", () => {
  assertEquals(nextState("in_flight", "seen_new"), "new");
  assertEquals(nextState("new", "fill_part"), "partially_filled");
  assertEquals(nextState("partially_filled", "amend_sent"), "amend_pending");
  assertEquals(nextState("amend_pending", "rests_partly"), "partially_filled");
  assertEquals(nextState("partially_filled", "cancel_sent"), "cancel_pending");
  assertEquals(nextState("cancel_pending", "lost"), "unknown");
  assertEquals(nextState("unknown", "gone"), "cancelled");
});

Deno.test("nextState() lets a stale `new` not undo a partial fill", () => {
  assertEquals(nextState("partially_filled", "seen_new"), "partially_filled");
});

Deno.test("nextState() refuses to amend what is not resting quietly", () => {
  for (const state of ORDER_STATES) {
    assertEquals(nextState(state, "amend_sent") !== undefined, isQuiet(state), state);
  }
});

Deno.test("nextState() ends every live state by the venue's word, and by a whole fill", () => {
  for (const state of ORDER_STATES) {
    if (isTerminalState(state)) continue;
    assertEquals(nextState(state, "fill_whole"), "filled");
    for (const end of ["filled", "cancelled", "rejected", "expired"] as const) {
      assertEquals(nextState(state, end), end);
    }
  }
});

Deno.test("nextState() never leaves a terminal state", () => {
  for (const state of ORDER_STATES) {
    if (!isTerminalState(state)) continue;
    for (const happened of ORDER_TRANSITIONS) {
      const next = nextState(state, happened);
      assert(next === undefined || next === state, `${state} by ${happened}`);
    }
    assertEquals(nextState(state, "fill_part"), state);
  }
});
