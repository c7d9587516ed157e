/**
 * @module
 */
import { micros } from "@/engine/domain/mod.ts";
import { BalanceKeeper } from "@/engine/portfolio/balances.ts";
import { assertEquals } from "@/tests/support/assert.ts";
import { balanceUpdate, moneyOf, PERPETUAL_ACCOUNT } from "@/tests/support/builders.ts";

const USDT = [PERPETUAL_ACCOUNT, "USDT"] as const;

Deno.test("BalanceKeeper books movements on top of the opening balance", () => {
  const balances = new BalanceKeeper();
  balances.move(...USDT, "fee", moneyOf("-1"));
  assertEquals(balances.get(...USDT)?.booked, undefined);
  balances.onBalance(balanceUpdate("USDT", "100"));
  balances.move(...USDT, "trade", moneyOf("5"));
  balances.move(...USDT, "fee", moneyOf("-2"));
  assertEquals(balances.get(...USDT)?.booked, moneyOf("103"));
  assertEquals(balances.get(...USDT)?.movements, {
    trade: moneyOf("5"),
    fee: moneyOf("-3"),
    funding: moneyOf("0"),
  });
});

Deno.test("BalanceKeeper.difference() is the venue's total less ours", () => {
  const balances = new BalanceKeeper();
  assertEquals(balances.difference(...USDT), undefined);
  balances.onBalance(balanceUpdate("USDT", "100"));
  balances.move(...USDT, "funding", moneyOf("1"));
  balances.onBalance(balanceUpdate("USDT", "100.5"));
  assertEquals(balances.difference(...USDT), moneyOf("-0.5"));
  balances.rebase(...USDT);
  assertEquals(balances.difference(...USDT), moneyOf("0"));
  balances.rebase(PERPETUAL_ACCOUNT, "BTC");
});

Deno.test("BalanceKeeper leaves out a balance that was overtaken", () => {
  const balances = new BalanceKeeper();
  balances.onBalance(balanceUpdate("USDT", "2", { venueAt: micros(20) }));
  balances.onBalance(balanceUpdate("USDT", "1", { venueAt: micros(10) }));
  assertEquals(balances.get(...USDT)?.total, moneyOf("2"));
});

Deno.test("BalanceKeeper.all() lists balances in the order they were heard of", () => {
  const balances = new BalanceKeeper();
  balances.onBalance(balanceUpdate("USDT", "2"));
  balances.onBalance(balanceUpdate("BNB", "1"));
  assertEquals([...balances.all()].map((balance) => balance.asset), ["USDT", "BNB"]);
});
