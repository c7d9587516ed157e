/**
 * Each rule at its exact threshold: on the limit passes, one unit more does not.
 * @module
 */
import {
  clientOrderId,
  feeRate,
  instrumentIndex,
  micros,
  price,
  size,
  strategyId,
  unwrap,
} from "@/engine/domain/mod.ts";
import type { AmendOrder, PlaceOrder, ReplaceOrder, RiskyRequest } from "@/engine/messages/mod.ts";
import { createRiskGate, riskLimits } from "@/risk/mod.ts";
import { rulebook } from "@/risk/rules/mod.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { FakeView, perpetual, placeOrder, spot } from "@/tests/support/fake_view.ts";

/** Nothing limits, so that a test sees only the limit it sets. */
const OPEN: Record<string, string> = {
  order_value_max: "none",
  position_value_max: "none",
  venue_open_value_max: "none",
  gross_exposure_max: "none",
  loss_max: "none",
  price_collar_bp: "10000",
  taking_collar_bp: "10000",
};

/** A view at 100.0 | 100.2 (ticks of 0.1, lots of 0.001) with money, and a gate with few limits. */
function stage(limits: Record<string, string> = {}, instrument = perpetual()) {
  const view = new FakeView(instrument);
  view.touch(1_000, 500, 1_002, 500);
  view.market().mark = 100;
  view.setBalance("binance/perpetual", "USDT", 1e9);
  view.setBalance("binance/spot", "USDT", 1e9);
  view.setBalance("binance/spot", "BTC", 1e9);
  const gate = createRiskGate({ limits: unwrap(riskLimits({ ...OPEN, ...limits })) });
  const ask = (request: RiskyRequest): string => {
    const answer = gate.review<RiskyRequest>(request, view);
    return answer.kind === "refused" ? answer.code : "approved";
  };
  const place = (changes: Partial<PlaceOrder> = {}) => ask(placeOrder(changes));
  return { view, gate, ask, place };
}

function amendOrder(changes: Partial<AmendOrder> = {}): AmendOrder {
  return {
    kind: "amend_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("old"),
    venueOrderId: undefined,
    strategy: strategyId("maker"),
    side: "buy",
    price: price(999),
    size: size(10),
    filledSize: size(0),
    reduceOnly: false,
    postOnly: true,
    ...changes,
  };
}

function replaceOrder(changes: Partial<ReplaceOrder> = {}): ReplaceOrder {
  return {
    kind: "replace_order",
    instrument: instrumentIndex(0),
    clientOrderId: clientOrderId("old"),
    venueOrderId: undefined,
    newClientOrderId: clientOrderId("new"),
    strategy: strategyId("maker"),
    side: "buy",
    timeInForce: "gtc",
    postOnly: true,
    reduceOnly: false,
    price: price(999),
    size: size(10),
    ...changes,
  };
}

const CLOSING = {
  side: "sell",
  reduceOnly: true,
  timeInForce: "ioc",
  postOnly: false,
} as const;

Deno.test("The rulebook runs in the order of its door", () => {
  assertEquals(rulebook.map((rule) => rule.name), [
    "trading_mode",
    "instrument_status",
    "stale_market",
    "order_size",
    "price_collar",
    "position_limit",
    "open_order_limit",
    "loss_limit",
    "message_rate",
    "self_cross",
    "buying_power",
    "gross_exposure",
  ]);
});

Deno.test("trading_mode lets through what the mode allows", () => {
  const { view, place } = stage();
  view.market().position = 10;
  const cases = [
    ["normal", "approved", "approved", "approved"],
    ["caution", "approved", "approved", "approved"],
    ["reduce_only", "mode_reduce_only", "approved", "approved"],
    ["paused", "mode_paused", "mode_paused", "approved"],
    ["halted", "mode_halted", "mode_halted", "approved"],
  ] as const;
  for (const [mode, opening, reducing, closing] of cases) {
    view.mode = mode;
    assertEquals(place(), opening, `${mode} opening`);
    assertEquals(place({ side: "sell", price: price(1_003) }), reducing, `${mode} reducing`);
    assertEquals(place(CLOSING), closing, `${mode} closing`);
  }
});

