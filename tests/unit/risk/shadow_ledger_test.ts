/**
 * The second books: hand cases of MARKETS section 6, openings, repeats, and breaks in time.
 * @module
 */
import {
  accountKey,
  fillId,
  type Instrument,
  instrumentIndex,
  micros,
  moneyFromText,
  signedSize,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { AccountReport, Fill, PositionUpdate } from "@/engine/messages/mod.ts";
import { KillSwitch, ShadowLedger } from "@/risk/mod.ts";
import { BoundedIds } from "@/risk/bounded_ids.ts";
import { LedgerAccount } from "@/risk/ledger_account.ts";
import { assert, assertEquals, assertThrows } from "@/tests/support/assert.ts";
import { FakeView, fillOf, perpetual, spot } from "@/tests/support/fake_view.ts";

const ACCOUNT = accountKey("binance", "perpetual");
const START = 1_000_000_000;

/** An instrument of whole coins at whole dollars, so that cases read like the page. */
const PLAIN = { tick: "1", lot: "1" };

function stage(instrument: Instrument = perpetual(0, PLAIN)) {
  const view = new FakeView(instrument);
  const breaks: string[] = [];
  const ledger = new ShadowLedger((text) => breaks.push(text));
  /** The portfolio agrees unless a test says otherwise. */
  const fill = (id: string, side: "buy" | "sell", price: number, size: number, more = {}) => {
    const event: Fill = fillOf({ id, side, price, size, at: view.now, ...more });
    view.market().position += side === "buy" ? size : -size;
    ledger.onFill(event, view);
    return event;
  };
  const pass = (ms: number, patienceMs = 2_000) => {
    view.now = micros(view.now + ms * 1_000);
    ledger.onTimer(view, patienceMs);
  };
  const position = (lots: number, venueAt = 0) =>
    ledger.onPosition(positionOf(lots, view.now, venueAt), view);
  return { view, ledger, breaks, fill, pass, position };
}

function positionOf(lots: number, at: number, venueAt = 0, average?: string): PositionUpdate {
  return {
    kind: "position",
    instrument: instrumentIndex(0),
    at: micros(at),
    venueAt: micros(venueAt),
    size: signedSize(lots),
    averagePrice: average === undefined ? undefined : unwrap(moneyFromText(average)),
    unrealised: undefined,
  };
}

function report(at: number, askedAt: number, more: Partial<AccountReport> = {}): AccountReport {
  return {
    kind: "account_report",
    account: ACCOUNT,
    at: micros(at),
    askedAt: micros(askedAt),
    openOrders: [],
    positions: [],
    balances: [],
    fills: [],
    ...more,
  };
}

Deno.test("ShadowLedger realises what a flip closes and opens the rest at its price", () => {
  const { ledger, fill, breaks } = stage();
  fill("1", "buy", 100, 2);
  fill("2", "sell", 110, 5);
  assertEquals(ledger.lines(), [
    { instrument: 0, size: -3, realised: "20", cost: "-330", fees: {} },
  ]);
  fill("3", "buy", 105, 3);
  assertEquals(ledger.lines(), [
    { instrument: 0, size: 0, realised: "35", cost: "0", fees: {} },
  ]);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger keeps the remainder of a rounded part in the cost", () => {
  const account = new LedgerAccount();
  account.post(1n, 3n, 10n);
  account.post(-1n, 1n, 5n);
  // A third of ten is three: five less three realised, seven stay.
  assertEquals([account.realised, account.cost, account.base], [2n, 7n, 2n]);
  account.post(-1n, 1n, 5n);
  // Half of seven is three and a half, to even: four.
  assertEquals([account.realised, account.cost, account.base], [3n, 3n, 1n]);
  account.post(-1n, 1n, 5n);
  assertEquals([account.realised, account.cost, account.base, account.cash], [5n, 0n, 0n, 5n]);
});

Deno.test("LedgerAccount refuses a fill without a size", () => {
  assertThrows(() => new LedgerAccount().post(1n, 0n, 0n), Error, "Fill must have a size");
});

Deno.test("ShadowLedger books a repeated fill once, and a fee that comes later once", () => {
  const { ledger, fill, view } = stage();
  fill("1", "buy", 100, 2);
  view.market().position -= 2;
  fill("1", "buy", 100, 2);
  assertEquals(ledger.lines()[0], {
    instrument: 0,
    size: 2,
    realised: "0",
    cost: "200",
    fees: {},
  });
  for (let repeat = 0; repeat < 3; repeat++) {
    ledger.onFill(fillOf({ id: "1", side: "buy", price: 100, size: 2, fee: "0.04" }), view);
  }
  assertEquals(ledger.lines()[0]!.fees, { USDT: "0.04" });
});

Deno.test("ShadowLedger books fees and rebates in their own assets", () => {
  const { ledger, fill } = stage();
  fill("1", "buy", 100, 2, { fee: "0.001", feeAsset: "BNB" });
  fill("2", "sell", 100, 1, { fee: "-0.01" });
  fill("3", "sell", 100, 1, { fee: "0.002", feeAsset: "BNB" });
  assertEquals(ledger.lines()[0]!.fees, { BNB: "0.003", USDT: "-0.01" });
});

Deno.test("ShadowLedger books a fee without an asset in the quote currency", () => {
  const { ledger, view } = stage();
  const fill = fillOf({ id: "1", side: "buy", price: 100, size: 1, fee: "0.5" });
  view.market().position = 1;
  ledger.onFill({ ...fill, feeAsset: undefined }, view);
  assertEquals(ledger.lines()[0]!.fees, { USDT: "0.5" });
});

Deno.test("ShadowLedger books a funding payment once", () => {
  const { ledger } = stage();
  const payment = {
    kind: "funding_payment",
    account: ACCOUNT,
    instrument: instrumentIndex(0),
    at: micros(0),
    venueAt: micros(0),
    asset: "USDT",
    amount: unwrap(moneyFromText("-1.25")),
    paymentId: fillId("f1"),
  } as const;
  ledger.onFunding(payment);
  ledger.onFunding(payment);
  ledger.onFunding({ ...payment, paymentId: fillId("f2") });
  assertEquals(ledger.funding(), { USDT: "-2.5" });
});

Deno.test("ShadowLedger breaks at once, and once, when the portfolio counts otherwise", () => {
  const { ledger, fill, breaks, view } = stage();
  view.market().position = 1;
  fill("1", "buy", 100, 2);
  fill("2", "buy", 100, 2);
  assertEquals(breaks, [
    "Ledger break on binance:BTC-USDT-PERP: shadow ledger has 2 BTC, portfolio has 3 BTC",
  ]);
  assert(ledger.standing(view).includes("shadow ledger has 4 BTC, portfolio has 5 BTC"));
  view.market().position = 4;
  fill("3", "buy", 100, 1);
  assertEquals(ledger.standing(view), "");
  view.market().position = 9;
  fill("4", "buy", 100, 1);
  assertEquals(breaks.length, 2);
  view.market().position = 6;
  assertEquals(ledger.standing(view), "");
});

Deno.test("ShadowLedger lets a position report run ahead of its fill", () => {
  const { fill, pass, position, breaks } = stage();
  position(2);
  pass(1_999);
  fill("1", "buy", 100, 2);
  pass(10_000);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger waits anew after each fill before it calls a report a break", () => {
  const { fill, pass, position, breaks, ledger, view } = stage();
  position(3);
  pass(1_500);
  fill("1", "buy", 100, 2);
  pass(2_000);
  assertEquals(breaks, []);
  pass(1);
  assertEquals(breaks, [
    "Ledger break on binance:BTC-USDT-PERP: shadow ledger has 2 BTC, venue has 3 BTC",
  ]);
  pass(60_000);
  assertEquals(breaks.length, 1);
  assert(ledger.standing(view) !== "");
  fill("2", "buy", 100, 1);
  assertEquals(ledger.standing(view), "");
});

Deno.test("ShadowLedger does not lose patience while the account's stream is away", () => {
  const { ledger, breaks, pass, position, fill, view } = stage();
  ledger.onAccountReport(report(START, START), view);
  const connection = (state: "up" | "down") =>
    ledger.onConnection({
      kind: "connection",
      venue: "binance",
      account: ACCOUNT,
      link: "account",
      state,
      at: view.now,
      reason: "test",
    });
  position(-3);
  connection("down");
  pass(60_000);
  connection("up");
  const upAt = view.now;
  pass(3_000);
  // Asked before the stream was back: it may lack what the stream lost.
  ledger.onAccountReport(report(view.now, upAt - 1, { positions: [positionOf(-3, upAt)] }), view);
  pass(3_000);
  assertEquals(breaks, []);
  const late = { positions: [positionOf(-3, view.now)] };
  ledger.onAccountReport(report(view.now, view.now, late), view);
  pass(1_999);
  assertEquals(breaks, [], "patience begins with the report");
  pass(2);
  assertEquals(breaks.length, 1);
  fill("1", "sell", 100, 3);
  assertEquals(ledger.standing(view), "");
});

Deno.test("ShadowLedger does not hold an old agreement against a new fill", () => {
  const { fill, pass, position, breaks } = stage();
  fill("1", "buy", 100, 2);
  position(2);
  fill("2", "buy", 100, 2);
  pass(60_000);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger ignores a report that the venue made before its last fill", () => {
  const { fill, pass, position, breaks } = stage();
  fill("1", "buy", 100, 2, { venueAt: 500 });
  position(0, 499);
  pass(60_000);
  assertEquals(breaks, []);
  position(0, 500);
  pass(2_001);
  assertEquals(breaks.length, 1);
});

Deno.test("ShadowLedger takes over what the first report finds, at its average price", () => {
  const { ledger, view, fill } = stage();
  view.market().position = -4;
  const first = report(START, START - 1_000, {
    positions: [positionOf(-4, START, 0, "90")],
    fills: [fillOf({ id: "old", side: "sell", price: 90, size: 4, venueAt: 77 })],
  });
  ledger.onAccountReport(first, view);
  assertEquals(ledger.lines(), [
    { instrument: 0, size: -4, realised: "0", cost: "-360", fees: {} },
  ]);
  fill("1", "buy", 80, 4);
  assertEquals(ledger.lines()[0]!.realised, "40");
  // What the report listed is history: its repetition moves nothing.
  ledger.onFill(fillOf({ id: "old", side: "sell", price: 90, size: 4 }), view);
  assertEquals(ledger.lines()[0]!.size, 0);
});

Deno.test("ShadowLedger values an opening without average price at the mark", () => {
  const { ledger, view } = stage();
  view.market().mark = 95;
  view.market().position = 2;
  ledger.onAccountReport(report(START, START, { positions: [positionOf(2, START)] }), view);
  assertEquals(ledger.lines()[0]!.cost, "190");
});

Deno.test("ShadowLedger counts fills before the first report once", () => {
  const { ledger, view, fill, pass, breaks } = stage();
  fill("1", "buy", 100, 2, { at: START - 10 });
  fill("2", "buy", 100, 3, { at: START + 10 });
  // Asked between the two: the first is in the answer, the second is not.
  view.market().position = 6;
  const first = report(START + 20, START, { positions: [positionOf(3, START, 0, "100")] });
  ledger.onAccountReport(first, view);
  assertEquals(ledger.lines()[0], {
    instrument: 0,
    size: 6,
    realised: "0",
    cost: "600",
    fees: {},
  });
  pass(60_000);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger opens flat when the first report is silent about an instrument", () => {
  const { ledger, view, pass, breaks } = stage();
  ledger.onAccountReport(report(START, START), view);
  ledger.onAccountReport(report(START, START, { account: accountKey("okx", "unified") }), view);
  pass(60_000);
  assertEquals(ledger.lines()[0]!.size, 0);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger books fills that only a later report tells, and then compares", () => {
  const { ledger, view, pass, breaks, fill } = stage();
  const old = fillOf({ id: "old", side: "sell", price: 90, size: 4, venueAt: 100 });
  ledger.onAccountReport(report(START, START, { fills: [old] }), view);
  fill("1", "buy", 100, 2, { venueAt: 150 });
  pass(1_000);
  const lost = fillOf({ id: "2", side: "buy", price: 100, size: 1, venueAt: 160 });
  const ancient = fillOf({ id: "0", side: "buy", price: 100, size: 9, venueAt: 99 });
  const later = report(view.now, view.now - 10, {
    positions: [positionOf(3, view.now)],
    fills: [ancient, old, lost],
  });
  view.market().position = 3;
  ledger.onAccountReport(later, view);
  pass(60_000);
  assertEquals(ledger.lines()[0]!.size, 3);
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger breaks when a later report stays in disagreement", () => {
  const { ledger, view, pass, breaks, fill } = stage();
  ledger.onAccountReport(report(START, START), view);
  fill("1", "buy", 100, 2);
  pass(1_000);
  // Asked before the fill: proves nothing.
  ledger.onAccountReport(report(view.now, START), view);
  pass(60_000);
  assertEquals(breaks, []);
  // Asked after it, and the position is not there.
  ledger.onAccountReport(report(view.now, view.now - 1), view);
  pass(2_000);
  assertEquals(breaks, []);
  pass(1);
  assertEquals(breaks, [
    "Ledger break on binance:BTC-USDT-PERP: shadow ledger has 2 BTC, venue has 0 BTC",
  ]);
});

Deno.test("ShadowLedger takes no opening position and no venue comparison on spot", () => {
  const { ledger, view, pass, breaks, fill } = stage(spot(0, PLAIN));
  const account = accountKey("binance", "spot");
  ledger.onAccountReport(report(START, START, { account }), view);
  fill("1", "buy", 100, 2, { fee: "0.002", feeAsset: "BTC" });
  pass(1_000);
  ledger.onAccountReport(report(view.now, view.now - 1, { account }), view);
  pass(60_000);
  assertEquals(breaks, []);
  // The fee in base reduces the balance, not the position as bought.
  assertEquals(ledger.lines()[0]!.size, 2);
});

Deno.test("ShadowLedger keeps its position through a change of lots", () => {
  const { ledger, view, fill, breaks } = stage();
  fill("1", "buy", 100, 2);
  view.market().instrument = perpetual(0, { tick: "1", lot: "0.1" });
  view.market().position = 20;
  fill("2", "buy", 100, 5);
  assertEquals(ledger.lines()[0], {
    instrument: 0,
    size: 25,
    realised: "0",
    cost: "250",
    fees: {},
  });
  assertEquals(breaks, []);
});

Deno.test("ShadowLedger leaves alone what is not defined yet", () => {
  const { ledger, view } = stage();
  ledger.onFill(fillOf({ id: "1", side: "buy", price: 1, size: 1, instrument: 7 }), view);
  ledger.onPosition({ ...positionOf(1, START), instrument: instrumentIndex(7) }, view);
  view.define(perpetual(2, PLAIN));
  ledger.onAccountReport(report(START, START), view);
  assertEquals(ledger.lines().map((line) => line.instrument), [0, 2]);
  assertEquals(ledger.standing(view), "");
});

Deno.test("ShadowLedger remembers only as many early fills as it must", () => {
  const { ledger, view } = stage();
  for (let number = 0; number < 4_100; number++) {
    view.market().position++;
    ledger.onFill(
      fillOf({ id: `f${number}`, side: "buy", price: 100, size: 1, at: START + number }),
      view,
    );
  }
  assertEquals(ledger.lines()[0]!.size, 4_100);
});

Deno.test("BoundedIds forgets the oldest at its bound and marks each once", () => {
  const ids = new BoundedIds(2);
  assertEquals(ids.add("a", false), true);
  assertEquals(ids.add("a", true), false);
  assertEquals(ids.mark("a"), true);
  assertEquals(ids.mark("a"), false);
  assertEquals(ids.mark("never"), false);
  ids.add("b", true);
  ids.add("c", true);
  assertEquals(ids.size, 2);
  assertEquals(ids.add("b", true), false);
  assertEquals(ids.add("a", true), true);
  assertThrows(() => new BoundedIds(0), Error, "Bound must be above zero");
});

Deno.test("KillSwitch keeps its first reason and time until it is released", () => {
  const latch = new KillSwitch();
  assertEquals(latch.isTripped, false);
  latch.trip("first", micros(5));
  latch.trip("second", micros(9));
  assertEquals([latch.isTripped, latch.reason, latch.trippedAt], [true, "first", 5]);
  latch.release();
  assertEquals([latch.isTripped, latch.reason, latch.trippedAt], [false, "", 0]);
});
