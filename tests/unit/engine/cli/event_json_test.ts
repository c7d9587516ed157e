/**
 * Events as CONTRACT.md prints them: what the venue did not say is absent.
 * @module
 */
import { eventJson } from "@/engine/cli/event_json.ts";
import {
  accountKey,
  clientOrderId,
  fillId,
  type InstrumentIndex,
  micros,
  MICROS_UNKNOWN,
  moneyFromText,
  price,
  signedSize,
  size,
  unwrap,
  venueOrderId,
} from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { fakeInstrument } from "./fake_tools.ts";

const BTC = fakeInstrument();
const at = micros(1_700_000_000_000_000);
const head = { instrument: BTC.index, at, venueAt: at };
const account = accountKey("binance", "perpetual");

/** What is printed, absent keys left out as JSON does. */
function printed(event: EngineEvent): Record<string, unknown> {
  const of = (_index: InstrumentIndex) => BTC;
  return JSON.parse(JSON.stringify(eventJson(event, of))) as Record<string, unknown>;
}

function money(text: string) {
  return unwrap(moneyFromText(text));
}

Deno.test("eventJson() prints a whole order and leaves out what was not said", () => {
  const said = {
    kind: "order" as const,
    ...head,
    source: "stream" as const,
    clientOrderId: clientOrderId("x1"),
    venueOrderId: venueOrderId("12"),
    status: "partially_filled" as const,
    side: "buy" as const,
    type: "limit" as const,
    timeInForce: "gtc" as const,
    price: price(1_000),
    size: size(5_000),
    filledSize: size(0),
    averagePrice: money("100.05"),
    reason: "other" as const,
    text: "why",
  };
  assertEquals(printed(said), {
    kind: "order",
    instrument: "BTC-USDT-PERP",
    venue_at_us: at,
    order_id: "12",
    client_order_id: "x1",
    side: "buy",
    type: "limit",
    time_in_force: "gtc",
    price: "100",
    size: "5",
    filled_size: "0",
    average_price: "100.05",
    status: "partially_filled",
    reason: "other",
  });
  const silent = {
    ...said,
    venueAt: MICROS_UNKNOWN,
    clientOrderId: clientOrderId(""),
    venueOrderId: undefined,
    side: undefined,
    type: undefined,
    timeInForce: undefined,
    price: undefined,
    size: undefined,
    filledSize: undefined,
    averagePrice: undefined,
    reason: undefined,
  };
  assertEquals(printed(silent), {
    kind: "order",
    instrument: "BTC-USDT-PERP",
    status: "partially_filled",
  });
});

Deno.test("eventJson() prints fills, rebates below zero", () => {
  assertEquals(
    printed({
      kind: "fill",
      ...head,
      clientOrderId: clientOrderId("x1"),
      venueOrderId: venueOrderId("12"),
      fillId: fillId("f1"),
      side: "sell",
      price: price(1_001),
      size: size(1),
      liquidity: "maker",
      fee: money("-0.0001"),
      feeAsset: "USDT",
    }),
    {
      kind: "fill",
      instrument: "BTC-USDT-PERP",
      venue_at_us: at,
      order_id: "12",
      client_order_id: "x1",
      fill_id: "f1",
      side: "sell",
      price: "100.1",
      size: "0.001",
      liquidity: "maker",
      fee: "-0.0001",
      fee_asset: "USDT",
    },
  );
});

Deno.test("eventJson() prints marks, funding and status", () => {
  assertEquals(
    printed({ kind: "mark_price", ...head, mark: money("100.123456"), index: undefined }),
    { kind: "mark_price", instrument: "BTC-USDT-PERP", venue_at_us: at, mark: "100.123456" },
  );
  assertEquals(printed({ kind: "funding", ...head, rate: money("-0.0000125"), nextAt: at }), {
    kind: "funding",
    instrument: "BTC-USDT-PERP",
    venue_at_us: at,
    rate: -0.0000125,
    next_at_us: at,
  });
  assertEquals(printed({ kind: "instrument_status", ...head, status: "halted" }), {
    kind: "instrument_status",
    instrument: "BTC-USDT-PERP",
    venue_at_us: at,
    status: "halted",
  });
});

Deno.test("eventJson() prints balances, positions and funding payments", () => {
  assertEquals(
    printed({
      kind: "balance",
      account,
      at,
      venueAt: at,
      asset: "USDT",
      total: money("10.50"),
      free: money("0"),
    }),
    {
      kind: "balance",
      account: "binance/perpetual",
      venue_at_us: at,
      asset: "USDT",
      total: "10.5",
      free: "0",
    },
  );
  assertEquals(
    printed({
      kind: "position",
      ...head,
      size: signedSize(-1_500),
      averagePrice: money("100"),
      unrealised: money("-1.5"),
    }),
    {
      kind: "position",
      instrument: "BTC-USDT-PERP",
      venue_at_us: at,
      size: "-1.5",
      average_price: "100",
      unrealised_pnl: "-1.5",
    },
  );
  const payment = {
    kind: "funding_payment" as const,
    account,
    instrument: undefined,
    at,
    venueAt: at,
    asset: "USDT",
    amount: money("0.25"),
    paymentId: fillId("p1"),
  };
  assertEquals(printed(payment)["amount"], "0.25");
  assertEquals("instrument" in printed(payment), false);
  assertEquals(printed({ ...payment, instrument: BTC.index })["instrument"], "BTC-USDT-PERP");
});

Deno.test("eventJson() prints a refused place as a rejected order, other refusals as ignored", () => {
  const refused = {
    kind: "request_refused" as const,
    instrument: BTC.index,
    at,
    clientOrderId: clientOrderId("x1"),
    request: "place" as const,
    reason: "filter" as const,
    text: "-1013",
  };
  assertEquals(printed(refused), {
    kind: "order",
    instrument: "BTC-USDT-PERP",
    client_order_id: "x1",
    status: "rejected",
    reason: "filter",
    text: "-1013",
  });
  assertEquals(printed({ ...refused, request: "cancel" })["reason"], "cancel refused: filter");
});

Deno.test("eventJson() prints what is not CONTRACT's as ignored, with its reason", () => {
  const base = { instrument: BTC.index, at, clientOrderId: clientOrderId("x1") };
  const others: EngineEvent[] = [
    { kind: "request_lost", ...base, request: "place", outcome: "unknown", text: "" },
    { kind: "order_not_found", ...base },
    { kind: "rate_limit", venue: "binance", at, rule: "", used: 1, blockedUntil: MICROS_UNKNOWN },
    {
      kind: "connection",
      venue: "binance",
      account,
      link: "orders",
      state: "up",
      at,
      reason: "",
    },
    {
      kind: "account_report",
      account,
      at,
      askedAt: at,
      openOrders: [],
      positions: [],
      balances: [],
      fills: [],
    },
    { kind: "timer", at },
    { kind: "session_started", at, instanceId: "a", startNumber: 1 },
  ];
  for (const event of others) {
    const { kind, reason } = printed(event);
    assertEquals([kind, typeof reason], ["ignored", "string"]);
  }
});