Deno.test("trading_mode takes an order for reducing up to the position less what works", () => {
  const { view, place } = stage();
  view.mode = "reduce_only";
  view.market().position = 10;
  view.addOrder({ id: "working", side: "sell", price: 1_005, size: 4 });
  const sell = (lots: number) => place({ side: "sell", price: price(1_003), size: size(lots) });
  assertEquals(sell(6), "approved");
  assertEquals(sell(7), "mode_reduce_only");
  assertEquals(place({ side: "buy", size: size(1) }), "mode_reduce_only");
  // The venue itself holds a reduce-only order to the position.
  const held = (lots: number) => place({ ...CLOSING, size: size(lots) });
  assertEquals(held(10), "approved");
  assertEquals(held(11), "mode_reduce_only");
  view.market().position = 0;
  assertEquals(held(1), "mode_reduce_only");
});

Deno.test("trading_mode does not take the venue's word for reduce-only on spot", () => {
  const { view, place } = stage({}, spot());
  view.mode = "halted";
  view.market().position = 10;
  view.addOrder({ id: "working", side: "sell", price: 1_005, size: 4 });
  assertEquals(place({ ...CLOSING, size: size(6) }), "approved");
  assertEquals(place({ ...CLOSING, size: size(7) }), "mode_halted");
});

Deno.test("instrument_status refuses halted instruments, unready accounts, unknown orders", () => {
  const { view, place, ask } = stage();
  for (const status of ["halted", "maintenance", "delisted"] as const) {
    view.market().status = status;
    assertEquals(place(), "instrument_status");
  }
  view.market().status = "trading";
  view.accountReady = false;
  assertEquals(place(), "account_not_ready");
  view.accountReady = true;
  assertEquals(ask(amendOrder()), "unknown_order");
  assertEquals(ask(replaceOrder()), "unknown_order");
  view.addOrder({ id: "old", side: "buy", price: 998, size: 10 });
  assertEquals(ask(amendOrder()), "approved");
  assertEquals(ask(replaceOrder()), "approved");
  assertEquals(ask(amendOrder({ side: "sell", price: price(1_005) })), "unknown_order");
});

Deno.test("stale_market lets only closing orders through on an unusable book", () => {
  const { view, place } = stage();
  view.market().book.usable = false;
  view.market().position = 10;
  assertEquals(place(), "stale_market");
  assertEquals(place({ side: "sell", price: price(1_003) }), "stale_market");
  assertEquals(place(CLOSING), "approved");
});

Deno.test("order_size holds lots and value to their limits", () => {
  const lots = stage({ order_size_max: "0.01" });
  assertEquals(lots.place({ size: size(10) }), "approved");
  assertEquals(lots.place({ size: size(11) }), "order_size_max");
  const value = stage({ order_value_max: "1" });
  assertEquals(value.place({ size: size(10) }), "approved");
  assertEquals(value.place({ size: size(11) }), "order_value_max");
  assertEquals(value.place({ size: size(10), price: price(1_001) }), "order_value_max");
});

Deno.test("order_size refuses what the venue would", () => {
  const { place } = stage({}, perpetual(0, { maxSize: "0.02", orderLot: "0.002" }));
  assertEquals(place({ size: size(20) }), "approved");
  assertEquals(place({ size: size(22) }), "order_size_max");
  assertEquals(place({ size: size(3) }), "order_size_lot");
  assertEquals(place({ size: size(0) }), "order_size_zero");
});

Deno.test("order_size counts of an amend what is left to fill", () => {
  const { view, ask } = stage({ order_size_max: "0.01" });
  view.addOrder({ id: "old", side: "buy", price: 998, size: 10, filled: 4 });
  assertEquals(ask(amendOrder({ size: size(14), filledSize: size(4) })), "approved");
  assertEquals(ask(amendOrder({ size: size(15), filledSize: size(4) })), "order_size_max");
  // We know of more fills than the request does.
  assertEquals(ask(amendOrder({ size: size(4), filledSize: size(1) })), "order_size_zero");
});

