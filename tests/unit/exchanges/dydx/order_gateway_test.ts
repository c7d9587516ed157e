/**
 * Order entry: what the chain gets, last blocks, nonces, and what each answer of a node means.
 * @module
 */
import { clientOrderId, price, size, strategyId } from "@/engine/domain/mod.ts";
import type { AmendOrder, CancelOrder, PlaceOrder } from "@/engine/messages/mod.ts";
import { hexOf } from "@/exchanges/dydx/_keys.ts";
import { DYDX_RATE_LIMITS } from "@/exchanges/dydx/mod.ts";
import { OrderGateway } from "@/exchanges/dydx/order_gateway.ts";
import { removalOf } from "@/exchanges/dydx/reject_codes.ts";
import { ProtoWriter } from "@/exchanges/dydx/_protobuf.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { FakeVenue, status } from "./fake_venue.ts";

interface World {
  readonly venue: FakeVenue;
  readonly gateway: OrderGateway;
}

function world(height = 100): World {
  const venue = new FakeVenue();
  const gateway = new OrderGateway({
    context: venue.context,
    signer: venue.signer,
    chain: venue.chain,
    tracker: venue.tracker,
    lookup: venue.lookup,
    isHeard: () => true,
    oracleTicks: () => 43_250,
  });
  gateway.start();
  if (height > 0) venue.startChain(height);
  return { venue, gateway };
}

function place(changes: Partial<PlaceOrder> = {}): PlaceOrder {
  return {
    kind: "place_order",
    instrument: 0 as PlaceOrder["instrument"],
    clientOrderId: clientOrderId("7"),
    strategy: strategyId("maker"),
    side: "buy",
    type: "limit",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(43_250),
    triggerPrice: undefined,
    size: size(10),
    ...changes,
  };
}

function cancel(id = "7"): CancelOrder {
  const { instrument } = place();
  return {
    kind: "cancel_order",
    instrument,
    clientOrderId: clientOrderId(id),
    venueOrderId: undefined,
  };
}

function amend(changes: Partial<AmendOrder> = {}): AmendOrder {
  const { instrument, strategy, side } = place();
  return {
    kind: "amend_order",
    instrument,
    clientOrderId: clientOrderId("7"),
    venueOrderId: undefined,
    strategy,
    side,
    price: price(43_251),
    size: size(10),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
    ...changes,
  };
}

type Sent = World["gateway"] extends { send(request: infer R): unknown } ? R : never;

function send({ gateway }: World, request: unknown): string {
  return gateway.send(request as Sent);
}

/** Whether a transaction holds a field of a block. */
function holdsBlock(tx: Uint8Array, field: number, block: number): boolean {
  return hexOf(tx).includes(hexOf(new ProtoWriter().uint(field, block).finish()));
}

Deno.test("OrderGateway sends nothing before account and height are known", () => {
  const w = world(0);
  assertEquals(send(w, place()), "not_connected");
  w.venue.startChain(100);
  assertEquals(w.venue.links, ["up"]);
  assertEquals(send(w, place()), "sent");
});

Deno.test("OrderGateway: code 0 moves nothing", () => {
  const w = world();
  send(w, place());
  assertEquals(w.gateway.pendingCount, 1);
  const tx = w.venue.checkTx(0, "");
  assert(holdsBlock(tx, 5, 120), "a quote lives twenty blocks");
  assertEquals(w.venue.orders(), []);
  assertEquals([w.gateway.pendingCount, w.venue.context.counters.ordersSent], [0, 1]);
});

Deno.test("OrderGateway gives immediate orders five blocks and stateful ones a time", () => {
  const w = world();
  send(w, place({ postOnly: false, timeInForce: "ioc" }));
  assert(holdsBlock(w.venue.checkTx(0), 5, 105));
  send(w, place({ postOnly: false, clientOrderId: clientOrderId("8") }));
  const tracked = w.venue.tracker.byClientId(w.venue.instrument, clientOrderId("8"));
  const seconds = Math.floor(w.venue.clock.now() / 1e6) + 90 * 86_400;
  assertEquals([tracked?.flags, tracked?.goodTilTime], [64, seconds]);
  const time = new ProtoWriter().fixed32(6, seconds).finish();
  assert(hexOf(w.venue.checkTx(0)).includes(hexOf(time)));
});

Deno.test("OrderGateway cancels no earlier than the order's last block", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  send(w, cancel());
  assert(holdsBlock(w.venue.checkTx(0), 2, 120));
  // Of an order that is not known the last block may be any within the window.
  send(w, cancel("99"));
  assert(holdsBlock(w.venue.checkTx(0), 2, 140));
});

Deno.test("OrderGateway amends under the same id with a later last block, and a cancel covers it", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  assertEquals(send(w, amend()), "sent");
  assert(holdsBlock(w.venue.checkTx(0), 5, 121));
  send(w, cancel());
  assert(holdsBlock(w.venue.checkTx(0), 2, 121));
  for (let block = 122; block <= 124; block++) {
    assertEquals(send(w, amend()), "sent");
    w.venue.checkTx(0);
  }
  assertEquals(send(w, amend()), "back_pressured", "a later block would put its end off");
  w.venue.chain.noteHeight(101);
  assertEquals(send(w, amend()), "sent");
});

