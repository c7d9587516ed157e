/**
 * The gate as a whole: modes, latch, limits that change, and what it says of the ledger.
 * @module
 */
import {
  accountKey,
  fillId,
  instrumentIndex,
  micros,
  money,
  signedSize,
  size,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { AccountReport, PositionUpdate, TimerFired } from "@/engine/messages/mod.ts";
import { createRiskGate, riskLimits } from "@/risk/mod.ts";
import { assert, assertEquals, assertStrictEquals } from "@/tests/support/assert.ts";
import { FakeView, fillOf, perpetual, placeOrder } from "@/tests/support/fake_view.ts";

function stage(limits: Record<string, string> = {}) {
  const view = new FakeView(perpetual());
  view.touch(999, 500, 1_001, 500);
  view.market().mark = 100;
  view.setBalance("binance/perpetual", "USDT", 1e9);
  const gate = createRiskGate({ limits: unwrap(riskLimits({ loss_max: "100", ...limits })) });
  const tick = (micro = 0) => {
    view.now = micros(view.now + micro);
    const timer: TimerFired = { kind: "timer", at: view.now };
    gate.observe(timer, view);
  };
  const lose = (loss: number) => {
    view.parts = { realised: -loss, unrealised: 0, fees: 0, funding: 0 };
  };
  return { view, gate, tick, lose };
}

function positionOf(lots: number, at: number): PositionUpdate {
  return {
    kind: "position",
    instrument: instrumentIndex(0),
    at: micros(at),
    venueAt: micros(0),
    size: signedSize(lots),
    averagePrice: undefined,
    unrealised: undefined,
  };
}

Deno.test("RiskGate.review() approves the very request it was given", () => {
  const { gate, view } = stage();
  const request = placeOrder();
  assertStrictEquals(gate.review(request, view), request);
  assertEquals(gate.counters.refused, 0);
});

Deno.test("RiskGate.review() counts refusals and says limit and value", () => {
  const { gate, view } = stage({ order_size_max: "0.005" });
  const answer = gate.review(placeOrder(), view);
  assert(answer.kind === "refused");
  assertEquals(answer.text, "Order size must be at most 0.005, found 0.01");
  assertEquals(gate.counters.refused, 1);
});

Deno.test("RiskGate cautions at 50 %, reduces at 80 % and halts at 100 % of the loss limit", () => {
  const { gate, tick, lose } = stage();
  const cases = [
    [49.99, "normal"],
    [50, "caution"],
    [79.99, "caution"],
    [80, "reduce_only"],
    [99.99, "reduce_only"],
    [100, "halted"],
  ] as const;
  for (const [loss, mode] of cases) {
    lose(loss);
    tick(1_000);
    assertEquals(gate.mode, mode, `at ${loss}`);
  }
  assertEquals(gate.modeReason, "Loss has reached its limit");
});

Deno.test("RiskGate comes back one step at a time, after its quiet time", () => {
  const { gate, tick, lose } = stage();
  lose(85);
  tick();
  assertEquals(gate.modeReason, "loss is at 85 % of its limit");
  lose(70);
  tick(400_000_000);
  assertEquals(gate.mode, "reduce_only");
  lose(30);
  tick(1);
  tick(299_999_999);
  assertEquals(gate.mode, "reduce_only");
  tick(1);
  assertEquals(gate.mode, "caution");
  assertEquals(gate.modeReason, "loss was at 80 % of its limit and is recovering");
  tick(1);
  lose(40);
  tick(50_000_000);
  lose(39);
  tick(1);
  tick(59_999_999);
  assertEquals(gate.mode, "caution");
  tick(1);
  assertEquals(gate.mode, "normal");
  assertEquals(gate.modeReason, "");
});

Deno.test("RiskGate counts the fall from the best profit as drawdown", () => {
  const { gate, tick, lose } = stage({ loss_max: "none", drawdown_max: "50" });
  lose(-200);
  tick();
  lose(-175.01);
  tick();
  assertEquals(gate.mode, "normal");
  lose(-175);
  tick();
  assertEquals(gate.mode, "caution");
  lose(-150);
  tick();
  assertEquals(gate.mode, "halted");
});

Deno.test("RiskGate halts on profit that is not a number", () => {
  const { gate, tick, lose } = stage();
  lose(NaN);
  tick();
  assertEquals(gate.mode, "halted");
});

Deno.test("RiskGate with a loss limit of zero halts on the first loss", () => {
  const { gate, tick, lose } = stage({ loss_max: "0" });
  tick();
  assertEquals(gate.mode, "normal");
  lose(0.01);
  tick();
  assertEquals(gate.mode, "halted");
});

Deno.test("RiskGate looks at the loss on market events too, but not on every one", () => {
  const { gate, view, lose } = stage();
  const status = {
    kind: "instrument_status",
    instrument: instrumentIndex(0),
    at: view.now,
    venueAt: view.now,
    status: "trading",
  } as const;
  gate.observe(status, view);
  lose(100);
  gate.observe(status, view);
  assertEquals(gate.mode, "normal");
  view.now = micros(view.now + 10_000);
  gate.observe(status, view);
  assertEquals(gate.mode, "halted");
});

Deno.test("RiskGate looks at the loss on marks, fills and funding at once", () => {
  const mark = {
    kind: "mark_price",
    instrument: instrumentIndex(0),
    at: micros(0),
    venueAt: micros(0),
    mark: money(1n),
    index: undefined,
  } as const;
  const funding = {
    kind: "funding_payment",
    account: accountKey("binance", "perpetual"),
    instrument: instrumentIndex(0),
    at: micros(0),
    venueAt: micros(0),
    asset: "USDT",
    amount: money(-5n),
    paymentId: fillId("p"),
  } as const;
  for (const event of [mark, funding, fillOf({ id: "a", side: "buy", price: 1, size: 0 })]) {
    const { gate, view, tick, lose } = stage();
    tick();
    lose(100);
    gate.observe(event, view);
    assertEquals(gate.mode, "halted", event.kind);
  }
});

Deno.test("RiskGate.trip() latches, and only a release opens it", () => {
  const { gate, view, tick } = stage();
  gate.trip("operator said so", view);
  gate.trip("a later reason", view);
  assertEquals(gate.mode, "halted");
  assertEquals(gate.modeReason, "operator said so");
  tick(3_600_000_000);
  assertEquals(gate.mode, "halted");
  const refusal = gate.review(placeOrder(), view);
  assert(refusal.kind === "refused");
  assertEquals(refusal.code, "mode_halted");
  assertEquals(gate.release("operator", view).ok, true);
  assertEquals(gate.mode, "normal");
  assertEquals(gate.release("operator", view).ok, true);
  gate.trip("", view);
  assertEquals(gate.modeReason, "no reason given");
});

Deno.test("RiskGate.release() is refused while the loss stands", () => {
  const { gate, view, tick, lose } = stage();
  lose(120);
  tick();
  const released = gate.release("operator", view);
  assert(!released.ok);
  assertEquals(
    released.error,
    "Cannot release the kill switch for operator: wanted a loss below its limit, found 120 % of it",
  );
  gate.setParameters({ "loss_max": "200" });
  assertEquals(gate.release("operator", view).ok, true);
  assertEquals(gate.mode, "reduce_only");
});

Deno.test("RiskGate halts when the portfolio disagrees with its count, and holds the latch", () => {
  const { gate, view } = stage();
  view.market().position = 9;
  gate.observe(fillOf({ id: "a", side: "buy", price: 1_000, size: 10 }), view);
  assertEquals(gate.counters.ledgerBreaks, 1);
  assertEquals(gate.mode, "halted");
  assertEquals(
    gate.modeReason,
    "Ledger break on binance:BTC-USDT-PERP: shadow ledger has 0.01 BTC, portfolio has 0.009 BTC",
  );
  assertEquals(gate.release("operator", view).ok, false);
  view.market().position = 10;
  assertEquals(gate.release("operator", view).ok, true);
  assertEquals(gate.counters.ledgerBreaks, 1);
});

Deno.test("RiskGate halts when the venue disagrees for longer than its patience", () => {
  const { gate, view, tick } = stage({ ledger_patience_ms: "1000" });
  gate.observe(positionOf(5, view.now), view);
  tick(1_000_000);
  assertEquals(gate.mode, "normal");
  tick(1);
  assertEquals(gate.mode, "halted");
  assertEquals(gate.counters.ledgerBreaks, 1);
  assertEquals(gate.release("operator", view).ok, false);
  gate.observe(positionOf(0, view.now), view);
  assertEquals(gate.release("operator", view).ok, true);
});

Deno.test("RiskGate takes opening positions from the first account report", () => {
  const { gate, view, tick } = stage();
  const report: AccountReport = {
    kind: "account_report",
    account: accountKey("binance", "perpetual"),
    at: view.now,
    askedAt: micros(view.now - 5_000),
    openOrders: [],
    positions: [positionOf(7, view.now)],
    balances: [],
    fills: [],
  };
  view.market().position = 7;
  gate.observe(report, view);
  tick(10_000_000);
  assertEquals(gate.mode, "normal");
  assertEquals(gate.ledger(), [
    { instrument: 0, size: 7, realised: "0", cost: "0.7", fees: {} },
  ]);
});

Deno.test("RiskGate changes its limits all or nothing, for instruments it knows already", () => {
  const { gate, view } = stage();
  assertEquals(gate.review(placeOrder(), view).kind, "place_order");
  assertEquals(gate.checkParameters({ "order_size_max": "0.005" }).ok, true);
  assertEquals(gate.checkParameters({ "order_size_max": "lots" }).ok, false);
  gate.setParameters({ "order_size_max": "lots" });
  assertEquals(gate.parameters().order_size_max, "none");
  gate.setParameters({ "order_size_max": "0.005" });
  assertEquals(gate.parameters().order_size_max, "0.005");
  assertEquals(gate.review(placeOrder(), view).kind, "refused");
  gate.setParameters({ "order_size_max@binance:BTC-USDT-PERP": "0.02" });
  assertEquals(gate.review(placeOrder(), view).kind, "place_order");
});

Deno.test("RiskGate follows an instrument whose lot changed", () => {
  const { gate, view } = stage({ order_size_max: "0.01" });
  assertEquals(gate.review(placeOrder({ size: size(10) }), view).kind, "place_order");
  view.market().instrument = perpetual(0, { lot: "0.002" });
  assertEquals(gate.review(placeOrder({ size: size(5) }), view).kind, "place_order");
  assertEquals(gate.review(placeOrder({ size: size(6) }), view).kind, "refused");
});