Deno.test("order_size counts by instrument where the limit says so", () => {
  const { place } = stage({
    order_size_max: "0.5",
    "order_size_max@binance:BTC-USDT-PERP": "0.01",
    "order_size_max@binance:ETH-USDT-PERP": "0.001",
  });
  assertEquals(place({ size: size(10) }), "approved");
  assertEquals(place({ size: size(11) }), "order_size_max");
});

Deno.test("price_collar holds prices near the mark, either way", () => {
  const { place } = stage({ price_collar_bp: "200" });
  assertEquals(place({ price: price(980) }), "approved");
  assertEquals(place({ price: price(979) }), "price_collar");
  assertEquals(place({ side: "sell", price: price(1_020) }), "approved");
  assertEquals(place({ side: "sell", price: price(1_021) }), "price_collar");
});

Deno.test("price_collar is narrower for what trades at once", () => {
  const { view, place } = stage({ price_collar_bp: "200", taking_collar_bp: "50" });
  const take = { postOnly: false, timeInForce: "ioc" } as const;
  assertEquals(place({ ...take, price: price(1_005) }), "approved");
  assertEquals(place({ ...take, price: price(1_006) }), "taking_collar");
  assertEquals(place({ ...take, side: "sell", price: price(995) }), "approved");
  assertEquals(place({ ...take, side: "sell", price: price(994) }), "taking_collar");
  // Not post-only, but far from trading: the wide collar.
  assertEquals(place({ ...take, price: price(980) }), "approved");
  // Without a book nobody knows whether it trades: the narrow one.
  view.market().book.usable = false;
  view.market().position = 10;
  assertEquals(place({ ...CLOSING, price: price(995) }), "approved");
  assertEquals(place({ ...CLOSING, price: price(994) }), "taking_collar");
});

Deno.test("price_collar judges a market order by the touch it would meet", () => {
  const { view, place } = stage({ taking_collar_bp: "50" });
  const market = { type: "market", price: undefined, postOnly: false } as const;
  view.touch(995, 10, 1_005, 10);
  assertEquals(place(market), "approved");
  assertEquals(place({ ...market, side: "sell" }), "approved");
  view.touch(994, 10, 1_006, 10);
  assertEquals(place(market), "taking_collar");
  assertEquals(place({ ...market, side: "sell" }), "taking_collar");
});

Deno.test("price_collar judges a stop by its trigger", () => {
  const { place } = stage({ taking_collar_bp: "50" });
  const stop = { type: "stop_loss", price: undefined, postOnly: false } as const;
  assertEquals(place({ ...stop, triggerPrice: price(1_005) }), "approved");
  assertEquals(place({ ...stop, triggerPrice: price(1_006) }), "taking_collar");
});

Deno.test("price_collar refuses orders off the grid and orders without a reference", () => {
  const coarse = stage({}, perpetual(0, { orderTick: "0.5" }));
  assertEquals(coarse.place({ price: price(1_000) }), "approved");
  assertEquals(coarse.place({ price: price(1_001) }), "price_grid");
  assertEquals(coarse.place({ price: price(-5) }), "price_grid");
  const blind = stage();
  blind.view.market().mark = 0;
  blind.view.market().book.bids = [];
  assertEquals(blind.place(), "no_reference_price");
});

Deno.test("price_collar remembers the last good mark", () => {
  const { view, place } = stage({ price_collar_bp: "200" });
  assertEquals(place(), "approved");
  view.market().mark = 0;
  view.market().book.bids = [];
  assertEquals(place({ price: price(980) }), "approved");
  assertEquals(place({ price: price(979) }), "price_collar");
});