Deno.test("OrderGateway never amends an order that may be over: it would be a new one", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  const tracked = w.venue.tracker.byClientId(w.venue.instrument, clientOrderId("7"))!;
  tracked.endingFor = "ORDER_REMOVAL_REASON_USER_CANCELED";
  assertEquals(send(w, amend()), "sent");
  w.venue.clock.advance(1);
  assertEquals(w.venue.orders(), ["refused amend 7 unknown_order"]);
  tracked.endingFor = undefined;
  w.venue.chain.noteHeight(119);
  send(w, amend());
  w.venue.clock.advance(1);
  assertEquals(w.venue.orders(), ["refused amend 7 unknown_order"]);
  assertEquals(w.venue.asked.some(({ request }) => request.method === "POST"), false);
});

Deno.test("OrderGateway lets no amend grow: with the filled order's size the chain refuses it", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  assertEquals(send(w, amend({ size: size(11) })), "sent");
  w.venue.clock.advance(1);
  assertEquals(w.venue.orders(), ["refused amend 7 amend_refused"]);
  assertEquals(w.venue.asked.length, 0, "nothing is broadcast");
});

Deno.test("OrderGateway does not amend by a last block that only an unanswered amend named", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  w.venue.chain.noteHeight(110);
  send(w, amend());
  assert(holdsBlock(w.venue.checkTx(0), 5, 130));
  // The indexer never told of it: the order may have died with block 120.
  w.venue.chain.noteHeight(118);
  send(w, amend());
  w.venue.clock.advance(1);
  assertEquals(w.venue.orders(), ["refused amend 7 unknown_order"]);
  const tracked = w.venue.tracker.byClientId(w.venue.instrument, clientOrderId("7"))!;
  tracked.sureBlock = 130;
  assertEquals(send(w, amend()), "sent");
  assert(holdsBlock(w.venue.checkTx(0), 5, 138));
});

Deno.test("OrderGateway signs no amend again when the node's height says the order is over", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  send(w, amend());
  w.venue.checkTx(10, "clob", "GoodTilBlock 121 is less than the current blockHeight 130");
  w.venue.answer("GET /rpc/status", status(130));
  assertEquals(w.venue.orders(), ["refused amend 7 unknown_order"]);
  assertEquals(w.venue.asked.length, 0);
});

Deno.test("OrderGateway signs again once with the node's height, and only once", () => {
  const w = world();
  send(w, place());
  w.venue.checkTx(10, "clob", "GoodTilBlock 120 is less than the current blockHeight 130");
  assertEquals(w.venue.orders(), []);
  w.venue.answer("GET /rpc/status", status(130));
  assert(holdsBlock(w.venue.checkTx(10), 5, 150));
  assertEquals(w.venue.orders(), ["refused place 7 timestamp"]);
  assertEquals(w.venue.asked.length, 0);
});

Deno.test("OrderGateway tells every no of a node", () => {
  const cases: [number, string, unknown, string][] = [
    [7, "clob", place(), "refused place 7 duplicate_client_order_id"],
    [12, "clob", place(), "refused place 7 filter"],
    [34, "clob", place(), "refused place 7 instrument_closed"],
    [2_003, "clob", place(), "refused place 7 post_only_would_take"],
    [3_007, "clob", place(), "refused place 7 insufficient_balance"],
    [102, "subaccounts", place(), "refused place 7 insufficient_balance"],
    [5_001, "clob", place(), "refused place 7 rate_limited"],
    [4, "sdk", place(), "refused place 7 authentication"],
    [104, "accountplus", place(), "refused place 7 authentication"],
    [77, "clob", place(), "refused place 7 other"],
    [3_006, "clob", cancel(), "refused cancel 7 unknown_order"],
    [46, "clob", cancel(), "refused cancel 7 other"],
  ];
  for (const [code, codespace, request, expected] of cases) {
    const w = world();
    send(w, request);
    w.venue.checkTx(code, codespace);
    assertEquals(w.venue.orders(), [expected]);
    assertEquals(w.venue.tracker.byClientId(w.venue.instrument, clientOrderId("7")), undefined);
  }
  const w = world();
  send(w, place());
  w.venue.checkTx(0);
  send(w, amend());
  w.venue.checkTx(24);
  assertEquals(w.venue.orders(), ["refused amend 7 unknown_order"]);
  send(w, cancel());
  w.venue.checkTx(9);
  send(w, cancel());
  w.venue.checkTx(19, "sdk");
  assertEquals(w.venue.orders(), [], "an equal cancel and a duplicate do no harm");
});

