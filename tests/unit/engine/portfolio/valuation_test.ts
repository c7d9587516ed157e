/**
 * @module
 */
import { fillId, type Money, moneyToText, unwrap } from "@/engine/domain/mod.ts";
import { PositionKeeper } from "@/engine/portfolio/position_keeper.ts";
import {
  configuredRates,
  convertProfit,
  exposureByCurrency,
  marketValue,
  midMoney,
  priceMoney,
  profitByCurrency,
  type ProfitLine,
  unrealised,
} from "@/engine/portfolio/valuation.ts";
import { assert, assertEquals, assertMatch } from "@/tests/support/assert.ts";
import {
  btcPerp,
  ethPerp,
  fillOf,
  fundingPayment,
  lots,
  MAKER,
  moneyOf,
  ticks,
} from "@/tests/support/builders.ts";

function keeperOf(): PositionKeeper {
  const keeper = new PositionKeeper();
  for (const instrument of [btcPerp(), ethPerp()]) assert(keeper.onInstrument(instrument).ok);
  return keeper;
}

function texts(line: ProfitLine | undefined): string[] {
  assert(line !== undefined);
  return [line.realised, line.unrealised, line.fees, line.funding, line.total].map(moneyToText);
}

Deno.test("priceMoney() and midMoney() are exact on the grid and between", () => {
  assertEquals(priceMoney(btcPerp(), ticks(1_001)), moneyOf("100.1"));
  assertEquals(midMoney(btcPerp(), ticks(1_000), ticks(1_001)), moneyOf("100.05"));
});

Deno.test("unrealised() values a position at a mark between ticks", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ side: "sell", size: lots(10) }), MAKER);
  const position = keeper.book(btcPerp().index)?.position;
  assert(position !== undefined);
  assertEquals(marketValue(btcPerp(), position, moneyOf("99.999")), moneyOf("-0.99999"));
  assertEquals(unrealised(btcPerp(), position, moneyOf("99.999")), moneyOf("0.00001"));
});

Deno.test("profitByCurrency() adds profit, fees and funding by their currency", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ size: lots(10), fee: moneyOf("0.01"), feeAsset: "USDT" }), MAKER);
  const sell = fillOf({ fillId: fillId("f2"), side: "sell", price: ticks(1_100), size: lots(4) });
  keeper.onFill({ ...sell, fee: moneyOf("0.0001"), feeAsset: "BNB" }, MAKER);
  keeper.onFunding(fundingPayment("0.5"));
  keeper.onFunding(fundingPayment("-2", { instrument: undefined, paymentId: fillId("p2") }));
  const lines = profitByCurrency(keeper, () => moneyOf("105"));
  assertEquals(texts(lines.get("USDT")), ["0.04", "0.03", "0.01", "-1.5", "-1.44"]);
  assertEquals(texts(lines.get("BNB")), ["0", "0", "0.0001", "0", "-0.0001"]);
  const unmarked = profitByCurrency(keeper, () => undefined);
  assertEquals(texts(unmarked.get("USDT")), ["0.04", "0", "0.01", "-1.5", "-1.47"]);
});

Deno.test("exposureByCurrency() adds gross and net, at cost where there is no mark", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ size: lots(10) }), MAKER);
  const short = fillOf({ instrument: ethPerp().index, side: "sell", price: ticks(10_000) });
  keeper.onFill({ ...short, size: lots(4) }, MAKER);
  const markOf = (index: number): Money | undefined => index === 0 ? moneyOf("110") : undefined;
  assertEquals(
    [...exposureByCurrency(keeper, markOf)],
    [["USDT", { gross: moneyOf("1.5"), net: moneyOf("0.7") }]],
  );
});

Deno.test("convertProfit() names currencies that have no rate instead of dropping them", () => {
  const keeper = keeperOf();
  keeper.onFill(fillOf({ fee: moneyOf("2"), feeAsset: "USDC" }), MAKER);
  keeper.onFill(fillOf({ fillId: fillId("f2"), fee: moneyOf("1"), feeAsset: "BNB" }), MAKER);
  const lines = profitByCurrency(keeper, () => moneyOf("100"));
  const rateOf = unwrap(configuredRates({ USDC: "0.999" }, "USDT"));
  const converted = convertProfit(lines, rateOf);
  assertEquals(converted.missing, ["BNB"]);
  assertEquals(texts(converted.line), ["0", "0", "1.998", "0", "-1.998"]);
});

Deno.test("configuredRates() refuses what is no rate", () => {
  const bad = configuredRates({ USDC: "abc" }, "USDT");
  assert(!bad.ok);
  assertMatch(bad.error, /rate of USDC: .*found "abc"/);
  const zero = configuredRates({ USDC: "0" }, "USDT");
  assert(!zero.ok);
  assertMatch(zero.error, /wanted above 0, found "0"/);
});