Deno.test("position_limit counts the worst case of each side", () => {
  const { view, place } = stage({ position_max: "0.1" });
  view.market().position = 30;
  view.addOrder({ id: "bid", side: "buy", price: 990, size: 50 });
  view.addOrder({ id: "ask", side: "sell", price: 1_010, size: 40 });
  assertEquals(place({ size: size(20) }), "approved");
  assertEquals(place({ size: size(21) }), "position_max");
  // Short: -30 + 40 working + 90 = 100.
  const sell = (lots: number) => place({ side: "sell", price: price(1_003), size: size(lots) });
  assertEquals(sell(90), "approved");
  assertEquals(sell(91), "position_max");
});

Deno.test("position_limit holds the value at the mark", () => {
  const { view, place } = stage({ position_value_max: "2" });
  assertEquals(place({ size: size(20) }), "approved");
  assertEquals(place({ size: size(21) }), "position_value_max");
  view.market().mark = 200;
  assertEquals(place({ size: size(10) }), "approved");
  assertEquals(place({ size: size(11) }), "position_value_max");
});

Deno.test("position_limit lets a position beyond the limit shrink", () => {
  const { view, place } = stage({ position_max: "0.01" });
  view.market().position = 50;
  assertEquals(place({ size: size(1) }), "position_max");
  const sell = (lots: number) => place({ side: "sell", price: price(1_003), size: size(lots) });
  assertEquals(sell(50), "approved");
  assertEquals(sell(60), "approved");
  assertEquals(sell(61), "position_max");
});

Deno.test("position_limit counts an amend by its growth, a replaced order until cancelled", () => {
  const { view, ask } = stage({ position_max: "0.1" });
  view.addOrder({ id: "old", side: "buy", price: 990, size: 60 });
  assertEquals(ask(amendOrder({ size: size(100) })), "approved");
  assertEquals(ask(amendOrder({ size: size(101) })), "position_max");
  assertEquals(ask(amendOrder({ size: size(5) })), "approved");
  assertEquals(ask(replaceOrder({ size: size(40) })), "approved");
  assertEquals(ask(replaceOrder({ size: size(41) })), "position_max");
});

Deno.test("position_limit takes the larger of old and new while an amend is on its way", () => {
  const { view, ask } = stage({ position_max: "0.1" });
  view.addOrder({ id: "old", side: "buy", price: 990, size: 20, worst: 60 });
  view.addOrder({ id: "other", side: "buy", price: 989, size: 40 });
  assertEquals(ask(amendOrder({ size: size(60) })), "approved");
  assertEquals(ask(amendOrder({ size: size(61) })), "position_max");
});

Deno.test("open_order_limit counts orders of the instrument and of the venue", () => {
  const own = stage({ open_orders_max: "2" });
  own.view.addOrder({ id: "old", side: "buy", price: 990, size: 1 });
  assertEquals(own.place(), "approved");
  own.view.addOrder({ id: "b", side: "buy", price: 990, size: 1 });
  assertEquals(own.place(), "open_orders_max");
  assertEquals(own.ask(replaceOrder()), "open_orders_max");
  assertEquals(own.ask(amendOrder()), "approved");
  const venue = stage({ venue_open_orders_max: "2" });
  venue.view.define(perpetual(1, { base: "ETH" })).mark = 10;
  venue.view.addOrder({ id: "a", side: "buy", price: 100, size: 1, instrument: 1 });
  assertEquals(venue.place(), "approved");
  venue.view.addOrder({ id: "b", side: "buy", price: 100, size: 1, instrument: 1 });
  assertEquals(venue.place(), "venue_open_orders_max");
});

Deno.test("open_order_limit holds the open value at the venue, but not against reducing", () => {
  const { view, place } = stage({ venue_open_value_max: "3" });
  view.define(perpetual(1, { base: "ETH" })).mark = 10;
  view.addOrder({ id: "a", side: "sell", price: 100, size: 200, instrument: 1 });
  assertEquals(place({ size: size(10) }), "approved");
  assertEquals(place({ size: size(11) }), "venue_open_value_max");
  view.market().position = 20;
  assertEquals(place({ side: "sell", price: price(1_003), size: size(20) }), "approved");
});