Deno.test("OrderGateway reports what is not answered and never hands it in again", () => {
  const w = world();
  send(w, place());
  w.venue.fail("POST /rpc/", true);
  assertEquals(w.venue.orders(), ["lost place 7 unknown"]);
  assert(w.venue.tracker.byClientId(w.venue.instrument, clientOrderId("7")) !== undefined);
  send(w, place({ clientOrderId: clientOrderId("8") }));
  w.venue.fail("POST /rpc/", false);
  assertEquals(w.venue.orders(), ["lost place 8 not_sent"]);
  const bodies: [unknown, number, string][] = [
    ["<html>", 502, "lost cancel 7 unknown"],
    ["slow down", 429, "lost cancel 7 unknown"],
    [
      { error: { code: -32603, message: "Internal error", data: "timed out" } },
      500,
      "lost cancel 7 unknown",
    ],
    [
      { error: { message: "x", data: "mempool is full: 5000" } },
      500,
      "refused cancel 7 venue_unavailable",
    ],
  ];
  for (const [body, code, expected] of bodies) {
    send(w, cancel());
    w.venue.answer("POST /rpc/", body, code);
    assertEquals(w.venue.orders(), [expected]);
  }
  send(w, cancel());
  w.venue.answer("POST /rpc/", { error: { data: "tx already exists in cache" } });
  assertEquals(w.venue.orders(), []);
  assertEquals(w.venue.asked.filter(({ request }) => request.method === "POST").length, 0);
});

Deno.test("OrderGateway reads account and clock anew when a sequence is refused", () => {
  const w = world();
  send(w, place({ postOnly: false }));
  w.venue.checkTx(32, "sdk", "account sequence mismatch");
  w.venue.answer("GET /v4/time", { epoch: w.venue.clock.now() / 1e6 });
  w.venue.answer("GET /lcd/cosmos/auth", { account: { account_number: "12", sequence: "9" } });
  w.venue.checkTx(0);
  assertEquals(w.venue.chain.account?.sequence, 9);
  assertEquals(w.venue.orders(), []);
});

Deno.test("Chain.nextNonce() never repeats and follows the venue's clock", () => {
  const { venue } = world();
  const nonces = Array.from({ length: 100 }, () => venue.chain.nextNonce());
  assertEquals(new Set(nonces).size, 100);
  assertEquals(nonces.toSorted((a, b) => a - b), nonces);
  venue.clock.advance(1_000);
  assert(venue.chain.nextNonce() >= nonces[0]! + 1_000);
});

Deno.test("OrderGateway cancels all of an instrument in one batch, the long-lived one by one", () => {
  const w = world();
  for (const id of ["1", "300"]) send(w, place({ clientOrderId: clientOrderId(id) }));
  send(w, place({ postOnly: false, clientOrderId: clientOrderId("5") }));
  for (let n = 0; n < 3; n++) w.venue.checkTx(0);
  const { instrument } = place();
  assertEquals(send(w, { kind: "cancel_all", instrument }), "sent");
  const batch = w.venue.checkTx(0);
  const text = new TextDecoder().decode(batch);
  assert(text.includes("MsgBatchCancel") && hexOf(batch).includes("120301ac02"));
  const single = new TextDecoder().decode(w.venue.checkTx(5_001));
  assert(single.includes("MsgCancelOrder"));
  send(w, { kind: "cancel_all", instrument });
  w.venue.checkTx(45);
  assert(w.venue.logged.includes("warn: cancel-all was not confirmed"));
  assertEquals(send(w, { kind: "replace_order", instrument }), "not_supported");
});

Deno.test("Chain goes down when the node is silent and comes back with it", () => {
  const { venue } = world();
  for (let n = 0; n < 3; n++) {
    venue.clock.advance(2_000);
    venue.fail("GET /rpc/status", true);
  }
  assertEquals(venue.links, ["up", "down"]);
  venue.clock.advance(2_000);
  venue.answer("GET /rpc/status", status(140));
  assertEquals([venue.links.at(-1), venue.chain.height], ["up", 140]);
  venue.chain.stop();
});

Deno.test("removalOf() calls rejected only what surely never traded", () => {
  assertEquals(removalOf("UNDERCOLLATERALIZED", false).status, "rejected");
  assertEquals(removalOf("UNDERCOLLATERALIZED", true).status, "cancelled");
  assertEquals(removalOf("UNDERCOLLATERALIZED", undefined).status, "cancelled");
  const names = ["EQUITY_TIER", "VIOLATES_ISOLATED_SUBACCOUNT_CONSTRAINTS", "INTERNAL_ERROR"];
  assertEquals(names.map((name) => removalOf(name, false).reason), [
    "too_many_orders",
    "not_supported",
    "other",
  ]);
  assertEquals(removalOf("FULLY_FILLED", true).status, "filled");
  assertEquals(removalOf("REPLACED", true).status, "alive");
  assertEquals(removalOf("REDUCE_ONLY_RESIZE", false).reason, "reduce_only");
});

Deno.test("DYDX_RATE_LIMITS keep a reserve for cancels and name each rule once", () => {
  const ids = DYDX_RATE_LIMITS.map((rule) => rule.id);
  assertEquals(new Set(ids).size, ids.length);
  for (const rule of DYDX_RATE_LIMITS) {
    assert(rule.cancelReserve > 0 && rule.cancelReserve < rule.capacity);
  }
});
