/**
 * The sign of fees: learnt from a taker or from the wallet, never assumed.
 * @module
 */
import { micros, type Money, moneyFromText, moneyToText, unwrap } from "@/engine/domain/mod.ts";
import type { EngineEvent } from "@/engine/messages/mod.ts";
import { asterTools } from "@/exchanges/aster/mod.ts";
import { FeeSign } from "@/exchanges/aster/_fee_sign.ts";
import { AccountBook } from "@/exchanges/aster/_order_objects.ts";
import { assert, assertEquals } from "@/tests/support/assert.ts";
import { btc } from "./fake_venue.ts";

const T1 = micros(1_000_000);
const usd = (text: string): Money => unwrap(moneyFromText(text));

Deno.test("FeeSign says nothing of a maker's fee before it was shown what signs mean", () => {
  const sign = new FeeSign(false);
  assertEquals(sign.read(usd("0.5"), "maker"), undefined);
  assertEquals(sign.read(usd("0.5"), undefined), undefined);
  assertEquals(sign.read(usd("0"), "maker"), usd("0"));
  assert(!sign.isKnown);
  assertEquals(new FeeSign(true).read(usd("-0.5"), "maker"), usd("-0.5"));
});

Deno.test("FeeSign learns from a taker's fee: it is a charge", () => {
  for (const [written, rebate] of [["0.5", "-0.1"], ["-0.5", "0.1"]] as const) {
    const sign = new FeeSign(false);
    assertEquals(sign.read(usd(written), "taker"), usd("0.5"));
    assertEquals(sign.read(usd(rebate), "maker"), usd("-0.1"));
  }
});

Deno.test("FeeSign learns from the wallet, whichever event comes first", () => {
  for (const [fee, after] of [["0.2", "101.3"], ["-0.2", "101.3"], ["0.2", "101.7"]] as const) {
    for (const isWalletFirst of [true, false]) {
      const sign = new FeeSign(false);
      sign.onWallet("USDT", usd("100"));
      const fill = () => sign.onFill(T1, "USDT", usd("1.5"), usd(fee));
      if (!isWalletFirst) fill();
      sign.onWalletTrade(T1, "USDT", usd(after));
      if (isWalletFirst) fill();
      // 100 + 1.5 - 0.2 = 101.3: 0.2 was charged; at 101.7 it was paid out.
      assertEquals(moneyToText(sign.read(usd(fee), "maker")!), after === "101.3" ? "0.2" : "-0.2");
    }
  }
});

Deno.test("FeeSign draws no conclusion from a change that means something else", () => {
  const sign = new FeeSign(false);
  sign.onWalletTrade(T1, "USDT", usd("100"));
  sign.onFill(T1, "USDT", usd("0"), usd("0.2"));
  assert(!sign.isKnown, "the first wallet has no before");
  sign.onFill(micros(2), "USDT", usd("0"), usd("0.2"));
  sign.onWalletTrade(micros(2), "USDT", usd("150"));
  assert(!sign.isKnown, "a deposit came with it");
  sign.onFill(micros(3), "USDT", usd("0"), usd("0.2"));
  sign.onWalletTrade(micros(3), "USDT", usd("150"));
  assert(!sign.isKnown, "the report had told it already");
  for (let at = 10; at < 60; at++) sign.onFill(micros(at), "USDT", usd("0"), usd("0.2"));
  sign.onWalletTrade(micros(10), "USDT", usd("149.8"));
  assert(!sign.isKnown, "long forgotten");
  sign.onWalletTrade(micros(59), "USDT", usd("149.6"));
  assert(sign.isKnown);
});

Deno.test("the account decoder tells a maker's fee again once the wallet has shown its sign", () => {
  const decoder = asterTools.createAccountDecoder([btc("perpetual")]);
  const seen: EngineEvent[] = [];
  const say = (frame: unknown): void => {
    const bytes = new TextEncoder().encode(JSON.stringify(frame));
    decoder.decode(bytes, 0, bytes.length, T1, { deliver: (event) => void seen.push(event) });
  };
  const wallet = (T: number, m: string, wb: string) => ({
    e: "ACCOUNT_UPDATE",
    E: T,
    T,
    a: { m, B: [{ a: "USDT", wb, cw: wb, bc: "0" }] },
  });
  const fill = {
    e: "ORDER_TRADE_UPDATE",
    E: 2,
    T: 2,
    o: {
      ...{
        s: "BTCUSDT",
        c: "mm-1",
        S: "BUY",
        o: "LIMIT",
        f: "GTX",
        q: "0.01",
        p: "100",
        i: 1,
        t: 9,
      },
      ...{ x: "TRADE", X: "FILLED", l: "0.01", L: "100", z: "0.01", n: "0.01", N: "USDT", m: true },
      ...{ T: 2, rp: "0" },
    },
  };
  say(wallet(1, "DEPOSIT", "100"));
  say(fill);
  say(wallet(2, "ORDER", "99.99"));
  const fees = seen.flatMap((event) => event.kind === "fill" ? [event.fee] : []);
  assertEquals(fees, [undefined, usd("0.01")]);
  assertEquals(seen.map(({ kind }) => kind), ["balance", "fill", "order", "fill", "balance"]);
});

Deno.test("AccountBook believes the list of trades where it writes a fee as own events do", () => {
  const perp = btc("perpetual");
  const book = new AccountBook([perp, btc("spot", 1)]);
  const listed = (id: string, fee: string) =>
    book.listedFee(perp, { id, amount: usd(fee), liquidity: "maker" });
  book.rememberFee(perp, "1", usd("0.2"));
  assertEquals(listed("1", "0.2"), undefined, "own events are not understood yet");
  book.streamFees.read(usd("0.5"), "taker");
  assertEquals(listed("2", "0.2"), undefined, "another fill shows nothing");
  assertEquals(listed("1", "-0.2"), undefined, "written otherwise");
  assertEquals(listed("1", "0.2"), usd("0.2"));
  assertEquals(listed("2", "-0.1"), usd("-0.1"));
  const spot = { id: "1", amount: usd("0.3"), liquidity: "maker" } as const;
  assertEquals(book.listedFee(btc("spot", 1), spot), usd("0.3"), "spot's sign is documented");
});