Deno.test("open_order_limit leaves other venues alone", () => {
  const { view, place } = stage({ venue_open_orders_max: "1" });
  view.define(perpetual(1, { venue: "okx" })).mark = 10;
  view.addOrder({ id: "a", side: "sell", price: 100, size: 200, instrument: 1 });
  assertEquals(place(), "approved");
});

Deno.test("loss_limit reduces from 80 % and stops at 100 %, fees and funding counted", () => {
  const { view, place } = stage({ loss_max: "100" });
  view.market().position = 10;
  const at = (loss: number) => {
    view.parts = { realised: 5 - loss, unrealised: -10, fees: 5, funding: 10 };
    return [place(), place({ side: "sell", price: price(1_003) }), place(CLOSING)];
  };
  assertEquals(at(79.99), ["approved", "approved", "approved"]);
  assertEquals(at(80), ["loss_reduce_only", "approved", "approved"]);
  assertEquals(at(99.99), ["loss_reduce_only", "approved", "approved"]);
  assertEquals(at(100), ["loss_max", "loss_max", "approved"]);
});

Deno.test("message_rate counts what was approved within the last second", () => {
  const { view, place } = stage({ requests_per_second_max: "3" });
  const start = view.now;
  for (let request = 0; request < 3; request++) assertEquals(place(), "approved");
  assertEquals(place(), "requests_per_second_max");
  view.now = micros(start + 999_999);
  assertEquals(place(), "requests_per_second_max");
  view.now = micros(start + 1_000_000);
  assertEquals(place(), "approved");
});

Deno.test("message_rate of zero lets nothing out", () => {
  assertEquals(stage({ requests_per_second_max: "0" }).place(), "requests_per_second_max");
});

Deno.test("self_cross refuses to meet an own order", () => {
  const { view, place } = stage();
  view.addOrder({ id: "ask", side: "sell", price: 1_001, size: 1 });
  view.addOrder({ id: "bid", side: "buy", price: 995, size: 1 });
  assertEquals(place({ price: price(1_000) }), "approved");
  assertEquals(place({ price: price(1_001) }), "self_cross");
  assertEquals(place({ side: "sell", price: price(996) }), "approved");
  assertEquals(place({ side: "sell", price: price(995) }), "self_cross");
  assertEquals(place({ type: "market", price: undefined, postOnly: false }), "self_cross");
});

Deno.test("buying_power holds perpetual orders to free margin and fee", () => {
  const { view, place } = stage({ leverage: "5" });
  // 10 lots at 100: value 1, margin 0.2, taker fee of 4 bp 0.0004.
  view.setBalance("binance/perpetual", "USDT", 0.2004);
  assertEquals(place({ size: size(10) }), "approved");
  view.setBalance("binance/perpetual", "USDT", 0.2003);
  assertEquals(place({ size: size(10) }), "buying_power");
  view.market().position = 10;
  assertEquals(place({ side: "sell", price: price(1_003), size: size(10) }), "approved");
});

Deno.test("buying_power counts the larger working side of every instrument of the account", () => {
  const { view, place } = stage({ leverage: "5" });
  view.market().fees = { maker: feeRate(0), taker: feeRate(-100) };
  view.define(perpetual(1, { base: "ETH" })).mark = 10;
  view.addOrder({ id: "a", side: "sell", price: 100, size: 300, instrument: 1 });
  view.addOrder({ id: "b", side: "buy", price: 99, size: 200, instrument: 1 });
  view.setBalance("binance/perpetual", "USDT", 0.8);
  assertEquals(place({ size: size(10) }), "approved");
  assertEquals(place({ size: size(11) }), "buying_power");
});

