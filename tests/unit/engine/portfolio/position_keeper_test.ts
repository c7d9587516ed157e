/**
 * @module
 */
import { fillId, instrumentIndex, signedSize, strategyId } from "@/engine/domain/mod.ts";
import { PositionKeeper } from "@/engine/portfolio/position_keeper.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "@/tests/support/assert.ts";
import {
  balanceUpdate,
  btcPerp,
  btcSpot,
  ethPerp,
  fillOf,
  fundingPayment,
  instrumentOf,
  lots,
  MAKER,
  moneyOf,
  PERPETUAL_ACCOUNT,
  SPOT_ACCOUNT,
  ticks,
} from "@/tests/support/builders.ts";

const PERP = btcPerp().index;
const SPOT = btcSpot().index;
const TAKER = strategyId("taker");

function keeperOf(): PositionKeeper {
  const keeper = new PositionKeeper();
  for (const instrument of [btcPerp(), ethPerp(), btcSpot()]) {
    assert(keeper.onInstrument(instrument).ok);
  }
  return keeper;
}

Deno.test("PositionKeeper keeps the instrument's position and each strategy's", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ size: lots(5) }), MAKER);
  keeper.onFill(fillOf({ side: "sell", size: lots(2) }), TAKER);
  assertEquals(keeper.size(PERP), signedSize(3));
  assertEquals(keeper.strategySize(PERP, MAKER), signedSize(5));
  assertEquals(keeper.strategySize(PERP, TAKER), signedSize(-2));
  assertEquals(keeper.strategySize(PERP, strategyId("nobody")), signedSize(0));
  assertEquals(keeper.size(instrumentIndex(9)), signedSize(0));
  assertEquals(keeper.fills, 2);
});

Deno.test("PositionKeeper counts volume by quote currency, never negative", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ size: lots(5) }), MAKER);
  keeper.onFill(fillOf({ side: "sell", size: lots(5) }), MAKER);
  // 1,000 ticks of 0.1 times 0.005, twice.
  assertEquals([...keeper.volume().entries()], [["USDT", moneyOf("1")]]);
  assertEquals(keeper.volume().get("USD"), moneyOf("0"));
});

Deno.test("PositionKeeper books a fee in its own asset, at once or later", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ fee: moneyOf("0.02"), feeAsset: "BNB" }), MAKER);
  keeper.onFill(fillOf({ fillId: fillId("f2") }), MAKER);
  keeper.onFee(fillOf({ fillId: fillId("f2"), fee: moneyOf("-0.01") }), MAKER);
  const book = keeper.book(PERP);
  assert(book !== undefined);
  assertEquals([...book.fees.entries()], [["BNB", moneyOf("0.02")], ["USDT", moneyOf("-0.01")]]);
  assertEquals(book.strategies.get(MAKER)?.fees.get("USDT"), moneyOf("-0.01"));
  assertThrows(() => keeper.onFee(fillOf(), MAKER), Error, "no fee");
});

Deno.test("PositionKeeper takes a spot fee in base from the base balance, not the position", () => {
  const keeper = keeperOf();
  keeper.onBalance(balanceUpdate("BTC", "1", { account: SPOT_ACCOUNT }));
  keeper.onBalance(balanceUpdate("USDT", "1000", { account: SPOT_ACCOUNT }));
  const fill = fillOf({
    instrument: SPOT,
    price: ticks(5_000),
    size: lots(100_000),
    fee: moneyOf("0.001"),
    feeAsset: "BTC",
  });
  keeper.onFill(fill, MAKER);
  assertEquals(keeper.size(SPOT), signedSize(100_000));
  assertEquals(keeper.balances.get(SPOT_ACCOUNT, "BTC")?.booked, moneyOf("1.999"));
  assertEquals(keeper.balances.get(SPOT_ACCOUNT, "USDT")?.booked, moneyOf("950"));
  keeper.onFill({ ...fill, side: "sell", fee: undefined, feeAsset: undefined }, MAKER);
  assertEquals(keeper.balances.get(SPOT_ACCOUNT, "BTC")?.booked, moneyOf("0.999"));
  assertEquals(keeper.balances.get(SPOT_ACCOUNT, "USDT")?.booked, moneyOf("1000"));
});