Deno.test("buying_power refuses what it cannot know, but not reducing orders", () => {
  const { view, place } = stage();
  view.balances.clear();
  view.market().position = 10;
  assertEquals(place(), "balance_unknown");
  assertEquals(place({ side: "sell", price: price(1_003) }), "approved");
  const onSpot = stage({}, spot());
  onSpot.view.balances.clear();
  onSpot.view.market().position = 10;
  assertEquals(onSpot.place(), "balance_unknown");
  assertEquals(onSpot.place({ side: "sell", price: price(10_300) }), "approved");
});

Deno.test("buying_power holds spot buys to free quote with fee, and sells to free base", () => {
  const { view, place } = stage({}, spot());
  // 100,000 lots of 0.00001 at 1,000 ticks of 0.01: one BTC at 10, fee of 4 bp 0.004.
  view.market().mark = 10;
  view.setBalance("binance/spot", "USDT", 10.004);
  assertEquals(place({ size: size(100_000) }), "approved");
  assertEquals(place({ size: size(100_001) }), "buying_power");
  view.setBalance("binance/spot", "BTC", 0.5);
  const sell = (lots: number) => place({ side: "sell", price: price(1_003), size: size(lots) });
  assertEquals(sell(50_000), "approved");
  assertEquals(sell(50_001), "buying_power");
});

Deno.test("buying_power keeps back what is on the wire, not what a replace sets free", () => {
  const { view, place, ask } = stage({}, spot());
  const eth = spot(1, { base: "ETH", symbol: perpetual(1, { base: "ETH" }).terms.symbol });
  view.define(eth).mark = 10;
  view.define(perpetual(2)).mark = 10;
  view.market().mark = 10;
  view.market().fees = { maker: feeRate(0), taker: feeRate(0) };
  view.setBalance("binance/spot", "USDT", 10);
  view.setBalance("binance/spot", "BTC", 1);
  // ETH for 4 USDT in flight; a perpetual order and a resting one bind nothing here.
  view.addOrder({
    id: "a",
    side: "buy",
    price: 1_000,
    size: 40_000,
    state: "in_flight",
    instrument: 1,
  });
  view.addOrder({ id: "b", side: "buy", price: 1_000, size: 9, state: "unknown", instrument: 2 });
  view.addOrder({ id: "old", side: "buy", price: 900, size: 50_000 });
  view.addOrder({ id: "s", side: "sell", price: 1_100, size: 30_000, state: "unknown" });
  view.addOrder({ id: "m", side: "buy", price: undefined, size: 1, state: "unknown" });
  assertEquals(place({ size: size(60_000) }), "approved");
  assertEquals(place({ size: size(60_001) }), "buying_power");
  const sell = (lots: number) => place({ side: "sell", price: price(1_003), size: size(lots) });
  assertEquals(sell(70_000), "approved");
  assertEquals(sell(70_001), "buying_power");
  assertEquals(ask(replaceOrder({ price: price(1_000), size: size(110_000) })), "approved");
  assertEquals(ask(replaceOrder({ price: price(1_000), size: size(110_001) })), "buying_power");
});

Deno.test("gross_exposure adds the worst case of every instrument at its mark", () => {
  const { view, place } = stage({ gross_exposure_max: "10" });
  const eth = view.define(perpetual(1, { base: "ETH" }));
  eth.mark = 50;
  eth.position = -100;
  view.addOrder({ id: "a", side: "sell", price: 500, size: 20, instrument: 1 });
  // ETH 120 lots at 50 is 6; BTC may be 4: 40 lots at 100.
  assertEquals(place({ size: size(40) }), "approved");
  assertEquals(place({ size: size(41) }), "gross_exposure_max");
  view.market().position = 60;
  assertEquals(place({ side: "sell", price: price(1_003), size: size(1) }), "approved");
});

Deno.test("gross_exposure is endless while an exposed instrument has never had a mark", () => {
  const { view, place } = stage({ gross_exposure_max: "1000000" });
  view.define(perpetual(2, { base: "ETH" })).position = 1;
  assertEquals(place(), "gross_exposure_max");
  view.market(2).mark = 5;
  assertEquals(place(), "approved");
});