Deno.test("PositionKeeper books a perpetual's realised profit in the settle currency", () => {
  const keeper = keeperOf();
  keeper.onBalance(balanceUpdate("USDT", "100"));
  keeper.onFill(fillOf({ size: lots(10) }), MAKER);
  assertEquals(keeper.balances.get(PERPETUAL_ACCOUNT, "USDT")?.booked, moneyOf("100"));
  keeper.onFill(fillOf({ side: "sell", price: ticks(1_100), size: lots(10) }), MAKER);
  assertEquals(keeper.balances.get(PERPETUAL_ACCOUNT, "USDT")?.booked, moneyOf("100.1"));
});

Deno.test("PositionKeeper books a funding payment once", () => {
  const keeper = keeperOf();
  assert(keeper.onFunding(fundingPayment("-0.5")));
  assert(!keeper.onFunding(fundingPayment("-0.5")));
  const elsewhere = { instrument: undefined, paymentId: fillId("p2") };
  assert(keeper.onFunding(fundingPayment("0.25", elsewhere)));
  assertEquals(keeper.book(PERP)?.funding.get("USDT"), moneyOf("-0.5"));
  assertEquals(keeper.unattributedFunding.get("USDT"), moneyOf("0.25"));
  assertEquals([keeper.fundingPayments, keeper.duplicatePayments], [2, 1]);
});

Deno.test("PositionKeeper remembers payments across its bound", () => {
  const keeper = keeperOf();
  for (let id = 0; id < 10_001; id++) {
    keeper.onFunding(fundingPayment("1", { paymentId: fillId(`p${id}`) }));
  }
  assert(!keeper.onFunding(fundingPayment("1", { paymentId: fillId("p0") })));
  assert(!keeper.onFunding(fundingPayment("1", { paymentId: fillId("p10000") })));
});

Deno.test("PositionKeeper.adopt() takes over what was there before trading", () => {
  const keeper = keeperOf();
  keeper.adopt(PERP, strategyId("recovered"), signedSize(-2), moneyOf("100.05"));
  assertEquals(keeper.book(PERP)?.position.cost, moneyOf("-0.2001"));
  keeper.onFill(fillOf({ size: lots(2) }), MAKER);
  assertEquals(keeper.book(PERP)?.position.realised, moneyOf("0.0001"));
  assertThrows(
    () => keeper.adopt(PERP, MAKER, signedSize(1), moneyOf("1")),
    Error,
    "after trading began",
  );
});

Deno.test("PositionKeeper refuses a lot on which a position does not fit", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ size: lots(3) }), MAKER);
  const refused = keeper.onInstrument(instrumentOf(0, { lot: "0.002" }));
  assert(!refused.ok);
  assertMatch(refused.error, /wanted positions in multiples of 0.002, found 0.003/);
  assertEquals(keeper.book(PERP)?.instrument.terms.lot, "0.001");
  assert(keeper.onInstrument(instrumentOf(0, { lot: "0.0001" })).ok);
  assertEquals(keeper.size(PERP), signedSize(30));
  assertEquals(keeper.strategySize(PERP, MAKER), signedSize(30));
});

Deno.test("PositionKeeper stops at a fill of an unknown instrument", () => {
  const fill = fillOf({ instrument: instrumentIndex(7) });
  assertThrows(() => keeperOf().onFill(fill, MAKER), Error, "not known");
});

Deno.test("PositionKeeper.freeBalance() is undefined until the venue said it", () => {
  const keeper = keeperOf();
  assertEquals(keeper.freeBalance(PERPETUAL_ACCOUNT, "USDT"), undefined);
  keeper.onBalance(balanceUpdate("USDT", "10", { free: moneyOf("2.5") }));
  assertEquals(keeper.freeBalance(PERPETUAL_ACCOUNT, "USDT"), 2.5);
});
